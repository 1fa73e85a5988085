"""Looking again at everything credited: on demand and regularly, by a worker, some employees at a time.

What is new is told: on the page, by e-mail to who asked for it, and to another system by a signed message. Nothing is
reversed by itself; a person accepts or declines each proposal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from badgeport.web.words import keyed, words
from sqlmodel import Session, col, func, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.mail import post
from badgeport.issuer.desk import IssuerDesk, OutboundError
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import Trouble
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.web.visits import TEXTS
from badgeport.receiver.hr import rooms
from badgeport.receiver.hr.settings import SEALED_FOR, settings_of, told_of_changes
from badgeport.receiver.hr.tables import HrImport, HrRecheck, HrSettings
from badgeport.receiver.office import Office
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.rechecking import Change, Report, SettlementError, open_changes, recheck
from badgeport.verifier.hr.rechecking import settle as settle_in

KIND, REGULARLY, TELLING = "hr-recheck", "hr-recheck-due", "hr-webhook"
TOGETHER = 200
"""How many lines of the ledger are looked at in one go, roughly."""

_SUBJECT = keyed("{organization}: credited badges changed")
_BODY = keyed(
    "Hello,\n\nSome badges that {organization} credited are not what they were: {count} new since the last check.\n\n"
    "Nothing was taken back. Look at each change and decide:\n{link}\n\n"
    "You get this message because you asked for it in the settings of staff credit.\n"
)


# ---------------------------------------------------------------- asking


def start(session: Session, org_id: str, *, actor: str, now: datetime) -> HrRecheck:
    """Have everything checked again; one that is under way is that."""
    running = select(HrRecheck).where(HrRecheck.org_id == org_id, HrRecheck.state == "running")
    row = session.exec(running).first()
    if row is None:
        row = HrRecheck(id=new_id(), org_id=org_id, created=now, created_by=actor)
        session.add(row)
        session.flush()
        log.record(
            session, actor=actor, action="hr-recheck.asked", target=f"hr-recheck:{row.id}", at=now, org_id=org_id
        )
    queue.ask(session, KIND, row.id, now=now, org_id=org_id, beside=True)
    return row


def recheck_of(session: Session, org_id: str, recheck_id: str) -> HrRecheck:
    """A re-check of an organisation. Raises Absent."""
    row = session.get(HrRecheck, recheck_id)
    if row is None or row.org_id != org_id:
        raise Absent
    return row


def rechecks_statement(org_id: str) -> Any:
    """The statement that lists the re-checks of an organisation, newest first."""
    statement = select(HrRecheck).where(HrRecheck.org_id == org_id)
    return statement.order_by(col(HrRecheck.created).desc(), col(HrRecheck.id))


def change_of(ledger: Ledger, finding: int) -> Change:
    """An open change by its number. Raises Absent."""
    found = next((one for one in open_changes(ledger) if one.finding == finding), None)
    if found is None:
        raise Absent
    return found


def settle(
    session: Session,
    office: Office,
    org: Organization,
    finding: int,
    *,
    accept: bool,
    why: str,
    actor: str,
    now: datetime,
) -> None:
    """Accept or decline what is proposed about a change; ``actor`` is the account of the person who does.

    Raises Absent, Conflict where nothing is proposed, Mistakes (``why``).
    """
    if not why.strip():
        mistakes = Mistakes()
        mistakes.add("why", "Say why; others will ask.")
        raise mistakes
    with rooms.ledger_of(office, org.id) as ledger:
        change = change_of(ledger, finding)
        if accept and change.proposal is None:
            raise Conflict("Nothing is proposed here that could be accepted.")
        log.record(
            session,
            actor=actor,
            action="hr-change.accepted" if accept else "hr-change.declined",
            target=f"hr-change:{org.id}:{finding}",
            at=now,
            org_id=org.id,
            detail={"line": change.entry, "code": change.code, "proposal": change.proposal},
            why=why,
        )
        try:
            settle_in(ledger, finding, accept=accept, who=actor, why=why.strip(), now=now)
        except SettlementError:
            raise Conflict("Somebody else decided about this in the meantime.") from None


# ---------------------------------------------------------------- working


@dataclass(frozen=True, slots=True)
class _Work:
    """``told``: the number of the last change that an earlier re-check found."""

    row: HrRecheck
    settings: HrSettings
    told: int


@dataclass(frozen=True, slots=True)
class _Looked:
    reached: str
    more: bool
    checked: int
    found: tuple[int, ...]
    report: dict[str, Any]


class Rechecking:
    """Checks again what one organisation credited, some employees after others."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> _Work | None:
        """The re-check as it stands; None where it is over."""
        row = session.get(HrRecheck, key)
        if row is None or row.state != "running":
            return None
        earlier = select(HrRecheck.found).where(HrRecheck.org_id == row.org_id, HrRecheck.id != row.id)
        told = max((number for found in session.exec(earlier) for number in found), default=0)
        return _Work(row, settings_of(session, row.org_id, desk.clock()), told)

    def work(self, desk: IssuerDesk, prepared: _Work | None) -> _Looked | None:
        """Look at the next employees."""
        if prepared is None:
            return None
        office, row, settings = self._office, prepared.row, prepared.settings
        now = desk.clock().replace(microsecond=0)
        try:
            with rooms.ledger_of(office, row.org_id) as ledger:
                chosen, more = _next_employees(ledger, row.reached)
                report = recheck(
                    ledger,
                    rooms.examiner_of(office),
                    now,
                    terms=rooms.terms_of(office, settings.policy, settings.purpose, now),
                    roster=rooms.roster_of(office, row.org_id, settings.roster),
                    employees=frozenset(chosen),
                )
                # Not those that are new in the ledger: a worker that died may have left them there, and told nobody.
                found = tuple(change.finding for change in report.changes if change.finding > prepared.told)
                checked = row.checked + report.checked
                whole = {} if more else _whole(ledger, {*row.found, *found}, checked, now)
        except ProblemError as error:
            raise Trouble(error.problem.detail) from None
        return _Looked(chosen[-1] if chosen else row.reached, more, checked, found, whole)

    def settle(
        self, session: Session, desk: IssuerDesk, key: str, result: _Looked | None, now: datetime
    ) -> timedelta | None:
        """Note how far it is; at the end tell of what is new."""
        row = session.get(HrRecheck, key)
        if row is None or result is None:
            return None
        row.reached, row.checked, row.found = result.reached, result.checked, [*row.found, *result.found]
        session.add(row)
        if result.more:
            return timedelta(0)
        row.state, row.finished, row.report = "done", now, result.report
        detail = {"checked": row.checked, "changes": len(result.report["changes"]), "new": len(row.found)}
        log.record(
            session,
            actor=row.created_by,
            action="hr-recheck.done",
            target=f"hr-recheck:{row.id}",
            at=now,
            org_id=row.org_id,
            detail=detail,
        )
        if row.found:
            _tell(session, desk, row, now)
        return None


