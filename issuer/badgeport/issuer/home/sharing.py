"""Who may see a badge, as its earner says, and what else would tell of it: links that hold it, stacks it counts for."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.home import collections
from badgeport.issuer.home.services import VISIBILITIES, my_award, standing
from badgeport.issuer.mistakes import Conflict, refuse

_WHY = "The earner chose whether a badge of this stack is private."


def set_visibility(
    session: Session,
    account_id: str,
    award_id: str,
    visibility: str,
    *,
    seen: int | None,
    actor: str,
    now: datetime,
    out_of_links: bool = False,
) -> Award:
    """The earner says who may see a badge, and whether links that hold it go on showing it.

    Stacks that it counts for are signed again without the address of a badge that is private. Raises Mistakes, Absent,
    Conflict (changed since version ``seen``).
    """
    if visibility not in VISIBILITIES:
        refuse("visibility", "Choose who may see the badge.")
    award = my_award(session, account_id, award_id).award
    if seen is not None and seen != award.version:
        raise Conflict("The badge was changed in the meantime. Look at it again before you change it.")
    before = award.visibility
    if before != visibility:
        award.visibility = visibility
        award.version += 1
        session.add(award)
        log.record(
            session,
            actor=actor,
            action="award.visibility",
            target=f"award:{award.id}",
            at=now,
            org_id=award.org_id,
            detail={"from": before, "to": visibility},
        )
        if "private" in (before, visibility):
            session.flush()
            _sign_stacks_again(session, award, now)
    if out_of_links:
        collections.take_out(session, award, actor=actor, now=now)
    return award


def _sign_stacks_again(session: Session, award: Award, now: datetime) -> None:
    """Have the stacks of the same person that name a badge say what may be said of it now."""
    statement = select(Award).where(
        Award.account_id == award.account_id, Award.org_id == award.org_id, col(Award.id) != award.id
    )
    for stack in session.exec(statement):
        members = (stack.body.get("stack") or {}).get("members", ())
        named = any(str(one.get("credential", "")).endswith(f"/c/{award.id}") for one in members)
        if named and standing(stack, now) in ("active", "suspended", "due"):
            awards.want_edition(session, stack, _WHY, now=now)
