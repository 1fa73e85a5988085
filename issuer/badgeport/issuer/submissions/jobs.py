"""Reminders: of portfolios and reviews that are due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from badgeport.web.words import keyed, words
from sqlmodel import Session, col, or_, select

from badgeport.issuer.awards.mail import post
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home.services import settings_of
from badgeport.issuer.jobs.handling import Handlers
from badgeport.issuer.people.services import identity
from badgeport.issuer.people.tables import Account, Organization
from badgeport.issuer.submissions.tables import Review, Submission

AHEAD = timedelta(days=7)
"""How long before it is due a portfolio is brought to mind; a review three days before."""
REVIEW_AHEAD = timedelta(days=3)
MOST_AT_ONCE = 100
TEXTS = ("badgeport.verifier.web", "badgeport.issuer.web")


@dataclass(frozen=True, slots=True)
class _Due:
    row: Submission | Review
    submission: Submission
    account_id: str
    path: str
    soon: tuple[str, str]
    late: tuple[str, str]


class Reminders:
    """Sends each reminder once before the due date and once after it."""

    every = timedelta(hours=1)

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> None:
        """Nothing is read beforehand: what is due is asked where it is noted."""

    def work(self, desk: IssuerDesk, prepared: Any) -> None:
        """Nothing is done outside: mails are jobs of their own."""

    def settle(
        self,
        session: Session,
        desk: IssuerDesk,
        key: str,  # noqa: ARG002 - the interface's
        result: Any,  # noqa: ARG002 - the interface's
        now: datetime,
    ) -> timedelta:
        """Write the mails that are due and note that they are written."""
        due = [*_portfolios(session, now), *_reviews(session, now)]
        for one in due:
            _remind(session, desk, one, now)
        return timedelta(0) if len(due) >= MOST_AT_ONCE else self.every


def handlers() -> Handlers:
    """Handlers by kind."""
    return {"reminders": Reminders()}


def _wanted(table: Any, ahead: timedelta, now: datetime) -> Any:
    """What is due within a time and was not brought to mind, or is late and was not since."""
    soon = col(table.reminded).is_(None) & (col(table.due) <= now + ahead)
    late = (col(table.due) <= now) & (col(table.reminded) < col(table.due))
    return col(table.due).is_not(None) & or_(soon, late)


def _portfolios(session: Session, now: datetime) -> Sequence[_Due]:
    rows = session.exec(
        select(Submission)
        .where(Submission.state == "draft", _wanted(Submission, AHEAD, now))
        .order_by(col(Submission.due))
        .limit(MOST_AT_ONCE)
    ).all()
    return [
        _Due(
            row,
            row,
            row.account_id,
            f"/home/portfolio/{row.id}",
            (
                keyed("Your portfolio is due on {due}: {title}"),
                keyed("Your portfolio for “{title}” is due on {due}. Go on with it here:\n\n{link}"),
            ),
            (
                keyed("Your portfolio was due on {due}: {title}"),
                keyed("Your portfolio for “{title}” was due on {due}. You can still hand it in:\n\n{link}"),
            ),
        )
        for row in rows
    ]


def _reviews(session: Session, now: datetime) -> Sequence[_Due]:
    rows = session.exec(
        select(Review, Submission, Organization.slug)
        .where(Review.submission_id == Submission.id, Organization.id == Review.org_id)
        .where(Review.state == "assigned", _wanted(Review, REVIEW_AHEAD, now))
        .order_by(col(Review.due))
        .limit(MOST_AT_ONCE)
    ).all()
    return [
        _Due(
            review,
            submission,
            review.assessor_id,
            f"/o/{slug}/reviews/{submission.id}",
            (
                keyed("A review of yours is due on {due}: {title}"),
                keyed("Your review of a portfolio for “{title}” is due on {due}:\n\n{link}"),
            ),
            (
                keyed("A review of yours was due on {due}: {title}"),
                keyed("Your review of a portfolio for “{title}” was due on {due}; the educator waits:\n\n{link}"),
            ),
        )
        for review, submission, slug in rows
    ]


def _remind(session: Session, desk: IssuerDesk, one: _Due, now: datetime) -> None:
    one.row.reminded = now
    session.add(one.row)
    person, account = identity(session, one.account_id), session.get(Account, one.account_id)
    definition = session.get(Definition, one.submission.definition_id)
    if person is None or account is None or definition is None or one.row.due is None:
        return
    if not settings_of(session, account.id).reminders:
        return
    speech = words(account.language, *TEXTS)
    subject, body = one.late if one.row.due <= now else one.soon
    values = {"title": definition.name, "due": speech.day(one.row.due), "link": desk.url(one.path)}
    post(
        session,
        address=person.email,
        subject=speech.say(subject, **values),
        body=speech.say(body, **values),
        now=now,
        org_id=one.submission.org_id,
    )
