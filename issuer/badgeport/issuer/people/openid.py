"""Sign-in by an organisation's OpenID provider (OpenID Connect Core 1.0: authorization code with PKCE).

An organisation's administrators say who its provider is. For which e-mail domains that provider is believed an operator
says, and says it of this one issuer: somebody's own provider would else open everybody's account. The name of the
variable with the client's secret follows from the organisation's short name: nobody has another secret of the
environment sent to a provider of theirs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk, OutboundError
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people.members import join_as_educator
from badgeport.issuer.people.providers import confirm, is_entrusted
from badgeport.issuer.people.services import (
    CHANGED_MEANWHILE,
    check_version,
    ensure_account,
    find_account,
    normal_email,
    prove_email,
)
from badgeport.issuer.people.tables import Account, FederatedIdentity, Organization
from badgeport.issuer.texts import is_fit
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError

CALLBACK = "/sign-in/openid/callback"
COOKIE = "badgeport-openid"
LIVES = timedelta(minutes=10)
SKEW_SECONDS = 120
_SEAL = "openid"
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+")
_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,300}")
_ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("EC", "P-384"): "ES384", ("OKP", "Ed25519"): "EdDSA"}


class OpenIdError(Exception):
    """A sign-in by a provider did not come about; the text says why, for the person and whoever helps them."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An organisation's provider and what its client is there."""

    issuer: str
    client_id: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Who a provider says somebody is."""

    issuer: str
    subject: str
    email: str
    name: str


# ---------------------------------------------------------------- settings


def provider_of(org: Organization) -> Provider | None:
    """The provider of an organisation, once an operator believes it for some domain."""
    held = org.sign_in
    if not held.get("issuer") or not held.get("clientId") or not held.get("domains"):
        return None
    return Provider(held["issuer"], held["clientId"], tuple(held["domains"]))


def providers(session: Session) -> Sequence[Organization]:
    """The organisations whose people can sign in by a provider."""
    rows = session.exec(select(Organization).order_by(Organization.name)).all()
    return [row for row in rows if row.closed is None and provider_of(row) is not None]


def unconfirmed(session: Session) -> Sequence[Organization]:
    """The organisations that named a provider which no operator believes yet, or no more since it was changed."""
    rows = session.exec(select(Organization).order_by(Organization.name)).all()
    return [row for row in rows if row.closed is None and row.sign_in.get("issuer") and provider_of(row) is None]


def secret_variable(org: Organization) -> str:
    """The environment variable that holds the client secret of an organisation's provider."""
    return f"BADGEPORT_OPENID_SECRET_{org.slug.upper().replace('-', '_')}"


