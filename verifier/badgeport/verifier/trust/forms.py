"""How registries are written down: reading and writing the JSON of each kind, and its JSON Schema (docs/trust.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from badgeport.keys.jwk import public_from_jwk
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, RANGE_ERROR, ProblemError
from badgeport.verifier.trust.sources import (
    Federation,
    FederationKey,
    ListedIssuer,
    RecognitionRegistry,
    Registry,
    RemoteRegistry,
    Source,
    TrustAnchor,
    UnreadRegistry,
)

ISSUERS, LEGACY, FEDERATION, RECOGNITION = "issuers", "dcc-legacy", "oidf", "recognition"
MAXIMUM_REGISTRIES = 64
"""Registries that one reader may rely on; each may be asked for every issuer."""
MAXIMUM_KEYS = 100
WELL_KNOWN = "/.well-known/openid-federation"
_MAXIMUM_URL = 2_048
_UNSAFE = re.compile(r"[^!-~]|[#\\]")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_COMMON = frozenset({"name", "type", "description"})
NAMELESS = "a registry without a name"


# -- lists at hand --------------------------------------------------------------------------------------------------


def listed(body: Mapping[str, Any], name: str) -> Registry:
    """The registry of a JSON object in either form; ``name`` is used where it has none of its own.

    Raises ProblemError(MALFORMED_VALUE_ERROR) naming the member at fault.
    """
    title = name_of(body) or (name if name.strip() else NAMELESS)
    if isinstance(body.get("issuers"), list):
        items = enumerate(body["issuers"])
        return Registry.of(title, [_entry(item, title, join("issuers", index)) for index, item in items])
    if isinstance(body.get("registry"), dict):
        return _legacy(body["registry"], title, ("registry",))
    if body and all(_is_identifier(key) and isinstance(item, dict) for key, item in body.items()):
        return _legacy(body, title, ())
    raise ProblemError(MALFORMED_VALUE_ERROR, "a trust registry has an array 'issuers' or an object 'registry'")


def _entry(item: object, registry: str, pointer: str) -> ListedIssuer:
    identifier = item.get("id") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(identifier, str) or not identifier.strip():
        raise ProblemError(MALFORMED_VALUE_ERROR, "an issuer of a trust registry is an object with an id", pointer)
    return _issuer(identifier, item, registry)


def _legacy(items: Mapping[str, Any], title: str, path: tuple[str, ...]) -> Registry:
    entries = []
    for key, item in items.items():
        if not isinstance(item, dict):
            raise ProblemError(MALFORMED_VALUE_ERROR, "an issuer of a trust registry is an object", join(*path, key))
        if not key.strip():
            raise ProblemError(MALFORMED_VALUE_ERROR, "an issuer of a trust registry has no id", join(*path, key))
        entries.append(_issuer(key, item, title))
    return Registry.of(title, entries)


def _issuer(identifier: str, item: Mapping[str, Any], registry: str) -> ListedIssuer:
    return ListedIssuer(identifier, _text(item, "name"), registry, _text(item, "legalName"), _text(item, "url"))


def _text(item: Mapping[str, Any], member: str) -> str | None:
    value = item.get(member)
    return value if isinstance(value, str) and value else None


def _is_identifier(key: str) -> bool:
    return key.startswith(("did:", "https://", "http://"))


# -- lists of registries --------------------------------------------------------------------------------------------


def entries(body: object) -> list[Any] | None:
    """The entries of a list of registries; None where the JSON value is none."""
    if isinstance(body, dict) and "registries" in body:
        body = body["registries"]
        if not isinstance(body, list):
            raise ProblemError(MALFORMED_VALUE_ERROR, "registries is not an array", "/registries")
    return body if isinstance(body, list) else None


def name_of(entry: object) -> str | None:
    """The name that an entry or a registry gives itself; one of blanks is none."""
    name = _text(entry, "name") if isinstance(entry, Mapping) else None
    return name if name is not None and name.strip() else None


def unread(entry: object, pointer: str) -> UnreadRegistry:
    """A registry that could not be read when the trust was written down. Raises ProblemError."""
    if not isinstance(entry, Mapping) or entry.keys() != {"name", "reason"}:
        raise ProblemError(MALFORMED_VALUE_ERROR, "an unread registry has a name and a reason", pointer)
    return UnreadRegistry(_stated(entry, "name", pointer), _stated(entry, "reason", pointer))


def from_json(entry: object, pointer: str, limits: Limits = DEFAULT_LIMITS) -> Source | Path:
    """The registry that one entry of a list describes, or the path of the file that the entry says holds it.

    Raises ProblemError (MALFORMED_VALUE_ERROR, RANGE_ERROR) naming the member at fault.
    """
    if not isinstance(entry, Mapping):
        raise ProblemError(MALFORMED_VALUE_ERROR, "a registry is described by an object", pointer)
    kind = entry.get("type", ISSUERS if "issuers" in entry else LEGACY)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        known = ", ".join(_READERS)
        detail = f"registries of this type are not read; the types are {known}"
        raise ProblemError(MALFORMED_VALUE_ERROR, detail, f"{pointer}/type")
    read, members = reader
    for member in entry:
        if member not in members | _COMMON:
            detail = f"{member!r} is not a member of a registry of the type {kind}"
            raise ProblemError(MALFORMED_VALUE_ERROR, detail, pointer + join(member))
    _stated(entry, "name", pointer)
    return read(entry, pointer, limits)


def _read_list(entry: Mapping[str, Any], pointer: str, limits: Limits) -> Source | Path:  # noqa: ARG001
    inline = "issuers" if entry.get("type", ISSUERS) == ISSUERS and "issuers" in entry else "registry"
    where = _only_one(entry, (inline, "file", "url"), pointer)
    if where == "file":
        return _file(entry, pointer)
    if where == "url":
        return RemoteRegistry(entry["name"], _address(entry, "url", pointer))
    try:
        return listed({"name": entry["name"], where: entry[where]}, entry["name"])
    except ProblemError as error:
        raise ProblemError(error.problem.type, error.problem.detail, pointer + (error.problem.pointer or "")) from None


def _read_federation(entry: Mapping[str, Any], pointer: str, limits: Limits) -> Source:  # noqa: ARG001
    endpoint = _address(entry, "fetchEndpoint", pointer) if "fetchEndpoint" in entry else None
    configuration = _address(entry, "trustAnchorEC", pointer) if "trustAnchorEC" in entry else None
    entity = _address(entry, "entityId", pointer) if "entityId" in entry else None
    if endpoint is None and configuration is None and entity is None:
        detail = "a federation needs a fetchEndpoint, or a trustAnchorEC or entityId that leads to one"
        raise ProblemError(MALFORMED_VALUE_ERROR, detail, pointer)
    if configuration is not None and not configuration.endswith(WELL_KNOWN):
        detail = f"trustAnchorEC is an address that ends in {WELL_KNOWN}"
        raise ProblemError(MALFORMED_VALUE_ERROR, detail, f"{pointer}/trustAnchorEC")
    if entity is None:
        parts = urlsplit(endpoint or "")
        entity = (configuration or "").removesuffix(WELL_KNOWN) or f"{parts.scheme}://{parts.netloc}"
    if configuration is None:
        configuration = entity.rstrip("/") + WELL_KNOWN
        if not is_web_address(configuration):
            detail = "what the registry says of itself would stand at an address that is too long"
            raise ProblemError(MALFORMED_VALUE_ERROR, detail, f"{pointer}/entityId")
    anchor = None
    if "trustAnchor" in entry:
        if "jwks" in entry:
            # Of two ways to know the keys a reader could believe that both were used.
            detail = "a federation's keys are known by jwks or by a trustAnchor, not by both"
            raise ProblemError(MALFORMED_VALUE_ERROR, detail, f"{pointer}/trustAnchor")
        stated = entry["trustAnchor"]
        if not isinstance(stated, Mapping) or stated.keys() != {"id", "jwks"}:
            detail = "a trust anchor has an id and its keys, jwks"
            raise ProblemError(MALFORMED_VALUE_ERROR, detail, f"{pointer}/trustAnchor")
        where = f"{pointer}/trustAnchor"
        anchor = TrustAnchor(_address(stated, "id", where), _keys(stated["jwks"], f"{where}/jwks"))
    return Federation(
        entry["name"],
        entity,
        configuration,
        endpoint,
        _keys(entry["jwks"], f"{pointer}/jwks") if "jwks" in entry else (),
        anchor,
    )


def _read_recognition(entry: Mapping[str, Any], pointer: str, limits: Limits) -> Source | Path:
    authority = _stated(entry, "authority", pointer)
    if not _is_identifier(authority):
        detail = "authority is the identifier of who signs the credential: a DID or a web address"
        raise ProblemError(MALFORMED_VALUE_ERROR, detail, f"{pointer}/authority")
    where = _only_one(entry, ("credential", "file", "url"), pointer)
    if where == "file":
        return _file(entry, pointer)
    if where == "url":
        return RecognitionRegistry(entry["name"], authority, url=_address(entry, "url", pointer))
    value = entry["credential"]
    try:
        data = value.encode() if isinstance(value, str) else jsontext.dump(value)
    except UnicodeEncodeError:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the credential is not text", f"{pointer}/credential") from None
    if not isinstance(value, str | Mapping):
        raise ProblemError(MALFORMED_VALUE_ERROR, "the credential is an object or a text", f"{pointer}/credential")
    if len(data) > limits.document_bytes:
        detail = f"the credential is larger than {limits.document_bytes} bytes"
        raise ProblemError(RANGE_ERROR, detail, f"{pointer}/credential")
    return recognition_at_hand(entry, data, f"{pointer}/credential")


def recognition_at_hand(entry: Mapping[str, Any], data: bytes, pointer: str) -> RecognitionRegistry:
    """The registry of an entry whose credential is these bytes. Raises ProblemError for what can be none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the credential is not text", pointer) from None
    if not text:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the credential is an object or a text", pointer)
    return RecognitionRegistry(entry["name"], entry["authority"], credential=data)


