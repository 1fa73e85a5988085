"""Whose badge it is: by DID, e-mail address (plain or hashed) or educator number. Never by name.

Every identifier in the badge is looked at. Where they lead to two employees, or to nobody, no one is chosen: the badge
is put aside for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from badgeport.keys import did
from badgeport.schemas.identity import hash_identity, identity_matches
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.hr.roster import Employee, Roster

NO_IDENTITY = "no-identity"
NO_EMPLOYEE = "no-employee"
AMBIGUOUS = "ambiguous"
SEVERAL_SUBJECTS = "several-subjects"

_HASH = re.compile(r"(sha256|md5)\$[0-9A-Fa-f]+")
_EMAIL_TYPE = "emailAddress"
_MAXIMUM_IDENTITIES = 100


@dataclass(frozen=True, slots=True)
class Match:
    """Whose badge it is: ``employee``, and ``by`` which identifiers; else ``code`` and ``reason``."""

    employee: Employee | None
    by: tuple[str, ...] = ()
    code: str | None = None
    reason: str | None = None


class Matcher:
    """Finds the employee of a badge in one roster."""

    def __init__(self, roster: Roster) -> None:
        self._by_did: dict[str, list[Employee]] = {}
        self._by_email: dict[str, list[Employee]] = {}
        self._numbers: list[tuple[str, str, str | None, Employee]] = []
        for employee in roster.employees:
            for identifier in dict.fromkeys(did.comparable(each) for each in employee.dids):
                self._by_did.setdefault(identifier, []).append(employee)
            for email in dict.fromkeys(each.lower() for each in employee.emails):
                self._by_email.setdefault(email, []).append(employee)
            for number in employee.educator_ids:
                self._numbers.append((number.type, number.value, number.issuer, employee))
        # A hash is of an address as the issuer had it: also as it is written in the roster.
        written = [(text, text.lower()) for employee in roster.employees for text in employee.emails]
        pairs = (pair for text, small in written for pair in ((text, small), (small, small)))
        self._forms = list(dict.fromkeys(pairs))

    def match(self, document: Mapping[str, Any], issuer: str | None) -> Match:
        """The employee of a badge. ``document`` is the badge as verified, ``issuer`` whose key made its proof."""
        subjects = list(_subjects(document))
        if len(subjects) > 1:
            reason = "It is about several persons at once, so it cannot be one employee's."
            return Match(None, code=SEVERAL_SUBJECTS, reason=reason)
        shown = False
        found: dict[str, tuple[Employee, list[str]]] = {}
        for subject in subjects:
            for by, employees in self._hits(subject, issuer):
                shown = True
                for employee in employees:
                    found.setdefault(employee.id, (employee, []))[1].append(by)
        if not shown:
            reason = "It shows no DID, e-mail address or educator number; a name alone is not enough."
            return Match(None, code=NO_IDENTITY, reason=reason)
        if not found:
            return Match(None, code=NO_EMPLOYEE, reason="Nobody on the roster has an identifier that it names.")
        if len(found) > 1:
            ids = ", ".join(sorted(found))
            reason = f"Its identifiers lead to {len(found)} employees ({ids}); a person has to decide whose it is."
            return Match(None, code=AMBIGUOUS, reason=reason)
        employee, ways = next(iter(found.values()))
        stranger = _other_did(subjects, employee)
        if stranger is not None:
            reason = f"It is about {stranger}, which is none of the DIDs of the employee ({employee.id}) it leads to."
            return Match(None, code=AMBIGUOUS, reason=reason)
        return Match(employee, tuple(dict.fromkeys(ways)))

    def _hits(self, subject: Mapping[str, Any], issuer: str | None) -> Iterator[tuple[str, Sequence[Employee]]]:
        """What each identifier of the subject is, and the employees it leads to."""
        identifier = subject.get("id")
        if isinstance(identifier, str) and identifier.startswith("did:"):
            yield "did", self._by_did.get(did.comparable(identifier), ())
        elif isinstance(identifier, str) and identifier.lower().startswith("mailto:"):
            yield "email", self._by_email.get(identifier[len("mailto:") :].lower(), ())
        for identity in _identities(subject):
            if identity.get("identityType") == _EMAIL_TYPE:
                yield "email", self._by_address(identity)
            else:
                yield from self._by_number(identity, issuer)

    def _by_address(self, identity: Mapping[str, Any]) -> list[Employee]:
        stated, salt = identity.get("identityHash"), identity.get("salt", "")
        if not isinstance(stated, str) or not isinstance(salt, str):
            return []
        if identity.get("hashed") is not True:
            return self._by_email.get(stated.lower().removeprefix("mailto:"), [])
        form = _HASH.fullmatch(stated)
        if form is None:
            return []
        found: dict[str, Employee] = {}
        for written, small in self._forms:
            for text in (written, f"mailto:{written}"):
                try:
                    matches = hash_identity(text, salt, form[1]) == stated.lower()
                except ProblemError:
                    return []
                if matches:
                    found |= {each.id: each for each in self._by_email[small]}
        return list(found.values())

    def _by_number(self, identity: Mapping[str, Any], issuer: str | None) -> Iterator[tuple[str, Sequence[Employee]]]:
        known = [each for each in self._numbers if each[0] == identity.get("identityType")]
        if not known:
            return
        by = None if issuer is None else did.comparable(issuer)
        yield (
            "educator-id",
            [
                employee
                for _, value, stated_by, employee in known
                if stated_by in (None, by) and identity_matches(identity, value)
            ],
        )


def _other_did(subjects: Sequence[Mapping[str, Any]], employee: Employee) -> str | None:
    """The DID a badge is about, where the roster lists DIDs of the employee and this is none of them."""
    known = {did.comparable(each) for each in employee.dids}
    for subject in subjects:
        identifier = subject.get("id")
        if not (known and isinstance(identifier, str) and identifier.startswith("did:")):
            continue
        if did.comparable(identifier) not in known:
            return identifier
    return None


def _subjects(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The persons a badge is about; of an Open Badges 2.0 assertion its recipient, in the form of today's badges."""
    stated = document.get("credentialSubject")
    if stated is None and isinstance(recipient := document.get("recipient"), Mapping):
        kind = _EMAIL_TYPE if recipient.get("type") == "email" else recipient.get("type")
        hashed = recipient.get("hashed", False)
        identity = {"identityType": kind, "identityHash": recipient.get("identity"), "hashed": hashed}
        yield {"identifier": {**identity, "salt": recipient.get("salt", "")}}
        return
    for each in stated if isinstance(stated, list) else [stated]:
        if isinstance(each, Mapping):
            yield each


def _identities(subject: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    stated = subject.get("identifier")
    found = [each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, Mapping)]
    yield from found[:_MAXIMUM_IDENTITIES]
