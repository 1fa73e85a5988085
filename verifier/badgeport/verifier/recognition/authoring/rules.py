"""Rules, caps and counting from the tree (see `building`)."""

from __future__ import annotations

from decimal import Decimal
from typing import cast, get_args

from badgeport.verifier.recognition.authoring import layout
from badgeport.verifier.recognition.authoring.expressions import Expressions
from badgeport.verifier.recognition.authoring.form import MAXIMUM_TEXT, MAXIMUM_URL, NAME, WEB, Form, Members
from badgeport.verifier.recognition.authoring.layout import AUTOMATIC, MEMBERS
from badgeport.verifier.recognition.authoring.reading import Node
from badgeport.verifier.recognition.model import (
    PURPOSES,
    AllOf,
    Cap,
    CapPeriod,
    Citation,
    Counting,
    Exchange,
    Fixed,
    Need,
    Period,
    RoundedOver,
    Rounding,
    Rule,
    Slot,
    StackCounting,
    Worth,
)

_NOWHERE = Citation("")


def rules(policy: Members, form: Form) -> tuple[Rule, ...]:
    """The rules of a policy, at least one."""
    nodes = form.items(policy.need("rules"), "rules", least=1, most=layout.MAXIMUM_RULES)
    found = tuple(_rule(node, form) for node in nodes)
    form.unique(((each.id, node) for each, node in zip(found, nodes, strict=True) if each.id), "the rule")
    return found


def _rule(node: Node, form: Form) -> Rule:
    members = form.members(node, "a rule", MEMBERS["rule"])
    tests = Expressions(form)
    who = tests.read(members.get("who"), "who")
    slots = _slots(members, form, tests)
    credential, conditions = members.get("credential"), members.get("conditions")
    if not slots and all(part is None or part.value == () for part in (credential, conditions)):
        message = "The rule has neither 'credential' nor 'conditions': say which credentials count."
        form.say(credential or node, "missing", message)
    times = members.get("times")
    if times is not None and not slots:
        form.say(times, "times-without-slots", "'times' says how often a combination counts; the rule has no 'slots'.")
    return Rule(
        id=members.name("id"),
        title=members.text("title"),
        purpose=members.text("purpose"),
        citation=_citation(members, form),
        pointer=node.pointer,
        worth=_worth(members, form, bool(slots)),
        effective=_period(members, form),
        who=who,
        credential=tests.read(credential, "credential"),
        conditions=tests.read(conditions, "conditions"),
        slots=slots,
        times=(form.whole(times, "'times'") if times is not None else None) or 1,
        category=_category(members, form),
        office=_office(members, form),
        needs=_needs(members, form),
    )


def _citation(members: Members, form: Form) -> Citation:
    node = members.need("citation", "missing-citation", "write where it is laid down, as 'citation: {text: …}'")
    if node is None:
        return _NOWHERE
    inner = form.members(node, "a citation", MEMBERS["citation"])
    text = inner.need("text", "missing-citation", "write where it is laid down")
    return Citation(
        text=("" if text is None else form.text(text, "'text'", most=1_000)) or "",
        url=inner.read("url", lambda each, name: form.text(each, name, WEB, "it is a web address", MAXIMUM_URL)),
        accessed=inner.read("accessed", form.day),
    )


def _period(members: Members, form: Form) -> Period:
    node = members.get("effective")
    if node is None:
        return Period()
    inner = form.members(node, "'effective'", MEMBERS["period"])
    if node.value == {}:
        form.say(node, "empty-member", "'effective' is empty: write a day, or leave it out.")
    return inner.period()


def _category(members: Members, form: Form) -> str | None:
    hint = "letters, digits, '.', '_' and '-', at most 64 of them"
    return members.read("category", lambda node, what: form.text(node, what, NAME, hint))


def _slots(members: Members, form: Form, tests: Expressions) -> tuple[Slot, ...]:
    nodes = form.items(members.get("slots"), "slots", least=1, most=layout.MAXIMUM_SLOTS)
    found = []
    for node in nodes:
        inner = form.members(node, "a slot", MEMBERS["slot"])
        credential = inner.need("credential", why="say which credentials fill it")
        if credential is not None and credential.value == ():
            form.say(credential, "missing", "The slot has an empty 'credential': say which credentials fill it.")
        found.append(
            Slot(
                id=inner.name("id"),
                title=inner.text("title"),
                credential=AllOf() if credential is None else tests.read(credential, "credential"),
                count=inner.read("count", form.whole) or 1,
            )
        )
    form.unique(((each.id, node) for each, node in zip(found, nodes, strict=True) if each.id), "the slot")
    return tuple(found)


