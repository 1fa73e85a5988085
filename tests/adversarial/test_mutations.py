"""No change to what was signed is ever valid: every way of securing, every member, and a hundred single bytes.

Only carrier bytes that nothing signs (pixels, drawing) and the s-negation inherent in ECDSA are outside this claim.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from badgeport.issuer import images
from badgeport.schemas import carrier
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from support import issuing

# A change is caught where it first shows: when it is read, when its meaning is checked, or by the signature.
CAUGHT_BY_PROOF = {
    "parsing", "input-limits", "canonicalization", "context", "defined-terms", "signed-content", "type", "identifier",
    "data-model", "subject", "achievement", "evidence", "issuer-profile", "dates", "proof-present", "proof-members",
    "cryptosuite", "proof-constraints", "proof-value", "verification-method", "key-document", "key-relationship",
    "issuer-key", "jwt-key", "jose-header", "signature", "jwt-claims", "key-validity", "selective-disclosure",
}  # fmt: skip
BYTES = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 100
EMBEDDED = [case for case in issuing.CASES if "jwt" not in case]
TOKENS = [case for case in issuing.CASES if "jwt" in case]


def suite(case: str) -> pytest.ParameterSet:
    return pytest.param(case, marks=pytest.mark.suite(issuing.CASES[case][0]), id=case)


@cache
def control(case: str) -> bytes:
    return issuing.issue(case)


def judge(data: bytes) -> VerificationReport:
    return issuing.verifier().inspect(data, now=issuing.NOW)


def assert_refused(data: bytes, what: str) -> None:
    report = judge(data)
    assert report.verdict is not Verdict.VALID, what
    stopped = {result.id for result in report.checks if result.outcome in (Outcome.FAILED, Outcome.UNKNOWN)}
    assert stopped, what
    assert stopped & CAUGHT_BY_PROOF, f"{what}: only {sorted(stopped)}"


@pytest.mark.parametrize("case", [suite(case) for case in issuing.CASES])
def test_the_unchanged_credential_is_valid(case: str) -> None:
    report = judge(control(case))
    assert report.verdict is Verdict.VALID, report.to_text()


@pytest.mark.parametrize("case", EMBEDDED)
def test_no_changed_member_of_a_document_is_valid(case: str) -> None:
    document = json.loads(control(case))
    count = 0
    for what, changed in changes(document):
        assert_refused(json.dumps(changed).encode(), f"{case}: {what}")
        count += 1
    assert count > 50


@pytest.mark.parametrize("case", TOKENS)
def test_no_changed_member_of_a_token_is_valid(case: str) -> None:
    """The payload and the header are changed and encoded again under the old signature."""
    token, tilde, rest = control(case).decode().partition("~")
    parts = token.split(".")
    count = 0
    for position in (0, 1):
        for what, changed in changes(decode(parts[position])):
            forged = parts.copy()
            forged[position] = encode(changed)
            assert_refused((".".join(forged) + tilde + rest).encode(), f"{case}: {what}")
            count += 1
    assert count > 50


@pytest.mark.parametrize("case", list(issuing.CASES))
def test_no_single_changed_byte_is_valid(case: str) -> None:
    data = control(case)
    source = random.Random(case)
    embedded = case in EMBEDDED
    for _ in range(BYTES):
        position = source.randrange(len(data))
        changed = bytearray(data)
        changed[position] = source.choice([value for value in range(32, 127) if value != data[position]])
        what = f"{case}: byte {position} {data[position : position + 1]!r} -> {changed[position : position + 1]!r}"
        if embedded and same_json(data, bytes(changed)):
            continue
        assert_refused(bytes(changed), what)


@pytest.mark.parametrize("case", list(issuing.CASES))
def test_no_removed_or_doubled_byte_is_valid(case: str) -> None:
    data = control(case)
    source = random.Random(f"{case} length")
    for _ in range(BYTES // 4):
        position = source.randrange(len(data))
        for changed in (
            data[:position] + data[position + 1 :],
            data[:position] + data[position : position + 1] + data[position:],
        ):
            if case in EMBEDDED and same_json(data, changed):
                continue
            assert_refused(changed, f"{case}: at byte {position}")


@pytest.mark.parametrize("case", TOKENS)
def test_every_character_of_a_token_counts(case: str) -> None:
    """Also the last ones of each part, where sloppy base64url readers ignore bits."""
    token = control(case).decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    ends = [position for position, character in enumerate(token + ".") if character in ".~"]
    for end in ends:
        position = end - 1
        if position < 0 or token[position] in ".~":
            continue
        for other in alphabet:
            if other != token[position]:
                assert_refused((token[:position] + other + token[end:]).encode(), f"{case}: character {position}")


@pytest.mark.parametrize("case", ["vc+sd-jwt-es256"])
def test_disclosures_cannot_be_added_or_doubled(case: str) -> None:
    token = control(case).decode()
    jwt, *disclosures, last = token.split("~")
    assert last == ""
    assert disclosures
    stranger = encode(["c2FsdA", "name", "Somebody Else"])
    for parts in ([jwt, *disclosures, disclosures[0], ""], [jwt, *disclosures, stranger, ""], [jwt, *disclosures]):
        assert_refused("~".join(parts).encode(), f"{len(parts)} parts")


def changes(document: Any) -> Iterator[tuple[str, Any]]:
    """The document with one member changed, removed or added, once for each member at any depth."""
    for path, value in walk(document, ()):
        where = "/" + "/".join(map(str, path))
        if not isinstance(value, dict | list):
            yield f"change {where}", replaced(document, path, other(value))
        if path:
            yield f"remove {where}", removed(document, path)
        if isinstance(value, dict):
            yield (
                f"add to {where}",
                replaced(document, path, {**value, "name" if "name" not in value else "url": "https://x.example/"}),
            )


def walk(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from walk(item, (*path, name))


def other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return value + "x" if isinstance(value, str) else "x"


def replaced(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(document)
    parent = changed
    for token in path[:-1]:
        parent = parent[token]
    parent[path[-1]] = value
    return changed


def removed(document: Any, path: tuple[str | int, ...]) -> Any:
    changed = copy.deepcopy(document)
    parent = changed
    for token in path[:-1]:
        parent = parent[token]
    del parent[path[-1]]
    return changed


def same_json(one: bytes, other_bytes: bytes) -> bool:
    """Whether two texts are the same JSON value, spelled differently (``1.0`` and ``1e0``)."""
    try:
        return bool(json.loads(one) == json.loads(other_bytes))
    except ValueError:
        return False


def decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


@pytest.mark.parametrize("case", ["vc-jwt-es256", "vc+sd-jwt-es256"])
def test_a_token_with_a_foreign_symbol_is_a_bad_credential_not_a_missing_one(case: str) -> None:
    token = control(case)
    for symbol in (b"=", b"!", b"\xc3\xa9"):
        report = judge(token[:40] + symbol + token[41:])
        assert report.verdict is Verdict.INVALID
        assert report.credential_found


def test_a_damaged_baked_image_is_a_bad_credential_not_a_missing_one() -> None:
    baked = carrier.bake(images.badge_png("Checking"), control("vc-jwt-es256").decode())
    plain = images.badge_png("Checking")
    assert judge(baked).verdict is Verdict.VALID
    place = baked.index(b"openbadgecredential")
    for damaged in (baked[: place + 40] + b"\0" + baked[place + 41 :], baked[:-1], baked[: place + 500]):
        report = judge(damaged)
        assert report.verdict is Verdict.INVALID
        assert report.credential_found
    assert not judge(plain).credential_found
    assert not judge(plain[:-1]).credential_found
