"""What a review of the fixes to awards, claims and sign-in found; each was once the case."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards import batches, telling
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import AwardBody, RecipientData
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Recipient
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.home import content, erasing
from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.people import openid, operating
from badgeport.issuer.people.links import make_link
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, FederatedIdentity, Membership, Organization, SignIn
from support import hosted, openid_provider
from support.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider, callback
from support.site import PUBLIC_URL, Browser, Site

ROSA, WRONG = "rosa@people.example", "wrong@people.example"
DID = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
OTHER_DID = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
AWARDS = "/api/v1/organizations/prairie/awards"
DOMAIN = "lake.example.org"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture
def org(site: Site) -> Organization:
    return hosted.issuer(site)


def rows(site: Site, table: Any, *where: Any) -> list[Any]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(table).where(*where)).all())


def row(site: Site, table: Any, key: str) -> Any:
    with site.desk.database.reading() as session:
        return session.get(table, key)


def newest(site: Site, award_id: str) -> dict[str, Any]:
    with site.desk.database.reading() as session:
        copy = awards.current_copy(session, award_id)
    assert copy is not None
    read: dict[str, Any] = json.loads(copy.body)
    return read


def claim_links(site: Site, address: str) -> list[str]:
    return [
        "/claim/" + mail["body"].partition("/claim/")[2].split()[0]
        for mail in site.mails()
        if mail["to"] == address and "/claim/" in mail["body"]
    ]


def correct(site: Site, award: Award, **changes: Any) -> None:
    with site.desk.database.writing() as session:
        held = session.get_one(Award, award.id)
        awards.correct(session, site.desk, held, reason="A slip.", actor="registrar", now=site.clock(), **changes)


def stand(site: Site, award: Award, step: Any) -> None:
    with site.desk.database.writing() as session:
        step(session, site.desk, session.get_one(Award, award.id), "A reason.", "registrar", site.clock())


def choose(site: Site, account: Account, award: Award, *, name: bool = False, did: bool = False) -> str:
    with site.desk.database.writing() as session:
        return content.change(
            session,
            site.desk,
            account.id,
            award.id,
            content.Choice((), name, did),
            seen=None,
            actor=account.id,
            now=site.clock(),
        )


# ---------------------------------------------------------------- R1: a corrected address


def misdirected(site: Site, org: Organization, **members: Any) -> tuple[Award, str]:
    award = hosted.award(
        site, org, hosted.published(site, org), recipient=RecipientData("Rosa Delgado", WRONG), **members
    )
    (link,) = claim_links(site, WRONG)
    site.clock.forward(minutes=5)
    return award, link


def test_the_link_in_the_wrong_mailbox_goes_on_working_when_the_address_was_corrected(
    site: Site, org: Organization
) -> None:
    award, link = misdirected(site, org)
    correct(site, award, recipient=RecipientData("Rosa Delgado", ROSA))
    hosted.work(site)
    stranger = site.browser(site.person("Wanda Wrong", email=WRONG))
    assert stranger.get(link).status_code == 404
    assert stranger.submit(link, {"visibility": "private"}).status_code == 404
    assert row(site, Award, award.id).account_id is None
    (right,) = claim_links(site, ROSA)
    rosa = site.person("Rosa Delgado", email=ROSA)
    assert site.browser(rosa).submit(right, {"visibility": "link"}).status_code == 303
    assert row(site, Award, award.id).account_id == rosa.id


def test_a_link_that_was_sent_to_another_address_than_the_awards_is_taken(site: Site, org: Organization) -> None:
    award, _ = misdirected(site, org)
    correct(site, award, recipient=RecipientData("Rosa Delgado", ROSA))
    with site.desk.database.writing() as session:
        secret = make_link(
            session,
            site.desk,
            purpose=telling.CLAIM,
            now=site.clock(),
            lives=telling.CLAIM_LIVES,
            subject=award.id,
            email=WRONG,
        )
    stranger = site.browser(site.person("Wanda Wrong", email=WRONG))
    assert stranger.submit(f"/claim/{secret}", {"visibility": "private"}).status_code == 404
    newcomer = site.browser()
    assert (
        newcomer.submit(f"/claim/{secret}", {"name": "Wanda", "visibility": "link"}, form_at="/sign-in").status_code
        == 404
    )
    assert row(site, Award, award.id).account_id is None


def test_a_correction_that_leaves_the_address_writes_again_or_takes_the_link_back(
    site: Site, org: Organization
) -> None:
    award, link = misdirected(site, org)
    correct(site, award, recipient=RecipientData("Rosa M. Delgado", WRONG.upper()))
    hosted.work(site)
    assert len(site.mails()) == 1
    assert site.browser().get(link).status_code == 200


def test_who_is_not_to_be_written_to_is_written_to_after_a_correction(site: Site, org: Organization) -> None:
    award = hosted.award(site, org, hosted.published(site, org), recipient=RecipientData("Rosa", WRONG), notify=False)
    correct(site, award, recipient=RecipientData("Rosa", ROSA))
    hosted.work(site)
    assert site.mails() == []


def test_an_address_corrected_before_the_badge_is_signed_is_told_once(site: Site, org: Organization) -> None:
    award = hosted.award(site, org, hosted.published(site, org), recipient=RecipientData("Rosa", WRONG), signed=False)
    correct(site, award, recipient=RecipientData("Rosa", ROSA))
    hosted.work(site)
    assert [mail["to"] for mail in site.mails()] == [ROSA]


def test_an_address_corrected_while_the_badge_is_suspended_is_told_when_it_holds_again(
    site: Site, org: Organization
) -> None:
    award, _ = misdirected(site, org)
    stand(site, award, awards.suspend)
    site.clock.forward(minutes=5)
    correct(site, award, recipient=RecipientData("Rosa", ROSA))
    hosted.work(site)
    assert claim_links(site, ROSA) == []
    stand(site, award, awards.reinstate)
    hosted.work(site)
    assert len(claim_links(site, ROSA)) == 1


# ---------------------------------------------------------------- R14: what was revoked before it was signed


def test_a_badge_that_was_revoked_before_it_was_signed_is_announced(site: Site, org: Organization) -> None:
    award = hosted.award(site, org, hosted.published(site, org), signed=False)
    stand(site, award, awards.revoke)
    hosted.work(site)
    assert row(site, Award, award.id).state == "published"
    assert site.mails() == []


@pytest.mark.parametrize("own", [False, True])
def test_a_badge_that_was_suspended_before_it_was_signed_is_announced_at_once_or_never(
    site: Site, org: Organization, own: bool
) -> None:
    members: dict[str, Any] = {"account_id": site.person("Rosa Delgado", email=ROSA).id} if own else {}
    award = hosted.award(site, org, hosted.published(site, org), signed=False, **members)
    stand(site, award, awards.suspend)
    site.clock.forward(minutes=5)
    hosted.work(site)
    assert site.mails() == []
    site.clock.forward(minutes=5)
    stand(site, award, awards.reinstate)
    hosted.work(site)
    assert [mail["to"] for mail in site.mails()] == [ROSA]
    for step in (awards.suspend, awards.reinstate):
        site.clock.forward(minutes=5)
        stand(site, award, step)
    hosted.work(site)
    assert len(site.mails()) == 1, "once is enough"


# ---------------------------------------------------------------- R2: providers


@pytest.fixture(params=[True, False], ids=["second factors", "one factor"])
def lake(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Site, Provider]]:
    """An installation where lake-area's provider is believed for its domain."""
    site = Site(tmp_path, allow_loopback_http=True, second_factor=request.param)
    site.app.state.issuer = site.desk = replace(
        site.desk, environment={"BADGEPORT_OPENID_SECRET_LAKE_AREA": CLIENT_SECRET}
    )
    with openid_provider.provider(lambda: site.clock().timestamp()) as provider:
        org, _ = site.organization("lake-area"), site.organization("state")
        now = site.clock()
        with site.desk.database.writing() as session:
            openid.set_provider(session, org, issuer=provider.issuer, client_id=CLIENT_ID, actor="operator", now=now)
            openid.set_domains(session, org, [DOMAIN], issuer=provider.issuer, actor="operator", now=now)
        yield site, provider
    site.close()


