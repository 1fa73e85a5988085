"""`badgeport hr`: credit of employees from badges that reach a district."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from badgeport.schemas import jsontext
from badgeport.service.cli.console import INVALID as CHANGED
from badgeport.service.cli.console import (
    UNDETERMINED,
    VALID,
    Unreadable,
    fail,
    named,
    print_json,
    read_bytes,
    say,
    show,
    software,
    write_output,
)
from badgeport.service.cli.contexts import context_store
from badgeport.service.cli.policies import policy_at, shelf_at_hand
from badgeport.service.cli.recognize import purpose_of
from badgeport.service.cli.verifying import loopback_allowed, sources
from badgeport.service.settings import DEFAULT_DATA_DIR
from badgeport.verifier.hr import rechecking
from badgeport.verifier.hr.deciding import Terms
from badgeport.verifier.hr.examining import Examiner
from badgeport.verifier.hr.exporting import ExportError, as_csv, as_parquet, rows_of
from badgeport.verifier.hr.importing import run_import
from badgeport.verifier.hr.ledger import FILE, Ledger
from badgeport.verifier.hr.packing import package_of
from badgeport.verifier.hr.reconciling import balances, reconcile
from badgeport.verifier.hr.roster import Roster, read_roster
from badgeport.verifier.hr.sources import pieces
from badgeport.verifier.hr.standards import ed_fi, ler_rs
from badgeport.verifier.hr.table import MAXIMUM_BYTES
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.recognition.approval.csv_rows import TableError
from badgeport.verifier.resolution.fetching import Fetcher
from badgeport.verifier.supporting import SupportError, agreement_in, authority_from, with_lists
from badgeport.verifier.verifier import VerifiedCredential, Verifier

FORMATS = ("csv", "parquet", "ed-fi", "ler-rs")
SECRET_VARIABLE = "BADGEPORT_HR_WEBHOOK_SECRET"  # noqa: S105 - a name, not a secret


@dataclass(frozen=True, slots=True)
class Asked:
    """What an import or a re-check is asked, as the options have it."""

    data_dir: str | None
    organization: str | None = None
    policy: str | None = None
    purpose: str | None = None
    roster: str | None = None
    offline: bool = False
    trust: str | None = None
    documents: str | None = None
    approvals: list[str] = field(default_factory=list)
    agreements: list[str] = field(default_factory=list)
    as_json: bool = False


def import_badges(asked: Asked, inputs: list[str], package: str | None) -> int:
    """Import everything; returns the exit code."""
    now = _now()
    for path in inputs:
        if not os.path.exists(path):
            fail(f"{path}: there is no such file or folder")
    roster = _roster(asked.roster)
    if roster is None:
        fail("--roster: name the roster")
    examiner, terms = _prepared(asked, now)
    if terms is None:
        fail("--policy: name the policy")
    if terms.policy.status != "in-force":
        word = "an example" if terms.policy.status == "example" else "a draft"
        say(f"note: the policy {terms.policy.id} is {word}: what it credits is for trying it out")
    ledger = _ledger(asked.data_dir, asked.organization, make=True)
    summary = run_import(ledger, pieces(inputs), roster, terms, examiner, now, clock=_now, told=_put_aside)
    if package is not None:
        write_output(package, package_of(ledger, summary.run), text=False)
    if asked.as_json:
        print_json(summary.to_json())
    else:
        show(
            f"import {summary.run}: {summary.pieces} pieces\n"
            + "".join(f"  {word:<12} {count}\n" for word, count in summary.outcomes.items())
            + "".join(f"  decided {kind:<24} {count}\n" for kind, count in summary.decisions.items())
            + f"credited: {summary.amount} {summary.unit} in {summary.credits} lines"
        )
    return UNDETERMINED if summary.quarantined else VALID


def recheck_credits(asked: Asked, webhook: str | None) -> int:
    """Look again at everything credited; returns the exit code."""
    now = _now()
    secret = _secret() if webhook is not None else b""
    ledger = _ledger(asked.data_dir, asked.organization)
    roster = _roster(asked.roster)
    examiner, terms = _prepared(asked, now)
    report = rechecking.recheck(ledger, examiner, now, terms=terms, roster=roster)
    if asked.as_json:
        print_json(report.to_json())
    else:
        for change in report.changes:
            proposed = "" if change.proposal is None else f" Proposed: {change.proposal}."
            fresh = "new" if change.new else "open"
            show(
                f"{change.finding:>4}  {fresh:<5} {change.employee}  {change.badge or change.credential}  "
                f"{change.amount} {change.unit}  {change.code}: {change.detail}{proposed}"
            )
        show(f"{report.checked} credits checked, {len(report.changes)} changes, {len(report.new)} of them new")
    if webhook is not None and report.changes:
        _deliver(webhook, secret, jsontext.dump(report.to_json()), now)
    return CHANGED if report.changes else VALID


def settle_finding(
    data_dir: str | None, organization: str | None, finding: int, *, accept: bool, who: str, why: str, as_json: bool
) -> None:
    """Accept or decline a proposal."""
    ledger = _ledger(data_dir, organization)
    try:
        rechecking.settle(ledger, finding, accept=accept, who=who, why=why, now=_now())
    except rechecking.SettlementError as error:
        fail(str(error))
    word = "accepted" if accept else "declined"
    if as_json:
        print_json({"finding": finding, "state": word})
    else:
        say(f"finding {finding} is {word}")


def export_ledger(
    data_dir: str | None,
    organization: str | None,
    format: str,
    output: str | None,
    roster: str | None,
    state: str | None,
    namespace: str | None,
    run: int | None,
) -> None:
    """Write the ledger in a format, or the proof package of an import."""
    ledger = _ledger(data_dir, organization)
    if run is not None:
        try:
            write_output(output, package_of(ledger, run), text=False)
        except KeyError:
            fail(f"--import: there is no import {run}")
        return
    if format not in FORMATS:
        fail(f"--format: there is no format {format!r}; there are {', '.join(FORMATS)}")
    if format == "ed-fi" and (state is None or namespace is None):
        fail("--format ed-fi: Ed-Fi requires --state and --namespace, which no badge states")
    rows = rows_of(ledger)
    try:
        if format == "csv":
            write_output(output, as_csv(rows), verbatim=True)
        elif format == "parquet":
            write_output(output, as_parquet(rows), text=False)
        elif format == "ed-fi":
            body = ed_fi(ledger, rows, state=state or "", namespace=namespace or "")
            write_output(output, jsontext.dump_pretty(body))
        else:
            write_output(output, jsontext.dump_pretty(ler_rs(ledger, rows, _roster(roster))))
    except ExportError as error:
        fail(str(error))
    if format in ("ed-fi", "ler-rs"):
        say("note: this export is experimental; it was not checked against the schema of the standard (docs/hr.md).")


def show_ledger(
    data_dir: str | None,
    organization: str | None,
    employee: str | None,
    *,
    reconcile: bool,
    quarantined: bool,
    as_json: bool,
) -> int:
    """Print the balances, or what was put aside; returns the exit code."""
    ledger = _ledger(data_dir, organization)
    if quarantined:
        _show_put_aside(ledger, as_json=as_json)
        return VALID
    found = balances(ledger, employee, as_of=_now())
    problems = _disagreements(ledger) if reconcile else ()
    if as_json:
        body: dict[str, object] = {"balances": [each.to_json() for each in found]}
        print_json({**body, "problems": list(problems)} if reconcile else body)
        return CHANGED if problems else VALID
    for each in found:
        show(f"{each.employee}  {each.purpose}: {each.amount} {each.unit}")
        for lane, cycle, amount in each.by:
            show(f"    lane {lane or '(not known)'}, cycle {cycle or '(not known)'}: {amount}")
        for cap in each.caps:
            show(f"    {cap.title}: {cap.left} of {cap.amount} left")
    for problem in problems:
        show(problem)
    if reconcile and not problems:
        say("the ledger agrees with its decisions")
    return CHANGED if problems else VALID


def _show_put_aside(ledger: Ledger, *, as_json: bool) -> None:
    query = (
        "SELECT id AS number, run AS import, name, place, original AS sha256, code, reason FROM quarantine"
        " WHERE released IS NULL ORDER BY id"
    )
    found = list(ledger.rows(query))
    if as_json:
        print_json({"quarantined": found})
        return
    for row in found:
        show(f"{row['number']:>4}  {row['name']}  {row['place']}  {row['code']}: {row['reason']}")
    show(f"{len(found)} put aside")


def _disagreements(ledger: Ledger) -> tuple[str, ...]:
    return reconcile(ledger)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _put_aside(sentence: str) -> None:
    say(f"put aside: {sentence}")


def _ledger(data_dir: str | None, organization: str | None, *, make: bool = False) -> Ledger:
    """The ledger of an organisation, or that of the data directory itself.

    Where there is none it is made, or the command ends.
    """
    folder = Path(data_dir or os.environ.get("BADGEPORT_DATA_DIR") or DEFAULT_DATA_DIR)
    if organization is not None:
        folder = _office_folder(folder, organization)
    if make:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    elif not (folder / FILE).is_file():
        fail(f"{folder}: there is no ledger here; badgeport hr import makes it")
    return Ledger(folder / FILE)


def _office_folder(data_dir: Path, organization: str) -> Path:
    """Where the pages keep the ledger of an organisation of the installation in a data directory."""
    from badgeport.service.cli.database import organization_id

    try:
        from badgeport.receiver.hr.rooms import FOLDER
        from badgeport.service.app import OFFICES_NAME
    except ModuleNotFoundError as error:
        fail(f"--organization: the service is not installed ({error.name} is missing); install badgeport[service]")
    return data_dir / OFFICES_NAME / organization_id(data_dir, organization) / FOLDER


def _roster(path: str | None) -> Roster | None:
    if path is None:
        return None
    try:
        roster = read_roster(read_bytes(path, MAXIMUM_BYTES))
    except (Unreadable, TableError) as error:
        fail(f"--roster: {named(path)}: {error}")
    for row in roster.refused:
        say(f"note: {named(path)}: line {row.line} is not used: {row.reason}")
    return roster


def _prepared(asked: Asked, now: datetime) -> tuple[Examiner, Terms | None]:
    """What verifies, and what is decided by where a policy was named."""
    fetcher, trust = sources(DEFAULT, asked.trust, asked.documents, offline=asked.offline)
    contexts = context_store()

    def make(source: Fetcher) -> Verifier:
        return Verifier(policy=DEFAULT, fetcher=source, trust=trust, contexts=contexts, software=software())

    examiner = Examiner(make, fetcher)
    if asked.policy is None:
        return examiner, None
    verifier = make(fetcher)

    def verify(data: bytes) -> VerifiedCredential:
        return verifier.verify(data, now=now)

    shelf = shelf_at_hand()
    policy = policy_at(asked.policy, shelf, verify, now.date(), offline=asked.offline)
    purpose = purpose_of(asked.purpose, policy)
    agreements = dict(shelf.agreements)
    for path in asked.agreements:
        try:
            agreement = agreement_in(_support(path), policy, verify)
        except SupportError as error:
            fail(f"--agreement: {named(path)}: {error}")
        agreements[agreement.id] = agreement
    try:
        authority = authority_from([_support(path) for path in asked.approvals], policy, verify)
        authority = with_lists(authority, policy, verify)
    except SupportError as error:
        fail(f"--approvals: {error}")
    known = {name: agreements[name] for name in policy.agreements if name in agreements}
    return examiner, Terms(policy, purpose, software(), authority, known)


def _support(path: str) -> bytes:
    try:
        return read_bytes(path)
    except Unreadable as error:
        fail(f"{named(path)}: {error}")


def _secret() -> bytes:
    secret = os.environ.get(SECRET_VARIABLE, "")
    if len(secret) < 32:
        fail(f"--webhook: set {SECRET_VARIABLE} to a secret of at least 32 characters, which the receiver knows too")
    return secret.encode()


def _deliver(url: str, secret: bytes, body: bytes, now: datetime) -> None:
    """Post a report; one that could not be delivered ends the command, and is kept in the ledger all the same."""
    from badgeport.issuer.desk import OutboundError
    from badgeport.service.outbound import GuardedOutbound

    try:
        GuardedOutbound(allow_loopback_http=loopback_allowed()).post_signed(url, body, secret, now)
    except OutboundError as error:
        fail(f"--webhook: the report could not be delivered: {error}; the findings stay open for the next re-check")
    say(f"the report was delivered to {url}")
