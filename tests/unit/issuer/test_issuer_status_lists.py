"""Status lists: allocation, entries, setting and clearing, and the signed list (Bitstring Status List 1.0)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from badgeport.issuer import status_lists
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import open_secured, verify_secured
from badgeport.schemas import structure
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    RANGE_ERROR,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_RANGE_ERROR,
    ProblemError,
    ProblemType,
)

URL = "https://status.prairie-crossing.example/status/1"


def refused(type: ProblemType, call: Any, *arguments: Any, **keywords: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        call(*arguments, **keywords)
    assert caught.value.problem.type is type


class TestAllocate:
    def test_an_index_is_never_used_twice(self) -> None:
        used: set[int] = set()
        for _ in range(200):
            index = status_lists.allocate(used, entries=200)
            assert 0 <= index < 200
            assert index not in used
            used.add(index)
        refused(RANGE_ERROR, status_lists.allocate, used, entries=200)

    def test_indexes_are_not_handed_out_in_order(self) -> None:
        indexes = [status_lists.allocate(()) for _ in range(20)]
        assert indexes != sorted(indexes)
        assert max(indexes) > 1000

    def test_the_randomness_decides(self) -> None:
        assert status_lists.allocate((), entries=131_072, randomness=lambda count: bytes(count)) == 0
        assert status_lists.allocate((), entries=131_072, randomness=lambda count: b"\xff" * count) == 131_071
        assert status_lists.allocate({0, 1, 3}, entries=4, randomness=lambda count: b"\xff" * count) == 2


class TestEntry:
    def test_the_index_is_a_string(self) -> None:
        assert status_lists.entry(URL, "suspension", 0, entry_id=f"{URL}#0") == {
            "id": f"{URL}#0",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "suspension",
            "statusListIndex": "0",
            "statusListCredential": URL,
        }

    def test_messages_set_the_size(self) -> None:
        body = status_lists.entry(URL, "message", 5, messages=["none", "under review", "corrected", "withdrawn"])
        assert body["statusSize"] == 2
        assert body["statusMessage"][3] == {"status": "0x3", "message": "withdrawn"}

    def test_what_the_specification_forbids_is_refused(self) -> None:
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.entry, URL, "deletion", 1)
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.entry, URL, "revocation", 1, entry_id=URL)
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.entry, URL, "message", 1)
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.entry, URL, "message", 1, messages=["a", "b", "c"])
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.entry, URL, "message", 1, messages=["a"])
        refused(STATUS_RANGE_ERROR, status_lists.entry, URL, "revocation", -1)
        refused(STATUS_RANGE_ERROR, status_lists.entry, URL, "revocation", True)


class TestStatuses:
    def test_a_suspension_is_lifted_and_a_revocation_is_not(self) -> None:
        suspended = status_lists.set_bit(status_lists.new_list(URL, "suspension"), 4, True)
        assert suspended.bits.get(4) == 1
        assert status_lists.set_bit(suspended, 4, False).bits.get(4) == 0
        revoked = status_lists.set_bit(status_lists.new_list(URL, "revocation"), 4, True)
        refused(MALFORMED_VALUE_ERROR, status_lists.set_bit, revoked, 4, False)
        assert status_lists.set_bit(revoked, 4, True).bits.get(4) == 1
        assert status_lists.set_bit(revoked, 5, False).bits.get(5) == 0

    def test_the_given_list_stays_as_it_is(self) -> None:
        before = status_lists.new_list(URL, "revocation")
        after = status_lists.with_statuses(before, {0: 1, 131_071: 1})
        assert (before.bits.get(0), after.bits.get(0), after.bits.get(131_071)) == (0, 1, 1)

    def test_a_place_outside_the_list_is_refused(self) -> None:
        refused(STATUS_RANGE_ERROR, status_lists.set_bit, status_lists.new_list(URL, "revocation"), 131_072, True)

    def test_a_list_is_large_and_has_a_known_purpose(self) -> None:
        refused(RANGE_ERROR, status_lists.new_list, URL, "revocation", entries=100)
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.new_list, URL, "deletion")
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.new_list, URL, "message", status_size=9)
        assert status_lists.new_list(URL, "message", status_size=2).bits.status_size == 2


class TestIssue:
    def test_the_list_is_signed_and_reissued(self, signer: Signer, now: datetime) -> None:
        status_list = status_lists.set_bit(status_lists.new_list(URL, "revocation"), 42, True)
        first, second = (
            status_lists.issue(
                status_list,
                signer,
                now=now + timedelta(days=day),
                valid_for=timedelta(days=7),
                ttl=timedelta(minutes=5),
            )
            for day in (0, 1)
        )
        opened = open_secured(first.bytes)
        verify_secured(opened, opened.proofs[0], signer.public_key)
        assert structure.detect_kind(opened.document) == "status-list"
        assert structure.problems(opened.document) == ()
        assert opened.document["validFrom"] == "2026-03-02T15:04:05Z"
        assert opened.document["validUntil"] == "2026-03-09T15:04:05Z"
        assert opened.document["credentialSubject"]["ttl"] == 300_000
        assert opened.document["credentialSubject"]["statusPurpose"] == "revocation"
        assert json.loads(second.bytes)["validFrom"] == "2026-03-03T15:04:05Z"

    def test_a_stored_list_is_read_back(self, signer: Signer, now: datetime) -> None:
        status_list = status_lists.set_bit(status_lists.new_list(URL, "suspension"), 42, True)
        stored = json.loads(status_lists.issue(status_list, signer, now=now).bytes)
        assert status_lists.read(stored) == status_list

    @pytest.mark.parametrize("document", [{}, {"id": URL}, {"id": URL, "credentialSubject": {"statusPurpose": 3}}])
    def test_what_is_no_list_is_not_read(self, document: dict[str, Any]) -> None:
        refused(STATUS_MALFORMED_VALUE_ERROR, status_lists.read, document)

    def test_only_the_issuer_signs_its_list(self, signer: Signer, now: datetime) -> None:
        with pytest.raises(ProblemError, match="nobody signs in another's name"):
            status_lists.issue(status_lists.new_list(URL, "revocation"), signer, now=now, issuer="did:web:x.example")

    def test_times_that_contradict_are_refused(self, signer: Signer, now: datetime) -> None:
        status_list = status_lists.new_list(URL, "revocation")
        refused(MALFORMED_VALUE_ERROR, status_lists.issue, status_list, signer, now=now, valid_for=timedelta(0))
        refused(MALFORMED_VALUE_ERROR, status_lists.issue, status_list, signer, now=now, ttl=timedelta(0))


def test_the_1edtech_revocation_list_names_the_revoked() -> None:
    document = status_lists.revocation_list(
        "https://prairie-crossing.example/revoked",
        "did:web:prairie-crossing.example",
        [("urn:example:1", "Awarded by mistake"), ("urn:example:2", None)],
    )
    assert document == {
        "id": "https://prairie-crossing.example/revoked",
        "issuer": "did:web:prairie-crossing.example",
        "revokedCredential": [
            {"id": "urn:example:1", "revoked": True, "revocationReason": "Awarded by mistake"},
            {"id": "urn:example:2", "revoked": True},
        ],
    }
