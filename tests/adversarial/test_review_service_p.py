"""Proof packages as an attacker hands them in, and as they come from years ago: what may be believed of either."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.intake import take_in, unpack
from badgeport.verifier.package import MANIFEST, build_package, is_package, manifest_of, read_package
from badgeport.verifier.policy import DEFAULT, VCALM
from badgeport.verifier.receipt import build_receipt
from badgeport.verifier.recording import Recording
from badgeport.verifier.repetition import Replay, Voucher, replay
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Fetched
from badgeport.verifier.trust.registries import Trust, registry_from_json
from service.conftest import Ran, invoke
from support import carriers, served, serving
from support import verifying as v

STATE = "did:web:ed.sc.example"
STATE_DOCUMENT = "https://ed.sc.example/.well-known/did.json"
LATER = v.NOW + timedelta(days=3 * 365)
NOW = datetime.now(UTC).replace(microsecond=0)
"""The command line reads the real clock."""


def registry(*issuers: tuple[str, str], name: str = "State registry") -> bytes:
    return json.dumps({"name": name, "issuers": [{"id": one, "name": called} for one, called in issuers]}).encode()


def trusted(data: bytes) -> Trust:
    return Trust((registry_from_json(data, "registry"),))


def in_force(issuer: str | None = None, **changes: Any) -> dict[str, Any]:
    """A badge in force by the real clock."""
    dates = {
        "validFrom": (NOW - timedelta(days=30)).isoformat().replace("+00:00", "Z"),
        "validUntil": (NOW + timedelta(days=300)).isoformat().replace("+00:00", "Z"),
    }
    return v.badge(issuer, **{**dates, **changes})


def signed(body: Mapping[str, Any], by: Any = None) -> bytes:
    return v.sign(body, by, created=NOW - timedelta(days=30))


def forged_package() -> bytes:
    """A thief's badge in the State's name, with a key document and a registry of the thief's making."""
    thief = v.web_signer(STATE, "stolen")
    verifier = v.verifier({STATE_DOCUMENT: v.key_document(thief)}, trust=trusted(registry((STATE, "SC"))))
    recording = verifier.record(signed(in_force(STATE), thief), now=NOW)
    assert recording.report.valid
    assert "from an issuer you recognize" in recording.report.to_text()
    return build_package(recording)


def genuine(data: bytes | None = None, documents: Any = None, **options: Any) -> Recording:
    """A verification of a badge by a did:key issuer, which anybody can repeat offline."""
    body = signed(in_force()) if data is None else data
    question = {name: options.pop(name) for name in ("as_of", "recipient") if name in options}
    return v.verifier(documents, **options).record(body, now=NOW, **question)


def receipts_for(recording: Recording, name: str = "office") -> dict[str, bytes]:
    signer = v.signer(name)
    body = build_receipt(recording, manifest_of(recording), signer.controller, "Licensing Office")
    return {"receipt.json": v.sign(body, signer, created=recording.question.now)}


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def with_members(data: bytes, change: Callable[[dict[str, Any]], Any] | None = None, **bodies: bytes) -> bytes:
    """The package with members replaced and its manifest put right, as a forger or another release would write it."""
    members = members_of(data)
    manifest = json.loads(members[MANIFEST])
    for name, body in bodies.items():
        members[name] = body
        manifest["members"][name] = hashlib.sha256(body).hexdigest()
    if change is not None:
        change(manifest)
    return packed({**members, MANIFEST: jsontext.dump_pretty(manifest)})


