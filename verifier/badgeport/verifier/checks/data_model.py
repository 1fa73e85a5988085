"""Row 9: the document fits the data model of its version, as its canonical JSON Schema states it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """Every member that the other rows about the data model do not name."""
    return structural(CHECK, examination, "schema", "The document fits its data model.")


CHECK = Check(9, "Document fits its data model", run, (MALFORMED_VALUE_ERROR,))
