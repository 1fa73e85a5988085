"""Program reports: counted from real rows, restricted by period, published with small groups hidden."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Organization, School
from badgeport.issuer.submissions.tables import Attempt, Review, Submission
from support import databases, hosted
from support.site import Site, json_of


@pytest.fixture(params=databases.KINDS)
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site on each kind of database."""
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield made
    made.close()


def school(site: Site, org: Organization, name: str, enrolment: int | None) -> School:
    row = School(org_id=org.id, name=name, enrolment=enrolment)
    with site.desk.database.writing() as session:
        session.add(row)
    return row


def portfolio(
    site: Site,
    definition: tuple[Definition, DefinitionVersion],
    name: str,
    at: School,
    *,
    started: datetime,
    results: tuple[tuple[str, int], ...] = (),
) -> None:
    """A portfolio; ``results`` are its outcomes, each with the days it took."""
    org = definition[0].org_id
    person = site.person(name, {site_slug(site, org): [Role.EDUCATOR]}, school_id=at.id)
    row = Submission(
        org_id=org,
        account_id=person.id,
        definition_id=definition[0].id,
        version_id=definition[1].id,
        school_id=at.id,
        started=started,
        changed=started,
    )
    with site.desk.database.writing() as session:
        session.add(row)
        session.flush()
        moment = started
        for number, (outcome, days) in enumerate(results, 1):
            row.first_submitted = row.first_submitted or moment
            row.submitted, row.attempt = moment, number
            session.add(Attempt(submission_id=row.id, number=number, submitted=moment, outcome=outcome))
            moment += timedelta(days=days)
            session.add(
                Review(
                    org_id=org,
                    submission_id=row.id,
                    attempt=number,
                    assessor_id=person.id,
                    state="done",
                    decision=outcome,
                    assigned=moment,
                    done=moment,
                )
            )
            row.state, row.decided = outcome, moment
        session.add(row)


def site_slug(site: Site, org_id: str) -> str:
    with site.desk.database.reading() as session:
        return session.get_one(Organization, org_id).slug


@pytest.fixture
def told(site: Site) -> Organization:
    """Six educators of a large school and two of a small one; one more portfolio of another organization."""
    org = site.organization()
    data = hosted.published(site, org)
    large, small = school(site, org, "Lincoln High", 1200), school(site, org, "Elm Street", 90)
    start = site.clock() - timedelta(days=100)
    for number in range(4):
        portfolio(site, data, f"Done{number} A", large, started=start, results=(("demonstrated", 4),))
    portfolio(site, data, "Twice A", large, started=start, results=(("not-yet", 2), ("demonstrated", 6)))
    portfolio(site, data, "Begun A", large, started=start + timedelta(days=40))
    portfolio(site, data, "Smalla A", small, started=start, results=(("not-yet", 10),))
    portfolio(site, data, "Smallb B", small, started=start)
    other = site.organization("other")
    portfolio(site, hosted.published(site, other), "Else A", school(site, other, "Far", 10), started=start)
    return org


def test_what_was_begun_and_what_became_of_it(site: Site, told: Organization) -> None:
    auditor = site.browser(site.person("Aud One", {told.slug: [Role.AUDITOR]}))
    found = json_of(auditor.get(f"/api/v1/organizations/{told.slug}/reports"))["total"]
    assert (found["educators"], found["eligible"], found["uptake"]) == (8, 8, 1)
    assert (found["started"], found["handedIn"], found["handedInAgain"], found["demonstrated"]) == (8, 6, 1, 5)
    assert found["completionRate"] == 0.625
    assert found["resubmissionRate"] == 0.167
    assert found["daysToResult"] == {"lowerQuartile": 4, "median": 4, "upperQuartile": 5, "count": 7}
    assert found["daysToBadge"]["median"] == 4
    page = auditor.get(f"/o/{told.slug}/reports")
    assert "Lincoln High" in page.text
    assert "1,000 students or more" in page.text


