"""What a verification looks up may not answer more than it was asked for: whose key, which copy, at what time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from badgeport.keys import cid
from badgeport.proofs import jws
from badgeport.schemas import jsontext
from badgeport.schemas.contexts.urls import CREDENTIALS_V1
from badgeport.schemas.problems import EXPIRED, REVOKED, STATUS_UNKNOWN
from badgeport.verifier.package import build_package, read_package
from badgeport.verifier.policy import VCALM
from badgeport.verifier.repetition import replay
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose, Recorder
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import verifying as v
from support.web import Web

SERVICE = "https://lakeside.example/refresh/1"
EXTENDED = [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]
STATUS_LIST_2021 = "https://w3id.org/vc/status-list/2021/v1"
ENDED = "2026-04-20T09:00:00Z"
THEN = v.NOW - timedelta(days=20)
THEN_COPY = f"{v.LIST}?timestamp=2026-04-11T09:00:00Z"


class Library:
    """A fetcher that holds these documents, each had at `NOW`, and remembers what it was asked for."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.asked.append(url)
        body = self.documents.get(url)
        if body is None:
            raise FetchError(url, "it answered 404 Not Found")
        return body if isinstance(body, Fetched) else Fetched(url, body, None, v.NOW)


def inspected(data: bytes, library: Library, as_of: datetime | None = None) -> VerificationReport:
    return Verifier(fetcher=library, software="badgeport test").inspect(data, now=v.NOW, as_of=as_of)


def refreshable(url: str = SERVICE, **changes: Any) -> dict[str, Any]:
    service = {"id": url, "type": "1EdTechCredentialRefresh"}
    return v.badge(**{"@context": EXTENDED, "refreshService": service, **changes})


# -- a redirect to another host, for the key of this one ------------------------------------------------------------

SCHOOL = "https://school.example/out?to=https://evil.example/keys"
AWAY = "https://evil.example/keys"


