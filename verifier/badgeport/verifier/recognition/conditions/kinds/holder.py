"""Tests about whose badge it is and whether it was handed in before."""

from __future__ import annotations

from typing import Final

from badgeport.keys.did import comparable
from badgeport.verifier.recognition.conditions import statements as badge
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.kinds.achievements import place
from badgeport.verifier.recognition.conditions.kinds.base import (
    CONDITIONS,
    OTHER,
    Case,
    Judgement,
    KindOfTest,
    Parameters,
    cannot_tell,
    judged,
    yes_or_no,
)
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy

_DIDS = "facts#/dids"


def _bound_words(_parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return "The badge names one of the educator's own identifiers (DIDs)."


def _bound(_parameters: Parameters, case: Case) -> Judgement:
    """A badge without a subject id, or with one that is no DID, is bound to nobody's key."""
    candidate = case.credential
    pointer = f"{badge.subject(candidate).pointer}/id"
    stated = badge.subject_id(candidate)
    if stated is None and candidate.withholdable:
        return yes_or_no(place(candidate, pointer), pointer=pointer)
    if stated is None or not stated.value.startswith("did:"):
        return judged(False, None if stated is None else stated.shown, pointer)
    name = comparable(stated.value)
    if case.facts.dids is None:
        return yes_or_no(f"{_DIDS}|{name}", found=stated.shown, pointer=_DIDS)
    return judged(any(comparable(each) == name for each in case.facts.dids), stated.shown, stated.pointer)


_FIRST_SCHEMA = read.schema({"of": {"enum": ["credential", "achievement"]}}, "of")


def _first_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    what = "This badge" if parameters["of"] == "credential" else "A badge for this achievement"
    return f"{what} was not credited to the educator before, for any purpose."


def _first(parameters: Parameters, case: Case) -> Judgement:
    if parameters["of"] == "credential":
        return _first_credential(case)
    return _first_achievement(case)


def _first_credential(case: Case) -> Judgement:
    """The same badge has the same issuer and id, else the same bytes (Open Badges 3.0, credential equality)."""
    candidate = case.credential
    for each in case.credited:
        if _same(candidate, each):
            return judged(False, each.on.isoformat(), "/id", each.credential)
    if candidate.id is None and candidate.withholdable and case.credited:
        return yes_or_no(f"{place(candidate, '/id')}?credited", pointer="/id")
    return judged(True, candidate.id, "/id")


def _same(candidate: Candidate, credited: Credited) -> bool:
    if candidate.sha256 == credited.credential:
        return True
    if None in (candidate.id, candidate.issuer, credited.credential_id, credited.issuer):
        return False
    return candidate.id == credited.credential_id and comparable(str(candidate.issuer)) == comparable(
        str(credited.issuer)
    )


def _first_achievement(case: Case) -> Judgement:
    candidate = case.credential
    stated = badge.achievement_id(candidate)
    pointer = f"{badge.achievement(candidate).pointer}/id"
    named = [each.achievement for each in case.credited if each.achievement is not None]
    for each in case.credited:
        if (stated is not None and each.achievement == stated.value) or _same(candidate, each):
            return judged(False, each.on.isoformat(), pointer, each.credential)
    if stated is None and named:
        return cannot_tell(
            place(candidate, pointer), (*named, OTHER), lambda value: value not in named, pointer=pointer
        )
    if len(named) < len(case.credited):
        found = "What was credited before names no achievement."
        return yes_or_no(f"{place(candidate, pointer)}?credited", found=found, pointer=pointer)
    return judged(True, None if stated is None else stated.shown, pointer)


KINDS: Final[tuple[KindOfTest, ...]] = (
    KindOfTest("holderBound", CONDITIONS, read.FLAG, _bound_words, _bound, short="is"),
    KindOfTest("firstSubmission", CONDITIONS, _FIRST_SCHEMA, _first_words, _first, short="of"),
)
