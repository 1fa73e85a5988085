"""Canonicalization held against independent implementations: pyoxigraph, PyLD and rfc8785, and against itself."""

import contextlib
import json
import math
import random
from typing import Any

import pyoxigraph
import rfc8785
from hypothesis import event, given
from hypothesis import strategies as st
from pyld.jsonld import JsonLdProcessor

from badgeport.proofs.canonicalization import canonicalize, check_data_loss, jcs
from badgeport.proofs.canonicalization.active_context import ActiveContext, Budget, Term, active_context
from badgeport.proofs.canonicalization.nquads import RDF_LANG_STRING, Quad, iri, literal, parse, serialize
from badgeport.proofs.canonicalization.rdfc import HashName, canonical_form
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.problems import ProblemError

_STORE = contexts.store()
_ALGORITHMS: dict[HashName, Any] = {
    "sha256": pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0_SHA_256,
    "sha384": pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}

# Five blank nodes at most: pyoxigraph has no work limit.
_blanks = st.sampled_from([f"_:x{index}" for index in range(5)])
_iris = st.sampled_from([f"<https://a.example/{index}>" for index in range(3)])
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_literals = st.one_of(
    _texts.map(literal),
    _texts.map(lambda text: literal(text, "https://a.example/type")),
    st.builds(literal, _texts, st.just(RDF_LANG_STRING), st.sampled_from(["en", "de-at"])),
)
_quads = st.builds(
    Quad,
    st.one_of(_blanks, _iris),
    _iris,
    st.one_of(_blanks, _blanks, _iris, _literals),
    st.one_of(st.just(""), _blanks, _iris),
)
_datasets = st.lists(_quads, max_size=12)


@given(_datasets, st.sampled_from(["sha256", "sha384"]))
def test_canonical_form_is_that_of_pyoxigraph(quads: list[Quad], hash_name: HashName) -> None:
    text = "".join(map(serialize, quads))
    theirs = pyoxigraph.Dataset(pyoxigraph.parse(input=text, format=pyoxigraph.RdfFormat.N_QUADS))
    theirs.canonicalize(_ALGORITHMS[hash_name])
    serialized = pyoxigraph.serialize(theirs, format=pyoxigraph.RdfFormat.N_QUADS)
    assert serialized is not None
    # Line separators within literals are no line ends.
    lines = sorted(line + "\n" for line in serialized.decode().split("\n") if line)
    assert canonical_form(quads, hash_name=hash_name).lines == lines


@given(_datasets, st.randoms(use_true_random=False))
def test_order_and_labels_do_not_matter(quads: list[Quad], chance: random.Random) -> None:
    names = [f"_:x{index}" for index in range(5)]
    renamed = dict(zip(names, chance.sample(names, 5), strict=True))
    other = [Quad(*(renamed.get(term, term) for term in quad)) for quad in chance.sample(quads, len(quads))]
    form = canonical_form(quads)
    assert canonical_form(other).text == form.text
    assert canonical_form(parse(form.text)).text == form.text


@given(_datasets)
def test_n_quads_are_read_back(quads: list[Quad]) -> None:
    assert parse("".join(map(serialize, quads))) == quads


@given(st.text(max_size=200))
def test_reading_any_text_gives_quads_or_a_problem(text: str) -> None:
    try:
        quads = parse(text)
    except ProblemError:
        return
    assert parse("".join(map(serialize, quads))) == quads


_numbers = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([1e-5, 1e-6, 1e-7, 9.999e-5, 1e15, 1e16, 1e20, 1e21, 1e22, 0.1, -0.0, 5e-324, 100.0, 123456.789]),
)
_names = st.one_of(st.sampled_from(["a", "b", "é", "😀", "\ufb33", "\x7f"]), _texts)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), _numbers, _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_names, inner, max_size=4)),
    max_leaves=20,
)


@given(_json)
def test_jcs_is_that_of_rfc8785(value: Any) -> None:
    data = jcs(value)
    assert data == rfc8785.dumps(value)
    assert jcs(json.loads(data, parse_int=_as_ecmascript)) == data


