"""What is kept for a time is deleted when the time is over: done every hour by a worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from badgeport.web.words import keyed, words
from sqlalchemy import String, cast
from sqlmodel import Session, col, delete, false, func, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards import batches
from badgeport.issuer.awards.mail import KIND as MAIL
from badgeport.issuer.awards.mail import post
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Mail
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home import collections
from badgeport.issuer.home.erasing import let_go
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people.tables import Account, Identity, OneTimeLink, Organization, SignIn, SignInFailure
from badgeport.issuer.storage.keeping import FILE
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.submissions.tables import (
    Attempt,
    Comment,
    EvidenceItem,
    Experience,
    Review,
    SavedText,
    Submission,
)
from badgeport.issuer.web.visits import TEXTS

JOB = "sweep"
EVERY = timedelta(hours=1)
LINKS_AFTER = timedelta(days=7)
"""How long a link that no longer works is kept, for telling somebody why."""
MAILS_AFTER = timedelta(days=30)
FAILURES_AFTER = timedelta(days=1)
ROWS_AFTER = timedelta(days=90)
"""How long the rows of a batch that did not become awards are kept, for mending the file or going on with it."""
WARNED_BEFORE = timedelta(days=30)
"""How long before it is emptied an educator is told of a portfolio that they may still want to work on."""
SPARED = timedelta(days=1)
"""How old a stored file without a row is before it is deleted: an upload takes minutes, its transaction seconds."""
MOST = 200
"""Portfolios in one transaction; the rest is taken soon after."""
MOST_STRAYS = 10_000
_LEFT = keyed("Nobody went on with this file for 90 days.")
_SOON = keyed("Evidence that you handed in will be deleted: {title}")
_SOON_TEXT = keyed(
    "{organization} keeps what was handed in for a time. Your portfolio for “{title}” has not been changed since its "
    "result, and its evidence, your reflection and the feedback will be deleted on {day} or soon after.\n\n"
    "If you want to go on with it, choose “Work on it again” before then; or download what you want to keep:\n\n{link}"
)


class Sweeping:
    """The worker's part: it deletes by date, in one short transaction."""

    every = EVERY

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> list[str]:  # noqa: ARG002 - the interface's
        """The collections to be signed anew: looked for here, outside of the writer's turn."""
        return collections.stale(session, desk.clock())

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        """Messages that were handed over as files are no rows."""
        if desk.outbox is not None:
            desk.outbox.forget(desk.clock() - MAILS_AFTER)
        return prepared

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:  # noqa: ARG002
        """Delete what is over. Where there is more than one turn's worth, the job goes on at once."""
        for collection_id in result:
            queue.ask(session, collections.JOB, collection_id, now=now)
        more = sweep(session, desk, now)
        return timedelta(0) if more else EVERY


def sweep(session: Session, desk: IssuerDesk, now: datetime) -> bool:
    """Delete what is over at an instant. Answers whether there is more."""
    session.exec(delete(SignIn).where(col(SignIn.expires) < now))
    session.exec(delete(OneTimeLink).where(col(OneTimeLink.expires) < now - LINKS_AFTER))
    session.exec(delete(SignInFailure).where(col(SignInFailure.at) < now - FAILURES_AFTER))
    # Sent or not: one that nobody could deliver holds its text, and perhaps a link that opens something.
    old = col(Mail.created) < now - MAILS_AFTER
    session.exec(delete(Job).where(col(Job.kind) == MAIL, col(Job.key).in_(select(Mail.id).where(old))))
    session.exec(delete(Mail).where(old))
    left = select(AwardBatch).where(
        col(AwardBatch.state).in_(("reading", "preview")), AwardBatch.created < now - ROWS_AFTER
    )
    for batch in session.exec(left).all():
        batches.cancel(session, batch, _LEFT, actor="system", now=now)
    session.flush()
    ended = select(AwardBatch.id).where(
        col(AwardBatch.state).in_(("done", "cancelled")), AwardBatch.created < now - ROWS_AFTER
    )
    session.exec(delete(BatchRow).where(col(BatchRow.batch_id).in_(ended), col(BatchRow.award_id).is_(None)))
    over = select(Collection).where(Collection.expires <= now, col(Collection.body).is_not(None))
    for row in session.exec(over).all():
        row.body, row.sha256, row.copies = None, None, []
        session.add(row)
    more = [_retire(session, desk, org, now) for org in _with_retention(session)]
    return any(more)


def _with_retention(session: Session) -> list[Organization]:
    return list(session.exec(select(Organization).where(col(Organization.retention_days).is_not(None))))


