"""Embedded proofs: adding and verifying every suite, the form of proofs, sets and chains, older data models."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from badgeport.keys.custody.local import local_signer
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.proofs.data_integrity import add_proof, proofs_of, verify_proof
from badgeport.proofs.suites import registry
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.encoding import multibase_decode, multibase_encode
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import (
    CONTEXT_UNKNOWN,
    DATA_LOSS_DETECTION_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    ProblemError,
    ProblemType,
)
from support.di_material import badge

STORE = contexts.store()
CREATED = datetime(2025, 3, 1, 12, tzinfo=UTC)


@cache
def _signer(kind: str, number: int = 1) -> Signer:
    if kind == "ed25519":
        return local_signer(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    return local_signer(ec.derive_private_key(10_007 + number, ec.SECP256R1() if kind == "p256" else ec.SECP384R1()))


_WAYS = [
    ("eddsa-rdfc-2022", "ed25519"),
    ("eddsa-jcs-2022", "ed25519"),
    ("ecdsa-rdfc-2019", "p256"),
    ("ecdsa-rdfc-2019", "p384"),
    ("ecdsa-jcs-2019", "p256"),
    ("ecdsa-jcs-2019", "p384"),
    ("Ed25519Signature2020", "ed25519"),
]
_EVERY_WAY = [pytest.param(*way, id="-".join(way), marks=pytest.mark.suite(way[0])) for way in _WAYS]


def _sign(
    document: dict[str, Any], suite: str = "eddsa-rdfc-2022", kind: str = "ed25519", **options: Any
) -> dict[str, Any]:
    number = options.pop("number", 1)
    defaults: dict[str, Any] = {"created": CREATED, "contexts": STORE}
    return add_proof(document, _signer(kind, number), cryptosuite=suite, **(defaults | options))


def _verify(document: dict[str, Any], index: int = 0, kind: str = "ed25519", number: int = 1) -> None:
    verify_proof(document, index, _signer(kind, number).public_key, contexts=STORE)


def _refusal(document: dict[str, Any], index: int = 0, kind: str = "ed25519") -> tuple[ProblemType, str | None]:
    with pytest.raises(ProblemError) as caught:
        _verify(document, index, kind)
    return caught.value.problem.type, caught.value.problem.pointer


def _not_made(document: Any, *arguments: Any, **options: Any) -> tuple[ProblemType, str | None]:
    with pytest.raises(ProblemError) as caught:
        _sign(document, *arguments, **options)
    return caught.value.problem.type, caught.value.problem.pointer


@pytest.mark.parametrize(("suite", "kind"), _EVERY_WAY)
def test_a_proof_verifies_until_something_changes(suite: str, kind: str) -> None:
    document = badge()
    before = copy.deepcopy(document)
    signed = _sign(document, suite, kind, expires=CREATED + timedelta(days=9), domain="a.example", challenge="c")
    assert document == before
    assert "proof" not in document
    _verify(signed, kind=kind)
    proof = signed["proof"]
    assert proof["created"] == "2025-03-01T12:00:00Z"
    assert proof["expires"] == "2025-03-10T12:00:00Z"
    assert proof["proofPurpose"] == "assertionMethod"
    assert proof["verificationMethod"] == _signer(kind).verification_method
    assert ("@context" in proof) == ("jcs" in suite)
    for member, value in [
        ("name", "Another"),
        ("validUntil", "2040-01-01T00:00:00Z"),
        ("credentialStatus", None),
        ("description", "An addition"),
    ]:
        changed = {key: each for key, each in (signed | {member: value}).items() if each is not None}
        assert _refusal(changed, kind=kind)[0] == PROOF_VERIFICATION_ERROR
    for member, value in [
        ("created", "2025-03-01T12:00:01Z"),
        ("expires", "2026-03-10T12:00:00Z"),
        ("domain", "b.example"),
        ("challenge", "d"),
        ("proofPurpose", "authentication"),
        ("verificationMethod", "did:example:other#k"),
        ("nonce", "n"),
        ("id", "urn:p"),
        ("expires", None),
        ("domain", None),
    ]:
        other = {key: each for key, each in (proof | {member: value}).items() if each is not None}
        assert _refusal({**signed, "proof": other}, kind=kind)[0] == PROOF_VERIFICATION_ERROR, member


@pytest.mark.parametrize(("suite", "kind"), _EVERY_WAY)
def test_other_keys_are_refused(suite: str, kind: str) -> None:
    signed = _sign(badge(), suite, kind)
    for other in ("ed25519", "p256", "p384"):
        with pytest.raises(ProblemError) as caught:
            _verify(signed, kind=other, number=2)
        assert caught.value.problem.type == PROOF_VERIFICATION_ERROR


@pytest.mark.parametrize(("suite", "kind"), _EVERY_WAY)
def test_proof_values_have_one_form(suite: str, kind: str) -> None:
    signed = _sign(badge(), suite, kind)
    value = signed["proof"]["proofValue"]
    signature = multibase_decode(value)
    damaged: list[Any] = [
        None,
        5,
        "",
        "z",
        [value],
        value[1:],
        value + "0",
        value + "\n",
        " " + value,
        multibase_encode(signature, "u"),
        "Z" + value[1:],
        "z1" + value[1:],
        multibase_encode(signature[:-1]),
        multibase_encode(signature + b"\0"),
        "z" + "1" * 5_000,
    ]
    for each in damaged:
        proof = {**signed["proof"], "proofValue": each}
        assert _refusal({**signed, "proof": proof}, kind=kind) == (PROOF_VERIFICATION_ERROR, "/proof/proofValue")
    for wrong in (bytes(len(signature)), bytes([signature[0] ^ 1]) + signature[1:]):
        # Well formed, and not a signature of this: nothing points at the proof value itself.
        proof = {**signed["proof"], "proofValue": multibase_encode(wrong)}
        assert _refusal({**signed, "proof": proof}, kind=kind) == (PROOF_VERIFICATION_ERROR, "/proof")
    without = {key: each for key, each in signed["proof"].items() if key != "proofValue"}
    assert _refusal({**signed, "proof": without}, kind=kind)[0] == PROOF_VERIFICATION_ERROR


_FORMS: list[tuple[str, Any]] = [
    ("type", "Proof"),
    ("type", ["DataIntegrityProof"]),
    ("type", None),
    ("cryptosuite", "eddsa-rdfc-2023"),
    ("cryptosuite", "Ed25519Signature2020"),
    ("cryptosuite", ["eddsa-rdfc-2022"]),
    ("cryptosuite", None),
    ("verificationMethod", {"id": "did:example:a#b", "publicKeyMultibase": "z6Mk"}),
    ("verificationMethod", ["did:example:a#b"]),
    ("verificationMethod", "#key-1"),
    ("verificationMethod", ""),
    ("proofPurpose", ["assertionMethod"]),
    ("proofPurpose", None),
    ("created", "yesterday"),
    ("created", "2025-02-30T00:00:00Z"),
    ("created", 1_700_000_000),
    ("created", None),
    ("expires", "soon"),
    ("domain", 5),
    ("domain", []),
    ("domain", [None]),
    ("challenge", 5),
    ("nonce", {}),
    ("id", "proof-1"),
    ("id", 5),
    ("previousProof", {"id": "urn:p"}),
    ("previousProof", []),
    ("previousProof", [5]),
]


@pytest.mark.parametrize(("member", "value"), _FORMS, ids=[f"{m}={str(v)[:30]}" for m, v in _FORMS])
@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_members_of_a_proof_have_their_form(suite: str, member: str, value: Any) -> None:
    signed = _sign(badge(), suite)
    assert _refusal({**signed, "proof": {**signed["proof"], member: value}}) == (
        PROOF_VERIFICATION_ERROR,
        f"/proof/{member}",
    )
    in_array = {**signed, "proof": [signed["proof"], {**signed["proof"], member: value}]}
    problem, pointer = _refusal(in_array, 1)
    assert problem == PROOF_VERIFICATION_ERROR
    assert pointer == ("/proof/previousProof" if member == "previousProof" else f"/proof/1/{member}")


def test_unknown_members_of_a_proof() -> None:
    signed = _sign(badge())
    assert _refusal({**signed, "proof": {**signed["proof"], "level": "high"}}) == (
        DATA_LOSS_DETECTION_ERROR,
        "/proof/level",
    )
    assert _refusal({**signed, "proof": {**signed["proof"], "@context": [urls.CREDENTIALS_V2]}}) == (
        PROOF_VERIFICATION_ERROR,
        "/proof/@context",
    )
    _verify({**signed, "proof": {**signed["proof"], "@context": signed["@context"]}})
    jcs_signed = _sign(badge(), "eddsa-jcs-2022")
    assert _refusal({**jcs_signed, "proof": {**jcs_signed["proof"], "level": "high"}})[0] == PROOF_VERIFICATION_ERROR


@pytest.mark.parametrize("value", [None, "proof", 5, [None], [[]], ["x"], True])
def test_what_is_no_proof(value: Any) -> None:
    document = badge(proof=[]) | {"proof": value}
    for act in (lambda: proofs_of(document), lambda: _verify(document)):
        with pytest.raises(ProblemError) as caught:
            act()
        assert caught.value.problem.type == PARSING_ERROR
        assert caught.value.problem.pointer == "/proof"
    assert _not_made(document) == (PROOF_GENERATION_ERROR, "/proof")


def test_documents_without_proofs() -> None:
    for document in (badge(), badge(proof=[])):
        assert proofs_of(document) == ()
        for index in (-1, 0, 1):
            assert _refusal(document, index)[0] == PROOF_VERIFICATION_ERROR
    for nothing in ([], "x", None):
        with pytest.raises(ProblemError):
            proofs_of(nothing)  # type: ignore[arg-type]


def test_proofs_describe_themselves() -> None:
    signed = _sign(badge(), proof_id="urn:p1", domain=["a.example", "b.example"], expires=CREATED + timedelta(1))
    signed = _sign(signed, "ecdsa-jcs-2019", "p256", previous=["urn:p1"], challenge="c", purpose="authentication")
    first, second = proofs_of(signed)
    assert (first.index, first.pointer, second.index, second.pointer) == (0, "/proof/0", 1, "/proof/1")
    assert (first.type, first.cryptosuite, first.purpose) == (
        "DataIntegrityProof",
        "eddsa-rdfc-2022",
        "assertionMethod",
    )
    assert first.verification_method == _signer("ed25519").verification_method
    assert (first.created, first.expires) == (CREATED, CREATED + timedelta(1))
    assert (first.domain, first.challenge, first.id, first.previous) == (("a.example", "b.example"), None, "urn:p1", ())
    assert (second.challenge, second.id, second.previous, second.purpose) == ("c", None, ("urn:p1",), "authentication")
    assert first.raw is signed["proof"][0]
    assert proofs_of(_sign(badge()))[0].pointer == "/proof"
    (odd,) = proofs_of(badge(proof={"type": 5, "created": "x", "domain": [1, "a"], "previousProof": 5}))
    assert (odd.type, odd.created, odd.domain, odd.previous, odd.verification_method) == ("", None, ("a",), (), None)


def test_sets_of_proofs_stand_alone() -> None:
    document = badge()
    signed = document
    for number, (suite, kind) in enumerate([way for way in _WAYS if way[0] != "Ed25519Signature2020"]):
        signed = _sign(signed, suite, kind, created=CREATED + timedelta(hours=number))
    assert isinstance(signed["proof"], list)
    assert signed["@context"] == document["@context"]
    for index, (_, kind) in enumerate(_WAYS[:-1]):
        _verify(signed, index, kind)
        _verify({**document, "proof": [signed["proof"][index]]}, 0, kind)
    reversed_proofs = {**signed, "proof": signed["proof"][::-1]}
    for index, (_, kind) in enumerate(_WAYS[-2::-1]):
        _verify(reversed_proofs, index, kind)


def test_a_legacy_proof_has_no_word_for_chains() -> None:
    signed = _sign(badge(), "Ed25519Signature2020", proof_id="urn:p1")
    assert _not_made(signed, "Ed25519Signature2020", previous="urn:p1") == (
        DATA_LOSS_DETECTION_ERROR,
        "/proof/previousProof",
    )


@pytest.mark.parametrize(("suite", "kind"), _EVERY_WAY[:-1])
def test_chains_cover_the_proofs_they_name(suite: str, kind: str) -> None:
    signed = _sign(badge(), "eddsa-jcs-2022", number=1, proof_id="urn:p1")
    signed = _sign(signed, "eddsa-rdfc-2022", number=2, proof_id="urn:p2")
    signed = _sign(signed, suite, kind, number=3, previous=["urn:p2", "urn:p1"], proof_id="urn:p3")
    signed = _sign(signed, suite, kind, number=4, previous="urn:p3")
    first, second, third, fourth = signed["proof"]
    verify_proof(signed, 2, _signer(kind, 3).public_key, contexts=STORE)
    verify_proof(signed, 3, _signer(kind, 4).public_key, contexts=STORE)
    verify_proof(signed, 0, _signer("ed25519", 1).public_key, contexts=STORE)
    # The order of the names is not that of the proofs; the order of the proofs matters to JCS alone.
    swapped = {**signed, "proof": [second, first, third, fourth]}
    if "jcs" not in suite:
        verify_proof(swapped, 2, _signer(kind, 3).public_key, contexts=STORE)
    broken = [
        [first, third],
        [{**first, "created": "2025-03-01T12:00:01Z"}, second, third],
        [{**first, "id": "urn:p2"}, second, third],
        [first, second, {**third, "previousProof": ["urn:p1"]}],
        [first, second, {**third, "previousProof": ["urn:p1", "urn:p2", "urn:p3"]}],
        [first, {**second, "previousProof": "urn:p3"}, third],
        [first, second, first, third],
        [first, second, {key: value for key, value in third.items() if key != "previousProof"}],
    ]
    for proofs in broken:
        with pytest.raises(ProblemError) as caught:
            verify_proof({**signed, "proof": proofs}, len(proofs) - 1, _signer(kind, 3).public_key, contexts=STORE)
        assert caught.value.problem.type == PROOF_VERIFICATION_ERROR


def test_long_and_tangled_chains() -> None:
    signed = _sign(badge(), proof_id="urn:p0")
    for number in range(1, 15):
        signed = _sign(signed, proof_id=f"urn:p{number}", previous=f"urn:p{number - 1}")
    _verify(signed, 14)
    assert len(_sign(signed)["proof"]) == 16
    assert _not_made(_sign(signed)) == (PROOF_GENERATION_ERROR, "/proof")
    proofs = signed["proof"]
    loop = [{**proof, "previousProof": f"urn:p{(number + 1) % 15}"} for number, proof in enumerate(proofs)]
    assert _refusal({**signed, "proof": loop}, 3)[0] == PROOF_VERIFICATION_ERROR
    too_many = {**signed, "proof": [*proofs, *proofs]}
    assert _refusal(too_many)[0] == PARSING_ERROR


def test_chains_are_made_of_proofs_that_are_there() -> None:
    signed = _sign(badge(), proof_id="urn:p1")
    for options in (
        {"previous": "urn:p2"},
        {"previous": ["urn:p1", "urn:p2"]},
        {"previous": []},
        {"previous": "urn:p3", "proof_id": "urn:p3"},
        {"proof_id": "urn:p1"},
        {"proof_id": "p1"},
    ):
        assert _not_made(signed, **options)[0] == PROOF_GENERATION_ERROR


def test_the_shape_of_proof_is_kept() -> None:
    assert isinstance(_sign(badge())["proof"], dict)
    assert isinstance(_sign(badge(proof=[]))["proof"], list)
    assert len(_sign(_sign(badge()))["proof"]) == 2


def _legacy(**members: Any) -> dict[str, Any]:
    return {
        "@context": [urls.CREDENTIALS_V1, urls.OB_3_0_1],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Old",
        "issuer": {"id": "https://a.example", "type": ["Profile"], "name": "A"},
        "issuanceDate": "2022-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:s", "type": ["AchievementSubject"]},
        **members,
    }


@pytest.mark.parametrize(("suite", "kind"), _EVERY_WAY)
def test_credentials_of_vcdm_1_gain_the_context_of_their_proof(suite: str, kind: str) -> None:
    legacy = suite == "Ed25519Signature2020"
    added = urls.ED25519_2020_V1 if legacy else urls.DATA_INTEGRITY_V2
    signed = _sign(_legacy(), suite, kind)
    assert signed["@context"] == [urls.CREDENTIALS_V1, urls.OB_3_0_1, added]
    _verify(signed, kind=kind)
    again = _sign(signed, suite, kind)
    assert again["@context"] == signed["@context"]
    _verify(again, 0, kind)
    _verify(again, 1, kind)
    for present in (urls.ED25519_2020_V1,) if legacy else (urls.DATA_INTEGRITY_V1, urls.DATA_INTEGRITY_V2):
        named = _legacy(**{"@context": [urls.CREDENTIALS_V1, urls.OB_3_0_1, present]})
        assert _sign(named, suite, kind)["@context"] == named["@context"]


def test_a_signed_document_never_gains_a_context() -> None:
    signed = _sign(badge())
    assert _not_made(signed, "Ed25519Signature2020") == (PROOF_GENERATION_ERROR, "/@context")
    assert _sign(signed, "eddsa-jcs-2022")["@context"] == signed["@context"]
    fresh = _sign(badge(), "Ed25519Signature2020")
    assert fresh["@context"] == [*badge()["@context"], urls.ED25519_2020_V1]
    _verify(fresh)


def test_what_cannot_be_signed() -> None:
    lossy = badge(level="gold")
    misleading = badge()
    misleading["https://schema.org/name"] = "x"
    unknown = badge(**{"@context": [urls.CREDENTIALS_V2, "https://unknown.example"]})
    for suite, kind in _WAYS:
        if "jcs" not in suite:
            assert _not_made(lossy, suite, kind) == (DATA_LOSS_DETECTION_ERROR, "/level")
            assert _not_made(misleading, suite, kind)[0] == PROOF_GENERATION_ERROR
            assert _not_made(unknown, suite, kind)[0] == CONTEXT_UNKNOWN
            assert _not_made({"name": "x"}, suite, kind)[0] == PROOF_TRANSFORMATION_ERROR
        for other in {"ed25519", "p256", "p384"} - {k for s, k in _WAYS if s == suite}:
            assert _not_made(badge(), suite, other)[0] == PROOF_GENERATION_ERROR
    for suite in ("eddsa-2022", "eddsa", "", "vc-jwt", "bbs-2023", "RsaSignature2018"):
        assert _not_made(badge(), suite)[0] == PROOF_GENERATION_ERROR
    for nothing in ([], "x", None):
        assert _not_made(nothing)[0] == PROOF_GENERATION_ERROR
    for options in (
        {"created": datetime(2025, 1, 1)},
        {"expires": datetime(2027, 1, 1)},
        {"expires": CREATED},
        {"expires": CREATED - timedelta(1)},
        {"purpose": ""},
        {"challenge": ""},
        {"domain": []},
        {"mandatory_pointers": ["/issuer"]},
    ):
        assert _not_made(badge(), **options)[0] == PROOF_GENERATION_ERROR
    assert _not_made(badge(), purpose="nonsense") == (DATA_LOSS_DETECTION_ERROR, "/proof/proofPurpose")
    too_large = replace(DEFAULT_LIMITS, quads=10)
    assert _not_made(badge(), limits=too_large)[0] == PROOF_TRANSFORMATION_ERROR


def test_jcs_suites_sign_any_json() -> None:
    document = {"b": [1, 2.5, None, {"é": "😀"}], "a": {}}
    signed = _sign(document, "eddsa-jcs-2022")
    assert "@context" not in signed["proof"]
    _verify(signed)
    assert _refusal({**signed, "a": []})[0] == PROOF_VERIFICATION_ERROR
    assert _refusal({**signed, "@context": []})[0] == PROOF_VERIFICATION_ERROR
    unknown = {"@context": "https://unknown.example", "x": 1}
    signed = _sign(unknown, "eddsa-jcs-2022")
    assert signed["@context"] == "https://unknown.example"
    _verify(signed)
    for odd in ({"a": 2**60}, {"a": float("nan")}, {"a": "\ud800"}):
        assert _not_made(odd, "eddsa-jcs-2022")[0] == PROOF_TRANSFORMATION_ERROR
        assert _refusal({**signed, **odd})[0] == PROOF_TRANSFORMATION_ERROR


def test_a_jcs_document_begins_with_the_contexts_of_its_proof() -> None:
    signed = _sign(badge(), "eddsa-jcs-2022")
    stated = badge()["@context"]
    _verify({**signed, "@context": [*stated, urls.MULTIKEY_V1]})
    for other in ([urls.MULTIKEY_V1, *stated], stated[:1], stated[::-1], stated[0], [], None):
        assert _refusal({**signed, "@context": other}) == (PROOF_VERIFICATION_ERROR, "/@context")
    single = _sign({"@context": urls.CREDENTIALS_V2, "id": "urn:x"}, "eddsa-jcs-2022")
    _verify(single)
    _verify({**single, "@context": [urls.CREDENTIALS_V2, urls.OB_3_0_3]})
    without = {key: value for key, value in signed["proof"].items() if key != "@context"}
    assert _refusal({**signed, "proof": without})[0] == PROOF_VERIFICATION_ERROR


class _Careless:
    """A signer that answers in DER, or not at all."""

    def __init__(self, answer: bytes, kind: str = "p256") -> None:
        self.public_key: PublicKey = _signer(kind).public_key
        self.verification_method = _signer(kind).verification_method
        self.controller = _signer(kind).controller
        self._answer = answer

    def sign(self, message: bytes) -> bytes:
        return self._answer


@pytest.mark.parametrize("answer", [b"", b"\x30" + bytes(70), bytes(63), bytes(96)])
def test_signatures_in_another_form_are_not_written(answer: bytes) -> None:
    for suite in ("ecdsa-rdfc-2019", "ecdsa-jcs-2019"):
        with pytest.raises(ProblemError) as caught:
            add_proof(badge(), _Careless(answer), cryptosuite=suite, created=CREATED, contexts=STORE)
        assert caught.value.problem.type == PROOF_GENERATION_ERROR


def test_the_registry_knows_every_suite() -> None:
    assert {suite for suite, _ in _WAYS} | {"eddsa-2022", "ecdsa-sd-2023"} == set(registry.NAMES)
    for name in registry.NAMES:
        found = registry.suite(name)
        assert found.name == name
        proof = {"type": found.proof_type} | ({"cryptosuite": name} if found.proof_type != name else {})
        assert registry.suite_of(proof) is found


@pytest.mark.suite("ecdsa-sd-2023")
def test_selective_disclosure_goes_through_the_same_calls() -> None:
    document = badge()
    signed = _sign(document, "ecdsa-sd-2023", "p256", mandatory_pointers=["/issuer"])
    assert signed["proof"]["proofValue"].startswith("u2V0A")
    assert _refusal(signed, kind="p256")[0] == PROOF_VERIFICATION_ERROR  # a base proof is not for verifiers


def test_a_draft_name_is_still_verified() -> None:
    """eddsa-2022 became eddsa-rdfc-2022; what is signed is made the same way, the name in it apart."""
    from badgeport.proofs.suites.base import RdfcSuite

    read_only = registry.suite("eddsa-2022")
    assert isinstance(read_only, RdfcSuite)
    maker = RdfcSuite("eddsa-2022", read_only.key_types)
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-2022",
        "verificationMethod": _signer("ed25519").verification_method,
        "proofPurpose": "assertionMethod",
    }
    proof = maker.create(badge(), options, _signer("ed25519"), contexts=STORE, limits=DEFAULT_LIMITS)
    _verify({**badge(), "proof": proof})
    assert _refusal({**badge(), "proof": {**proof, "cryptosuite": "eddsa-rdfc-2022"}})[0] == PROOF_VERIFICATION_ERROR
