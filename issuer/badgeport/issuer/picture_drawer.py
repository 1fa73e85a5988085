"""A program that draws a picture as pixels; the file is told by its bytes.

It is run by `drawing` in a confined process and imports nothing of this project. The picture comes on standard input,
how many pixels it is wide and high as argument; the answer is a PNG. The picture and fonts are all that is read: typst
opens no file and no address for a picture that it is handed as bytes.
"""

from __future__ import annotations

import json
import os
import sys

UNREADABLE = 3
"""Exit code, that of `confined`."""

_POINTS = 512
_PAGE = b"""#set page(width: 512pt, height: 512pt, margin: 0pt, fill: none)
#let picture = bytes(json(bytes(sys.inputs.picture)))
#align(center + horizon, image(picture, width: 512pt, height: 512pt, fit: "contain"))
"""


def main() -> int:
    """Draw one picture."""
    # Every thread takes address space, which is bounded.
    os.environ["RAYON_NUM_THREADS"] = "1"
    import typst

    data = sys.stdin.buffer.read()
    try:
        # SVG as a text, which is quick; the bytes of any other as numbers.
        picture = json.dumps(data.decode("utf-8"))
    except UnicodeDecodeError:
        picture = json.dumps(list(data))
    resolution = 72.0 * int(sys.argv[1]) / _POINTS
    try:
        made = typst.compile(_PAGE, format="png", ppi=resolution, sys_inputs={"picture": picture})
    except typst.TypstError:
        return UNREADABLE
    if not isinstance(made, bytes):
        return UNREADABLE
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
