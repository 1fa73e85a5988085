"""People at their browsers, setting up and running a program through the pages alone.

Nothing here knows an address that a person would not: everybody begins at the front door or with a link out of a mail,
and goes on by what pages call their links, buttons and fields.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyotp

from badgeport.issuer.web.visits import SESSION_COOKIE
from support.site import Site

PASSWORD = "eleven quiet herons by the mill"
PATIENCE = 90.0
"""Seconds to wait for the worker before something is called broken."""
COLLEAGUE = "I work for the same district or employer, at another school"
INDEPENDENT = "Neither: I am independent of the educator's employer"


class Neighborhood:
    """A running site and everybody who uses it. ``complaints`` collects what went wrong in any of their browsers."""

    def __init__(self, site: Site, address: str, browser: Any) -> None:
        self.site = site
        self.address = address
        self.complaints: list[str] = []
        self._browser = browser
        self._contexts: list[Any] = []
        self._opened: set[str] = set()

    def somebody(self, *, script: bool = True, width: int = 1280) -> Person:
        """Somebody at a fresh browser, signed in nowhere."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script, locale="en-US", accept_downloads=True
        )
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._heard(page.url, said))
        page.on("response", self._answered)
        return Person(self, page)

    def operator(self, *, script: bool = True) -> Person:
        """Who runs the installation: the one account that no page makes."""
        account = self.site.person("Opal Keeper", operator=True)
        secret = self.site.browser(account).cookies[SESSION_COOKIE]
        person = self.somebody(script=script)
        person.page.context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": self.address}])
        person.open("/")
        return person

    def mailed(self, email: str, path: str) -> str:
        """The address below ``path`` in a mail to somebody that nobody has opened yet."""

        def looked() -> str | None:
            for mail in reversed(self.site.mails()):
                if mail["to"] == email:
                    for link in re.findall(rf"{re.escape(self.address + path)}\S*", mail["body"]):
                        if link not in self._opened:
                            return str(link)
            return None

        link = until(looked, f"a mail to {email} with a link below {path}")
        self._opened.add(link)
        return link

    def close(self) -> None:
        """Everybody goes home."""
        for context in self._contexts:
            context.close()

    def _heard(self, url: str, said: Any) -> None:
        # The browser's own note about an answer of 4xx comes with `_answered`, which knows the address.
        if said.type == "error" and "Failed to load resource" not in said.text:
            self.complaints.append(f"{url}: {said.text}")

    def _answered(self, answer: Any) -> None:
        if answer.status >= 400:
            self.complaints.append(f"{answer.request.method} {answer.url}: {answer.status}")