def _retire(session: Session, desk: IssuerDesk, org: Organization, now: datetime) -> bool:
    """Delete evidence and feedback of portfolios that were decided, and touched, longer ago than they are kept.

    What the educator released stays for as long as a badge shows it: that is their choice. A portfolio that they may
    still want to work on is not emptied before they were told.
    """
    assert org.retention_days is not None
    before = now - timedelta(days=org.retention_days)
    waiting = _warn(session, desk, org, before + WARNED_BEFORE, now)
    resting = _resting(org, before).where(
        # Its words, unless they were deleted since it changed; its files and links, whenever they came to be due.
        col(Submission.purged).is_(None) | (col(Submission.purged) < col(Submission.changed)) | _has_due_evidence(),
        (col(Submission.state) != "not-yet") | (_is_warned() & (col(Submission.warned) <= now - WARNED_BEFORE)),
    )
    rows = session.exec(resting.order_by(col(Submission.id)).limit(MOST)).all()
    ids = [row.id for row in rows]
    for attempt in session.exec(_noted(org)).all():
        attempt.experiences = _without_notes(attempt)
        session.add(attempt)
    if not ids:
        return waiting
    for row in rows:
        row.reflection, row.purged = "", now
        session.add(row)
    for attempt in session.exec(select(Attempt).where(col(Attempt.submission_id).in_(ids))):
        attempt.reflection, attempt.experiences = "", _without_notes(attempt)
        session.add(attempt)
    for review in session.exec(select(Review).where(col(Review.submission_id).in_(ids))):
        review.feedback = ""
        review.scores = {key: {**score, "feedback": ""} for key, score in review.scores.items()}
        session.add(review)
    for table in (Comment, SavedText, Experience):
        session.exec(delete(table).where(col(table.submission_id).in_(ids)))
    items = session.exec(_due_evidence().where(col(EvidenceItem.submission_id).in_(ids))).all()
    digests = {item.digest for item in items if item.digest}
    for item in items:
        item.digest, item.url, item.file_name, item.description, item.size = None, None, "", "", 0
        item.removed, item.released = item.removed or now, None
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
    return waiting or len(ids) == MOST


def _resting(org: Organization, before: datetime) -> Any:
    """The portfolios of an organisation that are with nobody, and were not touched since an instant."""
    return select(Submission).where(
        Submission.org_id == org.id,
        col(Submission.state).in_(("demonstrated", "withdrawn", "not-yet")),
        col(Submission.changed) < before,
        (col(Submission.decided) < before) | col(Submission.decided).is_(None),
    )


def _noted(org: Organization) -> Any:
    """Attempts that kept the notes to their hours when their portfolio was emptied, some of them."""
    return (
        select(Attempt)
        .join(Submission, col(Submission.id) == col(Attempt.submission_id))
        .where(Submission.org_id == org.id, col(Attempt.submitted) < col(Submission.purged))
        .where(cast(Attempt.experiences, String).like('%"note"%'))
        .limit(MOST)
    )


def _without_notes(attempt: Attempt) -> list[dict[str, Any]]:
    """The logged hours of an attempt as figures, without what was written about them."""
    return [{name: value for name, value in one.items() if name != "note"} for one in attempt.experiences]


def _due_evidence() -> Any:
    """Pieces of evidence that hold something and that no badge shows."""
    shown = select(Award.id).where(
        col(EvidenceItem.released).is_not(None),
        col(Award.submission_id) == col(EvidenceItem.submission_id),
        Award.state != "erased",
        Award.standing != "revoked",
    )
    held = col(EvidenceItem.digest).is_not(None) | col(EvidenceItem.url).is_not(None)
    return select(EvidenceItem).where(held, ~shown.exists())


def _has_due_evidence() -> Any:
    return _due_evidence().where(col(EvidenceItem.submission_id) == col(Submission.id)).exists()


def _is_warned() -> Any:
    """Whether the educator was told since the portfolio changed last."""
    return func.coalesce(col(Submission.warned) > col(Submission.changed), false())


def _warn(session: Session, desk: IssuerDesk, org: Organization, before: datetime, now: datetime) -> bool:
    """Tell educators whose portfolio was found not to be there yet that it will be emptied. Whether there are more."""
    statement = _resting(org, before).where(Submission.state == "not-yet", ~_is_warned())
    rows = session.exec(statement.order_by(col(Submission.id)).limit(MOST)).all()
    for row in rows:
        row.warned = now
        session.add(row)
        person, account = session.get(Identity, row.account_id), session.get(Account, row.account_id)
        if person is None or account is None:
            continue
        speech = words(account.language, *TEXTS)
        values = {
            "title": session.get_one(Definition, row.definition_id).name,
            "organization": org.name,
            "day": speech.day(now + WARNED_BEFORE),
            "link": desk.url(f"/home/portfolio/{row.id}"),
        }
        post(
            session,
            address=person.email,
            subject=speech.say(_SOON, **values),
            body=speech.say(_SOON_TEXT, **values),
            now=now,
            org_id=org.id,
        )
    return len(rows) == MOST


# ---------------------------------------------------------------- files that nobody knows


class Strays:
    """Asks for the deletion of stored files without a row: of uploads that were refused, or whose process died.

    What was stored a short while ago may be of a transaction that is still to come; it is left alone.
    """

    every = timedelta(days=1)

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> None:
        """Nothing: a store may be long to read, and no session waits for it."""

    def work(self, desk: IssuerDesk, prepared: None) -> list[str]:  # noqa: ARG002 - the interface's
        """The digests of such files, some of them."""
        found: list[str] = []
        stored = desk.blobs.older(SPARED)
        while len(found) < MOST_STRAYS and (some := list(islice(stored, MOST))):
            with desk.database.reading() as session:
                known = set(session.exec(select(Blob.digest).where(col(Blob.digest).in_(some))))
            found += [digest for digest in some if digest not in known]
        return found

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: list[str], now: datetime) -> None:  # noqa: ARG002
        """Each is looked at once more where it is deleted; what is being deleted already is not asked for again."""
        for digest in result:
            if not queue.is_under_way(session, FILE, digest):
                queue.ask(session, FILE, digest, now=now)
