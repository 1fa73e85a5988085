"""Properties of the key codecs: a sound key or a ProblemError comes out of anything, and each key has one text."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import assume, example, given
from hypothesis import strategies as st

from badgeport.keys.cid import (
    build_document,
    confirm_relationship,
    method_entry,
    method_from_fragment,
    split_method_id,
    verification_method,
)
from badgeport.keys.custody.local import local_signer
from badgeport.keys.did import did_jwk, did_key, did_web, did_web_url, parse_did, resolve_offline, split_did_url
from badgeport.keys.ecdsa import der_from_raw, raw_from_der
from badgeport.keys.jwk import PRIVATE_MEMBERS, private_from_jwk, public_from_jwk
from badgeport.keys.multikey import private_from_multikey, public_from_multikey
from badgeport.keys.pem import private_from_pem, public_from_pem
from badgeport.keys.public import CURVES, PublicKey, public_from_raw
from badgeport.keys.types import COORDINATE_BYTES, PRIVATE_MULTICODEC, PUBLIC_MULTICODEC, KeyType
from badgeport.schemas import jsontext
from badgeport.schemas.encoding import b64url_encode, multibase_encode
from badgeport.schemas.problems import PRIVATE_KEY_EXPOSED, ProblemError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
seeds = st.binary(min_size=32, max_size=32)


@st.composite
def private_keys(draw: st.DrawFn) -> Any:
    key_type = draw(st.sampled_from([KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.P521]))
    if key_type is KeyType.ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(draw(seeds))
    return ec.derive_private_key(draw(st.integers(1, CURVES[key_type].group_order - 1)), CURVES[key_type])


public_keys = private_keys().map(lambda key: PublicKey.of(key.public_key()))


def outcome(call: Any, *arguments: Any, **options: Any) -> Any:
    """What the call gives, or its ProblemError; any other exception fails the test."""
    try:
        return call(*arguments, **options)
    except ProblemError as error:
        return error


@given(public_keys)
def test_every_text_of_a_key_leads_back_to_it(key: PublicKey) -> None:
    assert public_from_multikey(key.to_multikey()) == key
    assert public_from_jwk(key.to_jwk()) == key
    assert public_from_pem(key.to_pem()) == key
    for did, method_id in ((did_key(key), f"{did_key(key)}#{key.to_multikey()}"), (did_jwk(key), f"{did_jwk(key)}#0")):
        document = resolve_offline(did)
        assert document is not None
        assert verification_method(document, method_id, document_url=did).public_key == key


@given(st.sampled_from(list(PUBLIC_MULTICODEC.values())), st.binary(max_size=80))
def test_a_multikey_that_is_read_is_the_only_text_of_its_key(prefix: bytes, rest: bytes) -> None:
    text = multibase_encode(prefix + rest)
    result = outcome(public_from_multikey, text)
    if isinstance(result, PublicKey):
        assert result.to_multikey() == text


@given(public_keys, st.data())
def test_one_changed_symbol_is_another_key_or_none(key: PublicKey, data: st.DataObject) -> None:
    text = key.to_multikey()
    index = data.draw(st.integers(0, len(text) - 1))
    symbol = data.draw(st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl+-_ "))
    assume(text[index] != symbol)
    result = outcome(public_from_multikey, text[:index] + symbol + text[index + 1 :])
    assert isinstance(result, ProblemError) or result != key


@given(st.sampled_from(list(PRIVATE_MULTICODEC.values())), st.binary(min_size=1, max_size=80))
def test_a_private_multikey_is_always_recognized(prefix: bytes, rest: bytes) -> None:
    text = multibase_encode(prefix + rest)
    result = outcome(public_from_multikey, text)
    assert isinstance(result, ProblemError)
    assert result.problem.type == PRIVATE_KEY_EXPOSED
    assert text not in str(result)


@given(private_keys(), st.binary(max_size=200), st.data())
def test_a_signature_stands_for_one_message_and_one_key(key: Any, message: bytes, data: st.DataObject) -> None:
    assume(not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp521r1")
    signer = local_signer(key)
    signature = signer.sign(message)
    assert signer.public_key.verify(signature, message)
    position = data.draw(st.integers(0, 8 * len(signature) - 1))
    flipped = bytearray(signature)
    flipped[position // 8] ^= 1 << position % 8
    assert not signer.public_key.verify(bytes(flipped), message)
    assert not signer.public_key.verify(signature, message + b"\0")


@given(public_keys, st.binary(max_size=200), st.binary(max_size=50))
def test_bytes_that_nobody_signed_do_not_verify(key: PublicKey, signature: bytes, message: bytes) -> None:
    assert key.verify(signature, message) is False


@given(st.sampled_from(list(COORDINATE_BYTES)), st.binary(max_size=140))
def test_ecdsa_forms_go_round_or_are_refused(key_type: KeyType, data: bytes) -> None:
    der = outcome(der_from_raw, data, key_type)
    if isinstance(der, bytes):
        assert raw_from_der(der, key_type) == data
    raw = outcome(raw_from_der, data, key_type)
    if isinstance(raw, bytes):
        assert len(raw) == 2 * COORDINATE_BYTES[key_type]
        assert der_from_raw(raw, key_type) == data


@given(public_keys, st.sampled_from(sorted(PRIVATE_MEMBERS)), json_values)
def test_a_jwk_with_a_private_member_is_never_read(key: PublicKey, member: str, value: Any) -> None:
    result = outcome(public_from_jwk, key.to_jwk() | {member: value})
    assert isinstance(result, ProblemError)
    assert result.problem.type == PRIVATE_KEY_EXPOSED


@given(public_keys, st.data())
def test_a_jwk_with_one_member_changed(key: PublicKey, data: st.DataObject) -> None:
    jwk: dict[str, Any] = dict(key.to_jwk())
    member = data.draw(st.sampled_from([*jwk, "alg", "use", "key_ops"]))
    changed = jwk | {member: data.draw(json_values)}
    result = outcome(public_from_jwk, changed)
    if isinstance(result, PublicKey):
        assert {name: changed[name] for name in jwk} == result.to_jwk()


@given(st.text(max_size=80) | json_values)
@example("-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----")
@example("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
@example("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----")
@example("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----")
def test_readers_give_a_value_or_a_problem(value: Any) -> None:
    readers: list[Any] = [public_from_multikey, private_from_multikey, public_from_jwk, private_from_jwk]
    readers += [parse_did, split_did_url, did_web, did_web_url, resolve_offline, split_method_id, method_from_fragment]
    for reader in readers:
        outcome(reader, value)
    if isinstance(value, str):
        for text in (value, value.encode("utf-8", "surrogatepass")):
            outcome(public_from_pem, text)
            outcome(private_from_pem, text, "passphrase")


@given(st.binary(max_size=120))
def test_key_bytes_give_a_key_or_a_problem(raw: bytes) -> None:
    for key_type in KeyType:
        result = outcome(public_from_raw, key_type, raw)
        assert isinstance(result, ProblemError) or result.raw == raw


@given(st.binary(max_size=200), json_values)
def test_hostile_did_jwks(raw: bytes, value: Any) -> None:
    outcome(resolve_offline, "did:jwk:" + b64url_encode(raw))
    text = outcome(jsontext.dump, value)
    if isinstance(text, bytes):
        outcome(resolve_offline, "did:jwk:" + b64url_encode(text))


DID = "did:web:issuer.example"
KEY = public_from_multikey("z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2")
MEMBERS = ["id", "verificationMethod", "assertionMethod", "authentication", "keyAgreement", "alsoKnownAs", "controller"]
METHOD_MEMBERS = ["id", "type", "controller", "publicKeyMultibase", "publicKeyJwk", "created", "expires", "revoked"]


@given(st.data())
def test_a_document_with_anything_in_it(data: st.DataObject) -> None:
    entry = method_entry(f"{DID}#key-1", DID, KEY)
    for member in data.draw(st.lists(st.sampled_from(METHOD_MEMBERS), max_size=2)):
        entry[member] = data.draw(json_values)
    document = build_document(DID, [method_entry(f"{DID}#key-1", DID, KEY)])
    document["verificationMethod"] = [entry]
    for member in data.draw(st.lists(st.sampled_from(MEMBERS), max_size=2)):
        document[member] = data.draw(json_values | st.just([entry]) | st.just(entry))
    result = outcome(verification_method, document, f"{DID}#key-1", document_url=DID)
    if not isinstance(result, ProblemError):
        assert (result.id, result.controller, result.public_key) == (f"{DID}#key-1", DID, KEY)
        assert outcome(confirm_relationship, result, document, document_url=DID) == result


@given(json_values, st.text(max_size=30), st.text(max_size=30))
def test_a_document_that_is_anything(document: Any, method_id: str, url: str) -> None:
    result = outcome(verification_method, document, method_id, document_url=url)
    assert isinstance(result, ProblemError)


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
hosts = st.builds(
    lambda names, top: ".".join([*names, top]),
    st.lists(labels, max_size=3),
    st.sampled_from(["example", "x", "xn--p1ai"]),
)
segments = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\?#%:"), min_size=1, max_size=10)


@given(hosts, st.none() | st.integers(1, 65535), st.lists(segments, max_size=4))
def test_did_web_keeps_host_port_and_path(host: str, port: int | None, path: list[str]) -> None:
    from urllib.parse import quote, unquote

    assume(not {".", ".."} & set(path))
    authority = host if port is None else f"{host}:{port}"
    did = did_web("/".join([authority, *(quote(segment, safe="") for segment in path)]))
    url = urlsplit(did_web_url(did))
    assert (url.scheme, url.hostname, url.port, url.query, url.fragment) == ("https", host, port, "", "")
    assert url.username is None
    got = [unquote(segment) for segment in url.path.split("/")]
    assert got == ["", *(path or [".well-known"]), "did.json"]
    assert parse_did(did).method == "web"


@given(st.from_regex(r"did:web:[A-Za-z0-9.%:_-]{1,40}", fullmatch=True))
def test_a_did_web_url_never_leaves_its_host(did: str) -> None:
    result = outcome(did_web_url, did)
    if isinstance(result, str):
        url = urlsplit(result)
        host = did.split(":")[2]
        assert url.scheme == "https"
        assert url.netloc == host.replace("%3a", "%3A").replace("%3A", ":").lower()
        assert ".." not in url.path.split("/")
        assert url.path.endswith("/did.json")
        assert url.path.count("/") == max(2, len(did.split(":")) - 2)


@pytest.mark.parametrize("depth", [10, 1000, 20_000])
def test_nesting_does_not_exhaust_the_stack(depth: int) -> None:
    text = b"[" * depth + b"]" * depth
    result = outcome(resolve_offline, "did:jwk:" + b64url_encode(text))
    assert isinstance(result, ProblemError)
