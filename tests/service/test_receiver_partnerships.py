"""Agreements that an organisation keeps and whom it approves: drafts, members by day, lists that are signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Organization
from badgeport.receiver.partnerships.tables import Approved
from badgeport.service.working import worker_of
from support import hosted
from support.site import Browser, Site, json_of

AGREEMENTS = "/api/v1/organizations/prairie/agreements"
APPROVALS = "/api/v1/organizations/prairie/approvals"
GUILD = "did:web:guild.example"
MEMBERS = [
    {"id": "did:web:arkansas.example", "name": "Arkansas", "area": "US-AR", "issuers": [GUILD]},
    {"id": "did:web:wyoming.example", "name": "Wyoming", "area": "US-WY", "withdrawn": "2026-02-01"},
    {"id": "did:web:utah.example", "name": "Utah", "from": "2028-01-01", "issuers": []},
]


@dataclass
class World:
    site: Site
    author: Browser
    auditor: Browser
    program: Any
    award: Award | None = None

    def work(self) -> None:
        worker_of(self.site.app.state.office).run_until_idle()

    def badge(self) -> Any:
        """A badge of the organisation's own."""
        if self.award is None:
            with self.site.desk.database.reading() as session:
                org = session.exec(select(Organization)).one()
            self.award = hosted.award(self.site, org, hosted.published(self.site, org))
            self.work()
        return json_of(self.site.program().get(f"/c/{self.award.id}.json"))

    def agreement(self, name: str, **members: Any) -> dict[str, Any]:
        row = json_of(self.program.post(AGREEMENTS, json={"name": name, "title": "Partnership"}))
        body = {"title": "Partnership of states", "from": "2025-07-01", "members": MEMBERS, **members}
        saved = self.program.put(f"{AGREEMENTS}/{row['id']}/draft", json={"agreement": body, "version": row["version"]})
        assert saved.status_code == 200, saved.text
        return dict(json_of(saved))

    def published(self, name: str) -> dict[str, Any]:
        row = self.agreement(name)
        answer = self.program.post(f"{AGREEMENTS}/{row['id']}/publish", json={"version": row["version"]})
        assert answer.status_code == 202, answer.text
        self.work()
        return dict(json_of(self.program.get(f"{AGREEMENTS}/{row['id']}")))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    site = Site(tmp_path_factory.mktemp("partnerships"))
    org = hosted.issuer(site, "prairie", name="Prairie", kind="cooperative")
    author = site.person("Ada Author", {"prairie": [Role.POLICY_AUTHOR]})
    auditor = site.person("Aldo Auditor", {"prairie": [Role.AUDITOR]})
    program = site.program(site.token(org, "policies:read", "policies:write"))
    yield World(site, site.browser(author), site.browser(auditor), program)
    site.close()


@pytest.fixture
def no_approvals(world: World) -> None:
    """The organisation approves nobody yet."""
    with world.site.desk.database.writing() as session:
        for row in session.exec(select(Approved)):
            session.delete(row)


def test_an_agreement_is_signed_and_on_the_shelf(world: World) -> None:
    row = world.published("states")
    assert row["address"] == "https://badges.example/agreements/prairie.states"
    assert [each["state"] for each in row["members"]] == ["current", "withdrawn", "coming"]
    shelf = world.site.app.state.desk.shelf
    agreement = shelf.agreements[row["address"]]
    assert [each.name for each in agreement.members_on(world.site.clock().date())] == ["Arkansas"]
    signed = shelf.signed_agreement(row["address"])
    report = world.site.app.state.desk.verifiers["default"].inspect(signed.data, now=world.site.clock())
    assert (report.verdict.value, report.credential.issuer) == ("valid", "did:web:badges.example:issuers:prairie")
    page = world.auditor.get(f"/o/prairie/agreements/{row['id']}").text
    assert "Member today" in page
    assert "Withdrew" in page


def test_everyone_finds_it_at_its_address(world: World) -> None:
    row = world.published("found")
    signed = world.site.program().get("/agreements/prairie.found")
    assert json_of(signed)["credentialSubject"]["id"] == row["address"]
    page = world.site.program().get("/agreements/prairie.found", headers={"Accept": "text/html"})
    assert "Arkansas" in page.text


