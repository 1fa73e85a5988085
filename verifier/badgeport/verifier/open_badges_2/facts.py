"""What is known of an Open Badges 2.0 badge: the award its issuer vouches for, the badge, the issuer, and the proof.

A hosted badge is what stands at its own address: that is the record, and what was handed in is held against it. The
issuer is the one whom the badge's description names, as its profile stands at its own address, and it vouches for a
hosted badge only where it keeps its badges (its scope), and for a signed one only with a key that its profile lists.
A profile that stands inside another document is never believed: whoever wrote that could have written it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from badgeport.proofs import jws
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import (
    BADGE_DIFFERS,
    BADGE_OUT_OF_SCOPE,
    BADGE_UNAVAILABLE,
    MALFORMED_VALUE_ERROR,
    REVOKED,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_OUTDATED,
    STATUS_RETRIEVAL_ERROR,
    STATUS_UNKNOWN,
    STATUS_VERIFICATION_ERROR,
    UNSIGNED,
    UNSUPPORTED,
    Problem,
    ProblemType,
)
from badgeport.verifier.checks.base import PASS, Finding
from badgeport.verifier.open_badges_2 import addresses, comparison, reading, signature
from badgeport.verifier.open_badges_2.documents import Missing, Obtained, called, obtain, says_gone
from badgeport.verifier.report import Outcome
from badgeport.verifier.status import same_identifier

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.resolution.fetching import Fetched

_OF_THE_LIST = frozenset({"@context", "id", "@id", "type", "@type", "issuer"})
"""What a revocation list says of itself."""


@dataclass(slots=True)
class Facts:
    """A badge as far as it is known.

    ``award`` is the record of a hosted badge, the signed text of a signed one, and before either is had, what was
    handed in; ``settled`` tells which of these it is not. ``badge`` and ``issuer`` are the documents it leads to,
    ``issuer_id`` the identifier of the issuer as far as that is told. ``proof`` and ``revocation`` are what rows 46 and
    38 rest on; without the latter nothing was to be looked up.
    """

    version: reading.Version | None
    method: reading.Method | None
    award: Mapping[str, Any]
    settled: bool = False
    badge: Mapping[str, Any] | None = None
    issuer: Mapping[str, Any] | None = None
    issuer_id: str | None = None
    findings: list[Finding] = field(default_factory=list)
    revocation: Finding | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def proof(self) -> Finding:
        """Whether the issuer vouches for the badge: failed where anything failed, passed only where all is known."""
        warnings = tuple(dict.fromkeys(warning for each in self.findings for warning in each.warnings))
        for outcome in (Outcome.FAILED, Outcome.UNKNOWN):
            problems = [problem for each in self.findings if each.outcome is outcome for problem in each.problems]
            if any(each.outcome is outcome for each in self.findings):
                return Finding(outcome, tuple(dict.fromkeys(problems)), warnings)
        return Finding(Outcome.PASSED if self.findings else Outcome.UNKNOWN, (), warnings)

    def note(self, finding: Finding) -> None:
        """Add what one step found."""
        self.findings.append(finding)

    def doubt(self, kind: ProblemType, detail: str, pointer: str) -> None:
        """Leave it open, for this reason."""
        self.note(Finding.doubt(Problem(kind, detail, pointer)))

    def refuse(self, kind: ProblemType, detail: str, pointer: str) -> None:
        """Fail it, for this reason."""
        self.note(Finding.failure(Problem(kind, detail, pointer)))

    def warn(self, *warnings: Problem) -> None:
        """Tell something that decides nothing."""
        self.note(Finding(Outcome.PASSED, warnings=warnings))


def examine(examination: Examination) -> Facts:
    """Everything that can be known of an Open Badges 2.0 badge with the documents at hand."""
    given = examination.document
    facts = Facts(reading.version_of(given), reading.method_of(given), given)
    facts.evidence["version"] = facts.version
    if examination.opening_problem is not None:
        why = examination.opening_problem.detail
        facts.doubt(BADGE_UNAVAILABLE, why, "")
        if says_gone(why):
            facts.revocation = _withdrawn(
                examination, "the address of the badge says that it was taken away (410 Gone)"
            )
    elif examination.role != "credential":
        detail = "an Open Badges 2.0 badge inside another document is not looked into; verify it by itself"
        facts.doubt(UNSUPPORTED, detail, "")
    elif facts.version != "2.0":
        named = f"of version {facts.version}" if facts.version else "of no version that is known here"
        detail = f"it is an Open Badge {named}; of the older badges only version 2.0 is verified"
        facts.doubt(UNSUPPORTED, detail, "/@context")
    else:
        _examine(examination, facts)
    return facts


def _examine(examination: Examination, facts: Facts) -> None:
    problems = reading.malformed(facts.award)
    revoked_only = reading.is_revoked(facts.award) is True and facts.method is None
    if problems and not revoked_only:
        facts.note(Finding.failure(*problems))
        return
    if facts.method is None and not revoked_only:
        stated = ", ".join(reading.types_of(reading.verification_of(facts.award))) or "nothing"
        detail = f"the badge is verified by {stated[:200]}, which is not known here; hosted and signed badges are"
        facts.doubt(UNSUPPORTED, detail, "/verification/type")
        return
    if reading.is_a(facts.award, "Assertion") is None and not revoked_only:
        facts.doubt(UNSUPPORTED, "the type of the award is not one that is known here", "/type")
        return
    facts.evidence["verification"] = facts.method or "hosted"
    if facts.method == "signed":
        _examine_signed(examination, facts)
    else:
        _examine_hosted(examination, facts)
    extensions = reading.extensions_of(facts.award, facts.badge, facts.issuer)
    if extensions:
        facts.evidence["extensions"] = extensions


# -- hosted badges --------------------------------------------------------------------------------------------------


def _examine_hosted(examination: Examination, facts: Facts) -> None:
    """The record at the badge's own address, held against what was handed in, and the scope of its issuer."""
    given, url = facts.award, reading.id_of(facts.award)
    if not isinstance(url, str) or addresses.parse(url) is None or "#" in url:
        detail = "a hosted badge is verified at its own address, and its id is none"
        facts.refuse(MALFORMED_VALUE_ERROR, detail, "/id")
        return
    left: Mapping[str, Any] | None = None
    obtained = _published(examination, facts, url)
    if isinstance(obtained, Obtained):
        successor = _successor(obtained.document, url)
        if successor is not None:
            left, url = obtained.document, successor
            obtained = _published(examination, facts, url)
            if reading.is_revoked(left) is True:
                facts.revocation = _withdrawn(examination, _reason(left, "its former address says that it was revoked"))
    facts.evidence["assertion"] = url
    if obtained is None:
        _follow(examination, facts)
        _hold_to_scope(facts, url, moved=left is not None)
        return
    record = obtained.document
    other = called(obtained, url, "the badge", "/id")
    if other is not None:
        facts.note(Finding.doubt(other))
        return
    if left is not None:
        detail = f"the badge stands at {url[:500]} now; what is published there counts"
        facts.warn(Problem(BADGE_DIFFERS, detail, "/id"))
    if reading.version_of(record) != "2.0" or reading.method_of(record) != "hosted":
        # Some hosts still answer with an older version of the same badge.
        detail = f"what stands at {url} is not a hosted Open Badges 2.0 badge"
        facts.doubt(UNSUPPORTED, detail, "/id")
        return
    problems = reading.malformed(record)
    if problems:
        facts.note(Finding.failure(*problems))
        return
    if reading.is_a(record, "Assertion") is None:
        facts.doubt(UNSUPPORTED, f"what stands at {url} is of no type that is known here", "/type")
        return
    facts.award, facts.settled = record, True
    facts.evidence["published"] = _fetched_at(obtained.fetched)
    _hold_against(facts, comparison.compare(given, record))
    _follow(examination, facts)
    if facts.badge is not None:
        _hold_against(facts, comparison.compare_class(given.get("badge"), facts.badge, facts.issuer_id))
    _hold_to_scope(facts, url, moved=left is not None)
    facts.revocation = facts.revocation or _revoked_by_itself(examination, record, obtained)


