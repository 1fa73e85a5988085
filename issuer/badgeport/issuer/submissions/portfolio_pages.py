"""The educator's pages of a portfolio: the five steps, comments, what was saved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, col, select
from starlette.responses import Response

from badgeport.issuer.awards.tables import Award
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Absent, Mistakes
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.submissions import comments, evidence, reviews, services
from badgeport.issuer.submissions.downloads import answer
from badgeport.issuer.submissions.tables import Peer, SavedText, Submission
from badgeport.issuer.web.access import ACCOUNT
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("portfolios")

STATES = {
    "draft": keyed("Draft"),
    "submitted": keyed("Handed in"),
    "in-review": keyed("Under review"),
    "adjudication": keyed("With a third assessor"),
    "not-yet": keyed("Not yet"),
    "demonstrated": keyed("Demonstrated"),
    "withdrawn": keyed("Withdrawn"),
}
"""What the states are called."""

OUTCOMES = {**STATES, services.TAKEN_BACK: keyed("Taken back")}
"""What became of an attempt."""

STEPS = (
    ("goal", "", keyed("Goal and rubric")),
    ("learn", "/learn", keyed("Learn")),
    ("build", "/build", keyed("Build artifacts")),
    ("submit", "/submit", keyed("Submit")),
    ("results", "/results", keyed("Results")),
)


def number(text: str) -> int:
    """A version as a form bears it; one that no row has where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


@routes.page("/home/portfolio", ACCOUNT)
def portfolios(visit: VisitDep) -> Response:
    """All portfolios of the educator."""
    with visit.reading() as session:
        statement = (
            select(Submission, Definition, Organization)
            .where(Submission.definition_id == Definition.id, Submission.org_id == Organization.id)
            .where(Submission.account_id == visit.me.id)
            .order_by(col(Submission.changed).desc(), col(Submission.id))
        )
        found = listing(session, visit.request, statement, search=(Definition.name, Organization.name))
    if wants_csv(visit.request):
        rows = (
            (definition.name, org.name, row.state, row.attempt, row.started, row.due, row.submitted, row.decided)
            for row, definition, org in found.rows
        )
        columns = ("name", "organization", "state", "attempt", "started", "due", "submitted", "decided")
        return csv_response("portfolios", columns, rows)
    return page(visit, "submissions/portfolios.html", list=found, states=STATES)


@routes.form("/home/portfolio", ACCOUNT)
def start(visit: VisitDep, form: FormDep) -> Response:
    """Start a portfolio, from the page of a micro-credential."""
    with visit.writing() as session:
        submission = services.start(
            session, account_id=visit.me.id, definition_id=form["definition"], actor=visit.actor, now=visit.now
        )
    return see(visit, f"/home/portfolio/{submission.id}")


# -- the five steps ----------------------------------------------------------------------------------------------------


def _step(
    visit: Visit, submission_id: str, step: str, form: Form | None = None, mistakes: Mistakes | None = None, **more: Any
) -> Response:
    with visit.reading() as session:
        portfolio = services.portfolio_of(session, visit.me.id, submission_id)
        submission, body = portfolio.submission, portfolio.body
        items = services.evidence_of(session, submission.id)
        logged = services.experiences_of(session, submission.id)
        attempts = services.attempts_of(session, submission.id)
        values: dict[str, Any] = {
            **_frame(session, portfolio, step),
            "evidence": items,
            "logged": logged,
            "hours": services.hours_by_experience(body, logged),
            "needs": services.needs(body, submission, items, logged),
            "attempts": attempts,
        }
        if step == "results":
            values["results"] = [
                (attempt, reviews.deciding(reviews.reviews_of(session, submission, attempt.number)))
                for attempt in reversed(attempts)
                if attempt.outcome in reviews.DECISIONS
            ]
            values["award"] = session.exec(select(Award).where(Award.submission_id == submission.id)).first()
    return page(visit, f"submissions/{step}.html", form=form, mistakes=mistakes, **{**values, **more})


