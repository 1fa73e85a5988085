"""What is an educator's own: their badges, who may see them, what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.tables import Award, Recipient
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.home.tables import HomeSettings
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Membership, Organization
from badgeport.issuer.submissions.tables import Submission

VISIBILITIES: Mapping[str, str] = {
    "private": keyed("Private: you alone, and the organization that awarded it"),
    "link": keyed("By link: whoever has the address; search engines are asked to stay away"),
    "public": keyed("Public: everyone may find it"),
}
"""Who may see a badge, in words."""
VISIBILITY_WORDS: Mapping[str, str] = {
    "private": keyed("Private"),
    "link": keyed("By link"),
    "public": keyed("Public"),
}
STANDINGS: Mapping[str, str] = {
    "active": keyed("Active"),
    "suspended": keyed("Suspended"),
    "revoked": keyed("Revoked"),
    "due": keyed("Being signed"),
    "expired": keyed("Expired"),
    "erased": keyed("Erased"),
}
PROGRESS: Mapping[str, str] = {
    "draft": keyed("Draft"),
    "submitted": keyed("Waiting for an assessor"),
    "in-review": keyed("In review"),
    "adjudication": keyed("In review"),
    "not-yet": keyed("Not yet"),
    "demonstrated": keyed("Demonstrated"),
    "withdrawn": keyed("Withdrawn"),
}
_SEES_PRIVATE = (Role.REGISTRAR.value, Role.ADMINISTRATOR.value, Role.AUDITOR.value)


def visible(session: Session, award: Award, account: Account | None, *, as_staff: bool = False) -> bool:
    """Whether somebody (None: nobody signed in) may see a badge's page and files.

    A private one is for its earner and, ``as_staff`` (`Visit.is_strong`), for the registrars, administrators and
    auditors of its organisation. Whether it is erased is another question.
    """
    if award.visibility != "private":
        return True
    if account is None:
        return False
    if award.account_id == account.id:
        return True
    if not as_staff:
        return False
    held = select(Membership.id).where(
        Membership.org_id == award.org_id,
        Membership.account_id == account.id,
        col(Membership.role).in_(_SEES_PRIVATE),
    )
    return session.exec(held).first() is not None


@dataclass(frozen=True, slots=True)
class Earned:
    """A badge of somebody, with what it is of."""

    award: Award
    definition: Definition
    body: DefinitionBody
    organization: Organization

    @property
    def name(self) -> str:
        """What the micro-credential was called when it was awarded."""
        return self.body.name

    def shown(self, now: datetime) -> str:
        """One of `STANDINGS`."""
        return standing(self.award, now)

    def counts(self, now: datetime) -> bool:
        """Whether it stands: not taken back, not suspended, not over."""
        return self.award.state != "erased" and self.shown(now) in ("active", "due")

    def credit(self) -> tuple[Decimal, str] | None:
        """How much credit it carries, and in which unit; None for none."""
        amount, unit = self.award.body.get("credits"), self.award.body.get("creditUnit")
        if amount is None and self.body.credit is not None:
            amount, unit = self.body.credit.amount, unit or self.body.credit.unit
        if amount is None or not unit:
            return None
        return Decimal(str(amount)), str(unit)

    @property
    def credit_words(self) -> str:
        """The credit as people write it, such as ``15 clock hours``; empty for none."""
        credit = self.credit()
        return "" if credit is None else f"{_plain(credit[0])} {credit[1]}"


def standing(award: Award, now: datetime) -> str:
    """How a badge stands at an instant: one of `STANDINGS`."""
    if award.state == "erased" or award.standing == "revoked":
        return "erased" if award.state == "erased" else "revoked"
    if award.valid_until is not None and award.valid_until <= now:
        return "expired"
    if award.standing != "active":
        return award.standing
    return "due" if award.state == "due" else "active"


def awards_statement(account_id: str) -> Any:
    """The rows (award, definition, version, organisation) of somebody's badges, newest first."""
    return (
        select(Award, Definition, DefinitionVersion, Organization)
        .where(
            Award.account_id == account_id,
            Award.state != "erased",
            Award.definition_id == Definition.id,
            Award.version_id == DefinitionVersion.id,
            Award.org_id == Organization.id,
        )
        .order_by(col(Award.awarded).desc(), Award.id)
    )


