"""Signing in and out, and accepting an invitation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from badgeport.web.words import keyed
from fastapi import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from badgeport.issuer.audit import log
from badgeport.issuer.awards.mail import post
from badgeport.issuer.mistakes import Conflict, Mistake, Mistakes
from badgeport.issuer.people import attempts, factors, openid
from badgeport.issuer.people.links import make_link, peek_link, use_link
from badgeport.issuer.people.members import accept_invitation, invited
from badgeport.issuer.people.pages.routing import routes
from badgeport.issuer.people.passwords import check_password, hash_password, is_right
from badgeport.issuer.people.services import find_account, normal_email, organization, prove_email
from badgeport.issuer.people.signing_in import (
    PENDING_COOKIE,
    SECOND_FACTOR,
    SIGN_IN_LINK,
    has_second_factor,
    is_secure,
    is_staff,
    start_session,
    welcome,
    with_session_cookie,
)
from badgeport.issuer.people.tables import Account, Identity, OneTimeLink, Password, SignIn
from badgeport.issuer.people.wording import ROLES, speech_for
from badgeport.issuer.web.access import EVERYONE, LINK
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.pages import local_path, page, see
from badgeport.issuer.web.visits import SESSION_COOKIE, Visit, VisitDep

LINK_LIVES = timedelta(minutes=15)
WRONG = keyed("The address and the password do not go together.")
TOO_MANY = keyed("Too many attempts. Wait {seconds} seconds, or have a link mailed to you.")


@routes.page("/sign-in", EVERYONE)
def sign_in_page(visit: VisitDep) -> Response:
    """The ways to sign in."""
    return _sign_in(visit, Form.of({"next": local_path(visit.request.query_params.get("next", "/home"))}))


@routes.form("/sign-in", EVERYONE)
def sign_in(visit: VisitDep, form: FormDep) -> Response:
    """By password."""
    email, password = form["email"].lower()[:254], (form.all("password") or ("",))[0]
    with visit.writing() as session:
        wait = attempts.begin(session, visit.desk, "password", email, visit.now)
    if wait is not None:
        return _sign_in(visit, form, Mistakes(Mistake("password", TOO_MANY, {"seconds": _seconds(wait)})))
    with visit.reading() as session:
        account = find_account(session, email)
        kept = None if account is None else session.get(Password, account.id)
    right = is_right(password, None if kept is None else kept.hash)
    if not right or account is None or kept is None or account.state != "active":
        return _sign_in(visit, form, Mistakes(Mistake("password", WRONG)))
    with visit.writing() as session:
        # Either may have changed while the hash was computed.
        account, still = find_account(session, email), session.get(Password, kept.account_id)
        if account is None or account.state != "active" or still is None or still.hash != kept.hash:
            return _sign_in(visit, form, Mistakes(Mistake("password", WRONG)))
        attempts.succeeded(session, visit.desk, "password", email)
        return welcome(session, visit, account, _goal(form))


@routes.form("/sign-in/link", EVERYONE)
def mail_link(visit: VisitDep, form: FormDep) -> Response:
    """Have a link mailed. The answer is the same whether or not there is such an account."""
    try:
        email = normal_email(form["email"])
    except Mistakes as mistakes:
        return _sign_in(visit, form, mistakes)
    with visit.writing() as session:
        may = attempts.may_mail(session, visit.desk, "sign-in", email, visit.now)
        account = find_account(session, email)
        secret = make_link(
            session,
            visit.desk,
            purpose=SIGN_IN_LINK,
            now=visit.now,
            lives=LINK_LIVES,
            account_id=None if account is None else account.id,
            email=email,
            detail={"next": _goal(form)},
        )
        if may and account is not None and account.state == "active":
            say = speech_for(account, visit.speech).say
            post(
                session,
                address=email,
                subject=say("Your link to sign in"),
                body=say(
                    "Open this link to sign in to Badgeport. It works once, within {minutes} minutes:\n\n{link}\n\n"
                    "If you did not ask for it, do nothing.",
                    minutes=int(LINK_LIVES.total_seconds()) // 60,
                    link=visit.desk.url(f"/sign-in/link/{secret}"),
                ),
                now=visit.now,
            )
    visit.desk.wake()
    return page(visit, "sign_in/sent.html", email=email, minutes=int(LINK_LIVES.total_seconds()) // 60)


@routes.page("/sign-in/link/{secret}", LINK)
def link_page(visit: VisitDep, secret: str) -> Response:
    """What a mailed link leads to: a button, so that a program that looks into mails does not use the link up."""
    with visit.reading() as session:
        link = peek_link(session, secret, SIGN_IN_LINK, visit.now)
        known = None if link is None or link.account_id is None else session.get(Identity, link.account_id)
    if known is None:
        return page(visit, "sign_in/over.html", status=404)
    return page(visit, "sign_in/link.html", email=known.email)


@routes.form("/sign-in/link/{secret}", LINK)
def use_mailed_link(visit: VisitDep, form: FormDep, secret: str) -> Response:  # noqa: ARG001 - its token was checked
    """Sign in by a mailed link."""
    with visit.writing() as session:
        link = use_link(session, secret, SIGN_IN_LINK, visit.now)
        account = None if link is None or link.account_id is None else session.get(Account, link.account_id)
        if link is not None and account is not None and account.state == "active":
            prove_email(session, account.id, visit.now)
            return welcome(session, visit, account, str(link.detail.get("next", "/home")))
    return page(visit, "sign_in/over.html", status=404)


# ---------------------------------------------------------------- the second factor


@routes.page("/sign-in/second-factor", EVERYONE)
def second_factor_page(visit: VisitDep) -> Response:
    """Asks who showed a first factor for the second one."""
    with visit.reading() as session:
        pending = _pending(session, visit)
        if pending is None:
            return see(visit, "/sign-in", "That took too long. Sign in once more.")
        return _second_factor(visit, session, pending)


@routes.form("/sign-in/second-factor", EVERYONE)
def second_factor(visit: VisitDep, form: FormDep) -> Response:
    """A code of a code generator, or a recovery code."""
    with visit.writing() as session:
        pending = _pending(session, visit)
        if pending is None:
            return see(visit, "/sign-in", "That took too long. Sign in once more.")
        wait = attempts.begin(session, visit.desk, "code", str(pending.account_id), visit.now)
        if wait is not None:
            wrong = Mistakes(Mistake("code", "Too many attempts. Wait {seconds} seconds.", {"seconds": _seconds(wait)}))
            return _second_factor(visit, session, pending, wrong)
    with visit.writing() as session:
        pending = _pending(session, visit)
        account = None if pending is None else session.get(Account, pending.account_id)
        if pending is None or account is None or account.state != "active":
            return see(visit, "/sign-in", "That took too long. Sign in once more.")
        if not factors.take_second_factor(session, visit.desk, account, form["code"], visit.now):
            return _second_factor(visit, session, pending, Mistakes(Mistake("code", factors.WRONG_CODE)))
        attempts.succeeded(session, visit.desk, "code", account.id)
        use_link(session, visit.request.cookies.get(PENDING_COOKIE, ""), SECOND_FACTOR, visit.now)
        secret = start_session(session, visit, account, 2, visit.now)
        return with_session_cookie(see(visit, local_path(str(pending.detail["next"]))), visit, secret)


@routes.form("/sign-in/passkey/options", EVERYONE)
def passkey_options(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token was checked
    """What a browser needs to show a passkey; a script of ours asks."""
    with visit.writing() as session:
        options, secret = factors.ask_for_passkey(session, visit.desk, visit.now)
    return JSONResponse({"options": options, "secret": secret}, headers={"Cache-Control": "no-store"})


@routes.form("/sign-in/passkey", EVERYONE)
def passkey(visit: VisitDep, form: FormDep) -> Response:
    """Sign in by a passkey, which stands for both factors; a script of ours sends it."""
    goal = _goal(form)
    with visit.writing() as session:
        account = factors.take_passkey(session, visit.desk, form["secret"], form["credential"], visit.now)
        if account is None:
            text = visit.speech.say("This passkey does not open an account here. Sign in another way.")
            return JSONResponse({"wrong": text}, 422, headers={"Cache-Control": "no-store"})
        pending = _pending(session, visit)
        if pending is not None and pending.account_id == account.id:
            goal = local_path(str(pending.detail["next"]))
        secret = start_session(session, visit, account, 2, visit.now)
    answer = JSONResponse({"next": goal}, headers={"Cache-Control": "no-store"})
    return with_session_cookie(answer, visit, secret)


# ---------------------------------------------------------------- a provider


@routes.page("/sign-in/openid/callback", EVERYONE)
def openid_callback(visit: VisitDep, request: Request) -> Response:
    """Where a provider sends the browser back to."""
    kept = openid.unsealed(visit.desk, request.cookies.get(openid.COOKIE, ""), visit.now)
    try:
        if kept is None:
            raise openid.OpenIdError("it took too long, or another browser was used")
        with visit.reading() as session:
            org = organization(session, kept["org"])
        person = openid.finish(visit.desk, org, kept, dict(request.query_params), visit.now)
        with visit.writing() as session:
            own = visit.sign_in is not None and visit.sign_in.org_id is None
            signed_in = visit.me.id if own else None
            account = openid.account_of(session, org, person, visit.now, signed_in=signed_in)
            answer = welcome(session, visit, account, str(kept["next"]), org_id=org.id)
    except openid.OpenIdError as error:
        answer = page(visit, "sign_in/openid_failed.html", status=403, reason=str(error))
    answer.delete_cookie(openid.COOKIE, path="/sign-in/openid")
    return answer


@routes.page("/sign-in/openid/{name}", EVERYONE)
def openid_begin(visit: VisitDep, name: str) -> Response:
    """Send the browser to an organisation's provider. By a link, for a page of ours may send no form elsewhere."""
    with visit.reading() as session:
        org = organization(session, name)
    goal = local_path(visit.request.query_params.get("next", "/home"))
    try:
        address, kept = openid.begin(visit.desk, org, goal, visit.now)
    except openid.OpenIdError as error:
        return page(visit, "sign_in/openid_failed.html", status=403, reason=str(error))
    answer = RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        openid.COOKIE,
        kept,
        max_age=int(openid.LIVES.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(visit.desk),
        path="/sign-in/openid",
    )
    return answer


