"""What an organisation has in its room for policies: a policy with a draft, an agreement, approvals, all published."""

from __future__ import annotations

import json
from datetime import date

from badgeport.issuer.people.tables import Organization
from badgeport.receiver.partnerships import agreements, approvals
from badgeport.receiver.policies import editions, services, writing
from badgeport.receiver.policies.tables import Edition
from badgeport.verifier.recognition.approval.authority import Approval
from badgeport.verifier.recognition.model import Period
from support.site import Site

MEMBERS = [
    {"id": "did:web:arkansas.example", "name": "Arkansas", "area": "US-AR", "issuers": ["did:web:guild.example"]},
    {"id": "did:web:wyoming.example", "name": "Wyoming", "withdrawn": "2026-02-01", "issuers": []},
]


def kept(site: Site, org: Organization, actor: str) -> dict[str, str]:
    """Rows of every kind, as they are after a worker signed; their ids by the names that addresses give them."""
    now, desk = site.clock(), site.desk
    with desk.database.writing() as session:
        place = services.place_of(desk, org, "salary")
        text = writing.blank(place, "2026-01-01").replace("status: draft", "status: in-force")
        policy = services.create(session, org, name="salary", title="Salary credit", text=text, actor=actor, now=now)
        edition = services.publish(session, desk, org, policy, expected=policy.version, actor=actor, now=now)
        services.begin(session, policy, edition, actor=actor, now=now)
        agreement = agreements.create(session, org, name="states", title="Partnership", actor=actor, now=now)
        body = {"title": "Partnership", "from": "2025-07-01", "members": MEMBERS}
        agreements.save(session, agreement, body, expected=agreement.version, actor=actor, now=now)
        signed = agreements.publish(session, desk, org, agreement, expected=agreement.version, actor=actor, now=now)
        agreements.begin(session, agreement, signed, actor=actor, now=now)
        approval = approvals.add(
            session,
            org,
            Approval("did:web:guild.example", period=Period(date(2026, 1, 1)), name="All of the guild"),
            actor=actor,
            now=now,
        )
        listed = approvals.publish(session, desk, org, actor=actor, now=now)
        for row in (edition, signed, listed):
            _as_signed(row)
            editions.settle(session, row, row.body or b"", row.sha256, row.media_type, now=now)
        # What stands there now is not published yet.
        approvals.add(session, org, Approval("did:web:lakeside.example"), actor=actor, now=now)
    return {
        "policy_id": policy.id,
        "edition_id": edition.id,
        "agreement_id": agreement.id,
        "approval_id": approval.id,
    }


def _as_signed(row: Edition) -> None:
    """Something in the place of the signed bytes: who may reach them is tested here, not what they say."""
    row.body, row.sha256, row.media_type = json.dumps({"edition": row.id}).encode(), "0" * 64, "application/vc"
