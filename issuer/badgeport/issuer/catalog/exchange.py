"""Definitions out of one catalogue and into another: JSON that holds everything, CSV for what fits in a table."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from badgeport.web.words import keyed
from pydantic import ValidationError
from sqlmodel import Session, select

from badgeport.issuer.award import plain_number
from badgeport.issuer.catalog import authoring, pictures
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import body_of, version_of
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Mistake, Mistakes, plain_reason, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.texts import is_fit, unfit
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError

FORMAT = "badgeport-catalog"
MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 2000
COLUMNS = (
    "kind",
    "name",
    "competency",
    "goal",
    "requirements",
    "method",
    "resources",
    "pathway",
    "pathway_minimum",
    "rubric",
    "evidence",
    "reflection_prompt",
    "alignments",
    "credit_amount",
    "credit_unit",
    "contact_hours",
    "validity_months",
    "renewal",
    "achievement_type",
    "grade_band",
    "tags",
    "language",
)
"""What a table of definitions may have; only ``name`` must be there."""
_NO_TEXT = keyed("The file holds signs that no text has.")
_LIMITS = replace(DEFAULT_LIMITS, input_bytes=MOST_BYTES, document_bytes=MOST_BYTES, json_members=1_000_000)
_RUBRIC = keyed("Write it as “Criterion: Level = 1 | Level* = 2”; this is not: {line}")
_UNKNOWN = keyed("It names what is neither in the file nor in the catalog: {name}.")
_FALLEN = keyed("It names {name}, which cannot be taken from the file.")
_FIGURE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_PLAIN = ("name", "competency", "goal", "requirements", "method", "reflection_prompt", "grade_band")


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition in a file. ``line`` is where it begins; ``problems`` are what keeps it from being taken."""

    line: int
    kind: str
    body: DefinitionBody | None
    slug: str = ""
    picture: bytes | None = None
    problems: list[Mistake] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What it is called, where that could be read."""
        return self.body.name if self.body else ""


# ---------------------------------------------------------------- out


def to_json(session: Session, desk: IssuerDesk, org: Organization, definitions: Sequence[Definition]) -> bytes:
    """The newest version of each definition, with its picture. Stacks name their members by slug."""
    slugs = dict(session.exec(select(Definition.id, Definition.slug).where(Definition.org_id == org.id)).all())
    entries = []
    for definition in definitions:
        body = body_of(version_of(session, definition, definition.current or definition.draft))
        members = body.to_json()
        picture = members.pop("image", None)
        for slot in members.get("stack", {}).get("slots", ()):
            slot["of"] = [slugs.get(one, one) for one in slot["of"]]
        entry: dict[str, Any] = {
            "kind": definition.kind,
            "slug": definition.slug,
            "state": definition.state,
            "definition": members,
        }
        kept = session.get(Blob, picture) if picture else None
        if kept is not None:
            with desk.blobs.open(kept.digest) as file:
                entry["picture"] = base64.b64encode(file.read()).decode("ascii")
        entries.append(entry)
    return jsontext.dump_pretty({"format": FORMAT, "version": 1, "organization": org.name, "definitions": entries})


def to_rows(session: Session, definitions: Sequence[Definition]) -> Iterator[list[Any]]:
    """The newest version of each definition as a row under `COLUMNS`."""
    for definition in definitions:
        body = body_of(version_of(session, definition, definition.current or definition.draft))
        yield [_cell(definition, body, column) for column in COLUMNS]


def _cell(definition: Definition, body: DefinitionBody, column: str) -> Any:
    match column:
        case "kind":
            return definition.kind
        case "resources":
            return _lines(f"{one.title} | {one.url or ''}" for one in body.resources)
        case "pathway":
            return _lines(f"{one.title} | {_plain(one.hours)}" for one in body.pathway)
        case "rubric":
            return _rubric_cell(body)
        case "evidence":
            return _lines(f"{one.title} | {one.minimum}" for one in body.evidence)
        case "alignments":
            return _lines(f"{one.target_name} | {one.target_url} | {one.target_code or ''}" for one in body.alignments)
        case "credit_amount":
            return _plain(body.credit.amount) if body.credit else ""
        case "credit_unit":
            return body.credit.unit if body.credit else ""
        case "validity_months":
            return body.validity.months if body.validity else ""
        case "renewal":
            return body.validity.renewal if body.validity else ""
        case "tags":
            return "; ".join(body.tags)
        case "contact_hours" | "pathway_minimum":
            return _plain(getattr(body, column))
        case _:
            return getattr(body, column)


def _rubric_cell(body: DefinitionBody) -> str:
    lines = []
    for one in body.rubric.criteria if body.rubric else ():
        required = None if one.required_level is None else one.level_index(one.required_level)
        levels = [
            f"{level.name}{'*' if index == required else ''}{'' if level.points is None else f' = {level.points}'}"
            for index, level in enumerate(one.levels)
        ]
        lines.append(f"{one.name}: {' | '.join(levels)}")
    return "\n".join(lines)


def _plain(value: float | None) -> str:
    return "" if value is None else plain_number(value)


def _lines(lines: Iterator[str]) -> str:
    return "\n".join(line.rstrip(" |") for line in lines)


# ---------------------------------------------------------------- in


def read(data: bytes, field: str = "file") -> list[Entry]:
    """What a file holds, JSON or CSV by its first sign. Raises Mistakes where it is neither or too large."""
    if len(data) > MOST_BYTES:
        refuse(field, "The file is larger than 32 MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        refuse(field, "The file is not text in UTF-8. Save it as “CSV UTF-8”.")
    if not is_fit(text):
        refuse(field, _NO_TEXT)
    entries = _from_json(data, field) if text.lstrip()[:1] in ("{", "[") else _from_csv(text, field)
    if not entries:
        refuse(field, "The file holds no definitions.")
    if len(entries) > MOST_ROWS:
        refuse(field, "The file holds more than {most} definitions.", most=MOST_ROWS)
    return entries


def check(session: Session, org: Organization, entries: Sequence[Entry]) -> list[Entry]:
    """The entries with what in the catalogue keeps them from being taken: names that are there, members that are not.

    A stack falls with a member that falls.
    """
    names = {name.casefold() for name in session.exec(select(Definition.name).where(Definition.org_id == org.id))}
    known = set(session.exec(select(Definition.slug).where(Definition.org_id == org.id)))
    given = {one.slug for one in entries if one.slug}
    checked = []
    for entry in entries:
        found = list(entry.problems)
        if entry.body is not None:
            if entry.name.casefold() in names and not _has(entry, "name"):
                found.append(Mistake("name", "There is one of this name in the catalog, or above in the file."))
            names.add(entry.name.casefold())
        checked.append(replace(entry, problems=found))
    fell = True
    while fell:
        fell = False
        there = known | {one.slug for one in checked if not one.problems}
        for entry in checked:
            missing = _missing(entry, there)
            if missing is not None and not _has(entry, "stack"):
                fell = fell or not entry.problems
                entry.problems.append(Mistake("stack", _FALLEN if missing in given else _UNKNOWN, {"name": missing}))
    return checked


def _has(entry: Entry, field: str) -> bool:
    return any(one.field == field for one in entry.problems)


def _missing(entry: Entry, there: Collection[str]) -> str | None:
    """The first member of a stack that would not be there."""
    rule = None if entry.body is None else entry.body.stack
    return None if rule is None else next((one for one in rule.members() if one not in there), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file: its entries with their problems, and the drafts that were made of it."""

    entries: Sequence[Entry]
    made: Sequence[Definition]
    checked: bool
    """Whether it was to be checked alone."""

    @property
    def bad(self) -> int:
        """How many entries cannot be taken."""
        return sum(1 for one in self.entries if one.problems)


