"""Recognition credentials: whose word counts, for what, and at which instant; what leaves it open."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from badgeport.schemas import contexts, jsontext
from badgeport.schemas.contexts import ContextStore
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import trusting as t
from support import verifying as v

DEMANDING = replace(DEFAULT, recognized_issuers_only=True)
LISTED = ("passed", ["List A"], [])


def inspect(credential: bytes | dict[str, Any], badge: bytes | None = None, **options: Any) -> VerificationReport:
    """The report on a badge where the authority's list is ``credential``."""
    documents = {t.STATE_LIST: credential, **options.pop("documents", {})}
    options.setdefault("policy", DEMANDING)
    return v.inspect(badge or v.sign(v.badge()), documents, trust=t.trust(t.recognition_entry()), **options)


def check(credential: bytes | dict[str, Any], **options: Any) -> tuple[str, list[str], list[str]]:
    return t.recognition_check(inspect(credential, **options))


def assert_open(credential: bytes | dict[str, Any], reason: str, **options: Any) -> None:
    """That the list leaves open whether the issuer is recognised: neither recognised nor refused."""
    report = inspect(credential, **options)
    outcome, matching, reasons = t.recognition_check(report)
    assert (outcome, matching) == ("unknown", [])
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert report.verdict is Verdict.UNDETERMINED
    assert {"ISSUER_NOT_RECOGNIZED", "REGISTRY_UNREADABLE"} <= {
        problem.type.code for problem in report.check("issuer-recognition").problems
    }


def assert_not_listed(credential: bytes, note: str = "none of the registries that were read", **options: Any) -> None:
    report = inspect(credential, **options)
    assert t.recognition_check(report) == ("failed", [], [])
    assert note in report.check("issuer-recognition").problems[0].detail
    assert report.verdict is Verdict.INVALID


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt", "vc+sd-jwt"])
def test_who_the_authority_recognises_is_recognised(format: str) -> None:
    credential = v.sign(t.recognition(t.entity()), t.authority(), format)
    report = inspect(credential)
    assert t.recognition_check(report) == LISTED
    assert report.verdict is Verdict.VALID
    assert report.warnings == ()
    entry = report.check("issuer-recognition").evidence["matchingIssuers"][0]
    assert entry == {
        "id": v.signer().controller,
        "name": "Lakeside District",
        "registry": "List A",
        "legalName": "Lakeside School District No. 12",
        "validFrom": "2026-04-01T00:00:00Z",
        "validUntil": "2027-04-01T00:00:00Z",
    }
    assert "Lakeside District (" in report.to_text()
    assert "listed in List A" in report.to_text()
    assert {document.url for document in report.documents} == {t.STATE_LIST}
    assert report.members == ()


def test_a_credential_at_hand_needs_no_document() -> None:
    held = t.trust(t.recognition_entry(url=None, credential=t.signed_recognition(t.entity()).decode()))
    report = v.inspect(v.sign(v.badge()), trust=held, policy=DEMANDING)
    assert t.recognition_check(report) == LISTED
    assert report.documents == ()


def test_an_issuer_that_is_not_on_the_list_is_not_recognised() -> None:
    assert_not_listed(t.signed_recognition(t.entity(id="did:example:other")))
    assert_not_listed(t.signed_recognition(t.entity(type="RecognizedAction")))
    lenient = inspect(t.signed_recognition(t.entity(id="did:example:other")), policy=DEFAULT)
    assert lenient.verdict is Verdict.VALID
    assert [warning.type.code for warning in lenient.warnings] == ["ISSUER_NOT_RECOGNIZED"]


# -- for what -------------------------------------------------------------------------------------------------------


def test_what_the_issuer_may_do_counts() -> None:
    assert check(t.signed_recognition(t.entity(recognizedTo=None))) == LISTED
    assert check(t.signed_recognition(t.entity(recognizedTo=[t.action(action="verify"), t.action()]))) == LISTED
    assert check(t.signed_recognition(t.entity(recognizedTo=t.action(recognizedBy=None)))) == LISTED
    by = {"id": t.authority().controller}
    assert check(t.signed_recognition(t.entity(recognizedTo=t.action(recognizedBy=by)))) == LISTED
    assert_not_listed(t.signed_recognition(t.entity(recognizedTo=t.action(action="verify"))))
    assert_not_listed(t.signed_recognition(t.entity(recognizedTo=[])))


