"""Signed receipts: what they say, that they verify, and what happens when the key cannot be used."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from badgeport.keys.custody import file
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import open_secured
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError
from badgeport.service.receipts import ReceiptSigner, open_receipts
from badgeport.verifier.package import build_package, manifest_of, read_package
from badgeport.verifier.policy import VCALM
from badgeport.verifier.receipt import CONTEXT, build_receipt
from badgeport.verifier.recording import Recording
from badgeport.verifier.repetition import Voucher, replay
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Fetched
from support import verifying as make

RECIPIENT = "ines.marchetti@lakeside.example"


def recorded(*revoked: int, **question: Any) -> Recording:
    documents = {make.LIST: make.status_list(*revoked)}
    data = make.sign(make.badge(credentialStatus=make.status_entry()))
    return make.verifier(documents).record(data, now=make.NOW, **question)


@pytest.mark.parametrize(
    ("key_type", "forms"),
    [
        (KeyType.ED25519, {"receipt.json": "eddsa-rdfc-2022", "receipt.jwt": "vc+jwt"}),
        (KeyType.P256, {"receipt.json": "ecdsa-rdfc-2019", "receipt.jwt": "vc+jwt"}),
        (KeyType.P384, {"receipt.json": "ecdsa-rdfc-2019", "receipt.jwt": "vc+jwt"}),
        (KeyType.RSA, {"receipt.jwt": "vc+jwt"}),
    ],
)
def test_every_kind_of_key_signs_receipts_that_verify_and_vouch(key_type: KeyType, forms: dict[str, str]) -> None:
    signer = ReceiptSigner(make.signer("office", key_type), name="Licensing Office")
    recording = recorded()
    receipts = signer.sign(recording)
    assert signer.forms == forms
    for name, data in receipts.items():
        opened = open_secured(data)
        assert opened.form == ("vc+jwt" if name.endswith("jwt") else "data-integrity")
        assert [proof.suite for proof in opened.proofs if name.endswith("json")] in ([], [forms[name]])
        for policy in (make.DEFAULT, VCALM):
            assert make.inspect(data, policy=policy).verdict is Verdict.VALID
    result = replay(read_package(build_package(recording, receipts)), now=make.NOW)
    assert result.reproduced
    assert result.vouchers == (Voucher(signer.issuer),)


def test_a_receipt_says_what_was_verified_and_what_was_found() -> None:
    recording = recorded(7)
    body = json.loads(ReceiptSigner(make.signer("office"), name="Licensing Office").sign(recording)["receipt.json"])
    package = read_package(build_package(recording))
    report = recording.report
    assert body["issuer"] == {"id": make.signer("office").controller, "name": "Licensing Office"}
    assert body["type"] == ["VerifiableCredential", "VerificationReceipt"]
    assert body["validFrom"] == "2026-05-01T09:00:00Z"
    assert body["credentialSubject"] == {
        "type": "Verification",
        "verdict": "invalid",
        "checkedAt": "2026-05-01T09:00:00Z",
        "asOf": "2026-05-01T09:00:00Z",
        "packageSha256": package.sha256,
        "inputSha256": report.input.sha256,
        "reportSha256": json.loads(package.manifest)["members"]["report.json"],
        "policyName": "default",
        "policySha256": report.policy_sha256,
        "verifiedWith": "badgeport test",
    }


def test_a_receipt_holds_nothing_about_a_person() -> None:
    recording = recorded(recipient=RECIPIENT)
    for data in ReceiptSigner(make.signer("office")).sign(recording).values():
        shown = json.dumps(open_secured(data).document)
        for private in (RECIPIENT, make.RECIPIENT, "Reading Together", "lakeside", make.badge()["id"]):
            assert private not in shown


def test_a_receipt_for_a_fetched_credential_names_both_digests() -> None:
    recording = recorded()
    fetched = Fetched("https://lakeside.example/badges/7", recording.data)
    led = replace(recording, data=b"https://lakeside.example/badges/7", documents=(*recording.documents, fetched))
    subject = build_receipt(led, manifest_of(led), "did:example:office")["credentialSubject"]
    assert subject["credentialSha256"] == recording.report.input.sha256
    assert subject["inputSha256"] != subject["credentialSha256"]


def test_every_own_term_of_a_receipt_is_defined_in_it() -> None:
    recording = recorded()
    fetched = Fetched("https://lakeside.example/badges/7", recording.data)
    led = replace(recording, data=b"https://lakeside.example/badges/7", documents=(*recording.documents, fetched))
    body = build_receipt(led, manifest_of(led), "did:example:office")
    used = {*body["credentialSubject"], "VerificationReceipt", "Verification"} - {"type"}
    assert used == set(CONTEXT)


def test_different_packages_have_receipts_with_different_ids() -> None:
    signer = ReceiptSigner(make.signer("office"))
    ids = {json.loads(signer.sign(each)["receipt.json"])["id"] for each in (recorded(), recorded(), recorded(7))}
    assert len(ids) == 2


@pytest.mark.parametrize("spoil", ["verdict", "packageSha256", "reportSha256", "checkedAt"])
def test_no_word_of_a_receipt_can_be_changed(spoil: str) -> None:
    receipt = ReceiptSigner(make.signer("office")).sign(recorded(7))["receipt.json"]
    changed = make.spoiled(receipt, lambda body: body["credentialSubject"].update({spoil: "valid"}))
    assert make.inspect(changed).verdict is Verdict.INVALID


class _Unplugged:
    """A signer whose key is out of reach."""

    def __init__(self, signer: Signer) -> None:
        self.public_key: PublicKey = signer.public_key
        self.verification_method = signer.verification_method
        self.controller = signer.controller

    def sign(self, data: bytes) -> bytes:
        raise ProblemError(KEY_CUSTODY_ERROR, "the token does not answer")


def test_a_service_whose_key_is_out_of_reach_answers_without_a_receipt(caplog: pytest.LogCaptureFixture) -> None:
    signer = ReceiptSigner(_Unplugged(make.signer("office")))
    with pytest.raises(ProblemError, match="does not answer"):
        signer.sign(recorded())
    with caplog.at_level(logging.ERROR):
        assert signer(recorded(recipient=RECIPIENT)) == {}
    assert "the token does not answer" in caplog.text
    assert RECIPIENT not in caplog.text
    assert set(ReceiptSigner(make.signer("office"))(recorded())) == {"receipt.json", "receipt.jwt"}


def test_a_signer_that_makes_wrong_signatures_hands_out_none() -> None:
    class Broken(_Unplugged):
        def sign(self, data: bytes) -> bytes:
            return bytes(64)

    assert ReceiptSigner(Broken(make.signer("office")))(recorded()) == {}


def test_the_key_is_opened_by_its_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "office.key"
    key = generate(KeyType.ED25519)
    file.save(path, key, passphrase="correct horse battery staple", created=make.NOW)
    opened = open_receipts(f"file:{path}", passphrase=lambda: "correct horse battery staple", name="Office")
    assert opened.issuer == local_signer(key).controller
    assert set(opened.sign(recorded())) == {"receipt.json", "receipt.jwt"}
    with pytest.raises(ProblemError):
        open_receipts(f"file:{path}", passphrase=lambda: "wrong")
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    for uri in ("env:NO_SUCH_KEY", "file:/nonexistent/key", "z3u2secret"):
        with pytest.raises(ProblemError) as caught:
            open_receipts(uri, passphrase=lambda: "x")
        assert "z3u2secret" not in str(caught.value)
