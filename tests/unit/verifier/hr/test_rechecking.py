"""What changed after a badge was credited is found once and reported; nothing is taken back by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.rechecking import Report, SettlementError, open_changes, recheck, settle
from badgeport.verifier.hr.reconciling import balances, reconcile
from support import deciding
from support import payroll as p
from support import verifying as v

LATER = v.NOW.replace(day=5)
GOOD, REVOKED = {v.LIST: v.status_list()}, {v.LIST: v.status_list(7)}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return p.ledger(tmp_path)


def revocable(name: str = "a", **changes: Any) -> bytes:
    return p.badge(name, credentialStatus=v.status_entry(), **changes)


def look(ledger: Ledger, documents: Any, now: Any = LATER, **more: Any) -> Report:
    return recheck(ledger, p.examiner(documents), now, **more)


def test_nothing_changed_is_nothing_reported(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    report = look(ledger, GOOD)
    assert (report.checked, report.changes) == (1, ())


def test_a_revocation_is_reported_and_a_reversal_proposed(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    (change,) = look(ledger, REVOKED).changes
    assert (change.kind, change.code, change.proposal, change.new) == ("not-valid", "REVOKED", "reverse", True)
    assert (change.employee, change.amount) == ("E-1", "1")
    assert p.balance(ledger) == "1"


def test_the_same_change_is_new_once(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    look(ledger, REVOKED)
    (change,) = look(ledger, REVOKED).changes
    assert (change.new, len(list(ledger.rows("SELECT * FROM finding")))) == (False, 1)


def test_an_accepted_proposal_reverses_and_a_later_import_gives_nothing_back(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    (change,) = look(ledger, REVOKED).changes
    settle(ledger, change.finding, accept=True, who="R. Lund", why="revoked by Lakeside", now=LATER)
    assert p.balance(ledger) == "0"
    credit, reversal = ledger.entries()
    assert (reversal.kind, reversal.reverses, reversal.amount, reversal.who) == ("reversal", credit.id, 1, "R. Lund")
    assert p.bring_in(ledger, revocable(), documents=GOOD, now=LATER).credits == 0
    assert (p.balance(ledger), look(ledger, REVOKED).changes, reconcile(ledger)) == ("0", (), ())


def test_a_proposal_is_settled_once_and_by_somebody(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    (change,) = look(ledger, REVOKED).changes
    with pytest.raises(SettlementError, match="who decided"):
        settle(ledger, change.finding, accept=True, who="", why="x", now=LATER)
    settle(ledger, change.finding, accept=True, who="R. Lund", why="revoked", now=LATER)
    with pytest.raises(SettlementError, match="no open finding"):
        settle(ledger, change.finding, accept=True, who="R. Lund", why="again", now=LATER)
    assert len(ledger.entries()) == 2


def test_a_declined_proposal_leaves_the_credit_and_is_not_made_again(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    (change,) = look(ledger, REVOKED).changes
    settle(ledger, change.finding, accept=False, who="R. Lund", why="honoured", now=LATER)
    assert (look(ledger, REVOKED).changes, p.balance(ledger)) == ((), "1")


def test_what_is_valid_again_can_be_reinstated_and_is_decided_by_the_next_import(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    (change,) = look(ledger, REVOKED).changes
    settle(ledger, change.finding, accept=True, who="R. Lund", why="suspended", now=LATER)
    (change,) = look(ledger, GOOD).changes
    assert (change.kind, change.proposal) == ("valid-again", "reinstate")
    settle(ledger, change.finding, accept=True, who="R. Lund", why="lifted", now=LATER)
    assert p.balance(ledger) == "0"
    assert p.bring_in(ledger, revocable(), documents=GOOD, now=LATER).credits == 1
    assert (p.balance(ledger), reconcile(ledger)) == ("1", ())
    again = p.content(ledger)
    p.bring_in(ledger, revocable(), documents=GOOD, now=LATER)
    assert p.content(ledger) == again


def test_a_change_that_passes_is_closed(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    look(ledger, REVOKED)
    assert look(ledger, GOOD).changes == ()
    assert [row["state"] for row in ledger.rows("SELECT state FROM finding")] == ["passed"]


def test_an_expiry_is_found(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a", validUntil="2026-05-03T00:00:00Z"))
    (change,) = look(ledger, {}).changes
    assert (change.kind, change.code, change.proposal) == ("not-valid", "EXPIRED", "reverse")


def test_what_cannot_be_told_proposes_nothing(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), documents=GOOD)
    (change,) = look(ledger, {}).changes
    assert (change.kind, change.proposal) == ("undetermined", None)
    with pytest.raises(SettlementError, match="proposes nothing"):
        settle(ledger, change.finding, accept=True, who="R. Lund", why="x", now=LATER)


def test_a_revoked_badge_in_a_record_is_found_and_the_others_stand(ledger: Ledger) -> None:
    record = v.sign(v.clr(v.parsed(revocable("a")), v.parsed(p.badge("b"))))
    p.bring_in(ledger, record, documents=GOOD)
    assert p.balance(ledger) == "2"
    changes = look(ledger, REVOKED).changes
    assert [(change.badge, change.code) for change in changes] == [("a", "REVOKED")]


def test_another_version_of_the_policy_is_compared(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"), p.badge("b"))
    halved = p.terms(p.policy(p.rule(worth={"fixed": "0.5"}), version="2"))
    changes = look(ledger, {}, terms=halved).changes
    assert [(c.kind, c.code, c.proposal) for c in changes] == [
        ("policy", "policy-less 2", "reverse-and-decide-again")
    ] * 2
    settle(ledger, changes[0].finding, accept=True, who="R. Lund", why="version 2", now=LATER)
    assert p.balance(ledger) == "1"
    p.bring_in(ledger, p.badge("a"), under=halved.policy, now=LATER)
    assert (p.balance(ledger), reconcile(ledger)) == ("1.5", ())


def test_a_policy_that_no_longer_takes_a_badge_proposes_its_reversal(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    other = p.policy(p.rule(credential=[{"issuer": {"oneOf": ["did:web:else.example"]}}]), version="2")
    (change,) = look(ledger, {}, terms=p.terms(other)).changes
    assert (change.kind, change.proposal) == ("policy", "reverse")


def test_the_same_policy_is_not_asked_again_as_time_goes_by(ledger: Ledger) -> None:
    within = p.policy(p.rule(conditions=[{"earnedAfter": {"date": "2026-01-01"}}]))
    p.bring_in(ledger, p.badge("a"), under=within)
    assert look(ledger, {}, now=v.NOW.replace(year=2028), terms=p.terms(within)).changes == ()


def test_a_policy_of_another_jurisdiction_is_not_compared(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    elsewhere = p.policy(p.rule(worth={"fixed": "9"}), id="https://elsewhere.example/credit")
    assert look(ledger, {}, terms=p.terms(elsewhere)).changes == ()


def test_the_balance_says_what_is_left_under_a_cap(ledger: Ledger) -> None:
    under = p.policy(p.rule(), caps=[deciding.cap("three", "3", per="cycle")])
    p.bring_in(ledger, p.badge("a"), p.badge("b"), under=under)
    (balance,) = balances(ledger)
    assert (balance.amount, balance.by) == ("2", (("BA", "2026", "2"),))
    assert [(cap.cap, cap.amount, cap.left) for cap in balance.caps] == [("three", "3", "1")]


def test_a_line_without_a_decision_for_it_does_not_reconcile(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    (entry,) = ledger.entries()
    assert reconcile(ledger) == ()
    with ledger.transaction() as connection:
        row = {name: getattr(entry, name) for name in replace(entry).__slots__ if name not in ("id", "reverses")}
        row |= {"day": "2026-05-01", "purpose": "stipend", "rule": "other"}
        ledger.add_entry(connection, row)
    (problem,) = reconcile(ledger)
    assert "gives other credits than the lines" in problem


def test_a_finding_under_a_version_that_is_past_cannot_be_accepted(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    none = p.policy(p.rule(credential=[{"issuer": {"oneOf": ["did:web:else.example"]}}]), version="2")
    (change,) = look(ledger, {}, terms=p.terms(none)).changes
    assert look(ledger, {}, terms=p.terms(p.policy(version="3"))).changes == ()
    with pytest.raises(SettlementError, match="no open finding"):
        settle(ledger, change.finding, accept=True, who="R. Lund", why="version 2", now=LATER)
    assert p.balance(ledger) == "1"


def test_credit_of_a_cycle_that_is_over_is_not_asked_for_under_a_new_policy(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a", validUntil=None))
    halved = p.terms(p.policy(p.rule(worth={"fixed": "0.5"}), version="2"))
    (change,) = look(ledger, {}, terms=halved).changes
    assert change.code == "policy-less 2"
    assert look(ledger, {}, terms=halved, now=v.NOW.replace(year=2027)).changes == ()


def test_the_shares_of_a_combination_are_reported_when_one_was_taken_back(ledger: Ledger) -> None:
    total = {
        "exchange": {"of": "credentials", "per": 2, "gives": 1, "round": {"to": 1, "mode": "down", "over": "total"}}
    }
    p.bring_in(ledger, revocable("a"), p.badge("b"), under=p.policy(p.rule(worth=total)), documents=GOOD)
    (change,) = look(ledger, REVOKED).changes
    settle(ledger, change.finding, accept=True, who="R. Lund", why="revoked", now=LATER)
    (share,) = look(ledger, REVOKED).changes
    assert (share.kind, share.badge, share.proposal) == ("share", "b", "reverse-and-decide-again")
    settle(ledger, share.finding, accept=True, who="R. Lund", why="its other half is gone", now=LATER)
    assert p.balance(ledger) == "0"
    assert look(ledger, REVOKED).changes == ()


def test_some_employees_are_looked_at_and_what_is_open_about_others_stays(ledger: Ledger) -> None:
    p.bring_in(ledger, revocable(), p.badge("b", p.OMAR), documents=GOOD)
    (change,) = look(ledger, REVOKED).changes
    report = recheck(ledger, p.examiner(REVOKED), LATER, employees={"E-2"})
    assert (report.checked, report.changes) == (1, ())
    assert [one.finding for one in open_changes(ledger)] == [change.finding]


def test_a_cap_of_a_cycle_that_is_over_is_not_shown_as_current(ledger: Ledger) -> None:
    under = p.policy(p.rule(), caps=[deciding.cap("three", "3", per="cycle"), deciding.cap("ever", "9", per="ever")])
    p.bring_in(ledger, p.badge("a"), under=under)
    (now,) = balances(ledger, as_of=v.NOW)
    assert [(cap.cap, cap.left) for cap in now.caps] == [("three", "2"), ("ever", "8")]
    (later,) = balances(ledger, as_of=v.NOW.replace(year=2027))
    assert [(cap.cap, cap.left) for cap in later.caps] == [("ever", "8")]
    renewed = p.roster(p.ROSTER.replace("2026-12-31", "2027-12-31").replace("BA,2026,2026-01-01", "BA,2027,2027-01-01"))
    (renewed_balance,) = balances(ledger, as_of=v.NOW.replace(year=2027), roster=renewed)
    assert [(cap.cap, cap.left) for cap in renewed_balance.caps] == [("three", "3"), ("ever", "8")]
