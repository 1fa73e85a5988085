"""Writes the hash-locked requirements: what runs (run.txt), what also tests (dev.txt), what mutates (mutation.txt).

Needs ``uv`` on the path or in the environment; the files it writes name no registry.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = "hatchling\neditables\n"


def compile_lock(output: str, *extra: str, extra_input: str = "", project: bool = True) -> None:
    """Resolve pyproject.toml (and ``extra_input``) into ``requirements/<output>`` with hashes.

    Without ``project``, what Badgeport itself needs is left out.
    """
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    sources = [str(ROOT / "pyproject.toml")] if project else []
    if extra_input:
        sources.append("-")
    subprocess.run(  # noqa: S603 - a fixed command on our own files
        [
            uv,
            "pip",
            "compile",
            *sources,
            *extra,
            "--quiet",
            "--generate-hashes",
            "--universal",
            "--python-version",
            "3.11",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--no-annotate",
            "--no-header",
            "-o",
            str(ROOT / "requirements" / output),
        ],
        input=extra_input,
        text=True,
        check=True,
        cwd=ROOT,
    )


if __name__ == "__main__":
    compile_lock("run.txt", "--extra", "service", extra_input=BUILD)
    extras = ("service", "postgres", "s3", "dask")
    compile_lock("dev.txt", *(part for name in extras for part in ("--extra", name)), "--group", "dev")
    compile_lock("mutation.txt", "--group", "mutation", project=False)
