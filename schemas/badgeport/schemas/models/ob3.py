"""Open Badges 3.0 (Appendix B of the specification): the badge, the endorsement and everything inside them."""

# The names of members are those of the data model.
# ruff: noqa: N815

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from badgeport.schemas.models.base import (
    AchievementType,
    AlignmentTargetType,
    Closed,
    CompactJws,
    ContextEntry,
    Date,
    DateTime,
    DateTimeZ,
    IdentifierType,
    LanguageCode,
    Many,
    Maybe,
    Node,
    Number,
    ResultStatusType,
    ResultType,
    Text,
    Types,
    Uri,
    text_or_object,
)
from badgeport.schemas.models.vcdm import (
    CredentialSchema,
    CredentialStatus,
    Proof,
    RefreshService,
    RelatedResource,
    TermsOfUse,
    TypedObject,
)


class Image(Closed):
    """An image by URL or as a data: URL."""

    id: Uri
    type: Literal["Image"]
    caption: Maybe[Text] = None


class IdentifierEntry(Closed):
    """An identifier of something, with its kind."""

    type: Literal["IdentifierEntry"]
    identifier: str
    identifierType: IdentifierType


class IdentityObject(Closed):
    """An identifier of the recipient, in plain text or hashed."""

    type: Literal["IdentityObject"]
    hashed: bool
    identityHash: str
    identityType: IdentifierType
    salt: Maybe[str] = None


class GeoCoordinates(Node):
    """A place on earth, in degrees (WGS 84)."""

    type: Literal["GeoCoordinates"]
    latitude: Number
    longitude: Number


class Address(Node):
    """A postal address."""

    type: Annotated[list[str], Types("Address")]
    addressCountry: Maybe[Text] = None
    addressCountryCode: Maybe[str] = None
    addressRegion: Maybe[Text] = None
    addressLocality: Maybe[Text] = None
    streetAddress: Maybe[Text] = None
    postOfficeBoxNumber: Maybe[Text] = None
    postalCode: Maybe[Text] = None
    geo: Maybe[GeoCoordinates] = None


class Alignment(Node):
    """A node of an educational framework that an achievement or result corresponds to."""

    type: Annotated[list[str], Types("Alignment")]
    targetCode: Maybe[Text] = None
    targetDescription: Maybe[Text] = None
    targetName: Text
    targetFramework: Maybe[Text] = None
    targetType: Maybe[AlignmentTargetType] = None
    targetUrl: Uri


class Criteria(Node):
    """What has to be done to earn an achievement: a page, a narrative, or both."""

    id: Maybe[Uri] = None
    narrative: Maybe[Text] = None


class Evidence(Node):
    """The work a recipient did."""

    id: Maybe[Uri] = None
    type: Annotated[list[str], Types("Evidence")]
    narrative: Maybe[Text] = None
    name: Maybe[Text] = None
    description: Maybe[Text] = None
    genre: Maybe[Text] = None
    audience: Maybe[Text] = None


class Related(Node):
    """Another achievement to be taken as the same, such as another language edition."""

    id: Uri
    type: Annotated[list[str], Types("Related")]
    inLanguage: Maybe[LanguageCode] = None
    version: Maybe[Text] = None


class RubricCriterionLevel(Node):
    """One level of a rubric."""

    id: Uri
    type: Annotated[list[str], Types("RubricCriterionLevel")]
    alignment: Maybe[Many[Alignment]] = None
    description: Maybe[Text] = None
    level: Maybe[Text] = None
    name: Text
    points: Maybe[Text] = None


class ResultDescription(Node):
    """A kind of result an achievement may have."""

    id: Uri
    type: Annotated[list[str], Types("ResultDescription")]
    alignment: Maybe[Many[Alignment]] = None
    allowedValue: Maybe[Many[Text]] = None
    name: Text
    requiredLevel: Maybe[Uri] = None
    requiredValue: Maybe[Text] = None
    resultType: ResultType
    rubricCriterionLevel: Maybe[Many[RubricCriterionLevel]] = None
    valueMax: Maybe[Text] = None
    valueMin: Maybe[Text] = None


class Result(Node):
    """A result a recipient had."""

    type: Annotated[list[str], Types("Result")]
    achievedLevel: Maybe[Uri] = None
    alignment: Maybe[Many[Alignment]] = None
    resultDescription: Maybe[Uri] = None
    status: Maybe[ResultStatusType] = None
    value: Maybe[Text] = None


