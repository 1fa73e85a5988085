"""What the facts of an Open Badges 2.0 badge mean for the checks that are asked of one (rows 31, 38, 41 and 46)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import (
    BADGE_DIFFERS,
    BADGE_OUT_OF_SCOPE,
    EXPIRED,
    LEGACY_BADGE,
    MALFORMED_VALUE_ERROR,
    NOT_YET_VALID,
    RECIPIENT_MISMATCH,
    UNSIGNED,
    UNSUPPORTED,
    Problem,
)
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.open_badges_2 import reading
from badgeport.verifier.report import CredentialSummary, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from badgeport.verifier.checks.base import Check
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.open_badges_2.facts import Facts
    from badgeport.verifier.report import CheckResult

NOT_ASKED = "This is not asked of an Open Badges 2.0 badge."
ASKED_ALWAYS = frozenset(ROWS[row] for row in (1, 2, 40, 46, 47))
"""Checks that an Open Badges 2.0 badge answers as any input does."""
_PROOF_FAILED = "Nothing vouches for the badge, so nothing it says can be relied on."
_SILENCE = "Whether its issuer vouches for the badge is not known, so that nothing calls it revoked says nothing."
_NO_RECORD = "The badge as its issuer publishes it could not be had, so what the copy says is left open."

_KINDS = {
    "hosted": "this is no verifiable credential; what vouches for it is only that its issuer still publishes it",
    "signed": "this is no verifiable credential; what vouches for it is a signature of the older kind",
    None: "this is no verifiable credential but a badge of an older kind",
}
_FAILURES = (
    (BADGE_OUT_OF_SCOPE, "The badge does not stand where its issuer keeps its badges."),
    (BADGE_DIFFERS, "What the issuer publishes is not what was handed in."),
    (UNSIGNED, "Nothing protects this document: anyone could have written it."),
    (MALFORMED_VALUE_ERROR, "The document is not a sound Open Badges 2.0 badge."),
)


def proof(examination: Examination, check: Check) -> CheckResult:
    """Row 46: whether the issuer that the badge names vouches for it. That this is a legacy badge is always told."""
    facts = examination.legacy
    finding = facts.proof
    warnings = (Problem(LEGACY_BADGE, _KINDS[facts.method], ""), *finding.warnings)
    evidence = {name: value for name, value in facts.evidence.items() if value is not None}
    if finding.outcome is Outcome.FAILED:
        return check.failed(_failure(finding.problems), finding.problems, evidence=evidence, warnings=warnings)
    if finding.outcome is Outcome.UNKNOWN:
        kinds = {problem.type for problem in finding.problems}
        message = (
            "This is an older badge of a kind that cannot be verified here."
            if UNSUPPORTED in kinds
            else "What was handed in is not quite what the issuer publishes; what is published counts."
            if kinds == {BADGE_DIFFERS} and facts.settled
            else "Whether the issuer awarded this badge could not be found out."
        )
        return check.unknown(message, finding.problems, evidence=evidence, warnings=warnings)
    message = (
        "The issuer publishes this badge at its own address, among the badges it keeps."
        if facts.method == "hosted"
        else "The badge carries a signature by a key of its issuer."
    )
    return check.passed(message, evidence=evidence, warnings=warnings)


def validity(examination: Examination, check: Check) -> CheckResult:
    """Row 31: the badge was issued by the instant in question and has not expired."""
    award, as_of, skew = examination.legacy.award, examination.question.as_of, examination.skew
    evidence = {"asOf": format_datetime(as_of), "clockSkewSeconds": int(skew.total_seconds())}
    problems, unread = [], []
    issued, expires = reading.span_of(award.get("issuedOn")), reading.span_of(award.get("expires"))
    if issued is None:
        unread.append(Problem(MALFORMED_VALUE_ERROR, "issuedOn is not a date that can be read", "/issuedOn"))
    elif issued.first - as_of > skew:
        detail = f"it is valid from {format_datetime(issued.first)}"
        problems.append(Problem(NOT_YET_VALID, detail, "/issuedOn"))
    if expires is not None:
        if as_of - expires.last > skew:
            problems.append(Problem(EXPIRED, f"it was valid until {format_datetime(expires.last)}", "/expires"))
        elif as_of - expires.first > skew:
            detail = "it expires about now, and at what hour, or by the clock of which place, it does not say"
            unread.append(Problem(MALFORMED_VALUE_ERROR, detail, "/expires"))
    elif award.get("expires") is not None:
        unread.append(Problem(MALFORMED_VALUE_ERROR, "expires is not a date that can be read", "/expires"))
    if problems:
        expired = any(problem.type is EXPIRED for problem in problems)
        message = "The badge has expired." if expired else "The badge is not valid yet."
        return check.failed(message, problems, evidence=evidence)
    if unread:
        return check.unknown("Whether the badge is in force cannot be told from its dates.", unread, evidence=evidence)
    return check.passed("The badge is within its validity period.", evidence=evidence)


def revocation(examination: Examination, check: Check) -> CheckResult:
    """Row 38: the issuer's record or revocation list does not say that the badge was revoked."""
    facts, finding = examination.legacy, examination.legacy.revocation
    if finding is None:
        if facts.issuer is None or facts.method != "signed":
            return check.skipped(_NO_RECORD, withheld=True)
        return check.skipped("The issuer names no revocation list for the badges it signs.")
    evidence = {
        name: facts.evidence[name]
        for name in ("assertion", "published", "revocationList")
        if facts.evidence.get(name) is not None
    }
    if finding.outcome is Outcome.FAILED:
        return check.failed("The issuer has revoked the badge.", finding.problems, evidence=evidence)
    if finding.outcome is Outcome.UNKNOWN:
        return check.unknown("Whether the badge was revoked is not known.", finding.problems, evidence=evidence)
    if facts.proof.outcome is not Outcome.PASSED:
        # The record may be a stranger's, who will not revoke it.
        return check.skipped(_SILENCE, evidence=evidence, withheld=True)
    message = (
        "The issuer publishes the badge and does not say that it was revoked."
        if facts.method == "hosted"
        else "The issuer's revocation list does not name the badge."
    )
    return check.passed(message, evidence=evidence, warnings=finding.warnings)


