"""JSON-LD active contexts, compiled once from pinned context files (JSON-LD 1.1 API section 4.1).

PyLD processes contexts; nothing else in the house calls it. Contexts here are immutable files known by digest, so what
processing them gives is kept: by the store's fingerprint and the document's ``@context``, then by types and terms.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from badgeport.proofs.canonicalization.context_rules import check_context
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError

# Documents choose which combinations of types are compiled, so both the work and what is kept of it are bounded.
_COMPILATIONS_PER_DOCUMENT = 200
_ROOTS_KEPT = 16
_CONTEXTS_KEPT_PER_ROOT = 400
_REMOTE_CONTEXTS = 64


@dataclass(slots=True)
class Budget:
    """How many more contexts one document may cause to be compiled."""

    left: int = _COMPILATIONS_PER_DOCUMENT

    def spend(self) -> None:
        """Count one compilation. Raises ``ProblemError`` (PROOF_TRANSFORMATION_ERROR) when none is left."""
        self.left -= 1
        if self.left < 0:
            raise ProblemError(
                PROOF_TRANSFORMATION_ERROR, "the document combines its types in too many ways to be processed"
            )


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


class ActiveContext:
    """A processed context. Safe to share between threads: definitions are read-only, compilation takes one lock."""

    __slots__ = ("_children", "_names", "_ranks", "_raw", "_root", "_terms", "entries", "members", "previous", "types")

    def __init__(
        self, root: _Root, raw: Mapping[str, Any], ranks: dict[str, int], previous: ActiveContext | None, entries: int
    ) -> None:
        self._root = root
        self._raw = raw
        self._ranks = ranks
        self.previous = previous
        self.entries = entries
        """How many ``@context`` entries stand behind this context."""
        self.members: dict[str, tuple[str, Term]] = {}
        """Where the caller keeps what it found member names to mean; for names that are terms, so it stays small."""
        self.types: dict[str, str] = {}
        """The same for names of types."""
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

    def rank(self, name: str) -> int:
        """Position in the document's ``@context`` of the entry that defines the term ``name``."""
        return self._ranks[name]

    def typed(self, types: list[str], budget: Budget) -> ActiveContext:
        """The context inside an object of these types: their type-scoped contexts applied in order of name.

        It holds for that object alone; ``previous`` is what holds again in the objects below it.
        """
        mappings = self._raw["mappings"]
        scoped = [name for name in types if (mappings.get(name) or {}).get("@context")]
        if not scoped:
            return self
        key = ("@type", *sorted(set(scoped)))
        child = self._children.get(key)
        if child is None:
            child = self
            for name in key[1:]:
                # Type names are looked up in the context outside the object, as the algorithm says.
                child = child._process(mappings[name]["@context"], self._ranks[name], budget, propagate=False)
            self._keep(key, child)
        return child

    def inside(self, term: Term, budget: Budget) -> ActiveContext:
        """The context of a term's values: its property-scoped context applied, protected terms or not."""
        if not term.scoped:
            return self
        key = ("@property", term.name)
        child = self._children.get(key)
        if child is None:
            local = self._raw["mappings"][term.name]["@context"]
            child = self._process(local, term.rank, budget, override_protected=True)
            self._keep(key, child)
        return child

    def below(self, term: Term, budget: Budget) -> ActiveContext:
        """The context of objects that are a term's values: type-scoped contexts end there, the term's own begins."""
        if self.previous is None:
            return self.inside(term, budget)
        if not term.scoped:
            return self.previous
        key = ("@below", term.name)
        child = self._children.get(key)
        if child is None:
            local = self._raw["mappings"][term.name]["@context"]
            child = self.previous._process(local, term.rank, budget, override_protected=True)
            self._keep(key, child)
        return child

    def extended(self, local: Any, pointer: str, budget: Budget, *, checked: bool = False) -> ActiveContext:
        """The context inside an object with a ``@context`` of its own; ``checked`` where it repeats one in force.

        Raises ``ProblemError`` where ``check_context`` refuses it, a context is unknown, or they cannot be combined.
        """
        entries = local if isinstance(local, list) else [local]
        key = ("@context", _key(local))
        child = self._children.get(key)
        if child is None:
            if not checked:
                check_context(local, self._root.contexts, pointer, taken=self._is_taken)
            child = self
            for position, entry in enumerate(entries):
                child = child._process(entry, self.entries + position, budget)
            child = ActiveContext(self._root, child._raw, child._ranks, child.previous, self.entries + len(entries))
            self._keep(key, child)
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
        self, local: Any, rank: int, budget: Budget, *, propagate: bool = True, override_protected: bool = False
    ) -> ActiveContext:
        budget.spend()
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

    def _keep(self, key: Any, child: ActiveContext) -> None:
        root = self._root
        if root.kept < _CONTEXTS_KEPT_PER_ROOT:
            root.kept += 1
            self._children[key] = child


_LOCK = threading.RLock()
_roots: OrderedDict[tuple[str, str], ActiveContext] = OrderedDict()


def active_context(local: Any, contexts: ContextStore, budget: Budget) -> ActiveContext:
    """The active context of a document's top-level ``@context``; kept between documents.

    Raises ``ProblemError``: CONTEXT_UNKNOWN for a URL the store does not hold, PROOF_VERIFICATION_ERROR for an inline
    context that could change what members mean, PROOF_TRANSFORMATION_ERROR where the contexts cannot be combined.
    """
    key = (contexts.fingerprint, _key(local))
    with _LOCK:
        found = _roots.get(key)
        if found is not None:
            _roots.move_to_end(key)
            return found
    root = _Root(contexts)
    initial = root.processor._get_initial_context(root.options)
    compiled = ActiveContext(root, initial, {}, None, 0).extended(local, "/@context", budget)
    with _LOCK:
        _roots[key] = compiled
        while len(_roots) > _ROOTS_KEPT:
            _roots.popitem(last=False)
    return compiled


def _key(local: Any) -> str:
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
