"""What is told of one organization in several places, and members that are named like classes."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from badgeport.issuer.award import parse_award
from badgeport.issuer.build import build
from badgeport.keys.types import KeyType
from badgeport.proofs.canonicalization import canonicalize, check_data_loss, expand
from badgeport.proofs.secured import secure
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.problems import PROOF_GENERATION_ERROR, PROOF_VERIFICATION_ERROR, RANGE_ERROR, ProblemError
from badgeport.verifier.report import VerificationReport
from support import issuing

STORE = contexts.store()
OTHER_URL = "https://www.prairie-lakes.example/about"


def badge() -> dict[str, Any]:
    """A badge without its proof."""
    body: dict[str, Any] = jsontext.parse(issuing.issue())  # type: ignore[assignment]
    del body["proof"]
    return body


def signed(body: dict[str, Any], suite: str = "eddsa-rdfc-2022") -> dict[str, Any]:
    signer = issuing.district().signers[KeyType.ED25519]
    found: dict[str, Any] = jsontext.parse(secure(body, signer, suite, created=issuing.NOW))  # type: ignore[assignment]
    return found


def signed_elsewhere(body: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Signed by a tool that lets one id be described in any way."""
    with monkeypatch.context() as patch:
        patch.setattr(expand._Walk, "_require_unmoved", lambda walk: None)
        patch.setattr(expand._Walk, "_require_no_class", lambda walk, term: None)
        return signed(body)


def report(document: dict[str, Any]) -> VerificationReport:
    found: VerificationReport = issuing.verifier().inspect(jsontext.dump(document), now=issuing.NOW)
    return found


def verdict(document: dict[str, Any]) -> str:
    return report(document).verdict.value


def with_creator(**members: Any) -> dict[str, Any]:
    body = badge()
    body["credentialSubject"]["achievement"]["creator"] = {
        "id": body["issuer"]["id"],
        "type": ["Profile"],
        "name": body["issuer"]["name"],
        **members,
    }
    return body


# -- profiles -------------------------------------------------------------------------------------------------------


def test_the_creator_may_be_the_issuer_described_more_fully(monkeypatch: pytest.MonkeyPatch) -> None:
    body = with_creator(url=OTHER_URL, email="badges@prairie-lakes.example")
    assert verdict(signed_elsewhere(body, monkeypatch)) == "valid"
    del body["issuer"]["url"]
    assert verdict(signed_elsewhere(body, monkeypatch)) == "valid"


def test_the_issuer_may_be_a_string_and_described_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    body = with_creator(url=OTHER_URL)
    body["issuer"] = body["issuer"]["id"]
    outcomes = {check.id: check.outcome.value for check in report(signed_elsewhere(body, monkeypatch)).checks}
    assert (outcomes["signature"], outcomes["signed-content"], outcomes["canonicalization"]) == ("passed",) * 3


def test_a_name_cannot_be_taken_from_the_issuer() -> None:
    good = signed(with_creator())
    assert verdict(good) == "valid"
    taken = copy.deepcopy(good)
    del taken["issuer"]["name"]
    assert verdict(taken) == "invalid"


def test_an_id_of_two_names_is_undetermined_and_never_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    body = with_creator(name="State Board")
    found = report(signed_elsewhere(body, monkeypatch))
    assert found.verdict.value == "undetermined"
    details = [problem.detail for check in found.checks for problem in check.problems if problem.type is RANGE_ERROR]
    assert any("Prairie Lakes School District" in detail and "State Board" in detail for detail in details)
    swapped = signed_elsewhere(body, monkeypatch)
    creator = swapped["credentialSubject"]["achievement"]["creator"]
    creator["name"], swapped["issuer"]["name"] = swapped["issuer"]["name"], creator["name"]
    assert verdict(swapped) == "undetermined"
    with pytest.raises(ProblemError) as caught:
        check_data_loss(body, contexts=STORE)
    assert caught.value.problem.type is RANGE_ERROR


