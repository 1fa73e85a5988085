"""`badgeport db` and `badgeport worker`: the issuer's database, and the process that works off its jobs."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import fail, plain, print_json, say, show, software
from badgeport.service.logs import logger, where
from badgeport.service.settings import Settings, SettingsError

if TYPE_CHECKING:
    from badgeport.issuer.awards.worker import Worker
    from badgeport.issuer.desk import IssuerDesk
    from badgeport.issuer.storage.database import Database
    from badgeport.receiver.office import Office
    from badgeport.service.database.archive import Summary


@contextmanager
def issuer_desk(port: int | None = None, *, current: bool = True) -> Iterator[IssuerDesk]:
    """The issuer's desk alone: as `office`."""
    with office(port, current=current) as opened:
        yield opened.issuer


@contextmanager
def office(port: int | None = None, *, current: bool = True) -> Iterator[Office]:
    """The receiver's office, with the issuer's desk, of this process's environment, for a command.

    A setting that cannot be used ends the command.
    ``port`` is where a development server is, where no PUBLIC_URL says so. ``current``: the tables must be those of
    this program; a new database gets them.
    """
    try:
        from badgeport.service.app import make_desk, make_issuer, make_office
        from badgeport.service.metrics import Metrics
        from badgeport.service.starting import DEFAULT_PORT, prepared, require_own_keys, require_tables
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        settings = prepared(
            Settings.from_environment({**os.environ, "BADGEPORT_ROLE": "all"}), port=port or DEFAULT_PORT
        )
        metrics = Metrics()
        desk = make_issuer(settings, metrics)
        opened = make_office(settings, desk, make_desk(settings, metrics, issuer=desk))
        if current:
            require_tables(settings, desk.database)
            require_own_keys(desk)
    except SettingsError as error:
        fail(str(error))
    except ProblemError as error:
        fail(plain(error))
    try:
        yield opened
    finally:
        opened.verifier.store.close()
        desk.database.close()


def organization_id(data_dir: Path, slug: str) -> str:
    """The id of an organisation of the installation in a data directory; where there is none the command ends."""
    settings, database = _database({"BADGEPORT_DATA_DIR": str(data_dir)})
    from sqlmodel import select

    from badgeport.issuer.people.tables import Organization
    from badgeport.issuer.storage.database import DatabaseError

    del settings
    try:
        database.check()
        with database.reading() as session:
            found = session.exec(select(Organization.id).where(Organization.slug == slug)).first()
    except DatabaseError as error:
        fail(str(error))
    finally:
        database.close()
    if found is None:
        fail(f"there is no organization {slug!r} in this installation")
    return found


def upgrade_database(as_json: bool) -> None:
    """`badgeport db upgrade`."""
    _, database = _database()
    from badgeport.issuer.storage.database import DatabaseError
    from badgeport.service.database import migrations
    from badgeport.service.database.migrations import Form

    try:
        before, form = migrations.version_of(database), migrations.form_of(database)
        if form is Form.NEWER:
            fail(f"the tables ({before}) are of a later version of the program; nothing was changed")
        if form is Form.FOREIGN:
            fail("the database holds tables of something else; name a database of its own")
        if form is not Form.CURRENT:
            migrations.upgrade(database)
        after = migrations.version_of(database)
    except DatabaseError as error:
        fail(str(error))
    finally:
        database.close()
    if as_json:
        print_json({"from": before, "to": after, "changed": before != after})
    else:
        say(f"the tables are at {after}" + (", as they were" if before == after else f" (were: {before or 'none'})"))


def back_up(target: str, as_json: bool) -> int:
    """`badgeport db backup`; the exit code."""
    from badgeport.issuer.desk import utc_now

    settings, database = _database()
    from badgeport.issuer.storage.database import DatabaseError
    from badgeport.service.app import OFFICES_NAME
    from badgeport.service.database.archive import ArchiveError, backup
    from badgeport.service.files import file_store

    try:
        summary = backup(
            database,
            file_store(settings),
            Path(target),
            now=utc_now(),
            software=software(),
            offices=settings.data_dir / OFFICES_NAME,
        )
    except (ArchiveError, DatabaseError, SettingsError) as error:
        fail(str(error))
    finally:
        database.close()
    _tell(summary, as_json, "holds")
    say(
        "It holds no private key, SECRET_KEY or PASSPHRASE: keep DATA_DIR/keys and the secrets apart from it, and safe."
    )
    return _tell_of_losses(summary)


