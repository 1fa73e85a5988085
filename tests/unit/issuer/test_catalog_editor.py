"""The form of a definition: rows come and go, and nothing that was typed is lost."""

from __future__ import annotations

from typing import Any

import pytest

from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.editor import Editor, field_of
from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.web.forms import Form

WHOLE: dict[str, Any] = {
    "name": "Questioning",
    "competency": "Asks questions.",
    "goal": "g",
    "requirements": "r",
    "method": "m",
    "resources": [{"title": "A book", "url": "https://books.example/1", "description": "d"}],
    "pathway": [{"key": "notice", "title": "Notice", "hours": 2, "description": "d"}],
    "pathwayMinimum": 10,
    "rubric": {
        "criteria": [
            {
                "id": "questions",
                "name": "Questions",
                "requiredLevel": "Proficient",
                "alignments": [{"targetName": "kept", "targetUrl": "https://standards.example/1"}],
                "levels": [
                    {"name": "Not yet", "points": "1"},
                    {"name": "Proficient", "points": "2.5", "description": "d"},
                ],
            }
        ]
    },
    "evidence": [{"key": "video", "title": "Video", "description": "d", "minimum": 2}],
    "reflectionPrompt": "p",
    "alignments": [
        {"targetName": "n", "targetUrl": "https://standards.example/2", "targetCode": "8(f)", "targetType": "CFItem"}
    ],
    "credit": {"amount": 1.5, "unit": "clock hours"},
    "contactHours": 10,
    "validity": {"months": 60, "renewal": "Again."},
    "gradeBand": "K-5",
    "tags": ["questioning", "discussion"],
    "image": "0" * 64,
    "secondAssessor": True,
    "dueDays": 90,
}


def typed(**values: str) -> Editor:
    return Editor.of_form(Form.of(values))


def test_a_definition_comes_back_from_its_form_as_it_was() -> None:
    body = DefinitionBody.model_validate(WHOLE)
    editor = Editor.of_form(Editor.of_body(body).form())
    assert editor.tidied().body(body) == body


def test_the_form_of_a_stack_comes_back_too() -> None:
    body = DefinitionBody.model_validate(
        {"name": "s", "competency": "c", "stack": {"slots": [{"name": "p", "need": 2, "of": ["a", "b", "c"]}]}}
    )
    assert Editor.of_form(Editor.of_body(body).form()).tidied().body(body) == body


def test_a_row_is_added_and_everything_typed_is_kept() -> None:
    values = {"name": "x", "experience-0-title": "Notice", "experience-0-hours": "two"}
    editor = typed(**values)
    assert editor.act("add-experience") == "experience-rows"
    shown = editor.form()
    assert (shown["name"], shown["experience-0-hours"]) == ("x", "two")
    assert len(editor.rows["experience"]) == 2


def test_the_right_row_is_removed() -> None:
    editor = typed(**{f"evidence-{n}-title": f"E{n}" for n in range(3)})
    editor.act("remove-evidence-1")
    assert [row["title"] for row in editor.rows["evidence"]] == ["E0", "E2"]


def test_removing_a_level_keeps_the_required_one_required() -> None:
    editor = Editor.of_body(DefinitionBody.model_validate(WHOLE))
    editor.act("remove-level-0-0")
    assert editor.criteria[0]["required"] == "0"
    editor.act("remove-level-0-0")
    assert editor.criteria[0]["required"] == ""


def test_a_new_criterion_takes_the_levels_of_the_one_before() -> None:
    editor = Editor.of_body(DefinitionBody.model_validate(WHOLE))
    editor.act("add-criterion")
    assert [level["name"] for level in editor.criteria[1]["levels"]] == ["Not yet", "Proficient"]
    assert len(editor.tidied().criteria) == 1  # nothing was written into it


