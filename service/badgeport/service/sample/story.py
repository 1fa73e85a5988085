"""What happened in the sample programs so far, from a season ago to now, told to the services that the pages use."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import RecipientData, default_body
from badgeport.issuer.awards.tables import Award, StackProposal
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.catalog import authoring, proposals
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import published
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people.certifying import certify
from badgeport.issuer.people.keys import issuer_did, prepare_keys
from badgeport.issuer.people.members import save_school
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import create_organization, ensure_account, find_account, prove_email
from badgeport.issuer.people.tables import Account, IssuerKey, Membership, Organization, Password
from badgeport.issuer.samples import STACK_MEMBERS
from badgeport.issuer.submissions import reviews
from badgeport.issuer.submissions import services as portfolios
from badgeport.issuer.submissions.evidence import StoredFile, store
from badgeport.issuer.submissions.tables import Review
from badgeport.service.sample import definitions

COOPERATIVE, DISTRICT, PARTNERSHIP, STATE = "three-rivers", "prairie-crossing", "partnership", "north-fork-state"

_A, _T, _S, _R, _U, _C, _E = (
    Role.ADMINISTRATOR,
    Role.AUTHOR,
    Role.ASSESSOR,
    Role.REGISTRAR,
    Role.AUDITOR,
    Role.COACH,
    Role.EDUCATOR,
)


@dataclass(frozen=True, slots=True)
class Person:
    """One of the people: name, address, what they are where (organisation, roles, school)."""

    name: str
    email: str
    places: tuple[tuple[str, tuple[Role, ...], str], ...] = ()
    operator: bool = False


PEOPLE = (
    Person("Odile Brandt", "odile@installation.example", operator=True),
    Person("Ines Castellano", "ines@three-rivers-coop.example", ((COOPERATIVE, (_A, _R), ""),)),
    Person("Piet Lindgren", "piet@three-rivers-coop.example", ((COOPERATIVE, (_T,), ""),)),
    Person("Roza Whitfield", "roza@three-rivers-coop.example", ((COOPERATIVE, (_S,), ""),)),
    Person("Deniz Aldana", "deniz@three-rivers-coop.example", ((COOPERATIVE, (_C, _S), ""),)),
    Person("Tobias Nakai-Ferreira", "tobias@cedar-bluff.example", ((COOPERATIVE, (_E,), "Cedar Bluff Elementary"),)),
    Person("Amara Quist", "amara@stone-ridge.example", ((COOPERATIVE, (_E,), "Stone Ridge School"),)),
    Person("Levi Arrington", "levi@stone-ridge.example", ((COOPERATIVE, (_E,), "Stone Ridge School"),)),
    Person("Gwen Paszek", "gwen@prairie-crossing.example", ((DISTRICT, (_A, _T, _R), ""),)),
    Person("Hollis Varga", "hollis@prairie-crossing.example", ((DISTRICT, (_S,), "North Middle School"),)),
    Person("June Estrada", "june@prairie-crossing.example", ((DISTRICT, (_S,), "Prairie High School"),)),
    Person("Maren Okafor-Lindqvist", "maren@prairie-crossing.example", ((DISTRICT, (_E,), "South Middle School"),)),
    Person("Sam Whitehorse", "sam@prairie-crossing.example", ((DISTRICT, (_E,), "Lincoln Elementary"),)),
    Person("Priya Holm", "priya@prairie-crossing.example", ((DISTRICT, (_E,), "South Middle School"),)),
    Person("Bea Thornbury", "bea@partnership.example", ((PARTNERSHIP, (_A, _T, _R), ""), (STATE, (_A, _R), ""))),
    Person("Anders Keel", "anders@partnership.example", ((PARTNERSHIP, (_S,), ""),)),
    Person("Lucia Marchetti", "lucia@north-fork.example", ((STATE, (_E,), "Willow Creek School"),)),
    Person("Rowan Dale", "rowan@north-fork.example", ((STATE, (_U,), ""), (PARTNERSHIP, (_U,), ""))),
)

ORGANIZATIONS = (
    (COOPERATIVE, "Three Rivers Service Cooperative", "cooperative", None),
    (DISTRICT, "Prairie Crossing School District", "district", None),
    (PARTNERSHIP, "Heartland Partnership of States", "other", None),
    (STATE, "North Fork Department of Education", "state", PARTNERSHIP),
)
_URLS = {
    COOPERATIVE: "https://www.three-rivers-coop.example",
    DISTRICT: "https://www.prairie-crossing.example",
    PARTNERSHIP: "https://www.partnership.example",
    STATE: "https://www.north-fork.example",
}
SCHOOLS: Mapping[str, Mapping[str, int]] = {
    COOPERATIVE: {"Cedar Bluff Elementary": 310, "Stone Ridge School": 128},
    DISTRICT: {
        "North Middle School": 640,
        "South Middle School": 585,
        "Lincoln Elementary": 372,
        "Prairie High School": 1240,
    },
    STATE: {"Willow Creek School": 96},
}

_PROFICIENT = definitions.LEVELS[2]


def is_empty(session: Session) -> bool:
    """Whether nobody uses the installation yet."""
    return session.exec(select(Organization.id)).first() is None


def tell(desk: IssuerDesk, password_hash: str) -> None:
    """Fill an empty installation. ``password_hash`` is that of everybody's password."""
    keys = {slug: prepare_keys(desk, issuer_did(desk, slug), slug) for slug, _name, _kind, _parent in ORGANIZATIONS}
    files = {
        name: store(desk, io.BytesIO(text.encode("utf-8")), name)
        for name, text in (
            ("lesson-plans.txt", "Two lessons on planning a school garden.\n\n1. What are the parts of the job?\n"),
            (
                "student-work.txt",
                "Plans of 22 students, names removed.\n\n- dig, then plant, then water: who does what\n",
            ),
            ("question-log.txt", "61 questions of one lesson on density: 44 recall, 12 explain, 5 justify.\n"),
            ("responses.txt", "Responses of 26 students from two lessons, names removed.\n"),
        )
    }
    with desk.database.writing() as session:
        story = _Story(session, desk, password_hash)
        story.organizations(keys)
        story.people()
        story.cooperative(files)
        story.district(files)
        story.partnership(files)
    Worker(desk).run_until_idle()
    with desk.database.writing() as session:
        _afterwards(session, desk)
    Worker(desk).run_until_idle()


