"""Row 4: the contexts a document names are those of its data model, in order, and at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.pointer import join
from badgeport.schemas.problems import CONTEXT_UNKNOWN, LEGACY_DATA_MODEL, MALFORMED_VALUE_ERROR, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural
from badgeport.verifier.examination import LEGACY_MODELS

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """``@context`` is present, ordered, and every URL in it leads to a context that is bundled or was added."""
    warnings = []
    if examination.kind in LEGACY_MODELS:
        detail = "the credential follows version 1.1 of the Verifiable Credentials Data Model, which 2.0 has replaced"
        warnings.append(Problem(LEGACY_DATA_MODEL, detail, "/@context"))
    structure = examination.structure.by_check["context"]
    if structure and examination.role != "status-list":
        return CHECK.failed("The contexts are not those of the data model.", structure, warnings=warnings)
    unknown = _unknown(examination)
    if unknown:
        return CHECK.unknown("The document names a context that is not at hand.", unknown, warnings=warnings)
    return structural(
        CHECK, examination, "context", "The contexts are present, in order and at hand.", warnings=warnings
    )


def _unknown(examination: Examination) -> list[Problem]:
    stated = examination.document.get("@context")
    entries = stated if isinstance(stated, list) else [stated]
    store = examination.settings.contexts
    return [
        Problem(CONTEXT_UNKNOWN, f"the context {url} is not at hand", join("@context", index))
        for index, url in enumerate(entries)
        if isinstance(url, str) and url not in store
    ]


CHECK = Check(4, "Contexts known and in order", run, (MALFORMED_VALUE_ERROR, CONTEXT_UNKNOWN, LEGACY_DATA_MODEL))