def with_report(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The package with something else recorded in its report."""
    report = json.loads(members_of(data)["report.json"])
    change(report)
    return with_members(data, **{"report.json": jsontext.dump_pretty(report)})


def handed(tmp_path: Path, data: bytes, *arguments: str, name: str = "badge.png") -> Ran:
    path = tmp_path / name
    path.write_bytes(data)
    return invoke("verify", path, *arguments)


def file_of(tmp_path: Path, name: str, data: bytes) -> str:
    (tmp_path / name).write_bytes(data)
    return str(tmp_path / name)


# -- what a forger hands in -----------------------------------------------------------------------------------------


def test_the_report_of_a_forged_package_is_never_told_as_the_readers_own(tmp_path: Path) -> None:
    ran = handed(tmp_path, forged_package(), "--offline")
    first = ran.text.splitlines()[0]
    assert first.startswith("REPRODUCED")
    assert "Nobody you recognise vouches for the documents in it: it shows what its maker saw." in first
    assert "you recognize" not in ran.text
    assert "you use" not in ran.text
    assert "listed, by the registries its maker used, in State registry" in ran.text
    assert "VALID: " not in ran.text


def test_a_reader_who_names_registries_gets_nothing_from_a_package_they_do_not_vouch_for(tmp_path: Path) -> None:
    mine = file_of(tmp_path, "mine.json", registry(("did:web:ed.sc.example.net", "South Carolina"), name="Mine"))
    ran = handed(tmp_path, forged_package(), "--offline", "--trust", mine)
    assert ran.code == 3
    assert "--trust" in ran.text
    body = handed(tmp_path, forged_package(), "--offline", "--trust", mine, "--json")
    assert body.code == 3
    assert body.json["package"]["vouched"] is False


def test_a_thief_who_signs_a_receipt_does_not_vouch(tmp_path: Path) -> None:
    recording = genuine()
    data = build_package(recording, receipts_for(recording, "thief"))
    mine = file_of(tmp_path, "mine.json", registry((v.signer("office").controller, "Licensing Office")))
    ran = handed(tmp_path, data, "--offline", "--trust", mine)
    assert ran.code == 3
    assert "anybody can sign" in ran.text


def test_a_receipt_of_somebody_whom_the_reader_lists_is_named_with_the_registry(tmp_path: Path) -> None:
    recording = genuine()
    data = build_package(recording, receipts_for(recording))
    office = v.signer("office").controller
    mine = file_of(tmp_path, "mine.json", registry((office, "Licensing Office"), name="My list"))
    ran = handed(tmp_path, data, "--offline", "--trust", mine)
    assert ran.code == 0
    assert f"{office}, listed as an issuer in My list" in ran.text.splitlines()[0]
    assert "not who verifies well" in ran.text
    body = handed(tmp_path, data, "--offline", "--trust", mine, "--json").json["package"]
    assert set(body) == {"reproduced", "equivalent", "vouched", "differences", "notes", "receipts", "vouchers"}
    assert body["vouched"] is True
    assert body["vouchers"] == [{"issuer": office, "recognized": True, "registries": ["My list"]}]


def test_a_lenient_policy_in_a_package_is_not_the_readers(tmp_path: Path) -> None:
    """The state's own service, asked leniently about a revoked badge, signs a receipt that is genuine."""
    badge = signed(in_force(credentialStatus=v.status_entry()))
    dates = {name: in_force()[name] for name in ("validFrom", "validUntil")}
    listed = v.sign(v.unsigned_status_list(7, **dates), created=NOW - timedelta(days=1))
    assert not genuine(badge, {v.LIST: listed}).report.valid
    recording = genuine(badge, {v.LIST: listed}, policy=VCALM)
    assert recording.report.valid
    data = build_package(recording, receipts_for(recording))
    mine = file_of(tmp_path, "mine.json", registry((v.signer("office").controller, "Licensing Office")))
    asked = handed(tmp_path, data, "--offline", "--trust", mine, "--policy", "default")
    assert asked.code == 3
    assert "the policy vcalm" in asked.text
    assert "--policy" in asked.text
    unasked = handed(tmp_path, data, "--offline", "--trust", mine)
    assert "the policy vcalm" in unasked.text
    assert handed(tmp_path, data, "--offline", "--trust", mine, "--policy", "vcalm").code == 0
    # With other inputs, and over the network, the reader's own rules decide, on the reader's own documents.
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "index.json").write_text(json.dumps({v.LIST: "list.json"}))
    (documents / "list.json").write_bytes(listed)
    again = invoke("verify", tmp_path / "badge.png", tmp_path / "badge.png", "--offline", "--documents", documents)
    assert again.code == 1
    assert again.text.splitlines()[0].startswith("invalid ")


