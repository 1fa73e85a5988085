"""The benchmark's arithmetic, its order of turns and its record. Nothing here takes a time."""

from __future__ import annotations

import re
import shlex
import sys
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench import __main__ as program  # noqa: E402
from bench import (  # noqa: E402
    batch,
    bulk,
    credentials,
    differential,
    gates,
    guided,
    http,
    http_client,
    many,
    measure,
    record,
    tables,
)
from bench.gates import Bound, Gate  # noqa: E402
from bench.measure import Contender, Measured, Missing, Question, Role, Spread, Timing  # noqa: E402
from bench.wholes import Wholes  # noqa: E402

from badgeport.keys.types import KeyType  # noqa: E402


def contender(name: str, role: Role = "peer", *, right: bool = True, turns: list[str] | None = None) -> Contender:
    """A contender whose every operation takes one millisecond, by its own account, and that notes its turns."""

    def sample(count: int) -> Timing:
        if turns is not None:
            turns.append(f"{name} {count}")
        return Timing(cpu=0.001, wall=0.002)

    return Contender(name, role, sample, lambda: right)


def failing(name: str, role: Role) -> Contender:
    def right() -> bool:
        raise ValueError("no such thing")

    return Contender(name, role, lambda _: Timing(0.0, 0.0), right)


def flat(seconds: float) -> Measured:
    return Measured(Spread(seconds, seconds / 2, seconds * 2), Spread(seconds * 3, seconds, seconds * 4))


@pytest.fixture
def question() -> Question:
    return Question(
        "Verify",
        "a-suite",
        "realistic",
        (
            contender("Badgeport", "ours"),
            contender("Badgeport, the proof alone", "part of ours"),
            contender("quick peer"),
            contender("slow peer"),
            Missing("absent peer", "peer missing: run make interop"),
            contender("limit", "limit"),
        ),
    )


@pytest.fixture
def results(question: Question) -> measure.Results:
    seconds = {
        "Badgeport": 0.002,
        "Badgeport, the proof alone": 0.001,
        "quick peer": 0.001,
        "slow peer": 0.05,
        "limit": 0.0005,
    }
    return {measure.key(question, name): flat(value) for name, value in seconds.items()}


# ---------------------------------------------------------------- statistics


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3.0, 1.0, 2.0], Spread(2.0, 1.0, 3.0)), ([4.0, 1.0], Spread(2.5, 1.0, 4.0)), ([5.0], Spread(5.0, 5.0, 5.0))],
)
def test_spread_is_median_minimum_and_maximum(values: list[float], expected: Spread) -> None:
    assert measure.spread(values) == expected


def test_spread_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        measure.spread([])


def test_processor_time_and_wall_clock_are_kept_apart() -> None:
    found = measure.measured([Timing(1.0, 10.0), Timing(3.0, 30.0), Timing(2.0, 70.0)])
    assert found == Measured(Spread(2.0, 1.0, 3.0), Spread(30.0, 10.0, 70.0))


@pytest.mark.parametrize(("each", "target", "count"), [(0.001, 0.03, 30), (0.5, 0.03, 1), (0.0, 0.03, 30_000_000)])
def test_repetitions_fill_the_target_and_are_never_none(each: float, target: float, count: int) -> None:
    assert measure.repetitions(each, target) == count


def test_a_timed_operation_is_done_as_often_as_asked() -> None:
    done: list[int] = []
    timing = measure.timed(lambda: done.append(1))(7)
    assert len(done) == 7
    assert timing.cpu >= 0
    assert timing.wall > 0


# ---------------------------------------------------------------- turns


def test_contenders_take_turns_and_another_one_begins_each_round() -> None:
    turns: list[str] = []
    first = Question("Verify", "one", "minimal", tuple(contender(name, turns=turns) for name in "abc"))
    second = Question("Verify", "two", "minimal", (contender("z", turns=turns),))
    results = measure.measure([first, second], rounds=2, target=0)
    assert turns == ["a 1", "b 1", "c 1", "z 1", "b 1", "c 1", "a 1", "z 1"]
    assert results[measure.key(first, "a")] == Measured(Spread(0.001, 0.001, 0.001), Spread(0.002, 0.002, 0.002))
    assert len(results) == 4


def test_samples_are_as_long_as_the_target_and_whole_processes_are_not_repeated() -> None:
    turns: list[str] = []
    here = Question("Verify", "one", "minimal", (contender("a", turns=turns),))
    process = Question("Start", "one", "", (contender("p", turns=turns),), batched=False)
    measure.measure([here, process], rounds=1, target=0.02)
    assert turns[-2:] == ["a 10", "p 1"]


