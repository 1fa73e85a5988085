"""Two organisations side by side, each with its people, and one thing of every kind that an address may name.

What one of them has must be out of reach for the other: tests of access go through every address with both.
"""

from __future__ import annotations

import io
import re
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, SQLModel, select

from badgeport.issuer.api.tables import IssuedCredential
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import AwardBatch, BatchRow, Mail, StackProposal
from badgeport.issuer.catalog.tables import (
    Competency,
    CompetencyFramework,
    Definition,
    DefinitionVersion,
    Proposal,
    QualityFramework,
)
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import (
    Account,
    ApiToken,
    AssessorCertification,
    FederatedIdentity,
    IssuerKey,
    Membership,
    OneTimeLink,
    Organization,
    OrganizationImage,
    Passkey,
    School,
)
from badgeport.issuer.status.tables import StatusListRow
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.storage.secrets import new_token, token_hash
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.submissions.tables import (
    Attempt,
    Comment,
    EvidenceItem,
    Experience,
    Peer,
    Review,
    SavedText,
    Submission,
)
from badgeport.issuer.web.access import SCOPES
from badgeport.service.app import OFFICES_NAME
from support import hosted, policy_room, receiving, staff_credit
from support.site import Site

_NAMED = (
    (r"/c/{name}", "name", "award_id"),
    (r"/achievements/{name}", "name", "definition_id"),
    (r"/achievements/{definition_id}/{name}", "name", "number"),
    (r"/c/{award_id}/evidence/.*", "item_id", "evidence_id"),
    (r".*/quality-frameworks/.*", "framework_id", "quality_id"),
    (r".*/completed-stacks/.*|.*/stacks/.*", "proposal_id", "stack_proposal_id"),
    (r".*/reviews/.*", "portfolio", "handed_in_id"),
    (r".*/reviews/.*", "item", "handed_in_evidence_id"),
    (r".*", "portfolio", "submission_id"),
    (r".*", "item", "evidence_id"),
    (r".*/(hours|experiences)/.*", "entry", "experience_id"),
    (r"/peers/.*/comments/.*", "entry", "peer_comment_id"),
    (r".*/comments/.*", "entry", "comment_id"),
    (r".*", "peer", "peer_id"),
    (r".*", "text", "saved_text_id"),
    (r".*", "definition", "definition_id"),
)
"""What a parameter of a path names, where its own name does not say so: a pattern of paths, the parameter, the id."""

_SAID = {"part": "first", "by": "schools", "file": "receipt.json"}
"""Parameters that name no thing but one of a few words."""

_SECRETS = {
    "link": "sign-in",
    "claim": "claim",
    "invitations": "invitation",
    "peers": "peer",
    "e-mail": "e-mail",
    "decided": "decision",
}
"""The purpose of the link whose secret stands after a segment."""


@dataclass(frozen=True)
class Side:
    """One organisation. ``people`` by role, ``everybody`` who has every role in it, ``ids`` by the name that the
    addresses give them, ``secrets`` of links by purpose."""

    org: Organization
    people: dict[Role, Account]
    everybody: Account
    ids: dict[str, str]
    secrets: dict[str, str]

    def value_of(self, path: str, parameter: str) -> str | None:
        """What a parameter of a route's path is on this side; None where this module does not know it."""
        if parameter == "secret":
            before = path.partition("/{secret}")[0].rpartition("/")[2]
            return self.secrets.get(_SECRETS.get(before, ""))
        if parameter in _SAID:
            return _SAID[parameter]
        for pattern, name, key in _NAMED:
            if name == parameter and re.fullmatch(pattern, path):
                return self.ids[key]
        return self.ids.get(parameter)


