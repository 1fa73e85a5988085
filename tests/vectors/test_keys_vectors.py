"""Published vectors for keys: RFC 6979, RFC 7638, RFC 8032, and the key pairs and signatures of W3C."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from badgeport.keys.cid import verification_method
from badgeport.keys.custody.local import local_signer
from badgeport.keys.did import did_key, did_key_method_id, resolve_offline
from badgeport.keys.jwk import private_from_jwk, public_from_jwk
from badgeport.keys.multikey import private_from_multikey, public_from_multikey
from badgeport.keys.public import CURVES, PublicKey, public_from_raw
from badgeport.keys.types import KeyType
from badgeport.schemas.encoding import b64url_decode
from badgeport.schemas.problems import PRIVATE_KEY_EXPOSED, ProblemError
from support.shared import shared_json, shared_text

# RFC 8032 section 7.1: secret key, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
]

# RFC 6979 sections A.2.5 and A.2.6, message "sample": private key, Ux, Uy, r, s.
RFC_6979 = {
    KeyType.P256: (
        "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    KeyType.P384: (
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
        "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13",
        "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720",
        "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
    ),
}

# RFC 7638 section 3.1.
RFC_7638_N = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5ha"
    "jrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)


def deterministic() -> bool:
    try:
        ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        return False
    return True


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_rfc_8032_ed25519(secret: str, public: str, message: str, signature: str) -> None:
    signer = local_signer(ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
    assert signer.public_key == public_from_raw(KeyType.ED25519, bytes.fromhex(public))
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    assert signer.public_key.verify(bytes.fromhex(signature), bytes.fromhex(message))


@pytest.mark.parametrize("key_type", RFC_6979)
def test_rfc_6979_ecdsa(key_type: KeyType) -> None:
    secret, x, y, r, s = RFC_6979[key_type]
    numbers = ec.EllipticCurvePublicNumbers(int(x, 16), int(y, 16), CURVES[key_type])
    key = PublicKey.of(numbers.public_key())
    signature = bytes.fromhex(r + s)
    assert key.verify(signature, b"sample")
    assert not key.verify(signature, b"test")
    signer = local_signer(ec.derive_private_key(int(secret, 16), CURVES[key_type]))
    assert signer.public_key == key
    if deterministic():
        assert signer.sign(b"sample") == signature


def test_rfc_7638_thumbprint() -> None:
    jwk = {"kty": "RSA", "n": RFC_7638_N, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert public_from_jwk(jwk).thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def w3c_pairs() -> list[tuple[str, tuple[str, ...]]]:
    chains = [("vc-di-eddsa/proof-set-chain/multiKeyPairs.json", (f"keyPair{number}",)) for number in range(1, 5)]
    sd = [("vc-di-ecdsa/ecdsa-sd-2023/SDKeyMaterial.json", (name,)) for name in ("baseKeyPair", "proofKeyPair")]
    single = ["vc-di-eddsa/keyPair.json", "vc-di-ecdsa/p256KeyPair.json", "vc-di-ecdsa/p384KeyPair.json"]
    return [*((path, ()) for path in single), *chains, *sd]


@pytest.mark.parametrize(("path", "members"), w3c_pairs())
def test_the_key_pairs_of_the_data_integrity_specifications(path: str, members: tuple[str, ...]) -> None:
    pair = shared_json(f"vectors/{path}")
    for member in members:
        pair = pair[member]
    secret = pair.get("secretKeyMultibase") or pair["privateKeyMultibase"]
    signer = local_signer(private_from_multikey(secret))
    key = public_from_multikey(pair["publicKeyMultibase"])
    assert signer.public_key == key
    assert key.to_multikey() == pair["publicKeyMultibase"]
    with pytest.raises(ProblemError) as caught:
        public_from_multikey(secret)
    assert caught.value.problem.type == PRIVATE_KEY_EXPOSED

    did = did_key(key)
    assert (signer.controller, signer.verification_method) == (did, f"{did}#{pair['publicKeyMultibase']}")
    document = resolve_offline(did)
    assert document is not None
    method = verification_method(document, did_key_method_id(key), document_url=did)
    assert method.public_key == key


W3C_SIGNATURES = [
    ("vc-di-eddsa/keyPair.json", "vc-di-eddsa/eddsa-rdfc-2022", "DataInt"),
    ("vc-di-eddsa/keyPair.json", "vc-di-eddsa/eddsa-rdfc-2022/employ", "DataInt"),
    ("vc-di-eddsa/keyPair.json", "vc-di-eddsa/eddsa-jcs-2022", "JCS"),
    ("vc-di-eddsa/keyPair.json", "vc-di-eddsa/Ed25519Signature2020", "EdSig"),
    ("vc-di-ecdsa/p256KeyPair.json", "vc-di-ecdsa/ecdsa-rdfc-2019-p256", "ECDSAP256"),
    ("vc-di-ecdsa/p256KeyPair.json", "vc-di-ecdsa/ecdsa-jcs-2019-p256", "JCSECDSAP256"),
    ("vc-di-ecdsa/p384KeyPair.json", "vc-di-ecdsa/ecdsa-rdfc-2019-p384", "ECDSAP384"),
    ("vc-di-ecdsa/p384KeyPair.json", "vc-di-ecdsa/ecdsa-jcs-2019-p384", "JCSECDSAP384"),
]


@pytest.mark.parametrize(("pair_path", "folder", "suffix"), W3C_SIGNATURES)
def test_the_signatures_of_the_data_integrity_specifications(pair_path: str, folder: str, suffix: str) -> None:
    pair = shared_json(f"vectors/{pair_path}")
    message = bytes.fromhex(shared_text(f"vectors/{folder}/combinedHash{suffix}.txt").strip())
    signature = bytes.fromhex(shared_text(f"vectors/{folder}/sigHex{suffix}.txt").strip())
    signer = local_signer(private_from_multikey(pair.get("secretKeyMultibase") or pair["privateKeyMultibase"]))
    assert signer.public_key.verify(signature, message)
    assert not signer.public_key.verify(signature, message + b"\0")
    if signer.public_key.key_type is KeyType.ED25519 or deterministic():
        assert signer.sign(message) == signature


JOSE_METHODS = {
    "vm-p256": KeyType.P256,
    "vm-p384": KeyType.P384,
    "vm-p521": KeyType.P521,
    "vm-ed25519": KeyType.ED25519,
    "vm-did-ed25519": KeyType.ED25519,
}


def published(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A verification method of VC-JOSE-COSE as its controller would publish it, and the method as the vector has it."""
    vector = shared_json(f"vectors/vc-jose-cose/{name}.json")
    public = {member: value for member, value in vector.items() if member != "secretKeyJwk"}
    document = {"id": vector["controller"], "verificationMethod": [public], "assertionMethod": [vector["id"]]}
    return document, vector


