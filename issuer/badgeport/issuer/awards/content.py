"""What an award says: whom it is made to, what it states beside the micro-credential, and the award file from both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from badgeport.issuer.award import (
    Achievement,
    Amount,
    Assessment,
    Award,
    Evidence,
    IssuerProfile,
    Result,
    Stack,
    Text,
    award_problems,
)
from badgeport.issuer.awards.tables import Recipient
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.mistakes import Mistakes
from badgeport.schemas.datetimes import format_datetime

MOST_EVIDENCE = 50


@dataclass(frozen=True, slots=True)
class RecipientData:
    """Whom an award is made to, as the organisation knows them.

    ``identifiers`` are as in an award file (``{"type", "value", "hashed"}``). ``show_name`` puts the name into the
    badge for everyone to read; otherwise only a salted hash of the e-mail address stands there. ``show_did`` is False
    where the earner took the DID out of the badge.
    """

    name: str = ""
    email: str = ""
    did: str | None = None
    identifiers: tuple[Mapping[str, Any], ...] = ()
    show_name: bool = False
    show_did: bool = True

    @property
    def shown_did(self) -> str | None:
        """The DID that the badge says."""
        return self.did if self.show_did else None

    @classmethod
    def of(cls, row: Recipient) -> RecipientData:
        """What is stored."""
        return cls(row.name, row.email, row.did, tuple(row.identifiers), row.show_name, row.show_did)

    def tidy(self) -> RecipientData:
        """The same without stray blanks, the address in small letters."""
        return RecipientData(
            name=" ".join(self.name.split()),
            email=self.email.strip().lower(),
            did=(self.did or "").strip() or None,
            identifiers=self.identifiers,
            show_name=self.show_name,
            show_did=self.show_did,
        )

    def to_json(self) -> dict[str, Any]:
        """The same as JSON, as an organisation says it: what the earner shows of it is the earner's."""
        said = {**asdict(self), "identifiers": [dict(one) for one in self.identifiers]}
        del said["show_did"]
        return said

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> RecipientData:
        """What `to_json` wrote."""
        return cls(**{**value, "identifiers": tuple(value.get("identifiers", ()))})


def _stack(value: object) -> object:
    """A stack out of parsed JSON: an award's members know JSON's lists in a JSON text alone."""
    return Stack.model_validate_json(json.dumps(value)) if isinstance(value, dict) else value


class AwardBody(BaseModel):
    """What an award states beside its definition and its recipient: the members of an award file of these names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)

    results: Annotated[tuple[Result, ...], Field(max_length=200, strict=False)] = ()
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=MOST_EVIDENCE, strict=False)] = ()
    narrative: Text | None = None
    credits: Amount | None = None
    credit_unit: Text | None = None
    contact_hours: Amount | None = None
    grade_band: Text | None = None
    assessment: Assessment | None = None
    activity_start: str | None = None
    activity_end: str | None = None
    role: Text | None = None
    term: Text | None = None
    license_number: Text | None = None
    stack: Annotated[Stack | None, BeforeValidator(_stack)] = None

    def to_json(self) -> dict[str, Any]:
        """The body as it is stored."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> AwardBody:
        """What `to_json` wrote. Raises pydantic's ValidationError."""
        return cls.model_validate(dict(value))


def default_body(definition: DefinitionBody) -> AwardBody:
    """What every award of a definition states where nothing else is said: its credit, hours and grades."""
    credit = definition.credit
    return AwardBody(
        credits=None if credit is None else credit.amount,
        credit_unit=None if credit is None else credit.unit,
        contact_hours=definition.contact_hours,
        grade_band=definition.grade_band or None,
    )


def end_of(definition: DefinitionBody, awarded: datetime) -> datetime | None:
    """Until when an award of a definition holds: its months after the day of the award; None for good."""
    if definition.validity is None:
        return None
    months = awarded.month - 1 + definition.validity.months
    year, month = awarded.year + months // 12, months % 12 + 1
    day = awarded.day
    while True:
        try:
            return awarded.replace(year=year, month=month, day=day)
        except ValueError:
            # The 31st of a month of 30 days: its last day.
            day -= 1


def award_file(
    *,
    credential_id: str,
    issuer: IssuerProfile,
    achievement: Achievement,
    recipient: RecipientData,
    body: AwardBody,
    awarded: datetime,
    valid_from: datetime,
    valid_until: datetime | None,
) -> Award:
    """The award as the core mints it. Raises Mistakes that say which member is wrong, in an award file's words."""
    members: dict[str, Any] = {
        "id": credential_id,
        "issuer": issuer,
        "achievement": achievement,
        "recipient": _recipient(recipient),
        "awardedDate": format_datetime(awarded),
        "validFrom": format_datetime(valid_from),
        "validUntil": None if valid_until is None else format_datetime(valid_until),
        **{to_camel(name): getattr(body, name) for name in type(body).model_fields},
    }
    try:
        return Award.model_validate(members)
    except ValidationError:
        raise _explained(members) from None


def _recipient(given: RecipientData) -> dict[str, Any]:
    identifiers: Sequence[Mapping[str, Any]] = given.identifiers
    if given.show_name and given.name:
        identifiers = (*identifiers, {"type": "name", "value": given.name, "hashed": False})
    return {"id": given.shown_did, "email": given.email or None, "identifiers": tuple(dict(one) for one in identifiers)}


def _explained(members: Mapping[str, Any]) -> Mistakes:
    """The mistakes of an award that was refused, read once more as a file, with sentences for people."""
    plain = {name: _plain(value) for name, value in members.items() if value is not None}
    mistakes = Mistakes()
    for problem in award_problems(plain):
        mistakes.add((problem.pointer or "").strip("/"), "{reason}", reason=problem.detail)
    return mistakes


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items() if one is not None}
    return value
