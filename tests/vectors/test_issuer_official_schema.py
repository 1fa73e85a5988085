"""Minted badges against captured editions of 1EdTech's own JSON Schema for AchievementCredential."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import jsonschema
import pytest

from badgeport.issuer import samples
from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.issuer.status_lists import entry
from badgeport.keys.custody import memory, open_signer
from badgeport.keys.types import KeyType
from support.shared import shared_json

NOW = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("edition", ["2024-10", "2025-11"])
@pytest.mark.parametrize("name", samples.NAMES)
def test_a_minted_sample_fits_the_official_schema(name: str, edition: str) -> None:
    schema = shared_json(f"spec/reference/schemas/ob3/achievementcredential_{edition}.schema.json")
    signer = open_signer(memory.register("issuer-official-schema", KeyType.ED25519))
    award = samples.load(name)
    award["achievement"]["image"] = "https://badges.prairie-crossing.example/image.svg"
    minted = mint(
        parse_award(award),
        signer,
        now=NOW,
        status_entries=[entry("https://s.example/1", "revocation", 3, entry_id="https://s.example/1#3")],
    )
    document = json.loads(minted.bytes)
    validator = jsonschema.Draft201909Validator(schema)
    errors = [(list(error.absolute_path), error.message[:300]) for error in validator.iter_errors(document)]
    assert errors == []
