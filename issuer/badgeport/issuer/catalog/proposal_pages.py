"""Pages of proposals: an educator's own, and those handed in to an organisation."""

from __future__ import annotations

import re
from typing import Any

from badgeport.web.words import keyed
from pydantic import ValidationError
from sqlmodel import col, select
from starlette.responses import Response

from badgeport.issuer.catalog import proposals
from badgeport.issuer.catalog.author_pages import READ, WRITE, version_in
from badgeport.issuer.catalog.tables import Proposal
from badgeport.issuer.mistakes import Conflict, Mistake, Mistakes, plain_reason
from badgeport.issuer.people.tables import Identity, Organization
from badgeport.issuer.web.access import ACCOUNT
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("catalog")
_TEXTS = ("name", "goal", "why", "evidence")
Row = dict[str, str]


# ---------------------------------------------------------------- the educator's


@routes.page("/home/proposals", ACCOUNT)
def own_proposals(visit: VisitDep) -> Response:
    """What one has proposed."""
    statement = (
        select(Proposal, Organization)
        .where(Proposal.account_id == visit.me.id, Organization.id == Proposal.org_id)
        .order_by(col(Proposal.created).desc())
    )
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(Proposal.name, Organization.name))
    if wants_csv(visit.request):
        rows = [[one.body.get("name", ""), org.name, one.state, one.submitted, one.answer] for one, org in found.rows]
        return csv_response("proposals", ["name", "organization", "state", "handed in", "answer"], rows)
    return page(visit, "catalog/own_proposals.html", found=found)


@routes.page("/home/proposals/new", ACCOUNT)
def new_proposal(visit: VisitDep) -> Response:
    """The form of a new proposal."""
    return _form_page(visit, Form(), [{"title": "", "hours": ""}])


@routes.form("/home/proposals/new", ACCOUNT)
def start_proposal(visit: VisitDep, form: FormDep) -> Response:
    """Add or take away an experience, save, or hand in."""
    rows = _rows(form)
    if _acted(rows, form["do"]):
        return _form_page(visit, form, rows)
    rows = _tidied(rows)
    try:
        body = _body(form, rows)
        held = visit.organizations.get(form["org"])
        if held is None:
            raise Mistakes(Mistake("org", "Choose the organization that you propose it to."))
        with visit.writing() as session:
            made = proposals.write(session, held[0], visit.me, body, now=visit.now)
            if form["do"] == "submit":
                proposals.change(session, made, body, expected=made.version, now=visit.now, submit=True)
    except Mistakes as mistakes:
        return _form_page(visit, form, rows, mistakes=mistakes)
    return see(visit, f"/home/proposals/{made.id}", _said(form))


@routes.page("/home/proposals/{proposal_id}", ACCOUNT)
def own_proposal(visit: VisitDep, proposal_id: str) -> Response:
    """One's proposal: to be written on, or with its answer."""
    with visit.reading() as session:
        proposal = proposals.own(session, visit.me.id, proposal_id)
        org = session.get(Organization, proposal.org_id)
    body = proposals.body_of(proposal)
    if proposal.state != "draft":
        return page(visit, "catalog/own_proposal.html", proposal=proposal, body=body, organization=org)
    form = Form.of({name: getattr(body, name) for name in _TEXTS})
    rows = [{"title": one.title, "hours": "" if one.hours is None else f"{one.hours:g}"} for one in body.pathway]
    return _form_page(visit, form, rows, proposal)


@routes.form("/home/proposals/{proposal_id}", ACCOUNT)
def save_proposal(visit: VisitDep, form: FormDep, proposal_id: str) -> Response:
    """Add or take away an experience, save, or hand in."""
    rows = _rows(form)
    with visit.reading() as session:
        proposal = proposals.own(session, visit.me.id, proposal_id)
    if _acted(rows, form["do"]):
        return _form_page(visit, form, rows, proposal, version=version_in(form))
    rows = _tidied(rows)
    try:
        body = _body(form, rows)
        with visit.writing() as session:
            kept = proposals.own(session, visit.me.id, proposal_id)
            proposals.change(
                session, kept, body, expected=version_in(form), now=visit.now, submit=form["do"] == "submit"
            )
    except Mistakes as mistakes:
        return _form_page(visit, form, rows, proposal, mistakes=mistakes, version=version_in(form))
    except Conflict as conflict:
        if proposal.state != "draft":
            raise
        found = Mistakes(Mistake("", conflict.text, conflict.values))
        return _form_page(visit, form, rows, proposal, mistakes=found, status=409)
    return see(visit, f"/home/proposals/{proposal_id}", _said(form))


@routes.form("/home/proposals/{proposal_id}/take-back", ACCOUNT)
def take_back(visit: VisitDep, form: FormDep, proposal_id: str) -> Response:  # noqa: ARG001
    """Write on at a proposal that was handed in."""
    with visit.writing() as session:
        proposals.take_back(session, proposals.own(session, visit.me.id, proposal_id), now=visit.now)
    return see(visit, f"/home/proposals/{proposal_id}", "It is a draft again.")


@routes.page("/home/proposals/{proposal_id}/delete", ACCOUNT)
def ask_delete(visit: VisitDep, proposal_id: str) -> Response:
    """What deleting does."""
    with visit.reading() as session:
        proposal = proposals.own(session, visit.me.id, proposal_id)
    return page(visit, "catalog/proposal_delete.html", proposal=proposal, body=proposals.body_of(proposal))


