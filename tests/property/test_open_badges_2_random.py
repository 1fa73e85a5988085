"""Open Badges 2.0 with anything in any place of any document: an answer each time, never a badge that is not there."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.schemas import jsontext
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.report import Outcome
from support import legacy as ob
from support.effort import examples

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [ob.ASSERTION, ob.BADGE, ob.ISSUER, ob.KEY, ob.REVOKED, "hosted", "signed", "Assertion", ob.CONTEXT]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [each for step, inner in steps for each in paths(inner, (*path, step))]


@st.composite
def spoiled(draw: st.DrawFn, document: dict[str, Any]) -> Any:
    """A document with a value replaced somewhere, or wholly."""
    if draw(st.integers(0, 9)) == 0:
        return draw(VALUES)
    changed = copy.deepcopy(document)
    path = draw(st.sampled_from(paths(document)))
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = draw(VALUES)
    return changed


def assert_sound(report: Any) -> None:
    problems = [problem for result in report.checks for problem in result.problems]
    assert "INTERNAL_ERROR" not in {problem.type.code for problem in problems}, report.to_text()
    assert report.valid <= (report.check(ROWS[46]).outcome is Outcome.PASSED)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.sampled_from(["assertion", "badge", "issuer", "key", "revoked"]).flatmap(
        lambda name: st.tuples(
            st.just(name),
            spoiled(
                {
                    "assertion": ob.assertion(),
                    "badge": ob.badge_class(),
                    "issuer": ob.profile(),
                    "key": ob.key_document(),
                    "revoked": ob.revocation_list(ob.SIGNED_ID),
                }[name]
            ),
        )
    )
)
def test_any_document_may_be_anything(case: tuple[str, Any]) -> None:
    name, body = case
    held = ob.documents(**{name: jsontext.dump(body)})
    assert_sound(ob.inspect(ob.assertion(), held))
    signed = ob.inspect(ob.sign(ob.signed_assertion()), held)
    assert_sound(signed)


@settings(max_examples=examples(60), deadline=None)
@given(spoiled(ob.assertion()))
def test_any_badge_may_be_handed_in(body: Any) -> None:
    report = ob.inspect(jsontext.dump(body))
    assert_sound(report)
    if report.valid:
        assert {name: body.get(name) for name in ("id", "badge", "narrative")} == {
            name: ob.assertion().get(name) for name in ("id", "badge", "narrative")
        }
    assert_sound(ob.inspect(ob.sign(body) if isinstance(body, dict) else b"{}"))