def _published(examination: Examination, facts: Facts, url: str) -> Obtained | None:
    """What stands at the address of a hosted badge; None where that is no badge, but at most the word that it went."""
    obtained = obtain(examination, url, "the badge", "/id")
    if isinstance(obtained, Missing):
        facts.note(Finding.doubt(obtained.problem))
        if obtained.gone:
            facts.revocation = _withdrawn(examination, "its address says that it was taken away (410 Gone)")
        return None
    record = obtained.document
    if reading.is_revoked(record) is not True or not reading.malformed(record):
        return obtained
    # A revoked badge may be reduced to the word that it was. A body without an id is the address's word too.
    if reading.id_of(record) is not None and called(obtained, url, "the badge", "/id") is not None:
        facts.doubt(BADGE_DIFFERS, f"what stands at {url} calls itself otherwise", "/id")
    else:
        facts.doubt(BADGE_UNAVAILABLE, "the issuer withdrew the badge and no longer says what it was", "/id")
        facts.revocation = _withdrawn(examination, _reason(record, "its address says that it was revoked"))
    return None


def _successor(record: Mapping[str, Any], url: str) -> str | None:
    """The address that a badge calls itself by at the one it had before; None where that is none of the same host."""
    stated = reading.id_of(record)
    if not isinstance(stated, str) or "#" in stated or addresses.same_place(stated, url):
        return None
    return stated if reading.is_a(record, "Assertion") and addresses.speaks_for(stated, url) else None


