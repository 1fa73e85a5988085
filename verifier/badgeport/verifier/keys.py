"""Whose key made a proof: from what a proof names to a public key, and from the key to who controls it.

A key is the owner's (the issuer's; for a presentation the holder's) only where the owner's own document, or an
identifier that is made from the key, says so. What a proof or a JWT header says of itself is never enough: anyone can
write an identifier, a ``jwk`` or a key into it (Controlled Identifiers 1.0 §3.3; OB 3.0 "Key Provenance").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from badgeport.keys import cid
from badgeport.keys.did import comparable
from badgeport.keys.jwk import public_from_jwk
from badgeport.schemas import jsontext
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT,
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID,
    INVALID_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD_URL,
    ISSUER_KEY_MISMATCH,
    KEY_UNAVAILABLE,
    PROOF_VERIFICATION_ERROR,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.checks.base import PASS, Finding
from badgeport.verifier.report import Outcome
from badgeport.verifier.resolution.controllers import Controller, resolve_controller
from badgeport.verifier.resolution.fetching import FetchError

if TYPE_CHECKING:
    from badgeport.keys.cid import VerificationMethod
    from badgeport.keys.public import PublicKey
    from badgeport.proofs.opened import ProofInfo
    from badgeport.verifier.examination import Examination

URL, DOCUMENT, RELATIONSHIP = "verification-method", "key-document", "key-relationship"

_CHECK_OF: dict[ProblemType, str] = {
    INVALID_VERIFICATION_METHOD_URL: URL,
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT: DOCUMENT,
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID: DOCUMENT,
    KEY_UNAVAILABLE: DOCUMENT,
}
_STEPS = (URL, DOCUMENT, RELATIONSHIP)
_ALL_PASSED = MappingProxyType(dict.fromkeys(_STEPS, PASS))
_WELL_KNOWN_KEYS = "/.well-known/jwks.json"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known about the key of one proof.

    ``findings`` are by check id. ``key`` is None where none could be had; ``method`` is its description where a
    document gave one. ``ownership`` says whether the key is the owner's; None where a step before that failed, or no
    owner is named.
    """

    findings: Mapping[str, Finding]
    key: PublicKey | None = None
    method: VerificationMethod | None = None
    ownership: Finding | None = None


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """One key of a key set, with what the set says of it: its ``kid`` and the issuer it is for, where it names one."""

    key: PublicKey
    kid: object
    issuer: object


KeySet: TypeAlias = tuple[PublishedKey, ...]
"""The keys published at the well-known address of a host."""


def key_of_embedded_proof(examination: Examination, info: ProofInfo, purpose: str) -> KeyFacts:
    """The key that ``proof.verificationMethod`` leads to, and whether it is the owner's (checks rows 21 to 24)."""
    pointer = f"{info.pointer}/verificationMethod"
    facts = _dereferenced(examination, info.verification_method or "", purpose, pointer)
    return _owned_by_controller(examination, facts, PROOF_VERIFICATION_ERROR, pointer)


def key_of_jwt(examination: Examination, info: ProofInfo, purpose: str) -> KeyFacts:
    """The key of a JWT and where it comes from (checks rows 21 to 23 and 25).

    ``kid`` is followed where it is a DID URL or a web address; otherwise it is looked up among the owner's own keys. A
    ``jwk`` in the header serves to check the signature and shows nothing about whose it is: the owner's document, the
    key set of the owner's host, or the owner's identifier itself must have the same key.
    """
    kid, owner = info.verification_method, examination.owner
    embedded = None if info.embedded_jwk is None else public_from_jwk(info.embedded_jwk)
    if kid is not None and kid.startswith("#") and owner is not None:
        kid = owner + kid
    if kid is not None and kid.startswith("did:"):
        kid = _with_fragment(examination, kid, purpose)
        if "#" not in kid and embedded is not None and kid == owner:
            # A DID with several keys: which of them is meant the header says by the key itself.
            return _provenance(examination, embedded, purpose)
        facts = _dereferenced(examination, kid, purpose, None)
        return _owned_by_controller(examination, facts, CRYPTOGRAPHIC_SECURITY_ERROR, None)
    if kid is not None and kid.startswith(("https://", "http://")):
        return _key_at_address(examination, kid, embedded, purpose)
    if kid is not None and (found := _owners_key_named(examination, kid, purpose)) is not None:
        return found
    if embedded is not None:
        return _provenance(examination, embedded, purpose)
    if kid is None and owner is not None and (found := _sole_key(examination, owner, purpose)) is not None:
        return found
    return _unavailable("the JWT names no key" if kid is None else "the kid names no key that can be found")


