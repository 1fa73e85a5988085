"""The W3C RDF Dataset Canonicalization test suite: canonical documents, label maps, SHA-384 and poison graphs."""

import json
from typing import Any

import pytest

from badgeport.proofs.canonicalization.nquads import parse
from badgeport.proofs.canonicalization.rdfc import HashName, canonical_form
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError
from support.shared import SHARED, shared_text

_MANIFEST = SHARED / "vectors/rdf-canon/manifest.jsonld"
_ENTRIES: list[dict[str, Any]] = json.loads(_MANIFEST.read_text())["entries"] if _MANIFEST.exists() else []


def _of_type(name: str) -> list[Any]:
    found = [pytest.param(entry, id=entry["id"].lstrip("#")) for entry in _ENTRIES if entry["type"] == f"rdfc:{name}"]
    reason = "official data not beside this checkout: shared/vectors/rdf-canon"
    return found or [pytest.param({}, marks=pytest.mark.skip(reason=reason))]


def _hash_name(entry: dict[str, Any]) -> HashName:
    return "sha384" if entry.get("hashAlgorithm") == "SHA384" else "sha256"


def _text(name: str) -> str:
    return shared_text(f"vectors/rdf-canon/{name}")


@pytest.mark.parametrize("entry", _of_type("RDFC10EvalTest"))
def test_canonical_document(entry: dict[str, Any]) -> None:
    form = canonical_form(parse(_text(entry["action"])), hash_name=_hash_name(entry))
    assert form.text == _text(entry["result"])


@pytest.mark.parametrize("entry", _of_type("RDFC10MapTest"))
def test_label_map(entry: dict[str, Any]) -> None:
    form = canonical_form(parse(_text(entry["action"])), hash_name=_hash_name(entry))
    assert {old[2:]: new[2:] for old, new in form.labels.items()} == json.loads(_text(entry["result"]))


@pytest.mark.parametrize("entry", _of_type("RDFC10NegativeEvalTest"))
def test_poison_graph_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as caught:
        canonical_form(parse(_text(entry["action"])), hash_name=_hash_name(entry))
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR


def test_every_entry_is_run() -> None:
    _text("manifest.jsonld")
    kinds = [entry["type"] for entry in _ENTRIES]
    assert len(kinds) == 86
    assert set(kinds) == {"rdfc:RDFC10EvalTest", "rdfc:RDFC10MapTest", "rdfc:RDFC10NegativeEvalTest"}
