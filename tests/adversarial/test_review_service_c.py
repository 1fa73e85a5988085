"""A review of the service, on who an issuer is said to be: each test was a document or a registry that got away."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from badgeport.proofs import jws
from badgeport.schemas import jsontext
from badgeport.verifier.batch import results
from badgeport.verifier.package import build_package, read_package
from badgeport.verifier.policy import DEFAULT, VCALM
from badgeport.verifier.repetition import replay
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.trust.forms import MAXIMUM_REGISTRIES
from badgeport.verifier.trust.registries import Trust, registry_from_json, trust_from_files
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web.pdf import report_pdf
from badgeport.verifier.web.views import CheckGroup, ReportView, report_view
from support import legacy as ob
from support import trusting as t
from support import verifying as v
from support.web import Web

DEMANDING = replace(DEFAULT, recognized_issuers_only=True)
LAKESIDE = "did:web:lakeside.example"


def listing(*ids: str, name: str = "Lakeside") -> Trust:
    body = {"name": "State", "issuers": [{"id": each, "name": name} for each in ids]}
    return Trust((registry_from_json(jsontext.dump(body), ""),))


def view_of(report: VerificationReport) -> ReportView:
    return report_view(report.to_json(), "en", now=v.NOW)


def unprovable(issuer: str = LAKESIDE, **changes: Any) -> bytes:
    """A badge anyone may have written: its proof is of a kind that cannot be checked here."""
    body = v.badge(issuer, **changes)
    body["proof"] = {
        "type": "DataIntegrityProof",
        "cryptosuite": "bbs-2023",
        "verificationMethod": f"{issuer}#key-1",
        "proofPurpose": "assertionMethod",
        "created": "2026-04-01T00:00:00Z",
        "proofValue": "u2V0ChVhB",
    }
    return jsontext.dump(body)


def assert_not_called_known(report: VerificationReport) -> None:
    """That no form of the report says that the issuer it names is on a list."""
    result = report.check("issuer-recognition")
    assert result.outcome is Outcome.SKIPPED
    assert result.withheld
    assert "State" not in report.to_text()
    view = view_of(report)
    assert not any("State" in fact.note for fact in view.facts)
    assert not any("State" in answer.sentence for answer in view.answers)
    assert results.line(1, "x", report)["recognizedBy"] == []


# -- documents that nobody's signature stands behind ----------------------------------------------------------------


def test_a_badge_without_a_proof_that_could_be_checked_does_not_have_the_issuer_it_names() -> None:
    report = v.inspect(unprovable(), trust=listing(LAKESIDE))
    assert report.verdict is Verdict.UNDETERMINED
    assert_not_called_known(report)


def test_a_badge_whose_key_could_not_be_had_does_not_have_the_issuer_it_names() -> None:
    badge = v.sign(v.badge(LAKESIDE), v.web_signer())
    report = v.inspect(badge, trust=listing(LAKESIDE))
    assert report.verdict is Verdict.UNDETERMINED
    assert_not_called_known(report)
    held = {"https://lakeside.example/.well-known/did.json": v.key_document(v.web_signer())}
    genuine = v.inspect(badge, held, trust=listing(LAKESIDE), policy=DEMANDING)
    assert genuine.verdict is Verdict.VALID
    assert "listed in State" in genuine.to_text()


def test_a_report_that_was_kept_from_before_is_not_shown_with_the_name_of_a_registry() -> None:
    report = v.inspect(unprovable()).to_json()
    for check in report["checks"]:
        if check["id"] == "issuer-recognition":
            match = {"id": LAKESIDE, "name": "Lakeside", "registry": "State"}
            check.update(outcome="passed", evidence={"matchingIssuers": [match]})
    view = report_view(report, "en", now=v.NOW)
    assert not any("State" in fact.note for fact in view.facts)


def test_registries_are_not_asked_about_what_an_unproved_document_says() -> None:
    with Web() as web:
        web.host("registry.example")
        web.host("lakeside.example", down="refused")
        trust = t.trust({"type": "oidf", "fetchEndpoint": t.ENDPOINT, "jwks": t.key_set(t.authority())})
        with web.fetcher() as fetcher:
            verifier = Verifier(fetcher=fetcher, trust=trust)
            for data in (unprovable(), v.sign(v.badge(LAKESIDE), v.web_signer()), unprovable("https://any.example/x")):
                verifier.inspect(data, now=v.NOW)
        assert not [seen for seen in web.log if "registry.example" in str(seen)]


def test_a_presentation_of_an_unproved_badge_does_not_have_known_issuers() -> None:
    holder = v.signer("holder")
    shown = v.badge(LAKESIDE)
    shown["credentialSubject"]["id"] = holder.controller
    members = [jsontext.parse_object(unprovable(credentialSubject=shown["credentialSubject"]))]
    data = v.sign(v.presentation(holder.controller, *members), holder, purpose="authentication")
    report = v.inspect(data, trust=listing(LAKESIDE))
    assert report.verdict is Verdict.UNDETERMINED
    known = [answer for answer in view_of(report).answers if answer.id == "issuer"]
    assert [answer.outcome for answer in known] == ["warning"]


def test_who_tolerates_what_may_be_hidden_still_learns_who_the_issuer_is() -> None:
    # Of what is open about a proof that holds, only what the policy does not mind is no reason to stay silent.
    body = v.badge(validUntil=None)
    data = v.sign(body, None, "vc+sd-jwt", disclosable=["/name"]).split(b"~")[0] + b"~"
    for policy, outcome in ((DEFAULT, Outcome.SKIPPED), (VCALM, Outcome.PASSED)):
        report = v.inspect(data, policy=policy, trust=listing(v.signer().controller))
        assert report.check("selective-disclosure").outcome is Outcome.UNKNOWN
        assert report.check("issuer-recognition").outcome is outcome


STRANGE_AWARD = "https://evil.example/a/1"


def strange() -> tuple[dict[str, Any], dict[str, Any]]:
    """An award on a stranger's site that names the school's badge, while the school's profile cannot be had."""
    award = ob.assertion(id=STRANGE_AWARD)
    return award, {**ob.documents(issuer=None), STRANGE_AWARD: award}


