"""The proof package of an import: a ZIP with all that its decisions rest on, each file held to its digest.

It is made from the ledger, for any import at any time, also one that was killed; the same bytes for the same import.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from badgeport.schemas import jsontext
from badgeport.verifier.hr.ledger import LARGEST, Ledger

MANIFEST = "badgeport-import.json"
FORM = "badgeport-hr-import-1"
_STAMP = (1980, 1, 1, 0, 0, 0)


def package_of(ledger: Ledger, run: int) -> bytes:
    """The package of an import: its outcomes, the bytes handed in that entered or were put aside, the proof package of
    every verification, the decisions with their records, and the lines of the ledger. Raises KeyError for no import.

    It holds personal data and everything the decisions were made from: it is for those who may see the ledger.
    """
    found = None if run > LARGEST else next(ledger.rows("SELECT * FROM run WHERE id = ?", (run,)), None)
    if found is None:
        raise KeyError(run)
    members = dict(_members(ledger, run))
    manifest = {
        "form": FORM,
        "import": {**found, "summary": None if found["summary"] is None else json.loads(found["summary"])},
        "finished": found["finished"] is not None,
        "outcomes": list(ledger.rows("SELECT * FROM outcome WHERE run = ? ORDER BY position, place", (run,))),
        "entries": list(_entries(ledger, run)),
        "members": {name: hashlib.sha256(body).hexdigest() for name, body in members.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in {MANIFEST: jsontext.dump_pretty(manifest), **members}.items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _entries(ledger: Ledger, run: int) -> Iterator[dict[str, Any]]:
    made_by = "SELECT id FROM decision WHERE run = ?"
    return ledger.rows(f"SELECT * FROM entry WHERE decision IN ({made_by}) ORDER BY id", (run,))  # noqa: S608


def _members(ledger: Ledger, run: int) -> Iterator[tuple[str, bytes]]:
    for row in ledger.rows("SELECT id, body, record FROM decision WHERE run = ? ORDER BY id", (run,)):
        yield f"decisions/{row['id']}.json", row["body"].encode()
        yield f"records/{row['id']}.json", row["record"].encode()
    for row in ledger.rows("SELECT id, sha256, package FROM checked WHERE run = ? ORDER BY id", (run,)):
        yield f"verifications/{row['sha256']}-{row['id']}.zip", bytes(row["package"])
    query = "SELECT DISTINCT original FROM outcome WHERE run = ? AND outcome <> 'known' ORDER BY original"
    for row in ledger.rows(query, (run,)):
        yield f"originals/{row['original']}", ledger.original(row["original"])
