"""An educator shows to control a DID: they sign a challenge of ours with its key, and paste what came out.

The proof is a verifiable presentation: a VP-JWT, or JSON with a Data Integrity proof (VCDM 2.0 section 4.13, VC Data
Integrity section 2.1). Only DIDs that hold their own key are taken (did:key, did:jwk): what somebody pastes here never
makes this server ask another.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people.tables import Identity
from badgeport.keys.cid import KeyDocument
from badgeport.keys.did import parse_did, resolve_offline, split_did_url
from badgeport.proofs.opened import Opened, ProofInfo
from badgeport.proofs.secured import open_secured, verify_secured
from badgeport.schemas.problems import ProblemError

LIVES = timedelta(minutes=30)
MOST_BYTES = 64 * 1024
CLOCK_SKEW = timedelta(minutes=5)
METHODS = ("key", "jwk")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a wallet is to sign: ``challenge`` (``nonce`` in a VP-JWT) for ``domain`` (``aud``), until ``expires``."""

    challenge: str
    domain: str
    expires: datetime


def ask(session: Session, desk: IssuerDesk, account_id: str, now: datetime) -> Asked:
    """A challenge for one account. It is good for one change: once a DID is bound, older challenges are worth nothing.

    Nothing is stored: the challenge says itself until when it is good, and is bound to the account by a keyed hash.
    Raises Absent where the account has no identity.
    """
    expires = (now + LIVES).replace(microsecond=0)
    stamp = str(int(expires.timestamp()))
    return Asked(f"{stamp}.{_mac(desk, account_id, _bound(session, account_id), stamp)}", desk.public_url, expires)


def prove(session: Session, desk: IssuerDesk, account_id: str, challenge: str, pasted: str, now: datetime) -> str:
    """The DID whose key signed ``challenge`` for this account in what was pasted. Raises Mistakes that say why not."""
    stamp, _, mac = challenge.partition(".")
    right = _mac(desk, account_id, _bound(session, account_id), stamp)
    if not hmac.compare_digest(mac.encode(), right.encode()):
        refuse("presentation", "The challenge is not one of yours. Take the one shown now and sign that.")
    if datetime.fromtimestamp(int(stamp), UTC) < now:
        refuse("presentation", "The challenge is older than half an hour. Take the one shown now and sign that.")
    data = pasted.strip().encode("utf-8")
    if not data:
        refuse("presentation", "Paste the presentation that your wallet made.")
    if len(data) > MOST_BYTES:
        refuse("presentation", "This is too long to be a presentation of a key.")
    try:
        opened = open_secured(data, limits=desk.limits)
    except ProblemError as error:
        refuse("presentation", "This could not be read as a presentation: {reason}", reason=error.problem.detail)
    return _controlled(desk, opened, challenge, now)


def bind(session: Session, account_id: str, did: str, *, actor: str, now: datetime) -> None:
    """Keep a DID that was proven; badges signed from now on bear it. Raises Absent, Conflict where it is another's."""
    identity = session.get(Identity, account_id)
    if identity is None:
        raise Absent
    other = select(Identity.account_id).where(Identity.did == did, col(Identity.account_id) != account_id)
    if session.exec(other).first() is not None:
        raise Conflict("Another account here has this DID already. One key stands for one person.")
    if identity.did != did:
        identity.did = did
        session.add(identity)
        # The log never says which DID: that is somebody's name in other places.
        log.record(session, actor=actor, action="account.did-bound", target=f"account:{account_id}", at=now)


def unbind(session: Session, account_id: str, *, actor: str, now: datetime) -> None:
    """Forget the DID; badges that bear it keep it. Raises Absent."""
    identity = session.get(Identity, account_id)
    if identity is None:
        raise Absent
    if identity.did is not None:
        identity.did = None
        session.add(identity)
        log.record(session, actor=actor, action="account.did-unbound", target=f"account:{account_id}", at=now)


def _bound(session: Session, account_id: str) -> str:
    identity = session.get(Identity, account_id)
    if identity is None:
        raise Absent
    return identity.did or ""


def _mac(desk: IssuerDesk, account_id: str, bound: str, stamp: str) -> str:
    return desk.secrets.mac("did challenge", f"{account_id} {bound} {stamp}")


def _controlled(desk: IssuerDesk, opened: Opened, challenge: str, now: datetime) -> str:
    if "VerifiablePresentation" not in _listed(opened.document.get("type")):
        refuse("presentation", "This is no verifiable presentation. A credential alone does not show whose key it is.")
    if len(opened.proofs) != 1:
        refuse("presentation", "The presentation needs exactly one proof.")
    proof = opened.proofs[0]
    if proof.kind == "sd-jwt":
        # There the challenge is answered with another key than the one that the proof names.
        refuse("presentation", "Sign a VP-JWT or a JSON presentation with a proof; this form is not taken here.")
    did = _signer(proof)
    holder = opened.document.get("holder")
    named = holder.get("id") if isinstance(holder, dict) else holder
    if named is not None and named != did:
        refuse("presentation", "The presentation names another holder than the key that signed it.")
    if opened.claims.get("iss") not in (None, did):
        refuse("presentation", "The presentation names another holder than the key that signed it.")
    _meant_for_us(desk, proof, challenge, now)
    try:
        document = resolve_offline(did)
        assert document is not None
        method_id = proof.verification_method or ""
        method = KeyDocument(document, did, desk.limits).method(method_id, "authentication")
        verify_secured(opened, proof, method.public_key, contexts=desk.contexts, limits=desk.limits)
    except ProblemError as error:
        refuse("presentation", "The signature does not hold: {reason}", reason=error.problem.detail)
    return did


def _signer(proof: ProofInfo) -> str:
    try:
        did, _ = split_did_url(proof.verification_method or "")
        method = parse_did(did).method
    except ProblemError:
        refuse("presentation", "The proof does not say which DID signed it.")
    if method not in METHODS:
        refuse(
            "presentation",
            "Only a DID that holds its own key can be bound: did:key or did:jwk. This is a did:{method}.",
            method=method,
        )
    return did


def _meant_for_us(desk: IssuerDesk, proof: ProofInfo, challenge: str, now: datetime) -> None:
    if proof.challenge != challenge:
        refuse("presentation", "The presentation answers another challenge than the one shown here.")
    domains = (proof.domain,) if isinstance(proof.domain, str) else proof.domain or ()
    if desk.public_url not in domains:
        refuse(
            "presentation", "The presentation was made for another site. It must name {domain}.", domain=desk.public_url
        )
    if proof.kind == "data-integrity" and proof.purpose != "authentication":
        refuse("presentation", "The proof was not made to authenticate its holder.")
    over = proof.expires is not None and proof.expires <= now
    early = any(one is not None and one > now + CLOCK_SKEW for one in (proof.created, proof.not_before))
    if over or early:
        refuse("presentation", "The proof is not valid now; look at the clock of the device that signed it.")


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
