"""One verification with all it rested on: what a proof package keeps (docs/package.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from badgeport.schemas import contexts as bundled_contexts
from badgeport.schemas.limits import Limits

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination, Question
    from badgeport.verifier.policy import Policy
    from badgeport.verifier.report import VerificationReport
    from badgeport.verifier.resolution.fetching import Failure, Fetched
    from badgeport.verifier.trust.registries import Trust


@dataclass(frozen=True, slots=True)
class Recording:
    """A verification as it was done. Made by `Verifier.record`; holds no secret but what was handed in.

    ``data`` is the input byte for byte, ``question`` what was asked about it, ``report`` the answer. ``documents`` and
    ``failures`` are everything that was fetched or could not be, in the order it was asked for; ``contexts`` are the
    bytes, by URL, of the JSON-LD contexts beyond those that ship with the library, and ``contexts_fingerprint`` tells
    all contexts at hand apart from another set.
    """

    data: bytes = field(repr=False)
    question: Question
    report: VerificationReport
    policy: Policy
    trust: Trust = field(repr=False)
    documents: tuple[Fetched, ...] = field(repr=False)
    failures: tuple[Failure, ...]
    contexts: Mapping[str, bytes] = field(repr=False)
    contexts_fingerprint: str
    limits: Limits
    software: str

    @property
    def credential(self) -> bytes | None:
        """The file of the credential, where what was handed in only led there; None where it was handed in itself."""
        wanted = self.report.input.sha256
        if hashlib.sha256(self.data).hexdigest() == wanted:
            return None
        return next((document.body for document in self.documents if document.sha256 == wanted), None)


def recording(examination: Examination, report: VerificationReport) -> Recording:
    """The recording of a finished examination."""
    settings, documents = examination.settings, examination.shared.documents
    bundled = bundled_contexts.store()
    added = {url: settings.contexts.data(url) for url in settings.contexts.urls() if url not in bundled}
    return Recording(
        data=examination.data,
        question=examination.question,
        report=report,
        policy=settings.policy,
        trust=settings.trust,
        documents=tuple(documents.bodies().values()),
        failures=documents.failures(),
        contexts=added,
        contexts_fingerprint=settings.contexts.fingerprint,
        limits=settings.limits,
        software=settings.software,
    )
