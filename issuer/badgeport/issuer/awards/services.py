"""Awards: made, suspended, reinstated, revoked, corrected, erased. A worker signs what is decided here.

Every function works in the caller's writing transaction and signs nothing. Each change of what a badge says asks for a
new edition of it; each change of its standing asks for its status list.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlmodel import Session, col, delete, select

from badgeport.issuer.audit import log
from badgeport.issuer.award import Achievement, Assessment, IssuerProfile, Result, Stack
from badgeport.issuer.awards import proposals, telling
from badgeport.issuer.awards.content import AwardBody, RecipientData, award_file, default_body, end_of
from badgeport.issuer.awards.tables import Award, Mail, Recipient, SignedCopy, StackProposal
from badgeport.issuer.catalog import stacks
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import achievement_of, body_of, definition_of, published
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home.tables import HomeSettings
from badgeport.issuer.hosting.documents import credential_url, issuer_profile
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people import links
from badgeport.issuer.people.keys import EMBEDDED, TOKEN, signing_key
from badgeport.issuer.people.services import identity
from badgeport.issuer.people.tables import AssessorCertification, OneTimeLink, Organization
from badgeport.issuer.status.lists import REVOCATION, SUSPENSION, places_for, set_value
from badgeport.issuer.submissions.tables import Review, Submission
from badgeport.issuer.vocabulary import INDEPENDENCE_VALUES
from badgeport.schemas.datetimes import format_datetime

MINT = "mint"
VISIBILITIES = ("private", "link", "public")
REASON_CHARS = 2000
KEY_CHARS = 200
NAME_CHARS = 300
AHEAD = timedelta(hours=14)
"""Where it is tomorrow already, an award of today is no award of the future."""

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")

Source = Literal["review", "single", "batch", "stack", "api"]


# ---------------------------------------------------------------- reading


def credential_id(desk: IssuerDesk, award: Award) -> str:
    """The id of an award's badge: its public address."""
    return credential_url(desk, award.id)


def award_of(session: Session, org_id: str, award_id: str) -> Award:
    """An award of an organisation. Raises Absent."""
    award = session.get(Award, award_id)
    if award is None or award.org_id != org_id:
        raise Absent
    return award


def recipient_of(session: Session, award: Award) -> RecipientData | None:
    """Whom an award was made to; None where that was erased."""
    row = session.get(Recipient, award.id)
    return None if row is None else RecipientData.of(row)


def current_copy(session: Session, award_id: str, form: str = "json") -> SignedCopy | None:
    """The signed copy of the edition published last, in a form (``json``, ``jwt``); None where there is none."""
    statement = (
        select(SignedCopy)
        .where(SignedCopy.award_id == award_id, SignedCopy.form == form)
        .order_by(col(SignedCopy.edition).desc())
    )
    return session.exec(statement.limit(1)).first()


def copies_of(session: Session, award_id: str) -> Sequence[SignedCopy]:
    """Every signed copy of an award, newest first."""
    statement = select(SignedCopy).where(SignedCopy.award_id == award_id)
    return session.exec(statement.order_by(col(SignedCopy.edition).desc(), col(SignedCopy.form))).all()


# ---------------------------------------------------------------- making


@dataclass(frozen=True, slots=True)
class Frame:
    """What the awards of one version have in common, read once for many of them."""

    org: Organization
    definition: Definition
    version: DefinitionVersion
    said: DefinitionBody
    issuer: IssuerProfile
    achievement: Achievement

    @classmethod
    def of(
        cls, session: Session, desk: IssuerDesk, org: Organization, definition: Definition, version: DefinitionVersion
    ) -> Frame:
        """Of a version of an organisation's definition."""
        said = body_of(version)
        achievement = achievement_of(desk, org, definition, version, said)
        return cls(org, definition, version, said, issuer_profile(session, org), achievement)


@dataclass(frozen=True, slots=True)
class Draft:
    """An award that is asked for. ``key`` makes it unique in its organisation.

    ``awarded`` is by default now; ``valid_until`` by default what the definition says of it. ``account_id`` is the
    educator whose it is from the start. ``asked`` is what the caller said of ``body``, before what the definition says
    was added to it; None where that is all of it.
    """

    recipient: RecipientData
    body: AwardBody
    key: str
    awarded: datetime | None = None
    valid_until: datetime | None = None
    account_id: str | None = None
    submission_id: str | None = None
    visibility: str = "link"
    asked: AwardBody | None = None


