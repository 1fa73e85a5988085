"""Row 14: the issuer is a profile of the right form, and its web address answers where the policy asks for a visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from badgeport.schemas.problems import ISSUER_PAGE_UNAVAILABLE, MALFORMED_VALUE_ERROR, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural
from badgeport.verifier.report import Outcome
from badgeport.verifier.resolution.fetching import FetchError

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """``issuer`` has an id and the type Profile; otherIdentifier and parentOrg have their types.

    That a web address does not answer is only a warning. It is visited once a proof by the issuer holds, so that no
    document sends the verifier to an address in another's name.
    """
    message = "The issuer's profile is well formed; its web address was not visited."
    result = structural(CHECK, examination, "issuer", message)
    url = _address(examination)
    if result.outcome is not Outcome.PASSED or url is None:
        return result
    evidence = {"url": url}
    try:
        examination.shared.documents.fetch(url, "issuer-page")
    except FetchError as error:
        detail = f"the issuer's web address {url} could not be opened: {error.reason}"
        warning = Problem(ISSUER_PAGE_UNAVAILABLE, detail, "/issuer/url")
        message = "The issuer's profile is well formed; its web address did not answer."
        return replace(result, message=message, evidence=evidence, warnings=(*result.warnings, warning))
    message = "The issuer's profile is well formed, and its web address answers."
    return replace(result, message=message, evidence=evidence)


def _address(examination: Examination) -> str | None:
    """The web address to visit, if any: of the issuer of what was handed in, or of a credential contained in that."""
    if "issuer-page" not in examination.settings.policy.fetch or examination.role not in ("credential", "member"):
        return None
    issuer = examination.document.get("issuer")
    url = issuer.get("url") if isinstance(issuer, Mapping) else None
    if not isinstance(url, str) or not url:
        return None
    signed = any(state.holds is Outcome.PASSED for state in examination.proofs)
    return url if signed or examination.securing_envelope is Outcome.PASSED else None


CHECK = Check(14, "Issuer profile well formed", run, (ISSUER_PAGE_UNAVAILABLE, MALFORMED_VALUE_ERROR))
