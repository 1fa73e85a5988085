"""Random JSON-LD documents for holding engines against each other: made of the terms of real contexts, or real badges
with something changed. The same seed gives the same documents.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from badgeport.keys.types import KeyType
from badgeport.proofs.canonicalization.active_context import ActiveContext, Budget, Term, active_context
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.problems import ProblemError
from bench.credentials import SIZES, issuer, unsigned

STORE = contexts.store()

_FIRST = (urls.CREDENTIALS_V2, urls.CREDENTIALS_V1)
_INLINE = {
    "extra": "https://ex.example/extra",
    "when": {"@id": "https://ex.example/when", "@type": "http://www.w3.org/2001/XMLSchema#double"},
    "ordered": {"@id": "https://ex.example/ordered", "@container": "@list"},
    "raw": {"@id": "urn:ex:raw", "@type": "@json"},
}
_STRINGS = (
    "text",
    "",
    'é\n"\\',
    "2020-01-01T00:00:00Z",
    "https://ex.example/1",
    "1.5E0",
    "😀",
    "\x01\x7f",
    "urn:x",
    "\u2028",
)
_NUMBERS = (0, 1, -5, 2.5, 1e-7, 1e22, 3.0, True, False, 100_000, 0.1, 2**53 - 1, 0.1 + 0.2, 1.7976931348623157e308)
_REFERENCES = (
    "https://ex.example/1", "https://ex.example/2", "urn:uuid:1", "did:example:1", "mailto:a@b.example",
    "ex:1", "xsd:date",
)  # fmt: skip
_ODD: tuple[Any, ...] = (
    None, [], {}, "", 2**53, 1e300, "\ud800", "_:b0", "relative", "a b:c", "https://ex.example/ x", "@type", [[]],
    [None],
    {"@value": "x"}, {"@id": "https://ex.example/1"}, {"@list": ["a"]}, {"@set": ["a"]}, {"id": "https://ex.example/1"},
    {"id": None}, {"type": []}, {"@graph": []}, {"@value": "x", "@language": "en"}, {"@value": 1}, {"en": "text"},
    ["a", "a"], [{"id": "urn:u"}, {"id": "urn:u"}], ["urn:u", {"id": "urn:u"}], "x" * 2_000, "urn:" + "y" * 2_000,
    {"@context": urls.CREDENTIALS_V2, "type": "VerifiableCredential"}, {"@context": {"a": "urn:a"}}, True, -0.0, 5e-324,
)  # fmt: skip
_NAMES = (
    "@id",
    "@type",
    "@value",
    "@graph",
    "@context",
    "undefined",
    "name",
    "id",
    "type",
    "proof",
    "Achievement",
    "ob:name",
)
_VALUE_OBJECTS = (
    {"@value": "v", "@language": "en-US"},
    {"@value": "v", "@language": "ar", "@direction": "rtl"},
    {"@value": "v", "@direction": "ltr"},
    {"@value": 5, "@type": "https://ex.example/type"},
    {"@value": "2020", "@type": "https://ex.example/type"},
)
_PROOF = {
    "type": "DataIntegrityProof",
    "cryptosuite": "eddsa-rdfc-2022",
    "created": "2026-03-02T12:00:00Z",
    "proofPurpose": "assertionMethod",
    "verificationMethod": "did:example:1#key",
}
_MOST_CHANGES = 3


class Sample(NamedTuple):
    """A document, and whether it was a real one before it was changed."""

    document: dict[str, Any]
    real: bool


def documents(seed: int) -> Iterator[Sample]:
    """Endless documents, by turns written from contexts and changed from real ones."""
    chance = random.Random(f"documents {seed}")
    while True:
        try:
            yield Sample(_Writer(chance).document(), False)
        except ProblemError:
            continue  # the contexts that were drawn do not go together
        yield Sample(changed(chance), True)


def changed(chance: random.Random) -> dict[str, Any]:
    """A real badge, alone or inside a presentation or a record, with up to three changes anywhere in it."""
    document = copy.deepcopy(chance.choice(_badges()))
    change(chance, document)
    return document


def change(chance: random.Random, document: dict[str, Any], *, least: int = 0) -> None:
    """Change up to three things anywhere in a document, and at least so many."""
    for _ in range(chance.randint(least, _MOST_CHANGES)):
        chance.choice(_CHANGES)(chance, document)


@cache
def _badges() -> tuple[dict[str, Any], ...]:
    badge, minimal = (unsigned(size, issuer(KeyType.ED25519).signer) for size in reversed(SIZES[:2]))
    v2 = urls.CREDENTIALS_V2
    secured = {**minimal, "id": "urn:uuid:2", "proof": [dict(_PROOF)]}
    endorsement = {
        "@context": badge["@context"],
        "id": "urn:uuid:3",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": "https://ex.example/endorser", "type": ["Profile"], "name": "Endorser"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": badge["credentialSubject"]["achievement"]["id"],
            "type": ["EndorsementSubject"],
            "endorsementComment": "Good.",
        },
        "proof": [dict(_PROOF)],
    }
    presentation = {
        "@context": [v2],
        "type": ["VerifiablePresentation"],
        "holder": "did:example:1",
        "verifiableCredential": [badge, secured],
    }
    record = {
        "@context": [v2, urls.CLR_2_0_1, urls.OB_3_0_3],
        "id": "urn:uuid:4",
        "type": ["VerifiableCredential", "ClrCredential"],
        "issuer": {"id": "https://ex.example/1", "type": ["Profile"], "name": "School"},
        "name": "Record",
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:1", "type": ["ClrSubject"], "verifiableCredential": [secured]},
    }
    status = {
        "@context": [v2],
        "id": "https://ex.example/status/1",
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": "did:example:1",
        "credentialSubject": {
            "id": "https://ex.example/status/1#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA",
        },
    }
    with_status = {
        **minimal,
        "credentialStatus": {
            "id": "https://ex.example/status/1#94567",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "94567",
            "statusListCredential": "https://ex.example/status/1",
        },
    }
    return (
        badge,
        minimal,
        {**badge, "endorsement": [endorsement]},
        presentation,
        record,
        status,
        with_status,
        endorsement,
    )


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every member and item of a document: its container and its name or position."""
    found: list[tuple[Any, Any]] = []
    pending = [value]
    for container in pending:
        for key in container if isinstance(container, dict) else range(len(container)):
            found.append((container, key))
            if isinstance(container[key], dict | list):
                pending.append(container[key])
    return found


