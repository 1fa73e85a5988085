"""Rules of the data model that join several members (OB 3.0 Appendix B; VCDM 2.0 section 4).

They serve the verifier's checks on contexts, recipients, achievements and dates (rows 4, 11, 12 and 15).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from badgeport.schemas.structure import vocabulary
from badgeport.schemas.structure.walk import Check, Path, Rule, Walk, read_instant

_USUAL_INSTANT_CHARS = len("2025-01-31T12:00:00Z")


def listed(value: Any) -> list[Any]:
    """A value that may be compacted, as a list."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def strings(value: Any) -> list[str]:
    """The strings of a value that may be compacted."""
    return [each for each in listed(value) if isinstance(each, str)]


def contexts(first: str, second: Callable[[str], object] | None = None, named: str = "") -> Check:
    """``@context``: the data model's own context first, then ``second`` in second place, then URLs or objects."""

    def check(walk: Walk, value: Any, path: Path) -> None:
        if isinstance(value, str) and second is None:
            value = [value]
        if not isinstance(value, list):
            walk.expect(path, "an ordered array", value)
            return
        if not value or value[0] != first:
            walk.add((path, 0), f"must be {first}")
        if second is not None and not (len(value) > 1 and isinstance(value[1], str) and second(value[1])):
            walk.add((path, 1), f"must be {named}")
        _context_entries(walk, value, path)

    return check


def clr_contexts(first: str) -> Check:
    """``@context`` of a CLR 2.0 envelope: the data model's own context first, a CLR context anywhere after it."""

    def check(walk: Walk, value: Any, path: Path) -> None:
        if not isinstance(value, list):
            walk.expect(path, "an ordered array", value)
            return
        if not value or value[0] != first:
            walk.add((path, 0), f"must be {first}")
        if not any(vocabulary.is_clr_context(each) for each in strings(value[1:])):
            walk.add(path, "must name the CLR 2.0 context after the one of the data model")
        _context_entries(walk, value, path)

    return check


def _context_entries(walk: Walk, value: list[Any], path: Path) -> None:
    for index, each in enumerate(value):
        if isinstance(each, str):
            if not vocabulary.is_absolute_uri(each):
                walk.add((path, index), "must be an absolute URL")
        elif not isinstance(each, dict):
            walk.expect((path, index), "a URL or an object", each)


def id_or_narrative(walk: Walk, criteria: dict[str, Any], path: Path) -> None:
    """Criteria without an id or a narrative say nothing."""
    if "id" not in criteria and "narrative" not in criteria:
        walk.add(path, "needs an id or a narrative")


def id_or_identifier(walk: Walk, subject: dict[str, Any], path: Path) -> None:
    """The recipient must be named in one way or the other."""
    if "id" not in subject and not subject.get("identifier"):
        walk.add(path, "needs an id or an identifier")


def hashed_identity(walk: Walk, identity: dict[str, Any], path: Path) -> None:
    """A hashed identity names its algorithm."""
    value = identity.get("identityHash")
    if identity.get("hashed") is True and isinstance(value, str) and not vocabulary.is_identity_hash(value):
        walk.add((path, "identityHash"), "must be sha256$ or md5$ and as many hexadecimal digits as the hash has")


def results_match_descriptions(walk: Walk, subject: dict[str, Any], path: Path) -> None:
    """A result refers to a result description of the same achievement, and has a status where that one asks for it."""
    achievement, results = subject.get("achievement"), subject.get("result")
    if results is None or not isinstance(achievement, dict):
        return
    result_types = {
        each["id"]: each.get("resultType")
        for each in listed(achievement.get("resultDescription"))
        if isinstance(each, dict) and isinstance(each.get("id"), str)
    }
    for index, result in enumerate(listed(results)):
        link = result.get("resultDescription") if isinstance(result, dict) else None
        if not isinstance(link, str):
            continue
        here: Path = ((path, "result"), index) if isinstance(results, list) else (path, "result")
        if link not in result_types:
            walk.add((here, "resultDescription"), "must be the id of a result description of the same achievement")
        elif result_types[link] == "Status" and "status" not in result:
            walk.add((here, "status"), "is missing, but the result description is of the type Status")


def period(start: str, end: str, *, may_be_empty: bool) -> Rule:
    """The validity period ends after it starts; VCDM itself lets both be the same instant, a badge does not."""

    def rule(walk: Walk, credential: dict[str, Any], path: Path) -> None:
        if end not in credential or start not in credential:
            return
        if _is_in_order(credential[start], credential[end]):
            return
        starts, ends = read_instant(credential[start]), read_instant(credential[end])
        if starts is None or ends is None or ends > starts or (may_be_empty and ends == starts):
            return
        walk.add((path, end), f"must {'not be earlier' if may_be_empty else 'be later'} than {start}", about_date=True)

    return rule


def _is_in_order(start: Any, end: Any) -> bool:
    """Whether two texts are in order if they are instants of the usual form, in whole seconds of UTC."""
    return (
        start.__class__ is str
        and end.__class__ is str
        and len(start) == len(end) == _USUAL_INSTANT_CHARS
        and start[-1] == end[-1] == "Z"
        and bool(start < end)
    )


def related_resources(walk: Walk, credential: dict[str, Any], path: Path) -> None:
    """Related resources have ids that differ and a digest each (VCDM 2.0 section 5.3)."""
    resources = credential.get("relatedResource")
    if resources is None:
        return
    seen: set[str] = set()
    for index, each in enumerate(listed(resources)):
        if not isinstance(each, dict):
            continue
        here: Path = ((path, "relatedResource"), index) if isinstance(resources, list) else (path, "relatedResource")
        if "digestSRI" not in each and "digestMultibase" not in each:
            walk.add(here, "needs a digestSRI or a digestMultibase")
        identifier = each.get("id")
        if isinstance(identifier, str):
            if identifier in seen:
                walk.add((here, "id"), "must not name a resource twice")
            seen.add(identifier)


def only_a_reference(walk: Walk, envelope: dict[str, Any], path: Path) -> None:
    """An enveloped credential is carried in a data: URL (VCDM 2.0 section 4.13)."""
    if "EnvelopedVerifiableCredential" in strings(envelope.get("type")):
        identifier = envelope.get("id")
        if not isinstance(identifier, str) or not identifier.startswith("data:"):
            walk.add((path, "id"), "must be a data: URL that holds the enveloped credential")
