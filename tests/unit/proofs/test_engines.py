"""The compiled engine case by case: what it makes alone, what it leaves to the reference engine, and its bounds."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from badgeport.proofs.canonicalization import active_context, compiled, engines, expand, plans
from badgeport.proofs.canonicalization.nquads import Quad, serialize
from badgeport.proofs.canonicalization.size import size
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import RANGE_ERROR, ProblemError

STORE = contexts.store()
V2 = [urls.CREDENTIALS_V2, urls.OB_3_0_3]


@pytest.fixture
def _nothing_kept() -> Iterator[None]:
    active_context._roots.clear()
    plans.laid.clear()
    yield
    active_context._roots.clear()
    plans.laid.clear()


def badge(**members: Any) -> dict[str, Any]:
    return {
        "@context": V2,
        "id": "urn:uuid:1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Badge",
        **members,
    }


def planned(document: dict[str, Any], **options: Any) -> bool:
    """Whether the compiled engine made the statements; they, and its work, are then held against the reference's."""
    options = {"contexts": STORE, "limits": DEFAULT_LIMITS, **options}
    spent: list[int] = []
    made = compiled.statements(document, spend=spent.append, **options)
    if made is not None:
        assert made == expand.dataset(document, **options)
    assert spent == ([] if made is None else [size(document)])
    return made is not None


def refused(document: dict[str, Any], **options: Any) -> str:
    """What the reference engine says against a document, which the compiled engine leaves to it."""
    options = {"contexts": STORE, "limits": DEFAULT_LIMITS, **options}
    assert compiled.statements(document, **options) is None
    with pytest.raises(ProblemError) as caught:
        expand.dataset(document, **options)
    return caught.value.problem.detail


# What would change the meaning of a signed document


@pytest.mark.parametrize("member", ["evidence", "relatedResource", "awardedDate"])
def test_an_object_that_stands_twice_in_an_array_would_count_once(member: str) -> None:
    twice = badge(**{member: [{"id": "urn:u"}, {"id": "urn:u"}]})
    assert "same id" in refused(twice)
    assert planned(twice, signed=False)
    assert planned(badge(**{member: [{"id": "urn:u"}, {"id": "urn:v"}]}))


@pytest.mark.parametrize("members", [{"id": "cred:x"}, {"issuer": "cred:x"}, {"issuer": {"id": "cred:x"}}], ids=str)
def test_an_abbreviation_is_no_id(members: dict[str, Any]) -> None:
    document = {"@context": [urls.CREDENTIALS_V1], "id": "urn:x", "type": ["VerifiableCredential"], "issuer": "urn:i"}
    assert planned(document)
    assert "abbreviation" in refused({**document, **members})
    # With two slashes it is none.
    assert planned({**document, "id": "cred://x"})


@pytest.mark.parametrize("named", ["urn:u", {"id": "urn:u"}, {"id": "urn:u", "type": ["Profile"]}], ids=str)
def test_what_is_said_of_a_thing_elsewhere_counts_where_it_is_merely_named(named: Any) -> None:
    elsewhere = {"id": "urn:u", "type": ["Profile"], "name": "x"}
    assert "differ in what they say" in refused(badge(evidence=named, relatedResource=elsewhere))
    assert planned(badge(evidence=named, relatedResource={**elsewhere, "id": "urn:v"}))


PROOF = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022"}


def test_a_secured_credential_inside_may_know_somebody_by_another_name() -> None:
    def embedded(number: int, **members: Any) -> dict[str, Any]:
        issuer = {"id": "urn:i", "type": ["Profile"], "name": "Other"}
        return badge(id=f"urn:uuid:{number}", type=["VerifiableCredential"], issuer=issuer, **members)

    issuer = {"id": "urn:i", "type": ["Profile"], "name": "Name"}
    secured = badge(issuer=issuer, endorsement=[embedded(2, proof=[PROOF]), embedded(3, proof=[PROOF])])
    assert planned(secured)
    assert "two names" in refused(badge(issuer=issuer, endorsement=[embedded(2)]))
    # Neither a proof beside them nor the document's own makes others a part of what it secures.
    assert "two names" in refused({**secured, "proof": [PROOF], "relatedResource": {**issuer, "name": "Third"}})


