"""What an answer must not leave out: the faults of what it contains, and a status that may have been withheld."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, REVOKED, STATUS_UNKNOWN
from badgeport.verifier.policy import DEFAULT, VCALM, Policy
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.trust.registries import Trust, registry_from_json
from support import serving
from support import verifying as v

TOLERANT = replace(DEFAULT, name="tolerant", allow_unknown=DEFAULT.allow_unknown | {"selective-disclosure"})
REFRESH = "https://lakeside.example/refresh"
EXTENDED = [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]


# -- what a contained credential is warned of, the answer about the whole warns of ------------------------------------


def told(answer: Mapping[str, Any]) -> set[tuple[str, str, str | None]]:
    """Severity, code and place of everything a VCALM answer says."""
    return {
        (detail["severity"], detail["type"].rpartition("#")[2], detail.get("pointer"))
        for detail in answer["problemDetails"]
    }


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "revoked": ({"credentialStatus": v.status_entry(7)}, "REVOKED", "/credentialStatus"),
    "suspended": ({"credentialStatus": v.status_entry(9, "suspension")}, "SUSPENDED", "/credentialStatus"),
    "expired": ({"validUntil": "2026-04-02T09:00:00Z"}, "EXPIRED", "/validUntil"),
    "not yet valid": ({"validFrom": "2027-04-01T09:00:00Z"}, "NOT_YET_VALID", "/validFrom"),
    "status unreachable": (
        {"credentialStatus": v.status_entry(7, statusListCredential="https://lakeside.example/status/gone")},
        "STATUS_RETRIEVAL_ERROR",
        "/credentialStatus/statusListCredential",
    ),
    "issuer not recognized": ({}, "ISSUER_NOT_RECOGNIZED", "/issuer"),
}


@cache
def lists() -> dict[str, bytes]:
    return {v.LIST: v.status_list(7, 9, purpose=["revocation", "suspension"])}


@cache
def badge_with(fault: str, number: int = 1) -> dict[str, Any]:
    """A signed badge about the holder with one thing against it that VCALM only warns of."""
    subject = {**v.badge()["credentialSubject"], "id": v.signer("holder").controller}
    name = f"urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a{number:03}"
    return v.parsed(v.sign(v.badge(credentialSubject=subject, id=name, **FAULTS[fault][0])))


@cache
def endorsement_with(fault: str, number: int) -> dict[str, Any]:
    """A signed endorsement of the issuer by itself with one thing against it."""
    name = f"urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0e{number:03}"
    issuer = v.signer()
    return v.parsed(v.sign(v.endorsement(issuer.controller, issuer, id=name, **FAULTS[fault][0])))


def asked(tmp_path: Path, address: str, member: str, document: Any, **options: Any) -> tuple[int, dict[str, Any]]:
    api = serving.client(serving.application(tmp_path, lists()))
    answer = api.post(address, json={member: document, "options": options})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_signed_presentation_warned_of_nothing_that_stands_against_its_badge(tmp_path: Path, fault: str) -> None:
    holder = v.signer("holder")
    body = v.presentation(holder.controller, badge_with(fault))
    shown = v.parsed(v.sign(body, holder, purpose="authentication", challenge="c"))
    status, answer = asked(
        tmp_path, "/presentations/verify", "verifiablePresentation", shown, challenge="c", checks=["proof"]
    )
    assert (status, answer["verified"]) == (200, True)
    _, code, place = FAULTS[fault]
    assert ("warning", code, f"/verifiableCredential/0{place}") in told(answer)
    assert answer["warnings"]
    assert answer["errors"] == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_record_warned_of_nothing_that_stands_against_a_badge_in_it(tmp_path: Path, fault: str) -> None:
    record = v.parsed(v.sign(v.clr(badge_with(fault))))
    status, answer = asked(tmp_path, "/credentials/verify", "verifiableCredential", record)
    assert (status, answer["verified"]) == (200, True)
    _, code, place = FAULTS[fault]
    assert ("warning", code, f"/credentialSubject/verifiableCredential/0{place}") in told(answer)


def test_a_presentation_of_a_record_warned_of_nothing_two_levels_down(tmp_path: Path) -> None:
    holder = v.signer("holder")
    record = v.clr(badge_with("revoked"))
    record["credentialSubject"]["id"] = holder.controller
    shown = v.sign(v.presentation(holder.controller, v.parsed(v.sign(record))), holder, purpose="authentication")
    where = "/verifiableCredential/0/credentialSubject/verifiableCredential/0/credentialStatus"
    _, answer = asked(tmp_path, "/presentations/verify", "verifiablePresentation", v.parsed(shown), returnResults=True)
    assert answer["verified"] is True
    assert ("warning", "REVOKED", where) in told(answer)
    (within,) = answer["results"]["credentials"]
    assert ("warning", "REVOKED", where.removeprefix("/verifiableCredential/0")) in told(within)


@pytest.mark.parametrize("policy", [DEFAULT, VCALM], ids=lambda policy: policy.name)
def test_an_endorsement_that_was_revoked_went_unmentioned(policy: Policy) -> None:
    state = v.signer("state")
    of = v.badge()["credentialSubject"]["achievement"]["id"]
    listed = {v.LIST: v.status_list(7, by=state)}
    body = v.badge()
    revoked = v.endorsement(of, state, credentialStatus=v.status_entry())
    body["credentialSubject"]["achievement"]["endorsement"] = [v.parsed(v.sign(revoked, state))]
    answer = v.inspect(v.sign(body), listed, policy=policy).to_vc_api()
    assert answer["verified"] is True
    place = "/credentialSubject/achievement/endorsement/0/credentialStatus"
    assert ("warning", "REVOKED", place) in told(answer)


def with_service(**changes: Any) -> dict[str, Any]:
    service = {"id": REFRESH, "type": "1EdTechCredentialRefresh"}
    return v.badge(**{"@context": EXTENDED}, refreshService=service, **changes)


@pytest.mark.parametrize("policy", [DEFAULT, VCALM], ids=lambda policy: policy.name)
def test_what_was_found_about_a_newer_copy_went_unmentioned(policy: Policy) -> None:
    """Its dates and status are told in the terms of the credential as received, all else from its own report."""
    schema = {"id": "https://lakeside.example/schema", "type": "JsonSchema"}
    newer = with_service(validFrom="2026-04-20T09:00:00Z", credentialStatus=v.status_entry(), credentialSchema=schema)
    report = v.inspect(v.sign(with_service()), {**lists(), REFRESH: v.sign(newer)}, policy=policy)
    assert [member.role for member in report.members] == ["refresh"]
    answer = report.to_vc_api()
    assert answer["verified"] is True
    assert ("warning", "REVOKED", "/refreshService/credentialStatus") in told(answer)
    assert "SCHEMA_UNKNOWN" in {code for _, code, _ in told(answer)}
    assert {severity for severity, _, _ in told(answer)} == {"warning"}


def test_a_copy_that_may_be_the_older_one_is_not_called_revoked() -> None:
    """It may have been revoked when it was replaced: the whole is in doubt, and no reader of codes sees more."""
    copy = v.sign(with_service(name="Reading", credentialStatus=v.status_entry()))
    report = v.inspect(v.sign(with_service()), {**lists(), REFRESH: copy})
    assert report.check("refresh").evidence["answer"] == "undated"
    (member,) = report.members
    assert REVOKED.code in member.codes
    said = told(report.to_vc_api())
    assert ("warning", "STATUS_UNKNOWN", "/refreshService/credentialStatus") in said
    assert "REVOKED" not in {code for _, code, _ in said}


def test_what_stands_against_one_badge_only_warned_beside_one_that_was_changed() -> None:
    """Errors stay errors, and what VCALM only warns of stays a warning, whatever else is wrong."""
    holder = v.signer("holder")
    forged = {**badge_with("issuer not recognized"), "name": "Another"}
    body = v.presentation(holder.controller, badge_with("revoked"), forged)
    data = v.sign(body, holder, purpose="authentication")
    for policy in (DEFAULT, VCALM):
        answer = v.inspect(data, lists(), policy=policy).to_vc_api()
        assert answer["verified"] is False
        severities = {(severity, place) for severity, code, place in told(answer) if code == "REVOKED"}
        assert severities == {("warning", "/verifiableCredential/0/credentialStatus")}
        errors = [place or "" for severity, _, place in told(answer) if severity == "error"]
        assert errors
        assert all(place.startswith("/verifiableCredential/1") for place in errors), errors


def test_an_endorsement_nobody_could_check_is_told_and_is_no_error() -> None:
    """What the vcalm policy tolerates of an endorsement does not make a verified answer contradict itself."""
    state = v.web_signer("did:web:state.example")
    body = v.badge()
    endorsement = v.endorsement(body["credentialSubject"]["achievement"]["id"], state)
    body["credentialSubject"]["achievement"]["endorsement"] = [v.parsed(v.sign(endorsement, state))]
    answer = v.inspect(v.sign(body)).to_vc_api()
    assert answer["verified"] is True
    assert "KEY_UNAVAILABLE" in {code for _, code, _ in told(answer)}
    assert {severity for severity, _, _ in told(answer)} == {"warning"}


def within(report: VerificationReport) -> Iterator[VerificationReport]:
    for member in report.members:
        yield member
        yield from within(member)


def spoil(document: dict[str, Any], how: str) -> dict[str, Any]:
    return {**document, "name": "Another"} if how == "changed" else document


CONTENTS = st.lists(st.tuples(st.sampled_from(sorted(FAULTS)), st.sampled_from(["", "", "changed"])), max_size=3)


@given(
    members=CONTENTS, endorsements=CONTENTS, presented=st.booleans(), policy=st.sampled_from([DEFAULT, VCALM, TOLERANT])
)
def test_no_problem_of_anything_contained_is_absent_outside(
    members: list[tuple[str, str]], endorsements: list[tuple[str, str]], presented: bool, policy: Policy
) -> None:
    holder = v.signer("holder")
    record = v.clr(*(spoil(badge_with(fault, number), how) for number, (fault, how) in enumerate(members)))
    record["credentialSubject"]["id"] = holder.controller
    if endorsements:
        record["issuer"]["endorsement"] = [
            spoil(endorsement_with(fault, number), how) for number, (fault, how) in enumerate(endorsements)
        ]
    data = v.sign(record)
    if presented:
        data = v.sign(v.presentation(holder.controller, v.parsed(data)), holder, purpose="authentication")
    report = v.inspect(data, lists(), policy=policy)
    answer = report.to_vc_api()
    outside = {(detail["type"], detail["detail"], detail.get("pointer")) for detail in answer["problemDetails"]}
    for member in within(report):
        for problem in (*member.warnings, *member.problems()):
            assert (problem.type.uri, problem.detail, f"{member.pointer}{problem.pointer or ''}") in outside
    assert answer["verified"] is (report.judged_by(VCALM) is Verdict.VALID)
    assert answer["verified"] is not any(detail["severity"] == "error" for detail in answer["problemDetails"])
    severities = [detail["severity"] for detail in answer["problemDetails"]]
    assert severities == sorted(severities)
    assert len(outside) == len(severities)


# -- a status that the holder may have left out -----------------------------------------------------------------------


@cache
def careless_issuer() -> Signer:
    return v.signer("p256", KeyType.P256)


def derived(body: Mapping[str, Any], mandatory: list[str], *shown: str, by: Signer | None = None) -> bytes:
    """What a holder derives of a badge whose issuer makes only these members mandatory."""
    by = by or careless_issuer()
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-04-01T09:00:00Z",
        "verificationMethod": by.verification_method,
        "proofPurpose": "assertionMethod",
    }
    base = {**body, "proof": ecdsa_sd.sign_base(body, options, by, mandatory, contexts=contexts.store())}
    return jsontext.dump(ecdsa_sd.derive(base, list(shown), contexts=contexts.store()))


DATES = ["/issuer", "/validFrom", "/validUntil"]
SHOWN = ("/credentialSubject", "/name", "/id", "/type")


def revoked_badge() -> dict[str, Any]:
    return v.badge(careless_issuer().controller, credentialStatus=v.status_entry())


def revocations() -> dict[str, bytes]:
    return {v.LIST: v.sign(v.unsigned_status_list(7, by=careless_issuer()), careless_issuer(), "ecdsa-rdfc-2019")}


def registry() -> Trust:
    body = {"issuers": [{"id": careless_issuer().controller, "name": "State Board"}]}
    return Trust(registries=(registry_from_json(jsontext.dump(body), "State list"),))


def test_a_revoked_badge_shown_without_its_status_was_valid() -> None:
    data = derived(revoked_badge(), DATES, *SHOWN)
    report = v.inspect(data, revocations(), trust=registry())
    assert report.verdict is Verdict.UNDETERMINED, report.to_text()
    result = report.check("selective-disclosure")
    assert result.outcome is Outcome.UNKNOWN
    assert [(each.type, each.pointer) for each in result.problems] == [(STATUS_UNKNOWN, "/credentialStatus")]
    shown = v.inspect(derived(revoked_badge(), DATES, *SHOWN, "/credentialStatus"), revocations())
    assert REVOKED.code in shown.codes


def test_what_is_shown_without_a_status_is_still_its_issuers_word() -> None:
    """The doubt is about what is not shown: the proof stands, and who made it is told."""
    report = v.inspect(derived(revoked_badge(), DATES, *SHOWN), revocations(), trust=registry())
    assert report.check("signature").outcome is Outcome.PASSED
    assert report.check("issuer-recognition").evidence["matchingIssuers"]
    text = report.to_text()
    assert text.startswith("UNDETERMINED")
    assert "State Board" in text
    assert "unproved" not in text
    assert "status" in text.splitlines()[1]


def test_a_status_left_out_beside_something_worse_says_both() -> None:
    data = derived(revoked_badge(), ["/issuer", "/validFrom"], *SHOWN, "/validUntil")
    result = v.inspect(data, revocations(), trust=registry()).check("selective-disclosure")
    assert result.outcome is Outcome.UNKNOWN
    assert {(each.type, each.pointer) for each in result.problems} == {
        (PROOF_VERIFICATION_ERROR, "/validUntil"),
        (STATUS_UNKNOWN, "/credentialStatus"),
    }
    report = v.inspect(data, revocations(), trust=registry())
    assert report.check("issuer-recognition").outcome is Outcome.SKIPPED


def test_a_policy_may_take_a_badge_that_shows_no_status() -> None:
    data = derived(revoked_badge(), DATES, *SHOWN)
    for policy in (TOLERANT, VCALM):
        report = v.inspect(data, revocations(), policy=policy)
        assert report.verdict is Verdict.VALID
        assert (STATUS_UNKNOWN, "/credentialStatus") in {(each.type, each.pointer) for each in report.warnings}
        assert "in force," not in report.to_text()
        assert "it may not be" in report.to_text().splitlines()[0]
    assert ("warning", "STATUS_UNKNOWN", "/credentialStatus") in told(v.inspect(data).to_vc_api())


def test_a_revoked_badge_shown_without_its_status_was_valid_in_a_presentation() -> None:
    holder = v.signer("holder")
    subject = {**v.badge()["credentialSubject"], "id": holder.controller}
    data = derived(v.changed(revoked_badge(), credentialSubject=subject), DATES, *SHOWN)
    body = v.presentation(holder.controller, v.parsed(data))
    report = v.inspect(v.sign(body, holder, purpose="authentication"), revocations())
    assert report.verdict is Verdict.UNDETERMINED
    assert "STATUS_UNKNOWN" in report.codes
    where = "/verifiableCredential/0/credentialStatus"
    assert report.to_vc_api()["verified"] is True
    assert ("warning", "STATUS_UNKNOWN", where) in told(report.to_vc_api())


MEMBER = "/credentialSubject/verifiableCredential/0"


def test_a_credential_without_a_proof_in_a_derived_record_was_valid_without_its_status() -> None:
    """It is secured by the record's proof alone, so that is what its status may have been left out of."""
    by = careless_issuer()
    member = revoked_badge()
    record = v.clr(member, issuer=by.controller, validUntil="2031-04-01T09:00:00Z", credentialStatus=v.status_entry(11))
    root = [*DATES, "/credentialStatus"]
    parts = [f"{MEMBER}/{name}" for name in member if name not in ("@context", "credentialStatus")]
    report = v.inspect(derived(record, [*root, *parts], "/id", "/type", "/name"), revocations())
    result = report.check("selective-disclosure")
    assert (STATUS_UNKNOWN, f"{MEMBER}/credentialStatus") in {(each.type, each.pointer) for each in result.problems}
    assert (result.outcome, report.verdict) == (Outcome.UNKNOWN, Verdict.UNDETERMINED)
    whole = derived(record, [*root, MEMBER], "/id", "/type", "/name")
    clear = {v.LIST: v.sign(v.unsigned_status_list(by=by), by, "ecdsa-rdfc-2019")}
    assert v.inspect(whole, clear).verdict is Verdict.VALID, v.inspect(whole, clear).to_text()
    assert REVOKED.code in v.inspect(whole, revocations()).codes


