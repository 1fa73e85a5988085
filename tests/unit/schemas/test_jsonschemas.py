"""JSON Schema: validating offline and within bounds, judging credentialSchema, and the schemas Badgeport writes."""

import socket
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from pydantic import BaseModel, Field

from badgeport.schemas import jsonschemas, structure
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, RANGE_ERROR, SCHEMA_UNKNOWN, UNSUPPORTED, ProblemError
from support import sample_documents as samples
from support.shared import shared_json

DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
OB_SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"


def of(draft: str = DRAFT_2020, /, **keywords: Any) -> dict[str, Any]:
    return {"$schema": draft, **keywords}


def refusal(schema: Any, document: Any = None) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        jsonschemas.validate(schema, document)
    return caught.value


@pytest.mark.parametrize("draft", [DRAFT_2020, DRAFT_2019, DRAFT_2019 + "#", DRAFT_7, DRAFT_7.rstrip("#")])
def test_problems_point_at_the_value(draft: str) -> None:
    schema = of(draft, properties={"a": {"items": {"type": "string"}}}, required=["b"])
    problems = jsonschemas.validate(schema, {"a": ["x", 1]})
    assert {each.pointer for each in problems} == {"/a/1", ""}
    assert all(each.type is MALFORMED_VALUE_ERROR for each in problems)
    assert jsonschemas.validate(schema, {"a": ["x"], "b": 1}) == ()


def test_the_draft_decides_what_keywords_mean() -> None:
    tuple_form = {"items": [{"type": "string"}]}
    assert jsonschemas.validate(of(DRAFT_2019, **tuple_form), [1])
    assert jsonschemas.validate(of(DRAFT_2020, prefixItems=[{"type": "string"}]), [1])
    assert jsonschemas.validate(of(DRAFT_2019, prefixItems=[{"type": "string"}]), [1]) == ()


def test_values_are_not_repeated() -> None:
    (problem,) = jsonschemas.validate(of(properties={"a": {"maxLength": 3}}), {"a": "hunter2"})
    assert "hunter2" not in problem.detail
    assert problem.detail == "a: the value is longer than 3 characters"


def test_only_the_first_fifty_problems_are_told() -> None:
    assert len(jsonschemas.validate(of(items={"type": "string"}), [1] * 1000)) == 50


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ([], MALFORMED_VALUE_ERROR),
        ({"type": "object"}, UNSUPPORTED),
        (of("https://example.org/meta"), UNSUPPORTED),
        (of("http://json-schema.org/draft-04/schema#"), UNSUPPORTED),
        ({"$schema": 1}, UNSUPPORTED),
        (of(type="strin"), MALFORMED_VALUE_ERROR),
        (of(pattern="("), MALFORMED_VALUE_ERROR),
        (of(pattern="(?=a)"), MALFORMED_VALUE_ERROR),
        (of(**{"$ref": "#/$defs/none"}), MALFORMED_VALUE_ERROR),
        (of(properties={"a": {1, 2}}), MALFORMED_VALUE_ERROR),
        (of(description="\ud800"), MALFORMED_VALUE_ERROR),
        (of(description="x" * 300_000), RANGE_ERROR),
        (of(pattern="a{1000}{1000}{1000}"), MALFORMED_VALUE_ERROR),
        (of(allOf=[{"$ref": "#"}]), RANGE_ERROR),
        (of(**{"$defs": {"a": {"$id": "https://example.org/other"}}}), UNSUPPORTED),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(schema: Any, kind: Any) -> None:
    error = refusal(schema)
    assert error.problem.type is kind
    assert error.problem.detail.startswith("the schema cannot be used: ")


@pytest.mark.parametrize(
    "reference", ["https://example.org/s.json", "http://127.0.0.1:1/s.json", "file:///etc/hostname", "other.json#/a"]
)
@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch, reference: str, keyword: str) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise AssertionError("a schema reached for the network")

    monkeypatch.setattr(socket, "socket", fail)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    schema = of(properties={"a": {keyword: reference}})
    assert refusal(schema, {"a": 1}).problem.type is UNSUPPORTED


