"""The disclosures of an SD-JWT and the digests that stand for them (RFC 9901 §4.2 and §7.1).

Reading accepts exactly one meaning: every disclosure is used exactly once, no digest occurs twice, and nothing that a
disclosure brings replaces what the issuer signed openly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from badgeport.schemas import jsontext
from badgeport.schemas.encoding import b64url_decode, b64url_encode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    RANGE_ERROR,
    UNSUPPORTED,
    ProblemError,
)

RESERVED_NAMES = frozenset({"_sd", "_sd_alg", "..."})
"""Member names that only selective disclosure itself may use."""

ISSUING_HASH = "sha-256"

MAXIMUM_DISCLOSURES = 2_000
"""Disclosures in one SD-JWT; each costs a hash and a JSON parse."""

_HASHES: dict[str, Callable[[bytes], Any]] = {
    "sha-256": hashlib.sha256,
    "sha-384": hashlib.sha384,
    "sha-512": hashlib.sha512,
}
_SALT_BYTES = 16
_DECOY_BYTES = 32

Path: TypeAlias = tuple[str, ...]
"""The unescaped tokens of a JSON pointer."""


class Disclosure(NamedTuple):
    """One disclosure as transmitted, with the member it brings (``name`` is None for an array item)."""

    text: str
    name: str | None
    value: Any


class Unpacked(NamedTuple):
    """A payload with its disclosures in place: which they are and where they went, and where digests were left over."""

    payload: dict[str, Any]
    disclosed: list[tuple[Path, Disclosure]]
    undisclosed: list[Path]


def digest(text: str, hash_name: str) -> str:
    """The digest of a disclosure, or of a whole SD-JWT, as transmitted: base64url of the hash of its ASCII bytes."""
    return b64url_encode(_HASHES[hash_name](text.encode("ascii")).digest())


def pack(
    document: Mapping[str, Any], selected: frozenset[Path], *, decoys: int, random: Callable[[int], bytes]
) -> tuple[dict[str, Any], list[str]]:
    """The document with a digest in place of each selected member and item, and the disclosures (§4.2).

    ``selected`` must exist in the document. Raises ProblemError(PROOF_GENERATION_ERROR) when the document uses a
    reserved name or nests too deeply.
    """
    packer = _Packer(selected, decoys, random)
    try:
        _refuse_reserved(document, ())
        return packer.pack_object(document, ()), packer.disclosures
    except RecursionError:
        raise ProblemError(PROOF_GENERATION_ERROR, "the document is nested too deeply") from None


def hash_of(payload: Mapping[str, Any]) -> str:
    """The hash that an SD-JWT payload names in ``_sd_alg``, sha-256 by default. Raises ProblemError(UNSUPPORTED)."""
    name = payload.get("_sd_alg", "sha-256")
    if not isinstance(name, str) or name not in _HASHES:
        raise ProblemError(UNSUPPORTED, f"the digests' hash (_sd_alg) is not one of {', '.join(_HASHES)}", "/_sd_alg")
    return name


def unpack(payload: Mapping[str, Any], texts: Sequence[str], limits: Limits = DEFAULT_LIMITS) -> Unpacked:
    """The payload with the disclosures in ``texts`` in the place of their digests (§7.1 step 3).

    Raises ProblemError: CRYPTOGRAPHIC_SECURITY_ERROR where disclosures and digests do not fit one another exactly,
    PARSING_ERROR for a malformed disclosure, RANGE_ERROR for too many or too deeply nested ones, UNSUPPORTED for an
    unknown hash.
    """
    if len(texts) > MAXIMUM_DISCLOSURES:
        raise ProblemError(RANGE_ERROR, f"the SD-JWT has more than {MAXIMUM_DISCLOSURES} disclosures")
    hash_name = hash_of(payload)
    disclosures: dict[str, Disclosure] = {}
    for text in texts:
        found = digest(text, hash_name)
        if found in disclosures:
            raise _refused("a disclosure occurs twice")
        disclosures[found] = _read_disclosure(text, limits)
    unpacker = _Unpacker(disclosures, limits)
    try:
        shown = unpacker.unpack(payload)
    except RecursionError:
        raise ProblemError(RANGE_ERROR, "the disclosures nest too deeply") from None
    return Unpacked(shown, unpacker.disclosed, unpacker.undisclosed)


class _Packer:
    """Replaces selected members and items by digests, innermost first, and collects the disclosures."""

    def __init__(self, selected: frozenset[Path], decoys: int, random: Callable[[int], bytes]) -> None:
        self.disclosures: list[str] = []
        self._selected = selected
        self._decoys = decoys
        self._random = random

    def _pack(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return self.pack_object(value, path)
        if isinstance(value, list):
            return [self._pack_item(item, (*path, str(index))) for index, item in enumerate(value)]
        return value

    def pack_object(self, value: Mapping[str, Any], path: Path) -> dict[str, Any]:
        packed: dict[str, Any] = {}
        digests: list[str] = []
        for name, item in value.items():
            inner = self._pack(item, (*path, name))
            if (*path, name) in self._selected:
                digests.append(self._disclose([self._salt(), name, inner]))
            else:
                packed[name] = inner
        if digests:
            digests += [digest(b64url_encode(self._random(_DECOY_BYTES)), ISSUING_HASH) for _ in range(self._decoys)]
            # In the order of the digests, which says nothing about the order of the members (RFC 9901 §4.2.4.1).
            packed["_sd"] = sorted(digests)
        return packed

    def _pack_item(self, item: Any, path: Path) -> Any:
        inner = self._pack(item, path)
        return {"...": self._disclose([self._salt(), inner])} if path in self._selected else inner

    def _salt(self) -> str:
        return b64url_encode(self._random(_SALT_BYTES))

    def _disclose(self, disclosure: list[Any]) -> str:
        text = b64url_encode(jsontext.dump(disclosure))
        self.disclosures.append(text)
        return digest(text, ISSUING_HASH)


class _Unpacker:
    """Puts disclosures in the place of their digests (RFC 9901 §7.1 step 3)."""

    def __init__(self, disclosures: Mapping[str, Disclosure], limits: Limits) -> None:
        self.disclosed: list[tuple[Path, Disclosure]] = []
        self.undisclosed: list[Path] = []
        self._unused = dict(disclosures)
        self._digests: set[str] = set()
        self._limits = limits

    def unpack(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        body = {name: value for name, value in payload.items() if name != "_sd_alg"}
        document = self._object(body, ())
        if self._unused:
            raise _refused("a disclosure belongs to no digest that the issuer signed")
        return document

    def _value(self, value: Any, path: Path) -> Any:
        if not isinstance(value, dict | list):
            return value
        if len(path) >= self._limits.json_depth:
            raise ProblemError(RANGE_ERROR, f"the disclosures nest deeper than {self._limits.json_depth} levels")
        return self._object(value, path) if isinstance(value, dict) else self._array(value, path)

    def _object(self, value: dict[str, Any], path: Path) -> dict[str, Any]:
        if "..." in value or "_sd_alg" in value:
            raise _refused("a name reserved for selective disclosure stands where it has no meaning")
        shown = {name: self._value(item, (*path, name)) for name, item in value.items() if name != "_sd"}
        digests = value.get("_sd", [])
        if not isinstance(digests, list) or not all(isinstance(item, str) for item in digests):
            raise _refused("_sd is not an array of digests")
        for item in digests:
            disclosure = self._take(item, path)
            if disclosure is None:
                continue
            if disclosure.name is None:
                raise _refused("the disclosure of an array item stands for an object member")
            if disclosure.name in shown:
                raise _refused("a disclosure brings a member that is there already")
            inner = (*path, disclosure.name)
            self.disclosed.append((inner, disclosure))
            shown[disclosure.name] = self._value(disclosure.value, inner)
        return shown

    def _array(self, value: list[Any], path: Path) -> list[Any]:
        shown: list[Any] = []
        for item in value:
            inner = (*path, str(len(shown)))
            if not (isinstance(item, dict) and "..." in item):
                shown.append(self._value(item, inner))
                continue
            if len(item) != 1 or not isinstance(item["..."], str):
                raise _refused("the placeholder of an array item is not one digest")
            disclosure = self._take(item["..."], path)
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise _refused("the disclosure of an object member stands for an array item")
            self.disclosed.append((inner, disclosure))
            shown.append(self._value(disclosure.value, inner))
        return shown

    def _take(self, stated: str, path: Path) -> Disclosure | None:
        if stated in self._digests:
            raise _refused("a digest occurs twice")
        self._digests.add(stated)
        disclosure = self._unused.pop(stated, None)
        if disclosure is None:
            self.undisclosed.append(path)
        return disclosure


def _read_disclosure(text: str, limits: Limits) -> Disclosure:
    try:
        value = jsontext.parse(b64url_decode(text), limits)
    except ProblemError as error:
        raise ProblemError(PARSING_ERROR, f"in a disclosure: {error.problem.detail}") from None
    if not isinstance(value, list) or len(value) not in (2, 3) or not all(isinstance(part, str) for part in value[:-1]):
        raise _refused("a disclosure is not an array of a salt, a member name where there is one, and a value")
    name = str(value[1]) if len(value) == 3 else None
    if name in RESERVED_NAMES:
        raise _refused("a disclosure brings a member whose name is reserved for selective disclosure")
    return Disclosure(text, name, value[-1])


def _refuse_reserved(value: Any, path: Path) -> None:
    if isinstance(value, Mapping):
        if found := sorted(RESERVED_NAMES & value.keys()):
            detail = "the document has a member whose name is reserved for selective disclosure"
            raise ProblemError(PROOF_GENERATION_ERROR, detail, join(*path, found[0]))
        for name, item in value.items():
            _refuse_reserved(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_reserved(item, (*path, str(index)))


def _refused(detail: str) -> ProblemError:
    return ProblemError(CRYPTOGRAPHIC_SECURITY_ERROR, detail)
