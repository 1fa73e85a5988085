"""Agreements between jurisdictions: who is a member when, and which standard of quality they ask of micro-credentials.

An agreement says who works together. What a credential is worth in a member's jurisdiction is that member's policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from badgeport.keys import did
from badgeport.verifier.recognition.approval.members import ALWAYS, MemberError, Members
from badgeport.verifier.recognition.model import Period


@dataclass(frozen=True, slots=True)
class Member:
    """A member. ``id``: its DID; ``area``: ISO 3166 code.

    ``issuers``: the DIDs of those who issue under its responsibility, besides itself; None: the agreement does not say,
    so that of no other issuer it can be told whether it belongs to this member. ``period``: the days of membership,
    ending before a withdrawal. ``withdrawn``: the first day on which it was no member any more.
    """

    id: str
    name: str
    area: str | None = None
    issuers: tuple[str, ...] | None = None
    period: Period = ALWAYS
    withdrawn: date | None = None

    def belongs(self, on: date) -> bool:
        """Whether it is a member on that day."""
        return self.period.contains(on) and (self.withdrawn is None or on < self.withdrawn)

    def answers_for(self, issuer: str) -> bool | None:
        """Whether the issuer is this member or one of its issuers; None: it cannot be told."""
        wanted = did.comparable(issuer)
        if wanted == did.comparable(self.id):
            return True
        if self.issuers is None:
            return None
        return any(did.comparable(each) == wanted for each in self.issuers)


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement in force on the days of ``period``.

    ``quality_standard``: the standard that the members ask of micro-credentials, None: it asks none. ``source``:
    digest of the signed document, None: it is not from one. ``known_until``: the last day up to which verification
    showed that it had not been taken back; None: without end, for one that is not from a credential.
    """

    id: str
    title: str
    members: tuple[Member, ...]
    quality_standard: str | None = None
    period: Period = ALWAYS
    quality_standard_url: str | None = None
    note: str | None = None
    source: str | None = None
    known_until: date | None = None

    def covers(self, issuer: str, on: date) -> bool | None:
        """Whether the issuer was, or issued for, a member on that day; None: it cannot be told."""
        member = self.member_of(issuer, on)
        if member is not None:
            return None if self._too_late(on) else True
        if not self.period.contains(on):
            return False
        open_members = (each for each in self.members if each.belongs(on) and each.answers_for(issuer) is None)
        if next(open_members, None) is not None:
            return None
        # A member may have joined since it was verified.
        return None if self._too_late(on) else False

    def member_of(self, issuer: str, on: date) -> Member | None:
        """The member that the issuer is, or issues for, on that day; None: none, as far as the agreement says."""
        if not self.period.contains(on):
            return None
        return next((each for each in self.members if each.belongs(on) and each.answers_for(issuer)), None)

    def members_on(self, on: date) -> tuple[Member, ...]:
        """The members on that day, in the order of the agreement; none on a day it is not in force."""
        return tuple(each for each in self.members if each.belongs(on)) if self.period.contains(on) else ()

    def to_json(self) -> dict[str, Any]:
        """The agreement as it stands in its signed document; `agreement_of` reads it."""
        standard = {"name": self.quality_standard, "url": self.quality_standard_url}
        body: dict[str, Any] = {
            "id": self.id,
            "title": self.title,
            **_days(self.period),
            "members": [_member_json(each) for each in self.members],
        }
        if self.quality_standard is not None:
            body["qualityStandard"] = {name: value for name, value in standard.items() if value is not None}
        if self.note is not None:
            body["note"] = self.note
        return body

    def _too_late(self, on: date) -> bool:
        return self.known_until is not None and on > self.known_until


def agreement_of(body: Mapping[str, Any], *, source: str | None = None, known_until: date | None = None) -> Agreement:
    """The agreement of a JSON tree (docs/authority.md); dates are texts such as ``2026-07-01``, or dates.

    Raises MemberError naming the member and the reason, also for a member that is not known, for an agreement without
    members or a first day, and for one that names a member twice on one day.
    """
    top = Members(body, "the agreement")
    members = tuple(_member(each) for each in top.items("members"))
    period = top.period()
    standard = top.inner("qualityStandard") if "qualityStandard" in body else None
    agreement = Agreement(
        id=top.text("id"),
        title=top.text("title"),
        members=members,
        quality_standard=None if standard is None else standard.text("name"),
        period=period,
        quality_standard_url=None if standard is None else standard.optional_text("url"),
        note=top.optional_text("note"),
        source=source,
        known_until=known_until,
    )
    if standard is not None:
        standard.done()
    top.done()
    if not members:
        raise MemberError("/members", "the agreement has no members")
    if period.start is None:
        raise MemberError("/from", "the agreement does not say from which day it is in force")
    _refuse_doubles(members)
    return agreement


def _member(stated: Members) -> Member:
    withdrawn = stated.optional_day("withdrawn")
    member = Member(
        id=stated.text("id"),
        name=stated.text("name"),
        area=stated.optional_text("area"),
        issuers=stated.optional_texts("issuers"),
        period=stated.period(),
        withdrawn=withdrawn,
    )
    stated.done()
    if withdrawn is not None and member.period.start is not None and withdrawn <= member.period.start:
        raise MemberError(f"{stated.pointer}/withdrawn", "the member withdraws before it joins")
    return member


def _refuse_doubles(members: tuple[Member, ...]) -> None:
    for index, member in enumerate(members):
        for earlier in members[:index]:
            if did.comparable(earlier.id) == did.comparable(member.id) and _overlap(earlier, member):
                raise MemberError(f"/members/{index}/id", f"{member.id} is a member twice on the same days")


def _overlap(one: Member, other: Member) -> bool:
    starts = [each.period.start or date.min for each in (one, other)]
    return all(each.belongs(max(starts)) for each in (one, other))


def _member_json(member: Member) -> dict[str, Any]:
    body: dict[str, Any] = {"id": member.id, "name": member.name}
    if member.area is not None:
        body["area"] = member.area
    if member.issuers is not None:
        body["issuers"] = list(member.issuers)
    body |= _days(member.period)
    if member.withdrawn is not None:
        body["withdrawn"] = member.withdrawn.isoformat()
    return body


def _days(period: Period) -> dict[str, str]:
    days = {"from": period.start, "until": period.end}
    return {name: day.isoformat() for name, day in days.items() if day is not None}
