"""Issuing over VCALM: a credential that a program wrote, signed as it stands (VCALM 0.9; VCDM 1.1 and 2.0).

Nothing is signed that names another issuer, breaks the data model or would lose a member: `release` sees to that. What
is added is what the form of signing needs, and places in the issuer's status lists where it keeps some.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sqlmodel import Session, select

from badgeport.issuer.api.instances import Instance
from badgeport.issuer.api.tables import IssuedCredential
from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict
from badgeport.issuer.randomness import random_urn
from badgeport.issuer.release import release
from badgeport.issuer.status import lists
from badgeport.issuer.status.signing import StatusListHandler
from badgeport.issuer.status.tables import StatusPlace
from badgeport.issuer.storage.columns import new_id
from badgeport.proofs.envelopes import enveloped_credential
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts as bundled
from badgeport.schemas import jsontext
from badgeport.schemas.contexts import urls
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    OPTION_WITHOUT_EFFECT,
    PROOF_GENERATION_ERROR,
    ProblemError,
)

SELECTIVE = "ecdsa-sd-2023"
_LEGACY_SUITE = "Ed25519Signature2020"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program wants issued. ``credential_id`` is the name it will speak of it by, ``mandatory_pointers`` what
    its holder can never leave out (ecdsa-sd-2023 alone)."""

    credential: Mapping[str, Any]
    credential_id: str | None = None
    mandatory_pointers: Sequence[str] | None = None

    @property
    def name(self) -> str | None:
        """How the issuer speaks of it; None where nobody can."""
        own = self.credential.get("id")
        return self.credential_id or (own if isinstance(own, str) and own else None)

    @property
    def digest(self) -> str:
        """SHA-256 of what is asked for."""
        pointers = None if self.mandatory_pointers is None else list(self.mandatory_pointers)
        text = jsontext.dump({"credential": dict(self.credential), "mandatoryPointers": pointers})
        return hashlib.sha256(text).hexdigest()


def issue(desk: IssuerDesk, instance: Instance, asked: Asked, *, actor: str) -> bytes:
    """The signed credential, as the JSON value that stands for it in an answer (VCALM ``verifiableCredential``).

    An organisation's credential of one name is issued once: the same request is answered with the same bytes, another
    one under that name is a Conflict. A conformance instance signs anew each time. Raises ProblemError as `release`.
    """
    now = desk.clock()
    if asked.mandatory_pointers is not None and instance.format != SELECTIVE:
        raise ProblemError(
            OPTION_WITHOUT_EFFECT, f"{instance.format} shows the whole of a credential", "/options/mandatoryPointers"
        )
    with desk.database.reading() as session:
        before = _issued(session, instance, asked.name)
    if before is not None and instance.organization is not None:
        return as_json(_same(before, asked))
    _require_free_id(desk, asked.credential)
    row_id = new_id() if before is None else before.id
    credential = _completed(asked.credential, instance.format, now)
    if instance.keeps_status and "credentialStatus" not in credential:
        # Signed without a status once, so that a request that cannot be met takes no place for good.
        _sign(desk, instance, credential, asked, now)
        credential = _with_status(desk, instance, credential, row_id, now)
    data = _sign(desk, instance, credential, asked, now)
    if instance.organization is None and not instance.keeps_status:
        return as_json(data)
    with desk.database.writing() as session:
        standing = _issued(session, instance, asked.name)
        if standing is not None and instance.organization is not None:
            return as_json(_same(standing, asked))
        row = standing or IssuedCredential(
            id=row_id, instance=instance.name, credential_id=asked.name, issued=now, format="", sha256="", body=b""
        )
        row.format, row.asked, row.body, row.issued = instance.format, asked.digest, data, now
        row.sha256 = hashlib.sha256(data).hexdigest()
        session.add(row)
        if instance.organization is not None:
            log.record(
                session,
                actor=actor,
                action="credential.issued",
                target=f"credential:{row.id}",
                at=now,
                org_id=instance.organization.id,
                detail={"sha256": row.sha256, "format": row.format},
            )
    return as_json(data)


def derive(desk: IssuerDesk, credential: Mapping[str, Any], pointers: Sequence[str]) -> bytes:
    """What the holder of an ecdsa-sd-2023 credential shows of it: what ``pointers`` name and what is mandatory.

    Raises ProblemError as `ecdsa_sd.derive`.
    """
    contexts = desk.contexts or bundled.store()
    return jsontext.dump(ecdsa_sd.derive(credential, pointers, contexts=contexts, limits=desk.limits))


def set_status(
    desk: IssuerDesk, instance: Instance, name: str, entry: Mapping[str, Any], value: bool, *, actor: str
) -> None:
    """Set one status of a credential that was issued here under a name, and see to it that the list says so.

    ``entry`` has ``statusPurpose``, and may name the list and the place: then they must be the credential's.
    Raises Absent, Conflict for a revocation that is taken back, ProblemError for a place that is not the credential's.
    """
    now = desk.clock()
    with desk.database.writing() as session:
        row = _issued(session, instance, name)
        if row is None:
            raise Absent
        place = _place(session, row.id, str(entry["statusPurpose"]))
        own = lists.entries_of(desk, [place])[0]
        for member in ("statusListIndex", "statusListCredential"):
            if entry.get(member) not in (None, own[member]):
                detail = "the credential has another place in the status lists"
                raise ProblemError(MALFORMED_VALUE_ERROR, detail, f"/credentialStatus/{member}")
        lists.set_value(session, row.id, place.purpose, value, now=now)
        if instance.organization is not None:
            log.record(
                session,
                actor=actor,
                action="credential.status",
                target=f"credential:{row.id}",
                at=now,
                org_id=instance.organization.id,
                detail={"purpose": place.purpose, "value": value},
            )
    _sign_list(desk, place.list_id)


