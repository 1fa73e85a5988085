"""The educator's home: claiming, sharing, choosing what a badge says, keys, links for a set, export and erasure."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, select

from badgeport.issuer.audit import log
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.services import current_copy, revoke
from badgeport.issuer.awards.tables import Award, Recipient, SignedCopy
from badgeport.issuer.home import erasing
from badgeport.issuer.home.services import visible
from badgeport.issuer.home.sweeping import sweep
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Identity, Membership, Organization
from badgeport.issuer.presentations import present
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.submissions.tables import Attempt, Comment, EvidenceItem, Peer, Review, SavedText, Submission
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.did import did_jwk, did_key, did_key_method_id
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import open_secured
from badgeport.schemas.datetimes import format_datetime
from support import databases, hosted
from support.site import Site, json_of

ROSA = "rosa@people.example"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=databases.KINDS)
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site on each kind of database."""
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield made
    made.close()


def rosa_with_badge(site: Site, **members: Any) -> tuple[Account, Award, Organization]:
    org = hosted.issuer(site)
    rosa = site.person("Rosa Delgado", {org.slug: [Role.EDUCATOR]}, email=ROSA)
    badge = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id, **members)
    return rosa, badge, org


def fresh(site: Site, table: Any, key: Any) -> Any:
    with site.desk.database.reading() as session:
        return session.get(table, key)


def claim_address(site: Site) -> str:
    """The address in the newest message to Rosa."""
    body = next(mail["body"] for mail in reversed(site.mails()) if mail["to"] == ROSA)
    return "/claim/" + body.partition("/claim/")[2].split()[0]


# -- who sees a badge ------------------------------------------------------------------------------------------------


def test_a_private_badge_is_for_its_earner_and_its_registrars(site: Site) -> None:
    rosa, badge, org = rosa_with_badge(site, visibility="private")
    other = site.organization("other")
    seeing = {
        "nobody": None,
        "rosa": rosa,
        "registrar": site.person("Reg One", {org.slug: [Role.REGISTRAR]}),
        "auditor": site.person("Aud One", {org.slug: [Role.AUDITOR]}),
        "educator": site.person("Edu One", {org.slug: [Role.EDUCATOR]}),
        "assessor": site.person("Ass One", {org.slug: [Role.ASSESSOR]}),
        "stranger": site.person("Str One", {other.slug: [Role.REGISTRAR]}),
    }
    with site.desk.database.reading() as session:
        row = session.get_one(Award, badge.id)
        allowed = {name for name, account in seeing.items() if visible(session, row, account, as_staff=True)}
    assert allowed == {"rosa", "registrar", "auditor"}


def test_visibility_is_changed_by_the_earner_alone_and_not_over_another_change(site: Site) -> None:
    rosa, badge, _ = rosa_with_badge(site)
    browser = site.browser(rosa)
    page = browser.get(f"/home/awards/{badge.id}")
    assert page.status_code == 200
    version = fresh(site, Award, badge.id).version
    path = f"/home/awards/{badge.id}/visibility"
    assert browser.submit(path, {"visibility": "private", "version": version}).status_code == 303
    assert fresh(site, Award, badge.id).visibility == "private"
    assert site.browser().get(f"/c/{badge.id}").status_code == 404
    assert browser.submit(path, {"visibility": "public", "version": version}).status_code == 409
    wrong = browser.submit(path, {"visibility": "everyone", "version": version + 1})
    assert wrong.status_code == 422
    stranger = site.browser(site.person("Sam Stranger"))
    assert stranger.submit(path, {"visibility": "public"}).status_code == 404
    assert stranger.get(f"/home/awards/{badge.id}").status_code == 404
    assert fresh(site, Award, badge.id).visibility == "private"


# -- claiming --------------------------------------------------------------------------------------------------------


