"""Mutation testing of the engines: which small wrong changes of their code do the tests let pass?

Cosmic Ray makes one change at a time in a copy of the tree, and the tests that are to notice it run there, the cheapest
first. The checkout is read and never written. ``make mutation`` makes the environment this needs.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import mutate_and_test, mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import MutationSpec, TestOutcome

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("schemas", "keys", "proofs", "web", "issuer", "verifier", "receiver", "service")
FOLDER = Path("proofs/badgeport/proofs/canonicalization")
MODULES = ("compiled", "plans", "untied", "engines", "jcs")
STAGES = (
    ("tests/unit/proofs/test_jcs.py", "tests/unit/proofs/test_engines.py", "tests/property/test_compiled_contexts.py",
     "-k", "not no_two_engines_differ and not official_vectors"),
    ("tests/property/test_proofs_canonicalization.py", "-k", "jcs or pyld or any_value or numbers"),
    ("tests/adversarial/test_review_compiled.py", "-k", "context or combinations"),
    ("tests/property/test_compiled_contexts.py", "-k", "no_two_engines_differ"),
)  # fmt: skip
"""What pytest is given, one after the other, until something fails."""

_MOST_MEMORY = 4 * 2**20
"""Of each process of a test run, in KiB."""
_LEAST_SECONDS = 5
"""What each process of a test run may take more than the whole run of the code as it is."""


def copied(folder: Path) -> None:
    """Copy what git knows, or would add, as it stands in the checkout."""
    names = _said(["git", "--no-optional-locks", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())


def mutants(modules: Sequence[str], seed: int) -> Iterator[MutationSpec]:
    """The changes of these modules of the working directory, in an order that the seed decides.

    Left out are those that change nothing, because annotations are not evaluated, and those that are no Python. Of the
    arithmetic that may stand in place of another one, one is tried, as nearly all would raise TypeError; no equality
    becomes identity, which for names and small numbers is the same.
    """
    paths = [FOLDER / f"{name}.py" for name in modules]
    found = [each for item in _all_work_items(paths, {}) for each in item.mutations]
    found.sort(key=lambda each: (str(each.module_path), each.operator_name, each.occurrence))
    random.Random(seed).shuffle(found)  # noqa: S311 - a sample, no secret
    sources = {path: path.read_text(encoding="utf-8") for path in paths}
    meanings = {path: _meaning(source) for path, source in sources.items()}
    tried: set[tuple[Path, tuple[int, int]]] = set()
    for each in found:
        if re.search("_(Eq|NotEq)_Is(Not)?$", each.operator_name):
            continue
        try:
            changed = mutate_code(sources[each.module_path], get_operator(each.operator_name)(), each.occurrence)
        except AttributeError:  # the library cannot change exceptions that are named with their module
            continue
        if changed is None or _meaning(changed) in (None, meanings[each.module_path]):
            continue
        if "ReplaceBinaryOperator" in each.operator_name:
            place = (each.module_path, each.start_pos)
            if place in tried:
                continue
            tried.add(place)
        yield each


def _meaning(source: str) -> str | None:
    """What a module says without its annotations, or None where it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def command(python: str, seconds: int | None = None) -> str:
    """The test run, each process of which may use this much processor time."""
    pytest = [python, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-x"]
    stages = " && ".join(shlex.join([*pytest, *each]) for each in STAGES)
    limit = f"ulimit -v {_MOST_MEMORY} && " + (f"ulimit -t {seconds} && " if seconds else "")
    return shlex.join(["sh", "-c", limit + stages])


def measured(python: str) -> tuple[int, int]:
    """How many seconds of the processor, and of the clock, a test run may take. Raises SystemExit where one fails now.

    The code is the copy's: where another one wins, no change in the copy would be noticed.
    """
    imported = "import badgeport.proofs.canonicalization.compiled as module; print(module.__file__)"
    used = _said([python, "-c", imported], Path.cwd())
    if not Path(used).is_relative_to(Path.cwd()):
        raise SystemExit(f"the tests would read {used}, which is not the copy")
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    outcome, output = run_tests(command(python), None)
    if outcome is not TestOutcome.SURVIVED:
        raise SystemExit(f"the tests fail without any change:\n{output[-3_000:]}")
    elapsed, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _LEAST_SECONDS + int(processor), 10 * (_LEAST_SECONDS + int(elapsed))


def _said(words: list[str], folder: Path = ROOT) -> str:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def main(arguments: Sequence[str]) -> int:
    """Run with these arguments; 0 where the sample was tried, whether or not something survived."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--most", type=int, default=100, help="how many changes to try (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="which changes, and in which order (default: 1)")
    parser.add_argument("--module", action="append", choices=MODULES, help="only this module; may be repeated")
    parser.add_argument("--python", default=str(ROOT / ".venv/bin/python"), help="the Python that runs the tests")
    options = parser.parse_args(arguments)

    commit = _said(["git", "--no-optional-locks", "describe", "--always", "--dirty"])
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        copied(Path(folder))
        os.chdir(folder)
        os.environ.update(
            PYTHONPATH=os.pathsep.join(str(Path(folder, room)) for room in ROOMS),
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",  # most of the start of a test run
        )
        processor, clock = measured(options.python)
        counts = dict.fromkeys(TestOutcome, 0)
        with suppress(KeyboardInterrupt):  # what was tried until then is told
            for number, mutant in enumerate(islice(mutants(options.module or MODULES, options.seed), options.most), 1):
                result = mutate_and_test([mutant], command(options.python, processor), clock)
                outcome = result.test_outcome or TestOutcome.INCOMPETENT
                counts[outcome] += 1
                if outcome is not TestOutcome.KILLED:
                    print(f"{number}, {outcome.value}: {mutant.operator_name}")
                    print(result.diff or result.output, end="\n\n", flush=True)
        os.chdir(ROOT)
    print(f"{commit}, seed {options.seed}: " + ", ".join(f"{count} {each.value}" for each, count in counts.items()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
