"""Hashed recipient identifiers."""

from typing import Any

import pytest

from badgeport.schemas.identity import hash_identity, identity_matches
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

# sha256 of "a@example.com" followed by "Kosher".
SALTED = "sha256$b5809d8a92f8858436d7e6b87c12ebc0ae1eac4baecc2c0b913aee2c922ef399"


def identity(**members: Any) -> dict[str, Any]:
    return {"type": "IdentityObject", "hashed": True, "identityType": "emailAddress", **members}


def test_the_specification_example() -> None:
    assert hash_identity("a@example.com", "Kosher") == SALTED


def test_published_digests() -> None:
    # FIPS 180-4 and RFC 1321: "abc".
    assert hash_identity("abc") == "sha256$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_identity("ab", "c", "md5") == "md5$900150983cd24fb0d6963f7d28e17f72"


@pytest.mark.parametrize(("identifier", "algorithm"), [("a", "sha1"), ("a", ""), ("a", "SHA256"), ("\ud800", "sha256")])
def test_hashing_refuses(identifier: str, algorithm: str) -> None:
    with pytest.raises(ProblemError) as error:
        hash_identity(identifier, "", algorithm)
    assert error.value.problem.type == MALFORMED_VALUE_ERROR


@pytest.mark.parametrize(
    ("members", "identifier"),
    [
        ({"identityHash": SALTED, "salt": "Kosher"}, "a@example.com"),
        ({"identityHash": SALTED, "salt": "Kosher"}, "A@Example.com"),
        ({"identityHash": SALTED.replace(SALTED[7:], SALTED[7:].upper()), "salt": "Kosher"}, "a@example.com"),
        ({"identityHash": hash_identity("Anna@Example.org")}, "Anna@Example.org"),
        ({"identityHash": hash_identity("abc", "", "md5")}, "abc"),
        ({"identityHash": "anna@example.org", "hashed": False}, "Anna@Example.org"),
        ({"identityHash": "Anna@Example.org", "hashed": False}, "anna@example.org"),
        ({"identityHash": "Anna Lee", "hashed": False, "identityType": "name"}, "Anna Lee"),
    ],
)
def test_matches(members: dict[str, Any], identifier: str) -> None:
    assert identity_matches(identity(**members), identifier)


@pytest.mark.parametrize(
    ("members", "identifier"),
    [
        ({"identityHash": SALTED, "salt": "Kosher"}, "b@example.com"),
        ({"identityHash": SALTED, "salt": "kosher"}, "a@example.com"),
        ({"identityHash": SALTED}, "a@example.com"),
        ({"identityHash": SALTED, "salt": "Kosher"}, SALTED),
        ({"identityHash": hash_identity("Anna@Example.org")}, "anna@example.org"),
        ({"identityHash": SALTED, "salt": "Kosher", "hashed": False}, "a@example.com"),
        ({"identityHash": "a@example.com"}, "a@example.com"),
        ({"identityHash": "sha1$a9993e364706816aba3e25717850c26c9cd0d89d"}, "abc"),
        ({"identityHash": "Anna Lee", "hashed": False, "identityType": "name"}, "anna lee"),
        ({"identityHash": "", "hashed": False}, "a@example.com"),
        ({"identityHash": SALTED, "salt": None}, "a@example.com"),
        ({"identityHash": SALTED, "salt": "\ud800"}, "a@example.com"),
        ({"identityHash": None}, "a@example.com"),
        ({"identityHash": 7, "hashed": False}, "7"),
        ({"identityHash": "a@example.com", "hashed": "false"}, "a@example.com"),
        ({"identityHash": "a@example.com", "hashed": None}, "a@example.com"),
        ({}, "a@example.com"),
        ({"identityHash": SALTED, "salt": "Kosher"}, "\ud800"),
    ],
)
def test_does_not_match(members: dict[str, Any], identifier: str) -> None:
    assert not identity_matches(identity(**members), identifier)


def test_another_type_is_skipped() -> None:
    entry = identity(identityHash=SALTED, salt="Kosher")
    assert identity_matches(entry, "a@example.com", "emailAddress")
    assert not identity_matches(entry, "a@example.com", "userName")
