"""VCALM issuing, in the style of the W3C suites: what each instance must sign, and what it must refuse.

Whatever is signed goes to this very service's verifier, as a suite would send it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

from badgeport.issuer.api import instances
from badgeport.issuer.api.instances import CONFORMANCE
from badgeport.issuer.api.tables import ConformanceKey, IssuedCredential
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.people import keys
from badgeport.issuer.people.keys import make_keys
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.status.tables import StatusPlace
from badgeport.keys.multikey import public_from_multikey
from badgeport.proofs.jws import parse, payload_object
from badgeport.schemas import jsontext
from badgeport.schemas.contexts import urls
from support import databases
from support import verifying as v
from support.clients import Client
from support.site import Site, json_of

HERE = ("127.0.0.1", 50000)
LOCAL = "http://localhost:8000"
EMBEDDED = [name for name in CONFORMANCE if name != "vc-jwt"]
WHOLE = [name for name in CONFORMANCE if name != "ecdsa-sd-2023"]
REQUEST = "https://badgeport.org/problems#INVALID_REQUEST"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("vcalm"), public_url=LOCAL, vc_api_instances="demo", allow_loopback_http=True)
    yield made
    made.close()


@pytest.fixture(scope="module")
def suite(site: Site) -> Client:
    """A test suite on this machine."""
    return Client(site.app, base_url=LOCAL, client=HERE)


def did(site: Site, name: str) -> str:
    found = instances.conformance(site.desk, name)
    assert found is not None
    return found.did


def second_model(by: Any, **changes: Any) -> dict[str, Any]:
    """A credential of VCDM 2.0 that is no badge, as the suites send them."""
    body = {
        "@context": [urls.CREDENTIALS_V2, {"alumniOf": "https://schema.org/alumniOf"}],
        "type": ["VerifiableCredential"],
        "issuer": by,
        "credentialSubject": {"id": "did:example:alice", "alumniOf": "Prairie College"},
    }
    return v.changed(body, **changes)


def first_model(by: Any, **changes: Any) -> dict[str, Any]:
    """A credential of VCDM 1.1, without the context of its proof."""
    body = {
        "@context": [urls.CREDENTIALS_V1, {"name": "https://schema.org/name"}],
        "id": "urn:uuid:86294362-4254-4f36-854f-3952fe42555d",
        "type": ["VerifiableCredential"],
        "issuer": by,
        "issuanceDate": "2026-03-01T00:00:00Z",
        "credentialSubject": {"id": "urn:uuid:1a0e4ef5-091f-4060-842e-18e519ab9440", "name": "Alice"},
    }
    return v.changed(body, **changes)


def ask(client: Client, name: str, credential: Any, **options: Any) -> Any:
    body = {"credential": credential, **({"options": options} if options else {})}
    return client.post(f"/issuers/{name}/credentials/issue", json=body)


def issued(client: Client, name: str, credential: Any, **options: Any) -> Any:
    answer = ask(client, name, credential, **options)
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-type"] == "application/json"
    return json_of(answer)["verifiableCredential"]


def verified(client: Client, credential: Any) -> bool:
    answer = client.post("/credentials/verify", json={"verifiableCredential": credential})
    assert answer.status_code in (200, 400)
    found: bool = answer.json()["verified"]
    return found


def refusal(answer: Any, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = json_of(answer)
    assert problem["status"] == status
    assert problem["title"]
    return problem


def proof_of(credential: dict[str, Any]) -> dict[str, Any]:
    proof = credential["proof"]
    found: dict[str, Any] = proof[0] if isinstance(proof, list) else proof
    return found


# -- what is signed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("made", [second_model, v.badge], ids=["vcdm2", "badge"])
def test_what_an_instance_signs_verifies(site: Site, suite: Client, name: str, made: Callable[..., Any]) -> None:
    sent = made(did(site, name))
    before = deepcopy(sent)
    signed = issued(suite, name, sent)
    assert verified(suite, signed)
    if name == "vc-jwt":
        assert (signed["type"], signed["@context"]) == ("EnvelopedVerifiableCredential", urls.CREDENTIALS_V2)
        payload = payload_object(parse(signed["id"].partition(",")[2]))
    else:
        payload = signed
    kept = {"id", "validFrom"} & before.keys() | {"@context", "type", "issuer"}
    if name != "ed25519signature2020":
        assert {member: payload[member] for member in kept} == {member: before[member] for member in kept}
    assert payload["credentialSubject"] == before["credentialSubject"]
    spoilt = deepcopy(signed)
    if name == "vc-jwt":
        spoilt["id"] = spoilt["id"][:-8] + "AAAAAAAA"
    else:
        spoilt["credentialSubject"]["id"] = "did:example:mallory"
    assert not verified(suite, spoilt)


@pytest.mark.parametrize("name", [name for name in EMBEDDED if name in WHOLE])
def test_the_first_data_model_is_signed_with_the_context_of_its_proof(site: Site, suite: Client, name: str) -> None:
    signed = issued(suite, name, first_model(did(site, name)))
    added = urls.ED25519_2020_V1 if name == "ed25519signature2020" else urls.DATA_INTEGRITY_V2
    assert added in signed["@context"]
    assert verified(suite, signed)
    again = first_model(did(site, name), **{"@context": [urls.CREDENTIALS_V1, urls.DATA_INTEGRITY_V1]})
    again["credentialSubject"].pop("name")
    again["credentialSubject"]["type"] = "VerifiableCredential"
    signed = issued(suite, name, again)
    assert signed["@context"].count(urls.DATA_INTEGRITY_V1) == 1
    assert urls.DATA_INTEGRITY_V2 not in signed["@context"]
    assert verified(suite, signed)


def test_a_jwt_is_of_the_second_model_alone(site: Site, suite: Client) -> None:
    assert refusal(ask(suite, "vc-jwt", first_model(did(site, "vc-jwt"))))["pointer"] == "/@context"


PROOFS = {
    "eddsa-rdfc-2022": ("z", 64),
    "eddsa-jcs-2022": ("z", 64),
    "ecdsa-rdfc-2019-p256": ("z", 64),
    "ecdsa-rdfc-2019-p384": ("z", 96),
    "ecdsa-jcs-2019-p256": ("z", 64),
    "ecdsa-jcs-2019-p384": ("z", 96),
    "ecdsa-sd-2023": ("u", None),
    "ed25519signature2020": ("z", 64),
    "bitstring-status": ("z", 64),
}


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_proof_has_the_form_of_its_suite(site: Site, suite: Client, name: str) -> None:
    from badgeport.schemas.encoding import multibase_decode

    key = did(site, name)
    assert public_from_multikey(key.removeprefix("did:key:")).key_type is CONFORMANCE[name].key_type
    proof = proof_of(issued(suite, name, second_model(key)))
    assert proof["proofPurpose"] == "assertionMethod"
    assert proof["verificationMethod"] == f"{key}#{key.removeprefix('did:key:')}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", proof["created"])
    if name == "ed25519signature2020":
        assert proof["type"] == "Ed25519Signature2020"
        assert "cryptosuite" not in proof
    else:
        assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", CONFORMANCE[name].format)
    prefix, length = PROOFS[name]
    assert proof["proofValue"][0] == prefix
    octets = multibase_decode(proof["proofValue"])
    assert octets.startswith(b"\xd9\x5d\x00") if length is None else len(octets) == length


def test_every_instance_has_one_key_of_its_own_for_good(site: Site, suite: Client) -> None:
    dids = {name: did(site, name) for name in CONFORMANCE}
    assert len(set(dids.values())) == len(CONFORMANCE)
    assert dids == {name: did(site, name) for name in CONFORMANCE}
    for name, own in dids.items():
        answer = suite.get(f"/issuers/{name}", headers={"Accept": "application/json"})
        assert answer.status_code == 200
        assert answer.json()["id"] == own
    with site.desk.database.reading() as session:
        for row in session.exec(select(ConformanceKey)):
            assert row.uri.startswith("file:")
            assert "PRIVATE" not in str(row.model_dump())


def test_what_is_left_out_of_a_jwt_is_filled_in_and_nothing_else_is(site: Site, suite: Client) -> None:
    """Open Badges 3.0 demands the claims jti, sub and nbf; the other suites sign what they are given."""
    bare = second_model(did(site, "vc-jwt"))
    bare["credentialSubject"].pop("id")
    signed = issued(suite, "vc-jwt", bare)
    claims = payload_object(parse(signed["id"].partition(",")[2]))
    assert claims["jti"] == claims["id"]
    assert claims["sub"] == claims["credentialSubject"]["id"]
    assert claims["validFrom"] == "2026-05-01T09:00:00Z"
    assert verified(suite, signed)
    plain = second_model(did(site, "eddsa-rdfc-2022"))
    plain["credentialSubject"].pop("id")
    assert issued(suite, "eddsa-rdfc-2022", plain).keys() == {*plain, "proof"}


def test_the_default_issuer_and_the_same_id_again(site: Site, suite: Client) -> None:
    sent = second_model(did(site, "eddsa-rdfc-2022"), id="https://prairie.example/credentials/1")
    for _ in range(2):
        answer = suite.post("/credentials/issue", json={"credential": sent, "options": {}})
        assert answer.status_code == 201
        assert verified(suite, json_of(answer)["verifiableCredential"])


@pytest.mark.parametrize("name", WHOLE)
def test_the_issuer_may_be_an_object(site: Site, suite: Client, name: str) -> None:
    issuer = {"id": did(site, name), "name": "Prairie", "description": "A district."}
    signed = issued(suite, name, second_model(issuer))
    assert verified(suite, signed)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "A degree", "description": "Of a kind."},
        {"name": {"@value": "Un diploma", "@language": "es", "@direction": "ltr"}},
        {"validFrom": "2026-03-01T00:00:00Z", "validUntil": "2027-03-01T00:00:00+02:00"},
        {"credentialSubject": [{"id": "did:example:a", "alumniOf": "x"}, {"id": "did:example:b", "alumniOf": "y"}]},
        {"id": "https://prairie.example/credentials/3732"},
        {"credentialSchema": [{"id": "https://prairie.example/schema.json", "type": "JsonSchema"}]},
        {"credentialStatus": {"type": "BitstringStatusListEntry", "id": "https://prairie.example/s#1"}},
        {"evidence": [{"type": ["https://prairie.example/Evidence"], "id": "https://prairie.example/e/1"}]},
        {"termsOfUse": {"type": "https://prairie.example/Terms", "id": "https://prairie.example/t/1"}},
        {"refreshService": {"type": "https://prairie.example/Refresh", "id": "https://prairie.example/r/1"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_the_data_model_allows_is_signed(site: Site, suite: Client, changes: dict[str, Any]) -> None:
    for name in ("eddsa-rdfc-2022", "ecdsa-jcs-2019-p384"):
        assert proof_of(issued(suite, name, second_model(did(site, name), **changes)))


# -- what is refused ------------------------------------------------------------------------------------------------

V2 = urls.CREDENTIALS_V2
NO_CREDENTIALS: dict[str, dict[str, Any]] = {
    "no context": {"@context": None},
    "context a number": {"@context": 4},
    "context of odd things": {"@context": [{"foo": True}, 4, False, None]},
    "contexts in the wrong order": {"@context": [{"alumniOf": "https://schema.org/alumniOf"}, V2]},
    "context unknown": {"@context": [V2, "https://nobody.example/context"]},
    "context to fetch": {"@context": [V2, "http://127.0.0.1:1/context"]},
    "context of both models": {"@context": [urls.CREDENTIALS_V1, V2]},
    "no type": {"type": None},
    "type a number": {"type": 4},
    "types of odd things": {"type": [2, None, {"foo": True}, False]},
    "another type": {"type": ["https://prairie.example/Other"]},
    "type unmapped": {"type": ["VerifiableCredential", "NobodyKnowsThis"]},
    "type empty": {"type": []},
    "issuer null": {"issuer": [None]},
    "no issuer": {"issuer": None},
    "issuer a number": {"issuer": 4},
    "issuer no url": {"issuer": "prairie"},
    "issuer without id": {"issuer": {"name": "Prairie"}},
    "issuer somebody else": {"issuer": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
    "no subject": {"credentialSubject": None},
    "subject a text": {"credentialSubject": "did:example:alice"},
    "subject of odd things": {"credentialSubject": [None, True, 4]},
    "subject empty": {"credentialSubject": {}},
    "subjects none": {"credentialSubject": []},
    "subject with two ids": {"credentialSubject": {"id": ["did:example:a", "did:example:b"], "alumniOf": "x"}},
    "subject id relative": {"credentialSubject": {"id": "alice", "alumniOf": "x"}},
    "undefined term": {"credentialSubject": {"id": "did:example:alice", "nobodyDefinedThis": "x"}},
    "undefined term at the top": {"colour": "blue"},
    "id no url": {"id": "not-a-url"},
    "id two": {"id": ["https://a.example/1", "https://a.example/2"]},
    "name a number": {"name": 4},
    "name with more": {"name": {"@value": "x", "url": "did:example:1"}},
    "validFrom no instant": {"validFrom": "yesterday"},
    "validFrom without zone": {"validFrom": "2026-03-01T00:00:00"},
    "validUntil before validFrom": {"validFrom": "2026-03-01T00:00:00Z", "validUntil": "2026-02-01T00:00:00Z"},
    "status without type": {"credentialStatus": {"id": "https://prairie.example/s#1"}},
    "status id no url": {"credentialStatus": {"id": "s", "type": "BitstringStatusListEntry"}},
    "schema without type": {"credentialSchema": {"id": "https://prairie.example/schema.json"}},
    "schema without id": {"credentialSchema": {"type": "JsonSchema"}},
    "evidence without type": {"evidence": {"id": "https://prairie.example/e/1"}},
    "terms without type": {"termsOfUse": {"id": "https://prairie.example/t/1"}},
    "refresh without type": {"refreshService": {"id": "https://prairie.example/r/1"}},
    "resource without digest": {"relatedResource": [{"id": "https://prairie.example/image.png"}]},
    "signed already": {"proof": {"type": "DataIntegrityProof"}},
    "rounded number": {"credentialSubject": {"id": "did:example:a", "alumniOf": 0.1234567890123456789e-30}},
}


@pytest.mark.parametrize("name", [*CONFORMANCE])
def test_what_is_no_credential_is_not_signed(site: Site, suite: Client, name: str, subtests: pytest.Subtests) -> None:
    for case, changes in NO_CREDENTIALS.items():
        with subtests.test(case):
            problem = refusal(ask(suite, name, second_model(did(site, name), **changes)))
            assert problem["detail"]
            assert "verifiableCredential" not in problem


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize(
    "changes",
    [
        {"issuanceDate": None},
        {"issuanceDate": "yesterday"},
        {"expirationDate": "2026-02-01T00:00:00Z"},
        {"@context": [urls.DATA_INTEGRITY_V2, urls.CREDENTIALS_V1]},
        {"credentialSubject": None},
        {"issuer": "prairie"},
        {"nobodyDefinedThis": "x"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_no_credential_of_the_first_model_is_not_signed(
    site: Site, suite: Client, name: str, changes: dict[str, Any]
) -> None:
    refusal(ask(suite, name, first_model(did(site, name), **changes)))


def test_requests_that_make_no_sense(site: Site, suite: Client) -> None:
    path = "/issuers/eddsa-rdfc-2022/credentials/issue"
    good = second_model(did(site, "eddsa-rdfc-2022"))
    for body, pointer in (
        ({}, "/credential"),
        ({"verifiableCredential": good}, None),
        ({"credential": None}, "/credential"),
        ({"credential": "text"}, "/credential"),
        ({"credential": [good]}, "/credential"),
        ({"credential": good, "extra": 1}, "/extra"),
        ({"credential": good, "options": 1}, "/options"),
        ({"credential": good, "options": []}, "/options"),
        ({"credential": good, "options": {"credentialId": 4}}, "/options/credentialId"),
        ({"credential": good, "options": {"credentialId": ""}}, "/options/credentialId"),
        ({"credential": good, "options": {"mandatoryPointers": "/issuer"}}, "/options/mandatoryPointers"),
        ({"credential": good, "options": {"mandatoryPointers": [4]}}, "/options/mandatoryPointers/0"),
        ({"credential": good, "options": {"mandatoryPointers": ["/issuer"] * 501}}, "/options/mandatoryPointers"),
    ):
        problem = refusal(suite.post(path, json=body))
        assert problem["type"] == REQUEST
        assert pointer is None or pointer in [error["pointer"] for error in problem["errors"]]
    for data, kind, status in (
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"credential": {}, "credential": {}}', "application/json", 400),
        (b'{"credential": {"a": NaN}}', "application/json", 400),
        (b'{"credential": ' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json", 400),
        (b"{}", "text/plain", 415),
    ):
        refusal(suite.post(path, content=data, headers={"Content-Type": kind}), status)


@pytest.mark.parametrize("option", ["created", "proofPurpose", "challenge", "type", "", "a/b~c" * 20])
def test_an_option_that_is_not_known_is_refused(site: Site, suite: Client, option: str) -> None:
    for name in CONFORMANCE:
        problem = refusal(ask(suite, name, second_model(did(site, name)), **{option: "x"}))
        assert problem["type"] == "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED"
        assert problem["pointer"].startswith("/options/")
        assert "no option" in problem["detail"]


@pytest.mark.parametrize("name", WHOLE)
def test_pointers_are_for_the_suite_that_discloses(site: Site, suite: Client, name: str) -> None:
    problem = refusal(ask(suite, name, second_model(did(site, name)), mandatoryPointers=["/issuer"]))
    assert problem["pointer"] == "/options/mandatoryPointers"


# -- selective disclosure -------------------------------------------------------------------------------------------

SD = "ecdsa-sd-2023"


def _derive(suite: Client, base: Any, *pointers: str) -> Any:
    body = {"verifiableCredential": base, "options": {"selectivePointers": list(pointers)}}
    return suite.post("/credentials/derive", json=body)


def _disclosable(site: Site, **changes: Any) -> dict[str, Any]:
    return second_model(
        did(site, SD),
        validFrom="2026-03-01T00:00:00Z",
        credentialStatus={"type": "BitstringStatusListEntry", **v.status_entry(3)},
        **{
            "@context": [
                V2,
                {"alumniOf": "https://schema.org/alumniOf", "award": "https://schema.org/award"},
            ],
            "credentialSubject": {"id": "did:example:alice", "alumniOf": "Prairie College", "award": "With honors"},
            **changes,
        },
    )


def test_part_of_a_credential_is_shown(site: Site, suite: Client) -> None:
    base = issued(suite, SD, _disclosable(site), mandatoryPointers=["/issuer", "/credentialSubject/id"])
    assert not verified(suite, base)
    answer = _derive(suite, base, "/credentialSubject/award")
    assert answer.status_code == 201
    shown = json_of(answer)["verifiableCredential"]
    assert shown["credentialSubject"] == {"id": "did:example:alice", "award": "With honors"}
    assert shown["issuer"] == base["issuer"]
    assert {"validFrom", "credentialStatus"} <= shown.keys()  # nobody can leave these out
    assert verified(suite, shown)
    assert not verified(suite, {**shown, "issuer": "did:example:other"})
    least = json_of(_derive(suite, base))["verifiableCredential"]
    assert "award" not in least["credentialSubject"]
    assert verified(suite, least)


def test_a_credential_of_the_first_model_is_shown_in_part(site: Site, suite: Client) -> None:
    sent = first_model(did(site, SD))
    base = issued(suite, SD, sent, mandatoryPointers=[])
    shown = json_of(_derive(suite, base, "/credentialSubject/name"))["verifiableCredential"]
    assert shown["credentialSubject"]["name"] == "Alice"
    assert proof_of(shown)["proofValue"].startswith("u")


@pytest.mark.parametrize("pointer", ["/non/existent/path", "issuer", "", "/credentialSubject/~2", "/@context/9"])
def test_pointers_that_lead_nowhere(site: Site, suite: Client, pointer: str) -> None:
    refusal(ask(suite, SD, _disclosable(site), mandatoryPointers=[pointer]))
    base = issued(suite, SD, _disclosable(site), mandatoryPointers=["/issuer"])
    if pointer:  # the empty one names all
        refusal(_derive(suite, base, pointer))


def test_what_cannot_be_derived_from(site: Site, suite: Client) -> None:
    base = issued(suite, SD, _disclosable(site), mandatoryPointers=["/issuer"])
    shown = json_of(_derive(suite, base))["verifiableCredential"]
    value = base["proof"]["proofValue"]
    for wrong in (
        _disclosable(site),
        shown,
        issued(suite, "eddsa-rdfc-2022", second_model(did(site, "eddsa-rdfc-2022"))),
        {**base, "credentialSubject": {**base["credentialSubject"], "award": "With highest honors"}},
        {**base, "proof": {**base["proof"], "proofValue": f"z{value[1:]}"}},
        {**base, "proof": {**base["proof"], "proofValue": value[:-9]}},
        {**base, "proof": {**base["proof"], "proofValue": 4}},
        {**base, "proof": None},
        {},
    ):
        refusal(_derive(suite, wrong, "/credentialSubject/award"))
    for body in (
        {},
        {"verifiableCredential": "text"},
        {"verifiableCredential": base, "options": {"selectivePointers": "/issuer"}},
        {"verifiableCredential": base, "options": {"selectivePointers": None}},
        {"verifiableCredential": base, "more": 1},
    ):
        assert refusal(suite.post("/credentials/derive", json=body))["type"] == REQUEST
    unknown = suite.post("/credentials/derive", json={"verifiableCredential": base, "options": {"nonce": "x"}})
    assert refusal(unknown)["type"].endswith("#UNKNOWN_OPTION_PROVIDED")


# -- status ---------------------------------------------------------------------------------------------------------

STATUS = "bitstring-status"


def _set(client: Client, name: str | None, credential_id: str, purpose: str, value: Any, **more: Any) -> Any:
    entry = {"type": "BitstringStatusListEntry", "statusPurpose": purpose, **more}
    body = {"credentialId": credential_id, "credentialStatus": entry, "status": value}
    path = "/credentials/status" if name is None else f"/issuers/{name}/credentials/status"
    return client.post(path, json=body)


def _verdict(site: Site, credential: dict[str, Any]) -> str:
    return site.desk.check(jsontext.dump(credential), "en").verdict


def test_an_instance_that_adds_status_entries_by_itself(site: Site, suite: Client) -> None:
    seen = set()
    for number in range(3):
        name = f"urn:uuid:00000000-0000-4000-8000-00000000000{number}"
        signed = issued(suite, STATUS, second_model(did(site, STATUS), id=name))
        entries = signed["credentialStatus"]
        assert [entry["statusPurpose"] for entry in entries] == ["revocation", "suspension"]
        for entry in entries:
            assert entry["type"] == "BitstringStatusListEntry"
            assert entry["statusListIndex"].isdigit()
            assert entry["statusListCredential"].startswith(f"{LOCAL}/status/")
            seen.add((entry["statusListCredential"], entry["statusListIndex"]))
            listed = json_of(suite.get(entry["statusListCredential"].removeprefix(LOCAL)))
            assert listed["issuer"] == did(site, STATUS)
            assert listed["credentialSubject"]["statusPurpose"] == entry["statusPurpose"]
            assert verified(suite, listed)
        assert _verdict(site, signed) == "valid"
    assert len(seen) == 6


def test_a_status_is_set_and_everybody_sees_it_at_once(site: Site, suite: Client) -> None:
    name = "https://prairie.example/credentials/to-be-revoked"
    signed = issued(suite, STATUS, first_model(did(site, STATUS), id=name))
    assert urls.STATUS_V1 in signed["@context"]
    assert _verdict(site, signed) == "valid"
    for purpose, value, status, verdict in (
        ("suspension", True, 200, "invalid"),
        ("suspension", False, 200, "valid"),
        ("suspension", False, 200, "valid"),
        ("revocation", True, 200, "invalid"),
        ("revocation", True, 200, "invalid"),
        ("revocation", False, 409, "invalid"),
    ):
        answer = _set(suite, None, name, purpose, value)
        assert answer.status_code == status, answer.text
        assert _verdict(site, signed) == verdict


def test_a_credential_without_an_id_is_spoken_of_by_the_name_it_was_given(site: Site, suite: Client) -> None:
    signed = issued(suite, STATUS, second_model(did(site, STATUS)), credentialId="my-number-7")
    assert "id" not in signed
    assert _set(suite, STATUS, "my-number-7", "revocation", True).status_code == 200
    assert _verdict(site, signed) == "invalid"


def test_a_status_that_cannot_be_set(site: Site, suite: Client) -> None:
    name = "urn:uuid:11111111-1111-4111-8111-111111111111"
    signed = issued(suite, STATUS, second_model(did(site, STATUS), id=name))
    own = signed["credentialStatus"][0]
    other = str((int(own["statusListIndex"]) + 1) % 131072)
    refusal(_set(suite, STATUS, "urn:uuid:nobody", "revocation", True), 404)
    refusal(_set(suite, "eddsa-rdfc-2022", name, "revocation", True), 404)
    refusal(_set(suite, STATUS, name, "refresh", True))
    refusal(_set(suite, STATUS, name, "revocation", "true"))
    refusal(_set(suite, STATUS, name, "revocation", 1))
    assert (
        refusal(_set(suite, STATUS, name, "revocation", True, statusListIndex=other))["pointer"]
        == "/credentialStatus/statusListIndex"
    )
    refusal(_set(suite, STATUS, name, "revocation", True, statusListCredential="https://elsewhere.example/s"))
    refusal(_set(suite, STATUS, name, "revocation", True, colour="blue"))
    refusal(suite.post("/credentials/status", json={"credentialId": name, "status": True}))
    assert _verdict(site, signed) == "valid"
    exact = {member: own[member] for member in ("statusListIndex", "statusListCredential")}
    assert _set(suite, STATUS, name, "revocation", True, **exact).status_code == 200
    assert _verdict(site, signed) == "invalid"


def test_a_request_that_is_refused_takes_no_place(site: Site, suite: Client) -> None:
    def places() -> int:
        with site.desk.database.reading() as session:
            return session.exec(select(func.count()).select_from(StatusPlace)).one()

    before = places()
    refusal(ask(suite, STATUS, second_model(did(site, STATUS), colour="blue")))
    assert places() == before
    own = {"type": "BitstringStatusListEntry", "id": "https://prairie.example/s#1"}
    signed = issued(suite, STATUS, second_model(did(site, STATUS), credentialStatus=own))
    assert signed["credentialStatus"] == own
    assert places() == before


# -- who may ask ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "base", "headers"),
    [
        (("203.0.113.7", 50000), LOCAL, {}),
        (("10.0.0.1", 50000), LOCAL, {}),
        (HERE, "http://rebound.example", {}),
        (HERE, LOCAL, {"X-Forwarded-For": "203.0.113.7"}),
        (HERE, LOCAL, {"Forwarded": "for=203.0.113.7"}),
    ],
    ids=["elsewhere", "nearby", "by another name", "through a proxy", "through another proxy"],
)
def test_conformance_instances_answer_this_machine_alone(
    site: Site, client: Any, base: str, headers: dict[str, str]
) -> None:
    caller = Client(site.app, base_url=base, client=client, headers=headers)
    for name in CONFORMANCE:
        refusal(ask(caller, name, second_model(did(site, name))), 403)
        refusal(_set(caller, name, "x", "revocation", True), 403)
    refusal(caller.post("/credentials/issue", json={"credential": {}}), 403)


@pytest.mark.parametrize(
    ("client", "base"),
    [(("127.9.9.9", 1), "http://127.0.0.1:8000"), (("::1", 1), "http://[::1]:8000"), (("::ffff:127.0.0.1", 1), LOCAL)],
)
def test_this_machine_by_its_other_names(site: Site, client: Any, base: str) -> None:
    caller = Client(site.app, base_url=base, client=client)
    assert ask(caller, "eddsa-rdfc-2022", second_model(did(site, "eddsa-rdfc-2022"))).status_code == 201


def test_another_sites_page_cannot_have_things_signed(site: Site, suite: Client) -> None:
    body = {"credential": second_model(did(site, "eddsa-rdfc-2022"))}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refusal(suite.post("/credentials/issue", json=body, headers=headers), 403)


def test_without_the_setting_there_are_no_conformance_instances(tmp_path: Path) -> None:
    site = Site(tmp_path, public_url=LOCAL)
    caller = Client(site.app, base_url=LOCAL, client=HERE)
    for name in CONFORMANCE:
        assert instances.instance(site.desk, name) is None
        refusal(ask(caller, name, {}), 404)
    refusal(caller.post("/credentials/issue", json={"credential": {}}), 401)
    refusal(ask(caller, "nobody", {}), 404)
    site.close()


# -- organisations --------------------------------------------------------------------------------------------------


class District:
    """Two organisations with keys, on a database of a kind."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.site = Site(folder, database_url=databases.made(kind, folder))
        self.orgs = {slug: self._with_keys(slug) for slug in ("prairie", "ridge")}

    def _with_keys(self, slug: str) -> Organization:
        org = self.site.organization(slug)
        with self.site.desk.database.writing() as session:
            make_keys(session, self.site.desk, org, actor="system", now=self.site.clock())
        return org

    def program(self, slug: str, *scopes: str) -> Client:
        return self.site.program(self.site.token(self.orgs[slug], *(scopes or ("credentials:issue",))))

    def badge(self, slug: str = "prairie", **changes: Any) -> dict[str, Any]:
        return v.badge(self.orgs[slug].did, **changes)

    def rows(self, table: Any) -> list[Any]:
        with self.site.desk.database.reading() as session:
            return list(session.exec(select(table)))


