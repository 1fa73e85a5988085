"""Key files: the private key as encrypted PKCS#8, the public part beside it in the clear.

The public part lets a key be listed and published without its passphrase. It is held against the private key whenever
that is opened. Files are readable by their owner alone and appear whole or not at all.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from badgeport.keys.custody.local import generate, local_signer, signer_names
from badgeport.keys.custody.pkcs8 import encrypted_pem
from badgeport.keys.lifecycle import KeyRecord, KeyState
from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.pem import is_encrypted_pem, private_from_pem
from badgeport.keys.private import CryptographyPrivateKey, checked_private, require, unusable
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.problems import ProblemError

VERSION = 1
FILE_BYTES = 64 * 1024
"""The longest key file that is read."""

_MARK = "key"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OWNER_ONLY = 0o600
_DATES = ("created", "retired", "expires", "revoked")


def create(
    path: str | os.PathLike[str],
    key_type: KeyType,
    *,
    passphrase: str,
    created: datetime,
    controller: str | None = None,
    verification_method: str | None = None,
) -> Signer:
    """Make a new key in a new file and give its signer.

    ``created`` is an aware instant. The names default to the did:key of the new key; a controller without a
    verification method gets ``<controller>#<multikey>``. Raises ProblemError(KEY_CUSTODY_ERROR): the file exists, the
    passphrase is empty, the key type only verifies, or the file cannot be written.
    """
    return save(
        path,
        generate(key_type),
        passphrase=passphrase,
        created=created,
        controller=controller,
        verification_method=verification_method,
    )


def save(
    path: str | os.PathLike[str],
    key: CryptographyPrivateKey,
    *,
    passphrase: str,
    created: datetime,
    controller: str | None = None,
    verification_method: str | None = None,
) -> Signer:
    """Put an existing private key into a new key file and give its signer; otherwise as `create`."""
    if not passphrase:
        raise unusable("a key file needs a passphrase that is not empty")
    target = Path(path)
    signer = local_signer(checked_private(key), verification_method=verification_method, controller=controller)
    record = KeyRecord(
        uri_of(target), signer.public_key, signer.verification_method, signer.controller, KeyState.ACTIVE, created
    )
    _write(target, _encoded(record, encrypted_pem(key, passphrase)), replace=False)
    return signer


def load(
    path: str | os.PathLike[str],
    *,
    passphrase: Callable[[], str] | None = None,
    verification_method: str | None = None,
    controller: str | None = None,
    public_key: PublicKey | None = None,
) -> Signer:
    """The signer of a key file, or of an encrypted PKCS#8 PEM file.

    ``passphrase`` is called once. Names that are given win over those in the file. Raises
    ProblemError(KEY_CUSTODY_ERROR): no such file, open to others than its owner, not a key file, the key retired or
    revoked, the passphrase missing or wrong, or the private key not the one that the file or ``public_key`` names.
    """
    content = _read(Path(path))
    if content.lstrip().startswith(b"-----BEGIN "):
        record, pem = None, content.decode("ascii", "replace")
        if not is_encrypted_pem(pem):
            raise unusable("the PEM file holds a private key that is not encrypted")
    else:
        record, pem = _decoded(content, Path(path))
    if record is not None and record.state is not KeyState.ACTIVE:
        raise unusable(f"the key is {record.state} and signs no more")
    secret = require(passphrase, "the key file is encrypted and no passphrase was given")()
    key = private_from_pem(pem, secret)
    if record is not None:
        if PublicKey.of(key.public_key()) != record.public_key:
            raise unusable("the private key in the file does not belong to the public key that the file names")
        if verification_method is None and controller is None:
            verification_method, controller = record.verification_method, record.controller
    return local_signer(key, verification_method=verification_method, controller=controller, public_key=public_key)


def public_record(path: str | os.PathLike[str]) -> KeyRecord:
    """What a key file says in the clear; no passphrase is needed and none of it is checked against the private key.

    Raises ProblemError(KEY_CUSTODY_ERROR) where the file cannot be read or has no such part (a plain PEM file).
    """
    return _decoded(_read(Path(path)), Path(path))[0]


def update(path: str | os.PathLike[str], record: KeyRecord) -> None:
    """Write a changed record (retired, revoked, renamed) into its key file; the encrypted key stays as it is.

    Raises ProblemError(KEY_CUSTODY_ERROR) where the record is of another key, or the file cannot be read or written.
    """
    target = Path(path)
    old, pem = _decoded(_read(target), target)
    if old.public_key != record.public_key:
        raise unusable("the record belongs to another key than the file")
    _write(target, _encoded(record, pem), replace=True)


def uri_of(path: str | os.PathLike[str]) -> str:
    """The ``file:`` URI of a path, taken literally."""
    return f"file:{os.fspath(path)}"


def path_of(uri: str) -> Path:
    """The path of a ``file:`` URI: ``file:PATH`` literally, relative paths too, or ``file:///PATH`` percent-decoded.

    Raises ProblemError(KEY_CUSTODY_ERROR) for another host than this one.
    """
    location = uri.removeprefix("file:")
    if location.startswith("//"):
        host, slash, path = location[2:].partition("/")
        if host not in {"", "localhost"}:
            raise unusable("a key file is on this host: file:PATH or file:///PATH")
        location = unquote(slash + path)
    if not location or "\0" in location:
        raise unusable("the key URI names no file")
    return Path(location)


def _encoded(record: KeyRecord, pem: str) -> bytes:
    dates = {name: getattr(record, name) for name in _DATES}
    body: dict[str, Any] = {
        "badgeport": _MARK,
        "version": VERSION,
        "verificationMethod": record.verification_method,
        "controller": record.controller,
        "keyType": str(record.public_key.key_type),
        "publicKeyMultibase": record.public_key.to_multikey(),
        "state": str(record.state),
        **{name: format_datetime(instant) for name, instant in dates.items() if instant is not None},
        "encryptedPrivateKey": pem,
    }
    return json.dumps(body, indent=2).encode("utf-8") + b"\n"


def _decoded(content: bytes, path: Path) -> tuple[KeyRecord, str]:
    try:
        body = jsontext.parse_object(content)
    except ProblemError:
        body = {}
    if body.get("badgeport") != _MARK:
        raise unusable(f"{path} is not a Badgeport key file")
    if body.get("version") != VERSION:
        raise unusable(f"{path} is a key file of another version")
    pem = body.get("encryptedPrivateKey")
    method, controller = body.get("verificationMethod"), body.get("controller")
    if not (isinstance(pem, str) and isinstance(method, str) and isinstance(controller, str) and is_encrypted_pem(pem)):
        raise unusable(f"{path} is damaged: a member is missing or malformed")
    try:
        public_key = public_from_multikey(body.get("publicKeyMultibase", ""))
        signer_names(public_key, method, controller)
        created, retired, expires, revoked = (
            parse_datetime(body[name]) if name in body or name == "created" else None for name in _DATES
        )
        record = KeyRecord(
            uri_of(path),
            public_key,
            method,
            controller,
            KeyState(body.get("state", "")),
            require(created, "the key file has no creation date"),
            retired,
            expires,
            revoked,
        )
    except (ProblemError, ValueError, KeyError) as error:
        reason = f": {error.problem.detail}" if isinstance(error, ProblemError) else ""
        raise unusable(f"{path} is damaged{reason}") from None
    return record, pem


def _read(path: Path) -> bytes:
    try:
        # Non-blocking, so that a named pipe in the file's place does not hang the program.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise unusable(f"the key file {path} is not a regular file")
            if status.st_mode & _OTHERS:
                raise unusable(f"the key file {path} is open to other users: run chmod 600 {path}")
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(FILE_BYTES + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise unusable(f"the key file {path} cannot be read: {getattr(error, 'strerror', error)}") from None
    if len(content) > FILE_BYTES:
        raise unusable(f"the key file {path} is longer than {FILE_BYTES} bytes")
    return content


def _write(path: Path, content: bytes, *, replace: bool) -> None:
    if not path.name or "\0" in str(path):
        raise unusable("the path names no file")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        try:
            _write_new(temporary, content)
            if replace:
                temporary.rename(path)
            else:
                # A hard link, unlike a rename, fails where the name is taken.
                os.link(temporary, path)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        _sync_directory(path.parent)
    except FileExistsError:
        raise unusable(f"the key file {path} exists already and is never overwritten") from None
    except OSError as error:
        raise unusable(f"the key file {path} cannot be written: {error.strerror}") from None


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _OWNER_ONLY)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