def _frame(session: Session, portfolio: services.Portfolio, step: str) -> dict[str, Any]:
    submission = portfolio.submission
    return {
        "portfolio": portfolio,
        "submission": submission,
        "body": portfolio.body,
        "base": f"/home/portfolio/{submission.id}",
        "step": step,
        "steps": STEPS,
        "states": STATES,
        "outcomes": OUTCOMES,
        "workable": submission.state in services.WORKABLE,
        "remarks": comments.remarks(session, submission),
        "reaches": reviews.reaches,
        "titles": services.requirement_titles(portfolio.body),
        "experience_titles": services.experience_titles(portfolio.body),
    }


@routes.page("/home/portfolio/{portfolio}", ACCOUNT)
def goal(visit: VisitDep, portfolio: str) -> Response:
    """Step 1: what is to be shown, and the rubric."""
    return _step(visit, portfolio, "goal")


@routes.page("/home/portfolio/{portfolio}/learn", ACCOUNT)
def learn(visit: VisitDep, portfolio: str) -> Response:
    """Step 2: resources and the pathway with its hours."""
    return _step(visit, portfolio, "learn")


@routes.form("/home/portfolio/{portfolio}/hours", ACCOUNT)
def log_hours(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Log hours for an experience."""
    try:
        with visit.writing() as session:
            mine = services.portfolio_of(session, visit.me.id, portfolio)
            services.log_hours(
                session,
                mine.submission,
                mine.body,
                key=form["experience"],
                hours=form["hours"],
                done_on=form["doneOn"],
                words=form["note"],
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _step(visit, portfolio, "learn", form, mistakes)
    return see(visit, f"/home/portfolio/{portfolio}/learn", "Your hours are logged.")


@routes.page("/home/portfolio/{portfolio}/hours/{entry}/remove", ACCOUNT)
def confirm_remove_hours(visit: VisitDep, portfolio: str, entry: str) -> Response:
    """Ask before an entry of hours is taken out."""
    with visit.reading() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        row = next((one for one in services.experiences_of(session, portfolio) if one.id == entry), None)
        if row is None:
            raise Absent
    return page(
        visit,
        "submissions/confirm.html",
        heading=keyed("Remove these hours?"),
        about=services.experience_titles(mine.body).get(row.key, row.key),
        sentences=(keyed("The entry is deleted: its hours count no longer, and its note is gone."),),
        action=visit.request.url.path,
        back=f"/home/portfolio/{portfolio}/learn",
        button=keyed("Remove the hours"),
    )


@routes.form("/home/portfolio/{portfolio}/hours/{entry}/remove", ACCOUNT)
def remove_hours(visit: VisitDep, form: FormDep, portfolio: str, entry: str) -> Response:  # noqa: ARG001
    """Take an entry of hours out."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        services.remove_hours(session, mine.submission, entry, actor=visit.actor, now=visit.now)
    return see(visit, f"/home/portfolio/{portfolio}/learn", "The hours are removed.")


@routes.page("/home/portfolio/{portfolio}/build", ACCOUNT)
def build(visit: VisitDep, portfolio: str) -> Response:
    """Step 3: evidence and reflection."""
    return _step(visit, portfolio, "build")


@routes.form("/home/portfolio/{portfolio}/evidence", ACCOUNT)
def add_evidence(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Add a file or a link."""
    upload = form.file("file")
    try:
        if (upload is None) == (not form["url"]):
            raise _either()
        said: dict[str, Any] = {name: form[name] for name in ("title", "requirement", "description")}
        with visit.reading() as session:
            mine = services.portfolio_of(session, visit.me.id, portfolio)
            if upload is not None:
                services.check_file(session, mine.submission, mine.body, size=upload.size, now=visit.now, **said)
        stored = evidence.store(visit.desk, upload.file, upload.name) if upload is not None else None
        with visit.writing() as session:
            mine = services.portfolio_of(session, visit.me.id, portfolio)
            said |= {"actor": visit.actor, "now": visit.now}
            if stored is not None:
                services.add_file(session, mine.submission, mine.body, file=stored, **said)
            else:
                services.add_link(session, mine.submission, mine.body, url=form["url"], **said)
    except Mistakes as mistakes:
        return _step(visit, portfolio, "build", form, mistakes)
    return see(visit, f"/home/portfolio/{portfolio}/build", "The evidence is added.")


def _either() -> Mistakes:
    mistakes = Mistakes()
    mistakes.add("file", "Choose a file, or give a web address: one of the two.")
    return mistakes


@routes.page("/home/portfolio/{portfolio}/evidence/{item}", ACCOUNT)
def download(visit: VisitDep, portfolio: str, item: str) -> Response:
    """A file of one's own."""
    with visit.reading() as session:
        services.portfolio_of(session, visit.me.id, portfolio)
        found = services.evidence_item(session, portfolio, item)
    return answer(visit.desk, found)


@routes.page("/home/portfolio/{portfolio}/evidence/{item}/remove", ACCOUNT)
def confirm_remove_evidence(visit: VisitDep, portfolio: str, item: str) -> Response:
    """Ask before evidence is taken out."""
    with visit.reading() as session:
        services.portfolio_of(session, visit.me.id, portfolio)
        found = services.evidence_item(session, portfolio, item)
    return page(
        visit,
        "submissions/confirm.html",
        heading=keyed("Remove this evidence from the draft?"),
        about=found.title,
        sentences=(
            keyed("It will no longer be in the draft. What you handed in before stays as it was for its assessors."),
        ),
        action=visit.request.url.path,
        back=f"/home/portfolio/{portfolio}/build",
        button=keyed("Remove the evidence"),
    )


@routes.form("/home/portfolio/{portfolio}/evidence/{item}/remove", ACCOUNT)
def remove_evidence(visit: VisitDep, form: FormDep, portfolio: str, item: str) -> Response:  # noqa: ARG001
    """Take evidence out of the draft."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        services.remove_evidence(session, mine.submission, item, actor=visit.actor, now=visit.now)
    return see(visit, f"/home/portfolio/{portfolio}/build", "The evidence is removed from the draft.")


@routes.form("/home/portfolio/{portfolio}/reflection", ACCOUNT)
def save_reflection(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Save the reflection; where another window saved a newer one, show both."""
    try:
        with visit.writing() as session:
            mine = services.portfolio_of(session, visit.me.id, portfolio)
            saved = services.save_reflection(
                session,
                mine.submission,
                form["reflection"],
                text_version=number(form["text_version"]),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _step(visit, portfolio, "build", form, mistakes)
    if saved.kept_aside is None:
        return see(visit, f"/home/portfolio/{portfolio}/build", "Your reflection is saved.")
    if saved.submission.state not in services.WORKABLE:
        return see(
            visit,
            f"/home/portfolio/{portfolio}/texts",
            "The portfolio is no longer a draft. What you wrote is kept here.",
        )
    return _step(visit, portfolio, "build", form, status=409, aside=saved.kept_aside)


@routes.page("/home/portfolio/{portfolio}/texts", ACCOUNT)
def texts(visit: VisitDep, portfolio: str) -> Response:
    """Every reflection that was saved."""
    with visit.reading() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        statement = (
            select(SavedText)
            .where(SavedText.submission_id == portfolio)
            .order_by(col(SavedText.at).desc(), col(SavedText.id))
        )
        found = listing(session, visit.request, statement, search=(SavedText.body,))
        frame = _frame(session, mine, "texts")
    if wants_csv(visit.request):
        rows = ((row.at, "aside" if row.aside else "saved", row.body) for row in found.rows)
        return csv_response("reflections", ("saved", "kind", "text"), rows)
    return page(visit, "submissions/texts.html", list=found, **frame)


@routes.form("/home/portfolio/{portfolio}/texts/{text}", ACCOUNT)
def use_text(visit: VisitDep, form: FormDep, portfolio: str, text: str) -> Response:  # noqa: ARG001
    """Make a saved reflection the reflection again; the one before stays among those saved."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        services.use_saved(session, mine.submission, text, actor=visit.actor, now=visit.now)
    return see(visit, f"/home/portfolio/{portfolio}/build", "The earlier text is your reflection again.")


@routes.page("/home/portfolio/{portfolio}/submit", ACCOUNT)
def ready(visit: VisitDep, portfolio: str) -> Response:
    """Step 4: whether all is there, and handing in."""
    return _step(visit, portfolio, "submit")


@routes.form("/home/portfolio/{portfolio}/submit", ACCOUNT)
def submit(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Hand the portfolio in."""
    try:
        with visit.writing() as session:
            services.submit(
                session,
                services.portfolio_of(session, visit.me.id, portfolio),
                own_work=form.on("own"),
                version=number(form["version"]),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _step(visit, portfolio, "submit", form, mistakes)
    return see(visit, f"/home/portfolio/{portfolio}/results", "Your portfolio is handed in.")


@routes.page("/home/portfolio/{portfolio}/results", ACCOUNT)
def results(visit: VisitDep, portfolio: str) -> Response:
    """Step 5: the decision and the feedback."""
    return _step(visit, portfolio, "results")


@routes.form("/home/portfolio/{portfolio}/take-back", ACCOUNT)
def take_back(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Make a draft again of what no assessor has begun."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        services.take_back(session, mine.submission, version=number(form["version"]), actor=visit.actor, now=visit.now)
    return see(visit, f"/home/portfolio/{portfolio}/build", "Your portfolio is a draft again.")


@routes.form("/home/portfolio/{portfolio}/again", ACCOUNT)
def again(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Go on after a "not yet"."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        services.work_again(session, mine.submission, version=number(form["version"]), actor=visit.actor, now=visit.now)
    return see(visit, f"/home/portfolio/{portfolio}/build", "Your portfolio is a draft again; the feedback stays.")


@routes.page("/home/portfolio/{portfolio}/withdraw", ACCOUNT)
def confirm_withdraw(visit: VisitDep, portfolio: str) -> Response:
    """Ask before a portfolio ends."""
    with visit.reading() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
    return page(
        visit,
        "submissions/confirm.html",
        heading=keyed("Withdraw this portfolio?"),
        about=mine.body.name,
        sentences=(
            keyed("It ends for good without a result, and assessors who have begun stop."),
            keyed("You keep what is in it and can start a new portfolio for the same micro-credential."),
        ),
        action=visit.request.url.path,
        back=f"/home/portfolio/{portfolio}",
        button=keyed("Withdraw the portfolio"),
        reason="optional",
        values={"version": mine.submission.version},
    )


@routes.form("/home/portfolio/{portfolio}/withdraw", ACCOUNT)
def withdraw(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """End a portfolio."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        services.withdraw(
            session,
            mine.submission,
            version=number(form["version"]),
            reason=form["reason"][:2000],
            actor=visit.actor,
            now=visit.now,
        )
    return see(visit, "/home/portfolio", "The portfolio is withdrawn.")


# -- comments, coach and peers -----------------------------------------------------------------------------------------


def _comments(visit: Visit, submission_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        mine = services.portfolio_of(session, visit.me.id, submission_id)
        frame = _frame(session, mine, "comments")
        peers = comments.peers_of(session, submission_id)
    return page(visit, "submissions/comments.html", form=form, mistakes=mistakes, peers=peers, **frame)


@routes.page("/home/portfolio/{portfolio}/comments", ACCOUNT)
def comments_page(visit: VisitDep, portfolio: str) -> Response:
    """Comments on the draft, and who may write some."""
    return _comments(visit, portfolio)


@routes.form("/home/portfolio/{portfolio}/comments", ACCOUNT)
def comment(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Answer in the comments."""
    try:
        with visit.writing() as session:
            mine = services.portfolio_of(session, visit.me.id, portfolio)
            comments.comment(
                session,
                mine.submission,
                form["comment"],
                account_id=visit.me.id,
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _comments(visit, portfolio, form, mistakes)
    return see(visit, f"/home/portfolio/{portfolio}/comments", "Your comment is added.")


@routes.page("/home/portfolio/{portfolio}/comments/{entry}/delete", ACCOUNT)
def confirm_delete_comment(visit: VisitDep, portfolio: str, entry: str) -> Response:
    """Ask before a comment is deleted."""
    with visit.reading() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        text = comments.comment_of(session, mine.submission, entry, visit.me).body
    return confirm_deletion(visit, text, f"/home/portfolio/{portfolio}/comments")


def confirm_deletion(visit: Visit, text: str, back: str) -> Response:
    """The page that asks before a comment is deleted."""
    return page(
        visit,
        "submissions/confirm.html",
        heading=keyed("Delete this comment?"),
        about=text[:300],
        sentences=(keyed("Its text is deleted and cannot be brought back."),),
        action=visit.request.url.path,
        back=back,
        button=keyed("Delete the comment"),
    )


@routes.form("/home/portfolio/{portfolio}/comments/{entry}/delete", ACCOUNT)
def delete_comment(visit: VisitDep, form: FormDep, portfolio: str, entry: str) -> Response:  # noqa: ARG001
    """Delete a comment."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        comments.delete_comment(session, mine.submission, entry, author=visit.me, actor=visit.actor, now=visit.now)
    return see(visit, f"/home/portfolio/{portfolio}/comments", "The comment is deleted.")


@routes.form("/home/portfolio/{portfolio}/coach", ACCOUNT)
def coach(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Ask for a coach, or no longer."""
    wanted = form.on("wanted")
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        services.ask_coach(session, mine.submission, wanted, actor=visit.actor, now=visit.now)
    said = keyed("Coaches can read your draft now.") if wanted else keyed("Coaches can no longer read your draft.")
    return see(visit, f"/home/portfolio/{portfolio}/comments", said)


@routes.form("/home/portfolio/{portfolio}/peers", ACCOUNT)
def invite(visit: VisitDep, form: FormDep, portfolio: str) -> Response:
    """Invite a peer by e-mail."""
    try:
        with visit.writing() as session:
            mine = services.portfolio_of(session, visit.me.id, portfolio)
            comments.invite_peer(
                session, visit.desk, mine, name=form["name"], email=form["email"], actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return _comments(visit, portfolio, form, mistakes)
    visit.desk.wake()
    return see(visit, f"/home/portfolio/{portfolio}/comments", "The invitation is on its way.")


@routes.page("/home/portfolio/{portfolio}/peers/{peer}/dismiss", ACCOUNT)
def confirm_dismiss(visit: VisitDep, portfolio: str, peer: str) -> Response:
    """Ask before a peer's link ends."""
    with visit.reading() as session:
        services.portfolio_of(session, visit.me.id, portfolio)
        found = session.get(Peer, peer)
        if found is None or found.submission_id != portfolio or found.revoked is not None:
            raise Absent
    return page(
        visit,
        "submissions/confirm.html",
        heading=keyed("Withdraw this invitation?"),
        about=found.name,
        sentences=(keyed("The link stops working at once. Comments that were written stay."),),
        action=visit.request.url.path,
        back=f"/home/portfolio/{portfolio}/comments",
        button=keyed("Withdraw the invitation"),
    )


@routes.form("/home/portfolio/{portfolio}/peers/{peer}/dismiss", ACCOUNT)
def dismiss(visit: VisitDep, form: FormDep, portfolio: str, peer: str) -> Response:  # noqa: ARG001
    """Withdraw a peer's link."""
    with visit.writing() as session:
        mine = services.portfolio_of(session, visit.me.id, portfolio)
        comments.dismiss_peer(session, mine.submission, peer, actor=visit.actor, now=visit.now)
    return see(visit, f"/home/portfolio/{portfolio}/comments", "The invitation is withdrawn.")


def moment_of(text: str) -> datetime | None:
    """The end of a day as a form bears it; None where it is none."""
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        return None
    return day.replace(hour=23, minute=59, second=0, microsecond=0, tzinfo=UTC)
