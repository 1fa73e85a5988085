"""The registries a reader relies on, in the order of their authority, and the forms they are written down in.

A list at hand has one of two forms: ``{"name", "issuers": [{"id", "name", …}]}`` and the Digital Credentials
Consortium's, ``{"registry": {id: {"name", …}}}``. A list of registries is that consortium's too, a JSON array or
``{"registries": [{"name", "type", …}]}``, and may name registries that are asked over the network (docs/trust.md). That
a registry lists an issuer is the reader's own statement; it proves nothing about the issuer's key, which is checked
apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, RANGE_ERROR, ProblemError
from badgeport.verifier.trust import forms
from badgeport.verifier.trust.forms import MAXIMUM_REGISTRIES, schema
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

__all__ = [
    "MAXIMUM_REGISTRIES",
    "Federation",
    "FederationKey",
    "ListedIssuer",
    "RecognitionRegistry",
    "Registry",
    "RemoteRegistry",
    "Source",
    "Trust",
    "TrustAnchor",
    "UnreadRegistry",
    "registry_from_json",
    "schema",
    "trust_from_files",
]


_TOO_MANY = f"more than {MAXIMUM_REGISTRIES} registries are named"


@dataclass(frozen=True, slots=True)
class Trust:
    """Every registry a reader relies on, the one of most authority first, also those that could not be read."""

    registries: tuple[Source, ...] = ()
    unread: tuple[UnreadRegistry, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The trust as a JSON object from which `from_json` makes the same again.

        Registries at hand are written out; those that are asked over the network are named with all that is needed to
        ask them.
        """
        return {
            "registries": [forms.to_json(source) for source in self.registries],
            "unread": [{"name": each.name, "reason": each.reason} for each in self.unread],
        }

    @classmethod
    def from_json(cls, data: bytes | str | Mapping[str, Any], *, limits: Limits = DEFAULT_LIMITS) -> Trust:
        """The trust of a JSON text or object as `to_json` writes it; it stands by itself and leads to no file.

        Raises ProblemError (PARSING_ERROR, RANGE_ERROR, MALFORMED_VALUE_ERROR) naming the member at fault, also for a
        member that is not known, so that a misspelt pin is never silently dropped.
        """
        body = jsontext.parse_object(data, limits) if isinstance(data, bytes | str) else data
        for member in body:
            if member not in ("registries", "unread"):
                raise ProblemError(MALFORMED_VALUE_ERROR, f"{member!r} is not a member of a trust", join(member))
        entries, unread = body.get("registries"), body.get("unread", [])
        if not isinstance(entries, list):
            raise ProblemError(MALFORMED_VALUE_ERROR, "a trust has an array 'registries'", "/registries")
        if not isinstance(unread, list):
            raise ProblemError(MALFORMED_VALUE_ERROR, "unread is not an array", "/unread")
        if max(len(entries), len(unread)) > MAXIMUM_REGISTRIES:
            raise ProblemError(RANGE_ERROR, _TOO_MANY, "/registries")
        sources: list[Source] = []
        for index, entry in enumerate(entries):
            source = forms.from_json(entry, join("registries", index), limits)
            if isinstance(source, Path):
                detail = "a registry in a file can be named in a file beside it only"
                raise ProblemError(MALFORMED_VALUE_ERROR, detail, join("registries", index, "file"))
            sources.append(source)
        return cls(tuple(sources), tuple(forms.unread(each, join("unread", i)) for i, each in enumerate(unread)))


def registry_from_json(data: bytes | str, name: str, *, limits: Limits = DEFAULT_LIMITS) -> Registry:
    """The registry of a JSON text; ``name`` is used where the text has none of its own.

    Raises ProblemError (PARSING_ERROR, RANGE_ERROR, MALFORMED_VALUE_ERROR) naming the member at fault.
    """
    return forms.listed(jsontext.parse_object(data, limits), name)


def trust_from_files(paths: Iterable[Path | str], *, limits: Limits = DEFAULT_LIMITS) -> Trust:
    """The registries of these files, in their order; a file may be a registry or a list of registries.

    What cannot be read is kept as unread, so that the report names it. Never raises.
    """
    trust = _Collected([], [])
    for path in map(Path, paths):
        _collect(trust, path, path.name if path.name.strip() else forms.NAMELESS, limits, lists=True)
    kept = trust.sources[:MAXIMUM_REGISTRIES]
    beyond = [UnreadRegistry(source.name, _TOO_MANY) for source in trust.sources[MAXIMUM_REGISTRIES:]]
    return Trust(tuple(kept), _bounded(trust.unread + beyond))


def _bounded(unread: list[UnreadRegistry]) -> tuple[UnreadRegistry, ...]:
    """The registries that could not be read, each by its name; of very many the last are only counted."""
    if len(unread) <= MAXIMUM_REGISTRIES:
        return tuple(unread)
    named = unread[: MAXIMUM_REGISTRIES - 1]
    return (*named, UnreadRegistry(f"{len(unread) - len(named)} further registries", _TOO_MANY))


@dataclass(frozen=True, slots=True)
class _Collected:
    sources: list[Source]
    unread: list[UnreadRegistry]


def _collect(trust: _Collected, path: Path, name: str, limits: Limits, *, lists: bool) -> None:
    """Add what a file holds; ``lists`` says whether it may be a list of registries."""
    try:
        body = jsontext.parse(_bytes(path, limits), limits)
        entries = forms.entries(body) if lists else None
        if entries is not None:
            _collect_list(trust, entries, path, limits)
        elif isinstance(body, dict):
            trust.sources.append(forms.listed(body, name))
        else:
            raise ProblemError(MALFORMED_VALUE_ERROR, "a trust registry is a JSON object")
    except OSError as error:
        trust.unread.append(UnreadRegistry(name, error.strerror or "it cannot be read"))
    except ProblemError as error:
        trust.unread.append(UnreadRegistry(name, _reason(error)))


def _collect_list(trust: _Collected, entries: list[Any], path: Path, limits: Limits) -> None:
    """Add what a list of registries names. One entry that cannot be used does not take the others with it."""
    if not entries:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the list names no registry")
    for index, entry in enumerate(entries):
        name = forms.name_of(entry) or f"registry {index + 1} of {path.name}"
        try:
            source = forms.from_json(entry, join(index), limits)
        except ProblemError as error:
            trust.unread.append(UnreadRegistry(name, _reason(error)))
            continue
        if isinstance(source, Path):
            _collect_file(trust, entry, path.parent / source, name, limits)
        else:
            trust.sources.append(source)


def _collect_file(trust: _Collected, entry: Mapping[str, Any], path: Path, name: str, limits: Limits) -> None:
    """Add the registry that an entry of a list says is in a file beside it."""
    if entry.get("type") != forms.RECOGNITION:
        _collect(trust, path, name, limits, lists=False)
        return
    try:
        trust.sources.append(forms.recognition_at_hand(entry, _bytes(path, limits), ""))
    except OSError as error:
        trust.unread.append(UnreadRegistry(name, error.strerror or "it cannot be read"))
    except ProblemError as error:
        trust.unread.append(UnreadRegistry(name, _reason(error)))


def _bytes(path: Path, limits: Limits) -> bytes:
    if path.stat().st_size > limits.document_bytes:
        raise ProblemError(RANGE_ERROR, f"it is larger than {limits.document_bytes} bytes")
    return path.read_bytes()


def _reason(error: ProblemError) -> str:
    where = f" (at {error.problem.pointer})" if error.problem.pointer else ""
    return f"{error.problem.detail}{where}"
