"""A report as people read it: every text of a page or a printed sheet, in one language, in the order it is read.

Made from the report's JSON alone, so that a report that was kept or shared reads the same as a fresh one. What the
document says of itself is cut to a bearable length and stripped of characters that change how text is shown; the
templates and the printed sheet escape it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    ISSUER_NOT_RECOGNIZED,
    OWN,
    RECIPIENT_MISMATCH,
    SECURITY,
    STATUS_UNKNOWN,
)
from badgeport.verifier.checks.ids import CORE, MAY_STAY_UNKNOWN, ROWS
from badgeport.verifier.policy import BUILT_IN, DEFAULT
from badgeport.verifier.web import verdicts
from badgeport.verifier.web.verdicts import Report, Tone, instant
from badgeport.verifier.web.wording import CHECKS, DOUBTS, PASSED_ON, PROBLEMS, RULES, TITLES, CheckWords, DoubtWords
from badgeport.verifier.web.words import Words, keyed, words

_TEXT_CHARS = 400
_DETAIL_CHARS = 1_000
_EVIDENCE_CHARS = 6_000
_STEPS = 3

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
        "dated": "Answer for another day",
        "tolerated": "Accepted by the rules chosen only",
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
        "led-to": "Which led on to",
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
        "Whether it can be read, and whether its issuer signed exactly what is shown here.",
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
    """One problem or notice: what it means, what to do, and what the verifier said in its own words (English).

    Without words of its own (title, explanation, next step) it is the standard's code for what the problem beside it
    says more exactly; then only code, detail and pointer are to be shown.
    """

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

    @property
    def reasons(self) -> tuple[ProblemView, ...]:
        """The problems that say in plain words why the check came out as it did, each of these said once."""
        said: dict[str, ProblemView] = {}
        for each in self.problems:
            if each.explanation:
                said.setdefault(each.explanation, each)
        return tuple(said.values())


@dataclass(frozen=True, slots=True)
class CheckGroup:
    """The checks that answer one question.

    ``outcome`` is the gravest among them. Where nothing is wrong or open it is ``passed`` only if the checks that
    decide the question were answered, ``warning`` if a question is left, else ``skipped``.
    """

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
    the few questions a reader has, ``groups`` every check. ``cautions`` are to be read with the headline: by whose
    rules it is judged, where a link led, what was not looked at. ``led_to`` is where the address led, if to another
    host. ``labels`` are headings, by the keys of `LABELS`.
    """

    language: str
    tone: Tone
    verdict: str
    verdict_word: str
    headline: str
    sentence: str
    cautions: tuple[str, ...]
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
    led_to: str
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


class _Reader(NamedTuple):
    """Who reads a report: in which language, when, and whether somebody else asked for it."""

    speech: Words
    now: datetime
    passed_on: bool


def report_view(report: Mapping[str, Any], language: str, *, now: datetime, passed_on: bool = False) -> ReportView:
    """The view of a report (its JSON form) in a language of `words.LANGUAGES`, read at ``now``.

    ``passed_on``: it is for others than whoever asked for it, as a shared or printed report is. Then nobody is
    addressed, and it is not said of anyone that the credential is theirs: who was asked about is not in a report.
    """
    return _view(report, _Reader(words(language), now, passed_on), "")


