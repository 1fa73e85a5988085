"""Who competes in what: one question for each job, format and size."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial

from badgeport.keys.types import KeyType, jose_algorithm
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from bench import javascript, limits, ours, peers
from bench.credentials import FALSE_WORD, FORMATS, TRUE_WORD, Sample, sample
from bench.limits import Operation
from bench.measure import Contender, Missing, Question, Role, timed

VERIFY, ISSUE, DERIVE = "Verify", "Issue", "Derive"
OURS, SEAM, LIMIT = "Badgeport", "Badgeport, the proof alone", "limit"

Entry = tuple[str, Callable[[Sample, bytes], Operation]]
_OPENBADGESLIB: Entry = ("openbadgeslib", peers.openbadgeslib_verify)
_PYLD: Entry = ("PyLD, tuned", peers.pyld_verify)
_JAVASCRIPT = "@digitalbazaar/vc"
_JOSE = "jose (JavaScript)"

_VERIFIERS: dict[str, tuple[Entry, ...]] = {
    "eddsa-rdfc-2022": (_PYLD, _OPENBADGESLIB),
    "eddsa-jcs-2022": (("rfc8785 and cryptography", peers.rfc8785_verify),),
    "ecdsa-rdfc-2019": (_PYLD,),
    "ecdsa-sd-2023": (),
    "vc-jwt": (
        ("PyJWT", peers.pyjwt_verify),
        ("jwcrypto", peers.jwcrypto_verify),
        ("joserfc", peers.joserfc_verify),
        ("openbadgeslib", peers.openbadgeslib_verify_token),
    ),
    "vc+sd-jwt": (("sd-jwt", peers.sd_jwt_verify),),
}
_ISSUERS: dict[str, tuple[tuple[str, Callable[[Sample], Operation]], ...]] = {
    "eddsa-rdfc-2022": (
        ("openbadgeslib", peers.openbadgeslib_issue),
        ("openbadgeslib, the proof alone", peers.openbadgeslib_issue_document),
    ),
    "vc-jwt": (
        ("openbadgeslib", peers.openbadgeslib_issue_token),
        ("openbadgeslib, the proof alone", peers.openbadgeslib_issue_claims),
    ),
    "vc+sd-jwt": (("sd-jwt", peers.sd_jwt_issue),),
}
_VERIFY_LIMITS = {
    "ecdsa-sd-2023": limits.verify_selective,
    "vc-jwt": limits.verify_token,
    "vc+sd-jwt": limits.verify_token,
}
_ISSUE_LIMITS = {
    "ecdsa-sd-2023": limits.issue_selective,
    "vc-jwt": limits.issue_token,
    "vc+sd-jwt": limits.issue_token,
}


def questions(sizes: Sequence[str], peer: javascript.Peer | None, absence: str) -> list[Question]:
    """Every question about credentials. ``peer`` is None where the JavaScript peers are missing, by ``absence``."""
    asked: list[Question] = []
    for format, key_type in FORMATS:
        samples = [sample(size, format, key_type) for size in sizes]
        asked += [verifying(each, each.shown, peer, absence) for each in samples]
    for format, key_type in FORMATS:
        samples = [sample(size, format, key_type) for size in sizes]
        asked += [_issuing(each, peer, absence) for each in samples]
    asked += [_deriving(sample(size, "ecdsa-sd-2023", KeyType.P256), peer, absence) for size in sizes]
    return asked


def impostors(sizes: Sequence[str], peer: javascript.Peer | None, absence: str) -> list[Question]:
    """The questions of verification over credentials that were changed after signing: nobody may be satisfied."""
    return [
        verifying(each, tampered(each), peer, absence)
        for format, key_type in FORMATS
        for each in (sample(size, format, key_type) for size in sizes)
    ]


def tampered(sample: Sample) -> bytes:
    """What the holder shows, changed."""
    return changed(sample.shown)


def changed(data: bytes) -> bytes:
    """A badge with one word changed; of a token, one bit of the signature."""
    if data.startswith(b"{"):
        return data.replace(TRUE_WORD, FALSE_WORD)
    token, tilde, disclosures = data.partition(b"~")
    signed, _, text = token.rpartition(b".")
    signature = bytearray(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)))
    signature[10] ^= 1
    return signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=") + tilde + disclosures


def subject(sample: Sample) -> str:
    """A format as a question names it."""
    if sample.format.startswith("vc"):
        return f"{sample.format} ({jose_algorithm(sample.issuer.public.key_type)})"
    return sample.format


def verifying(sample: Sample, data: bytes, peer: javascript.Peer | None, absence: str) -> Question:
    """Who verifies ``data`` how fast: from bytes to a verdict."""
    entries: list[tuple[str, Role, Callable[[Sample, bytes], Operation]]] = [
        (OURS, "ours", ours.verify),
        (SEAM, "part of ours", ours.verify_proof),
        *((name, "peer", make) for name, make in _VERIFIERS[sample.format]),
        (LIMIT, "limit", _VERIFY_LIMITS.get(sample.format, limits.verify_embedded)),
    ]
    found = [_here(name, role, partial(make, sample, data), _is_true) for name, role, make in entries]
    if sample.format == "vc-jwt":
        found.insert(-1, _there(_JOSE, javascript.verify_token(sample, data), peer, absence, _is_true))
    elif sample.format != "vc+sd-jwt":
        found.insert(-1, _there(_JAVASCRIPT, javascript.verify(sample, data), peer, absence, _is_true))
    return Question(VERIFY, subject(sample), sample.size, tuple(found))


def _issuing(sample: Sample, peer: javascript.Peer | None, absence: str) -> Question:
    entries: list[tuple[str, Role, Callable[[Sample], Operation]]] = [
        (OURS, "ours", ours.issue),
        (SEAM, "part of ours", ours.issue_proof),
        *((name, "peer", make) for name, make in _ISSUERS.get(sample.format, ())),
        (LIMIT, "limit", _ISSUE_LIMITS.get(sample.format, limits.issue_embedded)),
    ]
    judge = partial(_is_issued, sample)
    found = [_here(name, role, partial(make, sample), judge) for name, role, make in entries]
    if sample.format == "vc-jwt":
        found.insert(-1, _there(_JOSE, javascript.issue_token(sample), peer, absence, judge))
    elif sample.format != "vc+sd-jwt":
        found.insert(-1, _there(_JAVASCRIPT, javascript.issue(sample), peer, absence, judge))
    return Question(ISSUE, subject(sample), sample.size, tuple(found))


def _deriving(sample: Sample, peer: javascript.Peer | None, absence: str) -> Question:
    found = (
        _here(OURS, "ours", partial(ours.derive, sample), _is_valid),
        _there(_JAVASCRIPT, javascript.derive(sample), peer, absence, _is_valid),
        _here(LIMIT, "limit", partial(limits.derive, sample), _is_valid),
    )
    return Question(DERIVE, subject(sample), sample.size, found)


def _here(name: str, role: Role, make: Callable[[], Operation], judge: Callable[[object], bool]) -> Contender | Missing:
    try:
        operation = make()
    except ImportError as error:
        return Missing(name, f"peer missing: {error.name} is not installed")
    return Contender(name, role, timed(operation), lambda: judge(operation()))


def _there(
    name: str,
    preparation: javascript.Preparation,
    peer: javascript.Peer | None,
    absence: str,
    judge: Callable[[object], bool],
) -> Contender | Missing:
    if peer is None:
        return Missing(name, absence)
    task = preparation(peer)
    return Contender(name, "peer", task.sample, lambda: judge(task.once()))


def _is_true(result: object) -> bool:
    return result is True


def _is_valid(result: object) -> bool:
    """Whether our verifier accepts what was made; it is the one judge of all that is issued."""
    return ours.accepts(_bytes(result))


def _is_issued(sample: Sample, result: object) -> bool:
    data = _bytes(result)
    if sample.format == "ecdsa-sd-2023":
        # A base proof is for its holder alone: it is judged by what can be derived from it.
        base = jsontext.parse_object(data)
        data = jsontext.dump(ecdsa_sd.derive(base, sample.selected, contexts=contexts.store()))
    return ours.accepts(data)


def _bytes(result: object) -> bytes:
    if isinstance(result, str):
        return result.encode()
    assert isinstance(result, bytes)
    return result
