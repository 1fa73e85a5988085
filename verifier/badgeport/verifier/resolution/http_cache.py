"""What was fetched, kept in memory for as long as its publisher said, by the rules of HTTP caching (RFC 9111).

The publisher's word is not taken without end: nothing is fresh for more than a day, what says nothing for a minute,
and a status list never for longer than the list itself says (``ttl``, ``validUntil``: Bitstring Status List 1.0 §2.2).
A copy whose time is over is kept on, to ask whether it changed, and to be used, marked as stale, while its server is
down.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from badgeport.proofs.jwt_claims import numeric_date
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.encoding import b64url_decode
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import ProblemError

LONGEST_FRESH = timedelta(days=1)
"""However long a publisher says that a document stays fresh, it is asked for again after this."""
FRESH_UNSTATED = timedelta(minutes=1)
"""How long a document stays fresh whose publisher says nothing."""
LONGEST_STALE = timedelta(days=7)
"""How old a copy may be that is used while its server is down."""
FAILURE_KEPT = timedelta(seconds=5)
"""How long a failure is remembered before the same document is asked for again."""

Key: TypeAlias = tuple[str, str]
"""URL and purpose: for another purpose another form is asked for, and other redirects are followed."""

_KEPT_HEADERS = ("cache-control", "pragma", "expires", "etag", "last-modified", "vary")
_DAMAGED = timedelta(0)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """What the headers of an answer say about keeping it."""

    keep: bool
    fresh_for: timedelta
    stale_for: timedelta
    age: timedelta


def lifetime(headers: Mapping[str, str], now: datetime) -> Lifetime:
    """How long an answer that came in at ``now`` may be kept, by its headers (names in lower case).

    RFC 9111 §3 and §4.2, RFC 5861 §4. This is a cache that many people share: ``private`` is not kept. What says
    ``no-cache`` is asked about each time; that and ``must-revalidate`` is never used while its server is down.
    """
    directives = _directives(headers.get("cache-control", ""))
    age = max(_seconds(headers.get("age")) or timedelta(0), timedelta(0))
    date = _date(headers.get("date"))
    apparent = max(age, now - date) if date is not None else age
    keep = not directives.keys() & {"no-store", "private"}
    if "s-maxage" in directives:
        stated = _seconds(directives["s-maxage"]) or _DAMAGED
    elif "max-age" in directives:
        stated = _seconds(directives["max-age"]) or _DAMAGED
    elif "expires" in headers:
        expires = _date(headers["expires"])
        stated = expires - (date or now) if expires is not None else _DAMAGED
    else:
        stated = FRESH_UNSTATED
    unchecked = "no-cache" in directives or (not directives and "no-cache" in headers.get("pragma", "").lower())
    if unchecked or "*" in headers.get("vary", ""):
        stated = timedelta(0)
    stale = LONGEST_STALE
    if unchecked or directives.keys() & {"must-revalidate", "proxy-revalidate", "s-maxage"}:
        stale = timedelta(0)
    elif "stale-if-error" in directives:
        stale = min(stale, _seconds(directives["stale-if-error"]) or _DAMAGED)
    return Lifetime(keep, max(min(stated, LONGEST_FRESH) - apparent, timedelta(0)), stale, age)


@dataclass(frozen=True, slots=True)
class Held:
    """An answer as it is kept.

    ``fetched_at`` is when it left its publisher's host, or was last said to be unchanged.
    """

    body: bytes = field(repr=False)
    media_type: str | None
    url: str
    """Where it was found in the end, after redirects."""
    redirected: bool
    headers: Mapping[str, str] = field(repr=False)
    fetched_at: datetime
    stored_at: datetime
    fresh_until: datetime
    stale_until: datetime
    keep: bool

    def fresh(self, now: datetime) -> bool:
        """Whether it may be used without asking."""
        # A clock that was set back makes nothing fresh again.
        return self.stored_at <= now < self.fresh_until

    def usable(self, now: datetime) -> bool:
        """Whether it may be used while its server is down."""
        return self.stored_at <= now < self.stale_until

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask whether it changed."""
        asked = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        found = {name: self.headers.get(kept, "") for name, kept in asked}
        return {name: value for name, value in found.items() if value and value.isascii()}


def hold(
    body: bytes,
    headers: Mapping[str, str],
    *,
    media_type: str | None,
    url: str,
    redirected: bool,
    now: datetime,
    status_list: bool,
    limits: Limits,
) -> Held:
    """An answer that came in at ``now``, with how long it may be used. ``status_list``: the list itself has a say."""
    life = lifetime(headers, now)
    fetched_at = (now - life.age).replace(microsecond=0)
    fresh_until = now + life.fresh_for
    if redirected:
        # How long the way here stays the same was not asked of every step.
        fresh_until = min(fresh_until, now + FRESH_UNSTATED)
    stale_until = fetched_at + life.stale_for
    if status_list:
        ttl, ends = _own_bounds(body, limits)
        fresh_until = min(fresh_until, fetched_at + ttl if ttl is not None else fresh_until, ends or fresh_until)
        stale_until = min(stale_until, ends or stale_until)
    kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
    return Held(body, media_type, url, redirected, kept, fetched_at, now, fresh_until, stale_until, life.keep)


def renew(held: Held, headers: Mapping[str, str], *, now: datetime, status_list: bool, limits: Limits) -> Held:
    """A held copy that its server said at ``now`` to be unchanged (RFC 9111 §4.3.4)."""
    return hold(
        held.body,
        {**held.headers, **headers},
        media_type=held.media_type,
        url=held.url,
        redirected=held.redirected,
        now=now,
        status_list=status_list,
        limits=limits,
    )


