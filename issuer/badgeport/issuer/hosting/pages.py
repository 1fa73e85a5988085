"""The public pages of badges and issuers, and every other face of their addresses."""

from __future__ import annotations

import json
from urllib.parse import quote

from badgeport.web.answers import problem_response
from markupsafe import Markup
from sqlmodel import col, select
from starlette.responses import Response

from badgeport.issuer.api.instances import published as conformance_profile
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.hosting import checking, documents, faces, services, transcripts, views
from badgeport.issuer.hosting.answers import answer, described, published
from badgeport.issuer.hosting.documents import Document, Gone, credential_url
from badgeport.issuer.hosting.services import Hosted, Private, Waiting
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.web.access import ACCOUNT
from badgeport.issuer.web.forms import FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import GONE, ISSUER_NOT_RECOGNIZED, NOT_FOUND, Problem

routes = Routes("hosting")

_ISSUER_ALONE = frozenset({ISSUER_NOT_RECOGNIZED.uri})
"""What the verifier may note of a badge without it being any doubt here: whose it is, this installation knows."""

_FACES = ("text/html", "application/vc", "application/vc+jwt", "image/png", "image/svg+xml", "application/pdf")
_CLOSED = {
    "gone": Problem(GONE, "this badge was erased, with what it said about its earner; it does not come back"),
    "private": Problem(NOT_FOUND, "the earner of this badge keeps it private"),
    "waiting": Problem(NOT_FOUND, "this badge is not signed yet; ask again in a minute"),
    "absent": Problem(NOT_FOUND, "there is no badge at this address"),
}


@published(
    routes,
    "/c/{name}",
    summary="A badge in the form that is accepted, or that the suffix names",
    description="Suffixes: .json .jwt .png .svg .pdf .qr.svg .qr.png. Without one, Accept decides; a page by default.",
    responses=described("The badge: stored bytes, exactly, where it is JSON or a token.", *_FACES),
    response_class=Response,
)
def badge(visit: VisitDep, name: str) -> Response:
    """One badge, many faces."""
    award_id, dot, suffix = name.partition(".")
    face = faces.by_suffix(suffix) if dot else None
    if dot and face is None:
        raise Absent
    accept = visit.request.headers.get("accept", "")
    try:
        with visit.reading() as session:
            found = services.hosted(session, award_id, visit.account, as_staff=visit.is_strong)
            face = face or faces.chosen(accept, found.faces)
            mine = visit.account is not None and visit.account.id == found.award.account_id
            state = checking.state_of(session, found.award)
            art = services.picture(session, visit.desk, found) if face.name in services.PICTURED else None
        document = None
        if face.name != "html":
            document = services.form_of(visit.desk, found, art, face.name, face.media_type, visit.speech, visit.now)
    except (Gone, Private, Waiting, Absent) as closed:
        page_wanted = not dot and faces.chosen(accept, tuple(name for _, name in faces.MEDIA_TYPES)).name == "html"
        return _closed(visit, closed, page_wanted)
    if visit.request.method == "GET" and not mine:
        views.count(visit.desk, found.award.id, face.name, visit.now)
    headers = {"Link": _alternates(visit, found), "Vary": "Accept"}
    if found.award.visibility != "public":
        headers["X-Robots-Tag"] = "noindex"
    if document is None:
        return _badge_page(visit, found, state, mine, headers)
    headers["Vary"] = "Accept, Accept-Language, Cookie"
    if dot and suffix in ("json", "jwt", "pdf", "png", "svg"):
        kind = "attachment" if visit.request.query_params.get("download") else "inline"
        headers["Content-Disposition"] = f'{kind}; filename="{services.file_name(found, suffix)}"'
    return answer(visit.request, document, headers, private=found.award.visibility == "private")


@published(
    routes,
    "/issuers/{name}",
    summary="An organization's profile with its keys, or its page",
    responses=described(
        "The profile (OB 3.0) with its keys (Controlled Identifiers 1.0), or a page about it.",
        "application/ld+json",
        "application/json",
        "text/html",
    ),
    response_class=Response,
)
def issuer(visit: VisitDep, name: str) -> Response:
    """Who an issuer is: a page for people, its profile for programs."""
    instance = conformance_profile(visit.desk, name)
    if instance is not None:
        return answer(visit.request, Document(jsontext.dump_pretty(instance), documents.JSON, 0))
    wanted = faces.chosen(visit.request.headers.get("accept", ""), ("html", "json"))
    with visit.reading() as session:
        if wanted.name == "json":
            document = documents.profile(session, visit.desk, name)
            media_type = documents.JSON if wanted.media_type == documents.JSON else document.media_type
            return answer(visit.request, Document(document.body, media_type), {"Vary": "Accept"})
        org = documents.organization(session, name)
        statement = select(Definition).where(Definition.org_id == org.id, Definition.state == "published")
        found = listing(
            session, visit.request, statement.order_by(Definition.name, Definition.id), search=[Definition.name]
        )
        keys = session.exec(
            select(IssuerKey).where(IssuerKey.controller == org.did).order_by(col(IssuerKey.created).desc())
        ).all()
        parent = session.get(Organization, org.parent_id) if org.parent_id else None
        profile = documents.issuer_profile(session, org)
    if wants_csv(visit.request):
        rows = [(row.name, row.kind, visit.desk.url(f"/achievements/{row.id}")) for row in found.rows]
        return csv_response(f"{org.slug}-catalog", ("name", "kind", "address"), rows)
    return page(
        visit,
        "hosting/issuer.html",
        headers={"Vary": "Accept"},
        org=org,
        list=found,
        keys=keys,
        parent=parent,
        profile=profile,
        keeps_list=documents.REVOCATION_LIST in org.formats,
    )


