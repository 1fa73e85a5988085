"""What a document may call itself, what it may hide in itself, and what a presentation of it proves."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from badgeport.keys import cid
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs import data_integrity, jws
from badgeport.proofs.jose import issue_vp_jose
from badgeport.schemas import contexts, jsontext
from badgeport.verifier.checks.ids import CHECK_IDS
from badgeport.verifier.policy import DEFAULT, VCALM, Policy
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.trust.registries import Trust, registry_from_json
from badgeport.verifier.verifier import VerificationError, VerifiedCredential
from support import verifying as v

MALLORY = "mallory"
WEB = "did:web:lakeside.example"
WEB_DOCUMENT = "https://lakeside.example/.well-known/did.json"
BOTH = ["VerifiableCredential", "OpenBadgeCredential", "VerifiablePresentation"]
BADGES_ONLY = Policy("badges", CHECK_IDS, badge_required=True)


def proved(document: Any, by: Signer, suite: str = "eddsa-rdfc-2022", **options: Any) -> dict[str, Any]:
    """The document with one more proof."""
    return data_integrity.add_proof(
        document, by, cryptosuite=suite, created=v.ISSUED, contexts=contexts.store(), **options
    )


def presentation(holder: str | None, *members: Any) -> dict[str, Any]:
    """An unsigned presentation; one that shows nothing has no member for it."""
    return v.presentation(holder, *members, **({} if members else {"verifiableCredential": None}))


def shown(by: Signer, *members: Any, holder: str | None = "", **options: Any) -> bytes:
    """A presentation signed for authentication; ``holder`` is the signer's controller unless given."""
    body = presentation(by.controller if holder == "" else holder, *members)
    return jsontext.dump(proved(body, by, purpose=options.pop("purpose", "authentication"), **options))


def badge_about(subject_id: str | None, by: Signer | None = None, **changes: Any) -> dict[str, Any]:
    """A signed badge about someone; without an id, about someone who is only named by a hash."""
    body = v.badge((by or v.signer()).controller, **changes)
    if subject_id is None:
        del body["credentialSubject"]["id"]
        body["credentialSubject"]["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": "sha256$" + "ab" * 32,
                "identityType": "emailAddress",
            }
        ]
    else:
        body["credentialSubject"]["id"] = subject_id
    return v.parsed(v.sign(body, by))


# -- a document that calls itself two things ------------------------------------------------------------------------


def refused_as_ambiguous(data: bytes) -> VerificationReport:
    for policy in (DEFAULT, VCALM, BADGES_ONLY):
        report = v.inspect(data, policy=policy)
        assert report.verdict is Verdict.INVALID, report.to_text()
        assert report.check("parsing").outcome is Outcome.FAILED
        assert not report.to_vc_api()["verified"]
    with pytest.raises(VerificationError):
        v.verifier().verify(data, now=v.NOW)
    return report


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
@pytest.mark.parametrize("issuer", [WEB, "did:example:state"])
def test_a_badge_that_also_calls_itself_a_presentation(suite: str, issuer: str) -> None:
    forged = v.badge(issuer, type=BOTH)
    mallory = v.signer(MALLORY)
    refused_as_ambiguous(jsontext.dump(proved(forged, mallory, suite)))
    refused_as_ambiguous(jsontext.dump(proved({**forged, "holder": mallory.controller}, mallory, "eddsa-jcs-2022")))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"typ": "vc+jwt"}, {"typ": "vp+jwt"}, {}])
def test_a_jwt_badge_that_also_calls_itself_a_presentation(header: dict[str, str]) -> None:
    forged, mallory = v.badge(WEB, type=BOTH), v.signer(MALLORY)
    claims = {"iss": WEB, "jti": forged["id"], "sub": v.RECIPIENT, "nbf": 1775034000, "exp": 1932800400}
    for named in ({"jwk": mallory.public_key.to_jwk()}, {"kid": mallory.verification_method}):
        token = jws.sign({**header, **named}, {**forged, **claims}, mallory).encode()
        for policy in (DEFAULT, VCALM):
            assert v.inspect(token, policy=policy).verdict is Verdict.INVALID


