"""Pages of filed decisions: the list, one of them with all that came after it, and what the educator's link shows."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col
from starlette.responses import Response

from badgeport.issuer.mistakes import Conflict, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Identity
from badgeport.issuer.web.access import LINK, members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.decisions import again, services, standing, views
from badgeport.receiver.decisions.downloads import RECEIPT, file_answer
from badgeport.receiver.decisions.new_pages import add_new_pages
from badgeport.receiver.decisions.tables import DecisionStep, FiledDecision
from badgeport.receiver.office import Office, OfficeDep
from badgeport.receiver.policies.author_pages import number_in
from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.recognition.decision import Kind
from badgeport.verifier.web.telling import KIND_WORDS

routes = Routes("decisions")
add_new_pages(routes)

READERS = (Role.ADMINISTRATOR, Role.CLERK, Role.AUDITOR)
DECIDERS = (Role.ADMINISTRATOR, Role.CLERK)
HERE = "/o/{org}/decisions"
ONE = f"{HERE}/{{decision_id}}"
LINKED = "/decided/{secret}"
COLUMNS = (
    "id",
    "reference",
    "filed",
    "as of",
    "policy",
    "version",
    "purpose",
    "decided",
    "amount decided",
    "standing",
    "amount",
    "unit",
    "appeal open",
    "filed by",
)


# -- the list -------------------------------------------------------------------------------------------------------


@routes.page(HERE, members(*READERS))
def overview(visit: VisitDep, org: str) -> Response:
    """Every decision that was filed here."""
    asked = visit.request.query_params
    with visit.reading() as session:
        found = listing(session, visit.request, asked_for(visit), search=SEARCHED)
        names = views.people(session, {row.filed_by for row, *_ in found.rows}, visit.speech)
        if wants_csv(visit.request):
            return csv_response(f"{org}-decisions", COLUMNS, (_csv(row, names) for row in found.rows))
        return page(
            visit,
            "decisions/list.html",
            list=found,
            names=names,
            outcomes={kind.value: words for kind, words in KIND_WORDS.items()},
            policies=standing.policies_decided_by(session, visit.here.id),
            asked={name: asked.get(name, "") for name in ("outcome", "policy", "appeals")},
            **_words(visit),
        )


SEARCHED = (col(FiledDecision.reference), col(FiledDecision.policy_title), col(FiledDecision.id))


def asked_for(visit: Visit) -> Any:
    """The decisions that the address asks for with ``outcome``, ``policy`` and ``appeals``. Raises Mistakes."""
    asked = visit.request.query_params
    outcome, appeals = asked.get("outcome", ""), asked.get("appeals", "")
    mistakes = Mistakes()
    if outcome and outcome not in {kind.value for kind in Kind}:
        mistakes.add("outcome", "There is no such outcome.")
    if appeals not in ("", "open"):
        mistakes.add("appeals", "There is no such choice here.")
    if mistakes:
        raise mistakes
    policy = asked.get("policy", "")[:2048]
    return standing.listed(visit.here.id, outcome=outcome, policy=policy, appealed=appeals == "open")


def _csv(found: tuple[FiledDecision, str, str, bool], names: dict[str, str]) -> list[Any]:
    row, kind, amount, appealed = found
    return [
        row.id,
        row.reference,
        format_datetime(row.filed),
        format_datetime(row.as_of),
        row.policy_title,
        row.policy_version,
        row.purpose,
        row.kind,
        row.amount,
        kind,
        amount,
        row.unit,
        "yes" if appealed else "no",
        names[row.filed_by],
    ]


# -- one decision ---------------------------------------------------------------------------------------------------


@routes.page(ONE, members(*READERS))
def show(visit: VisitDep, office: OfficeDep, org: str, decision_id: str) -> Response:  # noqa: ARG001 - the visit knows it
    """A decision, all that came after it, and what can be done."""
    return _show(visit, office, decision_id)


def _show(
    visit: Visit,
    office: Office,
    decision_id: str,
    template: str = "decisions/decision.html",
    *,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
    **more: Any,
) -> Response:
    with visit.reading() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        steps = list(standing.steps_of(session, row.id))
        names = views.people(session, {row.filed_by}, visit.speech)
        may = row.erased is None and standing.may_settle(session, row, steps, visit.actor)
    values = _whole(visit, office, row, steps)
    return page(
        visit,
        template,
        form=form or Form.of({"outcome": "", "amount": "", "reference": row.reference}),
        mistakes=mistakes,
        filed_by=names[row.filed_by],
        settles=may,
        outcomes=[(kind.value, visit.speech.say(KIND_WORDS[kind])) for kind in services.OUTCOMES],
        **values,
        **{"shown": "", **more},
    )


def _whole(visit: Visit, office: Office, row: FiledDecision, steps: list[DecisionStep]) -> dict[str, Any]:
    """What pages of one decision show of it. ``view`` is None of one that was erased."""
    filed = None if row.package is None else services.filed_of(office.issuer.blobs, row)
    now_holds = standing.standing_of(row, steps)
    speech, now = visit.speech, office.issuer.clock()
    return {
        "row": row,
        "view": None if filed is None else views.filed_view(filed, speech),
        "refused": [] if filed is None else views.refused_views(filed.refused, speech, now),
        "steps": views.step_views(row, steps, speech),
        "standing": now_holds,
        "standing_words": views.outcome_words(now_holds.kind, now_holds.amount, row.unit, speech),
        "standing_tone": views.tone_of(now_holds.kind),
        "decided_words": views.outcome_words(row.kind, row.amount, row.unit, speech),
        "base": f"/o/{visit.org.slug}/decisions/{row.id}" if visit.org else "",
    }


@routes.page(f"{ONE}/again", members(*READERS))
def make_again(visit: VisitDep, office: OfficeDep, org: str, decision_id: str) -> Response:  # noqa: ARG001
    """The decision made once more from its record."""
    with visit.reading() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
    found = again.reproduced(services.filed_of(office.issuer.blobs, row))
    words = views.outcome_words(found.decision.kind, f"{found.decision.amount:f}", row.unit, visit.speech)
    return _show(visit, office, decision_id, "decisions/again.html", again=found, again_words=words)


@routes.page(f"{ONE}/today", members(*READERS))
def look_today(visit: VisitDep, office: OfficeDep, org: str, decision_id: str) -> Response:  # noqa: ARG001
    """How the badges of a decision stand today, and what the same policy would say now."""
    with visit.reading() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
    filed = services.filed_of(office.issuer.blobs, row)
    found = again.today(office.verifier, filed)
    words = ""
    if found.decision is not None:
        words = views.outcome_words(found.decision.kind, f"{found.decision.amount:f}", row.unit, visit.speech)
    return _show(visit, office, decision_id, "decisions/today.html", today=found, today_words=words)


@routes.page(f"{ONE}/files/{{file}}", members(*READERS))
def show_file(visit: VisitDep, org: str, decision_id: str, file: str) -> Response:  # noqa: ARG001
    """A file of a decision: its package, the decision, its record, or what was signed."""
    with visit.reading() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        steps = list(standing.steps_of(session, row.id))
    return file_answer(visit.desk, row, steps, file)


# -- what comes after it --------------------------------------------------------------------------------------------


@routes.form(f"{ONE}/appeal", members(*DECIDERS))
def appeal(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, decision_id: str) -> Response:
    """Record an appeal for somebody."""
    try:
        with visit.writing() as session:
            row = services.decision_of(session, visit.here.id, decision_id)
            given = {"by": form["by"], "reason": form["appeal-reason"]}
            services.appeal(session, row, **given, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _show(visit, office, decision_id, form=form, mistakes=_renamed(mistakes, "appeal"))
    visit.desk.wake()
    return see(visit, f"/o/{org}/decisions/{decision_id}", "The appeal is recorded. Somebody else settles it.")


def _renamed(mistakes: Mistakes, form: str) -> Mistakes:
    """Mistakes of the field ``reason``, of which the page has two."""
    renamed = Mistakes()
    for one in mistakes.found:
        renamed.add(f"{form}-reason" if one.field == "reason" else one.field, one.text, **one.values)
    return renamed


@routes.form(f"{ONE}/settle", members(*DECIDERS))
def settle(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, decision_id: str) -> Response:
    """Decide in person."""
    try:
        with visit.writing() as session:
            row = services.decision_of(session, visit.here.id, decision_id)
            services.settle(
                session,
                row,
                outcome=form["outcome"],
                amount=form["amount"],
                reason=form["settle-reason"],
                actor=visit.actor,
                now=visit.now,
                seen=number_in(form["version"]),
                **who_settles(session, visit),
            )
    except Mistakes as mistakes:
        return _show(visit, office, decision_id, form=form, mistakes=_renamed(mistakes, "settle"))
    visit.desk.wake()
    return see(visit, f"/o/{org}/decisions/{decision_id}", "It is settled. The first decision stays on file as it was.")


def who_settles(session: Session, visit: Visit) -> dict[str, str]:
    """The name and the role that stand in the signed document. Raises Conflict for somebody without a name."""
    identity = session.get(Identity, visit.me.id)
    if identity is None or not identity.name.strip():
        raise Conflict("Write your name in your account first: it stands in what you settle.")
    return {"by": identity.name, "office": "clerk" if visit.may(Role.CLERK) else "administrator"}


@routes.form(f"{ONE}/link", members(*DECIDERS))
def make_link(visit: VisitDep, form: FormDep, org: str, decision_id: str) -> Response:  # noqa: ARG001
    """A new address for the educator, shown this once."""
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        secret = services.make_link(session, row, actor=visit.actor, now=visit.now)
    address = visit.desk.url(LINKED.format(secret=secret))
    return page(visit, "decisions/link.html", row=row, address=address, base=f"/o/{org}/decisions/{row.id}")


@routes.form(f"{ONE}/link/withdraw", members(*DECIDERS))
def withdraw_link(visit: VisitDep, form: FormDep, org: str, decision_id: str) -> Response:  # noqa: ARG001
    """The educator's address opens nothing any more."""
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        services.withdraw_link(session, row, actor=visit.actor, now=visit.now)
    return see(visit, f"/o/{org}/decisions/{decision_id}", "The link opens nothing any more.")


