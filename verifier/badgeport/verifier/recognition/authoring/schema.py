"""The JSON Schema of a recognition policy, for editors and for whoever writes policies with a program.

It says what form a policy has; `authoring` says also whether anything can be decided by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from badgeport.verifier.recognition.authoring import layout
from badgeport.verifier.recognition.authoring.expressions import ALL, ANY, PARTS
from badgeport.verifier.recognition.authoring.form import (
    AREA,
    LANGUAGE,
    MAXIMUM_TEXT,
    MAXIMUM_TITLE,
    MAXIMUM_URL,
    MAXIMUM_WHOLE,
    NAME,
    URI,
    WEB,
)
from badgeport.verifier.recognition.model import (
    PURPOSES,
    CapPeriod,
    JurisdictionKind,
    PolicyStatus,
    RoundedOver,
    Rounding,
    StackCounting,
)

POLICY_SCHEMA_ID: Final = "https://badgeport.org/schemas/recognition-policy.json"

_DAY: Final = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_AMOUNT: Final = {
    "description": "An amount above 0, as a number or as its text.",
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]+)?$", "not": {"pattern": r"^[0.]+$"}},
    ],
}
_WHOLE: Final = {"type": "integer", "minimum": 1, "maximum": MAXIMUM_WHOLE}
_DID: Final = {"type": "string", "pattern": "^did:[a-z0-9]+:[^\\s/?#]+$", "maxLength": MAXIMUM_URL}
_TRUTH: Final = {"type": "boolean"}
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "policy": ("id", "version", "title", "jurisdiction", "effective", "status", "purposes", "rules"),
    "jurisdiction": layout.MEMBERS["jurisdiction"],
    "purpose": layout.MEMBERS["purpose"],
    "list": layout.MEMBERS["list"],
    "approvalList": layout.MEMBERS["approvalList"],
    "entry": ("achievement",),
    "rule": ("id", "title", "purpose", "citation", "worth", "decides"),
    "citation": ("text",),
    "slot": ("id", "title", "credential"),
    "exchange": ("of", "per", "gives"),
    "round": ("to",),
    "decides": ("office",),
    "need": ("id", "kind", "text"),
    "cap": ("id", "title", "purpose", "amount", "citation"),
}


def policy_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a policy, with every kind of test there is."""
    definitions = {name: _object(name, members) for name, members in _objects().items() if name != "policy"}
    definitions |= {part: _expression(part) for part in PARTS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": POLICY_SCHEMA_ID,
        "title": "Recognition policy",
        "description": "What a jurisdiction recognizes credentials for, under which conditions, and for how much.",
        **_object("policy", _objects()["policy"]),
        "$defs": definitions,
    }


def _object(name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """An object with the members that `layout` says, and no others."""
    body: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {member: members[member] for member in layout.MEMBERS[name]},
    }
    if name in _REQUIRED:
        body["required"] = list(_REQUIRED[name])
    if name == "worth":
        body |= {"minProperties": 1, "maxProperties": 1}
    return body


