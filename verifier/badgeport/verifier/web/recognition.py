"""What badges are worth, over HTTP: ``/api/v1/recognize``, and the policies of this service at ``/policies``.

Only what verifies enters a decision. Nothing of it is kept; whoever asks keeps the answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from badgeport.web.answers import PROBLEM_JSON, Refusal, json_response, refused
from badgeport.web.bodies import JsonBody, instant_member, json_body, media_type, only, read_body, text_member
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from badgeport.schemas import jsontext
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    CREDENTIAL_NOT_VERIFIED,
    NOT_FOUND,
    POLICY_REFUSED,
    REQUEST_TOO_LARGE,
    Problem,
    ProblemType,
)
from badgeport.verifier.intake import Allowance
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.documents import POLICY
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, policy_of
from badgeport.verifier.recognition.conditions.evaluation import questions
from badgeport.verifier.recognition.conditions.facts import Facts, FactsError, read_facts
from badgeport.verifier.recognition.engine import recognize
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy
from badgeport.verifier.shelf import Shelved
from badgeport.verifier.supporting import (
    SupportError,
    Verify,
    agreement_in,
    authority_from,
    credited_in,
    policy_in,
    why_not,
    with_lists,
)
from badgeport.verifier.verifier import VerificationError, VerifiedCredential
from badgeport.verifier.web import recognition_openapi as described
from badgeport.verifier.web.desk import Desk, desk_of
from badgeport.verifier.web.policy_pages import list_page, policy_page, wants_page
from badgeport.verifier.web.showing import error_page

PATH = "/api/v1/recognize"
MAXIMUM_BYTES = 8 * 1024 * 1024
"""The body of one request, with everything in it."""

MAXIMUM_CREDENTIALS = 100
MAXIMUM_DOCUMENTS = 50
"""Approvals in one request, and agreements."""

MAXIMUM_TRIALS = 20_000
"""Questions times badges that are asked for one request."""

REQUEST_SECONDS = 90.0
"""After this long nothing further of one request is verified."""

_MEMBERS = frozenset({"credentials", "policy", "purpose", "facts", "asOf", "credited", "approvals", "agreements"})
_YAML = "application/yaml"

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request to decide: everything in it that is not a badge is verified and read."""

    credentials: tuple[bytes, ...]
    policy: RecognitionPolicy
    purpose: str
    facts: Facts
    as_of: datetime
    credited: tuple[Credited, ...]
    approvals: tuple[bytes, ...]
    agreements: Mapping[str, Agreement]


@dataclass
class _Verifying:
    """Verifies what one request holds, as of one instant, within one allowance and one time."""

    desk: Desk
    now: datetime
    as_of: datetime
    allowance: Allowance
    ends: float = field(default_factory=lambda: time.monotonic() + REQUEST_SECONDS)

    def __call__(self, data: bytes) -> VerifiedCredential:
        """As `Verifier.verify`. Raises Refusal where there is no time left."""
        if self.allowance.is_over or time.monotonic() > self.ends:
            raise Refusal(REQUEST_TOO_LARGE, "there was no time left to verify all of it; send fewer at once")
        started = time.monotonic()
        verifier = self.desk.verifiers["default"]
        try:
            found = verifier.verify(data, now=self.now, as_of=self.as_of, allowance=self.allowance)
        except VerificationError as error:
            self.desk.note("api", error.report, time.monotonic() - started)
            raise
        self.desk.note("api", found.report, time.monotonic() - started)
        return found


# -- deciding -------------------------------------------------------------------------------------------------------


@router.post(PATH, **described.RECOGNIZE)
async def decide(request: Request) -> Response:
    """Decide what badges are worth under a policy; the answer is the decision, whatever it is."""
    desk, kind = desk_of(request), media_type(request)
    data = await read_body(request)
    # Parsing, verifying and deciding take their time: in a thread.
    return await run_in_threadpool(_decision, desk, kind, data)


