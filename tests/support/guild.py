"""The badge of the example policies as files, as a clerk has them: key, key document, award and signed badge."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.example_badge import AWARD, GUILD_HOST

PASSPHRASE = "a guild has secrets, too"


@dataclass(frozen=True)
class GuildFiles:
    """Where the files are. ``documents`` is what verifying the badge takes."""

    root: Path
    key: Path
    documents: Path
    badge: Path
    facts: Path

    def mint(self, invoke: Callable[..., Any], name: str, **changes: Any) -> Path:
        """Another badge of the guild; ``changes`` replace members of the award."""
        award = self.root / f"{name}.award.json"
        award.write_text(json.dumps({**AWARD, "id": f"https://{GUILD_HOST}/badges/{name}", **changes}))
        return _minted(invoke, self.root, award, self.key, self.root / f"{name}.json")


def guild_files(invoke: Callable[..., Any], root: Path) -> GuildFiles:
    """Make all of them in a directory with the commands of the program. ``invoke`` runs one command."""
    (root / "documents").mkdir(parents=True)
    (root / "PASSPHRASE").write_text(PASSPHRASE + "\n", encoding="utf-8")
    key = root / "key.json"
    _ran(invoke("keys", "new", "--did", f"web:{GUILD_HOST}", "-o", key, "--passphrase-file", root / "PASSPHRASE"))
    _ran(invoke("did", "document", key, "-o", root / "documents" / "guild.did.json"))
    award = root / "award.json"
    award.write_text(json.dumps(AWARD), encoding="utf-8")
    badge = _minted(invoke, root, award, key, root / "badge.json")
    facts = root / "facts.json"
    facts.write_text(json.dumps({"lane": "BA"}), encoding="utf-8")
    return GuildFiles(root, key, root / "documents", badge, facts)


def _minted(invoke: Callable[..., Any], root: Path, award: Path, key: Path, output: Path) -> Path:
    _ran(invoke("mint", award, "--key", key, "-o", output, "--passphrase-file", root / "PASSPHRASE"))
    return output


def _ran(ran: Any) -> None:
    assert ran.code == 0, ran.err
