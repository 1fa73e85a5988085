"""Approvals, and all that is at hand of what authorities said, as JSON and back, for documents and for records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from badgeport.verifier.recognition.approval.authority import Approval, Authority, State, Statement
from badgeport.verifier.recognition.approval.members import Members
from badgeport.verifier.recognition.model import Period


def to_json(authority: Authority) -> dict[str, Any]:
    """All of it as JSON, from which `from_json` makes it again."""
    return {
        "believed": sorted(authority.believed),
        "statements": [_statement_json(each) for each in authority.statements],
    }


def from_json(body: Mapping[str, Any]) -> Authority:
    """What `to_json` wrote. Raises MemberError naming the member that is not as it should be."""
    top = Members(body, "the authorities")
    believed = frozenset(top.optional_texts("believed") or ())
    statements = tuple(_statement_of(each) for each in top.items("statements"))
    top.done()
    return Authority(statements, believed)


def approval_json(approval: Approval) -> dict[str, Any]:
    """An approval as JSON, without what it does not say."""
    body: dict[str, Any] = {
        "issuer": approval.issuer,
        "achievement": approval.achievement,
        "version": approval.version,
        "areas": list(approval.areas) or None,
        "name": approval.name,
        "doubt": approval.doubt,
    }
    return {name: value for name, value in body.items() if value is not None} | period_json(approval.period)


def approval_of(stated: Members) -> Approval:
    """The approval that an object states. Raises MemberError, also where it names neither issuer nor achievement."""
    approval = _approval(stated)
    stated.done()
    if approval.issuer is None and approval.achievement is None:
        raise stated.error("achievement", "the approval names neither an issuer nor an achievement")
    return approval


def period_json(period: Period) -> dict[str, str]:
    """The days of a period as the members ``from`` and ``until``, each where it is stated."""
    days = {"from": period.start, "until": period.end}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _approval(stated: Members) -> Approval:
    return Approval(
        issuer=stated.optional_text("issuer"),
        achievement=stated.optional_text("achievement"),
        version=stated.optional_text("version"),
        areas=stated.optional_texts("areas") or (),
        period=stated.period(),
        name=stated.optional_text("name"),
    )


def _statement_json(statement: Statement) -> dict[str, Any]:
    body: dict[str, Any] = {
        "authority": statement.authority,
        "title": statement.title,
        "source": statement.source,
        "approvals": [approval_json(each) for each in statement.approvals],
        "speaks": period_json(statement.speaks),
        "complete": statement.complete,
        "knownUntil": None if statement.known_until is None else statement.known_until.isoformat(),
        "state": statement.state.value,
        "series": statement.series,
        "trouble": statement.trouble,
    }
    return {name: value for name, value in body.items() if value is not None}


def _statement_of(stated: Members) -> Statement:
    speaks = stated.inner("speaks")
    statement = Statement(
        authority=stated.text("authority"),
        title=stated.text("title"),
        source=stated.optional_text("source"),
        approvals=tuple(_recorded(each) for each in stated.items("approvals")),
        speaks=speaks.period(),
        complete=stated.optional_flag("complete"),
        known_until=stated.optional_day("knownUntil"),
        state=_state(stated),
        series=stated.optional_text("series"),
        trouble=stated.optional_text("trouble"),
    )
    speaks.done()
    stated.done()
    return statement


def _recorded(stated: Members) -> Approval:
    """An approval as a record keeps it, with the doubt that came up when its document was read."""
    approval = replace(_approval(stated), doubt=stated.optional_text("doubt"))
    stated.done()
    return approval


def _state(stated: Members) -> State:
    value = stated.text("state")
    try:
        return State(value)
    except ValueError:
        raise stated.error("state", f"{value!r} is not a state of a document") from None
