"""The commands of `badgeport batch` and their flags. Bodies are in `batch` and are imported when a command runs."""

from __future__ import annotations

from typing import Annotated

import typer

from badgeport.service.cli.flags import (
    Approvals,
    AsJson,
    Documents,
    JudgeAsOf,
    Offline,
    Purpose,
    RecognitionPolicy,
    Trust,
    VerificationPolicy,
)

batch_app = typer.Typer(help="Many records, from files into files.", no_args_is_help=True, rich_markup_mode=None)

Inputs = Annotated[
    list[str],
    typer.Argument(metavar="IN", help="Files, directories, ZIP archives, and lines of JSON (.ndjson, .jsonl)."),
]
Out = Annotated[str, typer.Option("--out", metavar="DIR", help="Where the results go; created.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help="Processes; else one for each processor.")]
Engine = Annotated[
    str, typer.Option("--engine", metavar="E", help="local: processes of this machine; dask: a Dask cluster.")
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Dask scheduler; else a cluster is made on this machine."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in DIR that was stopped.")]
Chunk = Annotated[
    int | None, typer.Option("--chunk", metavar="N", help="Records a process is handed at a time; else 250.")
]


@batch_app.command("verify", short_help="Verify any number of records.")
def batch_verify(
    inputs: Inputs,
    out: Out,
    workers: Workers = None,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    resume: Resume = False,
    chunk: Chunk = None,
    as_of: JudgeAsOf = None,
    offline: Offline = False,
    policy: VerificationPolicy = None,
    trust: Trust = None,
    documents: Documents = None,
    json: AsJson = False,
) -> None:
    """Verify any number of records into DIR: results.ndjson, results.parquet and summary.json.

    A run that was stopped, in whatever way, goes on with --resume and the same options. All of it is judged as of one
    instant. Exit code: 0 once every record has a result, whatever that is; 2 usage.
    """
    from badgeport.service.cli.batch import Asked, run_batch

    asked = Asked(
        inputs,
        out,
        workers=workers,
        engine=engine,
        scheduler=scheduler,
        resume=resume,
        chunk=chunk,
        as_of=as_of,
        offline=offline,
        policy=policy,
        trust=trust,
        documents=documents,
        as_json=json,
    )
    raise typer.Exit(run_batch(asked))


@batch_app.command("recognize", short_help="Decide on any number of badges, each by itself.")
def batch_recognize(
    inputs: Inputs,
    out: Out,
    policy: RecognitionPolicy,
    purpose: Purpose = None,
    facts: Annotated[
        str | None, typer.Option("--facts", metavar="FILE", help="What is known of all the educators (JSON).")
    ] = None,
    approvals: Approvals = None,
    workers: Workers = None,
    engine: Engine = "local",
    scheduler: Scheduler = None,
    resume: Resume = False,
    chunk: Chunk = None,
    as_of: JudgeAsOf = None,
    offline: Offline = False,
    trust: Trust = None,
    documents: Documents = None,
    json: AsJson = False,
) -> None:
    """Verify any number of badges and decide what each is worth by itself, under one policy and with the same facts.

    Caps and combinations of several badges of one educator are the business of recognize and of hr import.
    Otherwise as batch verify.
    """
    from badgeport.service.cli.batch import Asked, Recognition, run_batch

    asked = Asked(
        inputs,
        out,
        workers=workers,
        engine=engine,
        scheduler=scheduler,
        resume=resume,
        chunk=chunk,
        as_of=as_of,
        offline=offline,
        trust=trust,
        documents=documents,
        as_json=json,
        recognition=Recognition(policy, purpose, facts, approvals or []),
    )
    raise typer.Exit(run_batch(asked))
