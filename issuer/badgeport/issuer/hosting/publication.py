"""Whether what is served equals what is stored: badges, keys, profiles, lists, sets (`badgeport publish check`)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from sqlmodel import Session, col, select

from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.desk import IssuerDesk, OutboundError
from badgeport.issuer.home import collections
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting import documents
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.status.lists import copy_at, list_url
from badgeport.issuer.status.tables import StatusCopy, StatusListRow

Kind = Literal["badge", "keys", "profile", "status-list", "revocation-list", "collection"]
What = Literal["differs", "missing", "exposed", "damaged"]
"""Other bytes are served; nothing is; something is that nobody may see; what is stored is not what was signed."""

_CHUNK = 200
_EARLIER_COPIES = 2
"""A status list may be served as it was a moment ago: caches keep it for its time to live."""

Get = Callable[[str], bytes]
"""What is served at an address. Raises OutboundError."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One address at which something is wrong; ``detail`` says what, for an operator."""

    kind: Kind
    address: str
    what: What
    detail: str


@dataclass(slots=True)
class Outcome:
    """What was looked at, by kind, and what was wrong."""

    checked: Counter[Kind] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)


def locally(desk: IssuerDesk) -> Get:
    """Ask this installation without a connection: what it would serve."""

    def get(url: str) -> bytes:
        found = documents.local(desk, url)
        body = _not_for_checks(desk, url) if found is None else found[0]
        if body is None:
            raise OutboundError("nothing is served there")
        return body

    return get


def _not_for_checks(desk: IssuerDesk, url: str) -> bytes | None:
    """What is served for this installation and is no document that a check of a badge asks it for."""
    with desk.database.reading() as session:
        for org in session.exec(select(Organization).order_by(Organization.slug)):
            if documents.own_domain_url(desk, org) == url:
                return documents.did_document(session, desk, org.slug).body
        row = session.get(Collection, url.removeprefix(desk.url("/s/")).removesuffix(".json"))
    return None if row is None or not collections.is_open(row, desk.clock()) else row.body


def check(desk: IssuerDesk, get: Get) -> Outcome:
    """Compare everything that is published with what is stored. Takes as long as there are badges."""
    outcome = Outcome()
    looks: tuple[tuple[Kind, Iterator[Difference | None]], ...] = (
        ("keys", _documents(desk, get, "keys", _keys)),
        ("profile", _documents(desk, get, "profile", _profiles)),
        ("revocation-list", _documents(desk, get, "revocation-list", _revocation_lists)),
        ("status-list", _lists(desk, get)),
        ("badge", _badges(desk, get)),
        ("collection", _collections(desk, get)),
    )
    for kind, found in looks:
        for difference in found:
            outcome.checked[kind] += 1
            if difference is not None:
                outcome.differences.append(difference)
    return outcome


_Published = Iterator[tuple[str, bytes]]
"""Addresses and what is to be served there."""


def _documents(
    desk: IssuerDesk, get: Get, kind: Kind, published: Callable[[Session, IssuerDesk], _Published]
) -> Iterator[Difference | None]:
    """What is made from the rows each time it is asked for."""
    with desk.database.reading() as session:
        listed = list(published(session, desk))
    for address, body in listed:
        yield _compared(kind, address, get, (body,))


def _keys(session: Session, desk: IssuerDesk) -> _Published:
    with suppress(Absent):
        yield desk.url("/.well-known/did.json"), documents.installation_document(session, desk).body
    yield desk.url("/.well-known/jwks.json"), documents.key_set(session, desk).body
    for org in _issuers(session):
        base, body = documents.profile_url(desk, org), documents.did_document(session, desk, org.slug).body
        yield f"{base}/did.json", body
        # Of an organization on a domain of its own this is the one that verifiers read.
        elsewhere = documents.own_domain_url(desk, org)
        if elsewhere is not None:
            yield elsewhere, body
        statement = select(IssuerKey).where(IssuerKey.controller == org.did, col(IssuerKey.revoked).is_(None))
        for key in session.exec(statement):
            yield f"{base}/keys/{quote(key.id)}", documents.key(session, desk, org.slug, key.id).body


def _profiles(session: Session, desk: IssuerDesk) -> _Published:
    for org in _issuers(session):
        yield documents.profile_url(desk, org), documents.profile(session, desk, org.slug).body


def _revocation_lists(session: Session, desk: IssuerDesk) -> _Published:
    for org in session.exec(select(Organization).order_by(Organization.slug)):
        with suppress(Absent):
            yield documents.revocations_url(desk, org), documents.revocations(session, desk, org.slug).body


