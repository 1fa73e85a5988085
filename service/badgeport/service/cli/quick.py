"""The usual `badgeport verify` line, read without the framework of the command line, which takes longer to load than
a badge takes to verify.

Only what can be read in one way is read here: whole options of their own, each at most once, and the names of inputs.
Every other line is left to the framework, mistakes and ``--help`` too, so that it alone says what a line may hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SWITCHES = frozenset({"--offline", "--json"})
VALUES = frozenset({"--as-of", "--recipient", "--policy", "--trust", "--documents", "--package"})


def verify_line(arguments: Sequence[str]) -> dict[str, Any] | None:
    """What `verify.verify_inputs` is to be called with for this line; None where the framework must read it."""
    if not arguments or arguments[0] != "verify":
        return None
    inputs: list[str] = []
    given: dict[str, Any] = {}
    rest = iter(arguments[1:])
    for word in rest:
        if word in given:
            return None
        if word in SWITCHES:
            given[word] = True
        elif word in VALUES:
            value = next(rest, "-")
            if value.startswith("-"):
                return None
            given[word] = value
        elif word.startswith("-") and word != "-":
            return None
        else:
            inputs.append(word)
    if not inputs:
        return None
    return {
        "inputs": inputs,
        "as_of": given.get("--as-of"),
        "recipient": given.get("--recipient"),
        "offline": "--offline" in given,
        "policy": given.get("--policy"),
        "trust": given.get("--trust"),
        "documents": given.get("--documents"),
        "package": given.get("--package"),
        "as_json": "--json" in given,
    }
