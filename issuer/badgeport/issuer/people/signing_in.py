"""Sessions: begun after somebody showed who they are, and ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select
from starlette.responses import Response

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people.links import make_link
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Membership, Passkey, SignIn, Totp
from badgeport.issuer.storage.secrets import new_token, token_hash
from badgeport.issuer.web.pages import local_path, see
from badgeport.issuer.web.visits import SESSION_COOKIE, VISIT_COOKIE, Visit

EDUCATOR_LIVES = timedelta(days=14)
STAFF_LIVES = timedelta(hours=12)
PENDING_COOKIE = "badgeport-pending"
PENDING_LIVES = timedelta(minutes=10)
SIGN_IN_LINK = "sign-in"
"""The purpose of a link by which somebody signs in."""
SECOND_FACTOR = "second-factor"
"""The purpose of the secret that stands between the two factors."""


def start_session(
    session: Session,
    visit_or_desk: Visit | IssuerDesk,
    account: Account,
    factors: int,
    now: datetime,
    *,
    org_id: str | None = None,
) -> str:
    """Begin a session of a browser; answers the secret for its cookie. One that the visitor had before is ended.

    ``factors`` is 1 or 2. Who works for an organisation stays signed in for `STAFF_LIVES`, others for
    `EDUCATOR_LIVES`. Ask for the second factor first where the account has one (`welcome` does). ``org_id`` is the
    organisation whose provider's word alone begins it.
    """
    if isinstance(visit_or_desk, Visit) and visit_or_desk.sign_in is not None:
        session.exec(delete(SignIn).where(col(SignIn.id) == visit_or_desk.sign_in.id))
    secret = new_token()
    lives = STAFF_LIVES if is_staff(session, account) else EDUCATOR_LIVES
    row = SignIn(
        token_hash=token_hash(secret),
        account_id=account.id,
        factors=factors,
        org_id=org_id,
        created=now,
        seen=now,
        expires=now + lives,
    )
    session.add(row)
    session.flush()
    log.record(
        session,
        actor=account.id,
        action="account.signed-in",
        target=f"account:{account.id}",
        at=now,
        detail={"factors": factors},
    )
    return secret


def with_session_cookie(response: Response, visit: Visit, secret: str) -> Response:
    """The response with the cookie of a session that was just begun."""
    response.set_cookie(SESSION_COOKIE, secret, httponly=True, samesite="lax", secure=is_secure(visit.desk), path="/")
    response.delete_cookie(VISIT_COOKIE, path="/")
    response.delete_cookie(PENDING_COOKIE, path="/")
    return response


def welcome(session: Session, visit: Visit, account: Account, path: str, *, org_id: str | None = None) -> Response:
    """Let in who has just shown one factor, and send them on to ``path``, a path of this site.

    Where the account has a second factor it is asked for first; who needs one and has none is led to set one up.
    ``org_id`` is the organisation whose provider says who it is.
    In the transaction that used up what was shown (a link, say). What the caller does not want in cookies is not said.
    """
    goal = local_path(path)
    if has_second_factor(session, account.id):
        secret = make_link(
            session,
            visit.desk,
            purpose=SECOND_FACTOR,
            now=visit.now,
            lives=PENDING_LIVES,
            account_id=account.id,
            detail={"next": goal},
        )
        answer = see(visit, "/sign-in/second-factor")
        answer.set_cookie(
            PENDING_COOKIE,
            secret,
            max_age=int(PENDING_LIVES.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=is_secure(visit.desk),
            path="/sign-in",
        )
        return answer
    secret = start_session(session, visit, account, 1, visit.now, org_id=org_id)
    wanting = visit.desk.second_factor and is_staff(session, account)
    answer = see(visit, "/account/second-factor" if wanting else goal)
    return with_session_cookie(answer, visit, secret)


def has_second_factor(session: Session, account_id: str) -> bool:
    """Whether an account has a code generator or a passkey."""
    totp = session.get(Totp, account_id)
    if totp is not None and totp.confirmed is not None:
        return True
    return session.exec(select(Passkey.id).where(Passkey.account_id == account_id)).first() is not None


def is_staff(session: Session, account: Account) -> bool:
    """Whether a person is more than an educator anywhere."""
    if account.operator:
        return True
    statement = select(Membership.id).where(Membership.account_id == account.id, Membership.role != Role.EDUCATOR.value)
    return session.exec(statement).first() is not None


def end_sessions(session: Session, account_id: str, *, but: str | None = None) -> None:
    """End every session of an account, or all but one."""
    statement = delete(SignIn).where(col(SignIn.account_id) == account_id)
    if but is not None:
        statement = statement.where(col(SignIn.id) != but)
    session.exec(statement)


def is_secure(desk: IssuerDesk) -> bool:
    """Whether cookies are for https alone."""
    return desk.public_url.startswith("https://")
