"""The keys of an organisation, and of the installation: what signs, what signed before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select
from starlette.responses import Response

from badgeport.issuer.desk import IssuerDesk, OutboundError
from badgeport.issuer.documents import did_document
from badgeport.issuer.mistakes import Conflict, Mistakes, refuse
from badgeport.issuer.people import keys
from badgeport.issuer.people.pages.routing import OWNERS, SETTINGS, instant_of, routes, stale
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.people.wording import KEY_PURPOSES, KEY_STATES, OWN_KEY_PURPOSES
from badgeport.issuer.web.access import OPERATOR
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.keys.did import did_web_url
from badgeport.keys.lifecycle import KeyState
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError


@routes.page("/o/{org}/settings/keys", SETTINGS)
def keys_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """All keys, newest first, and what is to be done about them."""
    return _keys(visit)


@routes.page("/operator/keys", OPERATOR)
def own_keys_page(visit: VisitDep) -> Response:
    """The keys of the installation itself, which sign collections and learner records."""
    return _keys(visit)


@routes.page("/o/{org}/settings/keys/new", OWNERS)
def new_key_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """Says what a new key does."""
    return _new(visit, visit.request.query_params.get("purpose", ""))


@routes.page("/operator/keys/new", OPERATOR)
def new_own_key_page(visit: VisitDep) -> Response:
    """Says what a new key of the installation does."""
    return _new(visit, visit.request.query_params.get("purpose", ""))


@routes.form("/o/{org}/settings/keys/new", OWNERS)
def new_key(visit: VisitDep, form: FormDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """Make a key and take it into use; the one before it is retired."""
    return _make(visit, form)


@routes.form("/operator/keys/new", OPERATOR)
def new_own_key(visit: VisitDep, form: FormDep) -> Response:
    """The same for the installation."""
    return _make(visit, form)


@routes.page("/o/{org}/settings/keys/{key_id}/revoke", OWNERS)
def revoke_page(visit: VisitDep, org: str, key_id: str) -> Response:  # noqa: ARG001 - of the path
    """Says what revoking does."""
    return _revoke_page(visit, key_id)


@routes.page("/operator/keys/{key_id}/revoke", OPERATOR)
def revoke_own_page(visit: VisitDep, key_id: str) -> Response:
    """Says what revoking a key of the installation does."""
    return _revoke_page(visit, key_id)


@routes.form("/o/{org}/settings/keys/{key_id}/revoke", OWNERS)
def revoke(visit: VisitDep, form: FormDep, org: str, key_id: str) -> Response:  # noqa: ARG001 - of the path
    """Revoke a key."""
    return _revoke(visit, form, key_id)


@routes.form("/operator/keys/{key_id}/revoke", OPERATOR)
def revoke_own(visit: VisitDep, form: FormDep, key_id: str) -> Response:
    """Revoke a key of the installation."""
    return _revoke(visit, form, key_id)


def make_key(visit: Visit, purpose: str, why: str, replaces: str | None) -> IssuerKey:
    """Make a key of the organisation of the path, of the installation where it names none, and take it into use.

    ``replaces`` is the id of the key that was seen in use (empty: none was; None: whichever is, as this begins). Raises
    Mistakes (``purpose``, ``why``), Conflict where another one is in use by then.
    """
    if purpose not in keys.PURPOSES:
        refuse("purpose", "Choose what the key is for.")
    with visit.reading() as session:
        before = _in_use(session, visit, purpose)
    if replaces is not None and replaces != before:
        raise Conflict("Somebody changed the keys in the meantime. Look at them first.")
    if before and not why.strip():
        refuse("why", "Say why; others will ask.")
    new = keys.replacement(visit.desk, visit.org, purpose)
    with visit.writing() as session:
        if _in_use(session, visit, purpose) != before:
            raise Conflict("Somebody changed the keys in the meantime. Look at them first.")
        keys.rotate(session, new, actor=visit.actor, now=visit.now, why=why)
    return new


def revoke_key(visit: Visit, key_id: str, at: datetime, why: str, *, resign: bool) -> IssuerKey:
    """Revoke a key of the organisation of the path, of the installation where it names none; where it was in use a new
    one is made in its place.

    Raises Absent, Mistakes (``at``, ``why``), Conflict.
    """
    with visit.reading() as session:
        key = keys.key_of(session, visit.org, key_id)
        in_use = _in_use(session, visit, key.purpose) == key.id
    new = keys.replacement(visit.desk, visit.org, key.purpose) if in_use else None
    with visit.writing() as session:
        key = keys.key_of(session, visit.org, key_id)
        revocation = keys.Revocation(at, why, new, resign)
        keys.revoke(session, key, revocation, actor=visit.actor, now=visit.now)
    return key


@routes.page("/o/{org}/settings/keys/document", SETTINGS)
def document_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - of the path
    """The document that publishes the keys: for a domain of one's own, to be put there."""
    return _document(visit)


