"""What a recognition credential says, read without judging anything: whom it names, for which actions, and when.

The W3C draft "Recognized Entities 1.0" (§3, data model) is read as far as it says who may issue. All that depends on
the draft's data model is in this module; it neither verifies nor fetches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeport.keys import did
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError

CREDENTIAL, ENTITY, ACTION, ISSUE = "RecognizedEntityCredential", "RecognizedEntity", "RecognizedAction", "issue"
_MAXIMUM_ACTIONS = 256
_MAXIMUM_NAME = 500
# An inline context may not define anew what the data model calls the dates of a credential: our form has other names.
NAMES = (
    ("validFrom", "recognizedFrom", "issuanceDate"),
    ("validUntil", "recognizedUntil", "expirationDate"),
)
"""What the start and the end of a recognition, or of a credential, may be called."""
_SAME_TYPE = {"AchievementCredential": "OpenBadgeCredential"}


@dataclass(frozen=True, slots=True)
class Span:
    """Since and until when something holds, both ends included; None: nothing is said."""

    start: datetime | None
    end: datetime | None


def entities(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The recognised entities among the subjects of a credential."""
    stated = document.get("credentialSubject")
    for entity in stated if isinstance(stated, list) else [stated]:
        if isinstance(entity, Mapping) and ENTITY in strings(entity.get("type")):
            yield entity


def actions(entity: Mapping[str, Any], doubts: list[str]) -> Iterator[Mapping[str, Any]]:
    """The actions of issuing that an entity is recognised for; what leaves that open is added to ``doubts``.

    One that is listed without any action is recognised as such; one whose actions stand elsewhere may be or not.
    """
    stated = entity.get("recognizedTo")
    if stated is None:
        if "recognizedIn" in entity:
            doubts.append("it leaves what the issuer may do to another list, which is not followed")
        else:
            yield {}
        return
    listed = stated if isinstance(stated, list) else [stated]
    if len(listed) > _MAXIMUM_ACTIONS:
        doubts.append(f"it names more than {_MAXIMUM_ACTIONS} actions for the issuer")
    for action in listed[:_MAXIMUM_ACTIONS]:
        if not isinstance(action, Mapping):
            doubts.append("it names an action for the issuer by reference only")
        elif ACTION in strings(action.get("type")) and ISSUE in strings(action.get("action")):
            yield action


def stated_span(action: Mapping[str, Any], authority: str, doubts: list[str]) -> Span | None:
    """The dates that an action states itself; None, and a doubt, where they cannot be read.

    None, too, where somebody else than the authority recognises the entity.
    """
    by = action.get("recognizedBy", authority)
    by = by.get("id") if isinstance(by, Mapping) else by
    if not same(by, authority):
        doubts.append("it passes on the recognition of somebody else, who is not asked")
        return None
    own = span(action)
    if own is None:
        doubts.append("the dates of the recognition cannot be read")
    return own


def is_for_types(action: Mapping[str, Any], types: Any) -> bool:
    """Whether an action is about credentials of one of these types; one that names no type is about all."""
    wanted = action.get("credentialType")
    if wanted is None:
        return True
    stated = {_SAME_TYPE.get(each, each) for each in strings(types)}
    return not stated.isdisjoint(_SAME_TYPE.get(each, each) for each in strings(wanted))


def span(holder: Mapping[str, Any]) -> Span | None:
    """The dates that an object states; None where they cannot be read."""
    dates = [next((holder[name] for name in names if name in holder), None) for names in NAMES]
    try:
        start, end = (None if each is None else parse_datetime(each, require_zone=False) for each in dates)
    except ProblemError:
        return None
    return Span(start, end)


def text(stated: Any) -> str | None:
    """A text, or the first text of a name in several languages."""
    if isinstance(stated, list) and stated:
        stated = stated[0]
    if isinstance(stated, Mapping):
        stated = stated.get("@value")
    return stated[:_MAXIMUM_NAME] if isinstance(stated, str) and stated else None


def strings(stated: Any) -> list[str]:
    """The texts of a member that may have one value or several."""
    return [each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, str)]


def same(stated: object, identifier: str) -> bool:
    """Whether something stated is this identifier."""
    return isinstance(stated, str) and did.comparable(stated) == did.comparable(identifier)
