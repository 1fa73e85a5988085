"""The key life cycle as a state machine: whatever is rotated, retired or revoked, what was signed stays explicable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from badgeport.keys.cid import key_window_problem, verification_method
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
from badgeport.schemas.problems import KEY_NOT_VALID_AT_SIGNING, KEY_REVOKED, ProblemError

DID = "did:web:issuer.example"
ORDER = [KeyState.ACTIVE, KeyState.RETIRED, KeyState.REVOKED]


class KeyLife(RuleBasedStateMachine):
    """An issuer who makes keys, signs with the current one, and now and then retires or loses one."""

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.records: tuple[KeyRecord, ...] = ()
        self.signed: list[tuple[str, datetime]] = []
        self.made = 0

    def new_record(self, lifetime: timedelta | None) -> KeyRecord:
        self.made += 1
        seed = self.made.to_bytes(32, "big")
        public = PublicKey.of(ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key())
        expires = None if lifetime is None else self.now + lifetime
        method_id = f"{DID}#key-{self.made}"
        return KeyRecord(f"memory:{self.made}", public, method_id, DID, KeyState.ACTIVE, self.now, expires=expires)

    def change(self, number: int, changed: KeyRecord) -> None:
        assert ORDER.index(changed.state) > ORDER.index(self.records[number].state)
        self.records = (*self.records[:number], changed, *self.records[number + 1 :])

    @initialize()
    def first_key(self) -> None:
        self.records = rotate((), self.new_record(None), self.now)

    @rule(hours=st.integers(1, 1000))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(lifetime=st.none() | st.integers(1, 2000).map(lambda hours: timedelta(hours=hours)))
    def rotates(self, lifetime: timedelta | None) -> None:
        before = self.records
        new = self.new_record(lifetime)
        self.records = rotate(before, new, self.now)
        assert self.records[:-1] == tuple(
            retire(record, self.now) if record.state is KeyState.ACTIVE else record for record in before
        )
        assert [record for record in self.records if record.state is KeyState.ACTIVE] == [new]

    @rule(data=st.data())
    def an_old_key_does_not_come_back(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.records))
        again = replace(old, state=KeyState.ACTIVE, retired=None, revoked=None, expires=None, created=self.now)
        try:
            rotate(self.records, again, self.now)
        except ProblemError:
            return
        raise AssertionError("an old key was rotated in again")

    @rule(data=st.data())
    def retires(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.records) - 1))
        try:
            changed = retire(self.records[number], self.now)
        except ProblemError:
            assert self.records[number].state is not KeyState.ACTIVE
        else:
            self.change(number, changed)

    @rule(data=st.data(), hours_ago=st.integers(0, 2000))
    def loses(self, data: st.DataObject, hours_ago: int) -> None:
        number = data.draw(st.integers(0, len(self.records) - 1))
        record = self.records[number]
        since = max(record.created, self.now - timedelta(hours=hours_ago))
        try:
            changed = revoke(record, since)
        except ProblemError:
            assert record.state is KeyState.REVOKED
        else:
            self.change(number, changed)

    @precondition(lambda self: signing_record(self.records, DID, self.now) is not None)
    @rule()
    def signs(self) -> None:
        record = signing_record(self.records, DID, self.now)
        assert record is not None
        assert may_sign(record, self.now)
        assert record.created == max(item.created for item in self.records if may_sign(item, self.now))
        self.signed.append((record.verification_method, self.now))

    @invariant()
    def every_key_is_published_once(self) -> None:
        published = document(DID, self.records)
        assert published["assertionMethod"] == [record.verification_method for record in self.records]
        assert [entry["id"] for entry in published["verificationMethod"]] == published["assertionMethod"]

    @invariant()
    def every_signature_is_explained(self) -> None:
        published = document(DID, self.records)
        by_id = {record.verification_method: record for record in self.records}
        for method_id, at in self.signed:
            record = by_id[method_id]
            method = verification_method(published, method_id, document_url=DID)
            assert method.public_key == record.public_key
            problem = key_window_problem(method, at)
            if record.revoked is not None and at >= record.revoked:
                assert problem is not None
                assert problem.type == KEY_REVOKED
            else:
                assert problem is None

    @invariant()
    def nothing_verifies_after_expiry_or_revocation(self) -> None:
        published = document(DID, self.records)
        for record in self.records:
            method = verification_method(published, record.verification_method, document_url=DID)
            problem = key_window_problem(method, self.now)
            if record.revoked is not None:
                assert problem is not None
                assert problem.type == KEY_REVOKED
            elif record.expires is not None and self.now >= record.expires:
                assert problem is not None
                assert problem.type == KEY_NOT_VALID_AT_SIGNING
            else:
                assert problem is None


TestKeyLife = KeyLife.TestCase