class _Story:
    """Events in order, each at its time: the audit log tells the same story."""

    def __init__(self, session: Session, desk: IssuerDesk, password_hash: str) -> None:
        self.session, self.desk, self.password_hash = session, desk, password_hash
        self.end = desk.clock()
        self.now = self.end - timedelta(days=120)
        self.orgs: dict[str, Organization] = {}
        self.ids: dict[str, str] = {}
        self.schools: dict[str, str] = {}

    def at(self, days: float) -> datetime:
        """So many days ago, or later where the story is further on already."""
        self.now = max(self.now, self.end - timedelta(days=days)) + timedelta(seconds=1 if days else 0)
        return min(self.now, self.end)

    def one(self, email: str) -> str:
        """The account of a person, by the beginning of their address."""
        return self.ids[email]

    # -- people and places ---------------------------------------------------------------------------------------

    def organizations(self, keys: Mapping[str, Sequence[IssuerKey]]) -> None:
        for slug, name, kind, parent in ORGANIZATIONS:
            org = create_organization(
                self.session,
                self.desk,
                slug=slug,
                name=name,
                kind=kind,
                actor="operator",
                now=self.at(120),
                keys=keys[slug],
                parent=None if parent is None else self.orgs[parent],
            )
            org.profile = {"url": _URLS[slug], "description": _DESCRIPTIONS[slug]}
            self.session.add(org)
            self.orgs[slug] = org
            for school, enrolment in SCHOOLS.get(slug, {}).items():
                row = save_school(
                    self.session, org, None, name=school, enrolment=enrolment, actor="operator", now=self.at(120)
                )
                self.schools[school] = row.id

    def people(self) -> None:
        for person in PEOPLE:
            now = self.at(110)
            account = ensure_account(self.session, email=person.email, name=person.name, now=now)
            account.operator = person.operator
            self.session.add_all([account, Password(account_id=account.id, hash=self.password_hash, changed=now)])
            prove_email(self.session, account.id, now)
            self.ids[person.email.partition("@")[0]] = account.id
            for slug, roles, school in person.places:
                self.join(self.orgs[slug], account.id, roles, self.schools.get(school), now)

    def join(
        self, org: Organization, account_id: str, roles: Iterable[Role], school: str | None, now: datetime
    ) -> None:
        held = [role.value for role in roles]
        self.session.add_all(
            [Membership(org_id=org.id, account_id=account_id, role=role, since=now, school_id=school) for role in held]
        )
        self.session.flush()
        log.record(
            self.session,
            actor="operator",
            action="member.joined",
            target=f"account:{account_id}",
            at=now,
            org_id=org.id,
            detail={"roles": held},
        )

    # -- what happens again and again ----------------------------------------------------------------------------

    def offer(self, slug: str, author: str, body: DefinitionBody) -> str:
        """Write a definition and publish it; its id."""
        org, actor = self.orgs[slug], self.one(author)
        kind = "micro-credential" if body.stack is None else "stack"
        made = authoring.create(self.session, org, kind=kind, body=body, actor=actor, now=self.at(100))
        draft = authoring.draft_of(self.session, made)
        authoring.publish(self.session, self.desk, org, made, expected=draft.version, actor=actor, now=self.at(100))
        return made.id

    def certify(self, slug: str, by: str, definition_ids: Iterable[str], *assessors: str) -> None:
        for definition_id in definition_ids:
            for assessor in assessors:
                now = self.at(95)
                certify(
                    self.session,
                    self.orgs[slug],
                    account_id=self.one(assessor),
                    definition_id=definition_id,
                    valid_from=now.date(),
                    valid_until=now.date() + timedelta(days=730),
                    note="Assessor training and two calibration reviews",
                    actor=self.one(by),
                    now=now,
                )

    def portfolio(
        self, who: str, definition_id: str, files: Mapping[str, StoredFile], *, began: float, handed_in: float | None
    ) -> portfolios.Portfolio:
        """A portfolio of somebody, with all it needs; handed in so many days ago, or still a draft."""
        account = self.one(who)
        row = portfolios.start(
            self.session, account_id=account, definition_id=definition_id, actor=account, now=self.at(began)
        )
        held = portfolios.with_definition(self.session, row)
        chosen = list(files.items())
        for number, wanted in enumerate(held.body.evidence):
            name, file = chosen[number % len(chosen)]
            if wanted.minimum:
                portfolios.add_file(
                    self.session,
                    row,
                    held.body,
                    file=file,
                    title=wanted.title,
                    requirement=wanted.key,
                    description=f"As {name}",
                    actor=account,
                    now=self.at(began),
                )
        for step in held.body.pathway if handed_in is not None else held.body.pathway[:2]:
            portfolios.log_hours(
                self.session,
                row,
                held.body,
                key=step.key,
                hours="2",
                done_on=self.now.date().isoformat(),
                words="",
                actor=account,
                now=self.at(began),
            )
        if handed_in is None:
            return held
        portfolios.save_reflection(
            self.session, row, _REFLECTION, text_version=row.text_version, actor=account, now=self.at(handed_in)
        )
        portfolios.submit(self.session, held, own_work=True, version=row.version, actor=account, now=self.at(handed_in))
        return held

    def review(
        self, held: portfolios.Portfolio, assessor: str, by: str, *, days: float = 0, short: str | None = None
    ) -> str:
        """An assessor is assigned and scores; ``short`` is a criterion that is not reached yet. The state after it."""
        row = self.assigned(held, assessor, by, days=days)
        assert held.body.rubric is not None
        scores = {
            each.key: {
                "level": definitions.LEVELS[1] if each.key == short else _PROFICIENT,
                "feedback": "Show the work of more than one student." if each.key == short else "",
            }
            for each in held.body.rubric.criteria
        }
        independent = reviews.independence_choices(self.session, held.submission, row.assessor_id)[-1]
        reviews.save_scores(
            self.session,
            held,
            row,
            scores=scores,
            feedback=_NOT_YET if short else _DONE,
            independence=independent,
            decision=None,
            version=row.version,
            actor=row.assessor_id,
            now=self.at(days),
        )
        return reviews.decide(
            self.session, self.desk, held, row, version=row.version, actor=row.assessor_id, now=self.at(days)
        )

    def assigned(self, held: portfolios.Portfolio, assessor: str, by: str, *, days: float) -> Review:
        return reviews.assign(
            self.session,
            self.desk,
            held,
            self.one(assessor),
            version=held.submission.version,
            actor=self.one(by),
            now=self.at(days),
        )

    # -- the three programs --------------------------------------------------------------------------------------

    def cooperative(self, files: Mapping[str, StoredFile]) -> None:
        """A stack of three: one educator has all of it, another all but the award of the stack, a third has begun."""
        members = [self.offer(COOPERATIVE, "piet", definitions.of_stack_member(name)) for name in STACK_MEMBERS]
        self.offer(COOPERATIVE, "piet", definitions.micro_endorsement(members))
        self.certify(COOPERATIVE, "ines", members, "roza", "deniz")
        mine = {name: files[name] for name in ("lesson-plans.txt", "student-work.txt")}
        waiting = [
            self.portfolio(who, definition_id, mine, began=80, handed_in=20)
            for who in ("tobias", "amara")
            for definition_id in members
        ]
        again = self.portfolio("levi", members[0], mine, began=60, handed_in=15)
        draft = self.portfolio("levi", members[1], mine, began=10, handed_in=None)
        portfolios.ask_coach(self.session, draft.submission, True, actor=draft.submission.account_id, now=self.at(10))
        self.portfolio("levi", members[2], mine, began=30, handed_in=3)
        self.review(again, "roza", "ines", days=2, short="work")
        for held in waiting:
            self.review(held, "roza", "ines")

    def district(self, files: Mapping[str, StoredFile]) -> None:
        """Two blind assessors: one badge awarded, one portfolio with the second assessor, one still a draft."""
        definition_id = self.offer(DISTRICT, "gwen", definitions.in_district())
        self.certify(DISTRICT, "gwen", [definition_id], "hollis", "june")
        mine = {name: files[name] for name in ("question-log.txt", "responses.txt")}
        done = self.portfolio("maren", definition_id, mine, began=70, handed_in=12)
        half = self.portfolio("sam", definition_id, mine, began=40, handed_in=6)
        self.portfolio("priya", definition_id, mine, began=8, handed_in=None)
        for assessor in ("hollis", "june"):
            self.review(done, assessor, "gwen")
        self.review(half, "hollis", "gwen")
        self.assigned(half, "june", "gwen", days=0)
        idea = proposals.write(
            self.session,
            self.orgs[DISTRICT],
            self.session.get_one(Account, self.one("priya")),
            proposals.ProposalBody(
                name="Labs with Household Materials",
                goal="The teacher plans labs that students can repeat at home.",
                why="Half of my students miss labs when they are ill; their families asked for this.",
                evidence="Three labs with photographs from home, and what students wrote.",
                pathway=(proposals.Step(title="Find out what is in every kitchen", hours=2),),
            ),
            now=self.at(0),
        )
        proposals.change(
            self.session,
            idea,
            proposals.body_of(idea),
            expected=idea.version,
            now=self.at(0),
            submit=True,
        )

    def partnership(self, files: Mapping[str, StoredFile]) -> None:
        """Micro-credentials of several states, earned in one of them, with a stack of a common part and a choice."""
        ids = {key: self.offer(PARTNERSHIP, "bea", definitions.of_partnership(key)) for key in definitions.PARTNERSHIP}
        choice = [ids[key] for key in ("data", "impacts", "inclusion")]
        self.offer(PARTNERSHIP, "bea", definitions.flexible_pathway(ids["algorithms"], choice))
        self.certify(PARTNERSHIP, "bea", ids.values(), "anders")
        mine = {"student-work.txt": files["student-work.txt"]}
        held = [self.portfolio("lucia", ids[key], mine, began=50, handed_in=9) for key in ("algorithms", "data")]
        for each in held:
            self.review(each, "anders", "bea")
        org = self.orgs[PARTNERSHIP]
        definition, version, said = published(self.session, org.id, ids["mentoring"])
        for number, name in enumerate(_MENTORS, start=1):
            awards.create_award(
                self.session,
                self.desk,
                org=org,
                definition=definition,
                version=version,
                recipient=RecipientData(name=name, email=f"{name.split()[0].lower()}@mentors.example"),
                body=default_body(said),
                key=f"mentors-2025-{number}",
                source="single",
                actor=self.one("bea"),
                now=self.at(0),
            )


