"""The compiled engine: a JSON-LD document as RDF statements by the plans of its contexts (`plans`).

It gives what the reference engine (`expand`) gives, statement for statement, or gives up. It refuses nothing itself: a
document that it gives up on, because it is unusual or because something in it is wrong, goes through the reference
engine, so every error is that engine's. What it leaves out is what the reference engine does for each object and each
value anew: looking up what names mean, working out contexts, keeping the path for an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from badgeport.proofs.canonicalization.active_context import ActiveContext, Compilations, active_context
from badgeport.proofs.canonicalization.expand import JSON_DATATYPE, PROOF, WHOLE, Piece, is_reference, reader
from badgeport.proofs.canonicalization.nquads import RDF, Statement, iri, literal
from badgeport.proofs.canonicalization.plans import (
    JSON,
    LONGEST_PREDICATE,
    REFERENCE,
    TEXT,
    TYPE,
    TYPED,
    Plan,
    Shape,
    Slot,
    Unplanned,
    layout_of,
    plan_of,
)
from badgeport.proofs.canonicalization.size import size
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import ProblemError

if TYPE_CHECKING:
    from badgeport.proofs.canonicalization.expand import _Walk

_RDF_TYPE = iri(RDF + "type")
_VALUE = itemgetter(2)
_ABSENT = object()
_ID = re.compile(r'([A-Za-z][A-Za-z0-9+.-]*):(//)?[^\x00-\x20<>"{}|^`\\\ud800-\udfff\s]*').fullmatch
# The same in ASCII, for which the characters that may be there are quicker to go by.
_COMMON_ID = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(//)?[!#-;=?-\[\]_a-z~]*").fullmatch
# A subject is repeated in every statement about it; one so long is for the engine that counts every character.
_LONGEST_SUBJECT = 1_024
_QUAD_MARKS = 6
_LONGEST_LABEL = 32
_MOST_BESIDE = _LONGEST_SUBJECT + LONGEST_PREDICATE + _LONGEST_LABEL + _QUAD_MARKS


def statements(
    document: Mapping[str, Any],
    *,
    contexts: ContextStore,
    limits: Limits,
    exact: bool = False,
    signed: bool = True,
    spend: Callable[[int], None] | None = None,
    compilations: Compilations | None = None,
) -> list[Statement] | None:
    """The statements of a document as `expand.dataset` gives them, or None where that engine is to be asked.

    ``exact``, ``signed`` and ``compilations`` are as in `expand.dataset`. ``spend`` is told how many members and items
    were walked where statements are given, and may raise.
    """
    walk = reader(contexts, limits, exact=exact, signed=signed, compilations=compilations)
    compiled = _Compiled(walk, limits, exact=exact, signed=signed)
    try:
        made = compiled.run(document)
    except (Unplanned, ProblemError, RecursionError):
        return None
    if spend is not None:
        spend(compiled.steps)
    return made


class _Compiled:
    """One pass over one document."""

    def __init__(self, walk: _Walk, limits: Limits, *, exact: bool, signed: bool) -> None:
        # For values and checks that are the same however a document is walked.
        self._walk = walk
        self._limits = limits
        self._exact = exact
        self._signed = signed
        self._charged: set[Slot | Shape] = set()
        self._statements: list[Statement] = []
        self._blanks = 0
        self._graph = ""
        self._governing: list[Any] = []
        # By graph and subject what a `Piece` is made of, which few things need: most are described once.
        self._stated: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        self._whole: set[tuple[str, str]] = set()
        self._secured = 0
        self.steps = 0
        """The members and items that were walked: as many as `size` counts."""

    def run(self, document: Mapping[str, Any]) -> list[Statement]:
        if not isinstance(document, Mapping):
            raise Unplanned
        local = document.get("@context")
        entries = self._pinned(local)
        self._governing = entries
        plan = plan_of(active_context(local, self._walk.contexts, self._walk.budget))
        root = self._node(dict(document), plan, None, True, 0)
        found, limits = self._statements, self._limits
        if not found or len(found) > limits.quads or not any(each[0] == root for each in found):
            raise Unplanned
        # What all but the values can come to at most is nearly always enough to know.
        if sum(map(len, map(_VALUE, found))) + _MOST_BESIDE * len(found) > limits.canonical_chars and (
            sum(map(len, chain.from_iterable(found))) + _QUAD_MARKS * len(found) > limits.canonical_chars
        ):
            raise Unplanned
        several = {key: [_piece(*each) for each in pieces] for key, pieces in self._stated.items() if len(pieces) > 1}
        if several:
            self._walk.require_one_place(several, self._whole)
        return found

    # Objects

    def _node(self, node: dict[str, Any], outside: Plan, via: str | None, whole: bool, depth: int) -> str:
        """The statements of one object; its subject term. ``depth`` is how many names and positions lead to it."""
        limits, graph, found = self._limits, self._graph, self._statements
        if depth > limits.json_depth or len(found) > limits.quads:
            raise Unplanned
        shape = self._shape(node, outside)
        names = tuple(node)
        id_name, secured, members = shape.kept.get(names) or layout_of(shape, names, self._walk)
        self.steps += len(names)
        context = shape.plan.context
        if id_name is None:
            subject = self._blank()
        else:
            subject = f"<{self._reference(node[id_name], context)}>"
            if len(subject) > _LONGEST_SUBJECT:
                raise Unplanned
        for each in shape.terms:
            found.append((subject, _RDF_TYPE, each, graph))
        secured = secured and via is not None
        self._secured += secured
        for name, is_text, predicate, slot in members:
            value = node[name]
            if is_text and type(value) is str:  # most values; the way below leads to the same
                if value.isprintable() and '"' not in value and "\\" not in value:
                    found.append((subject, predicate, f'"{value}"', graph))
                else:
                    found.append((subject, predicate, _text(value), graph))
                continue
            if slot.charge and slot not in self._charged:
                self._charge(slot)
            if slot.kind == JSON:
                self.steps += size([value]) - 1
                found.append((subject, predicate, literal(self._walk.json(value), JSON_DATATYPE), graph))
            elif type(value) is list:
                self._array(subject, slot, value, context, depth + 2)
            else:
                found.append((subject, predicate, self._value(slot, value, context, depth + 1), graph))
        if id_name is not None:
            key = (graph, subject)
            if members or shape.terms or via in WHOLE:
                self._stated.setdefault(key, []).append((node, shape.plan, shape.terms, via, self._secured > 0))
            if whole or shape.is_document:
                self._whole.add(key)
        self._secured -= secured
        return subject

    def _shape(self, node: dict[str, Any], outside: Plan) -> Shape:
        stated = node.get(outside.type_name, _ABSENT)
        if stated is _ABSENT:
            stated = ()
        elif type(stated) is list and stated:
            self.steps += len(stated)
            stated = tuple(stated)
        elif type(stated) is not str:
            raise Unplanned
        try:
            shape = outside.kept.get(stated)
        except TypeError:  # an object or array among the types
            raise Unplanned from None
        if shape is None:
            shape = outside.shape(stated, self._walk)
        if shape.charge and shape not in self._charged:
            self._charge(shape)
        return shape

    def _charge(self, part: Slot | Shape) -> None:
        for each in part.charge:
            self._walk.budget.spend(*each)
        self._charged.add(part)

    def _array(self, subject: str, slot: Slot, items: list[Any], context: ActiveContext, depth: int) -> None:
        if not items and self._exact:
            raise Unplanned
        self.steps += len(items)
        found, graph, predicate = self._statements, self._graph, slot.predicate
        values: dict[str, bool] = {}
        for item in items:
            each = self._value(slot, item, context, depth)
            if self._signed:
                is_object = each[0] == "<" and type(item) is dict
                if each in values and (is_object or values[each]):
                    raise Unplanned
                values[each] = is_object
            found.append((subject, predicate, each, graph))

    # Values

    def _value(self, slot: Slot, value: Any, context: ActiveContext, depth: int) -> str:
        """The term of one value that is not an array. ``context`` is that of the member's name."""
        term, inside = slot.term, slot.inside
        assert term is not None
        assert inside is not None
        if slot.graph:
            return self._named_graph(slot, value, context, depth)
        kind = type(value)
        if kind is str:
            if slot.kind == TEXT:
                return _text(value)
            if slot.kind == REFERENCE:
                subject = f"<{self._reference(value, inside)}>"
                if slot.whole:
                    piece: tuple[Any, ...] = ({}, plan_of(inside), (), term.iri, self._secured > 0)
                    self._stated.setdefault((self._graph, subject), []).append(piece)
                return subject
            if slot.kind == TYPED:
                return _text(value)[:-1] + slot.suffix
            return self._walk.string(value, term, inside)
        if kind is dict:
            if "@value" in value:
                self.steps += size(value)
                return self._walk.value_object(value, term, inside)
            return self._object(slot, value, context, depth)
        if kind is list:
            raise Unplanned
        return self._walk.native(value, term.coercion)

    def _object(self, slot: Slot, value: dict[str, Any], context: ActiveContext, depth: int) -> str:
        term, inner = slot.term, slot.inside
        assert term is not None
        assert inner is not None
        if slot.is_class:
            raise Unplanned
        if context.previous is not None and not is_reference(value, context):
            inner = slot.below
            assert inner is not None
        if "@context" not in value:
            return self._node(value, inner.plan or plan_of(inner), term.iri, slot.status, depth)
        local = value["@context"]
        entries = self._pinned(local)
        repeated = term.iri == PROOF and entries == self._governing[: len(entries)]
        if not repeated:
            self._walk.require_document(value)
        inner = inner.extended(local, "", self._walk.budget, checked=repeated)
        governing = self._governing
        if not repeated:
            self._governing = entries
        subject = self._node(value, plan_of(inner), term.iri, False, depth)
        self._governing = governing
        return subject

    def _named_graph(self, slot: Slot, value: Any, context: ActiveContext, depth: int) -> str:
        if type(value) is not dict or "@value" in value:
            raise Unplanned
        outer, name = self._graph, self._blank()
        self._graph, before = name, len(self._statements)
        self._object(slot, value, context, depth)
        if value and len(self._statements) == before:
            raise Unplanned
        self._graph = outer
        return name

    def _pinned(self, local: Any) -> list[Any]:
        """The entries of a ``@context`` made of context files alone: others are worked out for each document."""
        entries = local if isinstance(local, list) else [local]
        if not all(type(each) is str for each in entries):
            raise Unplanned
        self.steps += len(entries) if entries is local else 0
        return entries

    def _reference(self, value: Any, context: ActiveContext) -> str:
        """An IRI as it stands, if it is one for the reference engine too."""
        match = (_COMMON_ID(value) or _ID(value)) if type(value) is str else None
        if match is None or len(value) > self._limits.iri_chars or (not match[2] and context.is_prefix(match[1])):
            raise Unplanned
        return value  # type: ignore[no-any-return]

    def _blank(self) -> str:
        label = f"_:b{self._blanks}"
        self._blanks += 1
        return label


def _text(value: str) -> str:
    """The literal of a text without language and direction."""
    # What is printable holds neither control characters nor halves of surrogate pairs.
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    if not value.isascii() and _SURROGATE.search(value):
        raise Unplanned
    return literal(value)


_SURROGATE = re.compile("[\ud800-\udfff]")


def _piece(node: dict[str, Any], plan: Plan, terms: tuple[str, ...], via: str | None, contained: bool) -> Piece:
    slots = plan.slots
    members = {slots[name].predicate[1:-1]: value for name, value in node.items() if slots[name].kind > TYPE}
    return Piece(node, (), members, frozenset(terms), via, plan.context, contained)
