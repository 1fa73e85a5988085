"""Random and damaged files of every form: taken in or refused with a problem, never a crash, and in bounded time."""

from __future__ import annotations

import contextlib
import random
import struct
import zlib
from dataclasses import replace
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.intake import Intake, Piece, take_in, take_in_document, unpack
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose
from badgeport.verifier.verifier import Verifier
from support import carriers, effort
from support import verifying as v

LIMITS = replace(DEFAULT_LIMITS, reader_seconds=3, archive_entries=200, archive_bytes=2**22, looks=2)
MANY = effort.examples(100)
FEWER = effort.examples(20)
"""For examples that each start a process."""
ADDRESS = "https://badges.example/c/1"


@cache
def seeds() -> dict[str, bytes]:
    """A sound file of every form."""
    badge = v.sign(v.badge())
    return {
        "json": badge,
        "jws": v.sign(v.badge(), format="vc+jwt"),
        "png": carriers.png(badge),
        "svg": carriers.svg(badge),
        "zip": carriers.archive(
            ("a.json", badge), ("b.svg", carriers.svg(badge)), ("c.zip", carriers.archive(("d", badge)))
        ),
        "html": carriers.page('<link rel="alternate" type="application/vc" href="/x"><script type=application/json>{}'),
        "text": ADDRESS.encode(),
        "pdf": carriers.pdf(("a.json", badge)),
        "code": carriers.code_picture(ADDRESS),
        "photo": carriers.code_picture(ADDRESS, format="JPEG"),
        "webp": carriers.code_picture(ADDRESS, format="WEBP"),
        "gif": carriers.code_picture(ADDRESS, format="GIF"),
    }


SLOW = ("pdf", "code", "photo", "webp", "gif")
STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"{", b"[", b"ey", b"<svg", b"<html>", b"https://", b"www.", b"openid:")


class Hostile:
    """A server that answers every address with the same body."""

    def __init__(self, body: bytes) -> None:
        self.body, self.asked = body, 0

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.asked += 1
        if purpose != "credential":
            raise FetchError(url, "nothing else is here")
        return Fetched(url, self.body)


def survives(data: bytes) -> None:
    for read in (take_in, take_in_document):
        with contextlib.suppress(ProblemError):
            assert isinstance(read(data, limits=LIMITS), Intake)
    pieces = unpack(data, LIMITS)
    assert pieces
    assert all(isinstance(piece, Piece) for piece in pieces)
    assert sum(len(piece.data) for piece in pieces) <= max(len(data), 2 * LIMITS.archive_bytes)


def damaged(data: bytes, seed: int) -> bytes:
    """The file with some of its bytes changed, cut out, doubled or moved."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 40))):
        if not changed:
            break
        at, length = chance.randrange(len(changed)), chance.choice((1, 1, 2, 4, 64))
        kind = chance.randrange(5)
        if kind == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            changed[at : at + length] = chance.randbytes(length)
        elif kind == 2:
            del changed[at : at + length]
        elif kind == 3:
            changed[at:at] = changed[at : at + length]
        else:
            changed[at : at + 4] = struct.pack("<I", chance.choice((0, 1, 2**31 - 1, 2**32 - 1)))
    return bytes(changed)


@settings(max_examples=MANY, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_random_bytes_are_taken_in_or_refused(start: bytes, rest: bytes) -> None:
    survives(start + rest)
    survives(rest)


@settings(max_examples=MANY, deadline=None)
@given(st.sampled_from([name for name in seeds() if name not in SLOW]), st.integers(0, 2**32))
def test_damaged_files_are_taken_in_or_refused(form: str, seed: int) -> None:
    survives(damaged(seeds()[form], seed))


@settings(max_examples=FEWER, deadline=None)
@given(st.sampled_from(SLOW), st.integers(0, 2**32))
def test_damaged_pictures_and_pdf_files_are_taken_in_or_refused(form: str, seed: int) -> None:
    survives(damaged(seeds()[form], seed))


@settings(max_examples=MANY, deadline=None)
@given(st.sampled_from([name for name in seeds() if name not in SLOW]), st.integers(0, 2**32), st.booleans())
def test_whatever_an_address_leads_to_there_is_a_report_and_few_fetches(form: str, seed: int, sound: bool) -> None:
    web = Hostile(seeds()[form] if sound else damaged(seeds()[form], seed))
    verifier = Verifier(fetcher=web, limits=LIMITS, software="badgeport test")
    report = verifier.inspect(ADDRESS.encode(), now=v.NOW)
    assert web.asked <= 8
    assert all(problem.type.code != "INTERNAL_ERROR" for problem in report.problems())
    if report.verdict is Verdict.VALID:
        # What was damaged beside the credential may go unnoticed; what the credential says may not.
        assert report.credential is not None
        assert report.credential.name == "Reading Together"


@settings(max_examples=MANY, deadline=None)
@given(st.text(alphabet="<>!-=\"' /abchiklnprstyejoxm&;#", max_size=400))
def test_random_pages_are_read_or_refused(text: str) -> None:
    survives(carriers.page(text, text))


def test_crafted_worst_cases_end() -> None:
    pages = [
        b"<html>" + unit * (1_900_000 // len(unit))
        for unit in (
            b"<!--",
            b"<link ",
            b"<link a=",
            b"<link rel='a\" ",
            b"<script>",
            b"<script ",
            b"<base href=' ",
            b"&#x41",
            b"< ",
        )
    ]
    empty = zlib.crc32(b"IEND").to_bytes(4, "big")
    chunks = b"\x89PNG\r\n\x1a\n" + (b"\0\0\0\0IEND" + empty) * 100_000
    entries = b"PK\x03\x04" + b"PK\x01\x02" * 1_000_000 + b"PK\x05\x06" + b"\0" * 18
    labels = b"a." * 30_000
    many = carriers.archive(*((f"{number}.json", b"{}") for number in range(201)))
    nested = b"PK\x03\x04" + b"PK\x05\x06" * 100_000
    for data in (*pages, chunks, entries, labels, b"https://" + labels, b"<!DOCTYPE " * 100_000, many, nested):
        survives(data)
