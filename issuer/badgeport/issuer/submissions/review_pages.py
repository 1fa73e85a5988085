"""The pages of assessors and registrars: the queue, assignment, scoring, the decision, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, select
from starlette.responses import Response

from badgeport.issuer.catalog.services import definition_of
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.submissions import calibration, reviews, services
from badgeport.issuer.submissions.downloads import answer
from badgeport.issuer.submissions.portfolio_pages import STATES, moment_of, number
from badgeport.issuer.submissions.reviews import Viewer
from badgeport.issuer.submissions.sheets import Sheet, sheet
from badgeport.issuer.submissions.tables import Review
from badgeport.issuer.web.access import members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("reviews")

READERS = members(Role.ASSESSOR, Role.REGISTRAR, Role.AUDITOR)
ASSESSORS = members(Role.ASSESSOR)
REGISTRARS = members(Role.REGISTRAR)
ASSIGNERS = members(Role.ASSESSOR, Role.REGISTRAR)

PARTS = {
    "first": keyed("First assessor"),
    "second": keyed("Second assessor"),
    "adjudicator": keyed("Third assessor, who decides"),
}
SHOWN = {
    "open": keyed("Waiting and under review"),
    "mine": keyed("Mine"),
    "decided": keyed("Decided"),
    "drafts": keyed("Drafts"),
    "all": keyed("All"),
}
INDEPENDENCE = {
    "same-school": keyed("I work at the educator's school"),
    "same-employer": keyed("I work for the same district or employer, at another school"),
    "independent": keyed("Neither: I am independent of the educator's employer"),
}


def viewer_of(visit: Visit) -> Viewer:
    """Who looks: a person with their roles, or a program, which reads as an auditor does, and nothing that who made
    its token must not see."""
    if visit.token is not None:
        return Viewer(None, frozenset({Role.AUDITOR}), made_by=visit.token.created_by)
    return Viewer(visit.me.id, visit.roles)


def shown_of(visit: Visit) -> str:
    """What of the queue is asked for; what waits where nothing is."""
    wanted = visit.request.query_params.get("show", "open")
    if wanted not in reviews.SHOWS or (wanted == "drafts" and not viewer_of(visit).sees_all):
        return "open"
    return wanted


@routes.page("/o/{org}/reviews", READERS)
def queue(visit: VisitDep, org: str) -> Response:
    """What waits for an assessor, is under review, is decided."""
    viewer, show = viewer_of(visit), shown_of(visit)
    chosen = visit.request.query_params.get("definition")
    with visit.reading() as session:
        statement = reviews.queue(visit.here.id, viewer, show=show, definition_id=chosen, now=visit.now)
        found = listing(session, visit.request, statement, search=reviews.SEARCHED)
        definitions = _definitions(session, visit.here.id)
        mine = _mine(session, found.rows, viewer)
    if wants_csv(visit.request):
        rows = (
            (
                definition.name,
                person.name if person else "",
                school.name if school else "",
                row.state,
                row.attempt,
                row.submitted,
                row.due,
                row.decided,
            )
            for row, definition, person, school in found.rows
        )
        columns = ("micro-credential", "educator", "school", "state", "attempt", "submitted", "due", "decided")
        return csv_response("reviews", columns, rows)
    shows = [(code, words) for code, words in SHOWN.items() if code != "drafts" or viewer.sees_all]
    return page(
        visit,
        "submissions/queue.html",
        list=found,
        show=show,
        shows=shows,
        definitions=definitions,
        chosen=chosen or "",
        mine=mine,
        states=STATES,
        base=f"/o/{org}/reviews",
    )


def _definitions(session: Session, org_id: str) -> Sequence[Definition]:
    return session.exec(
        select(Definition)
        .where(Definition.org_id == org_id, Definition.kind != "stack", Definition.state != "draft")
        .order_by(Definition.name)
    ).all()


def _mine(session: Session, rows: Sequence[Any], viewer: Viewer) -> dict[str, Review]:
    """The viewer's own unfinished reviews among the rows, by submission."""
    found = session.exec(
        select(Review).where(
            col(Review.submission_id).in_([row[0].id for row in rows]),
            Review.assessor_id == viewer.account_id,
            Review.state == "assigned",
        )
    ).all()
    return {one.submission_id: one for one in found}


