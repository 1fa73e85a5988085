"""Keys of issuers: made, taken over, rotated, revoked. Their private halves are the service's, never the database's.

The order of `badgeport.keys.lifecycle` is kept: active, then retired, then revoked, and never back. A retired key signs
no more and keeps verifying what it signed, so no record is ever dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.status.lists import want_all
from badgeport.issuer.storage.columns import new_id
from badgeport.keys import did as dids
from badgeport.keys.lifecycle import KeyRecord, KeyState
from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.types import KeyType
from badgeport.schemas.problems import ProblemError

EMBEDDED, TOKEN = "embedded", "token"
PURPOSES = {EMBEDDED: KeyType.ED25519, TOKEN: KeyType.P256}
"""What an issuer's keys are for, and the kind of key that is made for it."""

RESIGN_OWN = "resign-own"
"""The kind of the job that has signed anew what a key of the installation signed; its key is the key's id."""

_INSTALLATION = "installation"
_SIGNING = ("mint", "status-list", "collection", "transcript", "resign", "decision", "recognition-document", RESIGN_OWN)
"""The kinds of jobs that need a key."""
_KEY_TYPES = {EMBEDDED: (KeyType.ED25519, KeyType.P256, KeyType.P384), TOKEN: (KeyType.P256, KeyType.RSA)}
"""Which kinds each purpose may have: of a token, those whose algorithms Open Badges verifiers must know."""


# ---------------------------------------------------------------- names


def installation_did(desk: IssuerDesk) -> str:
    """The ``did:web`` of this installation: of its public address."""
    return dids.did_web(_place(desk))


def issuer_did(desk: IssuerDesk, slug: str, own_domain: str | None = None) -> str:
    """The ``did:web`` of an organisation: hosted here, or of a domain of its own.

    Raises Mistakes (``own_domain``) for what is no domain name.
    """
    if own_domain is None:
        return dids.did_web(f"{_place(desk)}/issuers/{slug}")
    try:
        return dids.did_web(own_domain.strip().lower())
    except ProblemError:
        refuse("own_domain", "Write the domain as badges.example.org, without https:// and without a path.")


def is_hosted_here(desk: IssuerDesk, did: str) -> bool:
    """Whether the document of a DID is at an address of this installation."""
    own = installation_did(desk)
    return did == own or did.startswith(f"{own}:")


def did_of(desk: IssuerDesk, org: Organization | None) -> str:
    """Who signs with an organisation's keys; for None: the installation."""
    return _named(desk, org)[0]


def _named(desk: IssuerDesk, org: Organization | None) -> tuple[str, str]:
    return (installation_did(desk), _INSTALLATION) if org is None else (org.did, org.slug)


def _place(desk: IssuerDesk) -> str:
    parts = urlsplit(desk.public_url)
    return f"{parts.netloc}{parts.path}".rstrip("/")


# ---------------------------------------------------------------- making


def prepare_keys(
    desk: IssuerDesk, did: str, slug: str, *, purposes: Iterable[str] = tuple(PURPOSES), org_id: str | None = None
) -> list[IssuerKey]:
    """New keys of an issuer, one for each purpose, their files written, their rows not yet saved.

    Call it before a transaction: making a key takes its time. ``slug`` begins the names of the files (of the
    installation: any word). A key whose row is never saved is good for nothing.
    Raises ProblemError (KEY_CUSTODY_ERROR).
    """
    made = []
    for purpose in purposes:
        name = f"{slug}-{purpose}-{new_id()[:10]}"
        uri, public = desk.custody.create(name, PURPOSES[purpose], verification_method=f"{did}#{{key}}", controller=did)
        multikey = public.to_multikey()
        made.append(
            IssuerKey(
                org_id=org_id,
                purpose=purpose,
                uri=uri,
                public=multikey,
                verification_method=f"{did}#{multikey}",
                controller=did,
                created=desk.clock().replace(microsecond=0),
            )
        )
    return made


