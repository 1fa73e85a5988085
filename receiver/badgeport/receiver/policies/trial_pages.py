"""Trying a draft on example badges, for people. What is shown is a trial and says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlmodel import Session
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Mistakes
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.pages import page
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.office import Office, OfficeDep
from badgeport.receiver.policies import editions, services, trial
from badgeport.receiver.policies.author_pages import WRITE, routes, shared
from badgeport.receiver.policies.tables import Policy
from badgeport.receiver.policies.writing import examined
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.decision import Decision
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.web.asking import NONE, Field, facts_of, fields_of
from badgeport.verifier.web.decision_view import DecisionView, decision_view
from badgeport.verifier.web.showing import Mistake as FieldMistake

TRY = "/o/{org}/policies/{policy_id}/test"


@routes.page(TRY, WRITE)
def try_page(visit: VisitDep, org: str, policy_id: str) -> Response:  # noqa: ARG001 - the visit knows it
    """What the draft can be tried on, and what it asks about the educator."""
    with visit.reading() as session:
        policy = services.policy_of(session, visit.here, policy_id)
        said = said_in(visit, session, policy)
    return _page(visit, policy, said, Form.of({"examples": "full", "as_of": visit.now.date().isoformat()}))


@routes.form(TRY, WRITE)
def try_it(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, policy_id: str) -> Response:  # noqa: ARG001
    """Decide, as a trial. Nothing of it is kept."""
    with visit.reading() as session:
        policy = services.policy_of(session, visit.here, policy_id)
        said = said_in(visit, session, policy)
    if said is None:
        raise Absent
    try:
        decision, view = _tried(office, said, form, visit)
    except Mistakes as mistakes:
        return _page(visit, policy, said, form, mistakes=mistakes)
    return _page(visit, policy, said, form, decision=decision, view=view)


def said_in(visit: Visit, session: Session, policy: Policy) -> RecognitionPolicy | None:
    """What is tried: the draft where it is sound, else the version in force; None where neither is."""
    if policy.draft is not None:
        return examined(policy.draft, services.place_of(visit.desk, visit.here, policy.name)).policy
    edition = editions.newest_published(session, editions.POLICY, policy.id)
    return None if edition is None else services.said_by(edition)


def asked_by(policy: RecognitionPolicy) -> tuple[Field, ...]:
    """The facts that the policy asks for, for any of its purposes."""
    # Whether work was approved beforehand is asked badge by badge, of badges that are known; a trial leaves it open.
    return tuple(each for each in fields_of([(policy, None)]) if each.shape != "approvals")


def _tried(office: Office, said: RecognitionPolicy, form: Form, visit: Visit) -> tuple[Decision, DecisionView]:
    mistakes = Mistakes()
    handed = list(_handed(form))
    documents: list[dict[str, object]] = []
    try:
        documents = trial.documents_of(form.all("examples"), handed)
    except Mistakes as found:
        mistakes.found += found.found
    fields = asked_by(said)
    purpose = form["purpose"] or next(iter(said.purposes))
    if purpose not in said.purposes:
        mistakes.add("purpose", "The policy has no such purpose.")
    as_of = visit.now.replace(microsecond=0)
    if form["as_of"]:
        try:
            as_of = parse_datetime(f"{form['as_of']}T12:00:00Z")
        except ProblemError:
            mistakes.add("as_of", "Write the day as year, month and day, like 2026-06-30.")
    try:
        facts = facts_of(fields, {name: form[name] for name in form}, {})
    except FieldMistake as wrong:
        mistakes.add(wrong.field, wrong.text, **wrong.values)
    if mistakes:
        raise mistakes
    shelf = office.verifier.shelf
    asked = trial.Trial(documents, purpose, facts, as_of)
    decision = trial.tried(said, asked, shelf.agreements, software=visit.desk.software)
    return decision, decision_view(decision, said, shelf.agreements, visit.speech, left_out=0, fields=fields)


def _handed(form: Form) -> Iterator[tuple[str, bytes]]:
    if form["pasted"]:
        yield "pasted", form["pasted"].encode("utf-8", "surrogatepass")
    for upload in form.files.get("badges", ()):
        if upload.name or upload.size:
            yield "badges", upload.file.read(trial.MOST_BYTES + 1)


def _page(
    visit: Visit,
    policy: Policy,
    said: RecognitionPolicy | None,
    form: Form,
    *,
    mistakes: Mistakes | None = None,
    decision: Decision | None = None,
    view: DecisionView | None = None,
) -> Response:
    return page(
        visit,
        "policies/test.html",
        form=form,
        mistakes=mistakes,
        policy=policy,
        sound=said,
        fields=() if said is None else asked_by(said),
        shipped=trial.EXAMPLES,
        purposes=_purposes(said),
        another=NONE,
        decision=decision,
        view=view,
        **shared(visit),
    )


def _purposes(said: RecognitionPolicy | None) -> Sequence[tuple[str, str]]:
    return [] if said is None else [(name, f"{terms.title} ({terms.unit})") for name, terms in said.purposes.items()]
