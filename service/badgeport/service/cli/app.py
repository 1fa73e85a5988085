"""The commands and their flags. Bodies live beside this file and are imported when a command runs."""

from __future__ import annotations

from typing import Annotated, cast

import typer
from typer.main import get_command

from badgeport.service.cli.batch_app import batch_app
from badgeport.service.cli.console import USAGE, print_json, software
from badgeport.service.cli.flags import (
    Agreements,
    Approvals,
    AsJson,
    DecideAsOf,
    Documents,
    Facts,
    JudgeAsOf,
    KeyUri,
    Offline,
    Output,
    PassphraseFile,
    Purpose,
    RecognitionPolicy,
    Trust,
    VerificationPolicy,
)
from badgeport.service.cli.hr_app import hr_app
from badgeport.service.cli.policy_app import policy_app
from badgeport.service.cli.running import run as run

_CommandLineError = cast("type[typer.BadParameter]", typer.BadParameter.__mro__[2])
"""What every mistake on the command line is an instance of: an unknown option, a missing argument."""

app = typer.Typer(
    name="badgeport",
    help="Portable educator micro-credentials: mint and verify signed Open Badges 3.0.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys_app = typer.Typer(help="Make, show, rotate and export keys.", no_args_is_help=True, rich_markup_mode=None)
status_app = typer.Typer(help="Make, change and read status lists.", no_args_is_help=True, rich_markup_mode=None)
did_app = typer.Typer(help="Documents that publish an issuer's keys.", no_args_is_help=True, rich_markup_mode=None)
contexts_app = typer.Typer(help="The JSON-LD contexts at hand.", no_args_is_help=True, rich_markup_mode=None)
db_app = typer.Typer(help="The issuer's database and its backup.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(policy_app, name="policy")
app.add_typer(batch_app, name="batch")
app.add_typer(hr_app, name="hr")
app.add_typer(keys_app, name="keys")
app.add_typer(status_app, name="status")
app.add_typer(did_app, name="did")
app.add_typer(contexts_app, name="contexts")
app.add_typer(db_app, name="db")
publish_app = typer.Typer(help="What the issuer publishes.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(publish_app, name="publish")
org_app = typer.Typer(help="Organizations and who runs the installation.", no_args_is_help=True, rich_markup_mode=None)
token_app = typer.Typer(help="Tokens of programs.", no_args_is_help=True, rich_markup_mode=None)
audit_app = typer.Typer(help="The log of every change.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(org_app, name="org")
app.add_typer(token_app, name="token")
app.add_typer(audit_app, name="audit")

KeyFile = Annotated[str, typer.Argument(metavar="KEYFILE", help="Key file.", show_default=False)]


def _version(wanted: bool) -> None:
    if wanted:
        print(software())
        raise typer.Exit()


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Portable educator micro-credentials: mint and verify signed Open Badges 3.0."""


@app.command(short_help="Run the main job end to end, offline.")
def demo(
    directory: Annotated[
        str, typer.Argument(metavar="DIR", help="Where to put everything; created.")
    ] = "badgeport-demo",
    json: AsJson = False,
) -> None:
    """Run the main job end to end, offline: keys, awards, every format, images, and four refusals."""
    from badgeport.service.demo import run_demo

    raise typer.Exit(run_demo(directory, as_json=json))


@app.command(short_help="Turn awards into signed credentials.")
def mint(
    award: Annotated[
        str,
        typer.Argument(metavar="AWARD", help="Award (JSON), a list of awards, or NDJSON; - for standard input."),
    ],
    key: KeyUri,
    format: Annotated[
        str, typer.Option("--format", metavar="F", help="How to sign: a cryptosuite name, vc-jwt, vc+jwt or vc+sd-jwt.")
    ] = "eddsa-rdfc-2022",
    bake: Annotated[
        str | None, typer.Option("--bake", metavar="IMAGE", help="PNG or SVG image to put the credential into.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this file instead of standard output; for several awards, a directory.",
        ),
    ] = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Turn an award into a signed credential, checked before it is handed out."""
    from badgeport.service.cli.mint import mint_awards

    mint_awards(award, key, format, bake, output, passphrase_file, json)


@app.command(short_help="Verify credentials of any form.")
def verify(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Files of any form, directories, web addresses, or - for standard input."),
    ],
    as_of: JudgeAsOf = None,
    recipient: Annotated[
        str | None,
        typer.Option(
            "--recipient", metavar="ID", help="Who it should belong to: a DID, an e-mail address, another identifier."
        ),
    ] = None,
    offline: Offline = False,
    policy: VerificationPolicy = None,
    trust: Trust = None,
    documents: Documents = None,
    package: Annotated[
        str | None,
        typer.Option("--package", metavar="FILE", help="Also write a proof package, from which it can be repeated."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Verify credentials of any form: signature, issuer's key, dates, status and all the rest.

    A proof package alone with --offline is repeated from what is in it; else the credential in it is verified anew.

    Exit code: 0 valid, 1 invalid, 2 usage or no credential found, 3 undetermined; of several, the worst (0, 3, 1, 2).
    """
    from badgeport.service.cli.verify import verify_inputs

    raise typer.Exit(verify_inputs(inputs, as_of, recipient, offline, policy, trust, documents, package, json))


@app.command(short_help="Decide what badges are worth under a policy.")
def recognize(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Badges of one educator: files, directories, web addresses, or -."),
    ],
    policy: RecognitionPolicy,
    purpose: Purpose = None,
    facts: Facts = None,
    as_of: DecideAsOf = None,
    offline: Offline = False,
    trust: Trust = None,
    documents: Documents = None,
    approvals: Approvals = None,
    agreement: Agreements = None,
    credited: Annotated[
        str | None, typer.Option("--credited", metavar="FILE", help="What was credited to the educator before (JSON).")
    ] = None,
    record: Annotated[
        str | None,
        typer.Option("--record", metavar="FILE", help="Also write all it was decided from; it has personal data."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Decide what badges are worth together under a receiver's policy: how much, and why, rule by rule.

    Every badge is verified first; where one does not verify, nothing is decided.

    Exit code: 0 accepted, also with conditions; 1 not accepted; 2 usage, or a badge that does not verify; 3 referred to
    a person.
    """
    from badgeport.service.cli.recognize import Asked, recognize_inputs

    asked = Asked(
        inputs,
        policy,
        purpose,
        facts=facts,
        as_of=as_of,
        offline=offline,
        trust=trust,
        documents=documents,
        approvals=approvals or [],
        agreements=agreement or [],
        credited=credited,
        record=record,
        as_json=json,
    )
    raise typer.Exit(recognize_inputs(asked))


@app.command()
def inspect(
    input: Annotated[str, typer.Argument(metavar="INPUT", help="A file of any form, or - for standard input.")],
    json: AsJson = False,
) -> None:
    """Show what is inside, without judging it."""
    from badgeport.service.cli.inspect import inspect_input

    inspect_input(input, json)


@app.command(short_help="Put a signed credential into an image.")
def bake(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="PNG or SVG image.", show_default=False)],
    credential: Annotated[str, typer.Argument(metavar="CREDENTIAL", help="Signed credential (JSON, JWT or SD-JWT).")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The baked image.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a credential already in the image.")] = False,
    json: AsJson = False,
) -> None:
    """Put a signed credential into an image; its pixels stay as they are."""
    from badgeport.service.cli.images import bake_image

    bake_image(image, credential, output, overwrite, json)


@app.command(short_help="Take the credential out of an image.")
def unbake(
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="Baked PNG or SVG image.")],
    output: Output = None,
    json: AsJson = False,
) -> None:
    """Take the credential out of an image, byte for byte."""
    from badgeport.service.cli.images import unbake_image

    unbake_image(image, output, json)


@app.command(short_help="Disclose only a part of a credential.")
def derive(
    input: Annotated[str, typer.Argument(metavar="INPUT", help="ecdsa-sd-2023 base credential, or an SD-JWT.")],
    pointers: Annotated[
        list[str],
        typer.Option(
            "--pointers",
            metavar="POINTERS",
            help="JSON pointers to disclose, separated by commas, such as /credentialSubject/result; repeatable.",
        ),
    ],
    output: Output = None,
    json: AsJson = False,
) -> None:
    """Disclose only what you choose of a credential, and what the issuer made mandatory."""
    from badgeport.service.cli.derive import derive_input

    derive_input(input, pointers, output, json)


@app.command()
def qr(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A link, or @FILE for the text of a file.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Image to write: .svg or .png.")],
    json: AsJson = False,
) -> None:
    """Make a QR code of a link."""
    from badgeport.service.cli.images import make_qr

    make_qr(text, output, json)


@app.command(short_help="Print a JSON Schema.")
def schema(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which schema; without it, the names.")] = None,
    json: AsJson = False,
) -> None:
    """Print a JSON Schema: award, policies, trust, facts, report, decision and the credential models."""
    from badgeport.service.cli.schema import print_schema

    print_schema(name, json)


@keys_app.command("new")
def keys_new(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Key file to make.")],
    alg: Annotated[str, typer.Option("--alg", metavar="ALG", help="ed25519, p256, p384 or rsa.")] = "ed25519",
    did: Annotated[
        str, typer.Option("--did", metavar="DID", help="Issuer identifier: key, jwk or web:HOST[:PATH].")
    ] = "key",
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Make a key in an encrypted file."""
    from badgeport.service.cli.keys import new_key

    new_key(output, alg, did, passphrase_file, json)


@keys_app.command("show")
def keys_show(
    file: KeyFile,
    json: AsJson = False,
) -> None:
    """Show the public side of a key; needs no passphrase."""
    from badgeport.service.cli.keys import show_key

    show_key(file, json)


@keys_app.command("rotate")
def keys_rotate(
    file: Annotated[str, typer.Argument(metavar="KEYFILE", help="Key file in use; it is kept and marked retired.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Key file of the successor.")],
    alg: Annotated[
        str | None, typer.Option("--alg", metavar="ALG", help="Algorithm of the successor; else the same.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Make a successor for a key of a did:web issuer. What the old key signed keeps verifying."""
    from badgeport.service.cli.keys import rotate_key

    rotate_key(file, output, alg, passphrase_file, json)


@keys_app.command("export")
def keys_export(
    file: KeyFile,
    format: Annotated[str, typer.Option("--format", metavar="F", help="multikey, jwk or pem.")] = "multikey",
    public: Annotated[  # noqa: ARG001 - said for the reader of a script; there is no other kind
        bool, typer.Option("--public", help="Export the public key; there is no other export.", show_default=False)
    ] = True,
    output: Output = None,
    json: AsJson = False,
) -> None:
    """Export a public key. A private key never leaves its file."""
    from badgeport.service.cli.keys import export_key

    export_key(file, format, output, json)


@status_app.command("new")
def status_new(
    id: Annotated[str, typer.Option("--id", metavar="URL", help="URL at which the list will be published.")],
    key: KeyUri,
    purpose: Annotated[str, typer.Option("--purpose", metavar="P", help="revocation or suspension.")] = "revocation",
    entries: Annotated[
        int, typer.Option("--entries", metavar="N", help="Number of entries, at least 131072.")
    ] = 131_072,
    format: Annotated[
        str, typer.Option("--format", metavar="F", help="How to sign it, as for mint.")
    ] = "eddsa-rdfc-2022",
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Make a signed Bitstring status list in which nothing is set."""
    from badgeport.service.cli.status import new_list

    new_list(id, key, purpose, entries, format, output, passphrase_file, json)


@status_app.command("set")
def status_set(
    file: Annotated[str, typer.Argument(metavar="LIST", help="Status list credential to change.")],
    index: Annotated[int, typer.Argument(metavar="INDEX", help="Entry to change, from 0.")],
    key: KeyUri,
    clear: Annotated[bool, typer.Option("--clear", help="Clear the entry; a revocation cannot be cleared.")] = False,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Set one entry and sign the list again; writes over LIST unless -o names another."""
    from badgeport.service.cli.status import set_entry

    set_entry(file, index, key, clear, output, passphrase_file, json)


@status_app.command("show")
def status_show(
    file: Annotated[str, typer.Argument(metavar="LIST", help="Status list credential.")],
    index: Annotated[
        int | None, typer.Argument(metavar="INDEX", help="One entry; without it, all that are set.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Read a status list, without judging its signature."""
    from badgeport.service.cli.status import show_list

    show_list(file, index, json)


@did_app.command("document")
def did_document(
    files: Annotated[list[str], typer.Argument(metavar="KEYFILE", help="Key files of one issuer.")],
    output: Output = None,
    jwks: Annotated[bool, typer.Option("--jwks", help="Write the JWK set instead of the DID document.")] = False,
    json: AsJson = False,  # noqa: ARG001 - what it prints is JSON in any case
) -> None:
    """Build the document to publish (did.json or jwks.json) from key files; needs no passphrase."""
    from badgeport.service.cli.keys import key_document

    key_document(files, output, jwks)


@contexts_app.command("list")
def contexts_list(json: AsJson = False) -> None:
    """List the contexts at hand, with digest, package and licence."""
    from badgeport.service.cli.contexts import list_contexts

    list_contexts(json)


@contexts_app.command("add")
def contexts_add(
    url: Annotated[str, typer.Argument(metavar="URL", help="URL of the context.")],
    file: Annotated[str, typer.Argument(metavar="FILE", help="File with its JSON.")],
    sha256: Annotated[str, typer.Option("--sha256", metavar="HEX", help="Expected SHA-256 of the file, in hex.")],
    directory: Annotated[
        str | None, typer.Option("--directory", metavar="DIR", help="Context directory; else BADGEPORT_CONTEXTS.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Add a context to your directory by file and digest. Bundled contexts cannot be replaced."""
    from badgeport.service.cli.contexts import add_context

    add_context(url, file, sha256, directory, json)


@app.command(short_help="Serve the issuer and the verifier on the web.")
def serve(
    role: Annotated[
        str | None,
        typer.Option("--role", metavar="ROLE", help="all, issuer or verifier. Else BADGEPORT_ROLE, else all."),
    ] = None,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="PORT", help="The port to listen on.")] = 8000,
    workers: Annotated[
        int | None,
        typer.Option("--workers", metavar="N", help="Processes that serve. Else BADGEPORT_WORKERS, else 1."),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="With three sample programs and a tour of them; for trying it out.")
    ] = False,
) -> None:
    """Serve the pages and interfaces of the issuer and the verifier. Settings are in the environment (BADGEPORT_…).

    Without BADGEPORT_PUBLIC_URL it is for trying it out on this machine: secrets are made up and kept in the data
    directory.
    """
    from badgeport.service.cli.serve import serve_forever

    raise typer.Exit(serve_forever(role, host, port, workers, sample=sample))


@app.command(short_help="Work off the issuer's jobs.")
def worker(
    once: Annotated[bool, typer.Option("--once", help="End when nothing is due.")] = False,
) -> None:
    """Work off the issuer's jobs: sign badges and status lists, send messages, clear up. Several may run at once.

    `badgeport serve` does this too, unless BADGEPORT_WORKER=no.
    """
    from badgeport.service.cli.database import work

    raise typer.Exit(work(once))


@db_app.command("upgrade")
def db_upgrade(json: AsJson = False) -> None:
    """Bring the tables of the database to the form this program works with. Make a backup first."""
    from badgeport.service.cli.database import upgrade_database

    upgrade_database(json)


@db_app.command("backup")
def db_backup(
    file: Annotated[str, typer.Argument(metavar="FILE", help="The archive to make; must not be there yet.")],
    json: AsJson = False,
) -> None:
    """Put the whole database and every stored file, as of this moment, into one archive. It may be in use meanwhile.

    Private keys and secrets are not in it.
    """
    from badgeport.service.cli.database import back_up

    raise typer.Exit(back_up(file, json))


@db_app.command("restore")
def db_restore(
    file: Annotated[str, typer.Argument(metavar="FILE", help="An archive of badgeport db backup.")],
    json: AsJson = False,
) -> None:
    """Bring an archive into an empty database, SQLite or PostgreSQL, after every part of it was checked."""
    from badgeport.service.cli.database import bring_back

    raise typer.Exit(bring_back(file, json))


@publish_app.command("check")
def publish_check(
    local: Annotated[
        bool, typer.Option("--local", help="Ask the program itself what it would serve, instead of PUBLIC_URL.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Compare every badge, key document and status list that is served with what is stored.

    Exit code 1: some differ.
    """
    from badgeport.service.cli.publish import check_publication

    raise typer.Exit(check_publication(local, json))


@org_app.command("create")
def org_create(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Its short name in addresses, for good.")],
    name: Annotated[str, typer.Option("--name", help="Its name.")],
    kind: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="state, district, cooperative, school or other.")
    ] = "district",
    domain: Annotated[
        str | None,
        typer.Option("--domain", metavar="HOST", help="A domain of its own that publishes its keys; else this site."),
    ] = None,
    administrator: Annotated[
        str | None, typer.Option("--administrator", metavar="EMAIL", help="Whom to invite as its administrator.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Make an organization with its keys; prints its issuer id."""
    from badgeport.service.cli.organizations import create_organization

    create_organization(slug, name, kind, domain, administrator, json)


@org_app.command("operator")
def org_operator(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who is to run the installation.")],
    name: Annotated[str, typer.Option("--name", help="Their name, for a new account.")] = "",
    json: AsJson = False,
) -> None:
    """Let a person run the installation; prints a link by which they sign in once."""
    from badgeport.service.cli.organizations import add_operator

    add_operator(email, name, json)


@org_app.command("second-factor")
def org_second_factor(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Who lost their second factor.")],
    why: Annotated[str, typer.Option("--why", help="How it is known that they asked; kept in the audit log.")],
    json: AsJson = False,
) -> None:
    """Take a lost second factor off an account: code generator, passkeys and recovery codes."""
    from badgeport.service.cli.organizations import reset_second_factor

    reset_second_factor(email, why, json)


@token_app.command("create")
def token_create(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="The organization it is for.")],
    scope: Annotated[
        list[str], typer.Option("--scope", metavar="SCOPE", help="What it may do, such as awards:write; may repeat.")
    ],
    name: Annotated[str, typer.Option("--name", help="Which program it is for.")],
    days: Annotated[int | None, typer.Option("--days", help="How long it is good for.")] = 365,
    json: AsJson = False,
) -> None:
    """Make a token for a program; prints it this once."""
    from badgeport.service.cli.organizations import create_token

    create_token(slug, name, scope, days, json)


@audit_app.command("verify")
def audit_verify(json: AsJson = False) -> None:
    """Check that no entry of the audit log was changed, taken out or put in. Exit code 1: one was."""
    from badgeport.service.cli.organizations import verify_log

    raise typer.Exit(verify_log(json))


@audit_app.command("export")
def audit_export(
    org: Annotated[
        str | None, typer.Option("--org", metavar="SLUG", help="Only of this organization; then hashes have gaps.")
    ] = None,
    output: Output = None,
) -> None:
    """Write the audit log as lines of JSON, each with its hash."""
    from badgeport.service.cli.organizations import export_log

    export_log(org, output)


def invoke(arguments: list[str]) -> int:
    """Read the line and run its command; returns the exit code. Errors of commands go to the caller."""
    command = get_command(app)
    try:
        # Not through the command's own main(): it turns an interruption or a broken pipe into exit code 1, "invalid".
        with command.make_context("badgeport", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except _CommandLineError as error:
        error.show()
        if "--json" in arguments:
            print_json({"error": {"detail": error.format_message()}})
        return USAGE
    return 0
