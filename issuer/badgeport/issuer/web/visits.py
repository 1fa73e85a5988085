"""One request: who asks, in which organisation, in which language, and what they may."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from badgeport.web.answers import Refusal
from badgeport.web.origin import require_same_site
from badgeport.web.words import Words, language_for, words
from fastapi import Depends, Request
from sqlmodel import Session, col, select, update

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people import providers
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, ApiToken, Identity, Membership, Organization, SignIn
from badgeport.issuer.storage.secrets import token_hash
from badgeport.issuer.web.access import Access
from badgeport.issuer.web.texts import check_address
from badgeport.schemas.problems import NOT_ALLOWED, NOT_FOUND, REQUEST_REFUSED, SIGN_IN_REQUIRED

COOKIES = "badgeport"
"""What the names of all our cookies begin with."""
SESSION_COOKIE = "badgeport"
VISIT_COOKIE = "badgeport-visit"
"""What forms of people who are not signed in are bound to."""
LANGUAGE_COOKIE = "badgeport-language"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
STAFF_FACTORS = 2
SEEN_EVERY = timedelta(minutes=5)
TEXTS = ("badgeport.verifier.web", "badgeport.issuer.web", "badgeport.receiver.web")


@dataclass(slots=True)
class Visit:
    """Who asks and what they may.

    ``account``, ``identity`` and ``sign_in`` are of who is signed in, ``token`` of a program; ``org`` is the
    organisation of the path, ``roles`` what the person is in it. ``organizations`` are all they have a role in.
    ``now`` is one instant for the whole request.
    """

    request: Request
    desk: IssuerDesk
    access: Access
    now: datetime
    speech: Words
    account: Account | None = None
    identity: Identity | None = None
    sign_in: SignIn | None = None
    token: ApiToken | None = None
    org: Organization | None = None
    roles: frozenset[Role] = frozenset()
    organizations: Mapping[str, tuple[Organization, frozenset[Role]]] = field(default_factory=dict)
    fresh_cookie: str | None = None

    @property
    def actor(self) -> str:
        """How the audit log names who asks."""
        if self.token is not None:
            return f"token:{self.token.id}"
        return self.account.id if self.account is not None else "anonymous"

    @property
    def me(self) -> Account:
        """Who is signed in. Raises Refusal where nobody is."""
        if self.account is None:
            raise Refusal(SIGN_IN_REQUIRED, "sign in first")
        return self.account

    @property
    def here(self) -> Organization:
        """The organisation of the path. Raises Refusal where the path names none."""
        if self.org is None:
            raise Refusal(NOT_FOUND, "there is no such organization")
        return self.org

    @property
    def csrf(self) -> str:
        """What a form sent by this visitor's own pages bears."""
        bound = self.request.cookies.get(SESSION_COOKIE) if self.sign_in else None
        bound = bound or self.fresh_cookie or self.request.cookies.get(VISIT_COOKIE, "")
        return self.desk.secrets.mac("csrf", bound)

    def check_csrf(self, given: str) -> None:
        """Raises Refusal for a form that does not come from one of our own pages shown to this visitor."""
        bound = self.request.cookies.get(SESSION_COOKIE if self.sign_in else VISIT_COOKIE, "")
        if not bound or not hmac.compare_digest(given.encode(), self.desk.secrets.mac("csrf", bound).encode()):
            raise Refusal(
                REQUEST_REFUSED,
                "this form is from an earlier visit; go back, load the page again and send it once more",
            )

    @property
    def is_strong(self) -> bool:
        """Whether what the person is in organisations counts now: they signed in as strongly as that asks for."""
        return self.sign_in is not None and (not self.desk.second_factor or self.sign_in.factors >= STAFF_FACTORS)

    def may(self, *roles: Role) -> bool:
        """Whether the person has one of the roles here."""
        return not self.roles.isdisjoint(roles)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The one transaction in which this request changes something."""
        with self.desk.database.writing() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with self.desk.database.reading() as session:
            yield session

    def record(
        self, session: Session, action: str, target: str, detail: Mapping[str, Any] | None = None, why: str = ""
    ) -> None:
        """Write the audit log, for the organisation of the path."""
        log.record(
            session,
            actor=self.actor,
            action=action,
            target=target,
            at=self.now,
            org_id=self.org.id if self.org else None,
            detail=detail,
            why=why,
        )


def desk_of(request: Request) -> IssuerDesk:
    """The issuer's desk of the application that serves this request."""
    return cast("IssuerDesk", request.app.state.issuer)


def access_of(endpoint: object) -> Access:
    """The rule an endpoint states. Raises LookupError where it states none: then nobody gets in."""
    rule = getattr(endpoint, "badgeport_access", None)
    if not isinstance(rule, Access):
        raise LookupError("a route without a rule of access")
    return rule


