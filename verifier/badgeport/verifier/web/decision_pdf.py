"""A decision on paper: a PDF to file, with the words of the page and in the same order.

It is set by typst from `decision.typ` as `pdf` sets a report: texts are handed over as data and never read as markup,
and nothing is fetched. The same view gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from badgeport.verifier.web.decision_view import ConditionView, DecisionView, ItemView, RuleView
from badgeport.verifier.web.pdf import breakable, set_in_type
from badgeport.verifier.web.words import Words

_MAXIMUM_BADGES = 60
_MAXIMUM_RULES = 120
_MAXIMUM_MISSING = 40
_PASSED_OVER = "failed"


def decision_pdf(view: DecisionView, refused: Sequence[Mapping[str, Any]], speech: Words, *, made: datetime) -> bytes:
    """The decision as a tagged PDF whose pages print whole on A4 and on Letter paper.

    ``refused``: what entered the decision in no way, as the page shows it. ``made``: the instant of the decision
    (aware), which dates the file. Of a rule that is not met only what keeps it from being met is shown; what is very
    long is cut, and how much was left out is told.
    """
    say = speech.say
    tried = [(each.badge, rule) for each in view.tried for rule in each.rules]
    data = {
        "title": say("Decision on micro-credentials"),
        "language": view.language,
        "author": dict(view.basis).get(say("Program"), ""),
        "footer": say("Made by rules from the badges and answers named here. With its record it can be made again."),
        "tone": view.tone,
        "word": view.word,
        "headline": view.headline,
        "sentence": view.sentence,
        "cautions": list(view.cautions),
        "facts": [_pair(label, value) for label, value in view.facts],
        "items_heading": say("Badge by badge"),
        "items": [_item(item, speech) for item in view.items[:_MAXIMUM_BADGES]]
        + [_refused(row, say("Not decided on")) for row in refused[:_MAXIMUM_BADGES]],
        "more_items": _more(len(view.items) - _MAXIMUM_BADGES),
        "conditions_heading": say("What is needed as well"),
        "conditions": [breakable(each) for each in view.conditions],
        "missing_heading": say("What is missing, and who decides"),
        "missing": [
            breakable(
                " ".join(part for part in (f"{each.badge}:" if each.badge else "", each.text.text, each.gains) if part)
            )
            for each in view.missing[:_MAXIMUM_MISSING]
        ],
        "more_missing": _more(len(view.missing) - _MAXIMUM_MISSING),
        "caps_heading": say("Limits"),
        "caps": [
            {"title": cap.title, "note": breakable(f"{cap.used}, {cap.left}. {cap.citation}")} for cap in view.caps
        ],
        "given_heading": say("What it was decided on"),
        "given": [_pair(label, value) for label, value in view.given],
        "rules_heading": say("Every rule that was tried"),
        "rules": [_rule(badge, rule, speech) for badge, rule in tried[:_MAXIMUM_RULES]],
        "more_rules": _more(len(tried) - _MAXIMUM_RULES),
        "basis_heading": say("What this decision rests on"),
        "basis": [_pair(label, value) for label, value in view.basis],
        "signed_heading": say("For the file"),
        "signed": [say("Name"), say("Office"), say("Date"), say("Signature")],
    }
    return set_in_type(_template(), data, made)


def _pair(label: str, value: str) -> dict[str, str]:
    return {"label": label, "value": breakable(value)}


def _item(item: ItemView, speech: Words) -> dict[str, Any]:
    return {
        "name": breakable(item.name),
        "tone": item.tone,
        "word": item.word,
        "amount": item.amount,
        "why": [breakable(each) for each in (*_checked(item, speech), *(each.text for each in item.why))],
        "digest": item.digest,
    }


def _checked(item: ItemView, speech: Words) -> Iterator[str]:
    """Whose a badge is, who issued it, and what its check said."""
    if item.checked is not None:
        if item.checked.recipient:
            yield f"{speech.say('Awarded to')} {item.checked.recipient}"
        if item.checked.issuer:
            yield f"{speech.say('Issued by')} {item.checked.issuer}"
        yield item.checked.headline


def _refused(row: Mapping[str, Any], word: str) -> dict[str, Any]:
    why = [breakable(text) for text in (row["headline"], row["why"]) if text]
    return {"name": breakable(row["name"]), "tone": row["tone"], "word": word, "amount": "", "why": why, "digest": ""}


def _rule(badge: str, rule: RuleView, speech: Words) -> dict[str, Any]:
    shown = [each for each in rule.conditions if rule.outcome != _PASSED_OVER or each.outcome != "passed"]
    left_out = len(rule.conditions) - len(shown)
    return {
        "title": breakable(f"{badge}: {rule.title}" if badge else rule.title),
        "outcome": rule.outcome,
        "word": rule.word,
        "citation": breakable(" · ".join(part for part in (rule.citation, rule.url, rule.read) if part)),
        "office": speech.say("Decided by: {office}", office=rule.office) if rule.office else "",
        "conditions": [_condition(each) for each in shown],
        "more": speech.count("One further condition is met.", "{n} further conditions are met.", left_out)
        if left_out
        else "",
    }


def _condition(each: ConditionView) -> dict[str, str]:
    return {
        "outcome": each.outcome,
        "word": each.word,
        "asked": breakable(each.asked),
        "note": breakable(f"{each.note} {each.where}".strip()),
    }


def _more(left_out: int) -> str:
    return f"… + {left_out}" if left_out > 0 else ""


@cache
def _template() -> bytes:
    return files("badgeport.verifier.web").joinpath("decision.typ").read_bytes()
