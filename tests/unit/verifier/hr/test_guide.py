"""The programs in docs/hr.md do what it says."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest

from support import deciding
from support import payroll as p

_PROGRAMS = re.compile(r"```python\n(.*?)```", re.DOTALL)
GUIDE = Path(__file__).resolve().parents[4] / "docs" / "hr.md"


def program(holding: str) -> str:
    """The program of the guide that holds a text."""
    (found,) = [each for each in _PROGRAMS.findall(GUIDE.read_text(encoding="utf-8")) if holding in each]
    return str(found)


def test_the_program_imports_and_looks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("inbox", "documents"):
        Path(name).mkdir()
    Path("inbox/a.json").write_bytes(p.badge("a", validUntil=None))
    Path("roster.csv").write_text(p.ROSTER)
    policy = p.policy(effective={"from": "2026-01-01", "until": "2099-12-31"})
    Path("policy.yaml").write_text(json.dumps(dict(policy.body)))
    exec(compile(program("run_import"), str(GUIDE), "exec"), {})
    assert capsys.readouterr().out == f"E-1 1 {deciding.UNIT}\n"


def test_the_receiver_of_a_webhook_knows_what_is_genuine() -> None:
    from badgeport.service.outbound import signature_of

    names: dict[str, Any] = {}
    exec(compile(program("is_genuine"), str(GUIDE), "exec"), names)
    is_genuine, secret, body = names["is_genuine"], b"s" * 32, b'{"a": 1}'
    header = signature_of(body, secret, 1_000)
    assert header == f"t=1000,v1={hmac.new(secret, b'1000.' + body, hashlib.sha256).hexdigest()}"
    assert is_genuine(header, body, secret, 1_100)
    assert not is_genuine(header, b'{"a": 2}', secret, 1_100)
    assert not is_genuine(header, body, b"t" * 32, 1_100)
    assert not is_genuine(header, body, secret, 9_000)
