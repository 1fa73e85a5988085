"""A badge as it is published: who may see it, what it says, and its forms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import urlencode

from badgeport.web.words import Words, keyed
from sqlmodel import Session

from badgeport.issuer import qr, vocabulary
from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.catalog.services import body_of, picture_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home.services import visible
from badgeport.issuer.hosting import art
from badgeport.issuer.hosting.art import Art
from badgeport.issuer.hosting.certificate import Sheet, certificate
from badgeport.issuer.hosting.documents import FORMS, Document, Gone, credential_url, signed
from badgeport.issuer.hosting.reading import BadgeView, badge_view
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.tables import Account, Organization

Standing = Literal["active", "suspended", "revoked", "expired", "not-yet"]

FACTS = {
    vocabulary.CONTACT_HOURS: keyed("Contact hours"),
    vocabulary.ASSESSOR_INDEPENDENCE: keyed("Assessor"),
    vocabulary.SECOND_ASSESSOR: keyed("Second assessor"),
    vocabulary.ASSESSOR_CERTIFICATION: keyed("Certification of the assessor"),
    vocabulary.IDENTITY_ASSURANCE: keyed("How the earner's identity was checked"),
    vocabulary.GRADE_BAND: keyed("Grades"),
}
"""What the extension results of a badge are called on its page."""

VALUES = {
    "same-school": keyed("of the same school"),
    "same-employer": keyed("of the same employer"),
    "independent": keyed("independent"),
    "yes": keyed("yes"),
    "no": keyed("no"),
}
KINDS = {"micro-credential": keyed("Micro-credential"), "stack": keyed("Stack of micro-credentials")}


PICTURED = frozenset({"png", "svg", "pdf"})
"""The forms with the picture of the badge in them."""


class Private(Absent):
    """There is a badge, and its earner keeps it private."""


class Waiting(Absent):
    """There is an award, and its badge is not signed yet."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """A published badge: its rows, its signed copies and what the one with the embedded proof says.

    ``copy`` is the record; ``jwt`` is None where the organisation signs no tokens.
    """

    award: Award
    org: Organization
    definition: Definition
    version: DefinitionVersion
    copy: SignedCopy
    jwt: SignedCopy | None
    view: BadgeView

    def standing(self, now: datetime) -> Standing:
        """How it stands at an instant."""
        if self.award.standing == "revoked":
            return "revoked"
        if self.award.standing == "suspended":
            return "suspended"
        if self.view.valid_until is not None and self.view.valid_until < now:
            return "expired"
        return "not-yet" if self.view.valid_from is not None and self.view.valid_from > now else "active"

    @property
    def faces(self) -> tuple[str, ...]:
        """The forms there are."""
        return ("html", "json", *(("jwt",) if self.jwt is not None else ()), "png", "svg", "pdf")


def hosted(session: Session, award_id: str, account: Account | None, *, as_staff: bool = False) -> Hosted:
    """The badge at ``/c/{award_id}`` for somebody (None: nobody signed in).

    Raises Absent, Gone (erased), Private, Waiting (not signed yet: said to those alone who may see it).
    """
    award = session.get(Award, award_id)
    if award is None:
        raise Absent
    if award.state == "erased":
        raise Gone
    if not visible(session, award, account, as_staff=as_staff):
        raise Private
    copy = signed(session, award)
    if copy is None:
        raise Absent if award.state == "lapsed" else Waiting
    return Hosted(
        award=award,
        org=session.get_one(Organization, award.org_id),
        definition=session.get_one(Definition, award.definition_id),
        version=session.get_one(DefinitionVersion, award.version_id),
        copy=copy,
        jwt=signed(session, award, "jwt"),
        view=badge_view(copy.body),
    )


def picture(session: Session, desk: IssuerDesk, badge: Hosted) -> Art:
    """The picture of a badge."""
    return Art(*picture_of(session, desk, badge.org, body_of(badge.version)))


def form_of(
    desk: IssuerDesk, badge: Hosted, drawing: Art | None, face: str, media_type: str, speech: Words, now: datetime
) -> Document:
    """A form of a badge other than its page, as ``media_type``. ``drawing`` is its `picture`, where the form has one.

    Drawing takes time: no session may be open. Raises Absent where the badge has no such form.
    """
    url = credential_url(desk, badge.award.id)
    if face in FORMS:
        copy = badge.copy if face == "json" else badge.jwt
        if copy is None:
            raise Absent
        return Document(copy.body, media_type, 0)
    if drawing is not None and face == "png":
        return Document(art.baked_png(drawing, badge.copy.body), media_type, 0)
    if drawing is not None and face == "svg":
        return Document(art.baked_svg(drawing, badge.copy.body, badge.view.name), media_type, 0)
    if drawing is not None and face == "pdf":
        sheet = _sheet(badge, url, speech, now)
        return Document(_pdf(sheet, art.drawn(drawing), badge.copy.body, badge.copy.signed), media_type, 0)
    if face in ("qr.svg", "qr.png"):
        return Document(_code(url, face), media_type, 3600)
    raise Absent


def file_name(badge: Hosted, suffix: str) -> str:
    """What a download is called."""
    return f"{badge.definition.slug or 'badge'}-{badge.award.id[:8]}.{suffix}"


def linkedin_url(desk: IssuerDesk, badge: Hosted) -> str:
    """The address at LinkedIn that fills in the form "add licence or certification" for a badge."""
    view = badge.view
    fields = {"startTask": "CERTIFICATION_NAME", "name": view.name, "organizationName": view.issuer}
    if view.awarded is not None:
        fields |= {"issueYear": str(view.awarded.year), "issueMonth": str(view.awarded.month)}
    if view.valid_until is not None:
        fields |= {"expirationYear": str(view.valid_until.year), "expirationMonth": str(view.valid_until.month)}
    fields |= {"certUrl": credential_url(desk, badge.award.id), "certId": badge.award.id}
    return f"https://www.linkedin.com/profile/add?{urlencode(fields)}"


def facts(badge: Hosted, speech: Words) -> list[tuple[str, str]]:
    """What a badge states in short, as pairs of label and value in the reader's words."""
    view, rows = badge.view, [(speech.say("Issued by"), badge.view.issuer)]
    if view.awarded is not None:
        rows.append((speech.say("Awarded on"), speech.day(view.awarded)))
    if view.credits:
        rows.append((speech.say("Credit"), f"{view.credits} {view.credit_unit}".strip()))
    until = speech.say("No end") if view.valid_until is None else speech.day(view.valid_until)
    rows.append((speech.say("Valid until"), until))
    for kind, value in view.facts:
        label = FACTS.get(kind)
        if label is not None:
            rows.append((speech.say(label), speech.say(VALUES[value]) if value in VALUES else value))
    return rows


