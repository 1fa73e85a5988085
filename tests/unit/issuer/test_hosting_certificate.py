"""The certificate: what it says, what is attached, and that no text of a badge is read as markup."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

pytest.importorskip("typst", reason="the extra 'service' installs typst")

from PIL import Image
from pypdf import PdfReader

from badgeport.issuer import images
from badgeport.issuer.hosting.art import PNG, SVG, Art, as_png, as_svg, baked_png, baked_svg, drawn
from badgeport.issuer.hosting.certificate import Sheet, certificate
from badgeport.schemas import png, svg

MADE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
CREDENTIAL = '{"name": "Señales — 測試"}'.encode()
ART = Art(images.badge_svg("Data Talks", "Prairie"), SVG)
SHEET = Sheet(
    language="en",
    name="Facilitating Data Talks",
    issuer="Prairie Regional Cooperative",
    recipient="Rosa Delgado",
    description="Leads colleagues through a talk.",
    url="https://badges.example/c/abc",
    art_alt="Badge: Facilitating Data Talks",
    footer="This paper shows what the signed badge said.",
    labels=(
        ("kind", "Micro-credential"),
        ("awarded_to", "Awarded to"),
        ("unnamed", "Not named in clear."),
        ("scan", "Check it here"),
        ("attached", "The signed badge"),
    ),
    facts=(("Awarded on", "May 1, 2026"), ("Credit", "15 clock hours")),
)


def words(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf), strict=True)
    return "".join("".join(page.extract_text() for page in reader.pages).split())


def made(art: Art = ART, **changes: Any) -> bytes:
    return certificate(replace(SHEET, **changes), drawn(art), CREDENTIAL, MADE)


def test_it_says_everything_and_holds_the_badge_as_it_was_signed() -> None:
    pdf = made()
    text = words(pdf)
    wanted = [SHEET.name, SHEET.recipient, SHEET.description, SHEET.url, SHEET.footer]
    wanted += [part for row in SHEET.facts for part in row]
    assert [one for one in wanted if "".join(one.split()) not in text] == []
    assert "Notnamed" not in text
    reader = PdfReader(io.BytesIO(pdf), strict=True)
    assert {name: list(data) for name, data in reader.attachments.items()} == {"credential.json": [CREDENTIAL]}
    assert len(reader.pages) == 1


def test_it_is_fit_to_be_kept_and_to_be_read_aloud() -> None:
    pdf = made()
    assert b"<pdfaid:part>3</pdfaid:part>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf


def test_the_same_badge_gives_the_same_bytes_and_another_gives_others() -> None:
    assert made() == made()
    assert made() != made(recipient="")


def test_without_a_name_it_says_so() -> None:
    assert "Notnamedinclear." in words(made(recipient=""))


def test_what_stands_against_the_badge_stands_on_the_paper() -> None:
    assert "revokedonMay2" in words(made(stamp="This badge was revoked on May 2.", tone="revoked"))


@pytest.mark.parametrize(
    "text",
    [
        '#panic("x")',
        '#read("/etc/passwd")',
        "*bold* _it_ $x^2$ <label> @ref = heading",
        "[link](https://x.example) \\ # ` ```",
        "x" * 5000,
        "\u202eabc\u0000\u200b",
        "測試 🎓 العربية",
    ],
)
def test_no_text_is_read_as_markup(text: str) -> None:
    pdf = made(name=text[:200] or "x", recipient=text, description=text, facts=(("Credit", text),))
    assert pdf.startswith(b"%PDF-")
    if text.isascii() and len(text) < 100:
        assert "".join(text.split()) in words(pdf)


def picture(mode: str, form: str) -> bytes:
    target = io.BytesIO()
    Image.new(mode, (90, 60), (10, 120, 130)).save(target, form)
    return target.getvalue()


@pytest.mark.parametrize(
    "art", [ART, Art(picture("RGB", "PNG"), PNG), Art(picture("RGB", "JPEG"), "image/jpeg")], ids=["svg", "png", "jpeg"]
)
def test_every_kind_of_picture_carries_the_badge_and_goes_on_paper(art: Art) -> None:
    baked = baked_png(art, CREDENTIAL)
    assert png.unbake(baked).payload == CREDENTIAL.decode()
    with Image.open(io.BytesIO(baked)) as opened:
        opened.verify()
    drawn = baked_svg(art, CREDENTIAL, "A <title> & more")
    assert svg.unbake(drawn).payload == CREDENTIAL.decode()
    assert made(art).startswith(b"%PDF-")


def test_a_drawing_keeps_its_words_and_colours_as_pixels() -> None:
    with Image.open(io.BytesIO(as_png(ART))) as opened:
        assert opened.size == (512, 512)
        assert len(opened.convert("RGB").getcolors(1_000_000) or ()) > 50
        assert opened.convert("RGBA").getpixel((2, 2))[3] == 0  # type: ignore[index]


def test_a_drawing_that_cannot_be_drawn_gives_way_to_one_of_ours() -> None:
    assert as_png(Art(b"<svg", SVG)) == images.badge_png()
    assert drawn(Art(b"\x89PNG\r\n\x1a\n", PNG)) == images.badge_png()
    assert as_svg(ART, "x") == ART.body
