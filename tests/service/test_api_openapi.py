"""The OpenAPI document: complete, sound, its examples true to it, and what it says held against the application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema.validators import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from support import serving

ASKED = ("/credentials/verify", "/presentations/verify", "/challenges", "/api/v1/verify", "/api/v1/recognize")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return serving.application(tmp_path_factory.mktemp("openapi"), public_url="https://verify.example")


@pytest.fixture(scope="module")
def document(app: Any) -> dict[str, Any]:
    body: dict[str, Any] = serving.client(app).get("/openapi.json").json()
    return body


def test_every_address_is_described(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "https://verify.example"}]
    for path in (*ASKED, "/healthz", "/readyz", "/metrics"):
        for operation in document["paths"][path].values():
            assert operation["summary"]
            assert operation["responses"]["200"]["content"]
            assert "422" not in operation["responses"]
    for path in ASKED:
        assert {"200", "408", "413", "429", "500", "503"} <= document["paths"][path]["post"]["responses"].keys()
    assert not [path for path in document["paths"] if path.startswith(("/verify", "/docs"))]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in _references(inner)]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = _references(document)
    assert references
    assert [each for each in references if each.rpartition("/")[2] not in schemas] == []
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def _contents(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path, item in document["paths"].items():
        for operation in item.values():
            places = [operation.get("requestBody", {}), *operation["responses"].values()]
            found += [(path, content) for place in places for content in place.get("content", {}).values()]
    return found


def test_examples_are_true_to_their_schemas(document: dict[str, Any]) -> None:
    checked = 0
    for path, content in _contents(document):
        schema = {**content.get("schema", {}), "components": document["components"]}
        for example in content.get("examples", {}).values():
            try:
                jsonschema.validate(example["value"], schema)
            except jsonschema.ValidationError as error:
                pytest.fail(f"{path}: {error.message}")
            checked += 1
    assert checked > 20


@pytest.mark.parametrize("path", ASKED)
def test_what_it_says_holds(app: Any, path: str) -> None:
    """Whatever is sent: no 500, only statuses and forms that are described, bodies that fit their schemas."""
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[path]["POST"]

    @given(case=operation.as_strategy())
    @settings(suppress_health_check=list(HealthCheck))
    def every(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=checks)

    every()


def test_real_answers_fit(document: dict[str, Any], tmp_path: Path) -> None:
    from support import verifying as v

    api: TestClient = serving.client(serving.application(tmp_path))
    good = v.parsed(v.sign(v.badge()))
    everything = {"returnCredential": True, "returnResults": True, "checks": ["proof"]}
    for name, answer in (
        ("Report", api.post("/api/v1/verify", json=good)),
        ("Reports", api.post("/api/v1/verify", files=[("file", ("a", v.sign(v.badge()))), ("file", ("b", b"no"))])),
        ("VerifyCredentialResponse", api.post("/credentials/verify", json={"verifiableCredential": good})),
        (
            "VerifyCredentialResponse",
            api.post(
                "/credentials/verify", json={"verifiableCredential": {**good, "name": "x"}, "options": everything}
            ),
        ),
        (
            "VerifyPresentationResponse",
            api.post(
                "/presentations/verify",
                json={"presentation": v.presentation(None, good), "options": {"returnResults": True}},
            ),
        ),
        ("VcalmProblem", api.post("/credentials/verify", json={})),
        ("Challenge", api.post("/challenges")),
        ("RequestProblem", api.post("/api/v1/verify", content=b"")),
    ):
        jsonschema.validate(
            answer.json(),
            {"$ref": f"#/components/schemas/{name}", "components": document["components"]},
        )
