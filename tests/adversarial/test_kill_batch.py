"""The process that leads a run dies by SIGKILL at random: no record is lost, none has two results, all are right.

The same at full scale is ``make bench-batch``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support import effort

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench import batch  # noqa: E402

RECORDS = 1_000 if effort.FACTOR == 1 else 20_000
"""A hundredth of what the bench has."""


@pytest.mark.parametrize(("engine", "kills"), [("local", 4), ("dask", 1)])
def test_nothing_is_lost_or_doubled(engine: str, kills: int, tmp_path: Path) -> None:
    if engine == "dask":
        pytest.importorskip("distributed", reason="badgeport[dask] is not installed")
    counted = batch.batch(
        tmp_path,
        count=RECORDS if engine == "local" else RECORDS // 4,
        kills=kills,
        workers=2,
        seed=2026,
        engine=engine,
        alone=RECORDS // 5,
        chunk=20,
    )
    assert counted.faults == []
    assert counted.kills == kills
    assert counted.struck > 0, "no kill hit a run that had chunks in hand: the test shows nothing"
    assert counted.alone > 0
