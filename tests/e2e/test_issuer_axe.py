"""Every page of the issuer in a real browser: reached by links, none of them dead, and usable by everyone.

The pages are found as people find them, from link to link. Nothing is served over a network: what the browser asks for
is answered by the application in this process.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import pyotp
import pytest
from badgeport.web.words import DEFAULT_LANGUAGE, LANGUAGES
from fastapi.routing import APIRoute, iter_route_contexts

from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.people.links import make_link
from badgeport.issuer.people.roles import Role
from badgeport.issuer.web import site as issuer_site
from badgeport.receiver import site as receiver_site
from support import chromium, effort, hosted
from support.neighbours import Neighbours, neighbours
from support.site import PUBLIC_URL, Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

NARROW = {"width": 320, "height": 700}
OTHERS = tuple(language for language in LANGUAGES if language != DEFAULT_LANGUAGE)
MOST_OF_A_ROUTE = 2 if effort.FACTOR > 1 else 1
"""How many pages of one route, with other things in them, one visitor looks at in the browser."""

pytestmark = pytest.mark.skipif(chromium.CHROMIUM is None, reason="no chromium: install it to run the browser tests")

NOT_PAGES = {
    "/issuers/{name}/image/{digest}": "a picture",
    "/home/portfolio/{portfolio}/evidence/{item}": "a file",
    "/o/{org}/coaching/{portfolio}/evidence/{item}": "a file",
    "/peers/{secret}/evidence/{item}": "a file",
    "/o/{org}/reviews/{portfolio}/evidence/{item}": "a file",
    "/c/{award_id}/evidence/{item_id}": "a file",
    "/o/{org}/catalog/{definition_id}/picture": "a picture",
    "/o/{org}/catalog/export": "a file",
    "/o/{org}/awards/batches/example": "a file",
    "/o/{org}/decisions/{decision_id}/files/{file}": "a file",
    "/decided/{secret}/files/{file}": "a file",
    "/o/{org}/hr/decisions/{number}/record": "a file",
    "/o/{org}/hr/packages/{number}": "a file",
    "/o/{org}/hr/put-aside/{number}/original": "a file",
    "/o/{org}/hr/export/file": "a file",
    "/o/{org}/hr/roster/file": "a file",
    "/home/transcript.json": "a file",
    "/home/export": "a file",
    "/sign-in/openid/{name}": "leads to the provider of an organization",
    "/sign-in/openid/callback": "where a provider leads back to",
}
"""Addresses that browsers ask for and that show no page, or none that a link leads to."""


@dataclass(frozen=True)
class Found:
    """A page that somebody reached. ``from_`` is where the link stood."""

    who: str
    url: str
    from_: str
    route: str
    status: int
    is_page: bool


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        address = given.get("href") if tag in ("a", "link") else given.get("src") if tag == "img" else None
        if address:
            self.found.append(address)


class _Hidden(HTMLParser):
    """What stands unseen in the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name") != "csrf":
            self.found[str(given["name"])] = given.get("value") or ""


