"""``python -m bench``: measure everything and print the tables."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from badgeport.keys.types import KeyType
from bench import contenders, gates, javascript, many, measure, programs, record, tables, wholes
from bench.credentials import SIZES, facts, sample

ROUNDS = 15
SECONDS_A_SAMPLE = 0.03
_SMOKE_SIZE = "minimal"


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m bench", description="Measure Badgeport beside its peers.")
    made.add_argument("--smoke", action="store_true", help="run everything once on the smallest credential; no figures")
    made.add_argument("--record", metavar="FILE", help="write the results to this file")
    made.add_argument("--rounds", metavar="N", type=_positive, default=ROUNDS, help="rounds (default: %(default)s)")
    return made


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return value


def main(arguments: Sequence[str]) -> int:
    """Run with these arguments; 1 where a contender is wrong."""
    options = parser().parse_args(arguments)
    sizes = (_SMOKE_SIZE,) if options.smoke else SIZES
    started = time.perf_counter()
    with ExitStack() as stack:
        absence = javascript.absence()
        peer = None if absence else stack.enter_context(javascript.Peer())
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = directory / "credential.json"
        size = sizes[min(1, len(sizes) - 1)]
        file.write_bytes(sample(size, "eddsa-rdfc-2022", KeyType.ED25519).shown)
        questions = [
            *contenders.questions(sizes, peer, absence),
            *(many.smoke_questions(size) if options.smoke else many.questions(size)),
            *programs.questions(file, size),
        ]
        _say("checking that everyone is right, and that nobody accepts what was changed")
        found = measure.faults(questions)
        fooled = measure.fooled(contenders.impostors(sizes, peer, absence))
        for place, fault in found.items():
            _say(f"{', '.join(filter(None, place))}: {fault}")
        for place in fooled:
            _say(f"{', '.join(filter(None, place))}: accepted a credential that was changed")
        if fooled or (found and options.smoke):
            return 1
        questions = measure.without_faulty_peers(questions, found)
        if any(measure.key(question, each.name) in found for question in questions for each in question.present):
            return 1
        rounds, target = (1, 0.0) if options.smoke else (options.rounds, SECONDS_A_SAMPLE)
        results = measure.measure(questions, rounds=rounds, target=target, tell=_say)
        whole = wholes.measure(wholes.SMOKE if options.smoke else wholes.FULL, _say)
        _say("growth and memory")
        grown = many.growth(sizes[0], many.SMOKE_GROWTH if options.smoke else many.GROWTH)
        held = many.memory(questions)
    seconds = time.perf_counter() - started
    judged = gates.written(results, whole)
    if options.smoke:
        _close(questions, seconds)
        return 0
    summary = f"{tables.glance(questions, results)}\n\n## Gates\n\n{judged}"
    body = "\n\n".join(
        [
            tables.tables(questions, results),
            f"## More than one operation\n\n{whole.text}",
            f"## Growth\n\n{grown}",
            f"## Memory of one operation\n\n{held}",
        ]
    )
    print(f"{summary}\n\n{body}")
    if options.record:
        text = record.document(
            arguments=arguments,
            rounds=rounds,
            seconds=seconds,
            facts=[facts(size) for size in sizes],
            javascript=absence or javascript.versions(),
            summary=summary,
            tables=body,
        )
        record.write(Path(options.record), text)
    _say(f"done in {seconds:.0f} s")
    return 0


def _close(questions: Sequence[measure.Question], seconds: float) -> None:
    """What a smoke run did, and who was missing from it."""
    missing = {
        (each.name, each.reason)
        for question in questions
        for each in question.contenders
        if isinstance(each, measure.Missing)
    }
    for name, reason in sorted(missing):
        print(f"missing: {name} ({reason})")
    count = sum(len(question.present) for question in questions)
    print(f"bench smoke: {count} contenders in {len(questions)} questions gave the right result in {seconds:.1f} s")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
