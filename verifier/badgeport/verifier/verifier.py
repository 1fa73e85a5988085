"""The verifier: two calls, one that reports on any bytes and one that hands over only what is valid."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, final

from badgeport.schemas import contexts as bundled_contexts
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.examination import Examination, Question, Settings, Shared
from badgeport.verifier.intake import Allowance
from badgeport.verifier.pipeline import internal_error_report, run
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, Fetcher, NoNetwork, Recorder
from badgeport.verifier.trust.registries import Trust

if TYPE_CHECKING:
    from badgeport.verifier.recording import Recording

_BY_VERIFICATION = object()


class VerificationError(Exception):
    """A credential is not valid under the policy, or is none: ``report`` says why, or ``reason`` does."""

    def __init__(self, report: VerificationReport, reason: str | None = None) -> None:
        codes = ", ".join(report.codes) or report.verdict.value
        super().__init__(reason or f"the credential is {report.verdict.value}: {codes}")
        self.report = report


@final
class VerifiedCredential:
    """A credential that was found valid. Only `Verifier.verify` makes one; nothing else may enter a record of facts.

    It cannot be changed, copied, pickled or derived from. ``document`` is the credential as shown (a copy),
    ``original`` its file byte for byte (the input, or what its address led to), ``documents`` what was obtained for the
    verification, by URL, with which a `ReplayResolver` repeats it.
    """

    __slots__ = ("_document", "_documents", "_original", "_report")
    _document: dict[str, Any]
    _documents: dict[str, Fetched]
    _original: bytes
    _report: VerificationReport

    def __init__(
        self,
        key: object,
        report: VerificationReport,
        document: dict[str, Any],
        original: bytes,
        documents: dict[str, Fetched],
    ) -> None:
        if key is not _BY_VERIFICATION or not report.valid:
            raise TypeError("only a verification makes a verified credential")
        for name, value in zip(self.__slots__, (document, documents, original, report), strict=True):
            object.__setattr__(self, name, value)

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("a verified credential is not derived from")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a verified credential does not change")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a verified credential does not change")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a verified credential is not copied; verify its original again")

    @property
    def report(self) -> VerificationReport:
        """The report with the verdict valid."""
        return self._report

    @property
    def document(self) -> dict[str, Any]:
        """The credential as shown; a fresh copy each time."""
        return copy.deepcopy(self._document)

    @property
    def original(self) -> bytes:
        """The credential's file as received: the input, or what its address led to."""
        return self._original

    @property
    def documents(self) -> dict[str, Fetched]:
        """What was obtained for the verification, by URL."""
        return dict(self._documents)

    @property
    def issuer(self) -> str | None:
        """The identifier of the issuer whose key made the proof."""
        return None if self._report.credential is None else self._report.credential.issuer

    @property
    def sha256(self) -> str:
        """SHA-256 of the credential's file, hexadecimal."""
        return self._report.input.sha256


