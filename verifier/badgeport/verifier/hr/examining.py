"""One piece verified, with the proof package of it. What is decided on is exactly what the package holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from badgeport.verifier.hr.ledger import Check
from badgeport.verifier.package import build_package
from badgeport.verifier.recognition.conditions.candidates import Taken, take
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, Fetcher, FetchError, Purpose
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import VerificationError, VerifiedCredential, Verifier

UNDETERMINED = "undetermined"
PRESENTATION = "presentation"
NOTHING = "no-credential"


@dataclass(frozen=True, slots=True)
class Examined:
    """What one verification gave.

    ``credential`` is None where it is not valid; ``code`` and ``reason`` say why then. ``original`` is the credential's
    file byte for byte, ``package`` the proof package of the verification. ``taken`` are the badges in it.
    """

    report: VerificationReport
    credential: VerifiedCredential | None
    original: bytes = field(repr=False)
    package: bytes = field(repr=False)
    taken: Taken | None = field(default=None, repr=False)
    code: str | None = None
    reason: str | None = None

    def check(self, *, keep: bool = False) -> Check:
        """The verification as the ledger notes it."""
        return Check(self.report.verdict.value, self.report.codes, self.package, keep)


class Examiner:
    """Verifies pieces, and asks for each document once.

    ``verifier`` makes a verifier that gets its documents from a fetcher; ``fetcher`` is where they come from.
    """

    def __init__(self, verifier: Callable[[Fetcher], Verifier], fetcher: Fetcher) -> None:
        self._make = verifier
        self._verifier = verifier(_Once(fetcher))

    @property
    def software(self) -> str:
        """What reports and decisions name as the software that made them."""
        return self._verifier.software

    def examine(self, data: bytes, now: datetime) -> Examined:
        """Verify as of ``now`` (aware). Never raises for any bytes.

        It is verified twice where it is valid: once as it is, and once from the documents that the proof package holds,
        so that nothing enters the ledger that the package would not show.
        """
        recording = self._verifier.record(data, now=now)
        report = recording.report
        package = build_package(recording)
        original = recording.credential or data
        if not report.valid:
            return Examined(report, None, original, package, None, _code(report), _reason(report))
        replay = ReplayResolver(recording.documents, recording.failures)
        try:
            credential = self._make(replay).verify(data, now=now)
        except VerificationError as error:
            code = PRESENTATION if error.report.valid else UNDETERMINED
            return Examined(report, None, original, package, None, code, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return Examined(report, credential, credential.original, package, take(credential))


def _code(report: VerificationReport) -> str:
    if not report.credential_found:
        return NOTHING
    return next(iter(report.codes), report.verdict.value)


def _reason(report: VerificationReport) -> str:
    details = [problem.detail.rstrip(".") for problem in report.problems()]
    if not report.credential_found:
        return f"No credential was found in it: {'; '.join(details[:2]) or 'it is in no form that is read'}."
    return f"It is {report.verdict.value}: {'; '.join(dict.fromkeys(details[:3])) or 'it could not be told'}."


class _Once:
    """A fetcher that asks another one for each document once, and answers alike from then on."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._held: dict[tuple[str, Purpose], Fetched | str] = {}

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """As `Fetcher.fetch`. Raises FetchError."""
        key = (url, purpose)
        if key not in self._held:
            try:
                self._held[key] = self._fetcher.fetch(url, purpose)
            except FetchError as error:
                self._held[key] = error.reason
        held = self._held[key]
        if isinstance(held, str):
            raise FetchError(url, held)
        return held
