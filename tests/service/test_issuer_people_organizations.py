"""Organisations, their people, keys, certifications and tokens, on pages and by programs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.tables import Mail
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.people import keys, services
from badgeport.issuer.people.keys import Revocation
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, IssuerKey, Membership, Organization, School
from badgeport.keys.lifecycle import KeyState
from support import databases
from support.site import PUBLIC_URL, Browser, Site


@pytest.fixture(params=databases.KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    made.organization("prairie")
    yield made
    made.close()


def admin_of(site: Site) -> Browser:
    return site.browser(site.person("Ada Admin", {"prairie": [Role.ADMINISTRATOR]}))


def last_link(site: Site) -> str:
    with site.desk.database.reading() as session:
        body = session.exec(select(Mail.body).order_by(Mail.created)).all()[-1]
    return urlsplit(next(word for word in body.split() if word.startswith(PUBLIC_URL))).path


def roles(site: Site, account_id: str) -> set[str]:
    with site.desk.database.reading() as session:
        return set(session.exec(select(Membership.role).where(Membership.account_id == account_id)).all())


def actions(site: Site) -> list[str]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(AuditEntry.action).order_by(AuditEntry.seq)).all())


# -- organisations ------------------------------------------------------------------------------------------------


def test_an_operator_makes_an_organization_whose_administrator_is_invited(site: Site) -> None:
    operator = site.browser(site.person("Olle Operator", operator=True))
    values = {
        "slug": "lake-area",
        "name": "Lake Area Cooperative",
        "kind": "cooperative",
        "administrator": "a@x.example",
    }
    assert operator.submit("/operator/organizations", values).status_code == 303
    with site.desk.database.reading() as session:
        org = services.organization(session, "lake-area")
        held = keys.records(session, org.did)
        signing = {purpose: keys.signing_key(session, org.did, purpose, site.clock()) for purpose in keys.PURPOSES}
    assert org.did == "did:web:badges.example:issuers:lake-area"
    assert len(held) == 2
    for purpose, row in signing.items():
        assert row is not None
        assert site.desk.custody.open(row).public_key.key_type is keys.PURPOSES[purpose]
    newcomer = site.browser()
    path = last_link(site)
    assert "Lake Area Cooperative" in newcomer.get(path).text
    assert newcomer.submit(path, {"name": "Ann Area"}).status_code == 303
    assert newcomer.get("/o/lake-area/people").status_code == 200
    assert newcomer.submit(path, {"name": "Ann Area"}, form_at="/account").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "UPPER"),
        ("slug", "a"),
        ("slug", "../x"),
        ("slug", "prairie"),
        ("slug", "eddsa-rdfc-2022"),
        ("slug", "two--hyphens"),
        ("kind", "kingdom"),
        ("name", ""),
        ("own_domain", "https://x.example"),
        ("own_domain", "127.0.0.1"),
        ("administrator", "nobody"),
    ],
)
def test_what_is_wrong_with_a_new_organization_is_said_and_nothing_is_made(site: Site, field: str, value: str) -> None:
    operator = site.browser(site.person("Olle Operator", operator=True))
    values = {"slug": "lake-area", "name": "Lake", "kind": "district", field: value}
    answer = operator.submit("/operator/organizations", values)
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    with site.desk.database.reading() as session:
        assert len(session.exec(select(Organization)).all()) == 1
        assert session.exec(select(IssuerKey)).all() == []


def test_settings_are_kept_with_a_picture_that_is_drawn_anew(site: Site) -> None:
    browser = admin_of(site)
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (1600, 900), "teal").save(target, "JPEG", exif=exif)
    values = {"name": "Prairie Schools", "kind": "district", "url": "https://prairie.example", "version": "1"}
    files = {"image": ("x.jpg", target.getvalue(), "image/jpeg")}
    assert browser.submit("/o/prairie/settings/profile", values, files=files).status_code == 303
    with site.desk.database.reading() as session:
        org = services.organization(session, "prairie")
    path = urlsplit(org.profile["image"]["id"]).path
    found = site.browser().get(path)
    assert found.headers["content-type"] == "image/png"
    assert b"taken at home" not in found.content
    assert Image.open(io.BytesIO(found.content)).size == (800, 450)
    assert org.profile["url"] == "https://prairie.example"
    stale = browser.submit("/o/prairie/settings/profile", values)
    assert stale.status_code == 409, "a form that was made from an older version overwrites nothing"


@pytest.mark.parametrize("site", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("field", "value"), [("url", "no address"), ("email", "none")])
def test_what_is_wrong_with_a_profile_is_said_in_a_whole_sentence(site: Site, field: str, value: str) -> None:
    values = {"name": "Prairie", "kind": "district", "version": "1", field: value}
    answer = admin_of(site).submit("/o/prairie/settings/profile", values)
    assert answer.status_code == 422
    (said,) = re.findall(r'role="alert".*?<li>(?:<a[^>]*>)?(.*?)(?:</a>)?</li>', answer.text, re.DOTALL)
    assert re.fullmatch(r"[A-Z].*[^.]\.", said), said


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\nno",
        b"GIF89a",
        b"x" * 1_048_577,
    ],
)
def test_what_is_no_picture_is_refused_and_what_was_typed_is_kept(site: Site, data: bytes) -> None:
    browser = admin_of(site)
    values = {"name": "Prairie Renamed", "kind": "district", "version": "1"}
    answer = browser.submit("/o/prairie/settings/profile", values, files={"image": ("x.png", data, "image/png")})
    assert answer.status_code == 422
    assert "Prairie Renamed" in answer.text
    with site.desk.database.reading() as session:
        assert services.organization(session, "prairie").name == "Prairie"


def test_a_stored_file_that_is_not_the_organizations_picture_is_not_served(site: Site) -> None:
    digest, _ = site.desk.blobs.put(io.BytesIO(b"evidence of somebody"))
    assert site.browser().get(f"/issuers/prairie/image/{digest}").status_code == 404


# -- people -------------------------------------------------------------------------------------------------------


def test_people_are_invited_with_roles_and_a_school(site: Site) -> None:
    browser = admin_of(site)
    assert (
        browser.submit("/o/prairie/settings/schools", {"name": "Elm Street", "enrolment": "1,240"}).status_code == 303
    )
    with site.desk.database.reading() as session:
        school = session.exec(select(School)).one()
    assert school.enrolment == 1240
    sent = {"emails": "rosa@x.example, bo@x.example", "roles": ["educator", "assessor"], "school": school.id}
    assert browser.submit("/o/prairie/people/invite", sent).status_code == 303
    path = last_link(site)
    newcomer = site.browser()
    assert newcomer.submit(path, {"name": "Bo Berg", "password": "seven geese over Itasca"}).status_code == 303
    account_id = newcomer.get("/api/v1/me").json()["id"]
    assert roles(site, account_id) == {"educator", "assessor"}
    with site.desk.database.reading() as session:
        here = services.organization(session, "prairie")
        assert services.school_of(session, here.id, account_id).name == "Elm Street"
    assert browser.submit(f"/o/prairie/settings/schools/{school.id}/remove").status_code == 409


def test_an_invitation_opens_no_account_that_is_there_already(site: Site) -> None:
    browser = admin_of(site)
    rosa = site.person("Rosa Lake")
    browser.submit("/o/prairie/people/invite", {"emails": "rosa@people.example", "roles": "coach"})
    path = last_link(site)
    stranger = site.browser()
    assert "Sign in to accept" in stranger.get(path).text
    assert stranger.submit(path, {"name": "Mallory"}, form_at="/sign-in").status_code == 422
    assert stranger.get("/api/v1/me").status_code == 401
    other = site.browser(site.person("Olga Other"))
    assert other.submit(path).status_code == 422
    assert site.browser(rosa).submit(path).status_code == 303
    assert roles(site, rosa.id) == {"coach"}


def test_an_invitation_that_was_withdrawn_or_sent_again_works_no_more(site: Site) -> None:
    browser = admin_of(site)
    sent = {"emails": "rosa@x.example", "roles": "educator"}
    browser.submit("/o/prairie/people/invite", sent)
    first = last_link(site)
    site.clock.forward(minutes=1)
    browser.submit("/o/prairie/people/invite", sent)
    second = last_link(site)
    assert site.browser().get(first).status_code == 404
    assert site.browser().get(second).status_code == 200
    link = browser.get("/api/v1/organizations/prairie/invitations").json()["items"]
    assert len(link) == 1
    assert browser.submit(f"/o/prairie/people/invitations/{link[0]['id']}/withdraw").status_code == 303
    assert site.browser().get(second).status_code == 404


def test_the_last_administrator_stays(site: Site) -> None:
    browser = admin_of(site)
    me = browser.get("/api/v1/me").json()["id"]
    assert browser.submit(f"/o/prairie/people/{me}/remove", {"why": "leaves"}).status_code == 409
    sent = {"roles": "author", "before": "administrator"}
    assert browser.submit(f"/o/prairie/people/{me}", sent).status_code == 409
    assert roles(site, me) == {"administrator"}
    site.person("Bea Boss", {"prairie": [Role.ADMINISTRATOR]})
    assert browser.submit(f"/o/prairie/people/{me}/remove", {"why": "leaves"}).status_code == 303
    assert roles(site, me) == set()


def test_of_two_who_change_a_member_at_once_one_is_told(site: Site) -> None:
    browser = admin_of(site)
    rosa = site.person("Rosa Lake", {"prairie": [Role.EDUCATOR]})
    path = f"/o/prairie/people/{rosa.id}"
    assert browser.submit(path, {"roles": ["educator", "coach"], "before": "educator"}).status_code == 303
    assert browser.submit(path, {"roles": ["educator", "author"], "before": "educator"}).status_code == 409
    assert roles(site, rosa.id) == {"educator", "coach"}


def test_people_of_another_organization_are_out_of_reach(site: Site) -> None:
    site.organization("lake-area")
    browser = admin_of(site)
    stranger = site.person("Stina Strange", {"lake-area": [Role.EDUCATOR]})
    for path in (f"/o/prairie/people/{stranger.id}", f"/o/prairie/people/{stranger.id}/remove"):
        assert browser.get(path).status_code == 404
        assert browser.submit(
            path, {"roles": "author", "before": ""}, form_at="/o/prairie/people/invite"
        ).status_code in (
            404,
            409,
        )
    assert browser.get(f"/o/lake-area/people/{stranger.id}").status_code == 403
    assert roles(site, stranger.id) == {"educator"}


def test_a_program_gives_no_role_that_is_more_than_its_own(site: Site) -> None:
    org = services_org(site)
    program = site.program(site.token(org, "people:read", "people:write"))
    base = "/api/v1/organizations/prairie"
    for role, status in (("educator", 201), ("registrar", 403), ("administrator", 403)):
        sent = {"emails": ["x@x.example"], "roles": [role]}
        assert program.post(f"{base}/invitations", json=sent).status_code == status
    rosa = site.person("Rosa Lake", {"prairie": [Role.EDUCATOR]})
    boss = site.person("Bea Boss", {"prairie": [Role.ADMINISTRATOR, Role.EDUCATOR]})
    site.person("Ben Boss", {"prairie": [Role.ADMINISTRATOR]})
    assert program.put(f"{base}/members/{rosa.id}", json={"roles": ["educator", "coach"]}).status_code == 200
    assert program.put(f"{base}/members/{rosa.id}", json={"roles": ["auditor"]}).status_code == 403
    assert program.delete(f"{base}/members/{boss.id}").status_code == 403
    assert roles(site, boss.id) == {"administrator", "educator"}
    for path in ("keys", "tokens"):
        sent = {"purpose": "token"} if path == "keys" else {"name": "x", "scopes": ["awards:write"]}
        assert program.post(f"{base}/{path}", json=sent).status_code == 403


# -- certifications -----------------------------------------------------------------------------------------------


def services_org(site: Site) -> Organization:
    with site.desk.database.reading() as session:
        return services.organization(session, "prairie")


def definition(site: Site) -> Definition:
    row = Definition(
        org_id=services_org(site).id, slug="data-talks", name="Data Talks", created=site.clock(), created_by="x"
    )
    with site.desk.database.writing() as session:
        session.add(row)
    return row


def test_a_certification_is_good_on_its_days_until_it_is_withdrawn(site: Site) -> None:
    browser = admin_of(site)
    org, row = services_org(site), definition(site)
    bo = site.person("Bo Berg", {"prairie": [Role.ASSESSOR]})
    sent = {"account": bo.id, "definition": row.id, "valid_from": "2026-05-01", "valid_until": "2026-06-30"}
    assert browser.submit("/o/prairie/people/certifications", sent).status_code == 303
    with site.desk.database.reading() as session:
        good = {
            day: services.certification(session, org.id, bo.id, row.id, date.fromisoformat(day)) is not None
            for day in ("2026-04-30", "2026-05-01", "2026-06-30", "2026-07-01")
        }
        held = services.certification(session, org.id, bo.id, row.id, date(2026, 5, 5))
    assert list(good.values()) == [False, True, True, False]
    path = f"/o/prairie/people/certifications/{held.id}/withdraw"
    assert browser.submit(path, {"why": ""}).status_code == 422
    assert browser.submit(path, {"why": "training lapsed"}).status_code == 303
    with site.desk.database.reading() as session:
        assert services.certification(session, org.id, bo.id, row.id, date(2026, 5, 5)) is None
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "certification.withdrawn")).one()
    assert entry.why == "training lapsed"
    assert "Bo" not in repr(entry)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"account": "nobody"}, "account"),
        ({"definition": "nothing"}, "definition"),
        ({"valid_from": "yesterday"}, "valid_from"),
        ({"valid_from": ""}, "valid_from"),
        ({"valid_until": "2026-04-01"}, "valid_until"),
    ],
)
def test_what_is_wrong_with_a_certification_is_said(site: Site, changed: dict[str, str], field: str) -> None:
    browser, row = admin_of(site), definition(site)
    bo = site.person("Bo Berg", {"prairie": [Role.ASSESSOR]})
    sent = {"account": bo.id, "definition": row.id, "valid_from": "2026-05-01", **changed}
    answer = browser.submit("/o/prairie/people/certifications", sent, form_at="/o/prairie/people/certifications/new")
    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text


def test_nobody_certifies_themselves(site: Site) -> None:
    row = definition(site)
    both = site.person("Ada Admin", {"prairie": [Role.ADMINISTRATOR, Role.ASSESSOR]})
    sent = {"account": both.id, "definition": row.id, "validFrom": "2026-05-01"}
    browser = site.browser(both)
    answer = browser.post(
        "/api/v1/organizations/prairie/certifications", json=sent, headers={"X-CSRF-Token": str(browser.csrf)}
    )
    assert answer.status_code == 400
    assert "Nobody certifies themselves" in answer.text


# -- keys ---------------------------------------------------------------------------------------------------------


def test_a_new_key_takes_over_and_the_old_one_keeps_verifying(site: Site) -> None:
    browser, org = admin_of(site), services_org(site)
    with site.desk.database.writing() as session:
        keys.make_keys(session, site.desk, org, actor="system", now=site.clock())
        before = keys.signing_key(session, org.did, "embedded", site.clock())
    site.clock.forward(minutes=1)
    path = "/o/prairie/settings/keys/new"
    sent = {"purpose": "embedded", "replaces": before.id}
    assert browser.submit(path, sent, form_at=f"{path}?purpose=embedded").status_code == 422
    assert browser.submit(path, {**sent, "why": "yearly"}).status_code == 303
    with site.desk.database.reading() as session:
        after = keys.signing_key(session, org.did, "embedded", site.clock())
        states = {record.verification_method: record.state for record in keys.records(session, org.did)}
    assert after.id != before.id
    assert states[before.verification_method] is KeyState.RETIRED
    assert states[after.verification_method] is KeyState.ACTIVE
    assert len(states) == 3
    page = browser.get("/o/prairie/settings/keys").text
    assert before.uri not in page
    assert str(site.settings.data_dir) not in page


def test_a_lost_key_is_revoked_from_a_moment_replaced_and_its_badges_are_signed_anew(site: Site) -> None:
    browser, org = admin_of(site), services_org(site)
    with site.desk.database.writing() as session:
        keys.make_keys(session, site.desk, org, actor="system", now=site.clock())
        lost = keys.signing_key(session, org.did, "token", site.clock())
    lost_at = (site.clock() + timedelta(days=2)).replace(microsecond=0)
    site.clock.forward(days=5)
    browser = site.browser(site.person("Bea Boss", {"prairie": [Role.ADMINISTRATOR]}))
    path = f"/o/prairie/settings/keys/{lost.id}/revoke"
    for at, why in (("2030-01-01T00:00", "x"), ("2000-01-01T00:00", "x"), ("never", "x"), ("2026-05-02T00:00", "")):
        assert browser.submit(path, {"at": at, "why": why, "resign": "yes"}).status_code == 422
    sent = {"at": lost_at.strftime("%Y-%m-%dT%H:%M:%S"), "why": "laptop stolen", "resign": "yes"}
    assert browser.submit(path, sent).status_code == 303
    with site.desk.database.reading() as session:
        row = session.get(IssuerKey, lost.id)
        now = keys.signing_key(session, org.did, "token", site.clock())
        job = session.exec(select(Job).where(Job.kind == "resign")).one()
    assert (row.state, row.revoked) == ("revoked", lost_at)
    assert now is not None
    assert now.id != lost.id
    assert job.key == f"{org.id}:{lost.id}"
    assert browser.submit(path, sent, form_at="/o/prairie/settings").status_code == 409
    assert {"key.revoked", "key.added"} <= set(actions(site))


def test_a_key_is_never_taken_into_use_twice(site: Site) -> None:
    org = services_org(site)
    with site.desk.database.writing() as session:
        first, _ = keys.make_keys(session, site.desk, org, actor="system", now=site.clock())
    again = IssuerKey(**first.model_dump(exclude={"id"}))
    with pytest.raises(Conflict), site.desk.database.writing() as session:
        keys.rotate(session, again, actor="system", now=site.clock(), why="yearly")
    with site.desk.database.reading() as session:
        assert keys.signing_key(session, org.did, "embedded", site.clock()).id == first.id


def test_revoking_a_retired_key_needs_no_replacement(site: Site) -> None:
    org = services_org(site)
    with site.desk.database.writing() as session:
        keys.make_keys(session, site.desk, org, actor="system", now=site.clock())
        old = keys.signing_key(session, org.did, "embedded", site.clock())
    site.clock.forward(minutes=1)
    new = keys.prepare_keys(site.desk, org.did, org.slug, purposes=["embedded"], org_id=org.id)[0]
    with site.desk.database.writing() as session:
        keys.rotate(session, new, actor="system", now=site.clock(), why="yearly")
    with site.desk.database.writing() as session:
        row = keys.key_of(session, org, old.id)
        keys.revoke(session, row, Revocation(site.clock(), "found"), actor="system", now=site.clock())
        assert keys.signing_key(session, org.did, "embedded", site.clock()).id == new.id


def test_only_an_operator_adopts_a_key_by_its_address(site: Site) -> None:
    org = services_org(site)
    uri, public = site.desk.custody.create(
        "elsewhere",
        keys.PURPOSES["embedded"],
        verification_method="did:web:x.example#{key}",
        controller="did:web:x.example",
    )
    sent = {"uri": uri, "purpose": "embedded"}
    path = "/operator/organizations/prairie/keys"
    assert admin_of(site).submit(path, sent, form_at="/o/prairie/settings").status_code == 403
    operator = site.browser(site.person("Olle Operator", operator=True))
    form = "/operator/organizations/prairie"
    for wrong in ({"uri": "file:/etc/passwd"}, {"uri": "nothing"}, {"purpose": "token"}):
        assert operator.submit(path, {**sent, **wrong}, form_at=form).status_code == 422
    assert operator.submit(path, sent, form_at=form).status_code == 303
    assert operator.submit(path, sent, form_at=form).status_code == 422
    with site.desk.database.reading() as session:
        row = keys.signing_key(session, org.did, "embedded", site.clock())
    assert row.public == public.to_multikey()
    assert site.desk.custody.open(row).controller == org.did


# -- tokens and jobs ----------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_does_what_it_may_and_ends(site: Site) -> None:
    browser = admin_of(site)
    sent = {"name": "payroll", "scopes": "people:read", "days": "30"}
    shown = browser.submit("/o/prairie/settings/tokens", sent, form_at="/o/prairie/settings/tokens/new")
    secret = shown.text.partition('readonly value="')[2].partition('"')[0]
    assert secret.startswith("bp_")
    assert secret not in browser.get("/o/prairie/settings/tokens").text
    program = site.program(secret)
    base = "/api/v1/organizations/prairie"
    assert program.get(f"{base}/members").status_code == 200
    assert program.post(f"{base}/schools", json={"name": "Elm"}).status_code == 403
    assert program.get("/api/v1/me").status_code == 403
    listed = browser.get(f"{base}/tokens").json()["items"]
    assert secret not in str(listed)
    site.clock.forward(days=31)
    assert program.get(f"{base}/members").status_code == 401
    answer = browser.submit(f"/o/prairie/settings/tokens/{listed[0]['id']}/withdraw", {"why": "replaced"})
    assert answer.status_code == 303
    assert program.get(f"{base}/members").status_code == 401


def test_a_failed_job_is_tried_again_by_an_operator(site: Site) -> None:
    operator = site.browser(site.person("Olle Operator", operator=True))
    with site.desk.database.writing() as session:
        job = queue.ask(session, "mint", "x", now=site.clock())
        job.failed, job.attempts, job.error = True, 8, "no room"
        session.add(job)
        waiting = queue.ask(session, "mint", "y", now=site.clock())
    assert "no room" in operator.get("/operator/jobs").text
    assert operator.submit(f"/operator/jobs/{job.id}/retry", form_at="/operator/jobs").status_code == 303
    assert operator.submit(f"/operator/jobs/{waiting.id}/retry", form_at="/operator/jobs").status_code == 409
    with site.desk.database.reading() as session:
        assert not session.get(Job, job.id).failed


def test_all_failed_jobs_are_tried_again_at_once(site: Site) -> None:
    operator = site.browser(site.person("Olle Operator", operator=True))
    with site.desk.database.writing() as session:
        for key in "xyz":
            job = queue.ask(session, "mint", key, now=site.clock())
            job.failed, job.attempts, job.error = key != "z", 8, "no key"
            session.add(job)
    assert operator.submit("/operator/jobs/retry", form_at="/operator/jobs").status_code == 303
    with site.desk.database.reading() as session:
        jobs = session.exec(select(Job)).all()
        assert {(job.key, job.failed, job.attempts) for job in jobs} == {
            ("x", False, 0),
            ("y", False, 0),
            ("z", False, 8),
        }
    assert operator.submit("/operator/jobs/retry", form_at="/operator/jobs").status_code == 409


def test_an_operator_closes_an_account_and_everything_of_it_ends(site: Site) -> None:
    boss = site.person("Olle Operator", operator=True)
    operator, rosa = site.browser(boss), site.person("Rosa Lake")
    hers = site.browser(rosa)
    path = f"/operator/accounts/{rosa.id}/state"
    assert operator.submit(path, {"state": "disabled", "why": ""}).status_code == 422
    assert operator.submit(path, {"state": "disabled", "why": "left"}).status_code == 303
    assert hers.get("/api/v1/me").status_code == 401
    assert operator.submit(f"/operator/accounts/{boss.id}/state", {"state": "disabled", "why": "x"}).status_code == 409
    with site.desk.database.reading() as session:
        assert session.get(Account, boss.id).state == "active"


LISTS = (
    "/o/prairie/people",
    "/o/prairie/people/invitations",
    "/o/prairie/people/certifications",
    "/o/prairie/settings/keys",
    "/o/prairie/settings/tokens",
    "/o/prairie/settings/schools",
    "/o/prairie/audit",
    "/account/sessions",
    "/operator",
    "/operator/accounts",
    "/operator/jobs",
)


@pytest.mark.parametrize("path", LISTS)
def test_every_list_has_search_and_export_and_an_empty_state(tmp_path: Path, path: str) -> None:
    made = Site(tmp_path)
    made.organization("prairie")
    browser = made.browser(made.person("Ada Admin", {"prairie": [Role.ADMINISTRATOR]}, operator=True))
    assert browser.get(path, params={"q": "=nothing %_' here"}).status_code == 200
    exported = browser.get(path, params={"format": "csv"})
    assert exported.headers["content-type"].startswith("text/csv")
    assert "attachment" in exported.headers["content-disposition"]
    made.close()
