"""What making canonical JSON is charged, and which engine is told to have read a document."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from badgeport.proofs.canonicalization import engines
from badgeport.proofs.canonicalization import work as module
from badgeport.proofs.canonicalization.work import JSON_BYTES, Work
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import RANGE_ERROR, ProblemError


def allowing(steps: int) -> Work:
    return Work(replace(DEFAULT_LIMITS, proof_steps=steps))


def test_what_the_slow_writer_writes_is_charged_by_the_member_and_before(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"a": [1.5] * 1_000}
    work = allowing(5_000)
    work.jcs_hash(document, "sha256")
    assert 5_000 - work.left == 1_002
    monkeypatch.setattr(module, "by_reference", lambda _: pytest.fail("it was written"))
    with pytest.raises(ProblemError) as refused:
        allowing(1_000).jcs_hash(document, "sha256")
    assert refused.value.problem.type is RANGE_ERROR


def test_what_the_quick_writer_writes_is_charged_by_length() -> None:
    work = allowing(1_000)
    work.jcs_hash({"a": "x" * 100 * JSON_BYTES}, "sha256")
    assert 1_000 - work.left == 101


def test_with_nothing_left_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    work = allowing(1)
    work.jcs_hash({}, "sha256")
    monkeypatch.setattr(module, "certain", lambda _: pytest.fail("it was written"))
    with pytest.raises(ProblemError):
        work.jcs_hash({"a": 1}, "sha256")


def test_each_document_has_its_own_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "choice", lambda: "compiled")
    plain: dict[str, Any] = {
        "@context": [urls.CREDENTIALS_V2],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:1",
        "credentialSubject": {"id": "did:example:2"},
    }
    unusual = {**plain, "@context": [urls.CREDENTIALS_V2, {"extra": "https://ex.example/extra"}]}
    work, store = allowing(10_000), contexts.store()
    assert work.read_by(plain) is None
    for document in (plain, unusual):
        work.rdf_hash(document, "sha256", store)
    assert work.read_by(plain) == "compiled"
    assert work.read_by(dict(unusual)) == "reference"
