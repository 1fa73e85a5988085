"""What the web tier works with: made once by the service, found by every request at ``request.app.state.desk``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from fastapi import Request

from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.shelf import Shelf
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web.store import Store

if TYPE_CHECKING:
    from badgeport.verifier.batch.store import BatchStore
    from badgeport.verifier.recording import Recording
    from badgeport.verifier.report import VerificationReport

DEFAULT_POLICY = "default"


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """The verifiers of this service and what it keeps.

    ``verifiers`` are by the name of their policy; ``default`` and ``vcalm`` are always among them. ``store`` keeps what
    outlives a request. ``public_url`` is the address the service is known by, without a slash at its end. ``receipts``
    signs a receipt of a recording in each form this service gives (file name to bytes), where it holds a key for that.
    ``has_network`` says whether addresses can be looked up. ``observe`` is told of every verification, for counting.
    ``batches`` keeps what is verified in the background, where this service takes batches, and ``work_waiting`` tells
    those who work them off that there are new ones. ``shelf`` has the recognition policies, by which receivers decide
    what a badge is worth; `policies` are those of verification.
    """

    verifiers: Mapping[str, Verifier]
    store: Store
    public_url: str | None = None
    receipts: Callable[[Recording], Mapping[str, bytes]] | None = None
    clock: Callable[[], datetime] = utc_now
    limits: Limits = DEFAULT_LIMITS
    software: str = "badgeport"
    has_network: bool = False
    observe: Callable[[Observation], None] = field(default=lambda _: None)
    batches: BatchStore | None = None
    work_waiting: Callable[[], None] = field(default=lambda: None)
    shelf: Shelf = field(default_factory=Shelf)

    def verifier(self, policy: str | None = None) -> Verifier | None:
        """The verifier of the policy with this name; the default one for None. None where there is no such policy."""
        return self.verifiers.get(policy or DEFAULT_POLICY)

    def note(self, surface: str, report: VerificationReport, seconds: float) -> None:
        """Count a verification asked for at ``surface`` (``api``, ``vcalm``, ``page``, ``batch``)."""
        verdict = report.verdict.value if report.credential_found else "none"
        self.observe(Observation(surface, verdict, report.input.form, report.codes, seconds))

    @property
    def policies(self) -> tuple[str, ...]:
        """The names of the verification policies a caller may ask for."""
        return tuple(self.verifiers)


@dataclass(frozen=True, slots=True)
class Observation:
    """One verification, for the counters: where it was asked for, its verdict, its codes, and how long it took.

    ``verdict`` is that of the report, or ``none`` where the input held no credential.
    """

    surface: str
    verdict: str
    form: str
    codes: tuple[str, ...]
    seconds: float


def network_of(request: Request) -> str:
    """The network a request comes from, as far as room is concerned; empty where whatever serves it does not say."""
    return str(getattr(request.state, "network", ""))


def desk_of(request: Request) -> Desk:
    """The desk of the application that serves this request; also a FastAPI dependency."""
    return cast("Desk", request.app.state.desk)
