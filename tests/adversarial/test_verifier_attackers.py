"""People who want a badge they did not earn, or want someone else's refused: what they try, and what becomes of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badgeport.keys import did
from badgeport.keys.types import KeyType
from badgeport.proofs import jws, sd_jwt
from badgeport.proofs.secured import FORMATS, secure
from badgeport.schemas import jsontext
from badgeport.schemas.encoding import b64url_encode
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.verifier.policy import DEFAULT, VCALM
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, FetchError
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import verifying as v

MALLORY = "mallory"
WEB = "did:web:lakeside.example"
WEB_DOCUMENT = "https://lakeside.example/.well-known/did.json"
KEY_SET = "https://lakeside.example/.well-known/jwks.json"


def never_valid(data: bytes, documents: Any = None, **question: Any) -> VerificationReport:
    """Neither policy calls it valid."""
    report = v.inspect(data, documents, **question)
    assert report.verdict is not Verdict.VALID, report.to_text()
    assert not report.to_vc_api()["verified"]
    assert v.inspect(data, documents, policy=VCALM, **question).verdict is not Verdict.VALID
    return report


def jwt_claims(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    stated = {
        **body,
        "iss": body["issuer"]["id"],
        "jti": body["id"],
        "sub": v.RECIPIENT,
        "nbf": 1775034000,
        "exp": 1932800400,
    }
    return v.changed(stated, **changes)


# -- other people's names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", [each for each in FORMATS if each not in ("ecdsa-sd-2023", "Ed25519Signature2020")])
def test_a_foreign_key_under_the_issuers_name(format: str) -> None:
    by = v.signer(MALLORY, KeyType.P256 if format.startswith("ecdsa") else KeyType.ED25519)
    report = never_valid(v.sign(v.badge(v.signer().controller), by, format))
    assert report.verdict is Verdict.INVALID


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "vc-jwt"])
def test_a_key_written_into_the_issuers_web_address_proves_nothing_without_the_issuers_word(format: str) -> None:
    issuer = "https://state.example"
    mallory = v.signer(MALLORY)
    by = v.web_signer(issuer, mallory.public_key.to_multikey())
    trick = type("Trick", (), {})()
    trick.public_key, trick.controller, trick.sign = mallory.public_key, issuer, mallory.sign
    trick.verification_method = by.verification_method
    options: dict[str, Any] = {"key_reference": "kid"} if format == "vc-jwt" else {}
    data = secure(v.badge(issuer), trick, format, created=v.ISSUED, **options)
    unproved = never_valid(data)
    assert unproved.verdict is Verdict.UNDETERMINED
    assert unproved.check("signature").outcome is Outcome.PASSED
    assert unproved.check("jwt-key" if format == "vc-jwt" else "issuer-key").outcome is Outcome.UNKNOWN
    profile = {"id": issuer, "type": ["Profile"], "name": "State"}
    assert never_valid(data, {issuer: profile}).verdict is Verdict.UNDETERMINED
    other = v.key_document(v.web_signer(issuer, "key-1"))
    assert never_valid(data, {issuer: other}).verdict is Verdict.INVALID
    entry = {
        "id": by.verification_method,
        "type": "Multikey",
        "controller": issuer,
        "publicKeyMultibase": mallory.public_key.to_multikey(),
    }
    confirmed = {"id": issuer, "verificationMethod": [entry], "assertionMethod": [entry["id"]]}
    assert v.inspect(data, {issuer: confirmed}).verdict is Verdict.VALID


def test_a_key_document_that_names_a_victim_as_its_controller() -> None:
    address = "https://mallory.example/key"
    mallory = v.signer(MALLORY)
    trick = type("Trick", (), {})()
    trick.public_key, trick.controller, trick.sign = mallory.public_key, WEB, mallory.sign
    trick.verification_method = address
    data = secure(v.badge(WEB), trick, "eddsa-rdfc-2022", created=v.ISSUED)
    published = {
        "id": address,
        "type": "Multikey",
        "controller": WEB,
        "publicKeyMultibase": mallory.public_key.to_multikey(),
    }
    assert never_valid(data, {address: published}).verdict is Verdict.UNDETERMINED
    documents = {address: published, WEB_DOCUMENT: v.key_document(v.web_signer())}
    assert never_valid(data, documents).verdict is Verdict.INVALID


def test_a_second_proof_by_a_stranger_neither_helps_nor_hurts_and_a_bad_one_hurts() -> None:
    twice = v.sign(v.parsed(v.sign(v.badge())), v.signer("witness"))
    assert v.inspect(twice).verdict is Verdict.VALID
    only_stranger = v.spoiled(twice, lambda document: document.update(proof=document["proof"][1:]))
    assert never_valid(only_stranger).verdict is Verdict.INVALID

    def spoil(document: dict[str, Any]) -> None:
        document["proof"][1]["created"] = "2026-04-02T09:00:00Z"

    assert never_valid(v.spoiled(twice, spoil)).verdict is Verdict.INVALID
    unresolved = v.sign(v.parsed(v.sign(v.badge())), v.web_signer("did:web:witness.example"))
    assert never_valid(unresolved).verdict is Verdict.UNDETERMINED


# -- JSON Web Tokens ------------------------------------------------------------------------------------------------


def compact(header: dict[str, Any], payload: dict[str, Any], signature: bytes) -> bytes:
    parts = (jsontext.dump(header), jsontext.dump(payload), signature)
    return ".".join(b64url_encode(part) for part in parts).encode()


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS512", "PS256", "ES256K", ""])
def test_algorithm_confusion(algorithm: str) -> None:
    import hmac

    body = v.badge()
    key = v.signer().public_key
    header = {"alg": algorithm, "jwk": key.to_jwk()}
    signing_input = compact(header, jwt_claims(body), b"").rpartition(b".")[0]
    forged = hmac.digest(key.raw, signing_input, "sha256")
    for signature in (forged, b"\x00" * 64, b"\x00"):
        report = never_valid(compact(header, jwt_claims(body), signature))
        assert "CRYPTOGRAPHIC_SECURITY_ERROR" in report.codes


def test_a_jwk_slipped_in_beside_the_issuers_kid() -> None:
    by, mallory = v.web_signer(), v.signer(MALLORY)
    header = {"typ": "JWT", "kid": by.verification_method, "jwk": mallory.public_key.to_jwk()}
    data = jws.sign(header, jwt_claims(v.badge(WEB)), mallory).encode()
    report = never_valid(data, {WEB_DOCUMENT: v.key_document(by)})
    assert report.verdict is Verdict.INVALID
    assert report.check("signature").outcome is Outcome.FAILED


@pytest.mark.parametrize("kid", ["key-1", "#key-1", "https://mallory.example/keys/1", "did:web:mallory.example#key-1"])
def test_a_jwk_in_the_header_is_never_the_issuers_by_its_own_word(kid: str) -> None:
    mallory = v.signer(MALLORY)
    header = {"typ": "JWT", "kid": kid, "jwk": mallory.public_key.to_jwk()}
    data = jws.sign(header, jwt_claims(v.badge(WEB)), mallory).encode()
    never_valid(data)
    never_valid(data, {"https://mallory.example/keys/1": mallory.public_key.to_jwk()})
    never_valid(data, {"https://mallory.example/keys/1": {**mallory.public_key.to_jwk(), "iss": WEB}})
    known = {WEB_DOCUMENT: v.key_document(v.web_signer())}
    assert never_valid(data, known).verdict is not Verdict.VALID


def test_a_header_jwk_is_the_issuers_where_the_issuer_is_made_from_that_key() -> None:
    for issuer in (did.did_key(v.signer().public_key), did.did_jwk(v.signer().public_key)):
        header = {"typ": "JWT", "jwk": v.signer().public_key.to_jwk()}
        own = jws.sign(header, jwt_claims(v.badge(issuer)), v.signer()).encode()
        assert v.inspect(own).verdict is Verdict.VALID
        mallory = v.signer(MALLORY)
        header = {"typ": "JWT", "jwk": mallory.public_key.to_jwk()}
        assert never_valid(jws.sign(header, jwt_claims(v.badge(issuer)), mallory).encode()).verdict is Verdict.INVALID


ISSUER_URL = "https://lakeside.example/issuers/district"
KEY_URL = f"{ISSUER_URL}/keys/1"


def by_address(kid: str = KEY_URL, issuer: str = ISSUER_URL) -> bytes:
    return jws.sign({"typ": "JWT", "kid": kid}, jwt_claims(v.badge(issuer)), v.signer()).encode()


def key_set(**members: Any) -> dict[str, Any]:
    return {"keys": [{**v.signer().public_key.to_jwk(), **members}]}


@pytest.mark.parametrize(
    ("kid", "documents", "verdict"),
    [
        (KEY_URL, {}, Verdict.UNDETERMINED),
        (KEY_URL, {KEY_URL: {}}, Verdict.UNDETERMINED),
        (KEY_URL, {KEY_URL: {"iss": ISSUER_URL}}, Verdict.UNDETERMINED),
        (KEY_URL, {KEY_URL: {"iss": "https://lakeside.example/issuers/other"}}, Verdict.UNDETERMINED),
        (f"{ISSUER_URL}2/keys/1", {f"{ISSUER_URL}2/keys/1": {}}, Verdict.UNDETERMINED),
        (f"{ISSUER_URL}/../mallory/1", {f"{ISSUER_URL}/../mallory/1": {}}, Verdict.UNDETERMINED),
        (f"{ISSUER_URL}/keys?1", {f"{ISSUER_URL}/keys?1": {}}, Verdict.UNDETERMINED),
        ("https://mallory.example/1", {"https://mallory.example/1": {"iss": ISSUER_URL}}, Verdict.UNDETERMINED),
    ],
)
def test_a_key_at_a_web_address_is_nobodys_by_where_it_stands(
    kid: str, documents: dict[str, dict[str, Any]], verdict: Verdict
) -> None:
    published = {url: {**v.signer().public_key.to_jwk(), **extra} for url, extra in documents.items()}
    assert v.inspect(by_address(kid), published).verdict is verdict


@pytest.mark.parametrize(
    ("members", "verdict"),
    [
        ({}, Verdict.UNDETERMINED),
        ({"iss": ISSUER_URL}, Verdict.VALID),
        ({"iss": "https://lakeside.example/issuers/other"}, Verdict.INVALID),
    ],
)
def test_a_key_set_speaks_for_the_issuer_its_keys_name(members: dict[str, Any], verdict: Verdict) -> None:
    elsewhere = "https://keys.example/1"
    documents = {elsewhere: v.signer().public_key.to_jwk(), KEY_SET: key_set(**members)}
    assert v.inspect(by_address(elsewhere), documents).verdict is verdict
    named = {KEY_SET: key_set(kid="2026-a", **members)}
    assert v.inspect(by_address("2026-a"), named).verdict is (
        Verdict.UNDETERMINED if verdict is Verdict.INVALID else verdict
    )


def test_a_tenant_of_a_host_cannot_sign_for_another_by_the_shared_key_set() -> None:
    tenant = "did:web:lakeside.example:tenants:a"
    data = jws.sign({"typ": "JWT", "jwk": v.signer().public_key.to_jwk()}, jwt_claims(v.badge(tenant)), v.signer())
    never_valid(data.encode(), {KEY_SET: key_set()})
    # The document of a DID says which keys are its own; a key set of the same host does not stand in for it.
    never_valid(data.encode(), {KEY_SET: key_set(iss=tenant)})


def test_the_document_of_a_did_outranks_a_key_set() -> None:
    data = jws.sign({"typ": "JWT", "jwk": v.signer().public_key.to_jwk()}, jwt_claims(v.badge(WEB)), v.signer())
    documents = {KEY_SET: key_set(iss=WEB), WEB_DOCUMENT: v.key_document(v.web_signer())}
    assert never_valid(data.encode(), documents).verdict is Verdict.INVALID


# -- selective disclosure and replay --------------------------------------------------------------------------------


def test_a_stolen_sd_jwt_is_not_presented_in_answer_to_a_challenge() -> None:
    holder, mallory = v.signer("holder"), v.signer(MALLORY)
    issued = v.sign(v.badge(), format="vc+sd-jwt", holder=holder.public_key).decode()
    assert v.inspect(issued.encode()).verdict is Verdict.VALID
    never_valid(issued.encode(), challenge="c-1")
    bound = sd_jwt.bind(issued, holder, audience="https://state.example", nonce="c-1", issued_at=v.NOW)
    good = v.inspect(bound.encode(), challenge="c-1", domain="https://state.example")
    assert good.verdict is Verdict.VALID, good.to_text()
    never_valid(bound.encode(), challenge="c-2")
    never_valid(bound.encode(), challenge="c-1", domain="https://other.example")
    stolen = bound.rpartition("~")[0] + "~"
    claims = json.loads(base64.urlsafe_b64decode(bound.rpartition("~")[2].split(".")[1] + "=="))
    forged = stolen + jws.sign({"typ": "kb+jwt"}, claims, mallory)
    never_valid(forged.encode(), challenge="c-1")
    early = sd_jwt.bind(issued, holder, audience="d", nonce="c-1", issued_at=v.NOW + timedelta(days=1))
    never_valid(early.encode(), challenge="c-1", domain="d")


def test_a_presentation_of_someone_elses_badge_signed_by_the_thief() -> None:
    mallory = v.signer(MALLORY)
    badge = v.badge()
    badge["credentialSubject"]["id"] = v.signer("holder").controller
    for holder in (mallory.controller, None):
        body = v.presentation(holder, v.parsed(v.sign(badge)))
        report = v.inspect(v.sign(body, mallory, purpose="authentication"))
        assert report.verdict is Verdict.INVALID
        assert "RECIPIENT_MISMATCH" in report.codes
    lied = v.presentation(v.signer("holder").controller, v.parsed(v.sign(badge)))
    assert never_valid(v.sign(lied, mallory, purpose="authentication")).verdict is Verdict.INVALID


def test_an_unsigned_presentation_is_not_a_presentation() -> None:
    body = v.presentation(v.signer("holder").controller, v.parsed(v.sign(v.badge())))
    assert never_valid(jsontext.dump(body)).verdict is Verdict.INVALID


# -- status lists ---------------------------------------------------------------------------------------------------


def revoked_badge() -> bytes:
    return v.sign(v.badge(credentialStatus=v.status_entry()))


def test_a_list_of_the_attackers_own_does_not_clear_a_badge() -> None:
    report = v.inspect(revoked_badge(), {v.LIST: v.status_list(by=v.signer(MALLORY))})
    assert report.verdict is Verdict.UNDETERMINED
    claimed = v.unsigned_status_list()
    forged = v.sign(claimed, v.signer(MALLORY))
    assert v.inspect(revoked_badge(), {v.LIST: forged}).verdict is Verdict.UNDETERMINED


def test_an_old_list_replayed_after_its_time_does_not_clear_a_badge() -> None:
    old = v.status_list(validFrom="2026-04-02T00:00:00Z", validUntil="2026-04-09T00:00:00Z")
    report = v.inspect(revoked_badge(), {v.LIST: old})
    assert report.verdict is Verdict.UNDETERMINED
    assert "STATUS_VERIFICATION_ERROR" in report.codes


def test_an_old_list_is_not_read_by_a_reader_who_only_warns_of_dates() -> None:
    old = v.status_list(7, validFrom="2026-04-02T00:00:00Z", validUntil="2026-04-09T00:00:00Z")
    report = v.inspect(revoked_badge(), {v.LIST: old}, policy=VCALM)
    assert report.check("status-list").outcome is Outcome.UNKNOWN
    assert report.check("status").outcome is Outcome.UNKNOWN


def test_a_credential_that_is_no_list_does_not_stand_in() -> None:
    lookalike = v.unsigned_status_list()
    lookalike["type"] = ["VerifiableCredential"]
    report = v.inspect(revoked_badge(), {v.LIST: v.sign(lookalike)})
    assert report.check("status-retrieval").outcome is Outcome.UNKNOWN
    assert report.verdict is Verdict.UNDETERMINED


def test_another_list_of_the_same_issuer_does_not_stand_in() -> None:
    other = v.status_list(url="https://lakeside.example/status/2")
    assert v.inspect(revoked_badge(), {v.LIST: other}).verdict is Verdict.UNDETERMINED


def test_a_list_that_would_fill_the_memory_is_refused() -> None:
    import zlib

    bomb = zlib.compressobj(level=9, wbits=31)
    packed = bomb.compress(bytes(8_000_000)) + bomb.flush()
    encoded = "u" + b64url_encode(packed)
    small = Verifier(
        fetcher=ReplayResolver({v.LIST: v.status_list(encodedList=encoded)}),
        limits=replace(DEFAULT_LIMITS, decompressed_bytes=1_000_000),
    )
    report = small.inspect(revoked_badge(), now=v.NOW)
    assert report.verdict is Verdict.UNDETERMINED
    assert report.check("status-encoding").outcome is Outcome.UNKNOWN


def test_removing_the_status_from_a_signed_badge_breaks_the_signature() -> None:
    for format in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        data = v.sign(v.badge(credentialStatus=v.status_entry()), format=format)
        without = v.spoiled(data, lambda document: document.pop("credentialStatus"))
        assert never_valid(without).verdict is Verdict.INVALID


def test_a_list_that_points_at_itself_ends() -> None:
    looping = v.sign({**v.unsigned_status_list(), "credentialStatus": v.status_entry()})
    assert v.inspect(revoked_badge(), {v.LIST: looping}).verdict is Verdict.VALID


# -- what a reader sees ---------------------------------------------------------------------------------------------

VC = "https://www.w3.org/2018/credentials#"


def alias(document: dict[str, Any]) -> None:
    document["@context"].append({"standing": {"@id": f"{VC}credentialStatus", "@type": "@id"}})
    document["standing"] = document.pop("credentialStatus")


def swap(document: dict[str, Any]) -> None:
    achievement = document["credentialSubject"]["achievement"]
    document["@context"].append({"title": "https://schema.org/name"})
    achievement["title"], achievement["name"] = achievement["name"], "Doctor of Everything"


def nested(document: dict[str, Any]) -> None:
    document["credentialSubject"]["achievement"]["@context"] = {"name": "https://schema.org/description"}


def vocabulary(document: dict[str, Any]) -> None:
    document["@context"].append({"@vocab": VC})
    document["honours"] = "summa cum laude"


def keyword(document: dict[str, Any]) -> None:
    document["@context"].append({"identity": "@id"})
    document["credentialSubject"]["identity"] = document["credentialSubject"].pop("id")


@pytest.mark.parametrize("change", [alias, swap, nested, vocabulary, keyword])
def test_context_substitution(change: Callable[[dict[str, Any]], None]) -> None:
    data = v.spoiled(v.sign(v.badge(credentialStatus=v.status_entry())), change)
    never_valid(data, {v.LIST: v.status_list(7)})


@pytest.mark.parametrize("format", ["eddsa-jcs-2022", "vc-jwt", "vc+jwt"])
def test_misleading_names_are_refused_even_where_the_issuer_signed_them(format: str) -> None:
    body = v.badge(credentialStatus=v.status_entry())
    alias(body)
    never_valid(v.sign(body, format=format), {v.LIST: v.status_list(7)})


def test_what_a_document_says_cannot_redraw_a_terminal() -> None:
    report = v.inspect(v.sign(v.badge(name="Good\u202e\x1b[2J\nVALID: the credential")))
    rendered = report.to_text()
    assert "\x1b" not in rendered
    assert "\u202e" not in rendered
    assert [line for line in rendered.splitlines() if line.startswith("VALID")] == [rendered.splitlines()[0]]


# -- nesting --------------------------------------------------------------------------------------------------------


def test_endorsements_within_endorsements_end_at_the_limit() -> None:
    by = v.signer("state")
    data = v.sign(v.endorsement("https://state.example/things/0a", by), by, "eddsa-jcs-2022")
    for depth in range(DEFAULT_LIMITS.nesting + 2):
        own_id = f"urn:uuid:00000000-0000-4000-8000-00000000000{depth}"
        outer = v.endorsement(f"https://state.example/things/{depth}", by, id=own_id)
        outer["issuer"]["endorsement"] = [v.parsed(data)]
        data = v.sign(outer, by, "eddsa-jcs-2022")
    badge = v.badge()
    badge["credentialSubject"]["achievement"]["endorsement"] = [v.parsed(data)]
    report = v.inspect(v.sign(badge, format="eddsa-jcs-2022"))
    assert report.verdict is Verdict.INVALID
    assert "RANGE_ERROR" in report.codes


def test_more_members_than_the_limit_are_not_all_looked_at() -> None:
    body = v.badge(endorsementJwt=["eyJh.eyJh.eyJh"] * 30)
    data = v.sign(body, format="vc-jwt")
    small = Verifier(limits=replace(DEFAULT_LIMITS, members=10))
    report = small.inspect(data, now=v.NOW)
    assert report.verdict is Verdict.INVALID
    assert len(report.members) == 10
    assert "RANGE_ERROR" in report.codes


# -- a source of documents that misbehaves --------------------------------------------------------------------------


class Broken:
    """A fetcher that does everything but what it promised."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def fetch(self, url: str, purpose: Any) -> Fetched:
        if isinstance(self.answer, Exception):
            raise self.answer
        return Fetched(url, self.answer)