def _as_ecmascript(digits: str) -> int | float:
    value = int(digits)
    return value if abs(value) < 2**53 else float(digits)


_anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=3), st.builds(object)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    ["@context", "id", "type", "@id", "@type", "@value", "@list", "name", "proof", "issuer", "evidence"]
                ),
                st.text(max_size=5),
                st.integers(),
                st.none(),
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=15,
)


@given(_anything)
def test_any_value_gives_a_text_or_a_problem(value: Any) -> None:
    documents = [value, {"@context": value}]
    if isinstance(value, dict):
        for entries in ([urls.CREDENTIALS_V2], [urls.CREDENTIALS_V2, urls.OB_3_0_3, urls.UNDEFINED_TERMS_V2]):
            documents += [
                {**value, "@context": entries},
                {**value, "@context": entries, "type": "VerifiableCredential"},
            ]
    for each in (lambda: jcs(value), *(lambda doc=doc: canonicalize(doc, contexts=_STORE) for doc in documents)):
        # Anything but a ProblemError is a failure of this test.
        with contextlib.suppress(ProblemError):
            each()


# Differential test against PyLD: documents made of the terms of real contexts, mostly such that they are accepted.

_CONTEXTS: list[list[Any]] = [
    [urls.CREDENTIALS_V2],
    [urls.CREDENTIALS_V2, urls.OB_3_0_3, urls.OB_EXTENSIONS],
    [urls.CREDENTIALS_V2, urls.CLR_2_0_1, urls.OB_3_0_3],
    [urls.CREDENTIALS_V1, urls.OB_3_0_0, urls.ED25519_2020_V1],
    [urls.CREDENTIALS_V1, urls.OB_3_0_1, urls.DATA_INTEGRITY_V2],
    [urls.CREDENTIALS_V2, urls.UNDEFINED_TERMS_V2],
    [
        urls.CREDENTIALS_V2,
        {
            "extra": "https://ex.example/extra",
            "when": {"@id": "https://ex.example/when", "@type": "http://www.w3.org/2001/XMLSchema#double"},
            "ordered": {"@id": "https://ex.example/ordered", "@container": "@list"},
            "raw": {"@id": "urn:ex:raw", "@type": "@json"},
        },
    ],
]
_STRINGS = ["text", "", 'é\n"\\', "2020-01-01T00:00:00Z", "https://ex.example/1", "1.5E0", "😀", "\x01\x7f", "urn:x"]
_NUMBERS = [0, 1, -5, 2.5, 1e-7, 1e22, 3.0, True, False, 100_000, 0.1]
_REFERENCES = ["https://ex.example/1", "https://ex.example/2", "urn:uuid:1", "did:example:1", "mailto:a@b.example"]
_VALUE_OBJECTS = [
    {"@value": "v", "@language": "en-US"},
    {"@value": "v", "@language": "ar", "@direction": "rtl"},
    {"@value": "v", "@direction": "ltr"},
    {"@value": 5, "@type": "https://ex.example/type"},
    {"@value": "2020", "@type": "https://ex.example/type"},
]