# -- calibration -------------------------------------------------------------------------------------------------------


@routes.page("/o/{org}/reviews/calibration", READERS)
def calibrated(visit: VisitDep, org: str) -> Response:
    """How well assessors agree, for each micro-credential."""
    with visit.reading() as session:
        found = listing(session, visit.request, calibration.double_scored(visit.here.id), search=(Definition.name,))
        rows = [(definition, calibration.figures(session, definition)) for definition in found.rows]
    if wants_csv(visit.request):
        columns = ("micro-credential", "criterion", "pairs", "agreed", "percent", "kappa", "weighted kappa")
        return csv_response("calibration", columns, _calibration_rows(rows))
    return page(visit, "submissions/calibration.html", list=found, rows=rows, base=f"/o/{org}/reviews")


def _calibration_rows(rows: Sequence[tuple[Definition, calibration.Figures]]) -> list[Sequence[Any]]:
    found: list[Sequence[Any]] = []
    for definition, figures in rows:
        each = figures.decisions
        found.append((definition.name, "", each.pairs, each.agreed, _two(each.percent), _two(each.kappa), ""))
        for one in figures.criteria:
            each = one.agreement
            numbers = (each.pairs, each.agreed, _two(each.percent), _two(each.kappa), _two(one.weighted))
            found.append((definition.name, one.name, *numbers))
    return found


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


@routes.page("/o/{org}/reviews/calibration/{definition}", READERS)
def calibrated_one(visit: VisitDep, org: str, definition: str) -> Response:
    """How well assessors agree on one micro-credential, criterion by criterion."""
    with visit.reading() as session:
        row = definition_of(session, visit.here.id, definition)
        figures = calibration.figures(session, row)
    if wants_csv(visit.request):
        columns = ("micro-credential", "criterion", "pairs", "agreed", "percent", "kappa", "weighted kappa")
        return csv_response("calibration", columns, _calibration_rows([(row, figures)]))
    return page(visit, "submissions/calibration_one.html", definition=row, figures=figures, base=f"/o/{org}/reviews")


# -- one portfolio -----------------------------------------------------------------------------------------------------


