"""The JSON Schema of policies describes what is read, and nothing that is refused for its form."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest

from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, policy_of, read_policy
from badgeport.verifier.recognition.authoring.layout import MEMBERS
from badgeport.verifier.recognition.authoring.schema import policy_schema
from badgeport.verifier.recognition.conditions.kinds import KINDS
from support.policies import POLICY

SCHEMA = policy_schema()
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)


BODY = dict(read_policy(POLICY).body)


@pytest.mark.parametrize("text", [POLICY, *map(examples.text, examples.names())], ids=["all", *examples.names()])
def test_every_policy_that_is_read_fits_the_schema(text: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(dict(read_policy(text).body))] == []


def test_the_schema_is_one_and_has_every_kind_of_test() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    for kind in KINDS.values():
        for part in kind.parts:
            tests = SCHEMA["$defs"][part]["anyOf"][1]["properties"]
            assert kind.name in tests
    assert set(SCHEMA["properties"]) == set(MEMBERS["policy"])


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        found += [deeper for name, inner in value.items() for deeper in paths(inner, (*path, name))]
    elif isinstance(value, list):
        found += [deeper for index, inner in enumerate(value) for deeper in paths(inner, (*path, index))]
    return found


def edit(path: tuple[Any, ...], change: Any) -> dict[str, Any]:
    """The policy with one member taken out (``...``) or replaced."""
    changed = copy.deepcopy(BODY)
    holder: Any = changed
    for step in path[:-1]:
        holder = holder[step]
    if change is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = change
    return changed


@pytest.mark.parametrize("change", [..., None, [], {}, {"colour": 1}, 0, -1, True, "", "x y", "0.0000000001"], ids=repr)
def test_what_does_not_fit_the_schema_is_refused(change: Any) -> None:
    tried = 0
    for path in paths(BODY)[1:]:
        changed = edit(path, change)
        if not VALIDATOR.is_valid(changed):
            tried += 1
            with pytest.raises(PolicyRefused):
                policy_of(changed)
    assert tried > 50