@pytest.mark.parametrize("member", ["issuer", "credentialSubject"])
def test_a_presentation_with_the_members_of_a_credential(member: str) -> None:
    mallory = v.signer(MALLORY)
    body = v.presentation(mallory.controller, badge_about(mallory.controller))
    body[member] = v.badge(WEB)[member]
    body["@context"].append({member: f"https://mallory.example/{member}"})
    refused_as_ambiguous(jsontext.dump(proved(body, mallory, "eddsa-jcs-2022")))


def test_a_contained_document_that_calls_itself_two_things() -> None:
    mallory = v.signer(MALLORY)
    forged = proved(v.badge(WEB, type=BOTH), mallory)
    report = v.inspect(shown(mallory, forged), policy=replace(DEFAULT, holder_must_be_subject=False))
    assert report.verdict is Verdict.INVALID
    assert report.members[0].verdict is Verdict.INVALID


# -- a presentation that names no holder ----------------------------------------------------------------------------


def test_a_presentation_without_a_holder_is_as_good_as_what_it_shows() -> None:
    holder = v.signer("holder")
    good = v.inspect(shown(holder, badge_about(holder.controller), holder=None))
    assert good.verdict is Verdict.VALID, good.to_text()
    assert good.check("issuer-key").outcome is Outcome.SKIPPED
    assert v.inspect(shown(holder, holder=None)).verdict is Verdict.UNDETERMINED
    narrow = Policy("narrow", frozenset({"signature"}))
    forged = shown(holder, v.parsed(v.sign(v.badge(WEB), v.signer(MALLORY))), holder=None)
    assert v.inspect(forged, policy=narrow).verdict is Verdict.UNDETERMINED
    assert v.inspect(forged).verdict is Verdict.INVALID
    jwt = issue_vp_jose(v.presentation(None, badge_about(holder.controller)), holder, created=v.ISSUED).encode()
    assert v.inspect(jwt).verdict is Verdict.VALID
    assert v.inspect(jwt).check("jwt-key").outcome is Outcome.SKIPPED


def test_a_presentation_is_never_given_out_as_a_credential() -> None:
    holder = v.signer("holder")
    data = shown(holder, badge_about(holder.controller))
    assert v.inspect(data).verdict is Verdict.VALID
    with pytest.raises(VerificationError, match="presentation") as caught:
        v.verifier().verify(data, now=v.NOW)
    summary = caught.value.report.credential
    assert summary is not None
    assert (summary.issuer, summary.issuer_name, summary.holder) == (None, None, holder.controller)


# -- whose credentials are presented --------------------------------------------------------------------------------


def test_a_badge_that_names_its_subject_only_by_a_hash_binds_nobody_who_presents_it() -> None:
    report = v.inspect(shown(v.signer(MALLORY), badge_about(None)))
    assert report.check("presentation").outcome is Outcome.UNKNOWN
    assert report.verdict is Verdict.UNDETERMINED
    relaxed = v.inspect(shown(v.signer(MALLORY), badge_about(None)), policy=VCALM)
    assert relaxed.verdict is Verdict.VALID
    assert "RECIPIENT_MISMATCH" in {warning.type.code for warning in relaxed.warnings}


def test_a_record_of_ones_own_making_around_someone_elses_badge() -> None:
    mallory = v.signer(MALLORY)
    for inner, outcome in ((v.RECIPIENT, Outcome.FAILED), (None, Outcome.UNKNOWN)):
        record = v.clr(badge_about(inner), issuer=mallory.controller)
        record["credentialSubject"]["id"] = mallory.controller
        report = v.inspect(shown(mallory, proved(record, mallory)))
        assert report.check("presentation").outcome is outcome
        assert report.check("presentation").problems[0].pointer == (
            "/verifiableCredential/0/credentialSubject/verifiableCredential/0"
        )
        assert report.verdict is not Verdict.VALID
    own = v.clr(badge_about(mallory.controller), issuer=mallory.controller)
    own["credentialSubject"]["id"] = mallory.controller
    assert v.inspect(shown(mallory, proved(own, mallory))).verdict is Verdict.VALID


def test_a_record_about_the_recipient_says_nothing_of_whom_its_badges_are_about() -> None:
    mallory = v.signer(MALLORY)
    for inner, outcome in ((v.RECIPIENT, Outcome.UNKNOWN), (mallory.controller, Outcome.PASSED)):
        record = v.clr(badge_about(inner), issuer=mallory.controller)
        record["credentialSubject"]["id"] = mallory.controller
        report = v.inspect(v.sign(record, mallory), recipient=mallory.controller)
        assert report.check("recipient").outcome is outcome
    assert v.inspect(v.sign(record, mallory), recipient=v.RECIPIENT).check("recipient").outcome is Outcome.FAILED


