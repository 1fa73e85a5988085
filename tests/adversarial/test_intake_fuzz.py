"""Inputs of every form, spoilt with knowledge of the form: refused with a problem or reported on, and never believed.

`tests/property/test_intake_fuzz.py` damages bytes without looking. Here members, claims, chunks, headers and lengths
are changed, the rest being in order, and what is still called valid is held against what was signed.
"""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from badgeport.keys.types import KeyType
from badgeport.proofs import sd_jwt
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.intake import Intake, Piece, take_in, unpack
from badgeport.verifier.package import Package, build_package, read_package
from badgeport.verifier.repetition import replay
from badgeport.verifier.resolution.fetching import Fetched, Fetcher
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import VerificationError, Verifier
from support import carriers, effort, hostile, legacy, mutating
from support import verifying as v

LIMITS = replace(DEFAULT_LIMITS, reader_seconds=3, archive_entries=200, archive_bytes=2**22, looks=2)
MANY = effort.examples(1_500)
SOME = effort.examples(200)
FEWER = effort.examples(12)
"""For forms each of which is read by a process of its own."""
PATIENCE = 60.0
"""Seconds one input may take on a busy machine, everything included."""
MEGABYTES = 900
"""What the process may ever take that reads the worst of them."""
ADDRESS = "https://badges.example/c/1"


@dataclass(frozen=True)
class Form:
    """A sound input, how it is spoilt, and whether what it says is compared as statements or as JSON.

    ``said`` is what may be believed: the input itself, and the same badge as a holder who shows less of it presents it.
    """

    data: bytes
    spoil: mutating.Mutator
    statements: bool = False
    said: tuple[bytes, ...] = ()


@cache
def forms() -> Mapping[str, Form]:
    """One sound input of every form, each of which is valid as it stands."""
    rdf, jcs = v.sign(v.badge()), v.sign(v.badge(), format="eddsa-jcs-2022")
    p256 = v.signer("p256", KeyType.P256)
    base = v.sign(v.badge(p256.controller, credentialStatus=v.status_entry()), p256, "ecdsa-sd-2023")
    derived = ecdsa_sd.derive(jsontext.parse_object(base), ["/credentialSubject"], contexts=contexts.store())
    telling = v.badge(p256.controller)
    telling["credentialSubject"] |= {"narrative": "She asked every student.", "role": "Teacher"}
    hidden = [f"/credentialSubject/{name}" for name in ("narrative", "role")]
    disclosable = v.sign(telling, p256, "vc+sd-jwt", disclosable=hidden).decode()
    shown = [sd_jwt.present(disclosable, choice).encode() for choice in (hidden, hidden[:1], hidden[1:], [])]
    token = v.sign(v.badge(), format="vc+jwt")
    small = v.sign(v.changed(v.badge(), name="Reading Together"), format="vc+jwt")
    packed = v.verifier().record(rdf, now=v.NOW)
    return {
        "json rdfc": Form(rdf, mutating.changed_json, statements=True),
        "json jcs": Form(jcs, mutating.changed_json),
        "json sd": Form(jsontext.dump(derived), mutating.changed_json, statements=True),
        "vc+jwt": Form(token, mutating.changed_token),
        "vc-jwt": Form(v.sign(v.badge(), format="vc-jwt"), mutating.changed_token),
        "sd-jwt": Form(shown[0], mutating.changed_token, said=tuple(shown)),
        "presentation": Form(presentation(), mutating.changed_json, statements=True),
        "png": Form(carriers.png(rdf), mutating.changed_png, statements=True),
        "png of a token": Form(carriers.png(token), mutating.changed_png),
        "svg": Form(carriers.svg(rdf), mutating.changed_svg, statements=True),
        "zip": Form(carriers.archive(("badge.json", jcs), ("README.txt", b"A badge.")), mutating.changed_zip),
        "zip of a changed file": Form(carriers.archive(("badge.json", jcs)), mutating.changed_members),
        "ob2 hosted": Form(jsontext.dump(legacy.assertion()), mutating.changed_json),
        "ob2 signed": Form(legacy.sign(legacy.signed_assertion()), mutating.changed_token),
        "package": Form(build_package(packed), mutating.changed_members, statements=True, said=(rdf,)),
        "pdf": Form(carriers.pdf(("badge.json", jcs)), mutating.changed_pdf),
        "qr": Form(carriers.code_picture(small), mutating.changed_png),
        "qr jpeg": Form(carriers.code_picture(ADDRESS, format="JPEG"), mutating.changed_jpeg),
        "zip of a pdf": Form(
            carriers.archive(("badge.pdf", carriers.pdf(("badge.json", jcs)))), mutating.changed_members
        ),
    }


