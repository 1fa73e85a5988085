"""``python -m bench.guided``: look for documents that reach what no document reached before, and keep them.

Documents are changed at random as in `bench.documents`, but what is changed is one of those kept, and a document is
kept where it takes the engines along a way (from one line of their code to another) that none took before, or is the
shortest that does. Each goes through both engines, held against each other (`bench.differential.compare`). What is kept
is the corpus, which the tests go through at every run. The command ends with 1 where the engines differ.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from badgeport.proofs import canonicalization
from bench.differential import compare
from bench.documents import change, documents

CORPUS = Path(__file__).resolve().parents[1] / "tests" / "property" / "corpus.ndjson"
SEED = 1
MOST_CHARS = 6_000
"""Longer documents are not kept: what they reach shorter ones do."""

_FRESH = 0.4
_FOLDER = str(Path(canonicalization.__file__).parent)

Way = tuple[str, int, int]
"""A file, a line of it and the line of the same call that was run next; 0 before the first."""


class _Tracer:
    """Notes the ways that are taken through the canonicalization while it is in force."""

    def __init__(self) -> None:
        self.ways: set[Way] = set()

    def __enter__(self) -> _Tracer:
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _called(self, frame: FrameType, _event: str, _given: Any) -> Callable[..., Any] | None:
        if not frame.f_code.co_filename.startswith(_FOLDER):
            return None
        name, last = Path(frame.f_code.co_filename).name, 0

        def line(frame: FrameType, event: str, _given: Any) -> Callable[..., Any]:
            nonlocal last
            if event == "line":
                self.ways.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return line

        return line


def ways(document: Mapping[str, Any]) -> set[Way]:
    """The ways that a document takes through both engines. Raises AssertionError where they differ."""
    with _Tracer() as tracer:
        compare(document, exact=True)
        compare(document, signed=False)
    return tracer.ways


@dataclass
class Search:
    """What is known: for each way the shortest document that takes it, as JSON text."""

    shortest: dict[Way, str] = field(default_factory=dict)
    differ: list[tuple[str, str]] = field(default_factory=list)

    @property
    def kept(self) -> list[str]:
        """The corpus: the fewest documents that were found to take every way, the shortest first."""
        return sorted(set(self.shortest.values()), key=lambda text: (len(text), text))

    def look_at(self, document: Mapping[str, Any]) -> bool:
        """Take a document up; whether it took a way that none had taken."""
        text = json.dumps(document, separators=(",", ":"))
        if len(text) > MOST_CHARS:
            return False
        try:
            taken = ways(document)
        except AssertionError as difference:
            self.differ.append((str(difference), text))
            return False
        new = taken - self.shortest.keys()
        for way in taken:
            held = self.shortest.get(way)
            if held is None or len(text) < len(held):
                self.shortest[way] = text
        return bool(new)


def search(number: int, *, seed: int = SEED, corpus: Iterable[Mapping[str, Any]] = ()) -> tuple[Search, int]:
    """Look at the corpus and at ``number`` documents more; what is known then, and how many of those were news."""
    found, news = Search(), 0
    for document in corpus:
        found.look_at(document)
    chance, fresh = random.Random(f"guided {seed}"), documents(seed)
    for _ in range(number):
        kept = found.kept
        if not kept or chance.random() < _FRESH:
            document = next(fresh).document
        else:
            document = json.loads(chance.choice(kept))
            with suppress(RecursionError):
                change(chance, document, least=1)
        news += found.look_at(document)
    return found, news


def corpus() -> list[dict[str, Any]]:
    """The documents that are kept."""
    return [json.loads(line) for line in CORPUS.read_text(encoding="ascii").splitlines()]


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m bench.guided", description="Look for documents that reach further.")
    made.add_argument("--documents", metavar="N", type=int, default=2_000, help="documents (default: %(default)s)")
    made.add_argument("--seed", metavar="S", type=int, default=SEED, help="of the documents (default: %(default)s)")
    made.add_argument("--keep", action="store_true", help=f"write the corpus anew ({CORPUS.name})")
    return made


def main(arguments: Sequence[str]) -> int:
    """Run with these arguments; 1 where the engines differ."""
    options = parser().parse_args(arguments)
    found, news = search(options.documents, seed=options.seed, corpus=corpus() if CORPUS.exists() else ())
    for what, text in found.differ[:20]:
        print(f"{what}\n{text}")
    print(f"{len(found.shortest):>10,}  ways taken\n{news:>10,}  documents that took a new one")
    print(f"{len(found.kept):>10,}  kept\n{len(found.differ):>10,}  differ")
    if options.keep:
        CORPUS.write_text("".join(f"{text}\n" for text in found.kept), encoding="ascii")
    return 1 if found.differ else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
