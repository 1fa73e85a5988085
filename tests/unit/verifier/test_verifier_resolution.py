"""Where documents come from: replayed, from a directory, through one recorder; and what a DID resolves to."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from badgeport.keys import did
from badgeport.schemas import jsontext
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID,
    INVALID_VERIFICATION_METHOD_URL,
    KEY_UNAVAILABLE,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.controllers import resolve_controller, resolve_did
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import Fetched, FetchError, NoNetwork, Recorder
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import verifying as v

WEB = "did:web:lakeside.example"
WEB_DOCUMENT = "https://lakeside.example/.well-known/did.json"


def test_no_network_has_nothing() -> None:
    with pytest.raises(FetchError, match="offline"):
        NoNetwork().fetch("https://lakeside.example/", "controller")


def test_a_replay_holds_what_it_was_given() -> None:
    fetched = Fetched("https://a.example/", b"a", "text/plain", datetime(2026, 1, 1, tzinfo=UTC))
    for resolver in (
        ReplayResolver({fetched.url: b"a"}),
        ReplayResolver({fetched.url: fetched}),
        ReplayResolver([fetched]),
    ):
        assert resolver.fetch(fetched.url, "resource").body == b"a"
        with pytest.raises(FetchError):
            resolver.fetch("https://b.example/", "resource")


class Counting:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, url: str, purpose: Any) -> Fetched:
        self.asked.append(url)
        if url.endswith("missing"):
            raise FetchError(url, "not found")
        if url.endswith("broken"):
            raise ValueError("boom")
        return Fetched(url, b"x" * 100)


def test_the_recorder_asks_once_and_records_what_it_got() -> None:
    counting = Counting()
    recorder = Recorder(counting)
    for _ in range(3):
        recorder.fetch("https://a.example/", "controller")
        for url in ("https://a.example/missing", "https://a.example/broken"):
            with pytest.raises(FetchError):
                recorder.fetch(url, "controller")
    assert len(counting.asked) == 3
    (document,) = recorder.documents()
    assert (document.url, document.sha256) == ("https://a.example/", hashlib.sha256(b"x" * 100).hexdigest())
    assert list(recorder.bodies()) == ["https://a.example/"]


def test_the_recorder_bounds_size_and_number() -> None:
    with pytest.raises(FetchError, match="larger"):
        Recorder(Counting(), Limits(input_bytes=10)).fetch("https://a.example/", "controller")
    for limits, why in (
        (Limits(fetches=2), "too many"),
        (Limits(fetched_bytes=200), "too large all together"),
        (Limits(fetch_seconds=0.0), "time"),
    ):
        recorder = Recorder(Counting(), limits)
        if limits.fetch_seconds:
            recorder.fetch("https://a.example/1", "controller")
            recorder.fetch("https://a.example/2", "controller")
        with pytest.raises(FetchError, match=why):
            recorder.fetch("https://a.example/3", "controller")
        assert [failure.url for failure in recorder.failures()] == ["https://a.example/3"]


def test_what_could_not_be_had_is_replayed_with_its_reason() -> None:
    recorder = Recorder(NoNetwork())
    with pytest.raises(FetchError):
        recorder.fetch("https://a.example/", "status-list")
    replayed = ReplayResolver({}, recorder.failures())
    with pytest.raises(FetchError, match="offline"):
        replayed.fetch("https://a.example/", "status-list")


def test_dids_made_from_keys_need_no_document() -> None:
    for identifier in (did.did_key(v.signer().public_key), did.did_jwk(v.signer().public_key)):
        controller = resolve_did(identifier, NoNetwork())
        assert controller.document["id"] == identifier
        assert controller.url is None


def test_a_web_did_is_fetched_and_must_name_itself() -> None:
    document = v.key_document(v.web_signer())
    found = resolve_did(WEB, ReplayResolver({WEB_DOCUMENT: jsontext.dump(document)}))
    assert (found.url, found.document) == (WEB_DOCUMENT, document)


@pytest.mark.parametrize(
    ("identifier", "body", "kind"),
    [
        (WEB, None, KEY_UNAVAILABLE),
        (WEB, b"[]", KEY_UNAVAILABLE),
        (WEB, b"{}", KEY_UNAVAILABLE),
        (WEB, b'{"id":"req-1234","error":"down"}', KEY_UNAVAILABLE),
        (WEB, b'{"id":"did:web:other.example"}', KEY_UNAVAILABLE),
        (WEB, b'{"id":"did:web:other.example","assertionMethod":[]}', INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID),
        ("did:ethr:0xabc", None, KEY_UNAVAILABLE),
        ("did:web:127.0.0.1", None, INVALID_VERIFICATION_METHOD_URL),
        ("urn:uuid:1", None, INVALID_VERIFICATION_METHOD_URL),
        ("ftp://lakeside.example/", None, INVALID_VERIFICATION_METHOD_URL),
    ],
)
def test_what_cannot_be_resolved(identifier: str, body: bytes | None, kind: ProblemType) -> None:
    documents = {} if body is None else {WEB_DOCUMENT: body}
    with pytest.raises(ProblemError) as caught:
        resolve_controller(identifier, ReplayResolver(documents))
    assert caught.value.problem.type is kind


def test_an_https_identifier_is_its_own_address() -> None:
    url = "https://lakeside.example/issuers/1"
    document = v.key_document(v.web_signer(url))
    assert resolve_controller(url, ReplayResolver({url: jsontext.dump(document)})).document == document


# -- a directory of documents ---------------------------------------------------------------------------------------


def write(path: Path, body: bytes | dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jsontext.dump(body) if isinstance(body, dict) else body)


def test_documents_are_filed_under_what_they_call_themselves(tmp_path: Path) -> None:
    by = v.web_signer()
    write(tmp_path / "did.json", v.key_document(by))
    write(tmp_path / "lists" / "one.json", v.status_list(by=by))
    other = "https://lakeside.example/status/2"
    write(tmp_path / "lists" / "two.jwt", v.sign(v.unsigned_status_list(by=by, url=other), by, "vc+jwt") + b"\n")
    directory = DocumentDirectory(tmp_path)
    assert directory.problems == ()
    assert set(directory.urls) == {WEB, WEB_DOCUMENT, v.LIST, other}
    entries = [v.status_entry(), v.status_entry(statusListCredential=other)]
    data = v.sign(v.badge(WEB, credentialStatus=entries), by)
    report = Verifier(fetcher=directory).inspect(data, now=v.NOW)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert {document.url for document in report.documents} == {WEB_DOCUMENT, v.LIST, other}


def test_an_index_names_files_by_url(tmp_path: Path) -> None:
    by = v.web_signer()
    write(tmp_path / "keys.txt", v.key_document(by))
    write(tmp_path / "jwks.json", {"keys": []})
    write(
        tmp_path / "index.json",
        {
            WEB_DOCUMENT: {"file": "keys.txt", "mediaType": "application/did", "fetchedAt": "2026-04-01T00:00:00Z"},
            "https://lakeside.example/.well-known/jwks.json": "jwks.json",
        },
    )
    directory = DocumentDirectory(tmp_path)
    assert directory.problems == ()
    fetched = directory.fetch(WEB_DOCUMENT, "controller")
    assert (fetched.media_type, fetched.fetched_at) == ("application/did", datetime(2026, 4, 1, tzinfo=UTC))
    assert directory.fetch("https://lakeside.example/.well-known/jwks.json", "key-set").body == b'{"keys":[]}'
    with pytest.raises(FetchError):
        directory.fetch("https://lakeside.example/other", "controller")


def test_files_that_cannot_be_used_are_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    write(outside, {"id": "https://lakeside.example/outside"})
    root = tmp_path / "documents"
    write(root / "good.json", v.key_document(v.web_signer()))
    write(root / "twin.json", {"id": v.LIST})
    write(root / "other.json", {"id": v.LIST, "name": "another"})
    write(root / "broken.json", b"{")
    write(root / "nameless.json", {"keys": []})
    write(root / "noise.jwt", b"\xff\xfe")
    write(root / "index.json", {"https://a.example/": "../outside.json", "https://b.example/": "missing.json", "c": 1})
    directory = DocumentDirectory(root)
    assert set(directory.urls) == {WEB, WEB_DOCUMENT}
    reported = "\n".join(problem.detail for problem in directory.problems)
    for name in ("twin.json", "other.json", "broken.json", "nameless.json", "noise.jwt", "outside"):
        assert name in reported
    assert sum(problem.detail.startswith("index.json") for problem in directory.problems) == 3


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError):
        DocumentDirectory(tmp_path / "nowhere")
    write(tmp_path / "index.json", b"[]")
    assert DocumentDirectory(tmp_path).problems


def test_a_file_that_is_too_large_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "big.json", {"id": "https://a.example/", "more": "x" * 100})
    assert DocumentDirectory(tmp_path, limits=Limits(document_bytes=50)).problems
