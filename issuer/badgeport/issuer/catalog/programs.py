"""The catalogue for programs: everything the authors' pages do, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from badgeport.web.bodies import read_body
from fastapi import Depends
from pydantic import BaseModel, Field
from sqlmodel import Session, col, select
from starlette.responses import Response

from badgeport.issuer.catalog import authoring, exchange, pictures, proposals, quality, standards
from badgeport.issuer.catalog.author_pages import STATES
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import body_of, definition_of, version_of, versions_of
from badgeport.issuer.catalog.tables import (
    Competency,
    CompetencyFramework,
    Definition,
    DefinitionVersion,
    Proposal,
    QualityFramework,
    QualityReview,
)
from badgeport.issuer.mistakes import Mistake, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.web import programs
from badgeport.issuer.web.access import ACCOUNT, members
from badgeport.issuer.web.listing import listing
from badgeport.issuer.web.programs import Body, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas import jsontext

routes = Routes("catalog")
READ = members(Role.ADMINISTRATOR, Role.AUTHOR, Role.REGISTRAR, Role.AUDITOR, scope="catalog:read")
WRITE = members(Role.AUTHOR, scope="catalog:write")
_AT = "/api/v1/organizations/{org}"
_ONE = _AT + "/definitions/{definition_id}"


# ---------------------------------------------------------------- shared shapes


def _query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


_PAGING = (
    _query("q", "What to search for."),
    _query("page", "Which page, from 1.", type="integer", minimum=1),
    _query("size", "How many on a page, at most 200.", type="integer", minimum=1, maximum=200),
)


def _listed(*more: dict[str, Any]) -> dict[str, Any]:
    return {"parameters": [*_PAGING, *more]}


class Listed(Body):
    """One page of a list."""

    total: int
    page: int
    pages: int


class Reason(Body):
    """Why something is done; it stands in the audit log. ``version`` is the thing's own, as it was read."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    version: int


def _json(model: BaseModel, status: int = 200, location: str | None = None) -> Response:
    body = jsontext.dump_pretty(model.model_dump(mode="json", by_alias=True, exclude_none=True))
    return Response(body, status, {"Location": location} if location else {}, "application/json")


# ---------------------------------------------------------------- definitions


class DefinitionSummary(Body):
    """A definition as lists state it. ``version`` is for writing; ``current`` and ``draft`` are numbers of versions."""

    id: str
    kind: str
    slug: str
    name: str
    state: str
    current: int | None = None
    draft: int | None = None
    version: int
    created: datetime
    page: str


class VersionState(Body):
    """One version of a definition. ``version`` counts its changes while it is a draft."""

    number: int
    version: int
    created: datetime
    published: datetime | None = None
    definition: DefinitionBody


class DefinitionState(DefinitionSummary):
    """A definition with its versions, newest first, and what its draft lacks before it can be published."""

    versions: tuple[VersionState, ...]
    lacks: tuple[str, ...] = ()


class Definitions(Listed):
    """Definitions."""

    items: tuple[DefinitionSummary, ...]


class NewDefinition(Body):
    """A definition to be made, as a draft."""

    kind: Literal["micro-credential", "stack"] = "micro-credential"
    definition: DefinitionBody


class Draft(Body):
    """What a draft is to say. ``version`` is that of the draft as it was read."""

    version: int
    definition: DefinitionBody


class Publication(Body):
    """``version`` is that of the draft as it was read."""

    version: int


class Name(Body):
    """A name."""

    name: Annotated[str, Field(min_length=1, max_length=300)]


def _summary(visit: Visit, one: Definition) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "slug": one.slug,
        "name": one.name,
        "state": one.state,
        "current": one.current,
        "draft": one.draft,
        "version": one.version,
        "created": one.created,
        "page": visit.desk.url(f"/achievements/{one.id}"),
    }


def _version(row: DefinitionVersion) -> VersionState:
    return VersionState(
        number=row.number,
        version=row.version,
        created=row.created,
        published=row.published,
        definition=body_of(row),
    )


