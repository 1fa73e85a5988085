"""The people of an organisation: members, invitations, certifications."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, select
from starlette.responses import Response

from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people import certifying
from badgeport.issuer.people.members import (
    INVITATION,
    invitation_of,
    invite,
    is_backed,
    schools_of,
    set_roles,
    standing_of,
    withdraw_invitation,
)
from badgeport.issuer.people.pages.routing import (
    ADMINISTRATORS,
    CERTIFIERS,
    READERS,
    day_of,
    roles_of_form,
    routes,
)
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import ERASED, name_of, names_of, roles_of, school_of
from badgeport.issuer.people.tables import (
    Account,
    AssessorCertification,
    Identity,
    Membership,
    OneTimeLink,
    Organization,
    School,
)
from badgeport.issuer.people.tokens import good_tokens_of
from badgeport.issuer.people.wording import ROLES, role_choices
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.visits import Visit, VisitDep


def member_statement(org: Organization, role: str = "") -> Any:
    """Accounts with their identity that are something in an organisation, by name."""
    held = select(Membership.account_id).where(Membership.org_id == org.id)
    if role in {one.value for one in Role}:
        held = held.where(Membership.role == role)
    return (
        select(Account, Identity)
        .join(Identity, col(Identity.account_id) == col(Account.id))
        .where(col(Account.id).in_(held))
        .order_by(func.lower(Identity.name), col(Account.id))
    )


MEMBER_SEARCH = (Identity.name, Identity.email)


def held_roles(session: Session, org: Organization, account_ids: Iterable[str]) -> dict[str, tuple[list[Role], str]]:
    """The roles and the school's name of many members."""
    statement = (
        select(Membership.account_id, Membership.role, School.name)
        .join(School, col(School.id) == col(Membership.school_id), isouter=True)
        .where(Membership.org_id == org.id, col(Membership.account_id).in_(list(account_ids)))
    )
    found: dict[str, tuple[list[Role], str]] = {}
    for account_id, role, school in session.exec(statement):
        roles, name = found.get(account_id, ([], ""))
        found[account_id] = ([*roles, Role(role)], name or school or "")
    order = list(Role)
    return {key: (sorted(roles, key=order.index), name) for key, (roles, name) in found.items()}


@routes.page("/o/{org}/people", READERS)
def people_page(visit: VisitDep, org: str) -> Response:
    """Who is who."""
    role = visit.request.query_params.get("role", "")
    with visit.reading() as session:
        found = listing(session, visit.request, member_statement(visit.here, role), search=MEMBER_SEARCH)
        held = held_roles(session, visit.here, [account.id for account, _ in found.rows])
    if wants_csv(visit.request):
        rows = [
            (who.name, who.email, "; ".join(held[account.id][0]), held[account.id][1], account.state)
            for account, who in found.rows
        ]
        return csv_response(f"{org}-people", ("name", "e-mail", "roles", "school", "account"), rows)
    return page(visit, "people/people.html", list=found, held=held, roles=ROLES, role=role, tab="people")


@routes.page("/o/{org}/people/invite", ADMINISTRATORS)
def invite_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """Whom to invite as what."""
    return _invite(visit, Form.of({"roles": [Role.EDUCATOR.value]}))


