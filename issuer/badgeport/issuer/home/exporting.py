"""Everything an educator's account holds here, as one ZIP file: JSON for programs, the evidence, the signed badges.

Other people are left out of it: an assessor's name and a peer's address are theirs. What an assessor wrote about the
educator's work is in it, for it is part of their record.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, SQLModel, col, or_, select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.tables import Award, Mail, Recipient, SignedCopy
from badgeport.issuer.catalog.tables import Definition, Proposal
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home import elsewhere
from badgeport.issuer.home.services import settings_of
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.people.tables import (
    Account,
    AssessorCertification,
    FederatedIdentity,
    Identity,
    Membership,
    Organization,
    Passkey,
    Password,
    School,
    SignIn,
    Totp,
)
from badgeport.issuer.storage.blobs import CHUNK
from badgeport.issuer.submissions.tables import (
    Attempt,
    Comment,
    EvidenceItem,
    Experience,
    Peer,
    Review,
    SavedText,
    Submission,
)
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime

MEDIA_TYPE = "application/zip"
README = """What is in this file

account.json       who you are here, what you are in which organization, your settings, how you sign in (no secrets)
portfolios.json    your portfolios: what you wrote, hours, evidence, what was handed in, scores and feedback you got
awards.json        your badges: how they stand, who may see them
history.json       changes that you made, and changes to what is yours
collections.json   links you made for chosen sets of badges
proposals.json     micro-credentials you proposed
messages.json      messages that were sent to you in the last weeks (their texts are deleted once they are sent)
badges/            the signed files of your badges, every edition, byte for byte: they can be checked anywhere
evidence/          the files you handed in
"""


@dataclass(frozen=True, slots=True)
class Export:
    """What goes into the file: small parts as bytes, evidence by digest."""

    parts: tuple[tuple[str, bytes], ...]
    files: tuple[tuple[str, str], ...]
    """Names in the file and digests."""


def gather(session: Session, account_id: str, now: datetime) -> Export:
    """Read everything of an account. The caller streams it with `zipped`, after the session is closed."""
    portfolios, files = _portfolios(session, account_id)
    awards, badges = _awards(session, account_id)
    listed: dict[str, Any] = {
        "account.json": _account(session, account_id) | {"exported": now},
        "portfolios.json": portfolios,
        "awards.json": awards,
        "history.json": _history(session, account_id),
        "collections.json": [
            _members(row, "body") for row in session.exec(select(Collection).where(Collection.account_id == account_id))
        ],
        "proposals.json": [
            _members(row) for row in session.exec(select(Proposal).where(Proposal.account_id == account_id))
        ],
        "messages.json": _messages(session, account_id),
        **{f"{name}.json": room.export(session, account_id) for name, room in elsewhere.ROOMS.items()},
    }
    about = "".join(f"{f'{name}.json':<18} {room.about}\n" for name, room in elsewhere.ROOMS.items())
    parts = [("README.txt", f"{README}{about}".encode())]
    transcript = session.get(Transcript, account_id)
    if transcript is not None and transcript.body is not None:
        parts.append(("badges/learner-record.json", transcript.body))
    parts += [(name, jsontext.dump_pretty(_plain(value))) for name, value in listed.items()]
    return Export((*parts, *badges), tuple(files))


def zipped(desk: IssuerDesk, export: Export, now: datetime) -> Iterator[bytes]:
    """The ZIP file piece by piece; of the evidence never more than a piece is held."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name, body in export.parts:
            target.writestr(_entry(name, now), body)
            yield sink.drain()
        for name, digest in export.files:
            try:
                source = desk.blobs.open(digest)
            except KeyError:
                continue
            # Films and pictures are packed already.
            with source, target.open(_entry(name, now, zipfile.ZIP_STORED), "w", force_zip64=True) as entry:
                while chunk := source.read(CHUNK):
                    entry.write(chunk)
                    yield sink.drain()
    yield sink.drain()


def _account(session: Session, account_id: str) -> dict[str, Any]:
    account, identity = session.get(Account, account_id), session.get(Identity, account_id)
    roles = session.exec(
        select(Organization.name, Membership.role, Membership.since, School.name)
        .join(Organization, col(Organization.id) == col(Membership.org_id))
        .outerjoin(School, col(School.id) == col(Membership.school_id))
        .where(Membership.account_id == account_id)
        .order_by(Organization.name, Membership.role)
    )
    totp, password = session.get(Totp, account_id), session.get(Password, account_id)
    return {
        "account": _members(account) if account else None,
        "identity": _members(identity) if identity else None,
        "settings": _members(settings_of(session, account_id)),
        "roles": [
            {"organization": org, "role": role, "since": since, "school": school} for org, role, since, school in roles
        ],
        "certifications": [
            _members(row, "granted_by")
            for row in session.exec(select(AssessorCertification).where(AssessorCertification.account_id == account_id))
        ],
        "signIn": {
            "passwordChanged": password.changed if password else None,
            "codeGeneratorSince": totp.confirmed if totp else None,
            "passkeys": [
                {"name": row.name, "created": row.created, "lastUsed": row.last_used}
                for row in session.exec(select(Passkey).where(Passkey.account_id == account_id))
            ],
            "providers": [
                {"issuer": row.issuer, "subject": row.subject, "since": row.created}
                for row in session.exec(select(FederatedIdentity).where(FederatedIdentity.account_id == account_id))
            ],
            "sessions": [
                {"created": row.created, "seen": row.seen, "expires": row.expires}
                for row in session.exec(select(SignIn).where(SignIn.account_id == account_id))
            ],
        },
    }


