"""The commands of `badgeport policy` and their flags. Bodies lie beside and are imported when they run."""

from __future__ import annotations

from typing import Annotated

import typer

from badgeport.service.cli.flags import AsJson, DecideAsOf, Facts, KeyUri, Output, PassphraseFile

policy_app = typer.Typer(
    help="Recognition policies: show, check, try, compare, sign.", no_args_is_help=True, rich_markup_mode=None
)

Format = Annotated[
    str | None,
    typer.Option("--format", metavar="F", help="How to sign, as for mint; else what suits the key."),
]
PolicyFile = Annotated[str, typer.Argument(metavar="FILE", help="Policy, in YAML or JSON; - for standard input.")]


@policy_app.command("show")
def policy_show(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Name or address of a policy; without it, all of them.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Print a policy at hand, an example or one in BADGEPORT_POLICIES, in YAML: something to begin one's own from."""
    from badgeport.service.cli.policy import show_policy

    show_policy(name, json)


@policy_app.command("check")
def policy_check(file: PolicyFile, json: AsJson = False) -> None:
    """Tell by line what keeps a policy from being decided by.

    Exit code: 0 nothing, 1 something, 2 the file cannot be read.
    """
    from badgeport.service.cli.policy import check_policy

    raise typer.Exit(check_policy(file, json))


@policy_app.command("test")
def policy_test(
    file: PolicyFile,
    credential: Annotated[
        list[str],
        typer.Option("--credential", metavar="FILE", help="Example badge; it is not verified. May repeat."),
    ],
    purpose: Annotated[
        str | None, typer.Option("--purpose", metavar="P", help="What for; else the policy's only purpose.")
    ] = None,
    facts: Facts = None,
    as_of: DecideAsOf = None,
    json: AsJson = False,
) -> None:
    """Try a policy on example badges before it is published. Nothing is verified, and the decision says so.

    Exit codes are those of recognize.
    """
    from badgeport.service.cli.policy import test_policy

    raise typer.Exit(test_policy(file, credential, purpose, facts, as_of, json))


@policy_app.command("diff")
def policy_diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The policy before: a file, or a name as for recognize.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The policy after.")],
    record: Annotated[
        list[str] | None,
        typer.Option(
            "--record",
            metavar="FILE",
            help="Record of a decision (recognize --record), or a directory of them: tells which would become others. "
            "May repeat.",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Tell in words what changed from one policy to another, and whose decisions that would alter."""
    from badgeport.service.cli.policy import compare_policies

    compare_policies(old, new, record or [], json)


@policy_app.command("sign")
def policy_sign(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Policy (YAML or JSON), or agreement (JSON).")],
    key: KeyUri,
    format: Format = None,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Sign a policy with its jurisdiction's key, or an agreement with its keeper's, for publication at its address."""
    from badgeport.service.cli.policy_signing import sign_file

    sign_file(file, key, format, output, passphrase_file, json)


@policy_app.command("approvals")
def policy_approvals(
    file: Annotated[str, typer.Argument(metavar="CSV", help="Table of approvals, with a first line of column names.")],
    id: Annotated[str, typer.Option("--id", metavar="URL", help="URL of the list; the same for every edition of it.")],
    title: Annotated[str, typer.Option("--title", help="What people call the list.")],
    key: KeyUri,
    format: Format = None,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Make a signed approval list of a table: who may issue which achievement, when, for which area.

    Exit code 1: rows are not right; each is told by its line, and nothing was signed.
    """
    from badgeport.service.cli.policy_signing import sign_approvals

    raise typer.Exit(sign_approvals(file, id, title, key, format, output, passphrase_file, json))
