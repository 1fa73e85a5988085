"""Laws of ecdsa-sd-2023: whatever is issued can be shown in any part, and nothing that was not issued verifies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cbor2
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from badgeport.proofs.canonicalization import canonicalize
from badgeport.proofs.selective import cbor
from badgeport.proofs.selective.proof_value import BASE_HEADER, DERIVED_HEADER, parse_base, parse_derived, proof_kind
from badgeport.proofs.selective.selection import select
from badgeport.proofs.suites.ecdsa_sd import SUITE, decisive_problems, derive, verify_base, verify_derived
from badgeport.schemas.encoding import multibase_decode, multibase_encode
from badgeport.schemas.problems import ProblemError
from support.ecdsa_sd_material import SIGNER, STORE, apart, badge, issue, options, pointers_of, verify
from support.effort import examples

FEW = settings(max_examples=examples(60), deadline=None)
MANY = settings(max_examples=examples(200), deadline=None)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
urls = st.integers(0, 4).map("https://badges.example/things/{}".format)


def objects(type_name: str, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"type": st.just([type_name])}, optional=members)


evidence = objects("Evidence", name=texts, narrative=texts, genre=texts, audience=texts)
results = objects("Result", value=texts)
identities = st.fixed_dictionaries(
    {
        "type": st.just("IdentityObject"),
        "identityHash": texts,
        "identityType": st.sampled_from(["name", "emailAddress", "studentId"]),
        "hashed": st.booleans(),
    }
)
descriptions = objects("ResultDescription", name=texts, allowedValue=st.lists(texts, max_size=4), requiredValue=texts)
achievements = st.fixed_dictionaries(
    {"type": st.just(["Achievement"]), "name": texts},
    optional={
        "description": texts,
        "criteria": st.fixed_dictionaries({}, optional={"narrative": texts}),
        "tag": st.lists(texts, max_size=3),
        "resultDescription": st.lists(descriptions, max_size=2),
        "inLanguage": st.just("en"),
    },
)
subjects = st.fixed_dictionaries(
    {"type": st.just(["AchievementSubject"])},
    optional={
        "achievement": achievements,
        "identifier": st.lists(identities, max_size=2),
        "result": st.lists(results, max_size=3),
        "role": texts,
        "creditsEarned": st.integers(0, 100) | st.just(1.5),
    },
)
documents = st.fixed_dictionaries(
    {"credentialSubject": subjects | st.lists(subjects, min_size=1, max_size=2)},
    optional={
        "name": texts,
        "description": texts,
        "evidence": evidence | st.lists(evidence, max_size=3),
        "validUntil": st.none(),
        "credentialStatus": st.none(),
        "id": st.none() | urls,
    },
).map(lambda members: badge(**{"evidence": None, **members}))


@st.composite
def choices(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    document = draw(documents)
    pointers = draw(st.lists(st.sampled_from(list(pointers_of(document))), max_size=5))
    return document, pointers


@FEW
@given(choices(), st.data())
def test_whatever_is_issued_can_be_shown_in_any_part(
    choice: tuple[dict[str, Any], list[str]], data: st.DataObject
) -> None:
    document, pointers = choice
    mandatory = data.draw(st.lists(st.sampled_from(list(pointers_of(document))), max_size=2))
    base = issue(document, mandatory)
    verify(base, allow_base=True)
    revealed = derive(base, pointers, contexts=STORE)
    verify(revealed)
    assert decisive_problems(*apart(revealed), contexts=STORE) == ()
    stated = parse_base(base["proof"]["proofValue"]).mandatory_pointers
    assert apart(revealed)[0] == select(document, [*stated, *pointers])


@FEW
@given(choices())
def test_a_presentation_carries_nothing_of_what_it_hides(choice: tuple[dict[str, Any], list[str]]) -> None:
    document, pointers = choice
    base = issue(document)
    revealed = derive(base, pointers, contexts=STORE)
    held = parse_base(base["proof"]["proofValue"])
    shown = parse_derived(revealed["proof"]["proofValue"])
    statements = canonicalize(apart(revealed)[0], contexts=STORE).count("\n")
    assert len(shown.signatures) + len(shown.mandatory_indexes) == statements
    assert set(shown.signatures) <= set(held.signatures)
    assert held.hmac_key not in multibase_decode(revealed["proof"]["proofValue"])


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(value, dict):
        return [leaf for name, member in value.items() for leaf in leaves(member, (*path, name))]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in leaves(item, (*path, index))]
    return [path]


@FEW
@given(choices(), st.data())
def test_an_altered_presentation_is_refused(choice: tuple[dict[str, Any], list[str]], data: st.DataObject) -> None:
    document, pointers = choice
    revealed = derive(issue(document), pointers, contexts=STORE)
    unsecured, proof = apart(revealed)
    altered = json.loads(json.dumps(unsecured))
    path = data.draw(st.sampled_from(leaves(altered)))
    holder = altered
    for step in path[:-1]:
        holder = holder[step]
    if data.draw(st.booleans()):
        del holder[path[-1]]
    else:
        holder[path[-1]] = data.draw(texts | st.integers(0, 9) | st.booleans() | st.none())
    try:
        unchanged = canonicalize(altered, contexts=STORE) == canonicalize(unsecured, contexts=STORE)
    except ProblemError:
        unchanged = False
    assume(not unchanged)
    try:
        SUITE.verify(altered, proof, SIGNER.public_key, contexts=STORE)
    except ProblemError:
        return
    raise AssertionError("an altered presentation verifies")


BASE = issue(badge())
DERIVED = derive(BASE, ["/evidence/0", "/credentialSubject/role"], contexts=STORE)


def is_refused(document: dict[str, Any], proof: dict[str, Any]) -> bool:
    try:
        SUITE.verify(document, proof, SIGNER.public_key, contexts=STORE, allow_base=True)
    except ProblemError:
        return True
    return False


@MANY
@given(st.sampled_from([BASE, DERIVED]), st.data())
def test_every_bit_of_a_proof_value_counts(secured: dict[str, Any], data: st.DataObject) -> None:
    document, proof = apart(secured)
    value = bytearray(multibase_decode(proof["proofValue"]))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= 1 << data.draw(st.integers(0, 7))
    assert is_refused(document, {**proof, "proofValue": multibase_encode(bytes(value), "u")})


@MANY
@given(st.sampled_from([BASE, DERIVED]), st.data())
def test_cut_and_stretched_proof_values_are_refused(secured: dict[str, Any], data: st.DataObject) -> None:
    document, proof = apart(secured)
    value = multibase_decode(proof["proofValue"])
    start = data.draw(st.integers(0, len(value)))
    changed = value[:start] + data.draw(st.binary(max_size=4)) + value[data.draw(st.integers(start, len(value))) :]
    assume(changed != value)
    assert is_refused(document, {**proof, "proofValue": multibase_encode(changed, "u")})


parts = st.recursive(
    st.integers(-5, 2**64 - 1) | st.binary(max_size=70) | st.text(max_size=5) | st.none() | st.booleans() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.integers(0, 5) | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)
values = (
    st.binary(max_size=80)
    | st.builds(lambda header, part: header + cbor2.dumps(part), st.sampled_from([BASE_HEADER, DERIVED_HEADER]), parts)
    | st.builds(
        lambda header, data: header + data, st.sampled_from([BASE_HEADER, DERIVED_HEADER]), st.binary(max_size=40)
    )
).map(lambda data: multibase_encode(data, "u")) | st.text(max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def only_problems(action: Callable[..., Any], *arguments: Any, **options: Any) -> bool:
    """Whether the action is refused; any other exception fails the test."""
    try:
        action(*arguments, **options)
    except ProblemError:
        return True
    return False


@MANY
@given(st.sampled_from([BASE, DERIVED]), values | json_values)
def test_hostile_proof_values_only_ever_make_problems(secured: dict[str, Any], value: Any) -> None:
    document, proof = apart(secured)
    hostile = {**proof, "proofValue": value}
    assert is_refused(document, hostile)
    for verify_kind in (verify_base, verify_derived):
        assert only_problems(verify_kind, document, hostile, SIGNER.public_key, contexts=STORE)
    assert only_problems(derive, {**document, "proof": hostile}, [], contexts=STORE)
    only_problems(proof_kind, hostile)


@MANY
@given(st.dictionaries(st.sampled_from([*BASE, "x", "@id", "@graph", "@type"]), json_values, max_size=4), st.data())
def test_hostile_documents_only_ever_make_problems(members: dict[str, Any], data: st.DataObject) -> None:
    hostile = {**badge(), **members}
    pointers = data.draw(st.lists(st.sampled_from(list(pointers_of(hostile))) | st.text(max_size=8), max_size=3))
    for secured in (BASE, DERIVED):
        is_refused(hostile, secured["proof"])
        only_problems(decisive_problems, hostile, secured["proof"], contexts=STORE)
    only_problems(derive, {**hostile, "proof": BASE["proof"]}, pointers, contexts=STORE)
    only_problems(SUITE.create, hostile, options(), SIGNER, contexts=STORE, mandatory_pointers=pointers)


@MANY
@given(json_values, st.lists(st.text(max_size=8), max_size=3))
def test_hostile_proofs_only_ever_make_problems(proof: Any, pointers: list[str]) -> None:
    for stated in (proof, [proof], {**BASE["proof"], "created": proof}, {**BASE["proof"], "x": proof}):
        only_problems(derive, {**badge(), "proof": stated}, pointers, contexts=STORE)


members = st.recursive(
    st.integers(0, 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.integers(0, 2**64 - 1), inner, max_size=5),
    max_leaves=10,
)


@MANY
@given(members)
def test_cbor_is_read_as_written(value: Any) -> None:
    assert cbor.decode(cbor.encode(value), depth=20) == value


@MANY
@given(st.binary(max_size=24))
def test_what_cbor_reads_has_no_other_encoding(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except ProblemError:
        return
    assert cbor.encode(value) == data
    assert cbor2.loads(data) == value


@MANY
@given(choices())
def test_selections_grow_with_their_pointers(choice: tuple[dict[str, Any], list[str]]) -> None:
    document, pointers = choice
    selected = select(document, pointers)
    assert select(document, [*reversed(pointers), *pointers]) == selected
    assert select(document, ["", *pointers]) == document
    if selected is None:
        assert pointers == []
        return
    assert select(document, list(pointers_of(document))) == document
    for path in leaves(selected):
        kept = any(step in ("@context", "id", "type") for step in path)
        # Items of arrays close up, so the names on the way are compared without the places.
        names = [step for step in path if isinstance(step, str)]
        assert kept or any(names_of(pointer) == names[: len(names_of(pointer))] for pointer in pointers)


def names_of(pointer: str) -> list[str]:
    return [step for step in pointer.split("/")[1:] if not step.isdecimal()]
