"""The keys of an organisation: what signs its badges, what signed them before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import col, select
from starlette.responses import Response

from badgeport.issuer.desk import IssuerDesk, OutboundError
from badgeport.issuer.documents import did_document
from badgeport.issuer.mistakes import Conflict, Mistakes, refuse
from badgeport.issuer.people import keys
from badgeport.issuer.people.pages.routing import OWNERS, SETTINGS, instant_of, routes, stale
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.people.wording import KEY_PURPOSES, KEY_STATES
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.keys.did import did_web_url
from badgeport.keys.lifecycle import KeyState
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError


@routes.page("/o/{org}/settings/keys", SETTINGS)
def keys_page(visit: VisitDep, org: str) -> Response:
    """All keys, newest first, and what is to be done about them."""
    statement = (
        select(IssuerKey)
        .where(IssuerKey.org_id == visit.here.id)
        .order_by(col(IssuerKey.created).desc(), col(IssuerKey.id))
    )
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(IssuerKey.verification_method,))
        current = {purpose: keys.signing_key(session, visit.here.did, purpose, visit.now) for purpose in keys.PURPOSES}
    if wants_csv(visit.request):
        columns = ("verification method", "purpose", "state", "made", "retired", "revoked from")
        rows = [
            (row.verification_method, row.purpose, row.state, row.created, row.retired, row.revoked)
            for row in found.rows
        ]
        return csv_response(f"{org}-keys", columns, rows)
    return page(
        visit,
        "people/keys.html",
        list=found,
        current=current,
        purposes=KEY_PURPOSES,
        states=KEY_STATES,
        hosted_here=keys.is_hosted_here(visit.desk, visit.here.did),
        document_url=did_web_url(visit.here.did),
        tab="keys",
    )


@routes.page("/o/{org}/settings/keys/new", OWNERS)
def new_key_page(visit: VisitDep, org: str) -> Response:
    """Says what a new key does."""
    purpose = visit.request.query_params.get("purpose", "")
    _known(purpose)
    with visit.reading() as session:
        before = keys.signing_key(session, visit.here.did, purpose, visit.now)
    return _new(visit, org, purpose, before)


@routes.form("/o/{org}/settings/keys/new", OWNERS)
def new_key(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Make a key and take it into use; the one before it is retired."""
    again = stale(visit, f"/o/{org}/settings/keys")
    if again is not None:
        return again
    purpose = form["purpose"]
    _known(purpose)
    with visit.reading() as session:
        before = keys.signing_key(session, visit.here.did, purpose, visit.now)
    if before is not None and not form["why"]:
        mistakes = Mistakes()
        mistakes.add("why", "Say why; others will ask.")
        return _new(visit, org, purpose, before, form, mistakes)
    new = replacement(visit.desk, visit.here, purpose)
    with visit.writing() as session:
        now_before = keys.signing_key(session, visit.here.did, purpose, visit.now)
        if (now_before and now_before.id) != (before and before.id):
            raise Conflict("Somebody changed the keys in the meantime. Look at them first.")
        keys.rotate(session, new, actor=visit.actor, now=visit.now, why=form["why"][:1000])
    return see(visit, f"/o/{org}/settings/keys", "The new key signs from now on.")


@routes.page("/o/{org}/settings/keys/{key_id}/revoke", OWNERS)
def revoke_page(visit: VisitDep, org: str, key_id: str) -> Response:
    """Says what revoking does."""
    stored = {"at": visit.now.strftime("%Y-%m-%dT%H:%M:%S"), "resign": "yes"}
    return _revoke(visit, org, key_id, Form.of(stored))


@routes.form("/o/{org}/settings/keys/{key_id}/revoke", OWNERS)
def revoke(visit: VisitDep, form: FormDep, org: str, key_id: str) -> Response:
    """Revoke a key."""
    again = stale(visit, f"/o/{org}/settings/keys/{key_id}/revoke")
    if again is not None:
        return again
    mistakes = Mistakes()
    at = instant_of(form["at"], "at", mistakes) or visit.now
    if not form["why"]:
        mistakes.add("why", "Say why; others will ask.")
    if mistakes:
        return _revoke(visit, org, key_id, form, mistakes)
    try:
        revoke_key(visit, key_id, at, form["why"][:1000], resign=form.on("resign"))
    except Mistakes as found:
        return _revoke(visit, org, key_id, form, found)
    visit.desk.wake()
    return see(visit, f"/o/{org}/settings/keys", "The key is revoked, and published as revoked.")


def revoke_key(visit: Visit, key_id: str, at: datetime, why: str, *, resign: bool) -> IssuerKey:
    """Revoke a key of the organisation of the path; where it was in use a new one is made in its place.

    Raises Absent, Mistakes (``at``, ``why``), Conflict.
    """
    with visit.reading() as session:
        key = keys.key_of(session, visit.here, key_id)
        in_use = keys.signing_key(session, visit.here.did, key.purpose, visit.now)
    new = replacement(visit.desk, visit.here, key.purpose) if in_use is not None and in_use.id == key.id else None
    with visit.writing() as session:
        key = keys.key_of(session, visit.here, key_id)
        revocation = keys.Revocation(at, why, new, resign)
        keys.revoke(session, key, revocation, actor=visit.actor, now=visit.now)
    return key


def replacement(desk: IssuerDesk, org: Organization, purpose: str) -> IssuerKey:
    """A prepared key of an organisation."""
    return keys.prepare_keys(desk, org.did, org.slug, purposes=[purpose], org_id=org.id)[0]


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


def _known(purpose: str) -> None:
    if purpose not in keys.PURPOSES:
        refuse("purpose", "Choose what the key is for.")


def _new(
    visit: Visit,
    org: str,
    purpose: str,
    before: IssuerKey | None,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
) -> Response:
    say = visit.speech.say
    says = [say("A new key is made and kept encrypted; nobody sees it."), say("It signs from then on.")]
    if before is not None:
        says.append(say("The key in use now is retired: badges it signed keep verifying."))
    if not keys.is_hosted_here(visit.desk, visit.here.did):
        says.append(say("Publish the new key document on your domain at once: badges cannot be checked until then."))
    return page(
        visit,
        "people/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=say("Make a new key?") if before is None else say("Replace the key in use?"),
        says=says,
        label=say("Make the key"),
        back=f"/o/{org}/settings/keys",
        ask_why=before is not None,
        hidden={"purpose": purpose},
        kind="",
    )


def _revoke(visit: Visit, org: str, key_id: str, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        key = keys.key_of(session, visit.here, key_id)
    if key.state == KeyState.REVOKED:
        raise Conflict("This key was revoked already.")
    return page(
        visit,
        "people/key_revoke.html",
        form=form,
        mistakes=mistakes,
        key=key,
        purposes=KEY_PURPOSES,
        back=f"/o/{org}/settings/keys",
        tab="keys",
    )


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