_READERS: dict[str, tuple[Callable[[Mapping[str, Any], str, Limits], Source | Path], frozenset[str]]] = {
    ISSUERS: (_read_list, frozenset({"issuers", "file", "url"})),
    LEGACY: (_read_list, frozenset({"registry", "file", "url"})),
    FEDERATION: (
        _read_federation,
        frozenset({"fetchEndpoint", "trustAnchorEC", "entityId", "jwks", "trustAnchor"}),
    ),
    RECOGNITION: (_read_recognition, frozenset({"authority", "credential", "file", "url"})),
}


def _only_one(entry: Mapping[str, Any], members: tuple[str, ...], pointer: str) -> str:
    """The one of ``members`` that says where the registry is."""
    stated = [member for member in members if member in entry]
    if len(stated) != 1:
        raise ProblemError(MALFORMED_VALUE_ERROR, f"a registry of this type has one of {', '.join(members)}", pointer)
    return stated[0]


def _stated(entry: Mapping[str, Any], member: str, pointer: str) -> str:
    value = entry.get(member)
    if not isinstance(value, str) or not value.strip():
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} is missing or not a text", f"{pointer}/{member}")
    return value


def _file(entry: Mapping[str, Any], pointer: str) -> Path:
    name = _stated(entry, "file", pointer)
    if "\0" in name:
        raise ProblemError(MALFORMED_VALUE_ERROR, "file is not the name of a file", f"{pointer}/file")
    return Path(name)