def test_an_instant_that_suits_the_maker_is_pointed_out(tmp_path: Path) -> None:
    expired = signed(in_force(validUntil=(NOW - timedelta(days=2)).isoformat().replace("+00:00", "Z")))
    recording = genuine(expired, as_of=NOW - timedelta(days=9))
    assert recording.report.valid
    ran = handed(tmp_path, build_package(recording), "--offline")
    assert "not as of the moment it was made" in ran.text


def test_a_forged_package_among_files_is_judged_by_the_readers_own_documents(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "badge.zip").write_bytes(forged_package())
    (folder / "good.json").write_bytes(signed(in_force()))
    for arguments in ((folder,), (folder / "badge.zip", folder / "good.json")):
        ran = invoke("verify", *arguments, "--offline")
        assert ran.code == 3
        line = next(line for line in ran.text.splitlines() if "badge.zip" in line)
        assert line.startswith("undetermined ")
        assert "badge.zip: a proof package" in ran.err
        assert "report recorded in it" in ran.err
        assert "valid" in ran.err
        body = invoke("verify", *arguments, "--offline", "--json").json
        (report,) = [report for report in body["reports"] if report["file"].endswith("badge.zip")]
        assert report["verdict"] == "undetermined"
        assert report["documents"] == []


def test_a_package_in_an_archive_is_verified_anew(tmp_path: Path) -> None:
    for others in ((), (("good.json", signed(in_force())),)):
        archive = carriers.archive(("proofs/badge.zip", forged_package()), *others)
        ran = handed(tmp_path, archive, "--offline", name="all.zip")
        assert ran.code == 3, ran.text
        assert "a proof package" in ran.err
        assert "UNDETERMINED" in ran.text if not others else "undetermined " in ran.text
    archive = carriers.archive(("badge.zip", build_package(genuine())))
    ran = handed(tmp_path, archive, "--offline", name="all.zip")
    assert ran.code == 0
    assert ran.text.startswith("VALID: ")
    assert handed(tmp_path, archive, "--offline", "--json", name="all.zip").json["verdict"] == "valid"


def test_without_offline_the_credential_is_verified_and_not_the_package(tmp_path: Path) -> None:
    package = build_package(genuine(trust=trusted(registry((v.signer().controller, "Somebody")))))
    ran = handed(tmp_path, package)
    assert ran.code == 0
    assert ran.text.startswith("VALID: the credential is unchanged and in force. Who the issuer is was not established")
    assert "REPRODUCED" not in ran.text
    assert "a proof package" in ran.err
    assert "package" not in handed(tmp_path, package, "--json").json
    # The question is the reader's too, and the rules.
    assert handed(tmp_path, package, "--recipient", "did:example:somebody-else").code == 1
    assert handed(tmp_path, package, "--as-of", "2001-01-01T00:00:00Z").code == 1


def test_the_credential_of_a_package_made_from_an_address_is_its_own_file(tmp_path: Path) -> None:
    badge, address = signed(in_force()), "https://lakeside.example/badges/7"
    recording = genuine(address.encode(), {address: Fetched(address, badge, "application/vc", NOW)})
    data = build_package(recording)
    assert read_package(data).original == badge
    ran = invoke("verify", file_of(tmp_path, "a.zip", data), file_of(tmp_path, "b.json", badge), "--offline")
    assert ran.code == 0
    assert [line[:6] for line in ran.text.splitlines()] == ["valid ", "valid "]


