"""Assessment: who may score, scoring by the rubric, the second pair of eyes, the decision.

A portfolio that was handed in has one open part after another: ``first``, ``second`` where a second assessor is asked
for (blind: neither knows of the other), ``adjudicator`` where the two differ. Each part is scored by another person.
The decision follows from the scores: every required level reached is *demonstrated*, anything less is *not yet*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from badgeport.web.words import keyed, words
from sqlalchemy import case, exists
from sqlmodel import Session, col, func, or_, select

from badgeport.issuer.award import Rubric, RubricCriterion
from badgeport.issuer.awards.mail import post
from badgeport.issuer.awards.services import award_for_review
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Forbidden, Mistakes, refuse
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import certification, certified_assessors, identity, names_of, roles_of
from badgeport.issuer.people.tables import Account, AssessorCertification, Identity, Membership, Organization, School
from badgeport.issuer.submissions.services import (
    WAITING,
    Portfolio,
    current_attempt,
    note,
    touch,
    unchanged,
    with_definition,
)
from badgeport.issuer.submissions.tables import Comment, Peer, Review, Submission
from badgeport.issuer.vocabulary import INDEPENDENCE_VALUES

Decision = Literal["demonstrated", "not-yet"]
DECISIONS: tuple[Decision, ...] = ("demonstrated", "not-yet")
REVIEW_DAYS = 14
"""How long an assessor has."""
FEEDBACK_CHARS = 20_000
TEXTS = ("badgeport.verifier.web", "badgeport.issuer.web")
SHOWS = ("open", "mine", "decided", "drafts", "all")
"""What the queue can show; drafts only to those who see all, and without what is in them."""
SEARCHED = (Definition.name, Identity.name, School.name)
"""What is searched in the queue."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at reviews: a person with roles in the organisation, or a program (``account_id`` None), which reads
    what an auditor does. Who made its token (``made_by``) knows the secret: what is kept from them is kept from it."""

    account_id: str | None
    roles: frozenset[Role]
    made_by: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether every portfolio that was handed in is theirs to know of."""
        return not self.roles.isdisjoint({Role.REGISTRAR, Role.AUDITOR})

    @property
    def person(self) -> str | None:
        """Whoever reads what the viewer sees."""
        return self.account_id or self.made_by

    @property
    def may_score(self) -> bool:
        """Whether they could be given a part in a review; of who made a token only certifications are asked."""
        return self.account_id is None or Role.ASSESSOR in self.roles


# -- the queue ---------------------------------------------------------------------------------------------------------


def queue(org_id: str, viewer: Viewer, *, show: str, definition_id: str | None, now: datetime) -> Any:
    """The statement that lists what was handed in: rows of submission, definition, educator's identity and school.

    An assessor sees what they are certified for today, beside their own reviews. Nobody sees their own work here,
    whatever they are: another sees to it.
    """
    statement = (
        select(Submission, Definition, Identity, School)
        .join(Definition, col(Definition.id) == Submission.definition_id)
        .outerjoin(Identity, col(Identity.account_id) == Submission.account_id)
        .outerjoin(School, col(School.id) == Submission.school_id)
        .where(Submission.org_id == org_id)
        .order_by(col(Submission.submitted).asc().nulls_last(), col(Submission.id))
    )
    mine = exists().where(
        col(Review.submission_id) == Submission.id,
        col(Review.attempt) == Submission.attempt,
        col(Review.assessor_id) == viewer.account_id,
        col(Review.state) != "withdrawn",
    )
    if show == "mine":
        statement = statement.where(mine)
    elif show == "decided":
        statement = statement.where(col(Submission.state).in_(DECISIONS))
    elif show == "open":
        statement = statement.where(col(Submission.state).in_(WAITING))
    elif show == "drafts":
        statement = statement.where(Submission.state == "draft")
    if definition_id:
        statement = statement.where(Submission.definition_id == definition_id)
    if viewer.person is not None:
        statement = statement.where(Submission.account_id != viewer.person)
    if not viewer.sees_all:
        certified = _certified_for(org_id, viewer.account_id, now)
        statement = statement.where(
            Submission.state != "draft", or_(mine, col(Submission.definition_id).in_(certified))
        )
    return statement


