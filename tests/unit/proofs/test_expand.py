"""JSON-LD to statements: each form of value, contexts in scope, and documents within documents."""

import threading
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from badgeport.proofs.canonicalization import active_context as compiled
from badgeport.proofs.canonicalization import canonicalize, check_data_loss, dataset
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import (
    CONTEXT_UNKNOWN,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    ProblemError,
)
from support.di_material import badge

STORE = contexts.store()
EX = "https://ex.example/terms#"
XSD = "http://www.w3.org/2001/XMLSchema#"
INLINE: dict[str, Any] = {
    "plain": EX + "plain",
    "link": {"@id": EX + "link", "@type": "@id"},
    "json": {"@id": EX + "json", "@type": "@json"},
    "ordered": {"@id": EX + "ordered", "@container": "@list"},
    "exact": {"@id": EX + "exact", "@type": XSD + "double"},
    "Thing": EX + "Thing",
}


def _objects(**members: Any) -> list[str]:
    """The objects of what a small document states, apart from its type."""
    document = {"@context": [urls.CREDENTIALS_V2, INLINE], "id": "urn:a", "type": "Thing", **members}
    return sorted(quad.o for quad in dataset(document, contexts=STORE) if not quad.p.endswith("#type>"))


def _refused(document: dict[str, Any], limits: Any = DEFAULT_LIMITS) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        dataset(document, contexts=STORE, limits=limits)
    return caught.value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", ['"text"']),
        ("", ['""']),
        (["a", "b", "b"], ['"a"', '"b"', '"b"']),
        (True, [f'"true"^^<{XSD}boolean>']),
        (7, [f'"7"^^<{XSD}integer>']),
        (7.0, [f'"7"^^<{XSD}integer>']),
        (-0.0, [f'"0"^^<{XSD}integer>']),
        (1e20, [f'"100000000000000000000"^^<{XSD}integer>']),
        (1e21, [f'"1.0E21"^^<{XSD}double>']),
        (2.5, [f'"2.5E0"^^<{XSD}double>']),
        (1e-7, [f'"1.0E-7"^^<{XSD}double>']),
        ({"@value": "x", "@language": "en-US"}, ['"x"@en-us']),
        ({"@value": "x", "@language": "ar-EG", "@direction": "rtl"}, ['"x"^^<https://www.w3.org/ns/i18n#ar-eg_rtl>']),
        ({"@value": "x", "@direction": "ltr"}, ['"x"^^<https://www.w3.org/ns/i18n#_ltr>']),
        ({"@value": "x", "@type": EX + "made-up"}, [f'"x"^^<{EX}made-up>']),
        ({"@value": 5, "@type": EX + "made-up"}, [f'"5"^^<{EX}made-up>']),
        ({"id": "https://a.example"}, ["<https://a.example>"]),
        ({}, ["_:b0"]),
        ([], []),
    ],
)
def test_values(value: Any, expected: list[str]) -> None:
    members = {"name": "anchor"} if value == [] else {}
    assert _objects(plain=value, **members) == sorted(expected + ['"anchor"'] * bool(members))


def test_a_name_may_be_an_object_without_a_language() -> None:
    assert _objects(name={"@value": "x"}, description=[{"@value": "y"}]) == ['"x"', '"y"']


def test_coercion_of_the_term() -> None:
    assert _objects(link="https://a.example/x") == ["<https://a.example/x>"]
    assert _objects(exact=3) == [f'"3.0E0"^^<{XSD}double>']
    assert _objects(exact="1.5E0") == [f'"1.5E0"^^<{XSD}double>']
    assert _objects(json={"b": [1, None], "a": "é"}) == [
        '"{\\"a\\":\\"é\\",\\"b\\":[1,null]}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>'
    ]


def test_lists_keep_their_order() -> None:
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    assert _objects(ordered=[]) == [f"<{rdf}nil>"]
    two = dataset({"@context": [urls.CREDENTIALS_V2, INLINE], "id": "urn:a", "ordered": ["y", ["x"]]}, contexts=STORE)
    by_subject = {(quad.s, quad.p): quad.o for quad in two}
    head = by_subject["<urn:a>", f"<{EX}ordered>"]
    second = by_subject[head, f"<{rdf}rest>"]
    inner = by_subject[second, f"<{rdf}first>"]
    assert by_subject[head, f"<{rdf}first>"] == '"y"'
    assert by_subject[inner, f"<{rdf}first>"] == '"x"'
    assert by_subject[second, f"<{rdf}rest>"] == f"<{rdf}nil>"


def test_a_proof_is_a_graph_of_its_own() -> None:
    document = {
        "@context": urls.CREDENTIALS_V2,
        "id": "urn:a",
        "type": "VerifiableCredential",
        "proof": {"type": "DataIntegrityProof", "proofPurpose": "assertionMethod"},
    }
    text = canonicalize(document, contexts=STORE)
    assert "<urn:a> <https://w3id.org/security#proof> _:c14n1 .\n" in text
    assert (
        "_:c14n0 <https://w3id.org/security#proofPurpose> <https://w3id.org/security#assertionMethod> _:c14n1 .\n"
    ) in text


def test_type_scoped_terms_end_at_the_next_object() -> None:
    document = badge()
    document["credentialSubject"]["achievement"]["criteria"] = {"id": "urn:c", "achievementType": "Badge"}
    error = _refused(document)
    assert error.problem.pointer == "/credentialSubject/achievement/criteria/achievementType"


