"""An organisation's settings: profile, schools, API tokens, sign-in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select
from starlette.responses import Response

from badgeport.issuer.hosting.documents import REVOCATION_LIST
from badgeport.issuer.mistakes import Conflict, Mistakes
from badgeport.issuer.people import openid, settings, tokens
from badgeport.issuer.people.members import remove_school, save_school, school_here
from badgeport.issuer.people.pages.routing import (
    ADMINISTRATORS,
    OWNERS,
    SETTINGS,
    routes,
    stale,
    version_of,
    whole_of,
)
from badgeport.issuer.people.services import names_of
from badgeport.issuer.people.tables import ApiToken, Organization, School
from badgeport.issuer.people.wording import SCOPES, kind_choices
from badgeport.issuer.web.access import EVERYONE
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.visits import Visit, VisitDep

TOKEN_DAYS = (30, 90, 365, 730)


@routes.page("/o/{org}/settings", SETTINGS)
def settings_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """What the organisation says of itself."""
    return _settings(visit, Form.of(_stored(visit.here)))


@routes.form("/o/{org}/settings/profile", ADMINISTRATORS)
def change_settings(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Change it."""
    mistakes = Mistakes()
    retention = whole_of(form["retention_days"], "retention_days", mistakes)
    upload, drawn = form.file("image"), None
    if upload is not None:
        try:
            drawn = settings.read_image(upload.file)
        except Mistakes as found:
            mistakes.found += found.found
    if mistakes:
        return _settings(visit, form, mistakes)
    stored = None if drawn is None else visit.desk.blobs.put(io.BytesIO(drawn))
    try:
        with visit.writing() as session:
            image: Mapping[str, Any] | None = {} if form.on("no_image") else None
            if stored is not None:
                image = settings.keep_image(
                    session, visit.desk, visit.here, *stored, caption=form["image_caption"], now=visit.now
                )
            elif image is None and (held := visit.here.profile.get("image")):
                image = {**held, "caption": form["image_caption"] or form["name"]}
            settings.change_settings(
                session,
                visit.here,
                settings.Settings(
                    name=form["name"],
                    kind=form["kind"],
                    profile=_profile(form),
                    same_school_conflict=form.on("same_school_conflict"),
                    second_assessor=form.on("second_assessor"),
                    retention_days=retention,
                    revocation_list=form.on("revocation_list"),
                ),
                version=version_of(form["version"]),
                actor=visit.actor,
                now=visit.now,
                image=image,
            )
    except Mistakes as found:
        return _settings(visit, form, found)
    return see(visit, f"/o/{org}/settings", "Saved.")


@routes.get("/issuers/{name}/image/{digest}", EVERYONE, include_in_schema=False)
def image(visit: VisitDep, name: str, digest: str) -> Response:
    """A picture of an organisation: badges name it by this address."""
    with visit.reading() as session:
        found = settings.image_of(session, name, digest)
    with visit.desk.blobs.open(found) as file:
        data = file.read()
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*",
    }
    return Response(data, 200, headers, "image/png")


# ---------------------------------------------------------------- schools


@routes.page("/o/{org}/settings/schools", SETTINGS)
def schools_page(visit: VisitDep, org: str) -> Response:
    """The schools, with their enrolment."""
    return _schools(visit, org, Form())