@routes.form(f"{ONE}/reference", members(*DECIDERS))
def refer(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, decision_id: str) -> Response:
    """Change the reference, or take it away."""
    try:
        with visit.writing() as session:
            row = services.decision_of(session, visit.here.id, decision_id)
            services.refer(session, row, form["reference"], actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _show(visit, office, decision_id, form=form, mistakes=mistakes)
    return see(visit, f"/o/{org}/decisions/{decision_id}", "The reference is changed.")


@routes.page(f"{ONE}/erase", members(Role.ADMINISTRATOR))
def erase_page(visit: VisitDep, office: OfficeDep, org: str, decision_id: str) -> Response:  # noqa: ARG001
    """What erasing does."""
    return _show(visit, office, decision_id, "decisions/erase.html")


@routes.form(f"{ONE}/erase", members(Role.ADMINISTRATOR))
def erase(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, decision_id: str) -> Response:
    """Erase what names the person."""
    try:
        with visit.writing() as session:
            row = services.decision_of(session, visit.here.id, decision_id)
            services.erase(session, row, actor=visit.actor, now=visit.now, why=form["why"])
    except Mistakes as mistakes:
        return _show(visit, office, decision_id, "decisions/erase.html", form=form, mistakes=mistakes)
    visit.desk.wake()
    return see(visit, f"/o/{org}/decisions/{decision_id}", "What named the person is erased.")


# -- the educator's link --------------------------------------------------------------------------------------------


@routes.page(LINKED, LINK)
def linked(visit: VisitDep, office: OfficeDep, secret: str) -> Response:
    """The decision, for whom it is about."""
    return _linked(visit, office, secret)


def _linked(
    visit: Visit, office: Office, secret: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        row = services.linked(session, secret)
        steps = list(standing.steps_of(session, row.id))
        organization = services.organization_of(session, row)
    values = {**_whole(visit, office, row, steps), "base": LINKED.format(secret=secret)}
    return page(visit, "decisions/linked.html", form=form, mistakes=mistakes, organization=organization, **values)


@routes.page(f"{LINKED}/files/{{file}}", LINK)
def linked_file(visit: VisitDep, secret: str, file: str) -> Response:
    """What was signed of it."""
    with visit.reading() as session:
        row = services.linked(session, secret)
        steps = list(standing.steps_of(session, row.id))
    return file_answer(visit.desk, row, steps, file if file == RECEIPT or file.startswith("step-") else "")


@routes.form(f"{LINKED}/appeal", LINK)
def linked_appeal(visit: VisitDep, office: OfficeDep, form: FormDep, secret: str) -> Response:
    """Whom it is about does not agree."""
    try:
        with visit.writing() as session:
            row = services.linked(session, secret)
            services.appeal(session, row, by=form["by"], reason=form["reason"], actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _linked(visit, office, secret, form, mistakes)
    visit.desk.wake()
    return see(visit, LINKED.format(secret=secret), "Your appeal is recorded. A person answers it here.")


def _words(visit: Visit) -> dict[str, Any]:
    return {
        "outcome_words": lambda kind, amount, unit: views.outcome_words(kind, amount, unit, visit.speech),
        "tone_of": views.tone_of,
    }
