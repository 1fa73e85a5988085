"""A review of the words of the page: each test was a genuine report that said more than anybody had found out."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from badgeport.keys.types import KeyType
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.policy import DEFAULT, VCALM, Policy
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.trust.registries import Trust, registry_from_json
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web import verdicts
from badgeport.verifier.web.views import Answer, ReportView, report_view
from badgeport.verifier.web.words import LANGUAGES, words
from support import carriers as c
from support import legacy, serving
from support import verifying as v
from support.web import Web

HOLDER = v.signer("holder")
BY = v.signer("p256", KeyType.P256)
ALICE = "alice@x.example"
LISTED = {"name": "State list", "issuers": [{"id": v.signer().controller, "name": "State Board"}]}
TRUST = Trust((registry_from_json(jsontext.dump(LISTED), ""),))
REVOKED = {v.LIST: v.status_list(7)}


def view_of(report: VerificationReport | Mapping[str, Any], language: str = "en", **options: Any) -> ReportView:
    body = report.to_json() if isinstance(report, VerificationReport) else report
    return report_view(body, language, **{"now": v.NOW, **options})


def answers(view: ReportView) -> dict[str, Answer]:
    return {answer.id: answer for answer in view.answers}


def hers(**changes: Any) -> dict[str, Any]:
    """A badge of the holder."""
    return v.badge(credentialSubject={**v.badge()["credentialSubject"], "id": HOLDER.controller}, **changes)


def shown(*badges: Mapping[str, Any], by: Any = HOLDER) -> bytes:
    signed = [v.parsed(v.sign(badge)) for badge in badges]
    return v.sign(v.presentation(by.controller, *signed), by, purpose="authentication")


def hashed() -> dict[str, Any]:
    """A badge that names Alice by a hash only."""
    body = v.badge()
    del body["credentialSubject"]["id"]
    digest = hashlib.sha256(f"{ALICE}salt".encode()).hexdigest()
    identity = {"type": "IdentityObject", "hashed": True, "identityType": "emailAddress", "salt": "salt"}
    body["credentialSubject"]["identifier"] = [{**identity, "identityHash": f"sha256${digest}"}]
    return body


def promises(view: ReportView) -> list[str]:
    """Whatever tells a reader that all is well now, in a report."""
    said = [view.headline, view.sentence, *view.next_steps, *(f"{each.word} {each.sentence}" for each in view.answers)]
    return [text for text in said if re.search(r"Genuine and in force|(?<!not )rely on it|be relied on", text)]


# -- 2: a status that its holder left out ---------------------------------------------------------------------------


def derived(*pointers: str) -> bytes:
    """A revoked badge by other software, of which the holder shows what ``pointers`` name."""
    body = {**v.badge(BY.controller), "credentialStatus": v.status_entry()}
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "ecdsa-sd-2023",
        "created": "2026-04-01T09:00:00Z",
        "verificationMethod": BY.verification_method,
        "proofPurpose": "assertionMethod",
    }
    store = contexts.store()
    proof = ecdsa_sd.sign_base(body, options, BY, ["/issuer", "/validFrom", "/validUntil"], contexts=store)
    return jsontext.dump(ecdsa_sd.derive({**body, "proof": proof}, list(pointers), contexts=store))


def withheld(policy: Policy = DEFAULT) -> VerificationReport:
    listed = {"name": "State list", "issuers": [{"id": BY.controller, "name": "State Board"}]}
    trust = Trust((registry_from_json(jsontext.dump(listed), ""),))
    documents = {v.LIST: v.sign(v.unsigned_status_list(7, by=BY), BY, "ecdsa-rdfc-2019")}
    data = derived("/credentialSubject", "/name", "/id", "/type")
    return v.inspect(data, documents, policy=policy, trust=trust)


def unsettled(report: VerificationReport, verdict: str) -> dict[str, Any]:
    """The report as it is where the check of what was left out is open."""
    body = report.to_json()
    row = next(each for each in body["checks"] if each["id"] == ROWS[30])
    found = [each for each in (*body["warnings"], *row["problems"]) if each["type"].endswith("#STATUS_UNKNOWN")]
    assert found
    row.update(outcome="unknown", problems=found)
    body["verdict"] = verdict
    return body


@pytest.mark.parametrize("policy", [DEFAULT, VCALM])
@pytest.mark.parametrize("verdict", ["as found", "undetermined", "valid"])
def test_a_status_left_out_by_the_holder_is_not_called_in_force(policy: Policy, verdict: str) -> None:
    report = withheld(policy)
    view = view_of(report if verdict == "as found" else unsettled(report, verdict))
    assert view.tone in {"unrecognised", "undetermined"}
    assert view.headline == "Genuine; whether it was withdrawn cannot be seen"
    assert promises(view) == []
    assert answers(view)["genuine"].outcome == "passed"
    assert answers(view)["in-force"].outcome == "unknown"
    assert "keeps no list" not in str(view)
    assert "names no list" not in str(view)
    assert any("status" in step for step in view.next_steps)
    assert next(group.outcome for group in view.groups if group.id == "in-force") != "passed"


def test_of_a_badge_that_names_no_list_nothing_is_said_of_what_its_issuer_keeps() -> None:
    view = view_of(v.inspect(v.sign(v.badge()), trust=TRUST))
    assert view.headline == "Genuine and in force"
    assert "keeps no list" not in str(view)
    assert "It names no list by which it could be withdrawn." in answers(view)["in-force"].sentence


# -- 3: presentations and learning records --------------------------------------------------------------------------

PARTS: dict[str, tuple[dict[str, Any], Mapping[str, bytes], str]] = {
    "revoked": (hers(credentialStatus=v.status_entry()), REVOKED, "failed"),
    "expired": (hers(validUntil="2026-04-15T00:00:00Z"), {}, "failed"),
    "not yet": (hers(validFrom="2027-04-15T00:00:00Z"), {}, "failed"),
    "unreachable": (hers(credentialStatus=v.status_entry()), {}, "unknown"),
}


@pytest.mark.parametrize("policy", [DEFAULT, VCALM])
@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("kind", ["presentation", "record"])
def test_whether_a_container_is_in_force_is_told_by_what_it_contains(kind: str, name: str, policy: Policy) -> None:
    badge, documents, outcome = PARTS[name]
    data = shown(hers(), badge) if kind == "presentation" else v.sign(v.clr(v.parsed(v.sign(badge))))
    view = view_of(v.inspect(data, documents, policy=policy, trust=TRUST))
    assert answers(view)["in-force"].outcome == outcome
    assert promises(view) == []
    assert view.tone != "valid"


@pytest.mark.parametrize("name", ["revoked", "expired", "not yet"])
@pytest.mark.parametrize("kind", ["presentation", "record"])
def test_what_is_certainly_not_in_force_is_not_called_unsettled(kind: str, name: str) -> None:
    badge, documents, _ = PARTS[name]
    data = shown(badge) if kind == "presentation" else v.sign(v.clr(v.parsed(v.sign(badge))))
    report = v.inspect(data, documents, policy=VCALM, trust=TRUST)
    assert report.valid
    view = view_of(report)
    assert view.headline == "Genuine, but not in force"
    assert "usual rules" not in " ".join(view.next_steps)
    assert "Valid" not in view.verdict_word


def test_whether_a_container_is_genuine_is_told_by_what_it_contains() -> None:
    forged = v.spoiled(v.sign(hers()), lambda body: body.update(name="Doctor of Education"))
    signed = v.sign(v.presentation(HOLDER.controller, v.parsed(forged)), HOLDER, purpose="authentication")
    view = view_of(v.inspect(signed, trust=TRUST))
    assert answers(view)["genuine"].outcome == "failed"
    assert "in-force" not in answers(view)
    record = view_of(v.inspect(v.sign(v.clr(v.parsed(forged))), trust=TRUST))
    assert answers(record)["genuine"].outcome == "failed"


def test_whether_the_issuers_are_known_is_told_by_what_a_record_contains() -> None:
    stranger = v.signer("stranger")
    record = v.sign(v.clr(v.parsed(v.sign(v.badge(stranger.controller), stranger))))
    view = view_of(v.inspect(record, trust=TRUST))
    assert answers(view)["issuer"].outcome == "warning"
    assert view.tone == "unrecognised"


def test_a_container_of_what_is_all_good_is_good() -> None:
    record = v.sign(v.clr(v.parsed(v.sign(v.badge()))))
    for data in (shown(hers(), hers()), record):
        view = view_of(v.inspect(data, trust=TRUST))
        assert (view.tone, view.headline) == ("valid", "Genuine and in force")
        assert {each.outcome for each in view.answers} == {"passed"}


# -- 13: what lenient rules pass over -------------------------------------------------------------------------------


def test_lenient_rules_do_not_make_a_thiefs_presentation_genuine_and_in_force() -> None:
    report = v.inspect(shown(hers(), by=v.signer("mallory")), policy=VCALM, trust=TRUST)
    view = view_of(report)
    assert report.valid
    assert (view.tone, view.headline) == ("tolerated", "Genuine, but presented by somebody else")
    assert promises(view) == []
    said = next(check.sentence for check in view.checks if check.id == "presentation")
    assert said.startswith("Whoever signed it as its holder presents it.")
    assert next(group.outcome for group in view.groups if group.id == "people") != "passed"
    nobody = v.sign(v.presentation(HOLDER.controller, v.parsed(v.sign(hashed()))), HOLDER, purpose="authentication")
    view = view_of(v.inspect(nobody, policy=VCALM, trust=TRUST))
    assert (view.tone, view.headline) == ("unrecognised", "Genuine, but whose it is could not be settled")
    assert promises(view) == []


@pytest.mark.parametrize(
    ("row", "outcome", "headline"),
    [
        (31, "failed", "Genuine, but not in force"),
        (37, "failed", "Genuine, but not in force"),
        (41, "failed", "Genuine, but awarded to somebody else"),
        (44, "failed", "Genuine, but presented by somebody else"),
        (45, "failed", "Genuine, but a picture or file in it was exchanged"),
        (42, "failed", "Genuine, but an endorsement in it is not valid"),
        (43, "failed", "Genuine, but a credential it contains is not valid"),
        (9, "failed", "Genuine, but not made as the standard asks"),
        (30, "unknown", "Genuine, but something decisive may be hidden"),
        (34, "failed", "Genuine, but perhaps no longer in force"),
        (37, "unknown", "Genuine, but perhaps no longer in force"),
        (41, "unknown", "Genuine, but whose it is could not be settled"),
        (44, "unknown", "Genuine, but whose it is could not be settled"),
        (43, "unknown", "Genuine, but a credential it contains could not be checked"),
        (39, "unknown", "Unchanged and in force. Who its issuer is could not be found out"),
        (10, "unknown", "Unchanged and in force. Not everything could be checked"),
        (45, "unknown", "Unchanged and in force. Not everything could be checked"),
    ],
)
def test_whatever_check_did_not_pass_takes_the_promise_away(row: int, outcome: str, headline: str) -> None:
    whole = v.inspect(v.sign(v.clr(v.parsed(v.sign(v.badge())))), trust=TRUST).to_json()
    member = v.inspect(v.sign(v.clr(v.parsed(v.sign(v.badge())))), trust=TRUST).to_json()
    for report, place in ((whole, whole), (member, member["members"][0])):
        next(each for each in place["checks"] if each["id"] == ROWS[row])["outcome"] = outcome
        view = view_of(report)
        assert view.headline == headline
        assert view.tone == ("tolerated" if outcome == "failed" and row != 34 else "unrecognised")
        assert promises(view) == []
        if row == 10:
            assert view.next_steps
        assert "Valid" not in view.verdict_word or view.tone == "unrecognised"


def test_an_endorsement_that_could_not_be_checked_takes_nothing_away() -> None:
    body = v.inspect(v.sign(v.badge()), trust=TRUST).to_json()
    next(each for each in body["checks"] if each["id"] == ROWS[42])["outcome"] = "unknown"
    assert view_of(body).headline == "Genuine and in force"


def test_no_headline_but_two_says_genuine_and_in_force() -> None:
    said = [case for case in verdicts.CASES if "Genuine and in force" in case.headline]
    assert {case.tone for case in said} == {"valid"}
    assert all("Valid" not in case.headline for case in verdicts.CASES)


def test_the_first_line_of_a_report_in_plain_text_promises_no_more_than_the_page() -> None:
    mallory = v.inspect(shown(hers(), by=v.signer("mallory")), policy=VCALM, trust=TRUST)
    expired = v.sign(v.badge(validUntil="2026-04-15T00:00:00Z"))
    then = v.inspect(expired, as_of=datetime(2026, 4, 10, tzinfo=UTC), trust=TRUST)
    later = v.inspect(v.sign(v.badge()), as_of=datetime(2030, 4, 10, tzinfo=UTC), trust=TRUST)
    for report in (mallory, then, later, withheld(), withheld(VCALM)):
        first = report.to_text().splitlines()[0]
        assert "genuine, in force" not in first
        assert "unchanged and in force" not in first
    assert then.to_text().startswith("VALID as of 2026-04-10T00:00:00Z")
    assert "was in force" in then.to_text().splitlines()[0]
    assert "nobody can know" in later.to_text().splitlines()[0]


# -- 11: another day, another reader --------------------------------------------------------------------------------


def test_a_report_as_of_another_day_says_so_in_large_letters() -> None:
    expired = v.sign(v.badge(validUntil="2026-04-15T00:00:00Z"))
    then = view_of(v.inspect(expired, as_of=datetime(2026, 4, 10, tzinfo=UTC), trust=TRUST))
    assert (then.tone, then.headline) == ("dated", "Was in force on April 10, 2026")
    assert "Valid" not in then.verdict_word
    assert answers(then)["in-force"].question == "Was it in force on April 10, 2026?"
    later = view_of(v.inspect(v.sign(v.badge()), as_of=datetime(2030, 4, 10, tzinfo=UTC), trust=TRUST))
    assert (later.tone, later.headline) == ("dated", "Would be in force on April 10, 2030")
    assert "Nobody can know whether it will be withdrawn before" in later.sentence
    assert answers(later)["in-force"].outcome != "passed"
    assert promises(then) == promises(later) == []
    stranger = view_of(v.inspect(expired, as_of=datetime(2026, 4, 10, tzinfo=UTC)))
    assert stranger.headline == "Was in force on April 10, 2026. Issuer not known here"


def test_presentations_and_older_badges_as_of_another_day_say_so_too() -> None:
    day = datetime(2026, 4, 10, tzinfo=UTC)
    for language, start in (("en", "Was in force on April 10, 2026"), ("es", "Estaba en vigor el 10 de abril de 2026")):
        view = view_of(v.inspect(shown(hers()), as_of=day, trust=TRUST), language)
        assert view.headline == start
        assert [member.headline for member in view.members] == [start]
    old = legacy.inspect(legacy.assertion(), as_of=v.NOW - timedelta(days=3)).to_json()
    if old["verdict"] == "valid":
        view = view_of(old)
        assert view.tone == "dated"
        assert not any("rely" in step for step in view.next_steps)


def test_a_report_that_is_read_days_later_does_not_speak_of_today() -> None:
    report = v.inspect(v.sign(v.badge()), trust=TRUST)
    fresh, old = view_of(report, now=v.NOW + timedelta(hours=20)), view_of(report, now=v.NOW + timedelta(days=20))
    assert fresh.headline == "Genuine and in force"
    assert old.headline == "Was in force on May 1, 2026"
    assert "The check was made 20 days ago." in old.sentence
    assert promises(old) == []


@pytest.fixture
def page(tmp_path: Path) -> Iterator[TestClient]:
    registry = tmp_path / "registry.json"
    registry.write_bytes(jsontext.dump(LISTED))
    app = serving.application(tmp_path / "data", {**REVOKED}, trust=(registry,))
    with serving.client(app) as client:
        client.follow_redirects = False
        yield client


def shared(page: TestClient, data: bytes, **fields: str) -> tuple[str, str]:
    """The text of a shared report, and of its PDF."""
    answer = page.post("/verify", data={"text": "", **fields}, files={"file": ("a.json", data)})
    own = page.post(f"{answer.headers['location']}/1/share").headers["location"]
    address = str(own).partition("/yours/")[0]
    html = re.sub(r"(?s)<head>.*?</head>", "", page.get(address).text)
    return text_of(html), pdf_text(page.get(f"{address}/report.pdf").content)


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def pdf_text(data: bytes) -> str:
    return " ".join(" ".join(each.extract_text() for each in PdfReader(io.BytesIO(data)).pages).split())


def test_whom_a_shared_report_was_asked_about_is_known_only_to_who_asked(page: TestClient) -> None:
    asked = page.post("/verify", data={"recipient": ALICE}, files={"file": ("a.json", v.sign(hashed()))})
    own = text_of(page.get(asked.headers["location"]).text)
    assert "It was awarded to the person you named." in own
    for text in shared(page, v.sign(hashed()), recipient=ALICE):
        assert "the person you named" not in text.lower()
        assert "Is it this person's?" not in text
        assert "Known only to who asked" in text
        assert ALICE not in text
    sheet = pdf_text(page.get(f"{asked.headers['location']}/1/report.pdf").content)
    assert "Known only to who asked" in sheet


RENEWABLE = {
    "@context": [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS],
    "refreshService": {"id": "https://lakeside.example/renew", "type": "1EdTechCredentialRefresh"},
}
SHARED: dict[str, tuple[bytes, dict[str, str]]] = {
    "hashed": (v.sign(hashed()), {"recipient": ALICE}),
    "named": (v.sign(v.badge()), {"recipient": v.RECIPIENT}),
    "another's": (v.sign(hashed()), {"recipient": "bob@x.example"}),
    "good": (v.sign(v.badge()), {}),
    "stranger": (v.sign(v.badge(BY.controller), BY, "ecdsa-rdfc-2019"), {}),
    "revoked": (v.sign(v.badge(credentialStatus=v.status_entry())), {"policy": "vcalm"}),
    "presented": (shown(hers(), hers(credentialStatus=v.status_entry())), {}),
    "tampered": (v.spoiled(v.sign(v.badge()), lambda body: body.update(name="Doctor")), {}),
    "then": (v.sign(v.badge(validUntil="2026-04-15T00:00:00Z")), {"as_of": "2026-04-10"}),
    "renewable": (v.sign(v.badge(**RENEWABLE)), {}),
    "pdf": (c.pdf(("a.json", v.sign(hashed()))), {}),
    "derived": (derived("/credentialSubject", "/name", "/id", "/type"), {}),
}


@pytest.mark.parametrize("name", SHARED)
def test_a_shared_report_and_its_sheet_speak_to_nobody_in_particular(page: TestClient, name: str) -> None:
    data, fields = SHARED[name]
    for text in shared(page, data, **fields):
        assert re.findall(r".{0,60}\b[Yy]ou(?:r|rs|rself)?\b.{0,40}", text) == []


def test_no_text_of_a_report_that_is_passed_on_speaks_to_who_asked() -> None:
    from badgeport.schemas import problems
    from badgeport.verifier.web import views, wording

    texts = [text for case in verdicts.CASES for text in case[1:]]
    texts += [text for check, said in wording.CHECKS.items() for text in wording.PASSED_ON.get(check, said)]
    texts += [text for said in wording.DOUBTS.values() for text in said]
    asking = {getattr(problems, name).uri for name in vars(problems) if name.startswith(("REQUEST_", "TOO_MANY"))}
    asking |= {problems.INVALID_REQUEST.uri, problems.UNSUPPORTED_MEDIA_TYPE.uri}
    # What the issuer answers who asks: no report has it.
    asking |= {problems.NOT_ALLOWED.uri, problems.GONE.uri}
    texts += [text for kind, said in wording.PROBLEMS.items() if kind not in asking for text in said]
    texts += [text for _, title, explanation, _ in views.GROUPS for text in (title, explanation)]
    texts += list(views.LABELS.values())
    assert [text for text in texts if re.search(r"\b[Yy]ou(rs?|rself)?\b", text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_rules_than_the_usual_are_named_beside_the_answer(page: TestClient, language: str) -> None:
    data = v.sign(v.badge(credentialStatus=v.status_entry()))
    answer = page.post("/verify", data={"policy": "vcalm"}, files={"file": ("a.json", data)})
    said = words(language).say("Signature decides; dates and withdrawal are remarks (VC API)")
    where = answer.headers["location"]
    own = page.post(f"{where}/1/share").headers["location"].partition("/yours/")[0]
    for address in (where, own):
        html = page.get(f"{address}?lang={language}").text
        block = html.partition('<div class="verdict">')[2].partition("</article>")[0].partition('class="body')[0]
        assert said in unescape(block)
    sheet = PdfReader(io.BytesIO(page.get(f"{own}/report.pdf?lang={language}").content)).pages[0].extract_text()
    assert "".join(said.split()) in "".join(sheet.split())
    usual = page.post("/verify", files={"file": ("a.json", data)}).headers["location"]
    assert said not in unescape(page.get(f"{usual}?lang={language}").text)


def test_rules_of_an_operators_own_are_named_by_their_name() -> None:
    view = view_of(v.inspect(v.sign(v.badge()), policy=replace(DEFAULT, name="district"), trust=TRUST))
    assert any("“district”" in caution for caution in view.cautions)
    assert view_of(v.inspect(v.sign(v.badge()), trust=TRUST)).cautions == ()


# -- 12: what a file shows ------------------------------------------------------------------------------------------

SIGNED = v.sign(hashed())
FACES = {
    "pdf": c.pdf(("a.json", SIGNED)),
    "png": c.png(SIGNED),
    "svg": c.svg(SIGNED),
    "webp": c.code_picture(v.sign(v.badge(), None, "vc-jwt"), format="WEBP"),
    "html": c.page(f'<script type="application/ld+json">{SIGNED.decode()}</script>'),
    "zip": c.archive(("a.pdf", c.pdf(("a.json", SIGNED)))),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FACES)
def test_what_a_file_shows_is_said_not_to_have_been_compared(form: str, language: str) -> None:
    if form == "html":
        with Web() as web:
            web.put("https://school.example/badge", FACES[form], media_type="text/html")
            report = Verifier(fetcher=web.fetcher(), trust=TRUST).inspect(b"https://school.example/badge", now=v.NOW)
    else:
        report = v.inspect(FACES[form], trust=TRUST)
    assert report.valid
    assert report.input.form == form
    view = view_of(report, language)
    assert len(view.cautions) == 1
    if language == "en":
        assert re.match(r"Only the credential .* was checked", view.cautions[0])
        assert view.cautions[0].endswith("Go by the name and title written here.")


def test_a_file_that_shows_nothing_needs_no_such_remark() -> None:
    for data in (v.sign(v.badge()), v.sign(v.badge(), None, "vc-jwt")):
        assert view_of(v.inspect(data, trust=TRUST)).cautions == ()


def test_what_is_not_genuine_is_not_to_be_gone_by() -> None:
    forged = v.spoiled(SIGNED, lambda body: body.update(name="Doctor of Education"))
    view = view_of(v.inspect(c.pdf(("a.json", forged)), trust=TRUST))
    assert len(view.cautions) == 1
    assert "Go by" not in view.cautions[0]


def test_the_remark_stands_below_the_verdict_on_page_share_and_sheet(page: TestClient) -> None:
    answer = page.post("/verify", files={"file": ("diploma.pdf", FACES["pdf"])})
    html = page.get(answer.headers["location"]).text
    assert html.index("Only the credential inside the PDF") < html.index('class="facts"')
    text, sheet = shared(page, FACES["pdf"])
    assert "Only the credential inside the PDF was checked" in text
    assert "Only the credential inside the PDF was checked" in sheet
    assert "exactly what you see" not in page.get("/verify").text


# -- 15: where a link led -------------------------------------------------------------------------------------------


def test_a_link_that_led_to_another_host_names_that_host() -> None:
    with Web() as web:
        web.put("https://evil.example/badge.json", v.sign(v.badge()))
        web.behave("https://badges.state.example/r", "redirect", to="https://evil.example/badge.json")
        web.put("https://badges.state.example/badge.json", v.sign(v.badge()))
        web.behave("https://badges.state.example/s", "redirect", to="https://badges.state.example/badge.json")
        verifier = Verifier(fetcher=web.fetcher(), trust=TRUST)
        led = verifier.inspect(b"https://badges.state.example/r", now=v.NOW)
        stayed = verifier.inspect(b"https://badges.state.example/s", now=v.NOW)
    view = view_of(led)
    assert view.led_to == "https://evil.example/badge.json"
    assert any("badges.state.example" in each and "evil.example" in each for each in view.cautions)
    same = view_of(stayed)
    assert same.led_to == ""
    assert not any("led on" in each for each in same.cautions)


def test_where_a_link_led_is_on_the_page_the_share_and_the_sheet(tmp_path: Path) -> None:
    from badgeport.service.app import create_app
    from badgeport.service.settings import Settings

    with Web() as web:
        web.put("https://evil.example/badge.json", v.sign(v.badge()))
        web.behave("https://badges.state.example/r", "redirect", to="https://evil.example/badge.json")
        settings = Settings(data_dir=tmp_path / "data", role="verifier", rate_limit=None)
        app = create_app(settings, fetcher=web.fetcher(), clock=lambda: v.NOW)
        with serving.client(app) as page:
            page.follow_redirects = False
            answer = page.post("/verify", data={"text": "https://badges.state.example/r"}, files={"file": ("", b"")})
            where = answer.headers["location"]
            own = page.post(f"{where}/1/share").headers["location"].partition("/yours/")[0]
            for address in (where, own):
                html = page.get(address).text
                assert html.index("evil.example") < html.index('class="facts"')
                assert html.count("https://evil.example/badge.json") == 2  # beside the link, and among the documents
            assert (
                "evil.example" in PdfReader(io.BytesIO(page.get(f"{own}/report.pdf").content)).pages[0].extract_text()
            )
