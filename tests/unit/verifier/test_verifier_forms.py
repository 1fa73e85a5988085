"""Forms and combinations beyond one proof on one badge: older data models, sets and chains, lists of other kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.proofs import data_integrity, jws
from badgeport.proofs.secured import CRYPTOSUITES, secure, verify_secured
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.problems import CONTEXT_PREVIOUS, LEGACY_DATA_MODEL
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.report import Outcome, Verdict
from badgeport.verifier.trust.registries import Trust, registry_from_json
from support import verifying as v

CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
STATUS_LIST_2021 = "https://w3id.org/vc/status-list/2021/v1"


def legacy_badge(**changes: Any) -> dict[str, Any]:
    body = v.badge(validFrom=None, validUntil=None, issuanceDate="2026-04-01T09:00:00Z", **changes)
    body["@context"] = [CREDENTIALS_V1, v.OB_3_0_3]
    return body


@pytest.mark.parametrize("format", [each for each in CRYPTOSUITES if each != "ecdsa-sd-2023"])
def test_a_badge_of_the_older_data_model_is_valid_with_a_warning(format: str) -> None:
    key_type = KeyType.P256 if format.startswith("ecdsa") else KeyType.ED25519
    by = v.signer(f"legacy-{key_type}", key_type)
    body = legacy_badge()
    body["issuer"]["id"] = by.controller
    report = v.inspect(v.sign(body, by, format))
    assert report.verdict is Verdict.VALID, report.to_text()
    assert LEGACY_DATA_MODEL in {warning.type for warning in report.warnings}
    body["expirationDate"] = "2026-04-20T00:00:00Z"
    assert v.inspect(v.sign(body, by, format)).codes == ("EXPIRED",)


def legacy_jwt(**changes: Any) -> bytes:
    body = v.changed(legacy_badge(), issuanceDate=None)
    payload = {
        "vc": body,
        "iss": v.signer().controller,
        "jti": body["id"],
        "sub": v.RECIPIENT,
        "nbf": 1775034000,
        **changes,
    }
    return jws.sign({"typ": "JWT", "jwk": v.signer().public_key.to_jwk()}, payload, v.signer()).encode()


def test_a_jwt_with_a_vc_claim_is_read() -> None:
    report = v.inspect(legacy_jwt())
    assert report.verdict is Verdict.VALID, report.to_text()
    assert v.inspect(legacy_jwt(exp=1776000000)).codes == ("EXPIRED",)
    assert v.inspect(legacy_jwt(iss=v.signer("mallory").controller)).verdict is Verdict.INVALID
    modern = v.inspect(legacy_jwt(vc=v.badge()))
    assert modern.check("jwt-claims").outcome is Outcome.FAILED


def test_a_chain_of_proofs_stands_and_falls_as_one() -> None:
    first = data_integrity.add_proof(
        v.badge(), v.signer(), cryptosuite="eddsa-rdfc-2022", created=v.ISSUED, contexts=contexts.store(),
        proof_id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0b001",
    )  # fmt: skip
    second = data_integrity.add_proof(
        first, v.signer("witness"), cryptosuite="eddsa-rdfc-2022", created=v.NOW, contexts=contexts.store(),
        previous="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0b001",
    )  # fmt: skip
    assert v.inspect(jsontext.dump(second)).verdict is Verdict.VALID
    broken = {**second, "proof": [second["proof"][1]]}
    assert v.inspect(jsontext.dump(broken)).verdict is Verdict.INVALID


def test_the_issuers_proof_in_a_suite_that_is_not_supported_leaves_a_set_undetermined() -> None:
    witnessed = v.parsed(v.sign(v.badge(), v.signer("witness")))
    issuers = {**witnessed["proof"], "cryptosuite": "bbs-2023", "verificationMethod": v.signer().verification_method}
    report = v.inspect(jsontext.dump({**witnessed, "proof": [issuers, witnessed["proof"]]}))
    assert report.check("issuer-key").outcome is Outcome.UNKNOWN
    assert report.verdict is Verdict.UNDETERMINED


def test_a_jwt_around_a_badge_with_an_embedded_proof() -> None:
    inner = v.parsed(v.sign(v.badge()))
    assert v.inspect(v.sign(inner, format="vc+jwt")).verdict is Verdict.VALID
    inner["proof"]["created"] = "2026-04-02T09:00:00Z"
    assert v.inspect(v.sign(inner, format="vc+jwt")).verdict is Verdict.INVALID


def test_a_proof_over_an_earlier_edition_of_a_context_is_told() -> None:
    """A set in which the proof must be hashed with what the publisher served before verifies with a warning."""
    older = contexts.store().with_previous(v.OB_3_0_3)
    by = v.signer()
    body = v.badge()
    data = secure(body, by, "eddsa-rdfc-2022", created=v.ISSUED, contexts=older)
    report = v.inspect(data)
    # A badge without the terms that were added has the same statements under either edition.
    assert report.verdict is Verdict.VALID
    assert CONTEXT_PREVIOUS not in {warning.type for warning in report.warnings}


def test_a_badge_whose_statements_differ_between_editions_of_a_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """The current edition is made to be refused: what verifies with the earlier one is valid, and said to be so."""
    from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, ProblemError
    from badgeport.verifier import proving

    data, real = v.sign(v.badge()), verify_secured
    current = contexts.store().fingerprint

    def verify(opened: Any, info: Any, key: Any, **options: Any) -> None:
        if options["contexts"].fingerprint == current:
            raise ProblemError(PROOF_VERIFICATION_ERROR, "the signature does not fit")
        real(opened, info, key, **options)

    monkeypatch.setattr(proving, "verify_secured", verify)
    report = v.inspect(data)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert CONTEXT_PREVIOUS in {warning.type for warning in report.warnings}
    jcs = v.inspect(v.sign(v.badge(), format="eddsa-jcs-2022"))
    assert jcs.verdict is Verdict.INVALID


@pytest.mark.parametrize("format", ["eddsa-jcs-2022", "vc-jwt", "vc+jwt"])
def test_a_status_list_in_any_form(format: str) -> None:
    listed = v.unsigned_status_list(7)
    listed["credentialSubject"]["id"] = f"{v.LIST}#list"
    data = v.sign(v.badge(credentialStatus=v.status_entry()))
    report = v.inspect(data, {v.LIST: v.sign(listed, format=format)})
    assert report.codes == ("REVOKED",), report.to_text()


def test_the_predecessor_of_bitstring_lists() -> None:
    listed = v.unsigned_status_list(7)
    listed["@context"] = [CREDENTIALS_V1, STATUS_LIST_2021]
    listed["type"] = ["VerifiableCredential", "StatusList2021Credential"]
    listed["issuanceDate"] = listed.pop("validFrom")
    listed["expirationDate"] = listed.pop("validUntil")
    subject = listed["credentialSubject"]
    subject["type"] = "StatusList2021"
    subject["encodedList"] = subject["encodedList"].removeprefix("u")
    entry = v.status_entry(7, type="StatusList2021Entry", id=f"{v.LIST}#7")
    body = legacy_badge(credentialStatus=entry)
    body["@context"].append(STATUS_LIST_2021)
    assert v.inspect(v.sign(body), {v.LIST: v.sign(listed)}).codes == ("REVOKED",)
    body["credentialStatus"] = v.changed(entry, statusListIndex="8")
    report = v.inspect(v.sign(body), {v.LIST: v.sign(listed)})
    assert report.verdict is Verdict.VALID, report.to_text()


def test_status_values_of_several_bits() -> None:
    words = [{"status": hex(number), "message": text} for number, text in enumerate(("ok", "paused", "lapsed", "gone"))]
    entry = v.status_entry(7, "suspension", statusSize=2, statusMessage=words)
    data = v.sign(v.badge(credentialStatus=entry))
    report = v.inspect(data, {v.LIST: v.status_list(7, purpose="suspension", size=2)})
    assert report.codes == ("SUSPENDED",)
    assert "paused" in report.check("status").problems[0].detail
    assert v.inspect(data, {v.LIST: v.status_list(6, purpose="suspension", size=2)}).verdict is Verdict.VALID


def test_a_recipient_is_looked_for_in_what_is_presented() -> None:
    holder = v.signer("holder")
    member = v.badge()
    member["credentialSubject"]["id"] = holder.controller
    data = v.sign(v.presentation(holder.controller, v.parsed(v.sign(member))), holder, purpose="authentication")
    assert v.inspect(data, recipient=holder.controller).verdict is Verdict.VALID
    other = v.inspect(data, recipient=v.RECIPIENT)
    assert other.codes == ("RECIPIENT_MISMATCH",)
    assert other.check("recipient").problems[0].pointer == "/verifiableCredential/0/credentialSubject"


def test_recognition_is_asked_of_issuers_and_not_of_endorsers() -> None:
    state = v.signer("state")
    body = v.badge()
    body["credentialSubject"]["achievement"]["endorsement"] = [
        v.parsed(v.sign(v.endorsement("https://lakeside.example/achievements/reading-together", state), state))
    ]
    listed = jsontext.dump({"issuers": [{"id": v.signer().controller, "name": "Lakeside"}]})
    trust = Trust((registry_from_json(listed, "list.json"),))
    demanding = replace(DEFAULT, recognized_issuers_only=True)
    report = v.inspect(v.sign(body), trust=trust, policy=demanding)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert v.inspect(v.sign(body), policy=demanding).verdict is Verdict.INVALID


def test_a_presentation_of_tokens_in_envelopes() -> None:
    from badgeport.proofs.envelopes import enveloped_credential

    holder = v.signer("holder")
    member = v.badge()
    member["credentialSubject"]["id"] = holder.controller
    for format in ("vc+jwt", "vc+sd-jwt"):
        body = v.presentation(holder.controller, enveloped_credential(v.sign(member, format=format)))
        data = v.sign(body, holder, purpose="authentication")
        report = v.inspect(data)
        assert report.verdict is Verdict.VALID, report.to_text()
        assert report.members[0].credential is not None
        assert report.members[0].credential.name == "Reading Together"


def test_a_plain_credential_that_breaks_its_own_data_model_is_invalid() -> None:
    body = {
        "@context": [v.CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": v.signer().controller,
        "credentialSubject": {"id": v.RECIPIENT},
    }
    assert v.inspect(v.sign(body)).verdict is Verdict.VALID
    for changes in ({"type": ["Thing"]}, {"@context": [v.OB_3_0_3]}, {"credentialSubject": None}):
        changed = v.changed(body, **changes)
        assert v.inspect(v.sign(changed, format="eddsa-jcs-2022")).verdict is Verdict.INVALID
