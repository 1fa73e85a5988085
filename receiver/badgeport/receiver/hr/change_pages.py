"""Pages of staff credit: what changed since it was credited, and what a person decides about it."""

from __future__ import annotations

from badgeport.web.words import keyed
from starlette.responses import Response

from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import listed
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.hr import rechecks, rooms, views
from badgeport.receiver.hr.ledger_pages import READERS, WRITERS, base, shared
from badgeport.receiver.office import Office, OfficeDep
from badgeport.verifier.hr.rechecking import open_changes

routes = Routes("changes of staff credit")


@routes.page("/o/{org}/hr/changes", READERS)
def changes(visit: VisitDep, office: OfficeDep) -> Response:
    """What is not as it was when it was credited."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = open_changes(ledger)
        settled = list(
            ledger.rows(
                "SELECT finding.*, entry.employee, badge.name AS badge FROM finding JOIN entry ON entry.id ="
                " finding.entry JOIN badge ON badge.identity = entry.identity WHERE finding.state IN"
                " ('accepted', 'declined') ORDER BY finding.settled DESC, finding.id DESC LIMIT 20"
            )
        )
    with visit.reading() as session:
        last = session.exec(rechecks.rechecks_statement(visit.here.id).limit(5)).all()
        who = views.whose(session, {row["who"] for row in settled}, visit.speech.say)
    new = set(last[0].found) if last else set()
    rows = listed(visit.request, found, lambda one: f"{one.employee} {one.badge or ''} {one.code}")
    return page(visit, "hr/changes.html", list=rows, new=new, settled=settled, rechecks=last, who=who, **shared(visit))


@routes.form("/o/{org}/hr/recheck", WRITERS)
def recheck(visit: VisitDep, form: FormDep) -> Response:
    """Have everything checked again."""
    del form
    with visit.writing() as session:
        rechecks.start(session, visit.here.id, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    text = keyed("Everything that is credited is being checked again. Load the page again to see what came of it.")
    return see(visit, f"{base(visit)}/changes", text)


@routes.page("/o/{org}/hr/changes/{number}", READERS)
def change(visit: VisitDep, office: OfficeDep, number: int) -> Response:
    """One change, what is proposed, and the form to decide about it."""
    return _change(visit, office, number)


def _change(
    visit: Visit, office: Office, number: int, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = rechecks.change_of(ledger, number)
        line = next(entry for entry in ledger.entries(found.employee) if entry.id == found.entry)
    return page(visit, "hr/change.html", form=form, mistakes=mistakes, change=found, line=line, **shared(visit))


@routes.form("/o/{org}/hr/changes/{number}", WRITERS)
def settle(visit: VisitDep, office: OfficeDep, form: FormDep, number: int) -> Response:
    """Accept or decline what is proposed."""
    accept = form["do"] == "accept"
    try:
        with visit.writing() as session:
            rechecks.settle(
                session, office, visit.here, number, accept=accept, why=form["why"], actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return _change(visit, office, number, form, mistakes)
    return see(
        visit,
        f"{base(visit)}/changes",
        "The proposal was carried out." if accept else "The credit stays as it is.",
    )
