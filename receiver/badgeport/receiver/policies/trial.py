"""Trying a policy before it is published: on example badges that nobody verified. What comes of it is no decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from badgeport.web.words import keyed

from badgeport.issuer.mistakes import Mistakes
from badgeport.proofs.secured import open_secured
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.intake import take_in
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.decision import Decision
from badgeport.verifier.recognition.engine import try_policy
from badgeport.verifier.recognition.model import RecognitionPolicy

EXAMPLES: Mapping[str, str] = {
    "full": keyed("A micro-credential with 15 contact hours, evidence, a scored rubric and a second assessor"),
    "small": keyed("A micro-credential with 5 contact hours and nothing else"),
}
"""The badges to try a policy on that come with this program, by their names, in a few words."""

MOST_BADGES = 20
MOST_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trial:
    """What a policy is tried on, for which purpose, with which facts, as of when."""

    documents: Sequence[Mapping[str, Any]]
    purpose: str
    facts: Facts
    as_of: datetime


def example(name: str) -> dict[str, Any]:
    """A badge that comes with this program. Raises KeyError."""
    if name not in EXAMPLES:
        raise KeyError(name)
    return jsontext.parse_object(files(__package__).joinpath("badges", f"{name}.json").read_bytes())


def documents_of(names: Sequence[str], handed: Sequence[tuple[str, bytes]]) -> list[dict[str, Any]]:
    """The badges of a trial: examples by name, and what was pasted or uploaded, each under the name of its field.

    Raises Mistakes.
    """
    mistakes = Mistakes()
    found = [example(name) for name in names if name in EXAMPLES]
    for field, data in handed:
        try:
            found.append(_opened(field, data, mistakes))
        except ProblemError as error:
            mistakes.add(field, "This is no badge that can be read: {reason}", reason=error.problem.detail)
    if not found and not mistakes:
        mistakes.add("examples", "Choose an example, or hand in a badge.")
    if len(found) > MOST_BADGES:
        mistakes.add("examples", "At most {most} badges can be tried at once.", most=MOST_BADGES)
    if mistakes:
        raise mistakes
    return found


def tried(policy: RecognitionPolicy, trial: Trial, agreements: Mapping[str, Agreement], *, software: str) -> Decision:
    """What the policy would decide. Raises ValueError for a purpose that it does not have."""
    return try_policy(
        trial.documents,
        policy,
        trial.purpose,
        trial.facts,
        trial.as_of,
        agreements=agreements,
        software=software,
    )


def _opened(field: str, data: bytes, mistakes: Mistakes) -> dict[str, Any]:
    if len(data) > MOST_BYTES:
        mistakes.add(field, "The file is larger than {most} KiB.", most=MOST_BYTES // 1024)
        return {}
    taken = take_in(data)
    if taken.address is not None:
        mistakes.add(field, "This holds only the address of a badge. Save the badge and hand that in.")
        return {}
    return dict(open_secured(taken.payload).document)