def go(browser: Browser, provider: Provider) -> Any:
    begun = browser.get("/sign-in/openid/lake-area?next=/account")
    return browser.get(callback(provider.authorize(begun.headers["location"])))


def promote(site: Site, how: str) -> Account:
    account: Account = rows(site, Account)[0]
    with site.desk.database.writing() as session:
        if how == "operator":
            operating.make_operator(session, email=f"rosa@{DOMAIN}", name="Rosa", actor="server", now=site.clock())
        else:
            (state,) = session.exec(select(Organization).where(Organization.slug == "state")).all()
            session.add(Membership(org_id=state.id, account_id=account.id, role=how, since=site.clock()))
    return account


@pytest.mark.parametrize("how", ["operator", "registrar"])
def test_a_provider_that_was_linked_before_opens_what_was_entrusted_since(
    lake: tuple[Site, Provider], how: str
) -> None:
    site, provider = lake
    early = site.browser()
    assert go(early, provider).status_code == 303
    account = promote(site, how)
    assert early.get("/api/v1/me").status_code == 401, "a session that the provider began earlier"
    stranger = site.browser()
    assert go(stranger, provider).status_code == 403
    assert stranger.get("/account/second-factor").status_code != 200
    own = site.browser(account)
    assert go(own, provider).status_code == 303, "who is signed in to it links it"
    assert rows(site, FederatedIdentity)[0].confirmed is not None
    later = site.browser()
    assert go(later, provider).status_code == 303
    assert later.get("/api/v1/me").json()["id"] == account.id


