"""What leaves the ledger: every row with verdict, code and digest; the standards' forms only from valid badges."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest

from badgeport.verifier.hr.exporting import ExportError, as_csv, as_parquet, rows_of
from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.packing import MANIFEST, package_of
from badgeport.verifier.hr.rechecking import recheck
from badgeport.verifier.hr.sources import pieces
from badgeport.verifier.hr.standards import ed_fi, ler_rs
from badgeport.verifier.package import read_package
from support import payroll as p
from support import verifying as v

GOOD, REVOKED = {v.LIST: v.status_list()}, {v.LIST: v.status_list(7)}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return p.ledger(tmp_path)


def cells(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_row_has_credit_verdict_and_digest(ledger: Ledger) -> None:
    data = p.badge("a", credentialStatus=v.status_entry())
    p.bring_in(ledger, data, documents=GOOD)
    (row,) = cells(as_csv(rows_of(ledger)))
    assert (row["employee"], row["standing"], row["amount"], row["lane"]) == ("E-1", "credited", "1", "BA")
    assert (row["verdict"], row["code"]) == ("valid", "")
    assert row["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_row_says_what_the_last_check_found(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a", credentialStatus=v.status_entry()), documents=GOOD)
    recheck(ledger, p.examiner(REVOKED), v.NOW)
    (row,) = rows_of(ledger)
    assert (row.standing, row.verdict, row.code) == ("credited", "invalid", "REVOKED")


def test_what_waits_is_in_the_table_without_an_amount(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"), under=p.policy(p.rule(decides={"office": "Licensing"})))
    (row,) = rows_of(ledger)
    assert (row.standing, row.amount, row.decision, row.entry) == ("waiting", "0", "refer", "")


def test_a_formula_in_a_badge_is_not_run(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("=HYPERLINK(1)"))
    (row,) = cells(as_csv(rows_of(ledger)))
    assert row["badge"] == "'=HYPERLINK(1)"


def test_parquet_holds_the_same_rows_or_says_what_is_missing(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    try:
        from pyarrow import parquet
    except ModuleNotFoundError:
        with pytest.raises(ExportError, match="install badgeport"):
            as_parquet(rows_of(ledger))
        return
    (row,) = parquet.read_table(io.BytesIO(as_parquet(rows_of(ledger)))).to_pylist()
    assert (row["employee"], row["amount"], row["sha256"]) == ("E-1", 1, rows_of(ledger)[0].sha256)


def test_ed_fi_has_the_members_it_requires(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a"))
    body = ed_fi(ledger, rows_of(ledger), state="AR", namespace="uri://kaneridge.example")
    (row,) = body["rows"]
    assert row["credential"] == {
        "credentialIdentifier": "urn:example:a",
        "stateOfIssueStateAbbreviationDescriptor": "uri://ed-fi.org/StateAbbreviationDescriptor#AR",
        "credentialTypeDescriptor": "uri://ed-fi.org/CredentialTypeDescriptor#Other",
        "issuanceDate": "2026-04-01",
        "effectiveDate": "2026-04-01",
        "expirationDate": "2031-04-01",
        "namespace": "uri://kaneridge.example",
    }
    assert (row["verification"]["verdict"], body["status"].split(":")[0]) == ("valid", "experimental")
    with pytest.raises(ExportError, match="two capital letters"):
        ed_fi(ledger, rows_of(ledger), state="Arkansas", namespace="uri://kaneridge.example")


def test_ler_rs_carries_the_signed_source_and_comes_back_in(ledger: Ledger, tmp_path: Path) -> None:
    data = p.badge("a")
    p.bring_in(ledger, data)
    body = ler_rs(ledger, rows_of(ledger), p.roster())
    (row,) = body["rows"]
    assert row["document"]["person"]["name"]["formattedName"] == "Ines Marchetti"
    assert row["document"]["certifications"][0]["verifications"] == [v.parsed(data)]
    (tmp_path / "cv.json").write_text(json.dumps(row["document"]))
    other = Ledger(tmp_path / "other.sqlite")
    assert p.bring_in(other, *pieces([tmp_path / "cv.json"])).credits == 1


def test_a_revoked_badge_is_in_no_export_of_the_standards(ledger: Ledger) -> None:
    p.bring_in(ledger, p.badge("a", credentialStatus=v.status_entry()), p.badge("b"), documents=GOOD)
    recheck(ledger, p.examiner(REVOKED), v.NOW)
    rows = rows_of(ledger)
    assert len(ed_fi(ledger, rows, state="AR", namespace="uri://x.example")["rows"]) == 1
    assert len(ler_rs(ledger, rows)["rows"][0]["document"]["certifications"]) == 1


def test_the_package_of_an_import_holds_all_of_it(ledger: Ledger) -> None:
    data = p.badge("a")
    p.bring_in(ledger, data, b"junk")
    packed = package_of(ledger, 1)
    assert packed == package_of(ledger, 1)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop(MANIFEST))
    assert manifest["members"] == {name: hashlib.sha256(body).hexdigest() for name, body in members.items()}
    assert [(each["outcome"], each["code"]) for each in manifest["outcomes"]] == [
        ("new", None),
        ("quarantined", "no-credential"),
    ]
    assert [each["amount"] for each in manifest["entries"]] == ["1"]
    originals = {body for name, body in members.items() if name.startswith("originals/")}
    assert originals == {data, b"junk"}
    proofs = [read_package(body) for name, body in members.items() if name.startswith("verifications/")]
    assert data in [proof.data for proof in proofs]
    with pytest.raises(KeyError):
        package_of(ledger, 2)
