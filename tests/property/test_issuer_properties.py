"""Properties of minting: whatever award is written, what comes out verifies, conforms and loses nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from badgeport.issuer import status_lists
from badgeport.issuer.award import award_problems, parse_award, read_awards
from badgeport.issuer.mint import mint
from badgeport.keys.custody import memory, open_signer
from badgeport.keys.types import KeyType
from badgeport.proofs.canonicalization import check_data_loss
from badgeport.proofs.secured import claim_problems, open_secured, verify_secured
from badgeport.schemas import contexts, jsontext, structure
from badgeport.schemas.problems import ProblemError
from badgeport.schemas.structure import vocabulary as terms
from support.effort import examples

Json = dict[str, Any]

SIGNERS = {
    key_type: open_signer(memory.register(f"issuer-properties-{key_type.value}", key_type))
    for key_type in (KeyType.ED25519, KeyType.P256)
}
FORMATS = (
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("eddsa-jcs-2022", KeyType.ED25519),
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("vc-jwt", KeyType.P256),
    ("vc+jwt", KeyType.ED25519),
    ("vc+sd-jwt", KeyType.ED25519),
)
RELAXED = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])

# What the data model has as 0..* or 1..*: always an array, never a lone value (OB 3.0 serialization).
MANY = frozenset(
    {
        "type",
        "alignment",
        "allowedValue",
        "credentialSchema",
        "endorsement",
        "endorsementJwt",
        "evidence",
        "identifier",
        "otherIdentifier",
        "related",
        "result",
        "resultDescription",
        "rubricCriterionLevel",
        "tag",
    }
)
# The same names where the class has one value, given with the value of that class's type.
SINGLE = (("identifier", "IdentifierEntry"), ("resultDescription", ["Result"]))
# Classes whose type is a single string in Open Badges.
LONE_TYPES = frozenset(
    {
        "1EdTechJsonSchemaValidator2019",
        "BitstringStatusListEntry",
        "IdentifierEntry",
        "IdentityObject",
        "Image",
    }
)

text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1, max_size=40
).filter(str.strip)
path = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_%20", min_size=1, max_size=12).map(
    lambda value: value.replace("%", "")
)
url = path.map(lambda value: f"https://prairie-crossing.example/{value}")
urn = st.uuids().map(lambda value: f"urn:uuid:{value}")
uri = st.one_of(url, urn, path.map(lambda value: f"did:web:{value or 'x'}.example"))
amount = st.one_of(st.integers(0, 1000), st.integers(0, 10**9).map(lambda millionths: millionths / 1_000_000))
instant = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))


def some(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=members)


alignment = st.fixed_dictionaries(
    {"targetName": text, "targetUrl": url},
    optional={"targetCode": text, "targetFramework": text, "targetType": st.sampled_from(terms.ALIGNMENT_TARGET_TYPES)},
)
image = st.one_of(url, st.fixed_dictionaries({"id": url}, optional={"caption": text}))
identifier_entry = st.fixed_dictionaries(
    {"identifier": text, "identifierType": st.sampled_from((*terms.IDENTIFIER_TYPES, "ext:ctid"))}
)
profile_members: Json = {
    "url": url,
    "phone": text,
    "description": text,
    "image": image,
    "email": path.map(lambda value: f"{value or 'x'}@prairie-crossing.example"),
    "address": some(addressCountry=text, addressRegion=text, postalCode=text),
    "otherIdentifier": st.lists(identifier_entry, max_size=2),
}
profile = st.fixed_dictionaries({"id": uri, "name": text}, optional=profile_members)
evidence = st.fixed_dictionaries(
    {"name": text}, optional={"id": st.one_of(url, urn), "narrative": text, "genre": text, "audience": text}
)


@st.composite
def rubrics(draw: st.DrawFn) -> tuple[Json, list[Json]]:
    """A rubric, and results that meet it."""
    criteria, results = [], []
    for number, name in enumerate(draw(st.lists(text, min_size=1, max_size=3, unique_by=str.lower))):
        names = draw(st.lists(text, min_size=1, max_size=4, unique_by=str.lower))
        levels = [
            {"name": level, **draw(some(description=text, alignments=st.lists(alignment, max_size=1)))}
            for level in names
        ]
        required = draw(st.integers(0, len(names) - 1))
        achieved = draw(st.integers(required, len(names) - 1))
        criteria.append({"id": f"criterion-{number}", "name": name, "levels": levels, "requiredLevel": names[required]})
        results.append({"criterion": f"criterion-{number}", "level": names[achieved]})
    return {"criteria": criteria}, results


@st.composite
def awards(draw: st.DrawFn) -> Json:
    """An award that keeps every rule."""
    rubric, results = draw(rubrics())
    available = draw(amount)
    achievement = draw(
        st.fixed_dictionaries(
            {
                "name": text,
                "description": text,
                "criteria": st.one_of(text, st.fixed_dictionaries({"id": url}, optional={"narrative": text})),
            },
            optional={
                "id": uri,
                "achievementType": st.sampled_from((*terms.ACHIEVEMENT_TYPES, "ext:Stack")),
                "version": text,
                "humanCode": text,
                "tags": st.lists(text, max_size=3),
                "image": image,
                "creator": profile,
                "alignments": st.lists(alignment, max_size=2),
                "related": st.lists(st.fixed_dictionaries({"id": uri}, optional={"version": text}), max_size=2),
                "otherIdentifier": st.lists(identifier_entry, max_size=2),
            },
        )
    )
    award = draw(
        st.fixed_dictionaries(
            {
                "issuer": st.fixed_dictionaries({"name": text}, optional={**profile_members, "parentOrg": profile}),
                "recipient": st.one_of(
                    st.fixed_dictionaries({"id": uri}, optional={"name": text}),
                    st.fixed_dictionaries({"name": text}),
                    st.fixed_dictionaries(
                        {
                            "identifiers": st.lists(
                                st.fixed_dictionaries({"type": st.just("sourcedId"), "value": text}),
                                min_size=1,
                                max_size=2,
                            )
                        }
                    ),
                ),
            },
            optional={
                "id": st.uuids().map(lambda value: f"https://prairie-crossing.example/c/{value}"),
                "evidence": st.lists(evidence, max_size=3),
                "narrative": text,
                "credits": st.just(available),
                "contactHours": amount,
                "gradeBand": text,
                "assessment": some(
                    assessorIndependence=st.sampled_from(["same-school", "same-employer", "independent"]),
                    secondAssessor=st.booleans(),
                    assessorCertification=text,
                ),
                "awardedDate": instant.map(datetime.isoformat),
                "activityStart": st.just("2025-09-08"),
                "activityEnd": st.just("2025-11-21"),
                "validUntil": st.just("2099-12-31"),
                "role": text,
                "term": text,
                "licenseNumber": text,
                "source": profile,
                "status": st.fixed_dictionaries(
                    {"revocation": st.fixed_dictionaries({"list": url, "index": st.integers(0, 131_071)})}
                ),
                "stack": st.fixed_dictionaries(
                    {
                        "members": st.lists(
                            st.fixed_dictionaries({"achievement": uri}, optional={"name": text, "credential": uri}),
                            min_size=1,
                            max_size=3,
                            unique_by=lambda member: member["achievement"],
                        )
                    }
                ),
            },
        )
    )
    award["achievement"] = {**achievement, "rubric": rubric, "creditsAvailable": available}
    award["results"] = results
    if "credits" in award:
        award["creditUnit"] = draw(text)
    named = list(names_of(award))
    # One name for two different things is refused in RDF formats; that is tested elsewhere.
    assume(len(named) == len(set(named)))
    return award


def names_of(value: Any) -> Iterator[str]:
    """Every identifier an award gives to something."""
    if isinstance(value, dict):
        yield from (value[name] for name in ("id", "achievement", "credential") if isinstance(value.get(name), str))
        for item in value.values():
            yield from names_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from names_of(item)


def objects(value: Any) -> list[Json]:
    """Every object in a JSON value."""
    if isinstance(value, list):
        return [found for item in value for found in objects(item)]
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in objects(item))]
    return []


@RELAXED
@given(awards(), st.sampled_from(FORMATS), instant)
def test_a_minted_award_verifies_conforms_and_loses_nothing(
    award: Json, choice: tuple[str, KeyType], now: datetime
) -> None:
    format, key_type = choice
    signer = SIGNERS[key_type]
    minted = mint(parse_award(award), signer, format, now=now)
    opened = open_secured(minted.bytes)
    verify_secured(opened, opened.proofs[0], signer.public_key)
    document = {name: value for name, value in opened.document.items() if name != "proof"}
    assert document == minted.credential
    assert structure.problems(document) == ()
    assert claim_problems(opened) == ()
    check_data_loss(document, contexts=contexts.store())
    assert document["issuer"]["id"] == signer.controller
    subject = document["credentialSubject"]
    if format == "vc-jwt":
        assert opened.claims["sub"] == subject["id"]
    assert not str(subject.get("id", "")).startswith("mailto:")


@RELAXED
@given(awards(), instant)
def test_several_values_are_always_an_array_and_nothing_is_empty(award: Json, now: datetime) -> None:
    credential = mint(parse_award(award), SIGNERS[KeyType.ED25519], "eddsa-jcs-2022", now=now).credential
    for found in objects(credential):
        for name, value in found.items():
            assert value is not None
            assert value != []
            if name == "type" and isinstance(value, str):
                assert value in LONE_TYPES
                continue
            if (name, found.get("type")) in SINGLE:
                continue
            if name in MANY:
                assert isinstance(value, list), name
    assert all(isinstance(credential[name], dict) for name in ("issuer", "credentialSubject"))
    assert credential["validFrom"] == now.replace(microsecond=0).strftime("%Y-%m-%dT%H:%M:%SZ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = (
    "issuer",
    "achievement",
    "recipient",
    "results",
    "evidence",
    "credits",
    "validUntil",
    "status",
    "stack",
    "assessment",
    "rubric",
    "criteria",
    "name",
    "id",
    "image",
)


@settings(max_examples=examples(150), deadline=None)
@given(awards(), st.lists(st.tuples(st.sampled_from(MEMBERS), json_values), min_size=1, max_size=3), st.booleans())
def test_no_input_crashes_the_reader(award: Json, changes: list[tuple[str, Any]], inner: bool) -> None:
    target = award["achievement"] if inner else award
    target.update(changes)
    problems = award_problems(award)
    assert all(problem.detail.endswith((".", "?")) for problem in problems)
    if not problems:
        parse_award(award)


@settings(max_examples=examples(100), deadline=None)
@given(st.one_of(st.binary(max_size=60), json_values.map(repr).map(str.encode), st.text(max_size=30)))
def test_no_bytes_crash_the_file_reader(data: bytes | str) -> None:
    with pytest.raises(ProblemError):
        read_awards(data)


@settings(max_examples=examples(60), deadline=None)
@given(st.sets(st.integers(0, 60)), st.binary(min_size=32, max_size=32))
def test_an_allocated_index_is_always_a_free_one(used: set[int], seed: bytes) -> None:
    source = random.Random(seed)
    index = status_lists.allocate(used, entries=64, randomness=source.randbytes)
    assert 0 <= index < 64
    assert index not in used


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 131_071), st.booleans()), max_size=20),
    st.sampled_from(["revocation", "suspension"]),
)
def test_a_status_list_says_what_was_set(changes: list[tuple[int, bool]], purpose: str) -> None:
    status_list = status_lists.new_list("https://status.example/1", purpose)
    expected: dict[int, bool] = {}
    for index, value in changes:
        if purpose == "revocation" and expected.get(index) and not value:
            with pytest.raises(ProblemError, match="cannot be taken back"):
                status_lists.set_bit(status_list, index, value)
            continue
        status_list = status_lists.set_bit(status_list, index, value)
        expected[index] = value
    document = status_lists.credential(
        status_list, "did:web:status.example", valid_from=datetime(2026, 1, 1, tzinfo=UTC), ttl=timedelta(minutes=5)
    )
    again = status_lists.read(jsontext.parse_object(jsontext.dump(document)))
    assert {index: bool(again.bits.get(index)) for index in expected} == expected
