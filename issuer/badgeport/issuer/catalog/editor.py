"""The form in which a definition is written: rows that are added and taken away by buttons, nothing typed ever lost.

A field of a row is called ``<list>-<row>-<member>``, a level of a criterion ``criterion-<row>-level-<row>-<member>``.
Rows in which nothing stands are left out; what is left is numbered anew, so that a mistake's field is where it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from badgeport.web.words import keyed
from pydantic import ValidationError

from badgeport.issuer.award import Alignment, RubricCriterion, plain_number
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.mistakes import Mistakes, plain_reason
from badgeport.issuer.web.forms import Form

PLAIN = (
    "name",
    "competency",
    "goal",
    "requirements",
    "method",
    "reflection_prompt",
    "grade_band",
    "tags",
    "language",
    "achievement_type",
    "credit_amount",
    "credit_unit",
    "contact_hours",
    "validity_months",
    "renewal",
    "pathway_minimum",
    "second_assessor",
    "due_days",
)
"""Fields that stand alone."""

ROWS: Mapping[str, tuple[str, ...]] = {
    "resource": ("title", "url", "description"),
    "experience": ("title", "hours", "description", "key"),
    "evidence": ("title", "minimum", "description", "key"),
    "alignment": (
        "target_name",
        "target_url",
        "target_code",
        "target_framework",
        "target_type",
        "target_description",
    ),
}
"""Lists of rows with the members of each."""
_UNSEEN = {"key", "id", "minimum", "required", "target_type", "need"}
"""Members that do not make a row worth keeping."""
_LEVEL = ("name", "points", "description")
_NEW_LEVELS = ("Not yet", "Proficient", "Exemplary")
_ACTION = re.compile(r"(?P<what>add|remove)-(?P<list>[a-z]+)(?:-(?P<row>\d{1,3}))?(?:-(?P<inner>\d{1,3}))?")
_WEB = re.compile(r"https?://[^\s/?#]+\S*")
MOST_ROWS = 100

Row = dict[str, Any]


@dataclass(slots=True)
class Editor:
    """What stands in the form. ``criteria`` rows hold ``levels``, ``slots`` rows the chosen ids as ``of``."""

    plain: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in ROWS})
    criteria: list[Row] = field(default_factory=list)
    slots: list[Row] = field(default_factory=list)

    @classmethod
    def empty(cls, kind: str) -> Editor:
        """The form of a new definition."""
        editor = cls({"language": "en", "achievement_type": "MicroCredential"})
        if kind == "stack":
            editor.slots.append({"name": "", "need": "1", "of": ()})
        else:
            editor.criteria.append(_new_criterion())
        return editor

    @classmethod
    def of_body(cls, body: DefinitionBody) -> Editor:
        """The form filled in with what a definition says."""
        second = {None: "", True: "yes", False: "no"}[body.second_assessor]
        editor = cls(
            {
                **{name: str(getattr(body, name)) for name in PLAIN[:7]},
                "tags": ", ".join(body.tags),
                "language": body.language,
                "achievement_type": body.achievement_type,
                "credit_amount": _shown(body.credit.amount if body.credit else None),
                "credit_unit": body.credit.unit if body.credit else "",
                "contact_hours": _shown(body.contact_hours),
                "validity_months": _shown(body.validity.months if body.validity else None),
                "renewal": body.validity.renewal if body.validity else "",
                "pathway_minimum": _shown(body.pathway_minimum),
                "second_assessor": second,
                "due_days": _shown(body.due_days),
            }
        )
        for name, listed in (
            ("resource", body.resources),
            ("experience", body.pathway),
            ("evidence", body.evidence),
            ("alignment", body.alignments),
        ):
            editor.rows[name] = [{each: _shown(getattr(one, each)) for each in ROWS[name]} for one in listed]
        for criterion in body.rubric.criteria if body.rubric else ():
            required = None if criterion.required_level is None else criterion.level_index(criterion.required_level)
            levels = [{each: _shown(getattr(one, each)) for each in _LEVEL} for one in criterion.levels]
            editor.criteria.append(
                {"name": criterion.name, "id": criterion.id or "", "required": _shown(required), "levels": levels}
            )
        for slot in body.stack.slots if body.stack else ():
            editor.slots.append({"name": slot.name, "need": str(slot.need), "of": slot.of})
        return editor

    @classmethod
    def of_form(cls, form: Form) -> Editor:
        """What was typed."""
        editor = cls({name: form[name] for name in PLAIN})
        for name, members in ROWS.items():
            editor.rows[name] = [
                {each: form[f"{name}-{number}-{each}"] for each in members} for number in _numbers(form, name)
            ]
        for number in _numbers(form, "criterion"):
            before = f"criterion-{number}"
            levels = [
                {each: form[f"{before}-level-{place}-{each}"] for each in _LEVEL}
                for place in _numbers(form, f"{before}-level")
            ]
            row = {each: form[f"{before}-{each}"] for each in ("name", "id", "required")}
            editor.criteria.append({**row, "levels": levels})
        for number in _numbers(form, "slot"):
            before = f"slot-{number}"
            row = {each: form[f"{before}-{each}"] for each in ("name", "need")}
            editor.slots.append({**row, "of": tuple(dict.fromkeys(form.all(f"{before}-of")))})
        return editor

    def act(self, action: str) -> str | None:
        """Do what a button says: ``add-evidence``, ``remove-criterion-2``, ``add-level-0``, ``remove-level-0-3``.

        The part of the page it stands in; None where the button is another's.
        """
        match = _ACTION.fullmatch(action)
        if match is None:
            return None
        name, row, inner = match["list"], match["row"], match["inner"]
        if name == "level":
            owner = self.criteria[int(row)] if row is not None and int(row) < len(self.criteria) else None
            if owner is not None:
                _change(owner["levels"], match["what"], inner, dict.fromkeys(_LEVEL, ""))
                if match["what"] == "remove":
                    _keep_required(owner, int(inner or 0))
            return "rubric"
        lists = {**self.rows, "criterion": self.criteria, "slot": self.slots}
        if name not in lists:
            return None
        new: Row = dict.fromkeys(ROWS.get(name, ()), "")
        if name == "criterion":
            new = _new_criterion(self.criteria)
        elif name == "slot":
            new = {"name": "", "need": "1", "of": ()}
        elif name == "evidence":
            new["minimum"] = "1"
        _change(lists[name], match["what"], row, new)
        return {"criterion": "rubric", "slot": "stack"}.get(name, f"{name}-rows")

    def tidied(self) -> Editor:
        """Without the rows in which nothing stands."""
        criteria: list[Row] = []
        for row in self.criteria:
            levels = [level for level in row["levels"] if _says(level)]
            kept = {**row, "required": _moved(row, levels), "levels": levels}
            if _says(kept) and not _is_preset(kept, criteria):
                criteria.append(kept)
        return Editor(
            dict(self.plain),
            {name: [row for row in rows if _says(row)] for name, rows in self.rows.items()},
            criteria,
            [row for row in self.slots if _says(row)],
        )

    def form(self) -> Form:
        """What the fields show."""
        values: dict[str, Any] = dict(self.plain)
        for name, rows in self.rows.items():
            for number, row in enumerate(rows):
                values |= {f"{name}-{number}-{each}": value for each, value in row.items()}
        for number, row in enumerate(self.criteria):
            values |= {f"criterion-{number}-{each}": row[each] for each in ("name", "id", "required")}
            for place, level in enumerate(row["levels"]):
                values |= {f"criterion-{number}-level-{place}-{each}": value for each, value in level.items()}
        for number, row in enumerate(self.slots):
            values |= {f"slot-{number}-{each}": row[each] for each in ("name", "need", "of")}
        return Form.of(values)

    def body(self, before: DefinitionBody | None = None) -> DefinitionBody:
        """The definition, of a form that is `tidied`. ``before`` is what stood there, for what the form does not show
        (the picture, alignments of criteria). Raises Mistakes, each with its field.
        """
        found = Mistakes()
        members = self._members(before, found)
        if found:
            raise found
        try:
            return DefinitionBody.model_validate(members)
        except ValidationError as error:
            for one in error.errors()[:50]:
                found.add(field_of(one["loc"]), "{reason}", reason=plain_reason(one["msg"]))
            raise found from None

    def _members(self, before: DefinitionBody | None, found: Mistakes) -> dict[str, Any]:
        said = self.plain
        members: dict[str, Any] = {name: said[name] for name in PLAIN[:7]}
        if not said["name"]:
            found.add("name", "Give it a name.")
        members["tags"] = list(dict.fromkeys(tag.strip() for tag in said["tags"].split(",") if tag.strip()))
        members["language"] = said["language"] or "en"
        members["achievement_type"] = said["achievement_type"] or "MicroCredential"
        for name in ("contact_hours", "pathway_minimum"):
            members[name] = _number(said[name], name, found)
        members["due_days"] = _number(said["due_days"], "due_days", found, whole=True)
        amount = _number(said["credit_amount"], "credit_amount", found)
        if amount is not None or said["credit_unit"]:
            if amount is None and not found.of("credit_amount"):
                found.add("credit_amount", "Say how much of it.")
            if not said["credit_unit"]:
                found.add("credit_unit", "Say in which unit, such as clock hours.")
            members["credit"] = {"amount": amount, "unit": said["credit_unit"]}
        months = _number(said["validity_months"], "validity_months", found, whole=True)
        if months is not None:
            members["validity"] = {"months": months, "renewal": said["renewal"]}
        elif said["renewal"]:
            found.add("validity_months", "Say for how many months it is valid, or take the words about renewal away.")
        members["second_assessor"] = {"yes": True, "no": False}.get(said["second_assessor"])
        members["image"] = before.image if before else None
        members["resources"] = [self._resource(number, row, found) for number, row in enumerate(self.rows["resource"])]
        members["pathway"] = self._keyed("experience", "hours", found)
        members["evidence"] = self._keyed("evidence", "minimum", found)
        members["alignments"] = [
            self._alignment(number, row, found) for number, row in enumerate(self.rows["alignment"])
        ]
        if self.criteria:
            kept = {one.id: one for one in before.rubric.criteria if one.id} if before and before.rubric else {}
            members["rubric"] = {
                "criteria": [self._criterion(n, row, kept, found) for n, row in enumerate(self.criteria)]
            }
            _distinct(
                [row["name"] for row in self.criteria],
                "criterion-{}-name",
                keyed("Two criteria have the same name."),
                found,
            )
        if self.slots:
            members["stack"] = {"slots": [self._slot(number, row, found) for number, row in enumerate(self.slots)]}
        return members

    def _resource(self, number: int, row: Row, found: Mistakes) -> dict[str, Any]:
        _needed(row["title"], f"resource-{number}-title", keyed("Say what it is."), found)
        if row["url"] and not _WEB.fullmatch(row["url"]):
            found.add(f"resource-{number}-url", "Write a web address that begins with https://.")
        return {**row, "url": row["url"] or None}

    def _keyed(self, name: str, figure: str, found: Mistakes) -> list[dict[str, Any]]:
        rows = []
        taken = {row["key"] for row in self.rows[name] if row["key"]}
        for number, row in enumerate(self.rows[name]):
            _needed(row["title"], f"{name}-{number}-title", keyed("Say what it is."), found)
            value = _number(row[figure], f"{name}-{number}-{figure}", found, whole=figure == "minimum")
            key = row["key"] or next(free for n in range(1, 999) if (free := f"{name}-{n}") not in taken)
            taken.add(key)
            made = {"key": key, "title": row["title"], "description": row["description"]}
            rows.append({**made, figure: value} if value is not None else made)
        return rows

    def _alignment(self, number: int, row: Row, found: Mistakes) -> dict[str, Any]:
        _needed(row["target_name"], f"alignment-{number}-target_name", keyed("Say which standard it is."), found)
        if not _WEB.fullmatch(row["target_url"]):
            found.add(f"alignment-{number}-target_url", "Write a web address that begins with https://.")
        fields = Alignment.model_fields
        return {fields[name].alias or name: value for name, value in row.items() if value}

    def _criterion(self, number: int, row: Row, kept: Mapping[str, RubricCriterion], found: Mistakes) -> dict[str, Any]:
        _needed(row["name"], f"criterion-{number}-name", keyed("Name the criterion."), found)
        if not row["levels"]:
            found.add(f"criterion-{number}-name", "Give the criterion at least one level.")
        old = kept.get(row["id"])
        levels = []
        for place, level in enumerate(row["levels"]):
            _needed(level["name"], f"criterion-{number}-level-{place}-name", keyed("Name the level."), found)
            index = old.level_index(level["name"]) if old else None
            before = {} if old is None or index is None else old.levels[index].model_dump(mode="json", by_alias=True)
            made = {each: value for each, value in level.items() if value}
            kept_of = {each: before[each] for each in ("id", "alignments") if before.get(each)}
            levels.append({**kept_of, **made})
        _distinct(
            [level["name"] for level in row["levels"]],
            f"criterion-{number}-level-{{}}-name",
            keyed("Two levels have the same name."),
            found,
        )
        members: dict[str, Any] = {"name": row["name"], "levels": levels}
        if row["id"]:
            members["id"] = row["id"]
        if old is not None and old.alignments:
            members["alignments"] = [
                one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in old.alignments
            ]
        required = _required(row)
        if required is not None and required < len(row["levels"]):
            members["requiredLevel"] = row["levels"][required]["name"]
        return members

    def _slot(self, number: int, row: Row, found: Mistakes) -> dict[str, Any]:
        _needed(row["name"], f"slot-{number}-name", keyed("Name the part."), found)
        need = _number(row["need"], f"slot-{number}-need", found, whole=True)
        if not row["of"]:
            found.add(f"slot-{number}-of", "Choose what fills it.")
        elif need is None:
            if not found.of(f"slot-{number}-need"):
                found.add(f"slot-{number}-need", "Say how many are needed.")
        elif need > len(row["of"]):
            found.add(f"slot-{number}-need", "More are needed than there are to choose from.")
        elif need < 1:
            found.add(f"slot-{number}-need", "At least one is needed.")
        return {"name": row["name"], "need": need, "of": list(row["of"])}


def field_of(location: Sequence[int | str]) -> str:
    """The field of the form in which a member of a body stands."""
    names = [re.sub(r"(?<!^)([A-Z])", r"_\1", str(one)).lower() for one in location]
    match names:
        case ["rubric", "criteria", row, "levels", place, *rest]:
            return f"criterion-{row}-level-{place}-{rest[0] if rest and rest[0] in _LEVEL else 'name'}"
        case ["rubric", "criteria", row, *rest]:
            return f"criterion-{row}-{'required' if rest == ['required_level'] else 'name'}"
        case ["stack", "slots", row, *rest]:
            return f"slot-{row}-{rest[0] if rest and rest[0] in ('need', 'of') else 'name'}"
        case [("resources" | "pathway" | "evidence" | "alignments") as listed, row, *rest]:
            name = {"resources": "resource", "pathway": "experience", "alignments": "alignment"}.get(listed, listed)
            return f"{name}-{row}-{rest[0] if rest and rest[0] in ROWS[name] else ROWS[name][0]}"
        case [("credit" | "validity") as part, member, *_]:
            return "renewal" if member == "renewal" else f"{part}_{member}"
        case ["description", *_]:
            return "competency"
        case [first, *_]:
            return first
        case _:
            return ""


def _numbers(form: Form, before: str) -> list[int]:
    pattern = re.compile(re.escape(before) + r"-(\d{1,3})-")
    return sorted({int(match[1]) for name in form if (match := pattern.match(name))})


def _change(rows: list[Row], what: str, row: str | None, new: Row) -> None:
    if what == "add":
        if len(rows) < MOST_ROWS:
            rows.append(new)
    elif row is not None and int(row) < len(rows):
        del rows[int(row)]


def _keep_required(row: Row, gone: int) -> None:
    number = _required(row)
    if number is not None:
        row["required"] = "" if number == gone else str(number - (number > gone))


def _moved(row: Row, levels: list[Row]) -> str:
    required = _required(row)
    if required is None or required >= len(row["levels"]):
        return ""
    wanted = row["levels"][required]
    return next((str(place) for place, level in enumerate(levels) if level is wanted), "")


def _required(row: Row) -> int | None:
    """Which of a criterion's levels is required, by its place; None where no number stands there."""
    return int(row["required"]) if re.fullmatch(r"[0-9]{1,3}", row["required"]) else None