def asked_for(
    session: Session, desk: IssuerDesk, org: Organization, definition_id: str, key: str
) -> tuple[Definition, DefinitionVersion, DefinitionBody]:
    """The definition that is to be awarded, its version and what that says, as `catalog.services.published`.

    Where it was awarded under this key before, it is the version of then: a request that is sent again is read as it
    was, whatever was published or retired meanwhile. Raises Absent.
    """
    before = _made_under(session, desk, org, [key]).get(key)
    if before is None or before.definition_id != definition_id:
        return published(session, org.id, definition_id)
    version = session.get_one(DefinitionVersion, before.version_id)
    return definition_of(session, org.id, definition_id), version, body_of(version)


def create_award(
    session: Session,
    desk: IssuerDesk,
    *,
    org: Organization,
    definition: Definition,
    version: DefinitionVersion,
    recipient: RecipientData,
    body: AwardBody,
    key: str,
    source: Source,
    actor: str,
    now: datetime,
    account_id: str | None = None,
    submission_id: str | None = None,
    batch_id: str | None = None,
    visibility: str = "link",
    awarded: datetime | None = None,
    valid_until: datetime | None = None,
    asked: AwardBody | None = None,
    notify: bool = True,
) -> Award:
    """An award, to be signed by a worker. The same ``key`` with the same content answers with the award it made before.

    The other arguments are as in `Draft`. Raises Mistakes that name the member, Conflict where the key stands for
    something else already or the organisation has no keys.
    """
    frame = Frame.of(session, desk, org, definition, version)
    draft = Draft(recipient, body, key, awarded, valid_until, account_id, submission_id, visibility, asked)
    if not _made_under(session, desk, org, [key]):
        check_draft(desk, frame, draft, now)
        require_keys(session, org, now)
    made = create_awards(
        session, desk, frame, [draft], source=source, actor=actor, now=now, batch_id=batch_id, notify=notify
    )
    return made[0]


def create_awards(
    session: Session,
    desk: IssuerDesk,
    frame: Frame,
    drafts: Sequence[Draft],
    *,
    source: Source,
    actor: str,
    now: datetime,
    batch_id: str | None = None,
    notify: bool = True,
) -> list[Award]:
    """Awards from drafts that were checked (`check_draft`), in their order; those made before are answered again.

    Raises Conflict where a key stands for something else.
    """
    org = frame.org
    keys = [draft.key for draft in drafts]
    found = _made_under(session, desk, org, keys)
    fresh: list[tuple[Draft, Award]] = []
    for draft in drafts:
        before = found.get(draft.key)
        if before is not None:
            if not _is_same(desk, before, frame.definition.id, draft):
                raise Conflict("Something else was awarded under this key before. Use a new key for a new award.")
            continue
        print_ = fingerprint(desk, frame.definition.id, draft)
        award = _award(frame, draft, print_, source=source, actor=actor, now=now, batch_id=batch_id, notify=notify)
        found[draft.key] = award
        fresh.append((draft, award))
    session.add_all([award for _, award in fresh])
    session.flush()
    session.add_all([_recipient(award, draft.recipient.tidy()) for draft, award in fresh])
    ids = [award.id for _, award in fresh]
    places_for(session, org, ids, now)
    queue.ask_new(session, MINT, ids, now=now, org_id=org.id)
    for award_id in ids:
        log.record(
            session,
            actor=actor,
            action="award.created",
            target=f"award:{award_id}",
            at=now,
            org_id=org.id,
            detail={"definition": frame.definition.id, "version": frame.version.number, "source": source},
            at_once=False,
        )
    session.flush()
    return [found[key] for key in keys]


def _made_under(session: Session, desk: IssuerDesk, org: Organization, keys: Sequence[str]) -> dict[str, Award]:
    """The awards made under keys before, by key; erased ones, too."""
    asked = {**{_key_of_erased(desk, key): key for key in keys}, **{key: key for key in keys}}
    statement = select(Award).where(Award.org_id == org.id, col(Award.key).in_(asked))
    return {asked[award.key]: award for award in session.exec(statement)}


