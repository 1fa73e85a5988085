"""What is kept for a time is deleted when the time is over: done every hour by a worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.tables import AwardBatch, BatchRow, Mail
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home import collections
from badgeport.issuer.home.erasing import let_go
from badgeport.issuer.home.tables import Collection, PurgedPortfolio
from badgeport.issuer.jobs import queue
from badgeport.issuer.people.tables import OneTimeLink, Organization, SignIn, SignInFailure
from badgeport.issuer.submissions.tables import (
    Attempt,
    Comment,
    EvidenceItem,
    Experience,
    Review,
    SavedText,
    Submission,
)

JOB = "sweep"
EVERY = timedelta(hours=1)
LINKS_AFTER = timedelta(days=7)
"""How long a link that no longer works is kept, for telling somebody why."""
MAILS_AFTER = timedelta(days=30)
FAILURES_AFTER = timedelta(days=1)
ROWS_AFTER = timedelta(days=90)
"""How long the rows of a batch that did not become awards are kept, for mending the file."""
MOST = 200
"""Portfolios in one transaction; the rest is taken soon after."""


class Sweeping:
    """The worker's part. It reads nothing before: it deletes by date, in one short transaction."""

    every = EVERY

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> list[str]:  # noqa: ARG002 - the interface's
        """The collections to be signed anew: looked for here, outside of the writer's turn."""
        return collections.stale(session, desk.clock())

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:  # noqa: ARG002 - the interface's
        """Nothing is to be done between."""
        return prepared

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:  # noqa: ARG002
        """Delete what is over. Where there is more than one turn's worth, the job goes on at once."""
        for collection_id in result:
            queue.ask(session, collections.JOB, collection_id, now=now)
        more = sweep(session, desk, now)
        return timedelta(0) if more else EVERY


def sweep(session: Session, desk: IssuerDesk, now: datetime) -> bool:  # noqa: ARG001 - like other services
    """Delete what is over at an instant. Answers whether there is more."""
    session.exec(delete(SignIn).where(col(SignIn.expires) < now))
    session.exec(delete(OneTimeLink).where(col(OneTimeLink.expires) < now - LINKS_AFTER))
    session.exec(delete(SignInFailure).where(col(SignInFailure.at) < now - FAILURES_AFTER))
    session.exec(delete(Mail).where(col(Mail.sent) < now - MAILS_AFTER))
    ended = select(AwardBatch.id).where(
        col(AwardBatch.state).in_(("done", "cancelled")), AwardBatch.created < now - ROWS_AFTER
    )
    session.exec(delete(BatchRow).where(col(BatchRow.batch_id).in_(ended), col(BatchRow.award_id).is_(None)))
    over = select(Collection).where(Collection.expires <= now, col(Collection.body).is_not(None))
    for row in session.exec(over).all():
        row.body, row.sha256, row.copies = None, None, []
        session.add(row)
    more = [_retire(session, org, now) for org in _with_retention(session)]
    return any(more)


def _with_retention(session: Session) -> list[Organization]:
    return list(session.exec(select(Organization).where(col(Organization.retention_days).is_not(None))))


def _retire(session: Session, org: Organization, now: datetime) -> bool:
    """Delete evidence and feedback of portfolios that were decided, and touched, longer ago than they are kept.

    What the educator released stays: their badge points to it, and that is their choice.
    """
    assert org.retention_days is not None
    before = now - timedelta(days=org.retention_days)
    due = (
        select(Submission)
        .where(
            Submission.org_id == org.id,
            col(Submission.state).in_(("demonstrated", "withdrawn", "not-yet")),
            col(Submission.id).not_in(select(PurgedPortfolio.submission_id)),
            col(Submission.changed) < before,
            (col(Submission.decided) < before) | col(Submission.decided).is_(None),
        )
        .order_by(Submission.id)
        .limit(MOST)
    )
    rows = session.exec(due).all()
    ids = [row.id for row in rows]
    if not ids:
        return False
    for row in rows:
        row.reflection = ""
        session.add(row)
        session.add(PurgedPortfolio(submission_id=row.id, at=now))
    for attempt in session.exec(select(Attempt).where(col(Attempt.submission_id).in_(ids))):
        attempt.reflection = ""
        session.add(attempt)
    for review in session.exec(select(Review).where(col(Review.submission_id).in_(ids))):
        review.feedback = ""
        review.scores = {key: {**score, "feedback": ""} for key, score in review.scores.items()}
        session.add(review)
    for table in (Comment, SavedText, Experience):
        session.exec(delete(table).where(col(table.submission_id).in_(ids)))
    items = session.exec(
        select(EvidenceItem).where(col(EvidenceItem.submission_id).in_(ids), col(EvidenceItem.released).is_(None))
    ).all()
    digests = {item.digest for item in items if item.digest}
    for item in items:
        item.digest, item.url, item.file_name, item.description, item.size = None, None, "", "", 0
        item.removed = item.removed or now
        session.add(item)
    let_go(session, digests, now)
    log.record(
        session,
        actor="system",
        action="portfolios.purged",
        target=f"organization:{org.id}",
        at=now,
        org_id=org.id,
        detail={"portfolios": len(ids), "files": len(items), "days": org.retention_days},
        why="The organization keeps evidence and feedback for this many days after a decision.",
    )
    return len(ids) == MOST
