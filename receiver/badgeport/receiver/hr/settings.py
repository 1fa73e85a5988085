"""The settings of an organisation's HR: policy, roster, when to look again, who is told of what changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from urllib.parse import urlsplit

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Identity, Membership, Organization
from badgeport.issuer.storage.secrets import new_token
from badgeport.keys.did import comparable
from badgeport.receiver.hr import rooms
from badgeport.receiver.hr.tables import HrNotice, HrSettings
from badgeport.receiver.office import Office
from badgeport.verifier.hr.roster import Roster, read_roster
from badgeport.verifier.hr.table import MAXIMUM_BYTES
from badgeport.verifier.recognition.approval.csv_rows import TableError

SEALED_FOR = "hr-webhook"
"""The purpose under which the secret of a webhook is sealed."""
MOST_DAYS = 365
_STATE = re.compile(r"[A-Z]{2}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ADDRESS_CHARS = 2000
_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy with one of its purposes, to choose from. ``own``: the organisation's; ``example``: not law."""

    policy: str
    purpose: str
    title: str
    purpose_title: str
    unit: str
    own: bool
    example: bool

    @property
    def key(self) -> str:
        """How a form names it."""
        return f"{self.purpose} {self.policy}"


def settings_of(session: Session, org_id: str, now: datetime) -> HrSettings:
    """The settings of an organisation; those of the beginning where nobody set any."""
    return session.get(HrSettings, org_id) or HrSettings(org_id=org_id, changed=now)


def choices(office: Office, org: Organization) -> list[Choice]:
    """What can be credited under: the organisation's own policies first, then the others of the shelf."""
    found: dict[tuple[str, str], Choice] = {}
    for each in office.verifier.shelf.policies:
        policy = each.policy
        own = comparable(policy.jurisdiction.id) == comparable(org.did)
        for purpose, terms in policy.purposes.items():
            example = policy.status == "example"
            choice = Choice(policy.id, purpose, policy.title, terms.title, terms.unit, own, example)
            found.setdefault((policy.id, purpose), choice)
    return sorted(found.values(), key=lambda one: (not one.own, one.example, one.title, one.purpose_title))


def choose(
    session: Session,
    office: Office,
    org: Organization,
    *,
    policy: str,
    purpose: str,
    state: str,
    namespace: str,
    every_days: int,
    actor: str,
    now: datetime,
) -> HrSettings:
    """Say by which policy and for which purpose is credited, what exports name, and how often to look again.

    ``state`` and ``namespace`` may be empty; ``every_days`` is from 0 (never by itself) to `MOST_DAYS`. Raises
    Mistakes (``policy``, ``state``, ``namespace``, ``every_days``).
    """
    mistakes = Mistakes()
    if not any((one.policy, one.purpose) == (policy, purpose) for one in choices(office, org)):
        mistakes.add("policy", "Choose a policy and what it is used for.")
    if state and not _STATE.fullmatch(state):
        mistakes.add("state", "Write the state as two capital letters, like AR.")
    if namespace and (len(namespace) > _ADDRESS_CHARS or not _URI.fullmatch(namespace)):
        mistakes.add("namespace", "Write the namespace as a URI, like uri://kaneridge.example.")
    if not 0 <= every_days <= MOST_DAYS:
        mistakes.add("every_days", "Write a number of days from 0 to {most}; 0 is never.", most=MOST_DAYS)
    if mistakes:
        raise mistakes
    row = settings_of(session, org.id, now)
    row.policy, row.purpose, row.state, row.namespace = policy, purpose, state, namespace
    row.every_days, row.changed = every_days, now
    session.add(row)
    detail = {"policy": policy, "purpose": purpose, "everyDays": every_days}
    _record(session, org, "hr.settings", actor, now, detail)
    return row


# ---------------------------------------------------------------- the roster


