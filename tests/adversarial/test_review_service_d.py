"""Open Badges 2.0, reviewed: who may publish at a host, what a folder of files shows, ordinary changes of issuers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from badgeport.schemas import jsontext
from badgeport.schemas.problems import STATUS_MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.open_badges_2 import addresses
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.resolution.layers import Layers
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import legacy as ob
from support import verifying as v

THIEF = {"type": "email", "hashed": False, "identity": "thief@evil.example"}


def told(report: VerificationReport, row: int) -> tuple[str, set[str]]:
    result = report.check(ROWS[row])
    return result.outcome.value, {problem.type.code for problem in result.problems}


# -- hosts where anyone may publish ---------------------------------------------------------------------------------


def judged_at(base: str, award: str, *, issuer: str = "/school/issuer.json", **scope: Any) -> VerificationReport:
    """An award at one place of a host, of an issuer at another."""
    issuer, badge, url = base + issuer, f"{base}/school/badge.json", base + award
    body = ob.assertion(id=url, badge=badge)
    own = ob.profile(id=issuer, publicKey=None, revocationList=None, verification=scope or None)
    return ob.inspect(body, {issuer: own, badge: ob.badge_class(id=badge, issuer=issuer), url: body})


@pytest.mark.parametrize(
    "host",
    [
        "s3.amazonaws.com",
        "s3.us-west-2.amazonaws.com",
        "s3-eu-west-1.amazonaws.com",
        "s3.dualstack.eu-central-1.amazonaws.com",
        "s3.cn-north-1.amazonaws.com.cn",
        "nyc3.digitaloceanspaces.com",
        "nyc3.cdn.digitaloceanspaces.com",
        "s3.us-west-004.backblazeb2.com",
        "f004.backblazeb2.com",
        "s3.eu-central-1.wasabisys.com",
        "eu-central-1.linodeobjects.com",
        "objectstorage.us-ashburn-1.oraclecloud.com",
        "storage.googleapis.com",
        "commondatastorage.googleapis.com",
        "firebasestorage.googleapis.com",
        "www.dropbox.com",
        "dropbox.com",
        "dl.dropboxusercontent.com",
        "lh3.googleusercontent.com",
        "docs.google.com",
        "dweb.link",
        "cloudflare-ipfs.com",
        "gateway.pinata.cloud",
        "codeberg.org",
        "github.com",
        "raw.githubusercontent.com",
        "objects.githubusercontent.com",
        "media.githubusercontent.com",
        "gitlab.com",
        "fastly.jsdelivr.net",
        "web.archive.org",
        "ia800.us.archive.org",
        "jsonblob.com",
        "S3.US-West-2.AmazonAWS.com.",
    ],
)
def test_a_file_at_a_host_of_many_is_not_the_issuers_by_its_host(host: str) -> None:
    report = judged_at(f"https://{host}", "/evil/award.json")
    assert told(report, 46) == ("unknown", {"BADGE_OUT_OF_SCOPE"}), report.to_text()
    assert report.verdict is Verdict.UNDETERMINED
    assert judged_at(f"https://{host}", "/school/1.json", startsWith=f"https://{host}/school/").valid


@pytest.mark.parametrize(
    "host",
    [
        "school-badges.s3.us-west-2.amazonaws.com",
        "school.nyc3.digitaloceanspaces.com",
        "school.github.io",
        "notdropbox.com",
        "badges.school.example",
    ],
)
def test_a_host_of_ones_own_vouches_for_what_stands_at_it(host: str) -> None:
    assert judged_at(f"https://{host}", "/awards/1.json").valid


@pytest.mark.parametrize(
    ("issuer", "award"),
    [
        ("/~office/issuer.json", "/~student/award.json"),
        ("/~office/issuer.json", "/%7Estudent/award.json"),
        ("/issuer.json", "/~student/award.json"),
        ("/school/issuer.json", "/ipfs/bafyevil/award.json"),
        ("/school/issuer.json", "/ipns/evil.example/award.json"),
    ],
)
def test_the_personal_pages_of_a_host_are_not_the_hosts_word(issuer: str, award: str) -> None:
    report = judged_at("https://people.school.example", award, issuer=issuer)
    assert told(report, 46) == ("unknown", {"BADGE_OUT_OF_SCOPE"}), report.to_text()


def test_an_issuer_with_a_personal_page_keeps_its_badges_there() -> None:
    assert judged_at("https://people.school.example", "/~office/1.json", issuer="/%7Eoffice/issuer.json").valid


RAW = "https://raw.githubusercontent.com"


@pytest.mark.parametrize(
    "starts",
    [
        [f"{RAW}/", "https://school.example/badges/"],
        [f"{RAW}/school/", RAW],
        [f"{RAW}/school/", f"{RAW}/"],
        [f"{RAW}/ev"],
        [f"{RAW}/school/", f"{RAW}/?x"],
    ],
)
def test_a_prefix_for_another_place_does_not_open_a_shared_host(starts: list[str]) -> None:
    report = judged_at(RAW, "/evil/award.json", startsWith=starts)
    assert report.verdict is not Verdict.VALID, report.to_text()


# -- a folder of documents ------------------------------------------------------------------------------------------


def written(path: Path, *bodies: Any, **named: Any) -> DocumentDirectory:
    for number, body in enumerate(bodies):
        (path / f"{number}.json").write_bytes(jsontext.dump(body))
    for name, body in named.items():
        (path / f"{name}.json").write_bytes(jsontext.dump(body))
    return DocumentDirectory(path)


def with_folder(folder: DocumentDirectory, held: dict[str, Any]) -> Verifier:
    network = ReplayResolver({url: jsontext.dump(body) for url, body in held.items()})
    return Verifier(fetcher=Layers(folder, network), software="badgeport test")


def test_an_award_in_the_folder_is_not_published_by_its_issuer(tmp_path: Path) -> None:
    forged = ob.assertion(id=f"{ob.HOST}/assertions/999", recipient=THIEF)
    folder = written(tmp_path, badge=forged)
    report = with_folder(folder, ob.documents()).inspect(jsontext.dump(forged), now=v.NOW)
    assert told(report, 46) == ("unknown", {"BADGE_UNAVAILABLE"})
    assert [problem.detail.partition(":")[0] for problem in folder.problems] == ["badge.json"]
    # Nor when only its address is handed in.
    report = with_folder(folder, ob.documents()).inspect(forged["id"].encode(), now=v.NOW)
    assert report.verdict is Verdict.UNDETERMINED, report.to_text()


def test_no_document_of_an_older_badge_in_the_folder_is_used_by_its_own_word(tmp_path: Path) -> None:
    forged = ob.assertion(recipient=THIEF)
    folder = written(tmp_path, *ob.documents(assertion=forged).values())
    assert folder.urls == ()
    assert len(folder.problems) == 5
    assert with_folder(folder, {}).inspect(jsontext.dump(forged), now=v.NOW).verdict is Verdict.UNDETERMINED
    thief = ob.signer("thief")
    token = ob.sign(ob.signed_assertion(recipient=THIEF), thief)
    folder = written(tmp_path, *ob.documents(assertion=None, key=ob.key_document(thief)).values())
    report = with_folder(folder, ob.documents()).inspect(token, now=v.NOW)
    assert told(report, 46) == ("failed", {"CRYPTOGRAPHIC_SECURITY_ERROR"}), report.to_text()


def test_a_list_in_the_folder_does_not_clear_a_revoked_badge(tmp_path: Path) -> None:
    folder = written(tmp_path, clean={**ob.revocation_list(), "verificationMethod": []})
    held = ob.documents(revoked=ob.revocation_list(ob.SIGNED_ID))
    report = with_folder(folder, held).inspect(ob.sign(ob.signed_assertion()), now=v.NOW)
    assert told(report, 38) == ("failed", {"REVOKED"}), report.to_text()


@pytest.mark.parametrize("purpose", ["badge", "credential"])
def test_a_file_is_no_page_of_a_badge_whatever_it_looks_like(tmp_path: Path, purpose: Any) -> None:
    # Without anything that tells an older badge from a key document.
    folder = written(tmp_path, page={"id": ob.ISSUER, "name": "Lakeside", "verificationMethod": []})
    assert folder.fetch(ob.ISSUER, "controller").body
    with pytest.raises(FetchError, match=r"index\.json"):
        folder.fetch(ob.ISSUER, purpose)


def test_who_writes_an_index_says_which_file_stands_where(tmp_path: Path) -> None:
    names = {url: f"{number}.json" for number, url in enumerate(ob.documents())}
    folder = written(tmp_path, *ob.documents().values(), index=names)
    assert folder.problems == ()
    verifier = with_folder(folder, {})
    assert verifier.inspect(jsontext.dump(ob.assertion()), now=v.NOW).valid
    assert verifier.inspect(ob.sign(ob.signed_assertion()), now=v.NOW).valid


# -- ordinary changes of an issuer ----------------------------------------------------------------------------------

EVIDENCE = [{"id": f"{ob.HOST}/evidence/17", "narrative": "Three recorded sessions."}]
OLD_EVIDENCE = [{**EVIDENCE[0], "id": EVIDENCE[0]["id"].replace("https", "http")}]
MOVED = f"{ob.HOST}/v2/assertions/17"
NULLS: dict[str, Any] = {
    **ob.assertion(verification=None),
    "verification": None,
    "verify": {"type": "hosted"},
    "revoked": None,
    "evidence": None,
}


def moved(**changes: Any) -> dict[str, Any]:
    record = ob.assertion(id=MOVED, **changes)
    return {**ob.documents(assertion=record), MOVED: record}


@pytest.mark.parametrize(
    ("copy", "held"),
    [
        pytest.param(ob.assertion(evidence=OLD_EVIDENCE), ob.documents(), id="evidence-by-http"),
        pytest.param(ob.assertion(), moved(), id="host-moved-its-paths"),
        pytest.param(
            ob.assertion(), ob.documents(assertion=ob.assertion(id=f"{ob.ASSERTION}/")), id="slash-at-the-end"
        ),
        pytest.param(ob.assertion(issuedOn="2024-02-01"), ob.documents(), id="issued-on-a-day"),
        pytest.param(
            ob.assertion(), ob.documents(assertion=ob.assertion(issuedOn="2024-02-01")), id="published-as-a-day"
        ),
        pytest.param(ob.assertion(issuedOn="2024-02-01T12:00:00"), ob.documents(), id="issued-without-zone"),
        pytest.param(ob.assertion(expires="2029-02-01"), ob.documents(), id="ends-on-a-day"),
        pytest.param(
            ob.assertion(),
            ob.documents(issuer=ob.profile(type="https://w3id.org/openbadges#Profile")),
            id="type-by-address",
        ),
        pytest.param(ob.assertion(), ob.documents(issuer=ob.profile(type="obi:Issuer")), id="type-with-prefix"),
        pytest.param(
            ob.assertion(), ob.documents(issuer={**ob.profile(type=None), "@type": "Profile"}), id="type-as-keyword"
        ),
        pytest.param(
            ob.assertion(),
            ob.documents(badge={**ob.badge_class(id=None, type=None), "@type": "obi:BadgeClass", "@id": ob.BADGE}),
            id="class-by-keywords",
        ),
        pytest.param(NULLS, ob.documents(assertion=NULLS), id="null-is-absent"),
        pytest.param(
            ob.assertion(),
            ob.documents(
                issuer={
                    **ob.profile(),
                    "verification": {"startsWith": None, "allowedOrigins": None, "verificationProperty": None},
                }
            ),
            id="null-in-the-scope",
        ),
        pytest.param(
            ob.assertion(),
            ob.documents(issuer=ob.profile(verification={"allowedOrigins": [f"{ob.HOST}/assertions"]})),
            id="origin-with-a-path",
        ),
        pytest.param(
            ob.assertion(),
            ob.documents(issuer=ob.profile(verification={"allowedOrigins": "www.badges.school.example"})),
            id="origin-with-www",
        ),
    ],
)
def test_a_genuine_copy_is_valid_after_what_issuers_do(copy: dict[str, Any], held: dict[str, Any]) -> None:
    report = ob.inspect(copy, held)
    assert report.valid, report.to_text()


@pytest.mark.parametrize(
    ("copy", "held"),
    [
        pytest.param(ob.assertion(), ob.documents(assertion=ob.assertion(evidence=None)), id="evidence-withdrawn"),
        pytest.param(
            ob.assertion(narrative="Led three sesions."),
            ob.documents(assertion=ob.assertion(narrative="Led three sessions.")),
            id="narrative-corrected",
        ),
        pytest.param(
            ob.assertion(badge=ob.badge_class()),
            ob.documents(badge=ob.badge_class(name="Reading Together (2024)")),
            id="badge-renamed",
        ),
        pytest.param(
            ob.assertion(badge=ob.badge_class(issuer=f"{ob.HOST}/issuers/1")), ob.documents(), id="issuer-moved"
        ),
        pytest.param(
            ob.assertion(),
            ob.documents(issuer=ob.profile(type="https://school.example/terms#School")),
            id="profile-of-a-type-unknown",
        ),
        pytest.param(ob.assertion(), ob.documents(issuer=ob.profile(type=None)), id="profile-without-type"),
        pytest.param(ob.assertion(), ob.documents(badge=ob.badge_class(type="Achievement")), id="class-of-a-type"),
        pytest.param(ob.assertion(), ob.documents(assertion=ob.assertion(type="Award")), id="award-of-a-type"),
        pytest.param(ob.assertion(), ob.documents(assertion=ob.assertion(id=MOVED)), id="moved-out-of-reach"),
        pytest.param(
            ob.assertion(),
            ob.documents(issuer=ob.profile(verification={"allowedOrigins": [f"{ob.HOST}/awards"]})),
            id="origin-with-another-path",
        ),
        pytest.param(
            ob.assertion(),
            {
                **ob.documents(
                    assertion=ob.assertion(id=MOVED),
                    issuer=ob.profile(verification={"startsWith": f"{ob.HOST}/assertions/"}),
                ),
                MOVED: ob.assertion(id=MOVED),
            },
            id="moved-out-of-scope",
        ),
    ],
)
def test_a_genuine_copy_is_not_refused_for_what_issuers_do(copy: dict[str, Any], held: dict[str, Any]) -> None:
    report = ob.inspect(copy, held)
    assert report.verdict is Verdict.UNDETERMINED, report.to_text()
    assert told(report, 46)[0] == "unknown"


def test_a_badge_that_moved_is_judged_where_it_stands_now() -> None:
    assert told(ob.inspect(ob.assertion(), moved(recipient=THIEF)), 46) == ("failed", {"BADGE_DIFFERS"})
    assert told(ob.inspect(ob.assertion(), moved(revoked=True)), 38) == ("failed", {"REVOKED"})
    left_behind = {**moved(), ob.ASSERTION: ob.assertion(id=MOVED, revoked=True)}
    assert told(ob.inspect(ob.assertion(), left_behind), 38) == ("failed", {"REVOKED"})
    # One step, on one host.
    again = {**moved(), MOVED: ob.assertion(id=f"{ob.HOST}/v3/17"), f"{ob.HOST}/v3/17": ob.assertion()}
    assert ob.inspect(ob.assertion(), again).verdict is Verdict.UNDETERMINED
    elsewhere = "https://evil.example/17"
    away = {**ob.documents(assertion=ob.assertion(id=elsewhere)), elsewhere: ob.assertion(id=elsewhere)}
    report = ob.inspect(ob.assertion(), away)
    assert report.verdict is Verdict.UNDETERMINED
    assert elsewhere not in {document.url for document in report.documents}


def test_an_issuer_at_www_keeps_badges_at_the_bare_host() -> None:
    issuer = "https://www.badges.school.example/issuer"
    held = {**ob.documents(issuer=None, badge=ob.badge_class(issuer=issuer)), issuer: ob.profile(id=issuer)}
    assert ob.inspect(ob.assertion(), held).valid


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("https://a.example/%7eoffice/1", "https://a.example/~office/1", True),
        ("https://a.example/a%2fb", "https://a.example/a%2Fb", True),
        ("https://a.example/a%2Fb", "https://a.example/a/b", False),
        ("https://schüle.example/1", "https://xn--schle-mva.example/1", True),
        ("https://SCHÜLE.example/1", "http://schüle.example/1", True),
        ("https://straße.example/1", "https://strasse.example/1", False),
        ("https://a.example/1", "https://a.example/1/", False),
    ],
)
def test_two_spellings_of_an_address(one: str, other: str, alike: bool) -> None:
    assert addresses.same(one, other) is alike


@pytest.mark.parametrize(
    ("expires", "now", "outcome"),
    [
        ("2026-05-01T00:00:00", datetime(2026, 5, 1, 3, tzinfo=UTC), "unknown"),
        ("2026-05-01T00:00:00", datetime(2026, 5, 1, 13, tzinfo=UTC), "failed"),
        ("2026-05-01T00:00:00", datetime(2026, 4, 30, 9, tzinfo=UTC), "passed"),
        ("2026-05-01T00:00:00Z", datetime(2026, 5, 1, 3, tzinfo=UTC), "failed"),
        ("2026-05-01", datetime(2026, 5, 2, 3, tzinfo=UTC), "unknown"),
        ("2026-05-01", datetime(2026, 5, 2, 13, tzinfo=UTC), "failed"),
        ("2026-05-01", datetime(2026, 4, 30, 9, tzinfo=UTC), "passed"),
    ],
)
def test_a_date_without_zone_is_over_when_it_is_over_everywhere(expires: str, now: datetime, outcome: str) -> None:
    award = ob.assertion(expires=expires)
    report = ob.inspect(award, ob.documents(assertion=award), now=now, fetched_at=now)
    assert told(report, 31)[0] == outcome, report.to_text()


@pytest.mark.parametrize(
    ("stated", "published", "outcome"),
    [
        ("2024-02-01", "2024-02-02", "failed"),
        ("2024-02-01T10:00:00", "2024-02-01T12:00:00", "failed"),
        ("2024-02-01T10:00:00", "2024-02-01", "passed"),
        ("2024-02-01T10:00:00.250Z", "2024-02-01T10:00:00Z", "passed"),
        ("2024-01-31T20:00:00-08:00", "2024-02-01", "passed"),
        ("2024-01-30", "2024-02-01T10:00:00Z", "failed"),
    ],
)
def test_dates_of_issue_that_may_be_one_are_one(stated: str, published: str, outcome: str) -> None:
    report = ob.inspect(ob.assertion(issuedOn=stated), ob.documents(assertion=ob.assertion(issuedOn=published)))
    assert told(report, 46)[0] == outcome, report.to_text()


@pytest.mark.parametrize(
    ("stated", "published", "outcome"),
    [
        ("2029-02-01", "2029-02-02", "passed"),
        ("2029-02-02", "2029-02-01", "failed"),
        ("2029-02-01T10:00:00", "2029-02-01T12:00:00", "passed"),
        ("2029-02-01T12:00:00", "2029-02-01T10:00:00", "failed"),
        ("2029-02-01", "9999-12-31", "passed"),
        ("9999-12-31", "9999-12-31T23:59:59", "passed"),
    ],
)
def test_a_badge_that_was_prolonged_by_a_day_is_the_same_badge(stated: str, published: str, outcome: str) -> None:
    report = ob.inspect(ob.assertion(expires=stated), ob.documents(assertion=ob.assertion(expires=published)))
    assert told(report, 46)[0] == outcome, report.to_text()
    assert outcome == "failed" or told(report, 31)[0] == "passed"


# -- revocation lists that name the badge elsewhere -----------------------------------------------------------------


@pytest.mark.parametrize(
    "listed",
    [
        {"revoked": [ob.SIGNED_ID]},
        {"revokedAssertion": [ob.SIGNED_ID]},
        {"revokedCredentials": [{"id": ob.SIGNED_ID}]},
        {},
        {"revokedAssertions": None},
        {"revokedAssertions": [], "revoked": [{"id": ob.SIGNED_ID.upper().replace("URN:UUID", "urn:uuid")}]},
        {"revokedAssertions": [], "revoked": {"17": True}},
        {"revokedAssertions": [], "revoked": {ob.SIGNED_ID: "Left"}},
        {"revokedAssertions": [], "revoked": [17]},
        {"revokedAssertions": [{"id": "urn:uuid:other", "uid": ob.SIGNED_ID}]},
        {"revokedAssertions": [{"id": "17"}]},
        {"revokedAssertions": [{"id": "urn:uuid:other", "assertion": {"id": ob.SIGNED_ID}}]},
    ],
)
def test_a_list_that_names_the_badge_elsewhere_is_not_silent(listed: dict[str, Any]) -> None:
    body = {"@context": ob.CONTEXT, "type": "RevocationList", "id": ob.REVOKED, "issuer": ob.ISSUER, **listed}
    report = ob.inspect(ob.sign(ob.signed_assertion(uid="17")), ob.documents(revoked=body))
    assert told(report, 38) == ("unknown", {STATUS_MALFORMED_VALUE_ERROR.code}), report.to_text()
    assert report.verdict is Verdict.UNDETERMINED


def test_a_list_that_names_others_is_silent() -> None:
    others = ob.revocation_list("urn:uuid:other", {"id": f"{ob.HOST}/assertions/9", "revocationReason": "Left"})
    assert ob.inspect(ob.sign(ob.signed_assertion(uid="17")), ob.documents(revoked=others)).valid
