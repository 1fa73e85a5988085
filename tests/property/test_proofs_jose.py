"""Properties of JWTs: what is issued verifies, what is changed does not, and every input is met with an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.keys.types import KeyType
from badgeport.proofs import sd_jwt
from badgeport.proofs.jwt_claims import claim_problems
from badgeport.proofs.secured import JWT_FORMATS, Opened, open_secured, secure, verify_secured
from badgeport.schemas.encoding import b64url_encode
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import ProblemError
from support.jose_keys import badge, compact, public_key, signer

NOW = datetime(2025, 1, 1, tzinfo=UTC)
KEY = KeyType.ED25519
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8).filter(
    lambda name: name not in ("_sd", "_sd_alg", "...", "id", "@context")
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=12
)
subjects = st.dictionaries(names, values, max_size=5).map(lambda members: {"id": "urn:uuid:1", **members})


def accepted(data: bytes, key_type: KeyType = KEY) -> Opened | None:
    """What a verifier that holds the issuer's key would accept; None for what it refuses."""
    try:
        opened = open_secured(data)
        for proof in opened.proofs:
            verify_secured(opened, proof, public_key(key_type))
        return opened if opened.proofs and not claim_problems(opened) else None
    except ProblemError:
        return None


def pointers(value: Any, *path: str | int) -> Iterator[str]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for token, inner in items:
        yield join(*path, token)
        yield from pointers(inner, *path, token)


def within(pointer: str, container: str) -> bool:
    return f"{pointer}/".startswith(f"{container}/")


@pytest.mark.suite("vc-jwt")
@pytest.mark.suite("vc+jwt")
@pytest.mark.parametrize("format", JWT_FORMATS)
@given(subject=subjects, instant=st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)))
def test_what_is_issued_is_accepted_and_shown_unchanged(
    format: str, subject: dict[str, Any], instant: datetime
) -> None:
    valid_from = instant.replace(tzinfo=None).isoformat() + "Z"
    credential = badge(credentialSubject=subject, validFrom=valid_from, validUntil=None)
    opened = accepted(secure(credential, signer(KEY), format, created=NOW))
    assert opened is not None
    assert opened.form == format
    assert opened.document == credential


@pytest.mark.suite("vc+sd-jwt")
@given(subject=subjects, data=st.data())
def test_any_choice_of_disclosures_shows_a_part_of_the_credential(subject: dict[str, Any], data: st.DataObject) -> None:
    credential = badge(credentialSubject=subject)
    below = [pointer for pointer in pointers(subject, "credentialSubject") if pointer != "/credentialSubject/id"]
    hidden = data.draw(st.lists(st.sampled_from(below), unique=True) if below else st.just([]))
    token = sd_jwt.issue_sd_jwt(
        credential, signer(KEY), created=NOW, disclosable=hidden, decoys=data.draw(st.integers(0, 2))
    )
    full = accepted(token.encode())
    assert full is not None
    assert full.document == credential
    assert set(full.disclosed) == set(hidden)
    shown = data.draw(st.lists(st.sampled_from(below), unique=True) if below else st.just([]))
    part = accepted(sd_jwt.present(token, shown).encode())
    assert part is not None
    wanted = [
        pointer for pointer in hidden if any(within(pointer, choice) or within(choice, pointer) for choice in shown)
    ]
    assert len(part.disclosed) == len(wanted)
    assert accepted(sd_jwt.present(token, [""]).encode()).document == credential  # type: ignore[union-attr]
    nothing = sd_jwt.present(token, [])
    assert (accepted(nothing.encode()).document == credential) is (not hidden)  # type: ignore[union-attr]