def take_roster(office: Office, org: Organization, file: BinaryIO, name: str, *, actor: str, now: datetime) -> Roster:
    """Put a roster in the place of the one before. It has a transaction of its own.

    Rows that are not right are left out, each with its line and reason. Raises Mistakes (``file``) for what is no
    roster, or has no row that can be used.
    """
    file.seek(0)
    data = file.read(MAXIMUM_BYTES + 1)
    try:
        roster = read_roster(data)
    except TableError as error:
        refuse("file", "Line {line}: {reason}.", line=error.line, reason=error.reason)
    if not roster.employees:
        if not roster.refused:
            refuse("file", "This file has no rows below its first line.")
        first = roster.refused[0]
        refuse("file", "None of its rows can be used. Line {line}: {reason}.", line=first.line, reason=first.reason)
    said = {
        "name": name.strip()[:_NAME_CHARS] or "roster.csv",
        "sha256": rooms.digest_of(data),
        "employees": len(roster.employees),
        "refused": len(roster.refused),
        "at": now.isoformat(),
        "by": actor,
    }
    path = rooms.roster_file(office, org.id, said)
    assert path is not None
    rooms.keep_whole(path, data)
    with office.issuer.database.writing() as session:
        row = settings_of(session, org.id, now)
        before = rooms.roster_file(office, org.id, row.roster)
        row.roster, row.changed = said, now
        session.add(row)
        detail = {key: said[key] for key in ("sha256", "employees", "refused")}
        _record(session, org, "hr.roster", actor, now, detail)
    if before is not None and before != path:
        # It names people who may have left: what was decided by it stands in the records of the decisions.
        before.unlink(missing_ok=True)
    return roster


# ---------------------------------------------------------------- who is told


def set_webhook(session: Session, desk: IssuerDesk, org: Organization, url: str, *, actor: str, now: datetime) -> str:
    """Have reports posted to an address; the secret they are signed with, which nobody can show again.

    Raises Mistakes (``url``).
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        known = parts.scheme == "https" or (parts.scheme == "http" and desk.public_url.startswith("http://"))
        sound = known and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        sound = False
    if not sound or len(text) > _ADDRESS_CHARS or not text.isprintable() or " " in text:
        refuse("url", "Give a web address that begins with https://, without a user name in it.")
    secret = new_token()
    row = settings_of(session, org.id, now)
    row.webhook, row.webhook_secret = text, desk.secrets.seal(SEALED_FOR, secret.encode())
    row.changed = now
    session.add(row)
    _record(session, org, "hr.webhook-set", actor, now, _host(text))
    return secret


def drop_webhook(session: Session, org: Organization, *, actor: str, now: datetime) -> None:
    """Have reports posted nowhere. Raises Conflict where they are not."""
    row = settings_of(session, org.id, now)
    if not row.webhook:
        raise Conflict("Reports are posted to no address.")
    detail = _host(row.webhook)
    row.webhook, row.webhook_secret, row.changed = "", "", now
    session.add(row)
    _record(session, org, "hr.webhook-removed", actor, now, detail)


def _host(address: str) -> Mapping[str, object]:
    """What the history keeps of an address: further on there may be a secret in it."""
    return {"host": urlsplit(address).hostname}


def wants_messages(session: Session, org_id: str, account_id: str) -> bool:
    """Whether somebody is written to when something changed."""
    row = _membership(session, org_id, account_id)
    return row is not None and session.get(HrNotice, row.id) is not None


def ask_for_messages(session: Session, org: Organization, account_id: str, *, wanted: bool, now: datetime) -> None:
    """Write to somebody with the role for staff credit when something changed, or do so no more. Raises Absent."""
    membership = _membership(session, org.id, account_id)
    if membership is None:
        raise Absent
    row = session.get(HrNotice, membership.id)
    if wanted and row is None:
        session.add(HrNotice(membership_id=membership.id, since=now))
    elif not wanted and row is not None:
        session.delete(row)
    else:
        return
    _record(session, org, "hr.messages", account_id, now, {"wanted": wanted})


def told_of_changes(session: Session, org_id: str) -> list[tuple[Account, Identity]]:
    """Who is written to."""
    statement = (
        select(Account, Identity)
        .join(Identity, col(Identity.account_id) == col(Account.id))
        .join(Membership, col(Membership.account_id) == col(Account.id))
        .join(HrNotice, col(HrNotice.membership_id) == col(Membership.id))
        .where(Membership.org_id == org_id, Account.state == "active")
        .order_by(col(Account.id))
    )
    return list(session.exec(statement).all())


def _membership(session: Session, org_id: str, account_id: str) -> Membership | None:
    statement = select(Membership).where(
        Membership.org_id == org_id, Membership.account_id == account_id, Membership.role == Role.HR.value
    )
    return session.exec(statement).first()


def _record(
    session: Session, org: Organization, action: str, actor: str, now: datetime, detail: Mapping[str, object]
) -> None:
    log.record(
        session, actor=actor, action=action, target=f"organization:{org.id}", at=now, org_id=org.id, detail=detail
    )