def _state(session: Session, visit: Visit, definition: Definition) -> DefinitionState:
    versions = versions_of(session, definition)
    lacks: Sequence[Mistake] = ()
    if definition.draft is not None:
        draft = authoring.draft_of(session, definition)
        lacks = authoring.unready(session, visit.desk, visit.here, definition, draft).found
    return DefinitionState(
        **_summary(visit, definition),
        versions=tuple(_version(one) for one in versions),
        lacks=tuple(str(one) for one in lacks),
    )


def _path(visit: Visit, definition: Definition) -> str:
    return f"/api/v1/organizations/{visit.here.slug}/definitions/{definition.id}"


@routes.get(
    _AT + "/definitions",
    READ,
    summary="The definitions of an organization",
    response_model=Definitions,
    openapi_extra=_listed(
        _query("state", "Only those in a state.", enum=list(STATES)),
        _query("kind", "Only those of a kind.", enum=list(authoring.KINDS)),
    ),
)
def definitions(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the path's, checked by its rule
    """Drafts, published and retired ones, by name."""
    params = visit.request.query_params
    statement = select(Definition).where(Definition.org_id == visit.here.id)
    for name, column in (("state", Definition.state), ("kind", Definition.kind)):
        if params.get(name):
            statement = statement.where(column == params[name])
    with visit.reading() as session:
        found = listing(
            session,
            visit.request,
            statement.order_by(Definition.name, Definition.id),
            search=(Definition.name, Definition.summary),
        )
    items = tuple(DefinitionSummary(**_summary(visit, one)) for one in found.rows)
    return _json(Definitions(items=items, total=found.total, page=found.number, pages=found.pages))


@routes.post(
    _AT + "/definitions",
    WRITE,
    summary="Make a definition, as a draft",
    status_code=201,
    response_model=DefinitionState,
    openapi_extra=body_schema(NewDefinition),
)
def create_definition(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    given: Annotated[NewDefinition, programs.body_of(NewDefinition)],
) -> Response:
    """A micro-credential or a stack."""
    with visit.writing() as session:
        made = authoring.create(
            session,
            visit.here,
            kind=given.kind,
            body=given.definition.model_copy(update={"image": None}),
            actor=visit.actor,
            now=visit.now,
        )
        state = _state(session, visit, made)
    return _json(state, 201, _path(visit, made))


@routes.get(_ONE, READ, summary="A definition with its versions", response_model=DefinitionState)
def definition(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """All that is known of it."""
    with visit.reading() as session:
        return _json(_state(session, visit, definition_of(session, visit.here.id, definition_id)))


@routes.get(_ONE + "/versions/{number}", READ, summary="One version of a definition", response_model=VersionState)
def definition_version(visit: VisitDep, org: str, definition_id: str, number: str) -> Response:  # noqa: ARG001
    """Published or a draft."""
    with visit.reading() as session:
        found = definition_of(session, visit.here.id, definition_id)
        wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else None
        return _json(_version(version_of(session, found, wanted)))


@routes.post(
    _ONE + "/draft",
    WRITE,
    summary="Begin the next version of a definition",
    status_code=201,
    response_model=VersionState,
)
def start_draft(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """A copy of the published version; the draft that is there where there is one."""
    with visit.writing() as session:
        found = definition_of(session, visit.here.id, definition_id)
        draft = authoring.start_draft(session, found, actor=visit.actor, now=visit.now)
    return _json(_version(draft), 201, f"{_path(visit, found)}/versions/{draft.number}")


@routes.put(
    _ONE + "/draft",
    WRITE,
    summary="Write the draft of a definition",
    response_model=VersionState,
    openapi_extra=body_schema(Draft),
)
def save_draft(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    given: Annotated[Draft, programs.body_of(Draft)],
) -> Response:
    """The whole draft is replaced; a picture that is left out is kept."""
    with visit.writing() as session:
        found = definition_of(session, visit.here.id, definition_id)
        before = body_of(authoring.draft_of(session, found)).image
        body = given.definition
        if body.image != before:
            body = body.model_copy(update={"image": before})
        draft = authoring.save_draft(session, found, body, expected=given.version, actor=visit.actor, now=visit.now)
    return _json(_version(draft))


@routes.post(
    _ONE + "/draft/discard",
    WRITE,
    summary="Throw the draft of a definition away",
    status_code=204,
    response_class=Response,
    openapi_extra=body_schema(Reason),
)
def discard_draft(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    given: Annotated[Reason, programs.body_of(Reason)],
) -> Response:
    """The definition goes with it where nothing of it was published. ``version`` is that of the draft."""
    with visit.writing() as session:
        found = definition_of(session, visit.here.id, definition_id)
        authoring.discard_draft(
            session, found, expected=given.version, reason=given.reason, actor=visit.actor, now=visit.now
        )
    return Response(status_code=204)


@routes.put(
    _ONE + "/draft/image",
    WRITE,
    summary="Put a picture on the draft of a definition",
    response_model=VersionState,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}} for kind in (pictures.PNG, pictures.SVG)
            },
        }
    },
)
def put_image(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    data: Annotated[bytes, Depends(read_body)],
) -> Response:
    """PNG or SVG, at most 1 MB, told by its bytes. It goes over what is there."""
    stored = pictures.store(visit.desk, data, "image")
    with visit.writing() as session:
        return _json(_version(_with_image(session, visit, definition_id, stored)))


