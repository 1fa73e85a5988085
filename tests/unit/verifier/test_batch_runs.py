"""A run over files: what is a record, how results grow, what is shared, and what a dying process costs."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.schemas.limits import Limits
from badgeport.verifier.batch import archives, chunks, engines, figures, tables, work
from badgeport.verifier.batch.chunks import Chunk, Written
from badgeport.verifier.batch.journal import Journal, Mark
from badgeport.verifier.batch.run import RunRefused, run
from badgeport.verifier.batch.snapshot import FAILURE_SECONDS, SharedDocuments, count
from badgeport.verifier.batch.sources import Record, records
from badgeport.verifier.batch.terms import Places, Terms
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose
from support import effort, verifying
from support.verifying import NOW

SMALL = Limits(input_bytes=100)
Found = tuple[str, bytes, str | None]


def found(*paths: Path, limits: Limits = SMALL) -> list[Found]:
    """The records of files, by the names of the files."""
    listed = records({path.name: str(path) for path in paths}, besides=Path("out"), limits=limits)
    return [(each.name, each.data, each.refused) for each in listed]


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


# ---------------------------------------------------------------- what is a record


def test_every_line_is_a_record_and_one_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "many.ndjson"
    path.write_bytes(b'{"a":1}\n\n"e30.e30.AA"\n' + b"x" * 300 + b"\n\xff\xfea\x00\n" + b"last")
    assert found(path) == [
        ("many.ndjson line 1", b'{"a":1}', None),
        ("many.ndjson line 3", b"e30.e30.AA", None),
        ("many.ndjson line 4", b"", "the line is larger than 100 bytes"),
        ("many.ndjson line 5", b"", "the lines are not UTF-8 but UTF-16 or UTF-32; send UTF-8"),
        ("many.ndjson line 6", b"last", None),
    ]


@pytest.mark.parametrize(("length", "refused"), [(99, False), (100, False), (101, True), (102, True), (250, True)])
def test_a_line_is_as_long_as_an_input_may_be(tmp_path: Path, length: int, refused: bool) -> None:
    path = tmp_path / "many.jsonl"
    path.write_bytes(b"x" * length + b"\n" + b"y\n")
    first, second = found(path)
    assert (first[2] is not None) is refused
    assert second == ("many.jsonl line 2", b"y", None)


def test_files_of_a_directory_come_by_name_without_clutter_and_without_the_results(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.txt", ".hidden", "Thumbs.db", ".git/x", "out/results.ndjson"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    listed = list(records({"in": str(tmp_path)}, besides=tmp_path / "out"))
    assert [each.name for each in listed] == ["in/a.txt", "in/b/1.txt", "in/b/2.txt"]
    assert [each.number for each in listed] == [1, 2, 3]


def test_what_cannot_be_read_is_a_record(tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(b"x" * 101)
    assert found(tmp_path / "large.json", tmp_path / "gone.json") == [
        ("large.json", b"", "it is larger than 100 bytes"),
        ("gone.json", b"", "it cannot be read: no such file or directory"),
    ]


def test_every_file_of_an_archive_is_a_record(tmp_path: Path) -> None:
    path = tmp_path / "some.zip"
    path.write_bytes(zipped({"a.json": b"{}", "d/": b"", "../b.json": b"[]", "__MACOSX/a.json": b"?", "c": b"x" * 101}))
    assert found(path) == [
        ("some.zip/a.json", b"{}", None),
        ("some.zip/b.json", b"[]", None),
        ("some.zip/c", b"", "the file is larger than 100 bytes"),
    ]


def test_an_archive_that_is_damaged_or_a_proof_package_is_one_record(tmp_path: Path) -> None:
    for name, data, why in (
        ("cut.zip", zipped({"a": b"x"})[:-10], "damaged"),
        ("package.zip", zipped({"badgeport-package.json": b"{}", "a": b""}), "proof package"),
        ("empty.zip", zipped({}), "holds no file"),
    ):
        (tmp_path / name).write_bytes(data)
        ((called, held, refused),) = found(tmp_path / name)
        assert (called, held) == (name, b"")
        assert refused is not None
        assert why in refused


def test_a_file_that_expands_without_end_is_not_expanded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"a": bytes(8 * 1024 * 1024)}))
    ((_, data, refused),) = found(path, limits=Limits())
    assert (data, refused) == (b"", "the file expands to many times its packed size")


def test_an_archive_whose_list_is_too_long_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "DIRECTORY_BYTES", 200)
    path = tmp_path / "long.zip"
    path.write_bytes(zipped({f"{number}.json": b"{}" for number in range(10)}))
    ((_, _, refused),) = found(path)
    assert refused is not None
    assert "too many files" in refused


def test_a_name_that_is_no_text_is_written_as_one(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.json")).write_bytes(b"{}")
    ((name, _, _),) = found(tmp_path)
    assert name.encode("utf-8")


# ---------------------------------------------------------------- chunks and the journal


@given(st.lists(st.binary(max_size=30), max_size=40), st.integers(1, 10), st.integers(1, 60))
@settings(max_examples=effort.examples(50))
def test_chunks_hold_all_records_in_order_within_bounds(data: list[bytes], most: int, most_bytes: int) -> None:
    given_records = [Record(number, f"n{number}", each) for number, each in enumerate(data, 1)]
    made = list(chunks.cut(given_records, most=most, most_bytes=most_bytes))
    assert [each for chunk in made for each in chunk.records] == given_records
    assert [chunk.number for chunk in made] == list(range(1, len(made) + 1))
    for chunk in made:
        assert len(chunk.records) <= most
        assert sum(len(each.data) for each in chunk.records[:-1]) < most_bytes


def test_a_chunk_is_read_as_it_was_written(tmp_path: Path) -> None:
    chunk = Chunk(3, (Record(7, "a\nb é", b"\n{}\n\x00"), Record(8, "c", b"", "no")))
    written = chunk.write(tmp_path / "c.in")
    assert tuple(chunks.read(tmp_path / "c.in")) == chunk.records
    assert written == Written(3, 2, 8, chunk.sha256())
    assert Chunk(3, (Record(7, "a\nb é", b"\n{}\n\x01"), chunk.records[1])).sha256() != chunk.sha256()


def journal(folder: Path) -> Journal:
    return Journal(folder / "results", folder / "journal")


def filled(folder: Path, texts: Sequence[bytes]) -> list[Mark]:
    """A journal with one chunk for each text; the marks after each, the first before any."""
    with journal(folder) as open_journal:
        marks = [open_journal.mark]
        for text in texts:
            number = open_journal.mark.chunks + 1
            mark = open_journal.mark.after(Written(number, 1, number, text), bytes=len(text), seconds=1.0)
            open_journal.add(text, mark)
            marks.append(mark)
    return marks


@given(st.data())
@settings(max_examples=effort.examples(60))
def test_wherever_both_files_end_what_is_taken_up_is_whole_chunks(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("run")
    texts = [b"first\n", b"second\n", b"third\n"]
    marks = filled(folder, texts)
    results, lines = (folder / "results").read_bytes(), (folder / "journal").read_bytes()
    # Results are on the disk before the line that counts them; behind them there may be more.
    kept = data.draw(st.integers(0, len(lines)))
    counted = [json.loads(line)["bytes"] for line in lines[:kept].splitlines(keepends=True) if line.endswith(b"\n")]
    size = data.draw(st.integers(max(counted, default=0), len(results)))
    (folder / "results").write_bytes(results[:size])
    (folder / "journal").write_bytes(lines[:kept])
    with journal(folder) as again:
        mark = again.mark
    assert mark.chunks == max((n for n, each in enumerate(marks) if each.bytes in counted), default=0)
    assert (folder / "results").read_bytes() == b"".join(texts[: mark.chunks])
    filled(folder, texts[mark.chunks :])
    assert (folder / "results").read_bytes() == results


def test_results_that_the_disk_lost_are_done_again(tmp_path: Path) -> None:
    filled(tmp_path, [b"first\n", b"second\n"])
    (tmp_path / "results").write_bytes(b"first\nsec")
    with journal(tmp_path) as again:
        assert (again.mark.chunks, again.mark.turns) == (1, 2)
    assert (tmp_path / "results").read_bytes() == b"first\n"


# ---------------------------------------------------------------- documents


class Source:
    """A fetcher that counts what it is asked."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self.documents = documents
        self.asked: list[tuple[str, Purpose]] = []

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.asked.append((url, purpose))
        if url not in self.documents:
            raise FetchError(url, "it is not there")
        return Fetched(url, self.documents[url], "application/json", NOW, "its server is down", f"{url}/moved")