class Profile(Node):
    """A person or organization: issuer, creator, assessor, parent organization."""

    id: Uri
    type: Annotated[list[str], Types("Profile")]
    name: Maybe[Text] = None
    url: Maybe[Uri] = None
    phone: Maybe[str] = None
    description: Maybe[Text] = None
    endorsement: Maybe[Many[EndorsementCredential]] = None
    endorsementJwt: Maybe[Many[CompactJws]] = None
    image: Maybe[Image] = None
    email: Maybe[str] = None
    address: Maybe[Address] = None
    otherIdentifier: Maybe[Many[IdentifierEntry]] = None
    official: Maybe[Text] = None
    parentOrg: Maybe[Profile] = None
    familyName: Maybe[Text] = None
    givenName: Maybe[Text] = None
    additionalName: Maybe[Text] = None
    patronymicName: Maybe[Text] = None
    honorificPrefix: Maybe[Text] = None
    honorificSuffix: Maybe[Text] = None
    familyNamePrefix: Maybe[Text] = None
    dateOfBirth: Maybe[Date] = None


class Achievement(Node):
    """What was achieved: the definition of a badge."""

    id: Uri
    type: Annotated[list[str], Types("Achievement")]
    alignment: Maybe[Many[Alignment]] = None
    achievementType: Maybe[AchievementType] = None
    creator: Maybe[Profile] = None
    creditsAvailable: Maybe[Number] = None
    criteria: Criteria
    description: Text
    endorsement: Maybe[Many[EndorsementCredential]] = None
    endorsementJwt: Maybe[Many[CompactJws]] = None
    fieldOfStudy: Maybe[Text] = None
    humanCode: Maybe[Text] = None
    image: Maybe[Image] = None
    inLanguage: Maybe[LanguageCode] = None
    name: Text
    otherIdentifier: Maybe[Many[IdentifierEntry]] = None
    related: Maybe[Many[Related]] = None
    resultDescription: Maybe[Many[ResultDescription]] = None
    specialization: Maybe[Text] = None
    tag: Maybe[Many[Text]] = None
    version: Maybe[Text] = None


class AchievementSubject(Node):
    """The recipient and what was achieved."""

    id: Maybe[Uri] = None
    type: Annotated[list[str], Types("AchievementSubject")]
    activityEndDate: Maybe[DateTime] = None
    activityStartDate: Maybe[DateTime] = None
    creditsEarned: Maybe[Number] = None
    achievement: Achievement
    identifier: Maybe[Many[IdentityObject]] = None
    image: Maybe[Image] = None
    licenseNumber: Maybe[Text] = None
    narrative: Maybe[Text] = None
    result: Maybe[Many[Result]] = None
    role: Maybe[Text] = None
    source: Maybe[Profile] = None
    term: Maybe[Text] = None


class EndorsementSubject(Node):
    """What is endorsed, and what is said of it."""

    id: Uri
    type: Annotated[list[str], Types("EndorsementSubject")]
    endorsementComment: Maybe[Text] = None


Issuer: TypeAlias = Annotated[
    Annotated[Uri, Tag("text")] | Annotated[Profile, Tag("object")], Discriminator(text_or_object)
]
"""The issuer by its id alone or as a profile."""


class BadgeEnvelope(Node):
    """The members that badges, endorsements and CLR 2.0 envelopes share, whatever the data model version."""

    context: list[ContextEntry] = Field(alias="@context", min_length=2)
    id: Uri
    description: Maybe[Text] = None
    awardedDate: Maybe[DateTimeZ] = None
    proof: Maybe[Many[Proof]] = None
    credentialSchema: Maybe[Many[CredentialSchema]] = None
    refreshService: Maybe[RefreshService] = None
    termsOfUse: Maybe[Many[TermsOfUse]] = None
    evidence: Maybe[Many[Evidence]] = None


class BadgeEnvelopeV2(BadgeEnvelope):
    """The same for VCDM 2.0."""

    issuer: Issuer
    validFrom: DateTimeZ
    validUntil: Maybe[DateTimeZ] = None
    credentialStatus: Maybe[Many[CredentialStatus]] = None
    relatedResource: Maybe[Many[RelatedResource]] = None
    renderMethod: Maybe[Many[TypedObject]] = None
    confidenceMethod: Maybe[Many[TypedObject]] = None


class EndorsementCredential(BadgeEnvelopeV2):
    """What one party says of a badge, an achievement or a profile."""

    type: Annotated[list[str], Types("VerifiableCredential", "EndorsementCredential")]
    name: Text
    credentialSubject: EndorsementSubject


class AchievementCredential(BadgeEnvelopeV2):
    """An Open Badges 3.0 badge; ``OpenBadgeCredential`` is another name of its type."""

    type: Annotated[list[str], Types("VerifiableCredential", ("AchievementCredential", "OpenBadgeCredential"))]
    name: Maybe[Text] = None
    image: Maybe[Image] = None
    credentialSubject: AchievementSubject
    endorsement: Maybe[Many[EndorsementCredential]] = None
    endorsementJwt: Maybe[Many[CompactJws]] = None