def test_a_later_edition_takes_its_place(world: World) -> None:
    row = world.published("later")
    here = f"/o/prairie/agreements/{row['id']}"
    assert world.author.submit(f"{here}/draft").status_code == 303
    page = world.author.get(f"{here}/edit").text
    assert 'value="did:web:wyoming.example"' in page
    version = json_of(world.program.get(f"{AGREEMENTS}/{row['id']}"))["version"]
    form = {
        "version": version,
        "title": "Partnership",
        "from": "2025-07-01",
        "members-0-name": "Wyoming",
        "members-0-id": "did:web:wyoming.example",
        "members-0-alone": "yes",
        "members-4-name": "Georgia",
        "members-4-id": "did:web:georgia.example",
        "members-4-issuers": "did:web:a.example\ndid:web:b.example",
        "do": "close",
    }
    assert world.author.submit(f"{here}/edit", form).status_code == 303
    assert world.author.submit(f"{here}/publish", {"version": version + 1}).status_code == 303
    world.work()
    agreement = world.site.app.state.desk.shelf.agreements[row["address"]]
    assert [(each.name, each.issuers) for each in agreement.members] == [
        ("Wyoming", ()),
        ("Georgia", ("did:web:a.example", "did:web:b.example")),
    ]


def test_a_withdrawn_agreement_is_nobodys_and_none_before_it_comes_back(world: World) -> None:
    row = world.published("gone")
    for _ in range(2):
        world.program.post(f"{AGREEMENTS}/{row['id']}/draft", json={})
        now = json_of(world.program.get(f"{AGREEMENTS}/{row['id']}"))
        world.program.post(f"{AGREEMENTS}/{row['id']}/publish", json={"version": now["version"]})
        world.work()
    shelf = world.site.app.state.desk.shelf
    assert row["address"] in shelf.agreements
    here = f"/o/prairie/agreements/{row['id']}/withdraw"
    assert world.author.submit(here, {"why": ""}).status_code == 422
    assert world.author.submit(here, {"why": "It was never agreed."}).status_code == 303
    assert row["address"] not in shelf.agreements


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"members": []}, "/members"),
        ({"from": "2026-02-30"}, "/from"),
        ({"members": [{"id": "did:web:a.example", "name": "A", "witdrawn": "2026-01-01"}]}, "/members/0/witdrawn"),
    ],
)
def test_what_is_wrong_with_a_draft_is_named_and_not_signed(world: World, members: Any, pointer: str) -> None:
    row = world.agreement(f"wrong{'-'.join(pointer.split('/'))}".replace("/", ""), **members)
    assert row["wrong"][0]["pointer"] == pointer
    answer = world.program.post(f"{AGREEMENTS}/{row['id']}/publish", json={"version": row["version"]})
    assert answer.status_code == 400
    assert row["editions"] == []


def test_nobody_writes_over_an_agreement_they_have_not_seen(world: World) -> None:
    row = world.agreement("locked")
    late = world.author.submit(
        f"/o/prairie/agreements/{row['id']}/edit", {"version": row["version"] - 1, "title": "What I typed"}
    )
    assert late.status_code == 409
    assert "What I typed" in late.text


# -- approvals --------------------------------------------------------------------------------------------------------


def approve(world: World, **members: Any) -> Any:
    return world.program.post(APPROVALS, json={"issuer": GUILD, "from": "2026-01-01", **members})


