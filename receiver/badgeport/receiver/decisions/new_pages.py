"""Pages on the way to a decision: hand in, state what the policy asks, look at the decision, file it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Mistakes, refuse
from badgeport.issuer.people.roles import Role
from badgeport.issuer.storage.secrets import token_hash
from badgeport.issuer.web.access import members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.decisions import filing, handed, views
from badgeport.receiver.decisions.filing import Case, Reckoned
from badgeport.receiver.decisions.handed import Draft, Examined
from badgeport.receiver.decisions.making import is_own, may_file
from badgeport.receiver.office import Office, OfficeDep
from badgeport.verifier.web.asking import NONE, Field, facts_of, fields_of
from badgeport.verifier.web.choosing import Choice, choices, chosen, titles_of
from badgeport.verifier.web.decision_pages import refused_json
from badgeport.verifier.web.showing import Mistake
from badgeport.verifier.web.views import report_view

CLERKS = (Role.ADMINISTRATOR, Role.CLERK)
NEW = "/o/{org}/decisions/new"


def add_new_pages(routes: Routes) -> None:
    """Declare the addresses; before those of one decision, whose ids they would be taken for."""
    routes.page(NEW, members(*CLERKS))(new)
    routes.form(NEW, members(*CLERKS))(hand_in)
    routes.page(f"{NEW}/{{draft}}", members(*CLERKS))(ask)
    routes.form(f"{NEW}/{{draft}}", members(*CLERKS))(go_on)


# -- handing in -----------------------------------------------------------------------------------------------------


def new(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001 - the visit knows it
    """Hand in badges, and choose a policy."""
    return _new(visit, office, Form.of({"under": visit.request.query_params.get("under", "")}))


def _new(visit: Visit, office: Office, form: Form, mistakes: Mistakes | None = None) -> Response:
    own, others = _choices(visit, office)
    return page(
        visit,
        "decisions/new.html",
        form=form,
        mistakes=mistakes,
        own=own,
        others=others,
        largest=visit.speech.size(office.verifier.limits.input_bytes),
    )


def _choices(visit: Visit, office: Office) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The policies by which decisions can be filed here, and those for trials: values and names."""
    own, others, shelf = [], [], office.verifier.shelf
    titles = titles_of(shelf, visit.speech)
    for choice in choices(shelf):
        policy = choice.shelved.policy
        title = titles.get(choice.shelved.name, policy.title)
        name = f"{title}: {choice.purpose_title} ({policy.purposes[choice.purpose].unit})"
        if is_own(choice.shelved, visit.here):
            own.append((choice.value, name))
        else:
            others.append((choice.value, f"{policy.jurisdiction.name}: {name}"))
    return own, others


def hand_in(visit: VisitDep, office: OfficeDep, form: FormDep, org: str) -> Response:
    """Take apart what was handed in, and keep it for the next form."""
    desk = office.verifier
    try:
        if chosen(desk.shelf, form["under"]) is None:
            refuse("under", "Choose a policy.")
        as_of = filing.instant_of(form["as_of"], visit.now)
        pieces = handed.taken_apart(desk, _given(form, desk.limits.input_bytes))
        if not pieces:
            refuse("text", "Nothing was handed in yet. Paste a link or a text, or choose a file.")
        if len(pieces) > handed.MOST_PIECES:
            refuse("text", "Hand in at most {most} things at once.", most=handed.MOST_PIECES)
    except Mistakes as mistakes:
        return _new(visit, office, form, mistakes)
    draft = Draft(visit.here.id, visit.actor, form["under"], as_of, pieces)
    return see(visit, f"/o/{org}/decisions/new/{handed.keep(desk, draft)}")


def _given(form: Form, most: int) -> list[tuple[str | None, bytes]]:
    given: list[tuple[str | None, bytes]] = []
    for upload in form.files.get("file", ()):
        if upload.size > most:
            refuse("file", "The file “{name}” is too large.", name=upload.name[:100])
        if upload.size:
            given.append((upload.name or None, upload.file.read()))
    if form["text"]:
        given.append((None, form["text"].encode("utf-8")))
    return given


# -- stating facts, deciding, filing --------------------------------------------------------------------------------


