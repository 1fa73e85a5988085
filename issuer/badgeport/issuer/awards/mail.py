"""Messages to people: written in the transaction that gives a reason for them, sent by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from badgeport.issuer.awards.tables import Mail
from badgeport.issuer.desk import IssuerDesk, OutboundError
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import Trouble

KIND = "mail"


def post(
    session: Session,
    *,
    address: str,
    subject: str,
    body: str,
    now: datetime,
    org_id: str | None = None,
    about: str | None = None,
) -> Mail:
    """Have a message sent; it is on its way once this transaction has committed.

    ``subject`` and ``body`` are plain text in the reader's language, ``about`` is the id of the award they tell of.
    """
    mail = Mail(org_id=org_id, about=about, address=address, subject=" ".join(subject.split()), body=body, created=now)
    session.add(mail)
    queue.ask_new(session, KIND, [mail.id], now=now, org_id=org_id)
    return mail


@dataclass(frozen=True, slots=True)
class _Message:
    address: str
    subject: str
    body: str


class MailHandler:
    """Sends messages. A worker that dies between sending and noting it sends the message again: none is lost."""

    together = 4
    tries = 80
    """Three days and some hours: longer than a mail server is away."""

    def read_ahead(self, session: Session, keys: Sequence[str]) -> Any:
        """All of them at once."""
        return session.exec(select(Mail).where(col(Mail.id).in_(keys))).all()

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:  # noqa: ARG002 - the interface's
        """What is to be sent; None where it was sent or erased meanwhile."""
        mail = session.get(Mail, key)
        return None if mail is None or mail.sent is not None else _Message(mail.address, mail.subject, mail.body)

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        """Hand it over. Raises Trouble."""
        if prepared is None:
            return False
        try:
            desk.mail(prepared.address, prepared.subject, prepared.body)
        except OutboundError as error:
            raise Trouble(str(error)) from None
        return True

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> None:  # noqa: ARG002
        """Note that it was sent. Its text, which may hold a link that opens something, is no longer needed."""
        mail = session.get(Mail, key)
        if result and mail is not None:
            mail.sent, mail.body = now, ""
            session.add(mail)