def recipient(examination: Examination, check: Check) -> CheckResult:
    """Row 41: the badge was awarded to the person the reader named (Open Badges 2.0 "IdentityObject")."""
    from badgeport.verifier.checks.recipient import matches

    wanted = examination.question.recipient
    if wanted is None:
        return check.skipped("No recipient was named to compare with.")
    identity = reading.identity_of(examination.legacy.award)
    if identity is not None and matches({"identifier": [identity]}, wanted):
        return check.passed("The badge was awarded to the recipient that was named.")
    detail = "the identity of the recipient is not the one given"
    return check.failed("The badge was awarded to someone else.", [Problem(RECIPIENT_MISMATCH, detail, "/recipient")])


ANSWERS: dict[str, Callable[[Examination, Check], CheckResult]] = {
    ROWS[31]: validity,
    ROWS[38]: revocation,
    ROWS[41]: recipient,
}
"""The checks about what a badge says, which Open Badges 2.0 says in its own way."""
ABOUT_THE_BADGE = frozenset({*ANSWERS, ROWS[39]})
"""The checks that are answered only where something vouches for what the badge says."""


def answer(examination: Examination, check: Check) -> CheckResult:
    """The result of one of the checks `ABOUT_THE_BADGE`: withheld where nothing vouches for what the badge says."""
    facts = examination.legacy
    if facts.proof.outcome is Outcome.FAILED:
        return check.skipped(_PROOF_FAILED, withheld=True)
    if not facts.settled and not (check.id == ROWS[38] and facts.revocation is not None):
        return check.skipped(_NO_RECORD, withheld=True)
    own = ANSWERS.get(check.id)
    return check.run(examination) if own is None else own(examination, check)


def answered_unread(examination: Examination) -> frozenset[str]:
    """What is answered although nothing could be read: that a badge whose address was all there is was taken away."""
    told = examination.is_open_badges_2 and examination.legacy.revocation is not None
    return frozenset({ROWS[38]}) if told else frozenset()


def summarize(facts: Facts) -> CredentialSummary:
    """What the badge says of itself; its description as far as that could be had."""
    award = facts.award
    stated = reading.reference(award.get("badge"))
    badge = facts.badge or (stated.document if stated is not None else None)
    issuer = reading.reference(badge.get("issuer")) if badge is not None else None
    identity = reading.identity_of(award)
    return CredentialSummary(
        id=reading.text(award.get("id")),
        name=reading.name_of(badge),
        issuer=facts.issuer_id or (issuer.id if issuer is not None else None),
        issuer_name=reading.name_of(facts.issuer) or (reading.name_of(issuer.document) if issuer is not None else None),
        recipient=identity["identityHash"] if identity is not None and not identity["hashed"] else None,
        valid_from=reading.text(award.get("issuedOn")),
        valid_until=reading.text(award.get("expires")),
        types=reading.types_of(award),
    )


def _failure(problems: tuple[Problem, ...]) -> str:
    kinds = {problem.type for problem in problems}
    return next(
        (message for kind, message in _FAILURES if kind in kinds),
        "The signature of the badge is not known to be its issuer's.",
    )
