"""SD-JWT: what issuers hide, what holders show, and what readers must refuse."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from badgeport.keys.types import KeyType, jose_algorithm
from badgeport.proofs import sd_jwt
from badgeport.proofs.jwt_claims import claim_problems
from badgeport.proofs.opened import Opened
from badgeport.schemas.encoding import b64url_decode, b64url_encode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    INVALID_CHALLENGE_ERROR,
    INVALID_DOMAIN_ERROR,
    MALFORMED_VALUE_ERROR,
    PARSING_ERROR,
    PRIVATE_KEY_EXPOSED,
    PROOF_GENERATION_ERROR,
    RANGE_ERROR,
    UNSUPPORTED,
    ProblemError,
    ProblemType,
)
from support.jose_keys import SIGNING, badge, compact, private_pem, public_key, signer

NOW = datetime(2025, 1, 1, tzinfo=UTC)
HEADER = {"alg": "ES256", "typ": "vc+sd-jwt", "kid": "https://badges.example/issuers/a/keys/1"}
POINTERS = (
    "/name",
    "/credentialSubject/role",
    "/credentialSubject/achievement",
    "/credentialSubject/achievement/tag",
    "/credentialSubject/achievement/tag/1",
    "/credentialSubject/achievement/tag/2",
)
HOLDER = KeyType.ED25519


def issue(**options: Any) -> str:
    options = {"created": NOW, "disclosable": POINTERS} | options
    return sd_jwt.issue_sd_jwt(badge(), signer(KeyType.P256), **options)


def opened(token: str, key_type: KeyType = KeyType.P256, limits: Limits = DEFAULT_LIMITS) -> Opened:
    result = sd_jwt.open_sd_jwt(token, token.encode(), limits)
    sd_jwt.verify_sd_jwt(result, public_key(key_type))
    return result


def refused(token: str, limits: Limits = DEFAULT_LIMITS) -> ProblemType:
    with pytest.raises(ProblemError) as caught:
        opened(token, limits=limits)
    return caught.value.problem.type


def disclosure(*values: Any) -> str:
    return b64url_encode(json.dumps(values).encode())


def digest(text: str) -> str:
    return b64url_encode(hashlib.sha256(text.encode()).digest())


def assembled(payload: dict[str, Any], *disclosures: str) -> str:
    return "~".join([compact(HEADER, payload), *disclosures, ""])


@pytest.mark.suite("vc+sd-jwt")
@pytest.mark.parametrize("key_type", SIGNING)
def test_issued_in_full_it_shows_the_whole_credential(key_type: KeyType) -> None:
    token = sd_jwt.issue_sd_jwt(
        badge(), signer(key_type), created=NOW, disclosable=POINTERS, holder=public_key(HOLDER), decoys=3
    )
    result = opened(token, key_type)
    assert result.form == "vc+sd-jwt"
    assert result.document == badge()
    assert set(result.disclosed) == set(POINTERS)
    assert result.claims["cnf"] == {"jwk": public_key(HOLDER).to_jwk()}
    assert (claim_problems(result), result.problems, result.warnings) == ((), (), ())
    assert result.proofs[0].created == NOW
    header = result.header or {}
    assert (header["typ"], header["cty"], header["alg"]) == ("vc+sd-jwt", "vc", jose_algorithm(key_type))


def test_what_is_hidden_is_not_in_the_signed_payload() -> None:
    token = issue(disclosable=["/credentialSubject/role", "/credentialSubject/achievement/tag/1"])
    payload = json.loads(b64url_decode(token.split(".")[1]))
    assert "Teacher" not in json.dumps(payload)
    assert "evidence" not in json.dumps(payload)
    assert payload["_sd_alg"] == "sha-256"
    assert "role" not in payload["credentialSubject"]


def test_nothing_hidden_still_ends_in_a_tilde() -> None:
    token = issue(disclosable=[])
    assert token.endswith("~")
    assert token.count("~") == 1
    result = opened(token)
    assert (result.document, result.disclosed, result.undisclosed) == (badge(), (), ())


def test_salts_and_decoys_come_from_the_given_randomness() -> None:
    def numbered() -> Callable[[int], bytes]:
        numbers = count()
        return lambda size: next(numbers).to_bytes(size, "big")

    first, second = (issue(decoys=2, random=numbered()) for _ in range(2))
    assert first.split("~")[1:] == second.split("~")[1:]
    assert issue().split("~")[1:] != issue().split("~")[1:]
    salts = [json.loads(b64url_decode(text))[0] for text in first.split("~")[1:-1]]
    assert len(set(salts)) == len(salts)
    assert all(len(b64url_decode(salt)) == 16 for salt in salts)


def test_digests_do_not_betray_the_order_or_the_number_of_members() -> None:
    payload = json.loads(b64url_decode(issue(decoys=5).split(".")[1]))
    assert payload["_sd"] == sorted(payload["_sd"])
    assert len(payload["_sd"]) == 6
    assert len(payload["credentialSubject"]["_sd"]) == 7


@pytest.mark.parametrize(
    "pointer",
    [
        "",
        "/@context",
        "/@context/1",
        "/id",
        "/type",
        "/type/1",
        "/issuer",
        "/issuer/name",
        "/validFrom",
        "/validUntil",
        "/credentialSubject",
        "/nothing",
        "/credentialSubject/achievement/tag/9",
        "/credentialSubject/achievement/tag/01",
        "/credentialSubject/achievement/tag/-",
        "credentialSubject",
        "/credentialSubject/role/x",
    ],
)
def test_members_that_verifiers_need_and_pointers_to_nothing_are_refused(pointer: str) -> None:
    with pytest.raises(ProblemError) as caught:
        issue(disclosable=[pointer])
    assert (caught.value.problem.type, caught.value.problem.pointer) == (PROOF_GENERATION_ERROR, pointer)


@pytest.mark.parametrize("name", ["credentialStatus", "credentialSchema", "relatedResource"])
def test_status_schema_and_resources_stay_visible(name: str) -> None:
    with pytest.raises(ProblemError) as caught:
        sd_jwt.issue_sd_jwt(
            badge(**{name: {"id": "urn:a:1"}}), signer(KeyType.P256), created=NOW, disclosable=[f"/{name}/id"]
        )
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_a_nested_context_stays_visible() -> None:
    subject = {"id": "urn:a:1", "@context": {"role": "https://schema.org/roleName"}}
    with pytest.raises(ProblemError) as caught:
        sd_jwt.issue_sd_jwt(
            badge(credentialSubject=subject),
            signer(KeyType.P256),
            created=NOW,
            disclosable=["/credentialSubject/@context/role"],
        )
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_naming_a_member_twice_is_refused() -> None:
    with pytest.raises(ProblemError) as caught:
        issue(disclosable=["/name", "/name"])
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


@pytest.mark.parametrize("name", ["_sd", "_sd_alg", "..."])
@pytest.mark.parametrize("wrap", [lambda member: member, lambda member: [member], lambda member: {"a": [member]}])
def test_reserved_names_in_a_credential_are_refused(name: str, wrap: Callable[[Any], Any]) -> None:
    subject = {"id": "urn:a:1", "narrative": wrap({name: "x"})}
    with pytest.raises(ProblemError) as caught:
        sd_jwt.issue_sd_jwt(badge(credentialSubject=subject), signer(KeyType.P256), created=NOW)
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_a_holder_shows_only_what_is_chosen() -> None:
    token = issue()
    nothing = opened(sd_jwt.present(token, []))
    assert nothing.document["credentialSubject"] == {
        "id": "urn:uuid:5b9f0c0e-6ad5-4b5e-8a9a-0f3a4a6f2f10",
        "type": ["AchievementSubject"],
        "licenseNumber": "T-100",
    }
    assert nothing.undisclosed == ("/credentialSubject", "")
    one = opened(sd_jwt.present(token, ["/credentialSubject/role"]))
    assert one.document["credentialSubject"]["role"] == "Teacher"
    assert "achievement" not in one.document["credentialSubject"]
    assert one.disclosed == ("/credentialSubject/role",)
    assert opened(sd_jwt.present(token, [""])).document == badge()
    assert opened(sd_jwt.present(token, POINTERS)).document == badge()


def test_a_pointer_takes_its_ancestors_and_what_is_below_it_but_no_siblings() -> None:
    token = issue()
    item = opened(sd_jwt.present(token, ["/credentialSubject/achievement/tag/2"]))
    assert item.document["credentialSubject"]["achievement"]["tag"] == ["assessment", "reflection"]
    assert "role" not in item.document["credentialSubject"]
    below = opened(sd_jwt.present(token, ["/credentialSubject/achievement"]))
    assert below.document["credentialSubject"]["achievement"] == badge()["credentialSubject"]["achievement"]
    open_member = opened(sd_jwt.present(token, ["/credentialSubject/achievement/name"]))
    assert "tag" not in open_member.document["credentialSubject"]["achievement"]
    assert open_member.document["credentialSubject"]["achievement"]["name"] == "Formative assessment"


@pytest.mark.parametrize("pointer", ["/nothing", "name", "/credentialSubject/achievement/tag/7", "/~2"])
def test_a_pointer_to_nothing_cannot_be_shown(pointer: str) -> None:
    with pytest.raises(ProblemError) as caught:
        sd_jwt.present(issue(), [pointer])
    assert caught.value.problem.type is MALFORMED_VALUE_ERROR


@pytest.mark.parametrize("key_type", SIGNING)
def test_a_holder_proves_possession_of_the_key(key_type: KeyType) -> None:
    shown = sd_jwt.present(issue(holder=public_key(key_type, 3)), ["/name"])
    token = sd_jwt.bind(shown, signer(key_type, 3), audience="verifier", nonce="n-1", issued_at=NOW)
    result = opened(token)
    (proof,) = result.proofs
    assert (proof.domain, proof.challenge) == ("verifier", "n-1")
    binding = sd_jwt.check_key_binding(result, audience="verifier", nonce="n-1")
    assert (binding.issued_at, binding.holder_key) == (NOW, public_key(key_type, 3))
    for audience, nonce, problem in (
        ("verifier", "n-2", INVALID_CHALLENGE_ERROR),
        ("other", "n-1", INVALID_DOMAIN_ERROR),
    ):
        with pytest.raises(ProblemError) as caught:
            sd_jwt.check_key_binding(result, audience=audience, nonce=nonce)
        assert caught.value.problem.type is problem


def test_without_a_key_binding_none_is_found() -> None:
    with pytest.raises(ProblemError) as caught:
        sd_jwt.check_key_binding(opened(issue(holder=public_key(HOLDER))), audience="verifier", nonce="n-1")
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


def bound() -> str:
    token = sd_jwt.present(issue(holder=public_key(HOLDER)), ["/name", "/credentialSubject/role"])
    return sd_jwt.bind(token, signer(HOLDER), audience="verifier", nonce="n-1", issued_at=NOW)


def test_a_key_binding_that_was_not_read_fails() -> None:
    result = replace(opened(bound()), key_binding=None)
    with pytest.raises(ProblemError) as caught:
        sd_jwt.verify_sd_jwt(result, public_key(KeyType.P256))
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


def test_presenting_again_leaves_the_key_binding_off() -> None:
    assert sd_jwt.present(bound(), ["/name"]).endswith("~")


@pytest.mark.parametrize("holder", [None, KeyType.P384])
def test_only_the_holder_can_bind(holder: KeyType | None) -> None:
    token = issue(holder=public_key(holder) if holder else None)
    with pytest.raises(ProblemError) as caught:
        sd_jwt.bind(token, signer(HOLDER), audience="verifier", nonce="n-1", issued_at=NOW)
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_a_bound_presentation_is_not_bound_again() -> None:
    with pytest.raises(ProblemError) as caught:
        sd_jwt.bind(bound(), signer(HOLDER), audience="verifier", nonce="n-1", issued_at=NOW)
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_a_key_binding_covers_the_choice_of_disclosures() -> None:
    first, _, binding = bound().rpartition("~")
    parts = first.split("~")
    for other in ([parts[0], *parts[2:]], [parts[0], parts[2], parts[1]], parts[:1]):
        assert refused("~".join([*other, binding])) is CRYPTOGRAPHIC_SECURITY_ERROR
    opened(f"{first}~{binding}")


def rebound(header: dict[str, Any], changes: dict[str, Any], key_type: KeyType = HOLDER, number: int = 1) -> str:
    shown = sd_jwt.present(issue(holder=public_key(HOLDER)), ["/name"])
    claims = {"iat": 1735689600, "aud": "verifier", "nonce": "n-1", "sd_hash": digest(shown)} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return shown + compact({"alg": "EdDSA", "typ": "kb+jwt", **header}, claims, key_type, number)


def test_a_key_binding_made_by_hand_is_read() -> None:
    assert opened(rebound({}, {})).key_binding is not None


@pytest.mark.parametrize(
    ("header", "changes"),
    [
        ({"typ": "JWT"}, {}),
        ({"typ": None}, {}),
        ({"typ": "vc+sd-jwt"}, {}),
        ({"alg": "none"}, {}),
        ({"alg": "ES256"}, {}),
        ({"crit": ["exp"]}, {}),
        ({}, {"sd_hash": None}),
        ({}, {"sd_hash": digest("other")}),
        ({}, {"aud": None}),
        ({}, {"aud": ["verifier"]}),
        ({}, {"nonce": None}),
        ({}, {"nonce": 1}),
        ({}, {"iat": None}),
        ({}, {"iat": "2025-01-01T00:00:00Z"}),
    ],
)
def test_a_key_binding_out_of_order_is_refused(header: dict[str, Any], changes: dict[str, Any]) -> None:
    assert refused(rebound(header, changes)) is CRYPTOGRAPHIC_SECURITY_ERROR


def test_a_key_binding_by_another_key_is_refused() -> None:
    assert refused(rebound({}, {}, number=2)) is CRYPTOGRAPHIC_SECURITY_ERROR


def test_a_key_binding_to_a_credential_without_a_key_is_refused() -> None:
    token = issue()
    binding = compact(
        {"alg": "EdDSA", "typ": "kb+jwt"}, {"iat": 1, "aud": "a", "nonce": "n", "sd_hash": digest(token)}, HOLDER
    )
    assert refused(token + binding) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize(
    ("confirmation", "problem"),
    [
        ({"kid": "did:example:1"}, UNSUPPORTED),
        ("x", UNSUPPORTED),
        ({"jwk": {**public_key(HOLDER).to_jwk(), "d": "AAAA"}}, PRIVATE_KEY_EXPOSED),
    ],
)
def test_a_key_binding_needs_a_public_jwk_in_the_credential(confirmation: object, problem: ProblemType) -> None:
    token = assembled({**badge(), "cnf": confirmation})
    opened(token)
    binding = compact(
        {"alg": "EdDSA", "typ": "kb+jwt"}, {"iat": 1, "aud": "a", "nonce": "n", "sd_hash": digest(token)}, HOLDER
    )
    assert refused(token + binding) is problem


NAME = disclosure("c2FsdA", "name", "Other")
ITEM = disclosure("c2FsdA", "x")


def test_a_disclosure_of_a_foreign_issuer_is_put_in_place() -> None:
    result = opened(assembled({**badge(name=None), "_sd": [digest(NAME)]}, NAME))
    assert result.document["name"] == "Other"
    result = opened(assembled({**badge(), "x": ["a", {"...": digest(ITEM)}, {"...": digest("decoy")}]}, ITEM))
    assert result.document["x"] == ["a", "x"]
    assert result.undisclosed == ("/x",)


def test_dots_in_ordinary_array_items_mean_nothing() -> None:
    items = ["to be continued...", "...", 1, None, ["..."]]
    assert opened(assembled({**badge(), "x": items})).document["x"] == items


OUTER = disclosure("c2FsdA", "address", {"_sd": [digest(disclosure("c2FsdB", "city", "Springfield"))], "zip": "1"})
INNER = disclosure("c2FsdB", "city", "Springfield")


def test_disclosures_within_disclosures() -> None:
    payload = {**badge(), "_sd": [digest(OUTER)]}
    assert opened(assembled(payload, INNER, OUTER)).document["address"] == {"city": "Springfield", "zip": "1"}
    assert opened(assembled(payload, OUTER)).document["address"] == {"zip": "1"}
    assert refused(assembled(payload, INNER)) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize(
    ("changes", "disclosures"),
    [
        # not referenced, referenced twice, sent twice
        ({}, [NAME]),
        ({"name": None, "_sd": [digest(NAME), digest(NAME)]}, [NAME]),
        ({"name": None, "_sd": [digest(NAME)], "x": {"_sd": [digest(NAME)]}}, [NAME]),
        ({"name": None, "_sd": [digest(NAME)]}, [NAME, NAME]),
        ({"_sd": [digest("decoy"), digest("decoy")]}, []),
        ({"x": [{"...": digest("decoy")}, {"...": digest("decoy")}]}, []),
        ({"_sd": [digest(OUTER), digest(INNER)]}, [OUTER, INNER]),
        # what is signed openly, or disclosed already, is not replaced
        ({"_sd": [digest(NAME)]}, [NAME]),
        (
            {"_sd": [digest(disclosure("a", "x", 1)), digest(disclosure("b", "x", 2))]},
            [disclosure("a", "x", 1), disclosure("b", "x", 2)],
        ),
        # a member for an item and the reverse
        ({"x": [{"...": digest(NAME)}]}, [NAME]),
        ({"_sd": [digest(ITEM)]}, [ITEM]),
        # reserved names
        *(({"_sd": [digest(disclosure("a", n, []))]}, [disclosure("a", n, [])]) for n in ("_sd", "...", "_sd_alg")),
        ({"x": {"...": digest("decoy")}}, []),
        ({"x": [{"...": digest("decoy"), "y": 1}]}, []),
        ({"x": [{"...": 7}]}, []),
        ({"x": {"_sd_alg": "sha-256"}}, []),
        ({"_sd": digest("decoy")}, []),
        ({"_sd": [7]}, []),
        ({"_sd": None}, []),
        # disclosures of another shape
        *(
            ({"_sd": [digest(text)]}, [text])
            for text in (
                disclosure(),
                disclosure("a"),
                disclosure("a", "b", "c", "d"),
                disclosure(1, "x", 2),
                disclosure("a", 7, 2),
                b64url_encode(b'{"a":1}'),
                b64url_encode(b'"abc"'),
            )
        ),
    ],
)
def test_disclosures_and_digests_that_do_not_fit_exactly_are_refused(
    changes: dict[str, Any], disclosures: list[str]
) -> None:
    payload = badge() | changes
    if changes.get("name", "") is None:
        del payload["name"]
    assert refused(assembled(payload, *disclosures)) is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize("text", ["AB", b64url_encode(b"["), b64url_encode(b'["a","a",NaN]'), b64url_encode(b"\xff")])
def test_malformed_disclosures_are_refused(text: str) -> None:
    assert refused(assembled({**badge(), "_sd": [digest(text)]}, text)) is PARSING_ERROR


@pytest.mark.parametrize("name", ["sha-256", "sha-384", "sha-512"])
def test_digests_of_other_hashes_are_read(name: str) -> None:
    stated = b64url_encode(hashlib.new(name.replace("-", ""), NAME.encode()).digest())
    assert opened(assembled({**badge(name=None), "_sd": [stated], "_sd_alg": name}, NAME)).document["name"] == "Other"


@pytest.mark.parametrize("name", ["sha-1", "md5", "SHA-256", "sha-224", "", 7, None, ["sha-256"]])
def test_digests_of_weak_or_unknown_hashes_are_refused(name: object) -> None:
    assert refused(assembled({**badge(), "_sd_alg": name})) is UNSUPPORTED


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "~",
        lambda token: "~" + token,
        lambda token: token.replace("~", "~~", 1),
        lambda token: token + "x",
        lambda token: token + "a.b",
        lambda token: token + "a.b.c.d",
        lambda token: token.replace("~", "=~", 1),
        lambda token: token.replace("~", "~ ", 1),
        lambda token: token + "\n",
        lambda token: token.replace("~", "~é", 1),
    ],
)
def test_tildes_part_and_end_an_sd_jwt(change: Callable[[str], str]) -> None:
    assert refused(change(issue())) in (PARSING_ERROR, CRYPTOGRAPHIC_SECURITY_ERROR)


@pytest.mark.parametrize(
    ("typ", "problem"),
    [
        ("vc+jwt", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("JWT", CRYPTOGRAPHIC_SECURITY_ERROR),
        (None, CRYPTOGRAPHIC_SECURITY_ERROR),
        ("kb+jwt", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("dc+sd-jwt", UNSUPPORTED),
    ],
)
def test_other_media_types_are_refused(typ: str | None, problem: ProblemType) -> None:
    assert refused(compact({**HEADER, "typ": typ}, badge()) + "~") is problem


def test_disclosures_cannot_nest_or_multiply_without_bound() -> None:
    text = disclosure("a", "x", 1)
    disclosures = [text]
    for _ in range(70):
        text = disclosure("a", "x", {"_sd": [digest(text)]})
        disclosures.append(text)
    assert refused(assembled({**badge(), "_sd": [digest(text)]}, *disclosures)) is RANGE_ERROR
    for _ in range(1_500):
        text = disclosure("a", "x", {"_sd": [digest(text)]})
        disclosures.append(text)
    endless = Limits(json_depth=1_000_000)
    assert refused(assembled({**badge(), "_sd": [digest(text)]}, *disclosures), endless) is RANGE_ERROR
    many = [disclosure(str(number), "x", number) for number in range(2_001)]
    assert refused(assembled({**badge(), "_sd": [digest(text) for text in many]}, *many)) is RANGE_ERROR
    token = issue()
    assert refused(token, Limits(document_bytes=len(token) - 1)) is RANGE_ERROR
    opened(token, limits=Limits(document_bytes=len(token)))
    with pytest.raises(ProblemError) as caught:
        sd_jwt.issue_sd_jwt(
            badge(x=list(range(2_001))),
            signer(KeyType.P256),
            created=NOW,
            disclosable=[f"/x/{n}" for n in range(2_001)],
        )
    assert caught.value.problem.type is PROOF_GENERATION_ERROR


def test_a_credential_that_nests_without_bound_is_not_issued() -> None:
    deep: Any = "end"
    for _ in range(900):
        deep = [deep]
    with pytest.raises(ProblemError) as caught:
        sd_jwt.issue_sd_jwt(badge(x=deep), signer(KeyType.P256), created=NOW, limits=Limits(json_depth=10_000))
    assert caught.value.problem.type in (PROOF_GENERATION_ERROR, RANGE_ERROR, MALFORMED_VALUE_ERROR)
    with pytest.raises(ProblemError):
        sd_jwt.issue_sd_jwt(badge(x=deep), signer(KeyType.P256), created=NOW)


def test_depth_is_that_of_one_document_and_no_less() -> None:
    deep: Any = "end"
    for _ in range(62):
        deep = [deep]
    result = opened(assembled({**badge(), "x": deep}))
    assert result.document["x"] == deep


def test_a_foreign_issuer_that_hides_what_verifiers_need_is_warned_about() -> None:
    text = disclosure("a", "credentialStatus", {"id": "https://badges.example/status/1", "type": "x"})
    result = opened(assembled({**badge(), "_sd": [digest(text)]}, text))
    assert any("credentialStatus" in warning for warning in result.warnings)
    assert opened(assembled({**badge(), "_sd": [digest(text)]})).undisclosed == ("",)


def test_the_signature_of_the_issuer_is_checked() -> None:
    token = issue()
    result = sd_jwt.open_sd_jwt(token, b"")
    for key in (public_key(KeyType.P256, 2), public_key(KeyType.P384)):
        with pytest.raises(ProblemError) as caught:
            sd_jwt.verify_sd_jwt(result, key)
        assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


# The reference implementation.


def test_the_reference_verifier_accepts_what_we_issue_and_bind() -> None:
    token = issue(holder=public_key(KeyType.P256, 3), decoys=2)
    shown = sd_jwt.present(token, ["/credentialSubject/achievement/tag/1"])
    presented = sd_jwt.bind(shown, signer(KeyType.P256, 3), audience="verifier", nonce="n-1", issued_at=NOW)
    verifier = SDJWTVerifier(presented, lambda *_: JWK(**public_key(KeyType.P256).to_jwk()))
    theirs = verifier.get_verified_payload()
    ours = opened(presented)
    assert {name: theirs[name] for name in ours.document} == ours.document
    assert theirs["credentialSubject"]["achievement"]["tag"] == ["assessment", "evidence"]
    bound_for = SDJWTVerifier(
        presented, lambda *_: JWK(**public_key(KeyType.P256).to_jwk()), expected_aud="verifier", expected_nonce="n-1"
    )
    assert bound_for.get_verified_payload()["cnf"]["jwk"] == public_key(KeyType.P256, 3).to_jwk()


def test_the_reference_holder_can_present_what_we_issue() -> None:
    holder = SDJWTHolder(issue())
    holder.create_presentation({"credentialSubject": {"role": True}})
    assert opened(holder.sd_jwt_presentation).disclosed == ("/credentialSubject/role",)


def test_we_accept_what_the_reference_issues_and_binds() -> None:
    credential = badge()
    subject = credential["credentialSubject"]
    subject[SDObj("role")] = subject.pop("role")
    tags = subject["achievement"]["tag"]
    subject["achievement"]["tag"] = [SDObj(tag) for tag in tags]
    subject[SDObj("achievement")] = subject.pop("achievement")
    issuer = SDJWTIssuer(
        credential,
        JWK.from_pem(private_pem(KeyType.P256)),
        JWK.from_pem(private_pem(KeyType.P384)),
        sign_alg="ES256",
        add_decoy_claims=True,
        extra_header_parameters={"typ": "vc+sd-jwt"},
    )
    full = opened(issuer.sd_jwt_issuance)
    assert full.document == badge()
    holder = SDJWTHolder(issuer.sd_jwt_issuance)
    holder.create_presentation(
        {"credentialSubject": {"achievement": {"tag": [False, True, False]}}},
        nonce="n-1",
        aud="verifier",
        holder_key=JWK.from_pem(private_pem(KeyType.P384)),
        sign_alg="ES384",
    )
    presented = opened(holder.sd_jwt_presentation)
    assert presented.document["credentialSubject"]["achievement"]["tag"] == ["evidence"]
    assert "role" not in presented.document["credentialSubject"]
    assert sd_jwt.check_key_binding(presented, audience="verifier", nonce="n-1").holder_key == public_key(KeyType.P384)
    ours = sd_jwt.present(issuer.sd_jwt_issuance, ["/credentialSubject/achievement/tag/1"])
    assert set(ours.split("~")) == set(holder.sd_jwt_presentation.rpartition("~")[0].split("~")) | {""}
