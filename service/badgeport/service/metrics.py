"""Counters for Prometheus, right also where several processes serve: each writes its own file, the sum is shown."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from badgeport.schemas import problems
from badgeport.schemas.problems import ProblemType
from badgeport.verifier.resolution.fetching import Fetched, Fetcher, FetchError, Purpose

if TYPE_CHECKING:
    from badgeport.issuer.desk import IssuerDesk
    from badgeport.verifier.web.desk import Observation

SHARED_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the client library learns where the processes put their numbers. Set before it is imported."""

CODES = frozenset(value.code for value in vars(problems).values() if isinstance(value, ProblemType))
"""Every code a label may have: labels never hold what somebody handed in."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


_LOCK = "lock"
_held: list[BinaryIO] = []


def share_between_processes(directory: Path) -> None:
    """Make a directory in ``directory`` where processes put their numbers, and tell those that are started from here.

    It is this service's for as long as this process lives; those of services that have ended are removed. Others may
    run on the same data directory.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / _LOCK).open("wb") as turn:
        # One at a time, so that nobody takes a directory that is just being made for one that was left.
        _lock(turn, wait=True)
        for left in directory.iterdir():
            if left.is_dir() and _is_left(left):
                shutil.rmtree(left, ignore_errors=True)
        own = Path(tempfile.mkdtemp(prefix="run-", dir=directory))
        mark = (own / _LOCK).open("wb")
        _lock(mark)
        _held.append(mark)
    os.environ[SHARED_DIRECTORY] = str(own)


def _is_left(directory: Path) -> bool:
    """Whether the service that made a directory has ended."""
    try:
        with (directory / _LOCK).open("wb") as mark:
            return _lock(mark)
    except OSError:
        return False


def _lock(stream: BinaryIO, *, wait: bool = False) -> bool:
    """Whether a file could be locked. Where the disk knows no locks nothing is, and nothing is removed either."""
    with suppress(OSError):
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return True
    return False


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        # With a registry of its own an application made twice in one process does not meet its own names.
        self._registry = CollectorRegistry()
        self._issuer: IssuerDesk | None = None
        self._verifications = Counter(
            "badgeport_verifications",
            "Verifications by where they were asked for and by verdict.",
            ("surface", "verdict"),
            registry=self._registry,
        )
        self._rejections = Counter(
            "badgeport_rejections",
            "Verifications that did not end in valid, once for each cause.",
            ("code",),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "badgeport_verification_seconds",
            "How long a verification took, what it looked up included.",
            ("surface",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._fetches = Counter(
            "badgeport_fetches",
            "Documents asked for by purpose and by what came of it.",
            ("purpose", "outcome"),
            registry=self._registry,
        )
        self._fetch_seconds = Histogram(
            "badgeport_fetch_seconds",
            "How long a document took to come.",
            ("purpose",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._requests = Counter(
            "badgeport_http_requests",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "badgeport_http_request_seconds",
            "How long a request took to answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )

    def verified(self, seen: Observation) -> None:
        """Count a verification."""
        self._verifications.labels(seen.surface, seen.verdict).inc()
        self._seconds.labels(seen.surface).observe(seen.seconds)
        if seen.verdict != "valid":
            for code in seen.codes:
                self._rejections.labels(code if code in CODES else "other").inc()

    def fetched(self, purpose: str, outcome: str, seconds: float) -> None:
        """Count a document that was asked for."""
        self._fetches.labels(purpose, outcome).inc()
        self._fetch_seconds.labels(purpose).observe(seconds)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def watch(self, issuer: IssuerDesk | None) -> None:
        """Also tell of an issuer's jobs, from here on."""
        self._issuer = issuer

    def page(self) -> tuple[bytes, str]:
        """The numbers of all processes as Prometheus reads them, and the media type."""
        body, kind = self._counted()
        return body + self._jobs(), kind

    def _jobs(self) -> bytes:
        """What waits in the queue. It stands in the database, so that every process says the same."""
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
        from sqlalchemy.exc import SQLAlchemyError

        if self._issuer is None:
            return b""
        from badgeport.service.working import waiting

        try:
            with self._issuer.database.reading() as session:
                found = waiting(session, now=self._issuer.clock())
        except SQLAlchemyError:
            # Whether the database answers is what /readyz says.
            return b""
        registry = CollectorRegistry()
        counts = Gauge("badgeport_jobs", "Jobs by kind and state.", ("kind", "state"), registry=registry)
        oldest = Gauge(
            "badgeport_jobs_overdue_seconds",
            "How long the job that is due longest has been, by kind.",
            ("kind",),
            registry=registry,
        )
        for (kind, state), (count, overdue) in found.items():
            counts.labels(kind, state).set(count)
            if state == "due":
                oldest.labels(kind).set(overdue)
        return generate_latest(registry)

    def _counted(self) -> tuple[bytes, str]:
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        directory = os.environ.get(SHARED_DIRECTORY)
        if not directory:
            return generate_latest(self._registry), CONTENT_TYPE_LATEST
        every = CollectorRegistry()
        MultiProcessCollector(every, path=directory)  # type: ignore[no-untyped-call]
        return generate_latest(every), CONTENT_TYPE_LATEST


class CountingFetcher:
    """A fetcher that counts what another one answers."""

    def __init__(self, fetcher: Fetcher, metrics: Metrics) -> None:
        self._fetcher = fetcher
        self._metrics = metrics

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document at ``url``. Raises FetchError."""
        started = time.monotonic()
        outcome = "failed"
        try:
            fetched = self._fetcher.fetch(url, purpose)
            outcome = "had" if fetched.stale is None else "stale"
        except FetchError:
            raise
        except Exception:
            outcome = "broken"
            raise
        finally:
            self._metrics.fetched(purpose, outcome, time.monotonic() - started)
        return fetched
