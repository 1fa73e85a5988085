"""The record of a decision: everything it was made from, as JSON, so that it can be made again years later.

A record holds the badges as they were verified, the facts, the text of the policy, what authorities said, the
agreements and the ledger. `decide_again` needs nothing else: no network, no clock, no other file. It does not verify
the badges again; their proof packages do, and the digests name the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.approval.authority import Authority
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.authoring.authoring import policy_of
from badgeport.verifier.recognition.authoring.building import digest
from badgeport.verifier.recognition.conditions import statements
from badgeport.verifier.recognition.conditions.candidates import Candidate, LeftOut
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.deciding.plain import number, plain
from badgeport.verifier.recognition.model import Credited

if TYPE_CHECKING:
    from badgeport.verifier.recognition.decision import Decision

FORM: Final = "badgeport-recognition-record-1"
"""The form of a record; another one is refused."""

_TEXTS: Final = ("id", "name", "issuer", "valid_until", "record", "place")
_FLAGS: Final = ("verified", "withholdable", "renewed")
_LISTS: Final = ("listed_in", "read", "unread", "part_of", "parts", "linked")
_AMOUNT: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII)
"""What was credited. Nothing below 0: what was taken back is no line any more."""
_LINE: Final = ("credential_id", "issuer", "achievement", "category", "cycle")
_LINE_LISTS: Final = ("parts", "linked")


class RecordError(ValueError):
    """A record from which nothing can be decided: another form, or another decision than the one kept."""


def record_of(inputs: Inputs) -> dict[str, Any]:
    """The record of what a decision is made from, a JSON object."""
    return {
        "form": FORM,
        "software": inputs.software,
        "asOf": inputs.as_of.isoformat(),
        "purpose": inputs.purpose,
        "trial": inputs.trial,
        "policy": dict(inputs.policy.body),
        "facts": _numbers(inputs.facts.body),
        "authority": inputs.authority.to_json(),
        "agreements": [_agreement_json(key, each) for key, each in inputs.agreements.items()],
        "credited": [credited_json(line) for line in inputs.credited],
        "candidates": [_candidate_json(each) for each in inputs.candidates],
        "leftOut": [_left_out_json(each) for each in inputs.left_out],
    }


def inputs_again(record: Mapping[str, Any]) -> Inputs:
    """The inputs that a record holds.

    Raises RecordError for another form, `members.MemberError` naming a member that is not as it should be,
    `facts.FactsError` and `findings.PolicyRefused` for facts and a policy that are not.
    """
    form = _text(record, "form", "")
    if form != FORM:
        raise RecordError(f"the record has the form {form!r}; this software reads {FORM!r}")
    policy = policy_of(_object(record, "policy", ""))
    inputs = Inputs(
        candidates=tuple(_candidate(each, pointer) for each, pointer in _objects(record, "candidates")),
        left_out=tuple(_left_out(each, pointer) for each, pointer in _objects(record, "leftOut")),
        policy=policy,
        purpose=_text(record, "purpose", ""),
        facts=read_facts(_object(record, "facts", "")),
        as_of=_instant(record, "asOf", ""),
        authority=Authority.from_json(_object(record, "authority", "")),
        agreements=dict(_agreement(each, pointer) for each, pointer in _objects(record, "agreements")),
        credited=tuple(_credited(each, pointer) for each, pointer in _objects(record, "credited")),
        software=_text(record, "software", ""),
        trial=_flag(record, "trial", ""),
    )
    if inputs.purpose not in policy.purposes:
        raise RecordError(f"the policy of the record says nothing of the purpose {inputs.purpose!r}")
    return inputs


def decide_again(record: Mapping[str, Any]) -> Decision:
    """The decision that follows from a record; equal to the first one where nothing was changed.

    Raises as `inputs_again`. Whether the record is the one that a decision was made from is told by `belongs_to`.
    """
    from badgeport.verifier.recognition.engine import decide

    return decide(inputs_again(record))


def belongs_to(record: Mapping[str, Any], decision: Decision) -> bool:
    """Whether the decision names this record, byte for byte in its canonical form."""
    return decision.inputs.get("record") == digest(dict(record))


def named(inputs: Inputs) -> dict[str, Any]:
    """What a decision says of its inputs: digests of badges and documents, the facts, the ledger, the record's digest.

    It holds texts instead of fractions of numbers, so that it can be signed.
    """
    authority = inputs.authority.to_json()
    sources = [each.source for each in inputs.authority.statements if each.source is not None]
    return {
        "credentials": [
            {"sha256": each.sha256, "id": each.id, "issuer": each.issuer, "record": each.record, "place": each.place}
            for each in inputs.candidates
        ],
        "leftOut": [_left_out_json(each) for each in inputs.left_out],
        "facts": plain(inputs.facts.body),
        "credited": [credited_json(line) for line in inputs.credited],
        "authority": {"sha256": digest(authority), "sources": list(dict.fromkeys(sources))},
        "agreements": [
            {"id": each.id, "sha256": digest(_agreement_json(key, each)), "source": each.source}
            for key, each in inputs.agreements.items()
        ],
        "record": digest(record_of(inputs)),
    }


def stack_in(record: Mapping[str, Any], credential: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How a badge in a record belongs with others: the achievements that make it up, and those it may belong with.

    ``credential``: its digest. Nothing where the record does not hold it. Raises `members.MemberError`.
    """
    for body, pointer in _objects(record, "candidates"):
        if body.get("sha256") == credential:
            candidate = _candidate(body, pointer)
            parts = tuple(each.value for each in statements.stack_members(candidate))
            return parts, tuple(each.value for each in statements.linked(candidate) if each.value not in parts)
    return (), ()


