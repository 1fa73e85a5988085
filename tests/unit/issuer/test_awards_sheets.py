"""CSV files of awards: what is taken, what is refused and where, whatever a file holds."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.issuer.awards import sheets
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.mistakes import Mistakes
from support import effort

SAID = DefinitionBody.model_validate(
    {
        "name": "Data talks",
        "competency": "Leads data talks.",
        "credit": {"amount": 15, "unit": "clock hours"},
        "rubric": {
            "criteria": [{"name": "Questions", "levels": [{"name": "Beginning"}, {"name": "Proficient"}]}],
        },
    }
)


def read(text: str | bytes) -> list[sheets.Line]:
    return list(sheets.read(io.BytesIO(text.encode() if isinstance(text, str) else text), SAID))


def problems(line: sheets.Line) -> list[tuple[str, str]]:
    return [(one.field, str(one)) for one in line.mistakes]


def test_a_row_says_what_its_columns_say() -> None:
    text = (
        "E-mail,Full Name,show_name,local_id,awarded,valid_until,credits,term,level: questions\n"
        "Ana@People.Example, Ana  Ruiz ,yes,4711,6/30/2025,2030-06-30,12.5,Fall 2025,Proficient\n"
    )
    (line,) = read(text)
    assert line.mistakes == ()
    assert line.recipient.email == "ana@people.example"
    assert (line.recipient.name, line.recipient.show_name) == ("Ana Ruiz", True)
    assert line.recipient.identifiers == ({"type": "identifier", "value": "4711", "hashed": True},)
    assert line.body is not None
    assert (line.body.credits, line.body.credit_unit, line.body.term) == (12.5, "clock hours", "Fall 2025")
    assert [(one.criterion, one.level) for one in line.body.results] == [("Questions", "Proficient")]
    assert line.awarded is not None
    assert line.awarded.isoformat() == "2025-06-30T00:00:00+00:00"
    assert line.valid_until is not None
    assert line.valid_until.isoformat() == "2030-06-30T23:59:59+00:00"


def test_silence_is_what_the_micro_credential_says() -> None:
    (line,) = read("email,credits\na@b.example,\n")
    assert line.body is not None
    assert line.body.credits == 15


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_spreadsheets_write_is_read(delimiter: str, mark: bytes, end: str) -> None:
    text = end.join([delimiter.join(["email", "narrative"]), delimiter.join(["a@b.example", '"two\nlines"']), ""])
    (line,) = read(mark + text.encode())
    assert line.body is not None
    assert line.body.narrative == "two\nlines"


def test_lines_are_those_of_the_file() -> None:
    lines = read('email,narrative\n\na@b.example,"one\ntwo"\n,\nc@d.example,x\n')
    assert [(line.number, line.line) for line in lines] == [(1, 3), (2, 6)]


def test_every_mistake_of_a_row_is_named_and_others_go_on() -> None:
    bad, good = read("email,awarded,show_name,credits\na@b.example,31/12/2025,perhaps,many\nc@d.example,,,\n")
    assert problems(bad) == [
        ("show_name", "Write yes or no."),
        ("awarded", "Write the day as 2026-06-30 or 6/30/2026."),
    ]
    assert good.mistakes == ()


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("a@b.example,many", [("credits", "This is no number.")]),
        ("a@b.example,nan", None),
        ("a@b.example,-1", None),
        ("a@b.example,1,2", [("", "This row has more cells than the first one has names.")]),
    ],
)
def test_a_row_that_cannot_be_taken(row: str, found: list[tuple[str, str]] | None) -> None:
    (line,) = read(f"email,credits\n{row}\n")
    assert problems(line) == found if found else {one.field for one in line.mistakes} == {"credits"}


def test_the_same_person_twice_is_told_where() -> None:
    _, _, third = read("email\na@b.example\nc@d.example\nA@B.example\n")
    assert problems(third) == [("email", "Line 2 is about the same person.")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must name the columns"),
        ("name\nAna\n", "one of them must be email"),
        ("email,favourite colour\n", "“favourite colour” is not known"),
        ("email,level: Singing\n", "no criterion “Singing”"),
        ("email,e-mail\n", "is there twice"),
        ('email\n"a@b.example\n', "Line 2 is not CSV"),
        ("email\n" + "x" * 100_001, "holds more than"),
        (b"email\n\xff\xfe\n", "not in UTF-8"),
        (b"\xffemail\n", "not in UTF-8"),
    ],
)
def test_a_file_that_is_refused_whole(text: str | bytes, words: str) -> None:
    with pytest.raises(Mistakes, match="file: ") as refused:
        read(text)
    assert words in str(refused.value)


def test_the_number_of_rows_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    with pytest.raises(Mistakes, match="at most 3 rows"):
        read("email\n" + "".join(f"p{number}@b.example\n" for number in range(4)))


@pytest.mark.parametrize("_", range(effort.examples(1)))
@given(st.binary(max_size=400))
def test_no_bytes_do_harm(_: int, data: bytes) -> None:
    for head in (b"", b"email,name,awarded,level: Questions\n"):
        with contextlib.suppress(Mistakes):
            read(head + data)
