"""xsd:dateTimeStamp, read strictly."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2010-01-01T19:23:24Z", datetime(2010, 1, 1, 19, 23, 24, tzinfo=UTC)),
        ("2010-01-01T19:23:24+00:00", datetime(2010, 1, 1, 19, 23, 24, tzinfo=UTC)),
        ("2010-01-01T19:23:24-00:00", datetime(2010, 1, 1, 19, 23, 24, tzinfo=UTC)),
        ("2024-02-29T00:00:00+05:30", datetime(2024, 2, 28, 18, 30, tzinfo=UTC)),
        ("2024-12-31T23:59:59-14:00", datetime(2025, 1, 1, 13, 59, 59, tzinfo=UTC)),
        ("2024-12-31T00:00:00+14:00", datetime(2024, 12, 30, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2024-01-01T00:00:00.5Z", datetime(2024, 1, 1, 0, 0, 0, 500000, tzinfo=UTC)),
        ("2024-01-01T00:00:00.123456999Z", datetime(2024, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_reads(text: str, expected: datetime) -> None:
    parsed = parse_datetime(text)
    assert parsed == expected
    assert parsed.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-01-01T24:00:00Z", "hour 24"),
        ("2016-12-31T23:59:60Z", "leap second"),
        ("9999-12-31T23:59:59-05:00", "years 1 to 9999"),
        ("0001-01-01T00:00:00+00:01", "years 1 to 9999"),
        ("2024-01-01T00:00:00", "no time zone"),
        ("2024-01-01T00:00:00+14:01", "offset"),
        ("2024-01-01T00:00:00+15:00", "offset"),
        ("2024-01-01T00:00:00-13:60", "offset"),
        ("2023-02-29T00:00:00Z", "does not exist"),
        ("2024-13-01T00:00:00Z", "does not exist"),
        ("2024-00-10T00:00:00Z", "does not exist"),
        ("2024-01-32T00:00:00Z", "does not exist"),
        ("2024-01-01T25:00:00Z", "does not exist"),
        ("2024-01-01T00:60:00Z", "does not exist"),
        ("2024-01-01T00:00:61Z", "does not exist"),
        ("0000-01-01T00:00:00Z", "does not exist"),
        ("2024-01-01", "form"),
        ("2024-01-01 00:00:00Z", "form"),
        ("2024-01-01t00:00:00z", "form"),
        ("2024-01-01T00:00Z", "form"),
        ("2024-01-01T00:00:00.Z", "form"),
        ("2024-01-01T00:00:00,5Z", "form"),
        ("2024-01-01T00:00:00+0100", "form"),
        ("2024-01-01T00:00:00+01", "form"),
        ("2024-01-01T00:00:00Z\n", "form"),
        (" 2024-01-01T00:00:00Z", "form"),
        ("-2024-01-01T00:00:00Z", "form"),
        ("12024-01-01T00:00:00Z", "form"),
        ("２０２４-01-01T00:00:00Z", "form"),
        ("2024-01-01T00:00:00." + "1" * 65 + "Z", "form"),
        ("2024-W01-1T00:00:00Z", "form"),
        ("", "form"),
        (None, "form"),
        (1704067200, "form"),
    ],
)
def test_refuses(text: str, reason: str) -> None:
    with pytest.raises(ProblemError, match=reason) as error:
        parse_datetime(text)
    assert error.value.problem.type == MALFORMED_VALUE_ERROR


def test_a_missing_offset_is_utc_only_on_request() -> None:
    assert parse_datetime("2024-01-01T12:00:00", require_zone=False) == datetime(2024, 1, 1, 12, tzinfo=UTC)
    assert parse_datetime("2024-01-01T12:00:00+01:00", require_zone=False) == datetime(2024, 1, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2025, 1, 2, 3, 4, 5, 999999, tzinfo=UTC), "2025-01-02T03:04:05Z"),
        (datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))), "2025-01-01T21:34:05Z"),
        (datetime(33, 1, 1, tzinfo=UTC), "0033-01-01T00:00:00Z"),
    ],
)
def test_writes_whole_seconds_in_utc(instant: datetime, text: str) -> None:
    assert format_datetime(instant) == text


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2025, 1, 1),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_refuses_to_write(instant: datetime) -> None:
    with pytest.raises(ProblemError):
        format_datetime(instant)
