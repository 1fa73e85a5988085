"""A decision as people read it: what was decided, why, and what is missing, in one language and in reading order.

Made from the decision and the policy of its record, so that a kept decision reads the same as a fresh one. What a
policy or a badge says of itself stands in its own words; sentences that only the record has are in English and marked
so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.decision import (
    CapUse,
    ConditionTrace,
    Decision,
    Item,
    Kind,
    Missing,
    Outcome,
    RuleTrace,
)
from badgeport.verifier.recognition.model import Citation, RecognitionPolicy
from badgeport.verifier.web.asking import Field
from badgeport.verifier.web.choosing import STATUS_WORDS, area_name
from badgeport.verifier.web.questions import citation_read, web_address
from badgeport.verifier.web.telling import KIND_WORDS, TONES, Teller, Text, amount_words, found_words, headline_of
from badgeport.verifier.web.words import DEFAULT_LANGUAGE, Words, keyed

MET_WORDS: Mapping[Outcome, str] = MappingProxyType(
    {Outcome.MET: keyed("Met"), Outcome.NOT_MET: keyed("Not met"), Outcome.UNKNOWN: keyed("Cannot tell")}
)
"""What the outcome of a rule or of a condition is called."""

_MET_TONES = {Outcome.MET: "passed", Outcome.NOT_MET: "failed", Outcome.UNKNOWN: "unknown"}
_SENTENCES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.ACCEPT: keyed("This is what the badges are worth by the rules of this policy."),
        Kind.ACCEPT_WITH_CONDITIONS: keyed("It counts once what is named below is there as well."),
        Kind.REFER: keyed("The rules alone do not settle it. What is open, and who decides, is named below."),
        Kind.NOT_ACCEPTED: keyed("Nothing counts by the rules of this policy as it stands. What is missing is below."),
    }
)
_LEFT = keyed("{amount} {unit} left")
_LEFT_AT_MOST = keyed("{amount} {unit} left if nothing was credited before")
_FACTS = "facts#/"


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One condition of a rule: what was asked, the outcome, what was found, and where (a pointer into the badge)."""

    outcome: str
    word: str
    asked: str
    note: str
    where: str


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule as it was tried on one badge, or on all of them together."""

    title: str
    outcome: str
    word: str
    citation: str
    url: str
    read: str
    office: str
    conditions: tuple[ConditionView, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """The rules that were tried on one badge; ``badge`` is empty for those tried on all together."""

    badge: str
    rules: tuple[RuleView, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of one thing handed in said: its number, the headline, who issued it and whose it is, if known."""

    number: int
    headline: str
    issuer: str
    recipient: str = ""


@dataclass(frozen=True, slots=True)
class ItemView:
    """What became of one badge. ``checked``: None where nothing is kept of its check."""

    name: str
    tone: str
    word: str
    amount: str
    rule: str
    why: tuple[Text, ...]
    identifier: str
    digest: str
    checked: Checked | None = None


@dataclass(frozen=True, slots=True)
class MissingView:
    """What is missing, for which badge (empty: for all), and how much it could add (empty: that is not known)."""

    text: Text
    badge: str
    gains: str


