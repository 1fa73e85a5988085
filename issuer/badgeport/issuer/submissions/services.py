"""An educator's way through a micro-credential: starting, building the portfolio, handing it in, working on it again.

Functions over a session; each writes the audit log in the transaction it is called in. Whose portfolio it is, is asked
by `portfolio_of`, which every change begins with. Nothing here deletes what was handed in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, func, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import published
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.mistakes import Absent, Conflict, Forbidden, Mistakes, refuse
from badgeport.issuer.numbers import decimal_of
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Membership, Organization
from badgeport.issuer.storage.keeping import keep
from badgeport.issuer.submissions.evidence import StoredFile, checked_link
from badgeport.issuer.submissions.tables import Attempt, EvidenceItem, Experience, Review, SavedText, Submission

OPEN_STATES = ("draft", "submitted", "in-review", "adjudication", "not-yet")
"""States of a portfolio that is not over."""
WORKABLE = ("draft",)
"""States in which the educator changes what is in it."""
WAITING = ("submitted", "in-review", "adjudication")
"""States in which it lies with assessors."""

MOST_EVIDENCE = 100
PORTFOLIO_BYTES = 1024 * 1024 * 1024
"""The most that the files of one portfolio hold together."""
MOST_EXPERIENCES = 500
MOST_SAVED = 500
"""How many saved reflections are kept; of more, the oldest go."""
TEXT_CHARS = 50_000
DUE_WITHIN = timedelta(days=3653)
TAKEN_BACK = "taken-back"
"""The outcome of an attempt that an assessor had, and that the educator took back."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A portfolio with what it is about."""

    submission: Submission
    definition: Definition
    body: DefinitionBody
    org: Organization


