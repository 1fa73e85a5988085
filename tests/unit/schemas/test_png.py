"""Credentials in PNG images."""

import struct
import zlib

import pytest

from badgeport.schemas import png
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, ProblemError, ProblemType

JSON = '{"@context":["https://www.w3.org/ns/credentials/v2"],"name":"Ünïcode 😀","x":"]]>"}'
JWS = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
GAMMA = chunk(b"gAMA", struct.pack(">I", 45455))
PIXELS = chunk(b"IDAT", zlib.compress(b"\0\x7f"))
END = chunk(b"IEND")
IMAGE = SIGNATURE + HEADER + GAMMA + PIXELS + PIXELS + END


def text_chunk(
    text: bytes, keyword: bytes = b"openbadgecredential", flags: bytes = b"\0\0", tags: bytes = b"\0\0"
) -> bytes:
    return chunk(b"iTXt", keyword + b"\0" + flags + tags + text)


def image(*chunks: bytes) -> bytes:
    return SIGNATURE + HEADER + b"".join(chunks) + PIXELS + END


def refused(data: bytes, kind: ProblemType = PARSING_ERROR) -> str:
    with pytest.raises(ProblemError) as error:
        png.unbake(data)
    assert error.value.problem.type == kind
    return error.value.problem.detail


@pytest.mark.parametrize("payload", [JSON, JWS, " \n" + JSON + "\r\n"])
def test_one_uncompressed_chunk_before_the_pixels(payload: str) -> None:
    baked = png.bake(IMAGE, payload)
    assert baked == SIGNATURE + HEADER + GAMMA + text_chunk(payload.encode()) + PIXELS + PIXELS + END
    assert png.unbake(baked) == png.Baked(payload, "ob3")


def test_a_second_credential_needs_overwrite() -> None:
    baked = png.bake(IMAGE, JSON)
    with pytest.raises(ProblemError) as error:
        png.bake(baked, JWS)
    assert error.value.problem.type == MALFORMED_VALUE_ERROR
    assert png.bake(baked, JWS, overwrite=True) == png.bake(IMAGE, JWS)
    assert png.bake(IMAGE, JWS, overwrite=True) == png.bake(IMAGE, JWS)


def test_overwrite_replaces_every_credential_and_nothing_else() -> None:
    after = SIGNATURE + HEADER + text_chunk(b"a") + PIXELS + text_chunk(b"b") + GAMMA + END
    assert png.bake(after, JWS, overwrite=True) == SIGNATURE + HEADER + text_chunk(JWS.encode()) + PIXELS + GAMMA + END


def test_other_standards() -> None:
    assert png.unbake(image(text_chunk(JWS.encode(), b"clrcredential"))) == png.Baked(JWS, "clr2")
    assert png.unbake(image(text_chunk(b"https://a.example/1", b"openbadges"))).standard == "ob2"
    legacy = image(chunk(b"tEXt", b"openbadges\0https://a.example/1"))
    assert png.unbake(legacy) == png.Baked("https://a.example/1", "ob2")
    both = png.bake(legacy, JWS)
    assert png.unbake(both) == png.Baked(JWS, "ob3")


def test_other_text_is_not_a_credential() -> None:
    plain = image(chunk(b"tEXt", b"openbadgecredential\0" + JWS.encode()), text_chunk(b"x", b"Comment"))
    assert "no credential" in refused(plain)
    assert "no credential" in refused(IMAGE)


def test_language_tags_are_read_over() -> None:
    assert png.unbake(image(text_chunk(JWS.encode(), tags=b"en\0Badge\0"))).payload == JWS


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (text_chunk(zlib.compress(b"{}"), flags=b"\1\0"), "compressed"),
        (text_chunk(b"\xff\xfe"), "UTF-8"),
        (text_chunk(b""), "empty"),
        (text_chunk(b" \n"), "empty"),
        (chunk(b"iTXt", b"openbadgecredential"), "malformed"),
        (chunk(b"iTXt", b"openbadgecredential\0\0"), "malformed"),
        (chunk(b"iTXt", b"openbadgecredential\0\0\0en"), "malformed"),
        (text_chunk(b"{}") + text_chunk(b"{}"), "more than one"),
    ],
)
def test_unusable_credentials(body: bytes, reason: str) -> None:
    assert reason in refused(image(body))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "signature"),
        (SIGNATURE[:-1], "signature"),
        (SIGNATURE, "lacks"),
        (SIGNATURE + b"\0\0", "cut off"),
        (IMAGE[:-1], "cut off"),
        (IMAGE[:-12], "lacks"),
        (IMAGE + b"\0", "after its end"),
        (IMAGE + END, "after its end"),
        (SIGNATURE + HEADER + END, "lacks"),
        (SIGNATURE + PIXELS + HEADER + END, "lacks"),
        (SIGNATURE + b"\xff\xff\xff\xff" + HEADER[4:] + END, "length"),
        (SIGNATURE + chunk(b"IH\0R") + END, "without a name"),
        (SIGNATURE + HEADER[:-1] + b"\0" + PIXELS + END, "checksum"),
        (png.bake(IMAGE, JSON).replace(b"credentials/v2", b"credentials/v1"), "checksum"),
    ],
)
def test_broken_images(data: bytes, reason: str) -> None:
    assert reason in refused(data)
    with pytest.raises(ProblemError) as error:
        png.bake(data, JSON, overwrite=True)
    assert error.value.problem.type == PARSING_ERROR


def test_every_single_byte_change_is_noticed() -> None:
    baked = png.bake(IMAGE, JWS)
    for position in range(len(baked)):
        changed = bytearray(baked)
        changed[position] ^= 1
        with pytest.raises(ProblemError):
            png.unbake(bytes(changed))


def test_bounds() -> None:
    assert "chunks" in refused(image(chunk(b"teSt") * 70_000), RANGE_ERROR)
    with pytest.raises(ProblemError) as error:
        png.unbake(IMAGE, Limits(input_bytes=len(IMAGE) - 1))
    assert error.value.problem.type == RANGE_ERROR
    for payload in (JSON, JWS):
        small = Limits(document_bytes=len(payload.encode()) - 1)
        for use in (
            lambda small=small, payload=payload: png.bake(IMAGE, payload, limits=small),
            lambda small=small, payload=payload: png.unbake(png.bake(IMAGE, payload), small),
        ):
            with pytest.raises(ProblemError) as error:
                use()
            assert error.value.problem.type == RANGE_ERROR


@pytest.mark.parametrize("payload", ["", " ", "a b", "é", "a\nb", "\0", '{"a":1', '{"a":1,"a":2}', '{"a":"\ud800"}'])
def test_only_json_or_one_line_is_baked(payload: str) -> None:
    with pytest.raises(ProblemError):
        png.bake(IMAGE, payload)
