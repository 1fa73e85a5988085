"""What a person may see of a portfolio under review: asked once, shown by the page and by the program alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import name_of, names_of
from badgeport.issuer.people.tables import School
from badgeport.issuer.submissions import reviews
from badgeport.issuer.submissions.reviews import Viewer
from badgeport.issuer.submissions.services import Portfolio, attempts_of, current_attempt, evidence_in
from badgeport.issuer.submissions.tables import Attempt, EvidenceItem, Review


@dataclass(frozen=True, slots=True)
class SeenReview:
    """A review as the viewer may see it: ``assessor`` None where they may not know who, ``open`` whether they see the
    scores."""

    review: Review
    assessor: str | None
    open: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A portfolio under review.

    ``attempt`` and ``evidence`` are what was handed in, for those who score it alone (``material``). ``held`` is the
    viewer's own review, ``part`` what waits for an assessor, ``why_not`` why the viewer may not take it (None where
    they may, or where they are no assessor: see ``may_take``), ``candidates`` whom a registrar may assign.
    """

    portfolio: Portfolio
    educator: str
    school: School | None
    attempts: Sequence[Attempt]
    attempt: Attempt | None
    material: bool
    evidence: Sequence[EvidenceItem]
    held: Review | None
    part: str | None
    may_take: bool
    why_not: str | None
    candidates: Sequence[tuple[str, str]]
    reviews: Sequence[SeenReview]


def sheet(session: Session, org_id: str, viewer: Viewer, submission_id: str, now: datetime) -> Sheet:
    """What the viewer may see of a portfolio. Raises Absent."""
    portfolio = reviews.seen(session, org_id, viewer, submission_id, now)
    submission = portfolio.submission
    held = reviews.own_review(session, submission, viewer.account_id)
    attempt = current_attempt(session, submission)
    part = reviews.open_part(session, portfolio)
    asks = part is not None and held is None and viewer.account_id is not None and Role.ASSESSOR in viewer.roles
    why_not = reviews.obstacle(session, portfolio, viewer.account_id, now) if asks and viewer.account_id else None
    assigns = part is not None and Role.REGISTRAR in viewer.roles and held is None
    return Sheet(
        portfolio=portfolio,
        educator=name_of(session, submission.account_id),
        school=session.get(School, submission.school_id) if submission.school_id else None,
        attempts=attempts_of(session, submission.id),
        attempt=attempt,
        material=held is not None,
        evidence=evidence_in(session, attempt) if held is not None and attempt is not None else (),
        held=held,
        part=part,
        may_take=asks and why_not is None,
        why_not=why_not,
        candidates=reviews.eligible(session, portfolio, now) if assigns else (),
        reviews=_reviews(session, viewer, portfolio, attempt, held, now),
    )


def _reviews(
    session: Session,
    viewer: Viewer,
    portfolio: Portfolio,
    attempt: Attempt | None,
    held: Review | None,
    now: datetime,
) -> list[SeenReview]:
    """Blind as long as it matters: until the result stands nobody who has a part learns what others scored, but for
    the adjudicator; and who scores beside an assessor only registrars and auditors know who have no part in it and
    could be given none. A registrar who could be given one knows that somebody has a part, and may free it."""
    rows = reviews.reviews_of(session, portfolio.submission)
    settled = attempt is not None and attempt.outcome is not None
    adjudicates = held is not None and held.part == "adjudicator"
    outside = viewer.sees_all and reviews.own_review(session, portfolio.submission, viewer.person) is None
    opened = settled or adjudicates or (portfolio.submission.state == "adjudication" and outside)
    named = viewer.sees_all and (settled or not reviews.is_blind(session, viewer, portfolio, now))
    if not opened and not outside:
        return []
    names = names_of(session, [row.assessor_id for row in rows]) if named else {}
    return [
        SeenReview(row, names.get(row.assessor_id), opened and row.state == "done") for row in rows if row is not held
    ]