@dataclass(frozen=True, slots=True)
class Hours:
    """What was logged for one experience, and how much of it counts: no more than its limit."""

    logged: float
    counted: float


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a portfolio must have before it is handed in: in words with values, whether it is there, and where it
    is done (``step``: ``learn`` or ``build``).
    """

    text: str
    values: Mapping[str, Any]
    met: bool
    step: str


# -- reading -----------------------------------------------------------------------------------------------------------


def portfolio_of(session: Session, account_id: str, submission_id: str) -> Portfolio:
    """The educator's own portfolio. Raises Absent where it is none, or somebody else's."""
    submission = session.get(Submission, submission_id)
    if submission is None or submission.account_id != account_id:
        raise Absent
    return with_definition(session, submission)


def with_definition(session: Session, submission: Submission) -> Portfolio:
    """A submission with its definition, in the version it was started with."""
    version = session.get(DefinitionVersion, submission.version_id)
    definition = session.get(Definition, submission.definition_id)
    org = session.get(Organization, submission.org_id)
    assert version is not None
    assert definition is not None
    assert org is not None
    return Portfolio(submission, definition, DefinitionBody.model_validate(version.body), org)


def open_portfolio(session: Session, account_id: str, definition_id: str) -> Submission | None:
    """The portfolio somebody has open for a micro-credential, if any."""
    return session.exec(select(Submission).where(Submission.open_key == _open_key(account_id, definition_id))).first()


def evidence_of(session: Session, submission_id: str) -> Sequence[EvidenceItem]:
    """The evidence that is in a portfolio now, in the order it was added."""
    return session.exec(
        select(EvidenceItem)
        .where(EvidenceItem.submission_id == submission_id, col(EvidenceItem.removed).is_(None))
        .order_by(col(EvidenceItem.added), col(EvidenceItem.id))
    ).all()


def evidence_in(session: Session, attempt: Attempt) -> Sequence[EvidenceItem]:
    """The evidence that was handed in at an attempt, whatever was removed from the draft since."""
    rows = session.exec(
        select(EvidenceItem).where(
            EvidenceItem.submission_id == attempt.submission_id, col(EvidenceItem.id).in_(attempt.evidence)
        )
    ).all()
    return sorted(rows, key=lambda item: attempt.evidence.index(item.id))


def experiences_of(session: Session, submission_id: str) -> Sequence[Experience]:
    """The hours logged, by day."""
    return session.exec(
        select(Experience)
        .where(Experience.submission_id == submission_id)
        .order_by(col(Experience.done_on), col(Experience.id))
    ).all()


def attempts_of(session: Session, submission_id: str) -> Sequence[Attempt]:
    """What was handed in so far, first to last."""
    return session.exec(
        select(Attempt).where(Attempt.submission_id == submission_id).order_by(col(Attempt.number))
    ).all()


def current_attempt(session: Session, submission: Submission) -> Attempt | None:
    """What was handed in last; None before."""
    return session.exec(
        select(Attempt).where(Attempt.submission_id == submission.id, Attempt.number == submission.attempt)
    ).first()


def saved_texts(session: Session, submission_id: str) -> Sequence[SavedText]:
    """Every reflection that was saved, newest first."""
    return session.exec(
        select(SavedText).where(SavedText.submission_id == submission_id).order_by(col(SavedText.at).desc())
    ).all()


def requirement_titles(body: DefinitionBody) -> dict[str, str]:
    """What the evidence requirements are called, by their keys."""
    return {one.key: one.title for one in body.evidence}


def experience_titles(body: DefinitionBody) -> dict[str, str]:
    """What the experiences of the pathway are called, by their keys."""
    return {one.key: one.title for one in body.pathway}


def hours_by_experience(body: DefinitionBody, logged: Sequence[Experience]) -> dict[str, Hours]:
    """What was logged for each experience of the pathway, and what of it counts."""
    found = {}
    for step in body.pathway:
        total = round(math.fsum(one.hours for one in logged if one.key == step.key), 2)
        found[step.key] = Hours(total, total if step.hours is None else min(total, step.hours))
    return found


def needs(
    body: DefinitionBody, submission: Submission, evidence: Sequence[EvidenceItem], logged: Sequence[Experience]
) -> list[Need]:
    """Everything the portfolio must have before it can be handed in, in the order in which it is done."""
    found = []
    hours = hours_by_experience(body, logged)
    if body.pathway and body.pathway_minimum:
        counted = round(math.fsum(one.counted for one in hours.values()), 2)
        values = {"least": f"{body.pathway_minimum:g}", "counted": f"{counted:g}"}
        found.append(
            Need(
                keyed("At least {least} hours of the pathway; {counted} count so far"),
                values,
                counted >= body.pathway_minimum,
                "learn",
            )
        )
    elif body.pathway:
        found.extend(
            Need(
                keyed("Hours for the experience “{title}”"), {"title": step.title}, hours[step.key].logged > 0, "learn"
            )
            for step in body.pathway
        )
    for wanted in body.evidence:
        if wanted.minimum:
            here = sum(item.requirement == wanted.key for item in evidence)
            values = {"title": wanted.title, "least": str(wanted.minimum), "here": str(here)}
            found.append(
                Need(keyed("{title}: at least {least}; {here} so far"), values, here >= wanted.minimum, "build")
            )
    if not any(wanted.minimum for wanted in body.evidence):
        found.append(Need(keyed("At least one piece of evidence"), {}, bool(evidence), "build"))
    if body.reflection_prompt:
        found.append(Need(keyed("Your reflection"), {}, bool(submission.reflection.strip()), "build"))
    return found


# -- starting ----------------------------------------------------------------------------------------------------------


def belonging(session: Session, org_id: str, account_id: str) -> Membership | None:
    """As what somebody earns micro-credentials of an organisation: as its educator, or one of an organisation below it
    (a district's teacher those of the district's cooperative or state). None where they belong to none."""
    return next(iter(_belongings(session, org_id, account_id)), None)


def _belongings(session: Session, org_id: str, account_id: str) -> list[Membership]:
    """All of `belonging`: those in the organisation itself first, then by age."""
    rows = session.exec(
        select(Membership, Organization)
        .where(Membership.org_id == Organization.id, Membership.account_id == account_id)
        .where(Membership.role == Role.EDUCATOR.value)
        .order_by(col(Membership.since), col(Membership.id))
    ).all()
    found = [membership for membership, org in rows if _is_below(session, org, org_id)]
    return sorted(found, key=lambda one: one.org_id != org_id)


def _is_below(session: Session, org: Organization, org_id: str) -> bool:
    """Whether an organisation is another, or below it."""
    above: Organization | None = org
    seen: set[str] = set()
    while above is not None and above.id not in seen:
        if above.id == org_id:
            return True
        seen.add(above.id)
        above = session.get(Organization, above.parent_id) if above.parent_id else None
    return False


def school_id_of(session: Session, org_id: str, account_id: str) -> str | None:
    """The school from which somebody earns micro-credentials of an organisation, where one is known."""
    return next((one.school_id for one in _belongings(session, org_id, account_id) if one.school_id), None)


def start(session: Session, *, account_id: str, definition_id: str, actor: str, now: datetime) -> Submission:
    """Start a portfolio for a published micro-credential, or go on with the one that is open.

    Raises Absent where it is not published, Conflict where it is a stack or was demonstrated already, Forbidden where
    the person does not belong to the organisation.
    """
    wanted = session.get(Definition, definition_id)
    if wanted is None:
        raise Absent
    definition, version, body = published(session, wanted.org_id, definition_id)
    found = open_portfolio(session, account_id, definition_id)
    if found is not None:
        return found
    org = session.get(Organization, definition.org_id)
    if org is None or org.closed is not None:
        raise Absent
    if definition.kind == "stack":
        raise Conflict("This is a stack: it is completed by earning its parts. Start one of them.")
    if belonging(session, definition.org_id, account_id) is None:
        raise Forbidden(
            "Only educators of this organization can start it. Ask the organization to add you as an educator."
        )
    if _holds_for_good(session, account_id, definition_id):
        raise Conflict("You have earned this micro-credential already, and it does not expire.")
    submission = Submission(
        org_id=definition.org_id,
        account_id=account_id,
        definition_id=definition.id,
        version_id=version.id,
        school_id=school_id_of(session, definition.org_id, account_id),
        open_key=_open_key(account_id, definition.id),
        due=now + timedelta(days=body.due_days) if body.due_days else None,
        started=now,
        changed=now,
    )
    session.add(submission)
    session.flush()
    note(
        session, submission, "submission.started", actor, now, {"definition": definition.id, "version": version.number}
    )
    return submission


def _holds_for_good(session: Session, account_id: str, definition_id: str) -> bool:
    statement = select(Award.id).where(
        Award.account_id == account_id,
        Award.definition_id == definition_id,
        Award.state != "erased",
        Award.standing != "revoked",
        col(Award.valid_until).is_(None),
    )
    return session.exec(statement).first() is not None


# -- working on it -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of saving a reflection. ``kept_aside`` is the text that was typed where another window had saved a
    newer one meanwhile: neither is lost."""

    submission: Submission
    kept_aside: SavedText | None = None