def test_a_mailed_link_opens_an_account_and_works_once(site: Site) -> None:
    org = hosted.issuer(site)
    badge = hosted.award(site, org, hosted.published(site, org))
    address = claim_address(site)
    visitor = site.browser()
    page = visitor.get(address, headers={"Accept": "text/html"})
    assert "Facilitating Data Talks" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    wrong = visitor.submit(address, {"name": "", "visibility": "public"})
    assert wrong.status_code == 422
    assert fresh(site, Award, badge.id).account_id is None
    done = visitor.submit(address, {"name": "Rosa Delgado", "visibility": "public"})
    assert done.status_code == 303
    claimed = fresh(site, Award, badge.id)
    assert (claimed.visibility, claimed.claimed) == ("public", site.clock())
    identity = fresh(site, Identity, claimed.account_id)
    assert (identity.email, identity.email_proven) == (ROSA, site.clock())
    assert visitor.get(f"/home/awards/{badge.id}").status_code == 200
    assert site.browser().get(address).status_code == 404


def test_an_old_link_does_not_let_anybody_into_an_account_that_is_there(site: Site) -> None:
    org = hosted.issuer(site)
    rosa = site.person("Rosa Delgado", email=ROSA)
    badge = hosted.award(site, org, hosted.published(site, org))
    address = claim_address(site)
    visitor = site.browser()
    assert "/sign-in?next=" in visitor.get(address).text
    answer = visitor.submit(address, {"name": "Rosa Delgado", "visibility": "link"})
    assert answer.status_code == 409
    assert fresh(site, Award, badge.id).account_id is None
    assert site.browser(rosa).submit(address, {"visibility": "link"}).status_code == 303
    assert fresh(site, Award, badge.id).account_id == rosa.id


def test_a_badge_made_to_a_proven_address_waits_at_home(site: Site) -> None:
    org = hosted.issuer(site)
    badge = hosted.award(site, org, hosted.published(site, org))
    rosa = site.person("Rosa Delgado", email=ROSA)
    sam = site.person("Sam Stranger")
    with site.desk.database.writing() as session:
        unproven = session.get_one(Identity, sam.id)
        unproven.email_proven = None
    assert "waiting for you" in site.browser(rosa).get("/home").text
    assert site.browser(sam).submit(f"/home/awards/{badge.id}/claim", {"visibility": "link"}).status_code == 404
    assert site.browser(rosa).submit(f"/home/awards/{badge.id}/claim", {"visibility": "private"}).status_code == 303
    assert fresh(site, Award, badge.id).account_id == rosa.id
    assert site.browser(sam).get(claim_address(site)).status_code == 404


# -- lists, credits --------------------------------------------------------------------------------------------------


def test_credits_of_different_units_are_never_added_and_revoked_badges_do_not_count(site: Site) -> None:
    rosa, _, org = rosa_with_badge(site)
    half = hosted.published(site, org, name="Half", credit={"amount": 0.1, "unit": "CEU"})
    hosted.award(site, org, half, "two", account_id=rosa.id)
    hosted.award(
        site,
        org,
        hosted.published(site, org, name="Half too", credit={"amount": 0.2, "unit": "CEU"}),
        "three",
        account_id=rosa.id,
    )
    bad = hosted.award(site, org, hosted.published(site, org, name="Bad"), "four", account_id=rosa.id)
    with site.desk.database.writing() as session:
        revoke(session, site.desk, session.get_one(Award, bad.id), "a mistake", "system", site.clock())
    found = json_of(site.browser(rosa).get("/api/v1/me/home"))
    assert found["credits"] == [
        {"amount": "0.3", "unit": "CEU", "badges": 2},
        {"amount": "15", "unit": "clock hours", "badges": 1},
    ]
    listed = json_of(site.browser(rosa).get("/api/v1/me/awards?q=half&size=1"))
    assert (listed["total"], listed["pages"], len(listed["items"])) == (2, 2, 1)
    csv = site.browser(rosa).get("/home/awards?format=csv").text
    assert csv.count("\n") == 5
    assert "revoked" in csv


# -- what a badge says -----------------------------------------------------------------------------------------------


