"""Every check, by what makes it answer: one table over the whole other side, served by a real server.

The table is held to docs/checks.md: a row without a trigger fails. Each trigger starts from a badge that is valid and
spoils one thing, in the credential or at the other side; the check named must answer as the table says.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.proofs import jws
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.encoding import b64url_decode, multibase_encode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.checks.ids import CHECK_IDS, ROWS
from badgeport.verifier.checks.registry import REGISTRY
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.network import USUAL_PURPOSES, Timeouts
from badgeport.verifier.trust.registries import Trust, registry_from_json, trust_from_files
from badgeport.verifier.verifier import Verifier
from support import other_side as o
from support import verifying as v
from support.other_side import OtherSide, states
from support.web import Web

NOT_ITS_OWN = {40: "the recognition engine's", 47: "the publisher's"}
"""Rows that other parts of the system answer, and whose they are."""

SC, AR, NC, WY = o.STATES
BY_ID = {check.id: check for check in REGISTRY}


@dataclass(frozen=True)
class Given:
    """What is handed in, and what is asked about it."""

    data: bytes
    policy: Policy = DEFAULT
    trust: Trust | None = None
    limits: Limits = DEFAULT_LIMITS
    question: dict[str, Any] = field(default_factory=dict)
    patience: float = 2.0
    """Seconds that a fetch may take."""


Make = Callable[[OtherSide, Web, Path], "Given | bytes"]


@dataclass(frozen=True)
class Trigger:
    check: str
    outcome: str
    code: str | None
    name: str
    make: Make


TRIGGERS: list[Trigger] = []


def trigger(check: str, outcome: str, code: str | None = None) -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        TRIGGERS.append(Trigger(check, outcome, code, make.__name__, make))
        return make

    return add


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as served:
        yield served


def judged(given: Given | bytes, web: Web) -> VerificationReport:
    if isinstance(given, bytes):
        given = Given(given)
    fetcher = web.fetcher(
        clock=lambda: o.NOW, purposes=USUAL_PURPOSES | given.policy.fetch, timeouts=Timeouts(total=given.patience)
    )
    verifier = Verifier(
        policy=given.policy, fetcher=fetcher, trust=given.trust, limits=given.limits, software="badgeport test"
    )
    return verifier.inspect(given.data, **{"now": o.NOW, **given.question})


# -- what is in the credential ----------------------------------------------------------------------------------------


def spoil(side: OtherSide, **members: Any) -> bytes:
    """A badge with members replaced after it was signed."""
    return v.spoiled(side.badge(), lambda document: document.update(members))


def proof(side: OtherSide, **members: Any) -> bytes:
    """A badge with members of its proof replaced; None removes one."""
    return v.spoiled(side.badge(), lambda document: document.update(proof=v.changed(document["proof"], **members)))


def subject(side: OtherSide, **members: Any) -> dict[str, Any]:
    return v.changed(side.unsigned()["credentialSubject"], **members)


def achievement(side: OtherSide, **members: Any) -> dict[str, Any]:
    return subject(side, achievement=v.changed(side.unsigned()["credentialSubject"]["achievement"], **members))


def jcs(side: OtherSide, **members: Any) -> bytes:
    """A badge that its issuer signed although it is malformed."""
    return side.sign(side.unsigned(**members), format="eddsa-jcs-2022")


@trigger("parsing", "failed", "PARSING_ERROR")
def a_letter(side: OtherSide, web: Web, _: Path) -> bytes:
    return b"Dear colleague, here is my badge."


@trigger("parsing", "failed", "PARSING_ERROR")
def a_page_without_a_badge(side: OtherSide, web: Web, _: Path) -> bytes:
    return web.put("https://ed.sc.example/c/1", b"<!doctype html><p>Hello", media_type="text/html").encode()


@trigger("parsing", "unknown", "ADDRESS_UNAVAILABLE")
def an_address_that_is_down(side: OtherSide, web: Web, _: Path) -> bytes:
    web.host("gone.example", down="refused")
    return b"https://gone.example/c/1"


@trigger("input-limits", "failed", "RANGE_ERROR")
def nested_too_deep(side: OtherSide, web: Web, _: Path) -> bytes:
    return b'{"credentialSubject":' * 100 + b"1" + b"}" * 100


@trigger("canonicalization", "failed", "PROOF_TRANSFORMATION_ERROR")
def a_graph_that_takes_too_long(side: OtherSide, web: Web, _: Path) -> Given:
    data = side.badge(evidence=[{"type": ["Evidence"]} for _ in range(6)])
    return Given(data, limits=replace(DEFAULT_LIMITS, canonicalization_steps=3))


@trigger("context", "failed", "MALFORMED_VALUE_ERROR")
def contexts_in_the_wrong_order(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, **{"@context": [v.OB_3_0_3, v.CREDENTIALS_V2]})


@trigger("defined-terms", "failed", "DATA_LOSS_DETECTION_ERROR")
def a_term_added_after_signing(side: OtherSide, web: Web, _: Path) -> bytes:
    return spoil(side, favouriteColour="red")


@trigger("signed-content", "failed", "PROOF_VERIFICATION_ERROR")
def a_date_hidden_under_another_name(side: OtherSide, web: Web, _: Path) -> bytes:
    def rename(document: dict[str, Any]) -> None:
        term = {
            "@id": "https://www.w3.org/2018/credentials#validUntil",
            "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
        }
        document["@context"].append({"until": term})
        document["until"] = document.pop("validUntil")

    return v.spoiled(side.badge(), rename)


@trigger("type", "failed", "MALFORMED_VALUE_ERROR")
def no_badge_by_its_type(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, type=["VerifiableCredential"])


@trigger("identifier", "failed", "MALFORMED_VALUE_ERROR")
def a_bare_uuid(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, id="6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001")


@trigger("data-model", "failed", "MALFORMED_VALUE_ERROR")
def an_achievement_without_a_description(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, credentialSubject=achievement(side, description=None))


@trigger("credential-schema", "failed", "MALFORMED_VALUE_ERROR")
def a_schema_that_asks_for_more(side: OtherSide, web: Web, _: Path) -> Given:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "required": ["evidence"]}
    url = web.put("https://ed.sc.example/schema.json", schema)
    data = side.badge(credentialSchema=[{"id": url, "type": "JsonSchema"}])
    return Given(data, policy=replace(DEFAULT, fetch=frozenset({"schema"})))


@trigger("credential-schema", "unknown", "SCHEMA_UNKNOWN")
def a_schema_that_may_not_be_fetched(side: OtherSide, web: Web, _: Path) -> bytes:
    url = web.put("https://ed.sc.example/schema.json", {"$schema": "https://json-schema.org/draft/2020-12/schema"})
    return side.badge(credentialSchema=[{"id": url, "type": "JsonSchema"}])


@trigger("subject", "failed", "MALFORMED_VALUE_ERROR")
def nobody_it_is_about(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, credentialSubject=subject(side, id=None))


@trigger("achievement", "failed", "MALFORMED_VALUE_ERROR")
def criteria_that_say_nothing(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, credentialSubject=achievement(side, criteria={}))


@trigger("evidence", "failed", "MALFORMED_VALUE_ERROR")
def evidence_that_is_none(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, evidence=[{"type": ["Film"], "name": "A lesson"}])


@trigger("issuer-profile", "failed", "MALFORMED_VALUE_ERROR")
def an_issuer_that_is_no_profile(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, issuer={"id": states()[SC].issuer, "type": ["School"]})


@trigger("dates", "failed", "MALFORMED_VALUE_ERROR")
def an_end_before_the_start(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, validUntil="2026-03-01T09:00:00Z")


@trigger("dates", "failed", "MALFORMED_VALUE_ERROR")
def a_date_beyond_the_calendar(side: OtherSide, web: Web, _: Path) -> bytes:
    return jcs(side, validUntil="9999-12-31T23:59:59-05:00")


@trigger("proof-present", "failed", "UNSIGNED")
def no_proof(side: OtherSide, web: Web, _: Path) -> bytes:
    return jsontext.dump(side.unsigned())


@trigger("proof-members", "failed", "PROOF_VERIFICATION_ERROR")
def a_proof_for_another_purpose(side: OtherSide, web: Web, _: Path) -> bytes:
    return side.sign(side.unsigned(), purpose="authentication")


@trigger("cryptosuite", "unknown", "UNSUPPORTED")
def a_suite_nobody_here_knows(side: OtherSide, web: Web, _: Path) -> bytes:
    return proof(side, cryptosuite="bbs-2023")


@trigger("proof-constraints", "failed", "PROOF_VERIFICATION_ERROR")
def a_proof_that_is_over(side: OtherSide, web: Web, _: Path) -> bytes:
    return side.sign(side.unsigned(), expires=o.YESTERDAY)


@trigger("proof-value", "failed", "PROOF_VERIFICATION_ERROR")
def a_proof_value_cut_short(side: OtherSide, web: Web, _: Path) -> bytes:
    return proof(side, proofValue="z2nd")


@trigger("verification-method", "failed", "INVALID_VERIFICATION_METHOD_URL")
def a_key_that_is_no_address(side: OtherSide, web: Web, _: Path) -> bytes:
    return proof(side, verificationMethod="foo:key")


@trigger("signature", "failed", "PROOF_VERIFICATION_ERROR")
def another_name(side: OtherSide, web: Web, _: Path) -> bytes:
    return spoil(side, name="Reading Alone")


@trigger("signature", "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")
def a_token_of_two_badges(side: OtherSide, web: Web, _: Path) -> bytes:
    header, _, signature = side.badge(NC).split(b".")
    payload = side.badge(NC, name="Reading Alone").split(b".")[1]
    return b".".join((header, payload, signature))


@trigger("jose-header", "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")
def a_header_with_critical_parts(side: OtherSide, web: Web, _: Path) -> bytes:
    return token(side, {"typ": "JWT", "kid": "2026", "crit": ["exp"], "exp": 1})


@trigger("jwt-claims", "failed", "MALFORMED_VALUE_ERROR")
def claims_of_another_badge(side: OtherSide, web: Web, _: Path) -> bytes:
    return token(side, {"typ": "JWT", "kid": "2026"}, jti="urn:uuid:0")


def token(side: OtherSide, header: dict[str, Any], **claims: Any) -> bytes:
    """A token of North Carolina with this header and these claims replaced."""
    payload = jsontext.parse_object(_payload(side.badge(NC)))
    return jws.sign(header, v.changed(payload, **claims), states()[NC].signer).encode()


def _payload(compact: bytes) -> bytes:
    return b64url_decode(compact.decode().split(".")[1])


@trigger("selective-disclosure", "unknown", "PROOF_VERIFICATION_ERROR")
def a_date_that_could_have_been_left_out(side: OtherSide, web: Web, _: Path) -> bytes:
    return shown_in_part(["/issuer", "/validFrom", "/credentialStatus"])


@trigger("selective-disclosure", "unknown", "STATUS_UNKNOWN")
def a_status_that_was_left_out(side: OtherSide, web: Web, _: Path) -> bytes:
    return shown_in_part(["/issuer", "/validFrom", "/validUntil"])


def shown_in_part(mandatory: list[str]) -> bytes:
    """A badge with a status whose issuer makes only this mandatory, shown with its end."""
    issuer = v.signer("p256", KeyType.P256)
    body = v.badge(issuer.controller, credentialStatus=v.status_entry())
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-04-01T09:00:00Z",
        "verificationMethod": issuer.verification_method,
        "proofPurpose": "assertionMethod",
    }
    store = contexts.store()
    made = ecdsa_sd.sign_base(body, options, issuer, mandatory, contexts=store)
    shown = ["/credentialSubject", "/name", "/validUntil", "/id", "/type"]
    return jsontext.dump(ecdsa_sd.derive({**body, "proof": made}, shown, contexts=store))


@trigger("validity-period", "failed", "EXPIRED")
def a_badge_that_is_over(side: OtherSide, web: Web, _: Path) -> bytes:
    return side.badge(validUntil="2026-04-30T00:00:00Z")


@trigger("validity-period", "failed", "NOT_YET_VALID")
def a_badge_before_its_time(side: OtherSide, web: Web, _: Path) -> bytes:
    return side.badge(validFrom="2026-06-01T00:00:00Z")


@trigger("recipient", "failed", "RECIPIENT_MISMATCH")
def the_badge_of_someone_else(side: OtherSide, web: Web, _: Path) -> Given:
    return Given(side.badge(), question={"recipient": "did:example:somebody-else"})


@trigger("endorsements", "failed", None)
def an_endorsement_that_was_changed(side: OtherSide, web: Web, _: Path) -> bytes:
    by = states()[WY].signer
    signed = v.parsed(v.sign(v.endorsement("urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001", by), by))
    signed["name"] = "Approved by everyone"
    return side.badge(endorsement=[signed])


@trigger("members", "failed", None)
def a_record_with_a_changed_badge(side: OtherSide, web: Web, _: Path) -> bytes:
    member = v.parsed(side.badge())
    member["name"] = "Reading Alone"
    return v.sign(v.clr(member, issuer=states()[SC].issuer), states()[SC].signer)


@trigger("presentation", "failed", "RECIPIENT_MISMATCH")
def a_badge_shown_by_someone_else(side: OtherSide, web: Web, _: Path) -> Given:
    holder = v.signer("somebody else")
    shown = v.presentation(holder.controller, v.parsed(side.badge()))
    asked = {"challenge": "today", "domain": "https://verify.example"}
    return Given(v.sign(shown, holder, purpose="authentication", **asked), question=asked)


@trigger("proof-constraints", "failed", "INVALID_CHALLENGE_ERROR")
def an_old_presentation(side: OtherSide, web: Web, _: Path) -> Given:
    holder = v.signer("holder")
    member = side.badge(credentialSubject=subject(side, id=holder.controller))
    shown = v.presentation(holder.controller, v.parsed(member))
    data = v.sign(shown, holder, purpose="authentication", challenge="yesterday", domain="https://verify.example")
    return Given(data, question={"challenge": "today", "domain": "https://verify.example"})


@trigger("resource-integrity", "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")
def an_image_that_was_swapped(side: OtherSide, web: Web, _: Path) -> Given:
    url = web.put("https://ed.sc.example/badge.png", b"another picture", media_type="image/png")
    digest = "sha256-" + "A" * 43 + "="
    data = side.badge(relatedResource=[{"id": url, "digestSRI": digest}])
    return Given(data, policy=replace(DEFAULT, fetch=frozenset({"resource"})))


# -- whose key --------------------------------------------------------------------------------------------------------


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def a_key_document_that_is_gone(side: OtherSide, web: Web, _: Path) -> bytes:
    web.remove(states()[SC].key_document)
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def an_issuer_whose_server_is_down(side: OtherSide, web: Web, _: Path) -> bytes:
    web.host("ed.sc.example", down="refused")
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def an_issuer_that_does_not_answer(side: OtherSide, web: Web, _: Path) -> Given:
    web.behave(states()[SC].key_document, "hang")
    return Given(side.badge(), patience=0.5)


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def an_issuer_that_answers_byte_by_byte(side: OtherSide, web: Web, _: Path) -> Given:
    web.behave(states()[SC].key_document, "drip", seconds=0.05)
    return Given(side.badge(), patience=0.5)


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def a_key_document_without_end(side: OtherSide, web: Web, _: Path) -> bytes:
    web.behave(states()[SC].key_document, "huge")
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def a_redirect_to_a_private_address(side: OtherSide, web: Web, _: Path) -> bytes:
    web.behave(states()[SC].key_document, "redirect", to="https://169.254.169.254/latest/meta-data")
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def a_redirect_to_another_host(side: OtherSide, web: Web, _: Path) -> bytes:
    elsewhere = web.put("https://mallory.example/did.json", side.key_document(states()[SC]))
    web.behave(states()[SC].key_document, "redirect", to=elsewhere)
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def a_host_with_a_private_address(side: OtherSide, web: Web, _: Path) -> bytes:
    web.host("ed.sc.example", addresses=("10.0.0.7",))
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def a_host_with_a_private_address_beside_a_public_one(side: OtherSide, web: Web, _: Path) -> bytes:
    web.host("ed.sc.example", addresses=("93.184.216.34", "64:ff9b::7f00:1"))
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def a_certificate_of_another_host(side: OtherSide, web: Web, _: Path) -> bytes:
    web.host("ed.sc.example", certificate="wrong-name")
    return side.badge()


@trigger("key-document", "unknown", "KEY_UNAVAILABLE")
def an_error_page_in_place_of_the_keys(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(states()[SC].key_document, b"<html>Sign in to the network", media_type="text/html")
    return side.badge()


@trigger("key-document", "failed", "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID")
def a_key_document_of_someone_else(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(states()[SC].key_document, side.key_document(states()[AR]))
    return side.badge()


@trigger("key-relationship", "failed", "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD")
def a_key_that_may_not_issue(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(states()[SC].key_document, v.changed(side.key_document(states()[SC]), assertionMethod=[]))
    return side.badge()


@trigger("key-relationship", "failed", "INVALID_VERIFICATION_METHOD")
def a_key_that_was_taken_out(side: OtherSide, web: Web, _: Path) -> bytes:
    emptied = v.changed(side.key_document(states()[SC]), assertionMethod=[], verificationMethod=[])
    web.put(states()[SC].key_document, emptied)
    return side.badge()


@trigger("issuer-key", "failed", "ISSUER_KEY_MISMATCH")
def a_stranger_in_the_name_of_the_state(side: OtherSide, web: Web, _: Path) -> bytes:
    return v.sign(side.unsigned(), v.signer("mallory"))


@trigger("jwt-key", "failed", "ISSUER_KEY_MISMATCH")
def a_token_with_a_key_of_its_own(side: OtherSide, web: Web, _: Path) -> bytes:
    payload = jsontext.parse_object(_payload(side.badge(NC)))
    stranger = v.signer("mallory")
    header = {"typ": "JWT", "jwk": stranger.public_key.to_jwk()}
    return jws.sign(header, payload, stranger).encode()


@trigger("jwt-key", "unknown", "KEY_UNAVAILABLE")
def a_key_set_that_is_gone(side: OtherSide, web: Web, _: Path) -> bytes:
    web.remove(str(states()[NC].key_set))
    return side.badge(NC)


@trigger("key-validity", "failed", "KEY_REVOKED")
def a_key_revoked_before_it_signed(side: OtherSide, web: Web, _: Path) -> bytes:
    revoked = side.key_document(states()[SC], revoked=v.ISSUED - timedelta(days=1))
    web.put(states()[SC].key_document, revoked)
    return side.badge()


@trigger("key-validity", "unknown", "KEY_REVOKED")
def a_key_revoked_since(side: OtherSide, web: Web, _: Path) -> bytes:
    revoked = side.key_document(states()[SC], revoked=v.ISSUED + timedelta(days=1))
    web.put(states()[SC].key_document, revoked)
    return side.badge()


# -- is it still in force ---------------------------------------------------------------------------------------------


@trigger("refresh", "passed", None)
def a_newer_copy_that_is_over(side: OtherSide, web: Web, _: Path) -> bytes:
    return _with_refresh(
        side, web, side.unsigned(), validFrom="2026-04-15T00:00:00Z", validUntil="2032-01-01T00:00:00Z"
    )


def _with_refresh(side: OtherSide, web: Web, body: dict[str, Any], **newer: Any) -> bytes:
    url = "https://ed.sc.example/refresh/1"
    body["@context"].append(v.OB_EXTENSIONS)
    body["refreshService"] = {"id": url, "type": "1EdTechCredentialRefresh"}
    web.put(url, side.sign(v.changed(body, **newer)), media_type="application/vc")
    return side.sign(body)


@trigger("status-retrieval", "unknown", "STATUS_RETRIEVAL_ERROR")
def a_list_that_is_gone(side: OtherSide, web: Web, _: Path) -> bytes:
    web.remove(states()[SC].revocation)
    return side.badge()


@trigger("status-retrieval", "unknown", "STATUS_RETRIEVAL_ERROR")
def a_list_that_never_comes(side: OtherSide, web: Web, _: Path) -> Given:
    web.behave(states()[SC].revocation, "hang")
    return Given(side.badge(), patience=0.5)


@trigger("status-retrieval", "unknown", "STATUS_RETRIEVAL_ERROR")
def a_list_without_end(side: OtherSide, web: Web, _: Path) -> bytes:
    web.behave(states()[SC].revocation, "huge")
    return side.badge()


@trigger("status-retrieval", "unknown", "STATUS_RETRIEVAL_ERROR")
def a_list_behind_a_broken_connection(side: OtherSide, web: Web, _: Path) -> bytes:
    web.behave(states()[SC].revocation, "reset")
    return side.badge()


@trigger("status-retrieval", "unknown", "STATUS_RETRIEVAL_ERROR")
def a_list_cut_off(side: OtherSide, web: Web, _: Path) -> bytes:
    web.behave(states()[SC].revocation, "truncate")
    return side.badge()


@trigger("status-list", "unknown", "STATUS_VERIFICATION_ERROR")
def a_list_of_another_issuer(side: OtherSide, web: Web, _: Path) -> bytes:
    forged = v.status_list(by=v.signer("mallory"), url=states()[SC].revocation)
    web.put(states()[SC].revocation, forged)
    return side.badge()


@trigger("status-list", "unknown", "STATUS_VERIFICATION_ERROR")
def a_list_that_was_changed(side: OtherSide, web: Web, _: Path) -> bytes:
    clear = v.unsigned_status_list()["credentialSubject"]["encodedList"]
    data = side.status_list(states()[SC], "revocation", 4711)
    changed = v.spoiled(data, lambda document: document["credentialSubject"].update(encodedList=clear))
    web.put(states()[SC].revocation, changed)
    return side.badge()


@trigger("status-list", "unknown", "STATUS_VERIFICATION_ERROR")
def another_list_at_its_address(side: OtherSide, web: Web, _: Path) -> bytes:
    state = states()[SC]
    other = v.unsigned_status_list(by=state.signer, url="https://ed.sc.example/status/other")
    web.put(state.revocation, v.sign(other, state.signer))
    return side.badge()


@trigger("status-list", "unknown", "STATUS_VERIFICATION_ERROR")
def a_list_that_is_over(side: OtherSide, web: Web, _: Path) -> bytes:
    old = side.status_list(
        states()[SC], "revocation", validFrom="2026-03-01T00:00:00Z", validUntil="2026-03-08T00:00:00Z"
    )
    web.put(states()[SC].revocation, old)
    return side.badge()


@trigger("status-purpose", "failed", "STATUS_VERIFICATION_ERROR")
def a_list_for_another_purpose(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(states()[SC].revocation, side.status_list(states()[SC], "message", url=None))
    return side.badge()


@trigger("status-encoding", "failed", "RANGE_ERROR")
def an_index_outside_the_list(side: OtherSide, web: Web, _: Path) -> bytes:
    return side.badge(index=131_072)


@trigger("status-encoding", "unknown", "STATUS_LIST_LENGTH_ERROR")
def a_list_that_is_too_short(side: OtherSide, web: Web, _: Path) -> bytes:
    short = multibase_encode(gzip.compress(bytes(64)), "u")
    state = states()[SC]
    body = v.unsigned_status_list(by=state.signer, url=state.revocation, encodedList=short)
    web.put(state.revocation, v.sign(body, state.signer))
    return side.badge()


@trigger("status", "failed", "REVOKED")
def a_badge_that_was_revoked(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(states()[SC].revocation, side.status_list(states()[SC], "revocation", 4711))
    return side.badge()


@trigger("status", "failed", "SUSPENDED")
def a_badge_that_is_suspended(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(str(states()[SC].suspension), side.status_list(states()[SC], "suspension", 4711))
    return side.badge()


@trigger("status", "failed", "REVOKED")
def a_badge_revoked_on_an_older_kind_of_list(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(states()[AR].revocation, side.status_list(states()[AR], "revocation", 4711))
    return side.badge(AR)


@trigger("status", "unknown", "STATUS_UNKNOWN")
def a_status_of_long_ago(side: OtherSide, web: Web, _: Path) -> Given:
    return Given(side.badge(), question={"as_of": v.ISSUED + timedelta(days=3)})


@trigger("revocation-list", "failed", "REVOKED")
def a_badge_on_the_revocation_list(side: OtherSide, web: Web, _: Path) -> bytes:
    named = {"id": side.unsigned(NC)["id"], "revocationReason": "awarded in error"}
    web.put(states()[NC].revocation, o.revocation_list(states()[NC], named))
    return side.badge(NC)


@trigger("revocation-list", "unknown", "STATUS_RETRIEVAL_ERROR")
def a_revocation_list_that_is_down(side: OtherSide, web: Web, _: Path) -> bytes:
    web.put(states()[NC].revocation, b"", status=503)
    return side.badge(NC)


# -- who is it --------------------------------------------------------------------------------------------------------


@trigger("issuer-recognition", "passed", "ISSUER_NOT_RECOGNIZED")
def an_issuer_nobody_lists(side: OtherSide, web: Web, _: Path) -> Given:
    trust = Trust((registry_from_json(b'{"name": "Local", "issuers": []}', "local"),))
    return Given(side.badge(), trust=trust)


@trigger("issuer-recognition", "failed", "ISSUER_NOT_RECOGNIZED")
def an_issuer_that_had_to_be_listed(side: OtherSide, web: Web, directory: Path) -> Given:
    return replace(an_issuer_nobody_lists(side, web, directory), policy=replace(DEFAULT, recognized_issuers_only=True))


@trigger("issuer-recognition", "unknown", "REGISTRY_UNREADABLE")
def a_registry_that_is_down(side: OtherSide, web: Web, directory: Path) -> Given:
    web.put(o.REGISTRY, b"", status=500)
    config = directory / "registries.json"
    config.write_bytes(o.registry_list({"name": "Partnership", "type": "dcc-legacy", "url": o.REGISTRY}))
    policy = replace(DEFAULT, recognized_issuers_only=True)
    return Given(side.badge(), trust=trust_from_files([config]), policy=policy)


@trigger("open-badges-2", "failed", None)
def an_old_badge_hosted_elsewhere(side: OtherSide, web: Web, _: Path) -> bytes:
    return o.old_badge(web, hosted_at="https://mallory.example/assertions/1")


@trigger("open-badges-2", "unknown", None)
def an_old_badge_whose_host_is_down(side: OtherSide, web: Web, _: Path) -> bytes:
    data = o.old_badge(web)
    web.host("badges.mn.example", down="refused")
    return data


# -- the tests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: f"{trigger.check}-{trigger.name}")
def test_trigger(trigger: Trigger, web: Web, tmp_path: Path) -> None:
    side = o.other_side()
    side.serve(web)
    report = judged(trigger.make(side, web, tmp_path), web)
    result = report.check(trigger.check)
    assert result.outcome.value == trigger.outcome, f"{result.message}\n{report.to_text()}"
    said = {problem.type.code for problem in (*result.problems, *result.warnings)}
    assert trigger.code is None or trigger.code in said
    if trigger.outcome == "failed":
        assert report.verdict is Verdict.INVALID
    if trigger.outcome == "unknown" and trigger.check not in DEFAULT.allow_unknown:
        assert report.verdict is Verdict.UNDETERMINED
    contained = {"endorsements", "members"}
    assert trigger.check in contained or {p.type for p in result.problems} <= set(BY_ID[trigger.check].codes)


def test_an_old_badge_without_a_fault_is_valid(web: Web) -> None:
    report = judged(o.old_badge(web), web)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert "LEGACY_BADGE" in {warning.type.code for warning in report.warnings}


@pytest.mark.parametrize("name", o.STATES)
def test_without_a_fault_every_state_is_valid(name: str, web: Web) -> None:
    side = o.other_side()
    side.serve(web)
    report = judged(Given(side.badge(name), trust=_partnership(side)), web)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert report.check("issuer-recognition").evidence["matchingIssuers"][0]["registry"] == "Partnership"
    in_memory = o.inspect(side.memory(), side.badge(name))
    assert in_memory.verdict is Verdict.VALID


def _partnership(side: OtherSide) -> Trust:
    body = jsontext.parse_object(side.documents[o.REGISTRY][0])
    return Trust((registry_from_json(jsontext.dump({**body, "name": "Partnership"}), "partnership"),))


def test_every_row_of_the_documentation_has_a_trigger() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "checks.md").read_text(encoding="utf-8")
    documented = {int(row): check for row, check in re.findall(r"^\| (\d+) \| `([a-z0-9-]+)` \|", text, re.MULTILINE)}
    assert documented == ROWS
    triggered = {trigger.check for trigger in TRIGGERS}
    assert triggered <= CHECK_IDS
    assert {row for row, check in documented.items() if check not in triggered} == set(NOT_ITS_OWN)


def test_every_check_that_can_fail_or_be_unknown_is_shown_to_stop_a_badge() -> None:
    stopping = {trigger.check for trigger in TRIGGERS if trigger.outcome in ("failed", "unknown")}
    assert CHECK_IDS - stopping == {ROWS[row] for row in NOT_ITS_OWN} | {"refresh"}