def _view(report: Report, reader: _Reader, heading: str) -> ReportView:
    speech = reader.speech
    case = verdicts.case_of(report, reader.now)
    credential = report["credential"] or {}
    proved = _is_proved(report)
    checked_at, as_of = instant(report["checkedAt"]), instant(report["asOf"])
    groups = tuple(_group(report, reader, *group) for group in GROUPS)
    outcomes = list(verdicts.outcomes_of(report).values())
    counts = {outcome: outcomes.count(outcome) for outcome in _GRAVITY}
    return ReportView(
        language=speech.language,
        tone=case.tone,
        verdict=report["verdict"],
        verdict_word=speech.say(TONE_WORDS[case.tone]),
        headline=_headline(report, case, speech),
        sentence=_sentence(report, case, reader),
        # What contains a credential is judged by the same rules, and came as it came.
        cautions=() if heading else tuple(_cautions(report, speech)),
        kind=_kind(report, speech),
        proved=proved,
        facts=tuple(_facts(report, credential, reader, proved)),
        answers=tuple(_answers(report, reader)),
        status=tuple(_status(report, credential, speech)),
        checked_at=speech.moment(checked_at) if checked_at else "",
        as_of=speech.moment(as_of) if as_of else "",
        next_steps=_next_steps(report, case, reader),
        notices=tuple(_notices(report, case, speech)),
        groups=groups,
        counts=counts,
        counts_text=_counts_text(counts, speech),
        documents=tuple(_document(document, speech) for document in report["documents"]),
        members=tuple(
            _view(member, reader, _member_heading(member, number, len(report["members"]), speech))
            for number, member in enumerate(report["members"], start=1)
        ),
        input_form=speech.say(FORMS.get(report["input"]["form"], str(report["input"]["form"]))),
        address=_clean(report["input"].get("address")),
        led_to=_clean(_led_to(report), _DETAIL_CHARS),
        digest=report["input"]["sha256"],
        policy=_clean(report["policy"]),
        policy_digest=report["policySha256"],
        software=_clean(report["software"]),
        heading=heading,
        pointer=_clean(report.get("pointer")),
        labels=_labels(speech.language),
    )


def _sentence(report: Report, case: verdicts.Case, reader: _Reader) -> str:
    """The sentence below the headline; of another moment than that of the check, and of an old report, with that."""
    speech = reader.speech
    checked_at, as_of = instant(report["checkedAt"]), instant(report["asOf"])
    said = [speech.say(case.sentence)]
    if checked_at is not None and as_of is not None and abs(checked_at - as_of) > verdicts.SAME_TIME:
        said.append(speech.say("The answer is for {moment}.", moment=speech.moment(as_of)))
    if checked_at is not None and reader.now - checked_at > verdicts.OLD:
        days = (reader.now - checked_at).days
        said.append(speech.count("The check was made a day ago.", "The check was made {n} days ago.", days))
        said.append(speech.say("Things may have changed since."))
    return " ".join(said)


_FACES: Mapping[str, str] = MappingProxyType(
    {
        "pdf": keyed("Only the credential inside the PDF was checked, not what its pages show."),
        **dict.fromkeys(
            ("png", "svg", "jpeg", "webp", "gif"),
            keyed("Only the credential inside the picture was checked, not what the picture shows."),
        ),
        "html": keyed("Only the credential inside the web page was checked, not what the page shows."),
        "zip": keyed("Only the credential inside the archive was checked, not what else is in it."),
    }
)
"""What was not looked at of a file that shows something beside the credential in it, by its form."""


def _cautions(report: Report, speech: Words) -> Iterable[str]:
    """What is to be read with the headline."""
    if not _is_usual(report):
        ours = next((each for each in BUILT_IN.values() if each.sha256 == report["policySha256"]), None)
        rules = f"“{_clean(report['policy'])}”" if ours is None else speech.say(RULES[ours.name])
        yield speech.say("Judged by other rules than the usual ones: {rules}.", rules=rules)
    address = report["input"].get("address")
    if led_to := _led_to(report):
        text = keyed("The link is one of {host}, but it led on to {other}: what was checked came from there.")
        yield speech.say(text, host=_host(address), other=_host(led_to))
    if not _says_anything(report["credential"]):
        return
    beside = keyed("Only the credential at the link was checked, not what a page or a picture around the link shows.")
    face = _FACES.get(report["input"]["form"], beside if address else "")
    if face:
        go_by = speech.say("Go by the name and title written here.") if report["verdict"] == "valid" else ""
        yield f"{speech.say(face)} {go_by}".strip()


