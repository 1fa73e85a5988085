"""Tests about how the work was assessed and what the badge shows of it: assessors, rubric, evidence, effort.

The assessor and the effort are said with the result types of docs/vocabulary.md; a badge that does not state them
leaves them unknown. Evidence and scores are asked for in the badge: one that shows none does not have them, unless its
holder may have left them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from badgeport.verifier.recognition.conditions import results
from badgeport.verifier.recognition.conditions import statements as badge
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.kinds.achievements import place
from badgeport.verifier.recognition.conditions.kinds.base import (
    CONDITIONS,
    Case,
    Judgement,
    KindOfTest,
    Parameters,
    cannot_tell,
    judged,
    yes_or_no,
)
from badgeport.verifier.recognition.conditions.results import Criterion, Level
from badgeport.verifier.recognition.conditions.units import canonical_unit
from badgeport.verifier.recognition.decision import Outcome
from badgeport.verifier.recognition.model import RecognitionPolicy

_RESULTS = "/credentialSubject/result"
_EVIDENCE = "/evidence"
_NONE = frozenset({"no", "none", "not certified", "uncertified", "false", "n/a"})
_YES, _NO = frozenset({"yes", "true"}), frozenset({"no", "false"})


def _said(candidate: Candidate, result_type: str) -> tuple[str | None, Any, str, str]:
    """What one extension result says: its text (None: nothing, or several things), as shown, pointer and key."""
    found = results.extension(candidate, result_type)
    key = place(candidate, f"{_RESULTS}/{result_type}")
    if len(found) == 1 and not isinstance(found[0].value, dict | list):
        return str(found[0].value).strip(), found[0].shown, found[0].pointer, key
    return None, [each.shown for each in found] or None, _RESULTS, key


# ---------------------------------------------------------------- assessors

_LEVELS = {level: rank for rank, level in enumerate(results.INDEPENDENCE_LEVELS)}
_LEVEL_WORDS = {
    "same-school": "The badge states where the assessor works.",
    "same-employer": "The assessor does not work at the educator's school.",
    "independent": "The assessor works neither at the educator's school nor for the educator's employer.",
}
_INDEPENDENCE_SCHEMA = read.schema({"atLeast": {"enum": list(_LEVELS)}}, "atLeast")


def _independence_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return _LEVEL_WORDS[parameters["atLeast"]]


def _independence(parameters: Parameters, case: Case) -> Judgement:
    least = _LEVELS[parameters["atLeast"]]
    text, shown, pointer, key = _said(case.credential, results.INDEPENDENCE)
    level = None if text is None else _LEVELS.get(text.casefold())
    if level is None:
        return cannot_tell(key, tuple(_LEVELS), lambda value: _LEVELS[value] >= least, found=shown, pointer=pointer)
    return judged(level >= least, shown, pointer)


def _second_words(_parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return "A second assessor scored the work."


def _second(_parameters: Parameters, case: Case) -> Judgement:
    text, shown, pointer, key = _said(case.credential, results.SECOND_ASSESSOR)
    answer = None if text is None else text.casefold()
    if answer in _YES or answer in _NO:
        return judged(answer in _YES, shown, pointer)
    return yes_or_no(key, found=shown, pointer=pointer)


_CERTIFIED_SCHEMA = read.schema({"is": read.TRUE, "oneOf": read.TEXTS})


def _certified_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    wanted = read.texts(parameters, "oneOf")
    return f"The assessor is certified{f': {read.choice(wanted)}' if wanted else ''}."


def _certified(parameters: Parameters, case: Case) -> Judgement:
    text, shown, pointer, key = _said(case.credential, results.CERTIFICATION)
    wanted = read.texts(parameters, "oneOf")
    if not text:
        return yes_or_no(f"{key}?{read.fingerprint({'oneOf': wanted})}", found=shown, pointer=pointer)
    certified = text.casefold().strip(". ") not in _NONE
    return judged(certified and (not wanted or read.among(text, wanted)), shown, pointer)


# ---------------------------------------------------------------- rubric

_CRITERION = read.schema(
    {"name": read.TEXT, "id": read.TEXT, "atLeast": read.TEXT},
    "atLeast",
    oneOf=[{"required": ["name"]}, {"required": ["id"]}],
)
_RUBRIC_SCHEMA = read.schema(
    {"criteria": {"type": "array", "items": _CRITERION, "minItems": 1, "maxItems": 200}, "every": read.TEXT},
    oneOf=[{"required": ["criteria"]}, {"required": ["every"]}],
)


def _rubric_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    if "every" in parameters:
        return f"Every criterion of the rubric was scored at least {parameters['every']}."
    parts = [f"{each.get('name', each.get('id'))} at least {each['atLeast']}" for each in parameters["criteria"]]
    return f"Scored on the rubric: {'; '.join(parts)}."


def _rubric(parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    criteria = results.rubric(candidate)
    if "every" in parameters:
        # What a holder may have left out may be the criterion with the lowest score.
        answers = [_reached(each, parameters["every"]) for each in criteria]
        outcome = _all(answers) if criteria else Outcome.UNKNOWN
        if outcome is Outcome.MET and candidate.withholdable:
            outcome = Outcome.UNKNOWN
        asked: Sequence[Criterion] = criteria
    else:
        wanted = parameters["criteria"]
        matching = [[one for one in criteria if one.called(_criterion_name(each))] for each in wanted]
        answers = [
            _reached(found[0], each["atLeast"]) if len(found) == 1 else Outcome.UNKNOWN
            for each, found in zip(wanted, matching, strict=True)
        ]
        outcome = _all(answers)
        asked = [one for found in matching for one in found]
    shown = {each.name or each.id or each.pointer: _shown(each) for each in asked} or None
    pointer = next((score.pointer for each in asked for score in each.achieved), _RESULTS)
    if outcome is Outcome.UNKNOWN:
        key = f"{place(candidate, _RESULTS)}?{read.fingerprint(parameters)}"
        return yes_or_no(key, found=shown, pointer=pointer)
    return judged(outcome is Outcome.MET, shown, pointer)


def _criterion_name(asked: Parameters) -> str:
    return str(asked["name"] if "name" in asked else asked["id"])


def _shown(criterion: Criterion) -> Any:
    levels = [score.level.name or score.level.id for score in criterion.achieved]
    return levels[0] if len(levels) == 1 else levels or None


def _all(answers: Sequence[Outcome]) -> Outcome:
    if Outcome.NOT_MET in answers:
        return Outcome.NOT_MET
    return Outcome.UNKNOWN if Outcome.UNKNOWN in answers else Outcome.MET


def _reached(criterion: Criterion, wanted: str) -> Outcome:
    """Whether every score for a criterion is at least a level, by the order that the badge gives its levels."""
    if criterion.failed:
        return Outcome.NOT_MET
    required = criterion.level(wanted)
    if required is None or not criterion.achieved:
        return Outcome.UNKNOWN
    answers = {_at_least(score.level, required) for score in criterion.achieved}
    return answers.pop() if len(answers) == 1 else Outcome.UNKNOWN


def _at_least(level: Level, required: Level) -> Outcome:
    if level == required:
        return Outcome.MET
    if level.rank is None or required.rank is None:
        return Outcome.UNKNOWN
    return Outcome.MET if level.rank >= required.rank else Outcome.NOT_MET


def _scored_words(_parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return "The badge shows scores on its rubric, none of them below what the rubric requires."


def _scored(_parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    criteria = results.rubric(candidate)
    scored = [each for each in criteria if each.scored]
    loose = results.loose_scores(candidate)
    shown = {each.name or each.id or each.pointer: _shown(each) for each in scored} or [
        dict(each.body) for each in loose
    ]
    key = f"{place(candidate, _RESULTS)}?scored"
    if not scored and not loose:
        if candidate.withholdable:
            return yes_or_no(key, pointer=_RESULTS)
        return judged(False, None, _RESULTS)
    if any(each.failed for each in criteria) or not all(results.is_completed(each) for each in loose):
        return judged(False, shown, _RESULTS)
    required = [each for each in criteria if each.required is not None]
    answers = [_passed(each) for each in required]
    if any(answer is Outcome.UNKNOWN for answer in answers) and Outcome.NOT_MET not in answers:
        return yes_or_no(key, found=shown, pointer=_RESULTS)
    return judged(Outcome.NOT_MET not in answers, shown, _RESULTS)


def _passed(criterion: Criterion) -> Outcome:
    assert criterion.required is not None
    answers = {_at_least(score.level, criterion.required) for score in criterion.achieved}
    return answers.pop() if len(answers) == 1 else Outcome.UNKNOWN


# ---------------------------------------------------------------- evidence and effort

_EVIDENCE_SCHEMA = read.schema({"atLeast": read.COUNT}, "atLeast")


def _evidence_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge shows at least {read.counted(parameters['atLeast'], 'piece', 'pieces')} of evidence."


def _evidence(parameters: Parameters, case: Case) -> Judgement:
    candidate, least = case.credential, read.count(parameters, "atLeast")
    found = len(badge.evidence(candidate))
    if found < least and candidate.withholdable:
        return cannot_tell(
            place(candidate, _EVIDENCE),
            (least, found),
            lambda value: bool(value >= least),
            found=found,
            pointer=_EVIDENCE,
        )
    return judged(found >= least, found, _EVIDENCE)


_EFFORT_SCHEMA = read.schema({"unit": read.TEXT, "atLeast": read.AMOUNT}, "unit", "atLeast")


def _effort_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge states at least {read.number_words(parameters['atLeast'])} {canonical_unit(parameters['unit'])}."


def _effort(parameters: Parameters, case: Case) -> Judgement:
    candidate, unit, least = case.credential, str(parameters["unit"]), read.amount(parameters, "atLeast")
    stated = results.quantity(candidate, unit)
    if stated is None:
        return cannot_tell(
            quantity_key(candidate, unit),
            (least, Decimal(0)),
            lambda value: bool(value >= least),
            found=_other_credits(candidate),
            pointer=results.quantity_place(unit),
        )
    return judged(stated.value >= least, stated.shown, stated.pointer)


def quantity_key(candidate: Candidate, unit: str) -> str:
    """The key of how much of a unit a badge is for, where it does not say."""
    return f"{place(candidate, results.quantity_place(unit))}?unit={canonical_unit(unit)}"


def _other_credits(candidate: Candidate) -> Any:
    """The credits that a badge states in another unit, or in none."""
    stated = results.credits_stated(candidate)
    if stated is None:
        return None
    units = [each.shown for each in results.extension(candidate, results.CREDIT_UNIT)]
    return {"credits": stated.shown, "unit": units[0] if len(units) == 1 else None}


KINDS: Final[tuple[KindOfTest, ...]] = (
    KindOfTest(
        "assessorIndependence", CONDITIONS, _INDEPENDENCE_SCHEMA, _independence_words, _independence, short="atLeast"
    ),
    KindOfTest("secondAssessor", CONDITIONS, read.FLAG, _second_words, _second, short="is"),
    KindOfTest("assessorCertified", CONDITIONS, _CERTIFIED_SCHEMA, _certified_words, _certified, short="is"),
    KindOfTest("rubric", CONDITIONS, _RUBRIC_SCHEMA, _rubric_words, _rubric, short="every"),
    KindOfTest("scoredRubric", CONDITIONS, read.FLAG, _scored_words, _scored, short="is"),
    KindOfTest("evidence", CONDITIONS, _EVIDENCE_SCHEMA, _evidence_words, _evidence, short="atLeast"),
    KindOfTest("effort", CONDITIONS, _EFFORT_SCHEMA, _effort_words, _effort),
)
