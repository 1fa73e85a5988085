"""What this installation publishes for programs at its own addresses, as bytes.

`local` answers for every such address without a connection; the routes in `hosting.programs` answer from the same
functions, so that what the world gets and what a live check sees is one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlmodel import Session, col, select

from badgeport.issuer import documents
from badgeport.issuer.award import IssuerProfile
from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people import keys
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.status.lists import copy_at
from badgeport.issuer.status_lists import revocation_list, revocation_list_entry
from badgeport.keys.did import did_web, did_web_url
from badgeport.keys.lifecycle import KeyRecord
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError

JSON = "application/json"
VC = "application/vc"
VC_JWT = "application/vc+jwt"
JWK = "application/jwk+json"
JWK_SET = "application/jwk-set+json"

REVOCATION_LIST = "1EdTechRevocationList"
"""In an organisation's ``formats``: its badges name a 1EdTech revocation list beside their status lists."""

KEY_SECONDS = 300
"""How long others may keep a key document: as long as a revoked key may go on being believed."""
LIST_SECONDS = 300

FORMS = {"json": VC, "jwt": VC_JWT}
"""The forms in which a badge is signed, and what each is served as."""


class Gone(Absent):
    """What was here was erased at its earner's wish, or its organisation's: it never comes back."""


@dataclass(frozen=True, slots=True)
class Document:
    """One published document. ``seconds`` is how long it may be kept before asking again; 0: ask each time."""

    body: bytes
    media_type: str
    seconds: int = KEY_SECONDS
    fixed: bool = False
    """Whether it never changes."""

    @property
    def etag(self) -> str:
        """The entity tag: the digest of the bytes."""
        return f'"{hashlib.sha256(self.body).hexdigest()}"'


def local(desk: IssuerDesk, url: str) -> tuple[bytes, str] | None:
    """The body and media type of what is served at an address of this installation; None for any other address.

    For an address with many faces it is the one for programs. What nobody may see is not to be had this way either.
    """
    path = _own_path(desk, url)
    if path is None:
        return None
    query = dict(parse_qsl(urlsplit(url).query))
    for pattern, answer, wanted in _LOCAL:
        found = pattern.fullmatch(path)
        if found is None:
            continue
        parts = [unquote(part) for part in found.groups()]
        given = {name: value for name, value in query.items() if name == wanted}
        try:
            with desk.database.reading() as session:
                document = answer(session, desk, *parts, **given)
        except Absent:
            return None
        return document.body, document.media_type
    return None


def is_own(desk: IssuerDesk, url: str) -> bool:
    """Whether an address is one of this installation, whether or not anything is served there."""
    return _own_path(desk, url) is not None


# -- keys and profiles -----------------------------------------------------------------------------------------------


def installation_document(session: Session, desk: IssuerDesk) -> Document:
    """``/.well-known/did.json``: the keys of the installation itself. Raises Absent."""
    return _did_document(session, keys.installation_did(desk), ())


def host_document(session: Session, desk: IssuerDesk, host: str) -> Document:
    """``/.well-known/did.json`` as asked of ``host``: an organisation's own domain that leads here, or the
    installation. Raises Absent."""
    try:
        did = did_web(host.lower())
    except ProblemError:
        return installation_document(session, desk)
    own = session.exec(select(Organization).where(Organization.did == did)).first()
    if own is None:
        return installation_document(session, desk)
    return _did_document(session, did, (profile_url(desk, own),))


def own_domain_url(desk: IssuerDesk, org: Organization) -> str | None:
    """Where verifiers look for the keys of an organisation whose DID is of a domain of its own; None where it is of
    this installation's, or no did:web."""
    try:
        url = did_web_url(org.did)
    except ProblemError:
        return None
    return None if is_own(desk, url) else url


def did_document(session: Session, desk: IssuerDesk, name: str) -> Document:
    """``/issuers/{name}/did.json``: the DID document of an organisation. Raises Absent."""
    org = organization(session, name)
    return _did_document(session, org.did, (profile_url(desk, org),))


