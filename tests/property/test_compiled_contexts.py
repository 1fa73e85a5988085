"""The compiled engine held against the reference, PyLD and pyoxigraph, and its bounds.

The documents are those of ``python -m bench.differential``, which runs any number of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench import differential, guided  # noqa: E402
from bench.documents import STORE, _badges, documents  # noqa: E402

from badgeport.proofs.canonicalization import active_context, compiled, engines, expand, plans  # noqa: E402
from badgeport.proofs.canonicalization.nquads import Quad  # noqa: E402
from badgeport.proofs.canonicalization.rdfc import canonical_form  # noqa: E402
from badgeport.proofs.canonicalization.untied import untied_form  # noqa: E402
from badgeport.proofs.canonicalization.work import Work  # noqa: E402
from badgeport.schemas.contexts import urls  # noqa: E402
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits  # noqa: E402
from badgeport.schemas.problems import Problem, ProblemError  # noqa: E402
from support.shared import shared_path  # noqa: E402

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
_V2 = [urls.CREDENTIALS_V2, urls.OB_3_0_3]


def choose(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment ask for an engine."""
    monkeypatch.setenv(engines.VARIABLE, engine)
    engines.choice.cache_clear()


@pytest.fixture(autouse=True)
def _chosen_anew() -> Iterator[None]:
    yield
    engines.choice.cache_clear()


def outcome(engine: str, document: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Any:
    """The statements that an engine makes, or the problem it refuses with."""
    choose(engine, monkeypatch)
    try:
        return list(engines.dataset(document, contexts=STORE, **options))
    except ProblemError as error:
        return error.problem


def test_no_two_engines_differ() -> None:
    counts, differ = differential.run(100_000 if _LONG else 300, seed=2, peers=10)
    assert differ == []
    # The comparison is worth nothing where everything is refused, or left to the reference engine.
    assert counts["compiled"] > counts["documents"] * 0.4
    assert counts["refused"] > counts["documents"] * 0.1
    assert counts["tied"]
    assert counts["asked PyLD"]
    assert counts["pyoxigraph read the same"]


@pytest.mark.parametrize(("signed", "exact"), [(True, True), (True, False), (False, False)])
def test_what_was_found_to_reach_far_is_looked_at_again(signed: bool, exact: bool) -> None:
    kept = guided.corpus()
    outcomes = Counter(differential.compare(document, signed=signed, exact=exact)[0] for document in kept)
    assert outcomes.keys() >= {"refused", "left to the reference", "tied", "compiled"}


def test_peers_read_the_same_in_what_was_found_to_reach_far() -> None:
    asked = 0
    for document in guided.corpus():
        text = differential.compare(document)[1]
        if text is not None:
            asked += 1
            assert differential.pyld_text(document) == text
    assert asked > 20


def test_what_reaches_further_is_kept() -> None:
    plain = {"@context": [urls.CREDENTIALS_V2], "type": "VerifiableCredential", "name": "n"}
    longer = {**plain, "name": "a longer name"}
    guided.ways(plain)  # what is worked out once for all documents
    found, _ = guided.search(0, corpus=[longer, plain])
    assert [json.loads(text) for text in found.kept] == [plain]
    assert found.look_at({**plain, "undefined": 1})
    assert not found.look_at({**plain, "undefined": 1})
    more, news = guided.search(30, seed=1, corpus=[plain])
    assert news
    assert len(more.kept) > 2
    assert not more.differ


def test_what_engines_differ_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "statements", lambda *_, **__: [])
    found, _ = guided.search(0, corpus=_badges()[1:2])
    assert [what for what, _ in found.differ] == ["the engines make different statements"]


def test_real_badges_need_no_reference() -> None:
    for document in _badges():
        assert compiled.statements(document, contexts=STORE, limits=DEFAULT_LIMITS) is not None


# A document does not become simpler with its seed, so none is looked for.
@settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.integers(min_value=0))
def test_errors_and_statements_are_the_same_under_either_engine(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for _, sample in zip(range(2), documents(seed), strict=False):
            for signed in (True, False):
                reference = outcome("reference", sample.document, patch, signed=signed)
                event("refused" if isinstance(reference, Problem) else "accepted")
                assert outcome("compiled", sample.document, patch, signed=signed) == reference


def badge(**members: Any) -> dict[str, Any]:
    return {
        "@context": _V2,
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Badge",
        **members,
    }


# What hostile documents are made of: each is cheap to send, and bounded on both engines.


def _cliques(size: int) -> dict[str, Any]:
    # Equal unnamed objects, side by side.
    return badge(credentialSubject=[{"type": "AchievementSubject", "narrative": "x"} for _ in range(size)])


def _nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "Profile", "name": "x"}
    for _ in range(depth):
        inner = {"type": "Profile", "name": "x", "parentOrg": inner}
    return badge(issuer=inner)


def _endorsements(each: int) -> list[dict[str, Any]]:
    return [{"@context": [url], "type": "VerifiableCredential"} for url in STORE.urls()] * each


