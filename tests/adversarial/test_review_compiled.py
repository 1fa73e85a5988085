"""What tries to make the engines, or what they keep between documents, decide a document by those that came before."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from badgeport.proofs.canonicalization import active_context, compiled, engines, expand, plans, work
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.once import once
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, RANGE_ERROR, ProblemError
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Fetched, Purpose
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import issuing

STORE = contexts.store()
ENGINES = ("compiled", "reference")


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    active_context._roots.clear()
    yield
    active_context._roots.clear()
    engines.choice.cache_clear()


def badge(**members: Any) -> dict[str, Any]:
    return {
        "@context": [urls.CREDENTIALS_V2, urls.OB_3_0_3],
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Badge",
        **members,
    }


def has_plan(document: dict[str, Any]) -> bool:
    return compiled.statements(document, contexts=STORE, limits=DEFAULT_LIMITS, signed=False) is not None


# A proof made over the JSON may repeat the contexts around it, none of them included, and is not held to the rules for
# contexts again. What was compiled for it stood for any other object that states no context.

PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "@context": []}
EMBEDDED = {"id": "urn:uuid:2", "type": ["VerifiableCredential"], "@context": [], "name": "Embedded"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("before", "document"),
    [
        (badge(), badge(evidence=EMBEDDED)),
        (badge(proof=[PROOF]), badge(evidence=EMBEDDED)),
        (badge(), badge(proof=[PROOF], evidence=EMBEDDED)),
        (badge(), badge(evidence=EMBEDDED, proof=[PROOF])),
    ],
    ids=["after nothing", "after a proof elsewhere", "after a proof", "before a proof"],
)
def test_a_context_is_refused_whatever_was_compiled_before(
    engine: str, before: dict[str, Any], document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(engines.VARIABLE, engine)
    engines.choice.cache_clear()
    assert engines.dataset(before, contexts=STORE)
    with pytest.raises(ProblemError, match="@context is empty") as caught:
        engines.dataset(document, contexts=STORE)
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR


# What is kept is bounded, and documents choose what is kept. Whoever comes first may not keep everybody else out.


def test_combinations_of_types_do_not_take_all_the_room_for_plans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_SHAPES", 20)
    many = [list(types) for types in product(["Profile", "VerifiableCredential"], repeat=5)]
    has_plan(badge(relatedResource=[{"type": types} for types in many]))
    assert has_plan(badge(relatedResource=[{"type": ["Profile"]}, {"type": ["Profile", "Profile"]}]))
    roots = list(active_context._roots.values())
    held = [root.plan for context in roots for root in context._children.values() if root.plan is not None]
    assert held
    assert sum(len(plan.kept) for plan in held) <= plans.shaped.number <= 20


def test_one_document_does_not_fill_the_memory_with_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_SHAPES", 30)
    several = [list(types) for types in product(["Profile", "VerifiableCredential"], repeat=4)]
    confirmed: dict[str, Any] = {}
    for _ in range(8):  # each level is a context of its own
        confirmed = {"cnf": [confirmed, *({"type": types} for types in several)]}
    subject = {"id": "urn:s", "type": ["AchievementSubject"], **confirmed}
    with pytest.raises(ProblemError):
        engines.dataset(badge(credentialSubject=subject, undefined=1), contexts=STORE, signed=False)
    gc.collect()
    assert 0 < sum(type(each) is plans.Shape for each in gc.get_objects()) <= 30


def combined(number: int) -> dict[str, Any]:
    """A badge whose evidence combines types as no other number does."""
    types = ["Achievement", "Profile", "Image", "Address", "Alignment", "Related", "IdentityObject", "GeoCoordinates"]
    chosen = [name for place, name in enumerate(types) if number >> place & 1]
    return badge(evidence=[{"id": f"urn:e:{number}", "type": ["Evidence", *chosen]}])


def test_odd_combinations_do_not_drive_out_common_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = badge(credentialSubject={"id": "urn:s", "type": ["AchievementSubject"]})
    assert has_plan(usual)
    assert has_plan(combined(1))
    (alone,) = active_context._roots.values()
    room = alone._root.kept
    monkeypatch.setattr(active_context, "_MAPPINGS_KEPT_PER_ROOT", room)
    for number in range(2, 20):
        assert has_plan(combined(number))
        assert has_plan(usual)
        assert alone._root.kept <= room
    assert list(active_context._roots.values()) == [alone]


@pytest.mark.parametrize("engine", ENGINES)
def test_what_one_input_combines_is_bounded_over_all_it_contains(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engines.VARIABLE, engine)
    engines.choice.cache_clear()
    monkeypatch.setattr(work, "Compilations", lambda: active_context.Compilations(left=60))

    def read(allowance: work.Work, *numbers: int) -> None:
        for number in numbers:
            allowance.statements(combined(number), STORE)

    read(work.Work(), *[255] * 30)  # what comes again was worked out before
    spent = work.Work()
    with pytest.raises(ProblemError) as caught:
        read(spent, *range(1, 40))
    assert caught.value.problem.type is RANGE_ERROR
    with pytest.raises(ProblemError):
        read(spent, 39)
    read(work.Work(), 39)


def test_contexts_of_their_own_count_for_each_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "Compilations", lambda: active_context.Compilations(left=40))
    allowance = work.Work()
    own = badge(extra="x") | {"@context": [urls.CREDENTIALS_V2, urls.OB_3_0_3, {"extra": "https://e.example/extra"}]}

    def read() -> None:
        for number in range(40):
            allowance.statements({**own, "id": f"urn:uuid:{number}"}, STORE)

    with pytest.raises(ProblemError) as caught:
        read()
    assert caught.value.problem.type is RANGE_ERROR


def test_embedded_contexts_do_not_take_all_the_room_for_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = {"id": "urn:s", "type": ["AchievementSubject"], "achievement": {"id": "urn:a", "type": ["Achievement"]}}
    document = badge(credentialSubject=subject)
    assert has_plan(document)
    (alone,) = active_context._roots.values()
    room = alone._root.kept
    active_context._roots.clear()
    monkeypatch.setattr(active_context, "_MAPPINGS_KEPT_PER_ROOT", room)
    embedded = {"@context": [urls.CREDENTIALS_V2, urls.OB_3_0_3], "type": ["VerifiableCredential"]}
    assert expand.dataset(badge(endorsement=[embedded]), contexts=STORE, signed=False)
    assert has_plan(document)
    assert all(root._root.kept <= room for root in active_context._roots.values())


# Many inputs are examined at once. What one of them waits for, or needs first, is nothing to the others.


class _Slow:
    """A host that answers when it is told to."""

    def __init__(self, documents: dict[str, bytes]) -> None:
        self._documents = ReplayResolver(documents)
        self.asked, self.answer = threading.Event(), threading.Event()

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        self.asked.set()
        self.answer.wait(60)
        return self._documents.fetch(url, purpose)


def test_a_slow_host_keeps_nobody_else_waiting() -> None:
    slow, data = _Slow(issuing.documents()), issuing.issue()
    verdicts: list[Verdict] = []

    def inspect(verifier: Verifier) -> None:
        verdicts.append(verifier.inspect(data, now=issuing.NOW).verdict)

    waiting = threading.Thread(target=inspect, args=(issuing.verifier().reading_from(slow),), daemon=True)
    other = threading.Thread(target=inspect, args=(issuing.verifier(),), daemon=True)
    waiting.start()
    assert slow.asked.wait(60)
    other.start()
    other.join(20)
    assert verdicts == [Verdict.VALID]
    slow.answer.set()
    waiting.join(60)
    assert verdicts == [Verdict.VALID, Verdict.VALID]


class _Step:
    """Something with two properties, each of which needs the other one of another object."""

    def __init__(self, met: threading.Barrier, other: _Step | None = None) -> None:
        self._met = met
        self._other = other

    @once
    def left(self) -> int:
        """One more than what the other object's ``right`` is."""
        return 1 if self._other is None else self._meet() + self._other.right

    @once
    def right(self) -> int:
        """One more than what the other object's ``left`` is."""
        return 1 if self._other is None else self._meet() + self._other.left

    def _meet(self) -> int:
        self._met.wait(20)
        return 1


def test_properties_that_need_each_other_in_another_order_all_end() -> None:
    # A presentation's members are examined for endorsements, and an endorsement for members, in two threads at once.
    met, found = threading.Barrier(2), []
    one, two = _Step(met, _Step(met)), _Step(met, _Step(met))
    threads = [
        threading.Thread(target=lambda: found.append(one.left), daemon=True),
        threading.Thread(target=lambda: found.append(two.right), daemon=True),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert found == [2, 2]


def test_a_property_is_worked_out_once() -> None:
    counted: list[object] = []

    class Counting:
        @once
        def value(self) -> int:
            """How often it was worked out."""
            counted.append(self)
            return len(counted)

    first, second = Counting(), Counting()
    assert (first.value, first.value, second.value, first.value) == (1, 1, 2, 1)
    assert Counting.value.__doc__ == "How often it was worked out."