def set_provider(
    session: Session,
    org: Organization,
    *,
    issuer: str,
    client_id: str,
    actor: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """Say who an organisation's provider is; empty texts: none.

    Another issuer is believed for no domain until an operator says so of it. Raises Mistakes (``issuer``,
    ``client_id``), Conflict where somebody changed the organisation since ``version``.
    """
    mistakes = Mistakes()
    row = session.get(Organization, org.id)
    if row is None:
        raise Absent
    check_version(row.version, version)
    if bool(issuer) != bool(client_id):
        mistakes.add("client_id" if issuer else "issuer", "Give both, or neither to have no such sign-in.")
    if issuer and not _is_address(issuer):
        mistakes.add("issuer", "Write the provider's issuer address, like https://login.example.org.")
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        mistakes.add("client_id", "Write the client id as the provider gave it.")
    if mistakes:
        raise mistakes
    believed = row.sign_in.get("domains", [])
    kept = believed if issuer == row.sign_in.get("issuer") else []
    row.sign_in = {"domains": kept, **({"issuer": issuer, "clientId": client_id} if issuer else {})}
    row.version += 1
    session.add(row)
    log.record(
        session,
        actor=actor,
        action="sign-in.changed",
        target=f"organization:{row.id}",
        at=now,
        org_id=row.id,
        detail={"issuer": issuer or None, "domainsDropped": [one for one in believed if one not in kept]},
    )


def set_domains(
    session: Session,
    org: Organization,
    domains: Sequence[str],
    *,
    issuer: str,
    actor: str,
    now: datetime,
    version: int | None = None,
) -> None:
    """Say for which e-mail domains an organisation's provider is believed; an operator's to say.

    ``issuer`` is the one that the operator saw and means. Raises Mistakes (``domains``), Conflict where the provider is
    another by now, or somebody changed the organisation since ``version``.
    """
    row = session.get(Organization, org.id)
    if row is None:
        raise Absent
    if issuer != row.sign_in.get("issuer", ""):
        raise Conflict(CHANGED_MEANWHILE)
    check_version(row.version, version)
    wanted = sorted({domain.strip().lower().removeprefix("@") for domain in domains if domain.strip()})
    mistakes = Mistakes()
    for domain in wanted:
        if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
            mistakes.add("domains", "This is no e-mail domain: {domain}", domain=domain[:80])
    if len(wanted) > 50:
        mistakes.add("domains", "Give at most {most} domains.", most=50)
    for other in session.exec(select(Organization).where(Organization.id != org.id)):
        for domain in set(other.sign_in.get("domains", ())) & set(wanted):
            mistakes.add("domains", "{domain} is another organization's already.", domain=domain)
    if wanted and not issuer:
        mistakes.add("domains", "Its administrators have named no provider that could be believed.")
    if mistakes:
        raise mistakes
    row.sign_in = {**row.sign_in, "domains": wanted}
    row.version += 1
    session.add(row)
    log.record(
        session,
        actor=actor,
        action="sign-in.domains-changed",
        target=f"organization:{row.id}",
        at=now,
        org_id=row.id,
        detail={"domains": wanted, "issuer": issuer or None},
    )


# ---------------------------------------------------------------- the flow


def begin(desk: IssuerDesk, org: Organization, path: str, now: datetime) -> tuple[str, str]:
    """Where to send the browser, and what it keeps in a cookie until it comes back. Raises OpenIdError."""
    provider = provider_of(org)
    if provider is None:
        raise Absent
    found = _discover(desk, provider)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": desk.url(CALLBACK),
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    kept = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "org": org.slug,
        "issuer": provider.issuer,
        "next": path,
        "until": (now + LIVES).timestamp(),
    }
    start = _endpoint(desk, found, "authorization_endpoint")
    joint = "&" if urlsplit(start).query else "?"
    return f"{start}{joint}{urlencode(asked)}", desk.secrets.seal(_SEAL, json.dumps(kept).encode())


def unsealed(desk: IssuerDesk, cookie: str, now: datetime) -> Mapping[str, Any] | None:
    """What a browser kept since it was sent away; None where it is not ours or its time is over."""
    opened = desk.secrets.unseal(_SEAL, cookie[:8000])
    kept = None if opened is None else json.loads(opened)
    return kept if kept is not None and kept["until"] > now.timestamp() else None


def finish(
    desk: IssuerDesk, org: Organization, kept: Mapping[str, Any], answer: Mapping[str, str], now: datetime
) -> Person:
    """Who came back from the provider. Talks to the provider: never in a transaction. Raises OpenIdError.

    ``kept`` is what the browser held (`unsealed`), ``answer`` the parameters it came back with.
    """
    provider = provider_of(org)
    if provider is None or provider.issuer != kept["issuer"]:
        raise OpenIdError("the settings of this sign-in were changed meanwhile")
    if not hmac.compare_digest(str(answer.get("state", "")).encode(), kept["state"].encode()):
        raise OpenIdError("the answer does not belong to this browser's request")
    # RFC 9207: an answer from another provider is not taken to ours.
    if answer.get("iss", provider.issuer) != provider.issuer:
        raise OpenIdError("the answer is from another provider")
    if "error" in answer or not answer.get("code"):
        raise OpenIdError("the provider did not sign you in")
    found = _discover(desk, provider)
    token = _token(desk, org, provider, found, answer["code"], kept["verifier"])
    claims = _claims(desk, found, token)
    _check(claims, provider, kept["nonce"], now)
    return _person(claims, provider)