def test_a_presentation_of_credentials_of_either_data_model() -> None:
    legacy = {
        "@context": [urls.CREDENTIALS_V1, urls.OB_3_0_0, urls.ED25519_2020_V1],
        "id": "urn:old",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuanceDate": "2020-01-01T00:00:00Z",
        "issuer": {"id": "urn:i", "type": "Profile", "name": "I"},
        "credentialSubject": {"id": "urn:s", "type": "AchievementSubject"},
    }
    presentation = {
        "@context": [urls.CREDENTIALS_V2],
        "type": "VerifiablePresentation",
        "verifiableCredential": [
            badge(),
            legacy,
            {
                "@context": urls.CREDENTIALS_V2,
                "id": "data:application/vc+jwt,a.b.c",
                "type": "EnvelopedVerifiableCredential",
            },
        ],
    }
    text = canonicalize(presentation, contexts=STORE)
    assert '<https://www.w3.org/2018/credentials#issuanceDate> "2020' in text
    assert "data:application/vc+jwt,a.b.c" in text
    for within in (badge(), legacy):
        lines = canonicalize(within, contexts=STORE).splitlines()
        named = [line.removesuffix(" .") for line in lines if "_:" not in line]
        assert named
        assert all(line in text for line in named)


def test_a_jcs_proof_may_repeat_the_contexts_of_its_document() -> None:
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"}
    plain = canonicalize(badge(proof=proof), contexts=STORE)
    context = badge()["@context"]
    assert canonicalize(badge(proof={**proof, "@context": context}), contexts=STORE) == plain
    assert canonicalize(badge(proof={**proof, "@context": context[0]}), contexts=STORE) == plain
    error = _refused(badge(proof={**proof, "@context": [*context, urls.MULTIKEY_V1]}))
    assert error.problem.type == PROOF_VERIFICATION_ERROR


def test_aliases_and_single_values_state_the_same() -> None:
    document = badge()
    single = badge()
    single["issuer"]["type"] = "Profile"
    single["evidence"] = single["evidence"][::-1]
    assert canonicalize(document, contexts=STORE) == canonicalize(single, contexts=STORE)


def test_unknown_contexts_are_named_and_never_fetched() -> None:
    for where in ("https://unknown.example/context", "http://www.w3.org/ns/credentials/v2", "context.json"):
        error = _refused(badge(**{"@context": [urls.CREDENTIALS_V2, where]}))
        assert error.problem.type == CONTEXT_UNKNOWN


@pytest.mark.parametrize("document", [[], "x", None, 5, {}, {"@context": []}, {"@context": {}}, {"@context": None}])
def test_what_is_no_document(document: Any) -> None:
    assert _refused(document).problem.type in (PROOF_TRANSFORMATION_ERROR, PROOF_VERIFICATION_ERROR) or document


def test_depth_statements_and_combinations_are_limited() -> None:
    deep: Any = {"id": "urn:x"}
    for _ in range(5_000):
        deep = {"plain": deep}
    document = {"@context": [urls.CREDENTIALS_V2, INLINE], "id": "urn:a", "plain": deep}
    assert _refused(document).problem.type == PROOF_TRANSFORMATION_ERROR
    assert _refused(document, replace(DEFAULT_LIMITS, json_depth=10_000)).problem.type == PROOF_TRANSFORMATION_ERROR
    lists: Any = "x"
    for _ in range(5_000):
        lists = [lists]
    for member in ("ordered", "json"):
        document = {"@context": [urls.CREDENTIALS_V2, INLINE], "id": "urn:a", member: lists}
        assert _refused(document).problem.type == PROOF_TRANSFORMATION_ERROR
    assert _refused(badge(), replace(DEFAULT_LIMITS, quads=20)).problem.type == PROOF_TRANSFORMATION_ERROR
    assert _refused(badge(**{"@context": [urls.CREDENTIALS_V2] * 33})).problem.type == PROOF_TRANSFORMATION_ERROR
    # Every combination of types is a context of its own to compile.
    types = ["Achievement", "AchievementSubject", "Address", "Alignment", "EndorsementSubject", "Evidence", "Image"]
    types += ["GeoCoordinates", "IdentifierEntry", "IdentityObject", "Profile", "Related", "Result"]
    several = [{"type": [one, two, three]} for one in types for two in types for three in types if one < two < three]
    assert _refused(badge(evidence=several)).problem.type == PROOF_TRANSFORMATION_ERROR


def test_contexts_are_compiled_by_many_threads_at_once() -> None:
    compiled._roots.clear()
    expected = canonicalize(badge(), contexts=STORE)
    compiled._roots.clear()
    found: list[str] = []
    start = threading.Barrier(6)

    def work() -> None:
        start.wait()
        found.append(canonicalize(badge(), contexts=STORE))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 6


def test_what_is_kept_is_bounded() -> None:
    several = [urls.OB_3_0_3, urls.OB_EXTENSIONS, urls.DATA_INTEGRITY_V2, urls.MULTIKEY_V1]
    for number in range(5):
        for others in permutations(several, number):
            check_data_loss({"@context": [urls.CREDENTIALS_V2, *others], "id": "urn:a", "name": "x"}, contexts=STORE)
    assert len(compiled._roots) == 16
    assert all(root._root.kept <= compiled._MAPPINGS_KEPT_PER_ROOT for root in compiled._roots.values())


def test_stores_are_kept_apart() -> None:
    document = badge(endorsementJwt=["a.b.c"])
    check_data_loss(document, contexts=STORE)
    with pytest.raises(ProblemError):
        check_data_loss(document, contexts=STORE.with_previous(urls.OB_3_0_3))
    check_data_loss(document, contexts=STORE)
