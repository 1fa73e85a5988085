"""The installation: its organisations, accounts and failed jobs. For operators."""

from __future__ import annotations

from sqlmodel import col, func, select
from starlette.responses import Response

from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes
from badgeport.issuer.people import keys, openid, operating
from badgeport.issuer.people.members import invite
from badgeport.issuer.people.pages.routing import routes, stale, version_of
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import check_slug, create_organization, normal_email, organization
from badgeport.issuer.people.signing_in import has_second_factor
from badgeport.issuer.people.tables import Account, Identity, Membership, Organization
from badgeport.issuer.people.wording import KEY_PURPOSES, KINDS, kind_choices
from badgeport.issuer.web.access import OPERATOR
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas.problems import ProblemError


@routes.page("/operator", OPERATOR)
def installation_page(visit: VisitDep) -> Response:
    """The organisations, and what needs attention."""
    statement = select(Organization).order_by(func.lower(Organization.name), col(Organization.id))
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(Organization.name, Organization.slug))
        counts = dict(
            session.exec(
                select(Membership.org_id, func.count(func.distinct(Membership.account_id)))
                .where(col(Membership.org_id).in_([row.id for row in found.rows]))
                .group_by(Membership.org_id)
            ).all()
        )
        waiting = openid.unconfirmed(session)
        failed = session.exec(select(func.count()).select_from(Job).where(col(Job.failed).is_(True))).one()
    if wants_csv(visit.request):
        rows = [(row.slug, row.name, row.kind, row.did, counts.get(row.id, 0), row.created) for row in found.rows]
        return csv_response("organizations", ("short name", "name", "kind", "issuer", "people", "made"), rows)
    return page(
        visit,
        "operator/organizations.html",
        list=found,
        counts=counts,
        failed=failed,
        waiting=waiting,
        kinds=KINDS,
        tab="organizations",
    )


@routes.page("/operator/organizations/new", OPERATOR)
def new_organization_page(visit: VisitDep) -> Response:
    """What the organisation is to be."""
    return _new(visit, Form.of({"kind": "district"}))


@routes.form("/operator/organizations", OPERATOR)
def new_organization(visit: VisitDep, form: FormDep) -> Response:
    """Make it, with its keys, and invite its first administrator."""
    try:
        org = make_organization(
            visit,
            slug=form["slug"],
            name=form["name"],
            kind=form["kind"],
            own_domain=form["own_domain"] or None,
            parent=form["parent"] or None,
            administrator=form["administrator"] or None,
        )
    except Mistakes as mistakes:
        return _new(visit, form, mistakes)
    visit.desk.wake()
    return see(visit, f"/operator/organizations/{org.slug}", "The organization is there.")


def make_organization(
    visit: Visit,
    *,
    slug: str,
    name: str,
    kind: str,
    own_domain: str | None,
    parent: str | None,
    administrator: str | None,
) -> Organization:
    """A new organisation with keys, its first administrator invited by mail. Raises Mistakes by form field."""
    mistakes = Mistakes()
    check_slug(slug, mistakes)
    if kind not in KINDS:
        mistakes.add("kind", "Choose what kind of organization it is.")
    if not name.strip():
        mistakes.add("name", "Write the name.")
    if administrator:
        try:
            normal_email(administrator)
        except Mistakes as found:
            mistakes.add("administrator", found.found[0].text)
    if mistakes:
        raise mistakes
    with visit.reading() as session:
        if session.exec(select(Organization.id).where(Organization.slug == slug)).first() is not None:
            mistakes.add("slug", "There is an organization with this short name already.")
            raise mistakes
    made = keys.prepare_keys(visit.desk, keys.issuer_did(visit.desk, slug, own_domain), slug)
    with visit.writing() as session:
        above = None
        if parent:
            above = session.exec(select(Organization).where(Organization.slug == parent)).first()
            if above is None:
                raise Mistakes(Mistake("parent", "Choose an organization from the list."))
        org = create_organization(
            session,
            visit.desk,
            slug=slug,
            name=name,
            kind=kind,
            actor=visit.actor,
            now=visit.now,
            keys=made,
            parent=above,
            own_domain=own_domain,
        )
        if administrator:
            invite(
                session,
                visit.desk,
                org,
                emails=[administrator],
                roles=[Role.ADMINISTRATOR],
                school_id=None,
                actor=visit.actor,
                now=visit.now,
                speech=visit.speech,
            )
    return org


