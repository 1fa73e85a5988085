"""The three programs of educators, set up and run through the pages in real browsers: one flow for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import chromium
from support.programs import COLLEAGUE, PASSWORD, MicroCredential, Neighborhood, Person, neighborhood
from support.served_site import served_site

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


pytestmark = pytest.mark.skipif(chromium.CHROMIUM is None, reason="no chromium: install it to run the browser tests")

GENUINE = "Genuine and in force"
"""Said on a badge's own page, which knows the organization."""
UNLISTED = "Unchanged and in force. Issuer not known here"
"""Said by the verifier, on whose lists nobody has put these organizations."""
SUSPENDED, REVOKED = "Suspended by its issuer", "Revoked by its issuer"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium.running() as started:
        yield started


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
    odette.score(good, "A lesson worth seeing.", stands=COLLEAGUE)
    odette.sees("Your scores are closed.")
    odette.finish()

    bashir.take(org, QUESTIONS.name)
    bashir.sees_not("Odette")
    bashir.sees_not("A lesson worth seeing.")
    bashir.score(good, "Clear evidence in the log.")
    bashir.finish()
    bashir.sees("Demonstrated")

    tomas.open(people.mailed(tomas.email, "/home/portfolio/"))
    tomas.step("results")
    tomas.sees("You demonstrated this competency")
    tomas.sees("A lesson worth seeing.")
    tomas.sees("Clear evidence in the log.")
    tomas.open("/home")
    tomas.sees("1")
    link = tomas.open_badge(QUESTIONS.name)
    file = tomas.download("Signed badge (JSON)")

    stranger = people.somebody(script=False)
    stranger.open(link)
    stranger.sees(GENUINE)
    stranger.sees("1 in-district credit")
    stranger.sees_not("Tomas")
    assert stranger.verify_link(link) == UNLISTED
    assert stranger.verify_file("badge.json", file) == UNLISTED

    rhea.open_award(org, QUESTIONS.name, "Tomas Veracruz")
    rhea.change_standing("Suspend", "The log is looked at once more.")
    stranger.learns(link, SUSPENDED)
    assert stranger.verify_file("badge.json", file) == SUSPENDED
    rhea.change_standing("Reinstate", "The log is genuine.")
    stranger.learns(link, UNLISTED)
    rhea.change_standing("Revoke", "It was awarded by mistake.")
    stranger.learns(link, REVOKED)
    assert stranger.verify_file("badge.json", file) == REVOKED
    stranger.open(link)
    stranger.sees("It was awarded by mistake.")
    tomas.open("/home")
    tomas.sees("Revoked")


# -- a cooperative with a micro-endorsement ----------------------------------------------------------------------------


def numeracy(name: str, can: str, criterion: str) -> MicroCredential:
    """One of the three that the micro-endorsement is made of."""
    return MicroCredential(
        name=name,
        competency=can,
        goal="Every student explains what a number means before computing with it.",
        requirements="Two lessons of one unit, with student work and a reflection.",
        topics=("numeracy",),
        evidence=("Student work",),
        reflection="What did students do that they could not do before?",
        rubric={
            criterion: (
                ("Not yet", "Procedures alone."),
                ("Proficient", "Procedures with reasons."),
                ("Exemplary", "Students give the reasons."),
            )
        },
        standards=(("Content knowledge", "https://standards.example/intasc/4"),),
        credit=("1", "masters-equivalent credit hour"),
        months="60",
    )


NUMERACY = (
    numeracy("Decomposing Numbers", "Teaches children to take numbers apart and put them together.", "Strategies"),
    numeracy("Data Talks", "Leads talks in which students reason from data.", "Discourse"),
    numeracy("Debugging with Students", "Teaches students to find out why a program does not do its work.", "Inquiry"),
)
ENDORSEMENT = "Micro-Endorsement in Reasoning with Numbers"


