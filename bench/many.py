"""Much at once: a portfolio of badges, a status list of a million entries, and how times grow with size."""

from __future__ import annotations

import base64
import math
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import timedelta
from functools import cache, partial

from badgeport.issuer import status_lists
from badgeport.issuer.presentations import present
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import secure
from badgeport.schemas.bitstring import Bitstring
from badgeport.verifier.resolution.fetching import Fetched
from badgeport.verifier.resolution.replay import ReplayResolver
from bench import limits, ours, peers
from bench.credentials import NOW, Sample, issuer, randomness, sample, unsigned
from bench.limits import Operation
from bench.measure import Contender, Missing, Question, Role, timed
from bench.tables import table

PORTFOLIO, STATUS = "Portfolio", "Status list"
BADGES, ENTRIES = 50, 2**20
SMOKE_BADGES, SMOKE_ENTRIES = 2, 2**17
GROWTH = (1, 10, 100, 1000)
SMOKE_GROWTH = (1, 10)
_FORMAT = "eddsa-rdfc-2022"
_LIST = "https://prairie-lakes.example/status/1"
_GROWN_SECONDS, _GROWN_TURNS = 0.3, 20
_GZIP = 16 + zlib.MAX_WBITS
_MEBI = 1024 * 1024


def questions(size: str, *, badges: int = BADGES, entries: int = ENTRIES) -> list[Question]:
    """The questions about a portfolio of so many badges of a size, and a status list of so many entries."""
    held = sample(size, _FORMAT, KeyType.ED25519)
    least = limits.verify_embedded(held, held.shown)
    shown = _portfolio(size, badges)
    many = f"{badges} badges in one presentation"
    bits = _bits(entries)
    encoded = bits.encode()
    raw = _expanded(encoded)
    listed = f"{entries:,} entries"
    signed = _signed_list(entries)
    return [
        Question(
            PORTFOLIO,
            many,
            size,
            (
                _here("Badgeport", "ours", lambda: ours.accepts(shown)),
                _pyld(held, badges),
                _here("limit", "limit", lambda: all(least() is True for _ in range(badges))),
            ),
        ),
        Question(
            STATUS,
            "encode",
            listed,
            (
                _here("Badgeport", "ours", lambda: bits.encode() == encoded),
                _here("limit", "limit", lambda: _packed(raw) == encoded[1:].encode()),
            ),
        ),
        Question(
            STATUS,
            "decode",
            listed,
            (
                _here("Badgeport", "ours", lambda: Bitstring.decode(encoded) == bits),
                _here("limit", "limit", lambda: _expanded(encoded) == raw),
            ),
        ),
        Question(STATUS, "verify", listed, (_here("Badgeport", "ours", lambda: ours.accepts(signed)),)),
        Question(STATUS, "a badge, its list at hand", size, (_here("Badgeport", "ours", _with_status(size, entries)),)),
    ]


def smoke_questions(size: str) -> list[Question]:
    """The same, small."""
    return questions(size, badges=SMOKE_BADGES, entries=SMOKE_ENTRIES)


def growth(size: str, counts: Sequence[int]) -> str:
    """How time and memory of verifying grow with the number of evidence entries, badges and status entries: a table.

    One presentation holds no more than a tenth of the largest number: more is not read.
    """
    grown: tuple[tuple[str, Sequence[int], Callable[[int], bytes]], ...] = (
        ("evidence entries in one badge", counts, partial(_evidence, size)),
        ("badges in one presentation", counts[:-1], partial(_portfolio, size)),
        ("times 131,072 entries of a status list", counts[:-1], lambda count: _signed_list(2**17 * count)),
    )
    return table(
        ("verify, with so many", "CPU, ms, by number", "exponent", "memory of the largest, MiB"),
        [_grown(name, numbers, make) for name, numbers, make in grown if len(numbers) > 1],
    )


def _grown(name: str, counts: Sequence[int], make: Callable[[int], bytes]) -> tuple[str, ...]:
    made = [make(count) for count in counts]
    seconds = [_seconds(partial(ours.accepts, data)) for data in made]
    figures = ", ".join(f"{count:,}: {value * 1e3:,.2f}" for count, value in zip(counts, seconds, strict=True))
    peak = _peak(partial(ours.accepts, made[-1]))
    return name, figures, f"{exponent(counts, seconds):.2f}", f"{peak / _MEBI:.1f}"