def test_the_validator_itself_has_no_way_out() -> None:
    with pytest.raises(ValueError, match="nothing is fetched"):
        jsonschemas._refuse("https://example.org/s.json")


def test_references_within_the_schema_work() -> None:
    schema = of(
        **{
            "$id": "https://example.org/s.json",
            "$defs": {"a b": {"type": "string"}, "c": {"$anchor": "c", "type": "number"}},
        },
        properties={
            "x": {"$ref": "#/$defs/a%20b"},
            "y": {"$ref": "#c"},
            "z": {"$ref": "https://example.org/s.json#/$defs/c"},
            "next": {"$ref": "#"},
        },
    )
    assert jsonschemas.validate(schema, {"x": "1", "y": 1, "z": 2, "next": {"next": {"x": "1"}}}) == ()
    problems = jsonschemas.validate(schema, {"x": 1, "y": "1", "z": "2", "next": {"next": {"x": 1}}})
    assert {each.pointer for each in problems} == {"/x", "/y", "/z", "/next/next/x"}


def test_the_meta_schema_of_a_draft_is_at_hand() -> None:
    schema = of(properties={"jsonSchema": {"$ref": DRAFT_2020}})
    assert jsonschemas.validate(schema, {"jsonSchema": {"type": "object"}}) == ()
    assert jsonschemas.validate(schema, {"jsonSchema": {"type": "strin"}})