def test_two_objects_of_one_id_may_not_contradict_each_other() -> None:
    one = {"id": "urn:u", "name": "x"}
    for types in ({}, {"type": ["Image"]}):
        apart = badge(relatedResource={**one, **types}, termsOfUse={**one, **types, "name": "y"})
        assert "differ in what they say" in refused(apart)
    # One type may be written in two ways.
    assert planned(badge(relatedResource={**one, "type": "Image"}, termsOfUse={**one, "type": ["Image"]}))


def test_an_issuer_may_be_described_more_fully_elsewhere_and_a_status_entry_may_not() -> None:
    issuer = {"id": "urn:i", "type": ["Profile"], "name": "Name"}
    assert planned(badge(issuer=issuer, relatedResource={**issuer, "url": "https://ex.example/"}))
    entry = {"id": "urn:s", "type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
    apart = badge(credentialStatus=entry, relatedResource={**entry, "statusListIndex": "1"})
    assert "spread over several objects" in refused(apart)


def test_an_empty_array_states_nothing_and_is_not_signed() -> None:
    assert planned(badge(description=[]))
    assert refused(badge(description=[]), exact=True)
    assert planned(badge(description=["x", "y"]), exact=True)


def test_a_class_is_no_member() -> None:
    held = {"id": "urn:x", "type": ["Profile"], "name": "x"}
    assert "name of a class" in refused(badge(Achievement=held))
    assert "name of a class" in refused(badge(credentialSubject={"type": ["AchievementSubject"], "Profile": held}))


def _added(**names: Any) -> bytes:
    return json.dumps({"@context": {"@version": 1.1, **names}}).encode()


_PREDICATE = "urn:" + "p" * (plans.LONGEST_PREDICATE - 6)
ADDED = STORE.with_documents(
    {
        "urn:ids": _added(Identifier="@id", identifier="@id"),
        "urn:types": _added(Kind="@type", kind="@type"),
        "urn:plain": _added(key="@id", name="urn:name"),
        "urn:long": _added(
            key="@id", p=_PREDICATE, pp=_PREDICATE + "p", g={"@id": "urn:g", "@container": "@graph"}
        ),
        "urn:json": _added(
            key="@id", raw={"@id": "urn:raw", "@type": "@json"},
            raws={"@id": "urn:raws", "@type": "@json", "@container": "@set"},
            ordered={"@id": "urn:ordered", "@type": "@json", "@container": "@list"},
        ),
        "urn:scoped": _added(
            key="@id", kind="@type", many="urn:many",
            scoped={"@id": "urn:scoped", "@context": {"inner": "urn:inner", "more": "urn:more"}},
            Typed={"@id": "urn:Typed", "@context": {"typed": "urn:typed"}},
            Other={"@id": "urn:Other", "@context": {"other": "urn:other"}},
        ),
        "urn:odd": _added(
            key="@id", kind="@type", name="urn:name", Plain="urn:Plain",
            Odd={"@id": "urn:Odd", "@context": {"kind": "urn:kind"}},
        ),
    }
)  # fmt: skip


def plain(url: str, **members: Any) -> dict[str, Any]:
    return {"@context": [url], "key": "urn:1", **members}


@pytest.mark.parametrize("url", ["urn:ids", "urn:types"])
def test_contexts_with_several_names_for_one_thing_are_for_the_reference(url: str) -> None:
    document = badge(evidence={"id": "urn:e", "type": ["Evidence"], "name": "x"})
    assert planned(document, contexts=ADDED)
    assert not planned({**document, "@context": [*V2, url]}, contexts=ADDED)


def test_contexts_without_a_name_for_types() -> None:
    assert planned(plain("urn:plain", name="x"), contexts=ADDED)


def test_types_that_take_the_name_of_types_away_are_refused() -> None:
    assert planned(plain("urn:odd", kind="Plain", name="x"), contexts=ADDED)
    assert "one context only" in refused(plain("urn:odd", kind="Odd", name="x"), contexts=ADDED)


def test_who_counts_the_work_may_refuse() -> None:
    def spend(_: int) -> None:
        raise ProblemError(RANGE_ERROR, "too much")

    with pytest.raises(ProblemError, match="too much"):
        compiled.statements(badge(), contexts=STORE, limits=DEFAULT_LIMITS, spend=spend)


@pytest.mark.parametrize("extra", [{}, {"@context": [*V2, {"extra": "urn:extra"}], "extra": [1, 2]}], ids=len)
def test_the_work_is_told_once_whichever_engine_ran(extra: dict[str, Any]) -> None:
    spent: list[int] = []
    engines.dataset(badge(**extra), contexts=STORE, spend=spent.append)
    assert spent == [size(badge(**extra))]


def test_a_context_counts_once_however_often_a_member_brings_it_in() -> None:
    many = [{"scoped": {"inner": "x"}} for _ in range(2 * active_context._COMPILATIONS_PER_DOCUMENT)]
    assert planned(plain("urn:scoped", many=many), contexts=ADDED)


def test_contexts_that_members_and_types_bring_in_are_counted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    document = plain("urn:scoped", kind="Typed", scoped={"inner": "x"}, many=[{"kind": "Other", "other": "x"}])
    walks = []

    def reader(*arguments: Any, **options: Any) -> Any:
        walks.append(expand.reader(*arguments, **options))
        return walks[-1]

    monkeypatch.setattr(compiled, "reader", reader)
    assert planned(document, contexts=ADDED)
    reader(ADDED, DEFAULT_LIMITS, exact=False, signed=True).run(document)
    left = [(walk.budget.left, walk.budget.mappings) for walk in walks]
    assert left[0] == left[1]
    assert left[0][0] < active_context._COMPILATIONS_PER_DOCUMENT - 3


# What needs no other engine


@pytest.mark.parametrize("context", [[], V2[:1], V2], ids=len)
def test_a_proof_may_repeat_the_contexts_around_it(context: list[str]) -> None:
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "@context": context}
    assert planned(badge(proof=[proof]))