def as_json(data: bytes) -> bytes:
    """A signed credential as a JSON value: itself, or the envelope of a JWT (VCDM 2.0 §4.13.3)."""
    return data if data.startswith(b"{") else jsontext.dump(enveloped_credential(data))


def _sign(desk: IssuerDesk, instance: Instance, credential: Mapping[str, Any], asked: Asked, now: datetime) -> bytes:
    return release(
        credential,
        desk.custody.open(instance.key),
        instance.format,
        now=now,
        contexts=desk.contexts,
        limits=desk.limits,
        mandatory_pointers=asked.mandatory_pointers,
    ).bytes


def _issued(session: Session, instance: Instance, name: str | None) -> IssuedCredential | None:
    if name is None:
        return None
    statement = select(IssuedCredential).where(
        IssuedCredential.instance == instance.name, IssuedCredential.credential_id == name
    )
    return session.exec(statement).first()


def _same(row: IssuedCredential, asked: Asked) -> bytes:
    if row.asked != asked.digest:
        raise Conflict("A credential of this id was issued before, and says something else.")
    return row.body


def _require_free_id(desk: IssuerDesk, credential: Mapping[str, Any]) -> None:
    """The addresses of hosted badges are given out with awards alone: a second badge of that id would replace it."""
    own = credential.get("id")
    # Ids are equal after percent-decoding and without blanks around them (OB 3.0, Equality).
    if isinstance(own, str) and unquote(own).strip().lower().startswith(f"{desk.public_url}/c/".lower()):
        detail = "ids at this address are those of hosted badges, which are awarded and not issued over this interface"
        raise ProblemError(PROOF_GENERATION_ERROR, detail, "/credential/id")


def _completed(credential: Mapping[str, Any], format: str, now: datetime) -> dict[str, Any]:
    """The credential with what its form of signing needs and its writer may leave to the issuer."""
    body = dict(credential)
    if format == "vc-jwt":
        # Open Badges 3.0 demands claims that follow from these (JSON Web Token Proof Format).
        body.setdefault("id", random_urn(secrets.token_bytes))
        body.setdefault("validFrom", format_datetime(now.replace(microsecond=0)))
        subject = body.get("credentialSubject")
        if isinstance(subject, dict) and subject and "id" not in subject:
            body["credentialSubject"] = {"id": random_urn(secrets.token_bytes), **subject}
    elif format != _LEGACY_SUITE and _is_first_model(body) and urls.DATA_INTEGRITY_V1 not in body["@context"]:
        # VCDM 1.1 does not know these proofs by itself (Data Integrity §2.2).
        body["@context"] = _with_context(body, urls.DATA_INTEGRITY_V2)
    return body


def _with_status(
    desk: IssuerDesk, instance: Instance, credential: Mapping[str, Any], row_id: str, now: datetime
) -> dict[str, Any]:
    with desk.database.writing() as session:
        places = lists.place_for(
            session,
            instance.organization,
            row_id,
            now,
            instance=None if instance.organization is not None else instance.name,
        )
    for place in places:
        _sign_list(desk, place.list_id)
    entries = lists.entries_of(desk, places)
    if not _is_first_model(credential):
        return {**credential, "credentialStatus": entries}
    # VCDM 1.1 wants an id of each status, and does not know this kind by itself.
    named = [{"id": f"{entry['statusListCredential']}#{entry['statusListIndex']}", **entry} for entry in entries]
    return {**credential, "credentialStatus": named, "@context": _with_context(credential, urls.STATUS_V1)}


def _place(session: Session, row_id: str, purpose: str) -> StatusPlace:
    statement = select(StatusPlace).where(StatusPlace.award_id == row_id, StatusPlace.purpose == purpose)
    place = session.exec(statement).first()
    if place is None:
        raise Absent
    return place


def _sign_list(desk: IssuerDesk, list_id: str) -> None:
    """Sign a list now where it says too little, so that who is answered can see it. A worker may be quicker."""
    handler = StatusListHandler()
    with desk.database.reading() as session:
        material = handler.prepare(desk, session, list_id)
    signed = handler.work(desk, material)
    if signed is not None:
        with desk.database.writing() as session:
            handler.settle(session, desk, list_id, signed, desk.clock())


def _with_context(body: Mapping[str, Any], url: str) -> list[Any]:
    context = body["@context"]
    return context if url in context else [*context, url]


def _is_first_model(body: Mapping[str, Any]) -> bool:
    context = body.get("@context")
    return isinstance(context, list) and bool(context) and context[0] == urls.CREDENTIALS_V1
