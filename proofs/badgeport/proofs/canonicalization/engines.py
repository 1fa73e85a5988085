"""Which engine makes a document's statements and their canonical form: the one seam of the canonicalization.

``BADGEPORT_JSONLD_ENGINE`` chooses: ``compiled`` (also where it is not set), ``reference``, or ``both``, which runs
both and stops with `EnginesDisagreeError` where they differ. The compiled engine leaves to the reference engine what
it has no plan for; every refusal is the reference engine's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, cast, get_args

from badgeport.proofs.canonicalization import compiled, expand
from badgeport.proofs.canonicalization.active_context import Compilations
from badgeport.proofs.canonicalization.nquads import Quad, Statement
from badgeport.proofs.canonicalization.rdfc import CanonicalForm, HashName, canonical_form
from badgeport.proofs.canonicalization.size import size
from badgeport.proofs.canonicalization.untied import untied_form
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import ProblemError

VARIABLE = "BADGEPORT_JSONLD_ENGINE"
Choice = Literal["compiled", "reference", "both"]
Engine = Literal["compiled", "reference"]
_CHOICES: tuple[str, ...] = get_args(Choice)


class EnginesDisagreeError(Exception):
    """The two engines gave different statements or different canonical forms: a defect, and nothing may rest on it."""


@cache
def choice() -> Choice:
    """The engine that the environment asks for when it is first needed. Raises ValueError for one that there is not."""
    chosen = os.environ.get(VARIABLE) or "compiled"
    if chosen not in _CHOICES:
        raise ValueError(f"{VARIABLE} is one of {', '.join(_CHOICES)}")
    return cast(Choice, chosen)


def dataset(
    document: Mapping[str, Any],
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
    exact: bool = False,
    signed: bool = True,
    ran: Callable[[Engine], None] | None = None,
    spend: Callable[[int], None] | None = None,
    compilations: Compilations | None = None,
) -> Sequence[Statement]:
    """The statements of a JSON-LD document; arguments and errors as `expand.dataset`.

    ``ran`` is told which engine made them, or refused to; ``spend`` how many members and items that took, and may
    raise. Raises EnginesDisagreeError besides.
    """
    chosen = choice()
    made = None
    options: dict[str, Any] = {"exact": exact, "signed": signed, "compilations": compilations}
    if chosen != "reference":
        made = compiled.statements(document, contexts=contexts, limits=limits, spend=spend, **options)
    if made is None and spend is not None:
        spend(size(document))
    if ran is not None:
        ran("reference" if made is None else "compiled")
    if made is not None and chosen == "compiled":
        return made
    try:
        found = expand.dataset(document, contexts=contexts, limits=limits, **options)
    except ProblemError as error:
        if made is None:
            raise
        raise EnginesDisagreeError(f"only one engine refuses the document: {error.problem.detail}") from None
    if made is not None and made != found:
        raise EnginesDisagreeError("the engines make different statements of the document")
    return found


def canonical_dataset(
    statements: Sequence[Statement],
    *,
    hash_name: HashName = "sha256",
    limits: Limits = DEFAULT_LIMITS,
    spend: Callable[[int], None] | None = None,
) -> CanonicalForm:
    """The canonical form of what `dataset` gave under the same limits. Arguments and errors as `canonical_form`."""
    chosen = choice()
    made = None if chosen == "reference" else untied_form(statements, hash_name)
    if made is not None and chosen == "compiled":
        return made
    found = canonical_form((Quad(*each) for each in statements), hash_name=hash_name, limits=limits, spend=spend)
    if made is not None and made != found:
        raise EnginesDisagreeError("the engines make different canonical forms of the document")
    return found


def quads(
    document: Mapping[str, Any], *, contexts: ContextStore, limits: Limits = DEFAULT_LIMITS, signed: bool = True
) -> list[Quad]:
    """As `dataset`, each statement with its fields' names."""
    return [Quad(*each) for each in dataset(document, contexts=contexts, limits=limits, signed=signed)]


def canonicalize(
    document: Mapping[str, Any],
    *,
    contexts: ContextStore,
    hash_name: HashName = "sha256",
    limits: Limits = DEFAULT_LIMITS,
) -> str:
    """The canonical N-Quads (RDFC-1.0) of a JSON-LD document. Raises ``ProblemError`` as ``dataset``."""
    made = dataset(document, contexts=contexts, limits=limits)
    return canonical_dataset(made, hash_name=hash_name, limits=limits).text


def check_data_loss(
    document: Mapping[str, Any], *, contexts: ContextStore, limits: Limits = DEFAULT_LIMITS, signed: bool = True
) -> None:
    """Refuse a document that is to be signed and would not be in full. As `expand.check_data_loss`."""
    dataset(document, contexts=contexts, limits=limits, exact=True, signed=signed)
