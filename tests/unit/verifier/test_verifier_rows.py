"""Every row of the list of checks, by the input that triggers it: which check answers, and under which code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.proofs import jws
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext, png
from badgeport.schemas.encoding import multibase_encode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import REFRESH_AVAILABLE, STATUS_MESSAGE
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.checks.registry import REGISTRY
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust, UnreadRegistry, registry_from_json
from badgeport.verifier.verifier import Verifier
from support import verifying as v

BY_ROW = {check.row: check for check in REGISTRY}


def assert_check(report: VerificationReport, row: int, outcome: str, *codes: str) -> None:
    result = report.check(ROWS[row])
    assert result.outcome.value == outcome, f"{result.outcome}: {result.message}\n{report.to_text()}"
    assert [code for code in codes if code not in {problem.type.code for problem in result.problems}] == []
    if outcome == "failed":
        assert report.verdict is Verdict.INVALID
    if outcome == "unknown":
        assert report.verdict is not Verdict.VALID
    assert result.message.endswith(".")
    reported = {problem.type for problem in (*result.problems, *result.warnings)}
    assert row in (42, 43) or reported <= set(BY_ROW[row].codes), f"codes not declared: {reported}"
    assert all(problem.detail for problem in result.problems)


def subject(**changes: Any) -> dict[str, Any]:
    return v.changed(v.badge()["credentialSubject"], **changes)


def achievement(**changes: Any) -> dict[str, Any]:
    return subject(achievement=v.changed(v.badge()["credentialSubject"]["achievement"], **changes))


def jwt(body: dict[str, Any] | None = None, by: Any = None, **options: Any) -> str:
    return v.sign(body or v.badge(), by, "vc-jwt", **options).decode()


def resigned(header: dict[str, Any], payload: dict[str, Any], by: Any = None) -> bytes:
    """A JWT with exactly this header beside ``alg``, signed properly."""
    return jws.sign(header, payload, by or v.signer()).encode()


def claims(body: dict[str, Any], **changes: Any) -> dict[str, Any]:
    stated = {
        **body,
        "iss": body["issuer"]["id"],
        "jti": body["id"],
        "sub": v.RECIPIENT,
        "nbf": 1775034000,
        "exp": 1932800400,
    }
    return v.changed(stated, **changes)


# -- rows 1 to 15 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n",
        b'["a"]',
        b'{"greeting": 1}',
        b"%PDF-1.7 \n",
        b"PK\x03\x04",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
)
def test_row_1_no_credential_is_found(data: bytes) -> None:
    report = v.inspect(data)
    assert_check(report, 1, "failed")
    assert not report.credential_found
    assert report.credential is None
    assert report.codes[0] in {"PARSING_ERROR", "UNSUPPORTED"}


def test_row_1_an_address_that_cannot_be_opened_is_undetermined() -> None:
    report = v.inspect(b"https://lakeside.example/c/1")
    assert_check(report, 1, "unknown", "ADDRESS_UNAVAILABLE")
    assert report.verdict is Verdict.UNDETERMINED
    assert report.credential_found


def test_row_1_a_credential_in_a_form_that_is_not_read_is_undetermined() -> None:
    envelope = {
        "@context": v.CREDENTIALS_V2,
        "type": "EnvelopedVerifiableCredential",
        "id": "data:application/vc+cose,0oRY",
    }
    report = v.inspect(jsontext.dump(envelope))
    assert_check(report, 1, "unknown", "UNSUPPORTED")
    assert report.verdict is Verdict.UNDETERMINED
    assert report.credential_found


@pytest.mark.parametrize("data", [b'{"@context": [', b'{"type":"a","type":"b"}', b'{"x": NaN}', b'{"x":"\\ud800"}'])
def test_row_1_a_broken_document_is_a_malformed_credential(data: bytes) -> None:
    report = v.inspect(data)
    assert_check(report, 1, "failed", "PARSING_ERROR")
    assert report.credential_found


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"credentialSubject": 1e999}',
        b'{"credentialSubject": 123456789012345678901}',
    ],
)
def test_row_2_limits(data: bytes) -> None:
    report = v.inspect(data)
    assert_check(report, 2, "failed", "RANGE_ERROR")


def test_row_2_an_input_that_is_too_large_is_not_even_read() -> None:
    small = Verifier(limits=Limits(input_bytes=1_000))
    report = small.inspect(v.sign(v.badge()), now=v.NOW)
    assert_check(report, 2, "failed", "RANGE_ERROR")


def test_row_3_a_graph_that_would_take_too_long_is_refused() -> None:
    body = v.badge(evidence=[{"type": ["Evidence"]} for _ in range(6)])
    data = v.sign(body)
    assert v.inspect(data).verdict is Verdict.VALID
    hurried = Verifier(limits=replace(DEFAULT_LIMITS, canonicalization_steps=3))
    assert_check(hurried.inspect(data, now=v.NOW), 3, "failed", "PROOF_TRANSFORMATION_ERROR")


@pytest.mark.parametrize("order", [[v.OB_3_0_3], [v.CREDENTIALS_V2], [v.OB_3_0_3, v.CREDENTIALS_V2]])
def test_row_4_contexts_out_of_order_or_missing(order: list[str]) -> None:
    body = v.badge(**{"@context": order})
    assert_check(v.inspect(v.sign(body, format="eddsa-jcs-2022")), 4, "failed", "MALFORMED_VALUE_ERROR")


@pytest.mark.parametrize("format", ["eddsa-jcs-2022", "vc-jwt"])
def test_row_4_a_context_that_is_not_at_hand_leaves_the_meaning_open(format: str) -> None:
    body = v.badge(**{"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, "https://lakeside.example/context.json"]})
    report = v.inspect(v.sign(body, format=format))
    assert_check(report, 4, "unknown", "CONTEXT_UNKNOWN")
    assert report.verdict is Verdict.UNDETERMINED


def test_row_4_an_embedded_rdf_proof_under_an_unknown_context_is_undetermined() -> None:
    url = "https://lakeside.example/context.json"
    store = contexts.store().with_documents({url: b'{"@context":{"house":"https://lakeside.example/house"}}'})
    body = v.badge(**{"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, url]}, house="West")
    data = v.sign(body, contexts=store)
    assert Verifier(contexts=store).inspect(data, now=v.NOW).verdict is Verdict.VALID
    report = v.inspect(data)
    assert_check(report, 27, "unknown", "CONTEXT_UNKNOWN")
    assert report.verdict is Verdict.UNDETERMINED


OB_SCHEMA = {
    "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
    "type": "1EdTechJsonSchemaValidator2019",
}


@pytest.mark.parametrize("format", ["eddsa-jcs-2022", "vc-jwt", "vc+jwt"])
@pytest.mark.parametrize("addition", [{"favouriteColour": "red"}, {"credentialSchema": [OB_SCHEMA]}])
def test_row_5_an_undefined_term(format: str, addition: dict[str, Any]) -> None:
    report = v.inspect(v.sign(v.badge(**addition), format=format))
    assert_check(report, 5, "failed", "DATA_LOSS_DETECTION_ERROR")


def test_row_5_a_term_added_to_a_signed_badge_is_not_silently_dropped() -> None:
    data = v.spoiled(v.sign(v.badge()), lambda document: document.update(favouriteColour="red"))
    report = v.inspect(data)
    assert_check(report, 5, "failed", "DATA_LOSS_DETECTION_ERROR")


def test_row_6_a_member_hidden_under_another_name() -> None:
    """The same statements, but a reader of the JSON no longer sees the end of validity."""

    def rename(document: dict[str, Any]) -> None:
        document["@context"].append({"until": {"@id": f"{VC}validUntil", "@type": f"{XSD}dateTime"}})
        document["until"] = document.pop("validUntil")

    report = v.inspect(v.spoiled(v.sign(v.badge()), rename))
    assert_check(report, 6, "failed", "PROOF_VERIFICATION_ERROR")


def test_row_6_a_member_spelled_as_an_iri() -> None:
    def rename(document: dict[str, Any]) -> None:
        document[f"{VC}validUntil"] = {"@type": f"{XSD}dateTime", "@value": document.pop("validUntil")}

    assert_check(v.inspect(v.spoiled(v.sign(v.badge()), rename)), 6, "failed", "PROOF_VERIFICATION_ERROR")


VC = "https://www.w3.org/2018/credentials#"
XSD = "http://www.w3.org/2001/XMLSchema#"


STRUCTURE: list[tuple[int, str, Callable[[], dict[str, Any]]]] = [
    (7, "/type", lambda: v.badge(type=["VerifiableCredential"])),
    (7, "/type", lambda: v.badge(type=["OpenBadgeCredential"])),
    (8, "/id", lambda: v.badge(id="6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001")),
    (9, "/credentialSubject/achievement/description", lambda: v.badge(credentialSubject=achievement(description=None))),
    (11, "/credentialSubject", lambda: v.badge(credentialSubject=subject(id=None))),
    (11, "/credentialSubject/type", lambda: v.badge(credentialSubject=subject(type=["Person"]))),
    (12, "/credentialSubject/achievement/criteria", lambda: v.badge(credentialSubject=achievement(criteria={}))),
    (12, "/credentialSubject/achievement", lambda: v.badge(credentialSubject=subject(achievement=None))),
    (12, "/credentialSubject/result/0/type", lambda: v.badge(credentialSubject=subject(result=[{"type": ["Grade"]}]))),
    (13, "/evidence/0/type", lambda: v.badge(evidence=[{"type": ["Proofs"], "name": "A film"}])),
    (14, "/issuer/type", lambda: v.badge(issuer={"id": v.signer().controller, "type": ["School"]})),
    (15, "/validFrom", lambda: v.badge(validFrom="9999-12-31T23:59:59-05:00", validUntil=None)),
    (15, "/validFrom", lambda: v.badge(validFrom="2026-04-01")),
    (15, "/validUntil", lambda: v.badge(validUntil="2026-04-01T09:00:00Z")),
]


@pytest.mark.parametrize(("row", "pointer", "make"), STRUCTURE)
def test_rows_7_to_15_the_data_model(row: int, pointer: str, make: Callable[[], dict[str, Any]]) -> None:
    report = v.inspect(v.sign(make(), format="eddsa-jcs-2022"))
    assert_check(report, row, "failed", "MALFORMED_VALUE_ERROR")
    assert pointer in {problem.pointer for problem in report.check(ROWS[row]).problems}


def test_rows_about_badges_are_skipped_for_another_credential_unless_the_policy_asks_for_a_badge() -> None:
    body = v.badge(type=["VerifiableCredential"], credentialSubject={"id": v.RECIPIENT})
    body["@context"] = [v.CREDENTIALS_V2]
    data = v.sign(v.changed(body, issuer=v.signer().controller))
    report = v.inspect(data)
    assert report.verdict is Verdict.VALID
    for row in (4, 7, 9, 11, 12, 13, 14):
        assert_check(report, row, "skipped")
    assert_check(v.inspect(data, policy=replace(DEFAULT, badge_required=True)), 7, "failed", "MALFORMED_VALUE_ERROR")


def test_row_10_schemas() -> None:
    extended = {"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]}
    own = v.inspect(v.sign(v.badge(**extended, credentialSchema=[OB_SCHEMA])))
    assert_check(own, 10, "passed")
    url = "https://lakeside.example/schema.json"
    body = v.badge(credentialSchema=[{"id": url, "type": "JsonSchema"}])
    absent = v.inspect(v.sign(body))
    assert absent.check("credential-schema").outcome is Outcome.UNKNOWN
    assert absent.verdict is Verdict.VALID
    assert "SCHEMA_UNKNOWN" in {warning.type.code for warning in absent.warnings}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "required": ["evidence"]}
    assert_check(v.inspect(v.sign(body), {url: schema}), 10, "failed", "MALFORMED_VALUE_ERROR")


# -- rows 16 to 30 --------------------------------------------------------------------------------------------------


def test_row_16_nothing_protects_the_document() -> None:
    assert_check(v.inspect(jsontext.dump(v.badge())), 16, "failed", "PARSING_ERROR", "UNSIGNED")
    assert_check(v.inspect(jsontext.dump(v.badge(proof=[]))), 16, "failed", "UNSIGNED")
    assert_check(v.inspect(jsontext.dump(v.badge(proof="trust me"))), 16, "failed", "PARSING_ERROR")


def with_proof(**changes: Any) -> bytes:
    def change(document: dict[str, Any]) -> None:
        document["proof"] = v.changed(document["proof"], **changes)

    return v.spoiled(v.sign(v.badge()), change)


@pytest.mark.parametrize("changes", [{"type": None}, {"verificationMethod": None}, {"proofPurpose": None}])
def test_row_17_members_of_the_proof(changes: dict[str, Any]) -> None:
    assert_check(v.inspect(with_proof(**changes)), 17, "failed", "PROOF_VERIFICATION_ERROR")


def test_row_17_a_proof_made_for_another_purpose() -> None:
    report = v.inspect(v.sign(v.badge(), purpose="authentication"))
    assert_check(report, 17, "failed", "PROOF_VERIFICATION_ERROR")


def test_row_18_an_unknown_cryptosuite_is_undetermined_and_a_missing_one_fails() -> None:
    assert_check(
        v.inspect(with_proof(cryptosuite="bbs-2023")), 18, "unknown", "PROOF_VERIFICATION_ERROR", "UNSUPPORTED"
    )
    assert_check(v.inspect(with_proof(cryptosuite=None)), 18, "failed", "PROOF_VERIFICATION_ERROR")


def test_row_19_instants_of_the_proof() -> None:
    expired = v.sign(v.badge(), expires=v.NOW - timedelta(days=1))
    assert_check(v.inspect(expired), 19, "failed", "PROOF_VERIFICATION_ERROR")
    future = v.sign(v.badge(), created=v.NOW + timedelta(days=1))
    assert_check(v.inspect(future), 19, "failed", "PROOF_VERIFICATION_ERROR")
    within_skew = v.sign(v.badge(), created=v.NOW + timedelta(seconds=200))
    assert v.inspect(within_skew).verdict is Verdict.VALID


@pytest.mark.parametrize("value", ["abc", "z111", "u" + "A" * 86, ""])
def test_row_20_the_proof_value(value: str) -> None:
    report = v.inspect(with_proof(proofValue=value))
    assert report.verdict is Verdict.INVALID
    if value:
        assert_check(report, 20, "failed", "PROOF_VERIFICATION_ERROR")


@pytest.mark.parametrize("method", ["key-1", "foo:bar#1", "ftp://lakeside.example/#key", "https://", "did:key:"])
def test_row_21_the_url_of_the_key(method: str) -> None:
    report = v.inspect(with_proof(verificationMethod=method))
    assert_check(report, 21, "failed", "INVALID_VERIFICATION_METHOD_URL")


WEB_DOCUMENT = "https://lakeside.example/.well-known/did.json"


def web_badge() -> bytes:
    return v.sign(v.badge("did:web:lakeside.example"), v.web_signer())


def test_row_22_the_key_document() -> None:
    document = v.key_document(v.web_signer())
    assert v.inspect(web_badge(), {WEB_DOCUMENT: document}).verdict is Verdict.VALID
    absent = v.inspect(web_badge())
    assert_check(absent, 22, "unknown", "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", "KEY_UNAVAILABLE")
    assert absent.verdict is Verdict.UNDETERMINED
    error_page = v.inspect(web_badge(), {WEB_DOCUMENT: b"<html>"})
    assert_check(error_page, 22, "unknown", "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", "KEY_UNAVAILABLE")
    twofold = {**document["verificationMethod"][0], "publicKeyMultibase": v.signer("other").public_key.to_multikey()}
    methods = [*document["verificationMethod"], twofold]
    broken = v.inspect(web_badge(), {WEB_DOCUMENT: v.changed(document, verificationMethod=methods)})
    assert_check(broken, 22, "failed", "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT")
    other = v.inspect(web_badge(), {WEB_DOCUMENT: v.changed(document, id="did:web:other.example")})
    assert_check(other, 22, "failed", "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID")


def test_row_22_an_unknown_did_method_is_undetermined() -> None:
    report = v.inspect(with_proof(verificationMethod="did:ethr:0xabc#controller"))
    assert_check(report, 22, "unknown", "KEY_UNAVAILABLE")


def test_row_23_the_key_in_its_document() -> None:
    document = v.key_document(v.web_signer())
    unlisted = v.inspect(web_badge(), {WEB_DOCUMENT: v.changed(document, assertionMethod=[])})
    assert_check(unlisted, 23, "failed", "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD")
    gone = v.inspect(web_badge(), {WEB_DOCUMENT: v.changed(document, verificationMethod=[], assertionMethod=[])})
    assert_check(gone, 23, "failed", "INVALID_VERIFICATION_METHOD")
    p256 = v.web_signer(key_type=KeyType.P256)
    unfit = v.inspect(web_badge(), {WEB_DOCUMENT: v.key_document(p256)})
    assert_check(unfit, 23, "failed", "INVALID_VERIFICATION_METHOD")


def test_row_23_a_document_that_shows_a_private_key() -> None:
    document = v.key_document(v.web_signer())
    document["verificationMethod"][0]["secretKeyMultibase"] = "z3u2"
    assert_check(v.inspect(web_badge(), {WEB_DOCUMENT: document}), 23, "failed", "PRIVATE_KEY_EXPOSED")


def test_row_24_a_foreign_key() -> None:
    report = v.inspect(v.sign(v.badge(v.signer().controller), v.signer("mallory")))
    assert_check(report, 24, "failed", "PROOF_VERIFICATION_ERROR", "ISSUER_KEY_MISMATCH")
    assert report.check("validity-period").outcome is Outcome.SKIPPED
    assert report.check("issuer-recognition").outcome is Outcome.SKIPPED


def test_row_25_a_jwk_that_the_header_supplies_itself() -> None:
    body = v.badge("did:web:lakeside.example")
    data = resigned({"typ": "JWT", "jwk": v.signer("mallory").public_key.to_jwk()}, claims(body), v.signer("mallory"))
    unproved = v.inspect(data)
    assert_check(unproved, 25, "unknown", "CRYPTOGRAPHIC_SECURITY_ERROR", "KEY_UNAVAILABLE")
    assert unproved.verdict is Verdict.UNDETERMINED
    refuted = v.inspect(data, {WEB_DOCUMENT: v.key_document(v.web_signer())})
    assert_check(refuted, 25, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR", "ISSUER_KEY_MISMATCH")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": "EdDSA", "crit": ["exp"], "exp": 1},
        {"alg": "EdDSA", "typ": "bad+typ"},
        {"alg": "EdDSA", "x5c": ["MIIB"]},
    ],
)
def test_row_26_the_jose_header(header: dict[str, Any]) -> None:
    body = v.badge()
    full = {"jwk": v.signer().public_key.to_jwk(), **header}
    report = v.inspect(resigned(full, claims(body)))
    assert_check(report, 26, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_row_27_a_changed_document(format: str) -> None:
    data = v.spoiled(v.sign(v.badge(), format=format), lambda document: document.update(name="Reading Alone"))
    assert_check(v.inspect(data), 27, "failed", "PROOF_VERIFICATION_ERROR")


def test_row_27_a_changed_jwt() -> None:
    header, _, signature = jwt().split(".")
    payload = jwt(v.badge(name="Reading Alone")).split(".")[1]
    report = v.inspect(f"{header}.{payload}.{signature}".encode())
    assert_check(report, 27, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "did:example:other"},
        {"jti": "urn:uuid:0"},
        {"sub": "did:example:other"},
        {"nbf": 1},
        {"exp": 2},
        {"exp": None},
        {"nbf": "1775034000"},
        {"iss": None},
    ],
)
def test_row_28_claims_that_disagree(changes: dict[str, Any]) -> None:
    data = resigned({"typ": "JWT", "jwk": v.signer().public_key.to_jwk()}, claims(v.badge(), **changes))
    assert_check(v.inspect(data), 28, "failed", "MALFORMED_VALUE_ERROR")


def test_row_28_an_absent_sub_is_a_matter_of_policy() -> None:
    data = resigned({"typ": "JWT", "jwk": v.signer().public_key.to_jwk()}, claims(v.badge(), sub=None))
    lenient = v.inspect(data)
    assert lenient.verdict is Verdict.VALID
    assert "/sub" in {warning.pointer for warning in lenient.warnings}
    strict = v.inspect(data, policy=replace(DEFAULT, lenient_jwt_sub=False))
    assert_check(strict, 28, "failed", "MALFORMED_VALUE_ERROR")


def test_row_29_an_expired_key() -> None:
    before = v.key_document(v.web_signer(), expires=v.ISSUED + timedelta(days=1))
    assert v.inspect(web_badge(), {WEB_DOCUMENT: before}).verdict is Verdict.VALID
    after = v.key_document(v.web_signer(), expires=v.ISSUED - timedelta(days=1))
    report = v.inspect(web_badge(), {WEB_DOCUMENT: after})
    assert_check(report, 29, "failed", "PROOF_VERIFICATION_ERROR", "KEY_NOT_VALID_AT_SIGNING")


def test_row_29_a_revoked_key_whose_date_is_no_evidence() -> None:
    earlier = v.key_document(v.web_signer(), revoked=v.ISSUED - timedelta(days=1))
    assert_check(v.inspect(web_badge(), {WEB_DOCUMENT: earlier}), 29, "failed", "KEY_REVOKED")
    later = v.key_document(v.web_signer(), revoked=v.ISSUED + timedelta(days=1))
    report = v.inspect(web_badge(), {WEB_DOCUMENT: later})
    assert_check(report, 29, "unknown", "KEY_REVOKED")
    assert report.verdict is Verdict.UNDETERMINED
    scheduled = v.key_document(v.web_signer(), revoked=v.NOW + timedelta(days=1))
    assert v.inspect(web_badge(), {WEB_DOCUMENT: scheduled}).verdict is Verdict.VALID


def test_row_29_a_key_that_was_not_made_yet() -> None:
    document = v.key_document(v.web_signer())
    document["verificationMethod"][0]["created"] = "2026-04-20T00:00:00Z"
    assert_check(v.inspect(web_badge(), {WEB_DOCUMENT: document}), 29, "failed", "KEY_NOT_VALID_AT_SIGNING")


def test_row_30_a_decisive_member_that_could_have_been_left_out() -> None:
    holder = v.signer("p256", KeyType.P256)
    body = v.badge(holder.controller, credentialStatus=v.status_entry())
    listed = {v.LIST: v.sign(v.unsigned_status_list(by=holder), holder, "ecdsa-rdfc-2019")}
    method = holder.verification_method
    loose = ["/issuer", "/validFrom", "/credentialStatus"]
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-04-01T09:00:00Z",
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    store = contexts.store()
    careful = v.parsed(v.sign(body, holder, "ecdsa-sd-2023"))
    shown = ecdsa_sd.derive(careful, ["/credentialSubject", "/name"], contexts=store)
    assert v.inspect(jsontext.dump(shown), listed).verdict is Verdict.VALID
    careless = {**body, "proof": ecdsa_sd.sign_base(body, options, holder, loose, contexts=store)}
    shown = ecdsa_sd.derive(careless, ["/credentialSubject", "/name", "/validUntil", "/id", "/type"], contexts=store)
    report = v.inspect(jsontext.dump(shown), listed)
    assert_check(report, 30, "unknown", "PROOF_VERIFICATION_ERROR")
    assert {problem.pointer for problem in report.check("selective-disclosure").problems} == {"/validUntil"}
    assert report.verdict is Verdict.UNDETERMINED
    assert report.to_vc_api()["verified"]
    assert {"PROOF_VERIFICATION_ERROR"} == {
        detail["type"].rpartition("#")[2]
        for detail in report.to_vc_api()["problemDetails"]
        if detail.get("pointer") == "/validUntil"
    }


def test_row_30_a_status_that_may_have_been_left_out() -> None:
    holder = v.signer("p256", KeyType.P256)
    base = v.parsed(v.sign(v.badge(holder.controller), holder, "ecdsa-sd-2023"))
    data = jsontext.dump(ecdsa_sd.derive(base, ["/credentialSubject", "/name"], contexts=contexts.store()))
    report = v.inspect(data)
    assert_check(report, 30, "unknown", "STATUS_UNKNOWN")
    assert report.verdict is Verdict.UNDETERMINED
    allowing = replace(DEFAULT, allow_unknown=DEFAULT.allow_unknown | {"selective-disclosure"})
    assert v.inspect(data, policy=allowing).verdict is Verdict.VALID
    assert "STATUS_UNKNOWN" in {warning.type.code for warning in v.inspect(data, policy=allowing).warnings}


# -- rows 31 to 38 --------------------------------------------------------------------------------------------------


def test_row_31_the_validity_period() -> None:
    data = v.sign(v.badge())
    assert_check(v.inspect(data, as_of=v.NOW + timedelta(days=4000)), 31, "failed", "EXPIRED")
    future = v.sign(v.badge(validFrom="2027-01-01T00:00:00Z"))
    assert_check(v.inspect(future), 31, "failed", "NOT_YET_VALID")
    edge = v.sign(v.badge(validUntil="2026-05-01T08:56:00Z"))
    assert v.inspect(edge).verdict is Verdict.VALID
    assert_check(v.inspect(edge, policy=replace(DEFAULT, clock_skew_seconds=0)), 31, "failed", "EXPIRED")


def test_row_32_a_refresh_service_that_does_not_answer_is_reported() -> None:
    extended = {"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]}
    service = {"id": "https://lakeside.example/refresh/1", "type": "1EdTechCredentialRefresh"}
    report = v.inspect(v.sign(v.badge(**extended, refreshService=service)))
    assert_check(report, 32, "skipped")
    assert REFRESH_AVAILABLE in {warning.type for warning in report.warnings}


def with_status(*entries: dict[str, Any], **options: Any) -> bytes:
    return v.sign(v.badge(credentialStatus=list(entries) if len(entries) > 1 else entries[0]), **options)


def test_row_33_a_list_that_cannot_be_had_is_neither_revoked_nor_fine() -> None:
    report = v.inspect(with_status(v.status_entry()))
    assert_check(report, 33, "unknown", "STATUS_RETRIEVAL_ERROR")
    assert_check(report, 37, "unknown", "STATUS_UNKNOWN")
    assert report.verdict is Verdict.UNDETERMINED
    assert "REVOKED" not in report.codes
    for page in (b"<html>Sign in to the network</html>", b'{"error": "not now"}', b""):
        report = v.inspect(with_status(v.status_entry()), {v.LIST: page})
        assert_check(report, 33, "unknown", "STATUS_RETRIEVAL_ERROR")
        assert report.verdict is Verdict.UNDETERMINED


def test_row_34_a_list_of_another_issuer() -> None:
    data = with_status(v.status_entry())
    report = v.inspect(data, {v.LIST: v.status_list(by=v.signer("mallory"))})
    assert_check(report, 34, "unknown", "STATUS_VERIFICATION_ERROR")
    assert report.verdict is Verdict.UNDETERMINED
    relaxed = replace(DEFAULT, same_issuer_status_lists=False)
    assert v.inspect(data, {v.LIST: v.status_list(by=v.signer("mallory"))}, policy=relaxed).verdict is Verdict.VALID


def test_row_34_a_list_whose_proof_is_bad_or_missing_or_that_is_another_list() -> None:
    data = with_status(v.status_entry())
    cleared = v.unsigned_status_list()["credentialSubject"]["encodedList"]
    changed = v.spoiled(v.status_list(7), lambda each: each["credentialSubject"].update(encodedList=cleared))
    for supplied in (
        changed,
        jsontext.dump(v.unsigned_status_list()),
        v.status_list(url="https://lakeside.example/status/2"),
    ):
        report = v.inspect(data, {v.LIST: supplied})
        assert_check(report, 34, "unknown", "STATUS_VERIFICATION_ERROR")
        assert report.verdict is Verdict.UNDETERMINED


def test_row_34_a_list_that_does_not_speak_for_the_instant() -> None:
    data = with_status(v.status_entry())
    listed = {v.LIST: v.status_list()}
    for as_of in (v.NOW + timedelta(days=30), v.NOW - timedelta(days=20)):
        report = v.inspect(data, listed, as_of=as_of)
        assert_check(report, 34, "unknown", "STATUS_VERIFICATION_ERROR")
        assert report.verdict is Verdict.UNDETERMINED
    timeless = v.status_list(validFrom=None, validUntil=None)
    assert v.inspect(data, {v.LIST: timeless}).verdict is Verdict.VALID
    assert v.inspect(data, {v.LIST: timeless}, as_of=v.NOW - timedelta(days=9)).verdict is Verdict.UNDETERMINED
    assert v.inspect(data, {v.LIST: timeless}, as_of=v.NOW + timedelta(days=9)).verdict is Verdict.UNDETERMINED
    kept = Fetched(v.LIST, timeless, fetched_at=v.NOW - timedelta(days=10))
    assert v.inspect(data, {v.LIST: kept}, as_of=v.NOW - timedelta(days=9)).verdict is Verdict.VALID


def test_row_34_a_list_whose_key_is_not_at_hand_leaves_the_status_open() -> None:
    data = v.sign(v.badge("did:web:lakeside.example", credentialStatus=v.status_entry()), v.web_signer())
    documents: dict[str, Any] = {WEB_DOCUMENT: v.key_document(v.web_signer())}
    assert v.inspect(data, {**documents, v.LIST: v.status_list(by=v.web_signer())}).verdict is Verdict.VALID
    other = v.web_signer("did:web:other.example")
    relaxed = replace(DEFAULT, same_issuer_status_lists=False)
    report = v.inspect(data, {**documents, v.LIST: v.status_list(by=other)}, policy=relaxed)
    assert_check(report, 34, "unknown", "STATUS_VERIFICATION_ERROR")


def test_row_35_the_purpose_of_the_list() -> None:
    data = with_status(v.status_entry())
    assert_check(
        v.inspect(data, {v.LIST: v.status_list(purpose="suspension")}), 35, "failed", "STATUS_VERIFICATION_ERROR"
    )
    both = v.status_list(purpose=["suspension", "revocation"])
    assert v.inspect(data, {v.LIST: both}).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"statusListIndex": "131072"}, "RANGE_ERROR"),
        ({"statusListIndex": "1e999"}, "MALFORMED_VALUE_ERROR"),
        ({"statusListIndex": "-1"}, "MALFORMED_VALUE_ERROR"),
        ({"statusSize": 0}, "MALFORMED_VALUE_ERROR"),
        ({"statusSize": 2}, "MALFORMED_VALUE_ERROR"),
        ({"id": v.LIST}, "MALFORMED_VALUE_ERROR"),
    ],
)
def test_row_36_the_entry(entry: dict[str, Any], code: str) -> None:
    report = v.inspect(with_status(v.status_entry(**entry), format="eddsa-jcs-2022"), {v.LIST: v.status_list()})
    assert_check(report, 36, "failed", code)


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("uH4sIAAAAAAAAA2NgAAAAAP__AwAAAAAAAAAAAA", "MALFORMED_VALUE_ERROR"),
        ("not a list", "MALFORMED_VALUE_ERROR"),
        ("H4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA", "MALFORMED_VALUE_ERROR"),
    ],
)
def test_row_36_the_list(encoded: str, code: str) -> None:
    report = v.inspect(with_status(v.status_entry()), {v.LIST: v.status_list(encodedList=encoded)})
    assert_check(report, 36, "unknown", code)


def test_row_36_a_list_that_is_too_short() -> None:
    import gzip

    short = multibase_encode(gzip.compress(bytes(1_000), mtime=0), "u")
    report = v.inspect(with_status(v.status_entry()), {v.LIST: v.status_list(encodedList=short)})
    assert_check(report, 36, "unknown", "STATUS_LIST_LENGTH_ERROR")


def test_row_36_an_index_that_is_a_number_is_read() -> None:
    data = with_status(v.status_entry(statusListIndex=7), format="eddsa-jcs-2022")
    assert "REVOKED" in v.inspect(data, {v.LIST: v.status_list(7)}).codes


def test_row_37_every_entry_and_every_purpose_counts() -> None:
    assert_check(v.inspect(with_status(v.status_entry()), {v.LIST: v.status_list(7)}), 37, "failed", "REVOKED")
    other = "https://lakeside.example/status/2"
    data = with_status(v.status_entry(), v.status_entry(9, "suspension", statusListCredential=other))
    documents = {v.LIST: v.status_list(), other: v.status_list(9, purpose="suspension", url=other)}
    report = v.inspect(data, documents)
    assert_check(report, 37, "failed", "SUSPENDED")
    assert report.check("status").problems[0].pointer == "/credentialStatus/1"


def test_row_37_messages_are_told_and_do_not_invalidate() -> None:
    messages = [{"status": hex(number), "message": text} for number, text in enumerate(("none", "under review"))]
    entry = v.status_entry(7, "message", statusMessage=messages, statusSize=1)
    report = v.inspect(with_status(entry), {v.LIST: v.status_list(7, purpose="message")})
    assert report.verdict is Verdict.VALID
    assert ("under review", STATUS_MESSAGE) in {(warning.detail, warning.type) for warning in report.warnings}


def test_row_37_an_entry_of_an_unknown_type_or_purpose_is_undetermined() -> None:
    unknown_type = v.badge(credentialStatus={"id": "https://lakeside.example/s", "type": "1EdTechRevocationList"})
    unknown_type["credentialStatus"]["type"] = "BitstringStatusList"
    assert_check(v.inspect(v.sign(unknown_type, format="eddsa-jcs-2022")), 37, "unknown", "STATUS_UNKNOWN")
    data = with_status(v.status_entry(7, "probation"))
    assert_check(v.inspect(data, {v.LIST: v.status_list(7, purpose="probation")}), 37, "unknown", "STATUS_UNKNOWN")
    assert v.inspect(data, {v.LIST: v.status_list(purpose="probation")}).verdict is Verdict.VALID


EXTENDED = {"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]}


def on_revocation_list(**changes: Any) -> bytes:
    status = {"id": v.REVOCATION_LIST, "type": "1EdTechRevocationList"}
    return v.sign(v.badge(**EXTENDED, credentialStatus=v.changed(status, **changes)))


def revocations(*entries: Any, **changes: Any) -> dict[str, Any]:
    listed = {"id": v.REVOCATION_LIST, "issuer": v.signer().controller, "revokedCredential": list(entries)}
    return v.changed(listed, **changes)


def test_row_38_the_revocation_list() -> None:
    data, identifier = on_revocation_list(), v.badge()["id"]
    assert v.inspect(data, {v.REVOCATION_LIST: revocations({"id": "urn:uuid:1"})}).verdict is Verdict.VALID
    named = {"id": identifier, "revocationReason": "issued in error"}
    report = v.inspect(data, {v.REVOCATION_LIST: revocations(named)})
    assert_check(report, 38, "failed", "REVOKED")
    assert "issued in error" in report.check("revocation-list").problems[0].detail
    assert v.inspect(data, {v.REVOCATION_LIST: revocations({**named, "revoked": False})}).verdict is Verdict.VALID
    twice = revocations({**named, "revoked": False}, named)
    assert_check(v.inspect(data, {v.REVOCATION_LIST: twice}), 38, "failed", "REVOKED")
    plural = v.changed(revocations(), revokedCredential=None, revokedCredentials=[named])
    assert_check(v.inspect(data, {v.REVOCATION_LIST: plural}), 38, "failed", "REVOKED")


def test_row_38_a_list_that_cannot_be_had_or_is_not_of_the_issuer() -> None:
    data = on_revocation_list()
    assert_check(v.inspect(data), 38, "unknown", "STATUS_RETRIEVAL_ERROR")
    assert_check(v.inspect(data, {v.REVOCATION_LIST: b"gone"}), 38, "unknown", "STATUS_RETRIEVAL_ERROR")
    foreign = revocations(issuer="did:example:other")
    assert_check(v.inspect(data, {v.REVOCATION_LIST: foreign}), 38, "unknown", "STATUS_VERIFICATION_ERROR")
    plain = on_revocation_list(id="http://lakeside.example/revoked")
    listed = {"http://lakeside.example/revoked": revocations()}
    assert_check(v.inspect(plain, listed), 38, "unknown", "STATUS_RETRIEVAL_ERROR")
    assert (
        v.inspect(data, {v.REVOCATION_LIST: revocations()}, as_of=v.NOW + timedelta(days=2)).verdict
        is Verdict.UNDETERMINED
    )


# -- rows 39 to 47 --------------------------------------------------------------------------------------------------


def trusting(*ids: str) -> Trust:
    listed = {"name": "State list", "issuers": [{"id": each, "name": "Lakeside"} for each in ids]}
    return Trust((registry_from_json(jsontext.dump(listed), "list.json"),))


def test_row_39_recognition() -> None:
    data = v.sign(v.badge())
    known = v.inspect(data, trust=trusting(v.signer().controller))
    assert_check(known, 39, "passed")
    assert known.warnings == ()
    assert known.check("issuer-recognition").evidence["matchingIssuers"][0]["registry"] == "State list"
    stranger = v.inspect(data, trust=trusting("did:example:other"))
    assert stranger.verdict is Verdict.VALID
    assert {warning.type.code for warning in stranger.warnings} == {"ISSUER_NOT_RECOGNIZED"}
    demanding = replace(DEFAULT, recognized_issuers_only=True)
    assert_check(
        v.inspect(data, trust=trusting("did:example:other"), policy=demanding), 39, "failed", "ISSUER_NOT_RECOGNIZED"
    )
    down = Trust((), (UnreadRegistry("national.json", "it is not JSON"),))
    report = v.inspect(data, trust=down, policy=demanding)
    assert_check(report, 39, "unknown", "ISSUER_NOT_RECOGNIZED", "REGISTRY_UNREADABLE")
    assert report.check("issuer-recognition").evidence["uncheckedRegistries"][0]["name"] == "national.json"


def test_rows_40_and_47_belong_elsewhere_and_say_so() -> None:
    report = v.inspect(v.sign(v.badge()))
    assert_check(report, 40, "skipped")
    assert_check(report, 47, "skipped")


HASHED = {
    "type": "IdentityObject",
    "hashed": True,
    "identityHash": "sha256$" + hashlib.sha256(b"ines@lakeside.exampleKosher").hexdigest(),
    "identityType": "emailAddress",
    "salt": "Kosher",
}


@pytest.mark.parametrize(
    ("recipient", "matches"),
    [
        (v.RECIPIENT, True),
        ("ines@lakeside.example", True),
        ("Ines@Lakeside.example", True),
        ("other@lakeside.example", False),
        (v.RECIPIENT + "x", False),
        ("", False),
    ],
)
def test_row_41_the_recipient(recipient: str, matches: bool) -> None:
    data = v.sign(v.badge(credentialSubject=subject(identifier=[HASHED])))
    report = v.inspect(data, recipient=recipient)
    if matches:
        assert_check(report, 41, "passed")
    else:
        assert_check(report, 41, "failed", "RECIPIENT_MISMATCH")


def test_row_41_a_mailto_id() -> None:
    data = v.sign(v.badge(credentialSubject=subject(id="mailto:ines@lakeside.example")))
    assert_check(v.inspect(data, recipient="ines@lakeside.example"), 41, "passed")
    assert_check(v.inspect(data, recipient="mailto:ines@lakeside.example"), 41, "passed")


ACHIEVEMENT = "https://lakeside.example/achievements/reading-together"


def endorsed(*endorsements: bytes) -> bytes:
    embedded = [v.parsed(each) for each in endorsements if each.startswith(b"{")]
    tokens = [each.decode() for each in endorsements if not each.startswith(b"{")]
    return v.sign(v.badge(credentialSubject=achievement(endorsement=embedded or None, endorsementJwt=tokens or None)))


def test_row_42_endorsements() -> None:
    state = v.signer("state")
    good = v.endorsement(ACHIEVEMENT, state)
    both = v.inspect(endorsed(v.sign(good, state), v.sign(good, state, "vc-jwt")))
    assert_check(both, 42, "passed")
    assert [member.role for member in both.members] == ["endorsement", "endorsement"]
    assert both.members[0].pointer == "/credentialSubject/achievement/endorsement/0"
    forged = v.inspect(endorsed(v.sign(good, v.signer("mallory"))))
    assert_check(forged, 42, "failed", "ISSUER_KEY_MISMATCH")
    assert forged.check("endorsements").problems[0].pointer == (
        "/credentialSubject/achievement/endorsement/0/proof/verificationMethod"
    )
    no_endorsement = v.inspect(endorsed(v.sign(v.badge(id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a002"))))
    assert_check(no_endorsement, 42, "failed", "MALFORMED_VALUE_ERROR")


def test_row_42_an_endorsement_that_cannot_be_checked_is_a_warning() -> None:
    state = v.web_signer("did:web:state.example")
    data = endorsed(v.sign(v.endorsement(ACHIEVEMENT, state), state))
    report = v.inspect(data)
    assert report.check("endorsements").outcome is Outcome.UNKNOWN
    assert report.verdict is Verdict.VALID
    assert "KEY_UNAVAILABLE" in {warning.type.code for warning in report.warnings}
    strict = replace(DEFAULT, allow_unknown=frozenset())
    assert v.inspect(data, policy=strict).verdict is Verdict.UNDETERMINED


def test_row_42_an_endorsement_of_something_else_is_told() -> None:
    state = v.signer("state")
    data = endorsed(v.sign(v.endorsement("https://elsewhere.example/achievement", state), state))
    report = v.inspect(data)
    assert "/credentialSubject/achievement/endorsement/0/credentialSubject/id" in {
        warning.pointer for warning in report.warnings
    }


def test_row_43_members_of_a_clr() -> None:
    member = v.parsed(v.sign(v.badge()))
    good = v.inspect(v.sign(v.clr(member)))
    assert_check(good, 43, "passed")
    assert good.members[0].credential is not None
    assert good.members[0].credential.name == "Reading Together"
    foreign = v.parsed(v.sign(v.badge(id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a002"), v.signer("mallory")))
    bad = v.inspect(v.sign(v.clr(member, foreign)))
    assert_check(bad, 43, "failed", "ISSUER_KEY_MISMATCH")
    assert [each.verdict.value for each in bad.members] == ["valid", "invalid"]


def test_row_43_a_member_without_a_proof_counts_only_as_its_own_issuers_word() -> None:
    assert v.inspect(v.sign(v.clr(v.badge()))).verdict is Verdict.VALID
    stranger = v.inspect(v.sign(v.clr(v.badge("did:example:someone-else"))))
    assert_check(stranger, 43, "failed", "UNSIGNED")


def shown(by: Any, *, about: str | None = None, **options: Any) -> bytes:
    member = v.badge(credentialSubject=subject(id=about or by.controller))
    body = v.presentation(by.controller, v.parsed(v.sign(member)))
    return v.sign(body, by, purpose="authentication", **options)


def test_row_44_a_presentation() -> None:
    holder = v.signer("holder")
    data = shown(holder, challenge="c-1", domain="https://state.example")
    good = v.inspect(data, challenge="c-1", domain="https://state.example")
    assert_check(good, 44, "passed")
    assert good.verdict is Verdict.VALID
    replayed = v.inspect(data, challenge="c-2")
    assert replayed.verdict is Verdict.INVALID
    assert "INVALID_CHALLENGE_ERROR" in replayed.codes
    elsewhere = v.inspect(data, challenge="c-1", domain="https://other.example")
    assert "INVALID_DOMAIN_ERROR" in elsewhere.codes
    unanswered = v.inspect(shown(holder), challenge="c-1")
    assert "INVALID_CHALLENGE_ERROR" in unanswered.codes


def test_row_44_someone_elses_credential() -> None:
    data = shown(v.signer("mallory"), about=v.signer("holder").controller)
    assert_check(v.inspect(data), 44, "failed", "RECIPIENT_MISMATCH")
    relaxed = v.inspect(data, policy=replace(DEFAULT, holder_must_be_subject=False))
    assert relaxed.verdict is Verdict.VALID
    assert "RECIPIENT_MISMATCH" in {warning.type.code for warning in relaxed.warnings}


def test_row_45_resources_with_a_digest() -> None:
    digest = multibase_encode(b"\x12\x20" + hashlib.sha256(b"rubric").digest(), "u")
    url = "https://lakeside.example/rubric.txt"
    data = v.sign(v.badge(relatedResource=[{"id": url, "digestMultibase": digest}]))
    assert_check(v.inspect(data), 45, "skipped")
    assert_check(v.inspect(data, {url: b"rubric"}), 45, "passed")
    assert_check(v.inspect(data, {url: b"another"}), 45, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


def test_row_45_every_digest_that_is_stated_must_fit() -> None:
    right = multibase_encode(b"\x12\x20" + hashlib.sha256(b"rubric").digest(), "u")
    wrong = "sha256-" + "A" * 43 + "="
    report = v.inspect(
        v.sign(v.badge(relatedResource=[{"id": "data:,rubric", "digestMultibase": right, "digestSRI": wrong}]))
    )
    assert_check(report, 45, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("data:text/plain;base64,cnVicmlj", "passed"),
        ("data:,rubric", "passed"),
        ("data:,rubrik", "failed"),
        ("data:", "failed"),
    ],
)
def test_row_45_data_urls_and_the_other_spelling_of_a_digest(url: str, outcome: str) -> None:
    import base64

    sri = "sha384-" + base64.b64encode(hashlib.sha384(b"rubric").digest()).decode()
    report = v.inspect(v.sign(v.badge(relatedResource=[{"id": url, "digestSRI": sri}])))
    assert_check(report, 45, outcome)


OB2 = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Assertion",
    "id": "https://lakeside.example/ob2/1",
    "recipient": {"type": "email", "identity": "ines@lakeside.example", "hashed": False},
    "badge": "https://lakeside.example/ob2/badge",
    "issuedOn": "2020-01-01T00:00:00Z",
    "verification": {"type": "hosted"},
}


def test_row_46_an_open_badges_2_badge_that_cannot_be_looked_up_is_left_undetermined() -> None:
    report = v.inspect(jsontext.dump(OB2))
    assert_check(report, 46, "unknown", "BADGE_UNAVAILABLE")
    assert "LEGACY_BADGE" in {warning.type.code for warning in report.warnings}
    assert report.verdict is Verdict.UNDETERMINED
    assert report.credential_found


def test_row_7_open_badges_2_in_the_dress_of_3_is_malformed() -> None:
    disguised = {**OB2, "@context": [v.CREDENTIALS_V2, v.OB_3_0_3]}
    assert_check(v.inspect(jsontext.dump(disguised)), 7, "failed", "MALFORMED_VALUE_ERROR")


# -- a credential in every carrier ----------------------------------------------------------------------------------


def test_white_space_and_a_byte_order_mark_around_a_credential_do_not_matter() -> None:
    for data in (v.sign(v.badge()), jwt().encode()):
        report = v.inspect(b"\xef\xbb\xbf \r\n" + data + b"\n\n")
        assert report.verdict is Verdict.VALID, report.to_text()


def test_the_base_form_of_a_selective_disclosure_proof_is_not_for_verifiers() -> None:
    holder = v.signer("p256", KeyType.P256)
    report = v.inspect(v.sign(v.badge(holder.controller), holder, "ecdsa-sd-2023"))
    assert report.verdict is Verdict.INVALID


def test_an_image_without_a_credential_is_told_apart_from_a_bad_credential() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        import zlib

        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    image = (
        png.SIGNATURE
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", b"x\x9cc`\x00\x00\x00\x02\x00\x01")
        + chunk(b"IEND", b"")
    )
    empty = v.inspect(image)
    assert not empty.credential_found
    baked = v.inspect(png.bake(image, v.sign(v.badge()).decode()))
    assert baked.verdict is Verdict.VALID
    assert baked.input.form == "png"
    unsigned = v.inspect(png.bake(image, jsontext.dump(v.badge()).decode()))
    assert_check(unsigned, 16, "failed", "UNSIGNED")


def test_every_supplied_document_is_recorded_and_replays_the_verification() -> None:
    data = v.sign(v.badge("did:web:lakeside.example", credentialStatus=v.status_entry()), v.web_signer())
    documents: dict[str, Any] = {
        WEB_DOCUMENT: jsontext.dump(v.key_document(v.web_signer())),
        v.LIST: v.status_list(by=v.web_signer()),
        "https://unused.example/": b"{}",
    }
    verified = v.verifier(documents).verify(data, now=v.NOW)
    assert {each.url for each in verified.report.documents} == {WEB_DOCUMENT, v.LIST}
    assert {each.sha256 for each in verified.report.documents} == {
        hashlib.sha256(documents[url]).hexdigest() for url in (WEB_DOCUMENT, v.LIST)
    }
    again = Verifier(fetcher=ReplayResolver(verified.documents), software="badgeport test")
    assert again.inspect(data, now=v.NOW).to_json() == verified.report.to_json()
