"""did:key and did:jwk resolved offline; did:web as a URL."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from badgeport.keys.cid import verification_method
from badgeport.keys.did import (
    MAX_DID_CHARS,
    Did,
    did_jwk,
    did_key,
    did_key_method_id,
    did_web,
    did_web_url,
    parse_did,
    resolve_offline,
    split_did_url,
)
from badgeport.keys.jwk import public_from_jwk
from badgeport.keys.public import CURVES, PublicKey
from badgeport.schemas import jsontext
from badgeport.schemas.encoding import b64url_encode
from badgeport.schemas.problems import (
    INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD_URL,
    PRIVATE_KEY_EXPOSED,
    ProblemError,
    ProblemType,
)

MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
DID_KEY = f"did:key:{MULTIKEY}"


def refusal(call: Any, *arguments: Any) -> ProblemType:
    with pytest.raises(ProblemError) as caught:
        call(*arguments)
    return caught.value.problem.type


@pytest.fixture(scope="module")
def publics() -> list[PublicKey]:
    privates: list[Any] = [ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)]
    privates += [ec.generate_private_key(curve) for curve in CURVES.values()]
    return [PublicKey.of(private.public_key()) for private in privates]


def test_did_syntax() -> None:
    assert parse_did("did:web:example.com%3A8443:a") == Did("web", "example.com%3A8443:a")
    assert str(parse_did(DID_KEY)) == DID_KEY
    assert parse_did("did:example::x").identifier == ":x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did:",
        "did:key",
        "did:key:",
        "did:Key:z",
        "did:key:z:",
        "DID:key:z",
        "did:key:z z",
        "did:key:z%2",
        "did:key:ü",
        "did:key:z#f",
        "did:key:z?q",
        "did:key:z/p",
        "did:key:z\n",
        "urn:did:key:z",
        "did:x:" + "a" * MAX_DID_CHARS,
        None,
        5,
    ],
)
def test_what_is_not_a_did_is_refused(text: Any) -> None:
    assert refusal(parse_did, text) == INVALID_VERIFICATION_METHOD_URL


def test_did_urls_are_split_at_the_fragment() -> None:
    assert split_did_url(f"{DID_KEY}#{MULTIKEY}") == (DID_KEY, MULTIKEY)
    assert split_did_url(DID_KEY) == (DID_KEY, None)
    assert split_did_url("did:web:a.example#") == ("did:web:a.example", "")
    assert split_did_url("did:web:a.example#a/b?c%20d") == ("did:web:a.example", "a/b?c%20d")


@pytest.mark.parametrize(
    "url",
    [
        "did:web:a.example/p#k",
        "did:web:a.example?versionId=1#k",
        "did:web:a.example#a#b",
        "did:web:a#ü",
        "did:web:a#%",
        None,
    ],
)
def test_did_urls_that_select_something_else_are_refused(url: Any) -> None:
    assert refusal(split_did_url, url) == INVALID_VERIFICATION_METHOD_URL


def test_did_key_document() -> None:
    document = resolve_offline(DID_KEY)
    assert document is not None
    method_id = f"{DID_KEY}#{MULTIKEY}"
    assert document["id"] == DID_KEY
    assert document["verificationMethod"] == [
        {"id": method_id, "type": "Multikey", "controller": DID_KEY, "publicKeyMultibase": MULTIKEY}
    ]
    for relationship in ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation"):
        assert document[relationship] == [method_id]
    assert "keyAgreement" not in document


def test_every_key_type_resolves_to_itself(publics: list[PublicKey]) -> None:
    for key in publics:
        document = resolve_offline(did_key(key))
        assert document is not None
        method = verification_method(document, did_key_method_id(key), document_url=did_key(key))
        assert (method.public_key, method.controller) == (key, did_key(key))
        did = did_jwk(key)
        document = resolve_offline(did)
        assert document is not None
        method = verification_method(document, f"{did}#0", document_url=did)
        assert (method.public_key, method.controller) == (key, did)


def test_the_version_field_of_did_key() -> None:
    document = resolve_offline(f"did:key:1.1:{MULTIKEY}")
    assert document is not None
    assert document["id"] == f"did:key:1.1:{MULTIKEY}"
    assert document["assertionMethod"] == [f"did:key:1.1:{MULTIKEY}#{MULTIKEY}"]
    assert refusal(resolve_offline, f"did:key:2:{MULTIKEY}") == INVALID_VERIFICATION_METHOD


@pytest.mark.parametrize(
    "identifier",
    ["z", "z6Mk", "u7QHCZ", MULTIKEY[1:], MULTIKEY[:-1], "z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc"],
)
def test_a_did_key_without_a_sound_signature_key_is_refused(identifier: str) -> None:
    assert refusal(resolve_offline, f"did:key:{identifier}") == INVALID_VERIFICATION_METHOD


def test_a_did_key_of_a_private_key_is_refused() -> None:
    assert refusal(resolve_offline, "did:key:z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq") == PRIVATE_KEY_EXPOSED


def test_other_methods_need_the_network() -> None:
    assert resolve_offline("did:web:example.com") is None
    assert resolve_offline("did:example:123") is None


def jwk_did(jwk: Any) -> str:
    return "did:jwk:" + b64url_encode(jsontext.dump(jwk))


def test_the_use_of_a_did_jwk_decides_its_relationships(publics: list[PublicKey]) -> None:
    jwk = publics[-1].to_jwk()
    signing = {"authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation"}
    for use, expected in ((None, signing | {"keyAgreement"}), ("sig", signing), ("enc", {"keyAgreement"})):
        did = jwk_did(jwk | ({"use": use} if use else {}))
        document = resolve_offline(did)
        assert document is not None
        assert document.keys() & (signing | {"keyAgreement"}) == expected
        assert all(document[name] == [f"{did}#0"] for name in expected)
    assert document is not None
    assert (
        refusal(lambda: verification_method(document, f"{did}#0", document_url=did)) == INVALID_VERIFICATION_METHOD
    ), "an encryption key is no signature key"


def test_an_encryption_did_jwk_is_not_listed_for_assertions() -> None:
    # The fragment exists; only the relationship is missing.
    jwk = public_from_jwk({"kty": "OKP", "crv": "Ed25519", "x": "NvUhsjZe7Mdv8Esoc60o3ma1U5j2tFUTDsOQd39xMnI"}).to_jwk()
    did = jwk_did(jwk)
    document = resolve_offline(did)
    assert document is not None
    document["assertionMethod"] = []
    assert (
        refusal(lambda: verification_method(document, f"{did}#0", document_url=did))
        == INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD
    )


def test_unsound_did_jwks_are_refused(publics: list[PublicKey]) -> None:
    jwk = publics[0].to_jwk()
    assert refusal(resolve_offline, jwk_did(jwk | {"d": "AA"})) == PRIVATE_KEY_EXPOSED
    assert refusal(resolve_offline, jwk_did(jwk | {"d": "AA", "use": "enc"})) == PRIVATE_KEY_EXPOSED
    assert refusal(resolve_offline, jwk_did(jwk | {"x": "AA"})) == INVALID_VERIFICATION_METHOD
    values: list[Any] = [[], 5, None, "x"]
    for text in values:
        assert refusal(resolve_offline, jwk_did(text)) == INVALID_VERIFICATION_METHOD_URL
    duplicated = b64url_encode(b'{"kty":"OKP","kty":"OKP"}')
    for identifier in ("e30=", "!!", duplicated, b64url_encode(b"{"), b64url_encode(b"\xff")):
        assert refusal(resolve_offline, f"did:jwk:{identifier}") == INVALID_VERIFICATION_METHOD_URL


@pytest.mark.parametrize(
    ("given", "did", "url"),
    [
        ("example.com", "did:web:example.com", "https://example.com/.well-known/did.json"),
        ("Example.COM", "did:web:example.com", "https://example.com/.well-known/did.json"),
        ("example.com:8443", "did:web:example.com%3A8443", "https://example.com:8443/.well-known/did.json"),
        ("example.com/issuers/a", "did:web:example.com:issuers:a", "https://example.com/issuers/a/did.json"),
        ("localhost:8000/i", "did:web:localhost%3A8000:i", "https://localhost:8000/i/did.json"),
        ("xn--bcher-kva.example/~j", "did:web:xn--bcher-kva.example:%7Ej", "https://xn--bcher-kva.example/~j/did.json"),
        ("a.example/caf%C3%A9", "did:web:a.example:caf%C3%A9", "https://a.example/caf%C3%A9/did.json"),
        ("a.example/a%20b", "did:web:a.example:a%20b", "https://a.example/a%20b/did.json"),
        ("1.2.3.a4", "did:web:1.2.3.a4", "https://1.2.3.a4/.well-known/did.json"),
    ],
)
def test_did_web_and_its_url(given: str, did: str, url: str) -> None:
    assert did_web(given) == did
    assert did_web_url(did) == url


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:Example.com", "https://example.com/.well-known/did.json"),
        ("did:web:example.com%3a8443:A", "https://example.com:8443/A/did.json"),
        ("did:web:example.com:%61", "https://example.com/a/did.json"),
    ],
)
def test_did_webs_that_others_wrote(did: str, url: str) -> None:
    assert did_web_url(did) == url


@pytest.mark.parametrize(
    "given",
    [
        "",
        "/path",
        "192.0.2.1",
        "192.0.2.1/path",
        "3221225985",
        "0x7f000001",
        "a.0x7f",
        "127.1",
        "[::1]",
        "[::1]:8443",
        "user@example.com",
        "user:pw@example.com",
        "example.com:",
        "example.com:0",
        "example.com:080",
        "example.com:65536",
        "example.com:80:80",
        "example.com:x",
        "example.com.",
        ".example.com",
        "exa mple.com",
        "exa_mple.com",
        "-a.example",
        "a-.example",
        "a" * 64 + ".example",
        ".".join(["a" * 60] * 5),
        "bücher.example",
        "example.com/",
        "example.com//a",
        "example.com/a/",
        "example.com/.",
        "example.com/../a",
        "example.com/%2e%2e/a",
        "example.com/a%2Fb",
        "example.com/a%5Cb",
        "example.com/a\\b",
        "example.com/a?b",
        "example.com/a#b",
        "example.com/a%23b",
        "example.com/a%3Fb",
        "example.com/a%253Ab",
        "example.com/a:b",
        "example.com/a%00b",
        "example.com/%FF",
        "example.com/%",
        "example.com/%zz",
        "example.com/é",
        "example.com/" + "a" * 5000,
        None,
    ],
)
def test_hosts_and_paths_that_make_no_did_web(given: Any) -> None:
    assert refusal(did_web, given) == INVALID_VERIFICATION_METHOD_URL


@pytest.mark.parametrize(
    "did",
    [
        "did:web:192.0.2.1",
        "did:web:0x7f.1",
        "did:web:example.com:..",
        "did:web:example.com:%2E%2E:secret",
        "did:web:example.com:a%2F..%2Fb",
        "did:web:example.com::a",
        "did:web::example.com",
        "did:web:%3A8443",
        "did:web:example.com%3A",
        "did:web:example.com%3A0",
        "did:web:example.com%3A99999",
        "did:web:example.com%2Fpath",
        "did:web:user%40example.com",
        "did:web:example.com%23",
        "did:web:%5B%3A%3A1%5D",
        "did:web:example%2Ecom",
        "did:web:example.com#k",
        "did:web:example.com:a%3Ab",
        "did:web:example.com:%80",
        DID_KEY,
    ],
)
def test_did_webs_that_make_no_url(did: str) -> None:
    assert refusal(did_web_url, did) == INVALID_VERIFICATION_METHOD_URL