def _place(chance: random.Random, document: dict[str, Any]) -> tuple[Any, Any]:
    return chance.choice(_places(document) or [({"": ""}, "")])


def _name(chance: random.Random, document: dict[str, Any]) -> str:
    return chance.choice((*_NAMES, *(name for _, name in _places(document) if isinstance(name, str))))


def _remove(chance: random.Random, document: dict[str, Any]) -> None:
    container, key = _place(chance, document)
    del container[key]


def _replace(chance: random.Random, document: dict[str, Any]) -> None:
    container, key = _place(chance, document)
    container[key] = copy.deepcopy(chance.choice((*_ODD, *_STRINGS, *_NUMBERS, *_VALUE_OBJECTS)))


def _move(chance: random.Random, document: dict[str, Any]) -> None:
    (container, key), (source, name) = _place(chance, document), _place(chance, document)
    container[key] = copy.deepcopy(source[name])


def _rename(chance: random.Random, document: dict[str, Any]) -> None:
    container, key = _place(chance, document)
    if isinstance(container, dict):
        container[chance.choice((*_NAMES, *(name for _, name in _places(document) if isinstance(name, str))))] = (
            container.pop(key)
        )


def _add(chance: random.Random, document: dict[str, Any]) -> None:
    objects = [
        document,
        *(each for each in (place[0][place[1]] for place in _places(document)) if isinstance(each, dict)),
    ]
    names = [name for _, name in _places(document) if isinstance(name, str)]
    chance.choice(objects)[chance.choice((*_NAMES, *names))] = copy.deepcopy(
        chance.choice((*_ODD, *_STRINGS, *_NUMBERS))
    )


def _wrap(chance: random.Random, document: dict[str, Any]) -> None:
    container, key = _place(chance, document)
    value = container[key]
    container[key] = chance.choice((lambda: [value], lambda: [value, copy.deepcopy(value)], lambda: {"id": value}))()


def _same_id(chance: random.Random, document: dict[str, Any]) -> None:
    named = [container for container, key in _places(document) if key == "id"]
    if len(named) > 1:
        one, other = chance.sample(named, 2)
        one["id"] = copy.deepcopy(other["id"])