@pytest.mark.parametrize("types", ["OpenBadgeCredential", ["Other", "AchievementCredential"]])
def test_the_type_of_the_credential_is_one_that_is_named(types: Any) -> None:
    assert check(t.signed_recognition(t.entity(recognizedTo=t.action(credentialType=types)))) == LISTED


def test_a_credential_of_another_type_is_not_covered() -> None:
    assert_not_listed(
        t.signed_recognition(t.entity(recognizedTo=t.action(credentialType="ClrCredential"))),
        "List A names the issuer, but not for credentials of this type",
    )


UNCLEAR = [
    (t.action(recognizedBy="did:example:somebody"), "somebody else"),
    ("https://state.example/actions/1", "by reference"),
    (t.action(recognizedFrom="soon"), "dates of the recognition"),
    (t.action(outputValidation={"id": "https://state.example/s.json", "type": "JsonSchema"}), "the schema https"),
]


@pytest.mark.parametrize(("unclear", "reason"), UNCLEAR, ids=[each[1] for each in UNCLEAR])
def test_an_action_that_cannot_be_judged_here_leaves_it_open(unclear: Any, reason: str) -> None:
    assert_open(t.signed_recognition(t.entity(recognizedTo=unclear)), reason)
    assert check(t.signed_recognition(t.entity(recognizedTo=[unclear, t.action()]))) == LISTED


SCHEMA = "https://state.example/s.json"


