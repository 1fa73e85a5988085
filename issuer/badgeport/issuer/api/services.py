"""Issuing over VCALM: a credential that a program wrote, signed as it stands (VCALM 0.9; VCDM 1.1 and 2.0).

Nothing is signed that names another issuer, breaks the data model or would lose a member: `release` sees to that. What
is added is what the form of signing needs, and places in the issuer's status lists where it keeps some.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlmodel import Session, select

from badgeport.issuer.api.instances import Instance
from badgeport.issuer.api.tables import IssuedCredential
from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict
from badgeport.issuer.people.tables import IssuerKey
from badgeport.issuer.randomness import random_urn
from badgeport.issuer.release import release
from badgeport.issuer.status import lists
from badgeport.issuer.status.signing import StatusListHandler
from badgeport.issuer.status.tables import StatusPlace
from badgeport.issuer.storage.columns import new_id
from badgeport.keys.lifecycle import KeyState
from badgeport.proofs.envelopes import enveloped_credential
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts as bundled
from badgeport.schemas import jsontext, structure
from badgeport.schemas.contexts import urls
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    OPTION_WITHOUT_EFFECT,
    PROOF_GENERATION_ERROR,
    ProblemError,
)

SELECTIVE = "ecdsa-sd-2023"
_PLAIN = re.compile(r"https?://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{0,5}))?(?=[/?#]|\Z)", re.I | re.A)
"""The beginning of an address of the web in which nothing but the host stands between the slashes."""
_WEB = re.compile(r"https?:|[/\\]{2}", re.I)
_NO_SIGNS = re.compile(r"[\s\x00-\x20\x7f-\x9f\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
"""What programs drop from an address before they read it."""
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
    one under that name is a Conflict. Where their key was revoked since, the same request has them signed anew. A
    conformance instance signs anew each time. Raises ProblemError as `release`.
    """
    now = desk.clock()
    if asked.mandatory_pointers is not None and instance.format != SELECTIVE:
        raise ProblemError(
            OPTION_WITHOUT_EFFECT, f"{instance.format} shows the whole of a credential", "/options/mandatoryPointers"
        )
    with desk.database.reading() as session:
        before = _issued(session, instance, asked.name)
        if before is not None and instance.organization is not None:
            body = _same(before, asked)
            if not _is_revoked(session, before):
                return as_json(body)
    _require_not_ours(desk, instance, asked.credential)
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
        if instance.organization is not None:
            if standing is not None and not _is_revoked(session, standing):
                return as_json(_same(standing, asked))
            # Revoked while this was signed: nothing goes out under it.
            if session.get_one(IssuerKey, instance.key.id).state != KeyState.ACTIVE:
                raise Conflict("The key was replaced in between. Ask again.")
        row = standing or IssuedCredential(
            id=row_id, instance=instance.name, credential_id=asked.name, issued=now, format="", sha256="", body=b""
        )
        row.format, row.asked, row.body, row.issued = instance.format, asked.digest, data, now
        row.key_id = instance.key.id
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


def _is_revoked(session: Session, row: IssuedCredential) -> bool:
    """Whether what was issued bears a key that is not to be believed any more."""
    key = session.get(IssuerKey, row.key_id)
    return key is not None and key.state == KeyState.REVOKED


def _require_not_ours(desk: IssuerDesk, instance: Instance, credential: Mapping[str, Any]) -> None:
    """Nothing is signed for a program that stands for something this installation publishes by itself.

    A second badge of a hosted badge's id would replace it; a status list of ours that a program wrote would revive what
    was revoked; a badge that points to another's place would be revoked with it, and never by itself.
    """
    if _is_ours(desk, credential.get("id")):
        detail = (
            "ids at this address are those of what is published here, which is not issued over this interface; "
            "other addresses are written plainly, without user names and signs that programs read differently"
        )
        raise ProblemError(PROOF_GENERATION_ERROR, detail, "/credential/id")
    kind = structure.check(dict(credential)).kind
    if instance.organization is not None and kind == "status-list":
        detail = "status lists of an organization are written by this service alone"
        raise ProblemError(PROOF_GENERATION_ERROR, detail, "/credential/type")
    subjects = credential.get("credentialSubject")
    for number, subject in enumerate(subjects if isinstance(subjects, list) else [subjects]):
        # An endorsement is about something that has an address, here or elsewhere.
        if kind != "endorsement" and isinstance(subject, Mapping) and _is_ours(desk, subject.get("id")):
            where = f"/credential/credentialSubject{f'/{number}' if isinstance(subjects, list) else ''}/id"
            raise ProblemError(PROOF_GENERATION_ERROR, "a credential is not about what is published here", where)
    entries = credential.get("credentialStatus")
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        if isinstance(entry, Mapping) and (
            (instance.organization is not None and "statusListCredential" in entry)
            or any(_is_ours(desk, entry.get(member)) for member in ("id", "statusListCredential"))
        ):
            where = f"/credential/credentialStatus{f'/{number}' if isinstance(entries, list) else ''}"
            detail = "places in status lists are given out by this service: leave credentialStatus out"
            raise ProblemError(PROOF_GENERATION_ERROR, detail, where)


def _is_ours(desk: IssuerDesk, url: object) -> bool:
    """Whether a URL leads to this installation, or may do so for some program: of addresses of the web only those are
    told apart that every program reads alike."""
    if not isinstance(url, str):
        return False
    plain = _PLAIN.match(url)
    if plain is None:
        return _WEB.match(_NO_SIGNS.sub("", unicodedata.normalize("NFKC", unquote(url)))) is not None
    own, host = urlsplit(desk.public_url), plain["host"].lower().rstrip(".")
    port = int(plain["port"]) if plain["port"] else None
    return host == (own.hostname or "").rstrip(".") and port in (own.port, None, 80, 443)


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
