"""Staff credit as a district's HR keeps it, by its pages and by programs: roster, imports, ledger, changes, exports."""

from __future__ import annotations

import csv
import io
import json
import runpy
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.awards.worker import HANDLERS, Worker
from badgeport.issuer.desk import OutboundError
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Membership, Organization
from badgeport.issuer.storage.blobs import DiskBlobs
from badgeport.issuer.storage.database import Database
from badgeport.receiver import site as receiver_site
from badgeport.receiver.hr import imports, rechecks, settings
from badgeport.receiver.hr.rooms import ledger_of
from badgeport.receiver.hr.tables import HrNotice
from badgeport.receiver.office import Office
from badgeport.service.database import migrations
from badgeport.service.database.archive import ArchiveError, backup, restore
from badgeport.service.database.office_files import OfficeFileError, require_room
from badgeport.verifier.hr.rechecking import open_changes
from badgeport.verifier.hr.reconciling import reconcile
from badgeport.verifier.shelf import Shelf
from support import databases, deciding, hosted
from support.served_site import served_site
from support.site import Browser, Site, json_of

from .conftest import Cli

ROSTER = """employee,name,emails,dids,lane,cycle,cycle_from,cycle_until
E-1,Rosa Delgado,rosa@people.example,,BA,2026,2026-01-01,2026-12-31
E-2,Omar Said,omar@people.example,,BA,2026,2026-01-01,2026-12-31
"""
POLICY = "https://kaneridge.example/policies/salary"


@dataclass
class District:
    """A district that credits what an organisation on the same site awards."""

    site: Site
    office: Office
    org: Organization
    issuer: Organization
    definition: Any
    hr: Browser
    admin: Browser
    people: dict[str, Account]
    posted: list[tuple[str, bytes, bytes]]
    awards: dict[str, Award] = field(default_factory=dict)

    at = "/o/kaneridge/hr"
    api = "/api/v1/organizations/kaneridge/hr"

    def work(self) -> int:
        """Have every job done that is due."""
        handlers = {**HANDLERS, **receiver_site.handlers(self.office)}
        return Worker(self.site.desk, "test", handlers=handlers).run_until_idle(most=200)

    def badge(self, name: str = "rosa") -> bytes:
        """A signed badge of somebody."""
        recipient = RecipientData(name.title(), f"{name}@people.example")
        made = hosted.award(self.site, self.issuer, self.definition, f"for {name}", recipient=recipient)
        self.awards[name] = made
        with self.site.desk.database.reading() as session:
            copies = session.exec(select(SignedCopy).where(SignedCopy.award_id == made.id)).all()
        return next(one.body for one in copies if one.form == "json")

    def revoke(self, name: str) -> None:
        with self.site.desk.database.writing() as session:
            row = session.get_one(Award, self.awards[name].id)
            now = self.site.clock()
            awards.revoke(session, self.site.desk, row, "By mistake.", "system", now)
        self.work()

    def bring_in(self, data: bytes, name: str = "badges.json") -> dict[str, Any]:
        """Hand a file in on the page and have it worked off; what the API says of the import."""
        answer = self.hr.submit(f"{self.at}/import", files={"file": (name, data)})
        assert answer.status_code == 303, answer.text
        self.work()
        made: dict[str, Any] = json_of(self.hr.get(answer.headers["location"].replace(self.at, self.api)))
        return made

    def roster(self, text: str) -> Any:
        """Upload a roster."""
        return self.hr.submit(f"{self.at}/roster/import", files={"file": ("roster.csv", text.encode())})

    def recheck(self) -> None:
        assert self.hr.submit(f"{self.at}/recheck").status_code == 303
        self.work()

    def credited(self, employee: str = "E-1") -> list[dict[str, Any]]:
        found: dict[str, Any] = json_of(self.hr.get(f"{self.api}/employees/{employee}"))
        return list(found["credited"])

    def actions(self) -> list[tuple[str, str]]:
        """Who did what, oldest first."""
        with self.site.desk.database.reading() as session:
            rows = session.exec(select(AuditEntry).where(AuditEntry.org_id == self.org.id)).all()
        return [(row.actor, row.action) for row in rows]


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    shelf = tmp_path / "policies"
    shelf.mkdir()
    write_policy(shelf)
    site = Site(tmp_path / "data", shelf=shelf)
    issuer = hosted.issuer(site, "prairie")
    org = site.organization("kaneridge", name="Kane Ridge District")
    people = {
        "hr": site.person("Henrike Rohm", {"kaneridge": [Role.HR]}),
        "admin": site.person("Ada Minster", {"kaneridge": [Role.ADMINISTRATOR]}),
    }
    posted: list[tuple[str, bytes, bytes]] = []

    def post(url: str, body: bytes, secret: bytes, now: datetime) -> None:
        if "down" in url:
            raise OutboundError("it does not answer")
        posted.append((url, body, secret))

    office = site.app.state.office = replace(site.app.state.office, post_signed=post)
    browsers = [site.browser(people[who]) for who in ("hr", "admin")]
    made = District(site, office, org, issuer, hosted.published(site, issuer), *browsers, people, posted)
    choice = {"choice": f"{deciding.PURPOSE} {POLICY}", "every_days": "7"}
    assert made.hr.submit(f"{made.at}/settings", choice).status_code == 303
    assert made.roster(ROSTER).status_code == 303
    yield made
    site.close()