@pytest.mark.parametrize(
    "answer",
    [
        FetchError("x", "no"),
        RuntimeError("boom"),
        RecursionError(),
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"id":1}',
        b"[" * 100_000,
    ],
)
def test_a_broken_source_of_documents_never_makes_a_badge_valid(answer: Any) -> None:
    data = v.sign(v.badge(WEB, credentialStatus=v.status_entry()), v.web_signer())
    report = Verifier(fetcher=Broken(answer)).inspect(data, now=v.NOW)
    assert report.verdict is not Verdict.VALID
    own = Verifier(fetcher=Broken(answer)).inspect(revoked_badge(), now=v.NOW)
    assert own.verdict is not Verdict.VALID


# -- anything at all ------------------------------------------------------------------------------------------------

TEXT = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
SUITABLE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SUITABLE
@given(st.binary(max_size=300))
def test_any_bytes_give_a_report_and_never_a_valid_one(data: bytes) -> None:
    report = v.inspect(data)
    assert report.verdict is not Verdict.VALID
    json.dumps(report.to_json())
    assert report.to_text()


@SUITABLE
@given(
    prefix=st.sampled_from([b"{", b"eyJ", b"\x89PNG\r\n\x1a\n", b"<svg ", b"%PDF", b"PK\x03\x04"]),
    rest=st.binary(max_size=200),
)
def test_any_bytes_that_begin_like_a_credential(prefix: bytes, rest: bytes) -> None:
    assert v.inspect(prefix + rest).verdict is not Verdict.VALID


