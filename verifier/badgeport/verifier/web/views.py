"""A report as people read it: every text of a page or a printed sheet, in one language, in the order it is read.

Made from the report's JSON alone, so that a report that was kept or shared reads the same as a fresh one. What the
document says of itself is cut to a bearable length and stripped of characters that change how text is shown; the
templates and the printed sheet escape it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import (
    ISSUER_NOT_RECOGNIZED,
    MALFORMED_VALUE_ERROR,
    PROOF_VERIFICATION_ERROR,
    ProblemError,
)
from badgeport.verifier.checks.ids import CORE, ROWS
from badgeport.verifier.web import verdicts
from badgeport.verifier.web.verdicts import Report, Tone
from badgeport.verifier.web.wording import CHECKS, PROBLEMS
from badgeport.verifier.web.words import Words, keyed, words

_TEXT_CHARS = 400
_DETAIL_CHARS = 1_000
_EVIDENCE_CHARS = 6_000
_STEPS = 3
_OLD = timedelta(days=1)

OUTCOME_WORDS: Mapping[str, str] = MappingProxyType(
    {"passed": "In order", "failed": "Not in order", "unknown": "Not known", "skipped": "Not asked"}
)
"""What the outcome of a check is called."""

VERDICT_WORDS: Mapping[str, str] = MappingProxyType(
    {"valid": "Valid", "invalid": "Not valid", "undetermined": "Undecided"}
)
"""What a verdict is called."""

TONE_WORDS: Mapping[Tone, str] = MappingProxyType(
    {
        "valid": "Valid",
        "unrecognised": "Valid, with a question left",
        "legacy": "Valid, older kind of badge",
        "invalid": "Not valid",
        "undetermined": "Undecided",
        "nothing": "Nothing to check",
    }
)
"""The verdict in few words, above the headline."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "title": "Verification report",
        "verdict": "Verdict",
        "facts": "What it says",
        "facts-unproved": "What it says of itself (not proved)",
        "answers": "The answer in short",
        "status": "Dates and withdrawal",
        "checked-at": "Checked at",
        "as-of": "Judged as of",
        "next-steps": "What to do next",
        "notices": "Good to know",
        "checks": "Every check",
        "counts": "Checks in numbers",
        "documents": "Documents this answer rests on",
        "document": "Document",
        "fetched-at": "Fetched",
        "fingerprint": "Fingerprint (SHA-256)",
        "members": "Credentials it contains",
        "technical": "Technical details",
        "outcome": "Outcome",
        "check": "Check",
        "meaning": "What was found",
        "next-step": "What to do",
        "message": "In technical words (in English)",
        "detail": "Detail (in English)",
        "pointer": "Place in the document",
        "code": "Code",
        "evidence": "What this rests on",
        "input": "What was handed in",
        "form": "Form",
        "digest": "Fingerprint of what was checked (SHA-256)",
        "address": "Had from",
        "policy": "Rules applied",
        "policy-digest": "Fingerprint of the rules (SHA-256)",
        "software": "Checked with",
        "disclaimer": "This is a report about a credential. It is not the credential, and proves nothing by itself.",
    }
)
"""Headings and labels, by key; `ReportView.label` gives them in its language."""

FORMS: Mapping[str, str] = MappingProxyType(
    {
        "json": "JSON file or text",
        "jws": "Signed token (JWT)",
        "sd-jwt": "Signed token (SD-JWT)",
        "png": "Badge image (PNG)",
        "svg": "Badge image (SVG)",
        "pdf": "PDF with the credential attached",
        "jpeg": "Photo (JPEG)",
        "webp": "Picture (WebP)",
        "gif": "Picture (GIF)",
        "qr": "Picture of a QR code",
        "zip": "ZIP archive",
        "html": "Web page",
        "text": "Text",
        "unknown": "Unknown form",
    }
)
"""What the forms of an input are called."""

GROUPS: tuple[tuple[str, str, str, frozenset[str]], ...] = (
    (
        "genuine",
        "Is it genuine?",
        "Whether it can be read, and whether its issuer signed exactly what you see.",
        frozenset(ROWS[row] for row in (*range(1, 31), 46)),
    ),
    (
        "in-force",
        "Is it in force?",
        "Its dates, and whether its issuer has withdrawn it.",
        frozenset(ROWS[row] for row in range(31, 39)),
    ),
    (
        "people",
        "Who stands behind it?",
        "The issuer, the person it is about, and what else it contains.",
        frozenset(ROWS[row] for row in (39, 40, 41, 42, 43, 44, 45, 47)),
    ),
)
"""The checks by the question they answer: id, question, explanation, ids of the checks."""

