"""Badges that are really signed and hosted: an organisation with keys, a published definition, awards and a worker."""

from __future__ import annotations

from typing import Any

from badgeport.issuer.awards.content import AwardBody, RecipientData, default_body
from badgeport.issuer.awards.services import create_award
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.people.keys import ensure_installation_keys, make_keys
from badgeport.issuer.people.tables import Organization
from support.site import Site

BODY: dict[str, Any] = {
    "name": "Facilitating Data Talks",
    "competency": "Leads colleagues through a structured talk about student work and decides with them on one change.",
    "requirements": "Lead two data talks and hand in the protocol of each.",
    "rubric": {
        "criteria": [
            {
                "id": "questions",
                "name": "Questions",
                "levels": [
                    {"name": "Beginning", "description": "Questions are asked.", "points": "1"},
                    {"name": "Proficient", "description": "Questions lead from data to practice.", "points": "3"},
                ],
                "requiredLevel": "Proficient",
            }
        ]
    },
    "alignments": [
        {
            "targetName": "Leads professional learning",
            "targetUrl": "https://standards.example/intasc/10",
            "targetFramework": "InTASC",
        }
    ],
    "credit": {"amount": 15, "unit": "clock hours"},
    "contactHours": 15,
    "validity": {"months": 60},
    "tags": ["data", "leadership"],
}


def issuer(site: Site, slug: str = "prairie", **members: Any) -> Organization:
    """An organisation that can sign, on an installation that can."""
    ensure_installation_keys(site.desk)
    org = site.organization(slug, name=members.pop("name", "Prairie Regional Cooperative"), **members)
    with site.desk.database.writing() as session:
        make_keys(session, site.desk, org, actor="system", now=site.clock())
    return org


def published(site: Site, org: Organization, **changes: Any) -> tuple[Definition, DefinitionVersion]:
    """A published definition."""
    now = site.clock()
    body = DefinitionBody.model_validate({**BODY, **changes})
    kind = "stack" if body.stack else "micro-credential"
    definition = Definition(
        org_id=org.id,
        kind=kind,
        slug=body.name.lower().replace(" ", "-"),
        name=body.name,
        state="published",
        current=1,
        created=now,
        created_by="system",
    )
    version = DefinitionVersion(
        definition_id=definition.id, number=1, body=body.to_json(), created=now, created_by="system", published=now
    )
    with site.desk.database.writing() as session:
        session.add(definition)
        session.flush()
        session.add(version)
    return definition, version


def award(
    site: Site,
    org: Organization,
    definition: tuple[Definition, DefinitionVersion],
    key: str = "one",
    *,
    recipient: RecipientData | None = None,
    signed: bool = True,
    **members: Any,
) -> Award:
    """An award, signed by a worker unless told otherwise."""
    said = DefinitionBody.model_validate(definition[1].body)
    body: AwardBody = members.pop("body", None) or default_body(said)
    with site.desk.database.writing() as session:
        row = create_award(
            session,
            site.desk,
            org=org,
            definition=definition[0],
            version=definition[1],
            recipient=recipient or RecipientData("Rosa Delgado", "rosa@people.example"),
            body=body,
            key=key,
            source="single",
            actor="system",
            now=site.clock(),
            **members,
        )
    if signed:
        work(site)
    return row


def work(site: Site) -> int:
    """Have every job done that is due."""
    return Worker(site.desk, "test").run_until_idle()
