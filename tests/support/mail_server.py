"""A mail server on loopback, as far as our messages need one: plain, STARTTLS or encrypted from the start."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """What it was asked and told. ``refuse`` maps a command to the answer it gets instead of the usual one."""

    port: int = 0
    messages: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)


@contextmanager
def mail_server(
    *, context: ssl.SSLContext | None = None, implicit: bool = False, offers_tls: bool = True
) -> Iterator[MailServer]:
    """A server that answers at ``port``. With a context it can encrypt."""
    server = MailServer()
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    ended = threading.Event()

    def accept() -> None:
        while not ended.is_set():
            with suppress(OSError):
                connection, _ = listening.accept()
                with suppress(OSError, ValueError), connection:
                    _serve(server, connection, context, implicit, offers_tls)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        ended.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1).close()
        thread.join(10)
        listening.close()


def _serve(
    server: MailServer, connection: socket.socket, context: ssl.SSLContext | None, implicit: bool, offers_tls: bool
) -> None:
    connection.settimeout(20)
    secure = implicit and context is not None
    if secure:
        assert context is not None
        connection = context.wrap_socket(connection, server_side=True)
    stream = connection.makefile("rwb")

    def say(line: str) -> None:
        stream.write(line.encode() + b"\r\n")
        stream.flush()

    say("220 mail.test ESMTP")
    sender, recipients = "", []
    while line := stream.readline():
        command, _, rest = line.decode("utf-8").strip().partition(" ")
        command = command.upper()
        if command in server.refuse:
            say(server.refuse[command])
        elif command == "EHLO":
            say("250-mail.test")
            if context is not None and not secure and offers_tls:
                say("250-STARTTLS")
            say("250-AUTH PLAIN")
            say("250 SMTPUTF8")
        elif command == "STARTTLS" and context is not None:
            say("220 go on")
            connection = context.wrap_socket(connection, server_side=True)
            stream, secure = connection.makefile("rwb"), True
        elif command == "AUTH":
            _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
            server.logins.append((user, password))
            say("235 welcome")
        elif command == "MAIL":
            sender, recipients = rest.partition("<")[2].partition(">")[0], []
            say("250 go on")
        elif command == "RCPT":
            recipients.append(rest.partition("<")[2].partition(">")[0])
            say("250 go on")
        elif command == "DATA":
            say("354 go on")
            body = b""
            while (part := stream.readline()) not in (b".\r\n", b""):
                body += part.removeprefix(b".")
            server.messages.append((sender, recipients, body))
            server.encrypted.append(secure)
            say("250 taken")
        elif command == "QUIT":
            say("221 bye")
            return
        else:
            say("250 ok")