def test_a_proof_inside_may_repeat_the_contexts_of_what_it_secures() -> None:
    def embedded(context: list[str], repeated: list[str]) -> dict[str, Any]:
        proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "@context": repeated}
        return {"@context": context, "id": "urn:e", "type": ["VerifiableCredential"], "proof": [proof]}

    narrow = {"@context": V2[:1], "id": "urn:p", "type": ["VerifiablePresentation"]}
    wide = {**narrow, "@context": V2}
    assert planned({**narrow, "verifiableCredential": [embedded(V2, V2)]})
    assert planned({**wide, "verifiableCredential": [embedded(V2[:1], V2[:1])]})
    assert refused({**wide, "verifiableCredential": [embedded(V2[:1], V2)]})


def test_json_as_a_value() -> None:
    value = {"a": [1, None, {"b": "é"}]}
    for name in ("raw", "raws"):
        assert planned(plain("urn:json", **{name: value}), contexts=ADDED)
    assert not planned(plain("urn:json", ordered=value), contexts=ADDED)


# Bounds: each side of them


def _statements(document: dict[str, Any]) -> Any:
    return expand.dataset(document, contexts=ADDED, limits=DEFAULT_LIMITS)


@pytest.mark.parametrize(
    "document",
    [
        badge(description=[f"text {number}" for number in range(20)], issuer="urn:" + "i" * 900),
        plain("urn:long", g={"key": "urn:" + "s" * (compiled._LONGEST_SUBJECT - 6), "p": list(map(str, range(20)))}),
    ],
    ids=["a badge", "all as long as may be"],
)
def test_as_many_characters_as_may_be(document: dict[str, Any]) -> None:
    found = _statements(document)
    most = sum(len(serialize(Quad(*each))) for each in found)
    assert refused(document, contexts=ADDED, limits=Limits(canonical_chars=most - 1))
    assert not planned(document, contexts=ADDED, limits=Limits(canonical_chars=most))  # it counts one more for some
    assert planned(document, contexts=ADDED, limits=Limits(canonical_chars=most + len(found)))


