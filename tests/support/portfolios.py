"""A micro-credential with a rubric, its people, and ways to bring a portfolio to a state: for tests of submissions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, AssessorCertification, Organization, School
from badgeport.issuer.submissions import reviews, services
from badgeport.issuer.submissions.tables import Review, Submission
from support.site import Site

LEVELS = ("Beginning", "Developing", "Proficient", "Exemplary")
BODY: dict[str, Any] = {
    "name": "Talk that builds reasoning",
    "competency": "Leads a discussion in which students reason with each other.",
    "requirements": "Plan, lead and reflect on one discussion.",
    "pathway": [
        {"key": "observe", "title": "Observe a colleague", "hours": 2},
        {"key": "plan", "title": "Plan a discussion", "hours": 2},
    ],
    "pathwayMinimum": 3,
    "rubric": {
        "criteria": [
            {
                "id": "questions",
                "name": "Questions that open thinking",
                "levels": [{"name": name, "points": place} for place, name in enumerate(LEVELS)],
                "requiredLevel": "Proficient",
            },
            {
                "id": "turns",
                "name": "Turns among students",
                "levels": [{"name": name} for name in LEVELS],
                "requiredLevel": "Developing",
            },
            {"name": "Voice and presence", "levels": [{"name": "Seen"}, {"name": "Strong"}]},
        ]
    },
    "evidence": [{"key": "film", "title": "Film of a discussion"}],
    "reflectionPrompt": "What did the students do that you did not expect?",
    "dueDays": 30,
}
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def define(site: Site, org: Organization, **changes: Any) -> Definition:
    """A published micro-credential."""
    body = DefinitionBody.model_validate({**BODY, **changes})
    now = site.clock()
    row = Definition(
        org_id=org.id,
        slug=f"talk-{len(body.name)}-{body.second_assessor}",
        name=body.name,
        state="published",
        current=1,
        created=now,
        created_by="system",
    )
    version = DefinitionVersion(
        definition_id=row.id,
        number=1,
        body=body.to_json(),
        created=now,
        created_by="system",
        published=now,
        published_by="system",
    )
    with site.desk.database.writing() as session:
        session.add(row)
        session.flush()
        session.add(version)
    return row


def certify(
    site: Site, account: Account, definition: Definition, *, start: date | None = None, end: date | None = None
) -> AssessorCertification:
    """Let an assessor score a micro-credential."""
    row = AssessorCertification(
        org_id=definition.org_id,
        account_id=account.id,
        definition_id=definition.id,
        valid_from=start or date(2020, 1, 1),
        valid_until=end,
        granted_by="system",
        granted=site.clock(),
    )
    with site.desk.database.writing() as session:
        session.add(row)
    return row


def school(site: Site, org: Organization, name: str) -> School:
    """A school of an organisation."""
    row = School(org_id=org.id, name=name, enrolment=420)
    with site.desk.database.writing() as session:
        session.add(row)
    return row


def assessor(site: Site, name: str, definition: Definition, *, slug: str = "prairie", **more: Any) -> Account:
    """An assessor who is certified."""
    account = site.person(name, {slug: [Role.ASSESSOR]}, **more)
    certify(site, account, definition)
    return account


def fill(site: Site, account: Account, definition: Definition) -> str:
    """A portfolio with all it needs; its id."""
    now = site.clock()
    by = {"actor": account.id, "now": now}
    with site.desk.database.writing() as session:
        row = services.start(session, account_id=account.id, definition_id=definition.id, **by)
        found = services.with_definition(session, row)
        for key in ("observe", "plan"):
            services.log_hours(
                session, row, found.body, key=key, hours="1.5", done_on=now.date().isoformat(), words="", **by
            )
        services.add_link(
            session,
            row,
            found.body,
            url="https://films.example/talk",
            title="A discussion",
            requirement="film",
            description="",
            **by,
        )
        services.save_reflection(session, row, "They asked each other.", text_version=row.text_version, **by)
    return row.id


def hand_in(site: Site, account: Account, submission_id: str) -> None:
    """Hand a portfolio in."""
    with site.desk.database.writing() as session:
        found = services.portfolio_of(session, account.id, submission_id)
        version = found.submission.version
        services.submit(session, found, own_work=True, version=version, actor=account.id, now=site.clock())


def scores(questions: str = "Proficient", turns: str = "Developing", voice: str = "Seen") -> dict[str, Any]:
    """Scores by criterion, with feedback on each."""
    given = {"questions": questions, "turns": turns, "Voice and presence": voice}
    return {key: {"level": level, "feedback": f"About {key}."} for key, level in given.items()}


def take(site: Site, account: Account, submission_id: str) -> Review:
    """Let an assessor take the part that waits."""
    with site.desk.database.writing() as session:
        found = reviews.submission_in(session, _org(session, submission_id), submission_id)
        version = found.submission.version
        return reviews.assign(
            session, site.desk, found, account.id, version=version, actor=account.id, now=site.clock()
        )


def finish(site: Site, account: Account, submission_id: str, given: Mapping[str, Any], feedback: str = "Good.") -> str:
    """Score and decide; the new state."""
    with site.desk.database.writing() as session:
        found = reviews.submission_in(session, _org(session, submission_id), submission_id)
        own = reviews.own_review(session, found.submission, account.id)
        assert own is not None
        by = {"actor": account.id, "now": site.clock()}
        choices = reviews.independence_choices(session, found.submission, account.id)
        reviews.save_scores(
            session,
            found,
            own,
            scores=given,
            feedback=feedback,
            independence=choices[-1],
            decision=None,
            version=own.version,
            **by,
        )
        return reviews.decide(session, site.desk, found, own, version=own.version, **by)


def state(site: Site, submission_id: str) -> Submission:
    """The submission as it is stored."""
    with site.desk.database.reading() as session:
        return session.get_one(Submission, submission_id)


def _org(session: Any, submission_id: str) -> str:
    return str(session.get_one(Submission, submission_id).org_id)
