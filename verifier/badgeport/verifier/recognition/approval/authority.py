"""Who may issue this achievement, for this jurisdiction, on that date: what authorities said, put together.

An authority's word comes from documents it signed (`approvals` reads them). It is asked for by its identifier: that
somebody calls itself an authority makes it none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from badgeport.keys import did
from badgeport.verifier.recognition.approval.members import ALWAYS
from badgeport.verifier.recognition.model import Period


class Standing(StrEnum):
    """Where an issuer stands with the authorities asked, for one achievement on one day."""

    APPROVED = "approved"
    NOT_APPROVED = "not_approved"
    EXPIRED = "expired"
    CANNOT_TELL = "cannot_tell"


class State(StrEnum):
    """What verification found of a document: it counts, it was taken back (or suspended), or that cannot be told."""

    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class Answer:
    """Where an issuer stands, why in plain sentences, and the document that decided: a digest, or None for none."""

    standing: Standing
    reason: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval. ``issuer`` None: of every issuer; ``achievement`` None: for every achievement.

    ``areas``: ISO 3166 codes it is for, none: wherever the authority speaks. ``period``: the days it states itself, or
    for a document about one approval the days of the document. ``doubt``: why it cannot be told whether it applies.
    """

    issuer: str | None = None
    achievement: str | None = None
    version: str | None = None
    areas: tuple[str, ...] = ()
    period: Period = ALWAYS
    name: str | None = None
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """What one document of an authority says.

    ``title`` is how a reason calls it, ``source`` its digest. ``speaks``: the days that the document is for.
    ``complete``: it is a list, so that what it leaves out is not approved. Of two lists with one ``series`` the one
    that started later speaks. ``known_until``: the last day up to which verification showed that it had not been taken
    back; None: without end, for a statement that is not from a credential. ``trouble``: why the state is not in force.
    """

    authority: str
    title: str
    source: str | None
    approvals: tuple[Approval, ...]
    speaks: Period = ALWAYS
    complete: bool = False
    known_until: date | None = None
    state: State = State.IN_FORCE
    series: str | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """All that is at hand of what authorities said.

    ``believed``: the identifiers of the authorities that count where a question names none.
    """

    statements: tuple[Statement, ...] = ()
    believed: frozenset[str] = frozenset()

    def authorized(
        self,
        issuer: str,
        achievement: str,
        area: str | None,
        on: date,
        by: frozenset[str] | None,
        *,
        version: str | None = None,
    ) -> Answer:
        """Whether one of the authorities ``by`` approved this issuer for this achievement on the day ``on``.

        ``area``: the ISO 3166 code the approval must be for; None: any will do. ``by`` None: those believed.
        ``version``: of the achievement, as its badge states it. One authority that approves is enough; the reason tells
        what others, or other documents, say against it.
        """
        asked = sorted({did.comparable(each) for each in (self.believed if by is None else by)})
        if not asked:
            return Answer(Standing.CANNOT_TELL, "No authority is named whose approval would count.")
        question = _Question(issuer, achievement, version, area, on)
        findings = [_settled(self._findings(authority, question), authority) for authority in asked]
        best = min(findings, key=lambda finding: _ACROSS.index(finding.standing))
        told = _ACROSS if best.standing is not Standing.APPROVED else (Standing.EXPIRED, Standing.NOT_APPROVED)
        others = [each.reason for each in findings if each is not best and each.standing in told]
        return Answer(best.standing, " ".join(dict.fromkeys([best.reason, *others])), best.source)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON, from which `from_json` makes it again."""
        from badgeport.verifier.recognition.approval.authority_json import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Authority:
        """What `to_json` wrote. Raises `members.MemberError` naming the member that is not as it should be."""
        from badgeport.verifier.recognition.approval.authority_json import from_json

        return from_json(body)

    def _findings(self, authority: str, question: _Question) -> list[_Finding]:
        own = [each for each in self.statements if did.comparable(each.authority) == authority]
        return [finding for statement in _current(own, question.on) for finding in _asked(statement, question)]


def covers_area(areas: Sequence[str], area: str | None) -> bool:
    """Whether an area is within one of several: ``US`` covers ``US-WY``. No areas cover every one; None is covered."""
    if not areas or area is None:
        return True
    wanted = area.upper()
    return any(wanted == each.upper() or wanted.startswith(f"{each.upper()}-") for each in areas)


@dataclass(frozen=True, slots=True)
class _Question:
    issuer: str
    achievement: str
    version: str | None
    area: str | None
    on: date


@dataclass(frozen=True, slots=True)
class _Finding:
    """What one document answers. ``silent``: it does not speak for the day, so that any other answer counts more."""

    standing: Standing
    reason: str
    source: str | None
    silent: bool = False


# Of one authority, and across several where one is enough: doubt is settled by an approval alone.
_ACROSS = (Standing.APPROVED, Standing.CANNOT_TELL, Standing.EXPIRED, Standing.NOT_APPROVED)


def _settled(findings: Sequence[_Finding], authority: str) -> _Finding:
    """The one answer of an authority from those of its documents; what stands against it is told with it."""
    loud = [each for each in findings if not each.silent]
    candidates = loud or list(findings)
    if not candidates:
        reason = f"No document of {authority} that is at hand says anything of this issuer and achievement."
        return _Finding(Standing.CANNOT_TELL, reason, None)
    # In one order, whatever order the documents came in.
    ranked = sorted(candidates, key=lambda each: (_ACROSS.index(each.standing), each.source or "", each.reason))
    best = ranked[0]
    against = [each.reason for each in ranked if each.standing is not best.standing]
    reason = " ".join(dict.fromkeys([best.reason, *against]))
    return _Finding(best.standing, reason, best.source)


def _current(statements: Sequence[Statement], on: date) -> Iterator[Statement]:
    """The statements without the editions of a list in whose place a later edition speaks on that day.

    One in whose place a later edition may speak, which could not be relied on, cannot be relied on, either.
    """
    latest, doubtful = (_latest(statements, on, state) for state in (State.IN_FORCE, State.UNSETTLED))
    for each in statements:
        start, series = each.speaks.start or date.min, each.series or ""
        if start < latest.get(series, date.min):
            continue
        if each.state is State.IN_FORCE and start < doubtful.get(series, date.min):
            yield replace(each, state=State.UNSETTLED, trouble="a later edition of it could not be relied on")
        else:
            yield each


def _latest(statements: Sequence[Statement], on: date, state: State) -> dict[str, date]:
    """By series, the first day of the latest edition in this state that speaks on a day."""
    found: dict[str, date] = {}
    for each in statements:
        if each.series is not None and each.state is state and each.speaks.contains(on):
            found[each.series] = max(each.speaks.start or date.min, found.get(each.series, date.min))
    return found


def _asked(statement: Statement, question: _Question) -> Iterator[_Finding]:
    """What one document answers, once for each approval in it that is about the issuer and the achievement."""
    about = [each for each in statement.approvals if _is_about(each, question)]
    for approval in about:
        yield _judged(statement, approval, question)
    if about or not statement.complete:
        return
    name = statement.title
    if statement.state is State.UNSETTLED:
        reason = f"{name} could not be relied on: {statement.trouble}."
        yield _Finding(Standing.CANNOT_TELL, reason, statement.source)
    elif statement.state is State.IN_FORCE:
        if not statement.speaks.contains(question.on):
            reason = f"{name} does not speak for {question.on}."
            yield _Finding(Standing.CANNOT_TELL, reason, statement.source, silent=True)
        elif _is_too_late(statement, question.on):
            yield _Finding(Standing.CANNOT_TELL, _too_late(statement, question.on), statement.source)
        else:
            reason = f"{name} does not name this issuer for this achievement."
            yield _Finding(Standing.NOT_APPROVED, reason, statement.source)


def _judged(statement: Statement, approval: Approval, question: _Question) -> _Finding:
    """What an approval that is about the issuer and the achievement amounts to, on the day and in the area."""
    standing, reason, silent = _outcome(statement, approval, question)
    return _Finding(standing, reason, statement.source, silent)


def _outcome(statement: Statement, approval: Approval, question: _Question) -> tuple[Standing, str, bool]:
    name, on, period, speaks = statement.title, question.on, approval.period, statement.speaks
    if statement.state is State.UNSETTLED:
        return Standing.CANNOT_TELL, f"{name} could not be relied on: {statement.trouble}.", False
    if not covers_area(approval.areas, question.area):
        return Standing.NOT_APPROVED, f"{name} is for {', '.join(approval.areas)} only, not {question.area}.", False
    if period.end is not None and on > period.end:
        return Standing.EXPIRED, f"{name} was for the days until {period.end}; the day asked about is {on}.", False
    if period.start is not None and on < period.start:
        return Standing.NOT_APPROVED, f"{name} is for the days from {period.start}; the day asked about is {on}.", False
    if approval.version is not None and approval.version != question.version:
        # A badge that states another version is not about this one (`_is_about`): this badge states none.
        reason = f"{name} is for version {approval.version} of the achievement, and the badge states none."
        return Standing.CANNOT_TELL, reason, False
    if approval.doubt is not None:
        return Standing.CANNOT_TELL, f"{name} leaves it open: {approval.doubt}.", False
    if statement.state is State.WITHDRAWN:
        return _withdrawn(statement, on)
    if _is_too_late(statement, on):
        return Standing.CANNOT_TELL, _too_late(statement, on), False
    before = speaks.start is not None and on < speaks.start and period.start is None
    if before or (speaks.end is not None and on > speaks.end):
        return Standing.CANNOT_TELL, f"{name} does not speak for {on}.", True
    return Standing.APPROVED, f"{name} approves it{_within(period)}.", False


def _withdrawn(statement: Statement, on: date) -> tuple[Standing, str, bool]:
    """A document that was taken back: since when, its status does not say."""
    reason = f"{statement.title} does not count any more: {statement.trouble}"
    if statement.known_until is None or on >= statement.known_until:
        return Standing.NOT_APPROVED, f"{reason}.", False
    return Standing.CANNOT_TELL, f"{reason}, and whether it still counted on {on} is not said.", False


def _is_too_late(statement: Statement, on: date) -> bool:
    return statement.known_until is not None and on > statement.known_until


def _too_late(statement: Statement, on: date) -> str:
    until = statement.known_until
    return f"{statement.title} was verified as of {until}, and may have been taken back between that day and {on}."


def _within(period: Period) -> str:
    start = f" from {period.start}" if period.start else ""
    end = f" until {period.end}" if period.end else ""
    return start + end


def _is_about(approval: Approval, question: _Question) -> bool:
    """Whether an approval is about the issuer and achievement; one for another version, stated, is not."""
    if approval.issuer is not None and did.comparable(approval.issuer) != did.comparable(question.issuer):
        return False
    if approval.achievement is not None and approval.achievement != question.achievement:
        return False
    return approval.version is None or question.version is None or approval.version == question.version
