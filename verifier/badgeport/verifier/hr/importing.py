"""An import: every piece verified, matched to an employee, decided under the policy, and credited once.

It may be killed at any moment and run again, and several may run at once: what became of an employee's badges, the
decision and the lines of the ledger are one transaction, in which what others did meanwhile is seen. The same import
again adds no badge, no decision and no line.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from badgeport.verifier.hr.deciding import Terms, decide_for, decision_row, entry_rows
from badgeport.verifier.hr.examining import Examined, Examiner
from badgeport.verifier.hr.ledger import Badge, Copy, Ledger, Outcome, identity_of
from badgeport.verifier.hr.matching import Matcher
from badgeport.verifier.hr.roster import Employee, Roster
from badgeport.verifier.hr.sources import Piece
from badgeport.verifier.recognition.conditions import statements
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.deciding.plain import number

BAD_PIECE = "unreadable"
BAD_ROW = "bad-roster-row"
OTHER_EMPLOYEE = "other-employee"
LEFT_OUT = "left-out"
NO_BADGE = "not-a-badge"
_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import did. ``credits`` are the lines it added, ``decisions`` by kind; ``refused`` rows of the roster."""

    run: int
    pieces: int
    outcomes: Mapping[str, int]
    quarantined: Mapping[str, int]
    decisions: Mapping[str, int]
    credits: int
    amount: str
    unit: str
    refused: int

    def to_json(self) -> dict[str, Any]:
        """The summary as JSON."""
        return {
            "import": self.run,
            "pieces": self.pieces,
            "outcomes": dict(self.outcomes),
            "quarantined": dict(self.quarantined),
            "decisions": dict(self.decisions),
            "credits": self.credits,
            "amount": self.amount,
            "unit": self.unit,
            "rosterRowsRefused": self.refused,
        }


@dataclass(frozen=True, slots=True)
class _Offer:
    """A badge that was matched: where it stands among the pieces, and its file."""

    position: int
    name: str
    candidate: Candidate
    original: str

    @property
    def place(self) -> str:
        return self.candidate.place or ""


class _NotVerifiedYetError(Exception):
    """A decision needs files of earlier imports, which have to be verified first, outside the transaction."""

    def __init__(self, originals: frozenset[str]) -> None:
        super().__init__()
        self.originals = originals


