"""Adding a context to an operator's directory, held to what is bundled."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from badgeport.schemas.contexts.collection import ContextEntry, store
from badgeport.schemas.contexts.directory import has_manifest, pin_in_directory
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError


def add_to_directory(
    directory: str | os.PathLike[str],
    url: str,
    data: bytes,
    sha256: str | None,
    limits: Limits = DEFAULT_LIMITS,
) -> ContextEntry:
    """Store a context in an operator's directory (made when missing) and pin it in the manifest there.

    ``sha256`` is the digest that the operator expects, in hexadecimal; ``None`` pins the bytes as they are. Raises
    ProblemError(MALFORMED_VALUE_ERROR) when the bytes are not a context, have another digest, or the URL is bundled or
    was added with other bytes; also when the directory cannot be read or written.
    """
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and sha256.lower() != digest:
        raise ProblemError(MALFORMED_VALUE_ERROR, f"the context has the SHA-256 digest {digest}, not the expected one")
    folder = Path(directory)
    present = store().with_directory(folder, limits) if has_manifest(folder) else store()
    present.check_addition(url, data, limits)
    file = pin_in_directory(folder, url, data, limits)
    return ContextEntry(url=url, file=file, sha256=digest)