def _hold_against(facts: Facts, differences: comparison.Differences) -> None:
    if differences.problems:
        facts.note(Finding.failure(*differences.problems))
    if differences.doubts:
        facts.note(Finding.doubt(*differences.doubts))
    if differences.warnings:
        facts.warn(*differences.warnings)


def _hold_to_scope(facts: Facts, url: str, *, moved: bool) -> None:
    """The issuer vouches for what stands where it keeps its badges, and for nothing else.

    ``moved``: the badge was handed in under another address of its host, which leads here.
    """
    if facts.issuer is None or facts.issuer_id is None:
        return
    scope = addresses.scope_of(facts.issuer, facts.issuer_id)
    if scope is None:
        detail = "where the issuer keeps its badges cannot be read from its profile"
        facts.doubt(UNSUPPORTED, detail, "/badge/issuer/verification")
        return
    facts.evidence["scope"] = scope.to_json()
    held = scope.holds(url)
    if held:
        if scope.is_open_to_all(url):
            detail = f"anyone may publish at the host of {url}, and the issuer does not say which part of it is its own"
            facts.doubt(BADGE_OUT_OF_SCOPE, detail, "/id")
        else:
            facts.note(PASS)
        return
    where = ", ".join((*scope.starts_with, *scope.origins))[:300]
    detail = f"the badge stands at {url}, and its issuer {facts.issuer_id} keeps its badges only at {where}"
    (facts.doubt if moved or held is None else facts.refuse)(BADGE_OUT_OF_SCOPE, detail, "/id")


# -- signed badges --------------------------------------------------------------------------------------------------


def _examine_signed(examination: Examination, facts: Facts) -> None:
    """The signature over the award, by a key of the issuer that the award leads to."""
    token = examination.opened.token if examination.opened is not None else None
    if not isinstance(token, jws.Jws):
        detail = (
            "the badge says that it is signed, and was handed in without its signature: anyone could have written it"
        )
        facts.refuse(UNSIGNED, detail, "/verification")
        return
    facts.settled = True
    _follow(examination, facts)
    if facts.issuer is None or facts.issuer_id is None:
        return
    facts.note(signature.examine(examination, token, facts.award, facts.issuer, facts.issuer_id, facts.evidence))
    facts.revocation = _on_the_list(examination, facts)


# -- from the award to the issuer -----------------------------------------------------------------------------------


def _follow(examination: Examination, facts: Facts) -> None:
    """The description of the badge that an award leads to, and the profile of the issuer that this one leads to."""
    _follow_badge(examination, facts)
    if facts.badge is not None:
        _follow_issuer(examination, facts, facts.badge)
    if facts.issuer_id is not None:
        facts.evidence["issuer"] = facts.issuer_id


def _follow_badge(examination: Examination, facts: Facts) -> None:
    """What stands in the award is as much the issuer's word as the award; at its own address it must not differ."""
    reference = reading.reference(facts.award.get("badge"))
    if reference is None:
        return
    facts.evidence["badge"] = reference.id
    if reference.document is not None:
        _take_badge(facts, reference.document, "/badge")
        if reference.id is None or addresses.parse(reference.id) is None:
            return
    url = reference.id or ""
    obtained = obtain(examination, url, "the description of the badge", "/badge")
    if isinstance(obtained, Missing):
        problem: Problem | None = obtained.problem
    else:
        problem = called(obtained, url, "the description of the badge", "/badge")
    embedded = facts.badge
    if problem is not None:
        # The award itself says what the badge is where it holds the description; then the other copy is a mere check.
        facts.note(Finding.doubt(problem) if embedded is None else Finding(Outcome.PASSED, warnings=(problem,)))
    elif isinstance(obtained, Obtained):
        if embedded is None:
            _take_badge(facts, obtained.document, "/badge")
        else:
            _hold_against(facts, comparison.compare_with_page(embedded, obtained.document))