def credited_json(line: Credited) -> dict[str, Any]:
    """A line of the ledger as JSON; the amount is a text."""
    body: dict[str, Any] = {"credential": line.credential, "purpose": line.purpose, "rule": line.rule}
    body |= {_camel(name): getattr(line, name) for name in _LINE}
    body |= {name: list(getattr(line, name)) for name in _LINE_LISTS if getattr(line, name)}
    return body | {"amount": number(line.amount), "unit": line.unit, "on": line.on.isoformat()}


def credited_of(body: Mapping[str, Any]) -> Credited:
    """What `credited_json` wrote; all but its members are refused. Raises `members.MemberError` naming the member."""
    unknown = next((name for name in body if name not in LINE_MEMBERS), None)
    if unknown is not None:
        raise MemberError(f"/{unknown}", f"a line has no member {unknown!r}; known are {', '.join(LINE_MEMBERS)}")
    return _credited(body, "")


def _credited(body: Mapping[str, Any], pointer: str) -> Credited:
    stated = _text(body, "amount", pointer)
    if not _AMOUNT.fullmatch(stated):
        raise MemberError(f"{pointer}/amount", "it is not an amount: digits, at most six of them after a point")
    try:
        amount = Decimal(stated)
        on = date.fromisoformat(_text(body, "on", pointer))
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, MemberError):
            raise
        raise MemberError(pointer, "the line of the ledger has no amount or no day that can be read") from None
    return Credited(
        credential=_text(body, "credential", pointer),
        purpose=_text(body, "purpose", pointer),
        rule=_text(body, "rule", pointer),
        unit=_text(body, "unit", pointer),
        amount=amount,
        on=on,
        parts=_texts(body, "parts", pointer) if "parts" in body else (),
        linked=_texts(body, "linked", pointer) if "linked" in body else (),
        **{name: _text_or_none(body, _camel(name), pointer) for name in _LINE},
    )


def _candidate_json(candidate: Candidate) -> dict[str, Any]:
    body: dict[str, Any] = {"sha256": candidate.sha256, "document": dict(candidate.document)}
    body["asOf"] = None if candidate.as_of is None else candidate.as_of.isoformat()
    body |= {_camel(name): getattr(candidate, name) for name in (*_TEXTS, *_FLAGS)}
    return body | {_camel(name): list(getattr(candidate, name)) for name in _LISTS}


