"""What any secured credential or presentation looks like once it was taken apart, before anything was verified."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from badgeport.schemas.problems import Problem

if TYPE_CHECKING:
    from badgeport.keys.public import PublicKey
    from badgeport.proofs.jws import Jws
    from badgeport.proofs.sd_jwt import SdJwt

Form: TypeAlias = Literal["data-integrity", "vc-jwt", "vc+jwt", "vp+jwt", "vc+sd-jwt", "vp+sd-jwt", "unsecured"]
"""How a document is secured. ``vc-jwt`` is the Open Badges 3.0 profile (``typ`` is ``JWT`` or absent); the names with
a plus sign are those of VC-JOSE-COSE; ``data-integrity`` is a JSON document with embedded proofs."""


@dataclass(frozen=True, slots=True)
class ProofInfo:
    """One proof of a document, as it describes itself. Nothing here is verified.

    ``index`` counts the embedded proofs of the document from 0; it is 0 for a JWT's one signature. ``pointer`` leads to
    an embedded proof and is empty for a JWT. ``verification_method`` is ``proof.verificationMethod`` or the JWT's
    ``kid``; ``embedded_jwk`` is the public key in a JWT's header, which says nothing about whose it is. ``suite`` is
    the cryptosuite, the type of a proof without one, or the JWS ``alg``. For a JWT, ``created`` is ``iat``;
    ``not_before`` and ``expires`` are the nbf and exp of the signature, None where they restate the credential's own
    validity; ``domain`` and ``challenge`` are ``aud`` and ``nonce`` of a presentation or of a key binding.
    """

    index: int
    pointer: str
    kind: Literal["data-integrity", "jose", "sd-jwt"]
    verification_method: str | None
    suite: str
    purpose: str | None
    embedded_jwk: dict[str, Any] | None = None
    created: datetime | None = None
    not_before: datetime | None = None
    expires: datetime | None = None
    domain: str | tuple[str, ...] | None = None
    challenge: str | None = None
    id: str | None = None
    previous: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """What the holder's key binding JWT of an SD-JWT states (RFC 9901 §4.3): for whom, in answer to what, when."""

    audience: str
    nonce: str
    issued_at: datetime
    holder_key: PublicKey


@dataclass(frozen=True, slots=True)
class Opened:
    """A credential or presentation taken out of its securing. Verify each proof with `secured.verify_secured`.

    ``document`` is the credential or presentation as shown: without JWT claims, with an SD-JWT's disclosures put in
    place, and a VCDM 1.1 ``vc`` claim unwrapped. ``original`` is the input, byte for byte. ``header`` and ``payload``
    are those of a JWT as signed; ``claims`` are its registered claims. ``problems`` are faults of the JOSE header, each
    of which makes verification fail; ``warnings`` are sentences for people. ``disclosed`` are the pointers of members
    that an SD-JWT disclosed; ``undisclosed`` those of the objects and arrays in which something stayed hidden (or a
    decoy stands), where the empty pointer means the credential's top level.
    """

    form: Form
    document: dict[str, Any]
    proofs: tuple[ProofInfo, ...]
    original: bytes = field(repr=False)
    header: dict[str, Any] | None = None
    payload: dict[str, Any] | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    disclosed: tuple[str, ...] = ()
    undisclosed: tuple[str, ...] = ()
    key_binding: KeyBinding | None = None
    token: Jws | SdJwt | None = field(default=None, repr=False)

    @property
    def text(self) -> bytes | None:
        """The JSON text in which every member of the document stands; None where that is in several (an SD-JWT)."""
        if self.token is None:
            return self.original
        return None if "sd-jwt" in self.form else cast("Jws", self.token).payload