@pytest.fixture(params=databases.KINDS)
def district(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[District]:
    made = District(tmp_path, request.param)
    yield made
    made.site.close()


def test_an_organization_issues_with_its_token(district: District) -> None:
    program = district.program("prairie")
    answer = program.post("/credentials/issue", json={"credential": district.badge()})
    assert answer.status_code == 201, answer.text
    signed = json_of(answer)["verifiableCredential"]
    assert _verdict(district.site, signed) == "valid"
    again = ask(program, "prairie", district.badge())
    assert (again.status_code, again.content) == (201, answer.content)
    changed = refusal(ask(program, "prairie", district.badge(name="Reading Alone")), 409)
    assert "id" in changed["detail"]
    kept = district.rows(IssuedCredential)
    assert [(row.instance, row.credential_id) for row in kept] == [("prairie", district.badge()["id"])]
    assert jsontext.parse(kept[0].body) == signed
    entries = [row for row in district.rows(AuditEntry) if row.action == "credential.issued"]
    assert [(row.org_id, row.target) for row in entries] == [(district.orgs["prairie"].id, f"credential:{kept[0].id}")]
    assert entries[0].actor.startswith("token:")
    assert v.RECIPIENT not in str(entries[0].detail)


def test_an_organization_revokes_what_its_program_issued(district: District) -> None:
    program, other = district.program("prairie"), district.program("ridge")
    name = district.badge()["id"]
    signed = issued(program, "prairie", district.badge())
    theirs = issued(other, "ridge", district.badge("ridge"))  # of the same id: another issuer's, so another credential
    assert _set(program, None, name, "suspension", True).status_code == 200
    assert (_verdict(district.site, signed), _verdict(district.site, theirs)) == ("invalid", "valid")
    assert _set(program, "prairie", name, "suspension", False).status_code == 200
    assert _verdict(district.site, signed) == "valid"
    assert _set(other, "ridge", name, "revocation", True).status_code == 200
    assert (_verdict(district.site, signed), _verdict(district.site, theirs)) == ("valid", "invalid")
    changes = [(row.actor[:6], row.detail) for row in district.rows(AuditEntry) if row.action == "credential.status"]
    assert [detail["purpose"] for _, detail in changes] == ["suspension", "suspension", "revocation"]


def test_nobody_signs_in_an_organizations_name_but_its_programs(district: District) -> None:
    program = district.program("prairie")
    sent = district.badge()
    refusal(ask(district.site.program(), "prairie", sent), 401)
    refusal(ask(district.site.program("wrong"), "prairie", sent), 401)
    refusal(ask(district.program("prairie", "awards:write", "catalog:read"), "prairie", sent), 403)
    refusal(ask(district.program("ridge"), "prairie", sent), 403)
    refusal(ask(program, "ridge", sent), 403)
    refusal(ask(program, "nobody", sent), 403)
    refusal(ask(program, "prairie", district.badge("ridge")))
    refusal(ask(program, "prairie", v.badge()))
    administrator = district.site.browser(district.site.person("Ada Quill", {"prairie": ["administrator"]}))
    headers = {"X-CSRF-Token": administrator.csrf or ""}
    path = "/issuers/prairie/credentials/issue"
    refusal(administrator.post(path, json={"credential": sent}, headers=headers), 401)
    refusal(administrator.post(path, json={"credential": sent}), 403)
    for name in ("prairie", "ridge"):
        refusal(_set(district.site.program(), name, "x", "revocation", True), 401)
    assert district.rows(IssuedCredential) == []
    assert district.rows(StatusPlace) == []


@pytest.mark.parametrize(
    "id",
    [
        "https://badges.example/c/abc",
        " HTTPS://badges.example/%63/abc",
        "https://badges.example:443/c/abc",
        "https://badges.example./c/abc",
        "http://badges.example/c/abc",
        "https://x@badges.example//c/abc",
        "https://badges.example/status/abc",
    ],
)
def test_what_is_published_here_is_not_issued(tmp_path: Path, id: str) -> None:
    district = District(tmp_path, "sqlite")
    problem = refusal(ask(district.program("prairie"), "prairie", district.badge(id=id)))
    assert "/id" in problem["pointer"]
    district.site.close()


def test_a_program_gets_no_status_list_and_nobody_elses_place(tmp_path: Path) -> None:
    district = District(tmp_path, "sqlite")
    program = district.program("prairie")
    forged = jsontext.parse_object(v.status_list(7, url="https://lists.example/1"))
    forged.pop("proof")
    forged["issuer"] = district.orgs["prairie"].did
    assert "status list" in refusal(ask(program, "prairie", forged))["detail"]
    entry = v.status_entry(7, statusListCredential="https://badges.example/status/abc")
    borrowed = refusal(ask(program, "prairie", district.badge(credentialStatus=entry)))
    assert borrowed["pointer"] == "/credential/credentialStatus"
    assert district.rows(IssuedCredential) == []
    district.site.close()


def test_what_a_lost_key_signed_is_signed_anew_when_it_is_asked_for(district: District) -> None:
    org, desk = district.orgs["prairie"], district.site.desk
    program = district.program("prairie")
    first = json_of(ask(program, "prairie", district.badge()))["verifiableCredential"]
    district.site.clock.forward(hours=1)
    (new,) = keys.prepare_keys(desk, org.did, "prairie", purposes=("embedded",), org_id=org.id)
    with desk.database.writing() as session:
        lost = keys.signing_key(session, org.did, "embedded", district.site.clock())
        assert lost is not None
        revocation = keys.Revocation(lost.created, "stolen", new, True)
        keys.revoke(session, session.get_one(IssuerKey, lost.id), revocation, actor="system", now=district.site.clock())
    refusal(ask(program, "prairie", district.badge(name="Reading Alone")), 409)
    again = json_of(ask(program, "prairie", district.badge()))["verifiableCredential"]
    (before,), (after,) = first["proof"], again["proof"]
    assert before["verificationMethod"] == lost.verification_method
    assert after["verificationMethod"] == new.verification_method
    assert again["credentialStatus"] == first["credentialStatus"]
    assert ask(program, "prairie", district.badge()).content == ask(program, "prairie", district.badge()).content
    assert len(district.rows(IssuedCredential)) == 1


def test_an_organization_that_cannot_sign(tmp_path: Path) -> None:
    district = District(tmp_path, "sqlite")
    bare = district.site.organization("meadow")
    program = district.site.program(district.site.token(bare, "credentials:issue"))
    assert "key" in refusal(ask(program, "meadow", v.badge(bare.did)), 409)["detail"]
    closed = district.site.organization("closed", closed=district.site.clock())
    program = district.site.program(district.site.token(closed, "credentials:issue"))
    refusal(ask(program, "closed", v.badge(closed.did)), 403)
    assert instances.instance(district.site.desk, "closed") is None
    district.site.close()
