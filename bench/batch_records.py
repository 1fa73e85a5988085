"""Many mixed records for ``python -m bench.batch``: made here, with the documents of those who issued them."""

from __future__ import annotations

import io
import random
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from badgeport.keys import cid
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import secure
from badgeport.schemas import carrier, jsontext
from badgeport.schemas.bitstring import Bitstring
from badgeport.schemas.datetimes import format_datetime

MIX = (
    ("valid", 70),
    ("tampered", 8),
    ("expired", 6),
    ("revoked", 6),
    ("stranger", 5),
    ("repeated", 4),
    ("nothing", 1),
)
"""Of a hundred records so many of each kind. The issuer of a ``stranger`` cannot be found."""
VERDICTS = {"valid": "valid", "repeated": "valid", "stranger": "undetermined"}
"""The verdict on records of a kind; on all others it is invalid."""
FORMATS = (("vc-jwt", 5), ("eddsa-jcs-2022", 3), ("eddsa-rdfc-2022", 2))
"""Of ten records so many in each format."""

ISSUERS = 20
LINES_A_FILE = 20_000
FILES_A_FOLDER = 10_000
_REPEATABLE = 1_000
_LATER = timedelta(days=30)


@dataclass(slots=True)
class Corpus:
    """Records on the disk: the directory to hand in, the documents of the issuers, how many there are of each kind."""

    inputs: Path
    documents: Path
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def verdicts(self) -> Counter[str]:
        """How often each verdict has to be given."""
        found: Counter[str] = Counter()
        for kind, count in self.kinds.items():
            found[VERDICTS.get(kind, "invalid")] += count
        return found


def make(folder: Path, count: int, seed: int, now: datetime) -> Corpus:
    """Make ``count`` records as of ``now``: eight of ten are lines, one is a file, one a file in an archive."""
    made = Corpus(folder / "in", folder / "documents")
    made.inputs.mkdir(parents=True)
    made.documents.mkdir()
    maker = _Maker(random.Random(seed), now)
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    lines: BinaryIO | None = None
    with zipfile.ZipFile(made.inputs / "archive.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            kind, data = maker.record(number)
            made.kinds[kind] += 1
            if number % LINES_A_FILE == 0:
                if lines is not None:
                    lines.close()
                lines = (made.inputs / f"lines-{number // LINES_A_FILE:03}.ndjson").open("wb")
            if number % 10 == 0:
                target = made.inputs / f"files-{number // FILES_A_FOLDER:03}"
                target.mkdir(exist_ok=True)
                if number % 20 == 0 and kind != "nothing":
                    baked = carrier.bake(picture.getvalue(), data.decode())
                    (target / f"{number:07}.png").write_bytes(baked)
                else:
                    (target / f"{number:07}.txt").write_bytes(data)
            elif number % 10 == 1:
                archive.writestr(f"{number:07}.txt", data)
            elif lines is not None:
                lines.write(data + b"\n")
    if lines is not None:
        lines.close()
    maker.publish(made.documents)
    return made


class _Maker:
    def __init__(self, chance: random.Random, now: datetime) -> None:
        self._chance, self._now = chance, now
        self._signers = [_signer(number) for number in range(ISSUERS)]
        self._stranger = _signer(ISSUERS)
        self._revoked: list[list[int]] = [[] for _ in range(ISSUERS)]
        self._repeatable: list[bytes] = []

    def record(self, number: int) -> tuple[str, bytes]:
        """A record: its kind, and its bytes, which are one line."""
        kind = _one_of(MIX, self._chance)
        if kind == "repeated" and not self._repeatable:
            kind = "valid"
        if kind == "repeated":
            return kind, self._chance.choice(self._repeatable)
        if kind == "nothing":
            return kind, b"This line is no badge, it is number %d." % number
        issuer = self._chance.randrange(ISSUERS)
        signer = self._stranger if kind == "stranger" else self._signers[issuer]
        if kind == "revoked":
            self._revoked[issuer].append(number)
        data = secure(
            self._badge(number, kind, signer),
            signer,
            _one_of(FORMATS, self._chance),
            created=self._now - timedelta(days=60),
        )
        if kind == "tampered":
            data = _tampered(data)
        elif kind == "valid" and len(self._repeatable) < _REPEATABLE:
            self._repeatable.append(data)
        return kind, data

    def publish(self, folder: Path) -> None:
        """Write the key document and the status list of every issuer but the stranger."""
        for number, signer in enumerate(self._signers):
            entry = cid.method_entry(signer.verification_method, signer.controller, signer.public_key)
            document = cid.build_document(signer.controller, [entry])
            (folder / f"did-{number}.json").write_bytes(jsontext.dump(document))
            bits = Bitstring.zeros()
            for index in self._revoked[number]:
                bits.set(index, 1)
            url = _list_url(signer)
            status = {
                "@context": ["https://www.w3.org/ns/credentials/v2"],
                "id": url,
                "type": ["VerifiableCredential", "BitstringStatusListCredential"],
                "issuer": signer.controller,
                "validFrom": format_datetime(self._now - timedelta(hours=1)),
                "validUntil": format_datetime(self._now + _LATER),
                "credentialSubject": {
                    "id": f"{url}#list",
                    "type": "BitstringStatusList",
                    "statusPurpose": "revocation",
                    "encodedList": bits.encode(),
                },
            }
            signed = secure(status, signer, "eddsa-jcs-2022", created=self._now - timedelta(hours=1))
            (folder / f"status-{number}.json").write_bytes(signed)

    def _badge(self, number: int, kind: str, signer: Signer) -> dict[str, Any]:
        until = self._now - timedelta(days=1) if kind == "expired" else self._now + 20 * _LATER
        host = signer.controller.removeprefix("did:web:")
        return {
            "@context": [
                "https://www.w3.org/ns/credentials/v2",
                "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
            ],
            "id": f"https://{host}/c/{number}",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "Checking for Understanding",
            "issuer": {"id": signer.controller, "type": ["Profile"], "name": "A district"},
            "validFrom": format_datetime(self._now - timedelta(days=60)),
            "validUntil": format_datetime(until),
            "credentialSubject": {
                "id": f"did:example:teacher-{number}",
                "type": ["AchievementSubject"],
                "achievement": {
                    "id": f"https://{host}/achievements/checking",
                    "type": ["Achievement"],
                    "name": "Checking for Understanding",
                    "description": "Uses quick evidence from every student to decide what to teach next.",
                    "criteria": {"narrative": "Artifacts of three lessons, and a reflection."},
                },
            },
            "credentialStatus": {
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(number),
                "statusListCredential": _list_url(signer),
            },
        }


def _signer(number: int) -> Signer:
    controller = f"did:web:district-{number}.example"
    return local_signer(generate(KeyType.ED25519), verification_method=f"{controller}#key-1", controller=controller)


def _list_url(signer: Signer) -> str:
    return f"https://{signer.controller.removeprefix('did:web:')}/status/1"


def _one_of(shares: Sequence[tuple[str, int]], chance: random.Random) -> str:
    names, weights = zip(*shares, strict=True)
    return str(chance.choices(names, weights)[0])


def _tampered(data: bytes) -> bytes:
    """The credential with one symbol changed: in its text, or in the signature of a token."""
    if data.startswith(b"{"):
        return data.replace(b"Checking for", b"Chucking for", 1)
    at = len(data) - 40
    return data[:at] + (b"A" if data[at : at + 1] != b"A" else b"B") + data[at + 1 :]