def take(
    desk: IssuerDesk,
    org: Organization,
    entries: Sequence[Entry],
    *,
    only_check: bool,
    good_ones: bool,
    actor: str,
    now: datetime,
) -> Outcome:
    """Make drafts of a file's entries: of all of them, or of the good ones where ``good_ones`` says so; else of none.

    ``only_check`` changes nothing.
    """
    with desk.database.reading() as session:
        checked = check(session, org, entries)
    if only_check or (not good_ones and any(one.problems for one in checked)):
        return Outcome(checked, (), only_check)
    stored = store_pictures(desk, checked)
    with desk.database.writing() as session:
        # Once more: somebody else may have written meanwhile, or the same file been sent twice.
        checked = check(session, org, checked)
        if not good_ones and any(one.problems for one in checked):
            return Outcome(checked, (), False)
        made = enter(session, desk, org, checked, stored, actor=actor, now=now)
    return Outcome(checked, made, False)


def store_pictures(desk: IssuerDesk, entries: Sequence[Entry]) -> dict[int, tuple[str, int, str]]:
    """Store the pictures of the entries that can be taken, before the transaction that enters them."""
    stored = {}
    for number, entry in enumerate(entries):
        if entry.picture is not None and not entry.problems:
            stored[number] = pictures.store(desk, entry.picture)
    return stored


