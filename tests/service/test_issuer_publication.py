"""`badgeport publish check`: it finds whatever is served otherwise than stored, and nothing where all is well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.desk import OutboundError
from badgeport.issuer.hosting.publication import Difference, check, locally
from badgeport.issuer.status.tables import StatusCopy
from support import databases, hosted
from support.site import PUBLIC_URL, Site


@pytest.fixture(params=databases.KINDS)
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield made
    made.close()


@pytest.fixture
def badges(site: Site) -> dict[str, Award]:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    made = {
        name: hosted.award(site, org, definition, name, visibility=visibility)
        for name, visibility in (("open", "public"), ("linked", "link"), ("private", "private"), ("erased", "link"))
    }
    with site.desk.database.writing() as session:
        row = session.get_one(Award, made["erased"].id)
        awards.erase(session, site.desk, row, "They asked.", "system", site.clock())
    hosted.work(site)
    return made


def served(site: Site) -> Callable[[str], bytes]:
    program = site.program()

    def get(url: str) -> bytes:
        answer = program.get(url.removeprefix(PUBLIC_URL), headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise OutboundError(f"it answered {answer.status_code}")
        return answer.content

    return get


@pytest.mark.parametrize("how", ["locally", "served"])
def test_where_all_is_well_nothing_differs(site: Site, badges: dict[str, Award], how: str) -> None:
    outcome = check(site.desk, locally(site.desk) if how == "locally" else served(site))
    assert outcome.differences == []
    # The installation's document and key set; the organisation's document and its two keys.
    assert outcome.checked == {"keys": 5, "profile": 1, "status-list": 2, "badge": 8}


def found(site: Site, get: Callable[[str], bytes] | None = None) -> list[tuple[str, str, str]]:
    outcome = check(site.desk, get or served(site))
    assert all(isinstance(one, Difference) for one in outcome.differences)
    return [(one.kind, one.address.removeprefix(PUBLIC_URL), one.what) for one in outcome.differences]


def test_a_stored_copy_that_rotted_is_found(site: Site, badges: dict[str, Award]) -> None:
    with site.desk.database.writing() as session:
        statement = select(SignedCopy).where(SignedCopy.award_id == badges["open"].id, SignedCopy.form == "json")
        copy = session.exec(statement).one()
        copy.body = copy.body.replace(b"Data Talks", b"Data Walks")
        session.add(copy)
        listed = session.exec(select(StatusCopy)).first()
        assert listed is not None
        listed.body = listed.body + b" "
        session.add(listed)
    assert found(site) == [
        ("status-list", f"/status/{listed.list_id}", "damaged"),
        ("badge", f"/c/{badges['open'].id}.json", "damaged"),
    ]


def test_what_is_served_otherwise_or_not_at_all_is_found(site: Site, badges: dict[str, Award]) -> None:
    right = served(site)
    linked, open_, private, erased = (badges[name].id for name in ("linked", "open", "private", "erased"))

    def wrong(url: str) -> bytes:
        path = url.removeprefix(PUBLIC_URL)
        if path == f"/c/{linked}.jwt":
            return right(url) + b"\n"
        if path == f"/c/{open_}.json" or path == "/issuers/prairie/did.json":
            raise OutboundError("it answered 404")
        if path in (f"/c/{private}.json", f"/c/{erased}.json"):
            return b"{}"
        return right(url)

    assert sorted(found(site, wrong)) == sorted(
        [
            ("keys", "/issuers/prairie/did.json", "missing"),
            ("badge", f"/c/{linked}.jwt", "differs"),
            ("badge", f"/c/{open_}.json", "missing"),
            ("badge", f"/c/{private}.json", "exposed"),
            ("badge", f"/c/{erased}.json", "exposed"),
        ]
    )


def test_an_edition_that_comes_between_two_looks_is_no_difference(site: Site, badges: dict[str, Award]) -> None:
    right, done = served(site), []

    def get(url: str) -> bytes:
        if url.endswith(f"/c/{badges['open'].id}.json") and not done:
            done.append(url)
            site.clock.forward(minutes=1)
            with site.desk.database.writing() as session:
                row = session.get_one(Award, badges["open"].id)
                awards.want_edition(session, row, "a name was wrong", now=site.clock())
            hosted.work(site)
        return right(url)

    assert found(site, get) == []
    assert done
