"""ecdsa-sd-2023 end to end, and every way a holder or a stranger might bend a proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from badgeport.keys.custody.local import local_signer
from badgeport.keys.types import KeyType
from badgeport.proofs.canonicalization import dataset
from badgeport.proofs.canonicalization.rdfc import canonical_form
from badgeport.proofs.selective.labels import by_hmac, by_label_map
from badgeport.proofs.selective.proof_value import parse_base, parse_derived, proof_kind
from badgeport.proofs.selective.statements import group, signed_lines
from badgeport.proofs.suites.base import DATA_INTEGRITY_PROOF, Cryptosuite
from badgeport.proofs.suites.ecdsa_sd import (
    DECISIVE_MEMBERS,
    SUITE,
    decisive_problems,
    default_mandatory,
    derive,
    sign_base,
    verify_base,
    verify_derived,
)
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    PROOF_GENERATION_ERROR,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    ProblemError,
    ProblemType,
)
from support.ecdsa_sd_material import (
    SIGNER,
    STORE,
    apart,
    badge,
    issue,
    options,
    p256_signer,
    pointers_of,
    verify,
    with_base,
    with_derived,
)

DEFAULTS = ("/id", "/type", "/issuer", "/validFrom", "/validUntil", "/credentialStatus")
NARRATIVE = "/evidence/1/narrative"
SIGNER_MULTIKEY = b"\x80\x24" + SIGNER.public_key.raw


@pytest.fixture(scope="module")
def base() -> dict[str, Any]:
    return issue(badge())


@pytest.fixture(scope="module")
def shown(base: dict[str, Any]) -> dict[str, Any]:
    return derive(base, [NARRATIVE, "/credentialSubject/achievement/name"], contexts=STORE)


def fails(
    problem: ProblemType, action: Callable[..., Any], *arguments: Any, match: str | None = None, **options: Any
) -> ProblemError:
    with pytest.raises(ProblemError, match=match) as caught:
        action(*arguments, **options)
    assert caught.value.problem.type is problem
    return caught.value


def refused(secured: dict[str, Any], match: str | None = None, **options: Any) -> None:
    fails(PROOF_VERIFICATION_ERROR, verify, secured, match=match, **options)


# Shape


def test_the_suite_has_the_shape_of_a_cryptosuite() -> None:
    suite: Cryptosuite = SUITE
    assert (suite.name, suite.proof_type, suite.key_types) == (
        "ecdsa-sd-2023",
        DATA_INTEGRITY_PROOF,
        frozenset({KeyType.P256}),
    )


def test_issue_derive_verify(base: dict[str, Any], shown: dict[str, Any]) -> None:
    assert proof_kind(base["proof"]) == "base"
    assert proof_kind(shown["proof"]) == "derived"
    verify(shown)
    verify(base, allow_base=True)
    assert shown["evidence"] == [{"type": ["Evidence"], "narrative": "Second lesson."}]
    assert shown["credentialSubject"] == {
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://badges.example/achievements/1",
            "type": ["Achievement"],
            "name": "Formative assessment",
        },
    }
    assert {name: shown["proof"][name] for name in options()} == options()


def test_no_pointer_shows_what_is_mandatory(base: dict[str, Any]) -> None:
    document = derive(base, [], contexts=STORE)
    verify(document)
    assert set(document) == {"@context", "proof", *(pointer[1:] for pointer in DEFAULTS)}


def test_the_empty_pointer_shows_everything(base: dict[str, Any]) -> None:
    document = derive(base, [""], contexts=STORE)
    verify(document)
    assert apart(document)[0] == badge()


@pytest.mark.parametrize("pointer", list(pointers_of(badge())))
def test_every_member_can_be_shown_alone(base: dict[str, Any], pointer: str) -> None:
    verify(derive(base, [pointer], contexts=STORE))


def test_a_base_proof_is_not_for_verifiers(base: dict[str, Any]) -> None:
    refused(base, match="this is a base proof, meant for its holder; derive a presentation first")


def test_every_proof_has_fresh_secrets() -> None:
    values = [parse_base(issue(badge())["proof"]["proofValue"]) for _ in range(2)]
    assert values[0].hmac_key != values[1].hmac_key
    assert values[0].public_key != values[1].public_key


def test_a_presentation_does_not_tell_what_it_hides(base: dict[str, Any], shown: dict[str, Any]) -> None:
    hidden = parse_base(base["proof"]["proofValue"])
    seen = parse_derived(shown["proof"]["proofValue"])
    assert set(seen.signatures) < set(hidden.signatures)
    assert hidden.hmac_key not in b"".join(seen.label_map.values())
    assert len(seen.label_map) < 9


# Mandatory members


def test_default_mandatory() -> None:
    assert default_mandatory(badge()) == DEFAULTS
    assert default_mandatory({"type": [], "issuanceDate": "", "expirationDate": "", "credentialSchema": {}}) == (
        "/type",
        "/issuanceDate",
        "/expirationDate",
        "/credentialSchema",
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), DEFAULTS),
        (
            ("/validUntil", "/name"),
            ("/validUntil", "/name", "/id", "/type", "/issuer", "/validFrom", "/credentialStatus"),
        ),
        (("/issuer/id",), ("/issuer/id", "/id", "/type", "/validFrom", "/validUntil", "/credentialStatus")),
        (("/name", "/name"), ("/name", *DEFAULTS)),
        (("/credentialStatus/type",), ("/credentialStatus/type", *DEFAULTS)),
    ],
)
def test_an_issuer_cannot_forget_what_is_decisive(asked: tuple[str, ...], expected: tuple[str, ...]) -> None:
    base = issue(badge(), asked)
    assert parse_base(base["proof"]["proofValue"]).mandatory_pointers == expected
    document = derive(base, [], contexts=STORE)
    verify(document)
    assert decisive_problems(*apart(document), contexts=STORE) == ()
    assert decisive_problems(*apart(base), contexts=STORE) == ()


def exactly(*pointers: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """A credential of an issuer who makes just these pointers mandatory."""
    unsecured = badge() if document is None else document
    return {**unsecured, "proof": sign_base(unsecured, options(), SIGNER, pointers, contexts=STORE)}


@pytest.mark.parametrize(
    ("pointers", "at_risk"),
    [
        ((), ("issuer", "validFrom", "validUntil", "credentialStatus")),
        (("/issuer",), ("validFrom", "validUntil", "credentialStatus")),
        (("/issuer/id", "/validFrom", "/validUntil", "/credentialStatus"), ()),
        (("/issuer", "/validFrom", "/validUntil", "/credentialStatus/statusPurpose"), ("credentialStatus",)),
        (("/credentialSubject", "/credentialStatus"), ("issuer", "validFrom", "validUntil")),
    ],
)
def test_decisive_members_that_could_be_hidden_are_found(pointers: tuple[str, ...], at_risk: tuple[str, ...]) -> None:
    base = exactly(*pointers)
    everything = derive(base, [""], contexts=STORE)
    verify(everything)
    for secured in (base, everything):
        problems = decisive_problems(*apart(secured), contexts=STORE)
        assert tuple(problem.pointer for problem in problems) == tuple(f"/{member}" for member in at_risk)
        assert all(problem.type is PROOF_VERIFICATION_ERROR for problem in problems)


def test_one_of_two_status_entries_may_not_be_hidden() -> None:
    entry = badge()["credentialStatus"]
    other = {**entry, "statusPurpose": "suspension"}
    base = exactly(
        "/issuer", "/validFrom", "/validUntil", "/credentialStatus/0", document=badge(credentialStatus=[entry, other])
    )
    whole = derive(base, [""], contexts=STORE)
    assert [problem.pointer for problem in decisive_problems(*apart(whole), contexts=STORE)] == ["/credentialStatus"]


def test_decisive_members_of_the_older_data_model() -> None:
    assert {"issuanceDate", "expirationDate"} <= set(DECISIVE_MEMBERS)


# Refusing to issue


@pytest.mark.parametrize("pointer", ["/nothing", "/credentialSubject/0", "name", "/name~", "/proof", "/evidence/2"])
def test_issuing_with_a_pointer_that_reaches_nothing(pointer: str) -> None:
    error = fails(MALFORMED_VALUE_ERROR, issue, badge(), [pointer])
    assert error.problem.pointer == pointer


def test_issuing_with_everything_mandatory() -> None:
    fails(PROOF_GENERATION_ERROR, issue, badge(), [""], match="empty pointer")


@pytest.mark.parametrize(
    "change",
    [
        {"cryptosuite": "ecdsa-rdfc-2019"},
        {"type": "Ed25519Signature2020"},
        {"created": "yesterday"},
        {"previousProof": "urn:p"},
    ],
    ids=str,
)
def test_issuing_with_unfit_options(change: dict[str, Any]) -> None:
    fails(PROOF_GENERATION_ERROR, SUITE.create, badge(), options(**change), SIGNER, contexts=STORE)


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP521R1()], ids=["P-384", "P-521"])
def test_issuing_needs_p256(curve: ec.EllipticCurve) -> None:
    key = ec.derive_private_key(12345, curve)
    fails(PROOF_GENERATION_ERROR, sign_base, badge(), options(), SIGNER, ["/issuer"], contexts=STORE, proof_key=key)
    if curve.name == "secp384r1":
        fails(PROOF_GENERATION_ERROR, SUITE.create, badge(), options(), local_signer(key), contexts=STORE)


def test_issuing_needs_an_hmac_key_of_the_right_length() -> None:
    fails(PROOF_GENERATION_ERROR, sign_base, badge(), options(), SIGNER, ["/issuer"], contexts=STORE, hmac_key=b"short")


def test_issuing_over_a_document_that_has_a_proof() -> None:
    fails(PROOF_GENERATION_ERROR, SUITE.create, issue(badge()), options(), SIGNER, contexts=STORE)


def test_issuing_a_part_of_a_list() -> None:
    pointer = "/credentialSubject/achievement/resultDescription/0/allowedValue/1"
    error = fails(PROOF_TRANSFORMATION_ERROR, issue, badge(), ["/name", pointer, "/evidence"], match="as a whole")
    assert error.problem.pointer == pointer


# Refusing to derive


def test_deriving_twice(shown: dict[str, Any]) -> None:
    fails(PROOF_GENERATION_ERROR, derive, shown, [], contexts=STORE, match="derived proof already")


def test_deriving_without_a_proof() -> None:
    fails(PROOF_GENERATION_ERROR, derive, badge(), [], contexts=STORE, match="0 ecdsa-sd-2023 proofs")
    fails(PROOF_GENERATION_ERROR, derive, {**badge(), "proof": ["x", None, {}]}, [], contexts=STORE)
    fails(PROOF_GENERATION_ERROR, derive, [], [], contexts=STORE)


def test_deriving_from_two_base_proofs(base: dict[str, Any]) -> None:
    both = {**base, "proof": [base["proof"], base["proof"]]}
    fails(PROOF_GENERATION_ERROR, derive, both, [], contexts=STORE, match="2 ecdsa-sd-2023 proofs")


def test_other_proofs_are_left_behind(base: dict[str, Any]) -> None:
    other = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z"}
    document = derive({**base, "proof": [other, base["proof"]]}, [NARRATIVE], contexts=STORE)
    verify(document)


def test_nothing_to_show() -> None:
    base = exactly()
    fails(PROOF_GENERATION_ERROR, derive, base, [], contexts=STORE, match="nothing to show")
    document = derive(base, ["/name"], contexts=STORE)
    verify(document)
    assert parse_derived(document["proof"]["proofValue"]).mandatory_indexes == ()


@pytest.mark.parametrize(
    "pointer", ["/nothing", "/evidence/7", "/proof", "/proof/proofValue", "name", "/name~3", "/@graph"]
)
def test_deriving_with_a_pointer_that_reaches_nothing(base: dict[str, Any], pointer: str) -> None:
    error = fails(MALFORMED_VALUE_ERROR, derive, base, [NARRATIVE, pointer], contexts=STORE)
    assert error.problem.pointer == pointer


def test_deriving_a_part_of_a_list(base: dict[str, Any]) -> None:
    pointer = "/credentialSubject/achievement/resultDescription/0/allowedValue/0"
    error = fails(PROOF_TRANSFORMATION_ERROR, derive, base, [NARRATIVE, pointer], contexts=STORE, match="as a whole")
    assert error.problem.pointer == pointer


def test_deriving_from_a_base_proof_that_does_not_fit(base: dict[str, Any]) -> None:
    pointers = [NARRATIVE]
    fewer = with_base(base, lambda value: replace(value, signatures=value.signatures[1:]))
    fails(PROOF_VERIFICATION_ERROR, derive, fewer, pointers, contexts=STORE, match="signature for each")
    swapped = with_base(base, lambda value: replace(value, signatures=value.signatures[::-1]))
    fails(PROOF_VERIFICATION_ERROR, derive, swapped, pointers, contexts=STORE, match="signature of a statement")
    astray = with_base(base, lambda value: replace(value, mandatory_pointers=("/nothing",)))
    fails(PROOF_VERIFICATION_ERROR, derive, astray, pointers, contexts=STORE, match="mandatory pointer")
    evidence = [{**badge()["evidence"][0]}, {**badge()["evidence"][1], "narrative": "Better."}]
    fails(PROOF_VERIFICATION_ERROR, derive, {**base, "evidence": evidence}, pointers, contexts=STORE)


def test_deriving_does_not_change_the_document(base: dict[str, Any]) -> None:
    document = derive(base, [""], contexts=STORE)
    document["evidence"][0]["name"] = "changed"
    document["proof"]["created"] = "changed"
    assert apart(base)[0] == badge()
    assert base["proof"]["created"] == options()["created"]


# Refusing to verify a base proof


@pytest.mark.parametrize(
    "change",
    [
        lambda value: replace(value, base_signature=bytes(64)),
        lambda value: replace(value, base_signature=value.base_signature[::-1]),
        lambda value: replace(value, hmac_key=bytes(32)),
        lambda value: replace(value, signatures=value.signatures[:-1]),
        lambda value: replace(value, signatures=(*value.signatures, value.signatures[0])),
        lambda value: replace(value, signatures=(bytes(64), *value.signatures[1:])),
        lambda value: replace(value, signatures=value.signatures[::-1]),
        lambda value: replace(value, mandatory_pointers=value.mandatory_pointers[:-1]),
        lambda value: replace(value, mandatory_pointers=(*value.mandatory_pointers, "/name")),
        lambda value: replace(value, mandatory_pointers=(*value.mandatory_pointers, "/nothing")),
        lambda value: replace(value, mandatory_pointers=()),
        lambda value: replace(value, public_key=SIGNER_MULTIKEY),
    ],
)
def test_altered_base_proofs(base: dict[str, Any], change: Any) -> None:
    refused(with_base(base, change), allow_base=True)


def test_a_base_proof_covers_every_statement(base: dict[str, Any]) -> None:
    for member in ("name", "validUntil", "evidence", "credentialSubject", "credentialStatus"):
        refused({name: value for name, value in base.items() if name != member}, allow_base=True)
    refused({**base, "description": "more"}, allow_base=True)
    refused({**base, "name": "other"}, allow_base=True)


# Refusing to verify a derived proof


@pytest.mark.parametrize(
    "change",
    [
        {"created": "2025-01-01T00:00:01Z"},
        {"proofPurpose": "authentication"},
        {"verificationMethod": "did:key:zDnaeTHfhmSaQKBc7CmdL3K7oYg3D6SC7yowe2eBeVd2DH32r#x"},
        {"expires": "2999-01-01T00:00:00Z"},
        {"domain": "example.org"},
        {"cryptosuite": "ecdsa-rdfc-2019"},
        {"type": "OtherProof"},
        {"previousProof": "urn:uuid:f6ab24cd-86e8-4eaf-b8c6-ded74e8fd41c"},
        {"@context": "https://www.w3.org/ns/credentials/v2"},
    ],
    ids=str,
)
def test_altered_proof_options(base: dict[str, Any], shown: dict[str, Any], change: dict[str, Any]) -> None:
    refused({**shown, "proof": {**shown["proof"], **change}})
    refused({**base, "proof": {**base["proof"], **change}}, allow_base=True)


def test_another_key(shown: dict[str, Any]) -> None:
    refused(shown, match="base signature", signer=p256_signer(2))
    other = local_signer(ec.derive_private_key(12345, ec.SECP384R1()))
    refused(shown, match="needs a p256 key", signer=other)


def test_a_document_that_brings_an_earlier_proof(shown: dict[str, Any]) -> None:
    document, proof = apart(shown)
    fails(
        PROOF_VERIFICATION_ERROR,
        verify_derived,
        {**document, "proof": {}},
        proof,
        SIGNER.public_key,
        contexts=STORE,
        match="earlier proofs",
    )


@pytest.mark.parametrize("member", [pointer[1:] for pointer in DEFAULTS if pointer != "/type"])
def test_leaving_out_what_is_mandatory(shown: dict[str, Any], member: str) -> None:
    short = {name: value for name, value in shown.items() if name != member}
    refused(short)
    # Also when the indexes and labels are made to fit what is left.
    refused(refitted(shown, short))


def refitted(honest: dict[str, Any], altered: dict[str, Any]) -> dict[str, Any]:
    """The altered document with the best proof value a holder could put together from an honest one."""
    before, after = apart(honest)[0], apart(altered)[0]
    value = parse_derived(honest["proof"]["proofValue"])
    relabel = by_label_map(value.label_map)
    quads = dataset(before, contexts=STORE)
    lines = signed_lines(quads, canonical_form(quads).labels, relabel)
    mandatory = {lines[index] for index in value.mandatory_indexes}
    others = [line for line in lines if line not in mandatory]
    signatures = dict(zip(others, value.signatures, strict=True))
    quads = dataset(after, contexts=STORE)
    labels = canonical_form(quads).labels
    label_map = {number: value.label_map[number] for number in range(min(len(labels), len(value.label_map)))}
    if len(labels) > len(label_map):
        return altered
    left = signed_lines(quads, labels, by_label_map(label_map))
    return with_derived(
        {**after, "proof": honest["proof"]},
        label_map=label_map,
        mandatory_indexes=tuple(index for index, line in enumerate(left) if line in mandatory),
        signatures=tuple(signatures.get(line, value.signatures[0]) for line in left if line not in mandatory),
    )


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Something else"},
        {"validUntil": "2031-01-01T00:00:00Z"},
        {"type": ["VerifiableCredential", "OpenBadgeCredential", "EndorsementCredential"]},
        {"issuer": {"id": "https://badges.example/issuers/b", "type": ["Profile"], "name": "A college"}},
        {"id": "https://badges.example/c/2"},
        {"type": ["VerifiableCredential", "EndorsementCredential"]},
        {
            "@context": [
                "https://www.w3.org/ns/credentials/v2",
                "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
            ]
        },
    ],
    ids=str,
)
def test_altered_documents(shown: dict[str, Any], change: dict[str, Any]) -> None:
    refused({**shown, **change})
    refused(refitted(shown, {**shown, **change}))


def test_altered_proof_values(shown: dict[str, Any]) -> None:
    value = parse_derived(shown["proof"]["proofValue"])
    labels, indexes, signatures = value.label_map, value.mandatory_indexes, value.signatures
    refused(with_derived(shown, base_signature=bytes(64)))
    refused(with_derived(shown, base_signature=signatures[0]))
    refused(with_derived(shown, public_key=SIGNER_MULTIKEY))
    refused(with_derived(shown, public_key=b"\x80\x24\x02" + b"\xff" * 32), match="base signature")
    refused(with_derived(shown, signatures=signatures[:-1]), match="as many")
    refused(with_derived(shown, signatures=(*signatures, signatures[0])), match="as many")
    refused(with_derived(shown, signatures=signatures[::-1]))
    refused(with_derived(shown, signatures=(signatures[0],) * len(signatures)))
    refused(with_derived(shown, label_map=dict(zip(labels, [*labels.values()][::-1], strict=True))))
    refused(with_derived(shown, label_map={**labels, len(labels): bytes(32)}), match="label map does not fit")
    refused(
        with_derived(shown, label_map={n: labels[n] for n in range(len(labels) - 1)}), match="label map does not fit"
    )
    refused(with_derived(shown, mandatory_indexes=indexes[:-1]))
    refused(with_derived(shown, mandatory_indexes=(*indexes, 10_000)), match="beyond")
    refused(with_derived(shown, mandatory_indexes=(*indexes, 2**64 - 1)), match="beyond")
    refused(with_derived(shown, mandatory_indexes=indexes[:-1], signatures=(*signatures, signatures[0])))
    verify(with_derived(shown))


def test_a_scoped_key_off_the_curve_is_refused() -> None:
    # x = 2**256 - 1 is beyond the field; the base signature is made to cover it.
    document = badge()
    key = b"\x80\x24\x02" + b"\xff" * 32

    class Swapping:
        public_key, verification_method, controller = SIGNER.public_key, SIGNER.verification_method, SIGNER.controller

        def sign(self, message: bytes) -> bytes:
            return SIGNER.sign(message[:32] + key + message[67:])

    proof = SUITE.create(document, options(), Swapping(), contexts=STORE)
    base = with_base({**document, "proof": proof}, lambda value: replace(value, public_key=key))
    refused(base, match="not a point of P-256", allow_base=True)


def test_statements_cannot_move_between_credentials(shown: dict[str, Any]) -> None:
    other = derive(issue(badge(name="Another badge")), [""], contexts=STORE)
    theirs = parse_derived(other["proof"]["proofValue"]).signatures
    # The statement that the badge has this name mentions no unnamed node, so it reads the same in both.
    grown = refitted(shown, {**shown, "name": "Another badge"})
    ours = parse_derived(grown["proof"]["proofValue"]).signatures
    for place in range(len(ours)):
        for signature in theirs:
            refused(with_derived(grown, signatures=(*ours[:place], signature, *ours[place + 1 :])))


def test_one_node_cannot_be_shown_as_two(base: dict[str, Any]) -> None:
    """Two people's evidence from one: the second copy would need the first one's label."""
    once = derive(base, [NARRATIVE], contexts=STORE)
    value = parse_derived(once["proof"]["proofValue"])
    twice = {**once, "evidence": once["evidence"] * 2}
    refused(twice, match="label map does not fit")
    labels = {**value.label_map, len(value.label_map): next(iter(value.label_map.values()))}
    refused(with_derived(twice, label_map=labels), match="two blank nodes")


def test_two_nodes_cannot_trade_their_statements(base: dict[str, Any]) -> None:
    shown = derive(base, ["/evidence"], contexts=STORE)
    verify(shown)
    first, second = shown["evidence"]
    traded = [{**first, "narrative": second["narrative"]}, {**second, "narrative": first["narrative"]}]
    # The same two objects in another order say the same.
    verify({**shown, "evidence": traded})
    mixed = [
        {**first, "narrative": [first["narrative"], second["narrative"]]},
        {"type": ["Evidence"], "name": "Lesson"},
    ]
    refused({**shown, "evidence": mixed})


# Structures that JSON-LD makes by itself


def endorsement(number: int) -> dict[str, Any]:
    return {
        "@context": badge()["@context"],
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": f"Endorsement {number}",
        "issuer": {"id": f"https://badges.example/issuers/{number}", "type": ["Profile"], "name": "A school"},
        "validFrom": "2025-01-02T00:00:00Z",
        "credentialSubject": {
            "id": "https://badges.example/issuers/a",
            "type": ["EndorsementSubject"],
            "endorsementComment": "Well run.",
        },
        "proof": [
            {
                "type": "DataIntegrityProof",
                "cryptosuite": "eddsa-rdfc-2022",
                "created": "2025-01-02T00:00:00Z",
                "proofPurpose": "assertionMethod",
                "verificationMethod": f"https://badges.example/issuers/{number}#key-{key}",
                "proofValue": f"z{number}{key}",
            }
            for key in (1, 2)
        ],
    }


@pytest.fixture(scope="module")
def endorsed() -> dict[str, Any]:
    return issue(badge(endorsement=[endorsement(1), endorsement(2)]))


@pytest.mark.parametrize(
    "pointers",
    [
        ["/endorsement"],
        ["/endorsement/1"],
        ["/endorsement/0/name"],
        ["/endorsement/0/proof"],
        ["/endorsement/1/proof/1"],
        ["/endorsement/0/proof/0", "/endorsement/1/proof/1/proofValue"],
        ["/endorsement/0/credentialSubject/endorsementComment"],
        [""],
        [],
    ],
)
def test_embedded_credentials_with_proofs_of_their_own(endorsed: dict[str, Any], pointers: list[str]) -> None:
    document = derive(endorsed, pointers, contexts=STORE)
    verify(document)
    assert ("endorsement" in document) is bool(pointers)


def test_an_embedded_proof_cannot_be_swapped(endorsed: dict[str, Any]) -> None:
    document = derive(endorsed, ["/endorsement"], contexts=STORE)
    first, second = document["endorsement"]
    refused({**document, "endorsement": [{**first, "proof": second["proof"]}, {**second, "proof": first["proof"]}]})


def test_lists_keep_their_order(base: dict[str, Any]) -> None:
    pointer = "/credentialSubject/achievement/resultDescription/0/allowedValue"
    document = derive(base, [pointer], contexts=STORE)
    verify(document)
    description = document["credentialSubject"]["achievement"]["resultDescription"][0]
    description["allowedValue"].reverse()
    refused(document)


def test_json_literals_are_disclosed_whole() -> None:
    document = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential", "JsonSchemaCredential"],
        "issuer": "https://badges.example/issuers/a",
        "credentialSubject": {
            "id": "https://badges.example/schemas/1",
            "type": "JsonSchema",
            "jsonSchema": {"properties": {"a": {"type": "object"}, "b": {}}, "required": [{}, {"x": {}}]},
        },
    }
    base = issue(document)
    verify(base, allow_base=True)
    whole = derive(base, ["/credentialSubject/jsonSchema"], contexts=STORE)
    verify(whole)
    assert apart(whole)[0] == document
    pointer = "/credentialSubject/jsonSchema/properties"
    error = fails(PROOF_TRANSFORMATION_ERROR, derive, base, [pointer], contexts=STORE)
    assert error.problem.pointer == pointer


def test_unnamed_nodes_that_look_alike() -> None:
    twins = [{"type": ["Evidence"], "name": "Lesson"}] * 3
    base = issue(badge(evidence=twins))
    for pointers in (["/evidence"], ["/evidence/1"], ["/evidence/0/name", "/evidence/2"]):
        verify(derive(base, pointers, contexts=STORE))


def test_statements_sort_by_their_signed_labels() -> None:
    document = badge()
    grouped = group(document, {}, by_hmac(bytes(32)), contexts=STORE, limits=DEFAULT_LIMITS)
    assert grouped.lines == sorted(grouped.lines)
    quads = dataset(document, contexts=STORE)
    form = canonical_form(quads)
    canonical_order = [signed_lines([quad], form.labels, by_hmac(bytes(32)))[0] for quad in ordered(quads, form.labels)]
    assert sorted(canonical_order) == grouped.lines
    assert canonical_order != grouped.lines


def ordered(quads: list[Any], labels: dict[str, str]) -> list[Any]:
    return sorted(quads, key=lambda quad: [labels.get(term, term) for term in quad])


# Limits


def test_limits_hold() -> None:
    base = issue(badge())
    document, proof = apart(base)
    few = Limits(quads=10)
    fails(PROOF_VERIFICATION_ERROR, verify_base, document, proof, SIGNER.public_key, contexts=STORE, limits=few)
    fails(PROOF_TRANSFORMATION_ERROR, SUITE.create, document, options(), SIGNER, contexts=STORE, limits=few)
    shallow = Limits(json_depth=3)
    fails(PROOF_TRANSFORMATION_ERROR, SUITE.create, document, options(), SIGNER, contexts=STORE, limits=shallow)


def test_nesting_beyond_reach(base: dict[str, Any]) -> None:
    deep: Any = {"type": ["Evidence"]}
    for _ in range(50_000):
        deep = {"type": ["Evidence"], "genre": deep}
    for secured in ({**base, "evidence": [deep]}, {**base, "proof": {**base["proof"], "domain": deep}}):
        with pytest.raises(ProblemError):
            derive(secured, [""], contexts=STORE)
        with pytest.raises(ProblemError):
            verify(secured, allow_base=True)
    with pytest.raises(ProblemError):
        issue(badge(evidence=[deep]))


def test_a_poisoned_selection_is_bounded() -> None:
    knot = [{"type": ["Evidence"], "name": "same"} for _ in range(9)]
    base = issue(badge(evidence=knot))
    verify(base, allow_base=True)
    small = Limits(canonicalization_steps=5)
    fails(PROOF_TRANSFORMATION_ERROR, derive, base, ["/evidence"], contexts=STORE, limits=small)