def _address(entry: Mapping[str, Any], member: str, pointer: str) -> str:
    """A web address that may be asked: https, or http on this machine, which its fetcher must allow."""
    value = _stated(entry, member, pointer)
    where = f"{pointer}/{member}"
    if not is_web_address(value):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{member} is not a web address that begins with https://", where)
    return value


def is_web_address(value: object) -> bool:
    """Whether a text is an address that a registry may be asked at."""
    if not isinstance(value, str) or len(value) > _MAXIMUM_URL or _UNSAFE.search(value):
        return False
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def _keys(stated: object, pointer: str) -> tuple[FederationKey, ...]:
    """The keys of a pinned key set. One that cannot be used is refused: its reader believes it is in use."""
    keys = stated.get("keys") if isinstance(stated, Mapping) else None
    if not isinstance(keys, list) or not keys or len(keys) > MAXIMUM_KEYS:
        detail = f"jwks is an object with an array 'keys' of 1 to {MAXIMUM_KEYS} keys"
        raise ProblemError(MALFORMED_VALUE_ERROR, detail, pointer)
    found = []
    for index, jwk in enumerate(keys):
        where = f"{pointer}/keys/{index}"
        kid = jwk.get("kid") if isinstance(jwk, Mapping) else None
        if kid is not None and not isinstance(kid, str):
            raise ProblemError(MALFORMED_VALUE_ERROR, "the kid of a key is a text", f"{where}/kid")
        try:
            found.append(FederationKey(kid, public_from_jwk(jwk)))
        except ProblemError as error:
            raise ProblemError(error.problem.type, error.problem.detail, where) from None
    return tuple(found)


# -- writing --------------------------------------------------------------------------------------------------------