_WITHHELD = keyed(
    "Not asked: the credential was not found genuine first, and what a doubtful document says settles nothing."
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the document says. ``note`` says how it is known; ``identifier`` is a name for machines, if any."""

    label: str
    value: str
    note: str = ""
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the few questions a reader has. ``outcome`` is that of a check, or ``warning``."""

    id: str
    question: str
    outcome: str
    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One sentence about whether the credential is in force; ``outcome`` is that of a check."""

    outcome: str
    text: str


@dataclass(frozen=True, slots=True)
class ProblemView:
    """One problem or notice: what it means, what to do, and what the verifier said in its own words (English)."""

    code: str
    type: str
    title: str
    explanation: str
    next_step: str
    detail: str
    pointer: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check. ``message`` is the verifier's own sentence (English); ``evidence_json`` may be empty."""

    id: str
    title: str
    outcome: str
    outcome_word: str
    sentence: str
    message: str
    problems: tuple[ProblemView, ...]
    evidence_json: str


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """The checks that answer one question; ``outcome`` is the gravest among them."""

    id: str
    title: str
    explanation: str
    outcome: str
    checks: tuple[CheckView, ...]
    summary: str

    @property
    def asked(self) -> tuple[CheckView, ...]:
        """The checks that were done, what is not in order first."""
        done = (check for check in self.checks if check.outcome != "skipped")
        return tuple(sorted(done, key=lambda check: _GRAVITY.index(check.outcome)))

    @property
    def passed(self) -> tuple[CheckView, ...]:
        """The checks that passed."""
        return tuple(check for check in self.checks if check.outcome == "passed")

    @property
    def doubted(self) -> tuple[CheckView, ...]:
        """The checks that failed or could not be determined."""
        return tuple(check for check in self.asked if check.outcome != "passed")

    @property
    def skipped(self) -> tuple[CheckView, ...]:
        """The checks that were not done."""
        return tuple(check for check in self.checks if check.outcome == "skipped")


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One document the answer rests on. ``stale`` says why an older copy was used, if one was (English)."""

    url: str
    sha256: str
    fetched_at: str
    stale: str
    location: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report in one language, ready to be shown.

    ``proved`` says whether ``facts`` are the issuer's words; where it is false they may be anybody's. ``answers`` are
    the few questions a reader has, ``groups`` every check. ``labels`` are headings, by the keys of `LABELS`.
    """

    language: str
    tone: Tone
    verdict: str
    verdict_word: str
    headline: str
    sentence: str
    kind: str
    proved: bool
    facts: tuple[Fact, ...]
    answers: tuple[Answer, ...]
    status: tuple[StatusLine, ...]
    checked_at: str
    as_of: str
    next_steps: tuple[str, ...]
    notices: tuple[ProblemView, ...]
    groups: tuple[CheckGroup, ...]
    counts: Mapping[str, int]
    counts_text: str
    documents: tuple[DocumentView, ...]
    members: tuple[ReportView, ...]
    input_form: str
    address: str
    digest: str
    policy: str
    policy_digest: str
    software: str
    heading: str = ""
    """What a contained credential is called where it stands; empty for the whole."""
    pointer: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def checks(self) -> tuple[CheckView, ...]:
        """Every check, in the order of its groups."""
        return tuple(check for group in self.groups for check in group.checks)

    @property
    def name(self) -> str:
        """What to call the credential in a list: its name, else its kind."""
        return self.facts[0].value if self.facts else self.kind

    def label(self, key: str) -> str:
        """A heading or label of `LABELS`."""
        return self.labels[key]


_GRAVITY = ("failed", "unknown", "passed", "skipped")


def report_view(report: Mapping[str, Any], language: str, *, now: datetime) -> ReportView:
    """The view of a report (its JSON form) in a language of `words.LANGUAGES`, read at ``now``."""
    return _view(report, words(language), now, "")


def _view(report: Report, speech: Words, now: datetime, heading: str) -> ReportView:
    case = verdicts.case_of(report)
    credential = report["credential"] or {}
    proved = _is_proved(report)
    checked_at, as_of = _instant(report["checkedAt"]), _instant(report["asOf"])
    groups = tuple(_group(report, speech, *group) for group in GROUPS)
    outcomes = list(verdicts.outcomes_of(report).values())
    counts = {outcome: outcomes.count(outcome) for outcome in _GRAVITY}
    sentence = [speech.say(case.sentence)]
    if checked_at is not None and as_of is not None and abs(checked_at - as_of) > timedelta(minutes=1):
        sentence.append(speech.say("The answer is for {moment}.", moment=speech.moment(as_of)))
    if checked_at is not None and now - checked_at > _OLD:
        days = (now - checked_at).days
        sentence.append(
            speech.count("The check was made a day ago.", "The check was made {n} days ago.", days)
            + " "
            + speech.say("Things may have changed since.")
        )
    return ReportView(
        language=speech.language,
        tone=case.tone,
        verdict=report["verdict"],
        verdict_word=speech.say(TONE_WORDS[case.tone]),
        headline=_headline(report, case, speech),
        sentence=" ".join(sentence),
        kind=_kind(report, speech),
        proved=proved,
        facts=tuple(_facts(report, credential, speech, proved)),
        answers=tuple(_answers(report, speech)),
        status=tuple(_status(report, credential, speech)),
        checked_at=speech.moment(checked_at) if checked_at else "",
        as_of=speech.moment(as_of) if as_of else "",
        next_steps=_next_steps(report, case, speech),
        notices=tuple(_problem(warning, speech) for warning in _notices(report, case)),
        groups=groups,
        counts=counts,
        counts_text=_counts_text(counts, speech),
        documents=tuple(_document(document, speech) for document in report["documents"]),
        members=tuple(
            _view(member, speech, now, _member_heading(member, number, len(report["members"]), speech))
            for number, member in enumerate(report["members"], start=1)
        ),
        input_form=speech.say(FORMS.get(report["input"]["form"], str(report["input"]["form"]))),
        address=_clean(report["input"].get("address")),
        digest=report["input"]["sha256"],
        policy=_clean(report["policy"]),
        policy_digest=report["policySha256"],
        software=_clean(report["software"]),
        heading=heading,
        pointer=_clean(report.get("pointer")),
        labels=_labels(speech.language),
    )


def _labels(language: str) -> Mapping[str, str]:
    speech = words(language)
    return MappingProxyType({key: speech.say(text) for key, text in LABELS.items()})


_DATED = {
    "Expired": (keyed("Expired on {day}"), "validUntil"),
    "Not in force yet": (keyed("Not in force until {day}"), "validFrom"),
}


def _headline(report: Report, case: verdicts.Case, speech: Words) -> str:
    """The headline; of what has expired or not begun, with the day."""
    text, member = _DATED.get(case.headline, ("", ""))
    day = _instant(_dates(report).get(member)) if member else None
    return speech.say(case.headline) if day is None else speech.say(text, day=speech.day(day))


def _kind(report: Report, speech: Words) -> str:
    """What kind of document it is, in a few words."""
    credential = report["credential"]
    if credential is None:
        return speech.say("Nothing recognised")
    if verdicts.is_presentation(report):
        number = len(verdicts.members_of(report))
        return speech.count("Presentation of one credential", "Presentation of {n} credentials", number)
    if verdicts.is_legacy(report):
        return speech.say("Open Badge of the older kind (2.0)")
    names = (
        ("ClrCredential", keyed("Learning record (CLR)")),
        ("EndorsementCredential", keyed("Endorsement")),
        ("OpenBadgeCredential", keyed("Open Badge")),
        ("AchievementCredential", keyed("Open Badge")),
    )
    return next(
        (speech.say(name) for kind, name in names if kind in credential["types"]), speech.say("Digital credential")
    )


def _is_proved(report: Report) -> bool:
    """Whether what the document says of itself is its issuer's word: a good proof, and nothing against it."""
    if report["credential"] is None:
        return False
    return _genuine(report) == "passed"


def _genuine(report: Report) -> str:
    """The outcome of the first question, whether the document is genuine."""
    outcomes = verdicts.outcomes_of(report)
    core = {outcomes[check] for check in CORE if check in outcomes}
    if "failed" in core:
        return "failed"
    if "unknown" in core:
        return "unknown"
    if report["verdict"] == "valid" or outcomes.get(ROWS[46]) == "passed":
        return "passed"
    # Without a failure or a doubt in the core a signature by the owner's key passed, unless there was none to look at.
    signed = outcomes.get(ROWS[27]) == "passed" and "passed" in {outcomes.get(ROWS[24]), outcomes.get(ROWS[25])}
    contained = outcomes.get(ROWS[16]) == "passed" and outcomes.get(ROWS[27]) == "skipped"
    return "passed" if signed or contained else "unknown"


# -- facts ------------------------------------------------------------------------------------------------------


def _facts(report: Report, credential: Mapping[str, Any], speech: Words, proved: bool) -> Iterable[Fact]:
    say = speech.say
    if not _says_anything(credential):
        if report["input"].get("address"):
            yield Fact(say("Link"), _clean(report["input"]["address"]))
        return
    name = _clean(credential.get("name"))
    yield Fact(say("Credential"), name or _kind(report, speech), _kind(report, speech) if name else "")
    if not verdicts.is_presentation(report):
        yield _recipient(report, credential, speech)
    issuer = _issuer_fact(report, credential, speech)
    if issuer is not None:
        yield issuer
    if credential.get("holder"):
        yield Fact(say("Presented by"), _readable(credential["holder"]), identifier=_clean(credential["holder"]))
    dates = _dates(report)
    note = say("So says the newer copy that its issuer holds.") if dates is not credential else ""
    for label, member in ((keyed("In force from"), "validFrom"), (keyed("In force until"), "validUntil")):
        stated = dates.get(member)
        if stated:
            instant = _instant(stated)
            yield Fact(say(label), speech.day(instant) if instant else _clean(stated), note)
        elif member == "validUntil" and proved and not verdicts.is_presentation(report):
            yield Fact(say(label), say("No end date"), note)


def _dates(report: Report) -> Mapping[str, Any]:
    """Where the dates stand by which it was judged: in the credential, or in the newer copy that its issuer holds."""
    for check in report["checks"]:
        if check["id"] == ROWS[32] and check["outcome"] == "passed" and check["evidence"].get("answer") != "same":
            return dict(check["evidence"])
    return report["credential"] or {}


def _says_anything(credential: Mapping[str, Any] | None) -> bool:
    """Whether there is a document that says something of itself."""
    return any((credential or {}).values())


def _recipient(report: Report, credential: Mapping[str, Any], speech: Words) -> Fact:
    stated = credential.get("recipient")
    matched = verdicts.outcomes_of(report).get(ROWS[41]) == "passed"
    note = speech.say("This is the person you named.") if matched else ""
    if stated:
        readable = _readable(stated)
        return Fact(speech.say("Awarded to"), readable, note, _clean(stated) if readable != stated else "")
    if matched:
        return Fact(speech.say("Awarded to"), speech.say("The person you named"))
    return Fact(
        speech.say("Awarded to"),
        speech.say("Not shown openly"),
        speech.say("To find out whether it is a certain person's, enter their e-mail address under “More options”."),
    )


def _issuer_fact(report: Report, credential: Mapping[str, Any], speech: Words) -> Fact | None:
    """The issuer by the name a registry gives it, else by the name it gives itself, which is said."""
    issuer = _clean(credential.get("issuer"))
    if not issuer:
        return None
    label = speech.say("Issued by")
    for match in _matches(report):
        name = _clean(match.get("name")) or _readable(issuer)
        return Fact(label, name, speech.say("Listed in {registry}.", registry=_clean(match.get("registry"))), issuer)
    own_name = _clean(credential.get("issuerName"))
    if own_name:
        return Fact(label, own_name, speech.say("This is the name it gives itself."), issuer)
    return Fact(label, _readable(issuer), identifier=issuer)


def _matches(report: Report) -> list[Mapping[str, Any]]:
    for check in report["checks"]:
        if check["id"] == ROWS[39]:
            return list(check["evidence"].get("matchingIssuers") or ())
    return []


def _readable(identifier: str) -> str:
    """An identifier as a person says it: an e-mail address, or the host of a did:web; else as it stands."""
    identifier = _clean(identifier)
    for prefix in ("mailto:", "tel:"):
        if identifier.startswith(prefix):
            return identifier.removeprefix(prefix)
    if identifier.startswith("did:web:"):
        return identifier.removeprefix("did:web:").replace(":", "/").replace("%3A", ":")
    return identifier


# -- answers ----------------------------------------------------------------------------------------------------


def _answers(report: Report, speech: Words) -> Iterable[Answer]:
    """Genuine? In force? Issuer known? Where asked: this person's?"""
    if not _says_anything(report["credential"]):
        return
    genuine = _genuine(report)
    say = speech.say
    yield Answer("genuine", say("Is it genuine?"), genuine, *_genuine_words(report, genuine, speech))
    if genuine == "failed":
        return
    yield _in_force_answer(report, genuine, speech)
    if not verdicts.is_presentation(report):
        yield _issuer_answer(report, genuine, speech)
    elif genuine == "passed" and verdicts.members_of(report):
        yield _issuers_answer(report, speech)
    outcome = verdicts.outcomes_of(report).get(ROWS[41], "skipped")
    if outcome != "skipped":
        words_for = {"passed": say("Yes"), "failed": say("No"), "unknown": say("Not known")}
        sentence = say(getattr(CHECKS[ROWS[41]], outcome))
        yield Answer("recipient", say("Is it this person's?"), outcome, words_for[outcome], sentence)


def _genuine_words(report: Report, outcome: str, speech: Words) -> tuple[str, str]:
    say = speech.say
    if outcome == "failed":
        return say("No"), say("What protects it does not hold.")
    if outcome == "unknown":
        return say("Not known"), say("Its signature could not be checked to the end.")
    if verdicts.is_legacy(report):
        return say("Yes, by the older rules"), say("Its issuer's site or signature confirms it.")
    if verdicts.is_presentation(report):
        return say("Yes"), say("It is as it was presented, and nothing was changed since.")
    return say("Yes"), say("Its issuer signed it, and nothing was changed since.")


def _in_force_answer(report: Report, genuine: str, speech: Words) -> Answer:
    say = speech.say
    question = say("Is it in force?")
    outcomes = verdicts.outcomes_of(report)
    dates, status = outcomes.get(ROWS[31], "skipped"), (outcomes.get(ROWS[37]), outcomes.get(ROWS[38]))
    lists = {outcomes.get(ROWS[row]) for row in range(33, 39)}
    if "failed" in {dates, *status}:
        sentence = CHECKS[ROWS[31]].failed if dates == "failed" else CHECKS[ROWS[37]].failed
        return Answer("in-force", question, "failed", say("No"), say(sentence))
    if genuine != "passed":
        return Answer("in-force", question, "skipped", say("Not asked"), say("First it must be found genuine."))
    if "unknown" in {dates, *lists} or "failed" in lists:
        sentence = say("Whether its issuer has withdrawn it could not be found out.")
        return Answer("in-force", question, "unknown", say("Not known"), sentence)
    if "passed" in status:
        sentence = say("It is within its dates, and its issuer has not withdrawn it.")
        return Answer("in-force", question, "passed", say("Yes"), sentence)
    if verdicts.is_presentation(report):
        return Answer("in-force", question, "passed", say("Yes"), say("Everything it contains is."))
    sentence = say("It is within its dates. Its issuer keeps no list by which it could be withdrawn.")
    return Answer("in-force", question, "passed", say("Yes, by its dates"), sentence)


def _issuer_answer(report: Report, genuine: str, speech: Words) -> Answer:
    say = speech.say
    question = say("Is the issuer known here?")
    outcome = verdicts.outcomes_of(report).get(ROWS[39], "skipped")
    matches = _matches(report)
    if genuine != "passed" or outcome == "skipped":
        return Answer("issuer", question, "skipped", say("Not asked"), say("First it must be found genuine."))
    if matches:
        registry = _clean(matches[0].get("registry"))
        return Answer("issuer", question, "passed", say("Yes"), say("Listed in {registry}.", registry=registry))
    if outcome == "unknown":
        return Answer("issuer", question, "unknown", say("Not known"), say("Not every list of issuers could be read."))
    warned = any(warning["type"] == ISSUER_NOT_RECOGNIZED.uri for warning in report["warnings"])
    sentence = say("No list used here names it. Make sure who it is.")
    return Answer("issuer", question, "warning" if warned else outcome, say("No"), sentence)


def _issuers_answer(report: Report, speech: Words) -> Answer:
    """Whether the issuer of everything a presentation shows is known."""
    question = speech.say("Are the issuers known here?")
    if verdicts.is_recognised(report):
        return Answer("issuer", question, "passed", speech.say("Yes"), speech.say("Each is on a list used here."))
    sentence = speech.say("Below you see which of them is not. Make sure who it is.")
    return Answer("issuer", question, "warning", speech.say("Not all"), sentence)


# -- status and steps -------------------------------------------------------------------------------------------


def _status(report: Report, credential: Mapping[str, Any], speech: Words) -> Iterable[StatusLine]:
    """Dates and withdrawal in sentences, with the time the issuer's lists were had; of what is genuine only."""
    if not _is_proved(report):
        return
    outcomes = verdicts.outcomes_of(report)
    done = [check for check in (ROWS[31], ROWS[37], ROWS[38]) if outcomes.get(check, "skipped") != "skipped"]
    for check in done:
        yield StatusLine(outcomes[check], speech.say(getattr(CHECKS[check], outcomes[check])))
    for url in _lists(report):
        fetched = next((each for each in report["documents"] if each["url"] == url and each["fetchedAt"]), None)
        instant = _instant(fetched["fetchedAt"]) if fetched else None
        if instant is not None:
            host = url.split("/")[2] if url.count("/") > 1 else url
            text = keyed("The issuer's list at {host} was fetched on {moment}.")
            yield StatusLine("passed", speech.say(text, host=_clean(host), moment=speech.moment(instant)))
    if credential and ROWS[31] in done and len(done) == 1 and outcomes.get(ROWS[33], "skipped") == "skipped":
        text = keyed("Its issuer keeps no list for it, so it cannot be seen whether it was withdrawn.")
        yield StatusLine("skipped", speech.say(text))


def _lists(report: Report) -> Iterable[str]:
    """The addresses of the status lists that were looked at, each once."""
    found: dict[str, None] = {}
    for check in report["checks"]:
        if check["id"] in {ROWS[37], ROWS[38]}:
            for entry in check["evidence"].get("entries") or ():
                for member in ("statusListCredential", "revocationList"):
                    if isinstance(entry, Mapping) and isinstance(entry.get(member), str):
                        found[entry[member]] = None
    return found


def _notices(report: Report, case: verdicts.Case) -> Iterable[Mapping[str, Any]]:
    """The warnings. That the issuer is not known is left out where the headline says it, or nobody can tell yet."""
    told = case in (verdicts.STRANGER, verdicts.STRANGER_PRESENTATION) or not _is_proved(report)
    return (each for each in report["warnings"] if not (told and each["type"] == ISSUER_NOT_RECOGNIZED.uri))


def _next_steps(report: Report, case: verdicts.Case, speech: Words) -> tuple[str, ...]:
    """What to do, at most a few steps, those of what settled the verdict first."""
    steps: dict[str, None] = {}
    if case.tone == "valid":
        steps[keyed("You may rely on it. What it counts for is decided by your own rules.")] = None
    elif case.tone == "legacy":
        steps[keyed("You may rely on it as far as your rules accept badges of the older kind.")] = None
    decisive = {"invalid": "failed", "undetermined": "unknown"}.get(report["verdict"])
    for check in report["checks"]:
        if decisive is not None and check["outcome"] == decisive:
            for problem in check["problems"]:
                known = PROBLEMS.get(problem["type"])
                if known is not None and known.next_step != _NO_STEP:
                    steps[known.next_step] = None
    if case.tone in {"unrecognised", "legacy"} and not verdicts.is_recognised(report):
        steps[PROBLEMS[ISSUER_NOT_RECOGNIZED.uri].next_step] = None
    if case is verdicts.NOT_ASKED_IN_FORCE:
        steps[keyed("Check it again with the usual rules to see whether it is in force.")] = None
    if report["verdict"] == "undetermined" and steps.keys() - _VERDICTS_OWN:
        # Of what is not known nobody is told to turn it down.
        steps = {step: None for step in steps if step not in _VERDICTS_OWN}
    return tuple(speech.say(step) for step in list(steps)[:_STEPS])


_NO_STEP = "You need not do anything."
_VERDICTS_OWN = frozenset(PROBLEMS[kind.uri].next_step for kind in (PROOF_VERIFICATION_ERROR, MALFORMED_VALUE_ERROR))


# -- checks, problems, documents --------------------------------------------------------------------------------


def _group(report: Report, speech: Words, id: str, title: str, explanation: str, ids: frozenset[str]) -> CheckGroup:
    last = id == GROUPS[-1][0]
    known = frozenset(check for group in GROUPS for check in group[3])
    chosen = [check for check in report["checks"] if check["id"] in ids or (last and check["id"] not in known)]
    checks = tuple(_check(check, report, speech) for check in chosen)
    outcomes = [check.outcome for check in checks]
    gravest = next((outcome for outcome in _GRAVITY if outcome in outcomes), "skipped")
    counts = {outcome: outcomes.count(outcome) for outcome in _GRAVITY}
    return CheckGroup(id, speech.say(title), speech.say(explanation), gravest, checks, _counts_text(counts, speech))


_COUNTS = {
    "failed": keyed("{n} not in order"),
    "unknown": keyed("{n} not known"),
    "passed": keyed("{n} in order"),
    "skipped": keyed("{n} not asked"),
}


def _counts_text(counts: Mapping[str, int], speech: Words) -> str:
    """The numbers of the outcomes, those that are none left out."""
    return ", ".join(
        speech.say(_COUNTS[outcome], n=speech.number(number)) for outcome, number in counts.items() if number
    )


def _check(check: Mapping[str, Any], report: Report, speech: Words) -> CheckView:
    outcome = check["outcome"]
    known = CHECKS.get(check["id"])
    sentence = _clean(check["message"]) if known is None else speech.say(getattr(known, outcome))
    if outcome == "skipped" and _is_withheld(check["id"], report):
        sentence = speech.say(_WITHHELD)
    evidence = json.dumps(check["evidence"], ensure_ascii=False, indent=2, sort_keys=True) if check["evidence"] else ""
    return CheckView(
        id=check["id"],
        title=_clean(check["title"]) if known is None else speech.say(known.title),
        outcome=outcome,
        outcome_word=speech.say(OUTCOME_WORDS[outcome]),
        sentence=sentence,
        message=_clean(check["message"]),
        problems=tuple(_problem(problem, speech) for problem in check["problems"]),
        evidence_json=_cut(_shown(evidence, keep="\n"), _EVIDENCE_CHARS),
    )


def _is_withheld(check: str, report: Report) -> bool:
    """Whether a check was left out only because the document was not found genuine."""
    outcomes = verdicts.outcomes_of(report)
    later = check not in GROUPS[0][3] and check not in {ROWS[40], ROWS[47]}
    return later and any(outcomes.get(each) == "failed" for each in CORE - {ROWS[46]})


def _problem(problem: Mapping[str, Any], speech: Words) -> ProblemView:
    kind = str(problem["type"])
    known = PROBLEMS.get(kind)
    return ProblemView(
        code=_clean(kind.rpartition("#")[2]),
        type=_clean(kind),
        title=speech.say(str(problem["title"])) if known is not None else _clean(problem["title"]),
        explanation=speech.say(known.meaning) if known is not None else _clean(problem["detail"]),
        next_step=speech.say(known.next_step) if known is not None else "",
        detail=_clean(problem["detail"], _DETAIL_CHARS),
        pointer=_clean(problem.get("pointer")),
    )


def _document(document: Mapping[str, Any], speech: Words) -> DocumentView:
    instant = _instant(document["fetchedAt"])
    return DocumentView(
        url=_clean(document["url"], _DETAIL_CHARS),
        sha256=document["sha256"],
        fetched_at=speech.moment(instant) if instant is not None else speech.say("Time not known"),
        stale=_clean(document.get("stale")),
        location=_clean(document.get("location"), _DETAIL_CHARS),
    )


def _member_heading(member: Report, number: int, total: int, speech: Words) -> str:
    if member.get("role") == "refresh":
        return speech.say("Newer copy from its issuer")
    endorsement = member.get("role") == "endorsement"
    text = keyed("Endorsement {number} of {total}") if endorsement else keyed("Credential {number} of {total}")
    return speech.say(text, number=speech.number(number), total=speech.number(total))


# -- texts ------------------------------------------------------------------------------------------------------


def _instant(stated: object) -> datetime | None:
    """An instant of the report or the document; None where it cannot be read or told in UTC."""
    if not isinstance(stated, str):
        return None
    try:
        return parse_datetime(stated).astimezone(UTC)
    except (ProblemError, ValueError, OverflowError):
        return None


def _clean(text: object, most: int = _TEXT_CHARS) -> str:
    """One line of bearable length, without characters that control or turn how text is shown."""
    return "" if text is None else _cut(_shown(str(text)), most)


def _shown(text: str, keep: str = "") -> str:
    return "".join(symbol if symbol.isprintable() or symbol in keep else "\ufffd" for symbol in text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
