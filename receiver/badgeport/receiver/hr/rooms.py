"""Where the HR of an organisation keeps its files, and what its imports verify and decide with."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from badgeport.issuer.storage.columns import new_id
from badgeport.receiver.office import Office
from badgeport.verifier.hr.deciding import Terms
from badgeport.verifier.hr.examining import Examiner
from badgeport.verifier.hr.ledger import FILE, Ledger
from badgeport.verifier.hr.roster import Roster, read_roster
from badgeport.verifier.recognition.approval.csv_rows import TableError
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.supporting import authority_from, with_lists

FOLDER = "hr"
"""The folder of an organisation's HR, in the organisation's own."""
_HANDED_IN = "handed-in"
_OWNER_ONLY = 0o600


def folder_of(office: Office, org_id: str) -> Path:
    """The folder of an organisation's HR, made where it is missing."""
    folder = office.folder_of(org_id) / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def ledger_of(office: Office, org_id: str) -> Iterator[Ledger]:
    """The ledger of an organisation, made where there is none; closed in the end. Raises ProblemError."""
    ledger = Ledger(folder_of(office, org_id) / FILE)
    try:
        yield ledger
    finally:
        ledger.close()


def handed_in(office: Office, org_id: str, import_id: str, name: str) -> Path:
    """Where a file that was handed in lies; its folder is made where it is missing."""
    folder = folder_of(office, org_id) / _HANDED_IN / import_id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / name


def keep_whole(path: Path, data: bytes) -> None:
    """Write a file for its owner alone; it is there whole or not at all. Raises OSError."""
    partial = path.with_name(f".{path.name}.{new_id()}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def digest_of(data: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def roster_file(office: Office, org_id: str, roster: Mapping[str, Any]) -> Path | None:
    """Where the roster lies that settings tell of (`HrSettings.roster`); None where there is none."""
    digest = roster.get("sha256")
    return None if digest is None else folder_of(office, org_id) / f"roster-{digest}.csv"


def roster_of(office: Office, org_id: str, roster: Mapping[str, Any]) -> Roster | None:
    """The roster that settings tell of; None where there is none, or where it is gone."""
    path = roster_file(office, org_id, roster)
    try:
        return None if path is None else read_roster(path.read_bytes())
    except (OSError, TableError):
        return None


def examiner_of(office: Office) -> Examiner:
    """What verifies for an import or a re-check. Each asks for every document once."""
    verifier = office.verifier.verifiers["default"]
    return Examiner(verifier.reading_from, verifier.fetcher)


def policy_of(office: Office, reference: str, on: date) -> RecognitionPolicy | None:
    """The policy that settings name, in the version in effect on a day; None where there is none any more."""
    found = office.verifier.shelf.find(reference, on) if reference else None
    return None if found is None else found.policy


def terms_of(office: Office, reference: str, purpose: str, now: datetime) -> Terms | None:
    """By what is decided, approval lists of other authorities looked up now; no transaction may be open.

    None where the policy, or its purpose, is there no more.
    """
    policy = policy_of(office, reference, now.date())
    if policy is None or purpose not in policy.purposes:
        return None
    shelf = office.verifier.shelf
    agreements = {name: shelf.agreements[name] for name in policy.agreements if name in shelf.agreements}
    verify = partial(office.verifier.verifiers["default"].verify, now=now)
    authority = with_lists(authority_from((), policy, verify), policy, verify, shelf.approval_list)
    return Terms(policy, purpose, office.verifier.software, authority, agreements)
