"""Filed decisions: kept as they were made, appealed, settled by a person. The first decision never changes.

Who filed a decision, also by a token of theirs, or settled it last, does not settle it: four eyes see what is put in
place of a decision.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.home.erasing import let_go
from badgeport.issuer.jobs import queue
from badgeport.issuer.mistakes import Absent, Conflict, Forbidden, Mistakes, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.blobs import Blobs
from badgeport.issuer.storage.keeping import keep
from badgeport.issuer.storage.secrets import new_token, token_hash
from badgeport.receiver.decisions import packages
from badgeport.receiver.decisions.making import Made
from badgeport.receiver.decisions.standing import APPEAL, SETTLED, may_settle, steps_of
from badgeport.receiver.decisions.tables import DecidedBadge, DecisionStep, FiledDecision
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.decision import Kind

JOB = "decision"
"""The kind of the job that signs what is not signed yet of a decision; its key is the decision's id."""
MOST_REFERENCE = 200
MOST_NAME = 200
MOST_REASON = 4000
MOST_STEPS = 50
OUTCOMES = (Kind.ACCEPT, Kind.ACCEPT_WITH_CONDITIONS, Kind.NOT_ACCEPTED)
"""What a person may settle a decision as."""
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)


# -- filing ---------------------------------------------------------------------------------------------------------


def file_decision(
    session: Session,
    org: Organization,
    made: Made,
    stored: tuple[str, int],
    *,
    reference: str,
    key: str,
    fingerprint: str,
    actor: str,
    now: datetime,
    began: datetime,
) -> FiledDecision:
    """File a decision that nobody filed under its key yet (`filed_as`).

    ``stored`` are digest and size of its file (`packages.packed`), which was put into the store after ``began``.
    That its policy decides here on its day is the caller's to know (`making.may_file`). Raises Mistakes
    (``reference``).
    """
    keep(session, *stored, packages.MEDIA_TYPE, began, field="badges")
    decision = made.decision
    row = FiledDecision(
        org_id=org.id,
        key=key,
        fingerprint=fingerprint,
        reference=checked_reference(reference),
        package=stored[0],
        digest=made.digest,
        policy_id=decision.policy.id,
        policy_version=decision.policy.version,
        policy_sha256=decision.policy.sha256,
        policy_title=decision.policy.title,
        purpose=decision.purpose,
        unit=decision.unit,
        kind=decision.kind.value,
        amount=number(decision.amount),
        at_most=number(decision.at_most),
        as_of=decision.as_of,
        filed=now,
        filed_by=actor,
    )
    session.add(row)
    session.flush()
    session.add_all([DecidedBadge(decision_id=row.id, identity=each) for each in made.identities])
    detail = {"decision": row.digest, "kind": row.kind, "policy": row.policy_sha256}
    _note(session, row, "filed", actor, now, detail)
    queue.ask(session, JOB, row.id, now=now, org_id=org.id)
    return row


def filed_as(session: Session, org_id: str, key: str, fingerprint: str) -> FiledDecision | None:
    """What an organisation filed under a key. Raises Conflict where something else was sent with it."""
    row = session.exec(select(FiledDecision).where(FiledDecision.org_id == org_id, FiledDecision.key == key)).first()
    if row is not None and row.fingerprint != fingerprint:
        raise Conflict("This idempotency key was used for another request.")
    return row


def checked_reference(text: str) -> str:
    """A reference as it is kept. Raises Mistakes (``reference``)."""
    if len(text.strip()) > MOST_REFERENCE:
        refuse("reference", "Write at most {most} characters.", most=MOST_REFERENCE)
    return text.strip()


# -- reading --------------------------------------------------------------------------------------------------------


def decision_of(session: Session, org_id: str, decision_id: str) -> FiledDecision:
    """A decision of an organisation. Raises Absent."""
    row = session.get(FiledDecision, decision_id)
    if row is None or row.org_id != org_id:
        raise Absent
    return row


def file_of(blobs: Blobs, row: FiledDecision) -> bytes:
    """The file of a decision. Raises Conflict where it was erased."""
    if row.package is None:
        raise Conflict("What this decision was made from was erased.")
    try:
        with blobs.open(row.package) as file:
            return file.read()
    except KeyError:
        raise Conflict("The file of this decision is missing. Restore it from a backup.") from None


