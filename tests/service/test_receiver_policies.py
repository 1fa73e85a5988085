"""Policies of an organisation: written, refused by line, tried, signed by a worker, published, withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import delete, select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Organization
from badgeport.proofs.secured import open_secured
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.shelving import PublishedShelf
from badgeport.receiver.policies.tables import Edition, Policy
from badgeport.service.working import worker_of
from support import hosted, receiving
from support.site import Browser, Site, json_of
from support.verifying import NOW

ADDRESS = "https://badges.example/policies/prairie.salary"


@dataclass
class World:
    """An organisation with a policy author, an auditor, and a program that may write policies."""

    site: Site
    org: Organization
    author: Browser
    auditor: Browser
    program: Any

    def work(self) -> None:
        worker_of(self.site.app.state.office).run_until_idle()

    def create(self, name: str = "salary", text: str | None = None) -> dict[str, Any]:
        answer = self.program.post(
            "/api/v1/organizations/prairie/policies",
            json={"name": name, "title": "Salary credit", "text": text or written(name)},
        )
        assert answer.status_code == 201, answer.text
        return dict(json_of(answer))

    def publish(self, row: dict[str, Any]) -> dict[str, Any]:
        answer = self.program.post(f"{api(row)}/publish", json={"version": row["version"]})
        assert answer.status_code == 202, answer.text
        self.work()
        return self.read(row)

    def read(self, row: dict[str, Any]) -> dict[str, Any]:
        return dict(json_of(self.program.get(api(row))))


def api(row: dict[str, Any]) -> str:
    return f"/api/v1/organizations/prairie/policies/{row['id']}"


def written(name: str = "salary", version: str = "1", gives: str = "1", **changes: str) -> str:
    """A policy of the prairie that gives so much for 15 contact hours."""
    said = {"id": f"https://badges.example/policies/prairie.{name}", "did": "did:web:badges.example:issuers:prairie"}
    said |= {"status": "in-force", "starts": "2026-01-01", "more": ""} | changes
    return f"""\
id: {said["id"]}
version: "{version}"
title: Salary credit
jurisdiction:
  id: {said["did"]}
  name: Prairie
  area: US-IL
  kind: cooperative
effective: {{from: {said["starts"]}}}
status: {said["status"]}
{said["more"]}purposes:
  salary-lane: {{title: Salary schedule, unit: credit}}
rules:
  - id: hours
    title: Credit for contact hours
    purpose: salary-lane
    citation: {{text: "Agreement, section 5"}}
    who:
      - lane: {{oneOf: [BA, MA]}}
    credential:
      - achievementType: {{oneOf: [MicroCredential]}}
    worth:
      exchange: {{of: contact hours, per: 15, gives: {gives}}}
    decides: automatic
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    site = Site(tmp_path_factory.mktemp("policies"))
    org = hosted.issuer(site, "prairie", name="Prairie", kind="cooperative")
    author = site.person("Ada Author", {"prairie": [Role.POLICY_AUTHOR]})
    auditor = site.person("Aldo Auditor", {"prairie": [Role.AUDITOR]})
    program = site.program(site.token(org, "policies:read", "policies:write"))
    yield World(site, org, site.browser(author), site.browser(auditor), program)
    site.close()


@pytest.fixture
def world(room: World) -> World:
    """The room without any policy, on the first day."""
    with room.site.desk.database.writing() as session:
        for table in (Edition, Policy):
            session.exec(delete(table))
        editions.mark(session)
    room.site.app.state.desk.shelf.look_again()
    room.site.clock.now = NOW
    return room


def test_a_policy_is_written_signed_and_decides_for_everyone(world: World) -> None:
    row = world.create()
    assert row["findings"] == []
    # Nobody sees a draft.
    assert world.site.program().get("/policies/prairie.salary").status_code == 404
    row = world.publish(row)
    assert (row["state"], row["draft"]) == ("in-force", None)
    shown = world.site.program().get("/policies/prairie.salary")
    assert shown.headers["content-type"] == "application/vc"
    signed = json_of(shown)
    assert signed["issuer"] == {"id": world.org.did, "name": "Prairie"}
    assert signed["credentialSubject"]["id"] == ADDRESS
    report = world.site.app.state.desk.verifiers["default"].inspect(shown.content, now=world.site.clock())
    assert report.verdict.value == "valid", report.codes
    assert world.site.program().get("/policies/prairie.salary.yaml").text == written()
    listed = {each["name"] for each in json_of(world.site.program().get("/policies"))["policies"]}
    assert "prairie.salary" in listed
    assert world.site.app.state.desk.shelf.find(ADDRESS).policy.version == "1"


