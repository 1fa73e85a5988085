"""The life of badges and keys as a state machine: after any history, every badge is judged as the history says.

The model keeps what a careful registrar would write in a book; the verifier sees only signed bytes, the issuer's key
document and the status lists as they are published now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from badgeport.issuer import status_lists
from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.issuer.status_lists import StatusList
from badgeport.keys import lifecycle
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.lifecycle import KeyRecord, KeyState
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.schemas import jsontext
from badgeport.verifier.report import Verdict
from support import issuing
from support.effort import examples

ISSUER = issuing.DISTRICT
FORMATS = {
    KeyType.ED25519: ("eddsa-jcs-2022", "eddsa-rdfc-2022", "vc-jwt"),
    KeyType.P256: ("ecdsa-jcs-2019", "vc-jwt", "vc+sd-jwt"),
}


@dataclass
class Badge:
    data: bytes
    method: str
    index: int
    valid_from: datetime
    valid_until: datetime | None
    suspended: bool = False
    revoked: bool = False


class BadgeLife(RuleBasedStateMachine):
    @initialize(key_types=st.permutations(sorted(FORMATS)))
    def found_district(self, key_types: list[KeyType]) -> None:
        """A district that already lived a little: two badges, each by another key."""
        self.now = issuing.NOW
        self.signers: dict[str, Signer] = {}
        self.records: tuple[KeyRecord, ...] = ()
        self.badges: list[Badge] = []
        self.used: set[int] = set()
        self.bits = {
            "revocation": status_lists.new_list(issuing.REVOCATION, "revocation"),
            "suspension": status_lists.new_list(issuing.SUSPENSION, "suspension"),
        }
        for key_type in key_types:
            self._pass_time(timedelta(hours=1))
            self._add_key(key_type)
            self._award(FORMATS[key_type][0], None)
        self._publish()

    @rule(key_type=st.sampled_from(sorted(FORMATS)))
    def rotate(self, key_type: KeyType) -> None:
        self._pass_time(timedelta(hours=1))
        self._add_key(key_type)
        self._publish()

    @precondition(lambda self: len(self.badges) < 6)
    @rule(data=st.data(), days=st.one_of(st.none(), st.integers(1, 60)))
    def award(self, data: st.DataObject, days: int | None) -> None:
        format = data.draw(st.sampled_from(FORMATS[self._active().public_key.key_type]))
        self._award(format, days)

    def _award(self, format: str, days: int | None) -> None:
        record = self._active()
        index = status_lists.allocate(self.used)
        self.used.add(index)
        until = None if days is None else self.now + timedelta(days=days)
        body = issuing.award(
            status=None,
            awardedDate=None,
            validFrom=self.now.isoformat(),
            validUntil=None if until is None else until.isoformat(),
        )
        entries = [
            status_lists.entry(issuing.REVOCATION, "revocation", index),
            status_lists.entry(issuing.SUSPENSION, "suspension", index),
        ]
        signer = self.signers[record.verification_method]
        minted = mint(parse_award(body), signer, format, now=self.now, status_entries=entries)
        self.badges.append(Badge(minted.bytes, record.verification_method, index, self.now, until))

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self._pass_time(timedelta(days=days))
        self._publish()

    @rule(data=st.data())
    def suspend_or_reinstate(self, data: st.DataObject) -> None:
        badge = data.draw(st.sampled_from(self.badges))
        badge.suspended = not badge.suspended
        self._change("suspension", badge.index, badge.suspended)

    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        badge = data.draw(st.sampled_from(self.badges))
        badge.revoked = True
        self._change("revocation", badge.index, True)

    @precondition(lambda self: any(record.state is KeyState.RETIRED for record in self.records))
    @rule(data=st.data())
    def lose_an_old_key(self, data: st.DataObject) -> None:
        self._pass_time(timedelta(hours=1))
        lost = data.draw(st.sampled_from([r for r in self.records if r.state is KeyState.RETIRED]))
        self.records = tuple(lifecycle.revoke(r, self.now) if r is lost else r for r in self.records)
        self._publish()

    @rule(data=st.data())
    def judge_now(self, data: st.DataObject) -> None:
        badge = data.draw(st.sampled_from(self.badges))
        assert self._verdict(badge, self.now) is self._expected(badge)

    @rule(data=st.data(), days=st.integers(1, 400))
    def judge_as_of_an_earlier_day(self, data: st.DataObject, days: int) -> None:
        """The lists at hand are of today: of an earlier day, status is unknown, and dates are what they were."""
        badge = data.draw(st.sampled_from(self.badges))
        instant = self.now - timedelta(days=days)
        verdict = self._verdict(badge, instant)
        before = instant < badge.valid_from
        after = badge.valid_until is not None and instant > badge.valid_until
        assert verdict is (Verdict.INVALID if before or after else Verdict.UNDETERMINED)

    def teardown(self) -> None:
        for badge in getattr(self, "badges", []):
            assert self._verdict(badge, self.now) is self._expected(badge)

    def _expected(self, badge: Badge) -> Verdict:
        expired = badge.valid_until is not None and self.now > badge.valid_until + timedelta(minutes=5)
        if badge.revoked or badge.suspended or expired:
            return Verdict.INVALID
        record = next(r for r in self.records if r.verification_method == badge.method)
        # A thief can write any date into a proof, so a lost key leaves its badges undetermined.
        return Verdict.UNDETERMINED if record.state is KeyState.REVOKED else Verdict.VALID

    def _verdict(self, badge: Badge, as_of: datetime) -> Verdict:
        report = issuing.verifier(self.documents).inspect(badge.data, now=self.now, as_of=as_of)
        return report.verdict

    def _active(self) -> KeyRecord:
        record = lifecycle.signing_record(self.records, ISSUER, self.now)
        assert record is not None
        return record

    def _add_key(self, key_type: KeyType) -> None:
        method = f"{ISSUER}#key-{len(self.records) + 1}"
        signer = local_signer(generate(key_type), verification_method=method, controller=ISSUER)
        record = KeyRecord(f"memory:{method}", signer.public_key, method, ISSUER, KeyState.ACTIVE, self.now)
        self.records = lifecycle.rotate(self.records, record, self.now)
        self.signers[method] = signer

    def _pass_time(self, step: timedelta) -> None:
        self.now += step

    def _change(self, purpose: str, index: int, value: bool) -> None:
        self.bits[purpose] = status_lists.set_bit(self.bits[purpose], index, value)
        self._publish()

    def _publish(self) -> None:
        signer = self.signers[self._active().verification_method]
        self.documents = {issuing.DISTRICT_DOCUMENT: jsontext.dump(lifecycle.document(ISSUER, self.records))}
        for made in self.bits.values():
            self.documents[made.url] = self._signed(made, signer)

    def _signed(self, made: StatusList, signer: Signer) -> bytes:
        format = FORMATS[signer.public_key.key_type][0]
        return status_lists.issue(made, signer, format, now=self.now).bytes


TestBadgeLife = BadgeLife.TestCase
TestBadgeLife.settings = settings(max_examples=examples(25), stateful_step_count=30, deadline=None)
