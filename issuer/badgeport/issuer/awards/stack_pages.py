"""Pages of registrars: stacks that somebody completed, to be awarded or declined."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from badgeport.issuer.awards import services, views
from badgeport.issuer.awards.award_pages import READERS, WRITERS, base, check_seen
from badgeport.issuer.awards.tables import StackProposal
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.people.services import name_of
from badgeport.issuer.people.tables import Identity
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("completed stacks")


@routes.page("/o/{org}/awards/stacks", READERS)
def stack_list(visit: VisitDep) -> Response:
    """Who completed which stack."""
    waiting = visit.request.query_params.get("show") != "all"
    with visit.reading() as session:
        statement = views.proposals_statement(visit.here.id, waiting=waiting)
        found = listing(session, visit.request, statement, search=(Definition.name, Identity.name))
    if wants_csv(visit.request):
        return csv_response(
            "completed-stacks",
            ("stack", "name", "state", "completed", "award"),
            (
                (definition.name, person.name if person else "", one.state, one.created.isoformat(), one.award_id)
                for one, definition, person in found.rows
            ),
        )
    return page(
        visit, "awards/stacks.html", list=found, waiting=waiting, states=views.PROPOSAL_STATES, base=base(visit)
    )


@routes.page("/o/{org}/awards/stacks/{proposal_id}", READERS)
def show_stack(visit: VisitDep, proposal_id: str) -> Response:
    """One completed stack with the badges that complete it."""
    return _stack_page(visit, proposal_id)


def _stack_page(visit: Visit, proposal_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        proposal = services.proposal_of(session, visit.here.id, proposal_id)
        return page(
            visit,
            "awards/stack.html",
            form=form or Form.of({"version": proposal.version}),
            mistakes=mistakes,
            proposal=proposal,
            base=base(visit),
            states=views.PROPOSAL_STATES,
            standings=views.STANDINGS,
            standing=lambda award: views.standing(award, visit.now),
            **_words(session, proposal),
        )


def _words(session: Session, proposal: StackProposal) -> dict[str, Any]:
    return {
        "definition": session.get_one(Definition, proposal.definition_id),
        "person": name_of(session, proposal.account_id),
        "earned": services.members_of(session, proposal.members),
    }


@routes.form("/o/{org}/awards/stacks/{proposal_id}/award", WRITERS)
def award_stack(visit: VisitDep, form: FormDep, proposal_id: str) -> Response:
    """Award the stack."""
    with visit.writing() as session:
        proposal = services.proposal_of(session, visit.here.id, proposal_id)
        check_seen(proposal.version, form)
        award = services.award_stack(session, visit.desk, proposal, visit.actor, visit.now)
    visit.desk.wake()
    return see(visit, f"{base(visit)}/{award.id}", "Awarded. The badge is being signed; that takes a moment.")


@routes.form("/o/{org}/awards/stacks/{proposal_id}/decline", WRITERS)
def decline_stack(visit: VisitDep, form: FormDep, proposal_id: str) -> Response:
    """Decline."""
    try:
        with visit.writing() as session:
            proposal = services.proposal_of(session, visit.here.id, proposal_id)
            check_seen(proposal.version, form)
            services.decline_stack(session, proposal, form["reason"], visit.actor, visit.now)
    except Mistakes as mistakes:
        return _stack_page(visit, proposal_id, form, mistakes)
    return see(visit, f"{base(visit)}/stacks", "Declined.")
