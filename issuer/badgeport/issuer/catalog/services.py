"""What others ask of the catalogue: definitions of an organisation, their versions, and what a badge says of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from badgeport.issuer.award import Achievement, Criteria, Image, Profile, Related
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.images import badge_svg
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.tables import Blob

SVG = "image/svg+xml"


def definition_of(session: Session, org_id: str, definition_id: str) -> Definition:
    """A definition of an organisation. Raises Absent."""
    found = session.get(Definition, definition_id)
    if found is None or found.org_id != org_id:
        raise Absent
    return found


def version_of(session: Session, definition: Definition, number: int | None) -> DefinitionVersion:
    """A version of a definition by its number. Raises Absent."""
    statement = select(DefinitionVersion).where(
        DefinitionVersion.definition_id == definition.id, DefinitionVersion.number == number
    )
    found = None if number is None else session.exec(statement).first()
    if found is None:
        raise Absent
    return found


def versions_of(session: Session, definition: Definition) -> Sequence[DefinitionVersion]:
    """All versions of a definition, newest first."""
    statement = select(DefinitionVersion).where(DefinitionVersion.definition_id == definition.id)
    return session.exec(statement.order_by(col(DefinitionVersion.number).desc())).all()


def published(
    session: Session, org_id: str, definition_id: str
) -> tuple[Definition, DefinitionVersion, DefinitionBody]:
    """What can be earned just now: a definition, its published version and what that says.

    Raises Absent where the organisation has no such definition, or it is a draft or retired.
    """
    definition = definition_of(session, org_id, definition_id)
    if definition.state != "published":
        raise Absent
    version = version_of(session, definition, definition.current)
    return definition, version, body_of(version)


def body_of(version: DefinitionVersion) -> DefinitionBody:
    """What a version says."""
    return DefinitionBody.model_validate(version.body)


def address(definition_id: str, number: int | None = None) -> str:
    """The path of the public page of a definition, or of one of its versions."""
    return f"/achievements/{definition_id}" + ("" if number is None else f"/{number}")


def achievement_of(
    desk: IssuerDesk,
    org: Organization,
    definition: Definition,
    version: DefinitionVersion,
    body: DefinitionBody,
    *,
    related: Iterable[Related] = (),
) -> Achievement:
    """What a badge says of the micro-credential (OB 3.0 Achievement).

    Its id is the address of the version, which never changes. ``related`` are the members of a stack (`related_of`);
    a stack's badge names those that were earned by `award.Stack`, and needs none here.
    Raises pydantic's ValidationError for a body that was never checked for publication.
    """
    url = desk.url(address(definition.id, version.number))
    return Achievement.model_validate(
        {
            "id": url,
            "name": body.name,
            "description": body.competency,
            "criteria": Criteria(narrative=narrative_of(body)),
            "achievementType": body.achievement_type,
            "version": str(version.number),
            "inLanguage": body.language,
            "tags": body.tags,
            "image": Image(id=f"{url}/image", caption=f"{body.name} ({org.name})"),
            "creator": Profile(id=org.did, name=org.name),
            "creditsAvailable": None if body.credit is None else body.credit.amount,
            "alignments": body.alignments,
            "rubric": body.rubric,
            "related": tuple(related),
        }
    )


def narrative_of(body: DefinitionBody) -> str:
    """The criteria in words (Markdown): what to do, go through and hand in. The rubric stands in results."""
    parts = [body.requirements.strip()]
    if body.pathway:
        parts.append("\n".join(f"- {one.title}{_hours(one.hours)}" for one in body.pathway))
    if body.evidence:
        parts.append("\n".join(f"- {one.title}" for one in body.evidence if one.minimum))
    if body.stack is not None:
        parts.append("\n".join(f"- {slot.name} ({slot.need} of {len(slot.of)})" for slot in body.stack.slots))
    return "\n\n".join(part for part in parts if part) or body.competency


def _hours(hours: float | None) -> str:
    return "" if hours is None else f" (up to {hours:g} h)"


def related_of(session: Session, desk: IssuerDesk, body: DefinitionBody) -> tuple[Related, ...]:
    """The members of a stack by the addresses of their published versions."""
    if body.stack is None:
        return ()
    wanted = list(dict.fromkeys(body.stack.members()))
    current = dict(session.exec(select(Definition.id, Definition.current).where(col(Definition.id).in_(wanted))).all())
    return tuple(
        Related.model_validate({"id": desk.url(address(one, current[one])), "version": str(current[one])})
        for one in wanted
        if current.get(one) is not None
    )


def picture_of(session: Session, desk: IssuerDesk, org: Organization, body: DefinitionBody) -> tuple[bytes, str]:
    """The badge's picture and its media type: the author's, or one drawn from the names."""
    kept = session.get(Blob, body.image) if body.image else None
    if kept is None:
        return badge_svg(body.name, org.name), SVG
    with desk.blobs.open(kept.digest) as file:
        return file.read(), kept.media_type
