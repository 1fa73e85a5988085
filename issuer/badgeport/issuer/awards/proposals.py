"""Stacks that somebody completed: proposed to a registrar, who awards or declines.

Whatever changes what somebody holds, or what a stack asks for, asks for a job. It finds out what is complete without
holding up others who write, keeps proposals true to what stands, and comes back by itself when a badge ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.tables import Award, StackProposal
from badgeport.issuer.catalog import stacks
from badgeport.issuer.catalog.services import body_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue

PERSON = "stacks"
"""The job that looks at the stacks of one educator; its key is ``<organisation>:<account>``."""
HOLDERS = "stack-holders"
"""The job that asks for those of all who hold a part of one stack; its key is ``<definition>:<last account seen>``."""
MOST_ASKED = 100
"""Educators whose jobs are asked for in one transaction."""


def look_again(session: Session, org_id: str, account_id: str | None, now: datetime) -> None:
    """Have somebody's stacks looked at, after what they hold has changed."""
    if account_id is not None and _has_stacks(session, org_id):
        queue.ask(session, PERSON, f"{org_id}:{account_id}", now=now, org_id=org_id)


def look_at_holders(session: Session, definition: Definition, now: datetime) -> None:
    """Have the stacks looked at of all who hold a part of one, after what it asks for has changed."""
    if definition.kind == "stack":
        queue.ask(session, HOLDERS, f"{definition.id}:", now=now, org_id=definition.org_id)