MEMBERS = (
    "@context",
    "id",
    "type",
    "issuer",
    "name",
    "validFrom",
    "validUntil",
    "credentialSubject",
    "credentialStatus",
    "credentialSchema",
    "evidence",
    "endorsement",
    "endorsementJwt",
    "refreshService",
    "relatedResource",
    "verifiableCredential",
    "holder",
    "proof",
)


@SUITABLE
@given(changes=st.dictionaries(st.sampled_from(MEMBERS), VALUES, min_size=1, max_size=3), signed=st.booleans())
def test_any_value_in_any_member(changes: dict[str, Any], signed: bool) -> None:
    """Signed by its issuer or spoiled afterwards: a report comes, and an internal error never."""
    body, document = {**v.badge(), **changes}, v.parsed(v.sign(v.badge()))
    if signed:
        payload = {**body, "iss": v.signer().controller, "jti": "urn:uuid:1", "sub": "did:example:1", "nbf": 1775034000}
        try:
            data = jws.sign({"jwk": v.signer().public_key.to_jwk()}, payload, v.signer()).encode()
        except Exception:
            return
    else:
        data = json.dumps({**document, **changes}).encode("utf-8", "surrogatepass")
    report = v.inspect(data)
    assert "INTERNAL_ERROR" not in report.codes, report.to_text()
    assert (
        report.verdict in (Verdict.INVALID, Verdict.UNDETERMINED) or signed or changes.items() <= v.parsed(data).items()
    )
    json.dumps(report.to_json())
    report.to_text()
    report.to_vc_api()


