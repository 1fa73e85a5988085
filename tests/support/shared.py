"""The official vectors and contexts that may lie beside a checkout; tests skip where they do not."""

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def shared_path(relative: str) -> Path:
    """The path of an official file beside the checkout, or a skip that says it is missing."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"official data not beside this checkout: shared/{relative}")
    return path


def shared_json(relative: str) -> Any:
    """An official JSON file, parsed."""
    return json.loads(shared_path(relative).read_text(encoding="utf-8"))


def shared_text(relative: str) -> str:
    """An official text file."""
    return shared_path(relative).read_text(encoding="utf-8")