def _decision(desk: Desk, kind: str, data: bytes) -> Response:
    body = json_body(kind, data, _room(desk.limits))
    only(body.members, _MEMBERS, "member of this request")
    now = desk.clock()
    as_of = (instant_member(body.members, "asOf") or now).replace(microsecond=0)
    with Allowance.of(desk.limits, REQUEST_SECONDS) as allowance:
        verify = _Verifying(desk, now, as_of, allowance)
        try:
            asked = _asked(desk, body, as_of, verify)
        except PolicyRefused as error:
            return _policy_refused(error)
        try:
            authority = authority_from(asked.approvals, asked.policy, verify)
        except SupportError as error:
            raise refused(f"approvals{error.pointer}", str(error)) from None
        if isinstance(body.members["policy"], str):
            # Of a policy that is kept here alone: nothing that a caller names is fetched.
            authority = with_lists(authority, asked.policy, verify, desk.shelf.approval_list)
        verified, unverified = _verified(asked.credentials, verify)
    if unverified:
        return _not_verified(unverified)
    decision = recognize(
        verified,
        asked.policy,
        asked.purpose,
        asked.facts,
        as_of,
        authority=authority,
        agreements=asked.agreements,
        credited=asked.credited,
        software=desk.software,
    )
    return json_response(decision.to_json())


def _asked(desk: Desk, body: JsonBody, as_of: datetime, verify: Verify) -> _Asked:
    members = body.members
    credentials = body.objects_or_texts("credentials", MAXIMUM_CREDENTIALS)
    if not credentials:
        raise refused("credentials", "'credentials' is to hold one badge at least")
    policy = _policy(desk, body, as_of, verify)
    asked = questions(policy.rules)
    if asked * len(credentials) > MAXIMUM_TRIALS:
        detail = f"the policy asks {asked} questions, which is too many to ask of {len(credentials)} badges here"
        raise Refusal(REQUEST_TOO_LARGE, detail, pointer="/policy")
    return _Asked(
        credentials=credentials,
        policy=policy,
        purpose=_purpose(text_member(members, "purpose"), policy),
        facts=_facts(members),
        as_of=as_of,
        credited=_credited(members),
        approvals=body.objects_or_texts("approvals", MAXIMUM_DOCUMENTS),
        agreements={**desk.shelf.agreements, **_agreements(body, policy, verify)},
    )


def _policy(desk: Desk, body: JsonBody, as_of: datetime, verify: Verify) -> RecognitionPolicy:
    """The policy by its name or address here, or the one that was sent. Nothing that a caller names is fetched."""
    value = body.members.get("policy")
    if isinstance(value, Mapping):
        types = value.get("type")
        if POLICY.credential not in (types if isinstance(types, list) else [types]):
            return policy_of(value)
        try:
            return policy_in(body.sources["policy"], verify)
        except SupportError as error:
            raise refused("policy", f"the policy is signed, and {error}") from None
    reference = text_member(body.members, "policy")
    if reference is None:
        raise refused("policy", "the request has no 'policy'")
    found = desk.shelf.find(reference, as_of.date())
    if found is None:
        raise refused("policy", f"there is no such policy here; there are {', '.join(desk.shelf.names)}")
    return found.policy


def _purpose(asked: str | None, policy: RecognitionPolicy) -> str:
    if asked is None and len(policy.purposes) == 1:
        return next(iter(policy.purposes))
    if asked is None or asked not in policy.purposes:
        said = "there are several purposes" if asked is None else "the policy says nothing of that purpose"
        raise refused("purpose", f"{said}; it has: {', '.join(policy.purposes)}")
    return asked


def _facts(members: Mapping[str, Any]) -> Facts:
    if members.get("facts") is None:
        return Facts()
    try:
        return read_facts(members["facts"])
    except FactsError as error:
        raise refused(f"facts{error.pointer}", error.detail) from None


def _credited(members: Mapping[str, Any]) -> tuple[Credited, ...]:
    if members.get("credited") is None:
        return ()
    try:
        return credited_in(members["credited"])
    except SupportError as error:
        raise refused(f"credited{error.pointer}", str(error)) from None