def _issuers(session: Session) -> Iterator[Organization]:
    """The organisations that have keys."""
    for org in session.exec(select(Organization).order_by(Organization.slug)):
        if session.exec(select(IssuerKey.id).where(IssuerKey.controller == org.did)).first() is not None:
            yield org


def _lists(desk: IssuerDesk, get: Get) -> Iterator[Difference | None]:
    with desk.database.reading() as session:
        ids = session.exec(select(StatusListRow.id).where(StatusListRow.edition > 0).order_by(StatusListRow.id)).all()
    for list_id in ids:
        address = list_url(desk, list_id)
        with desk.database.reading() as session:
            newest = copy_at(session, list_id, None)
            copies = session.exec(
                select(StatusCopy)
                .where(StatusCopy.list_id == list_id)
                .order_by(col(StatusCopy.edition).desc())
                .limit(_EARLIER_COPIES)
            ).all()
        if newest is None or _digest(newest.body) != newest.sha256:
            yield Difference("status-list", address, "damaged", "the stored copy does not have its digest")
            continue
        yield _compared("status-list", address, get, tuple(copy.body for copy in copies))


def _badges(desk: IssuerDesk, get: Get) -> Iterator[Difference | None]:
    last = ""
    while True:
        with desk.database.reading() as session:
            awards = session.exec(
                select(Award)
                .where(Award.id > last, (Award.edition > 0) | (Award.state == "erased"))
                .order_by(col(Award.id))
                .limit(_CHUNK)
            ).all()
        if not awards:
            return
        last = awards[-1].id
        for award in awards:
            yield from _badge(desk, get, award.id)


def _badge(desk: IssuerDesk, get: Get, award_id: str) -> Iterator[Difference | None]:
    for form in documents.FORMS:
        found = _badge_form(desk, get, award_id, form)
        if found is not None and found.what != "damaged":
            # It may have been published anew, or been shown to others or not, between the two looks.
            found = _badge_form(desk, get, award_id, form)
        yield found


def _badge_form(desk: IssuerDesk, get: Get, award_id: str, form: str) -> Difference | None:
    address = f"{documents.credential_url(desk, award_id)}.{form}"
    with desk.database.reading() as session:
        award = session.get_one(Award, award_id)
        statement = select(SignedCopy).where(SignedCopy.award_id == award_id, SignedCopy.form == form)
        copies = session.exec(statement).all()
    if any(_digest(copy.body) != copy.sha256 for copy in copies if copy.body):
        return Difference("badge", address, "damaged", "a stored copy does not have its digest")
    if award.state == "erased":
        if any(copy.body for copy in copies):
            return Difference("badge", address, "damaged", "the badge was erased, and signed bytes are still stored")
        return _closed(address, get, "erased")
    if award.visibility == "private":
        return _closed(address, get, "private")
    newest = next((copy for copy in copies if copy.edition == award.edition), None)
    if newest is not None:
        return _compared("badge", address, get, (newest.body,))
    if form == "json":
        return Difference("badge", address, "damaged", f"edition {award.edition} is not stored")
    return _closed(address, get, "not signed in this form")


def _collections(desk: IssuerDesk, get: Get) -> Iterator[Difference | None]:
    with desk.database.reading() as session:
        ids = session.exec(select(Collection.id).order_by(Collection.id)).all()
    for collection_id in ids:
        found = _collection(desk, get, collection_id)
        if found is not None and found.what != "damaged":
            # It may have been signed anew, or have ended, between the two looks.
            found = _collection(desk, get, collection_id)
        yield found


def _collection(desk: IssuerDesk, get: Get, collection_id: str) -> Difference | None:
    address = desk.url(f"/s/{collection_id}.json")
    with desk.database.reading() as session:
        row = session.get(Collection, collection_id)
    if row is None or not collections.is_open(row, desk.clock()) or row.body is None:
        return _closed(address, get, "over, or not signed yet", "collection")
    if _digest(row.body) != row.sha256:
        return Difference("collection", address, "damaged", "what is stored does not have its digest")
    return _compared("collection", address, get, (row.body,))


def _closed(address: str, get: Get, why: str, kind: Kind = "badge") -> Difference | None:
    try:
        get(address)
    except OutboundError:
        return None
    return Difference(kind, address, "exposed", f"the {kind} is {why}, and something is served")


def _compared(kind: Kind, address: str, get: Get, stored: tuple[bytes, ...]) -> Difference | None:
    try:
        served = get(address)
    except OutboundError as error:
        return Difference(kind, address, "missing", str(error))
    if served in stored:
        return None
    return Difference(kind, address, "differs", f"served is {_digest(served)[:16]}…, stored {_digest(stored[0])[:16]}…")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
