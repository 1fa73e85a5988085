"""The commands and their flags. Bodies live beside this file and are imported when a command runs."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import USAGE, plain, reason, say

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
app.add_typer(keys_app, name="keys")
app.add_typer(status_app, name="status")
app.add_typer(did_app, name="did")
app.add_typer(contexts_app, name="contexts")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
Output = Annotated[str | None, typer.Option("--output", "-o", help="Write to this file instead of standard output.")]
PassphraseFile = Annotated[
    str | None,
    typer.Option("--passphrase-file", help="File holding the passphrase; else BADGEPORT_PASSPHRASE, else a prompt."),
]
KeyUri = Annotated[str, typer.Option("--key", help="Key URI: file:PATH, env:NAME, pkcs11:…, awskms:….")]
Documents = Annotated[
    str | None, typer.Option("--documents", help="Directory of key documents and status lists to use.")
]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"badgeport {metadata.version('badgeport')}")
        raise typer.Exit()


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Portable educator micro-credentials: mint and verify signed Open Badges 3.0."""


@app.command()
def demo(
    directory: Annotated[str, typer.Argument(help="Where to put everything; created.")] = "badgeport-demo",
    json: AsJson = False,
) -> None:
    """Run the main job end to end, offline: keys, awards, every format, images, and four refusals."""
    from badgeport.service.demo import run_demo

    raise typer.Exit(run_demo(directory, as_json=json))


