"""A machine that is too busy to look into a file says nothing about the credential in it."""

from __future__ import annotations

import io
import subprocess
import zipfile
from typing import Any

import pytest

from badgeport.schemas import confined
from badgeport.verifier.intake import unpack
from badgeport.verifier.report import Outcome, Verdict
from support import carriers
from support import verifying as v

BUSY = [OSError(11, "no more processes"), subprocess.TimeoutExpired("reader", 60)]


def make_busy(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(confined.subprocess, "run", refuse)


def files() -> dict[str, bytes]:
    signed = v.sign(v.badge(), format="vc-jwt").decode()
    return {"pdf": carriers.pdf(("badge.json", v.sign(v.badge()))), "picture": carriers.code_picture(signed)}


@pytest.mark.parametrize("error", BUSY, ids=["start", "time"])
@pytest.mark.parametrize("form", ["pdf", "picture"])
def test_what_could_not_be_looked_into_is_undetermined(
    form: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = files()[form]
    assert v.inspect(data).verdict is Verdict.VALID
    make_busy(monkeypatch, error)
    report = v.inspect(data)
    assert report.verdict is Verdict.UNDETERMINED
    assert report.codes == ("READER_UNAVAILABLE",)
    assert report.check("parsing").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("form", ["pdf", "picture"])
def test_in_an_archive_it_is_named_and_not_passed_over(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = files()[form]
    make_busy(monkeypatch, BUSY[0])
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("badge.json", v.sign(v.badge()))
        archive.writestr(f"other.{form}", data)
    assert [piece.name for piece in unpack(held.getvalue())] == ["badge.json", f"other.{form}"]
    assert v.inspect(held.getvalue()).verdict is not Verdict.VALID
