"""`badgeport contexts`: the bundled and the operator's JSON-LD contexts."""

from __future__ import annotations

import os
from typing import Any

from badgeport.schemas import contexts
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.contexts.directory import has_manifest
from badgeport.service.cli.console import fail, print_json, read_input, say, show

DIRECTORY_VARIABLE = "BADGEPORT_CONTEXTS"


def context_store() -> ContextStore:
    """The bundled contexts, and those of the directory that ``BADGEPORT_CONTEXTS`` names."""
    from pathlib import Path

    directory = os.environ.get(DIRECTORY_VARIABLE)
    if not directory:
        return contexts.store()
    if not has_manifest(Path(directory)):
        fail(f"{directory}: {DIRECTORY_VARIABLE} names a directory without a manifest.json")
    return contexts.store().with_directory(directory)


def list_contexts(as_json: bool) -> None:
    """Print every context at hand with where it comes from."""
    store = context_store()
    rows: list[dict[str, Any]] = []
    for url in store.urls():
        entry = store.entry(url)
        rows.append(
            {
                "url": url,
                "sha256": entry.sha256,
                "package": entry.package or None,
                "version": entry.version or None,
                "registry": entry.registry or None,
                "licence": entry.licence or None,
                "previous": [older.sha256 for older in entry.previous],
            }
        )
    if as_json:
        print_json({"contexts": rows})
        return
    for row in rows:
        source = f"{row['package']} {row['version']}, {row['licence']}" if row["package"] else "added by you"
        show(f"{row['sha256'][:12]}  {row['url']}\n              {source}")


def add_context(url: str, file: str, sha256: str, directory: str | None, as_json: bool) -> None:
    """Pin one more context in the operator's directory."""
    target = directory or os.environ.get(DIRECTORY_VARIABLE)
    if not target:
        fail(f"name the context directory with --directory, or set {DIRECTORY_VARIABLE}")
    entry = contexts.add_to_directory(target, url, read_input(file), sha256)
    say(f"{entry.url} added to {target} ({entry.sha256})")
    if as_json:
        print_json({"url": entry.url, "sha256": entry.sha256, "directory": str(target)})
    if os.environ.get(DIRECTORY_VARIABLE) != target:
        say(f"to use it: {DIRECTORY_VARIABLE}={target}")