def filed_of(blobs: Blobs, row: FiledDecision) -> packages.Filed:
    """The file of a decision, opened. Raises Conflict where it was erased, is missing or is not what was filed."""
    try:
        return packages.opened(file_of(blobs, row))
    except packages.DamagedError:
        raise Conflict("The file of this decision is damaged. Restore it from a backup.") from None


def cases_under(session: Session, blobs: Blobs, org_id: str, policy_id: str) -> Iterator[tuple[FiledDecision, Inputs]]:
    """The decisions that an organisation filed under a policy, in any version, oldest first, with their inputs.

    `badgeport.verifier.recognition.what_if.affected` tells which of them another version would alter. Those that were
    erased are left out. Raises DamagedError for a file that is not what was filed.
    """
    statement = select(FiledDecision).where(FiledDecision.org_id == org_id, FiledDecision.policy_id == policy_id)
    statement = statement.where(col(FiledDecision.package).is_not(None))
    for row in session.exec(statement.order_by(col(FiledDecision.filed), col(FiledDecision.id))).all():
        yield row, packages.opened(file_of(blobs, row)).inputs()


# -- appeals and settlements ----------------------------------------------------------------------------------------


def appeal(session: Session, row: FiledDecision, *, by: str, reason: str, actor: str, now: datetime) -> DecisionStep:
    """Record that somebody does not agree. Raises Mistakes (``by``, ``reason``), Conflict where one is open already."""
    steps = _open_for_more(session, row)
    if steps and steps[-1].deed == APPEAL:
        raise Conflict("An appeal waits for an answer already.")
    mistakes = Mistakes()
    _check_text(mistakes, "by", by, MOST_NAME, keyed("Write who appeals."))
    _check_text(mistakes, "reason", reason, MOST_REASON, keyed("Write why."))
    if mistakes:
        raise mistakes
    step = DecisionStep(
        decision_id=row.id,
        number=len(steps) + 1,
        deed=APPEAL,
        at=now,
        actor=actor,
        by=by.strip(),
        reason=reason.strip(),
    )
    _add(session, row, step, "appealed", {})
    return step


def settle(
    session: Session,
    row: FiledDecision,
    *,
    outcome: str,
    amount: str,
    by: str,
    office: str,
    reason: str,
    actor: str,
    now: datetime,
    seen: int | None = None,
) -> DecisionStep:
    """A person decides: in place of the decision, or that it stands. The first decision stays as it was made.

    ``by`` and ``office`` are the name and role that stand in the signed document. Raises Forbidden for who filed it or
    settled it last, Conflict where it was changed since it was ``seen``, Mistakes.
    """
    steps = _open_for_more(session, row)
    if seen is not None and seen != row.version:
        raise Conflict("The decision was changed in the meantime. Look at it again.")
    if not may_settle(session, row, steps, actor):
        raise Forbidden("Somebody else settles this: not who filed the decision, and not who settled it last.")
    mistakes = Mistakes()
    kind = next((each for each in OUTCOMES if each.value == outcome), None)
    if kind is None:
        mistakes.add("outcome", "Choose what is decided.")
    stated = amount.strip() or "0"
    if not _AMOUNT.fullmatch(stated):
        mistakes.add("amount", "Write the amount as a number like 12 or 12.5.")
    elif kind is Kind.NOT_ACCEPTED and Decimal(stated) != 0:
        mistakes.add("amount", "What is not accepted gives nothing: leave the amount empty.")
    elif kind is not None and kind is not Kind.NOT_ACCEPTED and Decimal(stated) == 0:
        mistakes.add("amount", "Write how much is given.")
    _check_text(mistakes, "reason", reason, MOST_REASON, keyed("Say why; others will ask."))
    if mistakes:
        raise mistakes
    assert kind is not None
    step = DecisionStep(
        decision_id=row.id,
        number=len(steps) + 1,
        deed=SETTLED,
        at=now,
        actor=actor,
        by=by,
        office=office,
        reason=reason.strip(),
        kind=kind.value,
        amount=number(Decimal(stated)),
    )
    _add(session, row, step, "settled", {"kind": step.kind, "amount": step.amount}, why=step.reason)
    return step


