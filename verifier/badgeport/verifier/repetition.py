"""Repeating the verification of a proof package, and saying what that shows and what it does not (docs/package.md).

A repetition asks the same question of the same bytes and compares the answers. It shows that the report follows from
the documents in the package. Whether those are what their publishers said then, only who signed a receipt can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import chain, repeat
from typing import Any, get_args

from badgeport.proofs.canonicalization.engines import Engine
from badgeport.schemas import contexts as bundled_contexts
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import READER_UNAVAILABLE, ProblemError
from badgeport.verifier.checks.ids import CORE, ROWS
from badgeport.verifier.intake import Allowance
from badgeport.verifier.package import POLICY, REPORT, REPORT_TEXT, TRUST, Package
from badgeport.verifier.policy import BUILT_IN, DEFAULT, Policy
from badgeport.verifier.receipt import covers
from badgeport.verifier.rendering import text
from badgeport.verifier.report import CredentialSummary, Verdict, VerificationReport
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust
from badgeport.verifier.verifier import VerificationError, Verifier

_SHOWN_DIFFERENCES = 20
_SHOWN_CHARS = 100
_REPORT_MEMBERS = 10_000_000
_MISSING = object()
_FACTS = frozenset(CredentialSummary().to_json())
_ANSWERS = ("verdict", "asOf", "checkedAt", "input", "policy", "role", "pointer")
_TELLING = {ROWS[32]: ("answer", "validFrom", "validUntil"), ROWS[46]: ("verification",)}
"""Evidence that is told to a reader beside the outcome of its check."""
_LISTED = ("id", "name", "registry")


@dataclass(frozen=True, slots=True)
class Voucher:
    """Who signed a receipt that was verified and speaks of exactly this package.

    ``registries`` are those of the reader that list them as an issuer. Anybody can sign a receipt with a key of their
    own; and that somebody is listed as an issuer of badges does not say how well they verify.
    """

    issuer: str
    registries: tuple[str, ...] = ()

    @property
    def recognized(self) -> bool:
        """Whether a registry of the reader lists them."""
        return bool(self.registries)

    def to_json(self) -> dict[str, Any]:
        """The voucher as a JSON object."""
        return {"issuer": self.issuer, "recognized": self.recognized, "registries": list(self.registries)}


@dataclass(frozen=True, slots=True)
class Replay:
    """What repeating a package's verification showed.

    ``report`` is the new report, or None where the package was changed, of which nothing may be claimed.
    ``reproduced``: nothing was changed, no receipt is wrong, and the new report is the recorded one byte for byte but
    for the name of the software; ``equivalent``: at least it finds the same of the same, as when a later release words
    it otherwise: verdict, instants, input, credential, person, issuer, warnings, policy, and every check.
    ``differences`` say what is not as recorded, ``notes`` what a reader should know all the same. ``receipts`` are the
    reports on the receipts, ``vouchers`` those whose receipt holds for this package. ``recorded`` and ``recorded_at``
    are the verdict and the instant that the recorded report states, where it states any.
    """

    report: VerificationReport | None
    reproduced: bool
    equivalent: bool
    differences: tuple[str, ...]
    notes: tuple[str, ...]
    receipts: tuple[VerificationReport, ...]
    vouchers: tuple[Voucher, ...]
    recorded: Verdict | None = None
    recorded_at: datetime | None = None

    @property
    def voucher(self) -> Voucher | None:
        """Who vouches for the package, of those whom the reader recognizes."""
        return next((voucher for voucher in self.vouchers if voucher.recognized), None)

    @property
    def vouched(self) -> bool:
        """Whether somebody whom the reader recognizes vouches for the package."""
        return self.voucher is not None

    def to_json(self) -> dict[str, Any]:
        """The result as a JSON object."""
        return {
            "reproduced": self.reproduced,
            "equivalent": self.equivalent,
            "vouched": self.vouched,
            "vouchers": [each.to_json() for each in self.vouchers],
            "differences": list(self.differences),
            "notes": list(self.notes),
            "report": None if self.report is None else self.report.to_json(),
            "receipts": [report.to_json() for report in self.receipts],
        }

    def to_text(self) -> str:
        """The result in plain words, then the report as that of whoever made the package. Ends with a line break."""
        lines = [_headline(self)]
        lines += [f"Different:    {difference}" for difference in self.differences]
        lines += [f"Note:         {note}" for note in self.notes]
        for receipt in self.receipts:
            by = receipt.credential.issuer if receipt.credential is not None else None
            lines.append(f"Receipt:      of {_shown(by or 'nobody')}: {receipt.verdict.value}")
        if self.report is not None:
            title = "The report, from what is in the package alone:"
            lines += ["", title, "", text(self.report, repeated=True).rstrip("\n")]
        return "\n".join(lines) + "\n"


def replay(
    package: Package,
    *,
    now: datetime,
    verifier: Verifier | None = None,
    limits: Limits = DEFAULT_LIMITS,
    allowance: Allowance | None = None,
) -> Replay:
    """Repeat the verification of a package, with nothing but what is in it, and compare.

    ``verifier`` is the reader's own and verifies the receipts, at ``now``: its trust registries say whose receipts
    count, and its fetcher may look up their keys. Without one they are verified offline and nobody is recognized.
    ``limits`` are the reader's: larger ones in the package do not count; ``allowance`` is as in `Verifier.inspect`.
    Raises ProblemError where the policy, the trust registries, the contexts or the report of an unchanged package
    cannot be read, and where what was handed in could not be looked into just now.
    """
    reader = Verifier() if verifier is None else verifier
    receipts, documents = _verify_receipts(package, reader, now, allowance)
    if package.damaged:
        note = "Nothing is claimed about the credential, because the package is not as it was made."
        return Replay(None, False, False, package.damaged, (note,), tuple(receipts.values()), ())
    policy = Policy.from_json(package.members[POLICY])
    stated = jsontext.parse_object(package.members[REPORT], _report_limits(limits))
    report = _verified_again(package, policy, limits, reader.software, allowance)
    if READER_UNAVAILABLE.code in report.codes and READER_UNAVAILABLE.uri.encode() not in package.members[REPORT]:
        # That says something about this machine, and nothing about the package.
        raise ProblemError(READER_UNAVAILABLE, "the verification could not be repeated just now; try again")
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
        equivalent=_Held.of(package, policy).same(stated, report.to_json()),
        differences=tuple(differences),
        notes=tuple(notes),
        receipts=tuple(receipts.values()),
        vouchers=tuple(vouchers),
        recorded=_recorded_verdict(stated),
        recorded_at=_recorded_instant(stated),
    )


def recount(
    package: Package,
    *,
    now: datetime,
    verifier: Verifier | None = None,
    limits: Limits = DEFAULT_LIMITS,
    allowance: Allowance | None = None,
) -> Replay | None:
    """As `replay`, to be told beside an answer that does not depend on it; None where it cannot be repeated."""
    try:
        return replay(package, now=now, verifier=verifier, limits=limits, allowance=allowance)
    except Exception:
        # The package is somebody else's. Whatever is wrong with it, or with the repetition, must not stop the answer.
        return None


def _verified_again(
    package: Package, policy: Policy, limits: Limits, software: str, allowance: Allowance | None
) -> VerificationReport:
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
        package.members[package.input],
        now=question.now,
        as_of=question.as_of,
        recipient=question.recipient,
        challenge=question.challenge,
        domain=question.domain,
        allowance=allowance,
    )


def _verify_receipts(
    package: Package, verifier: Verifier, now: datetime, allowance: Allowance | None
) -> tuple[dict[str, VerificationReport], dict[str, Mapping[str, Any]]]:
    """The reports on the receipts by name, and what those that are valid say."""
    reports: dict[str, VerificationReport] = {}
    documents: dict[str, Mapping[str, Any]] = {}
    for name, data in sorted(package.receipts.items()):
        try:
            verified = verifier.verify(data, now=now, allowance=allowance)
        except VerificationError as error:
            reports[name] = error.report
        else:
            reports[name], documents[name] = verified.report, verified.document
    return reports, documents


def _voucher(report: VerificationReport) -> Voucher:
    issuer = report.credential.issuer if report.credential and report.credential.issuer else "nobody"
    listed = report.check(ROWS[39]).evidence.get("matchingIssuers", ())
    return Voucher(issuer, tuple(dict.fromkeys(str(match["registry"]) for match in listed)))


def _recorded_verdict(stated: Mapping[str, Any]) -> Verdict | None:
    return next((verdict for verdict in Verdict if verdict.value == stated.get("verdict")), None)


def _recorded_instant(stated: Mapping[str, Any]) -> datetime | None:
    value = stated.get("checkedAt")
    with suppress(ProblemError):
        return parse_datetime(value) if isinstance(value, str) else None
    return None


def _notes(package: Package, policy: Policy, limits: Limits) -> Iterator[str]:
    own = BUILT_IN.get(policy.name)
    if own is not None and own != policy:
        yield f"The package's policy is called {policy.name!r} and is not this program's policy of that name."
    elif policy != DEFAULT:
        yield f"It was judged under the policy {_shown(policy.name)}, not under this program's usual one."
    if package.question.as_of != package.question.now:
        as_of, now = format_datetime(package.question.as_of), format_datetime(package.question.now)
        yield f"It was judged as of {as_of}, not as of the moment it was made ({now})."
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
            yield (
                f"{_shown(voucher.issuer)}, listed as an issuer in {_registries(voucher)}, signed a receipt for this "
                "package. A registry entry says who issues badges, not who verifies well."
            )
        else:
            yield (
                f"The receipt is signed by {_shown(voucher.issuer)}, which no registry you use lists; anybody can sign "
                "one, so it counts only if you know that this is the organisation that verified."
            )


# -- comparing ------------------------------------------------------------------------------------------------------


def _differences(package: Package, report: VerificationReport, stated: Mapping[str, Any]) -> Iterator[str]:
    """What the new report says otherwise than the recorded one, in a few lines."""
    renamed = _as_then(report.to_json(), stated, package.software)
    if jsontext.dump_pretty(renamed) != package.members[REPORT]:
        found = list(_compare(dict(stated), renamed, ""))
        yield from found[:_SHOWN_DIFFERENCES]
        if len(found) > _SHOWN_DIFFERENCES:
            yield f"and {len(found) - _SHOWN_DIFFERENCES} more differences"
        if not found:
            yield f"{REPORT} says the same and is written otherwise than it was made"
    elif report.to_text().encode("utf-8", "replace") != package.members[REPORT_TEXT]:
        yield f"{REPORT_TEXT} does not say what {REPORT} says"


def _as_then(report: Mapping[str, Any], stated: object, software: str) -> dict[str, Any]:
    """The report as the software that made the package would have signed it off.

    Which engine read a document as JSON-LD depends on what its process had read before; both give the same.
    """
    members = [_as_then(each, then, software) for each, then in _side_by_side(report, stated, "members")]
    checks = [_read_as_then(each, then) for each, then in _side_by_side(report, stated, "checks")]
    return {**report, "checks": checks, "members": members, "software": software}


def _read_as_then(check: Mapping[str, Any], stated: object) -> Mapping[str, Any]:
    then = stated.get("evidence") if isinstance(stated, dict) else None
    engine = then.get("engine") if isinstance(then, dict) else None
    evidence = check["evidence"]
    if "engine" not in evidence or engine not in (None, *get_args(Engine)):
        return check
    others = {name: value for name, value in evidence.items() if name != "engine"}
    return {**check, "evidence": others if engine is None else {**others, "engine": engine}}


def _side_by_side(report: Mapping[str, Any], stated: object, name: str) -> Iterator[tuple[Mapping[str, Any], object]]:
    """The items of a list of the new report, each with that of the recorded one."""
    then = stated.get(name) if isinstance(stated, dict) else None
    return zip(report[name], chain(then if isinstance(then, list) else (), repeat(None)), strict=False)


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


@dataclass(frozen=True, slots=True)
class _Held:
    """What tells whether two reports on a package find the same: which checks its policy asks for, and its files."""

    required: frozenset[str]
    policy_digests: tuple[str, str]
    documents: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, package: Package, policy: Policy) -> _Held:
        # A later release may write the same policy out with a member more.
        written = hashlib.sha256(package.members[POLICY]).hexdigest()
        documents = frozenset((document.url, document.sha256) for document in package.documents)
        return cls(policy.require | CORE, (written, policy.sha256), documents)

    def same(self, then: object, now: Mapping[str, Any]) -> bool:
        """Whether a recorded report, which may be anything, finds what the new one does, wording aside."""
        if not isinstance(then, dict) or any(then.get(name) != now.get(name) for name in _ANSWERS):
            return False
        digests = (then.get("policySha256"), now["policySha256"])
        members = then.get("members")
        return (
            (digests[0] == digests[1] or digests == self.policy_digests)
            and _same_credential(then.get("credential"), now["credential"])
            and _kinds(then.get("warnings")) == _kinds(now["warnings"])
            and self._same_checks(then.get("checks"), now["checks"])
            and self._are_in_the_package(then.get("documents"))
            and isinstance(members, list)
            and len(members) == len(now["members"])
            and all(self.same(old, new) for old, new in zip(members, now["members"], strict=True))
        )

    def _same_checks(self, then: object, now: list[dict[str, Any]]) -> bool:
        """Whether each check came out the same. A check that came after the policy was written need not be there."""
        recorded: dict[str, list[Any]] = {}
        for check in then if isinstance(then, list) else [None]:
            if not isinstance(check, dict):
                return False
            name = check.get("id")
            if not isinstance(name, str) or name in recorded:
                return False
            recorded[name] = _finding(name, check)
        found = {check["id"]: _finding(check["id"], check) for check in now}
        return self.required & found.keys() <= recorded.keys() and all(
            name in found and finding == found[name] for name, finding in recorded.items()
        )

    def _are_in_the_package(self, documents: object) -> bool:
        return isinstance(documents, list) and all(
            isinstance(each, dict)
            and isinstance(each.get("url"), str)
            and isinstance(each.get("sha256"), str)
            and (each["url"], each["sha256"]) in self.documents
            for each in documents
        )


def _same_credential(then: object, now: Mapping[str, Any] | None) -> bool:
    if now is None or not isinstance(then, dict):
        return then is now
    return then.keys() >= _FACTS and all(now.get(name, _MISSING) == value for name, value in then.items())


def _finding(name: str, check: Mapping[str, Any]) -> list[Any]:
    """What a check found: its outcome, the kinds of its problems, and what of its evidence is told."""
    evidence = check.get("evidence")
    known = evidence if isinstance(evidence, dict) else {}
    told = [known.get(member) for member in _TELLING.get(name, ())]
    if name == ROWS[39]:
        listed = known.get("matchingIssuers")
        told += [[each.get(member) for member in _LISTED] for each in _objects(listed)]
    return [check.get("outcome"), _kinds(check.get("problems")), told]


def _kinds(problems: object) -> list[str] | None:
    """The types of problems, in one order; None for what is no list of problems."""
    found = _objects(problems)
    if not isinstance(problems, list) or len(found) < len(problems):
        return None
    return sorted(str(problem.get("type")) for problem in found)


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _headline(result: Replay) -> str:
    if result.report is None:
        return "CHANGED: this package is not as it was made; do not rely on it."
    of = format_datetime(result.report.checked_at)
    if result.reproduced:
        return f"REPRODUCED: the report of {of} follows from the documents in the package. {_who(result)}"
    if result.equivalent:
        return (
            f"NOT REPRODUCED EXACTLY: the verification finds the same again as on {of}, but something is not as "
            f"recorded. {_who(result)}"
        )
    return "NOT REPRODUCED: the verification does not give the recorded report; do not rely on it."


def _who(result: Replay) -> str:
    voucher = result.voucher
    if voucher is None:
        return "Nobody you recognise vouches for the documents in it: it shows what its maker saw."
    return f"Vouched for by {_shown(voucher.issuer)}, listed as an issuer in {_registries(voucher)}."


def _registries(voucher: Voucher) -> str:
    return ", ".join(_shown(name) for name in voucher.registries)


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
