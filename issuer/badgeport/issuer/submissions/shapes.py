"""What programs send and get about portfolios and reviews."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import Session

from badgeport.issuer.submissions import comments, reviews, services
from badgeport.issuer.submissions.calibration import Figures
from badgeport.issuer.submissions.comments import Remark
from badgeport.issuer.submissions.sheets import Sheet
from badgeport.issuer.submissions.statistics import Agreement
from badgeport.issuer.submissions.tables import Attempt, EvidenceItem, Experience, Peer, Review, SavedText
from badgeport.issuer.web.programs import Body

Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The version that was read: another one is a conflict.")]
Words = Annotated[str, Field(max_length=50_000)]
Line = Annotated[str, Field(max_length=300)]


# -- what is sent ------------------------------------------------------------------------------------------------------


class Start(Body):
    """A portfolio to be started."""

    definition: Annotated[str, Field(max_length=100, description="The id of a published micro-credential.")]


class Reflection(Body):
    """A reflection to be saved."""

    reflection: Words
    text_version: Version


class Hours(Body):
    """Hours to be logged."""

    experience: Annotated[str, Field(max_length=100, description="The key of an experience of the pathway.")]
    hours: Annotated[float, Field(gt=0, le=24)]
    done_on: date
    note: Annotated[str, Field(max_length=2000)] = ""


class Link(Body):
    """A web address as evidence."""

    url: Annotated[str, Field(max_length=2000)]
    title: Line = ""
    requirement: Annotated[str, Field(max_length=100)] = ""
    description: Words = ""


class Handing(Body):
    """A portfolio to be handed in."""

    own: Annotated[bool, Field(description="It is the educator's own work, and who can be recognized in it agreed.")]
    version: Version


class Versioned(Body):
    """Something to be done to what was read."""

    version: Version


class Withdrawal(Body):
    """Something to be ended or taken away."""

    version: Version
    reason: Annotated[str, Field(max_length=2000)] = ""


class Coach(Body):
    """Whether coaches may read the draft."""

    wanted: bool


class Remarking(Body):
    """A comment to be added."""

    comment: Annotated[str, Field(max_length=10_000)]


class Invitation(Body):
    """A peer to be invited."""

    name: Annotated[str, Field(max_length=200)]
    email: Annotated[str, Field(max_length=254)]


class Assignment(Body):
    """An assessor for the part that waits."""

    assessor: Annotated[str, Field(max_length=100, description="The account's id, one of ``candidates``.")]
    version: Version


class Due(Body):
    """Another due date, or none."""

    due: datetime | None
    reason: Annotated[str, Field(max_length=2000)]


class Score(Body):
    """What an assessor says of one criterion."""

    level: Annotated[str, Field(max_length=1000, description="The name of a level; empty while undecided.")] = ""
    feedback: Annotated[str, Field(max_length=20_000)] = ""


class Scores(Body):
    """Scores to be kept. ``decision`` is taken where no criterion requires a level; else it follows from the scores."""

    scores: dict[str, Score]
    feedback: Annotated[str, Field(max_length=20_000)] = ""
    independence: Literal["same-school", "same-employer", "independent"] | None = None
    decision: Literal["demonstrated", "not-yet"] | None = None
    version: Version


# -- what is answered --------------------------------------------------------------------------------------------------


class EvidenceOut(Body):
    """A piece of evidence: a file with a digest, or a link."""

    id: str
    title: str
    requirement: str
    description: str
    url: str | None
    file_name: str
    media_type: str
    size: int
    sha256: str | None
    added: datetime

    @classmethod
    def of(cls, item: EvidenceItem) -> EvidenceOut:
        """A row."""
        return cls(
            id=item.id,
            title=item.title,
            requirement=item.requirement,
            description=item.description,
            url=item.url,
            file_name=item.file_name,
            media_type=item.media_type,
            size=item.size,
            sha256=item.digest,
            added=item.added,
        )


class HoursOut(Body):
    """Logged hours."""

    id: str
    experience: str
    hours: float
    done_on: date
    note: str

    @classmethod
    def of(cls, row: Experience) -> HoursOut:
        """A row."""
        return cls(id=row.id, experience=row.key, hours=row.hours, done_on=row.done_on, note=row.note)


class NeedOut(Body):
    """One thing that must be there before it is handed in."""

    text: str
    met: bool
    step: Literal["learn", "build"]


class RemarkOut(Body):
    """A comment on a draft."""

    id: str
    author: str
    role: Literal["educator", "coach", "peer"]
    comment: str
    at: datetime

    @classmethod
    def of(cls, one: Remark) -> RemarkOut:
        """A comment with who wrote it."""
        row = one.comment
        return cls.model_validate(
            {"id": row.id, "author": one.author, "role": one.role, "comment": row.body, "at": row.at}
        )


class PeerOut(Body):
    """An invited peer."""

    id: str
    name: str
    email: str
    invited: datetime

    @classmethod
    def of(cls, row: Peer) -> PeerOut:
        """A row."""
        return cls(id=row.id, name=row.name, email=row.email, invited=row.invited)


class SavedOut(Body):
    """A saved reflection; ``aside`` where another window had saved a newer one."""

    id: str
    reflection: str
    aside: bool
    at: datetime

    @classmethod
    def of(cls, row: SavedText) -> SavedOut:
        """A row."""
        return cls(id=row.id, reflection=row.body, aside=row.aside, at=row.at)


class ReviewOut(Body):
    """A review, as far as who asks may see it. Whoever scored is named to registrars and auditors alone."""

    id: str
    part: Literal["first", "second", "adjudicator"]
    state: str
    assessor: str | None
    scores: dict[str, Score] | None
    feedback: str | None
    independence: str | None
    decision: str | None
    certification: str | None
    assigned: datetime
    due: datetime | None
    done: datetime | None
    version: int

    @classmethod
    def of(cls, row: Review, *, open_: bool, assessor: str | None = None) -> ReviewOut:
        """A row; ``open_`` with the scores."""
        scores = {key: Score(level=one["level"], feedback=one["feedback"]) for key, one in row.scores.items()}
        return cls.model_validate(
            {
                "id": row.id,
                "part": row.part,
                "state": row.state,
                "assessor": assessor,
                "scores": scores if open_ else None,
                "feedback": row.feedback if open_ else None,
                "independence": row.independence if open_ else None,
                "decision": row.decision if open_ else None,
                "certification": row.certification_id if open_ else None,
                "assigned": row.assigned,
                "due": row.due,
                "done": row.done,
                "version": row.version,
            }
        )


class AttemptOut(Body):
    """What was handed in at one attempt, and what came of it."""

    number: int
    submitted: datetime
    outcome: str | None
    evidence: list[str]
    reviews: list[ReviewOut] = Field(default_factory=list)

    @classmethod
    def of(cls, row: Attempt, found: Sequence[Review] = ()) -> AttemptOut:
        """A row, with the reviews that decided it, for the educator."""
        return cls(
            number=row.number,
            submitted=row.submitted,
            outcome=row.outcome,
            evidence=list(row.evidence),
            reviews=[ReviewOut.of(one, open_=True) for one in found],
        )


class PortfolioItem(Body):
    """A portfolio in a list."""

    id: str
    definition: str
    name: str
    organization: str
    state: str
    attempt: int
    started: datetime
    changed: datetime
    submitted: datetime | None
    decided: datetime | None
    due: datetime | None
    version: int


class PortfolioOut(PortfolioItem):
    """A portfolio, for its educator."""

    reflection: str
    text_version: int
    wants_coach: bool
    evidence: list[EvidenceOut]
    experiences: list[HoursOut]
    needs: list[NeedOut]
    comments: list[RemarkOut]
    peers: list[PeerOut]
    attempts: list[AttemptOut]

    @classmethod
    def read(cls, session: Session, portfolio: services.Portfolio) -> PortfolioOut:
        """A portfolio as it is now."""
        row = portfolio.submission
        items = services.evidence_of(session, row.id)
        logged = services.experiences_of(session, row.id)
        return cls.model_validate(
            {
                **item_of(portfolio).model_dump(),
                "reflection": row.reflection,
                "text_version": row.text_version,
                "wants_coach": row.wants_coach,
                "evidence": [EvidenceOut.of(one) for one in items],
                "experiences": [HoursOut.of(one) for one in logged],
                "needs": [
                    NeedOut.model_validate({"text": one.text.format(**one.values), "met": one.met, "step": one.step})
                    for one in services.needs(portfolio.body, row, items, logged)
                ],
                "comments": [RemarkOut.of(one) for one in comments.remarks(session, row)],
                "peers": [PeerOut.of(one) for one in comments.peers_of(session, row.id)],
                "attempts": [
                    AttemptOut.of(
                        one,
                        reviews.deciding(reviews.reviews_of(session, row, one.number))
                        if one.outcome in reviews.DECISIONS
                        else (),
                    )
                    for one in services.attempts_of(session, row.id)
                ],
            }
        )


def item_of(portfolio: services.Portfolio) -> PortfolioItem:
    """A portfolio as a list shows it."""
    row = portfolio.submission
    return PortfolioItem(
        id=row.id,
        definition=row.definition_id,
        name=portfolio.definition.name,
        organization=portfolio.org.slug,
        state=row.state,
        attempt=row.attempt,
        started=row.started,
        changed=row.changed,
        submitted=row.submitted,
        decided=row.decided,
        due=row.due,
        version=row.version,
    )


class PortfolioList(Body):
    """A page of portfolios."""

    items: list[PortfolioItem]
    total: int
    page: int
    pages: int


class SavedList(Body):
    """A page of saved reflections."""

    items: list[SavedOut]
    total: int
    page: int
    pages: int


class DraftOut(Body):
    """A draft, for a coach."""

    id: str
    name: str
    educator: str
    reflection: str
    evidence: list[EvidenceOut]
    experiences: list[HoursOut]
    comments: list[RemarkOut]


class DraftItem(Body):
    """A draft in a coach's list."""

    id: str
    name: str
    educator: str
    due: datetime | None
    changed: datetime