def test_a_cooperative_awards_a_micro_endorsement(people: Neighborhood) -> None:
    """Five steps with a coach and a colleague, a second attempt, and a stack that three badges complete."""
    org = "Lakes and Prairies Service Cooperative"

    def somebody(email: str, name: str) -> Person:
        return people.somebody().accept(email, name)

    people.operator().make_organization(org, "lakes-prairies", "Service cooperative", "ingrid@lakes.example")
    ingrid = somebody("ingrid@lakes.example", "Ingrid Solheim")
    ingrid.invite(org, "abel@lakes.example", "Author")
    ingrid.invite(org, "asta@lakes.example", "Assessor")
    ingrid.invite(org, "rolf@lakes.example", "Registrar")
    ingrid.invite(org, "cora@lakes.example", "Coach")
    ingrid.invite(org, "eva@lakes.example", "Educator")
    abel = somebody("abel@lakes.example", "Abel Moreau")
    asta = somebody("asta@lakes.example", "Asta Kowalczyk")
    rolf = somebody("rolf@lakes.example", "Rolf Adeyemi")
    cora = somebody("cora@lakes.example", "Cora Brandt")
    eva = somebody("eva@lakes.example", "Eva Thunberg")

    abel.to(org, "Catalog")
    abel.follow("Quality frameworks")
    abel.press("Begin with the example")
    for text in NUMERACY:
        abel.write(org, text)
        if text is NUMERACY[0]:
            review_quality(abel)
        abel.publish()
        ingrid.certify(org, "Asta Kowalczyk", text.name)
    members = [text.name for text in NUMERACY]
    abel.write_stack(org, ENDORSEMENT, "Teaches reasoning with numbers and data across grades.", members, "3")
    abel.publish()
    for member in members:
        abel.sees(member)

    first = NUMERACY[0]
    eva.start(first.name)
    portfolio = eva.page.url
    eva.step("Build")
    eva.upload("Student work", "work.pdf", "application/pdf", PDF, "Ten-frames of October")
    eva.reflect("They explain how they see the number before they write anything.")
    eva.follow("Comments and helpers", exact=False)
    eva.press("Ask for a coach")
    eva.fill("Name", "Pia Lund")
    eva.fill("E-mail", "pia@elsewhere.example")
    eva.press("Send the invitation")
    cora.to(org, "Coaching")
    cora.follow(first.name)
    cora.fill("Your comment", "Say which strategies you heard.")
    cora.press("Add the comment")
    pia = people.somebody()
    pia.open(people.mailed("pia@elsewhere.example", "/peers/"))
    assert pia.download("Download work.pdf") == PDF
    pia.fill("Your comment", "I can hear your class in this.")
    pia.press("Add the comment")
    eva.open(portfolio)
    eva.follow("Comments and helpers", exact=False)
    eva.sees("Say which strategies you heard.")
    eva.sees("I can hear your class in this.")
    eva.hand_in()

    asta.take(org, first.name)
    asta.score({"Strategies": ("Not yet", "Name the strategies.")}, "Close. The reasons are missing.")
    asta.finish()
    eva.open(people.mailed(eva.email, "/home/portfolio/"))
    eva.step("results")
    eva.sees("Close. The reasons are missing.")
    eva.press("Work on it again")
    eva.reflect("I heard counting on, making ten and compensating; the pages name each.")
    eva.hand_in()
    asta.take(org, first.name)
    asta.score({"Strategies": ("Proficient", "All three are named.")}, "Now it is all there.")
    asta.finish()

    for text in NUMERACY[1:]:
        criterion = next(iter(text.rubric))
        eva.start(text.name)
        eva.step("Build")
        eva.link_evidence("Student work", "https://work.lakes.example/3", "Projects of spring")
        eva.reflect("They ask for reasons by themselves now.")
        eva.hand_in()
        asta.take(org, text.name)
        asta.score({criterion: ("Exemplary", "Students give reasons.")}, "Well shown.")
        asta.finish()
    for text in NUMERACY:
        eva.open_badge(text.name)

    rolf.to(org, "Awards")
    rolf.follow("Completed stacks")
    rolf.follow(ENDORSEMENT)
    rolf.sees("Eva Thunberg")
    rolf.press("Award the stack")
    link = eva.open_badge(ENDORSEMENT)
    eva.tick("Public: everyone may find it")
    eva.press("Save", within=eva.page.get_by_role("main"))
    files = {"badge.json": "Signed badge (JSON)", "badge.png": "Picture (PNG)", "badge.pdf": "Certificate (PDF)"}
    kept = {name: eva.download(label) for name, label in files.items()}
    eva.open("/home/stacks")
    eva.sees("Awarded")

    stranger = people.somebody(width=375)
    stranger.open(link)
    for member in members:
        stranger.sees(member)
    assert stranger.verify_link(link) == UNLISTED
    for name, data in kept.items():
        assert stranger.verify_file(name, data) == UNLISTED
    rolf.open_award(org, ENDORSEMENT, "Eva Thunberg")
    rolf.change_standing("Suspend", "A member is reviewed again.")
    stranger.learns(link, SUSPENDED)
    rolf.change_standing("Reinstate", "The review found nothing.")
    stranger.learns(link, UNLISTED)


