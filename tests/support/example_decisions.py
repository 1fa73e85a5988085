"""Deciding by the example policies: the educator, what is at hand, and what keeps a rule from being met."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.authority import Approval, Authority, Statement
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.engine import recognize
from badgeport.verifier.recognition.model import Credited
from badgeport.verifier.verifier import VerifiedCredential
from support import example_badge

ACCEPT, CONDITIONS, REFER, NOT = Kind.ACCEPT, Kind.ACCEPT_WITH_CONDITIONS, Kind.REFER, Kind.NOT_ACCEPTED
ARKANSAS = "did:web:arkansas-agency.example"

FACTS: dict[str, Any] = {
    "licence": {"type": "teacher", "stage": "professional", "state": "US-IL"},
    "role": "teacher",
    "lane": "BA+16",
    "degree": "bachelor's",
    "cycle": {"id": "2024-2029", "from": "2024-07-01", "until": "2029-06-30"},
    "priorApprovals": [{"achievement": example_badge.ACHIEVEMENT, "on": "2026-08-20"}],
    "submitted": {"date": "2026-10-05"},
    "other": {"licensed staff member": True},
}
"""A licensed teacher on a bachelor's lane, whose work was approved before it began and handed in within 90 days."""


@cache
def badge() -> VerifiedCredential:
    return example_badge.verified()


def approvals() -> Authority:
    """Arkansas's approval of the guild for this micro-credential."""
    approval = Approval(issuer=example_badge.GUILD, achievement=example_badge.ACHIEVEMENT)
    return Authority((Statement(ARKANSAS, "Approval of 2026", "d" * 64, (approval,)),))


def decide(
    policy: str,
    purpose: str,
    *credentials: VerifiedCredential,
    facts: Mapping[str, Any] = FACTS,
    authority: Authority | None = None,
    agreement: Agreement | None = None,
    credited: tuple[Credited, ...] = (),
) -> Decision:
    """The decision of an example policy, with all that the partnership needs unless something else is given."""
    agreed = examples.agreement() if agreement is None else agreement
    return recognize(
        credentials or (badge(),),
        examples.policy(policy),
        purpose,
        read_facts(facts),
        example_badge.AS_OF,
        authority=approvals() if authority is None else authority,
        agreements={agreed.id: agreed},
        credited=credited,
        software="badgeport test",
    )


def against(decision: Decision) -> dict[str, tuple[str, ...]]:
    """By rule that is not met, the tests whose answer is no or not known."""
    found: dict[str, list[str]] = {}
    for rule in decision.trace:
        for test in rule.conditions:
            if test.outcome != "met":
                found.setdefault(rule.rule, []).append(f"{test.id}: {test.outcome.value}")
    return {rule: tuple(dict.fromkeys(tests)) for rule, tests in found.items()}