def _is_same(desk: IssuerDesk, before: Award, definition_id: str, draft: Draft) -> bool:
    """Whether an award was asked for in the same words. Of one erased in an earlier release nothing tells."""
    prints = {fingerprint(desk, definition_id, draft), fingerprint_of_all(desk, definition_id, draft)}
    if before.state == "erased":
        return not before.fingerprint or before.fingerprint in {_print_of_erased(desk, one) for one in prints}
    return before.fingerprint in prints


def _print_of_erased(desk: IssuerDesk, print_: str) -> str:
    """What is kept of the fingerprint of an erased award."""
    return desk.secrets.mac("erased award", print_)


def _key_of_erased(desk: IssuerDesk, key: str) -> str:
    """What is kept of the key of an erased award: who made it may have written into it whom it is for."""
    return desk.secrets.mac("award key", key)


def _award(
    frame: Frame,
    draft: Draft,
    print_: str,
    *,
    source: Source,
    actor: str,
    now: datetime,
    batch_id: str | None,
    notify: bool,
) -> Award:
    awarded = awarded_at(draft.awarded, now)
    return Award(
        org_id=frame.org.id,
        definition_id=frame.definition.id,
        version_id=frame.version.id,
        account_id=draft.account_id,
        submission_id=draft.submission_id,
        batch_id=batch_id,
        key=draft.key,
        fingerprint=print_,
        source=source,
        visibility=draft.visibility,
        notify=notify,
        body=draft.body.to_json(),
        awarded=awarded,
        valid_until=draft.valid_until or end_of(frame.said, awarded),
        created=now,
        created_by=actor,
        claimed=now if draft.account_id is not None else None,
    )


def _recipient(award: Award, data: RecipientData) -> Recipient:
    return Recipient(
        award_id=award.id,
        name=data.name,
        email=data.email,
        did=data.did,
        identifiers=[dict(one) for one in data.identifiers],
        show_name=data.show_name,
        show_did=data.show_did,
        salt=secrets.token_hex(16),
    )


def fingerprint(desk: IssuerDesk, definition_id: str, draft: Draft) -> str:
    """A keyed hash of what an award was asked to be, by which a repetition is told from a mistake.

    What the definition adds is no part of it: that may be other by the time the request is sent again.
    """
    return _print(desk, "asked award", definition_id, draft, draft.body if draft.asked is None else draft.asked)


def fingerprint_of_all(desk: IssuerDesk, definition_id: str, draft: Draft) -> str:
    """The same as earlier releases took it: of all that the award states."""
    return _print(desk, "award", definition_id, draft, draft.body)


def _print(desk: IssuerDesk, purpose: str, definition_id: str, draft: Draft, body: AwardBody) -> str:
    asked = {
        "definition": definition_id,
        "recipient": draft.recipient.tidy().to_json(),
        "body": body.to_json(),
        "awarded": None if draft.awarded is None else format_datetime(draft.awarded),
        "validUntil": None if draft.valid_until is None else format_datetime(draft.valid_until),
    }
    return desk.secrets.mac(purpose, json.dumps(asked, sort_keys=True))


def check_draft(desk: IssuerDesk, frame: Frame, draft: Draft, now: datetime) -> None:
    """Raises Mistakes where the award could not be signed: all that can be said before a worker has it."""
    awarded = awarded_at(draft.awarded, now)
    mistakes = Mistakes()
    if not 0 < len(draft.key) <= KEY_CHARS:
        mistakes.add("key", "A key has 1 to {most} characters.", most=KEY_CHARS)
    if draft.visibility not in VISIBILITIES:
        mistakes.add("visibility", "Choose who may see the badge.")
    if mistakes:
        raise mistakes
    check_content(
        desk, frame, draft.recipient.tidy(), draft.body, awarded, draft.valid_until or end_of(frame.said, awarded), now
    )