@pytest.mark.usefixtures("no_approvals")
def test_approvals_are_published_as_a_list_that_the_authority_signed(world: World) -> None:
    assert approve(world, achievement="https://guild.example/a", name="Reading").status_code == 201
    assert approve(world, achievement="https://guild.example/b", until="2026-02-01").status_code == 201
    page = world.author.get("/o/prairie/approvals?state=current").text
    assert "Reading" in page
    assert "https://guild.example/b" not in page
    assert world.author.submit("/o/prairie/approvals/publish").status_code == 303
    world.work()
    signed = world.site.program().get("/approvals/prairie")
    document = json_of(signed)
    assert document["credentialSubject"]["id"] == "https://badges.example/approvals/prairie"
    assert len(document["credentialSubject"]["approvalList"]["approvals"]) == 2
    report = world.site.app.state.desk.verifiers["default"].inspect(signed.content, now=world.site.clock())
    assert report.verdict.value == "valid"
    everyone = world.site.browser().get("/approvals/prairie", headers={"Accept": "text/html"}).text
    assert "One approval is current." in everyone
    said = json_of(world.program.get(f"{APPROVALS}/list"))
    assert (said["upToDate"], said["editions"][0]["state"]) == (True, "published")
    approve(world, achievement="https://guild.example/c")
    assert json_of(world.program.get(f"{APPROVALS}/list"))["upToDate"] is False


@pytest.mark.usefixtures("no_approvals")
@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"issuer": ""}, "/issuer"),
        ({"issuer": "guild"}, "/issuer"),
        ({"area": "Illinois"}, "/area"),
        ({"until": "2025-01-01"}, "/until"),
    ],
)
def test_an_approval_that_says_nothing_clear_is_refused(world: World, members: Any, pointer: str) -> None:
    answer = approve(world, **members)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


@pytest.mark.usefixtures("no_approvals")
def test_the_same_is_not_approved_twice_on_one_day(world: World) -> None:
    assert approve(world, until="2026-06-30").status_code == 201
    assert approve(world, **{"from": "2026-06-30"}).status_code == 400
    assert approve(world, **{"from": "2026-07-01"}).status_code == 201
    assert approve(world, area="US-IL").status_code == 201, "for another area it is another approval"


@pytest.mark.usefixtures("no_approvals")
def test_a_table_is_taken_over_whole_or_not_at_all(world: World) -> None:
    rows = "issuer,achievement,from,until\ndid:web:a.example,,2026-01-01,\n"
    bad = f"{rows},,2026-01-01,\ndid:web:b.example,,2026-13-01,\n"
    here = "/o/prairie/approvals/import"
    page = world.author.submit(here, files={"file": ("a.csv", bad.encode(), "text/csv")})
    assert page.status_code == 422
    assert "2 rows are not right" in page.text
    assert '<th scope="row" class="number">3</th>' in page.text
    assert '<th scope="row" class="number">4</th>' in page.text
    assert json_of(world.program.get(APPROVALS))["total"] == 0
    problem = world.program.post(f"{APPROVALS}/import", json={"csv": bad}).json()
    assert [each["detail"].partition(":")[0] for each in problem["errors"]] == ["Line 3", "Line 4"]
    assert world.author.submit(here, files={"file": ("a.csv", rows.encode(), "text/csv")}).status_code == 303
    assert json_of(world.program.post(f"{APPROVALS}/import", json={"csv": rows}))["added"] == 0, "it is there already"
    clash = rows.replace("2026-01-01,", "2026-01-01,2027-01-01")
    assert world.program.post(f"{APPROVALS}/import", json={"csv": clash}).status_code == 409
    assert "did:web:a.example" in world.auditor.get("/o/prairie/approvals?format=csv").text


@pytest.mark.usefixtures("no_approvals")
def test_an_approval_ends_with_a_day_and_a_reason(world: World) -> None:
    running = json_of(approve(world))
    coming = json_of(approve(world, issuer="did:web:later.example", **{"from": "2030-01-01"}))
    here = f"/o/prairie/approvals/{running['id']}/end"
    assert world.author.submit(here, {"until": "2026-03-01", "why": ""}).status_code == 422
    assert world.author.submit(here, {"until": "2025-03-01", "why": "Audit."}).status_code == 422
    assert world.author.submit(here, {"until": "2026-03-01", "why": "Audit."}).status_code == 303
    longer = {"until": "2026-04-01", "why": "Longer."}
    assert world.program.post(f"{APPROVALS}/{running['id']}/end", json=longer).status_code == 400
    early = {"until": "2026-03-01", "why": "Never mind."}
    assert world.program.post(f"{APPROVALS}/{coming['id']}/end", json=early).status_code == 204
    left = json_of(world.program.get(APPROVALS))["items"]
    assert [(each["issuer"], each["until"], each["state"]) for each in left] == [(GUILD, "2026-03-01", "ended")]


