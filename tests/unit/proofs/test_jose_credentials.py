"""Credentials and presentations as JWTs: what each profile writes, what it refuses, and what claims must repeat."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.proofs import jose, jws
from badgeport.proofs.jwt_claims import numeric_date
from badgeport.proofs.opened import Opened
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    MALFORMED_VALUE_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    UNSUPPORTED,
    ProblemError,
)
from support.jose_keys import SIGNING, badge, compact, public_key, signer

NOW = datetime(2025, 1, 1, tzinfo=UTC)
NBF, EXP = 1735689600, 1893456000
KID = "https://badges.example/issuers/a/keys/1"
CLAIMS = {
    "iss": "https://badges.example/issuers/a",
    "jti": "https://badges.example/c/1",
    "sub": "urn:uuid:5b9f0c0e-6ad5-4b5e-8a9a-0f3a4a6f2f10",
    "nbf": NBF,
    "exp": EXP,
}
PRESENTATION = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": "did:example:holder",
    "verifiableCredential": [],
}


def opened(header: dict[str, Any], payload: dict[str, Any], key_type: KeyType = KeyType.P256) -> Opened:
    token = compact({"alg": "ES256", **header}, payload, key_type)
    return jose.open_jwt(token, token.encode())


def open_badges(changes: dict[str, Any], *, lenient_sub: bool = False) -> list[str]:
    """The pointers of the problems of a VC-JWT whose payload has these changes (None removes a member)."""
    payload = {name: value for name, value in (badge() | CLAIMS | changes).items() if value is not None}
    result = opened({"typ": "JWT", "kid": KID}, payload)
    assert not result.problems
    problems = jose.claim_problems(result, lenient_sub=lenient_sub)
    assert all(problem.type is MALFORMED_VALUE_ERROR for problem in problems)
    return [problem.pointer or "" for problem in problems]


@pytest.mark.suite("vc-jwt")
@pytest.mark.parametrize("key_type", SIGNING)
def test_an_open_badges_jwt_states_the_credential_and_its_claims(key_type: KeyType) -> None:
    token = jose.issue_vc_jwt(badge(), signer(key_type, method=KID, controller="https://badges.example/issuers/a"))
    result = jose.open_jwt(token, token.encode())
    assert result.form == "vc-jwt"
    assert set(result.header or {}) == {"alg", "typ", "kid"}
    assert (result.header or {})["kid"] == KID
    assert result.payload == badge() | CLAIMS
    assert result.document == badge()
    assert result.claims == CLAIMS
    assert jose.claim_problems(result) == ()
    assert (result.problems, result.warnings) == ((), ())
    assert isinstance(result.token, jws.Jws)
    jws.verify(result.token, public_key(key_type))
    (proof,) = result.proofs
    assert (proof.kind, proof.verification_method, proof.purpose) == ("jose", KID, "assertionMethod")
    assert (proof.created, proof.not_before, proof.expires, proof.embedded_jwk) == (None, None, None, None)


@pytest.mark.parametrize(
    ("reference", "members"), [("kid", {"kid"}), ("jwk", {"jwk"}), ("both", {"kid", "jwk"}), ("auto", {"jwk"})]
)
def test_the_key_is_referred_to_as_asked(reference: Any, members: set[str]) -> None:
    did_key_signer = signer(KeyType.P256)
    token = jose.issue_vc_jwt(badge(), did_key_signer, key_reference=reference)
    result = jose.open_jwt(token, b"")
    header = result.header or {}
    assert set(header) == {"alg", "typ"} | members
    if "kid" in members:
        assert header["kid"] == did_key_signer.verification_method
    if "jwk" in members:
        assert header["jwk"] == did_key_signer.public_key.to_jwk() == result.proofs[0].embedded_jwk
        assert "d" not in header["jwk"]


@pytest.mark.parametrize("method", [KID, "https://badges.example/issuers/a#key-1", "did:jwk"])
def test_by_default_a_key_that_is_found_by_its_url_is_named_by_kid(method: str) -> None:
    from badgeport.keys.did import did_jwk

    method = f"{did_jwk(public_key(KeyType.P256))}#0" if method == "did:jwk" else method
    token = jose.issue_vc_jwt(badge(), signer(KeyType.P256, method=method, controller="https://badges.example/a"))
    assert jose.open_jwt(token, b"").header == {"alg": "ES256", "typ": "JWT", "kid": method}


def test_by_default_a_did_web_is_named_by_kid_only_where_that_leads_to_a_jwk() -> None:
    """Its document publishes RSA keys as JWK and others as Multikey, which 1EdTech's validator does not read there."""
    method = "did:web:badges.example#key-1"
    headers = {}
    for key_type in (KeyType.RSA, KeyType.P256):
        by = signer(key_type, method=method, controller="did:web:badges.example")
        headers[key_type] = jose.open_jwt(jose.issue_vc_jwt(badge(), by), b"").header
    assert headers[KeyType.RSA] == {"alg": "RS256", "typ": "JWT", "kid": method}
    assert headers[KeyType.P256] == {"alg": "ES256", "typ": "JWT", "jwk": public_key(KeyType.P256).to_jwk()}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"credentialSubject": {"type": ["AchievementSubject"], "identifier": []}}, "/credentialSubject"),
        ({"credentialSubject": [{"id": "urn:a:1"}, {"id": "urn:a:2"}]}, "/credentialSubject"),
        ({"credentialSubject": None}, "/credentialSubject"),
        ({"id": None}, "/id"),
        ({"id": 7}, "/id"),
        ({"issuer": None}, "/issuer"),
        ({"issuer": {"name": "A college"}}, "/issuer"),
        ({"validFrom": None}, "/validFrom"),
        ({"validFrom": 1735689600}, "/validFrom"),
        ({"validFrom": "2025-01-01T00:00:00.5Z"}, "/validFrom"),
        ({"validFrom": "2025-01-01T00:00:00.0000001Z"}, "/validFrom"),
        ({"validFrom": "2025-01-01T00:00:00"}, "/validFrom"),
        ({"validUntil": "soon"}, "/validUntil"),
        ({"validUntil": "2030-01-01T00:00:00.25Z"}, "/validUntil"),
        ({"@context": ["https://www.w3.org/2018/credentials/v1"]}, "/@context"),
        ({"@context": []}, "/@context"),
        ({"type": ["OpenBadgeCredential"]}, "/type"),
        ({"iss": "https://badges.example/issuers/a"}, "/iss"),
        ({"exp": 0}, "/exp"),
        ({"vc": {}}, "/vc"),
        ({"_sd": []}, "/_sd"),
    ],
)
def test_a_credential_whose_claims_cannot_be_made_is_not_signed(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(ProblemError) as caught:
        jose.issue_vc_jwt(badge(**changes), signer(KeyType.P256))
    assert caught.value.problem.type is PROOF_GENERATION_ERROR
    assert caught.value.problem.pointer == pointer


def test_the_missing_subject_identifier_is_named() -> None:
    with pytest.raises(ProblemError, match=r"credentialSubject\.id"):
        jose.issue_vc_jwt(badge(credentialSubject={"type": ["AchievementSubject"]}), signer(KeyType.P256))


def test_an_unknown_key_reference_is_refused() -> None:
    with pytest.raises(ProblemError) as caught:
        jose.issue_vc_jwt(badge(), signer(KeyType.P256), key_reference="x5c")  # type: ignore[arg-type]
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_other_time_zones_become_the_same_instant() -> None:
    token = jose.issue_vc_jwt(badge(validFrom="2025-01-01T02:00:00+02:00"), signer(KeyType.P256))
    result = jose.open_jwt(token, b"")
    assert result.claims["nbf"] == NBF
    assert jose.claim_problems(result) == ()


def test_no_exp_without_valid_until() -> None:
    token = jose.issue_vc_jwt(badge(validUntil=None), signer(KeyType.P256))
    assert "exp" not in (jose.open_jwt(token, b"").payload or {})


@pytest.mark.parametrize(
    ("key_type", "warned"),
    [(KeyType.ED25519, True), (KeyType.P384, True), (KeyType.P256, False), (KeyType.RSA, False)],
)
def test_algorithms_that_the_public_validator_refuses_are_warned_about(key_type: KeyType, warned: bool) -> None:
    assert bool(jose.jose_warnings(key_type, "vc-jwt")) is warned
    assert jose.jose_warnings(key_type, "vc+jwt") == ()


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({}, []),
        ({"iss": None}, ["/iss"]),
        ({"iss": "https://badges.example/issuers/b"}, ["/iss"]),
        ({"iss": "https://badges.example/issuers/a/"}, ["/iss"]),
        ({"iss": ["https://badges.example/issuers/a"]}, ["/iss"]),
        ({"issuer": "https://badges.example/issuers/a"}, []),
        ({"issuer": None}, ["/iss"]),
        ({"jti": None}, ["/jti"]),
        ({"jti": "https://badges.example/c/2"}, ["/jti"]),
        ({"id": None}, ["/jti"]),
        ({"sub": None}, ["/sub"]),
        ({"sub": "urn:uuid:00000000-0000-4000-8000-000000000000"}, ["/sub"]),
        ({"credentialSubject": [{"id": CLAIMS["sub"]}]}, []),
        ({"credentialSubject": [{"id": CLAIMS["sub"]}, {"id": "urn:b:1"}]}, ["/sub"]),
        ({"nbf": None}, ["/nbf"]),
        ({"nbf": NBF + 1}, ["/nbf"]),
        ({"nbf": float(NBF)}, []),
        ({"nbf": str(NBF)}, ["/nbf"]),
        ({"nbf": True}, ["/nbf"]),
        ({"nbf": 1e300}, ["/nbf"]),
        ({"validFrom": "2025-01-01T01:00:00+01:00"}, []),
        ({"validFrom": "2025-01-01T00:00:00.5Z"}, []),
        ({"validFrom": "2025-01-01T00:00:01.5Z"}, ["/nbf"]),
        ({"validFrom": "2025-01-01T00:00:00.5Z", "nbf": NBF + 0.5}, []),
        ({"validFrom": "yesterday"}, ["/nbf"]),
        ({"exp": None}, ["/exp"]),
        ({"exp": EXP + 1}, ["/exp"]),
        ({"validUntil": None}, ["/exp"]),
        ({"validUntil": None, "exp": None}, []),
        ({"vp": {}}, ["/vp"]),
        ({"type": ["VerifiablePresentation"]}, ["/type"]),
        ({"@context": ["https://www.w3.org/2018/credentials/v1"]}, ["/@context"]),
    ],
)
def test_open_badges_claims_repeat_the_credential(changes: dict[str, Any], pointers: list[str]) -> None:
    if "vp" in changes:
        # Read as a credential only where a vc claim stands beside it; alone it is a presentation of VCDM 1.1.
        with pytest.raises(ProblemError) as caught:
            open_badges(changes)
        assert caught.value.problem.type is UNSUPPORTED
        return
    assert open_badges(changes) == pointers


