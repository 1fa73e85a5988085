"""`badgeport mint`: awards in, signed credentials out."""

from __future__ import annotations

import os
import re
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from badgeport.issuer.award import read_awards
from badgeport.issuer.mint import Minted, mint
from badgeport.keys.custody import SCHEMES, open_signer
from badgeport.keys.signer import Signer
from badgeport.schemas import carrier
from badgeport.service.cli.console import (
    about,
    fail,
    passphrase_source,
    print_json,
    read_input,
    reason,
    say,
    write_file,
    write_output,
)
from badgeport.service.cli.contexts import context_store

_URI = re.compile(rf"({'|'.join(SCHEMES)}):")
_UNSAFE = re.compile(r"[^a-z0-9]+")


def open_key(uri: str, passphrase_file: str | None) -> Signer:
    """The signer at a key URI; a bare path is taken as ``file:``."""
    if not _URI.match(uri):
        if not os.path.exists(uri):
            # The text is not repeated: it may be a secret that was given in the wrong place.
            fail("--key names no file that is there, and is no key URI (file:PATH, env:NAME, pkcs11:…, awskms:…)")
        uri = f"file:{uri}"
    return open_signer(uri, passphrase=passphrase_source(passphrase_file))


def mint_awards(
    award: str, key: str, format: str, bake: str | None, output: str | None, passphrase_file: str | None, as_json: bool
) -> None:
    """Mint every award of the input; none is written unless all of them can be."""
    output = None if output == "-" else output
    with about(award):
        awards = read_awards(read_input(award))
    image = read_input(bake) if bake else None
    if image is not None and output is None:
        fail("a baked image is no text: name the file with -o")
    if output is not None and os.path.exists(output) and os.path.exists(award) and os.path.samefile(output, award):
        fail(f"{output} is the award itself; name another file with -o")
    signer = open_key(key, passphrase_file)
    contexts = context_store()
    now = datetime.now(UTC)
    minted: list[Minted] = []
    for number, one in enumerate(awards, 1):
        with about(f"award {number} of {len(awards)}") if len(awards) > 1 else nullcontext():
            minted.append(mint(one, signer, format, now=now, contexts=contexts))
    for warning in dict.fromkeys(warning for each in minted for warning in each.warnings):
        say(f"warning: {warning}")
    with about(bake) if bake else nullcontext():
        results = [each.bytes if image is None else carrier.bake(image, each.bytes.decode()) for each in minted]
    paths: list[str | None]
    if output is None:
        if not as_json:
            write_output(None, b"\n".join(results))
        paths = [None] * len(results)
    elif len(results) > 1 or output.endswith(os.sep) or os.path.isdir(output):
        paths = _write_many(Path(output), minted, results, _suffix(minted[0], image))
    else:
        write_output(output, results[0], text=image is None)
        paths = [output]
    if as_json:
        print_json(
            {
                "minted": [
                    {
                        "id": each.credential["id"],
                        "name": each.credential.get("name"),
                        "format": each.format,
                        "sha256": each.sha256,
                        "file": path,
                        **({} if path else {"credential": each.bytes.decode()}),
                    }
                    for each, path in zip(minted, paths, strict=True)
                ]
            }
        )
    else:
        for each, path in zip(minted, paths, strict=True):
            if path:
                say(f"{path}: {each.credential.get('name')} ({each.format}), sha256 {each.sha256}")


def _write_many(directory: Path, minted: list[Minted], results: list[bytes], suffix: str) -> list[str | None]:
    if directory.exists() and not directory.is_dir():
        fail(f"{directory} is a file, and there are {len(results)} awards; name a directory with -o")
    width = len(str(len(results)))
    paths = [directory / f"{number:0{width}}-{_file_name(each)}{suffix}" for number, each in enumerate(minted, 1)]
    taken = next((path for path in paths if os.path.lexists(path)), None)
    if taken is not None:
        fail(f"{taken} exists already, and badges of an earlier run are not overwritten; name another directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for path, data in zip(paths, results, strict=True):
            write_file(path, data)
    except OSError as error:
        fail(f"{error.filename or directory}: {reason(error)}")
    return [str(path) for path in paths]


def _file_name(minted: Minted) -> str:
    return _UNSAFE.sub("-", str(minted.credential.get("name", "")).lower()).strip("-")[:60] or "badge"


def _suffix(minted: Minted, image: bytes | None) -> str:
    if image is not None:
        return f".{carrier.detect(image)}"
    return {"vc-jwt": ".jwt", "vc+jwt": ".jwt", "vc+sd-jwt": ".sd-jwt"}.get(minted.format, ".json")