def ask(visit: VisitDep, office: OfficeDep, org: str, draft: str) -> Response:  # noqa: ARG001 - the visit knows it
    """What verified, and what the policy asks about the educator."""
    found = handed.draft_of(office.verifier, draft, visit.here.id, visit.actor)
    return _ask(visit, office, draft, found, Form())


def go_on(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, draft: str) -> Response:
    """Decide and show it; file it where it is what was shown."""
    found = handed.draft_of(office.verifier, draft, visit.here.id, visit.actor)
    if form["do"] == "change":
        return _ask(visit, office, draft, found, form)
    examined = handed.examined(office.verifier, found.handed, found.as_of)
    choice = _choice(office, found)
    try:
        fields = fields_of([(choice.shelved.policy, choice.purpose)])
        facts = facts_of(fields, _typed(form), examined.portfolio.achievements())
        case = Case(choice, facts, examined, form["reference"])
        reckoned = filing.reckon(office, visit.here, case)
        if form["do"] == "file" and form["seen"] == reckoned.made.digest:
            row = filing.put_on_file(
                office, visit.here, reckoned, key=token_hash(draft), actor=visit.actor, now=visit.now
            )
            handed.forget(office.verifier, draft)
            return see(visit, f"/o/{org}/decisions/{row.id}", "The decision is filed. Its receipt is being signed.")
    except Mistake as mistake:
        return _ask(visit, office, draft, found, form, filing.mistakes_of(mistake), examined)
    except Mistakes as mistakes:
        return _ask(visit, office, draft, found, form, mistakes, examined)
    return _decided(visit, office, draft, form, reckoned, fields)


def _ask(
    visit: Visit,
    office: Office,
    token: str,
    draft: Draft,
    form: Form,
    mistakes: Mistakes | None = None,
    examined: Examined | None = None,
) -> Response:
    choice = _choice(office, draft)
    seen = examined or handed.examined(office.verifier, draft.handed, draft.as_of)
    rows = [
        {
            "number": number,
            "view": report_view(credential.report.to_json(), visit.speech.language, now=visit.now),
            "file": draft.handed[number - 1].name,
        }
        for number, credential in seen.portfolio.verified
    ]
    return page(
        visit,
        "decisions/facts.html",
        form=form,
        mistakes=mistakes,
        draft=token,
        as_of=draft.as_of,
        rows=rows,
        refused=views.refused_views(refused_json(seen.portfolio.refused), visit.speech, visit.now),
        fields=fields_of([(choice.shelved.policy, choice.purpose)]),
        another=NONE,
        **_policy(visit, office, choice, draft.as_of),
    )


def _decided(
    visit: Visit, office: Office, token: str, form: Form, reckoned: Reckoned, fields: tuple[Field, ...]
) -> Response:
    made, case = reckoned.made, reckoned.case
    portfolio = case.examined.portfolio
    typed = {**_typed(form), "reference": form["reference"]}
    return page(
        visit,
        "decisions/preview.html",
        draft=token,
        typed={name: value for name, value in typed.items() if value},
        seen=made.digest,
        changed=form["do"] == "file",
        before=reckoned.before,
        outcome_words=lambda kind, amount, unit: views.outcome_words(kind, amount, unit, visit.speech),
        view=views.decided(made.decision, made.inputs, visit.speech, left_out=len(portfolio.refused)),
        refused=views.refused_views(refused_json(portfolio.refused), visit.speech, visit.now),
        asked=bool(fields),
        **_policy(visit, office, case.choice, portfolio.as_of),
    )


def _choice(office: Office, draft: Draft) -> Choice:
    choice = chosen(office.verifier.shelf, draft.under)
    if choice is None:
        raise Absent
    return choice


def _policy(visit: Visit, office: Office, choice: Choice, as_of: datetime) -> dict[str, Any]:
    own = may_file(office.verifier.shelf, choice.shelved, visit.here, as_of.date())
    return {"choice": choice, "policy": choice.shelved.policy, "own": own}


def _typed(form: Form) -> dict[str, str]:
    """What was typed about the educator."""
    return {name: form[name] for name in form if name.startswith("fact:")}
