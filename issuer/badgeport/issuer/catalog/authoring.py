"""Writing the catalogue: drafts, publication, retirement. A published version never changes; a change makes a draft."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from badgeport.web.words import keyed
from pydantic import ValidationError
from sqlmodel import Session, col, delete, select

from badgeport.issuer.audit import log
from badgeport.issuer.award import Rubric
from badgeport.issuer.awards import proposals
from badgeport.issuer.build import achievement_document
from badgeport.issuer.catalog import quality
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.editor import field_of
from badgeport.issuer.catalog.services import achievement_of, body_of, version_of
from badgeport.issuer.catalog.tables import Definition, DefinitionTag, DefinitionVersion, Proposal
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Conflict, Mistakes, plain_reason, refuse
from badgeport.issuer.people.tables import AssessorCertification, Organization
from badgeport.schemas.problems import ProblemError

KINDS = ("micro-credential", "stack")
_CHANGED = keyed(
    "Somebody else has changed this draft since you opened it. What you typed is still here: compare, then save."
)


def create(
    session: Session,
    org: Organization,
    *,
    kind: str,
    body: DefinitionBody,
    actor: str,
    now: datetime,
    proposal_id: str | None = None,
) -> Definition:
    """A new definition with its first draft. Raises Mistakes."""
    _check_kind(kind, body)
    definition = Definition(
        org_id=org.id,
        kind=kind,
        slug=_free_slug(session, org.id, body.name),
        name=body.name,
        draft=1,
        created=now,
        created_by=actor,
        proposal_id=proposal_id,
    )
    session.add(definition)
    session.flush()
    session.add(
        DefinitionVersion(
            definition_id=definition.id, number=1, body=sound(body).to_json(), created=now, created_by=actor
        )
    )
    _describe(session, definition, body)
    _record(session, definition, "definition.created", actor, now, {"kind": kind})
    return definition


def draft_of(session: Session, definition: Definition) -> DefinitionVersion:
    """The version being written. Raises Absent where there is none."""
    return version_of(session, definition, definition.draft)


def start_draft(session: Session, definition: Definition, *, actor: str, now: datetime) -> DefinitionVersion:
    """Begin the next version from the published one; the draft that is there where there is one. Raises Conflict."""
    if definition.draft is not None:
        return draft_of(session, definition)
    if definition.state == "retired":
        raise Conflict("It is retired. Bring it back before you change it.")
    before = version_of(session, definition, definition.current)
    numbers = session.exec(
        select(DefinitionVersion.number)
        .where(DefinitionVersion.definition_id == definition.id)
        .order_by(col(DefinitionVersion.number).desc())
    )
    draft = DefinitionVersion(
        definition_id=definition.id, number=numbers.first() or 1, body=before.body, created=now, created_by=actor
    )
    draft.number += 1
    definition.draft = draft.number
    session.add_all([draft, definition])
    session.flush()
    _record(session, definition, "definition.draft-started", actor, now, {"version": draft.number})
    return draft


def save_draft(
    session: Session,
    definition: Definition,
    body: DefinitionBody,
    *,
    expected: int,
    actor: str,
    now: datetime,
) -> DefinitionVersion:
    """Write the draft. ``expected`` is the ``version`` it had when it was opened. Raises Conflict, Mistakes."""
    draft = draft_of(session, definition)
    if draft.version != expected:
        raise Conflict(_CHANGED)
    _check_kind(definition.kind, body)
    draft.body = sound(body).to_json()
    draft.version += 1
    session.add(draft)
    if definition.current is None:
        definition.name = body.name
        _describe(session, definition, body)
    _record(session, definition, "definition.draft-saved", actor, now, {"version": draft.number})
    return draft


def discard_draft(
    session: Session, definition: Definition, *, expected: int, reason: str, actor: str, now: datetime
) -> bool:
    """Throw the draft away; the definition with it where nothing of it was published. Whether the definition is left.

    Raises Absent where there is no draft, Mistakes, Conflict.
    """
    draft = draft_of(session, definition)
    if draft.version != expected:
        raise Conflict("Somebody else has changed this draft since you looked at it. Look at it again.")
    _reasoned(reason)
    number = draft.number
    quality.forget_reviews(session, draft)
    session.delete(draft)
    definition.draft = None
    left = definition.current is not None
    _record(session, definition, "definition.draft-discarded", actor, now, {"version": number, "left": left}, reason)
    session.flush()
    if left:
        session.add(definition)
    else:
        session.exec(delete(DefinitionTag).where(col(DefinitionTag.definition_id) == definition.id))
        session.exec(delete(AssessorCertification).where(col(AssessorCertification.definition_id) == definition.id))
        _release_proposal(session, definition)
        session.delete(definition)
    session.flush()
    return left


def publish(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    definition: Definition,
    *,
    expected: int,
    actor: str,
    now: datetime,
) -> DefinitionVersion:
    """Publish the draft as it is: from now on this version never changes. Raises Mistakes, Conflict, Absent."""
    draft = draft_of(session, definition)
    if draft.version != expected:
        raise Conflict("Somebody else has changed this draft since you looked at it. Look at it again.")
    if definition.state == "retired":
        raise Conflict("It is retired. Bring it back before you change it.")
    found = unready(session, desk, org, definition, draft)
    if found:
        raise found
    body = body_of(draft)
    draft.published, draft.published_by = now, actor
    definition.current, definition.draft, definition.state = draft.number, None, "published"
    definition.name = body.name
    definition.version += 1
    session.add_all([draft, definition])
    _describe(session, definition, body)
    _record(session, definition, "definition.published", actor, now, {"version": draft.number})
    proposals.look_at_holders(session, definition, now)
    return draft


def retire(session: Session, definition: Definition, *, expected: int, reason: str, actor: str, now: datetime) -> None:
    """It can be earned no more; badges of it stay as they are. Raises Mistakes, Conflict."""
    _standing(definition, expected, "published", keyed("It is not published."))
    _reasoned(reason)
    stacks = [one.name for one in stacks_naming(session, definition)]
    if stacks:
        refuse(
            "reason",
            "It is part of a published stack: {stacks}. Publish a version of the stack without it first.",
            stacks=", ".join(stacks),
        )
    definition.state = "retired"
    definition.version += 1
    session.add(definition)
    _record(session, definition, "definition.retired", actor, now, {}, reason)


def reopen(session: Session, definition: Definition, *, expected: int, reason: str, actor: str, now: datetime) -> None:
    """A retired definition can be earned again. Raises Mistakes, Conflict."""
    _standing(definition, expected, "retired", keyed("It is not retired."))
    _reasoned(reason)
    definition.state = "published"
    definition.version += 1
    session.add(definition)
    _record(session, definition, "definition.reopened", actor, now, {}, reason)
    proposals.look_at_holders(session, definition, now)


def duplicate(
    session: Session, org: Organization, definition: Definition, *, name: str, actor: str, now: datetime
) -> Definition:
    """A new definition that begins as a copy of the newest version of another."""
    source = body_of(version_of(session, definition, definition.draft or definition.current))
    copy = source.model_copy(update={"name": name})
    return create(session, org, kind=definition.kind, body=copy, actor=actor, now=now)


# ---------------------------------------------------------------- what may be published


def unready(
    session: Session, desk: IssuerDesk, org: Organization, definition: Definition, draft: DefinitionVersion
) -> Mistakes:
    """What a draft lacks before it can be published; empty where it lacks nothing. Fields are those of the editor."""
    found = Mistakes()
    body = body_of(draft)
    if not body.competency.strip():
        found.add("competency", "Say what somebody who has earned it can do.")
    if body.stack is None and not body.requirements.strip():
        found.add("requirements", "Say what has to be done to earn it.")
    if definition.kind == "stack":
        _check_stack(session, org.id, definition, body, found)
    else:
        _check_rubric(body, found)
    if not found:
        try:
            achievement_document(achievement_of(desk, org, definition, draft, body), org.did)
        except ValidationError as error:
            for one in error.errors()[:20]:
                found.add(field_of(one["loc"]), "{reason}", reason=plain_reason(one["msg"]))
        except ProblemError as error:
            found.add("rubric", "{reason}", reason=error.problem.detail)
    for framework in quality.lacking(session, org.id, draft):
        found.add("quality", "It has not passed the review against “{framework}”.", framework=framework.name)
    return found


def _check_rubric(body: DefinitionBody, found: Mistakes) -> None:
    if body.rubric is None:
        found.add("rubric", "Add a rubric of at least one criterion: it is what assessors score by.")
        return
    if all(one.required_level is None for one in body.rubric.criteria):
        found.add("rubric", "Say for at least one criterion which level is required.")
    if any((one.id or "").startswith("ext-") for one in body.rubric.criteria):
        found.add("rubric", "The short name of a criterion does not begin with “ext-”.")


def _check_stack(session: Session, org_id: str, definition: Definition, body: DefinitionBody, found: Mistakes) -> None:
    if body.stack is None:
        found.add("stack", "Add at least one part, and say what fills it.")
        return
    for number, slot in enumerate(body.stack.slots):
        for one in slot.of:
            member = session.get(Definition, one)
            if member is None or member.org_id != org_id:
                found.add(f"slot-{number}-of", "“{part}” names something that is not in this catalog.", part=slot.name)
            elif member.state != "published":
                found.add(f"slot-{number}-of", "{name} is not published.", name=member.name)
    circle = circle_of(session, definition, body)
    if circle:
        found.add("stack", "The stack would contain itself: {circle}.", circle=" → ".join(circle))


def circle_of(session: Session, definition: Definition, body: DefinitionBody) -> list[str]:
    """The names along which a stack would contain itself; empty where it does not.

    What others contain is looked up in their published versions and in their drafts alike.
    """

    def walk(members: Iterator[str], path: list[str], seen: set[str]) -> list[str]:
        for one in members:
            if one == definition.id:
                return [*path, body.name]
            if one in seen:
                continue
            seen.add(one)
            member = session.get(Definition, one)
            if member is None or member.kind != "stack":
                continue
            inner = walk(_named(session, member), [*path, member.name], seen)
            if inner:
                return inner
        return []

    return [] if body.stack is None else walk(body.stack.members(), [body.name], set())


def _named(session: Session, definition: Definition) -> Iterator[str]:
    for number in {definition.current, definition.draft} - {None}:
        rule = body_of(version_of(session, definition, number)).stack
        if rule is not None:
            yield from rule.members()


def stacks_naming(session: Session, definition: Definition) -> list[Definition]:
    """The published stacks whose current rule names a definition."""
    statement = select(Definition).where(
        Definition.org_id == definition.org_id, Definition.kind == "stack", Definition.state == "published"
    )
    found = []
    for stack in session.exec(statement):
        rule = body_of(version_of(session, stack, stack.current)).stack
        if rule is not None and definition.id in rule.members():
            found.append(stack)
    return found


def _check_kind(kind: str, body: DefinitionBody) -> None:
    if kind not in KINDS:
        refuse("kind", "It is a micro-credential or a stack.")
    if kind != "stack" and body.stack is not None:
        refuse("stack", "Only a stack has parts.")


# ---------------------------------------------------------------- shared


def sound(body: DefinitionBody) -> DefinitionBody:
    """The body with a short name for each criterion of its rubric: scores refer to it, whatever it is called later."""
    if body.rubric is None or all(one.id for one in body.rubric.criteria):
        return body
    taken = {one.id for one in body.rubric.criteria if one.id}
    criteria = []
    for one in body.rubric.criteria:
        chosen = one.id or _free(slug_of(one.name), taken)
        taken.add(chosen)
        criteria.append(one.model_copy(update={"id": chosen}))
    return body.model_copy(update={"rubric": Rubric.model_construct(criteria=tuple(criteria))})


def slug_of(name: str) -> str:
    """A name in small letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "item"


