"""Repeating the verification of a proof package, and saying what that shows and what it does not (docs/package.md).

A repetition asks the same question of the same bytes and compares the answers. It shows that the report follows from
the documents in the package. Whether those are what their publishers said then, only who signed a receipt can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from badgeport.schemas import contexts as bundled_contexts
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import ISSUER_NOT_RECOGNIZED
from badgeport.verifier.package import POLICY, REPORT, REPORT_TEXT, TRUST, Package
from badgeport.verifier.policy import BUILT_IN, Policy
from badgeport.verifier.receipt import covers
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust
from badgeport.verifier.verifier import VerificationError, Verifier

_SHOWN_DIFFERENCES = 20
_SHOWN_CHARS = 100
_REPORT_MEMBERS = 10_000_000
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Voucher:
    """Who signed a receipt that was verified and speaks of exactly this package.

    ``recognized``: whether a registry of the reader lists them. Anybody can sign a receipt with a key of their own.
    """

    issuer: str
    recognized: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """What repeating a package's verification showed.

    ``report`` is the new report, or None where the package was changed, of which nothing may be claimed.
    ``reproduced``: nothing was changed, no receipt is wrong, and the new report is the recorded one byte for byte but
    for the name of the software; ``equivalent``: at least its verdict and the outcome and problem types of each of its
    checks are the same, as when a later release words them otherwise.
    ``differences`` say what is not as recorded, ``notes`` what a reader should know all the same. ``receipts`` are the
    reports on the receipts, ``vouchers`` those whose receipt holds for this package.
    """

    report: VerificationReport | None
    reproduced: bool
    equivalent: bool
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    receipts: tuple[VerificationReport, ...]
    vouchers: tuple[Voucher, ...]

    @property
    def vouched(self) -> bool:
        """Whether somebody whom the reader recognizes vouches for the package."""
        return any(voucher.recognized for voucher in self.vouchers)

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "reproduced": self.reproduced,
            "equivalent": self.equivalent,
            "vouchers": [{"issuer": each.issuer, "recognized": each.recognized} for each in self.vouchers],
            "differences": list(self.differences),
            "notes": list(self.notes),
            "report": None if self.report is None else self.report.to_json(),
            "receipts": [report.to_json() for report in self.receipts],
        }

    def to_text(self) -> str:
        """The result in plain words, then the report. Ends with a line break."""
        lines = [_headline(self)]
        lines += [f"Different:    {difference}" for difference in self.differences]
        lines += [f"Note:         {note}" for note in self.notes]
        if self.report is not None:
            lines += ["", "The report of the repeated verification:", "", self.report.to_text().rstrip("\n")]
        return "\n".join(lines) + "\n"


def replay(
    package: Package, *, now: datetime, verifier: Verifier | None = None, limits: Limits = DEFAULT_LIMITS
) -> Replay:
    """Repeat the verification of a package, with nothing but what is in it, and compare.

    ``verifier`` is the reader's own and verifies the receipts, at ``now``: its trust registries say whose receipts
    count, and its fetcher may look up their keys. Without one they are verified offline and nobody is recognized.
    ``limits`` are the reader's: larger ones in the package do not count. Raises ProblemError where the policy, the
    trust registries, the contexts or the report of an unchanged package cannot be read.
    """
    reader = Verifier() if verifier is None else verifier
    receipts, documents = _verify_receipts(package, reader, now)
    if package.damaged:
        note = "Nothing is claimed about the credential, because the package is not as it was made."
        return Replay(None, False, False, package.damaged, (note,), tuple(receipts.values()), ())
    policy = Policy.from_json(package.members[POLICY])
    stated = jsontext.parse_object(package.members[REPORT], _report_limits(limits))
    report = _verified_again(package, policy, limits, reader.software)
    differences = list(_differences(package, report, stated))
    vouchers: list[Voucher] = []
    notes = list(_notes(package, policy, limits))
    for name, outcome in receipts.items():
        document = documents.get(name)
        if document is None:
            codes = ", ".join(outcome.codes) or outcome.verdict.value
            if outcome.verdict is Verdict.INVALID:
                differences.append(f"{name} is not valid ({codes}): it may have been changed")
            else:
                notes.append(f"{name} could not be checked ({codes}), so it does not count.")
        elif not covers(document, package, stated):
            differences.append(f"{name} is the receipt of another package")
        else:
            voucher = _voucher(outcome)
            if voucher not in vouchers:
                vouchers.append(voucher)
    notes += _notes_on(vouchers)
    return Replay(
        report=report,
        reproduced=not differences,
        equivalent=_findings(stated) == _findings(report.to_json(), stated),
        differences=tuple(differences),
        notes=tuple(notes),
        receipts=tuple(receipts.values()),
        vouchers=tuple(vouchers),
    )


def _verified_again(package: Package, policy: Policy, limits: Limits, software: str) -> VerificationReport:
    question = package.question
    again = Verifier(
        policy=policy,
        fetcher=ReplayResolver(package.documents, package.failures),
        trust=Trust.from_json(jsontext.parse_object(package.members[TRUST], _report_limits(limits))),
        contexts=bundled_contexts.store().with_documents(package.contexts, limits),
        limits=_least(package.limits, limits),
        software=software,
    )
    return again.inspect(
        package.data,
        now=question.now,
        as_of=question.as_of,
        recipient=question.recipient,
        challenge=question.challenge,
        domain=question.domain,
    )


def _verify_receipts(
    package: Package, verifier: Verifier, now: datetime
) -> tuple[dict[str, VerificationReport], dict[str, Mapping[str, Any]]]:
    """The reports on the receipts by name, and what those that are valid say."""
    reports: dict[str, VerificationReport] = {}
    documents: dict[str, Mapping[str, Any]] = {}
    for name, data in sorted(package.receipts.items()):
        try:
            verified = verifier.verify(data, now=now)
        except VerificationError as error:
            reports[name] = error.report
        else:
            reports[name], documents[name] = verified.report, verified.document
    return reports, documents


def _voucher(report: VerificationReport) -> Voucher:
    issuer = report.credential.issuer if report.credential and report.credential.issuer else "nobody"
    unknown = any(warning.type is ISSUER_NOT_RECOGNIZED for warning in report.warnings)
    return Voucher(issuer, not unknown)


def _notes(package: Package, policy: Policy, limits: Limits) -> Iterator[str]:
    own = BUILT_IN.get(policy.name)
    if own is not None and own != policy:
        yield f"The package's policy is called {policy.name!r} and is not this program's policy of that name."
    if _least(package.limits, limits) != package.limits:
        yield "The verification was made with larger limits than yours, which were used now."
    if not package.receipts:
        yield (
            "The package holds no receipt, so nobody vouches for the documents in it: that the report follows from "
            "them does not show that they are genuine."
        )


def _notes_on(vouchers: list[Voucher]) -> Iterator[str]:
    for voucher in vouchers:
        if voucher.recognized:
            yield f"The documents in the package are vouched for by {_shown(voucher.issuer)}."
        else:
            yield (
                f"The receipt is signed by {_shown(voucher.issuer)}, which no registry you use lists; anybody can sign "
                "one, so it counts only if you know that this is the organisation that verified."
            )


# -- comparing ------------------------------------------------------------------------------------------------------


def _differences(package: Package, report: VerificationReport, stated: Mapping[str, Any]) -> Iterator[str]:
    """What the new report says otherwise than the recorded one, in a few lines."""
    renamed = _named_as(package.software, report.to_json())
    if jsontext.dump_pretty(renamed) != package.members[REPORT]:
        found = list(_compare(dict(stated), renamed, ""))
        yield from found[:_SHOWN_DIFFERENCES]
        if len(found) > _SHOWN_DIFFERENCES:
            yield f"and {len(found) - _SHOWN_DIFFERENCES} more differences"
        if not found:
            yield f"{REPORT} says the same and is written otherwise than it was made"
    elif report.to_text().encode("utf-8", "replace") != package.members[REPORT_TEXT]:
        yield f"{REPORT_TEXT} does not say what {REPORT} says"


def _named_as(software: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """The report as the software that made the package would have signed it off."""
    members = [_named_as(software, member) for member in report["members"]]
    return {**report, "members": members, "software": software}


def _compare(then: object, now: object, pointer: str) -> Iterator[str]:
    if isinstance(then, dict) and isinstance(now, dict):
        for name in (*then, *(name for name in now if name not in then)):
            yield from _compare(then.get(name, _MISSING), now.get(name, _MISSING), pointer + join(name))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (old, new) in enumerate(zip(then, now, strict=True)):
            yield from _compare(old, new, pointer + join(index))
    elif then != now or type(then) is not type(now):
        yield f"the report at {_shown(pointer) or '/'}: recorded {_told(then)}, now {_told(now)}"


def _told(value: object) -> str:
    if value is _MISSING:
        return "nothing"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return _shown(jsontext.dump(value).decode())


def _findings(report: Mapping[str, Any], recorded: Mapping[str, Any] | None = None) -> list[Any]:
    """What a report found, without its wording; of the checks that ``recorded`` has too, if given."""
    known = {check.get("id") for check in _objects((recorded or report).get("checks"))}
    found: list[Any] = [report.get("verdict"), report.get("asOf"), report.get("input")]
    for check in _objects(report.get("checks")):
        if check.get("id") in known:
            kinds = sorted(str(problem.get("type")) for problem in _objects(check.get("problems")))
            found.append([check.get("id"), check.get("outcome"), kinds])
    members = _objects(report.get("members"))
    olds = _objects((recorded or report).get("members"))
    found.append([len(members), *(_findings(new, old) for new, old in zip(members, olds, strict=False))])
    return found


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _headline(result: Replay) -> str:
    if result.report is None:
        return "CHANGED: this package is not as it was made; do not rely on it."
    if result.reproduced:
        who = "" if result.vouched else " Nobody whom you recognize vouches for the documents it rests on."
        return f"REPRODUCED: the report follows from the documents in the package.{who}"
    if result.equivalent:
        return "NOT REPRODUCED EXACTLY: the verification finds the same again, but something is not as recorded."
    return "NOT REPRODUCED: the verification does not give the recorded report; do not rely on it."


# -- limits ---------------------------------------------------------------------------------------------------------


def _least(theirs: Limits, ours: Limits) -> Limits:
    """The smaller of two limits each: a package may not ask for more than its reader allows."""
    names = [each.name for each in fields(Limits)]
    return Limits(**{name: min(getattr(theirs, name), getattr(ours, name)) for name in names})


def _report_limits(limits: Limits) -> Limits:
    """For reading what this software wrote itself: a report or a set of registries is larger than a credential."""
    return replace(limits, document_bytes=limits.fetched_bytes, json_members=_REPORT_MEMBERS)


def _shown(text: str) -> str:
    return "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in text)[:_SHOWN_CHARS]
