"""Policies of an organisation: drafts that may be wrong, versions that never change, and what became of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from badgeport.web.words import keyed
from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.receiver.policies import editions, writing
from badgeport.receiver.policies.tables import Edition, Policy
from badgeport.receiver.policies.writing import Examined, Place
from badgeport.verifier.recognition.authoring.authoring import read_policy
from badgeport.verifier.recognition.authoring.findings import Finding
from badgeport.verifier.recognition.model import RecognitionPolicy

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CHANGED = keyed(
    "Somebody else has changed this draft since you opened it. What you typed is below and is not saved yet."
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy with its versions, newest first, and the one by which is decided today, if there is one."""

    policy: Policy
    editions: Sequence[Edition]
    today: date

    @property
    def current(self) -> Edition | None:
        """The version by which is decided today."""
        return current_of(self.editions, self.today)

    def state_of(self, edition: Edition) -> str:
        """``in-force``, ``replaced``, ``coming``, ``past``, ``signing``, ``withdrawn`` or ``cancelled``."""
        if edition.state != editions.PUBLISHED:
            return edition.state
        if self.current is not None and edition.id == self.current.id:
            return "in-force"
        if edition.starts is not None and edition.starts > self.today:
            return "coming"
        return "past" if edition.ends is not None and edition.ends < self.today else "replaced"

    @property
    def state(self) -> str:
        """That of the version in force, else of the newest one; ``draft`` where there is none."""
        newest = self.current or next((each for each in self.editions if each.state != editions.CANCELLED), None)
        return "draft" if newest is None else self.state_of(newest)


def place_of(desk: IssuerDesk, org: Organization, name: str) -> Place:
    """Where a policy of an organisation is published, and by whom."""
    return Place(desk.url(f"/policies/{org.slug}.{name}"), org.did, org.name, org.kind)


def policy_of(session: Session, org: Organization, policy_id: str) -> Policy:
    """One policy of an organisation. Raises Absent."""
    row = session.get(Policy, policy_id)
    if row is None or row.org_id != org.id:
        raise Absent
    return row


def standing_of(session: Session, policy: Policy, today: date) -> Standing:
    """A policy with its versions."""
    return Standing(policy, editions.editions_of(session, editions.POLICY, policy.id), today)


def current_of(rows: Sequence[Edition], today: date) -> Edition | None:
    """Of the versions of a policy the one by which is decided on a day."""
    running = [
        each
        for each in rows
        if each.state == editions.PUBLISHED
        and (each.starts is None or each.starts <= today)
        and (each.ends is None or today <= each.ends)
    ]
    return max(running, key=lambda each: (each.starts or date.min, each.label), default=None)


def create(
    session: Session, org: Organization, *, name: str, title: str, text: str, actor: str, now: datetime
) -> Policy:
    """A new policy with a first draft. Raises Mistakes (``name``, ``title``, ``text``)."""
    mistakes = Mistakes()
    if not _NAME.fullmatch(name) or len(name) > 60:
        mistakes.add("name", "Use small letters, digits and single dashes, at most 60; it begins with a letter.")
    elif session.exec(select(Policy.id).where(Policy.org_id == org.id, Policy.name == name)).first() is not None:
        mistakes.add("name", "There is a policy of this name already.")
    if not title.strip() or len(title) > 300:
        mistakes.add("title", "Give it a title of at most 300 characters.")
    _check_size(text, mistakes)
    if mistakes:
        raise mistakes
    row = Policy(org_id=org.id, name=name, title=title.strip(), draft=text, created=now, created_by=actor, changed=now)
    session.add(row)
    session.flush()
    _record(session, row, "policy.created", actor, now)
    return row


def save(session: Session, policy: Policy, text: str, *, expected: int, actor: str, now: datetime) -> None:
    """Keep the text of the draft, right or wrong. Raises Conflict, Mistakes (``text``)."""
    mistakes = Mistakes()
    _check_size(text, mistakes)
    if mistakes:
        raise mistakes
    if policy.draft is None:
        raise Conflict("There is no draft of this policy any more. Begin one from a version.")
    _expect(policy, expected)
    if text == policy.draft:
        return
    policy.draft, policy.changed = text, now
    policy.version += 1
    session.add(policy)
    _record(session, policy, "policy.draft-saved", actor, now)