def test_a_presentation_inside_a_presentation_by_someone_else() -> None:
    holder, mallory = v.signer("holder"), v.signer(MALLORY)
    inner = v.parsed(shown(holder, badge_about(holder.controller)))
    assert v.inspect(shown(mallory, inner)).check("presentation").outcome is Outcome.FAILED
    assert v.inspect(shown(holder, inner)).verdict is Verdict.VALID


# -- presentations of nothing, and what is said of them -------------------------------------------------------------


def registry(*known: Signer) -> Trust:
    entries = {each.controller: {"name": "Known"} for each in known}
    return Trust((registry_from_json(jsontext.dump({"registry": entries}), "list"),))


def test_an_empty_presentation_is_no_badge_and_is_not_called_genuine() -> None:
    stranger = v.signer(MALLORY)
    data = shown(stranger)
    assert v.inspect(data, policy=BADGES_ONLY).verdict is Verdict.INVALID
    text = v.inspect(data).to_text()
    for word in ("genuine", "you recognize", "Issued by"):
        assert word not in text
    assert f"Presented by: {stranger.controller}" in text


def test_only_what_is_or_contains_a_badge_is_one() -> None:
    assert v.inspect(v.status_list(), policy=BADGES_ONLY).verdict is Verdict.INVALID
    empty = v.clr(credentialSubject={"id": v.RECIPIENT, "type": ["ClrSubject"]})
    assert v.inspect(v.sign(empty), policy=BADGES_ONLY).check("type").outcome is Outcome.FAILED
    assert v.inspect(v.sign(v.clr(v.parsed(v.sign(v.badge())))), policy=BADGES_ONLY).verdict is Verdict.VALID
    listed = v.inspect(
        v.sign(v.badge(credentialStatus=v.status_entry())), {v.LIST: v.status_list()}, policy=BADGES_ONLY
    )
    assert listed.verdict is Verdict.VALID
    holder = v.signer("holder")
    nothing = v.parsed(shown(holder))
    assert v.inspect(shown(holder, nothing), policy=BADGES_ONLY).verdict is Verdict.INVALID


def test_the_issuers_are_called_recognized_only_where_all_are() -> None:
    holder, stranger = v.signer("holder"), v.signer("stranger")
    known = badge_about(holder.controller)
    unknown = badge_about(holder.controller, stranger)
    assert "issuers you recognize" in v.inspect(shown(holder, known), trust=registry(v.signer())).to_text()
    for members in ((unknown,), (known, unknown)):
        report = v.inspect(shown(holder, *members), trust=registry(v.signer()))
        assert report.verdict is Verdict.VALID
        assert "you recognize" not in report.to_text().partition("\n")[0]


# -- members without a proof of their own ---------------------------------------------------------------------------


def web_documents(*, authentication: Signer) -> dict[str, Any]:
    document = v.key_document(v.web_signer())
    document["verificationMethod"].append(
        cid.method_entry(authentication.verification_method, WEB, authentication.public_key)
    )
    document["authentication"] = [authentication.verification_method]
    return {WEB_DOCUMENT: document}


def test_a_key_that_may_only_log_in_does_not_issue() -> None:
    login = v.web_signer(WEB, "login")
    documents = web_documents(authentication=login)
    member = v.badge(WEB)
    member["credentialSubject"]["id"] = WEB
    report = v.inspect(shown(login, member), documents)
    assert report.check("signature").outcome is Outcome.PASSED
    assert report.members[0].verdict is Verdict.INVALID
    assert report.verdict is Verdict.INVALID
    token = issue_vp_jose(v.presentation(WEB, member), login, created=v.ISSUED).encode()
    assert v.inspect(token, documents).verdict is not Verdict.VALID
    asserted = shown(v.web_signer(), member, purpose="assertionMethod")
    assert v.inspect(asserted, documents).verdict is Verdict.VALID
    misused = shown(login, member, purpose="assertionMethod")
    assert v.inspect(misused, documents).verdict is Verdict.INVALID