def _tell_of_losses(summary: Summary) -> int:
    """Say which stored files are not, or not as they were; the exit code."""
    for lost, what in ((summary.missing, "missing where files are kept"), (summary.damaged, "not what they were")):
        if lost:
            more = " …" if len(lost) > 5 else ""
            say(f"{len(lost)} stored files are {what}: {', '.join(lost[:5])}{more}")
    return 1 if summary.missing or summary.damaged else 0


def bring_back(source: str, as_json: bool) -> int:
    """`badgeport db restore`; the exit code."""
    settings, database = _database()
    from badgeport.issuer.storage.database import DatabaseError
    from badgeport.service.app import OFFICES_NAME
    from badgeport.service.database.archive import ArchiveError, restore
    from badgeport.service.files import file_store

    try:
        summary = restore(database, file_store(settings), Path(source), offices=settings.data_dir / OFFICES_NAME)
    except (ArchiveError, DatabaseError, SettingsError) as error:
        fail(str(error))
    finally:
        database.close()
    _tell(summary, as_json, "brought back")
    say("Put the key files back into DATA_DIR/keys and set the same SECRET_KEY and PASSPHRASE before it serves again.")
    return _tell_of_losses(summary)


def work(once: bool) -> int:
    """`badgeport worker`: work off jobs until stopped; the exit code."""
    with office() as open_office:
        from badgeport.service import logs
        from badgeport.service.working import worker_of

        logs.set_up(os.environ.get("BADGEPORT_LOG_LEVEL", "info").lower())
        worker = worker_of(open_office)
        if once:
            say(f"{worker.run_until_idle()} jobs were worked off")
            return 0
        say(f"{software()}: working off jobs; what is in hand is finished when it is stopped")
        return _until_stopped(worker)


class _Stopped(Exception):  # noqa: N818 - somebody's wish
    """A signal asked the process to end."""


def _until_stopped(worker: Worker) -> int:
    stop, broken = threading.Event(), threading.Event()

    def working() -> None:
        try:
            worker.run(stop)
        except Exception as error:
            logger().error("worker", **where(error))
            broken.set()

    def end(_number: int, _frame: object) -> None:
        raise _Stopped

    # The work is not done by the thread that signals interrupt: one could come in the middle of anything.
    thread = threading.Thread(target=working, name="jobs")
    names = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(name, end) for name in names]
    thread.start()
    try:
        while thread.is_alive():
            thread.join(1.0)
    except _Stopped:
        pass
    finally:
        for name, handler in zip(names, before, strict=True):
            signal.signal(name, handler)
    stop.set()
    worker.wake()
    thread.join()
    return 3 if broken.is_set() else 0


def _database(more: Mapping[str, str] | None = None) -> tuple[Settings, Database]:
    """The settings, with ``more`` of them, and the database they name.

    A command needs neither secrets nor a public address for it.
    """
    try:
        from badgeport.service.issuing import open_database
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        settings = Settings.from_environment({**os.environ, **(more or {})})
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return settings, open_database(settings)
    except SettingsError as error:
        fail(str(error))


def _missing(error: ModuleNotFoundError) -> NoReturn:
    if (error.name or "").startswith("badgeport"):
        raise error
    fail(f"the service is not installed ({error.name} is missing); install badgeport[service]")


def _tell(summary: Summary, as_json: bool, did: str) -> None:
    if as_json:
        print_json(summary.to_json())
        return
    rows = sum(summary.rows.values())
    files = f"{summary.files} files ({summary.file_bytes} bytes)"
    offices = f" and {summary.offices} of offices" if summary.offices else ""
    show(f"{did} {rows} rows of {len(summary.rows)} tables and {files}{offices}")
