"""What reading everything that is handed in together may cost: one allowance for one request, whatever it holds.

Archives hold archives, forms hold many files, and web addresses lead to more: each bound by itself would be multiplied.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import RANGE_ERROR, READER_UNAVAILABLE, ProblemError
from badgeport.verifier.intake.forms import NoCredentialError

_T = TypeVar("_T")
_FOREVER = float("inf")


class Room:
    """Bytes that several requests take up at once."""

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self.left = size

    def take(self, size: int) -> bool:
        """Take up this many, if there are as many left."""
        with self._lock:
            if size > self.left:
                return False
            self.left -= size
            return True

    def give(self, size: int) -> None:
        """Give back what was taken up."""
        with self._lock:
            self.left += size


IN_HAND = Room(1024 * 1024 * 1024)
"""What all requests that one process works on may have unpacked at once."""


@dataclass(slots=True)
class Allowance:
    """What is left of the bounds that hold for everything handed in together.

    What was found out once is kept, so that it is not paid for again. Use it as a context, by one thread; afterwards
    what was unpacked no longer counts as in hand.
    """

    entries: int
    expanded: int
    looks: int
    look_seconds: float
    deadline: float = _FOREVER
    """The instant (`time.monotonic`) from which nothing further is begun."""
    _bytes: int = 0
    _held: int = 0
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, limits: Limits, seconds: float = _FOREVER) -> Allowance:
        """The whole of it, for so many seconds from now."""
        return cls(
            limits.archive_entries,
            limits.archive_bytes,
            limits.looks,
            limits.look_seconds,
            time.monotonic() + seconds,
            limits.archive_bytes,
        )

    def __enter__(self) -> Allowance:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what was in hand."""
        self._known.clear()
        IN_HAND.give(self._held)
        self._held = 0

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self.deadline

    @property
    def may_look(self) -> bool:
        """Whether one more picture or PDF file may be looked into."""
        return self.looks > 0 and self.look_seconds > 0 and not self.is_over

    @contextmanager
    def looking(self) -> Iterator[float]:
        """Look into a picture or a PDF file; gives the seconds that are left.

        Raises NoCredentialError (READER_UNAVAILABLE) where no further one may be looked into.
        """
        if not self.may_look:
            detail = "it was not looked into: too much was handed in together; hand it in by itself"
            raise NoCredentialError(READER_UNAVAILABLE, detail)
        self.looks -= 1
        began = time.monotonic()
        try:
            yield self.deadline - began
        finally:
            self.look_seconds -= time.monotonic() - began

    def hold(self, size: int) -> None:
        """Count what was unpacked. Raises NoCredentialError: RANGE_ERROR where that is too much for everything handed
        in together, READER_UNAVAILABLE where it is too much beside what others handed in."""
        self.expanded -= size
        if self.expanded < 0:
            raise self.too_large()
        if not IN_HAND.take(size):
            detail = "it could not be unpacked just now, beside what others handed in; try again"
            raise NoCredentialError(READER_UNAVAILABLE, detail)
        self._held += size

    def too_large(self) -> NoCredentialError:
        """The refusal of what expands to more than is left."""
        return NoCredentialError(RANGE_ERROR, f"the files expand to more than {self._bytes} bytes together")

    def once(self, key: Hashable, work: Callable[[], _T]) -> _T:
        """What ``work`` returns or raises (ProblemError), worked out the first time it is asked for by this key."""
        if key not in self._known:
            try:
                self._known[key] = work()
            except ProblemError as error:
                self._known[key] = error
        known: _T | ProblemError = self._known[key]
        if isinstance(known, ProblemError):
            raise known.with_traceback(None)
        return known
