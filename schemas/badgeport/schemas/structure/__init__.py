"""The Open Badges 3.0 data model, restated: what is wrong with a document, where, and in plain words.

Covers AchievementCredential and EndorsementCredential in both data model versions, the CLR 2.0 envelope, plain
verifiable credentials and presentations, and status list credentials (OB 3.0 Appendix B; VCDM 2.0 section 4;
Bitstring Status List 1.0 section 2). Nothing here raises, whatever JSON value it is given.

Reading tolerates what JSON-LD compaction leaves (one value where the model has an array), an array in
``credentialStatus``, a ``credentialStatus`` without id in VCDM 2.0, and language maps in place of texts, as the later
edition of the 1EdTech schema does. Null is never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem
from badgeport.schemas.structure.areas import AREAS, area_of
from badgeport.schemas.structure.fitting import fits
from badgeport.schemas.structure.kinds import KINDS, Kind, data_model, detect_kind, is_ambiguous
from badgeport.schemas.structure.shapes import shapes
from badgeport.schemas.structure.walk import Finding, Full, Shape, Walk

__all__ = [
    "AREAS",
    "KINDS",
    "MAX_PROBLEMS",
    "Kind",
    "StructureReport",
    "by_check",
    "check",
    "detect_kind",
    "is_ambiguous",
    "problems",
]

MAX_PROBLEMS = 50
_MAX_DEPTH = DEFAULT_LIMITS.json_depth

_FAMILIES = {
    "ob3": "ob3",
    "ob3-vcdm11": "ob3",
    "endorsement": "endorsement",
    "endorsement-vcdm11": "endorsement",
    "clr2": "clr2",
    "vp2": "vp",
    "vp1": "vp",
    "status-list": "status-list",
}
_FIXED_VERSIONS = {
    "ob3": 2,
    "endorsement": 2,
    "vc2": 2,
    "vp2": 2,
    "ob3-vcdm11": 1,
    "endorsement-vcdm11": 1,
    "vc1": 1,
    "vp1": 1,
}


@dataclass(frozen=True, slots=True)
class StructureReport:
    """What a document is and what is wrong with its structure.

    ``problems`` are in the order of the document; ``by_check`` holds the same problems, each in exactly one area.
    """

    kind: Kind
    problems: tuple[Problem, ...]
    by_check: Mapping[str, tuple[Problem, ...]]

    @property
    def ok(self) -> bool:
        """Whether the document fits its data model."""
        return not self.problems


def check(document: Any, kind: str | None = None) -> StructureReport:
    """Hold a parsed JSON document against the data model of its kind.

    ``kind`` is one of `KINDS`; without it, or for any other text, the kind is detected. Every problem is a
    MALFORMED_VALUE_ERROR with the pointer of the offending member, also of one that is missing. The first
    `MAX_PROBLEMS` are told; where there are more, a last one says so. Never raises.
    """
    if isinstance(document, Mapping) and not isinstance(document, dict):
        document = dict(document)
    named: Kind | None = None if kind is None else next((each for each in KINDS if each == kind), None)
    settled = named or detect_kind(document)
    findings = _findings(document, settled)
    if not findings:
        return _sound(settled)
    areas: dict[str, list[Problem]] = {area: [] for area in AREAS}
    found: list[Problem] = []
    for finding in findings:
        problem = Problem(MALFORMED_VALUE_ERROR, finding.detail, join(*finding.tokens))
        found.append(problem)
        areas[area_of(finding)].append(problem)
    return StructureReport(settled, tuple(found), {area: tuple(each) for area, each in areas.items()})


@cache
def _sound(kind: Kind) -> StructureReport:
    """The report on a document of a kind with which nothing is wrong."""
    return StructureReport(kind, (), dict.fromkeys(AREAS, ()))


def problems(document: Any, kind: str | None = None) -> tuple[Problem, ...]:
    """What is wrong with the structure of a document, as `check` finds it."""
    return check(document, kind).problems


def by_check(document: Any, kind: str | None = None) -> Mapping[str, tuple[Problem, ...]]:
    """The problems `check` finds, by the verifier's check they belong to; every area of `AREAS` is a key."""
    return check(document, kind).by_check


def _findings(document: Any, kind: Kind) -> list[Finding]:
    if not isinstance(document, dict):
        return [Finding((), "the document must be a JSON object")]
    if kind == "ob2-assertion":
        return [Finding(("type",), "type must include VerifiableCredential; this is an Open Badges 2.0 assertion")]
    version = _FIXED_VERSIONS.get(kind) or data_model(document)
    shape = shapes(version).by_family[_FAMILIES.get(kind, "vc")]
    return [] if fits(shape, document, _MAX_DEPTH) else _noted(shape, document)


def _noted(shape: Shape, document: dict[str, Any]) -> list[Finding]:
    walk = Walk(MAX_PROBLEMS, _MAX_DEPTH)
    try:
        shape(walk, document, None)
    except Full:
        walk.findings.append(Finding((), f"the document has more problems than the {MAX_PROBLEMS} that are listed"))
    return walk.findings
