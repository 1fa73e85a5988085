"""Workers die by SIGKILL at random moments: no award is lost, none has two badges, every badge is valid."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support import databases, effort

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench import bulk  # noqa: E402

ROWS, KILLS = 100, 6


@pytest.mark.parametrize(("kind", "workers"), [("sqlite", 1), ("postgresql", 2)])
def test_nothing_is_lost_or_doubled(kind: str, workers: int, tmp_path: Path) -> None:
    counted = bulk.bulk(
        tmp_path / "data",
        rows=ROWS if effort.FACTOR == 1 else 2000,
        kills=KILLS if effort.FACTOR == 1 else 40,
        workers=workers,
        seed=2026,
        database_url=databases.made(kind, tmp_path),
        lease=1.5,
    )
    assert counted.faults == []
    assert counted.struck > 0, "no kill hit a worker that had jobs in hand: the test shows nothing"
    assert counted.valid == counted.copies == 2 * counted.rows
    assert counted.sent >= counted.mails == counted.rows
