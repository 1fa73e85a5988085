"""Pages on which authors write the catalogue of their organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, select
from starlette.responses import Response

from badgeport.issuer.catalog import authoring, exchange, pictures, quality
from badgeport.issuer.catalog.definition import CREDIT_UNITS, DefinitionBody
from badgeport.issuer.catalog.editor import Editor
from badgeport.issuer.catalog.public import levels_of
from badgeport.issuer.catalog.services import body_of, definition_of, version_of, versions_of
from badgeport.issuer.catalog.tables import Definition, Proposal
from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes, refuse
from badgeport.issuer.people.roles import Role
from badgeport.issuer.web.access import members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas.structure.vocabulary import ACHIEVEMENT_TYPES

routes = Routes("catalog")
READ = members(Role.ADMINISTRATOR, Role.AUTHOR, Role.REGISTRAR, Role.AUDITOR)
WRITE = members(Role.AUTHOR)
STATES = ("draft", "published", "retired")


def _home(org: str, definition_id: str = "") -> str:
    return f"/o/{org}/catalog" + (f"/{definition_id}" if definition_id else "")


# ---------------------------------------------------------------- lists


@routes.page("/o/{org}/catalog", READ)
def catalog(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the path's, checked by its rule
    """All definitions of the organisation."""
    params = visit.request.query_params
    statement = select(Definition).where(Definition.org_id == visit.here.id)
    if params.get("state") in STATES:
        statement = statement.where(Definition.state == params["state"])
    if params.get("kind") in authoring.KINDS:
        statement = statement.where(Definition.kind == params["kind"])
    with visit.reading() as session:
        found = listing(
            session,
            visit.request,
            statement.order_by(Definition.name, Definition.id),
            search=(Definition.name, Definition.summary),
        )
        waiting = len(
            session.exec(
                select(Proposal.id).where(Proposal.org_id == visit.here.id, Proposal.state == "submitted")
            ).all()
        )
    if wants_csv(visit.request):
        rows = [[one.name, one.kind, one.state, one.current, one.draft, one.unit] for one in found.rows]
        return csv_response("definitions", ["name", "kind", "state", "published version", "draft", "unit"], rows)
    return page(visit, "catalog/definitions.html", found=found, waiting=waiting)


# ---------------------------------------------------------------- in and out


@routes.page("/o/{org}/catalog/exchange", READ)
def exchange_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Import and export."""
    return page(visit, "catalog/exchange.html", columns=exchange.COLUMNS, result=None)


@routes.page("/o/{org}/catalog/export", READ)
def export(visit: VisitDep, org: str) -> Response:
    """All definitions as one file."""
    with visit.reading() as session:
        definitions = session.exec(
            select(Definition).where(Definition.org_id == visit.here.id).order_by(Definition.name)
        ).all()
        if wants_csv(visit.request):
            return csv_response(f"{org}-catalog", exchange.COLUMNS, exchange.to_rows(session, definitions))
        data = exchange.to_json(session, visit.desk, visit.here, definitions)
    headers = {"Content-Disposition": f'attachment; filename="{org}-catalog.json"', "Cache-Control": "no-store"}
    return Response(data, 200, headers, "application/json")


@routes.form("/o/{org}/catalog/import", WRITE)
def take_in(visit: VisitDep, form: FormDep, org: str) -> Response:  # noqa: ARG001
    """Check a file, or take its definitions in as drafts."""
    try:
        upload = form.file("file")
        if upload is None:
            refuse("file", "Choose a file.")
        entries = exchange.read(upload.file.read(exchange.MOST_BYTES + 1))
    except Mistakes as mistakes:
        return page(visit, "catalog/exchange.html", form=form, mistakes=mistakes, columns=exchange.COLUMNS, result=None)
    made = exchange.take(
        visit.desk,
        visit.here,
        entries,
        only_check=form["do"] != "import",
        good_ones=form.on("good"),
        actor=visit.actor,
        now=visit.now,
    )
    return page(visit, "catalog/exchange.html", form=form, columns=exchange.COLUMNS, result=made)


# ---------------------------------------------------------------- writing


