"""Verifiable credentials and presentations (VCDM 2.0 section 4; VCDM 1.1), and the classes all credentials share."""

# The names of members are those of the data model.
# ruff: noqa: N815

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag

from badgeport.schemas.models.base import (
    AnyTypes,
    Closed,
    ContextEntry,
    DateTimeZ,
    Many,
    Maybe,
    Node,
    Some,
    Types,
    Uri,
    text_or_object,
)


class LanguageValue(Closed):
    """A text with its language and direction (VCDM 2.0 section 11.1)."""

    value: str = Field(alias="@value")
    language: Maybe[str] = Field(default=None, alias="@language")
    direction: Maybe[str] = Field(default=None, alias="@direction")


def _text_form(value: Any) -> str:
    return "list" if isinstance(value, list) else text_or_object(value)


LocalizedText: TypeAlias = Annotated[
    Annotated[str, Tag("text")]
    | Annotated[LanguageValue, Tag("object")]
    | Annotated[list[LanguageValue], Field(min_length=1), Tag("list")],
    Discriminator(_text_form),
]
"""A text, or language value objects."""


class TypedObject(Node):
    """An object that names its type and may have an id."""

    id: Maybe[Uri] = None
    type: AnyTypes


class IdentifiedObject(Node):
    """An object that names its id and its type."""

    id: Uri
    type: AnyTypes


class CredentialSchema(IdentifiedObject):
    """A schema the credential is said to conform to."""


class CredentialStatus(TypedObject):
    """Where the status of the credential can be found."""


class RefreshService(IdentifiedObject):
    """Where a newer copy of the credential can be had."""


class TermsOfUse(TypedObject):
    """Terms under which the credential was issued."""


class Proof(Node):
    """An embedded proof; what it must say for its kind is judged when it is verified."""

    type: AnyTypes
    created: Maybe[str] = None
    cryptosuite: Maybe[str] = None
    challenge: Maybe[str] = None
    domain: Maybe[Many[str]] = None
    nonce: Maybe[str] = None
    proofPurpose: Maybe[str] = None
    proofValue: Maybe[str] = None
    verificationMethod: Maybe[str] = None


class RelatedResource(Node):
    """A resource the credential relies on, with its digest (VCDM 2.0 section 5.3)."""

    id: Uri
    digestSRI: Maybe[str] = None
    digestMultibase: Maybe[Many[str]] = None


class Party(Node):
    """An issuer or holder given as an object."""

    id: Uri
    name: Maybe[LocalizedText] = None
    description: Maybe[LocalizedText] = None


class Claims(Node):
    """A credential subject of any kind."""

    id: Maybe[Uri] = None


PartyReference: TypeAlias = Annotated[
    Annotated[Uri, Tag("text")] | Annotated[Party, Tag("object")], Discriminator(text_or_object)
]


class CredentialEnvelope(Node):
    """The members all verifiable credentials share, whatever the version."""

    context: Some[ContextEntry] = Field(alias="@context")
    id: Maybe[Uri] = None
    type: Annotated[list[str], Types("VerifiableCredential")]
    issuer: PartyReference
    credentialSubject: Some[Claims]
    proof: Maybe[Many[Proof]] = None
    credentialSchema: Maybe[Many[CredentialSchema]] = None
    termsOfUse: Maybe[Many[TermsOfUse]] = None
    evidence: Maybe[Many[TypedObject]] = None


class VerifiableCredential(CredentialEnvelope):
    """A verifiable credential of VCDM 2.0."""

    name: Maybe[LocalizedText] = None
    description: Maybe[LocalizedText] = None
    validFrom: Maybe[DateTimeZ] = None
    validUntil: Maybe[DateTimeZ] = None
    credentialStatus: Maybe[Many[CredentialStatus]] = None
    refreshService: Maybe[Many[TypedObject]] = None
    relatedResource: Maybe[Many[RelatedResource]] = None
    renderMethod: Maybe[Many[TypedObject]] = None
    confidenceMethod: Maybe[Many[TypedObject]] = None


class VerifiableCredentialV1P1(CredentialEnvelope):
    """A verifiable credential of VCDM 1.1, read only."""

    issuanceDate: DateTimeZ
    expirationDate: Maybe[DateTimeZ] = None
    credentialStatus: Maybe[Many[IdentifiedObject]] = None
    refreshService: Maybe[Many[IdentifiedObject]] = None


class EnvelopedVerifiableCredential(Node):
    """A credential secured from outside, carried in a data: URL (VCDM 2.0 section 4.13)."""

    id: Uri
    type: Annotated[list[str], Types("EnvelopedVerifiableCredential")]


class PresentationEnvelope(Node):
    """The members all verifiable presentations share."""

    context: Some[ContextEntry] = Field(alias="@context")
    id: Maybe[Uri] = None
    type: Annotated[list[str], Types("VerifiablePresentation")]
    holder: Maybe[PartyReference] = None
    termsOfUse: Maybe[Many[TermsOfUse]] = None
    proof: Maybe[Many[Proof]] = None


class VerifiablePresentation(PresentationEnvelope):
    """A verifiable presentation of VCDM 2.0; its credentials are objects, each to be verified in its own right."""

    verifiableCredential: Maybe[Many[dict[str, Any]]] = None


class VerifiablePresentationV1P1(PresentationEnvelope):
    """A verifiable presentation of VCDM 1.1, read only; its credentials may be compact JWS."""

    verifiableCredential: Maybe[Many[str | dict[str, Any]]] = None


class JsonSchemaSubject(Node):
    """The subject of a credential that holds a JSON Schema (VC JSON Schema section 2.2)."""

    id: Maybe[Uri] = None
    type: Literal["JsonSchema"]
    jsonSchema: dict[str, Any]