class _Writer:
    """Writes a random document that knows which terms its contexts define where."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.budget = Budget(10**9)

    def document(self) -> dict[str, Any]:
        local = self.chance.choice(_CONTEXTS)
        return {"@context": local, **self.node(active_context(local, _STORE, self.budget), None, 0)}

    def node(self, context: ActiveContext, term: Term | None, depth: int) -> dict[str, Any]:
        chance, node = self.chance, {}
        if term is not None:
            context = context.below(term, self.budget)
        if depth and chance.random() < 0.1:
            node["@context"] = chance.choice(_CONTEXTS)
            context = context.extended(node["@context"], "", self.budget)
        names = sorted(context._raw["mappings"])
        types = [name for name in names if name[0].isupper()]
        if types and ("@context" in node or chance.random() < 0.8):
            chosen = chance.sample(types, min(len(types), chance.choice([1, 1, 1, 2])))
            chosen = ["VerifiableCredential"] if "@context" in node else chosen
            node["type"] = chosen if chance.random() < 0.7 else chosen[0]
            context = context.typed(chosen, self.budget)
        if names and chance.random() < 0.4:
            node["id"] = f"https://ex.example/{chance.randint(0, 9)}"
        properties = [name for name in sorted(context._raw["mappings"]) if not name[0].isupper()]
        for name in chance.sample(properties, min(len(properties), chance.randint(0, 4))):
            defined = context.term(name)
            if defined is not None and defined.iri is not None and not defined.iri.startswith("@"):
                node[name] = self.value(context, defined, depth)
        if context.vocabulary and chance.random() < 0.3:
            node[f"undefinedTerm{chance.randint(0, 2)}"] = chance.choice(["x", 5, {"id": "urn:u"}])
        return node

    def value(self, context: ActiveContext, term: Term, depth: int, array: bool = True) -> Any:
        chance, roll = self.chance, self.chance.random()
        if term.coercion == "@json":
            return chance.choice([{"a": [1, None, {"b": "é"}]}, [], 3.5, "x", True, None])
        if "@graph" in term.containers:
            return self.node(context, term, depth + 1)
        if term.coercion in ("@id", "@vocab") and roll < 0.6:
            return chance.choice(_REFERENCES)
        if roll < 0.4 and depth < 4:
            return self.node(context, term, depth + 1)
        if roll < 0.6:
            return chance.choice(_REFERENCES if term.coercion in ("@id", "@vocab") else _STRINGS)
        if roll < 0.75:
            return chance.choice(_NUMBERS)
        if roll < 0.85 and term.coercion is None:
            return chance.choice(_VALUE_OBJECTS)
        if not array:
            return chance.choice(_REFERENCES)
        return [self.value(context, term, depth + 1, array=False) for _ in range(chance.randint(0, 3))]


def _pyld_quads(document: dict[str, Any]) -> list[Quad]:
    def load(url: str, _options: object) -> dict[str, Any]:
        return {"contextUrl": None, "documentUrl": url, "document": _STORE.get(url)}

    def refuse(name: object) -> None:
        raise AssertionError(f"PyLD drops {name}")

    processor = JsonLdProcessor(on_property_dropped=refuse)
    graphs = processor.to_rdf(document, {"base": None, "documentLoader": load, "rdfDirection": "i18n-datatype"})

    def term(value: dict[str, Any]) -> str:
        if value["type"] == "literal":
            return literal(value["value"], value["datatype"], value.get("language"))
        return iri(value["value"]) if value["type"] == "IRI" else value["value"]

    def graph(name: str) -> str:
        return "" if name == "@default" else name if name.startswith("_:") else iri(name)

    return [
        Quad(term(triple["subject"]), term(triple["predicate"]), term(triple["object"]), graph(name))
        for name, triples in graphs.items()
        for triple in triples
    ]


@given(st.integers(min_value=0))
def test_accepted_documents_state_what_pyld_says(seed: int) -> None:
    writer = _Writer(random.Random(seed))
    for _ in range(5):
        try:
            document = writer.document()
            text = canonicalize(document, contexts=_STORE)
        except ProblemError as error:
            event(error.problem.type.code)
            continue
        event("accepted")
        assert text == canonical_form(_pyld_quads(document)).text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_kept_exactly_or_refused_before_they_are_signed(value: float) -> None:
    document = {"@context": [urls.CREDENTIALS_V2, urls.UNDEFINED_TERMS_V2], "id": "urn:a", "number": value}
    text = canonicalize(document, contexts=_STORE)
    shown = float(text.split('"')[1])
    try:
        check_data_loss(document, contexts=_STORE)
    except ProblemError:
        assert shown != value
        assert math.isclose(shown, value, rel_tol=1e-15)
        return
    assert shown == value
    assert math.copysign(1, value) == 1 or text.split('"')[1].startswith("-") or value == 0
