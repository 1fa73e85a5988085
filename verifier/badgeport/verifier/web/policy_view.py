"""A recognition policy as people read it: rule by rule, in the language of the reader; its own texts as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.model import (
    AllOf,
    AnyOf,
    Cap,
    Citation,
    Expression,
    ListEntry,
    Period,
    RecognitionPolicy,
    Rule,
    Test,
)
from badgeport.verifier.web.choosing import KINDS, STATUS_WORDS, area_name
from badgeport.verifier.web.questions import (
    cap_words,
    citation_read,
    period_words,
    question,
    slot_words,
    web_address,
    worth_words,
)
from badgeport.verifier.web.words import Words, keyed

_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "who": keyed("For whom"),
        "credential": keyed("Which badges"),
        "conditions": keyed("How they were earned"),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a sentence, or several of which all or any are to be so (``several`` says which, in words)."""

    sentence: str = ""
    several: str = ""
    parts: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class CitationView:
    """Where something is written."""

    text: str
    url: str
    read: str


@dataclass(frozen=True, slots=True)
class SlotView:
    """A place of a combination: what it asks of all badges together, and which badges fit."""

    title: str
    asked: Asked | None


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule in words."""

    id: str
    title: str
    worth: str
    decides: str
    parts: tuple[tuple[str, Asked], ...]
    slots: tuple[SlotView, ...]
    needs: tuple[str, ...]
    period: str
    citation: CitationView


@dataclass(frozen=True, slots=True)
class CapView:
    """One limit in words."""

    title: str
    sentence: str
    of: str
    citation: CitationView


@dataclass(frozen=True, slots=True)
class PurposeView:
    """What a policy gives for one purpose."""

    name: str
    title: str
    unit: str
    rules: tuple[RuleView, ...]
    caps: tuple[CapView, ...]


@dataclass(frozen=True, slots=True)
class EntryView:
    """One line of an approved list."""

    name: str
    achievement: str
    issuer: str
    period: str


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A whole policy. ``facts`` are its label and value pairs, ``counting`` how badges count together."""

    title: str
    language: str
    status: str
    is_example: bool
    is_draft: bool
    note: str
    facts: tuple[tuple[str, str], ...]
    purposes: tuple[PurposeView, ...]
    lists: tuple[tuple[str, str, tuple[EntryView, ...]], ...]
    classes: tuple[tuple[str, tuple[str, ...]], ...]
    counting: tuple[str, ...]
    authorities: tuple[str, ...]


def policy_view(policy: RecognitionPolicy, agreements: Mapping[str, Agreement], speech: Words) -> PolicyView:
    """The view of a policy. ``agreements`` are those at hand, by their id."""
    return _Viewer(policy, agreements, speech).view()


