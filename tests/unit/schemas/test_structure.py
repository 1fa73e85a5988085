"""The data model rules: what is accepted, what is refused, where the problem points and which check it belongs to."""

import copy
import json
import pickle
from typing import Any

import pytest

from badgeport.schemas import pointer as json_pointer
from badgeport.schemas import structure
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from support import sample_documents as samples
from support.shared import shared_json, shared_path

MISSING = object()


def edited(document: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """The document with the member at a pointer set, or taken out."""
    parent, _, last = pointer.rpartition("/")
    holder = json_pointer.resolve(document, parent)
    key: Any = int(last) if isinstance(holder, list) else last
    if value is MISSING:
        del holder[key]
    elif isinstance(holder, list) and key == len(holder):
        holder.append(value)
    else:
        holder[key] = value
    return document


@pytest.mark.parametrize("kind", samples.BY_KIND)
def test_a_document_of_each_kind_is_recognized_and_accepted(kind: str) -> None:
    report = structure.check(samples.BY_KIND[kind]())
    assert (report.kind, report.problems) == (kind, ())
    assert report.ok


def test_a_badge_of_required_members_alone_is_accepted() -> None:
    assert structure.problems(samples.small_badge()) == ()


# pointer of the edit, value, pointer of the problem (None: the same), area, part of the sentence
BADGE_EDITS = [
    ("/@context", MISSING, None, "context", "@context is missing"),
    ("/@context", "https://www.w3.org/ns/credentials/v2", None, "context", "ordered array"),
    ("/@context/0", samples.OB_3_0_3, None, "context", "must be https://www.w3.org/ns/credentials/v2"),
    ("/@context/1", "https://w3id.org/security/data-integrity/v2", None, "context", "Open Badges 3.0 context"),
    ("/@context/1", samples.OB_3_0_3 + "\n", None, "context", "Open Badges 3.0 context"),
    ("/@context/1", "https://purlximsglobal.org/spec/ob/v3p0/context-3.0.3.json", None, "context", "Open Badges"),
    ("/@context/2", "extensions.json", None, "context", "absolute URL"),
    ("/@context/2", 7, None, "context", "must be a URL or an object, not a number"),
    ("/type", MISSING, None, "type", "type is missing"),
    ("/type", ["OpenBadgeCredential"], None, "type", "must include VerifiableCredential"),
    ("/type", ["VerifiableCredential"], None, "type", "AchievementCredential or OpenBadgeCredential"),
    ("/type/2", 1, None, "type", "must be a string"),
    ("/id", MISSING, None, "id", "id is missing"),
    ("/id", "0b9d4a1e-1111-4222-8333-444455556666", None, "id", "absolute URL or URN"),
    ("/id", "https:///nohost", None, "id", "absolute URL or URN"),
    ("/id", "https://a.example/ b", None, "id", "absolute URL or URN"),
    ("/id", ["urn:uuid:1"], None, "id", "must be a URL or URN, not an array"),
    ("/name", None, None, "schema", "must be a string, not null"),
    ("/name", 1, None, "schema", "must be a string, not a number"),
    ("/name", {"English": "a"}, None, "schema", "language codes"),
    ("/image", "https://a.example/i.png", None, "schema", "image must be an object, not a string"),
    ("/image/type", ["Image"], None, "schema", 'the string "Image"'),
    ("/image/width", 10, "/image", "schema", "has the member 'width', which Image does not know"),
    ("/validFrom", MISSING, None, "schema", "validFrom is missing"),
    ("/validFrom", "2024-05-01T00:00:00", None, "dates", "time zone"),
    ("/validFrom", "2024-02-30T00:00:00Z", None, "dates", "date and time"),
    ("/validFrom", 1714521600, None, "dates", "not a number"),
    ("/validUntil", "9999-12-31T23:00:00-05:00", None, "dates", "date and time"),
    ("/validUntil", "2024-05-01T00:00:00Z", None, "dates", "must be later than validFrom"),
    ("/validUntil", "2024-05-01T02:00:00+02:00", None, "dates", "must be later than validFrom"),
    ("/awardedDate", "yesterday", None, "dates", "date and time"),
    ("/issuer", MISSING, None, "issuer", "issuer is missing"),
    ("/issuer", ["https://a.example"], None, "issuer", "must be a URL or an object, not an array"),
    ("/issuer", "district", None, "issuer", "absolute URL or URN"),
    ("/issuer/id", MISSING, None, "issuer", "issuer.id is missing"),
    ("/issuer/type", ["Organization"], None, "issuer", "must include Profile"),
    ("/issuer/parentOrg", "https://a.example", None, "issuer", "must be an object, not a string"),
    ("/issuer/parentOrg/type", "Org", None, "issuer", "must include Profile"),
    ("/issuer/otherIdentifier/0/type", "Identifier", None, "issuer", "IdentifierEntry"),
    ("/issuer/name", 1, None, "schema", "must be a string"),
    ("/issuer/dateOfBirth", "1981-02-29", None, "dates", "must be a date"),
    ("/issuer/dateOfBirth", "19810228", None, "dates", "must be a date"),
    ("/issuer/address/geo/latitude", True, None, "schema", "must be a number, not a boolean"),
    ("/issuer/address/geo/latitude", "39.9", None, "schema", "must be a number, not a string"),
    ("/issuer/endorsement/0/name", MISSING, None, "schema", "is missing"),
    ("/issuer/endorsementJwt/0", "a.b", None, "schema", "compact JWS"),
    ("/credentialSubject", MISSING, None, "subject", "is missing"),
    ("/credentialSubject", [], None, "subject", "must be an object, not an array"),
    ("/credentialSubject/type", ["Person"], None, "subject", "must include AchievementSubject"),
    ("/credentialSubject/id", "jo", None, "subject", "absolute URL or URN"),
    ("/credentialSubject/achievement", MISSING, None, "achievement", "is missing"),
    ("/credentialSubject/achievement", "https://a.example/1", None, "achievement", "must be an object"),
    ("/credentialSubject/achievement/type", "Badge", None, "achievement", "must include Achievement"),
    ("/credentialSubject/achievement/criteria", MISSING, None, "achievement", "is missing"),
    ("/credentialSubject/achievement/criteria", {}, None, "achievement", "needs an id or a narrative"),
    ("/credentialSubject/achievement/name", MISSING, None, "schema", "is missing"),
    ("/credentialSubject/achievement/achievementType", "Trophy", None, "schema", "starts with ext:"),
    ("/credentialSubject/achievement/achievementType", "ext:", None, "schema", "starts with ext:"),
    ("/credentialSubject/achievement/inLanguage", "EN", None, "schema", "language code"),
    ("/credentialSubject/achievement/alignment/0/targetUrl", "items/t4", None, "schema", "absolute URL"),
    ("/credentialSubject/achievement/alignment/0/targetType", "Standard", None, "schema", "terms of the data model"),
    ("/credentialSubject/identifier/0/type", "Identity", None, "achievement", "IdentityObject"),
    ("/credentialSubject/identifier/0/hashed", "true", None, "schema", "must be true or false, not a string"),
    ("/credentialSubject/identifier/0/identityHash", "md5$zz", None, "schema", "hexadecimal"),
    ("/credentialSubject/identifier/0/extra", 1, "/credentialSubject/identifier/0", "subject", "does not know"),
    ("/credentialSubject/source/type", ["Person"], None, "achievement", "must include Profile"),
    ("/credentialSubject/result/0/type", [], None, "achievement", "at least one type"),
    ("/credentialSubject/result/0/resultDescription", "urn:uuid:9", None, "achievement", "id of a result description"),
    ("/credentialSubject/result/1/status", MISSING, None, "achievement", "of the type Status"),
    ("/credentialSubject/result/1/status", "Passed", None, "achievement", "one of the terms"),
    ("/credentialSubject/creditsEarned", "1", None, "schema", "must be a number, not a string"),
    ("/credentialSubject/creditsEarned", float("inf"), None, "schema", "finite"),
    ("/credentialSubject/activityEndDate", "2024", None, "dates", "date and time"),
    ("/evidence/0/type", ["Artifact"], None, "evidence", "must include Evidence"),
    ("/evidence/0", "https://a.example/e", None, "evidence", "must be an object"),
    ("/evidence/0/id", "e1", None, "schema", "absolute URL"),
    ("/credentialStatus/type", MISSING, None, "schema", "is missing"),
    ("/credentialSchema/0/id", MISSING, None, "schema", "is missing"),
    ("/refreshService", [], None, "schema", "must be an object"),
    ("/proof/0", "proof", None, "schema", "must be an object"),
    ("/proof/0/type", MISSING, None, "schema", "is missing"),
]


@pytest.mark.parametrize(("edit", "value", "where", "area", "part"), BADGE_EDITS)
def test_what_is_wrong_with_a_badge_is_found_where_it_is(
    edit: str, value: Any, where: str | None, area: str, part: str
) -> None:
    report = structure.check(edited(samples.complete_badge(), edit, value), "ob3")
    expected = where or edit
    matching = [each for each in report.by_check[area] if each.pointer == expected or edit == "/type/2"]
    assert matching, report.problems
    assert any(part in each.detail for each in matching)
    assert all(each.type is MALFORMED_VALUE_ERROR for each in report.problems)


def test_the_sentence_names_the_member_and_the_reason() -> None:
    (problem,) = structure.problems(edited(samples.small_badge(), "/credentialSubject/achievement/criteria", {}))
    assert problem.detail == "credentialSubject.achievement.criteria needs an id or a narrative"
    assert problem.pointer == "/credentialSubject/achievement/criteria"


@pytest.mark.parametrize("identifier", [MISSING, []])
def test_a_recipient_needs_an_id_or_an_identifier(identifier: Any) -> None:
    document = edited(samples.complete_badge(), "/credentialSubject/identifier", identifier)
    assert structure.problems(document) == ()
    del document["credentialSubject"]["id"]
    assert [(each.pointer, each.detail) for each in structure.by_check(document)["subject"]] == [
        ("/credentialSubject", "credentialSubject needs an id or an identifier")
    ]


TOLERATED = [
    ("/type", ["VerifiableCredential", "AchievementCredential"]),
    ("/credentialSubject/type", "AchievementSubject"),
    ("/issuer/type", "Profile"),
    ("/issuer", "https://district.example/issuer"),
    ("/proof", samples.complete_badge()["proof"][0]),
    ("/credentialSchema", samples.complete_badge()["credentialSchema"][0]),
    ("/termsOfUse", {"type": "Policy"}),
    ("/evidence", samples.complete_badge()["evidence"][0]),
    ("/endorsementJwt", "eyJhIjoxfQ.eyJiIjoyfQ.c2ln"),
    ("/credentialSubject/identifier", samples.complete_badge()["credentialSubject"]["identifier"][0]),
    ("/credentialSubject/achievement/tag", "data"),
    ("/credentialSubject/achievement/alignment", samples.alignment()),
    ("/credentialStatus", [{"type": "BitstringStatusListEntry"}, {"type": "1EdTechRevocationList"}]),
    ("/credentialSubject/achievement/name", {"en": "Data", "es-MX": "Datos"}),
    ("/credentialSubject/achievement/achievementType", "ext:StackedCredential"),
    ("/credentialSubject/activityEndDate", "2024-04-20T08:00:00"),
    ("/id", "did:example:1#badge"),
    ("/@context/3", {"term": "https://a.example/term"}),
    ("/unheardOf", None),
    ("/credentialSubject/achievement/evidence", []),
]


@pytest.mark.parametrize(("edit", "value"), TOLERATED)
def test_what_reading_tolerates(edit: str, value: Any) -> None:
    assert structure.problems(edited(samples.complete_badge(), edit, value)) == ()


@pytest.mark.parametrize("number", ["", "-3.0.1", "-3.0.2", "-3.0.3"])
def test_every_published_context_of_open_badges_is_known(number: str) -> None:
    url = f"https://purl.imsglobal.org/spec/ob/v3p0/context{number}.json"
    assert structure.problems(edited(samples.small_badge(), "/@context/1", url)) == ()


@pytest.mark.parametrize(
    ("kind", "edit", "value", "area"),
    [
        ("ob3-vcdm11", "/name", MISSING, "schema"),
        ("ob3-vcdm11", "/issuer", "https://district.example/issuer", "issuer"),
        ("ob3-vcdm11", "/issuanceDate", MISSING, "schema"),
        ("ob3-vcdm11", "/issuanceDate", "2024-05-01", "dates"),
        ("ob3-vcdm11", "/expirationDate", "2024-05-01T00:00:00Z", "dates"),
        ("ob3-vcdm11", "/@context/0", samples.CREDENTIALS_V2, "context"),
        ("ob3", "/@context/0", samples.CREDENTIALS_V1, "context"),
        ("endorsement", "/name", MISSING, "schema"),
        ("endorsement", "/credentialSubject/id", MISSING, "subject"),
        ("endorsement", "/credentialSubject/type", "AchievementSubject", "subject"),
        ("endorsement-vcdm11", "/issuer", "https://a.example", "issuer"),
        ("clr2", "/@context", [samples.CREDENTIALS_V2, samples.OB_3_0_3], "context"),
        ("clr2", "/credentialSubject/verifiableCredential", [], "schema"),
        ("clr2", "/credentialSubject/verifiableCredential/0", "eyJhIjoxfQ.eyJiIjoyfQ.c2ln", "schema"),
        ("clr2", "/credentialSubject/association/0/targetId", MISSING, "schema"),
        ("clr2", "/partial", "no", "schema"),
        ("vc2", "/@context", [], "context"),
        ("vc2", "/@context/1", None, "context"),
        ("vc2", "/issuer", {"name": "No id"}, "issuer"),
        ("vc2", "/issuer", "nobody", "issuer"),
        ("vc2", "/credentialSubject", [], "subject"),
        ("vc2", "/credentialSubject", {}, "subject"),
        ("vc2", "/credentialSubject", "did:example:1", "subject"),
        ("vc2", "/credentialSubject/id", "one", "subject"),
        ("vc2", "/name", {"@value": 1}, "schema"),
        ("vc2", "/name", {"@value": "a", "extra": "b"}, "schema"),
        ("vc2", "/description", 1, "schema"),
        ("vc2", "/validFrom", "2024", "dates"),
        ("vc2", "/credentialStatus", {"id": "https://a.example/1"}, "schema"),
        ("vc2", "/credentialSchema", {"type": "JsonSchema"}, "schema"),
        ("vc2", "/evidence", [{"id": "https://a.example/1"}], "evidence"),
        ("vc2", "/termsOfUse", "terms", "schema"),
        ("vc2", "/relatedResource", {"id": "https://a.example/1"}, "schema"),
        (
            "vc2",
            "/relatedResource",
            [{"id": "urn:a:1", "digestSRI": "x"}, {"id": "urn:a:1", "digestSRI": "x"}],
            "schema",
        ),
        ("vc1", "/issuanceDate", MISSING, "schema"),
        ("vc1", "/credentialStatus", {"type": "StatusList2021Entry"}, "schema"),
        ("vp2", "/verifiableCredential/0", "eyJhIjoxfQ.eyJiIjoyfQ.c2ln", "schema"),
        ("vp2", "/verifiableCredential/1/id", "https://a.example/1", "schema"),
        ("vp2", "/holder", 1, "schema"),
        ("vp2", "/type", ["Presentation"], "type"),
        ("vp1", "/verifiableCredential/0", 1, "schema"),
        ("status-list", "/credentialSubject/encodedList", MISSING, "schema"),
        ("status-list", "/credentialSubject/statusPurpose", [], "schema"),
        ("status-list", "/credentialSubject/type", "StatusList", "subject"),
    ],
)
def test_rules_of_the_other_kinds(kind: str, edit: str, value: Any, area: str) -> None:
    report = structure.check(edited(samples.BY_KIND[kind](), edit, value), kind)
    assert report.by_check[area], report.problems


@pytest.mark.parametrize(
    ("kind", "edit", "value"),
    [
        ("vc2", "/@context", samples.CREDENTIALS_V2),
        ("vc2", "/name", [{"@value": "a", "@language": "en", "@direction": "ltr"}, {"@value": "b"}]),
        ("vc2", "/issuer", {"id": "did:example:1", "name": {"@value": "a", "@language": "en"}}),
        ("vc2", "/credentialSubject", [{"id": "did:example:1"}, {"knows": "x"}]),
        ("vc2", "/relatedResource", {"id": "urn:a:1", "digestMultibase": "uX"}),
        ("vp2", "/verifiableCredential", samples.plain_credential()),
        ("clr2", "/@context", [samples.CREDENTIALS_V2, samples.OB_3_0_3, samples.CLR_2_0_1]),
        ("status-list", "/credentialSubject/statusPurpose", ["revocation", "suspension"]),
    ],
)
def test_what_the_other_kinds_allow(kind: str, edit: str, value: Any) -> None:
    assert structure.problems(edited(samples.BY_KIND[kind](), edit, value)) == ()


@pytest.mark.parametrize("kind", ["vc2", "status-list", "ob3", "endorsement"])
def test_only_a_plain_credential_may_end_as_it_starts(kind: str) -> None:
    document = samples.BY_KIND[kind]() | {
        "validFrom": "2024-05-01T00:00:00Z",
        "validUntil": "2024-05-01T01:00:00+01:00",
    }
    refused = [each.pointer for each in structure.by_check(document)["dates"]]
    assert refused == (["/validUntil"] if kind in ("ob3", "endorsement") else [])
    document["validUntil"] = "2024-04-30T23:59:59.999Z"
    assert [each.pointer for each in structure.by_check(document)["dates"]] == ["/validUntil"]


def test_a_learner_record_of_vcdm_1_1_is_read() -> None:
    document = samples.learner_record()
    document["@context"][0] = samples.CREDENTIALS_V1
    document["issuanceDate"] = document.pop("validFrom")
    assert structure.check(document).kind == "clr2"
    assert structure.problems(document) == ()
    assert structure.by_check(document | {"issuer": "https://a.example"})["issuer"]


@pytest.mark.parametrize(
    "text", ["2024-05-01T24:00:00Z", "2024-05-01T23:59:60Z", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z"]
)
def test_instants_that_do_not_exist_are_refused(text: str) -> None:
    assert structure.by_check(samples.small_badge() | {"validFrom": text})["dates"]


def without(document: dict[str, Any], *members: str) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in members}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (samples.old_assertion(), "ob2-assertion"),
        (without(samples.old_assertion(), "type", "@context"), "ob2-assertion"),
        (without(samples.small_badge(), "type"), "ob3"),
        (samples.small_badge() | {"type": "VerifiableCredential"}, "ob3"),
        (samples.small_badge() | {"type": "OpenBadgeCredential"}, "ob3"),
        (without(samples.small_badge(), "@context"), "ob3"),
        (without(samples.legacy_badge(), "@context"), "ob3-vcdm11"),
        (samples.endorsement() | {"type": "VerifiableCredential"}, "endorsement"),
        (without(samples.plain_credential(), "type"), "vc2"),
        (without(samples.legacy_credential(), "type"), "vc1"),
        (without(samples.presentation(), "type"), "vp2"),
        (samples.status_list() | {"type": ["VerifiableCredential", "StatusList2021Credential"]}, "status-list"),
        ({"@context": samples.CREDENTIALS_V2, "type": "EnvelopedVerifiableCredential"}, "unknown"),
        ({}, "unknown"),
        ([], "unknown"),
        (None, "unknown"),
        ({"type": {"a": 1}, "@context": 3}, "unknown"),
    ],
)
def test_kinds_are_told_apart(document: Any, kind: str) -> None:
    assert structure.detect_kind(document) == kind