def test_a_period_a_school_and_a_size(site: Site, told: Organization) -> None:
    program = site.program(site.token(told, "reports:read"))
    base = f"/api/v1/organizations/{told.slug}/reports"
    later = (site.clock() - timedelta(days=61)).date().isoformat()
    assert json_of(program.get(f"{base}?from={later}"))["total"]["started"] == 1
    assert json_of(program.get(f"{base}?to={later}"))["total"]["started"] == 7
    schools = {row["label"]: row for row in json_of(program.get(f"{base}/by/schools"))["items"]}
    assert {name: row["started"] for name, row in schools.items()} == {"Elm Street": 2, "Lincoln High": 6}
    sizes = {row["label"]: row["eligible"] for row in json_of(program.get(f"{base}/by/sizes"))["items"]}
    assert sizes == {"Fewer than 250 students": 2, "1,000 students or more": 6}
    assert json_of(program.get(f"{base}/by/schools?q=elm"))["total"] == 1
    assert program.get(f"{base}?from=spring").status_code == 400
    assert program.get(f"{base}?from=2026-02-01&to=2026-01-01").status_code == 400
    assert program.get(f"{base}/by/names").status_code == 404
    assert program.get(f"{base}?definition=nothing").status_code == 404
    assert program.get("/api/v1/organizations/other/reports").status_code == 403


def test_a_breakdown_is_exported(site: Site, told: Organization) -> None:
    auditor = site.browser(site.person("Aud One", {told.slug: [Role.AUDITOR]}))
    lines = auditor.get(f"/o/{told.slug}/reports/by/schools?format=csv").text.splitlines()
    assert lines[0].startswith("\ufeffname,educators,could begin,uptake,begun")
    assert [line.split(",")[:5] for line in lines[1:]] == [
        ["Elm Street", "2", "2", "1.0", "2"],
        ["Lincoln High", "6", "6", "1.0", "6"],
    ]


def test_what_is_published_hides_the_few_and_stays_as_it_was(site: Site, told: Organization) -> None:
    admin = site.browser(site.person("Adm One", {told.slug: [Role.ADMINISTRATOR]}))
    path = f"/o/{told.slug}/reports/publish"
    first = (site.clock() - timedelta(days=200)).date().isoformat()
    last = (site.clock() - timedelta(days=1)).date().isoformat()
    assert admin.get(path).status_code == 200
    assert site.browser().get(f"/reports/{told.slug}").status_code == 404
    for wrong in (
        {"from": "", "to": last, "why": "x"},
        {"from": first, "to": site.clock().date().isoformat(), "why": "x"},
        {"from": first, "to": last, "why": ""},
    ):
        assert admin.submit(path, wrong).status_code == 422
    assert admin.submit(path, {"from": first, "to": last, "why": "Asked for by the board"}).status_code == 303
    report = json_of(site.browser().get(f"/api/v1/reports/{told.slug}"))
    assert report["total"]["started"] == 8
    assert report["total"]["demonstrated"] is None
    elm, lincoln = sorted(report["schools"], key=lambda row: row["label"])
    assert elm["started"] is None
    # With the total beside it, the larger school's number would tell the smaller one's.
    assert lincoln["started"] is None
    page = site.browser().get(f"/reports/{told.slug}").text
    assert "hidden" in page
    csv = site.browser().get(f"/reports/{told.slug}?by=schools&format=csv").text
    assert "Elm Street,,,,,," in csv
    registrar = site.browser(site.person("Reg One", {told.slug: [Role.REGISTRAR]}))
    assert registrar.submit(path, {"from": first, "to": last, "why": "x"}).status_code == 403
    withdraw = f"/o/{told.slug}/reports/withdraw"
    assert admin.submit(withdraw, {"why": ""}).status_code == 422
    assert admin.submit(withdraw, {"why": "A mistake in it"}).status_code == 303
    assert admin.submit(withdraw, {"why": "again"}).status_code == 409
    assert site.browser().get(f"/reports/{told.slug}").status_code == 404
