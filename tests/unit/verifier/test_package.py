"""The proof package: what it holds, that it repeats the verification, and what is found where somebody changed it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badgeport.proofs.canonicalization import engines
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.package import (
    DOCUMENT_INDEX,
    MANIFEST,
    Package,
    build_package,
    is_package,
    manifest_of,
    read_package,
)
from badgeport.verifier.policy import DEFAULT, VCALM, Policy
from badgeport.verifier.receipt import build_receipt
from badgeport.verifier.recording import Recording
from badgeport.verifier.repetition import Replay, Voucher, replay
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust, registry_from_json
from badgeport.verifier.verifier import Verifier
from support import verifying as make

LATER = make.NOW + timedelta(days=3 * 365)
WEB = "did:web:lakeside.example"
WEB_DOCUMENT = "https://lakeside.example/.well-known/did.json"
RICH_URL = "https://terms.example/reading/v1"
RICH_CONTEXT = jsontext.dump({"@context": {"readingLevel": "https://terms.example/reading#level"}})


def record(
    data: bytes | None = None, documents: Mapping[str, Any] | None = None, *, now: datetime = make.NOW, **question: Any
) -> Recording:
    held = {make.LIST: make.status_list()} if documents is None else documents
    body = make.sign(make.badge(credentialStatus=make.status_entry())) if data is None else data
    return make.verifier(held).record(body, now=now, **question)


def repeated(data: bytes, **options: Any) -> Replay:
    return replay(read_package(data), now=LATER, **options)


@pytest.mark.parametrize("then", ["compiled", "reference"])
def test_it_does_not_matter_which_engine_read_the_document_then(then: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_engine(name: str) -> None:
        monkeypatch.setenv(engines.VARIABLE, name)
        engines.choice.cache_clear()

    with_engine(then)
    body = make.sign(make.clr(make.parsed(make.sign(make.badge()))))
    recording = make.verifier().record(body, now=make.NOW)
    assert {each.check("canonicalization").evidence["engine"] for each in (recording.report, *recording.report.members)}
    package = build_package(recording)
    with_engine("reference" if then == "compiled" else "compiled")
    try:
        assert repeated(package).reproduced
    finally:
        engines.choice.cache_clear()


def receipts_for(recording: Recording, name: str = "office") -> dict[str, bytes]:
    signer = make.signer(name)
    body = build_receipt(recording, manifest_of(recording), signer.controller, "Licensing Office")
    return {
        "receipt.json": make.sign(body, signer, created=make.NOW),
        "receipt.jwt": make.sign(body, signer, "vc+jwt", created=make.NOW),
    }


def office_trusted(name: str = "office") -> Verifier:
    listed = {"name": "State agencies", "issuers": [{"id": make.signer(name).controller, "name": "Licensing Office"}]}
    return make.verifier(trust=Trust((registry_from_json(json.dumps(listed), "state"),)))


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def forged(data: bytes, **changes: bytes) -> bytes:
    """A package with members replaced, and with the digests of the manifest put right, as a forger would."""
    members = members_of(data)
    manifest = json.loads(members[MANIFEST])
    for name, body in changes.items():
        members[name] = body
        manifest["members"][name] = hashlib.sha256(body).hexdigest()
    return packed({**members, MANIFEST: jsontext.dump_pretty(manifest)})


def manifest_changed(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    members = members_of(data)
    manifest = json.loads(members[MANIFEST])
    change(manifest)
    return packed({**members, MANIFEST: json.dumps(manifest).encode()})


# -- what is in it --------------------------------------------------------------------------------------------------


def test_a_package_holds_everything_and_says_what_each_member_is() -> None:
    recording = record(recipient=make.RECIPIENT)
    members = members_of(build_package(recording, receipts_for(recording)))
    manifest = json.loads(members[MANIFEST])
    assert next(iter(members)) == MANIFEST
    assert members["input.json"] == recording.data
    assert members["report.json"] == recording.report.to_bytes()
    assert members["report.txt"].decode() == recording.report.to_text()
    assert hashlib.sha256(members["policy.json"]).hexdigest() == recording.report.policy_sha256
    assert members["documents/001.json"] == recording.documents[0].body
    assert manifest["documents"][0]["url"] == make.LIST
    assert manifest["question"]["recipient"] == make.RECIPIENT
    unlisted = {MANIFEST, "receipt.json", "receipt.jwt"}
    assert manifest["members"] == {
        name: hashlib.sha256(body).hexdigest() for name, body in members.items() if name not in unlisted
    }


def test_the_same_recording_gives_the_same_bytes() -> None:
    recording = record()
    receipts = receipts_for(recording)
    assert build_package(recording, receipts) == build_package(recording, dict(reversed(receipts.items())))
    assert build_package(record()) == build_package(record())


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b'{"a": 1}', "input.json"),
        (b"eyJhbGciOiJFUzI1NiJ9.e30.AA", "input.jwt"),
        (b"%PDF-1.7", "input.pdf"),
        (b"\xff\xd8\xff\xe0", "input.jpg"),
        (b"hello", "input.txt"),
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "input.txt"),
        (b"\x00\x01", "input.bin"),
        (b"", "input.bin"),
    ],
)
def test_the_input_is_named_by_what_it_is(data: bytes, name: str) -> None:
    recording = replace(record(), data=data)
    assert members_of(build_package(recording))[name] == data


def test_a_credential_that_was_fetched_is_a_member_of_its_own() -> None:
    recording = record()
    badge = recording.data
    address = b"https://lakeside.example/badges/7"
    led = replace(
        recording, data=address, documents=(*recording.documents, Fetched(address.decode(), badge, "application/json"))
    )
    members = members_of(build_package(led))
    assert (members["input.txt"], members["credential.json"]) == (address, badge)
    assert recording.credential is None


def test_an_address_is_repeated_from_what_it_led_to() -> None:
    badge = make.sign(make.badge(credentialStatus=make.status_entry()))
    address = "https://lakeside.example/badges/7"
    held = {address: Fetched(address, badge, "application/vc", make.NOW), make.LIST: make.status_list()}
    recording = make.verifier(held).record(address.encode(), now=make.NOW)
    assert recording.report.verdict is Verdict.VALID
    assert recording.credential == badge
    data = build_package(recording, receipts_for(recording))
    assert members_of(data)["input.txt"] == address.encode()
    assert members_of(data)["credential.json"] == badge
    result = repeated(data, verifier=office_trusted())
    assert result.reproduced
    assert result.vouched
    assert result.report is not None
    assert result.report.input.address == address


def test_only_receipts_are_added() -> None:
    with pytest.raises(ValueError, match="not named"):
        build_package(record(), {"../receipt.json": b"{}"})


def test_documents_of_a_package_serve_as_a_directory_of_documents(tmp_path: Any) -> None:
    recording = record()
    for name, body in members_of(build_package(recording)).items():
        if name.startswith("documents/"):
            (tmp_path / name.removeprefix("documents/")).write_bytes(body)
    held = DocumentDirectory(tmp_path)
    assert held.problems == ()
    report = Verifier(fetcher=held).inspect(recording.data, now=make.NOW)
    assert report.verdict is Verdict.VALID


# -- it repeats -----------------------------------------------------------------------------------------------------


class _Flaky:
    """A fetcher with dated, stale and redirected answers, and one address that fails."""

    fetched_at = datetime(2026, 5, 1, 8, 59, 58, 123456, UTC)

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        if url == make.LIST:
            stale = "the server could not be reached"
            return Fetched(url, make.status_list(), "application/vc", self.fetched_at, stale, f"{url}?copy=2")
        raise FetchError(url, "the host did not answer within 10 seconds")


def test_when_and_how_documents_were_had_is_kept_to_the_microsecond() -> None:
    now = make.NOW + timedelta(microseconds=654321)
    data = make.sign(make.badge(credentialStatus=make.status_entry()))
    recording = Verifier(fetcher=_Flaky()).record(data, now=now, as_of=now - timedelta(hours=1, microseconds=1))
    package = read_package(build_package(recording))
    assert package.documents == recording.documents
    assert package.failures == recording.failures
    assert package.question == recording.question
    assert repeated(build_package(recording)).reproduced


def test_what_could_not_be_had_fails_for_the_same_reason_again() -> None:
    signer = make.web_signer()
    recording = Verifier(fetcher=_Flaky()).record(make.sign(make.badge(signer.controller), signer), now=make.NOW)
    assert recording.report.verdict is Verdict.UNDETERMINED
    assert recording.failures
    result = repeated(build_package(recording))
    assert result.reproduced
    assert result.report is not None
    assert result.report.verdict is Verdict.UNDETERMINED
    assert "did not answer within 10 seconds" in result.report.to_bytes().decode()


def _web_badge() -> tuple[bytes, dict[str, Any]]:
    signer = make.web_signer()
    return make.sign(make.badge(signer.controller), signer), {WEB_DOCUMENT: make.key_document(signer)}


def _presentation() -> bytes:
    holder = make.signer("holder")
    body = make.presentation(holder.controller, make.parsed(make.sign(make.badge())))
    return make.sign(body, holder, challenge="c-1", domain="office.example", purpose="authentication", created=make.NOW)


@pytest.mark.parametrize(
    ("data", "documents", "question", "verdict"),
    [
        (None, None, {}, "valid"),
        (None, None, {"recipient": "did:example:somebody-else"}, "invalid"),
        (None, {make.LIST: make.status_list(7)}, {}, "invalid"),
        (None, {}, {}, "undetermined"),
        (None, None, {"as_of": make.NOW - timedelta(days=60)}, "invalid"),
        (*_web_badge(), {}, "valid"),
        (make.sign(make.badge(), format="vc-jwt"), {}, {}, "valid"),
        (_presentation(), {}, {"challenge": "c-1", "domain": "office.example"}, None),
        (b"not a badge", {}, {}, None),
        (b"\x89PNG\r\n\x1a\n damaged", {}, {}, None),
        (b"", {}, {}, None),
    ],
)
def test_every_verdict_is_reproduced(
    data: bytes | None, documents: Any, question: dict[str, Any], verdict: str | None
) -> None:
    recording = record(data, documents, **question)
    if verdict is not None:
        assert recording.report.verdict.value == verdict
    result = repeated(build_package(recording))
    assert result.differences == ()
    assert result.reproduced
    assert result.equivalent
    assert result.report is not None
    assert result.report.verdict is recording.report.verdict


def test_policy_trust_contexts_and_limits_come_from_the_package() -> None:
    listed = {"name": "Districts", "issuers": [{"id": make.signer().controller, "name": "Lakeside"}]}
    data = make.sign(
        make.badge(**{"@context": [make.CREDENTIALS_V2, make.OB_3_0_3, RICH_URL], "readingLevel": "7"}),
        contexts=contexts.store().with_documents({RICH_URL: RICH_CONTEXT}),
    )
    verifier = Verifier(
        policy=replace(DEFAULT, name="strict", recognized_issuers_only=True),
        trust=Trust((registry_from_json(json.dumps(listed), "districts"),)),
        contexts=contexts.store().with_documents({RICH_URL: RICH_CONTEXT}),
        limits=replace(DEFAULT_LIMITS, fetches=3),
        software="elsewhere 9.9",
    )
    recording = verifier.record(data, now=make.NOW)
    assert recording.report.verdict is Verdict.VALID
    package = read_package(build_package(recording))
    assert package.contexts == {RICH_URL: RICH_CONTEXT}
    assert package.limits.fetches == 3
    result = replay(package, now=LATER)
    assert result.differences == ()
    assert result.report is not None
    assert result.report.verdict is Verdict.VALID
    # The name of the software is the one thing that may differ, and the new report does not claim the other's.
    assert result.report.software != "elsewhere 9.9"


def test_a_report_of_other_software_in_the_members_does_not_disturb() -> None:
    recording = make.verifier().record(_presentation(), now=make.NOW, challenge="c-1", domain="office.example")
    assert recording.report.members
    assert repeated(build_package(recording)).reproduced


def test_a_package_packed_again_by_a_file_manager_is_the_same_package() -> None:
    members = members_of(build_package(record()))
    again = {"documents/": b"", **dict(reversed(members.items())), "__MACOSX/._input.json": b"x", ".DS_Store": b"y"}
    data = packed(again, zipfile.ZIP_STORED)
    assert is_package(data)
    assert repeated(data).reproduced


# -- it was changed -------------------------------------------------------------------------------------------------


def test_every_changed_missing_or_added_member_is_named() -> None:
    recording = record()
    members = members_of(build_package(recording, receipts_for(recording)))
    touched = [name for name in members if name != MANIFEST and not name.startswith("receipt.")]
    assert len(touched) >= 7
    for name in touched:
        for changed, word in (
            ({**members, name: members[name] + b" "}, "was changed"),
            ({key: body for key, body in members.items() if key != name}, "is missing"),
        ):
            result = repeated(packed(changed), verifier=office_trusted())
            assert not result.reproduced
            assert not result.equivalent
            assert result.report is None
            assert result.vouchers == ()
            assert [name in each and word in each for each in result.differences] == [True], (name, result.differences)
    result = repeated(packed({**members, "documents/999.json": b"{}"}))
    assert not result.reproduced
    assert "documents/999.json was added" in result.differences[0]


def test_an_altered_report_is_found_although_its_digest_was_put_right() -> None:
    recording = record(documents={make.LIST: make.status_list(7)})
    data = build_package(recording, receipts_for(recording))
    assert recording.report.verdict is Verdict.INVALID
    body = json.loads(members_of(data)["report.json"])
    body["verdict"] = "valid"
    result = repeated(forged(data, **{"report.json": jsontext.dump_pretty(body)}), verifier=office_trusted())
    assert not result.reproduced
    assert not result.equivalent
    assert result.report is not None
    assert result.report.verdict is Verdict.INVALID
    assert any("/verdict" in each and "valid" in each for each in result.differences)
    # The receipt was given for the unaltered package.
    assert result.vouchers == ()
    assert sum("another package" in each for each in result.differences) == 2


def test_a_report_text_that_says_something_else_is_found() -> None:
    data = build_package(record(documents={make.LIST: make.status_list(7)}))
    result = repeated(forged(data, **{"report.txt": b"VALID: all is well.\n"}))
    assert not result.reproduced
    assert result.equivalent
    assert any("report.txt" in each for each in result.differences)


def test_a_report_with_the_same_content_in_other_bytes_is_not_the_same() -> None:
    data = build_package(record())
    compact = jsontext.dump(json.loads(members_of(data)["report.json"]))
    result = repeated(forged(data, **{"report.json": compact}))
    assert not result.reproduced
    assert result.equivalent
    assert any("otherwise" in each for each in result.differences)


def test_a_report_in_other_words_is_equivalent_and_not_reproduced() -> None:
    data = build_package(record())
    body = json.loads(members_of(data)["report.json"])
    body["checks"][0]["message"] = "Worded by an earlier release."
    result = repeated(forged(data, **{"report.json": jsontext.dump_pretty(body)}))
    assert not result.reproduced
    assert result.equivalent
    body["checks"][5]["outcome"] = "unknown"
    assert not repeated(forged(data, **{"report.json": jsontext.dump_pretty(body)})).equivalent


def test_many_differences_are_counted_not_listed() -> None:
    data = build_package(record())
    body = json.loads(members_of(data)["report.json"])
    for check in body["checks"]:
        check["message"] = "x"
    result = repeated(forged(data, **{"report.json": jsontext.dump_pretty(body)}))
    assert len(result.differences) == 21
    assert "more differences" in result.differences[-1]


# -- who vouches ----------------------------------------------------------------------------------------------------


def test_a_wholly_forged_package_repeats_and_is_vouched_for_by_nobody() -> None:
    """The issuer's key document comes out of the package: a forger puts a key of their own there."""
    thief = make.web_signer(fragment="stolen")
    recording = record(make.sign(make.badge(WEB), thief), {WEB_DOCUMENT: make.key_document(thief)})
    assert recording.report.verdict is Verdict.VALID
    bare = repeated(build_package(recording), verifier=office_trusted())
    assert bare.reproduced
    assert not bare.vouched
    assert any("nobody vouches" in note for note in bare.notes)
    assert "Nobody you recognise vouches" in bare.to_text().splitlines()[0]
    signed = repeated(build_package(recording, receipts_for(recording, "thief")), verifier=office_trusted())
    assert signed.vouchers == (Voucher(make.signer("thief").controller),)
    assert not signed.vouched
    assert any("anybody can sign" in note for note in signed.notes)


