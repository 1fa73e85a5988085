"""Presentations: what a holder signs, and what it may hold (VCDM 2.0 section 4.13)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.issuer.presentations import FORMATS, present
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import open_member, open_secured, verify_secured
from badgeport.proofs.suites.ecdsa_sd import derive
from badgeport.schemas import contexts, jsontext, structure
from badgeport.schemas.problems import ProblemError

Json = dict[str, Any]
SignerOf = Callable[[KeyType], Signer]


@pytest.fixture
def holder(signer_of: SignerOf) -> Signer:
    return signer_of(KeyType.P384)


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_presents_every_form(award_json: Json, signer_of: SignerOf, now: datetime, format: str) -> None:
    holder = signer_of(KeyType.P256 if format.startswith("ecdsa") else KeyType.ED25519)
    award = parse_award(award_json)
    signer = signer_of(KeyType.ED25519)
    forms = ("eddsa-rdfc-2022", "vc-jwt", "vc+jwt", "vc+sd-jwt")
    credentials = [mint(award, signer, form, now=now).bytes for form in forms]
    data = present(credentials, holder, format, now=now, challenge="n-0S6_WzA2Mj", domain="https://verifier.example")
    opened = open_secured(data)
    (proof,) = opened.proofs
    verify_secured(opened, proof, holder.public_key)
    assert structure.problems(opened.document) == ()
    assert opened.document["holder"] == holder.controller
    assert (proof.purpose, proof.challenge) == ("authentication", "n-0S6_WzA2Mj")
    assert "https://verifier.example" in (proof.domain or "")
    members = [open_member(member) for member in opened.document["verifiableCredential"]]
    assert [member.form for member in members] == ["data-integrity", "vc-jwt", "vc+jwt", "vc+sd-jwt"]
    for member in members:
        verify_secured(member, member.proofs[0], signer.public_key)


def test_an_enveloped_credential_is_presented_as_it_is(
    award_json: Json, signer: Signer, holder: Signer, now: datetime
) -> None:
    token = mint(parse_award(award_json), signer, "vc+jwt", now=now).bytes.decode()
    envelope = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": f"data:application/vc+jwt,{token}",
        "type": "EnvelopedVerifiableCredential",
    }
    data = present([json.dumps(envelope).encode()], holder, "ecdsa-rdfc-2019", now=now)
    assert json.loads(data)["verifiableCredential"] == [envelope]


def test_a_holder_may_present_nothing(holder: Signer, now: datetime) -> None:
    data = present([], holder, "ecdsa-rdfc-2019", now=now, challenge="c", domain="d", presentation_id="urn:example:p")
    document = json.loads(data)
    assert "verifiableCredential" not in document
    assert document["id"] == "urn:example:p"


def test_what_does_not_belong_is_refused(award_json: Json, signer: Signer, holder: Signer, now: datetime) -> None:
    minted = mint(parse_award(award_json), signer, now=now)
    unsigned = json.dumps(minted.credential).encode()
    inner = present([minted.bytes], holder, "ecdsa-rdfc-2019", now=now)
    with pytest.raises(ProblemError, match="Credential 2 of the presentation has no proof"):
        present([minted.bytes, unsigned], holder, "ecdsa-rdfc-2019", now=now)
    with pytest.raises(ProblemError, match="Member 1 of the presentation is not a credential"):
        present([inner], holder, "ecdsa-rdfc-2019", now=now)
    with pytest.raises(ProblemError, match="not a format of presentations"):
        present([minted.bytes], holder, "ecdsa-sd-2023", now=now)


def test_a_base_proof_is_not_presented_but_what_is_derived_is(
    award_json: Json, signer_of: SignerOf, holder: Signer, now: datetime
) -> None:
    base = mint(parse_award(award_json), signer_of(KeyType.P256), "ecdsa-sd-2023", now=now).bytes
    with pytest.raises(ProblemError, match="derive from it"):
        present([base], holder, "ecdsa-rdfc-2019", now=now)
    shown = derive(jsontext.parse_object(base), ["/evidence"], contexts=contexts.store())
    data = present([jsontext.dump(shown)], holder, "ecdsa-rdfc-2019", now=now)
    assert json.loads(data)["verifiableCredential"][0]["evidence"] == shown["evidence"]