def test_a_document_is_asked_for_once_by_all_who_share(tmp_path: Path) -> None:
    source = Source({"https://a.example/did.json": b"{}"})
    first, second = (SharedDocuments(tmp_path, source) for _ in range(2))
    answers = [each.fetch("https://a.example/did.json", "controller") for each in (first, second, first)]
    assert answers[0] == answers[1] == answers[2] == Source.fetch(source, "https://a.example/did.json", "controller")
    assert len(source.asked) == 2
    assert count(tmp_path) == (1, 0)


def test_what_was_had_for_one_purpose_does_not_serve_another(tmp_path: Path) -> None:
    source = Source({"https://a.example/x": b"{}"})
    shared = SharedDocuments(tmp_path, source)
    for purpose in ("status-list", "controller", "status-list"):
        shared.fetch("https://a.example/x", purpose)  # type: ignore[arg-type]
    assert [purpose for _, purpose in source.asked] == ["status-list", "controller"]


def test_what_is_one_badge_s_own_is_not_kept(tmp_path: Path) -> None:
    source = Source({"https://a.example/badge": b"{}"})
    shared = SharedDocuments(tmp_path, source)
    for _ in range(2):
        shared.fetch("https://a.example/badge", "credential")
    assert len(source.asked) == 2
    assert count(tmp_path) == (0, 0)


