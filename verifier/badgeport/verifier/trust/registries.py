"""Local trust registries: who the reader says an issuer is.

Two forms are read: ``{"name", "issuers": [{"id", "name", …}]}`` and the Digital Credentials Consortium's registry file,
``{"registry": {id: {"name", …}}}``. That a registry lists an issuer is the reader's own statement; it proves nothing
about the issuer's key, which is checked apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError


@dataclass(frozen=True, slots=True)
class ListedIssuer:
    """One issuer of one registry. ``name`` is the registry's name for it, which a reader should be shown."""

    id: str
    name: str | None
    registry: str


@dataclass(frozen=True, slots=True)
class Registry:
    """One registry that was read: its name and its issuers by id."""

    name: str
    issuers: Mapping[str, ListedIssuer]


@dataclass(frozen=True, slots=True)
class UnreadRegistry:
    """A registry that was named but could not be read, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trust:
    """Every registry a reader relies on, also those that could not be read."""

    registries: tuple[Registry, ...] = ()
    unread: tuple[UnreadRegistry, ...] = field(default=())

    def matching(self, issuer: str) -> tuple[ListedIssuer, ...]:
        """The entries of every registry that lists this issuer id, exactly."""
        return tuple(registry.issuers[issuer] for registry in self.registries if issuer in registry.issuers)


def registry_from_json(data: bytes | str, name: str, *, limits: Limits = DEFAULT_LIMITS) -> Registry:
    """The registry of a JSON text; ``name`` is used where the text has none of its own.

    Raises ProblemError (PARSING_ERROR, RANGE_ERROR, MALFORMED_VALUE_ERROR) naming the member at fault.
    """
    body = jsontext.parse_object(data, limits)
    own = body.get("name")
    title = own if isinstance(own, str) and own else name
    if isinstance(body.get("issuers"), list):
        entries = [_entry(item, title, join("issuers", index)) for index, item in enumerate(body["issuers"])]
    elif isinstance(body.get("registry"), dict):
        entries = [_legacy_entry(key, item, title) for key, item in body["registry"].items()]
    else:
        raise ProblemError(MALFORMED_VALUE_ERROR, "a trust registry has an array 'issuers' or an object 'registry'")
    return Registry(title, {entry.id: entry for entry in entries})


def trust_from_files(paths: Iterable[Path | str], *, limits: Limits = DEFAULT_LIMITS) -> Trust:
    """The registries of these files. A file that cannot be read is kept as unread, so that the report names it."""
    registries: list[Registry] = []
    unread: list[UnreadRegistry] = []
    for path in map(Path, paths):
        try:
            if path.stat().st_size > limits.document_bytes:
                unread.append(UnreadRegistry(path.name, f"it is larger than {limits.document_bytes} bytes"))
                continue
            registries.append(registry_from_json(path.read_bytes(), path.name, limits=limits))
        except OSError as error:
            unread.append(UnreadRegistry(path.name, error.strerror or "it cannot be read"))
        except ProblemError as error:
            unread.append(UnreadRegistry(path.name, error.problem.detail))
    return Trust(tuple(registries), tuple(unread))


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a trust file."""
    issuer = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "minLength": 1}, "name": {"type": "string"}},
    }
    legacy = {"type": "object", "additionalProperties": {"type": "object", "properties": {"name": {"type": "string"}}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Badgeport trust registry",
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "issuers": {"type": "array", "items": issuer},
            "registry": legacy,
        },
        "anyOf": [{"required": ["issuers"]}, {"required": ["registry"]}],
    }


def _entry(item: object, registry: str, pointer: str) -> ListedIssuer:
    identifier = item.get("id") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(identifier, str) or not identifier:
        raise ProblemError(MALFORMED_VALUE_ERROR, "an issuer of a trust registry is an object with an id", pointer)
    return ListedIssuer(identifier, _name(item), registry)


def _legacy_entry(identifier: str, item: object, registry: str) -> ListedIssuer:
    if not isinstance(item, dict):
        detail = "an issuer of a trust registry is an object"
        raise ProblemError(MALFORMED_VALUE_ERROR, detail, join("registry", identifier))
    return ListedIssuer(identifier, _name(item), registry)


def _name(item: Mapping[str, Any]) -> str | None:
    name = item.get("name")
    return name if isinstance(name, str) else None