@routes.form("/o/{org}/people/invite", ADMINISTRATORS)
def send_invitations(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Mail invitations."""
    try:
        with visit.writing() as session:
            sent = invite(
                session,
                visit.desk,
                visit.here,
                emails=form.all("emails"),
                roles=roles_of_form(form.all("roles")),
                school_id=form["school"] or None,
                name=form["name"],
                actor=visit.actor,
                now=visit.now,
                speech=visit.speech,
                by_program=visit.token is not None,
            )
    except Mistakes as mistakes:
        return _invite(visit, form, mistakes)
    visit.desk.wake()
    return see(visit, f"/o/{org}/people/invitations", "Invitations on their way: {n}.", n=len(sent))


@routes.page("/o/{org}/people/invitations", READERS)
def invitations_page(visit: VisitDep, org: str) -> Response:
    """Who was invited and has not come yet."""
    statement = (
        select(OneTimeLink)
        .where(OneTimeLink.purpose == INVITATION, OneTimeLink.subject == visit.here.id, col(OneTimeLink.used).is_(None))
        .order_by(col(OneTimeLink.created).desc(), col(OneTimeLink.id))
    )
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(OneTimeLink.email,))
        backed = {row.id for row in found.rows if is_backed(session, row)}
    if wants_csv(visit.request):
        rows = [
            (row.email, "; ".join(row.detail["roles"]), row.created.isoformat(), row.expires.isoformat())
            for row in found.rows
        ]
        return csv_response(f"{org}-invitations", ("e-mail", "roles", "sent", "ends"), rows)
    return page(visit, "people/invitations.html", list=found, backed=backed, roles=ROLES, Role=Role, tab="invitations")


@routes.page("/o/{org}/people/invitations/{link_id}/withdraw", ADMINISTRATORS)
def withdraw_invitation_page(visit: VisitDep, org: str, link_id: str) -> Response:
    """Says what withdrawing does."""
    with visit.reading() as session:
        link = invitation_of(session, visit.here, link_id)
    say = visit.speech.say
    return page(
        visit,
        "people/confirm.html",
        heading=say("Withdraw the invitation of {email}?", email=link.email),
        says=[say("The link that was mailed will not work any more. You can invite this person again.")],
        label=say("Withdraw it"),
        back=f"/o/{org}/people/invitations",
        ask_why=False,
    )


@routes.form("/o/{org}/people/invitations/{link_id}/withdraw", ADMINISTRATORS)
def withdraw(visit: VisitDep, form: FormDep, org: str, link_id: str) -> Response:  # noqa: ARG001 - its token was checked
    """Withdraw an invitation."""
    with visit.writing() as session:
        withdraw_invitation(session, visit.here, link_id, actor=visit.actor, now=visit.now)
    return see(visit, f"/o/{org}/people/invitations", "The invitation was withdrawn.")


# ---------------------------------------------------------------- certifications


def certification_statement(org: Organization) -> Any:
    """Certifications with the assessor's identity and the micro-credential, newest first."""
    return (
        select(AssessorCertification, Identity, Definition)
        .join(Definition, col(Definition.id) == col(AssessorCertification.definition_id))
        .join(Identity, col(Identity.account_id) == col(AssessorCertification.account_id), isouter=True)
        .where(AssessorCertification.org_id == org.id)
        .order_by(col(AssessorCertification.granted).desc(), col(AssessorCertification.id))
    )


CERTIFICATION_SEARCH = (Identity.name, Definition.name)


@routes.page("/o/{org}/people/certifications", READERS)
def certifications_page(visit: VisitDep, org: str) -> Response:
    """Who may score what, from when to when."""
    with visit.reading() as session:
        found = listing(session, visit.request, certification_statement(visit.here), search=CERTIFICATION_SEARCH)
    if wants_csv(visit.request):
        rows = [
            (who.name if who else ERASED, definition.name, row.valid_from, row.valid_until, row.withdrawn, row.note)
            for row, who, definition in found.rows
        ]
        columns = ("assessor", "micro-credential", "from", "until", "withdrawn", "note")
        return csv_response(f"{org}-certifications", columns, rows)
    today = visit.now.date()
    return page(
        visit,
        "people/certifications.html",
        list=found,
        good={row.id: certifying.is_good(row, today) for row, _, _ in found.rows},
        today=today,
        tab="certifications",
    )


@routes.page("/o/{org}/people/certifications/new", CERTIFIERS)
def certify_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """Whom to certify for what."""
    asked = {name: visit.request.query_params.get(name, "")[:60] for name in ("account", "definition")}
    return _certify(visit, Form.of({"valid_from": visit.now.date().isoformat(), **asked}))


@routes.form("/o/{org}/people/certifications", CERTIFIERS)
def certify(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Certify an assessor."""
    mistakes = Mistakes()
    first = day_of(form["valid_from"], "valid_from", mistakes)
    last = day_of(form["valid_until"], "valid_until", mistakes)
    if first is None and not mistakes:
        mistakes.add("valid_from", "Write the first day.")
    if mistakes:
        return _certify(visit, form, mistakes)
    try:
        with visit.writing() as session:
            certifying.certify(
                session,
                visit.here,
                account_id=form["account"],
                definition_id=form["definition"],
                valid_from=first or date.min,
                valid_until=last,
                note=form["note"],
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as found:
        return _certify(visit, form, found)
    return see(visit, f"/o/{org}/people/certifications", "The assessor is certified.")


@routes.page("/o/{org}/people/certifications/{certification_id}/withdraw", CERTIFIERS)
def withdraw_certification_page(visit: VisitDep, org: str, certification_id: str) -> Response:
    """Says what withdrawing does."""
    return _withdraw_certification(visit, org, certification_id)


@routes.form("/o/{org}/people/certifications/{certification_id}/withdraw", CERTIFIERS)
def withdraw_certification(visit: VisitDep, form: FormDep, org: str, certification_id: str) -> Response:
    """Withdraw a certification."""
    try:
        with visit.writing() as session:
            row = certifying.certification_of(session, visit.here, certification_id)
            certifying.withdraw_certification(session, row, actor=visit.actor, now=visit.now, why=form["why"])
    except Mistakes as mistakes:
        return _withdraw_certification(visit, org, certification_id, form, mistakes)
    return see(visit, f"/o/{org}/people/certifications", "The certification was withdrawn.")


# ---------------------------------------------------------------- one member


@routes.page("/o/{org}/people/{account_id}", READERS)
def member_page(visit: VisitDep, org: str, account_id: str) -> Response:  # noqa: ARG001 - of the path
    """One member."""
    with visit.reading() as session:
        roles = roles_of(session, visit.here.id, account_id)
        school = school_of(session, visit.here.id, account_id)
    stored = {"roles": [role.value for role in roles], "school": "" if school is None else school.id}
    return _member(visit, account_id, Form.of(stored))


@routes.form("/o/{org}/people/{account_id}", ADMINISTRATORS)
def change_member(visit: VisitDep, form: FormDep, org: str, account_id: str) -> Response:
    """Change the roles of a member; to take all away there is a page that says what it does."""
    wanted = roles_of_form(form.all("roles"))
    if not wanted:
        return see(visit, f"/o/{org}/people/{account_id}/remove")
    try:
        with visit.writing() as session:
            _set(session, visit, account_id, wanted, form["school"], form["why"], before=form["before"])
    except Mistakes as mistakes:
        return _member(visit, account_id, form, mistakes)
    return see(visit, f"/o/{org}/people/{account_id}", "Saved.")


@routes.page("/o/{org}/people/{account_id}/remove", ADMINISTRATORS)
def remove_member_page(visit: VisitDep, org: str, account_id: str) -> Response:
    """Says what removing a member does."""
    return _remove(visit, org, account_id)


@routes.form("/o/{org}/people/{account_id}/remove", ADMINISTRATORS)
def remove_member(visit: VisitDep, form: FormDep, org: str, account_id: str) -> Response:
    """Take every role away."""
    try:
        with visit.writing() as session:
            _set(session, visit, account_id, [], "", form["why"])
    except Mistakes as mistakes:
        return _remove(visit, org, account_id, form, mistakes)
    return see(visit, f"/o/{org}/people", "Removed.")


# ---------------------------------------------------------------- inside


def _remove(
    visit: Visit, org: str, account_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        held = roles_of(session, visit.here.id, account_id)
        if not held:
            raise Absent
        name = name_of(session, account_id)
        made = [row.name for row in good_tokens_of(session, account_id, visit.here)]
    say, more = visit.speech.say, []
    if Role.ADMINISTRATOR in held:
        more.append(say("Invitations this person sent to others than educators work no more."))
    if made:
        more.append(say("The programs whose tokens this person made are turned away: {names}.", names=", ".join(made)))
    return page(
        visit,
        "people/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=say("Remove {name} from {org}?", name=name, org=visit.here.name),
        says=[
            say("All roles here end at once, and what is assigned to this person waits for somebody else."),
            say("Badges, reviews and the history stay. The account stays, and what it holds from other organizations."),
            *more,
        ],
        label=say("Remove this person"),
        back=f"/o/{org}/people/{account_id}",
        ask_why=True,
    )


def _set(
    session: Session,
    visit: Visit,
    account_id: str,
    roles: list[Role],
    school: str,
    why: str,
    before: str | None = None,
) -> None:
    set_roles(
        session,
        visit.here,
        account_id,
        roles=roles,
        school_id=school or None,
        actor=visit.actor,
        now=visit.now,
        why=why[:1000],
        by_program=visit.token is not None,
        before=before,
    )


def _invite(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        schools = [("", "—"), *((school.id, school.name) for school in schools_of(session, visit.here))]
    return page(
        visit,
        "people/invite.html",
        form=form,
        mistakes=mistakes,
        choices=role_choices(visit.speech),
        schools=schools,
        tab="invitations",
    )


def _certify(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        rows = session.exec(
            select(Membership.account_id).where(
                Membership.org_id == visit.here.id, Membership.role == Role.ASSESSOR.value
            )
        ).all()
        names = names_of(session, rows)
        assessors = sorted(((key, name) for key, name in names.items() if key != visit.actor), key=lambda one: one[1])
        definitions = certifying.labels(session, visit.here)
    return page(
        visit,
        "people/certify.html",
        form=form,
        mistakes=mistakes,
        assessors=[("", "—"), *assessors],
        definitions=[("", "—"), *definitions],
        tab="certifications",
    )


def _withdraw_certification(
    visit: Visit, org: str, certification_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    say = visit.speech.say
    with visit.reading() as session:
        row = certifying.certification_of(session, visit.here, certification_id)
        name = name_of(session, row.account_id)
        definition = session.get(Definition, row.definition_id)
    if row.withdrawn is not None:
        raise Conflict("This certification was withdrawn already.")
    return page(
        visit,
        "people/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=say("Withdraw the certification of {name}?", name=name),
        says=[
            say(
                "{name} can score “{definition}” no more.", name=name, definition=definition.name if definition else ""
            ),
            say("What was scored before stays as it is."),
        ],
        label=say("Withdraw it"),
        back=f"/o/{org}/people/certifications",
        ask_why=True,
    )


def _member(visit: Visit, account_id: str, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        held = roles_of(session, visit.here.id, account_id)
        if not held:
            raise Absent
        who = session.get(Identity, account_id)
        account = session.get(Account, account_id)
        schools = [("", "—"), *((school.id, school.name) for school in schools_of(session, visit.here))]
        certifications = session.exec(
            certification_statement(visit.here).where(AssessorCertification.account_id == account_id)
        ).all()
        before = standing_of(session, visit.here, account_id)
        made = [row.name for row in good_tokens_of(session, account_id, visit.here)]
    today = visit.now.date()
    return page(
        visit,
        "people/member.html",
        form=form,
        mistakes=mistakes,
        who=who,
        account=account,
        held=[role for role in Role if role in held],
        roles=ROLES,
        choices=role_choices(visit.speech),
        schools=schools,
        before=before,
        made=made,
        certifications=certifications,
        good={row.id: certifying.is_good(row, today) for row, _, _ in certifications},
        tab="people",
    )