def test_a_revoked_key_or_a_lapsed_proof_covers_no_member() -> None:
    member = v.badge(WEB)
    member["credentialSubject"]["id"] = WEB
    data = shown(v.web_signer(), member, purpose="assertionMethod")
    document = v.key_document(v.web_signer(), revoked=v.ISSUED + timedelta(days=1))
    assert v.inspect(data, {WEB_DOCUMENT: document}).members[0].verdict is Verdict.UNDETERMINED
    lapsed = shown(v.web_signer(), member, purpose="assertionMethod", expires=v.ISSUED + timedelta(days=1))
    assert v.inspect(lapsed, {WEB_DOCUMENT: v.key_document(v.web_signer())}).verdict is Verdict.INVALID


# -- members hidden by the shape of what contains them --------------------------------------------------------------


@pytest.mark.parametrize("as_list", [True, False])
@pytest.mark.parametrize("types", [["VerifiableCredential"], ["VerifiableCredential", "ClrCredential"]])
def test_a_member_is_looked_at_whatever_contains_it_calls_itself(as_list: bool, types: list[str]) -> None:
    tampered = v.spoiled(v.sign(v.badge()), lambda document: document.update(name="Another"))
    body = v.clr(v.parsed(tampered), type=types)
    if as_list:
        body["credentialSubject"] = [body["credentialSubject"]]
    report = v.inspect(jsontext.dump(proved(body, v.signer(), "eddsa-jcs-2022")))
    assert report.check("members").outcome is Outcome.FAILED
    assert report.verdict is Verdict.INVALID


# -- sets of proofs -------------------------------------------------------------------------------------------------


def test_a_proof_that_is_not_for_this_verifier_only_warns_beside_one_of_the_issuers() -> None:
    good = v.parsed(v.sign(v.badge()))
    foreign = {**good["proof"], "cryptosuite": "bbs-2023", "proofValue": "u2V0ChVhA"}
    report = v.inspect(jsontext.dump({**good, "proof": [good["proof"], foreign]}))
    assert report.verdict is Verdict.VALID, report.to_text()
    assert "UNSUPPORTED" in {warning.type.code for warning in report.warnings}
    assert v.inspect(jsontext.dump({**good, "proof": [foreign]})).verdict is Verdict.UNDETERMINED
    by_stranger = v.parsed(v.sign(v.badge(), v.signer(MALLORY)))["proof"]
    assert v.inspect(jsontext.dump({**good, "proof": [by_stranger, foreign]})).verdict is not Verdict.VALID
    spoiled = jsontext.dump({**good, "name": "Another", "proof": [good["proof"], foreign]})
    assert v.inspect(spoiled).verdict is Verdict.INVALID


def test_a_base_proof_beside_the_issuers_proof_of_the_whole() -> None:
    district, curve = v.web_signer(), v.web_signer(WEB, "p256", KeyType.P256)
    documents = {WEB_DOCUMENT: v.key_document(district, curve)}
    body = v.badge(WEB)
    base = proved(body, curve, "ecdsa-sd-2023")["proof"]
    whole = proved(body, district)["proof"]
    for proofs in ([whole, base], [base, whole]):
        report = v.inspect(jsontext.dump({**body, "proof": proofs}), documents)
        assert report.verdict is Verdict.VALID, report.to_text()
        assert any("base proof" in warning.detail for warning in report.warnings)
    assert v.inspect(jsontext.dump({**body, "proof": [base]}), documents).verdict is Verdict.INVALID
    failing = {**whole, "created": "2026-04-02T09:00:00Z"}
    assert v.inspect(jsontext.dump({**body, "proof": [whole, failing]}), documents).verdict is Verdict.INVALID


def test_an_unverified_proof_does_not_say_who_presents() -> None:
    holder, mallory = v.signer("holder", KeyType.P256), v.signer(MALLORY)
    stolen = proved(presentation(None), holder, "ecdsa-sd-2023", purpose="authentication")["proof"]
    body = v.presentation(None, badge_about(holder.controller))
    own = proved(body, mallory, purpose="authentication")["proof"]
    assert v.inspect(jsontext.dump({**body, "proof": [stolen, own]})).verdict is not Verdict.VALID


# -- the same checks under another policy ---------------------------------------------------------------------------


