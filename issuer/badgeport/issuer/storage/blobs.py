"""Files by the digest of their bytes: stored once, never changed, never executed."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

CHUNK = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs(Protocol):
    """A store of files."""

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """Keep what a file holds; its SHA-256 and size. Putting the same bytes again changes nothing."""

    def open(self, digest: str) -> BinaryIO:
        """The file with a digest. Raises KeyError where there is none."""

    def delete(self, digest: str) -> None:
        """Forget a file; nothing where there is none."""

    def digests(self) -> Iterator[str]:
        """All that are kept."""


class DiskBlobs:
    """Files in a directory, two levels deep, readable by their owner alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """As `Blobs.put`: written beside its place, synchronised, then moved there."""
        hashed, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self._directory, prefix=".new-")
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

    def delete(self, digest: str) -> None:
        """As `Blobs.delete`."""
        self._place(digest).unlink(missing_ok=True)

    def digests(self) -> Iterator[str]:
        """As `Blobs.digests`."""
        for path in sorted(self._directory.glob("??/*")):
            if _DIGEST.fullmatch(path.name):
                yield path.name

    def _place(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise KeyError(digest)
        return self._directory / digest[:2] / digest