def _has_stacks(session: Session, org_id: str) -> bool:
    statement = select(Definition.id).where(
        Definition.org_id == org_id, Definition.kind == "stack", col(Definition.current).is_not(None)
    )
    return session.exec(statement.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Completed:
    """A version of a stack and the awards that complete it."""

    definition_id: str
    version_id: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What somebody's stacks come to. ``answers`` says for each open proposal, by id, what it is to be; None: it has
    lapsed. ``again`` is when a badge ends on which something of this rests.
    """

    org_id: str
    account_id: str
    completed: tuple[Completed, ...]
    answers: Mapping[str, Completed | None]
    again: datetime | None


def look(session: Session, org_id: str, account_id: str, now: datetime) -> Findings:
    """Find out which stacks somebody has completed, and what becomes of the open proposals. It writes nothing."""
    held = stacks.holdings(session, org_id, account_id, now)
    completed = {
        one.definition.id: Completed(one.definition.id, one.version.id, one.progress.members)
        for one in stacks.standing(session, org_id, account_id, now=now, held=held)
        if one.progress.complete and one.awarded is None and one.definition.id not in held.suspended
    }
    answers = {
        one.id: None if one.definition_id in held.earned else _answer(session, one, held, completed)
        for one in _proposals(session, org_id, account_id, "open")
    }
    # What ends of what a proposal or a stack that is held rests on; of anything else nothing waits for its end.
    used = {one for each in [*completed.values(), *answers.values()] if each is not None for one in each.members}
    used |= {held.earned[stack][0] for stack in held.rests_on}
    again = min((held.ends[one] for one in used if one in held.ends), default=None)
    return Findings(org_id, account_id, tuple(completed.values()), answers, again)


def _answer(
    session: Session, proposal: StackProposal, held: stacks.Holdings, completed: Mapping[str, Completed]
) -> Completed | None:
    """What an open proposal says from now on.

    It stays as it is while its badges stand; else others may complete the same version, which was offered to them, or
    the one that is offered now.
    """
    asked = Completed(proposal.definition_id, proposal.version_id, tuple(proposal.members))
    if held.standing.issuperset(asked.members):
        return asked
    rule = body_of(session.get_one(DefinitionVersion, proposal.version_id)).stack
    found = None if rule is None else stacks.progress(rule, held.earned, rests_on=held.rests_on)
    if found is not None and found.complete:
        return Completed(asked.definition_id, asked.version_id, found.members)
    return completed.get(proposal.definition_id)


def settle(session: Session, found: Findings, now: datetime) -> list[StackProposal]:
    """Write down what `look` found: the proposals that are new."""
    every = _proposals(session, found.org_id, found.account_id)
    for proposal in every:
        if proposal.state == "open" and proposal.id in found.answers:
            _follow(session, proposal, found.answers[proposal.id], now)
    made = []
    for one in found.completed:
        before = [proposal for proposal in every if proposal.definition_id == one.definition_id]
        if not any(_is_answer(session, proposal, one) for proposal in before):
            proposal = StackProposal(
                org_id=found.org_id,
                definition_id=one.definition_id,
                version_id=one.version_id,
                account_id=found.account_id,
                members=list(one.members),
                created=now,
            )
            session.add(proposal)
            session.flush()
            _record(session, proposal, "stack.completed", now)
            made.append(proposal)
    return made


def _is_answer(session: Session, before: StackProposal, one: Completed) -> bool:
    """Whether a proposal settles the matter: it is open, or it was answered in the negative for these very badges."""
    if before.state == "open":
        return True
    award = session.get(Award, before.award_id or "")
    taken_back = award is not None and (award.standing == "revoked" or award.state == "erased")
    return (before.state == "declined" or taken_back) and set(before.members) == set(one.members)


def _follow(session: Session, proposal: StackProposal, said: Completed | None, now: datetime) -> None:
    if said is None:
        proposal.state, proposal.answered = "lapsed", now
        action = "stack.lapsed"
    elif (proposal.version_id, tuple(proposal.members)) != (said.version_id, said.members):
        proposal.version_id, proposal.members = said.version_id, list(said.members)
        action = "stack.completed-anew"
    else:
        return
    proposal.version += 1
    session.add(proposal)
    session.flush()
    _record(session, proposal, action, now)


def _proposals(session: Session, org_id: str, account_id: str, state: str | None = None) -> Sequence[StackProposal]:
    statement = select(StackProposal).where(StackProposal.org_id == org_id, StackProposal.account_id == account_id)
    if state is not None:
        statement = statement.where(StackProposal.state == state)
    return session.exec(statement.order_by(col(StackProposal.created), StackProposal.id)).all()


def _record(session: Session, proposal: StackProposal, action: str, now: datetime) -> None:
    log.record(
        session,
        actor="system",
        action=action,
        target=f"stack-proposal:{proposal.id}",
        at=now,
        org_id=proposal.org_id,
        detail={
            "definition": proposal.definition_id,
            "account": proposal.account_id,
            "awards": list(proposal.members),
        },
    )


class PersonHandler:
    """Looks at the stacks of one educator: finds out while others write, and writes what came of it.

    A change in between asks for the job again, and what was found before it is thrown away.
    """

    together = 20

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Findings:
        """What is complete."""
        org_id, _, account_id = key.partition(":")
        return look(session, org_id, account_id, desk.clock())

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:  # noqa: ARG002 - the interface's
        """Nothing is to be done between."""
        return prepared

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:  # noqa: ARG002
        """Write the proposals; come back when something of it ends."""
        settle(session, result, now)
        return None if result.again is None else max(result.again - now, timedelta(0))


class HoldersHandler:
    """Asks for the jobs of all who hold a part of a stack, some at a time."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Sequence[str]:  # noqa: ARG002 - the interface's
        """The next accounts."""
        definition_id, _, after = key.partition(":")
        statement = select(DefinitionVersion).where(
            DefinitionVersion.definition_id == definition_id,
            Definition.id == definition_id,
            DefinitionVersion.number == Definition.current,
        )
        version = session.exec(statement).first()
        rule = None if version is None else body_of(version).stack
        holders = (
            select(Award.account_id)
            .where(col(Award.definition_id).in_(set() if rule is None else set(rule.members())))
            .where(Award.standing == "active", col(Award.account_id) > after)
            .distinct()
            .order_by(col(Award.account_id))
            .limit(MOST_ASKED)
        )
        return [one for one in session.exec(holders) if one is not None]

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:  # noqa: ARG002 - the interface's
        """Nothing is to be done between."""
        return prepared

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> None:  # noqa: ARG002
        """Ask for theirs, and for the next."""
        definition_id, _, _ = key.partition(":")
        definition = session.get(Definition, definition_id)
        if definition is None:
            return
        for account_id in result:
            look_again(session, definition.org_id, account_id, now)
        if len(result) == MOST_ASKED:
            queue.ask(session, HOLDERS, f"{definition_id}:{result[-1]}", now=now, org_id=definition.org_id)
