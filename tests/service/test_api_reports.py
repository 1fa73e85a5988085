"""``/api/v1/verify``: every way to send a credential gives the same report; what makes no sense is refused plainly."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from badgeport.schemas.carrier import bake
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.verifier.report import schema as report_schema
from support import serving
from support import verifying as v

ADDRESS = "https://lakeside.example/c/1"
GOOD = v.sign(v.badge())
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    return serving.client(serving.application(tmp_path_factory.mktemp("api"), {ADDRESS: GOOD}))


def _archive(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def _form_of_report(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize(
    "send",
    [
        {"content": GOOD, "headers": {"content-type": "application/vc"}},
        {"content": GOOD, "headers": {"content-type": "application/json"}},
        {"content": GOOD, "headers": {"content-type": "application/ld+json; charset=utf-8"}},
        {"content": GOOD, "headers": {"content-type": "application/octet-stream"}},
        {"content": GOOD, "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"content": GOOD},
        {"json": {"credential": v.parsed(GOOD)}},
        {"json": {"credential": GOOD.decode()}},
        {"json": {"url": ADDRESS}},
        {"content": ADDRESS.encode(), "headers": {"content-type": "text/plain"}},
        {"files": {"file": ("badge.json", GOOD, "application/json")}},
        {"files": {"file": ("badge.zip", _archive(**{"badge.json": GOOD}))}},
        {"files": {"text": (None, GOOD.decode())}},
        {"files": {"url": (None, ADDRESS)}},
        {"content": bake(PIXEL, GOOD.decode()), "headers": {"content-type": "image/png"}},
        {"content": v.sign(v.badge(), format="vc-jwt"), "headers": {"content-type": "application/jwt"}},
        {"json": {"credential": v.sign(v.badge(), format="vc+jwt").decode()}},
    ],
)
def test_every_way_to_send_a_badge(api: TestClient, send: dict[str, Any]) -> None:
    report = _form_of_report(api.post("/api/v1/verify", **send))
    assert report["verdict"] == "valid"
    assert report["credential"]["name"] == "Reading Together"
    assert report["checkedAt"] == "2026-05-01T09:00:00Z"


def test_the_report_fits_its_schema_and_names_the_bytes_sent(api: TestClient) -> None:
    import jsonschema

    report = _form_of_report(api.post("/api/v1/verify", content=GOOD))
    jsonschema.validate(report, report_schema())
    assert report["input"]["sha256"] == hashlib.sha256(GOOD).hexdigest()


def test_an_address_is_named_in_the_report(api: TestClient) -> None:
    assert _form_of_report(api.post("/api/v1/verify", json={"url": ADDRESS}))["input"]["address"] == ADDRESS


@pytest.mark.parametrize(
    ("send", "verdict"),
    [
        ({"content": v.spoiled(GOOD, lambda body: body.update(name="Reading Alone"))}, "invalid"),
        ({"json": {"url": "https://lakeside.example/c/nothing"}}, "undetermined"),
        ({"content": b"hello"}, "invalid"),
        ({"content": b"\x00\x01"}, "invalid"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, "invalid"),
        (
            {"content": b'{"credential": 1, "credential": 2}', "headers": {"content-type": "application/json"}},
            "invalid",
        ),
    ],
)
def test_what_is_not_valid_is_answered_with_a_report_too(api: TestClient, send: dict[str, Any], verdict: str) -> None:
    report = _form_of_report(api.post("/api/v1/verify", **send))
    assert report["verdict"] in {verdict, "undetermined"}
    assert report["verdict"] != "valid"


def test_the_question_in_the_body_and_in_the_address(api: TestClient) -> None:
    earlier = {"asOf": "2026-03-01T00:00:00Z"}
    for answer in (
        api.post("/api/v1/verify", params=earlier, content=GOOD),
        api.post("/api/v1/verify", json={"credential": v.parsed(GOOD), **earlier}),
        api.post("/api/v1/verify", files={"file": ("a.json", GOOD)}, data=earlier),
    ):
        report = _form_of_report(answer)
        assert (report["verdict"], report["asOf"]) == ("invalid", "2026-03-01T00:00:00Z")
    other = _form_of_report(api.post("/api/v1/verify", params={"recipient": "did:example:other"}, content=GOOD))
    assert other["verdict"] == "invalid"
    same = _form_of_report(api.post("/api/v1/verify", params={"recipient": v.RECIPIENT}, content=GOOD))
    assert same["verdict"] == "valid"
    expired = v.sign(v.badge(validUntil="2026-04-20T00:00:00Z"))
    assert _form_of_report(api.post("/api/v1/verify", content=expired))["verdict"] == "invalid"
    lenient = _form_of_report(api.post("/api/v1/verify", params={"policy": "vcalm"}, content=expired))
    assert (lenient["verdict"], lenient["policy"]) == ("valid", "vcalm")


@pytest.mark.parametrize(
    ("send", "status", "pointer"),
    [
        ({"params": {"asOf": "yesterday"}, "content": GOOD}, 400, "/asOf"),
        ({"params": {"asOf": "2026-01-01"}, "content": GOOD}, 400, "/asOf"),
        ({"params": {"policy": "mine"}, "content": GOOD}, 400, "/policy"),
        ({"params": {"recipient": " "}, "content": GOOD}, 400, "/recipient"),
        ({"params": {"as_of": "2026-03-01T00:00:00Z"}, "content": GOOD}, 400, "/as_of"),
        ({"params": [("policy", "default"), ("policy", "vcalm")], "content": GOOD}, 400, None),
        ({"params": {"policy": "default"}, "json": {"url": ADDRESS, "policy": "vcalm"}}, 400, "/policy"),
        ({"json": {"credential": {}, "url": ADDRESS}}, 400, None),
        ({"json": {"credential": 7}}, 400, "/credential"),
        ({"json": {"url": 7}}, 400, "/url"),
        ({"json": {"url": "file:///etc/passwd"}}, 400, "/url"),
        ({"json": {"url": "https://a.example/ https://b.example/"}}, 400, "/url"),
        ({"json": {"url": ADDRESS, "recipient": {"id": 1}}}, 400, "/recipient"),
        ({"json": {"url": ADDRESS, "polcy": "default"}}, 400, "/polcy"),
        ({"content": b""}, 400, None),
        ({"files": {"file": ("a.json", GOOD), "url": (None, ADDRESS)}}, 400, None),
        ({"files": {"badge": ("a.json", GOOD)}}, 400, "/file"),
        ({"files": {"polcy": (None, "default"), "url": (None, ADDRESS)}}, 400, "/polcy"),
        ({"content": b"--x\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, None),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 400, None),
    ],
)
def test_requests_that_make_no_sense(api: TestClient, send: dict[str, Any], status: int, pointer: str | None) -> None:
    answer = api.post("/api/v1/verify", **send)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem.get("pointer") == pointer
    assert problem["detail"]


def test_several_files_and_archives(api: TestClient) -> None:
    forged = v.spoiled(GOOD, lambda body: body.update(name="Reading Alone"))
    archive = _archive(**{"a.json": GOOD, "folder/b.json": forged})
    files = [("file", ("one.json", GOOD)), ("file", ("many.zip", archive))]
    body = _form_of_report(api.post("/api/v1/verify", files=files))
    found = {report["file"]: report["verdict"] for report in body["reports"]}
    assert found == {"one.json": "valid", "many.zip/a.json": "valid", "many.zip/folder/b.json": "invalid"}
    body = _form_of_report(api.post("/api/v1/verify", content=archive))
    assert [report["file"] for report in body["reports"]] == ["a.json", "folder/b.json"]


def test_too_many_at_once_is_refused_and_says_what_would_work(api: TestClient) -> None:
    archive = _archive(**{f"{number}.json": GOOD.replace(b"Reading", b"Reading %d" % number) for number in range(101)})
    answer = api.post("/api/v1/verify", content=archive)
    assert answer.status_code == 413
    assert "batch" in answer.json()["detail"]


def test_a_proof_package_decides_nothing_here(api: TestClient) -> None:
    """It brings its own documents, which anybody may have made: here its report would look like this service's."""
    package = _archive(**{"badgeport-package.json": b"{}", "input.json": GOOD})
    answer = api.post("/api/v1/verify", content=package)
    assert answer.status_code == 415
    assert "--offline" in answer.json()["detail"]


