"""Reading a policy as its author wrote it, and refusing one by which nothing could be decided, with line and reason.

`read_policy` reads text (YAML or JSON), `policy_of` a parsed JSON object, such as a signed policy contains. Both ask
first for the form (`building`), then for sense: known names and units, periods that have days, caps of something, rules
that somebody can meet. docs/policy.md lists every code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import rfc8785

from badgeport.keys.did import comparable
from badgeport.schemas.pointer import join
from badgeport.verifier.recognition.authoring.building import build
from badgeport.verifier.recognition.authoring.contradictions import conflicts
from badgeport.verifier.recognition.authoring.findings import Finding, PolicyRefused
from badgeport.verifier.recognition.authoring.form import Form, meant, plain_number
from badgeport.verifier.recognition.authoring.reading import (
    MAXIMUM_FINDINGS,
    Node,
    find,
    quoted,
    read_tree,
    tree_of,
    with_lines,
)
from badgeport.verifier.recognition.conditions.evaluation import tests_of
from badgeport.verifier.recognition.conditions.kinds import KINDS
from badgeport.verifier.recognition.conditions.units import CREDENTIALS, QUANTITIES, known_unit, same_unit
from badgeport.verifier.recognition.model import (
    Cap,
    Exchange,
    Fixed,
    Period,
    RecognitionPolicy,
    Rule,
    Test,
)

__all__ = ["Finding", "PolicyRefused", "findings_of", "policy_of", "read_policy"]

_Said = tuple[str, str, str]
"""Pointer, code and message of something that makes no sense."""


def read_policy(data: bytes | str) -> RecognitionPolicy:
    """The policy of a text: YAML 1.2 or JSON, UTF-8 where it is bytes.

    Raises PolicyRefused with everything that is wrong, each with its line, where the text cannot be read or nothing
    could be decided by it.
    """
    root = read_tree(data)
    form = Form()
    policy = build(root, form)
    findings = form.findings or list(_senseless(policy, root))
    if findings and root.line is None:
        lined = with_lines(root, data)
        findings = [_placed(lined, each.pointer, each.code, each.message) for each in findings]
    return _sound(policy, findings)


def policy_of(body: Mapping[str, Any]) -> RecognitionPolicy:
    """The policy of a parsed JSON object. Raises PolicyRefused; its findings have a pointer and no line."""
    root = tree_of(body)
    form = Form()
    policy = build(root, form)
    return _sound(policy, form.findings or list(_senseless(policy, root)))


def findings_of(data: bytes | str) -> tuple[Finding, ...]:
    """What is wrong with the text of a policy, in the order of its lines; nothing where it can be decided by."""
    try:
        read_policy(data)
    except PolicyRefused as refused:
        return refused.findings
    return ()


def _sound(policy: RecognitionPolicy, findings: list[Finding]) -> RecognitionPolicy:
    if findings:
        raise PolicyRefused(findings[:MAXIMUM_FINDINGS])
    return policy


def _senseless(policy: RecognitionPolicy, root: Node) -> Iterator[Finding]:
    for check in (_purposes, _periods, _lists, _names, _units, _amounts, _caps, _counting, _repeated, _impossible):
        for pointer, code, message in check(policy):
            yield _placed(root, pointer, code, message)


def _placed(root: Node, pointer: str, code: str, message: str) -> Finding:
    return Finding(find(root, pointer).line, pointer, code, message)


# -- one check each: what, and why it cannot be decided -------------------------------------------------------------


def _purposes(policy: RecognitionPolicy) -> Iterator[_Said]:
    for index, rule in enumerate(policy.rules):
        if rule.purpose not in policy.purposes:
            message = f"The policy has no purpose {quoted(rule.purpose)}{meant(rule.purpose, policy.purposes)}."
            yield join("rules", index, "purpose"), "unknown-name", message
    served = {rule.purpose for rule in policy.rules}
    for purpose in policy.purposes:
        if purpose not in served:
            yield join("purposes", purpose), "idle-purpose", f"No rule is for the purpose '{purpose}'."


def _periods(policy: RecognitionPolicy) -> Iterator[_Said]:
    if policy.supersedes == policy.version:
        yield "/supersedes", "contradictory", f"The policy supersedes its own version {quoted(policy.version)}."
    whole = policy.effective
    for rule in policy.rules:
        for name, day in (("from", rule.effective.start), ("until", rule.effective.end)):
            if day is not None and not whole.contains(day):
                message = f"'{name}' is {day}, a day on which the policy does not hold ({_in_words(whole)})."
                yield f"{rule.pointer}/effective/{name}", "outside-period", message


def _in_words(period: Period) -> str:
    start = f"from {period.start}" if period.start is not None else ""
    return f"{start} until {period.end}".strip() if period.end is not None else start


def _lists(policy: RecognitionPolicy) -> Iterator[_Said]:
    for name, listed in policy.lists.items():
        seen: dict[Any, int] = {}
        for index, entry in enumerate(listed.entries):
            key = (entry.achievement, entry.issuer, entry.version, entry.period)
            if key in seen:
                message = f"The entry for {quoted(entry.achievement)} is the same as entry {seen[key] + 1} of the list."
                yield join("lists", name, "entries", index), "duplicate", message
            seen.setdefault(key, index)


def _names(policy: RecognitionPolicy) -> Iterator[_Said]:
    believed = {comparable(each) for each in (*policy.authorities, policy.jurisdiction.id)}
    known: Mapping[str, tuple[Iterable[str], str]] = {
        "list": (policy.lists, "list"),
        "issuerClass": (policy.issuer_classes, "class of issuers"),
        "agreement": (policy.agreements, "agreement"),
        "authority": (policy.authorities, "authority"),
    }
    for index, place in enumerate(policy.approval_lists):
        if comparable(place.authority) not in believed:
            message = f"The policy believes no authority {quoted(place.authority)}, so its list would not count."
            yield join("approvalLists", index, "authority"), "unknown-name", message
    for rule in policy.rules:
        for test in asked_by(rule):
            for reference in KINDS[test.kind].refers(test.parameters):
                names, what = known[reference.what]
                if reference.name in names or (
                    reference.what == "authority" and comparable(reference.name) in believed
                ):
                    continue
                message = f"The policy names no {what} {quoted(reference.name)}{meant(reference.name, names)}."
                yield f"{test.pointer}/{reference.parameter}", "unknown-name", message


def _units(policy: RecognitionPolicy) -> Iterator[_Said]:
    own = tuple(terms.unit for terms in policy.purposes.values())

    def unknown(unit: str) -> str:
        there = meant(unit, QUANTITIES) or f"; known are {', '.join(QUANTITIES)} and the units of the policy's purposes"
        return f"{quoted(unit)} is no unit that is read in a credential{there}."

    for rule in policy.rules:
        if isinstance(rule.worth, Exchange) and not known_unit(rule.worth.of, own):
            yield f"{rule.pointer}/worth/exchange/of", "unknown-unit", unknown(rule.worth.of)
        for test in asked_by(rule):
            if test.kind == "effort" and not known_unit(test.parameters["unit"], own):
                yield f"{test.pointer}/unit", "unknown-unit", unknown(test.parameters["unit"])


def _amounts(policy: RecognitionPolicy) -> Iterator[_Said]:
    for rule in policy.rules:
        worth = rule.worth
        if not isinstance(worth, Exchange) or not same_unit(worth.of, CREDENTIALS):
            continue
        if worth.step is not None and (worth.over, worth.rounding) == ("each", "down"):
            each = worth.gives / worth.per
            if each < worth.step:
                message = (
                    f"One credential gives {plain_number(each)}, which is rounded down to 0: "
                    "no credential ever gives anything. Round over the total instead."
                )
                yield f"{rule.pointer}/worth/exchange/round", "gives-nothing", message


def _caps(policy: RecognitionPolicy) -> Iterator[_Said]:
    for cap in policy.caps:
        if cap.purpose not in policy.purposes:
            message = f"The policy has no purpose {quoted(cap.purpose)}{meant(cap.purpose, policy.purposes)}."
            yield f"{cap.pointer}/purpose", "unknown-name", message
            continue
        yield from _names_of_cap(cap, policy)
        under = [rule for rule in policy.rules_for(cap.purpose) if _is_under(rule, cap)]
        if not under:
            yield cap.pointer, "cap-of-nothing", f"The cap '{cap.id}' limits no rule of the purpose '{cap.purpose}'."
        elif not cap.partial and all(
            isinstance(rule.worth, Fixed) and rule.worth.amount > cap.amount for rule in under
        ):
            message = f"Every rule under the cap '{cap.id}' gives more than {plain_number(cap.amount)}: nothing counts."
            yield f"{cap.pointer}/amount", "cap-of-nothing", message


def _names_of_cap(cap: Cap, policy: RecognitionPolicy) -> Iterator[_Said]:
    rules = {rule.id: rule for rule in policy.rules}
    for name in sorted(cap.rules):
        if name not in rules:
            yield f"{cap.pointer}/rules", "unknown-name", f"There is no rule {quoted(name)}{meant(name, rules)}."
        elif rules[name].purpose != cap.purpose:
            message = f"The rule '{name}' is for the purpose '{rules[name].purpose}', the cap for '{cap.purpose}'."
            yield f"{cap.pointer}/rules", "cap-of-nothing", message
    categories = {rule.category for rule in policy.rules_for(cap.purpose) if rule.category is not None}
    for name in sorted(cap.categories - categories):
        message = f"No rule for '{cap.purpose}' has the category {quoted(name)}{meant(name, categories)}."
        yield f"{cap.pointer}/categories", "unknown-name", message


def _is_under(rule: Rule, cap: Cap) -> bool:
    return not (cap.rules or cap.categories) or rule.id in cap.rules or rule.category in cap.categories


def _counting(policy: RecognitionPolicy) -> Iterator[_Said]:
    for index, purposes in enumerate(policy.counting.exclusive):
        for name in sorted(purposes - policy.purposes.keys()):
            message = f"The policy has no purpose {quoted(name)}{meant(name, policy.purposes)}."
            yield join("counting", "exclusive", index), "unknown-name", message


def _repeated(policy: RecognitionPolicy) -> Iterator[_Said]:
    """Two rules that ask for the same on the same day: which of them holds, nobody can tell."""
    seen: dict[bytes, list[Rule]] = {}
    asked = ("purpose", "who", "credential", "conditions", "slots")
    for rule, written in zip(policy.rules, policy.body["rules"], strict=True):
        key = rfc8785.dumps({name: written[name] for name in asked if name in written})
        for before in seen.setdefault(key, []):
            if _overlap(before.effective, rule.effective):
                same = before.worth == rule.worth
                message = f"The rule '{rule.id}' asks for the same as the rule '{before.id}'" + (
                    "." if same else " and gives something else."
                )
                yield rule.pointer, "contradictory", message
                break
        seen[key].append(rule)


def _overlap(one: Period, other: Period) -> bool:
    starts_late = one.start is not None and other.end is not None and one.start > other.end
    ends_early = one.end is not None and other.start is not None and one.end < other.start
    return not (starts_late or ends_early)


def _impossible(policy: RecognitionPolicy) -> Iterator[_Said]:
    for rule, slot, conflict in conflicts(policy):
        place = f"the rule '{rule.id}'" if slot is None else f"the slot '{slot.id}' of the rule '{rule.id}'"
        if conflict.other is None:
            why = f"'{conflict.test.id}' asks for what cannot be while the policy holds"
        else:
            why = f"'{conflict.other.id}' and '{conflict.test.id}' cannot both be met"
        yield conflict.test.pointer, "impossible", f"Nobody can meet {place}: {why}."


def asked_by(rule: Rule) -> Iterator[Test]:
    """Every test of a rule, in the order of its parts."""
    for part in (rule.who, rule.credential, *(slot.credential for slot in rule.slots), rule.conditions):
        yield from tests_of(part)