@dataclass(frozen=True, slots=True)
class CapView:
    """A limit of the policy, and how much of it this decision uses."""

    title: str
    used: str
    left: str
    citation: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision in one language. ``cautions`` are to be read with the headline."""

    language: str
    tone: str
    word: str
    headline: str
    sentence: str
    cautions: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    items: tuple[ItemView, ...]
    conditions: tuple[str, ...]
    missing: tuple[MissingView, ...]
    caps: tuple[CapView, ...]
    tried: tuple[Tried, ...]
    given: tuple[tuple[str, str], ...]
    policy_language: str
    basis: tuple[tuple[str, str], ...]


def decision_view(
    decision: Decision,
    policy: RecognitionPolicy,
    agreements: Mapping[str, Agreement],
    speech: Words,
    *,
    left_out: int,
    fields: Sequence[Field] = (),
    knows_before: bool = False,
    checks: Mapping[str, Checked] | None = None,
) -> DecisionView:
    """The view of a decision under its policy. ``left_out``: how many things handed in entered no decision.

    ``fields``: how the facts about the educator were asked for. ``knows_before``: whoever decided looked at what was
    credited to the educator before. ``checks``: what the checks said, by the digests of what was handed in.
    """
    return _Viewer(decision, policy, agreements, speech, fields, knows_before, checks or {}).view(left_out)


class _Viewer:
    def __init__(
        self,
        decision: Decision,
        policy: RecognitionPolicy,
        agreements: Mapping[str, Agreement],
        speech: Words,
        fields: Sequence[Field],
        knows_before: bool,
        checks: Mapping[str, Checked],
    ) -> None:
        self._decision = decision
        self._knows_before = knows_before
        self._policy = policy
        self._speech = speech
        self._fields = fields
        self._teller = Teller(policy, agreements, speech)
        self._names = {item.credential: item.name or item.id or item.credential for item in decision.items}
        self._checks = checks
        # A badge in a learner record was checked with the record.
        self._files = {
            str(each.get("sha256")): str(each.get("record") or each.get("sha256"))
            for each in decision.inputs.get("credentials", ())
        }
        self._rules = {rule.id: rule for rule in policy.rules}

    def view(self, left_out: int) -> DecisionView:
        decision, say = self._decision, self._speech.say
        return DecisionView(
            language=self._speech.language,
            tone=TONES[decision.kind],
            word=say(KIND_WORDS[decision.kind]),
            headline=headline_of(decision, self._speech),
            sentence=say(_SENTENCES[decision.kind]),
            cautions=tuple(self._cautions(left_out)),
            facts=tuple(self._facts()),
            items=tuple(self._item(item) for item in decision.items),
            conditions=decision.conditions,
            missing=tuple(self._missing(each) for each in decision.missing if each.kind != "need"),
            caps=tuple(self._cap(cap) for cap in decision.caps),
            tried=tuple(self._tried()),
            given=tuple(self._given()),
            policy_language=self._policy.language,
            basis=tuple(self._basis()),
        )

    def _cautions(self, left_out: int) -> Iterator[str]:
        say = self._speech.say
        if self._policy.status == "example":
            yield say("The policy is an example and not law. Nobody may rely on this decision.")
        elif self._policy.status == "draft":
            yield say("The policy is a draft and not in force.")
        if left_out:
            yield self._speech.count(
                "One thing that was handed in was left out of this decision; the reason is below.",
                "{n} things that were handed in were left out of this decision; the reasons are below.",
                left_out,
            )
        if len({each.recipient for each in self._checks.values() if each.recipient}) > 1:
            yield say("These badges were not all awarded to one person. Make sure whose they are.")
        if not self._knows_before:
            yield say("What was credited to this educator before was not looked at. Compare it with your own records.")
        if not self._decision.exact:
            yield say("It was not proven that this is the best way to count.")

    def _facts(self) -> Iterator[tuple[str, str]]:
        policy, say = self._policy, self._speech.say
        yield say("Decided for"), policy.jurisdiction.name
        yield say("Policy"), say("{title}, version {version}", title=policy.title, version=policy.version)
        yield say("Purpose"), policy.purposes[self._decision.purpose].title
        yield say("As of"), self._speech.moment(self._decision.as_of)
        place = area_name(policy.jurisdiction.area, self._speech)
        if place:
            yield say("Place"), place
        yield say("Status of the policy"), say(STATUS_WORDS[policy.status])

    def _item(self, item: Item) -> ItemView:
        speech = self._speech
        open_ended = self._decision.open_ended and item.at_most > item.amount
        given = item.kind is not Kind.NOT_ACCEPTED
        unit = self._decision.unit
        rule = None if item.rule is None else self._rules.get(item.rule)
        return ItemView(
            name=self._names[item.credential],
            tone=TONES[item.kind],
            word=speech.say(KIND_WORDS[item.kind]),
            amount=amount_words(item.amount, item.at_most, open_ended, unit, speech) if given else "",
            rule="" if rule is None else rule.title,
            why=tuple(self._why(item)),
            identifier=item.id or "",
            digest=item.credential,
            checked=self._checks.get(self._files.get(item.credential, item.credential)),
        )

    def _why(self, item: Item) -> Iterator[Text]:
        """Why, in sentences: in English those of the decision; else the same of what the trace tells, where it does."""
        language = self._speech.language
        told = [] if language == DEFAULT_LANGUAGE else [Text(each) for each in self._told(item)]
        yield from told or (Text(each, None if language == DEFAULT_LANGUAGE else DEFAULT_LANGUAGE) for each in item.why)

    def _told(self, item: Item) -> Iterator[str]:
        say, unit = self._speech.say, self._decision.unit
        tried = [each for each in self._decision.trace if each.credential == item.credential]
        rule = None if item.rule is None else self._rules.get(item.rule)
        if rule is None:
            if tried and all(each.outcome is Outcome.NOT_MET for each in tried):
                nearest = min(tried, key=lambda each: len(_with(each, Outcome.NOT_MET)))
                yield say("It meets no rule. It comes nearest to “{rule}”.", rule=nearest.title)
                for entry in _with(nearest, Outcome.NOT_MET):
                    yield say("Not so: {asked}", asked=self._teller.asked(entry))
            return
        if item.amount:
            text = keyed("It counts for {amount} {unit} under “{rule}”.")
            yield say(text, amount=number(item.amount), unit=unit, rule=rule.title)
        if item.kind is Kind.ACCEPT_WITH_CONDITIONS:
            yield say("Something else is needed, too; it is named with the decision.")
        if item.kind is Kind.REFER and item.at_most > item.amount:
            text = keyed("It could count for {amount} {unit} under “{rule}”.")
            yield say(text, amount=number(item.at_most), unit=unit, rule=rule.title)
            for trace in tried:
                if trace.rule == rule.id:
                    for entry in _with(trace, Outcome.UNKNOWN):
                        yield say("Not known: {asked}", asked=self._teller.asked(entry))
            if rule.office is not None:
                yield say("Decided by: {office}", office=rule.office)

    def _missing(self, each: Missing) -> MissingView:
        gains = ""
        if each.gains:
            text = keyed("It could add {amount} {unit}.")
            gains = self._speech.say(text, amount=number(each.gains), unit=self._decision.unit)
        badge = "" if each.credential is None or len(self._names) < 2 else self._names.get(each.credential, "")
        return MissingView(self._teller.missing(each), badge, gains)

    def _cap(self, cap: CapUse) -> CapView:
        say, unit = self._speech.say, self._decision.unit
        return CapView(
            cap.title,
            say("{amount} {unit} used by this decision", amount=number(cap.used), unit=unit),
            say(_LEFT if self._knows_before else _LEFT_AT_MOST, amount=number(cap.left), unit=unit),
            cap.citation.text,
        )

    def _tried(self) -> Iterator[Tried]:
        found: dict[str | None, list[RuleTrace]] = {}
        for trace in self._decision.trace:
            found.setdefault(trace.credential, []).append(trace)
        order = {Outcome.MET: 0, Outcome.UNKNOWN: 1, Outcome.NOT_MET: 2}
        for credential, traces in found.items():
            name = "" if credential is None else self._names.get(credential, credential)
            yield Tried(name, tuple(self._rule(each) for each in sorted(traces, key=lambda each: order[each.outcome])))

    def _rule(self, trace: RuleTrace) -> RuleView:
        citation: Citation = trace.citation
        return RuleView(
            title=trace.title,
            outcome=_MET_TONES[trace.outcome],
            word=self._speech.say(MET_WORDS[trace.outcome]),
            citation=citation.text,
            url=web_address(citation.url),
            read=citation_read(citation, self._speech),
            office=trace.office or "",
            conditions=tuple(self._condition(each) for each in trace.conditions),
        )

    def _condition(self, entry: ConditionTrace) -> ConditionView:
        return ConditionView(
            outcome=_MET_TONES[entry.outcome],
            word=self._speech.say(MET_WORDS[entry.outcome]),
            asked=self._teller.asked(entry),
            note=self._note(entry),
            where="" if (entry.pointer or "").startswith(_FACTS) else entry.pointer or "",
        )

    def _note(self, entry: ConditionTrace) -> str:
        """What was found, and whether in the badge or in what is stated about the educator."""
        pointer, say = entry.pointer or "", self._speech.say
        found = [] if entry.found is None else [say("Found: {found}", found=found_words(entry.found, self._speech))]
        if pointer.startswith(_FACTS):
            name = self._fact_name(pointer.removeprefix(_FACTS))
            text = keyed("Stated about the educator: {name}")
            if entry.outcome is Outcome.UNKNOWN:
                text = keyed("Not stated about the educator: {name}")
            return " · ".join((*found, say(text, name=name)))
        if pointer:
            return " · ".join((*(found or [say("Nothing found")]), say("In the badge at")))
        return "".join(found)

    def _fact_name(self, place: str) -> str:
        plain = place.replace("~1", "/").replace("~0", "~")
        field = next((field for field in self._fields if field.place == plain), None)
        return plain if field is None else field.label(self._speech)

    def _given(self) -> Iterator[tuple[str, str]]:
        stated: Mapping[str, Any] = self._decision.inputs.get("facts", {})
        for field in self._fields:
            value = _at(stated, field)
            said = self._speech.say("Not stated") if value is None else found_words(value, self._speech)
            yield field.label(self._speech), said

    def _basis(self) -> Iterator[tuple[str, str]]:
        policy, say = self._decision.policy, self._speech.say
        yield say("Policy"), policy.id
        yield say("Fingerprint of the policy (SHA-256)"), policy.sha256
        yield say("Fingerprint of the record (SHA-256)"), str(self._decision.inputs.get("record", ""))
        yield say("Program"), self._decision.software


def _with(trace: RuleTrace, outcome: Outcome) -> list[ConditionTrace]:
    return [each for each in trace.conditions if each.outcome is outcome]


def _at(facts: Mapping[str, Any], field: Field) -> Any:
    if field.own_name is not None:
        return facts.get("other", {}).get(field.own_name)
    value: Any = facts
    for part in field.place.split("/"):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value
