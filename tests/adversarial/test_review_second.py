"""What a holder strips from a record of several credentials, and answers of servers that are not what they seem."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from badgeport.keys import did
from badgeport.keys.types import KeyType
from badgeport.proofs import jws, sd_disclosures
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.identity import hash_identity
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, STATUS_OUTDATED, STATUS_UNKNOWN
from badgeport.verifier.keys import KeyFacts
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import Fetched
from badgeport.verifier.verifier import Verifier
from support import verifying as v

CONTEXTS = contexts.store()
MEMBER = "/credentialSubject/verifiableCredential/0"
WEB_DOCUMENT = "https://lakeside.example/.well-known/did.json"
EXTENDED = [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]


def issuer() -> Any:
    return v.signer("p256", KeyType.P256)


def lists(*revoked: int) -> dict[str, bytes]:
    by = issuer()
    return {v.LIST: v.sign(v.unsigned_status_list(*revoked, by=by), by, "ecdsa-rdfc-2019")}


def record(*members: dict[str, Any], **changes: Any) -> dict[str, Any]:
    changes = {"validUntil": "2031-04-01T09:00:00Z", "credentialStatus": v.status_entry(8), **changes}
    return v.clr(*members, issuer=issuer().controller, **changes)


def earned(**changes: Any) -> dict[str, Any]:
    return v.badge(issuer().controller, **changes)


def derived(base: Mapping[str, Any], *pointers: str) -> bytes:
    return jsontext.dump(ecdsa_sd.derive(base, pointers, contexts=CONTEXTS))


def careless(document: dict[str, Any], *mandatory: str) -> dict[str, Any]:
    """A base proof by software that makes just these pointers mandatory."""
    by = issuer()
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-04-01T09:00:00Z",
        "verificationMethod": by.verification_method,
        "proofPurpose": "assertionMethod",
    }
    return {**document, "proof": ecdsa_sd.sign_base(document, options, by, mandatory, contexts=CONTEXTS)}


def on_root(document: Mapping[str, Any], *without: str) -> tuple[str, ...]:
    names = ("id", "type", "issuer", "validFrom", "validUntil", "credentialStatus", "credentialSchema")
    return tuple(f"/{name}" for name in names if name in document and name not in without)


# -- what a holder leaves out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stripped", ["credentialStatus", "validUntil", "validFrom"])
def test_part_of_a_credential_without_a_proof_does_not_stand_for_the_whole(stripped: str) -> None:
    member = earned(credentialStatus=v.status_entry(7))
    document = record(member)
    base = careless(document, *on_root(document))
    kept = [f"{MEMBER}/{name}" for name in member if name not in (stripped, "@context")]
    report = v.inspect(derived(base, *kept), lists())
    assert report.verdict is not Verdict.VALID
    assert report.check("selective-disclosure").outcome is Outcome.UNKNOWN
    assert MEMBER in {problem.pointer for problem in report.check("selective-disclosure").problems}
    (inner,) = report.members
    assert inner.check("proof-present").outcome is Outcome.UNKNOWN


def test_our_base_proofs_let_no_one_take_a_credential_without_a_proof_apart() -> None:
    member = earned(credentialStatus=v.status_entry(7))
    base = v.parsed(v.sign(record(member), issuer(), "ecdsa-sd-2023"))
    stripped = derived(base, f"{MEMBER}/name")
    assert v.parsed(stripped)["credentialSubject"]["verifiableCredential"][0] == member
    assert "REVOKED" in v.inspect(stripped, lists(7)).codes
    report = v.inspect(stripped, lists())
    assert report.verdict is Verdict.VALID, report.to_text()


def test_a_credential_with_its_own_proof_may_be_left_out_and_not_be_taken_apart() -> None:
    member = v.parsed(v.sign(earned(credentialStatus=v.status_entry(7)), issuer(), "ecdsa-rdfc-2019"))
    base = v.parsed(v.sign(record(member), issuer(), "ecdsa-sd-2023"))
    assert "credentialSubject" not in v.parsed(derived(base, "/name"))
    assert v.inspect(derived(base, MEMBER), lists()).verdict is Verdict.VALID
    unproved = [f"{MEMBER}/{name}" for name in member if name not in ("proof", "@context", "credentialStatus")]
    assert v.inspect(derived(base, *unproved), lists(7)).verdict is not Verdict.VALID


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("name", ["credentialStatus", "validUntil", "validFrom"])
def test_an_sd_jwt_does_not_let_a_credential_without_a_proof_be_taken_apart(name: str, shown: bool) -> None:
    by = issuer()
    document = record(earned(credentialStatus=v.status_entry(7)))
    path = (*MEMBER.split("/")[1:], name)
    payload, disclosures = sd_disclosures.pack(document, frozenset({path}), decoys=0, random=secrets.token_bytes)
    payload |= {"iss": by.controller, "_sd_alg": "sha-256"}
    token = jws.sign({"typ": "vc+sd-jwt", "kid": by.verification_method}, payload, by)
    text = "~".join([token, *(disclosures if shown else ()), ""])
    assert v.inspect(text.encode(), lists()).verdict is not Verdict.VALID


def test_a_status_that_may_have_been_withheld_is_told() -> None:
    document = earned(credentialStatus=v.status_entry(7))
    base = careless(document, *on_root(document, "credentialStatus"))
    report = v.inspect(derived(base, "/credentialSubject", "/name"), lists(7))
    result = report.check("selective-disclosure")
    assert (result.outcome, report.verdict) == (Outcome.UNKNOWN, Verdict.UNDETERMINED)
    assert [(each.type, each.pointer) for each in result.problems] == [(STATUS_UNKNOWN, "/credentialStatus")]
    shown = v.sign(document, issuer(), "ecdsa-sd-2023")
    whole = v.inspect(derived(v.parsed(shown), "/credentialSubject"), lists())
    assert whole.verdict is Verdict.VALID
    assert "STATUS_UNKNOWN" not in whole.codes


@pytest.mark.parametrize("loose", ["issuer", "validFrom", "validUntil"])
def test_no_status_and_an_issuer_who_makes_little_mandatory_is_unknown(loose: str) -> None:
    document = earned(credentialStatus=v.status_entry(7))
    base = careless(document, *on_root(document, "credentialStatus", loose))
    chosen = [f"/{name}" for name in document if name not in ("credentialStatus", "@context")]
    report = v.inspect(derived(base, *chosen), lists(7))
    result = report.check("selective-disclosure")
    assert result.outcome is Outcome.UNKNOWN
    assert result.problems[0].type is PROOF_VERIFICATION_ERROR
    assert report.verdict is not Verdict.VALID


def test_no_start_of_validity_shown_is_unknown() -> None:
    document = earned()
    base = careless(document, *on_root(document, "validFrom"))
    report = v.inspect(derived(base, "/credentialSubject", "/name"))
    assert "/validFrom" in {problem.pointer for problem in report.check("selective-disclosure").problems}


# -- whose key ------------------------------------------------------------------------------------------------------


def test_a_key_is_nobodys_until_something_says_so() -> None:
    assert KeyFacts({}).ownership is None


@pytest.mark.parametrize("answer", [{"id": "req-1234", "error": "down"}, {"id": "did:web:other.example"}])
def test_an_error_with_an_id_does_not_make_a_badge_invalid(answer: dict[str, Any]) -> None:
    by = v.web_signer()
    report = v.inspect(v.sign(v.badge(by.controller), by), {WEB_DOCUMENT: answer})
    assert report.verdict is Verdict.UNDETERMINED
    assert "KEY_UNAVAILABLE" in report.codes


def test_a_document_of_another_that_lists_keys_fails() -> None:
    by = v.web_signer()
    answer = v.key_document(by) | {"id": "did:web:other.example"}
    assert v.inspect(v.sign(v.badge(by.controller), by), {WEB_DOCUMENT: answer}).verdict is Verdict.INVALID


def judged_with(files: dict[str, str], data: bytes, path: Path) -> VerificationReport:
    for name, text in files.items():
        (path / name).write_text(text)
    return Verifier(fetcher=DocumentDirectory(path)).inspect(data, now=v.NOW)


def test_a_file_that_calls_itself_the_address_of_a_did_document_is_not_used(tmp_path: Path) -> None:
    by = v.web_signer()
    genuine = v.key_document(by)
    files = {"a.json": json.dumps(genuine | {"id": WEB_DOCUMENT}), "z.json": json.dumps(genuine)}
    assert judged_with(files, v.sign(v.badge(by.controller), by), tmp_path).verdict is Verdict.VALID
    assert [problem.detail.split(":")[0] for problem in DocumentDirectory(tmp_path).problems] == ["a.json"]


def test_the_same_document_laid_out_twice_is_one(tmp_path: Path) -> None:
    by = v.web_signer()
    genuine = v.key_document(by)
    files = {"a.json": json.dumps(genuine, indent=2), "z.json": json.dumps(genuine, sort_keys=True)}
    assert judged_with(files, v.sign(v.badge(by.controller), by), tmp_path).verdict is Verdict.VALID
    assert DocumentDirectory(tmp_path).problems == ()


def test_the_host_of_a_web_did_has_no_case() -> None:
    assert did.comparable("did:web:Lakeside.Example%3a8443:Schools#Key") == (
        "did:web:lakeside.example%3A8443:Schools#Key"
    )
    document = v.key_document(v.web_signer())
    by = v.web_signer("did:web:Lakeside.example")
    shouted = jsontext.parse_object(jsontext.dump(v.key_document(by)))
    body = v.badge(by.controller)
    assert v.inspect(v.sign(body, by), {WEB_DOCUMENT: shouted}).verdict is Verdict.VALID
    whispered = jsontext.parse_object(jsontext.dump(shouted).replace(b"Lakeside", b"lakeside"))
    assert v.inspect(v.sign(body, by), {WEB_DOCUMENT: whispered}).verdict is Verdict.VALID
    assert v.inspect(v.sign(body, by), {WEB_DOCUMENT: document}).verdict is Verdict.INVALID


@pytest.mark.parametrize("member", ["verificationMethod", "assertionMethod"])
def test_two_keys_of_one_did_that_differ_in_host_case_are_two(member: str) -> None:
    by, other = v.web_signer(), v.web_signer("did:web:Lakeside.example", "key-1")
    document = v.key_document(by)
    document[member] = [*document[member], v.key_document(other)["verificationMethod"][0]]
    assert v.inspect(v.sign(v.badge(by.controller), by), {WEB_DOCUMENT: document}).verdict is Verdict.INVALID


def test_a_bare_did_with_several_keys_leaves_the_choice_to_the_header() -> None:
    one = v.web_signer(fragment="a", key_type=KeyType.P256)
    two = v.web_signer(fragment="b", key_type=KeyType.P256)
    stranger = issuer()
    documents = {WEB_DOCUMENT: v.key_document(one, two)}
    for by, verdict in ((two, Verdict.VALID), (stranger, Verdict.INVALID)):
        header = {"typ": "vc+jwt", "kid": one.controller, "jwk": by.public_key.to_jwk()}
        assert v.inspect(jws.sign(header, v.badge(one.controller), by).encode(), documents).verdict is verdict


UNSUPPORTED: dict[str, Any] = {
    "type": "DataIntegrityProof",
    "cryptosuite": "bbs-2023",
    "verificationMethod": "did:web:lakeside.example#z",
    "proofPurpose": "assertionMethod",
    "proofValue": "u2V0",
}


@pytest.mark.parametrize(
    "change", [{"expires": "2020-01-01T00:00:00Z"}, {"created": "2030-01-01T00:00:00Z"}, {"verificationMethod": None}]
)
def test_an_unsupported_proof_beside_a_good_one_only_warns(change: dict[str, Any]) -> None:
    odd = v.changed(UNSUPPORTED, **change)
    signed = v.sign(v.badge())
    report = v.inspect(v.spoiled(signed, lambda body: body.update(proof=[body["proof"], odd])))
    assert report.verdict is Verdict.VALID, report.to_text()
    assert len(report.warnings) > 2
    alone = v.inspect(v.spoiled(signed, lambda body: body.update(proof=odd)))
    assert alone.verdict is not Verdict.VALID


# -- who it is about ------------------------------------------------------------------------------------------------

SOCIAL = "https://social.example/@ines"


def about(recipient: str, **subject: Any) -> dict[str, Any]:
    body = v.badge()
    body["credentialSubject"] |= {"id": recipient, **subject}
    return body


@pytest.mark.parametrize(
    ("stated", "asked", "same"),
    [
        (SOCIAL, SOCIAL, True),
        (SOCIAL, "https://social.example/@INES", False),
        ("did:web:a.example:@x", "did:web:a.example:@X", False),
        ("mailto:Ines@school.example", "ines@school.example", True),
        ("MAILTO:ines@school.example", "mailto:Ines@School.example", True),
        ("mailto:ines@school.example", "https://ines@school.example", False),
    ],
)
def test_only_addresses_of_mail_are_compared_without_case(stated: str, asked: str, same: bool) -> None:
    outcome = v.inspect(v.sign(about(stated)), recipient=asked).check("recipient").outcome
    assert outcome is (Outcome.PASSED if same else Outcome.FAILED)


def test_a_hash_of_a_web_address_is_of_that_address() -> None:
    identity = {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": hash_identity(SOCIAL, "s"),
        "salt": "s",
        "identityType": "identifier",
    }
    data = v.sign(about(v.RECIPIENT, identifier=[identity]))
    assert v.inspect(data, recipient=SOCIAL).check("recipient").outcome is Outcome.PASSED
    assert v.inspect(data, recipient=SOCIAL.upper()).check("recipient").outcome is Outcome.FAILED


def test_a_holder_of_nearly_the_same_address_is_another() -> None:
    thief = v.web_signer("https://social.example/@INES", "k")
    shown = v.presentation(thief.controller, v.parsed(v.sign(about(SOCIAL))))
    report = v.inspect(v.sign(shown, thief, purpose="authentication"), {thief.controller: v.key_document(thief)})
    assert report.check("presentation").outcome is Outcome.FAILED


# -- status ---------------------------------------------------------------------------------------------------------


def on_revocation_list(listed: dict[str, Any] | Fetched) -> VerificationReport:
    entry = {"type": "1EdTechRevocationList", "id": v.REVOCATION_LIST}
    body = v.changed(v.badge(credentialStatus=entry), **{"@context": EXTENDED})
    return v.inspect(v.sign(body), {v.REVOCATION_LIST: listed})


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda named: {"revokedAssertions": [{"id": named}]},
        lambda named: {"credentialSubject": {"revokedCredential": [{"id": named}]}},
        lambda named: {"revoked": {"a": [named]}},
    ],
)
def test_a_list_that_names_the_badge_in_another_place_does_not_clear_it(
    elsewhere: Callable[[str], dict[str, Any]],
) -> None:
    named = str(v.badge()["id"])
    report = on_revocation_list({"revokedCredential": [], **elsewhere(named)})
    assert report.verdict is Verdict.UNDETERMINED
    assert on_revocation_list({"revokedCredential": [], **elsewhere("urn:uuid:other")}).verdict is Verdict.VALID


def test_a_uuid_has_no_case() -> None:
    report = on_revocation_list({"revokedCredential": [str(v.badge()["id"]).upper()]})
    assert "REVOKED" in report.codes


def test_a_revocation_list_of_unknown_age_is_told_to_be() -> None:
    def warned(listed: dict[str, Any] | Fetched) -> bool:
        report = on_revocation_list(listed)
        assert report.verdict is Verdict.VALID
        return STATUS_OUTDATED in {each.type for each in report.warnings}

    assert warned({"revokedCredential": []})
    assert not warned(Fetched(v.REVOCATION_LIST, b'{"revokedCredential":[]}', fetched_at=v.NOW))


def test_a_revocation_list_past_its_own_end_is_not_relied_on() -> None:
    for end, verdict in (("2020-01-01T00:00:00Z", Verdict.UNDETERMINED), ("2027-01-01T00:00:00Z", Verdict.VALID)):
        assert on_revocation_list({"revokedCredential": [], "validUntil": end}).verdict is verdict


def kept(age: timedelta, ttl: int | None = None) -> VerificationReport:
    body = v.unsigned_status_list(8, validFrom="2026-01-01T00:00:00Z", validUntil=None)
    if ttl is not None:
        body["credentialSubject"]["ttl"] = ttl
    held = Fetched(v.LIST, v.sign(body), fetched_at=v.NOW - age)
    return v.inspect(v.sign(v.badge(credentialStatus=v.status_entry(7))), {v.LIST: held})


@pytest.mark.parametrize("ttl", [None, 0, 300_000, 9 * 365 * 86_400_000])
def test_a_list_does_not_say_how_old_a_reader_lets_it_be(ttl: int | None) -> None:
    assert kept(timedelta(days=31), ttl).verdict is Verdict.UNDETERMINED
    report = kept(timedelta(days=20), ttl)
    assert report.verdict is Verdict.VALID
    assert (STATUS_OUTDATED in {each.type for each in report.warnings}) is (ttl in (0, 300_000))


def test_a_copy_from_the_future_says_nothing() -> None:
    assert kept(timedelta(days=-3650)).verdict is Verdict.UNDETERMINED
    lasting = Fetched(v.LIST, v.status_list(8), fetched_at=v.NOW + timedelta(days=1))
    assert v.inspect(v.sign(v.badge(credentialStatus=v.status_entry(7))), {v.LIST: lasting}).verdict is (
        Verdict.UNDETERMINED
    )


@pytest.mark.parametrize("encoded", [5, "uH4sIAAAAAAAAA2NgAAAAABYAAQA", ["x"]])
def test_a_list_malformed_by_its_publisher_condemns_no_badge(encoded: Any) -> None:
    held = v.sign(v.unsigned_status_list(encodedList=encoded), format="eddsa-jcs-2022")
    report = v.inspect(v.sign(v.badge(credentialStatus=v.status_entry(7))), {v.LIST: held})
    assert report.verdict is Verdict.UNDETERMINED


def test_a_list_of_several_subjects_condemns_no_badge() -> None:
    body = v.unsigned_status_list(8)
    subject = body["credentialSubject"]
    body["credentialSubject"] = [subject, {**subject, "id": f"{v.LIST}#2"}]
    report = v.inspect(v.sign(v.badge(credentialStatus=v.status_entry(7))), {v.LIST: v.sign(body)})
    assert report.verdict is Verdict.UNDETERMINED


def test_a_malformed_entry_fails() -> None:
    data = v.sign(v.badge(credentialStatus=v.status_entry(131_072)))
    assert v.inspect(data, {v.LIST: v.status_list()}).verdict is Verdict.INVALID
