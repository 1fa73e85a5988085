"""``/api/v1/recognize`` and ``/policies``: the decision of the same badge, plain refusals, and bounds."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from badgeport.schemas import jsontext
from badgeport.schemas.jsontext import parse_object
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.approval.documents import Issue, exact, policy_document
from badgeport.verifier.recognition.authoring.authoring import policy_of, read_policy
from badgeport.verifier.recognition.deciding.decision_json import decision_schema, from_json
from badgeport.verifier.web import recognition
from support import example_badge, serving
from support import verifying as v

PATH = "/api/v1/recognize"
BADGE = example_badge.verified().original
EXAMPLE = "in-district-credit"
STATE = v.signer("state")
OWN_BODY = {
    **exact(examples.policy(EXAMPLE).body),
    "id": "https://state.example/policies/credit",
    "jurisdiction": {"id": STATE.controller, "name": "State", "area": "US-IL", "kind": "state-agency"},
}
SIGNED = v.sign(policy_document(policy_of(OWN_BODY), Issue(example_badge.AWARDED)), STATE)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("policies")
    (folder / "state.json").write_bytes(SIGNED)
    (folder / "written.yaml").write_text(
        examples.text(EXAMPLE).replace(examples.policy(EXAMPLE).id, "https://written.example/credit")
    )
    app = serving.application(
        tmp_path_factory.mktemp("api"), example_badge.documents(), clock=lambda: example_badge.AS_OF, shelf=folder
    )
    return serving.client(app)


def ask(api: TestClient, **members: Any) -> Any:
    body = {"credentials": [parse_object(BADGE)], "policy": EXAMPLE, "facts": {"lane": "BA"}, **members}
    return api.post(PATH, json={name: value for name, value in body.items() if value is not None})


def decided(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert Draft202012Validator(decision_schema()).is_valid(body)
    assert from_json(body).to_json() == body
    return body


def problem(answer: Any, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    return body


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, ("accept", "1")),
        ({"purpose": "salary-lane"}, ("accept", "1")),
        ({"facts": None}, ("refer", "0")),
        ({"facts": {"lane": "PhD"}}, ("not_accepted", "0")),
        ({"policy": examples.policy(EXAMPLE).id}, ("accept", "1")),
        ({"policy": "state"}, ("accept", "1")),
        ({"policy": "written"}, ("accept", "1")),
        ({"policy": OWN_BODY}, ("accept", "1")),
        ({"policy": parse_object(SIGNED)}, ("accept", "1")),
        ({"policy": "stipend"}, ("accept", "200")),
        ({"credentials": [BADGE.decode()]}, ("accept", "1")),
        ({"credentials": [BADGE.decode(), parse_object(BADGE)]}, ("accept", "1")),
        ({"asOf": "2026-10-01T00:00:00Z"}, ("accept", "1")),
    ],
)
def test_every_way_to_ask(api: TestClient, members: dict[str, Any], expected: tuple[str, str]) -> None:
    body = decided(ask(api, **members))
    assert (body["decision"], body["amount"]) == expected


def test_a_badge_is_cut_out_of_the_request_byte_for_byte(api: TestClient) -> None:
    spaced = jsontext.dump_pretty(parse_object(BADGE))
    content = b'{ "policy":"stipend", "credentials" : [ ' + spaced + b" ] }"
    answer = api.post(PATH, content=content, headers={"content-type": "application/json"})
    assert decided(answer)["items"][0]["credential"] == hashlib.sha256(spaced.strip()).hexdigest()


def test_what_does_not_verify_is_named_and_nothing_is_decided(api: TestClient) -> None:
    tampered = parse_object(BADGE)
    tampered["name"] = "Something else"
    body = problem(ask(api, credentials=[parse_object(BADGE), tampered, "no badge at all"]))
    assert body["type"].endswith("#CREDENTIAL_NOT_VERIFIED")
    assert [(each["pointer"], each["verdict"]) for each in body["refused"]] == [
        ("/credentials/1", "invalid"),
        ("/credentials/2", None),
    ]
    assert body["refused"][0]["codes"] == ["PROOF_VERIFICATION_ERROR"]
    assert "decision" not in body


def test_unsigned_and_untrue_policies_of_others_are_not_believed(api: TestClient) -> None:
    forged = parse_object(SIGNED)
    forged["credentialSubject"]["recognitionPolicy"]["rules"][0]["worth"]["fixed"] = "9"
    body = problem(ask(api, policy=forged))
    assert body["pointer"] == "/policy"
    assert "the policy is signed, and it is invalid" in body["detail"]
    unsigned = policy_document(policy_of(OWN_BODY), Issue(example_badge.AWARDED))
    assert problem(ask(api, policy=unsigned))["pointer"] == "/policy"


def test_policy_that_cannot_be_decided_by_is_refused_with_places(api: TestClient) -> None:
    rules = [{**OWN_BODY["rules"][0], "worth": {"fixed": "0"}}, *OWN_BODY["rules"][1:]]
    body = problem(ask(api, policy={**OWN_BODY, "rules": rules}))
    assert body["type"].endswith("#POLICY_REFUSED")
    assert [(each["pointer"], each["code"]) for each in body["findings"]] == [("/policy/rules/0/worth/fixed", "amount")]


LINE = {"credential": "0" * 64, "purpose": "salary-lane", "rule": "r", "amount": "x", "unit": "u", "on": "2026-01-01"}


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"policy": None}, "/policy"),
        ({"policy": "nowhere"}, "/policy"),
        ({"policy": "https://policies.example/other"}, "/policy"),
        ({"policy": 3}, "/policy"),
        ({"policy": "utah"}, "/purpose"),
        ({"purpose": "fame"}, "/purpose"),
        ({"facts": {"lnae": "BA"}}, "/facts/lnae"),
        ({"facts": ["BA"]}, "/facts"),
        ({"asOf": "yesterday"}, "/asOf"),
        ({"credentials": None}, "/credentials"),
        ({"credentials": []}, "/credentials"),
        ({"credentials": [3]}, "/credentials/0"),
        ({"credentials": "text"}, "/credentials"),
        ({"credited": [LINE]}, "/credited/0/amount"),
        ({"credited": "none"}, "/credited"),
        ({"approvals": ["nothing"]}, "/approvals/0"),
        ({"agreements": ["nothing"]}, "/agreements/0"),
        ({"agreements": [parse_object(SIGNED)]}, "/agreements/0"),
        ({"claim": 1}, "/claim"),
    ],
)
def test_refusals_name_the_member(api: TestClient, members: dict[str, Any], pointer: str) -> None:
    body = problem(ask(api, **members))
    assert body["pointer"] == pointer
    assert body["type"].endswith("#INVALID_REQUEST")


def test_bounds(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert problem(ask(api, credentials=["x"] * 101), 413)["pointer"] == "/credentials"
    assert problem(ask(api, approvals=["x"] * 51), 413)["pointer"] == "/approvals"
    huge = b'{"credentials": ["' + b"x" * recognition.MAXIMUM_BYTES + b'"]}'
    problem(api.post(PATH, content=huge, headers={"content-type": "application/json"}), 413)
    problem(api.post(PATH, content=b"x", headers={"content-type": "text/plain"}), 415)
    monkeypatch.setattr(recognition, "MAXIMUM_TRIALS", 1)
    assert problem(ask(api), 413)["pointer"] == "/policy"
    monkeypatch.undo()
    monkeypatch.setattr(recognition, "REQUEST_SECONDS", -1.0)
    assert "no time left" in problem(ask(api), 413)["detail"]


def test_policies_are_listed_the_operators_own_first(api: TestClient) -> None:
    listed = api.get("/policies").json()["policies"]
    assert [each["name"] for each in listed] == ["state", "written", *examples.names()]
    assert [each["signed"] for each in listed[:3]] == [True, False, False]
    assert {each["status"] for each in listed} == {"example"}
    assert listed[0]["sha256"] == policy_of(OWN_BODY).sha256


def test_a_policy_is_served_as_signed_as_json_and_as_yaml(api: TestClient) -> None:
    signed = api.get("/policies/state")
    assert signed.content == SIGNED
    assert signed.headers["content-type"] == "application/vc"
    for address, kind in (("state.json", "application/json"), ("written", "application/json")):
        answer = api.get(f"/policies/{address}")
        assert answer.headers["content-type"] == kind
        assert read_policy(answer.content).sha256 in {policy_of(OWN_BODY).sha256, answer_sha(api, "written")}
    for address in ("state.yaml", "utah.yaml"):
        answer = api.get(f"/policies/{address}")
        assert answer.headers["content-type"].startswith("application/yaml")
        assert read_policy(answer.content).id
    assert api.get("/policies/utah.yaml").text == examples.text("utah")
    for missing in ("nowhere", "nowhere.yaml", "utah.txt", "utah.", ".yaml"):
        assert api.get(f"/policies/{missing}").status_code == 404


def answer_sha(api: TestClient, name: str) -> str:
    listed = {each["name"]: each["sha256"] for each in api.get("/policies").json()["policies"]}
    return str(listed[name])


def test_folder_with_a_policy_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    from badgeport.service.settings import SettingsError

    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "broken.yaml").write_text("title: nothing else\n")
    with pytest.raises(SettingsError, match=r"BADGEPORT_POLICIES: .*broken\.yaml"):
        serving.application(tmp_path / "data", {}, shelf=folder)
