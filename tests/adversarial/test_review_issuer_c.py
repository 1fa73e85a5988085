"""What a review of the catalog and its stacks found: each of these was wrong once."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import Award, StackProposal
from badgeport.issuer.catalog import authoring, exchange, pictures, proposals, quality, stacks
from badgeport.issuer.catalog.definition import StackRule
from badgeport.issuer.catalog.services import body_of, definition_of
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Conflict, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Organization
from support import catalog, databases, hosted
from support.site import Site, json_of

API = "/api/v1/organizations/prairie"


def rule(*slots: tuple[int, list[str]]) -> StackRule:
    return StackRule.model_validate(
        {"slots": [{"name": str(n), "need": need, "of": of} for n, (need, of) in enumerate(slots)]}
    )


class Program:
    """An organisation that awards stacks, and one teacher of it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.org: Organization = hosted.issuer(site)
        self.teacher: Account = site.person("Maria Okafor", {"prairie": [Role.EDUCATOR]})
        self.registrar: Account = site.person("Reg Istrar", {"prairie": [Role.REGISTRAR]})
        self._count = 0

    def single(self, name: str, **members: Any) -> Definition:
        return catalog.publish(self.site, self.org, catalog.body(name, **members))

    def stack(self, name: str, *slots: tuple[int, list[Definition]], **members: Any) -> Definition:
        named = [(need, [one.id for one in of]) for need, of in slots]
        return catalog.publish(self.site, self.org, catalog.stack(name, *named, **members))

    def earn(self, definition: Definition) -> Award:
        self._count += 1
        with self.site.desk.database.reading() as session:
            version = catalog_version(session, definition)
        person = RecipientData("Maria Okafor", "maria@people.example")
        made = hosted.award(
            self.site,
            self.org,
            (definition, version),
            f"award-{self._count}",
            recipient=person,
            account_id=self.teacher.id,
        )
        self.site.clock.forward(hours=1)
        return made

    def change(self, award: Award, how: Any) -> None:
        with self.site.desk.database.writing() as session:
            kept = awards.award_of(session, self.org.id, award.id)
            how(session, self.site.desk, kept, "It was a mistake.", "system", self.site.clock())
        self.work()

    def work(self) -> None:
        hosted.work(self.site)

    def proposals(self, definition: Definition) -> list[StackProposal]:
        with self.site.desk.database.reading() as session:
            statement = select(StackProposal).where(StackProposal.definition_id == definition.id)
            return list(session.exec(statement.order_by(StackProposal.created)))

    def open(self, definition: Definition) -> list[StackProposal]:
        return [one for one in self.proposals(definition) if one.state == "open"]

    def award_stack(self, proposal: StackProposal) -> Award:
        with self.site.desk.database.writing() as session:
            kept = awards.proposal_of(session, self.org.id, proposal.id)
            made = awards.award_stack(session, self.site.desk, kept, "system", self.site.clock())
        self.work()
        self.site.clock.forward(hours=1)
        return made

    def decline(self, proposal: StackProposal) -> None:
        with self.site.desk.database.writing() as session:
            kept = awards.proposal_of(session, self.org.id, proposal.id)
            awards.decline_stack(session, kept, "Not this year.", "system", self.site.clock())
        self.work()

    def filled(self, definition: Definition) -> tuple[int, int]:
        with self.site.desk.database.reading() as session:
            states = stacks.standing(session, self.org.id, self.teacher.id, now=self.site.clock())
        (found,) = [one.progress for one in states if one.definition.id == definition.id]
        return found.filled, found.needed


def catalog_version(session: Any, definition: Definition) -> Any:
    from badgeport.issuer.catalog.services import version_of

    kept = session.get_one(Definition, definition.id)
    return version_of(session, kept, kept.current)


@pytest.fixture(params=databases.KINDS)
def program(request: Any, tmp_path: Path) -> Any:
    site = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield Program(site)
    site.close()


@pytest.fixture
def site(tmp_path: Path) -> Any:
    made = Site(tmp_path)
    yield made
    made.close()


# ---------------------------------------------------------------- one award, counted twice


def test_a_renewed_member_counted_beside_the_stack_it_completed(program: Program) -> None:
    alpha = program.single("Alpha")
    inner = program.stack("Inner", (1, [alpha]))
    outer = program.stack("Outer", (1, [inner]), (1, [alpha]))
    program.earn(alpha)
    program.award_stack(*program.open(inner))
    assert program.filled(outer) == (1, 2)
    program.earn(alpha)
    assert program.filled(outer) == (1, 2)
    assert program.proposals(outer) == []


