"""The policies of an organization, for people: the list, one policy, its draft, its versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date
from badgeport.web.words import keyed
from sqlmodel import Session, select
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.web.access import members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.office import Office, OfficeDep
from badgeport.receiver.policies import editions, services, writing
from badgeport.receiver.policies.effects import effect_of
from badgeport.receiver.policies.tables import Edition, Policy
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.authoring.comparison import compare
from badgeport.verifier.recognition.authoring.findings import Finding

routes = Routes("policies")

READERS = (Role.ADMINISTRATOR, Role.POLICY_AUTHOR, Role.CLERK, Role.AUDITOR)
WRITERS = (Role.ADMINISTRATOR, Role.POLICY_AUTHOR)
READ, WRITE = members(*READERS), members(*WRITERS)

STATES: Mapping[str, str] = {
    "draft": keyed("Draft"),
    "signing": keyed("Being signed"),
    "in-force": keyed("In force"),
    "coming": keyed("Published, not yet in force"),
    "replaced": keyed("Replaced by a later version"),
    "past": keyed("Its days are over"),
    "withdrawn": keyed("Withdrawn"),
    "cancelled": keyed("Never signed"),
}
SIGNS: Mapping[str, str] = {
    "draft": "draft",
    "signing": "waiting",
    "in-force": "active",
    "coming": "due",
    "withdrawn": "revoked",
}
"""The sign beside each state; others have the plain one."""


def number_in(text: str) -> int:
    """A number of a version as a form states it; 0, which nothing has, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@routes.page("/o/{org}/policies", READ)
def overview(visit: VisitDep, org: str) -> Response:
    """All policies."""
    with visit.reading() as session:
        statement = select(Policy).where(Policy.org_id == visit.here.id).order_by(Policy.title, Policy.id)
        found = listing(session, visit.request, statement, search=(Policy.title, Policy.name))
        standings = [services.standing_of(session, row, visit.now.date()) for row in found.rows]
    if wants_csv(visit.request):
        return csv_response(
            f"{org}-policies",
            ["name", "title", "state", "version in force", "from", "until", "draft"],
            (
                [
                    each.policy.name,
                    each.policy.title,
                    each.state,
                    *(("", "", "") if each.current is None else _days(each.current)),
                    "yes" if each.policy.draft is not None else "",
                ]
                for each in standings
            ),
        )
    return page(visit, "policies/list.html", list=found, standings=standings, **shared(visit))


def _days(edition: Edition) -> tuple[str, str, str]:
    return edition.label, str(edition.starts or ""), str(edition.ends or "")


@routes.page("/o/{org}/policies/new", WRITE)
def new_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the visit knows it
    """What a policy begins from."""
    return _new_page(visit)