def test_an_educators_session_by_a_provider_links_it_for_what_comes_later(lake: tuple[Site, Provider]) -> None:
    site, provider = lake
    browser = site.browser()
    go(browser, provider)
    go(browser, provider)
    assert rows(site, FederatedIdentity)[0].confirmed is None


def test_an_account_of_ones_own_organization_goes_on_by_its_provider(lake: tuple[Site, Provider]) -> None:
    site, provider = lake
    go(site.browser(), provider)
    (account,) = rows(site, Account)
    with site.desk.database.writing() as session:
        org = session.exec(select(Organization).where(Organization.slug == "lake-area")).one()
        session.add(Membership(org_id=org.id, account_id=account.id, role="registrar", since=site.clock()))
    browser = site.browser()
    assert go(browser, provider).status_code == 303
    assert browser.get("/api/v1/me").status_code == 200
    assert begins_code_generator(browser)


def begins_code_generator(browser: Browser) -> bool:
    answer = browser.submit("/account/code-generator", form_at="/account/second-factor")
    return bool(answer.headers["location"] == "/account/code-generator")


def test_a_session_begun_by_a_provider_sets_up_the_first_second_factor(lake: tuple[Site, Provider]) -> None:
    site, provider = lake
    go(site.browser(), provider)
    account = promote(site, "operator")
    go(site.browser(account), provider)
    browser = site.browser()
    assert go(browser, provider).status_code == 303
    assert not begins_code_generator(browser)
    new = {"password": "a long pass phrase", "repeated": "a long pass phrase"}
    changed = browser.submit("/account/password", new, form_at="/account")
    assert changed.headers["location"].startswith("/sign-in?")
    assert begins_code_generator(site.browser(account)), "by a link in the mail"


def test_a_new_session_after_a_new_password_forgets_that_a_provider_began_it(lake: tuple[Site, Provider]) -> None:
    site, provider = lake
    browser = site.browser()
    go(browser, provider)
    browser.get("/account/password")
    browser.submit("/account/password", {"password": "a long pass phrase", "repeated": "a long pass phrase"})
    (kept,) = rows(site, SignIn)
    assert kept.org_id is not None
    promote(site, "operator")
    assert browser.get("/api/v1/me").status_code == 401