def enter(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    entries: Sequence[Entry],
    stored: Mapping[int, tuple[str, int, str]],
    *,
    actor: str,
    now: datetime,
) -> list[Definition]:
    """Make drafts of the entries without problems. Stacks come last, for their members to have ids."""
    made: list[Definition] = []
    by_slug = dict(session.exec(select(Definition.slug, Definition.id).where(Definition.org_id == org.id)).all())
    given: dict[str, str] = {}
    good = [(number, one) for number, one in enumerate(entries) if one.body is not None and not one.problems]
    for number, entry in sorted(good, key=lambda one: one[1].kind == "stack"):
        assert entry.body is not None
        body = entry.body
        if number in stored:
            digest, size, kind = stored[number]
            pictures.keep(session, desk, digest, size, kind, now)
            body = body.model_copy(update={"image": digest})
        kept = body.model_copy(update={"stack": None})
        definition = authoring.create(session, org, kind=entry.kind, body=kept, actor=actor, now=now)
        if entry.slug:
            given[entry.slug] = definition.id
        made.append(definition)
    ids = {**by_slug, **given}
    stacks = {definition.name: definition for definition in made if definition.kind == "stack"}
    for _, entry in good:
        if entry.body is not None and entry.body.stack is not None:
            definition = stacks[entry.name]
            draft = authoring.draft_of(session, definition)
            rule = entry.body.to_json()["stack"]
            for slot in rule["slots"]:
                slot["of"] = [ids.get(one, one) for one in slot["of"]]
            draft.body = {**draft.body, "stack": rule}
            session.add(draft)
    session.flush()
    return made


def _from_json(data: bytes, field: str) -> list[Entry]:
    try:
        document = jsontext.parse(data, _LIMITS)
    except ProblemError as error:
        refuse(field, "The file is not JSON: {reason}.", reason=error.problem.detail)
    if any(unfit(document)):
        refuse(field, _NO_TEXT)
    listed = document.get("definitions") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        refuse(field, "The file has no list of definitions.")
    return [_json_entry(number, one) for number, one in enumerate(listed, 1)]


def _json_entry(number: int, given: Any) -> Entry:
    if not isinstance(given, dict) or not isinstance(given.get("definition"), dict):
        return Entry(number, "", None, problems=[Mistake("definition", "It is not an object with a definition.")])
    kind, slug = given.get("kind", "micro-credential"), given.get("slug", "")
    problems: list[Mistake] = []
    if kind not in authoring.KINDS:
        problems.append(Mistake("kind", "It is micro-credential or stack."))
    if not isinstance(slug, str):
        problems.append(Mistake("slug", "It is a text."))
    members = {name: value for name, value in given["definition"].items() if name != "image"}
    body = _validated(members, problems, lambda location: "/".join(map(str, location)))
    picture = given.get("picture")
    raw: bytes | None = None
    if picture is not None:
        try:
            raw = base64.b64decode(picture, validate=True) if isinstance(picture, str) else b""
            pictures.kind_of(raw)
        except (binascii.Error, ValueError):
            problems.append(Mistake("picture", "It is not a picture in base64."))
        except Mistakes as error:
            problems.append(Mistake("picture", error.found[0].text, error.found[0].values))
    if body is not None and body.stack is not None and kind != "stack":
        problems.append(Mistake("stack", "Only a stack has parts."))
    return Entry(number, str(kind), body, slug if isinstance(slug, str) else "", raw, problems)


def _from_csv(text: str, field: str) -> list[Entry]:
    # A separator is told from the heading: spreadsheets of many countries write semicolons.
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    entries: list[Entry] = []
    try:
        columns = [one.strip().lower().replace(" ", "_") for one in next(reader)]
        unknown = [one for one in columns if one not in COLUMNS]
        if "name" not in columns or len(set(columns)) != len(columns):
            refuse(field, "The first line names the columns, each once; “name” must be among them.")
        if unknown:
            refuse(field, "There is no column “{name}”. Known are: {known}.", name=unknown[0], known=", ".join(COLUMNS))
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                entries.append(_csv_entry(line, columns, cells))
            line = reader.line_num + 1
    except (csv.Error, StopIteration) as error:
        refuse(field, "The file is not CSV: {reason}.", reason=str(error) or "it is empty")
    return entries


