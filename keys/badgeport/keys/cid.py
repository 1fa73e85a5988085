"""Controlled identifier documents (W3C Controlled Identifiers 1.0; DID documents are the same shape).

`KeyDocument.method` is the retrieval algorithm of §3.3 after the document was had, with its error types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from badgeport.keys.did import JWK_V1, comparable, split_did_url
from badgeport.keys.jwk import has_private_members, public_from_jwk
from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.public import PublicKey
from badgeport.keys.types import KeyType
from badgeport.schemas.contexts.urls import DID_V1, MULTIKEY_V1
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT,
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID,
    INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD_URL,
    KEY_NOT_VALID_AT_SIGNING,
    KEY_REVOKED,
    KEY_UNAVAILABLE,
    PRIVATE_KEY_EXPOSED,
    Problem,
    ProblemError,
)

RELATIONSHIPS = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation", "keyAgreement")
"""The verification relationships a proof purpose may name (Controlled Identifiers 1.0 §2.3)."""

CID_V1 = "https://www.w3.org/ns/cid/v1"
MAX_URL_CHARS = 4096
MULTIKEY_FRAGMENT_CHARS = 1600
"""The longest ``#z…`` fragment that is read as a key: an RSA key of the greatest size stays below it."""

MethodType = Literal["Multikey", "JsonWebKey"]

_PRIVATE_METHOD_MEMBERS = frozenset(
    {
        "secretKeyMultibase",
        "secretKeyJwk",
        "privateKeyMultibase",
        "privateKeyJwk",
        "privateKeyBase58",
        "privateKeyHex",
        "privateKeyPem",
    }
)
# Which key types a verification method type may hold, and in which member.
_MULTIBASE_TYPES: dict[str, frozenset[KeyType]] = {
    "Multikey": frozenset(KeyType),
    "Ed25519VerificationKey2020": frozenset({KeyType.ED25519}),
    "EcdsaSecp256r1VerificationKey2019": frozenset({KeyType.P256}),
    "EcdsaSecp384r1VerificationKey2019": frozenset({KeyType.P384}),
}
_JWK_TYPES = frozenset({"JsonWebKey", "JsonWebKey2020"})
_URL = re.compile(r"[!#$%&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]+")


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """A public key with what its document says of it.

    ``relationship_confirmed`` is False where the key was had without the document that lists it for the purpose (a key
    published by itself, a key in a URL fragment): ``controller`` is then only what the key's publisher claims, until
    `confirm_relationship` has seen the controller's own document.
    """

    id: str
    type: str
    controller: str
    public_key: PublicKey
    document_id: str
    created: datetime | None = None
    expires: datetime | None = None
    revoked: datetime | None = None
    also_known_as: tuple[str, ...] = ()
    relationship_confirmed: bool = True


class _Entry(NamedTuple):
    id: str
    body: Mapping[str, Any]
    pointer: str


def split_method_id(method_id: str) -> tuple[str, str | None]:
    """The URL of the document that a verification method id points into, and the fragment (None without one).

    Takes DID URLs and http(s) URLs; whether plain http may be fetched is the fetcher's policy.
    Raises ProblemError(INVALID_VERIFICATION_METHOD_URL).
    """
    if not isinstance(method_id, str) or len(method_id) > MAX_URL_CHARS or not _URL.fullmatch(method_id):
        raise _url_refused("the verification method is not a URL")
    if method_id.startswith("did:"):
        return split_did_url(method_id)
    try:
        parts = urlsplit(method_id)
        _ = parts.port
    except ValueError:
        raise _url_refused("the verification method is not a URL") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise _url_refused("the verification method is neither a DID URL nor an https URL")
    if "@" in parts.netloc:
        raise _url_refused("the verification method URL holds user information")
    document_url, hash_mark, fragment = method_id.partition("#")
    if "#" in fragment:
        raise _url_refused("the verification method URL has two fragments")
    return document_url, fragment if hash_mark else None