def save_reflection(
    session: Session, submission: Submission, text: str, *, text_version: int, actor: str, now: datetime
) -> Saved:
    """Save the reflection. Every save is kept; one that was begun from an older text than the saved one, or that comes
    after the portfolio was handed in, is kept aside and changes nothing else. Raises Mistakes."""
    if len(text) > TEXT_CHARS:
        refuse("reflection", "The reflection may have {most} signs at most.", most=TEXT_CHARS)
    if text == submission.reflection:
        return Saved(submission)
    late = submission.state not in WORKABLE or text_version != submission.text_version
    kept = SavedText(submission_id=submission.id, body=text, at=now, aside=late)
    session.add(kept)
    session.flush()
    _forget_oldest(session, submission.id)
    if kept.aside:
        note(session, submission, "submission.text-kept-aside", actor, now)
        return Saved(submission, kept)
    submission.reflection = text
    submission.text_version += 1
    touch(session, submission, now)
    note(session, submission, "submission.text-saved", actor, now)
    return Saved(submission)


def use_saved(session: Session, submission: Submission, saved_id: str, *, actor: str, now: datetime) -> None:
    """Make a saved text the reflection again. Raises Absent, Conflict."""
    _workable(submission)
    row = session.get(SavedText, saved_id)
    if row is None or row.submission_id != submission.id:
        raise Absent
    save_reflection(session, submission, row.body, text_version=submission.text_version, actor=actor, now=now)


def _forget_oldest(session: Session, submission_id: str) -> None:
    for row in saved_texts(session, submission_id)[MOST_SAVED:]:
        session.delete(row)


def add_file(
    session: Session,
    submission: Submission,
    body: DefinitionBody,
    *,
    file: StoredFile,
    title: str,
    requirement: str,
    description: str,
    actor: str,
    now: datetime,
) -> EvidenceItem:
    """Add a stored file to a portfolio. Raises Mistakes, Conflict."""
    item = _file_item(session, submission, body, file.size, title or file.name, requirement, description, now)
    keep(session, file.digest, file.size, file.media_type, now)
    item.digest, item.file_name, item.media_type, item.size = file.digest, file.name, file.media_type, file.size
    return _added(session, submission, item, actor, now)


