"""What other rooms of this installation keep of an account's person, as they say themselves.

The issuer knows nothing of the rooms above it; each says here, when it is loaded, how a person is taken out of what it
keeps, and what of it is handed to them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session


@dataclass(frozen=True, slots=True)
class Room:
    """``erase`` takes an account's person out of what the room keeps, in the transaction that erases the account.

    ``export`` reads what the room keeps of them: the rows of ``name``.json in their file, which ``about`` describes.
    """

    name: str
    about: str
    erase: Callable[[Session, str, datetime], None]
    export: Callable[[Session, str], Sequence[dict[str, Any]]]


ROOMS: dict[str, Room] = {}
"""By name."""


def register(room: Room) -> None:
    """Add a room; the same one again changes nothing."""
    ROOMS[room.name] = room
