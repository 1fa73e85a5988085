"""The page in a real browser: paste, upload, camera, link, without JavaScript, by keyboard, narrow, for everyone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from badgeport.verifier.web.words import LANGUAGES
from support import chromium, served

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SAMPLES = served.credentials()

pytestmark = pytest.mark.skipif(chromium.CHROMIUM is None, reason="no chromium: install it to run the browser tests")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served.served(tmp_path_factory.mktemp("served")) as base:
        yield base


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    # The camera shows a moving test picture without asking.
    with chromium.running("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as started:
        yield started


@pytest.fixture
def open_page(browser: Any, address: str) -> Iterator[Any]:
    """Opens a path in a fresh browser profile; any script error or refused content fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def opened(path: str = "/verify", *, width: int = 1280, script: bool = True, **options: Any) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script, locale="en-US", **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def upload(page: Any, name: str, *, file: str = "credential.json") -> None:
    page.set_input_files("#file", {"name": file, "mimeType": "application/json", "buffer": SAMPLES[name]})
    page.get_by_role("button", name="Check it").click()
    page.wait_for_url("**/verify/results/**")


def until(page: Any, expression: str) -> None:
    """Wait for an expression to hold. Playwright's own waiting does it in a way that the page's policy forbids."""
    for _ in range(600):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"it never came to this: {expression}")


def headline(page: Any) -> str:
    return str(page.get_by_role("heading", level=1).inner_text()).replace("\n", " ")


@pytest.mark.parametrize("script", [True, False])
def test_a_paste_is_answered(open_page: Any, script: bool) -> None:
    page = open_page(script=script)
    page.get_by_label("Paste a link, or the text of the credential").fill(SAMPLES["valid"].decode())
    page.get_by_role("button", name="Check it").click()
    page.wait_for_url("**/verify/results/**")
    assert headline(page) == "Genuine and in force"
    assert page.get_by_text("Lakeside Unified School District").first.is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_an_upload_is_answered(open_page: Any, script: bool) -> None:
    page = open_page(script=script)
    upload(page, "revoked")
    assert headline(page) == "Revoked by its issuer"


def test_a_link_that_does_not_answer_is_undecided(open_page: Any) -> None:
    page = open_page()
    page.get_by_label("Paste a link").fill(SAMPLES["link"].decode())
    page.get_by_role("button", name="Check it").click()
    page.wait_for_url("**/verify/results/**")
    assert headline(page) == "The link could not be opened"


