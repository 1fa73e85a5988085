"""Which of the verifier's checks a structural finding belongs to (checks rows 4, 7, 8, 9, 11, 12, 13, 14 and 15)."""

from __future__ import annotations

from badgeport.schemas.structure.walk import Finding

AREAS = ("context", "type", "id", "schema", "subject", "achievement", "evidence", "issuer", "dates")

_ROOT = {"@context": "context", "type": "type", "id": "id"}


def area_of(finding: Finding) -> str:
    """The area of a finding: a named check where one is about that very member, otherwise ``"schema"``."""
    if finding.about_date:
        return "dates"
    names = [step for step in finding.tokens if isinstance(step, str)]
    if not names:
        return "schema"
    head, rest = names[0], names[1:]
    if head in _ROOT:
        return _ROOT[head]
    if head == "issuer" and _identifies_party(rest):
        return "issuer"
    if head == "evidence" and rest in ([], ["type"]):
        return "evidence"
    if head == "credentialSubject":
        return _subject_area(rest)
    return "schema"


def _identifies_party(rest: list[str]) -> bool:
    return rest in ([], ["id"], ["type"]) or rest[0] in ("otherIdentifier", "parentOrg")


def _subject_area(rest: list[str]) -> str:
    if rest in ([], ["id"], ["type"], ["identifier"]):
        return "subject"
    if rest in (["achievement"], ["achievement", "criteria"], ["result"], ["source"]):
        return "achievement"
    if rest[0] in ("achievement", "identifier", "result", "source") and rest[-1] == "type":
        return "achievement"
    return "achievement" if rest in (["result", "resultDescription"], ["result", "status"]) else "schema"