def _certified_for(org_id: str, account_id: str | None, now: datetime) -> Any:
    """The statement that lists the definitions somebody is certified for today."""
    return select(AssessorCertification.definition_id).where(
        AssessorCertification.org_id == org_id,
        AssessorCertification.account_id == account_id,
        col(AssessorCertification.withdrawn).is_(None),
        AssessorCertification.valid_from <= now.date(),
        or_(col(AssessorCertification.valid_until).is_(None), col(AssessorCertification.valid_until) >= now.date()),
    )


def waiting(org_id: str, account_id: str) -> Any:
    """The statement that lists the portfolios of which a part waits for an assessor, but for somebody's own."""
    taken = (
        select(func.count())
        .where(
            col(Review.submission_id) == Submission.id,
            col(Review.attempt) == Submission.attempt,
            col(Review.state) != "withdrawn",
        )
        .correlate(Submission)
        .scalar_subquery()
    )
    parts = case((col(Submission.state) == "adjudication", 3), (col(Submission.second_assessor).is_(True), 2), else_=1)
    return select(Submission.id).where(
        Submission.org_id == org_id,
        Submission.account_id != account_id,
        col(Submission.state).in_(WAITING),
        taken < parts,
    )


def submission_in(session: Session, org_id: str, submission_id: str) -> Portfolio:
    """A portfolio of the organisation. Raises Absent."""
    submission = session.get(Submission, submission_id)
    if submission is None or submission.org_id != org_id:
        raise Absent
    return with_definition(session, submission)


def seen(session: Session, org_id: str, viewer: Viewer, submission_id: str, now: datetime) -> Portfolio:
    """A portfolio of the organisation that is the viewer's to know of, as in `queue`. Raises Absent."""
    portfolio = submission_in(session, org_id, submission_id)
    _seen_by(session, viewer, portfolio, now)
    return portfolio


def _seen_by(session: Session, viewer: Viewer, portfolio: Portfolio, now: datetime) -> None:
    submission = portfolio.submission
    if submission.account_id == viewer.person:
        raise Absent
    if viewer.sees_all:
        return
    if viewer.account_id is None or submission.state == "draft":
        raise Absent
    if own_review(session, submission, viewer.account_id) is not None:
        return
    if certification(session, submission.org_id, viewer.account_id, submission.definition_id, now.date()) is None:
        raise Absent


def reviews_of(session: Session, submission: Submission, attempt: int | None = None) -> Sequence[Review]:
    """The reviews of an attempt (the current one), without withdrawn ones: first, second, adjudicator."""
    rows = session.exec(
        select(Review).where(
            Review.submission_id == submission.id,
            Review.attempt == (submission.attempt if attempt is None else attempt),
            Review.state != "withdrawn",
        )
    ).all()
    order = ("first", "second", "adjudicator")
    return sorted(rows, key=lambda row: order.index(row.part))


def deciding(reviews: Sequence[Review]) -> list[Review]:
    """The reviews that a decision rests on: the adjudicator's, or else those before it."""
    last = [one for one in reviews if one.part == "adjudicator" and one.state == "done"]
    return last or [one for one in reviews if one.state == "done"]


def own_review(session: Session, submission: Submission, account_id: str | None) -> Review | None:
    """The review somebody holds of the current attempt."""
    return next((one for one in reviews_of(session, submission) if one.assessor_id == account_id), None)


def is_blind(session: Session, viewer: Viewer, portfolio: Portfolio, now: datetime) -> bool:
    """Whether the viewer must not learn who scores what is under review: where two do so without knowing of each
    other, whoever has a part in it or could be given one, whatever other roles they have."""
    submission = portfolio.submission
    if viewer.person is None or not submission.second_assessor or submission.state not in WAITING:
        return False
    if own_review(session, submission, viewer.person) is not None:
        return True
    return (
        viewer.may_score
        and certification(session, submission.org_id, viewer.person, submission.definition_id, now.date()) is not None
    )


