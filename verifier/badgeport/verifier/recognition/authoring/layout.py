"""Which members the objects of a policy have, in the order in which they are written, and how many there may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "policy": (
        "id",
        "version",
        "title",
        "jurisdiction",
        "effective",
        "status",
        "note",
        "language",
        "supersedes",
        "purposes",
        "lists",
        "issuerClasses",
        "agreements",
        "authorities",
        "approvalLists",
        "rules",
        "caps",
        "counting",
    ),
    "jurisdiction": ("id", "name", "area", "kind"),
    "period": ("from", "until"),
    "purpose": ("title", "unit"),
    "list": ("title", "entries"),
    "approvalList": ("authority", "url"),
    "entry": ("name", "achievement", "version", "issuer", "from", "until"),
    "rule": (
        "id",
        "title",
        "purpose",
        "category",
        "citation",
        "effective",
        "who",
        "credential",
        "slots",
        "times",
        "conditions",
        "worth",
        "decides",
        "alsoNeeded",
    ),
    "citation": ("text", "url", "accessed"),
    "slot": ("id", "title", "count", "credential"),
    "worth": ("fixed", "exchange"),
    "exchange": ("of", "per", "gives", "round", "atMost"),
    "round": ("to", "mode", "over"),
    "decides": ("office",),
    "need": ("id", "kind", "text", "fact"),
    "cap": ("id", "title", "purpose", "categories", "rules", "amount", "per", "partial", "citation"),
    "counting": ("oncePerAchievement", "stacks", "exclusive"),
}
"""The members of every kind of object."""

AUTOMATIC: Final = "automatic"
"""What stands under ``decides`` where the rule decides by itself."""

MAXIMUM_RULES: Final = 300
MAXIMUM_CAPS: Final = 100
MAXIMUM_ENTRIES: Final = 10_000
MAXIMUM_NAMED: Final = 1_000
"""Members of a class, agreements, authorities."""

MAXIMUM_LIST_ADDRESSES: Final = 10
"""Approval lists that a decision looks up."""
MAXIMUM_SLOTS: Final = 20
MAXIMUM_NEEDS: Final = 50