def test_a_link_to_a_provider_cannot_be_seen_nor_taken_off(lake: tuple[Site, Provider]) -> None:
    site, provider = lake
    first = site.browser()
    go(first, provider)
    account = promote(site, "registrar")
    own = site.browser(account)
    go(own, provider)
    assert provider.issuer in own.get("/account/providers").text
    assert provider.issuer in own.get("/account/providers?format=csv").text
    assert '"/account/providers"' in own.get("/account").text
    own = site.browser(account)
    (link,) = own.get("/api/v1/me/providers").json()["items"]
    assert link["issuer"] == provider.issuer
    another = site.browser(site.person("Otto Other"))
    assert another.submit("/account/providers/remove", {"provider": link["id"]}).status_code == 404
    began = site.browser()
    go(began, provider)
    assert own.submit("/account/providers/remove", {"provider": link["id"]}).status_code == 303
    assert rows(site, FederatedIdentity) == []
    assert began.get("/api/v1/me").status_code == 401
    assert own.get("/api/v1/me").status_code == 200
    assert go(site.browser(), provider).status_code == 403
    assert [one.actor for one in rows(site, AuditEntry, AuditEntry.action == "account.provider-unlinked")] == [
        account.id
    ]


def test_a_program_takes_a_link_off(lake: tuple[Site, Provider]) -> None:
    site, provider = lake
    go(site.browser(), provider)
    (account,), (link,) = rows(site, Account), rows(site, FederatedIdentity)
    own = site.browser(account)
    own.get("/account")
    sent = {"X-CSRF-Token": str(own.csrf), "Origin": PUBLIC_URL}
    assert own.request("DELETE", f"/api/v1/me/providers/{link.id}", headers=sent).status_code == 204
    assert rows(site, FederatedIdentity) == []


def test_the_second_factor_of_the_owner_still_counts(lake: tuple[Site, Provider]) -> None:
    site, provider = lake
    go(site.browser(), provider)
    account = promote(site, "operator")
    own = site.browser(account)
    assert begins_code_generator(own)
    shown = own.get("/account/code-generator").text.partition('class="letters')[2].partition(">")[2].partition("</p")[0]
    secret = re.sub(r"[^A-Z2-7]", "", re.sub(r"<[^>]+>", "", shown))
    code = pyotp.TOTP(secret).at(site.clock().timestamp())
    assert own.submit("/account/code-generator/confirm", {"code": code}).status_code == 200
    go(own, provider)
    assert rows(site, FederatedIdentity)[0].confirmed is not None
    browser = site.browser()
    assert go(browser, provider).headers["location"] == "/sign-in/second-factor"


# ---------------------------------------------------------------- R3: correcting one word


def page_form(page: str) -> dict[str, str]:
    """What a browser sends back of the form of a page."""
    form = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrf" and ('type="checkbox"' not in tag or "checked" in tag):
            form[name[1]] = unescape(value[1]) if value else ""
    for name_, text in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        form[name_] = unescape(text).strip("\n").replace("\n", "\r\n")
    for name_, text in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', text)
        form[name_] = unescape(chosen[1]) if chosen else ""
    return form


FULL: dict[str, Any] = {
    "results": [{"status": "Completed"}, {"criterion": "questions", "level": "Proficient"}],
    "evidence": [
        {"narrative": "What was seen."},
        {"id": "https://e.example/1", "name": "Protocol of the first talk", "narrative": "What was said."},
        {"id": "https://e.example/2", "name": "Protocol of the second talk"},
    ],
    "narrative": "First line.\n\nSecond line.",
    "credits": 12.345678,
    "term": "Fall 2025",
}
RECIPIENT: dict[str, Any] = {
    "email": "a@people.example",
    "identifiers": [
        {"type": "identifier", "value": "17", "hashed": False},
        {"type": "identifier", "value": "18", "hashed": True},
    ],
}


