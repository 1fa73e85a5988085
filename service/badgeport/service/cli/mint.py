"""`badgeport mint`: awards in, signed credentials out."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from badgeport.issuer.award import read_awards
from badgeport.issuer.mint import Minted, mint
from badgeport.keys.custody import SCHEMES, open_signer
from badgeport.keys.signer import Signer
from badgeport.schemas import carrier
from badgeport.service.cli.console import (
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
    if not _URI.match(uri) and os.path.exists(uri):
        uri = f"file:{uri}"
    return open_signer(uri, passphrase=passphrase_source(passphrase_file))


def mint_awards(
    award: str, key: str, format: str, bake: str | None, output: str | None, passphrase_file: str | None, as_json: bool
) -> None:
    """Mint every award of the input; none is written unless all of them can be."""
    awards = read_awards(read_input(award))
    image = read_input(bake) if bake else None
    if image is not None and (output is None or output == "-"):
        fail("a baked image is no text: name the file with -o")
    signer = open_key(key, passphrase_file)
    contexts = context_store()
    now = datetime.now(UTC)
    minted = [mint(each, signer, format, now=now, contexts=contexts) for each in awards]
    for warning in dict.fromkeys(warning for each in minted for warning in each.warnings):
        say(f"warning: {warning}")
    results = [each.bytes if image is None else carrier.bake(image, each.bytes.decode()) for each in minted]
    suffix = _suffix(minted[0], image)
    paths: list[str | None]
    if len(results) == 1:
        if not (as_json and output is None):
            write_output(output, results[0], text=image is None)
        paths = [output]
    elif output is None or output == "-":
        if not as_json:
            write_output(None, b"\n".join(results))
        paths = [None] * len(results)
    else:
        paths = _write_many(Path(output), minted, results, suffix)
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
    width = len(str(len(results)))
    paths: list[str | None] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for number, (each, data) in enumerate(zip(minted, results, strict=True), 1):
            name = _UNSAFE.sub("-", str(each.credential.get("name", "badge")).lower()).strip("-")[:60] or "badge"
            path = directory / f"{number:0{width}}-{name}{suffix}"
            write_file(path, data)
            paths.append(str(path))
    except OSError as error:
        fail(f"{directory}: {reason(error)}")
    return paths


def _suffix(minted: Minted, image: bytes | None) -> str:
    if image is not None:
        return f".{carrier.detect(image)}"
    return {"vc-jwt": ".jwt", "vc+jwt": ".jwt", "vc+sd-jwt": ".sd-jwt"}.get(minted.format, ".json")
