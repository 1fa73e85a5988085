"""`badgeport schema`: the JSON Schemas of what goes in and comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from badgeport.service.cli.console import fail, print_json, show


def print_schema(name: str | None, as_json: bool) -> None:
    """Print one schema, or the names of all."""
    known = _schemas()
    if name is None:
        if as_json:
            print_json({"schemas": list(known)})
        else:
            show("\n".join(known))
        return
    if name not in known:
        fail(f"there is no schema {name!r}; known are {', '.join(known)}")
    print_json(known[name]())


def _schemas() -> dict[str, Callable[[], dict[str, Any]]]:
    from functools import partial

    from badgeport.issuer.award import award_schema
    from badgeport.schemas import jsonschemas
    from badgeport.verifier import policy, report
    from badgeport.verifier.recognition.authoring.schema import policy_schema
    from badgeport.verifier.recognition.conditions.facts import facts_schema
    from badgeport.verifier.recognition.deciding.decision_json import decision_schema
    from badgeport.verifier.trust import registries

    own: dict[str, Callable[[], dict[str, Any]]] = {
        "award": award_schema,
        "policy": policy.schema,
        "trust": registries.schema,
        "report": report.schema,
        "recognition-policy": policy_schema,
        "facts": facts_schema,
        "decision": decision_schema,
    }
    return own | {name: partial(jsonschemas.schema, name) for name in jsonschemas.SCHEMA_NAMES}