def full(site: Site, org: Organization, **changes: Any) -> str:
    definition = hosted.published(site, org, **changes)
    program = site.program(site.token(org, "awards:write", "awards:read"))
    given = {"definition": definition[0].id, "recipient": RECIPIENT, "content": FULL}
    made = program.post(AWARDS, json=given)
    assert made.status_code == 201, made.text
    hosted.work(site)
    award_id: str = made.json()["id"]
    return award_id


def correct_on_the_page(site: Site, award_id: str, **changes: str) -> Any:
    browser = site.browser(site.person("Reg Registrar", {"prairie": [Role.REGISTRAR]}))
    place = f"/o/prairie/awards/{award_id}/correct"
    form = page_form(browser.get(place).text) | {"reason": "A slip."} | changes
    answer = browser.submit(place, form)
    hosted.work(site)
    return answer


def test_a_form_sent_back_as_it_was_changes_the_badge(site: Site, org: Organization) -> None:
    award_id = full(site, org)
    before, said, who = newest(site, award_id), row(site, Award, award_id).body, row(site, Recipient, award_id)
    site.clock.forward(minutes=5)
    assert correct_on_the_page(site, award_id).status_code == 303
    after = newest(site, award_id)
    for one in (before, after):
        for name in ("validFrom", "proof"):
            del one[name]
    assert after == before
    assert row(site, Award, award_id).body == said
    assert row(site, Recipient, award_id).model_dump() == who.model_dump()
    (entry,) = rows(site, AuditEntry, AuditEntry.action == "award.corrected")
    assert entry.detail["changed"] == []


def test_one_corrected_word_takes_evidence_and_results_out_of_the_badge(site: Site, org: Organization) -> None:
    award_id = full(site, org)
    before = row(site, Award, award_id).body
    assert correct_on_the_page(site, award_id, term="Fall 2026").status_code == 303
    assert row(site, Award, award_id).body == {**before, "term": "Fall 2026"}


@pytest.mark.parametrize(("address", "left"), [("https://e.example/new", [{"id": "https://e.example/new"}]), ("", [])])
def test_another_address_of_evidence_takes_the_others_out(
    site: Site, org: Organization, address: str, left: list[Any]
) -> None:
    award_id = full(site, org)
    assert correct_on_the_page(site, award_id, evidence=address).status_code == 303
    assert row(site, Award, award_id).body["evidence"] == [FULL["evidence"][0], *left, FULL["evidence"][2]]


def test_evidence_stands_twice_under_one_address_after_a_correction(site: Site, org: Organization) -> None:
    award_id = full(site, org)
    assert correct_on_the_page(site, award_id, evidence="https://e.example/2").status_code == 303
    assert [one.get("id") for one in row(site, Award, award_id).body["evidence"]] == [None, "https://e.example/2"]


def test_an_address_that_is_none_is_no_mistake_of_the_form(site: Site, org: Organization) -> None:
    award_id = full(site, org)
    assert correct_on_the_page(site, award_id, evidence="not an address").status_code == 422
    assert row(site, Award, award_id).edition == 1


@pytest.mark.parametrize(
    ("level", "left"), [("Beginning", [{"criterion": "Questions", "level": "Beginning"}]), ("", [])]
)
def test_another_level_takes_the_other_results_out(site: Site, org: Organization, level: str, left: list[Any]) -> None:
    (criterion,) = hosted.BODY["rubric"]["criteria"]
    free = {name: value for name, value in criterion.items() if name != "requiredLevel"}
    award_id = full(site, org, rubric={"criteria": [free]})
    answer = correct_on_the_page(site, award_id, **{"level-0": level})
    assert answer.status_code == 303, answer.text
    assert row(site, Award, award_id).body["results"] == [{"status": "Completed"}, *left]


def test_a_level_that_is_too_low_is_a_mistake_of_another_field(site: Site, org: Organization) -> None:
    answer = correct_on_the_page(site, full(site, org), **{"level-0": "Beginning"})
    assert answer.status_code == 422
    assert 'href="#level-0"' in answer.text