@pytest.mark.parametrize("name", JOSE_METHODS)
def test_the_verification_methods_of_vc_jose_cose(name: str) -> None:
    document, vector = published(name)
    method = verification_method(document, vector["id"], document_url=vector["controller"])
    assert method.public_key.key_type is JOSE_METHODS[name]
    # In these vectors the kid is the thumbprint of the key.
    assert method.public_key.thumbprint() == vector["publicKeyJwk"]["kid"]
    secret = private_from_jwk(vector["secretKeyJwk"])
    assert PublicKey.of(secret.public_key()) == method.public_key
    document["verificationMethod"] = [vector]
    with pytest.raises(ProblemError) as caught:
        verification_method(document, vector["id"], document_url=vector["controller"])
    assert caught.value.problem.type == PRIVATE_KEY_EXPOSED
    with pytest.raises(ProblemError) as caught:
        public_from_jwk(vector["secretKeyJwk"])
    assert caught.value.problem.type == PRIVATE_KEY_EXPOSED


@pytest.mark.parametrize(
    ("file", "name", "verifies"),
    [
        ("credential-jose-minimal.txt", "vm-p256", True),
        ("credential-issuer-match-signed.txt", "vm-ed25519", True),
        ("presentation-jose-multiple.txt", "vm-p384", True),
        ("credential-jose-unknown-extensions.txt", "vm-p521", True),
        ("credential-jose-unknown-extensions.txt", "vm-ed25519", False),
        ("credential-jose-bad-signature.txt", "vm-ed25519", False),
    ],
)
def test_the_signatures_of_vc_jose_cose(file: str, name: str, verifies: bool) -> None:
    document, vector = published(name)
    key = verification_method(document, vector["id"], document_url=vector["controller"]).public_key
    message, _, signature = shared_text(f"vectors/vc-jose-cose/{file}").strip().rpartition(".")
    assert key.verify(b64url_decode(signature), message.encode("ascii")) is verifies
