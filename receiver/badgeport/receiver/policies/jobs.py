"""Signing editions: with the organisation's key, read back before it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs.handling import Handlers, NotYet, Trouble
from badgeport.issuer.people.keys import EMBEDDED, all_active, signing_key
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.release import Minted
from badgeport.issuer.status.lists import entries_of, place_for
from badgeport.issuer.status.tables import StatusListRow
from badgeport.keys.signer import Signer
from badgeport.receiver.office import Office
from badgeport.receiver.policies import editions, signing
from badgeport.receiver.policies.tables import Edition
from badgeport.schemas import jsontext
from badgeport.verifier.recognition.approval.agreements import agreement_of
from badgeport.verifier.recognition.approval.authority_json import approval_of
from badgeport.verifier.recognition.approval.documents import Issue
from badgeport.verifier.recognition.approval.members import Members
from badgeport.verifier.recognition.authoring.authoring import read_policy
from badgeport.verifier.shelf import signed_form


@dataclass(frozen=True, slots=True)
class _Material:
    kind: str
    text: str
    issuer_name: str
    key: IssuerKey
    status: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Signed:
    minted: Minted
    key_id: str


class SignHandler:
    """Signs one edition of a policy, an agreement or an approval list."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:
        """What it says, and the key; None where it is signed or called off. Raises Trouble, NotYet."""
        row = session.get(Edition, key)
        if row is None or row.state != editions.SIGNING:
            return None
        org = session.get_one(Organization, row.org_id)
        places = place_for(session, org, row.id, desk.clock())
        lists = session.exec(select(StatusListRow).where(col(StatusListRow.id).in_({one.list_id for one in places})))
        if any(one.edition == 0 for one in lists):
            raise NotYet("the status list it names is not signed yet")
        signer = signing_key(session, org.did, EMBEDDED, desk.clock())
        if signer is None:
            raise Trouble("the organization has no key to sign with")
        return _Material(row.kind, row.content, org.name, signer, tuple(entries_of(desk, places)))

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        """Sign it, read it back."""
        if prepared is None:
            return None
        signer = desk.custody.open(prepared.key)
        return _Signed(_SIGNERS[prepared.kind](desk, prepared, signer), prepared.key.id)

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:  # noqa: ARG002
        """Publish it, unless it was called off, or its key taken out of use, meanwhile."""
        row = session.get(Edition, key)
        if row is None or result is None or row.state != editions.SIGNING:
            return None
        if not all_active(session, (result.key_id,)):
            return timedelta(0)
        minted = result.minted
        editions.settle(session, row, minted.bytes, minted.sha256, signed_form(minted.bytes).media_type, now=now)
        self._office.verifier.shelf.look_again()
        return None


def handlers(office: Office) -> Handlers:
    """Handlers by kind."""
    return {editions.JOB: SignHandler(office)}


def _issue(desk: IssuerDesk, material: _Material) -> Issue:
    return Issue(desk.clock().replace(microsecond=0), status=material.status, issuer_name=material.issuer_name)


def _policy(desk: IssuerDesk, material: _Material, signer: Signer) -> Minted:
    return signing.sign_policy(
        read_policy(material.text),
        signer,
        _issue(desk, material),
        now=desk.clock(),
        contexts=desk.contexts,
        limits=desk.limits,
    )


def _agreement(desk: IssuerDesk, material: _Material, signer: Signer) -> Minted:
    return signing.sign_agreement(
        agreement_of(jsontext.parse_object(material.text.encode())),
        signer,
        _issue(desk, material),
        now=desk.clock(),
        contexts=desk.contexts,
        limits=desk.limits,
    )


def _approvals(desk: IssuerDesk, material: _Material, signer: Signer) -> Minted:
    said = Members(jsontext.parse_object(material.text.encode()), "the list")
    return signing.sign_approvals(
        said.text("id"),
        said.text("title"),
        [approval_of(each) for each in said.items("approvals")],
        signer,
        _issue(desk, material),
        period=said.period(),
        now=desk.clock(),
        contexts=desk.contexts,
        limits=desk.limits,
    )


_SIGNERS = {editions.POLICY: _policy, editions.AGREEMENT: _agreement, editions.APPROVALS: _approvals}
