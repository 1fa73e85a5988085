"""What all models share: strictness, unknown members kept, and the member types of the data model.

Models are views for reading. Bytes are the record: a model is never serialised in place of what was received. A single
value where the model has an array (JSON-LD compaction) reads as a list of one. Rules that join several members are
not stated here; ``badgeport.schemas.structure`` holds a document against them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.schemas.structure import vocabulary
from badgeport.schemas.structure.walk import is_calendar_date

T = TypeVar("T")


class Node(BaseModel):
    """An object of the data model: strict types, members the model does not know kept, read only."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, defer_build=True)


class Closed(Node):
    """An object that takes no members of others' making."""

    model_config = ConfigDict(extra="forbid")


class _NotNull:
    """Takes ``None`` out of what a member accepts: a member may be left out, but null is never its value."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return schema["schema"] if schema["type"] == "nullable" else schema


class _Compactable:
    """Lets one value stand where an array is meant."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_as_list, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        array = handler(schema)
        return {"anyOf": [array.get("items", {}), array]}


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Maybe = Annotated[T | None, _NotNull()]
"""A member that may be left out; read as ``None`` then."""
Many = Annotated[list[T], _Compactable()]
"""A member with several values."""
Some = Annotated[list[T], Field(min_length=1), _Compactable()]
"""A member with at least one value."""


@dataclass(frozen=True)
class Types:
    """The type names an object must have; a tuple stands for any one of its names."""

    groups: tuple[str | tuple[str, ...], ...]

    def __init__(self, *groups: str | tuple[str, ...]) -> None:
        object.__setattr__(self, "groups", groups)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        inner = core_schema.list_schema(core_schema.str_schema(strict=True, min_length=1), min_length=1, strict=True)
        checked = core_schema.no_info_after_validator_function(self._check, inner)
        return core_schema.no_info_before_validator_function(_as_list, checked)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        name = {"type": "string", "minLength": 1}
        array: JsonSchemaValue = {"type": "array", "items": name, "minItems": 1}
        wanted = [{"contains": {"enum": list(names)}} for names in self._alternatives()]
        if not wanted:
            return {"anyOf": [name, array]}
        if len(wanted) > 1:
            return array | {"allOf": wanted}
        return {"anyOf": [wanted[0]["contains"], array | wanted[0]]}

    def _alternatives(self) -> list[tuple[str, ...]]:
        return [(group,) if isinstance(group, str) else group for group in self.groups]

    def _check(self, names: list[str]) -> list[str]:
        for group in self._alternatives():
            if not any(name in names for name in group):
                raise PydanticCustomError("type", "must include {names}", {"names": " or ".join(group)})
        return names


def _matching(matches: Callable[[str], object], expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not matches(value):
            raise PydanticCustomError("form", "must be {expected}", {"expected": expected})
        return value

    return AfterValidator(check)


def _term(terms: Iterable[str], *, extensible: bool) -> AfterValidator:
    known = frozenset(terms)
    return _matching(
        lambda value: value in known or (extensible and vocabulary.is_extension_term(value)),
        "one of the terms of the data model" + (" or a term that starts with ext:" if extensible else ""),
    )


def _term_schema(terms: Iterable[str], *, extensible: bool) -> WithJsonSchema:
    known: dict[str, Any] = {"type": "string", "enum": list(terms)}
    extension = {"type": "string", "pattern": f"^{vocabulary.EXTENSION_TERM}$"}
    return WithJsonSchema({"anyOf": [known, extension]} if extensible else known)


def _reads_as_instant(require_zone: bool) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        try:
            parse_datetime(value, require_zone=require_zone)
        except ProblemError:
            return False
        return True

    return check


def text_or_object(value: Any) -> str:
    """Which alternative of a union of a string and an object a value is meant as."""
    return "object" if isinstance(value, dict | BaseModel) else "text"


Uri = Annotated[
    str,
    _matching(vocabulary.is_absolute_uri, "an absolute URL or URN"),
    WithJsonSchema({"type": "string", "format": "iri", "pattern": "^[A-Za-z][A-Za-z0-9+.-]*:"}),
]
DateTimeZ = Annotated[
    str,
    _matching(_reads_as_instant(True), "a date and time with a time zone, such as 2025-01-31T12:00:00Z"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
DateTime = Annotated[
    str,
    _matching(_reads_as_instant(False), "a date and time, such as 2025-01-31T12:00:00Z"),
    WithJsonSchema({"type": "string"}),
]
Date = Annotated[
    str,
    _matching(is_calendar_date, "a date, such as 2025-01-31"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Number = Annotated[
    int | Annotated[float, Field(allow_inf_nan=False)],
    WithJsonSchema({"type": "number"}),
]
LanguageCode = Annotated[
    str,
    _matching(vocabulary.is_language_code, "a language code, such as en or en-US"),
    WithJsonSchema({"type": "string", "pattern": f"^{vocabulary.LANGUAGE_CODE}$"}),
]
CompactJws = Annotated[
    str,
    _matching(vocabulary.is_compact_jws, "a compact JWS"),
    WithJsonSchema({"type": "string", "pattern": f"^{vocabulary.COMPACT_JWS}$"}),
]
AchievementType = Annotated[
    str,
    _term(vocabulary.ACHIEVEMENT_TYPES, extensible=True),
    _term_schema(vocabulary.ACHIEVEMENT_TYPES, extensible=True),
]
AlignmentTargetType = Annotated[
    str,
    _term(vocabulary.ALIGNMENT_TARGET_TYPES, extensible=True),
    _term_schema(vocabulary.ALIGNMENT_TARGET_TYPES, extensible=True),
]
IdentifierType = Annotated[
    str,
    _term(vocabulary.IDENTIFIER_TYPES, extensible=True),
    _term_schema(vocabulary.IDENTIFIER_TYPES, extensible=True),
]
ResultType = Annotated[
    str,
    _term(vocabulary.RESULT_TYPES, extensible=True),
    _term_schema(vocabulary.RESULT_TYPES, extensible=True),
]
ResultStatusType = Annotated[
    str,
    _term(vocabulary.RESULT_STATUS_TYPES, extensible=False),
    _term_schema(vocabulary.RESULT_STATUS_TYPES, extensible=False),
]
AnyTypes = Annotated[list[str], Types()]
"""One type name or more, whichever they are."""

LanguageTag = Annotated[str, _matching(vocabulary.is_language_map_key, "a language code")]
LanguageMap: TypeAlias = dict[LanguageTag, str]
Text: TypeAlias = Annotated[
    Annotated[str, Tag("text")] | Annotated[LanguageMap, Tag("object")], Discriminator(text_or_object)
]
"""A text for people, or the same in several languages by language code."""
ContextEntry: TypeAlias = Annotated[
    Annotated[Uri, Tag("text")] | Annotated[dict[str, Any], Tag("object")], Discriminator(text_or_object)
]
