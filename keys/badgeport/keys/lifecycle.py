"""The life of an issuer's keys: active, then retired, then revoked, and the key document that follows.

Pure functions over frozen records. A retired key signs no more and keeps verifying what it signed; a revoked key is
published with the instant of its revocation. Instants are aware datetimes and are given, never read from a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from badgeport.keys.cid import MethodType, build_document, method_entry
from badgeport.keys.public import PublicKey
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError


class KeyState(StrEnum):
    """Where a key is in its life; it only moves forward."""

    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What is known of a key without opening it: never a secret.

    ``uri`` says where the private key is (see `badgeport.keys.custody.open_signer`). ``retired`` is when it stopped
    signing. ``expires`` is when verifiers are to stop accepting its proofs, also old ones; it is independent of
    retirement and usually absent. ``revoked`` is the instant from which its signatures are not to be believed.
    """

    uri: str
    public_key: PublicKey
    verification_method: str
    controller: str
    state: KeyState
    created: datetime
    retired: datetime | None = None
    expires: datetime | None = None
    revoked: datetime | None = None

    def __post_init__(self) -> None:
        instants = (self.created, self.retired, self.expires, self.revoked)
        if any(instant is not None and instant.utcoffset() is None for instant in instants):
            raise _refused("a key record's date has no time zone")
        if any(instant is not None and instant < self.created for instant in instants):
            raise _refused("a key record's date lies before the key was created")
        if (self.state is KeyState.ACTIVE) != (self.retired is None and self.revoked is None):
            raise _refused("a key is active exactly while it is neither retired nor revoked")
        if (self.state is KeyState.REVOKED) != (self.revoked is not None):
            raise _refused("a key is revoked exactly when it has a revocation date")


def may_sign(record: KeyRecord, at: datetime) -> bool:
    """Whether the key is to be used for new signatures at the instant ``at``."""
    started = record.created <= _aware(at)
    return record.state is KeyState.ACTIVE and started and (record.expires is None or at < record.expires)


def retire(record: KeyRecord, at: datetime) -> KeyRecord:
    """The record of an active key that signs no more from ``at`` on; what it signed keeps verifying.

    Raises ProblemError(MALFORMED_VALUE_ERROR) for a key that is not active, or an instant before its creation.
    """
    if record.state is not KeyState.ACTIVE:
        raise _refused(f"a {record.state} key cannot be retired")
    return replace(record, state=KeyState.RETIRED, retired=_aware(at))


def revoke(record: KeyRecord, at: datetime) -> KeyRecord:
    """The record of a key whose signatures are not to be believed from ``at`` on: when it was, or may have been, lost.

    Raises ProblemError(MALFORMED_VALUE_ERROR) for a revoked key, or an instant before its creation.
    """
    if record.state is KeyState.REVOKED:
        raise _refused("a revoked key cannot be revoked again")
    return replace(record, state=KeyState.REVOKED, revoked=_aware(at))


def rotate(records: Sequence[KeyRecord], new: KeyRecord, at: datetime) -> tuple[KeyRecord, ...]:
    """The records after ``new`` took over at ``at``: every active key of its controller is retired, none is dropped.

    Raises ProblemError(MALFORMED_VALUE_ERROR) where ``new`` is not active, or its key, verification method or URI is
    in the records already: an old name must never come to mean another key.
    """
    if not may_sign(new, at):
        raise _refused("the key to rotate to cannot sign at that instant")
    for record in records:
        if new.verification_method == record.verification_method:
            raise _refused("the new key's verification method already names another key")
        if new.public_key == record.public_key or new.uri == record.uri:
            raise _refused("the new key is one of the old keys")
    kept = (
        retire(record, at) if record.state is KeyState.ACTIVE and record.controller == new.controller else record
        for record in records
    )
    return (*kept, new)


def signing_record(records: Sequence[KeyRecord], controller: str, at: datetime) -> KeyRecord | None:
    """The key to sign with for ``controller`` at ``at``: the one created last of those that may sign, or None."""
    usable = [record for record in records if record.controller == controller and may_sign(record, at)]
    return max(usable, key=lambda record: record.created, default=None)


def document(
    controller: str,
    records: Sequence[KeyRecord],
    *,
    method_type: MethodType | None = None,
    also_known_as: Sequence[str] = (),
) -> dict[str, Any]:
    """The DID document or controlled identifier document that publishes the controller's keys.

    Active and retired keys are listed alike. Retirement sets no ``expires``: verifiers refuse every proof of a method
    at or after its ``expires`` (Controlled Identifiers 1.0 §2.2), which would end all badges of the old key. Revoked
    keys stay listed with ``revoked``, so that a verifier can say what happened; leave a record out to withdraw its key
    altogether. Raises ProblemError(MALFORMED_VALUE_ERROR) where two of the controller's records share a method id.
    """
    own = [record for record in records if record.controller == controller]
    if len({record.verification_method for record in own}) != len(own):
        raise _refused("two keys have the same verification method")
    entries = [
        method_entry(
            record.verification_method,
            controller,
            record.public_key,
            method_type=method_type,
            expires=record.expires,
            revoked=record.revoked,
        )
        for record in own
    ]
    return build_document(controller, entries, also_known_as=also_known_as)


def _aware(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise _refused("an instant needs a time zone")
    return instant


def _refused(detail: str) -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, detail)