def _is_usual(report: Report) -> bool:
    """Whether it was judged by the usual rules; not by others that call themselves that."""
    return bool(report["policySha256"] == DEFAULT.sha256)


def _led_to(report: Report) -> str:
    """Where the address that was handed in led, if that was to another host."""
    address = report["input"].get("address")
    for document in report["documents"]:
        if address is not None and document["url"] == address and document.get("location"):
            location = str(document["location"])
            return location if _host(location) != _host(address) else ""
    return ""


def _host(address: str) -> str:
    """The host of a web address, as it is shown and compared."""
    try:
        return _clean(urlsplit(address).netloc.rpartition("@")[2].lower())
    except ValueError:
        return _clean(address)


def _labels(language: str) -> Mapping[str, str]:
    speech = words(language)
    return MappingProxyType({key: speech.say(text) for key, text in LABELS.items()})


_DATED = {
    "Expired": (keyed("Expired on {day}"), "validUntil"),
    "Not in force yet": (keyed("Not in force until {day}"), "validFrom"),
}


def _headline(report: Report, case: verdicts.Case, speech: Words) -> str:
    """The headline; of what has expired or not begun, and of an answer for another day, with the day."""
    text, member = _DATED.get(case.headline, ("", ""))
    day = instant(_dates(report).get(member)) if member else None
    if day is not None:
        return speech.say(text, day=speech.day(day))
    return speech.say(case.headline, day=_day(report, speech))


def _day(report: Report, speech: Words) -> str:
    """The day an answer is for."""
    as_of = instant(report["asOf"])
    return speech.day(as_of) if as_of is not None else _clean(report["asOf"])


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
    """The outcome of the first question, whether the document is genuine: what it shows, whatever it may leave out."""
    outcomes = verdicts.outcomes_of(report)
    core = {outcomes[check] for check in CORE - MAY_STAY_UNKNOWN if check in outcomes}
    if "failed" in core | {outcomes.get(check) for check in MAY_STAY_UNKNOWN}:
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


def _facts(report: Report, credential: Mapping[str, Any], reader: _Reader, proved: bool) -> Iterable[Fact]:
    speech = reader.speech
    say = speech.say
    if not _says_anything(credential):
        if report["input"].get("address"):
            yield Fact(say("Link"), _clean(report["input"]["address"]))
        return
    name = _clean(credential.get("name"))
    yield Fact(say("Credential"), name or _kind(report, speech), _kind(report, speech) if name else "")
    if not verdicts.is_presentation(report):
        yield _recipient(report, credential, reader)
    issuer = _issuer_fact(report, credential, speech, proved or report["verdict"] == "valid")
    if issuer is not None:
        yield issuer
    if credential.get("holder"):
        yield Fact(say("Presented by"), _readable(credential["holder"]), identifier=_clean(credential["holder"]))
    dates = _dates(report)
    note = say("So says the newer copy that its issuer holds.") if dates is not credential else ""
    for label, member in ((keyed("In force from"), "validFrom"), (keyed("In force until"), "validUntil")):
        stated = dates.get(member)
        if stated:
            day = instant(stated)
            yield Fact(say(label), speech.day(day) if day else _clean(stated), note)
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


def _recipient(report: Report, credential: Mapping[str, Any], reader: _Reader) -> Fact:
    say = reader.speech.say
    stated = credential.get("recipient")
    matched = verdicts.outcomes_of(report).get(ROWS[41]) == "passed" and not reader.passed_on
    if stated:
        readable = _readable(stated)
        note = say("This is the person you named.") if matched else ""
        return Fact(say("Awarded to"), readable, note, _clean(stated) if readable != stated else "")
    if matched:
        return Fact(say("Awarded to"), say("The person you named"))
    ask = keyed("To find out whether it is a certain person's, enter their e-mail address under “More options”.")
    if reader.passed_on:
        ask = keyed("To find out whether it is a certain person's, check the credential and name their e-mail address.")
    return Fact(say("Awarded to"), say("Not shown openly"), say(ask))


