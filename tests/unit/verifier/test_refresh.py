"""Row 32: the newer copy that an issuer offers, when it counts, and that nothing else a service answers counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from badgeport.keys.types import KeyType
from badgeport.schemas import jsontext
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    EXPIRED,
    NOT_YET_VALID,
    REFRESH_AVAILABLE,
    REFRESH_CHANGED,
    REFRESH_REFUSED,
    REFRESH_ROLLBACK,
    REVOKED,
    ProblemType,
)
from badgeport.verifier.policy import DEFAULT, VCALM
from badgeport.verifier.rendering import report_schema
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import verifying as v

SERVICE = "https://lakeside.example/refresh/1"
EXTENDED = [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]
ENDED = "2026-04-20T09:00:00Z"
STATUS_ROWS = ("status-retrieval", "status-list", "status-purpose", "status-encoding", "status")


class Library:
    """A fetcher that holds these documents and remembers what it was asked for."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents
        self.asked: list[tuple[str, Purpose]] = []

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.asked.append((url, purpose))
        body = self.documents.get(url)
        if body is None:
            raise FetchError(url, "it answered 404 Not Found")
        return body if isinstance(body, Fetched) else Fetched(url, body, None, v.NOW)


def refreshable(**changes: Any) -> dict[str, Any]:
    service = {"id": SERVICE, "type": "1EdTechCredentialRefresh"}
    return v.badge(**{"@context": EXTENDED, "refreshService": service, **changes})


def old(**changes: Any) -> bytes:
    """A badge that has run out and names the refresh service."""
    return v.sign(refreshable(validUntil=ENDED, **changes))


def asked(
    data: bytes, copy: bytes | None = None, more: dict[str, Any] | None = None, **question: Any
) -> tuple[VerificationReport, Library]:
    """The report, and the library it was made from."""
    library = Library({**({} if copy is None else {SERVICE: copy}), **(more or {})})
    verifier = Verifier(
        policy=question.pop("policy", DEFAULT),
        limits=question.pop("limits", Limits()),
        fetcher=library,
        software="badgeport test",
    )
    return verifier.inspect(data, now=v.NOW, **question), library


def report_on(
    data: bytes, copy: bytes | None = None, more: dict[str, Any] | None = None, **question: Any
) -> VerificationReport:
    return asked(data, copy, more, **question)[0]


def warned(report: VerificationReport) -> set[ProblemType]:
    return {warning.type for warning in report.warnings}


def answer(report: VerificationReport) -> str:
    return str(report.check("refresh").evidence.get("answer"))


# -- a copy that counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["eddsa-rdfc-2022", "vc-jwt", "vc+sd-jwt"])
def test_a_renewed_credential_is_in_force_by_its_newer_copy(form: str) -> None:
    copy = v.sign(refreshable(validFrom="2026-04-21T09:00:00Z"), format=form)
    assert report_on(old()).verdict is Verdict.INVALID
    report, library = asked(old(), copy)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert report.check("refresh").outcome is Outcome.PASSED
    assert "newer copy" in report.check("validity-period").message
    assert library.asked == [(SERVICE, "refresh")]
    (member,) = report.members
    assert (member.role, member.pointer, member.verdict) == ("refresh", "/refreshService", Verdict.VALID)
    assert report.check("refresh").evidence["validUntil"] == "2031-04-01T09:00:00Z"
    assert "Newer copy:   valid from 2026-04-21T09:00:00Z until 2031-04-01T09:00:00Z" in report.to_text()
    # What the text says of the copy is no word about who the issuer is.
    assert report.to_text().count("you recognize") == 0
    jsontext.dump(report.to_json())
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(report.to_json(), report_schema())


def test_a_credential_that_its_issuer_cut_short_has_ended() -> None:
    copy = v.sign(refreshable(validFrom="2026-04-10T09:00:00Z", validUntil=ENDED))
    report = report_on(v.sign(refreshable()), copy)
    assert report.verdict is Verdict.INVALID
    (problem,) = report.check("validity-period").problems
    assert (problem.type, problem.pointer) == (EXPIRED, "/refreshService/validUntil")
    assert report.judged_by(VCALM) is Verdict.VALID
    assert report.to_vc_api()["verified"] is True


