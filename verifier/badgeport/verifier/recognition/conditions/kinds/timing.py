"""Tests about days: when the badge was awarded, handed in and approved beforehand, and how long it is valid.

The day of the award is ``awardedDate``, else ``validFrom``, as the issuer wrote it. A badge without an end never
expires.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from badgeport.verifier.recognition.conditions import statements as badge
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.facts import EASTERNMOST, Cycle, current_cycle
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.kinds.achievements import AWARD_DAY, around, place
from badgeport.verifier.recognition.conditions.kinds.base import (
    CONDITIONS,
    Case,
    Judgement,
    KindOfTest,
    Parameters,
    cannot_tell,
    judged,
    yes_or_no,
)
from badgeport.verifier.recognition.model import Period, RecognitionPolicy

_CYCLE = "facts#/cycle"
_SUBMITTED = "facts#/submitted/date"
_APPROVALS = "facts#/priorApprovals"
_END = "/validUntil"


def in_words(day: date) -> str:
    """A day as people write it: 1 July 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _awarded(candidate: Candidate, edges: tuple[date, ...], fits: Callable[[date], bool]) -> Judgement:
    """Whether the day of the award fits; days on both sides of ``edges`` stand for those it may have been."""
    stated = badge.award_day(candidate)
    if stated is not None:
        return judged(fits(stated.value), stated.shown, stated.pointer)
    days = [day for edge in edges for day in around(edge)]
    return cannot_tell(place(candidate, AWARD_DAY), days, fits, pointer=AWARD_DAY)


# ---------------------------------------------------------------- earned after, before, within

_DAY_SCHEMA = read.schema({"date": read.DAY}, "date")


def _after_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge was awarded after {in_words(read.day(parameters, 'date'))}; that day does not count."


def _after(parameters: Parameters, case: Case) -> Judgement:
    bound = read.day(parameters, "date")
    return _awarded(case.credential, (bound,), lambda day: day > bound)


def _before_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge was awarded before {in_words(read.day(parameters, 'date'))}; that day does not count."


def _before(parameters: Parameters, case: Case) -> Judgement:
    bound = read.day(parameters, "date")
    return _awarded(case.credential, (bound,), lambda day: day < bound)


_WITHIN_SCHEMA = read.schema(
    {"years": read.COUNT, "cycle": read.TRUE}, oneOf=[{"required": ["years"]}, {"required": ["cycle"]}]
)


def _within_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    if "cycle" in parameters:
        return "The badge was awarded in the educator's current cycle."
    years = read.counted(parameters["years"], "year", "years")
    return f"The badge was awarded in the {years} before the day of this decision, or on that day."


def _within(parameters: Parameters, case: Case) -> Judgement:
    if "years" in parameters:
        # The day of the award is that of its own place, where it may be tomorrow already.
        start, end = years_before(case.day, read.count(parameters, "years")), (case.as_of + EASTERNMOST).date()
        return _awarded(case.credential, (start, end), lambda day: start <= day <= end)
    candidate = case.credential
    cycle = current_cycle(case.facts, case.as_of)
    if cycle is not None:
        edges = tuple(edge for edge in (cycle.period.start, cycle.period.end) if edge is not None)
        return _awarded(candidate, edges, cycle.period.contains)
    stated = badge.award_day(candidate)
    if stated is None:
        return yes_or_no(f"{place(candidate, AWARD_DAY)}?cycle", pointer=AWARD_DAY)
    # A longer cycle never excludes a badge that a shorter one has in it: every day and no day are the extremes.
    days = (Period(), Period(start=date.max, end=date.max))
    awarded = stated.value
    found = stated.shown if case.facts.cycle is None else _over(case.facts.cycle)
    return cannot_tell(_CYCLE, days, lambda period: bool(period.contains(awarded)), found=found, pointer=_CYCLE)


def _over(cycle: Cycle) -> str:
    start, end = cycle.period.start, cycle.period.end
    days = [f"from {in_words(start)}" if start else "", f"until {in_words(end)}" if end else ""]
    return f"The cycle {cycle.id} is not that of this decision; it is {' '.join(day for day in days if day)}."


def years_before(day: date, years: int) -> date:
    """The same day so many years earlier; of 29 February, 28 February. Not before the first day of the calendar."""
    year = day.year - years
    if year < date.min.year:
        return date.min
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


# ---------------------------------------------------------------- handed in

_DAYS_SCHEMA = read.schema({"days": read.COUNT}, "days")


def _submitted_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge was handed in within {read.counted(parameters['days'], 'day', 'days')} of its award."


