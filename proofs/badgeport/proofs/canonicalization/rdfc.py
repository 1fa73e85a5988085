"""RDF Dataset Canonicalization, RDFC-1.0 (W3C rdf-canon), under a work budget.

Blank nodes that their own statements tell apart cost one hash each. Only true ties reach the N-degree algorithm, whose
cost can be exponential in a hostile dataset (section 7.1), so every hash it makes is drawn from a budget.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from badgeport.proofs.canonicalization.nquads import Quad, chars
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError

HashName = Literal["sha256", "sha384"]


class CanonicalForm(NamedTuple):
    """A canonicalized dataset."""

    lines: list[str]
    """Canonical N-Quads lines in code point order, each with its line feed; no duplicates."""
    labels: dict[str, str]
    """Input blank node (``_:x``) to canonical blank node (``_:c14nN``)."""

    @property
    def text(self) -> str:
        """The canonical N-Quads document."""
        return "".join(self.lines)


class _Issuer:
    """Issues identifiers in order of first request (section 4.6)."""

    __slots__ = ("issued", "prefix")

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.issued: dict[str, str] = {}

    def issue(self, blank: str) -> str:
        label = self.issued.get(blank)
        if label is None:
            label = self.issued[blank] = f"{self.prefix}{len(self.issued)}"
        return label

    def copy(self) -> _Issuer:
        other = _Issuer(self.prefix)
        other.issued = self.issued.copy()
        return other


def canonical_form(
    quads: Iterable[Quad],
    *,
    hash_name: HashName = "sha256",
    limits: Limits = DEFAULT_LIMITS,
    spend: Callable[[int], None] | None = None,
) -> CanonicalForm:
    """The canonical form of a dataset (RDFC-1.0 section 4.4).

    ``hash_name`` is the algorithm's internal hash: SHA-384 for ECDSA over P-384, SHA-256 everywhere else. ``spend`` is
    told of every step besides, for an allowance over several datasets, and may raise.
    Raises ``ProblemError`` (PROOF_TRANSFORMATION_ERROR) where the dataset has more statements than ``limits.quads``,
    they are longer than ``limits.canonical_chars`` together, or telling its blank nodes apart takes more than
    ``limits.canonicalization_steps``.
    """
    statements = list(dict.fromkeys(quads))
    if len(statements) > limits.quads:
        raise ProblemError(
            PROOF_TRANSFORMATION_ERROR, f"the document makes more than {limits.quads} statements to canonicalize"
        )
    if sum(map(chars, statements)) > limits.canonical_chars:
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, "the document's statements are too long together")
    labels = _Canonicalizer(statements, hash_name, limits.canonicalization_steps, spend).labels()
    lines = sorted(_relabelled(quad, labels) for quad in statements)
    return CanonicalForm(lines, labels)


def _relabelled(quad: Quad, labels: dict[str, str]) -> str:
    s, p, o, g = quad
    s, o = labels.get(s, s), labels.get(o, o)
    return f"{s} {p} {o} {labels.get(g, g)} .\n" if g else f"{s} {p} {o} .\n"


def _arrangements(terms: list[str]) -> Iterator[tuple[str, ...]]:
    """The different orders of a list, equal terms being interchangeable; a path depends on nothing else.

    A blank graph name is related to every statement of a node within it, so its repetitions are the common case.
    """
    names = list(dict.fromkeys(terms))
    rank = {name: position for position, name in enumerate(names)}
    order = sorted(rank[term] for term in terms)
    while True:
        yield tuple(names[position] for position in order)
        # The next order in lexicographic sequence: raise the last item that a later one exceeds, least first after it.
        head = next((i for i in range(len(order) - 2, -1, -1) if order[i] < order[i + 1]), None)
        if head is None:
            return
        tail = next(i for i in range(len(order) - 1, head, -1) if order[i] > order[head])
        order[head], order[tail] = order[tail], order[head]
        order[head + 1 :] = reversed(order[head + 1 :])


class _Canonicalizer:
    """The state of one run (section 4.3): which statements mention which blank node, their hashes, the budget."""

    def __init__(
        self, quads: list[Quad], hash_name: HashName, budget: int, spend: Callable[[int], None] | None
    ) -> None:
        self._hash = hashlib.sha384 if hash_name == "sha384" else hashlib.sha256
        self._budget = budget
        self._spend_also = spend
        self._mentions: defaultdict[str, list[Quad]] = defaultdict(list)
        for quad in quads:
            s, _, o, g = quad
            if s.startswith("_:"):
                self._mentions[s].append(quad)
            if o.startswith("_:") and o != s:
                self._mentions[o].append(quad)
            if g.startswith("_:") and g not in (s, o):
                self._mentions[g].append(quad)
        self._first_degree: dict[str, str] = {}
        self._canonical = _Issuer("_:c14n")

    def labels(self) -> dict[str, str]:
        by_hash: defaultdict[str, list[str]] = defaultdict(list)
        for blank in self._mentions:
            by_hash[self._hash_first_degree(blank)].append(blank)
        tied = []
        for digest in sorted(by_hash):
            if len(by_hash[digest]) == 1:
                self._canonical.issue(by_hash[digest][0])
            else:
                tied.append(digest)
        for digest in tied:
            results = []
            for blank in by_hash[digest]:
                if blank not in self._canonical.issued:
                    temporary = _Issuer("_:b")
                    temporary.issue(blank)
                    results.append(self._hash_n_degree(blank, temporary))
            for _, issuer in sorted(results, key=lambda result: result[0]):
                for blank in issuer.issued:
                    self._canonical.issue(blank)
        return self._canonical.issued

    def _digest(self, text: str) -> str:
        return self._hash(text.encode()).hexdigest()

    def _spend(self, steps: int = 1) -> None:
        if self._spend_also is not None:
            self._spend_also(steps)
        self._budget -= steps
        if self._budget < 0:
            raise ProblemError(
                PROOF_TRANSFORMATION_ERROR, "the document's unnamed objects take too much work to tell apart"
            )

    def _hash_first_degree(self, blank: str) -> str:
        """Section 4.6: the hash of a blank node's own statements, itself ``_:a`` and every other one ``_:z``."""

        def masked(term: str) -> str:
            if term.startswith("_:"):
                return "_:a" if term == blank else "_:z"
            return term

        lines = []
        for s, p, o, g in self._mentions[blank]:
            line = f"{masked(s)} {p} {masked(o)} "
            lines.append(f"{line}{masked(g)} .\n" if g else f"{line}.\n")
        digest = self._first_degree[blank] = self._digest("".join(sorted(lines)))
        return digest

    def _hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Section 4.7."""
        label = self._canonical.issued.get(related) or issuer.issued.get(related)
        text = position if position == "g" else position + quad.p
        return self._digest(text + (label or self._first_degree[related]))

    def _related(self, blank: str, issuer: _Issuer) -> Iterator[tuple[str, str]]:
        self._spend(len(self._mentions[blank]))
        for quad in self._mentions[blank]:
            for position, term in (("s", quad.s), ("o", quad.o), ("g", quad.g)):
                if term != blank and term.startswith("_:"):
                    yield self._hash_related(term, quad, issuer, position), term

    def _hash_n_degree(self, blank: str, issuer: _Issuer, depth: int = 0) -> tuple[str, _Issuer]:
        """Section 4.8: the hash of a blank node by the shortest path that visits everything it is tied to."""
        self._spend()
        if depth > _MAX_DEPTH:
            raise ProblemError(PROOF_TRANSFORMATION_ERROR, "the document's unnamed objects are chained too deeply")
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for digest, term in self._related(blank, issuer):
            groups[digest].append(term)
        data = []
        for digest in sorted(groups):
            data.append(digest)
            chosen_path = ""
            chosen_issuer: _Issuer | None = None
            for permutation in _arrangements(groups[digest]):
                # What a permutation costs is mostly the copy of the identifiers issued so far.
                self._spend(1 + len(permutation) + len(issuer.issued) // 16)
                candidate = issuer.copy()
                path = ""
                pending = []
                for related in permutation:
                    if related in self._canonical.issued:
                        path += self._canonical.issued[related]
                    else:
                        if related not in candidate.issued:
                            pending.append(related)
                        path += candidate.issue(related)
                    if chosen_path and len(path) >= len(chosen_path) and path > chosen_path:
                        break
                else:
                    for related in pending:
                        result_hash, candidate_after = self._hash_n_degree(related, candidate, depth + 1)
                        path += f"{candidate.issue(related)}<{result_hash}>"
                        candidate = candidate_after
                        if chosen_path and len(path) >= len(chosen_path) and path > chosen_path:
                            break
                    else:
                        if not chosen_path or path < chosen_path:
                            chosen_path, chosen_issuer = path, candidate
            data.append(chosen_path)
            if chosen_issuer is not None:
                issuer = chosen_issuer
        return self._digest("".join(data)), issuer


# Each level of N-degree hashing is a Python frame or two; far below the interpreter's recursion limit.
_MAX_DEPTH = 200
