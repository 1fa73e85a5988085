"""A report on paper: everything is on it, and nothing that a credential says changes how it is set."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from badgeport.verifier.report import VerificationReport
from badgeport.verifier.resolution.fetching import Fetched
from support import verifying as make

pytest.importorskip("typst", reason="the PDF of a report is set with typst, which the extra 'service' installs")
pytest.importorskip("babel", reason="the words of a report need Babel, which the extra 'service' installs")

from pypdf import PdfReader

from badgeport.verifier.web.pdf import report_pdf
from badgeport.verifier.web.views import LABELS, ReportView, report_view
from badgeport.verifier.web.words import LANGUAGES


def inspected(data: bytes | None = None, **question: Any) -> VerificationReport:
    documents = {make.LIST: Fetched(make.LIST, make.status_list(7), "application/vc", make.NOW)}
    signed = make.sign(make.badge(credentialStatus=make.status_entry())) if data is None else data
    return make.inspect(signed, documents, recipient=make.RECIPIENT, **question)


def viewed(report: VerificationReport | None = None, language: str = "en") -> ReportView:
    return report_view((report or inspected()).to_json(), language, now=make.NOW)


def opened(pdf: bytes) -> PdfReader:
    assert pdf.startswith(b"%PDF-")
    return PdfReader(io.BytesIO(pdf), strict=True)


def words_of(pdf: bytes) -> str:
    """The text of every page in one line, without blanks: lines break where there is room."""
    return "".join("".join(page.extract_text() for page in opened(pdf).pages).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_a_reader_needs_is_on_the_sheet(language: str) -> None:
    view = viewed(language=language)
    text = words_of(report_pdf(view, made=make.NOW))
    wanted = [view.headline, view.sentence, view.verdict_word, view.digest, view.policy_digest, view.checked_at]
    wanted += [view.label("disclaimer"), view.label("checks"), view.label("documents"), make.LIST]
    wanted += [part for fact in view.facts for part in (fact.label, fact.value, fact.note, fact.identifier)]
    wanted += [line.text for line in view.status]
    wanted += list(view.next_steps)
    wanted += [part for check in view.checks for part in (check.title, check.sentence, check.outcome_word)]
    wanted += [document.sha256 for document in view.documents]
    assert [each for each in wanted if squeezed(each) not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_says_what_it_is_to_a_screen_reader_and_to_an_archive(language: str) -> None:
    view = viewed(language=language)
    reader = opened(report_pdf(view, made=make.NOW))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"]
    assert view.headline in reader.metadata.title
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    described = root["/Metadata"].get_object().get_data()
    assert b"pdfaid:part>2<" in described
    assert b"pdfuaid:part>1<" in described
    assert reader.metadata.creation_date == make.NOW


def test_the_pages_print_whole_on_both_kinds_of_paper() -> None:
    box = opened(report_pdf(viewed(), made=make.NOW)).pages[0].mediabox
    assert float(box.width) <= 595.3  # as wide as A4, which is narrower than Letter
    assert float(box.height) <= 792.1  # as high as Letter, which is lower than A4


def test_the_same_view_gives_the_same_bytes() -> None:
    assert report_pdf(viewed(), made=make.NOW) == report_pdf(viewed(), made=make.NOW)
    assert report_pdf(viewed()) == report_pdf(viewed())


@pytest.mark.parametrize(
    "name",
    [
        '#panic("set by a credential")',
        '#read("/etc/passwd")',
        '#import "@preview/x:1.0.0": *',
        "*bold* _it_ `raw` $ x^2 $ <label> @ref // /* \\u{41} #{ } [ ]",
        '"); #panic()',
        "= Heading",
        "https://example.com/" + "a" * 300,
        "\u202egnidaeR",
        "a\x00b\x1b[31m",
        "김민서 🎓 مُعلِّم",
        "Ọmọlará Nguyễn Łukasz Žižek",
        " ",
    ],
)
def test_what_a_credential_says_is_text_and_nothing_else(name: str) -> None:
    view = viewed(inspected(make.sign(make.badge(name=name))))
    text = words_of(report_pdf(view, made=make.NOW))
    assert squeezed(view.headline) in text
    if name.isascii() and name.isprintable():
        assert squeezed(view.facts[0].value) in text


def test_letters_that_the_fonts_lack_still_make_a_file() -> None:
    view = viewed()
    rare = replace(view, facts=(replace(view.facts[0], value="\U000e0041\ufdd0 \U00010380 x"), *view.facts[1:]))
    assert squeezed(rare.headline) in words_of(report_pdf(rare, made=make.NOW))


def test_contained_credentials_are_on_the_sheet() -> None:
    holder = make.signer("holder")
    member = make.parsed(make.sign(make.badge()))
    body = make.presentation(holder.controller, member, member)
    signed = make.sign(body, holder, challenge="c", purpose="authentication", created=make.NOW)
    view = viewed(make.inspect(signed, challenge="c"))
    assert len(view.members) == 2
    text = words_of(report_pdf(view, made=make.NOW))
    assert [each.heading for each in view.members if squeezed(each.heading) not in text] == []


@pytest.mark.parametrize("data", [b"", b"nothing", b"\x89PNG\r\n\x1a\n", b'{"type": "VerifiablePresentation"}'])
def test_an_input_without_a_credential_has_a_sheet_too(data: bytes) -> None:
    view = viewed(inspected(data))
    assert squeezed(view.headline) in words_of(report_pdf(view, made=make.NOW))


def test_what_is_very_long_is_cut_and_the_cut_is_shown() -> None:
    view = viewed()
    problem = view.notices[0]
    group = view.groups[0]
    check = replace(group.checks[0], problems=(problem,) * 500)
    long = replace(
        view,
        notices=(problem,) * 1_000,
        documents=view.documents * 3_000,
        members=(replace(view, heading="Credential"),) * 500,
        groups=(replace(group, checks=(check,) * 100), *view.groups[1:]),
    )
    pdf = report_pdf(long, made=make.NOW)
    text = words_of(pdf)
    for left in (994, 2_800, 460, 40):
        assert f"…+{left}" in text
    assert len(opened(pdf).pages) < 250


def test_a_digest_is_in_one_piece() -> None:
    view = viewed()
    pages = opened(report_pdf(view, made=make.NOW)).pages
    assert any(view.digest in line for page in pages for line in page.extract_text().splitlines())


def test_every_label_the_sheet_uses_exists() -> None:
    assert set(viewed().labels) == set(LABELS)