def _portfolios(session: Session, account_id: str) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    rows = session.exec(
        select(Submission, Definition.name, Organization.name)
        .where(
            Submission.account_id == account_id,
            Submission.definition_id == Definition.id,
            Submission.org_id == Organization.id,
        )
        .order_by(col(Submission.started))
    ).all()
    listed, files = [], []
    for submission, name, organization in rows:
        items = session.exec(select(EvidenceItem).where(EvidenceItem.submission_id == submission.id)).all()
        evidence = []
        for item in items:
            place = f"evidence/{submission.id}/{item.id}-{item.file_name or 'file'}" if item.digest else None
            if place is not None and item.digest is not None:
                files.append((place, item.digest))
            evidence.append(_members(item) | {"file": place})
        attempts = list(_of(session, Attempt, submission.id))
        # What an assessor writes is theirs until the decision is made known.
        decided = {row.number for row in attempts if row.outcome is not None}
        listed.append(
            {
                "microCredential": name,
                "organization": organization,
                **_members(submission, "open_key"),
                "evidence": evidence,
                "attempts": [_members(row) for row in attempts],
                "savedTexts": [_members(row) for row in _of(session, SavedText, submission.id)],
                "experiences": [_members(row) for row in _of(session, Experience, submission.id)],
                "comments": [
                    {"by": _author(row, account_id), "text": row.body, "at": row.at}
                    for row in _of(session, Comment, submission.id)
                    if row.deleted is None
                ],
                "invitedPeers": [_members(row, "account_id", "email") for row in _of(session, Peer, submission.id)],
                "reviews": [
                    {"attempt": row.attempt, "scores": row.scores, "feedback": row.feedback, "decision": row.decision}
                    for row in _of(session, Review, submission.id)
                    if row.state == "done" and row.attempt in decided
                ],
            }
        )
    return listed, files


def _of(session: Session, table: Any, submission_id: str) -> Iterable[Any]:
    return session.exec(select(table).where(table.submission_id == submission_id)).all()


def _author(row: Comment, account_id: str) -> str:
    if row.peer_id is not None:
        return "an invited peer"
    return "you" if row.account_id == account_id else "a coach"


def _awards(session: Session, account_id: str) -> tuple[list[dict[str, Any]], list[tuple[str, bytes]]]:
    rows = session.exec(
        select(Award, Definition.name, Organization.name)
        .where(
            Award.account_id == account_id,
            Award.definition_id == Definition.id,
            Award.org_id == Organization.id,
        )
        .order_by(col(Award.awarded))
    ).all()
    listed, badges = [], []
    for award, name, organization in rows:
        recipient = session.get(Recipient, award.id)
        copies = session.exec(
            select(SignedCopy).where(SignedCopy.award_id == award.id).order_by(col(SignedCopy.edition))
        ).all()
        named = [(f"badges/{award.id}/{copy.edition}.{copy.form}", copy) for copy in copies]
        badges += [(place, copy.body) for place, copy in named]
        listed.append(
            {
                "microCredential": name,
                "organization": organization,
                **_members(award, "created_by", "key", "fingerprint"),
                "recipient": _members(recipient) if recipient else None,
                "copies": [{"file": place, "sha256": copy.sha256, "signed": copy.signed} for place, copy in named],
            }
        )
    return listed, badges


def _history(session: Session, account_id: str) -> list[dict[str, Any]]:
    """What the audit log says of what the person did, and of what others did to what is theirs."""
    own = [f"account:{account_id}"]
    for table, kind in ((Award, "award"), (Submission, "submission"), (Collection, "collection")):
        own += [f"{kind}:{row}" for row in session.exec(select(table.id).where(table.account_id == account_id))]
    entries: dict[int, AuditEntry] = {}
    for start in range(0, len(own), 500):
        wanted = or_(AuditEntry.actor == account_id, col(AuditEntry.target).in_(own[start : start + 500]))
        entries |= {entry.seq: entry for entry in session.exec(select(AuditEntry).where(wanted))}
    return [
        {
            "at": one.at,
            "by": "you" if one.actor == account_id else "someone else",
            "action": one.action,
            "of": one.target,
            "detail": one.detail if one.actor == account_id else {},
            "why": one.why,
        }
        for _, one in sorted(entries.items())
    ]


def _messages(session: Session, account_id: str) -> list[dict[str, Any]]:
    identity = session.get(Identity, account_id)
    if identity is None:
        return []
    rows = session.exec(select(Mail).where(Mail.address == identity.email).order_by(col(Mail.created)))
    return [{"subject": row.subject, "created": row.created, "sent": row.sent} for row in rows]


def _members(row: SQLModel, *but: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).model_fields if name not in but}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    return value


def _entry(name: str, now: datetime, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=(now.year, now.month, now.day, now.hour, now.minute, now.second))
    info.compress_type = method
    info.external_attr = 0o600 << 16
    return info


class _Sink(io.RawIOBase):
    """What a ZIP file is written to: it cannot go back, and gives away what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Keep a piece."""
        piece = bytes(data)
        self._held += piece
        return len(piece)

    def drain(self) -> bytes:
        """What was written since the last time."""
        piece = bytes(self._held)
        self._held.clear()
        return piece