def test_an_old_assertion_is_no_verifiable_credential() -> None:
    report = structure.check(samples.old_assertion())
    assert [each.pointer for each in report.by_check["type"]] == ["/type"]
    assert structure.by_check(samples.old_assertion(), "ob3")["type"]


@pytest.mark.parametrize("document", [None, True, 1, 1.5, "text", [], [{}]])
def test_what_is_not_an_object_is_one_problem(document: Any) -> None:
    assert [each.pointer for each in structure.problems(document)] == [""]


def test_problems_beyond_fifty_are_not_listed() -> None:
    document = edited(samples.small_badge(), "/evidence", [1] * 100_000)
    problems = structure.problems(document)
    assert len(problems) == structure.MAX_PROBLEMS + 1
    assert "more problems" in problems[-1].detail
    assert sum(map(len, structure.by_check(document).values())) == len(problems)


@pytest.mark.parametrize("member", ["parentOrg", "endorsement"])
def test_deep_nesting_ends_in_a_problem(member: str) -> None:
    issuer: dict[str, Any] = samples.small_profile()
    for _ in range(20_000):
        inner = issuer if member == "parentOrg" else samples.endorsement() | {"issuer": issuer}
        issuer = samples.small_profile() | {member: inner}
    problems = structure.problems(samples.small_badge() | {"issuer": issuer})
    assert any("nested too deeply" in each.detail for each in problems)