def test_an_absent_sub_may_be_tolerated_but_not_a_wrong_one() -> None:
    assert open_badges({"sub": None}, lenient_sub=True) == []
    assert open_badges({"sub": "urn:b:1"}, lenient_sub=True) == ["/sub"]


@pytest.mark.parametrize("name", ["cty", "x5c", "x5u", "x5t", "jku", "iss", "zip", "badge"])
def test_the_open_badges_header_has_no_other_members(name: str) -> None:
    result = opened({"typ": "JWT", "kid": KID, name: "x"}, badge() | CLAIMS)
    assert result.warnings == ()
    assert [problem.type for problem in result.problems] == [CRYPTOGRAPHIC_SECURITY_ERROR]


def test_an_open_badges_header_names_a_key() -> None:
    assert [problem.type for problem in opened({"typ": "JWT"}, badge() | CLAIMS).problems] == [
        CRYPTOGRAPHIC_SECURITY_ERROR
    ]


@pytest.mark.parametrize(
    ("typ", "form"),
    [
        ("JWT", "vc-jwt"),
        ("jwt", "vc-jwt"),
        ("application/jwt", "vc-jwt"),
        ("vc+jwt", "vc+jwt"),
        ("VC+JWT", "vc+jwt"),
        ("application/vc+jwt", "vc+jwt"),
        ("vp+jwt", "vp+jwt"),
    ],
)
def test_the_media_type_decides_the_form(typ: str, form: str) -> None:
    assert opened({"typ": typ, "kid": KID}, badge() | CLAIMS).form == form


