"""The page without a browser: forms, addresses, what is kept and for how long, and who may ask for what."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from badgeport.schemas.limits import Limits
from badgeport.verifier.package import is_package
from badgeport.verifier.web.page import MAXIMUM_CREDENTIALS
from badgeport.verifier.web.words import LANGUAGES
from support import served, serving
from support import verifying as v

SAMPLES = served.credentials()


class Clock:
    """The time it is for the service."""

    def __init__(self) -> None:
        self.now = v.NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make(directory: Path, clock: Clock, **settings: Any) -> TestClient:
    trust = (served.registry(directory),)
    app = serving.application(directory / "data", served.documents(), clock=clock, trust=trust, **settings)
    client = serving.client(app)
    client.follow_redirects = False
    return client


@pytest.fixture
def page(tmp_path: Path, clock: Clock) -> TestClient:
    return make(tmp_path, clock)


def ask(page: TestClient, *files: bytes, text: str = "", query: str = "", headers: Any = None, **fields: str) -> str:
    """Hand something in; the path of the answer."""
    parts = [("file", (f"file-{number}", data)) for number, data in enumerate(files)]
    if not parts:
        # What a browser sends where no file was chosen.
        parts = [("file", ("", b""))]
    answer = page.post(f"/verify{query}", data={"text": text, **fields}, files=parts, headers=headers or {})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def heading(html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert found is not None
    return text_of(found.group(1))


# -- asking ---------------------------------------------------------------------------------------------------------


def test_the_root_leads_to_the_page(page: TestClient) -> None:
    assert page.get("/").headers["location"] == "/verify"
    answer = page.get("/verify")
    assert answer.status_code == 200
    assert heading(answer.text) == "Is this credential genuine?"


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_file_and_a_paste_give_the_same_answer(page: TestClient, name: str) -> None:
    by_file = page.get(ask(page, SAMPLES[name]))
    by_text = page.get(ask(page, text=SAMPLES[name].decode()))
    assert by_file.status_code == by_text.status_code == 200
    assert heading(by_file.text) == heading(by_text.text)


def test_the_answer_says_who_what_from_whom_and_when(page: TestClient) -> None:
    said = text_of(page.get(ask(page, SAMPLES["valid"])).text)
    for words in (
        "Genuine and in force",
        "Reading Together",
        "Lakeside Unified School District",
        "State Register of Educator Programs",
        v.RECIPIENT,
        "April 1, 2031",
        "May 1, 2026",
        "You may rely on it.",
    ):
        assert words in said


def test_options_are_heard(page: TestClient) -> None:
    then = page.get(ask(page, SAMPLES["expired"], as_of="2026-04-10"))
    assert heading(then.text) == "Was in force on April 10, 2026"
    assert "April 10, 2026, 11:59\u00a0PM UTC" in unescape(then.text)
    today = page.get(ask(page, SAMPLES["expired"], as_of="2026-05-01"))
    assert heading(today.text) == "Expired on April 20, 2026"
    assert "The answer is for" not in today.text
    exactly = page.get(ask(page, SAMPLES["expired"], as_of="2026-04-10T08:00:00Z"))
    assert "April 10, 2026, 8:00\u00a0AM UTC" in unescape(exactly.text)
    hers = page.get(ask(page, SAMPLES["anonymous"], recipient=" ines@example.org "))
    assert "It was awarded to the person you named." in hers.text
    lenient = page.get(ask(page, SAMPLES["suspended"], policy="vcalm"))
    assert heading(lenient.text) == "Genuine, but not in force"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "Nothing was handed in yet."),
        ({"text": "  \n "}, "Nothing was handed in yet."),
        ({"text": "x", "as_of": "yesterday"}, "This is not a date"),
        ({"text": "x", "as_of": "2026-13-01"}, "This is not a date"),
        ({"text": "x", "policy": "none"}, "There are no such rules here."),
        ({"text": "x", "recipient": "a" * 3000}, "This is too long"),
    ],
)
def test_a_mistake_in_the_form_is_said_and_nothing_is_lost(
    page: TestClient, fields: dict[str, str], complaint: str
) -> None:
    answer = page.post("/verify", data=fields, files={"file": ("", b"")})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert complaint in answer.text
    for value in fields.values():
        assert value.strip() in answer.text


def test_what_is_typed_is_escaped(page: TestClient) -> None:
    nasty = '"><script>alert(1)</script>'
    answer = page.post("/verify", data={"text": nasty, "as_of": nasty}, files={"file": ("", b"")})
    assert "<script>alert" not in answer.text
    shown = page.get(ask(page, v.sign(v.badge(name=nasty)), text=""))
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;alert(1)" in shown.text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_forms_of_other_sites_are_refused(page: TestClient, headers: dict[str, str]) -> None:
    location = ask(page, SAMPLES["valid"])
    for path in ("/verify", f"{location}/1/share", f"{location}/delete"):
        refused = page.post(path, data={"text": "x"}, headers=headers)
        assert refused.status_code == 403
        assert "another website" in refused.text
    assert page.get(location).status_code == 200


def test_forms_of_this_site_are_accepted(page: TestClient) -> None:
    ask(page, SAMPLES["valid"], headers={"sec-fetch-site": "same-origin", "origin": "http://verify.example"})
    ask(page, SAMPLES["valid"], headers={"origin": "http://verify.example"})
    ask(page, SAMPLES["valid"], headers={"sec-fetch-site": "none"})


# -- several --------------------------------------------------------------------------------------------------------


def test_an_archive_is_answered_by_a_list(page: TestClient) -> None:
    location = ask(page, served.archive("valid", "expired", "key-unknown"), SAMPLES["tampered"])
    listed = page.get(location).text
    assert heading(listed) == "4 things were looked at"
    for words in ("Genuine and in force", "Expired on April 20, 2026", "key could not be reached", "Altered"):
        assert words in unescape(listed)
    links = re.findall(rf'href="({re.escape(location)}/\d)"', listed)
    assert links == [f"{location}/{number}" for number in range(1, 5)]
    third = page.get(links[2])
    assert "key could not be reached" in heading(third.text)
    assert f'href="{location}"' in third.text
    assert page.get(f"{location}/5").status_code == 404
    assert page.get(f"{location}/0").status_code == 404
    assert page.get(f"{location}/x").status_code == 404


def test_too_many_at_once_are_named_and_none_is_lost(page: TestClient) -> None:
    more = MAXIMUM_CREDENTIALS + 2
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(more):
            archive.writestr(f"{number:03}.json", SAMPLES["unsigned"].replace(b"a001", f"{number:04}".encode()))
    location = ask(page, target.getvalue())
    listed = page.get(location).text
    assert heading(listed) == f"{more} things were looked at"
    assert listed.count("this was not looked at") == 2
    left = page.get(f"{location}/{more}")
    assert left.status_code == 200
    assert "hand in fewer at a time" in left.text
    assert page.get(f"{location}/{more}/report.json").status_code == 404


# -- results --------------------------------------------------------------------------------------------------------


def test_the_report_can_be_had_in_every_form(page: TestClient) -> None:
    location = ask(page, SAMPLES["revoked"], query="?lang=es").partition("?")[0]
    report = page.get(f"{location}/1/report.json")
    assert report.headers["content-type"] == "application/json"
    assert report.json()["verdict"] == "invalid"
    package = page.get(f"{location}/1/package.zip")
    assert package.headers["content-type"] == "application/zip"
    assert is_package(package.content)
    pdf = page.get(f"{location}/1/report.pdf?lang=es")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF-")
    for answer in (report, package, pdf):
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["cache-control"] == "no-store"


def test_a_proof_package_is_checked_anew(page: TestClient, clock: Clock) -> None:
    location = ask(page, SAMPLES["valid"])
    package = page.get(f"{location}/1/package.zip").content
    again = text_of(page.get(ask(page, package)).text)
    assert "Genuine and in force" in again
    assert "You handed in a proof package." in again
    assert "gives exactly the same report" in again
    clock.now += timedelta(days=6 * 366)
    later = text_of(page.get(ask(page, package)).text)
    assert "Expired on April 1, 2031" in later
    assert "its verdict was: Valid" in later
    spoiled = re.sub(rb'"verdict": "valid"', b'"verdict": "VALID"', _unpacked(package)["report.json"])
    changed = _packed({**_unpacked(package), "report.json": spoiled})
    assert "The package was changed after it was made" in text_of(page.get(ask(page, changed)).text)


def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return target.getvalue()


def test_results_are_private_and_go_after_an_hour(page: TestClient, clock: Clock) -> None:
    location = ask(page, SAMPLES["valid"])
    shown = page.get(location)
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "same-origin"
    assert shown.headers["x-robots-tag"] == "noindex, nofollow"
    assert "set-cookie" not in shown.headers
    clock.now += timedelta(minutes=59)
    assert page.get(location).status_code == 200
    clock.now += timedelta(minutes=2)
    for path in (location, f"{location}/1", f"{location}/1/report.json", f"{location}/1/package.zip"):
        gone = page.get(path)
        assert gone.status_code == 404
        assert "its time was over" in gone.text
        assert gone.headers["content-type"].startswith("text/html")


def test_a_result_can_be_deleted_at_once(page: TestClient) -> None:
    location = ask(page, SAMPLES["valid"])
    assert page.post(f"{location}/delete").headers["location"] == "/verify/deleted"
    assert heading(page.get("/verify/deleted").text) == "Deleted"
    assert page.get(location).status_code == 404


# -- sharing --------------------------------------------------------------------------------------------------------


def shared(page: TestClient) -> tuple[str, str]:
    """Share a report: the address of its owner's page and that of the report."""
    location = ask(page, SAMPLES["valid"])
    own = str(page.post(f"{location}/1/share").headers["location"])
    return own, own.partition("/yours/")[0]