def _take_badge(facts: Facts, document: Mapping[str, Any], pointer: str) -> None:
    kind = reading.is_a(document, "BadgeClass")
    if kind is None:
        facts.doubt(UNSUPPORTED, "the description of the badge is of no type that is known here", pointer)
        return
    problems = []
    if not kind:
        problems.append(Problem(MALFORMED_VALUE_ERROR, "the description of the badge is no BadgeClass", pointer))
    if reading.name_of(document) is None:
        problems.append(Problem(MALFORMED_VALUE_ERROR, "the description of the badge has no name", pointer))
    if reading.reference(document.get("issuer")) is None:
        problems.append(Problem(MALFORMED_VALUE_ERROR, "the description of the badge names no issuer", pointer))
    if problems:
        facts.note(Finding.failure(*problems))
        return
    facts.badge = document


def _follow_issuer(examination: Examination, facts: Facts, badge: Mapping[str, Any]) -> None:
    """The profile at the issuer's own address. One inside another document may be anyone's."""
    reference = reading.reference(badge.get("issuer"))
    url = reference.id if reference is not None else None
    facts.issuer_id = url
    if url is None or addresses.parse(url) is None:
        detail = (
            "the issuer is not named by a web address, so nothing can be looked up that would show whose badge it is"
        )
        facts.doubt(BADGE_UNAVAILABLE, detail, "/badge/issuer")
        return
    obtained = obtain(examination, url, "the profile of the issuer", "/badge/issuer")
    if isinstance(obtained, Missing):
        facts.note(Finding.doubt(obtained.problem))
        return
    other = called(obtained, url, "the profile of the issuer", "/badge/issuer")
    if other is not None:
        facts.note(Finding.doubt(other))
        return
    kind = reading.is_a(obtained.document, "Issuer", "Profile")
    if kind is None:
        facts.doubt(UNSUPPORTED, f"what stands at {url} is of no type that is known here", "/badge/issuer")
        return
    if not kind:
        detail = f"what stands at {url} is not the profile of an issuer"
        facts.refuse(MALFORMED_VALUE_ERROR, detail, "/badge/issuer")
        return
    facts.issuer = obtained.document


# -- revocation -----------------------------------------------------------------------------------------------------


def _revoked_by_itself(examination: Examination, record: Mapping[str, Any], obtained: Obtained) -> Finding:
    """Whether the record says that it was revoked, as far as the copy at hand speaks for the instant."""
    revoked = reading.is_revoked(record)
    if revoked is None:
        detail = "what the issuer publishes says neither yes nor no to whether the badge was revoked"
        return Finding.doubt(Problem(STATUS_MALFORMED_VALUE_ERROR, detail, "/revoked"))
    if revoked:
        return _withdrawn(examination, _reason(record, "the issuer publishes that the badge was revoked"))
    return _dated(examination, obtained.fetched, "what the issuer publishes", "/id")


def _on_the_list(examination: Examination, facts: Facts) -> Finding | None:
    """Whether the issuer's revocation list names a signed badge; None where the issuer keeps none."""
    if reading.is_revoked(facts.award) is True:
        return _withdrawn(examination, _reason(facts.award, "the badge says of itself that it was revoked"))
    where, issuer = "/badge/issuer/revocationList", facts.issuer or {}
    if issuer.get("revocationList") is None:
        return None
    reference = reading.reference(issuer["revocationList"])
    url = reference.id if reference is not None else None
    if url is None:
        detail = "the issuer's profile names a revocation list without an address"
        return Finding.doubt(Problem(STATUS_RETRIEVAL_ERROR, detail, where))
    facts.evidence["revocationList"] = url
    obtained = obtain(examination, url, "the revocation list", where, purpose="revocation-list")
    if isinstance(obtained, Missing):
        return Finding.doubt(Problem(STATUS_RETRIEVAL_ERROR, obtained.problem.detail, where))
    listed = obtained.document
    owner, stated = reading.reference(listed.get("issuer")), reading.id_of(listed)
    if stated is not None and not addresses.same_place(stated, url):
        return Finding.doubt(Problem(STATUS_VERIFICATION_ERROR, f"the list at {url} has another id", where))
    if owner is not None and not addresses.same(owner.id, facts.issuer_id):
        detail = f"the revocation list {url} is that of another issuer"
        return Finding.doubt(Problem(STATUS_VERIFICATION_ERROR, detail, where))
    return _named(examination, facts.award, listed, obtained.fetched, where)