def forged_among_others() -> bytes:
    """A record by anybody: a badge of his, to be renewed where the school's key is, and a forged one."""
    forged = v.badge(SCHOOL, id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a0ff")
    return v.sign(v.clr(v.parsed(v.sign(refreshable(SCHOOL))), v.parsed(v.sign(forged, v.web_signer(SCHOOL)))))


def redirecting(web: Web) -> None:
    web.behave(SCHOOL, "redirect", to=AWAY)
    web.put(AWAY, v.key_document(v.web_signer(SCHOOL)))


def test_a_key_from_another_host_is_not_had_by_asking_for_it_as_something_else_first() -> None:
    data = forged_among_others()
    with Web() as web:
        redirecting(web)
        with web.fetcher() as fetcher:
            recording = Verifier(fetcher=fetcher, software="badgeport test").record(data, now=v.NOW)
    report = recording.report
    lure, forged = (each for each in report.members if each.role == "member")
    assert lure.verdict is Verdict.VALID
    assert (forged.verdict, report.verdict) == (Verdict.UNDETERMINED, Verdict.UNDETERMINED), report.to_text()
    # It was had, for the other purpose, and is told; so is that it did not count for this one.
    assert [each.location for each in report.documents if each.url == SCHOOL] == [AWAY]
    (failure,) = [each for each in recording.failures if each.url == SCHOOL]
    assert failure.purpose == "controller"
    assert "evil.example" in failure.reason
    assert replay(read_package(build_package(recording)), now=v.NOW).reproduced


@pytest.mark.parametrize("purpose", ["controller", "key", "key-set", "status-list", "revocation-list", "registry"])
def test_what_another_host_answered_speaks_for_none_of_these(purpose: Purpose) -> None:
    asked, away = "https://school.example/a", "https://evil.example/a"
    for location, speaks in (
        (None, True),
        ("https://school.example/elsewhere", True),
        ("https://SCHOOL.example:443/elsewhere", True),
        (away, False),
        ("https://school.example:8443/a", False),
        ("https://school.example.evil.example/a", False),
        ("http://school.example/a", False),
        ("no address", False),
    ):
        library = Library({asked: Fetched(asked, b"{}", None, v.NOW, None, location)})
        # Whether it was held before for another purpose, or came for this one at once.
        for first in ("refresh", purpose):
            recorder = Recorder(library)
            if first != purpose:
                assert recorder.fetch(asked, "refresh").location == location
            for _ in range(2):
                if speaks:
                    assert recorder.fetch(asked, purpose).body == b"{}"
                else:
                    with pytest.raises(FetchError, match="cannot speak for"):
                        recorder.fetch(asked, purpose)
            assert [(each.url, each.purpose) for each in recorder.failures()] == ([] if speaks else [(asked, purpose)])
            assert recorder.fetch(asked, "refresh").location == location


# -- an older edition offered as the newer copy ---------------------------------------------------------------------


def signed(body: dict[str, Any], form: str) -> bytes:
    """Both forms leave open which of two copies is newer: one has no date, the other the same on both."""
    return v.sign(body, format=form)


def answered(data: bytes, copy: bytes, *set_bits: int, **changes: Any) -> VerificationReport:
    return inspected(data, Library({SERVICE: copy, v.LIST: v.status_list(*set_bits, **changes)}))


def answer(report: VerificationReport) -> str:
    return str(report.check("refresh").evidence["answer"])


FORMS = pytest.mark.parametrize("form", ["vc-jwt", "eddsa-rdfc-2022"])


@FORMS
def test_a_renewed_licence_is_not_ended_by_its_first_edition(form: str) -> None:
    report = answered(signed(refreshable(), form), signed(refreshable(validUntil=ENDED), form))
    assert (report.verdict, answer(report)) == (Verdict.VALID, "undated"), report.to_text()
    assert "REFRESH_UNDATED" in {each.type.code for each in report.warnings}
    assert "newer copy" not in report.check("validity-period").message
    assert "Newer copy" not in report.to_text()


@FORMS
def test_a_revoked_edition_is_not_cleared_by_one_without_a_status(form: str) -> None:
    revoked = signed(refreshable(credentialStatus=v.status_entry(7)), form)
    for copy in (refreshable(), refreshable(credentialStatus=v.status_entry(8))):
        report = answered(revoked, signed(copy, form), 7)
        assert report.verdict is Verdict.INVALID, report.to_text()
        (problem,) = report.check("status").problems
        assert (problem.type, problem.pointer) == (REVOKED, "/credentialStatus")
        assert report.judged_by(VCALM) is Verdict.VALID


@FORMS
def test_an_ended_edition_goes_on_by_one_that_ends_later_whichever_is_newer(form: str) -> None:
    ended = signed(refreshable(validUntil=ENDED, credentialStatus=v.status_entry(7)), form)
    renewed = signed(refreshable(credentialStatus=v.status_entry(8)), form)
    report = answered(ended, renewed)
    assert (report.verdict, answer(report)) == (Verdict.VALID, "undated"), report.to_text()
    assert report.check("refresh").evidence["validUntil"] == "2031-04-01T09:00:00Z"
    assert "until 2031-04-01T09:00:00Z" in report.to_text()
    assert len(report.check("status").evidence["entries"]) == 2
    endless = answered(ended, signed(refreshable(validUntil=None), form))
    assert endless.verdict is Verdict.VALID
    # Its own revocation stays one.
    assert answered(ended, renewed, 7).verdict is Verdict.INVALID
    both = answered(ended, signed(refreshable(validUntil="2026-04-21T09:00:00Z"), form))
    assert both.verdict is Verdict.INVALID
    (problem,) = both.check("validity-period").problems
    assert (problem.type, problem.pointer) == (EXPIRED, "/validUntil")


@FORMS
def test_what_speaks_against_a_copy_that_may_be_the_older_one_leaves_a_doubt(form: str) -> None:
    received = signed(refreshable(), form)
    elsewhere = v.status_entry(7, statusListCredential="https://lakeside.example/status/2")
    for entry in (v.status_entry(7), elsewhere):
        report = answered(received, signed(refreshable(credentialStatus=entry), form), 7)
        assert report.verdict is Verdict.UNDETERMINED, report.to_text()
        (problem,) = report.check("status").problems
        assert (problem.type, problem.pointer) == (STATUS_UNKNOWN, "/refreshService/credentialStatus")
        assert "REVOKED" not in report.codes


def test_a_copy_is_newer_by_its_start_or_by_the_date_of_its_proof() -> None:
    received = v.sign(refreshable(credentialStatus=v.status_entry(7)))
    plain = v.sign(refreshable(credentialStatus=v.status_entry(7)), format="vc-jwt")
    for data, copy in (
        (received, v.sign(refreshable(), created=v.ISSUED + timedelta(seconds=1))),
        (plain, v.sign(refreshable(validFrom="2026-04-01T09:00:01Z"), format="vc-jwt")),
    ):
        report = answered(data, copy, 7)
        assert (report.verdict, answer(report)) == (Verdict.VALID, "newer"), report.to_text()
    older = answered(received, v.sign(refreshable(), created=v.ISSUED - timedelta(seconds=1)), 7)
    assert (older.verdict, answer(older)) == (Verdict.INVALID, "refused")


# -- a list signed today that says since when it has been kept, not since when a bit has been set -------------------


def kept_since_2024(*set_bits: int, made: datetime | None, **changes: Any) -> bytes:
    """A list that was set up long ago and is signed anew ever since; one that does not say when it was ``made``."""
    body = v.unsigned_status_list(*set_bits, **{"validFrom": "2024-01-01T00:00:00Z", "validUntil": None, **changes})
    if made is not None:
        return v.sign(body, created=made)
    header = {"typ": "vc+jwt", "cty": "vc", "kid": jws.key_url(v.signer())}
    return jws.sign(header, {**body, "iss": v.signer().controller}, v.signer()).encode()


def then(*set_bits: int, made: datetime = THEN - timedelta(hours=1), **changes: Any) -> bytes:
    return kept_since_2024(*set_bits, made=made, **{"validUntil": "2026-04-17T00:00:00Z", **changes})


def badge_with(purpose: str, **changes: Any) -> bytes:
    return v.sign(v.badge(credentialStatus=v.status_entry(7, purpose, **changes)))


UNTIL = pytest.mark.parametrize("until", [None, "2030-01-01T00:00:00Z"])
TODAY = v.NOW - timedelta(hours=2)


@UNTIL
@pytest.mark.parametrize(("purpose", "code"), [("revocation", "REVOKED"), ("suspension", "SUSPENDED")])
def test_a_bit_set_since_does_not_count_for_the_day_before(until: str | None, purpose: str, code: str) -> None:
    today = kept_since_2024(7, made=TODAY, purpose=purpose, validUntil=until)
    asked = Library({v.LIST: today, THEN_COPY: then(purpose=purpose)})
    report = inspected(badge_with(purpose), asked, THEN)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert asked.asked == [v.LIST, THEN_COPY]
    (entry,) = report.check("status").evidence["entries"]
    assert (entry["status"], entry["earlierCopy"]) == (0, {"url": THEN_COPY})
    was = inspected(badge_with(purpose), Library({v.LIST: today, THEN_COPY: then(7, purpose=purpose)}), THEN)
    assert was.verdict is Verdict.INVALID
    for elsewhere in ({}, {THEN_COPY: today}, {THEN_COPY: then(7, made=THEN + timedelta(days=3), purpose=purpose)}):
        unknown = inspected(badge_with(purpose), Library({v.LIST: today, **elsewhere}), THEN)
        assert unknown.verdict is Verdict.UNDETERMINED, unknown.to_text()
        assert {unknown.check(each).outcome for each in ("status-list", "status")} == {Outcome.UNKNOWN}
        assert code not in unknown.codes
        (entry,) = unknown.check("status").evidence["entries"]
        assert "status" not in entry
        assert entry["earlierCopy"]["reason"]
    assert inspected(badge_with(purpose), Library({v.LIST: today})).verdict is Verdict.INVALID


@UNTIL
def test_a_suspension_lifted_since_was_one_on_the_day_before(until: str | None) -> None:
    today = kept_since_2024(made=TODAY, purpose="suspension", validUntil=until)
    library = Library({v.LIST: today, THEN_COPY: then(7, purpose="suspension")})
    assert inspected(badge_with("suspension"), library, THEN).verdict is Verdict.INVALID
    assert inspected(badge_with("suspension"), Library({v.LIST: today}), THEN).verdict is Verdict.UNDETERMINED
    now = Library({v.LIST: today})
    assert inspected(badge_with("suspension"), now).verdict is Verdict.VALID
    assert now.asked == [v.LIST]


@UNTIL
@pytest.mark.parametrize("made", [TODAY, None])
def test_what_is_not_revoked_today_was_not_revoked_before(until: str | None, made: datetime | None) -> None:
    library = Library({v.LIST: kept_since_2024(made=made, validUntil=until)})
    report = inspected(badge_with("revocation"), library, THEN)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert library.asked == [v.LIST]


def test_what_is_only_told_leaves_nothing_unknown() -> None:
    for bits in ((), (7,)):
        library = Library({v.LIST: kept_since_2024(*bits, made=TODAY, purpose="refresh")})
        assert inspected(badge_with("refresh"), library, THEN).verdict is Verdict.VALID
        assert library.asked == [v.LIST]
    custom = Library({v.LIST: kept_since_2024(made=TODAY, purpose="probation")})
    assert inspected(badge_with("probation"), custom, THEN).verdict is Verdict.UNDETERMINED


def test_a_copy_made_or_had_by_then_speaks_for_then() -> None:
    signed_then = Library({v.LIST: kept_since_2024(7, made=THEN - timedelta(days=1))})
    had_then = Library({v.LIST: Fetched(v.LIST, kept_since_2024(7, made=None), None, THEN)})
    for library in (signed_then, had_then):
        assert inspected(badge_with("revocation"), library, THEN).verdict is Verdict.INVALID
        assert library.asked == [v.LIST]
    undated = Library({v.LIST: kept_since_2024(7, made=None)})
    assert inspected(badge_with("revocation"), undated, THEN).verdict is Verdict.UNDETERMINED
    assert undated.asked == [v.LIST, THEN_COPY]
    assert inspected(badge_with("revocation"), undated).verdict is Verdict.INVALID


def test_the_older_kind_of_list_has_no_copy_of_then() -> None:
    listed = v.unsigned_status_list(7)
    subject = v.changed(listed["credentialSubject"], type="StatusList2021")
    subject["encodedList"] = subject["encodedList"].removeprefix("u")
    body = {
        "@context": [CREDENTIALS_V1, STATUS_LIST_2021],
        "id": v.LIST,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": v.signer().controller,
        "issuanceDate": "2024-01-01T00:00:00Z",
        "credentialSubject": subject,
    }
    entry = v.status_entry(7, type="StatusList2021Entry", id=f"{v.LIST}#7")
    data = v.sign(v.badge(**{"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, STATUS_LIST_2021]}, credentialStatus=entry))
    library = Library({v.LIST: v.sign(body, created=TODAY)})
    assert inspected(data, library).verdict is Verdict.INVALID
    report = inspected(data, library, THEN)
    assert report.verdict is Verdict.UNDETERMINED, report.to_text()
    assert set(library.asked) == {v.LIST}


def test_a_look_back_at_a_list_signed_today_replays() -> None:
    today = kept_since_2024(7, made=TODAY)
    for documents in ({v.LIST: today, THEN_COPY: then()}, {v.LIST: today}):
        verifier = Verifier(fetcher=Library(documents), software="badgeport test")
        recording = verifier.record(badge_with("revocation"), now=v.NOW, as_of=THEN)
        again = Verifier(fetcher=ReplayResolver(recording.documents, recording.failures), software="badgeport test")
        report = again.inspect(badge_with("revocation"), now=v.NOW, as_of=THEN)
        assert report.to_json() == recording.report.to_json()


# -- lists that nobody's signature names ----------------------------------------------------------------------------


def test_no_status_list_is_asked_for_on_the_word_of_a_document_that_nobody_is_shown_to_have_written() -> None:
    entries = [v.status_entry(statusListCredential=f"https://victim.example/{index}") for index in range(32)]
    listed = {"id": "https://victim.example/revoked", "type": "1EdTechRevocationList"}
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "bbs-2023",
        "verificationMethod": "did:web:lakeside.example#key-1",
        "proofPurpose": "assertionMethod",
        "created": "2026-04-01T00:00:00Z",
        "proofValue": "u2V0ChVhB",
    }
    body = v.badge("did:web:lakeside.example", **{"@context": EXTENDED}, credentialStatus=[listed, *entries])
    unproved = v.changed(body, proof=proof)
    library = Library({})
    report = inspected(jsontext.dump(unproved), library)
    assert report.verdict is Verdict.UNDETERMINED
    assert [url for url in library.asked if "victim" in url] == []
    for row in ("status-retrieval", "status", "revocation-list"):
        assert report.check(row).outcome is Outcome.UNKNOWN, report.to_text()
    # Nor for one that is contained in another, or refers to a list that is there.
    contained = inspected(v.sign(v.clr(unproved)), library)
    assert contained.verdict is Verdict.UNDETERMINED
    assert [url for url in library.asked if "victim" in url] == []
    away = v.badge("did:web:away.example", credentialStatus=v.status_entry(7))
    lists = Library({v.LIST: v.status_list(7)})
    unknown = inspected(v.sign(away, v.web_signer("did:web:away.example")), lists)
    assert (unknown.verdict, unknown.check("status").outcome) == (Verdict.UNDETERMINED, Outcome.UNKNOWN)
    assert v.LIST not in lists.asked


def test_a_badge_of_a_key_that_was_lost_since_is_still_looked_up() -> None:
    lost, kept = v.web_signer(), v.web_signer(fragment="key-2")
    entries = [
        cid.method_entry(lost.verification_method, lost.controller, lost.public_key, revoked=v.NOW - timedelta(days=1)),
        cid.method_entry(kept.verification_method, kept.controller, kept.public_key),
    ]
    keys = jsontext.dump(cid.build_document(lost.controller, entries))
    data = v.sign(v.badge(lost.controller, credentialStatus=v.status_entry(7)), lost)
    for bits, verdict in (((), Verdict.UNDETERMINED), ((7,), Verdict.INVALID)):
        held = {"https://lakeside.example/.well-known/did.json": keys, v.LIST: v.status_list(*bits, by=kept)}
        report = inspected(data, Library(held))
        assert report.verdict is verdict, report.to_text()
        assert report.check("key-validity").outcome is Outcome.UNKNOWN


def test_what_is_wrong_with_an_entry_itself_is_told_without_asking_anybody() -> None:
    malformed = v.badge("did:web:away.example", credentialStatus=v.status_entry(7, statusListIndex="-1"))
    library = Library({})
    report = inspected(v.sign(malformed, v.web_signer("did:web:away.example")), library)
    assert report.check("status-encoding").outcome is Outcome.FAILED, report.to_text()
    assert v.LIST not in library.asked
