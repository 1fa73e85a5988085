"""What a hostile reading of portfolios and reviews found: who reviews whom, what is seen, what is lost."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from badgeport.issuer.award import Rubric
from badgeport.issuer.awards import sheets
from badgeport.issuer.awards.services import _levels
from badgeport.issuer.awards.tables import Award, Mail
from badgeport.issuer.catalog import overview
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.home.exporting import gather
from badgeport.issuer.mistakes import Forbidden, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Membership, Organization
from badgeport.issuer.reports.services import Scope, _paths
from badgeport.issuer.submissions import comments, reviews, services, sniffing
from badgeport.issuer.submissions.tables import Attempt, Comment, Peer, Review, Submission
from support import databases, hosted
from support import portfolios as p
from support.site import PUBLIC_URL, Site, json_of

HTML = {"Accept": "text/html"}
API = "/api/v1/organizations/prairie"


class Place:
    """An agency with a micro-credential, a teacher and two assessors."""

    def __init__(self, folder: Path, kind: str = "sqlite", org: dict[str, Any] | None = None, **changes: Any) -> None:
        self.site = Site(folder, database_url=databases.made(kind, folder))
        self.org = hosted.issuer(self.site, **(org or {}))
        self.definition = p.define(self.site, self.org, **changes)
        self.teacher = self.site.person("Tess Teacher", {"prairie": [Role.EDUCATOR]})
        self.ann = p.assessor(self.site, "Ann Archer", self.definition)
        self.bo = p.assessor(self.site, "Bo Baker", self.definition)

    def certified(self, name: str, *roles: Role) -> Account:
        account = self.site.person(name, {"prairie": [Role.ASSESSOR, *roles]})
        p.certify(self.site, account, self.definition)
        return account

    def handed_in(self, account: Account | None = None) -> str:
        found = p.fill(self.site, account or self.teacher, self.definition)
        p.hand_in(self.site, account or self.teacher, found)
        return found

    def version(self, found: str) -> int:
        return p.state(self.site, found).version

    def rows(self, statement: Any) -> list[Any]:
        with self.site.desk.database.reading() as session:
            return list(session.exec(statement).all())

    def api(self, account: Account) -> Any:
        browser = self.site.browser(account)
        browser.headers["X-CSRF-Token"] = browser.csrf or ""
        browser.headers["Origin"] = PUBLIC_URL
        return browser

    def educator(self, act: Callable[..., Any], found: str, **more: Any) -> Any:
        with self.site.desk.database.writing() as session:
            row = session.get_one(Submission, found)
            return act(session, row, actor=self.teacher.id, now=self.site.clock(), **more)

    def give_back(self, account: Account, found: str) -> None:
        with self.site.desk.database.writing() as session:
            portfolio = reviews.submission_in(session, self.org.id, found)
            own = reviews.own_review(session, portfolio.submission, account.id)
            assert own is not None
            version, by = portfolio.submission.version, {"actor": account.id, "now": self.site.clock()}
            reviews.unassign(session, portfolio, own, reason="Busy.", version=version, **by)

    def invited(self, found: str, email: str = "pia@school.example") -> str:
        """The address of a peer's link."""
        sent = {"name": "Pia Peer", "email": email}
        assert self.site.browser(self.teacher).submit(f"/home/portfolio/{found}/peers", sent).status_code == 303
        mail = next(one for one in self.rows(select(Mail)) if one.address == email)
        link = re.search(rf"{PUBLIC_URL}(/peers/\S+)", mail.body)
        assert link is not None
        return link[1]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    yield found
    found.site.close()


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Place]:
    """Where two assessors score without knowing of each other."""
    found = Place(tmp_path, secondAssessor=True)
    yield found
    found.site.close()


