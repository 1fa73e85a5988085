"""From an award that is due to its two signed copies: one with an embedded proof, one as a JWT.

Both say the same of the same person: the identity hashes and their salts are the same in every copy and edition, so
that what a holder kept of an older one still matches.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, select

from badgeport.issuer import award as awardfile
from badgeport.issuer.audit import log
from badgeport.issuer.awards import proposals, telling
from badgeport.issuer.awards.content import AwardBody, RecipientData, award_file
from badgeport.issuer.awards.tables import Award, Recipient, SignedCopy
from badgeport.issuer.build import build
from badgeport.issuer.catalog.services import achievement_of, body_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home import collections
from badgeport.issuer.hosting.documents import credential_url, issuer_profile, refresh_service, revocation_entries
from badgeport.issuer.jobs.handling import NotYet, Trouble
from badgeport.issuer.people.keys import EMBEDDED, TOKEN, all_active, signing_key
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.randomness import Randomness, random_urn
from badgeport.issuer.release import DEFAULT_FORMATS, Minted, release
from badgeport.issuer.status.lists import entries_of
from badgeport.issuer.status.tables import StatusListRow, StatusPlace
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import CRYPTOSUITES

KIND = "mint"
JSON, JWT = "json", "jwt"
FORMS = {JSON: EMBEDDED, JWT: TOKEN}
"""The forms every award is signed in, and the purpose of the key of each."""
MEDIA_TYPES = {JSON: "application/vc", JWT: "application/vc+jwt"}
OVERDUE = keyed("Its end had passed before it could be signed.")
_CACHED = "badgeport minting"
_AHEAD = "badgeport minting ahead"


@dataclass(frozen=True, slots=True)
class Material:
    """All that signing one edition of an award needs: nothing of it is read again."""

    award_id: str
    edition: int
    file: awardfile.Award
    issuer_id: str
    status_entries: tuple[dict[str, Any], ...]
    salt: str
    keys: dict[str, IssuerKey]
    formats: tuple[str, ...]
    valid_from: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One signed copy, not stored yet."""

    form: str
    minted: Minted
    key_id: str
    signed: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """The copies of one edition."""

    material: Material
    copies: tuple[Copy, ...]


def build_award(session: Session, desk: IssuerDesk, award: Award) -> Material | None:
    """What a worker signs for an award; None where the edition that is wanted is there, or the award was erased.

    Raises Trouble where the organisation has no key, NotYet while its status list is not published, Mistakes.
    """
    recipient = session.get(Recipient, award.id)
    if award.state == "erased" or award.edition >= award.wanted or recipient is None:
        return None
    shared = _shared(session, desk, award)
    places = _places(session, award)
    for place in places:
        _require_published(session, place.list_id)
    valid_from = _valid_from(session, desk, award)
    file = award_file(
        credential_id=credential_url(desk, award.id),
        issuer=shared.issuer,
        achievement=shared.achievement,
        recipient=RecipientData.of(recipient),
        body=_told(session, desk, AwardBody.from_json(award.body)),
        awarded=award.awarded,
        valid_from=valid_from,
        valid_until=award.valid_until,
    )
    return Material(
        award_id=award.id,
        edition=award.wanted,
        file=file,
        issuer_id=shared.organization.did,
        status_entries=(*entries_of(desk, places), *revocation_entries(desk, shared.organization)),
        salt=recipient.salt,
        keys=shared.keys,
        formats=tuple(shared.organization.formats),
        valid_from=valid_from,
        why=award.correction,
    )


def sign(desk: IssuerDesk, material: Material) -> Signed:
    """The copies of an edition, each of which verified before it came out. Raises ProblemError."""
    signers = {form: desk.custody.open(key) for form, key in material.keys.items()}
    now = desk.clock()
    body = build(
        material.file,
        issuer_id=material.issuer_id,
        credential_id=str(material.file.id),
        now=now,
        randomness=_salts(material.salt, "identity"),
        status_entries=material.status_entries,
    )
    copies = []
    for form, signer in signers.items():
        minted = release(
            _in_form(desk, material, body, form),
            signer,
            format_of(form, signer, material.formats),
            now=now,
            contexts=desk.contexts,
            limits=desk.limits,
        )
        copies.append(Copy(form, minted, material.keys[form].id, now))
    return Signed(material, tuple(copies))


