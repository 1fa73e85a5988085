"""Whose badge it is: by each identifier, never by name, and never by half a match."""

from __future__ import annotations

from typing import Any

import pytest

from badgeport.verifier.hr.matching import Match, Matcher
from badgeport.verifier.hr.roster import read_roster
from support import payroll as p

AR, SC = "did:web:arkansas.example", "did:web:carolina.example"
ROSTER = f"""employee,name,emails,dids,educator_ids
E-1,Ines Marchetti,Ines@Kaneridge.example,did:web:Ines.example,ext:stateEducatorId=1001@{AR}
E-2,Omar Said,omar@kaneridge.example;shared@kaneridge.example,,ext:stateEducatorId=1001@{SC}
E-3,Ines Marchetti,shared@kaneridge.example,,
"""


def match(subject: Any, issuer: str | None = AR) -> Match:
    document = subject if "recipient" in subject else {"credentialSubject": subject}
    return Matcher(read_roster(ROSTER.encode())).match(document, issuer)


def identity(kind: str, value: str, **members: Any) -> dict[str, Any]:
    return {"identityType": kind, "identityHash": value, "hashed": False, **members}


@pytest.mark.parametrize(
    ("subject", "employee", "by"),
    [
        ({"id": "did:web:ines.example"}, "E-1", "did"),
        ({"id": "mailto:INES@kaneridge.example"}, "E-1", "email"),
        ({"identifier": identity("emailAddress", "ines@kaneridge.example")}, "E-1", "email"),
        ({"identifier": [p.hashed("ines@kaneridge.example")]}, "E-1", "email"),
        ({"identifier": [p.hashed("Ines@Kaneridge.example")]}, "E-1", "email"),
        ({"identifier": [p.hashed("mailto:omar@kaneridge.example")]}, "E-2", "email"),
        ({"identifier": [p.hashed("1001", "ext:stateEducatorId")]}, "E-1", "educator-id"),
        ({"recipient": {"type": "email", "identity": "omar@kaneridge.example", "hashed": False}}, "E-2", "email"),
        ([{"id": "did:web:ines.example"}], "E-1", "did"),
    ],
)
def test_an_identifier_leads_to_its_employee(subject: Any, employee: str, by: str) -> None:
    found = match(subject)
    assert found.employee is not None
    assert (found.employee.id, found.by) == (employee, (by,))


def test_a_badge_about_another_did_is_nobodys_whatever_address_it_names() -> None:
    subject = {"id": "did:example:stranger", "identifier": [p.hashed("ines@kaneridge.example")]}
    found = match(subject)
    assert (found.employee, found.code) == (None, "ambiguous")
    # Of who has no DID on the roster nothing is known to be another's.
    other = match({"id": "did:example:stranger", "identifier": [p.hashed("omar@kaneridge.example")]})
    assert other.employee is not None


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ({}, "no-identity"),
        ({"id": "urn:uuid:1"}, "no-identity"),
        ({"identifier": identity("name", "Omar Said")}, "no-identity"),
        ({"identifier": identity("name", "omar@kaneridge.example")}, "no-identity"),
        ({"identifier": p.hashed("Omar Said", "name")}, "no-identity"),
        ({"id": "did:web:other.example"}, "no-employee"),
        ({"identifier": p.hashed("someone@else.example")}, "no-employee"),
        ({"identifier": {**p.hashed("omar@kaneridge.example"), "salt": "another"}}, "no-employee"),
        ({"identifier": identity("emailAddress", "sha256$00", hashed=True)}, "no-employee"),
        ({"identifier": p.hashed("shared@kaneridge.example")}, "ambiguous"),
        ({"id": "did:web:ines.example", "identifier": p.hashed("omar@kaneridge.example")}, "ambiguous"),
        ([{"id": "did:web:ines.example"}, {"id": "did:web:ines.example"}], "several-subjects"),
    ],
)
def test_no_employee_is_chosen(subject: Any, code: str) -> None:
    found = match(subject)
    assert (found.employee, found.code) == (None, code)
    assert found.reason


def test_a_number_is_that_of_the_state_that_gave_it() -> None:
    number = {"identifier": p.hashed("1001", "ext:stateEducatorId")}
    found = {issuer: match(number, issuer).employee for issuer in (AR, SC, "did:web:third.example")}
    assert [None if each is None else each.id for each in found.values()] == ["E-1", "E-2", None]