def test_every_round_counts() -> None:
    given = iter([Timing(0.003, 1.0), Timing(0.001, 1.0), Timing(0.008, 1.0)])
    asked = Question("Verify", "one", "minimal", (Contender("a", "ours", lambda _: next(given), lambda: True),))
    (found,) = measure.measure([asked], rounds=3, target=0).values()
    assert found.cpu == Spread(0.003, 0.001, 0.008)


# ---------------------------------------------------------------- who is right


def test_wrong_contenders_are_found_and_only_peers_may_drop_out() -> None:
    asked = Question(
        "Verify",
        "one",
        "minimal",
        (contender("good"), contender("wrong", right=False), failing("broken", "peer"), failing("own", "ours")),
    )
    found = measure.faults([asked])
    assert {place[-1]: fault for place, fault in found.items()} == {
        "wrong": "did not give the right result",
        "broken": "ValueError: no such thing",
        "own": "ValueError: no such thing",
    }
    (left,) = measure.without_faulty_peers([asked], found)
    assert [each.name for each in left.present] == ["good", "own"]
    assert [each.name for each in left.contenders] == ["good", "wrong", "broken", "own"]
    assert left.contenders[2] == Missing("broken", "failed: ValueError: no such thing")


def test_who_accepts_what_was_changed_is_named() -> None:
    asked = Question("Verify", "one", "minimal", (contender("fooled"), contender("careful", right=False)))
    assert [place[-1] for place in measure.fooled([asked])] == ["fooled"]


@pytest.mark.parametrize(("format", "key_type"), [("eddsa-jcs-2022", KeyType.ED25519), ("vc-jwt", KeyType.P256)])
def test_a_changed_credential_differs_and_keeps_its_length(format: str, key_type: KeyType) -> None:
    from bench.contenders import tampered

    sample = credentials.sample("minimal", format, key_type)
    changed = tampered(sample)
    assert changed != sample.shown
    assert len(changed) == len(sample.shown)


# ---------------------------------------------------------------- credentials


def test_credentials_are_the_same_in_every_run_and_of_the_sizes_they_claim() -> None:
    signer = credentials.issuer(KeyType.ED25519).signer
    assert signer.controller == "did:key:z6Mkg8PuEeNQfS8J6egegXgomzBsMdJnHMxkfuRW3HKMmKqf"
    assert credentials.unsigned("realistic", signer) == credentials.unsigned("realistic", signer)
    minimal, realistic, large = (credentials.facts(size) for size in credentials.SIZES)
    assert 1_000 < minimal.bytes < 2_000
    assert 6_000 < realistic.bytes < 9_000
    assert 45_000 < large.bytes < 55_000
    assert minimal.quads < realistic.quads < large.quads
    assert minimal.blank_nodes < realistic.blank_nodes < large.blank_nodes


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0000123, "12.3"), (0.0001, "100"), (0.0123456, "12,346"), (1.5, "1,500,000")]
)
def test_times_are_written_in_microseconds(seconds: float, text: str) -> None:
    assert tables.microseconds(seconds) == text


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [(3.0, 2.0, "1.50"), (1.0, 4.0, "0.25"), (23.4, 1.0, "23"), (1.0, 0.0, "–"), (9.99, 1.0, "9.99")],
)
def test_ratios(numerator: float, denominator: float, text: str) -> None:
    assert tables.ratio(numerator, denominator) == text


def test_rows_compare_with_badgeport_and_with_the_limit(question: Question, results: measure.Results) -> None:
    found = {row[1]: row for row in tables.rows(question, results)}
    assert found["Badgeport"] == ("realistic", "Badgeport", "2,000", "1,000–4,000", "6,000", "1.00", "4.00")
    assert found["slow peer"][-2:] == ("25", "100")
    assert found["limit"][-2:] == ("0.25", "1.00")
    assert found["absent peer"] == ("realistic", "absent peer", "peer missing: run make interop", "", "", "", "")
    assert len(found) == len(question.contenders)


def test_a_table_is_markdown_with_every_cell_in_its_column() -> None:
    text = tables.table(("a", "bb"), [("long", "x|y"), ("s", "two\nlines")])
    assert text.splitlines() == [
        "| a    | bb        |",
        "|------|-----------|",
        "| long | x\\|y      |",
        "| s    | two lines |",
    ]


def test_the_summary_names_the_quickest_and_the_slowest_peer(question: Question, results: measure.Results) -> None:
    row = tables.glance([question], results).splitlines()[-1]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "Verify",
        "a-suite",
        "2,000",
        "4.00",
        "2.00",
        "0.50 quick peer",
        "25 slow peer",
    ]


def test_tables_of_one_format_hold_all_sizes(question: Question, results: measure.Results) -> None:
    other = Question("Verify", "a-suite", "large", (Missing("Badgeport", "gone"),))
    text = tables.tables([question, other], results)
    assert text.count("### Verify: a-suite") == 1
    assert re.search(r"^\| large +\| Badgeport +\| gone", text, re.MULTILINE)


