"""Found by a hostile reading of people, sign-in and the installation's own pages; each was once the case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.home import collections, erasing
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting import transcripts
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.mistakes import Conflict, Mistakes
from badgeport.issuer.people import factors, keys, openid, operating, settings
from badgeport.issuer.people.members import administrators, set_roles
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import create_organization
from badgeport.issuer.people.tables import (
    Account,
    ApiToken,
    FederatedIdentity,
    IssuerKey,
    Membership,
    Organization,
    Passkey,
    School,
    Totp,
)
from badgeport.service.settings import Settings
from support import hosted, openid_provider
from support.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, callback
from support.site import PUBLIC_URL, Browser, Site

DOMAIN = "lake.example.org"
HERE = "/api/v1/organizations/prairie"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, allow_loopback_http=True)
    made.app.state.issuer = made.desk = replace(
        made.desk, environment={"BADGEPORT_OPENID_SECRET_LAKE_AREA": CLIENT_SECRET}
    )
    yield made
    made.close()


@pytest.fixture
def providers(site: Site) -> Iterator[tuple[Provider, Provider]]:
    """Two providers; an operator believes the first one for the domain of lake-area."""
    with ExitStack() as stack:
        good, evil = (stack.enter_context(openid_provider.provider(lambda: site.clock().timestamp())) for _ in range(2))
        lake = site.organization("lake-area")
        with site.desk.database.writing() as session:
            openid.set_provider(
                session, lake, issuer=good.issuer, client_id=CLIENT_ID, actor="operator", now=site.clock()
            )
            openid.set_domains(session, lake, [DOMAIN], issuer=good.issuer, actor="operator", now=site.clock())
        yield good, evil


@pytest.fixture
def prairie(site: Site) -> Organization:
    return site.organization("prairie")


def headers(browser: Browser) -> dict[str, str]:
    return {"X-CSRF-Token": str(browser.csrf), "Origin": PUBLIC_URL}


def send(browser: Browser, method: str, path: str, body: Any = None, **options: Any) -> Any:
    """What a script of ours in a browser sends."""
    return browser.request(method, path, json=body, headers=headers(browser), **options)


def go(browser: Browser, provider: Provider) -> Any:
    begun = browser.get("/sign-in/openid/lake-area")
    return begun if begun.status_code != 303 else browser.get(callback(provider.authorize(begun.headers["location"])))


def me(browser: Browser) -> Any:
    return browser.get("/api/v1/me").json()


def rows(site: Site, table: Any, *where: Any) -> list[Any]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(table).where(*where)).all())


def deeds(site: Site, action: str) -> list[AuditEntry]:
    return rows(site, AuditEntry, AuditEntry.action == action)


# ---------------------------------------------------------------- providers


def test_another_issuer_inherits_the_domains_that_were_believed_of_the_first(
    site: Site, providers: tuple[Provider, Provider]
) -> None:
    _, evil = providers
    site.person("Olga Ops", email=f"olga@{DOMAIN}", operator=True)
    admin = site.person("Mal Admin", {"lake-area": [Role.ADMINISTRATOR]})
    sent = {"issuer": evil.issuer, "client_id": CLIENT_ID, "version": "3"}
    assert site.browser(admin).submit("/o/lake-area/settings/sign-in", sent).status_code == 303
    evil.person.update(sub="x", email=f"olga@{DOMAIN}")
    browser = site.browser()
    assert go(browser, evil).status_code == 404
    assert browser.get("/operator").status_code != 200
    (lake,) = rows(site, Organization)
    assert lake.sign_in["domains"] == []
    assert deeds(site, "sign-in.changed")[-1].detail["domainsDropped"] == [DOMAIN]
    operator = site.browser(site.person("Odile Other", operator=True))
    assert "/operator/organizations/lake-area" in operator.get("/operator").text.partition("<table")[0], "they are told"


def test_a_changed_client_of_the_same_issuer_keeps_its_domains(
    site: Site, providers: tuple[Provider, Provider]
) -> None:
    good, _ = providers
    with site.desk.database.writing() as session:
        (lake,) = session.exec(select(Organization)).all()
        openid.set_provider(session, lake, issuer=good.issuer, client_id="other", actor="operator", now=site.clock())
    (lake,) = rows(site, Organization)
    assert openid.provider_of(lake) is not None


def test_a_provider_is_swapped_by_whoever_holds_an_old_session(
    site: Site, providers: tuple[Provider, Provider]
) -> None:
    good, evil = providers
    browser = site.browser(site.person("Mal Admin", {"lake-area": [Role.ADMINISTRATOR]}))
    site.clock.forward(hours=5)
    sent = {"issuer": evil.issuer, "clientId": CLIENT_ID, "version": 3}
    answer = browser.submit("/o/lake-area/settings/sign-in", {**sent, "client_id": CLIENT_ID})
    assert answer.headers["location"].startswith("/sign-in?")
    assert send(browser, "PUT", "/api/v1/organizations/lake-area/sign-in", sent).status_code == 403
    made = {"name": "t", "scopes": ["people:read"]}
    assert send(browser, "POST", "/api/v1/organizations/lake-area/tokens", made).status_code == 403
    assert send(browser, "POST", "/api/v1/organizations/lake-area/keys", {"purpose": "embedded"}).status_code == 403
    assert rows(site, Organization)[0].sign_in["issuer"] == good.issuer


def test_an_operator_approves_an_issuer_that_was_put_in_the_place_of_the_one_they_saw(
    site: Site, providers: tuple[Provider, Provider]
) -> None:
    good, evil = providers
    operator = site.browser(site.person("Odile", operator=True))
    page = operator.get("/operator/organizations/lake-area").text
    assert good.issuer in page
    with site.desk.database.writing() as session:
        (lake,) = session.exec(select(Organization)).all()
        openid.set_provider(session, lake, issuer=evil.issuer, client_id=CLIENT_ID, actor="x", now=site.clock())
    seen = dict(re.findall(r'name="(issuer|version)" value="([^"]*)"', page))
    assert set(seen) == {"issuer", "version"}
    answer = operator.submit("/operator/organizations/lake-area/domains", {"domains": DOMAIN, **seen})
    assert answer.status_code == 409
    path = "/api/v1/operator/organizations/lake-area/domains"
    assert send(operator, "PUT", path, {"domains": [DOMAIN], "issuer": good.issuer}).status_code == 409
    assert send(operator, "PUT", path, {"domains": [DOMAIN], "issuer": evil.issuer}).status_code == 200


def test_a_providers_word_is_enough_for_an_account_that_works_elsewhere(
    site: Site, providers: tuple[Provider, Provider]
) -> None:
    good, _ = providers
    site.organization("state")
    rosa = site.person("Rosa Lake", {"state": [Role.REGISTRAR]}, email=f"rosa@{DOMAIN}")
    stranger = site.browser()
    assert go(stranger, good).status_code == 403
    assert stranger.get("/api/v1/me").status_code == 401
    own = site.browser(rosa)
    assert go(own, good).status_code == 303, "who is signed in to it links it"
    later = site.browser()
    assert go(later, good).status_code == 303
    assert me(later)["id"] == rosa.id


def test_a_recycled_address_opens_the_account_of_who_had_it_before(
    site: Site, providers: tuple[Provider, Provider]
) -> None:
    good, _ = providers
    first, second = site.browser(), site.browser()
    go(first, good)
    good.person.update(sub="another person", name="Rosa Newhire")
    assert go(second, good).status_code == 403
    assert second.get("/api/v1/me").status_code == 401
    assert len(rows(site, FederatedIdentity)) == 1
    assert me(first)["name"] == "Rosa Lake"


@pytest.mark.parametrize(
    ("where", "value"), [("keys", 5), ("ways", 5), ("keys", {"a": 1}), ("ways", {"client_secret_basic": 1})]
)
def test_json_of_a_wrong_shape_breaks_the_sign_in(
    site: Site, providers: tuple[Provider, Provider], where: str, value: Any
) -> None:
    good, _ = providers
    if where == "keys":
        good.keys = value
    else:
        good.discovery = {"token_endpoint_auth_methods_supported": value}
    browser = site.browser()
    assert go(browser, good).status_code == 403


# ---------------------------------------------------------------- certifying


def test_an_administrator_certifies_themselves_by_a_token_of_theirs(site: Site, prairie: Organization) -> None:
    ada = site.person("Ada", {"prairie": [Role.ADMINISTRATOR, Role.ASSESSOR]})
    browser = site.browser(ada)
    definition = Definition(org_id=prairie.id, name="X", slug="x", created=site.clock(), created_by=ada.id)
    with site.desk.database.writing() as session:
        session.add(definition)
    made = send(browser, "POST", f"{HERE}/tokens", {"name": "t", "scopes": ["people:write"]}).json()
    body = {"account": ada.id, "definition": definition.id, "validFrom": "2020-01-01"}
    assert send(browser, "POST", f"{HERE}/certifications", body).status_code == 400
    assert site.program(made["secret"]).post(f"{HERE}/certifications", json=body).status_code == 403
    eve = site.person("Eve", {"prairie": [Role.ASSESSOR]})
    assert send(browser, "POST", f"{HERE}/certifications", {**body, "account": eve.id}).status_code == 201


# ---------------------------------------------------------------- who leaves


def invited(site: Site, browser: Browser, role: Role) -> str:
    """The address in the mail of an invitation that somebody sends."""
    sent = send(browser, "POST", f"{HERE}/invitations", {"emails": ["two@elsewhere.example"], "roles": [role]})
    assert sent.status_code == 201
    Worker(site.desk).run_until_idle()
    return re.search(r"https://badges\.example(/invitations/\S+)", site.mails()[-1]["body"]).group(1)  # type: ignore[union-attr]


@pytest.mark.parametrize("end", ["removed", "demoted", "closed", "erased"])
def test_who_is_removed_keeps_the_organization_by_an_invitation_and_a_token(
    site: Site, prairie: Organization, end: str
) -> None:
    ada = site.person("Ada", {"prairie": [Role.ADMINISTRATOR]})
    site.person("Bo", {"prairie": [Role.ADMINISTRATOR]})
    browser = site.browser(ada)
    link = invited(site, browser, Role.ADMINISTRATOR)
    secret = send(browser, "POST", f"{HERE}/tokens", {"name": "t", "scopes": ["people:read"]}).json()["secret"]
    assert site.program(secret).get(f"{HERE}/members").status_code == 200
    with site.desk.database.writing() as session:
        now = site.clock()
        if end in ("removed", "demoted"):
            left = [Role.EDUCATOR] if end == "demoted" else []
            set_roles(session, prairie, ada.id, roles=left, school_id=None, actor="x", now=now, why="left")
        elif end == "closed":
            operating.set_state(session, ada.id, "disabled", actor="x", now=now, why="left")
        else:
            erasing.erase_account(session, site.desk, ada.id, actor=ada.id, now=now, why="x")
    assert site.browser().get(link).status_code == 404
    assert site.browser().submit(link, {"name": "Ada Two", "password": ""}, form_at="/sign-in").status_code == 404
    assert site.program(secret).get(f"{HERE}/members").status_code == 401
    assert [row.detail for row in deeds(site, "token.withdrawn")] != []
    (token,) = rows(site, ApiToken)
    assert token.revoked == now


def test_a_teacher_is_still_let_in_whose_invitation_was_sent_by_somebody_who_left(
    site: Site, prairie: Organization
) -> None:
    ada = site.person("Ada", {"prairie": [Role.ADMINISTRATOR]})
    site.person("Bo", {"prairie": [Role.ADMINISTRATOR]})
    link = invited(site, site.browser(ada), Role.EDUCATOR)
    with site.desk.database.writing() as session:
        set_roles(session, prairie, ada.id, roles=[], school_id=None, actor="x", now=site.clock(), why="left")
    answer = site.browser().submit(link, {"name": "Teo", "password": ""})
    assert answer.status_code == 303


def test_the_page_that_removes_an_administrator_is_silent_about_their_tokens(site: Site, prairie: Organization) -> None:
    ada, bo = (site.person(name, {"prairie": [Role.ADMINISTRATOR]}) for name in ("Ada", "Bo"))
    browser = site.browser(ada)
    send(browser, "POST", f"{HERE}/tokens", {"name": "Personnel system", "scopes": ["people:read"]})
    assert "Personnel system" in site.browser(bo).get(f"/o/prairie/people/{ada.id}/remove").text
    assert "Personnel system" in site.browser(bo).get(f"/o/prairie/people/{ada.id}").text


def test_the_last_working_administrator_erases_themselves_beside_a_closed_account(
    site: Site, prairie: Organization
) -> None:
    ada, bo = (site.person(name, {"prairie": [Role.ADMINISTRATOR]}) for name in ("Ada", "Bo"))
    with site.desk.database.writing() as session:
        operating.set_state(session, bo.id, "disabled", actor="operator", now=site.clock(), why="left")
    with pytest.raises(Conflict), site.desk.database.writing() as session:
        erasing.erase_account(session, site.desk, ada.id, actor=ada.id, now=site.clock(), why="x")
    with site.desk.database.reading() as session:
        assert administrators(session, prairie) == 1


# ---------------------------------------------------------------- factors


def with_factors(site: Site, account: Account) -> None:
    with site.desk.database.writing() as session:
        session.add(Totp(account_id=account.id, sealed="", confirmed=site.clock()))
        session.add(Passkey(account_id=account.id, credential_id="c", public_key=b"", created=site.clock()))
        factors.new_recovery_codes(session, site.desk, account, site.clock())


@pytest.mark.parametrize("door", ["page", "program"])
def test_nobody_can_help_who_lost_phone_and_recovery_codes(site: Site, prairie: Organization, door: str) -> None:
    rosa = site.person("Rosa", {"prairie": [Role.ADMINISTRATOR]})
    with_factors(site, rosa)
    lost = site.browser(rosa)
    operator = site.browser(site.person("Olle", operator=True))
    path = f"/operator/accounts/{rosa.id}/second-factor"
    assert f'href="{path}"' in operator.get("/operator/accounts").text
    if door == "page":
        assert operator.get(path).status_code == 200
        assert operator.submit(path, {"why": ""}).status_code == 422
        assert operator.submit(path, {"why": "Lost her phone; seen in person"}).status_code == 303
    else:
        assert send(operator, "POST", f"/api/v1{path}/reset", {"why": " "}).status_code == 400
        assert send(operator, "POST", f"/api/v1{path}/reset", {"why": "Lost her phone"}).status_code == 204
    assert lost.get("/api/v1/me").status_code == 401
    with site.desk.database.reading() as session:
        assert factors.recovery_codes_left(session, rosa.id) == 0
    assert rows(site, Totp) == []
    assert rows(site, Passkey) == []
    (entry,) = deeds(site, "account.second-factor-reset")
    assert (entry.target, bool(entry.why)) == (f"account:{rosa.id}", True)
    Worker(site.desk).run_until_idle()
    assert site.mails()[-1]["to"] == "rosa@people.example"


def test_an_operator_takes_their_own_second_factor_off_by_the_page_for_others(site: Site) -> None:
    olle = site.person("Olle", operator=True)
    with_factors(site, olle)
    answer = site.browser(olle).submit(f"/operator/accounts/{olle.id}/second-factor", {"why": "x"}, form_at="/account")
    assert answer.status_code == 409
    assert len(rows(site, Totp)) == 1


def test_recovery_codes_outlive_the_last_passkey(site: Site) -> None:
    rosa = site.person("Rosa")
    with site.desk.database.writing() as session:
        for name in ("one", "two"):
            session.add(Passkey(id=name, account_id=rosa.id, credential_id=name, public_key=b"", created=site.clock()))
        codes = factors.new_recovery_codes(session, site.desk, rosa, site.clock())
    with site.desk.database.writing() as session:
        factors.remove_passkey(session, rosa, "one", site.clock())
        assert factors.recovery_codes_left(session, rosa.id) == len(codes)
        factors.remove_passkey(session, rosa, "two", site.clock())
        assert factors.recovery_codes_left(session, rosa.id) == 0
        assert not factors.take_second_factor(session, site.desk, rosa, codes[0], site.clock())


def test_a_code_generator_that_goes_takes_the_recovery_codes_of_a_passkey_along(site: Site) -> None:
    rosa = site.person("Rosa")
    with_factors(site, rosa)
    with site.desk.database.writing() as session:
        factors.remove_totp(session, rosa, site.clock())
        assert factors.recovery_codes_left(session, rosa.id) > 0
        (left,) = factors.passkeys_of(session, rosa.id)
        factors.remove_passkey(session, rosa, left.id, site.clock())
        assert factors.recovery_codes_left(session, rosa.id) == 0


def test_private_badges_are_shown_to_a_registrar_who_signed_in_by_one_factor(tmp_path: Path) -> None:
    site = Site(tmp_path, second_factor=True)
    org = hosted.issuer(site)
    rosa = site.person("Rosa Lake")
    award = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id, visibility="private")
    registrar = site.person("Reg", {org.slug: [Role.REGISTRAR]})
    both = site.person("Rita", {org.slug: [Role.REGISTRAR]})
    with site.desk.database.writing() as session:
        row = session.get(Award, award.id)
        row.account_id = both.id
        session.add(row)
    for face in ("", ".json", ".png"):
        assert site.browser(registrar, factors=1).get(f"/c/{award.id}{face}").status_code == 404, face
        assert site.browser(registrar, factors=2).get(f"/c/{award.id}{face}").status_code == 200, face
        assert site.browser(both, factors=1).get(f"/c/{award.id}{face}").status_code == 200, "their own"
    site.close()


# ---------------------------------------------------------------- mailed links


def test_anybody_keeps_a_person_from_getting_a_link(site: Site) -> None:
    site.person("Rosa Lake", email="rosa@people.example")

    def ask(times: int) -> int:
        for _ in range(times):
            site.browser().submit("/sign-in/link", {"email": "rosa@people.example"}, form_at="/sign-in")
        Worker(site.desk).run_until_idle()
        return len(site.mails())

    sent = ask(12)
    assert sent <= 3, "a mailbox is not filled"
    for _ in range(8):
        link = re.search(r"https://badges\.example(/sign-in/link/\S+)", site.mails()[-1]["body"]).group(1)  # type: ignore[union-attr]
        site.clock.forward(minutes=9, seconds=50)
        before, after = len(site.mails()), ask(3)
        works = site.browser().get(link).status_code == 200
        assert after > before or works, "one that works is always in the mailbox"
        site.clock.forward(minutes=6)
        assert ask(1) > before


# ---------------------------------------------------------------- the installation's key


def test_the_installations_own_key_can_be_neither_rotated_nor_revoked(site: Site, tmp_path: Path) -> None:
    keys.ensure_installation_keys(site.desk)
    org = hosted.issuer(site)
    rosa = site.person("Rosa Lake")
    award = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id)
    with site.desk.database.writing() as session:
        row = collections.make(
            session, rosa.id, title="Mine", awards=[award.id], days=30, actor=rosa.id, now=site.clock()
        )
        transcripts.ask(session, rosa.id, actor=rosa.id, now=site.clock())
    Worker(site.desk).run_until_idle()
    did = keys.installation_did(site.desk)
    (old,) = rows(site, IssuerKey, IssuerKey.controller == did, IssuerKey.purpose == "embedded")
    assert old.verification_method.encode() in rows(site, Collection)[0].body
    assert old.verification_method.encode() in rows(site, Transcript)[0].body
    operator = site.browser(site.person("Olle", operator=True))
    page = operator.get("/operator/keys")
    assert page.status_code == 200
    assert old.public in page.text
    site.clock.forward(minutes=5)
    # Replaced: the old one goes on verifying, and what it signed stays.
    path = "/operator/keys/new"
    assert operator.get(f"{path}?purpose=embedded").status_code == 200
    assert operator.submit(path, {"purpose": "embedded", "replaces": old.id, "why": ""}).status_code == 422
    assert operator.submit(path, {"purpose": "embedded", "replaces": old.id, "why": "yearly"}).status_code == 303
    assert operator.submit(path, {"purpose": "embedded", "replaces": old.id, "why": "yearly"}).status_code == 409
    Worker(site.desk).run_until_idle()
    assert old.verification_method.encode() in rows(site, Collection)[0].body
    # Revoked: what it signed is signed anew.
    at = {"at": "2020-01-01T00:00:00"}
    assert operator.submit(f"/operator/keys/{old.id}/revoke", {**at, "why": "lost", "resign": "yes"}).status_code == 422
    moment = old.created.strftime("%Y-%m-%dT%H:%M:%S")
    sent = {"at": moment, "why": "lost", "resign": "yes"}
    assert operator.submit(f"/operator/keys/{old.id}/revoke", sent).status_code == 303
    site.clock.forward(minutes=5)
    Worker(site.desk).run_until_idle()
    with site.desk.database.reading() as session:
        new = keys.signing_key(session, did, "embedded", site.clock())
    assert new is not None
    for table in (Collection, Transcript):
        body = rows(site, table)[0].body
        assert body is not None
        assert old.verification_method.encode() not in body
        assert new.verification_method.encode() in body
    assert rows(site, Collection)[0].id == row.id
    document = site.browser().get("/.well-known/did.json").json()
    assert [one["id"] for one in document["verificationMethod"] if "revoked" in one] == [old.verification_method]


def test_the_installations_key_by_a_program_of_an_operator(site: Site) -> None:
    keys.ensure_installation_keys(site.desk)
    operator = site.browser(site.person("Olle", operator=True))
    listed = {one["purpose"]: one for one in operator.get("/api/v1/operator/keys").json()["items"]}
    site.clock.forward(minutes=5)
    sent = {"purpose": "embedded", "replaces": listed["embedded"]["id"]}
    assert send(operator, "POST", "/api/v1/operator/keys", sent).status_code == 400
    assert send(operator, "POST", "/api/v1/operator/keys", {**sent, "why": "yearly"}).status_code == 201
    assert send(operator, "POST", "/api/v1/operator/keys", {**sent, "why": "yearly"}).status_code == 409
    moment = listed["token"]["created"]
    path = f"/api/v1/operator/keys/{listed['token']['id']}/revoke"
    assert send(operator, "POST", path, {"at": moment, "why": "lost"}).status_code == 200
    states = sorted(one["state"] for one in operator.get("/api/v1/operator/keys").json()["items"])
    assert states == ["active", "active", "retired", "revoked"]
    other = site.organization("prairie")
    with site.desk.database.writing() as session:
        made = keys.make_keys(session, site.desk, other, actor="x", now=site.clock())
    foreign = f"/api/v1/operator/keys/{made[0].id}/revoke"
    assert send(operator, "POST", foreign, {"at": moment, "why": "lost"}).status_code == 404


# ---------------------------------------------------------------- two at once


def test_two_who_change_a_school_at_once(site: Site, prairie: Organization) -> None:
    school = School(org_id=prairie.id, name="North")
    with site.desk.database.writing() as session:
        session.add(school)
    browser = site.browser(site.person("Ada", {"prairie": [Role.ADMINISTRATOR]}))
    path = f"/o/prairie/settings/schools/{school.id}"
    seen = re.search(r'name="version" value="(\d+)"', browser.get(path).text).group(1)  # type: ignore[union-attr]
    assert browser.submit(path, {"name": "North High", "enrolment": "", "version": seen}).status_code == 303
    assert browser.submit(path, {"name": "North", "enrolment": "900", "version": seen}).status_code == 409
    assert rows(site, School)[0].name == "North High"
    read = browser.get(f"{HERE}/schools/{school.id}").json()
    body = {"name": "N. High", "enrolment": 900, "version": read["version"]}
    assert send(browser, "PUT", f"{HERE}/schools/{school.id}", body).status_code == 200
    assert send(browser, "PUT", f"{HERE}/schools/{school.id}", body).status_code == 409


def test_two_who_change_a_members_school_at_once(site: Site, prairie: Organization) -> None:
    schools = [School(org_id=prairie.id, name=name) for name in ("North", "South")]
    with site.desk.database.writing() as session:
        session.add_all(schools)
    rosa = site.person("Rosa", {"prairie": [Role.EDUCATOR]})
    browser = site.browser(site.person("Ada", {"prairie": [Role.ADMINISTRATOR]}))
    path = f"/o/prairie/people/{rosa.id}"
    before = re.search(r'name="before" value="([^"]*)"', browser.get(path).text).group(1)  # type: ignore[union-attr]
    sent = {"roles": ["educator"], "before": before}
    assert browser.submit(path, {**sent, "school": schools[0].id}).status_code == 303
    assert browser.submit(path, {**sent, "school": schools[1].id}).status_code == 409
    read = browser.get(f"{HERE}/members/{rosa.id}").json()
    body = {"roles": ["educator", "coach"], "school": schools[0].id, "before": read["before"]}
    assert send(browser, "PUT", f"{HERE}/members/{rosa.id}", body).status_code == 200
    assert send(browser, "PUT", f"{HERE}/members/{rosa.id}", {**body, "roles": ["educator"]}).status_code == 409


def test_two_who_change_the_provider_at_once(site: Site) -> None:
    site.organization("lake-area")
    browser = site.browser(site.person("Ada", {"lake-area": [Role.ADMINISTRATOR]}))
    path = "/o/lake-area/settings/sign-in"
    seen = re.search(r'name="version" value="(\d+)"', browser.get(path).text).group(1)  # type: ignore[union-attr]
    sent = {"client_id": "a", "version": seen}
    assert browser.submit(path, {**sent, "issuer": "https://one.example.org"}).status_code == 303
    assert browser.submit(path, {**sent, "issuer": "https://two.example.org"}).status_code == 409


def test_two_who_make_a_key_at_once(site: Site, prairie: Organization) -> None:
    with site.desk.database.writing() as session:
        made = keys.make_keys(session, site.desk, prairie, actor="x", now=site.clock())
    used = next(one for one in made if one.purpose == "embedded")
    browser = site.browser(site.person("Ada", {"prairie": [Role.ADMINISTRATOR]}))
    site.clock.forward(minutes=1)
    sent = {"purpose": "embedded", "why": "yearly", "replaces": used.id}
    assert send(browser, "POST", f"{HERE}/keys", sent).status_code == 201
    assert send(browser, "POST", f"{HERE}/keys", sent).status_code == 409
    assert browser.submit("/o/prairie/settings/keys/new", sent).status_code == 409


# ---------------------------------------------------------------- reasons


def test_what_others_will_ask_about_is_done_without_a_reason(site: Site, prairie: Organization) -> None:
    with site.desk.database.writing() as session:
        made = keys.make_keys(session, site.desk, prairie, actor="x", now=site.clock())
    used = next(one for one in made if one.purpose == "embedded")
    browser = site.browser(site.person("Ada", {"prairie": [Role.ADMINISTRATOR]}))
    rosa = site.person("Rosa", {"prairie": [Role.EDUCATOR]})
    token = send(browser, "POST", f"{HERE}/tokens", {"name": "t", "scopes": ["people:read"]}).json()["id"]
    site.clock.forward(minutes=1)
    assert send(browser, "POST", f"{HERE}/keys", {"purpose": "embedded", "replaces": used.id}).status_code == 400
    assert send(browser, "DELETE", f"{HERE}/members/{rosa.id}").status_code == 400
    assert send(browser, "DELETE", f"{HERE}/tokens/{token}").status_code == 400
    assert browser.submit(f"/o/prairie/people/{rosa.id}/remove", {"why": ""}).status_code == 422
    assert browser.submit(f"/o/prairie/settings/tokens/{token}/withdraw", {"why": " "}).status_code == 422
    assert len(rows(site, Membership)) == 2
    assert send(browser, "DELETE", f"{HERE}/tokens/{token}", params={"why": "unused"}).status_code == 204
    assert send(browser, "DELETE", f"{HERE}/members/{rosa.id}", params={"why": "left"}).status_code == 204
    assert [row.why for row in deeds(site, "token.withdrawn") + deeds(site, "member.removed")] == ["unused", "left"]


def test_a_key_is_adopted_without_a_reason(site: Site, prairie: Organization) -> None:
    with site.desk.database.writing() as session:
        keys.make_keys(session, site.desk, prairie, actor="x", now=site.clock())
    uri, _ = site.desk.custody.create(
        "elsewhere", keys.PURPOSES["embedded"], verification_method=f"{prairie.did}#{{key}}", controller=prairie.did
    )
    operator = site.browser(site.person("Olle", operator=True))
    site.clock.forward(minutes=1)
    path, sent = "/operator/organizations/prairie/keys", {"purpose": "embedded", "uri": uri}
    at = "/operator/organizations/prairie"
    assert operator.submit(path, {**sent, "why": " "}, form_at=at).status_code == 422
    assert operator.submit(path, {**sent, "why": "kept by the state"}, form_at=at).status_code == 303


# ---------------------------------------------------------------- names and addresses


@pytest.mark.parametrize(
    "given",
    [
        "https://Badges.Example",
        "https://badges.example:443",
        "https://badges.example:443/",
        "HTTPS://BADGES.example",
    ],
)
def test_a_public_address_that_no_browser_sends(given: str) -> None:
    assert Settings.from_environment({"BADGEPORT_PUBLIC_URL": given}).public_url == "https://badges.example"


def test_a_public_address_keeps_what_is_its_own() -> None:
    for given, wanted in (
        ("http://LOCALHOST:80/Base/", "http://localhost/Base"),
        ("https://badges.example:8443/Base", "https://badges.example:8443/Base"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("http://badges.example:443", "http://badges.example:443"),
    ):
        assert Settings.from_environment({"BADGEPORT_PUBLIC_URL": given}).public_url == wanted


def test_an_organizations_name_keeps_line_breaks(site: Site, prairie: Organization) -> None:
    said = settings.Settings("Prairie\nBcc: x@y.example", "district", {}, True, False, None)
    with site.desk.database.writing() as session:
        settings.change_settings(session, prairie, said, version=1, actor="x", now=site.clock())
        create_organization(
            session, site.desk, slug="lake-area", name=" Lake\r\n Area ", kind="district", actor="x", now=site.clock()
        )
    assert {row.name for row in rows(site, Organization)} == {"Prairie Bcc: x@y.example", "Lake Area"}
    with pytest.raises(Mistakes), site.desk.database.writing() as session:
        settings.change_settings(session, prairie, replace(said, name="\n"), version=2, actor="x", now=site.clock())
