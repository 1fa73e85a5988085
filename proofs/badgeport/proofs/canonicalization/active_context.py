"""JSON-LD active contexts, compiled once from pinned context files (JSON-LD 1.1 API section 4.1).

PyLD processes contexts; nothing else in the house calls it. Context files are immutable and known by digest, so what
processing them gives is kept: by the store's fingerprint and the document's ``@context``, then by types and terms. What
involves a context that a document states itself is kept no longer than the document is read.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from badgeport.proofs.canonicalization.context_rules import check_context
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, RANGE_ERROR, ProblemError

# Documents choose which combinations of types are compiled, so both the work and what is kept of it are bounded.
_COMPILATIONS_PER_DOCUMENT = 2_000
_MAPPINGS_PER_DOCUMENT = 500_000
_COMPILATIONS_PER_INPUT = 4_000
_MAPPINGS_PER_INPUT = 1_000_000
_ROOTS_KEPT = 16
_MAPPINGS_KEPT_PER_ROOT = 40_000
_REMOTE_CONTEXTS = 64


@dataclass(slots=True)
class Compilations:
    """The contexts that all documents of one input use together, and how many more they may use.

    What several of them use counts once, as it is compiled once.
    """

    left: int = _COMPILATIONS_PER_INPUT
    mappings: int = _MAPPINGS_PER_INPUT
    counted: set[int] = field(default_factory=set)

    def spend(self, mappings: int, contexts: int, label: int) -> None:
        """As `Budget.spend`, but for what was counted before. Raises ``ProblemError`` (RANGE_ERROR)."""
        if label not in self.counted:
            self.counted.add(label)
            self.left -= contexts
            self.mappings -= mappings
        if self.left < 0 or self.mappings < 0:
            raise ProblemError(RANGE_ERROR, "the documents in the input combine their types in too many ways")


@dataclass(slots=True)
class Budget:
    """The contexts that one document uses, and how many more it may use.

    A context counts once, and whether or not an earlier document had it compiled: a verdict may not depend on that.
    """

    left: int = _COMPILATIONS_PER_DOCUMENT
    mappings: int = _MAPPINGS_PER_DOCUMENT
    used: dict[tuple[ActiveContext, Any], ActiveContext] = field(default_factory=dict)
    root: _Root | None = None
    """What contexts are compiled with that are this document's own."""
    shared: Compilations | None = None
    """What the document has in common with the others of one input."""

    def spend(self, mappings: int, contexts: int, label: int) -> None:
        """Count contexts by number and size; ``label`` is that of the last of them.

        Raises ``ProblemError`` (PROOF_TRANSFORMATION_ERROR) when too little is left, and as `Compilations.spend`.
        """
        self.left -= contexts
        self.mappings -= mappings
        if self.left < 0 or self.mappings < 0:
            raise ProblemError(
                PROOF_TRANSFORMATION_ERROR, "the document combines its types in too many ways to be processed"
            )
        if self.shared is not None:
            self.shared.spend(mappings, contexts, label)


@dataclass(frozen=True, slots=True)
class Term:
    """A term definition: what a member name stands for and how its values are read."""

    name: str
    iri: str | None
    """The IRI or keyword; None for a term that is mapped to null."""
    coercion: str | None
    """``@id``, ``@vocab``, ``@json``, a datatype IRI, or None."""
    containers: frozenset[str]
    language: str | None
    direction: str | None
    scoped: bool
    """Whether the term brings a context of its own."""
    reverse: bool
    rank: int
    """Position in the document's ``@context`` of the entry that defines the term."""