def presentation() -> bytes:
    """A badge, presented by its holder."""
    holder = v.signer("holder")
    badge = v.badge()
    badge["credentialSubject"]["id"] = holder.controller
    shown = v.presentation(holder.controller, v.parsed(v.sign(badge)))
    return v.sign(shown, holder, purpose="authentication")


@cache
def network() -> Fetcher:
    """What the badges here ask for: documents of the old badge, a status list, and the badge that has an address."""
    documents = {url: jsontext.dump(body) for url, body in legacy.documents().items()}
    documents[ADDRESS] = v.sign(v.badge(), format="eddsa-jcs-2022")
    p256 = v.signer("p256", KeyType.P256)
    documents[v.LIST] = v.sign(v.unsigned_status_list(by=p256), p256, "ecdsa-rdfc-2019")
    return ReplayResolver({url: Fetched(url, body, "application/json", v.NOW) for url, body in documents.items()})


@cache
def verifier() -> Verifier:
    return Verifier(fetcher=network(), limits=LIMITS, software="badgeport test")


def believed(data: bytes) -> tuple[Any, Any] | None:
    """What is shown to a person and to a program where the input is valid; None where it is not."""
    report = verifier().inspect(data, now=v.NOW)
    assert "INTERNAL_ERROR" not in report.codes, report.to_text()
    report.to_bytes()
    report.to_text()
    if not report.valid:
        return None
    body = report.to_json()
    try:
        return body["credential"], verifier().verify(data, now=v.NOW).document
    except VerificationError:  # a presentation
        return body["credential"], {"shown": [member["credential"] for member in body["members"]]}


@cache
def controls(name: str) -> tuple[tuple[Any, Any], ...]:
    """What the sound input says, first as it stands."""
    form = forms()[name]
    found = tuple(believed(data) for data in form.said or (form.data,))
    assert None not in found, name
    return tuple(each for each in found if each is not None)


def read_by_all(data: bytes) -> None:
    """Every reader takes it or refuses it with a problem, within its bounds."""
    with contextlib.suppress(ProblemError):
        assert isinstance(take_in(data, limits=LIMITS), Intake)
    pieces = unpack(data, LIMITS)
    assert pieces
    assert all(isinstance(piece, Piece) for piece in pieces)
    assert sum(len(piece.data) for piece in pieces) <= max(len(data), 2 * LIMITS.archive_bytes)
    with contextlib.suppress(ProblemError):
        package = read_package(data, LIMITS)
        assert isinstance(package, Package)
        replay(package, now=v.NOW, verifier=verifier(), limits=LIMITS)


def check(name: str, data: bytes) -> None:
    started = time.monotonic()
    read_by_all(data)
    found = believed(data)
    assert time.monotonic() - started < PATIENCE, f"{name}: {len(data)} bytes took too long"
    if found is None:
        return
    known = [document for summary, document in controls(name) if summary == found[0]]
    assert known, f"{name}: a person is shown something else"
    statements = forms()[name].statements
    assert any(same(found[1], each, statements=statements) for each in known), f"{name}: a program is given another"


def same(one: Any, other: Any, *, statements: bool) -> bool:
    """Whether two documents say the same beside their proofs: member by member, or (for RDF) statement by statement."""
    first, second = bare(one), bare(other)
    if first == second:
        return True
    return statements and "@context" in first and "@context" in second and stated(first) == stated(second)


