"""Whatever bytes a command is given: an exit code of its own, one JSON document, and never a traceback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from service.conftest import Cli

_scraps = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b'"',
        b"eyJhbGciOiJFUzI1NiJ9.",
        b"e30.",
        b"~",
        b"\x89PNG\r\n\x1a\n",
        b"<svg",
        b"%PDF-",
        b"PK\x03\x04",
        b'{"@context":["https://www.w3.org/ns/credentials/v2"],"type":["VerifiableCredential"]',
        b'"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","proofValue":"z"}',
        b'{"type":"Assertion","badge":"https://badges.example/b"}',
    ]
)
_inputs = st.binary(max_size=400) | st.lists(_scraps | st.binary(max_size=12), max_size=12).map(b"".join)


@given(_inputs)
def test_verify_never_raises_and_never_says_valid(cli: Cli, data: bytes) -> None:
    ran = cli("verify", "-", "--json", stdin=data)
    assert ran.code in (1, 2, 3)
    assert ran.json["verdict"] != "valid"
    assert "INTERNAL_ERROR" not in ran.text
    assert "Traceback" not in ran.err
    shown = cli("verify", "-", stdin=data)
    assert shown.code == ran.code
    assert shown.text.strip()


@given(data=st.data())
def test_verify_of_a_damaged_badge_is_never_valid(cli: Cli, demo: Path, good: Path, data: st.DataObject) -> None:
    whole = good.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    with_other = whole[:place] + bytes([data.draw(st.integers(0, 255))]) + whole[place + 1 :]
    damaged = data.draw(st.sampled_from([whole[:place], with_other]))
    ran = cli("verify", "--documents", demo / "documents", "-", "--json", stdin=damaged)
    try:
        unchanged = json.loads(damaged) == json.loads(whole)
    except ValueError:
        unchanged = False
    assert ran.code == (0 if unchanged else ran.code)
    assert unchanged or ran.code in (1, 2, 3)
    assert "Traceback" not in ran.err


@given(_inputs)
def test_other_commands_end_in_words(cli: Cli, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "input"
    path.write_bytes(data)
    path.chmod(0o600)
    for arguments in (
        ["inspect", path, "--json"],
        ["unbake", path],
        ["bake", path, path, "-o", tmp_path / "out"],
        ["derive", path, "--pointers", "/issuer"],
        ["status", "show", path],
        ["keys", "show", path],
        ["did", "document", path],
        ["mint", path, "--key", path],
    ):
        ran = cli(*arguments)
        assert ran.code in (0, 2), arguments
        assert "mistake in this program" not in ran.err
        assert "Traceback" not in ran.err
        assert ran.code == 0 or ran.err.startswith("badgeport: ")
