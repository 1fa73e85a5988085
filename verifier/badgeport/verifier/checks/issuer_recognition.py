"""Row 39: whether a registry the reader uses lists the issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from badgeport.schemas.problems import ISSUER_NOT_RECOGNIZED, REGISTRY_UNREADABLE, Problem
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """An issuer that no registry lists is a warning, and a failure only where the policy asks for recognition."""
    if examination.is_presentation or examination.role == "status-list":
        return CHECK.skipped("Issuers are looked up for credentials only.")
    trust, issuer = examination.settings.trust, examination.owner
    matching = trust.matching(issuer) if issuer is not None else ()
    unread = [
        Problem(REGISTRY_UNREADABLE, f"the registry {each.name} could not be read: {each.reason}")
        for each in trust.unread
    ]
    evidence: dict[str, Any] = {
        "matchingIssuers": [{"id": each.id, "name": each.name, "registry": each.registry} for each in matching],
        "uncheckedRegistries": [{"name": each.name, "reason": each.reason} for each in trust.unread],
        "registries": [each.name for each in trust.registries],
    }
    if matching:
        names = ", ".join(dict.fromkeys(each.registry for each in matching))
        return CHECK.passed(f"The issuer is listed in {names}.", evidence=evidence, warnings=unread)
    if not trust.registries and not trust.unread:
        detail = "no trust registry was given, so nothing says who the issuer is"
    else:
        detail = f"none of the registries that were read lists the issuer {issuer}"
    problem = Problem(ISSUER_NOT_RECOGNIZED, detail, "/issuer")
    # That an issuer must be recognized is asked of those who award, not of everyone who endorses.
    if not examination.settings.policy.recognized_issuers_only or examination.role == "endorsement":
        message = "The issuer is not known to this reader, and the policy does not ask that it is."
        return CHECK.passed(message, evidence=evidence, warnings=[problem, *unread])
    if unread:
        message = "The issuer is not known to this reader, and not every registry could be read."
        return CHECK.unknown(message, [problem, *unread], evidence=evidence)
    return CHECK.failed("The issuer is not one this reader recognizes.", [problem], evidence=evidence)


CHECK = Check(39, "Issuer recognized where the policy asks for it", run, (ISSUER_NOT_RECOGNIZED, REGISTRY_UNREADABLE))
