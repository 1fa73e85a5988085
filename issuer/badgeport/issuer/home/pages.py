"""The educator's home: badges in progress and earned, who sees them, links for chosen sets, what is kept about them."""

from __future__ import annotations

from typing import Any

from badgeport.web.answers import problem_response
from sqlmodel import Session, col, select
from starlette.responses import Response, StreamingResponse

from badgeport.issuer.awards import services as awards
from badgeport.issuer.catalog import stacks
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.home import claims, collections, content, dids, erasing, exporting, services, sharing
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting import checking
from badgeport.issuer.mistakes import Absent, Mistakes, refuse
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.signing_in import welcome
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.submissions import downloads
from badgeport.issuer.web.access import ACCOUNT, EVERYONE, LINK, members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas.problems import GONE, NOT_FOUND, Problem

routes = Routes("home")

_CHECKED = 20
"""How many badges of a collection are checked while its page is made; the others' own pages check them."""
_FEW = 6
"""How many badges the first page shows; the list has all."""


# ---------------------------------------------------------------- badges


@routes.page("/home", ACCOUNT)
def home(visit: VisitDep) -> Response:
    """Everything at a glance."""
    with visit.reading() as session:
        badges = services.earned(session, visit.me.id)
        proven = visit.identity is not None and visit.identity.email_proven is not None
        return page(
            visit,
            "home/home.html",
            badges=badges[:_FEW],
            total=len(badges),
            waiting=services.waiting(session, visit.identity.email) if visit.identity and proven else [],
            underway=services.underway(session, visit.me.id),
            sums=services.credits_by_unit(badges, visit.now),
            stacks=stacks_of(visit, session, badges),
            default=services.settings_of(session, visit.me.id).visibility,
            **_words(visit),
        )


@routes.page("/home/awards", ACCOUNT)
def award_list(visit: VisitDep) -> Response:
    """Every badge of mine."""
    with visit.reading() as session:
        statement = services.awards_statement(visit.me.id)
        found = listing(session, visit.request, statement, search=[Definition.name, Organization.name])
        badges = [services.earned_of(row) for row in found.rows]
        if wants_csv(visit.request):
            return csv_response("micro-credentials", _COLUMNS, (_csv_row(visit, one) for one in badges))
        return page(visit, "home/awards.html", list=found, badges=badges, **_words(visit))


_COLUMNS = ("micro-credential", "organization", "awarded", "state", "credits", "unit", "visibility", "address")


def _csv_row(visit: Visit, one: services.Earned) -> tuple[object, ...]:
    credit = one.credit()
    return (
        one.name,
        one.organization.name,
        one.award.awarded.date(),
        one.shown(visit.now),
        credit[0] if credit else "",
        credit[1] if credit else "",
        one.award.visibility,
        awards.credential_id(visit.desk, one.award),
    )


@routes.page("/home/awards/{award_id}", ACCOUNT)
def award_page(visit: VisitDep, award_id: str) -> Response:
    """One badge of mine: share it, download it, say who sees it."""
    return _award_page(visit, award_id)


