"""The agreements of an organization, for people: members by their days, drafts, editions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, select
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.office import OfficeDep
from badgeport.receiver.partnerships import agreements
from badgeport.receiver.partnerships.tables import Partnership
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.author_pages import READ, WRITE, number_in, shared, told
from badgeport.receiver.policies.tables import Edition

routes = Routes("partnerships")

MEMBERSHIPS: Mapping[str, str] = {
    "current": keyed("Member today"),
    "coming": keyed("Not yet a member"),
    "ended": keyed("Not a member any more"),
    "withdrawn": keyed("Withdrew"),
}
MEMBER_SIGNS = {"current": "active", "coming": "due"}
_PARTS = ("id", "name", "area", "issuers", "from", "until", "withdrawn")
_BLANK_ROWS = 2


@routes.page("/o/{org}/agreements", READ)
def overview(visit: VisitDep, org: str) -> Response:
    """All agreements."""
    today = visit.now.date()
    with visit.reading() as session:
        statement = select(Partnership).where(Partnership.org_id == visit.here.id)
        found = listing(
            session,
            visit.request,
            statement.order_by(Partnership.title, Partnership.id),
            search=(Partnership.title, Partnership.name),
        )
        rows = []
        for row in found.rows:
            published = editions.newest_published(session, editions.AGREEMENT, row.id)
            said = None if published is None else agreements.said_by(published)
            now = 0 if said is None else len(said.members_on(today))
            rows.append({"row": row, "published": published, "said": said, "now": now})
    if wants_csv(visit.request):
        return csv_response(
            f"{org}-agreements",
            ["name", "title", "published", "members today"],
            ([each["row"].name, each["row"].title, bool(each["published"]), each["now"]] for each in rows),
        )
    return page(visit, "partnerships/agreements.html", list=found, rows=rows, **_shared(visit))


@routes.page("/o/{org}/agreements/new", WRITE)
def new_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the visit knows it
    """A new agreement."""
    return _new_page(visit)


def _new_page(visit: Visit, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    address = visit.desk.url(f"/agreements/{visit.here.slug}.")
    return page(
        visit, "partnerships/agreement_new.html", form=form, mistakes=mistakes, address=address, **_shared(visit)
    )


@routes.form("/o/{org}/agreements/new", WRITE)
def new(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Begin an agreement."""
    try:
        with visit.writing() as session:
            row = agreements.create(
                session, visit.here, name=form["name"], title=form["title"], actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return _new_page(visit, form, mistakes)
    return see(visit, f"/o/{org}/agreements/{row.id}/edit", "The draft is made. Name the members.")


@routes.page("/o/{org}/agreements/{agreement_id}", READ)
def show(visit: VisitDep, org: str, agreement_id: str) -> Response:  # noqa: ARG001
    """One agreement: who is a member today, its draft, its editions."""
    with visit.reading() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        rows = editions.editions_of(session, editions.AGREEMENT, row.id)
        published = editions.newest_published(session, editions.AGREEMENT, row.id)
    said = None if published is None else agreements.said_by(published)
    return page(
        visit,
        "partnerships/agreement.html",
        row=row,
        editions=rows,
        published=published,
        agreement=said,
        memberships=[] if said is None else agreements.memberships(said, visit.now.date()),
        address=agreements.address_of(visit.desk, visit.here, row.name),
        **_shared(visit),
    )


@routes.page("/o/{org}/agreements/{agreement_id}/edit", WRITE)
def edit_page(visit: VisitDep, org: str, agreement_id: str) -> Response:
    """The draft, with what is wrong with it."""
    with visit.reading() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
    if row.draft is None:
        return see(visit, f"/o/{org}/agreements/{agreement_id}")
    body = agreements.draft_of(row)
    return _editor(visit, row, form_of_body(body), row.version, mistakes=_wrong(visit, row, body), status=200)


@routes.form("/o/{org}/agreements/{agreement_id}/edit", WRITE)
def edit(visit: VisitDep, form: FormDep, org: str, agreement_id: str) -> Response:
    """Keep the draft, right or wrong."""
    expected = number_in(form["version"])
    try:
        with visit.writing() as session:
            row = agreements.partnership_of(session, visit.here, agreement_id)
            agreements.save(session, row, body_of_form(form), expected=expected, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _editor(visit, row, form, expected, mistakes=mistakes)
    except Conflict as conflict:
        with visit.reading() as session:
            row = agreements.partnership_of(session, visit.here, agreement_id)
        found = Mistakes(Mistake("", conflict.text, conflict.values))
        return _editor(visit, row, form, row.version, mistakes=found, status=409)
    if form["do"] == "close":
        return see(visit, f"/o/{org}/agreements/{agreement_id}", "The draft is saved.")
    return see(visit, f"/o/{org}/agreements/{agreement_id}/edit", "The draft is saved.")


def _wrong(visit: Visit, row: Partnership, body: Mapping[str, Any]) -> Mistakes:
    try:
        agreements.read(body, agreements.address_of(visit.desk, visit.here, row.name))
    except Mistakes as mistakes:
        return Mistakes(*(Mistake(one.field.replace("/", "-"), one.text, one.values) for one in mistakes.found))
    return Mistakes()


def _editor(
    visit: Visit, row: Partnership, form: Form, version: int, *, mistakes: Mistakes, status: int | None = None
) -> Response:
    return page(
        visit,
        "partnerships/agreement_edit.html",
        form=form,
        mistakes=mistakes,
        status=status,
        row=row,
        version=version,
        count_rows=_rows_in(form) + _BLANK_ROWS,
        overtaken=status == 409,
        **_shared(visit),
    )


@routes.page("/o/{org}/agreements/{agreement_id}/publish", WRITE)
def publish_page(visit: VisitDep, org: str, agreement_id: str) -> Response:  # noqa: ARG001
    """What publishing does."""
    with visit.reading() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        before = editions.newest_published(session, editions.AGREEMENT, row.id)
    if row.draft is None:
        raise Absent
    address = agreements.address_of(visit.desk, visit.here, row.name)
    body, said = agreements.draft_of(row), None
    wrong = _wrong(visit, row, body)
    if not wrong:
        said = agreements.read(body, address)
    return page(
        visit,
        "partnerships/agreement_publish.html",
        row=row,
        wrong=wrong.found,
        agreement=said,
        memberships=[] if said is None else agreements.memberships(said, visit.now.date()),
        before=before,
        address=address,
        **_shared(visit),
    )


@routes.form("/o/{org}/agreements/{agreement_id}/publish", WRITE)
def publish(visit: VisitDep, form: FormDep, org: str, agreement_id: str) -> Response:
    """Freeze the draft and have it signed."""
    try:
        with visit.writing() as session:
            row = agreements.partnership_of(session, visit.here, agreement_id)
            agreements.publish(
                session,
                visit.desk,
                visit.here,
                row,
                expected=number_in(form["version"]),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes:
        return see(visit, f"/o/{org}/agreements/{agreement_id}/publish")
    visit.desk.wake()
    return see(
        visit, f"/o/{org}/agreements/{agreement_id}", "It is being signed, and is published as soon as that is done."
    )


@routes.page("/o/{org}/agreements/{agreement_id}/discard", WRITE)
def discard_page(visit: VisitDep, org: str, agreement_id: str) -> Response:  # noqa: ARG001
    """What discarding does."""
    return _discard_page(visit, agreement_id)


def _discard_page(visit: Visit, agreement_id: str, form: Form | None = None, wrong: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
    if row.draft is None:
        raise Absent
    return page(visit, "partnerships/agreement_discard.html", form=form, mistakes=wrong, row=row, **_shared(visit))


@routes.form("/o/{org}/agreements/{agreement_id}/discard", WRITE)
def discard(visit: VisitDep, form: FormDep, org: str, agreement_id: str) -> Response:
    """Throw the draft away."""
    try:
        with visit.writing() as session:
            row = agreements.partnership_of(session, visit.here, agreement_id)
            left = agreements.discard(
                session,
                row,
                expected=number_in(form["version"]),
                why=form["why"],
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _discard_page(visit, agreement_id, form, mistakes)
    return see(
        visit, f"/o/{org}/agreements/{agreement_id}" if left else f"/o/{org}/agreements", "The draft is discarded."
    )


@routes.form("/o/{org}/agreements/{agreement_id}/draft", WRITE)
def begin(visit: VisitDep, form: FormDep, org: str, agreement_id: str) -> Response:  # noqa: ARG001
    """Begin the next edition from the newest one."""
    with visit.writing() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        agreements.begin(session, row, newest(session, row), actor=visit.actor, now=visit.now)
    return see(visit, f"/o/{org}/agreements/{agreement_id}/edit", "The draft is made. Change what is different now.")


@routes.page("/o/{org}/agreements/{agreement_id}/withdraw", WRITE)
def withdraw_page(visit: VisitDep, org: str, agreement_id: str) -> Response:  # noqa: ARG001
    """What taking it back does."""
    return _withdraw_page(visit, agreement_id)


def _withdraw_page(
    visit: Visit, agreement_id: str, form: Form | None = None, wrong: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        newest(session, row)
    return page(visit, "partnerships/agreement_withdraw.html", form=form, mistakes=wrong, row=row, **_shared(visit))


@routes.form("/o/{org}/agreements/{agreement_id}/withdraw", WRITE)
def withdraw(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, agreement_id: str) -> Response:
    """Take it back; no edition of it comes into force again."""
    try:
        with visit.writing() as session:
            row = agreements.partnership_of(session, visit.here, agreement_id)
            editions.take_back(session, editions.AGREEMENT, row.id, why=form["why"], actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _withdraw_page(visit, agreement_id, form, mistakes)
    told(office)
    return see(visit, f"/o/{org}/agreements/{agreement_id}", "The agreement is withdrawn.")


def newest(session: Session, row: Partnership) -> Edition:
    """The newest edition of an agreement. Raises Absent where there is none."""
    found = editions.editions_of(session, editions.AGREEMENT, row.id)
    if not found:
        raise Absent
    return found[0]


# ---------------------------------------------------------------- the form


def body_of_form(form: Form) -> dict[str, Any]:
    """An agreement as its form states it, without rows and members that are empty."""
    body: dict[str, Any] = {name: form[name] for name in ("title", "from", "until", "note") if form[name]}
    standard = {name: form[f"qualityStandard-{name}"] for name in ("name", "url") if form[f"qualityStandard-{name}"]}
    if standard:
        body["qualityStandard"] = standard
    members = []
    for index in range(_rows_in(form)):
        row: dict[str, Any] = {}
        for part in _PARTS:
            value = form[f"members-{index}-{part}"]
            if value:
                row[part] = value.split() if part == "issuers" else value
        if form.on(f"members-{index}-alone"):
            row.setdefault("issuers", [])
        if row:
            members.append(row)
    body["members"] = members
    return body


def form_of_body(body: Mapping[str, Any]) -> Form:
    """The form filled in with an agreement."""
    values: dict[str, Any] = {name: body.get(name, "") for name in ("title", "from", "until", "note")}
    standard = body.get("qualityStandard")
    for name in ("name", "url"):
        values[f"qualityStandard-{name}"] = standard.get(name, "") if isinstance(standard, Mapping) else ""
    members = body.get("members")
    for index, member in enumerate(members if isinstance(members, list) else []):
        for part in _PARTS:
            value = member.get(part, "") if isinstance(member, Mapping) else ""
            values[f"members-{index}-{part}"] = "\n".join(map(str, value)) if isinstance(value, list) else value
        if isinstance(member, Mapping) and member.get("issuers") == []:
            values[f"members-{index}-alone"] = "yes"
    return Form.of(values)


def _rows_in(form: Form) -> int:
    numbers = [number_in(name.split("-")[1]) + 1 for name in form if name.startswith("members-")]
    return min(max(numbers, default=0), agreements.MOST_MEMBERS + _BLANK_ROWS)


def _shared(visit: Visit) -> dict[str, Any]:
    return {**shared(visit), "member_states": MEMBERSHIPS, "member_signs": MEMBER_SIGNS}
