"""What every command that verifies needs: a verifier from the options given, the instant, and the files to look at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime

from badgeport.schemas import carrier
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import fail, read_input, say, software
from badgeport.service.cli.contexts import context_store
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import Fetcher, NoNetwork
from badgeport.verifier.resolution.layers import Deferred, Layers
from badgeport.verifier.trust.registries import Trust, trust_from_files
from badgeport.verifier.verifier import Verifier

MAXIMUM_FILES = 100_000
CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
"""What file managers leave in directories, beside files whose names begin with a dot."""


def verifiers(asked: Policy, trust: str | None, documents: str | None, *, offline: bool) -> tuple[Verifier, Verifier]:
    """A verifier under the policy asked for, and one under the usual policy, with the same documents and registries.

    ``trust`` is the file of registries, ``documents`` the directory asked before the network.
    """
    fetcher, known = sources(asked, trust, documents, offline=offline)
    contexts = context_store()
    judging, usual = (
        Verifier(policy=each, fetcher=fetcher, trust=known, contexts=contexts, software=software())
        for each in (asked, DEFAULT)
    )
    return judging, usual


def sources(asked: Policy, trust: str | None, documents: str | None, *, offline: bool) -> tuple[Fetcher, Trust]:
    """Where a verifier gets its documents, and the registries it is to rely on; options as for `verifiers`."""
    network: Fetcher = NoNetwork() if offline else Deferred(lambda: _network(asked))
    return network if documents is None else Layers(_directory(documents), network), _trust(trust)


def instant(text: str) -> datetime:
    """The instant given with ``--as-of``; one that cannot be read ends the command."""
    try:
        return parse_datetime(text)
    except ProblemError:
        fail(f"--as-of: write the instant like 2026-03-02T12:00:00Z, not {text!r}")


def is_directory(name: str) -> bool:
    """Whether an input names a directory."""
    return name != "-" and os.path.isdir(name)


def is_note(data: bytes) -> bool:
    """Whether a file found beside badges is a text in several words. A damaged badge is not: it counts as an input."""
    return carrier.detect(data) == "text" and len(data.split(maxsplit=1)) > 1 and b"<" not in data[:64]


def files_below(directory: str, unreadable: Callable[[OSError], None]) -> Iterator[str]:
    """The files below a directory by name, without hidden ones and what file managers leave behind.

    ``unreadable`` is told of each folder that cannot be read.
    """
    count = 0
    for folder, folders, names in os.walk(directory, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.startswith(".") or name.lower() in CLUTTER or not os.path.isfile(path):
                continue
            count += 1
            if count > MAXIMUM_FILES:
                fail(f"{directory}: more than {MAXIMUM_FILES} files; verify them in parts")
            yield path


def loopback_allowed() -> bool:
    """Whether http addresses of this machine may be opened, as in development (``BADGEPORT_ALLOW_LOOPBACK_HTTP``)."""
    return os.environ.get("BADGEPORT_ALLOW_LOOPBACK_HTTP", "").lower() in ("1", "true", "yes", "on")


def _network(policy: Policy) -> Fetcher:
    from badgeport.verifier.resolution.network import USUAL_PURPOSES, GuardedFetcher

    return GuardedFetcher(purposes=USUAL_PURPOSES | policy.fetch, allow_loopback_http=loopback_allowed())


def _directory(path: str) -> DocumentDirectory:
    if not os.path.isdir(path):
        fail(f"--documents: {path} is not a directory")
    held = DocumentDirectory(path)
    for problem in held.problems:
        say(f"note: {path}: {problem.detail}")
    return held


def _trust(path: str | None) -> Trust:
    """The registries a person named. A file of which nothing can be read stops the run: they think it is being used."""
    if path is None:
        return Trust()
    if os.path.isdir(path) or not os.path.exists(path):
        read_input(path)
    trust = trust_from_files([path])
    for unread in trust.unread:
        if not trust.registries:
            fail(f"--trust: {path}: {unread.reason}")
        say(f"note: {path}: the registry {unread.name} is not used: {unread.reason}")
    return trust
