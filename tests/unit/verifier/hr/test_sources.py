"""What is handed in, in every form; nothing of it is dropped."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.verifier.hr.sources import pieces
from badgeport.verifier.hr.standards import LER_RS_TYPE
from support import payroll as p
from support import verifying as v


def test_a_folder_is_read_by_name_without_clutter(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.json", "a.json", ".hidden", "Thumbs.db", "sub/c.json"):
        (tmp_path / name).write_bytes(name.encode())
    found = [(piece.name, piece.data, piece.problem) for piece in pieces([tmp_path])]
    assert found == [(name, name.encode(), None) for name in ("a.json", "b.json", "sub/c.json")]


def test_every_line_of_ndjson_is_a_piece_also_the_bad_ones(tmp_path: Path) -> None:
    path = tmp_path / "in.ndjson"
    path.write_bytes(b'{"a": 1}\n\n' + b"x" * 3000 + b"\n" + b'"eyJ.a.b"\n{"b"')
    found = list(pieces([path], replace(DEFAULT_LIMITS, input_bytes=1000)))
    assert [(piece.name, piece.problem is None) for piece in found] == [
        ("in.ndjson:1", True),
        ("in.ndjson:3", False),
        ("in.ndjson:4", True),
        ("in.ndjson:5", True),
    ]
    assert [found[0].data, found[2].data, found[3].data] == [b'{"a": 1}', b"eyJ.a.b", b'{"b"']


def test_the_files_of_an_archive_are_pieces(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("one.json", p.badge("a"))
        archive.writestr("two.json", p.badge("b"))
        archive.writestr("other.json", b'{"no": "badge"}')
    (tmp_path / "in.zip").write_bytes(buffer.getvalue())
    found = list(pieces([tmp_path / "in.zip"]))
    assert [(piece.name, piece.problem is None) for piece in found] == [
        ("in.zip/one.json", True),
        ("in.zip/two.json", True),
        ("in.zip/other.json", False),
    ]
    assert found[0].data == p.badge("a")


def test_links_come_from_their_column_and_bad_rows_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("name,link\nInes,https://x.example/c/1\nOmar,\nEva,ftp://x.example\n")
    found = list(pieces([tmp_path / "in.csv"]))
    assert [(piece.name, piece.data) for piece in found] == [
        ("in.csv:2", b"https://x.example/c/1"),
        ("in.csv:3", b"Omar,\n"),
        ("in.csv:4", b"Eva,ftp://x.example\n"),
    ]
    assert [piece.problem for piece in found] == [
        None,
        "Line 3: the row has no link.",
        "Line 4: a link begins with https://.",
    ]


def test_a_csv_without_links_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("name\nInes\n")
    (piece,) = pieces([tmp_path / "in.csv"])
    assert piece.problem == "Line 1: there is no column link or url."


def test_every_verification_of_a_resume_is_a_piece(tmp_path: Path) -> None:
    badge = v.parsed(p.badge("a"))
    resume = {
        "type": LER_RS_TYPE,
        "certifications": [{"name": "A", "verifications": [badge, "eyJ.x.y"]}],
        "skills": [{"name": "B"}],
    }
    (tmp_path / "cv.json").write_text(json.dumps(resume))
    found = list(pieces([tmp_path / "cv.json"]))
    assert [piece.name for piece in found] == [
        "cv.json#/certifications/0/verifications/0",
        "cv.json#/certifications/0/verifications/1",
    ]
    assert (v.parsed(found[0].data), found[1].data) == (badge, b"eyJ.x.y")


def test_a_resume_that_nobody_signed_is_told(tmp_path: Path) -> None:
    (tmp_path / "cv.json").write_text(json.dumps({"type": LER_RS_TYPE, "skills": []}))
    (piece,) = pieces([tmp_path / "cv.json"])
    assert piece.problem is not None
    assert "nothing in it is signed" in piece.problem
