"""Messages leave over SMTP as they should: encrypted, to one person, and nothing typed becomes a header."""

from __future__ import annotations

import ssl
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import trustme

from badgeport.issuer.desk import OutboundError
from badgeport.service.mailing import FileOutbox, Server, SmtpMail, composed, mailer
from badgeport.service.settings import Settings, SettingsError
from support.mail_server import MailServer, mail_server
from support.verifying import NOW

BODY = "Good day,\n\n.\n.your badge: https://badges.example/claim/s3cret\n" + "ä" * 2000 + "\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _context(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def _mail(server: MailServer, authority: trustme.CA | None = None, *, scheme: str = "smtp", who: str = "") -> SmtpMail:
    def trusted() -> ssl.SSLContext:
        context = ssl.create_default_context()
        if authority is not None:
            authority.configure_trust(context)
        return context

    url = f"{scheme}://{who}localhost:{server.port}?from=no-reply@badges.example"
    return SmtpMail(Server.at(url, default_sender="x@y.example"), lambda: NOW, trusted=trusted)


def _read(message: bytes) -> Any:
    return message_from_bytes(message, policy=policy.default)


def test_a_message_arrives_as_it_was_written(authority: trustme.CA) -> None:
    with mail_server(context=_context(authority)) as server:
        send = _mail(server, authority, who="badge%40port:p%3Aw%40rd@")
        send("ana@people.example", "Your badge «Größe»", BODY)
        send("ana@people.example", "Your badge «Größe»", BODY)
    assert server.encrypted == [True, True]
    assert server.logins == [("badge@port", "p:w@rd")] * 2
    sender, recipients, raw = server.messages[0]
    assert (sender, recipients) == ("no-reply@badges.example", ["ana@people.example"])
    message = _read(raw)
    assert message["Subject"] == "Your badge «Größe»"
    assert message["From"] == "no-reply@badges.example"
    assert message.get_body().get_content() == BODY.replace("\n", "\r\n")
    assert message["Auto-Submitted"] == "auto-generated"
    # Sent twice, after a crash, it is the same message to a mailbox.
    assert message["Message-ID"] == _read(server.messages[1][2])["Message-ID"]
    assert message["Message-ID"].endswith("@badges.example>")


def test_encrypted_from_the_first_byte(authority: trustme.CA) -> None:
    with mail_server(context=_context(authority), implicit=True) as server:
        _mail(server, authority, scheme="smtps")("ana@people.example", "Hello", BODY)
    assert server.encrypted == [True]


def test_a_certificate_nobody_vouches_for_ends_it(authority: trustme.CA) -> None:
    with mail_server(context=_context(authority)) as server:
        with pytest.raises(OutboundError, match="no safe connection"):
            _mail(server)("ana@people.example", "Hello", BODY)
        assert server.messages == []
    with mail_server(context=_context(authority, "other.example")) as server:
        with pytest.raises(OutboundError, match="no safe connection"):
            _mail(server, authority)("ana@people.example", "Hello", BODY)
        assert server.messages == []


def test_plain_only_on_this_machine() -> None:
    with mail_server() as server:
        _mail(server)("ana@people.example", "Hello", BODY)
        assert server.encrypted == [False]
        # The same server by a name that is not this machine's own, as far as we can tell.
        elsewhere = Server("127.1", server.port, False, "x@y.example", "user", "hush")
        with pytest.raises(OutboundError, match="STARTTLS"):
            SmtpMail(elsewhere, lambda: NOW)("ana@people.example", "Hello", BODY)
    assert len(server.messages) == 1
    assert server.logins == []


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        ({"RCPT": "550 nobody of that name"}, "refused the address (550)"),
        ({"DATA": "554 spam"}, "refused the message (554)"),
        ({"AUTH": "535 no"}, "refused our user or password (535)"),
        ({"MAIL": "451 later"}, "refused the message (451)"),
    ],
)
def test_what_the_server_says_is_told_without_the_person(
    refuse: dict[str, str], said: str, authority: trustme.CA
) -> None:
    with mail_server(context=_context(authority)) as server:
        server.refuse = refuse
        with pytest.raises(OutboundError) as caught:
            _mail(server, authority, who="user:hush@")("ana@people.example", "Secret subject", BODY)
    assert said in str(caught.value)
    for word in ("ana", "hush", "Secret", "s3cret", "nobody"):
        assert word not in str(caught.value)
    assert server.messages == []


def test_a_server_that_is_not_there() -> None:
    with mail_server() as server:
        pass
    with pytest.raises(OutboundError, match="cannot be reached"):
        _mail(server)("ana@people.example", "Hello", BODY)


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("ana@people.example\nBcc: all@people.example", "Hello"),
        ("ana@people.example\r\nBcc: all@people.example", "Hello"),
        ("ana@people.example, all@people.example", "Hello"),
        ("Ana <ana@people.example>", "Hello"),
        ("ana", "Hello"),
        ("", "Hello"),
        ("@", "Hello"),
        ("ana@people.example", "Hello\nBcc: all@people.example"),
        ("ana@people.example", "Hello\r\n\r\nanother body"),
    ],
)
def test_nothing_typed_becomes_a_header(address: str, subject: str, tmp_path: Path) -> None:
    with pytest.raises(OutboundError):
        composed("x@y.example", address, subject, "body", NOW)
    with pytest.raises(OutboundError):
        FileOutbox(tmp_path / "outbox", lambda: NOW)(address, subject, "body")
    assert not (tmp_path / "outbox").exists()


def test_the_outbox_is_its_owners(tmp_path: Path) -> None:
    send = mailer(Settings(data_dir=tmp_path), lambda: NOW)
    send("ana@people.example", "Größe", BODY)
    (path,) = (tmp_path / "outbox").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert _read(path.read_bytes()).get_body().get_content() == BODY


@pytest.mark.parametrize(
    ("url", "host", "port", "implicit", "sender"),
    [
        ("smtp://mail.example", "mail.example", 587, False, "badgeport@badges.example"),
        ("smtps://mail.example", "mail.example", 465, True, "badgeport@badges.example"),
        ("smtp://mail.example:25/?from=hello@b.example", "mail.example", 25, False, "hello@b.example"),
        ("smtp://u:p@[::1]:2525", "::1", 2525, False, "badgeport@badges.example"),
    ],
)
def test_addresses_of_servers(url: str, host: str, port: int, implicit: bool, sender: str) -> None:
    server = Server.at(url, default_sender="badgeport@badges.example")
    assert (server.host, server.port, server.implicit, server.sender) == (host, port, implicit, sender)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/path",
        "smtp://mail.example?from=nobody",
        "smtp://mail.example?from=a@b.example%0ABcc:c@d.example",
        "smtp://mail.example?tls=no",
        "smtp://user:hush@mail.example?x",
    ],
)
def test_what_is_no_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="BADGEPORT_SMTP_URL") as caught:
        Server.at(url, default_sender="x@y.example")
    assert "hush" not in str(caught.value)


def test_a_password_is_never_shown() -> None:
    server = Server.at("smtp://user:hush@mail.example", default_sender="x@y.example")
    assert "hush" not in f"{server!r} {SmtpMail(server, lambda: NOW)!r}"