def _sheet(visit: Visit, submission_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        seen = sheet(session, visit.here.id, viewer_of(visit), submission_id, visit.now)
        choices: tuple[str, ...] = ()
        if seen.held is not None:
            choices = reviews.independence_choices(session, seen.portfolio.submission, seen.held.assessor_id)
    return page(
        visit,
        "submissions/review.html",
        form=form or (_filled(seen) if seen.held is not None else Form()),
        mistakes=mistakes,
        sheet=seen,
        submission=seen.portfolio.submission,
        body=seen.portfolio.body,
        criteria=list(enumerate(reviews.rubric_of(seen.portfolio.body))),
        reaches=reviews.reaches,
        ruled=_is_ruled(seen),
        parts_words=PARTS,
        states=STATES,
        independence_words=[(code, INDEPENDENCE[code]) for code in choices],
        titles=services.requirement_titles(seen.portfolio.body),
        experience_titles=services.experience_titles(seen.portfolio.body),
        base=f"/o/{visit.here.slug}/reviews/{submission_id}",
    )


def _is_ruled(seen: Sheet) -> bool:
    """Whether the decision follows from the scores alone."""
    return reviews.outcome(seen.portfolio.body.rubric, {}) is not None


def _filled(seen: Sheet) -> Form:
    review = seen.held
    assert review is not None
    values: dict[str, Any] = {
        "feedback": review.feedback,
        "independence": review.independence or "",
        "decision": review.decision or "",
    }
    for place, criterion in enumerate(reviews.rubric_of(seen.portfolio.body)):
        given = review.scores.get(criterion.key, {})
        values[f"level-{place}"] = given.get("level", "")
        values[f"feedback-{place}"] = given.get("feedback", "")
    return Form.of(values)


@routes.page("/o/{org}/reviews/{portfolio}", READERS)
def review(visit: VisitDep, org: str, portfolio: str) -> Response:  # noqa: ARG001
    """One portfolio: to take, to assign, to score, to look back on."""
    return _sheet(visit, portfolio)


@routes.page("/o/{org}/reviews/{portfolio}/evidence/{item}", ASSESSORS)
def download(visit: VisitDep, org: str, portfolio: str, item: str) -> Response:  # noqa: ARG001
    """A file that was handed in, for those who score it."""
    with visit.reading() as session:
        seen = sheet(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
    found = next((one for one in seen.evidence if one.id == item), None)
    if found is None:
        raise Absent
    return answer(visit.desk, found)


@routes.form("/o/{org}/reviews/{portfolio}/take", ASSESSORS)
def take(visit: VisitDep, form: FormDep, org: str, portfolio: str) -> Response:
    """Take the part that waits."""
    with visit.writing() as session:
        found = reviews.seen(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
        reviews.assign(
            session,
            visit.desk,
            found,
            visit.me.id,
            version=number(form["version"]),
            actor=visit.actor,
            now=visit.now,
        )
    return see(visit, f"/o/{org}/reviews/{portfolio}", "The review is yours.")


@routes.form("/o/{org}/reviews/{portfolio}/assign", REGISTRARS)
def assign(visit: VisitDep, form: FormDep, org: str, portfolio: str) -> Response:
    """Assign the part that waits."""
    with visit.writing() as session:
        found = reviews.seen(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
        reviews.check_assigner(session, viewer_of(visit), found)
        if form["assessor"] not in {one for one, _ in reviews.eligible(session, found, visit.now)}:
            raise Conflict("This person cannot score this portfolio, or no longer.")
        reviews.assign(
            session,
            visit.desk,
            found,
            form["assessor"],
            version=number(form["version"]),
            actor=visit.actor,
            now=visit.now,
        )
    visit.desk.wake()
    return see(visit, f"/o/{org}/reviews/{portfolio}", "The review is assigned.")


@routes.page("/o/{org}/reviews/{portfolio}/unassign/{part}", ASSIGNERS)
def confirm_unassign(visit: VisitDep, org: str, portfolio: str, part: str) -> Response:
    """Ask before a review is taken from its assessor, or given back."""
    return _confirm_unassign(visit, org, portfolio, part)


def _confirm_unassign(
    visit: Visit, org: str, portfolio: str, part: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        found = reviews.seen(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
        row = assigned_to(session, found, viewer_of(visit), part)
    own = row.assessor_id == visit.me.id
    return page(
        visit,
        "submissions/confirm.html",
        form=form,
        mistakes=mistakes,
        heading=keyed("Give this review back?") if own else keyed("Withdraw this assignment?"),
        about=found.body.name,
        sentences=(
            keyed("Another assessor can take the part. Scores that were saved stay on record and do not count."),
        ),
        action=visit.request.url.path,
        back=f"/o/{org}/reviews/{portfolio}",
        button=keyed("Give it back") if own else keyed("Withdraw the assignment"),
        reason="required",
        values={"version": found.submission.version},
    )


def assigned_to(session: Session, portfolio: services.Portfolio, viewer: Viewer, review_id: str) -> Review:
    """An unfinished review that the viewer may take away: their own, or any as a registrar who has no part in it.

    Raises Absent.
    """
    row = reviews.review_of(session, portfolio.submission, review_id)
    own = reviews.own_review(session, portfolio.submission, viewer.account_id)
    if row.state == "assigned" and own is not None and own.id == row.id:
        return row
    if Role.REGISTRAR in viewer.roles and own is None:
        return row
    raise Absent


@routes.form("/o/{org}/reviews/{portfolio}/unassign/{part}", ASSIGNERS)
def unassign(visit: VisitDep, form: FormDep, org: str, portfolio: str, part: str) -> Response:
    """Take a review from its assessor, or give it back."""
    try:
        with visit.writing() as session:
            found = reviews.seen(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
            reviews.unassign(
                session,
                found,
                assigned_to(session, found, viewer_of(visit), part),
                reason=form["reason"][:2000],
                version=number(form["version"]),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _confirm_unassign(visit, org, portfolio, part, form, mistakes)
    return see(visit, f"/o/{org}/reviews", "The review waits for another assessor.")


@routes.form("/o/{org}/reviews/{portfolio}/due", REGISTRARS)
def due(visit: VisitDep, form: FormDep, org: str, portfolio: str) -> Response:
    """Give the portfolio another due date."""
    try:
        with visit.writing() as session:
            found = reviews.seen(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
            day = moment_of(form["due"]) if form["due"] else None
            if form["due"] and day is None:
                raise _no_day()
            services.set_due(
                session, found.submission, day, reason=form["reason"][:2000], actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return _sheet(visit, portfolio, form, mistakes)
    return see(visit, f"/o/{org}/reviews/{portfolio}", "The due date is changed.")


def _no_day() -> Mistakes:
    mistakes = Mistakes()
    mistakes.add("due", "Choose a day to come, within ten years.")
    return mistakes


# -- scoring -----------------------------------------------------------------------------------------------------------


def _held(session: Session, visit: Visit, portfolio: str) -> tuple[services.Portfolio, Review]:
    found = reviews.seen(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
    own = reviews.own_review(session, found.submission, visit.me.id)
    if own is None:
        raise Absent
    return found, own


@routes.form("/o/{org}/reviews/{portfolio}/scores", ASSESSORS)
def scores(visit: VisitDep, form: FormDep, org: str, portfolio: str) -> Response:
    """Keep the scores; with ``do=finish`` go on to the decision where nothing is missing."""
    with visit.reading() as session:
        criteria = reviews.rubric_of(_held(session, visit, portfolio)[0].body)
    given = {
        one.key: {"level": form[f"level-{place}"], "feedback": form[f"feedback-{place}"]}
        for place, one in enumerate(criteria)
    }
    try:
        with visit.writing() as session:
            found, own = _held(session, visit, portfolio)
            reviews.save_scores(
                session,
                found,
                own,
                scores=given,
                feedback=form["feedback"],
                independence=form["independence"] or None,
                decision=form["decision"] or None,
                version=number(form["version"]),
                actor=visit.actor,
                now=visit.now,
            )
            missing = reviews.complete(found, own) if form["do"] == "finish" else None
            if missing:
                raise missing
    except Mistakes as mistakes:
        return _sheet(visit, portfolio, form, _placed(mistakes, criteria))
    if form["do"] == "finish":
        return see(visit, f"/o/{org}/reviews/{portfolio}/decide")
    return see(visit, f"/o/{org}/reviews/{portfolio}", "Your scores are saved.")


def _placed(mistakes: Mistakes, criteria: Sequence[Any]) -> Mistakes:
    """The mistakes with the names that the form's fields have."""
    places = {one.key: place for place, one in enumerate(criteria)}
    renamed = Mistakes()
    for one in mistakes.found:
        head, _, rest = one.field.partition("/")
        key, _, part = rest.rpartition("/")
        field = f"{part}-{places[key]}" if head == "scores" and key in places else one.field
        renamed.add(field, one.text, **one.values)
    return renamed


@routes.page("/o/{org}/reviews/{portfolio}/decide", ASSESSORS)
def confirm_decision(visit: VisitDep, org: str, portfolio: str) -> Response:
    """What the decision is and what it does, before it is made."""
    with visit.reading() as session:
        found, own = _held(session, visit, portfolio)
        criteria = reviews.rubric_of(found.body)
        missing = reviews.complete(found, own)
    if own.state != "assigned":
        return see(visit, f"/o/{org}/reviews/{portfolio}")
    if missing:
        return _sheet(visit, portfolio, None, _placed(missing, criteria))
    return page(
        visit,
        "submissions/decide.html",
        review=own,
        body=found.body,
        criteria=criteria,
        reaches=reviews.reaches,
        alone=own.part == "adjudicator" or not found.submission.second_assessor,
        base=f"/o/{org}/reviews/{portfolio}",
    )


@routes.form("/o/{org}/reviews/{portfolio}/decide", ASSESSORS)
def decide(visit: VisitDep, form: FormDep, org: str, portfolio: str) -> Response:
    """Make the decision."""
    try:
        with visit.writing() as session:
            found, own = _held(session, visit, portfolio)
            criteria = reviews.rubric_of(found.body)
            state = reviews.decide(
                session, visit.desk, found, own, version=number(form["version"]), actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return _sheet(visit, portfolio, None, _placed(mistakes, criteria))
    visit.desk.wake()
    said = {
        "demonstrated": keyed("Demonstrated: the badge is being made."),
        "not-yet": keyed("Not yet: the educator has your feedback."),
        "adjudication": keyed("Your review is finished. A third assessor decides."),
    }.get(state, keyed("Your review is finished."))
    return see(visit, f"/o/{org}/reviews/{portfolio}", said)