@routes.form("/o/{org}/settings/schools", ADMINISTRATORS)
def add_school(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Add a school."""
    mistakes = Mistakes()
    enrolment = whole_of(form["enrolment"], "enrolment", mistakes)
    if not mistakes:
        try:
            with visit.writing() as session:
                save_school(
                    session,
                    visit.here,
                    None,
                    name=form["name"],
                    enrolment=enrolment,
                    actor=visit.actor,
                    now=visit.now,
                )
            return see(visit, f"/o/{org}/settings/schools", "The school was added.")
        except Mistakes as found:
            mistakes = found
    return _schools(visit, org, form, mistakes)


@routes.page("/o/{org}/settings/schools/{school_id}", ADMINISTRATORS)
def school_page(visit: VisitDep, org: str, school_id: str) -> Response:  # noqa: ARG001 - of the path
    """One school."""
    with visit.reading() as session:
        school = school_here(session, visit.here, school_id)
    return page(
        visit,
        "people/school.html",
        form=Form.of({"name": school.name, "enrolment": school.enrolment, "version": school.version}),
        school=school,
        tab="schools",
    )


@routes.form("/o/{org}/settings/schools/{school_id}", ADMINISTRATORS)
def change_school(visit: VisitDep, form: FormDep, org: str, school_id: str) -> Response:
    """Change a school."""
    mistakes = Mistakes()
    enrolment = whole_of(form["enrolment"], "enrolment", mistakes)
    with visit.reading() as session:
        school = school_here(session, visit.here, school_id)
    if not mistakes:
        try:
            with visit.writing() as session:
                save_school(
                    session,
                    visit.here,
                    school_here(session, visit.here, school_id),
                    name=form["name"],
                    enrolment=enrolment,
                    actor=visit.actor,
                    now=visit.now,
                    version=version_of(form["version"]),
                )
            return see(visit, f"/o/{org}/settings/schools", "Saved.")
        except Mistakes as found:
            mistakes = found
    return page(visit, "people/school.html", form=form, mistakes=mistakes, school=school, tab="schools")


@routes.page("/o/{org}/settings/schools/{school_id}/remove", ADMINISTRATORS)
def remove_school_page(visit: VisitDep, org: str, school_id: str) -> Response:
    """Says what removing a school does."""
    with visit.reading() as session:
        school = school_here(session, visit.here, school_id)
    say = visit.speech.say
    return page(
        visit,
        "people/confirm.html",
        heading=say("Remove the school {name}?", name=school.name),
        says=[say("It can be chosen no more. This works only while nobody belongs to it.")],
        label=say("Remove it"),
        back=f"/o/{org}/settings/schools",
        ask_why=False,
    )


@routes.form("/o/{org}/settings/schools/{school_id}/remove", ADMINISTRATORS)
def take_school_out(visit: VisitDep, form: FormDep, org: str, school_id: str) -> Response:  # noqa: ARG001 - its token was checked
    """Remove a school."""
    with visit.writing() as session:
        school = school_here(session, visit.here, school_id)
        remove_school(session, visit.here, school, actor=visit.actor, now=visit.now)
    return see(visit, f"/o/{org}/settings/schools", "The school was removed.")


# ---------------------------------------------------------------- API tokens


@routes.page("/o/{org}/settings/tokens", OWNERS)
def tokens_page(visit: VisitDep, org: str) -> Response:
    """The tokens of programs."""
    statement = (
        select(ApiToken)
        .where(ApiToken.org_id == visit.here.id)
        .order_by(col(ApiToken.created).desc(), col(ApiToken.id))
    )
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(ApiToken.name,))
        names = names_of(session, [row.created_by for row in found.rows])
    if wants_csv(visit.request):
        rows = [
            (row.name, "; ".join(row.scopes), row.created, row.expires, row.revoked, row.last_used)
            for row in found.rows
        ]
        return csv_response(f"{org}-tokens", ("name", "scopes", "made", "ends", "withdrawn", "last used"), rows)
    return page(visit, "people/tokens.html", list=found, names=names, scopes=SCOPES, tab="tokens")


@routes.page("/o/{org}/settings/tokens/new", OWNERS)
def new_token_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """What the token is to be good for."""
    return _new_token(visit, Form.of({"days": "365"}))


@routes.form("/o/{org}/settings/tokens", OWNERS)
def make_token(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Make a token, and show it this once."""
    again = stale(visit, f"/o/{org}/settings/tokens/new")
    if again is not None:
        return again
    days = int(form["days"]) if form["days"] in {str(one) for one in TOKEN_DAYS} else 0
    try:
        with visit.writing() as session:
            row, secret = tokens.make_token(
                session,
                visit.here,
                name=form["name"],
                scopes=form.all("scopes"),
                days=days,
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _new_token(visit, form, mistakes)
    return page(visit, "people/token_made.html", row=row, secret=secret, scopes=SCOPES, tab="tokens")


@routes.page("/o/{org}/settings/tokens/{token_id}/withdraw", OWNERS)
def withdraw_token_page(visit: VisitDep, org: str, token_id: str) -> Response:
    """Says what withdrawing a token does."""
    return _withdraw_token(visit, org, token_id)


@routes.form("/o/{org}/settings/tokens/{token_id}/withdraw", OWNERS)
def withdraw_token(visit: VisitDep, form: FormDep, org: str, token_id: str) -> Response:
    """Withdraw a token."""
    try:
        with visit.writing() as session:
            row = tokens.token_of(session, visit.here, token_id)
            tokens.withdraw_token(session, row, actor=visit.actor, now=visit.now, why=form["why"][:1000])
    except Mistakes as mistakes:
        return _withdraw_token(visit, org, token_id, form, mistakes)
    return see(visit, f"/o/{org}/settings/tokens", "The token was withdrawn.")


def _withdraw_token(
    visit: Visit, org: str, token_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        row = tokens.token_of(session, visit.here, token_id)
    if row.revoked is not None:
        raise Conflict("This token was withdrawn already.")
    say = visit.speech.say
    return page(
        visit,
        "people/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=say("Withdraw the token “{name}”?", name=row.name),
        says=[say("The program that uses it is turned away at once. There is no way back; make a new one instead.")],
        label=say("Withdraw it"),
        back=f"/o/{org}/settings/tokens",
        ask_why=True,
    )


# ---------------------------------------------------------------- sign-in


@routes.page("/o/{org}/settings/sign-in", OWNERS)
def sign_in_settings_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """The organisation's OpenID provider."""
    held = visit.here.sign_in
    stored = {"issuer": held.get("issuer", ""), "client_id": held.get("clientId", ""), "version": visit.here.version}
    return _sign_in(visit, Form.of(stored))


@routes.form("/o/{org}/settings/sign-in", OWNERS)
def change_sign_in(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Change it."""
    again = stale(visit, f"/o/{org}/settings/sign-in")
    if again is not None:
        return again
    try:
        with visit.writing() as session:
            openid.set_provider(
                session,
                visit.here,
                issuer=form["issuer"],
                client_id=form["client_id"],
                actor=visit.actor,
                now=visit.now,
                version=version_of(form["version"]),
            )
    except Mistakes as mistakes:
        return _sign_in(visit, form, mistakes)
    return see(visit, f"/o/{org}/settings/sign-in", "Saved.")


# ---------------------------------------------------------------- inside


def _profile(form: Form) -> dict[str, Any]:
    profile: dict[str, Any] = {name: form[name] for name in settings.PROFILE_FIELDS if form[name]}
    address = {member: form[name] for name, member in settings.ADDRESS_FIELDS.items() if form[name]}
    return {**profile, "address": address} if address else profile


def _stored(org: Organization) -> dict[str, Any]:
    profile = org.profile
    address = profile.get("address", {})
    return {
        "name": org.name,
        "kind": org.kind,
        **{name: profile.get(name, "") for name in settings.PROFILE_FIELDS},
        **{name: address.get(member, "") for name, member in settings.ADDRESS_FIELDS.items()},
        "image_caption": profile.get("image", {}).get("caption", ""),
        "same_school_conflict": "yes" if org.same_school_conflict else "",
        "second_assessor": "yes" if org.second_assessor else "",
        "retention_days": org.retention_days,
        "revocation_list": "yes" if REVOCATION_LIST in org.formats else "",
        "version": org.version,
    }


def _settings(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    picture = visit.here.profile.get("image", {}).get("id", "").removeprefix(visit.desk.public_url)
    return page(
        visit,
        "people/settings.html",
        form=form,
        mistakes=mistakes,
        kinds=kind_choices(visit.speech),
        picture=picture,
        tab="profile",
    )


def _schools(visit: Visit, org: str, form: Form, mistakes: Mistakes | None = None) -> Response:
    statement = select(School).where(School.org_id == visit.here.id).order_by(col(School.name), col(School.id))
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(School.name,))
    if wants_csv(visit.request):
        return csv_response(f"{org}-schools", ("name", "enrollment"), [(row.name, row.enrolment) for row in found.rows])
    return page(visit, "people/schools.html", form=form, mistakes=mistakes, list=found, tab="schools")


def _new_token(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    return page(
        visit,
        "people/token_new.html",
        form=form,
        mistakes=mistakes,
        scopes=SCOPES,
        days=TOKEN_DAYS,
        tab="tokens",
    )


def _sign_in(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    return page(
        visit,
        "people/sign_in_settings.html",
        form=form,
        mistakes=mistakes,
        domains=visit.here.sign_in.get("domains", []),
        variable=openid.secret_variable(visit.here),
        has_secret=openid.secret_variable(visit.here) in visit.desk.environment,
        callback=visit.desk.url(openid.CALLBACK),
        tab="sign-in",
    )