def _issuer_fact(report: Report, credential: Mapping[str, Any], speech: Words, proved: bool) -> Fact | None:
    """The issuer by the name a registry gives it, else by the name it gives itself, which is said.

    What a registry says is told only of an issuer who is known to stand behind the document.
    """
    issuer = _clean(credential.get("issuer"))
    if not issuer:
        return None
    label = speech.say("Issued by")
    for match in _matches(report) if proved else ():
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


def _answers(report: Report, reader: _Reader) -> Iterable[Answer]:
    """Genuine? In force? Issuer known? Where asked: this person's?

    What contains credentials is answered for by them all.
    """
    if not _says_anything(report["credential"]):
        return
    genuine = _genuine(report)
    say = reader.speech.say
    answer = _genuine_answer(report, reader.speech)
    yield answer
    if answer.outcome == "failed":
        return
    yield _in_force_answer(report, answer.outcome, reader)
    if not verdicts.is_presentation(report):
        yield _issuer_answer(report, genuine, reader.speech)
    elif genuine == "passed" and verdicts.members_of(report):
        yield _issuers_answer(report, reader.speech)
    outcome = verdicts.outcomes_of(report).get(ROWS[41], "skipped")
    if outcome != "skipped":
        sentence = say(getattr(_check_words(ROWS[41], reader), outcome))
        if outcome == "passed" and reader.passed_on:
            question, word = say("Was it awarded to a certain person?"), say("Known only to who asked")
            yield Answer("recipient", question, "skipped", word, sentence)
        else:
            asked = keyed("Was it awarded to the person asked about?")
            question = say(asked if reader.passed_on else keyed("Is it this person's?"))
            words_for = {"passed": say("Yes"), "failed": say("No"), "unknown": say("Not known")}
            yield Answer("recipient", question, outcome, words_for[outcome], sentence)


def _genuine_answer(report: Report, speech: Words) -> Answer:
    """Whether the document is genuine, and all that it contains."""
    say = speech.say
    question = say("Is it genuine?")
    own = _genuine(report)
    contained = {_genuine(each) for each in verdicts.tree_of(report)} - {"passed"}
    if own == "passed" and "failed" in contained:
        return Answer("genuine", question, "failed", say("No"), say("A credential it contains is not genuine."))
    if own == "passed" and contained:
        sentence = say("The signature of a credential it contains could not be checked to the end.")
        return Answer("genuine", question, "unknown", say("Not known"), sentence)
    return Answer("genuine", question, own, *_genuine_words(report, own, speech))


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


_Said: TypeAlias = tuple[str, str, str]
"""An answer without its question: outcome, word, sentence."""

_GRAVEST = ("failed", "unknown", "skipped", "passed")
_CONTAINED: Mapping[str, _Said] = {
    "failed": ("failed", keyed("No"), keyed("A credential it contains is not.")),
    "unknown": ("unknown", keyed("Not known"), keyed("Of a credential it contains this could not be found out.")),
    "skipped": ("unknown", keyed("Not known"), keyed("A credential it contains was not found genuine first.")),
}
_WHEN: Mapping[verdicts.Day, str] = {
    "now": keyed("Is it in force?"),
    "past": keyed("Was it in force on {day}?"),
    "future": keyed("Will it be in force on {day}?"),
}


_NOT_WITHDRAWN = keyed("It is within its dates, and its issuer has not withdrawn it.")
_ON_NO_LIST = keyed("It is within its dates. It names no list by which it could be withdrawn.")
_ALL_OF_IT = keyed("Everything it contains is.")
_THEN: Mapping[str, str] = {
    _NOT_WITHDRAWN: keyed("It was within its dates, and its issuer had not withdrawn it."),
    _ON_NO_LIST: keyed("It was within its dates. It names no list by which it could be withdrawn."),
    _ALL_OF_IT: keyed("Everything it contains was."),
}
"""The same of another day."""