def format_of(form: str, signer: Signer, wanted: tuple[str, ...]) -> str:
    """The format of a copy: what the organisation chose for its kind of proof, or what most verifiers know."""
    if form == JWT:
        return "vc-jwt"
    default = DEFAULT_FORMATS[signer.public_key.key_type]
    family = default.partition("-")[0]
    return next((one for one in wanted if one in CRYPTOSUITES and one.startswith(f"{family}-")), default)


class MintHandler:
    """Signs and publishes awards."""

    together = 50

    def read_ahead(self, session: Session, keys: Sequence[str]) -> Any:
        """The awards, and what is read of each and of their organisations both to sign and to publish."""
        awards = session.exec(select(Award).where(col(Award.id).in_(keys))).all()
        ids = [award.id for award in awards]
        orgs = {award.org_id for award in awards}
        places: dict[str, list[StatusPlace]] = {award_id: [] for award_id in ids}
        found = select(StatusPlace).where(col(StatusPlace.award_id).in_(ids)).order_by(col(StatusPlace.purpose))
        for place in session.exec(found):
            places[place.award_id].append(place)
        signed = set(session.exec(select(SignedCopy.award_id).where(col(SignedCopy.award_id).in_(ids)).distinct()))
        session.info[_AHEAD] = _Ahead(places, frozenset(ids) - signed)
        return [
            awards,
            *(
                session.exec(select(table).where(col(column).in_(wanted))).all()
                for table, column, wanted in (
                    (Recipient, Recipient.award_id, ids),
                    (Organization, Organization.id, orgs),
                    (DefinitionVersion, DefinitionVersion.id, {award.version_id for award in awards}),
                    (IssuerKey, IssuerKey.org_id, orgs),
                    (StatusListRow, StatusListRow.id, {one.list_id for some in places.values() for one in some}),
                )
            ),
        ]

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:
        """Everything signing needs. Raises Trouble, NotYet."""
        award = session.get(Award, key)
        return None if award is None or is_over(award, desk.clock()) else build_award(session, desk, award)

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        """Sign both copies."""
        return None if prepared is None else sign(desk, prepared)

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:
        """Publish: from here on these bytes are the badge.

        Not with a key that was taken out of use meanwhile: then it is signed with another at once.
        """
        award = session.get(Award, key)
        if award is None or award.state == "erased" or award.edition >= award.wanted:
            return None
        if result is None:
            if is_over(award, now):
                _leave(session, award, now)
            return None
        if award.edition >= result.material.edition:
            return None
        if not all_active(session, (copy.key_id for copy in result.copies)):
            return timedelta(0)
        publish(session, desk, award, result, now)
        return None


def is_over(award: Award, now: datetime) -> bool:
    """Whether a badge would be signed after its end."""
    return award.valid_until is not None and award.valid_until <= now


def _leave(session: Session, award: Award, now: datetime) -> None:
    """The edition that was wanted is not signed any more; a correction with a later end asks for one again."""
    log.record(
        session,
        actor="system",
        action="award.overdue",
        target=f"award:{award.id}",
        at=now,
        org_id=award.org_id,
        detail={"edition": award.wanted},
        why=OVERDUE,
    )
    award.wanted = award.edition
    if award.edition == 0:
        award.state = "lapsed"
    session.add(award)


def publish(session: Session, desk: IssuerDesk, award: Award, signed: Signed, now: datetime) -> None:
    """Store the copies of an edition and write down which bytes were published; tell the recipient of the first.

    Of a badge that was revoked meanwhile nobody is told, of a suspended one when it is reinstated.
    """
    first = award.published is None
    detail: dict[str, Any] = {"edition": signed.material.edition}
    for copy in signed.copies:
        session.add(
            SignedCopy(
                award_id=award.id,
                edition=signed.material.edition,
                form=copy.form,
                format=copy.minted.format,
                media_type=MEDIA_TYPES[copy.form],
                body=copy.minted.bytes,
                sha256=copy.minted.sha256,
                key_id=copy.key_id,
                signed=copy.signed,
                valid_from=signed.material.valid_from,
                why=signed.material.why,
            )
        )
        detail[copy.form] = {"sha256": copy.minted.sha256, "key": copy.key_id}
    award.edition, award.state = signed.material.edition, "published"
    award.published = award.published or now
    session.add(award)
    log.record(
        session,
        actor="system",
        action="award.published",
        target=f"award:{award.id}",
        at=now,
        org_id=award.org_id,
        detail=detail,
        why=signed.material.why,
        at_once=False,
    )
    if first:
        if award.notify and award.standing == "active":
            telling.tell_awarded(session, desk, award, now)
        proposals.look_again(session, award.org_id, award.account_id, now)
    else:
        collections.renew(session, award.account_id, award.id, now)