@SUITABLE
@given(changes=st.dictionaries(TEXT | st.sampled_from(("alg", "kid", "jwk", "typ", "crit", "cty")), VALUES, max_size=3))
def test_any_jose_header(changes: dict[str, Any]) -> None:
    header = {"alg": "EdDSA", "typ": "JWT", "jwk": v.signer().public_key.to_jwk(), **changes}
    text = json.dumps(header).encode("utf-8", "surrogatepass")
    data = b".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=")
        for part in (text, jsontext.dump(jwt_claims(v.badge())), b"\x00" * 64)
    )
    assert v.inspect(data).verdict is not Verdict.VALID


@SUITABLE
@given(
    entry=st.dictionaries(
        st.sampled_from(
            ("id", "type", "statusPurpose", "statusListIndex", "statusListCredential", "statusSize", "statusMessage")
        ),
        VALUES,
        max_size=4,
    ),
    subject=st.dictionaries(st.sampled_from(("type", "statusPurpose", "encodedList", "ttl", "id")), VALUES, max_size=3),
)
def test_any_status_entry_and_list(entry: dict[str, Any], subject: dict[str, Any]) -> None:
    badge = v.badge(credentialStatus={**v.status_entry(), **entry})
    listed = v.unsigned_status_list(7)
    listed["credentialSubject"].update(subject)
    try:
        data, signed_list = v.sign(badge, format="eddsa-jcs-2022"), v.sign(listed, format="eddsa-jcs-2022")
    except Exception:
        return
    report = v.inspect(data, {v.LIST: signed_list})
    assert "INTERNAL_ERROR" not in report.codes, report.to_text()
    untouched = not entry.keys() & {"statusListIndex", "statusPurpose", "statusListCredential", "type"}
    if untouched and not subject.keys() & {"encodedList", "statusPurpose"}:
        assert report.verdict is not Verdict.VALID


@SUITABLE
@given(
    document=st.dictionaries(
        TEXT | st.sampled_from(("id", "verificationMethod", "assertionMethod")), VALUES, max_size=4
    )
)
def test_any_key_document(document: dict[str, Any]) -> None:
    data = v.sign(v.badge(WEB), v.web_signer())
    good = v.key_document(v.web_signer())
    body = json.dumps({**good, **document}).encode("utf-8", "surrogatepass")
    report = v.inspect(data, {WEB_DOCUMENT: body})
    assert "INTERNAL_ERROR" not in report.codes, report.to_text()
    if {"id", "verificationMethod", "assertionMethod"} & document.keys():
        assert report.verdict is not Verdict.VALID


def test_the_default_policy_is_what_these_tests_speak_of() -> None:
    assert v.verifier().policy is DEFAULT
