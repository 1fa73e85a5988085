"""Endorsements: building, signing, and putting them into a badge (OB 3.0 EndorsementCredential)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from badgeport.issuer.award import parse_award, parse_issuer_profile
from badgeport.issuer.endorsements import as_members, endorse
from badgeport.issuer.mint import mint
from badgeport.issuer.status_lists import entry
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import open_secured, verify_secured
from badgeport.schemas import structure
from badgeport.schemas.problems import ProblemError

AGENCY = parse_issuer_profile({"name": "Heartland Department of Education"})
ACHIEVEMENT = "https://badges.prairie-crossing.example/achievements/questioning"


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "vc-jwt"])
def test_an_endorsement_is_signed_and_conforms(signer: Signer, now: datetime, format: str) -> None:
    minted = endorse(
        ACHIEVEMENT,
        "Approved for **renewal** until 2031.",
        signer,
        format,
        name="Approved for renewal",
        issuer=AGENCY,
        now=now,
        valid_until=now + timedelta(days=5 * 365),
        status_entries=[entry("https://status.heartland.example/1", "revocation", 9)],
    )
    opened = open_secured(minted.bytes)
    verify_secured(opened, opened.proofs[0], signer.public_key)
    assert structure.detect_kind(opened.document) == "endorsement"
    assert structure.problems(opened.document) == ()
    assert opened.document["name"] == "Approved for renewal"
    assert opened.document["issuer"]["type"] == ["Profile"]
    assert opened.document["credentialSubject"] == {
        "id": ACHIEVEMENT,
        "type": ["EndorsementSubject"],
        "endorsementComment": "Approved for **renewal** until 2031.",
    }
    assert opened.document["credentialSchema"][0]["id"].endswith("ob_v3p0_endorsementcredential_schema.json")


def test_an_endorsement_that_ends_before_it_begins_is_refused(signer: Signer, now: datetime) -> None:
    with pytest.raises(ProblemError, match="valid until after"):
        endorse(ACHIEVEMENT, "Good.", signer, name="Good", issuer=AGENCY, now=now, valid_until=now - timedelta(days=1))


def test_only_signed_endorsements_go_into_a_badge(award_json: dict[str, Any], signer: Signer, now: datetime) -> None:
    minted = endorse(ACHIEVEMENT, "Good.", signer, name="Good", issuer=AGENCY, now=now)
    assert as_members([minted.bytes]) == (json.loads(minted.bytes),)
    badge = mint(parse_award(award_json), signer, now=now)
    selective = endorse(ACHIEVEMENT, "Good.", signer, "vc+sd-jwt", name="Good", issuer=AGENCY, now=now)
    unsigned = json.dumps(minted.credential).encode()
    for wrong, words in ((badge.bytes, "not an EndorsementCredential"), (selective.bytes, "form"), (unsigned, "form")):
        with pytest.raises(ProblemError, match=f"Endorsement 2 .*{words}"):
            as_members([minted.bytes, wrong])