@dataclass
class Neighbours:
    """The site with both sides, somebody who belongs to neither, and the operator; ``restore`` undoes what was done."""

    site: Site
    prairie: Side
    ridge: Side
    outsider: Account
    operator: Account
    _copy: Path = field(init=False)

    def __post_init__(self) -> None:
        self._copy = self._file.with_suffix(".copy")
        self.site.desk.database.close()
        self._drop_journal()
        shutil.copy(self._file, self._copy)
        self._offices(self._folder / OFFICES_NAME, self._folder / "offices.copy")

    def restore(self) -> None:
        """Put the database, and the files of the offices, back to what they were at the beginning."""
        self.site.desk.database.close()
        self._drop_journal()
        shutil.copy(self._copy, self._file)
        self._offices(self._folder / "offices.copy", self._folder / OFFICES_NAME)

    def contents(self) -> dict[str, list[Any]]:
        """Every row of every table but those that a mere visit may change."""
        with self.site.desk.database.reading() as session:
            return {
                name: sorted(repr(row) for row in session.connection().execute(select(table)))
                for name, table in SQLModel.metadata.tables.items()
                if name not in ("sign_in", "api_token", "view_count")
            }

    @property
    def _folder(self) -> Path:
        return Path(self.site.settings.data_dir)

    @property
    def _file(self) -> Path:
        return self._folder / "badgeport.sqlite"

    @staticmethod
    def _offices(source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target)

    def _drop_journal(self) -> None:
        for ending in ("-wal", "-shm"):
            self._file.with_name(self._file.name + ending).unlink(missing_ok=True)


def neighbours(folder: Path, **settings: Any) -> Neighbours:
    """Both sides, on SQLite."""
    site = Site(folder, **settings)
    prairie, ridge = (_side(site, slug) for slug in ("prairie", "ridge"))
    outsider = site.person("Otto Nowhere")
    operator = site.person("Opal Keeper", operator=True)
    return Neighbours(site, prairie, ridge, outsider, operator)


def _side(site: Site, slug: str) -> Side:
    org = hosted.issuer(site, slug, name=slug.title())
    people = {
        role: site.person(f"{role.value.title()} {slug.title()}", {slug: [role]}, email=f"{role.value}@{slug}.example")
        for role in Role
    }
    everybody = site.person(f"Everybody {slug.title()}", {slug: list(Role)}, email=f"everybody@{slug}.example")
    educator = people[Role.EDUCATOR]
    published = hosted.published(site, org)
    award = hosted.award(
        site,
        org,
        published,
        recipient=RecipientData(f"Rosa {slug.title()}", f"rosa@{slug}.example"),
        account_id=educator.id,
    )
    digest, size = site.desk.blobs.put(io.BytesIO(f"notes of {slug}".encode()))
    with site.desk.database.writing() as session:
        ids, secrets = _things(session, site, org, people, published, award.id, (digest, size))
    hosted.work(site)
    ids |= policy_room.kept(site, org, everybody.id)
    ids |= staff_credit.kept(site, org, award.id, f"rosa@{slug}.example", people[Role.HR].id)
    decision, secrets["decision"], ids["draft"] = receiving.filed(
        site, org, receiving.copy_of(site, award.id), everybody.id
    )
    ids["decision_id"] = decision.id
    receiving.work(site)
    return Side(org, people, everybody, ids, secrets)


