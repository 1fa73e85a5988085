"""Quality frameworks as data, and reviews of definitions against them before publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session, col, delete, select

from badgeport.issuer.audit import log
from badgeport.issuer.catalog.definition import Key, Long, Part, Short
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion, QualityFramework, QualityReview
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse

MOST_COMPONENTS = 100


class Component(Part):
    """One thing a definition is to meet; one that is not ``required`` may stay unmet."""

    id: Key
    name: Short
    description: Long = ""
    required: bool = True


class FrameworkBody(Part):
    """A quality framework. ``source`` says where it was taken from; ``required``: nothing is published without it."""

    name: Short
    source: Annotated[str, Field(max_length=2000)] = ""
    components: Annotated[tuple[Component, ...], Field(min_length=1, max_length=MOST_COMPONENTS)]
    required: bool = False


class Finding(Part):
    """Whether a component is met, and what shows it."""

    met: bool = False
    evidence: Long = ""


def frameworks(session: Session, org_id: str) -> Sequence[QualityFramework]:
    """Those in use in an organisation, by name."""
    statement = select(QualityFramework).where(
        QualityFramework.org_id == org_id, col(QualityFramework.retired).is_(None)
    )
    return session.exec(statement.order_by(QualityFramework.name)).all()


def framework_of(session: Session, org_id: str, framework_id: str) -> QualityFramework:
    """A framework of an organisation. Raises Absent."""
    found = session.get(QualityFramework, framework_id)
    if found is None or found.org_id != org_id:
        raise Absent
    return found


def components_of(framework: QualityFramework) -> tuple[Component, ...]:
    """What a framework asks for."""
    return tuple(Component.model_validate(one) for one in framework.components)


def create_framework(
    session: Session, org_id: str, body: FrameworkBody, *, actor: str, now: datetime
) -> QualityFramework:
    """A new framework. Raises Mistakes."""
    _check(body)
    framework = QualityFramework(org_id=org_id, created=now, **_columns(body))
    session.add(framework)
    session.flush()
    _record(session, framework, "quality-framework.created", actor, now)
    return framework


def change_framework(
    session: Session, framework: QualityFramework, body: FrameworkBody, *, expected: int, actor: str, now: datetime
) -> None:
    """Write a framework anew. Drafts reviewed before need another review. Raises Mistakes, Conflict."""
    if framework.version != expected:
        raise Conflict("Somebody else has changed it since you opened it. Look at it again.")
    _check(body)
    for name, value in _columns(body).items():
        setattr(framework, name, value)
    framework.version += 1
    session.add(framework)
    _record(session, framework, "quality-framework.changed", actor, now)


def retire_framework(session: Session, framework: QualityFramework, *, reason: str, actor: str, now: datetime) -> None:
    """Use a framework no more; reviews against it are kept. Raises Mistakes, Conflict."""
    if framework.retired is not None:
        raise Conflict("It is retired already.")
    if not reason.strip():
        refuse("reason", "Say why; it stands in the history.")
    framework.retired = now
    framework.version += 1
    session.add(framework)
    _record(session, framework, "quality-framework.retired", actor, now, why=reason)


def review(
    session: Session,
    definition: Definition,
    version: DefinitionVersion,
    framework: QualityFramework,
    findings: Mapping[str, Finding],
    *,
    expected: int,
    actor: str,
    now: datetime,
) -> QualityReview:
    """Record a review of a draft as it stands. It is passed when every required component is met with evidence of it.

    ``expected`` is the ``version`` of the draft that was read. Raises Mistakes, Conflict.
    """
    if version.version != expected:
        raise Conflict("Somebody else has changed this draft since you looked at it. Look at it again.")
    if framework.retired is not None:
        raise Conflict("It is retired already.")
    mistakes = Mistakes()
    kept: dict[str, Any] = {}
    passed = True
    components = components_of(framework)
    for unknown in set(findings) - {one.id for one in components}:
        mistakes.add(f"met-{unknown}", "The framework has no component “{name}”.", name=unknown)
    for one in components:
        finding = findings.get(one.id, Finding())
        if finding.met and not finding.evidence.strip():
            mistakes.add(f"evidence-{one.id}", "Say where the definition shows it.")
        passed = passed and (finding.met or not one.required)
        kept[one.id] = finding.model_dump(mode="json", by_alias=True)
    if mistakes:
        raise mistakes
    row = QualityReview(
        version_id=version.id,
        framework_id=framework.id,
        number=len(reviews_of(session, version)) + 1,
        edition=version.version,
        framework_version=framework.version,
        findings=kept,
        passed=passed,
        reviewer=actor,
        at=now,
    )
    session.add(row)
    session.flush()
    log.record(
        session,
        actor=actor,
        action="definition.reviewed",
        target=f"definition:{definition.id}",
        at=now,
        org_id=definition.org_id,
        detail={"version": version.number, "framework": framework.id, "passed": passed},
    )
    return row


def reviews_of(session: Session, version: DefinitionVersion) -> Sequence[tuple[QualityReview, QualityFramework]]:
    """The reviews of a version, newest first."""
    statement = select(QualityReview, QualityFramework).where(
        QualityReview.version_id == version.id, QualityFramework.id == QualityReview.framework_id
    )
    return session.exec(statement.order_by(col(QualityReview.number).desc())).all()


def latest_review(session: Session, version: DefinitionVersion, framework: QualityFramework) -> QualityReview | None:
    """The last review of a version against a framework."""
    return next((one for one, by in reviews_of(session, version) if by.id == framework.id), None)


def is_current(row: QualityReview, version: DefinitionVersion, framework: QualityFramework) -> bool:
    """Whether the version and the framework are still what the review was about."""
    return row.edition == version.version and row.framework_version == framework.version


def lacking(session: Session, org_id: str, version: DefinitionVersion) -> list[QualityFramework]:
    """The frameworks that must be passed before publication and that this draft, as it stands, has not passed."""
    found = []
    for framework in frameworks(session, org_id):
        if framework.required:
            last = latest_review(session, version, framework)
            if last is None or not last.passed or not is_current(last, version, framework):
                found.append(framework)
    return found


def forget_reviews(session: Session, version: DefinitionVersion) -> None:
    """Delete the reviews of a draft that is thrown away."""
    session.exec(delete(QualityReview).where(col(QualityReview.version_id) == version.id))


def example() -> FrameworkBody:
    """The framework that comes with Badgeport, for trying out: nobody's standard."""
    from importlib.resources import files

    return FrameworkBody.model_validate_json((files(__package__) / "example_quality.json").read_bytes())


def _columns(body: FrameworkBody) -> dict[str, Any]:
    return {
        "name": body.name,
        "source": body.source,
        "required": body.required,
        "components": [one.model_dump(mode="json", by_alias=True) for one in body.components],
    }


def _check(body: FrameworkBody) -> None:
    ids = [one.id for one in body.components]
    if len(set(ids)) != len(ids):
        refuse("components", "Two components have the same short name.")


def _record(
    session: Session, framework: QualityFramework, action: str, actor: str, now: datetime, why: str = ""
) -> None:
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"quality-framework:{framework.id}",
        at=now,
        org_id=framework.org_id,
        detail={"required": framework.required, "components": len(framework.components)},
        why=why,
    )
