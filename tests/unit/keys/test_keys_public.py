"""Verification, and which keys are keys at all."""

from __future__ import annotations

import copy
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from badgeport.keys.custody.local import local_signer
from badgeport.keys.ecdsa import der_from_raw, raw_from_der
from badgeport.keys.public import CURVES, PublicKey, public_from_raw
from badgeport.keys.types import COORDINATE_BYTES, KeyType, jose_algorithm, jose_algorithms, parse_key_type
from badgeport.schemas.problems import INVALID_VERIFICATION_METHOD, MALFORMED_VALUE_ERROR, UNSUPPORTED, ProblemError

FIELD = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def rsa_private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def private_of(
    key_type: KeyType, rsa_private: rsa.RSAPrivateKey
) -> ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if key_type is KeyType.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa_private if key_type is KeyType.RSA else ec.generate_private_key(CURVES[key_type])


@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.RSA])
def test_a_signature_verifies_only_whole_and_over_its_message(
    key_type: KeyType, rsa_private: rsa.RSAPrivateKey
) -> None:
    signer = local_signer(private_of(key_type, rsa_private))
    signature = signer.sign(b"message")
    verify = signer.public_key.verify
    assert verify(signature, b"message")
    assert not verify(signature, b"messagf")
    for broken in (b"", signature[:-1], signature + b"\0", b"\0" + signature, bytes(len(signature))):
        assert not verify(broken, b"message")
    for index in range(0, len(signature), 7):
        flipped = bytearray(signature)
        flipped[index] ^= 0x10
        assert not verify(bytes(flipped), b"message")


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384])
def test_an_ecdsa_signature_in_der_is_refused(key_type: KeyType, rsa_private: rsa.RSAPrivateKey) -> None:
    signer = local_signer(private_of(key_type, rsa_private))
    raw = signer.sign(b"message")
    der = der_from_raw(raw, key_type)
    assert not signer.public_key.verify(der, b"message")
    assert raw_from_der(der, key_type) == raw


@pytest.mark.parametrize("key_type", COORDINATE_BYTES)
def test_ecdsa_numbers_outside_the_group_are_refused(key_type: KeyType) -> None:
    size = COORDINATE_BYTES[key_type]
    order = CURVES[key_type].group_order
    key = PublicKey.of(ec.generate_private_key(CURVES[key_type]).public_key())
    for r, s in ((0, 1), (1, 0), (order, 1), (1, order), (order + 1, 1), (2 ** (8 * size) - 1, 1)):
        signature = r.to_bytes(size, "big") + s.to_bytes(size, "big")
        with pytest.raises(ProblemError, match="numbers that its curve does not have") as caught:
            der_from_raw(signature, key_type)
        assert caught.value.problem.type == MALFORMED_VALUE_ERROR
        assert not key.verify(signature, b"message")
    within = (order - 1).to_bytes(size, "big") * 2
    assert raw_from_der(der_from_raw(within, key_type), key_type) == within


def test_der_that_is_no_signature_is_refused() -> None:
    for der in (b"", b"\x30\x00", b"not der", bytes.fromhex("3006020100020101")):
        with pytest.raises(ProblemError):
            raw_from_der(der, KeyType.P256)


def test_an_ed25519_signature_with_s_beyond_the_group_order_is_refused() -> None:
    signer = local_signer(ed25519.Ed25519PrivateKey.generate())
    signature = signer.sign(b"message")
    s = int.from_bytes(signature[32:], "little") + GROUP_ORDER
    assert not signer.public_key.verify(signature[:32] + s.to_bytes(32, "little"), b"message")


def test_the_hash_follows_from_the_curve() -> None:
    from cryptography.hazmat.primitives import hashes

    key = ec.generate_private_key(ec.SECP384R1())
    public = PublicKey.of(key.public_key())
    sha256 = raw_from_der(key.sign(b"message", ec.ECDSA(hashes.SHA256())), KeyType.P384)
    sha384 = raw_from_der(key.sign(b"message", ec.ECDSA(hashes.SHA384())), KeyType.P384)
    assert public.verify(sha384, b"message")
    assert not public.verify(sha256, b"message")


def small_order_points() -> list[bytes]:
    """Every 32-byte string whose y is that of a point of order 1, 2, 4 or 8, also with y beyond the field."""
    y8 = int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little")
    ys = [0, 1, FIELD - 1, y8, FIELD - y8, FIELD, FIELD + 1]
    return [(y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1)]


@pytest.mark.parametrize("raw", small_order_points(), ids=lambda raw: raw.hex()[:8] + raw.hex()[-4:])
def test_an_ed25519_key_of_small_order_is_refused(raw: bytes) -> None:
    with pytest.raises(ProblemError) as caught:
        public_from_raw(KeyType.ED25519, raw)
    assert caught.value.problem.type == INVALID_VERIFICATION_METHOD


