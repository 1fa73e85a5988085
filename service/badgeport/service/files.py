"""Where uploads are kept: in the data directory, or in a bucket of an S3-compatible store."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from badgeport.issuer.storage.blobs import CHUNK, Blobs, DiskBlobs
from badgeport.service.settings import PREFIX, Settings, SettingsError

FOLDER_NAME = "files"
_IN_MEMORY = 4 * CHUNK
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})


def file_store(settings: Settings) -> Blobs:
    """The store of these settings. Raises SettingsError."""
    if settings.files is None:
        return DiskBlobs(settings.data_dir / FOLDER_NAME)
    parts = urlsplit(settings.files)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
        raise SettingsError(f"{PREFIX}FILES is s3://BUCKET or s3://BUCKET/PREFIX; without it files are in DATA_DIR")
    try:
        import boto3
    except ModuleNotFoundError:
        raise SettingsError(f"{PREFIX}FILES needs the extra badgeport[s3]") from None
    from botocore.config import Config

    limits = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
    return S3Blobs(boto3.client("s3", config=limits), parts.netloc, parts.path.strip("/"))


class S3Blobs:
    """Files in a bucket, by digest below a prefix. Region, credentials, endpoint are those of the AWS environment."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """As `Blobs.put`. Raises OSError where the store does not take it."""
        hashed, size = hashlib.sha256(), 0
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as held:
            while chunk := source.read(CHUNK):
                hashed.update(chunk)
                size += len(chunk)
                held.write(chunk)
            held.seek(0)
            digest = hashed.hexdigest()
            # Written again even where it is there: an object that was damaged is then whole.
            self._asked(
                "upload_fileobj", held, self._bucket, self._key(digest), ExtraArgs={"ChecksumAlgorithm": "SHA256"}
            )
        return digest, size

    def open(self, digest: str) -> BinaryIO:
        """As `Blobs.open`. Raises OSError where the store does not answer."""
        held = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller's to close
        try:
            self._asked("download_fileobj", self._bucket, self._key(digest), held)
        except BaseException:
            held.close()
            raise
        held.seek(0)
        return cast("BinaryIO", held)

    def has(self, digest: str) -> bool:
        """As `Blobs.has`. Raises OSError where the store does not answer."""
        try:
            self._asked("head_object", Bucket=self._bucket, Key=self._key(digest))
        except KeyError:
            return False
        return True

    def delete(self, digest: str) -> None:
        """As `Blobs.delete`. Raises OSError where the store does not answer."""
        self._asked("delete_object", Bucket=self._bucket, Key=self._key(digest))

    def digests(self) -> Iterator[str]:
        """As `Blobs.digests`. Raises OSError where the store does not answer."""
        return (digest for digest, _ in self._listed())

    def older(self, age: timedelta) -> Iterator[str]:
        """As `Blobs.older`; nothing half written is ever an object here. Raises OSError as `digests` does."""
        before = datetime.now(UTC) - age
        return (digest for digest, written in self._listed() if written < before)

    def _listed(self) -> Iterator[tuple[str, datetime]]:
        more: dict[str, str] = {}
        while True:
            found = self._asked("list_objects_v2", Bucket=self._bucket, Prefix=self._prefix, **more)
            for item in found.get("Contents", ()):
                name = item["Key"].rpartition("/")[2]
                if _DIGEST.fullmatch(name) and item["Key"] == self._key(name):
                    yield name, item["LastModified"]
            if not found.get("IsTruncated"):
                return
            more = {"ContinuationToken": found["NextContinuationToken"]}

    def _key(self, digest: str) -> str:
        if not _DIGEST.fullmatch(digest):
            raise KeyError(digest)
        return f"{self._prefix}{digest[:2]}/{digest}"

    def _asked(self, operation: str, *given: Any, **named: Any) -> Any:
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, operation)(*given, **named)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _ABSENT and operation in ("download_fileobj", "head_object"):
                raise KeyError(operation) from None
            raise OSError(f"the file store refused ({code})") from None
        except (BotoCoreError, Boto3Error) as error:
            raise OSError(f"the file store does not answer ({type(error).__name__})") from None
