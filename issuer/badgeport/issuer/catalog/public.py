"""The catalogue as everyone sees it: what is published, searched and filtered, and the feed for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, func, select

from badgeport.issuer.build import achievement_document
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import achievement_of, address, body_of, related_of, version_of
from badgeport.issuer.catalog.tables import Definition, DefinitionTag, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.tables import Organization
from badgeport.schemas.datetimes import format_datetime

FILTERS = ("org", "tag", "unit", "kind")


def statement(filters: Mapping[str, str]) -> Any:
    """A query of published definitions with their versions and organisations, by name."""
    wanted = (
        select(Definition, DefinitionVersion, Organization)
        .where(Definition.state == "published", Organization.id == Definition.org_id)
        .where(col(Organization.closed).is_(None))
        .where(DefinitionVersion.definition_id == Definition.id, DefinitionVersion.number == Definition.current)
        .order_by(func.lower(Definition.name), Definition.id)
    )
    if filters.get("org"):
        wanted = wanted.where(Organization.slug == filters["org"])
    if filters.get("unit"):
        wanted = wanted.where(Definition.unit == filters["unit"])
    if filters.get("kind"):
        wanted = wanted.where(Definition.kind == filters["kind"])
    if filters.get("tag"):
        tagged = select(DefinitionTag.definition_id).where(DefinitionTag.tag == filters["tag"].lower())
        wanted = wanted.where(col(Definition.id).in_(tagged))
    return wanted


SEARCHED = (Definition.name, Definition.summary, Organization.name)
"""Where a search looks."""


def choices(session: Session) -> dict[str, list[tuple[str, str]]]:
    """What can be filtered by, as pairs of value and words: only what something published has."""
    live = (
        select(Definition.id)
        .where(Definition.state == "published", Organization.id == Definition.org_id)
        .where(col(Organization.closed).is_(None))
    )
    organizations = session.exec(
        select(Organization.slug, Organization.name)
        .where(Organization.id == Definition.org_id, Definition.state == "published")
        .where(col(Organization.closed).is_(None))
        .distinct()
        .order_by(Organization.name)
    ).all()
    units = session.exec(
        select(Definition.unit).where(col(Definition.id).in_(live), Definition.unit != "").distinct()
    ).all()
    tags = session.exec(
        select(DefinitionTag.tag, func.count())
        .where(col(DefinitionTag.definition_id).in_(live))
        .group_by(DefinitionTag.tag)
        .order_by(func.count().desc(), DefinitionTag.tag)
        .limit(60)
    ).all()
    return {
        "org": [(slug, name) for slug, name in organizations],
        "unit": [(one, one) for one in sorted(units)],
        "tag": sorted((tag, tag) for tag, _ in tags),
    }


def shown(
    session: Session, definition_id: str, number: int | None = None
) -> tuple[Definition, DefinitionVersion, DefinitionBody, Organization]:
    """A version that was published, the current one without a number; also of what is retired, for badges refer to it.

    Raises Absent.
    """
    definition = session.get(Definition, definition_id)
    if definition is None:
        raise Absent
    version = version_of(session, definition, definition.current if number is None else number)
    org = session.get(Organization, definition.org_id)
    if org is None or version.published is None:
        raise Absent
    return definition, version, body_of(version), org


def members_of(session: Session, body: DefinitionBody) -> dict[str, Definition]:
    """The definitions that a stack names and that were published, by id."""
    if body.stack is None:
        return {}
    wanted = list(body.stack.members())
    rows = session.exec(select(Definition).where(col(Definition.id).in_(wanted), col(Definition.current).is_not(None)))
    return {one.id: one for one in rows}


def feed_item(
    desk: IssuerDesk, definition: Definition, version: DefinitionVersion, org: Organization
) -> dict[str, Any]:
    """One published definition as the feed states it."""
    body = body_of(version)
    url = desk.url(address(definition.id, version.number))
    item: dict[str, Any] = {
        "id": url,
        "page": desk.url(address(definition.id)),
        "kind": definition.kind,
        "name": body.name,
        "description": body.competency,
        "version": version.number,
        "published": format_datetime(version.published) if version.published else None,
        "organization": {"id": org.did, "name": org.name, "url": desk.url(f"/issuers/{org.slug}")},
        "achievementType": body.achievement_type,
        "language": body.language,
        "tags": list(body.tags),
        "gradeBand": body.grade_band or None,
        "credit": body.credit.model_dump(mode="json", by_alias=True) if body.credit else None,
        "contactHours": body.contact_hours,
        "validMonths": body.validity.months if body.validity else None,
        "alignments": [one.target_url for one in body.alignments],
        "image": f"{url}/image",
    }
    if body.stack is not None:
        item["members"] = [desk.url(address(one)) for one in dict.fromkeys(body.stack.members())]
    return {name: value for name, value in item.items() if value is not None}


def levels_of(body: DefinitionBody) -> Sequence[str]:
    """The names of the levels where all criteria have the same ones: then a rubric is a table."""
    if body.rubric is None:
        return ()
    first = tuple(level.name for level in body.rubric.criteria[0].levels)
    same = all(tuple(level.name for level in one.levels) == first for one in body.rubric.criteria)
    return first if same else ()


def document(
    session: Session,
    desk: IssuerDesk,
    definition: Definition,
    version: DefinitionVersion,
    body: DefinitionBody,
    org: Organization,
) -> dict[str, Any]:
    """A published version as an Open Badges 3.0 Achievement, in JSON-LD."""
    related = related_of(session, desk, body)
    return achievement_document(achievement_of(desk, org, definition, version, body, related=related), org.did)
