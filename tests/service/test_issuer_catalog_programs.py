"""The catalogue through its API: the same rules as its pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.people.roles import Role
from support import catalog
from support.site import Site

AT = "/api/v1/organizations/prairie"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.organization("prairie", name="Prairie Crossing")
    yield made
    made.close()


@pytest.fixture
def program(site: Site) -> TestClient:
    with site.desk.database.reading() as session:
        from sqlmodel import select

        from badgeport.issuer.people.tables import Organization

        org = session.exec(select(Organization)).one()
    return site.program(site.token(org, "catalog:read", "catalog:write"))


def members(**more: Any) -> dict[str, Any]:
    return {**catalog.body().to_json(), **more}


def create(program: TestClient, **more: Any) -> dict[str, Any]:
    answer = program.post(f"{AT}/definitions", json={"definition": members(**more)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{AT}/definitions/{made['id']}"
    return made


def test_a_definition_is_made_changed_published_and_retired(program: TestClient) -> None:
    made = create(program)
    one = f"{AT}/definitions/{made['id']}"
    assert made["state"] == "draft"
    assert "lacks" not in made or made["lacks"] == []
    [version] = made["versions"]
    changed = {**version["definition"], "goal": "A goal"}
    saved = program.put(f"{one}/draft", json={"version": version["version"], "definition": changed}).json()
    assert saved["definition"]["goal"] == "A goal"
    assert program.put(f"{one}/draft", json={"version": version["version"], "definition": changed}).status_code == 409
    assert program.post(f"{one}/publish", json={"version": version["version"]}).status_code == 409
    published = program.post(f"{one}/publish", json={"version": saved["version"]}).json()
    assert (published["state"], published["current"]) == ("published", 1)
    assert program.put(f"{one}/draft", json={"version": 1, "definition": changed}).status_code == 404
    assert program.post(f"{one}/draft").json()["number"] == 2
    assert program.post(f"{one}/draft/discard", json={"version": 1, "reason": "No need"}).status_code == 204
    retired = program.post(f"{one}/retire", json={"version": published["version"], "reason": "Old"})
    assert retired.json()["state"] == "retired"
    assert program.post(f"{one}/retire", json={"version": published["version"], "reason": "Old"}).status_code == 409
    back = program.post(f"{one}/reopen", json={"version": retired.json()["version"], "reason": "Again"})
    assert back.json()["state"] == "published"
    assert program.get(f"{one}/versions/1").json()["definition"]["goal"] == "A goal"
    assert program.get(f"{one}/versions/7").status_code == 404
    copy = program.post(f"{one}/duplicate", json={"name": "Copy"})
    assert (copy.status_code, copy.json()["name"]) == (201, "Copy")
    listed = program.get(f"{AT}/definitions?state=draft").json()
    assert [item["name"] for item in listed["items"]] == ["Copy"]


def test_what_is_wrong_is_named_by_pointer_and_nothing_is_changed(program: TestClient) -> None:
    wrong = members(rubric={"criteria": [{"name": "c", "levels": [{"name": ""}]}]}, credit={"amount": -1, "unit": ""})
    answer = program.post(f"{AT}/definitions", json={"definition": wrong, "kind": "stack", "extra": 1})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert {"/definition/rubric/criteria/0/levels/0/name", "/definition/credit/amount", "/extra"} <= pointers
    assert program.get(f"{AT}/definitions").json()["total"] == 0


def test_what_a_draft_lacks_keeps_it_from_being_published(program: TestClient) -> None:
    made = create(program, rubric=None, requirements="")
    assert "Say what has to be done to earn it." in made["lacks"]
    one = f"{AT}/definitions/{made['id']}"
    answer = program.post(f"{one}/publish", json={"version": 1})
    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} >= {"/requirements", "/rubric"}


def test_criteria_that_would_share_an_address_are_not_published(program: TestClient) -> None:
    level = [{"name": "A"}]
    same = [{"id": "x", "name": "c", "levels": level, "requiredLevel": "A"}, {"id": "x", "name": "d", "levels": level}]
    refused = program.post(f"{AT}/definitions", json={"definition": members(rubric={"criteria": same})})
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/definition/rubric"]
    assert "two criteria of the same id" in refused.json()["errors"][0]["detail"]
    reserved = create(program, name="Other", rubric={"criteria": [{**same[0], "id": "ext-CreditUnit"}]})
    assert any("ext-" in one for one in reserved["lacks"])


def test_an_image_digest_cannot_be_given_by_hand(site: Site, program: TestClient) -> None:
    made = create(program, image="0" * 64)
    assert "image" not in made["versions"][0]["definition"]
    one = f"{AT}/definitions/{made['id']}"
    saved = program.put(f"{one}/draft", json={"version": 1, "definition": members(image="0" * 64)})
    assert "image" not in saved.json()["definition"]
    picture = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'
    put = program.put(f"{one}/draft/image", content=picture, headers={"Content-Type": "image/svg+xml"})
    digest = put.json()["definition"]["image"]
    with site.desk.blobs.open(digest) as file:
        assert file.read() == picture
    bad = program.put(f"{one}/draft/image", content=b"<svg onload='x'/>", headers={"Content-Type": "image/svg+xml"})
    assert bad.status_code == 400
    assert "image" not in program.delete(f"{one}/draft/image").json()["definition"]


def test_a_token_of_another_organisation_or_scope_is_no_good(site: Site, program: TestClient) -> None:
    made = create(program)
    elsewhere = site.organization("elsewhere")
    stranger = site.program(site.token(elsewhere, "catalog:read", "catalog:write"))
    assert stranger.get(f"{AT}/definitions/{made['id']}").status_code == 403
    theirs = f"/api/v1/organizations/elsewhere/definitions/{made['id']}"
    assert stranger.get(theirs).status_code == 404
    assert stranger.post(f"{theirs}/publish", json={"version": 1}).status_code == 404
    assert stranger.post(f"{theirs}/duplicate", json={"name": "Mine now"}).status_code == 404
    reader = site.program(site.token(elsewhere, "catalog:read"))
    wanted = {"definition": members()}
    assert reader.post("/api/v1/organizations/elsewhere/definitions", json=wanted).status_code == 403
    assert site.program().get(f"{AT}/definitions").status_code == 401


def test_a_framework_is_made_and_a_draft_reviewed_against_it(program: TestClient) -> None:
    framework = program.post(
        f"{AT}/quality-frameworks",
        json={"name": "Ours", "required": True, "components": [{"id": "rubric", "name": "Public rubric"}]},
    ).json()
    made = create(program)
    one = f"{AT}/definitions/{made['id']}"
    assert program.post(f"{one}/publish", json={"version": 1}).status_code == 400
    review = {"framework": framework["id"], "version": 1, "findings": {"rubric": {"met": True}}}
    assert program.post(f"{one}/quality-reviews", json=review).status_code == 400
    review["findings"] = {"rubric": {"met": True, "evidence": "Below"}, "nonsense": {"met": True}}
    assert program.post(f"{one}/quality-reviews", json=review).status_code == 400
    review["findings"] = {"rubric": {"met": True, "evidence": "Below"}}
    assert program.post(f"{one}/quality-reviews", json=review).json()["passed"] is True
    assert program.get(f"{one}/quality-reviews").json()["items"][0]["current"] is True
    assert program.post(f"{one}/publish", json={"version": 1}).status_code == 200
    at = f"{AT}/quality-frameworks/{framework['id']}"
    change = {"name": "Ours 2", "components": [{"id": "a", "name": "A"}], "version": framework["version"]}
    assert program.put(at, json=change).json()["name"] == "Ours 2"
    assert program.put(at, json=change).status_code == 409
    assert program.post(f"{at}/retire", json={"reason": "Replaced", "version": 2}).json()["retired"]


def test_standards_are_imported_listed_and_forgotten(program: TestClient) -> None:
    package = {
        "CFPackage": {
            "CFDocument": {"uri": "https://case.example/d", "title": "Teaching"},
            "CFItems": [{"uri": "https://case.example/1", "fullStatement": "One", "humanCodingScheme": "1"}, {}],
        }
    }
    made = program.post(f"{AT}/competency-frameworks/import", json=package)
    assert made.status_code == 201
    assert (made.json()["items"], made.json()["leftOut"]) == (1, ["2: has no web address"])
    items = program.get(made.headers["location"]).json()["items"]
    assert [(item["code"], item["statement"]) for item in items] == [("1", "One")]
    at = f"{AT}/competency-frameworks/{made.json()['id']}"
    assert program.post(f"{at}/remove", json={"reason": "A mistake"}).status_code == 204
    assert program.get(f"{AT}/competency-frameworks").json()["total"] == 0
    assert program.post(f"{AT}/competency-frameworks/import", content=b"{").status_code == 400


def test_definitions_go_out_and_come_in(site: Site, program: TestClient) -> None:
    create(program)
    data = program.get(f"{AT}/catalog/export").content
    elsewhere = site.organization("elsewhere")
    other = site.program(site.token(elsewhere, "catalog:read", "catalog:write"))
    at = "/api/v1/organizations/elsewhere/catalog/import"
    dry = other.post(f"{at}?dryRun=true", content=data).json()
    assert (dry["checked"], dry["made"]) == (True, [])
    made = other.post(at, content=data).json()["made"]
    assert len(made) == 1
    again = other.post(f"{at}?goodOnes=true", content=data).json()
    assert again["made"] == []
    assert again["entries"][0]["problems"][0]["field"] == "name"
    first, second = (
        json.loads(one)["definitions"][0]["definition"]
        for one in (data, other.get("/api/v1/organizations/elsewhere/catalog/export").content)
    )
    assert first == second


def test_an_educator_proposes_by_program_too(site: Site, program: TestClient) -> None:
    educator = site.browser(site.person("Eve", {"prairie": [Role.EDUCATOR]}))
    headers = {"X-CSRF-Token": educator.csrf or "", "Origin": "https://badges.example"}
    body = {"organization": "prairie", "proposal": {"name": "Lesson study"}}
    made = educator.post("/api/v1/me/proposals", json=body, headers=headers)
    assert made.status_code == 201
    at = made.headers["location"]
    hand_in = {"version": 1, "submit": True, "proposal": {"name": "Lesson study", "goal": "g", "why": ""}}
    assert educator.put(at, json=hand_in, headers=headers).status_code == 400
    assert program.get(f"{AT}/proposals").json()["total"] == 0
    hand_in["proposal"] = {"name": "Lesson study", "goal": "g", "why": "w", "pathway": [{"title": "Plan", "hours": 2}]}
    handed = educator.put(at, json=hand_in, headers=headers).json()
    assert handed["state"] == "submitted"
    assert educator.delete(at, headers=headers).status_code == 409
    one = f"{AT}/proposals/{handed['id']}"
    assert program.post(f"{one}/decline", json={"version": handed["version"]}).status_code == 400
    adopted = program.post(f"{one}/adopt", json={"version": handed["version"], "answer": "Yes"})
    assert adopted.json()["versions"][0]["definition"]["pathway"][0]["title"] == "Plan"
    assert educator.get(at).json()["definition"] == adopted.json()["id"]
    assert program.post(f"{one}/adopt", json={"version": handed["version"] + 1}).status_code == 409


def test_every_stored_body_is_one_that_can_be_sent_back(program: TestClient) -> None:
    made = create(program)
    stored = made["versions"][0]["definition"]
    assert DefinitionBody.model_validate(stored).to_json() == stored
