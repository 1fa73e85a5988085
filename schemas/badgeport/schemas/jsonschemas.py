"""JSON Schema: validating with schemas that are at hand, judging ``credentialSchema``, and writing schemas of our own.

No schema is ever fetched. A credential may name a schema; it is used when the operator supplied it, and otherwise the
answer is "unknown" (VC JSON Schema section 2.1: indeterminate). The schemas of Open Badges 3.0 and CLR 2.0 change in
place behind their URLs, so those URLs are answered by our own restatement of the data model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from badgeport.schemas import structure
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    RANGE_ERROR,
    SCHEMA_UNKNOWN,
    UNSUPPORTED,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.schemas.schema_work import META_SCHEMAS, check_work
from badgeport.schemas.structure.rules import listed, strings
from badgeport.schemas.structure.walk import dotted

if TYPE_CHECKING:
    from pydantic import BaseModel

MAX_SCHEMA_BYTES = 256 * 1024
MAX_SCHEMA_PARTS = 500_000
MAX_SCHEMAS = 16
MAX_PROBLEMS = 50
_MAX_SENTENCE = 300
_PATTERN_BYTES = 1_000_000


def _published(root: str, prefix: str, families: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{root}/schema/{form}/{prefix}_{name}_schema.json": family
        for form in ("json", "json-ld")
        for name, family in families.items()
    }


OB_SCHEMA_URLS: Mapping[str, str] = MappingProxyType(
    _published(
        "https://purl.imsglobal.org/spec/ob/v3p0",
        "ob_v3p0",
        {
            "achievementcredential": "ob3",
            "anyachievementcredential": "ob3",
            "endorsementcredential": "endorsement",
            "anyendorsementcredential": "endorsement",
        },
    )
    | _published("https://purl.imsglobal.org/spec/clr/v2p0", "clr_v2p0", {"clrcredential": "clr2"})
)
"""The schema URLs of Open Badges 3.0 and CLR 2.0 for whole credentials, and the family of documents each describes."""

_OB_VALIDATORS = frozenset({"1EdTechJsonSchemaValidator2019", "JsonSchemaValidator2019", "JsonSchema"})
_FAMILY_NAMES = {"ob3": "a badge", "endorsement": "an endorsement", "clr2": "a CLR 2.0 record"}


@dataclass(frozen=True, slots=True)
class SchemaOutcome:
    """What came of one ``credentialSchema`` entry: its ``id`` and ``type``, the outcome, and why."""

    url: str | None
    type: str | None
    outcome: Literal["passed", "failed", "unknown"]
    message: str
    problems: tuple[Problem, ...] = ()


def validate(schema: Mapping[str, Any], document: Any, *, limits: Limits = DEFAULT_LIMITS) -> tuple[Problem, ...]:
    """Where a parsed JSON document departs from a JSON Schema (draft 2020-12, 2019-09 or 07, as ``$schema`` says).

    Each problem is a MALFORMED_VALUE_ERROR with the pointer of the offending value; the first 50 are told. Patterns
    run in linear time and nothing is fetched: a reference that leads out of the schema, other than to a draft's own
    meta-schema, makes it unusable.

    Raises ProblemError where the schema cannot be used: UNSUPPORTED for a draft that is missing or unknown,
    MALFORMED_VALUE_ERROR for what is not a schema, RANGE_ERROR for one that is too large or would make too much work
    of this document, or for a document beyond ``limits``.
    """
    import jsonschema_rs

    usable, validator_name = _usable(schema)
    _check_extent(document, limits)
    try:
        check_work(usable, document, MAX_SCHEMA_PARTS)
    except ProblemError as error:
        raise _unusable(error.problem.type, error.problem.detail) from None
    try:
        validator = getattr(jsonschema_rs, validator_name)(
            usable,
            retriever=_refuse,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES),
            mask="the value",
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _unusable(MALFORMED_VALUE_ERROR, f"it is not a JSON Schema: {_sentence(error)}") from None
    try:
        return tuple(_problem(error) for error in islice(validator.iter_errors(document), MAX_PROBLEMS))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ProblemError(MALFORMED_VALUE_ERROR, f"the document could not be read: {_sentence(error)}") from None


def check_credential_schema(
    document: Any,
    known: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    report: structure.StructureReport | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[SchemaOutcome]:
    """Judge every ``credentialSchema`` entry of a credential, in order (VC JSON Schema; OB 3.0; checks row 10).

    ``known`` maps URLs to parsed schemas (for ``JsonSchemaCredential`` to the credential that holds one, which the
    caller has verified). ``report`` is the structure report of the same document where the caller has it already.
    Never raises; an entry that cannot be judged is ``"unknown"`` with a SCHEMA_UNKNOWN problem.
    """
    stated = document.get("credentialSchema") if isinstance(document, dict) else None
    entries = listed(stated)
    pointer = "/credentialSchema/{}" if isinstance(stated, list) else "/credentialSchema"
    outcomes = [
        _judge(entry, pointer.format(index), document, known or {}, report, limits)
        for index, entry in enumerate(entries[:MAX_SCHEMAS])
    ]
    if len(entries) > MAX_SCHEMAS:
        outcomes.append(_unknown(None, None, f"only the first {MAX_SCHEMAS} schemas are judged", "/credentialSchema"))
    return outcomes


def _judge(
    entry: Any,
    pointer: str,
    document: dict[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    report: structure.StructureReport | None,
    limits: Limits,
) -> SchemaOutcome:
    url = entry.get("id") if isinstance(entry, dict) else None
    types = strings(entry.get("type")) if isinstance(entry, dict) else []
    kind = types[0] if types else None
    if not isinstance(url, str) or kind is None:
        detail = "the entry needs an id and a type"
        return SchemaOutcome(None, kind, "failed", detail, (Problem(MALFORMED_VALUE_ERROR, detail, pointer),))
    if url in OB_SCHEMA_URLS and not _OB_VALIDATORS.isdisjoint(types):
        return _judge_restated(url, kind, document, report)
    if _OB_VALIDATORS.isdisjoint(types) and "JsonSchemaCredential" not in types:
        return _unknown(url, kind, "schemas of this type are not supported", pointer)
    schema = known.get(url)
    if schema is not None and "JsonSchemaCredential" in types:
        schema = _schema_in(schema)
    if schema is None:
        return _unknown(url, kind, "the schema is not at hand, and none is fetched", pointer)
    try:
        problems = validate(schema, document, limits=limits)
    except ProblemError as error:
        return _unknown(url, kind, error.problem.detail, pointer)
    if problems:
        return SchemaOutcome(url, kind, "failed", "the credential does not fit the schema", problems)
    return SchemaOutcome(url, kind, "passed", "the credential fits the schema")


def _judge_restated(
    url: str, kind: str, document: dict[str, Any], report: structure.StructureReport | None
) -> SchemaOutcome:
    family = OB_SCHEMA_URLS[url]
    found = report or structure.check(document)
    own = "our own restatement of the data model, which stands for the schema at that URL"
    if found.kind.removesuffix("-vcdm11") != family:
        detail = f"the schema describes {_FAMILY_NAMES[family]}, and the document is none"
        problem = Problem(MALFORMED_VALUE_ERROR, detail, "/credentialSchema")
        return SchemaOutcome(url, kind, "failed", detail, (problem,))
    if found.problems:
        return SchemaOutcome(url, kind, "failed", f"the credential does not fit {own}", found.problems)
    return SchemaOutcome(url, kind, "passed", f"the credential fits {own}")


def _schema_in(credential: Mapping[str, Any]) -> Mapping[str, Any] | None:
    subject = credential.get("credentialSubject")
    inner = subject.get("jsonSchema") if isinstance(subject, Mapping) else None
    return inner if isinstance(inner, Mapping) else None


def _unknown(url: str | None, kind: str | None, message: str, pointer: str) -> SchemaOutcome:
    return SchemaOutcome(url, kind, "unknown", message, (Problem(SCHEMA_UNKNOWN, message, pointer),))


def _usable(schema: Any) -> tuple[dict[str, Any], str]:
    """The schema as a plain object within bounds, and the validator for its draft."""
    if not isinstance(schema, Mapping):
        raise _unusable(MALFORMED_VALUE_ERROR, "it is not an object")
    declared = schema.get("$schema")
    validator = META_SCHEMAS.get(declared.rstrip("#")) if isinstance(declared, str) else None
    if validator is None:
        raise _unusable(UNSUPPORTED, "$schema must name draft 2020-12, 2019-09 or 07")
    usable = dict(schema)
    try:
        _check_extent(usable, DEFAULT_LIMITS)
        size = len(json.dumps(usable, ensure_ascii=False).encode("utf-8"))
    except ProblemError:
        raise _unusable(RANGE_ERROR, "it is too large or nested too deeply") from None
    except (ValueError, TypeError):
        raise _unusable(MALFORMED_VALUE_ERROR, "it holds what JSON cannot") from None
    if size > MAX_SCHEMA_BYTES:
        raise _unusable(RANGE_ERROR, f"it is larger than {MAX_SCHEMA_BYTES} bytes")
    return usable, validator


def _unusable(kind: ProblemType, reason: str) -> ProblemError:
    return ProblemError(kind, f"the schema cannot be used: {reason}")


def _check_extent(value: Any, limits: Limits) -> None:
    """Depth and number of members, counted without recursion before native code recurses."""
    level, members = [value], 0
    for _ in range(limits.json_depth + 1):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        members += len(level)
        if members > limits.json_members:
            raise ProblemError(RANGE_ERROR, "the document has too many members")
        if not level:
            return
    raise ProblemError(RANGE_ERROR, "the document is nested too deeply")


def _refuse(uri: str) -> Any:
    raise ValueError(f"nothing is fetched, so {uri} is not at hand")


def _problem(error: Any) -> Problem:
    path = [step if isinstance(step, int) else str(step) for step in error.instance_path]
    return Problem(MALFORMED_VALUE_ERROR, f"{dotted(path)}: {_sentence(error)}", join(*path))


def _sentence(error: Any) -> str:
    text = getattr(error, "message", None) or str(error)
    line = " ".join(text.split())
    return line if len(line) <= _MAX_SENTENCE else line[: _MAX_SENTENCE - 1] + "…"


# Schemas of our own

SCHEMA_NAMES = (
    "Achievement",
    "AchievementCredential",
    "BitstringStatusListCredential",
    "BitstringStatusListEntry",
    "ClrCredential",
    "EndorsementCredential",
    "ProblemDetails",
    "Profile",
    "VerifiableCredential",
    "VerifiablePresentation",
)
_OWN_SCHEMAS = "https://badgeport.org/schemas/"


@lru_cache(maxsize=len(SCHEMA_NAMES))
def _schema_text(name: str) -> str:
    from badgeport.schemas import models

    return json.dumps(schemas_from_model(getattr(models, name), title=name, id=f"{_OWN_SCHEMAS}{name}.json"))


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one of `SCHEMA_NAMES`: what the model of that name reads.

    Raises ProblemError(SCHEMA_UNKNOWN) for another name.
    """
    if name not in SCHEMA_NAMES:
        raise ProblemError(SCHEMA_UNKNOWN, f"there is no such schema; known are {', '.join(SCHEMA_NAMES)}")
    result: dict[str, Any] = json.loads(_schema_text(name))
    return result


def schemas_from_model(model: type[BaseModel], *, title: str, id: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of what a Pydantic model accepts, under a title and an ``$id`` of its own.

    Members that may be left out show no ``null`` default, and only classes have titles.
    """
    from pydantic.json_schema import GenerateJsonSchema

    class Plain(GenerateJsonSchema):
        def default_schema(self, schema: Any) -> Any:
            inner = super().default_schema(schema)
            if inner.get("default", ...) is None:
                inner = {key: value for key, value in inner.items() if key != "default"}
            return inner

        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
            return False

    body = model.model_json_schema(by_alias=True, schema_generator=Plain)
    return {"$schema": GenerateJsonSchema.schema_dialect, "$id": id, **body, "title": title}