class KeyDocument:
    """A controlled identifier document whose methods were indexed once, to be asked for any number of them.

    A document may also be the key itself (an object with ``controller`` and ``publicKeyMultibase`` or
    ``publicKeyJwk``); its `method` then still needs to be confirmed by the controller's own document.
    """

    def __init__(self, document: Mapping[str, Any], document_url: str, limits: Limits = DEFAULT_LIMITS) -> None:
        """Index ``document``, had from ``document_url`` (a DID or an https URL).

        Members that are no methods are passed over: one unsound entry says nothing of the others. Raises ProblemError:
        INVALID_CONTROLLED_IDENTIFIER_DOCUMENT for what is no such document, INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID
        where it names another identifier, PRIVATE_KEY_EXPOSED where it shows any private key, and KEY_UNAVAILABLE where
        it describes more methods than ``limits.verification_methods``.
        """
        if not isinstance(document, Mapping):
            raise ProblemError(INVALID_CONTROLLED_IDENTIFIER_DOCUMENT, "the key document is not a JSON object")
        document_url = comparable(document_url)
        self._document = document
        self._url = document_url
        self._entries: dict[str, _Entry] = {}
        self._twofold: dict[str, str] = {}
        self._listed: dict[str, dict[str, None]] = {}
        self._usable: dict[str, tuple[VerificationMethod, ...]] = {}
        self._found: dict[tuple[str, str], VerificationMethod] = {}
        self._is_key = _is_key_object(document)
        if self._is_key:
            _refuse_private_members(document, "")
            return
        if not isinstance(document.get("id"), str):
            raise ProblemError(INVALID_CONTROLLED_IDENTIFIER_DOCUMENT, "the key document has no id", "/id")
        if comparable(document["id"]) != document_url:
            raise _document_id_refused("the key document's id is not the identifier it was asked for", "/id")
        self._index(limits.verification_methods)

    def method(self, method_id: str, purpose: str = "assertionMethod") -> VerificationMethod:
        """The method ``method_id``, which the document must list under ``purpose``. Raises ProblemError with the types
        of Controlled Identifiers 1.0 §3.3."""
        method_id = comparable(method_id)
        if self._is_key or purpose not in RELATIONSHIPS:
            return self._read(method_id, purpose)
        found = self._found.get((method_id, purpose))
        if found is None:
            found = self._read(method_id, purpose)
            # At most one for each of the document's methods and relationships: all else is refused.
            self._found[method_id, purpose] = found
        return found

    def _read(self, method_id: str, purpose: str) -> VerificationMethod:
        expected_url, _ = split_method_id(method_id)
        if self._url != expected_url:
            raise _document_id_refused("the key document is not the one the verification method points into", None)
        if self._is_key:
            return _key_object(self._document, method_id, self._url)
        entry = self._entry(method_id)
        if entry is None:
            raise _method_refused("the key document has no such verification method", None)
        method = _read_method(entry, self._url, _also_known_as(self._document))
        if method.controller != self._url:
            raise _method_refused(
                "the verification method's controller is not the document", entry.pointer + join("controller")
            )
        self._require_listed(method_id, purpose)
        return method

    def confirm(self, method: VerificationMethod, purpose: str = "assertionMethod") -> VerificationMethod:
        """``method``, which was published by itself, confirmed by this document of its controller.

        The document must list the method's id under ``purpose``. Where it also describes the method, it must be the
        same key with the same controller, and its dates count. Raises ProblemError as `method` does.
        """
        if method.controller != self._url:
            raise _method_refused("the verification method names another controller than this document", None)
        entry = self._entry(method.id)
        confirmed = replace(
            method, document_id=self._url, also_known_as=_also_known_as(self._document), relationship_confirmed=True
        )
        if entry is not None:
            described = _read_method(entry, self._url, confirmed.also_known_as)
            if (described.public_key, described.controller) != (method.public_key, method.controller):
                raise _method_refused("the controller's document describes the method as another key", entry.pointer)
            confirmed = replace(
                confirmed,
                created=described.created or method.created,
                expires=_earliest(described.expires, method.expires),
                revoked=_earliest(described.revoked, method.revoked),
            )
        self._require_listed(method.id, purpose)
        return confirmed

    def usable(self, purpose: str) -> tuple[VerificationMethod, ...]:
        """The sound methods that the document describes itself and lists under ``purpose``, in its order."""
        if purpose not in self._usable:
            self._usable[purpose] = tuple(self._sound(purpose))
        return self._usable[purpose]

    def _sound(self, purpose: str) -> Iterator[VerificationMethod]:
        for method_id in self._ids(purpose):
            if method_id in self._entries:
                try:
                    yield self.method(method_id, purpose)
                except ProblemError:
                    continue

    def _index(self, most: int) -> None:
        count = 0
        for member in ("verificationMethod", *RELATIONSHIPS):
            for index, value in enumerate(_items(self._document, member)):
                if not isinstance(value, Mapping):
                    continue
                pointer = join(member, index)
                _refuse_private_members(value, pointer)
                count += 1
                if count > most:
                    raise ProblemError(KEY_UNAVAILABLE, f"the key document describes more than {most} methods")
                method_id = _absolute(value.get("id"), self._url)
                if method_id is None:
                    continue
                first = self._entries.setdefault(method_id, _Entry(method_id, value, pointer))
                # The same method described again is one method; two descriptions under one id are not.
                if _described(first.body) != _described(value):
                    self._twofold.setdefault(method_id, pointer)

    def _entry(self, method_id: str) -> _Entry | None:
        if method_id in self._twofold:
            raise ProblemError(
                INVALID_CONTROLLED_IDENTIFIER_DOCUMENT,
                "two different verification methods have the same id",
                self._twofold[method_id],
            )
        return self._entries.get(method_id)

    def _ids(self, purpose: str) -> dict[str, None]:
        # A purpose is untrusted input: it selects among the relationships, never among all members of the document.
        if purpose not in RELATIONSHIPS:
            return {}
        if purpose not in self._listed:
            items = (item.get("id") if isinstance(item, Mapping) else item for item in _items(self._document, purpose))
            ids = (_absolute(item, self._url) for item in items)
            self._listed[purpose] = dict.fromkeys(each for each in ids if each is not None)
        return self._listed[purpose]

    def _require_listed(self, method_id: str, purpose: str) -> None:
        if method_id not in self._ids(purpose):
            raise ProblemError(
                INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD,
                "the key document does not list the verification method for the purpose of the proof",
                join(purpose) if purpose in RELATIONSHIPS else None,
            )


