"""QR codes and badge pictures: readable by others' decoders, safe with any text."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from PIL import Image as PillowImage

from badgeport.issuer import images, qr
from badgeport.schemas import carrier
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, RANGE_ERROR, ProblemError

zxingcpp = pytest.importorskip("zxingcpp")
SVG = "{http://www.w3.org/2000/svg}"
LINK = "https://badges.prairie-crossing.example/c/7d3bb6a4-1c1b-4c3f-9f1a-0c2f5b9a7e11"


class TestQr:
    @pytest.mark.parametrize("content", [LINK, "x", "Grüße, 世界", "x" * 2331])
    def test_the_png_reads_back(self, content: str) -> None:
        picture = PillowImage.open(io.BytesIO(qr.png(content, scale=4)))
        assert picture.mode == "1"
        assert zxingcpp.read_barcodes(picture.convert("L"))[0].text == content

    def test_the_svg_shows_the_same_modules(self) -> None:
        root = ElementTree.fromstring(qr.svg(LINK, title='Badge of "Ana" & <friends>'))
        assert root.findtext(f"{SVG}title") == 'Badge of "Ana" & <friends>'
        rows = qr.matrix(LINK)
        assert root.get("viewBox") == f"0 0 {len(rows)} {len(rows)}"
        drawn = [[False] * len(rows) for _ in rows]
        for run in root.findall(f"{SVG}path")[1].get("d", "").split("z")[:-1]:
            start, _, rest = run[1:].partition("h")
            x, y = map(int, start.split())
            for offset in range(int(rest.partition("v")[0])):
                drawn[y][x + offset] = True
        assert drawn == rows

    def test_the_quiet_zone_is_four_modules(self) -> None:
        rows = qr.matrix(LINK)
        assert not any(any(row) for row in rows[:4] + rows[-4:])
        assert not any(any(row[:4]) or any(row[-4:]) for row in rows)
        assert rows[4][4]

    def test_too_much_and_nothing_are_refused(self) -> None:
        with pytest.raises(ProblemError, match="encode a link to the badge instead") as caught:
            qr.png("x" * 2332)
        assert caught.value.problem.type is RANGE_ERROR
        for content in ("", "\ud800"):
            with pytest.raises(ProblemError) as caught:
                qr.svg(content)
            assert caught.value.problem.type is MALFORMED_VALUE_ERROR
        with pytest.raises(ProblemError, match="scale"):
            qr.png(LINK, scale=0)


class TestBadgePictures:
    @pytest.mark.parametrize(
        ("achievement", "issuer"),
        [
            ("Questioning that Makes Thinking Visible", "Prairie Crossing School District 12"),
            ("<script>alert(1)</script> & \"quotes\" 'here'", "]]> \x00\x1b &amp;"),
            ("", ""),
            ("W" * 500, "W" * 500),
            ("学習者の考えを引き出す発問の設計と実践" * 5, "草原学区"),
            ("\ud800", "a\u202eb"),
        ],
    )
    def test_any_text_makes_a_well_formed_svg(self, achievement: str, issuer: str) -> None:
        root = ElementTree.fromstring(images.badge_svg(achievement, issuer))
        assert root.tag == f"{SVG}svg"
        assert root.get("role") == "img"
        assert not root.findall(f".//{SVG}script")
        assert len(root.findall(f".//{SVG}text")) <= 7

    def test_the_names_are_shown_and_spoken(self) -> None:
        root = ElementTree.fromstring(images.badge_svg("Reading & Writing", "District 12"))
        assert root.findtext(f"{SVG}title") == "Reading & Writing"
        assert root.findtext(f"{SVG}desc") == "Badge: Reading & Writing, awarded by District 12"
        assert [text.text for text in root.findall(f".//{SVG}text")] == ["Reading &", "Writing", "District 12"]

    def test_a_long_name_is_wrapped_whole(self) -> None:
        name = "Micro-endorsement: Computational Thinking Across the Curriculum"
        root = ElementTree.fromstring(images.badge_svg(name, "X"))
        texts = [str(text.text) for text in root.findall(f".//{SVG}text")]
        assert " ".join(texts[:-1]) == name
        assert max(map(len, texts)) <= 26

    def test_the_png_is_a_transparent_rosette(self) -> None:
        picture = PillowImage.open(io.BytesIO(images.badge_png("Reading")))
        assert (picture.size, picture.mode) == ((240, 240), "RGBA")
        assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index]
        assert picture.getpixel((120, 60)) == (*images.palette("Reading").ribbon, 255)
        assert picture.getpixel((120, 106)) != picture.getpixel((120, 60))

    def test_both_pictures_can_be_baked(self) -> None:
        payload = "eyJ.eyJ.c2ln"
        for picture in (images.badge_png("Reading"), images.badge_svg("Reading", "District 12")):
            assert carrier.unbake(carrier.bake(picture, payload)).payload == payload
