"""How the answers about staff credit are described to programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from badgeport.issuer.web.programs import Body


class RosterSummary(Body):
    """What is known of the roster's file."""

    name: str
    sha256: str
    employees: int
    refused: int
    at: datetime


class CreditSettings(Body):
    """How staff are credited."""

    policy: str
    purpose: str
    every_days: int
    state: str
    namespace: str
    webhook: str | None
    roster: RosterSummary | None


class CreditPolicy(Body):
    """A policy with one of its purposes."""

    policy: str
    purpose: str
    title: str
    purpose_title: str
    unit: str
    own: bool
    example: bool


class CreditPolicies(Body):
    """What staff can be credited under."""

    items: list[CreditPolicy]


class RosterRow(Body):
    """A row that was not taken."""

    line: int
    reason: str


class RosterState(Body):
    """How many employees are on the roster, and the rows that were not taken."""

    employees: int
    refused: list[RosterRow]


class WebhookState(Body):
    """Where reports go, and the secret they are signed with; it is answered this once."""

    url: str
    secret: str


class MessagesState(Body):
    """Whether who asks is written to."""

    wanted: bool


class ImportState(Body):
    """An import: how far it is, its parts (``runs``), and what came of it (``summary``)."""

    id: str
    name: str
    again: bool
    state: Literal["waiting", "running", "done", "stopped"]
    trouble: str | None
    sha256: str | None
    policy: str
    purpose: str
    runs: list[int]
    summary: dict[str, Any]
    created: datetime
    finished: datetime | None


class ImportPage(Body):
    """A page of imports."""

    items: list[ImportState]
    total: int
    page: int
    pages: int


class AsideState(Body):
    """What was put aside: a stable code, the reason, the digest of its bytes."""

    number: int
    package: int
    name: str
    place: str
    sha256: str
    code: str
    reason: str


class AsidePage(Body):
    """A page of what was put aside."""

    items: list[AsideState]
    total: int
    page: int
    pages: int


class CreditedAmount(Body):
    """What stands to somebody's credit for a purpose."""

    purpose: str
    amount: str
    unit: str


class EmployeeState(Body):
    """An employee and what stands to their credit."""

    employee: str
    name: str | None
    on_roster: bool
    credited: list[CreditedAmount]


class EmployeePage(Body):
    """A page of employees."""

    items: list[EmployeeState]
    total: int
    page: int
    pages: int


class LineState(Body):
    """A line of the ledger."""

    line: int
    kind: Literal["credit", "reversal", "reinstatement"]
    reverses: int | None
    decision: int
    purpose: str
    credential: str
    rule: str
    category: str | None
    lane: str | None
    cycle: str | None
    unit: str
    amount: str
    on: str
    at: str
    by: str
    why: str


class EmployeeSheet(EmployeeState):
    """All that is kept of an employee: balances with what is left under caps, badges, lines, decisions."""

    balances: list[dict[str, Any]]
    badges: list[dict[str, Any]]
    lines: list[LineState]
    decisions: list[dict[str, Any]]


class DecisionState(Body):
    """A decision with its lines, the import it was made in (``package``), and all it was made from (``record``)."""

    number: int
    employee: str
    made: str
    package: int
    decision: dict[str, Any]
    lines: list[LineState]
    record: dict[str, Any]


class ReconciliationState(Body):
    """The ways in which the ledger does not agree with its decisions."""

    problems: list[str]


class RecheckState(Body):
    """A check of everything credited: how far it is, the numbers of what is new, the report at the end."""

    id: str
    state: Literal["running", "done"]
    checked: int
    new: list[int]
    report: dict[str, Any] | None
    webhook: str | None
    delivered: datetime | None
    created: datetime
    finished: datetime | None


class ChangeState(Body):
    """A change that stands open; ``proposal`` is what a person may accept."""

    number: int
    line: int
    employee: str
    badge: str | None
    credential: str
    purpose: str
    amount: str
    unit: str
    kind: str
    code: str
    detail: str
    proposal: str | None


class Changes(Body):
    """Every change that stands open."""

    items: list[ChangeState]


class SettledState(Body):
    """What was decided about a change."""

    number: int
    state: Literal["accepted", "declined"]
