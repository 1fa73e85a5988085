"""Pages of staff credit: its settings, the roster, who is told of changes."""

from __future__ import annotations

from badgeport.web.words import keyed
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Mistake, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import names_of
from badgeport.issuer.web.access import members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.hr import rooms, settings
from badgeport.receiver.hr.ledger_pages import READERS, WRITERS, base, file, shared
from badgeport.receiver.hr.settings import Choice
from badgeport.receiver.office import Office, OfficeDep

routes = Routes("settings of staff credit")
MANAGERS = members(Role.ADMINISTRATOR, Role.HR)
ADMINISTRATORS = members(Role.ADMINISTRATOR)
_SHOWN = 200
"""How many rows of a roster that are not right are shown."""


@routes.page("/o/{org}/hr/settings", READERS)
def show(visit: VisitDep, office: OfficeDep) -> Response:
    """Everything that can be set."""
    return _page(visit, office)


def _page(visit: Visit, office: Office, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        row = settings.settings_of(session, visit.here.id, visit.now)
        told = visit.account is not None and settings.wants_messages(session, visit.here.id, visit.account.id)
        by = names_of(session, {row.roster["by"]} if row.roster else set())
    roster = rooms.roster_of(office, visit.here.id, row.roster)
    stored = {
        "choice": f"{row.purpose} {row.policy}",
        "state": row.state,
        "namespace": row.namespace,
        "every_days": row.every_days,
        "url": row.webhook,
    }
    return page(
        visit,
        "hr/settings.html",
        form=Form.of({**stored, **({name: form[name] for name in form} if form is not None else {})}),
        mistakes=mistakes,
        settings=row,
        choices=_groups(settings.choices(office, visit.here)),
        roster=roster,
        refused=() if roster is None else roster.refused[:_SHOWN],
        by=by,
        told=told,
        **shared(visit),
    )


def _groups(found: list[Choice]) -> list[tuple[str, list[Choice]]]:
    """Whose policies they are, with them: the organisation's, others', examples."""
    own = [one for one in found if one.own]
    others = [one for one in found if not one.own and not one.example]
    examples = [one for one in found if not one.own and one.example]
    return [(code, group) for code, group in (("own", own), ("others", others), ("examples", examples)) if group]


@routes.form("/o/{org}/hr/settings", MANAGERS)
def save(visit: VisitDep, office: OfficeDep, form: FormDep) -> Response:
    """Policy, purpose, how often, what exports name."""
    purpose, _, policy = form["choice"].partition(" ")
    days = form["every_days"]
    try:
        with visit.writing() as session:
            settings.choose(
                session,
                office,
                visit.here,
                policy=policy,
                purpose=purpose,
                state=form["state"],
                namespace=form["namespace"],
                every_days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else -1,
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        names = {"policy": "choice"}
        shown = [Mistake(names.get(one.field, one.field), one.text, one.values) for one in mistakes.found]
        return _page(visit, office, form, Mistakes(*shown))
    return see(visit, f"{base(visit)}/settings", "The settings are saved.")


@routes.form("/o/{org}/hr/roster/import", WRITERS)
def upload(visit: VisitDep, office: OfficeDep, form: FormDep) -> Response:
    """Put a roster in the place of the one before."""
    given = form.file("file")
    if given is None:
        return _page(visit, office, form, Mistakes(Mistake("file", "Choose a file.")))
    try:
        found = settings.take_roster(office, visit.here, given.file, given.name, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _page(visit, office, form, mistakes)
    if found.refused:
        text = keyed("The roster is there. Employees: {taken}. Rows not taken: {refused}; they are listed below.")
        return see(visit, f"{base(visit)}/settings", text, taken=len(found.employees), refused=len(found.refused))
    return see(visit, f"{base(visit)}/settings", "The roster is there. Employees: {taken}.", taken=len(found.employees))


@routes.page("/o/{org}/hr/roster/file", READERS)
def download(visit: VisitDep, office: OfficeDep, org: str) -> Response:
    """The roster as it was uploaded."""
    with visit.reading() as session:
        row = settings.settings_of(session, visit.here.id, visit.now)
    path = rooms.roster_file(office, visit.here.id, row.roster)
    if path is None or not path.is_file():
        raise Absent
    return file(path.read_bytes(), f"{org}-roster.csv", "text/csv; charset=utf-8")


@routes.form("/o/{org}/hr/webhook", ADMINISTRATORS)
def set_webhook(visit: VisitDep, office: OfficeDep, form: FormDep) -> Response:
    """Have reports posted to an address; the secret is shown this once."""
    try:
        with visit.writing() as session:
            secret = settings.set_webhook(
                session, visit.desk, visit.here, form["url"], actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return _page(visit, office, form, mistakes)
    return page(visit, "hr/secret.html", secret=secret, url=form["url"], **shared(visit))


@routes.form("/o/{org}/hr/webhook/remove", ADMINISTRATORS)
def drop_webhook(visit: VisitDep, form: FormDep) -> Response:
    """Have them posted nowhere."""
    del form
    with visit.writing() as session:
        settings.drop_webhook(session, visit.here, actor=visit.actor, now=visit.now)
    return see(visit, f"{base(visit)}/settings", "Reports are posted to no address any more.")


@routes.form("/o/{org}/hr/messages", WRITERS)
def messages(visit: VisitDep, form: FormDep) -> Response:
    """Write to who asks when something changed, or do so no more."""
    wanted = form.on("wanted")
    with visit.writing() as session:
        settings.ask_for_messages(session, visit.here, visit.me.id, wanted=wanted, now=visit.now)
    return see(
        visit,
        f"{base(visit)}/settings",
        "You get a message when something changed." if wanted else "You get no messages any more.",
    )