def _award_page(visit: Visit, award_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        badge = services.my_award(session, visit.me.id, award_id)
        award = badge.award
        return page(
            visit,
            "home/award.html",
            form=form or Form.of({"visibility": award.visibility, "version": award.version}),
            mistakes=mistakes,
            badge=badge,
            said_of_me=content.said(session, award, visit.now),
            address=awards.credential_id(visit.desk, award),
            has_jwt=awards.current_copy(session, award.id, "jwt") is not None,
            links=collections.holding(session, award, visit.now),
            **_words(visit),
        )


@routes.form("/home/awards/{award_id}/visibility", ACCOUNT)
def change_visibility(visit: VisitDep, form: FormDep, award_id: str) -> Response:
    """Say who sees a badge."""
    try:
        with visit.writing() as session:
            sharing.set_visibility(
                session,
                visit.me.id,
                award_id,
                form["visibility"],
                seen=version_in(form),
                actor=visit.actor,
                now=visit.now,
                out_of_links=form["links"] == "out",
            )
    except Mistakes as mistakes:
        return _award_page(visit, award_id, form, mistakes)
    visit.desk.wake()
    return see(visit, f"/home/awards/{award_id}", "Saved.")


@routes.page("/home/awards/{award_id}/content", ACCOUNT)
def content_page(visit: VisitDep, award_id: str) -> Response:
    """What a badge says about me, and which evidence it shows."""
    return _content_page(visit, award_id)


def _content_page(visit: Visit, award_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        badge = services.my_award(session, visit.me.id, award_id)
        said = content.said(session, badge.award, visit.now)
        filled = {
            "released": said.released,
            "show_name": "yes" if said.shows_name else "",
            "use_did": "yes" if said.did else "",
            "version": badge.award.version,
        }
        return page(
            visit,
            "home/content.html",
            form=form or Form.of(filled),
            mistakes=mistakes,
            badge=badge,
            said_of_me=said,
            **_words(visit),
        )


@routes.form("/home/awards/{award_id}/content", ACCOUNT)
def change_content(visit: VisitDep, form: FormDep, award_id: str) -> Response:
    """Have a badge signed again with what I choose."""
    try:
        with visit.writing() as session:
            outcome = content.change(
                session,
                visit.desk,
                visit.me.id,
                award_id,
                content.Choice(form.all("released"), form.on("show_name"), form.on("use_did")),
                seen=version_in(form),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _content_page(visit, award_id, form, mistakes)
    visit.desk.wake()
    if outcome == "same":
        return see(visit, f"/home/awards/{award_id}", "Nothing was different: the badge stays as it is.")
    if outcome == "taken-back":
        return see(
            visit,
            f"/home/awards/{award_id}",
            "Your evidence is shown no more. The badge is not signed again: its signed file still names it.",
        )
    return see(visit, f"/home/awards/{award_id}", "The badge is signed again; that takes a moment.")


@routes.page("/c/{award_id}/evidence/{item_id}", EVERYONE)
def released_evidence(visit: VisitDep, award_id: str, item_id: str) -> Response:
    """A file that an educator released with a badge: a download for whoever may see the badge."""
    with visit.reading() as session:
        item = content.released_item(session, award_id, item_id, visit.account, as_staff=visit.is_strong)
    return downloads.answer(visit.desk, item)


@routes.page("/home/stacks", ACCOUNT)
def stack_list(visit: VisitDep) -> Response:
    """How far I am with stacks."""
    with visit.reading() as session:
        badges = services.earned(session, visit.me.id)
        return page(visit, "home/stacks.html", stacks=stacks_of(visit, session, badges), **_words(visit))


# ---------------------------------------------------------------- claiming


@routes.form("/home/awards/{award_id}/claim", ACCOUNT)
def claim_waiting(visit: VisitDep, form: FormDep, award_id: str) -> Response:
    """Take a badge that was made to my own address."""
    with visit.writing() as session:
        claims.take_waiting(session, visit.me, award_id, form["visibility"] or "link", now=visit.now)
    return see(visit, f"/home/awards/{award_id}", "The badge is yours.")


@routes.page("/claim/{secret}", LINK)
def claim_page(visit: VisitDep, secret: str) -> Response:
    """What a mailed link is for."""
    return _claim_page(visit, secret)


def _claim_page(visit: Visit, secret: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    try:
        with visit.reading() as session:
            found = claims.claim_of(session, secret, visit.now)
            chosen = "link" if visit.account is None else services.settings_of(session, visit.account.id).visibility
    except Absent:
        return page(visit, "home/claim_over.html", status=404, headers=_UNSEEN)
    filled = Form.of({"name": found.name, "visibility": chosen})
    return page(
        visit,
        "home/claim.html",
        form=form or filled,
        mistakes=mistakes,
        headers=_UNSEEN,
        claim=found,
        secret=secret,
        address=awards.credential_id(visit.desk, found.badge.award),
        **_words(visit),
    )


_UNSEEN = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@routes.form("/claim/{secret}", LINK)
def claim(visit: VisitDep, form: FormDep, secret: str) -> Response:
    """Take the badge into my account, or into a new one."""
    try:
        with visit.writing() as session:
            if visit.account is not None:
                award = claims.take(session, secret, visit.account, form["visibility"], now=visit.now)
                return see(visit, f"/home/awards/{award.id}", "The badge is yours.")
            account = claims.open_account(session, secret, form["name"], now=visit.now)
            award = claims.take(session, secret, account, form["visibility"], now=visit.now)
            return welcome(session, visit, account, f"/home/awards/{award.id}")
    except Mistakes as mistakes:
        return _claim_page(visit, secret, form, mistakes)
    except Absent:
        return page(visit, "home/claim_over.html", status=404, headers=_UNSEEN)


# ---------------------------------------------------------------- collections


@routes.page("/home/collections", ACCOUNT)
def collection_list(visit: VisitDep) -> Response:
    """The links I made."""
    with visit.reading() as session:
        statement = (
            select(Collection)
            .where(Collection.account_id == visit.me.id)
            .order_by(col(Collection.created).desc(), Collection.id)
        )
        found = listing(session, visit.request, statement, search=[Collection.title])
        if wants_csv(visit.request):
            rows = (
                (one.title, len(one.awards), one.created.date(), one.expires.date(), collections.state(one, visit.now))
                for one in found.rows
            )
            return csv_response("collections", ("name", "badges", "made", "until", "state"), rows)
        return page(visit, "home/collections.html", list=found, state=collections.state, **_words(visit))


@routes.page("/home/collections/new", ACCOUNT)
def new_collection_page(visit: VisitDep) -> Response:
    """Choose badges for a link."""
    return _new_collection_page(visit)


def _new_collection_page(visit: Visit, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        badges = [
            one for one in services.earned(session, visit.me.id) if one.counts(visit.now) and one.award.edition > 0
        ]
        return page(
            visit,
            "home/collection_new.html",
            form=form
            or Form.of({"days": collections.DEFAULT_DAYS, "awards": visit.request.query_params.getlist("award")}),
            mistakes=mistakes,
            badges=badges,
            most_days=collections.MOST_DAYS,
            **_words(visit),
        )


@routes.form("/home/collections/new", ACCOUNT)
def new_collection(visit: VisitDep, form: FormDep) -> Response:
    """Make a link."""
    try:
        with visit.writing() as session:
            row = collections.make(
                session,
                visit.me.id,
                title=form["title"],
                awards=form.all("awards"),
                days=whole(form["days"]),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _new_collection_page(visit, form, mistakes)
    visit.desk.wake()
    return see(visit, f"/home/collections/{row.id}", "The link is ready to be passed on.")


@routes.page("/home/collections/{collection_id}", ACCOUNT)
def collection_page(visit: VisitDep, collection_id: str) -> Response:
    """One of my links."""
    with visit.reading() as session:
        row = collections.mine(session, visit.me.id, collection_id)
        return page(
            visit,
            "home/collection.html",
            row=row,
            badges=collections.members(session, row),
            state=collections.state(row, visit.now),
            address=visit.desk.url(f"/s/{row.id}"),
            **_words(visit),
        )


@routes.page("/home/collections/{collection_id}/withdraw", ACCOUNT)
def withdraw_page(visit: VisitDep, collection_id: str) -> Response:
    """What withdrawing a link does."""
    with visit.reading() as session:
        row = collections.mine(session, visit.me.id, collection_id)
        return page(visit, "home/collection_withdraw.html", row=row)


@routes.form("/home/collections/{collection_id}/withdraw", ACCOUNT)
def withdraw(visit: VisitDep, form: FormDep, collection_id: str) -> Response:
    """Withdraw a link."""
    with visit.writing() as session:
        collections.withdraw(
            session, visit.me.id, collection_id, seen=version_in(form), actor=visit.actor, now=visit.now
        )
    return see(visit, f"/home/collections/{collection_id}", "The link is withdrawn.")


@routes.page("/s/{collection_id}", EVERYONE)
def shared(visit: VisitDep, collection_id: str) -> Response:
    """A chosen set of badges, for whoever has the link."""
    with visit.reading() as session:
        row = session.get(Collection, collection_id)
        if row is None:
            raise Absent
        headers = {**_UNSEEN, "Vary": "Accept"}
        if not collections.is_open(row, visit.now):
            # Neither whose it was nor what it showed: it was shown until then and no longer.
            return page(visit, "home/shared_over.html", status=410, headers=headers)
        badges = collections.members(session, row)
        behind = collections.is_behind(session, row)
        copies = {
            one.award.id: (awards.current_copy(session, one.award.id), checking.state_of(session, one.award))
            for one in badges[:_CHECKED]
        }
    checks = {
        award_id: checking.live(visit.desk, copy, state, visit.speech.language)
        for award_id, (copy, state) in copies.items()
        if copy is not None
    }
    return page(
        visit,
        "home/shared.html",
        headers=headers,
        row=row,
        badges=badges,
        checks=checks,
        behind=behind,
        **_words(visit),
    )


# ---------------------------------------------------------------- a key of one's own


@routes.page("/home/did", ACCOUNT)
def did_page(visit: VisitDep) -> Response:
    """Show that a DID is mine."""
    return _did_page(visit)


def _did_page(visit: Visit, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        asked = dids.ask(session, visit.desk, visit.me.id, visit.now)
        return page(visit, "home/did.html", form=form, mistakes=mistakes, asked=asked)


@routes.form("/home/did", ACCOUNT)
def bind_did(visit: VisitDep, form: FormDep) -> Response:
    """Bind the DID whose key signed the challenge."""
    try:
        with visit.reading() as session:
            did = dids.prove(session, visit.desk, visit.me.id, form["challenge"], form["presentation"], visit.now)
        with visit.writing() as session:
            dids.bind(session, visit.me.id, did, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _did_page(visit, form, mistakes)
    return see(visit, "/home/did", "The DID is yours.")


@routes.form("/home/did/remove", ACCOUNT)
def unbind_did(visit: VisitDep, form: FormDep) -> Response:  # noqa: ARG001 - its token is checked
    """Forget the DID."""
    with visit.writing() as session:
        dids.unbind(session, visit.me.id, actor=visit.actor, now=visit.now)
    return see(visit, "/home/did", "The DID was removed from your account.")


# ---------------------------------------------------------------- settings and privacy


@routes.page("/home/settings", ACCOUNT)
def settings_page(visit: VisitDep) -> Response:
    """My choices for all badges, and what is kept about me."""
    return _settings_page(visit)


def _settings_page(visit: Visit, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        kept = services.settings_of(session, visit.me.id)
        filled = {
            "visibility": kept.visibility,
            "reminders": "yes" if kept.reminders else "",
            "version": kept.version,
        }
        return page(
            visit,
            "home/settings.html",
            form=form or Form.of(filled),
            mistakes=mistakes,
            organizations=services.belongs_to(session, visit.me.id),
            **_words(visit),
        )


@routes.form("/home/settings", ACCOUNT)
def change_settings(visit: VisitDep, form: FormDep) -> Response:
    """Keep my choices."""
    try:
        with visit.writing() as session:
            services.change_settings(
                session,
                visit.me.id,
                visibility=form["visibility"],
                reminders=form.on("reminders"),
                seen=whole(form["version"]),
                actor=visit.actor,
                now=visit.now,
            )
    except Mistakes as mistakes:
        return _settings_page(visit, form, mistakes)
    return see(visit, "/home/settings", "Saved.")


@routes.page("/home/export", ACCOUNT)
def export(visit: VisitDep) -> Response:
    """Everything about me in one file."""
    return export_of(visit)


def export_of(visit: Visit) -> Response:
    """The export of who is signed in, streamed."""
    with visit.reading() as session:
        found = exporting.gather(session, visit.me.id, visit.now)
    return StreamingResponse(
        exporting.zipped(visit.desk, found, visit.now),
        200,
        {
            "Content-Disposition": f'attachment; filename="badgeport-{visit.now:%Y-%m-%d}.zip"',
            "Cache-Control": "no-store",
        },
        exporting.MEDIA_TYPE,
    )


@routes.page("/home/erase", ACCOUNT)
def erase_page(visit: VisitDep) -> Response:
    """What erasing my account does."""
    return _erase_page(visit)


def _erase_page(visit: Visit, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        return page(
            visit,
            "home/erase.html",
            form=form,
            mistakes=mistakes,
            extent=erasing.extent(session, visit.me.id),
            erased=erasing.ERASED,
            kept=erasing.KEPT,
        )


@routes.form("/home/erase", ACCOUNT)
def erase(visit: VisitDep, form: FormDep) -> Response:
    """Erase my account."""
    try:
        require_own_email(visit, form["email"])
        with visit.writing() as session:
            erasing.erase_account(
                session, visit.desk, visit.me.id, actor=visit.actor, now=visit.now, why="asked for by the person"
            )
    except Mistakes as mistakes:
        return _erase_page(visit, form, mistakes)
    visit.desk.wake()
    # The session is gone with the account: whatever the cookie says is nobody's.
    return see(visit, "/", "Your account was erased.")


@routes.page("/o/{org}/awards/{award_id}/erase", members(Role.REGISTRAR))
def erase_recipient_page(visit: VisitDep, org: str, award_id: str) -> Response:  # noqa: ARG001
    """What erasing a badge does."""
    return _erase_recipient_page(visit, award_id)


def _erase_recipient_page(
    visit: Visit, award_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        award = awards.award_of(session, visit.here.id, award_id)
        return page(
            visit,
            "home/erase_recipient.html",
            form=form or Form.of({"version": award.version}),
            mistakes=mistakes,
            award=award,
            name=content.name_of(session, award),
        )


@routes.form("/o/{org}/awards/{award_id}/erase", members(Role.REGISTRAR))
def erase_recipient(visit: VisitDep, form: FormDep, org: str, award_id: str) -> Response:
    """Erase a badge, with who it was made to."""
    try:
        if not form["why"]:
            refuse("why", "Say why; others will ask.")
        with visit.writing() as session:
            erasing.erase_recipient(
                session,
                visit.desk,
                visit.here.id,
                award_id,
                seen=version_in(form),
                actor=visit.actor,
                now=visit.now,
                why=form["why"],
            )
    except Mistakes as mistakes:
        return _erase_recipient_page(visit, award_id, form, mistakes)
    return see(visit, f"/o/{org}/awards", "The badge was erased.")


# ---------------------------------------------------------------- shared by pages and programs


def require_own_email(visit: Visit, typed: str) -> None:
    """Who erases their account types their own address. Raises Mistakes."""
    if visit.identity is None or typed.lower() != visit.identity.email:
        refuse("email", "Type the e-mail address of your account to confirm.")


def stacks_of(
    visit: Visit, session: Session, badges: list[services.Earned]
) -> list[tuple[Organization, stacks.StackState]]:
    """The stacks I have begun, in every organisation that awarded me something."""
    held = {one.organization.id: one.organization for one in badges}.values()
    return [
        (organization, state)
        for organization in held
        for state in stacks.standing(session, organization.id, visit.me.id, now=visit.now)
        if state.progress.filled
    ]


def collection_problem(open_: bool) -> Response:
    """The answer to a program that asks for a collection that is over, or not signed yet."""
    if open_:
        return problem_response(Problem(NOT_FOUND, "the collection is being signed; ask again in a minute"))
    return problem_response(Problem(GONE, "the collection has expired or was withdrawn"))


def version_in(form: Form) -> int | None:
    """The version of what the form showed."""
    return whole(form["version"]) if form["version"] else None


def whole(text: str) -> int:
    """A whole number that was typed; -1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _words(visit: Visit) -> dict[str, Any]:
    return {
        "visibilities": services.VISIBILITIES,
        "visibility_words": services.VISIBILITY_WORDS,
        "standings": services.STANDINGS,
        "progress_words": services.PROGRESS,
        "now": visit.now,
    }
