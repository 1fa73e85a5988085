"""How much work a JSON Schema makes of a document, counted before any of it is done.

A schema of a few hundred bytes can ask a validator to look at one value 2**40 times: each definition refers twice to
the next. The count here is an upper bound found in polynomial time. It follows the document once and keeps, for every
value, how often each part of the schema would be applied to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from badgeport.schemas.pointer import resolve
from badgeport.schemas.problems import RANGE_ERROR, UNSUPPORTED, ProblemError

META_SCHEMAS = {
    "https://json-schema.org/draft/2020-12/schema": "Draft202012Validator",
    "https://json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "http://json-schema.org/draft-07/schema": "Draft7Validator",
}
"""The drafts that are understood, and the jsonschema-rs class for each."""

_ONE_HERE = ("not", "if", "then", "else")
_LIST_HERE = ("allOf", "anyOf", "oneOf")
_MAP_HERE = ("dependentSchemas", "dependencies")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_EVERY_MEMBER = ("additionalProperties", "unevaluatedProperties", "propertyNames")
_EVERY_ITEM = ("items", "additionalItems", "unevaluatedItems", "contains")

# How often each part of the schema, by identity, is applied to one value.
_Counts = dict[int, int]


def check_work(schema: dict[str, Any], document: Any, budget: int) -> None:
    """Refuse a schema that may make a validator apply more than ``budget`` of its parts to values of ``document``.

    Raises ProblemError(RANGE_ERROR) for that, and for a part that leads back to itself without going into the value;
    ProblemError(UNSUPPORTED) where a reference leads out of the schema, other than to the meta-schema of a draft.
    """
    work = _Work(schema, budget)
    try:
        pending: list[tuple[Any, _Counts]] = [(document, work.expanded({work.name(schema): 1}))]
        while pending:
            value, counts = pending.pop()
            work.spend(sum(counts.values()))
            if isinstance(value, dict):
                pending += [(each, work.expanded(work.for_member(counts, member))) for member, each in value.items()]
            elif isinstance(value, list):
                pending += [(each, work.expanded(work.for_item(counts, index))) for index, each in enumerate(value)]
    except RecursionError:
        raise ProblemError(RANGE_ERROR, "the references of the schema form too long a chain") from None


class _Work:
    def __init__(self, root: dict[str, Any], budget: int) -> None:
        self.root = root
        self.budget = budget
        self.parts: dict[int, dict[str, Any]] = {}
        self.closures: dict[int, _Counts] = {}
        self.open: set[int] = set()
        self.anchors = _anchors(root)
        identifier = root.get("$id")
        self.identifier = identifier.rstrip("#") if isinstance(identifier, str) else "#"

    def spend(self, amount: int) -> None:
        self.budget -= amount
        if self.budget < 0:
            raise ProblemError(RANGE_ERROR, "the schema would make too much work of the document")

    def name(self, part: dict[str, Any]) -> int:
        self.parts[id(part)] = part
        return id(part)

    def expanded(self, counts: _Counts) -> _Counts:
        """The counts with everything that applies to the same value: combinations and references."""
        total: _Counts = {}
        for name, count in counts.items():
            for inner, times in self._closure(name).items():
                total[inner] = total.get(inner, 0) + count * times
        return total

    def _closure(self, name: int) -> _Counts:
        if name in self.closures:
            return self.closures[name]
        if name in self.open:
            raise ProblemError(RANGE_ERROR, "the schema refers to itself without end")
        self.open.add(name)
        total: _Counts = {name: 1}
        for part in self._applied_here(self.parts[name]):
            inner = self._closure(self.name(part))
            self.spend(len(inner))
            for each, times in inner.items():
                total[each] = total.get(each, 0) + times
        self.open.remove(name)
        self.closures[name] = total
        return total

    def _applied_here(self, part: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for keyword in _ONE_HERE:
            yield from _objects([part.get(keyword)])
        for keyword in _LIST_HERE:
            yield from _objects(part.get(keyword))
        for keyword in _MAP_HERE:
            yield from _objects(part.get(keyword))
        yield from _objects([self._target(part.get(keyword)) for keyword in _REFERENCES])

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or reference.rstrip("#") in META_SCHEMAS:
            return None
        fragment = unquote(reference.removeprefix(self.identifier).removeprefix("#"))
        if not fragment:
            return self.root
        if fragment.startswith("/"):
            return resolve(self.root, fragment)
        if fragment not in self.anchors:
            raise ProblemError(UNSUPPORTED, "the schema refers to another one, which is not at hand")
        return self.anchors[fragment]

    def for_member(self, counts: _Counts, member: str) -> _Counts:
        """What applies to one member of an object, patterns taken to match always."""
        inner: _Counts = {}
        for name, count in counts.items():
            part = self.parts[name]
            properties = part.get("properties")
            applied = [properties.get(member)] if isinstance(properties, dict) else []
            applied += [part.get(keyword) for keyword in _EVERY_MEMBER]
            self._add(inner, count, [*_objects(applied), *_objects(part.get("patternProperties"))])
        return inner

    def for_item(self, counts: _Counts, index: int) -> _Counts:
        """What applies to one item of an array."""
        inner: _Counts = {}
        for name, count in counts.items():
            part = self.parts[name]
            applied = [part.get(keyword) for keyword in _EVERY_ITEM]
            lists = [each for each in (part.get("prefixItems"), part.get("items")) if isinstance(each, list)]
            applied += [each[index] for each in lists if index < len(each)]
            self._add(inner, count, list(_objects(applied)))
        return inner

    def _add(self, inner: _Counts, count: int, parts: list[dict[str, Any]]) -> None:
        for part in parts:
            name = self.name(part)
            inner[name] = inner.get(name, 0) + count


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (each for each in values if isinstance(each, dict))


def _anchors(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The named parts of a schema. One embedded under a ``$id`` of its own is refused: its references mean others."""
    found: dict[str, dict[str, Any]] = {}
    pending: list[Any] = list(schema.values())
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("$id"), str):
                raise ProblemError(UNSUPPORTED, "the schema embeds another one")
            found |= {value[key]: value for key in ("$anchor", "$dynamicAnchor") if isinstance(value.get(key), str)}
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return found | {schema[key]: schema for key in ("$anchor", "$dynamicAnchor") if isinstance(schema.get(key), str)}
