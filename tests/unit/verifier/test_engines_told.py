"""The report says which engine read the document as JSON-LD."""

from __future__ import annotations

import pytest

from badgeport.proofs.canonicalization import engines
from support import verifying as v


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_the_engine_that_ran_is_named(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "choice", lambda: engine)
    assert v.inspect(v.sign(v.badge())).check("canonicalization").evidence == {"engine": engine}


def test_none_is_named_where_no_proof_asks_for_it() -> None:
    report = v.inspect(v.sign(v.badge(), format="eddsa-jcs-2022"))
    assert report.valid
    assert not report.check("canonicalization").evidence