def _objects() -> dict[str, dict[str, Any]]:
    title, name, uri, web = _text(MAXIMUM_TITLE), _text(64, NAME.pattern), _text(MAXIMUM_URL, URI.pattern), _web()
    effective = {"from": _DAY, "until": _DAY}
    return {
        "policy": {
            "id": web | {"description": "The address where the policy is served."},
            "version": _text(64),
            "title": title,
            "jurisdiction": _reference("jurisdiction"),
            "effective": _reference("period") | {"required": ["from"]},
            "status": _word(get_args(PolicyStatus)),
            "note": _text(MAXIMUM_TEXT),
            "language": _text(64, LANGUAGE.pattern),
            "supersedes": _text(64) | {"description": "The version that this one takes the place of."},
            "purposes": _named(_reference("purpose"), names={"enum": list(PURPOSES)}, least=1),
            "lists": _named(_reference("list")),
            "issuerClasses": _named(_several(uri, layout.MAXIMUM_NAMED)),
            "agreements": _several(uri, layout.MAXIMUM_NAMED),
            "authorities": _several(_DID, layout.MAXIMUM_NAMED),
            "approvalLists": _several(_reference("approvalList"), layout.MAXIMUM_LIST_ADDRESSES),
            "rules": _several(_reference("rule"), layout.MAXIMUM_RULES, unique=False),
            "caps": _several(_reference("cap"), layout.MAXIMUM_CAPS, least=0, unique=False),
            "counting": _reference("counting"),
        },
        "approvalList": {"authority": _DID, "url": web | {"description": "Where the authority publishes its list."}},
        "jurisdiction": {
            "id": _DID,
            "name": title,
            "area": _text(6, AREA.pattern),
            "kind": _word(get_args(JurisdictionKind)),
        },
        "period": effective,
        "purpose": {"title": title, "unit": _text(64)},
        "list": {
            "title": title,
            "entries": _several(_reference("entry"), layout.MAXIMUM_ENTRIES, unique=False),
        },
        "entry": {"name": title, "achievement": uri, "version": _text(64), "issuer": uri, **effective},
        "rule": {
            "id": name,
            "title": title,
            "purpose": _word(PURPOSES),
            "category": name,
            "citation": _reference("citation"),
            "effective": _reference("period") | {"minProperties": 1},
            "who": _reference("who"),
            "credential": _reference("credential"),
            "slots": _several(_reference("slot"), layout.MAXIMUM_SLOTS, unique=False),
            "times": _WHOLE,
            "conditions": _reference("conditions"),
            "worth": _reference("worth"),
            "decides": {"anyOf": [{"const": layout.AUTOMATIC}, _reference("decides")]},
            "alsoNeeded": _several(_reference("need"), layout.MAXIMUM_NEEDS, unique=False),
        },
        "citation": {"text": _text(1_000), "url": web, "accessed": _DAY},
        "slot": {"id": name, "title": title, "count": _WHOLE, "credential": _reference("credential")},
        "worth": {"fixed": _AMOUNT, "exchange": _reference("exchange")},
        "exchange": {
            "of": _text(64),
            "per": _AMOUNT,
            "gives": _AMOUNT,
            "round": _reference("round"),
            "atMost": _AMOUNT,
        },
        "round": {"to": _AMOUNT, "mode": _word(get_args(Rounding)), "over": _word(get_args(RoundedOver))},
        "decides": {"office": title},
        "need": {"id": name, "kind": name, "text": _text(MAXIMUM_TEXT), "fact": title},
        "cap": {
            "id": name,
            "title": title,
            "purpose": _word(PURPOSES),
            "categories": _several(title, layout.MAXIMUM_NAMED, least=0),
            "rules": _several(title, layout.MAXIMUM_NAMED, least=0),
            "amount": _AMOUNT,
            "per": _word(get_args(CapPeriod)),
            "partial": _TRUTH,
            "citation": _reference("citation"),
        },
        "counting": {
            "oncePerAchievement": _TRUTH,
            "stacks": _word(get_args(StackCounting)),
            "exclusive": _several(
                _several(_word(PURPOSES), len(PURPOSES), least=2), layout.MAXIMUM_CAPS, least=0, unique=False
            ),
        },
    }


def _expression(part: str) -> dict[str, Any]:
    """What may stand in a part of a rule: a list (all of it), ``all``, ``any``, or one test."""
    from badgeport.verifier.recognition.conditions.kinds import KINDS

    inner = {"type": "array", "items": _reference(part), "minItems": 1}
    tests: dict[str, Any] = {ALL: inner, ANY: inner}
    for name, kind in KINDS.items():
        if part in kind.parts:
            whole = dict(kind.schema)
            short = whole["properties"][kind.short] if kind.short is not None else None
            single = {"type": ["string", "number", "boolean"]}
            tests[name] = whole if short is None else {"anyOf": [{"allOf": [single, short]}, whole]}
    one = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": tests,
    }
    return {"anyOf": [{"type": "array", "items": _reference(part)}, one]}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _text(most: int, pattern: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": most}
    return body if pattern is None else body | {"pattern": f"^(?:{pattern})$"}


def _web() -> dict[str, Any]:
    return _text(MAXIMUM_URL, WEB.pattern)


def _word(among: Iterable[str]) -> dict[str, Any]:
    return {"enum": list(among)}


def _several(items: Mapping[str, Any], most: int, *, least: int = 1, unique: bool = True) -> dict[str, Any]:
    body = {"type": "array", "items": dict(items), "minItems": least, "maxItems": most}
    return body | {"uniqueItems": True} if unique else body


def _named(values: Mapping[str, Any], names: Mapping[str, Any] | None = None, *, least: int = 0) -> dict[str, Any]:
    body = {
        "type": "object",
        "propertyNames": dict(names) if names is not None else {"pattern": f"^(?:{NAME.pattern})$"},
        "additionalProperties": dict(values),
    }
    return body | {"minProperties": least} if least else body