def test_another_number_takes_the_other_identifiers_out(site: Site, org: Organization) -> None:
    award_id = full(site, org)
    assert correct_on_the_page(site, award_id, local_id="19").status_code == 303
    assert [one["value"] for one in row(site, Recipient, award_id).identifiers] == ["19", "18"]


# ---------------------------------------------------------------- R9, R13: what the earner shows of themselves


def claimed_by_another(site: Site, org: Organization, **members: Any) -> tuple[Award, Account]:
    recipient = RecipientData("Rosa Delgado", ROSA, **members)
    award = hosted.award(site, org, hosted.published(site, org), recipient=recipient)
    otto = site.person("Otto Other")
    assert site.browser(otto).submit(claim_links(site, ROSA)[0], {"visibility": "link"}).status_code == 303
    return award, otto


def test_who_claims_with_a_passed_on_link_has_anothers_name_written_into_the_badge(
    site: Site, org: Organization
) -> None:
    award, otto = claimed_by_another(site, org)
    page = site.browser(otto).get(f"/home/awards/{award.id}/content").text
    assert "Rosa Delgado" not in page
    with pytest.raises(Mistakes, match="another e-mail address"):
        choose(site, otto, award, name=True)
    assert "Rosa Delgado" not in json.dumps(newest(site, award.id))


def test_a_name_that_a_registrar_shows_is_taken_away_by_another_and_not_put_back(site: Site, org: Organization) -> None:
    award, otto = claimed_by_another(site, org, show_name=True)
    assert choose(site, otto, award, name=True) == "same"
    assert choose(site, otto, award) == "signing"
    hosted.work(site)
    assert "Rosa Delgado" not in json.dumps(newest(site, award.id))
    with pytest.raises(Mistakes, match="another e-mail address"):
        choose(site, otto, award, name=True)


def test_whom_a_badge_was_made_to_shows_their_name(site: Site, org: Organization) -> None:
    rosa = site.person("Rosa Delgado", email=ROSA)
    award = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id)
    assert choose(site, rosa, award, name=True) == "signing"
    hosted.work(site)
    assert "Rosa Delgado" in json.dumps(newest(site, award.id))


def subject(site: Site, award: Award) -> Any:
    hosted.work(site)
    return newest(site, award.id)["credentialSubject"].get("id")


def test_the_did_that_a_registrar_wrote_is_lost_once_its_earner_takes_it_out(site: Site, org: Organization) -> None:
    rosa = site.person("Rosa Delgado", email=ROSA)
    recipient = RecipientData("Rosa Delgado", ROSA, DID)
    award = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id, recipient=recipient)
    assert subject(site, award) == DID
    site.clock.forward(minutes=5)
    assert choose(site, rosa, award) == "signing"
    assert subject(site, award) is None
    assert row(site, Recipient, award.id).did == DID
    assert choose(site, rosa, award) == "same"
    assert DID in site.browser(rosa).get(f"/home/awards/{award.id}/content").text
    site.clock.forward(minutes=5)
    assert choose(site, rosa, award, did=True) == "signing"
    assert subject(site, award) == DID


def test_a_correction_shows_a_did_that_its_earner_took_out(site: Site, org: Organization) -> None:
    rosa = site.person("Rosa Delgado", email=ROSA)
    recipient = RecipientData("Rosa Delgado", ROSA, DID)
    award = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id, recipient=recipient)
    choose(site, rosa, award)
    correct(site, award, recipient=recipient)
    assert subject(site, award) is None
    assert correct_on_the_page(site, award.id, term="Fall 2026").status_code == 303
    assert subject(site, award) is None
    correct(site, award, recipient=replace(recipient, did=OTHER_DID))
    assert subject(site, award) == OTHER_DID


def test_a_did_alone_is_taken_out_of_a_badge_that_says_of_nobody_else(site: Site, org: Organization) -> None:
    rosa = site.person("Rosa Delgado", email=ROSA)
    award = hosted.award(
        site, org, hosted.published(site, org), account_id=rosa.id, recipient=RecipientData("Rosa", did=DID)
    )
    with pytest.raises(Mistakes, match="identifier"):
        choose(site, rosa, award)