class _Viewer:
    def __init__(self, policy: RecognitionPolicy, agreements: Mapping[str, Agreement], speech: Words) -> None:
        self._policy = policy
        self._agreements = agreements
        self._speech = speech

    def view(self) -> PolicyView:
        policy, speech = self._policy, self._speech
        return PolicyView(
            title=policy.title,
            language=policy.language,
            status=speech.say(STATUS_WORDS[policy.status]),
            is_example=policy.status == "example",
            is_draft=policy.status == "draft",
            note=policy.note or "",
            facts=self._facts(),
            purposes=tuple(
                PurposeView(
                    name,
                    terms.title,
                    terms.unit,
                    tuple(self._rule(rule, terms.unit) for rule in policy.rules_for(name)),
                    tuple(self._cap(cap, terms.unit) for cap in policy.caps if cap.purpose == name),
                )
                for name, terms in policy.purposes.items()
            ),
            lists=tuple(
                (each.id, each.title, tuple(self._entry(entry) for entry in each.entries))
                for each in policy.lists.values()
            ),
            classes=tuple((name, tuple(sorted(issuers))) for name, issuers in policy.issuer_classes.items()),
            counting=self._counting(),
            authorities=policy.authorities,
        )

    def _facts(self) -> tuple[tuple[str, str], ...]:
        policy, say = self._policy, self._speech.say
        place = area_name(policy.jurisdiction.area, self._speech)
        kind = say(KINDS[policy.jurisdiction.kind])
        found = [
            (say("Of whom"), policy.jurisdiction.name),
            (say("Place"), f"{place} · {kind}" if place else kind),
            (say("Version"), policy.version),
            (say("In effect"), period_words(policy.effective, self._speech) or say("Always")),
            (say("Status of the policy"), say(STATUS_WORDS[policy.status])),
        ]
        return tuple(found)

    def _rule(self, rule: Rule, unit: str) -> RuleView:
        speech = self._speech
        asked = (("who", rule.who), ("credential", rule.credential), ("conditions", rule.conditions))
        worth = worth_words(rule.worth, unit, speech)
        if rule.slots:
            worth = speech.count(
                "{worth} for the complete combination, once",
                "{worth} for each complete combination, at most {n} times",
                rule.times,
                worth=worth,
            )
        decides = speech.say("The rule decides by itself.")
        if rule.office is not None:
            decides = speech.say("Decided by: {office}", office=rule.office)
        return RuleView(
            id=rule.id,
            title=rule.title,
            worth=worth,
            decides=decides,
            parts=tuple(
                (speech.say(_PARTS[name]), found)
                for name, expression in asked
                if (found := self._asked(expression)) is not None
            ),
            slots=tuple(SlotView(slot_words(slot, speech), self._asked(slot.credential)) for slot in rule.slots),
            needs=tuple(need.text for need in rule.needs),
            period="" if rule.effective == Period() else period_words(rule.effective, speech),
            citation=self._citation(rule.citation),
        )

    def _asked(self, expression: Expression) -> Asked | None:
        """What an expression asks; None where it asks nothing."""
        if isinstance(expression, Test):
            return Asked(question(expression, self._policy, self._agreements, self._speech))
        parts = tuple(found for part in expression.parts if (found := self._asked(part)) is not None)
        if len(parts) < 2 and isinstance(expression, AllOf | AnyOf):
            return parts[0] if parts else None
        several = keyed("All of this:") if isinstance(expression, AllOf) else keyed("One of these is enough:")
        return Asked(several=self._speech.say(several), parts=parts)

    def _cap(self, cap: Cap, unit: str) -> CapView:
        rules = {rule.id: rule.title for rule in self._policy.rules}
        named = [rules.get(name, name) for name in sorted(cap.rules)]
        named += [rule.title for rule in self._policy.rules if rule.category in cap.categories]
        of = "; ".join(dict.fromkeys(named))
        return CapView(cap.title, cap_words(cap, unit, self._speech), of, self._citation(cap.citation))

    def _entry(self, entry: ListEntry) -> EntryView:
        name = entry.name or entry.achievement
        if entry.version is not None:
            name = self._speech.say("{name} (version {version})", name=name, version=entry.version)
        return EntryView(name, entry.achievement, entry.issuer or "", period_words(entry.period, self._speech))

    def _counting(self) -> tuple[str, ...]:
        counting, say = self._policy.counting, self._speech.say
        found = [say("A badge counts once for a purpose.")]
        if counting.once_per_achievement:
            found.append(say("Of several badges for the same achievement one counts."))
        if counting.stacks == "either":
            found.append(say("Of a stack and the badges that make it up, either the stack counts or they do."))
        else:
            found.append(say("A stack counts, and the badges that make it up count besides."))
        for purposes in counting.exclusive:
            named = ", ".join(self._policy.purposes[name].title for name in sorted(purposes))
            found.append(say("A badge serves one of these purposes only: {names}.", names=named))
        return tuple(found)

    def _citation(self, citation: Citation) -> CitationView:
        return CitationView(citation.text, web_address(citation.url), citation_read(citation, self._speech))
