"""Policies, badges and facts for tests of decisions, written as people would write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from badgeport.verifier.recognition.authoring.authoring import policy_of
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.decision import Decision, Item
from badgeport.verifier.recognition.engine import try_policy
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy

AS_OF = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ISSUER = "did:web:guild.example"
DISTRICT = "did:web:kaneridge.example"
PURPOSE = "salary-lane"
UNIT = "in-district credit"
SOFTWARE = "badgeport test"


def rule(name: str, **members: Any) -> dict[str, Any]:
    """A rule that gives one credit for each badge of `ISSUER`; ``members`` replace its own, None removes one."""
    body = {
        "id": name,
        "title": f"Rule {name}",
        "purpose": PURPOSE,
        "citation": {"text": f"Agreement, section {name}"},
        "credential": [{"issuer": {"oneOf": [ISSUER]}}],
        "worth": {"fixed": "1"},
        "decides": "automatic",
        **members,
    }
    return {key: value for key, value in body.items() if value is not None}


def cap(name: str, amount: str, **members: Any) -> dict[str, Any]:
    """A cap on all rules of the purpose."""
    citation = {"text": f"Agreement, cap {name}"}
    return {"id": name, "title": f"Cap {name}", "purpose": PURPOSE, "amount": amount, "citation": citation, **members}


def policy(*rules: Mapping[str, Any], **members: Any) -> RecognitionPolicy:
    """A policy of these rules."""
    body = {
        "id": "https://policies.kaneridge.example/credit",
        "version": "1",
        "title": "Credit",
        "jurisdiction": {"id": DISTRICT, "name": "Kaneridge", "area": "US-IL", "kind": "district"},
        "effective": {"from": "2026-01-01", "until": "2027-12-31"},
        "status": "example",
        "language": "en",
        "purposes": {PURPOSE: {"title": "Salary schedule", "unit": UNIT}},
        "rules": list(rules),
        **members,
    }
    return policy_of(body)


def badge(name: str, achievement: str | None = None, *, hours: float | None = None, **subject: Any) -> dict[str, Any]:
    """An unsigned badge of `ISSUER`; each name is an achievement of its own unless one is given."""
    about: dict[str, Any] = {
        "id": achievement or achievement_id(name),
        "type": ["Achievement"],
        "name": name,
        "description": name,
        "criteria": {"narrative": name},
        "achievementType": "MicroCredential",
    }
    own: dict[str, Any] = {"type": ["AchievementSubject"], "achievement": about, **subject}
    if hours is not None:
        result = f"{about['id']}#hours"
        described = {"id": result, "type": ["ResultDescription"], "name": "Hours", "resultType": "ext:ContactHours"}
        about["resultDescription"] = [described]
        own["result"] = [{"type": ["Result"], "resultDescription": result, "value": f"{hours:g}"}]
    return {
        "id": f"urn:example:{name}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": name,
        "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Guild"},
        "validFrom": "2026-04-01T09:00:00Z",
        "credentialSubject": own,
    }


def achievement_id(name: str) -> str:
    """The achievement of the badge with this name."""
    return f"https://guild.example/achievements/{name}"


def credited(name: str, amount: str = "1", **members: Any) -> Credited:
    """A line of the ledger for an earlier badge."""
    line: dict[str, Any] = {
        "credential": f"digest of {name}",
        "credential_id": f"urn:example:{name}",
        "issuer": ISSUER,
        "achievement": achievement_id(name),
        "purpose": PURPOSE,
        "rule": "r",
        "category": None,
        "amount": Decimal(amount),
        "unit": UNIT,
        "on": date(2026, 2, 1),
        **members,
    }
    return Credited(**line)


def decided(
    documents: Sequence[Mapping[str, Any]],
    under: RecognitionPolicy,
    facts: Mapping[str, Any] | None = None,
    purpose: str = PURPOSE,
    as_of: datetime = AS_OF,
    **more: Any,
) -> Decision:
    """The decision of a trial."""
    return try_policy(documents, under, purpose, read_facts(facts or {}), as_of, software=SOFTWARE, **more)


def item(decision: Decision, name: str) -> Item:
    """What became of the badge with this name."""
    return next(each for each in decision.items if each.name == name)


def texts(decision: Decision) -> list[str]:
    """What is missing, as the sentences say it."""
    return [each.text for each in decision.missing]
