"""The Python peers, each used as its documentation says and as quickly as it allows: keys and verifiers are made once.

A library that is not installed raises ImportError here, and its contender is reported as missing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from typing import Any

from cryptography.hazmat.primitives import serialization

from badgeport.keys.types import jose_algorithm
from badgeport.schemas import contexts
from bench.credentials import NOW, Sample, take_proof
from bench.limits import Operation, signature_check


def algorithm(sample: Sample) -> str:
    """The JWS algorithm of the sample's key."""
    return jose_algorithm(sample.issuer.public.key_type)


def pem(sample: Sample) -> bytes:
    """The private key as PKCS#8."""
    return sample.issuer.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


# ---------------------------------------------------------------- embedded proofs


def openbadgeslib_verify(_: Sample, data: bytes) -> Operation:
    from openbadgeslib.ob3.ldp import OB3LdpVerifier

    verifier = OB3LdpVerifier()
    return lambda: verifier.verify(data).id != ""


def openbadgeslib_issue(sample: Sample) -> Operation:
    """From its own model of the badge, which has no place for some members of ours: it signs less."""
    from openbadgeslib.ob3.credential import OpenBadgeCredential
    from openbadgeslib.ob3.ldp import OB3LdpSigner

    credential = OpenBadgeCredential.from_vc_document(sample.unsigned)
    signer = OB3LdpSigner(pem(sample))
    return lambda: signer.sign_to_json(credential, created=NOW).encode()


def openbadgeslib_issue_document(sample: Sample) -> Operation:
    """Its building block over exactly our document, without its model and its own check of the result."""
    from openbadgeslib.ob3.ldp import add_data_integrity_proof

    key, method = pem(sample), sample.issuer.signer.verification_method
    return lambda: json.dumps(add_data_integrity_proof(sample.unsigned, key, method, created=NOW)).encode()


def pyld_verify(sample: Sample, data: bytes) -> Operation:
    """PyLD with every document at hand and marked static, so that its cache of resolved contexts serves."""
    import base58
    from pyld import jsonld

    loaded: dict[str, dict[str, Any]] = {}
    store = contexts.store()

    def load(url: str, _: object) -> dict[str, Any]:
        if url not in loaded:
            document = json.loads(json.dumps(store.get(url)))
            loaded[url] = {"contextUrl": None, "documentUrl": url, "document": document, "tag": "static"}
        return loaded[url]

    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}

    def digest(document: dict[str, Any]) -> bytes:
        return hashlib.sha256(jsonld.normalize(document, options).encode()).digest()

    def run() -> bool:
        document = json.loads(data)
        proof = take_proof(document)
        signature = base58.b58decode(proof.pop("proofValue")[1:])
        proof["@context"] = document["@context"]
        signature_check(sample.issuer.private, signature)(digest(proof) + digest(document))
        return True

    return run


def rfc8785_verify(sample: Sample, data: bytes) -> Operation:
    """The plain way to verify a JCS suite: the rfc8785 package and one signature check."""
    import base58
    import rfc8785

    def run() -> bool:
        document = json.loads(data)
        proof = take_proof(document)
        signature = base58.b58decode(proof.pop("proofValue")[1:])
        message = hashlib.sha256(rfc8785.dumps(proof)).digest() + hashlib.sha256(rfc8785.dumps(document)).digest()
        signature_check(sample.issuer.private, signature)(message)
        return True

    return run


# ---------------------------------------------------------------- tokens


def openbadgeslib_verify_token(sample: Sample, data: bytes) -> Operation:
    from openbadgeslib.ob3.verifier import OB3Verifier

    verifier, token = OB3Verifier(sample.issuer.private.public_key()), data.decode()
    return lambda: verifier.verify(token).id != ""