def check_file(
    session: Session,
    submission: Submission,
    body: DefinitionBody,
    *,
    size: int,
    title: str,
    requirement: str,
    description: str,
    now: datetime,
) -> None:
    """Ask before a file of ``size`` bytes is stored whether the portfolio takes it: what is refused is not to lie in
    the store. Raises Mistakes, Conflict."""
    _file_item(session, submission, body, size, title, requirement, description, now)


def _file_item(
    session: Session,
    submission: Submission,
    body: DefinitionBody,
    size: int,
    title: str,
    requirement: str,
    description: str,
    now: datetime,
) -> EvidenceItem:
    _workable(submission)
    mistakes, item = _new_item(session, submission, body, title, requirement, description, now)
    held = session.exec(
        select(func.coalesce(func.sum(EvidenceItem.size), 0)).where(EvidenceItem.submission_id == submission.id)
    ).one()
    if int(held) + size > PORTFOLIO_BYTES:
        mistakes.add("file", "The files of this portfolio would be larger than 1 GB together.")
    if mistakes:
        raise mistakes
    return item


def add_link(
    session: Session,
    submission: Submission,
    body: DefinitionBody,
    *,
    url: str,
    title: str,
    requirement: str,
    description: str,
    actor: str,
    now: datetime,
) -> EvidenceItem:
    """Add a link to a portfolio; nothing is fetched from it. Raises Mistakes, Conflict."""
    _workable(submission)
    mistakes, item = _new_item(session, submission, body, title or url[:200], requirement, description, now)
    item.url = checked_link(url, mistakes)
    if mistakes:
        raise mistakes
    return _added(session, submission, item, actor, now)


def _new_item(
    session: Session,
    submission: Submission,
    body: DefinitionBody,
    title: str,
    requirement: str,
    description: str,
    now: datetime,
) -> tuple[Mistakes, EvidenceItem]:
    mistakes = Mistakes()
    if len(title) > 300:
        mistakes.add("title", "The title may have {most} signs at most.", most=300)
    if len(description) > TEXT_CHARS:
        mistakes.add("description", "The description may have {most} signs at most.", most=TEXT_CHARS)
    keys = {one.key for one in body.evidence}
    if requirement and requirement not in keys:
        mistakes.add("requirement", "Choose what this is evidence of from the list.")
    if len(evidence_of(session, submission.id)) >= MOST_EVIDENCE:
        mistakes.add("title", "A portfolio holds {most} pieces of evidence at most.", most=MOST_EVIDENCE)
    item = EvidenceItem(
        submission_id=submission.id, title=title, requirement=requirement, description=description, added=now
    )
    return mistakes, item


def _added(session: Session, submission: Submission, item: EvidenceItem, actor: str, now: datetime) -> EvidenceItem:
    session.add(item)
    touch(session, submission, now)
    kind = {"kind": "link"} if item.url else {"kind": "file", "sha256": item.digest, "size": item.size}
    note(session, submission, "evidence.added", actor, now, {"evidence": item.id, **kind})
    return item


def evidence_item(session: Session, submission_id: str, item_id: str) -> EvidenceItem:
    """A piece of evidence of a portfolio. Raises Absent."""
    item = session.get(EvidenceItem, item_id)
    if item is None or item.submission_id != submission_id:
        raise Absent
    return item


def remove_evidence(session: Session, submission: Submission, item_id: str, *, actor: str, now: datetime) -> None:
    """Take a piece of evidence out of the draft; what was handed in keeps it. Raises Absent, Conflict."""
    _workable(submission)
    item = evidence_item(session, submission.id, item_id)
    if item.removed is not None:
        raise Absent
    item.removed = now
    session.add(item)
    touch(session, submission, now)
    note(session, submission, "evidence.removed", actor, now, {"evidence": item.id})


