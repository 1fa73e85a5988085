"""The answer in large letters: one headline and one sentence for the case a report is.

A report has one verdict and many possible reasons. A reader wants the reason that settles it, the gravest first: that a
document is forged says more than that it is also badly formed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import (
    EXPIRED,
    INTERNAL_ERROR,
    INVALID_CHALLENGE_ERROR,
    INVALID_DOMAIN_ERROR,
    ISSUER_KEY_MISMATCH,
    ISSUER_NOT_RECOGNIZED,
    KEY_NOT_VALID_AT_SIGNING,
    KEY_REVOKED,
    NOT_YET_VALID,
    RECIPIENT_MISMATCH,
    REVOKED,
    STATUS_UNKNOWN,
    SUSPENDED,
    UNSIGNED,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.checks.ids import CORE, ROWS

Tone: TypeAlias = Literal["valid", "unrecognised", "legacy", "dated", "tolerated", "invalid", "undetermined", "nothing"]
"""How the answer is coloured and which sign stands beside it.

Of what is valid by the rules applied: ``valid`` only where nothing at all is open and the answer is for now, ``dated``
where it is for another day, ``tolerated`` where the rules pass over something that is wrong, ``unrecognised`` where a
question is left.
"""

Day: TypeAlias = Literal["now", "past", "future"]
"""Whether an answer is for the time it is read at, or for a day before or after it."""

SAME_TIME = timedelta(minutes=1)
"""So far apart may be the moment asked about and that of the check where no other moment was asked about."""

OLD = timedelta(days=1)
"""After this time a report no longer speaks of today."""

Report: TypeAlias = Mapping[str, Any]


class Case(NamedTuple):
    """One kind of answer: its tone, the headline, the sentence below it. ``{day}`` is the day it is for."""

    tone: Tone
    headline: str
    sentence: str


_FORGED = "Do not rely on it. Whatever the document says of itself may be anybody's words."
_UNSURE = "This is neither a yes nor a no."

VALID = Case(
    "valid",
    "Genuine and in force",
    "Nothing was changed since it was issued, it is in force, and this service knows the issuer.",
)
VALID_PRESENTATION = Case(
    "valid",
    "Genuine and in force",
    "Every credential presented is unchanged and in force, and this service knows who issued each of them.",
)
STRANGER = Case(
    "unrecognised",
    "Unchanged and in force. Issuer not known here",
    "The signature is good. But no list used here says who the issuer is, and anyone can take a name.",
)
STRANGER_PRESENTATION = Case(
    "unrecognised",
    "Unchanged and in force. Not every issuer is known here",
    "The signatures are good. But no list used here says who every one of the issuers is, and anyone can take a name.",
)
PARTLY_CHECKED = Case(
    "unrecognised",
    "Unchanged and in force. Not everything could be checked",
    "The signature is good. Something that the rules chosen do not insist on could not be found out.",
)
ISSUER_UNKNOWN = Case(
    "unrecognised",
    "Unchanged and in force. Who its issuer is could not be found out",
    "The signature is good. But not every list of issuers could be read, and anyone can take a name.",
)
NOT_ASKED_IN_FORCE = Case(
    "unrecognised",
    "Genuine, but perhaps no longer in force",
    "The signature is good. Whether it is still in force is not settled, and the rules chosen do not insist on it.",
)
UNSEEN = Case(
    "unrecognised",
    "Genuine; whether it was withdrawn cannot be seen",
    "What is shown was signed. But its holder can leave out where its issuer would say that it was withdrawn.",
)
UNSEEN_UNDECIDED = Case(
    "undetermined",
    UNSEEN.headline,
    "What is shown was signed. But its holder can leave out where its issuer would say that it was withdrawn. "
    + _UNSURE,
)
NOT_IN_FORCE = Case(
    "tolerated",
    "Genuine, but not in force",
    "The signature is good. It, or something it contains, is withdrawn or outside its dates, which the rules chosen "
    "only remark on.",
)
_PASSED_OVER = "The signature is good. This is wrong with it, and the rules chosen only remark on that."
_LEFT_OPEN = "The signature is good. This could not be settled, and the rules chosen do not insist on it."

ANOTHERS = Case("tolerated", "Genuine, but presented by somebody else", _PASSED_OVER)
WHOSE = Case("unrecognised", "Genuine, but whose it is could not be settled", _LEFT_OPEN)
_TOLERATED: tuple[tuple[tuple[int, ...], Case], ...] = (
    ((44,), ANOTHERS),
    ((41,), Case("tolerated", "Genuine, but awarded to somebody else", _PASSED_OVER)),
    ((45,), Case("tolerated", "Genuine, but a picture or file in it was exchanged", _PASSED_OVER)),
    ((43,), Case("tolerated", "Genuine, but a credential it contains is not valid", _PASSED_OVER)),
    ((42,), Case("tolerated", "Genuine, but an endorsement in it is not valid", _PASSED_OVER)),
)
_ANOTHER_OCCASION = Case("tolerated", "Genuine, but made for another reader or occasion", _PASSED_OVER)
_FLAWED = Case("tolerated", "Genuine, but not made as the standard asks", _PASSED_OVER)
_OPEN: tuple[tuple[tuple[int, ...], Case], ...] = (
    ((30,), Case("unrecognised", "Genuine, but something decisive may be hidden", _LEFT_OPEN)),
    ((31, 33, 34, 35, 36, 37, 38), NOT_ASKED_IN_FORCE),
    ((41, 44), WHOSE),
    ((43,), Case("unrecognised", "Genuine, but a credential it contains could not be checked", _LEFT_OPEN)),
)
EMPTY = Case(
    "unrecognised",
    "A presentation without credentials",
    "It is unchanged, but shows no credential, so it says nothing about any.",
)
LEGACY = Case(
    "legacy",
    "Confirmed, as a badge of the older kind",
    "This is an Open Badges 2.0 badge. It holds by the rules of its time, which protect less than today's.",
)

_NOT_TODAY = "It says nothing of today: for that, check it again."
_NOT_KNOWN = "So it is by its dates. Nobody can know whether it will be withdrawn before then."
_DATED: Mapping[Day, tuple[Case, Case, Case]] = {
    "past": (
        Case(
            "dated",
            "Was in force on {day}",
            "It is unchanged, and this service knows who issued it. " + _NOT_TODAY,
        ),
        Case(
            "dated",
            "Was in force on {day}. Issuer not known here",
            "It is unchanged. But no list used here says who issued it, and anyone can take a name. " + _NOT_TODAY,
        ),
        Case(
            "dated",
            "Was in force on {day}, as an older kind of badge",
            "This is an Open Badges 2.0 badge. It held by the rules of its time. " + _NOT_TODAY,
        ),
    ),
    "future": (
        Case("dated", "Would be in force on {day}", _NOT_KNOWN),
        Case("dated", "Would be in force on {day}. Issuer not known here", _NOT_KNOWN),
        Case("dated", "Would be in force on {day}, as an older kind of badge", _NOT_KNOWN),
    ),
}
"""What holds on another day than that of the reading: by an issuer known here, by another one, of the older kind."""

RENEWED = Case(
    "valid",
    "Genuine copy",
    "Its issuer signed it. The check of the newest copy above says what was judged on it.",
)

NOTHING = Case(
    "nothing",
    "No credential found",
    "What was handed in could be opened, but there is no credential in it.",
)
ADDRESS = Case(
    "undetermined",
    "The link could not be opened",
    "So there was nothing to look at yet. This says nothing about the credential itself.",
)

_UNREADABLE = Case(
    "invalid",
    "This credential cannot be read",
    "It is damaged or incomplete, so nothing in it can be relied on.",
)
_TOO_LARGE = Case(
    "invalid",
    "Too large or too intricate to be read safely",
    "It goes beyond what is read here, so nothing in it was relied on.",
)
_BY_PROBLEM: tuple[tuple[ProblemType, Case], ...] = (
    (UNSIGNED, Case("invalid", "Not signed: anyone could have written it", _FORGED)),
    (ISSUER_KEY_MISMATCH, Case("invalid", "Not signed by the issuer it names", _FORGED)),
    (
        INVALID_CHALLENGE_ERROR,
        Case("invalid", "Made for another reader or occasion", "It may be a copy of an earlier presentation."),
    ),
    (
        INVALID_DOMAIN_ERROR,
        Case("invalid", "Made for another reader or occasion", "It may be a copy of an earlier presentation."),
    ),
    (KEY_NOT_VALID_AT_SIGNING, Case("invalid", "Signed with a key that was not valid then", _FORGED)),
)
_SIGNATURE = Case("invalid", "Altered, or not genuine", _FORGED)
_PROOF = Case("invalid", "Its protection does not hold", _FORGED)

_BY_STATUS: tuple[tuple[ProblemType, Case], ...] = (
    (
        REVOKED,
        Case("invalid", "Revoked by its issuer", "Its issuer has withdrawn it for good."),
    ),
    (
        SUSPENDED,
        Case(
            "invalid",
            "Suspended by its issuer",
            "Its issuer has withdrawn it for the time being; it may come back into force.",
        ),
    ),
    (EXPIRED, Case("invalid", "Expired", "Its time was over at the moment asked about.")),
    (
        NOT_YET_VALID,
        Case("invalid", "Not in force yet", "Its time had not begun at the moment asked about."),
    ),
)
_FAILED_CHECKS: tuple[tuple[str, Case], ...] = (
    (ROWS[38], _BY_STATUS[0][1]),
    (
        ROWS[46],
        Case("invalid", "Older badge that does not hold", "Its issuer's site or signature denies it."),
    ),
    (
        ROWS[41],
        Case("invalid", "Awarded to somebody else", "It names another person than the one asked about."),
    ),
    (
        ROWS[44],
        Case("invalid", "Presented by somebody else", "The person presenting it is not the person it is about."),
    ),
    (
        ROWS[43],
        Case("invalid", "A credential it contains is not valid", "See below which one; each has a report of its own."),
    ),
    (
        ROWS[42],
        Case("invalid", "An endorsement in it is not valid", "See below which one; each has a report of its own."),
    ),
    (
        ROWS[39],
        Case(
            "invalid",
            "Its issuer is not one these rules accept",
            "It may well be genuine. The rules chosen accept only issuers on the lists used here, and this one is not.",
        ),
    ),
    (
        ROWS[45],
        Case("invalid", "A picture or file in it was exchanged", "It is not the one that the issuer signed."),
    ),
)
_MALFORMED = Case(
    "invalid",
    "Not made as the standard asks",
    "The signature may be good, but something in it is missing or in the wrong form.",
)

_DEFECT = Case(
    "undetermined",
    "Our own check failed",
    "A fault in this software stopped the check. That says nothing about the credential.",
)
_REVOKED_KEY = Case(
    "undetermined",
    "Signed with a key the issuer has withdrawn",
    "It may have been signed before that or by a thief after it: nothing in it can tell. " + _UNSURE,
)
_HIDDEN = Case(
    "undetermined",
    "Something decisive may be hidden",
    "The holder could have left out what decides whether it holds. " + _UNSURE,
)
_UNKNOWN_CHECKS: tuple[tuple[tuple[int, ...], Case], ...] = (
    (
        (46,),
        Case(
            "undetermined",
            "Older badge that could not be confirmed",
            "Its issuer's site could not be asked, or did not tell. " + _UNSURE,
        ),
    ),
    (
        (1, 2, 3, 4, 5, 6, 18),
        Case("undetermined", "Of a kind that cannot be checked here", "It could not be read far enough. " + _UNSURE),
    ),
    (
        (22, 23, 24, 25, 26, 27),
        Case(
            "undetermined",
            "The issuer's key could not be reached",
            "Without it nobody can tell whether the signature is the issuer's. " + _UNSURE,
        ),
    ),
    (
        (16, 17, 19, 20, 21, 28, 29),
        Case("undetermined", "Its signature could not be checked to the end", _UNSURE),
    ),
    ((30,), _HIDDEN),
    (
        (33, 34, 35, 36, 37, 38),
        Case(
            "undetermined",
            "Genuine, but perhaps withdrawn",
            "The signature is good. Whether the issuer has withdrawn it could not be found out. " + _UNSURE,
        ),
    ),
    (
        (41, 44),
        Case(
            "undetermined",
            "Genuine, but whose it is could not be settled",
            "The signature is good. Whether it is about the person in question could not be found out.",
        ),
    ),
    (
        (43,),
        Case(
            "undetermined",
            "A credential it contains could not be checked",
            "See below which one; each has a report of its own.",
        ),
    ),
    (
        (39,),
        Case("undetermined", "Who its issuer is could not be found out", "Not every list of issuers could be read."),
    ),
)
_UNDECIDED = Case("undetermined", "Could not be decided", _UNSURE + " Do not rely on it without asking further.")

CASES: tuple[Case, ...] = (
    VALID,
    VALID_PRESENTATION,
    STRANGER,
    STRANGER_PRESENTATION,
    PARTLY_CHECKED,
    ISSUER_UNKNOWN,
    NOT_IN_FORCE,
    *(case for _, case in _TOLERATED),
    _ANOTHER_OCCASION,
    _FLAWED,
    UNSEEN,
    UNSEEN_UNDECIDED,
    *(case for _, case in _OPEN),
    EMPTY,
    LEGACY,
    *(case for cases in _DATED.values() for case in cases),
    RENEWED,
    NOTHING,
    ADDRESS,
    _UNREADABLE,
    _TOO_LARGE,
    *(case for _, case in _BY_PROBLEM),
    _SIGNATURE,
    _PROOF,
    *(case for _, case in _BY_STATUS),
    *(case for _, case in _FAILED_CHECKS),
    _MALFORMED,
    _DEFECT,
    _REVOKED_KEY,
    *(case for _, case in _UNKNOWN_CHECKS),
    _UNDECIDED,
)
"""Every answer there is; a test holds that each has its words in every language."""

_IN_FORCE = frozenset({ROWS[31], ROWS[37], ROWS[38]})
_STATUS = frozenset(ROWS[row] for row in range(33, 37))


def case_of(report: Report, now: datetime) -> Case:
    """The case a report is for somebody who reads it at ``now``."""
    outcomes = outcomes_of(report)
    if report["verdict"] == "valid":
        return _valid(report, outcomes, day_of(report, now))
    if report["verdict"] == "invalid":
        return _invalid(report, outcomes)
    return _undetermined(report, outcomes)


def day_of(report: Report, now: datetime) -> Day:
    """Whether the answer is for ``now``. What was asked about a moment nobody can read is not taken to be."""
    checked_at, as_of = instant(report["checkedAt"]), instant(report["asOf"])
    if checked_at is None or as_of is None:
        return "past"
    if as_of - checked_at > SAME_TIME:
        return "future"
    return "past" if checked_at - as_of > SAME_TIME or now - checked_at > OLD else "now"


def instant(stated: object) -> datetime | None:
    """An instant of the report or the document; None where it cannot be read or told in UTC."""
    if not isinstance(stated, str):
        return None
    try:
        return parse_datetime(stated).astimezone(UTC)
    except (ProblemError, ValueError, OverflowError):
        return None


def outcomes_of(report: Report) -> dict[str, str]:
    """The outcome of every check, by its id."""
    return {check["id"]: check["outcome"] for check in report["checks"]}


def problem_types(checks: Iterable[Mapping[str, Any]], outcome: str) -> frozenset[str]:
    """The types (URIs) of the problems of every check with this outcome."""
    return frozenset(
        problem["type"] for check in checks if check["outcome"] == outcome for problem in check["problems"]
    )


def is_presentation(report: Report) -> bool:
    """Whether the document is a presentation of credentials."""
    credential = report["credential"]
    if credential is None:
        return False
    return "VerifiablePresentation" in credential["types"] or outcomes_of(report).get(ROWS[44]) in {"passed", "failed"}


def members_of(report: Report) -> Sequence[Report]:
    """The reports of the credentials a document contains, without endorsements of it."""
    return [member for member in report["members"] if member.get("role") == "member"]


def is_recognised(report: Report) -> bool:
    """Whether a registry names the issuer, and that of every contained credential."""
    asked = is_presentation(report) or outcomes_of(report).get(ROWS[39]) == "passed"
    known = asked and all(warning["type"] != ISSUER_NOT_RECOGNIZED.uri for warning in report["warnings"])
    return known and all(map(is_recognised, members_of(report)))


def tree_of(report: Report) -> Iterator[Report]:
    """A report and those of all that it contains, without endorsements, which add to it and take nothing from it.

    Nor is a copy that the issuer offers among them: what counts of it is in the checks of the whole.
    """
    yield report
    for member in members_of(report):
        yield from tree_of(member)


def is_status_unseen(report: Report) -> bool:
    """Whether its holder may have left out the status, and nothing else that decides."""
    for check in report["checks"]:
        if check["id"] == ROWS[30] and check["outcome"] == "unknown":
            return {problem["type"] for problem in check["problems"]} == {STATUS_UNKNOWN.uri}
    return False


def is_legacy(report: Report) -> bool:
    """Whether the document is an Open Badges 2.0 badge."""
    return outcomes_of(report).get(ROWS[46], "skipped") != "skipped"


def _valid(report: Report, outcomes: Mapping[str, str], day: Day) -> Case:
    presentation = is_presentation(report)
    if presentation and not members_of(report):
        return EMPTY
    case = _passed_over(report)
    if case is not None:
        return case
    if report.get("role") == "refresh":
        return RENEWED
    recognised, older = is_recognised(report), outcomes.get(ROWS[46]) == "passed"
    if day != "now":
        known, stranger, legacy = _DATED[day]
        return legacy if older else known if recognised else stranger
    if not recognised and not older:
        return STRANGER_PRESENTATION if presentation else STRANGER
    if any(_doubtful(each, "unknown") for each in tree_of(report)):
        return PARTLY_CHECKED
    if older:
        return LEGACY
    return VALID_PRESENTATION if presentation else VALID


def _passed_over(report: Report) -> Case | None:
    """What the rules applied pass over, in the document or in what it contains: the gravest of it; None if nothing.

    That a thing was not found out which decides neither whether it is genuine nor whether it is in force is not told.
    """
    tree = list(tree_of(report))
    failed, unknown = (frozenset().union(*(_doubtful(each, outcome) for each in tree)) for outcome in _DOUBTED)
    if failed & _IN_FORCE:
        return NOT_IN_FORCE
    if ROWS[44] in failed and problem_types(report["checks"], "failed") & _OCCASION:
        return _ANOTHER_OCCASION
    found = _for_rows(_TOLERATED, failed)
    if found is not None:
        return found
    presented = [_presented(each) for each in tree]
    if "by another" in presented:
        return ANOTHERS
    if failed - _STATUS - {ROWS[39]}:
        return _FLAWED
    unseen = [each for each in tree if ROWS[30] in _doubtful(each, "unknown")]
    if unseen and all(map(is_status_unseen, unseen)):
        return UNSEEN
    found = _for_rows(_OPEN, unknown | (failed & _STATUS))
    if found is not None:
        return found
    if "perhaps by another" in presented:
        return WHOSE
    if any(warning["type"] == STATUS_UNKNOWN.uri for each in tree for warning in each["warnings"]):
        return NOT_ASKED_IN_FORCE
    return ISSUER_UNKNOWN if ROWS[39] in unknown else None


_DOUBTED = ("failed", "unknown")
_OCCASION = frozenset({INVALID_CHALLENGE_ERROR.uri, INVALID_DOMAIN_ERROR.uri})


def is_perhaps_anothers(report: Report) -> bool:
    """Whether rules that do not ask by whom it is presented let a presentation pass that its owner perhaps did not."""
    return _presented(report) != "by its owner"


def _presented(report: Report) -> Literal["by its owner", "by another", "perhaps by another"]:
    """By whom a presentation was presented that passed: rules may not ask for that, and then it is a mere remark."""
    if outcomes_of(report).get(ROWS[44]) != "passed":
        return "by its owner"
    places = {warning.get("pointer") for warning in report["warnings"] if warning["type"] == RECIPIENT_MISMATCH.uri}
    if not places:
        return "by its owner"
    shown = [each["credential"] or {} for each in tree_of(report) if each.get("pointer") in places]
    # Whose it is tells an identifier only, and no name or address that stands in its place.
    return "by another" if any(":" in (each.get("recipient") or "") for each in shown) else "perhaps by another"


def _doubtful(report: Report, outcome: str) -> frozenset[str]:
    """The checks of the document itself with this outcome. An endorsement nobody could check counts for nothing."""
    found = frozenset(check for check, each in outcomes_of(report).items() if each == outcome)
    return found - {ROWS[42]} if outcome == "unknown" else found


def _for_rows(cases: Iterable[tuple[tuple[int, ...], Case]], checks: frozenset[str]) -> Case | None:
    return next((case for rows, case in cases if checks & {ROWS[row] for row in rows}), None)


def _invalid(report: Report, outcomes: Mapping[str, str]) -> Case:
    failed = {check for check, outcome in outcomes.items() if outcome == "failed"}
    types = problem_types(report["checks"], "failed")
    if report["credential"] is None and ROWS[1] in failed:
        return NOTHING
    if ROWS[1] in failed:
        return _UNREADABLE
    if ROWS[2] in failed:
        return _TOO_LARGE
    proof = failed & (CORE - {ROWS[46]})
    if proof:
        core_types = problem_types((check for check in report["checks"] if check["id"] in proof), "failed")
        found = _first(_BY_PROBLEM, core_types)
        return found or (_SIGNATURE if ROWS[27] in proof else _PROOF)
    contained = {ROWS[42], ROWS[43]}
    own = problem_types((check for check in report["checks"] if check["id"] not in contained), "failed")
    found = _first(_BY_STATUS, own)
    if found is not None:
        return found
    if types & _OCCASION and ROWS[44] in failed:
        return _BY_PROBLEM[2][1]
    return next((case for check, case in _FAILED_CHECKS if check in failed), _MALFORMED)


def _undetermined(report: Report, outcomes: Mapping[str, str]) -> Case:
    unknown = frozenset(check for check, outcome in outcomes.items() if outcome == "unknown")
    types = problem_types(report["checks"], "unknown")
    if INTERNAL_ERROR.uri in types:
        return _DEFECT
    if any(uri.endswith("#ADDRESS_UNAVAILABLE") for uri in types):
        return ADDRESS
    if KEY_REVOKED.uri in types and ROWS[29] in unknown:
        return _REVOKED_KEY
    case = _for_rows(_UNKNOWN_CHECKS, unknown) or _UNDECIDED
    return UNSEEN_UNDECIDED if case is _HIDDEN and is_status_unseen(report) else case


def _first(cases: Iterable[tuple[ProblemType, Case]], types: frozenset[str]) -> Case | None:
    return next((case for kind, case in cases if kind.uri in types), None)
