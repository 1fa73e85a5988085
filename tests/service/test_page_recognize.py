"""The pages on what badges are worth, without a browser: decisions, where badges count, policies and agreements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from badgeport.schemas import jsontext
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.approval.agreements import agreement_of
from badgeport.verifier.recognition.approval.authority import Approval
from badgeport.verifier.recognition.approval.documents import exact
from badgeport.verifier.recognition.authoring.authoring import policy_of
from badgeport.verifier.recognition.conditions.evaluation import EFFECTIVE
from badgeport.verifier.recognition.conditions.evaluation import tests_of as questions_of
from badgeport.verifier.recognition.conditions.kinds import KINDS
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.deciding.decision_text import facts_wanting
from badgeport.verifier.recognition.deciding.record import belongs_to, decide_again
from badgeport.verifier.recognition.model import Period
from badgeport.verifier.recognition.model import Test as Question
from badgeport.verifier.shelf import Shelf, Shelved
from badgeport.verifier.web import where_pages
from badgeport.verifier.web.asking import NONE, Field, facts_of, fields_of
from badgeport.verifier.web.choosing import area_name, choices
from badgeport.verifier.web.policy_pages import agreement_name
from badgeport.verifier.web.questions import _ONE_OF, _PLAIN, _SAID, question, web_address
from badgeport.verifier.web.showing import Mistake
from badgeport.verifier.web.words import LANGUAGES, Words, words
from support import approving, example_badge, serving

BADGE = example_badge.verified().original
ALTERED = BADGE.replace(b"Checking for Understanding", b"Checking for Misunderstanding")
SALARY = "in-district-credit/salary-lane"
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LISTED = (
    approving.BOTH,
    Approval(approving.ISSUER, approving.OTHER_ACHIEVEMENT, period=Period(end=date(2026, 4, 30))),
)
APPROVALS = approving.signed(approving.listing(*LISTED))
EXAMPLES = {f"{name}/{purpose}": name for name in examples.names() for purpose in examples.policy(name).purposes}


class Clock:
    """The time it is for the service."""

    now: datetime = example_badge.AS_OF

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _on_the_day(clock: Clock) -> Iterator[None]:
    yield
    clock.now = example_badge.AS_OF


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> TestClient:
    folder = tmp_path_factory.mktemp("policies")
    text = (
        examples.text("georgia").replace('"2026-1"', '"2027-1"', 1).replace("from: 2026-01-01", "from: 2027-01-01", 1)
    )
    hostile = "<script>alert(1)</script> district"
    (folder / "georgia-2027.yaml").write_text(text)
    (folder / "hostile.yaml").write_text(
        examples.text("stipend")
        .replace(examples.policy("stipend").id, "https://hostile.example/stipend")
        .replace(examples.policy("stipend").jurisdiction.name, hostile)
    )
    app = serving.application(tmp_path_factory.mktemp("data"), example_badge.documents(), clock=clock, shelf=folder)
    client = serving.client(app)
    client.follow_redirects = False
    return client


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def heading(html: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert found is not None
    return text_of(found.group(1))


def hand_in(page: TestClient, *files: bytes, aim: str = "recognize", **fields: str) -> str:
    parts = [("file", (f"file-{number}.json", data)) for number, data in enumerate(files)] or [("file", ("", b""))]
    answer = page.post("/verify", data={"text": "", "for": aim, **fields}, files=parts)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def decide(page: TestClient, address: str, under: str = SALARY, **facts: str) -> str:
    answer = page.post(address, data={"under": under, **facts})
    assert answer.status_code == 303, text_of(answer.text)
    return str(answer.headers["location"])


# -- deciding -------------------------------------------------------------------------------------------------------


def test_a_clerk_gets_a_decision_to_file(page: TestClient) -> None:
    assert heading(page.get("/recognize").text) == "What are these badges worth?"
    answer = page.post(
        "/verify", data={"for": "recognize", "under": SALARY, "text": BADGE.decode()}, files={"file": ("", b"")}
    )
    asked = page.get(answer.headers["location"])
    assert heading(asked.text) == "What the policy asks"
    for said in ("Checking for Understanding", "An example and not law", "Lane on the salary schedule", "BA+24"):
        assert said in unescape(asked.text)
    address = decide(page, answer.headers["location"].partition("?")[0], **{"fact:lane": "BA"})
    shown = page.get(address)
    assert heading(shown.text) == "Accepted: 1 in-district credit"
    said = text_of(shown.text)
    for words_of_it in (
        "The policy is an example and not law. Nobody may rely on this decision.",
        "Awarded to did:example:maren-okafor-lindqvist Issued by National Educators' Guild. "
        "This is the name it gives itself. "
        "Unchanged and in force. Issuer not known here",
        "What was credited to this educator before was not looked at.",
        "Collective agreement, section 5.10B",
        "The badge states at least 10 contact hours. Met Found: 15 · In the badge at /credentialSubject/result/3/value",
        "Found: BA · Stated about the educator: Lane on the salary schedule",
        "11 in-district credit left if nothing was credited before",
    ):
        assert words_of_it in said
    assert shown.headers["cache-control"] == "no-store"


def test_the_downloads_are_the_decision_and_a_record_that_makes_it_again(page: TestClient) -> None:
    address = decide(page, hand_in(page, BADGE), **{"fact:lane": "BA"})
    decision = from_json(page.get(f"{address}/decision.json").json())
    record = page.get(f"{address}/record.json").json()
    assert belongs_to(record, decision)
    assert decide_again(record).to_json() == decision.to_json()
    file = page.get(f"{address}/decision.pdf")
    assert file.content.startswith(b"%PDF-")
    assert file.headers["content-disposition"] == 'attachment; filename="decision.pdf"'
    assert page.get(f"{address}/decision.pdf").content == file.content


def test_what_does_not_verify_is_told_and_enters_no_decision(page: TestClient) -> None:
    address = decide(page, hand_in(page, BADGE, ALTERED, b"no badge at all"), **{"fact:lane": "BA"})
    shown = page.get(address)
    assert heading(shown.text) == "Accepted: 1 in-district credit"
    said = text_of(shown.text)
    assert "2 things that were handed in were left out of this decision" in said
    assert "Checking for Misunderstanding Not decided on : Altered, or not genuine" in said
    decision = page.get(f"{address}/decision.json").json()
    assert [item["name"] for item in decision["items"]] == ["Checking for Understanding"]


def test_badges_of_two_people_are_remarked_on(page: TestClient) -> None:
    other = example_badge.verified(
        id="https://educators-guild.example/badges/9", recipient={"id": "did:example:somebody-else"}
    ).original
    warning = "These badges were not all awarded to one person."
    assert warning in page.get(decide(page, hand_in(page, BADGE, other), **{"fact:lane": "BA"})).text
    assert warning not in page.get(decide(page, hand_in(page, BADGE, BADGE), **{"fact:lane": "BA"})).text


def test_where_nothing_verifies_nothing_is_decided(page: TestClient) -> None:
    answer = page.post(hand_in(page, ALTERED), data={"under": SALARY})
    assert answer.status_code == 400
    assert "so nothing was decided" in answer.text
    assert "Altered, or not genuine" in answer.text


def test_an_unknown_fact_is_for_a_person_and_never_no(page: TestClient) -> None:
    address = hand_in(page, BADGE)
    unknown, other = decide(page, address), decide(page, address, **{"fact:lane": NONE})
    assert heading(page.get(unknown).text) == "A person has to decide: 0 in-district credit now, 1 at most"
    assert heading(page.get(other).text) == "Not accepted"
    assert "Not stated about the educator: Lane on the salary schedule" in text_of(page.get(unknown).text)


def test_the_office_that_decides_is_named(page: TestClient) -> None:
    address = decide(page, hand_in(page, BADGE), "tennessee/licence-renewal", **{"fact:licence/stage": "professional"})
    shown = page.get(address)
    assert heading(shown.text) == "A person has to decide: 0 PDP now, 6 at most"
    assert "The district (in TNCompass) has to decide, under “Six points for a micro-credential”." in text_of(
        shown.text
    )


def test_the_day_of_the_decision_is_that_of_the_check(page: TestClient) -> None:
    address = hand_in(page, BADGE)
    before = page.post(address, data={"under": SALARY, "fact:lane": "BA", "as_of": "2026-01-31"})
    assert before.status_code == 400
    assert "Nothing that was handed in is valid as of that day" in before.text
    later = page.get(f"{decide(page, address, **{'fact:lane': 'BA', 'as_of': '2026-11-30'})}/decision.json").json()
    assert later["asOf"] == "2026-11-30T23:59:59Z"


def test_prior_approval_is_asked_for_badge_by_badge(page: TestClient) -> None:
    under = "wyoming/licence-renewal"
    address = hand_in(page, ALTERED, BADGE)
    asked = page.get(address, params={"under": under}).text
    assert 'name="fact:priorApprovals:2"' in asked
    assert 'name="fact:priorApprovals:1"' not in asked
    day = {"fact:priorApprovals:2": "2026-08-01"}
    assert heading(page.get(decide(page, address, under, **day)).text) == "Accepted: 1 PTSB credit"
    late = {"fact:priorApprovals:2": "2026-09-20"}
    assert heading(page.get(decide(page, address, under, **late)).text) == "Not accepted"
    none = {"fact:priorApprovals": "no"}
    assert heading(page.get(decide(page, address, under, **none)).text) == "Not accepted"
    assert heading(page.get(decide(page, address, under)).text).startswith("A person has to decide")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"under": "nowhere/x"}, "Choose a policy."),
        ({"under": SALARY, "fact:lane": "BA+99"}, "There is no such choice here."),
        ({"under": SALARY, "as_of": "soon"}, "This is not a date"),
        ({"under": "troy-illinois/salary-lane", "fact:submitted/date": "soon"}, "This is not a date"),
        (
            {"under": "wyoming/licence-renewal", "fact:priorApprovals": "no", "fact:priorApprovals:1": "2026-08-01"},
            "A day of approval is given, and that there was none.",
        ),
    ],
)
def test_mistakes_in_the_form_are_said_and_nothing_is_lost(
    page: TestClient, fields: dict[str, str], complaint: str
) -> None:
    answer = page.post(hand_in(page, BADGE), data=fields)
    assert answer.status_code == 400
    assert complaint in answer.text
    assert 'role="alert"' in answer.text
    assert "Checking for Understanding" in answer.text


def test_nothing_handed_in_leads_back_to_the_form_of_the_visitor(page: TestClient) -> None:
    for aim, title in (("recognize", "What are these badges worth?"), ("where", "Where do my badges count?")):
        answer = page.post("/verify", data={"for": aim, "under": SALARY}, files={"file": ("", b"")})
        assert answer.status_code == 400
        assert heading(answer.text) == title
        assert "Nothing was handed in yet." in answer.text
    assert (
        f'value="{SALARY}" selected'
        in page.post("/verify", data={"for": "recognize", "under": SALARY}, files={"file": ("", b"")}).text
    )


# -- what is kept ---------------------------------------------------------------------------------------------------


def test_a_decision_is_kept_for_an_hour_and_deleted_when_asked(page: TestClient, clock: Clock) -> None:
    handed = hand_in(page, BADGE)
    address = decide(page, handed, **{"fact:lane": "BA"})
    clock.now += timedelta(minutes=59)
    assert page.get(address).status_code == 200
    gone = page.post(f"{address}/delete")
    assert gone.headers["location"] == "/verify/deleted"
    for path in (address, f"{address}/record.json", handed):
        answer = page.get(path)
        assert answer.status_code == 404
        assert heading(answer.text) == "There is nothing at this address"
    again = decide(page, hand_in(page, BADGE))
    clock.now += timedelta(minutes=61)
    assert page.get(again).status_code == 404


def test_deleting_what_was_handed_in_deletes_where_it_counts(page: TestClient) -> None:
    table = hand_in(page, BADGE, aim="where")
    assert page.get(table).status_code == 200
    store = page.app.state.desk.store  # type: ignore[attr-defined]
    before = store.held_bytes("decision")
    page.post(f"{table.replace('/where/', '/verify/results/')}/delete")
    assert page.get(table).status_code == 404
    assert store.held_bytes("decision") < before


def test_forms_of_other_sites_are_refused(page: TestClient) -> None:
    handed = hand_in(page, BADGE)
    decided = decide(page, handed)
    foreign = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    where = handed.replace("/recognize/", "/where/")
    for path in (handed, f"{decided}/delete", where, f"{where}/delete"):
        answer = page.post(path, data={"under": SALARY}, headers=foreign)
        assert answer.status_code == 403, path
    assert page.get(decided).status_code == 200


# -- where badges count ---------------------------------------------------------------------------------------------


def rows_of(html: str) -> dict[str, str]:
    """The decision of each row of the table, by the policy it leads to and the purpose."""
    found = {}
    for row in re.findall(r'<tr class="\w+">.*?</tr>', html, re.DOTALL):
        under = re.search(r"under=([\w%.-]+)", row)
        decided = re.search(r"<strong>(.*?)</strong>", row)
        assert under is not None
        assert decided is not None
        found[under.group(1).replace("%2F", "/")] = decided.group(1)
    return found


def test_a_teacher_sees_every_policy_and_what_is_missing(page: TestClient) -> None:
    shown = page.get(hand_in(page, BADGE, aim="where"))
    rows = rows_of(shown.text)
    assert set(EXAMPLES) <= set(rows)
    assert rows["georgia/licence-renewal"] == "Accepted"
    assert rows["aurora-colorado/salary-lane"] == "Accepted with conditions"
    assert rows[SALARY] == "A person has to decide"
    said = text_of(shown.text)
    assert "Not known: The educator's lane on the salary schedule is BA, BA+8, BA+16, or BA+24." in said
    assert said.count("Example, not law") >= len(EXAMPLES)


def test_what_is_not_accepted_never_lacks_nothing(page: TestClient) -> None:
    shown = page.get(hand_in(page, BADGE, aim="where")).text
    refused = [
        row
        for row in re.findall(r'<tr class="\w+">.*?</tr>', shown, re.DOTALL)
        if "<strong>Not accepted</strong>" in row
    ]
    assert any("These badges are not what this policy is about." in row for row in refused)
    assert all(text_of(row).rsplit(maxsplit=1)[-1] != "Nothing" for row in refused)


def test_what_a_teacher_states_makes_the_table_more_exact(page: TestClient) -> None:
    address = hand_in(page, BADGE, aim="where")
    answer = page.post(address, data={"fact:lane": "BA", "fact:licence/stage": "professional"})
    assert answer.status_code == 303
    shown = page.get(address)
    assert rows_of(shown.text)[SALARY] == "Accepted"
    assert '<option value="BA" selected>' in shown.text
    wrong = page.post(address, data={"fact:lane": "none such"})
    assert wrong.status_code == 400
    assert rows_of(wrong.text)[SALARY] == "Accepted"


def test_the_table_is_the_decision_that_an_office_gets(page: TestClient) -> None:
    address = hand_in(page, BADGE, aim="where")
    office = address.replace("/where/", "/recognize/")
    rows = rows_of(page.get(address).text)
    for under in ("georgia/licence-renewal", "utah/licence-renewal", "tennessee/licence-renewal"):
        if under in rows:
            assert heading(page.get(decide(page, office, under)).text).partition(":")[0] == rows[under]


def test_what_is_not_valid_counts_nowhere(page: TestClient) -> None:
    answer = page.get(hand_in(page, ALTERED, aim="where"))
    assert answer.status_code == 200
    assert "so it counts nowhere as it stands" in answer.text
    assert rows_of(answer.text) == {}


def test_policies_for_which_there_was_no_time_are_counted(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(where_pages, "DECIDING_SECONDS", -1.0)
    address = hand_in(page, BADGE, aim="where")
    answer = page.get(address)
    assert rows_of(answer.text) == {}
    monkeypatch.undo()
    assert page.post(f"{address}/delete").status_code == 303
    assert page.get(address).status_code == 404


# -- policies and agreements ----------------------------------------------------------------------------------------


def test_a_browser_gets_a_page_and_a_program_gets_json(page: TestClient) -> None:
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.5", "text/html;q=0.1, */*", ""):
        answer = page.get("/policies/utah", headers={"accept": accept})
        assert answer.headers["content-type"] == "application/json", accept
        assert answer.headers["vary"] == "Accept"
    shown = page.get("/policies/utah", headers=BROWSER)
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in shown.headers["vary"]
    assert page.get("/policies/utah.yaml", headers=BROWSER).headers["content-type"].startswith("application/yaml")
    listed = page.get("/policies", headers=BROWSER)
    assert all(f"/policies/{name}" in listed.text for name in examples.names())
    missing = page.get("/policies/nowhere", headers=BROWSER)
    assert (missing.status_code, heading(missing.text)) == (404, "There is nothing at this address")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_is_readable_in_every_language(page: TestClient, language: str) -> None:
    for name in examples.names():
        policy = examples.policy(name)
        shown = page.get(f"/policies/{name}", params={"lang": language}, headers=BROWSER)
        assert shown.status_code == 200, name
        said = text_of(shown.text)
        for rule in policy.rules:
            assert " ".join(rule.title.split()) in said
            assert " ".join(rule.citation.text.split()) in said
        for cap in policy.caps:
            assert " ".join(cap.title.split()) in said
        assert {"en": "An example and not law", "es": "Un ejemplo y no ley"}[language] in said


def test_versions_at_one_address_lead_to_each_other(page: TestClient) -> None:
    assert "/policies/georgia-2027" in page.get("/policies/georgia", headers=BROWSER).text
    assert 'href="/policies/georgia"' in page.get("/policies/georgia-2027", headers=BROWSER).text
    assert "There is no other version" in page.get("/policies/utah", headers=BROWSER).text


def test_what_a_policy_says_is_shown_and_never_run(page: TestClient) -> None:
    address = decide(page, hand_in(page, BADGE), "hostile/stipend")
    for shown in (
        page.get("/policies/hostile", headers=BROWSER),
        page.get("/policies", headers=BROWSER),
        page.get(address),
        page.get(hand_in(page, BADGE, aim="where")),
    ):
        assert "<script>alert" not in shown.text
        assert "alert(1)" in shown.text
    assert web_address("javascript:alert(1)") == ""
    assert web_address("https://law.example/1") == "https://law.example/1"


def test_an_agreement_shows_its_members_and_whose_approvals_count(page: TestClient, clock: Clock) -> None:
    agreement = examples.agreement()
    address = f"/agreements/{agreement_name(agreement)}"
    assert address in page.get("/agreements").text
    said = text_of(page.get(address).text)
    for member in agreement.members:
        assert member.name in said
    assert "4 members today" in said
    assert "Approved in place of the pedagogy exam : 2 of 2 approvals count today" in said
    assert "No approvals of this member are at hand here" in said
    clock.now = clock.now.replace(year=2028, month=12)
    assert "Approved in place of the pedagogy exam : 1 of 2 approvals count today" in text_of(page.get(address).text)
    clock.now = clock.now.replace(year=2025, month=3)
    early = text_of(page.get(address).text)
    assert "3 members today" in early
    assert "Not yet a member" in early
    assert page.get("/agreements/nothing-12345678").status_code == 404


def test_a_member_that_withdrew_is_told(tmp_path: Path) -> None:
    body = examples.agreement().to_json()
    body["members"][1]["withdrawn"] = "2026-10-01"
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "partnership.json").write_bytes(jsontext.dump(body))
    app = serving.application(tmp_path / "data", {}, clock=lambda: example_badge.AS_OF, shelf=folder)
    said = text_of(serving.client(app).get(f"/agreements/{agreement_name(examples.agreement())}").text)
    assert "3 members today" in said
    assert "Withdrawn · North Carolina · From January 1, 2025, withdrawn on October 1, 2026" in said


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (APPROVALS, "1 of 2 approvals count today"),
        (
            approving.signed(approving.listing(*LISTED))
            .replace(b"Lakeside", b"Elsewhere")
            .replace(b"lakeside", b"elsewhere"),
            "it could not be confirmed just now",
        ),
        (None, "published elsewhere and not looked up here"),
    ],
)
def test_published_approvals_of_a_member_are_verified_before_they_count(
    tmp_path: Path, kept: bytes | None, said: str
) -> None:
    by = approving.state().controller
    body = exact(examples.policy("partnership-arkansas").body)
    body |= {"authorities": [by], "approvalLists": [{"authority": by, "url": approving.LIST_ID}]}
    body["rules"][0]["conditions"] = [{"issuerAuthorized": {"by": [by]}}]
    agreement = agreement_of({**examples.agreement().to_json(), "members": [{"id": by, "name": "State"}]})
    shelf = Shelf(
        [Shelved("state", policy_of(body), "")],
        {agreement.id: agreement},
        with_examples=False,
        approval_lists={} if kept is None else {approving.LIST_ID: kept},
    )
    app = serving.application(tmp_path / "data", {})
    app.state.desk = replace(app.state.desk, shelf=shelf)
    client = serving.client(app)
    assert said in text_of(client.get(f"/agreements/{agreement_name(agreement)}", headers=BROWSER).text)
    assert approving.LIST_ID in text_of(client.get("/policies/state", headers=BROWSER).text)


def test_nothing_is_decided_by_a_policy_that_was_withdrawn(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    handed, table = hand_in(page, BADGE), hand_in(page, BADGE, aim="where")
    assert "utah/licence-renewal" in rows_of(page.get(table).text)
    desk = page.app.state.desk  # type: ignore[attr-defined]
    utah = replace(desk.shelf.get("utah"), withdrawn=date(2026, 11, 1))
    shelf = Shelf(with_examples=False, readable={"utah": utah})
    monkeypatch.setitem(page.app.state._state, "desk", replace(desk, shelf=shelf))  # type: ignore[attr-defined]
    answer = page.post(handed, data={"under": "utah/licence-renewal"})
    assert answer.status_code == 400
    assert "Choose a policy." in answer.text
    assert rows_of(page.get(table).text) == {}
    shown = page.get("/policies/utah", headers=BROWSER).text
    assert "This version was withdrawn on November 1, 2026." in shown
    assert "Decide on badges by it" not in shown


# -- what is asked --------------------------------------------------------------------------------------------------


def test_every_fact_that_a_rule_looks_for_is_asked_for(page: TestClient) -> None:
    address = hand_in(page, BADGE)
    for under, name in EXAMPLES.items():
        decision = from_json(page.get(f"{decide(page, address, under)}/decision.json").json())
        fields = fields_of([(examples.policy(name), decision.purpose)])
        asked = {field.place for field in fields}
        assert {place.replace("~1", "/").replace("~0", "~") for place in facts_wanting(decision)} <= asked, under


def test_only_what_the_rules_look_at_is_asked_for() -> None:
    assert [field.place for field in fields_of([(examples.policy("in-district-credit"), "salary-lane")])] == ["lane"]
    georgia = fields_of([(examples.policy("georgia"), "licence-renewal")])
    assert "lane" not in {field.place for field in georgia}
    lanes = fields_of([(examples.policy("in-district-credit"), "salary-lane")])[0].choices
    assert lanes == ("BA", "BA+8", "BA+16", "BA+24", "MA", "MA+12", "MA+24", "MA+36")


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        (Field("role", "choice", ("teacher",)), {}, {}),
        (Field("role", "choice", ("teacher",)), {"fact:role": "teacher"}, {"role": "teacher"}),
        (
            Field("licence/unencumbered", "truth"),
            {"fact:licence/unencumbered": "no"},
            {"licence": {"unencumbered": False}},
        ),
        (Field("other/exam", "truth"), {"fact:other/exam": "yes"}, {"other": {"exam": True}}),
        (Field("subjects", "several", ("art", "music")), {}, {}),
        (Field("subjects", "several", ("art", "music")), {"fact:subjects:1": "yes"}, {"subjects": ["music"]}),
        (Field("subjects", "several", ("art", "music")), {"fact:subjects:none": "yes"}, {"subjects": []}),
        (Field("dids", "identifiers"), {"fact:dids": " did:key:z6Mk \n"}, {"dids": ["did:key:z6Mk"]}),
        (Field("submitted/date", "day"), {"fact:submitted/date": "2026-02-01"}, {"submitted": {"date": "2026-02-01"}}),
        (
            Field("cycle", "cycle"),
            {"fact:cycle:from": "2026-01-01", "fact:cycle:until": "2030-12-31"},
            {"cycle": {"id": "2026-01-01/2030-12-31", "from": "2026-01-01", "until": "2030-12-31"}},
        ),
        (Field("priorApprovals", "approvals"), {"fact:priorApprovals": "no"}, {"priorApprovals": []}),
        (
            Field("priorApprovals", "approvals"),
            {"fact:priorApprovals:1": "2026-01-01"},
            {"priorApprovals": [{"achievement": "a", "on": "2026-01-01"}, {"achievement": "b", "on": "2026-01-01"}]},
        ),
    ],
)
def test_a_form_states_facts_and_an_empty_field_states_nothing(
    field: Field, given: dict[str, str], expected: dict[str, Any]
) -> None:
    assert facts_of([field], given, {1: ("a", "b"), 2: ("c",)}).body == expected


def test_numbers_are_exact() -> None:
    facts = facts_of([Field("other/hours", "number")], {"fact:other/hours": "12.25"}, {})
    assert str(facts.other["hours"]) == "12.25"


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (Field("other/hours", "number"), {"fact:other/hours": "12,25"}),
        (Field("other/hours", "number"), {"fact:other/hours": "1e3"}),
        (Field("other/exam", "truth"), {"fact:other/exam": "perhaps"}),
        (Field("dids", "identifiers"), {"fact:dids": "mailto:a@b.example"}),
        (Field("cycle", "cycle"), {"fact:cycle:from": "2026-01-01"}),
        (Field("cycle", "cycle"), {"fact:cycle:from": "2026-01-02", "fact:cycle:until": "2026-01-01"}),
        (Field("subjects", "several", ("art",)), {"fact:subjects:0": "yes", "fact:subjects:none": "yes"}),
        (Field("role", "choice", ("teacher",)), {"fact:role": "x" * 3000}),
    ],
)
def test_what_cannot_be_read_is_named_by_its_field(field: Field, given: dict[str, str]) -> None:
    with pytest.raises(Mistake) as caught:
        facts_of([field], given, {})
    assert caught.value.field == field.name


# -- words ----------------------------------------------------------------------------------------------------------


def test_every_kind_of_test_has_a_question() -> None:
    assert {*_ONE_OF, *_PLAIN, *_SAID} == {*KINDS, EFFECTIVE}


def test_the_questions_say_what_the_rules_ask() -> None:
    """In English a question names every name, number and day that the words of the rule name."""
    agreements = {examples.agreement().id: examples.agreement()}
    for name in examples.names():
        policy = examples.policy(name)
        for test in _tests(name):
            said = question(test, policy, agreements, words("en"))
            for value in _leaves(test.parameters):
                # Lists, agreements and authorities are called by their titles where they have some.
                assert value in said or test.kind in ("list", "agreement", "issuerAuthorized"), (name, value, said)


def _tests(name: str) -> Iterator[Question]:
    for rule in examples.policy(name).rules:
        for expression in (rule.who, rule.credential, rule.conditions, *(slot.credential for slot in rule.slots)):
            yield from questions_of(expression)


def _leaves(value: Any) -> Iterator[str]:
    """The texts in the parameters of a test that a person chose; keywords and days are said in other words."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("is", "before", "of", "atLeast", "date"):
                yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str) and not _is_day(value):
        yield value


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_no_page_shows_a_text_without_translation(page: TestClient, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    missing: list[str] = []
    say = Words.say

    def listening(self: Words, text: str, **values: object) -> str:
        if text not in self.texts:
            missing.append(text)
        return say(self, text, **values)

    handed = hand_in(page, BADGE, ALTERED)
    addresses = [decide(page, handed, under) for under in ("tennessee/licence-renewal", "arkansas/designation")]
    where = hand_in(page, BADGE, aim="where")
    monkeypatch.setattr(Words, "say", listening)
    for path in ("/recognize", "/where", f"{handed}?under={SALARY}", *addresses, where, "/policies", "/agreements"):
        answer = page.get(path, params={"lang": code, **({"under": SALARY} if "?" in path else {})}, headers=BROWSER)
        assert answer.status_code == 200, path
    page.get(f"{addresses[0]}/decision.pdf", params={"lang": code})
    assert missing == []


def test_places_have_names() -> None:
    assert area_name("US-SC", words("es")) == "South Carolina"
    assert area_name("CA", words("es")) == "Canadá"
    assert area_name("US-ZZ", words("en")) == "US-ZZ"
    assert area_name(None, words("en")) == ""


def test_a_policy_is_offered_for_each_of_its_purposes(page: TestClient) -> None:
    shelf = page.app.state.desk.shelf  # type: ignore[attr-defined]
    assert {each.value for each in choices(shelf)} >= set(EXAMPLES)


@pytest.mark.parametrize("path", ["/recognize", "/where", "/policies", "/agreements"])
def test_what_is_refused_on_a_page_is_refused_with_a_page(page: TestClient, path: str) -> None:
    answer = page.delete(path, headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert answer.headers["content-type"].startswith("text/html")


def test_a_program_that_asks_for_policies_is_refused_with_a_problem(page: TestClient) -> None:
    answer = page.delete("/policies", headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