def with_portfolio(site: Site, rosa: Account, badge: Award) -> tuple[EvidenceItem, EvidenceItem]:
    """A portfolio behind a badge: a file and a link, a reflection, comments and a review."""
    digest, size = site.desk.blobs.put(io.BytesIO(b"pupils' work, page 1"))
    now = site.clock()
    submission = Submission(
        org_id=badge.org_id,
        account_id=rosa.id,
        definition_id=badge.definition_id,
        version_id=badge.version_id,
        state="demonstrated",
        reflection="My honest reflection",
        started=now,
        changed=now,
        submitted=now,
        first_submitted=now,
        decided=now,
    )
    file = EvidenceItem(
        submission_id=submission.id,
        title="Protocol of the talk",
        digest=digest,
        file_name="protocol.txt",
        media_type="text/plain",
        size=size,
        added=now,
    )
    link = EvidenceItem(submission_id=submission.id, title="Film", url="https://films.example/7", added=now)
    with site.desk.database.writing() as session:
        session.add(Blob(digest=digest, size=size, media_type="text/plain", created=now))
        session.add(submission)
        session.flush()
        session.add_all([file, link, SavedText(submission_id=submission.id, body="My honest reflection", at=now)])
        peer = Peer(submission_id=submission.id, name="Pat Peer", email="pat@elsewhere.example", invited=now)
        session.add(peer)
        session.flush()
        session.add(Comment(submission_id=submission.id, peer_id=peer.id, body="Well observed", at=now))
        session.add(
            Attempt(
                submission_id=submission.id,
                number=1,
                reflection="My honest reflection",
                evidence=[file.id, link.id],
                submitted=now,
                outcome="demonstrated",
            )
        )
        session.add(
            Review(
                org_id=badge.org_id,
                submission_id=submission.id,
                attempt=1,
                assessor_id=rosa.id,
                state="done",
                scores={"questions": {"level": "Proficient", "feedback": "Sharp questions"}},
                feedback="Keep going",
                decision="demonstrated",
                assigned=now,
                done=now,
            )
        )
        award = session.get_one(Award, badge.id)
        award.submission_id = submission.id
        session.add(award)
    return file, link


def test_evidence_is_withheld_until_the_earner_releases_it(site: Site) -> None:
    rosa, badge, _ = rosa_with_badge(site)
    file, _ = with_portfolio(site, rosa, badge)
    path = f"/c/{badge.id}/evidence/{file.id}"
    assert site.browser().get(path).status_code == 404
    first = json_of(site.browser().get(f"/c/{badge.id}.json"))
    assert "evidence" not in first
    browser = site.browser(rosa)
    assert "Protocol of the talk" in browser.get(f"/home/awards/{badge.id}/content").text
    version = fresh(site, Award, badge.id).version
    stolen = browser.submit(f"/home/awards/{badge.id}/content", {"released": ["nobody's"], "version": version})
    assert stolen.status_code == 422
    values = {"released": [file.id], "show_name": "yes", "version": version}
    site.clock.forward(minutes=5)
    assert browser.submit(f"/home/awards/{badge.id}/content", values).status_code == 303
    hosted.work(site)
    again = json_of(site.browser().get(f"/c/{badge.id}.json"))
    assert again["id"] == first["id"]
    assert again["validFrom"] > first["validFrom"]
    assert [one["id"] for one in again["evidence"]] == [f"https://badges.example{path}"]
    assert "Rosa Delgado" in json.dumps(again)
    assert "Rosa Delgado" not in json.dumps(first)
    assert "films.example" not in json.dumps(again)
    download = site.browser().get(path)
    assert download.content == b"pupils' work, page 1"
    assert download.headers["content-disposition"].startswith("attachment")
    assert download.headers["x-content-type-options"] == "nosniff"
    # Taken back: another edition without it, and its address answers nothing.
    site.clock.forward(minutes=5)
    assert browser.submit(f"/home/awards/{badge.id}/content", {}).status_code == 303
    hosted.work(site)
    assert "evidence" not in json_of(site.browser().get(f"/c/{badge.id}.json"))
    assert site.browser().get(path).status_code == 404
    same = browser.submit(f"/home/awards/{badge.id}/content", {})
    assert same.status_code == 303
    assert fresh(site, Award, badge.id).wanted == 3


def test_released_evidence_of_a_private_badge_is_for_its_earner(site: Site) -> None:
    rosa, badge, _ = rosa_with_badge(site, visibility="private")
    file, _ = with_portfolio(site, rosa, badge)
    site.browser(rosa).submit(f"/home/awards/{badge.id}/content", {"released": [file.id]})
    hosted.work(site)
    assert site.browser().get(f"/c/{badge.id}/evidence/{file.id}").status_code == 404
    assert site.browser(rosa).get(f"/c/{badge.id}/evidence/{file.id}").status_code == 200