# ---------------------------------------------------------------- R15: the key of an erased award


def test_other_content_under_the_key_of_an_erased_award_is_taken(site: Site, org: Organization) -> None:
    definition = hosted.published(site, org)
    program = site.program(site.token(org, "awards:write", "awards:read"))
    key = {"Idempotency-Key": "k1"}
    given = {"definition": definition[0].id, "recipient": {"email": "a@people.example"}}
    award_id = program.post(AWARDS, json=given, headers=key).json()["id"]
    hosted.work(site)
    before = row(site, Award, award_id).fingerprint
    with site.desk.database.writing() as session:
        erasing.erase_recipient(
            session, site.desk, org.id, award_id, seen=None, actor="registrar", now=site.clock(), why="They asked."
        )
    other = {**given, "recipient": {"email": "quite.another@people.example"}}
    assert program.post(AWARDS, json=other, headers=key).status_code == 409
    again = program.post(AWARDS, json=given, headers=key)
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (200, award_id, "erased")
    assert len(rows(site, Award)) == 1
    assert row(site, Award, award_id).fingerprint not in ("", before)


# ---------------------------------------------------------------- R16: the same request after a new version

PERSON = {"name": "Rosa Delgado", "email": ROSA}
(CRITERION,) = hosted.BODY["rubric"]["criteria"]
SECOND = {
    "credit": {"amount": 30, "unit": "clock hours"},
    "contactHours": 30,
    "gradeBand": "6-8",
    "rubric": {"criteria": [{**CRITERION, "name": "Asking"}]},
}


def new_version(site: Site, definition: Definition) -> None:
    """Publish a second version, whose badges say another credit by themselves and whose rubric is another one."""
    body = DefinitionBody.model_validate({**hosted.BODY, **SECOND})
    now = site.clock.forward(minutes=5)
    version = DefinitionVersion(
        definition_id=definition.id, number=2, body=body.to_json(), created=now, created_by="author", published=now
    )
    change(site, Definition, definition.id, current=2)
    with site.desk.database.writing() as session:
        session.add(version)


def change(site: Site, table: Any, key: str, **members: Any) -> None:
    with site.desk.database.writing() as session:
        held = session.get_one(table, key)
        for name, value in members.items():
            setattr(held, name, value)
        session.add(held)


def retire(site: Site, definition: Definition) -> None:
    change(site, Definition, definition.id, state="retired")


def asked_by_program(site: Site, org: Organization, definition: Definition) -> Callable[..., Any]:
    program = site.program(site.token(org, "awards:write", "awards:read"))
    given = {"definition": definition.id, "recipient": PERSON, "content": {"term": "Fall 2026"}}
    return lambda **more: program.post(AWARDS, json={**given, **more}, headers={"Idempotency-Key": "k1"})


@pytest.mark.parametrize("meanwhile", [new_version, retire])
def test_the_same_request_is_refused_after_the_micro_credential_was_changed(
    site: Site, org: Organization, meanwhile: Callable[[Site, Definition], None]
) -> None:
    definition, _ = hosted.published(site, org)
    ask = asked_by_program(site, org, definition)
    first = ask()
    meanwhile(site, definition)
    again = ask()
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["content"]["credits"] == 15
    assert len(rows(site, Award)) == 1


def test_the_defaults_of_today_are_taken_for_what_was_asked(site: Site, org: Organization) -> None:
    definition, _ = hosted.published(site, org)
    ask = asked_by_program(site, org, definition)
    assert ask().status_code == 201
    new_version(site, definition)
    assert ask(content={"term": "Fall 2026", "credits": 15}).status_code == 409
    assert ask(content={"term": "Spring 2027"}).status_code == 409
    another, _ = hosted.published(site, org, name="Another")
    assert ask(definition=another.id).status_code == 409


