"""The facts about one input, each established once, on which the checks of a verification rest.

Facts flow one way: the input is taken in, opened, described, its proofs examined, then its status and what it contains.
Every fact is worked out when a check first asks for it. Nothing here gives a verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from badgeport.schemas import carrier, structure
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.contexts.urls import CREDENTIALS_V1, CREDENTIALS_V2
from badgeport.schemas.limits import Limits
from badgeport.schemas.once import once
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    LEGACY_BADGE,
    RANGE_ERROR,
    READER_UNAVAILABLE,
    Problem,
    ProblemError,
)
from badgeport.verifier.intake import (
    CREDENTIAL_MEMBERS,
    MEDIA_TYPES,
    AddressUnavailableError,
    Allowance,
    Intake,
    NoCredentialError,
    follow,
    take_in,
    take_in_document,
)
from badgeport.verifier.report import InputSummary, Outcome
from badgeport.verifier.resolution.fetching import Recorder

if TYPE_CHECKING:
    from badgeport.proofs.canonicalization.work import Work
    from badgeport.proofs.opened import Opened
    from badgeport.schemas.bitstring import Bitstring
    from badgeport.verifier.checks.base import Finding
    from badgeport.verifier.containment import Contained, Place
    from badgeport.verifier.keys import KeySet
    from badgeport.verifier.open_badges_2.facts import Facts
    from badgeport.verifier.policy import Policy
    from badgeport.verifier.proving import ProofState
    from badgeport.verifier.refreshing import Refresh
    from badgeport.verifier.report import VerificationReport
    from badgeport.verifier.resolution.controllers import Controller
    from badgeport.verifier.status import StatusState
    from badgeport.verifier.trust.registries import Source, Trust

Role: TypeAlias = Literal["credential", "endorsement", "member", "status-list", "refresh", "registry"]
"""What a document is examined as: the input itself, or something contained in or pointed at by it."""

BADGES = frozenset({"ob3", "ob3-vcdm11", "endorsement", "endorsement-vcdm11"})
PRESENTATIONS = frozenset({"vp1", "vp2"})
LEGACY_MODELS = frozenset({"ob3-vcdm11", "endorsement-vcdm11", "vc1", "vp1"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a verifier is set up with."""

    policy: Policy
    trust: Trust
    contexts: ContextStore
    limits: Limits
    software: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one input: the instant of the check, the instant to judge at, and what must match."""

    now: datetime
    as_of: datetime
    recipient: str | None = None
    challenge: str | None = None
    domain: str | None = None


@dataclass(slots=True)
class Shared:
    """What the examination of an input shares with those of everything it contains."""

    documents: Recorder
    remaining: int
    status_entries: int
    status_bytes: int
    status_lists: dict[str, tuple[Examination, VerificationReport]] = field(default_factory=dict)
    status_bits: dict[tuple[str, bool], Bitstring | Problem] = field(default_factory=dict)
    controllers: dict[str, Controller | Problem] = field(default_factory=dict)
    key_sets: dict[str, KeySet | None] = field(default_factory=dict)
    registries: dict[Source, object] = field(default_factory=dict)
    work: Work | None = None
    allowance: Allowance | None = None
    """What taking in may cost, where the input is one of several that were handed in together."""


@dataclass
class Examination:
    """One document under examination. Its facts are worked out once each; a fact that cannot be had is None."""

    settings: Settings
    question: Question
    shared: Shared
    data: bytes = field(repr=False)
    role: Role = "credential"
    depth: int = 0
    pointer: str | None = None
    outer: Examination | None = field(default=None, repr=False)
    signed: bool = False
    """Whether its owner's own key did sign it, whatever else is unknown. Only then are its status lists asked for: what
    was signed with a key that was lost since may have been revoked for that."""
    proved: bool = False
    """Whether all checks up to the proof were passed. Only then is anything else asked for that it names later."""

    # -- taken in and opened ------------------------------------------------------------------------------------

    @once
    def _lead(self) -> Intake | ProblemError:
        """What was handed in: a credential, or the address of one. Only a person's own input may be."""
        try:
            if self.role == "credential" and self.outer is None:
                return take_in(self.data, limits=self.settings.limits, allowance=self.shared.allowance)
            return take_in_document(self.data, limits=self.settings.limits)
        except ProblemError as error:
            return error

    @once
    def _received(self) -> tuple[Intake, bytes] | ProblemError:
        """The credential and the file it came in, which was fetched where the input is only an address."""
        lead = self._lead
        if isinstance(lead, ProblemError):
            return lead
        if lead.address is None:
            return lead, self.data
        try:
            return follow(lead, self.shared.documents, self.settings.limits, self.shared.allowance)
        except ProblemError as error:
            return error

    @property
    def _taken(self) -> Intake | ProblemError:
        received = self._received
        return received if isinstance(received, ProblemError) else received[0]

    @property
    def address(self) -> str | None:
        """The web address that was handed in, or that an image carried, in place of the credential itself."""
        return self._lead.address if isinstance(self._lead, Intake) else None

    @property
    def original(self) -> bytes:
        """The file of the credential, byte for byte: the input, or what its address led to."""
        received = self._received
        return self.data if isinstance(received, ProblemError) else received[1]

    @once
    def sha256(self) -> str:
        """SHA-256 of the credential's file, hexadecimal."""
        taken = self._taken
        return taken.sha256 if isinstance(taken, Intake) else hashlib.sha256(self.data).hexdigest()

    @property
    def input_summary(self) -> InputSummary:
        """What was verified, and the address it was had from where it was not handed in itself."""
        taken = self._taken
        if isinstance(taken, Intake):
            return InputSummary(taken.form, taken.media_type, taken.sha256, self.address)
        form = carrier.detect(self.data)
        return InputSummary(form, MEDIA_TYPES.get(form), self.sha256, self.address)

    @once
    def _unlocked(self) -> Opened | ProblemError:
        from badgeport.verifier.opening import open_document

        taken = self._taken
        if isinstance(taken, ProblemError):
            return taken
        try:
            return open_document(taken, self.settings.contexts, self.settings.limits)
        except ProblemError as error:
            return error

    @once
    def opened(self) -> Opened | None:
        """The document taken out of its securing, or None where it could not be read."""
        return None if isinstance(self._unlocked, ProblemError) else self._unlocked

    @once
    def opening_problem(self) -> Problem | None:
        """Why the document could not be read, or None."""
        return self._unlocked.problem if isinstance(self._unlocked, ProblemError) else None

    @property
    def opening_check(self) -> str | None:
        """The id of the check that says why the document could not be read, or None where it was read."""
        problem = self.opening_problem
        if problem is None:
            return None
        if (problem.pointer or "").startswith("/proof"):
            return "proof-present"
        return _OPENING_CHECKS.get(problem.type, "parsing")

    @once
    def found(self) -> bool:
        """Whether the input holds something meant as a credential, however broken."""
        opened = self.opened
        if opened is None:
            problem = self.opening_problem
            unseen = problem is not None and problem.type is READER_UNAVAILABLE
            return unseen or not isinstance(self._unlocked, NoCredentialError)
        return self.kind != "unknown" or not CREDENTIAL_MEMBERS.isdisjoint(opened.document)

    # -- described ----------------------------------------------------------------------------------------------

    @once
    def document(self) -> Mapping[str, Any]:
        """The credential or presentation as shown; empty where the input could not be read."""
        opened = self.opened
        return {} if opened is None else opened.document

    @once
    def unsecured(self) -> Mapping[str, Any]:
        """The document without its proofs, which is what they secure."""
        return {name: value for name, value in self.document.items() if name != "proof"}

    @once
    def structure(self) -> structure.StructureReport:
        """The kind of the document and what is wrong with its structure."""
        return structure.check(self.document)

    @once
    def kind(self) -> str:
        """The kind of the document, one of ``structure.KINDS``."""
        return self.structure.kind

    @once
    def is_ambiguous(self) -> bool:
        """Whether the document says both that it is a credential and that it is a presentation."""
        return structure.is_ambiguous(dict(self.document))

    @once
    def is_open_badges_2(self) -> bool:
        """Whether the input is an Open Badges 2.0 badge, as opposed to one that claims to be a later one."""
        problem = self.opening_problem
        if problem is not None:
            return problem.type is LEGACY_BADGE or self._leads_to_open_badges_2
        if self.kind != "ob2-assertion":
            return False
        stated = self.document.get("@context")
        return not {CREDENTIALS_V1, CREDENTIALS_V2}.intersection(
            item for item in (stated if isinstance(stated, list) else [stated]) if isinstance(item, str)
        )

    @property
    def _leads_to_open_badges_2(self) -> bool:
        """Whether an image carries the address of an Open Badges 2.0 badge that could not be opened."""
        return isinstance(self._unlocked, AddressUnavailableError) and self._unlocked.standard == "ob2"

    @once
    def legacy(self) -> Facts:
        """What is known of an Open Badges 2.0 badge: what its issuer publishes, and whether that vouches for it."""
        from badgeport.verifier.open_badges_2.facts import examine

        return examine(self)

    @once
    def is_badge(self) -> bool:
        """Whether the document is an Open Badge or an endorsement."""
        return self.kind in BADGES

    @once
    def is_presentation(self) -> bool:
        """Whether the document is a presentation."""
        return self.kind in PRESENTATIONS

    @once
    def owner_member(self) -> str:
        """The member that names who must have signed: ``issuer``, or ``holder`` of a presentation."""
        return "holder" if self.is_presentation else "issuer"

    @once
    def owner(self) -> str | None:
        """The identifier of who must have signed the document, where it names one."""
        if self.is_open_badges_2:
            return self.legacy.issuer_id
        value = self.document.get(self.owner_member)
        found = value.get("id") if isinstance(value, Mapping) else value
        return found if isinstance(found, str) and found else None

    # -- proofs, status, contained credentials ------------------------------------------------------------------

    @once
    def proofs(self) -> tuple[ProofState, ...]:
        """Every proof of the document, resolved and verified as far as that goes."""
        from badgeport.verifier.proving import examine_proofs

        return examine_proofs(self)

    def proof_findings(self, check_id: str) -> Sequence[Finding]:
        """What each proof means for a check; proofs that say nothing about it are left out."""
        return self._findings.get(check_id, ())

    @once
    def _findings(self) -> Mapping[str, Sequence[Finding]]:
        by_check: dict[str, list[Finding]] = {}
        for state in self.proofs:
            for check_id, finding in state.findings.items():
                by_check.setdefault(check_id, []).append(finding)
        return by_check

    @property
    def signer(self) -> str | None:
        """Who presents the document: the holder it names, else the controller of a key that did sign it."""
        if self.owner is not None:
            return self.owner
        verified = (state for state in self.proofs if state.outcome("signature") is Outcome.PASSED)
        return next((state.controller for state in verified if state.controller is not None), None)

    @once
    def meaning_problem(self) -> Problem | None:
        """Why the document does not mean exactly what it shows; None where it does (checks rows 3, 5 and 6)."""
        from badgeport.verifier.proving import meaning_problem

        return meaning_problem(self)

    @once
    def securing_envelope(self) -> Outcome | None:
        """Whether a document without a proof is covered by that of what contains it: its own issuer's (VCDM 2.0 §4.13).

        None where it is not contained in a document of its issuer.
        """
        outer = self.outer
        if self.role != "member" or outer is None or self.owner is None or outer.owner != self.owner:
            return None
        from badgeport.verifier.proving import covers

        # A key that may only log its owner in, or that was no longer good, does not issue credentials.
        place = (self.pointer or "").removeprefix(outer.pointer or "")
        vouching = {covers(outer, state, place) for state in outer.proofs if state.purpose == "assertionMethod"}
        return next((outcome for outcome in (Outcome.PASSED, Outcome.UNKNOWN) if outcome in vouching), None)

    @once
    def refresh(self) -> Refresh:
        """What came of asking the document's refresh service, if it has one."""
        from badgeport.verifier.refreshing import refresh

        return refresh(self)

    @property
    def current(self) -> Examination:
        """The copy from the issuer's refresh service where the dates are judged on it, else this."""
        return self.refresh.in_force or self

    @property
    def current_place(self) -> str:
        """Where `current` stands in this document, as a JSON pointer."""
        return "" if self.refresh.in_force is None else self.refresh.pointer

    @once
    def statuses(self) -> tuple[StatusState, ...]:
        """Every status entry of the document, looked up as far as that goes."""
        from badgeport.verifier.status import examine_statuses

        return examine_statuses(self)

    def status_findings(self, check_id: str) -> tuple[Finding, ...]:
        """What each status entry that counts means for a check; entries that say nothing about it are left out."""
        # The lists of a credential that a newer copy has replaced are not asked for.
        if self.refresh.copy is None and not self.statuses:
            return ()
        from badgeport.verifier.refreshing import status_findings

        return status_findings(self, check_id)

    @property
    def status_evidence(self) -> dict[str, Any]:
        """What was looked up for each status entry that counts."""
        from badgeport.verifier.refreshing import status_evidence

        return status_evidence(self)

    @once
    def places(self) -> tuple[tuple[str, Place], ...]:
        """Where contained credentials, endorsements and digests of resources stand in the document."""
        from badgeport.verifier.containment import find_places

        return find_places(self.document, None if self.opened is None else self.opened.text)

    @once
    def endorsements(self) -> tuple[Contained, ...]:
        """Every endorsement in the document, examined."""
        from badgeport.verifier.containment import examine_endorsements

        return examine_endorsements(self)

    @once
    def members(self) -> tuple[Contained, ...]:
        """Every credential an envelope or presentation contains, examined."""
        from badgeport.verifier.containment import examine_members

        return examine_members(self)

    def subjects(self) -> tuple[Mapping[str, Any], ...]:
        """The credential subjects that are objects."""
        stated = self.document.get("credentialSubject")
        items = stated if isinstance(stated, list) else [stated]
        return tuple(item for item in items if isinstance(item, Mapping))

    # -- instants and children ----------------------------------------------------------------------------------

    @property
    def skew(self) -> timedelta:
        """How far clocks may differ."""
        return self.settings.policy.clock_skew

    def child(self, data: bytes, role: Role, pointer: str | None) -> Examination:
        """The examination of a document contained in this one, or pointed at by it, at the same instant."""
        question = replace(self.question, recipient=None, challenge=None, domain=None)
        where = None if pointer is None else (self.pointer or "") + pointer
        return Examination(self.settings, question, self.shared, data, role, self.depth + 1, where, self)

    @property
    def work(self) -> Work:
        """What checking proofs may cost over the whole input, and what was canonicalized so far."""
        if self.shared.work is None:
            from badgeport.proofs.canonicalization.work import Work

            self.shared.work = Work(self.settings.limits)
        return self.shared.work

    def check_budget(self) -> None:
        """Count one more contained document. Raises ProblemError(RANGE_ERROR) where there are too many or too deep."""
        if self.depth >= self.settings.limits.nesting:
            raise ProblemError(RANGE_ERROR, f"credentials are contained more than {self.settings.limits.nesting} deep")
        if self.shared.remaining <= 0:
            raise ProblemError(RANGE_ERROR, f"more than {self.settings.limits.members} credentials are contained")
        self.shared.remaining -= 1


_OPENING_CHECKS = {
    RANGE_ERROR: "input-limits",
    CRYPTOGRAPHIC_SECURITY_ERROR: "jose-header",
    LEGACY_BADGE: "open-badges-2",
}
