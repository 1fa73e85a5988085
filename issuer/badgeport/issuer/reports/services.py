"""Program reports of an organisation: what was begun in a period, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Membership, Organization, School
from badgeport.issuer.reports import figures as calculation
from badgeport.issuer.reports.figures import NO_SCHOOL, SIZES, UNKNOWN_SIZE, Figures, Path, size_of
from badgeport.issuer.reports.tables import PublishedReport
from badgeport.issuer.submissions.services import TAKEN_BACK
from badgeport.issuer.submissions.tables import Attempt, Review, Submission

By = Literal["micro-credentials", "schools", "sizes", "months"]
PUBLIC: tuple[By, ...] = ("micro-credentials", "schools", "sizes")
"""What is broken down in public; months are not: groups by time are small."""
FIRST_YEAR, LAST_YEAR = 2000, 2200
"""The years that a report may be asked for."""
NOWHERE = "none"
"""The key of the group of educators without a school."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted: portfolios begun from one day to another (both included, UTC), of one or every definition."""

    first: date | None = None
    last: date | None = None
    definition_id: str | None = None

    @property
    def begins(self) -> datetime | None:
        """The first instant."""
        return None if self.first is None else datetime.combine(self.first, time.min, UTC)

    @property
    def ends(self) -> datetime | None:
        """The instant after the last."""
        return None if self.last is None else datetime.combine(self.last, time.min, UTC) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one scope: of all, and broken down. ``badges`` counts awards of every kind in the period."""

    scope: Scope
    total: Figures
    badges: int
    by: dict[By, list[Figures]]
    sizes: dict[str, str]
    """The key of a school's size, by the key of the school."""


def scope_of(first: str, last: str, definition_id: str = "") -> Scope:
    """What somebody asks for, from the texts of a form or an address. Raises Mistakes."""
    mistakes = Mistakes()
    days: list[date | None] = []
    for name, text in (("from", first), ("to", last)):
        try:
            days.append(date.fromisoformat(text) if text else None)
        except ValueError:
            mistakes.add(name, "Write the day as year, month and day, like 2026-06-30.")
            days.append(None)
    if mistakes:
        raise mistakes
    return scope_between(days[0], days[1], definition_id or None)


