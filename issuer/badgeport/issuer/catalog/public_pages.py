"""What everyone sees: the home page with the catalogue, the feed, the pages of micro-credentials and stacks; and the
overview with which staff begin their day."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from badgeport.issuer.catalog import overview, public
from badgeport.issuer.catalog.author_pages import READ
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import address, body_of, picture_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.hosting import faces
from badgeport.issuer.hosting.answers import INERT, answer, described, published
from badgeport.issuer.hosting.documents import Document
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.roles import STAFF, Role
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.web.access import EVERYONE, members
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas import jsontext

routes = Routes("catalog")
JSON_LD = "application/ld+json"
FEED_SECONDS = 300


@routes.page("/", EVERYONE)
def home(visit: VisitDep) -> Response:
    """The catalogue of all organisations of this installation."""
    params = visit.request.query_params
    filters = {name: params.get(name, "").strip()[:300] for name in public.FILTERS}
    with visit.reading() as session:
        found = listing(session, visit.request, public.statement(filters), search=public.SEARCHED)
        choices = public.choices(session)
        if wants_csv(visit.request):
            items = [public.feed_item(visit.desk, *row) for row in found.rows]
            return csv_response("catalog", _COLUMNS, [_cells(one) for one in items])
        cards = [(definition, org, body_of(version)) for definition, version, org in found.rows]
    return page(visit, "catalog/home.html", found=found, cards=cards, choices=choices, filters=filters)


_COLUMNS = ("name", "organization", "kind", "description", "credit", "unit", "contact hours", "tags", "version", "page")


def _cells(item: dict[str, Any]) -> list[Any]:
    credit = item.get("credit") or {}
    return [
        item["name"],
        item["organization"]["name"],
        item["kind"],
        item["description"],
        credit.get("amount"),
        credit.get("unit"),
        item.get("contactHours"),
        "; ".join(item["tags"]),
        item["version"],
        item["page"],
    ]


@published(
    routes,
    "/catalog.json",
    summary="The published micro-credentials and stacks of all organizations",
    description="Parameters: `q` (search), `org` (short name), `tag`, `unit`, `kind`, `page`, `size` (at most 200).",
    responses=described("A page of the catalog.", "application/json"),
    response_class=Response,
)
def feed(visit: VisitDep) -> Response:
    """The catalogue for programs."""
    params = visit.request.query_params
    filters = {name: params.get(name, "").strip()[:300] for name in public.FILTERS}
    with visit.reading() as session:
        found = listing(session, visit.request, public.statement(filters), search=public.SEARCHED)
        items = [public.feed_item(visit.desk, *row) for row in found.rows]
    body: dict[str, Any] = {"items": items, "total": found.total, "page": found.number, "pages": found.pages}
    if found.number < found.pages:
        body["next"] = visit.desk.url(found.at(found.number + 1))
    return answer(visit.request, Document(jsontext.dump_pretty(body), "application/json", FEED_SECONDS))


@published(
    routes,
    "/achievements/{name}",
    summary="A micro-credential or stack: a page, or an Open Badges 3.0 Achievement",
    description="`{name}` is the id; with the suffix `.json`, or as `Accept` asks, the JSON-LD of the current version.",
    responses=described("The achievement.", "text/html", JSON_LD),
    response_class=Response,
)
def achievement(visit: VisitDep, name: str) -> Response:
    """The published version of a definition."""
    definition_id, _, suffix = name.partition(".")
    if suffix not in ("", "json"):
        raise Absent
    return _face(visit, definition_id, None, suffix)


@published(
    routes,
    "/achievements/{definition_id}/{name}",
    summary="One version of a micro-credential or stack, which never changes",
    description="`{name}` is the number of the version, with or without the suffix `.json`.",
    responses=described("The achievement.", "text/html", JSON_LD),
    response_class=Response,
)
def achievement_version(visit: VisitDep, definition_id: str, name: str) -> Response:
    """One version of a definition: what badges name as their achievement."""
    text, _, suffix = name.partition(".")
    if suffix not in ("", "json"):
        raise Absent
    return _face(visit, definition_id, _number(text), suffix)


@published(
    routes,
    "/achievements/{definition_id}/{number}/image",
    summary="The picture of one version of a micro-credential or stack",
    responses=described("The picture.", "image/png", "image/svg+xml"),
    response_class=Response,
)
def achievement_picture(visit: VisitDep, definition_id: str, number: str) -> Response:
    """The picture that badges of a version name."""
    with visit.reading() as session:
        _, _, body, org = public.shown(session, definition_id, _number(number))
        data, kind = picture_of(session, visit.desk, org, body)
    return answer(visit.request, Document(data, kind, 86_400))


def picture_response(data: bytes, media_type: str, cache: str) -> Response:
    """A picture by itself: it runs nothing and fetches nothing."""
    headers = {"Content-Security-Policy": INERT, "Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
    return Response(data, 200, headers, media_type)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Absent
    return int(text)


def _face(visit: Visit, definition_id: str, number: int | None, suffix: str) -> Response:
    accept = visit.request.headers.get("accept", "")
    wanted = "json" if suffix else faces.chosen(accept, ("html", "json")).name
    with visit.reading() as session:
        definition, version, body, org = public.shown(session, definition_id, number)
        if wanted == "json":
            document = public.document(session, visit.desk, definition, version, body, org)
            # Not kept for good, though the version is fixed: it names its organization, which may be renamed.
            ready = Document(jsontext.dump_pretty(document), JSON_LD, FEED_SECONDS)
            return answer(visit.request, ready, {"Vary": "Accept"})
        members = public.members_of(session, body)
    answered = _page(visit, definition, version, body, org, members)
    answered.headers.append("Vary", "Accept")
    return answered


def _page(
    visit: Visit,
    definition: Definition,
    version: DefinitionVersion,
    body: DefinitionBody,
    org: Organization,
    members: dict[str, Definition],
) -> Response:
    held = visit.organizations.get(org.slug)
    newer = definition.current if definition.current != version.number else None
    return page(
        visit,
        "catalog/achievement.html",
        headers={"Link": f'<{visit.desk.url(address(definition.id, version.number))}.json>; rel="alternate"'},
        definition=definition,
        version=version,
        body=body,
        org=org,
        members=members,
        levels=public.levels_of(body),
        newer=newer,
        is_educator=held is not None and Role.EDUCATOR in held[1],
        reads_catalog=held is not None and bool(held[1] & READ.roles),
        address=address(definition.id),
    )


@routes.page("/o/{org}", members(*sorted(STAFF)))
def organization_overview(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """What waits for one in an organisation."""
    with visit.reading() as session:
        figures = overview.figures(session, visit.here, visit.me.id if visit.account else "", visit.roles, visit.now)
    return page(visit, "catalog/overview.html", figures=figures)


@routes.page("/catalog", EVERYONE)
def catalog_address(visit: VisitDep) -> Response:
    """Where people look for the catalogue who do not know that it is the home page."""
    return see(visit, "/")