# -- a key of one's own ----------------------------------------------------------------------------------------------


def holder(method: str, kind: KeyType = KeyType.ED25519) -> Signer:
    key = generate(kind)
    public = local_signer(key).public_key
    did = did_key(public) if method == "key" else did_jwk(public)
    named = did_key_method_id(public) if method == "key" else f"{did}#0"
    return local_signer(key, verification_method=named, controller=did)


def answer_of(site: Site, signer: Signer, form: str, challenge: str, domain: str = "https://badges.example") -> str:
    return present([], signer, form, now=site.clock(), challenge=challenge, domain=domain).decode()


@pytest.mark.parametrize(
    ("method", "kind", "form"),
    [
        ("key", KeyType.ED25519, "eddsa-rdfc-2022"),
        ("key", KeyType.ED25519, "eddsa-jcs-2022"),
        ("key", KeyType.P256, "ecdsa-rdfc-2019"),
        ("key", KeyType.ED25519, "vp+jwt"),
        ("jwk", KeyType.P256, "vp+jwt"),
    ],
)
def test_a_signed_challenge_binds_a_did(site: Site, method: str, kind: KeyType, form: str) -> None:
    rosa = site.person("Rosa Delgado", email=ROSA)
    browser = site.browser(rosa)
    asked = json_of(browser.get("/api/v1/me/did"))
    signer = holder(method, kind)
    pasted = answer_of(site, signer, form, asked["challenge"], asked["domain"])
    assert browser.submit("/home/did", {"challenge": asked["challenge"], "presentation": pasted}).status_code == 303
    assert fresh(site, Identity, rosa.id).did == signer.controller
    # The challenge is spent: what was signed for it binds nothing again.
    browser.submit("/home/did/remove")
    other = answer_of(site, holder("key"), "eddsa-jcs-2022", asked["challenge"])
    browser.submit("/home/did", {"challenge": asked["challenge"], "presentation": other})
    with site.desk.database.reading() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "account.did-bound")).all()
    assert all(signer.controller not in json.dumps(entry.detail) for entry in entries)


def test_a_presentation_that_does_not_answer_is_refused(site: Site) -> None:
    rosa, sam = site.person("Rosa Delgado", email=ROSA), site.person("Sam Stranger")
    browser, signer = site.browser(rosa), holder("key")
    challenge = json_of(browser.get("/api/v1/me/did"))["challenge"]
    others = json_of(site.browser(sam).get("/api/v1/me/did"))["challenge"]
    good = answer_of(site, signer, "eddsa-jcs-2022", challenge)
    changed = json.loads(good)
    changed["holder"] = holder("key").controller
    assertion = json.loads(good)
    assertion["proof"]["proofPurpose"] = "assertionMethod"
    stranger = json.loads(good)
    stranger["proof"]["verificationMethod"] = did_key_method_id(holder("key").public_key)
    web = json.loads(good)
    web["proof"]["verificationMethod"] = "did:web:badges.example#key"
    cases = {
        "another challenge": (challenge, answer_of(site, signer, "eddsa-jcs-2022", "other")),
        "another site": (challenge, answer_of(site, signer, "eddsa-jcs-2022", challenge, "https://elsewhere.example")),
        "somebody else's challenge": (others, answer_of(site, signer, "eddsa-jcs-2022", others)),
        "a made-up challenge": ("99999999999.0", answer_of(site, signer, "eddsa-jcs-2022", "99999999999.0")),
        "another holder": (challenge, json.dumps(changed)),
        "another purpose": (challenge, json.dumps(assertion)),
        "another key": (challenge, json.dumps(stranger)),
        "a DID that would be fetched": (challenge, json.dumps(web)),
        "no presentation": (challenge, '{"type": "VerifiableCredential"}'),
        "no proof": (challenge, '{"type": ["VerifiablePresentation"]}'),
        "no JSON": (challenge, "hello"),
        "nothing": (challenge, ""),
    }
    for name, (given, pasted) in cases.items():
        answer = browser.submit("/home/did", {"challenge": given, "presentation": pasted})
        assert answer.status_code == 422, name
    site.clock.forward(minutes=31)
    assert browser.submit("/home/did", {"challenge": challenge, "presentation": good}).status_code == 422
    assert fresh(site, Identity, rosa.id).did is None


