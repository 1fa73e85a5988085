"""The credential an award becomes (OB 3.0 data model and serialization)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from badgeport.issuer import vocabulary
from badgeport.issuer.award import parse_award
from badgeport.issuer.build import build
from badgeport.schemas import structure
from badgeport.schemas.identity import identity_matches
from badgeport.schemas.problems import ProblemError

Json = dict[str, Any]
ISSUER = "did:web:prairie-crossing.example"


@pytest.fixture
def built(now: datetime) -> Callable[..., Json]:
    def run(award: Json, **arguments: Any) -> Json:
        arguments = {"issuer_id": ISSUER, "credential_id": "urn:uuid:7d3bb6a4-1c1b-4c3f-9f1a-0c2f5b9a7e11"} | arguments
        return build(parse_award(award), now=now, **arguments)

    return run


def test_the_envelope_is_the_interoperable_profile(award_json: Json, built: Callable[..., Json]) -> None:
    credential = built(award_json)
    assert credential["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
    ]
    assert credential["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert credential["issuer"] == {
        "id": ISSUER,
        "type": ["Profile"],
        "name": "Prairie Crossing School District 12",
    }
    assert credential["name"] == "Questioning"
    assert credential["validFrom"] == credential["awardedDate"] == "2026-03-02T15:04:05Z"
    assert credential["credentialSchema"] == [
        {
            "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
            "type": "1EdTechJsonSchemaValidator2019",
        }
    ]
    assert structure.problems(credential) == ()


def test_the_recipient_is_hashed_with_salts_of_their_own(award_json: Json, built: Callable[..., Json]) -> None:
    award_json["recipient"]["identifiers"] = [
        {"type": "ext:stateEducatorId", "value": "IL-99"},
        {"type": "sourcedId", "value": "s-1", "hashed": False},
    ]
    email, name, state, plain = built(award_json)["credentialSubject"]["identifier"]
    assert identity_matches(email, "maren.okafor@prairie-crossing.example", "emailAddress")
    assert identity_matches(name, "Maren Okafor", "name")
    assert identity_matches(state, "IL-99", "ext:stateEducatorId")
    assert plain == {
        "type": "IdentityObject",
        "hashed": False,
        "identityHash": "s-1",
        "identityType": "sourcedId",
    }
    assert all(entry["identityHash"].startswith("sha256$") for entry in (email, name, state))
    assert len({entry["salt"] for entry in (email, name, state)}) == 3


def test_rubric_levels_have_ids_ranks_and_a_required_level(award_json: Json, built: Callable[..., Json]) -> None:
    subject = built(award_json)["credentialSubject"]
    base = award_json["achievement"]["id"]
    row = subject["achievement"]["resultDescription"][0]
    assert row["id"] == f"{base}#reflection"
    assert [(level["id"], level["level"], level["points"]) for level in row["rubricCriterionLevel"]] == [
        (f"{base}#reflection/developing", "1", "1"),
        (f"{base}#reflection/proficient", "2", "2"),
        (f"{base}#reflection/exemplary", "3", "3.5"),
    ]
    assert row["requiredLevel"] == f"{base}#reflection/proficient"
    assert subject["result"] == [
        {
            "type": ["Result"],
            "resultDescription": f"{base}#reflection",
            "achievedLevel": f"{base}#reflection/exemplary",
        }
    ]


def test_values_and_statuses_point_to_their_description(award_json: Json, built: Callable[..., Json]) -> None:
    award_json["results"] = [
        {"resultDescription": "Score", "value": 92.5},
        {"resultDescription": "Completion", "status": "Completed"},
        {"status": "Provisional"},
    ]
    base = award_json["achievement"]["id"]
    assert built(award_json)["credentialSubject"]["result"] == [
        {"type": ["Result"], "resultDescription": f"{base}#score", "value": "92.5"},
        {"type": ["Result"], "resultDescription": f"{base}#completion", "status": "Completed"},
        {"type": ["Result"], "status": "Provisional"},
    ]


def test_every_fact_without_a_term_becomes_an_extension_result(award_json: Json, built: Callable[..., Json]) -> None:
    award_json |= {
        "credits": 1,
        "creditUnit": "in-district credit",
        "contactHours": 7.5,
        "gradeBand": "6-8",
        "assessment": {
            "assessorIndependence": "independent",
            "secondAssessor": False,
            "assessorCertification": "Trained 2025",
            "identityAssurance": "Signed in",
        },
        "results": [],
    }
    subject = built(award_json)["credentialSubject"]
    types = {row["id"]: row["resultType"] for row in subject["achievement"]["resultDescription"]}
    assert {types[result["resultDescription"]]: result["value"] for result in subject["result"]} == {
        "ext:CreditUnit": "in-district credit",
        "ext:ContactHours": "7.5",
        "ext:AssessorIndependence": "independent",
        "ext:SecondAssessor": "no",
        "ext:AssessorCertification": "Trained 2025",
        "ext:IdentityAssurance": "Signed in",
        "ext:GradeBand": "6-8",
    }
    assert set(vocabulary.EXTENSION_RESULTS) <= set(types.values())


def test_whole_numbers_have_no_fraction(award_json: Json, built: Callable[..., Json]) -> None:
    subject = built({**award_json, "credits": 1.0})["credentialSubject"]
    assert repr(subject["creditsEarned"]) == "1"
    assert repr(subject["achievement"]["creditsAvailable"]) == "1"
    assert built({**award_json, "credits": 0.25})["credentialSubject"]["creditsEarned"] == 0.25


def test_a_stack_lists_its_members_and_their_badges(award_json: Json, built: Callable[..., Json]) -> None:
    award_json["achievement"]["related"] = [{"id": "urn:example:a", "inLanguage": "es"}]
    award_json["stack"] = {
        "members": [
            {"achievement": "urn:example:a", "version": "1"},
            {"achievement": "urn:example:b", "name": "Part B", "version": "2", "credential": "urn:example:badge-b"},
        ]
    }
    credential = built(award_json)
    assert credential["credentialSubject"]["achievement"]["related"] == [
        {"id": "urn:example:a", "type": ["Related"], "inLanguage": "es"},
        {"id": "urn:example:b", "type": ["Related"], "version": "2"},
    ]
    assert credential["evidence"][-1] == {
        "type": ["Evidence"],
        "id": "urn:example:badge-b#badge",
        "name": "Part B",
        "genre": "Open Badge",
    }


def test_one_status_entry_is_an_object_and_two_are_a_list(award_json: Json, built: Callable[..., Json]) -> None:
    place = {"list": "https://prairie-crossing.example/status/1", "index": 94567}
    award_json["status"] = {"revocation": place}
    assert built(award_json)["credentialStatus"] == {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://prairie-crossing.example/status/1",
    }
    award_json["status"] = {"suspension": place, "revocationList": "https://prairie-crossing.example/revoked"}
    assert [entry["type"] for entry in built(award_json)["credentialStatus"]] == [
        "BitstringStatusListEntry",
        "1EdTechRevocationList",
    ]


def test_an_achievement_without_an_id_gets_the_same_one_every_time(
    award_json: Json, built: Callable[..., Json]
) -> None:
    del award_json["achievement"]["id"]

    def identity(**change: Any) -> str:
        award = {**award_json, "achievement": {**award_json["achievement"], **change}}
        return str(built(award)["credentialSubject"]["achievement"]["id"])

    assert identity().startswith("urn:uuid:")
    assert identity() == identity(description="Other words")
    assert len({identity(), identity(name="Other"), identity(version="2")}) == 3


def test_names_that_differ_only_in_signs_keep_apart(award_json: Json, built: Callable[..., Json]) -> None:
    criterion = award_json["achievement"]["rubric"]["criteria"][0]
    del criterion["id"]
    award_json["achievement"]["rubric"]["criteria"] = [
        {**criterion, "name": name, "requiredLevel": None}
        for name in ("Plan and teach", "Plan & teach", "Plan, teach", "計画", "指導")
    ]
    for row in award_json["achievement"]["rubric"]["criteria"]:
        del row["requiredLevel"]
    award_json["results"] = []
    rows = built(award_json)["credentialSubject"]["achievement"]["resultDescription"]
    assert len({row["id"] for row in rows}) == len(rows)
    assert rows[0]["id"].endswith("#plan-and-teach")


def test_parts_that_would_share_an_id_are_refused(award_json: Json, built: Callable[..., Json]) -> None:
    award_json["achievement"]["resultDescriptions"][0]["id"] = "reflection"
    with pytest.raises(ProblemError, match="'Score' an id of its own"):
        built(award_json)


def test_a_badge_that_would_end_before_it_begins_is_refused(award_json: Json, built: Callable[..., Json]) -> None:
    with pytest.raises(ProblemError, match="not after 2026-03-02T15:04:05Z") as caught:
        built({**award_json, "validUntil": "2026-03-01"})
    assert caught.value.problem.pointer == "/validUntil"


def test_every_member_of_an_award_reaches_the_credential(award_json: Json, built: Callable[..., Json]) -> None:
    profile = {"id": "urn:example:org", "name": "Other organisation", "url": "https://other.example"}
    award_json["issuer"] |= {
        "url": "https://prairie-crossing.example",
        "phone": "+1 555 0100",
        "email": "learning@prairie-crossing.example",
        "description": "A district.",
        "image": "https://prairie-crossing.example/logo.png",
        "official": "Ana Reyes",
        "address": {"addressRegion": "Illinois", "postalCode": "60000"},
        "otherIdentifier": [{"identifier": "12", "identifierType": "ext:stateDistrictNumber"}],
        "parentOrg": profile,
    }
    award_json["achievement"] |= {
        "version": "2",
        "humanCode": "Q-1",
        "fieldOfStudy": "Teaching",
        "specialization": "Questioning",
        "inLanguage": "en",
        "tags": ["questions"],
        "image": {"id": "https://prairie-crossing.example/q.png", "caption": "A rosette"},
        "creator": profile,
        "alignments": [
            {
                "targetName": "Strategies",
                "targetUrl": "https://standards.example/8",
                "targetCode": "8",
                "targetDescription": "Uses strategies.",
                "targetFramework": "Standards",
                "targetType": "CFItem",
            }
        ],
        "otherIdentifier": [{"identifier": "ce-1", "identifierType": "identifier"}],
    }
    award_json |= {
        "id": "https://badges.example/c/1",
        "name": "Questioning, for Maren",
        "description": "A badge.",
        "narrative": "Well done.",
        "validFrom": "2026-03-03",
        "validUntil": "2031-03-03",
        "activityStart": "2025-09-08",
        "activityEnd": "2025-11-21",
        "role": "Teacher",
        "term": "Fall",
        "licenseNumber": "L-1",
        "source": profile,
    }
    credential = built(award_json)
    assert structure.problems(credential) == ()
    text = repr(credential)
    for value in (
        "+1 555 0100", "A district.", "logo.png", "Ana Reyes", "60000", "ext:stateDistrictNumber", "'parentOrg'",
        "'Q-1'", "'Teaching'", "'specialization'", "'en'", "'questions'", "A rosette", "'creator'", "'CFItem'",
        "'ce-1'", "badges.example/c/1", "for Maren", "'A badge.'", "Well done.", "2026-03-03T00:00:00Z",
        "2031-03-03T23:59:59Z", "2025-09-08T00:00:00Z", "2025-11-21T23:59:59Z", "'Teacher'", "'Fall'", "'L-1'",
        "'source'",
    ):  # fmt: skip
        assert value in text, value