def test_a_cold_start_is_told_as_a_difference_too() -> None:
    asked = Question("Start", "a process", "", (contender("tool", "ours"), contender("bare", "limit")), batched=False)
    results = {measure.key(asked, "tool"): flat(0.2), measure.key(asked, "bare"): flat(0.05)}
    sentence = "`tool` takes 450 ms longer than bare (150 ms of processor time)."
    assert tables.over_limit(asked, results) == sentence
    assert tables.tables([asked], results).endswith(sentence)
    missing = Question("Start", "a process", "", (Missing("tool", "gone"), contender("bare", "limit")), batched=False)
    assert tables.over_limit(missing, results) == ""


# ---------------------------------------------------------------- the record


def test_the_command_of_a_record_names_no_directory_of_the_machine(tmp_path: Path) -> None:
    arguments = ["--rounds", "3", "--record", str(ROOT / "bench" / "RESULTS.md")]
    assert record.command(arguments) == "python -m bench --rounds 3 --record bench/RESULTS.md"
    assert record.command(["--record", str(tmp_path / "out.md")]) == "python -m bench --record out.md"


def test_a_record_says_what_was_measured_where_and_with_what(question: Question, results: measure.Results) -> None:
    text = record.document(
        arguments=["--record", "bench/RESULTS.md"],
        rounds=4,
        seconds=12.4,
        facts=[credentials.Facts("realistic", 7_000, 180, 12)],
        javascript="peer missing: run make interop",
        summary=tables.glance([question], results),
        tables=tables.tables([question], results),
    )
    for wanted in ("- Date: 20", "- Commit: ", "- Python: CPython 3.", "- Processors: ", "- Rounds: 4, 12 s in all"):
        assert wanted in text
    assert f"- Seed: {credentials.SEED}" in text
    assert "- JavaScript: peer missing: run make interop" in text
    assert re.search(r"pyld \d.*openbadgeslib \d", text)
    assert "| realistic | 7,000 " in text
    assert "absent peer" in text
    assert str(ROOT) not in text


PROGRAMS = {
    "bench": program.parser,
    "bench.http": http.parser,
    "bench.bulk": bulk.parser,
    "bench.batch": batch.parser,
    "bench.differential": differential.parser,
    "bench.guided": guided.parser,
}


def commands() -> list[str]:
    """Every ``python -m bench`` that the repository tells people to run."""
    found = re.findall(r"python -m (bench\b[^\n`]*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    results = ROOT / record.RESULTS
    if results.exists():
        named = re.findall(
            r"^- Command: `python -m (bench\b[^\n`]*)`$", results.read_text(encoding="utf-8"), re.MULTILINE
        )
        programs = [command.split()[0] for command in named]
        parts = [name for name, _ in groupby(programs)]
        whole = ["bench", "bench.http", "bench.bulk", "bench.batch"]
        assert parts == [name for name in whole if name in parts], "each part of bench/RESULTS.md names its command"
        assert "bench" in parts
        found += named
    return found


@pytest.mark.parametrize("command", commands())
def test_commands_that_are_named_exist(command: str) -> None:
    name, *arguments = shlex.split(command)
    assert vars(PROGRAMS[name]().parse_args(arguments))


# ---------------------------------------------------------------- the service over HTTP


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([3.0], 0.5, 3.0), ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0), (list(range(1, 201)), 0.99, 198), ([1.0, 2.0], 1.0, 2.0)],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, expected: float) -> None:
    assert http.percentile(values, share) == expected


def test_a_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        http.percentile([], 0.5)


def test_a_row_sums_up_its_runs_and_is_compared_with_ours_of_the_same_kind() -> None:
    runs = [
        http.Ran(100, seconds, cpu, (0.010, 0.030), (2**20, 2 * 2**20))
        for seconds, cpu in ((1.0, 0.5), (2.0, 0.6), (4.0, 0.9))
    ]
    ours = http.Row(1, http.SERVICE, "eddsa-rdfc-2022", 4, tuple(runs))
    slower = http.Ran(100, 5.0, 1.8, (0.1,), (0, 0))
    assert (ours.throughput, ours.cpu) == (50.0, 0.006)
    text = http.table([ours, http.Row(1, http.PEER, "eddsa-rdfc-2022", 4, (slower,))]).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text]
    assert cells[2][4:] == ["50", "10.0", "30.0", "6.0", "1.00"]
    assert cells[3][4:] == ["20", "100.0", "100.0", "18.0", "3.00"]


def test_growth_of_memory_is_what_comes_after_warming_up() -> None:
    grown = http.Memory(2, 100_000, (100 * 2**20, 130 * 2**20, 112 * 2**20))
    row = http.memory_table([grown]).splitlines()[-1]
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["2", "100,000", "100.0", "112.0", "12.0", "130.0"]