def kept_from(org_id: str, viewer: Viewer, now: datetime) -> Any:
    """The statement that lists the portfolios under review whose history the viewer must not read: their own, and those
    they are blind for (`is_blind`)."""
    holds = exists().where(
        col(Review.submission_id) == Submission.id,
        col(Review.attempt) == Submission.attempt,
        col(Review.assessor_id) == viewer.person,
        col(Review.state) != "withdrawn",
    )
    scores = or_(holds, col(Submission.definition_id).in_(_certified_for(org_id, viewer.person, now)))
    if not viewer.may_score:
        scores = holds
    return select(Submission.id).where(
        Submission.org_id == org_id,
        col(Submission.state).in_(WAITING),
        or_(col(Submission.account_id) == viewer.person, col(Submission.second_assessor).is_(True) & scores),
    )


def open_part(session: Session, portfolio: Portfolio) -> str | None:
    """The part that waits for an assessor; None where none does."""
    submission = portfolio.submission
    taken = {one.part for one in reviews_of(session, submission)}
    if submission.state == "adjudication":
        return None if "adjudicator" in taken else "adjudicator"
    if submission.state not in ("submitted", "in-review"):
        return None
    if "first" not in taken:
        return "first"
    return "second" if submission.second_assessor and "second" not in taken else None


# -- who may score -----------------------------------------------------------------------------------------------------


def obstacle(
    session: Session, portfolio: Portfolio, account_id: str, now: datetime, *, holds: bool = False
) -> str | None:
    """Why somebody may not score this attempt, in words; None where they may. ``holds``: they have a review of it."""
    submission = portfolio.submission
    if account_id == submission.account_id:
        return keyed("This is this person's own work.")
    if Role.ASSESSOR not in roles_of(session, submission.org_id, account_id):
        return keyed("This person is no assessor of the organization.")
    if certification(session, submission.org_id, account_id, submission.definition_id, now.date()) is None:
        return keyed("This person is not certified for this micro-credential today.")
    if portfolio.org.same_school_conflict and same_school(session, submission, account_id):
        return keyed("This person belongs to the educator's school.")
    if _helped(session, submission, account_id):
        return keyed("This person commented on the draft or read it by invitation, and so helped with it.")
    if not holds and own_review(session, submission, account_id) is not None:
        return keyed("This person has a part in this review already.")
    return None


def eligible(session: Session, portfolio: Portfolio, now: datetime) -> list[tuple[str, str]]:
    """The assessors who could be assigned: account id and name, by name."""
    submission = portfolio.submission
    certified = certified_assessors(session, submission.org_id, submission.definition_id, now.date())
    free = [one for one in certified if obstacle(session, portfolio, one, now) is None]
    return sorted(names_of(session, free).items(), key=lambda pair: (pair[1].casefold(), pair[0]))


def _helped(session: Session, submission: Submission, account_id: str) -> bool:
    """Whether somebody commented on the draft, or opened the link of an invitation to: signed in, or at their address.

    Whom the educator merely named may score: else they would choose who does.
    """
    person = identity(session, account_id)
    wrote = select(Comment.id).where(Comment.submission_id == submission.id, Comment.account_id == account_id)
    peers = select(Peer.id).where(Peer.submission_id == submission.id)
    found = [wrote, peers.where(Peer.account_id == account_id)]
    if person is not None:
        named = peers.where(Peer.email == person.email)
        found.append(named.where(col(Peer.account_id).is_not(None)))
        found.append(named.where(col(Peer.id).in_(select(Comment.peer_id).where(col(Comment.peer_id).is_not(None)))))
    return any(session.exec(one.limit(1)).first() is not None for one in found)


def same_school(session: Session, submission: Submission, account_id: str) -> bool:
    """Whether somebody belongs to a school of the educator today, or to the one they handed it in from: in whatever
    role, in whatever organisation."""

    def schools(person: str) -> set[str | None]:
        return set(session.exec(select(Membership.school_id).where(Membership.account_id == person)))

    shared = schools(account_id) & (schools(submission.account_id) | {submission.school_id})
    return not shared <= {None}


