"""Open Badges 3.0 on VCDM 1.1 (the legacy classes of Appendix B): read and verified, never issued."""

# The names of members are those of the data model.
# ruff: noqa: N815

from __future__ import annotations

from typing import Annotated

from badgeport.schemas.models.base import CompactJws, DateTimeZ, Many, Maybe, Text, Types
from badgeport.schemas.models.ob3 import (
    Achievement,
    AchievementSubject,
    BadgeEnvelope,
    EndorsementSubject,
    Image,
    Profile,
)
from badgeport.schemas.models.vcdm import IdentifiedObject


class ProfileV1P1(Profile):
    """A person or organization whose endorsements are of VCDM 1.1."""

    endorsement: Maybe[Many[EndorsementCredentialV1P1]] = None  # type: ignore[assignment]
    parentOrg: Maybe[ProfileV1P1] = None


class AchievementV1P1(Achievement):
    """An achievement whose endorsements are of VCDM 1.1."""

    creator: Maybe[ProfileV1P1] = None
    endorsement: Maybe[Many[EndorsementCredentialV1P1]] = None  # type: ignore[assignment]


class AchievementSubjectV1P1(AchievementSubject):
    """The recipient and what was achieved."""

    achievement: AchievementV1P1
    source: Maybe[ProfileV1P1] = None


class BadgeEnvelopeV1P1(BadgeEnvelope):
    """What badges and endorsements share in VCDM 1.1; the issuer is always an object."""

    issuer: ProfileV1P1
    issuanceDate: DateTimeZ
    expirationDate: Maybe[DateTimeZ] = None
    credentialStatus: Maybe[Many[IdentifiedObject]] = None


class EndorsementCredentialV1P1(BadgeEnvelopeV1P1):
    """An endorsement of VCDM 1.1."""

    type: Annotated[list[str], Types("VerifiableCredential", "EndorsementCredential")]
    name: Text
    credentialSubject: EndorsementSubject


class AchievementCredentialV1P1(BadgeEnvelopeV1P1):
    """A badge of VCDM 1.1."""

    type: Annotated[list[str], Types("VerifiableCredential", ("AchievementCredential", "OpenBadgeCredential"))]
    name: Text
    image: Maybe[Image] = None
    credentialSubject: AchievementSubjectV1P1
    endorsement: Maybe[Many[EndorsementCredentialV1P1]] = None
    endorsementJwt: Maybe[Many[CompactJws]] = None
