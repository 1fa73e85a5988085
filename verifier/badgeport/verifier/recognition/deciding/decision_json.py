"""The JSON form of a decision, back from it, and its JSON Schema (docs/decision.md). Amounts are decimal texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.decision import (
    CapUse,
    ConditionTrace,
    Decision,
    Item,
    Kind,
    Missing,
    Outcome,
    PolicyReference,
    RuleTrace,
)
from badgeport.verifier.recognition.model import Citation

DECISION_SCHEMA_ID: Final = "https://badgeport.org/schemas/decision.json"
_Made = TypeVar("_Made")


class DecisionFormError(ValueError):
    """JSON that is not a decision: what is wrong with it, in one sentence."""


def to_json(decision: Decision) -> dict[str, Any]:
    """A decision as JSON, from which `from_json` makes it again."""
    policy = decision.policy
    return {
        "decision": decision.kind.value,
        "amount": number(decision.amount),
        "atMost": number(decision.at_most),
        "openEnded": decision.open_ended,
        "unit": decision.unit,
        "purpose": decision.purpose,
        "policy": {
            "id": policy.id,
            "version": policy.version,
            "sha256": policy.sha256,
            "title": policy.title,
            "status": policy.status,
            "jurisdiction": policy.jurisdiction,
        },
        "asOf": _instant_json(decision.as_of),
        "conditions": list(decision.conditions),
        "items": [_item_json(each) for each in decision.items],
        "caps": [_cap_json(each) for each in decision.caps],
        "missing": [_missing_json(each) for each in decision.missing],
        "trace": [_rule_json(each) for each in decision.trace],
        "exact": decision.exact,
        "bound": number(decision.bound),
        "inputs": decision.inputs,
        "software": decision.software,
        "trial": decision.trial,
    }


def from_json(body: Mapping[str, Any]) -> Decision:
    """What `to_json` wrote. Raises DecisionFormError."""
    try:
        return _decision(body)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, ProblemError) as error:
        raise DecisionFormError(f"this is not a decision: {type(error).__name__}, {error}") from error


def decision_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a decision."""
    text, flag = {"type": "string"}, {"type": "boolean"}
    maybe = {"type": ["string", "null"]}
    amount = {"type": "string", "pattern": r"^(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$"}
    maybe_amount = {"anyOf": [amount, {"type": "null"}]}
    kind = {"enum": [each.value for each in Kind]}
    outcome = {"enum": [each.value for each in Outcome]}
    citation = _object({"text": text, "url": maybe, "accessed": maybe})
    condition = _object(
        {
            "id": text,
            "kind": text,
            "part": text,
            "outcome": outcome,
            "asked": text,
            "found": True,
            "pointer": maybe,
            "policyPointer": text,
            "source": maybe,
        }
    )
    rule = _object(
        {
            "rule": text,
            "title": text,
            "citation": citation,
            "credential": maybe,
            "outcome": outcome,
            "worth": maybe_amount,
            "office": maybe,
            "conditions": _list(condition),
        }
    )
    item = _object(
        {
            "credential": text,
            "id": maybe,
            "name": maybe,
            "decision": kind,
            "rule": maybe,
            "amount": amount,
            "atMost": amount,
            "why": _list(text),
        }
    )
    cap = _object(
        {
            "cap": text,
            "title": text,
            "citation": citation,
            "amount": amount,
            "before": amount,
            "used": amount,
            "left": amount,
        }
    )
    missing = _object(
        {
            "kind": {"enum": ["fact", "decision", "condition", "need", "room"]},
            "text": text,
            "credential": maybe,
            "rule": maybe,
            "condition": maybe,
            "gains": maybe_amount,
        }
    )
    policy = dict.fromkeys(("id", "version", "sha256", "title", "status", "jurisdiction"), text)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": DECISION_SCHEMA_ID,
        "title": "A decision on what credentials are worth",
        **_object(
            {
                "decision": kind,
                "amount": amount,
                "atMost": amount,
                "openEnded": flag,
                "unit": text,
                "purpose": text,
                "policy": _object(policy),
                "asOf": {"type": "string", "format": "date-time"},
                "conditions": _list(text),
                "items": _list(item),
                "caps": _list(cap),
                "missing": _list(missing),
                "trace": _list(rule),
                "exact": flag,
                "bound": amount,
                "inputs": {"type": "object"},
                "software": text,
                "trial": flag,
            }
        ),
    }