def profile(session: Session, desk: IssuerDesk, name: str) -> Document:  # noqa: ARG001 - as its neighbours
    """``/issuers/{name}``: the profile of an organisation with its keys, as one document. Raises Absent."""
    org = organization(session, name)
    records = _records(session, org.did)
    if not records:
        raise Absent
    body = documents.profile_document(issuer_profile(session, org), org.did, records)
    return Document(jsontext.dump_pretty(body), "application/ld+json")


def key(session: Session, desk: IssuerDesk, name: str, kid: str) -> Document:  # noqa: ARG001 - as its neighbours
    """``/issuers/{name}/keys/{kid}``: one public key as a JWK. ``kid`` is its id here, or the fragment of its
    verification method. A revoked key is not shown: a JWK cannot say that it is revoked. Raises Absent."""
    org = organization(session, name)
    rows = session.exec(select(IssuerKey).where(IssuerKey.controller == org.did, col(IssuerKey.revoked).is_(None)))
    wanted = {row.verification_method for row in rows if kid in (row.id, row.verification_method.partition("#")[2])}
    for record in _records(session, org.did):
        if record.verification_method in wanted:
            return Document(jsontext.dump_pretty(documents.jwk_document(record)), JWK)
    raise Absent


def key_set(session: Session, desk: IssuerDesk) -> Document:  # noqa: ARG001
    """``/.well-known/jwks.json``: every key of the installation that is not revoked."""
    return Document(jsontext.dump_pretty(documents.jwks(_records(session, None))), JWK_SET)


def organization(session: Session, name: str) -> Organization:
    """The organisation whose short name is ``name``. Raises Absent."""
    org = session.exec(select(Organization).where(Organization.slug == name)).first()
    if org is None:
        raise Absent
    return org


def profile_url(desk: IssuerDesk, org: Organization) -> str:
    """The address of an organisation's public page and profile."""
    return desk.url(f"/issuers/{org.slug}")


def issuer_profile(session: Session, org: Organization) -> IssuerProfile:
    """The organisation as the issuer of a badge (OB 3.0 Profile)."""
    members: dict[str, Any] = {**org.profile, "id": org.did, "name": org.name}
    parent = session.get(Organization, org.parent_id) if org.parent_id else None
    if parent is not None:
        members.setdefault("parentOrg", {"id": parent.did, "name": parent.name})
    return IssuerProfile.model_validate_json(jsontext.dump(members))


def _records(session: Session, controller: str | None) -> list[KeyRecord]:
    return keys.records(session, controller)


def _did_document(session: Session, did: str, also_known_as: Iterable[str]) -> Document:
    records = _records(session, did)
    if not records:
        raise Absent
    body = documents.did_document(did, records, also_known_as=tuple(also_known_as))
    return Document(jsontext.dump_pretty(body), JSON)


# -- status ----------------------------------------------------------------------------------------------------------


def status_list(session: Session, desk: IssuerDesk, list_id: str, timestamp: str | None = None) -> Document:  # noqa: ARG001
    """``/status/{list}``: the list's newest signed copy, or the one in force at ``timestamp`` (RFC 3339; Bitstring
    Status List 1.0 section 2.4). Raises Absent, also for an instant that cannot be read."""
    copy = copy_at(session, list_id, _instant(timestamp))
    if copy is None:
        raise Absent
    media_type = VC if copy.body.lstrip()[:1] == b"{" else VC_JWT
    return Document(copy.body, media_type, LIST_SECONDS)


def revocations(session: Session, desk: IssuerDesk, name: str) -> Document:
    """``/issuers/{name}/revocations``: the 1EdTech revocation list of an organisation. Raises Absent.

    It tells the addresses of revoked badges to everyone, and the reasons of those that are not private, so it is kept
    for organisations alone that chose so (their ``formats`` name it) because displayers they work with know no other
    list.
    """
    org = organization(session, name)
    if REVOCATION_LIST not in org.formats:
        raise Absent
    statement = select(Award).where(Award.org_id == org.id, Award.standing == "revoked").order_by(col(Award.id))
    rows = [
        (credential_url(desk, award.id), None if award.visibility == "private" else award.standing_reason or None)
        for award in session.exec(statement)
    ]
    body = revocation_list(revocations_url(desk, org), org.did, rows)
    return Document(jsontext.dump_pretty(body), JSON, LIST_SECONDS)


