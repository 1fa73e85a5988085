"""What is measured with: keys, awards of three sizes, and the same badge secured in every format.

All of it follows from `SEED`, but for RSA keys and the signatures' own randomness; no status list, so that every
contender works offline and judges the same.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from badgeport.issuer.award import Award, parse_award
from badgeport.issuer.build import build
from badgeport.issuer.mint import mint
from badgeport.issuer.randomness import Randomness
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.private import CryptographyPrivateKey
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs import sd_jwt
from badgeport.proofs.canonicalization import canonicalize
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext

SEED = "badgeport bench 1"
NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
SIZES = ("minimal", "realistic", "large")
FORMATS: tuple[tuple[str, KeyType], ...] = (
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("eddsa-jcs-2022", KeyType.ED25519),
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("ecdsa-sd-2023", KeyType.P256),
    ("vc-jwt", KeyType.ED25519),
    ("vc-jwt", KeyType.P256),
    ("vc-jwt", KeyType.RSA),
    ("vc+sd-jwt", KeyType.P256),
)
TRUE_WORD, FALSE_WORD = b"Checking", b"Chucking"
"""Both of one length: the second, put for the first in a signed document, must make every verification fail."""

_SHAPES = {"minimal": (0, 0), "realistic": (3, 4), "large": (22, 84)}
"""For each size the number of rubric criteria, with four levels each, and of evidence entries."""
_LEVELS = ("Not yet", "Developing", "Proficient", "Exemplary")
_PERSONAL = ("/credentialSubject/narrative", "/credentialSubject/result", "/evidence")


@dataclass(frozen=True)
class Issuer:
    """A did:key issuer."""

    private: CryptographyPrivateKey
    public: PublicKey
    signer: Signer


@dataclass(frozen=True)
class Sample:
    """One badge in one format: as its issuer makes it, and as its holder shows it."""

    size: str
    format: str
    issuer: Issuer
    award: Award
    unsigned: dict[str, Any]
    issued: bytes
    shown: bytes
    selected: tuple[str, ...]
    """What the holder chose to show, where the format lets a holder choose."""


@dataclass(frozen=True)
class Facts:
    """How large a credential is: bytes without a proof, RDF statements, and blank nodes among them."""

    size: str
    bytes: int
    quads: int
    blank_nodes: int


def randomness(purpose: str) -> Randomness:
    """A source of salts that gives the same ones in every run."""
    return random.Random(f"{SEED} {purpose}").randbytes


@cache
def issuer(key_type: KeyType) -> Issuer:
    """The issuer with a key of that type."""
    digest = hashlib.sha256(f"{SEED} {key_type}".encode()).digest()
    private: CryptographyPrivateKey
    if key_type is KeyType.ED25519:
        private = ed25519.Ed25519PrivateKey.from_private_bytes(digest)
    elif key_type is KeyType.P256:
        private = ec.derive_private_key(int.from_bytes(digest[:31]), ec.SECP256R1())
    else:
        private = generate(key_type)
    return Issuer(private, PublicKey.of(private.public_key()), local_signer(private))


def award(size: str) -> Award:
    """An award of that size."""
    criteria, evidence = _SHAPES[size]
    body: dict[str, Any] = {
        "id": "urn:uuid:" + hashlib.md5(f"{SEED} {size}".encode()).hexdigest(),
        "issuer": {"name": "Prairie Lakes School District"},
        "recipient": {"id": "did:example:maria-okafor"},
        "achievement": {
            "id": "https://prairie-lakes.example/achievements/checking-for-understanding",
            "name": "Checking for Understanding",
            "description": "Uses quick evidence from every student to decide what to teach next.",
            "criteria": {"narrative": "Five experiences, a demonstration and a reflection."},
        },
        "narrative": "Maria asked every student, every day, and changed the next lesson by what they wrote.",
        "awardedDate": "2026-02-27",
        "validFrom": "2026-02-27T15:00:00Z",
        "validUntil": "2056-02-27T15:00:00Z",
    }
    if criteria:
        body["issuer"] |= {"url": "https://prairie-lakes.example/", "email": "badges@prairie-lakes.example"}
        body["recipient"]["email"] = "maria.okafor@prairie-lakes.example"
        body["achievement"] |= {
            "tags": ["formative assessment", "réflexion", "grade 7"],
            "creditsAvailable": 1,
            "alignments": [_alignment(number) for number in (1, 2)],
            "rubric": {"criteria": [_criterion(number) for number in range(1, criteria + 1)]},
        }
        body["results"] = [
            {"criterion": f"criterion-{number}", "level": "Proficient"} for number in range(1, criteria + 1)
        ]
        body["evidence"] = [_evidence(number) for number in range(1, evidence + 1)]
        body |= {"credits": 1, "contactHours": 10, "gradeBand": "6-8", "role": "Teacher, grade 7 science"}
    return parse_award(body)


def _alignment(number: int) -> dict[str, Any]:
    return {
        "targetName": f"Standard {number}: Assessment that serves learning",
        "targetUrl": f"https://standards.example/teaching/{number}",
        "targetFramework": "Teaching Standards 2023",
        "targetType": "CFItem",
    }


def _criterion(number: int) -> dict[str, Any]:
    levels = [
        {"name": name, "points": points, "description": f"{name} by the work shown."}
        for points, name in enumerate(_LEVELS, 1)
    ]
    name = f"Evidence of learning, part {number}"
    return {"id": f"criterion-{number}", "name": name, "levels": levels, "requiredLevel": "Proficient"}


def _evidence(number: int) -> dict[str, Any]:
    entry = {
        "name": f"Experience {number}: exit tickets",
        "genre": "Student work",
        "narrative": f"Responses of {20 + number} students from two lessons, names removed.",
    }
    # Some evidence is only described: such entries are blank nodes.
    return entry if number % 2 else entry | {"id": f"https://prairie-lakes.example/evidence/{number}"}


def unsigned(size: str, signer: Signer) -> dict[str, Any]:
    """The credential of that size before it is secured."""
    return build(
        award(size),
        issuer_id=signer.controller,
        credential_id="urn:uuid:00000000-0000-4000-8000-000000000000",
        now=NOW,
        randomness=randomness(size),
    )


@cache
def sample(size: str, format: str, key_type: KeyType) -> Sample:
    """The badge of that size in that format."""
    made = issuer(key_type)
    minted = mint(award(size), made.signer, format, now=NOW, randomness=randomness(size))
    selected = tuple(pointer for pointer in _PERSONAL if _reaches(minted.credential, pointer))
    shown = minted.bytes
    if format == "ecdsa-sd-2023":
        base = jsontext.parse_object(minted.bytes)
        shown = jsontext.dump(ecdsa_sd.derive(base, selected, contexts=contexts.store()))
    elif format == "vc+sd-jwt":
        shown = sd_jwt.present(minted.bytes.decode(), selected).encode()
    return Sample(size, format, made, award(size), unsigned(size, made.signer), minted.bytes, shown, selected)


def take_proof(document: dict[str, Any]) -> dict[str, Any]:
    """The one embedded proof of a document, taken out of it; it may stand alone or in an array."""
    proof = document.pop("proof")
    if isinstance(proof, list):
        (proof,) = proof
    return dict(proof)


def _reaches(credential: dict[str, Any], pointer: str) -> bool:
    *parents, name = pointer.split("/")[1:]
    for parent in parents:
        credential = credential[parent]
    return name in credential


def facts(size: str) -> Facts:
    """How large the credential of that size is."""
    document = unsigned(size, issuer(KeyType.ED25519).signer)
    lines = canonicalize(document, contexts=contexts.store()).splitlines()
    blanks = {word for line in lines for word in line.split() if word.startswith("_:c14n")}
    return Facts(size, len(jsontext.dump(document)), len(lines), len(blanks))