def _in_force_answer(report: Report, genuine: str, reader: _Reader) -> Answer:
    """Whether the document is in force, and all that it contains."""
    say, day = reader.speech.say, verdicts.day_of(report, reader.now)
    outcome, word, sentence = _in_force(report, genuine)
    for member in list(verdicts.tree_of(report))[1:]:
        contained = _in_force(member, _genuine(member))[0]
        if _GRAVEST.index(contained) < _GRAVEST.index(outcome):
            outcome, word, sentence = _CONTAINED[contained]
    if outcome == "passed" and day == "past":
        sentence = _THEN[sentence]
    elif outcome == "passed" and day == "future":
        outcome, word = "warning", keyed("Yes, by its dates")
        sentence = keyed("Nobody can know whether it will be withdrawn before then.")
    return Answer("in-force", say(_WHEN[day], day=_day(report, reader.speech)), outcome, say(word), say(sentence))


def _in_force(report: Report, genuine: str) -> _Said:
    """The same of the document alone."""
    outcomes = verdicts.outcomes_of(report)
    dates, status = outcomes.get(ROWS[31], "skipped"), (outcomes.get(ROWS[37]), outcomes.get(ROWS[38]))
    lists = {outcomes.get(ROWS[row]) for row in range(33, 39)}
    if "failed" in {dates, *status}:
        return "failed", keyed("No"), CHECKS[ROWS[31] if dates == "failed" else ROWS[37]].failed
    if genuine != "passed":
        return "skipped", keyed("Not asked"), keyed("First it must be found genuine.")
    if _may_hide(report):
        sentence = keyed("Its holder can leave things out of it, and what would tell may be among them.")
        return "unknown", keyed("Not known"), sentence
    doubted = any(warning["type"] == STATUS_UNKNOWN.uri for warning in report["warnings"])
    if "unknown" in {dates, *lists} or "failed" in lists or doubted:
        return "unknown", keyed("Not known"), keyed("Whether its issuer has withdrawn it could not be found out.")
    if "passed" in status:
        return "passed", keyed("Yes"), _NOT_WITHDRAWN
    if verdicts.is_presentation(report):
        if not verdicts.members_of(report):
            return "skipped", keyed("Not asked"), keyed("It contains no credential.")
        return "passed", keyed("Yes"), _ALL_OF_IT
    return "passed", keyed("Yes, by its dates"), _ON_NO_LIST


def _issuer_answer(report: Report, genuine: str, speech: Words) -> Answer:
    say = speech.say
    question = say("Is the issuer known here?")
    outcome = verdicts.outcomes_of(report).get(ROWS[39], "skipped")
    matches = _matches(report)
    if genuine != "passed":
        return Answer("issuer", question, "skipped", say("Not asked"), say("First it must be found genuine."))
    if outcome == "skipped":
        return Answer("issuer", question, "skipped", say("Not asked"), say(CHECKS[ROWS[39]].skipped))
    if matches and not all(map(verdicts.is_recognised, verdicts.members_of(report))):
        sentence = say("The issuer of a credential it contains is not. Make sure who that is.")
        return Answer("issuer", question, "warning", say("Not all"), sentence)
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
    sentence = speech.say("The list below says which of them is not. Make sure who it is.")
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
        moment = instant(fetched["fetchedAt"]) if fetched else None
        if moment is not None:
            host = url.split("/")[2] if url.count("/") > 1 else url
            text = keyed("The issuer's list at {host} was fetched on {moment}.")
            yield StatusLine("passed", speech.say(text, host=_clean(host), moment=speech.moment(moment)))
    if _may_hide(report):
        text = keyed("Its holder can leave things out of it, and what would tell may be among them.")
        yield StatusLine("unknown", speech.say(text))
    elif credential and ROWS[31] in done and len(done) == 1 and outcomes.get(ROWS[33], "skipped") == "skipped":
        text = keyed("It names no list of withdrawn credentials, so it cannot be seen whether it was withdrawn.")
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


