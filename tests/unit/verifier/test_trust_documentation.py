"""The examples in docs/trust.md are read, and mean what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from badgeport.verifier.report import Verdict
from badgeport.verifier.trust.registries import (
    Federation,
    RecognitionRegistry,
    Registry,
    RemoteRegistry,
    schema,
    trust_from_files,
)
from support import trusting as t
from support import verifying as v

PAGE = Path(__file__).parents[3] / "docs" / "trust.md"


def examples() -> list[Any]:
    return [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)]


def test_the_files_on_the_page_are_read_as_it_says(tmp_path: Path) -> None:
    own, consortium, registries, _ = examples()
    for index, body in enumerate((own, consortium, registries)):
        jsonschema.validate(body, schema())
        (tmp_path / f"{index}.json").write_text(json.dumps(body), encoding="utf-8")
    trust = trust_from_files(tmp_path / f"{index}.json" for index in range(3))
    assert trust.unread == ()
    assert [type(source) for source in trust.registries] == [
        Registry,
        Registry,
        RecognitionRegistry,
        Federation,
        RemoteRegistry,
        Registry,
    ]
    for source in (trust.registries[0], trust.registries[1], trust.registries[5]):
        assert isinstance(source, Registry)
        listed = source.entry("did:web:badges.prairie-crossing.example")
        assert listed is not None
        assert listed.name == "Prairie Crossing School District"


def test_the_recognition_credential_on_the_page_recognises_its_issuer() -> None:
    body = examples()[3]
    board, district = v.web_signer("did:web:board.example"), v.web_signer("did:web:badges.prairie-crossing.example")
    report = v.inspect(
        v.sign(v.badge(district.controller), district),
        {
            "https://board.example/.well-known/did.json": v.key_document(board),
            "https://badges.prairie-crossing.example/.well-known/did.json": v.key_document(district),
            t.STATE_LIST: v.sign(body, board),
        },
        trust=t.trust(t.recognition_entry(authority="did:web:board.example")),
    )
    assert t.recognition_check(report) == ("passed", ["List A"], [])
    assert report.verdict is Verdict.VALID
    assert report.warnings == ()
