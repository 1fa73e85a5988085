"""Decisions of a receiving office: filed whole, signed, appealed, settled by somebody else, made again years later."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.home.erasing import erase_account, let_go
from badgeport.issuer.home.exporting import gather
from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.people.keys import make_keys
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Organization
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.storage.tables import Blob
from badgeport.receiver.decisions import filing, packages, services, standing
from badgeport.receiver.decisions.handed import Handed, examined
from badgeport.receiver.decisions.tables import DecidedBadge, DecisionStep, FiledDecision
from badgeport.schemas import jsontext
from badgeport.verifier.recognition.approval.received import appeal_from, decision_from, override_from
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.decision import Kind
from badgeport.verifier.web.choosing import chosen
from support import hosted, receiving
from support.site import PUBLIC_URL, Browser, Site, json_of

RIDGE = "did:web:badges.example:issuers:ridge"
UNDER = "ridge-credit/salary-lane"
API = "/api/v1/organizations/ridge/decisions"


@dataclass
class Room:
    """Prairie awards, Ridge decides: two clerks, an administrator, and as many badges as a test wants."""

    site: Site
    prairie: Organization
    ridge: Organization
    clerk: Account
    second: Account
    admin: Account
    _numbers: Iterator[int]

    def award(self) -> tuple[str, bytes]:
        """A new badge for an achievement of its own: the id of its award, and its file."""
        number = next(self._numbers)
        definition = hosted.published(self.site, self.prairie, name=f"Data Talks {number}")
        who = RecipientData("Rosa Delgado", f"rosa{number}@people.example")
        row = hosted.award(self.site, self.prairie, definition, f"key-{number}", recipient=who)
        return row.id, receiving.copy_of(self.site, row.id)

    def badge(self) -> bytes:
        return self.award()[1]

    def browser(self, who: str = "clerk") -> Browser:
        return self.site.browser(getattr(self, who))

    def program(self) -> Any:
        return self.site.program(self.site.token(self.ridge, "decisions:read", "decisions:write"))

    def file(self, *badges: bytes, lane: str = "BA", reference: str = "") -> str:
        """File a decision as the clerk; its id."""
        reckoned = self.reckoned(*badges, lane=lane, reference=reference)
        now, office = self.site.clock(), self.site.app.state.office
        return filing.put_on_file(office, self.ridge, reckoned, key=new_id(), actor=self.clerk.id, now=now).id

    def reckoned(self, *badges: bytes, lane: str = "BA", reference: str = "") -> filing.Reckoned:
        """A decision that is not filed yet."""
        office, now = self.site.app.state.office, self.site.clock().replace(microsecond=0)
        choice = chosen(office.verifier.shelf, UNDER)
        assert choice is not None
        handed = tuple(Handed(f"badge-{at}", data) for at, data in enumerate(badges))
        facts = read_facts({"lane": lane} if lane else {})
        case = filing.Case(choice, facts, examined(office.verifier, handed, now), reference)
        return filing.reckon(office, self.ridge, case)

    def row(self, decision_id: str) -> FiledDecision:
        with self.site.desk.database.reading() as session:
            return session.get_one(FiledDecision, decision_id)

    def steps(self, decision_id: str) -> list[DecisionStep]:
        with self.site.desk.database.reading() as session:
            return list(standing.steps_of(session, decision_id))

    def settle(self, decision_id: str, who: str = "second", **values: str) -> Any:
        given = {"version": str(self.row(decision_id).version), "outcome": "accept", "amount": "3", **values}
        given.setdefault("settle-reason", "The hours were shown.")
        return self.browser(who).submit(f"/o/ridge/decisions/{decision_id}/settle", given)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("decisions")
    site = Site(folder / "data", shelf=receiving.shelf(folder / "shelf", RIDGE))
    prairie = hosted.issuer(site, "prairie")
    ridge = hosted.issuer(site, "ridge", name="Ridge District")
    people = [
        site.person(name, {"ridge": [role]})
        for name, role in (("Cleo Clerk", Role.CLERK), ("Sam Second", Role.CLERK), ("Ada Admin", Role.ADMINISTRATOR))
    ]
    yield Room(site, prairie, ridge, *people, count(1))
    site.close()


def hand_in(client: Browser, *badges: bytes, under: str = UNDER) -> str:
    files = [("file", (f"badge-{at}.json", data)) for at, data in enumerate(badges)]
    answer = client.submit("/o/ridge/decisions/new", {"under": under}, files=files)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def decide(client: Browser, draft: str, *, lane: str = "BA", do: str = "decide", **more: str) -> Any:
    return client.submit(draft, {"do": do, "fact:lane": lane, **more})


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert found is not None, page
    return found[1]


def as_json(*badges: bytes, **more: Any) -> dict[str, Any]:
    credentials = [jsontext.parse(data) for data in badges]
    return {"credentials": credentials, "policy": "ridge-credit", "facts": {"lane": "BA"}, **more}


def verified(room: Room, data: bytes) -> Any:
    """A document as any verifier of this service finds it."""
    return room.site.app.state.desk.verifiers["default"].verify(data, now=room.site.clock())


# -- filing ---------------------------------------------------------------------------------------------------------


def test_a_clerk_files_a_decision_and_a_worker_signs_it(room: Room) -> None:
    client = room.browser()
    draft = hand_in(client, room.badge())
    page = decide(client, draft, reference="Case 7")
    answer = decide(client, draft, reference="Case 7", do="file", seen=seen_in(page.text))
    assert answer.status_code == 303, answer.text
    decision_id = str(answer.headers["location"]).rpartition("/")[2]
    assert client.get(draft).status_code == 404, "what was handed in is forgotten"
    row = room.row(decision_id)
    assert (row.kind, row.amount, row.unit, row.reference) == ("accept", "2", "in-district credit", "Case 7")
    assert row.receipt is None, "the web tier signs nothing"
    receiving.work(room.site)
    answer = room.browser("second").get(f"/o/ridge/decisions/{decision_id}/files/receipt.json")
    credential = verified(room, answer.content)
    assert credential.issuer == RIDGE
    decision = decision_from(credential)
    filed = packages.opened(room.site.desk.blobs.open(row.package or "").read())
    assert jsontext.dump(decision.to_json()) == filed.decision_bytes
    assert b"Case 7" not in answer.content + filed.record_bytes, "the reference can be erased"


def test_the_file_holds_all_that_it_was_made_from(room: Room) -> None:
    badge = room.badge()
    altered = badge.replace(b"Data Talks", b"Data Walks")
    decision_id = room.file(badge, altered)
    answer = room.browser().get(f"/o/ridge/decisions/{decision_id}/files/package.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        assert archive.read("policy.yaml").decode() == receiving.POLICY.format(
            url=PUBLIC_URL, did=RIDGE, status="in-force"
        )
        with zipfile.ZipFile(io.BytesIO(archive.read("badges/1.zip"))) as proof:
            assert badge in [proof.read(name) for name in proof.namelist()]
    assert names == {
        "manifest.json",
        "decision.json",
        "record.json",
        "policy.yaml",
        "handed.json",
        "badges/1.zip",
        "badges/2.zip",
    }
    filed = packages.opened(answer.content)
    assert [each["report"]["verdict"] for each in filed.refused] == ["invalid"]
    assert len(filed.decision.items) == 1, "what does not verify enters no decision"


def test_a_file_that_was_changed_is_not_read(room: Room) -> None:
    row = room.row(room.file(room.badge()))
    data = room.site.desk.blobs.open(row.package or "").read()
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            body = source.read(name)
            archive.writestr(name, body.replace(b'"2"', b'"9"') if name == "decision.json" else body)
    with pytest.raises(packages.DamagedError, match=r"decision\.json"):
        packages.opened(target.getvalue())


def test_where_nothing_is_valid_nothing_is_decided(room: Room) -> None:
    client = room.browser()
    draft = hand_in(client, room.badge().replace(b"Data Talks", b"Data Walks"))
    assert "Altered, or not genuine" in client.get(draft).text
    assert decide(client, draft).status_code == 422


def test_under_the_policy_of_others_there_are_trials_alone(room: Room) -> None:
    client = room.browser()
    draft = hand_in(client, room.badge(), under="in-district-credit/salary-lane")
    page = decide(client, draft)
    assert "cannot be filed" in page.text
    assert 'value="file"' not in page.text
    assert decide(client, draft, do="file", seen=seen_in(page.text)).status_code == 403
    answer = room.program().post(API, json=as_json(room.badge(), policy="in-district-credit"))
    assert answer.status_code == 403


def test_what_is_filed_is_what_was_shown(room: Room) -> None:
    client = room.browser()
    draft = hand_in(client, room.badge())
    seen = seen_in(decide(client, draft, lane="BA").text)
    answer = decide(client, draft, lane="", do="file", seen=seen)
    assert answer.status_code == 200
    assert "the decision is another one now" in answer.text
    with room.site.desk.database.reading() as session:
        assert session.exec(select(FiledDecision).where(FiledDecision.key == draft)).first() is None


def test_filing_twice_is_filing_once(room: Room) -> None:
    program, body = room.program(), as_json(room.badge())
    first, again = (program.post(API, json=body, headers={"Idempotency-Key": "june-1"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    other = program.post(API, json={**body, "facts": {"lane": "MA"}}, headers={"Idempotency-Key": "june-1"})
    assert other.status_code == 409


def test_a_mistake_in_the_facts_is_told_by_its_place(room: Room) -> None:
    badge = room.badge()
    answer = room.program().post(f"{API}/preview", json=as_json(badge, facts={"lane": 3}))
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/facts/lane")
    answer = room.program().post(f"{API}/preview", json=as_json(badge, asOf="2031-01-01T00:00:00Z"))
    assert answer.status_code == 400
    assert "still to come" in answer.text


# -- what was credited before ---------------------------------------------------------------------------------------


def test_a_badge_is_not_credited_twice(room: Room) -> None:
    badge = room.badge()
    first = room.file(badge)
    found = room.program().post(f"{API}/preview", json=as_json(badge)).json()
    assert (found["decision"]["decision"], [one["id"] for one in found["before"]]) == ("not_accepted", [first])
    assert "It was credited before" in found["decision"]["items"][0]["why"][0]


def test_a_cap_holds_over_decisions_with_one_reference(room: Room) -> None:
    room.file(room.badge(), reference="Employee 12")
    found = room.program().post(f"{API}/preview", json=as_json(room.badge(), reference="Employee 12")).json()
    assert found["decision"]["amount"] == "1", "two of at most three were credited"
    found = room.program().post(f"{API}/preview", json=as_json(room.badge(), reference="Employee 13")).json()
    assert found["decision"]["amount"] == "2"


def test_what_a_person_took_away_can_be_credited_again(room: Room) -> None:
    badge = room.badge()
    first = room.file(badge)
    assert room.settle(first, outcome="not_accepted", amount="").status_code == 303
    found = room.program().post(f"{API}/preview", json=as_json(badge)).json()
    assert (found["decision"]["decision"], found["before"]) == ("accept", [])


def test_what_a_person_gave_takes_room(room: Room) -> None:
    first = room.file(room.badge(), reference="Employee 14")
    assert room.settle(first, amount="3").status_code == 303
    found = room.program().post(f"{API}/preview", json=as_json(room.badge(), reference="Employee 14")).json()
    assert found["decision"]["amount"] == "0", "three of at most three were given"


def test_two_that_file_at_once_do_not_credit_twice(room: Room) -> None:
    office, badge, now = room.site.app.state.office, room.badge(), room.site.clock()
    reckoned = room.reckoned(badge)
    room.file(badge)
    with pytest.raises(Conflict, match="just now"):
        filing.put_on_file(office, room.ridge, reckoned, key="other", actor="system", now=now)


# -- again ----------------------------------------------------------------------------------------------------------


def test_years_later_the_record_gives_the_same_decision(room: Room) -> None:
    decision_id = room.file(room.badge(), room.badge())
    before = room.site.clock.now
    try:
        room.site.clock.forward(days=3 * 365)
        answer = room.program().get(f"{API}/{decision_id}/again")
        assert answer.json()["same"] is True
        filed = room.program().get(f"{API}/{decision_id}/files/decision.json").content
        assert jsontext.dump(json_of(answer)["decision"]) == filed
        assert "byte for byte" in room.browser().get(f"/o/ridge/decisions/{decision_id}/again").text
    finally:
        room.site.clock.now = before


def test_what_was_revoked_since_is_seen_today_and_nothing_changes(room: Room) -> None:
    award_id, badge = room.award()
    decision_id = room.file(badge)
    today = room.program().get(f"{API}/{decision_id}/today").json()
    assert (today["same"], today["badges"][0]["verdict"]) == (True, "valid")
    registrar = room.site.person("Rita Registrar", {"prairie": [Role.REGISTRAR]})
    answer = room.site.browser(registrar).submit(f"/o/prairie/awards/{award_id}/revoke", {"reason": "In error."})
    assert answer.status_code == 303, answer.text
    receiving.work(room.site)
    today = room.program().get(f"{API}/{decision_id}/today").json()
    assert (today["same"], today["decision"]) == (False, None)
    assert (today["badges"][0]["verdict"], today["badges"][0]["codes"]) == ("invalid", ["REVOKED"])
    assert "Something is not as it was" in room.browser().get(f"/o/ridge/decisions/{decision_id}/today").text
    assert room.program().get(f"{API}/{decision_id}").json()["standing"]["decision"] == "accept"


def test_policy_authors_get_the_inputs_of_what_was_decided(room: Room) -> None:
    decision_id = room.file(room.badge())
    with room.site.desk.database.reading() as session:
        row = session.get_one(FiledDecision, decision_id)
        blobs, policy = room.site.desk.blobs, row.policy_id
        cases = {one.id: inputs for one, inputs in services.cases_under(session, blobs, room.ridge.id, policy)}
        assert not list(services.cases_under(session, blobs, room.prairie.id, policy))
    assert cases[decision_id].facts.lane == "BA"


# -- appeals and settlements ----------------------------------------------------------------------------------------


def test_the_educator_appeals_by_the_link_and_somebody_else_answers(room: Room) -> None:
    decision_id = room.file(room.badge())
    page = room.browser().submit(f"/o/ridge/decisions/{decision_id}/link").text
    link = re.search(rf'value="{PUBLIC_URL}(/decided/[^"]+)"', page)
    assert link is not None
    nobody = room.site.browser()
    assert "Accepted: 2 in-district credit" in nobody.get(link[1]).text
    sent = {"by": "Rosa Delgado", "reason": "I worked for thirty hours."}
    assert nobody.submit(f"{link[1]}/appeal", sent, form_at=link[1]).status_code == 303
    assert room.program().post(f"{API}/{decision_id}/appeals", json=sent).status_code == 409, "one at a time"
    assert room.settle(decision_id).status_code == 303
    receiving.work(room.site)
    assert "Accepted: 3 in-district credit" in nobody.get(link[1]).text
    row = room.row(decision_id)
    assert (row.kind, row.amount) == ("accept", "2"), "the first decision stays"
    appeal = appeal_from(verified(room, nobody.get(f"{link[1]}/files/step-1.json").content), RIDGE)
    override = override_from(verified(room, nobody.get(f"{link[1]}/files/step-2.json").content), RIDGE)
    assert (appeal.decision, appeal.by, appeal.reason) == (row.digest, *sent.values())
    assert (override.decision, override.by, override.office) == (row.digest, "Sam Second", "clerk")
    assert (override.kind, str(override.amount)) == (Kind.ACCEPT, "3")
    with room.site.desk.database.reading() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.target == f"decision:{decision_id}")).all()
    assert [(one.action, one.actor) for one in entries] == [
        ("decision.filed", room.clerk.id),
        ("decision.link-made", room.clerk.id),
        ("decision.appealed", "anonymous"),
        ("decision.settled", room.second.id),
    ]
    assert not any("Rosa" in f"{one.detail}{one.why}" for one in entries), "the log cannot be erased"


def test_four_eyes(room: Room) -> None:
    decision_id = room.file(room.badge())
    assert room.settle(decision_id, "clerk").status_code == 403, "who filed it"
    assert room.settle(decision_id, "second").status_code == 303
    assert room.settle(decision_id, "second", amount="1").status_code == 403, "who settled it last"
    assert room.settle(decision_id, "clerk", amount="1").status_code == 403
    assert room.settle(decision_id, "admin", amount="1").status_code == 303
    assert [(step.by, step.amount) for step in room.steps(decision_id)] == [("Sam Second", "3"), ("Ada Admin", "1")]
    body = {"decision": "accept", "amount": "2", "reason": "By program."}
    assert room.program().post(f"{API}/{decision_id}/settlements", json=body).status_code == 403, "no name, no say"


def test_what_changed_since_it_was_seen_is_looked_at_again(room: Room) -> None:
    decision_id = room.file(room.badge())
    version = str(room.row(decision_id).version)
    assert room.settle(decision_id, "second").status_code == 303
    assert room.settle(decision_id, "admin", version=version).status_code == 409


REFUSED = (
    ({"outcome": ""}, "outcome"),
    ({"outcome": "refer"}, "outcome"),
    ({"amount": "-1"}, "amount"),
    ({"amount": "1e3"}, "amount"),
    ({"amount": ""}, "amount"),
    ({"outcome": "not_accepted", "amount": "1"}, "amount"),
    ({"settle-reason": " "}, "settle-reason"),
)


def test_a_settlement_that_says_nothing_is_refused(room: Room, subtests: pytest.Subtests) -> None:
    decision_id = room.file(room.badge())
    for values, field in REFUSED:
        with subtests.test(str(values)):
            answer = room.settle(decision_id, **values)
            assert answer.status_code == 422, answer.text
            assert f'id="{field}-wrong"' in answer.text
    assert room.steps(decision_id) == []


def test_a_person_settles_what_the_rules_leave_open(room: Room) -> None:
    decision_id = room.file(room.badge(), lane="")
    assert room.row(decision_id).kind == "refer"
    assert room.settle(decision_id, outcome="accept_with_conditions", amount="1.5").status_code == 303
    found = room.program().get(f"{API}/{decision_id}").json()
    assert found["decided"]["decision"] == "refer"
    assert found["standing"] == {"decision": "accept_with_conditions", "amount": "1.5", "atMost": None}


def test_a_decision_that_stands_is_called_confirmed(room: Room) -> None:
    decision_id = room.file(room.badge())
    assert room.settle(decision_id, amount="2.0").status_code == 303
    receiving.work(room.site)
    document = room.program().get(f"{API}/{decision_id}/files/step-1.json").json()
    assert document["name"] == "Decision confirmed"
    assert "Decision confirmed" in room.browser().get(f"/o/ridge/decisions/{decision_id}").text


KINDS = st.sampled_from(["accept", "accept_with_conditions", "not_accepted"])
STEPS = st.lists(st.one_of(st.just(None), KINDS), max_size=6)


@given(steps=STEPS)
def test_what_holds_is_what_the_last_person_said(steps: list[str | None]) -> None:
    row = FiledDecision(id="d", kind="refer", amount="0")
    made = [
        DecisionStep(
            decision_id="d",
            number=at,
            deed="appeal" if kind is None else "settled",
            kind=kind,
            amount=None if kind is None else str(at),
            actor="a",
        )
        for at, kind in enumerate(steps, 1)
    ]
    found = standing.standing_of(row, made)
    settled = [(kind, str(at)) for at, kind in enumerate(steps, 1) if kind is not None]
    assert (found.kind.value, found.amount) == (settled[-1] if settled else ("refer", "0"))
    assert found.appealed is bool(steps and steps[-1] is None)


# -- the link -------------------------------------------------------------------------------------------------------


def test_a_link_can_be_withdrawn_and_shows_no_more_than_it_says(room: Room) -> None:
    decision_id = room.file(room.badge())
    receiving.work(room.site)
    program, nobody = room.program(), room.site.browser()
    first, second = (program.post(f"{API}/{decision_id}/link").json()["address"] for _ in range(2))
    assert nobody.get(first).status_code == 404, "a new link takes the place of one before"
    assert nobody.get(second).status_code == 200
    assert nobody.get(second).headers["cache-control"] == "no-store"
    assert nobody.get(f"{second}/files/receipt.json").status_code == 200
    for name in ("package.zip", "record.json", "decision.json"):
        assert nobody.get(f"{second}/files/{name}").status_code == 404
    assert program.delete(f"{API}/{decision_id}/link").status_code == 204
    assert nobody.get(second).status_code == 404
    assert nobody.get(f"{second}/files/receipt.json").status_code == 404


# -- the list -------------------------------------------------------------------------------------------------------


def test_the_list_is_searched_filtered_and_exported(room: Room) -> None:
    decision_id = room.file(room.badge(), reference="Unmistakable 99")
    appeal = {"by": "Rosa", "reason": "More."}
    assert room.program().post(f"{API}/{decision_id}/appeals", json=appeal).status_code == 201

    def found(query: str) -> list[str]:
        return [one["id"] for one in room.program().get(f"{API}?{query}&size=200").json()["items"]]

    assert found("q=unmistakable") == [decision_id]
    assert decision_id in found("appeals=open")
    assert decision_id in found("outcome=accept")
    assert decision_id not in found("outcome=refer")
    assert found("policy=https://elsewhere.example/") == []
    exported = room.browser().get("/o/ridge/decisions?format=csv&q=Unmistakable").text.splitlines()
    assert len(exported) == 2
    assert exported[1].startswith(f"{decision_id},Unmistakable 99,")
    assert room.settle(decision_id).status_code == 303
    assert decision_id not in found("appeals=open")


def test_the_list_says_what_the_steps_say(room: Room) -> None:
    """The database finds by a query what one decision derives from its steps."""
    room.settle(room.file(room.badge()), outcome="not_accepted", amount="")
    with room.site.desk.database.reading() as session:
        rows = session.exec(standing.listed(room.ridge.id)).all()
        assert len(rows) > 1
        for row, kind, amount, appealed in rows:
            derived = standing.standing_of(row, standing.steps_of(session, row.id))
            assert (kind, amount, bool(appealed)) == (derived.kind.value, derived.amount, derived.appealed)


# -- erasing --------------------------------------------------------------------------------------------------------


def test_erasing_leaves_what_was_decided_and_nobody(room: Room) -> None:
    decision_id = room.file(room.badge(), reference="Rosa's case")
    room.program().post(f"{API}/{decision_id}/appeals", json={"by": "Rosa", "reason": "More."})
    receiving.work(room.site)
    package = room.row(decision_id).package
    path = f"/o/ridge/decisions/{decision_id}/erase"
    assert room.browser("clerk").submit(path, {"why": "x"}).status_code == 403
    assert room.browser("admin").submit(path, {"why": ""}).status_code == 422
    assert room.browser("admin").submit(path, {"why": "She asked for it."}).status_code == 303
    receiving.work(room.site)
    row, steps = room.row(decision_id), room.steps(decision_id)
    assert (row.reference, row.receipt, row.package, row.link_hash) == ("", None, None, None)
    assert [(step.by, step.reason, step.document) for step in steps] == [("", "", None)]
    assert (row.kind, row.amount) == ("accept", "2")
    assert not room.site.desk.blobs.has(package or "")
    with room.site.desk.database.reading() as session:
        assert session.exec(select(DecidedBadge).where(DecidedBadge.decision_id == decision_id)).first() is None
    for rest in ("again", "files/package.zip", "today"):
        assert room.browser().get(f"/o/ridge/decisions/{decision_id}/{rest}").status_code == 409
    assert "(erased)" in room.browser().get(f"/o/ridge/decisions/{decision_id}").text


def test_a_file_that_a_decision_needs_is_not_deleted_with_another_use(room: Room) -> None:
    package = room.row(room.file(room.badge())).package or ""
    with room.site.desk.database.writing() as session:
        let_go(session, [package], room.site.clock())
        assert session.get(Blob, package) is not None


def test_who_settled_and_is_erased_is_named_no_more(room: Room) -> None:
    third = room.site.person("Theo Third", {"ridge": [Role.CLERK]})
    room_third = Room(room.site, room.prairie, room.ridge, third, third, room.admin, count(10_000))
    decision_id = room.file(room.badge())
    assert room_third.settle(decision_id).status_code == 303
    receiving.work(room.site)
    now = room.site.clock()
    with room.site.desk.database.writing() as session:
        parts = dict(gather(session, third.id, now).parts)
        assert decision_id.encode() in parts["decisions.json"]
        assert b"decisions.json" in parts["README.txt"]
        erase_account(session, room.site.desk, third.id, actor="system", now=now, why="He asked for it.")
    assert "Theo" not in room.browser().get(f"/o/ridge/decisions/{decision_id}").text
    receiving.work(room.site)
    document = room.program().get(f"{API}/{decision_id}/files/step-1.json")
    assert b"Theo" not in document.content
    assert override_from(verified(room, document.content), RIDGE).by == "a person whose account was erased"


# -- failing --------------------------------------------------------------------------------------------------------


def test_without_a_key_the_decision_waits_and_is_signed_when_there_is_one(tmp_path: Path) -> None:
    site = Site(tmp_path / "data", shelf=receiving.shelf(tmp_path / "shelf", RIDGE))
    prairie, ridge = hosted.issuer(site, "prairie"), site.organization("ridge", name="Ridge District")
    row, _, _ = receiving.filed(site, ridge, receiving.badge(site, prairie), "somebody")
    receiving.work(site)
    with site.desk.database.writing() as session:
        assert session.get_one(FiledDecision, row.id).receipt is None
        make_keys(session, site.desk, ridge, actor="system", now=site.clock())
    receiving.work(site)
    with site.desk.database.reading() as session:
        assert session.get_one(FiledDecision, row.id).receipt is not None
    site.close()