HOSTILE = {
    "equal objects": (_cliques(400), DEFAULT_LIMITS),
    "nesting": (_nested(200), DEFAULT_LIMITS),
    "nesting beyond the interpreter": (_nested(20_000), DEFAULT_LIMITS),
    "array": (badge(description=[f"text {number}" for number in range(30_000)]), DEFAULT_LIMITS),
    "types": (badge(type=["VerifiableCredential", *(f"Type{number}" for number in range(10_000))]), DEFAULT_LIMITS),
    "one type many times": (badge(type=["VerifiableCredential"] * 10_000), DEFAULT_LIMITS),
    "members": (badge(**{f"member{number}": 1 for number in range(10_000)}), DEFAULT_LIMITS),
    "literal": (badge(description="\x01" * 200_000), Limits(canonical_chars=1_000_000)),
    "id": (badge(id="urn:" + "x" * 8_000, description=["y"] * 5_000), DEFAULT_LIMITS),
    "statements": (badge(description=["a", "b", "c"]), Limits(quads=3)),
    "characters": (badge(description="x" * 500), Limits(canonical_chars=400)),
    "contexts": (badge(endorsement=_endorsements(200)), DEFAULT_LIMITS),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_end_alike_on_both_engines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document, limits = HOSTILE[name]
    reference = outcome("reference", document, monkeypatch, limits=limits)
    assert outcome("compiled", document, monkeypatch, limits=limits) == reference
    if name not in ("equal objects", "one type many times"):
        assert isinstance(reference, Problem)
        assert reference.detail


def test_ties_are_told_apart_under_the_budget_of_the_whole_algorithm() -> None:
    quads = engines.dataset(_cliques(400), contexts=STORE, signed=False)
    assert untied_form(quads) is None
    with pytest.raises(ProblemError, match="too much work"):
        engines.canonical_dataset(quads, limits=Limits(canonicalization_steps=100))


@given(st.lists(st.builds(Quad, st.sampled_from(["_:a", "_:b", "<urn:s>"]), st.just("<urn:p>"),
                          st.sampled_from(["_:a", "_:b", '"x"', '"y"', "<urn:o>"]),
                          st.sampled_from(["", "_:a", "_:g", "<urn:g>"])), max_size=8),
       st.sampled_from(["sha256", "sha384"]))  # fmt: skip
def test_the_quick_canonical_form_is_that_of_the_whole_algorithm(quads: list[Quad], hash_name: Any) -> None:
    made = untied_form(quads, hash_name)
    event("tied" if made is None else "told apart")
    if made is not None:
        assert made == canonical_form(quads, hash_name=hash_name)


# The switch


def test_both_engines_at_once_stop_where_they_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    choose("both", monkeypatch)
    quads = engines.dataset(badge(), contexts=STORE)
    engines.canonical_dataset(quads)
    monkeypatch.setattr(compiled, "statements", lambda *_, **__: list(quads)[:-1])
    with pytest.raises(engines.EnginesDisagreeError):
        engines.dataset(badge(), contexts=STORE)
    with pytest.raises(engines.EnginesDisagreeError, match="defined by none"):
        engines.dataset(badge(undefined="x"), contexts=STORE)
    for others in ([], [Quad("_:a", "<urn:p>", "_:a", "")]):
        form = canonical_form(others)
        monkeypatch.setattr(engines, "untied_form", lambda *_, form=form: form)
        with pytest.raises(engines.EnginesDisagreeError):
            engines.canonical_dataset(quads)


def test_an_engine_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    choose("fast", monkeypatch)
    with pytest.raises(ValueError, match="compiled, reference, both"):
        engines.dataset(badge(), contexts=STORE)


def test_work_says_which_engine_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    choose("compiled", monkeypatch)
    work = Work()
    assert work.read_by(badge()) is None
    work.canonical(badge(), "sha256", STORE)
    assert work.read_by(badge()) == "compiled"
    # A context of the document's own has no plan.
    inline = {**badge(), "@context": [*_V2, {"extra": "https://ex.example/extra"}], "extra": "x"}
    work.canonical(inline, "sha256", STORE)
    assert work.read_by(inline) == "reference"
    choose("reference", monkeypatch)
    work.canonical(badge(name="Other"), "sha256", STORE)
    assert work.read_by(badge(name="Other")) == "reference"


# What is kept


def test_documents_cannot_fill_the_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_SHAPES", 3)
    active_context._roots.clear()
    plans.shaped.clear()
    names = ["Achievement", "AchievementSubject", "Address", "Alignment", "Criteria", "Evidence", "Image"]
    for name in names:
        document = badge(credentialSubject={"type": ["AchievementSubject", name], "id": "urn:s"})
        assert list(engines.dataset(document, contexts=STORE)) == expand.dataset(document, contexts=STORE)

    seen: set[int] = set()
    shapes = 0
    pending = list(active_context._roots.values())
    for context in pending:
        if id(context) in seen:
            continue
        seen.add(id(context))
        pending += context._children.values()
        if context.plan is not None:
            shapes += len(context.plan.kept)
            assert all(name == "@context" or context.term(name) is not None for name in context.plan.slots)
    assert 0 < shapes <= 3
    active_context._roots.clear()


# Everything official, with each engine: the compiled one is that of the rest of the suite


@pytest.mark.parametrize("engine", ["reference", *(["both"] if _LONG else [])])
def test_the_official_vectors_hold_with_each_engine(engine: str) -> None:
    shared_path("vectors")
    vectors = [
        ROOT / "tests" / "vectors" / name for name in ("test_di_eddsa.py", "test_di_ecdsa.py", "test_di_ecdsa_sd.py")
    ]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-x", *map(str, vectors)]
    # Without BADGEPORT_CI: there a run must prove every way of securing, and this one is a part of the suite.
    environment = {name: value for name, value in os.environ.items() if name != "BADGEPORT_CI"}
    environment[engines.VARIABLE] = engine
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-2_000:]
    assert f"JSON-LD engine: {engine}" in ran.stdout
