"""The statements of a document as they are signed: relabelled, in order, and grouped by what pointers choose.

VC DI ECDSA 1.0 sections 3.4.1 and 3.4.16 (canonicalizeAndGroup).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from badgeport.proofs.canonicalization.nquads import Quad, Statement, serialize
from badgeport.proofs.selective.labels import Relabel
from badgeport.proofs.selective.skolem import skolemize
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import Limits


@dataclass(frozen=True, slots=True)
class Grouped:
    """A document's statements and the groups that were asked for."""

    lines: list[str]
    """Every statement as it is signed, an N-Quads line with its line feed, in code point order."""
    groups: dict[str, frozenset[int]]
    """For each group the indexes of its statements in ``lines``."""
    quads: dict[str, frozenset[Quad]]
    """For each group its statements under stable labels."""
    canonical: dict[str, str]
    """Stable blank node label to canonical label in the whole document."""


def signed_lines(quads: Iterable[Statement], labels: Mapping[str, str], relabel: Relabel) -> list[str]:
    """Statements as they are signed: blank nodes by their canonical ``labels`` and these by ``relabel``, then sorted.

    The sorting comes after the relabelling: canonical order and signed order differ.
    """
    signed = {blank: relabel(canonical) for blank, canonical in labels.items()}
    return sorted({_line(quad, signed) for quad in quads})


def group(
    document: Mapping[str, Any],
    pointers: Mapping[str, Iterable[str]],
    relabel: Relabel,
    *,
    contexts: ContextStore,
    limits: Limits,
) -> Grouped:
    """The signed statements of ``document`` (without its proof), grouped by the JSON pointers of each named group.

    Raises ProblemError as `skolemize` and `Skolemized.select` do.
    """
    whole = skolemize(document, contexts=contexts, limits=limits)
    quads = {name: whole.select(chosen, contexts=contexts, limits=limits) for name, chosen in pointers.items()}
    lines = signed_lines(whole.quads, whole.form.labels, relabel)
    signed = {blank: relabel(canonical) for blank, canonical in whole.form.labels.items()}
    position = {line: index for index, line in enumerate(lines)}
    groups = {name: frozenset(position[_line(quad, signed)] for quad in chosen) for name, chosen in quads.items()}
    return Grouped(lines, groups, quads, whole.form.labels)


def hash_lines(lines: Iterable[str]) -> bytes:
    """SHA-256 over statements joined in order (section 3.4.17, hashMandatoryNQuads)."""
    return hashlib.sha256("".join(lines).encode()).digest()


def _line(quad: Statement, labels: Mapping[str, str]) -> str:
    return serialize(Quad(*(labels.get(term, term) for term in quad)))