PRAIRIE = {"issuer": {"oneOf": ["did:web:badges.example:issuers:prairie"]}}


def write_policy(shelf: Path, credential: Any = PRAIRIE) -> None:
    """One credit for each badge of Prairie, three at most in a cycle."""
    rule = deciding.rule("each", credential=[credential])
    caps = [deciding.cap("three", "3", per="cycle")]
    body = deciding.policy(rule, id=POLICY, status="in-force", caps=caps).body
    (shelf / "salary.json").write_text(json.dumps(dict(body)))


# -- roster and settings -----------------------------------------------------------------------------------------------


def test_rows_of_a_roster_that_are_not_right_are_told_by_line(district: District) -> None:
    answer = district.roster(ROSTER + "E-3,Bad Row,not-an-address,,,,,\n")
    assert answer.status_code == 303
    assert json_of(district.hr.get(f"{district.api}/roster")) == {
        "employees": 2,
        "refused": [{"line": 4, "reason": "emails: not-an-address is not an e-mail address"}],
    }
    assert "emails: not-an-address is not an e-mail address" in district.hr.get(f"{district.at}/settings").text


@pytest.mark.parametrize(
    "text", ["", "who,emails\nE-1,a@b.example\n", "employee,emails\nE-1,nobody\n", "employee,emails\n"]
)
def test_what_is_no_roster_takes_no_place(district: District, text: str) -> None:
    assert district.roster(text).status_code == 422
    assert json_of(district.hr.get(f"{district.api}/roster"))["employees"] == 2
    assert district.hr.get(f"{district.at}/roster/file").text == ROSTER


def test_only_a_policy_that_is_there_can_be_chosen(district: District) -> None:
    answer = district.hr.submit(
        f"{district.at}/settings", {"choice": "stipend https://nowhere.example", "every_days": "7"}
    )
    assert answer.status_code == 422
    assert "Choose a policy and what it is used for." in answer.text


def test_the_secret_of_reports_is_shown_once_and_kept_sealed(district: District) -> None:
    url = "https://payroll.example/badges"
    shown = district.admin.submit(f"{district.at}/webhook", {"url": url}).text
    secret = shown.partition('id="secret" readonly value="')[2].partition('"')[0]
    assert len(secret) > 40
    assert secret not in district.admin.get(f"{district.at}/settings").text
    data = (district.site.settings.data_dir / "badgeport.sqlite").read_bytes()
    assert secret.encode() not in data
    assert district.hr.submit(f"{district.at}/webhook", {"url": url}).status_code == 403
    assert district.admin.submit(f"{district.at}/webhook", {"url": "ftp://payroll.example"}).status_code == 422


# -- imports -----------------------------------------------------------------------------------------------------------


