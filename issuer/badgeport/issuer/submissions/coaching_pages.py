"""The pages of coaches and of peers who were invited: the draft, and comments on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Absent, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import name_of
from badgeport.issuer.people.tables import Account, Identity
from badgeport.issuer.submissions import comments, services
from badgeport.issuer.submissions.comments import PEER_STATES
from badgeport.issuer.submissions.downloads import answer
from badgeport.issuer.submissions.portfolio_pages import confirm_deletion
from badgeport.issuer.submissions.tables import EvidenceItem, Peer
from badgeport.issuer.web.access import LINK, members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("coaching")


def draft_of(session: Session, portfolio: services.Portfolio, reader: Peer | Account) -> dict[str, Any]:
    """What who may comment sees of a draft; a peer does not read what coaches and other peers wrote."""
    submission = portfolio.submission
    remarks = comments.remarks(session, submission, reader if isinstance(reader, Peer) else None)
    items: Sequence[EvidenceItem] = services.evidence_of(session, submission.id)
    logged = services.experiences_of(session, submission.id)
    return {
        "portfolio": portfolio,
        "submission": submission,
        "body": portfolio.body,
        "educator": name_of(session, submission.account_id),
        "evidence": items,
        "logged": logged,
        "hours": services.hours_by_experience(portfolio.body, logged),
        "titles": services.requirement_titles(portfolio.body),
        "experience_titles": services.experience_titles(portfolio.body),
        "remarks": remarks,
        "own_remarks": {one.comment.id for one in remarks if comments.is_own(one.comment, reader)},
    }


# -- coaches -----------------------------------------------------------------------------------------------------------


@routes.page("/o/{org}/coaching", members(Role.COACH))
def drafts(visit: VisitDep, org: str) -> Response:
    """The drafts whose educators asked for a coach."""
    with visit.reading() as session:
        found = listing(
            session,
            visit.request,
            comments.asking_for_coach(visit.here.id, visit.me.id),
            search=(Definition.name, Identity.name),
        )
    if wants_csv(visit.request):
        rows = (
            (definition.name, person.name if person else "", row.started, row.due, row.changed)
            for row, definition, person in found.rows
        )
        return csv_response("coaching", ("micro-credential", "educator", "started", "due", "changed"), rows)
    return page(visit, "submissions/coaching.html", list=found, base=f"/o/{org}/coaching")


def _draft(visit: Visit, submission_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        portfolio = comments.coached(session, visit.here.id, visit.me.id, submission_id)
        values = draft_of(session, portfolio, visit.me)
    base = f"/o/{visit.here.slug}/coaching/{submission_id}"
    return page(visit, "submissions/draft.html", form=form, mistakes=mistakes, base=base, **values)


@routes.page("/o/{org}/coaching/{portfolio}", members(Role.COACH))
def coached(visit: VisitDep, org: str, portfolio: str) -> Response:  # noqa: ARG001
    """A draft, for a coach."""
    return _draft(visit, portfolio)


@routes.form("/o/{org}/coaching/{portfolio}/comments", members(Role.COACH))
def coach_comments(visit: VisitDep, form: FormDep, org: str, portfolio: str) -> Response:
    """Comment as a coach."""
    try:
        with visit.writing() as session:
            found = comments.coached(session, visit.here.id, visit.me.id, portfolio)
            comments.comment(
                session,
                found.submission,
                form["comment"],
                account_id=visit.me.id,
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _draft(visit, portfolio, form, mistakes)
    return see(visit, f"/o/{org}/coaching/{portfolio}", "Your comment is added.")


@routes.page("/o/{org}/coaching/{portfolio}/comments/{entry}/delete", members(Role.COACH))
def confirm_coach_deletes(visit: VisitDep, org: str, portfolio: str, entry: str) -> Response:
    """Ask before a coach's own comment is deleted."""
    with visit.reading() as session:
        found = comments.coached(session, visit.here.id, visit.me.id, portfolio)
        text = comments.comment_of(session, found.submission, entry, visit.me).body
    return confirm_deletion(visit, text, f"/o/{org}/coaching/{portfolio}")


