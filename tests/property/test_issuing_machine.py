"""The life of awards against a model: whatever is done in whatever order, the verifier says what the model says.

Award, claim, correct, suspend, reinstate, revoke, erase, rotate and revoke keys, let time pass: after each step a
worker does what is due, and every copy there ever was of every badge is shown to the verifier. What the services refuse
must be what the model forbids.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import col, select

from badgeport.issuer.audit import log
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards import services
from badgeport.issuer.awards.content import RecipientData, default_body
from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.home import claims
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Conflict, Mistakes
from badgeport.issuer.people import keys
from badgeport.issuer.status.tables import StatusPlace
from badgeport.issuer.storage.columns import new_id
from badgeport.keys.custody import memory
from badgeport.schemas import jsontext
from support import databases, effort, hosted
from support.site import Site

CHANGES = {
    "suspend": {"active": "suspended"},
    "reinstate": {"suspended": "active"},
    "revoke": {"active": "revoked", "suspended": "revoked"},
}
"""What each change makes of each standing; of any other it is refused."""

REASONS = st.sampled_from(["It was a mistake.", "The evidence was another's."])


@dataclass
class Badge:
    """What the model knows of one award. ``editions`` are the bytes of every copy ever published, by edition and form,
    with the key that signed it."""

    id: str
    key: str
    amount: float
    valid_until: datetime | None
    standing: str = "active"
    edition: int = 1
    claimed: bool = False
    erased: bool = False
    copies: dict[tuple[int, str], tuple[bytes, str]] = field(default_factory=dict)


class Issuing(RuleBasedStateMachine):
    """The services, a worker and the verifier of one site; `kind` is the kind of its database."""

    kind = "sqlite"
    badges = Bundle("badges")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.site = Site(folder, database_url=databases.made(self.kind, folder))
        self.org = self.site.organization("prairie", name="Prairie Regional Cooperative")
        with self.site.desk.database.writing() as session:
            new = [self._new_key(purpose) for purpose in keys.PURPOSES]
            keys.add_keys(session, new, actor="system", now=self.site.clock())
        self.definition = hosted.published(self.site, self.org, validity=None)
        self.said = DefinitionBody.model_validate(self.definition[1].body)
        self.rosa = self.site.person("Rosa Delgado")
        self.model: dict[str, Badge] = {}
        self.revoked_keys: dict[str, datetime] = {}

    def teardown(self) -> None:
        self.site.close()
        self._folder.cleanup()

    # -- what can be done ----------------------------------------------------------------------------------------

    @initialize(target=badges)
    def first(self) -> Any:
        return multiple(*(self.award(number, days) for number, days in enumerate((None, 400))))

    @rule(target=badges, number=st.integers(0, 5), days=st.sampled_from([None, 3, 400]))
    def award(self, number: int, days: int | None) -> str:
        """A new award, or the same again: one badge for each key."""
        key = f"row-{number}"
        known = self.model.get(key)
        until = None if days is None else self.site.clock() + timedelta(days=days)
        if known is not None:
            until = known.valid_until
        made = self._create(key, until)
        if known is None:
            self.model[key] = Badge(made.id, key, 15.0, made.valid_until)
        else:
            assert made.id == known.id, "a second badge for one key"
        return key

    @rule(key=badges)
    def award_something_else_under_the_same_key(self, key: str) -> None:
        badge = self.model[key]
        if badge.erased:
            return
        with self.refused(True):
            self._create(key, badge.valid_until, name="Somebody Else")

    @rule(key=badges, amount=st.sampled_from([10.0, 12.5, 15.0]), reason=REASONS)
    def correct(self, key: str, amount: float, reason: str) -> None:
        badge = self.model[key]
        # What is over cannot begin anew: an edition is valid from when it is signed.
        forbidden = badge.erased or badge.standing == "revoked" or self._is_over(badge)
        with self.refused(forbidden), self.writing(badge) as (session, row):
            body = default_body(self.said).model_copy(update={"credits": amount})
            services.correct(
                session, self.site.desk, row, reason=reason, actor="system", now=self.site.clock(), body=body
            )
        if not forbidden:
            badge.edition += 1
            badge.amount = amount

    @rule(key=badges, change=st.sampled_from(list(CHANGES)), reason=REASONS)
    def change_its_standing(self, key: str, change: str, reason: str) -> None:
        badge, allowed = self.model[key], CHANGES[change]
        forbidden = badge.erased or badge.standing not in allowed
        with self.refused(forbidden), self.writing(badge) as (session, row):
            getattr(services, change)(session, self.site.desk, row, reason, "system", self.site.clock())
        if not forbidden:
            badge.standing = allowed[badge.standing]

    @rule(key=badges)
    def change_without_a_reason(self, key: str) -> None:
        badge = self.model[key]
        with self.refused(True), self.writing(badge) as (session, row):
            services.revoke(session, self.site.desk, row, "  ", "system", self.site.clock())

    @rule(key=badges, visibility=st.sampled_from(["private", "link", "public"]))
    def claim(self, key: str, visibility: str) -> None:
        badge = self.model[key]
        if badge.claimed or badge.erased:
            return
        with self.site.desk.database.writing() as session:
            claims.take_waiting(session, self.rosa, badge.id, visibility, now=self.site.clock())
        badge.claimed = True

    @precondition(lambda self: sum(not badge.erased for badge in self.model.values()) > 1)
    @rule(key=badges, reason=REASONS)
    def erase(self, key: str, reason: str) -> None:
        badge = self.model[key]
        with self.refused(badge.erased), self.writing(badge) as (session, row):
            services.erase(session, self.site.desk, row, reason, "system", self.site.clock())
        badge.erased = True

    @rule(purpose=st.sampled_from(list(keys.PURPOSES)))
    def rotate(self, purpose: str) -> None:
        """Another key signs from now on; what the earlier one signed goes on verifying."""
        self.site.clock.forward(minutes=1)
        new = self._new_key(purpose)
        with self.site.desk.database.writing() as session:
            keys.rotate(session, new, actor="system", now=self.site.clock(), why="yearly")

    @rule(purpose=st.sampled_from(list(keys.PURPOSES)), reason=REASONS)
    def lose_a_key(self, purpose: str, reason: str) -> None:
        """The key in use is revoked from now on, another takes its place, and all it signed is signed anew."""
        self.site.clock.forward(minutes=1)
        now = self.site.clock()
        new = self._new_key(purpose)
        with self.site.desk.database.writing() as session:
            old = keys.signing_key(session, self.org.did, purpose, now)
            assert old is not None
            statement = select(SignedCopy.award_id).join(Award, col(Award.id) == col(SignedCopy.award_id))
            newest = statement.where(SignedCopy.key_id == old.id, SignedCopy.edition == Award.edition)
            signed = set(session.exec(newest))
            keys.revoke(session, old, keys.Revocation(now, reason, new), actor="system", now=now)
        self.revoked_keys[old.id] = now
        for badge in self.model.values():
            if badge.id in signed and not badge.erased:
                badge.edition += 1

    @rule(hours=st.sampled_from([1, 13, 30, 24 * 4, 24 * 500]))
    def time_passes(self, hours: int) -> None:
        self.site.clock.forward(hours=hours)

    # -- what must hold ------------------------------------------------------------------------------------------

    @invariant()
    def the_verifier_agrees(self) -> None:
        self.site.clock.forward(seconds=1)
        hosted.work(self.site)
        now = self.site.clock()
        with self.site.desk.database.reading() as session:
            rows = {row.id: row for row in session.exec(select(Award))}
            copies = list(session.exec(select(SignedCopy)))
            places = list(session.exec(select(StatusPlace)))
            stuck = list(session.exec(select(Job).where(Job.failed)))
        assert not stuck, stuck
        assert rows.keys() == {badge.id for badge in self.model.values()}
        assert len(places) == 2 * len(rows)
        assert len({(place.list_id, place.place) for place in places}) == len(places)
        for badge in self.model.values():
            self._agrees(badge, rows[badge.id], [copy for copy in copies if copy.award_id == badge.id], now)

    @invariant()
    def the_audit_log_is_whole(self) -> None:
        with self.site.desk.database.reading() as session:
            assert log.first_break(session.exec(select(AuditEntry).order_by(col(AuditEntry.seq)))) is None

    def _agrees(self, badge: Badge, row: Award, copies: list[SignedCopy], now: datetime) -> None:
        if badge.erased:
            assert (row.state, copies) == ("erased", [])
        else:
            assert (row.state, row.standing, row.edition) == ("published", badge.standing, badge.edition), badge
            assert {(copy.edition, copy.form) for copy in copies} == {
                (edition, form) for edition in range(1, badge.edition + 1) for form in ("json", "jwt")
            }
        for copy in copies:
            before = badge.copies.setdefault((copy.edition, copy.form), (copy.body, copy.key_id))
            assert before == (copy.body, copy.key_id), "published bytes were changed"
        # Who kept a copy of a badge that was erased can still ask whether it was revoked.
        expired = self._is_over(badge)
        for (edition, form), (body, key_id) in badge.copies.items():
            found = self.site.desk.check(body, "en")
            if badge.standing != "active" or expired:
                assert found.verdict == "invalid", (badge, edition, form, found.report)
            elif key_id not in self.revoked_keys:
                assert found.verdict == "valid", (badge, edition, form, found.report)
            else:
                assert edition < badge.edition or badge.erased, "the newest copy is by a key that was lost"
        if not badge.erased:
            current = jsontext.parse_object(badge.copies[badge.edition, "json"][0])
            assert current["credentialSubject"]["creditsEarned"] == badge.amount
            assert current["id"] == services.credential_id(self.site.desk, row)

    # -- helpers -------------------------------------------------------------------------------------------------

    def _is_over(self, badge: Badge) -> bool:
        return badge.valid_until is not None and self.site.clock() >= badge.valid_until

    def _new_key(self, purpose: str) -> Any:
        """A key in memory: encrypting a file takes longer than all the rest of a step."""
        uri = memory.register(new_id(), keys.PURPOSES[purpose])
        return keys.prepare_adopted(self.site.desk, self.org, uri, purpose)

    def _create(self, key: str, until: datetime | None, name: str = "Rosa Delgado") -> Award:
        with self.site.desk.database.writing() as session:
            return services.create_award(
                session,
                self.site.desk,
                org=self.org,
                definition=self.definition[0],
                version=self.definition[1],
                recipient=RecipientData(name, "rosa@people.example"),
                body=default_body(self.said),
                key=key,
                source="single",
                actor="system",
                now=self.site.clock(),
                valid_until=until,
            )

    @contextmanager
    def writing(self, badge: Badge) -> Iterator[Any]:
        with self.site.desk.database.writing() as session:
            yield session, services.award_of(session, self.org.id, badge.id)

    @contextmanager
    def refused(self, forbidden: bool) -> Iterator[None]:
        """Refused where the model forbids it, and only there."""
        refusal: Exception | None = None
        try:
            yield
        except (Conflict, Mistakes) as error:
            refusal = error
        assert (refusal is not None) is forbidden, f"the model says otherwise: {refusal}"


@pytest.mark.parametrize("kind", databases.KINDS)
def test_the_verifier_agrees_with_the_model_after_each_step(kind: str) -> None:
    machine = type("Issuing", (Issuing,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=effort.examples(3),
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