def test_a_badge_is_imported_credited_and_shown(district: District) -> None:
    data = district.badge()
    said = district.bring_in(data)
    assert (said["state"], said["summary"]["outcomes"]) == ("done", {"new": 1})
    assert district.credited() == [{"purpose": deciding.PURPOSE, "amount": "1", "unit": deciding.UNIT}]
    page = district.hr.get(f"{district.at}/employees/E-1").text
    for words in ("Rosa Delgado", "2 of 3 left", f"{district.at}/decisions/1"):
        assert words in page
    decision = json_of(district.hr.get(f"{district.api}/decisions/1"))
    assert (decision["decision"]["decision"], decision["lines"][0]["amount"]) == ("accept", "1")
    assert json_of(district.hr.get(f"{district.api}/reconciliation")) == {"problems": []}
    (run,) = said["runs"]
    with zipfile.ZipFile(io.BytesIO(district.hr.get(f"{district.at}/packages/{run}").content)) as package:
        assert data in [package.read(name) for name in package.namelist() if name.startswith("originals/")]
    (row,) = csv.DictReader(io.StringIO(district.hr.get(f"{district.at}/export/file").content.decode("utf-8-sig")))
    assert (row["employee"], row["amount"], row["verdict"]) == ("E-1", "1", "valid")


def test_the_same_again_credits_nothing(district: District) -> None:
    data = district.badge()
    district.bring_in(data)
    again = district.bring_in(data)
    assert (again["summary"]["outcomes"], again["summary"]["credits"]) == ({"known": 1}, 0)


def test_what_is_put_aside_is_taken_when_the_roster_is_right(district: District) -> None:
    data = district.badge("ines")
    first = district.bring_in(data)
    assert first["summary"]["quarantined"] == {"no-employee": 1}
    (aside,) = json_of(district.hr.get(f"{district.api}/put-aside"))["items"]
    assert district.hr.get(f"{district.at}/put-aside/{aside['number']}/original").content == data
    district.roster(ROSTER + "E-3,Ines Marchetti,ines@people.example,,,,,\n")
    assert district.hr.submit(f"{district.at}/put-aside/again").status_code == 303
    district.work()
    assert [one["amount"] for one in district.credited("E-3")] == ["1"]
    assert json_of(district.hr.get(f"{district.api}/put-aside"))["items"] == []
    assert district.hr.submit(f"{district.at}/put-aside/again").status_code == 409


def test_a_large_file_is_imported_in_parts(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "TOGETHER", 1)
    lines = b"\n".join(json.dumps(json.loads(district.badge(name))).encode() for name in ("rosa", "omar"))
    said = district.bring_in(lines + b"\nnothing\n", "badges.ndjson")
    assert (said["state"], said["summary"]["pieces"], len(said["runs"])) == ("done", 3, 3)
    assert said["summary"]["outcomes"] == {"new": 2, "quarantined": 1}
    assert district.credited("E-1") == district.credited("E-2") != []


def test_a_part_that_is_done_twice_counts_once(district: District) -> None:
    """A worker died after the ledger had it and before it could say so."""
    answer = district.hr.submit(f"{district.at}/import", files={"file": ("a.json", district.badge())})
    import_id = answer.headers["location"].rpartition("/")[2]
    handler, desk = imports.Importing(district.office), district.site.desk
    with desk.database.reading() as session:
        prepared = handler.prepare(desk, session, import_id)
    handler.work(desk, prepared)
    district.work()
    assert [one["amount"] for one in district.credited()] == ["1"]
    assert json_of(district.hr.get(f"{district.api}/reconciliation")) == {"problems": []}


def test_an_import_whose_policy_is_gone_stops_and_says_so(district: District) -> None:
    answer = district.hr.submit(f"{district.at}/import", files={"file": ("a.json", district.badge())})
    without = replace(district.office, verifier=replace(district.office.verifier, shelf=Shelf()))
    Worker(district.site.desk, "test", handlers=receiver_site.handlers(without)).run_until_idle(most=50)
    page = district.hr.get(answer.headers["location"]).text
    assert imports.NO_POLICY in page