def lists_keys(document: Mapping[str, Any]) -> bool:
    """Whether a document has any member in which keys are listed, and so says which keys are its own."""
    return not document.keys().isdisjoint(("verificationMethod", *RELATIONSHIPS))


def verification_method(
    document: Mapping[str, Any], method_id: str, *, purpose: str = "assertionMethod", document_url: str
) -> VerificationMethod:
    """One verification method of a document; see `KeyDocument.method`, for a caller that asks for one alone.

    Raises ProblemError as `KeyDocument` and `KeyDocument.method` do.
    """
    expected_url, _ = split_method_id(method_id)
    if isinstance(document, Mapping) and document_url != expected_url:
        raise _document_id_refused("the key document is not the one the verification method points into", None)
    return KeyDocument(document, document_url).method(method_id, purpose)


def confirm_relationship(
    method: VerificationMethod, document: Mapping[str, Any], *, purpose: str = "assertionMethod", document_url: str
) -> VerificationMethod:
    """The method, confirmed by its controller's own document; see `KeyDocument.confirm`. Raises ProblemError."""
    if isinstance(document, Mapping) and method.controller != document_url:
        raise _method_refused("the verification method names another controller than this document", None)
    return KeyDocument(document, document_url).confirm(method, purpose)


def method_from_fragment(method_id: str) -> VerificationMethod | None:
    """The key that a method id of the form ``<controller>#<Multikey>`` carries in its fragment, or None.

    Needs no document, and so proves nothing about the controller: anyone can write such an id. Raises ProblemError
    for an id that is no URL, and PRIVATE_KEY_EXPOSED where the fragment is a private key.
    """
    controller, fragment = split_method_id(method_id)
    if not fragment or not fragment.startswith("z") or len(fragment) > MULTIKEY_FRAGMENT_CHARS:
        return None
    try:
        key = public_from_multikey(fragment)
    except ProblemError as error:
        if error.problem.type == PRIVATE_KEY_EXPOSED:
            raise
        return None
    return VerificationMethod(method_id, "Multikey", controller, key, controller, relationship_confirmed=False)