@routes.page("/home/transcript", ACCOUNT)
def transcript(visit: VisitDep) -> Response:
    """An educator's learner record: what it would hold, and the one made last."""
    with visit.reading() as session:
        row = transcripts.transcript_of(session, visit.me.id)
        badges = transcripts.badges_for(session, visit.me.id, visit.now)
    return page(visit, "hosting/transcript.html", transcript=row, badges=badges)


@routes.form("/home/transcript", ACCOUNT)
def make_transcript(visit: VisitDep, _form: FormDep) -> Response:
    """Ask for a new one."""
    with visit.writing() as session:
        transcripts.ask(session, visit.me.id, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return see(visit, "/home/transcript", "Your learner record is being signed.")


@routes.page("/home/transcript.json", ACCOUNT)
def download_transcript(visit: VisitDep) -> Response:
    """The signed file."""
    with visit.reading() as session:
        body = transcripts.signed_transcript(session, visit.me.id)
    headers = {"Content-Disposition": 'attachment; filename="learner-record.json"', "Cache-Control": "no-store"}
    return Response(body, 200, headers, documents.VC)


@routes.page("/home/transcript/delete", ACCOUNT)
def confirm_deletion(visit: VisitDep) -> Response:
    """Says what deleting does."""
    return page(visit, "hosting/transcript-delete.html")


@routes.form("/home/transcript/delete", ACCOUNT)
def delete_transcript(visit: VisitDep, _form: FormDep) -> Response:
    """Delete it."""
    with visit.writing() as session:
        transcripts.delete(session, visit.me.id, actor=visit.actor, now=visit.now)
    return see(visit, "/home/transcript", "The learner record was deleted.")


def _closed(visit: Visit, why: Absent, page_wanted: bool) -> Response:
    kind = next(
        (word for word, one in (("gone", Gone), ("private", Private), ("waiting", Waiting)) if isinstance(why, one)),
        "absent",
    )
    problem = _CLOSED[kind]
    status = 410 if kind == "gone" else 404
    if page_wanted:
        return page(visit, "hosting/closed.html", status=status, headers={"Vary": "Accept"}, kind=kind)
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", "Vary": "Accept, Cookie"}
    return problem_response(problem, status=status, headers=headers)


def _badge_page(visit: Visit, found: Hosted, state: str, mine: bool, headers: dict[str, str]) -> Response:
    desk, url = visit.desk, credential_url(visit.desk, found.award.id)
    check = checking.live(desk, found.copy, state, visit.speech.language)
    public = found.award.visibility == "public"
    own = desk.public_url + "/"
    return page(
        visit,
        "hosting/badge.html",
        headers=headers,
        award=found.award,
        badge=found.view,
        org=found.org,
        definition=found.definition,
        copy=found.copy,
        faces=found.faces,
        standing=found.standing(visit.now),
        stamp=services.stamp(found, visit.speech, visit.now),
        facts=services.facts(found, visit.speech),
        kind=services.KINDS[found.definition.kind],
        check=check,
        plainly=check.verdict == "valid" and _ISSUER_ALONE.issuperset(one["type"] for one in check.report["warnings"]),
        mine=mine,
        public=public,
        url=url,
        achievement=_local(found.view.achievement_id, own),
        members=[(one.name, _local(one.url, own)) for one in found.view.members],
        linkedin=services.linkedin_url(desk, found),
        embed=_embed(url, found.view.name),
        structured=_structured(desk.url(""), found, url) if public else None,
    )


def _local(address: str, own: str) -> str:
    """An address of this installation as a path; any other as it is."""
    return "/" + address.removeprefix(own) if address.startswith(own) else address


def _alternates(visit: Visit, found: Hosted) -> str:
    """The other faces, as links in the header (RFC 8288)."""
    url = credential_url(visit.desk, found.award.id)
    kinds = [("json", "application/vc"), ("pdf", "application/pdf"), ("png", "image/png")]
    if found.jwt is not None:
        kinds.append(("jwt", "application/vc+jwt"))
    return ", ".join(f'<{url}.{suffix}>; rel="alternate"; type="{media_type}"' for suffix, media_type in kinds)


def _embed(url: str, name: str) -> str:
    """What somebody puts into a page of their own: a picture that leads here, no script."""
    return str(
        Markup('<a href="{url}"><img src="{url}.png" alt="{name}" width="160" height="160"></a>').format(
            url=url, name=name
        )
    )


def _structured(home: str, found: Hosted, url: str) -> Markup:
    """What search engines read (schema.org EducationalOccupationalCredential), as text for a data block."""
    view, issuer = found.view, f"{home}/issuers/{quote(found.org.slug)}"
    body = {
        "@context": "https://schema.org",
        "@type": "EducationalOccupationalCredential",
        "@id": url,
        "url": url,
        "name": view.name,
        "description": view.description,
        "image": f"{url}.png",
        "credentialCategory": "badge",
        "recognizedBy": {"@type": "Organization", "name": view.issuer, "url": issuer},
        "dateCreated": format_datetime(view.awarded) if view.awarded else None,
        "expires": format_datetime(view.valid_until) if view.valid_until else None,
    }
    text = json.dumps({name: value for name, value in body.items() if value is not None})
    # In a data block nothing but "<" could end it.
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