def test_an_endorsement_that_shows_no_status_does_not_decide_about_the_badge() -> None:
    state = careless_issuer()
    body = v.badge()
    endorsement = v.endorsement(
        body["credentialSubject"]["achievement"]["id"], state, validUntil="2031-01-01T00:00:00Z"
    )
    shown = v.parsed(derived(endorsement, DATES, *SHOWN))
    body["credentialSubject"]["achievement"]["endorsement"] = [shown]
    report = v.inspect(v.sign(body))
    assert report.verdict is Verdict.VALID
    assert report.check("endorsements").outcome is Outcome.UNKNOWN
    assert STATUS_UNKNOWN in {each.type for each in report.warnings}


def test_a_status_list_has_no_status_to_show() -> None:
    """No status is asked of a status list, so none can have been left out."""
    by = careless_issuer()
    body = v.unsigned_status_list(by=by)
    listed = derived(body, [*DATES, "/credentialSubject"], "/id", "/type")
    badge = v.sign(v.badge(by.controller, credentialStatus=v.status_entry()), by, "ecdsa-rdfc-2019")
    report = v.inspect(badge, {v.LIST: listed})
    assert report.verdict is Verdict.VALID, report.to_text()
    revoked = derived(v.unsigned_status_list(7, by=by), [*DATES, "/credentialSubject"], "/id", "/type")
    assert REVOKED.code in v.inspect(badge, {v.LIST: revoked}).codes


