"""What an organisation says of itself, and the rules it sets for itself."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from pydantic import ValidationError
from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.award import IssuerProfile
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.hosting.documents import REVOCATION_LIST
from badgeport.issuer.mistakes import Absent, Mistakes, plain_reason, refuse
from badgeport.issuer.people.services import KINDS, MOST_NAME, check_version
from badgeport.issuer.people.tables import Organization, OrganizationImage
from badgeport.issuer.storage.keeping import keep

IMAGE_BYTES = 1024 * 1024
IMAGE_PIXELS = 4096
_KEPT_PIXELS = 800

PROFILE_FIELDS = ("url", "email", "phone", "description", "official")
"""Members of the profile that are one text each."""
ADDRESS_FIELDS = {
    "street": "streetAddress",
    "locality": "addressLocality",
    "region": "addressRegion",
    "postalCode": "postalCode",
    "countryCode": "addressCountryCode",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be changed about an organisation. ``profile``: members of `IssuerProfile` but name, id and image.

    ``revocation_list``: whether it keeps a 1EdTech revocation list, which makes ids of revoked badges public.
    """

    name: str
    kind: str
    profile: Mapping[str, Any]
    same_school_conflict: bool
    second_assessor: bool
    retention_days: int | None
    revocation_list: bool = False


def change_settings(
    session: Session,
    org: Organization,
    settings: Settings,
    *,
    version: int | None,
    actor: str,
    now: datetime,
    image: Mapping[str, Any] | None = None,
) -> Organization:
    """Write an organisation's settings. ``image`` replaces its picture (`keep_image`); ``{}`` takes it away.

    Raises Mistakes by form field, Conflict where somebody changed it since ``version``.
    """
    row = session.get(Organization, org.id)
    if row is None:
        raise Absent
    check_version(row.version, version)
    mistakes = Mistakes()
    name = " ".join(settings.name.split())
    if not 1 <= len(name) <= MOST_NAME:
        mistakes.add("name", "Write the name, in at most {most} characters.", most=MOST_NAME)
    if settings.kind not in KINDS:
        mistakes.add("kind", "Choose what kind of organization it is.")
    if settings.retention_days is not None and not 30 <= settings.retention_days <= 36_500:
        mistakes.add("retention_days", "Keep it for 30 days at least, or leave this out to keep it until it is erased.")
    profile = {name: value for name, value in settings.profile.items() if value not in (None, "", {}, [])}
    kept = row.profile.get("image") if image is None else dict(image) or None
    if kept:
        profile["image"] = kept
    _check_profile(name, profile, mistakes)
    if mistakes:
        raise mistakes
    changed = sorted(
        member
        for member, before, after in (
            ("name", row.name, name),
            ("kind", row.kind, settings.kind),
            ("profile", row.profile, profile),
            ("sameSchoolConflict", row.same_school_conflict, settings.same_school_conflict),
            ("secondAssessor", row.second_assessor, settings.second_assessor),
            ("retentionDays", row.retention_days, settings.retention_days),
            ("revocationList", REVOCATION_LIST in row.formats, settings.revocation_list),
        )
        if before != after
    )
    row.name, row.kind, row.profile = name, settings.kind, profile
    row.same_school_conflict, row.second_assessor = settings.same_school_conflict, settings.second_assessor
    row.retention_days = settings.retention_days
    others = [one for one in row.formats if one != REVOCATION_LIST]
    row.formats = [*others, REVOCATION_LIST] if settings.revocation_list else others
    row.version += 1
    session.add(row)
    log.record(
        session,
        actor=actor,
        action="organization.changed",
        target=f"organization:{row.id}",
        at=now,
        org_id=row.id,
        detail={"members": changed},
    )
    return row


def profile_of(org: Organization) -> IssuerProfile:
    """What an organisation says of itself, as the issuer of an award."""
    return IssuerProfile.model_validate_json(_json({"name": org.name, "id": org.did, **org.profile}))


def _check_profile(name: str, profile: Mapping[str, Any], mistakes: Mistakes) -> None:
    try:
        IssuerProfile.model_validate_json(_json({"name": name or "-", **profile}))
    except ValidationError as error:
        for one in error.errors():
            mistakes.add(str(one["loc"][0]) if one["loc"] else "", "{reason}", reason=plain_reason(one["msg"]))


def _json(value: Mapping[str, Any]) -> bytes:
    from badgeport.schemas import jsontext

    return jsontext.dump(value)


# ---------------------------------------------------------------- the picture


def read_image(file: BinaryIO) -> bytes:
    """An uploaded picture drawn anew as PNG: nothing of the file but what is seen. Raises Mistakes (``image``)."""
    import warnings

    from PIL import Image, UnidentifiedImageError

    data = file.read(IMAGE_BYTES + 1)
    if len(data) > IMAGE_BYTES:
        refuse("image", "The picture is larger than 1 MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
                if max(picture.size) > IMAGE_PIXELS:
                    refuse("image", "The picture is more than {most} pixels wide or high.", most=IMAGE_PIXELS)
                drawn = picture.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ):
        refuse("image", "Choose a PNG or JPEG picture.")
    drawn.thumbnail((_KEPT_PIXELS, _KEPT_PIXELS))
    target = io.BytesIO()
    drawn.save(target, "PNG", optimize=True)
    return target.getvalue()


def keep_image(
    session: Session, desk: IssuerDesk, org: Organization, digest: str, size: int, caption: str, now: datetime
) -> dict[str, Any]:
    """Note a stored picture as the organisation's; answers the member ``image`` of its profile. Raises Mistakes."""
    keep(session, desk.blobs, digest, size, "image/png", now, field="image")
    if session.get(OrganizationImage, (org.id, digest)) is None:
        session.add(OrganizationImage(org_id=org.id, digest=digest, created=now))
        session.flush()
    return {"id": desk.url(f"/issuers/{org.slug}/image/{digest}"), "caption": caption.strip() or org.name}


def image_of(session: Session, slug: str, digest: str) -> str:
    """The digest of a picture that an organisation has or had. Raises Absent for any other stored file."""
    statement = (
        select(OrganizationImage.digest)
        .join(Organization)
        .where(Organization.slug == slug, OrganizationImage.digest == digest)
    )
    found = session.exec(statement).first()
    if found is None:
        raise Absent
    return found
