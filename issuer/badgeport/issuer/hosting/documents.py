"""What this installation publishes at its own addresses, as bytes."""

from __future__ import annotations

from badgeport.issuer.desk import IssuerDesk


def local(desk: IssuerDesk, url: str) -> tuple[bytes, str] | None:
    """The body and media type of what is served at an address of this installation; None for any other address."""
    if not url.startswith(desk.public_url + "/"):
        return None
    return None
