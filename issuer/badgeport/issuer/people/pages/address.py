"""The pages by which somebody changes their own e-mail address."""

from __future__ import annotations

from starlette.responses import Response

from badgeport.issuer.home.services import waiting
from badgeport.issuer.mistakes import Absent, Mistake, Mistakes
from badgeport.issuer.people import addresses, attempts
from badgeport.issuer.people.pages.routing import routes, stale
from badgeport.issuer.web.access import ACCOUNT
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.visits import Visit, VisitDep

PLACE = "/account/e-mail"
_MINUTES = int(addresses.LIVES.total_seconds()) // 60


@routes.page(PLACE, ACCOUNT)
def address_page(visit: VisitDep) -> Response:
    """Type another address."""
    return stale(visit, PLACE) or _ask_page(visit, Form())


@routes.form(PLACE, ACCOUNT)
def ask_for_address(visit: VisitDep, form: FormDep) -> Response:
    """Send a link to it."""
    again = stale(visit, PLACE)
    if again is not None:
        return again
    try:
        email = ask(visit, form["email"])
    except Mistakes as mistakes:
        return _ask_page(visit, form, mistakes)
    return page(visit, "account/address_sent.html", email=email, minutes=_MINUTES)


@routes.page(PLACE + "/{secret}", ACCOUNT)
def confirm_page(visit: VisitDep, secret: str) -> Response:
    """What the link leads to: a button, so that a program that looks into mails does not use the link up."""
    try:
        with visit.reading() as session:
            email = addresses.offered(session, visit.me, secret, visit.now)
    except Absent:
        return _over(visit)
    return page(visit, "account/address_confirm.html", email=email)


@routes.form(PLACE + "/{secret}", ACCOUNT)
def confirm_address(visit: VisitDep, form: FormDep, secret: str) -> Response:  # noqa: ARG001 - its token was checked
    """Take the address."""
    try:
        confirm(visit, secret)
    except Absent:
        return _over(visit)
    return see(visit, "/account", "Your e-mail address was changed. Other devices were signed out.")


def ask(visit: Visit, typed: str) -> str:
    """Send a link to a new address of who is signed in, and answer it. Raises Mistakes (``email``), Absent."""
    with visit.writing() as session:
        wait = attempts.begin(session, visit.desk, addresses.CHANGE, visit.me.id, visit.now)
    if wait is not None:
        seconds = int(wait.total_seconds()) + 1
        raise Mistakes(Mistake("email", "Too many attempts. Wait {seconds} seconds.", {"seconds": seconds}))
    with visit.writing() as session:
        email = addresses.ask(session, visit.desk, visit.me, typed, visit.now)
    visit.desk.wake()
    return email


def confirm(visit: Visit, secret: str) -> None:
    """Take the new address that a link confirms. Raises Absent, Conflict."""
    here = visit.sign_in.id if visit.sign_in else None
    with visit.writing() as session:
        addresses.confirm(session, visit.desk, visit.me, secret, session_id=here, now=visit.now)
    visit.desk.wake()


def _ask_page(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    who = visit.identity
    with visit.reading() as session:
        badges = len(waiting(session, who.email)) if who and who.email_proven else 0
    return page(visit, "account/address.html", form=form, mistakes=mistakes, badges=badges, minutes=_MINUTES)


def _over(visit: Visit) -> Response:
    return page(visit, "account/address_over.html", status=404)