def check_content(
    desk: IssuerDesk,
    frame: Frame,
    recipient: RecipientData,
    body: AwardBody,
    awarded: datetime,
    valid_until: datetime | None,
    now: datetime,
) -> None:
    """As `check_draft`, of what a badge is to say."""
    mistakes = Mistakes()
    if awarded > now:
        mistakes.add("awardedDate", "An award cannot be made in the future.")
    if valid_until is not None and valid_until <= now:
        mistakes.add("validUntil", "This award would have expired already.")
    if not (recipient.email or recipient.shown_did or recipient.identifiers):
        mistakes.add("recipient/email", "Write an e-mail address, or another identifier of the recipient.")
    elif recipient.email and not _EMAIL.fullmatch(recipient.email):
        mistakes.add("recipient/email", "This is no e-mail address.")
    if recipient.show_name and not recipient.name:
        mistakes.add("recipient/name", "Write the name that the badge is to show.")
    if len(recipient.name) > NAME_CHARS or not recipient.name.isprintable():
        mistakes.add("recipient/name", "A name has at most {most} characters, all of them printable.", most=NAME_CHARS)
    if mistakes:
        raise mistakes
    award_file(
        credential_id=desk.url("/c/new"),
        issuer=frame.issuer,
        achievement=frame.achievement,
        recipient=recipient,
        body=body,
        awarded=awarded,
        valid_from=awarded,
        valid_until=valid_until,
    )


def awarded_at(given: datetime | None, now: datetime) -> datetime:
    """The instant of an award, in whole seconds. Today's date where it is tomorrow already counts as now."""
    moment = (now if given is None else given).replace(microsecond=0)
    return now.replace(microsecond=0) if now < moment <= now + AHEAD else moment


def require_keys(session: Session, org: Organization, now: datetime) -> None:
    """Raises Conflict where the organisation cannot sign."""
    if any(signing_key(session, org.did, purpose, now) is None for purpose in (EMBEDDED, TOKEN)):
        raise Conflict("This organization has no keys to sign with yet. An administrator makes them under Settings.")


# ---------------------------------------------------------------- from a review


def award_for_review(
    session: Session,
    desk: IssuerDesk,
    submission: Submission,
    reviews: Sequence[Review],
    actor: str,
    now: datetime,
) -> Award:
    """The award for a portfolio that demonstrated the competency; ``reviews`` are those that decided.

    The badge states the lower level where two assessors differ, how independent they were, whether there was a second
    one, and on which certification they scored. It names no evidence: that is the educator's to release, later.
    Raises as `create_award`.
    """
    org = session.get_one(Organization, submission.org_id)
    definition = session.get_one(Definition, submission.definition_id)
    version = session.get_one(DefinitionVersion, submission.version_id)
    said = body_of(version)
    settings = session.get(HomeSettings, submission.account_id)
    body = default_body(said).model_copy(
        update={
            "results": _levels(said, reviews),
            "assessment": _assessment(session, org, submission, reviews),
            "activity_start": format_datetime(submission.started.replace(microsecond=0)),
            "activity_end": format_datetime((submission.submitted or now).replace(microsecond=0)),
        }
    )
    return create_award(
        session,
        desk,
        org=org,
        definition=definition,
        version=version,
        recipient=account_recipient(session, submission.account_id),
        body=body,
        key=f"submission:{submission.id}",
        source="review",
        actor=actor,
        now=now,
        account_id=submission.account_id,
        submission_id=submission.id,
        visibility="link" if settings is None else settings.visibility,
    )


def account_recipient(session: Session, account_id: str) -> RecipientData:
    """The person of an account as a recipient, by their DID where they showed to control one. Raises Conflict."""
    person = identity(session, account_id)
    if person is None:
        raise Conflict("This account was erased; nothing can be awarded to it.")
    return RecipientData(name=person.name, email=person.email, did=person.did)


def _levels(said: DefinitionBody, reviews: Sequence[Review]) -> tuple[Result, ...]:
    """The level of each criterion: the lower one where two assessors differ."""
    results = []
    for criterion in said.rubric.criteria if said.rubric else ():
        names = [review.scores[criterion.key]["level"] for review in reviews if criterion.key in review.scores]
        ranks = [rank for rank in map(criterion.level_index, names) if rank is not None]
        if ranks:
            results.append(Result(criterion=criterion.name, level=criterion.levels[min(ranks)].name))
    return tuple(results)


def _assessment(
    session: Session, org: Organization, submission: Submission, reviews: Sequence[Review]
) -> Assessment | None:
    """How it was assessed, of all who scored this attempt. It names no assessor."""
    every = session.exec(
        select(Review).where(
            Review.submission_id == submission.id, Review.attempt == submission.attempt, Review.state == "done"
        )
    ).all()
    known = [one.independence for one in reviews if one.independence in INDEPENDENCE_VALUES]
    certified = [session.get(AssessorCertification, one.certification_id or "") for one in reviews]
    dates = sorted({one.valid_from.isoformat() for one in certified if one is not None})
    return Assessment.model_validate(
        {
            "assessorIndependence": min(known, key=INDEPENDENCE_VALUES.index) if known else None,
            "secondAssessor": len({one.assessor_id for one in every} | {one.assessor_id for one in reviews}) > 1,
            "assessorCertification": (
                f"Certified for this micro-credential by {org.name} since {', '.join(dates)}" if dates else None
            ),
        }
    )


