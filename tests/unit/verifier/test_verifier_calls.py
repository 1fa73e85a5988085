"""The two calls, what guards them, and that a defect never turns into a verdict."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest

from badgeport.schemas import structure
from badgeport.schemas.problems import INTERNAL_ERROR
from badgeport.verifier import pipeline
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.ids import CORE, ROWS
from badgeport.verifier.checks.registry import REGISTRY
from badgeport.verifier.policy import Policy
from badgeport.verifier.report import CheckResult, Outcome, Verdict
from badgeport.verifier.verifier import VerificationError, VerifiedCredential, Verifier
from support import verifying as v

ROOT = Path(__file__).resolve().parents[3]


def test_only_a_verification_makes_a_verified_credential() -> None:
    data = v.sign(v.badge())
    verified = v.verifier().verify(data, now=v.NOW)
    assert verified.report.valid
    assert verified.original == data
    assert verified.issuer == v.signer().controller
    assert verified.sha256 == verified.report.input.sha256
    assert verified.document == v.parsed(data)
    verified.document["name"] = "Other"
    assert verified.document["name"] == "Reading Together"
    with pytest.raises(TypeError):
        VerifiedCredential(object(), verified.report, {}, b"", {})
    with pytest.raises(AttributeError):
        verified.report = v.inspect(b"")  # type: ignore[misc]


def test_what_is_not_valid_is_not_handed_over() -> None:
    with pytest.raises(VerificationError) as caught:
        v.verifier().verify(v.sign(v.badge(), v.signer("mallory")), now=v.NOW)
    assert caught.value.report.verdict is Verdict.INVALID
    assert "ISSUER_KEY_MISMATCH" in str(caught.value)
    with pytest.raises(VerificationError):
        v.verifier().verify(v.sign(v.badge("did:web:lakeside.example"), v.web_signer()), now=v.NOW)


def test_instants_need_a_time_zone() -> None:
    naive = datetime(2026, 5, 1)
    with pytest.raises(ValueError, match="time zone"):
        v.verifier().inspect(b"", now=naive)
    with pytest.raises(ValueError, match="time zone"):
        v.verifier().inspect(b"", now=v.NOW, as_of=naive)


def test_what_is_not_bytes_is_a_programming_error() -> None:
    wrong: Any = 10**15
    with pytest.raises(TypeError):
        v.verifier().inspect(wrong, now=v.NOW)


def broken(*_arguments: Any, **_options: Any) -> NoReturn:
    raise RuntimeError("a defect")


@pytest.mark.parametrize("row", ROWS)
def test_a_defect_in_a_check_leaves_it_undetermined(row: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = tuple(replace(check, run=broken) if check.row == row else check for check in REGISTRY)
    monkeypatch.setattr(pipeline, "REGISTRY", spoiled)
    report = v.inspect(v.sign(v.badge()))
    assert report.check(ROWS[row]).outcome is Outcome.UNKNOWN
    assert report.verdict is Verdict.UNDETERMINED
    assert "a defect" not in report.to_text()
    narrow = Policy("narrow", frozenset({"parsing"}))
    assert v.inspect(v.sign(v.badge()), policy=narrow).verdict is Verdict.UNDETERMINED


def idle(check: Check) -> Callable[[Any], CheckResult]:
    return lambda _: check.skipped("Nothing to do.")


@pytest.mark.parametrize("row", [row for row, check_id in ROWS.items() if check_id in CORE])
def test_a_core_check_that_finds_nothing_to_do_does_not_let_a_forgery_through(
    row: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lazy = tuple(replace(check, run=idle(check)) if check.row == row else check for check in REGISTRY)
    monkeypatch.setattr(pipeline, "REGISTRY", lazy)
    forged = v.spoiled(v.sign(v.badge(), v.signer("mallory")), lambda document: document.update(name="Other"))
    assert v.inspect(forged).verdict is not Verdict.VALID


@pytest.mark.parametrize("idle_rows", [{27}, {24, 25}, {24, 25, 26, 27}])
def test_nothing_is_valid_without_a_signature_by_the_issuers_key(
    idle_rows: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    lazy = tuple(replace(check, run=idle(check)) if check.row in idle_rows else check for check in REGISTRY)
    monkeypatch.setattr(pipeline, "REGISTRY", lazy)
    for data in (v.sign(v.badge()), v.sign(v.badge(), format="vc-jwt")):
        assert v.inspect(data).verdict is Verdict.UNDETERMINED


def test_a_defect_outside_the_checks_leaves_everything_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "check", broken)
    report = v.inspect(v.sign(v.badge()))
    assert report.verdict is Verdict.UNDETERMINED
    assert report.check("parsing").problems[0].type is INTERNAL_ERROR
    assert report.to_text()


def test_one_verifier_judges_many_inputs_alike() -> None:
    verifier = v.verifier()
    data = v.sign(v.badge())
    first = verifier.inspect(data, now=v.NOW).to_json()
    verifier.inspect(b"noise", now=v.NOW)
    assert verifier.inspect(data, now=v.NOW).to_json() == first
    buffer: Any = bytearray(data)
    assert verifier.inspect(buffer, now=v.NOW).to_json() == first


def test_the_input_is_not_changed_by_being_looked_at() -> None:
    documents: dict[str, Any] = {v.LIST: v.status_list()}
    before = copy.deepcopy(documents)
    v.inspect(v.sign(v.badge(credentialStatus=v.status_entry())), documents)
    assert documents == before


def test_the_software_names_itself() -> None:
    report = Verifier().inspect(b"", now=v.NOW)
    assert report.software.startswith("badgeport")


def test_the_package_offers_its_names_without_loading_them() -> None:
    script = (
        "import sys, badgeport.verifier as room\n"
        "assert not [name for name in sys.modules if 'cryptography' in name or 'pyld' in name]\n"
        "for name in room.__all__: getattr(room, name)\n"
        "heavy = {'fastapi', 'sqlmodel', 'sqlalchemy', 'httpx', 'httpx2', 'requests', 'urllib3', 'aiohttp'}\n"
        "heavy |= {'pydantic', 'jsonschema_rs', 'pyld', 'jwcrypto'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "assert not [name for name in sys.modules if 'custody' in name]\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with pytest.raises(AttributeError):
        getattr(import_module("badgeport.verifier"), "Signer")  # noqa: B009


# -- documentation --------------------------------------------------------------------------------------------------


def test_the_list_of_checks_is_complete_and_documented() -> None:
    assert [check.row for check in REGISTRY] == list(range(1, 48))
    assert [check.id for check in REGISTRY] == list(ROWS.values())
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ") and "`" in line]
    documented = [(int(cells[0].strip("| ")), cells[1].strip("`"), cells[3], cells[4].strip(" |")) for cells in rows]
    expected = [
        (
            check.row,
            check.id,
            ", ".join(f"`{code}`" for code in sorted({kind.code for kind in check.codes})) or "–",
            "no policy waives" if check.id in CORE else "",
        )
        for check in REGISTRY
    ]
    assert documented == expected


def test_the_page_about_reports_names_every_member_of_a_policy() -> None:
    from badgeport.verifier.policy import schema

    page = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    assert [name for name in schema()["properties"] if f"| `{name}` |" not in page] == []
    assert INTERNAL_ERROR.uri in page
