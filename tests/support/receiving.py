"""A district that decides on badges: an organisation with a policy in force, beside one that awards them."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import select

from badgeport.issuer.awards.tables import SignedCopy
from badgeport.issuer.people.tables import Organization
from badgeport.receiver.decisions import filing, packages, services
from badgeport.receiver.decisions import handed as handed_in
from badgeport.receiver.decisions.filing import Case
from badgeport.receiver.decisions.handed import Draft, Handed
from badgeport.receiver.decisions.tables import FiledDecision
from badgeport.service.working import worker_of
from badgeport.verifier.recognition.authoring.authoring import read_policy
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.shelf import Shelved
from badgeport.verifier.web.choosing import Choice
from support import hosted
from support.site import PUBLIC_URL, Site

POLICY = """\
id: {url}/policies/ridge.credit
version: "1"
title: In-district credit
jurisdiction: {{id: "{did}", name: Ridge District, area: US-IL, kind: district}}
effective: {{from: 2026-01-01}}
status: {status}
purposes:
  salary-lane: {{title: Salary schedule, unit: in-district credit}}
rules:
  - id: bachelor
    title: Credit on the bachelor's lanes
    purpose: salary-lane
    category: bachelor
    citation: {{text: "Agreement, section 5.10B"}}
    who:
      - lane: {{oneOf: [BA, BA+16]}}
    credential:
      - achievementType: {{oneOf: [MicroCredential, Achievement, Badge, Competency]}}
    conditions:
      - effort: {{unit: contact hours, atLeast: 10}}
    worth: {{fixed: 2}}
    decides: automatic
caps:
  - id: ever
    title: At most 3 credits
    purpose: salary-lane
    amount: 3
    per: ever
    citation: {{text: "Agreement, section 5.10C"}}
"""


def shelf(folder: Path, did: str, *, status: str = "in-force", name: str = "ridge-credit") -> Path:
    """A folder with a policy of whoever has the DID."""
    folder.mkdir(parents=True, exist_ok=True)
    text = POLICY.format(url=PUBLIC_URL, did=did, status=status)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def badge(site: Site, org: Organization, key: str = "one", name: str = "Facilitating Data Talks") -> bytes:
    """A signed badge, as its earner has it."""
    award = hosted.award(site, org, hosted.published(site, org, name=name), key)
    return copy_of(site, award.id)


def copy_of(site: Site, award_id: str) -> bytes:
    """The signed file of an award."""
    with site.desk.database.reading() as session:
        copy = session.exec(select(SignedCopy).where(SignedCopy.award_id == award_id, SignedCopy.form == "json")).one()
    return copy.body


def work(site: Site) -> int:
    """Have every job done that is due, those of the receiver too."""
    return worker_of(site.app.state.office).run_until_idle()


def filed(
    site: Site, org: Organization, data: bytes, by: str, *, status: str = "in-force"
) -> tuple[FiledDecision, str, str]:
    """A decision that an organisation filed on a badge, the secret of its educator's link, and a draft of ``by``."""
    office = site.app.state.office
    text = POLICY.format(url=PUBLIC_URL, did=org.did, status="in-force").replace("ridge.credit", f"{org.slug}.credit")
    choice = Choice("credit/salary-lane", Shelved("credit", read_policy(text), text), "salary-lane")
    handed = (Handed("badge.json", data),)
    examined = handed_in.examined(office.verifier, handed, site.clock().replace(microsecond=0))
    reckoned = filing.reckon(office, org, Case(choice, read_facts({"lane": "BA"}), examined, f"Case of {org.slug}"))
    made, now, who = reckoned.made, site.clock(), {"actor": "system", "now": site.clock()}
    stored = services.store(site.desk.blobs, packages.packed(made.inputs, made.decision, examined, made.shelved))
    with site.desk.database.writing() as session:
        # On file without its policy on a shelf: what can be filed is not asked here.
        row = services.file_decision(
            session, org, made, stored, reference=f"Case of {org.slug}", key="one", fingerprint="", began=now, **who
        )
        secret = services.make_link(session, row, **who)
    under = "in-district-credit/salary-lane"
    draft = Draft(org.id, by, under, site.clock().replace(microsecond=0), handed)
    return row, secret, handed_in.keep(office.verifier, draft)
