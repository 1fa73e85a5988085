"""From an award to an Open Badges 3.0 credential, before any proof (OB 3.0 sections on data model and serialization).

The most widely understood profile is written: VC Data Model 2.0, arrays wherever the model allows several values,
objects rather than bare URLs, whole seconds in UTC, every term defined by the three contexts.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from badgeport.issuer import vocabulary
from badgeport.issuer.award import (
    Achievement,
    Alignment,
    Award,
    Evidence,
    Image,
    IssuerProfile,
    OtherIdentifier,
    Profile,
    Recipient,
    Result,
    ResultDescription,
    RubricCriterion,
    Stack,
    Status,
    find_criterion,
    find_description,
    plain_number,
)
from badgeport.issuer.randomness import Randomness
from badgeport.issuer.status_lists import entry as status_entry
from badgeport.issuer.status_lists import revocation_list_entry
from badgeport.schemas.contexts import urls
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.identity import hash_identity
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

CONTEXTS = (urls.CREDENTIALS_V2, urls.OB_3_0_3, urls.OB_EXTENSIONS)
SCHEMA_TYPE = "1EdTechJsonSchemaValidator2019"
_SCHEMA_BASE = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_"
ACHIEVEMENT_SCHEMA = _SCHEMA_BASE + "achievementcredential_schema.json"
ENDORSEMENT_SCHEMA = _SCHEMA_BASE + "endorsementcredential_schema.json"

_SALT_BYTES = 16


def build(
    award: Award,
    *,
    issuer_id: str,
    credential_id: str,
    now: datetime,
    randomness: Randomness = secrets.token_bytes,
    subject_id: str | None = None,
    status_entries: Sequence[Mapping[str, Any]] = (),
    endorsements: Sequence[Mapping[str, Any] | str] = (),
) -> dict[str, Any]:
    """The credential of an award, unsigned.

    ``now`` is the instant of issue, used where the award names no ``awardedDate`` or ``validFrom``. ``randomness``
    gives the salts. ``subject_id`` is used where the recipient has no id. ``status_entries`` are added to those the
    award names. ``endorsements`` are signed endorsements: JSON documents or compact JWS.
    Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) where dates contradict or two parts of the rubric would share an id.
    """
    achievement_id = award.achievement.id or derived_achievement_id(issuer_id, award.achievement)
    descriptions = _result_descriptions(award, achievement_id)
    valid_from = award.valid_from or now.replace(microsecond=0)
    if award.valid_until is not None and award.valid_until <= valid_from:
        raise ProblemError(
            MALFORMED_VALUE_ERROR,
            f"'validUntil' is {format_datetime(award.valid_until)}, not after {format_datetime(valid_from)}, "
            "from when the badge would be valid.",
            "/validUntil",
        )
    entries = [*_status(award.status), *(dict(entry) for entry in status_entries)]
    return _without_empty(
        {
            "@context": list(CONTEXTS),
            "id": award.id or credential_id,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "issuer": issuer_profile(award.issuer, issuer_id),
            "validFrom": format_datetime(valid_from),
            "validUntil": format_datetime(award.valid_until) if award.valid_until else None,
            "name": award.name or award.achievement.name,
            "description": award.description,
            "awardedDate": format_datetime(award.awarded_date or valid_from),
            "credentialSubject": _subject(award, issuer_id, achievement_id, descriptions, subject_id, randomness),
            "evidence": [*map(_evidence, award.evidence), *_stack_evidence(award.stack)],
            "endorsement": [dict(item) for item in endorsements if not isinstance(item, str)],
            "endorsementJwt": [item for item in endorsements if isinstance(item, str)],
            # One entry stays a single object, as the Open Badges schema of 2024 wants it.
            "credentialStatus": entries[0] if len(entries) == 1 else entries,
            "credentialSchema": [{"id": ACHIEVEMENT_SCHEMA, "type": SCHEMA_TYPE}],
        }
    )


def achievement_document(achievement: Achievement, issuer_id: str) -> dict[str, Any]:
    """An achievement as a document of its own, as its id gives it out (OB 3.0 Achievement).

    Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) where two parts of the rubric would share an id.
    """
    achievement_id = achievement.id or derived_achievement_id(issuer_id, achievement)
    descriptions = _descriptions(achievement, achievement_id, ())
    members = _achievement(achievement, None, issuer_id, achievement_id, descriptions)
    if achievement.creator is not None:
        members["creator"] = _profile(achievement.creator)  # nothing else here describes the issuer
    return {"@context": list(CONTEXTS), **members}


def derived_achievement_id(issuer_id: str, achievement: Achievement) -> str:
    """The ``urn:uuid:`` of an achievement that was given no id.

    The same issuer, name and version give the same id, so that all badges of one micro-credential belong together.
    """
    seed = "\n".join([issuer_id, achievement.name, achievement.version or ""])
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}"


# ---------------------------------------------------------------- profiles


def issuer_profile(profile: IssuerProfile, issuer_id: str) -> dict[str, Any]:
    """The issuer as a Profile object; never a bare URL, which 1EdTech's validator refuses."""
    body = _profile_members(profile)
    body["parentOrg"] = _profile(profile.parent_org)
    return _without_empty({"id": issuer_id, "type": ["Profile"], **body})