def key_window_problem(method: VerificationMethod, at: datetime) -> Problem | None:
    """Why a signature made at the aware instant ``at`` does not count, or None: key revoked, expired or not yet made.

    Controlled Identifiers 1.0 §2.2: at or after ``revoked`` or ``expires`` the key is not to be used. A revocation
    after ``at`` is no problem of the window; whether ``at`` can be believed then is the caller's question.
    """
    if method.revoked is not None and at >= method.revoked:
        return Problem(KEY_REVOKED, f"the key was revoked at {format_datetime(method.revoked)}")
    if method.expires is not None and at >= method.expires:
        return Problem(KEY_NOT_VALID_AT_SIGNING, f"the key expired at {format_datetime(method.expires)}")
    if method.created is not None and at < method.created:
        return Problem(KEY_NOT_VALID_AT_SIGNING, f"the key was made only at {format_datetime(method.created)}")
    return None


def method_entry(
    method_id: str,
    controller: str,
    public_key: PublicKey,
    *,
    method_type: MethodType | None = None,
    expires: datetime | None = None,
    revoked: datetime | None = None,
) -> dict[str, Any]:
    """One ``verificationMethod`` entry. Without ``method_type`` RSA and P-521 keys, which Multikey does not define,
    are JsonWebKey and all others Multikey."""
    if method_type is None:
        method_type = "JsonWebKey" if public_key.key_type in {KeyType.RSA, KeyType.P521} else "Multikey"
    entry: dict[str, Any] = {"id": method_id, "type": method_type, "controller": controller}
    if method_type == "Multikey":
        entry["publicKeyMultibase"] = public_key.to_multikey()
    else:
        entry["publicKeyJwk"] = public_key.to_jwk()
    if expires is not None:
        entry["expires"] = format_datetime(expires)
    if revoked is not None:
        entry["revoked"] = format_datetime(revoked)
    return entry


def build_document(
    controller: str,
    entries: Sequence[Mapping[str, Any]],
    *,
    purposes: Iterable[str] = ("assertionMethod", "authentication"),
    also_known_as: Sequence[str] = (),
) -> dict[str, Any]:
    """The controlled identifier document of ``controller``: a DID document for a DID, else a CID 1.0 document.

    ``entries`` come from `method_entry`; every one is listed under each of ``purposes`` by its absolute id.
    """
    context: list[str] | str = CID_V1
    if controller.startswith("did:"):
        types = {entry["type"] for entry in entries}
        context = [DID_V1, *([MULTIKEY_V1] * ("Multikey" in types)), *([JWK_V1] * ("JsonWebKey" in types))]
    document: dict[str, Any] = {"@context": context, "id": controller}
    if also_known_as:
        document["alsoKnownAs"] = list(also_known_as)
    document["verificationMethod"] = [dict(entry) for entry in entries]
    for purpose in purposes:
        document[purpose] = [entry["id"] for entry in entries]
    return document


def _is_key_object(document: Mapping[str, Any]) -> bool:
    return "verificationMethod" not in document and ("publicKeyMultibase" in document or "publicKeyJwk" in document)