def _notices(report: Report, case: verdicts.Case, speech: Words) -> Iterable[ProblemView]:
    """The warnings. That the issuer is not known is left out where the headline says it, or nobody can tell yet."""
    told = case in (verdicts.STRANGER, verdicts.STRANGER_PRESENTATION) or not _is_proved(report)
    said = _said(report["warnings"])
    failed, unknown = (
        {
            (problem["type"], _place(problem))
            for check in report["checks"]
            if check["outcome"] == outcome
            for problem in check["problems"]
        }
        for outcome in ("failed", "unknown")
    )
    for each in report["warnings"]:
        if (told and each["type"] == ISSUER_NOT_RECOGNIZED.uri) or _is_said_better(each, said):
            continue
        # Beside a proof that holds, another one may be remarked on, which takes nothing from the credential.
        remark = each["type"].startswith(SECURITY) or each["type"] == CRYPTOGRAPHIC_SECURITY_ERROR.uri
        key = (each["type"], _place(each))
        yield _problem(each, speech, settled=key in failed or (key not in unknown and not remark))


def _next_steps(report: Report, case: verdicts.Case, reader: _Reader) -> tuple[str, ...]:
    """What to do, at most a few steps, those of what settled the verdict, or is passed over, first."""
    steps: dict[str, None] = {}
    if case.tone in _RELIANCE:
        steps[_RELIANCE[case.tone][reader.passed_on]] = None
    if case in (verdicts.ANOTHERS, verdicts.WHOSE):
        steps[DOUBTS[RECIPIENT_MISMATCH.uri].next_step] = None
    if report["verdict"] == "valid":
        decisive, reports = "failed" if case.tone == "tolerated" else "unknown", verdicts.tree_of(report)
    else:
        decisive, reports = {"invalid": "failed"}.get(report["verdict"], "unknown"), iter([report])
    for check in (check for each in reports for check in each["checks"] if check["outcome"] == decisive):
        said = _said(check["problems"])
        for problem in check["problems"]:
            known = _words_of(problem, settled=decisive == "failed")
            if known is not None and known.next_step != _NO_STEP and not _is_said_better(problem, said):
                steps[known.next_step] = None
    if case.tone in _STRANGERS and not verdicts.is_recognised(report):
        steps[PROBLEMS[ISSUER_NOT_RECOGNIZED.uri].next_step] = None
    if case is verdicts.PARTLY_CHECKED:
        steps[keyed("See below what could not be checked, and judge whether it matters.")] = None
    if case is verdicts.NOT_ASKED_IN_FORCE and not _is_usual(report):
        steps[keyed("Check it again with the usual rules to see whether it is in force.")] = None
    if case.tone == "dated":
        steps[keyed("To know whether it is in force today, check it again and name no day.")] = None
    return tuple(reader.speech.say(step) for step in list(steps)[:_STEPS])


_STRANGERS: frozenset[Tone] = frozenset({"unrecognised", "legacy", "dated", "tolerated"})
_RELIANCE: Mapping[Tone, tuple[str, str]] = {
    "valid": (
        keyed("You may rely on it. What it counts for is decided by your own rules."),
        keyed("It could be relied on when it was checked. What it counts for is decided by the rules of the office."),
    ),
    "legacy": (
        keyed("You may rely on it as far as your rules accept badges of the older kind."),
        keyed("It could be relied on when it was checked, where the rules accept badges of the older kind."),
    ),
}
"""What is said of what is wholly good, to whoever asked and to others."""

_NO_STEP = "Nothing needs to be done."


# -- checks, problems, documents --------------------------------------------------------------------------------


