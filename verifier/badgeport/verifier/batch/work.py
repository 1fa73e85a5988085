"""What a worker does: judge the records of a chunk, and leave their results in a file.

The results of a record depend on the record and the terms of the run alone, so that it does not matter who judges it,
when, and beside what else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from badgeport.verifier.batch import chunks, results
from badgeport.verifier.batch.sources import Record
from badgeport.verifier.batch.terms import Places, Terms
from badgeport.verifier.verifier import VerificationError, Verifier

if TYPE_CHECKING:
    from badgeport.verifier.recognition.deciding.inputs import Inputs
    from badgeport.verifier.verifier import VerifiedCredential


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one record at a time.

    ``recognition`` is what a decision is made from beside the badge; None: none is asked.
    """

    terms: Terms
    verifier: Verifier
    recognition: Inputs | None

    @classmethod
    def of(cls, terms: Terms, places: Places) -> Judge:
        """The judge of a run."""
        return cls(terms, terms.verifier(places), _recognition(terms))

    def result(self, record: Record) -> dict[str, Any]:
        """The result of a record, as it stands in the results. Never raises."""
        if record.refused is not None:
            return self._failure(record, record.refused)
        try:
            return self._judged(record)
        except Exception as error:
            # A defect costs one record, and is told as what it is.
            return self._failure(record, f"a mistake in this program stopped it ({type(error).__name__})")

    def lost(self, record: Record) -> dict[str, Any]:
        """The result of a record with which every process ended that looked at it."""
        return self._failure(record, "this input could not be judged: the process that looked at it ended each time")

    def _judged(self, record: Record) -> dict[str, Any]:
        terms = self.terms
        if self.recognition is None:
            report = self.verifier.inspect(record.data, now=terms.now, as_of=terms.as_of)
            return results.line(record.number, record.name, report)
        try:
            credential = self.verifier.verify(record.data, now=terms.now, as_of=terms.as_of)
        except VerificationError as error:
            line = results.line(record.number, record.name, error.report)
            if error.report.valid:
                line["error"] = str(error)
            return {**line, "decision": None}
        line = results.line(record.number, record.name, credential.report)
        return {**line, "decision": _decision(credential, self.recognition)}

    def _failure(self, record: Record, why: str) -> dict[str, Any]:
        line = results.failure(record.number, record.name, why)
        return line if self.recognition is None else {**line, "decision": None}


def work(root: str, turn: int, number: int, careful: bool = False, lost: frozenset[int] = frozenset()) -> None:
    """Judge the records of a chunk, from its file into another (`inside` and `outside`).

    ``careful`` notes each record before it is looked at, so that it is known which one a process died of. ``lost`` are
    the numbers of records that are not looked at any more.
    """
    places = Places(Path(root))
    judge = _judge(root)
    folder = places.work(turn)
    note = at(folder, number) if careful else None
    records = chunks.read(inside(folder, number))
    chunks.write_whole(outside(folder, number), _lines(judge, records, note, lost))


def inside(folder: Path, number: int) -> Path:
    """The file with the records of a chunk."""
    return folder / f"{number:09}.in"


def outside(folder: Path, number: int) -> Path:
    """The file with the results of a chunk, a line each, in the order of its records."""
    return folder / f"{number:09}.out"


def at(folder: Path, number: int) -> Path:
    """The file that names the record of a chunk that is looked at, where that is done with care."""
    return folder / f"{number:09}.at"


def _lines(judge: Judge, records: Iterable[Record], note: Path | None, lost: frozenset[int]) -> Iterator[bytes]:
    for record in records:
        if note is not None:
            note.write_text(str(record.number), encoding="ascii")
        result = judge.lost(record) if record.number in lost else judge.result(record)
        yield results.as_text(result).encode() + b"\n"


@lru_cache(maxsize=2)
def _judge(root: str) -> Judge:
    """The judge of a run, made once in each process."""
    places = Places(Path(root))
    return Judge.of(Terms.read(places), places)


def _recognition(terms: Terms) -> Inputs | None:
    if terms.recognition is None:
        return None
    from badgeport.verifier.recognition.deciding.record import inputs_again

    return inputs_again(terms.recognition)


def _decision(credential: VerifiedCredential, given: Inputs) -> Mapping[str, Any]:
    """What the badge is worth by itself, without the trace: `badgeport recognize` tells all of it."""
    from badgeport.verifier.recognition.engine import recognize

    decision = recognize(
        [credential],
        given.policy,
        given.purpose,
        given.facts,
        given.as_of,
        authority=given.authority,
        agreements=given.agreements,
        credited=given.credited,
        software=given.software,
    ).to_json()
    return {
        **{name: decision[name] for name in ("decision", "amount", "atMost", "unit", "purpose")},
        "policy": {name: decision["policy"][name] for name in ("id", "version", "sha256")},
        "rule": next((item["rule"] for item in decision["items"] if item["rule"] is not None), None),
        "why": [text for item in decision["items"] for text in item["why"]],
        "conditions": decision["conditions"],
        "missing": [each["text"] for each in decision["missing"]],
    }
