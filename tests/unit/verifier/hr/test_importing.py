"""An import credits each badge once, to the right person, whatever happens in between."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from badgeport.verifier.hr import importing
from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.sources import Piece
from support import deciding
from support import payroll as p
from support import verifying as v


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return p.ledger(tmp_path)


def quarantined(ledger: Ledger) -> list[tuple[str, str]]:
    """What is put aside: name and code."""
    found = ledger.rows("SELECT name, code FROM quarantine WHERE released IS NULL ORDER BY id")
    return [(row["name"], row["code"]) for row in found]


def test_each_employee_is_credited_for_their_own_badges(ledger: Ledger) -> None:
    done = p.bring_in(ledger, p.badge("a"), p.badge("b"), p.badge("c", p.OMAR))
    assert (p.balance(ledger), p.balance(ledger, "E-2")) == ("2", "1")
    assert (done.outcomes, done.credits, done.amount) == ({"new": 3}, 3, "3")
    entry = ledger.entries("E-2")[0]
    assert (entry.lane, entry.cycle, entry.unit, entry.who) == ("BA", "2026", "in-district credit", "import")


def test_the_same_import_twice_changes_nothing(ledger: Ledger) -> None:
    data = (p.badge("a"), p.badge("stranger", "did:example:nobody"), b"no badge", p.badge("b"))
    p.bring_in(ledger, *data)
    before = p.content(ledger)
    again = p.bring_in(ledger, *data)
    assert p.content(ledger) == before
    assert (again.outcomes, again.credits, again.decisions) == ({"known": 2, "quarantined": 2}, 0, {})


def test_the_same_import_on_another_day_changes_nothing_either(ledger: Ledger) -> None:
    waiting = p.policy(p.rule(conditions=[{"effort": {"unit": "contact hours", "atLeast": 10}}]))
    p.bring_in(ledger, p.badge("a"), under=waiting)
    before = p.content(ledger)
    later = v.NOW.replace(day=20)
    p.bring_in(ledger, p.badge("a"), under=waiting, now=later)
    assert p.content(ledger) == before


def test_copies_of_a_badge_count_once(ledger: Ledger) -> None:
    renewed = p.badge("a", validFrom="2026-04-20T09:00:00Z")
    done = p.bring_in(ledger, p.badge("a"), renewed, p.badge("a"))
    assert p.balance(ledger) == "1"
    assert done.outcomes == {"copy": 1, "known": 1, "new": 1}
    another = p.badge("a", validFrom="2026-04-21T09:00:00Z")
    assert p.bring_in(ledger, another).credits == 0
    assert p.balance(ledger) == "1"


def test_a_badge_about_somebody_else_is_put_aside(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a", "did:example:nobody"), p.badge("b", None, identifier=[p.hashed("x@y.example")]))
    assert [code for _, code in quarantined(ledger)] == ["no-employee", "no-employee"]
    assert ledger.entries() == ()


def test_a_name_alone_never_matches(ledger: Ledger) -> None:
    called = {"type": "IdentityObject", "identityType": "name", "identityHash": "Ines Marchetti", "hashed": False}
    p.bring_in(ledger, p.badge("a", None, identifier=[called]))
    assert quarantined(ledger) == [("badge 1", "no-identity")]


def test_identifiers_of_two_employees_are_decided_by_a_person(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a", p.INES, identifier=[p.hashed("omar.said@kaneridge.example")]))
    assert quarantined(ledger) == [("badge 1", "ambiguous")]
    assert ledger.entries() == ()


def test_a_member_of_a_record_about_somebody_else_is_not_hers(ledger: Ledger) -> None:
    members = [v.parsed(p.badge("hers")), v.parsed(p.badge("his", p.OMAR)), v.parsed(p.badge("x", "did:example:x"))]
    done = p.bring_in(ledger, v.sign(v.clr(*members)))
    assert (p.balance(ledger), p.balance(ledger, "E-2")) == ("1", "1")
    assert done.outcomes == {"new": 2, "quarantined": 1}
    bodies = [row["record"] for row in ledger.rows("SELECT record FROM decision ORDER BY employee")]
    assert ("urn:example:his" in bodies[0], "urn:example:hers" in bodies[1]) == (False, False)


def test_a_copy_that_names_another_employee_is_put_aside(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    p.bring_in(ledger, p.badge("a", p.OMAR))
    assert quarantined(ledger) == [("badge 1", "other-employee")]
    assert (p.balance(ledger), p.balance(ledger, "E-2")) == ("1", "0")


def test_what_is_not_valid_is_kept_with_its_bytes_and_code(ledger: Ledger) -> None:
    spoiled = v.spoiled(p.badge("a"), lambda body: body.update(name="Better"))
    revoked = p.badge("b", credentialStatus=v.status_entry())
    p.bring_in(ledger, spoiled, revoked, b"junk", documents={v.LIST: v.status_list(7)})
    assert [code for _, code in quarantined(ledger)] == ["PROOF_VERIFICATION_ERROR", "REVOKED", "no-credential"]
    kept = [row["original"] for row in ledger.rows("SELECT original FROM quarantine ORDER BY id")]
    assert [ledger.original(each) for each in kept] == [spoiled, revoked, b"junk"]
    assert ledger.entries() == ()


def test_what_could_not_be_told_is_taken_when_it_can_be(ledger: Ledger) -> None:
    data = p.badge("a", credentialStatus=v.status_entry())
    p.bring_in(ledger, data)
    assert len(quarantined(ledger)) == 1
    p.bring_in(ledger, data, documents={v.LIST: v.status_list()})
    assert (quarantined(ledger), p.balance(ledger)) == ([], "1")


def test_a_badge_that_waits_is_credited_when_the_form_is_there(ledger: Ledger) -> None:
    under = p.policy(p.rule(alsoNeeded=[{"id": "form", "kind": "form", "text": "Form 5.10B", "fact": "form510B"}]))
    done = p.bring_in(ledger, p.badge("a"), under=under)
    assert (done.decisions, done.credits) == ({"accept_with_conditions": 1}, 0)
    head, *rows = p.ROSTER.splitlines()
    signed = "\n".join([f"{head},fact:form510B", *(f"{row},yes" for row in rows)])
    done = p.bring_in(ledger, p.badge("a"), under=under, people=p.roster(signed))
    assert (done.decisions, p.balance(ledger)) == ({"accept": 1}, "1")


def test_caps_hold_over_imports(ledger: Ledger) -> None:
    from support import deciding

    under = p.policy(p.rule(), caps=[deciding.cap("two", "2", per="cycle")])
    for name in ("a", "b", "c", "d"):
        p.bring_in(ledger, p.badge(name), under=under)
    assert p.balance(ledger) == "2"


def test_badges_that_give_nothing_alone_are_not_used_up(ledger: Ledger) -> None:
    worth = {
        "exchange": {"of": "credentials", "per": 2, "gives": 1, "round": {"to": 1, "mode": "down", "over": "total"}}
    }
    under = p.policy(p.rule(worth=worth))
    assert p.bring_in(ledger, p.badge("a"), under=under).credits == 0
    assert p.bring_in(ledger, p.badge("b"), under=under).credits == 2
    assert p.balance(ledger) == "1"
    assert p.bring_in(ledger, p.badge("a"), p.badge("b"), p.badge("c"), under=under).credits == 0


def test_killed_in_the_middle_it_goes_on_where_it_was(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    data = (p.badge("a"), p.badge("b", p.OMAR))
    rows = importing.entry_rows

    def killed(decided: Any, employee: Any, *rest: Any) -> Any:
        for row in rows(decided, employee, *rest):
            yield row
            if employee.id == "E-2":
                raise KeyboardInterrupt

    monkeypatch.setattr(importing, "entry_rows", killed)
    with pytest.raises(KeyboardInterrupt):
        p.bring_in(ledger, *data)
    assert (p.balance(ledger), p.balance(ledger, "E-2")) == ("1", "0")
    assert [row["employee"] for row in ledger.rows("SELECT employee FROM decision")] == ["E-1"]
    monkeypatch.undo()
    done = p.bring_in(ledger, *data)
    assert (p.balance(ledger), p.balance(ledger, "E-2"), done.credits) == ("1", "1", 1)


def test_two_imports_at_once_credit_once(ledger: Ledger) -> None:
    data = [p.badge(name, holder) for name in ("a", "b", "c") for holder in (p.INES,)] + [p.badge("d", p.OMAR)]
    failed: list[BaseException] = []

    def work() -> None:
        try:
            p.bring_in(ledger, *data)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    assert (p.balance(ledger), p.balance(ledger, "E-2"), len(ledger.entries())) == ("3", "1", 4)


def _in_a_process(folder: Path, data: list[bytes], ready: Any, killed_after: int | None) -> None:
    ledger = p.ledger(folder)
    ready.wait()
    if killed_after is not None:
        import os
        import signal

        rows, count = importing.decision_row, [0]

        def killing(*arguments: Any) -> Any:
            count[0] += 1
            if count[0] > killed_after:
                os.kill(os.getpid(), signal.SIGKILL)
            return rows(*arguments)

        importing.decision_row = killing  # type: ignore[assignment]
    p.bring_in(ledger, *data)


def test_a_process_that_is_killed_leaves_whole_employees(tmp_path: Path) -> None:
    data = [p.badge("a"), p.badge("b"), p.badge("c", p.OMAR)]
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    ready.set()
    ledger = p.ledger(tmp_path)
    ledger.close()
    killed = context.Process(target=_in_a_process, args=(tmp_path, data, ready, 1))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -9
    assert (p.balance(ledger), p.balance(ledger, "E-2")) == ("2", "0")
    p.bring_in(ledger, *data)
    assert (p.balance(ledger), p.balance(ledger, "E-2"), len(ledger.entries())) == ("2", "1", 3)


def test_two_processes_at_once_credit_once(tmp_path: Path) -> None:
    data = [p.badge(f"n{index}", p.INES if index % 2 else p.OMAR) for index in range(6)]
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    ledger = p.ledger(tmp_path)
    ledger.close()
    both = [context.Process(target=_in_a_process, args=(tmp_path, data, ready, None)) for _ in range(2)]
    for each in both:
        each.start()
    ready.set()
    for each in both:
        each.join(120)
    assert [each.exitcode for each in both] == [0, 0]
    assert (p.balance(ledger), p.balance(ledger, "E-2"), len(ledger.entries())) == ("3", "3", 6)


def test_lines_of_the_ledger_cannot_be_changed(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    for statement in ("UPDATE entry SET amount = '9'", "DELETE FROM entry", "DELETE FROM decision"):
        with pytest.raises(Exception) as error, ledger.transaction() as connection:
            connection.execute(statement)
        assert isinstance(error.value.__cause__ or error.value, sqlite3.IntegrityError)
    assert p.balance(ledger) == "1"


def test_an_unknown_purpose_is_refused_before_anything_is_kept(ledger: Ledger) -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="says nothing of the purpose"):
        importing.run_import(
            ledger, [Piece("a", p.badge("a"))], p.roster(), replace(p.terms(), purpose="stipend"), p.examiner(), v.NOW
        )
    assert list(ledger.rows("SELECT * FROM run")) == []


def test_a_bad_row_of_the_roster_is_put_aside(ledger: Ledger) -> None:
    people = p.roster(p.ROSTER + "E-3,Bad,not an address,,BA,,,\n")
    done = p.bring_in(ledger, p.badge("a"), people=people)
    assert (done.refused, quarantined(ledger)) == (1, [("roster line 4", "bad-roster-row")])
    (row,) = ledger.rows("SELECT original FROM quarantine")
    assert ledger.original(row["original"]) == b"E-3,Bad,not an address,,BA,,,\n"


def test_a_badge_counts_for_two_purposes_unless_they_exclude_each_other(tmp_path: Path) -> None:
    from dataclasses import replace

    purposes = {"salary-lane": {"title": "Salary", "unit": "credit"}, "stipend": {"title": "Stipend", "unit": "USD"}}
    rules = (p.rule("lane"), p.rule("pay", purpose="stipend"))
    for counting, expected in (({}, 2), ({"exclusive": [["salary-lane", "stipend"]]}, 1)):
        own = Ledger(tmp_path / f"{expected}.sqlite")
        under = p.policy(*rules, purposes=purposes, counting=counting)
        for purpose in ("salary-lane", "stipend", "stipend"):
            terms = replace(p.terms(under), purpose=purpose)
            importing.run_import(own, [Piece("a", p.badge("a"))], p.roster(), terms, p.examiner(), v.NOW)
        assert len(own.entries()) == expected


def test_a_new_version_of_the_policy_leaves_what_was_credited_as_it_is(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    doubled = p.policy(p.rule(worth={"fixed": "2"}), version="2")
    done = p.bring_in(ledger, p.badge("a"), p.badge("b"), under=doubled)
    assert [(entry.amount, entry.decision) for entry in ledger.entries()] == [(1, 1), (2, 2)]
    assert done.credits == 1


def test_a_new_version_of_the_policy_decides_what_waits(ledger: Ledger) -> None:
    nobody = p.policy(p.rule(credential=[{"issuer": {"oneOf": ["did:web:else.example"]}}]))
    assert p.bring_in(ledger, p.badge("a"), under=nobody).credits == 0
    assert p.bring_in(ledger, p.badge("a"), under=p.policy(version="2")).credits == 1


def test_a_badge_revoked_while_it_waits_is_not_credited(ledger: Ledger) -> None:
    waits = p.policy(p.rule(conditions=[{"fact": {"name": "form", "equals": True}}]))
    p.bring_in(
        ledger, p.badge("a", credentialStatus=v.status_entry()), under=waits, documents={v.LIST: v.status_list()}
    )
    head, *rows = p.ROSTER.splitlines()
    signed = p.roster("\n".join([f"{head},fact:form", *(f"{row},yes" for row in rows)]))
    p.bring_in(ledger, p.badge("b"), under=waits, people=signed, documents={v.LIST: v.status_list(7)})
    assert [entry.credential for entry in ledger.active()] == [
        row["sha256"] for row in ledger.rows("SELECT sha256 FROM copy JOIN badge USING (identity) WHERE name = 'b'")
    ]


def test_what_a_yearly_cap_left_waiting_is_decided_again_in_the_next_year(ledger: Ledger) -> None:
    under = p.policy(p.rule(), caps=[deciding.cap("one", "1", per="year")])
    data = (p.badge("a"), p.badge("b"))
    p.bring_in(ledger, *data, under=under)
    assert p.balance(ledger) == "1"
    p.bring_in(ledger, *data, under=under, now=v.NOW.replace(year=v.NOW.year + 1))
    assert p.balance(ledger) == "2"


def test_a_badge_that_came_before_the_policy_began_is_decided_when_it_does(ledger: Ledger) -> None:
    under = p.policy(effective={"from": v.NOW.replace(day=20).date().isoformat()})
    p.bring_in(ledger, p.badge("a"), under=under)
    assert p.balance(ledger) == "0"
    p.bring_in(ledger, p.badge("a"), under=under, now=v.NOW.replace(day=21))
    assert p.balance(ledger) == "1"


def test_a_cap_holds_when_its_rule_is_called_otherwise_in_the_next_version(ledger: Ledger) -> None:
    first = p.policy(p.rule("ba"), caps=[deciding.cap("once", "1", rules=["ba"])])
    second = p.policy(p.rule("bachelor"), version="2", caps=[deciding.cap("once", "1", rules=["bachelor"])])
    p.bring_in(ledger, p.badge("a"), under=first)
    p.bring_in(ledger, p.badge("b"), under=second)
    assert p.balance(ledger) == "1"


def test_nothing_is_credited_under_a_rule_that_is_guessed(ledger: Ledger) -> None:
    exam = [{"id": "exam", "kind": "exam", "text": "An exam"}]
    many = p.rule("many", who=[{"fact": {"name": "years", "atLeast": 5}}])
    few = p.rule("few", who=[{"fact": {"name": "years", "atMost": 5}}], alsoNeeded=exam)
    p.bring_in(ledger, p.badge("a"), under=p.policy(many, few))
    assert p.balance(ledger) == "0"
