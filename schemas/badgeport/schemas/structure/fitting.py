"""Whether a document fits its shape, told quickly because nothing is noted: nearly every document has nothing wrong.

The shapes say what is asked. An object is looked at by the plan for the names of its members, which documents of one
maker share; texts and addresses are gathered and judged together. Whatever is unusual is put to the very check of its
shape, and the first finding ends it: what is wrong, and where, is for the walk along the shapes alone to say.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from badgeport.schemas.structure.walk import (
    Check,
    Full,
    Many,
    Reference,
    Shape,
    Types,
    Walk,
    uri,
)

_MOST_PLANS = 64
_MOST_NEW_PLANS = 64
"""Plans made for one document; one whose objects all differ is walked faster than planned."""
_MOST_NAMES = 64
_MOST_NAME_CHARS = 1_000
"""An object with more members, or longer names, is planned each time."""
# A scheme in small letters and something after it; for http the first character of a host.
_USUAL_HEAD = re.compile(r"https?://[^/?#]|(?!https?:)[a-z]+:.").match
_URI_SYMBOLS = bytes(set(range(0x21, 0x7F)) - set(b'<>"{}|\\^`'))


class Plan(NamedTuple):
    """What is to be looked at in an object whose members have given names, all that are required among them.

    Names of the members that are ``texts`` and ``addresses``; ``parts``, which hold objects (name, shape, whether
    several may stand in an array); and ``others`` (name, values that are right beyond doubt, check for any other).
    """

    texts: tuple[str, ...]
    addresses: tuple[str, ...]
    parts: tuple[tuple[str, Shape, bool], ...]
    others: tuple[tuple[str, tuple[Any, ...], Check], ...]


def fits(shape: Shape, document: dict[str, Any], max_depth: int) -> bool:
    """Whether nothing is wrong with a document; False also where only the walk along ``shape`` can tell.

    ``max_depth`` bounds the nesting of objects, as in `Walk`. Never raises.
    """
    walk = Walk(0, max_depth)
    try:
        _look(walk, shape, document)
    except Full:
        return False
    return True


def _look(walk: Walk, root: Shape, document: dict[str, Any]) -> None:
    """Look at everything in a document; raises Full where something is wrong or cannot be told."""
    addresses: list[Any] = []
    gather = addresses.append
    pending: list[tuple[Shape, Any, int]] = [(root, (document,), 1)]
    new_plans = 0
    while pending:
        shape, values, depth = pending.pop()
        if depth > walk.max_depth:
            raise Full
        walk.depth = depth
        members, plans, rules = shape.members, shape.plans, shape.rules
        for value in values:
            if value.__class__ is not dict:
                raise Full
            plan = plans.get(tuple(value))
            if plan is None:
                new_plans += 1
                if new_plans > _MOST_NEW_PLANS:
                    raise Full
                plan = _planned(shape, value)
            texts, named, parts, others = plan
            for name in texts:
                each = value[name]
                if each.__class__ is not str:
                    members[name](walk, each, None)
            for name in named:
                gather(value[name])
            for name, right, check in others:
                each = value[name]
                if each not in right:
                    check(walk, each, None)
            for name, part, several in parts:
                each = value[name]
                if each.__class__ is dict:
                    pending.append((part, (each,), depth + 1))
                elif several and each.__class__ is list:
                    pending.append((part, each, depth + 1))
                else:
                    members[name](walk, each, None)
            for rule in rules:
                rule(walk, value, None)
    if not _are_usual(addresses):
        for each in addresses:
            uri(walk, each, None)


def _planned(shape: Shape, value: dict[str, Any]) -> Plan:
    """The plan for the names of an object's members, kept if it is short; raises Full where the names are wrong."""
    names = tuple(value)
    if not all(name.__class__ is str for name in names) or not value.keys() >= set(shape.required):
        raise Full
    if shape.closed and not value.keys() <= shape.members.keys():
        raise Full
    texts: list[str] = []
    addresses: list[str] = []
    parts: list[tuple[str, Shape, bool]] = []
    others: list[tuple[str, tuple[Any, ...], Check]] = []
    for name in names:
        check = shape.members.get(name)
        if check is None:
            continue
        held = check.item if isinstance(check, Many) else check.shape if isinstance(check, Reference) else check
        if name in shape.texts:
            texts.append(name)
        elif check is uri:
            addresses.append(name)
        elif isinstance(held, Shape) and not (isinstance(check, Many) and check.at_least_one):
            parts.append((name, held, isinstance(check, Many)))
        else:
            others.append((name, check.usual if isinstance(check, Types) else (), check))
    plan = Plan(tuple(texts), tuple(addresses), tuple(parts), tuple(others))
    if len(names) <= _MOST_NAMES and sum(map(len, names)) <= _MOST_NAME_CHARS:
        if len(shape.plans) >= _MOST_PLANS:
            shape.plans.clear()
        shape.plans[names] = plan
    return plan


def _are_usual(addresses: list[Any]) -> bool:
    """Whether all are URIs of the usual forms, in ASCII; the check of a URI knows the others."""
    try:
        joined = "".join(addresses)
    except TypeError:
        return False
    return (
        joined.isascii()
        and not joined.encode().translate(None, _URI_SYMBOLS)
        and all(map(_USUAL_HEAD, {each[:9] for each in addresses}))
    )