def begin(session: Session, policy: Policy, edition: Edition, *, actor: str, now: datetime) -> None:
    """Begin a draft from a version. Raises Conflict where there is a draft: it would be lost."""
    if policy.draft is not None:
        raise Conflict("There is a draft already. Finish it or discard it first.")
    policy.draft, policy.changed = edition.content, now
    policy.version += 1
    session.add(policy)
    _record(session, policy, "policy.draft-started", actor, now)


def discard(session: Session, policy: Policy, *, expected: int, why: str, actor: str, now: datetime) -> bool:
    """Throw the draft away; the policy with it where no version was ever asked for. Whether the policy is left.

    Raises Mistakes (``why``), Conflict.
    """
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    if policy.draft is None:
        raise Conflict("There is no draft.")
    _expect(policy, expected)
    left = bool(editions.editions_of(session, editions.POLICY, policy.id))
    _record(session, policy, "policy.draft-discarded", actor, now, why)
    if left:
        policy.draft, policy.changed = None, now
        policy.version += 1
        session.add(policy)
    else:
        session.delete(policy)
    session.flush()
    return left


def examined(
    session: Session, desk: IssuerDesk, org: Organization, policy: Policy
) -> tuple[Examined, tuple[Finding, ...]]:
    """What is wrong with the draft, and what else keeps it from being published."""
    text = policy.draft or ""
    found = writing.examined(text, place_of(desk, org, policy.name))
    if found.policy is None or found.findings:
        return found, ()
    return found, writing.unready(found.policy, text, _published(session, policy))


def publish(
    session: Session, desk: IssuerDesk, org: Organization, policy: Policy, *, expected: int, actor: str, now: datetime
) -> Edition:
    """Freeze the draft and have it signed; it is published as soon as a worker has signed it.

    Raises Conflict, and Mistakes (``text``) with every finding.
    """
    if policy.draft is None:
        raise Conflict("There is no draft.")
    _expect(policy, expected)
    found, more = examined(session, desk, org, policy)
    if found.policy is None or found.findings or more:
        mistakes = Mistakes()
        for each in (*found.findings, *more):
            mistakes.add("text", "{finding}", finding=str(each))
        raise mistakes
    said = found.policy
    wanted = editions.Wanted(
        editions.POLICY,
        policy.id,
        said.title,
        policy.draft,
        label=said.version,
        starts=said.effective.start,
        ends=said.effective.end,
    )
    edition = editions.add(session, org, wanted, actor=actor, now=now)
    policy.draft, policy.title, policy.changed = None, said.title, now
    policy.version += 1
    session.add(policy)
    return edition


def said_by(edition: Edition) -> RecognitionPolicy:
    """What a version says."""
    return read_policy(edition.content)


def _published(session: Session, policy: Policy) -> dict[str, Edition]:
    rows = editions.editions_of(session, editions.POLICY, policy.id)
    return {each.label: each for each in rows if each.state != editions.CANCELLED}


def _expect(policy: Policy, expected: int) -> None:
    if policy.version != expected:
        raise Conflict(_CHANGED)


def _check_size(text: str, mistakes: Mistakes) -> None:
    if not text.strip():
        mistakes.add("text", "Write the policy, or choose something to begin from.")
    elif len(text.encode("utf-8", "surrogatepass")) > writing.MOST_BYTES:
        mistakes.add("text", "The text is larger than {most} KiB.", most=writing.MOST_BYTES // 1024)


def _record(session: Session, policy: Policy, action: str, actor: str, now: datetime, why: str = "") -> None:
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"policy:{policy.id}",
        at=now,
        org_id=policy.org_id,
        detail={"name": policy.name},
        why=why,
    )
