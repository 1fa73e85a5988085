"""The three programs of educators, set up and run through the pages in real browsers: one flow for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.programs import MicroCredential, Neighborhood, neighborhood
from support.served_site import served_site

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install it to run the browser tests")

GENUINE = "Genuine and in force"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def people(browser: Any, tmp_path: Path) -> Iterator[Neighborhood]:
    with served_site(tmp_path) as (site, address), neighborhood(site, address, browser) as everybody:
        yield everybody


# -- a district that gives credit of its own ------------------------------------------------------------------------

LEVELS = (
    ("Not yet", "Only recall is asked."),
    ("Proficient", "Most questions ask for reasons."),
    ("Exemplary", "Students ask each other for reasons."),
)
QUESTIONS = MicroCredential(
    name="Asking Questions that Make Students Think",
    competency="Plans and asks questions that make every student reason aloud, and builds on the answers.",
    goal="Every student thinks and speaks in every lesson.",
    requirements="Five experiences of at most two hours each, a demonstration lesson and a reflection.",
    topics=("questioning", "discourse"),
    experiences=(
        ("Notice", "2"),
        ("Plan", "2"),
        ("Try", "2"),
        ("Look together", "2"),
        ("Demonstrate", "2"),
    ),
    hours="10",
    evidence=("Question log", "Demonstration lesson"),
    reflection="How do you use this in your own classroom?",
    rubric={"Questions": LEVELS, "Listening": LEVELS},
    credit=("1.0", "in-district credit"),
    second_assessor=True,
)


def test_a_district_gives_credit_of_its_own(people: Neighborhood) -> None:
    """Five experiences, two blind assessors, a badge that is suspended, reinstated, revoked. Without JavaScript."""
    org = "Fox Hollow Unified School District"

    def somebody(email: str, name: str) -> Any:
        return people.somebody(script=False).accept(email, name)

    people.operator(script=False).make_organization(org, "fox-hollow", "District", "ines@foxhollow.example")
    ines = somebody("ines@foxhollow.example", "Ines Albrecht")
    for school, pupils in (("Maple Street Elementary", 412), ("Blackberry Middle School", 730)):
        ines.add_school(org, school, pupils)
    ines.invite(org, "arlo@foxhollow.example", "Author")
    ines.invite(org, "first@foxhollow.example", "Assessor", "Educator", school="Blackberry Middle School")
    ines.invite(org, "second@foxhollow.example", "Assessor")
    ines.invite(org, "rhea@foxhollow.example", "Registrar")
    ines.invite(org, "tomas@foxhollow.example", "Educator", school="Maple Street Elementary")
    arlo = somebody("arlo@foxhollow.example", "Arlo Whitfield")
    odette = somebody("first@foxhollow.example", "Odette Lindqvist")
    bashir = somebody("second@foxhollow.example", "Bashir Nakamura")
    rhea = somebody("rhea@foxhollow.example", "Rhea Castellanos")
    tomas = somebody("tomas@foxhollow.example", "Tomas Veracruz")

    arlo.write(org, QUESTIONS)
    arlo.publish()
    arlo.sees("1 in-district credit")
    for assessor in ("Odette Lindqvist", "Bashir Nakamura"):
        ines.certify(org, assessor, QUESTIONS.name)

    tomas.start(QUESTIONS.name)
    tomas.step("Learn")
    for place, (title, _) in enumerate(QUESTIONS.experiences):
        tomas.log(title, "2.5" if place == 0 else "2", f"2026-0{place + 1}-15")
    tomas.step("Build")
    tomas.upload("Question log", "log.txt", "text/plain", b"Why do you think so? Who can add to that?", "My log")
    tomas.link_evidence("Demonstration lesson", "https://video.foxhollow.example/lessons/27", "Lesson of May 5")
    tomas.reflect("I wait longer now. In May students began to ask each other why.")
    tomas.hand_in()

    good = {"Questions": ("Proficient", "Reasons are asked for."), "Listening": ("Exemplary", "Students build on it.")}
    odette.take(org, QUESTIONS.name)
    assert odette.download("Download log.txt") == b"Why do you think so? Who can add to that?"
    odette.score(good, "A lesson worth seeing.")
    odette.sees("Your scores are closed.")
    odette.finish()

    bashir.take(org, QUESTIONS.name)
    bashir.sees_not("Odette")
    bashir.sees_not("A lesson worth seeing.")
    bashir.score(good, "Clear evidence in the log.")
    bashir.finish()
    bashir.sees("Demonstrated")

    tomas.open("/home")
    tomas.open(people.mailed("tomas@foxhollow.example", "/home/portfolio/"))
    tomas.step("Results")
    tomas.sees("You demonstrated this competency")
    tomas.sees("A lesson worth seeing.")
    tomas.sees("Clear evidence in the log.")
    link = tomas.open_badge(QUESTIONS.name)
    tomas.sees("1 in-district credit")