def test_values_json_does_not_have_are_problems_too() -> None:
    document = samples.small_badge() | {"name": {1, 2}, "image": {1: 2, "\ud800": 3}, "id": b"urn:a:1"}
    details = [each.detail for each in structure.problems(document)]
    assert any("JSON does not have" in each for each in details)
    assert json.dumps(details).isascii()


def test_a_long_member_name_is_not_repeated() -> None:
    document = edited(samples.complete_badge(), "/image/" + "x" * 5000, 1)
    assert max(len(each.detail) for each in structure.problems(document)) < 200


@pytest.mark.parametrize("edition", ["2024-10", "2025-11"])
@pytest.mark.parametrize("sample", [samples.complete_badge, samples.small_badge])
def test_what_is_accepted_in_the_arrays_form_fits_the_published_schemas(edition: str, sample: Any) -> None:
    import jsonschema_rs

    schema = shared_json(f"spec/reference/schemas/ob3/achievementcredential_{edition}.schema.json")
    document = sample()
    assert structure.problems(document) == ()
    assert [each.message for each in jsonschema_rs.Draft201909Validator(schema).iter_errors(document)] == []


@pytest.mark.parametrize(
    "path",
    [
        "vectors/vc-di-eddsa/unsigned.json",
        "vectors/vc-di-eddsa/employmentAuth.json",
        "vectors/vc-di-ecdsa/prCredUnsigned.json",
        "vectors/vc-jose-cose/credential-full.json",
        "vectors/vc-jose-cose/credential-minimal.json",
        "vectors/vc-jose-cose/presentation-multiple.json",
        "vectors/vc-jose-cose/presentation-single.json",
    ],
)
def test_official_documents_are_accepted(path: str) -> None:
    assert structure.problems(shared_json(path)) == ()