def review_quality(author: Person) -> None:
    """Review the draft whose page is open against the framework of the organization."""
    page = author.page
    author.follow("Review", within=page.get_by_role("table").first, exact=False)
    for box in page.get_by_role("checkbox").all():
        box.check()
    for field in page.get_by_label("Where the definition shows it").all():
        field.fill("In the goal and the rubric.")
    author.press("Save the review")
    author.sees("Passed")


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


# -- a partnership of states -------------------------------------------------------------------------------------------

SCIENCE = MicroCredential(
    name="Teaching Computer Science through Projects",
    competency="Plans and leads a computer science project in which every student programs.",
    goal="Computer science for every student, in districts of every size.",
    requirements="One project of at least six lessons, with student programs and a reflection.",
    topics=("computer science",),
    evidence=("Student programs",),
    rubric={
        "Design": (("Not yet", "Recipes."), ("Proficient", "Open tasks."), ("Exemplary", "Tasks by students.")),
        "Access": (("Not yet", "Some take part."), ("Proficient", "All take part."), ("Exemplary", "All lead.")),
    },
    standards=(("Designs projects", "https://standards.example/csta/2"),),
    credit=("15", "clock hours"),
    second_assessor=True,
)


def test_a_partnership_of_states_shares_a_micro_credential(browser: Any, tmp_path: Path) -> None:
    """Two organizations and one written text, a second factor, assessors who differ, a file of awards, one link."""
    with (
        served_site(tmp_path, second_factor=True) as (site, address),
        neighborhood(site, address, browser) as people,
    ):
        partnership, state = "Four Rivers Partnership of States", "High Basin Department of Education"
        opal = people.operator()
        opal.make_organization(partnership, "four-rivers", "Other organization", "mara@rivers.example")
        opal.make_organization(state, "high-basin", "State agency", "hugo@basin.example", part_of=partnership)

        def staff(email: str, name: str) -> Person:
            person = people.somebody().accept(email, name, password=PASSWORD)
            person.set_up_codes()
            return person

        mara = staff("mara@rivers.example", "Mara Okafor")
        mara.invite(partnership, "pablo@rivers.example", "Author")
        hugo = staff("hugo@basin.example", "Hugo Lindgren")
        hugo.invite(state, "anya@basin.example", "Author", "Registrar")
        hugo.invite(state, "one@basin.example, two@basin.example\nthree@basin.example", "Assessor")
        hugo.invite(state, "eli@basin.example", "Educator")
        pablo = staff("pablo@rivers.example", "Pablo Reyes")
        anya = staff("anya@basin.example", "Anya Petrov")
        one, two, three = (
            staff(f"{number}@basin.example", name)
            for number, name in (("one", "Orrin Tate"), ("two", "Tuva Berg"), ("three", "Thea Novak"))
        )
        eli = people.somebody().accept("eli@basin.example", "Eli Marsh")

        pablo.write(partnership, SCIENCE)
        pablo.publish()
        pablo.to(partnership, "Catalog")
        pablo.follow("Import and export")
        written = pablo.download("Export as JSON")
        anya.to(state, "Catalog")
        anya.follow("Import and export")
        anya.field("JSON or CSV file").set_input_files(
            {"name": "catalog.json", "mimeType": "application/json", "buffer": written}
        )
        anya.press("Import")
        anya.sees("One was taken as a draft.")
        anya.follow(SCIENCE.name)
        anya.follow("Edit the draft")
        anya.fill("Credit", "2")
        anya.fill("Unit", "PDP")
        anya.press("Save the draft", within=anya.page.locator(".save-bar").last)
        anya.publish()
        anya.sees("2 PDP")
        for name in ("Orrin Tate", "Tuva Berg", "Thea Novak"):
            hugo.certify(state, name, SCIENCE.name)

        eli.open("/?q=computer")
        eli.page.get_by_role("listitem").filter(has_text=state).get_by_role("link", name=SCIENCE.name).click()
        eli.press("Start")
        eli.step("Build")
        eli.link_evidence("Student programs", "https://code.basin.example/7", "Water gauges of the creek")
        eli.reflect("Every student had a gauge to program.")
        eli.hand_in()
        for assessor, level in ((one, "Proficient"), (two, "Not yet"), (three, "Exemplary")):
            assessor.take(state, SCIENCE.name)
            assessor.score({"Design": ("Proficient", "Open."), "Access": (level, "As the logs say.")}, "Read it all.")
            assessor.finish()
        three.sees("Demonstrated")
        own = eli.open_badge(SCIENCE.name)

        anya.to(state, "Awards")
        anya.follow("Award from a file")
        anya.choose("Micro-credential", SCIENCE.name)
        anya.field("CSV file (UTF-8)").set_input_files({"name": "june.csv", "mimeType": "text/csv", "buffer": ROWS})
        anya.press("Read the file")
        anya.sees("one.basin.example")
        anya.tick("Leave out the row with a problem and award the others")
        anya.press("Award 3 people")
        anya.sees_in_time("All rows awarded")
        for email in ("ada@basin.example", "ben@basin.example", "cleo@basin.example"):
            visitor = people.somebody()
            visitor.open(people.mailed(email, "/claim/"))
            assert visitor.headline == SCIENCE.name
            if email.startswith("ada"):
                ada = visitor
        ada.fill("Your name", "Ada Winter")
        ada.tick("By link: whoever has the address; search engines are asked to stay away")
        ada.press("Open an account and take the badge")
        link = ada.open_badge(SCIENCE.name)
        ada.follow("Pass it on with others")
        ada.fill("Name", "For my application")
        ada.fill("Good for how many days?", "30")
        ada.press("Make the link")
        shared = ada.page.get_by_label("Address to pass on").input_value()

        clerk = people.somebody()
        clerk.open(shared)
        clerk.sees("For my application")
        clerk.sees(SCIENCE.name)
        clerk.sees("It is no proof that the person who gave you this address holds a key")
        clerk.follow("Open the badge")
        clerk.sees(GENUINE)
        for each in (link, own):
            assert clerk.verify_link(each) == UNLISTED
        ada.sign_out()
        ada.email = "ada@basin.example"
        ada.sign_in_by_mail()
        anya.open_award(state, SCIENCE.name, "ada@basin.example")
        anya.change_standing("Revoke", "The file named the wrong person.")
        clerk.learns(link, REVOKED)
        assert clerk.verify_link(own) == UNLISTED
        clerk.open(shared)
        clerk.sees("Revoked")


ROWS = b"""email,name,term
ada@basin.example,Ada Winter,Spring 2026
ben@basin.example,Ben Ito,Spring 2026
one.basin.example,,Spring 2026
cleo@basin.example,Cleo Haas,Spring 2026
"""
