"""Instants as credentials state them: xsd:dateTimeStamp (VCDM 2.0 section 4.9; XML Schema 1.1 part 2 §3.4.28)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

_FRACTION_DIGITS = 64
_DATETIME = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
    rf"(?:\.(?P<fraction>[0-9]{{1,{_FRACTION_DIGITS}}}))?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<zone_hour>[0-9]{2}):(?P<zone_minute>[0-9]{2}))?"
)
_GREATEST_OFFSET_MINUTES = 14 * 60


def parse_datetime(text: str, *, require_zone: bool = True) -> datetime:
    """The instant of a date and time such as ``2025-01-31T12:00:00Z``, in UTC, to the microsecond.

    ``require_zone=False`` also takes a text without an offset and reads it as UTC, as VCDM 2.0 says for instants met
    in credentials. Digits beyond microseconds are cut off. Raises ProblemError(MALFORMED_VALUE_ERROR) for any other
    form, a date or time that does not exist, hour 24, a leap second, and an instant outside the years 1 to 9999 in UTC.
    """
    if not isinstance(text, str):
        raise _malformed("the value is not a date and time of the form YYYY-MM-DDThh:mm:ssZ")
    return _instant(text, require_zone)


# One verification reads each of its instants several times.
@lru_cache(maxsize=256)
def _instant(text: str, require_zone: bool) -> datetime:
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise _malformed("the value is not a date and time of the form YYYY-MM-DDThh:mm:ssZ")
    if match["zone"] is None and require_zone:
        raise _malformed("the date and time has no time zone offset")
    if match["hour"] == "24":
        raise _malformed("hour 24 is not accepted; midnight is hour 00 of the next day")
    if match["second"] == "60":
        raise _malformed("leap seconds are not accepted")
    minutes = 0
    if match["sign"]:
        minutes = int(match["zone_hour"]) * 60 + int(match["zone_minute"])
        if int(match["zone_minute"]) > 59 or minutes > _GREATEST_OFFSET_MINUTES:
            raise _malformed("the time zone offset is not between -14:00 and +14:00")
        minutes = -minutes if match["sign"] == "-" else minutes
    microsecond = int((match["fraction"] or "")[:6].ljust(6, "0"))
    try:
        year, month, day, hour, minute, second = map(
            int, match.group("year", "month", "day", "hour", "minute", "second")
        )
        local = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    except ValueError:
        raise _malformed("the date or time does not exist") from None
    try:
        return local - timedelta(minutes=minutes)
    except OverflowError:
        raise _malformed("the instant lies outside the years 1 to 9999 in UTC") from None


def format_datetime(instant: datetime) -> str:
    """An aware datetime as ``YYYY-MM-DDThh:mm:ssZ``: UTC, whole seconds (fractions are cut off).

    Credentials state whole seconds so that the NumericDate of a VC-JWT equals the date in the credential.
    Raises ProblemError(MALFORMED_VALUE_ERROR) for a datetime without an offset or outside the years 1 to 9999 in UTC.
    """
    if instant.tzinfo is UTC:  # nearly always; the way below leads to the same
        return instant.isoformat(timespec="seconds")[: -len("+00:00")] + "Z"
    offset = instant.utcoffset()
    if offset is None:
        raise _malformed("a date and time to be written needs a time zone offset")
    try:
        utc = instant.replace(tzinfo=None) - offset
    except OverflowError:
        raise _malformed("the instant lies outside the years 1 to 9999 in UTC") from None
    return utc.replace(microsecond=0).isoformat() + "Z"


def in_words(span: timedelta) -> str:
    """How long a time is, in its largest whole unit: "2 days", "1 hour", "less than a minute"."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = span // length
        if count > 0:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


def _malformed(detail: str) -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, detail)