def independence_choices(session: Session, submission: Submission, account_id: str) -> tuple[str, ...]:
    """What an assessor may say of their independence, least to most: nothing more than what is known allows.

    ``same-employer`` is known where both teach in one district or school.
    """
    if same_school(session, submission, account_id):
        return INDEPENDENCE_VALUES[:1]
    employers = []
    for person in (account_id, submission.account_id):
        statement = (
            select(Membership.org_id)
            .join(Organization, col(Organization.id) == Membership.org_id)
            .where(Membership.account_id == person, Membership.role == Role.EDUCATOR.value)
            .where(col(Organization.kind).in_(("district", "school")))
        )
        employers.append(set(session.exec(statement).all()))
    return INDEPENDENCE_VALUES[:2] if employers[0] & employers[1] else INDEPENDENCE_VALUES


# -- assignment --------------------------------------------------------------------------------------------------------


def check_assigner(session: Session, viewer: Viewer, portfolio: Portfolio) -> None:
    """Raises Forbidden where the viewer has a part: who scores does not choose who scores beside them."""
    if own_review(session, portfolio.submission, viewer.account_id) is not None:
        raise Forbidden("You have a part in this review: another registrar assigns the others.")


def assign(
    session: Session,
    desk: IssuerDesk,
    portfolio: Portfolio,
    assessor_id: str,
    *,
    version: int,
    actor: str,
    now: datetime,
) -> Review:
    """Give the part that waits to an assessor (or let one take it). Raises Conflict where another was quicker or
    nothing waits, Forbidden where the person may not score it."""
    submission = portfolio.submission
    unchanged(submission, version)
    part = open_part(session, portfolio)
    if part is None:
        raise Conflict("No part of this review waits for an assessor: somebody else was quicker, or it is over.")
    why_not = obstacle(session, portfolio, assessor_id, now)
    if why_not is not None:
        raise Forbidden(why_not)
    review = Review(
        org_id=submission.org_id,
        submission_id=submission.id,
        attempt=submission.attempt,
        part=part,
        assessor_id=assessor_id,
        assigned=now,
        due=datetime.combine(now.date() + timedelta(days=REVIEW_DAYS), time(23, 59), UTC),
    )
    session.add(review)
    session.flush()
    if submission.state == "submitted":
        submission.state = "in-review"
    touch(session, submission, now)
    note(session, submission, "review.assigned", actor, now, {"review": review.id, "part": part, "to": assessor_id})
    if actor != assessor_id:
        _tell(
            session,
            assessor_id,
            submission.org_id,
            now,
            keyed("A portfolio is assigned to you: {title}"),
            keyed("A portfolio for “{title}” waits for your review, until {due}:\n\n{link}"),
            title=portfolio.body.name,
            due=review.due,
            link=desk.url(f"/o/{portfolio.org.slug}/reviews/{submission.id}"),
        )
    return review


def review_of(session: Session, submission: Submission, review_id: str) -> Review:
    """A review of the current attempt. Raises Absent."""
    review = session.get(Review, review_id)
    if review is None or review.submission_id != submission.id or review.attempt != submission.attempt:
        raise Absent
    return review


def unassign(
    session: Session, portfolio: Portfolio, review: Review, *, reason: str, version: int, actor: str, now: datetime
) -> None:
    """Take an unfinished review from its assessor (or let them give it back); another may take the part.

    What they scored so far stays on record and counts for nothing. Raises Mistakes, Conflict.
    """
    submission = portfolio.submission
    unchanged(submission, version)
    if review.state != "assigned":
        raise Conflict("This review is finished or withdrawn already.")
    if not reason.strip():
        refuse("reason", "Say why: others will ask later.")
    review.state = "withdrawn"
    review.version += 1
    session.add(review)
    session.flush()
    if submission.state == "in-review" and not reviews_of(session, submission):
        submission.state = "submitted"
    touch(session, submission, now)
    detail = {"review": review.id, "part": review.part, "from": review.assessor_id}
    note(session, submission, "review.withdrawn", actor, now, detail, why=reason)


# -- scoring -----------------------------------------------------------------------------------------------------------


def outcome(rubric: Rubric | None, scores: Mapping[str, Any]) -> Decision | None:
    """What the scores decide: *demonstrated* where every required level is reached, else *not yet*. None where no
    criterion requires a level: then the assessor decides."""
    if rubric is None or all(one.required_level is None for one in rubric.criteria):
        return None
    return "demonstrated" if all(reaches(one, scores) for one in rubric.criteria) else "not-yet"


