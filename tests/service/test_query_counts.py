"""How many statements a page and a list take: as many for twenty rows as for two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select

from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import AwardBatch
from badgeport.issuer.awards.worker import HANDLERS, Worker
from badgeport.issuer.catalog.tables import DefinitionVersion
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account
from support import hosted, portfolios
from support.site import Browser, Site

HTML = {"Accept": "text/html"}
FEW, MANY = 2, 20
OFFICE = (
    "/o/prairie",
    "/o/prairie/audit",
    "/o/prairie/awards",
    "/o/prairie/awards/batches",
    "/o/prairie/awards/stacks",
    "/o/prairie/catalog",
    "/o/prairie/coaching",
    "/o/prairie/people",
    "/o/prairie/people/certifications",
    "/o/prairie/reports",
    "/o/prairie/reviews",
    "/o/prairie/settings/schools",
    "/o/prairie/settings/tokens",
    "/operator",
    "/operator/jobs",
    "/api/v1/operator/jobs",
    "/api/v1/organizations",
    *(
        f"/api/v1/organizations/prairie/{name}"
        for name in (
            "audit",
            "awards",
            "batches",
            "certifications",
            "coaching",
            "definitions",
            "members",
            "reports",
            "reviews",
            "schools",
            "tokens",
        )
    ),
)
OWN = (
    "/home",
    "/home/awards",
    "/home/collections",
    "/home/portfolio",
    "/home/stacks",
    "/home/transcript",
    "/api/v1/me/awards",
    "/api/v1/me/collections",
    "/api/v1/me/portfolios",
)
PUBLIC = ("/",)


class Counted:
    """A site that is grown, and how many statements each of its pages took at each size."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.org = hosted.issuer(site)
        self.clerk = site.person("Ines Marchetti", {"prairie": list(Role)}, operator=True)
        self.educator = site.person("Rosa Delgado", {"prairie": [Role.EDUCATOR]})
        self.rows = 0

    def grow(self, rows: int) -> None:
        """Add rows of every kind until there are so many."""
        for number in range(self.rows + 1, rows + 1):
            self._add(number)
        hosted.work(self.site)
        self._jobs(rows - self.rows)
        self.rows = rows

    def _add(self, number: int) -> None:
        site, org, now = self.site, self.org, self.site.clock()
        definition = portfolios.define(site, org, name="Talk that builds reasoning" + "!" * number)
        portfolios.certify(site, self.clerk, definition)
        portfolios.hand_in(site, self.educator, portfolios.fill(site, self.educator, definition))
        portfolios.fill(site, site.person(f"Teacher{number} Voss", {"prairie": [Role.EDUCATOR]}), definition)
        portfolios.school(site, org, f"School {number}")
        site.token(org, "awards:read")
        with site.desk.database.reading() as session:
            version = session.get_one(DefinitionVersion, _version_id(session, definition.id))
        award = hosted.award(
            site,
            org,
            (definition, version),
            f"award {number}",
            recipient=RecipientData("Rosa Delgado", "rosa@people.example"),
            account_id=self.educator.id,
            signed=False,
        )
        with site.desk.database.writing() as session:
            batch = {"definition_id": definition.id, "version_id": version.id, "created": now, "created_by": "system"}
            session.add(AwardBatch(org_id=org.id, key=f"batch {number}", name=f"file {number}", digest="", **batch))
            chosen = {
                "title": f"Set {number}",
                "awards": [award.id],
                "created": now,
                "expires": now + timedelta(days=9),
            }
            session.add(Collection(account_id=self.educator.id, **chosen))

    def _jobs(self, count: int) -> None:
        now = self.site.clock()
        failed = {"kind": "mint", "due": now, "created": now, "failed": True, "org_id": self.org.id}
        with self.site.desk.database.writing() as session:
            session.add_all([Job(key=f"lost {self.rows + number}", **failed) for number in range(count)])

    def statements(self, browser: Browser, path: str) -> int:
        """How many statements the second of two requests takes: the first fills what is kept."""
        for _ in range(2):
            with _counting(self.site) as found:
                answer = browser.get(path, headers={} if path.startswith("/api/") else HTML)
            assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return len(found)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def test_signing_many_awards_takes_as_many_statements_as_signing_few(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    hosted.award(site, org, definition, "the first, with which the status lists come")
    signing = Worker(site.desk, "test", handlers={"mint": HANDLERS["mint"]})
    taken = []
    for count in (FEW, MANY):
        for number in range(count):
            hosted.award(site, org, definition, f"{count} {number}", signed=False)
        with _counting(site) as found:
            assert signing.run_once() == count
        taken.append(len(found))
    assert taken[1] <= taken[0]


def _version_id(session: Any, definition_id: str) -> str:
    return session.exec(select(DefinitionVersion.id).where(DefinitionVersion.definition_id == definition_id)).one()


@contextmanager
def _counting(site: Site) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    engine = site.desk.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[int, int]]]:
    site = Site(tmp_path_factory.mktemp("counts"))
    grown = Counted(site)
    readers: list[tuple[Account | None, tuple[str, ...]]] = [
        (grown.clerk, OFFICE),
        (grown.educator, OWN),
        (None, PUBLIC),
    ]
    browsers = [(site.browser(account), paths) for account, paths in readers]
    found: list[dict[str, int]] = []
    for rows in (FEW, MANY):
        grown.grow(rows)
        found.append({path: grown.statements(browser, path) for browser, paths in browsers for path in paths})
    yield {path: (found[0][path], found[1][path]) for path in found[0]}
    site.close()


@pytest.mark.parametrize("path", [*OFFICE, *OWN, *PUBLIC])
def test_as_many_statements_for_many_rows_as_for_few(path: str, counts: dict[str, tuple[int, int]]) -> None:
    few, many = counts[path]
    assert 0 < few < 40
    assert many <= few