def test_a_newer_copy_that_shows_no_status_does_not_take_the_place_of_one_that_does() -> None:
    by = careless_issuer()
    service = {"id": REFRESH, "type": "1EdTechCredentialRefresh"}
    body = v.changed(revoked_badge(), **{"@context": EXTENDED}, refreshService=service)
    newer = v.changed(body, validFrom="2026-04-20T09:00:00Z")
    copy = derived(newer, [*DATES, "/refreshService"], *SHOWN)
    report = v.inspect(v.sign(body, by, "ecdsa-rdfc-2019"), {**revocations(), REFRESH: copy})
    assert REVOKED.code in report.codes
    assert report.verdict is Verdict.INVALID


def test_a_badge_its_issuer_signed_whole_beside_may_have_no_status() -> None:
    """Nothing was left out of what another proof of the issuer covers as it stands."""
    by = careless_issuer()
    body = v.badge(by.controller)
    shown = v.parsed(derived(body, [*DATES, "/id", "/credentialSubject"], "/name", "/type"))
    own = {name: value for name, value in shown.items() if name != "proof"}
    whole = v.parsed(v.sign(own, by, "ecdsa-rdfc-2019"))["proof"]
    report = v.inspect(jsontext.dump({**own, "proof": [shown["proof"], whole]}))
    assert report.verdict is Verdict.VALID, report.to_text()
    stranger = v.parsed(v.sign(own, v.signer("stranger"), "eddsa-rdfc-2022"))["proof"]
    assert v.inspect(jsontext.dump({**own, "proof": [shown["proof"], stranger]})).verdict is not Verdict.VALID