def revocation_entries(desk: IssuerDesk, org: Organization) -> list[dict[str, Any]]:
    """The credentialStatus objects that name an organisation's 1EdTech revocation list, where it keeps one."""
    return [revocation_list_entry(revocations_url(desk, org))] if REVOCATION_LIST in org.formats else []


def revocations_url(desk: IssuerDesk, org: Organization) -> str:
    """The address of an organisation's 1EdTech revocation list."""
    return desk.url(f"/issuers/{org.slug}/revocations")


# -- badges ----------------------------------------------------------------------------------------------------------


def credential_url(desk: IssuerDesk, award_id: str) -> str:
    """The address of a badge: its id."""
    return desk.url(f"/c/{award_id}")


def refresh_service(desk: IssuerDesk, award_id: str, form: str = "json") -> dict[str, str]:
    """The refresh service that the signed copy of an award in one form names: where its newest edition is to be had."""
    query = "" if form == "json" else f"?form={form}"
    return {"id": f"{credential_url(desk, award_id)}/refresh{query}", "type": "1EdTechCredentialRefresh"}


def signed(session: Session, award: Award, form: str = "json") -> SignedCopy | None:
    """The signed copy of the edition that was published last; None before the first."""
    statement = select(SignedCopy).where(
        SignedCopy.award_id == award.id, SignedCopy.edition == award.edition, SignedCopy.form == form
    )
    return session.exec(statement).first()


def credential(session: Session, desk: IssuerDesk, award_id: str, form: str | None = "json") -> Document:  # noqa: ARG001
    """``/c/{id}`` for programs: the stored bytes of a badge that is not private. Raises Absent, Gone."""
    award = session.get(Award, award_id)
    if award is None:
        raise Absent
    if award.state == "erased":
        raise Gone
    copy = None if award.visibility == "private" else signed(session, award, form or "json")
    if copy is None:
        raise Absent
    return Document(copy.body, copy.media_type, 0)


# -- addresses -------------------------------------------------------------------------------------------------------


def _own_path(desk: IssuerDesk, url: str) -> str | None:
    """The path of an address of this installation. A did:web leads to https even where a developer serves http."""
    own, asked = urlsplit(desk.public_url), urlsplit(url)
    schemes = {own.scheme, "https"} if own.scheme == "http" else {own.scheme}
    if asked.scheme not in schemes or asked.netloc.lower() != own.netloc.lower():
        return None
    return asked.path.removeprefix(own.path) if asked.path.startswith(f"{own.path}/") else None


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_datetime(text)
    except (ProblemError, ValueError):
        raise Absent from None


_ID = r"([a-z0-9]{1,64})"
_LOCAL: tuple[tuple[re.Pattern[str], Callable[..., Document], str | None], ...] = tuple(
    (re.compile(pattern), answer, parameter)
    for pattern, answer, parameter in (
        (r"/\.well-known/did\.json", installation_document, None),
        (r"/\.well-known/jwks\.json", key_set, None),
        (r"/issuers/([^/]+)/did\.json", did_document, None),
        (r"/issuers/([^/]+)/keys/([^/]+)", key, None),
        (r"/issuers/([^/]+)/revocations", revocations, None),
        (r"/issuers/([^/]+)", profile, None),
        (r"/status/([^/]+)", status_list, "timestamp"),
        (rf"/c/{_ID}(?:\.json)?", credential, None),
        (rf"/c/{_ID}\.(jwt)", credential, None),
        (rf"/c/{_ID}/refresh", credential, "form"),
    )
)
"""Patterns of paths, what answers there, and the parameter of the query that it knows."""