def prepare_adopted(desk: IssuerDesk, org: Organization, uri: str, purpose: str) -> IssuerKey:
    """The row, not yet saved, of a key that exists at a URI (a token, a key service).

    For operators alone: a URI can name a program library and a file of this machine. Raises Mistakes.
    """
    if purpose not in PURPOSES:
        refuse("purpose", "Choose what the key is for.")
    try:
        public = desk.custody.adopt(uri)
    except ProblemError as error:
        refuse("uri", "The key could not be opened: {reason}.", reason=error.problem.detail.rstrip("."))
    if public.key_type not in _KEY_TYPES[purpose]:
        refuse("uri", "A key of the kind {kind} cannot do this.", kind=str(public.key_type))
    multikey = public.to_multikey()
    return IssuerKey(
        org_id=org.id,
        purpose=purpose,
        uri=uri,
        public=multikey,
        verification_method=f"{org.did}#{multikey}",
        controller=org.did,
        created=desk.clock().replace(microsecond=0),
    )


def add_keys(session: Session, rows: Sequence[IssuerKey], *, actor: str, now: datetime) -> None:
    """Save prepared keys, and have signed what lacked them.

    Where an older one of the same issuer and purpose is active, use `rotate`.
    """
    for row in rows:
        taken = session.exec(
            select(IssuerKey.id).where(
                (col(IssuerKey.uri) == row.uri) | (col(IssuerKey.verification_method) == row.verification_method)
            )
        ).first()
        if taken is not None:
            raise Conflict("This key is on record already; an old key is never taken into use again.")
        session.add(row)
        session.flush()
        log.record(
            session,
            actor=actor,
            action="key.added",
            target=f"key:{row.id}",
            at=now,
            org_id=row.org_id,
            detail={"purpose": row.purpose, "verificationMethod": row.verification_method},
        )
    for org_id in {row.org_id for row in rows}:
        queue.ask_again(session, _SIGNING, org_id=org_id, now=now)


def make_keys(
    session: Session, desk: IssuerDesk, org: Organization | None, *, actor: str, now: datetime
) -> list[IssuerKey]:
    """Make and save the keys of an issuer, of the installation for None, in one go.

    For tests and first starts; elsewhere `prepare_keys` before the transaction and `add_keys` in it.
    """
    did, slug = _named(desk, org)
    rows = prepare_keys(desk, did, slug, org_id=None if org is None else org.id)
    add_keys(session, rows, actor=actor, now=now)
    return rows


def ensure_installation_keys(desk: IssuerDesk) -> None:
    """The keys of the installation itself, made where it has none yet."""
    did, now = installation_did(desk), desk.clock()
    with desk.database.reading() as session:
        if signing_key(session, did, EMBEDDED, now) is not None:
            return
    rows = prepare_keys(desk, did, _INSTALLATION)
    with desk.database.writing() as session:
        # Another process may have been quicker.
        if signing_key(session, did, EMBEDDED, now) is None:
            add_keys(session, rows, actor="system", now=now)


# ---------------------------------------------------------------- reading


def record_of(row: IssuerKey) -> KeyRecord:
    """A row as the record that documents are built from."""
    return KeyRecord(
        uri=row.uri,
        public_key=public_from_multikey(row.public),
        verification_method=row.verification_method,
        controller=row.controller,
        state=KeyState(row.state),
        created=row.created,
        retired=row.retired,
        expires=row.expires,
        revoked=row.revoked,
    )


def records(session: Session, controller: str | None = None) -> list[KeyRecord]:
    """Every key of an issuer, oldest first; of every issuer for None."""
    statement = select(IssuerKey).order_by(col(IssuerKey.created), col(IssuerKey.id))
    if controller is not None:
        statement = statement.where(IssuerKey.controller == controller)
    return [record_of(row) for row in session.exec(statement)]


def keys_of(session: Session, org: Organization) -> list[IssuerKey]:
    """Every key of an organisation, newest first."""
    statement = select(IssuerKey).where(IssuerKey.org_id == org.id)
    return list(session.exec(statement.order_by(col(IssuerKey.created).desc(), col(IssuerKey.id))))


def key_of(session: Session, org: Organization | None, key_id: str) -> IssuerKey:
    """One key of an organisation, of the installation for None. Raises Absent."""
    row = session.get(IssuerKey, key_id)
    if row is None or row.org_id != (None if org is None else org.id):
        raise Absent
    return row