def test_a_dropped_file_is_taken(open_page: Any) -> None:
    page = open_page()
    page.evaluate(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "dropped.json", { type: "application/json" }));
            for (const name of ["dragenter", "dragover", "drop"]) {
                const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
                document.getElementById("box").dispatchEvent(new DragEvent(name, options));
            }
        }""",
        SAMPLES["expired"].decode(),
    )
    assert page.get_by_text("Chosen: dropped.json").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/verify/results/**")
    assert headline(page) == "Expired on April 20, 2026"


def test_a_pasted_picture_is_taken(open_page: Any) -> None:
    page = open_page()
    page.evaluate(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "pasted.json", { type: "application/json" }));
            const options = { clipboardData: transfer, bubbles: true, cancelable: true };
            document.getElementById("text").dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        SAMPLES["valid"].decode(),
    )
    assert page.get_by_text("Chosen: pasted.json").is_visible()


def test_a_photo_from_the_camera_of_a_phone_is_taken(open_page: Any) -> None:
    page = open_page(width=375, has_touch=True, is_mobile=True)
    photo = page.locator("#photo")
    assert photo.get_attribute("capture") == "environment"
    assert photo.get_attribute("accept") == "image/*"
    assert page.get_by_text("Photograph a QR code").is_visible()
    photo.set_input_files({"name": "qr.png", "mimeType": "image/png", "buffer": _qr_code()})
    page.get_by_role("button", name="Check it").click()
    page.wait_for_url("**/verify/results/**")
    assert headline(page) == "The link could not be opened"
    assert page.get_by_text("https://silent.example/badges/7").first.is_visible()


def test_a_picture_of_the_live_camera_is_sent(open_page: Any) -> None:
    page = open_page()
    page.get_by_role("button", name="Scan with the camera").click()
    page.get_by_role("dialog").wait_for()
    until(page, "document.getElementById('video').videoWidth > 0")
    page.get_by_role("button", name="Take the picture").click()
    page.wait_for_url("**/verify/results/**")
    # The test picture shows no QR code.
    assert headline(page) == "No credential found"


def test_the_camera_can_be_left(open_page: Any) -> None:
    page = open_page()
    page.get_by_role("button", name="Scan with the camera").click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    until(page, "document.getElementById('video').srcObject === null")


def _qr_code() -> bytes:
    import io

    import qrcode

    target = io.BytesIO()
    qrcode.make(SAMPLES["link"].decode()).save(target)
    return target.getvalue()


def test_the_whole_way_by_keyboard(open_page: Any) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.insert_text(SAMPLES["valid"].decode())
    passed = []
    for _ in range(12):
        page.keyboard.press("Tab")
        passed.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        if passed[-1] == "go":
            break
    assert passed == ["file", "scan", "SUMMARY", "go"]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/verify/results/**")
    summary = page.locator("details.group > summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("Signed by the issuer itself", exact=True).is_visible()


def test_a_report_is_shared_and_taken_back(open_page: Any, address: str) -> None:
    page = open_page()
    upload(page, "valid")
    page.get_by_role("button", name="Share this report").click()
    page.wait_for_url("**/yours/**")
    shared = page.get_by_label("Address of the report").input_value()
    assert shared.startswith(f"{address}/verify/shared/")
    reader = open_page(shared.removeprefix(address))
    assert headline(reader) == "Genuine and in force"
    assert reader.get_by_text("This is a report about a credential, not the credential.").is_visible()
    page.get_by_role("button", name="Delete the shared report").click()
    page.wait_for_url("**/verify/deleted")
    assert headline(page) == "Deleted"
    answer = reader.request.get(shared)
    assert answer.status == 404


def test_the_reports_can_be_downloaded(open_page: Any) -> None:
    page = open_page()
    upload(page, "valid")
    for name, start in (("Report as PDF", b"%PDF-"), ("Proof package", b"PK"), ("Report for programs", b"{")):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name).click()
        assert Path(waiting.value.path()).read_bytes().startswith(start)


def test_several_are_listed(open_page: Any) -> None:
    page = open_page()
    archive = served.archive("valid", "tampered", "key-unknown")
    page.set_input_files("#file", {"name": "all.zip", "mimeType": "application/zip", "buffer": archive})
    page.get_by_role("button", name="Check it").click()
    page.wait_for_url("**/verify/results/**")
    assert headline(page) == "3 things were looked at"
    page.get_by_role("link", name="Doctor of Education").click()
    assert headline(page) == "Altered, or not genuine"
    page.get_by_role("link", name="All that was handed in").click()
    assert headline(page) == "3 things were looked at"


def test_the_language_is_switched_in_place(open_page: Any) -> None:
    page = open_page()
    upload(page, "expired")
    page.get_by_role("link", name="Español").click()
    assert headline(page) == "Caducó el 20 de abril de 2026"
    assert page.evaluate("document.documentElement.lang") == "es"


PLACES = ["form", *sorted(SAMPLES), "several", "share", "shared", "error"]


@pytest.fixture(scope="module")
def places(browser: Any, address: str) -> dict[str, str]:
    """Every kind of page, by a name."""
    context = browser.new_context()

    def asked(name: str, data: bytes) -> str:
        file = {"name": f"{name}.json", "mimeType": "application/octet-stream", "buffer": data}
        answer = context.request.post(f"{address}/verify", multipart={"file": file}, max_redirects=0)
        assert answer.status == 303
        return str(answer.headers["location"])

    found = {name: asked(name, data) for name, data in SAMPLES.items()}
    share = context.request.post(f"{address}{found['valid']}/1/share", max_redirects=0).headers["location"]
    several = asked("several", served.archive("valid", "tampered", "key-unknown", "unrecognised"))
    context.close()
    return {
        "form": "/verify",
        **found,
        "several": several,
        "share": share,
        "shared": share.partition("/yours/")[0],
        "error": "/verify/results/gone",
    }


@pytest.mark.skipif(not chromium.AXE.exists(), reason="axe-core is not installed: make browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, address: str, places: dict[str, str], scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme=scheme, bypass_csp=True, locale="es-US"
    )
    page = context.new_page()
    page.add_init_script(path=chromium.AXE)
    # In the dark nothing but the colors is another.
    rules, least = (chromium.WCAG, 11) if scheme == "light" else (["color-contrast"], 1)
    said = []
    for name in PLACES:
        page.goto(address + places[name])
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        found = page.evaluate(
            """tags => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }).then(seen => ({
                passes: seen.passes.length,
                violations: seen.violations.map(each =>
                    [each.id, each.impact, each.nodes.slice(0, 3).map(node => node.target)]),
            }))""",
            rules,
        )
        said += [(name, *each) for each in found["violations"]]
        assert found["passes"] >= least, name
    context.close()
    assert said == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_over_a_narrow_screen(browser: Any, address: str, places: dict[str, str], language: str) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    for name in PLACES:
        page.goto(f"{address}{places[name]}?lang={language}")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
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


@pytest.mark.parametrize("name", ["valid", "tampered"])
def test_a_printed_page_keeps_the_answer_and_leaves_the_buttons(
    browser: Any, address: str, places: dict[str, str], name: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(address + places[name])
    page.emulate_media(media="print")
    assert page.get_by_role("heading", level=1).is_visible()
    assert page.locator(".facts").first.is_visible()
    assert not page.get_by_role("button", name="Share this report").is_visible()
    assert not page.get_by_role("link", name="Español").is_visible()
    context.close()


def test_landmarks_and_headings_are_in_order(browser: Any, address: str, places: dict[str, str]) -> None:
    context = browser.new_context()
    page = context.new_page()
    for name in PLACES:
        page.goto(address + places[name])
        for role in ("banner", "main", "contentinfo", "navigation"):
            assert page.get_by_role(role).count() == 1, (name, role)
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(each => +each.tagName[1])")
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), name
    context.close()