def _worth(members: Members, form: Form, together: bool) -> Worth:
    nothing = Fixed(Decimal(1))
    node = members.need("worth", why="say how much a credential gives, as 'worth: {fixed: 1}'")
    if node is None:
        return nothing
    inner = form.members(node, "'worth'", MEMBERS["worth"])
    if isinstance(node.value, dict) and len(node.value) != 1:
        form.say(node, "malformed", "'worth' has either 'fixed' or 'exchange'.")
        return nothing
    if (exchange := inner.get("exchange")) is not None:
        if together:
            message = "A rule with 'slots' has a fixed worth for the whole combination: write 'worth: {fixed: …}'."
            form.say(exchange, "combination-worth", message)
        return _exchange(exchange, form)
    amount = inner.read("fixed", form.amount)
    return nothing if amount is None else Fixed(amount)


def _exchange(node: Node, form: Form) -> Exchange:
    members = form.members(node, "an exchange", MEMBERS["exchange"])
    rounded = members.get("round")
    inner = None if rounded is None else form.members(rounded, "'round'", MEMBERS["round"])
    return Exchange(
        of=members.text("of", most=64),
        per=members.needed("per", form.amount) or Decimal(1),
        gives=members.needed("gives", form.amount) or Decimal(1),
        step=None if inner is None else inner.needed("to", form.amount),
        rounding=cast(Rounding, _word(inner, form, "mode", get_args(Rounding), "down")),
        over=cast(RoundedOver, _word(inner, form, "over", get_args(RoundedOver), "each")),
        at_most=members.read("atMost", form.amount),
    )


def _word(members: Members | None, form: Form, name: str, among: tuple[str, ...], default: str) -> str:
    if members is None:
        return default
    return members.read(name, lambda node, what: form.choice(node, what, among)) or default


def _office(members: Members, form: Form) -> str | None:
    node = members.need("decides", why="write 'decides: automatic', or the office as 'decides: {office: …}'")
    if node is None or node.value == AUTOMATIC:
        return None
    if not isinstance(node.value, dict):
        form.say(node, "malformed", "'decides' is 'automatic', or names an office as {office: …}.")
        return None
    return form.members(node, "'decides'", MEMBERS["decides"]).text("office") or None


def _needs(members: Members, form: Form) -> tuple[Need, ...]:
    nodes = form.items(members.get("alsoNeeded"), "what is also needed", least=1, most=layout.MAXIMUM_NEEDS)
    found = []
    for node in nodes:
        inner = form.members(node, "an entry of 'alsoNeeded'", MEMBERS["need"])
        found.append(
            Need(
                inner.name("id"),
                inner.name("kind"),
                inner.text("text", most=MAXIMUM_TEXT),
                inner.note("fact", most=300),
            )
        )
    form.unique(((each.id, node) for each, node in zip(found, nodes, strict=True) if each.id), "the entry")
    return tuple(found)


def caps(policy: Members, form: Form) -> tuple[Cap, ...]:
    """The caps of a policy; none where it names none."""
    nodes = form.items(policy.get("caps"), "caps", most=layout.MAXIMUM_CAPS)
    found = tuple(_cap(node, form) for node in nodes)
    form.unique(((each.id, node) for each, node in zip(found, nodes, strict=True) if each.id), "the cap")
    return found


def _cap(node: Node, form: Form) -> Cap:
    members = form.members(node, "a cap", MEMBERS["cap"])
    partial = members.read("partial", form.truth)
    return Cap(
        id=members.name("id"),
        title=members.text("title"),
        purpose=members.text("purpose"),
        amount=members.needed("amount", form.amount) or Decimal(1),
        citation=_citation(members, form),
        pointer=node.pointer,
        rules=_names(members, form, "rules"),
        categories=_names(members, form, "categories"),
        per=cast(CapPeriod, _word(members, form, "per", get_args(CapPeriod), "ever")),
        partial=True if partial is None else partial,
    )


def _names(members: Members, form: Form, name: str) -> frozenset[str]:
    nodes = form.items(members.get(name), f"'{name}'", most=layout.MAXIMUM_NAMED)
    read = [(text, node) for node in nodes if (text := form.text(node, f"an entry of '{name}'")) is not None]
    form.unique(read, "the entry")
    return frozenset(text for text, _ in read)


def counting(policy: Members, form: Form) -> Counting:
    """What counts twice and what does not; what the model says where nothing is written."""
    node = policy.get("counting")
    if node is None:
        return Counting()
    members = form.members(node, "'counting'", MEMBERS["counting"])
    once = members.read("oncePerAchievement", form.truth)
    exclusive = []
    for each in form.items(members.get("exclusive"), "'exclusive'", most=layout.MAXIMUM_CAPS):
        names = form.items(each, "purposes that exclude each other", least=2, most=len(PURPOSES))
        read = [(text, name) for name in names if (text := form.text(name, "a purpose")) is not None]
        form.unique(read, "the purpose")
        exclusive.append(frozenset(text for text, _ in read))
    return Counting(
        once_per_achievement=True if once is None else once,
        stacks=cast(StackCounting, _word(members, form, "stacks", get_args(StackCounting), "either")),
        exclusive=tuple(exclusive),
    )
