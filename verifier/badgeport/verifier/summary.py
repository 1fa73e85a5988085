"""What a document says of itself, in the few words a reader needs to recognise it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from badgeport.verifier.report import CredentialSummary


def summarize(document: Mapping[str, Any], *, presentation: bool = False) -> CredentialSummary:
    """The summary of a credential or of a ``presentation``, which has a holder in place of an issuer.

    Members of another form than expected are left out.
    """
    subject = document.get("credentialSubject")
    subject = subject[0] if isinstance(subject, list) and subject else subject
    subject = subject if isinstance(subject, Mapping) else {}
    achievement = subject.get("achievement")
    issuer = None if presentation else document.get("issuer")
    types = document.get("type")
    return CredentialSummary(
        id=_text(document.get("id")),
        name=_name(document) or _name(achievement),
        issuer=_identifier(issuer),
        issuer_name=_name(issuer),
        holder=_identifier(document.get("holder")) if presentation else None,
        recipient=_recipient(subject),
        valid_from=_text(document.get("validFrom", document.get("issuanceDate"))),
        valid_until=_text(document.get("validUntil", document.get("expirationDate"))),
        types=tuple(name for name in (types if isinstance(types, list) else [types]) if isinstance(name, str)),
    )


def _identifier(value: object) -> str | None:
    return _text(value.get("id") if isinstance(value, Mapping) else value)


def _recipient(subject: Mapping[str, Any]) -> str | None:
    """The subject's id, else the first identifier that is stated openly."""
    if isinstance(subject.get("id"), str):
        return str(subject["id"])
    stated = subject.get("identifier")
    for item in stated if isinstance(stated, list) else [stated]:
        if isinstance(item, Mapping) and item.get("hashed") is False:
            return _text(item.get("identityHash"))
    return None


def _name(value: object) -> str | None:
    """A name: a text, or the first text of a language map or language object (VCDM 2.0 §11.1)."""
    name = value.get("name") if isinstance(value, Mapping) else None
    if isinstance(name, list) and name:
        name = name[0]
    if isinstance(name, Mapping):
        name = name.get("@value", next(iter(name.values()), None))
    return _text(name)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
