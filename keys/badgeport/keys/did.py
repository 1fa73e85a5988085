"""Decentralized identifiers: did:key and did:jwk, which need no network, and the URL mapping of did:web.

Failures are INVALID_VERIFICATION_METHOD_URL where the text is not a DID of the method, and the codecs' own types where
the key inside is bad.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_to_bytes

from badgeport.keys.jwk import has_private_members, public_from_jwk
from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.public import PublicKey
from badgeport.schemas import jsontext
from badgeport.schemas.contexts.urls import DID_V1, MULTIKEY_V1
from badgeport.schemas.encoding import b64url_decode, b64url_encode
from badgeport.schemas.problems import (
    INVALID_VERIFICATION_METHOD_URL,
    PRIVATE_KEY_EXPOSED,
    ProblemError,
)

MAX_DID_CHARS = 4096
"""The longest DID that is read; a did:jwk of the largest RSA key stays below it."""

JWK_V1 = "https://w3id.org/security/jwk/v1"
"""The JSON-LD context of JsonWebKey methods; key documents name it, and are never canonicalized."""

_DID = re.compile(r"did:([a-z0-9]+):((?:[A-Za-z0-9._:-]|%[0-9A-Fa-f]{2})*(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2}))")
_FRAGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_WEB_HOST = re.compile(r"\Adid:web:[^:/?#]*")
_KEY_VERSION = re.compile(r"1(?:\.1)?:")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_MAX_HOST_CHARS = 253
_SIGNATURE_RELATIONSHIPS = ("authentication", "assertionMethod", "capabilityInvocation", "capabilityDelegation")


class Did(NamedTuple):
    """A DID in its parts: ``did:<method>:<identifier>``."""

    method: str
    identifier: str

    def __str__(self) -> str:
        return f"did:{self.method}:{self.identifier}"


def parse_did(did: str) -> Did:
    """The parts of a DID without path, query or fragment (DID 1.0 §3.1). Raises ProblemError."""
    match = _DID.fullmatch(did) if isinstance(did, str) and len(did) <= MAX_DID_CHARS else None
    if match is None:
        raise _refused(f"the identifier is not a DID of at most {MAX_DID_CHARS} characters")
    return Did(match[1], match[2])


def split_did_url(url: str) -> tuple[str, str | None]:
    """The DID and the fragment of a DID URL; the fragment is None where the URL has none.

    A path or query is refused rather than dropped: it may select another version of the document.
    Raises ProblemError(INVALID_VERIFICATION_METHOD_URL).
    """
    did, hash_mark, fragment = url.partition("#") if isinstance(url, str) else ("", "", "")
    if "?" in did or "/" in did:
        raise _refused("a DID URL with a path or query is not supported here")
    parse_did(did)
    if len(fragment) > MAX_DID_CHARS or not _FRAGMENT.fullmatch(fragment):
        raise _refused("the fragment of the DID URL is malformed")
    return did, fragment if hash_mark else None


def did_key(public: PublicKey) -> str:
    """The did:key of a public key."""
    return f"did:key:{public.to_multikey()}"


def did_key_method_id(public: PublicKey) -> str:
    """The id of the one verification method of a key's did:key: ``did:key:z…#z…``."""
    multikey = public.to_multikey()
    return f"did:key:{multikey}#{multikey}"


def did_jwk(public: PublicKey) -> str:
    """The did:jwk of a public key: its required JWK members in lexicographic order."""
    return f"did:jwk:{b64url_encode(jsontext.dump(public.to_jwk()))}"


def resolve_offline(did: str) -> dict[str, Any] | None:
    """The DID document of a did:key or did:jwk, or None where the method needs the network.

    Raises ProblemError for what is not a DID, and for a did:key or did:jwk whose key is private or unsound.
    """
    parsed = parse_did(did)
    if parsed.method == "key":
        return _key_document(parsed)
    return _jwk_document(parsed) if parsed.method == "jwk" else None


def did_web(host_and_path: str) -> str:
    """The did:web of ``host[:port][/path…]``, the host in lower case.

    Raises ProblemError(INVALID_VERIFICATION_METHOD_URL) for an IP address, user information, a query or fragment, an
    empty or dotted path segment and an encoded slash. Names outside ASCII are given in their ``xn--`` form.
    """
    if not isinstance(host_and_path, str) or len(host_and_path) > MAX_DID_CHARS:
        raise _refused("the host and path are too long for a did:web")
    authority, *segments = host_and_path.split("/")
    host, colon, port = authority.partition(":")
    parts = [_host(host) + ("%3A" + _port(port) if colon else "")]
    parts += [_did_segment(_path_segment(segment)) for segment in segments]
    return str(parse_did("did:web:" + ":".join(parts)))


