"""The examples of docs/authority.md are true: an approval that counts, an agreement that is read."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

from badgeport.schemas import jsontext
from badgeport.verifier.recognition.approval import documents
from badgeport.verifier.recognition.approval.agreements import agreement_of
from badgeport.verifier.recognition.approval.approvals import authority_of
from badgeport.verifier.recognition.approval.authority import Standing
from badgeport.verifier.recognition.approval.csv_lists import COLUMNS
from support import approving as a
from support import verifying as v

PAGE = (Path(__file__).parents[4] / "docs" / "authority.md").read_text(encoding="utf-8")
APPROVAL, AGREEMENT = (jsontext.parse_object(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
STATE = "did:web:education.state.example"


def test_the_approval_on_the_page_counts() -> None:
    key = v.web_signer(STATE)
    held: dict[str, Any] = {"https://education.state.example/.well-known/did.json": v.key_document(key)}
    authority = authority_of([a.verified(a.signed(APPROVAL, key), held)], believed=[STATE])
    for area, standing in (("US-AR", Standing.APPROVED), ("US-SC", Standing.NOT_APPROVED)):
        answer = authority.authorized(a.ISSUER, a.ACHIEVEMENT, area, date(2025, 7, 1), None)
        assert answer.standing is standing


def test_the_terms_on_the_page_are_those_of_the_software() -> None:
    assert APPROVAL["@context"][2] == documents.context_of(documents.APPROVAL)
    kinds = [each for each in vars(documents).values() if isinstance(each, documents.DocumentKind)]
    assert len(kinds) == 7
    for kind in kinds:
        assert f"| `{kind.credential}` | `{kind.member}`" in PAGE


def test_the_agreement_on_the_page_is_read() -> None:
    agreement = agreement_of(AGREEMENT)
    assert agreement.covers("did:web:badges.arkansas.example", date(2026, 12, 31)) is True
    assert agreement.covers("did:web:badges.arkansas.example", date(2027, 1, 1)) is False


def test_every_answer_and_column_is_on_the_page() -> None:
    for word in (*Standing, *COLUMNS):
        assert f"`{word}`" in PAGE
