"""Whatever is imported, in whatever order and however often, a badge is credited once and the ledger agrees."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badgeport.verifier.hr.reconciling import reconcile
from support import deciding
from support import payroll as p

NAMES = ("a", "b", "c", "d", "e")


@cache
def copy(name: str, number: int) -> bytes:
    """A copy of a badge: a and c are Omar's, the others are Ines's."""
    holder = p.OMAR if name in "ac" else p.INES
    return p.badge(name, holder, validFrom=f"2026-04-0{number}T09:00:00Z")


UNDER = p.policy(p.rule(), caps=[deciding.cap("two", "2", per="cycle")])
imports = st.lists(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 2)), min_size=1, max_size=4), min_size=1, max_size=4
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(imports)
def test_any_imports_credit_each_badge_once_and_never_over_the_cap(batches: list[list[tuple[str, int]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = p.ledger(Path(folder))
        for batch in batches:
            p.bring_in(ledger, *(copy(*each) for each in batch), under=UNDER)
        seen = {name for batch in batches for name, _ in batch}
        for employee, own in (("E-1", seen - {"a", "c"}), ("E-2", seen & {"a", "c"})):
            assert Decimal(p.balance(ledger, employee)) == min(len(own), 2)
        identities = [entry.identity for entry in ledger.entries()]
        assert len(identities) == len(set(identities))
        before = p.content(ledger)
        p.bring_in(ledger, *(copy(*each) for batch in batches for each in batch), under=UNDER)
        assert p.content(ledger) == before
        assert reconcile(ledger) == ()
        ledger.close()
