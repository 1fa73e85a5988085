"""The OpenAPI document of the issuer: every address for programs is in it, whole, and sound."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from jsonschema.validators import Draft202012Validator
from starlette.testclient import TestClient

from badgeport.issuer.web import site as issuer_site
from badgeport.issuer.web.access import SCOPES
from badgeport.issuer.web.visits import access_of
from badgeport.receiver import site as receiver_site
from support.site import Site

PROBLEM = "application/problem+json"
ALWAYS = {"400", "408", "429", "500", "503"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("openapi"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def document(site: Site) -> dict[str, Any]:
    body: dict[str, Any] = TestClient(site.app).get("/openapi.json").json()
    return body


def routes() -> list[APIRoute]:
    routers = (*issuer_site.routers(), *receiver_site.routers())
    found = [one.original_route for router in routers for one in iter_route_contexts(router.routes)]
    return [route for route in found if isinstance(route, APIRoute)]


def operations(document: dict[str, Any]) -> Iterator[tuple[str, APIRoute, dict[str, Any]]]:
    """Every operation of the issuer that is described, with its route."""
    for route in routes():
        for method in sorted(route.methods - {"HEAD"}) if route.include_in_schema else ():
            yield f"{method} {route.path}", route, document["paths"][route.path_format][method.lower()]


def test_addresses_for_programs_are_described_and_pages_are_not(document: dict[str, Any]) -> None:
    assert len(list(operations(document))) > 50
    for route in routes():
        if route.path.startswith(("/api/", "/credentials/")):
            assert route.include_in_schema, f"{route.path} is for programs, and not in the document"
        if not route.include_in_schema and route.path_format in document["paths"]:
            described = set(document["paths"][route.path_format])
            assert not described & {method.lower() for method in route.methods}, route.path


def test_every_operation_says_what_it_does(document: dict[str, Any], subtests: pytest.Subtests) -> None:
    names: list[str] = []
    for name, route, operation in operations(document):
        with subtests.test(name):
            assert operation["summary"] == operation["summary"].strip()
            assert route.endpoint.__doc__, "the docstring is its description"
            assert operation["description"]
            assert operation["tags"]
            names.append(operation["operationId"])
            wanted = set(re.findall(r"{(\w+)", route.path))
            stated = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
            assert wanted <= stated
    assert sorted(names) == sorted(set(names))


def test_every_operation_says_what_it_takes_and_answers(document: dict[str, Any], subtests: pytest.Subtests) -> None:
    for name, _, operation in operations(document):
        with subtests.test(name):
            answers = operation["responses"]
            good = {status: answer for status, answer in answers.items() if status.startswith(("2", "3"))}
            assert good, "no answer of a request that is served"
            for status, answer in good.items():
                if status in ("204", "304") or status.startswith("3"):
                    continue
                assert answer.get("content"), f"{status} says nothing of its body"
                for kind, content in answer["content"].items():
                    if kind == "application/json" or kind.endswith("+json"):
                        assert content.get("schema") not in (None, {}), f"{status} {kind} has no schema"
            assert answers.keys() >= ALWAYS
            for status, answer in answers.items():
                if status.startswith(("4", "5")):
                    assert PROBLEM in answer.get("content", {}), f"{status} is no problem"
            if name.startswith(("POST", "PUT", "PATCH")) and "requestBody" in operation:
                content = operation["requestBody"]["content"]
                assert content
                assert all(one.get("schema") not in (None, {}) for one in content.values())
            if name.startswith(("POST", "PUT", "DELETE")):
                assert {"409", "413", "415"} <= answers.keys()


def test_a_route_that_reads_a_body_says_which(document: dict[str, Any]) -> None:
    """What `body_of` reads stands in the document too."""
    for name, route, operation in operations(document):
        reads = any("read" in (call.call.__name__ if call.call else "") for call in route.dependant.dependencies)
        if reads:
            assert "requestBody" in operation, name


def test_who_may_ask_is_said(document: dict[str, Any], subtests: pytest.Subtests) -> None:
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for name, route, operation in operations(document):
        rule = access_of(route.endpoint)
        with subtests.test(name):
            if rule.scope is not None:
                assert rule.scope in SCOPES
                assert operation["security"] == [{"token": [rule.scope]}]
            if rule.who in ("organization", "account", "operator"):
                assert {"401", "403"} <= operation["responses"].keys()
            if "{" in route.path:
                assert "404" in operation["responses"]


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for inner in value.values() for found in _references(inner)]
    return [found for inner in value for found in _references(inner)] if isinstance(value, list) else []


def test_the_document_is_sound(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert [each for each in _references(document) if each.rpartition("/")[2] not in schemas] == []
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    for _, _, operation in operations(document):
        for place in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in place.get("content", {}).values():
                Draft202012Validator.check_schema(content.get("schema", {}))
    assert "422" not in str([operation["responses"].keys() for _, _, operation in operations(document)])


def test_every_scope_is_good_for_something(document: dict[str, Any]) -> None:
    used = {access_of(route.endpoint).scope for _, route, _ in operations(document)} | {"credentials:issue"}
    assert set(SCOPES) <= used
