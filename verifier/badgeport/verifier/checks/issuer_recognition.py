"""Row 39: whether a registry the reader uses lists the issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from badgeport.schemas.problems import ISSUER_NOT_RECOGNIZED, REGISTRY_UNREADABLE, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.report import Outcome
from badgeport.verifier.trust.lookup import recognize

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult
    from badgeport.verifier.trust.sources import ListedIssuer

_NOT_ASKED = frozenset({"status-list", "registry"})
_UNPROVED = "Nothing shows yet that the issuer it names is its issuer, so that issuer was not looked up."


def run(examination: Examination) -> CheckResult:
    """An issuer that no registry lists is a warning, and a failure only where the policy asks for recognition.

    A registry that could not be asked has not said that it does not know the issuer: it is named, and leaves the check
    undetermined where the policy asks for recognition and no other registry lists the issuer.

    Anyone can write a recognised issuer's name into a document. Until its proof stands no registry is asked, and none
    is named.
    """
    if examination.is_presentation or examination.role in _NOT_ASKED:
        return CHECK.skipped("Issuers are looked up for credentials only.")
    if not _is_proved(examination):
        return CHECK.skipped(_UNPROVED, withheld=True)
    issuer = examination.owner
    found = recognize(examination, issuer)
    unread = [
        Problem(REGISTRY_UNREADABLE, f"the registry {each.name} could not be read: {each.reason}")
        for each in found.unread
    ]
    evidence: dict[str, Any] = {
        "matchingIssuers": [_entry(each) for each in found.matching],
        "uncheckedRegistries": [{"name": each.name, "reason": each.reason} for each in found.unread],
        "registries": list(found.read),
    }
    if found.matching:
        names = ", ".join(dict.fromkeys(each.registry for each in found.matching))
        return CHECK.passed(f"The issuer is listed in {names}.", evidence=evidence, warnings=unread)
    problem = Problem(ISSUER_NOT_RECOGNIZED, _why(issuer, found.read, found.notes, unread), "/issuer")
    # That an issuer must be recognized is asked of those who award, not of everyone who endorses.
    if not examination.settings.policy.recognized_issuers_only or examination.role == "endorsement":
        message = "The issuer is not known to this reader, and the policy does not ask that it is."
        return CHECK.passed(message, evidence=evidence, warnings=[problem, *unread])
    if unread:
        message = "The issuer is not known to this reader, and not every registry could be read."
        return CHECK.unknown(message, [problem, *unread], evidence=evidence)
    return CHECK.failed("The issuer is not one this reader recognizes.", [problem], evidence=evidence)


def _is_proved(examination: Examination) -> bool:
    """Whether the issuer that the document names stands behind it."""
    if examination.is_open_badges_2:
        return examination.legacy.proof.outcome is Outcome.PASSED
    return examination.proved


def _entry(listed: ListedIssuer) -> dict[str, Any]:
    """What a registry says of the issuer; the name that it gives it comes before anything the issuer says of itself."""
    further = {
        "legalName": listed.legal_name,
        "url": listed.home_page,
        "validFrom": listed.valid_from,
        "validUntil": listed.valid_until,
    }
    known = {member: value for member, value in further.items() if value is not None}
    return {"id": listed.id, "name": listed.name, "registry": listed.registry, **known}


def _why(issuer: str | None, read: tuple[str, ...], notes: tuple[str, ...], unread: list[Problem]) -> str:
    if not read and not unread:
        return "no trust registry was given, so nothing says who the issuer is"
    if not read:
        return "none of the registries could be read, so nothing says who the issuer is"
    return "; ".join((f"none of the registries that were read lists the issuer {issuer}", *notes))


CHECK = Check(39, "Issuer recognized where the policy asks for it", run, (ISSUER_NOT_RECOGNIZED, REGISTRY_UNREADABLE))
