"""Status as of an instant in the past, copies that are out of date, and unsigned lists by where they come from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from badgeport.schemas import jsontext
from badgeport.schemas.problems import DOCUMENT_OUTDATED, STATUS_OUTDATED
from badgeport.verifier.policy import DEFAULT, VCALM, Policy
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import verifying as v

THEN = v.NOW - timedelta(days=20)
THEN_COPY = f"{v.LIST}?timestamp=2026-04-11T09:00:00Z"
IN_FORCE_THEN = {"validFrom": "2026-04-10T00:00:00Z", "validUntil": "2026-04-17T00:00:00Z"}


class Library:
    """A fetcher that holds these documents, each had at `NOW`, and remembers what it was asked for."""

    def __init__(self, documents: dict[str, Any]) -> None:
        self.documents = documents
        self.asked: list[tuple[str, Purpose]] = []

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.asked.append((url, purpose))
        body = self.documents.get(url)
        if body is None:
            raise FetchError(url, "it answered 404 Not Found")
        return body if isinstance(body, Fetched) else Fetched(url, body, None, v.NOW)


def with_status(*entries: dict[str, Any]) -> bytes:
    return v.sign(v.badge(credentialStatus=list(entries or [v.status_entry()])))


def inspected(
    library: Library, data: bytes, as_of: datetime | None = THEN, policy: Policy = DEFAULT
) -> VerificationReport:
    return Verifier(policy=policy, fetcher=library, software="badgeport test").inspect(data, now=v.NOW, as_of=as_of)


# -- as of an instant in the past -----------------------------------------------------------------------------------


def test_a_publisher_that_keeps_old_copies_is_asked_for_the_one_of_then() -> None:
    # Revoked since: today's list says so, that of the instant does not.
    library = Library({v.LIST: v.status_list(7), THEN_COPY: v.status_list(**IN_FORCE_THEN)})
    report = inspected(library, with_status())
    assert report.verdict is Verdict.VALID, report.to_text()
    assert library.asked == [(v.LIST, "status-list"), (THEN_COPY, "status-list")]
    (entry,) = report.check("status").evidence["entries"]
    assert entry["earlierCopy"] == {"url": THEN_COPY}
    assert (entry["status"], entry["fetchedAt"]) == (0, "2026-05-01T09:00:00Z")
    assert {each.url for each in report.documents} == {v.LIST, THEN_COPY}
    assert inspected(library, with_status(), v.NOW).verdict is Verdict.INVALID


def test_what_was_revoked_then_and_reinstated_since_was_not_good_then() -> None:
    library = Library({v.LIST: v.status_list(), THEN_COPY: v.status_list(7, **IN_FORCE_THEN)})
    report = inspected(library, with_status())
    assert report.verdict is Verdict.INVALID
    assert report.check("status").outcome is Outcome.FAILED
    # Both copies are told apart wherever an entry points into them.
    two = inspected(library, with_status(v.status_entry(7), v.status_entry(9)))
    assert [entry["status"] for entry in two.check("status").evidence["entries"]] == [1, 0]
    assert len(library.asked) == 4


def not_a_copy_of_then() -> dict[str, bytes | None]:
    return {
        "not kept": None,
        "the list of today again": v.status_list(),
        "of another time": v.status_list(validFrom="2026-03-01T00:00:00Z", validUntil="2026-03-08T00:00:00Z"),
        "with another id": v.status_list(**IN_FORCE_THEN, id=THEN_COPY),
        "of another issuer": v.status_list(by=v.signer("b"), **IN_FORCE_THEN),
        "changed": v.spoiled(
            v.status_list(**IN_FORCE_THEN), lambda each: each.update(validFrom="2026-04-09T00:00:00Z")
        ),
        "not signed": jsontext.dump(v.unsigned_status_list(**IN_FORCE_THEN)),
        "without dates": v.status_list(validFrom=None, validUntil=None),
        "a page": b"<html>Not here</html>",
        "other JSON": b"{}",
    }


@pytest.mark.parametrize("case", not_a_copy_of_then())
def test_where_no_copy_of_then_can_be_had_the_status_then_is_unknown(case: str) -> None:
    copy = not_a_copy_of_then()[case]
    for bits in ((), (7,)):
        report = inspected(Library({v.LIST: v.status_list(*bits), THEN_COPY: copy}), with_status())
        assert report.verdict is Verdict.UNDETERMINED, report.to_text()
        assert report.check("status").outcome is Outcome.UNKNOWN
        assert report.check("status-list").outcome is Outcome.UNKNOWN
        assert report.check("status-retrieval").outcome is Outcome.PASSED
        assert "REVOKED" not in report.codes
        (entry,) = report.check("status").evidence["entries"]
        assert entry["earlierCopy"]["reason"]


def test_a_purpose_is_that_of_the_copy_of_then() -> None:
    suspensions = v.status_list(7, purpose="suspension", **IN_FORCE_THEN)
    report = inspected(Library({v.LIST: v.status_list(), THEN_COPY: suspensions}), with_status())
    assert report.check("status-purpose").outcome is Outcome.FAILED


def test_an_old_copy_is_not_asked_for_where_it_is_not_needed() -> None:
    current = Library({v.LIST: v.status_list(**{**IN_FORCE_THEN, "validUntil": "2026-05-08T00:00:00Z"})})
    assert inspected(current, with_status()).verdict is Verdict.VALID
    expired = Library({v.LIST: v.status_list(**IN_FORCE_THEN)})
    assert inspected(expired, with_status(), v.NOW).verdict is Verdict.UNDETERMINED
    future = Library({v.LIST: v.status_list()})
    assert inspected(future, with_status(), v.NOW + timedelta(days=30)).verdict is Verdict.UNDETERMINED
    foreign = Library({v.LIST: v.status_list(by=v.signer("b"))})
    assert inspected(foreign, with_status()).verdict is Verdict.UNDETERMINED
    missing = Library({})
    assert inspected(missing, with_status()).verdict is Verdict.UNDETERMINED
    for library in (current, expired, future, foreign, missing):
        assert [url for url, _ in library.asked] == [v.LIST]


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        (f"{v.LIST}?format=jwt", f"{v.LIST}?format=jwt&timestamp=2026-04-11T09:00:00Z"),
        (f"{v.LIST}#list", THEN_COPY),
    ],
)
def test_the_address_of_an_old_copy(url: str, asked: str) -> None:
    library = Library({url: v.status_list(url=url), asked: v.status_list(url=url, **IN_FORCE_THEN)})
    data = with_status(v.status_entry(statusListCredential=url))
    report = inspected(library, data, THEN + timedelta(microseconds=250))
    assert report.verdict is Verdict.VALID, report.to_text()
    assert [each for each, _ in library.asked] == [url, asked]


def test_a_look_into_the_past_replays_with_what_could_not_be_had() -> None:
    for copy in (v.status_list(**IN_FORCE_THEN), None):
        library = Library({v.LIST: v.status_list(7), THEN_COPY: copy})
        verifier = Verifier(fetcher=library, software="badgeport test")
        recording = verifier.record(with_status(), now=v.NOW, as_of=THEN)
        resolver = ReplayResolver(recording.documents, recording.failures)
        again = Verifier(fetcher=resolver, software="badgeport test")
        assert again.inspect(with_status(), now=v.NOW, as_of=THEN).to_json() == recording.report.to_json()


def test_the_other_view_takes_an_unknown_status_then_for_a_warning() -> None:
    report = inspected(Library({v.LIST: v.status_list()}), with_status())
    assert report.judged_by(VCALM) is Verdict.VALID
    assert report.to_vc_api()["verified"] is True


# -- copies that are out of date ------------------------------------------------------------------------------------


def test_a_copy_that_could_not_be_fetched_anew_is_told_with_its_age() -> None:
    stale = Fetched(v.LIST, v.status_list(), None, v.NOW - timedelta(hours=30), "the server could not be reached")
    report = inspected(Library({v.LIST: stale}), with_status(), v.NOW)
    assert report.verdict is Verdict.VALID
    (told,) = [each for each in report.warnings if each.type is DOCUMENT_OUTDATED]
    assert told.detail == (
        f"{v.LIST} could not be fetched anew (the server could not be reached); "
        "the copy of 2026-04-30T03:00:00Z was used, which is 1 day old"
    )
    assert told.detail in report.to_text().replace("\n", " ")
    undated = Fetched(v.LIST, v.status_list(), None, None, "its server is down")
    report = inspected(Library({v.LIST: undated}), with_status(), v.NOW)
    assert [each.type for each in report.warnings].count(DOCUMENT_OUTDATED) == 1
    fresh = inspected(Library({v.LIST: v.status_list()}), with_status(), v.NOW)
    assert DOCUMENT_OUTDATED not in {each.type for each in fresh.warnings}


def test_it_is_told_once_and_at_the_top() -> None:
    stale = Fetched(v.LIST, v.status_list(), None, v.NOW - timedelta(minutes=3), "the server could not be reached")
    member = v.parsed(with_status())
    record = v.sign(v.clr(member, v.changed(member, id="urn:uuid:2", proof=None)))
    report = inspected(Library({v.LIST: stale}), record, v.NOW)
    assert [each.type for each in report.warnings].count(DOCUMENT_OUTDATED) == 1
    assert "3 minutes" in next(each.detail for each in report.warnings if each.type is DOCUMENT_OUTDATED)
    assert all(each.type is not DOCUMENT_OUTDATED for one in report.members for each in one.warnings)


def test_a_copy_kept_beyond_the_policys_patience_says_nothing_however_it_was_come_by() -> None:
    endless = v.status_list(validUntil=None)
    old = Fetched(v.LIST, endless, None, v.NOW - timedelta(days=40), "the server could not be reached")
    report = inspected(Library({v.LIST: old}), with_status(), v.NOW)
    assert report.verdict is Verdict.UNDETERMINED
    assert DOCUMENT_OUTDATED in {each.type for each in report.warnings}


# -- unsigned lists -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "believed"),
    [
        ("https://lakeside.example/revoked", True),
        ("HTTPS://lakeside.example/revoked", True),
        ("http://localhost:8080/revoked", True),
        ("http://127.0.0.1/revoked", True),
        ("http://127.8.8.8:1/revoked", True),
        ("http://[::1]:8080/revoked", True),
        ("http://lakeside.example/revoked", False),
        ("http://localhost.lakeside.example/revoked", False),
        ("http://127.0.0.1.lakeside.example/revoked", False),
        ("http://localhost@lakeside.example/revoked", False),
        ("http://10.0.0.1/revoked", False),
        ("ftp://localhost/revoked", False),
        ("https:///revoked", False),
        ("http://[::1/revoked", False),
    ],
)
def test_an_unsigned_list_counts_by_where_it_comes_from(url: str, believed: bool) -> None:
    extended = {"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]}
    status = {"id": url, "type": "1EdTechRevocationList"}
    data = v.sign(v.badge(**extended, credentialStatus=status), format="eddsa-jcs-2022")
    listed = {"id": url, "issuer": v.signer().controller, "revokedCredential": [{"id": v.badge()["id"]}]}
    library = Library({url: jsontext.dump(listed)})
    report = inspected(library, data, v.NOW)
    outcome = report.check("revocation-list").outcome
    assert outcome is (Outcome.FAILED if believed else Outcome.UNKNOWN), report.to_text()
    assert bool(library.asked) is believed


def test_what_a_revocation_list_rests_on_is_told() -> None:
    extended = {"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]}
    status = {"id": v.REVOCATION_LIST, "type": "1EdTechRevocationList"}
    data = v.sign(v.badge(**extended, credentialStatus=status))
    listed = jsontext.dump({"id": v.REVOCATION_LIST, "issuer": v.signer().controller, "revokedCredential": []})
    result = inspected(Library({v.REVOCATION_LIST: listed}), data, v.NOW).check("revocation-list")
    (entry,) = result.evidence["entries"]
    assert (entry["revocationList"], entry["fetchedAt"]) == (v.REVOCATION_LIST, "2026-05-01T09:00:00Z")
    supplied = v.inspect(data, {v.REVOCATION_LIST: listed}).check("revocation-list")
    assert {each.type for each in supplied.warnings} == {STATUS_OUTDATED}
