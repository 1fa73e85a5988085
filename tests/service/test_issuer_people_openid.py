"""Signing in by an organisation's OpenID provider: a real one on loopback, and every lie it could tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlmodel import select

from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.people import openid
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import find_account, roles_of
from badgeport.issuer.people.tables import Account, FederatedIdentity, Organization
from support import openid_provider
from support.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, callback
from support.site import Browser, Site

DOMAIN = "lake.example.org"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, allow_loopback_http=True)
    made.app.state.issuer = made.desk = replace(
        made.desk, environment={"BADGEPORT_OPENID_SECRET_LAKE_AREA": CLIENT_SECRET}
    )
    yield made
    made.close()


@pytest.fixture
def provider(site: Site) -> Iterator[Provider]:
    with openid_provider.provider(lambda: site.clock().timestamp()) as made:
        lake = site.organization("lake-area")
        with site.desk.database.writing() as session:
            openid.set_provider(
                session, lake, issuer=made.issuer, client_id=CLIENT_ID, actor="operator", now=site.clock()
            )
            openid.set_domains(session, lake, [DOMAIN], issuer=made.issuer, actor="operator", now=site.clock())
        yield made


def go(site: Site, provider: Provider, browser: Browser | None = None, **changed: str) -> tuple[Browser, Any]:
    browser = browser or site.browser()
    begun = browser.get("/sign-in/openid/lake-area?next=/account")
    assert begun.status_code == 303, begun.text
    answer = {**provider.authorize(begun.headers["location"]), **changed}
    return browser, browser.get(callback(answer))


def signed_in(browser: Browser) -> bool:
    return browser.get("/api/v1/me").status_code == 200


def test_a_teacher_signs_in_and_becomes_an_educator_once(site: Site, provider: Provider) -> None:
    browser, answer = go(site, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert signed_in(browser)
    go(site, provider)
    with site.desk.database.reading() as session:
        account = find_account(session, "rosa@lake.example.org")
        lake = session.exec(select(Organization)).one()
        assert account is not None
        assert roles_of(session, lake.id, account.id) == {Role.EDUCATOR}
        assert len(session.exec(select(Account)).all()) == 1
    assert "code_verifier" in provider.asked[0]
    assert all("client_secret" not in form for form in provider.asked), "the secret goes in the header"


def test_who_has_an_account_comes_into_it_and_keeps_it_when_the_address_changes(site: Site, provider: Provider) -> None:
    account = site.person("Rosa Lake", email="rosa@lake.example.org")
    go(site, provider)
    provider.person["email"] = "rosa.newname@lake.example.org"
    browser, _ = go(site, provider)
    assert browser.get("/api/v1/me").json()["id"] == account.id
    with site.desk.database.reading() as session:
        assert session.exec(select(FederatedIdentity)).one().account_id == account.id


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another client"]},
        {"azp": "another client"},
        {"nonce": "of another request"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 99999999999},
        {"sub": None},
        {"sub": ""},
        {"email": None},
        {"email": "not an address"},
        {"email": "rosa@elsewhere.example.org"},
        {"email": "rosa@lake.example.org.evil.example"},
        {"email": "rosa@evil.example@lake.example.org"},
        {"email_verified": False},
        {"email_verified": "false"},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_sign_in_is_refused(
    site: Site, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    browser, answer = go(site, provider)
    assert answer.status_code == 403
    assert not signed_in(browser)
    with site.desk.database.reading() as session:
        assert session.exec(select(Account)).all() == []


def test_an_id_token_of_another_key_or_another_algorithm_is_refused(site: Site, provider: Provider) -> None:
    public = provider.key.as_pem(private=False)
    for key, algorithm in (
        (RSAKey.generate_key(2048), "RS256"),
        (ECKey.generate_key("P-256"), "ES256"),
        # The public key used as if it were a shared secret.
        (public, "HS256"),
        (provider.key, "PS256"),
        (provider.key, "RS512"),
    ):
        provider.sign, provider.header = key, {"alg": algorithm, "kid": "one"}
        browser, answer = go(site, provider)
        assert answer.status_code == 403, algorithm
        assert not signed_in(browser)


def test_keys_that_changed_just_now_count_at_once(site: Site, provider: Provider) -> None:
    go(site, provider)
    key = ECKey.generate_key("P-256", parameters={"kid": "two", "use": "sig"})
    provider.sign, provider.header, provider.keys = key, {"alg": "ES256", "kid": "two"}, [key.as_dict(private=False)]
    browser, answer = go(site, provider)
    assert answer.status_code == 303
    assert signed_in(browser)


def test_an_answer_belongs_to_the_browser_that_asked(site: Site, provider: Provider) -> None:
    begun = site.browser().get("/sign-in/openid/lake-area")
    other = site.browser()
    assert other.get(callback(provider.authorize(begun.headers["location"]))).status_code == 403
    browser, answer = go(site, provider, state="another")
    assert answer.status_code == 403
    assert not signed_in(browser)
    assert provider.asked == [], "no code is handed on before the state was looked at"


def test_an_answer_works_once_and_for_ten_minutes(site: Site, provider: Provider) -> None:
    browser = site.browser()
    begun = browser.get("/sign-in/openid/lake-area")
    back = callback(provider.authorize(begun.headers["location"]))
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 403
    late = site.browser()
    back = callback(provider.authorize(late.get("/sign-in/openid/lake-area").headers["location"]))
    site.clock.forward(minutes=10)
    assert late.get(back).status_code == 403


def test_an_answer_of_another_provider_is_refused(site: Site, provider: Provider) -> None:
    assert go(site, provider, iss="https://elsewhere.example")[1].status_code == 403
    assert go(site, provider, iss=provider.issuer)[1].status_code == 303


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_settings_of_a_provider_that_lead_elsewhere_are_not_followed(
    site: Site, provider: Provider, discovery: dict[str, Any]
) -> None:
    provider.discovery = discovery
    browser = site.browser()
    begun = browser.get("/sign-in/openid/lake-area")
    if begun.status_code == 303:
        begun = browser.get(callback(provider.authorize(begun.headers["location"])))
    assert begun.status_code == 403
    assert not signed_in(browser)


def test_a_second_factor_is_asked_for_here_too(site: Site, provider: Provider) -> None:
    from badgeport.issuer.people.tables import Totp

    account = site.person("Rosa Lake", email="rosa@lake.example.org")
    with site.desk.database.writing() as session:
        session.add(Totp(account_id=account.id, sealed="", confirmed=site.clock()))
    browser, answer = go(site, provider)
    assert answer.headers["location"] == "/sign-in/second-factor"
    assert not signed_in(browser)


def test_a_closed_account_is_not_let_in(site: Site, provider: Provider) -> None:
    account = site.person("Rosa Lake", email="rosa@lake.example.org")
    with site.desk.database.writing() as session:
        row = session.get(Account, account.id)
        row.state = "disabled"
        session.add(row)
    browser, answer = go(site, provider)
    assert answer.status_code == 403
    assert not signed_in(browser)


def test_administrators_choose_the_provider_and_operators_the_domains(site: Site) -> None:
    site.organization("lake-area")
    admin = site.person("Ada Admin", {"lake-area": [Role.ADMINISTRATOR]})
    browser = site.browser(admin)
    sent = {"issuer": "https://login.lake.example.org", "client_id": "abc", "domains": "gmail.com", "version": "1"}
    assert browser.submit("/o/lake-area/settings/sign-in", sent).status_code == 303
    assert browser.submit("/operator/organizations/lake-area/domains", sent).status_code == 403
    with site.desk.database.reading() as session:
        assert session.exec(select(Organization)).one().sign_in["domains"] == []
    assert site.browser().get("/sign-in/openid/lake-area").status_code == 404
    operator = site.browser(site.person("Olle Operator", operator=True))
    seen = {"issuer": sent["issuer"], "version": "2"}
    assert operator.submit("/operator/organizations/lake-area/domains", {"domains": DOMAIN, **seen}).status_code == 303
    assert "Lake-Area" in site.browser().get("/sign-in").text


@pytest.mark.parametrize(
    "issuer", ["http://login.example.org", "https://user@login.example.org", "ftp://x.example", "https://x.example/#a"]
)
def test_an_issuer_is_an_https_address(site: Site, issuer: str) -> None:
    lake = site.organization("lake-area")
    with pytest.raises(Mistakes), site.desk.database.writing() as session:
        openid.set_provider(session, lake, issuer=issuer, client_id="a", actor="operator", now=site.clock())


def test_two_organizations_are_not_believed_for_one_domain(site: Site) -> None:
    one, two = site.organization("lake-area"), site.organization("prairie")
    said: dict[str, Any] = {"issuer": "https://login.example.org", "actor": "operator", "now": site.clock()}
    with site.desk.database.writing() as session:
        openid.set_provider(session, one, client_id="a", **said)
        openid.set_provider(session, two, client_id="b", **said)
        openid.set_domains(session, one, [DOMAIN], **said)
    with pytest.raises(Mistakes), site.desk.database.writing() as session:
        openid.set_domains(session, two, [DOMAIN.upper()], **said)


def test_without_permission_nothing_on_this_machine_is_asked(tmp_path: Path) -> None:
    site = Site(tmp_path)
    lake = site.organization("lake-area")
    with openid_provider.provider() as provider:
        with site.desk.database.writing() as session:
            openid.set_provider(
                session, lake, issuer=provider.issuer, client_id=CLIENT_ID, actor="operator", now=site.clock()
            )
            openid.set_domains(session, lake, [DOMAIN], issuer=provider.issuer, actor="operator", now=site.clock())
        assert site.browser().get("/sign-in/openid/lake-area").status_code == 403
    site.close()
