"""What a hostile reader of the receiver's room found: each of these went wrong once."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, delete, select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import Award, Recipient
from badgeport.issuer.home.erasing import erase_account
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, ApiToken, Organization
from badgeport.issuer.submissions.tables import Comment, Peer, Submission
from badgeport.receiver.decisions.making import may_file
from badgeport.receiver.decisions.tables import FiledDecision
from badgeport.receiver.hr import imports, rechecks, rooms, settings
from badgeport.receiver.hr.tables import HrImport, HrRecheck
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.tables import Edition
from badgeport.schemas import jsontext
from badgeport.service.database import office_files
from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.rechecking import open_changes, recheck, settle
from support import hosted, receiving, staff_credit
from support.site import PUBLIC_URL, Browser, Site, json_of

RIDGE = "did:web:badges.example:issuers:ridge"
API = "/api/v1/organizations/ridge/decisions"
HR = "/o/ridge/hr"


class World:
    """Prairie awards; Ridge decides by a policy with two versions, and keeps the credit of its staff."""

    def __init__(self, folder: Path) -> None:
        shelf = receiving.shelf(folder / "shelf", RIDGE, name="first")
        later = (shelf / "first.yaml").read_text()
        later = later.replace('version: "1"', 'version: "2"').replace("from: 2026-01-01", "from: 2026-02-01")
        (shelf / "second.yaml").write_text(later.replace("worth: {fixed: 2}", "worth: {fixed: 1}"))
        self.site = Site(folder / "data", shelf=shelf)
        self.prairie: Organization = hosted.issuer(self.site, "prairie")
        self.ridge: Organization = hosted.issuer(self.site, "ridge", name="Ridge District")
        self.clerk = self.site.person("Cleo Clerk", {"ridge": [Role.CLERK]})
        self.admin = self.site.person("Ada Admin", {"ridge": [Role.ADMINISTRATOR]})
        self.author = self.site.person("Paula Author", {"ridge": [Role.POLICY_AUTHOR]})
        self.hr = self.site.person("Henrike Rohm", {"ridge": [Role.HR]})
        self._numbers = count(1)

    def award(self, org: Organization | None = None) -> Award:
        number, issuer = next(self._numbers), org or self.prairie
        definition = hosted.published(self.site, issuer, name=f"Data Talks {number}")
        who = RecipientData("Rosa Delgado", f"rosa{number}@people.example")
        return hosted.award(self.site, issuer, definition, f"key-{number}", recipient=who)

    def badge(self) -> bytes:
        return receiving.copy_of(self.site, self.award().id)

    def program(self, maker: Account) -> Any:
        """A program with a token that somebody made."""
        secret = self.site.token(self.ridge, "decisions:read", "decisions:write")
        with self.site.desk.database.writing() as session:
            row = session.exec(select(ApiToken).where(ApiToken.created_by == "system")).one()
            row.created_by = maker.id
            session.add(row)
        return self.site.program(secret)

    def filed(self) -> int:
        with self.site.desk.database.reading() as session:
            return len(session.exec(select(FiledDecision)).all())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("receiver"))
    yield made
    made.site.close()


def asked(badge: bytes, policy: str = "second", **more: Any) -> dict[str, Any]:
    return {"credentials": [jsontext.parse(badge)], "policy": policy, "facts": {"lane": "BA"}, **more}


# -- four eyes ---------------------------------------------------------------------------------------------------------


def test_who_made_the_token_that_filed_a_decision_does_not_settle_it(world: World) -> None:
    made = json_of(world.program(world.admin).post(API, json=asked(world.badge())))
    given = {"decision": "accept", "amount": "3", "reason": "More hours.", "version": made["version"]}
    maker, clerk = world.site.browser(world.admin), world.site.browser(world.clerk)
    assert json_of(maker.get(f"{API}/{made['id']}"))["maySettle"] is False
    assert _sent(maker, f"{API}/{made['id']}/settlements", given).status_code == 403
    assert 'name="settle-reason"' not in maker.get(f"/o/ridge/decisions/{made['id']}").text
    assert json_of(clerk.get(f"{API}/{made['id']}"))["maySettle"] is True
    assert _sent(clerk, f"{API}/{made['id']}/settlements", given).status_code == 201


def _sent(client: Browser, path: str, body: dict[str, Any]) -> Any:
    client.get("/account")
    return client.post(path, json=body, headers={"X-CSRF-Token": client.csrf or ""})


# -- versions ----------------------------------------------------------------------------------------------------------


def test_nothing_is_filed_by_a_version_that_a_later_one_replaced(world: World) -> None:
    badge, clerk, program = world.badge(), world.site.browser(world.clerk), world.program(world.admin)
    assert json_of(program.post(f"{API}/preview", json=asked(badge, "first")))["mayFile"] is False
    before = world.filed()
    assert program.post(API, json=asked(badge, "first")).status_code == 403
    draft = clerk.submit("/o/ridge/decisions/new", {"under": "first/salary-lane"}, files=[("file", ("b.json", badge))])
    shown = clerk.submit(draft.headers["location"], {"do": "decide", "fact:lane": "BA"})
    assert 'value="file"' not in shown.text
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown.text)
    assert seen is not None
    sent = {"do": "file", "fact:lane": "BA", "seen": seen[1]}
    assert clerk.submit(draft.headers["location"], sent).status_code == 403
    assert world.filed() == before
    assert json_of(program.post(f"{API}/preview", json=asked(badge, "second")))["mayFile"] is True


def test_a_version_that_was_replaced_since_decides_of_its_own_days(world: World) -> None:
    shelf = world.site.app.state.office.verifier.shelf
    first, second = shelf.get("first"), shelf.get("second")
    assert first is not None
    assert second is not None
    january, may = date(2026, 1, 31), date(2026, 5, 1)
    assert [may_file(shelf, each, world.ridge, january) for each in (first, second)] == [True, False]
    assert [may_file(shelf, each, world.ridge, may) for each in (first, second)] == [False, True]


def test_the_table_of_places_has_a_policy_once_by_the_version_in_effect(world: World) -> None:
    token = _handed(world, world.badge())
    page = world.site.browser().get(f"/where/{token}").text
    assert "/policies/second" in page
    assert "/policies/first" not in page


def _handed(world: World, badge: bytes) -> str:
    """Where what somebody handed in is kept."""
    sent = {"file": ("badge.json", badge, "application/json")}
    answer = world.site.program().post("/verify", files=sent, headers={"Origin": PUBLIC_URL})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).rpartition("/")[2]


def test_where_there_is_no_badge_nothing_is_filed(world: World) -> None:
    author, program = world.site.browser(world.author), world.program(world.admin)
    given = {"issuer": "did:web:guild.example", "from": "2026-01-01"}
    assert author.submit("/o/ridge/approvals/new", given).status_code == 303
    assert author.submit("/o/ridge/approvals/publish").status_code == 303
    receiving.work(world.site)
    approvals = world.site.program().get("/approvals/ridge").content
    before = world.filed()
    answer = program.post(API, json=asked(approvals, reference="case 7"))
    assert answer.status_code == 400, answer.text
    assert world.filed() == before


# -- what is taken back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last", ["published", "signing", "cancelled"])
def test_what_is_withdrawn_stands_nowhere_in_any_edition(world: World, last: str) -> None:
    author = world.site.browser(world.author)
    assert author.submit("/o/ridge/agreements/new", {"name": last, "title": "States"}).status_code == 303
    rows = json_of(author.get("/api/v1/organizations/ridge/agreements"))["items"]
    here = next(f"/o/ridge/agreements/{row['id']}" for row in rows if row["name"] == last)
    _publish(world, author, here)
    assert author.submit(f"{here}/draft").status_code == 303
    _publish(world, author, here, signed=last == "published")
    if last == "cancelled":
        with world.site.desk.database.writing() as session:
            edition = session.exec(select(Edition).where(Edition.state == editions.SIGNING)).one()
            editions.withdraw(session, edition, why="Too early.", actor=world.author.id, now=world.site.clock())
    assert f"{here}/withdraw" in author.get(here).text
    assert author.submit(f"{here}/withdraw", {"why": "It was never agreed."}).status_code == 303
    receiving.work(world.site)
    answer = json_of(author.get(here.replace("/o/", "/api/v1/organizations/")))
    assert answer["published"] is None
    assert {one["state"] for one in answer["editions"]} <= {"withdrawn", "cancelled"}
    assert answer["address"] not in world.site.app.state.office.verifier.shelf.agreements
    assert author.submit(f"{here}/withdraw", {"why": "Again."}).status_code == 409


def _publish(world: World, author: Browser, here: str, *, signed: bool = True) -> None:
    member = {"members-0-id": "did:web:arkansas.example", "members-0-name": "Arkansas"}
    version = json_of(author.get(here.replace("/o/", "/api/v1/organizations/")))["version"]
    given = {"title": "States", "from": "2026-01-01", "version": str(version), "do": "close", **member}
    assert author.submit(f"{here}/edit", given).status_code == 303
    version = json_of(author.get(here.replace("/o/", "/api/v1/organizations/")))["version"]
    assert author.submit(f"{here}/publish", {"version": str(version)}).headers["location"] == here
    if signed:
        receiving.work(world.site)


# -- staff credit ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def revoked(world: World) -> Award:
    """A badge that Ridge credited and that was revoked since, which nobody has noticed yet."""
    made, office, desk = world.award(world.ridge), world.site.app.state.office, world.site.desk
    with desk.database.reading() as session:
        address = session.exec(select(Recipient.email).where(Recipient.award_id == made.id)).one()
    staff_credit.kept(world.site, world.ridge, made.id, address, world.hr.id)
    with rooms.ledger_of(office, world.ridge.id) as ledger, ledger.transaction() as connection:
        connection.execute("DELETE FROM finding")
    with desk.database.writing() as session:
        session.exec(delete(HrRecheck))
        row = session.get_one(Award, made.id)
        awards.revoke(session, desk, row, "By mistake.", "system", world.site.clock())
    receiving.work(world.site)
    world.site.clock.forward(days=1)
    return made


def test_what_a_worker_found_before_it_died_is_told(world: World, revoked: Award) -> None:
    office, desk = world.site.app.state.office, world.site.desk
    with desk.database.writing() as session:
        key = rechecks.start(session, world.ridge.id, actor=world.hr.id, now=world.site.clock()).id
    handler = rechecks.Rechecking(office)
    with desk.database.reading() as session:
        prepared = handler.prepare(desk, session, key)
    died = handler.work(desk, prepared)
    assert died is not None
    assert len(died.found) == 1
    receiving.work(world.site)
    with desk.database.reading() as session:
        row = session.get_one(HrRecheck, key)
        assert (row.state, row.found, row.report["new"]) == ("done", [*died.found], 1)
    with desk.database.writing() as session:
        later = rechecks.start(session, world.ridge.id, actor=world.hr.id, now=world.site.clock()).id
    receiving.work(world.site)
    with desk.database.reading() as session:
        assert session.get_one(HrRecheck, later).found == [], "what is not new is not told again"


def test_what_a_person_took_back_meanwhile_is_not_found_again(world: World, revoked: Award) -> None:
    office, now = world.site.app.state.office, world.site.clock()
    with rooms.ledger_of(office, world.ridge.id) as ledger:
        recheck(ledger, rooms.examiner_of(office), now)
        (change,) = open_changes(ledger)
        examiner = rooms.examiner_of(office)

        class Slow:
            """Somebody decides while a badge is looked at."""

            def examine(self, data: bytes, at: datetime) -> Any:
                settle(ledger, change.finding, accept=True, who=world.hr.id, why="Revoked.", now=at)
                return examiner.examine(data, at)

        recheck(ledger, Slow(), now)  # type: ignore[arg-type]
        assert open_changes(ledger) == ()


def test_numbers_and_names_that_nobody_types_are_answered(world: World) -> None:
    hr, clerk = world.site.browser(world.hr), world.site.browser(world.clerk)
    for path in ("decisions", "decisions/{}/record", "packages", "put-aside/{}/original", "changes"):
        address = f"{HR}/{path.format(10**30)}" if "{}" in path else f"{HR}/{path}/{10**30}"
        assert hr.get(address).status_code == 404, address
    long = f"{'証' * 190}.json"
    sent = hr.submit(f"{HR}/import", files={"file": (long, b"{}")})
    assert sent.status_code in (303, 409), sent.text
    made = json_of(world.program(world.admin).post(API, json=asked(world.badge())))
    given = {"version": "²", "outcome": "accept", "amount": "3", "settle-reason": "More hours."}
    assert clerk.submit(f"/o/ridge/decisions/{made['id']}/settle", given).status_code == 409


ROSTERS = (
    b"employee,name,emails\nE-1,Rosa,rosa@people.example\n",
    b"employee,name,emails\nE-2,Omar,omar@people.example\n",
)


def test_a_roster_that_is_replaced_stops_no_import_that_is_under_way(world: World) -> None:
    office, desk, now = world.site.app.state.office, world.site.desk, world.site.clock()
    chosen = {"policy": f"{PUBLIC_URL}/policies/ridge.credit", "purpose": "salary-lane", "state": "", "namespace": ""}
    settings.take_roster(office, world.prairie, io.BytesIO(ROSTERS[0]), "one.csv", actor=world.hr.id, now=now)
    with desk.database.writing() as session:
        settings.choose(session, office, world.prairie, **chosen, every_days=0, actor=world.hr.id, now=now)
    file = io.BytesIO(world.badge())
    key = imports.take_file(office, world.prairie, file, "rosa.json", actor=world.hr.id, now=now).id
    handler = imports.Importing(office)
    with desk.database.reading() as session:
        prepared = handler.prepare(desk, session, key)
    settings.take_roster(office, world.prairie, io.BytesIO(ROSTERS[1]), "two.csv", actor=world.hr.id, now=now)
    came = handler.work(desk, prepared)
    with desk.database.writing() as session:
        assert handler.settle(session, desk, key, came, now) == timedelta(0)
    receiving.work(world.site)
    with desk.database.reading() as session:
        assert session.get_one(HrImport, key).state == "done"


def test_an_import_knows_the_part_at_which_a_worker_died(world: World) -> None:
    office, desk, now = world.site.app.state.office, world.site.desk, world.site.clock()
    with rooms.ledger_of(office, world.ridge.id) as ledger:
        before = [row["id"] for row in ledger.rows("SELECT id FROM run")]
    chosen = {"policy": f"{PUBLIC_URL}/policies/ridge.credit", "purpose": "salary-lane", "state": "", "namespace": ""}
    settings.take_roster(office, world.ridge, io.BytesIO(ROSTERS[0]), "one.csv", actor=world.hr.id, now=now)
    with desk.database.writing() as session:
        settings.choose(session, office, world.ridge, **chosen, every_days=0, actor=world.hr.id, now=now)
    file = io.BytesIO(world.badge())
    key = imports.take_file(office, world.ridge, file, "rosa.json", actor=world.hr.id, now=now).id
    handler = imports.Importing(office)
    with desk.database.reading() as session:
        prepared = handler.prepare(desk, session, key)
    handler.work(desk, prepared)
    receiving.work(world.site)
    with rooms.ledger_of(office, world.ridge.id) as ledger:
        made = [row["id"] for row in ledger.rows("SELECT id FROM run") if row["id"] not in before]
    with desk.database.reading() as session:
        assert session.get_one(HrImport, key).runs == made
    assert len(made) == 2


def test_the_history_does_not_keep_what_is_secret_in_an_address(world: World) -> None:
    with world.site.desk.database.writing() as session:
        address = "https://hooks.example/services/T0/s3cret?key=s3cret"
        settings.set_webhook(
            session, world.site.desk, world.ridge, address, actor=world.admin.id, now=world.site.clock()
        )
        settings.drop_webhook(session, world.ridge, actor=world.admin.id, now=world.site.clock())
        entries = session.exec(select(AuditEntry).where(col(AuditEntry.action).like("hr.webhook%"))).all()
        assert [one.detail for one in entries] == [{"host": "hooks.example"}] * 2
        session.rollback()


def test_a_file_with_the_name_of_a_database_is_in_the_backup_as_it_came(tmp_path: Path) -> None:
    folder = tmp_path / "offices"
    with closing(Ledger(_place(folder / "ridge" / "hr" / "hr.sqlite"))):
        names = ("badges.sqlite", "salaries-journal", "hr.sqlite-wal", "week.part", "nothing.csv")
        for name in names:
            _place(folder / "ridge" / "hr" / "handed-in" / "1" / name).write_bytes(b"as it came")
        _place(folder / "ridge" / "hr" / ".roster.csv.1.part").write_bytes(b"not whole")
        found = {name: b"".join(chunks) for name, chunks in office_files.parts(folder)}
    assert found.pop("ridge/hr/hr.sqlite").startswith(b"SQLite format 3")
    assert found == {f"ridge/hr/handed-in/1/{name}": b"as it came" for name in names}


def _place(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_what_a_clerk_hands_in_is_nothing_at_the_public_door(world: World) -> None:
    clerk = world.site.browser(world.clerk)
    files = [("file", ("b.json", world.badge()))]
    draft = clerk.submit("/o/ridge/decisions/new", {"under": "second/salary-lane"}, files=files)
    token = draft.headers["location"].rpartition("/")[2]
    for path in ("where", "recognize", "verify/results"):
        assert world.site.browser().get(f"/{path}/{token}").status_code == 404, path


def test_who_changed_their_address_and_is_erased_is_named_by_neither(world: World) -> None:
    site = world.site
    helper, author = site.person("Pia Peer", email="new@people.example"), site.person("Erin Educator")
    now = site.clock()
    definition, version = hosted.published(site, world.prairie, name="Helping")
    about = {"org_id": definition.org_id, "definition_id": definition.id, "version_id": version.id}
    submission = Submission(**about, account_id=author.id, started=now, changed=now)
    with site.desk.database.writing() as session:
        session.add(submission)
        session.flush()
        # As a change of address leaves it (`people.addresses`): the old address, and whose it was.
        peer = Peer(
            submission_id=submission.id, name="Pia", email="old@people.example", account_id=helper.id, invited=now
        )
        session.add(peer)
        session.flush()
        session.add(Comment(submission_id=submission.id, peer_id=peer.id, body="Say more.", at=now))
    with site.desk.database.writing() as session:
        erase_account(session, site.desk, helper.id, actor=helper.id, now=now, why="I asked for it.")
    with site.desk.database.reading() as session:
        row = session.get_one(Peer, peer.id)
        assert (row.name, row.email, row.account_id) == ("", "", helper.id)
