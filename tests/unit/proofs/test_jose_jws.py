"""Compact JWS: one reading, and an algorithm that only the key decides."""

from __future__ import annotations

import json

import pytest
from joserfc import jws as joserfc_jws
from joserfc.jwk import import_key
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jws as jwcrypto_jws

from badgeport.keys.types import KeyType, jose_algorithm
from badgeport.proofs import jws
from badgeport.schemas.encoding import b64url_decode, b64url_encode
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    INVALID_VERIFICATION_METHOD,
    PARSING_ERROR,
    PRIVATE_KEY_EXPOSED,
    PROOF_GENERATION_ERROR,
    RANGE_ERROR,
    ProblemError,
    ProblemType,
)
from support.jose_keys import SIGNING, badge, compact, private_key, private_pem, public_key, signer

TOKEN = compact({"alg": "ES256"}, {"a": 1})


def refused(token: str, key_type: KeyType = KeyType.P256) -> ProblemType:
    with pytest.raises(ProblemError) as caught:
        jws.verify(jws.parse(token), public_key(key_type))
    return caught.value.problem.type


@pytest.mark.parametrize("key_type", SIGNING)
def test_what_is_signed_verifies(key_type: KeyType) -> None:
    token = jws.sign({"typ": "JWT"}, {"ü": [1, 2.5, None]}, signer(key_type))
    parsed = jws.parse(token)
    jws.verify(parsed, public_key(key_type))
    assert parsed.header == {"alg": jose_algorithm(key_type), "typ": "JWT"}
    assert jws.payload_object(parsed) == {"ü": [1, 2.5, None]}


@pytest.mark.parametrize("key_type", [*SIGNING, KeyType.P521])
def test_tokens_of_another_library_verify(key_type: KeyType) -> None:
    header = {"alg": jose_algorithm(key_type)}
    kty = {KeyType.ED25519: "OKP", KeyType.RSA: "RSA"}.get(key_type, "EC")
    key = import_key(private_pem(key_type), kty)
    token = joserfc_jws.serialize_compact(header, b'{"a": 1}', key, algorithms=[header["alg"]])
    jws.verify(jws.parse(token), public_key(key_type))


@pytest.mark.parametrize("key_type", SIGNING)
def test_two_other_libraries_accept_our_tokens(key_type: KeyType) -> None:
    token = jws.sign({"typ": "JWT"}, badge(), signer(key_type))
    algorithm = jose_algorithm(key_type)
    public_jwk = public_key(key_type).to_jwk()
    theirs = joserfc_jws.deserialize_compact(token, import_key(public_jwk), algorithms=[algorithm])
    assert json.loads(theirs.payload) == badge()
    other = jwcrypto_jws.JWS()
    other.allowed_algs = [algorithm]
    other.deserialize(token, jwcrypto_jwk.JWK(**public_jwk))
    assert json.loads(other.payload) == badge()


def test_the_new_name_of_the_edwards_algorithm_is_read() -> None:
    token = compact({"alg": "Ed25519"}, {"a": 1}, KeyType.ED25519)
    jws.verify(jws.parse(token), public_key(KeyType.ED25519))


@pytest.mark.parametrize(
    "alg",
    ["none", "None", "NONE", "HS256", "HS384", "HS512", "PS256", "PS384", "PS512", "RS512", "ES256K", "", 1, None],
)
def test_algorithms_outside_the_list_are_refused_even_when_the_signature_fits(alg: object) -> None:
    token = compact({"alg": alg}, {"a": 1})
    assert jws.parse(token).problems
    assert refused(token) is CRYPTOGRAPHIC_SECURITY_ERROR


def test_a_missing_algorithm_is_refused() -> None:
    assert refused(compact({"typ": "JWT"}, {"a": 1})) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize("named", ["EdDSA", "ES384", "ES512", "RS256", "Ed25519"])
def test_the_header_cannot_choose_another_algorithm_than_the_key(named: str) -> None:
    assert refused(compact({"alg": named}, {"a": 1}, KeyType.P256)) is CRYPTOGRAPHIC_SECURITY_ERROR


def test_an_hmac_under_the_public_key_is_no_signature() -> None:
    import hashlib
    import hmac

    for alg in ("HS256", "RS256"):
        signing_input = f"{b64url_encode(json.dumps({'alg': alg}).encode())}.{b64url_encode(b'{}')}"
        for secret in (public_key(KeyType.RSA).to_pem().encode(), public_key(KeyType.RSA).raw):
            mac = hmac.new(secret, signing_input.encode(), hashlib.sha256).digest()
            assert refused(f"{signing_input}.{b64url_encode(mac)}", KeyType.RSA) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize("crit", [["b64"], ["exp"], [], None, "exp"])
def test_critical_extensions_are_refused(crit: object) -> None:
    assert refused(compact({"alg": "ES256", "crit": crit, "exp": 1}, {"a": 1})) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize("b64", [True, False])
def test_unencoded_payloads_are_refused(b64: bool) -> None:
    assert refused(compact({"alg": "ES256", "b64": b64}, {"a": 1})) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize(("name", "value"), [("typ", 1), ("cty", []), ("kid", {"a": 1}), ("jwk", "x"), ("jwk", None)])
