"""Whom an authority approves: rows that are added, imported and ended, and the list of them that it signs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, func, or_, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.keys.did import comparable
from badgeport.receiver.partnerships.tables import Approved
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.tables import Edition
from badgeport.schemas import jsontext
from badgeport.verifier.recognition.approval.authority import Approval
from badgeport.verifier.recognition.approval.authority_json import approval_json
from badgeport.verifier.recognition.approval.authority_json import approval_of as read_approval
from badgeport.verifier.recognition.approval.csv_lists import ApprovalTable
from badgeport.verifier.recognition.approval.members import Members
from badgeport.verifier.recognition.model import Period

MOST = 20_000
"""Approvals that one organisation keeps; more of them would not fit into a document that everybody reads."""

STATE_WORDS: Mapping[str, str] = {
    "current": keyed("Current"),
    "coming": keyed("Not begun yet"),
    "ended": keyed("Ended"),
}
STATES = tuple(STATE_WORDS)
STATE_SIGNS = {"current": "active", "coming": "due"}
"""The sign beside a state; others have the plain one."""
_AREA = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


def address_of(desk: IssuerDesk, org: Organization) -> str:
    """Where the approval list of an organisation is published: its id."""
    return desk.url(f"/approvals/{org.slug}")


def approval_of(row: Approved) -> Approval:
    """A row as the engine reads it."""
    return Approval(
        issuer=row.issuer,
        achievement=row.achievement,
        version=row.achievement_version,
        areas=tuple(row.areas),
        period=Period(row.starts, row.ends),
        name=row.name,
    )


def state_of(row: Approved, today: date) -> str:
    """``current``, ``coming`` or ``ended``."""
    return standing_of(approval_of(row), today)


def standing_of(approval: Approval, today: date) -> str:
    """``current``, ``coming`` or ``ended``."""
    period = approval.period
    if period.start is not None and period.start > today:
        return "coming"
    return "ended" if period.end is not None and period.end < today else "current"


def said_by(edition: Edition) -> Sequence[Approval]:
    """The approvals of an edition of the list."""
    said = Members(jsontext.parse_object(edition.content.encode()), "the list")
    return [read_approval(each) for each in said.items("approvals")]


def listed(org: Organization, state: str, today: date) -> Any:
    """The statement of an organisation's approvals, of one state or of every one."""
    statement = select(Approved).where(Approved.org_id == org.id)
    begun = or_(col(Approved.starts).is_(None), col(Approved.starts) <= today)
    runs = or_(col(Approved.ends).is_(None), col(Approved.ends) >= today)
    if state == "current":
        statement = statement.where(begun, runs)
    elif state == "coming":
        statement = statement.where(col(Approved.starts) > today)
    elif state == "ended":
        statement = statement.where(begun, col(Approved.ends) < today)
    return statement.order_by(col(Approved.name), col(Approved.achievement), col(Approved.issuer), Approved.id)


def approved_of(session: Session, org: Organization, approval_id: str) -> Approved:
    """One approval of an organisation. Raises Absent."""
    row = session.get(Approved, approval_id)
    if row is None or row.org_id != org.id:
        raise Absent
    return row


def typed(given: Mapping[str, str]) -> Approval:
    """The approval that a form or a program states, from texts. Raises Mistakes."""
    mistakes = Mistakes()
    said = {name: given.get(name, "").strip() or None for name in ("issuer", "achievement", "version", "name")}
    if said["issuer"] is None and said["achievement"] is None:
        mistakes.add("issuer", "Name an issuer, an achievement, or both.")
    for name in ("issuer", "achievement"):
        value = said[name]
        if value is not None and not _URI.fullmatch(value):
            mistakes.add(name, "Write a DID or a web address.")
    areas = tuple(given.get("area", "").upper().split())
    if any(not _AREA.fullmatch(area) for area in areas):
        mistakes.add("area", "Write codes such as US or US-IL, with spaces between them.")
    for name, value in said.items():
        if value is not None and len(value) > 2000:
            mistakes.add(name, "This is too long.")
    days: list[date | None] = []
    for name in ("from", "until"):
        text = given.get(name, "").strip()
        try:
            days.append(date.fromisoformat(text) if text else None)
        except ValueError:
            mistakes.add(name, "Write the day as year, month and day, like 2026-06-30.")
            days.append(None)
    if days[0] and days[1] and days[1] < days[0]:
        mistakes.add("until", "The last day is before the first.")
    if mistakes:
        raise mistakes
    return Approval(said["issuer"], said["achievement"], said["version"], areas, Period(*days), said["name"])


def add(session: Session, org: Organization, approval: Approval, *, actor: str, now: datetime) -> Approved:
    """Approve. Raises Mistakes where there is an approval of the same on the same days already."""
    _check_room(session, org, 1)
    if _clash(approval, (approval_of(row) for row in session.exec(_same(org, approval)))):
        refuse("issuer", "There is an approval of the same already, and the days overlap.")
    row = _row(org, approval, actor, now)
    session.add(row)
    session.flush()
    _record(session, org, "approval.added", f"approval:{row.id}", actor, now, approval_json(approval))
    return row