class Verifier:
    """Judges credentials under one policy, with one source of documents and one set of trust registries.

    ``fetcher`` gets key documents and status lists; without one a verification is offline. ``trust`` holds the
    registries the reader relies on. ``contexts`` are the JSON-LD contexts at hand. ``software`` names this software in
    reports. A verifier keeps nothing between inputs and may be shared between threads if its fetcher may.
    """

    def __init__(
        self,
        *,
        policy: Policy = DEFAULT,
        fetcher: Fetcher | None = None,
        trust: Trust | None = None,
        contexts: ContextStore | None = None,
        limits: Limits = DEFAULT_LIMITS,
        software: str | None = None,
    ) -> None:
        self._fetcher: Fetcher = NoNetwork() if fetcher is None else fetcher
        self._settings = Settings(
            policy=policy,
            trust=Trust() if trust is None else trust,
            contexts=bundled_contexts.store() if contexts is None else contexts,
            limits=limits,
            software=software or _software(),
        )

    @property
    def policy(self) -> Policy:
        """The policy verdicts are made under."""
        return self._settings.policy

    @property
    def software(self) -> str:
        """What reports name as the software that made them."""
        return self._settings.software

    @property
    def fetcher(self) -> Fetcher:
        """Where key documents and status lists come from."""
        return self._fetcher

    def reading_from(self, fetcher: Fetcher) -> Verifier:
        """The same verifier, which gets its documents elsewhere."""
        return self._with(fetcher, self._settings.limits)

    def within(self, limits: Limits) -> Verifier:
        """The same verifier, which holds what it looks at to other limits."""
        return self._with(self._fetcher, limits)

    def _with(self, fetcher: Fetcher, limits: Limits) -> Verifier:
        settings = self._settings
        return Verifier(
            policy=settings.policy,
            fetcher=fetcher,
            trust=settings.trust,
            contexts=settings.contexts,
            limits=limits,
            software=settings.software,
        )

    def inspect(
        self,
        data: bytes,
        *,
        now: datetime,
        as_of: datetime | None = None,
        recipient: str | None = None,
        challenge: str | None = None,
        domain: str | None = None,
        allowance: Allowance | None = None,
    ) -> VerificationReport:
        """The report on ``data``, whatever it is: JSON, a JWT, an SD-JWT, an image. Never raises for any bytes.

        ``now`` is the instant of the check and ``as_of`` the instant to judge at (``now`` unless given), both aware.
        ``recipient`` is an identifier the credential must have been awarded to; ``challenge`` and ``domain`` are what a
        presentation must answer and name. ``allowance`` is what taking in may still cost, where ``data`` is one of
        several inputs that were handed in together; without one it has a whole one for itself. Raises ValueError only
        for a ``now`` or ``as_of`` without a time zone.
        """
        question = Question(_utc(now), _utc(as_of or now), recipient, challenge, domain)
        return self._inspected(data, question, allowance)[1]

    def verify(
        self,
        data: bytes,
        *,
        now: datetime,
        as_of: datetime | None = None,
        recipient: str | None = None,
        challenge: str | None = None,
        domain: str | None = None,
        allowance: Allowance | None = None,
    ) -> VerifiedCredential:
        """As `inspect`, for a caller that goes on only with a credential that is valid.

        Raises VerificationError otherwise, and for a presentation, which is no credential however valid it is: verify
        each credential it shows.
        """
        question = Question(_utc(now), _utc(as_of or now), recipient, challenge, domain)
        examination, report = self._inspected(data, question, allowance)
        if not report.valid:
            raise VerificationError(report)
        if examination.is_presentation:
            raise VerificationError(report, "a presentation is no credential: verify each credential that it shows")
        documents = examination.shared.documents.bodies()
        # Of an Open Badges 2.0 badge that is what its issuer publishes, not the copy that was handed in.
        shown = examination.legacy.award if examination.is_open_badges_2 else examination.document
        return VerifiedCredential(_BY_VERIFICATION, report, dict(shown), examination.original, documents)

    def record(
        self,
        data: bytes,
        *,
        now: datetime,
        as_of: datetime | None = None,
        recipient: str | None = None,
        challenge: str | None = None,
        domain: str | None = None,
        allowance: Allowance | None = None,
    ) -> Recording:
        """As `inspect`, keeping with the report all that it rests on, so that `package.build_package` can hold it."""
        from badgeport.verifier.recording import recording

        question = Question(_utc(now), _utc(as_of or now), recipient, challenge, domain)
        return recording(*self._inspected(data, question, allowance))

    def _inspected(
        self, data: bytes, question: Question, allowance: Allowance | None = None
    ) -> tuple[Examination, VerificationReport]:
        limits = self._settings.limits
        shared = Shared(Recorder(self._fetcher, limits), limits.members, limits.status_entries, limits.status_bytes)
        shared.allowance = allowance
        examination = Examination(self._settings, question, shared, bytes(memoryview(data)))
        try:
            return examination, run(examination)
        except Exception as error:
            # A defect must end in "undetermined", never in a verdict and never in the caller's lap.
            return examination, internal_error_report(examination, error)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError("an instant needs a time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        # Within a day of the calendar's first or last instant, where UTC has no name for it.
        edge = datetime.max if instant.year > 1 else datetime.min
        return edge.replace(tzinfo=UTC)


@cache
def _software() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"badgeport/{version('badgeport')}"
    except PackageNotFoundError:
        return "badgeport"
