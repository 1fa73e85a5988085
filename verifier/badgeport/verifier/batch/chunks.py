"""Records in chunks: what one worker is handed at a time, as a file beside the results.

Where a chunk begins and ends depends on the records alone, so that a run that was stopped cuts the same ones again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from badgeport.verifier.batch.sources import Record

CHUNK_RECORDS = 250
CHUNK_BYTES = 8 * 1024 * 1024
"""A chunk ends with the record that reaches either."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records that follow one another: the chunk's number from 1, and the number of its last record."""

    number: int
    records: tuple[Record, ...]

    @property
    def last(self) -> int:
        """The number of its last record."""
        return self.records[-1].number

    def sha256(self) -> bytes:
        """The digest of all that is in it, names included."""
        hashed = hashlib.sha256()
        for part in self._parts():
            hashed.update(part)
        return hashed.digest()

    def write(self, path: Path) -> Written:
        """Write it to a file from which `read` reads it; the file is there as a whole or not at all."""
        write_whole(path, self._parts())
        return Written(self.number, len(self.records), self.last, self.sha256())

    def _parts(self) -> Iterator[bytes]:
        for record in self.records:
            yield _head(record)
            yield record.data


@dataclass(frozen=True, slots=True)
class Written:
    """A chunk that is a file: its number, how many records it has, the number of the last of them, its digest."""

    number: int
    count: int
    last: int
    sha256: bytes


def cut(records: Iterable[Record], *, most: int = CHUNK_RECORDS, most_bytes: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The records in chunks of up to ``most``, or as many as reach ``most_bytes``."""
    held: list[Record] = []
    number = size = 0
    for record in records:
        held.append(record)
        size += len(record.data)
        if len(held) >= most or size >= most_bytes:
            number += 1
            yield Chunk(number, tuple(held))
            held, size = [], 0
    if held:
        yield Chunk(number + 1, tuple(held))


def read(path: Path) -> Iterator[Record]:
    """The records of a chunk's file. Raises OSError where it is not there."""
    with open(path, "rb") as stream:
        while line := stream.readline():
            head = json.loads(line)
            yield Record(head["number"], head["name"], stream.read(head["bytes"]), head["refused"])


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file under another name first: who finds it finds all of it. Two who write it at once do no harm."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(temporary, "wb") as stream:
        stream.writelines(parts)
    os.replace(temporary, path)


def _head(record: Record) -> bytes:
    head = {"number": record.number, "name": record.name, "bytes": len(record.data), "refused": record.refused}
    return json.dumps(head).encode() + b"\n"