def scope_between(first: date | None, last: date | None, definition_id: str | None = None) -> Scope:
    """The scope from one day to another. Raises Mistakes for days that no report has."""
    mistakes = Mistakes()
    for name, day in (("from", first), ("to", last)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            mistakes.add(name, "The year is from {first} to {last}.", first=FIRST_YEAR, last=LAST_YEAR)
    if first and last and first > last:
        mistakes.add("to", "The last day is before the first.")
    if mistakes:
        raise mistakes
    return Scope(first, last, definition_id)


def report(session: Session, org: Organization, scope: Scope) -> Report:
    """The report of an organisation. Raises Absent for a micro-credential that is not its own."""
    definitions = _definitions(session, org.id)
    if scope.definition_id is not None:
        definitions = {key: name for key, name in definitions.items() if key == scope.definition_id}
        if not definitions:
            raise Absent
    schools = {row.id: row for row in session.exec(select(School).where(School.org_id == org.id).order_by(School.name))}
    educators = _educators(session, org.id)
    paths = _paths(session, org.id, scope)

    def known(school: str | None) -> str:
        return school if school in schools else NOWHERE

    # Who began could have begun, also where they have left the school, or the organisation, since.
    could = [(account, known(school)) for account, school in educators]
    could += [(path.educator, known(path.school)) for path in paths]
    everyone = len({account for account, _ in could})
    at_school: dict[str, set[str]] = {}
    for account, school in could:
        at_school.setdefault(school, set()).add(account)

    def school_key(path: Path) -> str:
        return known(path.school)

    def size_key(path: Path) -> str:
        school = schools.get(path.school or "")
        return NOWHERE if school is None else size_of(school.enrolment)

    school_groups = [(key, school.name, len(at_school.get(key, ()))) for key, school in schools.items()]
    size_groups = []
    for label in (*(label for label, _, _ in SIZES), UNKNOWN_SIZE):
        people: set[str] = set().union(
            *(at_school.get(key, set()) for key, school in schools.items() if size_of(school.enrolment) == label)
        )
        size_groups.append((label, label, len(people)))
    nowhere = (NOWHERE, NO_SCHOOL, len(at_school.get(NOWHERE, ())))
    sizes = {key: size_of(school.enrolment) for key, school in schools.items()} | {NOWHERE: NOWHERE}
    months = sorted({_month(path) for path in paths})
    by: dict[By, list[Figures]] = {
        "micro-credentials": calculation.grouped(
            paths, lambda path: path.definition, [(key, name, everyone) for key, name in definitions.items()]
        ),
        "schools": _inhabited(calculation.grouped(paths, school_key, [*school_groups, nowhere])),
        "sizes": _inhabited(calculation.grouped(paths, size_key, [*size_groups, nowhere])),
        "months": calculation.grouped(paths, _month, [(month, month, None) for month in months]),
    }
    return Report(scope, calculation.figures(paths, eligible=everyone), _badges(session, org.id, scope), by, sizes)


def choices(session: Session, org_id: str) -> list[tuple[str, str]]:
    """The micro-credentials a report can be restricted to: ids and names."""
    return list(_definitions(session, org_id).items())


def _inhabited(rows: Sequence[Figures]) -> list[Figures]:
    return [row for row in rows if row.started or row.eligible]


def _month(path: Path) -> str:
    return path.started.astimezone(UTC).strftime("%Y-%m")


def _definitions(session: Session, org_id: str) -> dict[str, str]:
    statement = (
        select(Definition.id, Definition.name)
        .where(Definition.org_id == org_id, Definition.state != "draft", Definition.kind != "stack")
        .order_by(Definition.name)
    )
    return dict(session.exec(statement).all())


def _educators(session: Session, org_id: str) -> list[tuple[str, str | None]]:
    statement = select(Membership.account_id, Membership.school_id).where(
        Membership.org_id == org_id, Membership.role == Role.EDUCATOR.value
    )
    return list(session.exec(statement).all())


def _paths(session: Session, org_id: str, scope: Scope) -> list[Path]:
    conditions = [col(Submission.org_id) == org_id]
    if scope.begins is not None:
        conditions.append(col(Submission.started) >= scope.begins)
    if scope.ends is not None:
        conditions.append(col(Submission.started) < scope.ends)
    if scope.definition_id is not None:
        conditions.append(col(Submission.definition_id) == scope.definition_id)
    waits: dict[str, list[float]] = {}
    attempts: dict[str, int] = {}
    results = (
        select(Attempt.submission_id, Attempt.submitted, Attempt.outcome, func.max(col(Review.done)))
        .join(Submission, col(Submission.id) == col(Attempt.submission_id))
        .outerjoin(
            Review,
            (col(Review.submission_id) == col(Attempt.submission_id))
            & (col(Review.attempt) == col(Attempt.number))
            & (col(Review.state) == "done"),
        )
        # What was taken back is not handed in again by what follows.
        .where(*conditions, col(Attempt.outcome).is_distinct_from(TAKEN_BACK))
        .group_by(col(Attempt.id), col(Attempt.submission_id), col(Attempt.submitted), col(Attempt.outcome))
    )
    for submission_id, submitted, outcome, done in session.exec(results):
        attempts[submission_id] = attempts.get(submission_id, 0) + 1
        if outcome in ("demonstrated", "not-yet") and done is not None:
            waits.setdefault(submission_id, []).append(calculation.days_between(submitted, done))
    rows = columns(
        col(Submission.id),
        col(Submission.account_id),
        col(Submission.definition_id),
        col(Submission.school_id),
        col(Submission.started),
        col(Submission.first_submitted),
        col(Submission.decided),
        col(Submission.state),
    ).where(*conditions)
    return [
        Path(
            educator=account,
            definition=definition,
            school=school,
            started=started,
            first_submitted=first,
            demonstrated=decided if state == "demonstrated" else None,
            withdrawn=state == "withdrawn",
            attempts=attempts.get(key, 0),
            waits=tuple(waits.get(key, ())),
        )
        for key, account, definition, school, started, first, decided, state in session.execute(rows)
    ]


def _badges(session: Session, org_id: str, scope: Scope) -> int:
    statement = select(func.count()).select_from(Award).where(Award.org_id == org_id)
    if scope.begins is not None:
        statement = statement.where(Award.awarded >= scope.begins)
    if scope.ends is not None:
        statement = statement.where(Award.awarded < scope.ends)
    if scope.definition_id is not None:
        statement = statement.where(Award.definition_id == scope.definition_id)
    return session.exec(statement).one()


# ---------------------------------------------------------------- publishing


def publish(
    session: Session, org: Organization, scope: Scope, *, actor: str, now: datetime, why: str
) -> PublishedReport:
    """Publish the report of a period for everyone, with small groups hidden; it takes the place of one before.

    One period alone is public at a time: two that overlap could be subtracted from each other. The figures are counted
    and kept now: what is published does not change by itself, so that nobody can watch one person finish.
    Raises Mistakes, Conflict.
    """
    mistakes = Mistakes()
    if scope.first is None or scope.last is None:
        mistakes.add("from", "Say for which period the report is published: its first and its last day.")
    if scope.last is not None and scope.last >= now.date():
        mistakes.add("to", "Publish a period that is over: its last day is yesterday or earlier.")
    if not why.strip():
        mistakes.add("why", "Say why; others will ask.")
    if mistakes:
        raise mistakes
    assert scope.first is not None
    assert scope.last is not None
    row = session.get(PublishedReport, org.id) or PublishedReport(
        org_id=org.id, first=scope.first, last=scope.last, published=now, version=0
    )
    row.first, row.last, row.published = scope.first, scope.last, now
    row.body = _frozen(report(session, org, Scope(scope.first, scope.last)))
    row.version += 1
    session.add(row)
    log.record(
        session,
        actor=actor,
        action="report.published",
        target=f"organization:{org.id}",
        at=now,
        org_id=org.id,
        detail={"from": scope.first.isoformat(), "to": scope.last.isoformat()},
        why=why,
    )
    return row


def unpublish(session: Session, org: Organization, *, actor: str, now: datetime, why: str) -> None:
    """Take the published report back. Raises Conflict where there is none, Mistakes without a reason."""
    if not why.strip():
        mistakes = Mistakes()
        mistakes.add("why", "Say why; others will ask.")
        raise mistakes
    row = session.get(PublishedReport, org.id)
    if row is None:
        raise Conflict("No report of this organization is published.")
    session.delete(row)
    log.record(
        session,
        actor=actor,
        action="report.withdrawn",
        target=f"organization:{org.id}",
        at=now,
        org_id=org.id,
        why=why,
    )


def public(session: Session, slug: str) -> tuple[Organization, PublishedReport]:
    """The published report of an organisation. Raises Absent."""
    row = session.exec(
        select(Organization, PublishedReport).where(
            Organization.slug == slug, PublishedReport.org_id == Organization.id
        )
    ).first()
    if row is None:
        raise Absent
    return row


def _frozen(found: Report) -> dict[str, object]:
    """The report as it is published: small groups hidden, in JSON."""
    schools, sizes = calculation.published_places(found.by["schools"], found.by["sizes"], found.sizes)
    rows: dict[By, list[Figures]] = {
        "micro-credentials": calculation.published(found.by["micro-credentials"]),
        "schools": schools,
        "sizes": sizes,
    }
    return {
        "total": _published_row(calculation.published_total(found.total)),
        **{name: [_published_row(row) for row in rows[name]] for name in PUBLIC},
    }


def _published_row(row: Figures) -> dict[str, object]:
    """Figures in JSON as they are published. Of how many results a median is would tell what is hidden beside it."""
    found = shown(row)
    for name in ("daysToResult", "daysToBadge"):
        spread = found[name]
        if isinstance(spread, dict):
            found[name] = {part: number for part, number in spread.items() if part != "count"}
    return found


def shown(row: Figures) -> dict[str, object]:
    """Figures in JSON: a hidden one is null and named in ``hidden``."""

    def figure(name: str, value: object) -> object:
        return None if name in row.hidden else value

    def days(name: str, value: calculation.Spread | None) -> object:
        if value is None or name in row.hidden:
            return None
        parts = {"lowerQuartile": value.lower, "median": value.median, "upperQuartile": value.upper}
        return {**{part: round(number, 1) for part, number in parts.items()}, "count": value.count}

    def share(name: str, value: float | None) -> object:
        return None if value is None or name in row.hidden else round(value, 3)

    return {
        "key": row.key,
        "label": row.label,
        "educators": figure("educators", row.educators),
        "eligible": figure("eligible", row.eligible),
        "uptake": share("uptake", row.uptake),
        "started": figure("started", row.started),
        "handedIn": figure("handed_in", row.handed_in),
        "handedInAgain": figure("again", row.again),
        "demonstrated": figure("demonstrated", row.demonstrated),
        "withdrawn": figure("withdrawn", row.withdrawn),
        "completionRate": share("completion", row.completion),
        "resubmissionRate": share("resubmission", row.resubmission),
        "daysToResult": days("wait", row.wait),
        "daysToBadge": days("duration", row.duration),
        "hidden": sorted(row.hidden),
    }
