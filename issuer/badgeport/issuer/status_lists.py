"""Status: Bitstring status lists and their entries (Bitstring Status List 1.0), and 1EdTech revocation lists.

Pure functions over values: who calls stores the list and the used indexes. An index is chosen at random and never used
twice, so that a place on the list tells nothing about when or to whom a badge was given.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from badgeport.issuer.randomness import Randomness, below
from badgeport.issuer.release import Minted, release
from badgeport.keys.signer import Signer
from badgeport.schemas.bitstring import Bitstring
from badgeport.schemas.contexts import ContextStore, urls
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    RANGE_ERROR,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_RANGE_ERROR,
    ProblemError,
)

PURPOSES = ("revocation", "suspension", "refresh", "message")
MINIMUM_ENTRIES = 131_072
"""The least number of entries of a list: the crowd in which one badge hides."""

MAXIMUM_STATUS_SIZE = 8


@dataclass(frozen=True, slots=True)
class StatusList:
    """One status list: its URL, its single purpose, and the statuses (0 is the normal state everywhere)."""

    url: str
    purpose: str
    bits: Bitstring


def new_list(url: str, purpose: str, *, entries: int = MINIMUM_ENTRIES, status_size: int = 1) -> StatusList:
    """A list of ``entries`` statuses of ``status_size`` bits each, all 0.

    Raises ``ProblemError``: STATUS_MALFORMED_VALUE_ERROR for a purpose or size that does not exist, RANGE_ERROR for
    fewer than 131 072 entries.
    """
    _check_purpose(purpose)
    if not 1 <= status_size <= MAXIMUM_STATUS_SIZE:
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, f"A status has 1 to {MAXIMUM_STATUS_SIZE} bits.")
    if entries < MINIMUM_ENTRIES:
        raise ProblemError(RANGE_ERROR, f"A status list has at least {MINIMUM_ENTRIES} entries.")
    return StatusList(url, purpose, Bitstring.zeros(entries, status_size))


def allocate(
    used: Collection[int], *, entries: int = MINIMUM_ENTRIES, randomness: Randomness = secrets.token_bytes
) -> int:
    """A random index below ``entries`` that is not in ``used``; the caller adds it to ``used`` for good.

    Raises ``ProblemError`` (RANGE_ERROR) where the list is full; begin another list before that.
    """
    taken = used if isinstance(used, set | frozenset) else set(used)
    if 2 * len(taken) < entries:
        while (index := below(entries, randomness)) in taken:
            pass
        return index
    free = [index for index in range(entries) if index not in taken]
    if not free:
        raise ProblemError(RANGE_ERROR, f"All {entries} places of the status list are used; begin another list.")
    return free[below(len(free), randomness)]


def entry(
    list_url: str, purpose: str, index: int, *, messages: Sequence[str] = (), entry_id: str | None = None
) -> dict[str, Any]:
    """The BitstringStatusListEntry that points a credential to place ``index`` of a list.

    ``messages`` say what each status means, status 0 first; there are 2, 4, 8 … of them. ``entry_id`` is optional and
    must not be the list's URL.
    Raises ``ProblemError`` (STATUS_MALFORMED_VALUE_ERROR, STATUS_RANGE_ERROR).
    """
    _check_purpose(purpose)
    if isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise ProblemError(STATUS_RANGE_ERROR, "The index of a status is a whole number from 0.")
    if entry_id is not None and entry_id == list_url:
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "The id of a status entry must not be the URL of the list.")
    body: dict[str, Any] = {} if entry_id is None else {"id": entry_id}
    body |= {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }
    if messages:
        size = (len(messages) - 1).bit_length()
        if len(messages) != 1 << size or not 1 <= size <= MAXIMUM_STATUS_SIZE:
            raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "There must be one message for each status: 2, 4, 8 ….")
        body["statusSize"] = size
        body["statusMessage"] = [
            {"status": f"0x{status:x}", "message": message} for status, message in enumerate(messages)
        ]
    elif purpose == "message":
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "A status entry of purpose 'message' needs messages.")
    return body


def with_statuses(status_list: StatusList, changes: Mapping[int, int]) -> StatusList:
    """The list with some statuses changed; the given list stays as it is.

    Raises ``ProblemError``: MALFORMED_VALUE_ERROR for an attempt to take back a revocation, STATUS_RANGE_ERROR for an
    index outside the list or a status too large.
    """
    bits = _copy(status_list.bits)
    for index, status in changes.items():
        if status_list.purpose == "revocation" and bits.get(index) and not status:
            raise ProblemError(
                MALFORMED_VALUE_ERROR,
                f"The badge at place {index} is revoked, which cannot be taken back; award it again, "
                "or use suspension for what may be lifted.",
            )
        bits.set(index, status)
    return replace(status_list, bits=bits)


def set_bit(status_list: StatusList, index: int, value: bool) -> StatusList:
    """The list with one status set or cleared. Raises as `with_statuses`."""
    return with_statuses(status_list, {index: int(value)})


def credential(
    status_list: StatusList,
    issuer: str | Mapping[str, Any],
    *,
    valid_from: datetime,
    valid_until: datetime | None = None,
    ttl: timedelta | None = None,
) -> dict[str, Any]:
    """The BitstringStatusListCredential of a list, unsigned.

    ``issuer`` is an id or a Profile. ``valid_until`` bounds how long a copy may be trusted, ``ttl`` how long it may be
    cached. Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) where the times contradict.
    """
    if valid_until is not None and valid_until <= valid_from:
        raise ProblemError(MALFORMED_VALUE_ERROR, "A status list must be valid until after it becomes valid.")
    if ttl is not None and ttl <= timedelta(0):
        raise ProblemError(MALFORMED_VALUE_ERROR, "The time to live of a status list is longer than nothing.")
    subject: dict[str, Any] = {
        "id": f"{status_list.url}#list",
        "type": "BitstringStatusList",
        "statusPurpose": status_list.purpose,
        "encodedList": status_list.bits.encode(),
    }
    if ttl is not None:
        subject["ttl"] = max(1, ttl // timedelta(milliseconds=1))
    body: dict[str, Any] = {
        "@context": [urls.CREDENTIALS_V2],
        "id": status_list.url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer if isinstance(issuer, str) else dict(issuer),
        "validFrom": format_datetime(valid_from),
    }
    if valid_until is not None:
        body["validUntil"] = format_datetime(valid_until)
    body["credentialSubject"] = subject
    return body


def issue(
    status_list: StatusList,
    signer: Signer,
    format: str = "eddsa-rdfc-2022",
    *,
    now: datetime,
    issuer: str | Mapping[str, Any] | None = None,
    valid_for: timedelta | None = None,
    ttl: timedelta | None = None,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Minted:
    """The signed list as of ``now``, valid for ``valid_for``; call it again to publish changes or a fresh copy.

    ``issuer`` is by default the signer's controller. Raises ``ProblemError`` as `credential` and `release.release`.
    """
    moment = now.replace(microsecond=0)
    body = credential(
        status_list,
        signer.controller if issuer is None else issuer,
        valid_from=moment,
        valid_until=None if valid_for is None else moment + valid_for,
        ttl=ttl,
    )
    return release(body, signer, format, now=now, contexts=contexts, limits=limits)


def read(document: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS, *, status_size: int = 1) -> StatusList:
    """The list in a status list credential of our own, as stored; it is not verified here.

    Raises ``ProblemError`` (STATUS_MALFORMED_VALUE_ERROR, STATUS_LIST_LENGTH_ERROR).
    """
    subject = document.get("credentialSubject")
    url = document.get("id")
    if not isinstance(subject, Mapping) or not isinstance(url, str):
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "This is not a Bitstring status list credential.")
    purpose, encoded = subject.get("statusPurpose"), subject.get("encodedList")
    if not isinstance(purpose, str) or not isinstance(encoded, str):
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "The status list lacks its purpose or its statuses.")
    _check_purpose(purpose)
    return StatusList(url, purpose, Bitstring.decode(encoded, status_size=status_size, limits=limits))


def revocation_list_entry(list_url: str) -> dict[str, Any]:
    """The credentialStatus that names a 1EdTech revocation list."""
    return {"id": list_url, "type": "1EdTechRevocationList"}


def revocation_list(list_url: str, issuer_id: str, revoked: Iterable[tuple[str, str | None]]) -> dict[str, Any]:
    """The 1EdTech revocation list document: pairs of a credential's id and the reason, which may be None.

    It is unsigned; serve it over HTTPS only.
    """
    rows = []
    for credential_id, reason in revoked:
        row: dict[str, Any] = {"id": credential_id, "revoked": True}
        if reason:
            row["revocationReason"] = reason
        rows.append(row)
    return {"id": list_url, "issuer": issuer_id, "revokedCredential": rows}


def _check_purpose(purpose: str) -> None:
    if purpose not in PURPOSES:
        raise ProblemError(
            STATUS_MALFORMED_VALUE_ERROR, f"The purpose of a status list is one of {', '.join(PURPOSES)}."
        )


def _copy(bits: Bitstring) -> Bitstring:
    return Bitstring.decode(bits.encode(), status_size=bits.status_size, minimum_entries=len(bits))
