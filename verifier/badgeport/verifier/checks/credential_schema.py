"""Row 10: the document fits the schemas it names itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badgeport.schemas import jsontext
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, SCHEMA_UNKNOWN, ProblemError
from badgeport.verifier.checks.base import Check
from badgeport.verifier.resolution.fetching import FetchError

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_MAXIMUM_SCHEMAS = 16


def run(examination: Examination) -> CheckResult:
    """Each ``credentialSchema`` is met. One that is not at hand leaves the check undetermined (VC JSON Schema §2.1)."""
    if "credentialSchema" not in examination.document:
        return CHECK.skipped("The document names no schema.")
    from badgeport.schemas.jsonschemas import check_credential_schema

    outcomes = check_credential_schema(
        examination.document, _supplied(examination), report=examination.structure, limits=examination.settings.limits
    )
    evidence = {
        "schemas": [
            {"id": each.url, "type": each.type, "outcome": each.outcome, "message": each.message} for each in outcomes
        ]
    }
    failed = [problem for each in outcomes if each.outcome == "failed" for problem in each.problems]
    if any(each.outcome == "failed" for each in outcomes):
        return CHECK.failed("The document does not fit a schema it names.", failed, evidence=evidence)
    unknown = [problem for each in outcomes if each.outcome == "unknown" for problem in each.problems]
    if any(each.outcome == "unknown" for each in outcomes):
        return CHECK.unknown("A schema the document names could not be used.", unknown, evidence=evidence)
    return CHECK.passed("The document fits every schema it names.", evidence=evidence)


def _supplied(examination: Examination) -> dict[str, Mapping[str, Any]]:
    """The schemas that were supplied. A credential that holds a schema is not verified here, so it is not used."""
    stated = examination.document["credentialSchema"]
    known: dict[str, Mapping[str, Any]] = {}
    for entry in (stated if isinstance(stated, list) else [stated])[:_MAXIMUM_SCHEMAS]:
        url = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(url, str) or entry.get("type") != "JsonSchema":
            continue
        try:
            body = examination.shared.documents.fetch(url, "schema").body
            known[url] = jsontext.parse_object(body, examination.settings.limits)
        except (FetchError, ProblemError):
            continue
    return known


CHECK = Check(10, "Named schemas are met", run, (MALFORMED_VALUE_ERROR, SCHEMA_UNKNOWN))
