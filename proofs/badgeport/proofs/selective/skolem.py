"""Giving every unnamed node of a document a name that survives selection (VC DI ECDSA 1.0 sections 3.4.5 to 3.4.9).

To know which statements of a document a part of it makes, the blank nodes of the part have to be recognised in the
whole. So each object that has no ``id`` is given one, a URN that cannot occur in the document, before parts are chosen.
The suite does this by expanding and compacting, which changes the shape that the pointers go by (an array of one item
becomes its item); here the ids are written into the document as it stands, and the outcome is held against the
canonical form of the untouched document, so a name in the wrong place can never pass.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from itertools import count
from typing import Any

from badgeport.proofs.canonicalization import dataset
from badgeport.proofs.canonicalization.nquads import RDF, Quad, is_blank
from badgeport.proofs.canonicalization.rdfc import CanonicalForm, canonical_form
from badgeport.proofs.selective.selection import select
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError

_FIRST, _REST, _NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"
# Objects with these are no nodes, or are named already.
_NOT_TO_NAME = frozenset(("id", "@id", "@value", "@list", "@set"))


@dataclass(frozen=True, slots=True)
class Skolemized:
    """A document whose every node has a name."""

    document: dict[str, Any]
    """The document with ids added."""
    quads: frozenset[Quad]
    """Its statements, blank nodes labelled so that the same node has the same label in any selection."""
    form: CanonicalForm
    """The canonical form of the statements; ``labels`` go from the stable labels."""
    prefix: str
    """What the added ids begin with."""

    def select(self, pointers: Iterable[str], *, contexts: ContextStore, limits: Limits) -> frozenset[Quad]:
        """The statements of the part that the JSON pointers name; none for no pointers.

        Raises ProblemError: MALFORMED_VALUE_ERROR where a pointer reaches nothing, PROOF_TRANSFORMATION_ERROR where the
        part says something that the whole does not (half of a value that is signed as one, such as a list).
        """
        chosen = tuple(pointers)
        quads = self._quads_of(chosen, contexts, limits)
        if quads <= self.quads:
            return quads
        # The first pointer that spoils the part, by halving: the first ``low`` pointers are good together.
        low, high = 0, len(chosen)
        while high - low > 1:
            middle = (low + high) // 2
            if self._quads_of(chosen[:middle], contexts, limits) <= self.quads:
                low = middle
            else:
                high = middle
        raise ProblemError(
            PROOF_TRANSFORMATION_ERROR,
            "a pointer reaches into a value that can only be disclosed as a whole",
            chosen[low],
        )

    def _quads_of(self, pointers: tuple[str, ...], contexts: ContextStore, limits: Limits) -> frozenset[Quad]:
        part = select(self.document, pointers)
        return (
            frozenset() if part is None else _stable_quads(dataset(part, contexts=contexts, limits=limits), self.prefix)
        )


def skolemize(document: Mapping[str, Any], *, contexts: ContextStore, limits: Limits) -> Skolemized:
    """Name every node of a JSON-LD document (without its proof).

    Raises ProblemError: what canonicalization raises, and PROOF_TRANSFORMATION_ERROR where the document has blank nodes
    that cannot be named: labels of its own (``_:b0``) or structures that no selection could keep apart.
    """
    form = canonical_form(dataset(document, contexts=contexts, limits=limits), limits=limits)
    # No document can hold the digest of its own canonical form.
    prefix = f"urn:bnid:{hashlib.sha256(form.text.encode()).hexdigest()}:"
    candidate, names = _with_ids(document, prefix, limits)
    raw = dataset(candidate, contexts=contexts, limits=limits)
    nodes = names & {term[1:-1] for quad in raw for term in quad}
    if nodes != names:
        # Some objects are no nodes but parts of JSON literals, which must stay as they are.
        candidate, _ = _with_ids(document, prefix, limits, only=nodes)
        raw = dataset(candidate, contexts=contexts, limits=limits)
    quads = _stable_quads(raw, prefix)
    stable = canonical_form(sorted(quads), limits=limits)
    if stable.lines != form.lines:
        raise _refused("the document has structures whose parts cannot be told apart")
    return Skolemized(candidate, quads, stable, prefix)


def _with_ids(
    document: Mapping[str, Any], prefix: str, limits: Limits, only: Set[str] | None = None
) -> tuple[dict[str, Any], set[str]]:
    """A copy with an ``id`` in each object that may be an unnamed node, and these ids; ``only`` restricts them."""
    numbers = count()
    names: set[str] = set()

    def copy(value: Any, depth: int) -> Any:
        if depth > limits.json_depth:
            raise _refused(f"the document is nested more than {limits.json_depth} deep")
        if isinstance(value, list):
            return [copy(item, depth + 1) for item in value]
        if not isinstance(value, Mapping):
            return value
        result = {}
        if _NOT_TO_NAME.isdisjoint(value):
            name = f"{prefix}{next(numbers)}"
            if only is None or name in only:
                names.add(name)
                result["id"] = name
        for key, member in value.items():
            result[key] = member if key == "@context" else copy(member, depth + 1)
        return result

    return copy(document, 0), names


def _stable_quads(raw: Iterable[Quad], prefix: str) -> frozenset[Quad]:
    """The statements with the added ids turned back into blank nodes, and list cells and graphs given stable labels."""
    quads = list(raw)
    start = f"<{prefix}"
    labels = _structure_labels(quads)

    def stable(term: str) -> str:
        return f"_:n{term[len(start) : -1]}" if term.startswith(start) else labels.get(term, term)

    return frozenset(Quad(stable(s), p, stable(o), stable(g)) for s, p, o, g in quads)


def _structure_labels(quads: list[Quad]) -> dict[str, str]:
    """Labels for the blank nodes that JSON-LD makes by itself, from what they hold and what they hang on."""
    blanks = {term for quad in quads for term in quad if is_blank(term)}
    if not blanks:
        return {}
    referrers: defaultdict[str, list[Quad]] = defaultdict(list)
    firsts: dict[str, str] = {}
    rests: dict[str, str] = {}
    contents: defaultdict[str, list[Quad]] = defaultdict(list)
    for quad in quads:
        if quad.p == _FIRST:
            firsts[quad.s] = quad.o
        elif quad.p == _REST:
            rests[quad.s] = quad.o
        elif quad.o in blanks:
            referrers[quad.o].append(quad)
        if quad.g in blanks:
            contents[quad.g].append(quad)
    labels: dict[str, str] = {}
    for node, references in referrers.items():
        if len(references) != 1:
            continue
        holder, prop = references[0].s, references[0].p
        if node in firsts:
            cells = _cells(node, rests)
            label = _digest("list", holder, prop, *(firsts.get(cell, "") for cell in cells))
            labels.update({cell: f"_:l{label}x{number}" for number, cell in enumerate(cells)})
        elif node in contents:
            inner = {quad.o for quad in contents[node]}
            roots = sorted({quad.s for quad in contents[node]} - inner)
            labels[node] = f"_:g{_digest('graph', holder, prop, *roots)}"
    if labels.keys() != blanks:
        raise _refused("the document has blank nodes that no selection could name")
    return labels


def _cells(head: str, rests: Mapping[str, str]) -> list[str]:
    cells: dict[str, None] = {}
    cell = head
    while cell != _NIL and cell in rests and cell not in cells:
        cells[cell] = None
        cell = rests[cell]
    return list(cells)


def _digest(*parts: str) -> str:
    # Terms hold no line feed, so the joined text stands for one sequence of terms only.
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _refused(detail: str) -> ProblemError:
    return ProblemError(PROOF_TRANSFORMATION_ERROR, f"{detail}, so it cannot be disclosed selectively")