def stamp(badge: Hosted, speech: Words, now: datetime) -> str:
    """What stands against a badge, in a sentence; empty where nothing does."""
    award, view = badge.award, badge.view
    since = speech.day(award.standing_since) if award.standing_since is not None else ""
    reason = award.standing_reason
    match badge.standing(now):
        case "revoked" if reason:
            return speech.say("This badge was revoked on {day}: {reason}", day=since, reason=reason)
        case "revoked":
            return speech.say("This badge was revoked on {day}.", day=since)
        case "suspended" if reason:
            return speech.say("This badge is suspended since {day}: {reason}", day=since, reason=reason)
        case "suspended":
            return speech.say("This badge is suspended since {day}.", day=since)
        case "expired" if view.valid_until is not None:
            return speech.say("This badge was valid until {day}.", day=speech.day(view.valid_until))
        case "not-yet" if view.valid_from is not None:
            return speech.say("This badge is valid from {day} on.", day=speech.day(view.valid_from))
    return ""


def _sheet(badge: Hosted, url: str, speech: Words, now: datetime) -> Sheet:
    view = badge.view
    return Sheet(
        language=speech.language,
        name=view.name,
        issuer=view.issuer,
        recipient=view.recipient,
        description=view.description,
        url=url,
        art_alt=speech.say("Badge: {name}", name=view.name),
        footer=speech.say(
            "This paper shows what the signed badge said on {day}; the badge itself is attached to this file. "
            "Whether it still stands is said at its address.",
            day=speech.day(badge.copy.signed),
        ),
        labels=(
            ("kind", speech.say(KINDS[badge.definition.kind])),
            ("awarded_to", speech.say("Awarded to")),
            (
                "unnamed",
                speech.say("The badge names its earner by a salted hash of an e-mail address only, not in clear."),
            ),
            ("scan", speech.say("Check it here")),
            ("attached", speech.say("The signed badge")),
        ),
        facts=tuple(facts(badge, speech)),
        stamp=stamp(badge, speech, now),
        tone=badge.standing(now),
    )


@lru_cache(maxsize=256)
def _code(url: str, face: str) -> bytes:
    return qr.png(url) if face == "qr.png" else qr.svg(url, title=url)


@lru_cache(maxsize=32)
def _pdf(sheet: Sheet, drawn: bytes, credential: bytes, made: datetime) -> bytes:
    return certificate(sheet, drawn, credential, made)
