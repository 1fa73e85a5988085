"""Every proof of a document, from what it says of itself to whether its signature holds (checks rows 16 to 29).

Each step leaves a finding under the id of its check; a step that was not reached leaves none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from badgeport.keys.types import jose_algorithms
from badgeport.proofs.jwt_claims import instant_of
from badgeport.proofs.secured import verify_secured
from badgeport.proofs.suites.registry import NAMES, suite
from badgeport.schemas.contexts.urls import OB_3_0_3
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import (
    CONTEXT_PREVIOUS,
    CONTEXT_UNKNOWN,
    CRYPTOGRAPHIC_SECURITY_ERROR,
    INVALID_CHALLENGE_ERROR,
    INVALID_DOMAIN_ERROR,
    INVALID_VERIFICATION_METHOD,
    KEY_NOT_VALID_AT_SIGNING,
    KEY_REVOKED,
    KEY_UNAVAILABLE,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
    UNSUPPORTED,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.checks.base import PASS, Finding
from badgeport.verifier.keys import RELATIONSHIP, KeyFacts, key_of_embedded_proof, key_of_jwt
from badgeport.verifier.remembering import SIGNATURES
from badgeport.verifier.report import Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from badgeport.keys.public import PublicKey
    from badgeport.keys.types import KeyType
    from badgeport.proofs.opened import Opened, ProofInfo
    from badgeport.schemas.contexts import ContextStore
    from badgeport.verifier.examination import Examination

PURPOSES = ("assertionMethod",)
PRESENTATION_PURPOSES = ("authentication", "assertionMethod")


@dataclass(slots=True)
class ProofState:
    """One proof and what was found about it, by check id."""

    info: ProofInfo
    purpose: str
    key_facts: KeyFacts | None = None
    findings: dict[str, Finding] = field(default_factory=dict)
    withholdable: tuple[Problem, ...] | None = None

    @property
    def controller(self) -> str | None:
        """Who controls the key, as its document says; None where there is no such document."""
        return None if self.key_facts is None or self.key_facts.method is None else self.key_facts.method.controller

    @property
    def ownership_check(self) -> str:
        """The check that says whether the key is the issuer's (or holder's)."""
        return "issuer-key" if self.embedded else "jwt-key"

    def outcome(self, check_id: str) -> Outcome:
        """What was found for a check; skipped where nothing was."""
        found = self.findings.get(check_id)
        return Outcome.SKIPPED if found is None else found.outcome

    @property
    def holds(self) -> Outcome:
        """Whether this proof stands in every respect, made by the owner's own key."""
        outcomes = [finding.outcome for finding in self.findings.values()]
        outcomes += [self.outcome("signature"), self.outcome(self.ownership_check)]
        if Outcome.FAILED in outcomes:
            return Outcome.FAILED
        return Outcome.PASSED if outcomes.count(Outcome.PASSED) == len(outcomes) else Outcome.UNKNOWN

    @property
    def embedded(self) -> bool:
        """Whether the proof stands in the document, as opposed to around it."""
        return self.info.kind == "data-integrity"

    @property
    def processes_json_ld(self) -> bool:
        """Whether verifying the proof reads the document as JSON-LD."""
        return self.embedded and "-jcs-" not in self.info.suite


def examine_proofs(examination: Examination) -> tuple[ProofState, ...]:
    """What was found about each proof of the opened document, in its order."""
    opened = examination.opened
    if opened is None:
        return ()
    states = tuple(_examine(examination, opened, info) for info in opened.proofs)
    if any(state.holds is Outcome.PASSED for state in states):
        for state in states:
            _set_aside(examination, state)
    return states


def _set_aside(examination: Examination, state: ProofState) -> None:
    """Only warn of a proof that is not for this verifier, beside one of the owner's own that holds.

    That is one of a cryptosuite that is not supported, whatever it says of itself, or a base proof, from which the
    holder derives others: what that says of itself still counts. A proof that was tried and failed stays a failure.
    """
    told = {check: each for check, each in state.findings.items() if check in ("proof-members", "proof-constraints")}
    finding = state.findings.get("cryptosuite", PASS)
    if finding.outcome is Outcome.UNKNOWN:
        reasons = (*finding.problems, *(problem for each in told.values() for problem in each.problems))
        state.findings = {"cryptosuite": Finding(Outcome.PASSED, warnings=reasons)}
    elif _is_base_proof(examination, state):
        reasons = state.findings["signature"].problems
        state.findings = {**told, "cryptosuite": Finding(Outcome.PASSED, warnings=reasons)}


