"""The commands of `badgeport hr` and their flags. Bodies are in `hr` and are imported when a command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from badgeport.service.cli.flags import Agreements, Approvals, AsJson, Documents, Offline, Trust

hr_app = typer.Typer(help="Credit of employees: import, re-check, export.", no_args_is_help=True, rich_markup_mode=None)

DataDir = Annotated[
    str | None,
    typer.Option("--data-dir", metavar="DIR", help="Where the ledger is; else BADGEPORT_DATA_DIR."),
]
OfOrganization = Annotated[
    str | None,
    typer.Option("--organization", metavar="SLUG", help="Work on the ledger that this organization has on its pages."),
]
RosterFile = Annotated[str, typer.Option("--roster", metavar="FILE", help="Who is employed (CSV, docs/hr.md).")]
MaybeRoster = Annotated[
    str | None, typer.Option("--roster", metavar="FILE", help="Who is employed (CSV), for today's facts and names.")
]
Policy = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="Recognition policy: a file, the name of an example or of one in BADGEPORT_POLICIES, or the "
        "address of a signed one.",
    ),
]
MaybePolicy = Annotated[
    str | None,
    typer.Option("--policy", metavar="POLICY", help="Also decide again what another version of this policy credited."),
]
Purpose = Annotated[
    str | None,
    typer.Option("--purpose", metavar="P", help="What for, such as salary-lane; else the only one."),
]


@hr_app.command("import", short_help="Verify, match, decide and credit badges.")
def hr_import(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="IN", help="Folders, files, ZIP archives, NDJSON, CSV of links, LER-RS documents."),
    ],
    roster: RosterFile,
    policy: Policy,
    purpose: Purpose = None,
    data_dir: DataDir = None,
    organization: OfOrganization = None,
    package: Annotated[
        str | None, typer.Option("--package", metavar="FILE", help="Also write the proof package of the import (ZIP).")
    ] = None,
    offline: Offline = False,
    trust: Trust = None,
    documents: Documents = None,
    approvals: Approvals = None,
    agreement: Agreements = None,
    json: AsJson = False,
) -> None:
    """Verify badges, match them to employees, decide under the policy and credit what is accepted.

    The same import again credits nothing twice; one that was killed is simply run again.

    Exit code: 0 done; 3 done, and something was put aside for a person; 2 usage.
    """
    from badgeport.service.cli.hr import Asked, import_badges

    asked = Asked(
        data_dir,
        organization,
        policy=policy,
        purpose=purpose,
        roster=roster,
        offline=offline,
        trust=trust,
        documents=documents,
        approvals=approvals or [],
        agreements=agreement or [],
        as_json=json,
    )
    raise typer.Exit(import_badges(asked, inputs, package))


@hr_app.command("recheck", short_help="Find what changed since badges were credited.")
def hr_recheck(
    data_dir: DataDir = None,
    organization: OfOrganization = None,
    policy: MaybePolicy = None,
    purpose: Purpose = None,
    roster: MaybeRoster = None,
    webhook: Annotated[
        str | None,
        typer.Option("--webhook", metavar="URL", help="Post the report there, signed by BADGEPORT_HR_WEBHOOK_SECRET."),
    ] = None,
    offline: Offline = False,
    trust: Trust = None,
    documents: Documents = None,
    approvals: Approvals = None,
    agreement: Agreements = None,
    json: AsJson = False,
) -> None:
    """Verify again everything that was credited. Changes are reported and reversals proposed; none is made.

    Exit code: 0 nothing changed; 1 something did; 2 usage, or the report could not be delivered.
    """
    from badgeport.service.cli.hr import Asked, recheck_credits

    asked = Asked(
        data_dir,
        organization,
        policy=policy,
        purpose=purpose,
        roster=roster,
        offline=offline,
        trust=trust,
        documents=documents,
        approvals=approvals or [],
        agreements=agreement or [],
        as_json=json,
    )
    raise typer.Exit(recheck_credits(asked, webhook))


@hr_app.command("settle", short_help="Accept or decline what a re-check proposed.")
def hr_settle(
    finding: Annotated[int, typer.Argument(metavar="NUMBER", help="The number of the finding.")],
    who: Annotated[str, typer.Option("--who", metavar="NAME", help="Who decides; kept in the ledger.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; kept in the ledger.")],
    accept: Annotated[bool, typer.Option("--accept/--decline", help="Whether the proposal is carried out.")],
    data_dir: DataDir = None,
    organization: OfOrganization = None,
    json: AsJson = False,
) -> None:
    """Accept or decline what a re-check proposed: a reversal, or giving back what is valid again."""
    from badgeport.service.cli.hr import settle_finding

    settle_finding(data_dir, organization, finding, accept=accept, who=who, why=why, as_json=json)


@hr_app.command("export", short_help="Write the ledger for other systems.")
def hr_export(
    format: Annotated[
        str, typer.Option("--format", metavar="F", help="csv, parquet, ed-fi or ler-rs; the last two are experimental.")
    ] = "csv",
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of standard output.")
    ] = None,
    data_dir: DataDir = None,
    organization: OfOrganization = None,
    roster: MaybeRoster = None,
    state: Annotated[
        str | None, typer.Option("--state", metavar="XX", help="ed-fi: the state of issue to name, such as AR.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", metavar="URI", help="ed-fi: your namespace in Ed-Fi.")
    ] = None,
    run: Annotated[
        int | None,
        typer.Option("--import", metavar="NUMBER", help="Instead: the proof package of this import (ZIP, with -o)."),
    ] = None,
) -> None:
    """Write every badge in the ledger with its credit, the verdict of its last check, its code and its digest."""
    from badgeport.service.cli.hr import export_ledger

    export_ledger(data_dir, organization, format, output, roster, state, namespace, run)


@hr_app.command("ledger", short_help="Show credit by employee, lane and cycle.")
def hr_ledger(
    employee: Annotated[str | None, typer.Argument(metavar="EMPLOYEE", help="One employee; else all.")] = None,
    data_dir: DataDir = None,
    organization: OfOrganization = None,
    reconcile: Annotated[
        bool, typer.Option("--reconcile", help="Hold every line against its decision, made again from its record.")
    ] = False,
    quarantined: Annotated[
        bool, typer.Option("--quarantined", help="Instead: what was put aside and waits for a person.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show what stands to the credit of employees, by lane and cycle, and what is left under caps.

    Exit code 1: with --reconcile, the ledger does not agree with its decisions.
    """
    from badgeport.service.cli.hr import show_ledger

    raise typer.Exit(
        show_ledger(data_dir, organization, employee, reconcile=reconcile, quarantined=quarantined, as_json=json)
    )
