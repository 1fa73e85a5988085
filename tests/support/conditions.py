"""A policy, a rule and a case around one test of a rule, and a badge that states all that such tests ask about."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from badgeport.issuer.award import parse_award
from badgeport.issuer.build import build
from badgeport.verifier.recognition.approval.agreements import Agreement, Member
from badgeport.verifier.recognition.approval.authority import Approval, Authority, Statement
from badgeport.verifier.recognition.conditions.candidates import Candidate, trial_candidate
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.conditions.kinds import Case
from badgeport.verifier.recognition.model import (
    AllOf,
    ApprovedList,
    Citation,
    Credited,
    Expression,
    Fixed,
    Jurisdiction,
    ListEntry,
    Period,
    PurposeTerms,
    RecognitionPolicy,
    Rule,
    Test,
    Worth,
)

AS_OF = datetime(2026, 5, 1, 9, 0, 0, tzinfo=UTC)
ISSUER = "did:web:badges.prairie-crossing.example"
AGENCY = "did:web:agency.example"
TEACHER = "did:example:ines-marchetti"
ACHIEVEMENT = "https://badges.prairie-crossing.example/achievements/visible-thinking"
STACK = "https://badges.prairie-crossing.example/stacks/inquiry"
AGREEMENT = "https://partnership.example/agreements/1"

AWARD: dict[str, Any] = {
    "issuer": {"id": ISSUER, "name": "Prairie Crossing School District"},
    "recipient": {"id": TEACHER},
    "achievement": {
        "id": ACHIEVEMENT,
        "name": "Making Thinking Visible",
        "achievementType": "MicroCredential",
        "version": "2",
        "description": "Uses routines that show what every student thinks.",
        "criteria": "Three routines and a reflection.",
        "tags": ["inquiry"],
        "creditsAvailable": 1.0,
        "related": [{"id": STACK}],
        "alignments": [
            {
                "targetName": "Standard 6: Assessment",
                "targetUrl": "https://standards.example/intasc/2013/6",
                "targetFramework": "InTASC 2013",
                "targetCode": "6",
            },
            {"targetName": "Quality standards", "targetUrl": "https://partnership.example/standards"},
        ],
        "rubric": {
            "criteria": [
                {
                    "id": "routine",
                    "name": "Choice of routine",
                    "levels": [{"name": "Developing"}, {"name": "Proficient"}, {"name": "Exemplary"}],
                    "requiredLevel": "Proficient",
                },
                {
                    "name": "Reflection",
                    "levels": [{"name": "Developing"}, {"name": "Proficient"}, {"name": "Exemplary"}],
                },
            ]
        },
    },
    "evidence": [{"id": "https://prairie-crossing.example/evidence/1", "name": "Student work"}],
    "results": [
        {"criterion": "routine", "level": "Exemplary"},
        {"criterion": "Reflection", "level": "Proficient"},
    ],
    "credits": 1.0,
    "creditUnit": "in-district credit",
    "contactHours": 10,
    "assessment": {
        "assessorIndependence": "same-employer",
        "secondAssessor": True,
        "assessorCertification": "Certified by the cooperative",
    },
    "awardedDate": "2026-02-27",
    "validUntil": "2031-02-27T15:00:00Z",
    "activityStart": "2026-01-10",
}

FACTS: dict[str, Any] = {
    "licence": {"type": "standard", "stage": "professional", "state": "US-IL", "unencumbered": True},
    "role": "classroom teacher",
    "lane": "BA+15",
    "degree": "bachelor",
    "subjects": ["Mathematics"],
    "gradeBands": ["6-8"],
    "employer": "did:web:kaneridge.example",
    "cycle": {"id": "2025-2030", "from": "2025-07-01", "until": "2030-06-30"},
    "dids": [TEACHER],
    "priorApprovals": [{"achievement": ACHIEVEMENT, "on": "2026-01-05"}],
    "submitted": {"date": "2026-04-01"},
    "other": {"mentorYears": 3, "coach": True, "program": "Residency"},
}

REFUSED = "https://badges.prairie-crossing.example/achievements/other"


def document(**changes: Any) -> dict[str, Any]:
    """The badge as our own issuer makes it, unsigned; ``changes`` replace members of the award, None removes one."""
    award = copy.deepcopy(AWARD)
    for name, value in changes.items():
        if value is None:
            award.pop(name, None)
        else:
            award[name] = value
    return build(
        parse_award(award),
        issuer_id=ISSUER,
        credential_id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001",
        now=datetime(2026, 2, 27, 15, tzinfo=UTC),
        randomness=bytes,
    )


def without(body: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """A deep copy without one member."""
    copied: dict[str, Any] = copy.deepcopy(dict(body))
    inner: Any = copied
    for name in path[:-1]:
        inner = inner[name]
    inner.pop(path[-1])
    return copied


def replaced(body: Mapping[str, Any], value: Any, *path: str) -> dict[str, Any]:
    """A deep copy with another value of one member."""
    copied: dict[str, Any] = copy.deepcopy(dict(body))
    inner: Any = copied
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return copied


def results_without(body: Mapping[str, Any], result_type: str) -> dict[str, Any]:
    """A deep copy without the results of one type."""
    gone = {
        each["id"]
        for each in body["credentialSubject"]["achievement"]["resultDescription"]
        if each["resultType"] == result_type
    }
    kept = [each for each in body["credentialSubject"]["result"] if each["resultDescription"] not in gone]
    return replaced(body, kept, "credentialSubject", "result")


def asked_test(kind: str, pointer: str = "/rules/0/test", id: str | None = None, /, **parameters: Any) -> Test:
    """One test of a rule."""
    return Test(id or kind, kind, parameters, pointer)


def rule(
    *,
    who: Expression | None = None,
    credential: Expression | None = None,
    conditions: Expression | None = None,
    worth: Worth | None = None,
    **members: Any,
) -> Rule:
    """A rule for the salary lane that gives one credit."""
    return Rule(
        id="r1",
        title="Credit for micro-credentials",
        purpose="salary-lane",
        citation=Citation("Collective agreement, section 5.10B"),
        pointer="/rules/0",
        worth=worth or Fixed(Decimal(1)),
        who=who or AllOf(),
        credential=credential or AllOf(),
        conditions=conditions or AllOf(),
        **members,
    )


def policy(*rules: Rule, **members: Any) -> RecognitionPolicy:
    """A district's policy with one approved list, one class of issuers, one agreement and one authority."""
    given: dict[str, Any] = {
        "id": "https://policies.kaneridge.example/salary-credit",
        "version": "2026-1",
        "title": "In-district credit",
        "jurisdiction": Jurisdiction("did:web:kaneridge.example", "Kaneridge", "US-IL", "district"),
        "effective": Period(date(2026, 1, 1), date(2026, 12, 31)),
        "status": "example",
        "purposes": {"salary-lane": PurposeTerms("salary-lane", "Salary schedule", "in-district credit")},
        "rules": rules or (rule(),),
        "sha256": "0" * 64,
        "body": {},
        "lists": {
            "approved": ApprovedList(
                "approved",
                "Approved micro-credentials",
                (
                    ListEntry(ACHIEVEMENT, ISSUER, period=Period(date(2025, 1, 1), date(2027, 12, 31))),
                    ListEntry(REFUSED, "did:web:elsewhere.example"),
                ),
            ),
            "earlier": ApprovedList(
                "earlier", "Earlier list", (ListEntry(ACHIEVEMENT, period=Period(None, date(2025, 12, 31))),)
            ),
            "version": ApprovedList("version", "Second edition", (ListEntry(ACHIEVEMENT, version="2"),)),
        },
        "issuer_classes": {"cooperative": frozenset({ISSUER}), "university": frozenset({"did:web:state-u.example"})},
        "agreements": (AGREEMENT,),
        "authorities": (AGENCY,),
    }
    return RecognitionPolicy(**{**given, **members})


