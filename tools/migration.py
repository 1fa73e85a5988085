"""Write the next version of the tables from what the code says of them.

    python tools/migration.py "What changes"

compares a database of all versions so far with the tables in the code and writes what is missing as a new version below
`service/badgeport/service/database/versions`. Read it, and add what only a person can know: how old rows get their new
values. With `--anew` it writes the first version again and removes all others; for as long as nothing was released.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory

from badgeport.issuer.audit import ddl
from badgeport.issuer.storage.columns import Instant
from badgeport.issuer.storage.database import Database
from badgeport.service.database import migrations

VERSIONS = Path(migrations.__file__).parent / "versions"


def main(arguments: list[str]) -> int:
    anew = "--anew" in arguments
    words = [word for word in arguments if not word.startswith("--")]
    if len(words) != 1:
        print(__doc__)
        return 2
    if anew:
        for path in VERSIONS.glob("v*.py"):
            path.unlink()
    config = migrations._config()
    heads = ScriptDirectory.from_config(config).get_heads()
    number = f"{int(heads[0]) + 1 if heads else 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        database = Database.at(f"sqlite:///{folder}/now.sqlite")
        if heads:
            migrations.upgrade(database)
        with database.engine.connect().execution_options(begin="IMMEDIATE") as connection:
            config.attributes["connection"] = connection
            config.attributes["writing"] = {"render_item": _rendered, "render_as_batch": bool(heads)}
            made: Any = command.revision(config, words[0], autogenerate=True, rev_id=number)
    slug = "_".join(words[0].lower().split())[:40]
    path = VERSIONS / f"v{number}_{slug}.py"
    Path(made.path).rename(path)
    source = "".join(
        line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if "# ### " not in line
    )
    path.write_text(source if heads else _with_audit(source), encoding="utf-8")
    for step in (["format"], ["check", "--fix", "--select", "I,F401,UP,E303"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, "-q", str(path)], check=True)  # noqa: S603 - our own words
    print(path)
    return 0


def _rendered(kind: str, item: Any, _context: Any) -> str | bool:
    """Types by what they are in the database: a version must not change when our classes do."""
    if kind != "type":
        return False
    if isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if type(item).__name__ == "AutoString":
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def _with_audit(source: str) -> str:
    """The first version with what keeps the audit log from being changed, as it stands now."""
    kept = {name: list(ddl.statements(name)) for name in ("sqlite", "postgresql")}
    return (
        source.replace("\n\nfrom", "\n\n# ruff: noqa: E501 - what guards the audit log stands as it is run\n\nfrom", 1)
        .replace("\n\n\ndef upgrade", f"\n\n_APPEND_ONLY = {kept!r}\n\n\ndef upgrade", 1)
        .rstrip("\n")
        + "\n    connection = op.get_bind()\n"
        + "    for statement in _APPEND_ONLY[connection.dialect.name]:\n"
        + "        connection.exec_driver_sql(statement)\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