def test_a_did_stands_for_one_account(site: Site) -> None:
    signer = holder("key")
    for name, status in (("Rosa Delgado", 303), ("Sam Stranger", 409)):
        browser = site.browser(site.person(name))
        challenge = json_of(browser.get("/api/v1/me/did"))["challenge"]
        pasted = answer_of(site, signer, "eddsa-jcs-2022", challenge)
        assert browser.submit("/home/did", {"challenge": challenge, "presentation": pasted}).status_code == status


# -- links for a chosen set ------------------------------------------------------------------------------------------


def test_a_chosen_set_is_signed_shown_and_over_on_its_day(either: Site) -> None:
    site = either
    rosa, badge, _ = rosa_with_badge(site)
    browser = site.browser(rosa)
    made = browser.submit("/home/collections/new", {"title": "For Wyoming", "awards": [badge.id], "days": "10"})
    assert made.status_code == 303
    link = "/s/" + made.headers["location"].rpartition("/")[2]
    assert site.browser().get(f"{link}.json").status_code == 404
    hosted.work(site)
    page = site.browser().get(link)
    assert "For Wyoming" in page.text
    assert "no proof that the person" in page.text
    assert page.headers["x-robots-tag"] == "noindex"
    answer = site.browser().get(f"{link}.json")
    assert answer.headers["content-type"].startswith("application/vp")
    shown = json_of(answer)
    assert shown["holder"] == "did:web:badges.example"
    assert shown["proof"]["expires"] == format_datetime(site.clock() + timedelta(days=10))
    with site.desk.database.reading() as session:
        copy = current_copy(session, badge.id)
    assert copy is not None
    assert shown["verifiableCredential"] == [open_secured(copy.body).document]
    site.clock.forward(days=10)
    assert site.browser().get(link, headers={"Accept": "text/html"}).status_code == 410
    assert site.browser().get(f"{link}.json").status_code == 410
    with site.desk.database.writing() as session:
        sweep(session, site.desk, site.clock())
    assert fresh(site, Collection, link[3:]).body is None


def test_what_cannot_be_in_a_set(site: Site) -> None:
    rosa, badge, org = rosa_with_badge(site)
    browser, definition = site.browser(rosa), hosted.published(site, org, name="Other")
    others = hosted.award(site, org, definition, "others")
    unsigned = hosted.award(site, org, definition, "unsigned", account_id=rosa.id, signed=False)
    for values in (
        {"title": "", "awards": [badge.id], "days": "10"},
        {"title": "x", "awards": [], "days": "10"},
        {"title": "x", "awards": [others.id], "days": "10"},
        {"title": "x", "awards": [unsigned.id], "days": "10"},
        {"title": "x", "awards": [badge.id], "days": "0"},
        {"title": "x", "awards": [badge.id], "days": "367"},
        {"title": "x", "awards": [badge.id], "days": "soon"},
    ):
        assert browser.submit("/home/collections/new", values).status_code == 422, values
    with site.desk.database.reading() as session:
        assert not session.exec(select(Collection)).all()


def test_a_link_is_withdrawn_by_its_owner_alone(site: Site) -> None:
    rosa, badge, _ = rosa_with_badge(site)
    browser = site.browser(rosa)
    made = browser.submit("/home/collections/new", {"title": "x", "awards": [badge.id], "days": "10"})
    hosted.work(site)
    path = made.headers["location"]
    stranger = site.browser(site.person("Sam Stranger"))
    assert stranger.get(path).status_code == 404
    assert stranger.submit(f"{path}/withdraw").status_code == 404
    assert browser.get(f"{path}/withdraw").status_code == 200
    assert browser.submit(f"{path}/withdraw", {"version": "1"}).status_code == 303
    assert browser.submit(f"{path}/withdraw", {"version": "1"}).status_code == 409
    assert site.browser().get(path.replace("/home/collections", "/s")).status_code == 410


