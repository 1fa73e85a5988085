"""Definitions as tests need them: complete ones, published through the services that the pages use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from badgeport.issuer.catalog import authoring
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.people.tables import Organization
from support.site import Site

RUBRIC = {
    "criteria": [
        {
            "name": "Purposeful questions",
            "requiredLevel": "Proficient",
            "levels": [
                {"name": "Not yet", "points": "1", "description": "Most questions ask for recall."},
                {"name": "Proficient", "points": "2", "description": "Questions make students explain."},
                {"name": "Exemplary", "points": "3", "description": "Students question each other."},
            ],
        }
    ]
}


def body(name: str = "Questioning that Makes Thinking Visible", **members: Any) -> DefinitionBody:
    """A micro-credential that lacks nothing."""
    return DefinitionBody.model_validate(
        {
            "name": name,
            "competency": "The teacher plans and asks questions that bring students' reasoning into the open.",
            "requirements": "Teach two lessons from a questioning plan.",
            "rubric": RUBRIC,
            **members,
        }
    )


def stack(name: str, *slots: tuple[int, Sequence[str]], **members: Any) -> DefinitionBody:
    """A stack; each slot is how many are needed and of which definitions."""
    rule = {"slots": [{"name": f"Part {n}", "need": need, "of": list(of)} for n, (need, of) in enumerate(slots, 1)]}
    return DefinitionBody.model_validate({"name": name, "competency": "All of it together.", "stack": rule, **members})


def publish(site: Site, org: Organization, what: DefinitionBody, *, actor: str = "system") -> Definition:
    """A published definition."""
    kind = "stack" if what.stack else "micro-credential"
    now = site.clock()
    with site.desk.database.writing() as session:
        definition = authoring.create(session, org, kind=kind, body=what, actor=actor, now=now)
        authoring.publish(session, site.desk, org, definition, expected=1, actor=actor, now=now)
    return definition
