"""What the organisation signs of a decision: its receipt, each appeal, each settlement. Only the worker does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs.handling import Trouble
from badgeport.issuer.people.keys import EMBEDDED, all_active, signing_key
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.release import DEFAULT_FORMATS, release
from badgeport.proofs.secured import open_secured
from badgeport.receiver.decisions import packages
from badgeport.receiver.decisions.services import file_of
from badgeport.receiver.decisions.standing import APPEAL, standing_of, steps_of
from badgeport.receiver.decisions.tables import DecisionStep, FiledDecision
from badgeport.verifier.recognition.approval.contests import Appeal, Override, appeal_of, override_of
from badgeport.verifier.recognition.approval.documents import (
    APPEAL as APPEAL_DOCUMENT,
)
from badgeport.verifier.recognition.approval.documents import (
    DECISION,
    OVERRIDE,
    Issue,
    appeal_document,
    decision_document,
    override_document,
)
from badgeport.verifier.recognition.approval.received import said_in
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.decision import Decision, Kind

RECEIPT = 0
"""The number that stands for the decision itself beside those of its steps."""
CONFIRMED = "Decision confirmed"
"""What the document of a settlement is called that leaves the outcome as it was."""
ERASED_NAME = "a person whose account was erased"


@dataclass(frozen=True, slots=True)
class Material:
    """What is to be signed: bodies by the number of the step, and the key."""

    bodies: Mapping[int, Mapping[str, Any]] = field(repr=False)
    key: IssuerKey


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed, by the number of the step, and with which key."""

    documents: Mapping[int, bytes] = field(repr=False)
    key: str


class SigningHandler:
    """Signs what is not signed yet of one decision; the key of its job is the decision's id."""

    together = 4

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Material | None:
        """The documents, unsigned; None where all are signed. Raises Trouble where the organisation has no key."""
        row = session.get(FiledDecision, key)
        if row is None or row.erased is not None:
            return None
        org, steps = session.get_one(Organization, row.org_id), steps_of(session, row.id)
        missing = [step for step in steps if step.document is None]
        if row.receipt is not None and not missing:
            return None
        signer = signing_key(session, org.did, EMBEDDED, desk.clock())
        if signer is None:
            raise Trouble("the organization has no key to sign its decisions with")
        bodies: dict[int, Mapping[str, Any]] = {}
        if row.receipt is None:
            decision = packages.opened(file_of(desk.blobs, row)).decision
            bodies[RECEIPT] = receipt_body(decision, org, row.filed)
        for step in missing:
            before = standing_of(row, [one for one in steps if one.number < step.number])
            confirms = step.kind == before.kind.value and step.amount == before.amount
            bodies[step.number] = step_body(row, step, org, confirms=confirms)
        return Material(bodies, signer)

    def work(self, desk: IssuerDesk, prepared: Material | None) -> Signed | None:
        """Sign each whole, and read it back."""
        if prepared is None:
            return None
        signer = desk.custody.open(prepared.key)
        format, now = DEFAULT_FORMATS[signer.public_key.key_type], desk.clock()
        documents = {}
        for number, body in prepared.bodies.items():
            minted = release(body, signer, format, now=now, contexts=desk.contexts, limits=desk.limits, disclosable=())
            _read_back(minted.bytes, body)
            documents[number] = minted.bytes
        return Signed(documents, prepared.key.id)

    def settle(
        self,
        session: Session,
        desk: IssuerDesk,  # noqa: ARG002 - the interface's
        key: str,
        result: Signed | None,
        now: datetime,
    ) -> timedelta | None:
        """Keep what was signed, unless the decision was erased or the key taken out of use meanwhile."""
        row = session.get(FiledDecision, key)
        if row is None or result is None or row.erased is not None:
            return None
        if not all_active(session, [result.key]):
            return timedelta(0)
        if row.receipt is None and RECEIPT in result.documents:
            row.receipt, row.signed = result.documents[RECEIPT], now
            session.add(row)
        for step in steps_of(session, row.id):
            if step.document is None and step.number in result.documents:
                step.document, step.signed = result.documents[step.number], now
                session.add(step)
        return None


def receipt_body(decision: Decision, org: Organization, filed: datetime) -> dict[str, Any]:
    """The unsigned receipt, for the educator and for HR; of the educator's DIDs, the first that was stated."""
    stated = decision.inputs.get("facts", {}).get("dids") or [None]
    return decision_document(decision, _issue(org, filed), educator=stated[0])


def step_body(row: FiledDecision, step: DecisionStep, org: Organization, *, confirms: bool) -> dict[str, Any]:
    """The unsigned document of an appeal or a settlement; ``confirms``: the outcome stays what it was."""
    by, issue = step.by or ERASED_NAME, _issue(org, step.at)
    on = step.at.replace(microsecond=0)
    if step.deed == APPEAL:
        return appeal_document(Appeal(row.digest, by, step.reason, on), org.did, issue)
    assert step.kind is not None
    assert step.amount is not None
    override = Override(
        row.digest, by, step.reason, on, Kind(step.kind), Decimal(step.amount), row.unit, office=step.office
    )
    body = override_document(override, org.did, issue)
    return body | {"name": CONFIRMED} if confirms else body


def _issue(org: Organization, at: datetime) -> Issue:
    return Issue(at.replace(microsecond=0), issuer_name=org.name)


def _read_back(data: bytes, body: Mapping[str, Any]) -> None:
    """Raises RuntimeError where the signed document says anything else: it is not kept then."""
    document, types = open_secured(data).document, body["type"]
    for kind, read in ((DECISION, from_json), (APPEAL_DOCUMENT, appeal_of), (OVERRIDE, override_of)):
        if kind.credential in types and read(said_in(document, kind)) == read(said_in(body, kind)):
            return
    raise RuntimeError("a signed document does not say what was decided")
