"""What the page keeps between a question and its answer: one ZIP of reports and proof packages, under one token."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from badgeport.schemas import jsontext

MAXIMUM_PACKAGES_BYTES = 64 * 1024 * 1024
"""What the proof packages of one answer may hold together; one that is more is not kept, and the answer is."""

_INDEX = "index.json"
_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked at: its report with the proof package, or the problem why there is none.

    ``name`` is its file name, if it had one. ``earlier`` says what an earlier report said and whether repeating it gave
    the same, where a proof package was handed in.
    """

    name: str | None
    report: bytes | None = field(default=None, repr=False)
    package: bytes | None = field(default=None, repr=False)
    problem: Mapping[str, Any] | None = None
    earlier: Mapping[str, Any] | None = None

    def parsed(self) -> dict[str, Any]:
        """The report's JSON. Raises KeyError where there is none."""
        if self.report is None:
            raise KeyError("there is no report")
        return _parsed(self.report)


def pack(items: tuple[Item, ...]) -> bytes:
    """The bytes to keep: every report, and the proof packages there is room for, first come first served."""
    room = MAXIMUM_PACKAGES_BYTES
    index = [
        {"name": item.name, "problem": item.problem, "earlier": item.earlier, "made": item.package is not None}
        for item in items
    ]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        _add(archive, _INDEX, jsontext.dump({"items": index}), zipfile.ZIP_DEFLATED)
        for number, item in enumerate(items, start=1):
            if item.report is not None:
                _add(archive, f"{number}/report.json", item.report, zipfile.ZIP_DEFLATED)
            if item.package is not None and len(item.package) <= room:
                room -= len(item.package)
                _add(archive, f"{number}/package.zip", item.package, zipfile.ZIP_STORED)
    return target.getvalue()


class Kept:
    """What was kept, opened. Items are numbered from 1, as they are in addresses."""

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._names = frozenset(self._archive.namelist())
        self._index = _parsed(self._archive.read(_INDEX))["items"]

    def __len__(self) -> int:
        return len(self._index)

    def item(self, number: int, *, package: bool = False) -> Item | None:
        """An item, with its proof package only where it is asked for; None where there is no such number."""
        if not 1 <= number <= len(self):
            return None
        entry = self._index[number - 1]
        return Item(
            name=entry["name"],
            report=self._read(f"{number}/report.json"),
            package=self._read(f"{number}/package.zip") if package else None,
            problem=entry["problem"],
            earlier=entry["earlier"],
        )

    def packed(self, number: int) -> bool:
        """Whether an item has a proof package."""
        return f"{number}/package.zip" in self._names

    def left_out(self, number: int) -> bool:
        """Whether an item had a proof package for which there was no room."""
        return bool(self._index[number - 1]["made"]) and not self.packed(number)

    def _read(self, name: str) -> bytes | None:
        return self._archive.read(name) if name in self._names else None


def _add(archive: zipfile.ZipFile, name: str, data: bytes, method: int) -> None:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.compress_type = method
    archive.writestr(entry, data)


def _parsed(data: bytes) -> dict[str, Any]:
    # Written by ourselves, so that the limits for what others write do not apply.
    import json

    body = json.loads(data)
    assert isinstance(body, dict)
    return body