def test_a_receipt_of_an_organisation_the_reader_knows_vouches() -> None:
    recording = record()
    data = build_package(recording, receipts_for(recording))
    result = repeated(data, verifier=office_trusted())
    assert result.reproduced
    assert result.vouchers == (Voucher(make.signer("office").controller, ("State agencies",)),)
    assert result.vouched
    assert [report.verdict for report in result.receipts] == [Verdict.VALID, Verdict.VALID]
    office = make.signer("office").controller
    who = f"Vouched for by {office}, listed as an issuer in State agencies."
    assert result.to_text().startswith(
        f"REPRODUCED: the report of 2026-05-01T09:00:00Z follows from the documents in the package. {who}\n"
    )
    assert result.to_json()["vouchers"] == [{"issuer": office, "recognized": True, "registries": ["State agencies"]}]
    assert not repeated(data).vouched


def test_a_receipt_of_another_package_does_not_vouch() -> None:
    other = record(now=make.NOW + timedelta(seconds=1))
    result = repeated(build_package(record(), receipts_for(other)), verifier=office_trusted())
    assert not result.reproduced
    assert result.vouchers == ()
    assert all("another package" in each for each in result.differences)


def test_any_signed_credential_of_a_known_organisation_is_no_receipt() -> None:
    recording = record()
    badge = make.sign(make.badge(make.signer("office").controller), make.signer("office"))
    result = repeated(build_package(recording, {"receipt.json": badge}), verifier=office_trusted())
    assert not result.reproduced
    assert result.vouchers == ()


