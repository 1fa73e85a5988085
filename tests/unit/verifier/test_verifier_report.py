"""The report: its JSON, its schema, its plain words and its VCALM form."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from badgeport.schemas import jsontext
from badgeport.verifier import report as report_module
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.policy import VCALM
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from support import verifying as v


def clr_with_endorsed_member(**changes: Any) -> bytes:
    state = v.signer("state")
    member = v.badge(**changes)
    member["credentialSubject"]["achievement"]["endorsement"] = [
        v.parsed(v.sign(v.endorsement("https://lakeside.example/achievements/reading-together", state), state))
    ]
    return v.sign(v.clr(v.parsed(v.sign(member))))


SAMPLES: dict[str, VerificationReport] = {
    "valid": v.inspect(v.sign(v.badge())),
    "contained": v.inspect(clr_with_endorsed_member()),
    "expired": v.inspect(v.sign(v.badge()), as_of=v.NOW + timedelta(days=4000)),
    "tampered": v.inspect(v.spoiled(v.sign(v.badge()), lambda document: document.update(name="Other"))),
    "nothing": v.inspect(b"hello"),
    "broken": v.inspect(b'{"type":'),
    "unresolved": v.inspect(v.sign(v.badge("did:web:lakeside.example"), v.web_signer())),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_json_fits_its_schema_and_the_fixed_interface(name: str) -> None:
    report = SAMPLES[name]
    body = jsontext.parse_object(report.to_bytes())
    jsonschema.Draft202012Validator.check_schema(report_module.schema())
    jsonschema.validate(body, report_module.schema())
    assert {
        "verdict", "asOf", "checkedAt", "input", "credential", "checks", "warnings", "documents", "members", "policy",
        "software",
    } <= set(body)  # fmt: skip
    assert [check["id"] for check in body["checks"]] == list(ROWS.values())
    for check in body["checks"]:
        assert set(check) == {"id", "outcome", "title", "message", "problems", "evidence"}
        assert all({"type", "title", "detail"} <= set(problem) for problem in check["problems"])
    assert set(body["input"]) == {"form", "mediaType", "sha256"}
    if body["credential"] is not None:
        assert {"id", "name", "issuer", "recipient", "validFrom", "validUntil", "types"} <= set(body["credential"])


def test_what_the_report_says_of_the_credential() -> None:
    body = SAMPLES["valid"].to_json()
    assert body["credential"] == {
        "id": "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001",
        "name": "Reading Together",
        "issuer": v.signer().controller,
        "issuerName": "Lakeside District",
        "holder": None,
        "recipient": v.RECIPIENT,
        "validFrom": "2026-04-01T09:00:00Z",
        "validUntil": "2031-04-01T09:00:00Z",
        "types": ["VerifiableCredential", "OpenBadgeCredential"],
    }
    assert body["asOf"] == body["checkedAt"] == "2026-05-01T09:00:00Z"
    assert body["policy"] == "default"
    assert body["software"] == "badgeport test"
    assert SAMPLES["nothing"].to_json()["credential"] is None


def test_members_are_reported_where_they_stand() -> None:
    report = SAMPLES["contained"]
    (member,) = report.members
    (endorsement,) = member.members
    assert member.pointer == "/credentialSubject/verifiableCredential/0"
    assert endorsement.pointer == f"{member.pointer}/credentialSubject/achievement/endorsement/0"
    assert (member.role, endorsement.role) == ("member", "endorsement")
    assert report.verdict is member.verdict is endorsement.verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("name", "first"),
    [("valid", "VALID"), ("tampered", "INVALID"), ("expired", "INVALID"), ("unresolved", "UNDETERMINED")],
)
def test_plain_words_begin_with_the_verdict(name: str, first: str) -> None:
    lines = SAMPLES[name].to_text().splitlines()
    assert lines[0].startswith(first + ":")
    assert any("Lakeside District" in line for line in lines)
    assert SAMPLES[name].to_text().endswith("\n")


def test_plain_words_do_not_call_a_stranger_genuine() -> None:
    text = SAMPLES["valid"].to_text()
    assert "Who the issuer is was not established" in text.splitlines()[0]
    assert "which calls itself Lakeside District" in text


def test_plain_words_say_why() -> None:
    assert "The credential has expired." in SAMPLES["expired"].to_text()
    tampered = SAMPLES["tampered"].to_text()
    assert "Because: The signature is not good" in tampered
    assert "says of itself (unproved)" in tampered
    assert "No credential was found" in SAMPLES["nothing"].to_text()
    assert SAMPLES["contained"].to_text().count("\nContained member 1 of 1") == 1
    assert "\n  Contained endorsement 1 of 1" in SAMPLES["contained"].to_text()


def test_vcalm_takes_an_expired_credential_as_verified_with_a_warning() -> None:
    expired = SAMPLES["expired"]
    assert expired.verdict is Verdict.INVALID
    answer = expired.to_vc_api()
    assert answer["verified"] is True
    assert {"EXPIRED"} <= {each["type"].rpartition("#")[2] for each in answer["problemDetails"]}
    assert {each["severity"] for each in answer["problemDetails"]} == {"warning"}


def test_vcalm_takes_a_clr_with_an_expired_member_as_verified_with_a_warning() -> None:
    report = v.inspect(clr_with_endorsed_member(validUntil="2026-04-10T00:00:00Z"))
    assert report.verdict is Verdict.INVALID
    assert report.check("members").outcome is Outcome.FAILED
    assert report.judged_by(VCALM) is Verdict.VALID
    assert report.to_vc_api()["verified"] is True
    forged = v.inspect(v.sign(v.clr(v.parsed(v.sign(v.badge(), v.signer("mallory"))))))
    assert forged.to_vc_api()["verified"] is False


def test_vcalm_errors_stand_before_warnings() -> None:
    answer = SAMPLES["tampered"].to_vc_api()
    assert answer["verified"] is False
    assert answer["problemDetails"][0]["severity"] == "error"
    assert answer["problemDetails"][0]["type"].endswith("#PROOF_VERIFICATION_ERROR")


def test_codes_name_what_stands_against_the_credential() -> None:
    assert SAMPLES["valid"].codes == ()
    assert SAMPLES["expired"].codes == ("EXPIRED",)
    assert "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT" in SAMPLES["unresolved"].codes


def test_a_report_never_changes() -> None:
    with pytest.raises(FrozenInstanceError):
        SAMPLES["tampered"].verdict = Verdict.VALID  # type: ignore[misc]
    with pytest.raises(KeyError):
        SAMPLES["valid"].check("no-such-check")
