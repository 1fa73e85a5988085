"""Registries in an OpenID Federation: statements about one issuer at a time, signed by the registry.

OpenID Federation 1.0 §3 (entity statements), §4 and §10 (chains to a trust anchor), §8.1 (fetch endpoint) and §9
(entity configurations). Only who is listed and by what name is read: metadata policies are not applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from badgeport.keys import did
from badgeport.keys.jwk import public_from_jwk
from badgeport.proofs import jws
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.trust.forms import MAXIMUM_KEYS, WELL_KNOWN, is_web_address
from badgeport.verifier.trust.sources import (
    Answer,
    Federation,
    FederationKey,
    ListedIssuer,
    RegistryError,
    TrustAnchor,
    settled_once,
)

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination

STATEMENT = "entity-statement+jwt"
MAXIMUM_CHAIN = 4
"""Steps from a registry up to its trust anchor."""
MAXIMUM_SUPERIORS = 4
"""Superiors of one entity that are tried on the way."""
MAXIMUM_CHAIN_FETCHES = 24
"""Documents asked for on the way from one registry to its trust anchor."""
_MAXIMUM_NAME = 500
_NOT_FOUND = re.compile(r"\banswered 404\b")

Keys = tuple[FederationKey, ...]


@dataclass(frozen=True, slots=True)
class _Entity:
    """What a federation entity says of itself, verified with ``keys``."""

    claims: Mapping[str, Any]
    keys: Keys

    @property
    def fetch_endpoint(self) -> str | None:
        """Where it is asked about those below it."""
        stated = _object(_object(self.claims, "metadata"), "federation_entity").get("federation_fetch_endpoint")
        return stated if isinstance(stated, str) and is_web_address(stated) else None


def ask(source: Federation, issuer: str, examination: Examination) -> Answer:
    """What the registry says of ``issuer``, once its statement is verified. Raises RegistryError."""
    itself = None if source.keys and source.fetch_endpoint is not None else _registry(source, examination)
    keys = itself.keys if itself is not None else source.keys
    endpoint = source.fetch_endpoint or (itself.fetch_endpoint if itself is not None else None)
    if endpoint is None:
        raise RegistryError("what it says of itself names no address to ask it at")
    try:
        token = _fetch(question(endpoint, issuer), examination)
    except FetchError as error:
        if not _NOT_FOUND.search(error.reason):
            raise RegistryError(error.reason) from None
        _confirm_endpoint(itself or _registry(source, examination), endpoint)
        return Answer()
    claims = _verified(token, keys, source.entity, issuer, examination, "its statement")
    return Answer(_listed(claims, issuer, source.name))


def question(endpoint: str, subject: str) -> str:
    """The address at which a fetch endpoint is asked about ``subject``; the endpoint may end in ``?sub=`` itself."""
    return f"{_plain(endpoint)}{'&' if '?' in _plain(endpoint) else '?'}sub={quote(subject, safe='')}"


def _plain(endpoint: str) -> str:
    return re.sub(r"[?&](sub=)?$", "", endpoint)


def _confirm_endpoint(itself: _Entity, endpoint: str) -> None:
    """Raises RegistryError unless the registry itself says that it is asked at this address.

    At an address that it has left, "not found" says nothing about an issuer.
    """
    stated = itself.fetch_endpoint
    if stated is None or _plain(stated) != _plain(endpoint):
        raise RegistryError("it answered 404 Not Found at an address that it does not call its own")


def _listed(claims: Mapping[str, Any], issuer: str, registry: str) -> ListedIssuer:
    metadata = _object(claims, "metadata")
    organization = _object(metadata, "federation_entity")
    legal_name = _text(_object(metadata, "institution_additional_information"), "legal_name")
    name = _text(organization, "organization_name") or legal_name
    return ListedIssuer(issuer, name, registry, legal_name, _text(organization, "homepage_uri"))


# -- the registry's own keys ----------------------------------------------------------------------------------------


def _registry(source: Federation, examination: Examination) -> _Entity:
    """What the registry says of itself, with the keys its reader may believe it by; settled once for an input."""
    return settled_once(examination.shared.registries, source, lambda: _settle(source, examination))


def _settle(source: Federation, examination: Examination) -> _Entity:
    token = _obtained(source.configuration, examination)
    if source.anchor is not None:
        return _Chain(source.anchor, examination).entity(source.entity, token, MAXIMUM_CHAIN)
    return _self_signed(token, source.entity, examination, source.keys)


def _self_signed(token: str, entity: str, examination: Examination, keys: Keys = ()) -> _Entity:
    """What an entity says of itself, verified with ``keys`` or else with those it states."""
    what = f"what {entity} says of itself"
    keys = keys or _stated_keys(_claims(token, examination, what))
    return _Entity(_verified(token, keys, entity, entity, examination, what), keys)


class _Chain:
    """The way from a registry up to the trust anchor its reader knows, at a bounded cost."""

    def __init__(self, anchor: TrustAnchor, examination: Examination) -> None:
        self._anchor = anchor
        self._examination = examination
        self._fetches = MAXIMUM_CHAIN_FETCHES

    def entity(self, entity: str, token: str, steps: int, below: tuple[str, ...] = ()) -> _Entity:
        """What ``entity`` says of itself, verified with keys that a chain of statements leads to.

        ``below`` are the entities between it and the issuer. Raises RegistryError where no chain leads to the anchor.
        """
        if _same(entity, self._anchor.id):
            return _self_signed(token, entity, self._examination, self._anchor.keys)
        itself = _self_signed(token, entity, self._examination)
        hints = itself.claims.get("authority_hints")
        reason = f"{entity} names nobody above it"
        for superior in (hints if isinstance(hints, list) else [])[:MAXIMUM_SUPERIORS]:
            if not is_web_address(superior) or superior in (*below, entity):
                continue
            if steps < 1:
                reason = f"no chain of at most {MAXIMUM_CHAIN} steps leads to it"
                break
            try:
                keys = self._keys_by(superior, entity, steps - 1, (*below, entity))
                claims = _verified(token, keys, entity, entity, self._examination, f"what {entity} says of itself")
            except RegistryError as error:
                reason = error.reason
                continue
            return _Entity(claims, keys)
        raise RegistryError(f"its trust anchor {self._anchor.id} was not reached: {reason}")

    def _keys_by(self, superior: str, subject: str, steps: int, below: tuple[str, ...]) -> Keys:
        """The keys of ``subject`` that its superior vouches for, once the superior is vouched for itself."""
        above = self.entity(superior, self._obtain(superior.rstrip("/") + WELL_KNOWN), steps, below)
        endpoint = above.fetch_endpoint
        if endpoint is None:
            raise RegistryError(f"{superior} names no address to ask it at")
        token, what = self._obtain(question(endpoint, subject)), f"the statement of {superior} about {subject}"
        claims = _verified(token, above.keys, superior, subject, self._examination, what)
        _check_constraints(claims, len(below), what)
        return _stated_keys(claims)

    def _obtain(self, url: str) -> str:
        self._fetches -= 1
        if self._fetches < 0:
            raise RegistryError("too many documents would have to be asked for")
        return _obtained(url, self._examination)


def _check_constraints(claims: Mapping[str, Any], between: int, what: str) -> None:
    """The constraints a superior sets (§6.2). One that is not known here is not passed over."""
    constraints = claims.get("constraints", {})
    if not isinstance(constraints, Mapping) or constraints.keys() - {"max_path_length"}:
        raise RegistryError(f"{what} sets constraints that cannot be checked here")
    longest = constraints.get("max_path_length")
    if longest is None:
        return
    if isinstance(longest, bool) or not isinstance(longest, int) or longest < between:
        raise RegistryError(f"{what} allows no chain of this length")


def _stated_keys(claims: Mapping[str, Any]) -> Keys:
    """The keys in a statement. Keys for other uses and of other kinds are passed over."""
    stated = _object(claims, "jwks").get("keys")
    found = []
    for jwk in (stated if isinstance(stated, list) else [])[:MAXIMUM_KEYS]:
        if not isinstance(jwk, Mapping):
            continue
        kid = jwk.get("kid")
        try:
            found.append(FederationKey(kid if isinstance(kid, str) else None, public_from_jwk(jwk)))
        except ProblemError:
            continue
    return tuple(found)


# -- statements -----------------------------------------------------------------------------------------------------


def _verified(
    token: str, keys: Keys, issuer: str, subject: str, examination: Examination, what: str
) -> Mapping[str, Any]:
    """The claims of an entity statement of ``issuer`` about ``subject`` (§3.2). Raises RegistryError.

    The signature comes first, so that nothing is reported about a statement that anybody may have written.
    """
    limits = examination.settings.limits
    try:
        parsed = jws.parse(token, limits)
        if jws.media_type(parsed.header.get("typ")) != STATEMENT:
            raise RegistryError(f"{what} is not an entity statement")
        jws.verify(parsed, _key_of(parsed, keys, what).key)
        claims = jws.payload_object(parsed, limits)
    except ProblemError as error:
        raise RegistryError(f"{what} does not verify: {error.problem.detail}") from None
    if "crit" in claims or "metadata_policy_crit" in claims:
        raise RegistryError(f"{what} demands extensions, and none is known")
    if not _same(claims.get("iss"), issuer):
        raise RegistryError(f"{what} was not made by {issuer}")
    if not _same_subject(claims.get("sub"), subject):
        raise RegistryError(f"{what} is about somebody else")
    made, ends = _instant(claims, "iat", what), _instant(claims, "exp", what)
    now, skew = examination.question.now.timestamp(), examination.skew.total_seconds()
    if made > now + skew:
        raise RegistryError(f"{what} was made in the future")
    if ends <= now - skew:
        raise RegistryError(f"{what} is no longer valid")
    return claims


def _key_of(parsed: jws.Jws, keys: Keys, what: str) -> FederationKey:
    kid = parsed.key_id
    named = [each for each in keys if kid is not None and kid in (each.id, each.key.thumbprint())]
    if kid is None and len(keys) == 1:
        return keys[0]
    if len(named) != 1:
        raise RegistryError(f"{what} names no key that is known to be its maker's")
    return named[0]


def _claims(token: str, examination: Examination, what: str) -> Mapping[str, Any]:
    """The claims of a statement that nobody has verified yet."""
    limits = examination.settings.limits
    try:
        return jws.payload_object(jws.parse(token, limits), limits)
    except ProblemError as error:
        raise RegistryError(f"{what} cannot be read: {error.problem.detail}") from None


def _instant(claims: Mapping[str, Any], name: str, what: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST:
        raise RegistryError(f"{what} has no date in {name}")
    return value


_LAST = datetime.max.year * 366 * 86_400


def _same(stated: object, entity: str) -> bool:
    """Whether a text is this entity's identifier; one slash at the end of an address makes no difference."""
    return isinstance(stated, str) and stated.removesuffix("/") == entity.removesuffix("/")


def _same_subject(stated: object, subject: str) -> bool:
    return isinstance(stated, str) and did.comparable(stated) == did.comparable(subject)


# -- documents ------------------------------------------------------------------------------------------------------


def _fetch(url: str, examination: Examination) -> str:
    """The text at ``url``. Raises FetchError."""
    body = examination.shared.documents.fetch(url, "registry").body
    return body.decode("ascii", "replace").strip()


def _obtained(url: str, examination: Examination) -> str:
    try:
        return _fetch(url, examination)
    except FetchError as error:
        raise RegistryError(f"{url} could not be had: {error.reason}") from None


def _object(claims: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    value = claims.get(member)
    return value if isinstance(value, Mapping) else {}


def _text(claims: Mapping[str, Any], member: str) -> str | None:
    value = claims.get(member)
    return value[:_MAXIMUM_NAME] if isinstance(value, str) and value else None
