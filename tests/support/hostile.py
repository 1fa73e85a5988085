"""Files made to cost their reader as much as possible, and a process with bounds of its own to read them in.

    python hostile.py SECONDS DIRECTORY

reads every file of the directory, with that much time for each picture and PDF file, and prints lines of JSON.
"""

from __future__ import annotations

import io
import json
import random
import resource
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

ADDRESS_SPACE = 3 * 1024 * 1024 * 1024
"""Of the whole process. What reads pictures and PDF files has a bound of its own below it."""


# -- archives -------------------------------------------------------------------------------------------------------


def _archive(files: Iterator[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as written:
        for name, data in files:
            written.writestr(name, data)
    return out.getvalue()


def zip_of_zeros() -> bytes:
    """A thousand to one: 100 MB in 100 KB."""
    return _archive((f"{number}.json", bytes(10_000_000)) for number in range(10))


def zip_of_spaces_before_a_badge() -> bytes:
    """Everything within the ratio, each file as large as is read."""
    filler = random.Random(1).randbytes(90_000).hex().encode()
    return _archive((f"{number}.json", b'{"@context":"' + filler + b" " * 15_000_000 + b'"}') for number in range(9))


def zip_in_zip() -> bytes:
    """Six archives deep, sixteen files each."""
    data = b'{"a":1}' * 1000
    for _ in range(6):
        inner = data
        data = _archive((f"{number}.zip", inner) for number in range(16))
    return data


def zip_of_many() -> bytes:
    """Thirty thousand empty files."""
    return _archive((str(number), b"") for number in range(30_000))


def zip_that_overlaps() -> bytes:
    """Every entry of the directory leads to one and the same file."""
    data = _archive(iter([("a.json", bytes(10_000_000))]))
    at = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[at:end]
    count = 5_000
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, count, count, len(entry) * count, at)
    return data[:at] + entry * count + bytes(tail)


def zip_that_lies() -> bytes:
    """A file that says it unpacks to ten bytes and unpacks to fifty million."""
    data = bytearray(_archive(iter([("a.json", bytes(50_000_000))])))
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(magic) + offset, 10)
    return bytes(data)


def zip_of_long_names() -> bytes:
    """Names as long as they can be."""
    return _archive(("../" * 20_000 + f"{number}.json", b"{}") for number in range(120))


def zip_of_pictures() -> bytes:
    """Many pictures, each of which takes a while to look through."""
    return _archive((f"{number}.png", wide_png(3_000, 3_000, seed=number)) for number in range(12))


# -- pictures -------------------------------------------------------------------------------------------------------


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, depth: int, colour: int, *chunks: bytes, interlaced: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + _chunk(b"IEND", b"")


def png_of_giant_size() -> bytes:
    """Four thousand million pixels stated, nothing there."""
    return _png(65_000, 65_000, 8, 6, _chunk(b"IDAT", zlib.compress(b"\0")))


def png_of_allowed_size() -> bytes:
    """As many pixels as are looked at, in sixteen bits a channel: 400 MB from 400 KB."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(8 * 7_000)
    body = b"".join(packer.compress(row) for _ in range(7_000)) + packer.flush()
    return _png(7_000, 7_000, 16, 6, _chunk(b"IDAT", body))


def png_of_one_line() -> bytes:
    """All pixels in one line."""
    return _png(49_000_000, 1, 1, 0, _chunk(b"IDAT", zlib.compress(bytes(49_000_000 // 8 + 1), 9)))


def png_with_text_bomb() -> bytes:
    """A compressed text of 200 MB where the credential belongs."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b" " * 1_000_000) for _ in range(200)) + packer.flush()
    return _png(
        1,
        1,
        8,
        0,
        _chunk(b"iTXt", b"openbadgecredential\0\x01\0\0\0" + body),
        _chunk(b"zTXt", b"openbadges\0\0" + body),
        _chunk(b"iCCP", b"p\0\0" + body),
        _chunk(b"IDAT", zlib.compress(b"\0\0")),
    )


