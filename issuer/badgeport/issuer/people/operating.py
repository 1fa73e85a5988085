"""What operators of the installation do: people who run it, accounts that are closed, jobs that failed."""

from __future__ import annotations

from datetime import datetime

from badgeport.web.words import words
from sqlmodel import Session

from badgeport.issuer.audit import log
from badgeport.issuer.awards.mail import post
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people.factors import remove_all
from badgeport.issuer.people.services import ensure_account, identity
from badgeport.issuer.people.signing_in import end_sessions, has_second_factor
from badgeport.issuer.people.tables import Account
from badgeport.issuer.people.tokens import withdraw_tokens_of
from badgeport.issuer.web.visits import TEXTS


def make_operator(session: Session, *, email: str, name: str, actor: str, now: datetime) -> Account:
    """Let a person run the installation; their account is made where there is none. Raises Mistakes (``email``)."""
    account = ensure_account(session, email=email, name=name, now=now)
    if account.state != "active":
        raise Conflict("This account was closed.")
    if not account.operator:
        account.operator = True
        session.add(account)
        log.record(session, actor=actor, action="operator.made", target=f"account:{account.id}", at=now)
    return account


def set_state(session: Session, account_id: str, state: str, *, actor: str, now: datetime, why: str) -> Account:
    """Close an account (``disabled``) or open it again (``active``). Raises Absent, Mistakes, Conflict.

    The tokens of programs that the person made end with the account: they know the secrets.
    """
    account = session.get(Account, account_id)
    if account is None or account.state == "erased" or state not in ("active", "disabled"):
        raise Absent
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    if account_id == actor:
        raise Conflict("Nobody closes their own account here.")
    if account.state == state:
        raise Conflict("It is so already.")
    account.state = state
    session.add(account)
    if state == "disabled":
        end_sessions(session, account.id)
        withdraw_tokens_of(session, account.id, actor=actor, now=now, why=why)
    action = "account.closed" if state == "disabled" else "account.reopened"
    log.record(session, actor=actor, action=action, target=f"account:{account.id}", at=now, why=why)
    return account


def reset_second_factor(
    session: Session, desk: IssuerDesk, account_id: str, *, actor: str, now: datetime, why: str
) -> Account:
    """Take every second factor off the account of somebody who lost theirs; they are signed out and told by mail.

    Whoever needs one is led to set another one up when they sign in next. Raises Absent, Mistakes (``why``), Conflict.
    """
    account, who = session.get(Account, account_id), identity(session, account_id)
    if account is None or who is None:
        raise Absent
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    if account_id == actor:
        raise Conflict("Change your own second factor in your account.")
    if not has_second_factor(session, account_id):
        raise Conflict("This account has no second factor.")
    remove_all(session, account_id)
    end_sessions(session, account_id)
    say = words(account.language, *TEXTS).say
    post(
        session,
        address=who.email,
        subject=say("Your second factor was removed"),
        body=say(
            "An operator of {site} removed the second factor of your account, because it was said to be lost: code "
            "generator, passkeys and recovery codes work no more. Sign in and set up another one.\n\n"
            "If you did not ask for it, tell the operator at once.",
            site=desk.public_url,
        ),
        now=now,
    )
    log.record(
        session, actor=actor, action="account.second-factor-reset", target=f"account:{account_id}", at=now, why=why
    )
    return account


def retry(session: Session, job_id: str, *, actor: str, now: datetime) -> Job:
    """Have a job that failed tried again. Raises Absent, Conflict where it waits for nobody."""
    job = session.get(Job, job_id)
    if job is None:
        raise Absent
    if not job.failed:
        raise Conflict("This job is being tried by itself.")
    queue.ask(session, job.kind, job.key, now=now, org_id=job.org_id)
    log.record(
        session,
        actor=actor,
        action="job.retried",
        target=f"job:{job.id}",
        at=now,
        org_id=job.org_id,
        detail={"kind": job.kind, "key": job.key},
    )
    return job


def retry_all(session: Session, *, actor: str, now: datetime) -> int:
    """Have every job that failed tried again; answers how many. Raises Conflict where none waits."""
    count = queue.ask_failed_again(session, now=now)
    if not count:
        raise Conflict("No job waits for you.")
    log.record(session, actor=actor, action="job.retried", target="job:all", at=now, detail={"jobs": count})
    return count
