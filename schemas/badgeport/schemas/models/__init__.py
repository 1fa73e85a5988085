"""Typed views of everything a credential is made of: Open Badges 3.0, VCDM 2.0 and 1.1, CLR 2.0 and status lists.

Import models from here by name; each module, and Pydantic with it, is loaded when the first of its models is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from badgeport.schemas.models.clr import (
        Association as Association,
    )
    from badgeport.schemas.models.clr import (
        ClrCredential as ClrCredential,
    )
    from badgeport.schemas.models.clr import (
        ClrSubject as ClrSubject,
    )
    from badgeport.schemas.models.legacy import (
        AchievementCredentialV1P1 as AchievementCredentialV1P1,
    )
    from badgeport.schemas.models.legacy import (
        AchievementSubjectV1P1 as AchievementSubjectV1P1,
    )
    from badgeport.schemas.models.legacy import (
        AchievementV1P1 as AchievementV1P1,
    )
    from badgeport.schemas.models.legacy import (
        EndorsementCredentialV1P1 as EndorsementCredentialV1P1,
    )
    from badgeport.schemas.models.legacy import (
        ProfileV1P1 as ProfileV1P1,
    )
    from badgeport.schemas.models.ob3 import (
        Achievement as Achievement,
    )
    from badgeport.schemas.models.ob3 import (
        AchievementCredential as AchievementCredential,
    )
    from badgeport.schemas.models.ob3 import (
        AchievementSubject as AchievementSubject,
    )
    from badgeport.schemas.models.ob3 import (
        Address as Address,
    )
    from badgeport.schemas.models.ob3 import (
        Alignment as Alignment,
    )
    from badgeport.schemas.models.ob3 import (
        Criteria as Criteria,
    )
    from badgeport.schemas.models.ob3 import (
        EndorsementCredential as EndorsementCredential,
    )
    from badgeport.schemas.models.ob3 import (
        EndorsementSubject as EndorsementSubject,
    )
    from badgeport.schemas.models.ob3 import (
        Evidence as Evidence,
    )
    from badgeport.schemas.models.ob3 import (
        GeoCoordinates as GeoCoordinates,
    )
    from badgeport.schemas.models.ob3 import (
        IdentifierEntry as IdentifierEntry,
    )
    from badgeport.schemas.models.ob3 import (
        IdentityObject as IdentityObject,
    )
    from badgeport.schemas.models.ob3 import (
        Image as Image,
    )
    from badgeport.schemas.models.ob3 import (
        Profile as Profile,
    )
    from badgeport.schemas.models.ob3 import (
        Related as Related,
    )
    from badgeport.schemas.models.ob3 import (
        Result as Result,
    )
    from badgeport.schemas.models.ob3 import (
        ResultDescription as ResultDescription,
    )
    from badgeport.schemas.models.ob3 import (
        RubricCriterionLevel as RubricCriterionLevel,
    )
    from badgeport.schemas.models.problem import (
        ProblemDetails as ProblemDetails,
    )
    from badgeport.schemas.models.reading import (
        read as read,
    )
    from badgeport.schemas.models.reading import (
        validation_problems as validation_problems,
    )
    from badgeport.schemas.models.status import (
        BitstringStatusList as BitstringStatusList,
    )
    from badgeport.schemas.models.status import (
        BitstringStatusListCredential as BitstringStatusListCredential,
    )
    from badgeport.schemas.models.status import (
        BitstringStatusListEntry as BitstringStatusListEntry,
    )
    from badgeport.schemas.models.status import (
        RevocationList as RevocationList,
    )
    from badgeport.schemas.models.status import (
        StatusList2021Entry as StatusList2021Entry,
    )
    from badgeport.schemas.models.vcdm import (
        CredentialSchema as CredentialSchema,
    )
    from badgeport.schemas.models.vcdm import (
        CredentialStatus as CredentialStatus,
    )
    from badgeport.schemas.models.vcdm import (
        EnvelopedVerifiableCredential as EnvelopedVerifiableCredential,
    )
    from badgeport.schemas.models.vcdm import (
        LanguageValue as LanguageValue,
    )
    from badgeport.schemas.models.vcdm import (
        Proof as Proof,
    )
    from badgeport.schemas.models.vcdm import (
        RefreshService as RefreshService,
    )
    from badgeport.schemas.models.vcdm import (
        RelatedResource as RelatedResource,
    )
    from badgeport.schemas.models.vcdm import (
        TermsOfUse as TermsOfUse,
    )
    from badgeport.schemas.models.vcdm import (
        VerifiableCredential as VerifiableCredential,
    )
    from badgeport.schemas.models.vcdm import (
        VerifiableCredentialV1P1 as VerifiableCredentialV1P1,
    )
    from badgeport.schemas.models.vcdm import (
        VerifiablePresentation as VerifiablePresentation,
    )
    from badgeport.schemas.models.vcdm import (
        VerifiablePresentationV1P1 as VerifiablePresentationV1P1,
    )

_MODULES = {
    "clr": ("Association", "ClrCredential", "ClrSubject"),
    "legacy": (
        "AchievementCredentialV1P1",
        "AchievementSubjectV1P1",
        "AchievementV1P1",
        "EndorsementCredentialV1P1",
        "ProfileV1P1",
    ),
    "ob3": (
        "Achievement",
        "AchievementCredential",
        "AchievementSubject",
        "Address",
        "Alignment",
        "Criteria",
        "EndorsementCredential",
        "EndorsementSubject",
        "Evidence",
        "GeoCoordinates",
        "IdentifierEntry",
        "IdentityObject",
        "Image",
        "Profile",
        "Related",
        "Result",
        "ResultDescription",
        "RubricCriterionLevel",
    ),
    "problem": ("ProblemDetails",),
    "reading": ("read", "validation_problems"),
    "status": (
        "BitstringStatusList",
        "BitstringStatusListCredential",
        "BitstringStatusListEntry",
        "RevocationList",
        "StatusList2021Entry",
    ),
    "vcdm": (
        "CredentialSchema",
        "CredentialStatus",
        "EnvelopedVerifiableCredential",
        "LanguageValue",
        "Proof",
        "RefreshService",
        "RelatedResource",
        "TermsOfUse",
        "VerifiableCredential",
        "VerifiableCredentialV1P1",
        "VerifiablePresentation",
        "VerifiablePresentationV1P1",
    ),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}

MODEL_NAMES = tuple(sorted(name for name in _HOME if name[0].isupper()))


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