def did_web_url(did: str) -> str:
    """The https URL of the document of a did:web: ``/.well-known/did.json`` without a path, else ``/path/did.json``.

    A fragment must have been taken off. Raises ProblemError(INVALID_VERIFICATION_METHOD_URL) as `did_web` does.
    """
    parsed = parse_did(did)
    if parsed.method != "web":
        raise _refused("the identifier is not a did:web")
    authority, *segments = parsed.identifier.split(":")
    host, colon, port = authority.replace("%3a", "%3A").partition("%3A")
    origin = _host(host.lower()) + (":" + _port(port) if colon else "")
    path = "/".join(quote(_path_segment(segment), safe="") for segment in segments)
    return f"https://{origin}/{path or '.well-known'}/did.json"


def comparable(identifier: str) -> str:
    """A DID or DID URL as it is compared with another: the host of a did:web, as of any web address, has no case."""
    return _WEB_HOST.sub(lambda found: found[0].lower().replace("%3a", "%3A"), identifier, count=1)


def _key_document(did: Did) -> dict[str, Any]:
    multikey = _KEY_VERSION.sub("", did.identifier, count=1)
    public_from_multikey(multikey)
    method_id = f"{did}#{multikey}"
    method = {"id": method_id, "type": "Multikey", "controller": str(did), "publicKeyMultibase": multikey}
    return {
        "@context": [DID_V1, MULTIKEY_V1],
        "id": str(did),
        "verificationMethod": [method],
        **{relationship: [method_id] for relationship in _SIGNATURE_RELATIONSHIPS},
    }


def _jwk_document(did: Did) -> dict[str, Any]:
    try:
        jwk = jsontext.parse(b64url_decode(did.identifier))
    except ProblemError:
        raise _refused("the did:jwk is not base64url of a JSON object") from None
    if not isinstance(jwk, dict):
        raise _refused("the did:jwk is not base64url of a JSON object")
    if has_private_members(jwk):
        raise ProblemError(PRIVATE_KEY_EXPOSED, "the did:jwk holds members of a private or symmetric key")
    relationships: tuple[str, ...] = (*_SIGNATURE_RELATIONSHIPS, "keyAgreement")
    if jwk.get("use") == "enc":
        relationships = ("keyAgreement",)
    else:
        public_from_jwk(jwk)
        relationships = _SIGNATURE_RELATIONSHIPS if jwk.get("use") == "sig" else relationships
    method_id = f"{did}#0"
    method = {"id": method_id, "type": "JsonWebKey", "controller": str(did), "publicKeyJwk": jwk}
    return {
        "@context": [DID_V1, JWK_V1],
        "id": str(did),
        "verificationMethod": [method],
        **{relationship: [method_id] for relationship in relationships},
    }


def _host(text: str) -> str:
    host = text.lower()
    labels = host.split(".")
    if len(host) > _MAX_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused("the did:web host is not a domain name")
    # A name whose last label is a number is read as an IPv4 address by URL parsers (WHATWG URL §3.5).
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        raise _refused("a did:web names a host by domain name, not by IP address")
    return host


def _port(text: str) -> str:
    if not _PORT.fullmatch(text) or int(text) > 65535:
        raise _refused("the did:web port is not a number from 1 to 65535")
    return text


def _path_segment(text: str) -> str:
    """One percent-decoded path segment that stays one segment in any URL parser."""
    if not text.isascii() or re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise _refused("a did:web path segment is not percent-encoded ASCII")
    try:
        segment = unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise _refused("a did:web path segment is not UTF-8 text") from None
    if segment in {"", ".", ".."}:
        raise _refused("a did:web path segment is empty or dots")
    if any(symbol in "/\\?#%:" or not symbol.isprintable() for symbol in segment):
        raise _refused("a did:web path segment holds a character that a URL gives another meaning")
    return segment


def _did_segment(segment: str) -> str:
    # quote() leaves "~" alone, which a DID does not allow.
    return quote(segment, safe="").replace("~", "%7E")


def _refused(detail: str) -> ProblemError:
    return ProblemError(INVALID_VERIFICATION_METHOD_URL, detail)
