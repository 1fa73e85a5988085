"""What files are taken as evidence: told from their bytes, whatever they are called."""

import io
import zipfile

import pytest

from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.submissions.evidence import checked_link, safe_name
from badgeport.issuer.submissions.sniffing import ending_of, kind_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive(*parts: tuple[str, str], stored: bool = False) -> bytes:
    """A ZIP file."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as found:
        for name, text in parts:
            found.writestr(name, text)
    return target.getvalue()


def found(data: bytes) -> str | None:
    file = io.BytesIO(data)
    kind = kind_of(file)
    assert file.tell() == 0
    return kind


TAKEN = {
    "application/pdf": b"%PDF-1.7\n",
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
    "image/gif": b"GIF89a" + bytes(20),
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    "image/heic": b"\x00\x00\x00\x18ftypheic" + bytes(12),
    "audio/wav": b"RIFF\x10\x00\x00\x00WAVEfmt ",
    "audio/ogg": b"OggS" + bytes(20),
    "audio/mpeg": b"\xff\xfb\x90\x64" + bytes(20),
    "audio/mp4": b"\x00\x00\x00\x18ftypM4A " + bytes(12),
    "video/mp4": b"\x00\x00\x00\x18ftypisom" + bytes(12),
    "video/quicktime": b"\x00\x00\x00\x14ftypqt  " + bytes(12),
    "video/webm": b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm",
    "text/plain": "Lección 3: ¿qué vieron?\nA < B and B > C\n".encode(),
    DOCX: archive(("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<w/>")),
    "application/vnd.oasis.opendocument.text": archive(
        ("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", "<x/>"), stored=True
    ),
}

REFUSED = {
    "nothing": b"",
    "a Windows program": b"MZ\x90\x00" + bytes(60),
    "a Linux program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "a script": b"#!/bin/sh\nrm -rf ~\n",
    "a page": b"<!DOCTYPE html><script>alert(1)</script>",
    "a page after blanks": b"\xef\xbb\xbf \n\t<HTML><body onload=alert(1)>",
    "a picture that runs": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "XML": b'<?xml version="1.0"?><x/>',
    "rich text, which can hold programs": b"{\\rtf1\\ansi hello}",
    "an old office file, whose macros cannot be told": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "an archive": archive(("lesson.txt", "hello")),
    "a Java archive": archive(("META-INF/MANIFEST.MF", "x"), ("A.class", "x")),
    "a document with macros": archive(
        ("[Content_Types].xml", "x"), ("word/document.xml", "x"), ("word/vbaProject.bin", "x")
    ),
    "a document with controls": archive(
        ("[Content_Types].xml", "x"), ("word/document.xml", "x"), ("word/activeX/activeX1.xml", "x")
    ),
    "an open document with macros": archive(
        ("mimetype", "application/vnd.oasis.opendocument.text"), ("Basic/Standard/script.xml", "x"), stored=True
    ),
    "half an archive": archive(("[Content_Types].xml", "x"), ("word/document.xml", "x"))[:60],
    "text that is none": b"caf\xe9 in Latin 1",
    "text with a null": b"hello\x00world",
    "a PDF that begins with something else": b"GARBAGE\x00%PDF-1.7",
}


@pytest.mark.parametrize("kind", sorted(TAKEN))
def test_kinds_that_are_taken(kind: str) -> None:
    assert found(TAKEN[kind]) == kind
    assert ending_of(kind)


@pytest.mark.parametrize("what", sorted(REFUSED))
def test_kinds_that_are_not(what: str) -> None:
    assert found(REFUSED[what]) is None


def test_text_is_read_to_its_end() -> None:
    assert found(b"a" * 3_000_000 + b"\xff") is None
    # A letter of two bytes over the edge of what is read at a time.
    assert found(b"a" * (1024 * 1024 - 1) + "é".encode()) == "text/plain"


def test_a_directory_of_an_archive_that_costs_more_than_it_is_worth_is_not_read() -> None:
    many = archive(*((f"word/part-{place:05}.xml", "") for place in range(60_000)), ("[Content_Types].xml", "x"))
    assert found(many + b"") is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("lesson plan.pdf", "lesson plan.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\pat\\plan.PDF", "plan.pdf"),
        ("invoice\u202efdp.exe", "invoice fdp.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "a b Set-Cookie x.pdf"),
        ("", "evidence.pdf"),
        ("...", "evidence.pdf"),
        ("x" * 300, "x" * 100 + ".pdf"),
    ],
)
def test_names_are_made_harmless(given: str, kept: str) -> None:
    assert safe_name(given, "application/pdf") == kept


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//films.example/x",
        "https://",
        "https://user:secret@films.example/",
        "https://films.example/a b",
        "https://films.example/\u202ex",
        "http://[::1",
        "https://films.example/" + "x" * 2000,
        "",
    ],
)
def test_links_that_are_not_taken(url: str) -> None:
    mistakes = Mistakes()
    checked_link(url, mistakes)
    assert mistakes.of("url") is not None


def test_links_that_are_taken() -> None:
    mistakes = Mistakes()
    assert checked_link(" https://films.example/talk?x=1#t=20 ", mistakes) == "https://films.example/talk?x=1#t=20"
    assert not mistakes
