"""What operators of the installation do: people who run it, accounts that are closed, jobs that failed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from badgeport.issuer.audit import log
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people.services import ensure_account
from badgeport.issuer.people.signing_in import end_sessions
from badgeport.issuer.people.tables import Account


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
    """Close an account (``disabled``) or open it again (``active``). Raises Absent, Mistakes, Conflict."""
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
    action = "account.closed" if state == "disabled" else "account.reopened"
    log.record(session, actor=actor, action=action, target=f"account:{account.id}", at=now, why=why)
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