# -- following a verification method --------------------------------------------------------------------------------


def _dereferenced(examination: Examination, method_id: str, purpose: str, pointer: str | None) -> KeyFacts:
    """The verification method at ``method_id``: each step that was reached has its finding."""
    try:
        document_url, _ = cid.split_method_id(method_id)
        controller = _controller(examination, document_url)
    except ProblemError as error:
        facts = _stopped(error.problem, pointer)
        return _with_fragment_key(facts, method_id) if error.problem.type is KEY_UNAVAILABLE else facts
    try:
        method = controller.keys.method(method_id, purpose)
        if not method.relationship_confirmed:
            return _confirmed(examination, method, purpose, pointer)
    except ProblemError as error:
        if _lists_no_keys(controller):
            # A profile that lists no keys neither confirms nor denies one.
            problem = Problem(KEY_UNAVAILABLE, f"the document {document_url} lists no keys")
            return _with_fragment_key(_stopped(problem, pointer), method_id)
        return _stopped(error.problem, pointer)
    return KeyFacts(_ALL_PASSED, method.public_key, method)


def _controller(examination: Examination, identifier: str) -> Controller:
    """The document of an identifier, had and read once for everything the input contains. Raises ProblemError."""
    known = examination.shared.controllers
    if identifier not in known:
        try:
            known[identifier] = resolve_controller(
                identifier, examination.shared.documents, limits=examination.settings.limits
            )
        except ProblemError as error:
            known[identifier] = error.problem
    found = known[identifier]
    if isinstance(found, Problem):
        raise ProblemError(found.type, found.detail, found.pointer)
    return found


def _lists_no_keys(controller: Controller) -> bool:
    """Whether an https address leads to a page or profile that lists no keys; a DID document always has its say."""
    return not controller.id.startswith("did:") and not cid.lists_keys(controller.document)


def _confirmed(examination: Examination, method: VerificationMethod, purpose: str, pointer: str | None) -> KeyFacts:
    """A key published by itself counts as its controller's once the controller's own document lists it."""
    try:
        method = _controller(examination, method.controller).keys.confirm(method, purpose)
    except ProblemError as error:
        return replace(_stopped(error.problem, pointer), key=method.public_key, method=method)
    return KeyFacts(_ALL_PASSED, method.public_key, method)


def _with_fragment_key(facts: KeyFacts, method_id: str) -> KeyFacts:
    """Add the key that an id like ``https://issuer#z6Mk…`` carries: it checks a signature, not whose it is."""
    try:
        method = cid.method_from_fragment(method_id)
    except ProblemError:
        return facts
    return facts if method is None else replace(facts, key=method.public_key, method=method)


def _stopped(problem: Problem, pointer: str | None) -> KeyFacts:
    """Findings where following a verification method stopped: steps before passed, the rest was not reached."""
    step = _CHECK_OF.get(problem.type, RELATIONSHIP)
    findings = dict.fromkeys(_STEPS[: _STEPS.index(step)], PASS)
    if problem.type is KEY_UNAVAILABLE:
        unavailable = Problem(INVALID_CONTROLLED_IDENTIFIER_DOCUMENT, problem.detail, pointer)
        findings[step] = Finding.doubt(unavailable, replace(problem, pointer=pointer))
    else:
        # A pointer into the key document would be read as one into the credential.
        findings[step] = Finding.failure(replace(problem, pointer=pointer))
    return KeyFacts(findings)