def _object(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(members),
        "properties": dict(members),
    }


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _instant_json(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _citation_json(citation: Citation) -> dict[str, Any]:
    accessed = None if citation.accessed is None else citation.accessed.isoformat()
    return {"text": citation.text, "url": citation.url, "accessed": accessed}


def _rule_json(trace: RuleTrace) -> dict[str, Any]:
    return {
        "rule": trace.rule,
        "title": trace.title,
        "citation": _citation_json(trace.citation),
        "credential": trace.credential,
        "outcome": trace.outcome.value,
        "worth": None if trace.worth is None else number(trace.worth),
        "office": trace.office,
        "conditions": [_condition_json(each) for each in trace.conditions],
    }


def _condition_json(trace: ConditionTrace) -> dict[str, Any]:
    return {
        "id": trace.id,
        "kind": trace.kind,
        "part": trace.part,
        "outcome": trace.outcome.value,
        "asked": trace.asked,
        "found": trace.found,
        "pointer": trace.pointer,
        "policyPointer": trace.policy_pointer,
        "source": trace.source,
    }


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "credential": item.credential,
        "id": item.id,
        "name": item.name,
        "decision": item.kind.value,
        "rule": item.rule,
        "amount": number(item.amount),
        "atMost": number(item.at_most),
        "why": list(item.why),
    }


def _cap_json(use: CapUse) -> dict[str, Any]:
    return {
        "cap": use.cap,
        "title": use.title,
        "citation": _citation_json(use.citation),
        "amount": number(use.amount),
        "before": number(use.before),
        "used": number(use.used),
        "left": number(use.left),
    }


def _missing_json(missing: Missing) -> dict[str, Any]:
    return {
        "kind": missing.kind,
        "text": missing.text,
        "credential": missing.credential,
        "rule": missing.rule,
        "condition": missing.condition,
        "gains": None if missing.gains is None else number(missing.gains),
    }


def _decision(body: Mapping[str, Any]) -> Decision:
    return Decision(
        kind=Kind(body["decision"]),
        amount=Decimal(body["amount"]),
        at_most=Decimal(body["atMost"]),
        unit=body["unit"],
        purpose=body["purpose"],
        policy=PolicyReference(**body["policy"]),
        as_of=parse_datetime(body["asOf"]),
        items=_all(body["items"], _item),
        caps=_all(body["caps"], _cap),
        trace=_all(body["trace"], _rule),
        missing=_all(body["missing"], _missing),
        conditions=tuple(body["conditions"]),
        exact=body["exact"],
        bound=Decimal(body["bound"]),
        inputs=dict(body["inputs"]),
        software=body["software"],
        trial=body["trial"],
        open_ended=body["openEnded"],
    )


def _all(bodies: Any, make: Callable[[Mapping[str, Any]], _Made]) -> tuple[_Made, ...]:
    return tuple(make(each) for each in bodies)


def _amount(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _citation(body: Mapping[str, Any]) -> Citation:
    accessed = body["accessed"]
    return Citation(body["text"], body["url"], None if accessed is None else date.fromisoformat(accessed))


def _rule(body: Mapping[str, Any]) -> RuleTrace:
    return RuleTrace(
        rule=body["rule"],
        title=body["title"],
        citation=_citation(body["citation"]),
        credential=body["credential"],
        outcome=Outcome(body["outcome"]),
        conditions=_all(body["conditions"], _condition),
        worth=_amount(body["worth"]),
        office=body["office"],
    )


def _condition(body: Mapping[str, Any]) -> ConditionTrace:
    return ConditionTrace(
        id=body["id"],
        kind=body["kind"],
        part=body["part"],
        outcome=Outcome(body["outcome"]),
        asked=body["asked"],
        found=body["found"],
        pointer=body["pointer"],
        policy_pointer=body["policyPointer"],
        source=body["source"],
    )


def _item(body: Mapping[str, Any]) -> Item:
    return Item(
        credential=body["credential"],
        id=body["id"],
        name=body["name"],
        kind=Kind(body["decision"]),
        rule=body["rule"],
        amount=Decimal(body["amount"]),
        at_most=Decimal(body["atMost"]),
        why=tuple(body["why"]),
    )


def _cap(body: Mapping[str, Any]) -> CapUse:
    amounts = {name: Decimal(body[name]) for name in ("amount", "before", "used", "left")}
    return CapUse(cap=body["cap"], title=body["title"], citation=_citation(body["citation"]), **amounts)


def _missing(body: Mapping[str, Any]) -> Missing:
    gains = _amount(body["gains"])
    return Missing(body["kind"], body["text"], body["credential"], body["rule"], body["condition"], gains)
