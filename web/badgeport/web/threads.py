"""Work that takes its time, done beside the event loop in one of the threads that all rooms share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio.to_thread import current_default_thread_limiter

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What ``work`` gives, done in a thread; it waits for its turn where all are taken, and raises what it raises.

    It counts with the work that the framework does in threads, and takes fewer turns of the event loop to get there.
    """
    threads, place = current_default_thread_limiter(), object()
    try:
        threads.acquire_on_behalf_of_nowait(place)
    except anyio.WouldBlock:
        await threads.acquire_on_behalf_of(place)
    try:
        return await asyncio.to_thread(work)
    finally:
        threads.release_on_behalf_of(place)
