"""Exports after two standards, both experimental: Ed-Fi ``Credential`` and HR Open LER-RS (docs/hr.md).

The schemas of neither could be had in full, so no claim of conformance is made, and what the standards have no member
for stands beside the record and never in it: verdict, code and digest. Only credited badges whose last check found them
valid are exported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.hr.exporting import ExportError, Row
from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.roster import Roster
from badgeport.verifier.intake import take_in
from badgeport.verifier.recognition.conditions.statements import award_day, end_of_validity
from badgeport.verifier.recognition.deciding.record import inputs_again

LER_RS_TYPE = "http://schema.hropenstandards.org/4.4/recruiting/json/ler-rs/LER-RSType.json"
"""What an LER-RS document says it is: the one value that its schema is reported to allow."""

NOTE = "experimental: not checked against the schema of the standard"
"""What every such export says of itself."""

_IDENTIFIER_CHARS = 60
_STATE = re.compile(r"[A-Z]{2}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")


@dataclass(frozen=True, slots=True)
class _Exported:
    """A row with what its badge says of its dates."""

    row: Row
    issued: str | None
    expires: str | None
    issuer_name: str | None


def ed_fi(ledger: Ledger, rows: Sequence[Row], *, state: str, namespace: str) -> dict[str, Any]:
    """Ed-Fi ``Credential`` resources of the rows.

    ``state``: the two letters of the state that Ed-Fi is told issued the credential, which no badge says; ``namespace``
    is the URI that the district uses in Ed-Fi. Raises ExportError where they are none. A badge without a day of issue
    is named under ``leftOut``: Ed-Fi requires one.
    """
    if not _STATE.fullmatch(state):
        raise ExportError(f"the state is two capital letters, such as AR, not {state!r}")
    if not _URI.fullmatch(namespace):
        raise ExportError(f"the namespace is a URI, such as uri://kaneridge.example, not {namespace!r}")
    found, left_out = [], []
    for each in _valid(ledger, rows):
        if each.issued is None:
            left_out.append({"sha256": each.row.sha256, "reason": "the badge states no day of issue"})
            continue
        resource = {
            "credentialIdentifier": _identifier(each.row),
            "stateOfIssueStateAbbreviationDescriptor": f"uri://ed-fi.org/StateAbbreviationDescriptor#{state}",
            "credentialTypeDescriptor": "uri://ed-fi.org/CredentialTypeDescriptor#Other",
            "issuanceDate": each.issued,
            "effectiveDate": each.issued,
            "namespace": namespace,
        }
        if each.expires is not None:
            resource["expirationDate"] = each.expires
        found.append({"employee": each.row.employee, "credential": resource, "verification": _verification(each.row)})
    return {"standard": "Ed-Fi Credential", "status": NOTE, "rows": found, "leftOut": left_out}


def ler_rs(ledger: Ledger, rows: Sequence[Row], roster: Roster | None = None) -> dict[str, Any]:
    """An LER-RS document for each employee, with the signed source of every certification in ``verifications``.

    Names are those of the ``roster``: the ledger keeps none. A badge whose signed text cannot be taken out of its file
    is named under ``leftOut``.
    """
    by_employee: dict[str, list[tuple[Row, dict[str, Any]]]] = {}
    left_out = []
    for each in _valid(ledger, rows):
        try:
            source = _source(ledger, each.row)
        except ProblemError as error:
            left_out.append({"sha256": each.row.sha256, "reason": error.problem.detail})
            continue
        certification: dict[str, Any] = {"name": each.row.badge or each.row.achievement}
        if each.issued is not None:
            certification["firstIssued"] = each.issued
        certification["issuingAuthority"] = {"name": each.issuer_name or each.row.issuer}
        certification["verifications"] = [source]
        by_employee.setdefault(each.row.employee, []).append((each.row, certification))
    found = []
    for employee, certifications in by_employee.items():
        document: dict[str, Any] = {"type": LER_RS_TYPE}
        known = None if roster is None else roster.by_id.get(employee)
        if known is not None and known.name is not None:
            document["person"] = {"name": {"formattedName": known.name}}
        document["certifications"] = [certification for _, certification in certifications]
        verified = [_verification(row) for row, _ in certifications]
        found.append({"employee": employee, "document": document, "verification": verified})
    return {"standard": "HR Open LER-RS", "status": NOTE, "rows": found, "leftOut": left_out}


def _valid(ledger: Ledger, rows: Sequence[Row]) -> Iterator[_Exported]:
    records: dict[int, Any] = {}
    query = (
        "SELECT entry.id, decision.id AS decision, decision.record FROM entry JOIN decision ON decision.id = decision"
    )
    wanted = {int(row.entry): row for row in rows if row.standing == "credited" and row.verdict == "valid"}
    seen: set[str] = set()
    for found in ledger.rows(f"{query} ORDER BY entry.employee, entry.id"):
        row = wanted.get(found["id"])
        if row is None or row.sha256 in seen:
            continue
        # A badge that counts for two purposes is one credential all the same.
        seen.add(row.sha256)
        if found["decision"] not in records:
            records[found["decision"]] = inputs_again(json.loads(found["record"])).candidates
        candidate = next(each for each in records[found["decision"]] if each.sha256 == row.sha256)
        issued, end = award_day(candidate), end_of_validity(candidate)
        issuer = candidate.document.get("issuer")
        name = issuer.get("name") if isinstance(issuer, dict) else None
        yield _Exported(
            row,
            None if issued is None else issued.value.isoformat(),
            None if end is None else end.value.date().isoformat(),
            name if isinstance(name, str) else None,
        )


def _source(ledger: Ledger, row: Row) -> Any:
    """The signed text of a badge as it came: a JSON object, or the text of a JWT; of a record, the whole record."""
    payload = take_in(ledger.original(row.original)).payload
    return jsontext.parse_object(payload) if payload.startswith(b"{") else payload.decode()


def _identifier(row: Row) -> str:
    """The badge's id where Ed-Fi has room for it, else one made of its digest."""
    if row.credential_id and len(row.credential_id) <= _IDENTIFIER_CHARS:
        return row.credential_id
    return f"sha256:{row.sha256}"[:_IDENTIFIER_CHARS]


def _verification(row: Row) -> dict[str, str]:
    return {
        "verdict": row.verdict,
        "code": row.code,
        "checkedAt": row.checked_at,
        "sha256": row.sha256,
        "original": row.original,
        "entry": row.entry,
    }
