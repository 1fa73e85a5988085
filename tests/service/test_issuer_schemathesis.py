"""Every operation of the issuer, driven by schemathesis: no 500, and no answer that the document does not state.

Half of the requests name things that are there, so that they get past the door; who asks may do what is asked for, so
that they get into the room. What was changed is undone after each operation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute, iter_route_contexts
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from badgeport.issuer.web import site as issuer_site
from badgeport.issuer.web.access import SCOPES, Access
from badgeport.issuer.web.visits import CSRF_HEADER, SESSION_COOKIE, access_of
from support import effort
from support.neighbours import Neighbours, neighbours

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SEED = 20260501


def rules() -> dict[str, Access]:
    """The rule of every operation of the issuer."""
    found = [one.original_route for router in issuer_site.routers() for one in iter_route_contexts(router.routes)]
    return {
        f"{method} {route.path_format}": access_of(route.endpoint)
        for route in found
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods - {"HEAD"}
    }


RULES = rules()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    made = neighbours(tmp_path_factory.mktemp("described"), log_level="error")
    yield made
    made.site.close()


@pytest.fixture(scope="module")
def entrances(world: Neighbours) -> dict[str, dict[str, Any]]:
    """How each kind of caller shows who they are."""
    side = world.prairie

    def session(account: Any) -> dict[str, Any]:
        browser = world.site.browser(account)
        return {
            "headers": {CSRF_HEADER: browser.csrf or ""},
            "cookies": {SESSION_COOKIE: browser.cookies[SESSION_COOKIE]},
        }

    made = {
        "program": {"headers": {"Authorization": f"Bearer {world.site.token(side.org, *SCOPES)}"}},
        "everybody": session(side.everybody),
        "educator": session(side.people[next(role for role in side.people if role.value == "educator")]),
        "operator": session(world.operator),
    }
    world.__post_init__()
    return made


def entrance(rule: Access, entrances: dict[str, dict[str, Any]], chance: int) -> dict[str, Any]:
    if rule.who == "instance" or (rule.scope is not None and chance % 2):
        return entrances["program"]
    if rule.who in ("organization", "account", "operator"):
        named = {"organization": "everybody", "account": "educator", "operator": "operator"}
        return entrances[named[rule.who]]
    return {}


@pytest.mark.parametrize("name", sorted(RULES))
def test_whatever_the_document_allows_or_forbids(
    world: Neighbours, entrances: dict[str, dict[str, Any]], described: Any, name: str
) -> None:
    operation = described[name]
    rule = RULES[name]
    statuses: Counter[int] = Counter()
    modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @seed(SEED)
    @given(case=st.one_of(modes), chance=st.integers(0, 7))
    @settings(max_examples=effort.examples(4), suppress_health_check=list(HealthCheck), deadline=None)
    def every(case: schemathesis.Case, chance: int) -> None:
        if chance:
            there = {
                parameter: world.prairie.value_of(operation.path, parameter) or value
                for parameter, value in (case.path_parameters or {}).items()
            }
            case.path_parameters = there
        # What is made up for the security scheme is nobody's.
        case.headers = {key: value for key, value in (case.headers or {}).items() if key.lower() != "authorization"}
        answer = case.call_and_validate(checks=CHECKS, **deepcopy(entrance(rule, entrances, chance)))
        statuses[answer.status_code] += 1
        shown = {"authorization", "cookie"} & {header.lower() for header in answer.request.headers}
        assert answer.status_code != 401 or not (chance and shown) or rule.who == "instance"

    try:
        every()
    finally:
        world.restore()
    assert statuses


@pytest.fixture(scope="module")
def described(world: Neighbours) -> dict[str, Any]:
    schema = schemathesis.openapi.from_asgi("/openapi.json", world.site.app)
    found = [result.ok() for result in schema.get_all_operations()]
    named = {f"{operation.method.upper()} {operation.path}": operation for operation in found}
    assert RULES.keys() <= named.keys()
    return named
