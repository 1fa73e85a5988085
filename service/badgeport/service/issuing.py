"""The issuer put together: its database, keys, mail and the verifier that looks at what it publishes."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from badgeport.issuer.desk import IssuerDesk, LiveCheck, OutboundError
from badgeport.issuer.hosting.documents import local
from badgeport.issuer.people.tables import IssuerKey
from badgeport.issuer.storage.blobs import DiskBlobs
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
from badgeport.service.settings import Settings, SettingsError
from badgeport.verifier.resolution.fetching import Fetched, Fetcher, Purpose
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web.views import report_view

DATABASE_NAME = "badgeport.sqlite"
BLOBS_NAME = "files"
KEYS_NAME = "keys"
OUTBOX_NAME = "outbox"
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
) -> IssuerDesk:
    """The issuer's desk of these settings.

    ``verifier`` makes the verifier of live checks from a fetcher; ``network`` is the guarded client behind it.
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

    desk = IssuerDesk(
        database=database,
        blobs=DiskBlobs(settings.data_dir / BLOBS_NAME),
        secrets=secrets,
        public_url=settings.public_url,
        custody=KeyRoom(settings.data_dir / KEYS_NAME, settings.passphrase, clock),
        check=check,
        mail=FileOutbox(settings.data_dir / OUTBOX_NAME, clock),
        clock=clock,
        second_factor=settings.second_factor,
        instances=settings.vc_api_instances,
        contexts=contexts,
        software=software,
        environment=os.environ,
        roles_served=roles_served,
    )
    held.append(desk)
    return desk


def open_database(settings: Settings) -> Database:
    """The database of these settings. Raises SettingsError."""
    url = settings.database_url or f"sqlite:///{settings.data_dir / DATABASE_NAME}"
    try:
        return Database.at(url)
    except DatabaseError as error:
        raise SettingsError(f"BADGEPORT_DATABASE_URL: {error}") from None


class OwnFirst:
    """A fetcher that answers addresses of this installation from what it would serve there, and others from elsewhere.

    So a badge's own page can be checked without a connection of the service to itself.
    """

    def __init__(self, network: Fetcher, desk: Callable[[], IssuerDesk]) -> None:
        self._network = network
        self._desk = desk

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document at an address. Raises FetchError."""
        desk = self._desk()
        found = local(desk, url)
        if found is None:
            return self._network.fetch(url, purpose)
        body, media_type = found
        return Fetched(url=url, body=body, media_type=media_type, fetched_at=desk.clock())


class KeyRoom:
    """Private keys of the issuer: makes them as encrypted files, opens them and any other by its URI, keeps signers."""

    def __init__(self, directory: Path, passphrase: str | None, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._passphrase = passphrase
        self._clock = clock
        self._signers: dict[str, Signer] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "KeyRoom(…)"

    def create(
        self, name: str, key_type: KeyType, *, verification_method: str, controller: str
    ) -> tuple[str, PublicKey]:
        """A new encrypted key file. ``{key}`` in the verification method stands for the new key's Multikey."""
        if not _NAME.fullmatch(name):
            raise ProblemError(KEY_CUSTODY_ERROR, "the name of a key holds small letters, digits, dots and dashes")
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = local_keys.generate(key_type)
        public = local_keys.local_signer(private).public_key
        method = verification_method.replace("{key}", public.to_multikey())
        path = self._directory / f"{name}.json"
        key_file.save(
            path,
            private,
            passphrase=self._ask(),
            created=self._clock(),
            controller=controller,
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
                    key.uri,
                    passphrase=self._ask,
                    verification_method=key.verification_method,
                    controller=key.controller,
                    public_key=public_from_multikey(key.public),
                )
                self._signers[key.id] = signer
            return signer

    def _ask(self) -> str:
        if self._passphrase is None:
            raise ProblemError(KEY_CUSTODY_ERROR, "keys are encrypted; set BADGEPORT_PASSPHRASE")
        return self._passphrase


class FileOutbox:
    """Messages as files in a directory: the default, and what tests read."""

    def __init__(self, directory: Path, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._clock = clock

    def __call__(self, address: str, subject: str, body: str) -> None:
        """Write one message. Raises OutboundError."""
        from email.message import EmailMessage
        from email.utils import format_datetime

        message = EmailMessage()
        message["To"], message["Subject"], message["Date"] = address, subject, format_datetime(self._clock())
        message.set_content(body)
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            stamp = self._clock().strftime("%Y%m%dT%H%M%S%f")
            path = self._directory / f"{stamp}-{os.urandom(4).hex()}.eml"
            path.write_bytes(bytes(message))
            path.chmod(0o600)
        except OSError as error:
            raise OutboundError(f"the outbox cannot be written: {error.strerror}") from None
