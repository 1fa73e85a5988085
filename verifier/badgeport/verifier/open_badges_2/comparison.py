"""Whether what was handed in is what its issuer publishes. The published badge is the record; a copy proves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from badgeport.schemas.identity import identity_matches
from badgeport.schemas.problems import BADGE_DIFFERS, Problem
from badgeport.verifier.open_badges_2 import addresses, reading

MAXIMUM_TEXTS = 10_000

_COMPARED = frozenset(
    {"@context", "id", "@id", "type", "@type", "recipient", "badge", "issuedOn", "expires"}
) | frozenset({"verification", "verify", "revoked"})
_CLAIMS = ("evidence", "narrative")
_UNNAMED = frozenset({"id", "@id"})
_CLOSED = frozenset({"@context", "type", "@type"})


@dataclass(slots=True)
class Differences:
    """What differs: ``problems`` decide, ``doubts`` leave it open, ``warnings`` are to be told."""

    problems: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def compare(given: Mapping[str, Any], record: Mapping[str, Any]) -> Differences:
    """What a copy says otherwise than the record, by how much that matters.

    Whom the badge is awarded to, which badge it is and when it was issued must be as published. An end that the copy
    puts later than the record, or leaves out, must not be believed; an earlier one is a copy from before the badge was
    prolonged. A claim of what was achieved that is not published may be a forger's, or one that the issuer reworded or
    withdrew since: that is left open. The rest (images, links, extensions) is told as a warning.
    """
    found = Differences()
    _compare_recipients(given, record, found)
    _compare_badges(given, record, found)
    if not _may_be_same_date(given.get("issuedOn"), record.get("issuedOn")):
        _differs(found.problems, "the date of issue is not the one the issuer publishes", "/issuedOn")
    _compare_ends(given, record, found)
    published = {each for name in _CLAIMS for each in _texts(record.get(name))}
    for name in _CLAIMS:
        if not set(_texts(given.get(name))) <= published:
            detail = f"the {name} is not, or no longer, what the issuer publishes"
            _differs(found.doubts, detail, f"/{name}")
    others = sorted(
        name
        for name in (given.keys() | record.keys()) - _COMPARED - set(_CLAIMS)
        if name in given and given[name] != record.get(name)
    )
    if others:
        detail = f"the copy and what the issuer publishes differ in {', '.join(others[:20])}; what is published counts"
        _differs(found.warnings, detail, "")
    return found


def compare_class(given: object, published: Mapping[str, Any], issuer_id: str | None) -> Differences:
    """What a copy that holds the description of the badge says otherwise than the published description."""
    found = Differences()
    reference = reading.reference(given)
    if reference is None or reference.document is None:
        return found
    stated = reference.document
    if reading.name_of(stated) != reading.name_of(published):
        detail = "the name of the badge is not, or no longer, the one the issuer publishes"
        _differs(found.doubts, detail, "/badge/name")
    issuer = reading.reference(stated.get("issuer"))
    if issuer is not None and issuer.id is not None and issuer_id and not addresses.same(issuer.id, issuer_id):
        detail = "the issuer named is not the one the published badge names"
        _differs(_by_host(found, issuer.id, issuer_id), detail, "/badge/issuer")
    others = [name for name in ("criteria", "description") if _other_texts(stated.get(name), published.get(name))]
    if others:
        detail = f"the copy and what the issuer publishes differ in the badge's {' and '.join(others)}"
        _differs(found.warnings, f"{detail}; what is published counts", "/badge")
    return found


def compare_with_page(embedded: Mapping[str, Any], page: Mapping[str, Any]) -> Differences:
    """What the description inside an award says otherwise than the one at the badge's own address.

    The award vouches for its own; a name may have changed since. But a badge that its own address gives to another
    issuer is not this issuer's to award.
    """
    found = Differences()
    stated, published = reading.reference(embedded.get("issuer")), reading.reference(page.get("issuer"))
    if stated is not None and published is not None and not addresses.same(stated.id, published.id):
        detail = "the badge belongs, by its own address, to another issuer"
        _differs(_by_host(found, stated.id, published.id), detail, "/badge/issuer")
    if reading.name_of(embedded) != reading.name_of(page):
        detail = "the badge has another name now than in the award, which was judged"
        _differs(found.warnings, detail, "/badge/name")
    return found


def _compare_recipients(given: Mapping[str, Any], record: Mapping[str, Any], found: Differences) -> None:
    stated, published = reading.identity_of(given), reading.identity_of(record)
    if stated is None or published is None or stated == published:
        if (stated is None) != (published is None):
            _differs(found.problems, "the recipient is not the one the issuer publishes", "/recipient")
        return
    plain = [each for each in (stated, published) if not each["hashed"]]
    if len(plain) == 1:
        # The issuer shows the recipient to some and only a hash to others.
        hashed = published if plain[0] is stated else stated
        if identity_matches(hashed, plain[0]["identityHash"]):
            return
    elif not plain and stated["salt"] != published["salt"]:
        detail = (
            "the copy and what the issuer publishes name the recipient by different hashes, which cannot be compared"
        )
        _differs(found.doubts, detail, "/recipient")
        return
    elif stated["identityHash"] == published["identityHash"] or identity_matches(published, stated["identityHash"]):
        return
    _differs(found.problems, "the recipient is not the one the issuer publishes", "/recipient")


def _compare_badges(given: Mapping[str, Any], record: Mapping[str, Any], found: Differences) -> None:
    stated, published = reading.reference(given.get("badge")), reading.reference(record.get("badge"))
    if stated is None or published is None:
        return
    if stated.id is not None and published.id is not None:
        alike = addresses.same(stated.id, published.id)
    else:
        alike = stated.id == published.id
    if not alike:
        # A host that gave the award another address has mostly done so with the badge.
        moved = not addresses.same_place(reading.id_of(given), reading.id_of(record))
        problems = _by_host(found, stated.id, published.id) if moved else found.problems
        _differs(problems, "the badge is not the one the issuer publishes", "/badge")


def _compare_ends(given: Mapping[str, Any], record: Mapping[str, Any], found: Differences) -> None:
    stated, published = given.get("expires"), record.get("expires")
    if stated is None and published is None:
        return
    if stated is not None and _may_be_same_date(stated, published):
        return
    ends, record_ends = reading.span_of(stated), reading.span_of(published)
    prolonged = ends is not None and (published is None or (record_ends is not None and ends.precedes(record_ends)))
    if prolonged:
        detail = "the issuer prolonged the badge after this copy was made; what is published counts"
        _differs(found.warnings, detail, "/expires")
    else:
        _differs(found.problems, "the badge ends earlier, as its issuer publishes it, than the copy says", "/expires")


def _may_be_same_date(one: object, other: object) -> bool:
    """Whether two dates are one, as far as they say: a day and an hour of it, or one hour with and without its zone."""
    if one == other:
        return True
    stated, published = reading.span_of(one), reading.span_of(other)
    return stated is not None and published is not None and stated.may_be(published)


def _by_host(found: Differences, one: str | None, other: str | None) -> list[Problem]:
    """Where an address that differs counts: another on the same host may be that of the same thing, moved."""
    return (
        found.doubts if one is not None and other is not None and addresses.speaks_for(one, other) else found.problems
    )


def _other_texts(stated: object, published: object) -> bool:
    return stated is not None and not set(_texts(stated)) <= set(_texts(published))


def _texts(value: object) -> Iterator[str | addresses.Address]:
    """The texts in a value, at any depth, that say something; a name for use within the document does not.

    A web address is given as such, so that two spellings of one are one.
    """
    pending = [value]
    for _ in range(MAXIMUM_TEXTS):
        if not pending:
            return
        each = pending.pop()
        if isinstance(each, str):
            if each.strip():
                yield addresses.parse(each.strip()) or each.strip()
        elif isinstance(each, bool | int | float):
            yield str(each)
        elif isinstance(each, list):
            pending.extend(each)
        elif isinstance(each, Mapping):
            pending.extend(
                inner
                for name, inner in each.items()
                if name not in _CLOSED and not (name in _UNNAMED and isinstance(inner, str) and inner.startswith("_:"))
            )
    if pending:
        yield "\0more"


def _differs(problems: list[Problem], detail: str, pointer: str) -> None:
    problems.append(Problem(BADGE_DIFFERS, detail, pointer))
