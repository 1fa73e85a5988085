"""Row 41: the credential was awarded to the person the reader has in mind."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badgeport.schemas.identity import identity_matches
from badgeport.schemas.problems import RECIPIENT_MISMATCH, Problem
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_SUBJECT = "/credentialSubject"
_MAXIMUM_IDENTITIES = 1_000


def run(examination: Examination) -> CheckResult:
    """The subject's id, or one of its identifiers, plain or hashed, is the value the reader gave (OB 3.0 §9.2)."""
    wanted = examination.question.recipient
    if wanted is None:
        return CHECK.skipped("No recipient was named to compare with.")
    awarded = [(each.pointer, each.examination) for each in examination.members] if examination.is_presentation else []
    problems = [
        Problem(
            RECIPIENT_MISMATCH,
            "neither the subject's id nor an identifier of it is the one given",
            f"{where}{_SUBJECT}",
        )
        for where, each in awarded or [("", examination)]
        if each is None or not any(_matches(subject, wanted) for subject in each.subjects())
    ]
    if problems:
        return CHECK.failed("The credential was awarded to someone else.", problems)
    return CHECK.passed("The credential was awarded to the recipient that was named.")


def _matches(subject: Mapping[str, Any], wanted: str) -> bool:
    stated = subject.get("identifier")
    identities = [each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, Mapping)]
    found = [
        _same(subject.get("id"), wanted),
        *(identity_matches(each, wanted) for each in identities[:_MAXIMUM_IDENTITIES]),
    ]
    return any(found)


def _same(identifier: object, wanted: str) -> bool:
    """Equal as written; an e-mail address also as the ``mailto:`` URI of it, without regard to case."""
    if not isinstance(identifier, str):
        return False
    if _equal(identifier, wanted):
        return True
    address = wanted.lower().removeprefix("mailto:")
    return "@" in address and _equal(identifier.lower().removeprefix("mailto:"), address)


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


CHECK = Check(41, "Awarded to the named recipient", run, (RECIPIENT_MISMATCH,))
