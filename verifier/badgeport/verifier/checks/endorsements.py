"""Row 42: every endorsement in the credential verifies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.contained_verdicts import judged

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """Endorsements of credential, achievement and profiles, each verified by itself (OB 3.0 §9.1 step 6)."""
    contained = examination.endorsements
    warnings = list(_strangers(examination))
    return judged(CHECK, contained, "endorsements", "The document carries no endorsements.", warnings=warnings)


def _strangers(examination: Examination) -> Iterator[Problem]:
    """Endorsements of something that this document does not speak of."""
    known: set[str] | None = None
    for each in examination.endorsements:
        if each.examination is None or each.examination.opened is None:
            continue
        endorsed = [subject.get("id") for subject in each.examination.subjects()]
        if known is None:
            known = set(_identifiers(examination.document, 0))
        if not any(identifier in known for identifier in endorsed):
            detail = "the endorsement is of something that this document does not speak of"
            yield Problem(MALFORMED_VALUE_ERROR, detail, f"{each.pointer}/credentialSubject/id")


def _identifiers(value: Any, depth: int) -> Iterator[str]:
    if depth > 32:
        return
    if isinstance(value, list):
        for item in value:
            yield from _identifiers(item, depth + 1)
    elif isinstance(value, Mapping):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for member, inner in value.items():
            if member in ("issuer", "creator") and isinstance(inner, str):
                yield inner
            elif member not in ("endorsement", "endorsementJwt"):
                yield from _identifiers(inner, depth + 1)


CHECK = Check(42, "Endorsements verified", run, (MALFORMED_VALUE_ERROR,))
