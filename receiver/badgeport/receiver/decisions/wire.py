"""What programs send and get about filed decisions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from badgeport.issuer.web.programs import Body
from badgeport.receiver.decisions.services import MOST_NAME, MOST_REASON, MOST_REFERENCE
from badgeport.verifier.web.recognition import MAXIMUM_CREDENTIALS

Outcome = Literal["accept", "accept_with_conditions", "refer", "not_accepted"]


class DecideIn(Body):
    """Badges of one educator, and how to decide on them."""

    credentials: Annotated[
        list[dict[str, Any] | str],
        Field(
            min_length=1,
            max_length=MAXIMUM_CREDENTIALS,
            description="Badges, and approvals that an authority signed: a JSON object, or a text that holds one.",
        ),
    ]
    policy: Annotated[str, Field(max_length=2048, description="The short name or the address of a policy here.")]
    purpose: Annotated[str, Field(max_length=200)] | None = Field(None, description="Needed where there are several.")
    facts: dict[str, Any] = Field(default_factory=dict, description="As `badgeport schema facts` says.")
    credited: list[dict[str, Any]] = Field(
        default_factory=list, max_length=1000, description="What was credited before, beside what is filed here."
    )
    as_of: AwareDatetime | None = Field(None, description="Now unless given.")
    reference: Annotated[str, Field(max_length=MOST_REFERENCE)] = ""


class AppealIn(Body):
    """Who does not agree, and why."""

    by: Annotated[str, Field(min_length=1, max_length=MOST_NAME)]
    reason: Annotated[str, Field(min_length=1, max_length=MOST_REASON)]


class SettlementIn(Body):
    """What a person puts in place of a decision. ``version`` is that of the decision as it was read."""

    decision: Literal["accept", "accept_with_conditions", "not_accepted"]
    amount: Annotated[str, Field(max_length=20, description="A decimal text; empty where nothing is given.")] = ""
    reason: Annotated[str, Field(min_length=1, max_length=MOST_REASON)]
    version: int | None = None


class ReferenceIn(Body):
    """How the organization finds the person again; empty for none."""

    reference: Annotated[str, Field(max_length=MOST_REFERENCE)]


class PolicyOut(Body):
    """The exact policy."""

    id: str
    version: str
    sha256: str
    title: str


class OutcomeOut(Body):
    """An outcome; ``at_most`` of the decision as it was made."""

    decision: Outcome
    amount: str
    at_most: str | None = None


class RowOut(Body):
    """A filed decision: as it was decided, and what holds now."""

    id: str
    reference: str
    digest: str
    policy: PolicyOut
    purpose: str
    unit: str
    decided: OutcomeOut
    standing: OutcomeOut
    appealed: bool
    as_of: str
    filed: str
    filed_by: str
    signed: bool
    erased: bool
    version: int


class StepOut(Body):
    """An appeal, or what a person decided."""

    number: int
    deed: Literal["appeal", "settled"]
    at: str
    by: str
    office: str | None
    reason: str
    decision: Outcome | None
    amount: str | None
    signed: bool


class WholeOut(RowOut):
    """A filed decision with all that came after it; ``may_settle``: whether who asks is another person."""

    linked: bool
    may_settle: bool
    steps: list[StepOut]


class PageOut(Body):
    """A page of the list."""

    items: list[RowOut]
    total: int
    page: int
    pages: int


class BeforeOut(Body):
    """An earlier decision that was counted."""

    id: str
    standing: OutcomeOut
    unit: str
    filed: str


class PreviewOut(Body):
    """A decision that is not filed; ``may_file``: whether it could be."""

    decision: dict[str, Any]
    digest: str
    may_file: bool
    before: list[BeforeOut]
    refused: list[dict[str, Any]]


class AgainOut(Body):
    """What follows from the record now; ``same``: it is the filed decision, byte for byte."""

    same: bool
    decision: dict[str, Any]


class BadgeOut(Body):
    """A badge as it stands today."""

    number: int
    name: str
    verdict: Literal["valid", "invalid", "undetermined"]
    codes: list[str]


class TodayOut(Body):
    """The badges as of now, and what the same policy says of those that are valid; null where none is."""

    at: str
    same: bool
    badges: list[BadgeOut]
    decision: dict[str, Any] | None


class LinkOut(Body):
    """The educator's address; it is kept nowhere."""

    address: str