def to_json(source: Source) -> dict[str, Any]:
    """The entry that `from_json` reads as this registry."""
    match source:
        case Registry():
            issuers = [_without_none(_issuer_json(entry)) for entry in source.issuers.values()]
            return {"name": source.name, "type": ISSUERS, "issuers": issuers}
        case RemoteRegistry():
            return {"name": source.name, "type": LEGACY, "url": source.url}
        case Federation():
            anchor = source.anchor
            return _without_none(
                {
                    "name": source.name,
                    "type": FEDERATION,
                    "entityId": source.entity,
                    "trustAnchorEC": source.configuration,
                    "fetchEndpoint": source.fetch_endpoint,
                    "jwks": _keys_json(source.keys) if source.keys else None,
                    "trustAnchor": None if anchor is None else {"id": anchor.id, "jwks": _keys_json(anchor.keys)},
                }
            )
        case RecognitionRegistry():
            return _without_none(
                {
                    "name": source.name,
                    "type": RECOGNITION,
                    "authority": source.authority,
                    "url": source.url,
                    "credential": None if source.credential is None else source.credential.decode("utf-8", "replace"),
                }
            )


def _issuer_json(entry: ListedIssuer) -> dict[str, Any]:
    return {"id": entry.id, "name": entry.name, "legalName": entry.legal_name, "url": entry.home_page}


def _keys_json(keys: tuple[FederationKey, ...]) -> dict[str, Any]:
    return {"keys": [_without_none({**each.key.to_jwk(), "kid": each.id}) for each in keys]}


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in body.items() if value is not None}


# -- schema ---------------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a trust file: a registry, or a list of registries."""
    text = {"type": "string", "minLength": 1}
    address = {"type": "string", "pattern": "^https?://", "maxLength": _MAXIMUM_URL}
    identifier = {"type": "string", "pattern": "^(did:|https?://)"}
    issuer = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": text, "name": {"type": "string"}, "legalName": {"type": "string"}, "url": {}},
    }
    issuers = {"type": "array", "items": {"$ref": "#/$defs/issuer"}}
    legacy = {"type": "object", "additionalProperties": {"type": "object", "properties": {"name": {"type": "string"}}}}
    by_id = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": identifier,
        "additionalProperties": legacy["additionalProperties"],
    }
    jwks = {
        "type": "object",
        "required": ["keys"],
        "properties": {"keys": {"type": "array", "minItems": 1, "maxItems": MAXIMUM_KEYS, "items": {"type": "object"}}},
    }
    anchor = {
        "type": "object",
        "required": ["id", "jwks"],
        "additionalProperties": False,
        "properties": {"id": address, "jwks": {"$ref": "#/$defs/jwks"}},
    }
    federation = _entry_schema(
        FEDERATION,
        {
            "fetchEndpoint": address,
            "trustAnchorEC": {**address, "pattern": rf"^https?://.+{WELL_KNOWN.replace('.', '[.]')}$"},
            "entityId": address,
            "jwks": {"$ref": "#/$defs/jwks"},
            "trustAnchor": anchor,
        },
    )
    federation["not"] = {"required": ["jwks", "trustAnchor"]}
    federation["anyOf"] = [{"required": [each]} for each in ("fetchEndpoint", "trustAnchorEC", "entityId")]
    recognition = _entry_schema(
        RECOGNITION,
        {
            "authority": identifier,
            "credential": {"type": ["object", "string"], "minLength": 1},
            "file": text,
            "url": address,
        },
        ("credential", "file", "url"),
    )
    recognition["required"] = [*recognition["required"], "authority"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Badgeport trust registry, or list of registries",
        "anyOf": [
            {
                "type": "object",
                "required": ["issuers"],
                "properties": {"name": {"type": "string"}, "issuers": issuers},
            },
            {
                "type": "object",
                "required": ["registry"],
                "properties": {"name": {"type": "string"}, "registry": legacy},
            },
            by_id,
            {"$ref": "#/$defs/registries"},
            {
                "type": "object",
                "required": ["registries"],
                "properties": {"registries": {"$ref": "#/$defs/registries"}},
            },
        ],
        "$defs": {
            "issuer": issuer,
            "jwks": jwks,
            "registries": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAXIMUM_REGISTRIES,
                "items": {
                    "oneOf": [
                        _entry_schema(
                            ISSUERS, {"issuers": issuers, "file": text, "url": address}, ("issuers", "file", "url")
                        ),
                        _entry_schema(
                            LEGACY, {"registry": legacy, "file": text, "url": address}, ("registry", "file", "url")
                        ),
                        federation,
                        recognition,
                    ]
                },
            },
        },
    }


def _entry_schema(kind: str, members: dict[str, Any], one_of: tuple[str, ...] = ()) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "object",
        "required": ["name"] if kind == LEGACY else ["name", "type"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "type": {"const": kind},
            "description": {"type": "string"},
            **members,
        },
    }
    if one_of:
        body["oneOf"] = [{"required": [each]} for each in one_of]
    return body