def _key_object(document: Mapping[str, Any], method_id: str, document_url: str) -> VerificationMethod:
    if document.get("id") != method_id:
        raise _method_refused("the key document has another id than the verification method", "/id")
    method = _read_method(_Entry(method_id, document, ""), document_url, ())
    split_method_id(method.controller)
    return replace(method, relationship_confirmed=False)


def _items(document: Mapping[str, Any], member: str) -> list[Any]:
    """What a member lists; a document may leave out the brackets around one item."""
    value = document.get(member)
    return value if isinstance(value, list) else [value]


def _absolute(method_id: object, document_id: str) -> str | None:
    if not isinstance(method_id, str) or not method_id:
        return None
    return document_id + method_id if method_id.startswith("#") else comparable(method_id)


def _described(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a description says of a method: an id may be relative, and an embedded one may bring its own contexts."""
    return {member: value for member, value in body.items() if member not in ("id", "@context")}


def _read_method(entry: _Entry, document_url: str, also_known_as: tuple[str, ...]) -> VerificationMethod:
    body, pointer = entry.body, entry.pointer
    method_type, controller = body.get("type"), body.get("controller")
    if not isinstance(method_type, str):
        raise _method_refused("the verification method has no type", pointer + "/type")
    if not isinstance(controller, str) or not controller:
        raise _method_refused("the verification method has no controller", pointer + "/controller")
    try:
        key = _read_key(body, method_type)
    except ProblemError as error:
        raise ProblemError(error.problem.type, error.problem.detail, pointer) from None
    created, expires, revoked = (_instant(body, member, pointer) for member in ("created", "expires", "revoked"))
    return VerificationMethod(
        entry.id, method_type, comparable(controller), key, document_url, created, expires, revoked, also_known_as
    )


def _read_key(body: Mapping[str, Any], method_type: str) -> PublicKey:
    if "publicKeyMultibase" in body and "publicKeyJwk" in body:
        raise _method_refused("the verification method states its key twice", None)
    if method_type in _JWK_TYPES:
        return public_from_jwk(body.get("publicKeyJwk", {}))
    allowed = _MULTIBASE_TYPES.get(method_type)
    if allowed is None:
        raise _method_refused("the type of the verification method is not supported", None)
    key = public_from_multikey(body.get("publicKeyMultibase", ""))
    if key.key_type not in allowed:
        raise _method_refused(f"a {method_type} does not hold a key of type {key.key_type}", None)
    return key


def _instant(body: Mapping[str, Any], member: str, pointer: str) -> datetime | None:
    if member not in body:
        return None
    try:
        return parse_datetime(body[member])
    except ProblemError as error:
        detail = f"{member} of the verification method: {error.problem.detail}"
        raise _method_refused(detail, pointer + join(member)) from None


def _refuse_private_members(body: Mapping[str, Any], pointer: str) -> None:
    jwk = body.get("publicKeyJwk")
    exposed = not _PRIVATE_METHOD_MEMBERS.isdisjoint(body) or (isinstance(jwk, Mapping) and has_private_members(jwk))
    if exposed:
        raise ProblemError(PRIVATE_KEY_EXPOSED, "the key document shows a private key", pointer)


def _also_known_as(document: Mapping[str, Any]) -> tuple[str, ...]:
    value = document.get("alsoKnownAs")
    names = value if isinstance(value, list) else [value]
    return tuple(name for name in names if isinstance(name, str))


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((instant for instant in (one, other) if instant is not None), default=None)


def _url_refused(detail: str) -> ProblemError:
    return ProblemError(INVALID_VERIFICATION_METHOD_URL, detail, None)


def _document_id_refused(detail: str, pointer: str | None) -> ProblemError:
    return ProblemError(INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID, detail, pointer)


def _method_refused(detail: str, pointer: str | None) -> ProblemError:
    return ProblemError(INVALID_VERIFICATION_METHOD, detail, pointer)
