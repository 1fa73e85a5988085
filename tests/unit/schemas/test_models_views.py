"""The models: strict, keeping what they do not know, and the same classes and members as the structure checks."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from badgeport.schemas import models
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem, ProblemError
from badgeport.schemas.structure.shapes import shapes
from badgeport.schemas.structure.walk import Shape
from support import sample_documents as samples

MODEL_OF_KIND = {
    "ob3": "AchievementCredential",
    "ob3-vcdm11": "AchievementCredentialV1P1",
    "endorsement": "EndorsementCredential",
    "endorsement-vcdm11": "EndorsementCredentialV1P1",
    "clr2": "ClrCredential",
    "vc2": "VerifiableCredential",
    "vc1": "VerifiableCredentialV1P1",
    "vp2": "VerifiablePresentation",
    "vp1": "VerifiablePresentationV1P1",
    "status-list": "BitstringStatusListCredential",
}


def model(name: str) -> type[BaseModel]:
    found: type[BaseModel] = getattr(models, name)
    return found


def first_problem(name: str, value: Any) -> Problem:
    with pytest.raises(ProblemError) as caught:
        models.read(model(name), value)
    return caught.value.problem


@pytest.mark.parametrize("kind", MODEL_OF_KIND)
def test_a_document_of_each_kind_reads(kind: str) -> None:
    document = samples.BY_KIND[kind]()
    view = models.read(model(MODEL_OF_KIND[kind]), document)
    assert view.model_dump(by_alias=True, exclude_unset=True).keys() == document.keys()


def members(model_class: type[BaseModel]) -> dict[str, bool]:
    """Every member by its name in JSON, and whether it is required."""
    return {field.alias or name: field.is_required() for name, field in model_class.model_fields.items()}


def assert_agree(shape: Shape, model_class: type[BaseModel]) -> None:
    stated = members(model_class)
    assert stated.keys() == shape.members.keys(), shape.name
    assert {name for name, required in stated.items() if required} == set(shape.required), shape.name
    assert (model_class.model_config.get("extra") == "forbid") == shape.closed, shape.name


@pytest.mark.parametrize("name", sorted(shapes(2).classes))
def test_models_and_structure_state_the_same_members(name: str) -> None:
    assert_agree(shapes(2).classes[name], model(name))


@pytest.mark.parametrize("kind", ["ob3-vcdm11", "endorsement-vcdm11", "vc1", "vp1"])
def test_legacy_models_and_structure_state_the_same_members(kind: str) -> None:
    family = {"vc1": "vc", "vp1": "vp"}.get(kind, kind.removesuffix("-vcdm11"))
    assert_agree(shapes(1).by_family[family], model(MODEL_OF_KIND[kind]))


def test_unknown_members_are_kept() -> None:
    document = samples.complete_badge()
    document["credentialSubject"]["achievement"]["districtCode"] = {"a": [1, None]}
    view = models.read(models.AchievementCredential, document)
    assert view.credentialSubject.achievement.model_extra == {"districtCode": {"a": [1, None]}}


def test_a_member_named_context_is_not_the_context() -> None:
    document = samples.complete_badge() | {"context": "mine"}
    view = models.read(models.AchievementCredential, document)
    assert view.context[0] == samples.CREDENTIALS_V2
    assert (view.model_extra or {})["context"] == "mine"
    del document["@context"]
    assert first_problem("AchievementCredential", document).pointer == "/@context"


def test_single_values_read_as_lists() -> None:
    document = samples.complete_badge()
    document["proof"] = document["proof"][0]
    document["credentialSubject"]["type"] = "AchievementSubject"
    document["credentialSubject"]["achievement"]["tag"] = "data"
    view = models.read(models.AchievementCredential, document)
    assert view.proof is not None
    assert [each.cryptosuite for each in view.proof] == ["eddsa-rdfc-2022"]
    assert view.credentialSubject.type == ["AchievementSubject"]
    assert view.credentialSubject.achievement.tag == ["data"]


def test_an_issuer_is_a_url_or_a_profile() -> None:
    document = samples.complete_badge()
    assert isinstance(models.read(models.AchievementCredential, document).issuer, models.Profile)
    document["issuer"] = "https://district.example/issuer"
    assert models.read(models.AchievementCredential, document).issuer == "https://district.example/issuer"


def test_views_are_read_only() -> None:
    view = models.read(models.Image, samples.image())
    with pytest.raises(ValidationError, match="frozen"):
        view.id = "urn:a:1"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value", "pointer"),
    [
        ("GeoCoordinates", {"type": "GeoCoordinates", "latitude": "1", "longitude": 2}, "/latitude"),
        ("GeoCoordinates", {"type": "GeoCoordinates", "latitude": True, "longitude": 2}, "/latitude"),
        ("GeoCoordinates", {"type": "GeoCoordinates", "latitude": float("nan"), "longitude": 2}, "/latitude"),
        ("Criteria", {"narrative": 1}, "/narrative"),
        ("Criteria", {"narrative": None}, "/narrative"),
        ("Criteria", {"id": "page"}, "/id"),
        ("Criteria", [], ""),
        ("Image", samples.image() | {"width": 3}, ""),
        ("Image", samples.image() | {"type": "Picture"}, "/type"),
        ("IdentifierEntry", {"type": "IdentifierEntry", "identifier": "1", "identifierType": "dns"}, "/identifierType"),
        ("Profile", {"id": "urn:a:1", "type": "Profile", "dateOfBirth": "2000-13-01"}, "/dateOfBirth"),
        ("Profile", {"id": "urn:a:1", "type": ["Profile"], "address": {"type": []}}, "/address/type"),
        ("Result", {"type": "Result", "status": "ext:Fine"}, "/status"),
        ("ProblemDetails", {"title": "No type"}, "/type"),
        ("BitstringStatusListEntry", {"type": "BitstringStatusListEntry"}, "/statusPurpose"),
        ("AchievementCredential", samples.complete_badge() | {"issuer": {"type": "Profile"}}, "/issuer/id"),
        ("AchievementCredential", samples.complete_badge() | {"name": {"x": "a"}}, "/name/x"),
        ("VerifiableCredential", samples.plain_credential() | {"name": [{"@value": 1}]}, "/name/0/@value"),
    ],
)
def test_what_does_not_fit_is_named_by_its_pointer(name: str, value: Any, pointer: str) -> None:
    problem = first_problem(name, value)
    assert problem.type is MALFORMED_VALUE_ERROR
    # A language map names its key twice in Pydantic's location; the member itself is what counts.
    assert (problem.pointer or "").startswith(pointer)


def test_problems_never_repeat_a_value() -> None:
    problem = first_problem("Criteria", {"id": "hunter2", "narrative": ["hunter2"]})
    assert "hunter2" not in problem.detail


@pytest.mark.parametrize("index", ["94567", 94567])
def test_a_status_list_index_reads_as_text_or_number(index: Any) -> None:
    entry = samples.complete_badge()["credentialStatus"] | {"statusListIndex": index}
    assert models.read(models.BitstringStatusListEntry, entry).statusListIndex == index
    assert first_problem("BitstringStatusListEntry", entry | {"statusListIndex": True}).pointer == "/statusListIndex"


def test_a_problem_reads_as_problem_details() -> None:
    problem = Problem(MALFORMED_VALUE_ERROR, "id is missing", "/id").to_json()
    assert models.read(models.ProblemDetails, problem).pointer == "/id"


def test_a_revocation_list_reads() -> None:
    value = {"id": "https://a.example/r", "issuer": "https://a.example", "revokedCredential": [{"id": "urn:a:1"}]}
    assert models.read(models.RevocationList, value).revokedCredential[0].revoked is None


def test_deep_nesting_is_a_problem_not_a_crash() -> None:
    profile = samples.small_profile()
    for _ in range(5000):
        profile = samples.small_profile() | {"parentOrg": profile}
    assert first_problem("Profile", profile).type is MALFORMED_VALUE_ERROR


@pytest.mark.parametrize("name", models.MODEL_NAMES)
def test_every_model_can_be_had_by_name(name: str) -> None:
    assert issubclass(model(name), BaseModel)
    assert model(name).__name__ == name
    assert model(name).__doc__


def test_there_is_no_model_of_another_name() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = models.Nonsense


def test_neither_structure_nor_the_package_loads_pydantic() -> None:
    code = (
        "import sys, badgeport.schemas.models, badgeport.schemas.jsonschemas as j; "
        "from badgeport.schemas import structure; structure.check({'type': 'VerifiableCredential'}); "
        "j.check_credential_schema({}); print(sorted({'pydantic', 'jsonschema_rs'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