# ---------------------------------------------------------------- standing


def suspend(session: Session, desk: IssuerDesk, award: Award, reason: str, actor: str, now: datetime) -> None:  # noqa: ARG001
    """The badge does not hold for now. Raises Mistakes (``reason``), Conflict."""
    _require(award, "active")
    set_value(session, award.id, SUSPENSION, 1, now=now)
    _stand(session, award, "suspended", reason, actor, now)


def reinstate(session: Session, desk: IssuerDesk, award: Award, reason: str, actor: str, now: datetime) -> None:
    """A suspended badge holds again; who was not told of it yet is told now. Raises Mistakes (``reason``), Conflict."""
    _require(award, "suspended")
    untold = _is_untold(session, award, now)
    set_value(session, award.id, SUSPENSION, 0, now=now)
    _stand(session, award, "active", reason, actor, now)
    if untold:
        telling.tell_awarded(session, desk, award, now)


def revoke(session: Session, desk: IssuerDesk, award: Award, reason: str, actor: str, now: datetime) -> None:  # noqa: ARG001
    """The badge does not hold, for good. Raises Mistakes (``reason``), Conflict."""
    _require(award, "active", "suspended")
    # A suspension stays set: were it cleared, one list could be published before the other, and the badge hold between.
    set_value(session, award.id, REVOCATION, 1, now=now)
    _stand(session, award, "revoked", reason, actor, now)


def _is_untold(session: Session, award: Award, now: datetime) -> bool:
    """Whether nobody was told of a suspended badge: it was published, or made to another address, while it was so."""
    if award.published is None or not award.notify:
        return False
    if award.claimed is None:
        return not links.has_link(session, purpose=telling.CLAIM, subject=award.id, now=now)
    return award.standing_since is not None and award.standing_since < award.published


_ACTIONS = {"suspended": "award.suspended", "active": "award.reinstated", "revoked": "award.revoked"}


def _require(award: Award, *standings: str) -> None:
    if award.state == "erased":
        raise Conflict("This badge was erased.")
    if award.standing in standings:
        return
    if award.standing == "revoked":
        raise Conflict("This badge was revoked, for good. Award it again where that was a mistake.")
    if award.standing == "suspended":
        raise Conflict("This badge is suspended already.")
    raise Conflict("This badge is not suspended.")


def checked_reason(reason: str) -> str:
    """The reason given for a change. Raises Mistakes (``reason``)."""
    tidy = reason.strip()
    if not tidy:
        refuse("reason", "Say why; others will ask.")
    if len(tidy) > REASON_CHARS:
        refuse("reason", "Say it in at most {most} characters.", most=REASON_CHARS)
    return tidy


def _stand(session: Session, award: Award, standing: str, reason: str, actor: str, now: datetime) -> None:
    why = checked_reason(reason)
    before, award.standing = award.standing, standing
    award.standing_reason = "" if standing == "active" else why
    award.standing_since = now
    award.version += 1
    session.add(award)
    _record(session, award, _ACTIONS[standing], actor, now, why, {"before": before})
    proposals.look_again(session, award.org_id, award.account_id, now)


# ---------------------------------------------------------------- correcting


