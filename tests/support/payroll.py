"""A district's payroll office: its policy, its roster, badges that reach it, and imports of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from badgeport.keys.signer import Signer
from badgeport.schemas import jsontext
from badgeport.schemas.identity import hash_identity
from badgeport.verifier.hr.deciding import Terms
from badgeport.verifier.hr.examining import Examiner
from badgeport.verifier.hr.importing import Summary, run_import
from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.roster import Roster, read_roster
from badgeport.verifier.hr.sources import Piece
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import deciding
from support import verifying as v

SOFTWARE = "badgeport test"
INES, OMAR = "did:example:ines-marchetti", "did:example:omar-said"
ROSTER = f"""employee,name,emails,dids,lane,cycle,cycle_from,cycle_until
E-1,Ines Marchetti,ines@kaneridge.example,{INES},BA,2026,2026-01-01,2026-12-31
E-2,Omar Said,Omar.Said@kaneridge.example,{OMAR},BA,2026,2026-01-01,2026-12-31
"""


def roster(text: str = ROSTER) -> Roster:
    """The roster of Ines and Omar unless another is given."""
    return read_roster(text.encode())


def rule(name: str = "each", **members: Any) -> dict[str, Any]:
    """One credit for each badge of Lakeside."""
    members.setdefault("credential", [{"issuer": {"oneOf": [v.signer().controller]}}])
    return deciding.rule(name, **members)


def policy(*rules: Mapping[str, Any], **members: Any) -> RecognitionPolicy:
    """A policy of one rule, `rule`, unless others are given."""
    return deciding.policy(*(rules or (rule(),)), **members)


def terms(under: RecognitionPolicy | None = None) -> Terms:
    """By what an import decides."""
    return Terms(under or policy(), deciding.PURPOSE, SOFTWARE)


def badge(name: str, holder: str | None = INES, *, by: Signer | None = None, **changes: Any) -> bytes:
    """A signed badge for an achievement of its own; ``identifier`` among the changes stands in its subject."""
    signer = by or v.signer()
    body = v.badge(signer.controller, id=f"urn:example:{name}", name=name)
    subject = body["credentialSubject"]
    subject["achievement"]["id"] = f"https://lakeside.example/achievements/{name}"
    subject["achievement"]["name"] = name
    subject.pop("id")
    if holder is not None:
        subject["id"] = holder
    if (identifier := changes.pop("identifier", None)) is not None:
        subject["identifier"] = identifier
    return v.sign(v.changed(body, **changes), signer)


def hashed(value: str, kind: str = "emailAddress", salt: str = "pepper") -> dict[str, Any]:
    """A salted identity hash as it stands in a badge."""
    return {
        "type": "IdentityObject",
        "identityHash": hash_identity(value, salt),
        "identityType": kind,
        "hashed": True,
        "salt": salt,
    }


def examiner(documents: Mapping[str, Any] | None = None) -> Examiner:
    """Verifies offline, with these documents at hand."""
    held = {url: jsontext.dump(body) if isinstance(body, dict) else body for url, body in (documents or {}).items()}
    return Examiner(lambda fetcher: Verifier(fetcher=fetcher, software=SOFTWARE), ReplayResolver(held))


def ledger(folder: Path) -> Ledger:
    """The ledger in a folder."""
    return Ledger(folder / "hr.sqlite")


def bring_in(
    into: Ledger,
    *data: bytes | Piece,
    under: RecognitionPolicy | None = None,
    people: Roster | None = None,
    documents: Mapping[str, Any] | None = None,
    now: datetime = v.NOW,
) -> Summary:
    """Import these badges."""
    pieces: Iterable[Piece] = (
        each if isinstance(each, Piece) else Piece(f"badge {index}", each) for index, each in enumerate(data, start=1)
    )
    return run_import(into, pieces, people or roster(), terms(under), examiner(documents), now)


def balance(of: Ledger, employee: str = "E-1") -> str:
    """What stands to an employee's credit."""
    return number(sum((entry.amount for entry in of.active() if entry.employee == employee), Decimal(0)))


def content(of: Ledger) -> dict[str, list[dict[str, Any]]]:
    """Everything in the ledger that an import may not change when it is repeated."""
    tables = ("original", "badge", "copy", "decision", "entry", "quarantine", "checked")
    return {table: list(of.rows(f"SELECT * FROM {table}")) for table in tables}
