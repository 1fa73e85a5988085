"""Pages of registrars: the list of awards, one award, awarding by hand, standing, correction, signing anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from badgeport.web.words import keyed
from pydantic import ValidationError
from starlette.responses import Response

from badgeport.issuer.award import Evidence, Result
from badgeport.issuer.awards import resigning, services, sheets, telling, views
from badgeport.issuer.awards.content import AwardBody, RecipientData
from badgeport.issuer.awards.tables import Recipient
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import published
from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes, plain_reason, refuse
from badgeport.issuer.people.keys import key_of, keys_of
from badgeport.issuer.people.roles import Role
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.web.access import members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("awards")
READERS = members(Role.ADMINISTRATOR, Role.REGISTRAR, Role.AUDITOR)
WRITERS = members(Role.REGISTRAR)

FIELDS = ("email", "name", "id", "local_id", "awarded", "valid_until", "credits", "term", "narrative", "evidence")
STATED = ("credits", "term", "narrative", "evidence")
"""The fields of what an award states; the others say to whom and when."""
_LEVEL = "level-"
_CHANGED = keyed("Somebody else changed this award in the meantime. Look at it again before you go on.")


def base(visit: Visit) -> str:
    """The address of the list of awards."""
    return f"/o/{visit.here.slug}/awards"


def seen_version(form: Form) -> int | None:
    """The version of what the form was filled in from."""
    text = form["version"]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


# ---------------------------------------------------------------- lists


@routes.page("/o/{org}/awards", READERS)
def award_list(visit: VisitDep) -> Response:
    """All awards of the organisation."""
    params = visit.request.query_params
    show = params.get("show", "all")
    show = show if show in views.SHOWN else "all"
    chosen = params.get("definition") or None
    with visit.reading() as session:
        statement = views.awards_statement(
            visit.here.id, now=visit.now, show=show, definition_id=chosen, batch_id=params.get("batch") or None
        )
        found = listing(session, visit.request, statement, search=views.SEARCHED)
        definitions = views.definitions_of(session, visit.here.id)
    if wants_csv(visit.request):
        return _exported(visit, found.rows)
    return page(
        visit,
        "awards/list.html",
        list=found,
        show=show,
        shows=views.SHOWN,
        chosen=chosen,
        definitions=definitions,
        standing=lambda award: views.standing(award, visit.now),
        standings=views.STANDINGS,
        base=base(visit),
    )


def _exported(visit: Visit, rows: Any) -> Response:
    columns = (
        "address",
        "micro_credential",
        "name",
        "email",
        "awarded",
        "valid_until",
        "standing",
        "reason",
        "edition",
        "source",
        "published",
    )
    return csv_response(
        "awards",
        columns,
        (
            (
                services.credential_id(visit.desk, award),
                definition.name,
                recipient.name if recipient else "",
                recipient.email if recipient else "",
                award.awarded.date().isoformat(),
                award.valid_until.date().isoformat() if award.valid_until else "",
                views.standing(award, visit.now),
                award.standing_reason,
                award.edition,
                award.source,
                award.published.isoformat() if award.published else "",
            )
            for award, definition, recipient in rows
        ),
    )


# ---------------------------------------------------------------- awarding by hand


@routes.page("/o/{org}/awards/new", WRITERS)
def new_award(visit: VisitDep) -> Response:
    """First which micro-credential, then to whom."""
    chosen = visit.request.query_params.get("definition")
    if not chosen:
        with visit.reading() as session:
            definitions = views.definitions_of(session, visit.here.id, published=True)
        return page(visit, "awards/choose.html", definitions=definitions, base=base(visit))
    return _form_page(visit, chosen, Form.of({"key": new_id(), "notify": "yes", "definition": chosen}))


@routes.form("/o/{org}/awards/new", WRITERS)
def make_award(visit: VisitDep, form: FormDep) -> Response:
    """Award one person."""
    fields: list[str] = []
    key = f"form:{form['key'] or new_id()}"
    try:
        with visit.writing() as session:
            definition, version, said = services.asked_for(session, visit.desk, visit.here, form["definition"], key)
            line = _read(form, said)
            fields = _result_fields(said, line)
            award = services.create_award(
                session,
                visit.desk,
                org=visit.here,
                definition=definition,
                version=version,
                recipient=line.recipient,
                body=line.body or AwardBody(),
                asked=_read(form, said, AwardBody()).body,
                key=key,
                source="single",
                actor=visit.actor,
                now=visit.now,
                awarded=line.awarded,
                valid_until=line.valid_until,
                notify=form.on("notify"),
            )
    except Mistakes as mistakes:
        return _form_page(visit, form["definition"], form, _placed(mistakes, fields))
    visit.desk.wake()
    return see(visit, f"{base(visit)}/{award.id}", "Awarded. The badge is being signed; that takes a moment.")


def _form_page(visit: Visit, definition_id: str, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        definition, _, said = published(session, visit.here.id, definition_id)
    return page(
        visit,
        "awards/new.html",
        form=form,
        mistakes=mistakes,
        definition=definition,
        says=said,
        levels=_levels(said),
        base=base(visit),
    )


def _levels(said: DefinitionBody) -> list[tuple[str, Any]]:
    """The field of each criterion of the rubric."""
    criteria = said.rubric.criteria if said.rubric else ()
    return [(f"{_LEVEL}{index}", criterion) for index, criterion in enumerate(criteria)]


def _read(form: Form, said: DefinitionBody, before: AwardBody | None = None, left: Iterable[str] = ()) -> sheets.Line:
    """What was typed, but for the fields that were ``left`` as they were. Raises Mistakes."""
    values = {name: form[name] for name in FIELDS if name not in left}
    values |= {"show_name": "yes" if form.on("show_name") else ""}
    values |= {sheets.LEVEL + criterion.name: form[name] for name, criterion in _levels(said)}
    line = sheets.line_of(values, said, base=before)
    if line.mistakes:
        raise Mistakes(*line.mistakes)
    return line


def _read_correction(form: Form, said: DefinitionBody, found: views.Shown, recipient: Recipient) -> sheets.Line:
    """What was typed over an award. What was left as it was shown stays as it is, whatever the form cannot show of it.

    Raises Mistakes.
    """
    shown, body = _filled(found, recipient), AwardBody.from_json(found.award.body)
    left = {name for name in STATED if _lines(form[name]) == _lines(str(shown[name]))}
    if found.award.submission_id is not None:
        left.add("evidence")  # The educator's to release: the form does not show it.
    silent = {
        "credits": None if said.credit is None else said.credit.amount,
        "term": None,
        "narrative": None,
        "evidence": (),
        "results": (),
    }
    base = body.model_copy(update={name: value for name, value in silent.items() if name not in left})
    line = _read(form, said, base, left)
    assert line.body is not None
    stated: dict[str, Any] = {"results": _results(form, said, line.body, body)}
    if "evidence" not in left:
        stated["evidence"] = _evidence(line.body, body)
    try:
        return replace(line, body=AwardBody.from_json(line.body.model_copy(update=stated).to_json()))
    except ValidationError as error:
        refuse("evidence", "{reason}", reason=plain_reason(error.errors()[0]["msg"]))


def _lines(text: str) -> list[str]:
    """A text as a browser may send it back: with other line ends."""
    return text.strip().splitlines()


def _evidence(typed: AwardBody, body: AwardBody) -> tuple[Evidence, ...]:
    """The evidence with what was typed in the place of the one whose address was shown."""
    at = next((index for index, one in enumerate(body.evidence) if one.id), len(body.evidence))
    there = {one.id for one in typed.evidence}
    others = (one for one in body.evidence[at + 1 :] if one.id is None or one.id not in there)
    return (*body.evidence[:at], *typed.evidence, *others)


def _results(form: Form, said: DefinitionBody, typed: AwardBody, body: AwardBody) -> tuple[Result, ...]:
    """The results with the levels that were chosen: values and states, which the form does not show, stay."""
    levels = {one.criterion: one for one in typed.results}
    chosen: dict[str | None, Result] = {}
    for _, criterion in _levels(said):
        before = next((one for one in body.results if one.criterion in (criterion.name, criterion.id)), None)
        new = levels.get(criterion.name)
        if before is None or before.criterion is None:
            if new is not None:
                chosen[criterion.name] = new
            continue
        shown = {level.name for level in criterion.levels}
        hidden = new is None and before.level not in shown and not form.on("newest")
        if hidden or (new is not None and new.level == before.level):
            chosen[before.criterion] = before
        elif new is not None:
            chosen[before.criterion] = new
    kept = [one if one.criterion is None else chosen.pop(one.criterion, None) for one in body.results]
    return (*(one for one in kept if one is not None), *chosen.values())


def _result_fields(said: DefinitionBody, line: sheets.Line) -> list[str]:
    """The field of each result; empty where the form has none for it."""
    fields = {one: name for name, criterion in _levels(said) for one in (criterion.name, criterion.id)}
    return [fields.get(one.criterion, "") for one in (line.body or AwardBody()).results]


def _placed(mistakes: Mistakes, fields: Sequence[str]) -> Mistakes:
    """Mistakes in members of an award, at the fields they were typed in; ``fields`` are those of its results."""
    return Mistakes(
        *(
            one
            if one.field in FIELDS or one.field == "reason"
            else Mistake(_field(one.field, fields), one.text, one.values)
            for one in mistakes.found
        )
    )


def _field(member: str, fields: Sequence[str]) -> str:
    parts = member.split("/")
    if parts[0] == "results" and len(parts) > 1 and parts[1].isdecimal() and int(parts[1]) < len(fields):
        return fields[int(parts[1])]
    return sheets.column_of(member)


# ---------------------------------------------------------------- signing anew


@routes.page("/o/{org}/awards/sign-again", READERS)
def keys_page(visit: VisitDep) -> Response:
    """Which key signed how many badges."""
    with visit.reading() as session:
        keys, counts = keys_of(session, visit.here), resigning.counts_signed(session, visit.here.id, visit.now)
    return page(visit, "awards/keys.html", keys=keys, counts=counts, base=base(visit))


@routes.page("/o/{org}/awards/sign-again/{key_id}", WRITERS)
def sign_again_page(visit: VisitDep, key_id: str) -> Response:
    """What signing anew does."""
    return _sign_again_page(visit, key_id)


def _sign_again_page(visit: Visit, key_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        key = key_of(session, visit.here, key_id)
        count = resigning.count_signed(session, visit.here.id, key.id, visit.now)
    return page(visit, "awards/sign_again.html", form=form, mistakes=mistakes, key=key, count_=count, base=base(visit))


@routes.form("/o/{org}/awards/sign-again/{key_id}", WRITERS)
def sign_again(visit: VisitDep, form: FormDep, key_id: str) -> Response:
    """Have everything signed anew that a key signed."""
    try:
        with visit.writing() as session:
            key = key_of(session, visit.here, key_id)
            resigning.ask_resign(session, visit.here, key, form["reason"], visit.actor, visit.now)
    except Mistakes as mistakes:
        return _sign_again_page(visit, key_id, form, mistakes)
    visit.desk.wake()
    return see(visit, f"{base(visit)}/sign-again", "The badges are being signed anew.")


# ---------------------------------------------------------------- one award


@routes.page("/o/{org}/awards/{award_id}", READERS)
def show_award(visit: VisitDep, award_id: str) -> Response:
    """One award: what it says, how it stands, what became of it."""
    with visit.reading() as session:
        found = views.shown(session, visit.here.id, award_id)
    return page(
        visit,
        "awards/award.html",
        found=found,
        award=found.award,
        standing=views.standing(found.award, visit.now),
        standings=views.STANDINGS,
        sources=views.SOURCES,
        address=services.credential_id(visit.desk, found.award),
        now=visit.now,
        base=base(visit),
    )


STEPS: Mapping[str, Mapping[str, Any]] = {
    "suspend": {
        "heading": keyed("Suspend this badge"),
        "sentences": (
            keyed("Whoever checks it learns that it is suspended, from a few minutes after now on."),
            keyed("You can reinstate it later; then it holds as before."),
        ),
        "button": keyed("Suspend"),
        "done": keyed("The badge is suspended. Checks show it within a few minutes."),
        "do": services.suspend,
    },
    "reinstate": {
        "heading": keyed("Reinstate this badge"),
        "sentences": (keyed("It holds again as before; checks show it within a few minutes."),),
        "button": keyed("Reinstate"),
        "done": keyed("The badge holds again. Checks show it within a few minutes."),
        "do": services.reinstate,
    },
    "revoke": {
        "heading": keyed("Revoke this badge"),
        "sentences": (
            keyed("Whoever checks it learns that it was revoked, and the reason. This cannot be taken back."),
            keyed("Where it may come back, suspend it instead; where it only says something wrong, correct it."),
        ),
        "button": keyed("Revoke for good"),
        "done": keyed("The badge is revoked. Checks show it within a few minutes."),
        "do": services.revoke,
    },
}
"""What changes how a badge stands: said before it is done."""


def _step_page(
    visit: Visit, award_id: str, step: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        found = views.shown(session, visit.here.id, award_id)
    return page(
        visit,
        "awards/step.html",
        form=form or Form.of({"version": found.award.version}),
        mistakes=mistakes,
        found=found,
        step=STEPS[step],
        action=f"{base(visit)}/{award_id}/{step}",
        back=f"{base(visit)}/{award_id}",
        base=base(visit),
    )


def _take_step(visit: Visit, form: Form, award_id: str, step: str) -> Response:
    try:
        with visit.writing() as session:
            award = services.award_of(session, visit.here.id, award_id)
            check_seen(award.version, form)
            STEPS[step]["do"](session, visit.desk, award, form["reason"], visit.actor, visit.now)
    except Mistakes as mistakes:
        return _step_page(visit, award_id, step, form, mistakes)
    visit.desk.wake()
    return see(visit, f"{base(visit)}/{award_id}", STEPS[step]["done"])


def check_seen(version: int, form: Form) -> None:
    """Raises Conflict where somebody else changed it after the form was shown."""
    seen = seen_version(form)
    if seen is not None and seen != version:
        raise Conflict(_CHANGED)


@routes.page("/o/{org}/awards/{award_id}/suspend", WRITERS)
def suspend_page(visit: VisitDep, award_id: str) -> Response:
    """What suspending does."""
    return _step_page(visit, award_id, "suspend")


@routes.form("/o/{org}/awards/{award_id}/suspend", WRITERS)
def suspend(visit: VisitDep, form: FormDep, award_id: str) -> Response:
    """Suspend."""
    return _take_step(visit, form, award_id, "suspend")


@routes.page("/o/{org}/awards/{award_id}/reinstate", WRITERS)
def reinstate_page(visit: VisitDep, award_id: str) -> Response:
    """What reinstating does."""
    return _step_page(visit, award_id, "reinstate")


@routes.form("/o/{org}/awards/{award_id}/reinstate", WRITERS)
def reinstate(visit: VisitDep, form: FormDep, award_id: str) -> Response:
    """Reinstate."""
    return _take_step(visit, form, award_id, "reinstate")


@routes.page("/o/{org}/awards/{award_id}/revoke", WRITERS)
def revoke_page(visit: VisitDep, award_id: str) -> Response:
    """What revoking does."""
    return _step_page(visit, award_id, "revoke")


@routes.form("/o/{org}/awards/{award_id}/revoke", WRITERS)
def revoke(visit: VisitDep, form: FormDep, award_id: str) -> Response:
    """Revoke."""
    return _take_step(visit, form, award_id, "revoke")


@routes.form("/o/{org}/awards/{award_id}/tell", WRITERS)
def tell_again(visit: VisitDep, form: FormDep, award_id: str) -> Response:  # noqa: ARG001
    """Send the recipient the message once more, with a new link."""
    with visit.writing() as session:
        award = services.award_of(session, visit.here.id, award_id)
        if award.state != "published" or not telling.tell_awarded(session, visit.desk, award, visit.now):
            raise Conflict("There is nobody to write to: the award has no e-mail address, or is not signed yet.")
        visit.record(session, "award.told", f"award:{award.id}")
    visit.desk.wake()
    return see(visit, f"{base(visit)}/{award_id}", "The message is on its way.")


# ---------------------------------------------------------------- correcting


@routes.page("/o/{org}/awards/{award_id}/correct", WRITERS)
def correct_page(visit: VisitDep, award_id: str) -> Response:
    """What the award says, to be corrected."""
    return _correct_page(visit, award_id)


def _correct_page(visit: Visit, award_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        found = views.shown(session, visit.here.id, award_id)
        if found.recipient is None:
            raise Absent
        said = _wanted_body(session, visit, found, form)
    return page(
        visit,
        "awards/correct.html",
        form=form or Form.of(_filled(found, found.recipient)),
        mistakes=mistakes,
        found=found,
        says=said,
        levels=_levels(said),
        base=base(visit),
    )


def _wanted_body(session: Any, visit: Visit, found: views.Shown, form: Form | None) -> DefinitionBody:
    if form is not None and form.on("newest") and found.newer:
        return published(session, visit.here.id, found.definition.id)[2]
    return found.body


def _filled(found: views.Shown, recipient: Recipient) -> dict[str, Any]:
    award, body = found.award, AwardBody.from_json(found.award.body)
    local_id = next((one["value"] for one in recipient.identifiers if one["type"] == sheets.LOCAL_ID), "")
    levels = {result.criterion: result.level for result in body.results if result.criterion}
    return {
        "email": recipient.email,
        "name": recipient.name,
        "id": recipient.did or "",
        "local_id": local_id,
        "show_name": "yes" if recipient.show_name else "",
        "awarded": award.awarded.date().isoformat(),
        "valid_until": award.valid_until.date().isoformat() if award.valid_until else "",
        "credits": "" if body.credits is None else f"{body.credits:g}",
        "term": body.term or "",
        "narrative": body.narrative or "",
        "evidence": next((one.id for one in body.evidence if one.id), ""),
        "version": award.version,
        **{name: levels.get(one.name) or levels.get(one.id) or "" for name, one in _levels(found.body)},
    }


@routes.form("/o/{org}/awards/{award_id}/correct", WRITERS)
def correct(visit: VisitDep, form: FormDep, award_id: str) -> Response:
    """Have the badge signed anew with what is right."""
    fields: list[str] = []
    try:
        with visit.writing() as session:
            found = views.shown(session, visit.here.id, award_id)
            check_seen(found.award.version, form)
            version, said = found.version, found.body
            if form.on("newest") and found.newer:
                _, version, said = published(session, visit.here.id, found.definition.id)
            if found.recipient is None:
                raise Absent
            line = _read_correction(form, said, found, found.recipient)
            fields = _result_fields(said, line)
            services.correct(
                session,
                visit.desk,
                found.award,
                reason=form["reason"],
                actor=visit.actor,
                now=visit.now,
                body=line.body,
                recipient=_with_other_identifiers(line.recipient, found.recipient),
                version=version,
                awarded=_same_day(line.awarded, found.award.awarded),
                valid_until=_same_day(line.valid_until, found.award.valid_until),
                unlimited=line.valid_until is None,
            )
    except Mistakes as mistakes:
        return _correct_page(visit, award_id, form, _placed(mistakes, fields))
    visit.desk.wake()
    return see(visit, f"{base(visit)}/{award_id}", "The corrected badge is being signed; that takes a moment.")


def _with_other_identifiers(data: RecipientData, before: Recipient) -> RecipientData:
    """The recipient with the identifiers that the form does not show, and the one that was not changed in it."""
    at = next((at for at, one in enumerate(before.identifiers) if one["type"] == sheets.LOCAL_ID), None)
    typed: tuple[Mapping[str, Any], ...] = data.identifiers
    if at is None:
        return replace(data, identifiers=(*before.identifiers, *typed))
    if typed and typed[0]["value"] == before.identifiers[at]["value"].strip():
        typed = (before.identifiers[at],)
    return replace(data, identifiers=(*before.identifiers[:at], *typed, *before.identifiers[at + 1 :]))


def _same_day(given: datetime | None, before: datetime | None) -> datetime | None:
    """The instant that stands where its day was left as it is."""
    if given is not None and before is not None and given.date() == before.date():
        return before
    return given
