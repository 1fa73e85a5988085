"""Row 8: the credential's ``id`` is a URL or URN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """``id`` is an absolute URI where there is one; badges must have one."""
    if "id" not in examination.document and not examination.structure.by_check["id"]:
        return CHECK.skipped("The document has no id, and needs none.")
    return structural(CHECK, examination, "id", "The id is an absolute URI.", badges_only=False)


CHECK = Check(8, "Identifier is a URI", run, (MALFORMED_VALUE_ERROR,))
