"""`badgeport hr` as a payroll office runs it: import, import again, a revocation, a re-check, a reversal, an export."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from support import deciding
from support import payroll as p
from support import verifying as v

from .conftest import Cli, Ran

SECRET = "a secret that payroll and we know of"


class Office:
    """A folder with badges, a roster, a policy and documents, and the commands run over it."""

    def __init__(self, folder: Path, cli: Cli) -> None:
        self.folder, self._cli = folder, cli
        for name in ("badges", "documents"):
            (folder / name).mkdir()
        self.revoked()
        self.rule()
        (folder / "roster.csv").write_text(p.ROSTER)
        badge = p.badge("a", credentialStatus=v.status_entry(), validUntil=None)
        (folder / "badges" / "a.json").write_bytes(badge)
        (folder / "badges" / "b.json").write_bytes(p.badge("b", p.OMAR, validUntil=None))
        (folder / "badges" / "c.json").write_bytes(p.badge("c", "did:example:nobody", validUntil=None))

    def revoked(self, *indexes: int) -> None:
        """Publish the status list with these entries set."""
        body = v.status_list(*indexes, validUntil="2099-01-01T00:00:00Z")
        (self.folder / "documents" / "list.json").write_bytes(body)
        (self.folder / "documents" / "index.json").write_text(json.dumps({v.LIST: "list.json"}))

    def rule(self, **members: Any) -> None:
        """Write the policy with its rule changed."""
        version = members.pop("version", "1")
        effective = {"from": "2026-01-01", "until": "2099-12-31"}
        caps = [deciding.cap("three", "3")]
        body = p.policy(p.rule(**members), version=version, effective=effective, caps=caps, status="in-force").body
        (self.folder / "policy.json").write_text(json.dumps(dict(body)))

    def run(self, *arguments: str) -> Ran:
        """Run a command over the office's ledger."""
        return self._cli("hr", *arguments, "--data-dir", self.folder / "data")

    def bring_in(self, *more: str) -> Ran:
        """Import the folder of badges."""
        roster, policy = str(self.folder / "roster.csv"), str(self.folder / "policy.json")
        given = ("--roster", roster, "--policy", policy, *self.documents)
        return self.run("import", str(self.folder / "badges"), *given, *more)

    @property
    def documents(self) -> tuple[str, ...]:
        """Look nothing up on the web."""
        return ("--documents", str(self.folder / "documents"), "--offline")