def _things(
    session: Session,
    site: Site,
    org: Organization,
    people: dict[Role, Account],
    published: tuple[Definition, DefinitionVersion],
    award_id: str,
    blob: tuple[str, int],
) -> tuple[dict[str, str], dict[str, str]]:
    now, (definition, version) = site.clock(), published
    educator, author, assessor = people[Role.EDUCATOR], people[Role.AUTHOR], people[Role.ASSESSOR]
    digest, size = blob

    def add(*rows: Any) -> Any:
        session.add_all(rows)
        session.flush()
        return rows[0]

    add(Blob(digest=digest, size=size, media_type="text/plain", created=now))
    add(OrganizationImage(org_id=org.id, digest=digest, created=now))
    school = add(School(org_id=org.id, name=f"{org.name} Elementary", enrolment=412))
    membership = session.exec(select(Membership).where(Membership.account_id == educator.id)).one()
    membership.school_id = school.id
    add(membership)
    draft = add(
        Definition(
            org_id=org.id, slug="a-draft", name="A draft", state="draft", draft=1, created=now, created_by=author.id
        )
    )
    add(DefinitionVersion(definition_id=draft.id, number=1, body=version.body, created=now, created_by=author.id))
    quality = add(
        QualityFramework(
            org_id=org.id,
            name="Program standards",
            components=[{"id": "goal", "name": "Goal", "description": "It has one.", "required": True}],
            created=now,
        )
    )
    case = add(
        CompetencyFramework(org_id=org.id, uri=f"https://case.example/{org.slug}", title="Standards", imported=now)
    )
    item = add(Competency(framework_id=case.id, uri=f"https://case.example/{org.slug}/1", statement="Plans."))
    proposal = add(
        Proposal(
            org_id=org.id,
            account_id=educator.id,
            state="submitted",
            body={"name": "Number talks", "goal": "To lead them."},
            created=now,
            submitted=now,
        )
    )
    certification = add(
        AssessorCertification(
            org_id=org.id,
            account_id=assessor.id,
            definition_id=definition.id,
            valid_from=date(2026, 1, 1),
            granted_by=people[Role.ADMINISTRATOR].id,
            granted=now,
        )
    )
    submission = add(
        Submission(
            org_id=org.id,
            account_id=educator.id,
            definition_id=definition.id,
            version_id=version.id,
            school_id=school.id,
            state="draft",
            open_key=f"{educator.id}:{definition.id}",
            reflection="What I noticed.",
            wants_coach=True,
            started=now,
            changed=now,
        )
    )
    handed_in = add(
        Submission(
            org_id=org.id,
            account_id=people[Role.COACH].id,
            definition_id=definition.id,
            version_id=version.id,
            state="in-review",
            open_key=f"{people[Role.COACH].id}:{definition.id}",
            reflection="What I noticed as well.",
            started=now,
            changed=now,
            submitted=now,
            first_submitted=now,
        )
    )
    evidence = add(
        EvidenceItem(
            submission_id=submission.id,
            title="Notes",
            digest=digest,
            file_name="notes.txt",
            media_type="text/plain",
            size=size,
            added=now,
        )
    )
    shown = add(
        EvidenceItem(
            submission_id=handed_in.id,
            title="Notes",
            digest=digest,
            file_name="notes.txt",
            media_type="text/plain",
            size=size,
            added=now,
        )
    )
    add(
        Attempt(
            submission_id=handed_in.id, number=1, reflection=handed_in.reflection, evidence=[shown.id], submitted=now
        )
    )
    experience = add(Experience(submission_id=submission.id, key="talk", hours=1.5, done_on=date(2026, 4, 2)))
    saved = add(SavedText(submission_id=submission.id, body="What I saw.", aside=True, at=now))
    peer = add(Peer(submission_id=submission.id, name="Pia", email=f"pia@{org.slug}.example", invited=now))
    comment = add(
        Comment(submission_id=submission.id, account_id=people[Role.COACH].id, body="Say more of it.", at=now)
    )
    peer_comment = add(Comment(submission_id=submission.id, peer_id=peer.id, body="Begin with the goal.", at=now))
    review = add(
        Review(
            org_id=org.id,
            submission_id=handed_in.id,
            attempt=1,
            assessor_id=assessor.id,
            certification_id=certification.id,
            assigned=now,
            due=now + timedelta(days=14),
        )
    )
    batch = add(
        AwardBatch(
            org_id=org.id,
            definition_id=definition.id,
            version_id=version.id,
            key="june",
            name="June cohort",
            digest="0" * 64,
            state="preview",
            rows=1,
            created=now,
            created_by=people[Role.REGISTRAR].id,
        )
    )
    row = add(BatchRow(batch_id=batch.id, number=1, line=2, data={"email": f"ana@{org.slug}.example"}))
    stack = add(
        StackProposal(
            org_id=org.id,
            definition_id=definition.id,
            version_id=version.id,
            account_id=educator.id,
            members=[award_id],
            created=now,
        )
    )
    collection = add(
        Collection(
            account_id=educator.id,
            title="My badges",
            awards=[award_id],
            created=now,
            expires=now + timedelta(days=30),
        )
    )
    passkey = add(
        Passkey(account_id=educator.id, credential_id=new_id(), public_key=b"key", name="Laptop", created=now)
    )
    provider = add(
        FederatedIdentity(
            account_id=educator.id, issuer=f"https://login.{org.slug}.example", subject="rosa", created=now
        )
    )
    queue.ask(session, "collection", collection.id, now=now)
    add(Transcript(account_id=educator.id, asked=now))
    queue.ask(session, "transcript", educator.id, now=now)
    mail = add(Mail(org_id=org.id, address=f"rosa@{org.slug}.example", subject="Hello", created=now))
    job = add(
        Job(kind="mail", key=mail.id, due=now, created=now, attempts=8, failed=True, error="no answer", org_id=org.id)
    )
    token = add(
        ApiToken(
            org_id=org.id,
            name="student information system",
            token_hash=token_hash(new_token()),
            scopes=list(SCOPES),
            created=now,
            created_by=people[Role.ADMINISTRATOR].id,
        )
    )
    issued = add(
        IssuedCredential(
            instance=org.slug, credential_id="urn:x", format="eddsa-rdfc-2022", sha256="0" * 64, issued=now, body=b"{}"
        )
    )
    key = session.exec(select(IssuerKey).where(IssuerKey.org_id == org.id, IssuerKey.purpose == "embedded")).one()
    list_row = session.exec(select(StatusListRow).where(StatusListRow.org_id == org.id)).first()
    assert list_row is not None
    links, secrets = {}, {}
    for purpose, subject in (
        ("sign-in", ""),
        ("invitation", org.id),
        ("claim", award_id),
        ("peer", peer.id),
        ("e-mail", educator.id),
    ):
        secret = new_token()
        link = OneTimeLink(
            token_hash=token_hash(secret),
            purpose=purpose,
            subject=subject,
            account_id=educator.id if purpose in ("sign-in", "e-mail") else None,
            # A claim link opens only for whom the award names.
            email=f"rosa@{org.slug}.example" if purpose == "claim" else f"{purpose}@{org.slug}.example",
            detail={"roles": ["author"], "name": "Ingrid", "by": people[Role.ADMINISTRATOR].id}
            if purpose == "invitation"
            else {},
            created=now,
            expires=now + timedelta(days=30),
        )
        links[purpose], secrets[purpose] = add(link).id, secret
    ids = {
        "org": org.slug,
        "name": org.slug,
        "account_id": educator.id,
        "school_id": school.id,
        "definition_id": definition.id,
        "draft_id": draft.id,
        "number": "1",
        "version_id": version.id,
        "framework_id": case.id,
        "quality_id": quality.id,
        "item_id": item.id,
        "evidence_id": evidence.id,
        "handed_in_evidence_id": shown.id,
        "slug": org.slug,
        "proposal_id": proposal.id,
        "stack_proposal_id": stack.id,
        "certification_id": certification.id,
        "submission_id": submission.id,
        "handed_in_id": handed_in.id,
        "experience_id": experience.id,
        "saved_text_id": saved.id,
        "peer_id": peer.id,
        "comment_id": comment.id,
        "peer_comment_id": peer_comment.id,
        "review_id": review.id,
        "batch_id": batch.id,
        "row_id": row.id,
        "award_id": award_id,
        "collection_id": collection.id,
        "passkey_id": passkey.id,
        "provider_id": provider.id,
        "job_id": job.id,
        "token_id": token.id,
        "credential_id": issued.id,
        "link_id": links["invitation"],
        "key_id": key.id,
        "kid": key.id,
        "list_id": list_row.id,
        "digest": digest,
    }
    return ids, secrets
