"""The program that looks for QR codes in one picture: from standard input to what they say on standard output.

It is run by `codes` in a confined process and imports nothing of this project. The answer is one JSON list of texts in
hexadecimal, each once.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

UNREADABLE, INTRICATE, OVERSIZED = 3, 5, 6
"""Exit codes, those of `confined`."""

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_PLENTY = 16_000_000
"""Pixels in which nearly every readable code is found; a larger picture is looked at in half its size first."""


def views(picture: Any) -> Iterator[Any]:
    """The picture in grey, at half its size first where it is large."""
    from PIL import Image

    if picture.mode in ("P", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    alpha = picture.getchannel("A") if picture.mode in ("RGBA", "LA") else None
    grey = picture.convert("L")
    see_through = alpha is not None and alpha.getextrema()[0] != 255
    # What is transparent has some colour below it that nobody sees: it is shown on paper, or on a dark screen.
    for background in (255, 0) if see_through else (None,):
        view = grey
        if background is not None:
            view = Image.new("L", grey.size, background)
            view.paste(grey, mask=alpha)
        if view.width * view.height > _PLENTY:
            yield view.reduce(2)
        yield view


def content(raw: bytes, text: str) -> bytes:
    """The bytes a code was made from; where they are not UTF-8, the text a reader makes of them."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return text.encode("utf-8", "replace").strip()
    return raw.removeprefix(b"\xef\xbb\xbf").strip()


def codes(data: bytes, most_pixels: int) -> list[bytes] | None:
    """What every QR code in the picture says, each text once; None where it has too many pixels to be decoded."""
    import zxingcpp
    from PIL import Image

    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    # Our own bound on the pixels takes the place of the library's.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
        if picture.width * picture.height > most_pixels:
            return None
        for view in views(picture):
            found = [code for code in zxingcpp.read_barcodes(view, formats=wanted) if code.valid]
            if found:
                return list(dict.fromkeys(content(code.bytes, code.text) for code in found))
    return []


def main(arguments: list[str]) -> int:
    """Read standard input within the bound given as argument; returns the exit code."""
    try:
        found = codes(sys.stdin.buffer.read(), int(arguments[0]))
    except MemoryError:
        return INTRICATE
    except Exception:
        # The decoders of pictures raise whatever comes to them: OSError, SyntaxError, struct.error.
        return UNREADABLE
    if found is None:
        return OVERSIZED
    sys.stdout.write(json.dumps([text.hex() for text in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