def reaches(criterion: RubricCriterion, scores: Mapping[str, Any]) -> bool:
    """Whether the required level of a criterion is reached; of one that requires none it always is."""
    if criterion.required_level is None:
        return True
    given = scores.get(criterion.key, {}).get("level")
    reached = criterion.level_index(given) if given else None
    wanted = criterion.level_index(criterion.required_level)
    return reached is not None and wanted is not None and reached >= wanted


def differ(rubric: Rubric | None, one: Review, other: Review) -> bool:
    """Whether a third decides: the decisions differ, or whether the required level of some criterion is reached."""
    if one.decision != other.decision:
        return True
    return rubric is not None and any(
        reaches(each, one.scores) != reaches(each, other.scores) for each in rubric.criteria
    )


def save_scores(
    session: Session,
    portfolio: Portfolio,
    review: Review,
    *,
    scores: Mapping[str, Mapping[str, str]],
    feedback: str,
    independence: str | None,
    decision: str | None,
    version: int,
    actor: str,
    now: datetime,
) -> None:
    """Keep what an assessor scored so far: nothing needs to be complete. ``scores`` by the criteria's keys, each with
    ``level`` (a level's name, or empty) and ``feedback``. Raises Mistakes, Conflict."""
    _unfinished(review, version)
    mistakes = Mistakes()
    known = {one.key: one for one in (portfolio.body.rubric.criteria if portfolio.body.rubric else ())}
    kept: dict[str, dict[str, str]] = {}
    for key, given in scores.items():
        criterion = known.get(key)
        if criterion is None:
            mistakes.add(f"scores/{key}", "The rubric has no such criterion.")
            continue
        level, words_ = given.get("level", ""), given.get("feedback", "").strip()
        if level and criterion.level_index(level) is None:
            mistakes.add(f"scores/{key}/level", "Choose one of the levels of the rubric.")
        if len(words_) > FEEDBACK_CHARS:
            mistakes.add(f"scores/{key}/feedback", "Feedback may have {most} signs at most.", most=FEEDBACK_CHARS)
        kept[key] = {"level": level, "feedback": words_}
    if len(feedback) > FEEDBACK_CHARS:
        mistakes.add("feedback", "Feedback may have {most} signs at most.", most=FEEDBACK_CHARS)
    if independence and independence not in independence_choices(session, portfolio.submission, review.assessor_id):
        mistakes.add("independence", "From what is known of your schools and employers this cannot be said.")
    if decision and decision not in DECISIONS:
        mistakes.add("decision", "Choose “demonstrated” or “not yet”.")
    if mistakes:
        raise mistakes
    review.scores, review.feedback = kept, feedback.strip()
    review.independence = independence or None
    review.decision = outcome(portfolio.body.rubric, kept) or decision or None
    review.version += 1
    session.add(review)
    session.flush()
    note(session, portfolio.submission, "review.saved", actor, now, {"review": review.id})


def complete(portfolio: Portfolio, review: Review) -> Mistakes:
    """What a review lacks before it can be finished; empty where it lacks nothing."""
    mistakes = Mistakes()
    for criterion in portfolio.body.rubric.criteria if portfolio.body.rubric else ():
        key = criterion.key
        given = review.scores.get(key, {})
        if not given.get("level"):
            mistakes.add(f"scores/{key}/level", "Choose the level for “{criterion}”.", criterion=criterion.name)
        elif not reaches(criterion, review.scores) and not given.get("feedback"):
            mistakes.add(
                f"scores/{key}/feedback",
                "Say for “{criterion}” what is missing for the required level.",
                criterion=criterion.name,
            )
    if not review.independence:
        mistakes.add("independence", "Say how you stand to the educator.")
    if not review.decision:
        mistakes.add("decision", "Choose “demonstrated” or “not yet”.")
    if review.decision == "not-yet" and not review.feedback:
        mistakes.add("feedback", "A “not yet” needs feedback: what was good, what is missing, what to do next.")
    return mistakes


