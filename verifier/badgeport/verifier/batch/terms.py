"""What a run asks of every record, written down once beside its results: all that a worker has to know.

A worker is told nothing but the directory of the run. It makes its verifier from what it reads there, so that every
worker, on whatever machine, and every later turn of the same run asks the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from badgeport.schemas import contexts
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.verifier.batch.chunks import CHUNK_BYTES, CHUNK_RECORDS, write_whole
from badgeport.verifier.batch.snapshot import SharedDocuments
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import Fetcher, NoNetwork
from badgeport.verifier.resolution.layers import Deferred, Layers
from badgeport.verifier.trust.registries import Trust
from badgeport.verifier.verifier import Verifier

LIMITS = replace(DEFAULT_LIMITS, fetch_seconds=600.0)
"""The usual bounds, but for patience: who waits for a document that another worker is getting is not hurried."""

FORM = "badgeport-batch-1"


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything of a run is, below the directory its results go to."""

    root: Path

    @property
    def state(self) -> Path:
        """What belongs to the run and is of no use to anybody else."""
        return self.root / "run"

    @property
    def terms(self) -> Path:
        """What is asked."""
        return self.state / "terms.json"

    @property
    def lock(self) -> Path:
        """Held by the process that leads the run."""
        return self.state / "lock"

    @property
    def journal(self) -> Path:
        """How far it is."""
        return self.state / "journal.ndjson"

    @property
    def documents(self) -> Path:
        """What issuers and registries publish."""
        return self.state / "documents"

    def work(self, turn: int) -> Path:
        """The chunks in hand of one turn: those of a turn that was killed are not those of the next."""
        return self.state / f"work-{turn}"

    @property
    def growing(self) -> Path:
        """The results so far."""
        return self.root / "results.ndjson.part"

    @property
    def results(self) -> Path:
        """The results, all of them."""
        return self.root / "results.ndjson"

    @property
    def table(self) -> Path:
        """The results as Parquet."""
        return self.root / "results.parquet"

    @property
    def summary(self) -> Path:
        """The figures. It is written last: where it is, the run is over."""
        return self.root / "summary.json"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of every record.

    ``inputs`` are the paths of files and directories by what they are called in the results. ``now`` is the instant of
    every check, the one at which the run began, and ``as_of`` the instant to judge at. ``documents`` is a directory to
    ask before the network, ``contexts`` one of further JSON-LD contexts. ``loopback`` allows plain http to this machine
    (development). ``recognition`` is the record (`recognition.record`) of a decision about no badge, from which each
    badge is decided; None: verify only.
    """

    inputs: Mapping[str, str]
    now: datetime
    as_of: datetime
    policy: Policy = DEFAULT
    trust: Trust = field(default_factory=Trust)
    offline: bool = False
    loopback: bool = False
    documents: str | None = None
    contexts: str | None = None
    recognition: Mapping[str, Any] | None = None
    software: str = "badgeport"
    chunk_records: int = CHUNK_RECORDS
    chunk_bytes: int = CHUNK_BYTES

    @property
    def task(self) -> str:
        """``verify`` or ``recognize``."""
        return "verify" if self.recognition is None else "recognize"

    def to_json(self) -> dict[str, Any]:
        """The terms as JSON, from which `from_json` makes them again."""
        return {
            "form": FORM,
            "task": self.task,
            "inputs": dict(self.inputs),
            "now": format_datetime(self.now),
            "asOf": format_datetime(self.as_of),
            "policy": self.policy.to_json(),
            "trust": self.trust.to_json(),
            "offline": self.offline,
            "loopback": self.loopback,
            "documents": self.documents,
            "contexts": self.contexts,
            "recognition": self.recognition,
            "software": self.software,
            "chunkRecords": self.chunk_records,
            "chunkBytes": self.chunk_bytes,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Terms:
        """What `to_json` wrote. Raises ValueError for another form, KeyError and ProblemError for what is damaged."""
        if body.get("form") != FORM:
            raise ValueError(f"the run has the form {body.get('form')!r}; this software reads {FORM!r}")
        return cls(
            inputs=body["inputs"],
            now=parse_datetime(body["now"]),
            as_of=parse_datetime(body["asOf"]),
            policy=Policy.from_json(body["policy"]),
            trust=Trust.from_json(body["trust"]),
            offline=body["offline"],
            loopback=body["loopback"],
            documents=body["documents"],
            contexts=body["contexts"],
            recognition=body["recognition"],
            software=body["software"],
            chunk_records=body["chunkRecords"],
            chunk_bytes=body["chunkBytes"],
        )

    def write(self, places: Places) -> None:
        """Write them down for the run."""
        write_whole(places.terms, [json.dumps(self.to_json(), indent=2).encode()])

    @classmethod
    def read(cls, places: Places) -> Terms:
        """The terms of a run. Raises OSError where there is none, else as `from_json`."""
        return cls.from_json(json.loads(places.terms.read_bytes()))

    def differences(self, other: Terms) -> tuple[str, ...]:
        """In what two runs ask differently, by the names of the members.

        The instant at which they began does not count, nor what the inputs are called.
        """
        ours, theirs = self.to_json(), other.to_json()
        for body in (ours, theirs):
            body["inputs"] = list(body["inputs"].values())
        return tuple(name for name in ours if name != "now" and ours[name] != theirs[name])

    def verifier(self, places: Places) -> Verifier:
        """A verifier that asks this, with the documents that the whole run shares."""
        source: Fetcher = NoNetwork() if self.offline else Deferred(self._network)
        if self.documents is not None:
            source = Layers(DocumentDirectory(self.documents), source)
        store = contexts.store()
        if self.contexts is not None:
            store = store.with_directory(self.contexts)
        return Verifier(
            policy=self.policy,
            fetcher=SharedDocuments(places.documents, source),
            trust=self.trust,
            contexts=store,
            limits=LIMITS,
            software=self.software,
        )

    def _network(self) -> Fetcher:
        from badgeport.verifier.resolution.network import USUAL_PURPOSES, GuardedFetcher

        return GuardedFetcher(purposes=USUAL_PURPOSES | self.policy.fetch, allow_loopback_http=self.loopback)


def paths_of(names: Iterable[str]) -> dict[str, str]:
    """The paths of inputs as any process finds them, by what they were called; one that is named twice counts once."""
    return {name: os.path.abspath(name) for name in names}
