"""RDFC-1.0: labels, duplicates, hashes and the work budget; the official suite is in tests/vectors."""

from dataclasses import replace
from itertools import permutations

import pytest

from badgeport.proofs.canonicalization.nquads import Quad, parse
from badgeport.proofs.canonicalization.rdfc import canonical_form
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError

_P = "<a:p>"


def test_labels_do_not_depend_on_order_or_input_labels() -> None:
    quads = [Quad("_:x", _P, "_:y"), Quad("_:y", _P, '"end"'), Quad("_:x", "<a:q>", "_:y", "_:x")]
    texts = {canonical_form(order).text for order in permutations(quads)}
    renamed = [Quad(*(term.replace("_:x", "_:zz").replace("_:y", "_:a") for term in quad)) for quad in quads]
    assert texts == {canonical_form(renamed).text}
    assert set(canonical_form(quads).labels) == {"_:x", "_:y"}


def test_duplicates_are_one_statement() -> None:
    quads = [Quad("<a:s>", _P, "<a:o>")] * 3
    assert canonical_form(quads).lines == ["<a:s> <a:p> <a:o> .\n"]


def test_nothing_is_canonical_too() -> None:
    form = canonical_form([])
    assert (form.text, form.labels) == ("", {})


def test_lines_are_in_code_point_order() -> None:
    quads = parse('<a:s> <a:p> "\uffee" .\n<a:s> <a:p> "😀" .\n<a:s> <a:p> "z" .')
    assert [line.split('"')[1] for line in canonical_form(quads).lines] == ["z", "\uffee", "😀"]


def _clique(size: int) -> list[Quad]:
    return [Quad(f"_:n{a}", _P, f"_:n{b}") for a in range(size) for b in range(size) if a != b]


@pytest.mark.parametrize("size", [9, 30, 100])
def test_cliques_run_out_of_budget(size: int) -> None:
    with pytest.raises(ProblemError) as caught:
        canonical_form(_clique(size))
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR


def test_small_ties_are_settled() -> None:
    assert len(canonical_form(_clique(4)).labels) == 4
    assert canonical_form(_clique(4)).text == canonical_form(_clique(4)[::-1]).text


def test_long_chains_of_ties_do_not_exhaust_the_stack() -> None:
    ring = [Quad(f"_:n{index}", _P, f"_:n{(index + 1) % 5_000}") for index in range(5_000)]
    with pytest.raises(ProblemError) as caught:
        canonical_form(ring)
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR


def test_many_unnamed_objects_of_one_kind_are_cheap() -> None:
    quads = [Quad("<a:s>", _P, f"_:n{index}") for index in range(2_000)]
    quads += [Quad(f"_:n{index}", "<a:q>", f'"{index}"') for index in range(2_000)]
    assert len(canonical_form(quads).labels) == 2_000


def test_the_number_of_statements_is_limited() -> None:
    quads = [Quad("<a:s>", _P, f'"{index}"') for index in range(11)]
    assert len(canonical_form(quads, limits=replace(DEFAULT_LIMITS, quads=11)).lines) == 11
    with pytest.raises(ProblemError) as caught:
        canonical_form(quads, limits=replace(DEFAULT_LIMITS, quads=10))
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR
