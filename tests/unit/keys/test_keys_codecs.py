"""Multikey, JWK and PEM: what is read, what is refused, and that private keys never pass for public ones."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from badgeport.keys.custody.local import generate
from badgeport.keys.jwk import private_from_jwk, public_from_jwk
from badgeport.keys.multikey import private_from_multikey, public_from_multikey
from badgeport.keys.pem import private_from_pem, public_from_pem
from badgeport.keys.public import CURVES, PublicKey
from badgeport.keys.types import PRIVATE_MULTICODEC, PUBLIC_MULTICODEC, KeyType
from badgeport.schemas.encoding import b64url_encode, multibase_encode
from badgeport.schemas.problems import (
    INVALID_VERIFICATION_METHOD,
    KEY_CUSTODY_ERROR,
    PRIVATE_KEY_EXPOSED,
    ProblemError,
    ProblemType,
)

ED25519 = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"


@pytest.fixture(scope="module")
def privates() -> dict[KeyType, Any]:
    keys: dict[KeyType, Any] = {key_type: ec.generate_private_key(curve) for key_type, curve in CURVES.items()}
    keys[KeyType.ED25519] = ed25519.Ed25519PrivateKey.generate()
    keys[KeyType.RSA] = rsa.generate_private_key(65537, 2048)
    return keys


def refusal(call: Any, *arguments: Any) -> ProblemType:
    with pytest.raises(ProblemError) as caught:
        call(*arguments)
    return caught.value.problem.type


def octets(number: int, size: int | None = None) -> str:
    return b64url_encode(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


def private_jwk(key_type: KeyType, key: Any) -> dict[str, Any]:
    jwk: dict[str, Any] = dict(PublicKey.of(key.public_key()).to_jwk())
    if key_type is KeyType.ED25519:
        return jwk | {"d": b64url_encode(key.private_bytes_raw())}
    numbers = key.private_numbers()
    if key_type is KeyType.RSA:
        names = {
            "d": numbers.d,
            "p": numbers.p,
            "q": numbers.q,
            "dp": numbers.dmp1,
            "dq": numbers.dmq1,
            "qi": numbers.iqmp,
        }
        return jwk | {name: octets(number) for name, number in names.items()}
    return jwk | {"d": octets(numbers.private_value, (key.curve.key_size + 7) // 8)}


def private_multikey(key_type: KeyType, key: Any) -> str:
    if key_type is KeyType.ED25519:
        raw = key.private_bytes_raw()
    elif key_type is KeyType.RSA:
        raw = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    else:
        raw = key.private_numbers().private_value.to_bytes((key.curve.key_size + 7) // 8, "big")
    return multibase_encode(PRIVATE_MULTICODEC[key_type] + raw)


@pytest.mark.parametrize("key_type", KeyType)
def test_public_keys_go_round(privates: dict[KeyType, Any], key_type: KeyType) -> None:
    key = PublicKey.of(privates[key_type].public_key())
    assert public_from_multikey(key.to_multikey()) == key
    assert public_from_jwk(key.to_jwk()) == key
    assert public_from_pem(key.to_pem()) == key
    assert public_from_pem(key.to_pem().encode()) == key


@pytest.mark.parametrize("key_type", KeyType)
def test_private_keys_go_in(privates: dict[KeyType, Any], key_type: KeyType) -> None:
    key = privates[key_type]
    public = PublicKey.of(key.public_key())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption("pässphrase".encode()))
    imported = [
        private_from_multikey(private_multikey(key_type, key)),
        private_from_jwk(private_jwk(key_type, key)),
        private_from_pem(pem),
        private_from_pem(pem, "a passphrase that is not needed"),
        private_from_pem(encrypted, "pässphrase"),
    ]
    assert [PublicKey.of(one.public_key()) for one in imported] == [public] * 5


@pytest.mark.parametrize("key_type", KeyType)
def test_a_private_key_is_never_read_as_a_public_one(privates: dict[KeyType, Any], key_type: KeyType) -> None:
    key = privates[key_type]
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    assert refusal(public_from_multikey, private_multikey(key_type, key)) == PRIVATE_KEY_EXPOSED
    assert refusal(public_from_jwk, private_jwk(key_type, key)) == PRIVATE_KEY_EXPOSED
    for text in (pem, encrypted, PublicKey.of(key.public_key()).to_pem().encode() + pem):
        assert refusal(public_from_pem, text) == PRIVATE_KEY_EXPOSED


@pytest.mark.parametrize("prefix", ["8126", "8226", "8e26", "9026", "9926"])
def test_private_prefixes_of_key_types_we_do_not_know_are_private_too(prefix: str) -> None:
    assert refusal(public_from_multikey, multibase_encode(bytes.fromhex(prefix) + bytes(32))) == PRIVATE_KEY_EXPOSED


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_any_private_member_exposes_the_key(member: str) -> None:
    jwk = public_from_multikey(ED25519).to_jwk() | {member: ""}
    assert refusal(public_from_jwk, jwk) == PRIVATE_KEY_EXPOSED
    assert refusal(public_from_jwk, {"kty": "oct", member: None}) == PRIVATE_KEY_EXPOSED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "z",
        ED25519[1:],
        "u" + b64url_encode(PUBLIC_MULTICODEC[KeyType.ED25519] + bytes(range(32))),
        "f" + "ed01" + "11" * 32,
        ED25519 + "1",
        ED25519[:-1],
        ED25519.replace("k", "0"),
        "z1" + ED25519[1:],
        "z" + "2" * 5000,
        multibase_encode(b"\xec\x01" + bytes(range(32))),
        multibase_encode(b"\xe7\x01\x02" + bytes(range(32))),
        multibase_encode(b"\xed\x01" + bytes(range(31))),
        multibase_encode(b"\xed\x01" + bytes(range(33))),
        multibase_encode(b"\x80\x24\x04" + bytes(64)),
        multibase_encode(b"\x85\x24" + b"\x30\x00"),
        multibase_encode(b"\x80"),
        " " + ED25519,
        None,
        7,
        ["z"],
    ],
)
def test_malformed_multikeys_are_refused(text: Any) -> None:
    assert refusal(public_from_multikey, text) == INVALID_VERIFICATION_METHOD


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.P521])
def test_jwk_coordinates_have_one_spelling(privates: dict[KeyType, Any], key_type: KeyType) -> None:
    jwk = PublicKey.of(privates[key_type].public_key()).to_jwk()
    for member in {"x", "y"} & jwk.keys():
        value = jwk[member]
        for bad in (
            value + "=",
            value + "A",
            value[:-1],
            "A" + value,
            value[:-1] + "-_",
            "",
            " " + value,
            5,
            None,
            [value],
        ):
            assert refusal(public_from_jwk, jwk | {member: bad}) == INVALID_VERIFICATION_METHOD
        without = {name: value for name, value in jwk.items() if name != member}
        assert refusal(public_from_jwk, without) == INVALID_VERIFICATION_METHOD


def test_jwk_rsa_numbers_have_one_spelling(privates: dict[KeyType, Any]) -> None:
    jwk = PublicKey.of(privates[KeyType.RSA].public_key()).to_jwk()
    for member, bad in (
        ("e", "AAEAAQ"),
        ("n", "AA" + jwk["n"]),
        ("e", "AQAB=="),
        ("e", "Aw"),
        ("e", ""),
        ("e", "AQAA"),
        ("n", jwk["n"][:100]),
        ("n", "_" * 1400),
        ("n", "_" * 100_000),
        ("e", jwk["n"]),
        ("n", None),
    ):
        assert refusal(public_from_jwk, jwk | {member: bad}) == INVALID_VERIFICATION_METHOD


def test_a_point_off_the_curve_is_refused(privates: dict[KeyType, Any]) -> None:
    p256 = PublicKey.of(privates[KeyType.P256].public_key()).to_jwk()
    other = PublicKey.of(ec.generate_private_key(ec.SECP256R1()).public_key()).to_jwk()
    assert refusal(public_from_jwk, p256 | {"y": other["y"]}) == INVALID_VERIFICATION_METHOD
    assert refusal(public_from_jwk, p256 | {"x": octets(0, 32), "y": octets(0, 32)}) == INVALID_VERIFICATION_METHOD
    assert refusal(public_from_jwk, p256 | {"crv": "secp256k1"}) == INVALID_VERIFICATION_METHOD
    beyond = octets(2**256 - 1, 32)
    assert refusal(public_from_jwk, p256 | {"x": beyond}) == INVALID_VERIFICATION_METHOD


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "EC"},
        {"kty": "RSA"},
        {"kty": None},
        {"kty": ["OKP"]},
        {"crv": "X25519"},
        {"crv": "Ed448"},
        {"crv": {}},
        {"alg": "ES256"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": None},
        {"alg": ["EdDSA"]},
        {"use": "enc"},
        {"use": None},
        {"key_ops": []},
        {"key_ops": ["sign"]},
        {"key_ops": "verify"},
        {"key_ops": {"verify": True}},
        {"key_ops": None},
    ],
)
def test_a_jwk_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    jwk: dict[str, Any] = dict(public_from_multikey(ED25519).to_jwk())
    assert refusal(public_from_jwk, jwk | change) == INVALID_VERIFICATION_METHOD


def test_members_that_agree_and_unknown_members_are_taken() -> None:
    key = public_from_multikey(ED25519)
    jwk = key.to_jwk()
    for extra in (
        {"alg": "EdDSA"},
        {"alg": "Ed25519"},
        {"use": "sig"},
        {"key_ops": ["verify"]},
        {"kid": 5, "x5c": [], "é": 1},
    ):
        assert public_from_jwk(jwk | extra) == key


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "ES256"])
def test_an_rsa_key_for_another_algorithm_is_refused(privates: dict[KeyType, Any], algorithm: str) -> None:
    jwk = PublicKey.of(privates[KeyType.RSA].public_key()).to_jwk()
    assert public_from_jwk(jwk | {"alg": "RS256"}).key_type is KeyType.RSA
    assert refusal(public_from_jwk, jwk | {"alg": algorithm}) == INVALID_VERIFICATION_METHOD


def test_pem_texts_that_are_not_one_public_key_are_refused(privates: dict[KeyType, Any]) -> None:
    pem = PublicKey.of(privates[KeyType.P256].public_key()).to_pem()
    for text in (
        "",
        "nonsense",
        pem * 2,
        pem[:60],
        pem.replace("A", "ß"),
        pem + "x" * 70_000,
        pem.replace("M", "!", 1),
    ):
        assert refusal(public_from_pem, text) == INVALID_VERIFICATION_METHOD
    k256 = ec.generate_private_key(ec.SECP256K1()).public_key()
    other = k256.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert refusal(public_from_pem, other) == INVALID_VERIFICATION_METHOD


def test_a_pkcs1_public_key_is_read(privates: dict[KeyType, Any]) -> None:
    public = privates[KeyType.RSA].public_key()
    assert public_from_pem(public.public_bytes(Encoding.PEM, PublicFormat.PKCS1)) == PublicKey.of(public)


def test_the_longer_ed25519_private_multikey_must_end_in_its_own_public_key() -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    seed, public = key.private_bytes_raw(), key.public_key().public_bytes_raw()
    prefix = PRIVATE_MULTICODEC[KeyType.ED25519]
    assert private_from_multikey(multibase_encode(prefix + seed + public)).public_key() == key.public_key()
    assert refusal(private_from_multikey, multibase_encode(prefix + seed + seed)) == KEY_CUSTODY_ERROR


def test_private_members_must_belong_to_the_public_ones(privates: dict[KeyType, Any]) -> None:
    for key_type in (KeyType.ED25519, KeyType.P256, KeyType.RSA):
        jwk = private_jwk(key_type, privates[key_type])
        stranger = private_jwk(key_type, generate(key_type))
        assert refusal(private_from_jwk, jwk | {"d": stranger["d"]}) == KEY_CUSTODY_ERROR
        assert (
            refusal(private_from_jwk, {name: value for name, value in jwk.items() if name != "d"}) == KEY_CUSTODY_ERROR
        )
    assert refusal(private_from_jwk, "text") == KEY_CUSTODY_ERROR


def test_private_keys_of_unusable_kinds_are_refused() -> None:
    weak = rsa.generate_private_key(65537, 1024).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    k256 = ec.generate_private_key(ec.SECP256K1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (weak, k256, b"", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"):
        assert refusal(private_from_pem, pem) == KEY_CUSTODY_ERROR
    for text in (
        "",
        "z",
        ED25519,
        multibase_encode(b"\x86\x26" + bytes(32)),
        multibase_encode(b"\x86\x26" + bytes([255]) * 32),
    ):
        assert refusal(private_from_multikey, text) == KEY_CUSTODY_ERROR


def test_errors_about_private_keys_do_not_show_them(privates: dict[KeyType, Any]) -> None:
    key = privates[KeyType.P256]
    jwk = private_jwk(KeyType.P256, key)
    secret = private_multikey(KeyType.P256, key)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open sesame")).decode()
    attempts: list[tuple[Any, ...]] = [
        (public_from_multikey, secret),
        (public_from_jwk, jwk),
        (private_from_multikey, secret[:-1]),
        (private_from_multikey, secret + "0"),
        (private_from_jwk, jwk | {"x": "AA"}),
        (private_from_jwk, jwk | {"d": jwk["d"] + "="}),
        (private_from_pem, encrypted, "open says me"),
        (private_from_pem, encrypted.replace("M", "N", 1), "open sesame"),
    ]
    for call, *arguments in attempts:
        with pytest.raises(ProblemError) as caught:
            call(*arguments)
        assert caught.value.__context__ is None
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.problem)
        lines = [line for line in shown.splitlines() if "test_keys_codecs" not in line]
        for hidden in (secret[10:30], jwk["d"][:12], "open sesame", "open says me", encrypted.splitlines()[2]):
            assert hidden not in "\n".join(lines)


@pytest.mark.parametrize("key_type", KeyType)
def test_jwks_mean_the_same_to_an_independent_implementation(privates: dict[KeyType, Any], key_type: KeyType) -> None:
    jwcrypto = pytest.importorskip("jwcrypto.jwk", reason="jwcrypto is not installed")
    key = PublicKey.of(privates[key_type].public_key())
    theirs = jwcrypto.JWK(**key.to_jwk())
    assert theirs.thumbprint() == key.thumbprint()
    assert theirs.export_to_pem().decode() == key.to_pem()
    assert public_from_jwk(theirs.export_public(as_dict=True)) == key
    own = jwcrypto.JWK.from_pem(privates[key_type].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert PublicKey.of(private_from_jwk(own.export_private(as_dict=True)).public_key()) == key
