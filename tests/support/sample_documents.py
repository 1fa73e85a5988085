"""Documents for tests of the data model: one of every kind, and a badge in which every member is used."""

from typing import Any

CREDENTIALS_V1 = "https://www.w3.org/2018/credentials/v1"
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OB_3_0_3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CLR_2_0_1 = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"

Document = dict[str, Any]


def image() -> Document:
    return {"id": "https://district.example/images/1.png", "type": "Image", "caption": "A lamp"}


def alignment() -> Document:
    return {
        "type": ["Alignment"],
        "targetCode": "T.4",
        "targetDescription": "Plans instruction from evidence of learning.",
        "targetName": "Data-informed planning",
        "targetFramework": "Teaching standards",
        "targetType": "CFItem",
        "targetUrl": "https://standards.example/items/t4",
    }


def small_profile(number: int = 1) -> Document:
    return {"id": f"https://district.example/people/{number}", "type": ["Profile"], "name": "A person"}


def endorsement() -> Document:
    return {
        "@context": [CREDENTIALS_V2, OB_3_0_3],
        "id": "urn:uuid:5b2e4b1a-20c1-4b0e-8a4a-2d1c9d7c7f01",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Endorsement by the state",
        "description": "The state stands behind it.",
        "awardedDate": "2024-05-01T00:00:00Z",
        "issuer": small_profile(2),
        "validFrom": "2024-05-01T00:00:00Z",
        "validUntil": "2029-05-01T00:00:00Z",
        "credentialSubject": {
            "id": "https://district.example/achievements/1",
            "type": ["EndorsementSubject"],
            "endorsementComment": "Counts for *renewal*.",
        },
    }


def profile() -> Document:
    return {
        "id": "https://district.example/issuer",
        "type": ["Profile"],
        "name": "Example District",
        "url": "https://district.example/",
        "phone": "+1 555 0100",
        "description": "A school district.",
        "endorsement": [endorsement()],
        "endorsementJwt": ["eyJhIjoxfQ.eyJiIjoyfQ.c2ln"],
        "image": image(),
        "email": "badges@district.example",
        "address": {
            "type": ["Address"],
            "addressCountry": "United States",
            "addressCountryCode": "US",
            "addressRegion": "Ohio",
            "addressLocality": "Columbus",
            "streetAddress": "1 School Street",
            "postOfficeBoxNumber": "7",
            "postalCode": "43004",
            "geo": {"type": "GeoCoordinates", "latitude": 39.9, "longitude": -83},
        },
        "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "4404380", "identifierType": "ext:nces"}],
        "official": "The superintendent",
        "parentOrg": small_profile(3),
        "familyName": "Doe",
        "givenName": "Jo",
        "additionalName": "A.",
        "patronymicName": "Ivanovna",
        "honorificPrefix": "Dr",
        "honorificSuffix": "Ph.D.",
        "familyNamePrefix": "van",
        "dateOfBirth": "1980-02-29",
    }


