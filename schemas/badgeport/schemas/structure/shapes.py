"""The classes of the data model as shapes: Open Badges 3.0 in both data model versions, CLR 2.0 and plain VCDM.

One line a member, in the order of the specification. ``Many`` stands for 0..* and 1..*: arrays, with the single value
that JSON-LD compaction leaves accepted on reading.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from badgeport.schemas.structure import rules, vocabulary
from badgeport.schemas.structure.walk import (
    Check,
    Many,
    Path,
    Reference,
    Shape,
    Types,
    Walk,
    any_type,
    boolean,
    calendar_date,
    constant,
    form,
    human_text,
    instant,
    json_object,
    local_instant,
    localized_text,
    number,
    string,
    term,
    uri,
)

compact_jws = form(vocabulary.is_compact_jws, "a compact JWS")
language_code = form(vocabulary.is_language_code, "a language code, such as en or en-US")
achievement_type = term(vocabulary.ACHIEVEMENT_TYPES, extensible=True)
alignment_target_type = term(vocabulary.ALIGNMENT_TARGET_TYPES, extensible=True)
identifier_type = term(vocabulary.IDENTIFIER_TYPES, extensible=True)
result_type = term(vocabulary.RESULT_TYPES, extensible=True)
result_status = term(vocabulary.RESULT_STATUS_TYPES, extensible=False)
ob_context_name = "an Open Badges 3.0 context, such as https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"


def claims(walk: Walk, value: Any, path: Path) -> None:
    """A credential subject: an object that says something (VCDM 2.0 section 4.8)."""
    if not isinstance(value, dict):
        walk.expect(path, "an object", value)
    elif not value:
        walk.add(path, "must make at least one claim")
    elif "id" in value:
        uri(walk, value["id"], (path, "id"))


# Small classes that refer to nothing with a version of its own

image = Shape("Image").define(
    ("id", "type"), {"id": uri, "type": constant("Image"), "caption": human_text}, closed=True
)
identifier_entry = Shape("IdentifierEntry").define(
    ("type", "identifier", "identifierType"),
    {"type": constant("IdentifierEntry"), "identifier": string, "identifierType": identifier_type},
    closed=True,
)
identity_object = Shape("IdentityObject").define(
    ("type", "hashed", "identityHash", "identityType"),
    {
        "type": constant("IdentityObject"),
        "hashed": boolean,
        "identityHash": string,
        "identityType": identifier_type,
        "salt": string,
    },
    rules.hashed_identity,
    closed=True,
)
geo_coordinates = Shape("GeoCoordinates").define(
    ("type", "latitude", "longitude"),
    {"type": constant("GeoCoordinates"), "latitude": number, "longitude": number},
)
address = Shape("Address").define(
    ("type",),
    {
        "type": Types("Address"),
        "addressCountry": human_text,
        "addressCountryCode": string,
        "addressRegion": human_text,
        "addressLocality": human_text,
        "streetAddress": human_text,
        "postOfficeBoxNumber": human_text,
        "postalCode": human_text,
        "geo": geo_coordinates,
    },
)
alignment = Shape("Alignment").define(
    ("type", "targetName", "targetUrl"),
    {
        "type": Types("Alignment"),
        "targetCode": human_text,
        "targetDescription": human_text,
        "targetName": human_text,
        "targetFramework": human_text,
        "targetType": alignment_target_type,
        "targetUrl": uri,
    },
)
criteria = Shape("Criteria").define((), {"id": uri, "narrative": human_text}, rules.id_or_narrative)
evidence = Shape("Evidence").define(
    ("type",),
    {
        "id": uri,
        "type": Types("Evidence"),
        "narrative": human_text,
        "name": human_text,
        "description": human_text,
        "genre": human_text,
        "audience": human_text,
    },
)
related = Shape("Related").define(
    ("id", "type"),
    {"id": uri, "type": Types("Related"), "inLanguage": language_code, "version": human_text},
)
rubric_criterion_level = Shape("RubricCriterionLevel").define(
    ("id", "type", "name"),
    {
        "id": uri,
        "type": Types("RubricCriterionLevel"),
        "alignment": Many(alignment),
        "description": human_text,
        "level": human_text,
        "name": human_text,
        "points": human_text,
    },
)
result = Shape("Result").define(
    ("type",),
    {
        "type": Types("Result"),
        "achievedLevel": uri,
        "alignment": Many(alignment),
        "resultDescription": uri,
        "status": result_status,
        "value": human_text,
    },
)
result_description = Shape("ResultDescription").define(
    ("id", "type", "name", "resultType"),
    {
        "id": uri,
        "type": Types("ResultDescription"),
        "alignment": Many(alignment),
        "allowedValue": Many(human_text),
        "name": human_text,
        "requiredLevel": uri,
        "requiredValue": human_text,
        "resultType": result_type,
        "rubricCriterionLevel": Many(rubric_criterion_level),
        "valueMax": human_text,
        "valueMin": human_text,
    },
)
endorsement_subject = Shape("EndorsementSubject").define(
    ("id", "type"),
    {"id": uri, "type": Types("EndorsementSubject"), "endorsementComment": human_text},
)
association = Shape("Association").define(
    ("type", "associationType", "sourceId", "targetId"),
    {"type": Types("Association"), "associationType": string, "sourceId": uri, "targetId": uri},
)

# Parts of every verifiable credential

# What a proof must say is judged with the proof itself (checks rows 16 to 20); here it only has to be readable.
proof = Shape("Proof").define(
    ("type",),
    {
        "type": any_type,
        "created": string,
        "cryptosuite": string,
        "challenge": string,
        "domain": Many(string),
        "nonce": string,
        "proofPurpose": string,
        "proofValue": string,
        "verificationMethod": string,
    },
)
identified = Shape("identified object").define(("id", "type"), {"id": uri, "type": any_type})
typed = Shape("typed object").define(("type",), {"id": uri, "type": any_type})
named_party = Shape("party").define(("id",), {"id": uri, "name": localized_text, "description": localized_text})
related_resource = Shape("related resource").define(
    ("id",), {"id": uri, "digestSRI": string, "digestMultibase": Many(string)}
)
enveloped = Shape("EnvelopedVerifiableCredential").define(("type",), {"type": any_type}, rules.only_a_reference)


def _credential_members(version: int) -> dict[str, Check]:
    """The members every credential of a data model version shares (VCDM 1.1 and 2.0 section 4)."""
    members: dict[str, Check] = {
        "id": uri,
        "proof": Many(proof),
        "credentialSchema": Many(identified),
        "credentialStatus": Many(typed if version == 2 else identified),
        "refreshService": Many(typed if version == 2 else identified),
        "termsOfUse": Many(typed),
        "evidence": Many(typed),
    }
    if version == 2:
        members |= {
            "name": localized_text,
            "description": localized_text,
            "validFrom": instant,
            "validUntil": instant,
            "relatedResource": Many(related_resource),
            "renderMethod": Many(typed),
            "confidenceMethod": Many(typed),
        }
    else:
        members |= {"issuanceDate": instant, "expirationDate": instant}
    return members


class Shapes:
    """Every shape whose form depends on the data model version: ``2`` for VCDM 2.0, ``1`` for VCDM 1.1."""

    def __init__(self, version: int) -> None:
        first = vocabulary.CREDENTIALS_V2 if version == 2 else vocabulary.CREDENTIALS_V1
        start, end = ("validFrom", "validUntil") if version == 2 else ("issuanceDate", "expirationDate")
        in_period = rules.period(start, end, may_be_empty=False)
        shared = _credential_members(version)
        required = ("@context", "type", "issuer", "credentialSubject")
        legacy_name = () if version == 2 else ("name",)

        profile, endorsement = Shape("Profile"), Shape("EndorsementCredential")
        # VCDM 1.1 badges have the issuer as an object always (OB 3.0 legacy classes).
        issuer: Check = Reference(profile) if version == 2 else profile
        badge_members: dict[str, Check] = shared | {
            "@context": rules.contexts(first, vocabulary.is_ob_context, ob_context_name),
            "name": human_text,
            "description": human_text,
            "awardedDate": instant,
            "issuer": issuer,
            "refreshService": identified,
            "evidence": Many(evidence),
        }
        badge_required = (*required, "id", start)
        endorsements: dict[str, Check] = {"endorsement": Many(endorsement), "endorsementJwt": Many(compact_jws)}

        profile.define(
            ("id", "type"),
            {
                "id": uri,
                "type": Types("Profile"),
                "name": human_text,
                "url": uri,
                "phone": string,
                "description": human_text,
                **endorsements,
                "image": image,
                "email": string,
                "address": address,
                "otherIdentifier": Many(identifier_entry),
                "official": human_text,
                "parentOrg": profile,
                "familyName": human_text,
                "givenName": human_text,
                "additionalName": human_text,
                "patronymicName": human_text,
                "honorificPrefix": human_text,
                "honorificSuffix": human_text,
                "familyNamePrefix": human_text,
                "dateOfBirth": calendar_date,
            },
        )
        endorsement.define(
            (*badge_required, "name"),
            badge_members
            | {
                "type": Types("VerifiableCredential", "EndorsementCredential"),
                "credentialSubject": endorsement_subject,
            },
            in_period,
        )
        achievement = Shape("Achievement").define(
            ("id", "type", "criteria", "description", "name"),
            {
                "id": uri,
                "type": Types("Achievement"),
                "alignment": Many(alignment),
                "achievementType": achievement_type,
                "creator": profile,
                "creditsAvailable": number,
                "criteria": criteria,
                "description": human_text,
                **endorsements,
                "fieldOfStudy": human_text,
                "humanCode": human_text,
                "image": image,
                "inLanguage": language_code,
                "name": human_text,
                "otherIdentifier": Many(identifier_entry),
                "related": Many(related),
                "resultDescription": Many(result_description),
                "specialization": human_text,
                "tag": Many(human_text),
                "version": human_text,
            },
        )
        achievement_subject = Shape("AchievementSubject").define(
            ("type", "achievement"),
            {
                "id": uri,
                "type": Types("AchievementSubject"),
                "activityEndDate": local_instant,
                "activityStartDate": local_instant,
                "creditsEarned": number,
                "achievement": achievement,
                "identifier": Many(identity_object),
                "image": image,
                "licenseNumber": human_text,
                "narrative": human_text,
                "result": Many(result),
                "role": human_text,
                "source": profile,
                "term": human_text,
            },
            rules.id_or_identifier,
            rules.results_match_descriptions,
        )
        badge = Shape("AchievementCredential").define(
            (*badge_required, *legacy_name),
            badge_members
            | {
                "type": Types("VerifiableCredential", ("AchievementCredential", "OpenBadgeCredential")),
                "image": image,
                "credentialSubject": achievement_subject,
                **endorsements,
            },
            in_period,
            rules.related_resources,
        )
        clr_subject = Shape("ClrSubject").define(
            ("type", "verifiableCredential"),
            {
                "id": uri,
                "type": Types("ClrSubject"),
                "identifier": Many(identity_object),
                "verifiableCredential": Many(json_object, at_least_one=True),
                "achievement": Many(achievement),
                "association": Many(association),
            },
        )
        clr = Shape("ClrCredential").define(
            badge_required,
            badge_members
            | {
                "@context": rules.clr_contexts(first),
                "type": Types("VerifiableCredential", "ClrCredential"),
                "image": image,
                "credentialSubject": clr_subject,
                "partial": boolean,
                **endorsements,
            },
            in_period,
            rules.related_resources,
        )
        credential = Shape("VerifiableCredential").define(
            required if version == 2 else (*required, start),
            shared
            | {
                "@context": rules.contexts(first),
                "type": Types("VerifiableCredential"),
                "issuer": Reference(named_party),
                "credentialSubject": Many(claims, at_least_one=True),
            },
            rules.period(start, end, may_be_empty=True),
            rules.related_resources,
        )
        status_list_subject = Shape("BitstringStatusList").define(
            ("type", "statusPurpose", "encodedList"),
            {
                "id": uri,
                "type": Types(("BitstringStatusList", "StatusList2021")),
                "statusPurpose": Many(string, at_least_one=True),
                "encodedList": string,
                "ttl": number,
            },
        )
        status_list = Shape("BitstringStatusListCredential").define(
            credential.required,
            credential.members
            | {
                "type": Types("VerifiableCredential", ("BitstringStatusListCredential", "StatusList2021Credential")),
                "credentialSubject": status_list_subject,
            },
            *credential.rules,
        )
        presentation = Shape("VerifiablePresentation").define(
            ("@context", "type"),
            {
                "@context": rules.contexts(first),
                "id": uri,
                "type": Types("VerifiablePresentation"),
                "holder": Reference(named_party),
                "verifiableCredential": Many(enveloped if version == 2 else _credential_or_jwt),
                "termsOfUse": Many(typed),
                "proof": Many(proof),
            },
        )
        self.by_family: dict[str, Shape] = {
            "ob3": badge,
            "endorsement": endorsement,
            "clr2": clr,
            "vc": credential,
            "status-list": status_list,
            "vp": presentation,
        }
        self.classes: dict[str, Shape] = {
            each.name: each
            for each in (
                badge, achievement_subject, achievement, criteria, alignment, evidence, result, result_description,
                rubric_criterion_level, related, profile, address, geo_coordinates, identifier_entry, identity_object,
                image, endorsement, endorsement_subject, proof, clr, clr_subject, association, credential,
                status_list, status_list_subject, presentation,
            )
        }  # fmt: skip


def _credential_or_jwt(walk: Walk, value: Any, path: Path) -> None:
    """A member of a VCDM 1.1 presentation: a credential, or the compact JWS of one."""
    if not isinstance(value, str):
        json_object(walk, value, path)


@lru_cache(maxsize=2)
def shapes(version: int) -> Shapes:
    """The shapes of a data model version, made once."""
    return Shapes(version)