@pytest.fixture
def office(tmp_path: Path, cli: Cli) -> Office:
    return Office(tmp_path, cli)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A server that takes reports: its address, and what it was sent."""
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Badgeport-Signature"], body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    monkeypatch.setenv("BADGEPORT_ALLOW_LOOPBACK_HTTP", "yes")
    monkeypatch.setenv("BADGEPORT_HR_WEBHOOK_SECRET", SECRET)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hr", taken
    server.shutdown()
    server.server_close()


def test_the_whole_story(office: Office, receiver: tuple[str, list[tuple[str, bytes]]]) -> None:
    url, taken = receiver
    package = office.folder / "import.zip"
    first = office.bring_in("--json", "--package", str(package))
    assert first.code == 3
    assert (first.json["outcomes"], first.json["credits"], first.json["amount"]) == (
        {"new": 2, "quarantined": 1},
        2,
        "2",
    )
    assert "put aside: c.json: Nobody on the roster" in first.err
    with zipfile.ZipFile(package) as archive:
        assert "badgeport-import.json" in archive.namelist()

    again = office.bring_in("--json")
    assert (again.json["outcomes"], again.json["credits"]) == ({"known": 2, "quarantined": 1}, 0)

    (aside,) = office.run("ledger", "--quarantined", "--json").json["quarantined"]
    assert (aside["name"], aside["code"], aside["import"]) == ("c.json", "no-employee", 1)

    shown = office.run("ledger", "--reconcile", "--json")
    assert (shown.code, shown.json["problems"]) == (0, [])
    assert [(each["employee"], each["amount"], each["caps"][0]["left"]) for each in shown.json["balances"]] == [
        ("E-1", "1", "2"),
        ("E-2", "1", "2"),
    ]

    quiet = office.run("recheck", *office.documents, "--webhook", url)
    assert (quiet.code, taken) == (0, [])
    office.revoked(7)
    found = office.run("recheck", *office.documents, "--webhook", url, "--json")
    (change,) = found.json["changes"]
    assert (found.code, change["code"], change["proposal"], change["new"]) == (1, "REVOKED", "reverse", True)
    ((signature, body),) = taken
    at, _, digest = signature.removeprefix("t=").partition(",v1=")
    assert digest == hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert json.loads(body) == found.json

    number = str(change["finding"])
    settled = office.run("settle", number, "--accept", "--who", "R. Lund", "--why", "revoked by Lakeside")
    assert settled.code == 0
    assert office.run("ledger", "E-1", "--json").json["balances"][0]["amount"] == "0"
    assert office.run("ledger", "--reconcile").code == 0

    rows = list(csv.DictReader(io.StringIO(office.run("export").out.decode("utf-8-sig"))))
    assert [(row["employee"], row["standing"], row["amount"], row["verdict"], row["code"]) for row in rows] == [
        ("E-1", "reversed", "0", "invalid", "REVOKED"),
        ("E-2", "credited", "1", "valid", ""),
    ]
    revoked = (office.folder / "badges" / "a.json").read_bytes()
    assert rows[0]["original"] == hashlib.sha256(revoked).hexdigest()


def test_a_new_version_of_the_policy_is_reported(office: Office) -> None:
    office.bring_in()
    office.rule(worth={"fixed": "0.5"}, version="2")
    found = office.run("recheck", *office.documents, "--policy", str(office.folder / "policy.json"), "--json")
    assert [change["code"] for change in found.json["changes"]] == ["policy-less 2"] * 2
    assert office.run("ledger", "E-1", "--json").json["balances"][0]["amount"] == "1"


def test_the_exports_of_standards_say_that_they_are_experimental(office: Office) -> None:
    office.bring_in()
    resume = office.run("export", "--format", "ler-rs", "--roster", str(office.folder / "roster.csv"))
    assert resume.json["status"].startswith("experimental")
    assert len(resume.json["rows"]) == 2
    assert office.run("export", "--format", "ed-fi").code == 2
    credentials = office.run("export", "--format", "ed-fi", "--state", "IL", "--namespace", "uri://kaneridge.example")
    assert len(credentials.json["rows"]) == 2
    assert "experimental" in credentials.err


def test_the_package_of_an_import_can_be_had_later(office: Office) -> None:
    office.bring_in()
    target = office.folder / "later.zip"
    assert office.run("export", "--import", "1", "-o", str(target)).code == 0
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
    assert "there is no import 9" in office.run("export", "--import", "9").err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("recheck",), "there is no ledger here"),
        (("export",), "there is no ledger here"),
        (("settle", "1", "--accept", "--who", "x", "--why", "y"), "there is no ledger here"),
        (("import", "missing", "--roster", "r.csv", "--policy", "utah"), "missing: there is no such file or folder"),
    ],
)
def test_what_cannot_be_done_is_said(office: Office, arguments: tuple[str, ...], message: str) -> None:
    ran = office.run(*arguments)
    assert ran.code == 2
    assert message in ran.err


def test_a_webhook_needs_a_secret(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.bring_in()
    monkeypatch.setenv("BADGEPORT_HR_WEBHOOK_SECRET", "short")
    ran = office.run("recheck", *office.documents, "--webhook", "https://payroll.example/hr")
    assert (ran.code, "at least 32 characters" in ran.err) == (2, True)


def test_bad_rows_of_the_roster_are_named_and_put_aside(office: Office) -> None:
    (office.folder / "roster.csv").write_text(p.ROSTER + "E-3,Eva,nonsense,,BA,,,\n")
    ran = office.bring_in("--json")
    assert ran.json["rosterRowsRefused"] == 1
    assert "line 4 is not used: emails: nonsense is not an e-mail address" in ran.err
    assert ran.json["quarantined"] == {"bad-roster-row": 1, "no-employee": 1}


def test_an_example_policy_is_told_to_be_one(office: Office) -> None:
    roster = str(office.folder / "roster.csv")
    ran = office.run(
        "import", str(office.folder / "badges"), "--roster", roster, "--policy", "in-district-credit", *office.documents
    )
    assert "is an example" in ran.err
    assert "credited: 0 in-district credit" in ran.text