def test_an_altered_receipt_is_found() -> None:
    recording = record()
    receipts = receipts_for(recording)
    altered = make.spoiled(receipts["receipt.json"], lambda body: body["credentialSubject"].update(verdict="invalid"))
    result = repeated(build_package(recording, {"receipt.json": altered}), verifier=office_trusted())
    assert not result.reproduced
    assert not result.vouched
    assert "receipt.json is not valid" in result.differences[0]


def test_a_receipt_whose_key_cannot_be_had_counts_for_nothing() -> None:
    recording = record()
    signer = make.web_signer("did:web:office.example")
    body = build_receipt(recording, manifest_of(recording), signer.controller)
    data = build_package(recording, {"receipt.json": make.sign(body, signer, created=make.NOW)})
    offline = repeated(data)
    assert offline.reproduced
    assert offline.vouchers == ()
    assert any("could not be checked" in note for note in offline.notes)
    document = {"https://office.example/.well-known/did.json": make.key_document(signer)}
    assert repeated(data, verifier=make.verifier(document)).vouchers == (Voucher(signer.controller),)


def test_documents_of_the_package_never_serve_its_receipts() -> None:
    """Else a forger would put in the key document of the organisation they pretend to be."""
    signer = make.web_signer("did:web:office.example")
    recording = record()
    document = Fetched(
        "https://office.example/.well-known/did.json", jsontext.dump(make.key_document(signer)), "application/json"
    )
    planted = replace(recording, documents=(*recording.documents, document))
    body = build_receipt(planted, manifest_of(planted), signer.controller)
    result = repeated(build_package(planted, {"receipt.json": make.sign(body, signer, created=make.NOW)}))
    assert result.vouchers == ()


