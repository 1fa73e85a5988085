"""Messages to people: as files in a directory, or over SMTP."""

from __future__ import annotations

import hashlib
import os
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, Policy, default
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from badgeport.issuer.desk import OutboundError, outbox_name
from badgeport.service.settings import PREFIX, Settings, SettingsError

OUTBOX_NAME = "outbox"
_STAMP = "%Y%m%dT%H%M%S%f"
SECONDS = 30.0
"""How long a mail server may take for each of its answers."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def mailer(settings: Settings, clock: Callable[[], datetime]) -> Callable[[str, str, str], None]:
    """How messages leave, by these settings: an address, a subject and a body. Raises SettingsError."""
    if settings.smtp_url is None:
        return FileOutbox(settings.data_dir / OUTBOX_NAME, clock)
    host = urlsplit(settings.public_url or "").hostname or "localhost"
    return SmtpMail(Server.at(settings.smtp_url, default_sender=f"badgeport@{host}"), clock)


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to speak with it. ``implicit``: encrypted from the first byte on; else STARTTLS."""

    host: str
    port: int
    implicit: bool
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, url: str, *, default_sender: str) -> Server:
        """The server at ``smtp://`` or ``smtps://[USER:PASSWORD@]HOST[:PORT][?from=ADDRESS]``. Raises SettingsError."""
        wrong = SettingsError(
            f"{PREFIX}SMTP_URL is smtp:// or smtps://, USER:PASSWORD@ where needed, HOST:PORT, and ?from=ADDRESS"
        )
        try:
            parts = urlsplit(url)
            port, query = parts.port, parse_qs(parts.query, strict_parsing=bool(parts.query))
            sender = query.pop("from", [default_sender])[0]
            Address(addr_spec=sender)
        except (ValueError, IndexError, MessageError):
            raise wrong from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/") or query:
            raise wrong
        implicit = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            port or (465 if implicit else 587),
            implicit,
            sender,
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
        )


class SmtpMail:
    """Hands messages to a mail server, over a connection that is encrypted unless it is on this machine."""

    def __init__(
        self, server: Server, clock: Callable[[], datetime], *, trusted: Callable[[], ssl.SSLContext] | None = None
    ) -> None:
        self._server = server
        self._clock = clock
        self._trusted = trusted or ssl.create_default_context

    def __repr__(self) -> str:
        return f"SmtpMail({self._server.host}:{self._server.port})"

    def __call__(self, address: str, subject: str, body: str) -> None:
        """Send one message. Raises OutboundError, whose text names neither the person nor the message."""
        message, _ = composed(self._server.sender, address, subject, body, self._clock(), SMTP)
        try:
            with self._connected() as connection:
                if self._server.user is not None:
                    connection.login(self._server.user, self._server.password or "")
                connection.send_message(message, self._server.sender, [address])
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            raise OutboundError(f"the mail server refused the address ({codes[0] if codes else 'no reason'})") from None
        except smtplib.SMTPAuthenticationError as error:
            raise OutboundError(f"the mail server refused our user or password ({error.smtp_code})") from None
        except smtplib.SMTPResponseException as error:
            raise OutboundError(f"the mail server refused the message ({error.smtp_code})") from None
        except ssl.SSLError as error:
            raise OutboundError(f"no safe connection to the mail server: {error.reason or 'refused'}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise OutboundError(f"the mail server cannot be reached ({type(error).__name__})") from None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.implicit:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=self._trusted())
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            connection.ehlo_or_helo_if_needed()
            if connection.has_extn("starttls"):
                connection.starttls(context=self._trusted())
                connection.ehlo()
            elif server.host not in _LOOPBACK:
                # Without it anybody on the way could read the links that let people in.
                raise OutboundError("the mail server offers no encryption (STARTTLS)")
        except BaseException:
            connection.close()
            raise
        return connection


class FileOutbox:
    """Messages as files in a directory: the default. Their names say when and, as a digest, to whom."""

    def __init__(self, directory: Path, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._clock = clock

    def __call__(self, address: str, subject: str, body: str) -> None:
        """Write one message. Raises OutboundError."""
        now = self._clock()
        _, written = composed("badgeport@localhost", address, subject, body, now)
        path = self._directory / f"{now.strftime(_STAMP)}-{outbox_name(address)}-{os.urandom(4).hex()}.eml"
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(written)
        except OSError as error:
            raise OutboundError(f"the outbox cannot be written: {error.strerror}") from None

    def forget(self, before: datetime) -> None:
        """As `Outbox.forget`."""
        for path in self._directory.glob("*.eml"):
            if path.name < before.strftime(_STAMP):
                path.unlink(missing_ok=True)

    def forget_to(self, recipient: str) -> None:
        """As `Outbox.forget_to`."""
        for path in self._directory.glob(f"*-{recipient}-*.eml"):
            path.unlink(missing_ok=True)


def composed(
    sender: str, address: str, subject: str, body: str, now: datetime, policy: Policy[EmailMessage] = default
) -> tuple[EmailMessage, bytes]:
    """A message to one person, also written out; ``policy`` says how its lines end.

    Raises OutboundError for an address that is none, or a line break in a header.
    """
    message = EmailMessage(policy=policy)
    try:
        to = Address(addr_spec=address)
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Date"] = format_datetime(now)
        # The same message bears the same id: sent twice, after a crash between sending and noting it, it arrives once
        # where the mailbox looks for that.
        known = hashlib.sha256(f"{address}\n{subject}\n{body}".encode("utf-8", "replace")).hexdigest()[:40]
        message["Message-ID"] = f"<{known}@{sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(body)
        written = bytes(message)
    except (ValueError, IndexError, MessageError, UnicodeError):
        raise OutboundError("the message has an address or a subject that no message can have") from None
    return message, written