def correct(
    session: Session,
    desk: IssuerDesk,
    award: Award,
    *,
    reason: str,
    actor: str,
    now: datetime,
    body: AwardBody | None = None,
    recipient: RecipientData | None = None,
    show_did: bool | None = None,
    version: DefinitionVersion | None = None,
    awarded: datetime | None = None,
    valid_until: datetime | None = None,
    unlimited: bool = False,
) -> Award:
    """Have a badge signed anew under the same address: the next edition, valid from when it is signed.

    What is None stays as it is; ``unlimited`` takes the end of its validity away. ``show_did`` is the earner's choice
    whether the badge says their DID; another DID is shown. Older editions stay on record. Where another address is
    written into a badge that nobody claimed, links that were sent before work no more and the new address is told.
    Raises Mistakes, Conflict.
    """
    _require(award, "active", "suspended")
    why = checked_reason(reason)
    kept = session.get(Recipient, award.id)
    if kept is None:
        raise Conflict("Whom this badge was made to was erased.")
    if version is not None and version.definition_id != award.definition_id:
        raise Absent
    org = session.get_one(Organization, award.org_id)
    definition = session.get_one(Definition, award.definition_id)
    used = version or session.get_one(DefinitionVersion, award.version_id)
    frame = Frame.of(session, desk, org, definition, used)
    said = AwardBody.from_json(award.body) if body is None else body
    data = RecipientData.of(kept) if recipient is None else recipient.tidy()
    if show_did is None:
        show_did = kept.show_did or data.did != kept.did
    data = replace(data, show_did=show_did)
    when = award.awarded if awarded is None else awarded_at(awarded, now)
    until = None if unlimited else (valid_until or award.valid_until)
    if until is not None and until <= now:
        refuse("validUntil", "A badge that has expired cannot be signed anew; award it again.")
    check_content(desk, frame, data, said, when, until, now)
    changed = _changes(award, kept, said, data, used, when, until)
    award.body, award.version_id, award.awarded, award.valid_until = said.to_json(), used.id, when, until
    moved = data.email != kept.email.lower()
    kept.name, kept.email, kept.did = data.name, data.email, data.did
    kept.show_name, kept.show_did = data.show_name, data.show_did
    kept.identifiers = [dict(one) for one in data.identifiers]
    session.add(kept)
    want_edition(session, award, why, now=now)
    award.version += 1
    _record(session, award, "award.corrected", actor, now, why, {"edition": award.wanted, "changed": changed})
    if moved and award.claimed is None:
        _tell_new_address(session, desk, award, now)
    proposals.look_again(session, award.org_id, award.account_id, now)
    return award


def _tell_new_address(session: Session, desk: IssuerDesk, award: Award, now: datetime) -> None:
    """Whoever reads mail at the address that was wrong claims nothing any more, and whom it is for gets a link.

    A badge that is not published, or suspended, is told of when it is published, or holds again.
    """
    links.withdraw_links(session, purpose=telling.CLAIM, subject=award.id)
    if award.notify and award.published is not None and award.standing == "active":
        telling.tell_awarded(session, desk, award, now)


def want_edition(session: Session, award: Award, why: str, *, now: datetime) -> None:
    """Ask for the next edition of an award, or have the one that is due say what is so now."""
    if award.wanted == award.edition:
        award.wanted += 1
    award.correction = why
    session.add(award)
    queue.ask(session, MINT, award.id, now=now, org_id=award.org_id)


def _changes(
    award: Award,
    kept: Recipient,
    body: AwardBody,
    data: RecipientData,
    version: DefinitionVersion,
    awarded: datetime,
    until: datetime | None,
) -> list[str]:
    """The names of what a correction changes; what it was is in the older edition, not in the audit log."""
    new, old = body.to_json(), award.body
    names = sorted(name for name in {*new, *old} if new.get(name) != old.get(name))
    if RecipientData.of(kept) != data:
        names.append("recipient")
    if version.id != award.version_id:
        names.append("version")
    if awarded != award.awarded:
        names.append("awardedDate")
    if until != award.valid_until:
        names.append("validUntil")
    return names


# ---------------------------------------------------------------- erasing


def erase(session: Session, desk: IssuerDesk, award: Award, reason: str, actor: str, now: datetime) -> None:
    """Delete the signed copies and whom they were made to; the address answers that it was erased.

    Whether the badge was revoked stays readable for who kept a copy. Raises Mistakes (``reason``), Conflict.
    """
    if award.state == "erased":
        raise Conflict("This badge was erased already.")
    why = checked_reason(reason)
    digests = [copy.sha256 for copy in copies_of(session, award.id)]
    session.exec(delete(Mail).where(col(Mail.about) == award.id))
    session.exec(delete(SignedCopy).where(col(SignedCopy.award_id) == award.id))
    session.exec(delete(Recipient).where(col(Recipient.award_id) == award.id))
    session.exec(delete(OneTimeLink).where(col(OneTimeLink.purpose) == "claim", col(OneTimeLink.subject) == award.id))
    session.exec(delete(Job).where(col(Job.kind) == MINT, col(Job.key) == award.id))
    proposals.look_again(session, award.org_id, award.account_id, now)
    award.state, award.erased, award.body = "erased", now, {}
    award.key = _key_of_erased(desk, award.key)
    award.fingerprint = _print_of_erased(desk, award.fingerprint)
    award.account_id, award.submission_id = None, None
    award.standing_reason, award.correction = "", ""
    award.version += 1
    session.add(award)
    _record(session, award, "award.erased", actor, now, why, {"copies": digests})