@routes.form("/o/{org}/settings/keys/document", OWNERS)
def check_document(visit: VisitDep, form: FormDep, org: str) -> Response:  # noqa: ARG001 - its token was checked
    """Look whether the document stands where it belongs."""
    return _document(visit, check=compare(visit.desk, visit.here))


def compare(desk: IssuerDesk, org: Organization) -> dict[str, Any]:
    """Whether what an organisation's domain publishes has all its keys: ``outcome`` and what is missing.

    ``outcome`` is ``same``, ``differs``, ``unreachable`` or ``unreadable``.
    """
    with desk.database.reading() as session:
        wanted = keys.records(session, org.did)
    if desk.outbound is None:
        return {"outcome": "unreachable", "reason": "this installation does not talk to other servers", "missing": []}
    try:
        found = jsontext.parse_object(desk.outbound.get(did_web_url(org.did)))
    except OutboundError as error:
        return {"outcome": "unreachable", "reason": str(error), "missing": []}
    except ProblemError:
        return {"outcome": "unreadable", "reason": "", "missing": []}
    methods = found.get("verificationMethod")
    published = {
        entry.get("id"): entry for entry in (methods if isinstance(methods, list) else ()) if isinstance(entry, dict)
    }
    own = did_document(org.did, wanted) if wanted else {"verificationMethod": []}
    missing = [
        entry["id"]
        for entry in own["verificationMethod"]
        if any(published.get(entry["id"], {}).get(name) != value for name, value in entry.items())
    ]
    same = found.get("id") == org.did and not missing and "assertionMethod" in found
    return {"outcome": "same" if same else "differs", "reason": "", "missing": missing}


# ---------------------------------------------------------------- inside


def _place(visit: Visit) -> str:
    return "/operator/keys" if visit.org is None else f"/o/{visit.org.slug}/settings/keys"


def _in_use(session: Session, visit: Visit, purpose: str) -> str:
    """The id of the key that signs now; empty where none does."""
    found = keys.signing_key(session, keys.did_of(visit.desk, visit.org), purpose, visit.now)
    return "" if found is None else found.id


def statement_of(org: Organization | None) -> Any:
    """Every key of an organisation, of the installation for None, newest first."""
    whose = col(IssuerKey.org_id).is_(None) if org is None else IssuerKey.org_id == org.id
    return select(IssuerKey).where(whose).order_by(col(IssuerKey.created).desc(), col(IssuerKey.id))