def _named(
    examination: Examination, award: Mapping[str, Any], listed: Mapping[str, Any], fetched: Fetched, where: str
) -> Finding:
    """Whether a list names the award. Its silence counts only where it is one in every place, and can be read."""
    entries = listed.get("revokedAssertions")
    if isinstance(entries, str | Mapping):
        entries = [entries]
    if not isinstance(entries, list):
        detail = f"the revocation list {fetched.url} has no list of revoked badges"
        return Finding.doubt(Problem(STATUS_MALFORMED_VALUE_ERROR, detail, where))
    named: list[Mapping[str, Any]] = [entry if isinstance(entry, Mapping) else {"id": entry} for entry in entries]
    for entry in named:
        if _is_of(entry, award):
            return _withdrawn(examination, _reason(entry, "the issuer's revocation list names the badge"))
    identifiers = [each for each in (reading.id_of(award), award.get("uid")) if isinstance(each, str) and each]
    if any(_mentions(value, identifiers) for name, value in listed.items() if name not in _OF_THE_LIST):
        detail = f"the revocation list {fetched.url} names the badge, but not as a list of revoked badges does"
        return Finding.doubt(Problem(STATUS_MALFORMED_VALUE_ERROR, detail, where))
    if not all(reading.text(reading.id_of(entry)) or reading.text(entry.get("uid")) for entry in named):
        detail = f"an entry of the revocation list {fetched.url} cannot be read"
        return Finding.doubt(Problem(STATUS_MALFORMED_VALUE_ERROR, detail, where))
    if reading.text(reading.id_of(award)) is None:
        return Finding.doubt(Problem(STATUS_MALFORMED_VALUE_ERROR, "the badge has no id to look up", "/id"))
    return _dated(examination, fetched, f"the revocation list {fetched.url}", where)


def _is_of(entry: Mapping[str, Any], award: Mapping[str, Any]) -> bool:
    pairs = ((reading.id_of(entry), reading.id_of(award)), (entry.get("uid"), award.get("uid")))
    return any(_alike(listed, stated) for listed, stated in pairs)


def _alike(listed: object, stated: object) -> bool:
    if not isinstance(listed, str) or not isinstance(stated, str) or not listed or not stated:
        return False
    return addresses.same(stated, listed) or same_identifier(listed, stated)


def _mentions(value: object, identifiers: list[str]) -> bool:
    """Whether one of the identifiers stands anywhere in a JSON value, which the reader has let be only so deep."""
    if isinstance(value, str | int):
        return any(_alike(str(value), each) for each in identifiers)
    if isinstance(value, Mapping):
        return _mentions(list(value), identifiers) or _mentions(list(value.values()), identifiers)
    return isinstance(value, list) and any(_mentions(each, identifiers) for each in value)


def _withdrawn(examination: Examination, detail: str) -> Finding:
    """Revoked; of an earlier instant that is not known, for nothing says since when."""
    question = examination.question
    if question.now - question.as_of > examination.skew:
        return Finding.doubt(Problem(STATUS_UNKNOWN, f"{detail}; it does not say since when", "/id"))
    return Finding.failure(Problem(REVOKED, detail, "/id"))


def _dated(examination: Examination, fetched: Fetched, what: str, where: str) -> Finding:
    """A pass for a copy that speaks for the instant: none foretells, and none speaks for long after it was had."""
    question, skew = examination.question, examination.skew
    longest = timedelta(seconds=examination.settings.policy.status_max_age_seconds)
    had = fetched.fetched_at
    if question.as_of - question.now > skew or (had is not None and had - question.now > skew):
        return Finding.doubt(Problem(STATUS_UNKNOWN, f"{what} does not speak for the future", where))
    if had is not None and question.as_of - had > longest + skew:
        return Finding.doubt(Problem(STATUS_UNKNOWN, f"{what} was had long ago, at {format_datetime(had)}", where))
    if had is None:
        return Finding(Outcome.PASSED, warnings=(Problem(STATUS_OUTDATED, f"when {what} was had is not known", where),))
    return PASS


def _reason(document: Mapping[str, Any], detail: str) -> str:
    reason = reading.text(document.get("revocationReason"))
    return f"{detail}: {reason[:500]}" if reason else detail


def _fetched_at(fetched: Fetched) -> str | None:
    return None if fetched.fetched_at is None else format_datetime(fetched.fetched_at)
