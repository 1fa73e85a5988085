"""How long what was fetched is kept: the headers' word, the list's own word, and our bounds on both."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.resolution.http_cache import Held, HttpCache, Missed, hold, lifetime
from support import verifying as v
from support.web import Web

NOW = datetime(2026, 5, 1, 9, 0, 0, tzinfo=UTC)
LIST = "https://ed.sc.example/status/1"
KEYS = "https://ed.sc.example/did.json"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def go(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web


def http_date(instant: datetime) -> str:
    return format_datetime(instant, usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"cache-control": "max-age=300"}, 300),
        ({"cache-control": "public, MAX-AGE=300"}, 300),
        ({"cache-control": 'max-age="300"'}, 300),
        ({"cache-control": "max-age=300", "age": "100"}, 200),
        ({"cache-control": "max-age=300", "age": "400"}, 0),
        ({"cache-control": "max-age=300", "date": http_date(NOW - timedelta(seconds=100))}, 200),
        ({"cache-control": "max-age=300", "date": http_date(NOW + timedelta(seconds=100))}, 300),
        ({"cache-control": "max-age=300, s-maxage=30"}, 30),
        ({"cache-control": "max-age=0"}, 0),
        ({"cache-control": "max-age=-5"}, 0),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age=1, max-age=300"}, 1),
        ({"cache-control": "max-age=99999999999999999999"}, 86400),
        ({"cache-control": "no-cache, max-age=300"}, 0),
        ({"cache-control": "max-age=300", "pragma": "no-cache"}, 300),
        ({"pragma": "no-cache"}, 0),
        ({"expires": http_date(NOW + timedelta(seconds=300))}, 300),
        ({"expires": http_date(NOW + timedelta(days=300))}, 86400),
        ({"expires": http_date(NOW - timedelta(seconds=300))}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "x" * 1000}, 0),
        ({"cache-control": "max-age=300", "expires": "0"}, 300),
        ({"cache-control": "max-age=300", "vary": "*"}, 0),
        ({"cache-control": "max-age=300", "vary": "Accept"}, 300),
    ],
)
def test_freshness_by_headers(headers: dict[str, str], seconds: int) -> None:
    life = lifetime(headers, NOW)
    assert life.keep
    assert life.fresh_for == timedelta(seconds=seconds)


@pytest.mark.parametrize("directive", ["no-store", "private", "max-age=300, no-store", "Private, max-age=300"])
def test_what_is_not_kept(directive: str) -> None:
    assert not lifetime({"cache-control": directive}, NOW).keep


@pytest.mark.parametrize(
    ("directive", "stale"),
    [
        ("max-age=0", timedelta(days=7)),
        ("max-age=0, must-revalidate", timedelta(0)),
        ("max-age=0, proxy-revalidate", timedelta(0)),
        ("s-maxage=5", timedelta(0)),
        ("no-cache", timedelta(0)),
        ("max-age=5, stale-if-error=60", timedelta(seconds=60)),
        ("max-age=5, stale-if-error=9999999", timedelta(days=7)),
        ("max-age=5, stale-if-error=ever", timedelta(0)),
    ],
)
def test_use_while_the_server_is_down(directive: str, stale: timedelta) -> None:
    assert lifetime({"cache-control": directive}, NOW).stale_for == stale


NAMES = ["cache-control", "age", "date", "expires", "pragma", "vary", "etag"]


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)))
def test_any_headers_give_a_bounded_lifetime(headers: dict[str, str]) -> None:
    held = kept(b"{}", headers)
    assert NOW <= held.fresh_until <= NOW + timedelta(days=1)
    assert held.stale_until <= NOW + timedelta(days=7)
    assert held.fetched_at <= NOW


def kept(body: bytes, headers: dict[str, str], *, status_list: bool = False, redirected: bool = False) -> Held:
    return hold(
        body,
        headers,
        media_type=None,
        url=LIST,
        redirected=redirected,
        now=NOW,
        status_list=status_list,
        limits=DEFAULT_LIMITS,
    )


def list_body(**changes: Any) -> bytes:
    return v.status_list(**changes)


def with_ttl(ttl: Any) -> bytes:
    body = v.unsigned_status_list(validUntil=None)
    body["credentialSubject"]["ttl"] = ttl
    return v.sign(body)


DAY = {"cache-control": "max-age=86400"}


@pytest.mark.parametrize(
    ("body", "fresh"),
    [
        (list_body(validUntil=None), timedelta(days=1)),
        (list_body(validUntil="2026-05-01T09:10:00Z"), timedelta(minutes=10)),
        (list_body(validUntil="2026-05-01T08:00:00Z"), timedelta(hours=-1)),
        (with_ttl(300_000), timedelta(minutes=5)),
        (with_ttl(300_000.5), timedelta(minutes=5, microseconds=500)),
        (with_ttl("300000"), timedelta(minutes=5)),
        (with_ttl(86_400_000 * 30), timedelta(days=1)),
        (with_ttl(10**14), timedelta(days=1)),
        (with_ttl(-1), timedelta(0)),
        (with_ttl(True), timedelta(0)),
        (with_ttl("a day"), timedelta(0)),
        (list_body(validUntil="some day"), timedelta(0)),
        (b"<html>", timedelta(0)),
        (b"a.b.c", timedelta(0)),
        (b'{"validUntil": ', timedelta(0)),
    ],
    ids=range(15),
)
def test_a_status_list_bounds_its_own_freshness(body: bytes, fresh: timedelta) -> None:
    assert kept(body, DAY, status_list=True).fresh_until == NOW + fresh


def test_a_status_list_in_a_jwt_bounds_its_own_freshness() -> None:
    body = v.unsigned_status_list(validUntil="2026-05-01T09:10:00Z")
    for form in ("vc+jwt", "vc-jwt"):
        secured = v.sign(body, v.signer("jwt"), form)
        assert kept(secured, DAY, status_list=True).fresh_until == NOW + timedelta(minutes=10)
        assert kept(secured, DAY, status_list=True).stale_until == NOW + timedelta(minutes=10)


def test_redirected_documents_are_fresh_for_a_minute_at_most() -> None:
    assert kept(b"{}", DAY, redirected=True).fresh_until == NOW + timedelta(minutes=1)


def test_the_age_in_a_cache_on_the_way_counts() -> None:
    held = kept(b"{}", {**DAY, "age": "3600"})
    assert held.fetched_at == NOW - timedelta(hours=1)
    assert held.fresh_until == NOW + timedelta(hours=23)


def test_a_clock_set_back_makes_nothing_fresh() -> None:
    held = kept(b"{}", DAY)
    assert held.fresh(NOW)
    assert not held.fresh(NOW - timedelta(seconds=1))
    assert not held.usable(NOW - timedelta(seconds=1))


def test_the_cache_is_bounded_in_number_and_bytes() -> None:
    cache = HttpCache(entries=3, size=1000)
    for number in range(5):
        cache.put((f"https://{number}.example/", "key"), kept(b"x" * 200, DAY))
    assert [cache.get((f"https://{number}.example/", "key")) is not None for number in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    cache.get(("https://2.example/", "key"))
    cache.put(("https://large.example/", "key"), kept(b"x" * 500, DAY))
    assert cache.get(("https://2.example/", "key")) is not None
    assert cache.get(("https://3.example/", "key")) is None
    cache.put(("https://larger.example/", "key"), kept(b"x" * 1000, DAY))
    assert cache.get(("https://larger.example/", "key")) is None
    for number in range(5):
        cache.miss((f"https://{number}.example/", "key"), Missed("down", True, NOW))
    assert cache.missed(("https://1.example/", "key")) is None
    assert cache.missed(("https://4.example/", "key")) is not None


# -- over a real connection -------------------------------------------------------------------------------------------


def test_fresh_copies_are_not_asked_for_again(web: Web, clock: Clock) -> None:
    web.put(KEYS, {"version": 1}, headers={"Cache-Control": "max-age=300"})
    fetcher = web.fetcher(clock=clock)
    first = fetcher.fetch(KEYS, "controller")
    web.put(KEYS, {"version": 2})
    clock.go(seconds=299)
    assert fetcher.fetch(KEYS, "controller") == first
    assert fetcher.fetch(f"{KEYS}#key-1", "controller").body == first.body
    assert web.asked(KEYS) == 1
    clock.go(seconds=1)
    again = fetcher.fetch(KEYS, "controller")
    assert again.body == b'{"version": 2}'
    assert (first.fetched_at, again.fetched_at) == (NOW, clock.now)
    assert again.stale is None


def test_purposes_do_not_share_copies(web: Web, clock: Clock) -> None:
    web.put(KEYS, {}, headers={"Cache-Control": "max-age=300"})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(KEYS, "controller")
    fetcher.fetch(KEYS, "key")
    assert web.asked(KEYS) == 2


@pytest.mark.parametrize("purpose", ["credential", "refresh"])
def test_what_a_person_handed_in_is_never_kept(web: Web, clock: Clock, purpose: Any) -> None:
    web.put(KEYS, {}, headers={"Cache-Control": "max-age=300", "ETag": '"1"'})
    fetcher = web.fetcher(clock=clock)
    for _ in range(3):
        fetcher.fetch(KEYS, purpose)
    assert web.asked(KEYS) == 3
    assert "if-none-match" not in web.log[-1].headers
    web.host("ed.sc.example", down="refused")
    with pytest.raises(FetchError):
        fetcher.fetch(KEYS, purpose)


def test_an_unchanged_copy_is_as_new_as_the_answer(web: Web, clock: Clock) -> None:
    web.put(KEYS, {"version": 1}, headers={"Cache-Control": "max-age=60", "ETag": '"1"'})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(KEYS, "controller")
    clock.go(hours=1)
    again = fetcher.fetch(KEYS, "controller")
    assert web.log[-1].headers["if-none-match"] == '"1"'
    assert again.body == b'{"version": 1}'
    assert again.media_type == "application/json"
    assert again.fetched_at == clock.now
    assert again.stale is None
    clock.go(seconds=59)
    fetcher.fetch(KEYS, "controller")
    assert web.asked(KEYS) == 2


def test_last_modified_is_asked_with(web: Web, clock: Clock) -> None:
    date = http_date(NOW - timedelta(days=3))
    web.put(KEYS, {"version": 1}, headers={"Last-Modified": date})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(KEYS, "controller")
    clock.go(hours=1)
    web.put(KEYS, b"", status=304)
    assert fetcher.fetch(KEYS, "controller").body == b'{"version": 1}'
    assert web.log[-1].headers["if-modified-since"] == date


def test_unchanged_without_having_been_asked_is_no_document(web: Web, clock: Clock) -> None:
    web.put(KEYS, b"", status=304)
    with pytest.raises(FetchError, match="304 Not Modified"):
        web.fetcher(clock=clock).fetch(KEYS, "controller")


def test_conditions_are_sent_only_where_the_copy_was_found(web: Web, clock: Clock) -> None:
    web.behave(KEYS, "redirect", to="/keys.json")
    web.put("https://ed.sc.example/keys.json", {"version": 1}, headers={"ETag": '"1"'})
    fetcher = web.fetcher(clock=clock)
    assert fetcher.fetch(KEYS, "controller").location == "https://ed.sc.example/keys.json"
    clock.go(hours=1)
    again = fetcher.fetch(KEYS, "controller")
    assert again.location == "https://ed.sc.example/keys.json"
    assert [(seen.path, seen.headers.get("if-none-match")) for seen in web.log[2:]] == [
        ("/did.json", None),
        ("/keys.json", '"1"'),
    ]


@pytest.mark.parametrize("directive", ["no-store", "private, max-age=300"])
def test_not_kept_not_even_for_a_server_that_is_down(web: Web, clock: Clock, directive: str) -> None:
    web.put(KEYS, {}, headers={"Cache-Control": directive})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(KEYS, "controller")
    fetcher.fetch(KEYS, "controller")
    assert web.asked(KEYS) == 2
    web.host("ed.sc.example", down="refused")
    with pytest.raises(FetchError):
        fetcher.fetch(KEYS, "controller")


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("refused", "the server could not be reached"),
        ("silent", "no connection to the server came about in time"),
        ("no such name", "there is no host of that name"),
        ("status 503", "the server answered 503 Service Unavailable"),
        ("status 429", "the server answered 429 Too Many Requests"),
        ("close", "the server broke off, or did not answer as a web server does"),
        ("truncate", "the server broke off, or did not answer as a web server does"),
        ("expired", "the server's certificate was not accepted (certificate has expired)"),
    ],
)
def test_an_old_copy_serves_while_its_server_is_down_and_says_so(
    web: Web, clock: Clock, trouble: str, reason: str
) -> None:
    web.put(KEYS, {"version": 1}, headers={"Cache-Control": "max-age=60"})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(KEYS, "controller")
    clock.go(days=6)
    cause_trouble(web, trouble)
    stale = fetcher.fetch(KEYS, "controller")
    assert stale.stale == reason
    assert stale.fetched_at == NOW
    assert stale.body == b'{"version": 1}'
    # Not asked again at once, and the copy goes on being marked.
    tried = len(web.dialled) + len(web.looked_up)
    assert fetcher.fetch(KEYS, "controller").stale == reason
    assert len(web.dialled) + len(web.looked_up) == tried
    clock.go(days=1, seconds=1)
    with pytest.raises(FetchError, match=reason.partition(" (")[0]):
        fetcher.fetch(KEYS, "controller")
    web.host("ed.sc.example")
    web.put(KEYS, {"version": 2})
    clock.go(seconds=5)
    assert fetcher.fetch(KEYS, "controller").stale is None


def cause_trouble(web: Web, trouble: str) -> None:
    if trouble.startswith("status "):
        web.put(KEYS, b"", status=int(trouble.removeprefix("status ")))
    elif trouble in ("close", "truncate"):
        web.behave(KEYS, trouble)  # type: ignore[arg-type]
    elif trouble == "expired":
        web.host("ed.sc.example", certificate="expired")
    else:
        web.host("ed.sc.example", down=trouble)  # type: ignore[arg-type]


@pytest.mark.parametrize("trouble", ["404", "410", "403", "private", "elsewhere", "huge-announced"])
def test_an_answer_that_is_no_document_ends_the_copy(web: Web, clock: Clock, trouble: str) -> None:
    web.put(KEYS, {"version": 1}, headers={"Cache-Control": "max-age=60"})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(KEYS, "controller")
    clock.go(minutes=2)
    if trouble.isdigit():
        web.put(KEYS, b"", status=int(trouble))
    elif trouble == "private":
        web.host("ed.sc.example", addresses=("10.0.0.1",))
    elif trouble == "elsewhere":
        web.behave(KEYS, "redirect", to="https://other.example/did.json")
    else:
        web.behave(KEYS, "huge-announced")
    with pytest.raises(FetchError):
        fetcher.fetch(KEYS, "controller")
    web.host("ed.sc.example", addresses=("93.184.0.1",), down="refused")
    clock.go(minutes=2)
    with pytest.raises(FetchError):
        fetcher.fetch(KEYS, "controller")


def test_a_status_list_is_asked_for_again_when_its_own_time_is_over(web: Web, clock: Clock) -> None:
    web.put(LIST, with_ttl(300_000), headers={"Cache-Control": "max-age=86400"})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(LIST, "status-list")
    clock.go(seconds=299)
    fetcher.fetch(LIST, "status-list")
    assert web.asked(LIST) == 1
    clock.go(seconds=1)
    fetcher.fetch(LIST, "status-list")
    assert web.asked(LIST) == 2


def test_a_status_list_that_is_no_longer_valid_is_not_used_while_its_server_is_down(web: Web, clock: Clock) -> None:
    web.put(LIST, list_body(validUntil="2026-05-01T10:00:00Z"), headers={"Cache-Control": "max-age=86400"})
    fetcher = web.fetcher(clock=clock)
    fetcher.fetch(LIST, "status-list")
    web.host("ed.sc.example", down="refused")
    clock.go(minutes=59)
    assert fetcher.fetch(LIST, "status-list").stale is None
    clock.go(minutes=1)
    with pytest.raises(FetchError, match="could not be reached"):
        fetcher.fetch(LIST, "status-list")


def test_failures_are_remembered_for_some_seconds(web: Web, clock: Clock) -> None:
    fetcher = web.fetcher(clock=clock)
    web.put(KEYS, b"", status=404)
    for _ in range(3):
        with pytest.raises(FetchError, match="answered 404 Not Found"):
            fetcher.fetch(KEYS, "controller")
    assert web.asked(KEYS) == 1
    web.put(KEYS, {})
    clock.go(seconds=5)
    fetcher.fetch(KEYS, "controller")
    assert web.asked(KEYS) == 2
