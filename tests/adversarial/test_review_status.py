"""What tries to pass a revoked badge, to revoke a sound one, or to make the look-up of a status costly."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.issuer.release import release
from badgeport.keys.custody import file as key_file
from badgeport.keys.custody.local import generate
from badgeport.keys.types import KeyType
from badgeport.proofs import jws, sd_disclosures, sd_jwt
from badgeport.proofs.canonicalization import canonicalize
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import bitstring, carrier, contexts, jsontext
from badgeport.schemas.identity import hash_identity
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import (
    KEY_CUSTODY_ERROR,
    PROOF_GENERATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
    STATUS_OUTDATED,
    ProblemError,
)
from badgeport.verifier import status
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched
from support import verifying as v

EXTENDED = [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]


def with_status(*entries: dict[str, Any], **options: Any) -> bytes:
    return v.sign(v.badge(credentialStatus=list(entries) if len(entries) > 1 else entries[0]), **options)


# -- selective disclosure -------------------------------------------------------------------------------------------


def sd_badge(body: dict[str, Any], *pointers: str, decoys: int = 0) -> str:
    """A vc+sd-jwt by a careless issuer, who lets the holder hide what `sd_jwt.issue_sd_jwt` refuses to."""
    random = iter(bytes([number]) * 32 for number in itertools.count(1))
    paths = frozenset(tuple(pointer.split("/")[1:]) for pointer in pointers)
    payload, disclosures = sd_disclosures.pack(body, paths, decoys=decoys, random=lambda size: next(random)[:size])
    header = {"typ": "vc+sd-jwt", "kid": v.signer().verification_method}
    payload |= {"iss": body["issuer"]["id"], "_sd_alg": "sha-256"}
    return "~".join([jws.sign(header, payload, v.signer()), *disclosures, ""])


def judged(text: str, documents: dict[str, Any] | None = None, **options: Any) -> VerificationReport:
    return v.inspect(text.encode(), documents, **options)


def test_a_status_entry_cannot_be_withheld() -> None:
    entries = [v.status_entry(), v.status_entry(9)]
    body = v.badge(credentialStatus=entries)
    revoked = {v.LIST: v.status_list(7)}
    assert judged(sd_badge(body), revoked).verdict is Verdict.INVALID
    full = sd_badge(body, "/credentialStatus/0")
    hidden = judged(sd_jwt.present(full, []), revoked)
    assert hidden.check("selective-disclosure").outcome is Outcome.FAILED
    assert hidden.verdict is Verdict.INVALID
    emptied = sd_jwt.present(sd_badge(body, "/credentialStatus/0", "/credentialStatus/1"), [])
    assert judged(emptied, revoked).verdict is Verdict.INVALID


@pytest.mark.parametrize(
    "pointer",
    ["/validUntil", "/credentialStatus", "/credentialStatus/statusListIndex", "/issuer/name", "/type/1", "/@context/1"],
)
@pytest.mark.parametrize("shown", [True, False])
def test_what_every_verifier_needs_cannot_be_at_the_holders_choice(pointer: str, shown: bool) -> None:
    text = sd_badge(v.badge(credentialStatus=v.status_entry()), pointer)
    report = judged(text if shown else sd_jwt.present(text, []), {v.LIST: v.status_list()})
    assert report.verdict is not Verdict.VALID
    if shown or pointer.count("/") > 1:
        assert report.check("selective-disclosure").outcome is Outcome.FAILED


def test_a_member_that_the_envelope_covers_cannot_withhold_its_status() -> None:
    member = v.badge(credentialStatus=[v.status_entry(), v.status_entry(9)])
    envelope = v.clr(member, credentialStatus=v.status_entry(11), validUntil="2031-04-01T09:00:00Z")
    pointer = "/credentialSubject/verifiableCredential/0/credentialStatus/0"
    report = judged(sd_jwt.present(sd_badge(envelope, pointer), []), {v.LIST: v.status_list(7)})
    assert report.check("selective-disclosure").outcome is Outcome.FAILED


def test_something_withheld_beside_no_status_leaves_it_open() -> None:
    """A digest tells nothing of the member it stands for: it may be the status of a revoked badge."""
    listed = {v.LIST: v.status_list()}
    for absent in ("credentialStatus", "validUntil"):
        body = v.badge(**{"credentialStatus": v.status_entry(), "name": "Reading Together", absent: None})
        report = judged(sd_jwt.present(sd_badge(body, "/name"), []), listed)
        assert report.check("selective-disclosure").outcome is Outcome.UNKNOWN
        assert report.verdict is Verdict.UNDETERMINED
    both = v.badge(credentialStatus=v.status_entry())
    assert judged(sd_jwt.present(sd_badge(both, "/name"), []), listed).verdict is Verdict.VALID
    personal = v.badge(credentialSubject={**v.badge()["credentialSubject"], "narrative": "Week 3."})
    assert judged(sd_jwt.present(sd_badge(personal, "/credentialSubject/narrative"), [])).verdict is Verdict.VALID


def test_what_is_minted_here_can_be_shown_without_its_evidence() -> None:
    evidence = [{"id": "https://lakeside.example/e/1", "type": ["Evidence"], "name": "Tickets"}]
    for changes in ({}, {"validUntil": None}, {"credentialStatus": v.status_entry()}):
        body = v.badge(evidence=evidence, **changes)
        minted = release(body, v.signer(), "vc+sd-jwt", now=v.ISSUED)
        for shown in (["/evidence"], []):
            report = judged(sd_jwt.present(minted.bytes.decode(), shown), {v.LIST: v.status_list()})
            assert report.verdict is Verdict.VALID, v.outcomes(report)


def test_what_a_verifier_could_not_judge_is_not_minted() -> None:
    body = v.badge(evidence=[{"id": "https://lakeside.example/e/1", "type": ["Evidence"], "name": "Tickets"}])
    with pytest.raises(ProblemError) as caught:
        release(body, v.signer(), "vc+sd-jwt", now=v.ISSUED, disclosable=["/evidence"])
    assert caught.value.problem.type is PROOF_GENERATION_ERROR
    assert caught.value.problem.pointer == "/evidence"


# -- 1EdTech revocation lists ---------------------------------------------------------------------------------------


def on_revocation_list() -> bytes:
    entry = {"id": v.REVOCATION_LIST, "type": "1EdTechRevocationList"}
    return v.sign(v.badge(**{"@context": EXTENDED}, credentialStatus=entry))


IDENTIFIER = v.badge()["id"]
OWNER = v.signer().controller


@pytest.mark.parametrize(
    "listed",
    [
        {},
        {"error": "not now"},
        {"id": v.REVOCATION_LIST, "issuer": OWNER},
        {"id": v.REVOCATION_LIST, "issuer": OWNER, "revokedAssertions": [IDENTIFIER]},
        {"id": v.REVOCATION_LIST, "issuer": OWNER, "revokedCredential": [{"credential": IDENTIFIER}]},
        {"id": v.REVOCATION_LIST, "issuer": OWNER, "revokedCredential": [7]},
        {"id": v.REVOCATION_LIST, "issuer": OWNER, "revokedCredential": [{"id": IDENTIFIER, "revoked": "yes"}]},
        {"id": v.REVOCATION_LIST, "issuer": OWNER, "revokedCredential": None},
        {"id": v.REVOCATION_LIST, "issuer": OWNER, "revokedCredential": [], "revokedCredentials": "none"},
        {"id": "https://lakeside.example/other", "issuer": OWNER, "revokedCredential": []},
        {"id": 7, "issuer": OWNER, "revokedCredential": []},
        {"id": v.REVOCATION_LIST, "issuer": {"name": "Lakeside"}, "revokedCredential": []},
    ],
)
def test_a_malformed_revocation_list_is_no_word_for_the_badge(listed: dict[str, Any]) -> None:
    report = v.inspect(on_revocation_list(), {v.REVOCATION_LIST: listed})
    assert report.check("revocation-list").outcome is Outcome.UNKNOWN
    assert report.verdict is Verdict.UNDETERMINED


def test_both_members_of_a_revocation_list_are_read() -> None:
    sound: dict[str, Any] = {"id": v.REVOCATION_LIST, "issuer": OWNER, "revokedCredential": []}
    assert v.inspect(on_revocation_list(), {v.REVOCATION_LIST: sound}).verdict is Verdict.VALID
    for named in ([IDENTIFIER], [{"id": IDENTIFIER}], [7, {"id": IDENTIFIER}]):
        report = v.inspect(on_revocation_list(), {v.REVOCATION_LIST: {**sound, "revokedCredentials": named}})
        assert report.verdict is Verdict.INVALID
        assert "REVOKED" in report.codes


def test_an_entry_of_two_types_is_looked_up_as_both() -> None:
    entry = v.status_entry(id=v.REVOCATION_LIST)
    entry["type"] = ["BitstringStatusListEntry", "1EdTechRevocationList"]
    data = v.sign(v.badge(**{"@context": EXTENDED}, credentialStatus=entry), format="eddsa-jcs-2022")
    clear, named = ({"id": v.REVOCATION_LIST, "revokedCredential": each} for each in ([], [IDENTIFIER]))
    assert v.inspect(data, {v.LIST: v.status_list(), v.REVOCATION_LIST: clear}).verdict is Verdict.VALID
    assert v.inspect(data, {v.LIST: v.status_list(), v.REVOCATION_LIST: named}).verdict is Verdict.INVALID
    assert v.inspect(data, {v.LIST: v.status_list(7), v.REVOCATION_LIST: clear}).verdict is Verdict.INVALID
    assert v.inspect(data, {v.LIST: v.status_list()}).verdict is Verdict.UNDETERMINED


# -- old lists ------------------------------------------------------------------------------------------------------


def undated_list(validFrom: str = "2026-04-30T00:00:00Z", **subject: Any) -> bytes:
    body = v.unsigned_status_list(validFrom=validFrom, validUntil=None)
    body["credentialSubject"] |= subject
    return v.sign(body, created=datetime.fromisoformat(validFrom.replace("Z", "+00:00")))


def test_a_copy_without_an_end_speaks_as_long_as_it_is_fresh() -> None:
    data = with_status(v.status_entry())

    def verdict(age: timedelta, body: bytes, **options: Any) -> Verdict:
        return v.inspect(data, {v.LIST: Fetched(v.LIST, body, fetched_at=v.NOW - age)}, **options).verdict

    listed = undated_list("2026-01-01T00:00:00Z")
    assert verdict(timedelta(days=29), listed) is Verdict.VALID
    assert verdict(timedelta(days=31), listed) is Verdict.UNDETERMINED
    assert verdict(timedelta(days=2), listed, policy=replace(DEFAULT, status_max_age_seconds=86_400)) is (
        Verdict.UNDETERMINED
    )
    lasting = undated_list("2026-01-01T00:00:00Z", ttl=40 * 86_400_000)
    assert verdict(timedelta(days=29), lasting) is Verdict.VALID
    assert verdict(timedelta(days=31), lasting) is Verdict.UNDETERMINED
    nonsense = undated_list("2026-01-01T00:00:00Z", ttl=-1)
    assert verdict(timedelta(days=31), nonsense) is Verdict.UNDETERMINED


def test_a_supplied_copy_that_is_old_is_told_to_be() -> None:
    data = with_status(v.status_entry())
    report = v.inspect(data, {v.LIST: undated_list("2022-04-30T00:00:00Z")})
    assert report.verdict is Verdict.VALID
    (warning,) = [each for each in report.warnings if each.type is STATUS_OUTDATED]
    assert "2022-04-30" in warning.detail
    assert STATUS_OUTDATED not in {each.type for each in v.inspect(data, {v.LIST: undated_list()}).warnings}


def test_an_old_revocation_list_is_no_word_for_the_badge() -> None:
    body = jsontext.dump({"id": v.REVOCATION_LIST, "revokedCredential": []})
    for days, verdict in ((29, Verdict.VALID), (31, Verdict.UNDETERMINED)):
        kept = Fetched(v.REVOCATION_LIST, body, fetched_at=v.NOW - timedelta(days=days))
        assert v.inspect(on_revocation_list(), {v.REVOCATION_LIST: kept}).verdict is verdict


def test_a_question_at_the_edge_of_time_has_an_answer() -> None:
    data = with_status(v.status_entry())
    kept = Fetched(v.LIST, undated_list(ttl=2**53 - 1), fetched_at=datetime.max.replace(tzinfo=v.NOW.tzinfo))
    for as_of in (v.NOW, v.NOW - timedelta(days=700_000)):
        assert "INTERNAL_ERROR" not in v.inspect(data, {v.LIST: kept}, as_of=as_of).codes


# -- lists that are not to be trusted -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        b"<html>502 Bad Gateway</html>",
        b"",
        b'{"error": "not now"}',
        b'{"issuer": "x", "error": "quota"}',
        b"[]",
        b"\x00\x01",
        v.sign(v.badge()),
    ],
)
def test_a_page_in_place_of_a_list_does_not_make_a_badge_invalid(page: bytes) -> None:
    report = v.inspect(with_status(v.status_entry()), {v.LIST: page})
    assert report.check("status-retrieval").outcome is Outcome.UNKNOWN
    assert report.verdict is Verdict.UNDETERMINED
    assert "REVOKED" not in report.codes


def test_a_list_that_cannot_be_trusted_neither_revokes_nor_clears() -> None:
    cleared = v.unsigned_status_list()["credentialSubject"]["encodedList"]
    nameless = v.unsigned_status_list()
    del nameless["id"]
    for listed in (
        v.spoiled(v.status_list(7), lambda each: each["credentialSubject"].update(encodedList=cleared)),
        jsontext.dump(v.unsigned_status_list()),
        jsontext.dump(v.unsigned_status_list(7)),
        v.status_list(by=v.signer("mallory")),
        v.status_list(7, by=v.signer("mallory")),
        v.status_list(url="https://lakeside.example/status/2"),
        v.sign(nameless),
    ):
        report = v.inspect(with_status(v.status_entry()), {v.LIST: listed})
        assert report.check("status-list").outcome is Outcome.UNKNOWN
        assert {problem.type.code for problem in report.check("status-list").problems} == {"STATUS_VERIFICATION_ERROR"}
        assert report.verdict is Verdict.UNDETERMINED


# -- the cost of a look-up ------------------------------------------------------------------------------------------


def test_a_list_is_expanded_once_however_many_entries_point_into_it(monkeypatch: pytest.MonkeyPatch) -> None:
    expanded = []
    original = bitstring._expand

    def counted(*arguments: Any) -> Any:
        expanded.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(bitstring, "_expand", counted)
    messages = [{"status": hex(number), "message": "none"} for number in range(4)]
    wide = v.status_entry(11, "message", statusSize=2, statusMessage=messages)
    entries = [*(v.status_entry(number) for number in range(8, 31)), wide]
    data = with_status(*entries, format="eddsa-jcs-2022")
    long = v.status_list(purpose=["revocation", "message"], size=2)
    expanded.clear()
    report = v.inspect(data, {v.LIST: long})
    assert report.verdict is Verdict.VALID, v.outcomes(report)
    assert len(expanded) == 1


def test_the_entries_of_a_whole_input_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []
    original = status._list_copy

    def counted(*arguments: Any) -> Any:
        looked_up.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(status, "_list_copy", counted)
    members = [
        v.badge(id=f"urn:uuid:6f2c1b7e-93d1-4d6a-9f34-{number:012d}", credentialStatus=[v.status_entry(7)] * 30)
        for number in range(3)
    ]
    data = v.sign(v.clr(*members), format="eddsa-jcs-2022")
    few = v.verifier({v.LIST: v.status_list()}, limits=replace(DEFAULT_LIMITS, status_entries=70))
    report = few.inspect(data, now=v.NOW)
    assert len(looked_up) == 70
    assert report.verdict is Verdict.UNDETERMINED


def test_what_all_lists_expand_to_is_bounded() -> None:
    urls = [f"https://lakeside.example/status/{number}" for number in range(3)]
    entries = [v.status_entry(statusListCredential=url) for url in urls]
    lists: dict[str, Any] = {url: v.status_list(url=url) for url in urls}
    small = replace(DEFAULT_LIMITS, status_bytes=bitstring.MINIMUM_ENTRIES // 8 + 1)
    report = v.verifier(lists, limits=small).inspect(with_status(*entries), now=v.NOW)
    assert report.verdict is Verdict.UNDETERMINED
    assert len(report.check("status").problems) == 1


# -- instants -------------------------------------------------------------------------------------------------------


def test_a_token_is_judged_at_the_instant_asked_about() -> None:
    """A vc+jwt whose nbf lies after the instant in question was not in force then, whatever validFrom says."""
    body = v.badge(validFrom="2019-01-01T00:00:00Z")
    payload = {**body, "iss": OWNER, "nbf": int(v.ISSUED.timestamp())}
    data = jws.sign({"typ": "vc+jwt", "kid": v.signer().verification_method}, payload, v.signer()).encode()
    assert v.inspect(data).verdict is Verdict.VALID
    assert v.inspect(data, as_of=v.NOW - timedelta(days=2_000)).verdict is Verdict.INVALID


def test_a_proof_made_later_than_the_instant_is_told() -> None:
    """An award entered late, or signed again, was in force by its dates; the reader learns when it was signed."""
    data = v.sign(v.badge(validFrom="2019-01-01T00:00:00Z"))
    at_signing = v.inspect(data, as_of=v.ISSUED)
    assert at_signing.verdict is Verdict.VALID
    assert "SIGNED_LATER" not in {problem.type.code for problem in at_signing.warnings}
    report = v.inspect(data, as_of=v.ISSUED - timedelta(days=1))
    assert report.verdict is Verdict.VALID
    assert "SIGNED_LATER" in {problem.type.code for problem in report.warnings}
    assert v.inspect(data, as_of=v.NOW - timedelta(days=4_000)).verdict is Verdict.INVALID
    future = v.sign(v.badge(), created=v.NOW + timedelta(days=2))
    assert v.inspect(future, as_of=v.NOW + timedelta(days=3)).verdict is Verdict.INVALID


@pytest.mark.parametrize("typ", ["JWT", "vc+jwt"])
def test_a_claim_in_whole_seconds_repeats_a_date_with_fractions(typ: str) -> None:
    body = v.badge(validFrom="2026-04-01T09:00:00.123Z", validUntil="2031-04-01T09:00:00.999Z")
    claims = {"iss": OWNER, "jti": body["id"], "sub": v.RECIPIENT, "nbf": 1775034000, "exp": 1932800400}
    header = {"alg": "EdDSA", "typ": typ, "kid": v.signer().verification_method}
    data = jws.sign(header, {**body, **claims}, v.signer()).encode()
    report = v.inspect(data)
    assert report.verdict is Verdict.VALID, v.outcomes(report)
    if typ == "JWT":
        for changed in ({"nbf": claims["nbf"] + 1}, {"exp": claims["exp"] + 1}):
            other = jws.sign(header, {**body, **claims, **changed}, v.signer()).encode()
            assert v.inspect(other).check("jwt-claims").outcome is Outcome.FAILED


# -- endorsements of the badge itself -------------------------------------------------------------------------------


def endorsed(**subject: Any) -> dict[str, Any]:
    peer = v.signer("peer")
    of_badge = v.endorsement(IDENTIFIER, peer)
    of_badge["credentialSubject"] |= subject
    return v.badge(endorsement=[v.parsed(v.sign(of_badge, peer))])


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "ecdsa-rdfc-2019", "vc-jwt", "eddsa-jcs-2022"])
def test_a_badge_may_carry_an_endorsement_of_itself(format: str) -> None:
    by = v.signer("p256", KeyType.P256) if format == "ecdsa-rdfc-2019" else v.signer()
    body = {**endorsed(), "issuer": {**v.badge()["issuer"], "id": by.controller}}
    report = v.inspect(release(body, by, format, now=v.ISSUED).bytes)
    assert report.verdict is Verdict.VALID, v.outcomes(report)
    assert report.check("endorsements").outcome is Outcome.PASSED


def test_an_endorsed_badge_can_be_shown_in_part() -> None:
    by = v.signer("p256", KeyType.P256)
    body = {**endorsed(), "issuer": {**v.badge()["issuer"], "id": by.controller}, "credentialStatus": v.status_entry()}
    base = v.parsed(release(body, by, "ecdsa-sd-2023", now=v.ISSUED).bytes)
    shown = ecdsa_sd.derive(base, ["/endorsement"], contexts=contexts.store())
    report = v.inspect(jsontext.dump(shown), {v.LIST: v.sign(v.unsigned_status_list(by=by), by, "ecdsa-rdfc-2019")})
    assert report.verdict is Verdict.VALID, v.outcomes(report)


@pytest.mark.parametrize(
    "member",
    [
        {"credentialStatus": v.status_entry()},
        {"validUntil": "2031-04-01T09:00:00Z"},
        {"issuer": "did:example:other"},
        {"type": ["EndorsementSubject", "OpenBadgeCredential"]},
        {"achievement": v.badge()["credentialSubject"]["achievement"]},
    ],
)
def test_nothing_of_a_badge_can_be_moved_into_its_endorsement(member: dict[str, Any]) -> None:
    """The statements would be the same ones, and nobody would look for a status there."""
    whole = v.badge(credentialStatus=v.status_entry(), endorsement=[v.endorsement(IDENTIFIER, v.signer("peer"))])
    canonicalize(whole, contexts=contexts.store())
    moved = v.changed(whole)
    for name in member:
        if name == "type":
            moved["type"] = ["VerifiableCredential"]
        else:
            moved.pop(name, None)
    subject = moved["endorsement"][0]["credentialSubject"]
    for comment in (subject.get("endorsementComment"), None):
        moved["endorsement"][0]["credentialSubject"] = {**subject, "endorsementComment": comment, **member}
        if comment is None:
            del moved["endorsement"][0]["credentialSubject"]["endorsementComment"]
        with pytest.raises(ProblemError):
            canonicalize(moved, contexts=contexts.store())


def test_a_type_moved_into_the_endorsement_is_told_from_the_whole() -> None:
    whole = v.badge(endorsement=[v.endorsement(IDENTIFIER, v.signer("peer"))])
    moved = v.changed(whole, type=["VerifiableCredential"])
    moved["endorsement"][0]["credentialSubject"]["type"] = ["EndorsementSubject", "OpenBadgeCredential"]
    with pytest.raises(ProblemError) as caught:
        canonicalize(moved, contexts=contexts.store())
    assert caught.value.problem.type is PROOF_VERIFICATION_ERROR


# -- who it was awarded to ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", ["ines@lakeside.example", "mailto:ines@lakeside.example"])
@pytest.mark.parametrize(
    "asked", ["ines@lakeside.example", "mailto:ines@lakeside.example", "MAILTO:Ines@lakeside.example"]
)
@pytest.mark.parametrize("hashed", [True, False])
def test_an_address_is_the_same_with_and_without_its_scheme(stated: str, asked: str, hashed: bool) -> None:
    identity = {
        "type": "IdentityObject",
        "hashed": hashed,
        "identityHash": hash_identity(stated, "seasalt") if hashed else stated,
        "identityType": "emailAddress",
        "salt": "seasalt",
    }
    subject = {**v.badge()["credentialSubject"], "identifier": [identity]}
    data = v.sign(v.badge(credentialSubject=subject), format="eddsa-jcs-2022")
    assert v.inspect(data, recipient=asked).verdict is Verdict.VALID
    assert v.inspect(data, recipient="mailto:other@lakeside.example").verdict is Verdict.INVALID


# -- images ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "image",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" ' + b" ".join(b'a%d="1"' % n for n in range(120_000)) + b"/>",
        b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<!--" * 1_100_000 + b"--></svg>",
        b'<svg xmlns="http://www.w3.org/2000/svg">' + b" " * (4 * 1024 * 1024) + b"</svg>",
    ],
    ids=["attributes", "comments", "length"],
)
def test_an_svg_image_is_bounded_before_it_is_parsed(image: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from badgeport.schemas import svg

    def unreached(*_: Any, **__: Any) -> Any:
        raise AssertionError("the image was handed to the parser")

    monkeypatch.setattr(svg.expat, "ParserCreate", unreached)
    with pytest.raises(ProblemError) as caught:
        carrier.unbake(image)
    assert caught.value.problem.type is RANGE_ERROR


# -- key files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [b"correct horse", None, 7])
def test_a_passphrase_that_is_no_text_is_a_problem_and_no_crash(tmp_path: Any, given: Any) -> None:
    key_file.save(tmp_path / "key.json", generate(KeyType.ED25519), passphrase="correct horse", created=v.NOW)
    with pytest.raises(ProblemError) as caught:
        key_file.load(tmp_path / "key.json", passphrase=lambda: given)
    assert caught.value.problem.type is KEY_CUSTODY_ERROR


def test_mint_with_endorsements_of_the_badge() -> None:
    from support import issuing

    peer, signer = v.signer("peer"), issuing.district().signers[KeyType.ED25519]
    endorsements = [v.sign(v.endorsement(IDENTIFIER, peer), peer, created=issuing.NOW)]
    award = parse_award(issuing.award())
    minted = mint(award, signer, now=issuing.NOW, credential_id=IDENTIFIER, endorsements=endorsements)
    report = issuing.verifier().inspect(minted.bytes, now=issuing.NOW)
    assert report.verdict is Verdict.VALID, v.outcomes(report)
