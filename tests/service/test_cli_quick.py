"""The line that is read without the framework says what the framework would have understood."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.main import get_command

from badgeport.service.cli import verify as verifying
from badgeport.service.cli.app import app, invoke
from badgeport.service.cli.quick import SWITCHES, VALUES, verify_line

NAMES = st.sampled_from(["a.json", "-", "b c.json", "https://example.org/c/1", "verify", "é.json", "a=b", "x--json"])
OPTIONS = st.sampled_from(sorted(SWITCHES | VALUES))
ODD = st.sampled_from(["--", "--help", "--as-of=2026-01-01", "-x", "--off", "", "--jsonx", "--no-json"])
LINES = st.lists(NAMES | OPTIONS | ODD, max_size=6)


def test_every_option_is_known_and_of_its_kind() -> None:
    command: Any = get_command(app)
    options = [each for each in command.commands["verify"].params if each.opts[0].startswith("-")]
    names = {(name, each.is_flag) for each in options for name in each.opts if name != "--help"}
    assert names == {(name, True) for name in SWITCHES} | {(name, False) for name in VALUES}


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=LINES)
def test_read_as_the_framework_reads_it(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    line = ["verify", *words]
    quick = verify_line(line)
    if quick is None:
        return
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(verifying, "verify_inputs", lambda *arguments: calls.append(arguments) or 0)
    assert invoke(line) == 0
    assert calls == [tuple(quick.values())]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["recognize", "a.json"],
        ["verify"],
        ["verify", "--help"],
        ["verify", "a.json", "--json", "--json"],
        ["verify", "a.json", "--as-of"],
        ["verify", "a.json", "--as-of", "--json"],
        ["verify", "a.json", "--as-of=2026-01-01T00:00:00Z"],
        ["verify", "--", "a.json"],
        ["verify", "-x", "a.json"],
    ],
)
def test_what_is_unusual_is_left_to_the_framework(words: list[str]) -> None:
    assert verify_line(words) is None


def test_the_usual_line() -> None:
    asked = verify_line(["verify", "a.json", "--offline", "--trust", "t.json", "-"])
    assert asked is not None
    assert (asked["inputs"], asked["offline"], asked["trust"], asked["as_json"]) == (
        ["a.json", "-"],
        True,
        "t.json",
        False,
    )
