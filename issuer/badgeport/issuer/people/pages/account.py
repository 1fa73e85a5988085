"""One's own account: name, language, password, second factors, sessions."""

from __future__ import annotations

from urllib.parse import urlsplit

from badgeport.web.words import LANGUAGES
from markupsafe import Markup
from sqlmodel import Session, col, select
from starlette.responses import JSONResponse, Response

from badgeport.issuer import qr
from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes
from badgeport.issuer.people import attempts, factors, providers
from badgeport.issuer.people.pages.routing import routes, stale
from badgeport.issuer.people.passwords import check_password, hash_password
from badgeport.issuer.people.services import MOST_NAME
from badgeport.issuer.people.signing_in import (
    end_sessions,
    has_second_factor,
    is_staff,
    start_session,
    with_session_cookie,
)
from badgeport.issuer.people.tables import Account, Identity, Password, SignIn
from badgeport.issuer.web.access import ACCOUNT
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.visits import LANGUAGE_COOKIE, Visit, VisitDep

SECURITY = "/account/second-factor"


@routes.page("/account", ACCOUNT)
def account_page(visit: VisitDep) -> Response:
    """The account at a glance."""
    return _account(
        visit, Form.of({"name": visit.identity.name if visit.identity else "", "language": visit.me.language})
    )


@routes.form("/account", ACCOUNT)
def change_account(visit: VisitDep, form: FormDep) -> Response:
    """Change name and language."""
    with visit.writing() as session:
        mistakes = change(session, visit, form["name"], form["language"])
        if mistakes:
            return _account(visit, form, mistakes)
    answer = see(visit, "/account", "Saved.")
    answer.delete_cookie(LANGUAGE_COOKIE, path="/")
    return answer


def change(session: Session, visit: Visit, name: str, language: str) -> Mistakes:
    """Write name and language of who is signed in; answers what is wrong with them, and then wrote nothing."""
    mistakes, plain = Mistakes(), " ".join(name.split())
    if not 1 <= len(plain) <= MOST_NAME:
        mistakes.add("name", "Write your name, in at most {most} characters.", most=MOST_NAME)
    if language not in LANGUAGES:
        mistakes.add("language", "Choose a language from the list.")
    if mistakes:
        return mistakes
    row, who = session.get(Account, visit.me.id), session.get(Identity, visit.me.id)
    if row is None or who is None:
        raise Absent
    row.language, who.name = language, plain
    session.add_all([row, who])
    visit.record(session, "account.changed", f"account:{row.id}")
    return mistakes


@routes.page("/account/password", ACCOUNT)
def password_page(visit: VisitDep) -> Response:
    """Choose a password."""
    return stale(visit, "/account/password") or _password(visit)


@routes.form("/account/password", ACCOUNT)
def change_password(visit: VisitDep, form: FormDep) -> Response:
    """Take a new password. All other sessions end: somebody else may have had the old one."""
    again = stale(visit, "/account/password")
    if again is not None:
        return again
    new = (form.all("password") or ("",))[0]
    try:
        who = visit.identity
        check_password(new, who.name if who else "", who.email if who else "")
        if new != (form.all("repeated") or ("",))[0]:
            raise Mistakes(Mistake("repeated", "The two are not the same."))
    except Mistakes as mistakes:
        return _password(visit, mistakes)
    hashed = hash_password(new)
    with visit.writing() as session:
        row = session.get(Password, visit.me.id) or Password(account_id=visit.me.id, hash="", changed=visit.now)
        row.hash, row.changed = hashed, visit.now
        session.add(row)
        visit.record(session, "account.password-changed", f"account:{visit.me.id}")
        secret = _anew(session, visit, visit.sign_in.factors if visit.sign_in else 1)
    return with_session_cookie(
        see(visit, "/account", "Your password is set. Other devices were signed out."), visit, secret
    )


# ---------------------------------------------------------------- second factors


@routes.page(SECURITY, ACCOUNT)
def second_factor_page(visit: VisitDep) -> Response:
    """What there is beside the password, and how to add to it."""
    return _security(visit)