def log_hours(
    session: Session,
    submission: Submission,
    body: DefinitionBody,
    *,
    key: str,
    hours: str,
    done_on: str,
    words: str,
    actor: str,
    now: datetime,
) -> Experience:
    """Log hours for an experience of the pathway: more than its limit may be logged, no more than it counts.

    ``hours`` is a number of hours and ``done_on`` a date (YYYY-MM-DD) as typed. Raises Mistakes, Conflict.
    """
    _workable(submission)
    mistakes = Mistakes()
    if key not in {one.key for one in body.pathway}:
        mistakes.add("experience", "Choose an experience from the list.")
    amount = _hours(hours)
    if amount is None:
        mistakes.add("hours", "Say how many hours: a number from 0.05 to 24, such as 1.5.")
    day = _day(done_on)
    # A day begins earlier to the east of Greenwich.
    if day is None or day > now.date() + timedelta(days=1) or day.year < 2000:
        mistakes.add("doneOn", "Say on which day: a date that is not in the future.")
    if len(words) > 2000:
        mistakes.add("note", "The note may have {most} signs at most.", most=2000)
    if len(experiences_of(session, submission.id)) >= MOST_EXPERIENCES:
        mistakes.add("experience", "A portfolio holds {most} entries of hours at most.", most=MOST_EXPERIENCES)
    if mistakes or amount is None or day is None:
        raise mistakes
    row = Experience(submission_id=submission.id, key=key, hours=amount, done_on=day, note=words)
    session.add(row)
    touch(session, submission, now)
    note(
        session, submission, "experience.logged", actor, now, {"experience": row.id, "key": key, "hours": f"{amount:g}"}
    )
    return row


def remove_hours(session: Session, submission: Submission, experience_id: str, *, actor: str, now: datetime) -> None:
    """Take an entry of hours out again. Raises Absent, Conflict."""
    _workable(submission)
    row = session.get(Experience, experience_id)
    if row is None or row.submission_id != submission.id:
        raise Absent
    session.delete(row)
    touch(session, submission, now)
    detail = {"experience": row.id, "key": row.key, "hours": f"{row.hours:g}"}
    note(session, submission, "experience.removed", actor, now, detail)


def _hours(text: str) -> float | None:
    try:
        amount = decimal_of(text)
    except ValueError:
        return None
    return float(round(amount, 2)) if Decimal("0.05") <= amount <= 24 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def ask_coach(session: Session, submission: Submission, wanted: bool, *, actor: str, now: datetime) -> None:
    """Let coaches of the organisation read and comment on the draft, or no longer. Raises Conflict."""
    _open(submission)
    if submission.wants_coach != wanted:
        submission.wants_coach = wanted
        touch(session, submission, now)
        note(session, submission, "coach.asked" if wanted else "coach.dismissed", actor, now)


# -- handing in --------------------------------------------------------------------------------------------------------


def submit(
    session: Session, portfolio: Portfolio, *, own_work: bool, version: int, actor: str, now: datetime
) -> Attempt:
    """Hand the portfolio in: what is in it now is what assessors score.

    Raises Mistakes for what is missing, Conflict where it changed since ``version`` was shown or was handed in.
    """
    submission = portfolio.submission
    _workable(submission)
    unchanged(submission, version)
    evidence, logged = evidence_of(session, submission.id), experiences_of(session, submission.id)
    mistakes = Mistakes()
    for need in needs(portfolio.body, submission, evidence, logged):
        if not need.met:
            mistakes.add(need.step, need.text, **need.values)
    if not own_work:
        mistakes.add("own", "Confirm that this is your own work.")
    if mistakes:
        raise mistakes
    number = max((one.number for one in attempts_of(session, submission.id)), default=0) + 1
    attempt = Attempt(
        submission_id=submission.id,
        number=number,
        reflection=submission.reflection,
        evidence=[item.id for item in evidence],
        experiences=[
            {"key": one.key, "hours": one.hours, "doneOn": one.done_on.isoformat(), "note": one.note} for one in logged
        ],
        submitted=now,
    )
    session.add(attempt)
    submission.state, submission.attempt, submission.submitted = "submitted", number, now
    submission.first_submitted = submission.first_submitted or now
    submission.decided = submission.reminded = None
    asked = portfolio.body.second_assessor
    submission.second_assessor = portfolio.org.second_assessor if asked is None else asked
    submission.school_id = school_id_of(session, submission.org_id, submission.account_id) or submission.school_id
    touch(session, submission, now)
    note(session, submission, "submission.submitted", actor, now, {"attempt": number, "evidence": attempt.evidence})
    return attempt