def tokens() -> dict[str, str]:
    numbers = count()
    issued = {format: secure(badge(), signer(KEY), format, created=NOW).decode() for format in JWT_FORMATS}
    full = sd_jwt.issue_sd_jwt(
        badge(),
        signer(KEY),
        created=NOW,
        disclosable=["/name", "/credentialSubject/role", "/credentialSubject/achievement/tag/1"],
        holder=public_key(KEY, 2),
        decoys=1,
        random=lambda size: next(numbers).to_bytes(size, "big"),
    )
    shown = sd_jwt.present(full, ["/name", "/credentialSubject/achievement/tag/1"])
    issued["vc+sd-jwt with disclosures"] = full
    issued["vc+sd-jwt presented"] = sd_jwt.bind(shown, signer(KEY, 2), audience="v", nonce="n", issued_at=NOW)
    return issued


TOKENS = tokens()


@pytest.mark.parametrize("name", TOKENS)
def test_no_character_can_be_changed(name: str) -> None:
    token = TOKENS[name]
    assert accepted(token.encode()) is not None
    for position, character in enumerate(token):
        following = ALPHABET[(ALPHABET.find(character) + 1) % 64]
        for other in {following, "A", ".", "~"} - {character}:
            changed = token[:position] + other + token[position + 1 :]
            assert accepted(changed.encode()) is None, (position, character, other)


@pytest.mark.parametrize("name", TOKENS)
def test_no_character_can_be_left_out_or_added(name: str) -> None:
    token = TOKENS[name]
    for position in range(len(token)):
        shorter = token[:position] + token[position + 1 :]
        assert shorter == token or accepted(shorter.encode()) is None, position
        longer = token[:position] + "A" + token[position:]
        assert accepted(longer.encode()) is None, position


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_cannot_be_cut_short_except_where_a_holder_may(name: str) -> None:
    """An SD-JWT cut after a tilde is what a holder may present; nothing else is left when the end is cut off."""
    token = TOKENS[name]
    for end in range(len(token)):
        if accepted(token[:end].encode()) is not None:
            assert token[:end].endswith("~")


@given(header=st.dictionaries(names, values, max_size=4), payload=st.dictionaries(names, values, max_size=4))
def test_signed_nonsense_is_refused_in_order(header: dict[str, Any], payload: dict[str, Any]) -> None:
    token = compact({"alg": "EdDSA", **header}, payload, KEY)
    assert accepted(token.encode()) is None
    assert accepted((token + "~").encode()) is None


@given(
    member=st.sampled_from(["alg", "typ", "cty", "kid", "jwk", "crit", "b64", "x5c"]),
    value=values,
    name=st.sampled_from(
        ["iss", "sub", "jti", "nbf", "exp", "iat", "aud", "cnf", "vc", "vp", "_sd", "_sd_alg", "type"]
    ),
    other=values,
    typ=st.sampled_from(["JWT", "vc+jwt", "vp+jwt", "vc+sd-jwt"]),
)
def test_any_value_of_a_known_member_is_met_with_an_answer(
    member: str, value: Any, name: str, other: Any, typ: str
) -> None:
    header = {"alg": "EdDSA", "typ": typ, "kid": "https://badges.example/k", member: value}
    token = compact(header, {**badge(), name: other}, KEY)
    accepted(token.encode())
    accepted((token + "~").encode())
    accepted(f"{token}~{b64url_encode(json.dumps(['salt', name, other]).encode())}~".encode())


@given(st.binary(max_size=200) | st.text(ALPHABET + '.~{}[]"', max_size=200).map(str.encode))
def test_any_bytes_are_met_with_an_answer(data: bytes) -> None:
    assert accepted(data) is None


@given(
    values
    | st.fixed_dictionaries(
        {
            "@context": st.just("https://www.w3.org/ns/credentials/v2") | values,
            "type": st.sampled_from(["EnvelopedVerifiableCredential", "EnvelopedVerifiablePresentation"]) | values,
            "id": st.text("data:,;%application/vc+jwtbase64~.", max_size=60) | values,
        }
    )
)
def test_any_json_is_met_with_an_answer(value: Any) -> None:
    assert accepted(json.dumps(value).encode()) is None