def test_the_status_is_that_of_the_newer_copy() -> None:
    revoked_before = v.sign(refreshable(credentialStatus=v.status_entry(7)))
    later = {"validFrom": "2026-04-10T09:00:00Z"}
    lists = {v.LIST: v.status_list(7)}
    assert report_on(revoked_before, None, lists).verdict is Verdict.INVALID
    cleared = v.sign(refreshable(**later, credentialStatus=v.status_entry(8)))
    assert report_on(revoked_before, cleared, lists).verdict is Verdict.VALID
    revoked_since = v.sign(refreshable(**later, credentialStatus=v.status_entry(7)))
    report = report_on(v.sign(refreshable()), revoked_since, lists)
    assert report.verdict is Verdict.INVALID
    (problem,) = report.check("status").problems
    assert (problem.type, problem.pointer) == (REVOKED, "/refreshService/credentialStatus")
    assert report.judged_by(VCALM) is Verdict.VALID
    unknown = report_on(v.sign(refreshable()), revoked_since)
    assert unknown.verdict is Verdict.UNDETERMINED
    assert (
        unknown.check("status-retrieval").problems[0].pointer == "/refreshService/credentialStatus/statusListCredential"
    )


def test_a_newer_copy_without_a_status_has_none() -> None:
    report, library = asked(
        v.sign(refreshable(credentialStatus=v.status_entry(7))), v.sign(refreshable(validFrom="2026-04-10T09:00:00Z"))
    )
    assert report.verdict is Verdict.VALID
    assert {report.check(each).outcome for each in STATUS_ROWS} == {Outcome.SKIPPED}
    # The list of what was replaced is nobody's business any more.
    assert library.asked == [(SERVICE, "refresh")]
    assert {each.url for each in report.documents} == {SERVICE}


def test_the_same_credential_changes_nothing_however_it_is_laid_out() -> None:
    data = v.sign(refreshable())
    for copy in (
        data,
        b"\n" + data + b" ",
        v.sign(refreshable(), created=v.NOW),
        v.sign(refreshable(), None, "vc-jwt"),
    ):
        report = report_on(data, copy)
        assert (report.verdict, answer(report), report.members) == (Verdict.VALID, "same", ())
        assert report.check("refresh").outcome is Outcome.PASSED
        assert REFRESH_AVAILABLE not in warned(report)


def test_what_the_newer_copy_says_otherwise_is_told() -> None:
    newer = {"validFrom": "2026-04-10T09:00:00Z"}
    renamed = report_on(v.sign(refreshable()), v.sign(refreshable(**newer, name="Reading Alone")))
    assert renamed.verdict is Verdict.VALID
    (told,) = [warning for warning in renamed.warnings if warning.type is REFRESH_CHANGED]
    assert "/name" in told.detail
    more = report_on(v.sign(refreshable()), v.sign(refreshable(**newer, description="Added since.")))
    assert answer(more) == "newer"
    assert REFRESH_CHANGED not in warned(more)


def test_a_newer_copy_may_come_in_the_newer_data_model_and_with_another_key() -> None:
    method = "did:web:lakeside.example"
    keys = (v.web_signer(), v.web_signer(fragment="key-2", key_type=KeyType.P256))
    documents = {"https://lakeside.example/.well-known/did.json": jsontext.dump(v.key_document(*keys))}
    data = v.sign(
        refreshable(issuer={"id": method, "type": ["Profile"], "name": "Lakeside"}, validUntil=ENDED), keys[0]
    )
    body = refreshable(issuer={"id": method, "type": ["Profile"], "name": "Lakeside"}, validFrom="2026-04-21T09:00:00Z")
    report = report_on(data, v.sign(body, keys[1], "ecdsa-rdfc-2019"), documents)
    assert (report.verdict, answer(report)) == (Verdict.VALID, "newer")


