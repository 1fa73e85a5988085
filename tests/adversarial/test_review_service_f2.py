"""What one request may cost: looks, bytes and time are counted over everything it holds, and no form stops the rest."""

from __future__ import annotations

import asyncio
import io
import os
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from badgeport.schemas import confined, jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import RANGE_ERROR, READER_UNAVAILABLE, ProblemError
from badgeport.service.app import body_bound
from badgeport.verifier.batch.reading import rows_of_archive
from badgeport.verifier.intake import Allowance, NoCredentialError, allowance, take_in, unpack
from badgeport.verifier.package import build_package, read_package
from badgeport.verifier.repetition import recount
from badgeport.verifier.report import Verdict
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web import api as api_module
from badgeport.verifier.web import page as page_module
from support import carriers, serving
from support import verifying as v

PAGE, API = "/verify", "/api/v1/verify"
BOTH = pytest.mark.parametrize("path", [PAGE, API])


@pytest.fixture
def service(tmp_path: Path) -> Iterator[TestClient]:
    with serving.client(serving.application(tmp_path)) as client:
        yield client


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What readers were started for; each takes all it may."""
    started: list[bytes] = []

    def takes_all(program: Path, data: bytes, *_: Any, **__: Any) -> bytes:
        started.append(data)
        raise confined.ConfinedError(confined.INTRICATE)

    monkeypatch.setattr(confined, "run", takes_all)
    return started


def sent(client: TestClient, path: str, *files: tuple[str, bytes]) -> Any:
    return client.post(path, files=[("file", each) for each in files], follow_redirects=False)


def pictures(many: int) -> bytes:
    return carriers.archive(*((f"{number}.png", carriers.picture() + bytes([number])) for number in range(many)))


# -- looks ------------------------------------------------------------------------------------------------------------


@BOTH
def test_a_hundred_archives_of_pictures_are_looked_into_as_one(
    path: str, service: TestClient, runs: list[bytes]
) -> None:
    packed = pictures(40)
    answer = sent(service, path, *((f"{number}.zip", packed) for number in range(100)))
    assert answer.status_code in (200, 303, 413)
    assert 0 < len(runs) <= DEFAULT_LIMITS.looks


@BOTH
def test_pictures_that_differ_in_every_archive_are_looked_into_no_more_often(
    path: str, service: TestClient, runs: list[bytes]
) -> None:
    packed = [
        carriers.archive(*((f"{n}.png", carriers.picture() + bytes([a, n])) for n in range(40))) for a in range(20)
    ]
    sent(service, path, *((f"{number}.zip", data) for number, data in enumerate(packed)))
    assert 0 < len(runs) <= DEFAULT_LIMITS.looks


@BOTH
def test_what_was_looked_into_once_is_not_looked_into_again(
    path: str, service: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    real = confined.run

    def counted(program: Path, data: bytes, *arguments: int, **options: Any) -> bytes:
        started.append(len(data))
        return real(program, data, *arguments, **options)

    monkeypatch.setattr(confined, "run", counted)
    one = v.sign(v.badge(id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0b001"), format="vc-jwt")
    two = v.sign(v.badge(id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0b002"))
    packed = carriers.archive(
        ("code.png", carriers.code_picture(one.decode())), ("b.pdf", carriers.pdf(("b.json", two)))
    )
    answer = sent(service, path, ("both.zip", packed), ("again.zip", packed))
    assert answer.status_code in (200, 303)
    assert len(started) == 2


@BOTH
def test_a_request_ends_looking_when_its_time_is_over(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[float] = []

    def slow(*_: Any, **__: Any) -> bytes:
        started.append(time.monotonic())
        time.sleep(0.2)
        raise confined.ConfinedError(confined.INTRICATE)

    monkeypatch.setattr(confined, "run", slow)
    monkeypatch.setattr(page_module if path == PAGE else api_module, "REQUEST_SECONDS", 0.5)
    with serving.client(serving.application(tmp_path)) as client:
        answer = sent(client, path, *((f"{number}.zip", pictures(8)) for number in range(4)))
    assert answer.status_code in (200, 303, 413)
    assert len(started) <= 4


def test_what_was_not_looked_into_is_undetermined_and_named(service: TestClient, runs: list[bytes]) -> None:
    many = DEFAULT_LIMITS.looks + 3
    files = [(f"{number}.png", carriers.picture() + bytes([number])) for number in range(many)]
    reports = sent(service, API, *files).json()["reports"]
    assert len(reports) == many
    assert len(runs) == DEFAULT_LIMITS.looks
    left = [report for report in reports if report["verdict"] == "undetermined"]
    assert [report["file"] for report in left] == [name for name, _ in files[-3:]]


def test_a_batch_is_cut_into_rows_with_one_allowance_and_loses_none(runs: list[bytes]) -> None:
    rows = list(rows_of_archive(pictures(60)))
    assert len(rows) == 60
    assert len(runs) <= DEFAULT_LIMITS.looks


def test_an_allowance_that_is_used_up_leaves_addresses_and_pictures_undetermined() -> None:
    held = v.sign(v.badge(), format="vc-jwt").decode()
    verifier = Verifier()
    spent = Allowance.of(replace(DEFAULT_LIMITS, looks=0))
    report = verifier.inspect(carriers.code_picture(held), now=v.NOW, allowance=spent)
    assert (report.verdict, report.codes) == (Verdict.UNDETERMINED, ("READER_UNAVAILABLE",))
    assert verifier.inspect(held.encode(), now=v.NOW, allowance=spent).codes != ("READER_UNAVAILABLE",)


# -- bytes ------------------------------------------------------------------------------------------------------------


def blown_up(files: int, each: int) -> bytes:
    """An archive that expands to many times its size, within the ratio."""
    return carriers.archive(*((f"{n}.bin", os.urandom(each // 160) + bytes(each)) for n in range(files)))


@BOTH
def test_many_archives_expand_to_no_more_than_one_may(path: str, tmp_path: Path) -> None:
    small = replace(DEFAULT_LIMITS, archive_bytes=8 * 2**20)
    packed = blown_up(7, 2**20)
    with serving.client(serving.application(tmp_path, limits=small)) as client:
        sent(client, path, ("warm.zip", packed))
        tracemalloc.start()
        try:
            answer = sent(client, path, *((f"{number}.zip", packed) for number in range(30)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert answer.status_code in (200, 303, 413)
    assert peak < 60 * 2**20


def test_bytes_are_counted_over_all_that_is_unpacked_with_one_allowance() -> None:
    small = replace(DEFAULT_LIMITS, archive_bytes=3 * 2**20)
    with Allowance.of(small) as shared:
        pieces = [piece for number in range(4) for piece in unpack(blown_up(2, 2**20 - 2**14 * number), small, shared)]
    assert sum(len(piece.data) for piece in pieces if piece.name is not None) <= small.archive_bytes


def test_what_all_requests_hold_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "IN_HAND", allowance.Room(2 * 2**20))
    first, second = blown_up(2, 2**19), blown_up(3, 2**19)
    badges = carriers.archive(("a.json", v.sign(v.badge())), ("b.json", v.sign(v.badge(name="Other"))))
    with Allowance.of(DEFAULT_LIMITS) as one:
        unpack(first, DEFAULT_LIMITS, one)
        with Allowance.of(DEFAULT_LIMITS) as other:
            problems = {piece.problem and piece.problem.type for piece in unpack(second, DEFAULT_LIMITS, other)}
            assert READER_UNAVAILABLE in problems
    assert [piece.problem for piece in unpack(badges)] == [None, None]
    assert allowance.IN_HAND.left == 2 * 2**20


def test_what_a_pdf_file_holds_counts_as_well() -> None:
    small = replace(DEFAULT_LIMITS, archive_bytes=2**20)
    one = carriers.pdf(("a.json", v.sign(v.badge())), ("noise.bin", os.urandom(700_000)))
    other = carriers.pdf(("b.json", v.sign(v.badge())), ("noise.bin", os.urandom(700_000)))
    with Allowance.of(small) as shared:
        assert take_in(one, limits=small, allowance=shared).form == "pdf"
        with pytest.raises(ProblemError):
            take_in(other, limits=small, allowance=shared)


# -- readers ----------------------------------------------------------------------------------------------------------


def write_program(path: Path, body: str) -> Path:
    path.write_text(body)
    return path


def test_no_more_readers_run_at_once_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_places", threading.BoundedSemaphore(1))
    monkeypatch.setattr(confined, "_WAIT_SECONDS", 0.3)
    sleeping = write_program(tmp_path / "sleeping.py", "import time\ntime.sleep(4)\n")
    holding = threading.Thread(target=confined.run, args=(sleeping, b""), kwargs={"seconds": 5, "memory": 2**30})
    holding.start()
    time.sleep(0.5)
    with pytest.raises(confined.ConfinedError) as caught:
        confined.run(sleeping, b"", seconds=5, memory=2**30)
    holding.join(30)
    assert caught.value.code == confined.UNAVAILABLE
    confined._places.acquire()
    with pytest.raises(NoCredentialError) as refused:
        take_in(carriers.picture(), limits=DEFAULT_LIMITS)
    assert refused.value.problem.type is READER_UNAVAILABLE


def test_a_place_is_given_back_whatever_a_reader_ends_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_places", threading.BoundedSemaphore(1))
    failing = write_program(tmp_path / "failing.py", "raise SystemExit(3)\n")
    sleeping = write_program(tmp_path / "sleeping.py", "import time\ntime.sleep(30)\n")
    for program, patience, code in ((failing, 60.0, 3), (sleeping, 0.5, confined.UNAVAILABLE), (failing, 60.0, 3)):
        with pytest.raises(confined.ConfinedError) as caught:
            confined.run(program, b"", seconds=5, memory=2**30, patience=patience)
        assert caught.value.code == code


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_reader_does_not_outlive_a_worker_that_was_killed(tmp_path: Path) -> None:
    place = tmp_path / "reader.pid"
    busy = write_program(
        tmp_path / "busy.py", f"import os\nopen({str(place)!r}, 'w').write(str(os.getpid()))\nwhile True: pass\n"
    )
    worker = write_program(
        tmp_path / "worker.py",
        "from pathlib import Path\nfrom badgeport.schemas import confined\n"
        f"confined.run(Path({str(busy)!r}), b'', seconds=20, memory=2**30)\n",
    )
    process = subprocess.Popen(
        [sys.executable, str(worker)], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )
    try:
        end = time.monotonic() + 30
        while not (place.exists() and place.read_text()) and time.monotonic() < end:
            time.sleep(0.05)
        reader = int(place.read_text())
    finally:
        process.kill()
        process.wait()
    end = time.monotonic() + 10
    while _runs(reader) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(reader)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


# -- forms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PAGE, "/verify/shared/x/delete"])
@pytest.mark.parametrize("body", [b"text=" + b"%20" * 5_000_000, b"&" * 8_000_000], ids=["blanks", "fields"])
def test_a_long_urlencoded_form_is_refused_before_it_is_read(path: str, body: bytes, service: TestClient) -> None:
    began = time.process_time()
    answer = service.post(path, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code in (413, 415)
    assert time.process_time() - began < 5


def test_a_long_urlencoded_form_without_a_stated_length_is_refused_too(service: TestClient) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(100):
            yield b"text=" + b"a" * 10_000 + b"&"

    answer = service.post(PAGE, content=drip(), headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413


def test_a_short_urlencoded_form_is_read_as_a_page_sends_it(service: TestClient) -> None:
    answer = service.post(PAGE, data={"text": v.sign(v.badge()).decode()}, follow_redirects=False)
    assert answer.status_code == 303
    shown = service.post(PAGE, data={"text": "", "recipient": "inés@x.example"})
    assert "inés@x.example" in shown.text
    for bad in (b"text=%ff%fe", b"&" * 500 + b"text=x"):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert service.post(PAGE, content=bad, headers=kind).status_code == 400


def test_what_is_no_form_is_refused_on_the_page(service: TestClient) -> None:
    for kind in ("application/json", "text/plain", "multipart/mixed; boundary=x"):
        assert service.post(PAGE, content=b"{}", headers={"Content-Type": kind}).status_code == 415


def multipart(charset: str, name: bytes = b"text", value: bytes = b"x") -> dict[str, Any]:
    body = b'--XX\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value + b"\r\n--XX--\r\n"
    return {"content": body, "headers": {"Content-Type": f"multipart/form-data; boundary=XX; charset={charset}"}}


@pytest.mark.parametrize("path", [PAGE, API, "/api/v1/batches"])
@pytest.mark.parametrize(
    ("charset", "value"),
    [
        ("unicode_escape", b"\\ud800"),
        ("raw_unicode_escape", b"\\ud800"),
        ("utf-7", b"+2AA-"),
        ("punycode", b"a" * 40_000 + b"-" + b"a" * 40_000),
        ("idna", b"xn--a"),
        ("utf-16", b"\xff\xfe\x00\xd8"),
        ("zip", b"x"),
        ('"utf-7"', b"+2AA-"),
        ("utf-8; charset=utf-7", b"+2AA-"),
        ("nonsense", b"x"),
    ],
)
def test_a_form_is_not_read_with_a_codec_of_its_senders_choice(
    path: str, charset: str, value: bytes, service: TestClient
) -> None:
    answer = service.post(path, **multipart(charset, value=value))
    assert answer.status_code in (400, 415)
    assert "utf-8" in answer.text.lower()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "us-ascii", "iso-8859-1"])
def test_the_charsets_of_browsers_are_read(charset: str, service: TestClient) -> None:
    answer = service.post(API, **multipart(charset, value=v.sign(v.badge(), format="vc-jwt")))
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "valid"


def test_bytes_that_are_no_text_and_halves_of_signs_are_no_defect(service: TestClient) -> None:
    for value in (b"\xed\xa0\x80", b"\xff", b"\x00", "\ufeff".encode()):
        assert service.post(API, **multipart("utf-8", value=value)).status_code < 500
        assert service.post(PAGE, **multipart("utf-8", value=value)).status_code < 500
        assert service.post(API, **multipart("utf-8", name=value)).status_code < 500
    for body in (b'{"credential": "\\ud800"}', b'{"url": "https://x.example/\\ud800"}'):
        kind = {"Content-Type": "application/json"}
        assert service.post(API, content=body, headers=kind).status_code < 500
        assert service.post("/credentials/verify", content=body, headers=kind).status_code == 400


def test_only_the_form_of_the_page_may_be_large() -> None:
    assert body_bound("/verify") > DEFAULT_LIMITS.input_bytes
    for path in ("/verify/shared/x/delete", "/verify/results/x/delete", "/verify/results/x/1/share"):
        assert body_bound(path) == 64 * 1024


# -- the interface ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/credentials/verify", "/presentations/verify", API])
def test_json_is_not_parsed_on_the_event_loop(path: str, service: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    on_a_loop: list[bool] = []
    badge = v.parsed(v.sign(v.badge()))
    real = jsontext.parse_object

    def noted(*args: Any, **options: Any) -> Any:
        on_a_loop.append(asyncio._get_running_loop() is not None)
        return real(*args, **options)

    monkeypatch.setattr(jsontext, "parse_object", noted)
    service.post(path, json={"credential": badge})
    assert on_a_loop
    assert not any(on_a_loop)


def test_blanks_in_a_request_are_passed_over_at_once(service: TestClient) -> None:
    badge = v.sign(v.badge())
    blanks = b" " * 1_900_000
    body = b"{" + blanks + b'"verifiableCredential" :' + blanks + badge + b"}"
    began = time.process_time()
    answer = service.post("/credentials/verify", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["verified"] is True
    assert time.process_time() - began < 20


def package_of(badge: bytes) -> bytes:
    return build_package(Verifier().record(badge, now=v.NOW))


def test_a_proof_package_among_files_is_named_and_the_others_are_verified(service: TestClient) -> None:
    badge = v.sign(v.badge())
    body = sent(service, API, ("badge.json", badge), ("proof.zip", package_of(badge)), ("two.json", badge)).json()
    assert [report["file"] for report in body["reports"]] == ["badge.json", "two.json"]
    assert [each["file"] for each in body["unread"]] == ["proof.zip"]
    assert "proof package" in body["unread"][0]["reason"]
    assert sent(service, API, ("proof.zip", package_of(badge))).status_code == 415


def test_jwts_in_an_unsigned_presentation_are_verified(service: TestClient) -> None:
    token = v.sign(v.badge(), format="vc-jwt").decode()
    presentation = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": [token],
    }

    def ask(**changes: Any) -> Any:
        return service.post("/presentations/verify", json={"presentation": {**presentation, **changes}})

    assert ask().json()["verified"] is True
    assert ask(verifiableCredential=token).json()["verified"] is True
    head, payload, signature = token.split(".")
    forged = ask(verifiableCredential=[token, f"{head}.{payload}.{signature[:-4]}AAAA"])
    assert forged.status_code == 400
    assert any(
        each.get("pointer", "").startswith("/verifiableCredential/1") for each in forged.json()["problemDetails"]
    )
    for other in ("https://badges.example/1", "hello", ""):
        refused = ask(verifiableCredential=[token, other])
        assert (refused.status_code, refused.json()["verified"]) == (400, False)
    newer = ask(**{"@context": ["https://www.w3.org/ns/credentials/v2"]})
    assert newer.json()["verified"] is False


def test_a_challenge_for_a_credential_by_itself_is_answered_with_a_warning(service: TestClient) -> None:
    badge = v.parsed(v.sign(v.badge()))
    options = {"challenge": "abc", "domain": "verify.example", "checks": ["proof"]}
    answer = service.post("/credentials/verify", json={"verifiableCredential": badge, "options": options})
    body = answer.json()
    assert (answer.status_code, body["verified"]) == (200, True)
    passed_over = [each for each in body["problemDetails"] if each["type"].endswith("#OPTION_WITHOUT_EFFECT")]
    assert [(each["severity"], each["pointer"]) for each in passed_over] == [
        ("warning", "/options/challenge"),
        ("warning", "/options/domain"),
    ]
    assert len(body["warnings"]) >= 2
    without = service.post("/credentials/verify", json={"verifiableCredential": badge}).json()
    assert not any(each["type"].endswith("#OPTION_WITHOUT_EFFECT") for each in without["problemDetails"])


def test_no_address_answers_or_documents_a_422(service: TestClient) -> None:
    for kind in ("ndjson", "csv"):
        for query in ("partial=5473", "partial=", "partial=true&partial=false", "strict=true"):
            answer = service.get(f"/api/v1/batches/x/results.{kind}?{query}")
            assert answer.status_code == 400, query
            assert answer.json()["type"].endswith("#INVALID_REQUEST")
            assert answer.json()["pointer"] == ("/strict" if "strict" in query else "/partial")
    document = service.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert "422" not in operation["responses"], (method, path)
    for kind in ("ndjson", "csv"):
        operation = document["paths"][f"/api/v1/batches/{{token}}/results.{kind}"]["get"]
        assert "400" in operation["responses"]
        assert {each["name"] for each in operation["parameters"]} == {"token", "partial"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


# -- packages ---------------------------------------------------------------------------------------------------------


def with_member(package: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_a_package_that_says_it_is_too_large_is_not_expanded(tmp_path: Path) -> None:
    zeros = with_member(package_of(v.sign(v.badge())), "documents/zeros.bin", bytes(210 * 2**20))
    tracemalloc.start()
    try:
        with pytest.raises(ProblemError) as refused:
            read_package(zeros)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused.value.problem.type is RANGE_ERROR
    assert peak < 30 * 2**20


def test_one_member_of_a_package_may_not_take_all_of_it() -> None:
    small = replace(DEFAULT_LIMITS, fetched_bytes=2**20, input_bytes=2**20)
    packed = with_member(package_of(v.sign(v.badge())), "documents/zeros.bin", bytes(2 * 2**20))
    with pytest.raises(ProblemError) as refused:
        read_package(packed, small)
    assert refused.value.problem.type is RANGE_ERROR


def test_a_size_that_a_package_states_is_not_believed() -> None:
    packed = bytearray(with_member(package_of(v.sign(v.badge())), "documents/zeros.bin", bytes(5 * 2**20)))
    entry = packed.rindex(b"PK\x01\x02")
    packed[entry + 24 : entry + 28] = struct.pack("<I", 10)
    with pytest.raises(ProblemError):
        read_package(bytes(packed))


def test_a_busy_machine_is_no_difference_between_a_package_and_its_repetition() -> None:
    token = v.sign(v.badge(), format="vc-jwt").decode()
    package = read_package(package_of(carriers.code_picture(token)))
    with Allowance.of(replace(DEFAULT_LIMITS, looks=0)) as spent:
        assert recount(package, now=v.NOW, allowance=spent) is None
    with Allowance.of(DEFAULT_LIMITS) as whole:
        again = recount(package, now=v.NOW, allowance=whole)
    assert again is not None
    assert again.reproduced