@pytest.mark.parametrize("option", ["--as-of=2026-05-01T09:00:00Z", "--recipient=did:example:ines-marchetti"])
def test_a_repetition_asks_nothing_new(tmp_path: Path, option: str) -> None:
    assert handed(tmp_path, build_package(genuine()), "--offline", option).code == 2


# -- what comes from years ago --------------------------------------------------------------------------------------


def worded_otherwise(data: bytes) -> bytes:
    def change(report: dict[str, Any]) -> None:
        report["checks"][0]["message"] = "Worded by an earlier release."

    return with_report(data, change)


def test_a_package_of_an_earlier_release_is_not_called_invalid(tmp_path: Path) -> None:
    ran = handed(tmp_path, worded_otherwise(build_package(genuine())), "--offline")
    assert ran.code == 0
    assert "the verification finds the same again" in ran.text.splitlines()[0]
    assert "/checks/0/message" in ran.text
    refused = genuine(recipient="did:example:somebody-else")
    assert handed(tmp_path, worded_otherwise(build_package(refused)), "--offline").code == 1


@pytest.mark.parametrize("spoil", ["added", "missing", "changed", "verdict"])
def test_a_package_that_was_changed_says_nothing_about_its_credential(tmp_path: Path, spoil: str) -> None:
    data = build_package(genuine())
    members = members_of(data)
    data = {
        "added": lambda: packed({**members, "notes.txt": b"filed by Ana"}),
        "missing": lambda: packed({name: body for name, body in members.items() if name != "trust.json"}),
        "changed": lambda: packed({**members, "input.json": b"{}"}),
        "verdict": lambda: with_report(data, lambda report: report.update(verdict="invalid")),
    }[spoil]()
    ran = handed(tmp_path, data, "--offline")
    assert ran.code == 3
    assert ran.text.startswith("NOT REPRODUCED: " if spoil == "verdict" else "CHANGED: ")
    body = handed(tmp_path, data, "--offline", "--json")
    assert body.code == 3
    assert body.json["package"]["reproduced"] is False
    assert body.json["package"]["differences"]


# -- what breaks the reader -----------------------------------------------------------------------------------------


def _unhashable(report: dict[str, Any]) -> None:
    report["checks"][0]["id"] = []
    report["checks"][1]["problems"] = [{"type": {}}]
    report["members"] = [{"checks": [{"id": {}}], "warnings": 7}, 3]
    report["warnings"] = [{"type": []}, None]
    report["credential"] = []
    report["policySha256"] = {}
    report["documents"] = [{"url": []}]