def png_of_many_chunks() -> bytes:
    """A quarter of a million small texts."""
    return _png(1, 1, 8, 0, _chunk(b"tEXt", b"a\0b") * 250_000, _chunk(b"IDAT", zlib.compress(b"\0\0")))


def png_with_many_frames() -> bytes:
    """An animation of ten thousand frames."""
    frames = [_chunk(b"acTL", struct.pack(">II", 10_000, 0))]
    control = struct.pack(">IIIIHHBB", 2_000, 2_000, 0, 0, 1, 1, 0, 0)
    picture = zlib.compress((b"\0" + bytes(2_000)) * 2_000, 9)
    for number in range(2_000):
        frames.append(_chunk(b"fcTL", struct.pack(">I", 2 * number) + control))
        frames.append(_chunk(b"fdAT", struct.pack(">I", 2 * number + 1) + picture[:100]))
    return _png(2_000, 2_000, 8, 0, _chunk(b"IDAT", picture), *frames)


def wide_png(width: int, height: int, seed: int = 1) -> bytes:
    """Noise in black and white: everywhere something that might be a corner of a code."""
    chance = random.Random(seed)
    rows = b"".join(b"\0" + chance.randbytes((width + 7) // 8) for _ in range(height))
    return _png(width, height, 1, 0, _chunk(b"IDAT", zlib.compress(rows, 1)))


def noise() -> bytes:
    """As much noise as fits."""
    return wide_png(7_000, 7_000)


def finder_patterns() -> bytes:
    """Thousands of the corner marks of QR codes, and no code."""
    from PIL import Image

    mark = [0b1111111, 0b1000001, 0b1011101, 0b1011101, 0b1011101, 0b1000001, 0b1111111]
    tile = Image.new("1", (10, 10), 1)
    for y, bits in enumerate(mark):
        for x in range(7):
            tile.putpixel((x + 1, y + 1), 0 if bits >> x & 1 else 1)
    sheet = Image.new("1", (2_000, 2_000), 1)
    for y in range(0, 2_000, 10):
        for x in range(0, 2_000, 10):
            sheet.paste(tile, (x, y))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def many_codes() -> bytes:
    """Four hundred QR codes of different addresses on one sheet."""
    import qrcode
    from PIL import Image

    sheet = Image.new("1", (2_400, 2_400), 1)
    for number in range(400):
        maker = qrcode.QRCode(box_size=3, border=4)
        maker.add_data(f"https://badges.example/c/{number}")
        drawn = maker.make_image().get_image().convert("1")
        sheet.paste(drawn, (number % 20 * 120, number // 20 * 120))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def huge_code() -> bytes:
    """The largest QR code there is, at nearly as many pixels as are looked at."""
    import qrcode

    maker = qrcode.QRCode(version=40, box_size=37, error_correction=qrcode.constants.ERROR_CORRECT_L)
    maker.add_data("https://badges.example/" + "a" * 2_800)
    out = io.BytesIO()
    maker.make_image().get_image().convert("1").save(out, "PNG")
    return out.getvalue()


def _jpeg(width: int, height: int, **options: object) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("L", (width, height), 128).save(out, "JPEG", **options)
    return out.getvalue()


def jpeg_of_giant_size() -> bytes:
    """A small JPEG that states four thousand million pixels."""
    data = bytearray(_jpeg(64, 64))
    at = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, at + 5, 65_535, 65_535)
    return bytes(data)


def jpeg_of_many_scans() -> bytes:
    """A progressive JPEG whose last scan comes a hundred thousand times."""
    data = _jpeg(3_000, 3_000, progressive=True)
    at = data.rindex(b"\xff\xda")
    scan = data[at:-2]
    return data[:at] + scan[:400] * 20_000 + data[-2:]


def gif_of_many_frames() -> bytes:
    """A GIF that states the largest canvas and draws on it again and again."""
    head = b"GIF89a" + struct.pack("<HHBBB", 7_000, 7_000, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 7_000, 7_000, 0) + b"\x02\x02\x4c\x01\0"
    return head + frame * 100_000 + b"\x3b"


def webp_of_giant_size() -> bytes:
    """A WebP that states its largest size."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, "WEBP", lossless=True)
    data = bytearray(out.getvalue())
    at = data.index(b"VP8L") + 9
    struct.pack_into("<I", data, at, (16_383) | (16_383 << 14))
    return bytes(data)


# -- PDF ------------------------------------------------------------------------------------------------------------


def _pdf(objects: list[bytes], trailer: bytes = b"") -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def _stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n" % (len(body), entries) + body + b"\nendstream"


def _attached(embedded: bytes, *more: bytes) -> bytes:
    catalog = b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(a.json) 3 0 R]>>>>>>"
    pages = b"<</Type/Pages/Kids[]/Count 0>>"
    file = b"<</Type/Filespec/F(a.json)/UF(a.json)/EF<</F 4 0 R>>>>"
    return _pdf([catalog, pages, file, embedded, *more])


def pdf_with_flate_bomb() -> bytes:
    """An attached file of 400 MB, packed twice."""
    once = zlib.compressobj(9)
    body = b"".join(once.compress(bytes(1_000_000)) for _ in range(400)) + once.flush()
    return _attached(_stream(zlib.compress(body, 9), b"/Filter[/FlateDecode/FlateDecode]"))


def pdf_with_many_filters() -> bytes:
    """An attached file that is to be unpacked in five thousand steps."""
    return _attached(_stream(b"00>" * 1_000, b"/Filter[" + b"/ASCIIHexDecode" * 5_000 + b"]"))


def pdf_with_run_lengths() -> bytes:
    """The same bomb in another way of packing, and with a predictor."""
    packed = zlib.compress(b"\x81\x00" * 5_000_000 + b"\x80", 9)
    predictor = b"/DecodeParms[<</Predictor 15/Columns 1000000000>> null]"
    return _attached(_stream(packed, b"/Filter[/FlateDecode/RunLengthDecode]" + predictor))


def pdf_with_lzw() -> bytes:
    """A long LZW stream, which is unpacked slowly."""
    return _attached(_stream(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01" * 200_000, b"/Filter/LZWDecode"))


def pdf_nested(depth: int = 100_000) -> bytes:
    """Arrays in arrays."""
    return _attached(b"[" * depth + b"]" * depth)


def pdf_of_dictionaries(depth: int = 60_000) -> bytes:
    """Dictionaries in dictionaries."""
    return _attached(b"<</A" * depth + b" 1" + b">>" * depth)


def pdf_with_cycles() -> bytes:
    """A tree of names whose branches hang on each other, a length that is its own, a table that precedes itself."""
    catalog = b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 3 0 R>>/AF 5 0 R>>"
    pages = b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2/Parent 2 0 R>>"
    names = b"<</Kids[" + b"4 0 R 3 0 R " * 2_000 + b"]>>"
    other = b"<</Kids[" + b"3 0 R 4 0 R " * 2_000 + b"]>>"
    own = b"<</Length 5 0 R>>\nstream\nabc\nendstream"
    body = _pdf([catalog, pages, names, other, own])
    start = body.rindex(b"xref\n0")
    return body.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % start)


def pdf_with_wide_tree() -> bytes:
    """Ninety thousand attached files, all of them one."""
    names = b"<</Names[" + b"(a)3 0 R" * 90_000 + b"]>>"
    catalog = b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 5 0 R>>>>"
    file = b"<</Type/Filespec/F(a.json)/EF<</F 4 0 R>>>>"
    packed = zlib.compress(b'{"a":"' + b" " * 4_000_000 + b'"}', 9)
    pages = b"<</Type/Pages/Kids[]/Count 0>>"
    return _pdf([catalog, pages, file, _stream(packed, b"/Filter/FlateDecode"), names])


def pdf_of_many_objects() -> bytes:
    """A hundred and eighty thousand pages."""
    count = 180_000
    pages = b"<</Type/Pages/Count %d/Kids[" % count
    pages += b" ".join(b"%d 0 R" % number for number in range(3, count + 3)) + b"]>>"
    return _pdf([b"<</Type/Catalog/Pages 2 0 R>>", pages, *([b"<</Type/Page/Parent 2 0 R>>"] * count)])


def pdf_with_object_streams() -> bytes:
    """A table of ten million objects, of which there are none, and an object stream that is in itself."""
    head = b"%PDF-1.7\n"
    table = zlib.compress(bytes(4 * 10_000_000), 9)
    body = b"1 0 obj\n" + _stream(
        table, b"/Type/XRef/W[1 2 1]/Index[0 10000000]/Size 10000000/Root 2 0 R/Filter/FlateDecode"
    )
    return head + body + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def pdf_without_table() -> bytes:
    """No table, so that a patient reader looks for objects in ten million bytes that nearly are some."""
    return b"%PDF-1.7\n" + b"1 0 obj << /A 1 0 R \n" * 500_000 + b"\nstartxref\n5\n%%EOF\n"


# -- texts ----------------------------------------------------------------------------------------------------------


def svg_of_entities() -> bytes:
    """A text that is told to become a thousand million times itself."""
    entities = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))
    text = f'<!DOCTYPE svg [<!ENTITY a0 "ha">{entities}]><svg xmlns="http://www.w3.org/2000/svg">&a9;</svg>'
    return text.encode()


def svg_of_depth() -> bytes:
    """Elements in elements."""
    return b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<g>" * 400_000 + b"</g>" * 400_000 + b"</svg>"


def svg_of_attributes() -> bytes:
    """An element with a quarter of a million attributes, each in a namespace of its own."""
    attributes = "".join(f' xmlns:a{number}="urn:{number}"' for number in range(100_000))
    return f"<svg xmlns='http://www.w3.org/2000/svg'{attributes}/>".encode()


def json_of_depth() -> bytes:
    """Arrays in arrays."""
    return b'{"@context":' + b"[" * 900_000 + b"]" * 900_000 + b"}"


def json_of_digits() -> bytes:
    """One number of a million digits."""
    return b'{"@context":[],"type":"VerifiableCredential","credentialSubject":' + b"9" * 1_900_000 + b"}"


def json_of_contexts() -> bytes:
    """Ninety thousand contexts."""
    return json.dumps(
        {
            "@context": ["https://www.w3.org/ns/credentials/v2"] * 40_000,
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "proof": {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z" + "1" * 80},
        }
    ).encode()


def token_of_dots() -> bytes:
    """A token with a million parts."""
    return b"eyJhbGciOiJFUzI1NiJ9" + b"." * 1_500_000


def disclosures() -> bytes:
    """An SD-JWT with a hundred thousand disclosures of nothing."""
    return b"eyJhbGciOiJFUzI1NiJ9.e30.AAAA" + b"~WyJhIiwiYiIsMV0" * 100_000 + b"~"


def _package(**changes: object) -> bytes:
    manifest = {
        "format": "badgeport-package",
        "version": 1,
        "software": "x",
        "question": {"now": "2026-05-01T09:00:00Z", "asOf": "2026-05-01T09:00:00Z"},
        "input": "input.json",
        "documents": [],
        "failures": [],
        "contexts": {"fingerprint": "x", "added": []},
        "limits": {},
        "members": dict.fromkeys(("input.json", "report.json", "report.txt", "policy.json", "trust.json"), "0" * 64),
        **changes,
    }
    return json.dumps(manifest).encode()


def package_of_zeros() -> bytes:
    """A proof package with a member of 250 MB."""
    return _archive(iter([("badgeport-package.json", _package()), ("input.json", bytes(250_000_000))]))


def package_of_depth() -> bytes:
    """A manifest that is nothing but depth."""
    return _archive(iter([("badgeport-package.json", b'{"format":' + b"[" * 5_000_000)]))


def package_of_documents() -> bytes:
    """A manifest that lists a hundred thousand documents."""
    one = {"url": "https://a.example/", "file": "input.json"}
    listed = [{**one, "url": f"{one['url']}{number}"} for number in range(60_000)]
    return _archive(iter([("badgeport-package.json", _package(documents=listed))]))


def package_of_limits() -> bytes:
    """A manifest that would lift every limit, with numbers that are none."""
    manifest = _package(limits={"reader_seconds": 0}).replace(b'"reader_seconds": 0', b'"reader_seconds": 1e308')
    return _archive(iter([("badgeport-package.json", manifest)]))


MAKERS: dict[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        zip_of_zeros, zip_of_spaces_before_a_badge, zip_in_zip, zip_of_many, zip_that_overlaps, zip_that_lies,
        zip_of_long_names, zip_of_pictures,
        png_of_giant_size, png_of_allowed_size, png_of_one_line, png_with_text_bomb, png_of_many_chunks,
        png_with_many_frames, noise, finder_patterns, many_codes, huge_code, jpeg_of_giant_size, jpeg_of_many_scans,
        gif_of_many_frames, webp_of_giant_size,
        pdf_with_flate_bomb, pdf_with_many_filters, pdf_with_run_lengths, pdf_with_lzw, pdf_nested, pdf_of_dictionaries,
        pdf_with_cycles, pdf_with_wide_tree, pdf_of_many_objects, pdf_with_object_streams, pdf_without_table,
        svg_of_entities, svg_of_depth, svg_of_attributes, json_of_depth, json_of_digits, json_of_contexts,
        token_of_dots, disclosures,
        package_of_zeros, package_of_depth, package_of_documents, package_of_limits,
    )
}  # fmt: skip
"""How each file is made, by its name."""


# -- the process that reads them ------------------------------------------------------------------------------------


def read_all(seconds: int, directory: Path) -> int:
    """Read every file with every reader; print what each took and how it ended."""
    from datetime import UTC, datetime

    from badgeport.schemas.limits import DEFAULT_LIMITS
    from badgeport.schemas.problems import ProblemError
    from badgeport.verifier.intake import unpack
    from badgeport.verifier.package import read_package
    from badgeport.verifier.verifier import Verifier

    limits = replace(DEFAULT_LIMITS, reader_seconds=seconds, looks=3)
    verifier = Verifier(limits=limits, software="badgeport test")
    now = datetime(2026, 5, 1, 9, 0, 0, tzinfo=UTC)

    def inspect(data: bytes) -> str:
        report = verifier.inspect(data, now=now)
        return f"{report.verdict.value} {' '.join(report.codes)}"

    readers: dict[str, Callable[[bytes], str]] = {
        "inspect": inspect,
        "unpack": lambda data: f"{len(unpack(data, limits))} pieces",
        "read_package": lambda data: f"{len(read_package(data, limits).members)} members",
    }
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    for path in sorted(directory.iterdir()):
        data = path.read_bytes()
        for name, read in readers.items():
            started = time.monotonic()
            try:
                ended = read(data)
            except ProblemError as error:
                ended = f"refused {error.problem.type.code}"
            except BaseException as error:
                ended = f"raised {type(error).__name__}: {str(error)[:200]}"
            print(
                json.dumps(
                    {
                        "file": path.name,
                        "reader": name,
                        "ended": ended,
                        "seconds": round(time.monotonic() - started, 3),
                        "megabytes": most_megabytes(),
                    }
                ),
                flush=True,
            )
    return 0


def most_megabytes() -> int:
    """The most memory this program has held. What the system calls ``ru_maxrss`` begins with what its parent held."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


if __name__ == "__main__":
    sys.exit(read_all(int(sys.argv[1]), Path(sys.argv[2])))
