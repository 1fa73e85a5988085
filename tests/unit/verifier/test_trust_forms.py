"""How trust is written down: every kind of registry, lists of registries in files, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.trust.forms import MAXIMUM_REGISTRIES
from badgeport.verifier.trust.registries import (
    Federation,
    RecognitionRegistry,
    Registry,
    RemoteRegistry,
    Trust,
    UnreadRegistry,
    registry_from_json,
    schema,
    trust_from_files,
)
from support import trusting as t
from support import verifying as v

JWKS = t.key_set(v.signer("registry"))
INLINE = {
    "name": "State",
    "type": "issuers",
    "issuers": [{"id": "did:example:a", "name": "Lakeside", "url": "https://l/"}],
}
INLINE_LEGACY = {
    "name": "Pilot",
    "type": "dcc-legacy",
    "registry": {"did:example:b": {"name": "Other", "location": "x"}},
}
REMOTE = {"name": "Community", "type": "dcc-legacy", "url": "https://registries.example/registry.json"}
UNTYPED = {"name": "Community", "url": "https://registries.example/registry.json"}
FETCHED = {"name": "Members", "type": "oidf", "fetchEndpoint": "https://registry.example/fetch?sub="}
BY_CONFIGURATION = {"name": "Members", "type": "oidf", "trustAnchorEC": t.CONFIGURATION}
PINNED = {**FETCHED, "jwks": JWKS, "entityId": "https://registry.example/"}
ANCHORED = {**BY_CONFIGURATION, "trustAnchor": {"id": t.ANCHOR, "jwks": JWKS}}
RECOGNITION = {
    "name": "Board",
    "type": "recognition",
    "authority": "did:web:board.example",
    "url": "https://board.example/l",
}
HELD = {"name": "Board", "type": "recognition", "authority": "did:web:board.example", "credential": {"issuer": "x"}}
ENTRIES = [
    INLINE, INLINE_LEGACY, REMOTE, UNTYPED, FETCHED, BY_CONFIGURATION, PINNED, ANCHORED, RECOGNITION, HELD,
    {**HELD, "credential": "eyJ.e.e"}, {**REMOTE, "description": "kept by volunteers"},
    {**REMOTE, "url": "http://localhost:8080/registry.json"},
]  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: json.dumps(entry)[:60])
def test_every_kind_is_read_and_written_so_that_it_reads_the_same(entry: dict[str, Any]) -> None:
    trust = Trust.from_json({"registries": [entry], "unread": [{"name": "lost.json", "reason": "it is not JSON"}]})
    assert [source.name for source in trust.registries] == [entry["name"]]
    assert trust.unread == (UnreadRegistry("lost.json", "it is not JSON"),)
    written = trust.to_json()
    assert Trust.from_json(written) == trust
    assert Trust.from_json(json.dumps(written)) == trust
    assert Trust.from_json(written).to_json() == written
    jsonschema.validate([entry], schema())
    jsonschema.validate(written["registries"], schema())


def test_what_the_kinds_become() -> None:
    trust = Trust.from_json({"registries": [INLINE, REMOTE, PINNED, ANCHORED, RECOGNITION, HELD]})
    inline, remote, pinned, anchored, board, held = trust.registries
    assert isinstance(inline, Registry)
    assert inline.issuers["did:example:a"].home_page == "https://l/"
    assert isinstance(remote, RemoteRegistry)
    assert remote.url == REMOTE["url"]
    assert isinstance(pinned, Federation)
    assert pinned.entity == "https://registry.example/"
    assert len(pinned.keys) == 1
    assert pinned.configuration == t.CONFIGURATION
    assert isinstance(anchored, Federation)
    assert anchored.entity == t.REGISTRY
    assert anchored.fetch_endpoint is None
    assert anchored.anchor is not None
    assert anchored.anchor.id == t.ANCHOR
    assert isinstance(board, RecognitionRegistry)
    assert board.credential is None
    assert isinstance(held, RecognitionRegistry)
    assert held.credential == b'{"issuer":"x"}'


def test_a_trust_of_nothing_reads_the_same() -> None:
    assert Trust.from_json(Trust().to_json()) == Trust()


WRONG: list[tuple[Any, str]] = [
    ("text", "/registries/0"),
    ({**REMOTE, "name": ""}, "/registries/0/name"),
    ({**REMOTE, "name": None}, "/registries/0/name"),
    ({**REMOTE, "type": "etsi"}, "/registries/0/type"),
    ({**REMOTE, "type": ["oidf"]}, "/registries/0/type"),
    ({**REMOTE, "jwks": JWKS}, "/registries/0/jwks"),
    ({"name": "x", "type": "dcc-legacy"}, "/registries/0"),
    ({**REMOTE, "registry": {}}, "/registries/0"),
    ({**REMOTE, "url": "ftp://registries.example/"}, "/registries/0/url"),
    ({**REMOTE, "url": "http://registries.example/"}, "/registries/0/url"),
    ({**REMOTE, "url": "https://user@registries.example/"}, "/registries/0/url"),
    ({**REMOTE, "url": "https://registries.example/ x"}, "/registries/0/url"),
    ({**REMOTE, "url": "https://registries.example/\\@evil.example"}, "/registries/0/url"),
    ({**REMOTE, "url": "https://[::1"}, "/registries/0/url"),
    ({**REMOTE, "url": "https:///x"}, "/registries/0/url"),
    ({**REMOTE, "url": 7}, "/registries/0/url"),
    ({"name": "x", "type": "issuers", "issuers": [{"id": ""}]}, "/registries/0/issuers/0"),
    ({"name": "x", "type": "issuers", "issuers": {}}, "/registries/0"),
    ({"name": "x", "type": "dcc-legacy", "registry": {"did:example:a": 1}}, "/registries/0/registry/did:example:a"),
    ({"name": "x", "type": "dcc-legacy", "file": "own.json"}, "/registries/0/file"),
    ({"name": "x", "type": "oidf"}, "/registries/0"),
    ({"name": "x", "type": "oidf", "trustAnchorEC": "https://registry.example/"}, "/registries/0/trustAnchorEC"),
    ({**FETCHED, "jwk": JWKS}, "/registries/0/jwk"),
    ({**FETCHED, "jwks": {"keys": []}}, "/registries/0/jwks"),
    ({**FETCHED, "jwks": {"keys": [{"kty": "oct", "k": "AA"}]}}, "/registries/0/jwks/keys/0"),
    ({**FETCHED, "jwks": {"keys": [{**JWKS["keys"][0], "kid": 1}]}}, "/registries/0/jwks/keys/0/kid"),
    ({**ANCHORED, "jwks": JWKS}, "/registries/0/trustAnchor"),
    ({**ANCHORED, "trustAnchor": {"id": t.ANCHOR}}, "/registries/0/trustAnchor"),
    ({**ANCHORED, "trustAnchor": {"id": "anchor", "jwks": JWKS}}, "/registries/0/trustAnchor/id"),
    ({**RECOGNITION, "authority": "the board"}, "/registries/0/authority"),
    ({"name": "x", "type": "recognition", "url": "https://board.example/l"}, "/registries/0/authority"),
    ({**RECOGNITION, "credential": "x"}, "/registries/0"),
    ({**HELD, "credential": 3}, "/registries/0/credential"),
    ({**HELD, "credential": ""}, "/registries/0/credential"),
]


@pytest.mark.parametrize(("entry", "pointer"), WRONG, ids=[f"{each[1]} {str(each[0])[:50]}" for each in WRONG])
def test_what_cannot_be_meant_is_refused_where_it_stands(entry: Any, pointer: str) -> None:
    with pytest.raises(ProblemError) as refused:
        Trust.from_json({"registries": [entry]})
    assert refused.value.problem.pointer == pointer
    assert refused.value.problem.detail


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"registries":{}}',
        '{"registries":[],"trusted":[]}',
        '{"registries":[],"unread":{}}',
        '{"registries":[],"unread":[{"name":"x"}]}',
        '{"registries":[],"unread":["x"]}',
        "not JSON",
    ],
)
def test_a_trust_of_another_form_is_refused(body: str) -> None:
    with pytest.raises(ProblemError):
        Trust.from_json(body)


def test_the_number_of_registries_and_the_size_of_a_credential_are_bounded() -> None:
    with pytest.raises(ProblemError, match="more than 64"):
        Trust.from_json({"registries": [REMOTE] * (MAXIMUM_REGISTRIES + 1)})
    large = {**HELD, "credential": "x" * 100}
    with pytest.raises(ProblemError, match="larger than 99 bytes"):
        Trust.from_json({"registries": [large]}, limits=Limits(document_bytes=99))


def test_a_map_of_issuers_alone_is_a_registry_too() -> None:
    registry = registry_from_json('{"did:example:a":{"name":"A"},"https://b.example":{"name":"B"}}', "map.json")
    assert registry.name == "map.json"
    listed = registry.entry("https://b.example")
    assert listed is not None
    assert listed.name == "B"
    with pytest.raises(ProblemError):
        registry_from_json('{"did:example:a":{"name":"A"},"other":{}}', "map.json")


def test_ids_are_compared_exactly_but_for_the_case_of_a_host() -> None:
    registry = registry_from_json('{"issuers":[{"id":"did:web:Lakeside.Example:Schools"}]}', "x")
    assert registry.entry("did:web:lakeside.example:Schools") is not None
    for other in ("did:web:lakeside.example:schools", "did:web:lakeside.example", "did:web:lakeside.example:Schools "):
        assert registry.entry(other) is None
    twice = registry_from_json('{"issuers":[{"id":"did:example:a","name":"1"},{"id":"did:example:a","name":"2"}]}', "x")
    first = twice.entry("did:example:a")
    assert first is not None
    assert first.name == "1"


# -- files ----------------------------------------------------------------------------------------------------------


def written(path: Path, body: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body if isinstance(body, str) else json.dumps(body), encoding="utf-8")
    return path


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_list_of_registries_keeps_its_order_and_leads_to_the_files_beside_it(tmp_path: Path, wrapped: bool) -> None:
    written(tmp_path / "lists" / "own.json", {"name": "inside", "issuers": [{"id": "did:example:a"}]})
    credential = written(tmp_path / "lists" / "board.json", {"issuer": "did:web:board.example"})
    entries = [
        REMOTE,
        {"name": "Own", "type": "issuers", "file": "own.json"},
        FETCHED,
        {"name": "Board", "type": "recognition", "authority": "did:web:board.example", "file": "board.json"},
    ]
    path = written(tmp_path / "lists" / "registries.json", {"registries": entries} if wrapped else entries)
    trust = trust_from_files([path])
    assert trust.unread == ()
    assert [type(source) for source in trust.registries] == [
        RemoteRegistry, Registry, Federation, RecognitionRegistry,
    ]  # fmt: skip
    board = trust.registries[3]
    assert isinstance(board, RecognitionRegistry)
    assert board.credential == credential.read_bytes()
    assert Trust.from_json(trust.to_json()) == trust
    jsonschema.validate(json.loads(path.read_text()), schema())


def test_an_entry_that_cannot_be_used_is_named_and_the_others_count(tmp_path: Path) -> None:
    path = written(
        tmp_path / "registries.json",
        [
            {"name": "Missing", "type": "issuers", "file": "missing.json"},
            {"name": "Missing board", "type": "recognition", "authority": "did:web:b.example", "file": "missing.json"},
            {"name": "Strange", "type": "etsi-trust-list", "url": "https://x.example/"},
            7,
            {"name": "Itself", "type": "issuers", "file": "registries.json"},
            REMOTE,
        ],
    )
    trust = trust_from_files([path, tmp_path / "gone.json"])
    assert [source.name for source in trust.registries] == ["Community"]
    assert [each.name for each in trust.unread] == [
        "Missing", "Missing board", "Strange", "registry 4 of registries.json", "Itself", "gone.json",
    ]  # fmt: skip
    assert all(each.reason for each in trust.unread)


@pytest.mark.parametrize("body", ["[]", '{"registries":[]}', '{"registries":7}', "7", '"x"', "", '{"issuer":"x"}'])
def test_a_file_that_names_no_registry_is_unread(tmp_path: Path, body: str) -> None:
    trust = trust_from_files([written(tmp_path / "x.json", body)])
    assert trust.registries == ()
    assert [each.name for each in trust.unread] == ["x.json"]


def test_files_are_bounded(tmp_path: Path) -> None:
    own = written(tmp_path / "own.json", {"issuers": [{"id": "did:example:a"}]})
    assert trust_from_files([own], limits=Limits(document_bytes=10)).unread[0].reason == "it is larger than 10 bytes"
    many = written(tmp_path / "many.json", [{**REMOTE, "name": f"R{index}"} for index in range(MAXIMUM_REGISTRIES + 2)])
    trust = trust_from_files([many])
    assert len(trust.registries) == MAXIMUM_REGISTRIES
    assert [each.name for each in trust.unread] == ["R64", "R65"]


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())
    unseen = {"/registries/0/jwks/keys/0", "/registries/0/file", "/registries/0/jwks/keys/0/kid"}
    for entry, pointer in WRONG:
        if pointer not in unseen and not pointer.endswith("/url"):
            assert not validator.is_valid([entry]), entry