def _new_criterion(like: Sequence[Row] = ()) -> Row:
    """A criterion with the levels of the one before it, for most rubrics have the same levels throughout."""
    if like and like[-1]["levels"]:
        levels = [{"name": one["name"], "points": one["points"], "description": ""} for one in like[-1]["levels"]]
        return {"name": "", "id": "", "required": like[-1]["required"], "levels": levels}
    levels = [{"name": name, "points": str(place), "description": ""} for place, name in enumerate(_NEW_LEVELS)]
    return {"name": "", "id": "", "required": "1", "levels": levels}


def _is_preset(row: Row, before: Sequence[Row]) -> bool:
    """Whether a criterion is only what the form itself put there."""
    names = tuple(level["name"] for level in row["levels"])
    like = tuple(level["name"] for level in before[-1]["levels"]) if before else _NEW_LEVELS
    plain = not row["name"] and not any(level["description"] for level in row["levels"])
    return plain and names in (like, _NEW_LEVELS)


def _says(row: Row) -> bool:
    """Whether anything that a person wrote stands in a row."""
    return any(value for name, value in row.items() if name not in _UNSEEN and name != "levels") or (
        "levels" in row and any(_says(level) for level in row["levels"])
    )


def _needed(value: str, name: str, text: str, found: Mistakes) -> None:
    if not value:
        found.add(name, text)


def _distinct(names: Iterable[str], pattern: str, text: str, found: Mistakes) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name and name in seen:
            found.add(pattern.format(number), text)
        seen.add(name)


def _number(text: str, name: str, found: Mistakes, *, whole: bool = False) -> float | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}" if whole else r"\d{1,6}(\.\d{1,3})?", text):
        found.add(name, "Write a whole number, such as 2." if whole else "Write a number, such as 2 or 1.5.")
        return None
    return int(text) if whole else float(text)


def _shown(value: object) -> str:
    if value is None:
        return ""
    return plain_number(value) if isinstance(value, float) else str(value)