def test_the_member_tables_hold_every_member_of_the_published_schema() -> None:
    from badgeport.schemas.structure.shapes import shapes

    schema = shared_json("spec/reference/schemas/ob3/achievementcredential_2024-10.schema.json")
    published = {name: each for name, each in schema["$defs"].items() if "properties" in each}
    published["AchievementCredential"] = schema
    ours = shapes(2).classes
    shared = {"CredentialSchema", "CredentialStatus", "RefreshService", "TermsOfUse"}
    assert published.keys() - shared <= ours.keys()
    for name in published.keys() - shared:
        assert published[name]["properties"].keys() <= ours[name].members.keys(), name
        assert set(published[name].get("required", ())) == set(ours[name].required), name
        assert (not published[name]["additionalProperties"]) == ours[name].closed, name


def test_the_vocabularies_are_the_published_ones() -> None:
    from badgeport.schemas.structure import vocabulary

    lines = shared_path("spec/reference/ob3/common_credentials.lines").read_text(encoding="utf-8").splitlines()
    wanted = {
        "AchievementType": vocabulary.ACHIEVEMENT_TYPES,
        "AlignmentTargetType": vocabulary.ALIGNMENT_TARGET_TYPES,
        "ResultType": vocabulary.RESULT_TYPES,
        "ResultStatusType": vocabulary.RESULT_STATUS_TYPES,
    }
    for name, terms in wanted.items():
        start = next(i for i, line in enumerate(lines) if line.split()[:2] == ["Class", name])
        found = []
        for line in lines[start + 1 :]:
            if line.split()[:1] != ["Property"]:
                break
            found.append(line.split()[1])
        assert tuple(found) == terms


def test_checking_leaves_the_document_alone() -> None:
    document = samples.complete_badge()
    before = copy.deepcopy(document)
    structure.check(document)
    assert document == before


def test_a_report_can_be_sent_to_another_process() -> None:
    for document in (samples.small_badge(), {}):
        report = structure.check(document)
        assert pickle.loads(pickle.dumps(report)) == report