@routes.page("/operator/organizations/{name}", OPERATOR)
def organization_page(visit: VisitDep, name: str) -> Response:
    """One organisation: what only an operator decides about it."""
    with visit.reading() as session:
        org = organization(session, name)
    held = org.sign_in
    stored = {"domains": "\n".join(held.get("domains", [])), "issuer": held.get("issuer", ""), "version": org.version}
    return _organization(visit, org, Form.of(stored))


@routes.form("/operator/organizations/{name}/domains", OPERATOR)
def change_domains(visit: VisitDep, form: FormDep, name: str) -> Response:
    """Say for which e-mail domains the organisation's sign-in provider is believed."""
    again = stale(visit, f"/operator/organizations/{name}")
    if again is not None:
        return again
    with visit.reading() as session:
        org = organization(session, name)
    try:
        with visit.writing() as session:
            openid.set_domains(
                session,
                organization(session, name),
                form["domains"].split(),
                issuer=form["issuer"],
                actor=visit.actor,
                now=visit.now,
                version=version_of(form["version"]),
            )
    except Mistakes as mistakes:
        return _organization(visit, org, form, mistakes)
    return see(visit, f"/operator/organizations/{name}", "Saved.")


@routes.form("/operator/organizations/{name}/keys", OPERATOR)
def adopt_key(visit: VisitDep, form: FormDep, name: str) -> Response:
    """Take a key into use that a token or a key service holds. A URI can name programs and files: not for others."""
    again = stale(visit, f"/operator/organizations/{name}")
    if again is not None:
        return again
    with visit.reading() as session:
        org = organization(session, name)
    try:
        new = keys.prepare_adopted(visit.desk, org, form["uri"], form["purpose"])
        with visit.writing() as session:
            keys.rotate(session, new, actor=visit.actor, now=visit.now, why=form["why"][:1000])
    except Mistakes as mistakes:
        return _organization(visit, org, form, mistakes)
    except Conflict as found:
        return _organization(visit, org, form, Mistakes(Mistake("uri", found.text, found.values)))
    return see(visit, f"/operator/organizations/{name}", "The key signs from now on.")


# ---------------------------------------------------------------- accounts


@routes.page("/operator/accounts", OPERATOR)
def accounts_page(visit: VisitDep) -> Response:
    """Every account."""
    statement = (
        select(Account, Identity)
        .join(Identity, col(Identity.account_id) == col(Account.id))
        .order_by(func.lower(Identity.name), col(Account.id))
    )
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(Identity.name, Identity.email))
        held = {account.id for account, _ in found.rows if has_second_factor(session, account.id)}
    if wants_csv(visit.request):
        rows = [
            (who.name, who.email, account.state, "yes" if account.operator else "no", account.created)
            for account, who in found.rows
        ]
        return csv_response("accounts", ("name", "e-mail", "state", "operator", "made"), rows)
    return page(visit, "operator/accounts.html", list=found, factors=held, tab="accounts")


@routes.page("/operator/accounts/{account_id}/state", OPERATOR)
def account_state_page(visit: VisitDep, account_id: str) -> Response:
    """Says what closing an account, or opening it again, does."""
    return _state(visit, account_id)


@routes.form("/operator/accounts/{account_id}/state", OPERATOR)
def change_account_state(visit: VisitDep, form: FormDep, account_id: str) -> Response:
    """Close an account, or open it again."""
    try:
        with visit.writing() as session:
            operating.set_state(
                session, account_id, form["state"], actor=visit.actor, now=visit.now, why=form["why"][:1000]
            )
    except Mistakes as mistakes:
        return _state(visit, account_id, form, mistakes)
    return see(visit, "/operator/accounts", "Done.")


@routes.page("/operator/accounts/{account_id}/second-factor", OPERATOR)
def second_factor_page(visit: VisitDep, account_id: str) -> Response:
    """Says what taking a lost second factor off an account does."""
    return _second_factor(visit, account_id)


