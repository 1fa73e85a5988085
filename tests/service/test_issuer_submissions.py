"""Portfolios and their review, through the pages and the API."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.tables import Award, Mail
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import AssessorCertification
from badgeport.issuer.submissions import reviews
from badgeport.issuer.submissions.tables import EvidenceItem, Review, SavedText, Submission
from support import databases
from support import portfolios as p
from support.hosted import issuer
from support.site import PUBLIC_URL, Site, json_of

HTML = {"Accept": "text/html"}
CSRF = "X-CSRF-Token"


class Place:
    """A district with a micro-credential, a teacher and two assessors."""

    def __init__(self, folder: Path, kind: str = "sqlite", **changes: Any) -> None:
        self.site = Site(folder, database_url=databases.made(kind, folder))
        self.org = issuer(self.site)
        self.definition = p.define(self.site, self.org, **changes)
        self.north = p.school(self.site, self.org, "North Elementary")
        self.teacher = self.site.person("Tess Teacher", {"prairie": [Role.EDUCATOR]}, school_id=self.north.id)
        self.ann = p.assessor(self.site, "Ann Archer", self.definition)
        self.bo = p.assessor(self.site, "Bo Baker", self.definition)
        self.registrar = self.site.person("Rae Registrar", {"prairie": [Role.REGISTRAR]})

    def handed_in(self) -> str:
        found = p.fill(self.site, self.teacher, self.definition)
        p.hand_in(self.site, self.teacher, found)
        return found

    def rows(self, table: Any) -> list[Any]:
        with self.site.desk.database.reading() as session:
            return list(session.exec(select(table)).all())

    def api(self, account: Any) -> Any:
        browser = self.site.browser(account)
        browser.headers[CSRF] = browser.csrf or ""
        browser.headers["Origin"] = PUBLIC_URL
        return browser


@pytest.fixture
def place(tmp_path: Path) -> Any:
    found = Place(tmp_path)
    yield found
    found.site.close()


def words(answer: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def hidden(answer: Any, name: str) -> str:
    return str(answer.text.partition(f'name="{name}" value="')[2].partition('"')[0])


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_teacher_goes_all_five_steps_and_gets_a_badge(tmp_path: Path, kind: str) -> None:
    place = Place(tmp_path, kind)
    teacher, ann = place.site.browser(place.teacher), place.site.browser(place.ann)
    begun = teacher.submit("/home/portfolio", {"definition": place.definition.id})
    base = begun.headers["location"]
    assert "Proficient" in teacher.get(base).text
    today = place.site.clock().date().isoformat()
    for key in ("observe", "plan"):
        sent = {"experience": key, "hours": "2,5", "doneOn": today, "note": ""}
        assert teacher.submit(f"{base}/hours", sent).status_code == 303
    assert "2.5 h 2 h" in words(teacher.get(f"{base}/learn"))
    file = {"file": ("talk.exe", p.PDF, "application/x-msdownload")}
    sent = {"requirement": "film", "title": "A discussion", "description": "", "url": ""}
    assert teacher.submit(f"{base}/evidence", sent, files=file).status_code == 303
    built = teacher.get(f"{base}/build")
    assert "talk.pdf" in built.text
    sent = {"reflection": "They asked each other.", "text_version": hidden(built, "text_version")}
    assert teacher.submit(f"{base}/reflection", sent).status_code == 303
    version = hidden(teacher.get(f"{base}/submit"), "version")
    assert teacher.submit(f"{base}/submit", {"own": "yes", "version": version}).status_code == 303

    queue = ann.get("/o/prairie/reviews")
    assert "Tess Teacher" in queue.text
    room = f"/o/prairie/reviews/{base.rpartition('/')[2]}"
    before = ann.get(room)
    assert "They asked each other." not in before.text
    assert ann.submit(f"{room}/take", {"version": hidden(before, "version")}).status_code == 303
    scoring = ann.get(room)
    assert "They asked each other." in scoring.text
    address = re.search(rf'href="({room}/evidence/[a-z0-9]+)"', scoring.text)
    assert address is not None
    assert ann.get(address[1]).content == p.PDF
    given = {
        "version": re.findall(r'name="version" value="(\d+)"', scoring.text)[-1],
        "level-0": "Exemplary",
        "level-1": "Developing",
        "level-2": "Seen",
        "feedback-0": "Every question opened thinking.",
        "feedback": "A fine discussion.",
        "independence": "independent",
        "do": "finish",
    }
    assert ann.submit(f"{room}/scores", given).headers["location"] == f"{room}/decide"
    decided = ann.get(f"{room}/decide")
    assert "Demonstrated" in decided.text
    assert ann.submit(f"{room}/decide", {"version": hidden(decided, "version")}).status_code == 303
    results = words(teacher.get(f"{base}/results"))
    assert "Every question opened thinking." in results
    assert "Ann Archer" not in results
    Worker(place.site.desk).run_until_idle()
    award = place.rows(Award)[0]
    assert (award.state, award.submission_id) == ("published", p.state(place.site, base.rpartition("/")[2]).id)
    levels = {one["criterion"]: one["level"] for one in award.body["results"]}
    assert levels["Questions that open thinking"] == "Exemplary"
    assert award.body["assessment"]["assessorIndependence"] == "independent"
    review = place.rows(Review)[0]
    certification = next(one for one in place.rows(AssessorCertification) if one.account_id == place.ann.id)
    assert review.certification_id == certification.id
    actions = [one.action for one in place.rows(AuditEntry)]
    for action in ("submission.started", "evidence.added", "submission.submitted", "review.assigned", "review.done"):
        assert action in actions
    private = ("They asked", "Every question", "Tess", "talk.pdf", "people.example")
    for entry in place.rows(AuditEntry):
        assert not [one for one in private if one in f"{entry.detail}{entry.why}{entry.target}"]
    assert [one.address for one in place.rows(Mail) if "reviewed" in one.subject] == ["tess@people.example"]
    place.site.close()


def test_what_is_missing_is_said_and_nothing_is_handed_in(place: Place) -> None:
    teacher = place.site.browser(place.teacher)
    base = teacher.submit("/home/portfolio", {"definition": place.definition.id}).headers["location"]
    version = hidden(teacher.get(f"{base}/submit"), "version")
    answer = teacher.submit(f"{base}/submit", {"version": version})
    assert answer.status_code == 422
    said = words(answer)
    for missing in ("At least 3 hours", "Film of a discussion: at least 1; 0 so far", "Your reflection", "own work"):
        assert missing in said
    assert p.state(place.site, base.rpartition("/")[2]).state == "draft"


def test_starting_twice_goes_on_with_the_same_and_outsiders_cannot(place: Place) -> None:
    teacher = place.site.browser(place.teacher)
    first, second = (teacher.submit("/home/portfolio", {"definition": place.definition.id}) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    stranger = place.site.browser(place.site.person("Sam Stranger"))
    assert stranger.submit("/home/portfolio", {"definition": place.definition.id}).status_code == 403
    assert teacher.submit("/home/portfolio", {"definition": "nothing"}).status_code == 404


def test_a_teacher_of_a_district_earns_what_its_cooperative_offers(place: Place) -> None:
    place.site.organization("lakeside", parent_id=place.org.id)
    below = place.site.person("Dee District", {"lakeside": [Role.EDUCATOR]})
    begun = place.site.browser(below).submit("/home/portfolio", {"definition": place.definition.id})
    assert begun.status_code == 303


def test_nobody_reaches_the_portfolio_of_another(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    other = place.site.browser(place.site.person("Omar Other", {"prairie": [Role.EDUCATOR]}))
    base = f"/home/portfolio/{found}"
    item = place.rows(EvidenceItem)[0].id
    for path in (
        "",
        "/learn",
        "/build",
        "/submit",
        "/results",
        "/comments",
        "/texts",
        "/withdraw",
        f"/evidence/{item}",
    ):
        assert other.get(base + path).status_code == 404, path
    for path in ("/reflection", "/submit", "/withdraw", "/coach", "/peers", "/comments", f"/evidence/{item}/remove"):
        assert other.submit(base + path, {"reflection": "x", "version": "1"}).status_code == 404, path
    assert p.state(place.site, found).state == "draft"


@pytest.mark.parametrize("kind", databases.KINDS)
def test_two_windows_write_a_reflection_and_both_texts_are_kept(tmp_path: Path, kind: str) -> None:
    place = Place(tmp_path, kind)
    teacher = place.site.browser(place.teacher)
    base = teacher.submit("/home/portfolio", {"definition": place.definition.id}).headers["location"]
    version = hidden(teacher.get(f"{base}/build"), "text_version")
    assert teacher.submit(f"{base}/reflection", {"reflection": "From one.", "text_version": version}).status_code == 303
    answer = teacher.submit(f"{base}/reflection", {"reflection": "From two.", "text_version": version})
    assert answer.status_code == 409
    assert "From one." in answer.text
    assert "From two." in answer.text
    assert {(one.body, one.aside) for one in place.rows(SavedText)} == {("From one.", False), ("From two.", True)}
    again = {"reflection": "From both.", "text_version": hidden(answer, "text_version")}
    assert teacher.submit(f"{base}/reflection", again).status_code == 303
    assert place.rows(Submission)[0].reflection == "From both."
    kept = next(one for one in place.rows(SavedText) if one.body == "From two.")
    assert teacher.submit(f"{base}/texts/{kept.id}").status_code == 303
    assert place.rows(Submission)[0].reflection == "From two."
    place.site.close()


def test_what_is_written_while_the_portfolio_is_handed_in_is_kept(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    teacher = place.site.browser(place.teacher)
    version = hidden(teacher.get(f"/home/portfolio/{found}/build"), "text_version")
    p.hand_in(place.site, place.teacher, found)
    sent = {"reflection": "One more thought.", "text_version": version}
    answer = teacher.submit(f"/home/portfolio/{found}/reflection", sent)
    assert answer.headers["location"].endswith("/texts")
    assert "One more thought." in teacher.get(answer.headers["location"]).text
    assert place.rows(Submission)[0].reflection == "They asked each other."


def test_files_are_downloads_that_cannot_act_as_pages(place: Place) -> None:
    teacher = place.site.browser(place.teacher)
    base = teacher.submit("/home/portfolio", {"definition": place.definition.id}).headers["location"]
    file = {"file": ('pl"an\u202e.html', b"plain words\n", "text/html")}
    assert teacher.submit(f"{base}/evidence", {"title": "Plan"}, files=file).status_code == 303
    item = place.rows(EvidenceItem)[0]
    answer = teacher.get(f"{base}/evidence/{item.id}")
    assert answer.content == b"plain words\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]


def test_a_file_that_runs_is_refused_and_nothing_is_stored(place: Place) -> None:
    teacher = place.site.browser(place.teacher)
    base = teacher.submit("/home/portfolio", {"definition": place.definition.id}).headers["location"]
    page = {"file": ("plan.pdf", b"<html><script>alert(1)</script>", "application/pdf")}
    sent = {"title": "My plan", "description": "What it shows"}
    answer = teacher.submit(f"{base}/evidence", sent, files=page)
    assert answer.status_code == 422
    assert "This kind of file is not taken." in words(answer)
    assert 'value="My plan"' in answer.text
    assert "What it shows" in answer.text
    assert place.rows(EvidenceItem) == []
    assert list(place.site.desk.blobs.digests()) == []
    both = teacher.submit(f"{base}/evidence", {"url": "https://x.example/"}, files={"file": ("a.pdf", p.PDF, "")})
    assert both.status_code == 422


def test_a_file_over_the_limit_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badgeport.issuer.submissions.evidence.FILE_BYTES", 40)
    teacher = place.site.browser(place.teacher)
    base = teacher.submit("/home/portfolio", {"definition": place.definition.id}).headers["location"]
    answer = teacher.submit(f"{base}/evidence", {}, files={"file": ("a.pdf", p.PDF + bytes(100), "")})
    assert answer.status_code == 422
    assert "larger than 50 MB" in words(answer)


def test_removed_evidence_stays_with_what_was_handed_in(place: Place) -> None:
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    assert p.finish(place.site, place.ann, found, p.scores("Beginning")) == "not-yet"
    teacher = place.site.browser(place.teacher)
    base = f"/home/portfolio/{found}"
    again = teacher.get(f"{base}/results")
    assert "About questions." in again.text
    assert teacher.submit(f"{base}/again", {"version": hidden(again, "version")}).status_code == 303
    item = place.rows(EvidenceItem)[0].id
    asked = teacher.get(f"{base}/evidence/{item}/remove")
    assert "stays as it was for its assessors" in words(asked)
    assert teacher.submit(f"{base}/evidence/{item}/remove").status_code == 303
    assert "films.example" not in teacher.get(f"{base}/build").text
    assert place.rows(EvidenceItem)[0].removed is not None
    answer = teacher.submit(
        f"{base}/submit", {"own": "yes", "version": hidden(teacher.get(f"{base}/submit"), "version")}
    )
    assert answer.status_code == 422
    file = {"file": ("talk.pdf", p.PDF, "")}
    teacher.submit(f"{base}/evidence", {"requirement": "film"}, files=file)
    sent = {"own": "yes", "version": hidden(teacher.get(f"{base}/submit"), "version")}
    assert teacher.submit(f"{base}/submit", sent).status_code == 303
    assert p.state(place.site, found).attempt == 2
    assert "Attempt 1: Not yet" in words(teacher.get(f"{base}/results"))


# -- who may score -----------------------------------------------------------------------------------------------------


def refused(place: Place, account: Any, found: str) -> str:
    browser = place.site.browser(account)
    page = browser.get(f"/o/prairie/reviews/{found}")
    assert "Take this review" not in page.text
    sent = {"version": str(p.state(place.site, found).version)}
    answer = browser.submit(f"/o/prairie/reviews/{found}/take", sent)
    assert answer.status_code in (403, 404)
    assert place.rows(Review) == []
    return words(answer)


def test_who_is_not_certified_today_cannot_score(place: Place) -> None:
    found = place.handed_in()
    uncertified = place.site.person("Una Uncertified", {"prairie": [Role.ASSESSOR]})
    refused(place, uncertified, found)
    late = place.site.person("Lee Lapsed", {"prairie": [Role.ASSESSOR, Role.REGISTRAR]})
    p.certify(place.site, late, place.definition, end=date(2021, 1, 1))
    assert "not certified for this micro-credential today" in refused(place, late, found)


def test_a_certification_that_ended_meanwhile_stops_the_decision(place: Place) -> None:
    short = place.site.person("Shay Short", {"prairie": [Role.ASSESSOR]})
    p.certify(place.site, short, place.definition, end=place.site.clock().date())
    found = place.handed_in()
    p.take(place.site, short, found)
    place.site.clock.forward(days=1)
    browser = place.api(short)
    room = f"/api/v1/organizations/prairie/reviews/{found}"
    mine = json_of(browser.get(room))["mine"]
    sent = {"scores": p.scores(), "independence": "independent", "version": mine["version"]}
    saved = browser.put(f"{room}/scores", json=sent)
    answer = browser.post(f"{room}/decision", json={"version": json_of(saved)["mine"]["version"]})
    assert answer.status_code == 403
    assert "certified" in json_of(answer)["detail"]
    assert (place.rows(Award), p.state(place.site, found).state) == ([], "in-review")


def test_nobody_scores_their_own_work(place: Place) -> None:
    both = place.site.person("Bea Both", {"prairie": [Role.EDUCATOR, Role.ASSESSOR, Role.REGISTRAR]})
    p.certify(place.site, both, place.definition)
    found = p.fill(place.site, both, place.definition)
    p.hand_in(place.site, both, found)
    # They do not even see that it is under review; nor could a registrar assign it to them.
    assert "Bea Both" not in refused(place, both, found)
    with place.site.desk.database.reading() as session:
        portfolio = reviews.submission_in(session, place.org.id, found)
        assert "own work" in str(reviews.obstacle(session, portfolio, both.id, place.site.clock()))


def test_nobody_scores_work_of_their_school_unless_the_organization_allows_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    found = place.handed_in()
    near = place.site.person("Nia Near", {"prairie": [Role.ASSESSOR]}, school_id=place.north.id)
    p.certify(place.site, near, place.definition)
    assert "educator's school" in refused(place, near, found)
    with place.site.desk.database.writing() as session:
        place.org.same_school_conflict = False
        session.add(place.org)
    p.take(place.site, near, found)
    browser = place.api(near)
    room = f"/api/v1/organizations/prairie/reviews/{found}"
    version = json_of(browser.get(room))["mine"]["version"]
    # What the badge says of independence cannot be more than what is known.
    claimed = browser.put(f"{room}/scores", json={"scores": {}, "independence": "independent", "version": version})
    assert claimed.status_code == 400
    assert json_of(claimed)["errors"][0]["pointer"] == "/independence"
    told = browser.put(f"{room}/scores", json={"scores": {}, "independence": "same-school", "version": version})
    assert told.status_code == 200
    place.site.close()


def test_who_helped_with_the_draft_does_not_score_it(place: Place) -> None:
    helper = place.site.person("Hal Helper", {"prairie": [Role.COACH, Role.ASSESSOR]})
    p.certify(place.site, helper, place.definition)
    found = p.fill(place.site, place.teacher, place.definition)
    place.site.browser(place.teacher).submit(f"/home/portfolio/{found}/coach", {"wanted": "yes"})
    coach = place.site.browser(helper)
    answer = coach.submit(f"/o/prairie/coaching/{found}/comments", {"comment": "Add the plan."})
    assert answer.status_code == 303
    p.hand_in(place.site, place.teacher, found)
    assert "commented on the draft" in refused(place, helper, found)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_of_two_who_take_a_review_at_once_one_gets_it(tmp_path: Path, kind: str) -> None:
    place = Place(tmp_path, kind)
    found = place.handed_in()
    version = str(p.state(place.site, found).version)
    browsers = [place.site.browser(account) for account in (place.ann, place.bo)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda one: one.submit(f"/o/prairie/reviews/{found}/take", {"version": version}), browsers)
        )
    assert sorted(one.status_code for one in answers) == [303, 409]
    assert len(place.rows(Review)) == 1
    place.site.close()


def test_an_assessor_cannot_demonstrate_below_the_required_level(place: Place) -> None:
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    browser = place.api(place.ann)
    room = f"/api/v1/organizations/prairie/reviews/{found}"
    sent = {
        "scores": p.scores("Developing"),
        "decision": "demonstrated",
        "independence": "independent",
        "version": json_of(browser.get(room))["mine"]["version"],
    }
    saved = json_of(browser.put(f"{room}/scores", json=sent))
    assert saved["mine"]["decision"] == "not-yet"
    refused_ = browser.post(f"{room}/decision", json={"version": saved["mine"]["version"]})
    assert json_of(refused_)["errors"][0]["pointer"] == "/feedback"
    sent |= {"feedback": "Plan your questions.", "version": saved["mine"]["version"]}
    saved = json_of(browser.put(f"{room}/scores", json=sent))
    done = json_of(browser.post(f"{room}/decision", json={"version": saved["mine"]["version"]}))
    assert done["state"] == "not-yet"
    assert place.rows(Award) == []


def test_a_score_that_is_incomplete_is_refused_beside_its_field_and_kept_in_the_form(place: Place) -> None:
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    ann = place.site.browser(place.ann)
    room = f"/o/prairie/reviews/{found}"
    version = re.findall(r'name="version" value="(\d+)"', ann.get(room).text)[-1]
    sent = {"version": version, "level-0": "Beginning", "feedback-1": "Typed before.", "do": "finish"}
    answer = ann.submit(f"{room}/scores", sent)
    assert answer.status_code == 422
    said = words(answer)
    assert "Choose the level for “Turns among students”." in said
    assert "Say for “Questions that open thinking” what is missing for the required level." in said
    assert 'id="feedback-0-wrong"' in answer.text
    assert "Typed before." in answer.text
    assert place.rows(Review)[0].scores == {}
    sent["do"] = "save"
    assert ann.submit(f"{room}/scores", sent).status_code == 303
    assert place.rows(Review)[0].scores["questions"]["level"] == "Beginning"
    stale = ann.submit(f"{room}/scores", sent)
    assert stale.status_code == 409


# -- second assessor and adjudication ----------------------------------------------------------------------------------


def test_the_second_assessor_is_blind_and_agreement_decides(tmp_path: Path) -> None:
    place = Place(tmp_path, secondAssessor=True)
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    p.take(place.site, place.bo, found)
    assert p.finish(place.site, place.ann, found, p.scores("Exemplary"), "Words of the first.") == "in-review"
    bo = place.site.browser(place.bo)
    seen = bo.get(f"/o/prairie/reviews/{found}").text
    for secret in ("Ann Archer", "Words of the first.", "About questions.", place.ann.id):
        assert secret not in seen
    told = json_of(place.api(place.bo).get(f"/api/v1/organizations/prairie/reviews/{found}"))
    assert told["reviews"] == []
    teacher = place.site.browser(place.teacher)
    assert "Words of the first." not in teacher.get(f"/home/portfolio/{found}/results").text
    assert p.finish(place.site, place.bo, found, p.scores("Proficient")) == "demonstrated"
    award = place.rows(Award)[0]
    # Both found the required level; the badge states the lower of the two.
    assert award.body["results"][0]["level"] == "Proficient"
    assert award.body["assessment"]["secondAssessor"] is True
    place.site.close()


def test_a_registrar_who_scores_is_blind_too(tmp_path: Path) -> None:
    place = Place(tmp_path, secondAssessor=True)
    two = place.site.person("Rita Two", {"prairie": [Role.ASSESSOR, Role.REGISTRAR]})
    p.certify(place.site, two, place.definition)
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    p.take(place.site, two, found)
    p.finish(place.site, place.ann, found, p.scores("Exemplary"), "Words of the first.")
    seen = place.site.browser(two).get(f"/o/prairie/reviews/{found}").text
    assert "Ann Archer" not in seen
    assert "Words of the first." not in seen
    assert "Ann Archer" in place.site.browser(place.registrar).get(f"/o/prairie/reviews/{found}").text
    place.site.close()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (p.scores("Proficient"), p.scores("Developing")),
        # Both say "not yet", for different reasons.
        (p.scores("Developing", "Developing"), p.scores("Proficient", "Beginning")),
    ],
)
def test_where_two_differ_a_third_decides(tmp_path: Path, one: Any, other: Any) -> None:
    place = Place(tmp_path, secondAssessor=True)
    cora = p.assessor(place.site, "Cora Cole", place.definition)
    found = place.handed_in()
    for account, given in ((place.ann, one), (place.bo, other)):
        p.take(place.site, account, found)
        state = p.finish(place.site, account, found, given, f"Words of {account.id}.")
    assert state == "adjudication"
    for account in (place.ann, place.bo):
        assert "Take this review" not in place.site.browser(account).get(f"/o/prairie/reviews/{found}").text
    p.take(place.site, cora, found)
    seen = place.site.browser(cora).get(f"/o/prairie/reviews/{found}").text
    assert f"Words of {place.ann.id}." in seen
    assert "Ann Archer" not in seen
    assert p.finish(place.site, cora, found, p.scores()) == "demonstrated"
    award = place.rows(Award)[0]
    assert award.body["assessment"]["secondAssessor"] is True
    figures = json_of(place.api(place.registrar).get("/api/v1/organizations/prairie/calibration"))["items"][0]
    assert figures["decisions"]["pairs"] == 1
    assert {one["criterion"]: one["agreed"] for one in figures["criteria"]}["Voice and presence"] == 1
    place.site.close()


def test_a_review_that_is_given_back_waits_for_another(place: Place) -> None:
    found = place.handed_in()
    review = p.take(place.site, place.ann, found)
    ann, bo = place.site.browser(place.ann), place.site.browser(place.bo)
    path = f"/o/prairie/reviews/{found}/unassign/{review.id}"
    assert bo.get(path).status_code == 404
    version = hidden(ann.get(path), "version")
    without = ann.submit(path, {"version": version, "reason": ""})
    assert without.status_code == 422
    assert ann.submit(path, {"version": version, "reason": "I know the class."}).status_code == 303
    assert p.state(place.site, found).state == "submitted"
    p.take(place.site, place.bo, found)
    assert [one.state for one in place.rows(Review)] == ["withdrawn", "assigned"]
    entry = next(one for one in place.rows(AuditEntry) if one.action == "review.withdrawn")
    assert entry.why == "I know the class."


def test_a_registrar_assigns_only_whom_nothing_hinders(place: Place) -> None:
    found = place.handed_in()
    registrar = place.site.browser(place.registrar)
    room = f"/o/prairie/reviews/{found}"
    page = registrar.get(room)
    assert "Ann Archer" in page.text
    assert "They asked each other." not in page.text
    version = hidden(page, "version")
    wrong = registrar.submit(f"{room}/assign", {"assessor": place.teacher.id, "version": version})
    assert wrong.status_code == 409
    assert registrar.submit(f"{room}/assign", {"assessor": place.ann.id, "version": version}).status_code == 303
    assert [one.address for one in place.rows(Mail)] == ["ann@people.example"]
    stale = registrar.submit(f"{room}/assign", {"assessor": place.bo.id, "version": version})
    assert stale.status_code == 409


def test_evidence_is_for_those_who_score_it_alone(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    teacher = place.site.browser(place.teacher)
    teacher.submit(f"/home/portfolio/{found}/evidence", {}, files={"file": ("a.pdf", p.PDF, "")})
    p.hand_in(place.site, place.teacher, found)
    item = next(one.id for one in place.rows(EvidenceItem) if one.digest)
    path = f"/o/prairie/reviews/{found}/evidence/{item}"
    auditor = place.site.person("Ada Auditor", {"prairie": [Role.AUDITOR, Role.ASSESSOR]})
    for account in (place.ann, place.registrar, auditor):
        assert place.site.browser(account).get(path).status_code in (403, 404)
    p.take(place.site, place.ann, found)
    assert place.site.browser(place.ann).get(path).content == p.PDF
    assert place.site.browser(place.bo).get(path).status_code == 404
    read = place.site.program(place.site.token(place.org, "submissions:read"))
    assert json_of(read.get(f"/api/v1/organizations/prairie/reviews/{found}"))["material"] is None
    assert read.get(f"/api/v1/organizations/prairie/reviews/{found}/evidence/{item}").status_code == 403


def test_another_organization_sees_nothing(place: Place) -> None:
    found = place.handed_in()
    place.site.organization("elsewhere")
    other = place.site.browser(
        place.site.person("Eve Elsewhere", {"elsewhere": [Role.ASSESSOR, Role.REGISTRAR, Role.COACH]})
    )
    assert other.get(f"/o/elsewhere/reviews/{found}").status_code == 404
    assert other.submit(f"/o/elsewhere/reviews/{found}/take", {"version": "1"}).status_code == 404
    assert other.get(f"/o/elsewhere/coaching/{found}").status_code == 404
    assert other.get(f"/o/prairie/reviews/{found}").status_code == 403
    assert "Tess" not in other.get("/o/elsewhere/reviews?show=all").text


def test_an_assessor_does_not_see_drafts_or_what_is_not_theirs(place: Place) -> None:
    draft = p.fill(place.site, place.teacher, place.definition)
    ann = place.site.browser(place.ann)
    for show in ("open", "drafts", "all"):
        assert "Tess" not in ann.get(f"/o/prairie/reviews?show={show}").text
    assert ann.get(f"/o/prairie/reviews/{draft}").status_code == 404
    listed = place.site.browser(place.registrar).get("/o/prairie/reviews?show=drafts")
    assert "Tess Teacher" in listed.text
    p.hand_in(place.site, place.teacher, draft)
    uncertified = place.site.person("Una Uncertified", {"prairie": [Role.ASSESSOR]})
    assert "Tess" not in place.site.browser(uncertified).get("/o/prairie/reviews").text


@pytest.mark.parametrize("kind", databases.KINDS)
def test_the_queue_is_searched_and_exported(tmp_path: Path, kind: str) -> None:
    place = Place(tmp_path, kind)
    place.handed_in()
    other = place.site.person("Ulla Unterberg", {"prairie": [Role.EDUCATOR]})
    p.hand_in(place.site, other, p.fill(place.site, other, place.definition))
    registrar = place.site.browser(place.registrar)
    found = registrar.get("/o/prairie/reviews?q=unter").text
    assert "Ulla" in found
    assert "Tess" not in found
    rows = registrar.get("/o/prairie/reviews?format=csv").text.splitlines()
    assert len(rows) == 3
    assert "North Elementary" in rows[1] + rows[2]
    assert "No portfolio matches" in words(registrar.get("/o/prairie/reviews?q=nobody"))
    place.site.close()


# -- coaches and peers -------------------------------------------------------------------------------------------------


def test_a_coach_reads_a_draft_only_when_asked(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    coach = place.site.browser(place.site.person("Cy Coach", {"prairie": [Role.COACH]}))
    teacher = place.site.browser(place.teacher)
    room = f"/o/prairie/coaching/{found}"
    assert coach.get(room).status_code == 404
    teacher.submit(f"/home/portfolio/{found}/coach", {"wanted": "yes"})
    assert "Tess Teacher" in coach.get("/o/prairie/coaching").text
    assert "They asked each other." in coach.get(room).text
    assert coach.submit(f"{room}/comments", {"comment": "Say *what* they asked."}).status_code == 303
    assert "<em>what</em>" in teacher.get(f"/home/portfolio/{found}/comments").text
    teacher.submit(f"/home/portfolio/{found}/coach", {"wanted": ""})
    assert coach.get(room).status_code == 404


def test_a_peer_comments_by_link_until_it_is_withdrawn(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    teacher = place.site.browser(place.teacher)
    base = f"/home/portfolio/{found}"
    assert teacher.submit(f"{base}/peers", {"name": "", "email": "no address"}).status_code == 422
    invited = teacher.submit(f"{base}/peers", {"name": "Pia Peer", "email": "Pia@School.example"})
    assert invited.status_code == 303
    Worker(place.site.desk).run_until_idle()
    mail = place.site.mails()[-1]
    assert mail["to"] == "pia@school.example"
    link = re.search(rf"{PUBLIC_URL}(/peers/\S+)", mail["body"])
    assert link is not None
    peer = place.site.browser()
    page = peer.get(link[1], headers=HTML)
    assert "They asked each other." in page.text
    peer.csrf = hidden(page, "csrf")
    assert peer.submit(link[1], {"comment": "More of the start."}).status_code == 303
    comments = teacher.get(f"{base}/comments")
    assert "More of the start." in comments.text
    assert "Pia Peer" in comments.text
    dismiss = re.search(rf'href="({base}/peers/[a-z0-9]+/dismiss)"', comments.text)
    assert dismiss is not None
    assert teacher.submit(dismiss[1]).status_code == 303
    assert peer.get(link[1], headers=HTML).status_code == 404
    assert peer.submit(link[1], {"comment": "Again."}).status_code == 404
    assert "pia@school.example" not in "".join(str(one.detail) for one in place.rows(AuditEntry))


def test_a_peer_sees_nothing_of_a_portfolio_that_was_handed_in(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    teacher = place.site.browser(place.teacher)
    teacher.submit(f"/home/portfolio/{found}/evidence", {}, files={"file": ("a.pdf", p.PDF, "")})
    teacher.submit(f"/home/portfolio/{found}/peers", {"name": "Pia Peer", "email": "pia@school.example"})
    body = next(one.body for one in place.rows(Mail))
    link = str(re.search(rf"{PUBLIC_URL}(/peers/\S+)", body)[1])  # type: ignore[index]
    item = next(one.id for one in place.rows(EvidenceItem) if one.digest)
    peer = place.site.browser()
    assert peer.get(f"{link}/evidence/{item}").content == p.PDF
    p.hand_in(place.site, place.teacher, found)
    closed = peer.get(link, headers=HTML)
    assert "This draft is closed" in closed.text
    assert "They asked" not in closed.text
    assert peer.get(f"{link}/evidence/{item}", headers=HTML).status_code == 404


# -- taking back, withdrawing, reminders -------------------------------------------------------------------------------


def test_taking_back_is_possible_until_an_assessor_begins(place: Place) -> None:
    found = place.handed_in()
    teacher = place.site.browser(place.teacher)
    base = f"/home/portfolio/{found}"
    sent = {"version": hidden(teacher.get(f"{base}/submit"), "version")}
    assert teacher.submit(f"{base}/take-back", sent).status_code == 303
    row = p.state(place.site, found)
    assert (row.state, row.attempt, row.submitted, row.first_submitted) == ("draft", 1, None, None)
    p.hand_in(place.site, place.teacher, found)
    p.take(place.site, place.ann, found)
    late = {"version": str(p.state(place.site, found).version)}
    assert teacher.submit(f"{base}/take-back", late).status_code == 409


def test_withdrawing_ends_a_review_and_a_new_portfolio_can_be_started(place: Place) -> None:
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    teacher = place.site.browser(place.teacher)
    path = f"/home/portfolio/{found}/withdraw"
    asked = teacher.get(path)
    assert "It ends for good without a result" in words(asked)
    assert teacher.submit(path, {"version": hidden(asked, "version"), "reason": "I change schools."}).status_code == 303
    assert place.rows(Review)[0].state == "withdrawn"
    again = teacher.submit("/home/portfolio", {"definition": place.definition.id}).headers["location"]
    assert not again.endswith(found)


def test_reminders_are_sent_once_before_and_once_after(place: Place) -> None:
    p.fill(place.site, place.teacher, place.definition)
    clock = place.site.clock

    def reminded() -> list[str]:
        # A worker that begins anew plans what is regular at once.
        Worker(place.site.desk).run_until_idle()
        return [one["subject"] for one in place.site.mails()]

    assert reminded() == []
    clock.forward(days=24)
    first = reminded()
    assert len(first) == 1
    assert first[0].startswith("Your portfolio is due on")
    clock.forward(days=3)
    assert reminded() == first
    clock.forward(days=4)
    assert len(reminded()) == 2
    assert reminded()[1].startswith("Your portfolio was due on")
    # By now the outbox has let go of the first two, and there is no third.
    clock.forward(days=40)
    assert reminded() == []


def test_a_due_date_is_changed_with_a_reason(place: Place) -> None:
    found = place.handed_in()
    registrar = place.site.browser(place.registrar)
    room = f"/o/prairie/reviews/{found}"
    day = place.site.clock().date().replace(year=place.site.clock().year + 1).isoformat()
    assert registrar.submit(f"{room}/due", {"due": day, "reason": ""}).status_code == 422
    assert registrar.submit(f"{room}/due", {"due": "2001-01-01", "reason": "Leave"}).status_code == 422
    assert registrar.submit(f"{room}/due", {"due": day, "reason": "Parental leave"}).status_code == 303
    due = p.state(place.site, found).due
    assert due is not None
    assert due.date().isoformat() == day


# -- the API -----------------------------------------------------------------------------------------------------------


def test_the_api_does_what_the_pages_do(place: Place) -> None:
    me = place.api(place.teacher)
    made = me.post("/api/v1/me/portfolios", json={"definition": place.definition.id})
    assert made.status_code == 201
    mine = made.headers["location"]
    hours = {"experience": "plan", "hours": 3.5, "doneOn": place.site.clock().date().isoformat()}
    logged = me.post(f"{mine}/experiences", json=hours)
    assert logged.status_code == 201
    assert me.delete(logged.headers["location"]).status_code == 204
    hours["hours"] = 2
    for key in ("plan", "observe"):
        me.post(f"{mine}/experiences", json={**hours, "experience": key})
    added = me.post(
        f"{mine}/evidence",
        params={"fileName": "talk.pdf", "requirement": "film"},
        content=p.PDF,
        headers={"Content-Type": "application/octet-stream"},
    )
    assert added.status_code == 201
    assert me.get(added.headers["location"]).content == p.PDF
    linked = me.post(f"{mine}/links", json={"url": "javascript:alert(1)"})
    assert (linked.status_code, json_of(linked)["errors"][0]["pointer"]) == (400, "/url")
    read = json_of(me.get(mine))
    saved = {"reflection": "What I saw.", "textVersion": read["textVersion"]}
    assert me.put(f"{mine}/reflection", json=saved).status_code == 200
    late = me.put(f"{mine}/reflection", json={**saved, "reflection": "Other."})
    assert late.status_code == 409
    assert {one["reflection"] for one in json_of(me.get(f"{mine}/texts"))["items"]} == {"What I saw.", "Other."}
    read = json_of(me.get(mine))
    assert [one["met"] for one in read["needs"]] == [True, True, True]
    handed = me.post(f"{mine}/submit", json={"own": True, "version": read["version"]})
    assert json_of(handed)["state"] == "submitted"
    stale = me.post(f"{mine}/withdraw", json={"version": read["version"]})
    assert stale.status_code == 409
    listed = json_of(me.get("/api/v1/me/portfolios"))
    assert (listed["total"], listed["items"][0]["state"]) == (1, "submitted")
    ann = place.api(place.ann)
    room = f"/api/v1/organizations/prairie/reviews/{read['id']}"
    assert json_of(ann.get(room))["material"] is None
    taken = json_of(ann.post(f"{room}/take", json={"version": json_of(handed)["version"]}))
    assert taken["material"]["reflection"] == "What I saw."
    sent = {"scores": p.scores(), "independence": "independent", "version": taken["mine"]["version"]}
    scored = json_of(ann.put(f"{room}/scores", json=sent))
    done = json_of(ann.post(f"{room}/decision", json={"version": scored["mine"]["version"]}))
    assert done["state"] == "demonstrated"
    assert json_of(me.get(mine))["attempts"][0]["reviews"][0]["scores"]["questions"]["level"] == "Proficient"
    # Without the header that proves our own page asked, a browser's session changes nothing.
    bare = place.site.browser(place.teacher)
    refused_ = bare.post("/api/v1/me/portfolios", json={"definition": place.definition.id})
    assert refused_.status_code == 403


def test_an_upload_over_the_limit_ends_early(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badgeport.issuer.submissions.evidence.FILE_BYTES", 40)
    me = place.api(place.teacher)
    mine = me.post("/api/v1/me/portfolios", json={"definition": place.definition.id}).headers["location"]
    answer = me.post(f"{mine}/evidence", content=p.PDF, headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == 413
