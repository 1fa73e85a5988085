"""What educators propose: a micro-credential or a pathway, adopted as a draft by an author, or declined with a word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from badgeport.web.words import words
from pydantic import Field
from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.mail import post
from badgeport.issuer.catalog import authoring
from badgeport.issuer.catalog.definition import DefinitionBody, Experience, Part
from badgeport.issuer.catalog.tables import Definition, Proposal
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.tables import Account, Identity, Membership, Organization

_TEXTS = "badgeport.issuer.web"


class Step(Part):
    """An experience that is proposed."""

    title: Annotated[str, Field(min_length=1, max_length=300)]
    hours: Annotated[float, Field(gt=0, le=1000)] | None = None


class ProposalBody(Part):
    """What is proposed: ``why`` it is needed and for whom, and how it could be learned and shown."""

    name: Annotated[str, Field(max_length=300)] = ""
    goal: Annotated[str, Field(max_length=20_000)] = ""
    why: Annotated[str, Field(max_length=20_000)] = ""
    evidence: Annotated[str, Field(max_length=20_000)] = ""
    pathway: Annotated[tuple[Step, ...], Field(max_length=50)] = ()


def body_of(proposal: Proposal) -> ProposalBody:
    """What a proposal says."""
    return ProposalBody.model_validate(proposal.body)


def own(session: Session, account_id: str, proposal_id: str) -> Proposal:
    """A proposal of an educator. Raises Absent."""
    found = session.get(Proposal, proposal_id)
    if found is None or found.account_id != account_id:
        raise Absent
    return found


def handed_in(session: Session, org_id: str, proposal_id: str) -> Proposal:
    """A proposal that was handed in to an organisation; drafts are their writer's alone. Raises Absent."""
    found = session.get(Proposal, proposal_id)
    if found is None or found.org_id != org_id or found.state == "draft":
        raise Absent
    return found


def write(session: Session, org: Organization, account: Account, body: ProposalBody, *, now: datetime) -> Proposal:
    """Begin a proposal to an organisation one belongs to. Raises Absent, Mistakes."""
    belongs = session.exec(
        select(Membership.id).where(Membership.org_id == org.id, Membership.account_id == account.id)
    ).first()
    if belongs is None:
        raise Absent
    _check(body, whole=False)
    proposal = Proposal(org_id=org.id, account_id=account.id, name=body.name, body=_json(body), created=now)
    session.add(proposal)
    session.flush()
    _record(session, proposal, "proposal.started", account.id, now)
    return proposal


def change(
    session: Session, proposal: Proposal, body: ProposalBody, *, expected: int, now: datetime, submit: bool = False
) -> None:
    """Save one's draft, and hand it in where ``submit`` says so. Raises Mistakes, Conflict."""
    if proposal.state != "draft":
        raise Conflict("It was handed in already.")
    if proposal.version != expected:
        raise Conflict("It was changed in another window since you opened it. What you typed is still here.")
    _check(body, whole=submit)
    proposal.name, proposal.body = body.name, _json(body)
    proposal.version += 1
    if submit:
        proposal.state, proposal.submitted = "submitted", now
    session.add(proposal)
    _record(session, proposal, "proposal.submitted" if submit else "proposal.saved", proposal.account_id, now)


def take_back(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Make a proposal that nobody has answered a draft again. Raises Conflict."""
    if proposal.state != "submitted":
        raise Conflict("It was answered already.")
    proposal.state, proposal.submitted = "draft", None
    proposal.version += 1
    session.add(proposal)
    _record(session, proposal, "proposal.taken-back", proposal.account_id, now)


def delete(session: Session, proposal: Proposal, *, now: datetime) -> None:
    """Delete one's draft. Raises Conflict."""
    if proposal.state != "draft":
        raise Conflict("It was handed in already.")
    _record(session, proposal, "proposal.deleted", proposal.account_id, now)
    session.delete(proposal)
    session.flush()


def adopt(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    proposal: Proposal,
    *,
    answer: str,
    expected: int,
    actor: str,
    now: datetime,
) -> Definition:
    """Make a draft of a micro-credential from a proposal. Raises Conflict."""
    _open(proposal, expected)
    said = body_of(proposal)
    body = DefinitionBody(
        name=said.name,
        competency=said.goal,
        goal=said.goal,
        method=said.why,
        requirements=said.evidence,
        pathway=tuple(
            Experience(key=f"experience-{number}", title=one.title, hours=one.hours)
            for number, one in enumerate(said.pathway, 1)
        ),
    )
    definition = authoring.create(
        session, org, kind="micro-credential", body=body, actor=actor, now=now, proposal_id=proposal.id
    )
    _answer(session, desk, org, proposal, "adopted", answer, actor, now, definition)
    return definition


def decline(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    proposal: Proposal,
    *,
    answer: str,
    expected: int,
    actor: str,
    now: datetime,
) -> None:
    """Say no, and why. Raises Mistakes, Conflict."""
    _open(proposal, expected)
    if not answer.strip():
        refuse("answer", "Say why; the educator will read it.")
    _answer(session, desk, org, proposal, "declined", answer, actor, now, None)


def _answer(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    proposal: Proposal,
    state: str,
    answer: str,
    actor: str,
    now: datetime,
    definition: Definition | None,
) -> None:
    proposal.state, proposal.answer, proposal.answered = state, answer.strip(), now
    proposal.definition_id = definition.id if definition else None
    proposal.version += 1
    session.add(proposal)
    session.flush()
    _record(session, proposal, f"proposal.{state}", actor, now)
    identity = session.get(Identity, proposal.account_id)
    account = session.get(Account, proposal.account_id)
    if identity is None or account is None:
        return
    speech = words(account.language, _TEXTS)
    name = body_of(proposal).name
    subject = (
        speech.say("Your proposal was adopted: {name}", name=name)
        if state == "adopted"
        else speech.say("Your proposal was answered: {name}", name=name)
    )
    parts = [
        speech.say("{organization} has answered your proposal “{name}”.", organization=org.name, name=name),
        answer.strip(),
        speech.say("Read it here: {address}", address=desk.url(f"/home/proposals/{proposal.id}")),
    ]
    post(
        session,
        address=identity.email,
        subject=subject,
        body="\n\n".join(one for one in parts if one),
        now=now,
        org_id=org.id,
    )


def _open(proposal: Proposal, expected: int) -> None:
    if proposal.state != "submitted":
        raise Conflict("It was answered or taken back already.")
    if proposal.version != expected:
        raise Conflict("Somebody else has changed it since you looked at it. Look at it again.")


def _check(body: ProposalBody, *, whole: bool) -> None:
    found = Mistakes()
    if not body.name.strip():
        found.add("name", "Give it a name.")
    if whole and not body.goal.strip():
        found.add("goal", "Say what somebody who has earned it could do.")
    if whole and not body.why.strip():
        found.add("why", "Say why it is needed.")
    if found:
        raise found


def _json(body: ProposalBody) -> dict[str, Any]:
    return body.model_dump(mode="json", by_alias=True, exclude_none=True)


def _record(
    session: Session,
    proposal: Proposal,
    action: str,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"proposal:{proposal.id}",
        at=now,
        org_id=proposal.org_id,
        detail=detail or {},
    )
