"""The figures of a run that is through: counted from its results, which also become a table."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.batch import snapshot, tables
from badgeport.verifier.batch.chunks import write_whole
from badgeport.verifier.batch.journal import Mark
from badgeport.verifier.batch.terms import Places, Terms

_PARTS = 256
_DIGEST = 16


def read(places: Places) -> dict[str, Any]:
    """The summary of a run that is over."""
    summary: dict[str, Any] = json.loads(places.summary.read_bytes())
    return summary


def finish(terms: Terms, places: Places, *, engine: str) -> dict[str, Any]:
    """Count the results, write the table, and last the summary; returns it. It may be begun again after a kill."""
    mark = _last(places.journal)
    counted = _Counted(places.state / "counting")
    with tables.writer(places.table, decisions=terms.recognition is not None) as table:
        for result in _lines(places.results):
            counted.add(result)
            table.add(result)
    got, failed = snapshot.count(places.documents)
    summary: dict[str, Any] = {
        "task": terms.task,
        "records": counted.records,
        "verdicts": dict(sorted(counted.verdicts.items())),
        "codes": dict(counted.codes.most_common()),
        **({} if terms.recognition is None else {"decisions": dict(sorted(counted.decisions.items()))}),
        "duplicates": counted.duplicates(),
        "seconds": round(mark.seconds, 3),
        "recordsPerSecond": round(counted.records / mark.seconds, 1) if mark.seconds else None,
        "resumed": mark.turns - 1,
        "engine": engine,
        "asOf": format_datetime(terms.as_of),
        "checkedAt": format_datetime(terms.now),
        "policy": terms.policy.name,
        "policySha256": terms.policy.sha256,
        "documents": {"got": got, "notHad": failed},
        "inputs": list(terms.inputs),
        "inputsSha256": mark.inputs,
        "resultsSha256": _sha256(places.results),
        "parquet": places.table.name if table.written else None,
        "software": terms.software,
    }
    write_whole(places.summary, [json.dumps(summary, indent=2, ensure_ascii=False).encode(), b"\n"])
    return summary


class _Counted:
    """Counts results. What has to be compared with all others goes to files, so that memory stays as it is."""

    def __init__(self, folder: Path) -> None:
        self.records = 0
        self.verdicts: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.decisions: Counter[str] = Counter()
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self._parts: list[BinaryIO] = [self._path(number).open("wb") for number in range(_PARTS)]

    def add(self, result: Mapping[str, Any]) -> None:
        """Count one result."""
        self.records += 1
        self.verdicts[result["verdict"] or "error"] += 1
        self.codes.update(result["codes"])
        if result.get("decision") is not None:
            self.decisions[result["decision"]["decision"]] += 1
        same = _same(result)
        if same is not None:
            self._parts[same[0]].write(same)

    def duplicates(self) -> int:
        """How many records repeat one before them: the same badge, or the same bytes. To be asked once, at the end."""
        repeated = 0
        for number, part in enumerate(self._parts):
            part.close()
            held = self._path(number).read_bytes()
            digests = {held[at : at + _DIGEST] for at in range(0, len(held), _DIGEST)}
            repeated += len(held) // _DIGEST - len(digests)
        shutil.rmtree(self._folder, ignore_errors=True)
        return repeated

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:02x}"


def _same(result: Mapping[str, Any]) -> bytes | None:
    """What equal badges have in common: issuer and id where they are proven (Open Badges 3.0), else the bytes."""
    credential = result["credential"] or {}
    if result["sha256"] is None:
        return None
    named = [credential.get("issuer"), credential.get("id")]
    key = named if result["verdict"] == "valid" and all(named) else [result["sha256"]]
    return hashlib.sha256(json.dumps(key).encode()).digest()[:_DIGEST]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with open(path, "rb") as stream:
        for line in stream:
            yield orjson.loads(line)


def _last(journal: Path) -> Mark:
    last = b""
    with open(journal, "rb") as stream:
        for line in stream:
            last = line
    return Mark(**json.loads(last))


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
