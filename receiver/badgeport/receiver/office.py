"""What the receiver's pages, programs and jobs work with: made once by the service, handed to whoever needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from badgeport.issuer.desk import IssuerDesk
from badgeport.verifier.web.desk import Desk

PostSigned = Callable[[str, bytes, bytes, datetime], None]
"""Posts JSON to an address with a signature made of a secret. Raises `badgeport.issuer.desk.OutboundError`."""


@dataclass(frozen=True, slots=True)
class Office:
    """The tools of a receiver.

    ``issuer`` has the organisations, their people and keys, the database, the mail; ``verifier`` the verifiers and the
    shelf of recognition policies. ``folder`` is where files of receivers are kept, one folder for each organisation.
    ``post_signed`` tells other systems, by the guarded client.
    """

    issuer: IssuerDesk
    verifier: Desk
    folder: Path
    post_signed: PostSigned = field(repr=False)

    def folder_of(self, organization_id: str) -> Path:
        """The folder of an organisation, made where it is missing, for its owner alone."""
        folder = self.folder / organization_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder


def office_of(request: Request) -> Office:
    """The office of the application that serves this request."""
    return cast("Office", request.app.state.office)


OfficeDep = Annotated[Office, Depends(office_of)]
"""How an endpoint asks for the office."""