def test_a_small_order_key_would_verify_a_signature_that_nobody_made() -> None:
    identity = (1).to_bytes(32, "little")
    forged = identity + bytes(32)
    ed25519.Ed25519PublicKey.from_public_bytes(identity).verify(forged, b"anything")
    with pytest.raises(ProblemError, match="small order"):
        public_from_raw(KeyType.ED25519, identity)


def is_key(key_type: KeyType, raw: bytes) -> bool:
    try:
        return public_from_raw(key_type, raw).raw == raw
    except ProblemError:
        return False


def test_ed25519_bytes_that_are_no_point_are_refused() -> None:
    # y = 3 is on the curve, y = 2 is not; about half of all y are.
    accepted = [is_key(KeyType.ED25519, y.to_bytes(32, "little")) for y in range(2, 34)]
    assert accepted[:2] == [False, True]
    assert 8 <= sum(accepted) <= 24
    with pytest.raises(ProblemError, match="not a point of the curve"):
        public_from_raw(KeyType.ED25519, (2).to_bytes(32, "little"))


@pytest.mark.parametrize("key_type", COORDINATE_BYTES)
def test_only_the_compressed_point_is_canonical(key_type: KeyType) -> None:
    public = ec.generate_private_key(CURVES[key_type]).public_key()
    compressed = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    assert public_from_raw(key_type, compressed) == PublicKey.of(public)
    uncompressed = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    for raw in (uncompressed, compressed[:-1], compressed + b"\0", b"\x00", b"", b"\x05" + compressed[1:]):
        with pytest.raises(ProblemError) as caught:
            public_from_raw(key_type, raw)
        assert caught.value.problem.type == INVALID_VERIFICATION_METHOD


def test_an_x_that_is_on_no_point_is_refused() -> None:
    accepted = [is_key(KeyType.P256, b"\x02" + x.to_bytes(32, "big")) for x in range(1, 33)]
    assert 4 <= sum(accepted) <= 28


def test_weak_and_odd_rsa_keys_are_refused(rsa_private: rsa.RSAPrivateKey) -> None:
    modulus = rsa_private.public_key().public_numbers().n
    for exponent, reason in ((3, "exponent"), (2**64 + 13, "exponent")):
        with pytest.raises(ProblemError, match=reason):
            PublicKey.of(rsa.RSAPublicNumbers(exponent, modulus).public_key())
    for bits in (1024, 2047):
        weak = rsa.RSAPublicNumbers(65537, modulus >> (2048 - bits) | 1).public_key()
        with pytest.raises(ProblemError, match="2048"):
            PublicKey.of(weak)
    with pytest.raises(ProblemError, match="8192"):
        PublicKey.of(rsa.RSAPublicNumbers(65537, (1 << 8200) + 1).public_key())
    with pytest.raises(ProblemError, match="even"):
        PublicKey.of(rsa.RSAPublicNumbers(65537, modulus - 1).public_key())


def test_other_kinds_of_key_are_refused() -> None:
    strangers: list[object] = [
        x25519.X25519PrivateKey.generate().public_key(),
        ec.generate_private_key(ec.SECP256K1()).public_key(),
        ec.generate_private_key(ec.BrainpoolP256R1()).public_key(),
        dsa.generate_parameters(1024).generate_private_key().public_key(),
        ed25519.Ed25519PrivateKey.generate(),
        None,
    ]
    for stranger in strangers:
        with pytest.raises(ProblemError, match="not supported"):
            PublicKey.of(stranger)


@pytest.mark.parametrize("key_type", KeyType)
def test_keys_are_equal_by_material_and_travel(key_type: KeyType, rsa_private: rsa.RSAPrivateKey) -> None:
    key = PublicKey.of(private_of(key_type, rsa_private).public_key())
    again = public_from_raw(key_type, key.raw)
    assert key == again
    assert hash(key) == hash(again)
    assert pickle.loads(pickle.dumps(key)) == key
    assert copy.deepcopy(key) == key
    assert key != PublicKey.of(ed25519.Ed25519PrivateKey.generate().public_key())


def test_algorithm_names() -> None:
    assert [jose_algorithm(key_type) for key_type in KeyType] == ["EdDSA", "ES256", "ES384", "ES512", "RS256"]
    assert jose_algorithms(KeyType.ED25519) == ("EdDSA", "Ed25519")
    assert parse_key_type("P256") is KeyType.P256
    with pytest.raises(ProblemError) as caught:
        parse_key_type("secp256k1")
    assert caught.value.problem.type == UNSUPPORTED
