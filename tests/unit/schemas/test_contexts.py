"""The bundled JSON-LD contexts and the operator's own."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from badgeport.schemas import contexts
from badgeport.schemas.contexts import ContextEntry, ContextStore, add_to_directory, store, urls
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import CONTEXT_UNKNOWN, MALFORMED_VALUE_ERROR, ProblemError
from support.shared import shared_path

# The file of each context among the official data that may lie beside a checkout.
REFERENCE = {
    urls.CREDENTIALS_V1: "credentials-v1.jsonld",
    urls.CREDENTIALS_V2: "credentials-v2.jsonld",
    urls.UNDEFINED_TERMS_V2: "undefined-terms-v2.jsonld",
    urls.DATA_INTEGRITY_V1: "data-integrity-v1.jsonld",
    urls.DATA_INTEGRITY_V2: "data-integrity-v2.jsonld",
    urls.MULTIKEY_V1: "multikey-v1.jsonld",
    urls.DID_V1: "did-v1.jsonld",
    urls.SECURITY_V1: "security-v1.jsonld",
    urls.SECURITY_V2: "security-v2.jsonld",
    urls.ED25519_2020_V1: "ed25519-2020-v1.jsonld",
    urls.JWS_2020_V1: "jws-2020-v1.jsonld",
    urls.BBS_V1: "bbs-v1.json",
    urls.STATUS_LIST_2021_V1: "status-list-2021-v1.jsonld",
    urls.STATUS_V1: "status-v1.jsonld",
    urls.OB_3_0_0: "ob-3.0.0.json",
    urls.OB_3_0_1: "ob-3.0.1.json",
    urls.OB_3_0_2: "ob-3.0.2.json",
    urls.OB_3_0_3: "ob-3.0.3.json",
    urls.OB_EXTENSIONS: "ob-extensions.json",
    urls.OB_2: "ob-v2.jsonld",
    urls.CLR_2_0_1: "clr-2.0.1.json",
}
URL = "https://badges.example/context/v1"
CONTEXT = b'{"@context":{"@protected":true,"rating":"https://badges.example/vocab#rating"}}'
OTHER = b'{"@context":{"rating":"https://badges.example/vocab#stars"}}'


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def manifest(directory: Path, records: Any, **documents: bytes) -> Path:
    (directory / "manifest.json").write_text(json.dumps(records))
    for name, data in documents.items():
        (directory / f"{name}.jsonld").write_bytes(data)
    return directory


def record(data: bytes = CONTEXT, **members: Any) -> dict[str, Any]:
    return {"url": URL, "file": "own.jsonld", "sha256": digest(data), **members}


def refused(use: Any, *arguments: Any, **options: Any) -> ProblemError:
    with pytest.raises(ProblemError) as error:
        use(*arguments, **options)
    assert error.value.problem.type == MALFORMED_VALUE_ERROR
    return error.value


def test_every_url_of_the_library_is_bundled() -> None:
    assert set(store().urls()) == set(REFERENCE)
    assert set(REFERENCE) == {value for value in vars(urls).values() if isinstance(value, str) and "://" in value[:8]}
    assert set(urls.OB_3_0) <= set(REFERENCE)


@pytest.mark.parametrize("url", REFERENCE)
def test_bundled_files_have_the_digests_of_the_manifest(url: str) -> None:
    entry = store().entry(url)
    assert digest(store().data(url)) == entry.sha256
    assert entry.url == url
    assert entry.registry in ("npm", "PyPI")
    assert entry.package
    assert entry.version
    assert entry.licence
    assert isinstance(store().get(url)["@context"], dict | list)


@pytest.mark.parametrize("url", REFERENCE)
def test_bundled_contexts_equal_the_official_ones(url: str) -> None:
    official = shared_path(f"contexts/{REFERENCE[url]}").read_bytes()
    assert store().get(url) == json.loads(official)
    assert store().entry(url).published_sha256 == digest(official)


def test_the_digests_that_specifications_state() -> None:
    # VCDM 2.0 (normative); the Open Badges 3.0.3 context in its edition with jti and endorsementJwt.
    vcdm, badges = store().data(urls.CREDENTIALS_V2), store().data(urls.OB_3_0_3)
    assert digest(vcdm) == "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"
    assert digest(badges) == "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84"
    assert {"jti", "endorsementJwt"} <= set(json.loads(badges)["@context"])


def test_nothing_lies_in_the_data_folder_that_the_manifest_does_not_name() -> None:
    folder = Path(contexts.__file__).with_name("data")
    entries = [store().entry(url) for url in store().urls()]
    named = {entry.file for each in entries for entry in (each, *each.previous)}
    assert {file.name for file in folder.iterdir()} == named | {"manifest.json", "NOTICE"}


def test_importing_reads_no_file() -> None:
    program = "from badgeport.schemas import contexts as c; print(c.store.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_documents_are_fresh_copies() -> None:
    store().get(urls.OB_3_0_3)["@context"].clear()
    assert store().get(urls.OB_3_0_3)["@context"]


@pytest.mark.parametrize("url", ["", URL, urls.OB_3_0_3 + "#x", urls.OB_3_0_3 + "/", None, 7, []])
def test_other_urls_are_unknown(url: Any) -> None:
    assert url not in store()
    for use in (store().get, store().data, store().entry, store().with_previous):
        with pytest.raises(ProblemError) as error:
            use(url)
        assert error.value.problem.type == CONTEXT_UNKNOWN


def test_a_changed_or_missing_file_is_not_used() -> None:
    def missing() -> bytes:
        raise FileNotFoundError

    for reader in (lambda: OTHER, missing):
        changed = ContextStore({URL: ContextEntry(URL, "own.jsonld", digest(CONTEXT))}, {digest(CONTEXT): reader})
        with pytest.raises(ProblemError) as error:
            changed.get(URL)
        assert error.value.problem.type == CONTEXT_UNKNOWN


def test_the_previous_edition() -> None:
    older = store().with_previous(urls.OB_3_0_3)
    assert older.entry(urls.OB_3_0_3) == store().entry(urls.OB_3_0_3).previous[0]
    assert digest(older.data(urls.OB_3_0_3)) == older.entry(urls.OB_3_0_3).sha256
    assert not {"jti", "endorsementJwt"} & set(older.get(urls.OB_3_0_3)["@context"])
    assert older.get(urls.CREDENTIALS_V2) == store().get(urls.CREDENTIALS_V2)
    for none_older in (older, store()):
        with pytest.raises(ProblemError) as error:
            none_older.with_previous(urls.OB_3_0_3 if none_older is older else urls.OB_3_0_2)
        assert error.value.problem.type == CONTEXT_UNKNOWN


def test_the_previous_edition_is_the_one_of_the_specification_repository() -> None:
    official = shared_path("contexts/specrepo/ob-3.0.3.json").read_bytes()
    assert store().with_previous(urls.OB_3_0_3).get(urls.OB_3_0_3) == json.loads(official)


def test_fingerprints_tell_stores_apart() -> None:
    added = store().with_documents({URL: CONTEXT})
    changed = store().with_documents({URL: OTHER})
    older = store().with_previous(urls.OB_3_0_3)
    assert len({store().fingerprint, added.fingerprint, changed.fingerprint, older.fingerprint}) == 4
    assert store().with_documents({URL: CONTEXT}).fingerprint == added.fingerprint
    assert store().with_documents({}).fingerprint == store().fingerprint
    first, second = "https://a.example/1", "https://a.example/2"
    one_way = store().with_documents({first: CONTEXT}).with_documents({second: OTHER})
    other_way = store().with_documents({second: OTHER, first: CONTEXT})
    assert one_way.fingerprint == other_way.fingerprint


def test_added_documents() -> None:
    added = store().with_documents({URL: CONTEXT})
    assert URL in added
    assert URL not in store()
    assert added.get(URL) == json.loads(CONTEXT)
    assert added.entry(URL).sha256 == digest(CONTEXT)
    assert added.urls()[-1] == URL
    same = added.with_documents({URL: CONTEXT, urls.OB_3_0_3: store().data(urls.OB_3_0_3)})
    assert same.fingerprint == added.fingerprint
    assert same.entry(urls.OB_3_0_3).package == store().entry(urls.OB_3_0_3).package


def test_what_a_url_means_is_never_replaced() -> None:
    refused(store().with_documents, {urls.OB_3_0_3: OTHER})
    refused(store().with_documents, {urls.OB_3_0_3: store().with_previous(urls.OB_3_0_3).data(urls.OB_3_0_3)})
    refused(store().with_documents({URL: CONTEXT}).with_documents, {URL: OTHER})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"@context":"https://a.example"}',
        b'{"@context":null}',
        b'{"@context":{},"@context":{}}',
        b"\xff",
    ],
)
def test_only_contexts_are_added(data: bytes) -> None:
    refused(store().with_documents, {URL: data})


def test_an_operators_directory(tmp_path: Path) -> None:
    added = store().with_directory(manifest(tmp_path, [record()], own=CONTEXT))
    (tmp_path / "own.jsonld").write_bytes(OTHER)
    assert added.get(URL) == json.loads(CONTEXT)
    assert store().with_directory(str(manifest(tmp_path, []))).fingerprint == store().fingerprint


@pytest.mark.parametrize(
    ("records", "pointer"),
    [
        ({}, None),
        ([7], "/0"),
        ([record(), {}], "/1/url"),
        ([record(url="no-url")], "/0/url"),
        ([record(url="https://a.example/ b")], "/0/url"),
        ([record(url="https://a.example/#b")], "/0/url"),
        ([record(url=7)], "/0/url"),
        ([record(file="none.jsonld")], "/0/file"),
        ([record(file="../own.jsonld")], "/0/file"),
        ([record(file="/etc/passwd")], "/0/file"),
        ([record(file="..")], "/0/file"),
        ([record(file="")], "/0/file"),
        ([record(file="own.jsonld\0")], "/0/file"),
        ([record(sha256="")], "/0/sha256"),
        ([record(sha256=digest(OTHER))], "/0/sha256"),
        ([record(sha256=digest(CONTEXT).upper())], "/0/sha256"),
        ([record(), record(OTHER, file="other.jsonld")], "/1/url"),
    ],
)
def test_a_directory_is_as_its_manifest_says(tmp_path: Path, records: Any, pointer: str | None) -> None:
    directory = manifest(tmp_path, records, own=CONTEXT, other=OTHER)
    assert refused(store().with_directory, directory).problem.pointer == pointer


def test_a_directory_does_not_replace_what_is_bundled(tmp_path: Path) -> None:
    refused(store().with_directory, manifest(tmp_path, [record(url=urls.OB_3_0_3)], own=CONTEXT))


def test_unusable_directories(tmp_path: Path) -> None:
    refused(store().with_directory, tmp_path)
    refused(store().with_directory, tmp_path / "missing")
    refused(store().with_directory, "nul\0byte")
    (tmp_path / "manifest.json").write_bytes(b'[{"url":1,"url":2}]')
    refused(store().with_directory, tmp_path)
    manifest(tmp_path, [record(file="sub")])
    (tmp_path / "sub").mkdir()
    refused(store().with_directory, tmp_path)
    manifest(tmp_path, [record()], own=CONTEXT)
    refused(store().with_directory, tmp_path, Limits(document_bytes=len(CONTEXT) - 1))


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_links_stay_inside_the_directory(tmp_path: Path) -> None:
    directory, outside = tmp_path / "contexts", tmp_path / "outside.jsonld"
    (directory / "data").mkdir(parents=True)
    outside.write_bytes(CONTEXT)
    manifest(directory, [record()])
    (directory / "own.jsonld").symlink_to(outside)
    refused(store().with_directory, directory)
    (directory / "own.jsonld").unlink()
    (directory / "own.jsonld").symlink_to("own.jsonld")
    refused(store().with_directory, directory)
    (directory / "own.jsonld").unlink()
    (directory / "data/own.jsonld").write_bytes(CONTEXT)
    (directory / "own.jsonld").symlink_to("data/own.jsonld")
    assert URL in store().with_directory(directory)


def test_adding_to_a_directory(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "contexts"
    entry = add_to_directory(directory, URL, CONTEXT, None)
    assert (entry.url, entry.sha256) == (URL, digest(CONTEXT))
    again = add_to_directory(directory, URL, CONTEXT, digest(CONTEXT).upper())
    assert again == entry
    add_to_directory(str(directory), URL + "/2", OTHER, digest(OTHER))
    added = store().with_directory(directory)
    assert (added.data(URL), added.data(URL + "/2")) == (CONTEXT, OTHER)
    assert json.loads((directory / "manifest.json").read_bytes())[0] == {
        "url": URL,
        "file": entry.file,
        "sha256": digest(CONTEXT),
    }
    assert sorted(path.name for path in directory.iterdir()) == sorted(
        ["manifest.json", entry.file, added.entry(URL + "/2").file]
    )


@pytest.mark.parametrize(
    ("url", "data", "sha256"),
    [
        (URL, CONTEXT, digest(OTHER)),
        (URL, CONTEXT, ""),
        (URL, b"{}", None),
        ("", CONTEXT, None),
        ("badges.example", CONTEXT, None),
        (URL + "#x", CONTEXT, None),
        (URL + " x", CONTEXT, None),
        (urls.CREDENTIALS_V2, CONTEXT, None),
    ],
)
def test_adding_refuses(tmp_path: Path, url: str, data: bytes, sha256: str | None) -> None:
    refused(add_to_directory, tmp_path, url, data, sha256)
    assert list(tmp_path.iterdir()) == []


def test_adding_does_not_replace(tmp_path: Path) -> None:
    add_to_directory(tmp_path, URL, CONTEXT, None)
    refused(add_to_directory, tmp_path, URL, OTHER, None)
    assert store().with_directory(tmp_path).data(URL) == CONTEXT


def test_adding_leaves_a_broken_directory_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b"{")
    refused(add_to_directory, tmp_path, URL, CONTEXT, None)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
    (tmp_path / "file").write_bytes(b"")
    refused(add_to_directory, tmp_path / "file", URL, CONTEXT, None)
    refused(add_to_directory, "nul\0byte", URL, CONTEXT, None)


def test_a_failed_write_leaves_the_old_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_to_directory(tmp_path, URL, CONTEXT, None)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    refused(add_to_directory, tmp_path, URL + "/2", OTHER, None)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