def _profile(profile: Profile | None) -> dict[str, Any] | None:
    if profile is None:
        return None
    return _without_empty({"id": profile.id, "type": ["Profile"], **_profile_members(profile)})


def _other_profile(profile: Profile | None, issuer_id: str) -> dict[str, Any] | None:
    """A profile beside the issuer's; the issuer itself is described once, where readers look for it.

    What two objects of one id say is signed together, so that a member could be taken from one of them unseen.
    """
    if profile is not None and profile.id == issuer_id:
        return {"id": issuer_id, "type": ["Profile"]}
    return _profile(profile)


def _profile_members(profile: IssuerProfile | Profile) -> dict[str, Any]:
    address = profile.address
    return {
        "name": profile.name,
        "url": profile.url,
        "phone": profile.phone,
        "description": profile.description,
        "image": _image(profile.image),
        "email": profile.email,
        "address": {"type": ["Address"], **address.model_dump(by_alias=True, exclude_none=True)} if address else None,
        "official": profile.official,
        "otherIdentifier": _identifier_entries(profile.other_identifier),
    }


def _identifier_entries(entries: Iterable[OtherIdentifier]) -> list[dict[str, Any]]:
    return [
        {"type": "IdentifierEntry", "identifier": entry.identifier, "identifierType": entry.identifier_type}
        for entry in entries
    ]


def _image(image: Image | None) -> dict[str, Any] | None:
    return _without_empty({"id": image.id, "type": "Image", "caption": image.caption}) if image else None


# ---------------------------------------------------------------- subject


def _subject(
    award: Award,
    issuer_id: str,
    achievement_id: str,
    descriptions: Sequence[Mapping[str, Any]],
    subject_id: str | None,
    randomness: Randomness,
) -> dict[str, Any]:
    return _without_empty(
        {
            "id": award.recipient.id or subject_id,
            "type": ["AchievementSubject"],
            "identifier": _identities(award.recipient, randomness),
            "activityStartDate": format_datetime(award.activity_start) if award.activity_start else None,
            "activityEndDate": format_datetime(award.activity_end) if award.activity_end else None,
            "creditsEarned": json_number(award.credits),
            "achievement": _achievement(award.achievement, award.stack, issuer_id, achievement_id, descriptions),
            "licenseNumber": award.license_number,
            "narrative": award.narrative,
            "result": _results(award, descriptions),
            "role": award.role,
            "source": _other_profile(award.source, issuer_id),
            "term": award.term,
        }
    )


def _identities(recipient: Recipient, randomness: Randomness) -> list[dict[str, Any]]:
    identities = []
    if recipient.email is not None:
        identities.append(_hashed("emailAddress", recipient.email.strip().lower(), randomness))
    if recipient.name is not None:
        identities.append(_hashed("name", " ".join(recipient.name.split()), randomness))
    for identifier in recipient.identifiers:
        value = identifier.value.strip()
        if identifier.type == "emailAddress":
            value = value.lower()
        if identifier.hashed:
            identities.append(_hashed(identifier.type, value, randomness))
        else:
            identities.append(
                {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": identifier.type}
            )
    return identities


def _hashed(identity_type: str, value: str, randomness: Randomness) -> dict[str, Any]:
    salt = randomness(_SALT_BYTES).hex()
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": hash_identity(value, salt),
        "identityType": identity_type,
        "salt": salt,
    }