def _open_for_more(session: Session, row: FiledDecision) -> Sequence[DecisionStep]:
    if row.erased is not None:
        raise Conflict("This decision was erased.")
    steps = steps_of(session, row.id)
    if len(steps) >= MOST_STEPS:
        raise Conflict("This decision has as many steps as are kept. File a new one.")
    return steps


def _add(
    session: Session, row: FiledDecision, step: DecisionStep, deed: str, detail: dict[str, Any], why: str = ""
) -> None:
    row.version += 1
    session.add_all([row, step])
    session.flush()
    _note(session, row, deed, step.actor, step.at, {"step": step.number, **detail}, why)
    queue.ask(session, JOB, row.id, now=step.at, org_id=row.org_id)


def _check_text(mistakes: Mistakes, field: str, text: str, most: int, missing: str) -> None:
    if not text.strip():
        mistakes.add(field, missing)
    elif len(text.strip()) > most:
        mistakes.add(field, "Write at most {most} characters.", most=most)


# -- the educator's link, the reference, erasing --------------------------------------------------------------------


def make_link(session: Session, row: FiledDecision, *, actor: str, now: datetime) -> str:
    """The secret of a new address for the educator, which is kept nowhere; an older address opens nothing any more."""
    if row.erased is not None:
        raise Conflict("This decision was erased.")
    secret = new_token()
    row.link_hash = token_hash(secret)
    session.add(row)
    _note(session, row, "link-made", actor, now)
    return secret


def withdraw_link(session: Session, row: FiledDecision, *, actor: str, now: datetime) -> None:
    """The educator's address opens nothing any more. Raises Conflict where there is none."""
    if row.link_hash is None:
        raise Conflict("There is no link to withdraw.")
    row.link_hash = None
    session.add(row)
    _note(session, row, "link-withdrawn", actor, now)


def linked(session: Session, secret: str) -> FiledDecision:
    """The decision behind an educator's address. Raises Absent."""
    row = session.exec(select(FiledDecision).where(FiledDecision.link_hash == token_hash(secret))).first()
    if row is None:
        raise Absent
    return row


def organization_of(session: Session, row: FiledDecision) -> Organization:
    """Whose decision it is."""
    return session.get_one(Organization, row.org_id)


def refer(session: Session, row: FiledDecision, reference: str, *, actor: str, now: datetime) -> None:
    """Change or take away the reference. Raises Mistakes (``reference``), Conflict."""
    if row.erased is not None:
        raise Conflict("This decision was erased.")
    row.reference = checked_reference(reference)
    session.add(row)
    _note(session, row, "reference-changed", actor, now)


def erase(session: Session, row: FiledDecision, *, actor: str, now: datetime, why: str) -> None:
    """Erase what names the person: the file, the signed documents, the reference, names and reasons, the link.

    What was decided, when and under which policy stays, with the digests. Raises Conflict, Mistakes (``why``).
    """
    if row.erased is not None:
        raise Conflict("This decision was erased.")
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    package, row.package = row.package, None
    row.reference, row.receipt, row.link_hash, row.erased = "", None, None, now
    row.version += 1
    session.add(row)
    for step in steps_of(session, row.id):
        step.by, step.reason, step.document = "", "", None
        session.add(step)
    for badge in session.exec(select(DecidedBadge).where(DecidedBadge.decision_id == row.id)).all():
        session.delete(badge)
    _note(session, row, "erased", actor, now, why=why)
    if package is not None:
        let_go(session, [package], now)


def store(blobs: Blobs, data: bytes) -> tuple[str, int]:
    """Put the file of a decision into the store, before the transaction that files it: its digest and size."""
    return blobs.put(io.BytesIO(data))


def _note(
    session: Session,
    row: FiledDecision,
    deed: str,
    actor: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
    why: str = "",
) -> None:
    log.record(
        session,
        actor=actor,
        action=f"decision.{deed}",
        target=f"decision:{row.id}",
        at=now,
        org_id=row.org_id,
        detail=detail,
        why=why,
    )
