"""`badgeport publish check` from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer.awards.tables import SignedCopy
from badgeport.service.cli.app import run
from badgeport.service.database import migrations
from support import hosted
from support.site import PASSPHRASE, PUBLIC_URL, SECRET, Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    from badgeport.issuer.storage.database import Database

    url = f"sqlite:///{tmp_path / 'badgeport.sqlite'}"
    database = Database.at(url)
    migrations.upgrade(database)
    database.close()
    tmp_path.chmod(0o700)
    for name, value in {
        "PUBLIC_URL": PUBLIC_URL,
        "SECRET_KEY": SECRET,
        "PASSPHRASE": PASSPHRASE,
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": url,
    }.items():
        monkeypatch.setenv(f"BADGEPORT_{name}", value)
    made = Site(tmp_path, database_url=url)
    yield made
    made.close()


def test_it_says_what_differs_and_ends_accordingly(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    capfd.readouterr()
    assert run(["publish", "check", "--local", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said == {
        "asked": "here",
        "checked": {"keys": 5, "profile": 1, "status-list": 2, "badge": 2},
        "differences": [],
    }
    with site.desk.database.writing() as session:
        copy = session.exec(select(SignedCopy).where(SignedCopy.form == "json")).one()
        copy.body = copy.body + b" "
        session.add(copy)
    assert run(["publish", "check", "--local"]) == 1
    out = capfd.readouterr().out
    assert f"damaged  {PUBLIC_URL}/c/{award.id}.json: a stored copy does not have its digest" in out
    assert out.rstrip().endswith("1 differ")
