"""Our grouping against the algorithms of VC DI ECDSA 1.0 section 3.4 as they are written there, run on PyLD."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyld import jsonld

from badgeport.proofs.canonicalization.nquads import Quad, parse
from badgeport.proofs.canonicalization.rdfc import canonical_form
from badgeport.proofs.selective.labels import by_hmac
from badgeport.proofs.selective.statements import group, signed_lines
from badgeport.schemas.limits import DEFAULT_LIMITS
from support.ecdsa_sd_material import STORE, badge, pointers_of
from support.effort import examples

KEY = bytes(range(32))


def load(url: str, options: Any) -> dict[str, Any]:
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": STORE.get(url)}


OPTIONS = {"documentLoader": load}


def skolemize_expanded(expanded: list[Any], names: list[int]) -> list[Any]:
    result = []
    for element in expanded:
        if not isinstance(element, dict) or "@value" in element:
            result.append(copy.deepcopy(element))
            continue
        node = {
            name: skolemize_expanded(value, names) if isinstance(value, list) else skolemize_expanded([value], names)[0]
            for name, value in element.items()
        }
        if "@id" not in node:
            node["@id"] = f"urn:custom-scheme:_{names[0]}"
            names[0] += 1
        result.append(node)
    return result


def initial(source: Any) -> dict[str, Any]:
    return {name: copy.deepcopy(source[name]) for name in ("id", "type") if isinstance(source, dict) and name in source}


def select(document: dict[str, Any], pointers: list[str]) -> dict[str, Any]:
    arrays: list[dict[int, Any]] = []
    selection = {"@context": document["@context"], **initial(document)}
    for pointer in pointers:
        value: Any = document
        chosen: Any = selection
        for part in pointer.split("/")[1:]:
            key: Any = int(part) if isinstance(value, list) else part.replace("~1", "/").replace("~0", "~")
            value, parent = value[key], chosen
            if key not in parent:
                parent[key] = Sparse() if isinstance(value, list) else initial(value)
                if isinstance(value, list):
                    arrays.append(parent[key])
            chosen = parent[key]
        if isinstance(value, list):
            parent[key] = Sparse(enumerate(copy.deepcopy(value)))
        elif isinstance(value, dict):
            parent[key] = {**chosen, **copy.deepcopy(value)}
        else:
            parent[key] = value
    result: dict[str, Any] = dense(selection)
    return result


class Sparse(dict[int, Any]):
    """A JavaScript array with holes."""


def dense(value: Any) -> Any:
    if isinstance(value, Sparse):
        return [dense(value[index]) for index in sorted(value)]
    if isinstance(value, dict):
        return {name: dense(member) for name, member in value.items()}
    return [dense(item) for item in value] if isinstance(value, list) else value


def statements(document: Any) -> list[Quad]:
    text = jsonld.to_rdf(document, {**OPTIONS, "format": "application/n-quads"})
    return parse(re.sub(r"<urn:custom-scheme:([^>]+)>", r"_:\1", text))


def reference(document: dict[str, Any], pointers: list[str]) -> tuple[list[str], frozenset[int]]:
    skolemized = skolemize_expanded(jsonld.expand(document, OPTIONS), [0])
    compact = jsonld.compact(skolemized, document["@context"], OPTIONS)
    quads = statements(skolemized)
    labels = canonical_form(quads).labels
    lines = signed_lines(quads, labels, by_hmac(KEY))
    chosen = set(signed_lines(statements(select(compact, pointers)), labels, by_hmac(KEY)))
    return lines, frozenset(index for index, line in enumerate(lines) if line in chosen)


def without_lists() -> dict[str, Any]:
    # The published skolemization gives an id to a list itself, which is no JSON-LD; a chain of cells has no name there.
    document = badge()
    del document["credentialSubject"]["achievement"]["resultDescription"][0]["allowedValue"]
    return document


POINTERS = list(pointers_of(without_lists()))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.sampled_from(POINTERS), min_size=1, max_size=6))
def test_groups_are_those_of_the_specification(pointers: list[str]) -> None:
    document = without_lists()
    try:
        lines, chosen = reference(document, pointers)
    except (KeyError, TypeError):
        # Compaction there takes an array of one item away, so a pointer with its index reaches nothing.
        assume(False)
    grouped = group(document, {"g": pointers}, by_hmac(KEY), contexts=STORE, limits=DEFAULT_LIMITS)
    assert grouped.lines == lines
    assert grouped.groups["g"] == chosen


def test_the_reference_is_not_always_skipped() -> None:
    reached = 0
    for pointer in POINTERS:
        try:
            reference(without_lists(), [pointer])
        except (KeyError, TypeError):
            continue
        reached += 1
    assert reached > len(POINTERS) // 2


@pytest.mark.parametrize("pointer", ["/evidence/0/narrative", "/issuer", "/credentialSubject/achievement/criteria"])
def test_single_pointers(pointer: str) -> None:
    document = without_lists()
    lines, chosen = reference(document, [pointer])
    grouped = group(document, {"g": [pointer]}, by_hmac(KEY), contexts=STORE, limits=DEFAULT_LIMITS)
    assert (grouped.lines, grouped.groups["g"]) == (lines, chosen)