class _Root:
    """What all contexts compiled from one ``@context`` share: its store and PyLD's resolver."""

    def __init__(self, contexts: ContextStore) -> None:
        from pyld.context_resolver import ContextResolver
        from pyld.jsonld import JsonLdProcessor

        def load(url: str, _options: object) -> dict[str, Any]:
            return {"contextUrl": None, "documentUrl": url, "document": contexts.get(url)}

        self.contexts = contexts
        self.processor = JsonLdProcessor()
        resolver = ContextResolver({}, load, max_context_urls=_REMOTE_CONTEXTS)
        self.options = {
            "base": None,
            "processingMode": "json-ld-1.1",
            "documentLoader": load,
            "contextResolver": resolver,
        }
        self.kept = 0
        """How many term definitions are kept in contexts compiled with this."""
        self._lock = threading.Lock()
        self._oldest: deque[tuple[weakref.ref[ActiveContext], Any, int]] = deque()

    def keep(self, parent: ActiveContext, key: Any, child: ActiveContext) -> None:
        """Keep a context with the one that it comes from. Where there is no room, the oldest make some.

        Documents choose the combinations: whoever fills the room with odd ones takes it from nobody for long.
        """
        size = len(child._raw["mappings"])
        with self._lock:
            parent._children[key] = child
            self.kept += size
            if parent.entries:  # those of the documents themselves, where all others begin, stay
                self._oldest.append((weakref.ref(parent), key, size))
            while self.kept > _MAPPINGS_KEPT_PER_ROOT and self._oldest:
                holder, gone, size = self._oldest.popleft()
                self.kept -= size
                context = holder()
                if context is not None:
                    context._children.pop(gone, None)
                    context.plan = None  # it refers to what has gone


