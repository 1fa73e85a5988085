"""What must be so before the issuer starts: defaults for development, and what production refuses.

An installation whose public address is https is in production: it is told its secrets, keeps its files to itself and
asks its staff for a second factor. One at http on this very machine is somebody trying it out: what is missing is made
up and kept in the data directory. Anything between the two is refused.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import stat
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people.keys import ensure_installation_keys
from badgeport.issuer.storage.database import Database, DatabaseError
from badgeport.issuer.storage.secrets import MINIMUM_CHARS
from badgeport.schemas.problems import ProblemError
from badgeport.service.database import migrations
from badgeport.service.database.migrations import Form
from badgeport.service.settings import PREFIX, Settings, SettingsError

SECRET_NAME = "secret-key"  # noqa: S105 - the name of a file
PASSPHRASE_NAME = "passphrase"  # noqa: S105 - the name of a file
DEFAULT_PORT = 8000
PASSPHRASE_CHARS = 12
_VARIETY = 10
"""How many different characters a secret has at least: a random one has many more, a made-up one often fewer."""

_SHOWN = ("changeme", "change-me", "change_me", "example", "secret-key", "your-secret", "insecure", "password")
"""What secrets contain that were copied from a guide."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_production(settings: Settings) -> bool:
    """Whether the installation is one that others rely on."""
    return (settings.public_url or "").startswith("https://")


def prepared(settings: Settings, *, host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> Settings:
    """The settings with what was left to us filled in, checked. Raises SettingsError.

    ``host`` and ``port`` are where it will be served. A verifier alone needs nothing of this.
    """
    if settings.role == "verifier":
        return settings
    settings = replace(settings, public_url=_public_url(settings, host, port))
    if is_production(settings):
        _require_production(settings)
        return settings
    if not _is_loopback(host):
        raise SettingsError(
            f"{PREFIX}PUBLIC_URL is http, which is for trying it out on this machine alone: "
            f"serve it at 127.0.0.1, not at {host}, or give it an https address"
        )
    _make_directory(settings.data_dir)
    return replace(
        settings,
        secret_key=settings.secret_key or _kept(settings.data_dir / SECRET_NAME),
        passphrase=settings.passphrase or _kept(settings.data_dir / PASSPHRASE_NAME),
    )


def require_tables(settings: Settings, database: Database) -> str | None:
    """See that the database has this program's tables; what was done about it, in words, or None. Raises SettingsError.

    A new database gets them. An SQLite file of somebody trying it out is brought up to date. Any other older one waits
    for its operator, who makes a backup first.
    """
    try:
        form = migrations.form_of(database)
        if form is Form.CURRENT:
            return None
        if form is Form.EMPTY or (form is Form.OLDER and database.is_sqlite and not is_production(settings)):
            migrations.upgrade(database)
            return "the tables were made" if form is Form.EMPTY else "the tables were brought up to date"
    except DatabaseError as error:
        raise SettingsError(f"{PREFIX}DATABASE_URL: {error}") from None
    raise SettingsError(f"{PREFIX}DATABASE_URL: {_UNUSABLE[form]}")


def require_own_keys(desk: IssuerDesk) -> None:
    """See that the installation has keys of its own, with which it signs what it says itself. Raises SettingsError."""
    try:
        ensure_installation_keys(desk)
    except ProblemError as error:
        raise SettingsError(f"the keys of the installation: {error.problem.detail}") from None


_UNUSABLE = {
    Form.OLDER: "its tables are of an earlier version of the program; make a backup (badgeport db backup FILE), then "
    "run badgeport db upgrade",
    Form.NEWER: "its tables are of a later version of the program, which this one does not know",
    Form.FOREIGN: "it holds tables of something else; name a database of its own",
}


def _public_url(settings: Settings, host: str, port: int) -> str:
    url = settings.public_url
    if url is None:
        if not _is_loopback(host):
            raise SettingsError(
                f"{PREFIX}PUBLIC_URL is needed where others can reach the service: every badge names it for good"
            )
        return f"http://localhost:{port}"
    parts = urlsplit(url)
    if parts.path:
        raise SettingsError(f"{PREFIX}PUBLIC_URL: the issuer has a host of its own, without a path")
    if _is_address(parts.hostname or ""):
        # did:web, the name of every issuer here, has no form for one.
        raise SettingsError(f"{PREFIX}PUBLIC_URL names its host by a name (localhost, too), not by an IP address")
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise SettingsError(f"{PREFIX}PUBLIC_URL is https wherever others can reach the service")
    return url


def _require_production(settings: Settings) -> None:
    for name, value, least in (
        ("SECRET_KEY", settings.secret_key, MINIMUM_CHARS),
        ("PASSPHRASE", settings.passphrase, PASSPHRASE_CHARS),
    ):
        if value is None:
            raise SettingsError(f"{PREFIX}{name} is needed to issue; make one with: openssl rand -base64 48")
        if (
            len(value) < least
            or len(set(value)) < min(_VARIETY, least)
            or any(word in value.lower() for word in _SHOWN)
        ):
            raise SettingsError(
                f"{PREFIX}{name} can be guessed; make one of at least {least} characters with: openssl rand -base64 48"
            )
    if not settings.second_factor:
        raise SettingsError(f"{PREFIX}SECOND_FACTOR=no is for trying it out; staff who award badges need a second one")
    if settings.vc_api_instances:
        raise SettingsError(f"{PREFIX}VC_API_INSTANCES is for conformance tests on this machine: it signs for anybody")
    _require_own(settings.data_dir)


def _require_own(data_dir: Path) -> None:
    """Raises SettingsError where others can read what the service keeps, its keys first of all."""
    if not data_dir.exists():
        return
    if stat.S_IMODE(data_dir.stat().st_mode) & _OTHERS:
        raise SettingsError(f"{PREFIX}DATA_DIR: others can read {data_dir}; keep it to the service (chmod 700)")
    for path in sorted((data_dir / "keys").glob("*")):
        if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
            raise SettingsError(f"{PREFIX}DATA_DIR: others can read the key file {path}; run chmod 600 on it")


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{PREFIX}DATA_DIR: {path}: {(error.strerror or 'it cannot be made').lower()}") from None


def _kept(path: Path) -> str:
    """A secret of somebody trying it out: made on first use, in a file of their own."""
    if not path.exists():
        try:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_urlsafe(48) + "\n")
            # Of several that start at once, one makes it, whole.
            with suppress(FileExistsError):
                os.link(name, path)
            os.unlink(name)
        except OSError as error:
            reason = (error.strerror or "it cannot be made").lower()
            raise SettingsError(f"{PREFIX}DATA_DIR: {path}: {reason}") from None
    try:
        if stat.S_IMODE(path.stat().st_mode) & _OTHERS:
            raise SettingsError(f"{PREFIX}DATA_DIR: others can read {path}; run chmod 600 on it")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise SettingsError(f"{PREFIX}DATA_DIR: {path} cannot be read") from None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