# ---------------------------------------------------------------- out


@routes.form("/sign-out", EVERYONE)
def sign_out(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token was checked
    """End this session."""
    if visit.sign_in is not None:
        with visit.writing() as session:
            row = session.get(SignIn, visit.sign_in.id)
            if row is not None:
                session.delete(row)
            log.record(
                session,
                actor=visit.actor,
                action="account.signed-out",
                target=f"account:{visit.me.id}",
                at=visit.now,
            )
    answer = see(visit, "/", "You are signed out.")
    answer.delete_cookie(SESSION_COOKIE, path="/")
    return answer


# ---------------------------------------------------------------- invitations


@routes.page("/invitations/{secret}", LINK)
def invitation_page(visit: VisitDep, secret: str) -> Response:
    """What somebody is invited to."""
    with visit.reading() as session:
        offer = invited(session, secret, visit.now)
    return page(visit, "sign_in/invitation.html", form=Form.of({"name": offer.name}), offer=offer, roles=ROLES)


@routes.form("/invitations/{secret}", LINK)
def accept(visit: VisitDep, form: FormDep, secret: str) -> Response:
    """Accept it, into the account of the address, or a new one."""
    with visit.reading() as session:
        offer = invited(session, secret, visit.now)
    password = (form.all("password") or ("",))[0] if not offer.known else ""
    mistakes = Mistakes()
    if password:
        try:
            check_password(password, offer.email, form["name"])
        except Mistakes as found:
            mistakes = found
    if not mistakes:
        hashed = hash_password(password) if password else None
        try:
            with visit.writing() as session:
                account, org = accept_invitation(
                    session, secret, account=visit.account, name=form["name"], now=visit.now
                )
                if hashed is not None:
                    session.add(Password(account_id=account.id, hash=hashed, changed=visit.now))
                staff = is_staff(session, account)
                goal = f"/o/{org.slug}" if staff else "/home"
                if visit.account is not None:
                    lacking = staff and visit.desk.second_factor and not has_second_factor(session, account.id)
                    return see(visit, "/account/second-factor" if lacking else goal, "You are in.")
                return welcome(session, visit, account, goal)
        except Mistakes as found:
            mistakes = found
        except Conflict as found:
            mistakes = Mistakes(Mistake("", found.text, found.values))
    return page(visit, "sign_in/invitation.html", form=form, mistakes=mistakes, offer=offer, roles=ROLES)


# ---------------------------------------------------------------- inside


def _sign_in(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        orgs = openid.providers(session)
    goal = _goal(form)
    doors = [(org.name, f"/sign-in/openid/{org.slug}?{urlencode({'next': goal})}") for org in orgs]
    return page(visit, "sign_in/sign_in.html", form=form, mistakes=mistakes, doors=doors, goal=goal)


def _second_factor(visit: Visit, session: Any, pending: OneTimeLink, mistakes: Mistakes | None = None) -> Response:
    account_id = str(pending.account_id)
    return page(
        visit,
        "sign_in/second_factor.html",
        mistakes=mistakes,
        has_codes=factors.has_totp(session, account_id) or factors.recovery_codes_left(session, account_id) > 0,
        has_passkeys=bool(factors.passkeys_of(session, account_id)),
    )


def _pending(session: Any, visit: Visit) -> OneTimeLink | None:
    return peek_link(session, visit.request.cookies.get(PENDING_COOKIE, ""), SECOND_FACTOR, visit.now)


def _goal(form: Form) -> str:
    return local_path(form["next"] or "/home")


def _seconds(wait: timedelta) -> int:
    return int(wait.total_seconds()) + 1
