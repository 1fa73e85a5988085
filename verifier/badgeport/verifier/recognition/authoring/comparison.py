"""What changed from one version of a policy to another, as data and in words.

Two ways to write the same thing are no change. Whose decisions a change alters is asked in `what_if`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

from badgeport.schemas.pointer import join, resolve
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.authoring import words
from badgeport.verifier.recognition.model import (
    AllOf,
    AnyOf,
    ApprovedList,
    Cap,
    Expression,
    ListEntry,
    RecognitionPolicy,
    Rule,
    Slot,
)

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``pointer``: where it stands in the new policy, or in the old where it was removed.

    ``before`` and ``after``: the JSON at that place in the old and the new policy, None where there is none.
    ``words``: one sentence.
    """

    kind: Literal["added", "removed", "changed"]
    pointer: str
    words: str
    before: Any = None
    after: Any = None

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "kind": self.kind,
            "pointer": self.pointer,
            "words": self.words,
            "before": self.before,
            "after": self.after,
        }


def compare(old: RecognitionPolicy, new: RecognitionPolicy) -> tuple[Change, ...]:
    """Every change from ``old`` to ``new``, in the order of a policy's members; none where they mean the same."""
    if old.sha256 == new.sha256:
        return ()
    both = _Both(old, new)
    return (
        *_head(both),
        *_purposes(both),
        *_lists(both),
        *_names(both),
        *_rules(both),
        *_caps(both),
        *_counting(both),
    )


@dataclass(frozen=True, slots=True)
class _Both:
    old: RecognitionPolicy
    new: RecognitionPolicy

    def changed(self, before: str, after: str, told: str) -> Change:
        """A change at two places: pointers into the old and the new policy."""
        return Change("changed", after, told, _at(self.old, before), _at(self.new, after))

    def added(self, pointer: str, told: str) -> Change:
        return Change("added", pointer, told, None, _at(self.new, pointer))

    def removed(self, pointer: str, told: str) -> Change:
        return Change("removed", pointer, told, _at(self.old, pointer), None)


def _at(policy: RecognitionPolicy, pointer: str) -> Any:
    try:
        return resolve(policy.body, pointer)
    except ProblemError:
        return None


# -- the head of the policy -----------------------------------------------------------------------------------------

_HEAD: Final[tuple[tuple[str, str, Callable[[RecognitionPolicy], str]], ...]] = (
    ("/id", "The address", lambda policy: policy.id),
    ("/version", "The version", lambda policy: policy.version),
    ("/title", "The title", lambda policy: policy.title),
    ("/jurisdiction/id", "The identifier of the jurisdiction", lambda policy: policy.jurisdiction.id),
    ("/jurisdiction/name", "The name of the jurisdiction", lambda policy: policy.jurisdiction.name),
    ("/jurisdiction/area", "The area", lambda policy: policy.jurisdiction.area),
    ("/jurisdiction/kind", "The kind of jurisdiction", lambda policy: policy.jurisdiction.kind),
    ("/effective", "The period in which the policy holds", lambda policy: words.period_words(policy.effective)),
    ("/status", "The status", lambda policy: policy.status),
    ("/note", "The note", lambda policy: policy.note or "none"),
    ("/language", "The language", lambda policy: policy.language),
    ("/supersedes", "The version that is superseded", lambda policy: policy.supersedes or "none"),
)


def _head(both: _Both) -> Iterator[Change]:
    for pointer, what, tell in _HEAD:
        before, after = tell(both.old), tell(both.new)
        if before != after:
            yield both.changed(pointer, pointer, _now(what, before, after))


def _now(what: str, before: str, after: str) -> str:
    return f"{what}: now {after.removesuffix('.')}; before {before.removesuffix('.')}."


def _purposes(both: _Both) -> Iterator[Change]:
    old, new = both.old.purposes, both.new.purposes
    for name in _every(old, new):
        pointer = join("purposes", name)
        if name not in old:
            yield both.added(pointer, f"New purpose '{name}' ({new[name].title}), counted in {new[name].unit}.")
        elif name not in new:
            yield both.removed(pointer, f"The purpose '{name}' ({old[name].title}) is gone.")
        elif old[name] != new[name]:
            before, after = (f"{terms[name].title}, counted in {terms[name].unit}" for terms in (old, new))
            yield both.changed(pointer, pointer, _now(f"Purpose '{name}'", before, after))