def test_a_request_is_never_taken_for_a_credential(api: TestClient) -> None:
    """A credential whose subject matter has a member 'url' is a credential; a request has no '@context'."""
    credential = v.changed(v.parsed(GOOD), url="https://elsewhere.example/")
    report = _form_of_report(api.post("/api/v1/verify", json=credential))
    assert report["documents"] == []
    assert report["verdict"] != "valid"


@given(data=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/plain", "image/png", ""]))
def test_no_bytes_make_a_500(api: TestClient, data: bytes, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    for path in ("/api/v1/verify", "/credentials/verify", "/presentations/verify"):
        answer = api.post(path, content=data, headers=headers)
        assert answer.status_code < 500
        assert answer.json()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "credential",
                        "url",
                        "asOf",
                        "policy",
                        "recipient",
                        "verifiableCredential",
                        "options",
                        "presentation",
                    ),
                    *(
                        "verifiablePresentation",
                        "@context",
                        "type",
                        "proof",
                        "id",
                        "holder",
                        "challenge",
                        "checks",
                        "x",
                    ),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(body=_JSON)
def test_no_json_makes_a_500(api: TestClient, body: Any) -> None:
    for path in ("/api/v1/verify", "/credentials/verify", "/presentations/verify"):
        data = json.dumps(body).encode("utf-8", "surrogatepass")
        answer = api.post(path, content=data, headers={"content-type": "application/json"})
        assert answer.status_code < 500
        assert answer.json().get("verified") is not True
        assert answer.json().get("verdict") != "valid"


def test_a_body_as_large_as_is_read_is_read(tmp_path: Path) -> None:
    import dataclasses

    limits = dataclasses.replace(DEFAULT_LIMITS, input_bytes=20_000, document_bytes=20_000)
    small = serving.client(serving.application(tmp_path, limits=limits))
    padded = GOOD + b" " * (20_000 - len(GOOD))
    assert _form_of_report(small.post("/api/v1/verify", content=padded))["verdict"] == "valid"
    report = _form_of_report(small.post("/api/v1/verify", content=padded + b" "))
    assert report["verdict"] != "valid"
