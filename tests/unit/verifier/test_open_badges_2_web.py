"""Open Badges 2.0 badges looked up over a real HTTPS connection, from whatever they are handed in as."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator

import pytest

from badgeport.schemas import jsontext
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.verifier import Verifier
from support import legacy as ob
from support import verifying as v
from support.web import Web

STRANGER = "https://evil.example"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        for url, body in ob.documents().items():
            web.put(url, body)
        yield web


def inspect(web: Web, data: bytes | dict[str, object]) -> VerificationReport:
    with web.fetcher(clock=lambda: v.NOW) as fetcher:
        verifier = Verifier(fetcher=fetcher, software="badgeport test")
        return verifier.inspect(data if isinstance(data, bytes) else jsontext.dump(data), now=v.NOW)


def told(report: VerificationReport, row: int) -> str:
    return report.check(ROWS[row]).outcome.value


def png(keyword: bytes, text: str) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    baked = chunk(b"iTXt", keyword + b"\0\0\0\0\0" + text.encode())
    return b"\x89PNG\r\n\x1a\n" + header + baked + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def svg(text: str, *, address: bool) -> bytes:
    inner = (
        f'<openbadges:assertion verify="{text}"/>'
        if address
        else (f'<openbadges:assertion verify="{ob.ASSERTION}"><![CDATA[{text}]]></openbadges:assertion>')
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">{inner}</svg>'.encode()


HOSTED = json.dumps(ob.assertion())
FORMS = {
    "json": HOSTED.encode(),
    "address": ob.ASSERTION.encode(),
    "png with json": png(b"openbadges", HOSTED),
    "png with address": png(b"openbadges", ob.ASSERTION),
    "svg with json": svg(HOSTED, address=False),
    "svg with address": svg(ob.ASSERTION, address=True),
    "signed": ob.sign(ob.signed_assertion()),
    "png signed": png(b"openbadges", ob.sign(ob.signed_assertion()).decode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_badge_is_valid_in_every_form(web: Web, form: str) -> None:
    report = inspect(web, FORMS[form])
    assert report.verdict is Verdict.VALID, report.to_text()
    assert told(report, 46) == "passed"
    assert report.check(ROWS[46]).evidence["verification"] == ("signed" if "signed" in form else "hosted")


def test_each_document_is_asked_for_once(web: Web) -> None:
    inspect(web, FORMS["png with address"])
    assert sorted(seen.url.partition("://")[2] for seen in web.log) == sorted(
        url.partition("://")[2] for url in (ob.ASSERTION, ob.BADGE, ob.ISSUER)
    )


def test_old_names_with_http_are_asked_for_with_https_only(web: Web) -> None:
    old = ob.assertion(id=ob.ASSERTION.replace("https", "http"))
    web.put(ob.ASSERTION, old)
    assert inspect(web, old).verdict is Verdict.VALID
    assert {port for _, port in web.dialled} == {443}


@pytest.mark.parametrize("form", ["json", "png with address"])
def test_a_badge_that_was_taken_away_is_revoked(web: Web, form: str) -> None:
    web.put(ob.ASSERTION, {"revoked": True}, status=410)
    report = inspect(web, FORMS[form])
    assert told(report, 38) == "failed", report.to_text()
    assert [problem.type.code for problem in report.check(ROWS[38]).problems] == ["REVOKED"]
    assert report.verdict is Verdict.INVALID


@pytest.mark.parametrize("form", ["json", "png with json", "png with address", "address"])
@pytest.mark.parametrize("status", [404, 500, 503])
def test_a_host_that_fails_leaves_the_badge_open(web: Web, form: str, status: int) -> None:
    web.put(ob.ASSERTION, b"down", status=status)
    assert inspect(web, FORMS[form]).verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize("url", [ob.BADGE, ob.ISSUER])
@pytest.mark.parametrize("how", ["close", "garbage", "huge"])
def test_a_host_that_misbehaves_leaves_the_badge_open(web: Web, url: str, how: str) -> None:
    web.behave(url, how)  # type: ignore[arg-type]
    report = inspect(web, FORMS["json"])
    assert told(report, 46) == "unknown"
    assert report.verdict is Verdict.UNDETERMINED


@pytest.mark.parametrize("handed_in", ["badge", "address"])
def test_an_open_redirect_does_not_publish_badges(web: Web, handed_in: str) -> None:
    url = f"{ob.HOST}/go?to=evil"
    forged = ob.assertion(id=url)
    web.put(f"{STRANGER}/17", forged)
    web.behave(url, "redirect", to=f"{STRANGER}/17")
    report = inspect(web, forged if handed_in == "badge" else url.encode())
    assert told(report, 46) == "unknown", report.to_text()
    assert report.verdict is Verdict.UNDETERMINED


def test_a_badge_may_move_within_its_host(web: Web) -> None:
    web.put(f"{ob.HOST}/public/17", ob.assertion())
    web.behave(ob.ASSERTION, "redirect", to=f"{ob.HOST}/public/17")
    assert inspect(web, FORMS["json"]).verdict is Verdict.VALID
    assert inspect(web, FORMS["address"]).verdict is Verdict.VALID


def test_the_address_of_a_page_may_differ_from_that_of_the_badge(web: Web) -> None:
    shown = f"{ob.HOST}/share/17"
    web.put(shown, ob.assertion())
    assert inspect(web, shown.encode()).verdict is Verdict.VALID
    web.put(ob.ASSERTION, ob.assertion(revoked=True))
    assert inspect(web, shown.encode()).verdict is Verdict.INVALID
    elsewhere = f"{STRANGER}/copy"
    web.put(elsewhere, ob.assertion(recipient={"type": "email", "hashed": False, "identity": "x@evil.example"}))
    web.put(ob.ASSERTION, ob.assertion())
    assert inspect(web, elsewhere.encode()).verdict is Verdict.INVALID


def test_no_private_address_is_asked_on_a_badges_word(web: Web) -> None:
    inner = "https://intranet.example/assertions/1"
    web.put(inner, ob.assertion(id=inner))
    web.host("intranet.example", addresses=("10.0.0.7",))
    report = inspect(web, ob.assertion(id=inner))
    assert told(report, 46) == "failed", report.to_text()
    assert web.asked(inner) == 0
