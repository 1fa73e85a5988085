"""A JSON-LD document as RDF statements, refusing what the statements would not say (Data Integrity 1.0 section 2.4).

A JSON-LD processor silently drops what no context defines and lets one graph be written as many different documents.
Here every member and every value becomes statements or is an error, and what a reader of the JSON looks for cannot be
spelled in another way. Three kinds of refusal, by problem type:

* DATA_LOSS_DETECTION_ERROR: part of the document would not be signed (an undefined term or type, a relative IRI, null).
* PROOF_VERIFICATION_ERROR: the document says its statements under other names than its contexts give them.
* PROOF_TRANSFORMATION_ERROR: JSON-LD syntax that credentials have no use for, or more work than the limits allow.

RANGE_ERROR says that one organization goes by two names, so that nobody can tell which of them was signed where.

PyLD compiles the contexts (``active_context``); the document itself is walked here, after JSON-LD 1.1 API sections 5.1
(expansion) and 7.1 (to RDF), with no base IRI and ``rdfDirection`` ``i18n-datatype`` so that text direction is kept.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from badgeport.proofs.canonicalization.active_context import ActiveContext, Budget, Compilations, Term, active_context
from badgeport.proofs.canonicalization.jcs import jcs
from badgeport.proofs.canonicalization.nquads import (
    RDF,
    RDF_LANG_STRING,
    XSD,
    XSD_STRING,
    Quad,
    chars,
    iri,
    is_absolute_iri,
    is_language_tag,
    literal,
)
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    DATA_LOSS_DETECTION_ERROR,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
    Problem,
    ProblemError,
    ProblemType,
)

_TYPE, _FIRST, _REST, _NIL = (iri(RDF + name) for name in ("type", "first", "rest", "nil"))
JSON_DATATYPE = RDF + "JSON"
_XSD_BOOLEAN, _XSD_INTEGER, _XSD_DOUBLE = XSD + "boolean", XSD + "integer", XSD + "double"
STATUS = "https://www.w3.org/2018/credentials#credentialStatus"
PROOF = "https://w3id.org/security#proof"
PROOF_TERM = iri(PROOF)
_ISSUER = "https://www.w3.org/2018/credentials#issuer"
_SUBJECT = "https://www.w3.org/2018/credentials#credentialSubject"
_EVIDENCE = "https://www.w3.org/2018/credentials#evidence"
_NAME = "https://schema.org/name"
_OB = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
_I18N = "https://www.w3.org/ns/i18n#"
_ENDORSEMENT_COMMENT = _OB + "endorsementComment"
# One thing may be issuer and recipient of one badge, and one page may stand for an achievement and for its criteria.
_CAPACITIES = ({_ISSUER, _SUBJECT}, {_OB + "achievement", _OB + "Criteria"})
# Where a reader looks for an object, rather than for a mention of it: it has to be all there.
WHOLE = frozenset(
    {_ISSUER, _SUBJECT, _EVIDENCE, _OB + "achievement", _OB + "resultDescription", _OB + "rubricCriterionLevel"}
)
# Who a person or organization is; each member is what the JSON calls it.
_PROFILE = iri(_OB + "Profile")
_PROFILE_MEMBERS = frozenset({_ISSUER, _OB + "creator", _OB + "source", _OB + "parentOrg"})
# Objects of one id, those that say exactly the same counted once; each is held against all the others.
_MOST_PIECES = 16

# What a value object may not give as its datatype, because JSON has a form for such values.
_PLAIN_DATATYPES = frozenset({XSD_STRING, _XSD_BOOLEAN, _XSD_INTEGER, _XSD_DOUBLE, RDF_LANG_STRING, JSON_DATATYPE})
# The members that VCDM 2.0 section 11.1 lets be an object even without a language.
_NATURAL_LANGUAGE = frozenset({_NAME, "https://schema.org/description"})

_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s")
# The IRI of a type that says what kind of document this is, and so which rules it is held to.
_DOCUMENT_KIND = re.compile(r".*(Credential|Presentation)>", re.DOTALL)
# What a container holds apart from JSON-LD's own bookkeeping; the others turn member names into data or drop them.
_MAP_CONTAINERS = frozenset({"@index", "@id", "@type"})
_VALUE_OBJECT = frozenset({"@value", "@language", "@direction", "@type"})
# Objects that are documents of their own and so may state their own @context.
DOCUMENT_TYPES = frozenset(
    {
        "VerifiableCredential",
        "VerifiablePresentation",
        "EnvelopedVerifiableCredential",
        "EnvelopedVerifiablePresentation",
    }
)


def check_data_loss(
    document: Mapping[str, Any], *, contexts: ContextStore, limits: Limits = DEFAULT_LIMITS, signed: bool = True
) -> None:
    """Refuse a document that its statements would not say in full, or say differently. Raises as ``dataset``.

    This is for a document that is still to be signed. Stricter than reading: a number that its statement rounds, and an
    empty array, are refused too.
    """
    dataset(document, contexts=contexts, limits=limits, exact=True, signed=signed)


def dataset(
    document: Mapping[str, Any],
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
    exact: bool = False,
    signed: bool = True,
    compilations: Compilations | None = None,
) -> list[Quad]:
    """The statements of a JSON-LD document; unnamed objects become ``_:b0``, ``_:b1`` … in document order.

    ``exact`` is as `check_data_loss` is stricter. ``signed`` says that they are what a proof covers, so that it matters
    which object of an id says what; where the JSON itself is signed, several objects may describe one id each in its
    own way. ``compilations`` are the contexts that the document and others of one input may use together.

    Raises ``ProblemError`` with the pointer of the offending member: DATA_LOSS_DETECTION_ERROR,
    PROOF_VERIFICATION_ERROR, PROOF_TRANSFORMATION_ERROR or RANGE_ERROR as the module says, CONTEXT_UNKNOWN for a
    context URL that is not in the store.
    """
    try:
        return reader(contexts, limits, exact=exact, signed=signed, compilations=compilations).run(document)
    except RecursionError:
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, "the document is nested too deeply") from None


def reader(
    contexts: ContextStore, limits: Limits, *, exact: bool, signed: bool, compilations: Compilations | None = None
) -> _Walk:
    """This engine, for the names, values and checks that another way through a document leaves to it."""
    return _Walk(contexts, limits, exact=exact, signed=signed, compilations=compilations)


class Piece(NamedTuple):
    """One object that states something of a named subject, or the place where a reader looks for it."""

    node: Mapping[str, Any]
    path: tuple[str | int, ...]
    members: Mapping[str, Any]
    """The values by the IRI of their member."""
    types: frozenset[str]
    via: str | None
    """The IRI of the member that holds the object; None for the document."""
    context: ActiveContext
    contained: bool
    """Whether it is part of an embedded credential that has a proof of its own."""

    def could_say(self, member: str) -> bool:
        """Whether the contexts let this object have a member."""
        vocabulary = self.context.vocabulary
        return bool(self.context.names_of(member)) or (vocabulary is not None and member.startswith(vocabulary))

    def is_like(self, other: Piece) -> bool:
        """Whether both describe the thing in one capacity."""
        if self.types and other.types:
            return not self.types.isdisjoint(other.types)
        return {self.via, other.via} not in _CAPACITIES

    @property
    def is_profile(self) -> bool:
        """Whether this tells who somebody is, rather than what was achieved."""
        return self.via in _PROFILE_MEMBERS or (_PROFILE in self.types and self.via not in (None, *WHOLE))

    @property
    def key(self) -> tuple[Any, ...]:
        """What is alike for objects in like places; a mere string has no node."""
        return self.types, self.via, self.contained, bool(self.node)


class _Walk:
    """One pass over one document: the reference engine."""

    def __init__(
        self, contexts: ContextStore, limits: Limits, *, exact: bool, signed: bool, compilations: Compilations | None
    ) -> None:
        self.contexts = contexts
        self._limits = limits
        self._exact = exact
        self._signed = signed
        self._most_quads = limits.quads
        self._chars_left = limits.canonical_chars
        self._repeated_left = limits.canonical_chars
        self.budget = Budget(shared=compilations)
        self._path: list[str | int] = []
        self._quads: list[Quad] = []
        self._blanks = 0
        self._graph = ""
        # The @context entries of the document, or of the credential within it that is being walked.
        self._governing: list[Any] = []
        # Every object that states something of a named subject, and the subjects that must be in one piece.
        self._stated: dict[tuple[str, str], list[Piece]] = {}
        self._whole: set[tuple[str, str]] = set()
        # How many embedded credentials with a proof of their own surround what is being walked.
        self._secured = 0

    def run(self, document: Mapping[str, Any]) -> list[Quad]:
        if not isinstance(document, Mapping):
            raise self._error(PROOF_TRANSFORMATION_ERROR, "the document is not a JSON object")
        document = dict(document)
        if "@context" not in document:
            raise self._member_error(PROOF_TRANSFORMATION_ERROR, "@context", "is missing from the document")
        local = document["@context"]
        self._governing = local if isinstance(local, list) else [local]
        context = active_context(local, self.contexts, self.budget)
        root = self._node(document, context, whole=True)
        if not any(quad.s == root for quad in self._quads):
            raise self._error(DATA_LOSS_DETECTION_ERROR, "the document states nothing")
        self._require_one_place()
        return self._quads

    def require_one_place(self, stated: dict[tuple[str, str], list[Piece]], whole: set[tuple[str, str]]) -> None:
        """Refuse things that another walk found described in several places, as this one would.

        ``stated`` holds the objects of each graph and id, ``whole`` what has to be in one piece. Raises ProblemError.
        """
        self._stated, self._whole = stated, whole
        self._require_one_place()

    def _require_one_place(self) -> None:
        self._require_whole()
        if self._signed:
            self._require_unmoved()

    # Node objects

    def _node(
        self, node: dict[str, Any], context: ActiveContext, *, via: str | None = None, whole: bool = False
    ) -> str:
        """The statements of one object; its subject term."""
        self._require_depth()
        outside = context
        holder, types = self._types(node, outside)
        type_terms = [outside.types.get(each) or self.type_term(each, outside, holder) for each in types]
        context = outside.typed(types, self.budget)
        subject = ""
        members: list[tuple[str, Any, str, Term]] = []
        for name, value in node.items():
            if name == "@context":
                continue
            if not isinstance(name, str):
                raise self._error(PROOF_TRANSFORMATION_ERROR, "a member name is not a string")
            meaning, term = context.members.get(name) or self.member(name, context)
            if (meaning == "@type") != (name == holder):
                raise self._member_error(PROOF_TRANSFORMATION_ERROR, name, "holds the type in one context only")
            if meaning == "@id":
                if subject:
                    raise self._member_error(PROOF_VERIFICATION_ERROR, name, "gives the id under a second name")
                subject = iri(self._at(name, self._reference, value, context))
            elif name != holder:
                members.append((name, value, meaning, term))
        if not subject:
            subject = self._blank()
        for each in type_terms:
            self._state(subject, _TYPE, each)
        secured = via is not None and any(predicate == PROOF_TERM for _, _, predicate, _ in members)
        self._secured += secured
        for name, value, predicate, term in members:
            self._path.append(name)
            self._values(subject, predicate, value, term, context)
            self._path.pop()
        if not subject.startswith("_:"):
            if members or type_terms or via in WHOLE:
                self._note(subject, node, {m[2][1:-1]: m[1] for m in members}, frozenset(type_terms), via, context)
            if whole or not DOCUMENT_TYPES.isdisjoint(types):
                self._whole.add((self._graph, subject))
        self._secured -= secured
        return subject

    def _note(
        self,
        subject: str,
        node: Mapping[str, Any],
        members: Mapping[str, Any],
        types: frozenset[str],
        via: str | None,
        context: ActiveContext,
    ) -> None:
        piece = Piece(node, tuple(self._path), members, types, via, context, self._secured > 0)
        self._stated.setdefault((self._graph, subject), []).append(piece)

    def _types(self, node: dict[str, Any], context: ActiveContext) -> tuple[str, list[str]]:
        """The name of the member that holds the object's types, and the types; an empty name where it has none."""
        holders = [name for name in context.names_of("@type") if name in node]
        if "@type" in node:
            holders.append("@type")
        if not holders:
            return "", []
        if len(holders) > 1:
            raise self._member_error(PROOF_VERIFICATION_ERROR, holders[1], "gives the type under a second name")
        value = node[holders[0]]
        types = value if isinstance(value, list) else [value]
        if not types or not all(isinstance(each, str) for each in types):
            raise self._member_error(DATA_LOSS_DETECTION_ERROR, holders[0], "is not a string or an array of strings")
        return holders[0], types

    def member(self, name: str, context: ActiveContext) -> tuple[str, Term]:
        """The IRI's term (or ``@id``, ``@type``) that a member name stands for, and its definition."""
        term = context.term(name)
        if term is None:
            plain = self._undefined_member(name, context)
            return plain if plain.startswith("@") else iri(plain), context.undefined_term(name)
        meaning = term.iri
        if meaning is None:
            raise self._member_error(DATA_LOSS_DETECTION_ERROR, name, "is defined as nothing by the contexts")
        if term.reverse:
            raise self._member_error(PROOF_TRANSFORMATION_ERROR, name, "is a reverse property, which is not supported")
        if meaning.startswith("@"):
            if meaning not in ("@id", "@type"):
                raise self._member_error(
                    PROOF_TRANSFORMATION_ERROR, name, f"stands for {meaning}, which is not supported"
                )
        elif not _is_iri(meaning):
            raise self._member_error(DATA_LOSS_DETECTION_ERROR, name, "stands for no absolute IRI")
        self._require_own_name(name, meaning, context)
        # One text for all uses of the term, however long its IRI is.
        found = context.members[name] = (meaning if meaning.startswith("@") else iri(meaning)), term
        return found

    def type_term(self, name: str, context: ActiveContext, holder: str) -> str:
        found = iri(self._at(holder, self._vocabulary_iri, name, context, "type"))
        if context.term(name) is not None:
            context.types[name] = found
        return found

    def _undefined_member(self, name: str, context: ActiveContext) -> str:
        if name in ("@id", "@type"):
            if context.names_of(name):
                raise self._member_error(
                    PROOF_VERIFICATION_ERROR, name, f"is to be written {context.names_of(name)[0]!r}"
                )
            return name
        if name.startswith("@"):
            raise self._member_error(PROOF_TRANSFORMATION_ERROR, name, "is JSON-LD syntax that is not supported")
        if ":" in name:
            raise self._member_error(
                PROOF_VERIFICATION_ERROR, name, "is spelled as an IRI instead of a term of the contexts"
            )
        meaning = (context.vocabulary or "") + name
        if context.vocabulary is None or not _is_iri(meaning):
            raise self._member_error(DATA_LOSS_DETECTION_ERROR, name, "is defined by none of the contexts")
        if context.names_of(meaning):
            raise self._member_error(
                PROOF_VERIFICATION_ERROR, name, f"stands for what the contexts call {context.names_of(meaning)[0]!r}"
            )
        return meaning

    def _require_own_name(self, name: str, meaning: str, context: ActiveContext) -> None:
        """Refuse the name that a later context gives to what an earlier one has named, or that is a class's name."""
        own = context.own_name(meaning, name, capital=False)
        if own != name:
            raise self._member_error(PROOF_VERIFICATION_ERROR, name, f"stands for what the contexts call {own!r}")

    # Values

    def _values(self, subject: str, predicate: str, value: Any, term: Term, context: ActiveContext) -> None:
        """The statements of one member."""
        if term.coercion == "@json":
            if not term.containers <= {"@set"}:
                raise self._error(PROOF_TRANSFORMATION_ERROR, f"{term.name!r} holds JSON in a container")
            self._state(subject, predicate, literal(self.json(value), JSON_DATATYPE))
            return
        inner = context.inside(term, self.budget) if term.scoped else context
        if not term.containers:
            if type(value) is str:  # most values; the way below leads to the same
                self._state(subject, predicate, self.string(value, term, inner))
                return
        elif "@list" in term.containers:
            self._state(subject, predicate, self._list(value, term, context, inner))
            return
        elif isinstance(value, dict):
            if "@language" in term.containers:
                self._language_map(subject, predicate, value, term)
                return
            if not _MAP_CONTAINERS.isdisjoint(term.containers):
                raise self._error(
                    PROOF_TRANSFORMATION_ERROR, f"{term.name!r} takes its values by a map, which is not supported"
                )
        if isinstance(value, list):
            if not value:
                self._require_said("an empty array would be dropped")
            found: dict[str, bool] = {}
            for position, item in enumerate(value):
                self._path.append(position)
                if isinstance(item, list):
                    raise self._error(DATA_LOSS_DETECTION_ERROR, "an array within an array would be flattened")
                each = self._value(item, term, context, inner)
                is_object = each.startswith("<") and isinstance(item, dict)
                if self._signed and each in found and (is_object or found[each]):
                    raise self._error(PROOF_VERIFICATION_ERROR, "two items of one array have the same id")
                found[each] = is_object
                self._state(subject, predicate, each)
                self._path.pop()
        else:
            self._state(subject, predicate, self._value(value, term, context, inner))

    def _value(self, value: Any, term: Term, context: ActiveContext, inner: ActiveContext) -> str:
        if "@graph" in term.containers:
            return self._named_graph(value, term, context, inner)
        return self._object(value, term, context, inner)

    def _object(self, value: Any, term: Term, context: ActiveContext, inner: ActiveContext) -> str:
        """The term of one value that is not an array."""
        if isinstance(value, dict):
            if "@value" in value:
                return self.value_object(value, term, inner)
            return self._object_node(value, term, context, inner)
        if isinstance(value, str):
            return self.string(value, term, inner)
        return self.native(value, term.coercion)

    def _object_node(self, value: dict[str, Any], term: Term, context: ActiveContext, inner: ActiveContext) -> str:
        self._require_no_class(term)
        # A type-scoped context ends at the objects below, except where the object is nothing but a reference.
        if context.previous is not None and not is_reference(value, context):
            inner = context.below(term, self.budget)
        if "@context" not in value:
            return self._node(value, inner, via=term.iri, whole=term.iri == STATUS)
        local = value["@context"]
        entries = local if isinstance(local, list) else [local]
        # A JCS proof keeps the contexts of the document that it secures.
        repeated = term.iri == PROOF and entries == self._governing[: len(entries)]
        if not repeated:
            self.require_document(value)
        inner = inner.extended(local, join(*self._path, "@context"), self.budget, checked=repeated)
        governing = self._governing
        if not repeated:
            self._governing = entries
        subject = self._node(value, inner, via=term.iri)
        self._governing = governing
        return subject

    def _require_no_class(self, term: Term) -> None:
        """Refuse a class as a member: it is defined as a term too, and would hold an object where nobody looks."""
        if term.name[:1].isupper() and term.coercion is None and not term.containers:
            raise self._error(PROOF_VERIFICATION_ERROR, f"{term.name!r} is the name of a class, not of a member")

    def require_document(self, value: dict[str, Any]) -> None:
        """Only an embedded credential or presentation states a context of its own."""
        types = value.get("type", value.get("@type"))
        names = types if isinstance(types, list) else [types]
        if not any(isinstance(name, str) and name in DOCUMENT_TYPES for name in names):
            raise self._error(
                PROOF_VERIFICATION_ERROR, "an object that is no credential or presentation has a @context of its own"
            )

    def _named_graph(self, value: Any, term: Term, context: ActiveContext, inner: ActiveContext) -> str:
        if not isinstance(value, dict) or "@value" in value:
            raise self._error(DATA_LOSS_DETECTION_ERROR, f"a value of {term.name!r} is not an object")
        outer, self._graph = self._graph, self._blank()
        name, before = self._graph, len(self._quads)
        self._object_node(value, term, context, inner)
        if value and len(self._quads) == before:
            raise self._error(DATA_LOSS_DETECTION_ERROR, f"a value of {term.name!r} states nothing")
        self._graph = outer
        return name

    def _list(self, value: Any, term: Term, context: ActiveContext, inner: ActiveContext) -> str:
        """An ordered list as its chain of RDF nodes."""
        items = value if isinstance(value, list) else [value]
        if not items:
            return _NIL
        cells = [self._blank() for _ in items]
        for position, (item, cell, rest) in enumerate(zip(items, cells, [*cells[1:], _NIL], strict=True)):
            self._path.append(position)
            self._require_depth()
            nested = isinstance(item, list)
            first = self._list(item, term, context, inner) if nested else self._object(item, term, context, inner)
            self._path.pop()
            self._state(cell, _FIRST, first)
            self._state(cell, _REST, rest)
        return cells[0]

    def _language_map(self, subject: str, predicate: str, value: dict[str, Any], term: Term) -> None:
        if not value:
            self._require_said("an empty language map would be dropped")
        for tag, texts in value.items():
            self._path.append(tag)
            if texts == []:
                self._require_said("an empty array would be dropped")
            if not is_language_tag(tag):
                raise self._error(DATA_LOSS_DETECTION_ERROR, f"{tag[:40]!r} is not a language tag")
            for text in texts if isinstance(texts, list) else [texts]:
                if not isinstance(text, str):
                    raise self._error(DATA_LOSS_DETECTION_ERROR, "a text in a language map is not a string")
                self._state(subject, predicate, self._tagged(text, tag, term.direction))
            self._path.pop()

    def value_object(self, value: dict[str, Any], term: Term, context: ActiveContext) -> str:
        """A text with its language and direction, or a value with its datatype."""
        if not value.keys() <= _VALUE_OBJECT:
            raise self._error(DATA_LOSS_DETECTION_ERROR, "a value object has members other than JSON-LD's own")
        if term.coercion is not None:
            # The plain form exists, and readers look for that one.
            raise self._error(
                PROOF_VERIFICATION_ERROR, f"{term.name!r} has a type of its own, so its value is written plainly"
            )
        content = value["@value"]
        if "@type" in value:
            if len(value) > 2 or not isinstance(value["@type"], str):
                raise self._error(PROOF_TRANSFORMATION_ERROR, "a value object's @type is not its only qualification")
            datatype = self._at("@type", self._vocabulary_iri, value["@type"], context, "type")
            if datatype in _PLAIN_DATATYPES or datatype.startswith(_I18N):
                raise self._error(PROOF_VERIFICATION_ERROR, "a value with a form of its own is written with a datatype")
            if not isinstance(content, str):
                return self._at("@value", self.native, content, datatype)
            return self._typed_string(content, datatype)
        if not isinstance(content, str):
            raise self._error(DATA_LOSS_DETECTION_ERROR, "the @value of a value object without @type is not a string")
        if len(value) == 1 and term.iri not in _NATURAL_LANGUAGE:
            raise self._error(PROOF_VERIFICATION_ERROR, "a plain text is written as an object")
        tag, direction = value.get("@language"), value.get("@direction")
        if "@language" in value and not (isinstance(tag, str) and is_language_tag(tag)):
            raise self._error(DATA_LOSS_DETECTION_ERROR, "@language is not a language tag")
        if "@direction" in value and direction not in ("ltr", "rtl"):
            raise self._error(DATA_LOSS_DETECTION_ERROR, "@direction is neither ltr nor rtl")
        return self._tagged(content, tag, direction)

    def string(self, value: str, term: Term, context: ActiveContext) -> str:
        if term.coercion is None:
            return self._tagged(value, term.language, term.direction)
        if term.coercion == "@id":
            subject = iri(self._reference(value, context))
            if term.iri in WHOLE:
                self._note(subject, {}, {}, frozenset(), term.iri, context)
            return subject
        if term.coercion == "@vocab":
            return iri(self._vocabulary_iri(value, context, "value"))
        return self._typed_string(value, term.coercion)

    def _tagged(self, text: str, tag: str | None, direction: str | None) -> str:
        self._require_characters(text)
        tag = tag.lower() if tag else None
        if direction:
            return literal(text, f"{_I18N}{tag or ''}_{direction}")
        return literal(text, XSD_STRING, tag)

    def _typed_string(self, text: str, datatype: str) -> str:
        self._require_characters(text)
        if datatype == _XSD_DOUBLE and not _is_canonical_double(text):
            # Processors differ on whether they rewrite such a text.
            raise self._error(DATA_LOSS_DETECTION_ERROR, "a double is not written in its canonical form")
        return literal(text, datatype)

    def native(self, value: Any, coercion: str | None) -> str:
        """A number or boolean as a literal in its canonical form."""
        datatype = None if coercion in (None, "@id", "@vocab") else coercion
        if isinstance(value, bool):
            return literal("true" if value else "false", datatype or _XSD_BOOLEAN)
        if value is None:
            raise self._error(DATA_LOSS_DETECTION_ERROR, "null would be dropped")
        if not isinstance(value, int | float):
            raise self._error(PROOF_TRANSFORMATION_ERROR, "a value is not JSON")
        if isinstance(value, int) and abs(value) > self._limits.json_integer:
            raise self._error(DATA_LOSS_DETECTION_ERROR, "an integer is larger than processors keep exactly")
        if not math.isfinite(value):
            raise self._error(PROOF_TRANSFORMATION_ERROR, "a number is not finite")
        if value == int(value) and abs(value) < 1e21 and datatype != _XSD_DOUBLE:
            return literal(str(int(value)), datatype or _XSD_INTEGER)
        text = _canonical_double(value)
        if math.isinf(float(text)):
            raise self._error(PROOF_TRANSFORMATION_ERROR, "a number is too large")
        if float(text) != value:
            self._require_said("a number has more than the 16 digits that are kept")
        return literal(text, datatype or _XSD_DOUBLE)

    def json(self, value: Any) -> str:
        try:
            return jcs(value).decode()
        except ProblemError as error:
            raise self._error(error.problem.type, error.problem.detail) from None

    # IRIs

    def _reference(self, value: Any, context: ActiveContext) -> str:
        """The IRI of an ``id`` or a reference: absolute as it stands, and nothing but itself."""
        if not isinstance(value, str):
            raise self._error(DATA_LOSS_DETECTION_ERROR, "an id is not a string")
        prefix, _, rest = value.partition(":")
        if prefix == "_":
            raise self._error(DATA_LOSS_DETECTION_ERROR, "a blank node identifier would be replaced")
        if not _is_iri(value):
            raise self._error(DATA_LOSS_DETECTION_ERROR, f"{value[:80]!r} is not an absolute IRI")
        if len(value) > self._limits.iri_chars and prefix != "data":
            raise self._error(PROOF_TRANSFORMATION_ERROR, f"an IRI is longer than {self._limits.iri_chars} characters")
        if not rest.startswith("//") and context.is_prefix(prefix):
            raise self._error(PROOF_VERIFICATION_ERROR, f"{value[:80]!r} would be read as an abbreviation")
        return value

    def _vocabulary_iri(self, value: str, context: ActiveContext, kind: str) -> str:
        """The IRI of a type or another value from a vocabulary, which is written as a term where there is one."""
        term = context.term(value)
        if term is not None:
            meaning = term.iri
            if meaning is None or meaning.startswith("@") or not _is_iri(meaning):
                raise self._error(DATA_LOSS_DETECTION_ERROR, f"the {kind} {value[:80]!r} is defined as no IRI")
            own = context.own_name(meaning, value, capital=True)
            if own != value:
                raise self._error(
                    PROOF_VERIFICATION_ERROR, f"the {kind} {value[:80]!r} is what the contexts call {own!r}"
                )
            return meaning
        if ":" in value:
            meaning = self._reference(value, context)
        elif context.vocabulary is None or value.startswith("@"):
            raise self._error(
                DATA_LOSS_DETECTION_ERROR, f"the {kind} {value[:80]!r} is defined by none of the contexts"
            )
        else:
            meaning = context.vocabulary + value
            if not _is_iri(meaning):
                raise self._error(DATA_LOSS_DETECTION_ERROR, f"the {kind} {value[:80]!r} gives no absolute IRI")
        if context.names_of(meaning):
            raise self._error(
                PROOF_VERIFICATION_ERROR,
                f"the {kind} {value[:80]!r} is what the contexts call {context.names_of(meaning)[0]!r}",
            )
        return meaning

    # Bookkeeping

    def _require_whole(self) -> None:
        """Refuse to take apart what is stated of the document itself, of a credential within it, or of a status entry.

        Statements about one subject merge wherever they stand, so ``credentialStatus`` could be moved to another object
        with the credential's id, where nobody looks for it. An object beside it may have other types, such as that of a
        refresh service, and the comment of an endorsement, which decide nothing.
        """
        for key in self._whole:
            pieces = self._stated.get(key, [])
            if len(pieces) < 2:
                continue
            whole = max(pieces, key=lambda piece: len(piece.members.keys() - {_ENDORSEMENT_COMMENT}))
            said = jcs(dict(whole.node))
            for piece in pieces:
                beside = (
                    piece.members.keys() <= {_ENDORSEMENT_COMMENT}
                    and piece.types.isdisjoint(whole.types)
                    and not any(map(_DOCUMENT_KIND.fullmatch, piece.types))
                )
                if not beside and jcs(dict(piece.node)) != said:
                    detail = "what is said of one id is spread over several objects"
                    raise ProblemError(PROOF_VERIFICATION_ERROR, detail, join(*piece.path))

    def _require_unmoved(self) -> None:
        """Refuse what could have been moved from one object to another of the same id.

        Objects of one id may not contradict each other, and the one where a reader looks for it says all that is said
        of it anywhere. A person or organization is often described in several places, and more fully in some of them;
        only its name is held to this.
        """
        doubt: Problem | None = None
        for pieces in self._stated.values():
            if len(pieces) == 1:
                continue
            distinct: dict[Any, tuple[Piece, dict[str, bytes]]] = {}
            for piece in pieces:
                said = {member: self._said(value) for member, value in piece.members.items()}
                distinct[frozenset(said.items()), piece.key] = piece, said
            # An embedded credential is held to this when its own proof is checked.
            own_pieces = [(piece, said) for piece, said in distinct.values() if not piece.contained]
            if len(own_pieces) > _MOST_PIECES:
                raise ProblemError(
                    PROOF_TRANSFORMATION_ERROR, "one id is described in too many ways", join(*piece.path)
                )
            for piece, own in own_pieces:
                for other, others in distinct.values():
                    if other is piece or not piece.is_like(other):
                        continue
                    if piece.is_profile:
                        doubt = self._name_doubt(piece, other) or doubt
                    else:
                        self._require_agreement(piece, own, other, others)
        if doubt is not None:
            raise ProblemError(doubt.type, doubt.detail, doubt.pointer)

    @staticmethod
    def _require_agreement(piece: Piece, own: dict[str, bytes], other: Piece, others: dict[str, bytes]) -> None:
        # Those that embedded credentials mention may be described there as of another day.
        if other.contained and piece.via is None:
            return
        for member, value in others.items():
            missing = piece.via in WHOLE and member not in own and piece.could_say(member)
            if missing or (not other.contained and own.get(member, value) != value):
                detail = f"two objects of one id differ in what they say of it ({member[:80]!r})"
                raise ProblemError(PROOF_VERIFICATION_ERROR, detail, join(*piece.path))

    @staticmethod
    def _name_doubt(piece: Piece, other: Piece) -> Problem | None:
        """That a person or organization goes by two names; an issuer whose name only others tell is refused."""
        theirs = other.members.get(_NAME)
        if theirs is None:
            return None
        if _NAME not in piece.members:
            # An issuer given as a mere URL shows no name, so none could have been taken from it unseen.
            if piece.via == _ISSUER and piece.node:
                detail = "the issuer's name is told only where it is described again"
                raise ProblemError(PROOF_VERIFICATION_ERROR, detail, join(*piece.path))
            return None
        name = piece.members[_NAME]
        # An embedded credential may know it by another name, but lends that to nobody.
        if name == theirs or (other.contained and isinstance(name, str)):
            return None
        detail = f"one id goes by two names, {str(name)[:80]!r} and {str(theirs)[:80]!r}"
        return Problem(RANGE_ERROR, detail, join(*piece.path))

    def _said(self, value: Any) -> bytes:
        """A value as text; objects within objects are written once for each, so the length is limited as well."""
        text = jcs(value)
        self._repeated_left -= len(text)
        if self._repeated_left < 0:
            raise ProblemError(PROOF_TRANSFORMATION_ERROR, "the document describes too much more than once")
        return text

    def _blank(self) -> str:
        label = f"_:b{self._blanks}"
        self._blanks += 1
        return label

    def _state(self, subject: str, predicate: str, value: str) -> None:
        quads = self._quads
        quad = Quad(subject, predicate, value, self._graph)
        quads.append(quad)
        self._chars_left -= chars(quad)
        if self._chars_left < 0:
            raise self._error(PROOF_TRANSFORMATION_ERROR, "the document's statements are too long together")
        if len(quads) > self._most_quads:
            raise ProblemError(
                PROOF_TRANSFORMATION_ERROR, f"the document makes more than {self._most_quads} statements"
            )

    def _require_said(self, detail: str) -> None:
        """Refuse what makes no difference to a reader, where the document is still to be signed.

        Others sign a number to 16 digits and an array of nothing without a word, and selective disclosure leaves arrays
        of nothing behind. Nobody is misled by them.
        """
        if self._exact:
            raise self._error(DATA_LOSS_DETECTION_ERROR, detail)

    def _require_depth(self) -> None:
        if len(self._path) > self._limits.json_depth:
            raise self._error(PROOF_TRANSFORMATION_ERROR, f"the document is more than {self._limits.json_depth} deep")

    def _require_characters(self, text: str) -> None:
        if not text.isascii() and _SURROGATE.search(text):
            raise self._error(PROOF_TRANSFORMATION_ERROR, "a text holds half of a surrogate pair")

    def _at(self, name: str, read: Callable[..., str], *arguments: Any) -> str:
        self._path.append(name)
        result = read(*arguments)
        self._path.pop()
        return result

    def _error(self, problem: ProblemType, detail: str) -> ProblemError:
        return ProblemError(problem, detail, join(*self._path))

    def _member_error(self, problem: ProblemType, name: str, detail: str) -> ProblemError:
        return ProblemError(problem, f"the member {name[:80]!r} {detail}", join(*self._path, name))


def is_reference(value: dict[str, Any], context: ActiveContext) -> bool:
    """Whether an object is nothing but the id of something, so that it stays in the context around it."""
    if len(value) != 1:
        return False
    name = next(iter(value))
    term = context.term(name)
    return name == "@id" or (term is not None and term.iri == "@id")


def _is_iri(value: str) -> bool:
    """Absolute, well-formed, and without the white space that other processors take for a sign of a relative IRI."""
    return is_absolute_iri(value) and _SPACE.search(value) is None


def _canonical_double(value: float) -> str:
    """The canonical lexical form of xsd:double, to 15 digits after the point (JSON-LD 1.1 API section 8.6)."""
    mantissa, _, exponent = f"{value:.15E}".partition("E")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}E{int(exponent)}"


def _is_canonical_double(text: str) -> bool:
    try:
        value = float(text)
        return math.isfinite(value) and _canonical_double(value) == text
    except ValueError:
        return False
