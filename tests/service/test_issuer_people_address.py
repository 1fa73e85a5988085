"""Changing one's own e-mail address: the mailbox and the account are both asked for, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.people.links import make_link
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.signing_in import PENDING_LIVES, SECOND_FACTOR
from badgeport.issuer.people.tables import Account, Identity, OneTimeLink
from badgeport.issuer.submissions.reviews import _helped
from badgeport.issuer.submissions.tables import Comment, Peer, Submission
from support import databases, hosted
from support.site import PUBLIC_URL, Browser, Site

OLD, NEW = "rosa@people.example", "rosa.delgado@elsewhere.example"
PLACE = "/account/e-mail"


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    kind = getattr(request, "param", "sqlite")
    made = Site(tmp_path, database_url=databases.made(kind, tmp_path))
    made.organization("prairie")
    yield made
    made.close()


@pytest.fixture
def rosa(site: Site) -> Account:
    return site.person("Rosa Delgado", {"prairie": [Role.EDUCATOR]})


def ask(site: Site, browser: Browser, email: str = NEW) -> Any:
    answer = browser.submit(PLACE, {"email": email})
    site.clock.forward(seconds=1)
    hosted.work(site)
    return answer


def links(site: Site, email: str = NEW) -> list[str]:
    """The paths that were mailed to an address."""
    return [
        PLACE + mail["body"].partition(PLACE)[2].split()[0]
        for mail in site.mails()
        if mail["to"] == email and PLACE in mail["body"]
    ]


def change(site: Site, browser: Browser, email: str = NEW) -> Any:
    """Ask for another address, and open the link."""
    assert ask(site, browser, email).status_code == 200
    answer = browser.submit(links(site, email)[-1])
    site.clock.forward(seconds=1)
    hosted.work(site)
    return answer


def address(site: Site, account: Account) -> Identity:
    with site.desk.database.reading() as session:
        return session.get_one(Identity, account.id)


def told(site: Site, email: str) -> list[str]:
    return [mail["subject"] for mail in site.mails() if mail["to"] == email]


@pytest.mark.parametrize("site", databases.KINDS, indirect=True)
def test_an_address_changes_when_its_link_is_opened_and_not_before(site: Site, rosa: Account) -> None:
    browser = site.browser(rosa)
    assert ask(site, browser).status_code == 200
    (link,) = links(site)
    assert NEW in browser.get(link).text
    assert address(site, rosa).email == OLD, "looking is not using"
    assert told(site, OLD) == []
    answer = browser.submit(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    held = address(site, rosa)
    assert (held.email, held.email_proven) == (NEW, site.clock())
    site.clock.forward(seconds=1)
    hosted.work(site)
    assert told(site, OLD) == ["The e-mail address of your account was changed"]
    assert NEW not in site.mails()[-1]["body"]
    assert browser.get("/api/v1/me").json()["email"] == NEW
    assert browser.submit(link).status_code == 404, "a link works once"


def test_the_history_says_it_without_the_addresses(site: Site, rosa: Account) -> None:
    change(site, site.browser(rosa))
    with site.desk.database.reading() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "account.e-mail-changed"))
    assert (entry.actor, entry.target, entry.detail) == (rosa.id, f"account:{rosa.id}", {})


def test_the_link_gives_nobody_else_the_account(site: Site, rosa: Account) -> None:
    ask(site, site.browser(rosa))
    (link,) = links(site)
    stranger, nobody = site.browser(site.person("Wanda Wrong")), site.browser()
    assert stranger.get(link).status_code == 404
    assert stranger.submit(link).status_code == 404
    assert nobody.get(link, headers={"Accept": "text/html"}).headers["location"].startswith("/sign-in?next=")
    assert nobody.submit(link, form_at="/sign-in").status_code in (303, 401)
    assert address(site, rosa).email == OLD


def test_a_link_is_over_after_an_hour_and_when_another_one_is_sent(site: Site, rosa: Account) -> None:
    browser = site.browser(rosa)
    ask(site, browser)
    ask(site, browser, "third@elsewhere.example")
    assert browser.submit(links(site)[0]).status_code == 404
    site.clock.forward(minutes=61)
    assert browser.submit(links(site, "third@elsewhere.example")[0]).status_code == 404
    assert address(site, rosa).email == OLD


def test_who_signed_in_long_ago_does_so_again_first(site: Site, rosa: Account) -> None:
    browser = site.browser(rosa)
    site.clock.forward(minutes=16)
    assert browser.get(PLACE).headers["location"].startswith("/sign-in?next=%2Faccount%2Fe-mail")
    assert browser.submit(PLACE, {"email": NEW}).headers["location"].startswith("/sign-in?")
    sent = {"X-CSRF-Token": str(browser.csrf), "Origin": PUBLIC_URL}
    assert browser.post("/api/v1/me/e-mail", json={"email": NEW}, headers=sent).status_code == 403
    hosted.work(site)
    assert site.mails() == []


@pytest.mark.parametrize("typed", ["", "rosa", "rosa@", "a b@people.example", OLD, OLD.upper()])
def test_what_is_no_other_address_is_refused_and_stays_in_the_field(site: Site, rosa: Account, typed: str) -> None:
    answer = site.browser(rosa).submit(PLACE, {"email": typed})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert f'value="{typed}"' in answer.text


def test_an_address_that_has_an_account_is_answered_alike_and_its_reader_is_told(site: Site, rosa: Account) -> None:
    taken = "otto@people.example"
    site.person("Otto Other", email=taken)
    browser = site.browser(rosa)
    free, held = ask(site, browser), ask(site, browser, taken)
    assert free.status_code == held.status_code == 200
    assert free.text.replace(NEW, taken) == held.text
    assert links(site, taken) == []
    assert told(site, taken) == ["This address has an account already"]


def test_an_address_that_was_taken_meanwhile_is_not_taken_twice(site: Site, rosa: Account) -> None:
    browser = site.browser(rosa)
    ask(site, browser)
    site.person("Otto Other", email=NEW)
    assert browser.submit(links(site)[0]).status_code == 409
    assert address(site, rosa).email == OLD


def test_nobody_is_flooded_and_the_last_link_goes_on_working(site: Site, rosa: Account) -> None:
    browser = site.browser(rosa)
    for _ in range(4):
        assert ask(site, browser).status_code == 200
    assert len(links(site)) == 2
    assert browser.submit(links(site)[-1]).status_code == 303


def test_one_account_does_not_write_to_many(site: Site, rosa: Account) -> None:
    browser = site.browser(rosa)
    codes = [browser.submit(PLACE, {"email": f"somebody{number}@elsewhere.example"}).status_code for number in range(7)]
    assert codes == [200] * 5 + [422] * 2


def test_the_old_mailbox_and_other_devices_open_the_account_no_more(site: Site, rosa: Account) -> None:
    browser, elsewhere = site.browser(rosa), site.browser(rosa)
    nobody = site.browser()
    nobody.submit("/sign-in/link", {"email": OLD}, form_at="/sign-in")
    hosted.work(site)
    way_in = "/sign-in/link/" + site.mails()[0]["body"].partition("/sign-in/link/")[2].split()[0]
    assert nobody.get(way_in).status_code == 200
    change(site, browser)
    assert nobody.submit(way_in, form_at="/sign-in").status_code == 404
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert browser.get("/api/v1/me").status_code == 200


def test_what_was_begun_with_the_first_factor_is_over(site: Site, rosa: Account) -> None:
    otto = site.person("Otto Other")
    with site.desk.database.writing() as session:
        for one in (rosa, otto):
            make_link(
                session,
                site.desk,
                purpose=SECOND_FACTOR,
                now=site.clock(),
                lives=PENDING_LIVES,
                account_id=one.id,
            )
    change(site, site.browser(rosa))
    with site.desk.database.reading() as session:
        (left,) = session.exec(select(OneTimeLink).where(OneTimeLink.purpose == SECOND_FACTOR))
    assert left.account_id != rosa.id


def test_a_program_does_the_same(site: Site, rosa: Account) -> None:
    browser = site.browser(rosa)
    sent = {"X-CSRF-Token": str(browser.csrf), "Origin": PUBLIC_URL}
    asked = browser.post("/api/v1/me/e-mail", json={"email": NEW.title()}, headers=sent)
    assert (asked.status_code, asked.json()) == (202, {"email": NEW})
    wrong = browser.post("/api/v1/me/e-mail", json={"email": "rosa"}, headers=sent)
    assert (wrong.status_code, wrong.headers["content-type"]) == (400, "application/problem+json")
    hosted.work(site)
    secret = {"secret": links(site)[0].rpartition("/")[2]}
    assert browser.post("/api/v1/me/e-mail/confirm", json=secret, headers=sent).status_code == 204
    assert browser.post("/api/v1/me/e-mail/confirm", json=secret, headers=sent).status_code == 404
    assert browser.get("/api/v1/me").json()["email"] == NEW


def test_what_was_made_to_the_old_address_stays_made_to_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org), recipient=RecipientData("Rosa Delgado", OLD))
    (claim,) = ["/claim/" + mail["body"].partition("/claim/")[2].split()[0] for mail in site.mails()]
    rosa = site.person("Rosa Delgado", email=OLD)
    browser = site.browser(rosa)
    assert "Claim them first" in browser.get(PLACE).text
    change(site, browser)
    assert "Claim them first" not in browser.get(PLACE).text
    assert browser.submit(claim, {"visibility": "link"}).status_code == 303
    hosted.work(site)
    with site.desk.database.reading() as session:
        assert session.get_one(Award, award.id).account_id == rosa.id
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "award.claimed"))
    assert entry.detail["by"] == "link, other address"
    assert any(subject.startswith("Your badge was claimed") for subject in told(site, OLD))
    site.close()


def test_whoever_helped_under_the_old_address_does_not_score_under_the_new_one(site: Site, rosa: Account) -> None:
    now = site.clock()
    definition, version = hosted.published(site, site.organization("lake-area"))
    author = site.person("Erin Educator")
    submission = Submission(
        org_id=definition.org_id,
        account_id=author.id,
        definition_id=definition.id,
        version_id=version.id,
        started=now,
        changed=now,
    )
    with site.desk.database.writing() as session:
        session.add(submission)
        session.flush()
        peer = Peer(submission_id=submission.id, name="Rosa", email=OLD, invited=now)
        session.add(peer)
        session.flush()
        session.add(Comment(submission_id=submission.id, peer_id=peer.id, body="Say more.", at=now))
    with site.desk.database.reading() as session:
        assert _helped(session, submission, rosa.id)
    change(site, site.browser(rosa))
    with site.desk.database.reading() as session:
        assert _helped(session, submission, rosa.id)