def achievement() -> Document:
    return {
        "id": "https://district.example/achievements/1",
        "type": ["Achievement"],
        "alignment": [alignment()],
        "achievementType": "MicroCredential",
        "creator": small_profile(4),
        "creditsAvailable": 1.5,
        "criteria": {"id": "https://district.example/achievements/1/criteria", "narrative": "Do it."},
        "description": "Plans instruction from data.",
        "endorsement": [endorsement()],
        "endorsementJwt": ["eyJhIjoxfQ..c2ln"],
        "fieldOfStudy": "Education",
        "humanCode": "MC-1",
        "image": image(),
        "inLanguage": "en-US",
        "name": "Data-informed instruction",
        "otherIdentifier": [{"type": "IdentifierEntry", "identifier": "ce-1", "identifierType": "identifier"}],
        "related": [
            {
                "id": "https://district.example/achievements/1/es",
                "type": ["Related"],
                "inLanguage": "es",
                "version": "1",
            }
        ],
        "resultDescription": [
            {
                "id": "urn:uuid:11111111-1111-4111-8111-111111111111",
                "type": ["ResultDescription"],
                "alignment": [alignment()],
                "allowedValue": ["low", "high"],
                "name": "Rubric",
                "requiredLevel": "urn:uuid:22222222-2222-4222-8222-222222222222",
                "requiredValue": "high",
                "resultType": "RubricCriterionLevel",
                "rubricCriterionLevel": [
                    {
                        "id": "urn:uuid:22222222-2222-4222-8222-222222222222",
                        "type": ["RubricCriterionLevel"],
                        "alignment": [alignment()],
                        "description": "Reaches it",
                        "level": "2",
                        "name": "Proficient",
                        "points": "4",
                    }
                ],
                "valueMax": "4",
                "valueMin": "0",
            },
            {
                "id": "urn:uuid:33333333-3333-4333-8333-333333333333",
                "type": ["ResultDescription"],
                "name": "State",
                "resultType": "Status",
            },
        ],
        "specialization": "Assessment",
        "tag": ["data", "planning"],
        "version": "2",
    }


def complete_badge() -> Document:
    """A badge in the arrays form with every member of every class."""
    return {
        "@context": [CREDENTIALS_V2, OB_3_0_3, "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"],
        "id": "urn:uuid:0b9d4a1e-1111-4222-8333-444455556666",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Data-informed instruction",
        "description": "Awarded to one educator.",
        "image": image(),
        "awardedDate": "2024-04-30T09:00:00-05:00",
        "issuer": profile(),
        "validFrom": "2024-05-01T00:00:00Z",
        "validUntil": "2029-05-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:educator",
            "type": ["AchievementSubject"],
            "activityStartDate": "2024-01-10T08:00:00Z",
            "activityEndDate": "2024-04-20T08:00:00Z",
            "creditsEarned": 1,
            "achievement": achievement(),
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399",
                    "identityType": "emailAddress",
                    "salt": "Kosher",
                }
            ],
            "image": image(),
            "licenseNumber": "OH-77",
            "narrative": "Three artefacts.",
            "result": [
                {
                    "type": ["Result"],
                    "achievedLevel": "urn:uuid:22222222-2222-4222-8222-222222222222",
                    "alignment": [alignment()],
                    "resultDescription": "urn:uuid:11111111-1111-4111-8111-111111111111",
                    "value": "high",
                },
                {
                    "type": ["Result"],
                    "resultDescription": "urn:uuid:33333333-3333-4333-8333-333333333333",
                    "status": "Completed",
                },
            ],
            "role": "Teacher",
            "source": small_profile(5),
            "term": "Spring 2024",
        },
        "endorsement": [endorsement()],
        "endorsementJwt": ["eyJhIjoxfQ.eyJiIjoyfQ.c2ln"],
        "evidence": [
            {
                "id": "https://district.example/evidence/1",
                "type": ["Evidence"],
                "narrative": "A unit plan.",
                "name": "Unit plan",
                "description": "Eight lessons",
                "genre": "Plan",
                "audience": "Grade 5",
            }
        ],
        "credentialSchema": [
            {
                "id": "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json",
                "type": "1EdTechJsonSchemaValidator2019",
            }
        ],
        "credentialStatus": {
            "id": "https://district.example/status/1#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://district.example/status/1",
        },
        "refreshService": {"id": "https://district.example/c/1", "type": "1EdTechCredentialRefresh"},
        "termsOfUse": [{"id": "https://district.example/terms", "type": "Policy"}],
        "proof": [
            {
                "type": "DataIntegrityProof",
                "created": "2024-05-01T00:00:00Z",
                "cryptosuite": "eddsa-rdfc-2022",
                "challenge": "c",
                "domain": "d",
                "nonce": "n",
                "proofPurpose": "assertionMethod",
                "proofValue": "z3",
                "verificationMethod": "https://district.example/issuer#key-1",
            }
        ],
    }


