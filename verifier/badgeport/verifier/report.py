"""What a verification found: every check with its outcome, the verdict, and what the answer rests on.

Three questions stay apart in it (VCDM 2.0 §7.1): whether the proof holds, whether the credential is in force at the
stated instant, and whether a registry the reader uses knows the issuer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import Problem

if TYPE_CHECKING:
    from badgeport.verifier.policy import Policy

CONTAINED_BY = {"endorsements": "endorsement", "members": "member"}
"""The checks whose outcome is that of contained credentials, and the role of those."""

CONTAINER = "container"
"""Evidence of the check on the presence of a proof: what contains the document secures it."""

NO_EVIDENCE: Mapping[str, Any] = MappingProxyType({})


class Outcome(StrEnum):
    """What one check found. ``unknown``: tried, could not determine. ``skipped``: not done, for the reason given."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"

    __hash__ = str.__hash__


class Verdict(StrEnum):
    """The answer to "may I rely on this?" under one policy."""

    VALID = "valid"
    INVALID = "invalid"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check.

    ``message`` is one plain sentence for a clerk; ``problems`` say what is wrong, each with a JSON pointer where there
    is one; ``warnings`` are what a reader should know although the check did not fail; ``evidence`` is what the result
    rests on. ``withheld`` marks a check that was skipped only because an earlier one failed.
    """

    id: str
    title: str
    outcome: Outcome
    message: str
    problems: tuple[Problem, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=lambda: NO_EVIDENCE)
    warnings: tuple[Problem, ...] = ()
    withheld: bool = False

    def to_json(self) -> dict[str, Any]:
        """The check as it stands in the report."""
        return {
            "id": self.id,
            "outcome": self.outcome.value,
            "title": self.title,
            "message": self.message,
            "problems": [problem.to_json() for problem in self.problems],
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What was verified: its form, its media type where known, and the SHA-256 of its bytes (hexadecimal).

    ``address`` is the web address it was had from, where what was handed in only led there.
    """

    form: str
    media_type: str | None
    sha256: str
    address: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The ``input`` member of the report."""
        body = {"form": self.form, "mediaType": self.media_type, "sha256": self.sha256}
        return body if self.address is None else {**body, "address": self.address}


@dataclass(frozen=True, slots=True)
class CredentialSummary:
    """What the document says of itself. These are claims: they count only where the verdict is valid."""

    id: str | None = None
    name: str | None = None
    issuer: str | None = None
    issuer_name: str | None = None
    holder: str | None = None
    recipient: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    types: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The ``credential`` member of the report."""
        return {
            "id": self.id,
            "name": self.name,
            "issuer": self.issuer,
            "issuerName": self.issuer_name,
            "holder": self.holder,
            "recipient": self.recipient,
            "validFrom": self.valid_from,
            "validUntil": self.valid_until,
            "types": list(self.types),
        }