def visit_of(request: Request) -> Visit:
    """Find out who asks and whether they may; the dependency of every route of the issuer. Raises Refusal."""
    check_address(request, COOKIES)
    desk = desk_of(request)
    visit = Visit(request, desk, access_of(request.scope["endpoint"]), desk.clock(), _speech(request, None))
    bearer = request.headers.get("authorization", "")
    with desk.database.reading() as session:
        if bearer:
            visit.token = _token(session, bearer, visit.now)
        else:
            _recognise(session, visit)
        _enter(session, visit)
    if request.method not in SAFE and visit.token is None:
        require_same_site(request, desk.public_url)
    _admit(visit)
    _note_use(visit)
    return visit


def _recognise(session: Session, visit: Visit) -> None:
    secret = visit.request.cookies.get(SESSION_COOKIE)
    if not secret:
        return
    statement = select(SignIn, Account).where(
        SignIn.token_hash == token_hash(secret), SignIn.account_id == Account.id, SignIn.expires > visit.now
    )
    found = session.exec(statement).first()
    if found is None or found[1].state != "active" or not _still_opens(session, *found):
        return
    visit.sign_in, visit.account = found
    visit.identity = session.get(Identity, visit.account.id)
    visit.speech = _speech(visit.request, visit.account.language)
    rows = session.exec(
        select(Organization, Membership.role)
        .where(Membership.org_id == Organization.id, Membership.account_id == visit.account.id)
        .order_by(Organization.name)
    )
    held: dict[str, tuple[Organization, frozenset[Role]]] = {}
    for organization, role in rows:
        before = held.get(organization.slug, (organization, frozenset()))[1]
        held[organization.slug] = (organization, before | {Role(role)})
    visit.organizations = held


def _still_opens(session: Session, sign_in: SignIn, account: Account) -> bool:
    """Whether a session that a provider's word began is enough for what the account has become since."""
    if sign_in.org_id is None:
        return True
    return providers.opens(session, account, session.get_one(Organization, sign_in.org_id))


def _token(session: Session, bearer: str, now: datetime) -> ApiToken:
    scheme, _, secret = bearer.partition(" ")
    found = session.exec(select(ApiToken).where(ApiToken.token_hash == token_hash(secret.strip()))).first()
    expired = found is not None and (found.revoked is not None or (found.expires is not None and found.expires <= now))
    if scheme.lower() != "bearer" or found is None or expired:
        raise Refusal(
            SIGN_IN_REQUIRED, "the token is unknown, expired or withdrawn", headers={"WWW-Authenticate": "Bearer"}
        )
    return found


def _enter(session: Session, visit: Visit) -> None:
    slug = visit.request.path_params.get("org")
    if slug is None:
        return
    visit.org = session.exec(select(Organization).where(Organization.slug == slug)).first()
    if visit.org is not None and slug in visit.organizations:
        visit.roles = visit.organizations[slug][1]


def _admit(visit: Visit) -> None:
    rule = visit.access
    if rule.who in ("everyone", "link", "instance"):
        return
    if visit.token is not None:
        if rule.scope is None or visit.org is None or visit.token.org_id != visit.org.id:
            raise Refusal(NOT_ALLOWED, "this token is not good for this address")
        if rule.scope not in visit.token.scopes:
            raise Refusal(NOT_ALLOWED, f"this token lacks the scope {rule.scope}")
        return
    if visit.account is None or visit.sign_in is None:
        raise Refusal(SIGN_IN_REQUIRED, "sign in first", headers={"WWW-Authenticate": "Bearer"})
    if rule.who == "operator" and not visit.account.operator:
        raise Refusal(NOT_ALLOWED, "only an operator of this installation may do this")
    if rule.who == "organization":
        if visit.org is None:
            raise Refusal(NOT_FOUND, "there is no such organization")
        if visit.roles.isdisjoint(rule.roles):
            raise Refusal(NOT_ALLOWED, "your roles in this organization do not include this")
    if visit.desk.second_factor and visit.sign_in.factors < rule.factors:
        raise Refusal(NOT_ALLOWED, "this needs a second factor: add one to your account, or sign in with it")


def _note_use(visit: Visit) -> None:
    """Write down, every few minutes at most, that a session or a token is in use: its owner sees which ones are."""
    signed_in, token = visit.sign_in, visit.token
    if signed_in is not None and visit.now - signed_in.seen >= SEEN_EVERY:
        with visit.writing() as session:
            session.exec(update(SignIn).where(col(SignIn.id) == signed_in.id).values(seen=visit.now))
    if token is not None and (token.last_used is None or visit.now - token.last_used >= SEEN_EVERY):
        with visit.writing() as session:
            session.exec(update(ApiToken).where(col(ApiToken.id) == token.id).values(last_used=visit.now))


def _speech(request: Request, preferred: str | None) -> Words:
    wanted = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or preferred
    return words(language_for(wanted, request.headers.get("accept-language", "")), *TEXTS)


VisitDep = Annotated[Visit, Depends(visit_of)]
"""How an endpoint asks for the visit."""