def _afterwards(session: Session, desk: IssuerDesk) -> None:
    """What needs signed badges: a stack that is awarded, a badge that is suspended and one that is revoked."""
    now = desk.clock()
    ines, bea, amara = (_account(session, who) for who in ("ines", "bea", "amara"))
    proposal = session.exec(select(StackProposal).where(StackProposal.account_id == amara)).one()
    awards.award_stack(session, desk, proposal, ines, now)
    mentors = session.exec(select(Award).where(Award.source == "single").order_by(Award.key)).all()
    awards.suspend(session, desk, mentors[0], "The portfolio is looked at again.", bea, now)
    awards.revoke(session, desk, mentors[1], "Awarded by mistake to the wrong person.", bea, now)


def _account(session: Session, who: str) -> str:
    email = next(person.email for person in PEOPLE if person.email.startswith(f"{who}@"))
    account = find_account(session, email)
    assert account is not None
    return account.id


_MENTORS = (
    "Cora Vandermeer",
    "Noah Whitlock",
    "Imani Brandeis",
    "Teodor Lacey",
    "Saoirse Benally",
    "Walt Ostrander",
    "Yuki Farnsworth",
    "Dolores Amsel",
    "Ezra Holloway",
    "Pilar Nystrom",
    "Quinn Abara",
    "Ruth Castellanos",
)
_REFLECTION = (
    "My students saw it as one job. Drawing the parts first let quieter students own one. Next time I let them choose "
    "the order themselves and ask each group why."
)
_DONE = "Clear evidence from your own classroom. The student work shows what changed."
_NOT_YET = (
    "Your plans are strong and the reflection is honest. The student work shows one student only. Add the work of two "
    "or three others from the same lesson and hand it in again."
)
_DESCRIPTIONS = {
    COOPERATIVE: "A regional cooperative of 37 districts that offers micro-endorsements: stacks of micro-credentials.",
    DISTRICT: "A school district whose micro-credentials earn credit on its own salary schedule.",
    PARTNERSHIP: "Four states that agreed on micro-credentials which count in each of them.",
    STATE: "The department of education of a state in the partnership.",
}