def test_an_older_award_on_a_strangers_site_is_not_of_a_known_issuer_while_the_profile_is_away() -> None:
    award, held = strange()
    report = ob.inspect(award, held, trust=listing(ob.ISSUER))
    assert report.verdict is Verdict.UNDETERMINED
    assert_not_called_known(report)


def test_a_strangers_site_is_not_called_what_the_issuer_publishes() -> None:
    award, held = strange()
    report = ob.inspect(award, held)
    assert report.check("revocation-list").outcome is not Outcome.PASSED
    assert "issuer publishes the badge" not in report.to_text()
    view = view_of(report)
    assert next(answer for answer in view.answers if answer.id == "in-force").outcome != "passed"
    known = ob.inspect(ob.assertion(), trust=listing(ob.ISSUER))
    assert known.check("revocation-list").outcome is Outcome.PASSED
    assert "listed in State" in known.to_text()


def test_that_an_older_badge_was_revoked_counts_whoever_published_it() -> None:
    award, held = strange()
    held[STRANGE_AWARD] = {**award, "revoked": True}
    assert ob.inspect(award, held).verdict is Verdict.INVALID


def test_a_list_that_does_not_name_an_older_badge_whose_key_is_away_says_nothing() -> None:
    award = ob.sign(ob.signed_assertion())
    report = ob.inspect(award, ob.documents(key=None), trust=listing(ob.ISSUER))
    assert report.verdict is Verdict.UNDETERMINED
    assert report.check("revocation-list").outcome is Outcome.SKIPPED
    assert_not_called_known(report)


# -- recognition with something held back ---------------------------------------------------------------------------

HIDING = [
    ("/credentialSubject/0/recognizedTo", {"credentialType": "AttendanceCredential"}),
    ("/credentialSubject/0/recognizedTo/credentialType", {"credentialType": "AttendanceCredential"}),
    ("/credentialSubject/0/recognizedTo/recognizedUntil", {"recognizedUntil": "2026-04-15T00:00:00Z"}),
]


