"""What is remembered of status lists from one input to the next, and that no answer rests on more than it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from badgeport.proofs import secured
from badgeport.schemas import jsontext
from badgeport.schemas.bitstring import Bitstring
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError
from badgeport.verifier import proving, remembering
from badgeport.verifier.remembering import Remembered, expanded
from badgeport.verifier.report import Verdict
from support import verifying as v


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is verified from now on, with nothing remembered from before: the types of the documents."""
    monkeypatch.setattr(proving, "SIGNATURES", Remembered(remembering.MOST_SIGNATURES, lambda _: 1))
    seen: list[str] = []

    def verify(opened: Any, *arguments: Any, **options: Any) -> None:
        seen.append(opened.document["type"][-1])
        secured.verify_secured(opened, *arguments, **options)

    monkeypatch.setattr(proving, "verify_secured", verify)
    return seen


def badge(**changes: Any) -> bytes:
    return v.sign(v.badge(credentialStatus=[v.status_entry()], **changes))


def test_the_signature_of_a_list_is_checked_once_and_that_of_a_badge_each_time(signatures: list[str]) -> None:
    held = v.status_list()
    for number in range(3):
        assert v.inspect(badge(name=f"Badge {number}"), {v.LIST: held}).verdict is Verdict.VALID
    assert signatures.count("BitstringStatusListCredential") == 1
    assert len(signatures) == 4
    # Another list at the same address is another text.
    assert "REVOKED" in v.inspect(badge(), {v.LIST: v.status_list(7)}).codes
    assert signatures.count("BitstringStatusListCredential") == 2


def test_of_a_list_with_several_proofs_nothing_is_remembered(signatures: list[str]) -> None:
    once = v.status_list()
    twice = v.sign(v.parsed(once))
    assert len(v.parsed(twice)["proof"]) == 2
    for _ in range(2):
        assert v.inspect(badge(), {v.LIST: twice}).verdict is Verdict.VALID
    assert signatures.count("BitstringStatusListCredential") == 4


def test_a_changed_list_gains_nothing_from_the_genuine_one(signatures: list[str]) -> None:
    genuine = v.status_list(7)
    assert "REVOKED" in v.inspect(badge(), {v.LIST: genuine}).codes
    cleared = v.unsigned_status_list()["credentialSubject"]["encodedList"]
    changed = v.spoiled(genuine, lambda each: each["credentialSubject"].update(encodedList=cleared))
    for _ in range(2):  # what failed is not remembered
        assert v.inspect(badge(), {v.LIST: changed}).verdict is Verdict.UNDETERMINED
    assert signatures.count("BitstringStatusListCredential") >= 3


def test_what_does_not_follow_from_the_bytes_is_asked_anew(signatures: list[str]) -> None:
    held = v.status_list(validUntil="2026-05-02T00:00:00Z")
    assert v.inspect(badge(), {v.LIST: held}).verdict is Verdict.VALID
    later = v.inspect(badge(), {v.LIST: held}, now=v.NOW.replace(month=6))
    assert later.verdict is Verdict.UNDETERMINED
    assert "not valid at" in later.to_text()
    mallory = v.status_list(by=v.signer("mallory"))
    for _ in range(2):
        report = v.inspect(badge(), {v.LIST: mallory})
        assert report.verdict is Verdict.UNDETERMINED
        assert "was issued by" in report.to_text()


def test_what_was_saved_is_charged(signatures: list[str]) -> None:
    lists = {url: v.status_list(url=url) for url in (v.LIST, "https://lakeside.example/status/2")}
    one, other = (v.sign(v.badge(credentialStatus=[v.status_entry(statusListCredential=url)])) for url in lists)
    both = v.sign(v.badge(credentialStatus=[v.status_entry(statusListCredential=url) for url in lists]))

    def valid(data: bytes, steps: int) -> bool:
        limits = replace(DEFAULT_LIMITS, proof_steps=steps)
        return v.verifier(lists).within(limits).inspect(data, now=v.NOW).valid

    enough = next(steps for steps in range(10, 2_000, 5) if valid(one, steps))
    del signatures[:]
    assert valid(other, enough)
    assert valid(one, enough)
    assert signatures.count("BitstringStatusListCredential") == 1
    assert not valid(both, enough)
    assert valid(both, 2 * enough)


def test_the_oldest_make_room_and_what_is_too_large_is_not_kept() -> None:
    held: Remembered[str] = Remembered(5, len)
    for key, value in (("a", "12"), ("b", "12"), ("large", "123456")):
        held.put(key, value)
    assert held.get("large") is None
    assert held.get("a") == "12"
    held.put("c", "12")  # b is older now
    assert [held.get(key) for key in "abc"] == ["12", None, "12"]
    held.put("c", "other")
    assert held.get("c") == "12"


def test_lists_are_expanded_once_and_bad_ones_refused_each_time() -> None:
    encoded = Bitstring.zeros(200_000).encode()
    assert expanded(encoded, multibase=True, limits=DEFAULT_LIMITS) is expanded(
        str(jsontext.parse(jsontext.dump(encoded))), multibase=True, limits=DEFAULT_LIMITS
    )
    tight = replace(DEFAULT_LIMITS, decompressed_bytes=1_000)
    for bad, limits in ((encoded[:-4], DEFAULT_LIMITS), (encoded, tight), (7, DEFAULT_LIMITS), ("u\ud800", tight)):
        for _ in range(2):
            with pytest.raises(ProblemError):
                expanded(bad, multibase=True, limits=limits)