def exponent(counts: Sequence[int], seconds: Sequence[float]) -> float:
    """How times grow with numbers: the slope of their logarithms, fitted to the larger half.

    1 where twice as many take twice as long, 2 where they take four times as long.
    """
    half = max(2, (len(counts) + 1) // 2)
    x = [math.log(count) for count in counts[-half:]]
    y = [math.log(value) for value in seconds[-half:]]
    middle, height = sum(x) / half, sum(y) / half
    return sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)


def memory(questions: Sequence[Question]) -> str:
    """The most memory that Python objects of one operation took at a time, for each of our contenders, as a table."""
    body = [
        (question.job, question.subject, question.size, f"{_peak(each.right) / _MEBI:.2f}")
        for question in questions
        for each in question.present
        if each.role == "ours" and question.batched
    ]
    return table(("job", "format", "size", "memory, MiB"), body)


# -- what is verified -----------------------------------------------------------------------------------------------


@cache
def _portfolio(size: str, badges: int) -> bytes:
    """A presentation of badges by the person they are about."""
    signer = issuer(KeyType.ED25519).signer
    document = deepcopy(unsigned(size, signer))
    document["credentialSubject"]["id"] = signer.controller
    made = [
        secure({**document, "id": f"urn:uuid:00000000-0000-4000-8000-{number:012}"}, signer, _FORMAT, created=NOW)
        for number in range(badges)
    ]
    return present(made, signer, _FORMAT, now=NOW)


@cache
def _evidence(size: str, count: int) -> bytes:
    signer = issuer(KeyType.ED25519).signer
    document = deepcopy(unsigned(size, signer))
    document["evidence"] = [
        {
            "id": f"https://prairie-lakes.example/evidence/{number}",
            "type": ["Evidence"],
            "name": f"Experience {number}",
            "narrative": f"Responses of {20 + number} students.",
        }
        for number in range(count)
    ]
    return secure(document, signer, _FORMAT, created=NOW)


@cache
def _bits(entries: int) -> Bitstring:
    """A list in which one entry in a hundred is set."""
    made = Bitstring.zeros(entries)
    source = randomness(f"status {entries}")
    for _ in range(entries // 100):
        made.set(int.from_bytes(source(4), "big") % entries, 1)
    return made


@cache
def _signed_list(entries: int) -> bytes:
    made = status_lists.StatusList(_LIST, "revocation", _bits(entries))
    signer = issuer(KeyType.ED25519).signer
    return status_lists.issue(made, signer, now=NOW, valid_for=timedelta(days=1)).bytes


def _with_status(size: str, entries: int) -> Operation:
    """Verifying a badge whose status stands in a list that was fetched before; its entry is not set."""
    index = next(number for number in range(entries) if not _bits(entries).get(number))
    signer = issuer(KeyType.ED25519).signer
    entry = {
        "id": f"{_LIST}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": _LIST,
    }
    data = secure({**unsigned(size, signer), "credentialStatus": [entry]}, signer, _FORMAT, created=NOW)
    at_hand = ReplayResolver({_LIST: Fetched(_LIST, _signed_list(entries), None, NOW)})
    return lambda: ours.accepts(data, at_hand)


def _packed(raw: bytes) -> bytes:
    packer = zlib.compressobj(level=9, wbits=_GZIP)
    return base64.urlsafe_b64encode(packer.compress(raw) + packer.flush()).rstrip(b"=")


def _expanded(encoded: str) -> bytes:
    text = encoded.removeprefix("u")
    return zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), wbits=_GZIP)


# -- how it is measured ---------------------------------------------------------------------------------------------


def _here(name: str, role: Role, operation: Operation) -> Contender:
    return Contender(name, role, timed(operation), lambda: operation() is True)


def _pyld(held: Sample, badges: int) -> Contender | Missing:
    name = "PyLD, tuned, the badges one by one"
    try:
        operation = peers.pyld_verify(held, held.shown)
    except ImportError as error:
        return Missing(name, f"peer missing: {error.name} is not installed")
    return _here(name, "peer", lambda: all(operation() is True for _ in range(badges)))


def _seconds(operation: Callable[[], bool]) -> float:
    """Processor seconds of one operation, the least of some. Raises RuntimeError where it is not right."""
    if not operation():
        raise RuntimeError("what was made is not valid")
    found: list[float] = []
    while not found or (sum(found) < _GROWN_SECONDS and len(found) < _GROWN_TURNS):
        found.append(timed(operation)(1).cpu)
    return min(found)


def _peak(operation: Callable[[], object]) -> int:
    """The most bytes of Python objects that an operation held at a time, beside what was there before."""
    operation()
    tracemalloc.start()
    try:
        operation()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