def account_of(
    session: Session, org: Organization, person: Person, now: datetime, *, signed_in: str | None = None
) -> Account:
    """The account of who came from a provider, made where there is none. Raises OpenIdError.

    Whoever is known by the provider's name for them stays who they are when their address there changes; and only by
    that name (OpenID Connect Core 1.0, 5.7): an address may be given to somebody else one day. ``signed_in`` is the
    account that the browser is signed in to already, in another way than by a provider alone.
    """
    known = session.exec(
        select(FederatedIdentity).where(
            FederatedIdentity.issuer == person.issuer, FederatedIdentity.subject == person.subject
        )
    ).first()
    if known is not None:
        account = session.get(Account, known.account_id)
        if account is not None:
            _check_entrusted(session, org, account, known, signed_in)
    else:
        held = find_account(session, person.email)
        if held is not None:
            _check_link(session, held, person.issuer)
            _check_entrusted(session, org, held, None, signed_in)
        account = ensure_account(session, email=person.email, name=person.name, now=now)
        prove_email(session, account.id, now)
        known = FederatedIdentity(account_id=account.id, issuer=person.issuer, subject=person.subject, created=now)
        session.add(known)
        session.flush()
        log.record(
            session,
            actor=account.id,
            action="account.provider-linked",
            target=f"account:{account.id}",
            at=now,
            org_id=org.id,
            detail={"issuer": person.issuer},
        )
    if account is None or account.state != "active":
        raise OpenIdError("this account was closed")
    if account.id == signed_in:
        confirm(session, known, org, now)
    join_as_educator(session, org, account.id, now)
    return account


def _check_link(session: Session, held: Account, issuer: str) -> None:
    """Whether an account can be opened from now on by somebody whom the provider says to have its address."""
    other = select(FederatedIdentity.id).where(
        FederatedIdentity.account_id == held.id, FederatedIdentity.issuer == issuer
    )
    if session.exec(other).first() is not None:
        raise OpenIdError(
            "the account with this e-mail address is of somebody else there; ask an operator of this site"
        )


def _check_entrusted(
    session: Session, org: Organization, held: Account, known: FederatedIdentity | None, signed_in: str | None
) -> None:
    """Whether the provider's word is enough for an account as it is now: it may have got roles since it was linked."""
    linked = held.id == signed_in or (known is not None and known.confirmed is not None)
    if not linked and is_entrusted(session, held, org.id):
        raise OpenIdError("this account has roles beyond this organization; sign in to it another way first, then so")


# ---------------------------------------------------------------- talking to the provider


def _discover(desk: IssuerDesk, provider: Provider) -> Mapping[str, Any]:
    found = _get(desk, provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise OpenIdError("the provider's settings name another issuer")
    return found


def _token(
    desk: IssuerDesk, org: Organization, provider: Provider, found: Mapping[str, Any], code: str, verifier: str
) -> str:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": desk.url(CALLBACK),
        "code_verifier": verifier,
    }
    headers = {}
    secret = desk.environment.get(secret_variable(org))
    ways = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if not isinstance(ways, list):
        raise OpenIdError("the provider's settings cannot be read")
    if secret and "client_secret_basic" in ways:
        # RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
        pair = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        fields["client_id"] = provider.client_id
        if secret:
            fields["client_secret"] = secret
    outbound = _outbound(desk)
    try:
        answer = _object(outbound.post_form(_endpoint(desk, found, "token_endpoint"), fields, headers))
    except OutboundError as error:
        raise OpenIdError(f"the provider did not exchange the code: {error}") from None
    token = answer.get("id_token")
    if not isinstance(token, str) or len(token) > 20_000:
        raise OpenIdError("the provider's answer holds no id_token")
    return token


