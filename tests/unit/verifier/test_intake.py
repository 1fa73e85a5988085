"""Whatever is handed in: what is found in it, what is refused and in which words, and what is never opened."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from badgeport.keys.types import KeyType
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, UNSUPPORTED, ProblemError, ProblemType
from badgeport.verifier.intake import NoCredentialError, Piece, take_in, unpack
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose
from badgeport.verifier.verifier import Verifier
from support import carriers
from support import verifying as v

ADDRESS = "https://badges.example/c/1"
OB2 = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Assertion",
    "id": ADDRESS,
    "badge": "https://badges.example/badge",
    "verification": {"type": "hosted"},
}


class Web:
    """Documents by URL in memory, and a list of everything that was asked for."""

    def __init__(self, documents: Mapping[str, bytes | Fetched] | None = None) -> None:
        self.documents = dict(documents or {})
        self.asked: list[tuple[str, Purpose]] = []

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.asked.append((url, purpose))
        held = self.documents.get(url)
        if held is None:
            raise FetchError(url, "the server could not be reached")
        return held if isinstance(held, Fetched) else Fetched(url, held)

    def verifier(self) -> Verifier:
        return Verifier(fetcher=self, software="badgeport test")

    def inspect(self, data: bytes | str) -> VerificationReport:
        return self.verifier().inspect(data.encode() if isinstance(data, str) else data, now=v.NOW)


def badge(**changes: Any) -> bytes:
    return v.sign(v.badge(**changes))


def token() -> bytes:
    holder = v.signer("jwt", KeyType.ED25519)
    return v.sign(v.badge(holder.controller), holder, "vc+jwt")


def small() -> bytes:
    """A credential that fits into a QR code."""
    return badge(validUntil=None, name=None)


def other() -> bytes:
    return badge(id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a002")


def refusal(data: bytes, kind: ProblemType, limits: Any = DEFAULT_LIMITS) -> str:
    with pytest.raises(NoCredentialError) as caught:
        take_in(data, limits=limits)
    assert caught.value.problem.type is kind, caught.value
    return caught.value.problem.detail


# -- one credential in every carrier ----------------------------------------------------------------------------------


def in_every_carrier(credential: bytes) -> dict[str, bytes]:
    return {
        "text": credential,
        "png": carriers.png(credential),
        "svg": carriers.svg(credential),
        "pdf": carriers.pdf(("badge", credential)),
        "pdf with an image": carriers.pdf(("badge.png", carriers.png(credential))),
        "qr code": carriers.code_picture(credential),
        "photo of a qr code": carriers.code_picture(credential, format="JPEG", turned=7),
        "zip": carriers.archive(("badge", credential)),
        "zip of an image": carriers.archive(
            ("a/b/badge.png", carriers.png(credential)), ("README.md", b"Hello there.")
        ),
        "zip of a pdf in a zip": carriers.archive(
            ("i.zip", carriers.archive(("c.pdf", carriers.pdf(("b", credential)))))
        ),
        "zip of all forms": carriers.archive(
            ("badge", credential), ("badge.png", carriers.png(credential)), ("badge.svg", carriers.svg(credential))
        ),
        "address": ADDRESS.encode(),
        "qr code of the address": carriers.code_picture(ADDRESS),
        "screenshot of it": carriers.code_picture(ADDRESS, format="WEBP", mode="RGB"),
        "zip of the address": carriers.archive(("link.txt", ADDRESS.encode())),
    }


@pytest.mark.parametrize("make", [small, token], ids=["json", "jwt"])
def test_one_credential_has_one_verdict_in_every_carrier(make: Any) -> None:
    credential = make()
    web = Web({ADDRESS: credential})
    for name, data in in_every_carrier(credential).items():
        report = web.inspect(data)
        assert report.verdict is Verdict.VALID, (name, report.to_text())
        by_address = "address" in name or "screenshot" in name
        assert report.input.address == (ADDRESS if by_address else None), name
        assert report.input.sha256 == hashlib.sha256(credential if by_address else data).hexdigest(), name
        held = web.verifier().verify(data, now=v.NOW)
        assert held.original == (credential if by_address else data), name
        assert held.sha256 == report.input.sha256


def test_a_spoiled_credential_is_invalid_in_every_carrier() -> None:
    spoiled = v.spoiled(small(), lambda document: document.update(name="Somebody else's"))
    web = Web({ADDRESS: spoiled})
    for name, data in in_every_carrier(spoiled).items():
        report = web.inspect(data)
        assert report.verdict is Verdict.INVALID, name
        assert report.check("signature").outcome.value == "failed", name
        assert report.credential_found, name


@pytest.mark.parametrize("wrap", ["png", "svg", "pdf", "zip"])
def test_the_address_may_lead_to_any_form(wrap: str) -> None:
    body = {
        "png": carriers.png(badge()),
        "svg": carriers.svg(badge()),
        "pdf": carriers.pdf(("b.json", badge())),
        "zip": carriers.archive(("b.json", badge())),
    }[wrap]
    report = Web({ADDRESS: body}).inspect(ADDRESS)
    assert report.verdict is Verdict.VALID
    assert report.input.to_json() == {
        "form": wrap,
        "mediaType": {"png": "image/png", "svg": "image/svg+xml"}.get(wrap, f"application/{wrap}"),
        "sha256": hashlib.sha256(body).hexdigest(),
        "address": ADDRESS,
    }


# -- web addresses ----------------------------------------------------------------------------------------------------


def test_an_address_that_cannot_be_opened_is_undetermined_and_never_invalid() -> None:
    web = Web()
    for data in (ADDRESS.encode(), carriers.code_picture(ADDRESS), carriers.archive(("a.txt", ADDRESS.encode()))):
        report = web.inspect(data)
        assert report.verdict is Verdict.UNDETERMINED
        assert report.credential_found
        assert report.codes == ("ADDRESS_UNAVAILABLE",)
        assert report.check("parsing").outcome.value == "unknown"
        assert "could not be reached" in report.check("parsing").problems[0].detail
        assert report.input.address == ADDRESS
        assert report.input.sha256 == hashlib.sha256(data).hexdigest()
        report.to_text()


def test_an_address_is_opened_once_without_its_fragment() -> None:
    web = Web({ADDRESS: badge()})
    report = web.inspect(f"\ufeff  {ADDRESS}#top\r\n")
    assert report.verdict is Verdict.VALID
    assert web.asked == [(ADDRESS, "credential")]
    assert [each.url for each in report.documents] == [ADDRESS]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"https://badges.example/c/2", "another web address"),
        (b"", "empty"),
        (b"\x00\x01\x02", "no credential"),
        (carriers.picture(), "QR code"),
        (carriers.code_picture("https://badges.example/c/2"), "another web address"),
        (carriers.page(), "neither shows a credential nor links"),
        (b"[]", "array"),
        (b'{"hello": "world"}', "not a credential"),
    ],
)
def test_an_address_without_a_credential_is_no_credential(body: bytes, word: str) -> None:
    web = Web({ADDRESS: body, "https://badges.example/c/2": badge()})
    report = web.inspect(ADDRESS)
    assert not report.credential_found
    assert word in report.check("parsing").problems[0].detail
    assert len(web.asked) == 1


def test_a_damaged_credential_at_an_address_is_invalid() -> None:
    report = Web({ADDRESS: badge()[:-5]}).inspect(ADDRESS)
    assert report.verdict is Verdict.INVALID
    assert report.credential_found


@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fa.example", UNSUPPORTED, "wallet"),
        ("openid4vp://?request_uri=https%3A%2F%2Fa.example", UNSUPPORTED, "wallet"),
        ("DCCREQUEST://request?x=1", UNSUPPORTED, "wallet"),
        ("https://wallet.example/?credential_offer_uri=https%3A%2F%2Fa.example%2Fo", UNSUPPORTED, "wallet"),
        ("badges.example/c/1", PARSING_ERROR, "https:// in front"),
        ("www.badges.example", PARSING_ERROR, "https:// in front"),
        ("https://user:secret@badges.example/c/1", PARSING_ERROR, "user name"),
        ("https://badges.example:99999/", PARSING_ERROR, "well formed"),
        ("https:///c/1", PARSING_ERROR, "host"),
        ("https://[::1/", PARSING_ERROR, "well formed"),
        ("https://badges.example/" + "a" * 9000, RANGE_ERROR, "longer"),
        ("file:///etc/passwd", PARSING_ERROR, "no credential"),
        ("see https://badges.example/c/1", PARSING_ERROR, "no credential"),
        ("https://badges.example/c/1 https://badges.example/c/2", PARSING_ERROR, "no credential"),
    ],
)
def test_texts_that_lead_to_no_credential_say_why(text: str, kind: ProblemType, word: str) -> None:
    for data in (text.encode(), carriers.code_picture(text)) if len(text) < 2000 else (text.encode(),):
        detail = refusal(data, kind)
        assert word in detail or (data[:4] == b"\x89PNG" and "neither a credential nor a web address" in detail)
        assert "secret" not in detail
    assert word in refusal(text.encode(), kind)


def test_the_beginning_of_an_address_is_read_in_capital_letters_too() -> None:
    assert take_in(b"HTTPS://badges.example/C/1").address == "https://badges.example/C/1"


def test_nothing_a_credential_says_is_opened_as_an_address_or_decoded_as_a_file() -> None:
    web = Web({ADDRESS: badge()})
    inside = (ADDRESS, carriers.svg(badge()).decode(), carriers.page().decode(), "PK\x03\x04", "%PDF-1.7")
    for text in inside:
        endorsed = v.sign(v.badge(endorsementJwt=[text]))
        assert web.inspect(endorsed).check("endorsements").outcome.value in ("failed", "unknown")
        shown = v.sign(v.clr(text))
        assert web.inspect(shown).verdict is Verdict.INVALID
    assert web.asked == []


# -- web pages --------------------------------------------------------------------------------------------------------

VC = "application/vc+ld+json"


def link(href: str, type: str = VC, rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{type}" href="{href}">'


def script(credential: bytes, type: str = "application/ld+json") -> str:
    return f'<script type="{type}">\n{credential.decode()}\n</script>'


def test_a_page_leads_to_the_file_it_links_on_its_own_host() -> None:
    for head in (
        link("/c/1.json"),
        link("1.json", "Application/JSON; charset=utf-8", "canonical ALTERNATE"),
        "<base href='/c/'>" + link("1.json"),
        link("https://badges.example:443/c/1.json"),
        link("/c/1.json?a=1&amp;b=2"),
        "<!-- " + link("https://badges.example/wrong") + " -->" + link("/c/1.json"),
        "<script>document.write('" + link("/wrong") + "')</script>" + link("/c/1.json"),
        link("/wp.json", "application/json") + link("/c/1.json"),
        link("/feed.json", "application/json") + link("/c/1.json", "application/json"),
    ):
        web = Web(
            {
                ADDRESS: carriers.page(head),
                "https://badges.example/c/1.json": badge(),
                "https://badges.example:443/c/1.json": badge(),
                "https://badges.example/c/1.json?a=1&b=2": badge(),
                "https://badges.example/feed.json": b'{"routes": []}',
                "https://badges.example/wp.json": b'{"routes": []}',
            }
        )
        report = web.inspect(ADDRESS)
        assert report.verdict is Verdict.VALID, (head, report.to_text())
        assert report.input.form == "json"
        assert report.input.address == ADDRESS
        assert ("https://badges.example/wrong", "credential") not in web.asked


@pytest.mark.parametrize(
    "head",
    [
        link("https://other.example/c/1.json"),
        link("http://badges.example/c/1.json"),
        link("https://badges.example:8443/c/1.json"),
        link("//other.example/c/1.json"),
        "<base href='https://other.example/'>" + link("c/1.json"),
        link("javascript:alert(1)"),
        link("https://[badges.example/c/1.json"),
        link("/c/1.json", "text/html"),
        link("/c/1.json", VC, "stylesheet"),
    ],
)
def test_a_page_leads_nowhere_else(head: str) -> None:
    web = Web({ADDRESS: carriers.page(head), "https://other.example/c/1.json": badge()})
    report = web.inspect(ADDRESS)
    assert not report.credential_found
    assert web.asked == [(ADDRESS, "credential")]


def test_where_redirects_led_is_the_host_that_counts() -> None:
    moved = Fetched(ADDRESS, carriers.page(link("/c/1.json")), location="https://new.example/x")
    web = Web({ADDRESS: moved, "https://new.example/c/1.json": badge()})
    assert web.inspect(ADDRESS).verdict is Verdict.VALID


def test_one_step_from_a_page_and_no_more() -> None:
    web = Web({ADDRESS: carriers.page(link("/two")), "https://badges.example/two": carriers.page(link("/three"))})
    assert not web.inspect(ADDRESS).credential_found
    assert len(web.asked) == 2
    web = Web({ADDRESS: carriers.page("".join(link(f"/{number}") for number in range(50)))})
    assert web.inspect(ADDRESS).verdict is Verdict.UNDETERMINED
    assert len(web.asked) == 5


def test_a_credential_written_into_a_page_is_read_without_another_fetch() -> None:
    ours = script(b'{"@context": "https://schema.org", "@type": "WebPage"}') + script(badge())
    web = Web({ADDRESS: carriers.page(link("/c/1.json") + ours)})
    report = web.inspect(ADDRESS)
    assert report.verdict is Verdict.VALID
    assert report.input.form == "html"
    assert len(web.asked) == 1
    assert web.inspect(carriers.page(ours)).verdict is Verdict.VALID
    assert len(web.asked) == 1


def test_the_file_that_a_page_links_counts_more_than_an_unproved_copy_in_the_page() -> None:
    page = carriers.page(link("/c/1.json") + script(jsontext.dump(v.badge())))
    web = Web({ADDRESS: page, "https://badges.example/c/1.json": badge()})
    assert web.inspect(ADDRESS).verdict is Verdict.VALID
    alone = Web({ADDRESS: carriers.page(script(jsontext.dump(v.badge())))}).inspect(ADDRESS)
    assert "UNSIGNED" in alone.codes


def test_a_page_with_several_credentials_is_refused() -> None:
    page = carriers.page(script(badge()) + script(other()))
    assert "several" in refusal(page, PARSING_ERROR)
    assert "shows no credential" in refusal(carriers.page(), PARSING_ERROR)


# -- Open Badges 2.0 --------------------------------------------------------------------------------------------------


def old_png(text: bytes, kind: bytes = b"tEXt") -> bytes:
    body = kind + b"openbadges\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    plain = carriers.picture()
    return plain[:33] + chunk + plain[33:]


def old_svg(address: str) -> bytes:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">'
        f'<openbadges:assertion verify="{address}"/></svg>'
    ).encode()


@pytest.mark.parametrize("image", [old_png(ADDRESS.encode()), old_svg(ADDRESS)], ids=["png", "svg"])
def test_an_older_badge_that_carries_its_address_is_fetched(image: bytes) -> None:
    web = Web({ADDRESS: jsontext.dump(OB2)})
    report = web.inspect(image)
    assert web.asked[0] == (ADDRESS, "credential")
    assert report.input.address == ADDRESS
    assert report.credential_found
    assert report.check("parsing").outcome.value == "passed"
    unavailable = Web().inspect(image)
    assert unavailable.verdict is Verdict.UNDETERMINED
    assert unavailable.codes[0] == "ADDRESS_UNAVAILABLE"
    assert "Open Badges 2.0" in unavailable.check("parsing").problems[0].detail


# -- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_code_is_read_in_every_format_of_picture(format: str) -> None:
    taken = take_in(carriers.code_picture(ADDRESS, format=format))
    assert taken.address == ADDRESS
    assert taken.form == format.lower()
    assert taken.media_type == f"image/{format.lower()}"


def test_a_code_is_read_where_its_picture_is_transparent_or_dark() -> None:
    drawn = carriers.code(ADDRESS)
    for ink, paper in ((0, 255), (255, 0)):
        picture = Image.new("RGBA", drawn.size, (0, 0, 0, 0) if ink == 0 else (255, 255, 255, 0))
        picture.paste((ink, ink, ink, 255), mask=drawn.point(lambda shade: 255 - shade))
        out = io.BytesIO()
        picture.save(out, "PNG")
        assert take_in(out.getvalue()).address == ADDRESS
        solid = drawn.point(lambda shade, ink=ink, paper=paper: paper if shade else ink)
        out = io.BytesIO()
        solid.save(out, "PNG")
        assert take_in(out.getvalue()).address == ADDRESS


def test_of_several_codes_the_one_that_leads_to_a_credential_counts() -> None:
    assert take_in(carriers.code_picture("WIFI:S:school;;", ADDRESS)).address == ADDRESS
    assert take_in(carriers.code_picture(ADDRESS, ADDRESS)).address == ADDRESS
    assert take_in(carriers.code_picture('{"menu": 1}', ADDRESS)).address == ADDRESS
    assert "differ" in refusal(carriers.code_picture(ADDRESS, ADDRESS + "2"), PARSING_ERROR)
    assert "neither" in refusal(carriers.code_picture("WIFI:S:school;P:secret;;"), PARSING_ERROR)


def test_a_baked_credential_counts_and_not_the_code_drawn_over_it() -> None:
    drawn = carriers.carrier.bake(carriers.code_picture(ADDRESS), badge().decode())
    web = Web()
    assert web.inspect(drawn).verdict is Verdict.VALID
    assert web.asked == []


def test_a_damaged_baked_image_is_not_taken_for_a_picture() -> None:
    baked = bytearray(carriers.png(badge()))
    baked[baked.index(b"Reading")] ^= 1
    with pytest.raises(ProblemError) as caught:
        take_in(bytes(baked))
    assert not isinstance(caught.value, NoCredentialError)


def test_a_picture_is_bounded_before_it_is_decoded() -> None:
    few = replace(DEFAULT_LIMITS, image_pixels=59 * 60)
    assert "too many pixels" in refusal(carriers.picture(), RANGE_ERROR, few)
    assert "no QR code" in refusal(carriers.picture(), PARSING_ERROR, replace(few, image_pixels=60 * 60))
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    huge = carriers.picture()
    chunk = b"IHDR" + header
    huge = huge[:12] + chunk + struct.pack(">I", zlib.crc32(chunk)) + huge[33:]
    assert "too many pixels" in refusal(huge, RANGE_ERROR)


def test_a_picture_cut_short_says_so() -> None:
    whole = carriers.code_picture(ADDRESS, format="JPEG")
    assert "damaged" in refusal(whole[:400], PARSING_ERROR)


# -- archives ---------------------------------------------------------------------------------------------------------


def names(pieces: tuple[Piece, ...]) -> list[str | None]:
    return [piece.name for piece in pieces]


def test_what_is_no_collection_is_one_piece() -> None:
    one = carriers.archive(("badge.json", badge()), ("logo.png", carriers.picture()), ("readme.txt", b"Hello there"))
    package = carriers.archive(("badgeport-package.json", b"{}"), ("a.json", badge()), ("b.json", other()))
    for data in (b"", badge(), carriers.picture(), ADDRESS.encode(), one, package, b"PK\x03\x04broken", b"%PDF-"):
        assert unpack(data) == (Piece(None, data),)
    assert Web().inspect(one).verdict is Verdict.VALID
    assert "proof package" in refusal(package, UNSUPPORTED)


def test_many_credentials_are_a_piece_each_and_nothing_is_lost() -> None:
    many = carriers.archive(
        ("a/one.json", badge()),
        ("a/two.png", carriers.png(other())),
        ("__MACOSX/a/._one.json", b"\0\1"),
        (".DS_Store", b"\0"),
        ("Thumbs.db", b"\0"),
        ("README", b"What this is."),
        ("notes/from the office.txt", b"Some words for you."),
        ("logo.png", carriers.picture()),
        ("metadata.json", b'{"exported": "2026"}'),
        ("broken.json", badge()[:-9]),
        ("film.mp4", b"\0\0\0\x18ftyp"),
        ("link.txt", ADDRESS.encode()),
        ("inner.zip", carriers.archive(("three.json", badge(name="Three")))),
        ("both.pdf", carriers.pdf(("x.json", badge(name="X")), ("y.json", badge(name="Y")))),
        ("single.pdf", carriers.pdf(("z.json", badge(name="Z")))),
        ("empty.pdf", carriers.pdf()),
    )
    pieces = {piece.name: piece for piece in unpack(many)}
    assert {name for name, piece in pieces.items() if piece.problem is None} == {
        "a/one.json",
        "a/two.png",
        "broken.json",
        "link.txt",
        "inner.zip/three.json",
        "both.pdf/x.json",
        "both.pdf/y.json",
        "single.pdf",
    }
    unread = {name: piece.problem.detail for name, piece in pieces.items() if piece.problem is not None}
    assert set(unread) == {"logo.png", "metadata.json", "film.mp4", "empty.pdf"}
    assert "QR code" in unread["logo.png"]
    assert pieces["a/one.json"].data == badge()
    assert pieces["single.pdf"].data.startswith(b"%PDF-")
    valid = [name for name, piece in pieces.items() if Web({ADDRESS: other()}).inspect(piece.data).valid]
    assert len(valid) == 7
    assert "7 files to verify" in refusal(many, PARSING_ERROR)


def test_a_pdf_with_several_credentials_is_a_piece_each() -> None:
    data = carriers.pdf(("a.json", badge()), ("b.json", other()), ("invoice.xml", b"<x/>"))
    assert {piece.name for piece in unpack(data) if piece.problem is None} == {"a.json", "b.json"}
    assert "2 files" in refusal(data, PARSING_ERROR)
    assert "no credential is attached" in refusal(carriers.pdf(("invoice.xml", b"<x/>")), PARSING_ERROR)


def with_flag(data: bytes, flag: int) -> bytes:
    """The archive with a flag set on its first file."""
    changed = bytearray(data)
    changed[6] |= flag
    changed[changed.index(b"PK\x01\x02") + 8] |= flag
    return bytes(changed)


def test_what_cannot_be_taken_out_is_named() -> None:
    two = (("a.json", badge()), ("b.json", other()))
    encrypted = unpack(with_flag(carriers.archive(*two), 1))
    assert names(encrypted) == ["a.json", "b.json"]
    assert encrypted[0].problem is not None
    assert "encrypted" in encrypted[0].problem.detail
    assert encrypted[0].data == b""
    assert encrypted[1].problem is None
    damaged = bytearray(carriers.archive(*two, compression=zipfile.ZIP_STORED))
    damaged[damaged.index(b"Reading")] ^= 1
    broken = unpack(bytes(damaged))[0].problem
    assert broken is not None
    assert "damaged" in broken.detail
    unusual = unpack(carriers.archive(*two, compression=zipfile.ZIP_LZMA))
    assert all(piece.problem is not None and "unusually" in piece.problem.detail for piece in unusual)
    alone = with_flag(carriers.archive(("a.json", badge())), 1)
    assert "encrypted" in refusal(alone, UNSUPPORTED)


def test_a_credential_beside_a_file_that_cannot_be_read_is_not_taken_for_the_only_one() -> None:
    data = with_flag(carriers.archive(("a.json", badge()), ("b.json", other())), 1)
    assert not Web().inspect(data).credential_found


def test_names_are_harmless_and_told_apart() -> None:
    stated = ("../../etc/passwd", "/root/x.json", "C:\\temp\\y.json", "a\x1b[31m.json", "same.json", "samf.json")
    data = carriers.archive(*((name, badge(name=f"No {number}")) for number, name in enumerate(stated)))
    assert names(unpack(data.replace(b"samf.json", b"same.json"))) == [
        "etc/passwd",
        "root/x.json",
        "temp/y.json",
        "a\ufffd[31m.json",
        "same.json",
        "same.json (2)",
    ]


def test_archives_lie_in_archives_once() -> None:
    inner = carriers.archive(("badge.json", badge()))
    assert Web().inspect(carriers.archive(("i.zip", inner))).verdict is Verdict.VALID
    deep = carriers.archive(("o.zip", carriers.archive(("i.zip", inner))))
    assert "archives in archives in archives" in refusal(deep, UNSUPPORTED)


def test_an_archive_is_bounded_in_files_bytes_and_ratio() -> None:
    two = (("a.json", badge()), ("b.json", other()))
    few = replace(DEFAULT_LIMITS, archive_entries=1)
    assert "more than 1 files" in refusal(carriers.archive(*two), RANGE_ERROR, few)
    nested = carriers.archive(("x.zip", carriers.archive(*two)))
    assert "more than 2 files" in refusal(nested, RANGE_ERROR, replace(DEFAULT_LIMITS, archive_entries=2))
    tight = replace(DEFAULT_LIMITS, archive_bytes=len(badge()) + 10)
    (first, second) = unpack(carriers.archive(*two), tight)
    assert first.problem is None
    assert second.problem is not None
    assert "together" in second.problem.detail
    bomb = carriers.archive(("a.json", b" " * 15_000_000))
    assert "many times" in refusal(bomb, RANGE_ERROR)
    large = carriers.archive(("a.json", b" " * 17_000_000), compression=zipfile.ZIP_STORED)
    wide = replace(DEFAULT_LIMITS, archive_ratio=2000, input_bytes=100_000)
    assert "larger than" in refusal(carriers.archive(("a.json", b" " * 200_000)), RANGE_ERROR, wide)
    refusal(large, RANGE_ERROR)


def test_files_that_share_bytes_are_refused() -> None:
    data = bytearray(carriers.archive(("a.json", badge()), ("b.json", other()), compression=zipfile.ZIP_STORED))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = struct.pack("<I", 4)
    assert "overlap" in refusal(bytes(data), PARSING_ERROR)


def test_sizes_that_an_archive_states_are_not_believed() -> None:
    data = bytearray(carriers.archive(("a.json", b" " * 15_000_000)))
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    refusal(bytes(data), PARSING_ERROR)


def test_large_archives_and_those_with_long_fields_are_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written, written.open("badge.json", "w", force_zip64=True) as file:
        file.write(badge())
    assert Web().inspect(out.getvalue()).verdict is Verdict.VALID
    many = carriers.archive(
        *((f"{number}.json", badge(name=f"No {number}")) for number in range(3)),
        *((f"note {number}.txt", b"some words") for number in range(3000)),
    )
    assert len(unpack(many)) == 3


def test_looking_into_files_is_bounded_and_what_was_not_looked_into_is_kept() -> None:
    pictures = [(f"{number}.png", carriers.code_picture(f"{ADDRESS}{number}")) for number in range(4)]
    pieces = unpack(carriers.archive(*pictures), replace(DEFAULT_LIMITS, looks=2))
    assert len(pieces) == 4
    assert all(piece.problem is None and piece.data for piece in pieces)


def test_a_damaged_credential_alone_in_an_archive_is_found_and_invalid() -> None:
    baked = bytearray(carriers.png(badge()))
    baked[baked.index(b"Reading")] ^= 1
    report = Web().inspect(carriers.archive(("badge.png", bytes(baked))))
    assert report.verdict is Verdict.INVALID
    assert report.credential_found
    assert report.check("parsing").problems[0].detail.startswith("badge.png in the archive:")


# -- nothing there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind", "word"),
    [
        (b"", PARSING_ERROR, "empty"),
        (b" \r\n", PARSING_ERROR, "empty"),
        (b"[1]", PARSING_ERROR, "array"),
        (b"hello there", PARSING_ERROR, "no ZIP archive"),
        (b"\x00\x01", PARSING_ERROR, "no ZIP archive"),
        (b"PK\x05\x06" + b"\0" * 18, PARSING_ERROR, "holds no credential"),
        (b"PK\x03\x04 broken", PARSING_ERROR, "damaged"),
        (b"%PDF-1.7 broken", PARSING_ERROR, "damaged"),
        (carriers.SVG, PARSING_ERROR, "carries no credential"),
        (b"x" * 1001, RANGE_ERROR, "larger than 1000"),
    ],
)
def test_each_refusal_says_what_is_wrong(data: bytes, kind: ProblemType, word: str) -> None:
    limits = replace(DEFAULT_LIMITS, input_bytes=1000) if kind is RANGE_ERROR else DEFAULT_LIMITS
    assert word in refusal(data, kind, limits)
    assert unpack(data, limits) == (Piece(None, data),)


def test_a_report_of_an_address_is_plain_json() -> None:
    body = json.loads(Web({ADDRESS: badge()}).inspect(ADDRESS).to_bytes())
    assert body["input"]["address"] == ADDRESS
    assert body["documents"][0]["url"] == ADDRESS