@pytest.mark.parametrize(("listed", "state"), [(True, "accept"), (False, "not_accepted")])
def test_the_list_of_an_authority_is_looked_up(district: District, listed: bool, state: str) -> None:
    """A policy that counts what the authority's published list has, chosen by a district that holds no list."""
    here = "https://badges.example/approvals/prairie"
    own = "did:web:badges.example:issuers:prairie"
    base = "/api/v1/organizations/prairie"
    program = district.site.program(district.site.token(district.issuer, "policies:read", "policies:write"))
    approved = {"issuer": own if listed else "did:web:guild.example", "from": "2020-01-01"}
    assert program.post(f"{base}/approvals", json=approved).status_code == 201
    assert program.post(f"{base}/approvals/list/publish", json={}).status_code == 202
    text = f"""\
id: https://badges.example/policies/prairie.listed
version: "1"
title: Approved
jurisdiction: {{id: "{own}", name: Prairie, area: US-IL, kind: cooperative}}
effective: {{from: 2026-01-01}}
status: in-force
purposes:
  designation: {{title: Designation, unit: badge}}
approvalLists:
  - {{authority: "{own}", url: "{here}"}}
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
    row = json_of(program.post(f"{base}/policies", json={"name": "listed", "title": "Approved", "text": text}))
    assert program.post(f"{base}/policies/{row['id']}/publish", json={"version": row["version"]}).status_code == 202
    district.work()
    choice = {"choice": "designation https://badges.example/policies/prairie.listed", "every_days": "7"}
    assert district.hr.submit(f"{district.at}/settings", choice).status_code == 303
    district.bring_in(district.badge())
    assert json_of(district.hr.get(f"{district.api}/decisions/1"))["decision"]["decision"] == state


def test_nothing_is_imported_without_a_roster(district: District) -> None:
    district.site.organization("bare")
    person = district.site.browser(district.site.person("Paul Bare", {"bare": [Role.HR]}))
    answer = person.submit("/o/bare/hr/import", files={"file": ("a.json", b"{}")})
    assert answer.status_code == 409
    assert "Choose a policy and upload a roster first" in answer.text


def test_a_program_hands_in_and_reads(district: District) -> None:
    program = district.site.program(district.site.token(district.org, "hr:read", "hr:write"))
    sent = program.post(f"{district.api}/import?name=badge.json", content=district.badge())
    assert sent.status_code == 202
    district.work()
    assert json_of(program.get(sent.headers["location"]))["summary"]["credits"] == 1
    assert json_of(program.get(f"{district.api}/employees"))["items"][0]["name"] == "Rosa Delgado"
    ler = program.get(f"{district.api}/export?format=ler-rs")
    assert "verifications" in ler.text
    assert program.get(f"{district.api}/export?format=ed-fi").status_code == 400
    assert (
        program.get(f"{district.api}/export?format=ed-fi&state=AR&namespace=uri://kaneridge.example").status_code == 200
    )


# -- changes -----------------------------------------------------------------------------------------------------------


def revoked(district: District) -> None:
    """A credited badge is revoked, and everything checked again."""
    district.bring_in(district.badge())
    district.revoke("rosa")
    district.site.clock.forward(days=1)
    district.recheck()


def test_a_revocation_is_told_and_nothing_is_taken_back(district: District) -> None:
    secret = json_of(
        district.admin.put(
            f"{district.api}/webhook",
            json={"url": "https://payroll.example/badges"},
            headers={"X-CSRF-Token": district.admin.csrf or ""},
        )
    )["secret"]
    assert district.hr.submit(f"{district.at}/messages", {"wanted": "yes"}).status_code == 303
    revoked(district)
    page = district.hr.get(f"{district.at}/changes").text
    assert "REVOKED" in page
    assert "Take the credit back" in page
    (posted,) = district.posted
    body = json.loads(posted[1])
    assert (posted[0], posted[2]) == ("https://payroll.example/badges", secret.encode())
    assert [(one["employee"], one["code"], one["new"]) for one in body["changes"]] == [("E-1", "REVOKED", True)]
    (mail,) = [one for one in district.site.mails() if one["to"] == "henrike@people.example"]
    assert "/o/kaneridge/hr/changes" in mail["body"]
    assert "Rosa" not in mail["body"]
    assert [one["amount"] for one in district.credited()] == ["1"]
    district.recheck()
    assert len(district.posted) == 1, "what is not new is not told again"


def test_a_person_takes_credit_back_with_a_reason(district: District) -> None:
    revoked(district)
    assert district.hr.submit(f"{district.at}/changes/1", {"do": "accept", "why": " "}).status_code == 422
    answer = district.hr.submit(f"{district.at}/changes/1", {"do": "accept", "why": "Revoked by its issuer."})
    assert answer.status_code == 303
    assert district.credited() == []
    lines = json_of(district.hr.get(f"{district.api}/employees/E-1"))["lines"]
    assert [(one["kind"], one["by"]) for one in lines][1] == ("reversal", district.people["hr"].id)
    assert (district.people["hr"].id, "hr-change.accepted") in district.actions()
    assert district.hr.submit(f"{district.at}/changes/1", {"do": "accept", "why": "Again."}).status_code == 404
    assert "Henrike Rohm" in district.hr.get(f"{district.at}/changes").text


def test_a_proposal_that_is_declined_changes_nothing(district: District) -> None:
    revoked(district)
    assert (
        district.hr.submit(f"{district.at}/changes/1", {"do": "decline", "why": "We look into it."}).status_code == 303
    )
    district.recheck()
    assert [one["amount"] for one in district.credited()] == ["1"]
    assert json_of(district.hr.get(f"{district.api}/changes"))["items"] == []


def test_no_program_decides_about_a_change(district: District) -> None:
    revoked(district)
    program = district.site.program(district.site.token(district.org, "hr:read", "hr:write"))
    answer = program.post(f"{district.api}/changes/1/settle", json={"accept": True, "why": "x"})
    assert answer.status_code == 403
    assert json_of(program.get(f"{district.api}/changes"))["items"][0]["proposal"] == "reverse"


def test_employees_are_looked_at_some_after_others(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rechecks, "TOGETHER", 1)
    for name in ("rosa", "omar"):
        district.bring_in(district.badge(name))
        district.revoke(name)
    district.site.clock.forward(days=1)
    district.recheck()
    with ledger_of(district.office, district.org.id) as ledger:
        assert [one.employee for one in open_changes(ledger)] == ["E-1", "E-2"]
    assert "One change waits" not in district.hr.get(f"{district.at}/changes").text


def test_a_report_that_does_not_arrive_is_tried_again(district: District) -> None:
    assert district.admin.submit(f"{district.at}/webhook", {"url": "https://down.example/"}).status_code == 200
    revoked(district)
    assert "not delivered yet" in district.hr.get(f"{district.at}/changes").text
    with district.site.desk.database.reading() as session:
        (job,) = session.exec(select(Job).where(Job.kind == rechecks.TELLING)).all()
    assert (job.attempts, job.failed) == (1, False)
    assert "it does not answer" in job.error


def test_everything_is_checked_regularly(district: District) -> None:
    district.bring_in(district.badge())
    district.site.clock.forward(days=8)
    district.work()
    with district.site.desk.database.reading() as session:
        (row,) = session.exec(rechecks.rechecks_statement(district.org.id)).all()
    assert (row.created_by, row.state, row.checked) == ("system", "done", 1)


def test_messages_end_with_the_role(district: District) -> None:
    assert district.hr.submit(f"{district.at}/messages", {"wanted": "yes"}).status_code == 303
    with district.site.desk.database.writing() as session:
        for row in session.exec(select(Membership).where(Membership.account_id == district.people["hr"].id)):
            session.delete(row)
    with district.site.desk.database.reading() as session:
        assert session.exec(select(HrNotice)).all() == []


# -- beside the pages --------------------------------------------------------------------------------------------------


def test_a_backup_holds_the_ledger_and_what_was_handed_in(district: District, tmp_path: Path) -> None:
    district.bring_in(district.badge())
    kept, files = tmp_path / "backup.zip", DiskBlobs(tmp_path / "files")
    (tmp_path / "other").mkdir()
    first, database, third = (Database.at(databases.url_of("sqlite", tmp_path / "other")) for _ in range(3))
    migrations.upgrade(first)
    with ledger_of(district.office, district.org.id) as ledger:
        before = ledger.entries()
        now = district.site.clock()
        made = backup(first, files, kept, now=now, software="test", offices=district.office.folder)
    assert made.offices == 3, "ledger, roster, file"
    folder = tmp_path / "brought back"
    restore(database, files, kept, offices=folder)
    with ledger_of(replace(district.office, folder=folder), district.org.id) as ledger:
        assert ledger.entries() == before != ()
        assert reconcile(ledger) == ()
    assert sorted(path.stat().st_mode & 0o777 for path in folder.rglob("*.csv")) == [0o600]
    with pytest.raises(ArchiveError, match="files of offices already"):
        restore(third, files, kept, offices=folder)
    for each in (first, database, third):
        each.close()


def test_a_backup_brings_no_file_out_of_its_folder(tmp_path: Path) -> None:
    for name in ("../x", "a/../x", "/x", "a//x", ""):
        with pytest.raises(OfficeFileError, match="none of ours"):
            require_room(tmp_path / "offices", [name])


def test_the_commands_work_on_the_same_ledger(district: District, cli: Cli) -> None:
    district.bring_in(district.badge())
    own = ("--organization", "kaneridge", "--data-dir", district.site.settings.data_dir)
    found = cli("hr", "ledger", "--reconcile", "--json", *own).json
    assert [(one["employee"], one["amount"]) for one in found["balances"]] == [("E-1", "1")]
    assert found["problems"] == []
    nobody = cli("hr", "ledger", "--organization", "nobody", "--data-dir", district.site.settings.data_dir)
    assert (nobody.code, "no organization 'nobody'" in nobody.err) == (2, True)


def signed_by_the_worker(site: Site, award_id: str) -> bytes:
    """The badge of an award, once the worker of the running service has signed it."""
    wanted = select(SignedCopy.body).where(SignedCopy.award_id == award_id, SignedCopy.form == "json")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with site.desk.database.reading() as session:
            body = session.exec(wanted).first()
        if body is not None:
            return body
        time.sleep(0.05)
    raise AssertionError("the badge was not signed")


def test_the_guide_s_program_runs_against_a_real_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/guides/hr_import.py, over HTTP, with nothing but a token."""
    program = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "guides" / "hr_import.py"))
    shelf, out = tmp_path / "policies", tmp_path / "results"
    shelf.mkdir()
    write_policy(shelf, {"achievementType": {"oneOf": ["MicroCredential"]}})
    (tmp_path / "roster.csv").write_text(ROSTER + "E-3,Bad Row,nobody,,,,,\n")
    with served_site(tmp_path / "data", shelf=shelf) as (site, address):
        host = address.partition("://")[2].replace(":", "%3A")
        issuer = hosted.issuer(site, "prairie", did=f"did:web:{host}:issuers:prairie")
        org = site.organization("kaneridge", did=f"did:web:{host}:issuers:kaneridge")
        made = hosted.award(site, issuer, hosted.published(site, issuer))
        with site.desk.database.writing() as session:
            chosen = {"policy": POLICY, "purpose": deciding.PURPOSE, "state": "", "namespace": "", "every_days": 7}
            settings.choose(session, site.app.state.office, org, **chosen, actor="system", now=site.clock())
        badge = json.dumps(json.loads(signed_by_the_worker(site, made.id))).encode()
        (tmp_path / "badges.ndjson").write_bytes(b"\n".join((badge, badge, b"nothing", b"")))
        given = ["--roster", str(tmp_path / "roster.csv"), "--out", str(out), "--wait", "60"]
        given = [address, "kaneridge", str(tmp_path / "badges.ndjson"), *given]
        assert program["main"](given) == 2
        assert "401" in capsys.readouterr().err
        monkeypatch.setenv("BADGEPORT_TOKEN", site.token(org, "hr:read", "hr:write"))
        assert program["main"](given) == 3
    said = capsys.readouterr()
    assert "credited 1 in-district credit in 1 lines; 2 wait for a person" in said.out
    assert "roster line 4: emails: nobody is not an e-mail address" in said.err
    (row,) = csv.DictReader(io.StringIO((out / "ledger.csv").read_bytes().decode("utf-8-sig")))
    assert (row["employee"], row["standing"], row["verdict"]) == ("E-1", "credited", "valid")
    codes = {one["code"] for one in json.loads((out / "put-aside.json").read_text())}
    assert "bad-roster-row" in codes
    with zipfile.ZipFile(out / "import-1.zip") as package:
        assert "badgeport-import.json" in package.namelist()
