"""Every operation of the OpenAPI document, driven by schemathesis: no 500, and no answer the document does not state.

Three kinds of requests: what the document allows, what it forbids, and what it cannot know: real badges, presentations
and archives of them, spoilt here and there, within requests that are otherwise in order.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.testclient import TestClient

from badgeport.keys.types import KeyType
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.service.app import create_app
from badgeport.service.settings import Settings
from support import carriers, effort, legacy, mutating
from support import verifying as v
from support.other_side import STATES, OtherSide, other_side

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    allow_header_conformance,
]
SEED = 20260501
RELAXED = list(HealthCheck)

# Both are sent as they are given.
schemathesis.serializer.alias(["application/x-ndjson", "application/zip"], "application/octet-stream")


@pytest.fixture(scope="module")
def side() -> OtherSide:
    return other_side()


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory, side: OtherSide) -> Iterator[Any]:
    app = create_app(
        Settings(data_dir=tmp_path_factory.mktemp("described"), role="verifier", rate_limit=None, log_level="error"),
        fetcher=side.memory(),
        clock=lambda: v.NOW,
        limits=replace(DEFAULT_LIMITS, reader_seconds=2),
    )
    with TestClient(app):  # what works in the background begins and ends with it
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


def operations(described: Any) -> dict[str, APIOperation]:
    found = [result.ok() for result in described.get_all_operations()]
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


def test_whatever_the_document_allows_or_forbids(described: Any, subtests: pytest.Subtests) -> None:
    tried: Counter[str] = Counter()
    for name, operation in operations(described).items():
        modes = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @seed(SEED)
        @given(case=st.one_of(modes))
        @settings(max_examples=effort.examples(40), suppress_health_check=RELAXED)
        def every(case: schemathesis.Case) -> None:
            tried[f"{case.operation.method.upper()} {case.operation.path}"] += 1
            case.call_and_validate(checks=CHECKS)

        with subtests.test(name):
            every()
    assert tried.keys() == operations(described).keys()
    assert tried.total() > 100


# -- real badges, spoilt --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(side: OtherSide) -> dict[str, bytes]:
    """Badges that the service can verify to the end, in several forms."""
    holder = v.signer("holder")
    badges = {name: side.badge(name) for name in STATES}
    shown = [v.parsed(body) for body in badges.values() if body.startswith(b"{")]
    presentation = v.presentation(holder.controller, *shown)
    envelope = v.clr(*shown[:1])
    return {
        **badges,
        "sd-jwt": v.sign(
            v.badge(v.signer("p256", KeyType.P256).controller), v.signer("p256", KeyType.P256), "vc+sd-jwt"
        ),
        "presentation": v.sign(presentation, holder, purpose="authentication", challenge="c", domain="d"),
        "unsigned presentation": jsontext.dump(presentation),
        "clr": v.sign(envelope),
        "old badge": jsontext.dump(legacy.assertion()),
    }


def spoilt(data: bytes, chance: Random) -> bytes:
    """A badge with some of it changed; now and then left as it is."""
    if chance.random() < 0.2:
        return data
    return mutating.changed_json(data, chance) if data.startswith(b"{") else mutating.changed_token(data, chance)


def member(data: bytes) -> Any:
    """A badge as a member of a JSON request: an object, or a token as text."""
    with contextlib.suppress(ValueError):
        return json.loads(data)
    return data.decode("utf-8", "replace")


QUERIES: tuple[dict[str, Any], ...] = (
    {},
    {"asOf": "2026-04-15T00:00:00Z"},
    {"asOf": "0001-01-01T00:00:00Z", "recipient": v.RECIPIENT},
    {"asOf": "9999-12-31T23:59:59Z"},
    {"policy": "vcalm"},
    {"policy": "nobody's"},
    {"recipient": "mailto:ines@example.org"},
)
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"returnResults": True, "returnProblemDetails": True},
    {"returnCredential": True, "checks": ["proof", "credentialStatus"]},
    {"returnPresentation": True, "returnResults": True},
    {"challenge": "c", "domain": "d"},
    {"returnProblemDetails": False},
)


def request(name: str, badges: Mapping[str, bytes], chance: Random) -> dict[str, Any]:
    """What an operation that takes badges is sent: the arguments of a schemathesis case."""
    shown = [key for key in badges if name != "POST /presentations/verify" or "presentation" in key]
    chosen = chance.choice(shown)
    data = spoilt(badges[chosen], chance)
    options = chance.choice(OPTIONS)
    if name == "POST /credentials/verify":
        body = {"verifiableCredential": member(data), "options": options}
        return {"body": body, "media_type": "application/json"}
    if name == "POST /presentations/verify":
        key = "presentation" if chosen.startswith("unsigned") else "verifiablePresentation"
        return {"body": {key: member(data), "options": options}, "media_type": "application/json"}
    if name == "POST /api/v1/batches":
        lines = [spoilt(body, chance).replace(b"\n", b" ") for body in badges.values()]
        return {"body": b"\n".join(lines), "media_type": "application/x-ndjson"}
    question = chance.choice(QUERIES)
    match chance.randrange(4):
        case 0:
            return {"body": {"credential": member(data), **question}, "media_type": "application/json"}
        case 1:
            files = [spoilt(body, chance) for body in badges.values()]
            return {"body": {"file": files, **question}, "media_type": "multipart/form-data"}
        case 2:
            archive = carriers.archive(*((f"{key}.json", spoilt(body, chance)) for key, body in badges.items()))
            return {"body": archive, "media_type": "application/octet-stream", "query": question}
        case _:
            return {"body": data, "media_type": "application/octet-stream", "query": question}


@pytest.mark.parametrize(
    "name",
    ["POST /credentials/verify", "POST /presentations/verify", "POST /api/v1/verify", "POST /api/v1/batches"],
)
def test_real_badges_that_were_spoilt(described: Any, sound: Mapping[str, bytes], name: str) -> None:
    operation = operations(described)[name]
    statuses: Counter[int] = Counter()

    @seed(SEED)
    @given(number=st.integers(0, 2**32))
    @settings(max_examples=effort.examples(40), suppress_health_check=RELAXED)
    def every(number: int) -> None:
        case = operation.Case(**request(name, sound, Random(number)))
        statuses[case.call_and_validate(checks=CHECKS).status_code] += 1

    every()
    assert statuses.keys() & {200, 202}, f"nothing was ever taken: {statuses}"


def test_a_batch_from_its_beginning_to_its_end(described: Any, sound: Mapping[str, bytes]) -> None:
    """Every operation on a batch that is there, worked off, and gone: each answer as the document states it."""
    found = operations(described)
    lines = b"\n".join(sound.values())
    handed = found["POST /api/v1/batches"].Case(body=lines, media_type="application/x-ndjson")
    token = handed.call_and_validate(checks=CHECKS).json()["id"]
    path = "/api/v1/batches/{token}"

    def ask(name: str, **query: Any) -> Any:
        return found[name].Case(path_parameters={"token": token}, query=query).call_and_validate(checks=CHECKS)

    end = time.monotonic() + 120
    while ask(f"GET {path}").json()["state"] != "finished":
        assert time.monotonic() < end, "the batch was not worked off"
        time.sleep(0.05)
    for kind in ("ndjson", "csv"):
        assert ask(f"GET {path}/results.{kind}").status_code == 200
        assert ask(f"GET {path}/results.{kind}", partial=True).status_code == 200
    assert ask(f"DELETE {path}").status_code == 204
    assert ask(f"DELETE {path}").status_code == 404
    assert ask(f"GET {path}").status_code == 404
    assert ask(f"GET {path}/results.csv").status_code == 404