@routes.delete(
    _ONE + "/draft/image",
    WRITE,
    summary="Take the picture from the draft of a definition",
    response_model=VersionState,
)
def delete_image(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """The badge shows what is drawn from the names again."""
    with visit.writing() as session:
        return _json(_version(_with_image(session, visit, definition_id, None)))


def _with_image(
    session: Session, visit: Visit, definition_id: str, stored: tuple[str, int, str] | None
) -> DefinitionVersion:
    found = definition_of(session, visit.here.id, definition_id)
    draft = authoring.draft_of(session, found)
    digest = pictures.keep(session, *stored, visit.now) if stored else None
    body = body_of(draft).model_copy(update={"image": digest})
    return authoring.save_draft(session, found, body, expected=draft.version, actor=visit.actor, now=visit.now)


@routes.post(
    _ONE + "/publish",
    WRITE,
    summary="Publish the draft of a definition",
    response_model=DefinitionState,
    openapi_extra=body_schema(Publication),
)
def publish(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    given: Annotated[Publication, programs.body_of(Publication)],
) -> Response:
    """From now on that version never changes."""
    with visit.writing() as session:
        found = definition_of(session, visit.here.id, definition_id)
        authoring.publish(
            session, visit.desk, visit.here, found, expected=given.version, actor=visit.actor, now=visit.now
        )
        return _json(_state(session, visit, found))


@routes.post(
    _ONE + "/retire",
    WRITE,
    summary="Retire a definition",
    response_model=DefinitionState,
    openapi_extra=body_schema(Reason),
)
def retire(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    given: Annotated[Reason, programs.body_of(Reason)],
) -> Response:
    """It can be earned no more; badges of it stay."""
    with visit.writing() as session:
        found = definition_of(session, visit.here.id, definition_id)
        authoring.retire(session, found, expected=given.version, reason=given.reason, actor=visit.actor, now=visit.now)
        return _json(_state(session, visit, found))


@routes.post(
    _ONE + "/reopen",
    WRITE,
    summary="Bring a retired definition back",
    response_model=DefinitionState,
    openapi_extra=body_schema(Reason),
)
def reopen(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    given: Annotated[Reason, programs.body_of(Reason)],
) -> Response:
    """It can be earned again."""
    with visit.writing() as session:
        found = definition_of(session, visit.here.id, definition_id)
        authoring.reopen(session, found, expected=given.version, reason=given.reason, actor=visit.actor, now=visit.now)
        return _json(_state(session, visit, found))


@routes.post(
    _ONE + "/duplicate",
    WRITE,
    summary="Make a new definition from the newest version of another",
    status_code=201,
    response_model=DefinitionState,
    openapi_extra=body_schema(Name),
)
def duplicate(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    given: Annotated[Name, programs.body_of(Name)],
) -> Response:
    """The copy is a draft."""
    with visit.writing() as session:
        source = definition_of(session, visit.here.id, definition_id)
        copy = authoring.duplicate(session, visit.here, source, name=given.name, actor=visit.actor, now=visit.now)
        state = _state(session, visit, copy)
    return _json(state, 201, _path(visit, copy))


# ---------------------------------------------------------------- quality


class FrameworkState(quality.FrameworkBody):
    """A quality framework."""

    id: str
    version: int
    retired: datetime | None = None


class Frameworks(Listed):
    """Quality frameworks."""

    items: tuple[FrameworkState, ...]


class FrameworkChange(quality.FrameworkBody):
    """A quality framework to be written; ``version`` is the one it had when it was read."""

    version: int


class NewReview(Body):
    """A review of a draft: findings by component. ``version`` is that of the draft that was read."""

    framework: str
    version: int
    findings: dict[str, quality.Finding]


class ReviewState(Body):
    """A review. ``current``: whether the draft and the framework are still what the review was about."""

    id: str
    framework: str
    passed: bool
    current: bool
    reviewer: str
    at: datetime
    findings: dict[str, quality.Finding]


class Reviews(Body):
    """The reviews of a version, newest first."""

    items: tuple[ReviewState, ...]


def _framework(row: QualityFramework) -> FrameworkState:
    return FrameworkState(
        id=row.id,
        version=row.version,
        retired=row.retired,
        name=row.name,
        source=row.source,
        required=row.required,
        components=quality.components_of(row),
    )


def _review(row: QualityReview, version: DefinitionVersion, framework: QualityFramework) -> ReviewState:
    return ReviewState(
        id=row.id,
        framework=row.framework_id,
        passed=row.passed,
        current=quality.is_current(row, version, framework),
        reviewer=row.reviewer,
        at=row.at,
        findings={name: quality.Finding.model_validate(one) for name, one in row.findings.items()},
    )


@routes.get(
    _AT + "/quality-frameworks",
    READ,
    summary="The quality frameworks of an organization",
    response_model=Frameworks,
    openapi_extra=_listed(),
)
def quality_frameworks(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Those in use."""
    statement = select(QualityFramework).where(
        QualityFramework.org_id == visit.here.id, col(QualityFramework.retired).is_(None)
    )
    with visit.reading() as session:
        found = listing(
            session, visit.request, statement.order_by(QualityFramework.name), search=(QualityFramework.name,)
        )
    items = tuple(_framework(one) for one in found.rows)
    return _json(Frameworks(items=items, total=found.total, page=found.number, pages=found.pages))


@routes.post(
    _AT + "/quality-frameworks",
    WRITE,
    summary="Make a quality framework",
    status_code=201,
    response_model=FrameworkState,
    openapi_extra=body_schema(quality.FrameworkBody),
)
def create_framework(
    visit: VisitDep,
    org: str,
    given: Annotated[quality.FrameworkBody, programs.body_of(quality.FrameworkBody)],
) -> Response:
    """Components to be met before publication."""
    with visit.writing() as session:
        made = quality.create_framework(session, visit.here.id, given, actor=visit.actor, now=visit.now)
    return _json(_framework(made), 201, f"/api/v1/organizations/{org}/quality-frameworks/{made.id}")


@routes.get(
    _AT + "/quality-frameworks/{framework_id}", READ, summary="A quality framework", response_model=FrameworkState
)
def quality_framework(visit: VisitDep, org: str, framework_id: str) -> Response:  # noqa: ARG001
    """With its components."""
    with visit.reading() as session:
        return _json(_framework(quality.framework_of(session, visit.here.id, framework_id)))


@routes.put(
    _AT + "/quality-frameworks/{framework_id}",
    WRITE,
    summary="Write a quality framework anew",
    response_model=FrameworkState,
    openapi_extra=body_schema(FrameworkChange),
)
def change_framework(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    framework_id: str,
    given: Annotated[FrameworkChange, programs.body_of(FrameworkChange)],
) -> Response:
    """Reviews made before stay as they were made."""
    with visit.writing() as session:
        row = quality.framework_of(session, visit.here.id, framework_id)
        quality.change_framework(session, row, given, expected=given.version, actor=visit.actor, now=visit.now)
    return _json(_framework(row))


@routes.post(
    _AT + "/quality-frameworks/{framework_id}/retire",
    WRITE,
    summary="Use a quality framework no more",
    response_model=FrameworkState,
    openapi_extra=body_schema(Reason),
)
def retire_framework(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    framework_id: str,
    given: Annotated[Reason, programs.body_of(Reason)],
) -> Response:
    """Reviews against it are kept."""
    with visit.writing() as session:
        row = quality.framework_of(session, visit.here.id, framework_id)
        quality.retire_framework(session, row, reason=given.reason, actor=visit.actor, now=visit.now)
    return _json(_framework(row))


@routes.get(_ONE + "/quality-reviews", READ, summary="The reviews of the newest version", response_model=Reviews)
def reviews(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """Against whichever framework."""
    with visit.reading() as session:
        found = definition_of(session, visit.here.id, definition_id)
        version = version_of(session, found, found.draft or found.current)
        rows = quality.reviews_of(session, version)
    return _json(Reviews(items=tuple(_review(one, version, framework) for one, framework in rows)))


@routes.post(
    _ONE + "/quality-reviews",
    WRITE,
    summary="Review the draft of a definition against a quality framework",
    status_code=201,
    response_model=ReviewState,
    openapi_extra=body_schema(NewReview),
)
def create_review(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    definition_id: str,
    given: Annotated[NewReview, programs.body_of(NewReview)],
) -> Response:
    """Passed when every required component is met, with evidence of it."""
    with visit.writing() as session:
        found = definition_of(session, visit.here.id, definition_id)
        draft = authoring.draft_of(session, found)
        framework = quality.framework_of(session, visit.here.id, given.framework)
        row = quality.review(
            session,
            found,
            draft,
            framework,
            given.findings,
            expected=given.version,
            actor=visit.actor,
            now=visit.now,
        )
    return _json(_review(row, draft, framework), 201, f"{_path(visit, found)}/quality-reviews")


# ---------------------------------------------------------------- standards


class StandardsState(Body):
    """An imported framework of competencies."""

    id: str
    uri: str
    title: str
    publisher: str
    release: str
    imported: datetime


class StandardsList(Listed):
    """Imported frameworks."""

    items: tuple[StandardsState, ...]


class ImportedState(StandardsState):
    """What was imported: how many items, and which were left out and why."""

    items: int
    left_out: tuple[str, ...]


class CompetencyState(Body):
    """An item of a framework."""

    id: str
    uri: str
    code: str
    statement: str
    kind: str


class Competencies(Listed):
    """Items of a framework."""

    items: tuple[CompetencyState, ...]


class Removal(Body):
    """Why something is removed; it stands in the audit log."""

    reason: Annotated[str, Field(min_length=1, max_length=2000)]


def _standards(row: CompetencyFramework) -> dict[str, Any]:
    return {
        "id": row.id,
        "uri": row.uri,
        "title": row.title,
        "publisher": row.publisher,
        "release": row.release,
        "imported": row.imported,
    }


@routes.get(
    _AT + "/competency-frameworks",
    READ,
    summary="The imported frameworks of an organization",
    response_model=StandardsList,
    openapi_extra=_listed(),
)
def competency_frameworks(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """For choosing alignments from."""
    statement = select(CompetencyFramework).where(CompetencyFramework.org_id == visit.here.id)
    with visit.reading() as session:
        found = listing(
            session,
            visit.request,
            statement.order_by(CompetencyFramework.title),
            search=(CompetencyFramework.title, CompetencyFramework.uri),
        )
    items = tuple(StandardsState(**_standards(one)) for one in found.rows)
    return _json(StandardsList(items=items, total=found.total, page=found.number, pages=found.pages))


@routes.post(
    _AT + "/competency-frameworks/import",
    WRITE,
    summary="Import a CASE framework",
    status_code=201,
    response_model=ImportedState,
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A CFPackage of CASE 1.0 or 1.1 (CFDocument and CFItems), at most 20 MB.",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    },
)
def import_framework(visit: VisitDep, org: str, data: Annotated[bytes, Depends(read_body)]) -> Response:
    """What was imported from the same address before is replaced."""
    package = standards.read_package(data, "")
    with visit.writing() as session:
        made = standards.take(session, visit.here.id, package, actor=visit.actor, now=visit.now)
    state = ImportedState(**_standards(made.framework), items=made.items, left_out=made.left_out)
    return _json(state, 201, f"/api/v1/organizations/{org}/competency-frameworks/{made.framework.id}/items")


@routes.get(
    _AT + "/competency-frameworks/{framework_id}/items",
    READ,
    summary="The items of an imported framework",
    response_model=Competencies,
    openapi_extra=_listed(),
)
def competencies(visit: VisitDep, org: str, framework_id: str) -> Response:  # noqa: ARG001
    """In the order of the framework."""
    with visit.reading() as session:
        framework = standards.framework_of(session, visit.here.id, framework_id)
        statement = select(Competency).where(Competency.framework_id == framework.id)
        found = listing(
            session,
            visit.request,
            statement.order_by(col(Competency.position)),
            search=(Competency.statement, Competency.code),
        )
    items = tuple(
        CompetencyState(id=one.id, uri=one.uri, code=one.code, statement=one.statement, kind=one.kind)
        for one in found.rows
    )
    return _json(Competencies(items=items, total=found.total, page=found.number, pages=found.pages))


@routes.post(
    _AT + "/competency-frameworks/{framework_id}/remove",
    WRITE,
    summary="Forget an imported framework",
    status_code=204,
    response_class=Response,
    openapi_extra=body_schema(Removal),
)
def remove_framework(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    framework_id: str,
    given: Annotated[Removal, programs.body_of(Removal)],
) -> Response:
    """Alignments chosen from it stay."""
    with visit.writing() as session:
        row = standards.framework_of(session, visit.here.id, framework_id)
        standards.remove(session, row, reason=given.reason, actor=visit.actor, now=visit.now)
    return Response(status_code=204)


# ---------------------------------------------------------------- in and out


class EntryProblem(Body):
    """What keeps an entry from being taken: its column or member, and a sentence."""

    field: str
    detail: str


class EntryState(Body):
    """An entry of a file. ``line`` is its line in a CSV, its place in JSON."""

    line: int
    name: str
    problems: tuple[EntryProblem, ...]


class ImportOutcome(Body):
    """What came of a file."""

    checked: bool
    made: tuple[str, ...]
    entries: tuple[EntryState, ...]


@routes.get(
    _AT + "/catalog/export",
    READ,
    summary="All definitions of an organization as one file",
    responses={200: {"description": "The file.", "content": {"application/json": {"schema": {"type": "object"}}}}},
    response_class=Response,
)
def export(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """As it can be imported elsewhere, with pictures."""
    statement = select(Definition).where(Definition.org_id == visit.here.id).order_by(Definition.name)
    with visit.reading() as session:
        data = exchange.to_json(session, visit.desk, visit.here, session.exec(statement).all())
    return Response(data, 200, media_type="application/json")


@routes.post(
    _AT + "/catalog/import",
    WRITE,
    summary="Import definitions as drafts, from JSON or CSV",
    response_model=ImportOutcome,
    openapi_extra={
        "parameters": [
            _query("dryRun", "Only check, change nothing.", type="boolean"),
            _query("goodOnes", "Take the good entries even where others fail.", type="boolean"),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "text/csv": {"schema": {"type": "string"}},
            },
        },
    },
)
def import_definitions(visit: VisitDep, org: str, data: Annotated[bytes, Depends(read_body)]) -> Response:  # noqa: ARG001
    """Nothing is taken where an entry fails, unless ``goodOnes`` is true."""
    params = visit.request.query_params
    outcome = exchange.take(
        visit.desk,
        visit.here,
        exchange.read(data, ""),
        only_check=params.get("dryRun") == "true",
        good_ones=params.get("goodOnes") == "true",
        actor=visit.actor,
        now=visit.now,
    )
    entries = tuple(
        EntryState(
            line=one.line,
            name=one.name,
            problems=tuple(EntryProblem(field=each.field, detail=str(each)) for each in one.problems),
        )
        for one in outcome.entries
    )
    return _json(ImportOutcome(checked=outcome.checked, made=tuple(one.id for one in outcome.made), entries=entries))


# ---------------------------------------------------------------- proposals


class ProposalState(Body):
    """A proposal. ``account`` is who proposes, as an opaque id."""

    id: str
    organization: str
    account: str
    state: str
    version: int
    proposal: proposals.ProposalBody
    answer: str
    definition: str | None = None
    created: datetime
    submitted: datetime | None = None
    answered: datetime | None = None


class Proposals(Listed):
    """Proposals."""

    items: tuple[ProposalState, ...]


class NewProposal(Body):
    """A proposal to the organisation with this short name."""

    organization: str
    proposal: proposals.ProposalBody


class ProposalChange(Body):
    """A proposal to be saved, and to be handed in where ``submit`` says so."""

    version: int
    proposal: proposals.ProposalBody
    submit: bool = False


class Answer(Body):
    """What the educator reads."""

    version: int
    answer: Annotated[str, Field(max_length=20_000)] = ""


def _proposal(row: Proposal) -> ProposalState:
    return ProposalState(
        id=row.id,
        organization=row.org_id,
        account=row.account_id,
        state=row.state,
        version=row.version,
        proposal=proposals.body_of(row),
        answer=row.answer,
        definition=row.definition_id,
        created=row.created,
        submitted=row.submitted,
        answered=row.answered,
    )


def _proposals(visit: Visit, statement: Any) -> Response:
    with visit.reading() as session:
        found = listing(
            session, visit.request, statement.order_by(col(Proposal.created).desc()), search=(Proposal.name,)
        )
    items = tuple(_proposal(one) for one in found.rows)
    return _json(Proposals(items=items, total=found.total, page=found.number, pages=found.pages))


@routes.get(
    _AT + "/proposals",
    READ,
    summary="What educators have proposed",
    response_model=Proposals,
    openapi_extra=_listed(),
)
def handed_in(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Drafts are their writers' alone."""
    return _proposals(visit, select(Proposal).where(Proposal.org_id == visit.here.id, Proposal.state != "draft"))


@routes.get(_AT + "/proposals/{proposal_id}", READ, summary="A proposal", response_model=ProposalState)
def proposal(visit: VisitDep, org: str, proposal_id: str) -> Response:  # noqa: ARG001
    """One that was handed in."""
    with visit.reading() as session:
        return _json(_proposal(proposals.handed_in(session, visit.here.id, proposal_id)))


@routes.post(
    _AT + "/proposals/{proposal_id}/adopt",
    WRITE,
    summary="Adopt a proposal: make a draft of a micro-credential from it",
    status_code=201,
    response_model=DefinitionState,
    openapi_extra=body_schema(Answer),
)
def adopt(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    proposal_id: str,
    given: Annotated[Answer, programs.body_of(Answer)],
) -> Response:
    """The educator gets a message."""
    with visit.writing() as session:
        row = proposals.handed_in(session, visit.here.id, proposal_id)
        made = proposals.adopt(
            session,
            visit.desk,
            visit.here,
            row,
            answer=given.answer,
            expected=given.version,
            actor=visit.actor,
            now=visit.now,
        )
        state = _state(session, visit, made)
    visit.desk.wake()
    return _json(state, 201, _path(visit, made))


@routes.post(
    _AT + "/proposals/{proposal_id}/decline",
    WRITE,
    summary="Decline a proposal, and say why",
    response_model=ProposalState,
    openapi_extra=body_schema(Answer),
)
def decline(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    proposal_id: str,
    given: Annotated[Answer, programs.body_of(Answer)],
) -> Response:
    """The educator gets a message."""
    with visit.writing() as session:
        row = proposals.handed_in(session, visit.here.id, proposal_id)
        proposals.decline(
            session,
            visit.desk,
            visit.here,
            row,
            answer=given.answer,
            expected=given.version,
            actor=visit.actor,
            now=visit.now,
        )
    visit.desk.wake()
    return _json(_proposal(row))


@routes.get(
    "/api/v1/me/proposals",
    ACCOUNT,
    summary="What I have proposed",
    response_model=Proposals,
    openapi_extra=_listed(),
)
def my_proposals(visit: VisitDep) -> Response:
    """Drafts too."""
    return _proposals(visit, select(Proposal).where(Proposal.account_id == visit.me.id))


@routes.post(
    "/api/v1/me/proposals",
    ACCOUNT,
    summary="Begin a proposal to an organization I belong to",
    status_code=201,
    response_model=ProposalState,
    openapi_extra=body_schema(NewProposal),
)
def start_proposal(visit: VisitDep, given: Annotated[NewProposal, programs.body_of(NewProposal)]) -> Response:
    """It is a draft that nobody else sees."""
    held: tuple[Organization, Any] | None = visit.organizations.get(given.organization)
    if held is None:
        raise Mistakes(Mistake("organization", "Choose the organization that you propose it to."))
    with visit.writing() as session:
        made = proposals.write(session, held[0], visit.me, given.proposal, now=visit.now)
    return _json(_proposal(made), 201, f"/api/v1/me/proposals/{made.id}")


@routes.get("/api/v1/me/proposals/{proposal_id}", ACCOUNT, summary="One of my proposals", response_model=ProposalState)
def my_proposal(visit: VisitDep, proposal_id: str) -> Response:
    """With its answer."""
    with visit.reading() as session:
        return _json(_proposal(proposals.own(session, visit.me.id, proposal_id)))


@routes.put(
    "/api/v1/me/proposals/{proposal_id}",
    ACCOUNT,
    summary="Save one of my proposals, or hand it in",
    response_model=ProposalState,
    openapi_extra=body_schema(ProposalChange),
)
def change_proposal(
    visit: VisitDep, proposal_id: str, given: Annotated[ProposalChange, programs.body_of(ProposalChange)]
) -> Response:
    """While it is a draft."""
    with visit.writing() as session:
        row = proposals.own(session, visit.me.id, proposal_id)
        proposals.change(session, row, given.proposal, expected=given.version, now=visit.now, submit=given.submit)
    return _json(_proposal(row))


@routes.post(
    "/api/v1/me/proposals/{proposal_id}/take-back",
    ACCOUNT,
    summary="Write on at a proposal that nobody has answered",
    response_model=ProposalState,
)
def take_back(visit: VisitDep, proposal_id: str) -> Response:
    """It is a draft again."""
    with visit.writing() as session:
        row = proposals.own(session, visit.me.id, proposal_id)
        proposals.take_back(session, row, now=visit.now)
    return _json(_proposal(row))


@routes.delete(
    "/api/v1/me/proposals/{proposal_id}",
    ACCOUNT,
    summary="Delete one of my drafts",
    status_code=204,
    response_class=Response,
)
def delete_proposal(visit: VisitDep, proposal_id: str) -> Response:
    """One that was handed in is taken back first."""
    with visit.writing() as session:
        proposals.delete(session, proposals.own(session, visit.me.id, proposal_id), now=visit.now)
    return Response(status_code=204)
