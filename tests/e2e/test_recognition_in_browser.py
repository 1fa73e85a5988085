"""What badges are worth, in a real browser: an office, a teacher, a reader; without JavaScript, narrow, printed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from badgeport.verifier.recognition import examples
from badgeport.verifier.web.policy_pages import agreement_name
from badgeport.verifier.web.words import LANGUAGES
from support import chromium, example_badge, served

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

BADGE = example_badge.verified().original
ALTERED = BADGE.replace(b"Checking for Understanding", b"Checking for Misunderstanding")
SALARY = "in-district-credit/salary-lane"
MOST_ASKED = "troy-illinois/salary-lane"

pytestmark = pytest.mark.skipif(chromium.CHROMIUM is None, reason="no chromium: install it to run the browser tests")


def archive() -> bytes:
    """A badge and an altered copy of it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as zipped:
        zipped.writestr("badge.json", BADGE)
        zipped.writestr("altered.json", ALTERED)
    return target.getvalue()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(served, "documents", example_badge.documents)
        with served.served(tmp_path_factory.mktemp("served"), clock=lambda: example_badge.AS_OF) as base:
            yield base


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.running() as started:
        yield started


@pytest.fixture
def open_page(browser: Any, address: str) -> Iterator[Any]:
    """Opens a path in a fresh browser profile; any script error or refused content fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def opened(path: str, *, script: bool = True) -> Any:
        context = browser.new_context(java_script_enabled=script, locale="en-US")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # A form with a mistake in it is answered with 400, which the browser remarks on.
        page.on("console", lambda said: complaints.append(said.text) if _is_complaint(said) else None)
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _is_complaint(said: Any) -> bool:
    return bool(said.type == "error" and "status of 400" not in said.text)


def headline(page: Any) -> str:
    return str(page.get_by_role("heading", level=1).inner_text()).replace("\n", " ")


@pytest.mark.parametrize("script", [True, False])
def test_an_office_decides_and_files(open_page: Any, script: bool) -> None:
    page = open_page("/verify", script=script)
    page.get_by_role("link", name="What are these badges worth?").click()
    page.set_input_files("#file", {"name": "badges.zip", "mimeType": "application/zip", "buffer": archive()})
    page.get_by_label("Under which policy, and for what?").select_option(SALARY)
    page.get_by_role("button", name="Go on").click()
    assert headline(page) == "What the policy asks"
    assert page.get_by_text("Altered, or not genuine").is_visible()
    page.get_by_label("Lane on the salary schedule").select_option("BA")
    page.get_by_role("button", name="Decide", exact=True).click()
    page.wait_for_url("**/recognize/decisions/**")
    assert headline(page) == "Accepted: 1 in-district credit"
    for name, start in (("Decision as PDF", b"%PDF-"), ("Decision for programs", b"{"), ("Record (JSON)", b"{")):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name).click()
        assert Path(waiting.value.path()).read_bytes().startswith(start)
    page.get_by_role("link", name="Change the answers").click()
    page.get_by_label("Lane on the salary schedule").select_option(label="none of these")
    page.get_by_role("button", name="Decide", exact=True).click()
    assert headline(page) == "Not accepted"


def test_a_mistake_is_said_and_the_answers_stay(open_page: Any) -> None:
    page = open_page("/recognize")
    page.get_by_label("Paste a link").fill(BADGE.decode())
    page.get_by_role("button", name="Go on").click()
    assert headline(page) == "Choose a policy"
    page.get_by_label("Under which policy, and for what?").select_option("arkansas/initial-certification")
    page.get_by_role("button", name="Use this policy").click()
    page.get_by_label("Stage of the licence").select_option("provisional")
    page.get_by_label("standard errors below").fill("two")
    page.get_by_role("button", name="Decide", exact=True).click()
    assert page.get_by_role("alert").inner_text() == "This is not a number like 12 or 12.5."
    assert page.get_by_label("Stage of the licence").input_value() == "provisional"
    page.get_by_label("standard errors below").fill("2")
    page.get_by_role("button", name="Decide", exact=True).click()
    assert headline(page) == "A person has to decide: 0 exam met now, 1 at most"


def test_a_teacher_sees_where_badges_count_and_why(open_page: Any) -> None:
    page = open_page("/where", script=False)
    page.get_by_label("Paste a link").fill(BADGE.decode())
    page.get_by_role("button", name="Show where they count").click()
    assert headline(page) == "Where your badges count"
    row = page.get_by_role("row").filter(has_text="Kaneland")
    assert row.get_by_text("A person has to decide").is_visible()
    page.locator("details > summary").last.click()
    page.get_by_label("Lane on the salary schedule").select_option("MA")
    page.get_by_role("button", name="Show it again").click()
    assert row.get_by_text("Accepted").is_visible()
    row.get_by_role("link", name="See why").click()
    assert headline(page) == "What the policy asks"


def test_a_reader_goes_from_policies_to_an_agreement(open_page: Any) -> None:
    page = open_page("/verify")
    page.get_by_role("link", name="Policies", exact=True).click()
    page.get_by_role("link", name="Renewal credits under a partnership of states").click()
    assert page.get_by_text("An example and not law: nobody may rely on it.").is_visible()
    page.get_by_role("link", name="Partnership of four states").click()
    assert page.get_by_text("Member today").count() == 4
    page.get_by_role("link", name="Español").click()
    assert page.get_by_text("Miembro hoy").count() == 4


PLACES = (
    "recognize",
    "where",
    "facts",
    "mistake",
    "accepted",
    "referred",
    "table",
    "policies",
    "policy",
    "agreements",
    "agreement",
    "gone",
)


@pytest.fixture(scope="module")
def places(browser: Any, address: str) -> dict[str, str]:
    """Every kind of page, by a name."""
    context = browser.new_context()

    def led(path: str, **sent: Any) -> str:
        answer = context.request.post(address + path, max_redirects=0, **sent)
        assert answer.status == 303
        return str(answer.headers["location"]).partition("?")[0]

    file = {"name": "badges.zip", "mimeType": "application/zip", "buffer": archive()}
    handed = led("/verify", multipart={"for": "recognize", "file": file})
    table = led("/verify", multipart={"for": "where", "file": file})
    accepted = led(handed, form={"under": SALARY, "fact:lane": "BA"})
    referred = led(handed, form={"under": "tennessee/licence-renewal"})
    context.close()
    return {
        "recognize": "/recognize",
        "where": "/where",
        "facts": f"{handed}?under={MOST_ASKED}",
        "mistake": handed,
        "accepted": accepted,
        "referred": referred,
        "table": table,
        "policies": "/policies",
        "policy": "/policies/arkansas",
        "agreements": "/agreements",
        "agreement": f"/agreements/{agreement_name(examples.agreement())}",
        "gone": "/recognize/decisions/gone",
    }


def opened_wide(page: Any, address: str, path: str, **query: str) -> None:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    page.goto(f"{address}{path}{'&' if '?' in path else '?'}{asked}")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")


@pytest.mark.skipif(not chromium.AXE.exists(), reason="axe-core is not installed: make browser")
@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "es")])
def test_axe_finds_nothing(browser: Any, address: str, places: dict[str, str], scheme: str, language: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    said = []
    for name in PLACES:
        opened_wide(page, address, places[name], lang=language)
        page.evaluate(chromium.AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            'tags => axe.run(document, { runOnly: tags, resultTypes: ["violations"] })', chromium.WCAG
        )
        said += [
            (name, each["id"], each["impact"], [node["target"] for node in each["nodes"]][:3])
            for each in found["violations"]
        ]
        assert len(found["passes"]) > 10, name
    context.close()
    assert said == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_over_a_narrow_screen(browser: Any, address: str, places: dict[str, str], language: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    for name in PLACES:
        opened_wide(page, address, places[name], lang=language)
        small = page.evaluate(
            """[...document.querySelectorAll("a, button, summary")].filter(each => {
                const box = each.getBoundingClientRect();
                const inline = getComputedStyle(each).display === "inline";
                return box.width > 0 && !inline && !each.matches(".skip") && (box.width < 24 || box.height < 24);
            }).map(each => each.outerHTML.slice(0, 80))"""
        )
        assert page.evaluate("document.documentElement.scrollWidth") == 320, name
        assert small == [], name
    context.close()


def test_landmarks_and_headings_are_in_order(browser: Any, address: str, places: dict[str, str]) -> None:
    context = browser.new_context()
    page = context.new_page()
    for name in PLACES:
        opened_wide(page, address, places[name], lang="en")
        for role in ("banner", "main", "contentinfo", "navigation"):
            assert page.get_by_role(role).count() == 1, (name, role)
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(each => +each.tagName[1])")
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), name
    context.close()


def test_a_decision_prints_on_two_pages_without_its_buttons(browser: Any, address: str, places: dict[str, str]) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address + places["accepted"])
    page.emulate_media(media="print")
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.get_by_text("The badge states at least 10 contact hours.").first.is_visible()
    for name in ("Decision as PDF", "Español", "Policies"):
        assert not page.get_by_role("link", name=name).is_visible(), name
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 2
    context.close()
