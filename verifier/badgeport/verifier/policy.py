"""Which checks must pass before a credential is called valid: data, not code.

The checks of `CORE` (was it read, is it secured, by the issuer's key, unchanged) are required by every policy and can
never be waived; one of them may stay undetermined where the policy says so. A policy says what is
asked beyond them. A policy that asks for nothing is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.once import once
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    INTERNAL_ERROR,
    MALFORMED_VALUE_ERROR,
    NOTHING_REQUIRED,
    RANGE_ERROR,
    STATUS_UNKNOWN,
    ProblemError,
)
from badgeport.verifier.checks.ids import CHECK_IDS, CORE, MAY_STAY_UNKNOWN
from badgeport.verifier.report import CONTAINER, CheckResult, Outcome, Verdict
from badgeport.verifier.resolution.fetching import Purpose

MAXIMUM_SKEW_SECONDS = 86_400
MAXIMUM_STATUS_AGE_SECONDS = 10 * 366 * 86_400
DEFAULT_STATUS_AGE_SECONDS = 30 * 86_400
DEFAULT_SKEW_SECONDS = 300
MAY_BE_FETCHED: frozenset[Purpose] = frozenset({"schema", "resource", "issuer-page"})
"""What is fetched only where a policy says so; all else that a verification needs is fetched anyway."""


@dataclass(frozen=True)
class Policy:
    """What one reader asks of a credential.

    ``require``: ids of the checks that must pass (a check that does not apply counts as passed).
    ``warn_only``: those of them whose failure is only reported. ``allow_unknown``: those that may stay undetermined.
    ``recognized_issuers_only``: a trust registry must list the issuer. ``badge_required``: only Open Badges and
    endorsements are accepted. ``holder_must_be_subject``: a presentation must come from the person the credentials are
    about. ``lenient_jwt_sub``: a JWT badge may lack ``sub`` (SPEC D6). ``same_issuer_status_lists``: a status list must
    be signed by the credential's own issuer. ``clock_skew_seconds``: how far clocks may differ.
    ``status_max_age_seconds``: how long a status list that does not say until when it holds speaks after it was had.
    ``fetch``: what may be fetched that usually is not: the schemas a credential names, resources whose digest it
    states, the issuer's web address. The fetcher has to be set up to match (`GuardedFetcher`).
    """

    name: str
    require: frozenset[str]
    warn_only: frozenset[str] = frozenset()
    allow_unknown: frozenset[str] = frozenset()
    recognized_issuers_only: bool = False
    badge_required: bool = False
    holder_must_be_subject: bool = True
    lenient_jwt_sub: bool = True
    same_issuer_status_lists: bool = True
    clock_skew_seconds: int = DEFAULT_SKEW_SECONDS
    status_max_age_seconds: int = DEFAULT_STATUS_AGE_SECONDS
    fetch: frozenset[Purpose] = frozenset()

    def __post_init__(self) -> None:
        """Refuses a policy that requires nothing or names a check there is not. Raises ProblemError."""
        if not self.require:
            raise ProblemError(NOTHING_REQUIRED, "the policy requires no check at all", "/require")
        for member, ids in (
            ("require", self.require),
            ("warnOnly", self.warn_only),
            ("allowUnknown", self.allow_unknown),
        ):
            unknown = sorted(ids - CHECK_IDS)
            if unknown:
                raise ProblemError(
                    MALFORMED_VALUE_ERROR,
                    f"{member} names no check of this verifier: {', '.join(unknown)}",
                    f"/{member}",
                )
            core = sorted(ids & (CORE - MAY_STAY_UNKNOWN if member == "allowUnknown" else CORE))
            if core and member != "require":
                raise ProblemError(
                    MALFORMED_VALUE_ERROR,
                    f"{member} names checks that no policy may waive: {', '.join(core)}",
                    f"/{member}",
                )
            if not ids <= self.require:
                extra = ", ".join(sorted(ids - self.require))
                raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} names checks not required: {extra}", f"/{member}")
        odd = sorted(self.fetch - MAY_BE_FETCHED)
        if odd:
            detail = f"fetch names what no policy decides on: {', '.join(odd)}"
            raise ProblemError(MALFORMED_VALUE_ERROR, detail, "/fetch")
        for member, seconds, most in (
            ("clockSkewSeconds", self.clock_skew_seconds, MAXIMUM_SKEW_SECONDS),
            ("statusMaxAgeSeconds", self.status_max_age_seconds, MAXIMUM_STATUS_AGE_SECONDS),
        ):
            if not 0 <= seconds <= most:
                raise ProblemError(RANGE_ERROR, f"{member} is not between 0 and {most}", f"/{member}")

    @classmethod
    def from_json(cls, data: bytes | str | Mapping[str, Any], *, limits: Limits = DEFAULT_LIMITS) -> Policy:
        """The policy of a JSON text or object; `schema` describes it.

        Raises ProblemError (PARSING_ERROR, MALFORMED_VALUE_ERROR, RANGE_ERROR, NOTHING_REQUIRED) naming the member,
        also for a member that is not known, so that a misspelt rule is never silently dropped.
        """
        body = jsontext.parse_object(data, limits) if isinstance(data, bytes | str) else data
        for member in body:
            if member not in _MEMBERS:
                raise ProblemError(MALFORMED_VALUE_ERROR, f"{member!r} is not a member of a policy", join(member))
        if "require" not in body:
            raise ProblemError(NOTHING_REQUIRED, "the policy has no member 'require'", "/require")
        if "name" not in body:
            raise ProblemError(MALFORMED_VALUE_ERROR, "the policy has no member 'name'", "/name")
        return cls(
            **{
                attribute: reader(member, body[member])
                for member, (attribute, reader) in _MEMBERS.items()
                if member in body
            }
        )

    def to_json(self) -> dict[str, Any]:
        """The policy as a JSON object, every member written out."""
        return {
            "name": self.name,
            "require": sorted(self.require),
            "warnOnly": sorted(self.warn_only),
            "allowUnknown": sorted(self.allow_unknown),
            "recognizedIssuersOnly": self.recognized_issuers_only,
            "badgeRequired": self.badge_required,
            "holderMustBeSubject": self.holder_must_be_subject,
            "lenientJwtSub": self.lenient_jwt_sub,
            "sameIssuerStatusLists": self.same_issuer_status_lists,
            "clockSkewSeconds": self.clock_skew_seconds,
            "statusMaxAgeSeconds": self.status_max_age_seconds,
            "fetch": sorted(self.fetch),
        }

    @once
    def clock_skew(self) -> timedelta:
        """How far clocks may differ."""
        return timedelta(seconds=self.clock_skew_seconds)

    @once
    def required(self) -> frozenset[str]:
        """Ids of all checks that must pass: those it asks for, and `CORE`."""
        return self.require | CORE

    @once
    def sha256(self) -> str:
        """SHA-256 (hexadecimal) of the policy written out: two policies that ask the same have the same digest."""
        return hashlib.sha256(jsontext.dump(self.to_json())).hexdigest()


def decide(policy: Policy, checks: Iterable[CheckResult]) -> Verdict:
    """The verdict of ``policy`` over ``checks``.

    Invalid where a required check failed; else undetermined where one could not be determined, or was withheld because
    an earlier one failed, or is missing; else valid.
    """
    required, checks = policy.required, tuple(checks)
    passed, skipped = Outcome.PASSED, Outcome.SKIPPED
    undetermined = not required.issubset([result.id for result in checks])
    # Most passed, or do not apply; of them nothing is asked.
    asked = [each for each in checks if each.withheld or (each.outcome is not passed and each.outcome is not skipped)]
    for result in asked:
        if result.id not in required:
            continue
        if result.outcome is Outcome.FAILED and result.id not in policy.warn_only:
            return Verdict.INVALID
        if result.outcome is Outcome.UNKNOWN and result.id not in policy.allow_unknown:
            undetermined = True
        if result.withheld and result.id not in policy.warn_only:
            undetermined = True
    return Verdict.UNDETERMINED if undetermined else Verdict.VALID


def judge(policy: Policy, checks: Sequence[CheckResult]) -> Verdict:
    """The verdict of ``policy`` on a document: as `decide`, and valid only where it is `proven` and no check broke."""
    verdict = decide(policy, checks)
    if verdict is not Verdict.VALID:
        return verdict
    defective = any(problem.type is INTERNAL_ERROR for result in checks for problem in result.problems)
    return Verdict.UNDETERMINED if defective or not proven(checks) else verdict


_PROVING = frozenset(
    {"open-badges-2", "signature", "issuer-key", "jwt-key", "members", "presentation", "proof-present"}
)


def proven(checks: Sequence[CheckResult]) -> bool:
    """Whether a verified signature by the owner's own key stands behind the document.

    It may be that of the document which contains it. A presentation that names no holder has no owner: it is a signed
    list of what it shows, and as good as all of that is. An Open Badges 2.0 badge is proven in its own way (row 46).
    """
    results = {result.id: result for result in checks if result.id in _PROVING}
    passed = {check_id for check_id, result in results.items() if result.outcome is Outcome.PASSED}
    if "open-badges-2" in passed:
        return True
    if "signature" in passed:
        if not passed.isdisjoint({"issuer-key", "jwt-key"}):
            return True
        owned = {results[check_id].outcome for check_id in ("issuer-key", "jwt-key") if check_id in results}
        return owned == {Outcome.SKIPPED} and {"members", "presentation"} <= passed
    secured_by = results["proof-present"].evidence.get("securedBy") if "proof-present" in passed else None
    return secured_by == CONTAINER


def only_status_unseen(result: CheckResult) -> bool:
    """Whether all that a check leaves open is a status the holder may have left out: what is shown is proved."""
    open_only = result.id in MAY_STAY_UNKNOWN and result.outcome is Outcome.UNKNOWN
    return open_only and all(problem.type is STATUS_UNKNOWN for problem in result.problems)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a policy file."""
    ids = {"type": "array", "items": {"enum": sorted(CHECK_IDS)}, "uniqueItems": True}
    waivable = {"type": "array", "items": {"enum": sorted(CHECK_IDS - CORE)}, "uniqueItems": True}
    switch = {"type": "boolean"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Badgeport verification policy",
        "type": "object",
        "required": ["name", "require"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "require": {**ids, "minItems": 1},
            "warnOnly": waivable,
            "allowUnknown": {**ids, "items": {"enum": sorted((CHECK_IDS - CORE) | MAY_STAY_UNKNOWN)}},
            "recognizedIssuersOnly": switch,
            "badgeRequired": switch,
            "holderMustBeSubject": switch,
            "lenientJwtSub": switch,
            "sameIssuerStatusLists": switch,
            "clockSkewSeconds": {"type": "integer", "minimum": 0, "maximum": MAXIMUM_SKEW_SECONDS},
            "statusMaxAgeSeconds": {"type": "integer", "minimum": 0, "maximum": MAXIMUM_STATUS_AGE_SECONDS},
            "fetch": {"type": "array", "items": {"enum": sorted(MAY_BE_FETCHED)}, "uniqueItems": True},
        },
    }