@routes.form("/operator/accounts/{account_id}/second-factor", OPERATOR)
def reset_second_factor(visit: VisitDep, form: FormDep, account_id: str) -> Response:
    """Take every second factor off an account."""
    again = stale(visit, f"/operator/accounts/{account_id}/second-factor")
    if again is not None:
        return again
    try:
        with visit.writing() as session:
            operating.reset_second_factor(
                session, visit.desk, account_id, actor=visit.actor, now=visit.now, why=form["why"][:1000]
            )
    except Mistakes as mistakes:
        return _second_factor(visit, account_id, form, mistakes)
    visit.desk.wake()
    return see(visit, "/operator/accounts", "The second factor was removed, and the person is told.")


# ---------------------------------------------------------------- jobs


@routes.page("/operator/jobs", OPERATOR)
def jobs_page(visit: VisitDep) -> Response:
    """Jobs that failed and wait for a person, before those that are still tried."""
    statement = select(Job).order_by(col(Job.failed).desc(), col(Job.due), col(Job.id))
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(Job.kind, Job.error))
        failed = session.exec(select(func.count()).select_from(Job).where(col(Job.failed).is_(True))).one()
    if wants_csv(visit.request):
        rows = [(row.kind, row.key, row.failed, row.attempts, row.due, row.error) for row in found.rows]
        return csv_response("jobs", ("kind", "key", "failed", "attempts", "due", "error"), rows)
    return page(visit, "operator/jobs.html", list=found, failed=failed, tab="jobs")


@routes.form("/operator/jobs/retry", OPERATOR)
def retry_jobs(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token was checked
    """Have every failed job tried again: what they lacked is there."""
    with visit.writing() as session:
        operating.retry_all(session, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return see(visit, "/operator/jobs", "All that failed are tried again.")


@routes.form("/operator/jobs/{job_id}/retry", OPERATOR)
def retry_job(visit: VisitDep, form: FormDep, job_id: str) -> Response:  # noqa: ARG001 - its token was checked
    """Have a failed job tried again."""
    with visit.writing() as session:
        operating.retry(session, job_id, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return see(visit, "/operator/jobs", "It is tried again.")


# ---------------------------------------------------------------- inside


def _new(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        rows = session.exec(select(Organization).order_by(col(Organization.name)).limit(500)).all()
    try:
        place = keys.installation_did(visit.desk)
    except ProblemError:
        place = ""
    return page(
        visit,
        "operator/organization_new.html",
        form=form,
        mistakes=mistakes,
        kinds=kind_choices(visit.speech),
        parents=[("", "—"), *((row.slug, row.name) for row in rows)],
        place=place,
        tab="organizations",
    )


def _organization(visit: Visit, org: Organization, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        current = {purpose: keys.signing_key(session, org.did, purpose, visit.now) for purpose in keys.PURPOSES}
    return page(
        visit,
        "operator/organization.html",
        form=form,
        mistakes=mistakes,
        org=org,
        kinds=KINDS,
        current=current,
        purposes=[(code, visit.speech.say(text)) for code, text in KEY_PURPOSES.items()],
        variable=openid.secret_variable(org),
        tab="organizations",
    )


def _state(visit: Visit, account_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        account, who = session.get(Account, account_id), session.get(Identity, account_id)
    if account is None or who is None:
        raise Absent
    say, closing = visit.speech.say, account.state == "active"
    return page(
        visit,
        "people/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=say("Close the account of {name}?", name=who.name)
        if closing
        else say("Open the account of {name} again?", name=who.name),
        says=[
            say("This person is signed out everywhere and cannot sign in. Badges and the history stay."),
            say("Programs whose tokens this person made are turned away, also when the account is opened again."),
        ]
        if closing
        else [say("This person can sign in again, with the roles they had.")],
        label=say("Close it") if closing else say("Open it again"),
        back="/operator/accounts",
        ask_why=True,
        hidden={"state": "disabled" if closing else "active"},
        kind="danger" if closing else "",
    )


def _second_factor(
    visit: Visit, account_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        account, who = session.get(Account, account_id), session.get(Identity, account_id)
    if account is None or who is None:
        raise Absent
    say = visit.speech.say
    return page(
        visit,
        "people/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=say("Remove the second factor of {name}?", name=who.name),
        says=[
            say("Code generator, passkeys and recovery codes of this person work no more; every session ends."),
            say("Whoever reads this person's mail or has the password can then sign in: make sure who is asking."),
            say("The person is told by mail, and sets up another one."),
        ],
        label=say("Remove it"),
        back="/operator/accounts",
        ask_why=True,
    )
