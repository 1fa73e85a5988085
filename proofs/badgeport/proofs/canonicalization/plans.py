"""Plans: what an active context makes of member names and types, ready to be written as statements.

A plan is derived from the active context that PyLD processed, by the very functions of the reference engine
(`expand`), the first time a document needs a part of it. It belongs to the context and lives as long. Whatever the
reference engine would refuse, and whatever credentials seldom hold, has no place in a plan: `Unplanned` is raised, and
the reference engine says what is to be said.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from badgeport.proofs.canonicalization.active_context import Budget
from badgeport.proofs.canonicalization.expand import DOCUMENT_TYPES, PROOF, STATUS, WHOLE
from badgeport.proofs.canonicalization.nquads import XSD

if TYPE_CHECKING:
    from badgeport.proofs.canonicalization.active_context import ActiveContext, Term
    from badgeport.proofs.canonicalization.expand import _Walk

# How a string under a member is written. Members that hold no value come first. TEXT is the plainest: a text without
# language under a term that brings no context of its own.
CONTEXT, ID, TYPE, JSON, TEXT, REFERENCE, TYPED, OTHER = range(8)

MOST_SHAPES = 4_096
MOST_LAYOUTS = 2_048
_MOST_NAMES = 64
LONGEST_PREDICATE = 1_024
_MOST_TYPES = 8
_PLAIN_CONTAINERS = frozenset({"@set", "@graph"})


Charge: TypeAlias = tuple[tuple[int, int, int], ...]


class Unplanned(Exception):  # noqa: N818
    """The document, or this part of it, is for the reference engine."""


class Slot:
    """One member name in one active context: how it is read, and the contexts of its values."""

    __slots__ = (
        "below",
        "charge",
        "graph",
        "inside",
        "is_class",
        "kind",
        "predicate",
        "status",
        "suffix",
        "term",
        "whole",
    )

    def __init__(self, kind: int, predicate: str = "", term: Term | None = None) -> None:
        self.kind = kind
        self.predicate = predicate
        self.term = term
        self.graph = False
        self.is_class = False
        """Whether it is the name of a class, which holds no objects."""
        self.status = False
        """Whether its values are status entries."""
        self.whole = False
        """Whether a mere reference under it counts as a place where the thing is looked for."""
        self.suffix = '"'
        """What ends a string's literal."""
        self.inside: ActiveContext | None = None
        """The context of the values: that of strings, value objects and references."""
        self.below: ActiveContext | None = None
        """The context of objects."""
        self.charge: Charge = ()
        """The contexts that this member brings in, as `Budget.spend` is told of them."""


class Layout(NamedTuple):
    """Objects with one sequence of member names: what there is to do for each of them."""

    id_name: str | None
    """The member that holds the object's id, if it has one."""
    secured: bool
    """Whether the object has a proof of its own."""
    members: tuple[tuple[str, bool, str, Slot], ...]
    """The members that hold values, in their order: name, whether that is a plain text, predicate, all of the slot."""


class Shape:
    """Objects of one combination of types: their type statements, and the context of their members."""

    __slots__ = ("__weakref__", "charge", "holder", "is_document", "kept", "plan", "terms")

    def __init__(self, plan: Plan, holder: str, terms: tuple[str, ...], is_document: bool, charge: Charge) -> None:
        self.plan = plan
        self.holder = holder
        self.terms = terms
        self.is_document = is_document
        self.charge = charge
        self.kept: dict[tuple[str, ...], Layout] = {}
        """Layouts by the names of the members; they live no longer than the context that the shape belongs to."""


