"""A small PNG writer, so that pictures need no imaging library (PNG, ISO/IEC 15948)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGBA = 0, 6


def one_bit(rows: Sequence[Sequence[bool]], scale: int) -> bytes:
    """A black and white PNG: true is black, every cell is ``scale`` pixels wide and high; ``rows`` are equally long."""
    width = len(rows[0]) * scale
    lines = []
    for row in rows:
        bits = "".join(("0" if dark else "1") * scale for dark in row)
        bits = bits.ljust((width + 7) // 8 * 8, "0")
        line = b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
        lines.append(line * scale)
    return _png(width, len(rows) * scale, 1, _GREY, b"".join(lines))


def rgba(width: int, height: int, pixels: bytes) -> bytes:
    """A colour PNG with transparency; ``pixels`` are ``width * height`` times red, green, blue, alpha, a byte each."""
    stride = width * 4
    lines = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, stride * height, stride))
    return _png(width, height, 8, _RGBA, lines)


def _png(width: int, height: int, depth: int, colour_type: int, lines: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines, 9)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
