"""The Comprehensive Learner Record 2.0 envelope: several credentials of one learner, each signed in its own right."""

# The names of members are those of the data model.
# ruff: noqa: N815

from __future__ import annotations

from typing import Annotated, Any

from badgeport.schemas.models.base import CompactJws, Many, Maybe, Node, Some, Text, Types, Uri
from badgeport.schemas.models.ob3 import Achievement, BadgeEnvelopeV2, EndorsementCredential, IdentityObject, Image


class Association(Node):
    """How two achievements or credentials of the record hang together, such as ``isChildOf`` or ``precedes``."""

    type: Annotated[list[str], Types("Association")]
    associationType: str
    sourceId: Uri
    targetId: Uri


class ClrSubject(Node):
    """The learner, and the credentials of the record."""

    id: Maybe[Uri] = None
    type: Annotated[list[str], Types("ClrSubject")]
    identifier: Maybe[Many[IdentityObject]] = None
    verifiableCredential: Some[dict[str, Any]]
    achievement: Maybe[Many[Achievement]] = None
    association: Maybe[Many[Association]] = None


class ClrCredential(BadgeEnvelopeV2):
    """A learner record."""

    type: Annotated[list[str], Types("VerifiableCredential", "ClrCredential")]
    name: Maybe[Text] = None
    image: Maybe[Image] = None
    partial: Maybe[bool] = None
    credentialSubject: ClrSubject
    endorsement: Maybe[Many[EndorsementCredential]] = None
    endorsementJwt: Maybe[Many[CompactJws]] = None