def test_what_is_published_decides_at_the_public_door(world: World) -> None:
    world.publish(world.create())
    definition = hosted.published(world.site, world.org)
    award = hosted.award(world.site, world.org, definition)
    world.work()
    badge = world.site.program().get(f"/c/{award.id}.json")
    answer = world.site.program().post(
        "/api/v1/recognize", json={"credentials": [json_of(badge)], "policy": ADDRESS, "facts": {"lane": "BA"}}
    )
    assert answer.status_code == 200, answer.text
    decision = json_of(answer)
    assert (decision["decision"], decision["amount"], decision["unit"]) == ("accept", "1", "credit")


@pytest.mark.parametrize(
    ("changes", "line", "code", "said"),
    [
        ({"did": "did:web:ridge.example"}, 5, "jurisdiction", "signs as did:web:badges.example:issuers:prairie alone"),
        ({"id": "https://ridge.example/policy"}, 1, "address", f"published at {ADDRESS}"),
        ({"status": "draft"}, 10, "status", "calls itself a draft"),
        ({"starts": "2026-02-30"}, 9, "no-such-day", "2026-02-30"),
        ({"more": 'supersedes: "0"\n'}, 11, "supersedes", "no version '0'"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_is_not_published(
    world: World, changes: dict[str, str], line: int, code: str, said: str
) -> None:
    row = world.create(text=written(**changes))
    found = row["findings"][0]
    assert (found["line"], found["code"]) == (line, code)
    assert said in found["message"]
    answer = world.program.post(f"{api(row)}/publish", json={"version": row["version"]})
    assert answer.status_code == 400
    assert f"line {line}" in answer.json()["errors"][0]["detail"]
    assert world.read(row)["versions"] == []
    # The same stands beside the text on the page, and the text is kept as it was typed.
    page = world.author.get(f"/o/prairie/policies/{row['id']}/edit").text
    assert f"Line {line}" in page or code in ("status", "supersedes")


def test_a_line_is_told_of_json_too(world: World) -> None:
    row = world.create(text='{\n "id": "https://x.example/p",\n "version": 1\n}')
    assert all(each["line"] for each in row["findings"])


def test_nothing_is_written_over_what_was_not_seen(world: World) -> None:
    row = world.create()
    address = f"/o/prairie/policies/{row['id']}/edit"
    mine, theirs = written(gives="2"), written(gives="3")
    assert world.author.submit(address, {"text": theirs, "version": row["version"]}).status_code == 303
    late = world.author.submit(address, {"text": mine, "version": row["version"]})
    assert late.status_code == 409
    assert "gives: 2" in late.text, "what was typed is not lost"
    assert "gives: 3" in late.text, "what was saved is shown beside it"
    assert world.read(row)["draft"] == theirs
    current = world.read(row)["version"]
    assert world.author.submit(address, {"text": mine, "version": current}).status_code == 303
    assert world.read(row)["draft"] == mine


def test_text_that_is_no_policy_at_all_is_kept(world: World) -> None:
    row = world.create(text="not: [yet")
    assert world.read(row)["draft"] == "not: [yet"
    assert world.read(row)["findings"]


def test_a_version_never_changes_and_the_later_one_decides(world: World) -> None:
    first = world.publish(world.create())
    version = first["versions"][0]
    begun = world.author.submit(f"/o/prairie/policies/{first['id']}/versions/{version['id']}/draft")
    assert begun.status_code == 303
    row = world.read(first)
    again = world.program.post(f"{api(row)}/publish", json={"version": row["version"]})
    assert "There is a version '1' already" in again.text
    saved = world.program.put(
        f"{api(row)}/draft",
        json={"text": written(version="2", gives="2", starts="2026-03-01"), "version": row["version"]},
    )
    row = world.publish(json_of(saved))
    assert [(each["version"], each["state"]) for each in row["versions"]] == [("2", "in-force"), ("1", "replaced")]
    everyone = world.site.program()
    assert everyone.get("/policies/prairie.salary.1.yaml").text == written()
    assert 'version: "2"' in everyone.get("/policies/prairie.salary.yaml").text
    shelf = world.site.app.state.desk.shelf
    day = world.site.clock().date()
    assert shelf.find(ADDRESS, day).policy.version == "2"
    assert shelf.find(ADDRESS, day.replace(month=2, day=1)).policy.version == "1"


def test_a_policy_of_the_future_does_not_displace_the_one_in_force(world: World) -> None:
    first = world.publish(world.create())
    world.author.submit(f"/o/prairie/policies/{first['id']}/versions/{first['versions'][0]['id']}/draft")
    row = world.read(first)
    text = written(version="2", starts="2027-01-01")
    row = json_of(world.program.put(f"{api(row)}/draft", json={"text": text, "version": row["version"]}))
    row = world.publish(row)
    assert [each["state"] for each in row["versions"]] == ["coming", "in-force"]
    assert 'version: "1"' in world.site.program().get("/policies/prairie.salary.yaml").text
    world.site.clock.forward(days=400)
    assert 'version: "2"' in world.site.program().get("/policies/prairie.salary.yaml").text


def test_a_withdrawn_version_stays_readable_and_decides_nothing(world: World) -> None:
    row = world.publish(world.create())
    signed = world.site.program().get("/policies/prairie.salary").content
    address = f"/o/prairie/policies/{row['id']}/versions/{row['versions'][0]['id']}/withdraw"
    assert world.author.submit(address, {"why": " "}).status_code == 422
    assert world.author.submit(address, {"why": "The board took it back."}).status_code == 303
    world.work()
    assert world.read(row)["state"] == "withdrawn"
    everyone = world.site.program()
    assert everyone.get("/policies/prairie.salary").content == signed
    assert "prairie.salary" not in {each["name"] for each in json_of(everyone.get("/policies"))["policies"]}
    answer = everyone.post("/api/v1/recognize", json={"credentials": [{"id": "x"}], "policy": ADDRESS})
    assert answer.status_code == 400
    assert "no such policy" in answer.text
    # Its status says so to every reader.
    world.site.clock.forward(minutes=10)
    report = world.site.app.state.desk.verifiers["default"].inspect(signed, now=world.site.clock())
    assert report.verdict.value == "invalid"
    assert any("revo" in code.lower() for code in report.codes), report.codes
    assert world.author.submit(address, {"why": "Again."}).status_code == 409


def test_one_that_is_not_signed_yet_can_be_called_off(world: World) -> None:
    row = world.create()
    row = json_of(world.program.post(f"{api(row)}/publish", json={"version": row["version"]}))
    assert row["state"] == "signing"
    version = f"{api(row)}/versions/{row['versions'][0]['id']}"
    assert json_of(world.program.post(f"{version}/withdraw", json={"why": "A mistake."}))["versions"][0]["state"] == (
        "cancelled"
    )
    world.work()
    assert world.site.program().get("/policies/prairie.salary").status_code == 404
    # What was written is not lost.
    assert world.program.post(f"{version}/draft", json={}).status_code == 201


def test_without_a_key_nothing_is_published(world: World) -> None:
    world.site.organization("ridge")
    program = world.site.program(
        world.site.token(
            _organization(world.site, "ridge"),
            "policies:write",
            "policies:read",
        )
    )
    text = written(did="did:web:badges.example:issuers:ridge", id="https://badges.example/policies/ridge.salary")
    all_of_ridge = "/api/v1/organizations/ridge/policies"
    row = json_of(program.post(all_of_ridge, json={"name": "salary", "title": "Credit", "text": text}))
    assert program.post(f"{all_of_ridge}/{row['id']}/publish", json={"version": 1}).status_code == 202
    world.work()
    assert json_of(program.get(f"{all_of_ridge}/{row['id']}"))["state"] == "signing"
    assert world.site.program().get("/policies/ridge.salary").status_code == 404


def test_another_process_sees_it_within_seconds_and_asks_little(world: World) -> None:
    ticks = [0.0]
    other = PublishedShelf(world.site.desk.database, "https://badges.example", world.site.clock, lambda: ticks[0])
    assert other.now().names == ()
    world.publish(world.create())
    assert other.now().names == (), "within the seconds nothing is asked"
    ticks[0] = 2.5
    assert other.now().names == ("prairie.salary",)
    before = other.now()
    ticks[0] = 60.0
    assert other.now() is before, "nothing changed, nothing was read anew"


def test_a_trial_is_no_decision(world: World) -> None:
    row = world.create()
    address = f"/o/prairie/policies/{row['id']}/test"
    assert "Lane on the salary schedule" in world.author.get(address).text
    page = world.author.submit(address, {"examples": ["full", "small"], "purpose": "salary-lane", "fact:lane": "BA"})
    assert page.status_code == 200, page.text
    assert "Trial, not a decision" in page.text
    assert "Accepted: 1.333333 credit" in page.text
    nothing = world.author.submit(address, {"purpose": "salary-lane"})
    assert nothing.status_code == 422
    unread = world.author.submit(address, {"pasted": "{", "purpose": "salary-lane"})
    assert "no badge that can be read" in unread.text
    answer = json_of(world.program.post(f"{api(row)}/test", json={"examples": ["full"], "facts": {"lane": "BA"}}))
    assert (answer["trial"], answer["decision"], answer["amount"]) == (True, "accept", "1")


def test_a_change_is_told_in_words(world: World) -> None:
    first = world.publish(world.create())
    world.author.submit(f"/o/prairie/policies/{first['id']}/versions/{first['versions'][0]['id']}/draft")
    row = world.read(first)
    text = written(version="2", gives="2")
    world.program.put(f"{api(row)}/draft", json={"text": text, "version": row["version"]})
    page = world.author.get(f"/o/prairie/policies/{row['id']}/compare").text
    assert "now 2 credit for every 15 contact hours" in page
    assert "No decision was filed under this policy." in page
    said = json_of(world.program.get(f"{api(row)}/comparison"))
    assert {each["pointer"] for each in said["changes"]} == {"/version", "/rules/0/worth"}


@pytest.mark.parametrize("start", ["blank", "in-district-credit", "stipend"])
def test_a_policy_begins_from_something_sound(world: World, start: str) -> None:
    answer = world.author.submit("/o/prairie/policies/new", {"name": "new", "title": "New", "start": start})
    assert answer.status_code == 303, answer.text
    policy = answer.headers["location"].split("/")[4]
    row = json_of(world.program.get(f"/api/v1/organizations/prairie/policies/{policy}"))
    assert [each["code"] for each in row["findings"]] == ["status"], "only that it is a draft keeps it back"


def test_a_file_is_taken_as_it_is(world: World) -> None:
    values = {"name": "up", "title": "Uploaded", "start": "file"}
    files = {"file": ("policy.yaml", written("up").encode(), "text/yaml")}
    assert world.author.submit("/o/prairie/policies/new", values, files=files).status_code == 303
    latin = {"file": ("policy.yaml", b"title: \xe9", "text/yaml")}
    assert world.author.submit("/o/prairie/policies/new", {**values, "name": "no"}, files=latin).status_code == 422
    taken = world.author.submit("/o/prairie/policies/new", values, files=files)
    assert "There is a policy of this name already." in taken.text


def test_a_draft_is_discarded_for_a_reason(world: World) -> None:
    row = world.create()
    address = f"/o/prairie/policies/{row['id']}/discard"
    assert world.author.submit(address, {"version": row["version"], "why": ""}).status_code == 422
    assert world.author.submit(address, {"version": 99, "why": "Not needed."}).status_code == 409
    assert world.author.submit(address, {"version": row["version"], "why": "Not needed."}).status_code == 303
    assert world.program.get(api(row)).status_code == 404


def test_who_reads_changes_nothing_and_everything_is_recorded(world: World) -> None:
    row = world.publish(world.create())
    page = world.auditor.get(f"/o/prairie/policies/{row['id']}")
    assert page.status_code == 200
    assert "Begin the next version" not in page.text
    assert world.auditor.get("/o/prairie/policies?format=csv").text.count("salary") == 1
    with world.site.desk.database.reading() as session:
        deeds = [each.action for each in session.exec(select(AuditEntry)) if each.target == f"policy:{row['id']}"]
        edition = session.exec(select(Edition)).one()
    assert deeds == ["policy.created", "policy.asked", "policy.published"]
    assert open_secured(edition.body or b"").proofs


def _organization(site: Site, slug: str) -> Organization:
    with site.desk.database.reading() as session:
        found: Organization = session.exec(select(Organization).where(Organization.slug == slug)).one()
    return found


def test_one_that_cannot_be_read_any_more_hides_no_other(world: World) -> None:
    world.publish(world.create("good"))
    bad = world.publish(world.create("bad"))
    with world.site.desk.database.writing() as session:
        edition = session.exec(select(Edition).where(Edition.thing_id == bad["id"])).one()
        edition.content = "id: [of another time"
        session.add(edition)
    fresh = PublishedShelf(world.site.desk.database, "https://badges.example", world.site.clock)
    assert fresh.now().names == ("prairie.good",)


def test_it_is_told_whose_decisions_a_change_would_alter(world: World) -> None:
    text = receiving.POLICY.format(url="https://badges.example", did=world.org.did, status="in-force")
    text = text.replace("ridge.credit", "prairie.credit")
    first = world.publish(world.create("credit", text))
    badge = receiving.badge(world.site, world.org, "altered", "Altered by a Change")
    filed, _, _ = receiving.filed(world.site, world.org, badge, "somebody")
    world.author.submit(f"/o/prairie/policies/{first['id']}/versions/{first['versions'][0]['id']}/draft")
    row = world.read(first)
    less = text.replace('version: "1"', 'version: "2"').replace("fixed: 2", "fixed: 1")
    world.program.put(f"{api(row)}/draft", json={"text": less, "version": row["version"]})
    said = json_of(world.program.get(f"{api(row)}/comparison"))
    assert said["decisionsTried"] == 1
    (altered,) = said["decisionsAltered"]
    assert altered["decision"] == filed.id
    assert "2 in-district credit becomes 1 in-district credit." in altered["how"]
    page = world.author.get(f"/o/prairie/policies/{row['id']}/compare").text
    assert "One would become another." in page
    assert "2 in-district credit becomes 1 in-district credit." in page
