"""What tries to change the JSON of a badge without changing its statements, or to make canonicalizing it costly."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.proofs.canonicalization import active_context, canonicalize, check_data_loss, dataset, expand
from badgeport.proofs.canonicalization.nquads import Quad
from badgeport.proofs.canonicalization.rdfc import canonical_form
from badgeport.proofs.secured import secure
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import (
    DATA_LOSS_DETECTION_ERROR,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
    ProblemError,
    ProblemType,
)
from support import issuing

STORE = contexts.store()
ADDRESS = {
    "type": ["Address"],
    "addressCountry": "US",
    "addressRegion": "MN",
    "addressLocality": "Duluth",
    "streetAddress": "1 Main St",
    "postalCode": "55802",
}
CRITERIA = "https://prairie-lakes.example/criteria/1"


def badge() -> dict[str, Any]:
    """A badge without its proof."""
    body: dict[str, Any] = jsontext.parse(issuing.issue())  # type: ignore[assignment]
    del body["proof"]
    return body


def signed(body: dict[str, Any], suite: str = "eddsa-rdfc-2022", **options: Any) -> dict[str, Any]:
    signer = issuing.district().signers[KeyType.ED25519]
    found: dict[str, Any] = jsontext.parse(secure(body, signer, suite, created=issuing.NOW, **options))  # type: ignore[assignment]
    return found


def verdict(document: dict[str, Any]) -> str:
    return issuing.verifier().inspect(jsontext.dump(document), now=issuing.NOW).verdict.value


def refused(document: dict[str, Any], **limits: int) -> ProblemType:
    with pytest.raises(ProblemError) as caught:
        canonicalize(document, contexts=STORE, limits=replace(DEFAULT_LIMITS, **limits))
    return caught.value.problem.type


def achievement(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["credentialSubject"]["achievement"]
    return found


# -- work -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 12])
def test_a_presentation_of_several_badges_with_addresses_is_no_poison(count: int) -> None:
    shown = []
    for number in range(count):
        body = badge() | {"id": f"urn:uuid:22222222-2222-4222-8222-{number:012d}"}
        body["issuer"]["address"] = ADDRESS
        shown.append(signed(body))
    presentation = {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiablePresentation"],
        "holder": {"id": issuing.RECIPIENT},
        "verifiableCredential": shown,
    }
    canonicalize(presentation, contexts=STORE)


def test_a_true_tie_of_many_is_still_refused() -> None:
    clique = [Quad(f"_:a{i}", "<urn:p>", f"_:a{j}") for i in range(12) for j in range(12) if i != j]
    with pytest.raises(ProblemError) as caught:
        canonical_form(clique)
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR


def test_a_long_id_cannot_be_multiplied() -> None:
    body = badge()
    achievement(body)["id"] = "urn:x:" + "a" * 100_000
    achievement(body)["tag"] = [str(number) for number in range(15_000)]
    assert refused(body) == PROOF_TRANSFORMATION_ERROR
    achievement(body)["id"] = "urn:x:" + "a" * 5_000
    assert refused(body) == PROOF_TRANSFORMATION_ERROR
    # An image of a megabyte is no long id.
    body = badge()
    body["image"] = {"id": "data:image/png;base64," + "A" * 1_000_000, "type": "Image", "caption": "x"}
    assert len(canonicalize(body, contexts=STORE)) > 3_000_000
    assert refused(body, canonical_chars=1_000_000) == PROOF_TRANSFORMATION_ERROR


def test_statements_from_elsewhere_are_held_to_the_same_size() -> None:
    quads = [Quad("<urn:" + "a" * 8_000 + ">", "<urn:p>", f'"{number}"') for number in range(3_000)]
    with pytest.raises(ProblemError) as caught:
        canonical_form(quads)
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR


# -- contexts -------------------------------------------------------------------------------------------------------


def with_own_terms(*numbers: int) -> dict[str, Any]:
    """A credential in which others are embedded, each with a context of its own."""
    body = badge()
    body["endorsement"] = []
    for number in numbers:
        term = f"note{number}"
        embedded = endorsement(body["id"]) | {"id": f"urn:uuid:22222222-2222-4222-8222-{number:012d}", term: "x"}
        embedded["@context"] = [*embedded["@context"], {term: f"https://terms{number}.example/v#{term}"}]
        body["endorsement"].append(embedded)
    return body


def test_what_a_document_may_use_does_not_depend_on_earlier_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    document = with_own_terms(*range(40))
    active_context._roots.clear()
    cold = canonicalize(document, contexts=STORE)
    assert canonicalize(document, contexts=STORE) == cold
    # Too small an allowance stays too small, however often the same document comes.
    plain = badge()
    monkeypatch.setattr(expand, "Budget", lambda **shared: active_context.Budget(left=4, **shared))
    for _ in range(4):
        assert refused(plain) == PROOF_TRANSFORMATION_ERROR


def test_contexts_of_a_document_s_own_are_forgotten_with_it() -> None:
    active_context._roots.clear()
    canonicalize(badge(), contexts=STORE)
    canonicalize(with_own_terms(9), contexts=STORE)

    def kept() -> int:
        return sum(root._root.kept for root in active_context._roots.values())

    before = len(active_context._roots), kept()
    for number in range(3):
        body = badge() | {f"top{number}": "x"}
        body["@context"] = [*body["@context"], {f"top{number}": f"https://terms.example/v#top{number}"}]
        canonicalize(body, contexts=STORE)
        canonicalize(with_own_terms(number), contexts=STORE)
    assert (len(active_context._roots), kept()) == before


def test_a_context_named_twice_is_refused() -> None:
    body = signed(badge())
    body["@context"] = [*body["@context"], body["@context"][0]]
    assert refused(badge() | {"@context": body["@context"]}) == PROOF_VERIFICATION_ERROR
    assert verdict(body) == "invalid"


# -- other names ----------------------------------------------------------------------------------------------------


def test_a_member_cannot_take_the_name_of_a_class() -> None:
    body = badge()
    achievement(body)["criteria"]["id"] = CRITERIA
    body["issuer"]["address"] = {
        "type": ["Address"],
        "geo": {"type": "GeoCoordinates", "latitude": 1.5, "longitude": 2},
    }
    good = signed(body)
    assert verdict(good) == "valid"
    renamed = copy.deepcopy(good)
    achievement(renamed)["Criteria"] = achievement(renamed).pop("criteria")
    assert verdict(renamed) == "invalid"
    renamed = copy.deepcopy(good)
    address = renamed["issuer"]["address"]
    address["GeoCoordinates"] = address.pop("geo")
    assert verdict(renamed) == "invalid"


def test_an_image_of_an_older_context_keeps_its_name() -> None:
    body = issuing.legacy_credential()
    body["@context"][1] = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json"
    body["image"] = {"id": "https://prairie-lakes.example/badge.png", "type": "Image"}
    good = signed(body, "Ed25519Signature2020")
    assert verdict(good) == "valid"
    good["Image"] = good.pop("image")
    assert verdict(good) == "invalid"


# -- moved between objects of one id --------------------------------------------------------------------------------


def test_a_result_description_cannot_be_split_or_repeated() -> None:
    good = signed(badge())
    (whole,) = achievement(good)["resultDescription"]
    part = {name: whole[name] for name in ("id", "type", "name", "resultType")}
    for several in ([part, whole], [whole, part], [whole, copy.deepcopy(whole)]):
        changed = copy.deepcopy(good)
        achievement(changed)["resultDescription"] = several
        assert verdict(changed) == "invalid"


def test_evidence_cannot_be_split_repeated_or_reduced() -> None:
    good = signed(badge())
    (whole,) = good["evidence"]
    bare = {"id": whole["id"], "type": whole["type"]}
    for several in ([whole, whole], [bare, whole], [whole["id"], whole]):
        assert verdict(good | {"evidence": several}) == "invalid"


def with_creator(**members: Any) -> dict[str, Any]:
    body = badge()
    achievement(body)["creator"] = {"id": body["issuer"]["id"], "type": ["Profile"], **members}
    return body


def test_the_creator_may_be_the_issuer_described_in_brief() -> None:
    name = badge()["issuer"]["name"]
    for members in ({}, {"name": name}):
        assert verdict(signed(with_creator(**members))) == "valid"
    same = with_creator()
    achievement(same)["creator"] = copy.deepcopy(same["issuer"])
    assert verdict(signed(same)) == "valid"


def test_an_issuer_cannot_lend_its_members_to_a_creator() -> None:
    good = signed(with_creator(name=badge()["issuer"]["name"]))
    moved = copy.deepcopy(good)
    achievement(moved)["creator"]["name"] = moved["issuer"].pop("name")
    assert verdict(moved) == "invalid"
    stripped = copy.deepcopy(good)
    achievement(stripped)["creator"] = stripped["issuer"]
    for issuer in ({"id": good["issuer"]["id"]}, {"id": good["issuer"]["id"], "type": ["Profile"]}):
        assert verdict(stripped | {"issuer": issuer}) == "invalid"


def test_two_objects_of_one_id_do_not_contradict_each_other() -> None:
    assert refused(with_creator(name="State Board")) == RANGE_ERROR
    body = badge()
    board = {"id": "https://board.example/", "type": ["Profile"]}
    achievement(body)["creator"] = board | {"name": "One"}
    body["credentialSubject"]["source"] = board | {"name": "Other"}
    assert refused(body) == RANGE_ERROR


def test_what_is_signed_as_it_stands_may_describe_one_id_twice() -> None:
    signer = issuing.district().signers[KeyType.ED25519]
    for suite in ("vc-jwt", "eddsa-jcs-2022"):
        data = secure(with_creator(name="State Board"), signer, suite, created=issuing.NOW)
        assert issuing.verifier().inspect(data, now=issuing.NOW).verdict.value == "valid"


def test_what_has_the_same_id_in_another_capacity_is_left_alone() -> None:
    # Many issuers describe the criteria on the page of the achievement, and some people award themselves something.
    body = badge()
    achievement(body)["criteria"] = {"id": achievement(body)["id"], "narrative": "Three lessons."}
    assert verdict(signed(body)) == "valid"
    body = badge()
    body["credentialSubject"]["id"] = body["issuer"]["id"]
    canonicalize(body, contexts=STORE)


def test_many_descriptions_of_one_id_are_refused_early() -> None:
    body = badge()
    body["credentialSubject"]["source"] = [
        {"id": "https://board.example/", "type": ["Profile"], "name": "Board", "phone": str(number)}
        for number in range(2)
    ]
    assert refused(body) == PROOF_VERIFICATION_ERROR
    nested: dict[str, Any] = {"id": "https://board.example/", "type": ["Profile"]}
    for _ in range(3):
        nested = {"id": "https://board.example/", "type": ["Profile"], "parentOrg": nested}
    achievement(body)["creator"] = nested
    assert refused(body) == PROOF_VERIFICATION_ERROR


def test_a_record_of_many_badges_of_one_recipient() -> None:
    shown = []
    for number in range(20):
        body = badge() | {"id": f"urn:uuid:22222222-2222-4222-8222-{number:012d}"}
        achievement(body)["id"] = f"https://prairie-lakes.example/achievements/{number}"
        shown.append(signed(body))
    clr = badge()["@context"][:2]
    clr.insert(1, "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json")
    record = {
        "@context": clr,
        "id": "urn:uuid:11111111-1111-4111-8111-111111111111",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Record",
        "issuer": {"id": issuing.DISTRICT, "type": ["Profile"], "name": "The district, by a later name"},
        "validFrom": "2026-02-27T15:00:00Z",
        "credentialSubject": {"id": issuing.RECIPIENT, "type": ["ClrSubject"], "verifiableCredential": shown},
    }
    assert verdict(signed(record)) == "valid"


# -- endorsements ---------------------------------------------------------------------------------------------------


def endorsement(subject: str, name: str = "State Board") -> dict[str, Any]:
    return signed(
        {
            "@context": badge()["@context"][:2],
            "id": "urn:uuid:11111111-1111-4111-8111-111111111111",
            "type": ["VerifiableCredential", "EndorsementCredential"],
            "name": "Endorsement",
            "issuer": {"id": issuing.DISTRICT, "type": ["Profile"], "name": name},
            "validFrom": "2026-02-27T15:00:00Z",
            "credentialSubject": {"id": subject, "type": ["EndorsementSubject"], "endorsementComment": "Good"},
        }
    )


def test_a_badge_its_achievement_and_its_issuer_can_be_endorsed_within_it() -> None:
    body = badge()
    for subject in (body["id"], achievement(body)["id"], body["issuer"]["id"]):
        # The same organization under another name in a credential of its own is no contradiction.
        good = signed(body | {"endorsement": [endorsement(subject)]})
        assert verdict(good) == "valid"


def test_the_type_of_what_is_endorsed_cannot_be_added_to() -> None:
    good = signed(badge() | {"endorsement": [endorsement(badge()["id"])]})
    assert verdict(good | {"type": [*good["type"], "EndorsementSubject"]}) == "invalid"


# -- what makes no difference ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [("creditsEarned", 10 / 3), ("identifier", [])])
def test_what_is_rounded_or_empty_is_refused_before_signing_and_read_afterwards(name: str, value: Any) -> None:
    body = badge()
    body["credentialSubject"][name] = value
    with pytest.raises(ProblemError) as caught:
        check_data_loss(body, contexts=STORE)
    assert caught.value.problem.type == DATA_LOSS_DETECTION_ERROR
    assert caught.value.problem.pointer == f"/credentialSubject/{name}"
    assert verdict(signed(body)) == "valid"


def test_the_last_digit_that_is_signed_cannot_be_changed() -> None:
    body = badge()
    texts = []
    for value in (3.333333333333332, 3.333333333333333, 3.333333333333334):
        body["credentialSubject"]["creditsEarned"] = value
        texts.append(sorted(dataset(body, contexts=STORE)))
    assert all(one != other for one, other in pairwise(texts))