def _text(member: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} is not a text", f"/{member}")
    return value


def _switch(member: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} is neither true nor false", f"/{member}")
    return value


def _seconds(member: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} is not a whole number of seconds", f"/{member}")
    return value


def _ids(member: str, value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} is not a list of check ids", f"/{member}")
    return frozenset(value)


def _purposes(member: str, value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        names = ", ".join(sorted(MAY_BE_FETCHED))
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} is not a list of any of: {names}", f"/{member}")
    return frozenset(value)


_MEMBERS: dict[str, tuple[str, Any]] = {
    "name": ("name", _text),
    "require": ("require", _ids),
    "warnOnly": ("warn_only", _ids),
    "allowUnknown": ("allow_unknown", _ids),
    "recognizedIssuersOnly": ("recognized_issuers_only", _switch),
    "badgeRequired": ("badge_required", _switch),
    "holderMustBeSubject": ("holder_must_be_subject", _switch),
    "lenientJwtSub": ("lenient_jwt_sub", _switch),
    "sameIssuerStatusLists": ("same_issuer_status_lists", _switch),
    "clockSkewSeconds": ("clock_skew_seconds", _seconds),
    "statusMaxAgeSeconds": ("status_max_age_seconds", _seconds),
    "fetch": ("fetch", _purposes),
}

DEFAULT = Policy(
    name="default",
    require=CHECK_IDS,
    allow_unknown=frozenset({"credential-schema", "endorsements"}),
)
"""Verification as Open Badges 3.0 §9 states it: expired, revoked and suspended are invalid."""

VCALM = Policy(
    name="vcalm",
    require=CHECK_IDS,
    warn_only=frozenset({"validity-period", "status-retrieval", "status", "revocation-list", "issuer-recognition"}),
    allow_unknown=frozenset(
        {
            "credential-schema",
            "selective-disclosure",
            "endorsements",
            "status-retrieval",
            "status-list",
            "status",
            "revocation-list",
            "issuer-recognition",
        }
    ),
    holder_must_be_subject=False,
)
"""Verification as VCALM states it (SPEC R2): validity period and status are warnings."""

BUILT_IN: Mapping[str, Policy] = {policy.name: policy for policy in (DEFAULT, VCALM)}
"""The policies that come with the verifier, by name."""
