"""What the issuer's pages, programs and workers work with: made once by the service, handed to whoever needs it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from badgeport.issuer.storage.blobs import Blobs
from badgeport.issuer.storage.database import Database
from badgeport.issuer.storage.secrets import Secrets
from badgeport.keys.public import PublicKey
from badgeport.keys.types import KeyType
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from badgeport.issuer.people.tables import IssuerKey
    from badgeport.keys.signer import Signer


def utc_now() -> datetime:
    """The clock of a running service."""
    return datetime.now(UTC)


class Custody(Protocol):
    """Private keys, which the issuer never touches: the service makes them and opens them to sign."""

    def create(
        self, name: str, key_type: KeyType, *, verification_method: str, controller: str
    ) -> tuple[str, PublicKey]:
        """A new key kept under a name: its URI and public key. Raises ProblemError (KEY_CUSTODY_ERROR)."""

    def adopt(self, uri: str) -> PublicKey:
        """The public key of a private key that exists at a URI (a token, a key service, a file)."""

    def open(self, key: IssuerKey) -> Signer:
        """The signer of a key on record. Opened signers are kept; another key at the URI is refused."""


class Outbound(Protocol):
    """The guarded client, for what an operator or administrator configured: never for what a visitor typed."""

    def get(self, url: str) -> bytes:
        """The body at an address. Raises OutboundError."""

    def post_form(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """The body of the answer to a form that was sent. Raises OutboundError."""


class OutboundError(Exception):
    """Another server could not be asked; the text says why, for the operator."""


@dataclass(frozen=True, slots=True)
class LiveCheck:
    """What the verifier says of a badge just now: ``verdict`` (valid, invalid, undetermined), a headline and a
    sentence in the reader's language, and the instant it looked."""

    verdict: str
    headline: str
    sentence: str
    checked: datetime
    report: Mapping[str, Any]


class Outbox(Protocol):
    """Messages that are kept where they were handed over: as files, where no mail server is configured."""

    def forget(self, before: datetime) -> None:
        """Delete messages written before an instant."""

    def forget_to(self, recipient: str) -> None:
        """Delete messages to one address, given as `outbox_name` names it."""


def outbox_name(address: str) -> str:
    """How an address is named in an outbox and in the queue: a digest, so that neither lists addresses."""
    return hashlib.sha256(address.lower().encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class IssuerDesk:
    """The tools of the issuer.

    ``public_url`` is where this installation is known, without a slash at its end. ``check`` asks the verifier about
    signed bytes, in a language. ``wake`` tells a worker in this process, if there is one, that there is work.
    ``instances`` names the VCALM conformance instances to serve (``demo`` or empty). ``second_factor`` says whether
    staff need one. ``mail`` hands a message to the outside (address, subject, body) and raises OutboundError;
    ``outbox`` is where it keeps them, if it does.
    """

    database: Database
    blobs: Blobs
    secrets: Secrets
    public_url: str
    custody: Custody
    check: Callable[[bytes, str], LiveCheck]
    mail: Callable[[str, str, str], None]
    outbox: Outbox | None = None
    outbound: Outbound | None = None
    clock: Callable[[], datetime] = utc_now
    wake: Callable[[], None] = field(default=lambda: None)
    second_factor: bool = True
    instances: str = ""
    contexts: ContextStore | None = None
    limits: Limits = DEFAULT_LIMITS
    software: str = "badgeport"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Where client secrets of OpenID providers are looked up by the name an administrator gave."""
    roles_served: Sequence[str] = ("issuer", "verifier")

    def url(self, path: str) -> str:
        """The full address of a path."""
        return f"{self.public_url}{path}"