def _candidate(body: Mapping[str, Any], pointer: str) -> Candidate:
    texts = {name: _text_or_none(body, _camel(name), pointer) for name in _TEXTS}
    flags = {name: _flag(body, _camel(name), pointer) for name in _FLAGS}
    lists = {name: _texts(body, _camel(name), pointer) for name in _LISTS}
    return Candidate(
        sha256=_text(body, "sha256", pointer),
        document=_object(body, "document", pointer),
        as_of=None if body.get("asOf") is None else _instant(body, "asOf", pointer),
        **texts,  # type: ignore[arg-type]
        **flags,  # type: ignore[arg-type]
        **lists,  # type: ignore[arg-type]
    )


def _left_out_json(each: LeftOut) -> dict[str, Any]:
    return {"sha256": each.sha256, "place": each.place, "id": each.id, "reason": each.reason}


def _left_out(body: Mapping[str, Any], pointer: str) -> LeftOut:
    place, known = _text_or_none(body, "place", pointer), _text_or_none(body, "id", pointer)
    return LeftOut(_text(body, "sha256", pointer), place, known, _text(body, "reason", pointer))


def _agreement_json(key: str, agreement: Agreement) -> dict[str, Any]:
    until = None if agreement.known_until is None else agreement.known_until.isoformat()
    return {"key": key, "agreement": agreement.to_json(), "source": agreement.source, "knownUntil": until}


def _agreement(body: Mapping[str, Any], pointer: str) -> tuple[str, Agreement]:
    until = _text_or_none(body, "knownUntil", pointer)
    try:
        known_until = None if until is None else date.fromisoformat(until)
    except ValueError:
        raise MemberError(f"{pointer}/knownUntil", f"there is no day {until!r}") from None
    source = _text_or_none(body, "source", pointer)
    agreement = agreement_of(_object(body, "agreement", pointer), source=source, known_until=known_until)
    return _text(body, "key", pointer), agreement


def _numbers(value: Any) -> Any:
    """A value with decimals as the numbers they are, as JSON has them."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(name): _numbers(each) for name, each in value.items()}
    return [_numbers(each) for each in value] if isinstance(value, list | tuple) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


LINE_MEMBERS: Final = tuple(
    sorted(("credential", "purpose", "rule", "amount", "unit", "on", *map(_camel, _LINE), *_LINE_LISTS))
)
"""The members of a line of the ledger in JSON."""


def _text(body: Mapping[str, Any], name: str, pointer: str) -> str:
    value = _text_or_none(body, name, pointer)
    if value is None:
        raise MemberError(f"{pointer}/{name}", "the text is missing")
    return value


def _text_or_none(body: Mapping[str, Any], name: str, pointer: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise MemberError(f"{pointer}/{name}", "it is not a text")
    return value


def _texts(body: Mapping[str, Any], name: str, pointer: str) -> tuple[str, ...]:
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MemberError(f"{pointer}/{name}", "it is not a list of texts")
    return tuple(value)


def _flag(body: Mapping[str, Any], name: str, pointer: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise MemberError(f"{pointer}/{name}", "it is neither true nor false")
    return value


def _instant(body: Mapping[str, Any], name: str, pointer: str) -> datetime:
    text = _text(body, name, pointer)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise MemberError(f"{pointer}/{name}", f"{text!r} is not a date and time") from None
    if instant.utcoffset() is None:
        raise MemberError(f"{pointer}/{name}", "the date and time has no time zone")
    return instant.astimezone(UTC)


def _object(body: Mapping[str, Any], name: str, pointer: str) -> Mapping[str, Any]:
    value = body.get(name)
    if not isinstance(value, Mapping):
        raise MemberError(f"{pointer}/{name}", "it is not an object")
    return value


def _objects(body: Mapping[str, Any], name: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    value = body.get(name)
    if not isinstance(value, list):
        raise MemberError(f"/{name}", "it is not a list")
    for index, each in enumerate(value):
        if not isinstance(each, Mapping):
            raise MemberError(f"/{name}/{index}", "it is not an object")
        yield each, f"/{name}/{index}"