def test_a_policy_that_borrows_a_built_in_name_is_noted() -> None:
    lax = replace(DEFAULT, require=frozenset({"parsing"}), allow_unknown=frozenset())
    recording = make.verifier(policy=lax).record(make.sign(make.badge(validUntil="2026-04-10T00:00:00Z")), now=make.NOW)
    assert recording.report.verdict is Verdict.VALID
    result = repeated(build_package(recording))
    assert any("'default' and is not this program's" in note for note in result.notes)
    assert not any("policy" in note for note in repeated(build_package(record())).notes)
    own = repeated(build_package(make.verifier(policy=VCALM).record(make.sign(make.badge()), now=make.NOW)))
    assert any("under the policy vcalm, not under this program's usual one" in note for note in own.notes)
    assert not any("policy of that name" in note for note in own.notes)


def test_a_package_may_not_raise_the_limits_of_its_reader() -> None:
    recording = replace(record(), limits=replace(DEFAULT_LIMITS, fetches=10**9, fetch_seconds=1e9))
    result = repeated(build_package(recording))
    assert any("larger limits" in note for note in result.notes)
    small = replace(DEFAULT_LIMITS, status_entries=0)
    assert not repeated(build_package(record()), limits=small).reproduced


# -- what is refused ------------------------------------------------------------------------------------------------