def doubling(levels: int, reference: str = "$ref") -> dict[str, Any]:
    """A schema in which each definition applies the next one twice."""
    definitions: dict[str, Any] = {
        f"d{level}": {"allOf": [{reference: f"#/$defs/d{level + 1}"}, {reference: f"#/$defs/d{level + 1}"}]}
        for level in range(levels)
    }
    return of(**{"$defs": definitions | {f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"})


def test_a_schema_that_doubles_its_work_is_refused() -> None:
    assert refusal(doubling(60), 1).problem.type is RANGE_ERROR
    assert len(jsonschemas.validate(doubling(3), 1)) == 8


@pytest.mark.parametrize("keyword", ["propertyNames", "contains", "not", "if", "unevaluatedProperties", "items"])
def test_doubled_work_is_found_under_every_keyword(keyword: str) -> None:
    schema = doubling(60)
    schema[keyword] = {"$ref": schema.pop("$ref")}
    document: Any = [1] if keyword in ("contains", "items") else {"a": 1}
    assert refusal(schema, document).problem.type is RANGE_ERROR


@pytest.mark.parametrize("step", ["properties", "patternProperties", "additionalProperties", "items"])
def test_recursion_that_doubles_its_work_is_refused(step: str) -> None:
    again: Any = {"$ref": "#/$defs/n"}
    inner = {step: {"a": again}} if step in ("properties", "patternProperties") else {step: again}
    schema = of(**{"$defs": {"n": {"allOf": [inner, inner, {"type": "object"}]}}, "$ref": "#/$defs/n"})
    document: Any = 1
    for _ in range(50):
        document = [document] if step == "items" else {"a": document}
    assert refusal(schema, document).problem.type is RANGE_ERROR


def test_a_chain_of_references_too_long_to_follow_is_refused() -> None:
    definitions: dict[str, Any] = {f"d{level}": {"$ref": f"#/$defs/d{level + 1}"} for level in range(5000)}
    schema = of(**{"$defs": definitions | {"d5000": {}}, "$ref": "#/$defs/d0"})
    assert refusal(schema).problem.type is RANGE_ERROR


def test_patterns_take_linear_time() -> None:
    assert jsonschemas.validate(of(pattern="^(a+)+$"), "a" * 100_000 + "b")


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("document", [nested(100_000), [0] * 200_000])
def test_documents_are_bounded(document: Any) -> None:
    assert refusal(of(), document).problem.type is RANGE_ERROR


@pytest.mark.parametrize("document", [{1: 2}, "\ud800", {"a": object()}])
def test_what_json_cannot_hold_is_a_problem(document: Any) -> None:
    assert (
        refusal(of(properties={"a": {"type": "string"}}, minLength=1), document).problem.type is MALFORMED_VALUE_ERROR
    )


@pytest.mark.parametrize("edition", ["2024-10", "2025-11"])
def test_the_published_schemas_are_usable(edition: str) -> None:
    schema = shared_json(f"spec/reference/schemas/ob3/achievementcredential_{edition}.schema.json")
    assert jsonschemas.validate(schema, samples.complete_badge()) == ()
    assert jsonschemas.validate(schema, samples.complete_badge() | {"issuer": 1})


# credentialSchema


def naming(*entries: Any) -> dict[str, Any]:
    return samples.small_badge() | {"credentialSchema": list(entries)}


OWN = "https://district.example/schema.json"


def outcome(entry: Any, known: dict[str, Any] | None = None) -> jsonschemas.SchemaOutcome:
    (found,) = jsonschemas.check_credential_schema(naming(entry), known)
    return found


@pytest.mark.parametrize("kind", ["1EdTechJsonSchemaValidator2019", "JsonSchemaValidator2019", "JsonSchema"])
def test_the_open_badges_schema_is_answered_by_the_data_model(kind: str) -> None:
    entry = {"id": OB_SCHEMA, "type": kind}
    found = outcome(entry)
    assert (found.url, found.type, found.outcome, found.problems) == (OB_SCHEMA, kind, "passed", ())
    assert "our own restatement" in found.message

    document = naming(entry)
    del document["validFrom"]
    (found,) = jsonschemas.check_credential_schema(document)
    assert found.outcome == "failed"
    assert found.problems == structure.problems(document)


def test_a_structure_report_at_hand_is_used() -> None:
    document = naming({"id": OB_SCHEMA, "type": "1EdTechJsonSchemaValidator2019"})
    report = structure.check(document | {"id": "no-uri"})
    (found,) = jsonschemas.check_credential_schema(document, report=report)
    assert found.problems == report.problems != ()


def test_a_schema_of_another_kind_of_document_fails() -> None:
    url = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/ob_v3p0_anyendorsementcredential_schema.json"
    found = outcome({"id": url, "type": "1EdTechJsonSchemaValidator2019"})
    assert found.outcome == "failed"
    assert "an endorsement" in found.message
    document = samples.legacy_endorsement() | {
        "credentialSchema": {"id": url, "type": "1EdTechJsonSchemaValidator2019"},
    }
    assert [each.outcome for each in jsonschemas.check_credential_schema(document)] == ["passed"]


@pytest.mark.parametrize("kind", ["JsonSchema", "1EdTechJsonSchemaValidator2019"])
def test_a_schema_at_hand_is_used(kind: str) -> None:
    entry = {"id": OWN, "type": kind}
    assert outcome(entry, {OWN: of(required=["validFrom"])}).outcome == "passed"
    found = outcome(entry, {OWN: of(required=["validUntil"])})
    assert found.outcome == "failed"
    assert [each.pointer for each in found.problems] == [""]


@pytest.mark.parametrize(
    ("entry", "known"),
    [
        ({"id": OWN, "type": "JsonSchema"}, None),
        ({"id": OWN, "type": "JsonSchema"}, {OWN: {"type": "object"}}),
        ({"id": OWN, "type": "JsonSchema"}, {OWN: of(**{"$ref": "https://example.org/other"})}),
        ({"id": OWN, "type": "JsonSchema"}, {OWN: doubling(60)}),
        ({"id": OWN, "type": "JsonSchemaCredential"}, None),
        ({"id": OWN, "type": "JsonSchemaCredential"}, {OWN: {"credentialSubject": {}}}),
        ({"id": OWN, "type": "ZkpSchema2020"}, {OWN: of()}),
        ({"id": OB_SCHEMA, "type": "ZkpSchema2020"}, None),
    ],
)
def test_what_cannot_be_judged_is_unknown(entry: Any, known: Any) -> None:
    found = outcome(entry, known)
    assert found.outcome == "unknown"
    assert [(each.type, each.pointer) for each in found.problems] == [(SCHEMA_UNKNOWN, "/credentialSchema/0")]


def test_a_schema_within_a_credential_at_hand_is_used() -> None:
    holder = {"credentialSubject": {"type": "JsonSchema", "jsonSchema": of(required=["validUntil"])}}
    assert outcome({"id": OWN, "type": "JsonSchemaCredential"}, {OWN: holder}).outcome == "failed"


@pytest.mark.parametrize(
    "entry", [None, 1, "x", [], {}, {"id": OWN}, {"type": "JsonSchema"}, {"id": 1, "type": "JsonSchema"}]
)
def test_an_entry_without_id_or_type_fails(entry: Any) -> None:
    assert outcome(entry).outcome == "failed"


def test_entries_are_judged_in_order_and_up_to_a_bound() -> None:
    document = naming(*({"id": f"https://a.example/{n}", "type": "JsonSchema"} for n in range(40)))
    found = jsonschemas.check_credential_schema(document)
    assert [each.url for each in found[:2]] == ["https://a.example/0", "https://a.example/1"]
    assert len(found) == jsonschemas.MAX_SCHEMAS + 1
    assert found[-1].outcome == "unknown"


@pytest.mark.parametrize("document", [None, [], "x", {}, {"credentialSchema": []}, {"credentialSchema": None}])
def test_no_entries_no_outcomes(document: Any) -> None:
    assert jsonschemas.check_credential_schema(document) == []


def test_limits_hold_for_the_document_judged() -> None:
    entry = {"id": OWN, "type": "JsonSchema"}
    (found,) = jsonschemas.check_credential_schema(naming(entry), {OWN: of()}, limits=Limits(json_depth=2))
    assert found.outcome == "unknown"


# Schemas of our own


@pytest.mark.parametrize("name", jsonschemas.SCHEMA_NAMES)
def test_our_schemas_are_schemas(name: str) -> None:
    schema = jsonschemas.schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DRAFT_2020
    assert schema["title"] == name
    assert schema["$id"].endswith(f"/{name}.json")
    assert '"default": null' not in str(schema)


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("AchievementCredential", samples.complete_badge),
        ("AchievementCredential", samples.small_badge),
        ("EndorsementCredential", samples.endorsement),
        ("ClrCredential", samples.learner_record),
        ("Profile", samples.profile),
        ("Achievement", samples.achievement),
        ("VerifiablePresentation", samples.presentation),
    ],
)
def test_our_schemas_take_what_issuers_write(name: str, sample: Any) -> None:
    document, schema = sample(), jsonschemas.schema(name)
    assert jsonschemas.validate(schema, document) == ()
    for member in schema.get("required") or schema["$defs"][name]["required"]:
        without = {key: value for key, value in document.items() if key != member}
        assert jsonschemas.validate(schema, without), member


def test_our_schemas_refuse_what_the_model_refuses() -> None:
    schema = jsonschemas.schema("AchievementCredential")
    document = samples.complete_badge()
    document["credentialSubject"]["achievement"]["alignment"][0]["targetType"] = "Nothing"
    document["image"]["width"] = 1
    document["type"] = ["VerifiableCredential"]
    pointers = {each.pointer for each in jsonschemas.validate(schema, document)}
    assert pointers == {"/credentialSubject/achievement/alignment", "/image", "/type"}


def test_a_schema_handed_out_may_be_changed() -> None:
    jsonschemas.schema("Profile").clear()
    assert jsonschemas.schema("Profile")["title"] == "Profile"


def test_there_is_no_schema_of_another_name() -> None:
    with pytest.raises(ProblemError) as caught:
        jsonschemas.schema("Nonsense")
    assert caught.value.problem.type is SCHEMA_UNKNOWN


class Roster(BaseModel):
    """People of a school."""

    school_name: str = Field(alias="schoolName")
    note: str | None = None


def test_schemas_of_other_rooms_models() -> None:
    schema = jsonschemas.schemas_from_model(Roster, title="Roster", id="https://badgeport.org/schemas/roster.json")
    assert (schema["title"], schema["$id"]) == ("Roster", "https://badgeport.org/schemas/roster.json")
    assert schema["properties"].keys() == {"schoolName", "note"}
    assert "default" not in schema["properties"]["note"]
    assert "title" not in schema["properties"]["schoolName"]
    assert jsonschemas.validate(schema, {"schoolName": "A"}) == ()
