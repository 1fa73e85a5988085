"""An organisation's HR that has credited a badge: roster, import, ledger, something put aside, an open change."""

from __future__ import annotations

from sqlmodel import select

from badgeport.issuer.awards.tables import SignedCopy
from badgeport.issuer.people.tables import Organization
from badgeport.receiver.hr import rooms
from badgeport.receiver.hr.tables import HrImport, HrRecheck, HrSettings
from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.hr.deciding import Terms
from badgeport.verifier.hr.importing import run_import
from badgeport.verifier.hr.roster import read_roster
from badgeport.verifier.hr.sources import Piece
from support import deciding
from support.site import Site


def kept(site: Site, org: Organization, award_id: str, email: str, by: str) -> dict[str, str]:
    """Credit the badge of an award to who has the address; the ids of what is kept then, by what addresses call it."""
    office, now, employee = site.app.state.office, site.clock(), f"E-{org.slug}"
    roster = f"employee,name,emails\n{employee},Rosa,{email}\n".encode()
    said = {"sha256": rooms.digest_of(roster), "name": "roster.csv", "employees": 1, "refused": 0, "by": by}
    said["at"] = now.isoformat()
    path = rooms.roster_file(office, org.id, said)
    assert path is not None
    rooms.keep_whole(path, roster)
    rule = deciding.rule("each", credential=[{"issuer": {"oneOf": [org.did]}}])
    policy = deciding.policy(rule, status="in-force", effective={"from": "2026-01-01", "until": "2099-12-31"})
    with site.desk.database.reading() as session:
        copies = session.exec(select(SignedCopy).where(SignedCopy.award_id == award_id)).all()
    badge = next(one.body for one in copies if one.form == "json")
    terms = Terms(policy, deciding.PURPOSE, deciding.SOFTWARE)
    pieces = [Piece("rosa.json", badge), Piece("nothing.txt", f"nothing of {org.slug}".encode())]
    with rooms.ledger_of(office, org.id) as ledger:
        summary = run_import(ledger, pieces, read_roster(roster), terms, rooms.examiner_of(office), now)
        assert (summary.credits, summary.outcomes) == (1, {"new": 1, "quarantined": 1})
        with ledger.transaction() as connection:
            connection.execute(
                "INSERT INTO finding (found, entry, kind, code, detail, proposal, state)"
                " VALUES (?, 1, 'not-valid', 'REVOKED', 'It was revoked.', 'reverse', 'open')",
                (format_datetime(now),),
            )
    settings = HrSettings(org_id=org.id, policy=policy.id, purpose=deciding.PURPOSE, roster=said, changed=now)
    settings.webhook, settings.webhook_secret = "https://payroll.example/", "sealed"
    brought = HrImport(
        org_id=org.id,
        name="rosa.json",
        state="done",
        policy=policy.id,
        purpose=deciding.PURPOSE,
        position=2,
        runs=[summary.run],
        summary=summary.to_json(),
        created=now,
        created_by=by,
        finished=now,
    )
    looked = HrRecheck(
        org_id=org.id, state="done", checked=1, found=[1], created=now, created_by=by, finished=now, report={"new": 1}
    )
    with site.desk.database.writing() as session:
        session.add_all([settings, brought, looked])
    return {"import_id": brought.id, "recheck_id": looked.id, "employee": employee}
