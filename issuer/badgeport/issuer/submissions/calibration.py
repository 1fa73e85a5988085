"""How well the assessors of an organisation agree, from the portfolios that two of them scored without knowing it.

Only attempts whose result stands count: before that the figures would tell one of the two what the other found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.submissions.statistics import Agreement, Pair, agreement, weighted_kappa
from badgeport.issuer.submissions.tables import Attempt, Review, Submission


@dataclass(frozen=True, slots=True)
class CriterionFigures:
    """How two assessors agreed on one criterion; ``weighted`` is kappa where a near miss counts less."""

    name: str
    agreement: Agreement
    weighted: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """How assessors agreed on one micro-credential: in their decisions, and criterion by criterion."""

    decisions: Agreement
    criteria: Sequence[CriterionFigures]


def double_scored(org_id: str) -> Any:
    """The statement that lists the definitions of which portfolios were scored twice."""
    first, second = aliased(Review), aliased(Review)
    scored = (
        select(Submission.definition_id)
        .join(first, _done(first, "first"))
        .join(second, _done(second, "second") & (second.attempt == first.attempt))
        .join(Attempt, _settled(first))
        .where(Submission.org_id == org_id)
    )
    return (
        select(Definition)
        .where(Definition.org_id == org_id, col(Definition.id).in_(scored))
        .order_by(Definition.name, Definition.id)
    )


def figures(session: Session, definition: Definition) -> Figures:
    """The figures of one definition, over all its versions; a criterion is the same where its id (or name) is."""
    first, second = aliased(Review), aliased(Review)
    rows = session.exec(
        select(first, second, Submission.version_id)
        .select_from(Submission)
        .join(first, _done(first, "first"))
        .join(second, _done(second, "second") & (second.attempt == first.attempt))
        .join(Attempt, _settled(first))
        .where(Submission.definition_id == definition.id)
    ).all()
    decisions: list[Pair] = []
    levels: dict[str, list[Pair]] = {}
    for one, other, _version in rows:
        decisions.append((one.decision or "", other.decision or ""))
        for key in one.scores.keys() & other.scores.keys():
            levels.setdefault(key, []).append((one.scores[key]["level"], other.scores[key]["level"]))
    named = _criteria(session, {version for _, _, version in rows})
    return Figures(
        agreement(decisions),
        [
            CriterionFigures(name, agreement(levels[key]), _weighted(levels[key], order))
            for key, (name, order) in named.items()
            if key in levels
        ],
    )


def _done(review: Any, part: str) -> Any:
    return (review.submission_id == Submission.id) & (review.part == part) & (review.state == "done")


def _settled(review: Any) -> Any:
    return (
        (col(Attempt.submission_id) == review.submission_id)
        & (col(Attempt.number) == review.attempt)
        & col(Attempt.outcome).is_not(None)
    )


def _criteria(session: Session, version_ids: set[str]) -> dict[str, tuple[str, Sequence[str]]]:
    """Name and levels of each criterion, as the newest of the versions has them."""
    rows = session.exec(
        select(DefinitionVersion)
        .where(col(DefinitionVersion.id).in_(version_ids))
        .order_by(col(DefinitionVersion.number).desc())
    ).all()
    found: dict[str, tuple[str, Sequence[str]]] = {}
    for row in rows:
        body = DefinitionBody.model_validate(row.body)
        for criterion in body.rubric.criteria if body.rubric else ():
            found.setdefault(criterion.key, (criterion.name, [level.name for level in criterion.levels]))
    return found


def _weighted(pairs: Sequence[Pair], levels: Sequence[str]) -> float | None:
    # Versions may have called their levels otherwise: then there is no one order to weigh by.
    if any(name not in levels for pair in pairs for name in pair):
        return None
    return weighted_kappa(pairs, levels)
