"""Files by the digest of their bytes: stored once, never changed, never executed."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".new-"


class Blobs(Protocol):
    """A store of files."""

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """Keep what a file holds; its SHA-256 and size. Putting the same bytes again changes nothing."""

    def open(self, digest: str) -> BinaryIO:
        """The file with a digest. Raises KeyError where there is none."""

    def has(self, digest: str) -> bool:
        """Whether there is a file with a digest."""

    def delete(self, digest: str) -> None:
        """Forget a file; nothing where there is none."""

    def digests(self) -> Iterator[str]:
        """All that are kept."""

    def older(self, age: timedelta) -> Iterator[str]:
        """Those that were put longer ago, by the store's own clock; what a writer that died left goes on the way."""


class DiskBlobs:
    """Files in a directory, two levels deep, readable by their owner alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """As `Blobs.put`: written beside its place, synchronised, then moved there."""
        hashed, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self._directory, prefix=_UNFINISHED)
        try:
            with os.fdopen(handle, "wb") as target:
                while chunk := source.read(CHUNK):
                    hashed.update(chunk)
                    size += len(chunk)
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            digest = hashed.hexdigest()
            place = self._place(digest)
            place.parent.mkdir(mode=0o700, exist_ok=True)
            os.replace(name, place)
            # The names too: what the database says is there must be there after a power cut.
            _synchronise(place.parent)
            _synchronise(self._directory)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return digest, size

    def open(self, digest: str) -> BinaryIO:
        """As `Blobs.open`."""
        try:
            return self._place(digest).open("rb")
        except FileNotFoundError:
            raise KeyError(digest) from None

    def has(self, digest: str) -> bool:
        """As `Blobs.has`."""
        return self._place(digest).exists()

    def delete(self, digest: str) -> None:
        """As `Blobs.delete`."""
        place = self._place(digest)
        with suppress(FileNotFoundError):
            place.unlink()
            _synchronise(place.parent)

    def digests(self) -> Iterator[str]:
        """As `Blobs.digests`."""
        for path in sorted(self._directory.glob("??/*")):
            if _DIGEST.fullmatch(path.name):
                yield path.name

    def older(self, age: timedelta) -> Iterator[str]:
        """As `Blobs.older`."""
        before = time.time() - age.total_seconds()
        for path in self._directory.glob(f"{_UNFINISHED}*"):
            if _written(path) < before:
                path.unlink(missing_ok=True)
        for digest in self.digests():
            if _written(self._place(digest)) < before:
                yield digest

    def _place(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise KeyError(digest)
        return self._directory / digest[:2] / digest


def _written(path: Path) -> float:
    """When a file was written, in seconds; one that is gone meanwhile is not old."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _synchronise(directory: Path) -> None:
    """Have the names in a directory outlast a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