# ---------------------------------------------------------------- stacks


def award_stack(session: Session, desk: IssuerDesk, proposal: StackProposal, actor: str, now: datetime) -> Award:
    """The award of a completed stack, with the badges that complete it. Raises Conflict, Absent, Mistakes."""
    _require_open(proposal)
    org = session.get_one(Organization, proposal.org_id)
    definition = session.get_one(Definition, proposal.definition_id)
    version = session.get_one(DefinitionVersion, proposal.version_id)
    earned = stacks.earned_by(session, org.id, proposal.account_id, now)
    if definition.id in earned:
        raise Conflict("This educator was awarded the stack in the meantime.")
    standing = {one for awards in earned.values() for one in awards}
    if not proposal.members or not standing.issuperset(proposal.members):
        raise Conflict(
            "One of the badges of this stack does not stand any more: it was suspended, revoked or erased, or has "
            "expired."
        )
    members = members_of(session, proposal.members)
    settings = session.get(HomeSettings, proposal.account_id)
    award = create_award(
        session,
        desk,
        org=org,
        definition=definition,
        version=version,
        recipient=account_recipient(session, proposal.account_id),
        body=default_body(body_of(version)).model_copy(update={"stack": stack_of(desk, members)}),
        key=f"stack:{proposal.id}",
        source="stack",
        actor=actor,
        now=now,
        account_id=proposal.account_id,
        visibility="link" if settings is None else settings.visibility,
    )
    proposal.state, proposal.award_id, proposal.answered = "awarded", award.id, now
    proposal.version += 1
    session.add(proposal)
    return award


def decline_stack(session: Session, proposal: StackProposal, reason: str, actor: str, now: datetime) -> None:
    """A registrar does not award a completed stack. Raises Conflict, Mistakes (``reason``)."""
    _require_open(proposal)
    why = checked_reason(reason)
    proposal.state, proposal.answered = "declined", now
    proposal.version += 1
    session.add(proposal)
    log.record(
        session,
        actor=actor,
        action="stack.declined",
        target=f"stack-proposal:{proposal.id}",
        at=now,
        org_id=proposal.org_id,
        why=why,
    )


def proposal_of(session: Session, org_id: str, proposal_id: str) -> StackProposal:
    """A proposal of an organisation. Raises Absent."""
    proposal = session.get(StackProposal, proposal_id)
    if proposal is None or proposal.org_id != org_id:
        raise Absent
    return proposal


Member = tuple[Award, Definition, DefinitionVersion]


def members_of(session: Session, award_ids: Iterable[str]) -> list[Member]:
    """Awards with what they are of, in the order given; erased ones are left out."""
    wanted = list(award_ids)
    statement = select(Award, Definition, DefinitionVersion).where(
        col(Award.id).in_(wanted),
        Award.state != "erased",
        Award.definition_id == Definition.id,
        Award.version_id == DefinitionVersion.id,
    )
    found = {row[0].id: row for row in session.exec(statement)}
    return [found[one] for one in wanted if one in found]


def stack_of(desk: IssuerDesk, members: Sequence[Member]) -> Stack:
    """The members of a stack as its badge names them."""
    return Stack.model_validate(
        {
            "members": tuple(
                {
                    "achievement": desk.url(f"/achievements/{definition.id}/{version.number}"),
                    "name": str(version.body.get("name", definition.name)),
                    "version": str(version.number),
                    "credential": credential_id(desk, award),
                }
                for award, definition, version in members
            )
        }
    )


def _require_open(proposal: StackProposal) -> None:
    if proposal.state != "open":
        raise Conflict("Somebody else answered this proposal in the meantime.")


def _record(
    session: Session, award: Award, action: str, actor: str, now: datetime, why: str, detail: Mapping[str, Any]
) -> None:
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"award:{award.id}",
        at=now,
        org_id=award.org_id,
        detail=detail,
        why=why,
    )
