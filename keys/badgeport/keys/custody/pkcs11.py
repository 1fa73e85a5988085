"""Keys in hardware tokens over PKCS#11, named by URI (RFC 7512).

A subset of the URI: ``token``, ``serial``, ``object``, ``id`` and ``type=private`` in the path, ``module-path`` and
``pin-source=env:NAME`` in the query. A PIN in the URI is refused, because key URIs are stored and shown.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from badgeport.keys.custody.local import named_signer
from badgeport.keys.ecdsa import der_from_raw
from badgeport.keys.private import require, unusable
from badgeport.keys.public import CURVES, PublicKey, digest, public_from_raw
from badgeport.keys.signer import Signer
from badgeport.keys.types import COORDINATE_BYTES, KeyType
from badgeport.schemas.problems import ProblemError

_PATH_ATTRIBUTES = frozenset({"token", "serial", "object", "id", "type"})
_QUERY_ATTRIBUTES = frozenset({"module-path", "pin-source"})
_CURVE_PARAMETERS = {
    bytes.fromhex("06082a8648ce3d030107"): KeyType.P256,
    bytes.fromhex("06052b81040022"): KeyType.P384,
}
_ED25519_BYTES = 32
_LOST = frozenset({"SessionHandleInvalid", "SessionClosed", "DeviceRemoved", "TokenNotPresent", "UserNotLoggedIn"})
_TRIAL = b"badgeport: trial signature, made when a token is opened"


class _Location(NamedTuple):
    module_path: str
    token: str | None
    serial: str | None
    label: str | None
    key_id: bytes | None
    pin_variable: str | None


class _Session(NamedTuple):
    session: Any
    lock: threading.Lock


# One session a token: a second log-in is an error in PKCS#11, and closing one session logs all of them out.
_sessions: dict[tuple[str, int], _Session] = {}
_sessions_lock = threading.Lock()


def load(
    uri: str,
    *,
    passphrase: Callable[[], str] | None = None,
    verification_method: str | None = None,
    controller: str | None = None,
    public_key: PublicKey | None = None,
) -> Signer:
    """The signer of a token's private key, after a trial signature showed that the token's two halves belong together.

    The PIN comes from ``pin-source``, else from ``passphrase``. Signers of one token share a session and sign one at a
    time. Open signers after a process has forked, never before. Raises ProblemError(KEY_CUSTODY_ERROR).
    """
    location = _parse(uri)
    try:
        import pkcs11
    except ImportError:
        raise unusable("PKCS#11 needs the package python-pkcs11: install badgeport[pkcs11]") from None
    try:
        session = _session(pkcs11, location, passphrase)
        with session.lock:
            private = _object(session, pkcs11.ObjectClass.PRIVATE_KEY, location)
            public = _public_key(pkcs11, _object(session, pkcs11.ObjectClass.PUBLIC_KEY, location))
    except RuntimeError as error:  # the binding's own errors, and the loader's where the library is missing
        fault = type(error).__name__
        _forget_lost(location.module_path, fault)
    else:
        sign = partial(_sign, pkcs11, private, session.lock, public.key_type)
        signer = named_signer(
            public, sign, verification_method=verification_method, controller=controller, expected=public_key
        )
        if not public.verify(sign(_TRIAL), _TRIAL):
            raise unusable("the token's private key does not belong to its public key of the same name")
        return signer
    raise unusable(f"the PKCS#11 token could not be used: {fault}")


def _parse(uri: str) -> _Location:
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    names = _attributes(path, ";", _PATH_ATTRIBUTES)
    options = _attributes(query, "&", _QUERY_ATTRIBUTES)
    if names.get("type", "private") != "private":
        raise unusable("the PKCS#11 URI names an object that is not a private key")
    if not ({"object", "id"} & names.keys() and {"token", "serial"} & names.keys()):
        raise unusable("the PKCS#11 URI needs a token or serial, and an object or id")
    module_path = require(options.get("module-path"), "the PKCS#11 URI needs module-path, the driver library")
    source = options.get("pin-source")
    scheme, _, variable = (source or "").partition(":")
    if source is not None and (scheme != "env" or not variable):
        raise unusable("the PKCS#11 URI's pin-source is not env:NAME")
    key_id = unquote_to_bytes(names["id"]) if "id" in names else None
    token, serial, label = (unquote(names[name]) if name in names else None for name in ("token", "serial", "object"))
    return _Location(unquote(module_path), token, serial, label, key_id, variable or None)


def _attributes(text: str, separator: str, allowed: frozenset[str]) -> dict[str, str]:
    attributes: dict[str, str] = {}
    for attribute in filter(None, text.split(separator)):
        name, _, value = attribute.partition("=")
        if name == "pin-value":
            raise unusable("a PIN does not belong in a key URI: use pin-source=env:NAME")
        if name not in allowed:
            raise unusable(f"the PKCS#11 URI may name {', '.join(sorted(allowed))} here, nothing else")
        if name in attributes or not value:
            raise unusable(f"the PKCS#11 URI's {name} is empty or given twice")
        attributes[name] = value
    return attributes


def _session(module: Any, location: _Location, passphrase: Callable[[], str] | None) -> _Session:
    library = module.lib(location.module_path)
    criteria = {"token_label": location.token, "token_serial": location.serial and location.serial.encode()}
    token = library.get_token(**{name: value for name, value in criteria.items() if value is not None})
    place = (location.module_path, token.slot.slot_id)
    with _sessions_lock:
        held = _sessions.get(place)
        if held is None:
            held = _Session(token.open(user_pin=_pin(location, passphrase)), threading.Lock())
            _sessions[place] = held
    return held


def _forget_lost(module_path: str, fault: str) -> None:
    # A token that was pulled out or restarted needs a new log-in; the next call makes it.
    if fault in _LOST:
        with _sessions_lock:
            for place in [place for place in _sessions if place[0] == module_path]:
                del _sessions[place]


def _pin(location: _Location, passphrase: Callable[[], str] | None) -> str:
    if location.pin_variable is None:
        return require(passphrase, "the PKCS#11 token needs its PIN: give pin-source=env:NAME in the URI")()
    return require(
        os.environ.get(location.pin_variable), f"the environment variable {location.pin_variable} is not set"
    )


def _object(session: _Session, object_class: Any, location: _Location) -> Any:
    return session.session.get_key(object_class=object_class, label=location.label, id=location.key_id)


def _public_key(module: Any, token_object: Any) -> PublicKey:
    """The public key object of a token (PKCS#11 v3.1 §6.1, §6.3.3)."""
    attribute, kind = module.Attribute, token_object.key_type
    try:
        if kind == module.KeyType.RSA:
            modulus, exponent = (token_object[name] for name in (attribute.MODULUS, attribute.PUBLIC_EXPONENT))
            numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
            return PublicKey.of(numbers.public_key())
        point = bytes(token_object[attribute.EC_POINT])
        if kind == module.KeyType.EC_EDWARDS:
            return public_from_raw(KeyType.ED25519, point[-_ED25519_BYTES:])
        key_type = _CURVE_PARAMETERS.get(bytes(token_object[attribute.EC_PARAMS]))
        if key_type is not None:
            # Tokens give the point bare or wrapped in a DER OCTET STRING; either way it is what stands at the end.
            encoded = point[-(1 + 2 * COORDINATE_BYTES[key_type]) :]
            return PublicKey.of(ec.EllipticCurvePublicKey.from_encoded_point(CURVES[key_type], encoded))
    except (ValueError, TypeError, ProblemError):
        raise unusable("the token's public key object is not a sound key") from None
    raise unusable("the token's key is of a type or curve that is not supported")


def _sign(module: Any, key: Any, lock: threading.Lock, key_type: KeyType, message: bytes) -> bytes:
    mechanism = module.Mechanism
    try:
        with lock:
            if key_type is KeyType.RSA:
                return bytes(key.sign(message, mechanism=mechanism.SHA256_RSA_PKCS))
            if key_type is KeyType.ED25519:
                return bytes(key.sign(message, mechanism=mechanism.EDDSA))
            # Few tokens hash for ECDSA with every hash, so the digest is made here; the answer is r || s already.
            signature = bytes(key.sign(digest(message, key_type), mechanism=mechanism.ECDSA))
    except module.PKCS11Error as error:
        fault = type(error).__name__
    else:
        der_from_raw(signature, key_type)
        return signature
    raise unusable(f"the PKCS#11 token did not sign: {fault}")
