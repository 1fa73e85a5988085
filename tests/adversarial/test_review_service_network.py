"""Keeping the verifier busy must not bring an old status list back into use."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.resolution.network import GuardedFetcher, Timeouts
from badgeport.verifier.verifier import Verifier
from support import verifying as v
from support.web import Web

UNTIL = "2026-05-20T00:00:00Z"


class Clock:
    now = v.NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as served:
        yield served


def in_the_background(calls: list[Callable[[], object]]) -> list[threading.Thread]:
    def quietly(call: Callable[[], object]) -> None:
        with contextlib.suppress(FetchError):
            call()

    threads = [threading.Thread(target=quietly, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    return threads


def revoked_since(web: Web, fetcher: GuardedFetcher, clock: Clock) -> bytes:
    """A badge whose list was fetched while it was clear, and names it now, with the kept copy past its time."""
    badge = v.sign(v.badge(credentialStatus=v.status_entry()))
    web.put(v.LIST, v.status_list(validUntil=UNTIL), media_type="application/vc")
    assert Verifier(fetcher=fetcher).inspect(badge, now=clock.now).verdict is Verdict.VALID
    clock.now += timedelta(days=5)
    web.put(v.LIST, v.status_list(7, validUntil=UNTIL), media_type="application/vc")
    return badge


def test_names_that_hang_do_not_make_a_server_count_as_down(web: Web) -> None:
    clock, released, looking = Clock(), threading.Event(), threading.Semaphore(0)

    def resolve(name: str, port: int) -> tuple[str, ...]:
        if name.endswith(".example.org"):
            looking.release()
            released.wait(20)
            raise OSError
        return web.resolve(name, port)

    fetcher = web.fetcher(clock=clock, resolve=resolve, timeouts=Timeouts(total=1.0))
    badge = revoked_since(web, fetcher, clock)
    names = [f"https://h.d{number % 8}-{number // 8}.example.org/" for number in range(40)]
    domains = [f"https://h.a{number // 8}.b{number // 8}x.example.org/" for number in range(40)]
    threads = in_the_background([lambda url=url: fetcher.fetch(url, "status-list") for url in names + domains])
    try:
        for _ in range(8):
            assert looking.acquire(timeout=10)
        report = Verifier(fetcher=fetcher).inspect(badge, now=clock.now)
    finally:
        released.set()
        for thread in threads:
            thread.join(20)
    # All those names are of one domain, which gets its own few places only: others are looked up as ever.
    assert report.codes == ("REVOKED",)


def test_when_every_place_is_taken_the_old_copy_is_not_used(web: Web) -> None:
    clock, released, looking = Clock(), threading.Event(), threading.Semaphore(0)

    def resolve(name: str, port: int) -> tuple[str, ...]:
        if "hang" in name:
            looking.release()
            released.wait(20)
            raise OSError
        return web.resolve(name, port)

    fetcher = web.fetcher(clock=clock, resolve=resolve, timeouts=Timeouts(total=1.0))
    badge = revoked_since(web, fetcher, clock)
    urls = [f"https://h.hang{number}.example/" for number in range(32)]
    threads = in_the_background([lambda url=url: fetcher.fetch(url, "status-list") for url in urls])
    try:
        for _ in range(32):
            assert looking.acquire(timeout=10)
        report = Verifier(fetcher=fetcher).inspect(badge, now=clock.now)
    finally:
        released.set()
        for thread in threads:
            thread.join(20)
    assert report.verdict is Verdict.UNDETERMINED
    # And nobody is told for a while that the list cannot be had.
    assert Verifier(fetcher=fetcher).inspect(badge, now=clock.now).codes == ("REVOKED",)


def test_requests_that_hang_at_a_shared_host_do_not_make_it_count_as_down(web: Web) -> None:
    clock = Clock()
    fetcher = web.fetcher(clock=clock, timeouts=Timeouts(total=2.0, per_host=2))
    badge = revoked_since(web, fetcher, clock)
    slow = "https://lakeside.example/slow"
    web.behave(slow, "hang")
    threads = in_the_background([lambda: fetcher.fetch(slow, "credential")] * 6)
    try:
        while web.asked(slow) < 2:
            threading.Event().wait(0.01)
        report = Verifier(fetcher=fetcher).inspect(badge, now=clock.now)
    finally:
        for thread in threads:
            thread.join(20)
    assert report.verdict is not Verdict.VALID
    assert "STATUS_OUTDATED" not in {warning.type.code for warning in report.warnings}