def _owned_by_controller(examination: Examination, facts: KeyFacts, kind: ProblemType, pointer: str | None) -> KeyFacts:
    """Whether the controller of the method is the owner (checks row 24)."""
    owner, method, name = examination.owner, facts.method, examination.owner_member
    if any(finding.outcome is Outcome.FAILED for finding in facts.findings.values()):
        return replace(facts, ownership=None)
    if method is not None and owner is None and examination.is_presentation:
        # No holder is named whose key it could be; such a presentation rests on what it shows.
        return replace(facts, ownership=None)
    if method is not None and method.controller != comparable(owner or ""):
        detail = f"the key belongs to {method.controller}, and the {name} is {owner or 'not named'}"
        return replace(facts, ownership=Finding.failure(*_both(kind, ISSUER_KEY_MISMATCH, detail, pointer)))
    if method is None or not method.relationship_confirmed:
        detail = f"nothing shows that the key belongs to the {name}: the {name}'s own document could not be had"
        return replace(facts, ownership=Finding.doubt(*_both(kind, KEY_UNAVAILABLE, detail, pointer)))
    return KeyFacts(facts.findings, facts.key, method, PASS)


# -- keys of a JWT --------------------------------------------------------------------------------------------------


def _with_fragment(examination: Examination, kid: str, purpose: str) -> str:
    """A bare DID stands for its one method, where it has only one for the purpose."""
    if "#" in kid:
        return kid
    try:
        methods = _controller(examination, kid).keys.usable(purpose)
    except ProblemError:
        return kid
    return methods[0].id if len(methods) == 1 else kid


def _key_at_address(examination: Examination, kid: str, embedded: PublicKey | None, purpose: str) -> KeyFacts:
    """A ``kid`` that is a web address: a JWK by itself, or a method of a controlled identifier document."""
    address, _, fragment = kid.partition("#")
    try:
        body = examination.shared.documents.fetch(address, "key").body
        document = jsontext.parse_object(body, examination.settings.limits)
    except (FetchError, ProblemError) as error:
        found = _owners_key_named(examination, kid, purpose)
        if found is not None:
            return found
        reason = error.reason if isinstance(error, FetchError) else error.problem.detail
        facts = _unavailable(f"the key at {address} could not be had: {reason}")
        return _with_fragment_key(replace(facts, key=embedded), kid)
    if "kty" not in document or fragment:
        facts = _dereferenced(examination, kid, purpose, None)
        return _owned_by_controller(examination, facts, CRYPTOGRAPHIC_SECURITY_ERROR, None)
    try:
        key = public_from_jwk(document)
    except ProblemError as error:
        problem = Problem(INVALID_VERIFICATION_METHOD, f"the key at {address}: {error.problem.detail}")
        return _stopped(problem, None)
    return _provenance(examination, key, purpose)


def _provenance(examination: Examination, key: PublicKey, purpose: str) -> KeyFacts:
    """Whether a key that came without its controller is the owner's (OB 3.0 "Key Provenance"; checks row 25).

    Only the owner's own document or the key set at the owner's host can say so. Where a key was found, even below the
    owner's own address, shows nothing: much of what stands on an issuer's site was put there by others.
    """
    owner, name = examination.owner, examination.owner_member
    found = KeyFacts(_ALL_PASSED, key)
    if owner is None:
        if examination.is_presentation:
            return found
        detail = f"the document names no {name} the key could belong to"
        return replace(found, ownership=Finding.failure(Problem(CRYPTOGRAPHIC_SECURITY_ERROR, detail)))
    methods = _listed_methods(examination, owner, purpose)
    if methods is not None:
        method = next((each for each in methods if each.public_key == key), None)
        if method is not None:
            return replace(found, method=method, ownership=PASS)
        denied = True
    else:
        published = _key_set(examination, owner) or ()
        owned = [each for each in published if _is_for(each, owner)]
        if any(each.key == key for each in owned):
            return replace(found, ownership=PASS)
        # A host's key set may serve other ends: it speaks against a key only where it has the owner's keys, or gives
        # this one to someone else.
        denied = bool(owned) or any(each.key == key and each.issuer not in (None, owner) for each in published)
    if denied:
        detail = f"the {name} {owner} does not list the key that signed"
        failure = Finding.failure(*_both(CRYPTOGRAPHIC_SECURITY_ERROR, ISSUER_KEY_MISMATCH, detail, None))
        return replace(found, ownership=failure)
    detail = f"nothing at hand shows that the key belongs to the {name} {owner}"
    return replace(found, ownership=Finding.doubt(*_both(CRYPTOGRAPHIC_SECURITY_ERROR, KEY_UNAVAILABLE, detail, None)))


