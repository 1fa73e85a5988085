"""What a clerk hands in: taken apart, verified as of one instant, and kept for an hour between two forms.

Each piece is verified with its proof package, so that what is filed shows why it was taken for valid.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from badgeport.issuer.mistakes import Absent
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.intake import Allowance, Piece, unpack
from badgeport.verifier.package import build_package, is_package, read_package
from badgeport.verifier.recognition.approval.approvals import Presented
from badgeport.verifier.verifier import VerificationError, VerifiedCredential
from badgeport.verifier.web.desk import Desk
from badgeport.verifier.web.portfolio import REQUEST_SECONDS, Portfolio, Refused
from badgeport.verifier.web.showing import shown
from badgeport.verifier.web.store import TIME_TO_LIVE

MOST_PIECES = 100
_KEPT: Final = "draft"
_INDEX = "draft.json"


@dataclass(frozen=True, slots=True)
class Handed:
    """One thing that was handed in: the name of its file, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Examined:
    """What verified and what did not, and the proof package of each by its number (from 1, as handed in)."""

    portfolio: Portfolio
    packages: Mapping[int, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was handed in on the way to a decision: by whom, to which organisation, under which policy, as of when."""

    org_id: str
    actor: str
    under: str
    as_of: datetime
    handed: tuple[Handed, ...] = field(repr=False)


def taken_apart(desk: Desk, given: Iterable[tuple[str | None, bytes]]) -> tuple[Handed, ...]:
    """Everything in files and texts that is to be verified by itself; of a proof package, the credential in it."""
    found: list[Handed] = []
    with Allowance.of(desk.limits, REQUEST_SECONDS) as allowance:
        for name, data in given:
            pieces: Iterable[Piece] = (
                (Piece(None, data),) if allowance.is_over else unpack(data, desk.limits, allowance)
            )
            for piece in pieces:
                full = "/".join(part for part in (name, piece.name) if part)
                found.append(Handed(shown(full), _original(desk, piece.data)))
    return tuple(found)


def _original(desk: Desk, data: bytes) -> bytes:
    if not is_package(data):
        return data
    try:
        return read_package(data, desk.limits).original or data
    except ProblemError:
        return data


def examined(desk: Desk, handed: tuple[Handed, ...], as_of: datetime) -> Examined:
    """Verify each piece by the usual rules, as of an instant (aware, whole seconds)."""
    now = desk.clock()
    verified: list[tuple[int, VerifiedCredential]] = []
    refused: list[Refused] = []
    presented: list[Presented] = []
    packages: dict[int, bytes] = {}
    verifier = desk.verifiers["default"]
    with Allowance.of(desk.limits, REQUEST_SECONDS) as allowance:
        for number, piece in enumerate(handed, 1):
            if allowance.is_over:
                refused.append(Refused(number, piece.name, None))
                continue
            recording = verifier.record(piece.data, now=now, as_of=as_of, allowance=allowance)
            report = recording.report
            packages[number] = build_package(recording)
            try:
                found = None
                if report.valid:
                    # What enters a decision is held to both: the package shows the first answer.
                    found = verifier.verify(piece.data, now=now, as_of=as_of, allowance=allowance)
            except VerificationError as error:
                report = error.report
            if found is None:
                refused.append(Refused(number, piece.name, report.to_json()))
                presented.append(Presented(piece.data, report))
            else:
                verified.append((number, found))
    return Examined(Portfolio(as_of, tuple(verified), tuple(refused), tuple(presented)), packages)


# -- drafts ---------------------------------------------------------------------------------------------------------


def keep(desk: Desk, draft: Draft) -> str:
    """Keep a draft for an hour; the token that finds it. Raises ProblemError (STORE_FULL)."""
    index: dict[str, Any] = {
        "org": draft.org_id,
        "actor": draft.actor,
        "under": draft.under,
        "asOf": format_datetime(draft.as_of),
        "names": [piece.name for piece in draft.handed],
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_INDEX, jsontext.dump(index))
        for number, piece in enumerate(draft.handed):
            archive.writestr(str(number), piece.data)
    return desk.store.put(_KEPT, target.getvalue(), TIME_TO_LIVE[_KEPT], now=desk.clock(), network=draft.org_id)


def draft_of(desk: Desk, token: str, org_id: str, actor: str) -> Draft:
    """The draft that somebody kept for an organisation. Raises Absent for another's, or where its time is over."""
    stored = desk.store.get(_KEPT, token, now=desk.clock())
    if stored is None:
        raise Absent
    with zipfile.ZipFile(io.BytesIO(stored.data)) as archive:
        if _INDEX not in archive.namelist():
            raise Absent
        index = jsontext.parse_object(archive.read(_INDEX))
        if index["org"] != org_id or index["actor"] != actor:
            raise Absent
        handed = tuple(Handed(str(name), archive.read(str(number))) for number, name in enumerate(index["names"]))
    return Draft(org_id, actor, str(index["under"]), parse_datetime(str(index["asOf"])), handed)


def forget(desk: Desk, token: str) -> None:
    """A draft is needed no more."""
    desk.store.delete(_KEPT, token)
