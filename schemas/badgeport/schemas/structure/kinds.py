"""Which of the known documents a JSON value is, judged by its types and contexts alone."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

from badgeport.schemas.structure import vocabulary
from badgeport.schemas.structure.rules import strings

Kind: TypeAlias = Literal[
    "ob3",
    "ob3-vcdm11",
    "endorsement",
    "endorsement-vcdm11",
    "clr2",
    "vc2",
    "vc1",
    "vp2",
    "vp1",
    "status-list",
    "ob2-assertion",
    "unknown",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_OB2_CONTEXT = "https://w3id.org/openbadges/v2"
# A credential that leaves its own type out is still judged as what its subject says it is.
_BY_SUBJECT: dict[str, Literal["ob3", "endorsement", "clr2"]] = {
    "ClrSubject": "clr2",
    "AchievementSubject": "ob3",
    "EndorsementSubject": "endorsement",
}

_CREDENTIAL_MEMBERS = frozenset({"issuer", "credentialSubject"})


def detect_kind(document: Any) -> Kind:
    """The kind of a parsed JSON document; ``"unknown"`` for anything that is not one of them. Never raises."""
    if not isinstance(document, dict):
        return "unknown"
    types, contexts = strings(document.get("type")), strings(document.get("@context"))
    first_model = _data_model(document, contexts) == 1
    if "VerifiablePresentation" in types and not claims_to_be_a_credential(document):
        return "vp1" if first_model else "vp2"
    if "BitstringStatusListCredential" in types or "StatusList2021Credential" in types:
        return "status-list"
    family = _family(document, types, contexts)
    if family == "clr2":
        return "clr2"
    if family == "ob3":
        return "ob3-vcdm11" if first_model else "ob3"
    if family == "endorsement":
        return "endorsement-vcdm11" if first_model else "endorsement"
    if "VerifiableCredential" in types or "VerifiablePresentation" in types:
        return "vc1" if first_model else "vc2"
    if "Assertion" in types or _OB2_CONTEXT in contexts or {"recipient", "badge"} <= document.keys():
        return "ob2-assertion"
    if vocabulary.CREDENTIALS_V1 in contexts or vocabulary.CREDENTIALS_V2 in contexts:
        if claims_to_be_a_credential(document):
            return "vc1" if first_model else "vc2"
        if "verifiableCredential" in document or "holder" in document:
            return "vp1" if first_model else "vp2"
    return "unknown"


def claims_to_be_a_credential(document: dict[str, Any]) -> bool:
    """Whether a document says that it is a credential: whoever issues it must have signed it, whatever else it says."""
    return "VerifiableCredential" in strings(document.get("type")) or not _CREDENTIAL_MEMBERS.isdisjoint(document)


def is_ambiguous(document: dict[str, Any]) -> bool:
    """Whether a document says both that it is a credential and that it is a presentation, which none can be."""
    return "VerifiablePresentation" in strings(document.get("type")) and claims_to_be_a_credential(document)


def _family(document: dict[str, Any], types: list[str], contexts: list[str]) -> str | None:
    if "ClrCredential" in types:
        return "clr2"
    if "OpenBadgeCredential" in types or "AchievementCredential" in types:
        return "ob3"
    if "EndorsementCredential" in types:
        return "endorsement"
    stated = document.get("credentialSubject")
    if any(vocabulary.is_ob_context(each) for each in contexts):
        subjects = [each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, dict)]
        subject_types = {name for subject in subjects for name in strings(subject.get("type"))}
        return next((family for name, family in _BY_SUBJECT.items() if name in subject_types), None)
    return None


def data_model(document: dict[str, Any]) -> Literal[1, 2]:
    """The VCDM version a document follows: by the first of the two contexts, otherwise by its date members."""
    return _data_model(document, strings(document.get("@context")))


def _data_model(document: dict[str, Any], contexts: list[str]) -> Literal[1, 2]:
    for context in contexts:
        if context == vocabulary.CREDENTIALS_V2:
            return 2
        if context == vocabulary.CREDENTIALS_V1:
            return 1
    return 1 if "issuanceDate" in document and "validFrom" not in document else 2