def _retype(chance: random.Random, document: dict[str, Any]) -> None:
    typed = [container for container, key in _places(document) if key == "type"]
    if len(typed) > 1:
        one, other = chance.sample(typed, 2)
        one["type"] = copy.deepcopy(other["type"])


def _tell_again(chance: random.Random, document: dict[str, Any]) -> None:
    """Say something of what has an id at another place too, and otherwise."""
    objects = [found for container, key in _places(document) if isinstance(found := container[key], dict)]
    named = [each for each in objects if "id" in each]
    if named:
        again = copy.deepcopy(chance.choice(named))
        name = chance.choice(sorted(again, key=str))
        again[name] = again["id"] if name == "id" else copy.deepcopy(chance.choice((*_STRINGS, *_NUMBERS)))
        if chance.random() < 0.5 and name != "id":
            del again[name]
        container, key = _place(chance, document)
        container[key] = again


_CHANGES: tuple[Callable[[random.Random, dict[str, Any]], None], ...] = (
    _remove, _replace, _move, _rename, _add, _wrap, _same_id, _retype, _tell_again,
)  # fmt: skip


class _Writer:
    """Writes a random document that knows which terms its contexts define where."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._budget = Budget(10**9, 10**9)

    def document(self) -> dict[str, Any]:
        local = self._contexts()
        return {"@context": local, **self._node(active_context(local, STORE, self._budget), None, 0)}

    def _contexts(self) -> list[Any]:
        chance = self._chance
        others = [url for url in STORE.urls() if url not in _FIRST]
        chosen = [chance.choice(_FIRST), *chance.sample(others, chance.choice([0, 1, 1, 2]))]
        return [*chosen, _INLINE] if chance.random() < 0.1 else chosen

    def _node(self, context: ActiveContext, term: Term | None, depth: int) -> dict[str, Any]:
        chance = self._chance
        node: dict[str, Any] = {}
        if term is not None:
            context = context.below(term, self._budget)
        if depth and chance.random() < 0.05:
            node["@context"] = self._contexts()
            context = context.extended(node["@context"], "", self._budget)
        names = sorted(context._raw["mappings"])
        types = [name for name in names if name[:1].isupper()]
        if types and ("@context" in node or chance.random() < 0.8):
            chosen = chance.sample(types, min(len(types), chance.choice([1, 1, 1, 2])))
            chosen = ["VerifiableCredential"] if "@context" in node else chosen
            node["type"] = chosen if chance.random() < 0.7 else chosen[0]
            context = context.typed(chosen, self._budget)
        if names and chance.random() < 0.4:
            node["id"] = f"https://ex.example/{chance.randint(0, 99)}"
        properties = [name for name in sorted(context._raw["mappings"]) if not name[:1].isupper()]
        chosen = chance.sample(properties, min(len(properties), chance.randint(0, 4)))
        chosen += [name for name in _INLINE if name in properties and name not in chosen and chance.random() < 0.3]
        for name in chosen:
            defined = context.term(name)
            if defined is not None and defined.iri is not None and not defined.iri.startswith("@"):
                node[name] = self._value(context, defined, depth)
        if context.vocabulary and chance.random() < 0.3:
            node[f"undefinedTerm{chance.randint(0, 2)}"] = chance.choice(["x", 5, {"id": "urn:u"}])
        return node

    def _value(self, context: ActiveContext, term: Term, depth: int, *, array: bool = True) -> Any:
        chance, roll = self._chance, self._chance.random()
        if roll < 0.01:
            return copy.deepcopy(chance.choice(_ODD))
        if term.coercion == "@json":
            return chance.choice([{"a": [1, None, {"b": "é"}]}, [], 3.5, "x", True, None])
        if "@graph" in term.containers:
            return self._node(context, term, depth + 1)
        if term.coercion in ("@id", "@vocab") and roll < 0.6:
            return chance.choice(_REFERENCES)
        if roll < 0.4 and depth < 4:
            return self._node(context, term, depth + 1)
        if roll < 0.6:
            return chance.choice(_REFERENCES if term.coercion in ("@id", "@vocab") else _STRINGS)
        if roll < 0.75:
            return chance.choice(_NUMBERS)
        if roll < 0.85 and term.coercion is None:
            return dict(chance.choice(_VALUE_OBJECTS))
        if not array:
            return chance.choice(_REFERENCES)
        return [self._value(context, term, depth + 1, array=False) for _ in range(chance.randint(0, 3))]
