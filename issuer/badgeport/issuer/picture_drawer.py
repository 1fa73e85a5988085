"""A program that draws a picture as pixels; the file is told by its bytes.

It is run by `drawing` in a confined process and imports nothing of this project. The picture comes on standard input,
its width and height in pixels as argument; the answer is a PNG. typst opens no file and no address for a picture: its
bytes and fonts are all it reads.
"""

from __future__ import annotations

import os
import sys

UNREADABLE = 3
"""Exit code, that of `confined`."""

_PAGE = b"""#set page(width: 512pt, height: 512pt, margin: 0pt, fill: none)
#let given = json(bytes(sys.inputs.picture))
#let drawn = if type(given) == str { bytes(given) } else { bytes(given) }
#align(center + horizon, image(drawn, width: 512pt, height: 512pt, fit: "contain"))
"""
_POINTS = 512


def main() -> int:
    """Draw one picture."""
    # One thread: each takes address space of its own, and the bound is for one.
    os.environ["RAYON_NUM_THREADS"] = "1"
    import json

    import typst

    data = sys.stdin.buffer.read()
    try:
        given = json.dumps(data.decode("utf-8"))
    except UnicodeDecodeError:
        given = json.dumps(list(data))
    try:
        made = typst.compile(
            _PAGE, format="png", ppi=72.0 * int(sys.argv[1]) / _POINTS, sys_inputs={"picture": given}
        )
    except typst.TypstError:
        return UNREADABLE
    if not isinstance(made, bytes):
        return UNREADABLE
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