def _claims(desk: IssuerDesk, found: Mapping[str, Any], token: str) -> Mapping[str, Any]:
    """The claims of an id_token whose signature one of the provider's keys made. The algorithm is the key's."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    held = _get(desk, _endpoint(desk, found, "jwks_uri")).get("keys")
    if not isinstance(held, list):
        raise OpenIdError("the provider's keys cannot be read")
    try:
        header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
        kid = header.get("kid")
    except (ValueError, AttributeError):
        raise OpenIdError("the id_token is none") from None
    public = [
        key
        for key in held
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and (kid is None or key.get("kid") == kid)
    ]
    kinds: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    for key in public[:20] if kid is not None or len(public) == 1 else ():
        kind, curve = str(key.get("kty")), None if key.get("kty") == "RSA" else str(key.get("crv"))
        algorithm = _ALGORITHMS.get((kind, curve))
        if algorithm is None or key.get("alg", algorithm) != algorithm:
            continue
        try:
            return jwt.decode(token, kinds[key["kty"]].import_key(key), algorithms=[algorithm]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    raise OpenIdError("the id_token is not signed by a key of the provider")


def _check(claims: Mapping[str, Any], provider: Provider, nonce: str, now: datetime) -> None:
    """OpenID Connect Core 1.0, 3.1.3.7."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != provider.issuer:
        raise OpenIdError("the id_token is of another issuer")
    if provider.client_id not in audiences or (
        (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != provider.client_id
    ):
        raise OpenIdError("the id_token is meant for another client")
    moment, expires, issued = now.timestamp(), _number(claims.get("exp")), _number(claims.get("iat"))
    if expires is None or expires + SKEW_SECONDS <= moment:
        raise OpenIdError("the id_token has expired")
    if issued is None or issued - SKEW_SECONDS > moment:
        raise OpenIdError("the id_token is from the future; the clocks differ")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise OpenIdError("the id_token answers another request")


def _person(claims: Mapping[str, Any], provider: Provider) -> Person:
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 1 <= len(subject) <= 255 or not is_fit(subject):
        raise OpenIdError("the id_token does not say who you are")
    if not isinstance(email, str):
        raise OpenIdError("the provider does not tell your e-mail address; its client needs the scope email")
    if claims.get("email_verified", True) is not True:
        raise OpenIdError("the provider has not checked that your e-mail address is yours")
    try:
        address = normal_email(email)
    except Mistakes:
        raise OpenIdError("the provider tells no e-mail address that can be used") from None
    if address.rpartition("@")[2] not in provider.domains:
        raise OpenIdError("your e-mail address is of a domain that this sign-in is not for")
    name = claims.get("name")
    return Person(provider.issuer, subject, address, name[:200] if isinstance(name, str) and is_fit(name) else "")


def _get(desk: IssuerDesk, url: str) -> Mapping[str, Any]:
    try:
        return _object(_outbound(desk).get(url))
    except OutboundError as error:
        raise OpenIdError(f"the provider cannot be asked: {error}") from None


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        return jsontext.parse_object(body)
    except ProblemError:
        raise OpenIdError("the provider answered with what is no JSON object") from None


def _endpoint(desk: IssuerDesk, found: Mapping[str, Any], name: str) -> str:
    address = found.get(name)
    if not isinstance(address, str) or not _is_address(address):
        raise OpenIdError(f"the provider's settings hold no {name}")
    # On https a browser is never sent on by plain http, which others can read and change.
    if desk.public_url.startswith("https://") and address.startswith("http://") and not _is_loopback(address):
        raise OpenIdError(f"the provider's {name} is not https")
    return address


def _is_address(text: str) -> bool:
    if len(text) > 500 or not text.isascii() or any(sign.isspace() or sign in '\\"<>#@' for sign in text):
        return False
    parts = urlsplit(text)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(text)))


def _is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _outbound(desk: IssuerDesk) -> Any:
    if desk.outbound is None:
        raise OpenIdError("this installation does not talk to other servers")
    return desk.outbound