def test_without_a_media_type_it_is_an_open_badges_jwt() -> None:
    assert opened({"kid": KID}, badge() | CLAIMS).form == "vc-jwt"


@pytest.mark.parametrize(
    ("typ", "problem"),
    [
        ("bad+typ", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("application/", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("at+jwt", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("kb+jwt", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("vc+jwt ", CRYPTOGRAPHIC_SECURITY_ERROR),
        (7, CRYPTOGRAPHIC_SECURITY_ERROR),
        (["JWT"], CRYPTOGRAPHIC_SECURITY_ERROR),
        ("vc+sd-jwt", PARSING_ERROR),
        ("vc+ld+jwt", UNSUPPORTED),
        ("dc+sd-jwt", UNSUPPORTED),
    ],
)
def test_other_media_types_are_refused(typ: object, problem: object) -> None:
    with pytest.raises(ProblemError) as caught:
        opened({"typ": typ, "kid": KID}, badge() | CLAIMS)
    assert caught.value.problem.type is problem


@pytest.mark.suite("vc+jwt")
@pytest.mark.parametrize("key_type", SIGNING)
def test_a_vc_jose_credential(key_type: KeyType) -> None:
    token = jose.issue_vc_jose(badge(), signer(key_type), created=NOW)
    result = jose.open_jwt(token, token.encode())
    header = result.header or {}
    assert (header["typ"], header["cty"], header["kid"]) == ("vc+jwt", "vc", signer(key_type).verification_method)
    assert result.document == badge()
    assert result.claims == {"iss": CLAIMS["iss"], "iat": NBF}
    assert result.proofs[0].created == NOW
    assert (jose.claim_problems(result), result.problems, result.warnings) == ((), (), ())
    assert isinstance(result.token, jws.Jws)
    jws.verify(result.token, public_key(key_type))


@pytest.mark.suite("vp+jwt")
def test_a_vc_jose_presentation() -> None:
    holder = signer(KeyType.ED25519)
    token = jose.issue_vp_jose(
        PRESENTATION, holder, created=NOW, expires=datetime(2025, 1, 2, tzinfo=UTC), audience="verifier", nonce="n-1"
    )
    result = jose.open_jwt(token, token.encode())
    assert result.form == "vp+jwt"
    assert result.document == PRESENTATION
    (proof,) = result.proofs
    assert (proof.domain, proof.challenge, proof.purpose) == ("verifier", "n-1", "authentication")
    assert (proof.created, proof.expires) == (NOW, datetime(2025, 1, 2, tzinfo=UTC))
    assert (jose.claim_problems(result), result.problems, result.warnings) == ((), (), ())
    assert isinstance(result.token, jws.Jws)
    jws.verify(result.token, public_key(KeyType.ED25519))


def test_several_audiences_are_read() -> None:
    result = opened({"typ": "vp+jwt"}, {**PRESENTATION, "aud": ["a", "b"]})
    assert result.proofs[0].domain == ("a", "b")


def test_a_credential_is_no_presentation_and_the_reverse() -> None:
    for issue, document in ((jose.issue_vp_jose, badge()), (jose.issue_vc_jose, PRESENTATION)):
        with pytest.raises(ProblemError) as caught:
            issue(document, signer(KeyType.P256), created=NOW)  # type: ignore[operator]
        assert (caught.value.problem.type, caught.value.problem.pointer) == (PROOF_GENERATION_ERROR, "/type")


def test_an_instant_without_a_zone_is_not_written() -> None:
    with pytest.raises(ProblemError) as caught:
        jose.issue_vc_jose(badge(), signer(KeyType.P256), created=datetime(2025, 1, 1))
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


@pytest.mark.parametrize(
    ("typ", "changes", "pointers"),
    [
        ("vc+jwt", {}, []),
        ("vc+jwt", CLAIMS, []),
        ("vc+jwt", {"vc": "oops"}, ["/vc"]),
        ("vc+jwt", {"vp": None}, ["/vp"]),
        ("vc+jwt", {"iss": "https://other.example"}, ["/iss"]),
        ("vc+jwt", {"jti": "https://other.example"}, ["/jti"]),
        ("vc+jwt", {"sub": "urn:b:1"}, ["/sub"]),
        ("vc+jwt", {"exp": "2030-01-01T00:00:00Z"}, ["/exp"]),
        ("vc+jwt", {"nbf": 1e300}, ["/nbf"]),
        ("vc+jwt", {"type": ["VerifiablePresentation"]}, ["/type"]),
        ("vc+jwt", {"type": ["VerifiableCredential", "VerifiablePresentation"]}, ["/type"]),
        ("vc+jwt", {"type": ["OpenBadgeCredential"]}, ["/type"]),
        ("vc+jwt", {"type": "VerifiableCredential"}, []),
        ("vc+jwt", {"type": "NotAVerifiableCredential"}, ["/type"]),
        ("vc+jwt", {"type": None}, ["/type"]),
        ("vc+jwt", {"type": 7}, ["/type"]),
        ("vc+jwt", {"issuer": {"name": "A college"}, "iss": CLAIMS["iss"]}, ["/iss"]),
        ("vc+jwt", {"credentialSubject": {"role": "Teacher"}, "sub": "urn:b:1"}, []),
        ("vp+jwt", {}, ["/type"]),
        ("vp+jwt", {**PRESENTATION, "type": []}, ["/type"]),
        ("vp+jwt", {**PRESENTATION, "holder": {}, "iss": "did:example:other", "jti": "urn:a:1"}, []),
        ("vp+jwt", {**PRESENTATION, "credentialSubject": {"id": "urn:a:1"}, "sub": "urn:b:1"}, []),
        ("vp+jwt", PRESENTATION, []),
        ("vp+jwt", {**PRESENTATION, "iss": "did:example:other"}, ["/iss"]),
        ("vp+jwt", {**PRESENTATION, "verifiableCredential": ["a.b.c"]}, ["/verifiableCredential/0"]),
    ],
)
def test_vc_jose_claims_do_not_contradict(typ: str, changes: dict[str, Any], pointers: list[str]) -> None:
    result = opened({"typ": typ, "kid": KID}, {**(badge() if "holder" not in changes else {}), **changes})
    assert [problem.pointer for problem in jose.claim_problems(result)] == pointers


def test_the_validity_of_a_signature_is_told_apart_from_that_of_the_credential() -> None:
    (same,) = opened({"typ": "vc+jwt"}, badge() | CLAIMS).proofs
    assert (same.not_before, same.expires) == (None, None)
    (other,) = opened({"typ": "vc+jwt"}, {**badge(), "nbf": NBF + 60, "exp": EXP - 60}).proofs
    assert other.not_before == datetime(2025, 1, 1, 0, 1, tzinfo=UTC)
    assert other.expires == datetime(2029, 12, 31, 23, 59, tzinfo=UTC)


def test_claims_repeated_in_the_header_must_be_the_same() -> None:
    for iss, pointers in ((CLAIMS["iss"], []), ("https://other.example", ["/iss"])):
        result = opened({"typ": "vc+jwt", "iss": iss}, {**badge(), "iss": CLAIMS["iss"]})
        assert [problem.pointer for problem in jose.claim_problems(result)] == pointers


def test_oddities_are_warned_about() -> None:
    result = opened({"typ": "vc+jwt", "cty": "vp"}, {**badge(), "iat": "2025-01-01T00:00:00Z", "aud": "someone"})
    assert len(result.warnings) == 3
    assert result.proofs[0].created is None


def test_numeric_dates() -> None:
    assert numeric_date(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert numeric_date(-0.5) == datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)
    assert [numeric_date(value) for value in (True, False, "0", None, [], 1e300, -(2**53), float("nan"))] == [None] * 8


def test_a_key_without_a_url_is_not_named() -> None:
    class Nameless:
        public_key = public_key(KeyType.P256)
        verification_method = "key-1"
        controller = "https://badges.example/issuers/a"

        def sign(self, message: bytes) -> bytes:
            raise AssertionError("must not be asked to sign")

    with pytest.raises(ProblemError) as caught:
        jose.issue_vc_jose(badge(), Nameless(), created=NOW)
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def legacy(vc: dict[str, Any], claims: dict[str, Any]) -> Opened:
    return opened({"typ": "JWT", "kid": KID}, {"vc": vc, **claims})


LEGACY = {
    "@context": ["https://www.w3.org/2018/credentials/v1", "https://purl.imsglobal.org/spec/ob/v3p0/context.json"],
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "issuer": {"type": ["Profile"], "name": "A college"},
    "credentialSubject": {"type": ["AchievementSubject"]},
}


def test_claims_fill_in_what_a_vc_claim_leaves_out() -> None:
    before = copy.deepcopy(LEGACY)
    result = legacy(LEGACY, CLAIMS)
    assert jose.claim_problems(result) == ()
    assert result.document["id"] == CLAIMS["jti"]
    assert result.document["issuer"] == {"id": CLAIMS["iss"], "type": ["Profile"], "name": "A college"}
    assert result.document["credentialSubject"] == {"id": CLAIMS["sub"], "type": ["AchievementSubject"]}
    assert result.document["issuanceDate"] == "2025-01-01T00:00:00Z"
    assert result.document["expirationDate"] == "2030-01-01T00:00:00Z"
    assert (result.proofs[0].not_before, result.proofs[0].expires) == (None, None)
    assert "nbf" not in result.document
    assert before == LEGACY


@pytest.mark.parametrize(
    ("vc", "claims", "pointers"),
    [
        ({"issuer": {"id": "https://other.example"}}, {}, ["/iss"]),
        ({"issuer": "https://other.example"}, {}, ["/iss"]),
        ({"id": "https://other.example"}, {}, ["/jti"]),
        ({"credentialSubject": {"id": "urn:b:1"}}, {}, ["/sub"]),
        ({"issuanceDate": "2024-01-01T00:00:00Z"}, {}, ["/nbf"]),
        ({"issuanceDate": "2025-01-01T01:00:00+01:00"}, {}, []),
        ({"expirationDate": "2031-01-01T00:00:00Z"}, {}, ["/exp"]),
        ({"@context": ["https://www.w3.org/ns/credentials/v2"]}, {}, ["/vc"]),
        ({"@context": []}, {}, ["/vc"]),
        ({}, {"@context": LEGACY["@context"]}, ["/@context"]),
        (
            {},
            {"credentialSubject": {"id": "urn:b:1"}, "issuer": "https://other.example"},
            ["/issuer", "/credentialSubject"],
        ),
        ({}, {"vp": {}}, ["/vp"]),
        ({}, {"iss": None}, ["/iss"]),
        ({}, {"exp": None}, []),
        ({"expirationDate": "2030-01-01T00:00:00Z"}, {"exp": None}, ["/exp"]),
    ],
)
def test_a_vc_claim_that_says_otherwise_is_a_problem(
    vc: dict[str, Any], claims: dict[str, Any], pointers: list[str]
) -> None:
    stated = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    assert [problem.pointer for problem in jose.claim_problems(legacy(LEGACY | vc, stated))] == pointers


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        (None, {"id": CLAIMS["sub"]}),
        ({"role": "Teacher"}, {"id": CLAIMS["sub"], "role": "Teacher"}),
        ([{"role": "Teacher"}], [{"id": CLAIMS["sub"], "role": "Teacher"}]),
        ({"id": "urn:b:1"}, {"id": "urn:b:1"}),
        ([{}, {}], [{}, {}]),
        ([], []),
        ("urn:b:1", "urn:b:1"),
    ],
)
def test_a_sub_claim_names_the_one_subject_that_has_no_id(subject: object, shown: object) -> None:
    assert legacy(LEGACY | {"credentialSubject": subject}, CLAIMS).document["credentialSubject"] == shown


@pytest.mark.parametrize("vc", ["oops", [], None, 1])
def test_a_vc_claim_that_is_no_object_is_refused(vc: object) -> None:
    with pytest.raises(ProblemError) as caught:
        opened({"typ": "JWT", "kid": KID}, {"vc": vc, **CLAIMS})
    assert (caught.value.problem.type, caught.value.problem.pointer) == (MALFORMED_VALUE_ERROR, "/vc")


def test_instants_that_do_not_exist_fill_in_nothing() -> None:
    result = legacy(LEGACY, {**CLAIMS, "nbf": 1e300, "exp": "soon", "sub": 7, "jti": [], "iss": {}})
    assert not {"issuanceDate", "expirationDate", "id"} & result.document.keys()
    assert {problem.pointer for problem in jose.claim_problems(result)} == {"/nbf", "/exp", "/sub", "/jti", "/iss"}
