"""Status lists: Bitstring Status List 1.0 section 2, its forerunner StatusList2021, and 1EdTech's revocation list."""

# The names of members are those of the data model.
# ruff: noqa: N815

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from badgeport.schemas.models.base import Many, Maybe, Node, Number, Some, Types, Uri
from badgeport.schemas.models.vcdm import VerifiableCredential


class StatusMessage(Node):
    """What one value of a multi-bit status means."""

    status: str
    message: str


class StatusListEntry(Node):
    """A place in a status list. The index is a decimal string; a JSON number is met in the wild and read too."""

    id: Maybe[Uri] = None
    statusPurpose: str
    statusListIndex: str | int
    statusListCredential: Uri


class BitstringStatusListEntry(StatusListEntry):
    """A place in a Bitstring Status List; ``statusSize`` counts bits."""

    type: Annotated[list[str], Types("BitstringStatusListEntry")]
    statusSize: Maybe[Annotated[int, Field(ge=1)]] = None
    statusMessage: Maybe[Many[StatusMessage]] = None
    statusReference: Maybe[Many[Uri]] = None


class StatusList2021Entry(StatusListEntry):
    """A place in a StatusList2021 list."""

    type: Annotated[list[str], Types("StatusList2021Entry")]


class BitstringStatusList(Node):
    """The list itself, compressed; ``ttl`` counts milliseconds."""

    id: Maybe[Uri] = None
    type: Annotated[list[str], Types(("BitstringStatusList", "StatusList2021"))]
    statusPurpose: Some[str]
    encodedList: str
    ttl: Maybe[Number] = None


class BitstringStatusListCredential(VerifiableCredential):
    """The credential that publishes a status list."""

    type: Annotated[
        list[str],
        Types("VerifiableCredential", ("BitstringStatusListCredential", "StatusList2021Credential")),
    ]
    credentialSubject: BitstringStatusList  # type: ignore[assignment]


class RevokedCredential(Node):
    """One entry of a 1EdTech revocation list; ``revoked`` left out means revoked."""

    id: str
    revoked: Maybe[bool] = None
    revocationReason: Maybe[str] = None


class RevocationList(Node):
    """A 1EdTech revocation list (``1EdTechRevocationList``): the ids of revoked credentials of one issuer."""

    id: Uri
    issuer: str
    revokedCredential: Many[RevokedCredential]
