"""What the rules of a policy ask, give and need, in the language of the reader.

English has here what `recognition.conditions.kinds` and `recognition.authoring.words` say; names, lists and units are
those of the policy, in its own language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any

from babel.lists import format_list

from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.conditions.evaluation import EFFECTIVE
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.units import canonical_unit
from badgeport.verifier.recognition.model import (
    Cap,
    Citation,
    Fixed,
    Period,
    RecognitionPolicy,
    Slot,
    Test,
    Worth,
)
from badgeport.verifier.web.words import Words, keyed

_INDEPENDENCE: Mapping[str, str] = MappingProxyType(
    {
        "same-school": keyed("The badge states where the assessor works."),
        "same-employer": keyed("The assessor does not work at the educator's own school."),
        "independent": keyed("The assessor works neither at the educator's school nor for the educator's employer."),
    }
)
_ONE_OF: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "licenceType": ("oneOf", keyed("The type of the licence is {names}.")),
        "licenceStage": ("oneOf", keyed("The stage of the licence is {names}.")),
        "licenceState": ("oneOf", keyed("The licence was issued by {names}.")),
        "role": ("oneOf", keyed("The educator's role is {names}.")),
        "lane": ("oneOf", keyed("The educator's lane on the salary schedule is {names}.")),
        "degree": ("oneOf", keyed("The educator's degree is {names}.")),
        "employer": ("oneOf", keyed("The educator's employer is {names}.")),
        "subject": ("oneOf", keyed("The educator teaches {names}.")),
        "gradeBand": ("oneOf", keyed("The educator teaches these grades: {names}.")),
        "achievementType": ("oneOf", keyed("The badge is of the type {names}.")),
        "tag": ("oneOf", keyed("The badge has the tag {names}.")),
        "issuer": ("oneOf", keyed("The badge was issued by {names}.")),
        "issuerClass": ("oneOf", keyed("The issuer belongs to the class “{names}” of this policy.")),
        "registry": ("name", keyed("The issuer is listed in the registry {names}.")),
        "memberOf": ("stack", keyed("The badge is one of those that make up the stack {names}.")),
    }
)
_PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "licenceUnencumbered": keyed("The licence is not restricted, suspended or on probation."),
        "secondAssessor": keyed("A second assessor scored the work."),
        "scoredRubric": keyed("The badge shows scores on its rubric, none of them below what the rubric requires."),
        "notExpired": keyed("The badge has not expired on the day of this decision."),
        "holderBound": keyed("The badge names one of the educator's own identifiers (DIDs)."),
    }
)
_ROUNDED: Mapping[str, str] = MappingProxyType(
    {
        "down": keyed("rounded down to a multiple of {step}"),
        "up": keyed("rounded up to a multiple of {step}"),
        "half-up": keyed("rounded to the nearest multiple of {step}"),
    }
)
_OVER: Mapping[str, str] = MappingProxyType(
    {"each": keyed("for each badge"), "total": keyed("over all badges together")}
)
_PER: Mapping[str, str] = MappingProxyType(
    {
        "ever": keyed("At most {amount} {unit}, ever."),
        "cycle": keyed("At most {amount} {unit} in a renewal or contract cycle."),
        "year": keyed("At most {amount} {unit} in a calendar year."),
    }
)


def day_words(day: date, speech: Words) -> str:
    """A calendar day written out."""
    return speech.day(datetime.combine(day, time(12), UTC))


def one_of(names: Iterable[str], speech: Words) -> str:
    """Several names, of which one is enough."""
    return str(format_list([str(name) for name in names], style="or", locale=speech.locale))


def period_words(period: Period, speech: Words) -> str:
    """From when until when; empty for always."""
    if period.start is not None and period.end is not None:
        text = keyed("From {start} until {end}")
        return speech.say(text, start=day_words(period.start, speech), end=day_words(period.end, speech))
    if period.start is not None:
        return speech.say("From {start}", start=day_words(period.start, speech))
    if period.end is not None:
        return speech.say("Until {end}", end=day_words(period.end, speech))
    return ""


def question(test: Test, policy: RecognitionPolicy, agreements: Mapping[str, Agreement], speech: Words) -> str:
    """What a test asks, as one sentence."""
    parameters = test.parameters
    if test.kind in _ONE_OF:
        name, text = _ONE_OF[test.kind]
        return speech.say(text, names=one_of(read.texts(parameters, name), speech))
    if test.kind in _PLAIN:
        return speech.say(_PLAIN[test.kind])
    return _SAID[test.kind](parameters, policy, agreements, speech)


_Say = Callable[[Mapping[str, Any], RecognitionPolicy, Mapping[str, Agreement], Words], str]


def _fact(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    name = parameters["name"]
    if "oneOf" in parameters:
        return speech.say("“{name}” is {names}.", name=name, names=one_of(read.texts(parameters, "oneOf"), speech))
    if "equals" in parameters:
        wanted = parameters["equals"]
        if isinstance(wanted, bool):
            return speech.say("“{name}”: yes.", name=name) if wanted else speech.say("“{name}”: no.", name=name)
        value = wanted if isinstance(wanted, str) else read.number_words(wanted)
        return speech.say("“{name}” is {names}.", name=name, names=value)
    least, most = (
        None if each not in parameters else read.number_words(parameters[each]) for each in ("atLeast", "atMost")
    )
    if least is not None and most is not None:
        return speech.say("“{name}” is at least {least} and at most {most}.", name=name, least=least, most=most)
    if least is not None:
        return speech.say("“{name}” is at least {least}.", name=name, least=least)
    return speech.say("“{name}” is at most {most}.", name=name, most=most)


def _achievement(
    parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words
) -> str:
    value = parameters["oneOf"]
    named = []
    for each in [value] if isinstance(value, str) else value:
        if isinstance(each, str) or each.get("version") is None:
            named.append(each if isinstance(each, str) else each["id"])
        else:
            named.append(speech.say("{name} (version {version})", name=each["id"], version=each["version"]))
    return speech.say("The badge is for the achievement {names}.", names=one_of(named, speech))


def _list(parameters: Mapping[str, Any], policy: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    known = policy.lists.get(parameters["list"])
    title = parameters["list"] if known is None else known.title
    return speech.say("The badge was on the list “{list}” on the day it was awarded.", list=title)


def _alignment(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    framework = parameters["framework"]
    if "version" in parameters:
        framework = speech.say("{name} (version {version})", name=framework, version=parameters["version"])
    targets = read.texts(parameters, "targets")
    if not targets:
        return speech.say("The badge is aligned with the framework {framework}.", framework=framework)
    text = keyed("The badge is aligned with {names} of the framework {framework}.")
    return speech.say(text, names=one_of(targets, speech), framework=framework)


def _stack(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    if parameters["is"]:
        return speech.say("The badge is a stack: several micro-credentials make it up.")
    return speech.say("The badge is no stack of other micro-credentials.")


def _agreement(
    parameters: Mapping[str, Any], _p: RecognitionPolicy, agreements: Mapping[str, Agreement], speech: Words
) -> str:
    known = agreements.get(parameters["id"])
    name = parameters["id"] if known is None else known.title
    if parameters.get("qualityStandard"):
        text = keyed(
            "On the day of the award the issuer belonged to the agreement “{name}”, and the badge states that it meets "
            "its quality standard."
        )
        return speech.say(text, name=name)
    return speech.say("On the day of the award the issuer belonged to the agreement “{name}”.", name=name)


def _authorized(
    parameters: Mapping[str, Any], policy: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words
) -> str:
    approvers = read.texts(parameters, "by") or policy.approvers
    named = [policy.jurisdiction.name if each == policy.jurisdiction.id else each for each in approvers]
    return speech.say(
        "On the day of the award the issuer was approved for this achievement by {names}.",
        names=one_of(named, speech),
    )


def _independence(
    parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words
) -> str:
    least = parameters["atLeast"]
    return speech.say(_INDEPENDENCE[least])


def _certified(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    wanted = read.texts(parameters, "oneOf")
    if not wanted:
        return speech.say("The assessor is certified.")
    return speech.say("The assessor is certified: {names}.", names=one_of(wanted, speech))


def _rubric(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    if "every" in parameters:
        return speech.say("Every criterion of the rubric was scored at least {level}.", level=parameters["every"])
    parts = [
        speech.say("{name} at least {level}", name=each.get("name", each.get("id")), level=each["atLeast"])
        for each in parameters["criteria"]
    ]
    return speech.say("Scored on the rubric: {names}.", names="; ".join(parts))


def _evidence(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    number = int(read.amount(parameters, "atLeast"))
    return speech.count(
        "The badge shows at least one piece of evidence.", "The badge shows at least {n} pieces of evidence.", number
    )


def _effort(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    amount, unit = read.number_words(parameters["atLeast"]), canonical_unit(parameters["unit"])
    return speech.say("The badge states at least {amount} {unit}.", amount=amount, unit=unit)


def _after(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    return speech.say("The badge was awarded after {day}.", day=day_words(read.day(parameters, "date"), speech))


def _before(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    return speech.say("The badge was awarded before {day}.", day=day_words(read.day(parameters, "date"), speech))


def _within(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    if "cycle" in parameters:
        return speech.say("The badge was awarded in the educator's current cycle.")
    return speech.count(
        "The badge was awarded within the year before this decision.",
        "The badge was awarded within the {n} years before this decision.",
        read.count(parameters, "years"),
    )


def _submitted(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    return speech.count(
        "The badge was handed in within one day of its award.",
        "The badge was handed in within {n} days of its award.",
        read.count(parameters, "days"),
    )


def _valid(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    return speech.count(
        "The badge stays valid for at least one more day.",
        "The badge stays valid for at least {n} more days.",
        read.count(parameters, "days"),
    )


def _prior(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    if parameters.get("before") == "work":
        return speech.say("The work was approved before it began, or on the same day.")
    return speech.say("The work was approved before the award, or on the same day.")


def _first(parameters: Mapping[str, Any], _p: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    if parameters["of"] == "credential":
        return speech.say("This badge was not credited to the educator before.")
    return speech.say("No badge for this achievement was credited to the educator before.")


def _effective(_p: Mapping[str, Any], _q: RecognitionPolicy, _a: Mapping[str, Agreement], speech: Words) -> str:
    return speech.say("The rule is in effect on the day of this decision.")


_SAID: Mapping[str, _Say] = MappingProxyType(
    {
        EFFECTIVE: _effective,
        "fact": _fact,
        "achievement": _achievement,
        "list": _list,
        "alignment": _alignment,
        "stack": _stack,
        "agreement": _agreement,
        "issuerAuthorized": _authorized,
        "assessorIndependence": _independence,
        "assessorCertified": _certified,
        "rubric": _rubric,
        "evidence": _evidence,
        "effort": _effort,
        "earnedAfter": _after,
        "earnedBefore": _before,
        "earnedWithin": _within,
        "submittedWithin": _submitted,
        "validAtLeast": _valid,
        "priorApproval": _prior,
        "firstSubmission": _first,
    }
)


def slot_words(slot: Slot, speech: Words) -> str:
    """What a place of a combination asks of all badges together."""
    return speech.count(
        "One badge fits “{title}”.", "{n} different badges fit “{title}”.", slot.count, title=slot.title
    )


def worth_words(worth: Worth, unit: str, speech: Words) -> str:
    """What a rule gives, in the unit of its purpose."""
    number = read.number_words
    if isinstance(worth, Fixed):
        return f"{number(worth.amount)} {unit}"
    per, of = number(worth.per), worth.of
    said = speech.say("{amount} {unit} for every {per} {of}", amount=number(worth.gives), unit=unit, per=per, of=of)
    if worth.step is not None:
        rounded = speech.say(_ROUNDED[worth.rounding], step=number(worth.step))
        said = f"{said}, {rounded} {speech.say(_OVER[worth.over])}"
    if worth.at_most is not None:
        most = speech.say("at most {amount} for one badge", amount=number(worth.at_most))
        said = f"{said}, {most}"
    return said


def cap_words(cap: Cap, unit: str, speech: Words) -> str:
    """How much a limit allows, and in which time."""
    said = speech.say(_PER[cap.per], amount=read.number_words(cap.amount), unit=unit)
    over = keyed("A badge that goes over it does not count.")
    if cap.partial:
        over = keyed("A badge that goes over it counts for what is left.")
    return f"{said} {speech.say(over)}"


def citation_read(citation: Citation, speech: Words) -> str:
    """When a citation was read at its address; empty where that is not said."""
    if citation.accessed is None:
        return ""
    return speech.say("read on {day}", day=day_words(citation.accessed, speech))


def web_address(address: str | None) -> str:
    """An address that a page may link to; empty for none, and for what is no address of the web."""
    return address if address is not None and address.lower().startswith(("https://", "http://")) else ""