def test_header_members_of_the_wrong_type_are_refused(name: str, value: object) -> None:
    assert refused(compact({"alg": "ES256", name: value}, {"a": 1})) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d",
        "a.b.c.d.e",
        TOKEN + ".",
        "." + TOKEN,
        TOKEN + "=",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN.replace(".", "..", 1),
        TOKEN.rpartition(".")[0] + ".",
        TOKEN.replace("_", "/").replace("-", "+") + "+",
        TOKEN + "é",
        TOKEN + "\ud800",
        json.dumps({"payload": "e30", "protected": "e30", "signature": "AA"}),
    ],
)
def test_only_three_canonical_parts_are_a_compact_jws(token: str) -> None:
    with pytest.raises(ProblemError) as caught:
        jws.parse(token)
    assert caught.value.problem.type is PARSING_ERROR


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    header, payload, signature = TOKEN.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])
    assert len(signature) % 4 == 2
    spelling = signature[:-1] + alphabet[last + 1]
    with pytest.raises(ProblemError) as caught:
        jws.parse(f"{header}.{payload}.{spelling}")
    assert caught.value.problem.type is PARSING_ERROR


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"ES256","alg":"none"}',
        b'\xef\xbb\xbf{"alg":"ES256"}',
        b"[]",
        b'"ES256"',
        b"null",
        b'{"alg":"ES256"} {}',
        b"\xff",
        b"{" * 100,
        b'{"alg":"ES256","x":NaN}',
        b'{"alg":"ES256","\\ud800":1}',
    ],
)
def test_a_header_that_is_not_one_strict_object_is_refused(header: bytes) -> None:
    with pytest.raises(ProblemError) as caught:
        jws.parse(compact(header, {"a": 1}))
    assert caught.value.problem.type in (PARSING_ERROR, RANGE_ERROR)


@pytest.mark.parametrize("payload", [b'{"a":1,"a":2}', b"[]", b"", b"\xff\xff\xff", b'{"a":1e999}', b"[" * 1000])
def test_a_payload_that_is_not_one_strict_object_is_refused(payload: bytes) -> None:
    with pytest.raises(ProblemError) as caught:
        jws.payload_object(jws.parse(compact({"alg": "ES256"}, payload)))
    assert caught.value.problem.type in (PARSING_ERROR, RANGE_ERROR)


def test_long_tokens_and_headers_are_refused_before_they_are_read() -> None:
    with pytest.raises(ProblemError) as caught:
        jws.parse(TOKEN, Limits(document_bytes=len(TOKEN) - 1))
    assert caught.value.problem.type is RANGE_ERROR
    assert jws.parse(TOKEN, Limits(document_bytes=len(TOKEN))).header == {"alg": "ES256"}
    with pytest.raises(ProblemError) as caught:
        jws.parse(compact({"alg": "ES256", "x": "y" * 20_000}, {"a": 1}))
    assert caught.value.problem.type is RANGE_ERROR


@pytest.mark.parametrize("key_type", SIGNING)
def test_another_key_of_the_same_type_does_not_verify(key_type: KeyType) -> None:
    token = compact({"alg": jose_algorithm(key_type)}, {"a": 1}, key_type)
    with pytest.raises(ProblemError) as caught:
        jws.verify(jws.parse(token), public_key(key_type, 2))
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


def test_signatures_of_other_shapes_do_not_verify() -> None:
    signing_input, _, signature = TOKEN.rpartition(".")
    raw = b64url_decode(signature)
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    for other in (der, raw + b"\0", raw[:-1], b"\0" * 64, b"\0" + raw, raw[32:] + raw[:32]):
        assert refused(f"{signing_input}.{b64url_encode(other)}") is CRYPTOGRAPHIC_SECURITY_ERROR


def test_an_embedded_key_must_be_the_key_that_was_found() -> None:
    own, foreign = public_key(KeyType.P256).to_jwk(), public_key(KeyType.P256, 2).to_jwk()
    jws.verify(jws.parse(compact({"alg": "ES256", "jwk": own}, {"a": 1})), public_key(KeyType.P256))
    assert refused(compact({"alg": "ES256", "jwk": foreign}, {"a": 1})) is CRYPTOGRAPHIC_SECURITY_ERROR


def test_an_embedded_private_key_is_refused_and_not_repeated() -> None:
    secret = private_key(KeyType.P256).private_numbers().private_value.to_bytes(32, "big")
    jwk = {**public_key(KeyType.P256).to_jwk(), "d": b64url_encode(secret)}
    parsed = jws.parse(compact({"alg": "ES256", "jwk": jwk}, {"a": 1}))
    assert parsed.embedded_key is None
    assert [problem.type for problem in parsed.problems] == [PRIVATE_KEY_EXPOSED]
    assert jwk["d"] not in str(parsed.problems)


def test_an_embedded_key_that_is_unsound_is_refused() -> None:
    jwk = {"kty": "EC", "crv": "P-256", "x": b64url_encode(b"\1" * 32), "y": b64url_encode(b"\1" * 32)}
    assert refused(compact({"alg": "ES256", "jwk": jwk}, {"a": 1})) is INVALID_VERIFICATION_METHOD


def test_a_key_that_is_only_verified_signs_nothing() -> None:
    class Verifying:
        public_key = public_key(KeyType.P521)
        verification_method = "https://issuer.example/key"
        controller = "https://issuer.example"

        def sign(self, message: bytes) -> bytes:
            raise AssertionError("must not be asked to sign")

    with pytest.raises(ProblemError) as caught:
        jws.sign({}, {}, Verifying())
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


@pytest.mark.parametrize("payload", [{"a": float("nan")}, {"a": {1, 2}}, {"a": "\ud800"}, {"a": b"x"}])
def test_what_is_no_json_is_not_signed(payload: dict[str, object]) -> None:
    with pytest.raises(ProblemError):
        jws.sign({}, payload, signer(KeyType.P256))