@pytest.mark.parametrize("action", ["save", "", "add-", "add-nothing", "remove-evidence-99999", "add-evidence-x"])
def test_other_buttons_change_no_row(action: str) -> None:
    editor = typed(**{"evidence-0-title": "E"})
    assert editor.act(action) is None
    assert len(editor.rows["evidence"]) == 1


def test_a_button_for_a_row_that_is_not_there_changes_nothing() -> None:
    editor = typed(**{"evidence-0-title": "E"})
    editor.act("remove-evidence-7")
    editor.act("remove-level-3-1")
    assert len(editor.rows["evidence"]) == 1


def test_empty_rows_are_left_out_and_mistakes_stand_where_they_show() -> None:
    editor = typed(**{"name": "x", "resource-0-title": "", "resource-1-title": "A", "resource-1-url": "no address"})
    with pytest.raises(Mistakes) as raised:
        editor.tidied().body()
    assert [one.field for one in raised.value.found] == ["resource-0-url"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "name"),
        ({"name": "x", "credit_amount": "much", "credit_unit": "PDP"}, "credit_amount"),
        ({"name": "x", "credit_amount": "1"}, "credit_unit"),
        ({"name": "x", "credit_unit": "PDP"}, "credit_amount"),
        ({"name": "x", "validity_months": "1.5"}, "validity_months"),
        ({"name": "x", "renewal": "Again"}, "validity_months"),
        ({"name": "x", "experience-0-hours": "2"}, "experience-0-title"),
        ({"name": "x", "experience-0-title": "t", "experience-0-hours": "-1"}, "experience-0-hours"),
        ({"name": "x", "experience-0-title": "t", "experience-0-hours": "0"}, "experience-0-hours"),
        ({"name": "x", "evidence-0-title": "t", "evidence-0-minimum": "51"}, "evidence-0-minimum"),
        ({"name": "x", "alignment-0-target_name": "t"}, "alignment-0-target_url"),
        ({"name": "x", "criterion-0-level-0-name": "l"}, "criterion-0-name"),
        ({"name": "x", "criterion-0-name": "c"}, "criterion-0-name"),
        ({"name": "x", "criterion-0-name": "c", "criterion-0-level-0-points": "3"}, "criterion-0-level-0-name"),
        ({"name": "x", "slot-0-name": "p", "slot-0-need": "1"}, "slot-0-of"),
        ({"name": "x", "slot-0-name": "p", "slot-0-need": "2", "slot-0-of": "a"}, "slot-0-need"),
        ({"name": "x", "slot-0-name": "p", "slot-0-need": "0", "slot-0-of": "a"}, "slot-0-need"),
        ({"name": "x" * 301}, "name"),
        (
            {"name": "x", "alignment-0-target_name": "n", "alignment-0-target_url": "https://a b"},
            "alignment-0-target_url",
        ),
    ],
)
def test_each_mistake_names_its_field(values: dict[str, str], field: str) -> None:
    with pytest.raises(Mistakes) as raised:
        typed(**values).tidied().body()
    assert field in [one.field for one in raised.value.found]


def test_levels_that_go_down_are_refused() -> None:
    values = {
        f"criterion-0-level-{n}-{part}": value
        for n, (a, b) in enumerate([("A", "2"), ("B", "1")])
        for part, value in (("name", a), ("points", b))
    }
    with pytest.raises(Mistakes) as raised:
        typed(**{"name": "x", "criterion-0-name": "c", **values}).tidied().body()
    assert raised.value.found[0].field == "criterion-0-name"


def test_places_of_a_body_are_fields_of_the_form() -> None:
    assert field_of(("rubric", "criteria", 1, "levels", 2, "points")) == "criterion-1-level-2-points"
    assert field_of(("stack", "slots", 0, "of")) == "slot-0-of"
    assert field_of(("alignments", 0, "targetUrl")) == "alignment-0-target_url"
    assert field_of(("credit", "unit")) == "credit_unit"
    assert field_of(("pathwayMinimum",)) == "pathway_minimum"
    assert field_of(()) == ""
