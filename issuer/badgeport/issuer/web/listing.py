"""Lists: searched, paged, exported. Every list of the issuer is one of these."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from badgeport.web.answers import Refusal
from sqlalchemy import ColumnElement, func, or_
from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import Response

from badgeport.schemas.problems import REQUEST_TOO_LARGE

PAGE_SIZE = 25
MOST_ON_A_PAGE = 200
MOST_EXPORTED = 100_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One page of a list: its rows, how many there are in all, and what was asked for."""

    rows: Sequence[Row]
    total: int
    number: int
    size: int
    search: str
    path: str
    query: Mapping[str, str]

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.total // self.size))

    def at(self, number: int) -> str:
        """The address of another page."""
        return f"{self.path}?{urlencode({**self.query, 'page': number})}"

    @property
    def export(self) -> str:
        """The address of the list as CSV."""
        kept = {name: value for name, value in self.query.items() if name != "page"}
        return f"{self.path}?{urlencode({**kept, 'format': 'csv'})}"


def listing(
    session: Session, request: Request, statement: Any, *, search: Sequence[ColumnElement[Any] | Any] = ()
) -> Listing[Any]:
    """The page of ``statement``'s rows that the address asks for with ``q``, ``page`` and ``size``.

    ``search`` are the text columns that ``q`` is looked for in, without regard to case. Other parameters of the address
    (filters, already in the statement) are kept in links. A request with ``format=csv`` gets all rows; Refusal where
    there are more than `MOST_EXPORTED`.
    """
    params = {name: value for name, value in request.query_params.items() if name not in ("lang", "format")}
    wanted = params.get("q", "").strip()[:200]
    if wanted and search:
        pattern = "%" + wanted.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        statement = statement.where(or_(*(func.lower(column).like(pattern, escape="\\") for column in search)))
    total = session.exec(select(func.count()).select_from(statement.order_by(None).subquery())).one()
    exporting = wants_csv(request)
    if exporting and total > MOST_EXPORTED:
        raise Refusal(
            REQUEST_TOO_LARGE, f"there are {total} rows, and a file holds {MOST_EXPORTED}: narrow the list by a search"
        )
    size = MOST_EXPORTED if exporting else _whole(params.get("size"), PAGE_SIZE, MOST_ON_A_PAGE)
    number = 1 if exporting else min(_whole(params.get("page"), 1, 1_000_000), max(1, -(-total // size)))
    rows = session.exec(statement.offset((number - 1) * size).limit(size)).all()
    return Listing(rows, total, number, size, wanted, request.url.path, params)


def listed(request: Request, rows: Sequence[Row], said: Callable[[Row], str] | None = None) -> Listing[Row]:
    """As `listing`, of rows that are at hand; ``said`` is the text of a row that ``q`` is looked for in."""
    params = {name: value for name, value in request.query_params.items() if name not in ("lang", "format")}
    wanted = params.get("q", "").strip()[:200]
    if wanted and said is not None:
        rows = [row for row in rows if wanted.lower() in said(row).lower()]
    size = MOST_EXPORTED if wants_csv(request) else _whole(params.get("size"), PAGE_SIZE, MOST_ON_A_PAGE)
    number = min(_whole(params.get("page"), 1, 1_000_000), max(1, -(-len(rows) // size)))
    shown = rows[(number - 1) * size : number * size]
    return Listing(shown, len(rows), number, size, wanted, request.url.path, params)


def wants_csv(request: Request) -> bool:
    """Whether the list is to be exported."""
    return request.query_params.get("format") == "csv"


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV download (UTF-8 with a mark, for spreadsheets); texts that one would run as formulas are quoted."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response("\ufeff" + target.getvalue(), 200, headers, "text/csv; charset=utf-8")


def listed_json(found: Listing[Any], shown: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """A list as the API answers it."""
    return {
        "items": [shown(row) for row in found.rows],
        "total": found.total,
        "page": found.number,
        "pages": found.pages,
    }


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _whole(text: str | None, default: int, most: int) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 9):
        return default
    return max(1, min(int(text), most))
