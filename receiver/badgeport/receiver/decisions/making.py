"""Making a decision to be filed: under a policy, on what verified, knowing what was credited before."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from badgeport.issuer.mistakes import refuse
from badgeport.issuer.people.tables import Organization
from badgeport.keys.did import comparable
from badgeport.receiver.decisions.handed import Examined
from badgeport.schemas import jsontext
from badgeport.verifier.hr.ledger import identity_of
from badgeport.verifier.recognition.approval.authority import Authority
from badgeport.verifier.recognition.approval.documents import digest_of
from badgeport.verifier.recognition.conditions.candidates import candidates_of
from badgeport.verifier.recognition.conditions.evaluation import questions
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.deciding.inputs import Inputs, inputs_of
from badgeport.verifier.recognition.deciding.record import decide_again, record_of
from badgeport.verifier.recognition.decision import Decision
from badgeport.verifier.recognition.engine import decide
from badgeport.verifier.recognition.model import Credited
from badgeport.verifier.shelf import Shelf, Shelved
from badgeport.verifier.web.desk import Desk
from badgeport.verifier.web.recognition import MAXIMUM_TRIALS

IN_FORCE = "in-force"


@dataclass(frozen=True, slots=True)
class Made:
    """A decision with all that it was made from. ``digest`` is that of the decision, by which appeals name it."""

    shelved: Shelved
    examined: Examined = field(repr=False)
    inputs: Inputs = field(repr=False)
    decision: Decision
    digest: str

    @property
    def identities(self) -> tuple[str, ...]:
        """The badges it is on, each by a digest."""
        return identities_of(self.inputs)


def is_own(shelved: Shelved, org: Organization) -> bool:
    """Whether a policy is the organisation's own, in force and not withdrawn; `may_file` knows of its versions too."""
    policy = shelved.policy
    own = comparable(policy.jurisdiction.id) == comparable(org.did)
    return own and policy.status == IN_FORCE and shelved.withdrawn is None


def may_file(shelf: Shelf, shelved: Shelved, org: Organization, on: date) -> bool:
    """Whether a decision as of a day can be filed: the policy is the organisation's own, and decides on that day.

    Where another version began since, or took its place, that one does.
    """
    if not is_own(shelved, org):
        return False
    decides = shelf.find(shelved.policy.id, on)
    return decides is not None and decides.policy.sha256 == shelved.policy.sha256


def identities_of(inputs: Inputs) -> tuple[str, ...]:
    """Digests of what makes copies of each badge the same one."""
    return tuple(dict.fromkeys(hashlib.sha256(identity_of(each).encode()).hexdigest() for each in inputs.candidates))


def inputs_for(
    desk: Desk,
    shelved: Shelved,
    purpose: str,
    facts: Facts,
    examined: Examined,
    credited: Sequence[Credited] = (),
    *,
    authority: Authority | None = None,
) -> Inputs:
    """What a decision is made from; ``authority`` is what authorities said, where it was found out already.

    Raises Mistakes (``badges``) where no badge is valid, or it is too much at once.
    """
    policy, portfolio = shelved.policy, examined.portfolio
    # Approvals may be handed in beside badges, and are none.
    if not any(candidates_of(credential) for credential in portfolio.credentials):
        refuse("badges", "Nothing that was handed in is valid as of that day, so nothing was decided.")
    if questions(policy.rules) * len(portfolio.verified) > MAXIMUM_TRIALS:
        refuse("badges", "These are too many badges for this policy. Hand in fewer at a time.")
    return inputs_of(
        portfolio.credentials,
        policy,
        purpose,
        facts,
        portfolio.as_of,
        authority=portfolio.authority(policy, desk) if authority is None else authority,
        agreements=desk.shelf.agreements,
        credited=credited,
        software=desk.software,
    )


def made_from(shelved: Shelved, examined: Examined, inputs: Inputs) -> Made:
    """The decision for inputs. Raises RuntimeError where its record would not give it again: a defect."""
    decision = decide(inputs)
    # What is filed must follow from its record, as that is read years later.
    again = decide_again(jsontext.parse_object(jsontext.dump(record_of(inputs))))
    if jsontext.dump(again.to_json()) != jsontext.dump(decision.to_json()):
        raise RuntimeError("the record of a decision does not give the decision again")
    return Made(shelved, examined, inputs, decision, digest_of(decision.to_json()))
