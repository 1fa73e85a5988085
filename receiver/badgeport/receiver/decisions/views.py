"""A filed decision as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from badgeport.web.words import Words, keyed
from sqlmodel import Session, col, select

from badgeport.issuer.audit.wording import ACTORS
from badgeport.issuer.people.tables import ApiToken, Identity
from badgeport.receiver.decisions.again import Today
from badgeport.receiver.decisions.before import Earlier
from badgeport.receiver.decisions.packages import Filed
from badgeport.receiver.decisions.standing import APPEAL, Standing, may_settle, standing_of
from badgeport.receiver.decisions.tables import DecisionStep, FiledDecision
from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.web.asking import fields_of
from badgeport.verifier.web.decision_pages import refused_rows
from badgeport.verifier.web.decision_view import DecisionView, decision_view
from badgeport.verifier.web.telling import KIND_WORDS, TONES

STEP_WORDS: Mapping[str, str] = MappingProxyType(
    {"appeal": keyed("Appeal"), "overridden": keyed("Decided otherwise"), "confirmed": keyed("Decision confirmed")}
)
OFFICES: Mapping[str, str] = MappingProxyType({"administrator": keyed("administrator"), "clerk": keyed("clerk")})
"""The roles in which somebody settles."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step after a decision. ``outcome`` is in words, with the amount; empty for an appeal."""

    number: int
    title: str
    at: datetime
    by: str
    office: str
    reason: str
    outcome: str
    is_signed: bool


def decided(decision: Decision, inputs: Inputs, speech: Words, *, left_out: int) -> DecisionView:
    """The decision itself, rule by rule."""
    fields = fields_of([(inputs.policy, inputs.purpose)])
    return decision_view(
        decision, inputs.policy, inputs.agreements, speech, left_out=left_out, fields=fields, knows_before=True
    )


def filed_view(filed: Filed, speech: Words) -> DecisionView:
    """The decision of a file."""
    return decided(filed.decision, filed.inputs(), speech, left_out=len(filed.refused))


def refused_views(refused: Sequence[Mapping[str, Any]], speech: Words, now: datetime) -> list[dict[str, Any]]:
    """What entered no decision, and why."""
    return refused_rows(list(refused), speech, now)


def outcome_words(kind: Kind | str, amount: str, unit: str, speech: Words) -> str:
    """An outcome in words, with its amount where it gives something."""
    found = Kind(kind)
    word = speech.say(KIND_WORDS[found])
    return word if found is Kind.NOT_ACCEPTED or amount == "0" else f"{word}: {amount} {unit}"


def tone_of(kind: Kind | str) -> str:
    """The sign and colour of an outcome."""
    return TONES[Kind(kind)]


def step_views(row: FiledDecision, steps: Sequence[DecisionStep], speech: Words) -> list[StepView]:
    """Every step in order."""
    views = []
    for at, step in enumerate(steps):
        title, outcome = "appeal", ""
        if step.deed != APPEAL and step.kind is not None and step.amount is not None:
            before = standing_of(row, steps[:at])
            title = "confirmed" if is_same(step, before) else "overridden"
            outcome = outcome_words(step.kind, step.amount, row.unit, speech)
        office = speech.say(OFFICES.get(step.office or "", ""))
        by = step.by or speech.say("(erased)")
        views.append(
            StepView(
                step.number,
                speech.say(STEP_WORDS[title]),
                step.at,
                by,
                office,
                step.reason,
                outcome,
                step.document is not None,
            )
        )
    return views


def is_same(step: DecisionStep, before: Standing) -> bool:
    """Whether a settlement leaves the outcome as it was."""
    return step.kind == before.kind.value and step.amount == before.amount


def people(session: Session, actors: Iterable[str], speech: Words) -> dict[str, str]:
    """How those who filed are called: names of accounts, the purpose of a token."""
    wanted = set(actors)
    names = {
        one.account_id: one.name for one in session.exec(select(Identity).where(col(Identity.account_id).in_(wanted)))
    }
    tokens = {actor.removeprefix("token:") for actor in wanted if actor.startswith("token:")}
    for token in session.exec(select(ApiToken).where(col(ApiToken.id).in_(tokens))):
        names[f"token:{token.id}"] = speech.say("the program “{name}”", name=token.name)
    return {actor: names.get(actor) or speech.say(ACTORS.get(actor, ACTORS["?"])) for actor in wanted}


# -- for programs ---------------------------------------------------------------------------------------------------


def row_json(row: FiledDecision, kind: str, amount: str, appealed: bool) -> dict[str, Any]:
    """A filed decision as a list answers it; ``kind`` and ``amount`` are what holds now."""
    return {
        "id": row.id,
        "reference": row.reference,
        "digest": row.digest,
        "policy": {
            "id": row.policy_id,
            "version": row.policy_version,
            "sha256": row.policy_sha256,
            "title": row.policy_title,
        },
        "purpose": row.purpose,
        "unit": row.unit,
        "decided": {"decision": row.kind, "amount": row.amount, "atMost": row.at_most},
        "standing": {"decision": kind, "amount": amount},
        "appealed": bool(appealed),
        "asOf": format_datetime(row.as_of),
        "filed": format_datetime(row.filed),
        "filedBy": row.filed_by,
        "signed": row.receipt is not None,
        "erased": row.erased is not None,
        "version": row.version,
    }


def whole_json(session: Session, row: FiledDecision, steps: Sequence[DecisionStep], actor: str) -> dict[str, Any]:
    """A filed decision with all that came after it, as ``actor`` may read it."""
    standing = standing_of(row, steps)
    return {
        **row_json(row, standing.kind.value, standing.amount, standing.appealed),
        "linked": row.link_hash is not None,
        "maySettle": row.erased is None and may_settle(session, row, steps, actor),
        "steps": [
            {
                "number": step.number,
                "deed": step.deed,
                "at": format_datetime(step.at),
                "by": step.by,
                "office": step.office,
                "reason": step.reason,
                "decision": step.kind,
                "amount": step.amount,
                "signed": step.document is not None,
            }
            for step in steps
        ],
    }


def today_json(found: Today) -> dict[str, Any]:
    """How the badges of a decision stand today."""
    return {
        "at": format_datetime(found.at),
        "same": found.same,
        "badges": [
            {"number": badge.number, "name": badge.name, "verdict": badge.verdict, "codes": list(badge.codes)}
            for badge in found.badges
        ],
        "decision": None if found.decision is None else found.decision.to_json(),
    }


def before_json(before: Sequence[Earlier]) -> list[dict[str, Any]]:
    """The earlier decisions that a decision knew of."""
    return [
        {
            "id": one.row.id,
            "standing": {"decision": one.standing.kind.value, "amount": one.standing.amount},
            "unit": one.row.unit,
            "filed": format_datetime(one.row.filed),
        }
        for one in before
    ]