def test_each_part_of_the_record_leaves_the_other_alone(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    record.write(path, "# Measured\n\nfirst\n")
    record.write_section(path, "over HTTP\n")
    record.write(path, "# Measured\n\nsecond\n")
    assert path.read_text() == f"# Measured\n\nsecond\n\n{record.SERVICE_HEADING}\n\nover HTTP\n"
    record.write_section(path, "once more\n")
    assert path.read_text() == f"# Measured\n\nsecond\n\n{record.SERVICE_HEADING}\n\nonce more\n"
    record.add_to_section(path, "one run\n", record.BULK_HEADING)
    record.add_to_section(path, "another run\n", record.BULK_HEADING)
    record.write_section(path, "over HTTP\n")
    record.write(path, "# Measured\n\nthird\n")
    parts = ["# Measured\n\nthird\n", f"{record.SERVICE_HEADING}\n\nover HTTP\n"]
    assert path.read_text() == "\n".join([*parts, f"{record.BULK_HEADING}\n\none run\n\nanother run\n"])


def test_the_record_of_the_service_says_what_was_measured_with_what() -> None:
    text = http.section(["--record", str(ROOT / record.RESULTS)], 3.2, 1000, 5, "| table |")
    assert text.startswith("- Command: `python -m bench.http --record bench/RESULTS.md`\n")
    assert "- Requests: 1,000 in the long run, 3 s in all" in text
    assert re.search(r"fastapi \d.*uvicorn \d", text)
    assert "in 5 rounds" in text
    assert str(ROOT) not in text


def test_the_peer_is_right_and_every_badge_is_changed_by_a_change() -> None:
    from bench import contenders, http_peer, ours

    badges = http.badges_with_status("http://localhost:1/status")
    assert len(badges) == len(http.FORMATS) + 1
    assert http_peer.holds(badges[0])
    assert not http_peer.holds(contenders.changed(badges[0]))
    for badge in badges[:-1]:
        assert 6_000 < len(badge) < 16_000
        assert ours.accepts(badge)
        assert not ours.accepts(contenders.changed(badge))
    assert http_client.request("/x", b"abc").endswith(b"Content-Length: 3\r\n\r\nabc")


# -- gates and growth -----------------------------------------------------------------------------------------------


def whole(*, peer: float = 0.02, two: float = 5.0, growth: float = 1.1) -> Wholes:
    return Wholes({http.SERVICE: 0.001, http.PEER: peer}, {1: 10.0, 2: two}, growth, "")


def ratios(gate: Gate, factor: float) -> dict[tuple[str, str, str, str], Measured]:
    """Results in which every bound is what it asks for, times ``factor`` the easier."""
    place = (gate.job, gate.subject, gates.SIZE)
    found = {(*place, gate.ours): flat(1.0)}
    for bound in gate.least:
        found[(*place, bound.beside)] = flat(bound.times * factor)
    for bound in gate.goal:
        if bound.beside == gates.LIMIT:
            found[(*place, bound.beside)] = flat(factor / bound.times)
        else:
            found[(*place, bound.beside)] = flat(max(bound.times, 1.0) * factor)
    return found


@pytest.mark.parametrize("gate", [gate for gate in gates.GATES if gate.least])
def test_a_gate_is_met_or_not_by_what_was_measured(gate: Gate) -> None:
    def judged(results: measure.Results) -> tuple[str, str]:
        row = gates.rows(results, whole())[gates.GATES.index(gate)]
        return row[4], row[6]

    assert judged(ratios(gate, 1.01)) == ("yes", "yes")
    assert judged(ratios(gate, 0.01)) == ("no", "no")
    alone = {place: found for place, found in ratios(gate, 2).items() if place[3] == gate.ours}
    assert judged(alone) == ("–", "–")
    assert judged({}) == ("–", "–")


def test_the_service_and_the_batch_have_gates_too() -> None:
    def judged(wholes: Wholes) -> list[tuple[str, str]]:
        return [(row[4], row[6]) for row in gates.rows({}, wholes)[-2:]]

    assert judged(whole()) == [("yes", "yes"), ("yes", "yes")]
    assert judged(whole(peer=0.011, two=6.0)) == [("yes", "no"), ("yes", "no")]
    assert judged(whole(peer=0.009, two=7.0)) == [("no", "no"), ("no", "no")]
    assert judged(whole(growth=2.0))[1] == ("no", "no")


def test_the_limit_is_passed_by_nobody() -> None:
    assert Bound("limit", 3).holds(ours=3.0, theirs=1.0)
    assert not Bound("limit", 3).holds(ours=3.1, theirs=1.0)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_of_growth(power: float) -> None:
    counts = (1, 10, 100, 1000)
    assert many.exponent(counts, [3e-6 * count**power for count in counts]) == pytest.approx(power)
