"""The flags that several commands have, said once."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file instead of standard output.")
]
PassphraseFile = Annotated[
    str | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="File holding the passphrase; else BADGEPORT_PASSPHRASE, else a prompt.",
    ),
]
KeyUri = Annotated[
    str, typer.Option("--key", metavar="URI", help="Key: file:PATH (or just PATH), env:NAME, pkcs11:…, awskms:….")
]
Documents = Annotated[
    str | None,
    typer.Option(
        "--documents", metavar="DIR", help="Directory of key documents and status lists, asked before the network."
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Open no web address.")]
Trust = Annotated[
    str | None, typer.Option("--trust", metavar="FILE", help="Registry of the issuers you recognise (JSON).")
]
JudgeAsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="Judge at this instant (RFC 3339) instead of now.")
]
DecideAsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="TIME", help="Decide for this instant (RFC 3339) instead of now.")
]
VerificationPolicy = Annotated[
    str | None,
    typer.Option("--policy", metavar="FILE", help="Verification policy (JSON), or a built-in one: default, vcalm."),
]
RecognitionPolicy = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="Recognition policy: a file (YAML or JSON), the name of an example or of one in BADGEPORT_POLICIES, "
        "or the web address of a signed one.",
    ),
]
Purpose = Annotated[
    str | None,
    typer.Option("--purpose", metavar="P", help="What for, such as salary-lane; else the policy's only purpose."),
]
Facts = Annotated[str | None, typer.Option("--facts", metavar="FILE", help="What is known of the educator (JSON).")]
Approvals = Annotated[
    list[str] | None,
    typer.Option("--approvals", metavar="FILE", help="Signed approvals or approval list; may repeat."),
]
Agreements = Annotated[
    list[str] | None,
    typer.Option("--agreement", metavar="FILE", help="Signed agreement the policy refers to; may repeat."),
]
