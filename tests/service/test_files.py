"""Where files are kept: a disk and an S3-compatible store behave alike."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from badgeport.issuer.storage.blobs import Blobs, DiskBlobs
from badgeport.service.files import S3Blobs, file_store
from badgeport.service.settings import Settings, SettingsError

LARGE = b"0123456789abcdef" * 700_000
ABSENT = "0" * 64


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="badges")
        yield client


@pytest.fixture(params=["disk", "s3", "s3 at the top"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "disk":
        return DiskBlobs(tmp_path / "files")
    client = request.getfixturevalue("bucket")
    return S3Blobs(client, "badges", "" if request.param.endswith("top") else "evidence/2025")


@pytest.mark.parametrize("data", [b"", b"one", LARGE], ids=len)
def test_what_is_put_can_be_opened(blobs: Blobs, data: bytes) -> None:
    digest, size = blobs.put(io.BytesIO(data))
    assert (digest, size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert blobs.put(io.BytesIO(data)) == (digest, size)
    with blobs.open(digest) as stream:
        assert stream.read(3) == data[:3]
        stream.seek(0)
        assert stream.read() == data
    assert list(blobs.digests()) == [digest]


def test_what_is_deleted_is_gone(blobs: Blobs) -> None:
    one, two = (blobs.put(io.BytesIO(data))[0] for data in (b"one", b"two"))
    blobs.delete(one)
    blobs.delete(one)
    with pytest.raises(KeyError):
        blobs.open(one)
    assert list(blobs.digests()) == [two]


@pytest.mark.parametrize("name", [ABSENT, "", "../secret", "A" * 64, ABSENT[:-1], ABSENT + "0"])
def test_what_is_not_there_is_a_key_error(blobs: Blobs, name: str) -> None:
    blobs.put(io.BytesIO(b"one"))
    with pytest.raises(KeyError):
        blobs.open(name)


def test_many_are_listed(bucket: Any) -> None:
    store = S3Blobs(bucket, "badges", "x")
    wanted = {store.put(io.BytesIO(str(number).encode()))[0] for number in range(1003)}
    bucket.put_object(Bucket="badges", Key="x/readme", Body=b"")
    bucket.put_object(Bucket="badges", Key=f"y/{ABSENT[:2]}/{ABSENT}", Body=b"")
    assert set(store.digests()) == wanted


def test_a_store_that_refuses_is_an_error_of_the_system(bucket: Any) -> None:
    store = S3Blobs(bucket, "there-is-none")
    with pytest.raises(OSError, match="NoSuchBucket"):
        store.put(io.BytesIO(b"one"))
    with pytest.raises(OSError, match="NoSuchBucket"):
        list(store.digests())


def test_the_setting_chooses(bucket: Any, tmp_path: Path) -> None:
    assert isinstance(file_store(Settings(data_dir=tmp_path)), DiskBlobs)
    store = file_store(Settings(data_dir=tmp_path, files="s3://badges/some/where/"))
    digest, _ = store.put(io.BytesIO(b"one"))
    assert bucket.get_object(Bucket="badges", Key=f"some/where/{digest[:2]}/{digest}")["Body"].read() == b"one"
    for wrong in ("s3://", "https://badges", "s3:badges", "badges", "s3://badges/x?y=z"):
        with pytest.raises(SettingsError, match="BADGEPORT_FILES"):
            file_store(Settings(data_dir=tmp_path, files=wrong))
