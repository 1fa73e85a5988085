"""The results as a Parquet file, written some rows at a time. It needs pyarrow (the extra ``badgeport[dask]``)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROWS = 2_000
"""Rows that are written together, and held until then."""

_TEXTS = ("input", "sha256", "verdict")
_CREDENTIAL = ("id", "name", "issuer", "issuerName", "recipient", "validUntil")
_DECISION = ("decision", "amount", "atMost", "unit", "purpose", "rule")


class Table:
    """Takes results one after the other. ``written``: whether they become a file."""

    written = False

    def add(self, result: Mapping[str, Any]) -> None:
        """Add the row of a result."""


@contextmanager
def writer(path: Path, *, decisions: bool) -> Iterator[Table]:
    """A table that is there as a whole when this ends; one that goes nowhere where pyarrow is not installed."""
    if not available():
        yield Table()
        return
    temporary = path.with_name(f".{path.name}.tmp")
    table = _Parquet(temporary, decisions)
    try:
        yield table
    finally:
        table.close()
    os.replace(temporary, path)


def available() -> bool:
    """Whether tables can be written."""
    return find_spec("pyarrow") is not None


class _Parquet(Table):
    written = True

    def __init__(self, path: Path, decisions: bool) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        text, texts = pa.string(), pa.list_(pa.string())
        fields = [pa.field("row", pa.int64()), *(pa.field(name, text) for name in _TEXTS), pa.field("codes", texts)]
        fields += [pa.field(_column(name), text) for name in _CREDENTIAL]
        fields += [pa.field("recognizedBy", texts), pa.field("checkedAt", text), pa.field("error", text)]
        if decisions:
            fields += [pa.field(name, text) for name in _DECISION]
        self._pa = pa
        self._schema = pa.schema(fields)
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._decisions = decisions
        self._rows: list[tuple[Any, ...]] = []

    def add(self, result: Mapping[str, Any]) -> None:
        """Add the row of a result."""
        credential = result["credential"] or {}
        row = [result["row"], *map(result.get, _TEXTS), result["codes"], *map(credential.get, _CREDENTIAL)]
        row += [result["recognizedBy"], result["checkedAt"], result["error"]]
        if self._decisions:
            row += map((result["decision"] or {}).get, _DECISION)
        self._rows.append(tuple(row))
        if len(self._rows) >= ROWS:
            self._write()

    def close(self) -> None:
        """Write what is left, and the end of the file."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [self._pa.array(each, field.type) for each, field in zip(columns, self._schema, strict=True)]
            self._writer.write_batch(self._pa.RecordBatch.from_arrays(arrays, schema=self._schema))
            self._rows = []


def _column(name: str) -> str:
    return "credentialId" if name == "id" else name