def fitting(**restriction: Any) -> bytes:
    """A schema for credentials that fit it."""
    return jsontext.dump({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", **restriction})


def validating(**changes: Any) -> bytes:
    stated = v.changed({"id": SCHEMA, "type": "JsonSchema"}, **changes)
    return t.signed_recognition(t.entity(recognizedTo=t.action(outputValidation=stated)))


def test_a_schema_of_the_authority_that_was_supplied_decides() -> None:
    fits, other = fitting(required=["name"]), fitting(required=["degree"])
    digest = "sha256-" + base64.b64encode(hashlib.sha256(fits).digest()).decode()
    assert check(validating(), documents={SCHEMA: fits}) == LISTED
    assert check(validating(digestSRI=digest), documents={SCHEMA: fits}) == LISTED
    assert_not_listed(validating(), "not for credentials such as this one", documents={SCHEMA: other})
    assert_open(validating(digestSRI=digest), "not the one that was signed", documents={SCHEMA: other})
    assert_open(validating(digestSRI="md5-x"), "cannot be used", documents={SCHEMA: fits})
    assert_open(validating(), "cannot be used", documents={SCHEMA: b'{"type": 7}'})
    assert_open(validating(type="RecognizedAction"), "of a kind that is not read", documents={SCHEMA: fits})
    both = t.action(outputValidation=[{"id": SCHEMA, "type": "JsonSchema"}, {"id": f"{SCHEMA}2", "type": "JsonSchema"}])
    credential = t.signed_recognition(t.entity(recognizedTo=both))
    assert check(credential, documents={SCHEMA: fits, f"{SCHEMA}2": fits}) == LISTED
    assert_not_listed(credential, "such as this one", documents={SCHEMA: fits, f"{SCHEMA}2": other})


def test_another_list_is_not_followed() -> None:
    elsewhere = t.entity(recognizedTo=None, recognizedIn={"id": "https://other.example/list"})
    assert_open(t.signed_recognition(elsewhere), "another list")


# -- when -----------------------------------------------------------------------------------------------------------


def test_the_instant_asked_about_decides() -> None:
    since = t.signed_recognition(t.entity(recognizedTo=t.action(recognizedFrom="2020-01-01T00:00:00Z")))
    assert check(since) == LISTED
    early = v.badge(validFrom="2022-01-01T00:00:00Z")
    assert (
        check(since, badge=v.sign(early, created=v.ISSUED.replace(year=2022)), as_of=v.NOW.replace(year=2023)) == LISTED
    )
    ended = t.entity(
        recognizedTo=t.action(recognizedFrom="2020-01-01T00:00:00Z", recognizedUntil="2026-04-30T00:00:00Z")
    )
    assert_not_listed(t.signed_recognition(ended), "List A names the issuer, but only until 2026-04-30T00:00:00Z")
    assert check(t.signed_recognition(ended), as_of=v.NOW - timedelta(days=3)) == LISTED
    later = t.entity(recognizedTo=t.action(recognizedFrom="2026-06-01T00:00:00Z"))
    assert_not_listed(t.signed_recognition(later), "only from 2026-06-01T00:00:00Z")


def test_clocks_may_differ_a_little() -> None:
    for stated in ("2026-05-01T09:04:00Z", "2026-05-01T09:06:00Z"):
        entity = t.entity(recognizedTo=t.action(recognizedFrom=stated))
        assert (check(t.signed_recognition(entity)) == LISTED) is (stated < "2026-05-01T09:05:00Z")


def test_of_the_time_before_its_edition_a_list_without_dates_of_its_own_says_nothing() -> None:
    badge = v.sign(v.badge(validFrom="2026-01-01T00:00:00Z"), created=v.NOW.replace(month=1))
    assert_open(t.signed_recognition(t.entity()), "only from 2026-04-01", badge=badge, as_of=v.NOW.replace(month=2))


def test_a_context_of_the_draft_that_the_operator_added_has_the_drafts_own_names() -> None:
    url = "https://recognition.example/draft-context"
    inline = t.RECOGNITION_TERMS
    dates = {
        name: {
            "@id": f"https://www.w3.org/2018/credentials#{name}",
            "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
        }
        for name in ("validFrom", "validUntil")
    }
    scoped = {"@id": inline["RecognizedAction"], "@context": {"@protected": True, **dates}}
    added = contexts.store().with_documents({url: jsontext.dump({"@context": {**inline, "RecognizedAction": scoped}})})
    body = t.recognition(
        t.entity(recognizedTo=t.action(validFrom="2020-01-01T00:00:00Z", validUntil="2026-04-30T00:00:00Z")),
        **{"@context": [v.CREDENTIALS_V2, url]},
    )
    documents = {t.STATE_LIST: v.sign(body, t.authority(), contexts=added)}
    badge = v.sign(v.badge())

    def report(store: ContextStore, as_of: datetime) -> VerificationReport:
        verifier = Verifier(
            policy=DEMANDING, fetcher=ReplayResolver(documents), trust=t.trust(t.recognition_entry()), contexts=store
        )
        return verifier.inspect(badge, now=v.NOW, as_of=as_of)

    assert t.recognition_check(report(added, v.NOW - timedelta(days=3))) == LISTED
    assert t.recognition_check(report(added, v.NOW)) == ("failed", [], [])
    outcome, _, (reason,) = t.recognition_check(report(contexts.store(), v.NOW))
    assert outcome == "unknown"
    assert url in reason


# -- the credential itself ------------------------------------------------------------------------------------------


def test_only_the_authority_that_was_named_is_heard() -> None:
    stranger = v.signer("stranger")
    assert_open(t.signed_recognition(t.entity(), by=stranger, issuer=stranger.controller), "is not one of did:key")
    assert_open(t.signed_recognition(t.entity(), by=stranger), "could not be verified")


def spoil(document: dict[str, Any]) -> None:
    document["credentialSubject"][0]["name"] = "Someone else"


@pytest.mark.parametrize(
    ("credential", "reason"),
    [
        (v.spoiled(t.signed_recognition(t.entity()), spoil), "could not be verified"),
        (t.signed_recognition(t.entity(), validUntil="2026-04-20T00:00:00Z"), "could not be verified"),
        (t.signed_recognition(t.entity(), validFrom="2026-06-20T00:00:00Z"), "could not be verified"),
        (jsontext.dump(t.recognition(t.entity())), "could not be verified"),
        (t.signed_recognition(t.entity(), type=["VerifiableCredential"]), "no RecognizedEntityCredential"),
        (b"<html></html>", "no credential"),
        (b"https://evil.example/list", "no credential"),
        (b"", "no credential"),
        (b"{}", "is not one of"),
        (b'{"a":', "is not one of"),
    ],
)
def test_a_credential_that_does_not_stand_says_nothing(credential: bytes, reason: str) -> None:
    assert_open(credential, reason)


def test_a_revoked_or_uncheckable_list_says_nothing() -> None:
    url = "https://state.example/status/1"
    entry = v.status_entry(statusListCredential=url)
    credential = t.signed_recognition(t.entity(), credentialStatus=entry)
    good = v.status_list(by=t.authority(), url=url)
    revoked = v.status_list(7, by=t.authority(), url=url)
    assert check(credential, documents={url: good}) == LISTED
    assert_open(credential, "could not be verified", documents={url: revoked})
    assert_open(credential, "could not be verified")


def test_what_the_reader_waives_for_badges_is_not_waived_for_the_list() -> None:
    waiving = replace(DEFAULT, warn_only=frozenset({"validity-period", "status"}), recognized_issuers_only=True)
    expired = t.signed_recognition(t.entity(), validUntil="2026-04-20T00:00:00Z")
    assert_open(expired, "could not be verified", policy=waiving)
    strict = replace(DEMANDING, badge_required=True)
    assert check(t.signed_recognition(t.entity()), policy=strict) == LISTED


class Asked:
    """A fetcher that remembers what it was asked for."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self.documents = documents
        self.log: list[tuple[str, Purpose]] = []

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.log.append((url, purpose))
        if url not in self.documents:
            raise FetchError(url, "nothing is there")
        return Fetched(url, self.documents[url])


def test_a_list_leads_to_nothing_but_its_keys_and_its_status() -> None:
    terms = {
        **t.RECOGNITION_TERMS,
        "1EdTechCredentialRefresh": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#1EdTechCredentialRefresh",
    }
    credential = t.signed_recognition(
        t.entity(),
        **{"@context": [v.CREDENTIALS_V2, terms]},
        refreshService={"id": "https://state.example/refresh", "type": "1EdTechCredentialRefresh"},
        credentialSchema={"id": "https://state.example/schema", "type": "JsonSchema"},
        relatedResource=[{"id": "https://state.example/r", "digestSRI": "sha256-" + "A" * 43 + "="}],
    )
    fetcher = Asked({t.STATE_LIST: credential})
    verifier = Verifier(policy=DEMANDING, fetcher=fetcher, trust=t.trust(t.recognition_entry()))
    report = verifier.inspect(v.sign(v.badge()), now=v.NOW)
    assert t.recognition_check(report) == LISTED
    assert fetcher.log == [(t.STATE_LIST, "registry")]


def test_a_list_is_verified_once_for_everything_an_input_contains() -> None:
    members = [
        v.parsed(v.sign(v.badge(id=f"urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a00{index}"))) for index in range(3)
    ]
    fetcher = Asked({t.STATE_LIST: t.signed_recognition(t.entity())})
    verifier = Verifier(policy=DEMANDING, fetcher=fetcher, trust=t.trust(t.recognition_entry()))
    report = verifier.inspect(v.sign(v.clr(*members)), now=v.NOW)
    assert report.verdict is Verdict.VALID
    assert [t.recognition_check(member) for member in report.members] == [LISTED] * 3
    assert fetcher.log == [(t.STATE_LIST, "registry")]


def test_a_list_that_could_not_be_had_is_named() -> None:
    report = v.inspect(v.sign(v.badge()), trust=t.trust(t.recognition_entry()))
    assert report.verdict is Verdict.VALID
    assert [warning.type.code for warning in report.warnings] == ["ISSUER_NOT_RECOGNIZED", "REGISTRY_UNREADABLE"]
    assert "List A" in report.warnings[1].detail
    assert "not supplied" in report.warnings[1].detail
