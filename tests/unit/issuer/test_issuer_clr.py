"""Comprehensive Learner Records around badges (CLR 2.0)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from badgeport.issuer import samples
from badgeport.issuer.award import parse_award, parse_issuer_profile
from badgeport.issuer.clr import Association, mint_clr
from badgeport.issuer.mint import mint
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import open_member, open_secured, verify_secured
from badgeport.schemas import structure
from badgeport.schemas.problems import UNSUPPORTED, ProblemError

Json = dict[str, Any]
PROFILE = parse_issuer_profile({"name": "Three Rivers Service Cooperative"})


@pytest.fixture
def badges(signer: Signer, now: datetime) -> list[bytes]:
    awards = [samples.load(name) for name in samples.STACK_MEMBERS]
    for award in awards:
        award["recipient"]["id"] = "did:example:tobias"
    return [mint(parse_award(award), signer, now=now).bytes for award in awards]


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc-jwt"])
def test_a_stack_is_one_signed_record(badges: list[bytes], signer: Signer, now: datetime, format: str) -> None:
    whole = parse_award(samples.load(samples.STACK_ENDORSEMENT)).achievement
    achievement = {
        "id": whole.id,
        "type": ["Achievement"],
        "name": whole.name,
        "description": whole.description,
        "criteria": {"narrative": whole.criteria.narrative},
    }
    parts = [json.loads(badge)["credentialSubject"]["achievement"]["id"] for badge in badges]
    minted = mint_clr(
        badges,
        signer,
        format,
        name="Computational Thinking",
        issuer=PROFILE,
        now=now,
        description="Three micro-credentials.",
        valid_until=now + timedelta(days=365),
        achievements=[achievement],
        associations=[Association("isPartOf", part, str(whole.id)) for part in parts],
        partial=False,
    )
    opened = open_secured(minted.bytes)
    verify_secured(opened, opened.proofs[0], signer.public_key)
    assert structure.detect_kind(opened.document) == "clr2"
    assert structure.problems(opened.document) == ()
    subject = opened.document["credentialSubject"]
    assert subject["id"] == "did:example:tobias"
    assert subject["association"][0] == {
        "type": "Association",
        "associationType": "isPartOf",
        "sourceId": parts[0],
        "targetId": whole.id,
    }
    for member in subject["verifiableCredential"]:
        inner = open_member(member)
        verify_secured(inner, inner.proofs[0], signer.public_key)


def test_what_does_not_belong_is_refused(badges: list[bytes], award_json: Json, signer: Signer, now: datetime) -> None:
    arguments: Json = {"name": "Record", "issuer": PROFILE, "now": now}
    with pytest.raises(ProblemError, match="at least one"):
        mint_clr([], signer, **arguments)
    with pytest.raises(ProblemError, match="Credential 1 is secured as vc-jwt") as caught:
        mint_clr([mint(parse_award(award_json), signer, "vc-jwt", now=now).bytes], signer, **arguments)
    assert caught.value.problem.type is UNSUPPORTED
    with pytest.raises(ProblemError, match="has no proof"):
        mint_clr([json.dumps(mint(parse_award(award_json), signer, now=now).credential).encode()], signer, **arguments)
    award_json["recipient"]["id"] = "did:example:maren"
    other = mint(parse_award(award_json), signer, now=now).bytes
    with pytest.raises(ProblemError, match="different people"):
        mint_clr([*badges, other], signer, **arguments)
    with pytest.raises(ProblemError, match="no achievement urn:example:none"):
        mint_clr(
            badges,
            signer,
            associations=[Association("precedes", str(award_json["achievement"]["id"]), "urn:example:none")],
            achievements=[{"id": award_json["achievement"]["id"]}],
            **arguments,
        )
    with pytest.raises(ProblemError, match="not a type of association"):
        mint_clr(badges, signer, associations=[Association("isBetterThan", "a", "b")], **arguments)
    with pytest.raises(ProblemError, match="valid until after"):
        mint_clr(badges, signer, valid_until=now - timedelta(days=1), **arguments)
