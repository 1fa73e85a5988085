"""The answer in large letters: one headline and one sentence for the case a report is.

A report has one verdict and many possible reasons. A reader wants the reason that settles it, the gravest first: that a
document is forged says more than that it is also badly formed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

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
    REVOKED,
    SUSPENDED,
    UNSIGNED,
    ProblemType,
)
from badgeport.verifier.checks.ids import CORE, ROWS

Tone: TypeAlias = Literal["valid", "unrecognised", "legacy", "invalid", "undetermined", "nothing"]
"""How the answer is coloured and which sign stands beside it."""

Report: TypeAlias = Mapping[str, Any]


class Case(NamedTuple):
    """One kind of answer: its tone, the headline, the sentence below it."""

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
NOT_ASKED_IN_FORCE = Case(
    "unrecognised",
    "Genuine, but perhaps no longer in force",
    "The signature is good. The rules chosen do not ask whether it is still in force, and that is not settled.",
)
NOT_IN_FORCE = Case(
    "unrecognised",
    "Genuine, but not in force",
    "The signature is good. It is withdrawn or out of date, which the rules chosen only remark on.",
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

RENEWED = Case(
    "valid",
    "Genuine newer copy",
    "Its issuer signed it. Dates and withdrawal above were judged on it.",
)

NOTHING = Case(
    "nothing",
    "No credential found",
    "What you handed in could be opened, but there is no credential in it.",
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
        Case("invalid", "Awarded to somebody else", "It names another person than the one you entered."),
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
    (
        (30,),
        Case(
            "undetermined",
            "Something decisive may be hidden",
            "The holder could have left out what decides whether it holds. " + _UNSURE,
        ),
    ),
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
    NOT_ASKED_IN_FORCE,
    NOT_IN_FORCE,
    EMPTY,
    LEGACY,
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

_IN_FORCE = (ROWS[31], ROWS[37], ROWS[38])
_DOUBTED = frozenset({"failed", "unknown"})


def case_of(report: Report) -> Case:
    """The case a report is."""
    outcomes = outcomes_of(report)
    if report["verdict"] == "valid":
        return _valid(report, outcomes)
    if report["verdict"] == "invalid":
        return _invalid(report, outcomes)
    return _undetermined(report, outcomes)


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
    known = all(warning["type"] != ISSUER_NOT_RECOGNIZED.uri for warning in report["warnings"])
    return known and all(map(is_recognised, members_of(report)))


def is_in_force(report: Report) -> bool:
    """Whether dates and status are in order, which not every policy asks, here and in all it contains."""
    outcomes = outcomes_of(report)
    settled = all(outcomes.get(check) not in _DOUBTED for check in _IN_FORCE)
    return settled and all(map(is_in_force, members_of(report)))


def is_legacy(report: Report) -> bool:
    """Whether the document is an Open Badges 2.0 badge."""
    return outcomes_of(report).get(ROWS[46], "skipped") != "skipped"


def _valid(report: Report, outcomes: Mapping[str, str]) -> Case:
    presentation = is_presentation(report)
    if report.get("role") == "refresh":
        return RENEWED
    if presentation and not members_of(report):
        return EMPTY
    if not is_in_force(report):
        return NOT_IN_FORCE if "failed" in {outcomes.get(check) for check in _IN_FORCE} else NOT_ASKED_IN_FORCE
    if outcomes.get(ROWS[46]) == "passed":
        return LEGACY
    if is_recognised(report):
        return VALID_PRESENTATION if presentation else VALID
    return STRANGER_PRESENTATION if presentation else STRANGER


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
    if types & {INVALID_CHALLENGE_ERROR.uri, INVALID_DOMAIN_ERROR.uri} and ROWS[44] in failed:
        return _BY_PROBLEM[2][1]
    return next((case for check, case in _FAILED_CHECKS if check in failed), _MALFORMED)


def _undetermined(report: Report, outcomes: Mapping[str, str]) -> Case:
    unknown = {check for check, outcome in outcomes.items() if outcome == "unknown"}
    types = problem_types(report["checks"], "unknown")
    if INTERNAL_ERROR.uri in types:
        return _DEFECT
    if any(uri.endswith("#ADDRESS_UNAVAILABLE") for uri in types):
        return ADDRESS
    if KEY_REVOKED.uri in types and ROWS[29] in unknown:
        return _REVOKED_KEY
    for rows, case in _UNKNOWN_CHECKS:
        if unknown & {ROWS[row] for row in rows}:
            return case
    return _UNDECIDED


def _first(cases: Iterable[tuple[ProblemType, Case]], types: frozenset[str]) -> Case | None:
    return next((case for kind, case in cases if kind.uri in types), None)
