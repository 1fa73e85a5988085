"""Signing in: passwords, codes, links, passkeys; guesses slowed down, nothing said about who has an account."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyotp
import pytest
from sqlmodel import select

from badgeport.issuer.awards.tables import Mail
from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.people.passwords import check_password, hash_password
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, OneTimeLink, Passkey, Password, SignIn, SignInFailure, Totp
from badgeport.issuer.web.visits import SESSION_COOKIE
from support import databases
from support.authenticator import Authenticator
from support.site import PUBLIC_URL, Browser, Site

PASSWORD = "seven geese over Lake Itasca"


@pytest.fixture(params=databases.KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    made.organization("prairie")
    yield made
    made.close()


def person(site: Site, name: str = "Rosa Lake", *roles: Role, password: str = PASSWORD) -> Account:
    account = site.person(name, {"prairie": roles or (Role.EDUCATOR,)})
    with site.desk.database.writing() as session:
        session.add(Password(account_id=account.id, hash=hash_password(password), changed=site.clock()))
    return account


def enter(browser: Browser, email: str, password: str = PASSWORD, next: str = "/home"):
    return browser.submit("/sign-in", {"email": email, "password": password, "next": next})


def cookies(answer) -> str:
    return "\n".join(answer.headers.get_list("set-cookie"))


def who(browser: Browser) -> str | None:
    answer = browser.get("/api/v1/me")
    return answer.json()["id"] if answer.status_code == 200 else None


def set_up_codes(site: Site, browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    browser.submit("/account/code-generator", form_at="/account/second-factor")
    page = browser.get("/account/code-generator").text
    letters = page.partition('<p class="letters"><code>')[2].partition("<")[0].replace(" ", "")
    generator = pyotp.TOTP(letters)
    answer = browser.submit(
        "/account/code-generator/confirm",
        {"code": generator.at(site.clock())},
        form_at="/account/code-generator",
    )
    assert answer.status_code == 200
    browser.csrf = None
    codes = [part.partition("<")[0] for part in answer.text.split("<li><code>")[1:]]
    assert len(codes) == 10
    return generator, codes


def test_a_password_signs_in_and_the_cookie_is_for_this_site_alone(site: Site) -> None:
    account = person(site)
    browser = site.browser()
    answer = enter(browser, "Rosa@People.example")
    assert (answer.status_code, answer.headers["location"]) == (303, "/home")
    session = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(f"{SESSION_COOKIE}="))
    assert "HttpOnly" in session
    assert "Secure" in session
    assert "SameSite=lax" in session
    assert who(browser) == account.id


@pytest.mark.parametrize("goal", ["//evil.example/", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_on_to_another_site(tmp_path: Path, goal: str) -> None:
    site = Site(tmp_path)
    site.organization("prairie")
    person(site)
    assert enter(site.browser(), "rosa@people.example", next=goal).headers["location"] == "/"
    assert goal not in site.browser().get("/sign-in", params={"next": goal}).text
    site.close()


def test_wrong_password_and_unknown_address_are_answered_alike(site: Site) -> None:
    person(site)
    wrong = enter(site.browser(), "rosa@people.example", "not the password at all")
    unknown = enter(site.browser(), "nobody@people.example", "not the password at all")
    assert wrong.status_code == unknown.status_code == 422
    strip = lambda answer, email: answer.text.replace(email, "").split("<main", 1)[1].split("csrf")[0]  # noqa: E731
    assert strip(wrong, "rosa@people.example") == strip(unknown, "nobody@people.example")
    assert "not the password" not in wrong.text
    with site.desk.database.reading() as session:
        assert len(session.exec(select(SignInFailure)).all()) == 2


def test_guesses_are_slowed_down_also_for_the_right_one_and_for_addresses_nobody_has(site: Site) -> None:
    person(site)
    for email in ("rosa@people.example", "nobody@people.example"):
        browser = site.browser()
        for _ in range(5):
            assert "Too many" not in enter(browser, email, "wrong wrong wrong").text
        assert "Too many" in enter(browser, email, PASSWORD).text
        assert who(browser) is None
    site.clock.forward(minutes=16)
    browser = site.browser()
    assert enter(browser, "rosa@people.example").status_code == 303
    with site.desk.database.reading() as session:
        left = session.exec(select(SignInFailure)).all()
    assert len(left) == 5, "the right password forgets the wrong ones before it"


def test_signing_in_ends_the_session_the_browser_had(site: Site) -> None:
    person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    before = browser.cookies[SESSION_COOKIE]
    enter(browser, "rosa@people.example")
    assert browser.cookies[SESSION_COOKIE] != before
    other = site.browser()
    other.cookies.set(SESSION_COOKIE, before)
    assert who(other) is None


def test_a_session_the_visitor_brings_along_is_never_taken_over(site: Site) -> None:
    person(site)
    browser = site.browser()
    browser.cookies.set(SESSION_COOKIE, "chosen-by-somebody-else")
    enter(browser, "rosa@people.example")
    with site.desk.database.reading() as session:
        assert len(session.exec(select(SignIn)).all()) == 1
    other = site.browser()
    other.cookies.set(SESSION_COOKIE, "chosen-by-somebody-else")
    assert who(other) is None


def test_sign_out_ends_the_session_on_the_server(site: Site) -> None:
    person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    secret = browser.cookies[SESSION_COOKIE]
    assert browser.submit("/sign-out", form_at="/account").status_code == 303
    other = site.browser()
    other.cookies.set(SESSION_COOKIE, secret)
    assert who(other) is None


def test_a_disabled_account_is_let_in_no_way(site: Site) -> None:
    account = person(site)
    with site.desk.database.writing() as session:
        row = session.get(Account, account.id)
        row.state = "disabled"
        session.add(row)
    assert enter(site.browser(), "rosa@people.example").status_code == 422
    site.browser().submit("/sign-in/link", {"email": "rosa@people.example"}, form_at="/sign-in")
    with site.desk.database.reading() as session:
        assert session.exec(select(Mail)).all() == []


# -- links ----------------------------------------------------------------------------------------------------------


def mailed(site: Site) -> str:
    with site.desk.database.reading() as session:
        body = session.exec(select(Mail.body)).all()[-1]
    return urlsplit(next(word for word in body.split() if word.startswith(PUBLIC_URL))).path


def test_a_mailed_link_signs_in_once_and_only_by_its_button(site: Site) -> None:
    account = person(site)
    browser = site.browser()
    sent = browser.submit("/sign-in/link", {"email": "Rosa@people.example", "next": "/account"}, form_at="/sign-in")
    assert sent.status_code == 200
    path = mailed(site)
    assert browser.get(path).status_code == 200
    assert who(browser) is None, "looking at a link is not using it"
    answer = browser.submit(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert who(browser) == account.id
    again = site.browser()
    assert again.submit(path, form_at="/sign-in").status_code == 404
    assert who(again) is None


def test_a_mailed_link_is_over_after_a_quarter_of_an_hour(site: Site) -> None:
    person(site)
    browser = site.browser()
    browser.submit("/sign-in/link", {"email": "rosa@people.example"}, form_at="/sign-in")
    site.clock.forward(minutes=15)
    assert browser.submit(mailed(site), form_at="/sign-in").status_code == 404
    assert who(browser) is None


def test_the_answer_to_a_wish_for_a_link_does_not_tell_whether_there_is_an_account(site: Site) -> None:
    person(site)
    answers = []
    for email in ("rosa@people.example", "nobody@people.example"):
        answer = site.browser().submit("/sign-in/link", {"email": email}, form_at="/sign-in")
        answers.append((answer.status_code, answer.text.split("<main", 1)[1].replace(email, "")))
    assert answers[0] == answers[1]
    with site.desk.database.reading() as session:
        assert [mail.address for mail in session.exec(select(Mail))] == ["rosa@people.example"]
        assert len(session.exec(select(OneTimeLink)).all()) == 2


def test_nobody_is_flooded_with_links(site: Site) -> None:
    person(site)
    for _ in range(9):
        site.browser().submit("/sign-in/link", {"email": "rosa@people.example"}, form_at="/sign-in")
    with site.desk.database.reading() as session:
        assert len(session.exec(select(Mail)).all()) == 2


def test_no_secret_of_a_link_or_session_is_in_the_database(site: Site) -> None:
    person(site)
    browser = site.browser()
    browser.submit("/sign-in/link", {"email": "rosa@people.example"}, form_at="/sign-in")
    secret = mailed(site).rpartition("/")[2]
    enter(browser, "rosa@people.example")
    with site.desk.database.reading() as session:
        rows = repr([session.exec(select(table)).all() for table in (OneTimeLink, SignIn, Password, SignInFailure)])
    assert secret not in rows
    assert browser.cookies[SESSION_COOKIE] not in rows
    assert PASSWORD not in rows
    assert "rosa@people.example" not in repr(session.exec(select(SignInFailure)).all())


# -- second factors -------------------------------------------------------------------------------------------------


def test_a_code_is_asked_for_after_the_password_and_is_good_once(site: Site) -> None:
    account = person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    generator, _ = set_up_codes(site, browser)
    site.clock.forward(minutes=1)

    one, two = site.browser(), site.browser()
    for each in (one, two):
        answer = enter(each, "rosa@people.example", next="/account")
        assert answer.headers["location"] == "/sign-in/second-factor"
        assert who(each) is None, "one factor is not enough"
    code = generator.at(site.clock())
    assert one.submit("/sign-in/second-factor", {"code": code}).headers["location"] == "/account"
    assert who(one) == account.id
    assert two.submit("/sign-in/second-factor", {"code": code}).status_code == 422
    assert who(two) is None
    with site.desk.database.reading() as session:
        assert {row.factors for row in session.exec(select(SignIn))} == {2}
        assert generator.secret not in repr(session.exec(select(Totp)).one())


def test_codes_of_one_step_ago_are_taken_and_older_ones_are_not(site: Site) -> None:
    person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    generator, _ = set_up_codes(site, browser)
    early = generator.at(site.clock.forward(minutes=5))
    site.clock.forward(seconds=30)
    one = site.browser()
    enter(one, "rosa@people.example")
    assert one.submit("/sign-in/second-factor", {"code": early}).status_code == 303
    late = generator.at(site.clock.forward(minutes=5))
    site.clock.forward(seconds=61)
    two = site.browser()
    enter(two, "rosa@people.example")
    assert two.submit("/sign-in/second-factor", {"code": late}).status_code == 422


def test_recovery_codes_stand_in_once_each(site: Site) -> None:
    account = person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    _, codes = set_up_codes(site, browser)
    for code, good in ((codes[0].upper(), True), (codes[0], False), (codes[1], True)):
        each = site.browser()
        enter(each, "rosa@people.example")
        each.submit("/sign-in/second-factor", {"code": code})
        assert (who(each) == account.id) is good


def test_guessing_codes_is_slowed_down_across_browsers(site: Site) -> None:
    person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    generator, _ = set_up_codes(site, browser)
    site.clock.forward(minutes=5)
    for _ in range(5):
        each = site.browser()
        enter(each, "rosa@people.example")
        each.submit("/sign-in/second-factor", {"code": "000000"})
    each = site.browser()
    enter(each, "rosa@people.example")
    answer = each.submit("/sign-in/second-factor", {"code": generator.at(site.clock())})
    assert "Too many" in answer.text
    assert who(each) is None


def test_what_stands_between_the_factors_opens_nothing_else_and_ends(site: Site) -> None:
    person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    generator, _ = set_up_codes(site, browser)
    pending = site.browser()
    enter(pending, "rosa@people.example")
    site.clock.forward(minutes=11)
    answer = pending.submit("/sign-in/second-factor", {"code": generator.at(site.clock())}, form_at="/sign-in")
    assert answer.headers["location"] == "/sign-in"
    assert who(pending) is None


def test_staff_without_a_second_factor_are_led_to_one_and_get_nowhere_else(tmp_path: Path) -> None:
    site = Site(tmp_path, second_factor=True)
    site.organization("prairie")
    person(site, "Ada Admin", Role.ADMINISTRATOR)
    browser = site.browser()
    answer = enter(browser, "ada@people.example", next="/o/prairie/people")
    assert answer.headers["location"] == "/account/second-factor"
    assert browser.get("/o/prairie/people").status_code == 403
    set_up_codes(site, browser)
    assert browser.get("/o/prairie/people").status_code == 200
    refused = browser.submit("/account/code-generator/remove")
    assert refused.status_code == 409
    assert browser.get("/o/prairie/people").status_code == 200
    site.close()


def test_who_signed_in_long_ago_does_so_again_before_changing_how_they_sign_in(site: Site) -> None:
    person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    site.clock.forward(minutes=16)
    answer = browser.submit(
        "/account/password", {"password": "another good one", "repeated": "another good one"}, form_at="/account"
    )
    assert answer.headers["location"].startswith("/sign-in?")
    assert enter(site.browser(), "rosa@people.example").status_code == 303


def test_a_new_password_signs_everybody_else_out(site: Site) -> None:
    person(site)
    one, two = site.browser(), site.browser()
    enter(one, "rosa@people.example")
    enter(two, "rosa@people.example")
    new = "nine herons by the river"
    answer = one.submit("/account/password", {"password": new, "repeated": new})
    assert answer.status_code == 303
    assert who(one) is not None
    assert who(two) is None
    assert enter(site.browser(), "rosa@people.example").status_code == 422
    assert enter(site.browser(), "rosa@people.example", new).status_code == 303


def test_passwords_are_hashed_as_slowly_as_is_recommended() -> None:
    """Tests hash them faster (`conftest`); what people get is what the code says."""
    code = "from badgeport.issuer.people.passwords import hash_password; print(hash_password('seven geese'))"
    hashed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    kind, _, settings = re.fullmatch(r"\$(\w+)\$v=(\d+)\$(.*?)\$.*", hashed.strip()).groups()
    cost = {name: int(value) for name, value in (each.split("=") for each in settings.split(","))}
    assert kind == "argon2id"
    assert cost["m"] >= 19 * 1024
    assert cost["t"] >= 2


@pytest.mark.parametrize(
    "weak",
    ["short", "password123!", "P@ssw0rd2027", "1234567890", "aaaaaaaaaaaa", "qwertyuiop1", "rosa.lake.2027", "x" * 201,
     "passwordpassword", "abcdefghijkl"],
)  # fmt: skip
def test_weak_passwords_are_refused(weak: str) -> None:
    with pytest.raises(Mistakes):
        check_password(weak, "Rosa Lake", "rosa@people.example")


@pytest.mark.parametrize("good", [PASSWORD, "tulip-orbit-91-canyon", "ñandú y colibrí", "4uD!k2pWq9z"])
def test_good_passwords_are_taken(good: str) -> None:
    check_password(good, "Rosa Lake", "rosa@people.example")


# -- passkeys -------------------------------------------------------------------------------------------------------


def new_passkey(browser: Browser, device: Authenticator):
    begun = browser.submit("/account/passkeys/options", form_at="/account/second-factor").json()
    values = {"secret": begun["secret"], "credential": device.make(begun["options"]), "name": "phone"}
    return browser.submit("/account/passkeys", values, form_at="/account/second-factor")


def show_passkey(browser: Browser, device: Authenticator):
    begun = browser.submit("/sign-in/passkey/options", form_at="/sign-in").json()
    values = {"secret": begun["secret"], "credential": device.show(begun["options"]), "next": "/account"}
    return browser.submit("/sign-in/passkey", values, form_at="/sign-in"), values


def test_a_passkey_signs_in_with_both_factors_and_its_answer_works_once(site: Site) -> None:
    account = person(site)
    browser, device = site.browser(), Authenticator(PUBLIC_URL)
    enter(browser, "rosa@people.example")
    assert new_passkey(browser, device).status_code == 200
    other = site.browser()
    answer, values = show_passkey(other, device)
    assert answer.json() == {"next": "/account"}
    assert who(other) == account.id
    replayed = site.browser()
    assert replayed.submit("/sign-in/passkey", values, form_at="/sign-in").status_code == 422
    assert who(replayed) is None
    with site.desk.database.reading() as session:
        assert session.exec(select(Passkey)).one().sign_count == 1
        assert {row.factors for row in session.exec(select(SignIn))} == {2}
    password_alone = site.browser()
    assert enter(password_alone, "rosa@people.example").headers["location"] == "/sign-in/second-factor"


@pytest.mark.parametrize(
    "device",
    [Authenticator("https://badges.example.evil.example"), Authenticator(PUBLIC_URL, verifies=False)],
    ids=["another site's page", "nobody was verified"],
)
def test_a_passkey_from_elsewhere_or_without_its_owner_is_not_taken(tmp_path: Path, device: Authenticator) -> None:
    site = Site(tmp_path)
    site.organization("prairie")
    person(site)
    browser = site.browser()
    enter(browser, "rosa@people.example")
    assert new_passkey(browser, device).status_code == 422
    device.origin, device.verifies, elsewhere, verified = PUBLIC_URL, True, device.origin, device.verifies
    assert new_passkey(browser, device).status_code == 200
    device.origin, device.verifies = elsewhere, verified
    other = site.browser()
    assert show_passkey(other, device)[0].status_code == 422
    assert who(other) is None
    site.close()


def test_a_strangers_passkey_opens_nothing(site: Site) -> None:
    person(site)
    browser = site.browser()
    assert show_passkey(browser, Authenticator(PUBLIC_URL))[0].status_code == 422
    assert who(browser) is None


def test_a_device_whose_count_goes_back_is_a_copy(site: Site) -> None:
    person(site)
    browser, device = site.browser(), Authenticator(PUBLIC_URL)
    enter(browser, "rosa@people.example")
    new_passkey(browser, device)
    device.count = 10
    assert show_passkey(site.browser(), device)[0].status_code == 200
    device.count = 4
    assert show_passkey(site.browser(), device)[0].status_code == 422
