"""The file of a decision: one ZIP with everything it was made from, so that it can be made again years later.

It holds the decision, its record, the policy as it was published, and the proof package of everything that was handed
in. The same content gives the same bytes. Whom it is about is not in it beyond what the badges and the facts say.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from badgeport.receiver.decisions.handed import Examined
from badgeport.schemas import jsontext
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.deciding.record import inputs_again, record_of
from badgeport.verifier.recognition.decision import Decision
from badgeport.verifier.shelf import Shelved

FORM = "badgeport-filed-decision-1"
MEDIA_TYPE = "application/zip"
MANIFEST, DECISION, RECORD, HANDED = "manifest.json", "decision.json", "record.json", "handed.json"
_STAMP = (1980, 1, 1, 0, 0, 0)


class DamagedError(ValueError):
    """The file of a decision is not what it was when it was filed; the text says which part."""


@dataclass(frozen=True, slots=True)
class Filed:
    """The file of a decision, opened. ``refused`` is what entered no decision, with the reports that say why."""

    decision: Decision
    decision_bytes: bytes = field(repr=False)
    record_bytes: bytes = field(repr=False)
    refused: list[dict[str, Any]] = field(repr=False)
    originals: Mapping[int, bytes] = field(repr=False)
    """The proof package of each thing that entered the decision, by its number."""

    def inputs(self) -> Inputs:
        """What the decision was made from."""
        return inputs_again(_own(self.record_bytes))


def packed(inputs: Inputs, decision: Decision, examined: Examined, shelved: Shelved) -> bytes:
    """The file of a decision."""
    policy = f"policy.{'json' if shelved.text.lstrip().startswith('{') else 'yaml'}"
    members = {
        DECISION: jsontext.dump(decision.to_json()),
        RECORD: jsontext.dump(record_of(inputs)),
        policy: shelved.text.encode("utf-8"),
        HANDED: jsontext.dump(
            {
                "verified": [number for number, _ in examined.portfolio.verified],
                "refused": [
                    {"number": each.number, "name": each.name, "report": each.report}
                    for each in examined.portfolio.refused
                ],
            }
        ),
        **{f"badges/{number}.zip": data for number, data in sorted(examined.packages.items())},
    }
    if shelved.signed is not None:
        members["policy-signed"] = shelved.signed.data
    manifest = {"form": FORM, "members": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {MANIFEST: jsontext.dump_pretty(manifest), **members}.items():
            info = zipfile.ZipInfo(name, _STAMP)
            info.external_attr = 0o600 << 16
            archive.writestr(info, data, zipfile.ZIP_STORED if name.endswith(".zip") else zipfile.ZIP_DEFLATED)
    return target.getvalue()


def opened(data: bytes) -> Filed:
    """The file of a decision, each member held to its digest. Raises DamagedError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        manifest = _own(members[MANIFEST])
        if manifest["form"] != FORM:
            raise DamagedError(f"the file has the form {manifest['form']!r}; this software reads {FORM!r}")
        for name, digest in manifest["members"].items():
            if hashlib.sha256(members[name]).hexdigest() != digest:
                raise DamagedError(f"{name} is not what was filed")
        handed = _own(members[HANDED])
        return Filed(
            decision=from_json(_own(members[DECISION])),
            decision_bytes=members[DECISION],
            record_bytes=members[RECORD],
            refused=list(handed["refused"]),
            originals={number: members[f"badges/{number}.zip"] for number in handed["verified"]},
        )
    except (KeyError, zipfile.BadZipFile) as error:
        raise DamagedError("a part of the file is missing, or it is no archive") from error


def _own(data: bytes) -> dict[str, Any]:
    """JSON that was written here: the limits for what others write do not apply."""
    body = json.loads(data)
    assert isinstance(body, dict)
    return body