BROKEN = {
    "no input": lambda data: packed({name: body for name, body in members_of(data).items() if name != "input.json"}),
    "the manifest as input": lambda data: with_members(
        data, lambda body: (body.update(input=MANIFEST), body["members"].update({MANIFEST: "0" * 64}))
    ),
    "a receipt as input": lambda data: with_members(
        data, lambda body: (body.update(input="receipt.json"), body["members"].update({"receipt.json": "0" * 64}))
    ),
    "odd ids": lambda data: with_report(data, _unhashable),
    "no checks": lambda data: with_report(data, lambda report: report.update(checks=7, members={}, verdict=[])),
    "another verdict": lambda data: with_report(data, lambda report: report.update(verdict="VALID", checkedAt=7)),
    "endless limits": lambda data: with_members(
        data, lambda body: body.update(limits={"fetches": 1e308, "fetch_seconds": 1e308})
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_no_package_breaks_whoever_reads_it(how: str, tmp_path: Path) -> None:
    data = BROKEN[how](build_package(genuine()))
    assert is_package(data)
    with contextlib.suppress(ProblemError):
        result = replay(read_package(data), now=LATER)
        assert how == "endless limits" or not (result.reproduced or result.equivalent)
    for arguments in (("--offline",), (), ("--json",), ("--offline", "--json")):
        ran = handed(tmp_path, data, *arguments)
        assert "mistake in this program" not in ran.err + ran.text
        assert ran.code in (0, 2, 3)


@pytest.fixture
def page(tmp_path: Path) -> TestClient:
    app = serving.application(
        tmp_path / "data", served.documents(), clock=lambda: v.NOW, trust=(served.registry(tmp_path),)
    )
    client = serving.client(app)
    client.follow_redirects = False
    return client


def shown(page: TestClient, data: bytes) -> str:
    answer = page.post("/verify", files=[("file", ("proof.zip", data))])
    assert answer.status_code == 303, answer.text
    result = page.get(answer.headers["location"])
    assert result.status_code == 200, result.text
    return result.text


@pytest.mark.parametrize("how", BROKEN)
def test_no_package_breaks_the_page(page: TestClient, how: str) -> None:
    text = shown(page, BROKEN[how](build_package(v.verifier().record(v.sign(v.badge()), now=v.NOW))))
    if "input" in how:
        assert "cannot be" in text or "missing" in text


def test_the_page_tells_what_was_recorded_and_not_what_came_out_now(page: TestClient) -> None:
    data = build_package(v.verifier().record(v.sign(v.badge()), now=v.NOW))
    text = shown(page, with_report(data, lambda report: report.update(verdict="invalid")))
    assert "its verdict was: Not valid" in text
    assert "gives something else" in text


def test_the_page_names_who_vouches_and_not_whoever_else_signed(page: TestClient) -> None:
    recording = v.verifier().record(v.sign(v.badge()), now=v.NOW)
    body = build_receipt(recording, manifest_of(recording), v.signer("thief").controller)
    known = build_receipt(recording, manifest_of(recording), served.DISTRICT.controller)
    receipts = {
        "receipt.json": v.sign(body, v.signer("thief"), created=v.NOW),
        "receipt.jwt": v.sign(known, served.DISTRICT, "vc+jwt", created=v.NOW),
    }
    text = shown(page, build_package(recording, receipts))
    assert v.signer("thief").controller not in text
    assert f"{served.DISTRICT.controller}, listed as an issuer in State Register of Educator Programs" in text


def test_the_page_shows_a_package_in_an_archive_like_any_other(page: TestClient) -> None:
    data = build_package(v.verifier().record(v.sign(v.badge()), now=v.NOW))
    assert "You handed in a proof package" in shown(page, carriers.archive(("proof.zip", data)))


# -- what is the same finding ---------------------------------------------------------------------------------------


def repeated(data: bytes) -> Replay:
    return replay(read_package(data), now=LATER)


ELSE = {
    "recipient": lambda report: report["credential"].update(recipient="did:example:mallory"),
    "issuer": lambda report: report["credential"].update(issuerName="State of Ohio"),
    "name": lambda report: report["credential"].update(name="Doctor of Education"),
    "valid until": lambda report: report["credential"].update(validUntil="2099-01-01T00:00:00Z"),
    "no recipient": lambda report: report["credential"].pop("recipient"),
    "no credential": lambda report: report.update(credential=None),
    "no checks": lambda report: report.update(checks=[]),
    "one check less": lambda report: report["checks"].pop(3),
    "a check twice": lambda report: report["checks"].append(report["checks"][0]),
    "an invented check": lambda report: report["checks"].append({"id": "holograms", "outcome": "passed"}),
    "no warnings": lambda report: report.update(warnings=[]),
    "policy": lambda report: report.update(policy="the strictest"),
    "policy digest": lambda report: report.update(policySha256="0" * 64),
    "checked at": lambda report: report.update(checkedAt="2030-01-01T00:00:00Z"),
    "listed": lambda report: next(check for check in report["checks"] if check["id"] == "issuer-recognition")[
        "evidence"
    ].update(matchingIssuers=[{"id": "did:example:ohio", "name": "State of Ohio", "registry": "Ohio"}]),
    "documents": lambda report: report["documents"].append({"url": "https://ohio.example/", "sha256": "0" * 64}),
    "member's recipient": lambda report: report["members"][0]["credential"].update(recipient="did:example:mallory"),
    "member's checks": lambda report: report["members"][0].update(checks=[]),
    "no member": lambda report: report.update(members=[]),
}


@pytest.mark.parametrize("how", ELSE)
def test_a_report_about_somebody_or_something_else_is_not_equivalent(how: str) -> None:
    endorsed = v.badge()
    endorsed["endorsement"] = [v.parsed(v.sign(v.endorsement(endorsed["id"], v.signer("state")), v.signer("state")))]
    recording = v.verifier().record(v.sign(endorsed), now=v.NOW)
    assert recording.report.valid
    assert recording.report.members
    assert recording.report.warnings
    data = build_package(recording)
    assert repeated(worded_otherwise(data)).equivalent
    result = repeated(with_report(data, ELSE[how]))
    assert not result.reproduced
    assert not result.equivalent


def test_a_release_that_asks_more_finds_a_package_of_before_equivalent() -> None:
    """A check that came later is in neither the recorded report nor its policy; one that was asked for has to be."""
    known = "refresh"
    before = replace(DEFAULT, require=DEFAULT.require - {known})
    data = build_package(v.verifier(policy=before).record(v.sign(v.badge()), now=v.NOW))

    def older(report: dict[str, Any]) -> None:
        report["checks"] = [check for check in report["checks"] if check["id"] != known]

    assert repeated(with_report(data, older)).equivalent
    usual = build_package(v.verifier().record(v.sign(v.badge()), now=v.NOW))
    assert not repeated(with_report(usual, older)).equivalent


def test_a_policy_file_of_an_earlier_release_is_the_same_policy() -> None:
    """It lacks a member that came later, and so has another digest than the policy written out now."""
    data = build_package(v.verifier().record(v.sign(v.badge()), now=v.NOW))
    policy = {name: value for name, value in DEFAULT.to_json().items() if name != "fetch"}
    written = jsontext.dump(policy)

    def older(report: dict[str, Any]) -> None:
        report["policySha256"] = hashlib.sha256(written).hexdigest()

    result = repeated(with_members(with_report(data, older), **{"policy.json": written}))
    assert not result.reproduced
    assert result.equivalent


# -- in other archives ----------------------------------------------------------------------------------------------


def test_a_package_in_an_archive_is_one_piece() -> None:
    package, badge = build_package(genuine()), signed(in_force())
    (alone,) = unpack(carriers.archive(("proofs/one.zip", package)))
    assert (alone.name, alone.data) == ("proofs/one.zip", package)
    assert alone.problem is not None
    assert "proof package" in alone.problem.detail
    both = unpack(carriers.archive(("one.zip", package), ("badge.json", badge), ("two.zip", package)))
    assert [(piece.name, piece.problem is None) for piece in both] == [
        ("one.zip", False),
        ("badge.json", True),
        ("two.zip", False),
    ]
    with pytest.raises(ProblemError, match=r"one\.zip in the archive: .* proof package"):
        take_in(carriers.archive(("one.zip", package)))
    with pytest.raises(ProblemError, match="2 files to verify"):
        take_in(carriers.archive(("one.zip", package), ("badge.json", badge)))


def test_what_a_package_holds_does_not_use_up_what_the_archive_may_expand_to() -> None:
    from badgeport.schemas.limits import DEFAULT_LIMITS

    package, badge = build_package(genuine()), signed(in_force())
    limits = replace(DEFAULT_LIMITS, archive_bytes=len(package) + len(badge) + 10)
    pieces = unpack(carriers.archive(("one.zip", package), ("badge.json", badge)), limits)
    assert [(piece.name, piece.data) for piece in pieces] == [("one.zip", package), ("badge.json", badge)]


def test_a_voucher_is_recognized_by_the_registries_that_list_it() -> None:
    assert Voucher("did:example:a", ("Mine",)).recognized
    assert not Voucher("did:example:a").recognized
    assert repeated(build_package(genuine())).recorded is Verdict.VALID