@routes.page("/o/{org}/catalog/new", WRITE)
def new(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """The form of a new definition."""
    kind = "stack" if visit.request.query_params.get("kind") == "stack" else "micro-credential"
    return _editor(visit, Editor.empty(kind), kind=kind)


@routes.form("/o/{org}/catalog/new", WRITE)
def create(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Add or take away a row, or make the definition."""
    kind = "stack" if form["kind"] == "stack" else "micro-credential"
    editor = Editor.of_form(form)
    if editor.act(form["do"]) is not None:
        return _editor(visit, editor, kind=kind)
    editor = editor.tidied()
    try:
        body = editor.body()
        with visit.writing() as session:
            definition = authoring.create(session, visit.here, kind=kind, body=body, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _editor(visit, editor, kind=kind, mistakes=mistakes)
    if form["do"] == "choose":
        return see(visit, f"{_home(org, definition.id)}/standards", "The draft is saved.")
    return see(visit, _home(org, definition.id), "The draft is saved.")


@routes.page("/o/{org}/catalog/{definition_id}/edit", WRITE)
def edit(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """The form of a draft."""
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        draft = authoring.draft_of(session, definition)
    editor = Editor.of_body(body_of(draft))
    return _editor(visit, editor, kind=definition.kind, definition=definition, version=draft.version)


@routes.form("/o/{org}/catalog/{definition_id}/edit", WRITE)
def save(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Add or take away a row, or save the draft."""
    expected = version_in(form)
    editor = Editor.of_form(form)
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        draft = authoring.draft_of(session, definition)
    if editor.act(form["do"]) is not None:
        return _editor(visit, editor, kind=definition.kind, definition=definition, version=expected)
    editor = editor.tidied()
    try:
        body = editor.body(body_of(draft))
        with visit.writing() as session:
            definition = definition_of(session, visit.here.id, definition_id)
            # The picture is chosen on a page of its own; whatever it is by now is kept.
            body = body.model_copy(update={"image": body_of(authoring.draft_of(session, definition)).image})
            authoring.save_draft(session, definition, body, expected=expected, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _editor(visit, editor, kind=definition.kind, definition=definition, version=expected, mistakes=mistakes)
    except Conflict as conflict:
        found = Mistakes(Mistake("", conflict.text, conflict.values))
        return _editor(
            visit,
            editor,
            kind=definition.kind,
            definition=definition,
            version=draft.version,
            mistakes=found,
            status=409,
            overtaken=True,
        )
    if form["do"] == "choose":
        return see(visit, f"{_home(org, definition_id)}/standards", "The draft is saved.")
    return see(visit, _home(org, definition_id), "The draft is saved.")


def _editor(
    visit: Visit,
    editor: Editor,
    *,
    kind: str,
    definition: Definition | None = None,
    version: int = 0,
    mistakes: Mistakes | None = None,
    status: int | None = None,
    overtaken: bool = False,
) -> Response:
    with visit.reading() as session:
        others = session.exec(
            select(Definition)
            .where(Definition.org_id == visit.here.id, Definition.state != "retired")
            .where(Definition.id != (definition.id if definition else ""))
            .order_by(Definition.name)
        ).all()
    types = sorted({*ACHIEVEMENT_TYPES, editor.plain.get("achievement_type") or "MicroCredential"})
    languages = sorted({"en", "es", editor.plain.get("language") or "en"})
    return page(
        visit,
        "catalog/edit.html",
        form=editor.form(),
        mistakes=mistakes,
        status=status,
        editor=editor,
        kind=kind,
        definition=definition,
        version=version,
        others=others,
        units=CREDIT_UNITS,
        types=[(one, one) for one in types],
        body_languages=[(one, one) for one in languages],
        overtaken=overtaken,
    )


# ---------------------------------------------------------------- one definition


@routes.page("/o/{org}/catalog/{definition_id}", READ)
def definition_page(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """A definition: what it says, its versions, what can be done with it."""
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        wanted = visit.request.query_params.get("version", "")
        versions = versions_of(session, definition)
        number = number_in(wanted) or definition.draft or definition.current
        version = version_of(session, definition, number)
        is_draft = version.published is None
        lacks = authoring.unready(session, visit.desk, visit.here, definition, version) if is_draft else Mistakes()
        values = {
            "definition": definition,
            "version": version,
            "versions": versions,
            "is_draft": is_draft,
            "lacks": lacks,
            "frameworks": quality.frameworks(session, visit.here.id),
            "reviews": quality.reviews_of(session, version),
            "stacks": authoring.stacks_naming(session, definition),
            **_shown(session, body_of(version)),
        }
    return page(visit, "catalog/definition.html", **values)


@routes.page("/o/{org}/catalog/{definition_id}/preview", READ)
def preview(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """The draft as educators would see it."""
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        version = version_of(session, definition, definition.draft or definition.current)
        values = {"definition": definition, "version": version, **_shown(session, body_of(version))}
    return page(visit, "catalog/preview.html", **values)


def _shown(session: Session, body: DefinitionBody) -> dict[str, Any]:
    names = {}
    for one in body.stack.members() if body.stack else ():
        member = session.get(Definition, one)
        names[one] = member
    return {"body": body, "levels": levels_of(body), "members": names}


@routes.page("/o/{org}/catalog/{definition_id}/picture", READ)
def draft_picture(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """The picture of the newest version, for authors."""
    from badgeport.issuer.catalog.public_pages import picture_response
    from badgeport.issuer.catalog.services import picture_of

    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        body = body_of(version_of(session, definition, definition.draft or definition.current))
        data, kind = picture_of(session, visit.desk, visit.here, body)
    return picture_response(data, kind, "no-store")


@routes.form("/o/{org}/catalog/{definition_id}/draft", WRITE)
def begin_draft(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """Begin the next version."""
    with visit.writing() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        authoring.start_draft(session, definition, actor=visit.actor, now=visit.now)
    return see(visit, f"{_home(org, definition_id)}/edit")


@routes.page("/o/{org}/catalog/{definition_id}/image", WRITE)
def image_form(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """Choose the badge's picture."""
    return _image_page(visit, definition_id)


@routes.form("/o/{org}/catalog/{definition_id}/image", WRITE)
def choose_image(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Put a picture on the draft, or go back to the one that is drawn."""
    stored: tuple[str, int, str] | None = None
    try:
        if form["do"] != "remove":
            upload = form.file("image")
            if upload is None:
                refuse("image", "Choose a file.")
            stored = pictures.store(visit.desk, upload.file.read(pictures.MOST_BYTES + 1))
        with visit.writing() as session:
            definition = definition_of(session, visit.here.id, definition_id)
            draft = authoring.draft_of(session, definition)
            digest = pictures.keep(session, *stored, visit.now) if stored else None
            body = body_of(draft).model_copy(update={"image": digest})
            authoring.save_draft(session, definition, body, expected=version_in(form), actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _image_page(visit, definition_id, mistakes)
    return see(visit, _home(org, definition_id), "The picture is saved.")


def _image_page(visit: Visit, definition_id: str, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        draft = authoring.draft_of(session, definition)
    return page(visit, "catalog/image.html", mistakes=mistakes, definition=definition, draft=draft, body=body_of(draft))


# ---------------------------------------------------------------- steps that are asked about first


_DONE: Mapping[str, str] = {
    "publish": keyed("It is published. This version never changes from now on."),
    "retire": keyed("It is retired. Badges of it stay as they are."),
    "reopen": keyed("It can be earned again."),
    "discard": keyed("The draft is thrown away."),
}


@routes.page("/o/{org}/catalog/{definition_id}/publish", WRITE)
def ask_publish(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """What publishing does, and what is still missing."""
    return _step(visit, definition_id, "publish")


@routes.form("/o/{org}/catalog/{definition_id}/publish", WRITE)
def publish(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Publish the draft."""
    return _take_step(visit, form, org, definition_id, "publish")


@routes.page("/o/{org}/catalog/{definition_id}/retire", WRITE)
def ask_retire(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """What retiring does."""
    return _step(visit, definition_id, "retire")


@routes.form("/o/{org}/catalog/{definition_id}/retire", WRITE)
def retire(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Retire it."""
    return _take_step(visit, form, org, definition_id, "retire")


@routes.page("/o/{org}/catalog/{definition_id}/reopen", WRITE)
def ask_reopen(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """What bringing back does."""
    return _step(visit, definition_id, "reopen")


@routes.form("/o/{org}/catalog/{definition_id}/reopen", WRITE)
def reopen(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Bring it back."""
    return _take_step(visit, form, org, definition_id, "reopen")


@routes.page("/o/{org}/catalog/{definition_id}/discard", WRITE)
def ask_discard(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """What throwing the draft away does."""
    return _step(visit, definition_id, "discard")


@routes.form("/o/{org}/catalog/{definition_id}/discard", WRITE)
def discard(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Throw the draft away."""
    return _take_step(visit, form, org, definition_id, "discard")


def _step(
    visit: Visit, definition_id: str, step: str, *, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        state = {"retire": "published", "reopen": "retired"}.get(step, definition.state)
        if definition.state != state:
            raise Absent
        draft = authoring.draft_of(session, definition) if step in ("publish", "discard") else None
        lacks = Mistakes()
        if step == "publish" and draft is not None:
            lacks = authoring.unready(session, visit.desk, visit.here, definition, draft)
    return page(
        visit,
        "catalog/step.html",
        form=form,
        mistakes=mistakes,
        definition=definition,
        draft=draft,
        step=step,
        lacks=lacks,
        version=draft.version if draft is not None else definition.version,
    )


def _take_step(visit: Visit, form: Form, org: str, definition_id: str, step: str) -> Response:
    reason, expected = form["reason"], version_in(form)
    left = True
    try:
        with visit.writing() as session:
            definition = definition_of(session, visit.here.id, definition_id)
            if step == "publish":
                authoring.publish(
                    session, visit.desk, visit.here, definition, expected=expected, actor=visit.actor, now=visit.now
                )
            elif step == "discard":
                left = authoring.discard_draft(
                    session, definition, expected=expected, reason=reason, actor=visit.actor, now=visit.now
                )
            else:
                take = authoring.retire if step == "retire" else authoring.reopen
                take(session, definition, expected=expected, reason=reason, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _step(visit, definition_id, step, form=form, mistakes=mistakes)
    return see(visit, _home(org, definition_id if left else ""), _DONE[step])


@routes.page("/o/{org}/catalog/{definition_id}/duplicate", WRITE)
def ask_duplicate(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """The name of a copy."""
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
    form = Form.of({"name": visit.speech.say("{name} (copy)", name=definition.name)})
    return page(visit, "catalog/duplicate.html", form=form, definition=definition)


@routes.form("/o/{org}/catalog/{definition_id}/duplicate", WRITE)
def duplicate(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Make a copy."""
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
    if not form["name"] or len(form["name"]) > 300:
        mistakes = Mistakes(Mistake("name", "Give it a name of at most 300 letters."))
        return page(visit, "catalog/duplicate.html", form=form, mistakes=mistakes, definition=definition)
    with visit.writing() as session:
        source = definition_of(session, visit.here.id, definition_id)
        copy = authoring.duplicate(session, visit.here, source, name=form["name"], actor=visit.actor, now=visit.now)
    return see(visit, _home(org, copy.id), "The copy is a draft of its own.")


# ---------------------------------------------------------------- review against a framework


@routes.page("/o/{org}/catalog/{definition_id}/review/{framework_id}", WRITE)
def review_form(visit: VisitDep, org: str, definition_id: str, framework_id: str) -> Response:  # noqa: ARG001
    """The draft beside the components of a quality framework."""
    return _review(visit, definition_id, framework_id)


@routes.form("/o/{org}/catalog/{definition_id}/review/{framework_id}", WRITE)
def review(visit: VisitDep, form: FormDep, org: str, definition_id: str, framework_id: str) -> Response:
    """Record a review."""
    findings = {
        name.removeprefix("evidence-"): quality.Finding(
            met=form.on("met-" + name.removeprefix("evidence-")), evidence=form[name]
        )
        for name in form
        if name.startswith("evidence-")
    }
    try:
        with visit.writing() as session:
            definition = definition_of(session, visit.here.id, definition_id)
            row = quality.review(
                session,
                definition,
                authoring.draft_of(session, definition),
                quality.framework_of(session, visit.here.id, framework_id),
                findings,
                expected=version_in(form),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _review(visit, definition_id, framework_id, form, mistakes)
    said = keyed("The review is saved: passed.") if row.passed else keyed("The review is saved: not passed yet.")
    return see(visit, _home(org, definition_id), said)


def _review(
    visit: Visit,
    definition_id: str,
    framework_id: str,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
) -> Response:
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        draft = authoring.draft_of(session, definition)
        framework = quality.framework_of(session, visit.here.id, framework_id)
        last = quality.latest_review(session, draft, framework)
        shown = _shown(session, body_of(draft))
    if form is None:
        findings = last.findings if last else {}
        form = Form.of(
            {
                **{f"met-{name}": "yes" for name, one in findings.items() if one["met"]},
                **{f"evidence-{name}": one["evidence"] for name, one in findings.items()},
            }
        )
    return page(
        visit,
        "catalog/review.html",
        form=form,
        mistakes=mistakes,
        definition=definition,
        draft=draft,
        framework=framework,
        components=quality.components_of(framework),
        **shown,
    )


def version_in(form: Form) -> int:
    """The version of a thing that a form was made from; 0, which nothing has, where it names none."""
    return number_in(form["version"])


def number_in(text: str) -> int:
    """A number of a version as an address or a form states it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
