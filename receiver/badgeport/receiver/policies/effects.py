"""Whose decisions a change of policy would alter: those filed under it are decided again, under both versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlmodel import Session

from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.blobs import Blobs
from badgeport.receiver.decisions.packages import DamagedError
from badgeport.receiver.decisions.services import cases_under
from badgeport.receiver.decisions.tables import FiledDecision
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.recognition.what_if import Altered, affected

MOST = 300
"""So many filed decisions are decided again while somebody waits."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would do to the decisions filed. ``more``: there are others, which were not looked at."""

    tried: int
    altered: Sequence[tuple[FiledDecision, Altered]]
    more: bool


def effect_of(
    session: Session, blobs: Blobs, org: Organization, old: RecognitionPolicy, new: RecognitionPolicy
) -> Effect:
    """Decide again what was filed under the address of ``old``, the oldest first, at most `MOST` of it.

    Raises Conflict where the file of a decision is not what was filed.
    """
    try:
        found = list(islice(cases_under(session, blobs, org.id, old.id), MOST + 1))
    except DamagedError as error:
        raise Conflict("The file of a filed decision is damaged: {reason}", reason=str(error)) from None
    rows = {row.id: row for row, _ in found[:MOST]}
    altered = affected(old, new, {row.id: inputs for row, inputs in found[:MOST]})
    return Effect(len(rows), [(rows[each.case], each) for each in altered], len(found) > MOST)
