"""Rotation, retirement and revocation of keys, and what is published of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from badgeport.keys.cid import key_window_problem, verification_method
from badgeport.keys.custody.local import generate
from badgeport.keys.lifecycle import (
    KeyRecord,
    KeyState,
    document,
    may_sign,
    retire,
    revoke,
    rotate,
    signing_record,
)
from badgeport.keys.public import PublicKey
from badgeport.keys.types import KeyType
from badgeport.schemas.problems import KEY_REVOKED, MALFORMED_VALUE_ERROR, ProblemError

DID = "did:web:issuer.example"
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def record(number: int, created: datetime = START, controller: str = DID, **changes: Any) -> KeyRecord:
    public = PublicKey.of(generate(KeyType.ED25519).public_key())
    made = KeyRecord(f"file:{number}", public, f"{controller}#key-{number}", controller, KeyState.ACTIVE, created)
    return replace(made, **changes)


def refused(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        call(*arguments, **options)
    assert caught.value.problem.type == MALFORMED_VALUE_ERROR
    return caught.value.problem.detail


def test_rotation_keeps_the_old_key_verifying() -> None:
    old, new = record(1), record(2, START + DAY)
    records = rotate([old], new, START + DAY)
    assert [item.state for item in records] == [KeyState.RETIRED, KeyState.ACTIVE]
    assert signing_record(records, DID, START + DAY) == new
    published = document(DID, records)
    for item in (old, new):
        method = verification_method(published, item.verification_method, document_url=DID)
        assert method.public_key == item.public_key
        assert key_window_problem(method, START + DAY / 2) is None
    assert published == document(DID, [old, new]), "retirement alone changes nothing that verifiers see"


def test_a_revoked_key_is_published_as_revoked() -> None:
    lost = revoke(record(1), START + DAY)
    method = verification_method(document(DID, [lost]), lost.verification_method, document_url=DID)
    assert method.revoked == START + DAY
    problem = key_window_problem(method, START + 2 * DAY)
    assert problem is not None
    assert problem.type == KEY_REVOKED


def test_an_expiry_is_published() -> None:
    item = record(1, expires=START + DAY)
    method = verification_method(document(DID, [item]), item.verification_method, document_url=DID)
    assert method.expires == START + DAY


def test_states_only_move_forward() -> None:
    active = record(1)
    retired = retire(active, START + DAY)
    revoked = revoke(retired, START + 2 * DAY)
    assert (retired.retired, revoked.retired, revoked.revoked) == (START + DAY, START + DAY, START + 2 * DAY)
    assert "retired" in refused(retire, retired, START + 2 * DAY)
    assert "revoked" in refused(retire, revoked, START + 3 * DAY)
    assert "revoked" in refused(revoke, revoked, START + 3 * DAY)
    assert revoke(active, START).state is KeyState.REVOKED


def test_only_an_active_key_in_its_time_signs() -> None:
    item = record(1, expires=START + DAY)
    assert may_sign(item, START)
    assert not may_sign(item, START - DAY)
    assert not may_sign(item, START + DAY)
    assert not may_sign(retire(item, START), START)
    assert not may_sign(revoke(item, START), START)


def test_dates_that_cannot_be() -> None:
    item = record(1)
    assert "before" in refused(retire, item, START - DAY)
    assert "before" in refused(revoke, item, START - DAY)
    assert "before" in refused(replace, item, expires=START - DAY)
    assert "time zone" in refused(replace, item, created=datetime(2026, 1, 1))
    for call in (retire, revoke, may_sign):
        assert "time zone" in refused(call, item, datetime(2026, 1, 2))


def test_records_that_contradict_themselves() -> None:
    item = record(1)
    refused(replace, item, state=KeyState.RETIRED)
    refused(replace, item, state=KeyState.REVOKED)
    refused(replace, item, retired=START)
    refused(replace, item, revoked=START)
    refused(replace, retire(item, START), revoked=START)


def test_an_old_name_never_comes_to_mean_another_key() -> None:
    old = record(1)
    new = record(2)
    refused(rotate, [old], replace(new, verification_method=old.verification_method), START)
    refused(rotate, [old], replace(new, public_key=old.public_key), START)
    refused(rotate, [old], replace(new, uri=old.uri), START)
    refused(rotate, [old], retire(new, START), START)
    refused(rotate, [old], record(3, START + DAY), START)
    refused(document, DID, [old, replace(new, verification_method=old.verification_method)])


def test_controllers_are_kept_apart() -> None:
    mine, theirs = record(1), record(2, controller="did:web:other.example")
    records = rotate([mine, theirs], record(3), START)
    assert [item.state for item in records] == [KeyState.RETIRED, KeyState.ACTIVE, KeyState.ACTIVE]
    assert len(document(DID, records)["verificationMethod"]) == 2
    assert signing_record([theirs], DID, START) is None


def test_a_json_web_key_document() -> None:
    item = record(1)
    entry = document(DID, [item], method_type="JsonWebKey")["verificationMethod"][0]
    assert entry["publicKeyJwk"] == item.public_key.to_jwk()