def _repacked(change: Callable[[dict[str, Any]], Any]) -> bytes:
    return manifest_changed(build_package(record()), lambda manifest: change(manifest) and None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ZIP"),
        (b"{}", "ZIP"),
        (b"PK\x03\x04", "cut off"),
        (build_package(record())[:-30], "cut off"),
        (build_package(record()) + b"x", "cut off"),
        (packed({"input.json": b"{}"}), "holds no"),
        (packed({MANIFEST: b"{}"}), "format"),
        (packed({MANIFEST: b"[]"}), "not an object"),
        (packed({MANIFEST: b"{"}), "not JSON"),
        (_repacked(lambda manifest: manifest.update(version=2)), "version 1"),
        (_repacked(lambda manifest: manifest.update(format="zip")), "no proof package"),
        (_repacked(lambda manifest: manifest.update(input="other.json")), "does not list other.json"),
        (_repacked(lambda manifest: manifest.update(input=7)), "input"),
        (_repacked(lambda manifest: manifest["members"].pop("policy.json")), "does not list policy.json"),
        (_repacked(lambda manifest: manifest["members"].update({"policy.json": 1})), "policy.json"),
        (_repacked(lambda manifest: manifest["question"].update(now="yesterday")), "date and time"),
        (_repacked(lambda manifest: manifest["limits"].update(wishes=3)), "no limit"),
        (_repacked(lambda manifest: manifest["limits"].update(fetches="many")), "not a number"),
        (_repacked(lambda manifest: manifest["limits"].update(fetches=-1)), "not a number"),
        (_repacked(lambda manifest: manifest["documents"].append(7)), "not an object"),
        (_repacked(lambda manifest: manifest["documents"].append(manifest["documents"][0])), "two documents"),
        (_repacked(lambda manifest: manifest.pop("contexts")), "contexts"),
    ],
)
def test_what_is_no_package_is_refused_in_plain_words(data: bytes, words: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_package(data)
    assert words in caught.value.problem.detail


def test_two_members_of_one_name_are_refused() -> None:
    members = members_of(build_package(record()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("report.json", b"{}")
    with pytest.raises(ProblemError, match="two members"):
        read_package(buffer.getvalue())


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    small = replace(DEFAULT_LIMITS, fetched_bytes=1_000_000, input_bytes=100_000)
    bomb = packed({MANIFEST: b"{}", "documents/001.json": bytes(3_000_000)})
    assert len(bomb) < 10_000
    with pytest.raises(ProblemError, match="unpacks to more"):
        read_package(bomb, small)


def test_an_archive_with_too_many_members_is_refused_before_it_is_read() -> None:
    many = packed({MANIFEST: b"{}", **{f"documents/{number}": b"" for number in range(2_000)}})
    with pytest.raises(ProblemError, match="more than 2000 members"):
        read_package(many)
    assert not is_package(many)


def test_a_directory_larger_than_it_says_is_refused() -> None:
    data = bytearray(build_package(record()))
    struct.pack_into("<I", data, len(data) - 22 + 12, 600 * 1024)
    with pytest.raises(ProblemError):
        read_package(bytes(data))


def test_encrypted_and_oddly_packed_members_are_refused() -> None:
    members = members_of(build_package(record()))
    with pytest.raises(ProblemError, match="packed in a way"):
        read_package(packed(members, zipfile.ZIP_BZIP2))
    data = bytearray(packed(members))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(ProblemError, match="encrypted"):
        read_package(bytes(data))


def test_only_a_package_is_called_one() -> None:
    data = build_package(record())
    assert is_package(data)
    assert not is_package(b"")
    assert not is_package(b"PK\x03\x04" + MANIFEST.encode())
    assert not is_package(packed({"a.json": MANIFEST.encode()}, zipfile.ZIP_STORED))
    assert not is_package(packed({f"folder/{MANIFEST}": b"{}"}))
    assert not is_package(data[:-1])


def test_a_policy_or_trust_that_cannot_be_read_is_a_problem_not_a_verdict() -> None:
    data = build_package(record())
    with pytest.raises(ProblemError):
        repeated(forged(data, **{"policy.json": b'{"name": "default", "require": []}'}))
    with pytest.raises(ProblemError):
        repeated(forged(data, **{"trust.json": b"[]"}))
    with pytest.raises(ProblemError):
        repeated(forged(data, **{"report.json": b"VALID"}))


GOOD = build_package(record(), receipts_for(record()))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.integers(1, 255)),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 40),
)
def test_no_damage_is_overlooked_and_none_breaks_the_reader(changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(GOOD)
    for position, mask in changes:
        data[position] ^= mask
    damaged = bytes(data[: len(data) - cut])
    try:
        package = read_package(damaged)
    except ProblemError:
        return
    assert is_package(damaged)
    same = (package.members, package.manifest) == (_GOOD_PACKAGE.members, _GOOD_PACKAGE.manifest)
    assert package.damaged or same or package.manifest != _GOOD_PACKAGE.manifest


_GOOD_PACKAGE: Package = read_package(GOOD)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(sorted(json.loads(_GOOD_PACKAGE.manifest))),
        st.recursive(
            st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=8,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_no_manifest_breaks_the_reader(changes: dict[str, Any]) -> None:
    data = manifest_changed(GOOD, lambda manifest: manifest.update(changes))
    with contextlib.suppress(ProblemError):
        replay(read_package(data), now=LATER)


def test_reading_leaves_the_recording_as_it_was() -> None:
    recording = record()
    package = read_package(build_package(recording))
    assert package.data == recording.data
    assert package.sha256 == hashlib.sha256(manifest_of(recording)).hexdigest()
    assert DOCUMENT_INDEX in package.members
    assert Policy.from_json(package.members["policy.json"]) == recording.policy
    assert ReplayResolver(package.documents).fetch(make.LIST, "status-list").body == recording.documents[0].body
