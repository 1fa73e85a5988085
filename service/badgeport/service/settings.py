"""What the service is told by its environment: every ``BADGEPORT_`` variable it reads, checked before it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

DATABASE_NAME = "badgeport.sqlite"
"""The file in the data directory that is the issuer's database where no other is named."""

PREFIX = "BADGEPORT_"

Role: TypeAlias = Literal["all", "issuer", "verifier"]
"""What a process serves."""

_ROLES: tuple[Role, ...] = get_args(Role)
LOG_LEVELS = ("debug", "info", "warning", "error")
MAXIMUM_WORKERS = 64
MAXIMUM_PROXIES = 16
DEFAULT_RATE_LIMIT = "120/minute"
DEFAULT_DATA_DIR = "badgeport-data"
UNLIMITED = "off"

_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})
_RATE = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour|day)")
_PUBLIC_URL = re.compile(r"(?i:https?)://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~\-/]*)?")
_MASK = "(set, not shown)"

# Settings of programs beside the server: known, so not a typing error.
_ELSEWHERE = frozenset({"CI", "HR_WEBHOOK_SECRET"})
# The client secrets of organisations' sign-in providers, each named for its organisation.
_CLIENT_SECRETS = f"{PREFIX}OPENID_SECRET_"


class SettingsError(Exception):
    """A setting cannot be used. The text names it and says what would work; it never holds a secret."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one service.

    ``data_dir`` is where everything it keeps lives. ``public_url`` is the address people know it by (None: the one each
    visitor used). ``contexts``, ``trust`` and ``policies`` name more JSON-LD contexts, trust registries and
    verification policies; ``shelf`` is a folder of recognition policies (None: the examples alone).
    ``rate_limit`` is how often one client may ask for a verification (None: as often as it likes); ``trusted_proxies``
    is how many proxies of the operator's own stand before the service, each of which adds to ``X-Forwarded-For``.
    ``receipt_key`` is the URI of the key that signs receipts, ``passphrase`` opens it and the issuers' keys, and
    ``receipt_name`` is what the organisation calls itself.

    To issue: ``database_url`` (None: SQLite in ``data_dir``), ``secret_key`` for sessions and sealed secrets,
    ``smtp_url`` (None: messages become files in ``data_dir``), ``second_factor`` whether staff need one,
    ``vc_api_instances`` the conformance instances to serve, ``files`` where uploads are kept (None: in ``data_dir``;
    or ``s3://BUCKET/PREFIX``), ``worker`` whether this process also works off jobs.
    """

    data_dir: Path = Path(DEFAULT_DATA_DIR)
    role: Role = "all"
    public_url: str | None = None
    contexts: Path | None = None
    trust: tuple[Path, ...] = ()
    policies: tuple[Path, ...] = ()
    shelf: Path | None = None
    allow_loopback_http: bool = False
    log_level: str = "info"
    workers: int = 1
    rate_limit: str | None = DEFAULT_RATE_LIMIT
    trusted_proxies: int = 0
    receipt_key: str | None = None
    receipt_name: str | None = None
    passphrase: str | None = field(default=None, repr=False)
    database_url: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    smtp_url: str | None = field(default=None, repr=False)
    second_factor: bool = True
    vc_api_instances: str = ""
    files: str | None = None
    worker: bool = True

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings in the environment. Raises SettingsError naming the variable that cannot be used."""
        given = {
            name.removeprefix(PREFIX): value.strip()
            for name, value in environment.items()
            if name.startswith(PREFIX) and value.strip()
        }
        contexts, shelf = given.get("CONTEXTS"), given.get("POLICIES")
        return cls(
            data_dir=Path(given.get("DATA_DIR", DEFAULT_DATA_DIR)),
            role=_role(given),
            public_url=_public_url(given),
            contexts=None if contexts is None else _directory("CONTEXTS", contexts),
            trust=_files("TRUST", given),
            policies=_files("POLICY", given),
            shelf=None if shelf is None else _directory("POLICIES", shelf),
            allow_loopback_http=_switch("ALLOW_LOOPBACK_HTTP", given),
            log_level=_log_level(given),
            workers=_whole("WORKERS", given, 1, 1, MAXIMUM_WORKERS),
            rate_limit=_rate_limit(given),
            trusted_proxies=_whole("TRUSTED_PROXIES", given, 0, 0, MAXIMUM_PROXIES),
            receipt_key=given.get("RECEIPT_KEY"),
            receipt_name=given.get("RECEIPT_NAME"),
            passphrase=environment.get(f"{PREFIX}PASSPHRASE") or None,
            database_url=given.get("DATABASE_URL"),
            secret_key=environment.get(f"{PREFIX}SECRET_KEY") or None,
            smtp_url=given.get("SMTP_URL"),
            second_factor=_switch("SECOND_FACTOR", given, default="yes"),
            vc_api_instances=_instances(given),
            files=given.get("FILES"),
            worker=_switch("WORKER", given, default="yes"),
        )

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Every setting as shown to the operator, by the name of its variable. Secrets are masked."""
        return (
            ("DATA_DIR", str(self.data_dir)),
            ("PUBLIC_URL", self.public_url or "(none)"),
            ("CONTEXTS", "(bundled only)" if self.contexts is None else str(self.contexts)),
            ("TRUST", _listed(self.trust)),
            ("POLICY", _listed(self.policies)),
            ("POLICIES", "(examples only)" if self.shelf is None else str(self.shelf)),
            ("ALLOW_LOOPBACK_HTTP", "yes (development only)" if self.allow_loopback_http else "no"),
            ("LOG_LEVEL", self.log_level),
            ("WORKERS", str(self.workers)),
            ("RATE_LIMIT", UNLIMITED if self.rate_limit is None else f"{self.rate_limit} for each client and worker"),
            ("TRUSTED_PROXIES", str(self.trusted_proxies)),
            ("RECEIPT_KEY", _masked_uri(self.receipt_key)),
            ("RECEIPT_NAME", self.receipt_name or "(none)"),
            ("PASSPHRASE", "(none)" if self.passphrase is None else _MASK),
            (
                "DATABASE_URL",
                "(SQLite in the data directory)" if self.database_url is None else _masked_url(self.database_url),
            ),
            ("SECRET_KEY", "(none)" if self.secret_key is None else _MASK),
            ("SMTP_URL", "(messages become files)" if self.smtp_url is None else _masked_url(self.smtp_url)),
            ("SECOND_FACTOR", "yes" if self.second_factor else "no (not for production)"),
            ("VC_API_INSTANCES", self.vc_api_instances or "(none)"),
            ("FILES", self.files or "(in the data directory)"),
            ("WORKER", "yes" if self.worker else "no: run badgeport worker beside it"),
        )


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Variables with our prefix that mean nothing here: probably misspelt."""
    known = {name for name, _ in Settings().lines()} | {"ROLE"} | _ELSEWHERE
    return tuple(
        sorted(
            name
            for name in environment
            if name.startswith(PREFIX)
            and name.removeprefix(PREFIX) not in known
            and not name.startswith(_CLIENT_SECRETS)
        )
    )


def _role(given: Mapping[str, str]) -> Role:
    value = given.get("ROLE", "all")
    for role in _ROLES:
        if value == role:
            return role
    raise _refused("ROLE", f"is one of {', '.join(_ROLES)}")


def _public_url(given: Mapping[str, str]) -> str | None:
    value = given.get("PUBLIC_URL")
    if value is None:
        return None
    if not _PUBLIC_URL.fullmatch(value):
        raise _refused("PUBLIC_URL", "is a web address like https://verify.example.org, without query or fragment")
    # As browsers write an origin: passkeys, cookies and did:web compare it sign by sign.
    scheme, _, rest = value.partition("://")
    place, slash, path = rest.partition("/")
    origin = f"{scheme}://{place}".lower().removesuffix({"http": ":80", "https": ":443"}[scheme.lower()])
    return f"{origin}{slash}{path}".rstrip("/")


def _directory(name: str, value: str) -> Path:
    path = Path(value)
    if not path.is_dir():
        raise _refused(name, f"names a directory that is not there: {value}")
    return path


def _files(name: str, given: Mapping[str, str]) -> tuple[Path, ...]:
    """The files of a list with colons; a directory in it stands for the JSON files in it, by name."""
    from os import pathsep

    paths: list[Path] = []
    for part in filter(None, given.get(name, "").split(pathsep)):
        path = Path(part)
        if path.is_dir():
            held = sorted(child for child in path.iterdir() if child.suffix == ".json" and child.is_file())
            if not held:
                raise _refused(name, f"names a directory that holds no .json file: {part}")
            paths += held
        elif path.is_file():
            paths.append(path)
        else:
            raise _refused(name, f"names a file that is not there: {part}")
    return tuple(paths)


def _switch(name: str, given: Mapping[str, str], default: str = "no") -> bool:
    value = given.get(name, default).lower()
    if value not in _YES | _NO:
        raise _refused(name, "is yes or no")
    return value in _YES


def _log_level(given: Mapping[str, str]) -> str:
    value = given.get("LOG_LEVEL", "info").lower()
    if value not in LOG_LEVELS:
        raise _refused("LOG_LEVEL", f"is one of {', '.join(LOG_LEVELS)}")
    return value


def _instances(given: Mapping[str, str]) -> str:
    value = given.get("VC_API_INSTANCES", "")
    if value not in ("", "demo"):
        raise _refused("VC_API_INSTANCES", "is demo, or not set")
    return value


def _whole(name: str, given: Mapping[str, str], default: int, least: int, most: int) -> int:
    value = given.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) <= 6 and least <= int(value) <= most):
        raise _refused(name, f"is a whole number from {least} to {most}")
    return int(value)


def _rate_limit(given: Mapping[str, str]) -> str | None:
    value = given.get("RATE_LIMIT", DEFAULT_RATE_LIMIT).lower()
    if value in _NO:
        return None
    if not _RATE.fullmatch(value):
        raise _refused("RATE_LIMIT", f"is a number and a time, like {DEFAULT_RATE_LIMIT}, or {UNLIMITED}")
    return value


def _refused(name: str, what: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name} {what}")


def _listed(paths: tuple[Path, ...]) -> str:
    return ", ".join(str(path) for path in paths) or "(none)"


def _masked_url(url: str) -> str:
    """An address as shown: what stands before its host may be a password, what stands after it a key."""
    scheme, _, rest = url.partition("://")
    host = rest.rpartition("@")[2].partition("/")[0].partition("?")[0]
    return f"{scheme}://{host}/…"


def _masked_uri(uri: str | None) -> str:
    """A key URI as shown: what may hold a PIN or a token is masked."""
    if uri is None:
        return "(none: receipts are not signed)"
    scheme, colon, rest = uri.partition(":")
    if colon and scheme in ("pkcs11", "env", "memory"):
        return f"{scheme}:{'…' if rest else ''}"
    return uri.partition("?")[0]
