"""Row 30: what the holder could leave out decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from badgeport.proofs.jwt_claims import PRESENTATION_REGISTERED
from badgeport.proofs.sd_jwt import PROTECTED
from badgeport.schemas import pointer as json_pointer
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, STATUS_UNKNOWN, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.proving import withholdable
from badgeport.verifier.report import Outcome

if TYPE_CHECKING:
    from badgeport.proofs.opened import Opened
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_SUITE = "ecdsa-sd-2023"
_DECISIVE = ("credentialStatus", "validUntil")
# Of a status list no status is asked, and of a registry nothing at all may be left out (`trust.recognition`).
_NO_STATUS_ASKED = frozenset({"status-list", "registry"})
_OPEN_MEMBERS = PROTECTED | {"holder"}
# What a credential inside another is told by, when the envelope's signature covers it.
_CREDENTIAL_MEMBERS = frozenset({"issuer", "credentialSubject", "credentialStatus"})


def run(examination: Examination) -> CheckResult:
    """Issuer, dates and status are among what every presentation must show; an SD-JWT hides no such member."""
    opened = examination.opened
    states = [state for state in examination.proofs if state.info.suite == _SUITE]
    sd_jwt = opened if opened is not None and opened.form.endswith("sd-jwt") else None
    if not states and sd_jwt is None:
        return CHECK.skipped("Nothing in the document can be left out selectively.")
    hidden = () if sd_jwt is None else tuple(dict.fromkeys(_at_the_holders_choice(sd_jwt)))
    if hidden:
        return CHECK.failed("The issuer let the holder leave out what no reader can do without.", hidden)
    verified = [state for state in states if state.outcome("signature") is Outcome.PASSED]
    problems = [problem for state in verified for problem in withholdable(examination, state)]
    if verified and not examination.is_presentation and not {"validFrom", "issuanceDate"} & examination.document.keys():
        detail = "the proof lets members be left out, and the credential does not show from when it is valid"
        problems.append(Problem(PROOF_VERIFICATION_ERROR, detail, "/validFrom"))
    problems += () if sd_jwt is None else _perhaps_withheld(sd_jwt)
    unseen = list(_unseen(examination)) if verified else []
    if problems:
        return CHECK.unknown(
            "The issuer let the holder leave out what decides whether the credential holds, and some of it may be.",
            [*problems, *unseen],
        )
    if unseen:
        return CHECK.unknown("No status is shown, and nothing shows whether the holder left one out.", unseen)
    return CHECK.passed("Nothing shown that decides whether the credential holds could be left out.")


def _at_the_holders_choice(opened: Opened) -> Iterator[Problem]:
    """What an SD-JWT discloses or withholds of, or in, a member that every reader needs (VC-JOSE-COSE §3.2)."""
    # A presentation is made by its holder: what it discloses of itself, it could have left out in any form.
    own = opened.form.startswith("vp")
    for text in (*opened.disclosed, *opened.undisclosed):
        path = json_pointer.split(text)
        if own and text in opened.disclosed and len(path) == 1:
            continue
        names = [rest[0] for _, rest in _credentials_around(opened.document, path) if rest]
        chosen = [name for name in names if name in _OPEN_MEMBERS]
        chosen += [name for name in path[:1] if name in PRESENTATION_REGISTERED]
        chosen += [name for name in path if name == "@context"]
        if chosen:
            yield Problem(PROOF_VERIFICATION_ERROR, f"the holder may withhold {chosen[0]}, or part of it", text)


def _perhaps_withheld(opened: Opened) -> Iterator[Problem]:
    """Where an SD-JWT withholds a whole member of a credential that shows no status or no end: it may be just that."""
    for text in opened.undisclosed:
        for credential, rest in _credentials_around(opened.document, json_pointer.split(text)):
            if rest or (credential is opened.document and opened.form.startswith("vp")):
                continue
            absent = [name for name in _DECISIVE if name not in credential]
            if absent:
                detail = f"a member is withheld, and nothing shows that it is not {' or '.join(absent)}"
                yield Problem(PROOF_VERIFICATION_ERROR, detail, text)


def _credentials_around(
    document: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
    """The document, and every credential within it, that a path leads through or to, with the rest of the path."""
    node: Any = document
    for depth in range(len(path) + 1):
        if isinstance(node, Mapping) and (depth == 0 or not _CREDENTIAL_MEMBERS.isdisjoint(node)):
            yield node, path[depth:]
        if depth < len(path):
            token = path[depth]
            inside = isinstance(node, list) and token.isdecimal() and int(token) < len(node)
            node = node[int(token)] if inside else node.get(token) if isinstance(node, Mapping) else None


def _unseen(examination: Examination) -> Iterator[Problem]:
    """Each credential secured by statements alone that shows no status: such a proof never tells what it leaves out.

    Where the issuer signed the document as it stands beside that, nothing was left out of it.
    """
    from badgeport.proofs.suites.ecdsa_sd import without_status

    whole = (state for state in examination.proofs if state.info.suite != _SUITE)
    if examination.role in _NO_STATUS_ASKED or any(state.holds is Outcome.PASSED for state in whole):
        return
    for pointer in without_status(examination.document):
        detail = "no status is shown; whether the issuer let the holder leave one out cannot be seen from the proof"
        yield Problem(STATUS_UNKNOWN, detail, f"{pointer}/credentialStatus")


CHECK = Check(30, "Nothing decisive withheld", run, (PROOF_VERIFICATION_ERROR, STATUS_UNKNOWN))
