"""Hand badges of employees in to Badgeport, wait, and write what came of it; with the standard library alone.

    python hr_import.py https://badges.example kane-ridge badges.zip --roster roster.csv --out results/

The token is read from the environment variable BADGEPORT_TOKEN; it needs the scopes hr:read and hr:write. Exit code:
0 everything was taken; 3 something was put aside for a person; 1 it did not come to an end; 2 it was refused.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

WAIT_SECONDS = 1.0
"""How long to wait before asking again how far an import is."""


class RefusedError(Exception):
    """The service refused a request; the text says why, and where."""


class StaffCredit:
    """The staff credit of one organization, through the public API."""

    def __init__(self, address: str, organization: str, token: str) -> None:
        self._at = f"{address.rstrip('/')}/api/v1/organizations/{urllib.parse.quote(organization)}/hr"
        self._token = token

    def replace_roster(self, roster: Path) -> dict[str, Any]:
        """Put a roster (CSV) in the place of the one before: how many employees, and each row that was not taken."""
        name = urllib.parse.quote(roster.name)
        return self._json("PUT", f"/roster/import?name={name}", roster.read_bytes(), "text/csv")

    def hand_in(self, badges: Path) -> dict[str, Any]:
        """Hand in a file of badges, in whatever form."""
        name = urllib.parse.quote(badges.name)
        return self._json("POST", f"/import?name={name}", badges.read_bytes(), "application/octet-stream")

    def wait_for(self, import_id: str, seconds: float) -> dict[str, Any]:
        """The import when it is over. Raises TimeoutError where that takes longer."""
        end = time.monotonic() + seconds
        while True:
            found = self._json("GET", f"/imports/{import_id}")
            if found["state"] in ("done", "stopped"):
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"the import {import_id} is still {found['state']}")
            time.sleep(WAIT_SECONDS)

    def put_aside(self) -> list[dict[str, Any]]:
        """Everything that waits for a person, with a stable code and the reason."""
        items: list[dict[str, Any]] = []
        page = 1
        while True:
            found = self._json("GET", f"/put-aside?size=200&page={page}")
            items += found["items"]
            if page >= found["pages"]:
                return items
            page += 1

    def package(self, number: int) -> bytes:
        """The proof package of one of an import's ``runs``: a ZIP archive."""
        return self._asked("GET", f"/packages/{number}")

    def ledger(self) -> bytes:
        """The whole ledger as CSV: a row for each badge, with verdict, code and digest."""
        return self._asked("GET", "/export?format=csv")

    def _json(self, method: str, path: str, body: bytes | None = None, media_type: str = "") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._asked(method, path, body, media_type))
        return found

    def _asked(self, method: str, path: str, body: bytes | None = None, media_type: str = "") -> bytes:
        headers = {"Authorization": f"Bearer {self._token}", **({"Content-Type": media_type} if body else {})}
        request = urllib.request.Request(self._at + path, data=body, headers=headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - an address of your own
                data: bytes = answer.read()
                return data
        except urllib.error.HTTPError as error:
            problem = error.read()
            try:
                said = json.loads(problem).get("detail", "")
            except ValueError:
                said = ""
            raise RefusedError(f"{method} {path}: {error.code} {said}".rstrip()) from None


def main(arguments: list[str]) -> int:
    """Hand in, wait, write; the exit code."""
    parser = argparse.ArgumentParser(description="Hand badges of employees in and write what came of it.")
    parser.add_argument("address", help="where Badgeport is, such as https://badges.example")
    parser.add_argument("organization", help="the short name of your organization")
    parser.add_argument("badges", type=Path, help="ZIP, NDJSON, CSV of links, or one badge")
    parser.add_argument("--roster", type=Path, help="first put this roster (CSV) in the place of the one before")
    parser.add_argument("--out", type=Path, default=Path("results"), help="where to write; made where it is missing")
    parser.add_argument("--wait", type=float, default=1800.0, help="how many seconds to wait at most")
    given = parser.parse_args(arguments)
    credit = StaffCredit(given.address, given.organization, os.environ.get("BADGEPORT_TOKEN", ""))
    try:
        if given.roster is not None:
            for row in credit.replace_roster(given.roster)["refused"]:
                print(f"roster line {row['line']}: {row['reason']}", file=sys.stderr)
        found = credit.wait_for(credit.hand_in(given.badges)["id"], given.wait)
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "import.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
        aside = credit.put_aside()
        (given.out / "put-aside.json").write_text(json.dumps(aside, indent=2), encoding="utf-8")
        (given.out / "ledger.csv").write_bytes(credit.ledger())
        for number in found["runs"]:
            (given.out / f"import-{number}.zip").write_bytes(credit.package(number))
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 2
    except TimeoutError as error:
        print(error, file=sys.stderr)
        return 1
    if found["state"] == "stopped":
        print(f"stopped: {found['trouble']}", file=sys.stderr)
        return 1
    summary = found["summary"]
    print(
        f"credited {summary['amount']} {summary['unit']} in {summary['credits']} lines; {len(aside)} wait for a person"
    )
    return 3 if summary["quarantined"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
