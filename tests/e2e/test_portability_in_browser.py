"""One badge across three organizations, in real browsers: awarded, recognized, credited, revoked, heard of."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Organization
from badgeport.issuer.web.visits import SESSION_COOKIE
from support import chromium, hosted
from support.programs import Neighborhood, Person, neighborhood, until
from support.served_site import served_site
from support.site import Site

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


pytestmark = pytest.mark.skipif(chromium.CHROMIUM is None, reason="no chromium: install it to run the browser tests")

BADGE = "Facilitating Data Talks"
ARKANSAS, CAROLINA, KANE_RIDGE = "Arkansas Professional Learning", "South Carolina Educators", "Kane Ridge District"
ROSTER = b"""employee,name,emails,lane,cycle,cycle_from,cycle_until
E-7,Rosa Delgado,rosa@people.example,MA,2025-2030,2025-07-01,2030-06-30
"""
POLICY = """\
id: {address}/policies/{slug}.{name}
version: "1"
title: {title}
jurisdiction: {{id: "{did}", name: {organization}, area: {area}, kind: {kind}}}
effective: {{from: 2025-01-01}}
status: in-force
purposes:
  {purpose}: {{title: {purpose_title}, unit: {unit}}}
rules:
  - id: partner
    title: Micro-credentials of Arkansas
    purpose: {purpose}
    citation: {{text: "{citation}"}}
    credential:
      - issuer: {{oneOf: ["{issuer}"]}}
    worth: {{fixed: {gives}}}
    decides: automatic
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.running() as started:
        yield started


