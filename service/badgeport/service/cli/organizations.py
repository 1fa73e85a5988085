"""`badgeport org`, `badgeport token` and `badgeport audit`: what operators do on the server itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import fail, plain, print_json, say, show

OPERATOR = "operator"
"""How the audit log names who works on the server."""
LINK_LIVES = timedelta(hours=24)


def create_organization(
    slug: str, name: str, kind: str, own_domain: str | None, administrator: str | None, as_json: bool
) -> None:
    """Make an organisation with its keys; an invitation is printed for its first administrator."""
    from badgeport.web.words import words

    from badgeport.issuer.people import keys, services
    from badgeport.issuer.people.members import invite
    from badgeport.issuer.people.roles import Role
    from badgeport.issuer.web.visits import TEXTS

    with _desk() as desk:
        now = desk.clock()
        mistakes = Mistakes()
        services.check_slug(slug, mistakes)
        if mistakes:
            raise mistakes
        with desk.database.reading() as session:
            try:
                services.organization(session, slug)
                fail(f"there is an organization {slug} already")
            except Absent:
                pass
        made = keys.prepare_keys(desk, keys.issuer_did(desk, slug, own_domain), slug)
        with desk.database.writing() as session:
            org = services.create_organization(
                session,
                desk,
                slug=slug,
                name=name,
                kind=kind,
                actor=OPERATOR,
                now=now,
                keys=made,
                own_domain=own_domain,
            )
            if administrator is not None:
                invite(
                    session,
                    desk,
                    org,
                    emails=[administrator],
                    roles=[Role.ADMINISTRATOR],
                    school_id=None,
                    actor=OPERATOR,
                    now=now,
                    speech=words("en", *TEXTS),
                )
    if as_json:
        print_json({"slug": org.slug, "name": org.name, "kind": org.kind, "did": org.did})
        return
    show(org.did)
    if administrator is not None:
        say(f"an invitation for {administrator} is with the mail; a worker sends it")


def add_operator(email: str, name: str, as_json: bool) -> None:
    """Let a person run the installation, and print a link by which they sign in."""
    from badgeport.issuer.people.links import make_link
    from badgeport.issuer.people.operating import make_operator
    from badgeport.issuer.people.signing_in import SIGN_IN_LINK

    with _desk() as desk, desk.database.writing() as session:
        now = desk.clock()
        account = make_operator(session, email=email, name=name, actor=OPERATOR, now=now)
        secret = make_link(
            session,
            desk,
            purpose=SIGN_IN_LINK,
            now=now,
            lives=LINK_LIVES,
            account_id=account.id,
            detail={"next": "/operator"},
        )
        link = desk.url(f"/sign-in/link/{secret}")
    if as_json:
        print_json({"account": account.id, "link": link})
        return
    say("this link signs in once, within 24 hours; give it to nobody else")
    show(link)


def reset_second_factor(email: str, why: str, as_json: bool) -> None:
    """Take every second factor off the account of somebody who lost theirs; a worker tells them by mail."""
    from badgeport.issuer.people import operating
    from badgeport.issuer.people.services import find_account

    with _desk() as desk, desk.database.writing() as session:
        account = find_account(session, email)
        if account is None:
            fail(f"there is no account with the address {email}")
        operating.reset_second_factor(session, desk, account.id, actor=OPERATOR, now=desk.clock(), why=why)
    if as_json:
        print_json({"account": account.id})
        return
    show(f"the account {account.id} has no second factor any more")


def create_token(slug: str, name: str, scopes: list[str], days: int | None, as_json: bool) -> None:
    """Make an API token of an organisation, and print its secret this once."""
    from badgeport.issuer.people import services, tokens

    with _desk() as desk, desk.database.writing() as session:
        try:
            org = services.organization(session, slug)
        except Absent:
            fail(f"there is no organization {slug}")
        row, secret = tokens.make_token(
            session, org, name=name, scopes=scopes, days=days, actor=OPERATOR, now=desk.clock()
        )
    if as_json:
        expires = None if row.expires is None else row.expires.isoformat()
        print_json({"id": row.id, "organization": slug, "scopes": row.scopes, "expires": expires, "token": secret})
        return
    say("keep it as you would keep a password; it is shown this once")
    show(secret)


def verify_log(as_json: bool) -> int:
    """Check the chain of the audit log; the exit code is 1 where it is broken."""
    from badgeport.issuer.audit import services

    with _desk() as desk, desk.database.reading() as session:
        chain = services.check(session)
    if as_json:
        print_json(
            {"whole": chain.broken is None, "entries": chain.entries, "head": chain.head, "firstBroken": chain.broken}
        )
    elif chain.broken is None:
        show(f"whole: {chain.entries} entries, the last one {chain.head}")
    else:
        show(f"broken: entry {chain.broken} does not follow from the one before")
    return 0 if chain.broken is None else 1


def export_log(slug: str | None, output: str | None) -> None:
    """Write the audit log as lines of JSON with their hashes."""
    from badgeport.issuer.audit import services
    from badgeport.issuer.people.services import organization

    with _desk() as desk, desk.database.reading() as session:
        org_id = None
        if slug is not None:
            try:
                org_id = organization(session, slug).id
            except Absent:
                fail(f"there is no organization {slug}")
        if output is None or output == "-":
            for line in services.lines(session, org_id):
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            return
        try:
            # It names accounts by ids alone, yet it is nobody else's.
            handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                for line in services.lines(session, org_id):
                    stream.write(line)
        except OSError as error:
            fail(f"{output}: {(error.strerror or 'it cannot be written').lower()}")


@contextmanager
def _desk() -> Iterator[IssuerDesk]:
    """The issuer's desk of this environment; what goes wrong is said plainly."""
    from badgeport.service.cli.database import issuer_desk

    try:
        with issuer_desk() as desk:
            yield desk
    except ProblemError as error:
        fail(plain(error))
    except (Mistakes, Conflict) as error:
        fail(str(error))