@routes.form("/o/{org}/coaching/{portfolio}/comments/{entry}/delete", members(Role.COACH))
def coach_deletes(visit: VisitDep, form: FormDep, org: str, portfolio: str, entry: str) -> Response:  # noqa: ARG001
    """Delete a comment of one's own, as a coach."""
    with visit.writing() as session:
        found = comments.coached(session, visit.here.id, visit.me.id, portfolio)
        comments.delete_comment(session, found.submission, entry, author=visit.me, actor=visit.actor, now=visit.now)
    return see(visit, f"/o/{org}/coaching/{portfolio}", "The comment is deleted.")


@routes.page("/o/{org}/coaching/{portfolio}/evidence/{item}", members(Role.COACH))
def coach_download(visit: VisitDep, org: str, portfolio: str, item: str) -> Response:  # noqa: ARG001
    """A file of a draft, for a coach."""
    with visit.reading() as session:
        comments.coached(session, visit.here.id, visit.me.id, portfolio)
        found = _in_draft(session, portfolio, item)
    return answer(visit.desk, found)


# -- peers -------------------------------------------------------------------------------------------------------------


def _peer(visit: Visit, secret: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        peer, portfolio = comments.invited_by(session, secret, visit.now)
        closed = portfolio.submission.state not in PEER_STATES
        values = {} if closed else draft_of(session, portfolio, peer)
        opener = comments.opener(session, peer, visit.account)
    if closed:
        return page(visit, "submissions/closed.html")
    if peer.account_id is None and opener is not None:
        with visit.writing() as session:
            comments.opened(session, secret, opener, visit.now)
    return page(
        visit,
        "submissions/draft.html",
        form=form,
        mistakes=mistakes,
        base=f"/peers/{secret}",
        peer=peer,
        **values,
    )


@routes.page("/peers/{secret}", LINK)
def invited(visit: VisitDep, secret: str) -> Response:
    """A draft, for a peer who was invited."""
    return _peer(visit, secret)


@routes.form("/peers/{secret}", LINK)
def peer_comment(visit: VisitDep, form: FormDep, secret: str) -> Response:
    """Comment as a peer."""
    try:
        with visit.writing() as session:
            peer, found = comments.invited_by(session, secret, visit.now)
            comments.comment(
                session,
                found.submission,
                form["comment"],
                peer_id=peer.id,
                account_id=visit.account.id if visit.account else None,
                actor=f"peer:{peer.id}",
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _peer(visit, secret, form, mistakes)
    return see(visit, f"/peers/{secret}", "Your comment is added.")


def _peer_draft(session: Session, visit: Visit, secret: str) -> tuple[Peer, services.Portfolio]:
    """Who was invited, and the draft; one that was handed in is closed to them. Raises Absent."""
    peer, found = comments.invited_by(session, secret, visit.now)
    if found.submission.state not in PEER_STATES:
        raise Absent
    return peer, found


@routes.page("/peers/{secret}/comments/{entry}/delete", LINK)
def confirm_peer_deletes(visit: VisitDep, secret: str, entry: str) -> Response:
    """Ask before a peer's own comment is deleted."""
    with visit.reading() as session:
        peer, found = _peer_draft(session, visit, secret)
        text = comments.comment_of(session, found.submission, entry, peer).body
    return confirm_deletion(visit, text, f"/peers/{secret}")


@routes.form("/peers/{secret}/comments/{entry}/delete", LINK)
def peer_deletes(visit: VisitDep, form: FormDep, secret: str, entry: str) -> Response:  # noqa: ARG001
    """Delete a comment of one's own, as a peer."""
    with visit.writing() as session:
        peer, found = _peer_draft(session, visit, secret)
        comments.delete_comment(session, found.submission, entry, author=peer, actor=f"peer:{peer.id}", now=visit.now)
    return see(visit, f"/peers/{secret}", "The comment is deleted.")


@routes.page("/peers/{secret}/evidence/{item}", LINK)
def peer_download(visit: VisitDep, secret: str, item: str) -> Response:
    """A file of a draft, for a peer."""
    with visit.reading() as session:
        _, portfolio = _peer_draft(session, visit, secret)
        found = _in_draft(session, portfolio.submission.id, item)
    return answer(visit.desk, found)


def _in_draft(session: Session, submission_id: str, item_id: str) -> EvidenceItem:
    found = services.evidence_item(session, submission_id, item_id)
    if found.removed is not None:
        raise Absent
    return found