def _group(report: Report, reader: _Reader, id: str, title: str, explanation: str, ids: frozenset[str]) -> CheckGroup:
    speech, last = reader.speech, id == GROUPS[-1][0]
    known = frozenset(check for group in GROUPS for check in group[3])
    chosen = [check for check in report["checks"] if check["id"] in ids or (last and check["id"] not in known)]
    checks = tuple(_check(check, report, reader) for check in chosen)
    outcomes = [check.outcome for check in checks]
    gravest = next((outcome for outcome in _GRAVITY if outcome in outcomes), "skipped")
    outcome = _answered(report, id) if gravest == "passed" else gravest
    summary = _counts_text({each: outcomes.count(each) for each in _GRAVITY}, speech)
    if outcome != gravest:
        summary = f"{speech.say(_LEFT_OPEN[outcome])} · {summary}"
    return CheckGroup(id, speech.say(title), speech.say(explanation), outcome, checks, summary)


_LEFT_OPEN = {
    "unknown": OUTCOME_WORDS["unknown"],
    "skipped": OUTCOME_WORDS["skipped"],
    "warning": keyed("With a question left"),
}


def _answered(report: Report, group: str) -> str:
    """The outcome of a group in which nothing is wrong or open: whether the checks that decide it were answered."""
    genuine, outcomes = _genuine(report), verdicts.outcomes_of(report)
    if group == "genuine":
        return genuine
    if group == "people" and verdicts.is_perhaps_anothers(report):
        return "warning"
    presented = outcomes.get(ROWS[44]) == "passed"
    deciding = (31, 37, 38) if group == "in-force" else (39,)
    decided = any(outcomes.get(ROWS[row]) == "passed" for row in deciding)
    if genuine != "passed" or not (decided or (presented and group == "people")):
        return "skipped"
    if group == "people" and not verdicts.is_recognised(report):
        return "warning"
    if group == "in-force" and _may_hide(report):
        return "warning"
    return "passed"


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


def _check_words(check: str, reader: _Reader) -> CheckWords | None:
    """The words of a check for this reader."""
    return PASSED_ON.get(check, CHECKS.get(check)) if reader.passed_on else CHECKS.get(check)


def _check(check: Mapping[str, Any], report: Report, reader: _Reader) -> CheckView:
    speech, outcome = reader.speech, check["outcome"]
    known = _check_words(check["id"], reader)
    sentence = _clean(check["message"]) if known is None else speech.say(getattr(known, outcome))
    if outcome == "skipped" and _is_withheld(check["id"], report):
        sentence = speech.say(_WITHHELD)
    elif outcome == "skipped" and check["id"] in _LISTS and _may_hide(report):
        sentence = speech.say(_NOT_SHOWN)
    elif check["id"] == ROWS[44] and verdicts.is_perhaps_anothers(report):
        sentence = speech.say(_BY_ITS_SIGNER)
    said = _said(check["problems"])
    evidence = json.dumps(check["evidence"], ensure_ascii=False, indent=2, sort_keys=True) if check["evidence"] else ""
    return CheckView(
        id=check["id"],
        title=_clean(check["title"]) if known is None else speech.say(known.title),
        outcome=outcome,
        outcome_word=speech.say(OUTCOME_WORDS[outcome]),
        sentence=sentence,
        message=_clean(check["message"]),
        problems=tuple(
            _problem(problem, speech, settled=outcome == "failed", code_only=_is_said_better(problem, said))
            for problem in check["problems"]
        ),
        evidence_json=_cut(_shown(evidence, keep="\n"), _EVIDENCE_CHARS),
    )


_LISTS = frozenset(ROWS[row] for row in range(33, 39))
_NOT_SHOWN = keyed("No list is shown. Its holder can leave things out of it, and that may be among them.")
_BY_ITS_SIGNER = keyed(
    "Whoever signed it as its holder presents it. The rules chosen do not ask whether the credentials are about them."
)


def _may_hide(report: Report) -> bool:
    """Whether the holder may have left out something that decides."""
    return verdicts.outcomes_of(report).get(ROWS[30]) == "unknown"