def _is_base_proof(examination: Examination, state: ProofState) -> bool:
    """Whether this is a base proof that was refused for being one."""
    from badgeport.proofs.suites import ecdsa_sd

    if state.info.suite != ecdsa_sd.NAME or state.outcome("signature") is not Outcome.FAILED:
        return False
    try:
        return ecdsa_sd.proof_kind(raw_proof(examination, state.info), limits=examination.settings.limits) == "base"
    except ProblemError:
        return False


def _examine(examination: Examination, opened: Opened, info: ProofInfo) -> ProofState:
    purposes = PRESENTATION_PURPOSES if examination.is_presentation else PURPOSES
    purpose = info.purpose or purposes[0]
    state = ProofState(info, purpose)
    findings = state.findings
    if state.embedded:
        findings["proof-members"] = _members(examination, info, purposes)
        findings["cryptosuite"] = _cryptosuite(info)
    findings["proof-constraints"] = _constraints(examination, info)
    if any(findings.get(check, PASS) is not PASS for check in ("proof-members", "cryptosuite")):
        return state
    follow = key_of_embedded_proof if state.embedded else key_of_jwt
    facts = state.key_facts = follow(examination, info, purpose)
    findings.update(facts.findings)
    if facts.ownership is not None:
        findings[state.ownership_check] = facts.ownership
    if not state.embedded:
        findings["jose-header"] = _header(opened, info, facts.key)
    if facts.key is not None and state.embedded and facts.key.key_type not in _key_types(info):
        detail = f"a {facts.key.key_type} key does not sign with {info.suite}"
        findings[RELATIONSHIP] = Finding.failure(
            Problem(INVALID_VERIFICATION_METHOD, detail, f"{info.pointer}/verificationMethod")
        )
    elif facts.key is not None and (state.embedded or not opened.problems):
        findings.update(_signature(examination, opened, state, facts.key))
    elif any(finding.outcome is Outcome.UNKNOWN for finding in facts.findings.values()):
        detail = "the key was not had, so the signature could not be checked"
        findings["signature"] = Finding.doubt(Problem(KEY_UNAVAILABLE, detail, info.pointer or None))
    if facts.method is not None:
        findings["key-validity"] = _key_validity(examination, state)
    elif facts.key is not None:
        findings["key-validity"] = PASS
    return state


# -- rows 17 to 19: what the proof says of itself -------------------------------------------------------------------


def _members(examination: Examination, info: ProofInfo, purposes: tuple[str, ...]) -> Finding:
    raw = raw_proof(examination, info)
    problems = [
        Problem(PROOF_VERIFICATION_ERROR, f"the proof has no {name} that is a text", f"{info.pointer}/{name}")
        for name in ("type", "verificationMethod", "proofPurpose")
        if not isinstance(raw.get(name), str) or not raw[name]
    ]
    if isinstance(info.purpose, str) and info.purpose not in purposes:
        detail = f"the purpose of the proof is {info.purpose!r}, not {' or '.join(purposes)}"
        problems.append(Problem(PROOF_VERIFICATION_ERROR, detail, f"{info.pointer}/proofPurpose"))
    return Finding.failure(*problems) if problems else PASS


def _cryptosuite(info: ProofInfo) -> Finding:
    if info.suite in NAMES:
        return PASS
    where = f"{info.pointer}/cryptosuite"
    if info.suite in ("", "DataIntegrityProof"):
        return Finding.failure(Problem(PROOF_VERIFICATION_ERROR, "the proof names no cryptosuite", where))
    detail = f"the cryptosuite {info.suite[:80]!r} is not supported"
    return Finding.doubt(Problem(PROOF_VERIFICATION_ERROR, detail, where), Problem(UNSUPPORTED, detail, where))


def _key_types(info: ProofInfo) -> frozenset[KeyType]:
    return suite(info.suite).key_types


def _constraints(examination: Examination, info: ProofInfo) -> Finding:
    question, skew = examination.question, examination.skew
    raw = raw_proof(examination, info) if info.kind == "data-integrity" else {}
    problems = [
        Problem(PROOF_VERIFICATION_ERROR, f"{name} of the proof is not a date and time", f"{info.pointer}/{name}")
        for name, instant in (("created", info.created), ("expires", info.expires))
        if name in raw and instant is None
    ]
    if info.created is not None and info.created - question.now > skew:
        detail = f"the proof says it was made at {format_datetime(info.created)}, which is in the future"
        problems.append(Problem(PROOF_VERIFICATION_ERROR, detail, f"{info.pointer}/created"))
    if info.not_before is not None and info.not_before - question.as_of > skew:
        detail = f"the token holds from {format_datetime(info.not_before)} (nbf)"
        problems.append(Problem(PROOF_VERIFICATION_ERROR, detail))
    if info.expires is not None and question.as_of - info.expires > skew:
        detail = f"the proof expired at {format_datetime(info.expires)}"
        problems.append(Problem(PROOF_VERIFICATION_ERROR, detail, f"{info.pointer}/expires"))
    binding = None if examination.opened is None else examination.opened.key_binding
    if info.kind == "sd-jwt" and binding is not None and binding.issued_at - question.now > skew:
        detail = f"the holder's key binding says it was made at {format_datetime(binding.issued_at)}, in the future"
        problems.append(Problem(PROOF_VERIFICATION_ERROR, detail))
    problems += replay_problems(examination, info)
    return Finding.failure(*problems) if problems else PASS