def _csv_entry(line: int, columns: Sequence[str], cells: Sequence[str]) -> Entry:
    if len(cells) != len(columns):
        counts = {"cells": len(cells), "columns": len(columns)}
        problem = Mistake("", "The line has {cells} cells, the heading {columns}.", counts)
        return Entry(line, "", None, problems=[problem])
    row = {name: _uncovered(cell.strip()) for name, cell in zip(columns, cells, strict=True)}
    problems: list[Mistake] = []
    kind = row.get("kind") or "micro-credential"
    if kind not in authoring.KINDS:
        problems.append(Mistake("kind", "It is micro-credential or stack."))
    members: dict[str, Any] = {"competency": "", **{_camel(name): row[name] for name in _PLAIN if row.get(name)}}
    members["name"] = row["name"]
    for name in ("achievement_type", "language"):
        if row.get(name):
            members[_camel(name)] = row[name]
    for name in ("contact_hours", "pathway_minimum"):
        if row.get(name):
            members[_camel(name)] = _number(row[name], name, problems)
    if row.get("credit_amount") or row.get("credit_unit"):
        amount = _number(row.get("credit_amount", ""), "credit_amount", problems)
        members["credit"] = {"amount": amount, "unit": row.get("credit_unit", "")}
    if row.get("validity_months"):
        months = _number(row["validity_months"], "validity_months", problems)
        members["validity"] = {"months": months, "renewal": row.get("renewal", "")}
    members["tags"] = [one.strip() for one in row.get("tags", "").split(";") if one.strip()]
    members["resources"] = [{"title": a, **({"url": b} if b else {})} for a, b, _ in _parts(row.get("resources", ""))]
    members["pathway"] = [
        {"key": f"experience-{n}", "title": a, **({"hours": _number(b, "pathway", problems)} if b else {})}
        for n, (a, b, _) in enumerate(_parts(row.get("pathway", "")), 1)
    ]
    members["evidence"] = [
        {"key": f"evidence-{n}", "title": a, **({"minimum": _number(b, "evidence", problems)} if b else {})}
        for n, (a, b, _) in enumerate(_parts(row.get("evidence", "")), 1)
    ]
    members["alignments"] = [
        {"targetName": a, "targetUrl": b, **({"targetCode": c} if c else {})}
        for a, b, c in _parts(row.get("alignments", ""))
    ]
    if row.get("rubric"):
        members["rubric"] = _rubric(row["rubric"], problems)
    if problems:
        return Entry(line, kind, None, problems=problems)
    return Entry(line, kind, _validated(members, problems, _column_of), problems=problems)


def _validated(
    members: Mapping[str, Any], problems: list[Mistake], place: Callable[[tuple[int | str, ...]], str]
) -> DefinitionBody | None:
    try:
        return DefinitionBody.model_validate(members)
    except ValidationError as error:
        problems += [
            Mistake(place(one["loc"]), "{reason}", {"reason": plain_reason(one["msg"])}) for one in error.errors()[:20]
        ]
        return None


def _rubric(text: str, problems: list[Mistake]) -> dict[str, Any]:
    """Lines ``Criterion: Level = points | Level* = points``; the star marks the level that is required."""
    criteria = []
    for line in text.splitlines():
        name, colon, rest = line.rpartition(": ")
        levels: list[dict[str, Any]] = []
        required = None
        for part in rest.split("|"):
            said, _, points = (one.strip() for one in part.partition("="))
            level = said.removesuffix("*").rstrip()
            if not level:
                problems.append(Mistake("rubric", _RUBRIC, {"line": line[:80]}))
                return {"criteria": []}
            levels.append({"name": level, **({"points": points} if points else {})})
            required = level if said.endswith("*") else required
        if not colon:
            problems.append(Mistake("rubric", _RUBRIC, {"line": line[:80]}))
        criteria.append({"name": name, "levels": levels, **({"requiredLevel": required} if required else {})})
    return {"criteria": criteria}


def _parts(cell: str) -> list[tuple[str, str, str]]:
    found = []
    for line in cell.splitlines():
        if line.strip():
            parts = [one.strip() for one in line.split("|")]
            found.append((parts[0], parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else ""))
    return found


def _number(text: str, column: str, problems: list[Mistake]) -> float | None:
    if not _FIGURE.fullmatch(text):
        problems.append(Mistake(column, "“{given}” is not a number.", {"given": text[:40]}))
        return None
    return float(text) if "." in text else int(text)


def _column_of(location: tuple[int | str, ...]) -> str:
    first = re.sub(r"(?<!^)([A-Z])", r"_\1", str(location[0])).lower() if location else ""
    if first == "credit":
        return f"credit_{location[1]}" if len(location) > 1 else "credit_amount"
    return "validity_months" if first == "validity" else first


def _uncovered(cell: str) -> str:
    """A cell without the sign that keeps spreadsheets from running it (`listing.csv_response` puts it there)."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(one.title() for one in rest)