def _achievement(
    achievement: Achievement,
    stack: Stack | None,
    issuer_id: str,
    achievement_id: str,
    descriptions: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return _without_empty(
        {
            "id": achievement_id,
            "type": ["Achievement"],
            "achievementType": achievement.achievement_type,
            "name": achievement.name,
            "description": achievement.description,
            "criteria": achievement.criteria.model_dump(by_alias=True, exclude_none=True),
            "creator": _other_profile(achievement.creator, issuer_id),
            "creditsAvailable": json_number(achievement.credits_available),
            "fieldOfStudy": achievement.field_of_study,
            "specialization": achievement.specialization,
            "humanCode": achievement.human_code,
            "image": _image(achievement.image),
            "inLanguage": achievement.in_language,
            "version": achievement.version,
            "alignment": _alignments(achievement.alignments),
            "otherIdentifier": _identifier_entries(achievement.other_identifier),
            "related": _related(achievement, stack),
            "resultDescription": list(descriptions),
            "tag": list(achievement.tags),
        }
    )


def _alignments(alignments: Iterable[Alignment]) -> list[dict[str, Any]]:
    return [{"type": ["Alignment"], **entry.model_dump(by_alias=True, exclude_none=True)} for entry in alignments]


def _related(achievement: Achievement, stack: Stack | None) -> list[dict[str, Any]]:
    related: dict[str, dict[str, Any]] = {}
    for entry in achievement.related:
        related[entry.id] = {"id": entry.id, "version": entry.version, "inLanguage": entry.in_language}
    for member in stack.members if stack else ():
        related.setdefault(member.achievement, {"id": member.achievement, "version": member.version})
    return [_without_empty({"id": entry["id"], "type": ["Related"], **entry}) for entry in related.values()]


# ---------------------------------------------------------------- rubric and results


def _result_descriptions(award: Award, achievement_id: str) -> list[dict[str, Any]]:
    return _descriptions(award.achievement, achievement_id, _extension_values(award))


def _descriptions(achievement: Achievement, achievement_id: str, extensions: Iterable[str]) -> list[dict[str, Any]]:
    criteria = achievement.rubric.criteria if achievement.rubric else ()
    rows = [_criterion_description(criterion, achievement_id) for criterion in criteria]
    rows += [_other_description(entry, achievement_id) for entry in achievement.result_descriptions]
    rows += [_extension_description(result_type, achievement_id) for result_type in extensions]
    _refuse_shared_ids(rows)
    return rows


def _criterion_description(criterion: RubricCriterion, achievement_id: str) -> dict[str, Any]:
    criterion_id = _part_id(achievement_id, criterion.id, criterion.name)
    levels = [
        _without_empty(
            {
                "id": _part_id(criterion_id, level.id, level.name),
                "type": ["RubricCriterionLevel"],
                "name": level.name,
                "description": level.description,
                # The order of a JSON-LD set is not signed; the rank is.
                "level": str(rank),
                "points": level.points,
                "alignment": _alignments(level.alignments),
            }
        )
        for rank, level in enumerate(criterion.levels, 1)
    ]
    required = None if criterion.required_level is None else criterion.level_index(criterion.required_level)
    return _without_empty(
        {
            "id": criterion_id,
            "type": ["ResultDescription"],
            "name": criterion.name,
            "resultType": "RubricCriterionLevel",
            "alignment": _alignments(criterion.alignments),
            "requiredLevel": None if required is None else levels[required]["id"],
            "rubricCriterionLevel": levels,
        }
    )


def _other_description(entry: ResultDescription, achievement_id: str) -> dict[str, Any]:
    return _without_empty(
        {
            "id": _part_id(achievement_id, entry.id, entry.name),
            "type": ["ResultDescription"],
            "name": entry.name,
            "resultType": entry.result_type,
            "alignment": _alignments(entry.alignments),
            "allowedValue": list(entry.allowed_values),
            "requiredValue": entry.required_value,
            "valueMin": entry.value_min,
            "valueMax": entry.value_max,
        }
    )


def _extension_description(result_type: str, achievement_id: str) -> dict[str, Any]:
    name, allowed = vocabulary.EXTENSION_RESULTS[result_type]
    return _without_empty(
        {
            "id": _extension_id(achievement_id, result_type),
            "type": ["ResultDescription"],
            "name": name,
            "resultType": result_type,
            "allowedValue": list(allowed),
        }
    )


def _extension_values(award: Award) -> dict[str, str]:
    """The facts said with extension result types (docs/vocabulary.md), in the order of the table."""
    assessment = award.assessment
    second = None if assessment is None else assessment.second_assessor
    values = {
        vocabulary.CREDIT_UNIT: award.credit_unit,
        vocabulary.CONTACT_HOURS: None if award.contact_hours is None else plain_number(award.contact_hours),
        vocabulary.ASSESSOR_INDEPENDENCE: assessment.assessor_independence if assessment else None,
        vocabulary.SECOND_ASSESSOR: None if second is None else vocabulary.SECOND_ASSESSOR_VALUES[second],
        vocabulary.ASSESSOR_CERTIFICATION: assessment.assessor_certification if assessment else None,
        vocabulary.IDENTITY_ASSURANCE: assessment.identity_assurance if assessment else None,
        vocabulary.GRADE_BAND: award.grade_band,
    }
    return {result_type: value for result_type, value in values.items() if value is not None}


def _results(award: Award, descriptions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    results = [_result(award.achievement, result, descriptions) for result in award.results]
    by_type = {row["resultType"]: row["id"] for row in descriptions}
    results += [
        {"type": ["Result"], "resultDescription": by_type[result_type], "value": value}
        for result_type, value in _extension_values(award).items()
    ]
    return results


def _result(achievement: Achievement, result: Result, descriptions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    criteria = achievement.rubric.criteria if achievement.rubric else ()
    row: Mapping[str, Any] | None = None
    level_id = None
    if result.criterion is not None and result.level is not None:
        position = find_criterion(criteria, result.criterion)
        if position is not None:
            row = descriptions[position]
            level = criteria[position].level_index(result.level)
            level_id = None if level is None else row["rubricCriterionLevel"][level]["id"]
    elif result.result_description is not None:
        position = find_description(achievement.result_descriptions, result.result_description)
        row = None if position is None else descriptions[len(criteria) + position]
    return _without_empty(
        {
            "type": ["Result"],
            "resultDescription": row["id"] if row else None,
            "achievedLevel": level_id,
            "status": result.status,
            "value": result.value,
        }
    )


def _part_id(base: str, given: str | None, name: str) -> str:
    """The URI of a part: the given URI, or a fragment of ``base`` from the given short name or the shown name."""
    if given is not None and ":" in given:
        return given
    return f"{base}{'/' if '#' in base else '#'}{given or _slug(name)}"


def _extension_id(achievement_id: str, result_type: str) -> str:
    return _part_id(achievement_id, result_type.replace(":", "-"), result_type)


def _slug(name: str) -> str:
    """A short name for a URI fragment: the words of the name; what loses more than case and spaces gets a digest."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    if re.fullmatch(r"[a-z0-9 ]{1,60}", name.lower()):
        return words
    return f"{words or 'part'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _refuse_shared_ids(rows: Sequence[Mapping[str, Any]]) -> None:
    seen: set[str] = set()
    for row in rows:
        for part in (row, *row.get("rubricCriterionLevel", ())):
            if part["id"] in seen:
                raise ProblemError(
                    MALFORMED_VALUE_ERROR,
                    f"Two parts of the rubric share the id {part['id']!r}; give {part['name']!r} an id of its own.",
                    "/achievement",
                )
            seen.add(part["id"])


# ---------------------------------------------------------------- evidence and status


def _evidence(entry: Evidence) -> dict[str, Any]:
    return {"type": ["Evidence"], **entry.model_dump(by_alias=True, exclude_none=True)}


def _stack_evidence(stack: Stack | None) -> list[dict[str, Any]]:
    return [
        {
            "type": ["Evidence"],
            # The badge's own id would make its statements and these one, wherever both stand in one learner record.
            "id": f"{member.credential}#badge",
            "name": member.name or "Micro-credential of this stack",
            "genre": "Open Badge",
        }
        for member in (stack.members if stack else ())
        if member.credential is not None
    ]


def _status(status: Status | None) -> list[dict[str, Any]]:
    if status is None:
        return []
    entries = []
    if status.revocation is not None:
        entries.append(status_entry(status.revocation.list, "revocation", status.revocation.index))
    if status.suspension is not None:
        entries.append(status_entry(status.suspension.list, "suspension", status.suspension.index))
    if status.revocation_list is not None:
        entries.append(revocation_list_entry(status.revocation_list))
    return entries


# ---------------------------------------------------------------- values


def json_number(value: float | None) -> int | float | None:
    """A whole number without a fraction part, so that every JSON-LD library canonicalizes it alike."""
    return int(value) if value is not None and value == int(value) else value


def _without_empty(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that say something: nulls and empty arrays are left out (OB 3.0 serialization)."""
    return {name: value for name, value in members.items() if value is not None and value != []}