@pytest.mark.parametrize(("where", "action"), HIDING, ids=[each[0].rpartition("/")[2] for each in HIDING])
def test_what_is_held_back_from_a_recognition_does_not_widen_it(where: str, action: dict[str, Any]) -> None:
    body = t.recognition(t.entity(recognizedTo=t.action(**action)), id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a0aa")
    full = v.sign(body, t.authority(), "vc+sd-jwt", disclosable=[where])
    for data, unread in ((full, 0), (full.split(b"~")[0] + b"~", 1)):
        report = v.inspect(v.sign(v.badge()), {t.STATE_LIST: data}, trust=t.trust(t.recognition_entry()))
        outcome, matching, reasons = t.recognition_check(report)
        assert (outcome, matching, len(reasons)) == ("passed", [], unread)
    assert "held back" in reasons[0]


def test_a_recognition_that_shows_all_of_itself_counts() -> None:
    data = v.sign(t.recognition(t.entity()), t.authority(), "vc+sd-jwt", disclosable=["/credentialSubject/0/name"])
    report = v.inspect(v.sign(v.badge()), {t.STATE_LIST: data}, trust=t.trust(t.recognition_entry()))
    assert t.recognition_check(report) == ("passed", ["List A"], [])


def test_a_recognition_derived_from_a_longer_one_is_not_taken_for_the_whole() -> None:
    from badgeport.keys.types import KeyType
    from badgeport.proofs.suites import ecdsa_sd
    from badgeport.schemas import contexts

    by = v.signer("authority-p256", KeyType.P256)
    body = t.recognition(
        t.entity(recognizedTo=t.action(credentialType="AttendanceCredential", recognizedBy=None)),
        issuer=by.controller,
        id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a0aa",
    )
    shown = ["/issuer", "/validFrom", "/validUntil", "/credentialSubject/0/id", "/credentialSubject/0/type"]
    base = v.parsed(v.sign(body, by, "ecdsa-sd-2023", mandatory_pointers=shown))
    derived = ecdsa_sd.derive(base, ["/credentialSubject/0/name"], contexts=contexts.store())
    entry = t.recognition_entry(authority=by.controller)
    report = v.inspect(v.sign(v.badge()), {t.STATE_LIST: jsontext.dump(derived)}, trust=t.trust(entry))
    outcome, matching, reasons = t.recognition_check(report)
    assert (outcome, matching, len(reasons)) == ("passed", [], 1)
    assert "held back" in reasons[0]


# -- registries that verify today and cannot be replayed ------------------------------------------------------------

ODD: dict[str, Any] = {
    "blank name": {"name": " ", "issuers": [{"id": v.signer().controller, "name": "L"}]},
    "no-break name": {"name": "\u00a0", "registry": {v.signer().controller: {"name": "L"}}},
    "empty key": {"registry": {"": {"name": "a"}, v.signer().controller: {"name": "L"}}},
    "blank key": {"registry": {" ": {"name": "a"}, v.signer().controller: {"name": "L"}}},
    "blank id": {"issuers": [{"id": "\t"}, {"id": v.signer().controller}]},
    "unread": [{"name": " ", "type": "etsi"}, {"name": "State", "issuers": [{"id": v.signer().controller}]}],
    "many unread": [*([{"name": "x", "type": "etsi"}] * (MAXIMUM_REGISTRIES + 6))],
    "too many": [{"name": f"R{index}", "issuers": []} for index in range(3 * MAXIMUM_REGISTRIES)],
    "long entity": [{"name": "F", "type": "oidf", "entityId": "https://registry.example/" + "a" * 2_010}],
}


@pytest.mark.parametrize("case", ODD)
def test_what_a_file_of_registries_gives_can_be_kept_and_replayed(tmp_path: Path, case: str) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(jsontext.dump(ODD[case]))
    trust = trust_from_files([path])
    assert trust.registries or trust.unread
    assert Trust.from_json(trust.to_json()) == trust
    recording = v.verifier(trust=trust).record(v.sign(v.badge()), now=v.NOW)
    assert replay(read_package(build_package(recording)), now=v.NOW).reproduced


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\xef\xbb\xbf{}"])
def test_the_file_of_an_authority_that_is_no_text_can_be_kept_too(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "board.json").write_bytes(content)
    entry = {"name": "Board", "type": "recognition", "authority": "did:web:b.example", "file": "board.json"}
    (tmp_path / "trust.json").write_text(json.dumps([entry]), encoding="utf-8")
    trust = trust_from_files([tmp_path / "trust.json"])
    assert Trust.from_json(trust.to_json()) == trust


@pytest.mark.parametrize("name", ["", " "])
def test_a_registry_without_any_name_is_given_one(name: str) -> None:
    trust = Trust((registry_from_json('{"name":"","issuers":[{"id":"did:example:a"}]}', name),))
    assert Trust.from_json(trust.to_json()) == trust


# -- older issuers by http and https --------------------------------------------------------------------------------

SPELLINGS = [
    ob.ISSUER.replace("https:", "http:"),
    ob.ISSUER.replace("badges.school", "Badges.School"),
    ob.ISSUER.replace("https://badges.school.example", "HTTP://Badges.School.Example:80"),
]


@pytest.mark.parametrize("listed", SPELLINGS)
def test_an_older_issuer_is_known_by_either_spelling_of_its_address(listed: str) -> None:
    report = ob.inspect(ob.assertion(), policy=DEMANDING, trust=listing(listed))
    assert report.verdict is Verdict.VALID
    assert report.check("issuer-recognition").evidence["matchingIssuers"][0]["id"] == listed
    remote = t.trust({"type": "dcc-legacy", "url": "https://community.example/list"})
    held = {**ob.documents(), "https://community.example/list": {"registry": {listed: {"name": "Lakeside"}}}}
    assert ob.inspect(ob.assertion(), held, policy=DEMANDING, trust=remote).verdict is Verdict.VALID


def test_an_older_issuer_that_writes_itself_with_http_is_known_by_https() -> None:
    old = ob.ISSUER.replace("https:", "http:")
    held = ob.documents(issuer=ob.profile(id=old), badge=ob.badge_class(issuer=old))
    assert ob.inspect(ob.assertion(), held, policy=DEMANDING, trust=listing(ob.ISSUER)).verdict is Verdict.VALID


@pytest.mark.parametrize("other", [f"{ob.ISSUER}/2", f"{ob.ISSUER}?x", "https://www.badges.school.example/issuer"])
def test_another_address_is_another_issuer(other: str) -> None:
    assert ob.inspect(ob.assertion(), policy=DEMANDING, trust=listing(other)).verdict is Verdict.INVALID


def test_the_issuer_of_todays_badges_is_compared_exactly() -> None:
    issuer = "https://lakeside.example/issuer"
    by = v.web_signer(issuer)
    held = {issuer: v.key_document(by)}
    badge = v.sign(v.badge(issuer), by)
    assert v.inspect(badge, held, policy=DEMANDING, trust=listing(issuer)).verdict is Verdict.VALID
    old = listing(issuer.replace("https:", "http:"))
    assert v.inspect(badge, held, policy=DEMANDING, trust=old).verdict is Verdict.INVALID


def test_a_federation_is_asked_for_both_spellings_of_an_older_issuer() -> None:
    registry = v.signer("registry")
    old = ob.ISSUER.replace("https:", "http:")
    trust = t.trust({"type": "oidf", "fetchEndpoint": t.ENDPOINT, "jwks": t.key_set(registry)})
    held = {**ob.documents(), t.asked(old): t.statement(registry, t.REGISTRY, old, metadata=t.METADATA)}
    report = ob.inspect(ob.assertion(), held, policy=DEMANDING, trust=trust)
    assert t.recognition_check(report) == ("passed", ["List A"], [])
    silent = ob.inspect(ob.assertion(), ob.documents(), policy=DEMANDING, trust=trust)
    assert t.recognition_check(silent)[0] == "unknown"


def test_an_authority_recognises_an_older_issuer_by_either_spelling() -> None:
    old = ob.ISSUER.replace("https:", "http:")
    held = {**ob.documents(), t.STATE_LIST: v.parsed(t.signed_recognition(t.entity(id=old)))}
    report = ob.inspect(ob.assertion(), held, policy=DEMANDING, trust=t.trust(t.recognition_entry()))
    assert t.recognition_check(report) == ("passed", ["List A"], [])


# -- the page: what is true where nothing is known ------------------------------------------------------------------

ALTERED = "altered"


def plain_words(view: ReportView) -> list[str]:
    """Every sentence of the page that stands outside the technical drawers, and every notice."""
    checks = [line for check in view.checks for line in (check.sentence, *(each.explanation for each in check.reasons))]
    return [*checks, *(notice.explanation for notice in view.notices), *view.next_steps]


def test_a_key_that_could_not_be_fetched_is_not_called_an_altered_credential() -> None:
    report = v.inspect(v.sign(v.badge(LAKESIDE), v.web_signer()))
    assert report.verdict is Verdict.UNDETERMINED
    view = view_of(report)
    assert not [line for line in plain_words(view) if ALTERED in line or "broken" in line or "Do not rely" in line]
    key = next(check for check in view.checks if check.id == "key-document")
    assert [each.code for each in key.reasons] == ["KEY_UNAVAILABLE"]
    drawer = {each.code: each for each in key.problems}
    assert set(drawer) == {"INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", "KEY_UNAVAILABLE"}
    assert ALTERED not in json.dumps([each.title + each.explanation + each.next_step for each in drawer.values()])


KEY_PAGE = "https://lakeside.example/.well-known/did.json"
SHARED = "https://s3.amazonaws.com/school"


def by_lakeside(format: str = "eddsa-rdfc-2022", **changes: Any) -> bytes:
    return v.sign(v.badge(LAKESIDE, **changes), v.web_signer(), format)


def with_something_hidden() -> bytes:
    return v.sign(v.badge(validUntil=None), None, "vc+sd-jwt", disclosable=["/name"]).split(b"~")[0] + b"~"


def by_a_key_that_ended() -> VerificationReport:
    """A credential without any date, by a key that is over today."""
    plain = {"type": ["VerifiableCredential"], "credentialSubject": {"id": v.RECIPIENT}, "issuer": LAKESIDE}
    body = v.badge(validFrom=None, validUntil=None, **{"@context": [v.CREDENTIALS_V2]}, **plain)
    by = v.web_signer()
    data = jws.sign({"typ": "vc+jwt", "kid": by.verification_method}, body, by).encode()
    ended = v.key_document(v.web_signer(), expires=v.NOW - timedelta(days=15))
    return v.inspect(data, {KEY_PAGE: ended})


def on_a_shared_host() -> VerificationReport:
    award = ob.assertion(id=f"{SHARED}/a", badge=f"{SHARED}/b")
    profile = ob.profile(id=f"{SHARED}/i", revocationList=None, publicKey=None)
    held = {f"{SHARED}/b": ob.badge_class(id=f"{SHARED}/b", issuer=f"{SHARED}/i"), f"{SHARED}/i": profile}
    return ob.inspect(award, {**held, f"{SHARED}/a": award})


def ending_today() -> VerificationReport:
    award = ob.assertion(expires="2026-05-01")
    return ob.inspect(award, ob.documents(assertion=award))


DOUBTFUL: dict[str, Callable[[], VerificationReport]] = {
    "unsupported": lambda: v.inspect(unprovable()),
    "no key": lambda: v.inspect(by_lakeside()),
    "no key, token": lambda: v.inspect(by_lakeside("vc+jwt")),
    "no key of a contained one": lambda: v.inspect(v.sign(v.clr(v.parsed(by_lakeside())))),
    "hidden": lambda: v.inspect(with_something_hidden()),
    "hidden, tolerated": lambda: v.inspect(with_something_hidden(), policy=VCALM),
    "key ended": by_a_key_that_ended,
    "status away": lambda: v.inspect(v.sign(v.badge(credentialStatus=v.status_entry()))),
    "issuer not listed, list away": lambda: v.inspect(
        v.sign(v.badge()), policy=DEMANDING, trust=t.trust(t.recognition_entry())
    ),
    "older, shared host": on_a_shared_host,
    "older, profile away": lambda: ob.inspect(ob.assertion(), ob.documents(issuer=None)),
    "older, key without its text": lambda: ob.inspect(
        ob.sign(ob.signed_assertion()), ob.documents(key=ob.key_document(publicKeyPem=None))
    ),
    "older, profile of another name": lambda: ob.inspect(
        ob.assertion(), ob.documents(issuer=ob.profile(id=f"{ob.HOST}/other"))
    ),
    "older, ends today": ending_today,
}
"""Reports with nothing found wrong in them, each undecided (or, by what its policy tolerates, valid) for one reason."""


ACCUSING = ("altered", "does not hold", "Somebody else", "cannot be used", "Do not rely", "does not vouch", "is broken")


@pytest.mark.parametrize("case", DOUBTFUL)
def test_where_nothing_was_found_wrong_the_page_says_nothing_wrong(case: str) -> None:
    report = DOUBTFUL[case]()
    assert not [result.id for result in report.checks if result.outcome is Outcome.FAILED], "the case is no doubt"
    view = view_of(report)
    assert [line for line in plain_words(view) if any(word in line for word in ACCUSING)] == []
    assert all(check.reasons for check in view.checks if check.outcome == "unknown")


def test_a_second_proof_that_is_not_for_this_service_is_not_called_an_alteration() -> None:
    document = v.parsed(v.sign(v.badge()))
    document["proof"] = [document["proof"], jsontext.parse_object(unprovable(v.signer().controller))["proof"]]
    report = v.inspect(jsontext.dump(document))
    assert report.verdict is Verdict.VALID
    view = view_of(report)
    assert [line for line in plain_words(view) if any(word in line for word in ACCUSING)] == []
    assert "UNSUPPORTED" in [notice.code for notice in view.notices]
    assert "The proof does not verify" not in report.to_text()
    assert report.to_text().count("the cryptosuite 'bbs-2023' is not supported") == 1


def test_a_reason_is_said_once() -> None:
    report = DOUBTFUL["no key of a contained one"]()
    members = next(check for check in view_of(report).checks if check.id == "members")
    assert len(members.reasons) == 1 < len(members.problems)


def test_who_tolerates_a_doubt_and_finds_it_valid_is_told_who_lists_the_issuer() -> None:
    report = v.inspect(with_something_hidden(), policy=VCALM, trust=listing(v.signer().controller))
    assert report.verdict is Verdict.VALID
    assert "listed in State" in report.to_text()
    assert "Listed in State." in [fact.note for fact in view_of(report).facts]


def test_what_was_found_wrong_is_still_said() -> None:
    forged = v.spoiled(v.sign(v.badge()), lambda document: document.update(name="Other"))
    view = view_of(v.inspect(forged))
    assert [line for line in plain_words(view) if ALTERED in line]
    assert any("Do not rely" in step for step in view.next_steps)


# -- the page: a group whose question was not asked -----------------------------------------------------------------


def groups(report: VerificationReport) -> dict[str, CheckGroup]:
    return {group.id: group for group in view_of(report).groups}


def test_a_group_is_not_in_order_where_what_decides_it_was_not_asked() -> None:
    forged = v.spoiled(v.sign(v.badge()), lambda document: document.update(name="Other"))
    for report in (v.inspect(forged), v.inspect(b"{}"), v.inspect(unprovable()), ob.inspect(*strange())):
        found = groups(report)
        answers = {answer.id: answer.outcome for answer in view_of(report).answers}
        assert found["in-force"].outcome != "passed"
        assert found["people"].outcome != "passed"
        for id in ("in-force", "people"):
            said = answers.get({"people": "issuer"}.get(id, id), "skipped")
            assert (found[id].outcome == "passed") <= (said == "passed")


def test_groups_are_in_order_where_their_questions_were_answered() -> None:
    listed = listing(v.signer().controller)
    for data in (v.sign(v.badge()), v.sign(v.clr(v.parsed(v.sign(v.badge()))))):
        assert {group.outcome for group in groups(v.inspect(data, trust=listed)).values()} == {"passed"}
    undated = v.sign(v.badge(validUntil=None))
    assert groups(v.inspect(undated, trust=listed))["in-force"].outcome == "passed"
    older = ob.inspect(ob.assertion(), trust=listing(ob.ISSUER))
    assert {group.outcome for group in groups(older).values()} == {"passed"}


def test_a_group_keeps_what_was_found_wrong_in_it() -> None:
    revoked = v.inspect(v.sign(v.badge(credentialStatus=v.status_entry())), {v.LIST: v.status_list(7)})
    assert groups(revoked)["in-force"].outcome == "failed"
    away = v.inspect(v.sign(v.badge(credentialStatus=v.status_entry())))
    assert groups(away)["in-force"].outcome == "unknown"


def test_the_printed_report_says_of_each_group_what_the_page_says() -> None:
    view = view_of(v.inspect(unprovable()))
    file = report_pdf(view, made=v.NOW)
    text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(file)).pages).split())
    said = {group.id: f"{group.title}{group.summary}" for group in view.groups}
    assert said["in-force"].startswith("Is it in force?Not asked · ")
    assert [line for line in said.values() if "".join(line.split()) not in text] == []
