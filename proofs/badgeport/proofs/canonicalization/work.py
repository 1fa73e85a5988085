"""What canonicalizing costs, over one document or over everything one input contains.

A document is made into statements once however many proofs it has, and a credential that appears many times is one
document. What has to be done is drawn from one allowance, so that neither many proofs nor many contained credentials
cost more than the limits allow.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias, TypeVar

from badgeport.proofs.canonicalization.active_context import Compilations
from badgeport.proofs.canonicalization.engines import Engine, canonical_dataset, dataset
from badgeport.proofs.canonicalization.jcs import by_reference, certain
from badgeport.proofs.canonicalization.nquads import Statement
from badgeport.proofs.canonicalization.rdfc import CanonicalForm, HashName
from badgeport.proofs.canonicalization.size import size
from badgeport.proofs.canonicalization.untied import DIGESTS
from badgeport.schemas import jsontext
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import RANGE_ERROR, Problem, ProblemError

SIGNATURE_STEPS = 10
"""What checking the signature of a single statement costs, in steps."""

JSON_BYTES = 256
"""How many bytes of canonical JSON the quick writer makes in a step."""

_HELD_FORMS = 4
_T = TypeVar("_T")
_Key: TypeAlias = tuple[int | str, ...]


class Work:
    """The allowance of one verification (``limits.proof_steps``), and what was worked out under it.

    A step is one member or item of a document that is made into statements, a few bytes of canonical JSON, or one hash
    that tells unnamed objects apart. Not for use from several threads at once.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._left = limits.proof_steps
        self._compilations = Compilations()
        self._documents = _Documents()
        self._read_by: dict[int, Engine] = {}
        self._hashes: dict[_Key, bytes | Problem] = {}
        # Statements take far more room than their hash: only those of the last documents are kept.
        self._forms: OrderedDict[_Key, tuple[Sequence[Statement], CanonicalForm] | Problem] = OrderedDict()

    @property
    def left(self) -> int:
        """How many steps are left."""
        return self._left

    def spend(self, steps: int) -> None:
        """Draw from the allowance. Raises ProblemError(RANGE_ERROR) where too little is left."""
        if steps > self._left:
            raise ProblemError(RANGE_ERROR, "checking the proofs of everything in the input takes too much work")
        self._left -= steps

    def charge(self, document: Mapping[str, Any], times: int = 1) -> None:
        """Draw what making statements of a document this many times costs. Raises ProblemError(RANGE_ERROR)."""
        self.spend(times * size(document))

    def statements(self, document: Mapping[str, Any], contexts: ContextStore) -> Sequence[Statement]:
        """The statements of a JSON-LD document that no proof covers, such as that of a JWT.

        Raises ProblemError as `engines.dataset`, and RANGE_ERROR.
        """
        return self._dataset(document, contexts, signed=False)

    def canonical(
        self, document: Mapping[str, Any], hash_name: HashName, contexts: ContextStore
    ) -> tuple[Sequence[Statement], CanonicalForm]:
        """The statements of a JSON-LD document and their canonical form.

        Raises ProblemError as `engines.dataset` and `rdfc.canonical_form`, and RANGE_ERROR.
        """
        return self._form(self._documents.number(document), document, hash_name, contexts)

    def _form(
        self, number: int, document: Mapping[str, Any], hash_name: HashName, contexts: ContextStore
    ) -> tuple[Sequence[Statement], CanonicalForm]:
        key = (number, hash_name, contexts.fingerprint)
        if key not in self._forms:
            self._forms[key] = _outcome(lambda: self._canonical(number, document, hash_name, contexts))
            while len(self._forms) > _HELD_FORMS:
                self._forms.popitem(last=False)
        self._forms.move_to_end(key)
        return _value(self._forms[key])

    def read_by(self, document: Mapping[str, Any]) -> Engine | None:
        """Which engine read a document for its canonical form; None where that was not asked for here."""
        return self._read_by.get(self._documents.number(document))

    def rdf_hash(self, document: Mapping[str, Any], hash_name: HashName, contexts: ContextStore) -> bytes:
        """The hash of a document's canonical N-Quads; the same hash serves inside RDFC-1.0. Raises as `canonical`."""
        number = self._documents.number(document)

        def work_out() -> bytes:
            _, form = self._form(number, document, hash_name, contexts)
            return DIGESTS[hash_name](form.text.encode()).digest()

        return self._hash((number, "rdf", hash_name, contexts.fingerprint), work_out)

    def jcs_hash(self, document: Mapping[str, Any], hash_name: HashName) -> bytes:
        """The hash of a document's canonical JSON (RFC 8785). Raises ProblemError as `jcs`, and RANGE_ERROR."""

        def work_out() -> bytes:
            value = dict(document)
            self.spend(1)
            text = certain(value)
            # What is left to the slow writer is charged before it begins.
            self.spend(size(value) if text is None else len(text) // JSON_BYTES)
            return DIGESTS[hash_name](by_reference(value) if text is None else text).digest()

        return self._hash((self._documents.number(document), "jcs", hash_name), work_out)

    def _canonical(
        self, number: int, document: Mapping[str, Any], hash_name: HashName, contexts: ContextStore
    ) -> tuple[Sequence[Statement], CanonicalForm]:
        def ran(engine: Engine) -> None:
            self._read_by[number] = engine

        made = self._dataset(document, contexts, ran=ran)
        return made, canonical_dataset(made, hash_name=hash_name, limits=self._limits, spend=self.spend)

    def _dataset(
        self,
        document: Mapping[str, Any],
        contexts: ContextStore,
        *,
        signed: bool = True,
        ran: Callable[[Engine], None] | None = None,
    ) -> Sequence[Statement]:
        return dataset(
            document,
            contexts=contexts,
            limits=self._limits,
            signed=signed,
            ran=ran,
            spend=self.spend,
            compilations=self._compilations,
        )

    def _hash(self, key: _Key, work_out: Callable[[], bytes]) -> bytes:
        if key not in self._hashes:
            self._hashes[key] = _outcome(work_out)
        return _value(self._hashes[key])


class _Documents:
    """Documents by number: equal ones have one number.

    Telling them apart by their digest costs as much as hashing them, so of documents with the same members the first
    is held as it is until there is a second. Documents do not change meanwhile: they are what was parsed.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._first: dict[tuple[str, ...], tuple[Mapping[str, Any], int]] = {}
        self._by_digest: dict[str, int] = {}
        self._told_apart: set[tuple[str, ...]] = set()

    def number(self, document: Mapping[str, Any]) -> int:
        names = tuple(document)
        if names not in self._first:
            self._first[names] = document, next(self._numbers)
            return self._first[names][1]
        if names not in self._told_apart:
            first, number = self._first[names]
            if all(document[name] is first[name] for name in names):
                return number
            self._told_apart.add(names)
            self._by_digest[_digest(first)] = number
        digest = _digest(document)
        if digest not in self._by_digest:
            self._by_digest[digest] = next(self._numbers)
        return self._by_digest[digest]


def _outcome(work_out: Callable[[], _T]) -> _T | Problem:
    try:
        return work_out()
    except ProblemError as error:
        return error.problem


def _value(outcome: _T | Problem) -> _T:
    if isinstance(outcome, Problem):
        raise ProblemError(outcome.type, outcome.detail, outcome.pointer)
    return outcome


def _digest(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(jsontext.dump(document)).hexdigest()
