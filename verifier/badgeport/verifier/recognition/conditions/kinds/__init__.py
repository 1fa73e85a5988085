"""The kinds of tests that a policy may use, by name, and the units it may ask for (docs/recognition.md).

A new kind is one `KindOfTest` in the module of its subject; nothing else has to know of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from badgeport.verifier.recognition.conditions.kinds import achievements, assessment, educator, holder, issuers, timing
from badgeport.verifier.recognition.conditions.kinds.base import Case, Judgement, KindOfTest, Reference, Unknown
from badgeport.verifier.recognition.conditions.units import QUANTITIES, known_unit

__all__ = ["KINDS", "QUANTITIES", "Case", "Judgement", "KindOfTest", "Reference", "Unknown", "known_unit"]

KINDS: Mapping[str, KindOfTest] = MappingProxyType(
    {
        kind.name: kind
        for module in (educator, achievements, issuers, assessment, timing, holder)
        for kind in module.KINDS
    }
)
"""Every kind of test, in the order of the documentation."""