def openbadgeslib_issue_token(sample: Sample) -> Operation:
    from openbadgeslib.ob3.credential import OpenBadgeCredential
    from openbadgeslib.ob3.signer import OB3Signer

    credential = OpenBadgeCredential.from_vc_document(sample.unsigned)
    signer = OB3Signer(pem(sample), algorithm=algorithm(sample))
    return lambda: signer.sign(credential).encode()


def openbadgeslib_issue_claims(sample: Sample) -> Operation:
    """Its building block over exactly our claims, without its model."""
    from openbadgeslib.ob3.signer import OB3Signer

    _, payload = token_parts(sample.issued)
    signer = OB3Signer(pem(sample), algorithm=algorithm(sample))
    return lambda: signer.sign_payload(payload).encode()


def pyjwt_verify(sample: Sample, data: bytes) -> Operation:
    import jwt

    key: Any = sample.issuer.private.public_key()
    token, algorithms = data.decode(), [algorithm(sample)]
    return lambda: jwt.decode(token, key, algorithms=algorithms)["iss"] == sample.issuer.signer.controller


def jwcrypto_verify(sample: Sample, data: bytes) -> Operation:
    from jwcrypto import jwk, jws

    key, token = jwk.JWK.from_pem(sample.issuer.public.to_pem().encode()), data.decode()

    def run() -> bool:
        signed = jws.JWS()
        signed.allowed_algs = [algorithm(sample)]
        signed.deserialize(token, key)
        return bool(json.loads(signed.payload)["iss"] == sample.issuer.signer.controller)

    return run


def joserfc_verify(sample: Sample, data: bytes) -> Operation:
    from joserfc import jwk, jws, jwt
    from joserfc.errors import SecurityWarning

    warnings.filterwarnings("ignore", category=SecurityWarning)  # it would have "Ed25519" for alg, not "EdDSA"
    key, token = jwk.import_key(dict(sample.issuer.public.to_jwk())), data.decode()
    algorithms = [algorithm(sample)]
    registry = jws.JWSRegistry(algorithms=algorithms)
    registry.max_header_length = 4096  # the did:key of an RSA key is long

    def run() -> bool:
        claims = jwt.decode(token, key, algorithms=algorithms, registry=registry).claims
        return bool(claims["iss"] == sample.issuer.signer.controller)

    return run


def sd_jwt_verify(sample: Sample, data: bytes) -> Operation:
    from jwcrypto import jwk
    from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

    key, token = jwk.JWK.from_pem(sample.issuer.public.to_pem().encode()), data.decode()

    def run() -> bool:
        payload = SDJWTVerifier(token, lambda _issuer, _header: key).get_verified_payload()
        return bool(payload["iss"] == sample.issuer.signer.controller)

    return run


def sd_jwt_issue(sample: Sample) -> Operation:
    """The same members made disclosable as ours by default; salts are its own."""
    from jwcrypto import jwk
    from sd_jwt.common import SDObj  # type: ignore[import-untyped]
    from sd_jwt.issuer import SDJWTIssuer  # type: ignore[import-untyped]

    key = jwk.JWK.from_pem(pem(sample))
    header, payload = token_parts(sample.issued)
    hidden = {json.loads(_decoded(text))[1] for text in sample.issued.decode().split("~")[1:-1]}
    times = {name: payload[name] for name in ("iss", "iat")}

    def claims(value: Any, top: bool) -> Any:
        if not isinstance(value, dict):
            return value
        inner = {
            name: claims(each, False) if top and name == "credentialSubject" else each for name, each in value.items()
        }
        return {SDObj(name) if name in hidden else name: each for name, each in inner.items()}

    def run() -> bytes:
        body = claims(sample.unsigned, True) | times
        made = SDJWTIssuer(body, key, sign_alg=algorithm(sample), extra_header_parameters=header)
        return str(made.sd_jwt_issuance).encode()

    return run


def token_parts(token: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the payload of a token."""
    header, payload = token.partition(b"~")[0].decode().split(".")[:2]
    return json.loads(_decoded(header)), json.loads(_decoded(payload))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