def replay_problems(examination: Examination, info: ProofInfo) -> list[Problem]:
    """Whether the proof answers the challenge and names the domain the reader asked for (Data Integrity 1.0 §4.4)."""
    question = examination.question
    problems = []
    domains = info.domain if isinstance(info.domain, tuple) else (info.domain,)
    if question.domain is not None and question.domain not in domains:
        detail = "the proof is not meant for the domain that was asked for"
        problems.append(Problem(INVALID_DOMAIN_ERROR, detail, f"{info.pointer}/domain"))
    if question.challenge is not None and question.challenge != info.challenge:
        detail = "the proof does not answer the challenge that was given"
        problems.append(Problem(INVALID_CHALLENGE_ERROR, detail, f"{info.pointer}/challenge"))
    return problems


def raw_proof(examination: Examination, info: ProofInfo) -> Mapping[str, Any]:
    """The proof as it stands in the document; empty where there is no object."""
    stated = examination.document.get("proof")
    found = stated[info.index] if isinstance(stated, list) else stated
    return found if isinstance(found, Mapping) else {}


# -- rows 26, 27, 3, 5 and 20: the signature ------------------------------------------------------------------------


def _header(opened: Opened, info: ProofInfo, key: PublicKey | None) -> Finding:
    if opened.problems:
        return Finding.failure(*opened.problems)
    if key is not None and info.suite not in jose_algorithms(key.key_type):
        detail = f"the header names the algorithm {info.suite!r}, which is not that of the {key.key_type} key"
        return Finding.failure(Problem(CRYPTOGRAPHIC_SECURITY_ERROR, detail))
    return PASS


def _signature(examination: Examination, opened: Opened, state: ProofState, key: PublicKey) -> dict[str, Finding]:
    problem = _verification_problem(examination, opened, state.info, key, examination.settings.contexts)
    if problem is None:
        passed = {"signature": PASS}
        if state.embedded:
            passed["proof-value"] = PASS
        return passed
    if state.processes_json_ld and (older := _previous_edition(examination)) is not None:
        problem_then = _verification_problem(examination, opened, state.info, key, older)
        if problem_then is None:
            return _verified_with_previous_edition()
        if problem_then.type is RANGE_ERROR:
            problem = problem_then
    return _failed_signature(state, problem)


def _verified_with_previous_edition() -> dict[str, Finding]:
    detail = f"the proof fits an earlier edition of {OB_3_0_3}, which its publisher has since changed in place"
    verified = Finding(Outcome.PASSED, warnings=(Problem(CONTEXT_PREVIOUS, detail, "/@context"),))
    return {"signature": verified, "proof-value": PASS}


def _verification_problem(
    examination: Examination, opened: Opened, info: ProofInfo, key: PublicKey, contexts: ContextStore
) -> Problem | None:
    limits, work = examination.settings.limits, examination.work
    known = None
    # Of several proofs the later ones find done what the first had to do, and would be charged less.
    if examination.role == "status-list" and len(opened.proofs) == 1:
        known = (examination.sha256, info.kind, info.pointer, key.key_type, key.raw, contexts.fingerprint, limits)
        steps = SIGNATURES.get(known)
        if steps is not None and steps <= work.left:
            work.spend(steps)
            return None
    before = work.left
    try:
        verify_secured(opened, info, key, contexts=contexts, limits=limits, work=work)
    except ProblemError as error:
        return error.problem
    if known is not None:
        SIGNATURES.put(known, before - work.left)
    return None


def _previous_edition(examination: Examination) -> ContextStore | None:
    """The contexts as they were before the one that its publisher changed in place, where the document names that."""
    named = examination.document.get("@context")
    if OB_3_0_3 not in (named if isinstance(named, list) else [named]):
        return None
    try:
        return examination.settings.contexts.with_previous(OB_3_0_3)
    except ProblemError:
        return None


def _failed_signature(state: ProofState, problem: Problem) -> dict[str, Finding]:
    """The findings of a proof that did not verify."""
    if problem.type in (CONTEXT_UNKNOWN, RANGE_ERROR):
        return {"signature": Finding.doubt(problem)}
    failure = Finding.failure(problem)
    findings = {"signature": failure}
    if state.embedded:
        findings["proof-value"] = failure if (problem.pointer or "").endswith("/proofValue") else PASS
    return findings


