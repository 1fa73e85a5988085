"""Facts about the educator that no badge states: licence, role, lane, cycle. What is left out is unknown, never "no".

They are given by whoever asks for the decision, in JSON (`facts_schema`), and kept with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from badgeport.schemas.pointer import join
from badgeport.verifier.recognition.model import Period

FACTS_SCHEMA_ID = "https://badgeport.org/schemas/facts.json"

EASTERNMOST: Final = timedelta(hours=14)
WESTERNMOST: Final = timedelta(hours=-12)
"""How far the first and the last time zone are from UTC: the days that it may be at an instant lie between."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAXIMUM_ITEMS = 1_000
_MAXIMUM_TEXT = 4_096


class FactsError(ValueError):
    """Facts that cannot be read: ``pointer`` is the member, ``detail`` a sentence about it."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{detail} (at {pointer or 'the top'})")
        self.pointer = pointer
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Licence:
    """The educator's licence. ``state``: ISO 3166-2 code of who issued it, such as US-SC. None: not known."""

    type: str | None = None
    stage: str | None = None
    state: str | None = None
    unencumbered: bool | None = None
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Cycle:
    """The educator's renewal or contract cycle: what it is called and the days that belong to it."""

    id: str
    period: Period


@dataclass(frozen=True, slots=True)
class PriorApproval:
    """That work towards an achievement was approved beforehand, and on which day."""

    achievement: str
    on: date


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is known of the educator; None is unknown, an empty tuple is "none".

    ``dids`` are the educator's own identifiers, ``submitted`` the day on which the credentials were handed in,
    ``other`` further facts by name: a text, a number (`Decimal`), a truth value or a list of texts. ``body`` is the
    JSON they were read from, for the record.
    """

    licence: Licence = Licence()
    role: str | None = None
    lane: str | None = None
    degree: str | None = None
    subjects: tuple[str, ...] | None = None
    grade_bands: tuple[str, ...] | None = None
    employer: str | None = None
    cycle: Cycle | None = None
    dids: tuple[str, ...] | None = None
    prior_approvals: tuple[PriorApproval, ...] | None = None
    submitted: date | None = None
    other: Mapping[str, str | bool | Decimal | tuple[str, ...]] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_facts(body: object) -> Facts:
    """Facts from their JSON form.

    Raises FactsError for a member that is not known, so that a misspelt one is never silently taken for unknown, and
    for a value of another form than `facts_schema` says.
    """
    given = _object(body, "", frozenset(_MEMBERS))
    licence = _object(given.get("licence", {}), "/licence", frozenset(_LICENCE))
    approvals = given.get("priorApprovals")
    return Facts(
        licence=Licence(
            type=_text(licence, "type", "/licence"),
            stage=_text(licence, "stage", "/licence"),
            state=_text(licence, "state", "/licence"),
            unencumbered=_truth(licence, "unencumbered", "/licence"),
            expires=_day(licence, "expires", "/licence"),
        ),
        role=_text(given, "role"),
        lane=_text(given, "lane"),
        degree=_text(given, "degree"),
        subjects=_texts(given, "subjects"),
        grade_bands=_texts(given, "gradeBands"),
        employer=_text(given, "employer"),
        cycle=_cycle(given["cycle"]) if "cycle" in given else None,
        dids=_texts(given, "dids"),
        prior_approvals=None if approvals is None else tuple(_approvals(approvals)),
        submitted=_submitted(given["submitted"]) if "submitted" in given else None,
        other=_others(given.get("other", {})),
        body=given,
    )


def current_cycle(facts: Facts, as_of: datetime) -> Cycle | None:
    """The educator's cycle at an instant; None where it is not known, as where the one that was given is over.

    A cycle that has ended is the one it is about where the badges were handed in while it ran.
    """
    cycle = facts.cycle
    if cycle is None:
        return None
    days = [(as_of + offset).date() for offset in (WESTERNMOST, timedelta(0), EASTERNMOST)]
    days += [] if facts.submitted is None else [facts.submitted]
    return cycle if any(cycle.period.contains(day) for day in days) else None


def says_yes(value: str | bool | Decimal | tuple[str, ...] | None) -> bool:
    """Whether a further fact says that something is there: true, or "yes" or "true" where a form sent it as a text."""
    return value is True or (isinstance(value, str) and value.casefold() in ("yes", "true"))


def facts_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of facts."""
    text = {"type": "string", "minLength": 1, "maxLength": _MAXIMUM_TEXT}
    texts = {"type": "array", "items": text, "maxItems": _MAXIMUM_ITEMS}
    day = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    licence = dict.fromkeys(("type", "stage", "state"), text)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": FACTS_SCHEMA_ID,
        "title": "Facts about an educator",
        "description": "What is left out is unknown; an empty list says that there is none.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "licence": {
                "type": "object",
                "additionalProperties": False,
                "properties": {**licence, "unencumbered": {"type": "boolean"}, "expires": day},
            },
            "role": text,
            "lane": text,
            "degree": text,
            "subjects": texts,
            "gradeBands": texts,
            "employer": text,
            "cycle": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "from", "until"],
                "properties": {"id": text, "from": day, "until": day},
            },
            "dids": {**texts, "items": {**text, "pattern": "^did:"}},
            "priorApprovals": {
                "type": "array",
                "maxItems": _MAXIMUM_ITEMS,
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["achievement", "on"],
                    "properties": {"achievement": text, "on": day},
                },
            },
            "submitted": {
                "type": "object",
                "additionalProperties": False,
                "required": ["date"],
                "properties": {"date": day},
            },
            "other": {
                "type": "object",
                "additionalProperties": {"anyOf": [text, {"type": "number"}, {"type": "boolean"}, texts]},
                "maxProperties": _MAXIMUM_ITEMS,
            },
        },
    }