def take_over(session: Session, org: Organization, table: ApprovalTable, *, actor: str, now: datetime) -> int:
    """Add every row of a table, how many were new: what is there already word for word is not added again.

    All or nothing: a list says of everybody who is not on it that they are not approved. Raises Conflict where a row of
    the table was not right, or clashes with an approval that is there.
    """
    if table.refused:
        raise Conflict("Some rows are not right; nothing was taken over.")
    there: dict[tuple[object, ...], list[Approval]] = {}
    for row in session.exec(select(Approved).where(Approved.org_id == org.id)):
        known = approval_of(row)
        there.setdefault(_subject(known), []).append(known)
    new: list[Approval] = []
    for each in table.approvals:
        same = there.get(_subject(each), [])
        if any(one.period == each.period for one in same):
            continue
        if _clash(each, same):
            raise Conflict(
                "“{name}” is approved already on other days, which overlap; nothing was taken over.",
                name=each.name or each.achievement or each.issuer or "",
            )
        new.append(each)
    _check_room(session, org, len(new))
    session.add_all([_row(org, each, actor, now) for each in new])
    _record(session, org, "approval.imported", f"organization:{org.id}", actor, now, {"rows": len(new)})
    return len(new)


def end(session: Session, org: Organization, row: Approved, last: date, *, why: str, actor: str, now: datetime) -> None:
    """Let an approval end with a day. One that has not begun by then goes altogether. Raises Mistakes."""
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    if row.ends is not None and last > row.ends:
        refuse("until", "It ends on {day} already. An approval is prolonged by a new one.", day=row.ends.isoformat())
    detail = {"until": last.isoformat()}
    if row.starts is not None and last < row.starts:
        if row.starts <= now.date():
            refuse("until", "It began on {day}. Choose a day from then on.", day=row.starts.isoformat())
        session.delete(row)
    else:
        row.ends = last
        session.add(row)
    _record(session, org, "approval.ended", f"approval:{row.id}", actor, now, detail, why)


def publish(session: Session, desk: IssuerDesk, org: Organization, *, actor: str, now: datetime) -> Edition:
    """Have the list signed as it stands; it takes the place of the edition before it. Raises Conflict, Mistakes."""
    rows = session.exec(listed(org, "", now.date())).all()
    if not rows:
        raise Conflict("There are no approvals. A list of nothing approves nobody, and is not signed by accident.")
    title = f"Approvals of {org.name}"
    content = {
        "id": address_of(desk, org),
        "title": title,
        "from": now.date().isoformat(),
        "approvals": [approval_json(approval_of(row)) for row in rows],
    }
    text = json.dumps(content, ensure_ascii=False)
    wanted = editions.Wanted(editions.APPROVALS, org.id, title, text, starts=now.date())
    return editions.add(session, org, wanted, actor=actor, now=now)


def is_up_to_date(session: Session, org: Organization, edition: Edition | None, today: date) -> bool:
    """Whether the published list says what stands here now."""
    rows = session.exec(listed(org, "", today)).all()
    if edition is None:
        return not rows
    said: list[Any] = json.loads(edition.content)["approvals"]
    return said == [approval_json(approval_of(row)) for row in rows]


def counts(session: Session, org: Organization, today: date) -> dict[str, int]:
    """How many approvals are in each state."""
    return {
        state: session.exec(select(func.count()).select_from(listed(org, state, today).order_by(None).subquery())).one()
        for state in STATES
    }


def _row(org: Organization, approval: Approval, actor: str, now: datetime) -> Approved:
    return Approved(
        org_id=org.id,
        issuer=approval.issuer,
        achievement=approval.achievement,
        achievement_version=approval.version,
        areas=list(approval.areas),
        starts=approval.period.start,
        ends=approval.period.end,
        name=approval.name,
        added=now,
        added_by=actor,
    )


def _same(org: Organization, approval: Approval) -> Any:
    return select(Approved).where(
        Approved.org_id == org.id,
        col(Approved.achievement).is_not_distinct_from(approval.achievement),
        col(Approved.achievement_version).is_not_distinct_from(approval.version),
    )


def _subject(approval: Approval) -> tuple[object, ...]:
    issuer = None if approval.issuer is None else comparable(approval.issuer)
    return issuer, approval.achievement, approval.version, tuple(sorted(approval.areas))


def _clash(approval: Approval, others: Iterable[Approval]) -> bool:
    return any(_subject(each) == _subject(approval) and _overlap(each.period, approval.period) for each in others)


def _overlap(one: Period, other: Period) -> bool:
    latest = max(one.start or date.min, other.start or date.min)
    return latest <= min(one.end or date.max, other.end or date.max)


def _check_room(session: Session, org: Organization, more: int) -> None:
    kept = session.exec(select(func.count()).select_from(Approved).where(Approved.org_id == org.id)).one()
    if kept + more > MOST:
        raise Conflict("An organization keeps at most {most} approvals.", most=MOST)


def _record(
    session: Session,
    org: Organization,
    action: str,
    target: str,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any],
    why: str = "",
) -> None:
    log.record(session, actor=actor, action=action, target=target, at=now, org_id=org.id, detail=detail, why=why)


def bad_rows(table: ApprovalTable) -> Sequence[Mapping[str, Any]]:
    """The rows that were not right, for people and programs: line, reason, and the row as it stood in the file."""
    return [{"line": row.line, "reason": row.reason, "original": row.original[:500].rstrip()} for row in table.refused]
