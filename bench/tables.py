"""Results as Markdown: a table for each job and format, and one that sums up."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bench.measure import Contender, Missing, Question, Results, Role, Spread, key

GLANCE_SIZE = "realistic"
_HEADER = ("size", "contender", "CPU, µs", "min–max", "wall, µs", "× Badgeport", "× limit")


def microseconds(seconds: float) -> str:
    """A time in microseconds with what digits mean something."""
    value = seconds * 1e6
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def ratio(numerator: float, denominator: float) -> str:
    """How many times as long, for people; a dash where there is nothing to compare with."""
    if denominator <= 0:
        return "–"
    value = numerator / denominator
    return f"{value:.0f}" if value >= 10 else f"{value:.2f}"


def range_of(spread: Spread) -> str:
    """The smallest and the largest, in microseconds."""
    return f"{microseconds(spread.minimum)}–{microseconds(spread.maximum)}"


def median_of(question: Question, role: Role, results: Results) -> float:
    """The median processor time of the contender in that role; 0 where there is none."""
    for each in question.present:
        if each.role == role:
            return results[key(question, each.name)].cpu.median
    return 0.0


def rows(question: Question, results: Results) -> list[tuple[str, ...]]:
    """The rows of one question; whoever is missing has a row that says why."""
    ours, limit = median_of(question, "ours", results), median_of(question, "limit", results)
    return [_row(question, each, results, ours, limit) for each in question.contenders]


def _row(question: Question, each: Contender | Missing, results: Results, ours: float, limit: float) -> tuple[str, ...]:
    if isinstance(each, Missing):
        return (question.size, each.name, each.reason, "", "", "", "")
    found = results[key(question, each.name)]
    return (
        question.size,
        each.name,
        microseconds(found.cpu.median),
        range_of(found.cpu),
        microseconds(found.wall.median),
        ratio(found.cpu.median, ours),
        ratio(found.cpu.median, limit),
    )


def table(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table, the columns aligned for reading as plain text."""
    cells = [[_cell(text) for text in row] for row in (header, *body)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [
        "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def tables(questions: Sequence[Question], results: Results) -> str:
    """All tables under their headings, in the order of the questions."""
    parts = []
    for job, asked in groupby(questions, key=lambda question: question.job):
        parts.append(f"## {job}")
        for subject, sizes in groupby(asked, key=lambda question: question.subject):
            asked_of = list(sizes)
            body = [row for question in asked_of for row in rows(question, results)]
            parts += [f"### {job}: {subject}", table(_HEADER, body)]
            parts += [over_limit(question, results) for question in asked_of if not question.batched]
    return "\n\n".join(filter(None, parts))


def glance(questions: Sequence[Question], results: Results) -> str:
    """One row a job and format: where Badgeport stands between the limit and the quickest and slowest peer."""
    sizes = {question.size for question in questions}
    chosen = GLANCE_SIZE if GLANCE_SIZE in sizes else min(sizes)
    body = [_summary(question, results) for question in questions if question.size == chosen]
    header = ("job", "format", "Badgeport, µs", "× limit", "proof alone × limit", "quickest peer", "slowest peer")
    return f"Credentials of the size “{chosen}”; a peer's figure is its time divided by Badgeport's.\n\n" + table(
        header, body
    )


def over_limit(question: Question, results: Results) -> str:
    """A sentence on how much longer the ``ours`` contender takes than the limit: for what is felt, not multiplied."""
    named = {each.role: (each.name, results[key(question, each.name)]) for each in question.present}
    if "ours" not in named or "limit" not in named:
        return ""
    (name, ours), (base, limit) = named["ours"], named["limit"]
    cpu, wall = ours.cpu.median - limit.cpu.median, ours.wall.median - limit.wall.median
    return f"`{name}` takes {wall * 1e3:,.0f} ms longer than {base} ({cpu * 1e3:,.0f} ms of processor time)."


def _summary(question: Question, results: Results) -> tuple[str, ...]:
    ours, limit = median_of(question, "ours", results), median_of(question, "limit", results)
    alone = median_of(question, "part of ours", results)
    times = sorted(
        (results[key(question, each.name)].cpu.median, each.name) for each in question.present if each.role == "peer"
    )
    peers = [f"{ratio(seconds, ours)} {name}" for seconds, name in times] or ["none took part"]
    return (
        question.job,
        question.subject,
        microseconds(ours),
        ratio(ours, limit),
        ratio(alone, limit) if alone else "–",
        peers[0],
        peers[-1],
    )
