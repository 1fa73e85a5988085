"""How well assessors agree: plain formulas over pairs of independent scores.

Each pair is what two assessors who did not see each other's scores said of the same thing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What pairs of scores show: how many, how many agree, and how much of it is more than chance.

    ``kappa`` is None where it is not defined: without pairs, or where both always said the same one thing, so that
    agreeing by chance was certain.
    """

    pairs: int
    agreed: int
    kappa: float | None

    @property
    def percent(self) -> float | None:
        """Of a hundred pairs, how many agree; None without pairs."""
        return 100 * self.agreed / self.pairs if self.pairs else None


def agreement(pairs: Sequence[Pair]) -> Agreement:
    """Percent agreement and Cohen's kappa of pairs.

    kappa = (p_o - p_e) / (1 - p_e), with p_o the share of pairs that agree and p_e the share expected if each assessor
    kept their own frequencies and knew nothing (Cohen, 1960). Levels count as names: to miss by one is to miss.
    """
    total = len(pairs)
    agreed = sum(one == other for one, other in pairs)
    if not total:
        return Agreement(0, 0, None)
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    # In whole numbers as long as possible: p_o = agreed / total, p_e = chance / total².
    chance = sum(firsts[name] * seconds[name] for name in firsts)
    if chance == total * total:
        return Agreement(total, agreed, None)
    return Agreement(total, agreed, (agreed * total - chance) / (total * total - chance))


def weighted_kappa(pairs: Sequence[Pair], levels: Sequence[str]) -> float | None:
    """Cohen's kappa with linear weights, for levels that have an order (``levels``, lowest first): to miss by one level
    counts less than to miss by two. None where it is not defined. Raises ValueError for a level that is not listed.
    """
    if not pairs:
        return None
    ranks = [(levels.index(one), levels.index(other)) for one, other in pairs]
    firsts, seconds = Counter(one for one, _ in ranks), Counter(other for _, other in ranks)
    missed = sum(abs(one - other) for one, other in ranks) * len(ranks)
    chance = sum(abs(one - other) * m * n for one, m in firsts.items() for other, n in seconds.items())
    return None if chance == 0 else 1 - missed / chance
