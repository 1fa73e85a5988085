"""What somebody handed in to be decided on: taken from a kept result and verified anew, as of the day of the decision.

Only what verifies enters a decision. Of what does not, the reason of its report is kept beside it.
"""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from badgeport.schemas.problems import ProblemError
from badgeport.verifier.intake import Allowance
from badgeport.verifier.package import read_package
from badgeport.verifier.recognition.approval.approvals import Presented, authority_of
from badgeport.verifier.recognition.approval.authority import Authority
from badgeport.verifier.recognition.conditions.candidates import candidates_of
from badgeport.verifier.recognition.conditions.statements import achievement_id
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.supporting import with_lists
from badgeport.verifier.verifier import VerificationError, VerifiedCredential
from badgeport.verifier.web.desk import Desk
from badgeport.verifier.web.kept import Item, Kept
from badgeport.verifier.web.showing import shown
from badgeport.verifier.web.views import report_view

REQUEST_SECONDS = 90.0
"""After this long nothing further of one request is verified."""

LIST_SECONDS = 10.0
"""For so long the approval lists of one policy are looked up; what is not there by then leaves it open."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Something handed in that enters no decision: its number, the name of its file, and the report that says why.

    ``report`` is None where there is none to show: it was not looked at, or its original was not kept.
    """

    number: int
    name: str
    report: dict[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What verified as of the instant ``as_of``, by its number, and what did not."""

    as_of: datetime
    verified: tuple[tuple[int, VerifiedCredential], ...]
    refused: tuple[Refused, ...]
    presented: tuple[Presented, ...] = field(default=(), repr=False)

    @property
    def credentials(self) -> list[VerifiedCredential]:
        """The verified credentials, in the order they were handed in."""
        return [credential for _, credential in self.verified]

    def achievements(self) -> dict[int, tuple[str, ...]]:
        """The ids of the achievements that each verified credential is for, by its number."""
        return {
            number: tuple(
                stated.value for each in candidates_of(credential) if (stated := achievement_id(each)) is not None
            )
            for number, credential in self.verified
        }

    def authority(self, policy: RecognitionPolicy, desk: Desk) -> Authority:
        """What authorities said, as far as it was handed in, is inside the badges, or is where the policy says.

        It is believed as the policy says.
        """
        found = authority_of(self.credentials, presented=self.presented, believed=policy.approvers)
        if not policy.approval_lists:
            return found
        with Allowance.of(desk.limits, LIST_SECONDS) as allowance:
            verifier = desk.verifiers["default"]
            verify = partial(verifier.verify, now=desk.clock(), as_of=self.as_of, allowance=allowance)
            return with_lists(found, policy, verify, desk.shelf.approval_list)


def portfolio_of(desk: Desk, kept: Kept, as_of: datetime | None) -> Portfolio:
    """Verify all that a result holds again, as of an instant (now unless given), by the usual rules."""
    now = desk.clock()
    instant = (as_of or now).replace(microsecond=0)
    verified: list[tuple[int, VerifiedCredential]] = []
    refused: list[Refused] = []
    presented: list[Presented] = []
    ends = time.monotonic() + REQUEST_SECONDS
    with Allowance.of(desk.limits, REQUEST_SECONDS) as allowance:
        for number in range(1, len(kept) + 1):
            item = kept.item(number, package=True)
            assert item is not None
            data = _original(item, desk)
            if data is None or allowance.is_over or time.monotonic() > ends:
                refused.append(Refused(number, shown(item.name), None))
                continue
            started = time.monotonic()
            try:
                found = desk.verifiers["default"].verify(data, now=now, as_of=instant, allowance=allowance)
            except VerificationError as error:
                report = error.report
                refused.append(Refused(number, shown(item.name), report.to_json()))
                presented.append(Presented(data, report))
            else:
                report = found.report
                verified.append((number, found))
            desk.note("page", report, time.monotonic() - started)
    return Portfolio(instant, tuple(verified), tuple(refused), tuple(presented))


def names_of(kept: Kept, speech_language: str, now: datetime) -> list[dict[str, Any]]:
    """What was handed in, as a list shows it: number, name, tone and headline of its report."""
    rows = []
    for number in range(1, len(kept) + 1):
        item = kept.item(number)
        assert item is not None
        view = None if item.report is None else report_view(item.parsed(), speech_language, now=now)
        known = view is not None and bool(view.facts)
        name = view.name if view is not None and known else shown(item.name)
        rows.append({"number": number, "name": name, "view": view, "file": shown(item.name), "problem": item.problem})
    return rows


def where_note(token: str) -> str:
    """The token under which it is kept where a result counts: known to whoever knows the result, and nobody else."""
    return hmac.digest(token.encode("utf-8", "surrogateescape"), b"where", "sha256").hex()


def forget(desk: Desk, token: str) -> None:
    """Forget what was handed in, and where it counts."""
    desk.store.delete("decision", where_note(token))
    desk.store.delete("result", token)


def _original(item: Item, desk: Desk) -> bytes | None:
    if item.package is None:
        return None
    try:
        return read_package(item.package, desk.limits).original
    except ProblemError:
        return None