@routes.form("/home/proposals/{proposal_id}/delete", ACCOUNT)
def delete_proposal(visit: VisitDep, form: FormDep, proposal_id: str) -> Response:  # noqa: ARG001
    """Delete one's draft."""
    with visit.writing() as session:
        proposals.delete(session, proposals.own(session, visit.me.id, proposal_id), now=visit.now)
    return see(visit, "/home/proposals", "The draft is deleted.")


def _form_page(
    visit: Visit,
    form: Form,
    rows: list[Row],
    proposal: Proposal | None = None,
    *,
    mistakes: Mistakes | None = None,
    version: int | None = None,
    status: int | None = None,
) -> Response:
    values = {name: form[name] for name in (*_TEXTS, "org")}
    values |= {f"experience-{n}-{name}": row[name] for n, row in enumerate(rows) for name in ("title", "hours")}
    if version is None:
        version = proposal.version if proposal else 0
    return page(
        visit,
        "catalog/propose.html",
        form=Form.of(values),
        mistakes=mistakes,
        status=status,
        proposal=proposal,
        rows=rows,
        version=version,
    )


def _said(form: Form) -> str:
    if form["do"] == "submit":
        return keyed("It is handed in. You will get a message with the answer.")
    return keyed("The draft is saved.")


def _rows(form: Form) -> list[Row]:
    numbers = sorted({int(match[1]) for name in form if (match := re.match(r"experience-(\d{1,3})-", name))})
    return [{name: form[f"experience-{number}-{name}"] for name in ("title", "hours")} for number in numbers]


def _acted(rows: list[Row], action: str) -> bool:
    if action == "add-experience":
        if len(rows) < 50:
            rows.append({"title": "", "hours": ""})
        return True
    match = re.fullmatch(r"remove-experience-(\d{1,3})", action)
    if match is None:
        return False
    if int(match[1]) < len(rows):
        del rows[int(match[1])]
    return True


def _tidied(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["title"] or row["hours"]]


def _body(form: Form, rows: list[Row]) -> proposals.ProposalBody:
    found = Mistakes()
    for number, row in enumerate(rows):
        if not row["title"]:
            found.add(f"experience-{number}-title", "Say what it is.")
        if row["hours"] and not re.fullmatch(r"\d{1,4}(\.\d{1,2})?", row["hours"]):
            found.add(f"experience-{number}-hours", "Write a number, such as 2 or 1.5.")
    if found:
        raise found
    pathway = [{"title": row["title"], "hours": float(row["hours"]) if row["hours"] else None} for row in rows]
    try:
        return proposals.ProposalBody.model_validate({**{name: form[name] for name in _TEXTS}, "pathway": pathway})
    except ValidationError as error:
        for one in error.errors()[:20]:
            place = one["loc"]
            field = f"experience-{place[1]}-{place[2]}" if len(place) > 2 else str(place[0] if place else "")
            found.add(field, "{reason}", reason=plain_reason(one["msg"]))
        raise found from None


# ---------------------------------------------------------------- the organisation's


@routes.page("/o/{org}/catalog/proposals", READ)
def handed_in(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """What educators have proposed."""
    statement = (
        select(Proposal, Identity)
        .join(Identity, col(Identity.account_id) == Proposal.account_id, isouter=True)
        .where(Proposal.org_id == visit.here.id, Proposal.state != "draft")
        .order_by(col(Proposal.answered).is_not(None), col(Proposal.submitted).desc())
    )
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(Proposal.name, Identity.name))
    if wants_csv(visit.request):
        rows = [
            [one.body.get("name", ""), who.name if who else "", one.state, one.submitted, one.answered]
            for one, who in found.rows
        ]
        return csv_response("proposals", ["name", "by", "state", "handed in", "answered"], rows)
    return page(visit, "catalog/proposals.html", found=found)


@routes.page("/o/{org}/catalog/proposals/{proposal_id}", READ)
def proposal_page(visit: VisitDep, org: str, proposal_id: str) -> Response:  # noqa: ARG001
    """One proposal, with what can be answered."""
    return _proposal_page(visit, proposal_id)


@routes.form("/o/{org}/catalog/proposals/{proposal_id}", WRITE)
def answer(visit: VisitDep, form: FormDep, org: str, proposal_id: str) -> Response:
    """Adopt or decline."""
    try:
        with visit.writing() as session:
            proposal = proposals.handed_in(session, visit.here.id, proposal_id)
            given: dict[str, Any] = {
                "answer": form["answer"],
                "expected": version_in(form),
                "actor": visit.actor,
                "now": visit.now,
            }
            if form["do"] == "adopt":
                made = proposals.adopt(session, visit.desk, visit.here, proposal, **given)
                path = f"/o/{org}/catalog/{made.id}/edit"
                said = keyed("It is adopted: this is the draft made from it. The educator gets a message.")
            else:
                proposals.decline(session, visit.desk, visit.here, proposal, **given)
                path = f"/o/{org}/catalog/proposals"
                said = keyed("It is declined. The educator gets a message.")
    except Mistakes as mistakes:
        return _proposal_page(visit, proposal_id, form, mistakes)
    visit.desk.wake()
    return see(visit, path, said)


def _proposal_page(
    visit: Visit, proposal_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        proposal = proposals.handed_in(session, visit.here.id, proposal_id)
        identity = session.get(Identity, proposal.account_id)
    return page(
        visit,
        "catalog/proposal.html",
        form=form,
        mistakes=mistakes,
        proposal=proposal,
        body=proposals.body_of(proposal),
        who=identity,
    )
