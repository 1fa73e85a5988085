"""How a kind of job is done: read what it needs, work without a transaction, write what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlmodel import Session

from badgeport.issuer.desk import IssuerDesk


class Handler(Protocol):
    """Does one kind of job.

    A job may be begun more than once, by several workers, and die at any moment: only what `settle` writes counts, and
    it is written once, in the transaction in which the job ends. What `work` does outside (a message that is sent) may
    happen twice.

    Beside the three functions a handler may have four members. ``together``: how many jobs of its kind are done in one
    go (1 where it says nothing); all of them must be over well within `queue.LEASE`. ``every``: a `timedelta` for work
    that is done again and again under the key ``""``, whether or not somebody asks. ``tries``: how often a job is tried
    in spite of `Trouble` before it waits for a person; without it, for as long as it takes. ``read_ahead(session,
    keys)`` reads what many jobs need in few statements: it is called in the transaction in which jobs are prepared, and
    in the one in which they settle, before the first of them, and what it answers is kept until the last.
    """

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:
        """Read what the work needs. Raises `NotYet` where it is too early."""

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        """Sign, send, compute; no transaction is open."""

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:
        """Write the result. A time means that the job goes on after it: there is more, or it is done regularly."""


class NotYet(Exception):  # noqa: N818 - no error, a matter of order
    """Something else comes first; the job is taken up again after ``wait`` without counting as failed."""

    def __init__(self, why: str, wait: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(why)
        self.wait = wait


class Trouble(Exception):  # noqa: N818 - told to the operator
    """Something outside is missing (a key, a server): the job is tried again, each time later, at least every hour.

    The text tells the operator why, and holds no secret and nothing about people.
    """


@dataclass(frozen=True, slots=True)
class Kind:
    """A handler with what it says about itself."""

    handler: Handler
    together: int
    every: timedelta | None
    tries: int | None
    read_ahead: Callable[[Session, Sequence[str]], object]

    @classmethod
    def of(cls, handler: Handler) -> Kind:
        """A handler as the worker uses it."""
        return cls(
            handler,
            getattr(handler, "together", 1),
            getattr(handler, "every", None),
            getattr(handler, "tries", None),
            getattr(handler, "read_ahead", _nothing),
        )


def _nothing(session: Session, keys: Sequence[str]) -> None:
    """Reads nothing ahead."""


Handlers = Mapping[str, Handler]
"""Handlers by the kind of their jobs: what ``handlers()`` of a domain's module ``jobs`` answers."""