def _new_page(visit: Visit, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    shipped = [(name, examples.policy(name).title) for name in examples.names()]
    return page(
        visit,
        "policies/new.html",
        form=form or Form.of({"start": "blank"}),
        mistakes=mistakes,
        shipped=shipped,
        address=visit.desk.url(f"/policies/{visit.here.slug}."),
        **shared(visit),
    )


@routes.form("/o/{org}/policies/new", WRITE)
def new(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Begin a policy: from a blank one, from an example, from a file."""
    try:
        text = _beginning(visit, form)
        with visit.writing() as session:
            row = services.create(
                session,
                visit.here,
                name=form["name"],
                title=form["title"],
                text=text,
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _new_page(visit, form, mistakes)
    return see(visit, f"/o/{org}/policies/{row.id}/edit", "The draft is made. Write the policy, then check it.")


def _beginning(visit: Visit, form: Form) -> str:
    place = services.place_of(visit.desk, visit.here, form["name"])
    start = form["start"]
    if start == "file":
        file = form.file("file")
        if file is None:
            raise Mistakes(Mistake("file", "Choose the file with the policy."))
        data = file.file.read(writing.MOST_BYTES + 1)
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Mistakes(Mistake("file", "The file is not text in UTF-8.")) from None
    if start == "blank":
        return writing.blank(place, visit.now.date().isoformat())
    try:
        return writing.from_example(start, place)
    except KeyError:
        raise Mistakes(Mistake("start", "Choose what to begin from.")) from None


@routes.page("/o/{org}/policies/{policy_id}", READ)
def show(visit: VisitDep, org: str, policy_id: str) -> Response:  # noqa: ARG001
    """One policy: its draft, its versions, what can be done."""
    with visit.reading() as session:
        policy = services.policy_of(session, visit.here, policy_id)
        standing = services.standing_of(session, policy, visit.now.date())
        findings: Sequence[Finding] = ()
        if policy.draft is not None:
            found, more = services.examined(session, visit.desk, visit.here, policy)
            findings = (*found.findings, *more)
    return page(
        visit,
        "policies/policy.html",
        policy=policy,
        standing=standing,
        findings=findings,
        address=visit.desk.url(f"/policies/{visit.here.slug}.{policy.name}"),
        **shared(visit),
    )


@routes.page("/o/{org}/policies/{policy_id}/edit", WRITE)
def edit_page(visit: VisitDep, org: str, policy_id: str) -> Response:
    """The text of the draft, with every finding."""
    with visit.reading() as session:
        policy = services.policy_of(session, visit.here, policy_id)
    if policy.draft is None:
        return see(visit, f"/o/{org}/policies/{policy_id}")
    return _editor(visit, policy, policy.draft, policy.version)


@routes.form("/o/{org}/policies/{policy_id}/edit", WRITE)
def edit(visit: VisitDep, form: FormDep, org: str, policy_id: str) -> Response:
    """Keep the text, right or wrong, and say what is wrong with it."""
    text, expected = "".join(form.all("text")[:1]), number_in(form["version"])
    try:
        with visit.writing() as session:
            policy = services.policy_of(session, visit.here, policy_id)
            services.save(session, policy, text, expected=expected, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _editor(visit, policy, text, expected, mistakes=mistakes)
    except Conflict as conflict:
        with visit.reading() as session:
            policy = services.policy_of(session, visit.here, policy_id)
        found = Mistakes(Mistake("", conflict.text, conflict.values))
        return _editor(visit, policy, text, policy.version, mistakes=found, status=409)
    if form["do"] == "close":
        return see(visit, f"/o/{org}/policies/{policy_id}", "The draft is saved.")
    return see(visit, f"/o/{org}/policies/{policy_id}/edit", "The draft is saved.")


def _editor(
    visit: Visit,
    policy: Policy,
    text: str,
    version: int,
    *,
    mistakes: Mistakes | None = None,
    status: int | None = None,
) -> Response:
    place = services.place_of(visit.desk, visit.here, policy.name)
    return page(
        visit,
        "policies/edit.html",
        status=status,
        mistakes=mistakes,
        policy=policy,
        text=text,
        version=version,
        saved=policy.draft if status == 409 else None,
        findings=writing.examined(text, place).findings if text.strip() else (),
        **shared(visit),
    )


@routes.page("/o/{org}/policies/{policy_id}/compare", READ)
def compare_page(visit: VisitDep, org: str, policy_id: str) -> Response:  # noqa: ARG001
    """What the draft would change of the version in force, and whose decisions."""
    with visit.reading() as session:
        policy = services.policy_of(session, visit.here, policy_id)
        standing = services.standing_of(session, policy, visit.now.date())
        before = standing.current or editions.newest_published(session, editions.POLICY, policy.id)
        if policy.draft is None or before is None:
            raise Absent
        place = services.place_of(visit.desk, visit.here, policy.name)
        after = writing.examined(policy.draft, place)
        old = services.said_by(before)
        effect = None
        if after.policy is not None:
            effect = effect_of(session, visit.desk.blobs, visit.here, old, after.policy)
    return page(
        visit,
        "policies/compare.html",
        policy=policy,
        before=before,
        after=after.policy,
        findings=after.findings,
        changes=() if after.policy is None else compare(old, after.policy),
        effect=effect,
        **shared(visit),
    )


@routes.page("/o/{org}/policies/{policy_id}/publish", WRITE)
def publish_page(visit: VisitDep, org: str, policy_id: str) -> Response:  # noqa: ARG001
    """What publishing does."""
    return _publish_page(visit, policy_id)


def _publish_page(visit: Visit, policy_id: str, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        policy = services.policy_of(session, visit.here, policy_id)
        if policy.draft is None:
            raise Absent
        found, more = services.examined(session, visit.desk, visit.here, policy)
        standing = services.standing_of(session, policy, visit.now.date())
    return page(
        visit,
        "policies/publish.html",
        mistakes=mistakes,
        policy=policy,
        standing=standing,
        sound=found.policy,
        findings=(*found.findings, *more),
        address=visit.desk.url(f"/policies/{visit.here.slug}.{policy.name}"),
        **shared(visit),
    )


@routes.form("/o/{org}/policies/{policy_id}/publish", WRITE)
def publish(visit: VisitDep, form: FormDep, org: str, policy_id: str) -> Response:
    """Freeze the draft and have it signed."""
    try:
        with visit.writing() as session:
            policy = services.policy_of(session, visit.here, policy_id)
            services.publish(
                session,
                visit.desk,
                visit.here,
                policy,
                expected=number_in(form["version"]),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _publish_page(visit, policy_id, mistakes)
    visit.desk.wake()
    return see(visit, f"/o/{org}/policies/{policy_id}", "It is being signed, and is published as soon as that is done.")


@routes.page("/o/{org}/policies/{policy_id}/discard", WRITE)
def discard_page(visit: VisitDep, org: str, policy_id: str) -> Response:  # noqa: ARG001
    """What discarding does."""
    return _discard_page(visit, policy_id)


def _discard_page(visit: Visit, policy_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        policy = services.policy_of(session, visit.here, policy_id)
        if policy.draft is None:
            raise Absent
        left = bool(editions.editions_of(session, editions.POLICY, policy.id))
    return page(visit, "policies/discard.html", form=form, mistakes=mistakes, policy=policy, left=left, **shared(visit))


@routes.form("/o/{org}/policies/{policy_id}/discard", WRITE)
def discard(visit: VisitDep, form: FormDep, org: str, policy_id: str) -> Response:
    """Throw the draft away."""
    try:
        with visit.writing() as session:
            policy = services.policy_of(session, visit.here, policy_id)
            left = services.discard(
                session,
                policy,
                expected=number_in(form["version"]),
                why=form["why"],
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _discard_page(visit, policy_id, form, mistakes)
    return see(visit, f"/o/{org}/policies/{policy_id}" if left else f"/o/{org}/policies", "The draft is discarded.")


@routes.page("/o/{org}/policies/{policy_id}/versions/{edition_id}", READ)
def version_page(visit: VisitDep, org: str, policy_id: str, edition_id: str) -> Response:  # noqa: ARG001
    """One version as it was written."""
    with visit.reading() as session:
        policy, edition = edition_in(session, visit, policy_id, edition_id)
        standing = services.standing_of(session, policy, visit.now.date())
    return page(
        visit,
        "policies/version.html",
        policy=policy,
        edition=edition,
        state=standing.state_of(edition),
        address=visit.desk.url(f"/policies/{visit.here.slug}.{policy.name}.{edition.number}"),
        **shared(visit),
    )


@routes.form("/o/{org}/policies/{policy_id}/versions/{edition_id}/draft", WRITE)
def begin(visit: VisitDep, form: FormDep, org: str, policy_id: str, edition_id: str) -> Response:  # noqa: ARG001
    """Begin the next version from this one."""
    with visit.writing() as session:
        policy, edition = edition_in(session, visit, policy_id, edition_id)
        services.begin(session, policy, edition, actor=visit.actor, now=visit.now)
    return see(visit, f"/o/{org}/policies/{policy_id}/edit", "The draft is made. Give it a new version.")


@routes.page("/o/{org}/policies/{policy_id}/versions/{edition_id}/withdraw", WRITE)
def withdraw_page(visit: VisitDep, org: str, policy_id: str, edition_id: str) -> Response:  # noqa: ARG001
    """What withdrawing does."""
    return _withdraw_page(visit, policy_id, edition_id)


def _withdraw_page(
    visit: Visit, policy_id: str, edition_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        policy, edition = edition_in(session, visit, policy_id, edition_id)
    return page(
        visit, "policies/withdraw.html", form=form, mistakes=mistakes, policy=policy, edition=edition, **shared(visit)
    )


@routes.form("/o/{org}/policies/{policy_id}/versions/{edition_id}/withdraw", WRITE)
def withdraw(visit: VisitDep, office: OfficeDep, form: FormDep, org: str, policy_id: str, edition_id: str) -> Response:
    """Take a version back."""
    try:
        with visit.writing() as session:
            _, edition = edition_in(session, visit, policy_id, edition_id)
            editions.withdraw(session, edition, why=form["why"], actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _withdraw_page(visit, policy_id, edition_id, form, mistakes)
    told(office)
    return see(visit, f"/o/{org}/policies/{policy_id}", "The version is withdrawn.")


# ---------------------------------------------------------------- shared


def edition_in(session: Session, visit: Visit, policy_id: str, edition_id: str) -> tuple[Policy, Edition]:
    """A policy and one of its versions. Raises Absent."""
    policy = services.policy_of(session, visit.here, policy_id)
    edition = editions.edition_of(session, visit.here, editions.POLICY, edition_id)
    if edition.thing_id != policy.id:
        raise Absent
    return policy, edition


def told(office: Office) -> None:
    """Something was published or withdrawn: this process sees it at once, and a worker has lists to sign."""
    office.verifier.shelf.look_again()
    office.issuer.wake()


def shared(visit: Visit) -> dict[str, Any]:
    """What every page of policies, agreements and approvals is made with."""
    return {
        "base": f"/o/{visit.here.slug}",
        "states": STATES,
        "signs": SIGNS,
        "may_write": visit.may(*WRITERS),
        "date_words": date_writer(visit),
    }


def date_writer(visit: Visit) -> Callable[[date], str]:
    """Writes days, which have no zone, in the reader's language."""

    def write(day: date) -> str:
        return str(format_date(day, "long", locale=visit.speech.locale))

    return write