def _agreements(body: JsonBody, policy: RecognitionPolicy, verify: Verify) -> dict[str, Agreement]:
    found = {}
    for index, data in enumerate(body.objects_or_texts("agreements", MAXIMUM_DOCUMENTS)):
        try:
            agreement = agreement_in(data, policy, verify)
        except SupportError as error:
            raise refused(f"agreements/{index}", str(error)) from None
        found[agreement.id] = agreement
    return found


def _verified(
    credentials: Sequence[bytes], verify: Verify
) -> tuple[list[VerifiedCredential], list[tuple[int, VerificationError]]]:
    found: list[VerifiedCredential] = []
    unverified: list[tuple[int, VerificationError]] = []
    for index, data in enumerate(credentials):
        try:
            found.append(verify(data))
        except VerificationError as error:
            unverified.append((index, error))
    return found, unverified


def _room(limits: Limits) -> Limits:
    """The limits of a request that holds many documents, each within the limits of its own."""
    return replace(
        limits, document_bytes=MAXIMUM_BYTES, json_depth=limits.json_depth + 2, json_members=4 * limits.json_members
    )


def _not_verified(unverified: Sequence[tuple[int, VerificationError]]) -> Response:
    rows: list[dict[str, Any]] = []
    for index, error in unverified:
        report = error.report
        rows.append(
            {
                "pointer": f"/credentials/{index}",
                "verdict": report.verdict.value if report.credential_found else None,
                "codes": list(report.codes),
                "reason": why_not(error),
            }
        )
    count = len(rows)
    detail = f"nothing was decided: {count} of what was handed in {'does' if count == 1 else 'do'} not verify"
    return _extended(CREDENTIAL_NOT_VERIFIED, detail, rows[0]["pointer"], {"refused": rows})


def _policy_refused(error: PolicyRefused) -> Response:
    rows = [
        {"pointer": f"/policy{each.pointer}", "code": each.code, "message": each.message} for each in error.findings
    ]
    detail = f"nothing can be decided by the policy: {error.findings[0].message.rstrip('.')}"
    return _extended(POLICY_REFUSED, detail, rows[0]["pointer"], {"findings": rows})


def _extended(kind: ProblemType, detail: str, pointer: str, more: Mapping[str, Any]) -> Response:
    body = {**Problem(kind, detail, pointer).to_json(), "status": 400, **more}
    return Response(jsontext.dump_pretty(body), 400, media_type=PROBLEM_JSON)


# -- policies -------------------------------------------------------------------------------------------------------


@router.get("/policies", **described.POLICIES)
def list_policies(request: Request) -> Response:
    """The recognition policies of this service, without what they say; a browser gets a page."""
    if wants_page(request):
        return list_page(request)
    return _negotiated(json_response({"policies": [each.to_json() for each in desk_of(request).shelf.policies]}))


@router.get("/policies/{name}", **described.POLICY)
def show_policy(request: Request, name: str) -> Response:
    """One policy: as its jurisdiction signed it, or its JSON; as YAML under ``.yaml``, unsigned under ``.json``.

    A browser gets a page, but for the latter two.
    """
    stem, dot, suffix = name.rpartition(".")
    shelf = desk_of(request).shelf
    found = shelf.get(name)
    if found is not None:
        return policy_page(request, found) if wants_page(request) else _negotiated(_as_published(found))
    found = shelf.get(stem) if dot and suffix in ("yaml", "json") else None
    if found is None:
        refusal = Refusal(NOT_FOUND, "there is no policy at this address; /policies lists those there are")
        if wants_page(request):
            return error_page(request, refusal.problem)
        raise refusal
    if suffix == "yaml":
        return Response(found.yaml(), media_type=_YAML)
    return Response(found.json_bytes(), media_type="application/json")


def _negotiated(answer: Response) -> Response:
    """An answer for programs at an address where a browser gets a page."""
    answer.headers["Vary"] = "Accept"
    return answer


def _as_published(found: Shelved) -> Response:
    if found.signed is not None:
        return Response(found.signed.data, media_type=found.signed.media_type)
    return Response(found.json_bytes(), media_type="application/json")