def test_predicates_so_long_that_every_character_is_counted() -> None:
    assert planned(plain("urn:long", p="x"), contexts=ADDED)
    assert not planned(plain("urn:long", pp="x"), contexts=ADDED)


def test_as_many_statements_as_may_be() -> None:
    document = badge(description=["a", "b", "c"])
    most = len(_statements(document))
    assert planned(document, limits=Limits(quads=most))
    assert refused(document, limits=Limits(quads=most - 1))


@pytest.mark.parametrize(("subject", "depth"), [("", 3), ([], 6)], ids=["objects", "arrays"])
def test_objects_as_deep_as_may_be(subject: Any, depth: int) -> None:
    def held(value: dict[str, Any]) -> Any:
        return [value] if isinstance(subject, list) else value

    document = badge(credentialSubject=held({"type": ["AchievementSubject"], "achievement": held(
        {"type": ["Achievement"], "creator": held({"type": ["Profile"], "name": "x"})})}))  # fmt: skip
    assert planned(document, limits=Limits(json_depth=depth))
    assert "deep" in refused(document, limits=Limits(json_depth=depth - 1))


def test_ids_as_long_as_may_be() -> None:
    document = badge(issuer="urn:" + "i" * 96)
    assert planned(document, limits=Limits(iri_chars=100))
    assert refused(document, limits=Limits(iri_chars=99))


def test_ids_of_things_so_long_that_every_character_is_counted() -> None:
    # With the angle brackets.
    assert planned(badge(id="urn:" + "x" * (compiled._LONGEST_SUBJECT - 6)))
    assert not planned(badge(id="urn:" + "x" * (compiled._LONGEST_SUBJECT - 5)))


def test_as_many_types_as_are_kept() -> None:
    most = plans._MOST_TYPES
    assert planned(badge(evidence={"type": ["Evidence"] * most, "name": "x"}), signed=False)
    for more in (most + 1, 2 * most, 1_000):
        assert not planned(badge(evidence={"type": ["Evidence"] * more, "name": "x"}), signed=False)


@pytest.mark.usefixtures("_nothing_kept")
def test_as_many_names_as_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "_MOST_NAMES", 5)
    assert planned(badge(description="x"))
    assert not planned(badge(description="x", inLanguage="en"))


@pytest.mark.usefixtures("_nothing_kept")
def test_what_is_kept_of_member_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_LAYOUTS", 3)
    for names in ("name", "description", "image", "awardedDate", "evidence", "termsOfUse"):
        assert planned(badge(**{names: "urn:x"}))
        assert 0 < plans.laid.number <= 3


@pytest.mark.usefixtures("_nothing_kept")
def test_what_is_kept_of_member_names_goes_with_the_context() -> None:
    assert planned(badge())
    assert plans.laid.number
    (root,) = active_context._roots.values()
    gone = weakref.ref(root._root)
    active_context._roots.clear()
    del root
    gc.collect()
    assert gone() is None


@pytest.mark.usefixtures("_nothing_kept")
def test_what_is_kept_of_types_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MOST_SHAPES", 3)
    plans.shaped.clear()
    walk = expand.reader(STORE, DEFAULT_LIMITS, exact=False, signed=True)
    plan = plans.plan_of(active_context.active_context(V2, STORE, walk.budget))
    sizes = []
    for types in range(1, 8):
        plan.shape(("VerifiableCredential",) * types, walk)
        sizes.append(len(plan.kept))
    assert sizes == [1, 2, 3, 1, 2, 3, 1]
