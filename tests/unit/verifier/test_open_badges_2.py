"""Open Badges 2.0 (row 46 and what follows from it): hosted and signed, honest, altered, forged, unreachable."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.schemas import contexts as bundled_contexts
from badgeport.schemas import jsontext
from badgeport.schemas.identity import hash_identity
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.examination import Examination, Question, Settings, Shared
from badgeport.verifier.pipeline import run
from badgeport.verifier.policy import DEFAULT, VCALM, Policy, judge
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import Fetched, NoNetwork, Recorder
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust, registry_from_json
from badgeport.verifier.verifier import VerificationError, Verifier
from support import legacy as ob
from support import verifying as v

STRANGER = "https://evil.example"


def told(report: VerificationReport, row: int) -> tuple[str, set[str]]:
    """The outcome of a row and the codes of its problems."""
    result = report.check(ROWS[row])
    return result.outcome.value, {problem.type.code for problem in result.problems}


def assert_proof(report: VerificationReport, outcome: str, *codes: str) -> None:
    """Row 46 ended so, for these reasons, and the verdict fits; that the badge is a legacy one is told in any case."""
    assert told(report, 46) == (outcome, set(codes)), report.to_text()
    verdicts = {"passed": Verdict.VALID, "failed": Verdict.INVALID, "unknown": Verdict.UNDETERMINED}
    assert report.verdict is verdicts[outcome], report.to_text()
    assert "LEGACY_BADGE" in {warning.type.code for warning in report.warnings}


# -- honest badges --------------------------------------------------------------------------------------------------


def test_a_hosted_badge_is_valid_where_its_issuer_publishes_it() -> None:
    report = ob.inspect(ob.assertion())
    assert_proof(report, "passed")
    assert report.credential is not None
    assert report.credential.to_json() == {
        "id": ob.ASSERTION,
        "name": "Reading Together",
        "issuer": ob.ISSUER,
        "issuerName": "Lakeside School",
        "holder": None,
        "recipient": None,
        "validFrom": "2024-02-01T10:00:00Z",
        "validUntil": "2029-02-01T10:00:00Z",
        "types": ["Assertion"],
    }
    assert report.check(ROWS[46]).evidence["verification"] == "hosted"
    assert report.to_text().startswith("VALID, as an older badge (Open Badges 2.0): its issuer still publishes it")


@pytest.mark.parametrize("key_type", [KeyType.RSA, KeyType.P256, KeyType.ED25519])
def test_a_signed_badge_is_valid_with_a_key_of_its_issuer(key_type: KeyType) -> None:
    by = ob.signer("school", key_type)
    held = ob.documents(key=ob.key_document(by), assertion=None)
    report = ob.inspect(ob.sign(ob.signed_assertion(), by), held)
    assert_proof(report, "passed")
    assert told(report, 38) == ("passed", set())
    assert report.check(ROWS[46]).evidence["key"] == ob.KEY
    assert "its issuer signed it in the older way" in report.to_text()


def test_what_does_not_apply_is_skipped_and_not_withheld() -> None:
    report = ob.inspect(ob.assertion())
    answered = {1, 2, 31, 38, 39, 46}
    for row, check_id in ROWS.items():
        result = report.check(check_id)
        if row in answered:
            assert result.outcome.value == "passed", check_id
        else:
            assert (result.outcome.value, result.withheld) == ("skipped", False), check_id
            if row not in (40, 41, 47):
                assert "not asked of an Open Badges 2.0 badge" in result.message


def test_the_same_documents_give_the_same_report() -> None:
    first = ob.make_verifier().record(jsontext.dump(ob.assertion()), now=v.NOW)
    again = Verifier(fetcher=ReplayResolver(first.documents, first.failures), software="badgeport test")
    assert again.inspect(first.data, now=v.NOW).to_bytes() == first.report.to_bytes()
    assert {document.url for document in first.documents} == {ob.ASSERTION, ob.BADGE, ob.ISSUER}


def test_a_verified_badge_is_what_the_issuer_publishes_and_not_the_copy() -> None:
    copy = ob.assertion(image="https://other.example/17.png")
    credential = ob.make_verifier().verify(jsontext.dump(copy), now=v.NOW)
    assert credential.document == ob.assertion()
    assert credential.issuer == ob.ISSUER
    assert credential.original == jsontext.dump(copy)


def test_the_issuer_is_recognized_by_its_own_identifier() -> None:
    listed = registry_from_json(
        jsontext.dump({"name": "State", "issuers": [{"id": ob.ISSUER, "name": "Lakeside"}]}), ""
    )
    report = ob.inspect(ob.assertion(), trust=Trust((listed,)))
    assert "you recognize the issuer" in report.to_text()
    strict = Policy("strict", require=DEFAULT.require, recognized_issuers_only=True)
    assert ob.inspect(ob.assertion(), trust=Trust((listed,)), policy=strict).valid
    refused = ob.inspect(ob.assertion(), policy=strict)
    assert told(refused, 39)[0] == "failed"


def test_the_badge_and_its_issuer_may_stand_inside_the_award() -> None:
    held = ob.documents(assertion=ob.assertion(badge=ob.badge_class(issuer=ob.profile())))
    assert_proof(ob.inspect(ob.assertion(), held), "passed")
    nameless = ob.assertion(badge=ob.badge_class(id=None))
    assert_proof(ob.inspect(nameless, ob.documents(assertion=nameless, badge=None)), "passed")


def test_a_copy_with_the_recipient_in_the_clear_fits_a_record_with_the_hash() -> None:
    plain = {"type": "email", "hashed": False, "identity": ob.EMAIL}
    report = ob.inspect(ob.assertion(recipient=plain))
    assert_proof(report, "passed")
    assert report.credential is not None
    assert report.credential.recipient is None


@pytest.mark.parametrize(
    "changes",
    [
        {"image": None},
        {"image": "https://cdn.example/other.png"},
        {"expires": "2025-01-01T00:00:00Z"},
        {"evidence": None},
        {"extensions:place": {"type": ["Extension"]}},
        {"issuedOn": "2024-02-01T11:00:00+01:00"},
    ],
)
def test_a_copy_that_differs_in_what_decides_nothing_is_valid(changes: dict[str, Any]) -> None:
    assert_proof(ob.inspect(ob.assertion(**changes)), "passed")


def test_extensions_are_told() -> None:
    extended = ob.assertion(**{"extensions:place": {"type": ["Extension"]}})
    report = ob.inspect(extended, ob.documents(assertion=extended))
    assert report.check(ROWS[46]).evidence["extensions"] == ["extensions:place"]


def test_old_names_with_http_are_looked_up_with_https() -> None:
    old = ob.assertion(id=ob.ASSERTION.replace("https", "http"), badge=ob.BADGE.replace("https", "http"))
    assert_proof(ob.inspect(old, ob.documents(assertion=old)), "passed")


# -- altered copies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"recipient": {"type": "email", "hashed": False, "identity": "thief@evil.example"}}, "/recipient"),
        (
            {
                "recipient": {
                    "type": "email",
                    "hashed": True,
                    "salt": "kelp",
                    "identity": hash_identity("thief@evil.example", "kelp"),
                }
            },
            "/recipient",
        ),
        ({"badge": f"{ob.HOST}/badges/principal"}, "/badge"),
        ({"issuedOn": "2020-02-01T10:00:00Z"}, "/issuedOn"),
        ({"expires": "2049-02-01T10:00:00Z"}, "/expires"),
        ({"expires": None}, "/expires"),
        ({"expires": "sometime"}, "/expires"),
    ],
)
def test_a_copy_that_was_altered_is_invalid(changes: dict[str, Any], pointer: str) -> None:
    report = ob.inspect(ob.assertion(**changes))
    assert_proof(report, "failed", "BADGE_DIFFERS")
    assert pointer in {problem.pointer for problem in report.check(ROWS[46]).problems}
    for row in (31, 38, 39):
        assert report.check(ROWS[row]).withheld


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"narrative": "With honours."}, "/narrative"),
        ({"evidence": f"{STRANGER}/evidence"}, "/evidence"),
        ({"badge": ob.badge_class(name="Principal")}, "/badge/name"),
    ],
)
def test_words_that_the_issuer_does_not_publish_leave_a_copy_open(changes: dict[str, Any], pointer: str) -> None:
    # A forger's words, or those of before the issuer reworded or withdrew them.
    report = ob.inspect(ob.assertion(**changes))
    assert_proof(report, "unknown", "BADGE_DIFFERS")
    assert pointer in {problem.pointer for problem in report.check(ROWS[46]).problems}


def test_an_issuer_written_into_the_copy_must_be_the_published_one() -> None:
    report = ob.inspect(ob.assertion(badge=ob.badge_class(issuer=f"{STRANGER}/issuer")))
    assert_proof(report, "failed", "BADGE_DIFFERS")


def test_a_profile_written_into_the_copy_is_never_believed() -> None:
    own = ob.profile(name="State Board", verification={"startsWith": STRANGER})
    report = ob.inspect(ob.assertion(badge=ob.badge_class(issuer=own)))
    assert_proof(report, "passed")
    assert report.credential is not None
    assert report.credential.issuer_name == "Lakeside School"


def test_hashes_with_different_salts_cannot_be_compared() -> None:
    other = {"type": "email", "hashed": True, "salt": "x", "identity": hash_identity(ob.EMAIL, "x")}
    assert_proof(ob.inspect(ob.assertion(recipient=other)), "unknown", "BADGE_DIFFERS")


def test_another_badge_at_the_address_is_not_this_one() -> None:
    someone = {"type": "email", "hashed": False, "identity": "other@lakeside.example"}
    other = ob.assertion(id=f"{ob.HOST}/assertions/18", recipient=someone)
    held = {**ob.documents(), ob.ASSERTION: other}
    assert_proof(ob.inspect(ob.assertion(), held), "unknown", "BADGE_UNAVAILABLE")
    held[other["id"]] = other
    assert_proof(ob.inspect(ob.assertion(), held), "failed", "BADGE_DIFFERS")


# -- forged badges --------------------------------------------------------------------------------------------------


def stranger(**changes: Any) -> dict[str, Any]:
    return ob.assertion(**{"id": f"{STRANGER}/assertions/1", **changes})


def test_a_badge_of_a_strangers_host_is_not_the_issuers() -> None:
    forged = stranger()
    report = ob.inspect(forged, {**ob.documents(), forged["id"]: forged})
    assert_proof(report, "failed", "BADGE_OUT_OF_SCOPE")


@pytest.mark.parametrize(
    "own",
    [
        {"verification": {"startsWith": STRANGER}},
        {"verification": {"allowedOrigins": "evil.example"}},
        {"publicKey": f"{STRANGER}/key"},
    ],
)
def test_a_stranger_cannot_bring_the_issuers_profile(own: dict[str, Any]) -> None:
    forged = stranger(badge=ob.badge_class(issuer=ob.profile(**own)))
    report = ob.inspect(forged, {**ob.documents(), forged["id"]: forged})
    assert_proof(report, "failed", "BADGE_OUT_OF_SCOPE")


def test_a_strangers_badge_under_a_known_description_is_refused() -> None:
    # The award stands with an issuer of its own, and claims the description that belongs to another.
    own = f"{STRANGER}/issuer"
    forged = stranger(badge=ob.badge_class(issuer=own))
    held = {**ob.documents(), forged["id"]: forged, own: ob.profile(id=own, revocationList=None)}
    assert_proof(ob.inspect(forged, held), "failed", "BADGE_DIFFERS")


@pytest.mark.parametrize(
    ("scope", "url", "outcome"),
    [
        ({"startsWith": f"{ob.HOST}/assertions/"}, ob.ASSERTION, "passed"),
        ({"startsWith": [f"{ob.HOST}/x/", f"{ob.HOST}/assertions/"]}, ob.ASSERTION, "passed"),
        ({"startsWith": f"{ob.HOST}/awards/"}, ob.ASSERTION, "failed"),
        ({"startsWith": "https://cdn.example/school/"}, "https://cdn.example/school/17", "passed"),
        ({"startsWith": "https://cdn.example"}, "https://cdn.example.evil.example/17", "failed"),
        ({"startsWith": "https://cdn.example/school/"}, "https://cdn.example/school/../evil/17", "failed"),
        ({"startsWith": "https://cdn.example/school/"}, "https://cdn.example/school/%2e%2e/evil/17", "failed"),
        ({"startsWith": "https://cdn.example/school/"}, "https://cdn.example:8443/school/17", "failed"),
        ({"allowedOrigins": "cdn.example"}, "https://cdn.example/17", "passed"),
        ({"allowedOrigins": ["https://cdn.example"]}, "https://cdn.example/17", "passed"),
        ({"allowedOrigins": ["cdn.example:8443"]}, "https://cdn.example:8443/17", "passed"),
        ({"allowedOrigins": ["cdn.example"]}, "https://cdn.example:8443/17", "failed"),
        ({"allowedOrigins": ["cdn.example"]}, "https://sub.cdn.example/17", "failed"),
        ({"allowedOrigins": ["cdn.example"]}, ob.ASSERTION, "failed"),
        (
            {"allowedOrigins": ["cdn.example"], "startsWith": "https://cdn.example/a/"},
            "https://cdn.example/b",
            "failed",
        ),
        (
            {"allowedOrigins": ["cdn.example"], "startsWith": "https://cdn.example/a/"},
            "https://cdn.example/a/1",
            "passed",
        ),
        ({"type": "hosted"}, ob.ASSERTION, "passed"),
        ({"allowedOrigins": []}, "https://cdn.example/17", "failed"),
        ({"startsWith": 7}, ob.ASSERTION, "unknown"),
        ({"verificationProperty": "url"}, ob.ASSERTION, "unknown"),
        ("https://badges.school.example/verification", ob.ASSERTION, "unknown"),
    ],
)
def test_the_scope_of_an_issuer(scope: Any, url: str, outcome: str) -> None:
    award = ob.assertion(id=url)
    held = {**ob.documents(issuer=ob.profile(verification=scope)), url: award}
    report = ob.inspect(award, held)
    assert told(report, 46)[0] == outcome, report.to_text()


@pytest.mark.parametrize(
    "url",
    [
        "https://badges.school.example@evil.example/17",
        "https://badges.school.example\\@evil.example/17",
        "https://evil.example/17#https://badges.school.example/",
        "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0b201",
        "file:///etc/passwd",
        "https://badges.school.example/a b",
        None,
        17,
    ],
)
def test_a_hosted_badge_has_a_plain_web_address(url: Any) -> None:
    award = {**ob.assertion(), "id": url}
    held = {**ob.documents(), **({url: award} if isinstance(url, str) else {})}
    assert_proof(ob.inspect(award, held), "failed", "MALFORMED_VALUE_ERROR")


def test_a_host_where_anyone_may_publish_vouches_for_nothing() -> None:
    base = "https://raw.githubusercontent.com"
    award = ob.assertion(id=f"{base}/anyone/1.json", badge=f"{base}/school/badge.json")
    issuer = f"{base}/school/issuer.json"
    documents = {
        award["id"]: award,
        award["badge"]: ob.badge_class(id=award["badge"], issuer=issuer),
        issuer: ob.profile(id=issuer),
    }
    assert_proof(ob.inspect(award, documents), "unknown", "BADGE_OUT_OF_SCOPE")
    own = {"startsWith": f"{base}/school/"}
    documents[issuer] = ob.profile(id=issuer, verification=own)
    assert_proof(ob.inspect(award, documents), "failed", "BADGE_OUT_OF_SCOPE")
    award = {**award, "id": f"{base}/school/1.json"}
    assert_proof(ob.inspect(award, {**documents, award["id"]: award}), "passed")


@pytest.mark.parametrize(
    ("location", "outcome"),
    [
        (f"{ob.HOST}/public/17", "passed"),
        ("https://www.badges.school.example/17", "passed"),
        (f"{STRANGER}/17", "unknown"),
    ],
)
def test_a_page_that_forwards_anywhere_does_not_speak_for_its_host(location: str, outcome: str) -> None:
    url = f"{ob.HOST}/go?to={STRANGER}/17"
    award = ob.assertion(id=url)
    body = jsontext.dump(award)
    held = {**ob.documents(), url: Fetched(url, body, "application/json", v.NOW, location=location)}
    report = ob.inspect(award, held)
    assert_proof(report, outcome, *(["BADGE_UNAVAILABLE"] if outcome == "unknown" else []))


# -- signatures -----------------------------------------------------------------------------------------------------


def signed_report(data: bytes, **replaced: Any) -> VerificationReport:
    return ob.inspect(data, ob.documents(assertion=None, **replaced))


def test_a_signed_badge_without_its_signature_is_anyones() -> None:
    assert_proof(ob.inspect(ob.signed_assertion()), "failed", "UNSIGNED")


def test_a_tampered_signed_badge_is_invalid() -> None:
    header, _, signature = ob.sign(ob.signed_assertion()).decode().split(".")
    other = jsontext.dump(ob.signed_assertion(issuedOn="2020-01-01T00:00:00Z"))
    payload = base64.urlsafe_b64encode(other).decode().rstrip("=")
    report = signed_report(f"{header}.{payload}.{signature}".encode())
    assert_proof(report, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


def test_the_signature_of_another_key_is_invalid() -> None:
    report = signed_report(ob.sign(ob.signed_assertion(), ob.signer("thief")))
    assert_proof(report, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


@pytest.mark.parametrize("algorithm", ["HS256", "ES256", "PS256", "none"])
def test_the_algorithm_is_the_keys_own(algorithm: str) -> None:
    header, payload, signature = ob.sign(ob.signed_assertion()).decode().split(".")
    header = base64.urlsafe_b64encode(jsontext.dump({"alg": algorithm})).decode().rstrip("=")
    report = signed_report(f"{header}.{payload}.{signature}".encode())
    assert_proof(report, "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


def test_a_key_that_the_profile_does_not_list_is_not_the_issuers() -> None:
    key = f"{STRANGER}/key"
    thief = ob.signer("thief")
    held = {**ob.documents(assertion=None), key: ob.key_document(thief, id=key)}
    award = ob.signed_assertion(verification={"type": "signed", "creator": key})
    assert_proof(ob.inspect(ob.sign(award, thief), held), "failed", "ISSUER_KEY_MISMATCH")
    # A key in the award itself, under the name of the issuer's, is not looked at.
    award = ob.signed_assertion(verification={"type": "signed", "creator": ob.key_document(thief)})
    assert_proof(ob.inspect(ob.sign(award, thief), held), "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")
    # Nor is one in a profile in the award.
    own = ob.profile(publicKey=ob.key_document(thief))
    award = ob.signed_assertion(badge=ob.badge_class(issuer=own))
    assert_proof(ob.inspect(ob.sign(award, thief), held), "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")
    # An issuer that lists no key signs no badges.
    held[ob.ISSUER] = ob.profile(publicKey=None)
    assert_proof(ob.inspect(ob.sign(ob.signed_assertion(), thief), held), "failed", "ISSUER_KEY_MISMATCH")


@pytest.mark.parametrize(
    ("key", "outcome", "codes"),
    [
        ({"owner": f"{STRANGER}/issuer"}, "failed", {"ISSUER_KEY_MISMATCH"}),
        ({"owner": None}, "passed", set()),
        ({"publicKeyPem": None}, "unknown", {"INVALID_VERIFICATION_METHOD"}),
        ({"publicKeyPem": "no key"}, "unknown", {"INVALID_VERIFICATION_METHOD"}),
        ({"id": f"{ob.HOST}/keys/2"}, "unknown", {"KEY_UNAVAILABLE"}),
        ({"revoked": "2025-01-01T00:00:00Z"}, "unknown", {"KEY_REVOKED"}),
    ],
)
def test_the_issuers_key(key: dict[str, Any], outcome: str, codes: set[str]) -> None:
    report = signed_report(ob.sign(ob.signed_assertion()), key=ob.key_document(**key))
    assert_proof(report, outcome, *codes)


def test_a_key_in_the_profile_a_key_on_one_line_and_no_creator_are_read() -> None:
    token = ob.sign(ob.signed_assertion())
    assert_proof(signed_report(token, issuer=ob.profile(publicKey=ob.key_document()), key=None), "passed")
    one_line = ob.pem().replace("\n", "")
    assert_proof(signed_report(token, key=ob.key_document(publicKeyPem=one_line)), "passed")
    unnamed = ob.sign(ob.signed_assertion(verification={"type": "signed"}))
    assert_proof(signed_report(unnamed), "passed")
    several = ob.profile(publicKey=[ob.key_document(ob.signer("older"), id=f"{ob.HOST}/keys/0"), ob.KEY])
    assert_proof(signed_report(unnamed, issuer=several), "passed")
    forged = ob.sign(ob.signed_assertion(verification={"type": "signed"}), ob.signer("thief"))
    assert_proof(signed_report(forged, issuer=several), "failed", "CRYPTOGRAPHIC_SECURITY_ERROR")


def test_a_private_key_in_place_of_the_public_one_fails() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n"
    report = signed_report(ob.sign(ob.signed_assertion()), key=ob.key_document(publicKeyPem=text))
    assert_proof(report, "failed", "PRIVATE_KEY_EXPOSED")


def test_a_profile_with_too_many_keys_is_left_open() -> None:
    keys = [f"{ob.HOST}/keys/{number}" for number in range(17)]
    report = signed_report(ob.sign(ob.signed_assertion()), issuer=ob.profile(publicKey=keys))
    assert_proof(report, "unknown", "KEY_UNAVAILABLE")


# -- what cannot be had ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["assertion", "badge", "issuer"])
def test_a_hosted_badge_whose_documents_cannot_be_had_is_left_open(missing: str) -> None:
    report = ob.inspect(ob.assertion(expires="2025-01-01T00:00:00Z"), ob.documents(**{missing: None}))
    assert_proof(report, "unknown", "BADGE_UNAVAILABLE")
    if missing == "assertion":
        # The copy has expired; whether the badge was prolonged since is not known.
        assert all(report.check(ROWS[row]).withheld for row in (31, 38, 39, 41))


@pytest.mark.parametrize(("missing", "code"), [("badge", "BADGE_UNAVAILABLE"), ("key", "KEY_UNAVAILABLE")])
def test_a_signed_badge_whose_documents_cannot_be_had_is_left_open(missing: str, code: str) -> None:
    assert_proof(signed_report(ob.sign(ob.signed_assertion()), **{missing: None}), "unknown", code)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>We are down</html>",
        b"[]",
        b'{"error": "maintenance"}',
        b'{"id": "a", "id": "b"}',
        b"\xff\xfe",
        b"",
        jsontext.dump(ob.assertion(**{"@context": "https://w3id.org/openbadges/v1"})),
    ],
)
@pytest.mark.parametrize("name", ["assertion", "badge", "issuer"])
def test_an_error_page_is_no_answer(name: str, body: bytes) -> None:
    report = ob.inspect(ob.assertion(), ob.documents(**{name: body}))
    assert told(report, 46)[0] == "unknown", report.to_text()
    assert report.verdict is Verdict.UNDETERMINED


def test_a_description_in_the_award_does_not_need_its_own_page() -> None:
    award = ob.assertion(badge=ob.badge_class())
    report = ob.inspect(award, ob.documents(assertion=award, badge=None))
    assert_proof(report, "passed")
    assert "BADGE_UNAVAILABLE" in {warning.type.code for warning in report.warnings}


@pytest.mark.parametrize("issuer", ["urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0b2ff", {"name": "Someone"}])
def test_an_issuer_without_a_web_address_cannot_be_looked_up(issuer: Any) -> None:
    report = ob.inspect(ob.assertion(), ob.documents(badge=ob.badge_class(issuer=issuer)))
    assert_proof(report, "unknown", "BADGE_UNAVAILABLE")


# -- revocation and dates -------------------------------------------------------------------------------------------


def test_a_hosted_badge_that_is_published_as_revoked_is_invalid() -> None:
    held = ob.documents(assertion=ob.assertion(revoked=True, revocationReason="Awarded by mistake"))
    report = ob.inspect(ob.assertion(), held)
    assert told(report, 46)[0] == "passed"
    assert told(report, 38) == ("failed", {"REVOKED"})
    assert "Awarded by mistake" in report.check(ROWS[38]).problems[0].detail
    assert report.verdict is Verdict.INVALID
    assert report.judged_by(VCALM) is Verdict.VALID
    earlier = ob.inspect(ob.assertion(), held, as_of=v.NOW - timedelta(days=90))
    assert told(earlier, 38) == ("unknown", {"STATUS_UNKNOWN"})


@pytest.mark.parametrize("body", [{"revoked": True}, {"@context": ob.CONTEXT, "id": ob.ASSERTION, "revoked": True}])
def test_a_record_reduced_to_its_revocation_is_one(body: dict[str, Any]) -> None:
    report = ob.inspect(ob.assertion(), ob.documents(assertion=body))
    assert told(report, 38) == ("failed", {"REVOKED"})
    assert report.verdict is Verdict.INVALID
    other = ob.inspect(ob.assertion(), ob.documents(assertion={**body, "id": f"{ob.HOST}/assertions/9"}))
    assert other.verdict is Verdict.UNDETERMINED
    handed_in = {"@context": ob.CONTEXT, "type": "Assertion", "id": ob.ASSERTION, "revoked": True}
    assert ob.inspect(handed_in, ob.documents(assertion=handed_in)).verdict is Verdict.INVALID


def test_an_address_that_answers_gone_has_been_revoked() -> None:
    report = ob.inspect(ob.assertion(), ob.documents(assertion=None), gone=(ob.ASSERTION,))
    assert told(report, 46) == ("unknown", {"BADGE_UNAVAILABLE"})
    assert told(report, 38) == ("failed", {"REVOKED"})
    assert report.verdict is Verdict.INVALID
    assert report.judged_by(VCALM) is Verdict.UNDETERMINED
    # An address outside the issuer's scope that answers so says nothing about the issuer's badges.
    foreign = ob.inspect(stranger(), gone=(f"{STRANGER}/assertions/1",))
    assert_proof(foreign, "failed", "BADGE_OUT_OF_SCOPE")
    assert foreign.check(ROWS[38]).withheld


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        (ob.SIGNED_ID, "failed"),
        ({"id": ob.SIGNED_ID, "revocationReason": "Left"}, "failed"),
        ({"id": ob.SIGNED_ID.upper().replace("URN:UUID", "urn:uuid")}, "failed"),
        ({"uid": "17"}, "failed"),
        ("urn:uuid:00000000-0000-4000-8000-000000000000", "passed"),
        ({"reason": "?"}, "unknown"),
        (7, "unknown"),
    ],
)
def test_the_revocation_list_of_a_signed_badge(entry: Any, outcome: str) -> None:
    token = ob.sign(ob.signed_assertion(uid="17"))
    report = signed_report(token, revoked=ob.revocation_list(entry))
    assert told(report, 38)[0] == outcome, report.to_text()
    assert told(report, 46)[0] == "passed"


@pytest.mark.parametrize(
    "revoked",
    [
        None,
        b"<html/>",
        ob.revocation_list(id=f"{ob.HOST}/other"),
        ob.revocation_list(issuer=f"{STRANGER}/issuer"),
        ob.revocation_list(type="Other", revokedAssertions=None),
        ob.revocation_list(revokedAssertions=7),
    ],
)
def test_a_revocation_list_that_cannot_be_relied_on_leaves_it_open(revoked: Any) -> None:
    report = signed_report(ob.sign(ob.signed_assertion()), revoked=revoked)
    assert told(report, 38)[0] == "unknown", report.to_text()
    assert report.verdict is Verdict.UNDETERMINED


def test_an_issuer_without_a_revocation_list() -> None:
    report = signed_report(ob.sign(ob.signed_assertion()), issuer=ob.profile(revocationList=None))
    assert report.verdict is Verdict.VALID
    assert (told(report, 38)[0], report.check(ROWS[38]).withheld) == ("skipped", False)


def test_what_was_had_long_ago_or_is_asked_of_the_future_does_not_speak() -> None:
    old = ob.inspect(ob.assertion(), fetched_at=v.NOW - timedelta(days=60))
    assert told(old, 38) == ("unknown", {"STATUS_UNKNOWN"})
    future = ob.inspect(ob.assertion(), as_of=v.NOW + timedelta(days=60))
    assert told(future, 38) == ("unknown", {"STATUS_UNKNOWN"})
    undated = ob.inspect(ob.assertion(), fetched_at=None)
    assert undated.valid
    assert "STATUS_OUTDATED" in {warning.type.code for warning in undated.warnings}


@pytest.mark.parametrize(
    ("dates", "outcome", "codes"),
    [
        ({"expires": "2026-04-30T00:00:00Z"}, "failed", {"EXPIRED"}),
        ({"expires": "2026-05-02"}, "passed", set()),
        ({"expires": "2026-05-01"}, "unknown", {"MALFORMED_VALUE_ERROR"}),
        ({"expires": "2026-04-28"}, "failed", {"EXPIRED"}),
        ({"expires": "soon"}, "unknown", {"MALFORMED_VALUE_ERROR"}),
        ({"expires": None}, "passed", set()),
        ({"issuedOn": "2027-01-01T00:00:00Z"}, "failed", {"NOT_YET_VALID"}),
        ({"issuedOn": "20240201T100000Z"}, "passed", set()),
        ({"issuedOn": "2024-02-01"}, "passed", set()),
        ({"issuedOn": "2024-02-01T10:00:00"}, "passed", set()),
        ({"issuedOn": "yesterday"}, "unknown", {"MALFORMED_VALUE_ERROR"}),
    ],
)
def test_dates(dates: dict[str, Any], outcome: str, codes: set[str]) -> None:
    award = ob.assertion(**dates)
    report = ob.inspect(award, ob.documents(assertion=award))
    assert told(report, 31) == (outcome, codes), report.to_text()


def test_the_published_end_counts_and_not_that_of_the_copy() -> None:
    held = ob.documents(assertion=ob.assertion(expires="2026-01-01T00:00:00Z"))
    assert told(ob.inspect(ob.assertion(expires="2025-01-01T00:00:00Z"), held), 31) == ("failed", {"EXPIRED"})
    assert ob.inspect(ob.assertion(expires="2025-01-01T00:00:00Z")).valid
    assert ob.inspect(ob.assertion(), as_of=datetime(2023, 1, 1, tzinfo=UTC)).verdict is Verdict.INVALID


# -- recipients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "wanted", "outcome"),
    [
        (None, ob.EMAIL, "passed"),
        (None, f"mailto:{ob.EMAIL}", "passed"),
        (None, "Ines@Lakeside.example", "passed"),
        (None, "thief@evil.example", "failed"),
        ({"type": "email", "hashed": False, "identity": "Ines@lakeside.example"}, ob.EMAIL, "passed"),
        ({"type": "email", "hashed": True, "identity": hash_identity(ob.EMAIL, "", "md5")}, ob.EMAIL, "passed"),
        ({"type": "email", "identity": hash_identity(ob.EMAIL, "a"), "salt": "a"}, ob.EMAIL, "passed"),
        ({"type": "email", "hashed": True, "salt": None, "identity": hash_identity(ob.EMAIL)}, ob.EMAIL, "passed"),
        ({"type": "email", "hashed": True, "identity": hash_identity("a@b.example")}, ob.EMAIL, "failed"),
        ({"type": "url", "hashed": False, "identity": "https://ines.example/"}, "https://ines.example/", "passed"),
        ({"type": "url", "hashed": False, "identity": "https://ines.example/"}, "https://INES.example/", "failed"),
        ({"type": "telephone", "hashed": False, "identity": "+15550100"}, "+15550100", "passed"),
    ],
)
def test_the_recipient(recipient: Any, wanted: str, outcome: str) -> None:
    award = ob.assertion() if recipient is None else ob.assertion(recipient=recipient)
    report = ob.inspect(award, ob.documents(assertion=award), recipient=wanted)
    assert told(report, 41)[0] == outcome, report.to_text()
    assert report.valid == (outcome == "passed")
    if outcome == "failed":
        assert report.check(ROWS[41]).problems[0].pointer == "/recipient"


# -- form -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"type": "BadgeClass"}, "/type"),
        ({"recipient": None}, "/recipient"),
        ({"recipient": {"type": "email"}}, "/recipient"),
        ({"badge": None}, "/badge"),
        ({"issuedOn": None}, "/issuedOn"),
        ({"issuedOn": 1707000000}, "/issuedOn"),
        ({"verification": None}, "/verification"),
    ],
)
def test_a_badge_that_lacks_what_every_badge_has_is_malformed(changes: dict[str, Any], pointer: str) -> None:
    award = ob.assertion(**changes)
    report = ob.inspect(award, ob.documents(assertion=award))
    assert_proof(report, "failed", "MALFORMED_VALUE_ERROR")
    assert report.check(ROWS[46]).problems[0].pointer == pointer


@pytest.mark.parametrize("changes", [{"type": "Assertion"}, {"name": None}, {"issuer": None}])
def test_a_description_that_lacks_what_it_must_have_is_malformed(changes: dict[str, Any]) -> None:
    report = ob.inspect(ob.assertion(), ob.documents(badge=ob.badge_class(**changes)))
    assert_proof(report, "failed", "MALFORMED_VALUE_ERROR")


def test_a_profile_of_another_type_is_malformed() -> None:
    report = ob.inspect(ob.assertion(), ob.documents(issuer=ob.profile(type="BadgeClass")))
    assert_proof(report, "failed", "MALFORMED_VALUE_ERROR")


@pytest.mark.parametrize(
    "award",
    [
        ob.assertion(**{"@context": "https://w3id.org/openbadges/v1", "verify": {"type": "hosted"}}),
        ob.assertion(**{"@context": None, "verification": None, "verify": {"type": "hosted", "url": ob.ASSERTION}}),
        {"recipient": "sha256$00", "badge": {"version": "0.5.0", "name": "Old", "issuer": {"origin": ob.HOST}}},
        ob.assertion(**{"@context": "https://other.example/context"}),
        ob.assertion(verification={"type": ["MerkleProofVerification2017", "Extension"]}),
        ob.assertion(verification={"type": ["hosted", "signed"]}),
    ],
)
def test_older_badges_and_other_proofs_are_left_open(award: dict[str, Any]) -> None:
    report = ob.inspect(award, ob.documents(assertion=award))
    assert_proof(report, "unknown", "UNSUPPORTED")
    assert "older badge" in report.check(ROWS[46]).message


def test_a_badge_in_a_presentation_is_not_looked_into() -> None:
    shown = v.presentation(v.signer().controller, ob.assertion())
    report = ob.inspect(v.sign(shown, format="eddsa-jcs-2022", purpose="authentication"))
    assert not report.valid
    assert report.documents == ()
    settings = Settings(DEFAULT, Trust(), bundled_contexts.store(), DEFAULT_LIMITS, "badgeport test")
    shared = Shared(Recorder(NoNetwork()), 10, 10, 10)
    outer = Examination(settings, Question(v.NOW, v.NOW), shared, b"{}")
    member = run(outer.child(jsontext.dump(ob.assertion()), "member", "/verifiableCredential/0"))
    assert told(member, 46) == ("unknown", {"UNSUPPORTED"})
    assert member.verdict is Verdict.UNDETERMINED
    assert shared.documents.failures() == ()


def test_a_policy_cannot_be_met_by_the_words_of_an_unproved_badge() -> None:
    report = ob.inspect(ob.assertion(), {})
    loose = Policy("loose", require=frozenset({"parsing"}))
    assert judge(loose, report.checks) is Verdict.UNDETERMINED
    with pytest.raises(VerificationError):
        ob.make_verifier({}).verify(jsontext.dump(ob.assertion()), now=v.NOW)


def test_a_badge_is_verified_offline_with_its_documents_in_a_directory(tmp_path: Path) -> None:
    index = {url: f"{number}.json" for number, url in enumerate(ob.documents())}
    for url, body in ob.documents().items():
        (tmp_path / index[url]).write_bytes(jsontext.dump(body))
    (tmp_path / "index.json").write_bytes(jsontext.dump(index))
    verifier = Verifier(fetcher=DocumentDirectory(tmp_path), software="badgeport test")
    assert verifier.inspect(jsontext.dump(ob.assertion()), now=v.NOW).verdict is Verdict.VALID
    signed = verifier.inspect(ob.sign(ob.signed_assertion()), now=v.NOW)
    assert signed.verdict is Verdict.VALID
    assert "STATUS_OUTDATED" in {warning.type.code for warning in signed.warnings}
