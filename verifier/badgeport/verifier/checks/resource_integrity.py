"""Row 45: resources with a stated digest are the ones that were signed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from badgeport.schemas import pointer as json_pointer
from badgeport.schemas.encoding import multibase_decode
from badgeport.schemas.problems import CRYPTOGRAPHIC_SECURITY_ERROR, MALFORMED_VALUE_ERROR, Problem, ProblemError
from badgeport.verifier.checks.base import Check
from badgeport.verifier.containment import DIGESTS
from badgeport.verifier.resolution.fetching import FetchError

if TYPE_CHECKING:
    from badgeport.schemas.limits import Limits
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_SRI = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})")
_MULTIHASHES = {0x12: "sha256", 0x20: "sha384", 0x13: "sha512"}
_MAXIMUM_RESOURCES = 64


@dataclass(frozen=True, slots=True)
class _Resource:
    pointer: str
    body: Mapping[str, Any]


def run(examination: Examination) -> CheckResult:
    """Stated digests, of ``data:`` URLs and of resources that were supplied (VCDM 2.0 §5.3)."""
    resources = list(_resources(examination))[:_MAXIMUM_RESOURCES]
    if not resources:
        return CHECK.skipped("The document states no digest of any resource.")
    problems: list[Problem] = []
    unseen: list[str] = []
    for resource in resources:
        try:
            content = _content(examination, str(resource.body.get("id")))
            if content is None:
                unseen.append(str(resource.body.get("id")))
            elif not matches(resource.body, content, examination.settings.limits):
                detail = "the resource is not the one whose digest was signed"
                problems.append(Problem(CRYPTOGRAPHIC_SECURITY_ERROR, detail, resource.pointer))
        except ProblemError as error:
            problems.append(Problem(error.problem.type, error.problem.detail, resource.pointer))
    evidence = {"notSupplied": unseen} if unseen else {}
    if problems:
        return CHECK.failed("A resource is not the one that was signed.", problems, evidence=evidence)
    if len(unseen) == len(resources):
        return CHECK.skipped("None of the resources whose digests are stated was supplied.", evidence=evidence)
    return CHECK.passed("The resources that were supplied are the ones that were signed.", evidence=evidence)


def _resources(examination: Examination) -> Iterator[_Resource]:
    """Objects with an id and a stated digest, each once."""
    seen: set[str] = set()
    for name, place in examination.places:
        pointer = place.pointer.rpartition("/")[0]
        if name not in DIGESTS or pointer in seen:
            continue
        seen.add(pointer)
        holder = json_pointer.resolve(examination.document, pointer)
        if isinstance(holder.get("id"), str):
            yield _Resource(pointer, holder)


def _content(examination: Examination, url: str) -> bytes | None:
    if url.startswith("data:"):
        return _data_url(url)
    try:
        return examination.shared.documents.fetch(url, "resource").body
    except FetchError:
        return None


def _data_url(url: str) -> bytes:
    head, comma, text = url.partition(",")
    if not comma:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the data: URL has no content")
    octets = unquote_to_bytes(text.encode("utf-8", "surrogatepass"))
    if not head.lower().endswith(";base64"):
        return octets
    try:
        return base64.b64decode(octets, validate=True)
    except (binascii.Error, ValueError):
        raise ProblemError(MALFORMED_VALUE_ERROR, "the data: URL is not base64") from None


def matches(resource: Mapping[str, Any], content: bytes, limits: Limits) -> bool:
    """Whether every stated digest is that of the content."""
    found = []
    if "digestSRI" in resource:
        found.append(_matches_sri(resource["digestSRI"], content))
    if "digestMultibase" in resource:
        found.append(_matches_multibase(resource["digestMultibase"], content, limits))
    return all(found)


def _matches_sri(stated: object, content: bytes) -> bool:
    match = _SRI.fullmatch(stated) if isinstance(stated, str) else None
    if match is None:
        raise ProblemError(MALFORMED_VALUE_ERROR, "digestSRI is not one of sha256, sha384 or sha512 in base64")
    text = match[2].replace("-", "+").replace("_", "/").rstrip("=")
    try:
        digest = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ProblemError(MALFORMED_VALUE_ERROR, "digestSRI is not base64") from None
    return hmac.compare_digest(digest, hashlib.new(match[1], content).digest())


def _matches_multibase(stated: object, content: bytes, limits: Limits) -> bool:
    if not isinstance(stated, str):
        raise ProblemError(MALFORMED_VALUE_ERROR, "digestMultibase is not a text")
    octets = multibase_decode(stated, limits, "zu")
    name = _MULTIHASHES.get(octets[0]) if len(octets) > 2 else None
    if name is not None and octets[1] == hashlib.new(name).digest_size == len(octets) - 2:
        return hmac.compare_digest(octets[2:], hashlib.new(name, content).digest())
    if len(octets) == hashlib.sha256().digest_size:
        return hmac.compare_digest(octets, hashlib.sha256(content).digest())
    raise ProblemError(MALFORMED_VALUE_ERROR, "digestMultibase is not a SHA-2 multihash")


CHECK = Check(45, "Resources unchanged", run, (CRYPTOGRAPHIC_SECURITY_ERROR, MALFORMED_VALUE_ERROR))