def test_identifiers_are_compared_as_the_specification_compares_them() -> None:
    identifier = "https://lakeside.example/badges/ines%20m"
    copy = v.sign(refreshable(id="https://lakeside.example/badges/ines%20%6D", validFrom="2026-04-21T09:00:00Z"))
    report = report_on(old(id=identifier), copy)
    assert (report.verdict, answer(report)) == (Verdict.VALID, "newer")


# -- a copy that does not count -------------------------------------------------------------------------------------


def other_achievement() -> dict[str, Any]:
    subject = v.badge()["credentialSubject"]
    achievement = v.changed(subject["achievement"], id="https://lakeside.example/achievements/reading-alone")
    return v.changed(subject, achievement=achievement)


NEWER = "2026-04-21T09:00:00Z"
REFUSED: dict[str, tuple[bytes, ProblemType]] = {
    "another id": (v.sign(refreshable(id="urn:uuid:1", validFrom=NEWER)), REFRESH_REFUSED),
    "another issuer": (
        v.sign(
            refreshable(issuer={"id": v.signer("b").controller, "type": ["Profile"]}, validFrom=NEWER), v.signer("b")
        ),
        REFRESH_REFUSED,
    ),
    "another issuer's key": (v.sign(refreshable(validFrom=NEWER), v.signer("b")), REFRESH_REFUSED),
    "not signed": (jsontext.dump(refreshable(validFrom=NEWER)), REFRESH_REFUSED),
    "changed after signing": (
        v.spoiled(v.sign(refreshable(validFrom=NEWER)), lambda each: each.update(validUntil="2040-04-01T09:00:00Z")),
        REFRESH_REFUSED,
    ),
    "malformed": (
        v.sign(refreshable(validFrom=NEWER, credentialSubject={"type": ["AchievementSubject"], "id": v.RECIPIENT})),
        REFRESH_REFUSED,
    ),
    "somebody else's": (
        v.sign(
            refreshable(
                validFrom=NEWER, credentialSubject=v.changed(v.badge()["credentialSubject"], id="did:example:b")
            )
        ),
        REFRESH_REFUSED,
    ),
    "for another achievement": (
        v.sign(refreshable(validFrom=NEWER, credentialSubject=other_achievement())),
        REFRESH_REFUSED,
    ),
    "an endorsement": (
        v.sign(v.endorsement(v.RECIPIENT, v.signer(), id=v.badge()["id"], validFrom=NEWER)),
        REFRESH_REFUSED,
    ),
    "older": (v.sign(refreshable(validFrom="2026-03-01T09:00:00Z")), REFRESH_ROLLBACK),
    "without a start": (v.sign(refreshable(validFrom=None)), REFRESH_ROLLBACK),
    "signed before": (
        v.sign(refreshable(description="As it was."), created=v.ISSUED - timedelta(days=9)),
        REFRESH_ROLLBACK,
    ),
    "a page": (b"<html>Please sign in</html>", REFRESH_REFUSED),
    "an address": (b"https://lakeside.example/credential", REFRESH_REFUSED),
    "other JSON": (b'{"error": "later"}', REFRESH_REFUSED),
    "a list": (b"[]", REFRESH_REFUSED),
    "broken JSON": (b'{"id": ', REFRESH_REFUSED),
    "nothing": (b"", REFRESH_REFUSED),
}


@pytest.mark.parametrize("case", REFUSED)
def test_anything_else_counts_neither_for_nor_against(case: str) -> None:
    copy, kind = REFUSED[case]
    expired = report_on(old(), copy)
    assert expired.verdict is Verdict.INVALID, expired.to_text()
    assert expired.check("validity-period").problems[0].pointer == "/validUntil"
    good = report_on(v.sign(refreshable(validFrom="2026-04-01T09:00:00Z")), copy)
    assert good.verdict is Verdict.VALID, good.to_text()
    for report in (expired, good):
        assert (answer(report), report.check("refresh").outcome) == ("refused", Outcome.SKIPPED)
        assert kind in warned(report)
        assert all(member.verdict is not Verdict.VALID or kind is REFRESH_ROLLBACK for member in report.members)