# ---------------------------------------------------------------- parts


def _told(session: Session, desk: IssuerDesk, body: AwardBody) -> AwardBody:
    """The body without the addresses of badges that are private or erased: a stack names those by achievement only."""
    if body.stack is None:
        return body
    home = credential_url(desk, "")
    named = [str(one.credential).removeprefix(home) for one in body.stack.members if one.credential is not None]
    statement = select(Award.id).where(
        col(Award.id).in_(named), (Award.visibility == "private") | (Award.state == "erased")
    )
    hidden = {credential_url(desk, award_id) for award_id in session.exec(statement)}
    members = tuple(
        one.model_copy(update={"credential": None}) if one.credential in hidden else one for one in body.stack.members
    )
    return body.model_copy(update={"stack": body.stack.model_copy(update={"members": members})})


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the awards of one version have in common."""

    organization: Organization
    issuer: awardfile.IssuerProfile
    achievement: awardfile.Achievement
    keys: dict[str, IssuerKey]


def _shared(session: Session, desk: IssuerDesk, award: Award) -> _Shared:
    """Read once for all awards that are prepared in one session."""
    kept: dict[str, _Shared] = session.info.setdefault(_CACHED, {})
    if award.version_id not in kept:
        org = session.get_one(Organization, award.org_id)
        version = session.get_one(DefinitionVersion, award.version_id)
        definition = session.get_one(Definition, award.definition_id)
        keys = {form: signing_key(session, org.did, purpose, desk.clock()) for form, purpose in FORMS.items()}
        held = {form: key for form, key in keys.items() if key is not None}
        if len(held) < len(FORMS):
            raise Trouble("the organization lacks a key to sign with")
        achievement = achievement_of(desk, org, definition, version, body_of(version))
        kept[award.version_id] = _Shared(org, issuer_profile(session, org), achievement, held)
    return kept[award.version_id]


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What was read at once of all awards that are prepared in one session: their places, and which have no copy."""

    places: Mapping[str, Sequence[StatusPlace]]
    unsigned: frozenset[str]


def _places(session: Session, award: Award) -> Sequence[StatusPlace]:
    ahead: _Ahead | None = session.info.get(_AHEAD)
    if ahead is not None and award.id in ahead.places:
        return ahead.places[award.id]
    statement = select(StatusPlace).where(StatusPlace.award_id == award.id).order_by(col(StatusPlace.purpose))
    return session.exec(statement).all()


def _require_published(session: Session, list_id: str) -> None:
    row = session.get_one(StatusListRow, list_id)
    if row.edition == 0:
        raise NotYet("the status list of the badge is not published yet")


def _valid_from(session: Session, desk: IssuerDesk, award: Award) -> datetime:
    """The first edition is valid from the award on; each later one from when it is signed, and later than the last."""
    ahead: _Ahead | None = session.info.get(_AHEAD)
    if ahead is not None and award.id in ahead.unsigned:
        return award.awarded
    statement = select(SignedCopy.valid_from).where(SignedCopy.award_id == award.id)
    last = session.exec(statement.order_by(col(SignedCopy.edition).desc())).first()
    if last is None:
        return award.awarded
    return max(desk.clock().replace(microsecond=0), last + timedelta(seconds=1))


def _salts(secret: str, purpose: str) -> Randomness:
    """Salts out of the recipient's: unguessable for others, and the same each time."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return hmac.digest(secret.encode(), f"{purpose} {count}".encode(), hashlib.sha256)[:size]

    return draw


def _in_form(desk: IssuerDesk, material: Material, body: dict[str, Any], form: str) -> dict[str, Any]:
    """The credential as it is signed in one form: with where its newest edition is to be had in this form.

    A VC-JWT names its subject (OB 3.0, VC-JWT): where there is no DID, by a random name that says nothing about them.
    """
    shown: dict[str, Any] = {}
    for name, value in body.items():
        if name == "credentialSchema":
            shown["refreshService"] = refresh_service(desk, material.award_id, form)
        shown[name] = value
    if form == JWT and "id" not in body["credentialSubject"]:
        shown["credentialSubject"] = {"id": random_urn(_salts(material.salt, "subject")), **body["credentialSubject"]}
    return shown