def test_an_expired_endorsement_counts_alike_at_any_depth() -> None:
    holder, state = v.signer("holder"), v.signer("state")
    endorsement = v.endorsement(
        "https://lakeside.example/achievements/reading-together", state, validUntil="2026-04-02T00:00:00Z"
    )
    body = v.badge()
    body["credentialSubject"]["id"] = holder.controller
    body["credentialSubject"]["achievement"]["endorsement"] = [v.parsed(v.sign(endorsement, state))]
    badge = v.sign(body)
    assert v.inspect(badge).to_vc_api()["verified"]
    presented = v.inspect(shown(holder, v.parsed(badge)))
    assert presented.verdict is Verdict.INVALID
    assert presented.judged_by(VCALM) is v.inspect(shown(holder, v.parsed(badge)), policy=VCALM).verdict
    assert presented.to_vc_api()["verified"]


def test_another_policy_finds_nothing_valid_that_is_not_proved_or_that_a_defect_stopped() -> None:
    from badgeport.schemas.problems import INTERNAL_ERROR, Problem

    report = v.inspect(v.sign(v.badge()))
    assert report.judged_by(DEFAULT) is Verdict.VALID

    def with_check(check_id: str, **changes: Any) -> VerificationReport:
        checks = tuple(replace(each, **changes) if each.id == check_id else each for each in report.checks)
        return replace(report, checks=checks)

    assert with_check("signature", outcome=Outcome.SKIPPED).judged_by(DEFAULT) is Verdict.UNDETERMINED
    assert with_check("issuer-key", outcome=Outcome.SKIPPED).judged_by(VCALM) is Verdict.UNDETERMINED
    stopped = with_check("status", outcome=Outcome.UNKNOWN, problems=(Problem(INTERNAL_ERROR, "stopped"),))
    assert stopped.judged_by(VCALM) is Verdict.UNDETERMINED


def test_a_stricter_policy_judges_what_a_laxer_one_let_pass() -> None:
    lax = Policy("lax", frozenset({"validity-period"}), warn_only=frozenset({"validity-period"}))
    member = v.parsed(v.sign(v.badge(validUntil="2026-04-10T00:00:00Z")))
    report = v.inspect(v.sign(v.clr(member)), policy=lax)
    assert report.verdict is Verdict.VALID
    assert report.judged_by(DEFAULT) is Verdict.INVALID


# -- words ----------------------------------------------------------------------------------------------------------


def test_nothing_is_told_as_proved_where_the_signature_was_not_checked() -> None:
    text = v.inspect(v.sign(v.badge(WEB), v.web_signer())).to_text()
    assert text.startswith("UNDETERMINED")
    assert "The document says of itself (unproved):" in text
    proved_text = v.inspect(v.sign(v.badge(credentialStatus=v.status_entry()))).to_text()
    assert proved_text.startswith("UNDETERMINED")
    assert "unproved" not in proved_text


def test_a_policy_that_tolerates_an_expired_badge_does_not_call_it_in_force() -> None:
    expired = v.inspect(v.sign(v.badge(validUntil="2026-04-10T00:00:00Z")), policy=VCALM)
    assert expired.verdict is Verdict.VALID
    first = expired.to_text().partition("\n")[0]
    assert first.startswith("VALID")
    assert "and in force" not in first
    assert "genuine, in force" not in first


@pytest.mark.parametrize(("purpose", "deed"), [("revocation", "revoked"), ("suspension", "suspended")])
def test_what_the_issuer_did_is_named(purpose: str, deed: str) -> None:
    data = v.sign(v.badge(credentialStatus=v.status_entry(purpose=purpose)))
    report = v.inspect(data, {v.LIST: v.status_list(7, purpose=purpose)})
    assert report.check("status").message == f"The issuer has {deed} the credential."


# -- the object that says "verified" --------------------------------------------------------------------------------


def test_a_verified_credential_cannot_be_changed_copied_or_derived_from() -> None:
    verified = v.verifier().verify(v.sign(v.badge()), now=v.NOW)
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copied(verified)
    for name in ("_document", "_report", "_original", "document", "more"):
        with pytest.raises(AttributeError):
            setattr(verified, name, {})
        with pytest.raises(AttributeError):
            delattr(verified, name)
    with pytest.raises(TypeError):
        type("Forged", (VerifiedCredential,), {"__init__": lambda self: None})
    assert verified.issuer == v.signer().controller
