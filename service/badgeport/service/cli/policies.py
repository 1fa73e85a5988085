"""Recognition policies as commands are given them: a file, the name of one on the shelf, or a web address."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import NoReturn

from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import Unreadable, fail, named, plain, read_bytes, say
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.approval.received import DocumentError
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.shelf import Shelf, ShelfError, Shelved, read_shelf, shelved_from
from badgeport.verifier.supporting import SupportError, Verify, policy_in

DIRECTORY_VARIABLE = "BADGEPORT_POLICIES"


def shelf_at_hand() -> Shelf:
    """The examples, and the policies in the folder that ``BADGEPORT_POLICIES`` names."""
    folder = os.environ.get(DIRECTORY_VARIABLE)
    if not folder:
        return Shelf()
    try:
        return read_shelf(Path(folder))
    except ShelfError as error:
        fail(f"{DIRECTORY_VARIABLE}: {error}")


def policy_at(reference: str, shelf: Shelf, verify: Verify, on: date, *, offline: bool) -> RecognitionPolicy:
    """The policy that ``--policy`` means, in effect on the day ``on`` where there are several versions.

    A file that is signed, and whatever comes from a web address, must verify and be signed by the jurisdiction that it
    names. What cannot be used ends the command.
    """
    if os.path.exists(reference) or reference == "-":
        return _from_file(reference, verify)
    found = shelf.find(reference, on)
    if found is not None:
        return found.policy
    if "://" not in reference:
        fail(f"--policy: there is no file and no policy {reference!r}; policies by name are {', '.join(shelf.names)}")
    if not reference.startswith("https://") and not reference.startswith("http://"):
        fail("--policy: only web addresses that begin with https:// are opened")
    if offline:
        fail(f"--policy: --offline forbids opening {reference}; save the policy and give the file")
    try:
        return policy_in(reference.encode("utf-8", "surrogateescape"), verify)
    except SupportError as error:
        fail(f"--policy: {reference}: a policy from a web address must be signed by its jurisdiction, and {error}")


def written_policy(path: str) -> Shelved:
    """The policy in a file, whatever its signature is worth. What cannot be used ends the command."""
    found = written(path)
    if isinstance(found, Agreement):
        fail(f"{named(path)}: this is an agreement, not a policy")
    return found


def written(path: str) -> Shelved | Agreement:
    """The policy or the agreement in a file. What cannot be used ends the command."""
    data = policy_bytes(path)
    try:
        return shelved_from(named(path), data)
    except PolicyRefused as error:
        refuse(path, error)
    except (DocumentError, MemberError) as error:
        fail(f"{named(path)}: {error}")
    except ProblemError as error:
        fail(f"{named(path)}: {plain(error)}")


def policy_bytes(path: str) -> bytes:
    """The bytes of a policy file; one that cannot be read ends the command."""
    try:
        return read_bytes(path)
    except Unreadable as error:
        fail(f"{named(path)}: {error}")


def refuse(path: str, error: PolicyRefused) -> NoReturn:
    """End the command over a policy that cannot be decided by, with every finding."""
    for finding in error.findings:
        say(f"{named(path)}: {finding}")
    count = len(error.findings)
    fail(f"{named(path)}: the policy is refused for {count} reason{'' if count == 1 else 's'}")


def _from_file(path: str, verify: Verify) -> RecognitionPolicy:
    shelved = written_policy(path)
    if shelved.signed is None:
        return shelved.policy
    try:
        return policy_in(shelved.signed.data, verify)
    except SupportError as error:
        fail(f"{named(path)}: the policy is signed, and {error}")
