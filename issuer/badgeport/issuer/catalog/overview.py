"""What waits for somebody in an organisation: figures with the pages on which to see to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, func, or_, select

from badgeport.issuer.awards.tables import Award, AwardBatch, StackProposal
from badgeport.issuer.catalog.tables import Definition, Proposal
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import AssessorCertification, Organization
from badgeport.issuer.submissions import reviews
from badgeport.issuer.submissions.tables import Review, Submission

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: ``label`` is a text of the catalogues, ``path`` where to see to it below the organisation's pages.

    ``waiting``: that it is something to do, not something to know.
    """

    label: str
    count: int
    path: str
    waiting: bool


Query = Callable[[str, str, datetime], Any]


def _reviews(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001 - as its neighbours
    return select(Review.id).where(Review.org_id == org, Review.assessor_id == me, Review.state == "assigned")


def _unassigned(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return reviews.waiting(org, me)


def _stacks(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(StackProposal.id).where(StackProposal.org_id == org, StackProposal.state == "open")


def _previews(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(AwardBatch.id).where(AwardBatch.org_id == org, AwardBatch.state == "preview")


def _unsigned(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(Award.id).where(Award.org_id == org, Award.state == "due")


def _proposals(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(Proposal.id).where(Proposal.org_id == org, Proposal.state == "submitted")


def _drafts(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(Definition.id).where(Definition.org_id == org, col(Definition.draft).is_not(None))


def _coaching(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(Submission.id).where(
        Submission.org_id == org, Submission.state == "draft", col(Submission.wants_coach).is_(True)
    )


def _certifications(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    today = now.date()
    return select(AssessorCertification.id).where(
        AssessorCertification.org_id == org,
        col(AssessorCertification.withdrawn).is_(None),
        col(AssessorCertification.valid_until).between(today, today + SOON),
    )


def _published(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(Definition.id).where(Definition.org_id == org, Definition.state == "published")


def _under_way(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(Submission.id).where(Submission.org_id == org, col(Submission.open_key).is_not(None))


def _awarded(org: str, me: str, now: datetime) -> Any:  # noqa: ARG001
    return select(Award.id).where(
        Award.org_id == org, Award.standing != "revoked", or_(Award.state == "published", Award.state == "due")
    )


_ALL: tuple[tuple[str, str, bool, tuple[Role, ...], Query], ...] = (
    (keyed("Portfolios for you to score"), "/reviews", True, (Role.ASSESSOR,), _reviews),
    (keyed("Portfolios waiting for an assessor"), "/reviews", True, (Role.REGISTRAR,), _unassigned),
    (keyed("Completed stacks to award"), "/awards", True, (Role.REGISTRAR,), _stacks),
    (keyed("Files of awards to look over"), "/awards", True, (Role.REGISTRAR,), _previews),
    (keyed("Proposals of educators to answer"), "/catalog/proposals", True, (Role.AUTHOR,), _proposals),
    (keyed("Drafts in the catalog"), "/catalog", True, (Role.AUTHOR,), _drafts),
    (keyed("Educators who asked for a coach"), "/coaching", True, (Role.COACH,), _coaching),
    (keyed("Certifications that end in 30 days"), "/people", True, (Role.ADMINISTRATOR,), _certifications),
    (
        keyed("Published micro-credentials and stacks"),
        "/catalog?state=published",
        False,
        (Role.ADMINISTRATOR, Role.AUTHOR, Role.REGISTRAR, Role.AUDITOR),
        _published,
    ),
    (keyed("Portfolios under way"), "/reports", False, (Role.ADMINISTRATOR, Role.AUTHOR, Role.AUDITOR), _under_way),
    (keyed("Badges awarded"), "/awards", False, (Role.ADMINISTRATOR, Role.REGISTRAR, Role.AUDITOR), _awarded),
    (keyed("Awards being signed"), "/awards", False, (Role.ADMINISTRATOR, Role.REGISTRAR), _unsigned),
)


def figures(session: Session, org: Organization, me: str, roles: frozenset[Role], now: datetime) -> list[Figure]:
    """What one with these roles sees; what is to be done comes first."""
    return list(_figures(session, org, me, roles, now))


def _figures(session: Session, org: Organization, me: str, roles: frozenset[Role], now: datetime) -> Iterator[Figure]:
    for label, path, waiting, wanted, query in _ALL:
        if not roles.isdisjoint(wanted):
            found = session.exec(select(func.count()).select_from(query(org.id, me, now).subquery())).one()
            yield Figure(label, found, f"/o/{org.slug}{path}", waiting)