def take_back(session: Session, submission: Submission, *, version: int, actor: str, now: datetime) -> None:
    """Make a draft again of what was handed in, as long as no assessor has it. Raises Conflict."""
    unchanged(submission, version)
    if submission.state != "submitted":
        raise Conflict("An assessor has begun, or it is not handed in: it cannot be taken back.")
    attempt = current_attempt(session, submission)
    assert attempt is not None
    if _was_seen(session, attempt):
        attempt.outcome = TAKEN_BACK
        session.add(attempt)
    else:
        # Nobody saw it: it is no attempt, for the educator and for the reports. The evidence stays in the draft.
        session.delete(attempt)
    session.flush()
    kept = attempts_of(session, submission.id)
    submission.first_submitted = next((one.submitted for one in kept if one.outcome != TAKEN_BACK), None)
    submission.attempt = max((one.number for one in kept), default=1)
    submission.state, submission.submitted = "draft", None
    touch(session, submission, now)
    note(session, submission, "submission.taken-back", actor, now)


def _was_seen(session: Session, attempt: Attempt) -> bool:
    """Whether an assessor had it, if only to give it back: what they scored is about this attempt and no other."""
    statement = select(Review.id).where(Review.submission_id == attempt.submission_id, Review.attempt == attempt.number)
    return session.exec(statement.limit(1)).first() is not None


def work_again(session: Session, submission: Submission, *, version: int, actor: str, now: datetime) -> None:
    """Go on with a portfolio that was found not yet to demonstrate the competency. Raises Conflict."""
    unchanged(submission, version)
    if submission.state != "not-yet":
        raise Conflict("There is no result to work on.")
    submission.state = "draft"
    touch(session, submission, now)
    note(session, submission, "submission.reopened", actor, now)


def withdraw(session: Session, submission: Submission, *, version: int, reason: str, actor: str, now: datetime) -> None:
    """End a portfolio for good without a result; reviews that are under way end with it. Raises Conflict."""
    unchanged(submission, version)
    _open(submission)
    for review in session.exec(
        select(Review).where(Review.submission_id == submission.id, Review.state == "assigned")
    ).all():
        review.state = "withdrawn"
        review.version += 1
        session.add(review)
    attempt = current_attempt(session, submission)
    if attempt is not None and attempt.outcome is None:
        attempt.outcome = "withdrawn"
        session.add(attempt)
    submission.state, submission.open_key = "withdrawn", None
    touch(session, submission, now)
    note(session, submission, "submission.withdrawn", actor, now, why=reason)


def set_due(
    session: Session, submission: Submission, due: datetime | None, *, reason: str, actor: str, now: datetime
) -> None:
    """Give a portfolio another due date, or none. Raises Mistakes, Conflict."""
    _open(submission)
    if not reason.strip():
        refuse("reason", "Say why: others will ask later.")
    if due is not None and due.utcoffset() is None:
        refuse("due", "Say the time zone of the due date.")
    if due is not None and not now < due <= now + DUE_WITHIN:
        refuse("due", "Choose a day to come, within ten years.")
    submission.due, submission.reminded = due, None
    touch(session, submission, now)
    said = None if due is None else due.date().isoformat()
    note(session, submission, "submission.due-changed", actor, now, {"due": said}, why=reason)


# -- what changes share ------------------------------------------------------------------------------------------------


def note(
    session: Session,
    submission: Submission,
    action: str,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
    why: str = "",
) -> None:
    """Write the audit log about a portfolio."""
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"submission:{submission.id}",
        at=now,
        org_id=submission.org_id,
        detail=detail,
        why=why,
    )


def touch(session: Session, submission: Submission, now: datetime) -> None:
    """Mark a portfolio as changed."""
    submission.changed = now
    submission.version += 1
    session.add(submission)
    session.flush()


def unchanged(submission: Submission, version: int) -> None:
    """Raises Conflict where somebody changed the portfolio since it was shown."""
    if submission.version != version:
        raise Conflict("This portfolio was changed meanwhile, perhaps in another window. Look at it again first.")


def _workable(submission: Submission) -> None:
    if submission.state not in WORKABLE:
        raise Conflict("This portfolio is handed in or over: it cannot be changed now.")


def _open(submission: Submission) -> None:
    if submission.state not in OPEN_STATES:
        raise Conflict("This portfolio is over.")


def _open_key(account_id: str, definition_id: str) -> str:
    return f"{account_id}:{definition_id}"