def test_a_stack_awarded_by_hand_counted_its_member_again(program: Program) -> None:
    alpha = program.single("Alpha")
    inner = program.stack("Inner", (1, [alpha]))
    outer = program.stack("Outer", (1, [inner]), (1, [alpha]))
    program.earn(alpha)
    program.earn(inner)
    assert program.filled(outer) == (1, 2)
    assert program.proposals(outer) == []


def test_a_stack_awarded_by_hand_spends_no_more_than_it_asks_for(program: Program) -> None:
    # Two of three completed it: the third, which was earned later, is free.
    parts = [program.single(name) for name in ("Alpha", "Beta", "Gamma")]
    inner = program.stack("Inner", (2, parts))
    outer = program.stack("Outer", (1, [inner]), (1, parts[:1]))
    for part in (parts[1], parts[2], inner, parts[0]):
        program.earn(part)
    assert program.filled(outer) == (2, 2)


# ---------------------------------------------------------------- matching that took hours


def pairs(count: int) -> tuple[StackRule, dict[str, list[str]], dict[str, list[str]]]:
    numbers = range(count)
    slots = [(1, [f"S{n}"]) for n in numbers] + [(1, [f"A{n}"]) for n in numbers]
    earned = {f"{kind}{n}": [f"{kind}-{n}"] for kind in "SA" for n in numbers}
    return rule(*slots), earned, {f"S{n}": [f"A{n}"] for n in numbers}


