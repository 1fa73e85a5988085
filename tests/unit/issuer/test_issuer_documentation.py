"""docs/award.md, docs/vocabulary.md and the samples say what the code does."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from badgeport.issuer import samples, vocabulary
from badgeport.issuer.award import award_schema, parse_award, read_awards
from badgeport.issuer.build import build
from badgeport.issuer.mint import mint
from badgeport.keys.signer import Signer
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError

DOCS = Path(__file__).resolve().parents[3] / "docs"


def fenced(name: str) -> list[str]:
    return re.findall(r"```json\n(.*?)```", (DOCS / name).read_text(encoding="utf-8"), re.DOTALL)


def members(node: Any) -> set[str]:
    """The names of all members that a JSON Schema describes."""
    if isinstance(node, list):
        return set().union(*map(members, node))
    if not isinstance(node, dict):
        return set()
    named = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
    return named.union(*map(members, node.values()))


def test_the_example_of_an_award_mints(signer: Signer, now: datetime) -> None:
    (example,) = fenced("award.md")
    (award,) = read_awards(example)
    minted = mint(award, signer, now=now)
    assert minted.credential["awardedDate"] == "2026-03-02T00:00:00Z"
    assert minted.credential["credentialSubject"]["creditsEarned"] == 1


def test_every_member_is_documented() -> None:
    text = (DOCS / "award.md").read_text(encoding="utf-8")
    missing = {name for name in members(award_schema()) if f"`{name}`" not in text and f'"{name}"' not in text}
    assert missing == set()


def test_every_extension_result_type_is_in_the_table() -> None:
    text = (DOCS / "vocabulary.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(ext:\w+)` \| ([^|]+?) \|", text, re.MULTILINE))
    assert rows == {result_type: name for result_type, (name, _) in vocabulary.EXTENSION_RESULTS.items()}


def test_the_example_of_the_vocabulary_is_what_is_built(now: datetime) -> None:
    (example,) = fenced("vocabulary.md")
    expected = jsontext.parse_object(example)
    award = samples.load(samples.IN_DISTRICT)
    subject = build(parse_award(award), issuer_id="did:example:i", credential_id="urn:example:c", now=now)[
        "credentialSubject"
    ]
    assert subject["creditsEarned"] == expected["creditsEarned"]
    for row in expected["achievement"]["resultDescription"]:
        assert row in subject["achievement"]["resultDescription"]
    for row in expected["result"]:
        assert row in subject["result"]


class TestSamples:
    def test_all_names_are_invented(self) -> None:
        for name in samples.NAMES:
            text = jsontext.dump(samples.load(name)).decode()
            hosts = re.findall(r"(?:https?://|@)([a-z0-9.-]+)", text)
            assert hosts
            assert all(host.endswith(".example") for host in hosts)

    def test_the_micro_credential_has_five_experiences_and_one_credit(self) -> None:
        award = parse_award(samples.load(samples.IN_DISTRICT))
        assert sum(str(entry.name).startswith("Experience") for entry in award.evidence) == 5
        assert (award.credits, award.credit_unit, award.contact_hours) == (1, "in-district credit", 10)
        assert award.evidence[-1].genre == "Reflection"

    def test_the_stack_names_its_three_micro_credentials(self) -> None:
        stack = parse_award(samples.load(samples.STACK_ENDORSEMENT)).stack
        assert stack is not None
        ids = [parse_award(samples.load(name)).achievement.id for name in samples.STACK_MEMBERS]
        assert [member.achievement for member in stack.members] == ids
        linked = samples.with_badges(
            samples.load(samples.STACK_ENDORSEMENT), {str(ids[0]): "urn:example:badge", "urn:example:other": "urn:x:y"}
        )
        again = parse_award(linked).stack
        assert again is not None
        assert [member.credential for member in again.members] == ["urn:example:badge", None, None]

    @pytest.mark.parametrize("name", samples.NAMES)
    def test_the_published_schema_accepts_them_and_refuses_a_misspelt_member(self, name: str) -> None:
        validator = jsonschema.Draft202012Validator(award_schema())
        validator.check_schema(validator.schema)
        award = samples.load(name)
        assert list(validator.iter_errors(award)) == []
        assert list(validator.iter_errors({**award, "recipent": {}}))

    def test_an_unknown_sample_is_refused(self) -> None:
        with pytest.raises(ProblemError, match="no sample"):
            samples.load("../award")
