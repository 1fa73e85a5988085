"""Pictures as pixels, drawn by a process of their own (`picture_drawer`) that is bounded in time and memory.

A picture of a few lines can be made to take hours to draw, and what draws it is native code: it is never drawn in the
process that serves, nor while a database session is open.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path

from badgeport.schemas import confined

PIXELS = 512
SECONDS = 4
MEMORY = 1024 * 1024 * 1024
PATIENCE = 20.0
"""For how many seconds somebody waits for a picture at most."""

_PROGRAM = Path(__file__).with_name("picture_drawer.py")
_MOST_KEPT = 64
_kept: OrderedDict[str, Future[bytes]] = OrderedDict()
_lock = threading.Lock()


class DrawingError(Exception):
    """A picture was not drawn: it is none, or draws more than it may; or, where ``busy``, this machine had no time."""

    def __init__(self, *, busy: bool) -> None:
        super().__init__("there was no time to draw the picture" if busy else "the picture cannot be drawn")
        self.busy = busy


def pixels(picture: bytes) -> bytes:
    """A picture (SVG, PNG or JPEG, told by its bytes) as a PNG of 512 pixels each way.

    Who asks for a picture that is being drawn waits for that; those drawn last are kept, also those that cannot be
    drawn. Raises DrawingError.
    """
    digest = hashlib.sha256(picture).hexdigest()
    with _lock:
        drawing = _kept.get(digest)
        mine = drawing is None
        if drawing is None:
            drawing = _kept[digest] = Future()
        _kept.move_to_end(digest)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    if mine:
        _draw(picture, digest, drawing)
    try:
        return drawing.result(PATIENCE)
    except TimeoutError:
        raise DrawingError(busy=True) from None


def _draw(picture: bytes, digest: str, drawing: Future[bytes]) -> None:
    try:
        made = confined.run(_PROGRAM, picture, PIXELS, seconds=SECONDS, memory=MEMORY, patience=PATIENCE)
    except BaseException as error:
        known = isinstance(error, confined.ConfinedError)
        busy = not (isinstance(error, confined.ConfinedError) and error.code != confined.UNAVAILABLE)
        if busy:
            with _lock:
                _kept.pop(digest, None)
        drawing.set_exception(DrawingError(busy=busy))
        if not known:
            raise
    else:
        drawing.set_result(made)