def in_time(work: Any, seconds: float = 30) -> Any:
    """What ``work`` answers; a failure where it does not end. What it guards against would take hours."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, "it does not end"
    return found[0]


def test_stacks_named_beside_their_own_members_took_exponential_time() -> None:
    wanted, earned, rests_on = pairs(25)
    found = in_time(lambda: stacks.progress(wanted, earned, rests_on=rests_on))
    assert (found.filled, found.needed, found.exact) == (25, 50, True)


def test_what_cannot_be_tried_in_every_way_is_bounded_and_says_so() -> None:
    # Which hundred stacks of three members each share nothing is a question nobody knows a quick answer to.
    count, chance = 100, random.Random(1)
    members = [f"A{n}" for n in range(count)]
    parts = {f"S{n}": chance.sample(members, 3) for n in range(count)}
    wanted = rule((count // 2, list(parts)))
    found = in_time(lambda: stacks.progress(wanted, {name: [name] for name in parts}, rests_on=parts))
    used = [one for slot in found.slots for one, _ in slot.filled]
    spent = [name for one in used for name in (one, *parts[one])]
    assert len(set(spent)) == len(spent)
    assert found.filled > count // 5
    assert not found.exact


def test_stacks_are_not_matched_in_the_transaction_that_publishes_a_badge(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha = program.single("Alpha")
    outer = program.stack("Outer", (1, [alpha]))
    writers: list[bool] = []
    open_now = 0
    database = type(program.site.desk.database)
    writing, progress = database.writing, stacks.progress

    class Noted:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __enter__(self) -> Any:
            nonlocal open_now
            session = self.inner.__enter__()
            open_now += 1
            return session

        def __exit__(self, *error: Any) -> Any:
            nonlocal open_now
            open_now -= 1
            return self.inner.__exit__(*error)

    def noting(*given: Any, **named: Any) -> Any:
        writers.append(open_now > 0)
        return progress(*given, **named)

    monkeypatch.setattr(database, "writing", lambda self: Noted(writing(self)))
    monkeypatch.setattr(stacks, "progress", noting)
    program.earn(alpha)
    assert len(program.open(outer)) == 1
    assert writers
    assert not any(writers)


# ---------------------------------------------------------------- stacks that were completed and got lost


def both(program: Program, **members: Any) -> tuple[Definition, Definition, Definition]:
    alpha, beta = program.single("Alpha", **members), program.single("Beta")
    return alpha, beta, program.stack("Both", (2, [alpha, beta]))


def test_a_member_that_was_revoked_and_earned_anew_left_a_dead_proposal(program: Program) -> None:
    alpha, beta, stack = both(program)
    first = program.earn(alpha)
    program.earn(beta)
    (before,) = program.open(stack)
    program.change(first, awards.revoke)
    assert program.open(stack) == []
    again = program.earn(alpha)
    (proposal,) = program.open(stack)
    assert again.id in proposal.members
    assert first.id not in proposal.members
    assert program.award_stack(proposal).definition_id == stack.id
    assert before.id in {one.id for one in program.proposals(stack)}


def test_an_open_proposal_whose_member_was_renewed_is_brought_up_to_date(program: Program) -> None:
    alpha, beta, stack = both(program)
    first = program.earn(alpha)
    program.earn(beta)
    (before,) = program.open(stack)
    again = program.earn(alpha)
    program.change(first, awards.revoke)
    (proposal,) = program.open(stack)
    assert proposal.id == before.id
    assert again.id in proposal.members
    assert proposal.version > before.version


def test_a_stack_published_after_its_members_were_earned_was_never_proposed(program: Program) -> None:
    alpha, beta = program.single("Alpha"), program.single("Beta")
    program.earn(alpha)
    program.earn(beta)
    stack = program.stack("Both", (2, [alpha, beta]))
    program.work()
    assert len(program.open(stack)) == 1


def test_an_easier_version_of_a_stack_was_never_proposed(program: Program) -> None:
    alpha, _, stack = both(program)
    program.earn(alpha)
    with program.site.desk.database.writing() as session:
        kept = definition_of(session, program.org.id, stack.id)
        draft = authoring.start_draft(session, kept, actor="system", now=program.site.clock())
        body = catalog.stack("Both", (1, [alpha.id]))
        authoring.save_draft(session, kept, body, expected=draft.version, actor="system", now=program.site.clock())
        authoring.publish(
            session, program.site.desk, program.org, kept, expected=2, actor="system", now=program.site.clock()
        )
    program.work()
    assert len(program.open(stack)) == 1


def test_a_harder_version_takes_nothing_from_who_completed_the_one_before(program: Program) -> None:
    alpha = program.single("Alpha")
    beta = program.single("Beta")
    stack = program.stack("One", (1, [alpha]))
    program.earn(alpha)
    (before,) = program.open(stack)
    with program.site.desk.database.writing() as session:
        kept = definition_of(session, program.org.id, stack.id)
        draft = authoring.start_draft(session, kept, actor="system", now=program.site.clock())
        body = catalog.stack("One", (2, [alpha.id, beta.id]))
        authoring.save_draft(session, kept, body, expected=draft.version, actor="system", now=program.site.clock())
        authoring.publish(
            session, program.site.desk, program.org, kept, expected=2, actor="system", now=program.site.clock()
        )
    program.work()
    (proposal,) = program.open(stack)
    assert (proposal.id, proposal.version_id) == (before.id, before.version_id)


def test_a_reinstated_member_completed_nothing(program: Program) -> None:
    alpha, beta, stack = both(program)
    first = program.earn(alpha)
    program.change(first, awards.suspend)
    program.earn(beta)
    assert program.open(stack) == []
    program.change(first, awards.reinstate)
    assert len(program.open(stack)) == 1


def test_an_expired_member_completed_a_stack(program: Program) -> None:
    alpha, beta, stack = both(program, validity={"months": 12})
    program.earn(alpha)
    program.earn(beta)
    (proposal,) = program.open(stack)
    program.site.clock.forward(days=500)
    with program.site.desk.database.writing() as session:
        kept = awards.proposal_of(session, program.org.id, proposal.id)
        with pytest.raises(Conflict, match="does not stand any more"):
            awards.award_stack(session, program.site.desk, kept, "system", program.site.clock())
    program.work()
    assert [one.state for one in program.proposals(stack)] == ["lapsed"]


def test_a_declined_stack_is_proposed_again_only_for_other_badges(program: Program) -> None:
    alpha, beta, stack = both(program)
    first = program.earn(alpha)
    program.earn(beta)
    program.decline(*program.open(stack))
    program.earn(program.single("Gamma"))
    assert program.open(stack) == []
    program.change(first, awards.revoke)
    program.earn(alpha)
    assert len(program.open(stack)) == 1


def test_a_stack_that_expired_is_proposed_again_and_one_that_was_revoked_only_for_other_badges(
    program: Program,
) -> None:
    alpha = program.single("Alpha")
    yearly = program.stack("Yearly", (1, [alpha]), validity={"months": 12})
    program.earn(alpha)
    program.award_stack(*program.open(yearly))
    assert program.open(yearly) == []
    program.site.clock.forward(days=400)
    program.work()
    (proposal,) = program.open(yearly)
    held = program.award_stack(proposal)
    program.change(held, awards.suspend)
    assert program.open(yearly) == []
    program.change(held, awards.revoke)
    assert program.open(yearly) == []
    program.earn(alpha)
    assert len(program.open(yearly)) == 1


def test_a_stack_awarded_by_hand_meanwhile_is_not_awarded_twice(program: Program) -> None:
    alpha = program.single("Alpha")
    stack = program.stack("One", (1, [alpha]))
    program.earn(alpha)
    (proposal,) = program.open(stack)
    program.earn(stack)
    assert program.open(stack) == []
    with program.site.desk.database.writing() as session:
        kept = awards.proposal_of(session, program.org.id, proposal.id)
        with pytest.raises(Conflict):
            awards.award_stack(session, program.site.desk, kept, "system", program.site.clock())


def test_a_stack_is_proposed_to_each_of_many_who_completed_it_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from badgeport.issuer.awards import proposals as stack_proposals

    monkeypatch.setattr(stack_proposals, "MOST_ASKED", 2)
    program = Program(site)
    alpha = program.single("Alpha")
    people = [site.person(f"{name} Teacher", {"prairie": [Role.EDUCATOR]}) for name in ("Ada", "Ben", "Cy", "Dot")]
    for one in [*people, program.teacher]:
        program.teacher = one
        program.earn(alpha)
    stack = program.stack("One", (1, [alpha]))
    program.work()
    assert {one.account_id for one in program.open(stack)} >= {one.id for one in people}


# ---------------------------------------------------------------- answers of 500


def test_an_unusual_digit_as_version_was_a_500(site: Site) -> None:
    org = site.organization()
    definition = catalog.publish(site, org, catalog.body())
    author = site.browser(site.person("Ana Author", {"prairie": [Role.AUTHOR]}))
    assert author.get(f"/o/prairie/catalog/{definition.id}?version=%C2%B2").status_code == 200


@pytest.mark.parametrize("action", ["save", "remove-level-0-0", "add-criterion"])
def test_an_unusual_digit_as_required_level_was_a_500(site: Site, action: str) -> None:
    site.organization()
    author = site.browser(site.person("Ana Author", {"prairie": [Role.AUTHOR]}))
    typed = {
        "kind": "micro-credential",
        "name": "Typed with care",
        "do": action,
        "criterion-0-name": "Questions",
        "criterion-0-required": "²",
        "criterion-0-level-0-name": "Not yet",
        "criterion-0-level-1-name": "Proficient",
    }
    answer = author.submit("/o/prairie/catalog/new", typed)
    assert answer.status_code == (303 if action == "save" else 200)
    assert action == "save" or "Typed with care" in answer.text


# ---------------------------------------------------------------- quality, addresses, imports, lists


def framework(*names: str) -> quality.FrameworkBody:
    components = [{"id": one, "name": one} for one in names]
    return quality.FrameworkBody.model_validate({"name": "House rules", "required": True, "components": components})


def test_a_stronger_framework_asked_for_no_new_review(site: Site) -> None:
    org = site.organization()
    now = site.clock()
    with site.desk.database.writing() as session:
        rules = quality.create_framework(session, org.id, framework("clear"), actor="system", now=now)
        made = authoring.create(session, org, kind="micro-credential", body=catalog.body(), actor="system", now=now)
        draft = authoring.draft_of(session, made)
        found = {"clear": quality.Finding(met=True, evidence="The goal.")}
        quality.review(session, made, draft, rules, found, expected=1, actor="system", now=now)
        assert quality.lacking(session, org.id, draft) == []
        quality.change_framework(session, rules, framework("clear", "fair"), expected=1, actor="system", now=now)
        assert [one.name for one in quality.lacking(session, org.id, draft)] == ["House rules"]
        with pytest.raises(Mistakes):
            authoring.publish(session, site.desk, org, made, expected=1, actor="system", now=now)
    author = site.browser(site.person("Ana Author", {"prairie": [Role.AUTHOR]}))
    assert "The framework was changed since" in author.get(f"/o/prairie/catalog/{made.id}").text
    token = site.program(site.token(org, "catalog:read"))
    (review,) = json_of(token.get(f"{API}/definitions/{made.id}/quality-reviews"))["items"]
    assert (review["passed"], review["current"]) == (True, False)


def test_the_document_of_a_version_was_immutable_but_changes_with_the_name_of_its_organization(site: Site) -> None:
    org = site.organization()
    definition = catalog.publish(site, org, catalog.body())
    path = f"/achievements/{definition.id}/1.json"
    before = site.browser().get(path)
    with site.desk.database.writing() as session:
        kept = session.get_one(Organization, org.id)
        kept.name = "Prairie and Hills Cooperative"
        session.add(kept)
    after = site.browser().get(path)
    assert before.content != after.content
    assert "immutable" not in before.headers["cache-control"]
    assert int(before.headers["cache-control"].partition("max-age=")[2].split(",")[0]) <= 3600


def file_of(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"format": exchange.FORMAT, "definitions": list(entries)}).encode()


def entry(name: str, slug: str = "", **members: Any) -> dict[str, Any]:
    definition = {"name": name, "competency": "Does it.", **members.pop("definition", {})}
    return {"kind": "micro-credential", "slug": slug, "definition": definition, **members}


def stack_entry(name: str, *of: str, slug: str = "") -> dict[str, Any]:
    return entry(
        name, slug, kind="stack", definition={"stack": {"slots": [{"name": "All", "need": 1, "of": list(of)}]}}
    )


def take(site: Site, org: Organization, data: bytes, *, good_ones: bool = False) -> exchange.Outcome:
    return exchange.take(
        site.desk,
        org,
        exchange.read(data),
        only_check=False,
        good_ones=good_ones,
        actor="system",
        now=site.clock(),
    )


def test_the_same_file_sent_twice_at_once_made_twins(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    org = site.organization()
    stored = exchange.store_pictures
    second: list[exchange.Outcome] = []

    def meanwhile(*given: Any) -> Any:
        if not second:
            monkeypatch.setattr(exchange, "store_pictures", stored)
            second.append(take(site, org, file_of(entry("Alpha"))))
        return stored(*given)

    monkeypatch.setattr(exchange, "store_pictures", meanwhile)
    first = take(site, org, file_of(entry("Alpha")))
    assert len(second[0].made) == 1
    assert (len(first.made), first.bad) == (0, 1)
    with site.desk.database.reading() as session:
        assert len(session.exec(select(Definition)).all()) == 1


def test_a_stack_was_imported_with_a_member_that_was_not_made(site: Site) -> None:
    org = site.organization()
    data = file_of(
        entry("Member", "m", picture="bm8gcGljdHVyZQ=="),
        stack_entry("Stack", "m", slug="s"),
        stack_entry("Stack of stacks", "s"),
        entry("Good one"),
    )
    found = take(site, org, data, good_ones=True)
    assert [one.name for one in found.made] == ["Good one"]
    assert [one.problems[0].field for one in found.entries if one.problems] == ["picture", "stack", "stack"]


def test_a_member_that_is_in_the_catalog_already_still_serves_a_stack_of_the_file(site: Site) -> None:
    org = site.organization()
    take(site, org, file_of(entry("Member", "member")))
    found = take(site, org, file_of(entry("Member", "member"), stack_entry("Stack", "member")), good_ones=True)
    assert [one.name for one in found.made] == ["Stack"]
    with site.desk.database.reading() as session:
        (member,) = session.exec(select(Definition).where(Definition.name == "Member"))
        (stack,) = session.exec(select(Definition).where(Definition.name == "Stack"))
        named = body_of(authoring.draft_of(session, stack)).stack
    assert named is not None
    assert list(named.members()) == [member.id]


@pytest.mark.parametrize("figure", ["1_0", "1e3", "٣", "+5", "nan", "1 0", "-2"])
def test_unusual_figures_in_a_table_were_taken(figure: str) -> None:
    (found,) = exchange.read(f"name,contact_hours\nAlpha,{figure}\n".encode())
    assert [one.field for one in found.problems] == ["contact_hours"]


@pytest.mark.parametrize(("figure", "value"), [("10", 10), ("2.5", 2.5), ("1234.567", 1234.567)])
def test_figures_come_back_from_a_table_as_they_were(site: Site, figure: str, value: float) -> None:
    org = site.organization()
    catalog.publish(site, org, catalog.body(contact_hours=value, credit={"amount": value, "unit": "hours"}))
    with site.desk.database.reading() as session:
        (row,) = exchange.to_rows(session, session.exec(select(Definition)).all())
    cells = dict(zip(exchange.COLUMNS, row, strict=True))
    assert (cells["contact_hours"], cells["credit_amount"]) == (figure, figure)


def test_searching_proposals_searched_nothing(site: Site) -> None:
    org = site.organization()
    me = site.person("Maria Okafor", {"prairie": [Role.EDUCATOR]})
    with site.desk.database.writing() as session:
        for name in ("Café of Ideas", "Night School"):
            body = proposals.ProposalBody(name=name, goal="To teach.", why="It is missing.")
            made = proposals.write(session, org, me, body, now=site.clock())
            proposals.change(session, made, body, expected=1, now=site.clock(), submit=True)
    token = site.program(site.token(org, "catalog:read"))
    browser = site.browser(me)
    for answer in (
        json_of(token.get(f"{API}/proposals?q=café")),
        json_of(browser.get("/api/v1/me/proposals?q=café")),
    ):
        assert [one["proposal"]["name"] for one in answer["items"]] == ["Café of Ideas"]
    page = browser.get("/home/proposals?q=night").text
    assert "Night School" in page
    assert "Café of Ideas" not in page


# ---------------------------------------------------------------- pictures that act


XHTML = 'xmlns:h="http://www.w3.org/1999/xhtml"'


def drawing_of(inner: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">{inner}</svg>'.encode()


@pytest.mark.parametrize(
    "inner",
    [
        f"<h:script {XHTML}>alert(1)</h:script>",
        f'<h:iframe {XHTML} srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"/>',
        f'<h:meta {XHTML} http-equiv="refresh" content="0;URL=https://evil.example/"/>',
        f'<h:object {XHTML} data="https://evil.example/x"/>',
        f'<h:video {XHTML} poster="https://evil.example/x"/>',
        f"<metadata><h:script {XHTML}>alert(1)</h:script></metadata>",
        '<e:listener xmlns:e="http://www.w3.org/2001/xml-events" event="click" handler="#x"/>',
        '<x:y xmlns:x="http://www.w3.org/1999/02/22-rdf-syntax-ns#extended"/>',
        '<style>@imp<desc/>ort "https://evil.example/x.css";</style>',
        '<style>@imp<!-- -->ort "https://evil.example/x.css";</style>',
        "<style>@imp<![CDATA[ort]]> 'https://evil.example/x.css';</style>",
        "<style>rect{mask-image:image-set('x.png' 1x)}</style>",
        "<style>rect{fill:src('x.png')}</style>",
        "<style>rect{background:-webkit-cross-fade(x, y, 50%)}</style>",
        """<rect style="mask-image:image-set('https://evil.example/x.png' 1x)"/>""",
        """<rect style="mask-image:-webkit-image-set('https://evil.example/x.png' 1x)"/>""",
        """<rect style="background: image('//evil.example/x.png')"/>""",
    ],
)
def test_a_picture_that_runs_or_fetches_something_was_taken(inner: str) -> None:
    with pytest.raises(Mistakes, match="could act or fetch"):
        pictures.kind_of(drawing_of(inner))


def test_a_filter_of_two_hundred_bytes_stopped_the_server() -> None:
    shape = '<rect width="100" height="100" filter="url(#f)"/>'
    with pytest.raises(Mistakes):
        pictures.kind_of(drawing_of(f'<filter id="f"><feMorphology radius="20"/></filter>{shape}'))


def test_what_drawing_programs_write_is_still_taken() -> None:
    inner = """
      <sodipodi:namedview xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" id="view">
        <inkscape:grid xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" type="xygrid"/></sodipodi:namedview>
      <metadata><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:c="http://creativecommons.org/ns#"
        xmlns:d="http://purl.org/dc/elements/1.1/"><c:Work r:about=""><d:format>image/svg+xml</d:format>
        <d:type r:resource="http://purl.org/dc/dcmitype/StillImage"/></c:Work></r:RDF></metadata>
      <defs><linearGradient id="g"><stop offset="0" stop-color="#36c"/></linearGradient></defs>
      <style>.a { fill: url(#g) } /* the ground */ .b > rect { stroke: url("#g") }</style>
      <rect class="a" width="90" height="90" style="stroke:url(#g);stroke-width:2"/>"""
    assert pictures.kind_of(drawing_of(inner)) == pictures.SVG
