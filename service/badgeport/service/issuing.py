"""The issuer put together: its database, keys, mail and the verifier that looks at what it publishes."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from badgeport.issuer.desk import IssuerDesk, LiveCheck
from badgeport.issuer.hosting.documents import is_own, local
from badgeport.issuer.people.tables import IssuerKey
from badgeport.issuer.storage.database import Database, DatabaseError
from badgeport.issuer.storage.secrets import Secrets
from badgeport.keys import custody
from badgeport.keys.custody import file as key_file
from badgeport.keys.custody import local as local_keys
from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError
from badgeport.service.files import file_store
from badgeport.service.mailing import FileOutbox, mailer
from badgeport.service.outbound import GuardedOutbound
from badgeport.service.settings import DATABASE_NAME, Settings, SettingsError
from badgeport.verifier.resolution.fetching import Fetched, Fetcher, FetchError, Purpose
from badgeport.verifier.resolution.network import USUAL_PURPOSES
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web.views import report_view

KEYS_NAME = "keys"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


def make_issuer_desk(
    settings: Settings,
    verifier: Verifier | Callable[[Fetcher], Verifier],
    network: Fetcher,
    *,
    clock: Callable[[], datetime],
    contexts: ContextStore | None = None,
    software: str = "badgeport",
    roles_served: tuple[str, ...] = ("issuer", "verifier"),
    wake: Callable[[], None] = lambda: None,
) -> IssuerDesk:
    """The issuer's desk of these settings.

    ``verifier`` makes the verifier of live checks from a fetcher; ``network`` is the guarded client behind it.
    ``wake`` tells the worker of this process that there is work.
    Raises SettingsError where a setting is missing or cannot be used.
    """
    if settings.secret_key is None or settings.public_url is None:
        raise SettingsError("BADGEPORT_SECRET_KEY and BADGEPORT_PUBLIC_URL are needed to issue")
    try:
        secrets = Secrets(settings.secret_key)
    except ValueError as error:
        raise SettingsError(f"BADGEPORT_SECRET_KEY: {error}") from None
    database = open_database(settings)
    held: list[IssuerDesk] = []
    own = OwnFirst(network, lambda: held[0])
    made = verifier if isinstance(verifier, Verifier) else verifier(own)

    def check(data: bytes, language: str) -> LiveCheck:
        report = made.inspect(data, now=clock())
        view = report_view(report.to_json(), language, now=clock())
        return LiveCheck(report.verdict.value, view.headline, view.sentence, report.checked_at, report.to_json())

    mail = mailer(settings, clock)
    desk = IssuerDesk(
        database=database,
        blobs=file_store(settings),
        secrets=secrets,
        public_url=settings.public_url,
        custody=KeyRoom(settings.data_dir / KEYS_NAME, settings.passphrase, clock),
        check=check,
        mail=mail,
        outbox=mail if isinstance(mail, FileOutbox) else None,
        outbound=GuardedOutbound(allow_loopback_http=settings.allow_loopback_http),
        clock=clock,
        second_factor=settings.second_factor,
        instances=settings.vc_api_instances,
        contexts=contexts,
        software=software,
        environment=os.environ,
        roles_served=roles_served,
        wake=wake,
    )
    held.append(desk)
    return desk


def open_database(settings: Settings) -> Database:
    """The database of these settings. Raises SettingsError."""
    file = settings.data_dir / DATABASE_NAME
    url = settings.database_url or f"sqlite:///{file}"
    if settings.database_url is None:
        # For its owner alone from the beginning; what SQLite lays beside it takes after it.
        file.touch(mode=0o600, exist_ok=True)
    try:
        return Database.at(url)
    except DatabaseError as error:
        raise SettingsError(f"BADGEPORT_DATABASE_URL: {error}") from None


class OwnFirst:
    """A fetcher that answers addresses of this installation from what it would serve there, and others from elsewhere.

    So its own badges can be checked without a connection of the service to itself.
    """

    def __init__(
        self, network: Fetcher, desk: Callable[[], IssuerDesk], purposes: frozenset[Purpose] = USUAL_PURPOSES
    ) -> None:
        self._network = network
        self._desk = desk
        self._purposes = purposes

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document at an address. Raises FetchError."""
        desk = self._desk()
        found = local(desk, url) if purpose in self._purposes else None
        if found is None:
            if purpose in self._purposes and is_own(desk, url):
                raise FetchError(url, "there is nothing at this address, or it is not for everyone")
            return self._network.fetch(url, purpose)
        body, media_type = found
        return Fetched(url=url, body=body, media_type=media_type, fetched_at=desk.clock())


class KeyRoom:
    """Private keys of the issuer: makes them as encrypted files, opens them and any other by its URI, keeps signers."""

    def __init__(self, directory: Path, passphrase: str | None, clock: Callable[[], datetime]) -> None:
        # The database keeps where a key is: wherever the next process is started from.
        self._directory = directory.absolute()
        self._passphrase = passphrase
        self._clock = clock
        self._signers: dict[str, Signer] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "KeyRoom(…)"

    def create(
        self, name: str, key_type: KeyType, *, verification_method: str, controller: str
    ) -> tuple[str, PublicKey]:
        """A new encrypted key file. ``{key}`` in the two names stands for the new key's Multikey."""
        if not _NAME.fullmatch(name):
            raise ProblemError(KEY_CUSTODY_ERROR, "the name of a key holds small letters, digits, dots and dashes")
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = local_keys.generate(key_type)
        public = local_keys.local_signer(private).public_key
        method, owner = (one.replace("{key}", public.to_multikey()) for one in (verification_method, controller))
        path = self._directory / f"{name}.json"
        key_file.save(
            path,
            private,
            passphrase=self._ask(),
            created=self._clock(),
            controller=owner,
            verification_method=method,
        )
        return key_file.uri_of(path), public

    def adopt(self, uri: str) -> PublicKey:
        """As `Custody.adopt`."""
        return custody.open_signer(uri, passphrase=self._ask).public_key

    def open(self, key: IssuerKey) -> Signer:
        """As `Custody.open`."""
        with self._lock:
            signer = self._signers.get(key.id)
            if signer is None:
                signer = custody.open_signer(
                    self._found(key.uri),
                    passphrase=self._ask,
                    verification_method=key.verification_method,
                    controller=key.controller,
                    public_key=public_from_multikey(key.public),
                )
                self._signers[key.id] = signer
            return signer

    def _found(self, uri: str) -> str:
        """Where a key is now: a key file that was moved with the data directory is found there by its name."""
        if not uri.startswith("file:"):
            return uri
        path = key_file.path_of(uri)
        moved = self._directory / path.name
        return key_file.uri_of(moved) if not path.exists() and moved.exists() else uri

    def _ask(self) -> str:
        if self._passphrase is None:
            raise ProblemError(KEY_CUSTODY_ERROR, "keys are encrypted; set BADGEPORT_PASSPHRASE")
        return self._passphrase
