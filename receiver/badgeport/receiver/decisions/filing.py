"""From what is handed in to a filed decision: what pages and programs do alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from badgeport.issuer.mistakes import Conflict, Forbidden, Mistakes, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.receiver.decisions import packages, services
from badgeport.receiver.decisions.before import Earlier, earlier
from badgeport.receiver.decisions.handed import Examined
from badgeport.receiver.decisions.making import Made, identities_of, inputs_for, made_from, may_file
from badgeport.receiver.decisions.tables import FiledDecision
from badgeport.receiver.office import Office
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.model import Credited
from badgeport.verifier.web.choosing import Choice
from badgeport.verifier.web.showing import Mistake
from badgeport.verifier.web.showing import instant_of as asked_instant


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be decided: the policy and purpose, the facts, what verified, whose case it is, further credit."""

    choice: Choice
    facts: Facts
    examined: Examined
    reference: str = ""
    credited: tuple[Credited, ...] = ()


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A decision that is not filed yet, and the earlier ones of which it knows."""

    case: Case
    made: Made
    before: tuple[Earlier, ...]


def reckon(office: Office, org: Organization, case: Case) -> Reckoned:
    """Decide, knowing what the organisation credited before. Raises Mistakes."""
    shelved, purpose, desk = case.choice.shelved, case.choice.purpose, office.issuer
    inputs = inputs_for(office.verifier, shelved, purpose, case.facts, case.examined, case.credited)
    with desk.database.reading() as session:
        before = earlier(
            session,
            desk.blobs,
            org.id,
            shelved.policy.id,
            identities=identities_of(inputs),
            reference=services.checked_reference(case.reference),
        )
    if before:
        lines = (*case.credited, *_lines(before))
        known = inputs.authority
        inputs = inputs_for(office.verifier, shelved, purpose, case.facts, case.examined, lines, authority=known)
    return Reckoned(case, made_from(shelved, case.examined, inputs), before)


def put_on_file(
    office: Office,
    org: Organization,
    reckoned: Reckoned,
    *,
    key: str,
    fingerprint: str = "",
    actor: str,
    now: datetime,
) -> FiledDecision:
    """File a decision; asking again with the same key files nothing more.

    Raises Forbidden for a policy that is not the organisation's, or does not decide on the day in this version,
    Conflict where an earlier decision changed meanwhile, Mistakes.
    """
    case, made, desk = reckoned.case, reckoned.made, office.issuer
    shelf = office.verifier.shelf
    # What another process withdrew or published a moment ago counts.
    shelf.look_again()
    if not may_file(shelf, made.shelved, org, made.decision.as_of.date()):
        raise Forbidden("Only decisions under a policy of this organization that is in force can be filed.")
    data = packages.packed(made.inputs, made.decision, case.examined, made.shelved)
    stored = services.store(desk.blobs, data)
    with desk.database.writing() as session:
        row = services.filed_as(session, org.id, key, fingerprint)
        if row is not None:
            return row
        before = earlier(
            session,
            desk.blobs,
            org.id,
            made.decision.policy.id,
            identities=made.identities,
            reference=services.checked_reference(case.reference),
        )
        if _lines(before) != _lines(reckoned.before):
            raise Conflict("Another decision about this educator was filed or settled just now. Decide again.")
        row = services.file_decision(
            session,
            org,
            made,
            stored,
            reference=case.reference,
            key=key,
            fingerprint=fingerprint,
            actor=actor,
            now=now,
            began=now,
        )
    desk.wake()
    return row


def _lines(before: Sequence[Earlier]) -> list[Credited]:
    return [line for one in before for line in one.lines]


def instant_of(text: str, now: datetime) -> datetime:
    """The instant that a day stands for: its end in UTC, or now for today and for an empty text; whole seconds.

    Raises Mistakes (``as_of``) for what is no day, and for one that is still to come.
    """
    try:
        instant = asked_instant(text, now) or now
    except Mistake as mistake:
        raise mistakes_of(mistake) from None
    if instant > now:
        refuse("as_of", "This day is still to come. Decide as of today or of a day before.")
    return instant.astimezone(UTC).replace(microsecond=0)


def mistakes_of(mistake: Mistake) -> Mistakes:
    """What the verifier's forms find wrong, as forms here show it."""
    found = Mistakes()
    found.add(mistake.field.replace(" ", "-"), mistake.text, **mistake.values)
    return found