@contextmanager
def payroll() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Another system on this machine: its address, and the reports that reach it with their signatures."""
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

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/badges", taken
    finally:
        server.shutdown()
        server.server_close()


def enter(people: Neighborhood, account: Account) -> Person:
    """Somebody who is signed in already."""
    person = people.somebody()
    secret = people.site.browser(account).cookies[SESSION_COOKIE]
    person.page.context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": people.address}])
    person.open("/")
    return person


def publish_policy(author: Person, organization: Organization, issuer: Organization, **said: str) -> None:
    """Write a policy and have it signed and published."""
    said |= {"slug": organization.slug, "did": organization.did, "organization": organization.name}
    text = POLICY.format(address=author.neighborhood.address, issuer=issuer.did, **said)
    author.to(organization.name, "Recognition")
    author.follow("New policy")
    author.fill("Title", said["title"])
    author.fill("Name in its address", said["name"])
    author.page.get_by_label("Begin from").select_option("file")
    author.field("File with a policy, YAML or JSON").set_input_files(
        {"name": "policy.yaml", "mimeType": "text/plain", "buffer": text.encode()}
    )
    author.press("Make the draft")
    author.to(organization.name, "Recognition")
    author.follow(said["title"], within=author.page.get_by_role("main"))
    author.follow("Sign and publish")
    author.press("Sign and publish")
    author.sees_in_time("In force")


def award(registrar: Person, organization: str) -> None:
    """Award one person."""
    registrar.to(organization, "Awards")
    registrar.follow("Award one person")
    registrar.choose("Micro-credential", BADGE)
    registrar.press("Go on")
    registrar.fill("E-mail address", "rosa@people.example")
    registrar.fill("Name", "Rosa Delgado")
    registrar.press("Award")


def is_genuine(signature: str, body: bytes, secret: str) -> bool:
    """As docs/hr.md has receivers check it."""
    at, _, stated = signature.removeprefix("t=").partition(",v1=")
    computed = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(stated, computed)


def organizations(site: Site) -> tuple[Organization, Organization, Organization]:
    """The three, with keys."""
    where = site.settings.public_url or ""
    host = where.partition("://")[2].replace(":", "%3A")
    made = [
        hosted.issuer(site, slug, name=name, kind=kind, did=f"did:web:{host}:issuers:{slug}")
        for slug, name, kind in (
            ("arkansas", ARKANSAS, "state"),
            ("south-carolina", CAROLINA, "state"),
            ("kane-ridge", KANE_RIDGE, "district"),
        )
    ]
    return made[0], made[1], made[2]


def test_a_badge_goes_from_state_to_state_to_payroll_and_back(browser: Any, tmp_path: Path) -> None:
    with (
        payroll() as (webhook, reports),
        served_site(tmp_path) as (site, address),
        neighborhood(site, address, browser) as people,
    ):
        arkansas, carolina, district = organizations(site)
        hosted.published(site, arkansas)

        # Arkansas awards, and Rosa takes it.
        rhea = enter(people, site.person("Rhea Castellanos", {"arkansas": [Role.REGISTRAR]}))
        award(rhea, ARKANSAS)
        rosa = people.somebody()
        rosa.open(people.mailed("rosa@people.example", "/claim/"))
        rosa.fill("Your name", "Rosa Delgado")
        rosa.press("Open an account and take the badge")
        link = rosa.open_badge(BADGE)
        file = rosa.download("Signed badge (JSON)")

        # South Carolina verifies it and recognizes it under its own policy.
        sumter = enter(people, site.person("Sumter Boyd", {"south-carolina": [Role.POLICY_AUTHOR, Role.CLERK]}))
        publish_policy(
            sumter,
            carolina,
            arkansas,
            name="renewal",
            title="Renewal credit for partner states",
            area="US-SC",
            kind="state-agency",
            purpose="licence-renewal",
            purpose_title="License renewal",
            unit="renewal credits",
            gives="20",
            citation="Renewal guidelines, section 4",
        )
        sumter.to(CAROLINA, "Decisions")
        sumter.follow("Decide on badges")
        sumter.page.locator("#file").set_input_files(
            {"name": "badge.json", "mimeType": "application/json", "buffer": file}
        )
        sumter.page.locator("#under").select_option(index=1)
        sumter.press("Check the badges")
        sumter.fill("Reference", "Case 2026-114")
        sumter.press("Decide")
        sumter.sees("20 renewal credits")
        sumter.press("File this decision")
        sumter.sees("Case 2026-114")

        # The district's HR imports it and credits it under the district's.
        paul = enter(people, site.person("Paul Author", {"kane-ridge": [Role.POLICY_AUTHOR]}))
        publish_policy(
            paul,
            district,
            arkansas,
            name="salary",
            title="Salary credit",
            area="US-IL",
            kind="district",
            purpose="salary-lane",
            purpose_title="Salary schedule",
            unit="in-district credit",
            gives="1",
            citation="Agreement, section 5.10",
        )
        ada = enter(people, site.person("Ada Minster", {"kane-ridge": [Role.ADMINISTRATOR]}))
        ada.to(KANE_RIDGE, "Staff credit", "Settings")
        ada.open("/o/kane-ridge/hr/settings")
        ada.fill("Address to post to", webhook)
        ada.press("Post reports there")
        secret = ada.page.get_by_label("Secret").input_value()
        henrike = enter(people, site.person("Henrike Rohm", {"kane-ridge": [Role.HR]}))
        henrike.to(KANE_RIDGE, "Staff credit")
        henrike.follow("To the settings")
        henrike.choose("Badges are credited under", "Salary credit: Salary schedule (in-district credit)")
        henrike.press("Save", exact=True)
        henrike.field("CSV file (UTF-8)").set_input_files(
            {"name": "roster.csv", "mimeType": "text/csv", "buffer": ROSTER}
        )
        henrike.press("Upload the roster")
        henrike.sees("The roster is there. Employees: 1.")
        henrike.press("Write to me when something changed")
        henrike.to(KANE_RIDGE, "Staff credit")
        henrike.follow("Import badges")
        henrike.field("File").set_input_files({"name": "rosa.json", "mimeType": "application/json", "buffer": file})
        henrike.press("Import")
        henrike.sees_in_time("Proof package")
        henrike.open("/o/kane-ridge/hr/employees/E-7")
        henrike.sees("1 in-district credit")
        henrike.follow("Decision 1")
        henrike.sees("Accepted")

        # Arkansas revokes.
        rhea.open_award(ARKANSAS, BADGE, "Rosa Delgado")
        rhea.change_standing("Revoke", "It was awarded by mistake.")
        people.somebody().learns(link, "Revoked by its issuer")

        # HR hears of it three times over; nothing was taken back before somebody says so.
        henrike.to(KANE_RIDGE, "Staff credit")
        henrike.follow("To the changes")
        henrike.press("Check everything again")
        henrike.sees_in_time("Not valid any more")
        assert people.mailed("henrike@people.example", "/o/kane-ridge/hr/changes").endswith("/changes")
        signature, body = until(lambda: reports[0] if reports else None, "a report at payroll")
        assert is_genuine(signature, body, secret)
        (change,) = json.loads(body)["changes"]
        assert (change["employee"], change["code"], change["proposal"]) == ("E-7", "REVOKED", "reverse")
        henrike.follow("1", within=henrike.page.get_by_role("main"))
        henrike.sees("Take the credit back")
        henrike.fill("Reason", "Revoked by Arkansas; Rosa was told.")
        henrike.press("Carry it out")
        henrike.sees("Henrike Rohm")
        henrike.open("/o/kane-ridge/hr/employees/E-7")
        henrike.sees("Credit taken back")
        henrike.sees_not("−0")
