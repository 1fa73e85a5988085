"""What a document may put into ``@context`` beside pinned context files.

RDF canonicalization signs the graph, and ``@context`` decides which graph the JSON shows, but ``@context`` itself is
not in the graph. Whoever may define terms freely can rename a member of a signed credential, or make it vanish from
what a reader of the JSON looks for, and the signature still fits (Data Integrity 1.0 section 4.3; GHSA-rp5q-966c-5592).
So an inline context may only add terms, each with one possible name: the last segment of its IRI.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from badgeport.proofs.canonicalization.nquads import is_absolute_iri
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, PROOF_VERIFICATION_ERROR, ProblemError

_MAX_ENTRIES = 32
_MAX_INLINE_TERMS = 500
_COERCIONS = ("@id", "@json", "@none")
_CONTAINERS = ("@set", "@list")


class Vocabulary(NamedTuple):
    """The names and IRIs that a context file uses up, at every depth."""

    names: frozenset[str]
    iris: frozenset[str]


def check_context(local: Any, contexts: ContextStore, pointer: str, *, taken: Callable[[str, str], bool]) -> None:
    """Refuse a ``@context`` value that could change what the other members mean.

    Allowed are URLs that the store holds, and objects that only add terms. ``taken`` says whether the contexts around
    this one use a term name for another IRI, or an IRI under another name. Raises ``ProblemError``: CONTEXT_UNKNOWN,
    PROOF_VERIFICATION_ERROR for a definition that could stand for something else, PROOF_TRANSFORMATION_ERROR for what
    is not a context.
    """
    entries = local if isinstance(local, list) else [local]
    if not entries:
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, "@context is empty", pointer)
    if len(entries) > _MAX_ENTRIES:
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, f"@context has more than {_MAX_ENTRIES} entries", pointer)
    urls = [entry for entry in entries if isinstance(entry, str)]
    if len(set(urls)) < len(urls):
        raise ProblemError(PROOF_VERIFICATION_ERROR, "@context names one context twice", pointer)
    taken_names: set[str] = set()
    taken_iris: set[str] = set()
    for entry in entries:
        if isinstance(entry, str):
            contexts.entry(entry)
            vocabulary = _vocabulary(entry, contexts)
            taken_names |= vocabulary.names
            taken_iris |= vocabulary.iris
        elif not isinstance(entry, dict):
            raise ProblemError(PROOF_VERIFICATION_ERROR, "an entry of @context is neither a URL nor an object", pointer)
    terms = [(term, value) for entry in entries if isinstance(entry, dict) for term, value in _terms(entry, pointer)]
    if len(terms) > _MAX_INLINE_TERMS:
        raise ProblemError(
            PROOF_TRANSFORMATION_ERROR, f"@context defines more than {_MAX_INLINE_TERMS} terms inline", pointer
        )
    for term, value in terms:
        iri = _inline_iri(term, value, pointer)
        if term in taken_names or iri in taken_iris or taken(term, iri):
            raise ProblemError(PROOF_VERIFICATION_ERROR, f"@context redefines what {_shown(term)} stands for", pointer)
        taken_names.add(term)
        taken_iris.add(iri)


def _terms(entry: dict[str, Any], pointer: str) -> Iterator[tuple[str, Any]]:
    for term, value in entry.items():
        if term == "@version" and value == 1.1 and isinstance(value, float):
            continue
        if term == "@protected" and isinstance(value, bool):
            continue
        if not isinstance(term, str) or term.startswith("@"):
            raise ProblemError(PROOF_VERIFICATION_ERROR, f"an inline context may not set {_shown(term)}", pointer)
        yield term, value


def _inline_iri(term: str, value: Any, pointer: str) -> str:
    definition = {"@id": value} if isinstance(value, str) else value
    if not isinstance(definition, dict):
        raise ProblemError(PROOF_VERIFICATION_ERROR, f"@context defines {_shown(term)} as nothing", pointer)
    iri = definition.get("@id")
    if not isinstance(iri, str) or not is_absolute_iri(iri) or ("://" not in iri and not iri.startswith("urn:")):
        raise ProblemError(
            PROOF_VERIFICATION_ERROR, f"the inline definition of {_shown(term)} has no complete IRI", pointer
        )
    if re.split(r"[#/]" if "://" in iri else ":", iri)[-1] != term or not _TERM.fullmatch(term):
        # Otherwise a member could be shown under any name at all without touching the signature.
        raise ProblemError(
            PROOF_VERIFICATION_ERROR,
            f"the inline definition of {_shown(term)} has an IRI that does not end in that name",
            pointer,
        )
    coercion = definition.get("@type", "@none")
    containers = definition.get("@container", "@set")
    if (
        not definition.keys() <= {"@id", "@type", "@container", "@protected"}
        or not isinstance(coercion, str)
        or not (coercion in _COERCIONS or ("://" in coercion and is_absolute_iri(coercion)))
        or containers not in _CONTAINERS
        or not isinstance(definition.get("@protected", False), bool)
    ):
        raise ProblemError(
            PROOF_VERIFICATION_ERROR,
            f"the inline definition of {_shown(term)} holds more than an IRI, a type and a container",
            pointer,
        )
    return iri


_TERM = re.compile(r"[^@:/#?\s][^:/#?\s]*")


def _shown(term: object) -> str:
    return json.dumps(str(term))[:80]


_VOCABULARIES: dict[tuple[str, str], Vocabulary] = {}
_VOCABULARIES_KEPT = 1024


def _vocabulary(url: str, contexts: ContextStore) -> Vocabulary:
    key = (contexts.fingerprint, url)
    found = _VOCABULARIES.get(key)
    if found is None:
        names: set[str] = set()
        iris: set[str] = set()
        _collect(contexts.get(url).get("@context"), contexts, {}, names, iris, {url})
        found = Vocabulary(frozenset(names), frozenset(iris))
        if len(_VOCABULARIES) >= _VOCABULARIES_KEPT:
            _VOCABULARIES.clear()
        _VOCABULARIES[key] = found
    return found


def _collect(
    local: Any,
    contexts: ContextStore,
    prefixes: dict[str, str],
    names: set[str],
    iris: set[str],
    seen: set[str],
) -> None:
    if isinstance(local, list):
        for entry in local:
            _collect(entry, contexts, prefixes, names, iris, seen)
    elif isinstance(local, str):
        if local in contexts and local not in seen:
            seen.add(local)
            _collect(contexts.get(local).get("@context"), contexts, prefixes, names, iris, seen)
    elif isinstance(local, dict):
        stated = {term: _stated_iri(value) for term, value in local.items()}
        prefixes.update({term: iri for term, iri in stated.items() if iri})
        for term, value in local.items():
            if not term.startswith("@"):
                names.add(term)
                iris.add(_expanded(stated[term] or term, prefixes))
            if isinstance(value, dict) and "@context" in value:
                _collect(value["@context"], contexts, dict(prefixes), names, iris, seen)


def _stated_iri(value: Any) -> str | None:
    found = value.get("@id", value.get("@reverse")) if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


def _expanded(iri: str, prefixes: dict[str, str]) -> str:
    for _ in range(8):  # a prefix may itself be written with a prefix
        prefix, colon, rest = iri.partition(":")
        if colon and not rest.startswith("//") and prefix in prefixes:
            iri = prefixes[prefix] + rest
        elif iri in prefixes and prefixes[iri] != iri:
            iri = prefixes[iri]
        else:
            break
    return iri