def test_an_award_of_an_earlier_release_is_asked_for_in_vain(site: Site, org: Organization) -> None:
    definition, _ = hosted.published(site, org)
    ask = asked_by_program(site, org, definition)
    award_id = ask().json()["id"]
    whole = AwardBody.from_json(row(site, Award, award_id).body)
    draft = awards.Draft(RecipientData(PERSON["name"], PERSON["email"]), whole, "api:k1")
    change(site, Award, award_id, fingerprint=awards.fingerprint_of_all(site.desk, definition.id, draft))
    new_version(site, definition)
    assert (ask().status_code, ask().json()["id"]) == (201, award_id)
    assert ask(content={"term": "Spring 2027"}).status_code == 409


def test_a_program_has_an_award_state_the_newest_version(site: Site, org: Organization) -> None:
    definition, _ = hosted.published(site, org)
    ask = asked_by_program(site, org, definition)
    award_id = ask().json()["id"]
    new_version(site, definition)
    program = site.program(site.token(org, "awards:write"))
    given = {"reason": "The newer one was meant.", "newest_definition": True}
    assert program.post(f"{AWARDS}/{award_id}/correct", json=given).status_code == 200
    assert row(site, DefinitionVersion, row(site, Award, award_id).version_id).number == 2
    assert ask().json()["id"] == award_id, "also then it is the same request"


def test_a_form_sent_twice_around_a_new_version_awards_once(site: Site, org: Organization) -> None:
    definition, _ = hosted.published(site, org)
    browser = site.browser(site.person("Reg Registrar", {"prairie": [Role.REGISTRAR]}))
    place = f"/o/prairie/awards/new?definition={definition.id}"
    form = page_form(browser.get(place).text) | PERSON
    first = browser.submit("/o/prairie/awards/new", form, form_at=place)
    new_version(site, definition)
    again = browser.submit("/o/prairie/awards/new", form, form_at=place)
    assert (first.status_code, again.status_code) == (303, 303), again.text
    assert again.headers["location"] == first.headers["location"]
    assert len(rows(site, Award)) == 1


@pytest.mark.parametrize("meanwhile", [new_version, retire])
def test_the_same_file_is_refused_after_the_micro_credential_was_changed(
    site: Site, org: Organization, meanwhile: Callable[[Site, Definition], None]
) -> None:
    definition, _ = hosted.published(site, org)
    program = site.program(site.token(org, "awards:write", "awards:read"))
    place = f"/api/v1/organizations/prairie/batches?definition={definition.id}"
    headers = {"Idempotency-Key": "f1", "Content-Type": "text/csv"}
    file = b"email,level:Questions\nrosa@people.example,Proficient\n"
    first = program.post(place, content=file, headers=headers)
    meanwhile(site, definition)
    again = program.post(place, content=file, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert again.json()["id"] == first.json()["id"]
    assert program.post(place, content=file + b"a@people.example,\n", headers=headers).status_code == 409


# ---------------------------------------------------------------- R19: rows that are left


def test_a_file_is_done_although_rows_are_left(site: Site, org: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "ENTER_TOGETHER", 1)
    definition = hosted.published(site, org)
    file = io.BytesIO(b"email\ngone@people.example\nstays@people.example\n")
    batch = batches.take_file(
        site.desk, org, definition[0].id, file, key="k", name="", actor="registrar", now=site.clock()
    )
    with site.desk.database.writing() as session:
        batches.start(session, session.get_one(AwardBatch, batch.id), proceed=False, actor="x", now=site.clock())
    handler = batches.EnterHandler()
    with site.desk.database.reading() as session:
        turn = handler.work(site.desk, handler.prepare(site.desk, session, batch.id))
    with site.desk.database.writing() as session:
        batches.forget_person(session, "gone@people.example")
    with site.desk.database.writing() as session:
        assert handler.settle(session, site.desk, batch.id, turn, site.clock()) is not None
    hosted.work(site)
    assert row(site, AwardBatch, batch.id).state == "done"
    assert len(rows(site, Award)) == 1
    assert [one.award_id is not None for one in rows(site, BatchRow, BatchRow.good.is_(True))] == [True]  # type: ignore[attr-defined]
