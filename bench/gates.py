"""The gates: how quick Badgeport must be beside others, whether it is, and whether it reaches the goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench import programs
from bench.contenders import ISSUE, OURS, VERIFY
from bench.http import PEER, SERVICE
from bench.measure import Results
from bench.tables import table
from bench.wholes import Wholes

SIZE = "realistic"
LIMIT = "limit"
JAVASCRIPT, JOSE, PYLD, PYJWT = "@digitalbazaar/vc", "jose (JavaScript)", "PyLD, tuned", "PyJWT"
OPENBADGESLIB, SCRIPT = "openbadgeslib", "openbadgeslib, a script of three lines"
FLAT = 1.2
"""How much more memory the leading process of a batch may take than that of one with a tenth of the records."""


@dataclass(frozen=True)
class Bound:
    """``times`` as quick as a contender; of the limit, which nobody passes: at most so many times as long."""

    beside: str
    times: float

    def holds(self, ours: float, theirs: float) -> bool:
        """Whether it holds for two processor times."""
        return ours <= self.times * theirs if self.beside == LIMIT else theirs >= self.times * ours

    def said(self) -> str:
        """What is asked, in words."""
        if self.beside == LIMIT:
            return f"{self.times:g} × limit"
        return f"{self.times:g} × {self.beside}" if self.times != 1 else f"no slower than {self.beside}"


@dataclass(frozen=True)
class Gate:
    """What is asked of one path: at least, and as a goal. ``ours`` is our contender of that question."""

    job: str
    subject: str
    least: tuple[Bound, ...]
    goal: tuple[Bound, ...]
    ours: str = OURS


_WITHIN_3 = (Bound(LIMIT, 3),)
GATES = (
    Gate(
        VERIFY,
        "eddsa-rdfc-2022",
        (Bound(JAVASCRIPT, 10), Bound(PYLD, 10)),
        (Bound(JAVASCRIPT, 20), Bound(PYLD, 20), *_WITHIN_3),
    ),
    Gate(VERIFY, "eddsa-jcs-2022", (Bound(JAVASCRIPT, 2),), (Bound(LIMIT, 1.3),)),
    Gate(VERIFY, "vc-jwt (EdDSA)", (Bound(PYJWT, 2.5), Bound(JOSE, 1)), (Bound(LIMIT, 1.3),)),
    Gate(VERIFY, "vc-jwt (ES256)", (Bound(PYJWT, 2.5), Bound(JOSE, 1)), (Bound(LIMIT, 1.3),)),
    Gate(ISSUE, "eddsa-rdfc-2022", (Bound(OPENBADGESLIB, 10),), _WITHIN_3),
    Gate(ISSUE, "eddsa-jcs-2022", (), _WITHIN_3),
    Gate(ISSUE, "ecdsa-rdfc-2019", (), _WITHIN_3),
    Gate(ISSUE, "ecdsa-sd-2023", (), _WITHIN_3),
    *(Gate(ISSUE, f"vc-jwt ({alg})", (Bound(OPENBADGESLIB, 1),), _WITHIN_3) for alg in ("EdDSA", "ES256", "RS256")),
    Gate(ISSUE, "vc+sd-jwt (ES256)", (), _WITHIN_3),
    Gate(programs.START, programs.ONE_FILE, (Bound(SCRIPT, 1),), (Bound(SCRIPT, 2),), programs.COMMAND),
)
HTTP_LEAST, HTTP_GOAL = 10.0, 20.0
BATCH_LEAST, BATCH_GOAL = 1.6, 1.9
_HEADER = ("path", "Badgeport", "at least", "found", "met", "goal", "reached")


def rows(results: Results, wholes: Wholes) -> list[tuple[str, ...]]:
    """A row a gate: the figure, what is asked, how many times as quick or as long it is, and whether that is enough."""
    return [*(_row(gate, results) for gate in GATES), _http(wholes), _batch(wholes)]


def written(results: Results, wholes: Wholes) -> str:
    """The gates as a table."""
    explained = (
        "Ratios are of medians of processor time of this one run, on credentials of the size “realistic”; of the "
        "batch, of wall clock. A peer that is missing leaves its gate open (–)."
    )
    return f"{explained}\n\n{table(_HEADER, rows(results, wholes))}"


def _row(gate: Gate, results: Results) -> tuple[str, ...]:
    ours = _median(gate, gate.ours, results)
    named = dict.fromkeys(bound.beside for bound in (*gate.least, *gate.goal))
    theirs = {name: found for name in named if (found := _median(gate, name, results)) is not None}
    if ours is None:
        return (_path(gate), "–", _said(gate.least), "–", "–", _said(gate.goal), "–")
    found = ", ".join(
        f"{ours / value:.2f} × limit" if name == LIMIT else f"{value / ours:.2f} × {name}"
        for name, value in theirs.items()
    )
    return (
        _path(gate),
        f"{ours * 1e6:,.0f} µs",
        _said(gate.least),
        found or "–",
        _judged(gate.least, ours, theirs),
        _said(gate.goal),
        _judged(gate.goal, ours, theirs),
    )


def _median(gate: Gate, name: str, results: Results) -> float | None:
    size = SIZE if any(place[:3] == (gate.job, gate.subject, SIZE) for place in results) else _only(gate, results)
    found = results.get((gate.job, gate.subject, size, name))
    return None if found is None else found.cpu.median


def _only(gate: Gate, results: Results) -> str:
    """The size that was measured, where the usual one was not."""
    return next((place[2] for place in results if place[:2] == (gate.job, gate.subject)), "")


def _judged(bounds: Sequence[Bound], ours: float, theirs: dict[str, float]) -> str:
    if not bounds or any(bound.beside not in theirs for bound in bounds):
        return "–"
    return _word(all(bound.holds(ours, theirs[bound.beside]) for bound in bounds))


def _http(wholes: Wholes) -> tuple[str, ...]:
    ours, peer = wholes.http[SERVICE], wholes.http[PEER]
    ratio = peer / ours
    return (
        "HTTP verify: eddsa-rdfc-2022",
        f"{ours * 1e6:,.0f} µs",
        f"{HTTP_LEAST:g} × {PEER}",
        f"{ratio:.2f} × {PEER}",
        _word(ratio >= HTTP_LEAST),
        f"{HTTP_GOAL:g} × {PEER}",
        _word(ratio >= HTTP_GOAL),
    )


def _batch(wholes: Wholes) -> tuple[str, ...]:
    one, two = wholes.batch[1], wholes.batch[2]
    ratio = one / max(two, 1e-9)
    flat = wholes.growth <= FLAT
    return (
        "Batch, two processes",
        f"{two:,.1f} s",
        f"{BATCH_LEAST:g} × one process, memory flat",
        f"{ratio:.2f} × one process, memory × {wholes.growth:.2f}",
        _word(ratio >= BATCH_LEAST and flat),
        f"{BATCH_GOAL:g} × one process",
        _word(ratio >= BATCH_GOAL and flat),
    )


def _path(gate: Gate) -> str:
    return f"{gate.job}: {gate.subject}"


def _said(bounds: Sequence[Bound]) -> str:
    return ", ".join(bound.said() for bound in bounds) or "–"


def _word(holds: bool) -> str:
    return "yes" if holds else "no"