@app.command()
def mint(
    award: Annotated[str, typer.Argument(help="Award (JSON), a list of awards, or NDJSON; - for standard input.")],
    key: KeyUri,
    format: Annotated[
        str, typer.Option("--format", help="Cryptosuite name, vc-jwt, vc+jwt or vc+sd-jwt.")
    ] = "eddsa-rdfc-2022",
    bake: Annotated[str | None, typer.Option("--bake", help="PNG or SVG image to put the credential into.")] = None,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Turn an award into a signed credential, checked before it is handed out."""
    from badgeport.service.cli.mint import mint_awards

    mint_awards(award, key, format, bake, output, passphrase_file, json)


@app.command()
def verify(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Files, directories, or - for standard input.")
    ],
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Judge at this instant (RFC 3339) instead of now.")
    ] = None,
    recipient: Annotated[
        str | None,
        typer.Option("--recipient", help="Who it should belong to: a DID, an e-mail address, another identifier."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network.")] = False,
    policy: Annotated[str | None, typer.Option("--policy", help="Verification policy (JSON file).")] = None,
    trust: Annotated[
        str | None, typer.Option("--trust", help="Issuers you recognise (JSON file: a list or a registry).")
    ] = None,
    documents: Documents = None,
    json: AsJson = False,
) -> None:
    """Verify credentials of any form. Exit code: 0 valid, 1 invalid, 2 unreadable, 3 undetermined."""
    from badgeport.service.cli.verify import verify_inputs

    raise typer.Exit(verify_inputs(inputs, as_of, recipient, offline, policy, trust, documents, json))


@app.command()
def inspect(
    input: Annotated[str, typer.Argument(metavar="INPUT", help="A file of any form, or - for standard input.")],
    json: AsJson = False,
) -> None:
    """Show what is inside, without judging it."""
    from badgeport.service.cli.inspect import inspect_input

    inspect_input(input, json)


@app.command()
def bake(
    image: Annotated[str, typer.Argument(help="PNG or SVG image.")],
    credential: Annotated[str, typer.Argument(help="Signed credential (JSON or JWT).")],
    output: Annotated[str, typer.Option("--output", "-o", help="The baked image.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a credential already in the image.")] = False,
) -> None:
    """Put a signed credential into an image; its pixels stay as they are."""
    from badgeport.service.cli.images import bake_image

    bake_image(image, credential, output, overwrite)


@app.command()
def unbake(
    image: Annotated[str, typer.Argument(help="Baked PNG or SVG image.")],
    output: Output = None,
    json: AsJson = False,
) -> None:
    """Take the credential out of an image, byte for byte."""
    from badgeport.service.cli.images import unbake_image

    unbake_image(image, output, json)


@app.command()
def derive(
    input: Annotated[str, typer.Argument(metavar="INPUT", help="ecdsa-sd-2023 base credential, or an SD-JWT.")],
    pointers: Annotated[
        list[str], typer.Option("--pointers", help="JSON pointers to disclose, separated by commas; repeatable.")
    ],
    output: Output = None,
) -> None:
    """Make a presentation that discloses only what you choose, and what the issuer made mandatory."""
    from badgeport.service.cli.derive import derive_input

    derive_input(input, pointers, output)


@app.command()
def qr(
    text: Annotated[str, typer.Argument(help="A link, or a file whose text to encode with @FILE.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Image to write: .svg or .png.")],
) -> None:
    """Make a QR code."""
    from badgeport.service.cli.images import make_qr

    make_qr(text, output)


@app.command()
def schema(
    name: Annotated[str | None, typer.Argument(help="Which schema; without it, the names.")] = None,
) -> None:
    """Print a JSON Schema: award, issuer, policy, trust, report and the credential models."""
    from badgeport.service.cli.schema import print_schema

    print_schema(name)


@keys_app.command("new")
def keys_new(
    output: Annotated[str, typer.Option("--output", "-o", help="Key file to make.")],
    alg: Annotated[str, typer.Option("--alg", help="ed25519, p256, p384 or rsa.")] = "ed25519",
    did: Annotated[str, typer.Option("--did", help="Issuer identifier: key, jwk or web:HOST[:PATH].")] = "key",
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Make a key in an encrypted file."""
    from badgeport.service.cli.keys import new_key

    new_key(output, alg, did, passphrase_file, json)


@keys_app.command("show")
def keys_show(
    file: Annotated[str, typer.Argument(help="Key file.")],
    json: AsJson = False,
) -> None:
    """Show the public side of a key; needs no passphrase."""
    from badgeport.service.cli.keys import show_key

    show_key(file, json)


@keys_app.command("rotate")
def keys_rotate(
    file: Annotated[str, typer.Argument(help="Key file in use; it is kept and marked retired.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Key file of the successor.")],
    alg: Annotated[str | None, typer.Option("--alg", help="Algorithm of the successor; else the same.")] = None,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> None:
    """Make a successor for a key of a did:web issuer. What the old key signed keeps verifying."""
    from badgeport.service.cli.keys import rotate_key

    rotate_key(file, output, alg, passphrase_file, json)


@keys_app.command("export")
def keys_export(
    file: Annotated[str, typer.Argument(help="Key file.")],
    format: Annotated[str, typer.Option("--format", help="multikey, jwk or pem.")] = "multikey",
    public: Annotated[bool, typer.Option("--public", help="Export the public key; the only kind there is.")] = True,
    output: Output = None,
) -> None:
    """Export a public key. A private key never leaves its file."""
    from badgeport.service.cli.keys import export_key

    export_key(file, format, public, output)


@status_app.command("new")
def status_new(
    id: Annotated[str, typer.Option("--id", help="URL at which the list will be published.")],
    key: KeyUri,
    purpose: Annotated[str, typer.Option("--purpose", help="revocation or suspension.")] = "revocation",
    entries: Annotated[int, typer.Option("--entries", help="Number of entries, at least 131072.")] = 131_072,
    format: Annotated[str, typer.Option("--format", help="How to sign it.")] = "eddsa-rdfc-2022",
    output: Output = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a signed Bitstring status list in which nothing is set."""
    from badgeport.service.cli.status import new_list

    new_list(id, key, purpose, entries, format, output, passphrase_file)


@status_app.command("set")
def status_set(
    file: Annotated[str, typer.Argument(help="Status list credential to change.")],
    index: Annotated[int, typer.Argument(help="Entry to change, from 0.")],
    key: KeyUri,
    clear: Annotated[bool, typer.Option("--clear", help="Clear the entry; a revocation cannot be cleared.")] = False,
    output: Output = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Set one entry and sign the list again; writes over FILE unless -o names another."""
    from badgeport.service.cli.status import set_entry

    set_entry(file, index, key, clear, output, passphrase_file)


@status_app.command("show")
def status_show(
    file: Annotated[str, typer.Argument(help="Status list credential.")],
    index: Annotated[int | None, typer.Argument(help="One entry; without it, all that are set.")] = None,
    json: AsJson = False,
) -> None:
    """Read a status list, without judging its signature."""
    from badgeport.service.cli.status import show_list

    show_list(file, index, json)


@did_app.command("document")
def did_document(
    files: Annotated[list[str], typer.Argument(metavar="KEYFILE...", help="Key files of one issuer.")],
    output: Output = None,
    jwks: Annotated[bool, typer.Option("--jwks", help="Write the JWK set instead of the DID document.")] = False,
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
    url: Annotated[str, typer.Argument(help="URL of the context.")],
    file: Annotated[str, typer.Argument(help="File with its JSON.")],
    sha256: Annotated[str, typer.Option("--sha256", help="Expected SHA-256 of the file, in hex.")],
    directory: Annotated[
        str | None, typer.Option("--directory", help="Context directory; else BADGEPORT_CONTEXTS.")
    ] = None,
) -> None:
    """Add a context to your directory by file and digest. Bundled contexts cannot be replaced."""
    from badgeport.service.cli.contexts import add_context

    add_context(url, file, sha256, directory)


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code. No error becomes a traceback."""
    try:
        app(args=arguments, prog_name="badgeport")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else USAGE
    except ProblemError as error:
        say(f"badgeport: {plain(error)}")
        return USAGE
    except BrokenPipeError:
        return USAGE
    except OSError as error:
        say(f"badgeport: {error.filename or 'a file'}: {reason(error)}")
        return USAGE
    except KeyboardInterrupt:
        say("badgeport: stopped")
        return 130
    return 0