@dataclass(frozen=True, slots=True)
class DocumentUsed:
    """A document the answer rests on: its URL, the SHA-256 of its bytes, and when it was obtained where known.

    ``stale`` says why an older copy was used although its time was over; ``location`` is where redirects led.
    """

    url: str
    sha256: str
    fetched_at: datetime | None
    stale: str | None = None
    location: str | None = None

    def to_json(self) -> dict[str, Any]:
        """One item of the report's ``documents``."""
        fetched_at = None if self.fetched_at is None else format_datetime(self.fetched_at)
        body: dict[str, Any] = {"url": self.url, "sha256": self.sha256, "fetchedAt": fetched_at}
        if self.stale is not None:
            body["stale"] = self.stale
        if self.location is not None:
            body["location"] = self.location
        return body


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """Everything one verification found. Made by `Verifier.inspect`; never changes.

    ``as_of`` is the instant the credential was judged at, ``checked_at`` the instant the check was made.
    ``credential`` is None where none was found in the input; ``members`` are reports of contained credentials, in the
    order they appear. ``policy`` names the policy, ``policy_sha256`` pins its text.
    """

    verdict: Verdict
    as_of: datetime
    checked_at: datetime
    input: InputSummary
    credential: CredentialSummary | None
    checks: tuple[CheckResult, ...]
    warnings: tuple[Problem, ...]
    documents: tuple[DocumentUsed, ...]
    members: tuple[VerificationReport, ...]
    policy: str
    policy_sha256: str
    software: str
    role: str = "credential"
    """What was examined: ``credential``, ``endorsement``, ``member``, ``status-list``, ``refresh`` (a newer copy)."""
    pointer: str | None = field(default=None)
    """Where a contained credential stands in the document that contains it."""

    @property
    def valid(self) -> bool:
        """Whether the verdict is valid."""
        return self.verdict is Verdict.VALID

    @property
    def credential_found(self) -> bool:
        """Whether the input held something meant as a credential, however broken."""
        return self.credential is not None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of what stands against the credential, in the order of the checks, each once.

        What the policy tolerates is among the warnings instead.
        """
        found = tuple(self.problems())
        if not found:
            return ()
        tolerated = set(self.warnings)
        return tuple(dict.fromkeys(problem.type.code for problem in found if problem not in tolerated))

    def check(self, check_id: str) -> CheckResult:
        """The result of the check with this id. Raises KeyError where there is no such check."""
        for result in self.checks:
            if result.id == check_id:
                return result
        raise KeyError(check_id)

    def problems(self) -> Iterator[Problem]:
        """The problems of every failed or undetermined check, in the order of the checks."""
        for result in self.checks:
            if result.problems and result.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
                yield from result.problems

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object; `schema` describes it."""
        body: dict[str, Any] = {
            "verdict": self.verdict.value,
            "asOf": format_datetime(self.as_of),
            "checkedAt": format_datetime(self.checked_at),
            "input": self.input.to_json(),
            "credential": None if self.credential is None else self.credential.to_json(),
            "checks": [result.to_json() for result in self.checks],
            "warnings": [problem.to_json() for problem in self.warnings],
            "documents": [document.to_json() for document in self.documents],
            "members": [member.to_json() for member in self.members],
            "policy": self.policy,
            "policySha256": self.policy_sha256,
            "software": self.software,
        }
        if self.pointer is not None:
            body["role"] = self.role
            body["pointer"] = self.pointer
        return body

    def to_bytes(self) -> bytes:
        """The report as one JSON text (UTF-8, indented)."""
        return jsontext.dump_pretty(self.to_json())

    def to_line(self) -> bytes:
        """The report as one line of JSON (UTF-8). Raises ProblemError as `jsontext.dump`."""
        body = self.to_json()
        try:
            return orjson.dumps(body)
        except TypeError:  # a number or a text of the credential's that the quick writer has no form for
            return jsontext.dump(body)

    def to_text(self) -> str:
        """The report in plain words, the verdict first."""
        from badgeport.verifier.rendering import text

        return text(self)

    def to_vc_api(self) -> dict[str, Any]:
        """The report as VCALM's ``/credentials/verify`` answers it.

        ``verified`` is false for a failed proof, data model or context, and true with warnings for a credential that is
        expired, revoked or suspended (VCALM 0.9): the verdict of the ``vcalm`` policy over the same checks.
        """
        from badgeport.verifier.rendering import vc_api

        return vc_api(self)

    def judged_by(self, policy: Policy) -> Verdict:
        """The verdict another policy gives over the checks of this report, contained credentials judged by it too."""
        from badgeport.verifier.policy import judge

        return judge(policy, tuple(self._rejudged(result, policy) for result in self.checks))

    def told_within(self, result: CheckResult, problem: Problem) -> bool:
        """Whether a problem of a check is that of a contained credential, whose own report tells it."""
        role = CONTAINED_BY.get(result.id)
        return self._lies_in(problem, [member for member in self.members if member.role == role])

    def _rejudged(self, result: CheckResult, policy: Policy) -> CheckResult:
        role = CONTAINED_BY.get(result.id)
        members = [member for member in self.members if member.role == role]
        if not members or result.outcome is Outcome.SKIPPED:
            return result
        if not all(self._lies_in(problem, members) for problem in result.problems):
            return result
        verdicts = {member.judged_by(policy) for member in members}
        if Verdict.INVALID in verdicts:
            return replace(result, outcome=Outcome.FAILED)
        return replace(result, outcome=Outcome.UNKNOWN if Verdict.UNDETERMINED in verdicts else Outcome.PASSED)

    def _lies_in(self, problem: Problem, members: Iterable[VerificationReport]) -> bool:
        """Whether a problem is that of a contained credential, which knows where it stands in the whole input."""
        pointer = (self.pointer or "") + (problem.pointer or "")
        return any(pointer == member.pointer or pointer.startswith(f"{member.pointer}/") for member in members)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a report."""
    from badgeport.verifier.rendering import report_schema

    return report_schema()
