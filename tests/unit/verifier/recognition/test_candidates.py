"""What a verified credential gives to decide on: itself, or the valid members of a learner record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from badgeport.schemas import jsontext, pointer
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.recognition.conditions.candidates import Candidate, candidates_of, take, trial_candidate
from badgeport.verifier.recognition.conditions.results import quantity
from badgeport.verifier.recognition.conditions.statements import achievement_id, award_day, end_of_validity, evidence
from badgeport.verifier.verifier import VerifiedCredential
from support import issuing, legacy, trusting
from support.verifying import (
    ISSUED,
    NOW,
    badge,
    clr,
    endorsement,
    key_document,
    parsed,
    sign,
    signer,
    verifier,
    web_signer,
)

STACK = "https://lakeside.example/achievements/literacy"


def verified(data: bytes, **settings: Any) -> VerifiedCredential:
    return verifier(settings.pop("documents", None), **settings).verify(data, now=NOW)


def other_badge() -> dict[str, Any]:
    body = badge(id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a002", name="Literacy")
    body["credentialSubject"]["achievement"] |= {"id": STACK, "name": "Literacy"}
    return body


def only(credential: VerifiedCredential) -> Candidate:
    (candidate,) = candidates_of(credential)
    return candidate


def test_a_badge_is_its_own_candidate() -> None:
    credential = verified(sign(badge()))
    candidate = only(credential)
    assert candidate.sha256 == credential.sha256
    assert candidate.document == credential.document
    assert (candidate.id, candidate.name) == (badge()["id"], "Reading Together")
    assert (candidate.issuer, candidate.verified, candidate.as_of) == (signer().controller, True, NOW)
    assert not candidate.withholdable
    assert (candidate.record, candidate.place) == (None, None)


def test_a_learner_record_gives_its_members_and_not_itself() -> None:
    first, second = parsed(sign(badge())), parsed(sign(other_badge()))
    record = verified(sign(clr(first, second)))
    taken = take(record)
    assert [each.id for each in taken.candidates] == [first["id"], second["id"]]
    assert [each.document for each in taken.candidates] == [first, second]
    assert {each.record for each in taken.candidates} == {record.sha256}
    assert [pointer.resolve(record.document, str(each.place)) for each in taken.candidates] == [first, second]
    assert len({each.sha256 for each in taken.candidates} | {record.sha256}) == 3
    assert taken.left_out == ()


def test_a_record_says_which_achievements_belong_together() -> None:
    first, second = parsed(sign(badge())), parsed(sign(other_badge()))
    body = clr(first, second)
    part = first["credentialSubject"]["achievement"]["id"]
    body["credentialSubject"]["association"] = [
        {"type": "Association", "associationType": "isPartOf", "sourceId": part, "targetId": STACK}
    ]
    member, stack = candidates_of(verified(sign(body)))
    assert (member.part_of, member.parts) == ((STACK,), ())
    assert (stack.part_of, stack.parts) == ((), (part,))
    body["credentialSubject"]["association"] = [
        {"type": "Association", "associationType": "isParentOf", "sourceId": STACK, "targetId": part},
        {"type": "Association", "associationType": "precedes", "sourceId": STACK, "targetId": part},
    ]
    member, stack = candidates_of(verified(sign(body)))
    assert (member.part_of, stack.parts) == ((STACK,), (part,))


def test_a_member_in_a_jwt_is_read_as_it_was_verified() -> None:
    by = web_signer()
    envelope = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:application/vc+jwt,{sign(badge(by.controller), by, 'vc+jwt').decode()}",
    }
    documents = {"https://lakeside.example/.well-known/did.json": key_document(by)}
    candidate = only(verified(sign(clr(envelope)), documents=documents))
    stated = achievement_id(candidate)
    assert candidate.id == badge()["id"]
    assert stated is not None
    assert pointer.resolve(candidate.document, stated.pointer) == stated.value


def test_a_member_that_is_not_valid_is_left_out_and_named() -> None:
    expired = parsed(sign(badge(validUntil="2026-04-20T00:00:00Z")))
    lenient = Policy(
        name="lenient",
        require=DEFAULT.require,
        warn_only=frozenset({*DEFAULT.warn_only, "members"}),
        allow_unknown=DEFAULT.allow_unknown,
    )
    record = verified(sign(clr(expired, parsed(sign(other_badge())))), policy=lenient)
    taken = take(record)
    assert [each.id for each in taken.candidates] == [other_badge()["id"]]
    (left,) = taken.left_out
    assert (left.id, left.place) == (expired["id"], "/credentialSubject/verifiableCredential/0")
    assert "EXPIRED" in left.reason


def test_a_record_within_a_record_is_opened_too() -> None:
    inner = parsed(sign(clr(parsed(sign(badge())))))
    outer = verified(sign(clr(inner, id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0c002")))
    candidate = only(outer)
    assert candidate.id == badge()["id"]
    assert candidate.record == outer.sha256
    assert candidate.place == "/credentialSubject/verifiableCredential/0/credentialSubject/verifiableCredential/0"


def test_an_endorsement_is_no_badge() -> None:
    state = web_signer("did:web:state.example")
    documents = {"https://state.example/.well-known/did.json": key_document(state)}
    taken = take(verified(sign(endorsement(signer().controller, state), state), documents=documents))
    assert taken.candidates == ()
    assert "no achievement" in taken.left_out[0].reason


def test_registries_that_list_the_issuer_and_those_that_answered() -> None:
    trust = trusting.trust(
        {"name": "State Board", "type": "issuers", "issuers": [{"id": signer().controller, "name": "Lakeside"}]},
        {"name": "Members", "type": "issuers", "issuers": [{"id": "did:web:other.example", "name": "Other"}]},
        {"name": "Far away", "type": "issuers", "url": "https://registry.example/list"},
    )
    candidate = only(verified(sign(badge()), trust=trust))
    assert candidate.listed_in == ("State Board",)
    assert candidate.read == ("State Board", "Members")
    assert candidate.unread == ("Far away",)


@pytest.mark.parametrize(
    ("case", "expected"), [("eddsa-jcs-2022", False), ("ecdsa-sd-2023", True), ("vc+sd-jwt-es256", True)]
)
def test_whether_the_holder_may_have_left_something_out(case: str, expected: bool) -> None:
    credential = issuing.verifier().verify(issuing.issue(case), now=issuing.NOW)
    assert only(credential).withholdable is expected


def test_our_own_badge_states_what_it_was_awarded_for() -> None:
    credential = issuing.verifier().verify(issuing.issue(contactHours=7.5), now=issuing.NOW)
    candidate = only(credential)
    stated = quantity(candidate, "contact hours")
    assert stated is not None
    assert format(stated.value, "f") == "7.5"
    assert pointer.resolve(candidate.document, stated.pointer) == "7.5"
    assert len(evidence(candidate)) == 1


def test_an_older_badge_is_read_as_far_as_it_says_the_same() -> None:
    credential = verifier(legacy.documents()).verify(jsontext.dump(legacy.assertion()), now=NOW)
    candidate = only(credential)
    assert achievement_id(candidate).value == legacy.BADGE  # type: ignore[union-attr]
    assert candidate.issuer == legacy.ISSUER
    assert award_day(candidate).value.isoformat() == "2024-02-01"  # type: ignore[union-attr]
    assert end_of_validity(candidate).value.year == 2029  # type: ignore[union-attr]
    assert len(evidence(candidate)) == 1


def test_a_trial_candidate_is_marked_as_one() -> None:
    candidate = trial_candidate(badge())
    assert not candidate.verified
    assert candidate.sha256 == trial_candidate(badge()).sha256
    assert candidate.sha256 != trial_candidate(badge(name="Other")).sha256
    assert (candidate.issuer, candidate.id) == (signer().controller, badge()["id"])
    assert trial_candidate(badge(name=None)).name == "Reading Together"


def test_what_is_no_json_is_no_trial_candidate() -> None:
    with pytest.raises(ProblemError):
        trial_candidate({"issued": ISSUED})


def test_candidates_are_told_apart_by_themselves() -> None:
    one = trial_candidate(badge())
    assert one != replace(one, as_of=NOW + timedelta(days=1))
    assert len({one, replace(one)}) == 2