# -- rows 3, 5 and 6: what the document means as JSON-LD ------------------------------------------------------------


def meaning_problem(examination: Examination) -> Problem | None:
    """Why the document does not mean exactly what it shows, or None.

    A proof over the document's RDF statements that verified has shown it already; otherwise the statements are made
    here, for JWT badges too, whose signature covers the text and not its meaning.
    """
    for state in examination.proofs:
        if state.processes_json_ld and state.outcome("signature") is Outcome.PASSED:
            return None
    contexts, work = examination.settings.contexts, examination.work
    document = examination.unsecured
    signed_as_rdf = any(state.processes_json_ld for state in examination.proofs)
    try:
        if signed_as_rdf:
            work.canonical(document, "sha256", contexts)
        else:
            work.statements(document, contexts)
    except ProblemError as error:
        return error.problem
    return None


def signed_since(examination: Examination) -> datetime | None:
    """The earliest instant that the owner's proofs that hold say they were made at; None where one says nothing."""
    held = [state.info.created for state in examination.proofs if state.holds is Outcome.PASSED]
    dated = [created for created in held if created is not None]
    return min(dated) if dated and len(dated) == len(held) else None


# -- row 30: what a holder could leave out --------------------------------------------------------------------------


def withholdable(examination: Examination, state: ProofState) -> tuple[Problem, ...]:
    """What a verified ecdsa-sd-2023 proof lets the holder leave out of what decides, worked out once."""
    from badgeport.proofs.suites.ecdsa_sd import decisive_problems

    if state.withholdable is None:
        document = examination.unsecured
        proof, settings = raw_proof(examination, state.info), examination.settings
        try:
            state.withholdable = decisive_problems(
                document, proof, contexts=settings.contexts, limits=settings.limits, work=examination.work
            )
        except ProblemError as error:
            state.withholdable = (error.problem,)
    return state.withholdable


def covers(examination: Examination, state: ProofState, pointer: str) -> Outcome:
    """Whether a proof secures all of the credential at ``pointer`` in the document, which has no proof of its own.

    Statements that can be shown one by one make no whole, unless none of them could be left out.
    """
    from badgeport.proofs.suites.ecdsa_sd import NAME, contained_without_proof

    if state.holds is not Outcome.PASSED or state.info.suite != NAME:
        return state.holds
    whole = pointer in contained_without_proof(examination.document) and not withholdable(examination, state)
    return Outcome.PASSED if whole else Outcome.UNKNOWN


# -- row 29: the key at the time of signing -------------------------------------------------------------------------


def signing_instant(examination: Examination, info: ProofInfo) -> datetime | None:
    """When the proof says it was made (``created``, a JWT's ``iat``); else from when the credential is valid."""
    if info.created is not None:
        return info.created
    return instant_of(examination.document, "validFrom") or instant_of(examination.document, "issuanceDate")


def _key_validity(examination: Examination, state: ProofState) -> Finding:
    facts, info, question = state.key_facts, state.info, examination.question
    method = None if facts is None else facts.method
    if method is None:
        return PASS
    where = f"{info.pointer}/created" if state.embedded else None
    signed = signing_instant(examination, info)
    if method.revoked is not None and method.revoked <= question.now:
        since = f"the key was revoked at {format_datetime(method.revoked)}"
        if info.created is not None and info.created >= method.revoked:
            return Finding.failure(*_both(KEY_REVOKED, f"{since}, and the proof was made after that", where))
        # Whoever holds a stolen key can write any date.
        detail = f"{since}, and nothing but the proof's own word shows that it was made before"
        return Finding.doubt(*_both(KEY_REVOKED, detail, where))
    if method.expires is not None and (signed is not None or method.expires <= question.now):
        since = f"the key expired at {format_datetime(method.expires)}"
        if signed is None:
            detail = f"{since}, and the proof does not say when it was made"
            return Finding.doubt(*_both(KEY_NOT_VALID_AT_SIGNING, detail, where))
        if signed >= method.expires:
            return Finding.failure(*_both(KEY_NOT_VALID_AT_SIGNING, f"{since}, and the proof is later", where))
    created = method.created
    if created is not None and info.created is not None and created - info.created > examination.skew:
        detail = f"the key was made at {format_datetime(created)}, and the proof is earlier"
        return Finding.failure(*_both(KEY_NOT_VALID_AT_SIGNING, detail, where))
    return PASS


def _both(own: ProblemType, detail: str, where: str | None) -> tuple[Problem, Problem]:
    return Problem(PROOF_VERIFICATION_ERROR, detail, where), Problem(own, detail, where)
