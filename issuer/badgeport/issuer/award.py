"""The award: what a district writes by hand, before any of it is a credential.

An award names the issuer, the achievement with its criteria and rubric, the recipient, the evidence and the results in
words a person reads. `badgeport.issuer.build` turns it into an Open Badges 3.0 credential. Unknown members are refused,
so that a misspelt one is never silently left out of a signed badge. docs/award.md explains every member.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from badgeport.issuer import vocabulary
from badgeport.schemas import jsontext, pointer
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, Problem, ProblemError
from badgeport.schemas.structure import vocabulary as terms

AWARD_SCHEMA_ID = "https://badgeport.org/schemas/award.json"

_IRI = re.compile(terms.ABSOLUTE_URI)
_WEB = re.compile(r"https?://[^/\s?#]+[^\s]*")
_EVIDENCE = re.compile(r"https?://[^/\s?#]+[^\s]*|urn:[^\s]+")
_IMAGE = re.compile(r"(https?://[^/\s?#]+|data:image/[a-z0-9.+-]+[;,])[^\s]*")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{1,80}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_LANGUAGE = re.compile(terms.LANGUAGE_CODE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


# ---------------------------------------------------------------- values


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    if _CONTROL.search(value):
        raise ValueError("must not hold control characters or unpaired surrogates")
    return value


def _matcher(pattern: re.Pattern[str], what: str) -> AfterValidator:
    def check(value: str) -> str:
        _text(value)
        if not pattern.fullmatch(value):
            raise ValueError(f"must be {what}")
        return value

    return AfterValidator(check)


def _term(known_terms: Iterable[str], what: str) -> AfterValidator:
    known = sorted(known_terms)

    def check(value: str) -> str:
        if value in known or terms.is_extension_term(value):
            return value
        close = difflib.get_close_matches(value, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"is not a known {what}, nor an extension term 'ext:…'{hint}")

    return AfterValidator(check)


def _moment(end_of_day: bool) -> BeforeValidator:
    def check(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError("must be a date (2026-06-30) or a date and time with a zone (2026-06-30T15:04:05Z)")
        text = value
        if _DATE.fullmatch(value):
            text += "T23:59:59Z" if end_of_day else "T00:00:00Z"
        try:
            return parse_datetime(text).replace(microsecond=0)
        except ProblemError as error:
            raise ValueError(
                "must be a date (2026-06-30) or a date and time with a zone (2026-06-30T15:04:05Z): "
                + error.problem.detail
            ) from None

    return BeforeValidator(check)


def _number_text(value: object) -> object:
    """Points and bounds are strings in Open Badges; a number is what a person writes."""
    if isinstance(value, bool):
        raise ValueError("must be a number or a text")
    if isinstance(value, int | float):
        return plain_number(value)
    return value


def plain_number(value: float) -> str:
    """A finite number as people write it: ``3``, ``2.5``; never an exponent."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("must be a finite number")
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _few_decimals(value: float) -> float:
    # JSON-LD keeps fifteen digits of a number; these are fewer at any size allowed here.
    if round(value, 6) != value:
        raise ValueError("must have at most six decimals")
    return value