def decide(
    session: Session, desk: IssuerDesk, portfolio: Portfolio, review: Review, *, version: int, actor: str, now: datetime
) -> str:
    """Finish a review, and with it the assessment where no other assessor is needed: the new state of the portfolio.

    The assessor must be certified today; which certification it was is recorded. A decision *demonstrated* makes the
    award in the same transaction. Raises Mistakes for what is missing, Forbidden, Conflict.
    """
    _unfinished(review, version)
    submission, rubric = portfolio.submission, portfolio.body.rubric
    if submission.state not in ("in-review", "adjudication"):
        raise Conflict("This portfolio is not under review now.")
    why_not = obstacle(session, portfolio, review.assessor_id, now, holds=True)
    if why_not is not None:
        raise Forbidden(why_not)
    mistakes = complete(portfolio, review)
    if mistakes:
        raise mistakes
    if review.independence not in independence_choices(session, submission, review.assessor_id):
        # What is known of schools and employers may have changed since it was said.
        refuse("independence", "From what is known of your schools and employers this cannot be said.")
    allowed = certification(session, submission.org_id, review.assessor_id, submission.definition_id, now.date())
    assert allowed is not None
    review.certification_id, review.state, review.done = allowed.id, "done", now
    review.version += 1
    session.add(review)
    session.flush()
    # What each of them found is not for the log while another may still score; what is decided in the end is.
    detail = {"review": review.id, "part": review.part, "certification": allowed.id}
    note(session, submission, "review.done", actor, now, detail)
    every = reviews_of(session, submission)
    done = [one for one in every if one.state == "done" and one.part != "adjudicator"]
    if review.part != "adjudicator":
        waits = any(one.state == "assigned" for one in every) or (submission.second_assessor and len(done) < 2)
        if waits:
            touch(session, submission, now)
            return submission.state
        if len(done) == 2 and differ(rubric, done[0], done[1]):
            submission.state = "adjudication"
            touch(session, submission, now)
            note(session, submission, "submission.adjudication", actor, now)
            return submission.state
    _settle(session, desk, portfolio, deciding(every), actor, now)
    return submission.state


def _settle(
    session: Session, desk: IssuerDesk, portfolio: Portfolio, reviews: Sequence[Review], actor: str, now: datetime
) -> None:
    submission = portfolio.submission
    final = reviews[0].decision
    assert final is not None
    attempt = current_attempt(session, submission)
    assert attempt is not None
    attempt.outcome = final
    session.add(attempt)
    submission.state, submission.decided = final, now
    if final == "demonstrated":
        submission.open_key = None
    touch(session, submission, now)
    detail = {"decision": final, "attempt": attempt.number, "reviews": [one.id for one in reviews]}
    note(session, submission, "submission.decided", actor, now, detail)
    if final == "demonstrated":
        award_for_review(session, desk, submission, reviews, actor, now)
    _tell(
        session,
        submission.account_id,
        submission.org_id,
        now,
        keyed("Your portfolio was reviewed: {title}"),
        keyed("Your portfolio for “{title}” was reviewed. The result and the feedback are here:\n\n{link}"),
        title=portfolio.body.name,
        link=desk.url(f"/home/portfolio/{submission.id}/results"),
    )


def _unfinished(review: Review, version: int) -> None:
    if review.state != "assigned":
        raise Conflict("This review is finished or withdrawn already.")
    if review.version != version:
        raise Conflict("This review was changed meanwhile, perhaps in another window. Look at it again first.")


def _tell(
    session: Session, account_id: str, org_id: str, now: datetime, subject: str, body: str, **values: Any
) -> None:
    """Send somebody a mail in their language; nobody who was erased."""
    person, account = identity(session, account_id), session.get(Account, account_id)
    if person is None or account is None:
        return
    speech = words(account.language, *TEXTS)
    said = {name: speech.day(each) if isinstance(each, datetime) else each for name, each in values.items()}
    post(
        session,
        address=person.email,
        subject=speech.say(subject, **said),
        body=speech.say(body, **said),
        now=now,
        org_id=org_id,
    )


def rubric_of(body: DefinitionBody) -> Sequence[RubricCriterion]:
    """The criteria, none where there is no rubric."""
    return body.rubric.criteria if body.rubric else ()