class ActiveContext:
    """A processed context. Safe to share between threads: definitions are read-only, compilation takes one lock."""

    __slots__ = (
        "__weakref__",
        "_children",
        "_names",
        "_ranks",
        "_raw",
        "_root",
        "_terms",
        "entries",
        "label",
        "members",
        "plan",
        "previous",
        "types",
    )

    def __init__(
        self, root: _Root, raw: Mapping[str, Any], ranks: dict[str, int], previous: ActiveContext | None, entries: int
    ) -> None:
        self._root = root
        self._raw = raw
        self._ranks = ranks
        self.previous = previous
        self.entries = entries
        """How many ``@context`` entries stand behind this context."""
        self.label = 0
        """Tells contexts apart that were compiled from different things, whenever that was."""
        self.members: dict[str, tuple[str, Term]] = {}
        """Where the caller keeps what it found member names to mean; for names that are terms, so it stays small."""
        self.types: dict[str, str] = {}
        """The same for names of types."""
        self.plan: Any = None
        """Where the compiled engine keeps what it made of this context (`plans.Plan`)."""
        self._terms: dict[str, Term | None] = {}
        self._names: dict[str, tuple[str, ...]] | None = None
        self._children: dict[Any, ActiveContext] = {}

    @property
    def vocabulary(self) -> str | None:
        """The IRI that undefined member names are appended to, if the contexts set one."""
        value = self._raw.get("@vocab")
        return value if isinstance(value, str) else None

    def term(self, name: str) -> Term | None:
        """The definition of a member name, or None where no context defines it."""
        try:
            return self._terms[name]
        except KeyError:
            mapping = self._raw["mappings"].get(name)
            if mapping is None:  # not remembered: names that are no terms come from documents
                return None
            term = self._terms[name] = self._definition(name, mapping)
            return term

    def undefined_term(self, name: str) -> Term:
        """How the values of a member without a definition are read: as they are, in the default language."""
        raw = self._raw
        return Term(
            name=name,
            iri=None,
            coercion=None,
            containers=frozenset(),
            language=raw.get("@language"),
            direction=raw.get("@direction"),
            scoped=False,
            reverse=False,
            rank=0,
        )

    def is_prefix(self, name: str) -> bool:
        """Whether ``name`` before a colon would be replaced by an IRI."""
        mapping = self._raw["mappings"].get(name)
        return bool(mapping and mapping["_prefix"])

    def names_of(self, iri: str) -> tuple[str, ...]:
        """The terms that stand for an IRI or keyword, those of earlier contexts first."""
        names = self._names
        if names is None:
            collected: dict[str, list[str]] = {}
            for name, mapping in self._raw["mappings"].items():
                if mapping and mapping.get("@id") and not mapping["reverse"]:
                    collected.setdefault(mapping["@id"], []).append(name)
            rank = self._ranks
            names = {iri: tuple(sorted(each, key=rank.__getitem__)) for iri, each in collected.items()}
            self._names = names
        return names.get(iri, ())

    def own_name(self, iri: str, name: str, *, capital: bool) -> str:
        """The name that goes before the term ``name`` for its IRI, or ``name`` itself.

        That of an earlier context goes first. Where one context file names a member and the class of its values alike
        (``criteria`` and ``Criteria``), the capital tells them apart.
        """
        names = self.names_of(iri)
        if len(names) < 2:
            return name

        def order(each: str) -> tuple[int, bool]:
            return self._ranks[each], each[:1].isupper() is not capital

        first = min(names, key=order)
        return name if order(name) == order(first) else first

    def typed(self, types: list[str], budget: Budget) -> ActiveContext:
        """The context inside an object of these types: their type-scoped contexts applied in order of name.

        It holds for that object alone; ``previous`` is what holds again in the objects below it.
        """
        mappings = self._raw["mappings"]
        scoped = [name for name in types if (mappings.get(name) or {}).get("@context")]
        if not scoped:
            return self
        names = sorted(set(scoped))

        def compile() -> ActiveContext:
            child = self
            for name in names:
                # Type names are looked up in the context outside the object, as the algorithm says.
                child = child._process(mappings[name]["@context"], self._ranks[name], propagate=False)
            return child

        return self._child(("@type", *names), budget, compile, len(names))

    def inside(self, term: Term, budget: Budget) -> ActiveContext:
        """The context of a term's values: its property-scoped context applied, protected terms or not."""
        if not term.scoped:
            return self
        local = self._raw["mappings"][term.name]["@context"]
        return self._child(
            ("@property", term.name), budget, lambda: self._process(local, term.rank, override_protected=True)
        )

    def below(self, term: Term, budget: Budget) -> ActiveContext:
        """The context of objects that are a term's values: type-scoped contexts end there, the term's own begins."""
        previous = self.previous
        if previous is None:
            return self.inside(term, budget)
        if not term.scoped:
            return previous
        local = self._raw["mappings"][term.name]["@context"]
        return self._child(
            ("@below", term.name), budget, lambda: previous._process(local, term.rank, override_protected=True)
        )

    def extended(self, local: Any, pointer: str, budget: Budget, *, checked: bool = False) -> ActiveContext:
        """The context inside an object with a ``@context`` of its own; ``checked`` where it repeats one in force.

        Raises ``ProblemError`` where ``check_context`` refuses it, a context is unknown, or they cannot be combined.
        """
        entries = local if isinstance(local, list) else [local]

        def compile() -> ActiveContext:
            if not checked:
                check_context(local, self._root.contexts, pointer, taken=self._is_taken)
            child = self if _is_pinned(entries) else self._own(budget)
            for position, entry in enumerate(entries):
                child = child._process(entry, self.entries + position)
            return ActiveContext(child._root, child._raw, child._ranks, child.previous, self.entries + len(entries))

        # What was compiled unchecked is never taken for what was checked.
        return self._child(
            ("@context", checked, _key(local)), budget, compile, len(entries), own=not _is_pinned(entries)
        )

    def keeps(self, other: ActiveContext) -> bool:
        """Whether ``other`` lives as long as this context does, so that what is kept here may refer to it."""
        return other is self or other is self.previous or any(each is other for each in list(self._children.values()))

    def _own(self, budget: Budget) -> ActiveContext:
        """The same context, for what is compiled from it to be forgotten with the document."""
        if budget.root is None:
            budget.root = _Root(self._root.contexts)
        return ActiveContext(budget.root, self._raw, self._ranks, self.previous, self.entries)

    def _child(
        self, key: Any, budget: Budget, compile: Callable[[], ActiveContext], contexts: int = 1, *, own: bool = False
    ) -> ActiveContext:
        found = budget.used.get((self, key))
        if found is not None:
            return found
        child = self._children.get(key)
        label = hash((self.label, next(_serial) if own else key))
        budget.spend(contexts * len(self._raw["mappings"]), contexts, label)
        if child is None:
            child = compile()
            child.label = label
            if child._root is self._root:
                self._root.keep(self, key, child)
        budget.used[self, key] = child
        return child

    def _is_taken(self, name: str, iri: str) -> bool:
        """Whether a term name stands for something else here, or an IRI goes by another name."""
        mapping = self._raw["mappings"].get(name)
        return (mapping is not None and mapping.get("@id") != iri) or any(each != name for each in self.names_of(iri))

    def _definition(self, name: str, mapping: Mapping[str, Any]) -> Term:
        raw = self._raw
        coercion = mapping.get("@type")
        return Term(
            name=name,
            iri=mapping.get("@id"),
            coercion=None if coercion == "@none" else coercion,
            containers=frozenset(mapping.get("@container", ())),
            language=mapping["@language"] if "@language" in mapping else raw.get("@language"),
            direction=mapping["@direction"] if "@direction" in mapping else raw.get("@direction"),
            scoped="@context" in mapping,
            reverse=bool(mapping["reverse"]),
            rank=self._ranks[name],
        )

    def _process(
        self, local: Any, rank: int, *, propagate: bool = True, override_protected: bool = False
    ) -> ActiveContext:
        root = self._root
        with _LOCK:
            try:
                raw = root.processor._process_context(
                    self._raw, local, root.options, override_protected=override_protected, propagate=propagate
                )
            except Exception as error:  # PyLD lets KeyError, TypeError, RecursionError and others through
                raise _translated(error) from None
        known, before = self._ranks, self._raw["mappings"]
        ranks = {}
        for name, mapping in raw["mappings"].items():
            unchanged = name in known and before.get(name) == mapping
            ranks[name] = known[name] if unchanged else rank
        return ActiveContext(root, raw, ranks, self._previous_of(raw), self.entries)

    def _previous_of(self, raw: Mapping[str, Any]) -> ActiveContext | None:
        previous = raw.get("previousContext")
        if previous is None:
            return None
        if self.previous is not None and previous.get("_uuid") == self.previous._raw.get("_uuid"):
            return self.previous
        return self