def _image(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


def _criteria(value: object) -> object:
    return {"narrative": value} if isinstance(value, str) else value


_MOMENT_SCHEMA = WithJsonSchema({"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]})

Text = Annotated[str, Field(min_length=1, max_length=100_000), AfterValidator(_text)]
Iri = Annotated[str, Field(max_length=4096), _matcher(_IRI, "an absolute URI such as https://… or did:…")]
WebUrl = Annotated[str, Field(max_length=4096), _matcher(_IRI, "a URL"), _matcher(_WEB, "an http(s) URL")]
ImageUrl = Annotated[str, Field(max_length=400_000), _matcher(_IMAGE, "an https URL or a data:image/… URL")]
Email = Annotated[str, _matcher(_EMAIL, "an e-mail address")]
Language = Annotated[str, _matcher(_LANGUAGE, "a language code such as en or es-MX")]
Start = Annotated[datetime, _moment(end_of_day=False), _MOMENT_SCHEMA]
End = Annotated[datetime, _moment(end_of_day=True), _MOMENT_SCHEMA]
Amount = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False), AfterValidator(_few_decimals)]
NumberText = Annotated[Text, BeforeValidator(_number_text, json_schema_input_type=str | float)]


def _local_or_iri(value: str) -> str:
    if _TOKEN.fullmatch(value) or _IRI.fullmatch(value):
        return value
    raise ValueError("must be a short name of letters, digits, '.', '_', '~' and '-', or an absolute URI")


LocalId = Annotated[str, Field(max_length=4096), AfterValidator(_local_or_iri)]


# ---------------------------------------------------------------- objects


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class Image(_Strict):
    """A picture: its URL (https or data:) and a caption for people who cannot see it."""

    id: ImageUrl
    caption: Text | None = None


ImageLike = Annotated[Image, BeforeValidator(_image, json_schema_input_type=Image | str)]


class Address(_Strict):
    """A postal address (OB 3.0 Address)."""

    address_country: Text | None = None
    address_country_code: Text | None = None
    address_region: Text | None = None
    address_locality: Text | None = None
    street_address: Text | None = None
    post_office_box_number: Text | None = None
    postal_code: Text | None = None


class OtherIdentifier(_Strict):
    """A further identifier, such as a CTID or a state's district number (OB 3.0 IdentifierEntry)."""

    identifier: Text
    identifier_type: Annotated[Text, _term(terms.IDENTIFIER_TYPES, "identifier type")]


class _ProfileMembers(_Strict):
    name: Text
    url: WebUrl | None = None
    phone: Text | None = None
    description: Text | None = None
    image: ImageLike | None = None
    email: Email | None = None
    address: Address | None = None
    official: Text | None = None
    other_identifier: tuple[OtherIdentifier, ...] = ()


class Profile(_ProfileMembers):
    """An organisation or person named in the badge who is not its issuer (OB 3.0 Profile)."""

    id: Iri


class IssuerProfile(_ProfileMembers):
    """Who awards the badge (OB 3.0 Profile).

    ``id`` must be the controller of the signing key; when it is left out, the key's controller is used.
    """

    id: Iri | None = None
    parent_org: Profile | None = None


class Criteria(_Strict):
    """What an earner must do, as text (Markdown) or as the URL of a page that says it."""

    id: Iri | None = None
    narrative: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Criteria:
        if self.id is None and self.narrative is None:
            raise ValueError("needs a narrative, an id (the URL of a page), or both")
        return self


class Alignment(_Strict):
    """A node of a standard or framework that this agrees with (OB 3.0 Alignment)."""

    target_name: Text
    target_url: WebUrl
    target_code: Text | None = None
    target_description: Text | None = None
    target_framework: Text | None = None
    target_type: Annotated[Text, _term(terms.ALIGNMENT_TARGET_TYPES, "alignment target type")] | None = None


class RubricLevel(_Strict):
    """One level of a criterion, for example "Proficient"."""

    id: LocalId | None = None
    name: Text
    description: Text | None = None
    points: NumberText | None = None
    alignments: tuple[Alignment, ...] = ()


class RubricCriterion(_Strict):
    """One row of a rubric: its levels from lowest to highest, and the lowest that earns the badge."""

    id: LocalId | None = None
    name: Text
    levels: Annotated[tuple[RubricLevel, ...], Field(min_length=1, max_length=50)]
    required_level: Text | None = None
    alignments: tuple[Alignment, ...] = ()

    @property
    def key(self) -> str:
        """How scores name it: by its id, or by its name where it has none."""
        return self.id or self.name

    def level_index(self, wanted: str) -> int | None:
        """The position of the level with this name or id, lowest first; None where there is none."""
        for index, level in enumerate(self.levels):
            if wanted == level.name or (level.id is not None and wanted == level.id):
                return index
        return None

    @model_validator(mode="after")
    def _coherent(self) -> RubricCriterion:
        names = [level.name for level in self.levels]
        if len(set(names)) != len(names):
            raise ValueError("has two levels of the same name")
        if self.required_level is not None and self.level_index(self.required_level) is None:
            raise ValueError(
                f"requires the level {self.required_level!r}, which is not one of its levels: {', '.join(names)}"
            )
        points = [_decimal(level.points) for level in self.levels]
        known = [point for point in points if point is not None]
        if len(known) == len(points) and known != sorted(known):
            raise ValueError("has levels whose points go down; list the levels from lowest to highest")
        return self


class Rubric(_Strict):
    """The rubric the evidence was scored with, public and identical to the assessor's."""

    criteria: Annotated[tuple[RubricCriterion, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _distinct(self) -> Rubric:
        _refuse_duplicates([criterion.name for criterion in self.criteria], "criteria of the same name")
        _refuse_duplicates([criterion.key for criterion in self.criteria], "criteria of the same id or name")
        return self


class ResultDescription(_Strict):
    """Another result the badge may state, for example a percentage or a status (OB 3.0 ResultDescription)."""

    id: LocalId | None = None
    name: Text
    result_type: Annotated[Text, _term(terms.RESULT_TYPES, "result type")] = "Result"
    allowed_values: tuple[Text, ...] = ()
    required_value: NumberText | None = None
    value_min: NumberText | None = None
    value_max: NumberText | None = None
    alignments: tuple[Alignment, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> ResultDescription:
        if self.result_type in vocabulary.EXTENSION_RESULTS:
            raise ValueError(
                f"the result type {self.result_type} has a member of its own in an award; see docs/award.md"
            )
        if self.result_type == "RubricCriterionLevel":
            raise ValueError("describe rubric levels under 'rubric'")
        low, high = _decimal(self.value_min), _decimal(self.value_max)
        if low is not None and high is not None and low > high:
            raise ValueError("valueMin is greater than valueMax")
        if self.required_value is not None:
            problem = value_problem(self, self.required_value)
            if problem:
                raise ValueError(f"requires the value {self.required_value!r}, which {problem}")
        return self


class Related(_Strict):
    """Another achievement this one belongs with, by its id (OB 3.0 Related)."""

    id: Iri
    version: Text | None = None
    in_language: Language | None = None


class Achievement(_Strict):
    """The micro-credential itself: what it is called and what it takes (OB 3.0 Achievement)."""

    id: Iri | None = None
    name: Text
    description: Text
    criteria: Annotated[Criteria, BeforeValidator(_criteria, json_schema_input_type=Criteria | str)]
    achievement_type: Annotated[Text, _term(terms.ACHIEVEMENT_TYPES, "achievement type")] = "MicroCredential"
    version: Text | None = None
    human_code: Text | None = None
    field_of_study: Text | None = None
    specialization: Text | None = None
    in_language: Language | None = None
    tags: tuple[Text, ...] = ()
    image: ImageLike | None = None
    creator: Profile | None = None
    credits_available: Amount | None = None
    alignments: tuple[Alignment, ...] = ()
    rubric: Rubric | None = None
    result_descriptions: tuple[ResultDescription, ...] = ()
    related: tuple[Related, ...] = ()
    other_identifier: tuple[OtherIdentifier, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Achievement:
        _refuse_duplicates([entry.name for entry in self.result_descriptions], "resultDescriptions of the same name")
        return self


class Identifier(_Strict):
    """A fact by which the recipient can be recognised; salted and hashed unless ``hashed`` is false."""

    type: Annotated[Text, _term(terms.IDENTIFIER_TYPES, "identifier type")]
    value: Text
    hashed: bool = True


def _no_mail_address(value: str) -> str:
    if value.lower().startswith("mailto:"):
        raise ValueError(
            "must not be a mailto: address, which everyone could read; write it as 'email' to have it hashed"
        )
    return value


class Recipient(_Strict):
    """Who earned the badge: a DID or other URI, or facts that are salted and hashed (``email``, ``name``)."""

    id: Annotated[Iri, AfterValidator(_no_mail_address)] | None = None
    email: Email | None = None
    name: Text | None = None
    identifiers: tuple[Identifier, ...] = ()

    @model_validator(mode="after")
    def _someone(self) -> Recipient:
        if self.id is None and self.email is None and self.name is None and not self.identifiers:
            raise ValueError("needs an id, an email, a name or an identifier")
        return self


class Evidence(_Strict):
    """What the earner submitted (OB 3.0 Evidence)."""

    id: Annotated[Iri, _matcher(_EVIDENCE, "an http(s) URL or a urn")] | None = None
    name: Text | None = None
    narrative: Text | None = None
    description: Text | None = None
    genre: Text | None = None
    audience: Text | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Evidence:
        if not self.model_fields_set:
            raise ValueError("says nothing")
        return self


class Result(_Strict):
    """One outcome: a level of a rubric criterion, or a value or status of a result description (each by name or id)."""

    criterion: Text | None = None
    level: Text | None = None
    result_description: Text | None = None
    value: NumberText | None = None
    status: Annotated[Text, AfterValidator(lambda value: _status(value))] | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Result:
        if (self.criterion is None) != (self.level is None):
            raise ValueError("needs both criterion and level, or neither")
        if self.criterion is not None and (self.value, self.status, self.result_description) != (None, None, None):
            raise ValueError("mixes a rubric level with a value or status; write two results")
        if self.criterion is None and self.value is None and self.status is None:
            raise ValueError("needs criterion and level, or a value, or a status")
        return self


class Assessment(_Strict):
    """How the evidence was assessed; each member becomes a result of an extension type (docs/vocabulary.md)."""

    assessor_independence: Literal["same-school", "same-employer", "independent"] | None = None
    second_assessor: bool | None = None
    assessor_certification: Text | None = None
    identity_assurance: Text | None = None


class StackMember(_Strict):
    """A micro-credential that counts towards a stack: its achievement, and the earner's badge where there is one."""

    achievement: Iri
    name: Text | None = None
    version: Text | None = None
    credential: Iri | None = None


class Stack(_Strict):
    """The micro-credentials that together make up this one."""

    members: Annotated[tuple[StackMember, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _distinct(self) -> Stack:
        _refuse_duplicates([member.achievement for member in self.members], "members with the same achievement")
        return self


class StatusPlace(_Strict):
    """A place on a Bitstring status list: the list's URL and the index there."""

    list: WebUrl
    index: Annotated[int, Field(ge=0, le=2**53 - 1)]


class Status(_Strict):
    """Where a verifier learns whether the badge was revoked or suspended."""

    revocation: StatusPlace | None = None
    suspension: StatusPlace | None = None
    revocation_list: WebUrl | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Status:
        if self.revocation is None and self.suspension is None and self.revocation_list is None:
            raise ValueError("names no status list")
        return self


class Award(_Strict):
    """One badge for one person, as written by hand (AWARD.json)."""

    id: Iri | None = None
    issuer: IssuerProfile
    achievement: Achievement
    recipient: Recipient
    name: Text | None = None
    description: Text | None = None
    evidence: tuple[Evidence, ...] = ()
    results: tuple[Result, ...] = ()
    narrative: Text | None = None
    credits: Amount | None = None
    credit_unit: Text | None = None
    contact_hours: Amount | None = None
    grade_band: Text | None = None
    assessment: Assessment | None = None
    awarded_date: Start | None = None
    valid_from: Start | None = None
    valid_until: End | None = None
    activity_start: Start | None = None
    activity_end: End | None = None
    role: Text | None = None
    term: Text | None = None
    license_number: Text | None = None
    source: Profile | None = None
    stack: Stack | None = None
    status: Status | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Award:
        _check_id(self)
        _check_dates(self)
        _check_credits(self)
        _check_results(self)
        return self


# ---------------------------------------------------------------- rules across members


class _PlacedError(ValueError):
    """A rule broken across members, with the place to show."""

    def __init__(self, message: str, *tokens: str | int) -> None:
        super().__init__(message)
        self.tokens = tokens


def _refuse_duplicates(names: Sequence[str], what: str) -> None:
    if len(set(names)) != len(names):
        raise ValueError(f"has two {what}")


def _status(value: str) -> str:
    if value not in terms.RESULT_STATUS_TYPES:
        raise ValueError(f"must be one of {', '.join(sorted(terms.RESULT_STATUS_TYPES))}")
    if value in ("Failed", "Withdrew"):
        raise ValueError(f"is {value!r}; a badge is not awarded for that")
    return value


def _decimal(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def value_problem(description: ResultDescription, value: str) -> str | None:
    """Why ``value`` cannot be a result of this description (a clause to follow "which"), or None."""
    if description.allowed_values and value not in description.allowed_values:
        return f"is not one of the allowed values: {', '.join(description.allowed_values)}"
    low, high, number = _decimal(description.value_min), _decimal(description.value_max), _decimal(value)
    if low is not None and (number is None or number < low):
        return f"is not at least {description.value_min}"
    if high is not None and (number is None or number > high):
        return f"is not at most {description.value_max}"
    return None


def _below(description: ResultDescription, value: str) -> bool:
    required = description.required_value
    if required is None or value == required:
        return False
    if description.allowed_values:
        return description.allowed_values.index(value) < description.allowed_values.index(required)
    number, bound = _decimal(value), _decimal(required)
    return number is None or bound is None or number < bound


def _check_id(award: Award) -> None:
    """Statements about one id merge, so that the badge's id must not name anything else."""
    others = {
        "the issuer": award.issuer.id,
        "the achievement": award.achievement.id,
        "the recipient": award.recipient.id,
        "the criteria": award.achievement.criteria.id,
        "the source": award.source.id if award.source else None,
        **{f"evidence {number}": entry.id for number, entry in enumerate(award.evidence, 1)},
    }
    for name, other in others.items():
        if award.id is not None and award.id == other:
            raise _PlacedError(f"is also the id of {name}; a badge needs an id of its own", "id")


def _check_dates(award: Award) -> None:
    if award.valid_from and award.valid_until and award.valid_until <= award.valid_from:
        raise _PlacedError("must be after validFrom", "validUntil")
    if award.activity_start and award.activity_end and award.activity_end < award.activity_start:
        raise _PlacedError("must not be before activityStart", "activityEnd")


def _check_credits(award: Award) -> None:
    available = award.achievement.credits_available
    if award.credits is not None and available is not None and award.credits > available:
        raise _PlacedError(
            f"is {plain_number(award.credits)}, more than the {plain_number(available)} the achievement offers",
            "credits",
        )
    if award.credit_unit is not None and award.credits is None and available is None:
        raise _PlacedError("is given without credits", "creditUnit")


def _check_results(award: Award) -> None:
    criteria = award.achievement.rubric.criteria if award.achievement.rubric else ()
    scored: set[int] = set()
    for index, result in enumerate(award.results):
        if result.criterion is not None:
            position = _check_level(criteria, result, index)
            if position in scored:
                raise _PlacedError(f"scores the criterion {result.criterion!r} a second time", "results", index)
            scored.add(position)
        else:
            _check_value(award.achievement, result, index)
    missing = [
        criterion.name
        for position, criterion in enumerate(criteria)
        if criterion.required_level is not None and position not in scored
    ]
    if scored and missing:
        raise _PlacedError(
            f"lack a level for {', '.join(repr(name) for name in missing)}, which the rubric requires", "results"
        )


def find_criterion(criteria: Sequence[RubricCriterion], wanted: str) -> int | None:
    """The position of the rubric criterion with this name or id, or None."""
    for position, criterion in enumerate(criteria):
        if wanted == criterion.name or (criterion.id is not None and wanted == criterion.id):
            return position
    return None


def find_description(descriptions: Sequence[ResultDescription], wanted: str) -> int | None:
    """The position of the result description with this name or id, or None."""
    for position, description in enumerate(descriptions):
        if wanted == description.name or (description.id is not None and wanted == description.id):
            return position
    return None


def _check_level(criteria: Sequence[RubricCriterion], result: Result, index: int) -> int:
    wanted, level = str(result.criterion), str(result.level)
    position = find_criterion(criteria, wanted)
    if position is None:
        raise _PlacedError(
            f"names the criterion {wanted!r}, which the rubric does not have"
            + _hint(wanted, [criterion.name for criterion in criteria]),
            "results",
            index,
            "criterion",
        )
    criterion = criteria[position]
    achieved = criterion.level_index(level)
    if achieved is None:
        raise _PlacedError(
            f"names the level {level!r}, which the criterion {criterion.name!r} does not have"
            + _hint(level, [entry.name for entry in criterion.levels]),
            "results",
            index,
            "level",
        )
    if criterion.required_level is not None and achieved < (criterion.level_index(criterion.required_level) or 0):
        raise _PlacedError(
            f"is {level!r}, below the level {criterion.required_level!r} that {criterion.name!r} requires",
            "results",
            index,
            "level",
        )
    return position


def _check_value(achievement: Achievement, result: Result, index: int) -> None:
    if result.result_description is None:
        return
    wanted = result.result_description
    position = find_description(achievement.result_descriptions, wanted)
    if position is None:
        names = [description.name for description in achievement.result_descriptions]
        raise _PlacedError(
            f"names the result description {wanted!r}, which the achievement does not have" + _hint(wanted, names),
            "results",
            index,
            "resultDescription",
        )
    description = achievement.result_descriptions[position]
    if description.result_type == "Status" and result.status is None:
        raise _PlacedError(f"needs a status, for {description.name!r} is of type Status", "results", index)
    value = result.value if result.value is not None else result.status
    if value is None:
        return
    problem = value_problem(description, value)
    if problem:
        raise _PlacedError(f"is {value!r}, which {problem}", "results", index)
    if _below(description, value):
        raise _PlacedError(
            f"is {value!r}, below the value {description.required_value!r} that {description.name!r} requires",
            "results",
            index,
        )


def _hint(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


# ---------------------------------------------------------------- reading


def award_problems(value: object, *, base: Sequence[str | int] = ()) -> tuple[Problem, ...]:
    """Every problem of an award, with JSON pointers; empty when it is fine.

    ``value`` is parsed JSON; ``base`` are the pointer tokens that lead to it in a larger document. Never raises.
    """
    outcome = _validate(Award, value, base)
    return outcome if isinstance(outcome, tuple) else ()


def parse_award(value: object, *, base: Sequence[str | int] = ()) -> Award:
    """Read an award from parsed JSON.

    Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) with the pointer of the first problem and how many more there are.
    """
    return _parse(Award, value, base)


def parse_issuer_profile(value: object) -> IssuerProfile:
    """Read an issuer profile from parsed JSON; raises ``ProblemError`` (MALFORMED_VALUE_ERROR)."""
    return _parse(IssuerProfile, value, ())


def read_awards(data: bytes | str, limits: Limits = DEFAULT_LIMITS) -> list[Award]:
    """Read AWARD.json: one award, a list of awards, or NDJSON (one award a line).

    Raises ``ProblemError``: PARSING_ERROR or RANGE_ERROR where it is not JSON within the limits, MALFORMED_VALUE_ERROR
    where an award is wrong; the pointer leads into the list, a line of NDJSON is named in the detail.
    """
    lines = _ndjson_lines(data, limits)
    if lines is not None:
        awards = []
        for number, line in lines:
            try:
                awards.append(parse_award(jsontext.parse(line, limits)))
            except ProblemError as error:
                problem = error.problem
                raise ProblemError(problem.type, f"Line {number}: {problem.detail}", problem.pointer) from None
        return awards
    value = jsontext.parse(data, limits)
    if isinstance(value, list):
        if not value:
            raise ProblemError(MALFORMED_VALUE_ERROR, "The list of awards is empty.", "")
        return [parse_award(entry, base=(index,)) for index, entry in enumerate(value)]
    return [parse_award(value)]


def _ndjson_lines(data: bytes | str, limits: Limits) -> list[tuple[int, str]] | None:
    """The numbered lines of NDJSON, or None where the text is one JSON document."""
    if len(data) > limits.input_bytes:
        raise ProblemError(PARSING_ERROR, f"The input is larger than {limits.input_bytes} bytes.")
    if isinstance(data, bytes):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return None
    else:
        text = data
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) < 2:
        return None
    first = lines[0][1].strip()
    # One whole object on the first of several lines cannot be the beginning of a single JSON document.
    if not (first.startswith("{") and first.endswith("}")):
        return None
    try:
        jsontext.parse(first, limits)
    except ProblemError:
        return None
    return lines


_Model = TypeVar("_Model", bound=BaseModel)


def _parse(model: type[_Model], value: object, base: Sequence[str | int]) -> _Model:
    outcome = _validate(model, value, base)
    if not isinstance(outcome, tuple):
        return outcome
    first, more = outcome[0], len(outcome) - 1
    detail = first.detail + (f" ({more} more problem{'s' if more > 1 else ''} in this award.)" if more else "")
    raise ProblemError(first.type, detail, first.pointer)


def _validate(model: type[_Model], value: object, base: Sequence[str | int]) -> _Model | tuple[Problem, ...]:
    if not isinstance(value, Mapping):
        detail = f"{'The award' if model is Award else 'The profile'} must be a JSON object."
        return (Problem(MALFORMED_VALUE_ERROR, detail, pointer.join(*base)),)
    try:
        text = jsontext.dump(dict(value))
    except ProblemError:
        detail = "The award holds a number, a text or an object that JSON has no form for."
        return (Problem(MALFORMED_VALUE_ERROR, detail, pointer.join(*base)),)
    try:
        # JSON has arrays, not tuples, and no dates: JSON mode keeps strictness for everything else.
        return model.model_validate_json(text)
    except ValidationError as error:
        problems = [
            _problem(model, entry, base) for entry in error.errors(include_url=False) if not _follows(entry, error)
        ]
        return tuple(problems)


def _follows(entry: ErrorDetails, error: ValidationError) -> bool:
    """Whether a list counts as too short only because one of its items is wrong, which is reported by itself."""
    if entry["type"] != "too_short":
        return False
    place = entry["loc"]
    return any(other["loc"][: len(place)] == place and len(other["loc"]) > len(place) for other in error.errors())


def _problem(model: type[BaseModel], error: ErrorDetails, base: Sequence[str | int]) -> Problem:
    location = [token for token in error["loc"] if isinstance(token, int) or not _NOISE.search(token)]
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, _PlacedError):
        location.extend(cause.tokens)
    where = pointer.join(*base, *location)
    subject = _subject(location)
    kind = error["type"]
    if kind == "missing":
        detail = f"{subject} is missing."
    elif kind == "extra_forbidden":
        name = str(location[-1])
        known = _members(model, location[:-1])
        detail = f"{subject} is not a member of an award{_nearest(name, known)}"
    elif isinstance(cause, ValueError):
        detail = _sentence(f"{subject} {cause}")
    elif kind == "literal_error":
        detail = f"{subject} must be {error.get('ctx', {}).get('expected')}."
    else:
        message = error["msg"]
        detail = _sentence(f"{subject} {_MESSAGES.get(kind, message[:1].lower() + message[1:])}")
    return Problem(MALFORMED_VALUE_ERROR, detail, where)


_NOISE = re.compile(r"[\[(]|^(str|float|int|datetime)$")
_MESSAGES = {
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "tuple_type": "must be a list",
    "too_short": "must not be an empty list",
    "model_type": "must be an object",
    "string_too_short": "must not be empty",
    "finite_number": "must be a finite number",
}


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else text + "."


def _subject(location: Sequence[str | int]) -> str:
    if not location:
        return "The award"
    text = ""
    for token in location:
        text += f"[{token}]" if isinstance(token, int) else f"{'.' if text else ''}{token}"
    return f"'{text}'"


def _nearest(name: str, known: Sequence[str]) -> str:
    lowered = {entry.lower(): entry for entry in known}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.5)
    if close:
        return f"; did you mean '{lowered[close[0]]}'?"
    return f"; known here: {', '.join(sorted(known))}."


def _members(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The members known at a place of the award, by walking the models."""
    current = model
    for token in location:
        if isinstance(token, int):
            continue
        inner = next(
            (_model_in(field.annotation) for field in current.model_fields.values() if field.alias == token), None
        )
        if inner is None:
            return []
        current = inner
    return [field.alias or name for name, field in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def award_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one award."""
    schema = Award.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": AWARD_SCHEMA_ID, **schema}