def _owners_key_named(examination: Examination, kid: str, purpose: str) -> KeyFacts | None:
    """The owner's key of this name: in the owner's document (by id or thumbprint), else in the key set on its host."""
    owner = examination.owner
    if owner is None:
        return None
    methods = _listed_methods(examination, owner, purpose)
    for method in methods or ():
        if kid in (method.id, method.id.removeprefix(f"{comparable(owner)}#"), method.public_key.thumbprint()):
            return KeyFacts(_ALL_PASSED, method.public_key, method, PASS)
    if methods is None:
        for published in _key_set(examination, owner) or ():
            if published.kid == kid and _is_for(published, owner):
                return KeyFacts(_ALL_PASSED, published.key, ownership=PASS)
    return None


def _listed_methods(examination: Examination, owner: str, purpose: str) -> tuple[VerificationMethod, ...] | None:
    """The methods that the owner's own document lists, which then has the last word; None where it says nothing.

    It says nothing where it could not be had, and where a web address leads to a page or profile without any keys.
    """
    try:
        controller = _controller(examination, owner)
    except ProblemError as error:
        silent = error.problem.type is KEY_UNAVAILABLE or not owner.startswith("did:")
        return None if silent else ()
    if _lists_no_keys(controller):
        return None
    try:
        return controller.keys.usable(purpose)
    except ProblemError as error:
        return None if error.problem.type is KEY_UNAVAILABLE else ()


def _sole_key(examination: Examination, owner: str, purpose: str) -> KeyFacts | None:
    """The one key of an identifier that is made from a key; a JWT of such an issuer needs no kid."""
    if not owner.startswith(("did:key:", "did:jwk:")):
        return None
    methods = _listed_methods(examination, owner, purpose) or ()
    if len(methods) != 1:
        return None
    return KeyFacts(_ALL_PASSED, methods[0].public_key, methods[0], PASS)


def _key_set(examination: Examination, owner: str) -> KeySet | None:
    """The key set at the host of an https owner, read once for the whole input; None where it cannot be had.

    A DID has its own document, which alone says which keys are its own: no key set stands in for it.
    """
    try:
        address, fragment = cid.split_method_id(owner)
    except ProblemError:
        return None
    if not address.startswith("https://") or fragment is not None:
        return None
    url = f"https://{urlsplit(address).netloc}{_WELL_KNOWN_KEYS}"
    known = examination.shared.key_sets
    if url not in known:
        known[url] = _read_key_set(examination, url)
    return known[url]


def _read_key_set(examination: Examination, url: str) -> KeySet | None:
    limits = examination.settings.limits
    try:
        body = examination.shared.documents.fetch(url, "key-set").body
        stated = jsontext.parse_object(body, limits).get("keys")
    except (FetchError, ProblemError):
        return None
    if not isinstance(stated, list) or len(stated) > limits.published_keys:
        return None
    published = []
    for jwk in stated:
        if not isinstance(jwk, Mapping):
            continue
        try:
            published.append(PublishedKey(public_from_jwk(jwk), jwk.get("kid"), jwk.get("iss")))
        except ProblemError:
            continue
    return tuple(published)


def _is_for(published: PublishedKey, owner: str) -> bool:
    """Whether a key of the host's key set is the owner's.

    A key that names no issuer is that of the host itself, not of every identifier below it: a host may have tenants.
    """
    if published.issuer is not None:
        return published.issuer == owner
    parts = urlsplit(owner)
    return parts.path in ("", "/") and not parts.query


def _unavailable(detail: str) -> KeyFacts:
    """Nothing is known about the key of a JWT but that it could not be had."""
    ownership = Finding.doubt(*_both(CRYPTOGRAPHIC_SECURITY_ERROR, KEY_UNAVAILABLE, detail, None))
    return replace(_stopped(Problem(KEY_UNAVAILABLE, detail), None), ownership=ownership)


def _both(standard: ProblemType, own: ProblemType, detail: str, pointer: str | None) -> tuple[Problem, Problem]:
    """W3C's type for a problem, then ours, which says more."""
    return Problem(standard, detail, pointer), Problem(own, detail, pointer)