def bare(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without its proofs, of which there may be one twice."""
    return {name: value for name, value in document.items() if name != "proof"}


def stated(document: Mapping[str, Any]) -> str:
    """The canonical statements of a document, as another implementation finds them."""
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
    return str(jsonld.normalize(dict(document), options))


def _load(url: str, _: object) -> dict[str, Any]:
    document = json.loads(json.dumps(contexts.store().get(url)))
    return {"contextUrl": None, "documentUrl": url, "document": document, "tag": "static"}


# -- sound inputs ---------------------------------------------------------------------------------------------------


def test_every_input_is_sound_before_it_is_spoilt() -> None:
    for name, form in forms().items():
        if name == "package":
            assert replay(read_package(form.data), now=v.NOW, verifier=verifier()).reproduced
        summary, document = controls(name)[0]
        (said,) = document.get("shown", [summary])
        assert said["name"] == "Reading Together", name


# -- spoilt inputs --------------------------------------------------------------------------------------------------

QUICK = (
    "json rdfc",
    "json jcs",
    "json sd",
    "vc+jwt",
    "vc-jwt",
    "sd-jwt",
    "presentation",
    "png",
    "png of a token",
    "svg",
    "zip",
    "zip of a changed file",
    "ob2 hosted",
    "ob2 signed",
    "package",
)
SLOW = ("pdf", "qr", "qr jpeg", "zip of a pdf")


@settings(max_examples=MANY)
@given(st.sampled_from(QUICK), st.integers(0, 2**32))
def test_no_spoilt_input_is_believed(name: str, seed: int) -> None:
    form = forms()[name]
    check(name, form.spoil(form.data, random.Random(seed)))


@settings(max_examples=FEWER)
@given(st.sampled_from(SLOW), st.integers(0, 2**32))
def test_no_spoilt_picture_or_pdf_is_believed(name: str, seed: int) -> None:
    form = forms()[name]
    check(name, form.spoil(form.data, random.Random(seed)))


@settings(max_examples=SOME)
@given(st.sampled_from(QUICK), st.sampled_from(QUICK), st.integers(0, 2**32))
def test_no_two_inputs_in_one_are_believed_to_say_something_new(name: str, other: str, seed: int) -> None:
    """What follows the one or stands in its midst may be noticed or not; either is all that may be believed."""
    chance = random.Random(seed)
    data = mutating.spliced(forms()[name].data, forms()[other].data, chance)
    read_by_all(data)
    found = believed(data)
    assert found is None or any(
        found[0] == summary and same(found[1], document, statements=True)
        for each in (name, other)
        for summary, document in controls(each)
    )


@settings(max_examples=SOME)
@given(st.sampled_from(QUICK), st.integers(0, 2**32))
def test_damaged_twice(name: str, seed: int) -> None:
    """Bytes of an input that was spoilt with care, changed without."""
    chance, form = random.Random(seed), forms()[name]
    check(name, mutating.changed_bytes(form.spoil(form.data, chance), chance))


@settings(max_examples=SOME)
@given(st.integers(0, 2**32))
def test_no_spoilt_package_is_repeated_as_if_it_were_whole(seed: int) -> None:
    """Of a package with a changed member nothing is claimed; one with a changed manifest says nothing new as valid."""
    package = forms()["package"].data
    whole, data = read_package(package), mutating.changed_members(package, random.Random(seed))
    with contextlib.suppress(ProblemError):
        read = read_package(data, LIMITS)
        shown = replay(read, now=v.NOW, verifier=verifier(), limits=LIMITS)
        if read.manifest == whole.manifest:
            assert shown.reproduced == (read.members == whole.members and not read.receipts)
        if shown.report is not None and shown.report.valid:
            assert shown.report.to_json()["credential"] == controls("json rdfc")[0][0]


# -- what is made to cost -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["zip", "pictures", "pdf", "texts"])
def test_what_is_made_to_cost_its_reader_is_refused_at_a_bounded_cost(group: str, tmp_path: Path) -> None:
    """Read by a process that the system stops where it takes too much; it says itself what it took."""
    for name in (name for name in hostile.MAKERS if group_of(name) == group):
        (tmp_path / name).write_bytes(hostile.MAKERS[name]())
    files = list(tmp_path.iterdir())
    assert len(files) > 5
    seconds = 10 if effort.FACTOR > 1 else 1
    ran = subprocess.run(
        [sys.executable, hostile.__file__, str(seconds), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE * len(files),
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    read = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(read) == 3 * len(files)
    faults = [
        f"{each['file']}, {each['reader']}: {each['ended']}, {each['seconds']} s, {each['megabytes']} MB"
        for each in read
        if each["ended"].startswith(("raised", "valid"))
        or "INTERNAL_ERROR" in each["ended"]
        or each["seconds"] > PATIENCE
        or each["megabytes"] > MEGABYTES
    ]
    assert not faults


def group_of(name: str) -> str:
    """What a hostile file is, by its name."""
    if name.startswith(("zip", "package")):
        return "zip"
    if name.startswith("pdf"):
        return "pdf"
    return "texts" if name.startswith(("svg", "json", "token", "disclosures")) else "pictures"
