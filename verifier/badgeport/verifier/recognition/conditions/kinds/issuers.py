"""Tests about who issued the badge: the issuer itself, its class, registries, agreements, its approval."""

from __future__ import annotations

from typing import Any, Final

from badgeport.keys.did import comparable
from badgeport.verifier.recognition.conditions import statements as badge
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.kinds.achievements import AWARD_DAY
from badgeport.verifier.recognition.conditions.kinds.base import (
    CONDITIONS,
    CREDENTIAL,
    Case,
    Judgement,
    KindOfTest,
    Parameters,
    Reference,
    judged,
    yes_or_no,
)
from badgeport.verifier.recognition.model import RecognitionPolicy


def _is_among(issuer: str | None, wanted: tuple[str, ...]) -> bool:
    return issuer is not None and comparable(issuer) in {comparable(each) for each in wanted}


def _nobody(candidate: Candidate) -> Judgement:
    """The answer where the badge names no issuer, as only a badge in a trial may."""
    pointer = badge.issuer_pointer(candidate)
    return yes_or_no(f"{candidate.sha256}#{pointer}", pointer=pointer)


# ---------------------------------------------------------------- issuer and class


def _issuer_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge was issued by {read.choice(read.texts(parameters, 'oneOf'))}."


def _issuer(parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    if candidate.issuer is None:
        return _nobody(candidate)
    found = _is_among(candidate.issuer, read.texts(parameters, "oneOf"))
    return judged(found, candidate.issuer, badge.issuer_pointer(candidate))


_CLASS_SCHEMA = read.schema({"oneOf": read.TEXTS}, "oneOf")


def _class_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The issuer belongs to the class “{read.choice(read.texts(parameters, 'oneOf'))}” of this policy."


def _class_names(parameters: Parameters) -> tuple[Reference, ...]:
    return tuple(Reference("issuerClass", name, "oneOf") for name in read.texts(parameters, "oneOf"))


def _class(parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    if candidate.issuer is None:
        return _nobody(candidate)
    classes = (case.policy.issuer_classes[name] for name in read.texts(parameters, "oneOf"))
    found = any(_is_among(candidate.issuer, tuple(members)) for members in classes)
    return judged(found, candidate.issuer, badge.issuer_pointer(candidate))


# ---------------------------------------------------------------- trust registries

_REGISTRY_SCHEMA = read.schema({"name": read.TEXTS}, "name")


def _registry_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The issuer is listed in the registry {read.choice(read.texts(parameters, 'name'))}."


def _registry(parameters: Parameters, case: Case) -> Judgement:
    """What the verification found. A registry that it did not ask, or could not read, has not said no."""
    candidate, wanted = case.credential, read.texts(parameters, "name")
    pointer = badge.issuer_pointer(candidate)
    listed = [name for name in candidate.listed_in if read.among(name, wanted)]
    if listed:
        return judged(True, listed, pointer)
    silent = [name for name in wanted if not read.among(name, candidate.read)]
    if not silent:
        return judged(False, list(candidate.listed_in), pointer)
    key = f"registry:{candidate.issuer}|{read.fingerprint(parameters)}"
    return yes_or_no(key, found=list(candidate.listed_in) or None, pointer=pointer)


# ---------------------------------------------------------------- agreements

_AGREEMENT_SCHEMA = read.schema({"id": read.TEXT, "qualityStandard": {"type": "boolean"}}, "id")


def _agreement_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    asked = f"On the day of the award the issuer was, or issued for, a member of the agreement {parameters['id']}"
    if parameters.get("qualityStandard"):
        return f"{asked}, and the badge states that it meets its quality standard."
    return f"{asked}."


def _agreement_names(parameters: Parameters) -> tuple[Reference, ...]:
    return (Reference("agreement", str(parameters["id"]), "id"),)


def _agreement(parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    if candidate.issuer is None:
        return _nobody(candidate)
    name, pointer = str(parameters["id"]), badge.issuer_pointer(candidate)
    awarded = badge.award_day(candidate)
    on = "?" if awarded is None else awarded.value.isoformat()
    key = f"agreement:{name}|{comparable(candidate.issuer)}|{on}"
    agreement = case.agreements.get(name)
    if agreement is None:
        return yes_or_no(key, found="The agreement is not at hand.", pointer=pointer)
    if awarded is None:
        return yes_or_no(key, pointer=AWARD_DAY, source=agreement.source)
    covered = agreement.covers(candidate.issuer, awarded.value)
    if covered is None:
        return yes_or_no(key, found=candidate.issuer, pointer=pointer, source=agreement.source)
    if not covered or not parameters.get("qualityStandard"):
        return judged(covered, candidate.issuer, pointer, agreement.source)
    standards = [text for text in (agreement.quality_standard, agreement.quality_standard_url) if text is not None]
    return _standard(standards, candidate, key, agreement.source)


def _standard(standards: list[str], candidate: Candidate, key: str, source: str | None) -> Judgement:
    """Whether the badge is aligned with the quality standard; an agreement that asks for none asks for nothing."""
    pointer = f"{badge.achievement(candidate).pointer}/alignment"
    if not standards:
        return judged(True, "The agreement names no quality standard.", pointer, source)
    alignments = badge.alignments(candidate)
    for each in alignments:
        stated = [each.text(name) for name in ("targetFramework", "targetUrl", "targetName")]
        for text in stated:
            if text is not None and read.among(text.value, standards):
                return judged(True, text.shown, text.pointer, source)
    if alignments and not candidate.withholdable:
        names = [text.shown for each in alignments if (text := each.text("targetName")) is not None]
        return judged(False, names, pointer, source)
    return yes_or_no(f"{key}|standard|{candidate.sha256}", pointer=pointer, source=source)


# ---------------------------------------------------------------- approval of the issuer

_AUTHORIZED_SCHEMA = read.schema({"is": read.TRUE, "by": read.TEXTS, "area": read.TEXT})


def _authorized_words(parameters: Parameters, policy: RecognitionPolicy) -> str:
    area = f" for {parameters['area']}" if "area" in parameters else ""
    return (
        f"On the day of the award the issuer was approved{area} to issue this achievement, "
        f"by {read.choice(_approvers(parameters, policy))}."
    )


def _authorities(parameters: Parameters) -> tuple[Reference, ...]:
    return tuple(Reference("authority", name, "by") for name in read.texts(parameters, "by"))


def _approvers(parameters: Parameters, policy: RecognitionPolicy) -> tuple[str, ...]:
    """Whose approval counts: those named, else those of the policy."""
    return read.texts(parameters, "by") or policy.approvers


def _authorized(parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    if candidate.issuer is None:
        return _nobody(candidate)
    pointer = badge.issuer_pointer(candidate)
    achievement, awarded = badge.achievement_id(candidate), badge.award_day(candidate)
    by = _approvers(parameters, case.policy)
    area: Any = parameters.get("area")
    version = badge.achievement_version(candidate)
    parts = (
        comparable(candidate.issuer),
        "?" if achievement is None else achievement.value,
        "" if version is None else version.value,
        area or "",
        "?" if awarded is None else awarded.value.isoformat(),
        " ".join(sorted(comparable(each) for each in by)),
    )
    key = f"approval:{'|'.join(parts)}"
    if achievement is None:
        return yes_or_no(f"{key}|{candidate.sha256}", pointer=f"{badge.achievement(candidate).pointer}/id")
    if awarded is None:
        return yes_or_no(f"{key}|{candidate.sha256}", pointer=AWARD_DAY)
    answer = case.authority.authorized(
        candidate.issuer,
        achievement.value,
        area,
        awarded.value,
        frozenset(by),
        version=None if version is None else version.value,
    )
    if answer.standing == "cannot_tell":
        return yes_or_no(key, found=answer.reason, pointer=pointer, source=answer.source)
    return judged(answer.standing == "approved", answer.reason, pointer, answer.source)


KINDS: Final[tuple[KindOfTest, ...]] = (
    KindOfTest("issuer", CREDENTIAL, read.ONE_OF, _issuer_words, _issuer, short="oneOf"),
    KindOfTest("issuerClass", CREDENTIAL, _CLASS_SCHEMA, _class_words, _class, short="oneOf", refers=_class_names),
    KindOfTest("registry", CREDENTIAL, _REGISTRY_SCHEMA, _registry_words, _registry, short="name"),
    KindOfTest(
        "agreement",
        CREDENTIAL,
        _AGREEMENT_SCHEMA,
        _agreement_words,
        _agreement,
        short="id",
        refers=_agreement_names,
    ),
    KindOfTest(
        "issuerAuthorized",
        CONDITIONS,
        _AUTHORIZED_SCHEMA,
        _authorized_words,
        _authorized,
        short="is",
        refers=_authorities,
    ),
)
