"""Recognition credentials: an authority's signed word on which issuers it recognises, and for what.

What such a credential says is read by `recognized`; here it is had, verified, and asked about one issuer. Recognition
that hangs on more than can be judged here, such as another list, leaves open whether the issuer is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from badgeport.schemas import carrier, jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.checks.ids import CHECK_IDS
from badgeport.verifier.open_badges_2 import addresses
from badgeport.verifier.report import Outcome, Verdict
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.trust import recognized
from badgeport.verifier.trust.recognized import CREDENTIAL, Span
from badgeport.verifier.trust.sources import Answer, ListedIssuer, RecognitionRegistry, RegistryError, settled_once

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.policy import Policy

_MAXIMUM_SCHEMAS = 8
_FORMS = frozenset({"json", "jws", "sd-jwt"})


@dataclass(frozen=True, slots=True)
class _List:
    """A recognition credential that was verified: its document, and the period it is valid in."""

    document: Mapping[str, Any]
    period: Span


def ask(source: RecognitionRegistry, issuer: str, examination: Examination) -> Answer:
    """What the authority says of ``issuer``, once its credential is verified. Raises RegistryError.

    The credential must be valid at the instant of the check; what it says counts at the instant asked about.
    """
    found = _verified(source, examination)
    entities = recognized.entities(found.document)
    stated = [entity for entity in entities if _is_issuer(entity.get("id"), issuer, examination)]
    doubts: list[str] = []
    notes: list[str] = []
    for entity in stated:
        for action in recognized.actions(entity, doubts):
            period = _period(action, found, source, doubts)
            if period is None or not _for_this_credential(action, examination, doubts, notes):
                continue
            when = _outside(period, action, examination)
            if when is None:
                return Answer(_listed(entity, issuer, source.name, period))
            if when.stated:
                notes.append(when.detail)
            else:
                doubts.append(f"it says nothing of the instant asked about: it holds {when.detail}")
    if doubts:
        raise RegistryError(doubts[0])
    return Answer(None, f"{source.name} names the issuer, but {notes[0]}" if notes else None)


def _is_issuer(stated: object, issuer: str, examination: Examination) -> bool:
    """Whether this is the issuer. To Open Badges 2.0 its address by http and that by https are one."""
    return recognized.same(stated, issuer) or (examination.is_open_badges_2 and addresses.same(stated, issuer))


def _judged(examination: Examination) -> Mapping[str, Any]:
    """The credential whose issuer is asked about; of an older badge what its issuer publishes, not the copy of it."""
    return examination.legacy.award if examination.is_open_badges_2 else examination.document


# -- the credential -------------------------------------------------------------------------------------------------


def _verified(source: RecognitionRegistry, examination: Examination) -> _List:
    """The credential, verified once for the whole input."""
    return settled_once(examination.shared.registries, source, lambda: _verify(source, examination))


def _verify(source: RecognitionRegistry, examination: Examination) -> _List:
    from badgeport.verifier.examination import Examination, Question, Shared
    from badgeport.verifier.pipeline import run

    settings, limits, now = examination.settings, examination.settings.limits, examination.question.now
    # Its work is not counted on that of the input: how long a list is does not depend on who is looked up in it.
    shared = Shared(examination.shared.documents, limits.members, limits.status_entries, limits.status_bytes)
    child = Examination(
        replace(settings, policy=_policy(settings.policy), trust=type(settings.trust)()),
        Question(now, now),
        shared,
        _body(source, examination),
        role="registry",
    )
    report = run(child)
    if child.owner is None or not recognized.same(child.owner, source.authority):
        raise RegistryError(f"its credential is not one of {source.authority}")
    if report.verdict is not Verdict.VALID:
        reasons = [problem.detail for problem in report.problems()]
        why = f": {reasons[0]}" if reasons else ""
        raise RegistryError(f"its credential could not be verified{why}")
    if child.is_presentation or CREDENTIAL not in recognized.strings(child.document.get("type")):
        raise RegistryError(f"its credential is no {CREDENTIAL}")
    if not _is_whole(child):
        raise RegistryError("part of its credential was held back, or may have been")
    period = recognized.span(child.document)
    if period is None:
        raise RegistryError("the dates of its credential cannot be read")
    return _List(child.document, period)


def _is_whole(examination: Examination) -> bool:
    """Whether the authority's signature covers all it said, and all of that is here.

    What a recognition does not say it leaves open: without a type it is for every type, without an end it does not
    end. So nobody but the authority may have left anything out. That nothing was is seen of an SD-JWT which has no
    digest without its disclosure, and never of a proof from which others are derived (ecdsa-sd-2023).
    """
    from badgeport.proofs.suites.ecdsa_sd import NAME

    opened = examination.opened
    if opened is None or opened.undisclosed:
        return False
    return any(state.info.suite != NAME and state.holds is Outcome.PASSED for state in examination.proofs)


def _body(source: RecognitionRegistry, examination: Examination) -> bytes:
    data = source.credential
    if data is None:
        try:
            data = examination.shared.documents.fetch(source.url or "", "registry").body
        except FetchError as error:
            raise RegistryError(error.reason) from None
    # An address or a picture in its place leads nowhere.
    if carrier.detect(data) not in _FORMS:
        raise RegistryError("it answered with no credential")
    return data


def _policy(policy: Policy) -> Policy:
    """What a recognition credential is held to: every check there is for it, whatever the reader waives for badges."""
    return replace(
        policy,
        name="registry",
        require=CHECK_IDS,
        warn_only=frozenset(),
        allow_unknown=frozenset(),
        recognized_issuers_only=False,
        badge_required=False,
    )


# -- what it says ---------------------------------------------------------------------------------------------------


def _period(action: Mapping[str, Any], found: _List, source: RecognitionRegistry, doubts: list[str]) -> Span | None:
    """When an action is recognised; None where that cannot be told, or somebody else than the authority says so."""
    own = recognized.stated_span(action, source.authority, doubts)
    return None if own is None else Span(own.start or found.period.start, own.end or found.period.end)


def _for_this_credential(
    action: Mapping[str, Any], examination: Examination, doubts: list[str], notes: list[str]
) -> bool:
    """Whether an action is about credentials such as the one under examination."""
    if not recognized.is_for_types(action, _judged(examination).get("type")):
        notes.append("not for credentials of this type")
        return False
    if "outputValidation" not in action:
        return True
    stated = action["outputValidation"]
    schemas = stated if isinstance(stated, list) else [stated]
    if not 0 < len(schemas) <= _MAXIMUM_SCHEMAS:
        doubts.append(f"it names no schema for an action, or more than {_MAXIMUM_SCHEMAS}")
        return False
    try:
        fits = all(_fits(examination, schema) for schema in schemas)
    except RegistryError as error:
        doubts.append(error.reason)
        return False
    if not fits:
        notes.append("not for credentials such as this one")
    return fits


def _fits(examination: Examination, stated: Any) -> bool:
    """Whether the credential under examination fits a schema of the authority's. Raises RegistryError.

    The schema is had only where the reader's policy allows that schemas are fetched, or where it was supplied.
    """
    from badgeport.schemas.jsonschemas import validate
    from badgeport.verifier.checks.resource_integrity import matches

    url = stated.get("id") if isinstance(stated, Mapping) else None
    if not isinstance(url, str) or "JsonSchema" not in recognized.strings(stated.get("type")):
        raise RegistryError("it recognises the issuer for credentials that fit a schema of a kind that is not read")
    limits = examination.settings.limits
    where = f"the schema {url}, which says for which credentials it recognises the issuer,"
    try:
        body = examination.shared.documents.fetch(url, "schema").body
        if not matches(stated, body, limits):
            raise RegistryError(f"{where} is not the one that was signed")
        return not validate(jsontext.parse_object(body, limits), _judged(examination), limits=limits)
    except FetchError as error:
        raise RegistryError(f"{where} could not be had: {error.reason}") from None
    except ProblemError as error:
        raise RegistryError(f"{where} cannot be used: {error.problem.detail}") from None


@dataclass(frozen=True, slots=True)
class _Outside:
    """Why a recognition does not hold at the instant asked about; ``stated`` says that the authority says so itself."""

    detail: str
    stated: bool


def _outside(period: Span, action: Mapping[str, Any], examination: Examination) -> _Outside | None:
    """None where the recognition holds at the instant asked about.

    A list without dates of its own for an action speaks for its own period only: of the time before a new edition came
    out it says nothing.
    """
    as_of, skew = examination.question.as_of, examination.skew
    own = recognized.span(action) or period
    if period.start is not None and period.start - as_of > skew:
        return _Outside(f"only from {format_datetime(period.start)}", own.start is not None)
    if period.end is not None and as_of - period.end > skew:
        return _Outside(f"only until {format_datetime(period.end)}", own.end is not None)
    return None


def _listed(entity: Mapping[str, Any], issuer: str, registry: str, period: Span) -> ListedIssuer:
    legal_name = recognized.text(entity.get("legalName"))
    start, end = (None if each is None else format_datetime(each) for each in (period.start, period.end))
    name = recognized.text(entity.get("name")) or legal_name
    return ListedIssuer(issuer, name, registry, legal_name, recognized.text(entity.get("url")), start, end)