@routes.form("/account/code-generator", ACCOUNT)
def begin_code_generator(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token was checked
    """Begin to set up a code generator."""
    again = stale(visit, SECURITY)
    if again is not None:
        return again
    with visit.writing() as session:
        factors.begin_totp(session, visit.desk, visit.me)
    return see(visit, "/account/code-generator")


@routes.page("/account/code-generator", ACCOUNT)
def code_generator_page(visit: VisitDep) -> Response:
    """What to scan, and where to type the first code."""
    return _code_generator(visit)


@routes.form("/account/code-generator/confirm", ACCOUNT)
def confirm_code_generator(visit: VisitDep, form: FormDep) -> Response:
    """Take it into use, by its first code; shows the recovery codes."""
    again = stale(visit, SECURITY)
    if again is not None:
        return again
    with visit.writing() as session:
        wait = attempts.begin(session, visit.desk, "code", visit.me.id, visit.now)
    if wait is not None:
        seconds = int(wait.total_seconds()) + 1
        return _code_generator(
            visit, Mistakes(Mistake("code", "Too many attempts. Wait {seconds} seconds.", {"seconds": seconds}))
        )
    try:
        with visit.writing() as session:
            codes = factors.confirm_totp(session, visit.desk, visit.me, form["code"], visit.now)
            attempts.succeeded(session, visit.desk, "code", visit.me.id)
            secret = _anew(session, visit, 2)
    except Mistakes as mistakes:
        return _code_generator(visit, mistakes)
    return with_session_cookie(page(visit, "account/codes.html", codes=codes), visit, secret)


@routes.form("/account/recovery-codes", ACCOUNT)
def recovery_codes(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token was checked
    """Make new recovery codes."""
    again = stale(visit, SECURITY)
    if again is not None:
        return again
    with visit.writing() as session:
        if not has_second_factor(session, visit.me.id):
            raise Conflict("Set up a code generator or a passkey first.")
        codes = factors.new_recovery_codes(session, visit.desk, visit.me, visit.now)
    return page(visit, "account/codes.html", codes=codes)


@routes.page("/account/code-generator/remove", ACCOUNT)
def remove_code_generator_page(visit: VisitDep) -> Response:
    """Says what removing it does."""
    with visit.reading() as session:
        if not factors.has_totp(session, visit.me.id):
            raise Absent
    return page(
        visit,
        "people/confirm.html",
        heading=visit.speech.say("Remove the code generator?"),
        says=[visit.speech.say("Its codes and your recovery codes will not work any more.")],
        label=visit.speech.say("Remove it"),
        back=SECURITY,
        ask_why=False,
    )


@routes.form("/account/code-generator/remove", ACCOUNT)
def remove_code_generator(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token was checked
    """Remove it."""
    again = stale(visit, SECURITY)
    if again is not None:
        return again
    with visit.writing() as session:
        factors.remove_totp(session, visit.me, visit.now)
        _require_one_left(session, visit)
    return see(visit, SECURITY, "The code generator was removed.")


@routes.form("/account/passkeys/options", ACCOUNT)
def passkey_options(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token was checked
    """What a browser needs to make a passkey; a script of ours asks."""
    if stale(visit, SECURITY) is not None:
        return _not_fresh(visit)
    with visit.writing() as session:
        options, secret = factors.begin_passkey(session, visit.desk, visit.me, visit.now)
    return JSONResponse({"options": options, "secret": secret}, headers={"Cache-Control": "no-store"})


@routes.form("/account/passkeys", ACCOUNT)
def add_passkey(visit: VisitDep, form: FormDep) -> Response:
    """Keep a passkey; a script of ours sends it."""
    if stale(visit, SECURITY) is not None:
        return _not_fresh(visit)
    try:
        with visit.writing() as session:
            factors.add_passkey(
                session, visit.desk, visit.me, form["secret"], form["credential"], form["name"], visit.now
            )
            secret = _anew(session, visit, 2)
    except Mistakes as mistakes:
        text = "; ".join(visit.speech.say(one.text, **one.values) for one in mistakes.found)
        return JSONResponse({"wrong": text}, 422, headers={"Cache-Control": "no-store"})
    answer = JSONResponse({"next": SECURITY}, headers={"Cache-Control": "no-store"})
    return with_session_cookie(answer, visit, secret)


@routes.page("/account/passkeys/{passkey_id}/remove", ACCOUNT)
def remove_passkey_page(visit: VisitDep, passkey_id: str) -> Response:
    """Says what removing it does."""
    with visit.reading() as session:
        found = next((one for one in factors.passkeys_of(session, visit.me.id) if one.id == passkey_id), None)
    if found is None:
        raise Absent
    return page(
        visit,
        "people/confirm.html",
        heading=visit.speech.say("Remove the passkey “{name}”?", name=found.name or visit.speech.say("without a name")),
        says=[visit.speech.say("It will not open your account any more. Remove it from your device, too.")],
        label=visit.speech.say("Remove it"),
        back=SECURITY,
        ask_why=False,
    )


@routes.form("/account/passkeys/{passkey_id}/remove", ACCOUNT)
def remove_passkey(visit: VisitDep, form: FormDep, passkey_id: str) -> Response:  # noqa: ARG001 - its token was checked
    """Remove it."""
    again = stale(visit, SECURITY)
    if again is not None:
        return again
    with visit.writing() as session:
        factors.remove_passkey(session, visit.me, passkey_id, visit.now)
        _require_one_left(session, visit)
    return see(visit, SECURITY, "The passkey was removed.")


# ---------------------------------------------------------------- sessions


@routes.page("/account/sessions", ACCOUNT)
def sessions_page(visit: VisitDep) -> Response:
    """Where one is signed in."""
    statement = (
        select(SignIn)
        .where(SignIn.account_id == visit.me.id, SignIn.expires > visit.now)
        .order_by(col(SignIn.created).desc())
    )
    with visit.reading() as session:
        found = listing(session, visit.request, statement)
    if wants_csv(visit.request):
        rows = [(row.created.isoformat(), row.expires.isoformat(), row.factors) for row in found.rows]
        return csv_response("sessions", ("begun", "ends", "factors"), rows)
    return page(visit, "account/sessions.html", list=found)


@routes.form("/account/sessions/end", ACCOUNT)
def end_session(visit: VisitDep, form: FormDep) -> Response:
    """End one session, or all but this."""
    with visit.writing() as session:
        if form["session"] == "others":
            end_sessions(session, visit.me.id, but=visit.sign_in.id if visit.sign_in else None)
        else:
            row = session.get(SignIn, form["session"])
            if row is None or row.account_id != visit.me.id:
                raise Absent
            session.delete(row)
        visit.record(session, "account.sessions-ended", f"account:{visit.me.id}")
    return see(visit, "/account/sessions", "Ended.")


# ---------------------------------------------------------------- accounts elsewhere


@routes.page("/account/providers", ACCOUNT)
def providers_page(visit: VisitDep) -> Response:
    """The accounts elsewhere that open this one."""
    with visit.reading() as session:
        found = listing(session, visit.request, providers.links_of(visit.me.id))
    if wants_csv(visit.request):
        rows = [
            (row.issuer, row.created.isoformat(), row.confirmed.isoformat() if row.confirmed else "")
            for row in found.rows
        ]
        return csv_response("providers", ("issuer", "since", "confirmed"), rows)
    return page(visit, "account/providers.html", list=found)


@routes.form("/account/providers/remove", ACCOUNT)
def remove_provider(visit: VisitDep, form: FormDep) -> Response:
    """Let one open it no more."""
    again = stale(visit, "/account/providers")
    if again is not None:
        return again
    with visit.writing() as session:
        providers.unlink(session, visit.me, form["provider"], visit.now)
    return see(visit, "/account/providers", "It was removed.")


# ---------------------------------------------------------------- inside


def _account(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        return page(
            visit,
            "account/account.html",
            form=form,
            mistakes=mistakes,
            has_password=session.get(Password, visit.me.id) is not None,
            has_second=has_second_factor(session, visit.me.id),
            chosen=list(LANGUAGES.items()),
        )


def _password(visit: Visit, mistakes: Mistakes | None = None) -> Response:
    return page(visit, "account/password.html", mistakes=mistakes)


def _security(visit: Visit) -> Response:
    with visit.reading() as session:
        return page(
            visit,
            "account/second_factor.html",
            has_codes=factors.has_totp(session, visit.me.id),
            passkeys=factors.passkeys_of(session, visit.me.id),
            left=factors.recovery_codes_left(session, visit.me.id),
            has_second=has_second_factor(session, visit.me.id),
            needed=visit.desk.second_factor and is_staff(session, visit.me),
            host=urlsplit(visit.desk.public_url).hostname,
        )


def _code_generator(visit: Visit, mistakes: Mistakes | None = None) -> Response:
    email = visit.identity.email if visit.identity else visit.me.id
    with visit.reading() as session:
        found = factors.totp_address(session, visit.desk, visit.me, email)
    if found is None:
        return see(visit, SECURITY)
    address, letters = found
    title = visit.speech.say("QR code for your code generator")
    picture = Markup(qr.svg(address, title=title).decode())  # noqa: S704 - drawn here, its title escaped
    grouped = " ".join(letters[at : at + 4] for at in range(0, len(letters), 4))
    return page(visit, "account/code_generator.html", mistakes=mistakes, picture=picture, letters=grouped)


def _anew(session: Session, visit: Visit, strength: int) -> str:
    """The secret of a new session in the place of all there were."""
    end_sessions(session, visit.me.id)
    before = None if visit.sign_in is None or strength > 1 else visit.sign_in.org_id
    return start_session(session, visit, visit.me, strength, visit.now, org_id=before)


def _require_one_left(session: Session, visit: Visit) -> None:
    if visit.desk.second_factor and is_staff(session, visit.me) and not has_second_factor(session, visit.me.id):
        raise Conflict("Your roles need a second factor. Add another one before you remove this.")


def _not_fresh(visit: Visit) -> Response:
    text = visit.speech.say("Sign in once more; then you can change how you sign in.")
    return JSONResponse({"wrong": text}, 403, headers={"Cache-Control": "no-store"})