def _keys(visit: Visit) -> Response:
    did = keys.did_of(visit.desk, visit.org)
    with visit.reading() as session:
        found = listing(session, visit.request, statement_of(visit.org), search=(IssuerKey.verification_method,))
        current = {purpose: keys.signing_key(session, did, purpose, visit.now) for purpose in keys.PURPOSES}
    if wants_csv(visit.request):
        columns = ("verification method", "purpose", "state", "made", "retired", "revoked from")
        rows = [
            (row.verification_method, row.purpose, row.state, row.created, row.retired, row.revoked)
            for row in found.rows
        ]
        return csv_response(f"{visit.org.slug if visit.org else 'installation'}-keys", columns, rows)
    return page(
        visit,
        "people/keys.html",
        list=found,
        current=current,
        purposes=KEY_PURPOSES if visit.org else OWN_KEY_PURPOSES,
        states=KEY_STATES,
        hosted_here=keys.is_hosted_here(visit.desk, did),
        document_url=did_web_url(did),
        may_change=visit.org is None or visit.may(Role.ADMINISTRATOR),
        tab="keys",
    )


def _new(visit: Visit, purpose: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    if purpose not in keys.PURPOSES:
        refuse("purpose", "Choose what the key is for.")
    with visit.reading() as session:
        before = _in_use(session, visit, purpose)
    say = visit.speech.say
    says = [say("A new key is made and kept encrypted; nobody sees it."), say("It signs from then on.")]
    if before:
        says.append(
            say("The key in use now is retired: badges it signed keep verifying.")
            if visit.org
            else say("The key in use now is retired: what it signed keeps verifying.")
        )
    if not keys.is_hosted_here(visit.desk, keys.did_of(visit.desk, visit.org)):
        says.append(say("Publish the new key document on your domain at once: badges cannot be checked until then."))
    return page(
        visit,
        "people/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=say("Replace the key in use?") if before else say("Make a new key?"),
        says=says,
        label=say("Make the key"),
        back=_place(visit),
        ask_why=bool(before),
        hidden={"purpose": purpose, "replaces": before},
        kind="",
    )


def _make(visit: Visit, form: Form) -> Response:
    again = stale(visit, _place(visit))
    if again is not None:
        return again
    try:
        make_key(visit, form["purpose"], form["why"][:1000], form["replaces"])
    except Mistakes as mistakes:
        return _new(visit, form["purpose"], form, mistakes)
    return see(visit, _place(visit), "The new key signs from now on.")


def _revoke_page(visit: Visit, key_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        key = keys.key_of(session, visit.org, key_id)
    if key.state == KeyState.REVOKED:
        raise Conflict("This key was revoked already.")
    return page(
        visit,
        "people/key_revoke.html",
        form=form or Form.of({"at": visit.now.strftime("%Y-%m-%dT%H:%M:%S"), "resign": "yes"}),
        mistakes=mistakes,
        key=key,
        purposes=KEY_PURPOSES if visit.org else OWN_KEY_PURPOSES,
        back=_place(visit),
        tab="keys",
    )


def _revoke(visit: Visit, form: Form, key_id: str) -> Response:
    again = stale(visit, f"{_place(visit)}/{key_id}/revoke")
    if again is not None:
        return again
    mistakes = Mistakes()
    at = instant_of(form["at"], "at", mistakes) or visit.now
    if not form["why"]:
        mistakes.add("why", "Say why; others will ask.")
    if mistakes:
        return _revoke_page(visit, key_id, form, mistakes)
    try:
        revoke_key(visit, key_id, at, form["why"][:1000], resign=form.on("resign"))
    except Mistakes as found:
        return _revoke_page(visit, key_id, form, found)
    visit.desk.wake()
    return see(visit, _place(visit), "The key is revoked, and published as revoked.")


def _document(visit: Visit, check: dict[str, Any] | None = None) -> Response:
    with visit.reading() as session:
        found = keys.records(session, visit.here.did)
    text = jsontext.dump_pretty(did_document(visit.here.did, found)).decode() if found else ""
    return page(
        visit,
        "people/key_document.html",
        text=text,
        check=check,
        url=did_web_url(visit.here.did),
        hosted_here=keys.is_hosted_here(visit.desk, visit.here.did),
        tab="keys",
    )