_serial = count()  # a context of a document's own is compiled for each document
_LOCK = threading.RLock()
_roots: OrderedDict[tuple[str, str | tuple[str, ...]], ActiveContext] = OrderedDict()


def active_context(local: Any, contexts: ContextStore, budget: Budget) -> ActiveContext:
    """The active context of a document's top-level ``@context``; kept between documents where it is made of files.

    Raises ``ProblemError``: CONTEXT_UNKNOWN for a URL the store does not hold, PROOF_VERIFICATION_ERROR for an inline
    context that could change what members mean, PROOF_TRANSFORMATION_ERROR where the contexts cannot be combined.
    """
    entries = local if isinstance(local, list) else [local]
    key = (contexts.fingerprint, _key(local))
    with _LOCK:
        initial = _roots.get(key)
        if initial is not None:
            _roots.move_to_end(key)
    if initial is None:
        root = _Root(contexts)
        initial = ActiveContext(root, root.processor._get_initial_context(root.options), {}, None, 0)
        initial.label = hash(key)
    compiled = initial.extended(local, "/@context", budget)
    if _is_pinned(entries):
        with _LOCK:
            _roots[key] = initial
            while len(_roots) > _ROOTS_KEPT:
                _roots.popitem(last=False)
    return compiled


def _is_pinned(entries: list[Any]) -> bool:
    return all(isinstance(entry, str) for entry in entries)


def _key(local: Any) -> str | tuple[str, ...]:
    if type(local) is list and all(type(entry) is str for entry in local):
        return tuple(local)
    try:
        return json.dumps(local)
    except (TypeError, ValueError, RecursionError):
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, "the @context is not JSON", "/@context") from None


def _translated(error: BaseException) -> ProblemError:
    cause: BaseException | None = error
    code = None
    while cause is not None:
        if isinstance(cause, ProblemError):
            return cause
        code = code or getattr(cause, "code", None)
        cause = cause.__cause__
    if code == "protected term redefinition":
        detail = "two contexts define a protected term in different ways"
    elif code == "invalid context nullification":
        detail = "a context would remove protected terms"
    else:
        detail = f"the contexts cannot be processed{f': {code}' if isinstance(code, str) else ''}"
    return ProblemError(PROOF_TRANSFORMATION_ERROR, detail)
