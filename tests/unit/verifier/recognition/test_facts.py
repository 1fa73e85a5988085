"""Facts about the educator: what is stated, what is unknown, and what is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from badgeport.verifier.recognition.conditions.facts import (
    Cycle,
    Facts,
    FactsError,
    Licence,
    PriorApproval,
    facts_schema,
    read_facts,
)
from badgeport.verifier.recognition.model import Period
from support.conditions import ACHIEVEMENT, FACTS, TEACHER

REFUSED: list[tuple[Any, str]] = [
    ([], ""),
    ({"licence": "standard"}, "/licence"),
    ({"license": {}}, "/license"),
    ({"licence": {"kind": "standard"}}, "/licence/kind"),
    ({"licence": {"unencumbered": "yes"}}, "/licence/unencumbered"),
    ({"licence": {"expires": "30 June 2026"}}, "/licence/expires"),
    ({"role": ""}, "/role"),
    ({"role": None}, "/role"),
    ({"lane": 3}, "/lane"),
    ({"subjects": "Mathematics"}, "/subjects"),
    ({"subjects": ["Mathematics", 5]}, "/subjects/1"),
    ({"dids": ["https://teacher.example"]}, "/dids/0"),
    ({"cycle": {"id": "2025", "from": "2025-07-01"}}, "/cycle"),
    ({"cycle": {"id": "2025", "from": "2025-07-01", "until": "2025-06-30"}}, "/cycle/until"),
    ({"cycle": {"id": "2025", "from": "2025-02-29", "until": "2026-06-30"}}, "/cycle/from"),
    ({"priorApprovals": [{"achievement": ACHIEVEMENT}]}, "/priorApprovals/0"),
    ({"priorApprovals": {}}, "/priorApprovals"),
    ({"submitted": "2026-01-01"}, "/submitted"),
    ({"submitted": {}}, "/submitted"),
    ({"other": {"a/b": None}}, "/other/a~1b"),
    ({"other": {"nested": {"a": 1}}}, "/other/nested"),
    ({"other": {"endless": float("inf")}}, "/other/endless"),
    ({"other": []}, "/other"),
]


def test_all_of_them() -> None:
    facts = read_facts({**FACTS, "licence": {**FACTS["licence"], "expires": "2028-06-30"}})
    assert facts.licence == Licence("standard", "professional", "US-IL", True, date(2028, 6, 30))
    assert (facts.role, facts.lane, facts.degree) == ("classroom teacher", "BA+15", "bachelor")
    assert (facts.subjects, facts.grade_bands) == (("Mathematics",), ("6-8",))
    assert facts.employer == "did:web:kaneridge.example"
    assert facts.cycle == Cycle("2025-2030", Period(date(2025, 7, 1), date(2030, 6, 30)))
    assert facts.dids == (TEACHER,)
    assert facts.prior_approvals == (PriorApproval(ACHIEVEMENT, date(2026, 1, 5)),)
    assert facts.submitted == date(2026, 4, 1)
    assert facts.other == {"mentorYears": Decimal(3), "coach": True, "program": "Residency"}


def test_nothing_is_known_where_nothing_is_stated() -> None:
    assert read_facts({}) == Facts()
    assert read_facts({"subjects": []}).subjects == ()


def test_they_keep_the_text_they_were_read_from() -> None:
    assert read_facts(FACTS).body == FACTS
    assert read_facts(read_facts(FACTS).body) == read_facts(FACTS)


def test_numbers_are_exact() -> None:
    assert read_facts({"other": {"gpa": 3.1}}).other["gpa"] == Decimal("3.1")


@pytest.mark.parametrize(("body", "pointer"), REFUSED)
def test_what_is_refused_is_named(body: Any, pointer: str) -> None:
    with pytest.raises(FactsError) as refused:
        read_facts(body)
    assert refused.value.pointer == pointer
    assert refused.value.detail.endswith(".")


def test_the_schema_takes_what_is_read_and_refuses_what_is_not() -> None:
    validator = Draft202012Validator(facts_schema())
    validator.check_schema(facts_schema())
    validator.validate(FACTS)
    validator.validate({})
    by_meaning = ("/cycle/until", "/cycle/from", "/other/endless")
    for body, pointer in REFUSED:
        assert pointer in by_meaning or not validator.is_valid(body), body