@dataclass(frozen=True)
class World:
    """The site, the browser of everybody, and where each of them begins."""

    neighbours: Neighbours
    visitors: dict[str, Browser]
    doors: dict[str, tuple[str, ...]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = neighbours(tmp_path_factory.mktemp("pages"))
    site, side = made.site, made.prairie
    ids, here = side.ids, f"/o/{side.org.slug}"
    portfolio, review = f"/home/portfolio/{ids['submission_id']}", f"{here}/reviews/{ids['handed_in_id']}"
    visitors = {
        "nobody": site.browser(),
        "half signed in": site.browser(),
        "educator": site.browser(side.people[Role.EDUCATOR]),
        "assessor": site.browser(side.people[Role.ASSESSOR]),
        "coach": site.browser(side.people[Role.COACH]),
        "all roles": site.browser(side.everybody),
        "operator": site.browser(made.operator),
    }
    # Every page has a door of its own where only a thing in another state would lead to it.
    doors: dict[str, tuple[str, ...]] = {
        "nobody": (
            "/",
            "/catalog",
            *(f"/{door}/{side.secrets[kind]}" for door, kind in _DOORS),
            f"/s/{ids['collection_id']}",
            f"/issuers/{side.org.slug}",
            f"/reports/{side.org.slug}",
            f"/c/{ids['award_id']}",
        ),
        "half signed in": ("/sign-in/second-factor",),
        "educator": (
            "/",
            f"{portfolio}/results",
            f"{portfolio}/hours/{ids['experience_id']}/remove",
            f"/account/e-mail/{side.secrets['e-mail']}",
        ),
        "assessor": (review, f"{review}/decide"),
        "coach": (f"{here}/coaching",),
        "all roles": (
            "/",
            f"{here}/catalog/{ids['draft_id']}/standards",
            f"{here}/reviews/calibration/{ids['definition_id']}",
            f"{here}/reports/withdraw",
            f"{here}/reports/publish",
            f"{here}/decisions/new/{ids['draft']}",
            f"{here}/decisions/{ids['decision_id']}",
        ),
        "operator": ("/", "/account/code-generator"),
    }
    doors["nobody"] += (_things_in_other_states(made, visitors),)
    yield World(made, visitors, doors)
    site.close()


_DOORS = (("sign-in/link", "sign-in"), ("claim", "claim"), ("peers", "peer"), ("decided", "decision"))


def _things_in_other_states(made: Neighbours, visitors: dict[str, Browser]) -> str:
    """A suspended award, a retired definition, a replaced key, and what else has pages of its own.

    The answer is the path of an invitation that was mailed.
    """
    site, side = made.site, made.prairie
    here, staff, educator, operator = (
        f"/o/{side.org.slug}",
        *(visitors[one] for one in ("all roles", "educator", "operator")),
    )

    def send(client: Browser, path: str, page: str = "", **values: Any) -> str:
        """Send the form of a page with what stands in it unseen."""
        kept = _Hidden()
        kept.feed(client.get(page or path).text)
        answer = client.submit(path, {**kept.found, **values})
        assert answer.status_code == 303, (path, answer.status_code, answer.text)
        return str(answer.headers["location"])

    old = hosted.published(site, side.org, name="Bell Work of Long Ago")
    award = hosted.award(site, side.org, old, "old", recipient=RecipientData("Abe Long", "abe@prairie.example"))
    send(staff, f"{here}/catalog/{old[0].id}/retire", reason="Nobody asks for it.")
    send(staff, f"{here}/awards/{award.id}/suspend", reason="It is looked at.")
    keys = f"{here}/settings/keys/new"
    send(staff, keys, f"{keys}?purpose=embedded", why="Its year is over.")
    send(staff, f"{here}/reports/publish", **{"from": "2026-01-01", "to": "2026-03-31", "why": "For the board."})
    send(educator, "/home/proposals/new", do="save", org=side.org.slug, name="Quiet Starts", goal="To begin calmly.")
    send(educator, "/home/transcript")
    peer = f"/peers/{side.secrets['peer']}"
    send(visitors["nobody"], peer, comment="I would start with the notes.")
    scores = {"level-0": "Proficient", "feedback-0": "As the notes show.", "independence": "independent"}
    review = f"{here}/reviews/{side.ids['handed_in_id']}"
    send(visitors["assessor"], f"{review}/scores", review, do="finish", **scores)
    send(operator, "/account/code-generator", "/account/second-factor")
    letters = operator.get("/account/code-generator").text.partition('class="letters"><code>')[2].partition("<")[0]
    code = pyotp.TOTP(letters.replace(" ", "")).at(site.clock())
    assert operator.submit("/account/code-generator/confirm", {"code": code}).status_code == 200
    with site.desk.database.writing() as session:
        secret = make_link(
            session,
            site.desk,
            purpose="sign-in",
            now=site.clock(),
            lives=timedelta(hours=1),
            account_id=made.operator.id,
            email="opal@people.example",
            detail={"next": "/home"},
        )
    assert send(visitors["half signed in"], f"/sign-in/link/{secret}") == "/sign-in/second-factor"
    for cookie in visitors["half signed in"].cookies.jar:
        # The clock of the site stands still; that of the cookies does not.
        cookie.expires = None
    send(staff, f"{here}/people/invite", emails="ingrid@prairie.example", roles="author")
    hosted.work(site)
    mail = next(one["body"] for one in site.mails() if one["to"] == "ingrid@prairie.example")
    return "/invitations/" + mail.partition("/invitations/")[2].split()[0]


@pytest.fixture(scope="module")
def found(world: World) -> list[Found]:
    """Everything that everybody reaches, from link to link."""
    routes = _routes()
    return [one for who in world.visitors for one in _walk(world, who, routes)]


def _routes() -> list[APIRoute]:
    routers = (*issuer_site.routers(), *receiver_site.routers())
    listed = [one.original_route for router in routers for one in iter_route_contexts(router.routes)]
    return [route for route in listed if isinstance(route, APIRoute) and "GET" in route.methods]


def _walk(world: World, who: str, routes: list[APIRoute]) -> Iterator[Found]:
    client = world.visitors[who]
    waiting = deque((door, "the front door") for door in world.doors[who])
    seen: set[str] = set()
    while waiting:
        url, from_ = waiting.popleft()
        parts = urlsplit(urljoin(PUBLIC_URL, url))
        path = parts.path
        key = f"{path}?{parts.query}" if parts.query and path != "/sign-in" else path
        elsewhere = f"{parts.scheme}://{parts.netloc}" != PUBLIC_URL
        # The same page in the other language is looked at below.
        if elsewhere or key in seen or "lang=" in parts.query:
            continue
        seen.add(key)
        answer = client.get(key, headers={"Accept": "text/html"})
        route = next((one.path for one in routes if one.path_regex.fullmatch(path)), path)
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        yield Found(who, key, from_, route, answer.status_code, is_page)
        if answer.is_redirect:
            waiting.append((urljoin(key, answer.headers["location"]), key))
        elif is_page and not path.startswith(("/verify", "/docs")):
            links = _Links()
            links.feed(answer.text)
            waiting.extend((urljoin(key, link), key) for link in links.found)


def _pages(found: list[Found]) -> list[Found]:
    """What to look at in a browser: every page once, and of each route a few."""
    chosen: dict[str, Found] = {}
    counts: dict[tuple[str, str], int] = {}
    for one in found:
        path, place = one.url.partition("?")[0], (one.who, one.route)
        if one.is_page and one.status < 300 and not path.startswith(("/verify", "/docs")) and path not in chosen:
            counts[place] = counts.get(place, 0) + 1
            if counts[place] <= MOST_OF_A_ROUTE:
                chosen[path] = one
    return list(chosen.values())


# -- links -------------------------------------------------------------------------------------------------------------


def test_no_link_is_dead(found: list[Found]) -> None:
    assert len(found) > 300
    dead = [(one.who, one.from_, one.url, one.status) for one in found if one.status >= 400]
    assert dead == []


def test_every_page_is_reached(found: list[Found]) -> None:
    pages = {route.path for route in _routes() if not route.include_in_schema}
    assert NOT_PAGES.keys() <= pages
    assert sorted(pages - {one.route for one in found} - NOT_PAGES.keys()) == []


# -- in the browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.running() as started:
        yield started


def _window(browser: Any, client: Browser, **options: Any) -> Any:
    """A window whose every question the application answers as it would that visitor."""
    context = browser.new_context(**options)
    # What is alike for everybody and on every page is asked for once.
    kept: dict[str, Any] = {}

    def answer(route: Any) -> None:
        asked = route.request
        given = kept.get(asked.url)
        if given is None:
            path, accept = asked.url.removeprefix(PUBLIC_URL), asked.headers.get("accept", "*/*")
            given = client.get(path, headers={"Accept": accept})
            if asked.resource_type in ("stylesheet", "script"):
                kept[asked.url] = given
        route.fulfill(status=given.status_code, headers=dict(given.headers), body=given.content)

    context.route("**/*", answer)
    return context.new_page()


@dataclass(frozen=True)
class Look:
    """What is wrong with the pages: what axe found, and what a narrow screen showed in each language."""

    axe: list[Any]
    narrow: dict[str, list[Any]]


@pytest.fixture(scope="module")
def look(browser: Any, world: World, found: list[Found]) -> Look:
    """A look at every page, which is opened once for all that is asked about it."""
    axe: list[Any] = []
    narrow: dict[str, list[Any]] = {language: [] for language in LANGUAGES}
    for who, client in world.visitors.items():
        page = _window(browser, client, bypass_csp=True, reduced_motion="reduce", color_scheme="light")
        if chromium.AXE.exists():
            page.add_init_script(path=chromium.AXE)
        for one in (each for each in _pages(found) if each.who == who):
            page.set_viewport_size(NARROW)
            page.emulate_media(color_scheme="light")
            page.goto(PUBLIC_URL + _in(DEFAULT_LANGUAGE, one.url))
            page.evaluate(_UNFOLD)
            narrow[DEFAULT_LANGUAGE] += _narrow(page, one.url)
            if chromium.AXE.exists():
                axe += _axe(page, one.url)
            page.set_viewport_size(NARROW)
            for language in OTHERS:
                _reword(page, client, _in(language, one.url), language)
                narrow[language] += _narrow(page, one.url)
        page.context.close()
    return Look(axe, narrow)


def _in(language: str, url: str) -> str:
    return url + ("&" if "?" in url else "?") + f"lang={language}"


def _reword(page: Any, client: Browser, url: str, language: str) -> None:
    """Put what the application answers in another language in place of what the page shows: its styles are the same."""
    answer = client.get(url, headers={"Accept": "text/html"})
    assert answer.status_code < 300, url
    assert page.evaluate(_REWORD, answer.text) == language, url
    page.evaluate(_UNFOLD)


def _axe(page: Any, url: str) -> list[Any]:
    said: list[Any] = []
    # Every rule once; in the dark and on a narrow screen those about what is seen.
    for scheme, width, rules, least in (("light", 1280, chromium.WCAG, 6), ("dark", 375, chromium.SEEN, 1)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        seen = page.evaluate(_ASK_AXE, rules)
        assert seen["passes"] >= least, url
        said += [(url, scheme, width, *each) for each in seen["violations"]]
    return said


def _narrow(page: Any, url: str) -> list[Any]:
    """What is wrong with a page that is 320 wide."""
    said: list[Any] = []
    width = page.evaluate("document.documentElement.scrollWidth")
    if width != 320:
        said.append((url, f"is {width} wide", page.evaluate(_WIDE)))
    said += [(url, "small", each) for each in page.evaluate(_SMALL)]
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(each => +each.tagName[1])")
    if levels[:1] != [1] or levels.count(1) != 1 or any(after - before > 1 for before, after in pairwise(levels)):
        said.append((url, "headings", levels))
    return said


@pytest.mark.skipif(not chromium.AXE.exists(), reason="axe-core is not installed: make browser")
def test_axe_finds_nothing(look: Look) -> None:
    assert not look.axe, "\n".join(map(str, look.axe))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_over_a_narrow_screen(look: Look, language: str) -> None:
    assert not look.narrow[language], "\n".join(map(str, look.narrow[language]))


_ASK_AXE = """asked => axe.run(document, { runOnly: asked, resultTypes: ["violations"] }).then(seen => ({
    passes: seen.passes.length,
    violations: seen.violations.map(each => [each.id, each.nodes.slice(0, 3).map(node => node.target)]),
}))"""
_UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true; })"
_REWORD = """async text => {
    const said = new DOMParser().parseFromString(text, "text/html"), whole = document.documentElement;
    const sheets = one => [...one.querySelectorAll("link[rel=stylesheet]")];
    const styles = one => sheets(one).map(each => each.getAttribute("href")).join();
    if (styles(said) !== styles(document)) return "other styles";
    whole.lang = said.documentElement.lang;
    document.body.replaceWith(said.body);
    for (const script of said.querySelectorAll("script[src]"))
        new Function(await (await fetch(script.getAttribute("src"))).text())();
    await Promise.all([...document.images].map(each => each.loading === "lazy" || each.decode().catch(() => null)));
    return whole.lang;
}"""
_WIDE = """[...document.querySelectorAll("main *, header *, nav *")].filter(each =>
    each.getBoundingClientRect().right > 321 && !each.closest(".sheet, pre, .rooms, .places, .tabs, .trail")
).slice(0, 3).map(each => each.outerHTML.slice(0, 120))"""
_SMALL = """[...document.querySelectorAll("main a, main button, summary, header a, header button")].filter(each => {
    const box = each.getBoundingClientRect();
    const inline = getComputedStyle(each).display === "inline";
    return box.width > 0 && !inline && !each.matches(".skip") && (box.width < 24 || box.height < 24);
}).map(each => each.outerHTML.slice(0, 120))"""
