"""An educator's learner record (CLR 2.0): all their badges that stand, in one envelope.

The installation signs the envelope and so says that these badges are those of one account here; what each badge says is
its own issuer's word. A worker signs it; there is one for each educator, the one made last.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from badgeport.web.words import keyed, words
from sqlmodel import Session

from badgeport.issuer.audit import log
from badgeport.issuer.award import IssuerProfile
from badgeport.issuer.awards.mail import post
from badgeport.issuer.clr import mint_clr
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home.services import Earned, earned
from badgeport.issuer.hosting.documents import signed
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import Handlers, Trouble
from badgeport.issuer.mistakes import Absent, Conflict
from badgeport.issuer.people import keys
from badgeport.issuer.people.tables import Account, Identity, IssuerKey
from badgeport.issuer.release import Minted
from badgeport.issuer.web.visits import TEXTS
from badgeport.schemas import jsontext

JOB = "transcript"
_GONE = keyed("Your learner record could not be signed")
_GONE_TEXT = keyed(
    "None of your badges stands just now: they are suspended, revoked or over. So your learner record could not be "
    "signed, and there is none now. As soon as a badge stands again you can make another one:\n\n{link}"
)
MOST_BADGES = 500
"""How many badges one record holds, the newest; the others are left out of it, and it says that it is not whole."""


def badges_for(session: Session, account_id: str, now: datetime) -> list[Earned]:
    """The badges that go into somebody's learner record: signed, and neither revoked, suspended nor over."""
    return [one for one in earned(session, account_id) if one.counts(now) and one.award.edition > 0]


def transcript_of(session: Session, account_id: str) -> Transcript | None:
    """The learner record that was asked for last."""
    return session.get(Transcript, account_id)


def signed_transcript(session: Session, account_id: str) -> bytes:
    """The signed learner record. Raises Absent."""
    row = transcript_of(session, account_id)
    if row is None or row.body is None:
        raise Absent
    return row.body


def ask(session: Session, account_id: str, *, actor: str, now: datetime) -> Transcript:
    """Ask for a learner record of the badges as they are now; it takes the place of the one before. Raises Conflict."""
    if not badges_for(session, account_id, now):
        raise Conflict("There is no badge yet that could stand in a learner record.")
    row = transcript_of(session, account_id) or Transcript(account_id=account_id, asked=now)
    row.asked, row.made, row.body, row.sha256, row.awards, row.left_out = now, None, None, None, [], []
    session.add(row)
    session.flush()
    queue.ask(session, JOB, account_id, now=now)
    log.record(session, actor=actor, action="transcript.asked", target=f"account:{account_id}", at=now)
    return row


def delete(session: Session, account_id: str, *, actor: str, now: datetime) -> None:
    """Delete somebody's learner record. Raises Absent."""
    row = transcript_of(session, account_id)
    if row is None:
        raise Absent
    session.delete(row)
    log.record(session, actor=actor, action="transcript.deleted", target=f"account:{account_id}", at=now)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be signed."""

    asked: datetime
    key: IssuerKey | None
    awards: tuple[str, ...]
    left_out: tuple[str, ...]
    badges: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed."""

    due: Due
    minted: Minted


class Signing:
    """The worker's part: reads, signs outside of any transaction, stores what was signed."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Due | None:
        """The badges and the key; None where there is nothing to do any more."""
        row, now = session.get(Transcript, key), desk.clock()
        if row is None or row.body is not None:
            return None
        copies = [(one.award.id, signed(session, one.award)) for one in badges_for(session, key, now)]
        held = [(award_id, copy.body) for award_id, copy in copies if copy is not None]
        learner = _learner([body for _, body in held])
        kept = [(award_id, body) for award_id, body in held if _subject(body) in (None, learner)][:MOST_BADGES]
        out = tuple(award_id for award_id, _ in held if award_id not in dict(kept))
        signing = keys.signing_key(session, keys.installation_did(desk), keys.EMBEDDED, now)
        return Due(row.asked, signing, tuple(one for one, _ in kept), out, tuple(body for _, body in kept))

    def work(self, desk: IssuerDesk, prepared: Due | None) -> Signed | None:
        """The signed record; None where there is nothing to sign. Raises Trouble, ProblemError."""
        if prepared is None or not prepared.badges:
            return None
        if prepared.key is None:
            raise Trouble("the installation has no active key; an operator makes one")
        host = urlsplit(desk.public_url).netloc
        minted = mint_clr(
            prepared.badges,
            desk.custody.open(prepared.key),
            name="Learner record",
            issuer=IssuerProfile(name=f"Badgeport at {host}", url=desk.public_url),
            now=desk.clock(),
            partial=bool(prepared.left_out),
            contexts=desk.contexts,
            limits=desk.limits,
        )
        return Signed(prepared, minted)

    def settle(
        self, session: Session, desk: IssuerDesk, key: str, result: Signed | None, now: datetime
    ) -> timedelta | None:
        """Store it, unless it was deleted or asked for anew meanwhile. Where nothing can be in it, it is deleted."""
        row = session.get(Transcript, key)
        if row is None:
            return None
        if result is None:
            if row.body is not None:
                return None
            if badges_for(session, key, now):
                return timedelta(0)
            _give_up(session, desk, row, now)
            return None
        if row.asked != result.due.asked:
            return None
        row.body, row.sha256, row.made = result.minted.bytes, result.minted.sha256, now
        row.awards, row.left_out = list(result.due.awards), list(result.due.left_out)
        session.add(row)
        return None


def _give_up(session: Session, desk: IssuerDesk, row: Transcript, now: datetime) -> None:
    """No badge stands any more that could be in the record: it is deleted, and its educator told."""
    delete(session, row.account_id, actor="system", now=now)
    person, account = session.get(Identity, row.account_id), session.get(Account, row.account_id)
    if person is None or account is None:
        return
    speech = words(account.language, *TEXTS)
    link = desk.url("/home/transcript")
    post(session, address=person.email, subject=speech.say(_GONE), body=speech.say(_GONE_TEXT, link=link), now=now)


def handlers() -> Handlers:
    """Handlers by kind."""
    return {JOB: Signing()}


def _learner(badges: list[bytes]) -> str | None:
    """The DID that most of the badges name; a learner record is about one person by one name."""
    named = Counter(name for name in map(_subject, badges) if name is not None)
    return named.most_common(1)[0][0] if named else None


def _subject(badge: bytes) -> str | None:
    subject: Any = jsontext.parse_object(badge).get("credentialSubject")
    name = subject.get("id") if isinstance(subject, dict) else None
    return name if isinstance(name, str) else None