def test_a_failure_is_shared_and_asked_again_later(tmp_path: Path) -> None:
    source, time = Source({}), [1000.0]
    shared, other = (SharedDocuments(tmp_path, source, clock=lambda: time[0]) for _ in range(2))
    for each in (shared, other, shared):
        with pytest.raises(FetchError, match="it is not there"):
            each.fetch("https://a.example/did.json", "controller")
    assert len(source.asked) == 1
    assert count(tmp_path) == (0, 1)
    source.documents["https://a.example/did.json"] = b"{}"
    time[0] += FAILURE_SECONDS
    assert other.fetch("https://a.example/did.json", "controller").body == b"{}"


def test_memory_for_documents_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badgeport.verifier.batch.snapshot.MEMORY_BYTES", 25)
    source = Source({f"https://a.example/{n}": b"0123456789" for n in range(5)})
    shared = SharedDocuments(tmp_path, source)
    for _ in range(2):
        for url in source.documents:
            assert shared.fetch(url, "status-list").body == b"0123456789"
    assert len(source.asked) == 5
    assert len(shared._held) == 2


# ---------------------------------------------------------------- runs


def asked(folder: Path, **changes: Any) -> Terms:
    given: dict[str, Any] = {"offline": True, "chunk_records": 2, "software": "badgeport test"} | changes
    return Terms({"in": str(folder / "in")}, NOW, NOW, **given)


class Here:
    """An engine that works in this process, and may stop after some chunks."""

    name = "here"

    def __init__(self, stop: int | None = None) -> None:
        self.stop = stop
        self.numbers: list[int] = []

    def done(self, chunks: Iterable[Written], root: Path, turn: int) -> Iterator[Written]:
        for chunk in chunks:
            if len(self.numbers) == self.stop:
                raise KeyboardInterrupt
            self.numbers.append(chunk.number)
            work.work(str(root), turn, chunk.number)
            yield chunk