def test_what_was_achieved_is_still_told_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    body = with_creator()
    achievement = body["credentialSubject"]["achievement"]
    again = {name: achievement[name] for name in ("id", "type")} | {"name": "Something else"}
    body["credentialSubject"]["achievement"] = [achievement, again]
    with pytest.raises(ProblemError) as caught:
        canonicalize(body, contexts=STORE)
    assert caught.value.problem.type is PROOF_VERIFICATION_ERROR
    # A refusal is told, though a doubt was found first.
    body = with_creator(name="State Board")
    evidence = body["evidence"][0]
    body["credentialSubject"]["achievement"]["image"] = {"id": evidence["id"], "type": "Evidence", "genre": "Moved"}
    with pytest.raises(ProblemError) as caught:
        canonicalize(body, contexts=STORE)
    assert caught.value.problem.type is PROOF_VERIFICATION_ERROR


def test_a_minted_badge_describes_its_issuer_once() -> None:
    profile = {"id": issuing.DISTRICT, "name": "The same", "url": OTHER_URL}
    award = copy.deepcopy(issuing.AWARD)
    award["achievement"]["creator"] = profile
    award["source"] = profile
    award["issuer"]["parentOrg"] = profile | {"id": "https://board.example/"}
    credential = build(parse_award(award), issuer_id=issuing.DISTRICT, credential_id=badge()["id"], now=issuing.NOW)
    reference = {"id": issuing.DISTRICT, "type": ["Profile"]}
    assert credential["credentialSubject"]["achievement"]["creator"] == reference
    assert credential["credentialSubject"]["source"] == reference
    assert credential["issuer"]["parentOrg"]["name"] == "The same"
    assert verdict(signed(credential)) == "valid"


# -- profiles within endorsements -----------------------------------------------------------------------------------


def with_endorsement(name: str) -> dict[str, Any]:
    """A badge in which its issuer endorses the achievement under this name."""
    body = badge()
    achievement = body["credentialSubject"]["achievement"]
    endorsement = {
        "@context": body["@context"][:2],
        "id": "urn:uuid:11111111-1111-4111-8111-111111111111",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsement",
        "issuer": {"id": issuing.DISTRICT, "type": ["Profile"], "name": name},
        "validFrom": "2026-02-27T15:00:00Z",
        "credentialSubject": {"id": achievement["id"], "type": ["EndorsementSubject"], "endorsementComment": "Good"},
    }
    achievement["endorsement"] = [signed(endorsement)]
    return body


def test_an_embedded_endorsement_lends_its_issuer_s_name_to_nobody() -> None:
    good = signed(with_endorsement(badge()["issuer"]["name"]))
    assert verdict(good) == "valid"
    taken = copy.deepcopy(good)
    del taken["issuer"]["name"]
    assert verdict(taken) == "invalid"


def test_the_name_of_an_embedded_endorsement_cannot_replace_the_issuer_s() -> None:
    body = with_endorsement("The closed academy")
    body["credentialSubject"]["achievement"]["creator"] = {
        "id": issuing.DISTRICT,
        "type": ["Profile"],
        "name": body["issuer"]["name"],
    }
    good = signed(body)
    assert verdict(good) == "valid"
    names = ["The closed academy", [body["issuer"]["name"], "The closed academy"]]
    for name in names:
        for creator in (good["credentialSubject"]["achievement"]["creator"], {"id": issuing.DISTRICT}):
            changed = copy.deepcopy(good)
            changed["issuer"]["name"] = name
            changed["credentialSubject"]["achievement"]["creator"] = creator
            assert verdict(changed) != "valid"


# -- members named like classes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
@pytest.mark.parametrize("several", [True, False])
def test_a_credential_cannot_hide_in_a_member_named_like_a_class(
    suite: str, several: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = badge() | {"id": "urn:uuid:11111111-1111-4111-8111-111111111111", "name": "Never examined"}
    body = badge() | {"VerifiableCredential": [hidden] if several else hidden}
    if suite == "eddsa-jcs-2022":
        document = signed(body, suite)
    else:
        with pytest.raises(ProblemError) as caught:
            signed(body, suite)
        assert caught.value.problem.type is PROOF_GENERATION_ERROR
        document = signed_elsewhere(body, monkeypatch)
    assert verdict(document) == "invalid"