_MEMBERS = (
    "licence",
    "role",
    "lane",
    "degree",
    "subjects",
    "gradeBands",
    "employer",
    "cycle",
    "dids",
    "priorApprovals",
    "submitted",
    "other",
)
_LICENCE = ("type", "stage", "state", "unencumbered", "expires")


def _object(value: object, pointer: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FactsError(pointer, "This must be a JSON object.")
    for name in value:
        if name not in known:
            expected = ", ".join(sorted(known))
            raise FactsError(f"{pointer}{join(str(name))}", f"{name!r} is not a fact that is known here: {expected}.")
    return value


def _present(given: Mapping[str, Any], name: str, base: str) -> tuple[Any, str]:
    """The member and its pointer. Raises FactsError for null, which says neither "unknown" nor "none"."""
    pointer = f"{base}/{name}"
    value = given[name]
    if value is None:
        raise FactsError(pointer, f"{name!r} is null. Leave out what is not known.")
    return value, pointer


def _text(given: Mapping[str, Any], name: str, base: str = "") -> str | None:
    if name not in given:
        return None
    value, pointer = _present(given, name, base)
    return _checked_text(value, pointer)


def _checked_text(value: object, pointer: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _MAXIMUM_TEXT:
        raise FactsError(pointer, f"This must be a text of 1 to {_MAXIMUM_TEXT} characters.")
    return value.strip()


def _truth(given: Mapping[str, Any], name: str, base: str) -> bool | None:
    if name not in given:
        return None
    value, pointer = _present(given, name, base)
    if not isinstance(value, bool):
        raise FactsError(pointer, f"{name!r} must be true or false.")
    return value


def _day(given: Mapping[str, Any], name: str, base: str) -> date | None:
    if name not in given:
        return None
    value, pointer = _present(given, name, base)
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise FactsError(pointer, f"{name!r} must be a date such as 2026-06-30.")


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    if name not in given:
        return None
    value, pointer = _present(given, name, "")
    texts = tuple(_checked_text(item, f"{pointer}/{index}") for index, item in enumerate(_list(value, pointer)))
    if name == "dids":
        for index, did in enumerate(texts):
            if not did.startswith("did:"):
                raise FactsError(f"{pointer}/{index}", f"{did!r} is not a DID.")
    return texts


def _list(value: object, pointer: str) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple) or len(value) > _MAXIMUM_ITEMS:
        raise FactsError(pointer, f"This must be a list of at most {_MAXIMUM_ITEMS} items.")
    return value


def _required(given: Mapping[str, Any], pointer: str, names: Iterable[str]) -> None:
    for name in names:
        if name not in given:
            raise FactsError(pointer, f"The member {name!r} is missing.")


def _cycle(value: object) -> Cycle:
    given = _object(value, "/cycle", frozenset({"id", "from", "until"}))
    _required(given, "/cycle", ("id", "from", "until"))
    start, end = _day(given, "from", "/cycle"), _day(given, "until", "/cycle")
    if start is not None and end is not None and end < start:
        raise FactsError("/cycle/until", "The cycle ends before it begins.")
    return Cycle(_checked_text(given["id"], "/cycle/id"), Period(start, end))


def _approvals(value: object) -> Iterable[PriorApproval]:
    for index, item in enumerate(_list(value, "/priorApprovals")):
        pointer = f"/priorApprovals/{index}"
        given = _object(item, pointer, frozenset({"achievement", "on"}))
        _required(given, pointer, ("achievement", "on"))
        on = _day(given, "on", pointer)
        assert on is not None
        yield PriorApproval(_checked_text(given["achievement"], f"{pointer}/achievement"), on)


def _submitted(value: object) -> date | None:
    given = _object(value, "/submitted", frozenset({"date"}))
    _required(given, "/submitted", ("date",))
    return _day(given, "date", "/submitted")


def _others(value: object) -> dict[str, str | bool | Decimal | tuple[str, ...]]:
    if not isinstance(value, Mapping) or len(value) > _MAXIMUM_ITEMS:
        raise FactsError("/other", f"This must be a JSON object of at most {_MAXIMUM_ITEMS} members.")
    return {str(name): _other(item, f"/other{join(str(name))}") for name, item in value.items()}


def _other(value: object, pointer: str) -> str | bool | Decimal | tuple[str, ...]:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        number = value if isinstance(value, Decimal) else Decimal(repr(value))
        if number.is_finite():
            return number
    if isinstance(value, str):
        return _checked_text(value, pointer)
    if isinstance(value, list | tuple):
        items = _list(value, pointer)
        return tuple(_checked_text(item, f"{pointer}/{index}") for index, item in enumerate(items))
    raise FactsError(pointer, "This must be a text, a number, true or false, or a list of texts.")
