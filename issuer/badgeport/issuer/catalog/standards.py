"""Frameworks of competencies to choose alignments from: read from CASE (IMS Competencies and Academic Standards
Exchange 1.0 and 1.1) as the JSON that a CASE server gives out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select

from badgeport.issuer.audit import log
from badgeport.issuer.award import Alignment
from badgeport.issuer.catalog.tables import Competency, CompetencyFramework
from badgeport.issuer.mistakes import Absent, refuse
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError

MOST_BYTES = 20 * 1024 * 1024
MOST_ITEMS = 20_000
_LIMITS = replace(DEFAULT_LIMITS, input_bytes=MOST_BYTES, document_bytes=MOST_BYTES, json_members=2_000_000)
_WEB = re.compile(r"https?://[^\s/?#]+\S*")


@dataclass(frozen=True, slots=True)
class Imported:
    """A framework that was read: how many items were taken, and which were left out and why."""

    framework: CompetencyFramework
    items: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A CASE package as far as it is used."""

    uri: str
    title: str
    publisher: str
    release: str
    items: tuple[Mapping[str, Any], ...]
    left_out: tuple[str, ...]


def read_package(data: bytes, field: str = "file") -> Package:
    """A CASE package from JSON. Raises Mistakes."""
    if len(data) > MOST_BYTES:
        refuse(field, "The file is larger than 20 MB.")
    try:
        document = jsontext.parse_object(data, _LIMITS)
    except ProblemError as error:
        refuse(field, "The file is not JSON as CASE gives it out: {reason}.", reason=error.problem.detail)
    package = document.get("CFPackage", document)
    head = package.get("CFDocument") if isinstance(package, dict) else None
    items = package.get("CFItems") if isinstance(package, dict) else None
    if not isinstance(head, dict) or not isinstance(items, list):
        refuse(field, "The file is not a CASE framework: it needs CFDocument and CFItems.")
    if len(items) > MOST_ITEMS:
        refuse(field, "The framework has more than {most} items.", most=MOST_ITEMS)
    uri, title = _text(head, "uri", "officialSourceURL"), _text(head, "title")
    if not _WEB.fullmatch(uri) or not title:
        refuse(field, "CFDocument needs a title and a uri that is a web address.")
    taken, left_out = [], []
    seen: set[str] = set()
    for number, item in enumerate(items, 1):
        reason = _unusable(item, seen)
        if reason is None:
            seen.add(_text(item, "uri"))
            taken.append(item)
        else:
            left_out.append(f"{number}: {reason}")
    if not taken:
        refuse(field, "No item of the framework has a statement and a web address.")
    release = _text(head, "version", "adoptionStatus")
    return Package(
        uri, title[:300], _text(head, "publisher", "creator")[:300], release[:100], tuple(taken), tuple(left_out)
    )


def take(session: Session, org_id: str, package: Package, *, actor: str, now: datetime) -> Imported:
    """Put a package in the place of what was imported from the same address before.

    Definitions hold their alignments as they were chosen: none of them changes.
    """
    framework = session.exec(
        select(CompetencyFramework).where(CompetencyFramework.org_id == org_id, CompetencyFramework.uri == package.uri)
    ).first()
    if framework is None:
        framework = CompetencyFramework(org_id=org_id, uri=package.uri, title="", imported=now)
    else:
        session.exec(delete(Competency).where(col(Competency.framework_id) == framework.id))
    framework.title, framework.publisher, framework.release = package.title, package.publisher, package.release
    framework.imported = now
    session.add(framework)
    session.flush()
    session.add_all(_rows(framework.id, package.items))
    session.flush()
    _record(session, framework, "competency-framework.imported", actor, now, {"items": len(package.items)})
    return Imported(framework, len(package.items), package.left_out)


def framework_of(session: Session, org_id: str, framework_id: str) -> CompetencyFramework:
    """An imported framework of an organisation. Raises Absent."""
    found = session.get(CompetencyFramework, framework_id)
    if found is None or found.org_id != org_id:
        raise Absent
    return found


def frameworks(session: Session, org_id: str) -> Sequence[CompetencyFramework]:
    """All imported frameworks of an organisation, by title."""
    statement = select(CompetencyFramework).where(CompetencyFramework.org_id == org_id)
    return session.exec(statement.order_by(CompetencyFramework.title)).all()


def remove(session: Session, framework: CompetencyFramework, *, reason: str, actor: str, now: datetime) -> None:
    """Forget an imported framework; alignments chosen from it stay. Raises Mistakes."""
    if not reason.strip():
        refuse("reason", "Say why; it stands in the history.")
    session.exec(delete(Competency).where(col(Competency.framework_id) == framework.id))
    _record(session, framework, "competency-framework.removed", actor, now, {"uri": framework.uri}, reason)
    session.delete(framework)
    session.flush()


def alignments(session: Session, org_id: str, ids: Sequence[str]) -> tuple[Alignment, ...]:
    """The chosen competencies as alignments (OB 3.0 Alignment, targetType CFItem), in the order of the framework."""
    statement = (
        select(Competency, CompetencyFramework)
        .where(CompetencyFramework.id == Competency.framework_id, CompetencyFramework.org_id == org_id)
        .where(col(Competency.id).in_(ids))
        .order_by(CompetencyFramework.title, col(Competency.position))
    )
    return tuple(_alignment(one, framework) for one, framework in session.exec(statement))


def _alignment(one: Competency, framework: CompetencyFramework) -> Alignment:
    name = one.statement if len(one.statement) <= 200 else one.statement[:199] + "…"
    release = f" {framework.release}" if framework.release and framework.release not in framework.title else ""
    return Alignment.model_validate(
        {
            "targetName": name,
            "targetUrl": one.uri,
            "targetCode": one.code or None,
            "targetDescription": one.statement if len(one.statement) > 200 else None,
            "targetFramework": f"{framework.title}{release}",
            "targetType": "CFItem",
        }
    )


def _rows(framework_id: str, items: Sequence[Mapping[str, Any]]) -> Iterator[Competency]:
    for position, item in enumerate(items):
        yield Competency(
            framework_id=framework_id,
            uri=_text(item, "uri"),
            code=_text(item, "humanCodingScheme")[:100],
            statement=_text(item, "fullStatement", "abbreviatedStatement")[:20_000],
            kind=_text(item, "CFItemType")[:100],
            position=position,
        )


def _unusable(item: object, seen: set[str]) -> str | None:
    if not isinstance(item, dict):
        return "is not an object"
    uri = _text(item, "uri")
    if not _WEB.fullmatch(uri) or len(uri) > 2000:
        return "has no web address"
    if uri in seen:
        return "has the address of an item before it"
    return None if _text(item, "fullStatement", "abbreviatedStatement") else "has no statement"


def _text(members: Mapping[str, Any], *names: str) -> str:
    """The first of these members that is a text that says something, without control characters."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str) and value.strip():
            return re.sub(r"[\x00-\x1f\x7f-\x9f\s]+", " ", value).strip()
    return ""


def _record(
    session: Session,
    framework: CompetencyFramework,
    action: str,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any],
    why: str = "",
) -> None:
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"competency-framework:{framework.id}",
        at=now,
        org_id=framework.org_id,
        detail=detail,
        why=why,
    )
