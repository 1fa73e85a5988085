"""Files attached to PDF documents, also those of other programs, and what hostile documents cost."""

from __future__ import annotations

import io
import time
import zlib
from dataclasses import replace

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from badgeport.schemas import confined, pdf
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import (
    PARSING_ERROR,
    RANGE_ERROR,
    READER_UNAVAILABLE,
    UNSUPPORTED,
    ProblemError,
    ProblemType,
)
from support import carriers

QUICK = replace(DEFAULT_LIMITS, reader_seconds=2)


def written(*objects: bytes, root: int = 1, tail: bytes = b"") -> bytes:
    """A document of these objects, numbered from 1, with a cross-reference table."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, tail, table)
    return bytes(out)


def stream(body: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(body), extra) + body + b"\nendstream"


def refused(data: bytes, kind: ProblemType, limits: object = QUICK) -> str:
    with pytest.raises(ProblemError) as caught:
        pdf.attachments(data, limits)  # type: ignore[arg-type]
    assert caught.value.problem.type is kind, caught.value
    return caught.value.problem.detail


def test_attached_files_come_with_their_names_and_bytes() -> None:
    found = pdf.attachments(carriers.pdf(("badge.json", b'{"a": 1}'), ("é.txt", b"\0\xff")))
    assert {(each.name, each.data, each.problem) for each in found} == {
        ("badge.json", b'{"a": 1}', None),
        ("é.txt", b"\0\xff", None),
    }


def test_a_document_without_attachments_has_none() -> None:
    assert pdf.attachments(carriers.pdf()) == ()


def test_a_document_restricted_in_its_use_is_read_and_one_behind_a_password_is_not() -> None:
    held = ("badge.json", b'{"a": 1}')
    (found,) = pdf.attachments(carriers.pdf(held, password=""))
    assert found.data == held[1]
    assert "password" in refused(carriers.pdf(held, password="secret"), UNSUPPORTED)


def test_files_associated_with_the_document_and_its_pages_are_found_each_once() -> None:
    file = b"<< /Type /Filespec /F (%s) /EF << /F %d 0 R >> >>"
    data = written(
        b"<< /Type /Catalog /Pages 2 0 R /AF [5 0 R] /Names << /EmbeddedFiles << /Kids [10 0 R] >> >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /AF [6 0 R] /Annots [4 0 R 9 0 R] >>",
        b"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 1 1] /FS " + file % (b"note.json", 8) + b" >>",
        file % (b"whole.json", 7),
        file % (b"page.json", 11),
        stream(b"of the document"),
        stream(b"of a note"),
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 1 1] >>",
        b"<< /Limits [(a) (z)] /Names [(whole) 5 0 R] >>",
        stream(b"of a page"),
    )
    assert {(each.name, each.data) for each in pdf.attachments(data)} == {
        ("whole.json", b"of the document"),
        ("page.json", b"of a page"),
        ("note.json", b"of a note"),
    }


def test_the_newest_revision_of_a_document_counts() -> None:
    first = carriers.pdf(("badge.json", b"old"))
    writer = PdfWriter(PdfReader(io.BytesIO(first)), incremental=True)
    names = writer.root_object["/Names"]
    assert isinstance(names, DictionaryObject)
    names[NameObject("/EmbeddedFiles")] = DictionaryObject({NameObject("/Names"): ArrayObject()})
    writer.add_attachment("badge.json", b"new")
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(first[:100])
    assert [each.data for each in pdf.attachments(out.getvalue())] == [b"new"]


def test_a_broken_attachment_is_named_and_the_others_are_read() -> None:
    data = written(
        b"<< /Type /Catalog /AF [2 0 R 3 0 R 6 0 R] >>",
        b"<< /F (bad.json) /EF << /F 4 0 R >> >>",
        b"<< /F (good.json) /EF << /F 5 0 R >> >>",
        stream(b"no such filter", b"/Filter /Mystery"),
        stream(zlib.compress(b"good"), b"/Filter /FlateDecode"),
        b"<< /F (gone.json) /EF << /F 99 0 R >> >>",
    )
    found = {each.name: each for each in pdf.attachments(data)}
    assert found["good.json"].data == b"good"
    assert found["bad.json"].problem is not None
    assert found["bad.json"].data == b""


def test_a_loop_of_names_or_pages_ends() -> None:
    data = written(
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles 3 0 R >> >>",
        b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
        b"<< /Kids [3 0 R 4 0 R] >>",
        b"<< /Kids [3 0 R] /Names [(a) 5 0 R] >>",
        b"<< /F (a) /EF << /F 6 0 R >> >>",
        stream(b"found"),
    )
    assert [each.data for each in pdf.attachments(data)] == [b"found"]


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7",
        b"%PDF-1.7\n" + b"\0" * 5000,
        b"%PDF-1.7\nstartxref\n99999999\n%%EOF",
        carriers.pdf(("a.json", b"{}"))[:200],
        written(b"(no catalog)"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    assert refused(data, PARSING_ERROR)


def test_hostile_documents_cost_at_most_what_is_allowed() -> None:
    bomb = zlib.compress(b"\0" * 500_000_000, 9)
    started = time.monotonic()
    expanding = written(
        b"<< /Type /Catalog /AF [2 0 R] >>", b"<< /F (a) /EF << /F 3 0 R >> >>", stream(bomb, b"/Filter /FlateDecode")
    )
    (found,) = pdf.attachments(expanding, QUICK)
    assert found.problem is not None
    # Thousands of references to one long object stream, an array in arrays, and more pages than are looked at.
    crowded = written(b"<< /Type /Catalog /AF [" + b"2 0 R " * 50 + b"<< >> " * 400_000 + b"] >>", b"<< >>")
    assert "more time or memory" in refused(crowded, RANGE_ERROR)
    nested = written(b"<< /Type /Catalog /AF " + b"[" * 50_000 + b"]" * 50_000 + b" >>")
    with pytest.raises(ProblemError):
        pdf.attachments(nested, QUICK)
    # The bound is on processor time; this only guards against a reader that never ends.
    assert time.monotonic() - started < 120


def test_the_reader_is_stopped_by_the_system_and_sees_no_secret(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("BADGEPORT_PASSPHRASE", "a secret")
    monkeypatch.setattr(confined, "_PATIENCE", 60)  # a busy machine is not what this is about
    endless, hungry, telling = (tmp_path / f"{name}.py" for name in ("endless", "hungry", "telling"))
    endless.write_text("while True: pass\n")
    hungry.write_text(
        "import sys\ntry:\n    kept = [bytearray(10**8) for _ in range(60)]\nexcept MemoryError:\n    sys.exit(5)\n"
    )
    telling.write_text("import os\nprint(sorted(os.environ))\n")
    for program in (endless, hungry):
        with pytest.raises(confined.ConfinedError) as caught:
            confined.run(program, b"", seconds=1, memory=2**30)
        assert caught.value.code == confined.INTRICATE
    assert b"PASSPHRASE" not in confined.run(telling, b"", seconds=5, memory=2**30)


def test_a_system_that_starts_no_process_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "")
    assert "try again" in refused(carriers.pdf(), READER_UNAVAILABLE)


def test_a_document_larger_than_the_limit_is_not_read() -> None:
    refused(carriers.pdf(), RANGE_ERROR, replace(DEFAULT_LIMITS, input_bytes=100))


def test_names_are_text_of_a_bounded_length() -> None:
    writer = PdfWriter()
    writer.add_blank_page(10, 10)
    writer.add_attachment("n" * 100_000, b"x")
    out = io.BytesIO()
    writer.write(out)
    (found,) = pdf.attachments(out.getvalue())
    assert 0 < len(found.name) <= 300
    assert TextStringObject(found.name) == found.name