def test_a_shared_report_is_the_report_and_never_the_credential(page: TestClient, clock: Clock) -> None:
    own, address = shared(page)
    assert f"http://verify.example{address}" in page.get(own).text
    clock.now += timedelta(days=20)
    answer = page.get(address)
    said = text_of(answer.text)
    assert "This is a report about a credential, not the credential." in said
    assert "It was made by verify.example and shared on May 1, 2026." in said
    assert "The check was made 20 days ago." in said
    assert "noindex" in answer.text
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert "/yours/" not in answer.text
    assert "package.zip" not in answer.text
    assert page.get(f"{address}/package.zip").status_code == 404
    assert json.loads(page.get(f"{address}/report.json").content)["verdict"] == "valid"
    assert page.get(f"{address}/report.pdf").content.startswith(b"%PDF-")
    proof = json.loads(SAMPLES["valid"])["proof"]["proofValue"]
    assert proof not in answer.text
    assert proof not in page.get(f"{address}/report.json").text
    clock.now += timedelta(days=11)
    assert page.get(address).status_code == 404


def test_only_who_shared_a_report_can_take_it_back(page: TestClient) -> None:
    own, address = shared(page)
    assert page.get(f"{address}/yours/guess").status_code == 404
    for secret in ("", "guess", "é"):
        assert page.post(f"{address}/delete", data={"secret": secret}).status_code == 403
    assert page.get(address).status_code == 200
    secret = own.rpartition("/")[2]
    assert page.post(f"{address}/delete", data={"secret": secret}).status_code == 303
    assert page.get(address).status_code == 404
    assert page.post(f"{address}/delete", data={"secret": secret}).status_code == 404


