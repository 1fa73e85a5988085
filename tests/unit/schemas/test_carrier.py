"""Telling what a received file is."""

import zlib

import pytest

from badgeport.schemas import carrier
from badgeport.schemas.problems import UNSUPPORTED, ProblemError

HEADER = "eyJhbGciOiJFUzI1NiJ9"
JWS = f"{HEADER}.e30.c2ln"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\x89PNG\n", "unknown"),
        (SVG, "svg"),
        (b"<svg>", "svg"),
        (b"<svg/>", "svg"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><!-- <a> -- ><b/> -->\n<s:svg a='1'>", "svg"),
        (b"<?a?b ?><!---a--><svg\n>", "svg"),
        (b'<!DOCTYPE svg PUBLIC "a" "b"><svg>', "svg"),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>", "svg"),
        (b"<svgx>", "text"),
        (b"<html><svg></html>", "html"),
        (b" <!-- a --><!DOCTYPE html>", "html"),
        (b"<!doctype HTML>", "html"),
        (b"<htmlx>", "text"),
        (b"<!-- <svg> -->", "text"),
        (b"<!-- <svg>", "text"),
        (b"{}", "json"),
        (b"\xef\xbb\xbf\n {", "json"),
        (b'[{"a":1}]', "json"),
        (b'{"\xff\x00', "json"),
        (JWS.encode(), "jws"),
        (f"\n{JWS} \r\n".encode(), "jws"),
        (f"{HEADER}.e30.".encode(), "jws"),
        (f"{HEADER}..c2ln".encode(), "jws"),
        (b"ewogImFsZyI6IkVTMjU2In0.e30.c2ln", "jws"),
        (f"{JWS}~".encode(), "sd-jwt"),
        (f"{JWS}~WyJhIl0~WyJiIl0~".encode(), "sd-jwt"),
        (f"{JWS}~WyJhIl0~{JWS}".encode(), "sd-jwt"),
        (f"{JWS}.x".encode(), "jws"),
        (f"{JWS}=".encode(), "jws"),
        (f"{JWS}~!".encode(), "sd-jwt"),
        (f"{JWS} {JWS}".encode(), "text"),
        (b"www.badges.example", "text"),
        (b"https://badges.example/a.b.c", "text"),
        ("Zeugnis für Anna".encode(), "text"),
        (b"%PDF-1.7\n", "pdf"),
        (b"\n%PDF-1.7\n", "pdf"),
        (b"PK\x03\x04\x14", "zip"),
        (b"PK\x05\x06" + bytes(18), "zip"),
        (b"", "unknown"),
        (b" \n", "unknown"),
        (b"\x00\x01", "unknown"),
        (b"\xff\xd8\xff\xe0JFIF", "jpeg"),
        (b"GIF89a\x01\x00", "gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "unknown"),
        ("{}".encode("utf-16"), "unknown"),
    ],
)
def test_detect(data: bytes, kind: str) -> None:
    assert carrier.detect(data) == kind


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


PNG = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(("image", "kind"), [(SVG, "svg"), (PNG, "png")])
def test_baking_follows_the_kind_of_image(image: bytes, kind: str) -> None:
    baked = carrier.bake(image, JWS)
    assert carrier.detect(baked) == kind
    assert carrier.unbake(baked) == carrier.Baked(JWS, "ob3")
    with pytest.raises(ProblemError):
        carrier.bake(baked, JWS)
    assert carrier.unbake(carrier.bake(baked, "{}", overwrite=True)).payload == "{}"


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.7", b"{}", JWS.encode()])
def test_other_files_carry_nothing(data: bytes) -> None:
    for use in (lambda: carrier.bake(data, JWS), lambda: carrier.unbake(data)):
        with pytest.raises(ProblemError) as error:
            use()
        assert error.value.problem.type == UNSUPPORTED
