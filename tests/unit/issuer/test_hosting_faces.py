"""Which form of a badge an Accept header gets (RFC 9110 section 12.5.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.issuer.hosting.faces import MEDIA_TYPES, SUFFIXES, Face, by_suffix, chosen

ALL = ("html", "json", "jwt", "png", "svg", "pdf")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
PICTURE = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "name", "media_type"),
    [
        ("", "html", "text/html"),
        ("*/*", "html", "text/html"),
        (BROWSER, "html", "text/html"),
        (PICTURE, "svg", "image/svg+xml"),
        ("image/*", "png", "image/png"),
        ("application/vc", "json", "application/vc"),
        ("application/vc+ld+json", "json", "application/vc+ld+json"),
        ("application/ld+json", "json", "application/ld+json"),
        ("application/json, text/plain, */*", "json", "application/json"),
        ("application/vc+jwt", "jwt", "application/vc+jwt"),
        ("application/*", "json", "application/vc"),
        ("application/pdf", "pdf", "application/pdf"),
        ("application/pdf;q=0.5, application/json;q=0.9", "json", "application/json"),
        ("application/json;q=0.9, text/html;q=0.1", "json", "application/json"),
        ("text/html;q=0, */*", "json", "application/vc"),
        ("application/json;q=0", "html", "text/html"),
        ("application/json;q=nan", "html", "text/html"),
        ("APPLICATION/JSON", "json", "application/json"),
        ("video/mp4", "html", "text/html"),
        ("application/json;level=1;q=0.4,application/vc;q=0.6", "json", "application/vc"),
    ],
)
def test_the_best_form_is_chosen(accept: str, name: str, media_type: str) -> None:
    assert chosen(accept, ALL) == Face(name, media_type)


def test_a_form_that_is_not_there_is_not_chosen() -> None:
    assert chosen("application/vc+jwt, application/pdf;q=0.1", ("html", "json", "pdf")).name == "pdf"


@given(st.text(max_size=200), st.sets(st.sampled_from(ALL)))
def test_whatever_is_accepted_something_that_is_there_is_given(accept: str, offered: set[str]) -> None:
    face = chosen(accept, offered)
    assert face.name in offered | {"html"}
    assert (face.media_type, face.name) in MEDIA_TYPES


def test_each_suffix_has_its_form_and_no_other_has_one() -> None:
    assert {suffix: by_suffix(suffix) for suffix in SUFFIXES} == {
        suffix: Face(*stated) for suffix, stated in SUFFIXES.items()
    }
    assert set(SUFFIXES) == {"json", "jwt", "png", "svg", "pdf", "qr.svg", "qr.png"}
    assert by_suffix("exe") is None
    assert by_suffix("") is None