def earned_of(row: tuple[Award, Definition, DefinitionVersion, Organization]) -> Earned:
    """A row of `awards_statement`."""
    award, definition, version, organization = row
    return Earned(award, definition, DefinitionBody.model_validate(version.body), organization)


def earned(session: Session, account_id: str) -> list[Earned]:
    """Every badge of somebody, newest first."""
    return [earned_of(row) for row in session.exec(awards_statement(account_id))]


def my_award(session: Session, account_id: str, award_id: str) -> Earned:
    """One badge of somebody. Raises Absent where it is not theirs."""
    row = session.exec(awards_statement(account_id).where(Award.id == award_id)).first()
    if row is None:
        raise Absent
    return earned_of(row)


def waiting(session: Session, email: str) -> list[Earned]:
    """Badges made to a proven e-mail address that no account has yet."""
    statement = (
        select(Award, Definition, DefinitionVersion, Organization)
        .join(Recipient, col(Recipient.award_id) == col(Award.id))
        .where(
            Recipient.email == email.lower(),
            col(Award.account_id).is_(None),
            Award.state != "erased",
            Award.definition_id == Definition.id,
            Award.version_id == DefinitionVersion.id,
            Award.org_id == Organization.id,
        )
        .order_by(col(Award.awarded).desc(), Award.id)
    )
    return [earned_of(row) for row in session.exec(statement)]


@dataclass(frozen=True, slots=True)
class CreditSum:
    """How much credit of one unit badges add up to."""

    unit: str
    amount: Decimal
    badges: int

    @property
    def plain(self) -> str:
        """The amount as people write it."""
        return _plain(self.amount)


def credits_by_unit(badges: Iterable[Earned], now: datetime) -> list[CreditSum]:
    """What the badges that stand add up to; credit of different units is never added together."""
    sums: dict[str, tuple[Decimal, int]] = {}
    for one in badges:
        credit = one.credit() if one.counts(now) else None
        if credit is not None:
            amount, many = sums.get(credit[1], (Decimal(0), 0))
            sums[credit[1]] = amount + credit[0], many + 1
    return [CreditSum(unit, amount, many) for unit, (amount, many) in sorted(sums.items())]


@dataclass(frozen=True, slots=True)
class Underway:
    """A portfolio that is not over."""

    submission: Submission
    name: str
    organization: Organization


def underway(session: Session, account_id: str) -> list[Underway]:
    """Somebody's open portfolios, the one due first on top."""
    rows = session.exec(
        select(Submission, DefinitionVersion, Organization)
        .where(
            Submission.account_id == account_id,
            col(Submission.state).not_in(("demonstrated", "withdrawn")),
            Submission.version_id == DefinitionVersion.id,
            Submission.org_id == Organization.id,
        )
        .order_by(col(Submission.due).is_(None), col(Submission.due), col(Submission.changed).desc())
    )
    return [Underway(one, str(version.body.get("name", "")), organization) for one, version, organization in rows]


def settings_of(session: Session, account_id: str) -> HomeSettings:
    """What an educator chose for all of their badges."""
    return session.get(HomeSettings, account_id) or HomeSettings(account_id=account_id)


def change_settings(
    session: Session, account_id: str, *, visibility: str, reminders: bool, seen: int, actor: str, now: datetime
) -> HomeSettings:
    """Keep an educator's choices. Raises Mistakes, Conflict."""
    if visibility not in VISIBILITIES:
        refuse("visibility", "Choose who may see the badge.")
    kept = settings_of(session, account_id)
    if kept.version != seen:
        raise Conflict("These settings were changed in the meantime. Look at them again before you change them.")
    kept.visibility, kept.reminders, kept.version = visibility, reminders, kept.version + 1
    session.add(kept)
    detail = {"visibility": visibility, "reminders": reminders}
    log.record(session, actor=actor, action="home.settings", target=f"account:{account_id}", at=now, detail=detail)
    return kept


def belongs_to(session: Session, account_id: str) -> Sequence[Organization]:
    """The organisations somebody has any role in, by name."""
    mine = select(Membership.org_id).where(Membership.account_id == account_id)
    return session.exec(select(Organization).where(col(Organization.id).in_(mine)).order_by(Organization.name)).all()


def _plain(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