def test_a_copy_whose_proof_cannot_be_checked_is_not_used() -> None:
    method = "did:web:lakeside.example"
    issuer = {"id": method, "type": ["Profile"], "name": "Lakeside"}
    documents = {"https://lakeside.example/.well-known/did.json": jsontext.dump(v.key_document(v.web_signer()))}
    unlisted = v.web_signer(fragment="key-9", key_type=KeyType.P256)
    data = v.sign(refreshable(issuer=issuer), v.web_signer())
    copy = v.sign(refreshable(issuer=issuer, validFrom=NEWER), unlisted, "ecdsa-rdfc-2019")
    report = report_on(data, copy, documents)
    assert (report.verdict, answer(report)) == (Verdict.VALID, "refused")
    assert REFRESH_REFUSED in warned(report)


def test_the_recipient_asked_about_is_held_against_the_copy() -> None:
    def hashed(address: str) -> dict[str, Any]:
        identity = {"type": "IdentityObject", "hashed": False, "identityHash": address, "identityType": "emailAddress"}
        return v.changed(v.badge()["credentialSubject"], id=None, identifier=[identity])

    data = old(credentialSubject=hashed("ines@lakeside.example"))
    copy = v.sign(refreshable(validFrom=NEWER, credentialSubject=hashed("tom@lakeside.example")))
    report = report_on(data, copy, recipient="ines@lakeside.example")
    assert (report.verdict, answer(report)) == (Verdict.INVALID, "refused")


def test_a_copy_for_later_leaves_the_credential_received_in_force() -> None:
    data = v.sign(refreshable())
    tomorrow = v.sign(refreshable(validFrom="2026-05-02T09:00:00Z"), created=v.NOW)
    report = report_on(data, tomorrow)
    assert (report.verdict, answer(report)) == (Verdict.VALID, "later")
    assert NOT_YET_VALID not in warned(report)
    # As of an instant before the renewal the credential was in force by its own dates.
    renewed = v.sign(refreshable(validFrom=NEWER))
    then = report_on(old(), renewed, as_of=v.NOW - timedelta(days=20))
    assert (then.verdict, answer(then)) == (Verdict.VALID, "later")


# -- when it is asked -----------------------------------------------------------------------------------------------


def test_a_service_that_does_not_answer_leaves_the_credential_as_it_is() -> None:
    for data, verdict in ((v.sign(refreshable()), Verdict.VALID), (old(), Verdict.INVALID)):
        report = report_on(data)
        assert (report.verdict, answer(report)) == (verdict, "unavailable")
        (told,) = [warning for warning in report.warnings if warning.type is REFRESH_AVAILABLE]
        assert "404" in told.detail


def test_nothing_is_asked_before_the_proof_stands() -> None:
    spoiled = v.spoiled(v.sign(refreshable()), lambda each: each.update(name="Forged"))
    unsigned = jsontext.dump(refreshable())
    foreign = v.sign(refreshable(), v.signer("stranger"))
    away = {"id": "did:web:away.example", "type": ["Profile"]}
    unreachable = v.sign(refreshable(issuer=away), v.web_signer("did:web:away.example"))
    copy = v.sign(refreshable(validFrom=NEWER))
    for data in (spoiled, unsigned, foreign, unreachable):
        report, library = asked(data, copy)
        assert report.verdict is not Verdict.VALID
        assert [url for url, purpose in library.asked if purpose == "refresh" or url == SERVICE] == []
        assert [member for member in report.members if member.role == "refresh"] == []


