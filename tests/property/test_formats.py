"""Issue, then verify: it holds for generated badges in every way of securing, and for presentations of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.issuer.presentations import present
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.types import KeyType
from badgeport.proofs import data_integrity, sd_jwt
from badgeport.proofs.canonicalization import canonicalize
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.verifier.report import Verdict
from support import issuing

CASES = {name: case for name, case in issuing.CASES.items() if case[0] != "Ed25519Signature2020"}
# What a person may write: any script, no control characters and no lone surrogates.
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=40
).filter(lambda text: text.strip() != "")
URLS = st.from_regex(r"https://[a-z]{1,12}\.example/[a-z0-9/_-]{0,24}", fullmatch=True)
EVIDENCE = st.fixed_dictionaries({"id": URLS, "name": TEXT})
POINTS = st.one_of(st.integers(0, 100), st.floats(0, 100).map(lambda value: round(value, 2)))


@st.composite
def awards(draw: st.DrawFn) -> dict[str, Any]:
    levels = draw(st.lists(TEXT, min_size=1, max_size=4, unique=True))
    achievement = {
        "id": draw(URLS),
        "name": draw(TEXT),
        "description": draw(TEXT),
        "criteria": {"narrative": draw(TEXT)},
        "tags": draw(st.lists(TEXT, max_size=3, unique=True)),
        "creditsAvailable": draw(POINTS),
        "rubric": {
            "criteria": [
                {"name": draw(TEXT), "levels": [{"name": name} for name in levels], "requiredLevel": levels[0]}
            ]
        },
    }
    body = issuing.award(
        achievement=achievement,
        results=[{"criterion": achievement["rubric"]["criteria"][0]["name"], "level": draw(st.sampled_from(levels))}],
        evidence=draw(st.lists(EVIDENCE, max_size=3, unique_by=lambda each: each["id"])) or None,
        credits=None,
        narrative=draw(st.one_of(st.none(), TEXT)),
    )
    body["issuer"] = {**body["issuer"], "name": draw(TEXT)}
    return body


def shown(data: bytes, format: str, document: dict[str, Any]) -> bytes:
    """What the holder shows of a freshly minted badge."""
    if format == "ecdsa-sd-2023":
        pointers = ["/credentialSubject/result"] + (["/evidence"] if "evidence" in document else [])
        derived = ecdsa_sd.derive(jsontext.parse_object(data), pointers, contexts=contexts.store())
        return jsontext.dump(derived)
    if format == "vc+sd-jwt":
        return sd_jwt.present(data.decode(), ["/credentialSubject/result"]).encode()
    return data


@pytest.mark.parametrize("case", [pytest.param(case, marks=pytest.mark.suite(CASES[case][0])) for case in CASES])
@given(body=awards())
def test_what_is_issued_verifies(case: str, body: dict[str, Any]) -> None:
    format, key_type = CASES[case]
    minted = mint(parse_award(body), issuing.district().signers[key_type], format, now=issuing.NOW)
    data = shown(minted.bytes, format, minted.credential)
    report = issuing.verifier().inspect(data, now=issuing.NOW)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert report.credential is not None
    assert report.credential.id == minted.credential["id"]


@pytest.mark.suite("Ed25519Signature2020")
@given(name=TEXT)
def test_the_signature_of_2020_verifies_on_the_older_data_model(name: str) -> None:
    credential = {**issuing.legacy_credential(), "name": name}
    signed = data_integrity.add_proof(
        credential,
        issuing.district().signers[KeyType.ED25519],
        cryptosuite="Ed25519Signature2020",
        created=issuing.NOW,
        contexts=contexts.store(),
    )
    report = issuing.verifier().inspect(jsontext.dump(signed), now=issuing.NOW)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert any(problem.type.code == "LEGACY_DATA_MODEL" for problem in report.warnings)


@pytest.mark.suite("vp+jwt")
@pytest.mark.parametrize("format", ["vp+jwt", "eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_presentations_verify_only_for_whom_they_were_made(format: str) -> None:
    holder = local_signer(generate(KeyType.ED25519))
    badges = [issuing.issue(case, recipient={"id": holder.controller}) for case in ("eddsa-rdfc-2022", "vc-jwt-es256")]
    data = present(badges, holder, format, now=issuing.NOW, challenge="c-71", domain="https://hr.example")

    def verdict(data: bytes, **expected: str) -> Verdict:
        return issuing.verifier().inspect(data, now=issuing.NOW, **expected).verdict

    assert verdict(data, challenge="c-71", domain="https://hr.example") is Verdict.VALID
    assert verdict(data, challenge="c-72", domain="https://hr.example") is Verdict.INVALID
    assert verdict(data, challenge="c-71", domain="https://elsewhere.example") is Verdict.INVALID
    thief = local_signer(generate(KeyType.ED25519))
    stolen = present(badges, thief, format, now=issuing.NOW, challenge="c-71", domain="https://hr.example")
    assert verdict(stolen, challenge="c-71", domain="https://hr.example") is Verdict.INVALID


@given(body=awards(), data=st.data())
def test_the_canonical_form_does_not_depend_on_order(body: dict[str, Any], data: st.DataObject) -> None:
    minted = mint(parse_award(body), issuing.district().signers[KeyType.ED25519], "eddsa-jcs-2022", now=issuing.NOW)

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            names = data.draw(st.permutations(sorted(value)))
            return {name: value[name] if name == "@context" else shuffled(value[name]) for name in names}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    mixed = shuffled(json.loads(json.dumps(minted.credential)))
    store = contexts.store()
    assert canonicalize(mixed, contexts=store) == canonicalize(minted.credential, contexts=store)
