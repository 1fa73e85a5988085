"""Row 41: the credential was awarded to the person the reader has in mind."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from badgeport.schemas.identity import identity_matches
from badgeport.schemas.problems import RECIPIENT_MISMATCH, Problem
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_SUBJECT = "/credentialSubject"
_MAXIMUM_IDENTITIES = 1_000


def run(examination: Examination) -> CheckResult:
    """The subject's id, or one of its identifiers, plain or hashed, is the value the reader gave (OB 3.0 §9.2)."""
    wanted = examination.question.recipient
    if wanted is None:
        return CHECK.skipped("No recipient was named to compare with.")
    detail = "neither the subject's id nor an identifier of it is the one given"
    asked = list(_awarded(examination)) or [("", examination, False)]
    others = [
        (contained, Problem(RECIPIENT_MISMATCH, detail, f"{where}{_SUBJECT}"))
        for where, each, contained in asked
        if each is None or not any(matches(subject, wanted) for subject in each.subjects())
    ]
    problems = [problem for contained, problem in others if not contained]
    if problems:
        return CHECK.failed("The credential was awarded to someone else.", problems)
    if others:
        message = "The record is about the recipient that was named; whether all it contains is could not be told."
        return CHECK.unknown(message, [problem for _, problem in others])
    return CHECK.passed("The credential was awarded to the recipient that was named.")


def _awarded(
    examination: Examination, where: str = "", *, contained: bool = False
) -> Iterator[tuple[str, Examination | None, bool]]:
    """Every credential with where it stands, and whether in another one: anyone can put others' into a record.

    Of a presentation that is what it shows. One that was not looked at is None.
    """
    if not examination.is_presentation:
        yield where, examination, contained
        contained = True
    for each in examination.members:
        if each.examination is None:
            yield where + each.pointer, None, contained
        else:
            yield from _awarded(each.examination, where + each.pointer, contained=contained)


def matches(subject: Mapping[str, Any], wanted: str) -> bool:
    """Whether the subject's id, or one of its identifiers, plain or hashed, is the one given.

    Only e-mail addresses are compared without regard to case: web addresses and DIDs that differ in it are others'.
    """
    stated = subject.get("identifier")
    identities = [each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, Mapping)]
    forms = _forms(wanted)
    found = [
        _same(subject.get("id"), wanted),
        *(identity_matches(each, form) for each in identities[:_MAXIMUM_IDENTITIES] for form in forms),
    ]
    return any(found)


def _address(identifier: str) -> str | None:
    """The e-mail address that an identifier is, bare or as a ``mailto:`` URI; None where it is something else."""
    scheme, colon, rest = identifier.partition(":")
    mailto = scheme.lower() == "mailto" and bool(colon)
    address = rest if mailto else identifier
    return address if "@" in address and (mailto or not colon) else None


def _forms(wanted: str) -> tuple[str, ...]:
    """An identifier as given; an e-mail address both bare and as a ``mailto:`` URI, for a hash is of one of them."""
    address = _address(wanted)
    return (wanted,) if address is None else (address, f"mailto:{address}")


def _same(identifier: object, wanted: str) -> bool:
    """Equal as written; an e-mail address also as the ``mailto:`` URI of it, without regard to case."""
    if not isinstance(identifier, str):
        return False
    stated, asked = _address(identifier), _address(wanted)
    if stated is None or asked is None:
        return _equal(identifier, wanted)
    return _equal(stated.lower(), asked.lower())


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


CHECK = Check(41, "Awarded to the named recipient", run, (RECIPIENT_MISMATCH,))