# -- languages, errors, static --------------------------------------------------------------------------------------


def test_the_language_is_kept_from_page_to_page(page: TestClient) -> None:
    form = page.get("/verify", headers={"accept-language": "es"})
    assert '<html lang="es">' in form.text
    assert form.headers["content-language"] == "es"
    assert "Accept-Language" in form.headers["vary"]
    chosen = page.get("/verify?lang=es", headers={"accept-language": "en"})
    assert 'action="/verify?lang=es"' in chosen.text
    location = ask(page, SAMPLES["valid"], query="?lang=es")
    assert location.endswith("?lang=es")
    assert heading(page.get(location).text) == "Auténtica y en vigor"
    other = location.partition("?")[0] + "?lang=en"
    assert f'href="{other}"' in page.get(location).text
    assert '<html lang="en">' in page.get("/verify?lang=%3Cscript%3E").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("path", "status"), [("/verify/nothing", 404), ("/verify/results/no-such-token", 404), ("/verify/shared/x", 404)]
)
def test_errors_are_pages_in_the_same_words(page: TestClient, language: str, path: str, status: int) -> None:
    answer = page.get(f"{path}?lang={language}")
    assert answer.status_code == status
    assert f'<html lang="{language}">' in answer.text
    assert "NOT_FOUND" in answer.text


def test_other_refusals_are_pages_too(tmp_path: Path, clock: Clock) -> None:
    small = make(tmp_path, clock, limits=Limits(input_bytes=1000), rate_limit="2/minute")
    assert "larger than is read" in small.post("/verify", files={"file": ("a", b"x" * 3_000_000)}).text
    assert small.put("/verify").status_code == 405
    answers = [small.post("/verify", data={"text": "x"}, files={"file": ("", b"")}) for _ in range(4)]
    assert answers[-1].status_code == 429
    assert "Wait a minute and try again." in answers[-1].text
    assert answers[-1].headers["retry-after"]


def test_what_cannot_be_read_as_a_form_is_refused_plainly(page: TestClient) -> None:
    broken = page.post("/verify", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data; boundary=x"})
    assert broken.status_code == 400
    other = page.post("/verify", content=b"{}", headers={"content-type": "application/json"})
    assert other.status_code == 415
    assert "multipart/form-data" in other.text
    nothing = page.post("/verify")
    assert nothing.status_code == 400
    assert "Nothing was handed in yet." in nothing.text


def test_static_files_are_our_own_and_change_their_address_with_their_content(page: TestClient) -> None:
    html = page.get("/verify").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', html)
    assert len(addresses) == 3
    for address in addresses:
        assert "?v=" in address
        assert page.get(address).status_code == 200
    assert re.findall(r'(?:href|src|action)="(?:https?:)?//', html) == []
    assert "style=" not in html
    assert re.findall(r"\son[a-z]+=", html) == []
    assert re.findall(r"<script(?![^>]*src=)", html) == []