class _Room:
    """What many objects keep in a dictionary each. Documents choose the keys, so there is a bound for all together."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._holders: weakref.WeakSet[Plan | Shape] = weakref.WeakSet()
        self.number = 0
        """How much was kept since all was let go."""

    def keep(self, holder: Plan | Shape, key: Any, value: Any) -> None:
        with self._lock:
            if self.number >= self._most():
                # Whoever fills the room with odd things takes it from nobody for long.
                self._let_go()
            self.number += 1
            self._holders.add(holder)
            holder.kept[key] = value

    def clear(self) -> None:
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        for each in self._holders:
            each.kept.clear()
        self._holders.clear()
        self.number = 0


shaped = _Room(lambda: MOST_SHAPES)
laid = _Room(lambda: MOST_LAYOUTS)


def layout_of(shape: Shape, names: tuple[str, ...], walk: _Walk) -> Layout:
    """What to do for objects of a shape with these member names. Raises `Unplanned` or ProblemError as `Plan.shape`."""
    if len(names) > _MOST_NAMES:
        raise Unplanned
    plan, members = shape.plan, []
    for name in names:
        slot = plan.slot(name, walk)
        if slot.kind > TYPE:
            members.append((name, slot.kind == TEXT, slot.predicate, slot))
        elif slot.kind == TYPE and name != shape.holder:
            raise Unplanned
    id_name = plan.id_name if plan.id_name in names else None
    layout = Layout(id_name, not set(plan.proof_names).isdisjoint(names), tuple(members))
    laid.keep(shape, names, layout)
    return layout


class Plan:
    """What is known so far of one active context."""

    __slots__ = ("__weakref__", "context", "id_name", "kept", "proof_names", "slots", "type_name")

    def __init__(self, context: ActiveContext) -> None:
        types, ids = context.names_of("@type"), context.names_of("@id")
        if len(types) > 1 or len(ids) > 1:
            raise Unplanned
        self.context = context
        self.type_name = types[0] if types else ""
        self.id_name = ids[0] if ids else ""
        self.proof_names = context.names_of(PROOF)
        self.kept: dict[Any, Shape] = {}
        """Shapes by what the type member holds."""
        self.slots: dict[str, Slot] = {"@context": Slot(CONTEXT)}

    def shape(self, stated: Any, walk: _Walk) -> Shape:
        """The shape of objects whose type member holds ``stated``; the empty tuple where they have none.

        Raises `Unplanned` or ProblemError where this is for the reference engine.
        """
        types = [stated] if isinstance(stated, str) else list(stated)
        if len(types) > _MOST_TYPES:
            raise Unplanned
        context, name = self.context, self.type_name
        if not all(isinstance(each, str) and context.term(each) is not None for each in types):
            raise Unplanned
        terms = tuple(walk.type_term(each, context, name) for each in types)
        budget = _Noting()
        typed = context.typed(types, budget)
        plan = plan_of(typed)
        if types and plan.slot(name, walk).kind != TYPE:
            raise Unplanned
        if not context.keeps(typed):
            raise Unplanned
        shape = Shape(plan, name, terms, not DOCUMENT_TYPES.isdisjoint(types), tuple(budget.notes))
        shaped.keep(self, stated if isinstance(stated, str) else tuple(types), shape)
        return shape

    def slot(self, name: str, walk: _Walk) -> Slot:
        """What a member name stands for here. Raises `Unplanned` or ProblemError as `shape`."""
        found = self.slots.get(name)
        if found is not None:
            return found
        context = self.context
        if not isinstance(name, str) or context.term(name) is None:
            raise Unplanned
        meaning, term = walk.member(name, context)
        if meaning in ("@id", "@type"):
            slot = Slot(ID if meaning == "@id" else TYPE)
        else:
            slot = _value_slot(meaning, term, context)
        self.slots[name] = slot
        return slot


def plan_of(context: ActiveContext) -> Plan:
    """The plan of an active context. Raises `Unplanned` where it has several names for ``@id`` or ``@type``."""
    plan: Plan | None = context.plan
    if plan is None:
        plan = context.plan = Plan(context)
    return plan


def _value_slot(predicate: str, term: Term, context: ActiveContext) -> Slot:
    if len(predicate) > LONGEST_PREDICATE:
        raise Unplanned
    if term.coercion == "@json":
        if not term.containers <= {"@set"}:
            raise Unplanned
        return Slot(JSON, predicate, term)
    if not term.containers <= _PLAIN_CONTAINERS:
        raise Unplanned
    budget = _Noting()
    slot = Slot(_kind(term), predicate, term)
    slot.inside = context.inside(term, budget)
    slot.below = context.below(term, budget)
    if not context.keeps(slot.inside) or not context.keeps(slot.below):
        raise Unplanned
    slot.charge = tuple(budget.notes)
    slot.graph = "@graph" in term.containers
    slot.is_class = term.name[:1].isupper() and term.coercion is None and not term.containers
    slot.status = term.iri == STATUS
    slot.whole = term.iri in WHOLE
    if slot.kind == TEXT and (slot.graph or slot.charge):
        slot.kind = OTHER
    if slot.kind == TYPED and term.coercion != _XSD_STRING:
        slot.suffix = f'"^^<{term.coercion}>'
    return slot


_XSD_STRING, _XSD_DOUBLE = XSD + "string", XSD + "double"


def _kind(term: Term) -> int:
    if term.coercion is None:
        return OTHER if term.language or term.direction else TEXT
    if term.coercion == "@id":
        return REFERENCE
    return OTHER if term.coercion in ("@vocab", _XSD_DOUBLE) else TYPED


@dataclass(slots=True)
class _Noting(Budget):
    """Notes what is spent, for each document that will spend it."""

    notes: list[tuple[int, int, int]] = field(default_factory=list)

    def spend(self, mappings: int, contexts: int, label: int) -> None:
        Budget.spend(self, mappings, contexts, label)
        self.notes.append((mappings, contexts, label))
