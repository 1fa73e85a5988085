"""Re-create the bundled JSON-LD contexts from the packages that their manifest names, and check every digest.

    python tools/update_contexts.py            write the files
    python tools/update_contexts.py --check    compare only

Needs pip, npm and node, and package registries that they can reach. A file whose digest is not the one in the manifest
is never written: to move to a newer package, change the manifest first.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "schemas/badgeport/schemas/contexts/data"

# Reads the text of a CommonJS module that holds nothing but data, and prints its value as JSON.
AS_JSON = """
const sandbox = {module: {exports: null}};
require('vm').runInNewContext(require('fs').readFileSync(0, 'utf8'), sandbox, {timeout: 5000});
process.stdout.write(JSON.stringify(sandbox.module.exports, null, 2) + '\\n');
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the packages; write nothing")
    check = parser.parse_args().check
    wrong = 0
    for record in records():
        target = DATA / record["file"]
        try:
            data = extract(record)
        except (OSError, KeyError, subprocess.SubprocessError) as error:
            print(
                f"{record['file']}: not to be had from {record['package']} {record['version']}: {error}",
                file=sys.stderr,
            )
            wrong += 1
            continue
        if hashlib.sha256(data).hexdigest() != record["sha256"]:
            print(f"{record['file']}: the package's file does not have the digest in the manifest", file=sys.stderr)
            wrong += 1
        elif not check:
            target.write_bytes(data)
        elif not target.exists() or target.read_bytes() != data:
            print(f"{record['file']}: differs from the package's file", file=sys.stderr)
            wrong += 1
    print(
        f"{wrong} files are wrong or could not be had" if wrong else "all files are as the manifest says",
        file=sys.stderr,
    )
    return 1 if wrong else 0


def records() -> Iterator[dict[str, Any]]:
    """Every file in the manifest, earlier editions too."""
    for record in json.loads((DATA / "manifest.json").read_text(encoding="utf-8")):
        yield record
        yield from record["previous"]


def extract(record: dict[str, Any]) -> bytes:
    """The bytes of one file, out of its package; a JavaScript module as the JSON of its value."""
    data = archive(record["registry"], record["package"], record["version"])[record["path"]]
    return run("node", "-e", AS_JSON, given=data) if record["path"].endswith(".js") else data


@cache
def archive(registry: str, package: str, version: str) -> dict[str, bytes]:
    """The files of a published package by their path in it."""
    with tempfile.TemporaryDirectory() as folder:
        if registry == "npm":
            run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, f"{package}@{version}")
        else:
            pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
            run(*pip, "--dest", folder, f"{package}=={version}")
        data = next(Path(folder).iterdir()).read_bytes()
    if registry != "npm":
        with zipfile.ZipFile(io.BytesIO(data)) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tarball:
        for member in tarball.getmembers():
            stream = tarball.extractfile(member)
            if stream is not None:
                # npm puts everything in one folder, usually called "package".
                files[member.name.partition("/")[2]] = stream.read()
    return files


def run(program: str, *arguments: str, given: bytes | None = None) -> bytes:
    """What a program prints. Raises OSError when it is not installed, SubprocessError when it fails."""
    path = shutil.which(program)
    if path is None:
        raise FileNotFoundError(f"{program} is not installed")
    # The arguments are fixed texts and the names in our own manifest.
    return subprocess.run([path, *arguments], input=given, stdout=subprocess.PIPE, check=True, timeout=300).stdout  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
