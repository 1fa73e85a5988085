"""Whatever is done to a document: nothing raises, the areas partition the problems, published schemas agree with us."""

import copy
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.schemas import models, structure
from badgeport.schemas.pointer import resolve
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError
from support import sample_documents as samples
from support.effort import examples
from support.shared import shared_json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "type", "@context", "name", "issuer", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every member and item of a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in members:
        yield (*path, key)
        yield from places(each, (*path, key))


def mutated(document: Any, path: tuple[Any, ...], change: str, value: Any) -> Any:
    """The document with one place taken out, replaced, or wrapped in an array or object."""
    document = copy.deepcopy(document)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    if change == "drop":
        del holder[path[-1]]
    elif change == "wrap":
        holder[path[-1]] = [holder[path[-1]]]
    elif change == "text":
        holder[path[-1]] = str(holder[path[-1]])
    else:
        holder[path[-1]] = value
    return document


BADGE = samples.complete_badge()
BADGE_PLACES = list(places(BADGE))
changes = st.sampled_from(["drop", "wrap", "text", "replace"])


def schema_says(edition: str) -> jsonschema_rs.Draft201909Validator:
    return jsonschema_rs.Draft201909Validator(
        shared_json(f"spec/reference/schemas/ob3/achievementcredential_{edition}.schema.json")
    )


@pytest.fixture(scope="module")
def october() -> jsonschema_rs.Draft201909Validator:
    return schema_says("2024-10")


@pytest.fixture(scope="module")
def november() -> jsonschema_rs.Draft201909Validator:
    return schema_says("2025-11")


def names(path: tuple[Any, ...]) -> list[str]:
    return [key for key in path if isinstance(key, str)]


def is_wider_by_design(path: tuple[Any, ...]) -> bool:
    """Members where VCDM 2.0 or the proofs specification allow more than the published schemas do.

    ``credentialStatus`` may be an array; ``type`` of the small VCDM classes may be an array; ``proof.domain`` may be
    an array, and what else a proof says is judged with the proof.
    """
    trail = names(path)
    small = {"proof", "credentialSchema", "credentialStatus", "refreshService", "termsOfUse"}
    return trail == ["credentialStatus"] or (trail[-1] in ("type", "domain") and len(trail) > 1 and trail[-2] in small)


@settings(max_examples=examples(400), deadline=None)
@given(path=st.sampled_from(BADGE_PLACES), change=changes, value=json_values)
def test_what_both_published_schemas_refuse_is_refused(
    october: Any, november: Any, path: tuple[Any, ...], change: str, value: Any
) -> None:
    document = mutated(BADGE, path, change, value)
    if not october.is_valid(document) and not november.is_valid(document) and not is_wider_by_design(path):
        assert structure.problems(document, "ob3"), (path, change, value)


def test_every_missing_or_retyped_member_the_published_schemas_refuse_is_refused(october: Any, november: Any) -> None:
    refused = 0
    others: list[Any] = [None, True, 7, "x", [], {}, [[]], [{}]]
    edits = [("drop", None), *(("replace", other) for other in others)]
    for path in BADGE_PLACES:
        for change, value in edits:
            document = mutated(BADGE, path, change, value)
            if october.is_valid(document) or november.is_valid(document) or is_wider_by_design(path):
                continue
            refused += 1
            assert structure.problems(document, "ob3"), (path, change, value)
    assert refused > 1000


@settings(max_examples=examples(300), deadline=None)
@given(path=st.sampled_from(BADGE_PLACES), change=changes, value=json_values)
def test_what_is_accepted_fits_the_later_published_schema(
    november: Any, path: tuple[Any, ...], change: str, value: Any
) -> None:
    document = mutated(BADGE, path, change, value)
    if not structure.problems(document, "ob3") and not is_wider_by_design(path):
        assert november.is_valid(document), (path, change, value)


@settings(max_examples=examples(300), deadline=None)
@given(path=st.sampled_from(BADGE_PLACES), change=changes, value=json_values)
def test_what_the_structure_accepts_reads_as_a_model(path: tuple[Any, ...], change: str, value: Any) -> None:
    document = mutated(BADGE, path, change, value)
    assert reads(document) or structure.problems(document, "ob3")


def reads(document: Any) -> bool:
    """Whether the model reads the document; nothing but a problem may say that it does not."""
    try:
        models.read(models.AchievementCredential, document)
    except ProblemError:
        return False
    return True


def assert_well_formed(report: structure.StructureReport, document: Any) -> None:
    assert list(report.by_check) == list(structure.AREAS)
    spread = [problem for problems in report.by_check.values() for problem in problems]
    assert sorted(map(id, spread)) == sorted(map(id, report.problems))
    for problem in report.problems:
        assert problem.type is MALFORMED_VALUE_ERROR
        assert problem.pointer is not None
        parent = problem.pointer.rpartition("/")[0]
        resolve(document, parent)


@settings(max_examples=examples(200), deadline=None)
@given(document=json_values, kind=st.none() | st.sampled_from(structure.KINDS))
def test_any_json_value_gets_a_report(document: Any, kind: str | None) -> None:
    assert_well_formed(structure.check(document, kind), document)


@settings(max_examples=examples(300), deadline=None)
@given(data=st.data(), kind=st.sampled_from(sorted(samples.BY_KIND)), value=json_values, change=changes)
def test_any_change_to_any_document_gets_a_report(data: st.DataObject, kind: str, value: Any, change: str) -> None:
    original = samples.BY_KIND[kind]()
    path = data.draw(st.sampled_from(list(places(original))))
    document = mutated(original, path, change, value)
    assert_well_formed(structure.check(document), document)
    assert_well_formed(structure.check(document, kind), document)