def words(answer: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


# -- one's own portfolio -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.AUDITOR])
def test_a_registrar_or_auditor_saw_and_steered_the_review_of_their_own_portfolio(double: Place, role: Role) -> None:
    me = double.site.person("Rosa Ross", {"prairie": [Role.EDUCATOR, role]})
    found = double.handed_in(me)
    review = p.take(double.site, double.ann, found)
    browser, api = double.site.browser(me), double.api(me)
    room = f"/o/prairie/reviews/{found}"
    assert browser.get(room).status_code == 404
    assert api.get(f"{API}/reviews/{found}").status_code == 404
    for show in ("open", "all", "drafts", "decided", "mine"):
        assert "Rosa" not in words(browser.get(f"/o/prairie/reviews?show={show}")).partition("Search reviews")[2]
        assert json_of(api.get(f"{API}/reviews?show={show}"))["items"] == []
    assert found not in browser.get("/o/prairie/reviews?show=all&format=csv").text
    version = double.version(found)
    refusals = {403, 404} if role is Role.AUDITOR else {404}
    for path, sent in (
        (f"/unassign/{review.id}", {"version": version, "reason": "x"}),
        ("/assign", {"assessor": double.bo.id, "version": version}),
        ("/due", {"due": "2027-05-01", "reason": "x"}),
    ):
        assert browser.submit(room + path, sent).status_code in refusals, path
    for path, body in (
        (f"/assignments/{review.id}/withdraw", {"version": version, "reason": "x"}),
        ("/assignments", {"assessor": double.bo.id, "version": version}),
    ):
        assert api.post(f"{API}/reviews/{found}{path}", json=body).status_code in refusals, path
    assert [one.state for one in double.rows(select(Review))] == ["assigned"]
    # Another registrar sees to it.
    other = double.site.person("Rae Registrar", {"prairie": [Role.REGISTRAR]})
    assert "Ann Archer" in double.site.browser(other).get(room).text


def test_a_program_still_reads_every_portfolio(place: Place) -> None:
    found = place.handed_in()
    program = place.site.program(place.site.token(place.org, "submissions:read"))
    assert [one["id"] for one in json_of(program.get(f"{API}/reviews"))["items"]] == [found]


def test_the_figure_of_what_waits_counted_ones_own(place: Place) -> None:
    me = place.site.person("Rosa Ross", {"prairie": [Role.EDUCATOR, Role.REGISTRAR]})
    other = place.site.person("Rae Registrar", {"prairie": [Role.REGISTRAR]})
    place.handed_in(me)
    assert (waiting(place, me), waiting(place, other)) == (0, 1)


def waiting(place: Place, account: Account) -> int:
    with place.site.desk.database.reading() as session:
        return len(session.exec(overview._unassigned(place.org.id, account.id, place.site.clock())).all())


# -- how many score ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given_back", [False, True])
def test_a_portfolio_hung_when_the_second_assessor_was_switched_off(tmp_path: Path, given_back: bool) -> None:
    place = Place(tmp_path, org={"second_assessor": True})
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    assert p.finish(place.site, place.ann, found, p.scores()) == "in-review"
    if given_back:
        p.take(place.site, place.bo, found)
    with place.site.desk.database.writing() as session:
        org = session.get_one(Organization, place.org.id)
        org.second_assessor = False
        session.add(org)
    if given_back:
        place.give_back(place.bo, found)
    registrar = place.site.person("Rae Registrar", {"prairie": [Role.REGISTRAR]})
    assert waiting(place, registrar) == 1
    p.take(place.site, place.bo, found)
    assert waiting(place, registrar) == 0
    assert p.finish(place.site, place.bo, found, p.scores()) == "demonstrated"
    # What is handed in from now on is scored once.
    later = place.handed_in(place.site.person("Lou Later", {"prairie": [Role.EDUCATOR]}))
    p.take(place.site, place.ann, later)
    assert p.finish(place.site, place.ann, later, p.scores()) == "demonstrated"
    place.site.close()


def test_a_second_assessor_was_asked_for_what_was_handed_in_before(place: Place) -> None:
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    with place.site.desk.database.writing() as session:
        org = session.get_one(Organization, place.org.id)
        org.second_assessor = True
        session.add(org)
    assert p.finish(place.site, place.ann, found, p.scores()) == "demonstrated"


# -- conflicts of interest ---------------------------------------------------------------------------------------------


def test_who_was_invited_as_a_peer_scored_the_portfolio(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    link = place.invited(found, "ann@people.example")
    peer = place.site.browser()
    page = peer.get(link, headers=HTML)
    peer.csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    assert peer.submit(link, {"comment": "Write it so."}).status_code == 303
    p.hand_in(place.site, place.teacher, found)
    with pytest.raises(Forbidden, match="helped"):
        p.take(place.site, place.ann, found)


def test_who_was_invited_and_wrote_nothing_scored_the_portfolio(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    place.invited(found, "ann@people.example")
    peer = place.rows(select(Peer))[0]
    place.educator(comments.dismiss_peer, found, peer_id=peer.id)
    p.hand_in(place.site, place.teacher, found)
    with pytest.raises(Forbidden, match="helped"):
        p.take(place.site, place.ann, found)
    p.take(place.site, place.bo, found)


@pytest.mark.parametrize("writes", [False, True])
def test_who_was_invited_under_another_address_scored_the_portfolio(place: Place, writes: bool) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    link = place.invited(found)
    for account in (place.bo, place.ann) if writes else (place.ann,):
        browser = place.site.browser(account)
        assert browser.get(link, headers=HTML).status_code == 200
        if writes:
            assert browser.submit(link, {"comment": "Write it so."}).status_code == 303
    # To the educator they are the peer who was invited.
    told = json_of(place.api(place.teacher).get(f"/api/v1/me/portfolios/{found}"))["comments"]
    assert {(one["author"], one["role"]) for one in told} <= {("Pia Peer", "peer")}
    with place.site.desk.database.reading() as session:
        exported = dict(gather(session, place.teacher.id, place.site.clock()).parts)["portfolios.json"]
    assert place.ann.id.encode() not in exported
    p.hand_in(place.site, place.teacher, found)
    for account in (place.bo, place.ann) if writes else (place.ann,):
        with pytest.raises(Forbidden, match="helped"):
            p.take(place.site, account, found)


def teaches(place: Place, org: Organization, account: Account, school_id: str) -> None:
    with place.site.desk.database.writing() as session:
        session.add(
            Membership(
                org_id=org.id, account_id=account.id, role="educator", since=place.site.clock(), school_id=school_id
            )
        )


@pytest.mark.parametrize("moment", ["before", "draft", "handed in"])
def test_who_teaches_at_the_educators_school_scored_where_another_organization_knew_it(
    tmp_path: Path, moment: str
) -> None:
    place = Place(tmp_path, org={"same_school_conflict": True})
    district = place.site.organization("district", kind="district", parent_id=place.org.id)
    elm = p.school(place.site, district, "Elm")
    teaches(place, district, place.ann, elm.id)
    found = ""
    for step in ("before", "draft", "handed in"):
        if step == "draft":
            found = p.fill(place.site, place.teacher, place.definition)
        if step == "handed in":
            p.hand_in(place.site, place.teacher, found)
        if step == moment:
            teaches(place, district, place.teacher, elm.id)
    with pytest.raises(Forbidden, match="school"):
        p.take(place.site, place.ann, found)
    # What reports count by is known from when it is handed in.
    assert p.state(place.site, found).school_id == (None if moment == "handed in" else elm.id)
    with place.site.desk.database.reading() as session:
        row = session.get_one(Submission, found)
        assert reviews.independence_choices(session, row, place.ann.id) == ("same-school",)
        assert len(reviews.independence_choices(session, row, place.bo.id)) == 3
    place.site.close()


def test_a_badge_stated_an_independence_that_was_no_longer_so(tmp_path: Path) -> None:
    place = Place(tmp_path, org={"same_school_conflict": False})
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    elm = p.school(place.site, place.org, "Elm")
    with place.site.desk.database.writing() as session:
        portfolio = reviews.submission_in(session, place.org.id, found)
        own = reviews.own_review(session, portfolio.submission, place.ann.id)
        assert own is not None
        by = {"actor": place.ann.id, "now": place.site.clock()}
        said = {"scores": p.scores(), "feedback": "Good.", "independence": "independent", "decision": None}
        reviews.save_scores(session, portfolio, own, **said, version=own.version, **by)
    with place.site.desk.database.writing() as session:
        for row in session.exec(
            select(Membership).where(col(Membership.account_id).in_([place.ann.id, place.teacher.id]))
        ):
            row.school_id = elm.id
            session.add(row)

    def decide() -> None:
        with place.site.desk.database.writing() as session:
            portfolio = reviews.submission_in(session, place.org.id, found)
            own = reviews.own_review(session, portfolio.submission, place.ann.id)
            assert own is not None
            reviews.decide(session, place.site.desk, portfolio, own, version=own.version, **by)

    with pytest.raises(Mistakes) as refused:
        decide()
    assert refused.value.of("independence") is not None
    assert place.rows(select(Award)) == []
    place.site.close()


# -- blind -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", [False, True])
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_audit_log_told_the_second_assessor_who_was_first_and_what_they_found(
    double: Place, role: Role, taken: bool
) -> None:
    second = double.certified("Sec Ond", role)
    found = double.handed_in()
    p.take(double.site, double.ann, found)
    p.finish(double.site, double.ann, found, p.scores("Exemplary"))
    if taken:
        p.take(double.site, second, found)
    browser, api = double.site.browser(second), double.api(second)
    told = [
        browser.get("/o/prairie/audit").text,
        browser.get("/o/prairie/audit?format=csv").text,
        browser.get("/o/prairie/audit?format=json").text,
        browser.get(f"/o/prairie/audit?target=submission:{found}").text,
        api.get(f"{API}/audit").text,
        api.get(f"{API}/audit?target=submission:{found}").text,
    ]
    for text in told:
        for secret in ("Ann Archer", f'"{double.ann.id}"', "review.done", "demonstrated"):
            assert secret not in text
    assert "not shown" in words(browser.get("/o/prairie/audit"))
    # Whoever has no part in it reads all of it, without what each of them decided.
    outside = double.site.browser(double.site.person("Ada Auditor", {"prairie": [Role.AUDITOR]}))
    everything = outside.get("/o/prairie/audit?format=csv").text
    assert "review.done" in everything
    assert double.ann.id in everything
    assert "decision" not in everything
    assert "not shown" not in words(outside.get("/o/prairie/audit"))
    # Once it is decided it is theirs to read too.
    if not taken:
        p.take(double.site, second, found)
    p.finish(double.site, second, found, p.scores("Exemplary"))
    assert "review.done" in browser.get("/o/prairie/audit?format=csv").text
    assert "review.done" in browser.get("/o/prairie/audit?format=json").text


def test_the_audit_log_told_an_educator_who_scores_them(place: Place) -> None:
    me = place.site.person("Rosa Ross", {"prairie": [Role.EDUCATOR, Role.AUDITOR]})
    found = place.handed_in(me)
    p.take(place.site, place.ann, found)
    assert place.ann.id not in place.site.browser(me).get("/o/prairie/audit?format=csv").text


def test_what_one_assessor_scores_alone_stays_in_their_audit_log(place: Place) -> None:
    both = place.certified("Aud It", Role.AUDITOR)
    p.take(place.site, place.ann, place.handed_in())
    assert "review.assigned" in place.site.browser(both).get("/o/prairie/audit?format=csv").text


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.AUDITOR])
def test_who_could_be_the_second_assessor_was_told_who_is_the_first(double: Place, role: Role) -> None:
    second = double.certified("Sec Ond", role)
    found = double.handed_in()
    p.take(double.site, double.ann, found)
    for step in ("under way", "done"):
        if step == "done":
            p.finish(double.site, double.ann, found, p.scores("Exemplary"), "Words of the first.")
        page = double.site.browser(second).get(f"/o/prairie/reviews/{found}")
        told = double.api(second).get(f"{API}/reviews/{found}")
        for text in (page.text, told.text):
            assert "Ann Archer" not in text
            assert "Words of the first." not in text
    p.take(double.site, second, found)
    assert "Ann Archer" not in double.site.browser(second).get(f"/o/prairie/reviews/{found}").text


def test_a_registrar_who_could_score_still_frees_a_part_that_is_not_worked_on(double: Place) -> None:
    both = double.certified("Rita Two", Role.REGISTRAR)
    found = double.handed_in()
    review = p.take(double.site, double.ann, found)
    browser = double.site.browser(both)
    path = f"/o/prairie/reviews/{found}/unassign/{review.id}"
    assert path in browser.get(f"/o/prairie/reviews/{found}").text
    assert browser.submit(path, {"version": double.version(found), "reason": "Overdue."}).status_code == 303
    assert double.rows(select(Review))[0].state == "withdrawn"


@pytest.mark.parametrize("finished", [False, True])
def test_an_assessor_who_is_registrar_chose_who_scores_beside_them(double: Place, finished: bool) -> None:
    first = double.certified("Rita Two", Role.REGISTRAR)
    found = double.handed_in()
    p.take(double.site, first, found)
    if finished:
        p.finish(double.site, first, found, p.scores())
    browser, api = double.site.browser(first), double.api(first)
    assert "Assign an assessor" not in browser.get(f"/o/prairie/reviews/{found}").text
    assert json_of(api.get(f"{API}/reviews/{found}"))["candidates"] == []
    sent = {"assessor": double.ann.id, "version": double.version(found)}
    assert browser.submit(f"/o/prairie/reviews/{found}/assign", sent).status_code == 403
    assert api.post(f"{API}/reviews/{found}/assignments", json=sent).status_code == 403
    # Nor do they take it from whom another registrar chose.
    review = p.take(double.site, double.ann, found)
    sent = {"reason": "x", "version": double.version(found)}
    assert browser.submit(f"/o/prairie/reviews/{found}/unassign/{review.id}", sent).status_code == 404
    assert api.post(f"{API}/reviews/{found}/assignments/{review.id}/withdraw", json=sent).status_code == 404


def test_a_first_assessor_who_is_registrar_read_the_second_before_the_third_decided(double: Place) -> None:
    first = double.certified("Rita Two", Role.REGISTRAR)
    found = double.handed_in()
    for account, given in ((first, p.scores()), (double.ann, p.scores("Beginning"))):
        p.take(double.site, account, found)
        p.finish(double.site, account, found, given, f"Words of {account.id}.")
    assert p.state(double.site, found).state == "adjudication"
    page = double.site.browser(first).get(f"/o/prairie/reviews/{found}").text
    assert f"Words of {double.ann.id}." not in page
    assert "Ann Archer" not in page
    assert "Assign an assessor" not in page
    p.take(double.site, double.bo, found)
    p.finish(double.site, double.bo, found, p.scores())
    assert f"Words of {double.ann.id}." in double.site.browser(first).get(f"/o/prairie/reviews/{found}").text


# -- what the badge says -----------------------------------------------------------------------------------------------

LEVELS = [{"name": name} for name in p.LEVELS]


def test_a_badge_stated_the_level_of_another_criterion() -> None:
    criteria = [
        {"id": "plan", "name": "teach", "levels": LEVELS, "requiredLevel": "Proficient"},
        {"id": "teach", "name": "reflect", "levels": LEVELS},
    ]
    body = DefinitionBody.model_validate({**p.BODY, "rubric": {"criteria": criteria}})
    scores = {"plan": {"level": "Exemplary", "feedback": ""}, "teach": {"level": "Beginning", "feedback": ""}}
    review = Review(org_id="", submission_id="", attempt=1, assessor_id="", assigned=datetime.now(UTC), scores=scores)
    assert [one.level for one in _levels(body, [review])] == ["Exemplary", "Beginning"]


def test_two_criteria_were_scored_as_one() -> None:
    criteria = [{"id": "teach", "name": "plan", "levels": LEVELS}, {"name": "teach", "levels": LEVELS}]
    with pytest.raises(ValueError, match="the same id or name"):
        Rubric.model_validate_json(json.dumps({"criteria": criteria}))


# -- numbers and dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("due", ["9999-12-31T23:59:59-14:00", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_due_date_at_the_end_of_time_was_an_error_of_the_server(place: Place, due: str) -> None:
    found = place.handed_in()
    api = place.api(place.site.person("Rae Registrar", {"prairie": [Role.REGISTRAR]}))
    assert api.put(f"{API}/reviews/{found}/due", json={"due": due, "reason": "x"}).status_code == 400
    sent = {"due": due[:10], "reason": "x"}
    assert api.submit(f"/o/prairie/reviews/{found}/due", sent).status_code == 422


@pytest.mark.parametrize("text", ["1_0", "\u0661", "1e3", "nan", "inf", "0x1"])
def test_what_is_no_number_was_taken_as_one(place: Place, text: str) -> None:
    body = DefinitionBody.model_validate({**hosted.BODY})
    line = sheets.line_of({"email": "a@people.example", "credits": text}, body)
    assert [one.field for one in line.mistakes] == ["credits"]
    found = p.fill(place.site, place.teacher, place.definition)
    sent = {"experience": "plan", "hours": text, "doneOn": "2026-01-05", "note": ""}
    answer = place.site.browser(place.teacher).submit(f"/home/portfolio/{found}/hours", sent)
    assert (answer.status_code, "Say how many hours" in answer.text) == (422, True)


@pytest.mark.parametrize(("text", "number"), [("1.5", 1.5), ("2,25", 2.25), ("3", 3.0), (".5", 0.5)])
def test_numbers_as_people_write_them_are_taken(text: str, number: float) -> None:
    body = DefinitionBody.model_validate({**hosted.BODY})
    line = sheets.line_of({"email": "a@people.example", "credits": text}, body)
    assert line.mistakes == ()
    assert line.body is not None
    assert line.body.to_json()["credits"] == number


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_was_stored_for_a_portfolio_that_takes_none_also_by_program(place: Place) -> None:
    found = place.handed_in()
    api = place.api(place.teacher)
    headers = {"Content-Type": "application/octet-stream"}
    mine = f"/api/v1/me/portfolios/{found}/evidence"
    assert api.post(mine, content=b"A pupil's grades", headers=headers).status_code == 409
    place.educator(services.take_back, found, version=place.version(found))
    assert api.post(f"{mine}?requirement=none", content=b"A pupil's grades", headers=headers).status_code == 400
    assert list(place.site.desk.blobs.digests()) == []


def test_text_was_looked_at_sign_by_sign() -> None:
    text = "Lección 3\t: ¿qué vieron?\r\n\f".encode() * 200_000
    assert sniffing.kind_of(io.BytesIO(text)) == "text/plain"
    for place in (5000, 3_000_001, len(text)):
        for sign in (b"\x00", b"\x08", b"\x0b", b"\x0e", b"\x1f"):
            cut = place - place % len(text)
            assert sniffing.kind_of(io.BytesIO(text[:cut] + sign + text[cut:] + b".")) is None
    assert sniffing.kind_of(io.BytesIO(text + b"\xc3")) is None


# -- comments ----------------------------------------------------------------------------------------------------------


def commented(place: Place) -> tuple[str, Account, str]:
    """A draft with a comment of a coach, of two peers and an answer; the coach; one peer's link."""
    found = p.fill(place.site, place.teacher, place.definition)
    coach = place.site.person("Cy Coach", {"prairie": [Role.COACH]})
    place.educator(services.ask_coach, found, wanted=True)
    link = place.invited(found)
    place.invited(found, "other@school.example")
    mine, other = sorted(place.rows(select(Peer)), key=lambda one: one.email == "other@school.example")
    for text, who in (
        ("Words of the coach.", {"account_id": coach.id}),
        ("Words of the peer.", {"peer_id": mine.id}),
        ("Words of another peer.", {"peer_id": other.id}),
        ("The educator's answer.", {"account_id": place.teacher.id}),
    ):
        place.educator(comments.comment, found, body=text, **who)
    return found, coach, link


def test_invited_peers_read_what_coaches_wrote(place: Place) -> None:
    found, coach, link = commented(place)
    seen = place.site.browser().get(link, headers=HTML).text
    assert "Words of the peer." in seen
    assert "The educator&#39;s answer." in seen or "The educator’s answer." in seen or "The educator's answer." in seen
    for secret in ("Words of the coach.", "Cy Coach", "Words of another peer."):
        assert secret not in seen
    room = place.site.browser(coach).get(f"/o/prairie/coaching/{found}").text
    for text in ("Words of the coach.", "Words of the peer.", "Words of another peer."):
        assert text in room


def comment_id(place: Place, text: str) -> str:
    return str(place.rows(select(Comment.id).where(Comment.body == text))[0])


def test_a_coach_could_not_take_a_comment_back(place: Place) -> None:
    found, coach, _ = commented(place)
    mine, other = comment_id(place, "Words of the coach."), comment_id(place, "Words of the peer.")
    browser, room = place.site.browser(coach), f"/o/prairie/coaching/{found}"
    page = browser.get(room).text
    assert f"{room}/comments/{mine}/delete" in page
    assert f"/comments/{other}/delete" not in page
    assert browser.get(f"{room}/comments/{other}/delete").status_code == 404
    assert browser.submit(f"{room}/comments/{other}/delete").status_code == 404
    assert "Delete this comment?" in words(browser.get(f"{room}/comments/{mine}/delete"))
    assert browser.submit(f"{room}/comments/{mine}/delete").headers["location"] == room
    assert "Words of the coach." not in browser.get(room).text
    api = place.api(coach)
    assert api.delete(f"{API}/coaching/{found}/comments/{other}").status_code == 404
    place.site.clock.forward(minutes=1)
    said = json_of(api.post(f"{API}/coaching/{found}/comments", json={"comment": "Once more."}))["comments"][-1]["id"]
    assert api.delete(f"{API}/coaching/{found}/comments/{said}").status_code == 204
    assert [one for one in place.rows(select(Comment)) if one.body == "Once more."] == []
    # After it was handed in it is what the educator worked from.
    place.site.clock.forward(minutes=1)
    later = json_of(api.post(f"{API}/coaching/{found}/comments", json={"comment": "Later."}))["comments"][-1]["id"]
    p.hand_in(place.site, place.teacher, found)
    assert api.delete(f"{API}/coaching/{found}/comments/{later}").status_code == 404


def test_a_peer_could_not_take_a_comment_back(place: Place) -> None:
    found, _, link = commented(place)
    mine, other = comment_id(place, "Words of the peer."), comment_id(place, "Words of another peer.")
    coach = comment_id(place, "Words of the coach.")
    peer = place.site.browser()
    page = peer.get(link, headers=HTML)
    peer.csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    assert f"{link}/comments/{mine}/delete" in page.text
    for one in (other, coach, comment_id(place, "The educator's answer.")):
        assert f"/comments/{one}/delete" not in page.text
        assert peer.get(f"{link}/comments/{one}/delete", headers=HTML).status_code == 404
        assert peer.submit(f"{link}/comments/{one}/delete").status_code == 404
    assert "Delete" in words(peer.get(f"{link}/comments/{mine}/delete", headers=HTML))
    assert peer.submit(f"{link}/comments/{mine}/delete").headers["location"] == link
    assert "Words of the peer." not in peer.get(link, headers=HTML).text
    teacher = place.site.browser(place.teacher)
    assert teacher.submit(f"/home/portfolio/{found}/comments/{mine}/delete").status_code == 404
    # The educator may take any off their draft.
    assert teacher.submit(f"/home/portfolio/{found}/comments/{coach}/delete").status_code == 303


# -- taking back -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", databases.KINDS)
def test_taking_back_deleted_what_was_scored(kind: str, tmp_path: Path) -> None:
    place = Place(tmp_path, kind)
    found = place.handed_in()
    p.take(place.site, place.ann, found)
    with place.site.desk.database.writing() as session:
        portfolio = reviews.submission_in(session, place.org.id, found)
        own = reviews.own_review(session, portfolio.submission, place.ann.id)
        assert own is not None
        said = {"scores": p.scores("Beginning"), "feedback": "", "independence": None, "decision": None}
        by = {"actor": place.ann.id, "now": place.site.clock()}
        reviews.save_scores(session, portfolio, own, **said, version=own.version, **by)
    place.give_back(place.ann, found)
    place.educator(services.take_back, found, version=place.version(found))
    assert [(one.number, one.outcome) for one in place.rows(select(Attempt))] == [(1, "taken-back")]
    row = p.state(place.site, found)
    assert (row.state, row.submitted, row.first_submitted) == ("draft", None, None)
    teacher = place.site.browser(place.teacher)
    for step in ("", "/submit", "/results"):
        assert teacher.get(f"/home/portfolio/{found}{step}").status_code == 200
    assert "Taken back" in words(teacher.get(f"/home/portfolio/{found}/submit"))
    p.hand_in(place.site, place.teacher, found)
    assert p.state(place.site, found).attempt == 2
    # One that nobody saw is still no attempt, and its number is free again.
    place.educator(services.take_back, found, version=place.version(found))
    assert [one.number for one in place.rows(select(Attempt))] == [1]
    p.hand_in(place.site, place.teacher, found)
    p.take(place.site, place.bo, found)
    assert [one.attempt for one in place.rows(select(Review).where(Review.state == "assigned"))] == [2]
    p.finish(place.site, place.bo, found, p.scores())
    assert [one.outcome for one in place.rows(select(Attempt).order_by(col(Attempt.number)))] == [
        "taken-back",
        "demonstrated",
    ]
    # In reports it is no resubmission.
    with place.site.desk.database.reading() as session:
        path = _paths(session, place.org.id, Scope())[0]
    assert path.attempts == 1
    assert path.first_submitted is not None
    place.site.close()
