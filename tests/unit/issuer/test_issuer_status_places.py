"""Places in status lists, their signed copies, and when lists are signed anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from badgeport.issuer import status_lists
from badgeport.issuer.awards import services
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Conflict
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.status import lists, signing
from badgeport.issuer.status.tables import StatusCopy, StatusListRow, StatusPlace
from badgeport.schemas import jsontext
from support import databases, hosted
from support.site import Site

pytestmark = pytest.mark.parametrize("kind", databases.KINDS)


@pytest.fixture
def site(kind: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path, database_url=databases.made(kind, tmp_path))
    yield made
    made.close()


@pytest.fixture
def org(site: Site) -> Organization:
    return hosted.issuer(site)


def places(site: Site) -> list[StatusPlace]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(StatusPlace)).all())


def rows(site: Site) -> list[StatusListRow]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(StatusListRow)).all())


def test_an_award_keeps_its_places(site: Site, org: Organization) -> None:
    with site.desk.database.writing() as session:
        first = lists.place_for(session, org, "award", site.clock())
        again = lists.place_for(session, org, "award", site.clock())
    assert [(one.list_id, one.place, one.purpose) for one in first] == [
        (one.list_id, one.place, one.purpose) for one in again
    ]
    assert [one.purpose for one in first] == ["revocation", "suspension"]
    assert [row.taken for row in rows(site)] == [1, 1]


def test_places_are_scattered_and_never_given_twice(site: Site, org: Organization) -> None:
    with site.desk.database.writing() as session:
        lists.places_for(session, org, [f"a{number}" for number in range(400)], site.clock())
    found = places(site)
    assert len({(one.list_id, one.place) for one in found}) == 800
    numbers = sorted(one.place for one in found if one.purpose == "revocation")
    # Random over the whole list: not in the order of giving, and in each of its quarters.
    assert {number * 4 // lists.ENTRIES for number in numbers} == {0, 1, 2, 3}
    with site.desk.database.reading() as session:
        first = [session.exec(select(StatusPlace).where(StatusPlace.award_id == f"a{n}")).first() for n in range(9)]
    assert [one.place for one in first if one] != sorted(one.place for one in first if one)


def test_a_list_is_left_when_it_is_half_full(site: Site, org: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "ENTRIES", 10)
    with site.desk.database.writing() as session:
        given = lists.places_for(session, org, [f"a{number}" for number in range(12)], site.clock())
    taken = sorted((row.purpose, row.taken) for row in rows(site))
    assert taken == [("revocation", n) for n in (2, 5, 5)] + [("suspension", n) for n in (2, 5, 5)]
    assert len({(one.list_id, one.place) for pair in given.values() for one in pair}) == 24


def test_organisations_do_not_share_lists(site: Site, org: Organization) -> None:
    other = hosted.issuer(site, "lakeside")
    with site.desk.database.writing() as session:
        mine = lists.place_for(session, org, "a", site.clock())
        theirs = lists.place_for(session, other, "b", site.clock())
        instance = lists.place_for(session, None, "c", site.clock(), instance="bitstring-status")
    ids = [{one.list_id for one in each} for each in (mine, theirs, instance)]
    assert ids[0].isdisjoint(ids[1])
    assert ids[1].isdisjoint(ids[2])
    assert ids[0].isdisjoint(ids[2])


def test_a_revocation_stays(site: Site, org: Organization) -> None:
    with site.desk.database.writing() as session:
        lists.place_for(session, org, "a", site.clock())
        assert lists.set_value(session, "a", "revocation", 1, now=site.clock()) is not None
        assert lists.set_value(session, "a", "revocation", 1, now=site.clock()) is None
        with pytest.raises(Conflict):
            lists.set_value(session, "a", "revocation", 0, now=site.clock())
        with pytest.raises(Absent):
            lists.set_value(session, "nobody", "revocation", 1, now=site.clock())


def test_a_badge_is_not_published_before_its_lists(site: Site, org: Organization) -> None:
    award = hosted.award(site, org, hosted.published(site, org), signed=False)
    worker = Worker(site.desk, "only-signs", handlers={"mint": hosted_mint()})
    worker.run_until_idle()
    with site.desk.database.reading() as session:
        assert services.current_copy(session, award.id) is None
        job = session.exec(select(Job).where(Job.kind == "mint")).one()
        assert (job.attempts, job.failed) == (0, False)
    site.clock.forward(seconds=2)
    hosted.work(site)
    with site.desk.database.reading() as session:
        assert services.current_copy(session, award.id) is not None


def hosted_mint() -> object:
    from badgeport.issuer.awards.minting import MintHandler

    return MintHandler()


def test_copies_answer_for_their_time(site: Site, org: Organization) -> None:
    award = hosted.award(site, org, hosted.published(site, org))
    began = site.clock()
    later = site.clock.forward(hours=2)
    with site.desk.database.writing() as session:
        services.suspend(session, site.desk, services.award_of(session, org.id, award.id), "Why", "system", later)
    hosted.work(site)
    place = next(one for one in places(site) if one.purpose == "suspension")
    with site.desk.database.reading() as session:
        newest = lists.copy_at(session, place.list_id, None)
        before = lists.copy_at(session, place.list_id, began + timedelta(hours=1))
        assert lists.copy_at(session, place.list_id, began - timedelta(seconds=1)) is None
        assert lists.copy_at(session, place.list_id, began + timedelta(days=30)) is None
    assert newest is not None
    assert before is not None
    assert [bit(one, place.place) for one in (before, newest)] == [0, 1]
    assert newest.valid_until - newest.valid_from == signing.VALID_FOR


def bit(copy: StatusCopy, place: int) -> int:
    document = jsontext.parse_object(copy.body)
    assert document["credentialSubject"]["ttl"] == 300_000
    return status_lists.read(document).bits.get(place)


def test_lists_are_signed_anew_before_they_run_out(site: Site, org: Organization) -> None:
    hosted.award(site, org, hosted.published(site, org))
    first = {row.id: row.edition for row in rows(site)}
    site.clock.forward(hours=10)
    hosted.work(site)
    assert {row.id: row.edition for row in rows(site)} == first
    site.clock.forward(hours=3)
    hosted.work(site)
    assert {row.id: row.edition for row in rows(site)} == {each: edition + 1 for each, edition in first.items()}
    assert all(row.valid_until == site.clock() + signing.VALID_FOR for row in rows(site))
    # Also after a long standstill.
    site.clock.forward(days=9)
    hosted.work(site)
    assert all(row.valid_until is not None and row.valid_until > site.clock() for row in rows(site))