def _is_withheld(check: str, report: Report) -> bool:
    """Whether a check was left out only because the document was not found genuine."""
    outcomes = verdicts.outcomes_of(report)
    later = check not in GROUPS[0][3] and check not in {ROWS[40], ROWS[47]}
    if later and any(outcomes.get(each) == "failed" for each in CORE - {ROWS[46]}):
        return True
    if _genuine(report) != "unknown" or verdicts.is_presentation(report):
        return False
    # Of what may be anybody's words these are not asked; an older badge is not even dated before it was had.
    return check in ({ROWS[31], ROWS[38], ROWS[39]} if verdicts.is_legacy(report) else {ROWS[39]})


_Place: TypeAlias = tuple[str, str | None]


def _said(problems: Iterable[Mapping[str, Any]]) -> frozenset[_Place]:
    """What is said, and of which place, by problems of our own types: more exactly than by a standard's type."""
    return frozenset(_place(each) for each in problems if each["type"].startswith(OWN))


def _place(problem: Mapping[str, Any]) -> _Place:
    return problem["detail"], problem.get("pointer")


def _is_said_better(problem: Mapping[str, Any], said: frozenset[_Place]) -> bool:
    """Whether a problem is the standard's type for what one of our own type beside it says more exactly."""
    return not problem["type"].startswith(OWN) and _place(problem) in said


def _words_of(problem: Mapping[str, Any], *, settled: bool) -> DoubtWords | None:
    """The words of a problem: what is wrong, or, where that is not ``settled``, what is left open."""
    kind = problem["type"]
    if not settled and kind in DOUBTS:
        return DOUBTS[kind]
    known = PROBLEMS.get(kind)
    title = TITLES.get(kind, str(problem["title"]))
    return None if known is None else DoubtWords(title, known.meaning, known.next_step)


def _problem(problem: Mapping[str, Any], speech: Words, *, settled: bool, code_only: bool = False) -> ProblemView:
    """One problem. ``settled``: a check failed by it; ``code_only``: the one beside it has the words."""
    kind = str(problem["type"])
    said = _words_of(problem, settled=settled)
    if code_only:
        title = explanation = next_step = ""
    elif said is None:
        title, explanation, next_step = _clean(problem["title"]), _clean(problem["detail"]), ""
    else:
        title, explanation, next_step = (speech.say(text) for text in said)
    return ProblemView(
        code=_clean(kind.rpartition("#")[2]),
        type=_clean(kind),
        title=title,
        explanation=explanation,
        next_step=next_step,
        detail=_clean(problem["detail"], _DETAIL_CHARS),
        pointer=_clean(problem.get("pointer")),
    )


def _document(document: Mapping[str, Any], speech: Words) -> DocumentView:
    fetched = instant(document["fetchedAt"])
    return DocumentView(
        url=_clean(document["url"], _DETAIL_CHARS),
        sha256=document["sha256"],
        fetched_at=speech.moment(fetched) if fetched is not None else speech.say("Time not known"),
        stale=_clean(document.get("stale")),
        location=_clean(document.get("location"), _DETAIL_CHARS),
    )


def _member_heading(member: Report, number: int, total: int, speech: Words) -> str:
    if member.get("role") == "refresh":
        return speech.say("Copy that its issuer offers")
    endorsement = member.get("role") == "endorsement"
    text = keyed("Endorsement {number} of {total}") if endorsement else keyed("Credential {number} of {total}")
    return speech.say(text, number=speech.number(number), total=speech.number(total))


# -- texts ------------------------------------------------------------------------------------------------------


def _clean(text: object, most: int = _TEXT_CHARS) -> str:
    """One line of bearable length, without characters that control or turn how text is shown."""
    return "" if text is None else _cut(_shown(str(text)), most)


def _shown(text: str, keep: str = "") -> str:
    return "".join(symbol if symbol.isprintable() or symbol in keep else "\ufffd" for symbol in text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