def run_import(
    ledger: Ledger,
    pieces: Iterable[Piece],
    roster: Roster,
    terms: Terms,
    examiner: Examiner,
    now: datetime,
    *,
    clock: Callable[[], datetime] | None = None,
    told: Callable[[str], None] = lambda _: None,
    begun: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Import everything that is handed in, as of ``now`` (aware). ``told`` hears of every piece that is put aside.

    ``begun`` gets the number of the import before anything is imported.
    ``clock`` tells when it came to its end; ``now`` unless given. Raises ValueError for a purpose that the policy does
    not know, before anything is imported.
    """
    if terms.purpose not in terms.policy.purposes:
        known = ", ".join(terms.policy.purposes)
        raise ValueError(f"the policy says nothing of the purpose {terms.purpose!r}; it has: {known}")
    run = ledger.begin(terms.policy, terms.purpose, terms.software, now)
    begun(run)
    work = _Import(ledger, run, roster, terms, examiner, now, told)
    work.note_roster()
    for position, piece in enumerate(pieces, start=1):
        work.take(position, piece)
    for employee, offers in sorted(work.offers.items()):
        work.settle(roster.by_id[employee], offers)
    summary = work.summary()
    ledger.finish(run, summary.to_json(), now if clock is None else clock())
    return summary


class _Import:
    def __init__(
        self,
        ledger: Ledger,
        run: int,
        roster: Roster,
        terms: Terms,
        examiner: Examiner,
        now: datetime,
        told: Callable[[str], None],
    ) -> None:
        self._ledger, self._run, self._roster, self._terms = ledger, run, roster, terms
        self._examiner, self._now, self._told = examiner, now, told
        self._matcher = Matcher(roster)
        self._examined: dict[str, Examined] = {}
        self._pieces = 0
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._credits = 0
        self._amount = Decimal(0)
        self.offers: dict[str, list[_Offer]] = {}

    def note_roster(self) -> None:
        """Put the rows of the roster aside that were refused."""
        with self._ledger.transaction() as connection:
            for row in self._roster.refused:
                original = self._ledger.keep(connection, row.original.encode())
                name = f"roster line {row.line}"
                self._put_aside(connection, (-row.line, "", name, original), BAD_ROW, f"{row.reason}.")

    def take(self, position: int, piece: Piece) -> None:
        """Verify a piece and find whose each badge in it is; what is nobody's is put aside."""
        self._pieces += 1
        if piece.problem is not None:
            self._refuse(position, piece.name, piece.data, BAD_PIECE, piece.problem)
            return
        examined = self._examiner.examine(piece.data, self._now)
        if examined.taken is None:
            self._refuse(position, piece.name, piece.data, examined.code or "", examined.reason or "", examined)
            return
        with self._ledger.transaction() as connection:
            original = self._ledger.keep(connection, examined.original)
            self._examined[original] = examined
            for left in examined.taken.left_out:
                code = NO_BADGE if left.place is None else LEFT_OUT
                self._put_aside(connection, (position, left.place or "", piece.name, original), code, left.reason)
            for candidate in examined.taken.candidates:
                offer = _Offer(position, piece.name, candidate, original)
                match = self._matcher.match(candidate.document, candidate.issuer)
                if match.employee is not None:
                    self.offers.setdefault(match.employee.id, []).append(offer)
                else:
                    where = (position, offer.place, piece.name, original)
                    self._put_aside(connection, where, match.code or "", match.reason or "")
            self._note_check(connection, examined)

    def settle(self, employee: Employee, offers: list[_Offer]) -> None:
        """Add an employee's badges, decide on what is open, and credit: all of it or nothing."""
        for _ in range(_ATTEMPTS):
            try:
                done = self._settled(employee, offers)
            except _NotVerifiedYetError as missing:
                for original in sorted(missing.originals):
                    self._examined[original] = self._examiner.examine(self._ledger.original(original), self._now)
                continue
            self._count(*done)
            return
        raise RuntimeError(f"other imports kept changing what stands open for the employee {employee.id}")

    def _settled(self, employee: Employee, offers: list[_Offer]) -> tuple[list[Outcome], str | None, list[Any]]:
        ledger, terms = self._ledger, self._terms
        with ledger.transaction() as connection:
            outcomes = [self._add(connection, employee, offer) for offer in offers]
            fresh = any(each.outcome in ("new", "copy") for each in outcomes)
            basis = terms.basis(employee.facts, ledger.last_change(connection, employee.id), self._now.date())
            if not fresh and ledger.last_basis(connection, employee.id, terms.purpose) == basis:
                return outcomes, None, []
            copies = ledger.open_copies(connection, employee.id, terms.purpose)
            files = list(dict.fromkeys(copy.original for copy in copies))
            missing = frozenset(files) - self._examined.keys()
            if missing:
                raise _NotVerifiedYetError(missing)
            valid = [self._examined[each].credential for each in files]
            open_ones = {copy.identity for copy in copies}

            def own(candidate: Candidate) -> bool:
                found = self._matcher.match(candidate.document, candidate.issuer).employee
                return identity_of(candidate) in open_ones and found is not None and found.id == employee.id

            decided = decide_for(
                employee.facts,
                [credential for credential in valid if credential is not None],
                own,
                ledger.credited(connection, employee.id),
                terms,
                self._now,
            )
            if decided is None:
                return outcomes, None, []
            for each in files:
                self._note_check(connection, self._examined[each], keep=True)
            number_of = ledger.add_decision(
                connection, decision_row(decided, employee, terms, basis, self._run, self._now)
            )
            rows = list(entry_rows(decided, employee, terms, number_of, self._now))
            for row in rows:
                ledger.add_entry(connection, row)
            return outcomes, decided.decision.kind.value, rows

    def _add(self, connection: sqlite3.Connection, employee: Employee, offer: _Offer) -> Outcome:
        """Add a badge and its copy where they are not known; note what became of it."""
        ledger, candidate = self._ledger, offer.candidate
        identity = identity_of(candidate)
        badge = ledger.badge(connection, identity)
        if badge is not None and badge.employee != employee.id:
            reason = f"A copy of this badge was imported for another employee ({badge.employee}); it counts once."
            outcome = _outcome(offer, "quarantined", OTHER_EMPLOYEE, reason)
            ledger.note(connection, self._run, outcome)
            return outcome
        if badge is None:
            stated = statements.achievement_id(candidate)
            achievement = None if stated is None else stated.value
            made = Badge(identity, employee.id, candidate.id, candidate.issuer, achievement, candidate.name)
            ledger.add_badge(connection, made)
        word = "known"
        if ledger.copy(connection, offer.original, offer.place) is None:
            word = "new" if badge is None else "copy"
            ledger.add_copy(connection, Copy(candidate.sha256, offer.place, offer.original, identity))
        outcome = _outcome(offer, word, employee=employee.id, identity=identity)
        ledger.note(connection, self._run, outcome)
        return outcome

    def _refuse(
        self, position: int, name: str, data: bytes, code: str, reason: str, examined: Examined | None = None
    ) -> None:
        """Put a whole piece aside with its bytes."""
        with self._ledger.transaction() as connection:
            original = self._ledger.keep(connection, data)
            if examined is not None:
                self._note_check(connection, examined)
            self._put_aside(connection, (position, "", name, original), code, reason)

    def _put_aside(
        self, connection: sqlite3.Connection, where: tuple[int, str, str, str], code: str, reason: str
    ) -> None:
        """Note that something waits for a person. ``where``: position, place, name and SHA-256 of its bytes."""
        position, place, name, original = where
        outcome = Outcome(position, place, name, original, "quarantined", code, reason)
        self._ledger.note(connection, self._run, outcome)
        self._tell(outcome)
        self._counts["quarantined"] += 1
        self._reasons[code] += 1

    def _tell(self, outcome: Outcome) -> None:
        self._told(f"{outcome.name}{f' ({outcome.place})' if outcome.place else ''}: {outcome.reason}")

    def _note_check(self, connection: sqlite3.Connection, examined: Examined, *, keep: bool = False) -> None:
        sha256 = self._ledger.keep(connection, examined.original)
        self._ledger.note_check(connection, sha256, self._now, examined.check(keep=keep), self._run)

    def _count(self, outcomes: list[Outcome], kind: str | None, rows: list[Any]) -> None:
        for outcome in outcomes:
            self._counts[outcome.outcome] += 1
            if outcome.outcome == "quarantined":
                self._reasons[outcome.code or ""] += 1
                self._tell(outcome)
        if kind is not None:
            self._kinds[kind] += 1
        self._credits += len(rows)
        self._amount += sum((row["amount"] for row in rows), Decimal(0))

    def summary(self) -> Summary:
        """What was done."""
        return Summary(
            self._run,
            self._pieces,
            dict(sorted(self._counts.items())),
            dict(sorted(self._reasons.items())),
            dict(sorted(self._kinds.items())),
            self._credits,
            number(self._amount),
            self._terms.policy.purposes[self._terms.purpose].unit,
            len(self._roster.refused),
        )


def _outcome(
    offer: _Offer,
    word: str,
    code: str | None = None,
    reason: str | None = None,
    employee: str | None = None,
    identity: str | None = None,
) -> Outcome:
    return Outcome(offer.position, offer.place, offer.name, offer.original, word, code, reason, employee, identity)