@dataclass(frozen=True, slots=True)
class Missed:
    """Why a document could not be had. ``server_down``: its server said nothing about the document."""

    reason: str
    server_down: bool
    at: datetime

    def recent(self, now: datetime) -> bool:
        """Whether asking again would be too soon."""
        return self.at <= now < self.at + FAILURE_KEPT


class Flight:
    """One request on its way, on which all who want the same document wait."""

    def __init__(self) -> None:
        self._landed = threading.Event()
        self._result: Held | Missed | None = None

    def land(self, result: Held | Missed | None) -> None:
        """Tell those who wait."""
        self._result = result
        self._landed.set()

    def wait(self, seconds: float) -> Held | Missed | None:
        """What came of it; None where nothing did within that time."""
        self._landed.wait(max(seconds, 0.0))
        return self._result


class HttpCache:
    """Copies and failures by URL and purpose, bounded in number and bytes; what was used longest ago goes first."""

    def __init__(self, entries: int = 2_000, size: int = 64 * 1024 * 1024) -> None:
        self._entries = entries
        self._size = size
        self._lock = threading.Lock()
        self._held: OrderedDict[Key, Held] = OrderedDict()
        self._missed: OrderedDict[Key, Missed] = OrderedDict()
        self._flights: dict[Key, Flight] = {}
        self._bytes = 0

    def get(self, key: Key) -> Held | None:
        """The copy kept, fresh or not."""
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
            return held

    def missed(self, key: Key) -> Missed | None:
        """The last failure, where the last attempt failed."""
        with self._lock:
            return self._missed.get(key)

    def put(self, key: Key, held: Held) -> None:
        """Keep a copy in the place of the one before it; one that may not be kept only removes that."""
        with self._lock:
            self._missed.pop(key, None)
            self._remove(key)
            if not held.keep or _weight(key, held) > self._size:
                return
            self._held[key] = held
            self._bytes += _weight(key, held)
            while len(self._held) > self._entries or self._bytes > self._size:
                self._remove(next(iter(self._held)))

    def miss(self, key: Key, missed: Missed) -> None:
        """Keep a failure; what a server that is there answers in the place of the document ends the copy of it."""
        with self._lock:
            self._missed[key] = missed
            self._missed.move_to_end(key)
            if not missed.server_down:
                self._remove(key)
            while len(self._missed) > self._entries:
                self._missed.popitem(last=False)

    def join(self, key: Key) -> tuple[Flight, bool]:
        """The request for this document that is on its way, and whether it is for the caller to make it."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is not None:
                return flight, False
            flight = self._flights[key] = Flight()
            return flight, True

    def leave(self, key: Key, result: Held | Missed | None) -> None:
        """The caller's request came to an end."""
        with self._lock:
            flight = self._flights.pop(key)
        flight.land(result)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self._missed.clear()
            self._bytes = 0

    def _remove(self, key: Key) -> None:
        held = self._held.pop(key, None)
        if held is not None:
            self._bytes -= _weight(key, held)


def _weight(key: Key, held: Held) -> int:
    """About how many bytes a copy takes; long addresses and headers count too."""
    return len(key[0]) + len(held.url) + len(held.body) + sum(map(len, held.headers.values()))


def _directives(text: str) -> dict[str, str]:
    """The directives of a Cache-Control header; of one named twice, the first."""
    found: dict[str, str] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        if name:
            found.setdefault(name.strip().lower(), value.strip().strip('"'))
    return found


def _seconds(text: str | None) -> timedelta | None:
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return timedelta(seconds=int(text) if len(text) <= 9 else 999_999_999)


def _date(text: str | None) -> datetime | None:
    if text is None or len(text) > 64:
        return None
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _own_bounds(body: bytes, limits: Limits) -> tuple[timedelta | None, datetime | None]:
    """What a status list says of itself: for how long a copy holds, and until when. What cannot be read is not kept."""
    try:
        document, claims = _list_document(body, limits)
        subject = document.get("credentialSubject")
        subjects = subject if isinstance(subject, list) else [subject]
        stated = [each["ttl"] for each in (document, *subjects) if isinstance(each, dict) and "ttl" in each]
        ttl = min((_milliseconds(each) for each in stated), default=None)
        dates = [document[name] for name in ("validUntil", "expirationDate") if name in document]
        ends = [parse_datetime(each, require_zone=False) for each in dates]
        if "exp" in claims:
            ends.append(numeric_date(claims["exp"]) or _BEGINNING)
    except (ProblemError, ValueError, OverflowError, TypeError):
        return _DAMAGED, None
    return ttl, min(ends, default=None)


def _milliseconds(value: Any) -> timedelta:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**15:
        return _DAMAGED
    return min(timedelta(milliseconds=value), LONGEST_STALE)


def _list_document(body: bytes, limits: Limits) -> tuple[dict[str, Any], dict[str, Any]]:
    """The list credential, and the claims around it where it is a JWT."""
    text = body.strip()
    if text.startswith(b"{"):
        return jsontext.parse_object(text, limits), {}
    parts = text.partition(b"~")[0].split(b".")
    if len(parts) != 3:
        raise ValueError
    claims = jsontext.parse_object(b64url_decode(parts[1].decode("ascii")), limits)
    inner = claims.get("vc")
    return (inner if isinstance(inner, dict) else claims), claims