def _every(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The names in both, in the order of the new, then those that are gone."""
    return [*new, *(name for name in old if name not in new)]


# -- lists and names ------------------------------------------------------------------------------------------------


def _lists(both: _Both) -> Iterator[Change]:
    old, new = both.old.lists, both.new.lists
    for name in _every(old, new):
        pointer = join("lists", name)
        if name not in old:
            count = len(new[name].entries)
            yield both.added(pointer, f"New list '{name}' ({new[name].title}) with {count} {_entries(count)}.")
        elif name not in new:
            yield both.removed(pointer, f"The list '{name}' ({old[name].title}) is gone.")
        else:
            if old[name].title != new[name].title:
                at = f"{pointer}/title"
                yield both.changed(at, at, _now(f"Title of the list '{name}'", old[name].title, new[name].title))
            yield from _entries_changed(both, old[name], new[name])


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _entries_changed(both: _Both, old: ApprovedList, new: ApprovedList) -> Iterator[Change]:
    """Entries are the same by achievement, issuer and version; what is left of each side is added or removed."""
    pointer, same = join("lists", new.id, "entries"), set(old.entries) & set(new.entries)
    left: dict[tuple[str, str | None, str | None], list[int]] = {}
    for index, entry in enumerate(old.entries):
        if entry not in same:
            left.setdefault(_key(entry), []).append(index)
    for index, entry in enumerate(new.entries):
        if entry in same:
            continue
        place = f"{pointer}/{index}"
        if earlier := left.get(_key(entry)):
            before = earlier.pop(0)
            told = _now(f"List '{new.id}', {_called(entry)}", _listed(old.entries[before]), _listed(entry))
            yield both.changed(f"{pointer}/{before}", place, told)
        else:
            yield both.added(place, f"List '{new.id}': new entry {_called(entry)}, {_listed(entry)}.")
    for index in sorted(index for rest in left.values() for index in rest):
        yield both.removed(f"{pointer}/{index}", f"List '{new.id}': {_called(old.entries[index])} is gone.")


def _key(entry: ListEntry) -> tuple[str, str | None, str | None]:
    return entry.achievement, entry.issuer, entry.version


def _called(entry: ListEntry) -> str:
    return f"'{entry.name}'" if entry.name is not None else entry.achievement


def _listed(entry: ListEntry) -> str:
    named = f"named '{entry.name}', " if entry.name is not None else ""
    return f"{named}{words.period_words(entry.period)}"


def _names(both: _Both) -> Iterator[Change]:
    old, new = both.old.issuer_classes, both.new.issuer_classes
    for name in _every(old, new):
        pointer = join("issuerClasses", name)
        if name not in old:
            yield both.added(pointer, f"New class of issuers '{name}': {', '.join(sorted(new[name]))}.")
        elif name not in new:
            yield both.removed(pointer, f"The class of issuers '{name}' is gone.")
        else:
            yield from _set_changed(both, pointer, f"class of issuers '{name}'", old[name], new[name])
    lists = [frozenset(each.url for each in policy.approval_lists) for policy in (both.old, both.new)]
    yield from _set_changed(both, join("approvalLists"), "addresses of approval lists", *lists)
    for member in ("agreements", "authorities"):
        before, after = frozenset(getattr(both.old, member)), frozenset(getattr(both.new, member))
        yield from _set_changed(both, join(member), member, before, after)


def _set_changed(both: _Both, pointer: str, what: str, old: frozenset[str], new: frozenset[str]) -> Iterator[Change]:
    if old == new:
        return
    told = [f"new is {name}" for name in sorted(new - old)] + [f"gone is {name}" for name in sorted(old - new)]
    yield both.changed(pointer, pointer, f"{what[:1].upper()}{what[1:]}: {', '.join(told)}.")


# -- rules and caps -------------------------------------------------------------------------------------------------


def _rules(both: _Both) -> Iterator[Change]:
    old, new = {rule.id: rule for rule in both.old.rules}, {rule.id: rule for rule in both.new.rules}
    for name in _every(old, new):
        if name not in old:
            yield both.added(
                new[name].pointer, f"New rule '{name}' ({new[name].title}): {_gives(new[name], both.new)}."
            )
        elif name not in new:
            yield both.removed(old[name].pointer, f"The rule '{name}' ({old[name].title}) is gone.")
        else:
            yield from _rule_changed(both, old[name], new[name])
    kept = [name for name in old if name in new]
    if kept != [name for name in new if name in old]:
        yield both.changed("/rules", "/rules", "The rules stand in another order, which decides between equal ones.")


def _gives(rule: Rule, policy: RecognitionPolicy) -> str:
    return words.worth_words(rule.worth, policy.purposes[rule.purpose].unit)


def _rule_changed(both: _Both, old: Rule, new: Rule) -> Iterator[Change]:
    for member, what, key, tell in _RULE:
        if key(old) != key(new):
            told = _now(f"Rule '{new.id}', {what}", tell(old, both.old), tell(new, both.new))
            yield both.changed(f"{old.pointer}/{member}", f"{new.pointer}/{member}", told)


def _meaning(expression: Expression) -> Any:
    """An expression without ids and places, so that only what is asked is compared."""
    if isinstance(expression, AllOf | AnyOf):
        parts = [_meaning(part) for part in expression.parts]
        if len(parts) == 1:
            return parts[0]
        return ("all" if isinstance(expression, AllOf) else "any", parts)
    return (expression.kind, expression.parameters)


def _slot_meaning(slots: tuple[Slot, ...]) -> Any:
    return [(slot.id, slot.title, slot.count, _meaning(slot.credential)) for slot in slots]


_Tell = Callable[[Rule, RecognitionPolicy], str]
_RULE: Final[tuple[tuple[str, str, Callable[[Rule], Any], _Tell], ...]] = (
    ("title", "title", lambda rule: rule.title, lambda rule, _: rule.title),
    ("purpose", "purpose", lambda rule: rule.purpose, lambda rule, policy: policy.purposes[rule.purpose].title),
    ("category", "category", lambda rule: rule.category, lambda rule, _: rule.category or "none"),
    ("citation", "citation", lambda rule: rule.citation, lambda rule, _: words.citation_words(rule.citation)),
    ("effective", "period", lambda rule: rule.effective, lambda rule, _: words.period_words(rule.effective)),
    (
        "who",
        "what is asked of the educator",
        lambda rule: _meaning(rule.who),
        lambda rule, policy: words.expression_words(rule.who, policy),
    ),
    (
        "credential",
        "which credentials count",
        lambda rule: _meaning(rule.credential),
        lambda rule, policy: words.expression_words(rule.credential, policy),
    ),
    (
        "slots",
        "combination",
        lambda rule: _slot_meaning(rule.slots),
        lambda rule, policy: words.slots_words(rule.slots, policy),
    ),
    ("times", "times a combination counts", lambda rule: rule.times, lambda rule, _: str(rule.times)),
    (
        "conditions",
        "conditions",
        lambda rule: _meaning(rule.conditions),
        lambda rule, policy: words.expression_words(rule.conditions, policy),
    ),
    ("worth", "worth", lambda rule: rule.worth, _gives),
    ("decides", "who decides", lambda rule: rule.office, lambda rule, _: words.office_words(rule)),
    ("alsoNeeded", "what else is needed", lambda rule: rule.needs, lambda rule, _: words.needs_words(rule)),
)


def _caps(both: _Both) -> Iterator[Change]:
    old, new = {cap.id: cap for cap in both.old.caps}, {cap.id: cap for cap in both.new.caps}
    for name in _every(old, new):
        if name not in old:
            told = f"New cap '{name}' ({new[name].title}): {words.cap_words(new[name], both.new)}."
            yield both.added(new[name].pointer, told)
        elif name not in new:
            yield both.removed(old[name].pointer, f"The cap '{name}' ({old[name].title}) is gone.")
        else:
            yield from _cap_changed(both, old[name], new[name])


def _cap_changed(both: _Both, old: Cap, new: Cap) -> Iterator[Change]:
    if old.title != new.title:
        told = _now(f"Title of the cap '{new.id}'", old.title, new.title)
        yield both.changed(f"{old.pointer}/title", f"{new.pointer}/title", told)
    if _limit(old) != _limit(new):
        before, after = words.cap_words(old, both.old), words.cap_words(new, both.new)
        yield both.changed(old.pointer, new.pointer, _now(f"Cap '{new.id}'", before, after))
    if old.citation != new.citation:
        told = _now(
            f"Citation of the cap '{new.id}'", words.citation_words(old.citation), words.citation_words(new.citation)
        )
        yield both.changed(f"{old.pointer}/citation", f"{new.pointer}/citation", told)


def _limit(cap: Cap) -> tuple[Any, ...]:
    return cap.purpose, cap.amount, cap.rules, cap.categories, cap.per, cap.partial


def _counting(both: _Both) -> Iterator[Change]:
    old, new = both.old.counting, both.new.counting
    if old.once_per_achievement != new.once_per_achievement:
        pointer = "/counting/oncePerAchievement"
        told = "once only" if new.once_per_achievement else "each time"
        yield both.changed(pointer, pointer, f"Several credentials for one achievement now count {told}.")
    if old.stacks != new.stacks:
        told = "either the stack or its members count" if new.stacks == "either" else "the stack and its members count"
        yield both.changed("/counting/stacks", "/counting/stacks", f"Of a stack and its members, now {told}.")
    if set(old.exclusive) != set(new.exclusive):
        pointer = "/counting/exclusive"
        before, after = (_exclusive(each.exclusive) for each in (old, new))
        yield both.changed(pointer, pointer, _now("Purposes of which a credential serves one only", before, after))


def _exclusive(groups: tuple[frozenset[str], ...]) -> str:
    return "; ".join(" or ".join(sorted(group)) for group in groups) or "none"