def _free(slug: str, taken: set[str] | set[str | None]) -> str:
    number, chosen = 1, slug
    while chosen in taken:
        number += 1
        chosen = f"{slug}-{number}"
    return chosen


def _free_slug(session: Session, org_id: str, name: str) -> str:
    slug = slug_of(name)
    statement = select(Definition.slug).where(
        Definition.org_id == org_id, col(Definition.slug).startswith(slug, autoescape=True)
    )
    return _free(slug, set(session.exec(statement)))


def _describe(session: Session, definition: Definition, body: DefinitionBody) -> None:
    """What lists show and are searched by."""
    definition.summary = " ".join([body.competency, body.goal, body.grade_band, *body.tags]).lower()[:20_000]
    definition.unit = body.credit.unit if body.credit else ""
    session.add(definition)
    session.exec(delete(DefinitionTag).where(col(DefinitionTag.definition_id) == definition.id))
    for tag in sorted({" ".join(one.lower().split()) for one in body.tags} - {""}):
        session.add(DefinitionTag(definition_id=definition.id, tag=tag))
    session.flush()


def _release_proposal(session: Session, definition: Definition) -> None:
    for proposal in session.exec(select(Proposal).where(Proposal.definition_id == definition.id)):
        proposal.definition_id, proposal.state = None, "submitted"
        session.add(proposal)
    session.flush()


def _standing(definition: Definition, expected: int, state: str, otherwise: str) -> None:
    if definition.version != expected:
        raise Conflict("Somebody else has changed it since you looked at it. Look at it again.")
    if definition.state != state:
        raise Conflict(otherwise)


def _reasoned(reason: str) -> None:
    if not reason.strip():
        refuse("reason", "Say why; it stands in the history.")


def _record(
    session: Session,
    definition: Definition,
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
        target=f"definition:{definition.id}",
        at=now,
        org_id=definition.org_id,
        detail=detail,
        why=why,
    )
