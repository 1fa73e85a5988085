"""Signers, an instant and an award for the tests of issuing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from badgeport.keys.custody import memory, open_signer
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType


@pytest.fixture(scope="session")
def signer_of() -> Callable[[KeyType], Signer]:
    """A did:key signer for each type of key."""
    made: dict[KeyType, Signer] = {}

    def get(key_type: KeyType) -> Signer:
        if key_type not in made:
            made[key_type] = open_signer(memory.register(f"issuer-tests-{key_type.value}", key_type))
        return made[key_type]

    return get


@pytest.fixture
def signer(signer_of: Callable[[KeyType], Signer]) -> Signer:
    return signer_of(KeyType.ED25519)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 15, 4, 5, 678_901, tzinfo=UTC)


@pytest.fixture
def award_json() -> dict[str, Any]:
    """An award with a rubric, in the fewest words."""
    return {
        "issuer": {"name": "Prairie Crossing School District 12"},
        "achievement": {
            "id": "https://badges.prairie-crossing.example/achievements/questioning",
            "name": "Questioning",
            "description": "Plans and asks questions that make students think.",
            "criteria": "Submit a portfolio.",
            "creditsAvailable": 1,
            "rubric": {
                "criteria": [
                    {
                        "id": "reflection",
                        "name": "Reflection",
                        "levels": [
                            {"name": "Developing", "points": 1},
                            {"name": "Proficient", "points": 2},
                            {"name": "Exemplary", "points": 3.5},
                        ],
                        "requiredLevel": "Proficient",
                    }
                ]
            },
            "resultDescriptions": [
                {"name": "Score", "resultType": "Percent", "valueMin": 0, "valueMax": 100, "requiredValue": 70},
                {"name": "Letter", "resultType": "LetterGrade", "allowedValues": ["C", "B", "A"], "requiredValue": "B"},
                {"name": "Completion", "resultType": "Status"},
            ],
        },
        "recipient": {"email": "Maren.Okafor@Prairie-Crossing.example", "name": "Maren Okafor"},
        "results": [{"criterion": "Reflection", "level": "Exemplary"}],
        "evidence": [{"name": "Portfolio", "id": "https://portfolio.prairie-crossing.example/1"}],
    }
