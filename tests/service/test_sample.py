"""The sample programs: made by the services that the pages use, whole, and as the tour says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from badgeport.issuer.audit import log
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.services import current_copy
from badgeport.issuer.awards.tables import Award, StackProposal
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people.passwords import hash_password
from badgeport.issuer.people.services import find_account
from badgeport.issuer.submissions.tables import Submission
from badgeport.service.cli.app import run
from badgeport.service.cli.sample import TOUR, sample_data
from badgeport.service.database import migrations
from badgeport.service.sample import story
from badgeport.service.settings import Settings
from badgeport.service.starting import prepared
from support import databases
from support.site import PUBLIC_URL, Site

PASSWORD = "amber-lantern-otter-quartz-willow"


@pytest.fixture(scope="module", params=databases.KINDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("sample")
    made = Site(folder, database_url=databases.made(request.param, folder))
    story.tell(made.desk, hash_password(PASSWORD))
    yield made
    made.close()


def test_everything_happened_that_is_told(site: Site) -> None:
    with site.desk.database.reading() as session:
        awards = session.exec(select(Award)).all()
        states = sorted(session.exec(select(Submission.state)))
        proposals = sorted(session.exec(select(StackProposal.state)))
        assert [job.kind for job in session.exec(select(Job)) if job.failed or job.error] == []
    assert {award.state for award in awards} == {"published"}
    assert sorted(award.source for award in awards) == ["review"] * 9 + ["single"] * 12 + ["stack"]
    assert sorted(award.standing for award in awards if award.standing != "active") == ["revoked", "suspended"]
    assert states == sorted(["demonstrated"] * 9 + ["not-yet", "draft", "draft", "submitted", "in-review"])
    assert proposals == ["awarded", "open"]


def test_every_badge_is_what_it_should_be(site: Site) -> None:
    with site.desk.database.reading() as session:
        held = [(award, current_copy(session, award.id)) for award in session.exec(select(Award))]
    for award, copy in held:
        assert copy is not None
        checked = site.desk.check(copy.body, "en")
        assert (checked.verdict == "valid") is (award.standing == "active"), checked.headline
    assert len(held) == 22


def test_the_audit_log_is_whole_and_in_order(site: Site) -> None:
    with site.desk.database.reading() as session:
        entries = session.exec(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert log.first_break(entries) is None
    assert len(entries) > 200
    times = [entry.at for entry in entries]
    assert times == sorted(times)
    assert times[-1] - times[0] > timedelta(days=90)
    said = " ".join(f"{entry.detail} {entry.why}" for entry in entries)
    assert [person.name for person in story.PEOPLE if person.name in said or person.email in said] == []


def test_the_tour_leads_somewhere(site: Site) -> None:
    """Each step of the tour: who is named may see the page that is named."""
    seen = 0
    for _place, steps in TOUR:
        for who, what in steps:
            account = None
            if "@" in who:
                with site.desk.database.reading() as session:
                    account = find_account(session, who)
                assert account is not None, who
            path = what.partition(" ")[0].format(url="")
            page = site.browser(account).get(path, headers={"Accept": "text/html"})
            assert page.status_code == 200, (who, path)
            seen += 1
    assert seen >= 12


def test_everybody_signs_in_with_the_password(site: Site) -> None:
    browser = site.browser()
    answer = browser.submit("/sign-in", {"email": "amara@stone-ridge.example", "password": PASSWORD})
    assert answer.status_code == 303
    page = browser.get("/home", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "Computational Thinking" in page.text
    wrong = site.browser().submit("/sign-in", {"email": "amara@stone-ridge.example", "password": "another-one-quite"})
    assert wrong.status_code != 303


def test_it_is_made_once_and_the_tour_is_printed_each_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = prepared(Settings(data_dir=tmp_path / "data", second_factor=False))
    from badgeport.service.app import make_issuer
    from badgeport.service.metrics import Metrics

    desk = make_issuer(settings, Metrics())
    migrations.upgrade(desk.database)
    said = []
    for _ in range(2):
        sample_data(settings)
        said.append(capsys.readouterr().err)
    password = re.search(r"password is ([a-z-]+)\n", said[0])
    assert password is not None
    assert password[0] in said[1]
    assert (tmp_path / "data" / "sample.json").stat().st_mode & 0o077 == 0
    with desk.database.reading() as session:
        assert len(session.exec(select(Award)).all()) == 22
    assert Worker(desk).run_until_idle() == 0
    desk.database.close()


def test_there_is_none_in_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "DATA_DIR": str(tmp_path / "data"),
        "PUBLIC_URL": PUBLIC_URL,
        "SECRET_KEY": "b3Zn0kq7Vw2yQm8xT5rJ1uLc9sPdFgHa6EiNoYtR4",
        "PASSPHRASE": "4RtYoNiE6aHgFdPs9cLu1Jr5Tx8mQy2wV",
    }.items():
        monkeypatch.setenv(f"BADGEPORT_{name}", value)
    assert run(["serve", "--sample"]) == 2
    assert "--sample" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