@pytest.mark.usefixtures("no_approvals")
def test_a_list_of_nothing_is_not_signed_by_accident(world: World) -> None:
    assert world.program.post(f"{APPROVALS}/list/publish", json={}).status_code == 409


def test_who_reads_changes_nothing_and_why_is_recorded(world: World) -> None:
    page = world.auditor.get("/o/prairie/approvals").text
    assert "Import a table" not in page
    assert world.auditor.submit("/o/prairie/approvals/publish").status_code == 403
    with world.site.desk.database.reading() as session:
        deeds = {each.action: each.why for each in session.exec(select(AuditEntry))}
    assert {"agreement.created", "agreement.published", "approval.added", "approval.imported"} <= set(deeds)
    assert deeds["agreement.withdrawn"] == "It was never agreed."


# -- the list is looked up --------------------------------------------------------------------------------------------


def lists_policy(url: str, name: str) -> str:
    """A policy that counts what the prairie approves, by the list at an address."""
    return f"""\
id: https://badges.example/policies/prairie.{name}
version: "1"
title: Approved
jurisdiction: {{id: "did:web:badges.example:issuers:prairie", name: Prairie, area: US-IL, kind: cooperative}}
effective: {{from: 2026-01-01}}
status: in-force
purposes:
  designation: {{title: Designation, unit: badge}}
approvalLists:
  - {{authority: "did:web:badges.example:issuers:prairie", url: "{url}"}}
rules:
  - id: approved
    title: What is approved
    purpose: designation
    citation: {{text: Section 1}}
    conditions:
      - issuerAuthorized: true
    worth: {{fixed: 1}}
    decides: automatic
"""


def decided(world: World, name: str, url: str) -> dict[str, Any]:
    """The decision on an own badge under a published policy that names a list at an address."""
    policies = "/api/v1/organizations/prairie/policies"
    text = lists_policy(url, name)
    row = json_of(world.program.post(policies, json={"name": name, "title": "Approved", "text": text}))
    assert row["findings"] == []
    world.program.post(f"{policies}/{row['id']}/publish", json={"version": row["version"]})
    world.work()
    answer = world.site.program().post(
        "/api/v1/recognize", json={"credentials": [world.badge()], "policy": f"prairie.{name}"}
    )
    assert answer.status_code == 200, answer.text
    return dict(json_of(answer))


@pytest.mark.usefixtures("no_approvals")
def test_the_published_list_decides_without_being_handed_in(world: World) -> None:
    own = "did:web:badges.example:issuers:prairie"
    approve(world, issuer="did:web:guild.example", **{"from": "2025-01-01"})
    world.program.post(f"{APPROVALS}/list/publish", json={})
    world.work()
    here = "https://badges.example/approvals/prairie"
    assert decided(world, "not-listed", here)["decision"] == "not_accepted"
    approve(world, issuer=own, **{"from": "2025-01-01"})
    world.program.post(f"{APPROVALS}/list/publish", json={})
    world.work()
    assert decided(world, "listed", here)["decision"] == "accept"


def test_a_list_that_cannot_be_had_leaves_it_open(world: World) -> None:
    found = decided(world, "elsewhere", "https://nowhere.example/approvals")
    assert found["decision"] == "refer"
    assert "https://nowhere.example/approvals could not be relied on" in str(found["trace"])


def test_an_address_of_somebody_who_is_not_believed_is_refused(world: World) -> None:
    text = lists_policy("https://x.example/list", "stranger").replace(
        'authority: "did:web:badges.example:issuers:prairie"', "authority: did:web:x.example"
    )
    row = json_of(
        world.program.post(
            "/api/v1/organizations/prairie/policies", json={"name": "stranger", "title": "S", "text": text}
        )
    )
    assert [(each["line"], each["code"]) for each in row["findings"]] == [(10, "unknown-name")]