@pytest.mark.parametrize(
    "service",
    [
        {"id": SERVICE, "type": "ManualRefreshService2018"},
        {"type": "1EdTechCredentialRefresh"},
        {"id": "", "type": "1EdTechCredentialRefresh"},
    ],
)
def test_a_service_of_another_kind_is_not_asked(service: dict[str, Any]) -> None:
    data = jsontext.dump(refreshable(refreshService=service))
    signed = v.sign(refreshable(refreshService=service), format="eddsa-jcs-2022")
    for each in (data, signed):
        _, library = asked(each, v.sign(refreshable(validFrom=NEWER)))
        assert library.asked == []


def test_of_several_services_the_known_one_is_asked_once() -> None:
    services = [
        {"id": "https://lakeside.example/manual", "type": "1EdTechJsonSchemaValidator2019"},
        {"id": SERVICE, "type": "1EdTechCredentialRefresh"},
        {"id": "https://lakeside.example/refresh/2", "type": "1EdTechCredentialRefresh"},
    ]
    # Only a badge may not name several.
    plain = {"type": ["VerifiableCredential"], "credentialSubject": {"id": v.RECIPIENT, "name": "Ines Marchetti"}}
    copy = v.sign(refreshable(**plain, validFrom=NEWER, refreshService=services[2]))
    report, library = asked(v.sign(refreshable(**plain, refreshService=services, validUntil=ENDED)), copy)
    assert library.asked == [(SERVICE, "refresh")]
    assert report.members[0].pointer == "/refreshService/1"
    assert report.verdict is Verdict.VALID, report.to_text()


def test_a_copy_of_a_copy_is_never_asked_for() -> None:
    onward = {"id": "https://lakeside.example/refresh/2", "type": "1EdTechCredentialRefresh"}
    report, library = asked(old(), v.sign(refreshable(validFrom=NEWER, refreshService=onward)))
    assert report.verdict is Verdict.VALID
    assert [url for url, _ in library.asked] == [SERVICE]


def test_contained_credentials_and_endorsements_are_renewed_too() -> None:
    record = v.sign(v.clr(v.parsed(old())))
    report = report_on(record, v.sign(refreshable(validFrom=NEWER)))
    assert report.verdict is Verdict.VALID, report.to_text()
    (member,) = report.members
    assert [each.pointer for each in member.members] == ["/credentialSubject/verifiableCredential/0/refreshService"]
    assert report_on(record).verdict is Verdict.INVALID
    assert report.judged_by(VCALM) is Verdict.VALID

    state, service = v.signer("state"), {"id": SERVICE, "type": "1EdTechCredentialRefresh"}
    endorsed = v.badge()["credentialSubject"]["achievement"]["id"]
    approval = {"@context": EXTENDED, "refreshService": service}
    ended = v.parsed(v.sign(v.endorsement(endorsed, state, **approval, validUntil=ENDED), state))
    data = v.sign(v.badge(**{"@context": EXTENDED}, endorsement=[ended]))
    assert report_on(data).verdict is Verdict.INVALID
    assert report_on(data, v.sign(v.endorsement(endorsed, state, **approval), state)).verdict is Verdict.VALID


def test_asking_counts_against_what_one_input_may_cause() -> None:
    report, library = asked(old(), v.sign(refreshable(validFrom=NEWER)), limits=Limits(members=0))
    assert (report.verdict, answer(report), library.asked) == (Verdict.INVALID, "not-asked", [])
    assert REFRESH_AVAILABLE in warned(report)


def test_a_renewal_replays_to_the_same_report() -> None:
    data, copy = old(), v.sign(refreshable(validFrom=NEWER, credentialStatus=v.status_entry(8)))
    library = Library({SERVICE: copy, v.LIST: v.status_list(9)})
    verified = Verifier(fetcher=library, software="badgeport test").verify(data, now=v.NOW)
    replayed = Verifier(fetcher=ReplayResolver(verified.documents), software="badgeport test").inspect(data, now=v.NOW)
    assert replayed.to_json() == verified.report.to_json()
    assert {each.url for each in verified.report.documents} == {SERVICE, v.LIST}
