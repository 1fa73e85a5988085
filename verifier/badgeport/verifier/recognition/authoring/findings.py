"""What is wrong with a policy as it is written: each finding with its line, its place and a plain sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

CODES: Final[Mapping[str, str]] = {
    "alias": "An anchor (`&name`) or alias (`*name`) is used; write it out.",
    "amount": "An amount is 0 or less, too large, or has more than six digits after the point.",
    "blank": "A text starts or ends with a space or an empty line.",
    "cap-of-nothing": "A cap limits no rule, a rule for another purpose, or is less than every rule under it gives.",
    "combination-worth": "A rule with slots has an exchange; a combination has a fixed worth.",
    "contradictory": "Two rules ask for the same on the same day, or a policy supersedes its own version.",
    "count": "A list has too few or too many entries.",
    "duplicate": "A name, an identifier or an entry of an approved list is there twice.",
    "duplicate-member": "A member of one object is written twice.",
    "empty": "There is no policy in the text.",
    "empty-member": "A member has no value; write one, or leave the member out.",
    "empty-period": "A period ends before it starts.",
    "gives-nothing": "An exchange by the number of credentials is always rounded down to 0.",
    "idle-purpose": "No rule is for a purpose of the policy.",
    "impossible": "Nobody can meet a rule: its tests contradict each other, or the period of the policy.",
    "malformed": "A value is not of the form that its member has.",
    "member-name": "The name of a member is not a text, or is too long.",
    "misplaced-test": "A test stands in a part of the rule in which it cannot be asked.",
    "missing": "A member that has to be there is not.",
    "missing-citation": "A rule or cap does not say where it is laid down.",
    "name": "A name has characters that names do not have, or too many.",
    "no-such-day": "A date is of a day that does not exist, such as 30 February.",
    "not-text": "The file is not UTF-8 text.",
    "not-yaml": "The text is neither YAML nor JSON at this place.",
    "number": "A number has too many digits, is too large, or is none (such as `.nan`).",
    "outside-period": "A rule holds on days on which the policy does not.",
    "parameter": "A test lacks a parameter, has one too many, or one of another form.",
    "several-tests": "Two tests stand in one entry of a list.",
    "tag": "A tag (`!name`) is used; remove it.",
    "times-without-slots": "`times` stands in a rule that has no slots.",
    "too-deep": "The text, or `all` and `any` in a rule, are nested too deeply.",
    "too-large": "The text is too long, or has too many names and values.",
    "two-documents": "A second document starts in the text.",
    "undated": "The policy does not say from which day it holds.",
    "unknown-member": "An object has no member of that name.",
    "unknown-name": "A purpose, list, class, agreement, authority, rule or category is named that there is not.",
    "unknown-purpose": "A purpose is none of those there are.",
    "unknown-test": "There is no test of that name.",
    "unknown-unit": "A unit is none that is read in credentials, and none of the policy's purposes.",
    "unseen-character": "A text has a character that is not seen, such as one that turns the direction of writing.",
}
"""Every code, and what it says."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    ``line``: counted from 1; None where there is no text, or the place in it is not known. ``pointer``: a JSON pointer
    into the policy. ``code``: stable, one of `CODES`.
    ``message``: one sentence that names the member and the reason.
    """

    line: int | None
    pointer: str
    code: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line is not None else self.pointer or "the whole policy"
        return f"{where}: {self.message}"


class PolicyRefused(ValueError):  # noqa: N818 - it is an answer, not a failure
    """A policy that cannot be read, or that nothing could be decided by. ``findings`` has at least one entry."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(set(findings), key=_order))
        super().__init__("\n".join(map(str, self.findings)))


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return finding.line or 0, finding.pointer, finding.code, finding.message
