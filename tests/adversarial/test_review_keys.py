"""Keys that are not the issuer's, documents that are not key documents, and input made to keep a verifier busy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from badgeport.keys import cid
from badgeport.keys.types import KeyType
from badgeport.proofs import jws
from badgeport.proofs.canonicalization import work
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier import keys
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import Fetched
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import verifying as v

MALLORY = "mallory"
HOST = "https://district.example"
KEY_SET = f"{HOST}/.well-known/jwks.json"
WEB = "did:web:lakeside.example"
WEB_DOCUMENT = "https://lakeside.example/.well-known/did.json"


def jwt_of(issuer: str, by: Any, **header: Any) -> bytes:
    body = v.badge(issuer)
    stated = {"iss": issuer, "jti": body["id"], "sub": v.RECIPIENT, "nbf": 1775034000, "exp": 1932800400}
    return jws.sign({"typ": "JWT", **header}, {**body, **stated}, by).encode()


def jwk(name: str, **members: Any) -> dict[str, Any]:
    return {**v.signer(name).public_key.to_jwk(), **members}


def key_set(*published: dict[str, Any]) -> dict[str, Any]:
    return {"keys": list(published)}


# -- whose key ------------------------------------------------------------------------------------------------------

UPLOAD = f"{HOST}/uploads/evidence/7.json"


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({}, Verdict.UNDETERMINED),
        ({HOST: {"id": HOST, "type": "Profile", "name": "District"}}, Verdict.UNDETERMINED),
        ({KEY_SET: key_set(jwk("district", kid="k1", iss=HOST))}, Verdict.INVALID),
        ({KEY_SET: key_set(jwk("district", kid="k1"))}, Verdict.INVALID),
        ({KEY_SET: key_set(jwk("district", kid="k1", iss=f"{HOST}/sso"))}, Verdict.UNDETERMINED),
        ({KEY_SET: key_set(jwk(MALLORY, kid="k1", iss=f"{HOST}/uploads"))}, Verdict.INVALID),
    ],
)
@pytest.mark.parametrize("issuer", [HOST, f"{HOST}/"])
def test_a_jwk_uploaded_to_the_issuers_site_is_not_the_issuers(
    known: dict[str, dict[str, Any]], verdict: Verdict, issuer: str
) -> None:
    if issuer != HOST:
        known = jsontext.parse_object(jsontext.dump(known).replace(f'"{HOST}"'.encode(), f'"{issuer}"'.encode()))
    for published in (jwk(MALLORY), jwk(MALLORY, iss=issuer)):
        report = v.inspect(jwt_of(issuer, v.signer(MALLORY), kid=UPLOAD), {UPLOAD: published, **known})
        assert report.verdict is verdict, report.to_text()


def test_a_key_at_an_address_is_the_issuers_where_the_issuer_lists_it() -> None:
    address, by = f"{HOST}/keys/1", v.signer("district")
    data = jwt_of(HOST, by, kid=address)
    listed = {
        "id": HOST,
        "verificationMethod": [cid.method_entry(f"{HOST}#1", HOST, by.public_key)],
        "assertionMethod": ["#1"],
    }
    assert v.inspect(data, {address: jwk("district"), HOST: listed}).verdict is Verdict.VALID
    for members in ({}, {"iss": HOST}):
        published = {address: jwk("district"), KEY_SET: key_set(jwk("district", **members))}
        assert v.inspect(data, published).verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("issuer", "members", "valid"),
    [
        (HOST, {}, True),
        (f"{HOST}/", {}, True),
        (f"{HOST}/issuers/victim", {}, False),
        (f"{HOST}/?issuer=victim", {}, False),
        (f"{HOST}/issuers/victim", {"iss": f"{HOST}/issuers/victim"}, True),
        (f"{HOST}/issuers/victim", {"iss": HOST}, False),
        (f"{HOST}/issuers/victim", {"iss": None}, False),
        (HOST, {"iss": ""}, False),
        (HOST, {"iss": f"{HOST}/"}, False),
    ],
)
def test_a_tenants_key_in_the_hosts_key_set_is_not_every_tenants(
    issuer: str, members: dict[str, Any], valid: bool
) -> None:
    known = {KEY_SET: key_set(jwk(MALLORY, kid="k1", **members))}
    for header in ({"kid": "k1"}, {"jwk": jwk(MALLORY)}):
        assert v.inspect(jwt_of(issuer, v.signer(MALLORY), **header), known).valid is valid


@pytest.mark.parametrize("issuer", [WEB, f"{WEB}:tenants:a"])
@pytest.mark.parametrize("answer", [None, b"<html>busy</html>", b"{}"])
def test_a_key_set_does_not_stand_in_for_the_document_of_a_did(issuer: str, answer: bytes | None) -> None:
    known: dict[str, Any] = {
        "https://lakeside.example/.well-known/jwks.json": key_set(jwk(MALLORY, kid="k1", iss=issuer))
    }
    if answer is not None:
        known[WEB_DOCUMENT] = known["https://lakeside.example/tenants/a/did.json"] = answer
    for header in ({"kid": "k1"}, {"jwk": jwk(MALLORY)}, {"kid": f"{issuer}#k1"}):
        report = v.inspect(jwt_of(issuer, v.signer(MALLORY), **header), known)
        assert report.verdict is Verdict.UNDETERMINED, report.to_text()


def test_keys_embedded_under_a_purpose_alone_outrank_a_key_set() -> None:
    by = v.signer("district")
    profile = {"id": HOST, "assertionMethod": [cid.method_entry(f"{HOST}#1", HOST, by.public_key)]}
    known = {HOST: profile, KEY_SET: key_set(jwk(MALLORY, kid="k1"))}
    assert v.inspect(jwt_of(HOST, v.signer(MALLORY), kid="k1", jwk=jwk(MALLORY)), known).verdict is Verdict.INVALID
    assert v.inspect(jwt_of(HOST, by, jwk=jwk("district")), known).verdict is Verdict.VALID


# -- what is no key document ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [b"", b"<html>503</html>", b"[]", b'"busy"', b'{"error":"not found"}', b'{"id":7}'])
def test_an_error_page_says_nothing_about_a_genuine_badge(answer: bytes) -> None:
    by = v.web_signer()
    report = v.inspect(v.sign(v.badge(WEB), by), {WEB_DOCUMENT: answer})
    assert report.verdict is Verdict.UNDETERMINED, report.to_text()
    assert report.check("key-document").outcome is Outcome.UNKNOWN
    issuer = f"{HOST}/issuer"
    for url in (issuer, f"{issuer}/keys/1", KEY_SET):
        assert v.inspect(jwt_of(issuer, by, kid=f"{issuer}/keys/1"), {url: answer}).verdict is Verdict.UNDETERMINED


def test_a_document_of_someone_else_or_without_the_key_still_speaks() -> None:
    data = v.sign(v.badge(WEB), v.web_signer())
    other = v.key_document(v.web_signer("did:web:other.example"))
    assert v.inspect(data, {WEB_DOCUMENT: other}).verdict is Verdict.INVALID
    assert v.inspect(data, {WEB_DOCUMENT: {"id": WEB}}).verdict is Verdict.INVALID


def entry(**changes: Any) -> dict[str, Any]:
    by = v.web_signer()
    return {**cid.method_entry(by.verification_method, WEB, by.public_key), **changes}


def other_entry(**changes: Any) -> dict[str, Any]:
    return entry(publicKeyMultibase=v.signer(MALLORY).public_key.to_multikey(), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationMethod": [entry(), entry()]},
        {"verificationMethod": [entry(), entry(id="#key-1")]},
        {"authentication": None},
        {"keyAgreement": 7, "capabilityInvocation": [None, 5, {}]},
        {"verificationMethod": [f"{WEB}#elsewhere", entry()]},
        {"assertionMethod": [entry(**{"@context": "https://w3id.org/security/multikey/v1"})]},
        {"verificationMethod": [entry(), entry(id="#2"), other_entry(id="#2")]},
    ],
)
def test_what_is_odd_in_a_key_document_beside_the_key_does_no_harm(changes: dict[str, Any]) -> None:
    document = {**v.key_document(v.web_signer()), **changes}
    report = v.inspect(v.sign(v.badge(WEB), v.web_signer()), {WEB_DOCUMENT: document})
    assert report.verdict is Verdict.VALID, report.to_text()


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationMethod": [entry(), other_entry()]},
        {"verificationMethod": [other_entry(), entry()]},
        {"verificationMethod": [entry(), entry(revoked="2026-01-01T00:00:00Z")]},
        {"authentication": [other_entry()]},
        {"keyAgreement": [{"secretKeyMultibase": "z1"}]},
        {"keyAgreement": {"id": "#9", "publicKeyJwk": {"d": "AA"}}},
    ],
)
def test_two_keys_under_one_id_and_private_keys_are_refused(changes: dict[str, Any]) -> None:
    document = {**v.key_document(v.web_signer()), **changes}
    report = v.inspect(v.sign(v.badge(WEB), v.web_signer()), {WEB_DOCUMENT: document})
    assert report.verdict is Verdict.INVALID, report.to_text()


# -- a directory of documents ---------------------------------------------------------------------------------------


def write(path: Path, **files: Any) -> DocumentDirectory:
    for name, body in files.items():
        (path / f"{name}.json").write_bytes(body if isinstance(body, bytes) else jsontext.dump(body))
    return DocumentDirectory(path)


def test_a_credential_is_not_filed_as_a_key_document(tmp_path: Path) -> None:
    genuine, mallory = v.key_document(v.web_signer()), v.signer(MALLORY)
    named = v.sign({**v.badge(mallory.controller, id=WEB)}, mallory)
    addressed = v.sign({**v.badge(mallory.controller, id=WEB_DOCUMENT)}, mallory)
    token = jws.sign({"typ": "JWT"}, {**genuine, "jti": WEB}, mallory).encode()
    (tmp_path / "ab.jwt").write_bytes(token)
    directory = write(tmp_path, aa=named, bb=addressed, zz=genuine)
    assert set(directory.urls) == {WEB, WEB_DOCUMENT}
    assert directory.fetch(WEB_DOCUMENT, "controller").body == jsontext.dump(genuine)
    assert {problem.detail.partition(":")[0] for problem in directory.problems} == {"aa.json", "ab.jwt", "bb.json"}
    report = Verifier(fetcher=directory).inspect(v.sign(v.badge(WEB), v.web_signer()), now=v.NOW)
    assert report.verdict is Verdict.VALID


def test_of_two_files_for_one_url_neither_is_used(tmp_path: Path) -> None:
    forged = {**v.key_document(v.web_signer()), "verificationMethod": [other_entry()]}
    directory = write(tmp_path, aa=forged, zz=v.key_document(v.web_signer()))
    assert directory.urls == ()
    assert {problem.detail.partition(":")[0] for problem in directory.problems} == {"aa.json", "zz.json"}
    data = v.sign(v.badge(WEB), v.web_signer())
    assert Verifier(fetcher=directory).inspect(data, now=v.NOW).verdict is Verdict.UNDETERMINED
    named = write(tmp_path, index={WEB_DOCUMENT: "zz.json"})
    assert Verifier(fetcher=named).inspect(data, now=v.NOW).verdict is Verdict.VALID
    assert any(problem.detail.startswith("aa.json") for problem in named.problems)


def test_two_copies_of_one_file_are_one_document(tmp_path: Path) -> None:
    document = v.key_document(v.web_signer())
    directory = write(tmp_path, aa=document, zz=document)
    assert (set(directory.urls), directory.problems) == ({WEB, WEB_DOCUMENT}, ())


# -- the ends of the calendar ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["created", "expires", "revoked"])
@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_key_with_a_date_at_the_end_of_the_calendar(member: str, instant: str) -> None:
    document = {**v.key_document(v.web_signer()), "verificationMethod": [entry(**{member: instant})]}
    for format in ("eddsa-rdfc-2022", "vc-jwt"):
        report = v.inspect(v.sign(v.badge(WEB), v.web_signer(), format), {WEB_DOCUMENT: document})
        assert not any(code.endswith("INTERNAL_ERROR") for code in report.codes)
        early = instant.startswith("0001")
        assert report.valid is ((member == "created") is early or (format == "vc-jwt" and member == "created"))


@pytest.mark.parametrize(
    "instant",
    [
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
    ],
)
@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "vc-jwt", "vc+sd-jwt"])
def test_judging_at_the_end_of_the_calendar(instant: datetime, format: str) -> None:
    data = v.sign(v.badge(validUntil=None, credentialStatus=v.status_entry()), format=format)
    known = {v.LIST: Fetched(v.LIST, v.status_list(), None, v.NOW)}
    for question in ({"now": instant}, {"now": v.NOW, "as_of": instant}):
        report = v.inspect(data, known, **question)
        assert not any(code.endswith("INTERNAL_ERROR") for code in report.codes), report.to_text()
        assert report.verdict is not Verdict.VALID
    forever = v.sign(v.badge(validUntil=None), format=format)
    assert v.inspect(forever, now=instant).valid is (instant.year == 9999)


# -- keeping a verifier busy ----------------------------------------------------------------------------------------


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[Any]:
    """The arguments of every call of a function from here on."""
    calls: list[Any] = []
    original: Callable[..., Any] = getattr(module, name)

    def counting(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, counting)
    return calls


def in_a_presentation(*members: Any) -> bytes:
    holder = v.signer("holder")
    return v.sign(v.presentation(holder.controller, *members), holder, "eddsa-jcs-2022", purpose="authentication")


def enveloped(token: bytes) -> dict[str, Any]:
    return {
        "@context": v.CREDENTIALS_V2,
        "id": "data:application/vc+jwt," + token.decode(),
        "type": "EnvelopedVerifiableCredential",
    }


def test_a_key_document_with_many_methods_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    methods = [entry(id=f"#{index}") for index in range(DEFAULT_LIMITS.verification_methods)]
    document = {"id": WEB, "verificationMethod": methods, "assertionMethod": [each["id"] for each in methods]}
    checked = counted(monkeypatch, cid, "_refuse_private_members")
    decoded = counted(monkeypatch, cid, "_read_method")
    tokens = [jwt_of(WEB, v.web_signer(), kid=f"nope-{index}") for index in range(3)]
    for data in (tokens[0], in_a_presentation(*map(enveloped, tokens))):
        checked.clear()
        decoded.clear()
        assert not v.inspect(data, {WEB_DOCUMENT: document}).valid
        assert sum(arguments[0].get("controller") == WEB for arguments in checked) == len(methods)
        assert sum(arguments[1] == WEB for arguments in decoded) == len(methods)


def test_a_key_document_with_too_many_methods_decides_nothing() -> None:
    methods = [entry(id=f"#{index}") for index in range(DEFAULT_LIMITS.verification_methods)]
    document = {"id": WEB, "verificationMethod": [*methods, entry()], "assertionMethod": ["#key-1"]}
    for format in ("eddsa-rdfc-2022", "vc-jwt"):
        report = v.inspect(v.sign(v.badge(WEB), v.web_signer(), format), {WEB_DOCUMENT: document})
        assert report.verdict is Verdict.UNDETERMINED, report.to_text()


def test_a_key_set_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    published = key_set(*(jwk(MALLORY, kid=str(index)) for index in range(50)))
    read = counted(monkeypatch, keys, "public_from_jwk")
    tokens = [jwt_of(HOST, v.signer(MALLORY), kid=f"nope-{index}") for index in range(5)]
    v.inspect(in_a_presentation(*map(enveloped, tokens)), {KEY_SET: published})
    assert len(read) == 50


def bogus_proofs(number: int, suite: str = "eddsa-rdfc-2022", by: Any = None, **members: Any) -> list[dict[str, Any]]:
    by = by or v.signer()
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": "2026-04-01T09:00:00Z",
        "verificationMethod": by.verification_method,
        "proofPurpose": "assertionMethod",
        "proofValue": "z" + "1" * 64,
    }
    return [{**proof, **members} for _ in range(number)]


def with_evidence(number: int, **changes: Any) -> dict[str, Any]:
    evidence = [{"id": f"urn:example:{index}", "type": ["Evidence"], "name": str(index)} for index in range(number)]
    return v.badge(evidence=evidence, **changes)


def documents_of(calls: list[Any]) -> int:
    return sum("credentialSubject" in arguments[0] for arguments in calls)


def test_many_bogus_proofs_canonicalize_a_document_once_for_each_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch, work, "dataset")
    report = v.inspect(jsontext.dump(with_evidence(20, proof=bogus_proofs(DEFAULT_LIMITS.proofs))))
    assert report.verdict is Verdict.INVALID
    assert documents_of(made) == 2
    made.clear()
    body = with_evidence(20, proof=bogus_proofs(8))
    v.inspect(in_a_presentation(*(enveloped(jwt_of_body(body)) for _ in range(5))))
    assert documents_of(made) <= 3


def jwt_of_body(body: dict[str, Any]) -> bytes:
    return jws.sign({"typ": "vc+jwt", "kid": v.signer().verification_method}, body, v.signer()).encode()


def test_many_bogus_proofs_over_json_hash_a_document_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch, work, "certain")
    v.inspect(jsontext.dump(with_evidence(20, proof=bogus_proofs(DEFAULT_LIMITS.proofs, "eddsa-jcs-2022"))))
    assert documents_of(made) == 1


def test_many_bogus_derived_proofs_canonicalize_a_document_once(monkeypatch: pytest.MonkeyPatch) -> None:
    by = v.signer("p256", KeyType.P256)
    body = v.parsed(v.sign(v.badge(by.controller, credentialStatus=v.status_entry()), by, "ecdsa-sd-2023"))
    from badgeport.proofs.suites import ecdsa_sd
    from badgeport.schemas import contexts

    shown = ecdsa_sd.derive(body, ["/name", "/credentialSubject"], contexts=contexts.store())
    listed = {v.LIST: v.sign(v.unsigned_status_list(by=by), by, "ecdsa-rdfc-2019")}
    assert v.inspect(jsontext.dump(shown), listed).valid
    shown["name"] = "Another"
    shown["proof"] = [shown["proof"]] * DEFAULT_LIMITS.proofs
    made = counted(monkeypatch, work, "dataset")
    assert v.inspect(jsontext.dump(shown)).verdict is Verdict.INVALID
    assert documents_of(made) == 2


def inspect_within(data: bytes, limits: Limits) -> VerificationReport:
    return Verifier(fetcher=ReplayResolver({}), limits=limits).inspect(data, now=v.NOW)


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt"])
def test_the_work_of_a_whole_input_is_bounded_and_beyond_it_nothing_is_decided(format: str) -> None:
    signed = [
        v.sign(with_evidence(20, id=f"urn:uuid:6f2c1b7e-93d1-4d6a-9f34-00000000000{index}"), format=format)
        for index in range(6)
    ]
    members = [enveloped(each) if format == "vc+jwt" else v.parsed(each) for each in signed]
    for member in members[:1]:
        data = jsontext.dump(member)
        assert inspect_within(data, Limits(proof_steps=2_000)).valid
        assert inspect_within(data, Limits(proof_steps=50)).verdict is Verdict.UNDETERMINED
    data = v.sign(v.clr(*members), format="eddsa-jcs-2022")
    assert inspect_within(data, Limits(proof_steps=20_000)).valid
    report = inspect_within(data, Limits(proof_steps=600))
    assert report.verdict is Verdict.UNDETERMINED, report.to_text()
    assert {member.verdict for member in report.members} == {Verdict.VALID, Verdict.UNDETERMINED}


def test_telling_unnamed_objects_apart_draws_from_the_same_allowance() -> None:
    alike = [{"type": ["Evidence"], "name": "x"} for _ in range(5)]
    spent: list[int] = []
    body = v.badge(evidence=alike)

    def left_after(document: dict[str, Any]) -> int:
        from badgeport.schemas import contexts

        allowance = work.Work()
        allowance.canonical(document, "sha256", contexts.store())
        spent.append(DEFAULT_LIMITS.proof_steps - allowance._left)
        return spent[-1]

    named = v.badge(evidence=[{**each, "name": str(index)} for index, each in enumerate(alike)])
    assert left_after(body) > left_after(named)