def _submitted(parameters: Parameters, case: Case) -> Judgement:
    candidate, days = case.credential, read.count(parameters, "days")
    awarded, submitted = badge.award_day(candidate), case.facts.submitted
    if awarded is None and submitted is None:
        return yes_or_no(f"{place(candidate, AWARD_DAY)}?submitted={days}", pointer=_SUBMITTED)
    if awarded is None:
        assert submitted is not None
        first = _shifted(submitted, -days)
        return _awarded(candidate, (first,), lambda day: day >= first)
    last = _shifted(awarded.value, days)
    if submitted is None:
        return cannot_tell(
            _SUBMITTED, around(last), lambda day: bool(day <= last), found=awarded.shown, pointer=_SUBMITTED
        )
    return judged(submitted <= last, submitted.isoformat(), _SUBMITTED)


def _shifted(day: date, days: int) -> date:
    """So many days later (earlier, where negative), not beyond the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


# ---------------------------------------------------------------- validity


def _expired_words(_parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return "The badge has not expired on the day of this decision."


def _not_expired(_parameters: Parameters, case: Case) -> Judgement:
    return _valid_at(case.credential, case.as_of)


def _valid_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge stays valid for at least {read.counted(parameters['days'], 'more day', 'more days')}."


def _valid_at_least(parameters: Parameters, case: Case) -> Judgement:
    try:
        instant = case.as_of + timedelta(days=read.count(parameters, "days"))
    except OverflowError:
        instant = datetime.max.replace(tzinfo=case.as_of.tzinfo)
    return _valid_at(case.credential, instant)


def _valid_at(candidate: Candidate, instant: datetime) -> Judgement:
    stated = badge.end_of_validity(candidate)
    if stated is not None:
        return judged(stated.value >= instant, stated.shown, stated.pointer)
    if not badge.has_end(candidate):
        # That an end was left out by the holder would have kept the verification from finding the badge valid.
        return judged(True, None, _END)
    second = timedelta(seconds=1)
    instants = (instant, instant - second)
    return cannot_tell(
        place(candidate, _END),
        instants,
        lambda end: bool(end >= instant),
        found=candidate.document.get("validUntil"),
        pointer=_END,
    )


# ---------------------------------------------------------------- approved beforehand

_PRIOR_SCHEMA = read.schema({"is": read.TRUE, "before": {"enum": ["award", "work"]}})


def _prior_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    until = "before the work began" if parameters.get("before") == "work" else "before the award"
    return f"The work towards this achievement was approved {until}, or on the same day."


def _prior(parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    to_work = parameters.get("before") == "work"
    limit = badge.start_of_work(candidate) if to_work else badge.award_day(candidate)
    member = f"{badge.subject(candidate).pointer}/activityStartDate" if to_work else AWARD_DAY
    achievement = badge.achievement_id(candidate)
    if achievement is None:
        return yes_or_no(f"{place(candidate, member)}?approved", pointer=f"{badge.achievement(candidate).pointer}/id")
    if case.facts.prior_approvals is None:
        key = f"{_APPROVALS}|{achievement.value}"
        if limit is None:
            return yes_or_no(f"{key}|{place(candidate, member)}", pointer=_APPROVALS)
        latest = limit.value
        return cannot_tell(
            key,
            (latest, date.max, date.min),
            lambda on: bool(on <= latest),
            found=limit.shown,
            pointer=_APPROVALS,
        )
    approved = sorted(each.on for each in case.facts.prior_approvals if each.achievement == achievement.value)
    if not approved:
        return judged(False, None, _APPROVALS)
    if limit is None:
        return cannot_tell(
            place(candidate, member),
            around(approved[0]),
            lambda day: bool(approved[0] <= day),
            found=approved[0].isoformat(),
            pointer=member,
        )
    return judged(approved[0] <= limit.value, approved[0].isoformat(), _APPROVALS)


KINDS: Final[tuple[KindOfTest, ...]] = (
    KindOfTest("earnedAfter", CONDITIONS, _DAY_SCHEMA, _after_words, _after, short="date"),
    KindOfTest("earnedBefore", CONDITIONS, _DAY_SCHEMA, _before_words, _before, short="date"),
    KindOfTest("earnedWithin", CONDITIONS, _WITHIN_SCHEMA, _within_words, _within, short="years"),
    KindOfTest("submittedWithin", CONDITIONS, _DAYS_SCHEMA, _submitted_words, _submitted, short="days"),
    KindOfTest("notExpired", CONDITIONS, read.FLAG, _expired_words, _not_expired, short="is"),
    KindOfTest("validAtLeast", CONDITIONS, _DAYS_SCHEMA, _valid_words, _valid_at_least, short="days"),
    KindOfTest("priorApproval", CONDITIONS, _PRIOR_SCHEMA, _prior_words, _prior, short="is"),
)
