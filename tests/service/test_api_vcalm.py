"""VCALM's addresses (SPEC R): what verifies, what does not, options, challenges, and requests that make no sense."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from badgeport.verifier.web.api import CHALLENGE_PREFIX
from support import serving
from support import verifying as v

HOLDER = v.signer("holder")


@pytest.fixture
def api(tmp_path: Path) -> TestClient:
    return serving.client(serving.application(tmp_path))


def _verify(api: TestClient, credential: Any, **options: Any) -> tuple[int, dict[str, Any]]:
    body: dict[str, Any] = {"verifiableCredential": credential}
    answer = api.post("/credentials/verify", json={**body, "options": options} if options else body)
    return answer.status_code, answer.json()


def _present(api: TestClient, member: str, presentation: Any, **options: Any) -> tuple[int, dict[str, Any]]:
    body: dict[str, Any] = {member: presentation}
    answer = api.post("/presentations/verify", json={**body, "options": options} if options else body)
    return answer.status_code, answer.json()


def _codes(answer: dict[str, Any], severity: str) -> list[str]:
    return [detail["type"].rpartition("#")[2] for detail in answer["problemDetails"] if detail["severity"] == severity]


def _badge(**changes: Any) -> dict[str, Any]:
    return v.parsed(v.sign(v.badge(**changes)))


def _shown(**options: Any) -> dict[str, Any]:
    credential = v.badge(credentialSubject={**v.badge()["credentialSubject"], "id": HOLDER.controller})
    body = v.presentation(HOLDER.controller, v.parsed(v.sign(credential)))
    return v.parsed(v.sign(body, HOLDER, purpose="authentication", **options))


# -- credentials ----------------------------------------------------------------------------------------------------


def test_a_good_badge_verifies(api: TestClient) -> None:
    status, answer = _verify(api, _badge())
    assert status == 200
    assert answer["verified"] is True
    assert _codes(answer, "error") == []
    assert answer.keys() == {"verified", "problemDetails"}


@pytest.mark.parametrize("format", ["vc-jwt", "vc+jwt"])
def test_a_jwt_verifies_as_text_and_in_its_envelope(api: TestClient, format: str) -> None:
    token = v.sign(v.badge(), format=format).decode()
    assert _verify(api, token) == (200, {**_verify(api, token)[1], "verified": True})
    envelope = {
        "@context": v.CREDENTIALS_V2,
        "id": f"data:application/vc+jwt,{token}",
        "type": "EnvelopedVerifiableCredential",
    }
    assert _verify(api, envelope)[0] == 200


def test_a_changed_badge_does_not(api: TestClient) -> None:
    status, answer = _verify(api, {**_badge(), "name": "Reading Alone"})
    assert status == 400
    assert answer["verified"] is False
    assert _codes(answer, "error")


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        (v.badge(), "PARSING_ERROR"),
        ({}, None),
        ({"name": "nothing"}, None),
        ({**_badge(), "colour": "blue"}, "DATA_LOSS_DETECTION_ERROR"),
        ({**_badge(), "type": "OpenBadgeCredential"}, "MALFORMED_VALUE_ERROR"),
    ],
    ids=["unsigned", "empty", "no-credential", "undefined-term", "no-type"],
)
def test_what_is_malformed_does_not_verify(api: TestClient, credential: Any, code: str | None) -> None:
    status, answer = _verify(api, credential)
    assert (status, answer["verified"]) == (400, False)
    found = _codes(answer, "error")
    assert found
    assert code is None or code in found or "UNSIGNED" in found


def test_expired_revoked_and_suspended_verify_with_warnings(tmp_path: Path) -> None:
    expired = _badge(validUntil="2026-04-20T00:00:00Z")
    revoked = _badge(credentialStatus=v.status_entry(7))
    suspended = _badge(credentialStatus=v.status_entry(9, "suspension", statusListCredential=f"{v.LIST}/s"))
    documents = {
        v.LIST: v.status_list(7),
        f"{v.LIST}/s": v.status_list(9, purpose="suspension", url=f"{v.LIST}/s"),
    }
    api = serving.client(serving.application(tmp_path, documents))
    for credential, code in ((expired, "EXPIRED"), (revoked, "REVOKED"), (suspended, "SUSPENDED")):
        status, answer = _verify(api, credential)
        assert (status, answer["verified"]) == (200, True)
        assert code in _codes(answer, "warning")
        assert _codes(answer, "error") == []
        # The same credential is invalid in a report.
        report = api.post("/api/v1/verify", json={"credential": credential}).json()
        assert report["verdict"] == "invalid"


def test_a_key_that_could_not_be_had_is_not_verified_and_says_so(api: TestClient) -> None:
    signer = v.web_signer()
    credential = v.parsed(v.sign(v.badge(signer.controller), signer))
    status, answer = _verify(api, credential)
    assert (status, answer["verified"]) == (400, False)
    assert "KEY_UNAVAILABLE" in _codes(answer, "error")
    assert api.post("/api/v1/verify", json=credential).json()["verdict"] == "undetermined"


def test_results_by_member(tmp_path: Path) -> None:
    api = serving.client(serving.application(tmp_path, {v.LIST: v.status_list(7)}))
    credential = _badge(credentialStatus=[v.status_entry(7), v.status_entry(8)], validUntil="2026-04-20T00:00:00Z")
    status, answer = _verify(api, credential, returnResults=True, returnCredential=True, returnProblemDetails=False)
    assert status == 200
    assert answer["credential"] == credential
    assert "problemDetails" not in answer
    results = answer["results"]
    assert results["validFrom"] == {"verified": True, "input": "2026-04-01T09:00:00Z"}
    assert results["validUntil"] == {"verified": False, "input": "2026-04-20T00:00:00Z"}
    assert [(each["verified"], each["value"]) for each in results["credentialStatus"]] == [(False, 1), (True, 0)]
    assert [each["verified"] for each in results["proof"]] == [True]


def test_results_of_a_forgery_call_nothing_good(api: TestClient) -> None:
    status, answer = _verify(api, {**_badge(), "name": "Reading Alone"}, returnResults=True)
    assert status == 400
    assert [each["verified"] for each in answer["results"]["proof"]] == [False]
    assert answer["results"]["validFrom"]["verified"] is False
    assert answer["results"]["validUntil"]["verified"] is False


def test_checks_of_older_clients_are_accepted_and_change_nothing(api: TestClient) -> None:
    status, answer = _verify(api, _badge(), checks=["proof"], challenge="c", domain="d")
    assert status == 200
    assert answer["checks"] == ["proof"]
    assert answer["errors"] == []
    status, answer = _verify(api, {**_badge(), "name": "x"}, checks=["credentialStatus"])
    assert status == 400
    assert answer["errors"]


def test_a_presentation_is_no_credential_and_the_other_way_round(api: TestClient) -> None:
    status, answer = _verify(api, _shown())
    assert (status, answer["verified"]) == (400, False)
    assert "MALFORMED_VALUE_ERROR" in _codes(answer, "error")
    status, answer = _present(api, "verifiablePresentation", _badge())
    assert (status, answer["verified"]) == (400, False)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"verifiableCredential": {}, "options": {"strict": True}}, "UNKNOWN_OPTION_PROVIDED", "/options/strict"),
        ({"verifiableCredential": {}, "options": {"a/b": True}}, "UNKNOWN_OPTION_PROVIDED", "/options/a~1b"),
        ({"verifiableCredential": {}, "options": []}, "INVALID_REQUEST", "/options"),
        (
            {"verifiableCredential": {}, "options": {"returnResults": "yes"}},
            "INVALID_REQUEST",
            "/options/returnResults",
        ),
        ({"verifiableCredential": {}, "options": {"checks": "proof"}}, "INVALID_REQUEST", "/options/checks"),
        ({"verifiableCredential": {}, "option": {}}, "INVALID_REQUEST", "/option"),
        ({"verifiableCredential": None}, "INVALID_REQUEST", "/verifiableCredential"),
        ({"verifiableCredential": []}, "INVALID_REQUEST", "/verifiableCredential"),
        ({"verifiableCredential": 7}, "INVALID_REQUEST", "/verifiableCredential"),
        ({"verifiableCredential": ""}, "INVALID_REQUEST", "/verifiableCredential"),
        ({"verifiableCredential": "https://lakeside.example/c/1"}, "INVALID_REQUEST", "/verifiableCredential"),
        ({}, "INVALID_REQUEST", "/verifiableCredential"),
    ],
)
def test_a_request_that_makes_no_sense(api: TestClient, body: Any, code: str, pointer: str) -> None:
    answer = api.post("/credentials/verify", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"].endswith(f"#{code}")
    assert problem["pointer"] == pointer
    assert problem["status"] == 400
    assert problem["verified"] is False
    assert problem["problemDetails"][0]["type"] == problem["type"]


def test_the_type_of_the_unknown_option_is_vcalms(api: TestClient) -> None:
    _, answer = _verify(api, _badge(), anything=1)
    assert answer["type"] == "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"a":1,"a":2}', b"[" * 5000, b'{"a":NaN}'])
def test_a_body_that_is_no_json_object(api: TestClient, data: bytes) -> None:
    for path in ("/credentials/verify", "/presentations/verify"):
        answer = api.post(path, content=data, headers={"content-type": "application/json"})
        assert answer.status_code == 400
        assert answer.json()["verified"] is False


def test_another_media_type_is_415(api: TestClient) -> None:
    answer = api.post("/credentials/verify", content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 415


def test_the_bytes_that_were_signed_are_those_verified(api: TestClient) -> None:
    """Numbers and escapes of a document are not written anew on their way through the request."""
    credential = v.sign(v.badge(name="Reading \u2028 Together"), format="eddsa-jcs-2022").decode()
    spaced = credential.replace('{"@context"', '{\n  "@context"', 1).replace("\u2028", "\\u2028")
    body = f'{{ "options" : {{}} ,\n"verifiableCredential":{spaced} }}'.encode()
    answer = api.post("/credentials/verify", content=body, headers={"content-type": "application/json"})
    assert answer.json()["verified"] is True
    import hashlib

    report = api.post(
        "/api/v1/verify",
        content=f'{{"credential": {spaced}}}'.encode(),
        headers={"content-type": "application/json"},
    ).json()
    assert report["input"]["sha256"] == hashlib.sha256(spaced.encode()).hexdigest()


# -- presentations and challenges -----------------------------------------------------------------------------------


def _challenge(api: TestClient) -> str:
    answer = api.post("/challenges")
    assert answer.status_code == 200
    challenge = answer.json()["challenge"]
    assert isinstance(challenge, str)
    assert challenge.startswith(CHALLENGE_PREFIX)
    return challenge


def test_a_presentation_that_answers_a_challenge_verifies_once(api: TestClient) -> None:
    challenge = _challenge(api)
    shown = _shown(challenge=challenge, domain="verify.example")
    options = {"challenge": challenge, "domain": "verify.example", "returnResults": True}
    status, answer = _present(api, "verifiablePresentation", shown, **options)
    assert (status, answer["verified"]) == (200, True)
    own = answer["results"]["presentation"]
    assert own["challenge"] == {"verified": True, "input": challenge}
    assert own["domain"] == {"verified": True, "input": "verify.example"}
    assert own["holder"] == {"verified": True, "input": HOLDER.controller}
    assert [each["verified"] for each in answer["results"]["credentials"]] == [True]
    status, answer = _present(api, "verifiablePresentation", shown, **options)
    assert (status, answer["verified"]) == (400, False)
    assert _codes(answer, "error") == ["INVALID_CHALLENGE_ERROR"]


def test_a_challenge_is_over_after_ten_minutes(tmp_path: Path) -> None:
    instant = [v.NOW]
    api = serving.client(serving.application(tmp_path, clock=lambda: instant[0]))
    challenge = _challenge(api)
    instant[0] += timedelta(minutes=10)
    status, answer = _present(api, "verifiablePresentation", _shown(challenge=challenge), challenge=challenge)
    assert status == 400
    assert _codes(answer, "error") == ["INVALID_CHALLENGE_ERROR"]


def test_a_challenge_nobody_issued_with_our_mark_is_refused(api: TestClient) -> None:
    forged = f"{CHALLENGE_PREFIX}{'A' * 32}"
    status, answer = _present(api, "verifiablePresentation", _shown(challenge=forged), challenge=forged)
    assert (status, answer["verified"]) == (400, False)


def test_a_failed_answer_uses_the_challenge_up(api: TestClient) -> None:
    challenge = _challenge(api)
    assert _present(api, "verifiablePresentation", _shown(challenge="other"), challenge=challenge)[0] == 400
    assert _present(api, "verifiablePresentation", _shown(challenge=challenge), challenge=challenge)[0] == 400


def test_a_callers_own_challenge_and_domain_must_match(api: TestClient) -> None:
    shown = _shown(challenge="mine", domain="here.example")
    assert _present(api, "verifiablePresentation", shown, challenge="mine", domain="here.example")[0] == 200
    status, answer = _present(
        api, "verifiablePresentation", shown, challenge="yours", domain="there.example", returnResults=True
    )
    assert status == 400
    assert {"INVALID_CHALLENGE_ERROR", "INVALID_DOMAIN_ERROR"} <= set(_codes(answer, "error"))
    assert answer["results"]["presentation"]["challenge"]["verified"] is False
    assert answer["results"]["presentation"]["domain"]["verified"] is False


def test_a_presentation_with_a_forged_credential_does_not_verify(api: TestClient) -> None:
    forged = {**_badge(), "name": "Reading Alone"}
    shown = v.parsed(v.sign(v.presentation(HOLDER.controller, forged), HOLDER, purpose="authentication"))
    status, answer = _present(api, "verifiablePresentation", shown, returnResults=True)
    assert (status, answer["verified"]) == (400, False)
    assert [each["verified"] for each in answer["results"]["credentials"]] == [False]


def test_returned_only_where_asked_for(api: TestClient) -> None:
    shown = _shown()
    assert "verifiablePresentation" not in _present(api, "verifiablePresentation", shown)[1]
    assert _present(api, "verifiablePresentation", shown, returnPresentation=True)[1]["verifiablePresentation"] == shown


def test_an_unsigned_presentation_is_as_good_as_its_credentials(api: TestClient) -> None:
    good, forged = _badge(), {**_badge(), "name": "Reading Alone"}
    status, answer = _present(api, "presentation", v.presentation(None, good), returnResults=True)
    assert (status, answer["verified"]) == (200, True)
    assert "UNSIGNED" in _codes(answer, "warning")
    status, answer = _present(api, "presentation", v.presentation(None, good, forged), returnResults=True)
    assert (status, answer["verified"]) == (400, False)
    assert [each["verified"] for each in answer["results"]["credentials"]] == [True, False]
    assert any(
        detail.get("pointer", "").startswith("/verifiableCredential/1")
        for detail in answer["problemDetails"]
        if detail["severity"] == "error"
    )


@pytest.mark.parametrize(
    "presentation",
    [
        v.presentation(None),
        {"@context": [v.CREDENTIALS_V2], "verifiableCredential": [_badge()]},
        v.presentation(None, "eyJhbGciOiJub25lIn0.e30."),
        v.presentation(None, v.badge()),
        {},
        _badge(),
    ],
    ids=["nothing-in-it", "no-type", "text-in-it", "unsigned-in-it", "empty", "a-credential"],
)
def test_unsigned_presentations_that_do_not_verify(api: TestClient, presentation: Any) -> None:
    status, answer = _present(api, "presentation", presentation)
    assert (status, answer["verified"]) == (400, False)
    assert _codes(answer, "error")


def test_an_unsigned_presentation_answers_no_challenge(api: TestClient) -> None:
    status, answer = _present(api, "presentation", v.presentation(None, _badge()), challenge="c")
    assert status == 400
    assert answer["type"].endswith("#INVALID_REQUEST")


def test_a_proof_that_is_there_is_never_passed_over(api: TestClient) -> None:
    """Under either name a presentation with a proof is verified with it."""
    forged = {**_shown(), "holder": "did:example:somebody-else"}
    assert _present(api, "presentation", forged)[0] == 400
    assert _present(api, "presentation", _shown())[0] == 200


def test_both_or_neither_is_refused(api: TestClient) -> None:
    for body in ({}, {"verifiablePresentation": _shown(), "presentation": _shown()}):
        answer = api.post(
            "/presentations/verify", content=json.dumps(body), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
        assert answer.json()["type"].endswith("#INVALID_REQUEST")


def test_no_fetch_is_caused_by_a_text(tmp_path: Path) -> None:
    """VCALM's addresses take documents only: an address in place of one is refused before anything is asked for."""
    api = serving.client(serving.application(tmp_path, {"https://lakeside.example/c/1": v.sign(v.badge())}))
    assert _verify(api, "https://lakeside.example/c/1")[0] == 400
