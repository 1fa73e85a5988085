"""Random sequences of everything that can be done to a portfolio, against a plain model of its states."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlmodel import select

from badgeport.issuer.awards.tables import Award
from badgeport.issuer.mistakes import Conflict, Forbidden
from badgeport.issuer.people.roles import Role
from badgeport.issuer.submissions import services
from badgeport.issuer.submissions.tables import Attempt, Review, Submission
from support import portfolios as p
from support.site import Site

GOOD, BAD = p.scores("Proficient"), p.scores("Beginning")


class Portfolios(RuleBasedStateMachine):
    """One portfolio at a time, scored by two assessors and, where they differ, a third."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="bp-states-"))
        self.site = Site(self.folder)
        org = self.site.organization()
        self.definition = p.define(self.site, org, secondAssessor=True)
        self.teacher = self.site.person("Tess", {"prairie": [Role.EDUCATOR]})
        self.assessors = [p.assessor(self.site, name, self.definition) for name in ("Ann", "Bo", "Cora")]
        self.state, self.awards = "draft", 0
        self.attempts: list[str | None] = []
        """What became of each attempt."""
        self.seen = False
        """Whether an assessor had this attempt."""
        self.held: dict[int, str] = {}
        """Who has which part of this attempt."""
        self.done: dict[int, bool] = {}
        """What those who finished found."""

    def teardown(self) -> None:
        self.site.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize()
    def start(self) -> None:
        self.current = p.fill(self.site, self.teacher, self.definition)

    # -- what the educator does ----------------------------------------------------------------------------------------

    def educator(self, act: Callable[..., Any], allowed: bool, **more: Any) -> None:
        def run() -> None:
            with self.site.desk.database.writing() as session:
                row = services.portfolio_of(session, self.teacher.id, self.current).submission
                act(session, row, version=row.version, actor=self.teacher.id, now=self.site.clock(), **more)

        self.attempt(run, allowed)

    def attempt(self, act: Callable[[], Any], allowed: bool) -> None:
        self.site.clock.forward(minutes=1)
        try:
            act()
        except (Conflict, Forbidden):
            assert not allowed
        else:
            assert allowed

    @rule()
    def submit(self) -> None:
        allowed = self.state == "draft"
        self.attempt(lambda: p.hand_in(self.site, self.teacher, self.current), allowed)
        if allowed:
            self.attempts.append(None)
            self.state, self.seen, self.held, self.done = "submitted", False, {}, {}

    @rule()
    def take_back(self) -> None:
        allowed = self.state == "submitted"
        self.educator(services.take_back, allowed)
        if allowed:
            self.state = "draft"
            if self.seen:
                self.attempts[-1] = "taken-back"
            else:
                self.attempts.pop()

    @rule()
    def work_again(self) -> None:
        allowed = self.state == "not-yet"
        self.educator(services.work_again, allowed)
        if allowed:
            self.state = "draft"

    @rule()
    def withdraw(self) -> None:
        allowed = self.state not in ("withdrawn", "demonstrated")
        self.educator(services.withdraw, allowed, reason="")
        if allowed:
            if self.attempts and self.attempts[-1] is None:
                self.attempts[-1] = "withdrawn"
            self.state, self.held = "withdrawn", {}

    @precondition(lambda self: self.state == "withdrawn")
    @rule()
    def start_anew(self) -> None:
        self.current = p.fill(self.site, self.teacher, self.definition)
        self.state, self.attempts, self.held, self.done = "draft", [], {}, {}

    @precondition(lambda self: self.state == "demonstrated")
    @rule()
    def what_is_earned_for_good_is_not_started_again(self) -> None:
        self.attempt(lambda: p.fill(self.site, self.teacher, self.definition), False)

    # -- what assessors do ---------------------------------------------------------------------------------------------

    def part(self) -> str | None:
        parts = set(self.held.values())
        if self.state == "adjudication":
            return None if "adjudicator" in parts else "adjudicator"
        if self.state not in ("submitted", "in-review"):
            return None
        return next((one for one in ("first", "second") if one not in parts), None)

    @rule(who=st.integers(0, 2))
    def take(self, who: int) -> None:
        part = self.part()
        allowed = part is not None and who not in self.held
        self.attempt(lambda: p.take(self.site, self.assessors[who], self.current), allowed)
        if allowed and part is not None:
            self.held[who], self.seen = part, True
            self.state = "in-review" if self.state == "submitted" else self.state

    @rule(who=st.integers(0, 2))
    def give_back(self, who: int) -> None:
        if who not in self.held or who in self.done:
            return
        from badgeport.issuer.submissions import reviews

        with self.site.desk.database.writing() as session:
            row = session.get_one(Submission, self.current)
            found = services.with_definition(session, row)
            own = reviews.own_review(session, row, self.assessors[who].id)
            assert own is not None
            by = {"actor": self.assessors[who].id, "now": self.site.clock()}
            reviews.unassign(session, found, own, reason="Busy.", version=row.version, **by)
        del self.held[who]
        if self.state == "in-review" and not self.held:
            self.state = "submitted"

    @rule(who=st.integers(0, 2), good=st.booleans())
    def finish(self, who: int, good: bool) -> None:
        if who not in self.held:
            return
        allowed = who not in self.done and self.state in ("in-review", "adjudication")
        act = lambda: p.finish(self.site, self.assessors[who], self.current, GOOD if good else BAD)  # noqa: E731
        self.attempt(act, allowed)
        if not allowed:
            return
        self.done[who] = good
        if self.held[who] == "adjudicator":
            self.decided(good)
        elif len(self.done) == 2:
            one, other = self.done.values()
            if one == other:
                self.decided(one)
            else:
                self.state = "adjudication"

    def decided(self, good: bool) -> None:
        self.state = "demonstrated" if good else "not-yet"
        self.attempts[-1] = self.state
        self.awards += good

    # -- what holds at every moment ------------------------------------------------------------------------------------

    @invariant()
    def the_database_agrees(self) -> None:
        if not hasattr(self, "current"):
            return
        with self.site.desk.database.reading() as session:
            row = session.get_one(Submission, self.current)
            attempts = session.exec(select(Attempt).where(Attempt.submission_id == self.current)).all()
            held = session.exec(
                select(Review).where(
                    Review.submission_id == self.current, Review.attempt == row.attempt, Review.state != "withdrawn"
                )
            ).all()
            awards = session.exec(select(Award)).all()
            everything = session.exec(select(Submission)).all()
        assert row.state == self.state
        assert (row.open_key is None) == (self.state in ("withdrawn", "demonstrated"))
        in_order = sorted(attempts, key=lambda one: one.number)
        assert [(one.number, one.outcome) for one in in_order] == list(enumerate(self.attempts, 1))
        assert row.attempt == max(1, len(self.attempts))
        if self.state in ("submitted", "in-review", "adjudication"):
            assert {one.assessor_id: one.part for one in held} == {
                self.assessors[who].id: part for who, part in self.held.items()
            }
            assert {one.assessor_id for one in held if one.state == "done"} == {
                self.assessors[who].id for who in self.done
            }
        # Each demonstrated portfolio has its award, and nothing else has one.
        assert len(awards) == self.awards
        assert {one.submission_id for one in awards} == {one.id for one in everything if one.state == "demonstrated"}
        assert sum(one.open_key is not None for one in everything) <= 1


Portfolios.TestCase.settings = settings(
    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestPortfolios = Portfolios.TestCase