def test_a_set_follows_a_badge_that_is_signed_again(site: Site) -> None:
    rosa, badge, _ = rosa_with_badge(site)
    browser = site.browser(rosa)
    link = browser.submit("/home/collections/new", {"title": "x", "awards": [badge.id], "days": "10"}).headers[
        "location"
    ]
    hosted.work(site)
    address = link.replace("/home/collections", "/s") + ".json"
    before = json_of(site.browser().get(address))
    site.clock.forward(minutes=1)
    browser.submit(f"/home/awards/{badge.id}/content", {"show_name": "yes"})
    hosted.work(site)
    site.clock.forward(minutes=1)
    hosted.work(site)
    after = json_of(site.browser().get(address))
    assert "Rosa Delgado" in json.dumps(after)
    assert before["id"] == after["id"]


# -- export and erasure ----------------------------------------------------------------------------------------------


def test_the_export_holds_everything_byte_for_byte_and_nobody_else(site: Site) -> None:
    rosa, badge, _ = rosa_with_badge(site)
    file, _ = with_portfolio(site, rosa, badge)
    answer = site.browser(rosa).get("/home/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        evidence = next(name for name in names if name.startswith("evidence/"))
        assert archive.read(evidence) == b"pupils' work, page 1"
        portfolios = json.loads(archive.read("portfolios.json"))
        account = json.loads(archive.read("account.json"))
        with site.desk.database.reading() as session:
            copy = current_copy(session, badge.id)
        assert copy is not None
        assert archive.read(f"badges/{badge.id}/1.json") == copy.body
    assert account["identity"]["email"] == ROSA
    assert portfolios[0]["reflection"] == "My honest reflection"
    assert portfolios[0]["reviews"][0]["feedback"] == "Keep going"
    assert "assessor_id" not in json.dumps(portfolios)
    assert file.id in evidence


PERSONAL = (
    "Rosa",
    ROSA,
    "honest reflection",
    "Sharp questions",
    "Keep going",
    "Well observed",
    "Pat Peer",
    "protocol.txt",
)


def everything(session: Session) -> str:
    """Every cell of the database as text."""
    parts = []
    for table in SQLModel.metadata.sorted_tables:
        for row in session.execute(table.select()):
            parts.extend(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row)
    return "\n".join(parts)


def test_erasing_an_account_leaves_no_word_about_the_person(either: Site) -> None:
    site = either
    rosa, badge, org = rosa_with_badge(site)
    file, _ = with_portfolio(site, rosa, badge)
    browser = site.browser(rosa)
    browser.submit("/home/collections/new", {"title": "Rosa's badges", "awards": [badge.id], "days": "10"})
    browser.submit(f"/home/awards/{badge.id}/content", {"show_name": "yes", "released": [file.id]})
    hosted.work(site)
    with site.desk.database.reading() as session:
        assert all(word in everything(session) for word in PERSONAL)
    page = browser.get("/home/erase")
    assert "This cannot be undone" in page.text
    assert browser.submit("/home/erase", {"email": "sam@people.example"}).status_code == 422
    assert fresh(site, Account, rosa.id).state == "active"
    assert browser.submit("/home/erase", {"email": ROSA}).status_code == 303
    hosted.work(site)
    with site.desk.database.reading() as session:
        left = everything(session)
        chain = log.first_break(session.exec(select(AuditEntry).order_by(AuditEntry.seq)))  # type: ignore[arg-type]
        assert session.exec(select(SignedCopy)).first() is None
    assert [word for word in PERSONAL if word in left] == []
    assert chain is None
    assert rosa.id in left
    assert file.digest is not None
    assert file.digest not in set(site.desk.blobs.digests())
    assert site.browser().get(f"/c/{badge.id}", headers={"Accept": "text/html"}).status_code == 410
    assert site.browser().get(f"/c/{badge.id}.json").status_code == 410
    assert browser.get("/home").status_code in (303, 401)
    assert fresh(site, Organization, org.id) is not None


def test_a_file_that_another_portfolio_has_too_stays(site: Site) -> None:
    rosa, badge, org = rosa_with_badge(site)
    file, _ = with_portfolio(site, rosa, badge)
    sam = site.person("Sam Stranger", {org.slug: [Role.EDUCATOR]})
    with site.desk.database.writing() as session:
        theirs = Submission(
            org_id=org.id,
            account_id=sam.id,
            definition_id=badge.definition_id,
            version_id=badge.version_id,
            started=site.clock(),
            changed=site.clock(),
        )
        session.add(theirs)
        session.flush()
        session.add(EvidenceItem(submission_id=theirs.id, title="Same", digest=file.digest, added=site.clock()))
        erasing.erase_account(session, site.desk, rosa.id, actor=rosa.id, now=site.clock(), why="asked")
    hosted.work(site)
    assert file.digest is not None
    assert site.desk.blobs.open(file.digest).read() == b"pupils' work, page 1"


def test_the_only_administrator_names_another_first(site: Site) -> None:
    org = site.organization()
    ann = site.person("Ann Only", {org.slug: [Role.ADMINISTRATOR]})
    browser = site.browser(ann)
    assert "only administrator" in browser.get("/home/erase").text
    assert browser.submit("/home/erase", {"email": "ann@people.example"}).status_code == 409
    site.person("Ben Too", {org.slug: [Role.ADMINISTRATOR]})
    assert browser.submit("/home/erase", {"email": "ann@people.example"}).status_code == 303
    with site.desk.database.reading() as session:
        assert session.exec(select(Membership).where(Membership.account_id == ann.id)).first() is None


def test_an_organization_erases_a_badge_for_a_reason(site: Site) -> None:
    rosa, badge, org = rosa_with_badge(site)
    made = site.browser(rosa).submit("/home/collections/new", {"title": "x", "awards": [badge.id], "days": "10"})
    hosted.work(site)
    registrar = site.browser(site.person("Reg One", {org.slug: [Role.REGISTRAR]}))
    path = f"/o/{org.slug}/awards/{badge.id}/erase"
    assert "Erase this badge?" in registrar.get(path).text
    assert registrar.submit(path, {"why": ""}).status_code == 422
    other = hosted.issuer(site, "other", name="Other")
    stranger = site.browser(site.person("Oth Er", {other.slug: [Role.REGISTRAR]}))
    assert stranger.submit(f"/o/{other.slug}/awards/{badge.id}/erase", {"why": "x"}).status_code == 404
    token = site.token(org, "awards:write")
    answer = site.program(token).post(
        f"/api/v1/organizations/{org.slug}/awards/{badge.id}/erasure", json={"why": "The person asked for it."}
    )
    assert answer.status_code == 204
    with site.desk.database.reading() as session:
        assert session.get(Recipient, badge.id) is None
        row = session.get_one(Collection, made.headers["location"].rpartition("/")[2])
        assert (row.awards, row.body) == ([], None)
    assert registrar.submit(path, {"why": "again"}).status_code == 409


# -- what is kept for a time -----------------------------------------------------------------------------------------


def test_evidence_and_feedback_go_when_they_were_kept_long_enough(either: Site) -> None:
    site = either
    rosa, badge, org = rosa_with_badge(site)
    file, link = with_portfolio(site, rosa, badge)
    with site.desk.database.writing() as session:
        row = session.get_one(Organization, org.id)
        row.retention_days = 30
        session.add(row)
        kept = session.get_one(EvidenceItem, link.id)
        kept.released = site.clock()
        session.add(kept)
    site.clock.forward(days=29)
    hosted.work(site)
    assert fresh(site, EvidenceItem, file.id).digest == file.digest
    site.clock.forward(days=2)
    hosted.work(site)
    assert fresh(site, EvidenceItem, file.id).digest is None
    assert fresh(site, EvidenceItem, link.id).url == "https://films.example/7"
    assert file.digest is not None
    with pytest.raises(KeyError):
        site.desk.blobs.open(file.digest)
    with site.desk.database.reading() as session:
        review = session.exec(select(Review)).one()
        assert (review.feedback, review.scores) == ("", {"questions": {"level": "Proficient", "feedback": ""}})
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "portfolios.purged")).one()
        assert entry.detail == {"portfolios": 1, "files": 1, "days": 30}
