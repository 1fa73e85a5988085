"""Trust registries: the two forms that are read, and files that cannot be."""

from __future__ import annotations

from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from badgeport.schemas.problems import ProblemError
from badgeport.verifier.trust.registries import Registry, registry_from_json, schema, trust_from_files

OWN = '{"name":"State list","issuers":[{"id":"did:example:a","name":"Lakeside"},{"id":"did:example:b","url":"x"}]}'
LEGACY = '{"meta":{"created":"2020"},"registry":{"did:example:a":{"name":"Lakeside","url":"https://a.example"}}}'


def test_both_forms_are_read() -> None:
    own, legacy = registry_from_json(OWN, "own.json"), registry_from_json(LEGACY, "legacy.json")
    assert (own.name, legacy.name) == ("State list", "legacy.json")
    assert [
        (each.name, each.registry) for each in (own.entry("did:example:a"), legacy.entry("did:example:a")) if each
    ] == [
        ("Lakeside", "State list"),
        ("Lakeside", "legacy.json"),
    ]
    unnamed = own.entry("did:example:b")
    assert unnamed is not None
    assert unnamed.name is None
    assert own.entry("did:example:A") is None
    assert legacy.entry("did:example:b") is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"issuers":[1]}', '{"issuers":[{"id":""}]}', '{"issuers":[{}]}', '{"registry":{"a":1}}']
)
def test_a_registry_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        registry_from_json(text, "x")


def test_a_file_that_cannot_be_read_is_named_and_the_others_count(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(OWN)
    (tmp_path / "bad.json").write_text("{")
    trust = trust_from_files([tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "missing.json"])
    assert all(isinstance(each, Registry) for each in trust.registries)
    assert [each.name for each in trust.registries] == ["State list"]
    assert [each.name for each in trust.unread] == ["bad.json", "missing.json"]
    assert all(each.reason for each in trust.unread)


def test_the_schema_describes_both_forms() -> None:
    import json

    jsonschema.Draft202012Validator.check_schema(schema())
    for text in (OWN, LEGACY):
        jsonschema.validate(json.loads(text), schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"issuers": [{}]}, schema())