def until(asked: Callable[[], Any], what: str) -> Any:
    """What ``asked`` finds, asked again until it finds something; an error where it never does."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = asked()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


@dataclass
class Person:
    """Somebody at a browser."""

    neighborhood: Neighborhood
    page: Any
    name: str = ""
    email: str = ""

    # -- what hands and eyes do ----------------------------------------------------------------------------------------

    def open(self, address: str) -> None:
        """Open an address: a path here, or a link out of a mail."""
        self.page.goto(address if address.startswith("http") else self.neighborhood.address + address)

    def press(self, label: str, *, within: Any = None, exact: bool = True) -> None:
        """Press a button that sends a form."""
        button = (within or self.page).get_by_role("button", name=label, exact=exact)
        with self.page.expect_navigation():
            button.click()

    def follow(self, label: str, *, within: Any = None, exact: bool = True) -> None:
        """Follow a link."""
        link = (within or self.page).get_by_role("link", name=label, exact=exact).first
        with self.page.expect_navigation():
            link.click()

    def field(self, label: str, within: Any = None) -> Any:
        """The field with a label, be it optional or not."""
        named = (within or self.page).get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s+\(optional\))?\s*$"))
        return named.and_(self.page.locator("input, textarea, select"))

    def fill(self, label: str, value: str, *, within: Any = None) -> None:
        """Write into a field."""
        self.field(label, within).fill(value)

    def choose(self, label: str, option: str, *, within: Any = None) -> None:
        """Choose from a list."""
        self.field(label, within).select_option(label=option)

    def tick(self, label: str, *, within: Any = None) -> None:
        """Tick a box or choose a button of several."""
        (within or self.page).get_by_label(label, exact=True).check()

    def group(self, name: str, within: Any = None) -> Any:
        """A group of fields by its name."""
        return (within or self.page).get_by_role("group", name=name, exact=True)

    @property
    def headline(self) -> str:
        """What the page is called."""
        return " ".join(self.page.get_by_role("heading", level=1).inner_text().split())

    def sees(self, text: str) -> None:
        """Find a text on the page."""
        self.page.get_by_text(text).first.wait_for()

    def sees_not(self, text: str) -> None:
        """Find that a text is not on the page at all."""
        assert text not in self.page.content()

    def sees_in_time(self, text: str) -> None:
        """Load the page again until it says something that the worker has to bring about."""

        def looked() -> bool:
            if self.page.get_by_text(text).count():
                return True
            self.page.reload()
            return False

        until(looked, f"“{text}” at {self.page.url}")

    def download(self, label: str) -> bytes:
        """The file behind a link."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=label).first.click()
        with open(waiting.value.path(), "rb") as file:
            return file.read()

    # -- accounts ------------------------------------------------------------------------------------------------------

    def accept(self, email: str, name: str, *, password: str = "") -> Person:
        """Take up an invitation that was mailed, into a new account."""
        self.open(self.neighborhood.mailed(email, "/invitations/"))
        self.fill("Your name", name)
        if password:
            self.fill("Password", password)
        self.press("Accept")
        self.name, self.email = name, email
        return self

    def set_up_codes(self) -> None:
        """Set up the code generator that staff are led to, and go on."""
        self.press("Set up a code generator")
        letters = self.page.locator(".letters").inner_text().replace(" ", "")
        self.fill("2. Type the six digits it shows", pyotp.TOTP(letters).now())
        self.press("Take it into use")
        self.follow("I have kept them")

    def sign_in_by_mail(self) -> None:
        """Sign in with a link."""
        self.open("/sign-in")
        self.fill("E-mail", self.email)
        self.press("Mail me a link")
        self.open(self.neighborhood.mailed(self.email, "/sign-in/link/"))
        self.press("Sign in", within=self.page.get_by_role("main"))

    def sign_out(self) -> None:
        """Leave."""
        self.press("Sign out")

    def to(self, organization: str, *rooms: str) -> None:
        """Go to the rooms of an organization, one in the other."""
        self.open("/")
        self.follow(organization, within=self.page.get_by_role("navigation", name="Main"))
        for room in rooms:
            name = organization if room == rooms[0] else rooms[0]
            where = self.page.get_by_role("navigation", name=name, exact=True)
            self.follow(room, within=where if where.count() else self.page.get_by_role("main"))

    # -- organizations -------------------------------------------------------------------------------------------------

    def make_organization(self, name: str, slug: str, kind: str, administrator: str, *, part_of: str = "") -> None:
        """As an operator: make an organization and invite its first administrator."""
        self.open("/")
        self.follow("Installation")
        self.follow("Make an organization")
        self.fill("Name", name)
        self.fill("Short name", slug)
        self.choose("Kind", kind)
        if part_of:
            self.choose("Belongs to", part_of)
        self.fill("E-mail of its first administrator", administrator)
        self.press("Make it")
        self.sees("The organization is there.")

    def invite(self, organization: str, emails: str, *roles: str, school: str = "") -> None:
        """As an administrator: invite people."""
        self.to(organization, "People")
        self.follow("Invite people")
        self.fill("E-mail addresses", emails)
        ticks = self.group("What they will be here")
        for role in ("Educator", *roles):
            ticks.get_by_label(role, exact=True).set_checked(role in roles)
        if school:
            self.choose("School", school)
        self.press("Send the invitations")
        self.sees("Invitations on their way")

    def add_school(self, organization: str, name: str, pupils: int) -> None:
        """As an administrator: add a school."""
        self.to(organization, "Settings", "Schools")
        self.fill("Name", name)
        self.fill("Enrollment", str(pupils))
        self.press("Add it")
        self.page.get_by_role("rowheader", name=name).wait_for()

    def certify(self, organization: str, assessor: str, definition: str) -> None:
        """Say that somebody may score a micro-credential."""
        self.to(organization, "People", "Certifications")
        self.follow("Certify an assessor")
        self.choose("Assessor", assessor)
        self.choose("Micro-credential", definition)
        self.fill("Note", "Scored three sample portfolios in the training of this term.")
        self.press("Certify")
        self.sees("The assessor is certified.")

    # -- the catalog ---------------------------------------------------------------------------------------------------

    def write(self, organization: str, text: MicroCredential) -> None:
        """As an author: write a micro-credential, row by row as the form gives them."""
        self.to(organization, "Catalog")
        self.follow("New micro-credential")
        self.fill_in(text)
        self.press("Save the draft", within=self.page.locator(".save-bar").last)
        assert self.headline == text.name

    def fill_in(self, text: MicroCredential) -> None:
        """Fill in the form of a micro-credential."""
        page = self.page
        self.fill("Name", text.name)
        self.fill("Competency", text.competency)
        self.fill("Goal", text.goal)
        self.fill("Topics", ", ".join(text.topics))
        self.fill("Requirements", text.requirements)
        for place, (title, hours) in enumerate(text.experiences, 1):
            if not self.group(f"Experience {place}").count():
                self.press("Add an experience")
            self.fill(f"Title of experience {place}", title)
            self.fill("At most this many hours", hours, within=self.group(f"Experience {place}"))
        if text.hours:
            self.fill("Hours needed in all", text.hours)
        for place, title in enumerate(text.evidence, 1):
            self.press("Add evidence")
            self.fill(f"Evidence {place}", title)
        self.fill("Question for the reflection", text.reflection)
        for place, (criterion, levels) in enumerate(text.rubric.items(), 1):
            if not self.group(f"Criterion {place}").count():
                self.press("Add a criterion")
            row = self.group(f"Criterion {place}")
            self.fill(f"Criterion {place}", criterion, within=row)
            for level, (name, looks) in enumerate(levels, 1):
                self.fill(f"Level {level}", name, within=row)
                self.field("What it looks like", row).nth(level - 1).fill(looks)
                self.field("Points", row).nth(level - 1).fill(str(level))
            # What a level is called in the list of required ones is known to it once the page was loaded again.
            self.field("Required level", row).select_option(value=str(text.required - 1))
        for place, (name, url) in enumerate(text.standards, 1):
            self.press("Add a standard")
            self.fill(f"Standard {place}", name)
            page.get_by_label("Web address of the standard").nth(place - 1).fill(url)
        amount, unit = text.credit
        self.fill("Credit", amount)
        self.fill("Unit", unit)
        if text.months:
            self.fill("Valid for this many months", text.months)
        if text.second_assessor:
            page.get_by_text("More settings").click()
            self.choose("Second assessor", "Always")

    def write_stack(self, organization: str, name: str, competency: str, members: list[str], credit: str) -> None:
        """As an author: write a stack of which every member is needed."""
        self.to(organization, "Catalog")
        self.follow("New stack")
        self.fill("Name", name)
        self.fill("Competency", competency)
        self.fill("Name of part 1", "All of them")
        self.fill("How many of these are needed", str(len(members)))
        for member in members:
            self.group("What fills part 1").get_by_label(re.compile(rf"^\s*{re.escape(member)}")).check()
        self.fill("Credit", credit)
        self.fill("Unit", "semester hours")
        self.press("Save the draft", within=self.page.locator(".save-bar").last)
        assert self.headline == name

    def open_definition(self, organization: str, name: str) -> None:
        """As staff: open an entry of the catalog."""
        self.to(organization, "Catalog")
        self.follow(name, within=self.page.get_by_role("main"))

    def publish(self) -> None:
        """Publish the draft whose page is open."""
        self.sees("The draft is complete and can be published.")
        self.follow("Publish…")
        self.press("Publish")
        self.follow("Public page")

    # -- portfolios ----------------------------------------------------------------------------------------------------

    def find(self, name: str) -> None:
        """Find something in the public catalog."""
        self.open("/")
        self.fill("Search", name)
        self.press("Search")
        self.follow(name, within=self.page.get_by_role("main"))
        assert self.headline == name

    def start(self, name: str) -> None:
        """As an educator: start from the public catalog."""
        self.find(name)
        self.press("Start")
        assert self.headline == name
        self.sees("The rubric your assessors use")

    def step(self, label: str) -> None:
        """Go to one of the five steps of the portfolio."""
        self.follow(label, within=self.page.get_by_role("navigation", name="Steps"), exact=False)

    def log(self, experience: str, hours: str, day: str) -> None:
        """Log hours."""
        self.choose("Experience", experience)
        self.fill("Hours", hours)
        self.fill("Day", day)
        self.press("Log the hours")
        self.sees("Your hours are logged.")

    def upload(self, requirement: str, file: str, kind: str, data: bytes, title: str) -> None:
        """Add a file as evidence."""
        self.choose("Evidence of", requirement)
        self.field("File").set_input_files({"name": file, "mimeType": kind, "buffer": data})
        self.fill("Title", title)
        self.press("Add the evidence")
        self.sees("The evidence is added.")

    def link_evidence(self, requirement: str, url: str, title: str) -> None:
        """Add a link as evidence."""
        self.choose("Evidence of", requirement)
        self.fill("Or a web address", url)
        self.fill("Title", title)
        self.press("Add the evidence")
        self.sees("The evidence is added.")

    def reflect(self, text: str) -> None:
        """Write the reflection."""
        self.fill("Your reflection", text)
        self.press("Save the reflection")
        self.sees("Your reflection is saved.")

    def hand_in(self) -> None:
        """Submit the portfolio."""
        self.step("Submit")
        self.tick("This is my own work, and whoever can be recognized in it agreed.")
        self.press("Submit the portfolio")
        self.sees("Under review")

    # -- reviews -------------------------------------------------------------------------------------------------------

    def take(self, organization: str, name: str) -> None:
        """As an assessor: take the review that waits."""
        self.to(organization, "Reviews")
        self.follow(name, within=self.page.get_by_role("main"))
        self.press("Take this review")
        self.sees("The review is yours.")

    def score(self, levels: dict[str, tuple[str, str]], feedback: str, *, stands: str = INDEPENDENT) -> None:
        """Score each criterion: its level and the feedback; up to the page that says the decision."""
        for criterion, (level, said) in levels.items():
            group = self.group(criterion)
            group.get_by_role("radio", name=level).check()
            self.fill("Feedback on this criterion", said, within=group)
        self.fill("Feedback as a whole", feedback)
        self.choose("How you stand to the educator", stands)
        self.press("Finish: see the decision")
        assert self.headline == "Finish the review"

    def finish(self) -> None:
        """Make the decision."""
        self.press("Finish the review")

    # -- badges --------------------------------------------------------------------------------------------------------

    def open_badge(self, name: str) -> str:
        """As its earner: open the badge once it is signed, in one's own place. The answer is its address."""
        self.open("/home")
        self.follow(name, within=self.page.get_by_role("main"))
        until(lambda: self._signed(), f"the badge “{name}”")
        return str(self.page.get_by_label("Address of the badge").input_value())

    def _signed(self) -> bool:
        if self.page.get_by_label("Address of the badge").count():
            return True
        self.page.reload()
        return False

    def verify_link(self, link: str) -> str:
        """Check a link on the page for that; the answer is what it says."""
        self.open("/verify")
        self.page.get_by_label("Paste a link, or the text of the credential").fill(link)
        self.press("Check it")
        return self.headline

    def verify_file(self, name: str, data: bytes) -> str:
        """Check a file on the page for that; the answer is what it says."""
        self.open("/verify")
        kind = {"json": "application/json", "png": "image/png", "pdf": "application/pdf", "svg": "image/svg+xml"}
        file = {"name": name, "mimeType": kind[name.rpartition(".")[2]], "buffer": data}
        self.page.set_input_files("#file", file)
        self.press("Check it")
        return self.headline

    def open_award(self, organization: str, definition: str, recipient: str) -> None:
        """As a registrar: open an award."""
        self.to(organization, "Awards")
        row = self.page.get_by_role("row").filter(has_text=recipient).filter(has_text=definition)
        with self.page.expect_navigation():
            row.get_by_role("link").first.click()

    def change_standing(self, step: str, reason: str) -> None:
        """Suspend, reinstate or revoke the award whose page is open."""
        self.follow(step, within=self.page.get_by_role("main"))
        self.fill("Reason", reason)
        self.press(step, within=self.page.get_by_role("main"), exact=False)
        self.sees(reason)

    def learns(self, link: str, said: str) -> None:
        """Check a link until it is said of it what the worker has to publish first."""
        until(lambda: self.verify_link(link) == said, f"“{said}” to be said of {link}")


Levels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MicroCredential:
    """What an author writes. ``rubric``: the levels of each criterion, lowest first; ``required`` counts from one."""

    name: str
    competency: str
    goal: str
    requirements: str
    rubric: dict[str, Levels]
    credit: tuple[str, str]
    required: int = 2
    topics: tuple[str, ...] = ()
    experiences: tuple[tuple[str, str], ...] = ()
    hours: str = ""
    evidence: tuple[str, ...] = ()
    reflection: str = "What will you do differently next time?"
    standards: tuple[tuple[str, str], ...] = ()
    months: str = ""
    second_assessor: bool = False
    notes: dict[str, str] = field(default_factory=dict)


@contextmanager
def neighborhood(site: Site, address: str, browser: Any) -> Iterator[Neighborhood]:
    """Everybody; at the end nothing may have gone wrong in any browser."""
    made = Neighborhood(site, address, browser)
    try:
        yield made
    finally:
        made.close()
    assert made.complaints == []