class DraftList(Body):
    """A page of drafts."""

    items: list[DraftItem]
    total: int
    page: int
    pages: int


class QueueItem(Body):
    """A portfolio in the queue."""

    id: str
    definition: str
    name: str
    educator: str
    school: str | None
    state: str
    attempt: int
    submitted: datetime | None
    due: datetime | None
    decided: datetime | None


class QueueList(Body):
    """A page of the queue."""

    items: list[QueueItem]
    total: int
    page: int
    pages: int


class Candidate(Body):
    """An assessor who could be assigned."""

    id: str
    name: str


class Material(Body):
    """What was handed in, for those who score it."""

    reflection: str
    evidence: list[EvidenceOut]
    experiences: list[dict[str, str | float]]


class SheetOut(Body):
    """A portfolio under review, as far as who asks may see it."""

    id: str
    definition: str
    name: str
    educator: str
    school: str | None
    state: str
    attempt: int
    submitted: datetime | None
    due: datetime | None
    decided: datetime | None
    version: int
    part: Literal["first", "second", "adjudicator"] | None
    may_take: bool
    why_not: str | None
    candidates: list[Candidate]
    material: Material | None
    mine: ReviewOut | None
    reviews: list[ReviewOut]

    @classmethod
    def of(cls, seen: Sheet) -> SheetOut:
        """What a viewer may see."""
        row = seen.portfolio.submission
        material = None
        if seen.material and seen.attempt is not None:
            material = Material(
                reflection=seen.attempt.reflection,
                evidence=[EvidenceOut.of(one) for one in seen.evidence],
                experiences=list(seen.attempt.experiences),
            )
        return cls.model_validate(
            {
                "id": row.id,
                "definition": row.definition_id,
                "name": seen.portfolio.definition.name,
                "educator": seen.educator,
                "school": seen.school.name if seen.school else None,
                "state": row.state,
                "attempt": row.attempt,
                "submitted": row.submitted,
                "due": row.due,
                "decided": row.decided,
                "version": row.version,
                "part": seen.part,
                "may_take": seen.may_take,
                "why_not": seen.why_not,
                "candidates": [Candidate(id=one, name=name) for one, name in seen.candidates],
                "material": material,
                "mine": ReviewOut.of(seen.held, open_=True) if seen.held else None,
                "reviews": [ReviewOut.of(one.review, open_=one.open, assessor=one.assessor) for one in seen.reviews],
            }
        )


class AgreementOut(Body):
    """How pairs of scores agree; ``kappa`` null where it is not defined."""

    criterion: str | None
    pairs: int
    agreed: int
    percent: float | None
    kappa: float | None
    weighted_kappa: float | None

    @classmethod
    def of(cls, found: Agreement, criterion: str | None = None, weighted: float | None = None) -> AgreementOut:
        """Figures."""
        return cls(
            criterion=criterion,
            pairs=found.pairs,
            agreed=found.agreed,
            percent=found.percent,
            kappa=found.kappa,
            weighted_kappa=weighted,
        )


class CalibrationOut(Body):
    """How assessors agree on one micro-credential."""

    definition: str
    name: str
    decisions: AgreementOut
    criteria: list[AgreementOut]

    @classmethod
    def of(cls, definition: str, name: str, found: Figures) -> CalibrationOut:
        """Figures of a definition."""
        return cls(
            definition=definition,
            name=name,
            decisions=AgreementOut.of(found.decisions),
            criteria=[AgreementOut.of(one.agreement, one.name, one.weighted) for one in found.criteria],
        )


class CalibrationList(Body):
    """A page of figures."""

    items: list[CalibrationOut]
    total: int
    page: int
    pages: int
