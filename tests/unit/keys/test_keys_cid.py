"""Controlled identifier documents: every error of the retrieval algorithm, and the forms that are met in practice."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from badgeport.keys.cid import (
    KeyDocument,
    build_document,
    confirm_relationship,
    key_window_problem,
    method_entry,
    method_from_fragment,
    split_method_id,
    verification_method,
)
from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.public import PublicKey
from badgeport.keys.types import KeyType
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT,
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID,
    INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD_URL,
    KEY_NOT_VALID_AT_SIGNING,
    KEY_REVOKED,
    KEY_UNAVAILABLE,
    PRIVATE_KEY_EXPOSED,
    ProblemError,
)

MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
OTHER = "z6MktgKTsu1QhX6QPbyqG6geXdw6FQCZBPq7uQpieWbiQiG7"
P256 = "zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP"
P384 = "z82LkuBieyGShVBhvtE2zoiD6Kma4tJGFtkAhxR5pfkp5QPw4LutoYWhvQCnGjdVn14kujQ"
SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
KEY = public_from_multikey(MULTIKEY)
DID = "did:web:issuer.example"
URL = "https://issuer.example/profile"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def document(controller: str = DID, **changes: Any) -> dict[str, Any]:
    return build_document(controller, [method_entry(f"{controller}#key-1", controller, KEY)]) | changes


def method(**changes: Any) -> dict[str, Any]:
    entry = method_entry(f"{DID}#key-1", DID, KEY) | changes
    return {name: value for name, value in entry.items() if value is not None}


def retrieve(given: Any, method_id: str = f"{DID}#key-1", **options: Any) -> Any:
    return verification_method(given, method_id, **({"document_url": DID} | options))


def refused(given: Any, method_id: str = f"{DID}#key-1", **options: Any) -> Any:
    with pytest.raises(ProblemError) as caught:
        retrieve(given, method_id, **options)
    return caught.value.problem


def with_method(**changes: Any) -> dict[str, Any]:
    return document(verificationMethod=[method(**changes)])


@pytest.mark.parametrize("controller", [DID, URL])
def test_a_listed_method_is_retrieved(controller: str) -> None:
    found = verification_method(document(controller), f"{controller}#key-1", document_url=controller)
    assert found.public_key == KEY
    assert (found.id, found.controller, found.document_id) == (f"{controller}#key-1", controller, controller)
    assert found.relationship_confirmed
    assert (found.created, found.expires, found.revoked, found.also_known_as) == (None, None, None, ())


def test_retrieving_changes_nothing() -> None:
    given = document()
    before = copy.deepcopy(given)
    retrieve(given)
    assert given == before


@pytest.mark.parametrize(
    "method_id",
    [
        "",
        "key-1",
        "#key-1",
        "foo:bar",
        "urn:uuid:1",
        "mailto:a@b.example",
        "https://",
        "https:///p#k",
        "did:web:#k",
        "https://issuer.example:x/#k",
        "https://[::1/#k",
        "https://u:p@issuer.example/#k",
        "https://a.example/ #k",
        "https://a.example/#a#b",
        "did:web:a.example?x=1#k",
        "javascript:alert(1)",
        "file:///etc/passwd",
        None,
        5,
        "https://a.example/" + "a" * 5000,
        "https://a.example/\nx#k",
        "HTTPS//a.example",
    ],
)
def test_a_method_id_that_is_no_usable_url(method_id: Any) -> None:
    assert refused(document(), method_id).type == INVALID_VERIFICATION_METHOD_URL


def test_method_ids_are_split_into_document_and_fragment() -> None:
    assert split_method_id("https://a.example/k?x=1#f") == ("https://a.example/k?x=1", "f")
    assert split_method_id("https://a.example/k") == ("https://a.example/k", None)
    assert split_method_id(f"{DID}#key-1") == (DID, "key-1")
    assert split_method_id("http://127.0.0.1:8000/i#k") == ("http://127.0.0.1:8000/i", "k")


@pytest.mark.parametrize("given", [None, [], "text", 5, {}, {"id": 5}, {"id": None}])
def test_what_is_no_document(given: Any) -> None:
    assert refused(given).type == INVALID_CONTROLLED_IDENTIFIER_DOCUMENT


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationMethod": 5},
        {"verificationMethod": [5]},
        {"verificationMethod": ["did:web:issuer.example#key-1"]},
        {"verificationMethod": [{}]},
        {"verificationMethod": [{"id": 7}]},
        {"verificationMethod": [{"id": ""}]},
    ],
)
def test_what_describes_no_method_is_none(changes: dict[str, Any]) -> None:
    assert refused(document(**changes)).type == INVALID_VERIFICATION_METHOD


@pytest.mark.parametrize("listed", [[5], {"id": None}, None, 5, "", [[]]])
def test_what_lists_no_method_lists_none(listed: Any) -> None:
    assert refused(document(assertionMethod=listed)).type == INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD


@pytest.mark.parametrize(
    "changes",
    [
        {"authentication": 1},
        {"authentication": None},
        {"keyAgreement": [None]},
        {"capabilityInvocation": {}},
        {"verificationMethod": ["did:web:issuer.example#key-1", 5, {}, method()]},
        {"verificationMethod": [method(), method(id=f"{DID}#2"), method(id=f"{DID}#2", publicKeyMultibase=OTHER)]},
    ],
)
def test_what_is_unsound_elsewhere_does_no_harm(changes: dict[str, Any]) -> None:
    assert retrieve(document(**changes)).public_key == KEY


def test_a_document_with_more_methods_than_can_be_read_decides_nothing() -> None:
    entries = [method(), *(method(id=f"#{index}") for index in range(4))]
    limits = Limits(verification_methods=5)
    assert KeyDocument(document(verificationMethod=entries), DID, limits).method(f"{DID}#key-1")
    with pytest.raises(ProblemError) as caught:
        KeyDocument(document(verificationMethod=[*entries, method(id="#4")]), DID, limits)
    assert caught.value.problem.type is KEY_UNAVAILABLE


def test_the_document_must_have_the_id_it_was_asked_for() -> None:
    assert refused(document(id="did:web:other.example")).type == INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID
    assert refused(document(id=DID + "/")).type == INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID
    problem = refused(document(), document_url="did:web:other.example")
    assert problem.type == INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID


def test_the_method_must_be_there_under_its_full_id() -> None:
    assert refused(document(), f"{DID}#key-2").type == INVALID_VERIFICATION_METHOD
    assert refused(document(), DID).type == INVALID_VERIFICATION_METHOD
    assert refused(document(verificationMethod=[])).type == INVALID_VERIFICATION_METHOD


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"controller": "did:web:other.example"}, "/verificationMethod/0/controller"),
        ({"controller": None}, "/verificationMethod/0/controller"),
        ({"controller": [DID]}, "/verificationMethod/0/controller"),
        ({"type": None}, "/verificationMethod/0/type"),
        ({"type": ["Multikey"]}, "/verificationMethod/0/type"),
        ({"type": "RsaVerificationKey2018"}, "/verificationMethod/0"),
        ({"type": "JsonWebKey"}, "/verificationMethod/0"),
        ({"type": "EcdsaSecp256r1VerificationKey2019"}, "/verificationMethod/0"),
        ({"publicKeyMultibase": None}, "/verificationMethod/0"),
        ({"publicKeyMultibase": 5}, "/verificationMethod/0"),
        ({"publicKeyMultibase": "z6Mk"}, "/verificationMethod/0"),
        ({"publicKeyJwk": KEY.to_jwk()}, "/verificationMethod/0"),
        ({"expires": "yesterday"}, "/verificationMethod/0/expires"),
        ({"revoked": "2026-01-01T00:00:00"}, "/verificationMethod/0/revoked"),
        ({"revoked": False}, "/verificationMethod/0/revoked"),
        ({"created": 5}, "/verificationMethod/0/created"),
    ],
)
def test_a_method_that_is_not_sound(changes: dict[str, Any], pointer: str) -> None:
    problem = refused(with_method(**changes))
    assert (problem.type, problem.pointer) == (INVALID_VERIFICATION_METHOD, pointer)


def test_an_unsound_method_beside_the_wanted_one_does_no_harm() -> None:
    given = document()
    given["verificationMethod"].append({"id": "#other", "type": "Unknown", "publicKeyMultibase": 5})
    assert retrieve(given).public_key == KEY


@pytest.mark.parametrize(
    "purpose",
    [
        "keyAgreement",
        "verificationMethod",
        "alsoKnownAs",
        "@context",
        "id",
        "",
        "nonsense",
        None,
        5,
        ["assertionMethod"],
    ],
)
def test_a_method_not_listed_for_the_purpose(purpose: Any) -> None:
    given = document(alsoKnownAs=[f"{DID}#key-1"])
    assert refused(given, purpose=purpose).type == INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD


def test_purposes_are_told_apart() -> None:
    given = document(assertionMethod=[])
    assert refused(given).type == INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD
    assert retrieve(given, purpose="authentication").public_key == KEY
    del given["assertionMethod"]
    assert refused(given).type == INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD


def test_relative_and_embedded_methods() -> None:
    relative = document(verificationMethod=[method(id="#key-1")], assertionMethod=["#key-1"])
    embedded = document(verificationMethod=[], assertionMethod=[method()])
    single = document(verificationMethod=method(), assertionMethod=f"{DID}#key-1")
    without_list = document(assertionMethod=[method(id="#key-1")])
    for given in (relative, embedded, single):
        assert retrieve(given).public_key == KEY
    del without_list["verificationMethod"]
    del without_list["authentication"]
    assert retrieve(without_list).id == f"{DID}#key-1"
    assert refused(without_list, purpose="authentication").type == INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD


def test_a_method_embedded_for_another_purpose_only() -> None:
    given = document(verificationMethod=[], assertionMethod=[], authentication=[method()])
    assert refused(given).type == INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationMethod": [method(), method(publicKeyMultibase=OTHER)]},
        {"verificationMethod": [method(), method(id="#key-1", publicKeyMultibase=OTHER)]},
        {"authentication": [method(publicKeyMultibase=OTHER)]},
        {"verificationMethod": [], "assertionMethod": [method()], "authentication": [method(publicKeyMultibase=OTHER)]},
    ],
)
def test_two_methods_with_one_id(changes: dict[str, Any]) -> None:
    problem = refused(document(**changes))
    assert problem.type == INVALID_CONTROLLED_IDENTIFIER_DOCUMENT
    assert "same id" in problem.detail


def test_a_method_described_twice_alike_is_one_method() -> None:
    for twice in (
        [method(), method()],
        [method(), method(id="#key-1")],
        [method(), method() | {"@context": "https://w3id.org/security/multikey/v1"}],
    ):
        assert retrieve(document(verificationMethod=twice)).public_key == KEY
        assert retrieve(document(verificationMethod=twice[:1], assertionMethod=twice[1:])).public_key == KEY


def test_one_method_embedded_twice_is_one_method() -> None:
    given = document(verificationMethod=[], assertionMethod=[method()], authentication=[method()])
    assert retrieve(given, purpose="authentication").public_key == KEY


@pytest.mark.parametrize(
    ("entry_type", "multikey", "key_type"),
    [
        ("Multikey", MULTIKEY, KeyType.ED25519),
        ("Multikey", P256, KeyType.P256),
        ("Multikey", P384, KeyType.P384),
        ("Ed25519VerificationKey2020", MULTIKEY, KeyType.ED25519),
        ("EcdsaSecp256r1VerificationKey2019", P256, KeyType.P256),
        ("EcdsaSecp384r1VerificationKey2019", P384, KeyType.P384),
    ],
)
def test_multibase_methods(entry_type: str, multikey: str, key_type: KeyType) -> None:
    assert retrieve(with_method(type=entry_type, publicKeyMultibase=multikey)).public_key.key_type is key_type


@pytest.mark.parametrize("entry_type", ["JsonWebKey", "JsonWebKey2020"])
def test_jwk_methods(entry_type: str) -> None:
    jwk = KEY.to_jwk() | {"kid": "key-1"}
    assert retrieve(with_method(type=entry_type, publicKeyMultibase=None, publicKeyJwk=jwk)).public_key == KEY
    unsound: list[Any] = [[], 5, None, "x", {}]
    for bad in unsound:
        changes = {"type": entry_type, "publicKeyMultibase": None, "publicKeyJwk": bad}
        assert refused(with_method(**changes)).type == INVALID_VERIFICATION_METHOD


@pytest.mark.parametrize(
    "changes",
    [
        {"secretKeyMultibase": SECRET},
        {"privateKeyMultibase": SECRET},
        {"secretKeyJwk": {}},
        {"privateKeyJwk": {"d": "AA"}},
        {"privateKeyBase58": ""},
        {"privateKeyPem": None},
        {"publicKeyMultibase": SECRET},
        {"type": "JsonWebKey", "publicKeyMultibase": None, "publicKeyJwk": KEY.to_jwk() | {"d": "AA"}},
    ],
)
def test_a_private_key_in_the_document(changes: dict[str, Any]) -> None:
    given = document(verificationMethod=[method() | changes])
    problem = refused(given)
    assert problem.type == PRIVATE_KEY_EXPOSED
    assert problem.pointer == "/verificationMethod/0"
    assert SECRET not in problem.detail


def test_a_private_key_of_another_method_in_the_document() -> None:
    given = document(capabilityInvocation=[{"id": "#2", "secretKeyMultibase": SECRET}])
    problem = refused(given)
    assert (problem.type, problem.pointer) == (PRIVATE_KEY_EXPOSED, "/capabilityInvocation/0")


def test_dates_and_other_names_are_read() -> None:
    dates = {
        "created": "2026-01-01T00:00:00Z",
        "expires": "2027-01-01T00:00:00+01:00",
        "revoked": "2026-06-01T00:00:00Z",
    }
    given = document(verificationMethod=[method(**dates)], alsoKnownAs=["https://issuer.example/", 5])
    found = retrieve(given)
    assert found.created == CREATED
    assert found.expires == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert found.revoked == datetime(2026, 6, 1, tzinfo=UTC)
    assert found.also_known_as == ("https://issuer.example/",)


def test_the_window_of_a_key() -> None:
    dates = {"created": "2026-01-01T00:00:00Z", "expires": "2026-12-01T00:00:00Z"}
    found = retrieve(with_method(**dates))
    second = timedelta(seconds=1)
    expires = datetime(2026, 12, 1, tzinfo=UTC)
    for at in (CREATED, CREATED + second, expires - second):
        assert key_window_problem(found, at) is None
    for at in (CREATED - second, expires, expires + second):
        problem = key_window_problem(found, at)
        assert problem is not None
        assert problem.type == KEY_NOT_VALID_AT_SIGNING
    revoked = datetime(2026, 6, 1, tzinfo=UTC)
    lost = retrieve(with_method(**dates, revoked="2026-06-01T00:00:00Z"))
    assert key_window_problem(lost, revoked - second) is None
    for at in (revoked, expires + second):
        problem = key_window_problem(lost, at)
        assert problem is not None
        assert problem.type == KEY_REVOKED
    assert key_window_problem(retrieve(document()), datetime(1970, 1, 1, tzinfo=UTC)) is None


KEY_URL = "https://issuer.example/keys/1"
KEY_OBJECT = {"id": KEY_URL, "type": "Multikey", "controller": URL, "publicKeyMultibase": MULTIKEY}


def test_a_document_that_is_itself_the_key() -> None:
    found = verification_method(KEY_OBJECT, KEY_URL, document_url=KEY_URL)
    assert (found.public_key, found.controller, found.relationship_confirmed) == (KEY, URL, False)
    unsound: list[dict[str, Any]] = [
        {"id": "https://issuer.example/keys/2"},
        {"controller": None},
        {"type": "X"},
        {"publicKeyJwk": {}},
    ]
    for bad in unsound:
        problem = refused(KEY_OBJECT | bad, KEY_URL, document_url=KEY_URL)
        assert problem.type == INVALID_VERIFICATION_METHOD
    problem = refused(KEY_OBJECT | {"controller": "nobody"}, KEY_URL, document_url=KEY_URL)
    assert problem.type == INVALID_VERIFICATION_METHOD_URL
    problem = refused(KEY_OBJECT | {"secretKeyMultibase": SECRET}, KEY_URL, document_url=KEY_URL)
    assert problem.type == PRIVATE_KEY_EXPOSED


def test_the_controller_confirms_a_separate_key() -> None:
    found = verification_method(KEY_OBJECT, KEY_URL, document_url=KEY_URL)
    listing = {"id": URL, "assertionMethod": [KEY_URL]}
    confirmed = confirm_relationship(found, listing, document_url=URL)
    assert confirmed.relationship_confirmed
    assert (confirmed.public_key, confirmed.document_id) == (KEY, URL)
    describing = listing | {"verificationMethod": [KEY_OBJECT | {"revoked": "2026-06-01T00:00:00Z"}]}
    assert confirm_relationship(found, describing, document_url=URL).revoked == datetime(2026, 6, 1, tzinfo=UTC)


def test_a_controller_that_does_not_confirm() -> None:
    found = verification_method(KEY_OBJECT, KEY_URL, document_url=KEY_URL)
    listing: dict[str, Any] = {"id": URL, "assertionMethod": [KEY_URL]}
    cases: list[tuple[Any, str, Any]] = [
        ({"id": URL}, URL, INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD),
        ({"id": URL, "authentication": [KEY_URL]}, URL, INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD),
        (listing | {"id": KEY_URL}, URL, INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID),
        (listing, "https://stranger.example/", INVALID_VERIFICATION_METHOD),
        (
            listing | {"verificationMethod": [KEY_OBJECT | {"publicKeyMultibase": OTHER}]},
            URL,
            INVALID_VERIFICATION_METHOD,
        ),
        (listing | {"verificationMethod": [KEY_OBJECT | {"controller": DID}]}, URL, INVALID_VERIFICATION_METHOD),
        ([], URL, INVALID_CONTROLLED_IDENTIFIER_DOCUMENT),
    ]
    for given, document_url, expected in cases:
        with pytest.raises(ProblemError) as caught:
            confirm_relationship(found, given, document_url=document_url)
        assert caught.value.problem.type == expected


def test_a_key_in_the_fragment() -> None:
    found = method_from_fragment(f"{URL}#{MULTIKEY}")
    assert found is not None
    assert (found.public_key, found.controller, found.relationship_confirmed) == (KEY, URL, False)
    for plain in (URL, f"{URL}#", f"{URL}#key-1", f"{URL}#zebra", f"{URL}#z" + "2" * 3000, f"{URL}#{MULTIKEY[:-1]}"):
        assert method_from_fragment(plain) is None
    with pytest.raises(ProblemError) as caught:
        method_from_fragment(f"{URL}#{SECRET}")
    assert caught.value.problem.type == PRIVATE_KEY_EXPOSED
    assert SECRET not in str(caught.value)


def test_documents_that_are_built_can_be_read() -> None:
    p521 = PublicKey.of(ec.generate_private_key(ec.SECP521R1()).public_key())
    entries = [
        method_entry(f"{DID}#1", DID, KEY, method_type="JsonWebKey", revoked=CREATED),
        method_entry(f"{DID}#2", DID, public_from_multikey(P256), expires=CREATED),
        method_entry(f"{DID}#3", DID, p521),
    ]
    built = build_document(DID, entries, also_known_as=["https://issuer.example/"])
    assert built["@context"] == [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/multikey/v1",
        "https://w3id.org/security/jwk/v1",
    ]
    assert [entry["type"] for entry in entries] == ["JsonWebKey", "Multikey", "JsonWebKey"]
    assert retrieve(built, f"{DID}#1").revoked == CREATED
    assert retrieve(built, f"{DID}#2").expires == CREATED
    assert retrieve(built, f"{DID}#3", purpose="authentication").public_key == p521
    assert build_document(URL, [])["@context"] == "https://www.w3.org/ns/cid/v1"