def _next_employees(ledger: Ledger, reached: str) -> tuple[list[str], bool]:
    """The employees that are looked at next, and whether there are more after them."""
    query = "SELECT employee, count(*) AS lines FROM entry WHERE employee > ? GROUP BY employee ORDER BY employee"
    chosen: list[str] = []
    lines = 0
    for row in ledger.rows(query, (reached,)):
        if lines >= TOGETHER:
            return chosen, True
        chosen.append(row["employee"])
        lines += row["lines"]
    return chosen, False


def _whole(ledger: Ledger, new: set[int], checked: int, now: datetime) -> dict[str, Any]:
    changes = tuple(replace(change, new=change.finding in new) for change in open_changes(ledger))
    return Report(format_datetime(now), checked, changes).to_json()


def _tell(session: Session, desk: IssuerDesk, row: HrRecheck, now: datetime) -> None:
    org = session.get_one(Organization, row.org_id)
    link = desk.url(f"/o/{org.slug}/hr/changes")
    for account, identity in told_of_changes(session, row.org_id):
        say = words(account.language, *TEXTS).say
        values = {"organization": org.name, "count": len(row.found), "link": link}
        subject, body = say(_SUBJECT, organization=org.name), say(_BODY, **values)
        post(session, address=identity.email, subject=subject, body=body, now=now, org_id=org.id)
    settings = settings_of(session, row.org_id, now)
    if settings.webhook:
        row.webhook = settings.webhook
        queue.ask(session, TELLING, row.id, now=now, org_id=row.org_id)


class Telling:
    """Posts the report of a re-check to the address that the organisation set, signed by its secret."""

    tries = 80
    """Three days and some hours: longer than another system is away."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> tuple[str, bytes, bytes] | None:
        """Where to, what, and the secret; None where it arrived, or nobody wants it any more."""
        row = session.get(HrRecheck, key)
        if row is None or row.delivered is not None:
            return None
        settings = settings_of(session, row.org_id, desk.clock())
        secret = desk.secrets.unseal(SEALED_FOR, settings.webhook_secret) if settings.webhook else None
        return None if secret is None else (settings.webhook, jsontext.dump(row.report), secret)

    def work(self, desk: IssuerDesk, prepared: tuple[str, bytes, bytes] | None) -> bool:
        """Post it. Raises Trouble."""
        if prepared is None:
            return False
        url, body, secret = prepared
        try:
            self._office.post_signed(url, body, secret, desk.clock())
        except OutboundError as error:
            raise Trouble(f"the report of a re-check was not delivered: {error}") from None
        return True

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: bool, now: datetime) -> None:
        """Note that it arrived."""
        del desk
        row = session.get(HrRecheck, key)
        if result and row is not None:
            row.delivered = now
            session.add(row)


class Regularly:
    """Has everything checked again where that is due."""

    every = timedelta(hours=1)

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> list[str]:
        """The organisations where it is."""
        del key
        now = desk.clock()
        due = []
        first = (
            select(HrImport.org_id, func.min(col(HrImport.finished)))
            .where(HrImport.state == "done")
            .group_by(col(HrImport.org_id))
        )
        begun = dict(session.exec(first).all())
        for settings in session.exec(select(HrSettings).where(col(HrSettings.every_days) > 0)):
            last = session.exec(rechecks_statement(settings.org_id).limit(1)).first()
            since = begun.get(settings.org_id) if last is None else last.created
            if since is not None and since + timedelta(days=settings.every_days) <= now:
                due.append(settings.org_id)
        return due

    def work(self, desk: IssuerDesk, prepared: list[str]) -> list[str]:
        """Nothing."""
        del desk
        return prepared

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: list[str], now: datetime) -> None:
        """Ask for it."""
        del desk, key
        for org_id in result:
            start(session, org_id, actor="system", now=now)