def agreement(**members: Any) -> Agreement:
    """An agreement of which the issuer is a member since 2024."""
    given: dict[str, Any] = {
        "id": AGREEMENT,
        "title": "Partnership",
        "members": (Member(AGENCY, "Agency", "US-AR", issuers=(ISSUER,), period=Period(date(2024, 1, 1), None)),),
        "quality_standard": "Quality standards",
        "period": Period(date(2024, 1, 1), None),
    }
    return Agreement(**{**given, **members})


def approving(*approvals: Approval, complete: bool = True) -> Authority:
    """The agency's own list of approvals."""
    statement = Statement(AGENCY, "The agency's list", "5" * 64, approvals, complete=complete)
    return Authority((statement,))


def case(
    candidate: Candidate | Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    **members: Any,
) -> Case:
    """A case about the badge and the facts of this module, unless others are given."""
    if candidate is None:
        candidate = document()
    given: dict[str, Any] = {
        "candidate": trial_candidate(candidate) if isinstance(candidate, Mapping) else candidate,
        "facts": read_facts(FACTS if facts is None else facts),
        "policy": policy(),
        "rule": rule(),
        "as_of": AS_OF,
        "authority": approving(Approval(ISSUER, ACHIEVEMENT, period=Period(date(2025, 1, 1), None))),
        "agreements": {AGREEMENT: agreement()},
        "credited": (),
    }
    return Case(**{**given, **members})


def credited(**members: Any) -> Credited:
    """A line of the ledger: another badge for another achievement, last year."""
    given: dict[str, Any] = {
        "credential": "a" * 64,
        "credential_id": "urn:uuid:another",
        "issuer": ISSUER,
        "achievement": REFUSED,
        "purpose": "salary-lane",
        "rule": "r1",
        "category": None,
        "amount": Decimal(1),
        "unit": "in-district credit",
        "on": date(2025, 5, 1),
    }
    return Credited(**{**given, **members})


def all_tests(*tests: Expression) -> AllOf:
    """A conjunction."""
    return AllOf(tuple(tests))


def facts_without(*path: str) -> dict[str, Any]:
    """The facts without one member."""
    return without(FACTS, *path)
