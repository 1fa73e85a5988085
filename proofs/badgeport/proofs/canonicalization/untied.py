"""The canonical form of a dataset whose blank nodes are told apart by their own statements (RDFC-1.0 section 4.4).

That is nearly every credential. Then step 5 of the algorithm is all there is to it, and one pass over the statements
makes the lines that are hashed and the lines that are returned. Where two blank nodes are tied, the whole algorithm
(`rdfc.canonical_form`) is asked, which works under a budget.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from operator import eq

from badgeport.proofs.canonicalization.nquads import Statement
from badgeport.proofs.canonicalization.rdfc import CanonicalForm, HashName

DIGESTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}
"""The hashes of the suites, by name; quicker to reach than by `hashlib.new`."""


def untied_form(quads: Sequence[Statement], hash_name: HashName = "sha256") -> CanonicalForm | None:
    """The canonical form as `rdfc.canonical_form` gives it, or None where blank nodes are tied.

    The caller has seen to it that the statements are within the limits on their number and length.
    """
    lines: list[str] = []
    # The end of each statement that mentions one blank node alone, as its subject; and every other that mentions one.
    owned: defaultdict[str, list[str]] = defaultdict(list)
    shared: list[Statement] = []
    for quad in quads:
        s, p, o, g = quad
        if o[0] == "_" or g:
            shared.append(quad)
        elif s[0] == "_":
            owned[s].append(f" {p} {o} .\n")
        else:
            lines.append(f"{s} {p} {o} .\n")
    masked: dict[str, list[str]] = {blank: [f"_:a{each}" for each in ends] for blank, ends in owned.items()}
    for s, p, o, g in shared:
        for blank in {s, o, g}:
            if blank[:1] == "_":
                graph = f" {_masked(g, blank)}" if g else ""
                line = f"{_masked(s, blank)} {p} {_masked(o, blank)}{graph} .\n"
                masked.setdefault(blank, []).append(line)
    digest = DIGESTS[hash_name]
    by_hash = {digest("".join(sorted(each)).encode()).hexdigest(): blank for blank, each in masked.items()}
    if len(by_hash) < len(masked):
        return None
    labels = {by_hash[each]: f"_:c14n{number}" for number, each in enumerate(sorted(by_hash))}
    for blank, ends in owned.items():
        label = labels[blank]
        lines += [label + each for each in ends]
    for s, p, o, g in shared:
        graph = f" {labels.get(g, g)}" if g else ""
        lines.append(f"{labels.get(s, s)} {p} {labels.get(o, o)}{graph} .\n")
    lines.sort()
    if any(map(eq, lines, islice(lines, 1, None))):
        # A statement that is made twice counts once, also where it was hashed.
        return untied_form(list(dict.fromkeys(quads)), hash_name)
    return CanonicalForm(lines, labels)


def _masked(term: str, blank: str) -> str:
    if term[:1] != "_":
        return term
    return "_:a" if term == blank else "_:z"
