"""The program that reads one PDF file: from standard input to its attached files on standard output.

It is run by `pdf` in a confined process and imports nothing of this project. The answer is one line of JSON, a list
of name and size of each file (null where it could not be taken out), then their bytes one after the other.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

UNREADABLE, PROTECTED, INTRICATE = 3, 4, 5
"""Exit codes, those of `confined`."""

_NAME_CHARS = 300
_STREAMS = ("/UF", "/F", "/Unix", "/Mac", "/DOS")
"""Where a file specification names the file's stream, by the name that is to be used."""


class _TooIntricateError(Exception):
    """More objects, files or bytes than allowed."""


class _Walk:
    """The objects of a document that are looked at, each once and no more than allowed."""

    def __init__(self, objects: int) -> None:
        self._left = objects
        self._seen: set[tuple[int, int]] = set()

    def opened(self, value: Any) -> Any:
        """The object behind a reference; None where it is broken or was met before."""
        self._left -= 1
        if self._left < 0:
            raise _TooIntricateError
        number = getattr(value, "idnum", None)
        if number is not None:
            key = (number, getattr(value, "generation", 0))
            if key in self._seen:
                return None
            self._seen.add(key)
        return resolved(value)


def resolved(value: Any) -> Any:
    """The object behind a reference, or None where there is none that can be read."""
    try:
        return value.get_object()
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return None


def items(value: Any) -> list[Any]:
    """The members of an array, however it is given."""
    found = resolved(value)
    return list(found) if isinstance(found, list) else []


def specifications(catalog: Any, walk: _Walk) -> Iterator[Any]:
    """Every file specification: of the document, associated with it, and of its pages."""
    names = resolved(catalog.get("/Names"))
    pending = [names.get("/EmbeddedFiles")] if isinstance(names, dict) else []
    while pending:
        node = walk.opened(pending.pop())
        if not isinstance(node, dict):
            continue
        yield from items(node.get("/Names"))[1::2]
        pending += reversed(items(node.get("/Kids")))
    yield from items(catalog.get("/AF"))
    pending = [catalog.get("/Pages")]
    while pending:
        node = walk.opened(pending.pop())
        if not isinstance(node, dict):
            continue
        pending += reversed(items(node.get("/Kids")))
        yield from items(node.get("/AF"))
        for note in items(node.get("/Annots")):
            found = walk.opened(note)
            if isinstance(found, dict):
                yield from items(found.get("/AF"))
                yield from stated(found, ("/FS",))


def stated(dictionary: Any, keys: Iterable[str]) -> Iterator[Any]:
    """The value under the first of the keys that is there, a reference as such."""
    yield from [dictionary.raw_get(key) for key in keys if key in dictionary][:1]


def files(catalog: Any, objects: int) -> Iterator[tuple[str, Any]]:
    """The name and the stream of every attached file, each stream once."""
    walk = _Walk(objects)
    for found in specifications(catalog, walk):
        specification = walk.opened(found)
        embedded = resolved(specification.get("/EF")) if isinstance(specification, dict) else None
        if not isinstance(embedded, dict):
            continue
        reference = next(stated(embedded, _STREAMS), None)
        stream = walk.opened(reference)
        if stream is None:
            continue
        name = resolved(specification.get("/UF")) or resolved(specification.get("/F"))
        yield name if isinstance(name, str) else "", stream


def main(arguments: list[str]) -> int:
    """Read standard input within the bounds given as arguments; returns the exit code."""
    objects, entries, total, largest = map(int, arguments)
    data = sys.stdin.buffer.read()
    try:
        from pypdf import PdfReader
        from pypdf.errors import LimitReachedError

        try:
            reader = PdfReader(io.BytesIO(data), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                return PROTECTED
            catalog = reader.root_object
            if not isinstance(catalog, dict):
                return UNREADABLE
        except (MemoryError, RecursionError, LimitReachedError):
            return INTRICATE
        except Exception:
            return UNREADABLE
        head: list[tuple[str, int | None]] = []
        bodies: list[bytes] = []
        for name, stream in files(catalog, objects):
            body = _body(stream)
            if len(head) >= entries:
                return INTRICATE
            if body is None or len(body) > min(total, largest):
                head.append((name[:_NAME_CHARS], None))
                continue
            total -= len(body)
            head.append((name[:_NAME_CHARS], len(body)))
            bodies.append(body)
    except (MemoryError, RecursionError, _TooIntricateError):
        return INTRICATE
    except Exception:
        return UNREADABLE
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    for body in bodies:
        sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    return 0


def _body(stream: Any) -> bytes | None:
    try:
        body = stream.get_data()
    except (MemoryError, RecursionError):
        raise
    except Exception:
        return None
    return body if isinstance(body, bytes) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
