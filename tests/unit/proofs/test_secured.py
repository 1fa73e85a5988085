"""One door to every securing form: what goes in comes out, and what is in doubt is refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.proofs import data_integrity, jose, secured
from badgeport.proofs.envelopes import enveloped_credential, open_envelope
from badgeport.proofs.jwt_claims import claim_problems
from badgeport.proofs.secured import FORMATS, open_member, open_secured, secure, verify_secured
from badgeport.proofs.suites.registry import NAMES
from badgeport.schemas import jsontext
from badgeport.schemas.contexts import store
from badgeport.schemas.contexts.urls import OB_3_0_3
from badgeport.schemas.encoding import b64url_encode
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    MALFORMED_VALUE_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
    UNSUPPORTED,
    ProblemError,
    ProblemType,
)
from support.jose_keys import badge, compact, public_key, signer

NOW = datetime(2025, 1, 1, tzinfo=UTC)
KEY_TYPES = {
    "eddsa-rdfc-2022": KeyType.ED25519,
    "eddsa-jcs-2022": KeyType.ED25519,
    "Ed25519Signature2020": KeyType.ED25519,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "ecdsa-sd-2023": {"mandatory_pointers": ["/issuer", "/validFrom"]},
    "vc-jwt": {"key_reference": "both"},
    "vc+sd-jwt": {"disclosable": ["/name"], "decoys": 1},
}


def key_type(format: str) -> KeyType:
    return KEY_TYPES.get(format, KeyType.P256)


def make(format: str, **options: Any) -> bytes:
    return secure(badge(), signer(key_type(format)), format, created=NOW, **(OPTIONS.get(format, {}) | options))


def refused(data: bytes, limits: Limits | None = None) -> ProblemType:
    with pytest.raises(ProblemError) as caught:
        open_secured(data, limits=limits or Limits())
    return caught.value.problem.type


TOKEN = make("vc+jwt").decode()
ENVELOPE = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": f"data:application/vc+jwt,{TOKEN}",
    "type": ["EnvelopedVerifiableCredential"],
}


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "ecdsa-sd-2023"])
def test_every_format_opens_and_verifies(format: str) -> None:
    data = make(format)
    opened = open_secured(data)
    (proof,) = opened.proofs
    verify_secured(opened, proof, public_key(key_type(format)))
    assert opened.original == data
    assert claim_problems(opened) == ()
    jwt = format in secured.JWT_FORMATS
    assert opened.form == (format if jwt else "data-integrity")
    if jwt:
        assert opened.document == badge()
        assert proof.verification_method == signer(key_type(format)).verification_method
    else:
        assert opened.document == json.loads(data)
        assert (proof.suite, proof.pointer, proof.created) == (format, "/proof", NOW)
        assert (opened.payload, opened.header, opened.token) == (None, None, None)
    with pytest.raises(ProblemError) as caught:
        verify_secured(opened, proof, public_key(key_type(format), 2))
    assert caught.value.problem.type in (CRYPTOGRAPHIC_SECURITY_ERROR, PROOF_VERIFICATION_ERROR)


def test_the_formats_are_those_the_suites_know() -> None:
    assert set(secured.CRYPTOSUITES) <= set(NAMES)
    assert secured.FORMATS[-3:] == ("vc-jwt", "vc+jwt", "vc+sd-jwt")


@pytest.mark.parametrize("format", ["none", "vp+jwt", "JWT", "eddsa-2022", "eddsa-rdfc-2023", ""])
def test_unknown_formats_are_refused(format: str) -> None:
    with pytest.raises(ProblemError) as caught:
        secure(badge(), signer(KeyType.P256), format, created=NOW)
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_a_key_of_another_type_than_the_suite_wants_signs_nothing() -> None:
    for format, other in (("eddsa-rdfc-2022", KeyType.P256), ("ecdsa-jcs-2019", KeyType.ED25519)):
        with pytest.raises(ProblemError) as caught:
            secure(badge(), signer(other), format, created=NOW)
        assert caught.value.problem.type is PROOF_GENERATION_ERROR


@pytest.mark.parametrize("format", ["vc-jwt", "vc+jwt", "vc+sd-jwt", "eddsa-jcs-2022"])
@pytest.mark.parametrize(("before", "after"), [(b"", b"\n"), (b" \t", b" "), (b"\r\n", b"\r\n")])
def test_white_space_around_the_input_is_no_matter(format: str, before: bytes, after: bytes) -> None:
    data = before + make(format) + after
    opened = open_secured(data)
    verify_secured(opened, opened.proofs[0], public_key(key_type(format)))
    assert opened.original == data


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", PARSING_ERROR),
        (b"   ", PARSING_ERROR),
        (b"[]", PARSING_ERROR),
        (b'"' + TOKEN.encode() + b'"', PARSING_ERROR),
        (b"[" + json.dumps(badge()).encode() + b"]", PARSING_ERROR),
        (b"true", PARSING_ERROR),
        (b"12.5", PARSING_ERROR),
        (b"https://badges.example/c/1", PARSING_ERROR),
        (b"\x00", PARSING_ERROR),
        (b"\xff\xfe", PARSING_ERROR),
        (b"\xef\xbb\xbf" + TOKEN.encode(), PARSING_ERROR),
        (b"\xef\xbb\xbf{}", PARSING_ERROR),
        (TOKEN.replace(".", ".\n", 1).encode(), PARSING_ERROR),
        (b"\x0b" + TOKEN.encode(), PARSING_ERROR),
        (b"~", PARSING_ERROR),
        (b"...", PARSING_ERROR),
        (b".~.~.", PARSING_ERROR),
        (b'{"a":1,"a":2}', PARSING_ERROR),
        (b"{" * 1000, RANGE_ERROR),
        (b'{"proof": 1}', PARSING_ERROR),
        (b'{"proof": ["x"]}', PARSING_ERROR),
        (json.dumps({"payload": "e30", "protected": "e30", "signature": "AA"}).encode(), UNSUPPORTED),
        (json.dumps({"payload": "e30", "signatures": []}).encode(), UNSUPPORTED),
        (b"\xd2\x84\x58\x40", UNSUPPORTED),
        (b"0oRYSKQBOCIDaHZlcnkvYmFk/+8=", UNSUPPORTED),
        (b"d2845856a40126", UNSUPPORTED),
    ],
)
def test_what_cannot_be_read_has_one_answer(data: bytes, problem: ProblemType) -> None:
    assert refused(data) is problem


def test_large_input_is_refused_before_it_is_read() -> None:
    assert refused(b" " * 200, Limits(input_bytes=199)) is RANGE_ERROR
    assert refused(TOKEN.encode(), Limits(document_bytes=len(TOKEN) - 1)) is RANGE_ERROR
    assert refused(json.dumps(badge()).encode(), Limits(document_bytes=100)) is RANGE_ERROR


@pytest.mark.parametrize("proof", [None, []])
def test_a_document_without_proofs_is_opened_as_unsecured(proof: list[object] | None) -> None:
    document = badge(proof=proof)
    opened = open_secured(json.dumps(document).encode())
    assert (opened.form, opened.proofs, opened.document) == ("unsecured", (), document)


@pytest.mark.parametrize("names", [["payload"], ["signature"], ["signatures"]])
def test_one_member_alone_is_no_json_serialization_of_a_jws(names: list[str]) -> None:
    document = badge(**dict.fromkeys(names, "e30"))
    assert open_secured(json.dumps(document).encode()).document == document


def test_several_embedded_proofs_are_told_apart() -> None:
    first = json.loads(make("eddsa-jcs-2022"))
    both = secure(first, signer(KeyType.P256), "ecdsa-jcs-2019", created=NOW)
    opened = open_secured(both)
    assert [proof.pointer for proof in opened.proofs] == ["/proof/0", "/proof/1"]
    verify_secured(opened, opened.proofs[0], public_key(KeyType.ED25519))
    verify_secured(opened, opened.proofs[1], public_key(KeyType.P256))


@pytest.mark.parametrize("format", ["vc-jwt", "vc+jwt", "vc+sd-jwt"])
def test_a_jwt_may_secure_a_credential_that_has_an_embedded_proof(format: str) -> None:
    embedded = json.loads(make("eddsa-jcs-2022"))
    opened = open_secured(secure(embedded, signer(KeyType.P256), format, created=NOW))
    jwt, proof = opened.proofs
    assert (jwt.kind, proof.kind, proof.pointer) == (
        "sd-jwt" if format == "vc+sd-jwt" else "jose",
        "data-integrity",
        "/proof",
    )
    verify_secured(opened, jwt, public_key(KeyType.P256))
    verify_secured(opened, proof, public_key(KeyType.ED25519))


def test_faults_of_the_header_make_every_verification_fail() -> None:
    token = compact({"alg": "ES256", "typ": "JWT", "kid": "https://badges.example/k", "x5c": []}, badge())
    opened = open_secured(token.encode())
    with pytest.raises(ProblemError) as caught:
        verify_secured(opened, opened.proofs[0], public_key(KeyType.P256))
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


def test_only_a_proof_of_the_document_is_verified() -> None:
    opened = open_secured(TOKEN.encode())
    with pytest.raises(ProblemError) as caught:
        verify_secured(opened, replace(opened.proofs[0], index=1), public_key(KeyType.P256))
    assert caught.value.problem.type is PROOF_VERIFICATION_ERROR


def test_an_envelope_opens_to_what_is_inside() -> None:
    data = json.dumps(ENVELOPE).encode()
    opened = open_secured(data)
    assert (opened.form, opened.document, opened.original) == ("vc+jwt", badge(), data)
    verify_secured(opened, opened.proofs[0], public_key(KeyType.P256))


@pytest.mark.parametrize("format", ["vc-jwt", "vc+jwt", "vc+sd-jwt"])
def test_envelopes_we_make_are_read(format: str) -> None:
    data = make(format)
    opened = open_member(enveloped_credential(data))
    assert opened.form == format
    verify_secured(opened, opened.proofs[0], public_key(KeyType.P256))


@pytest.mark.parametrize(
    "url",
    [
        f"DATA:application/VC+JWT,{TOKEN}",
        f"data:application/vc+jwt;charset=us-ascii,{TOKEN}",
        f"data:application/vc+jwt,{TOKEN.replace('.', '%2E')}",
        "data:application/vc+jwt;base64," + base64.b64encode(TOKEN.encode()).decode(),
    ],
)
def test_data_urls_are_read_in_every_spelling(url: str) -> None:
    opened = open_member({**ENVELOPE, "id": url})
    verify_secured(opened, opened.proofs[0], public_key(KeyType.P256))


VP = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "verifiableCredential": [ENVELOPE],
}
VP_TOKEN = jose.issue_vp_jose(VP, signer(KeyType.P256), created=NOW)


def test_a_presentation_envelope() -> None:
    opened = open_member(
        {**ENVELOPE, "id": f"data:application/vp+jwt,{VP_TOKEN}", "type": "EnvelopedVerifiablePresentation"}
    )
    assert (opened.form, opened.document) == ("vp+jwt", VP)
    assert claim_problems(opened) == ()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "not-a-credential"}, MALFORMED_VALUE_ERROR),
        ({"id": None}, MALFORMED_VALUE_ERROR),
        ({"id": 7}, MALFORMED_VALUE_ERROR),
        ({"id": f"data:application/vc+jwt{TOKEN}"}, MALFORMED_VALUE_ERROR),
        ({"id": f"data:application/vc+jwt;base64,{TOKEN}"}, MALFORMED_VALUE_ERROR),
        ({"id": "data:application/vc+jwt;base64,%FF"}, MALFORMED_VALUE_ERROR),
        ({"id": f"https://badges.example/{TOKEN}"}, MALFORMED_VALUE_ERROR),
        ({"id": "data:application/vc+jwt,"}, PARSING_ERROR),
        ({"id": f"data:application/vc+jwt,{TOKEN}\n"}, PARSING_ERROR),
        ({"id": "data:application/vc+jwt,{}"}, PARSING_ERROR),
        ({"id": f"data:application/vc+sd-jwt,{TOKEN}"}, MALFORMED_VALUE_ERROR),
        ({"id": f"data:application/vc+jwt,{VP_TOKEN}"}, MALFORMED_VALUE_ERROR),
        ({"id": f"data:application/vp+jwt,{VP_TOKEN}"}, UNSUPPORTED),
        ({"id": "data:application/vc+cose;base64,0oRY"}, UNSUPPORTED),
        ({"id": f"data:text/plain,{TOKEN}"}, UNSUPPORTED),
        ({"id": f"data:,{TOKEN}"}, UNSUPPORTED),
        ({"@context": None}, MALFORMED_VALUE_ERROR),
        ({"@context": []}, MALFORMED_VALUE_ERROR),
        ({"@context": "https://www.w3.org/2018/credentials/v1"}, MALFORMED_VALUE_ERROR),
        ({"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]}, MALFORMED_VALUE_ERROR),
        ({"type": ["EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"]}, MALFORMED_VALUE_ERROR),
        ({"credentialSubject": {"id": "urn:a:1"}}, MALFORMED_VALUE_ERROR),
        ({"proof": {}}, MALFORMED_VALUE_ERROR),
    ],
)
def test_envelopes_that_are_malformed_or_say_more_are_refused(changes: dict[str, Any], problem: ProblemType) -> None:
    with pytest.raises(ProblemError) as caught:
        open_member({**ENVELOPE, **changes})
    assert caught.value.problem.type is problem


def test_only_an_envelope_of_a_bounded_size_is_opened() -> None:
    with pytest.raises(ProblemError) as caught:
        open_envelope(badge())
    assert caught.value.problem.type is MALFORMED_VALUE_ERROR
    with pytest.raises(ProblemError) as caught:
        open_envelope(ENVELOPE, Limits(document_bytes=len(TOKEN) - 1))
    assert caught.value.problem.type is RANGE_ERROR
    assert open_envelope(ENVELOPE, Limits(document_bytes=len(TOKEN))) == (TOKEN.encode(), "application/vc+jwt")


def test_a_presentation_with_a_malformed_envelope_is_reported() -> None:
    entries = [
        ENVELOPE,
        {**ENVELOPE, "id": "not-a-credential"},
        {**ENVELOPE, "id": "data:application/vc+cose;base64,0oRY"},
        TOKEN,
    ]
    token = jose.issue_vp_jose({**VP, "verifiableCredential": entries}, signer(KeyType.P256), created=NOW)
    pointers = [problem.pointer for problem in claim_problems(open_secured(token.encode()))]
    assert pointers == ["/verifiableCredential/1/id", "/verifiableCredential/3"]
    single = jose.issue_vp_jose({**VP, "verifiableCredential": entries[1]}, signer(KeyType.P256), created=NOW)
    assert [problem.pointer for problem in claim_problems(open_secured(single.encode()))] == [
        "/verifiableCredential/id"
    ]


def test_contained_credentials_open_like_any_other() -> None:
    document = json.loads(make("eddsa-jcs-2022"))
    embedded = open_member(document)
    verify_secured(embedded, embedded.proofs[0], public_key(KeyType.ED25519))
    assert embedded.original == jsontext.dump(document)
    text = open_member(TOKEN)
    verify_secured(text, text.proofs[0], public_key(KeyType.P256))
    shown = open_member(make("vc+sd-jwt").decode())
    verify_secured(shown, shown.proofs[0], public_key(KeyType.P256))


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (None, MALFORMED_VALUE_ERROR),
        (7, MALFORMED_VALUE_ERROR),
        ([TOKEN], MALFORMED_VALUE_ERROR),
        ("", PARSING_ERROR),
        ("{}", PARSING_ERROR),
        ("\ud800", PARSING_ERROR),
        (TOKEN + " ", PARSING_ERROR),
    ],
)
def test_other_members_are_refused(member: object, problem: ProblemType) -> None:
    with pytest.raises(ProblemError) as caught:
        open_member(member)
    assert caught.value.problem.type is problem


def test_an_sd_jwt_is_not_verified_as_another_form() -> None:
    opened = replace(open_secured(make("vc+sd-jwt")), token=None)
    with pytest.raises(ProblemError) as caught:
        verify_secured(opened, opened.proofs[0], public_key(KeyType.P256))
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


def test_a_payload_cannot_be_moved_under_another_media_type() -> None:
    _, payload, signature = make("vc+sd-jwt").decode().partition("~")[0].split(".")
    moved = b64url_encode(json.dumps({"alg": "ES256", "typ": "vc+jwt"}).encode())
    opened = open_secured(f"{moved}.{payload}.{signature}".encode())
    assert opened.form == "vc+jwt"
    with pytest.raises(ProblemError) as caught:
        verify_secured(opened, opened.proofs[0], public_key(KeyType.P256))
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


def test_the_given_contexts_are_the_ones_that_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    contexts, used = store().with_previous(OB_3_0_3), []
    for name in ("add_proof", "verify_proof"):
        original = getattr(data_integrity, name)

        def spying(*arguments: Any, original: Any = original, **options: Any) -> Any:
            used.append(options["contexts"])
            return original(*arguments, **options)

        monkeypatch.setattr(data_integrity, name, spying)
    opened = open_secured(make("eddsa-rdfc-2022", contexts=contexts))
    verify_secured(opened, opened.proofs[0], public_key(KeyType.ED25519), contexts=contexts)
    assert [each is contexts for each in used] == [True, True]


def test_options_reach_a_selective_suite() -> None:
    (proof,) = open_secured(make("ecdsa-sd-2023")).proofs
    assert (proof.suite, proof.kind) == ("ecdsa-sd-2023", "data-integrity")