def signing_key(session: Session, controller: str, purpose: str, now: datetime) -> IssuerKey | None:
    """The key an issuer signs with: of those active now, the one made last."""
    statement = (
        select(IssuerKey)
        .where(IssuerKey.controller == controller, IssuerKey.purpose == purpose, IssuerKey.state == KeyState.ACTIVE)
        .where((col(IssuerKey.expires).is_(None)) | (col(IssuerKey.expires) > now))
        .where(IssuerKey.created <= now)
        .order_by(col(IssuerKey.created).desc(), col(IssuerKey.id))
    )
    return session.exec(statement).first()


def all_active(session: Session, key_ids: Iterable[str]) -> bool:
    """Whether keys are in use still; ask in the transaction that publishes what they signed."""
    return all(session.get_one(IssuerKey, key_id).state == KeyState.ACTIVE for key_id in key_ids)


# ---------------------------------------------------------------- changing


def replacement(desk: IssuerDesk, org: Organization | None, purpose: str) -> IssuerKey:
    """A prepared key of an organisation, of the installation for None."""
    did, slug = _named(desk, org)
    return prepare_keys(desk, did, slug, purposes=[purpose], org_id=None if org is None else org.id)[0]


def rotate(session: Session, new: IssuerKey, *, actor: str, now: datetime, why: str) -> None:
    """Take a prepared key into use; the ones before it, of its issuer and purpose, are retired and keep verifying.

    Raises Mistakes (``why``) where there is one before it.
    """
    older = session.exec(
        select(IssuerKey).where(
            IssuerKey.controller == new.controller,
            IssuerKey.purpose == new.purpose,
            IssuerKey.state == KeyState.ACTIVE,
        )
    ).all()
    if older and not why.strip():
        refuse("why", "Say why; others will ask.")
    for row in older:
        row.state, row.retired = KeyState.RETIRED, max(now.replace(microsecond=0), row.created)
        session.add(row)
        log.record(
            session,
            actor=actor,
            action="key.retired",
            target=f"key:{row.id}",
            at=now,
            org_id=row.org_id,
            why=why,
        )
    add_keys(session, [new], actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class Revocation:
    """A key is revoked from ``at`` on, for a reason. ``replacement`` is a prepared key that takes its place where it
    was in use; ``resign`` asks for everything it signed to be signed anew."""

    at: datetime
    why: str
    replacement: IssuerKey | None = None
    resign: bool = True


def revoke(session: Session, key: IssuerKey, revocation: Revocation, *, actor: str, now: datetime) -> None:
    """Publish that a key's signatures are not to be believed from an instant on. For good.

    Raises Mistakes (``at``, ``why``), Conflict.
    """
    at = revocation.at
    if key.state == KeyState.REVOKED:
        raise Conflict("This key was revoked already.")
    if not revocation.why.strip():
        refuse("why", "Say why; others will ask.")
    if at > now:
        refuse("at", "A key cannot be revoked in the future.")
    if at < key.created:
        refuse("at", "The key was made on {made}; it cannot be revoked before that.", made=key.created.isoformat())
    was_active = key.state == KeyState.ACTIVE
    key.state, key.revoked = KeyState.REVOKED, at
    session.add(key)
    log.record(
        session,
        actor=actor,
        action="key.revoked",
        target=f"key:{key.id}",
        at=now,
        org_id=key.org_id,
        detail={"from": at.isoformat(), "resign": revocation.resign},
        why=revocation.why,
    )
    # What is being signed with it just now is not written; it is signed with another.
    queue.ask_again(session, _SIGNING, org_id=key.org_id, now=now)
    if was_active and revocation.replacement is not None:
        rotate(session, revocation.replacement, actor=actor, now=now, why=revocation.why)
    if key.org_id is not None and key.purpose == EMBEDDED:
        # Whatever becomes of the badges: those signed with another key point to these lists too.
        want_all(session, key.org_id, now=now)
    if revocation.resign and key.org_id is None:
        queue.ask(session, RESIGN_OWN, key.id, now=now)
    elif revocation.resign:
        queue.ask(session, "resign", f"{key.org_id}:{key.id}", now=now, org_id=key.org_id)