def small_badge() -> Document:
    """A badge with required members alone."""
    return {
        "@context": [CREDENTIALS_V2, OB_3_0_3],
        "id": "urn:uuid:0b9d4a1e-1111-4222-8333-444455556666",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "https://district.example/issuer", "type": ["Profile"], "name": "Example District"},
        "validFrom": "2024-05-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:educator",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://district.example/achievements/1",
                "type": ["Achievement"],
                "name": "Data-informed instruction",
                "description": "Plans instruction from data.",
                "criteria": {"narrative": "Do it."},
            },
        },
    }


def legacy_badge() -> Document:
    """The small badge in VCDM 1.1."""
    document = small_badge()
    document["@context"][0] = CREDENTIALS_V1
    document["issuanceDate"] = document.pop("validFrom")
    document["name"] = "Data-informed instruction"
    return document


def legacy_endorsement() -> Document:
    """The endorsement in VCDM 1.1."""
    document = endorsement()
    document["@context"][0] = CREDENTIALS_V1
    document["issuanceDate"] = document.pop("validFrom")
    document["expirationDate"] = document.pop("validUntil")
    return document


def learner_record() -> Document:
    return {
        "@context": [CREDENTIALS_V2, CLR_2_0_1, OB_3_0_3],
        "id": "urn:uuid:7b9d4a1e-1111-4222-8333-444455556666",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Record",
        "partial": False,
        "issuer": small_profile(1),
        "validFrom": "2024-05-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:educator",
            "type": ["ClrSubject"],
            "verifiableCredential": [small_badge()],
            "achievement": [small_badge()["credentialSubject"]["achievement"]],
            "association": [
                {
                    "type": ["Association"],
                    "associationType": "isChildOf",
                    "sourceId": "urn:uuid:1",
                    "targetId": "urn:uuid:2",
                }
            ],
        },
    }


def plain_credential() -> Document:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": "https://district.example/issuer",
        "credentialSubject": {"id": "did:example:educator"},
    }


def legacy_credential() -> Document:
    return plain_credential() | {"@context": [CREDENTIALS_V1], "issuanceDate": "2024-05-01T00:00:00Z"}


def presentation() -> Document:
    return {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": "did:example:educator",
        "verifiableCredential": [
            plain_credential(),
            {
                "@context": CREDENTIALS_V2,
                "id": "data:application/vc+jwt,eyJhIjoxfQ.eyJiIjoyfQ.c2ln",
                "type": "EnvelopedVerifiableCredential",
            },
        ],
    }


def legacy_presentation() -> Document:
    return presentation() | {
        "@context": [CREDENTIALS_V1],
        "verifiableCredential": [legacy_credential(), "eyJhIjoxfQ.eyJiIjoyfQ.c2ln"],
    }


def status_list() -> Document:
    return {
        "@context": [CREDENTIALS_V2],
        "id": "https://district.example/status/1",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "https://district.example/issuer",
        "validFrom": "2024-05-01T00:00:00Z",
        "credentialSubject": {
            "id": "https://district.example/status/1#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "uH4sI",
            "ttl": 300000,
        },
    }


def old_assertion() -> Document:
    """An Open Badges 2.0 assertion."""
    return {
        "@context": "https://w3id.org/openbadges/v2",
        "id": "https://district.example/assertions/1",
        "type": "Assertion",
        "recipient": {"type": "email", "identity": "a@example.com", "hashed": False},
        "badge": "https://district.example/badges/1",
        "verification": {"type": "HostedBadge"},
        "issuedOn": "2019-01-01T00:00:00Z",
    }


BY_KIND = {
    "ob3": complete_badge,
    "ob3-vcdm11": legacy_badge,
    "endorsement": endorsement,
    "endorsement-vcdm11": legacy_endorsement,
    "clr2": learner_record,
    "vc2": plain_credential,
    "vc1": legacy_credential,
    "vp2": presentation,
    "vp1": legacy_presentation,
    "status-list": status_list,
}
"""A well-formed document of each kind that has a structure of its own."""