@pytest.fixture(autouse=True)
def _forget_judges() -> Iterator[None]:
    work._judge.cache_clear()
    yield
    work._judge.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory ``in`` with nine records: valid, changed, expired, repeated, and no badges."""
    (tmp_path / "in").mkdir()
    valid = verifying.sign(verifying.badge(), format="eddsa-jcs-2022")
    expired = verifying.sign(verifying.badge(id="urn:uuid:2", validUntil="2026-04-02T00:00:00Z"), format="vc-jwt")
    again = verifying.sign(verifying.badge(), format="vc-jwt")
    changed = valid.replace(b"Reading Together", b"Reading Apart...", 1)
    lines = [valid, changed, expired, valid, changed, again, b"{}", b"no badge", b"[]"]
    (tmp_path / "in" / "lines.ndjson").write_bytes(b"\n".join(lines))
    return tmp_path


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.ndjson").read_bytes().splitlines()]


def test_a_run_gives_each_record_the_result_it_has_alone(folder: Path) -> None:
    summary = run(asked(folder), folder / "out", Here())
    given = list(records({"in": str(folder / "in")}, besides=folder / "out"))
    alone = work.Judge(asked(folder), verifying.verifier(), None)
    assert lines_of(folder / "out") == [alone.result(each) for each in given]
    assert [line["verdict"] for line in lines_of(folder / "out")][:6] == [
        *("valid", "invalid", "invalid", "valid", "invalid", "valid")
    ]
    assert summary["records"] == 9
    assert summary["verdicts"]["valid"] == 3
    assert summary["codes"]["EXPIRED"] == 1
    assert summary["resumed"] == 0
    assert json.loads((folder / "out" / "summary.json").read_text()) == summary


def test_duplicates_are_the_same_badge_in_whatever_form_and_the_same_bytes(folder: Path) -> None:
    # The badge a second time and once more as a token; the changed one, which proves no name, a second time.
    assert run(asked(folder), folder / "out", Here())["duplicates"] == 3


def test_a_run_that_was_stopped_goes_on_where_it_was(folder: Path) -> None:
    run(asked(folder), folder / "whole", Here())
    with pytest.raises(KeyboardInterrupt):
        run(asked(folder), folder / "out", Here(stop=2))
    assert not (folder / "out" / "results.ndjson").exists()
    engine = Here()
    summary = run(asked(folder), folder / "out", engine, resume=True)
    assert engine.numbers == [3, 4, 5]
    assert summary["resumed"] == 1
    for name in ("results.ndjson",):
        assert (folder / "out" / name).read_bytes() == (folder / "whole" / name).read_bytes()


def test_a_run_that_is_over_is_left_as_it_is(folder: Path) -> None:
    summary = run(asked(folder), folder / "out", Here())
    engine = Here()
    assert run(asked(folder), folder / "out", engine, resume=True) == summary
    assert engine.numbers == []


def test_figures_that_were_not_finished_are_made_again(folder: Path) -> None:
    summary = run(asked(folder), folder / "out", Here())
    (folder / "out" / "summary.json").unlink()
    engine = Here()
    assert run(asked(folder), folder / "out", engine, resume=True) == summary
    assert engine.numbers == []


def test_another_question_is_not_taken_up(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(asked(folder), folder / "out", Here(stop=1))
    with pytest.raises(RunRefused, match=r"asked something else \(offline, chunkRecords\)"):
        run(asked(folder, offline=False, chunk_records=3), folder / "out", Here(), resume=True)


@pytest.mark.parametrize("change", ["other", "fewer"])
def test_other_inputs_are_not_taken_up(folder: Path, change: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(asked(folder), folder / "out", Here(stop=3))
    path = folder / "in" / "lines.ndjson"
    kept = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([b"{}\n", *kept[1:]] if change == "other" else kept[:4]))
    with pytest.raises(RunRefused, match="no longer those"):
        run(asked(folder), folder / "out", Here(), resume=True)


def test_a_directory_that_holds_something_is_not_begun_in(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "letter.txt").write_text("dear")
    for resume in (False, True):
        with pytest.raises(RunRefused, match="another directory"):
            run(asked(folder), folder / "out", Here(), resume=resume)


def test_two_processes_do_not_lead_one_run(folder: Path) -> None:
    class Meddler(Here):
        def done(self, chunks: Iterable[Written], root: Path, turn: int) -> Iterator[Written]:
            with pytest.raises(RunRefused, match="another process"):
                run(asked(folder), folder / "out", Here(), resume=True)
            return super().done(chunks, root, turn)

    run(asked(folder), folder / "out", Meddler())


def test_terms_are_read_as_they_were_written(folder: Path) -> None:
    places = Places(folder)
    places.state.mkdir()
    terms = asked(folder, documents="/somewhere", loopback=True)
    terms.write(places)
    assert Terms.read(places) == terms
    assert terms.differences(Terms.read(places)) == ()


def test_a_defect_costs_one_record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = work.Judge._judged

    def broken(judge: work.Judge, record: Record) -> dict[str, Any]:
        if record.number == 4:
            raise ZeroDivisionError
        return whole(judge, record)

    monkeypatch.setattr(work.Judge, "_judged", broken)
    summary = run(asked(folder), folder / "out", Here())
    assert lines_of(folder / "out")[3]["error"] == "a mistake in this program stopped it (ZeroDivisionError)"
    assert (summary["records"], summary["verdicts"]["error"]) == (9, 1)


def test_a_record_that_ends_its_process_costs_itself_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = work.Judge.result

    def deadly(judge: work.Judge, record: Record) -> dict[str, Any]:
        if record.number == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(judge, record)

    # Processes that are forked from this one have what was changed in it.
    monkeypatch.setattr(engines, "_context", lambda: multiprocessing.get_context("fork"))
    monkeypatch.setattr(work.Judge, "result", deadly)
    with engines.LocalProcesses(2) as engine:
        run(asked(folder), folder / "out", engine)
    monkeypatch.setattr(work.Judge, "result", whole)
    run(asked(folder), folder / "whole", Here())
    lines, others = lines_of(folder / "out"), lines_of(folder / "whole")
    assert lines.pop(4)["error"] == ("this input could not be judged: the process that looked at it ended each time")
    others.pop(4)
    assert lines == others


def test_processes_that_never_begin_end_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_context", lambda: multiprocessing.get_context("fork"))
    monkeypatch.setattr(work.Judge, "of", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with engines.LocalProcesses(1) as engine, pytest.raises(engines.EngineError, match="too little memory"):
        run(asked(folder), folder / "out", engine)


# ---------------------------------------------------------------- tables


def test_the_table_holds_what_the_lines_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="badgeport[dask] is not installed")
    monkeypatch.setattr(tables, "ROWS", 4)
    run(asked(folder), folder / "out", Here())
    rows = parquet.read_table(folder / "out" / "results.parquet").to_pylist()
    for row, line in zip(rows, lines_of(folder / "out"), strict=True):
        credential = line["credential"] or {}
        assert row["credentialId"] == credential.get("id")
        for name in ("row", "input", "sha256", "verdict", "codes", "checkedAt", "error"):
            assert row[name] == line[name]
        for name in ("name", "issuer", "recipient", "validUntil"):
            assert row[name] == credential.get(name)


def test_without_pyarrow_there_are_lines_and_no_table(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "available", lambda: False)
    assert run(asked(folder), folder / "out", Here())["parquet"] is None
    assert not (folder / "out" / "results.parquet").exists()
    assert len(lines_of(folder / "out")) == 9


def test_counting_leaves_nothing_behind(folder: Path) -> None:
    run(asked(folder), folder / "out", Here())
    left = {path.name for path in (folder / "out" / "run").iterdir()}
    assert left == {"terms.json", "journal.ndjson", "lock"} | ({"documents"} & left)
    assert figures.read(Places(folder / "out"))["records"] == 9
