"""The words of the page: every text in every language, and the right answer in large letters for every report."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from string import Formatter
from typing import Any

import pytest
from babel.messages.pofile import read_po

from badgeport.schemas import jsontext
from badgeport.schemas.problems import OWN, STATUS_MALFORMED_VALUE_ERROR, STATUS_RANGE_ERROR, SUSPENDED
from badgeport.verifier.checks.ids import CHECK_IDS, ROWS
from badgeport.verifier.policy import BUILT_IN, Policy
from badgeport.verifier.report import Outcome
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import trust_from_files
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web.kept import Item, Kept, pack
from badgeport.verifier.web.views import GROUPS, LABELS, report_view
from badgeport.verifier.web.wording import CHECKS, DOUBTS, PROBLEMS
from badgeport.verifier.web.words import DEFAULT_LANGUAGE, LANGUAGES, Words, language_for, words
from support import legacy, served
from support import verifying as v
from support.wording import kinds, texts

OTHERS = [code for code in LANGUAGES if code != DEFAULT_LANGUAGE]


def catalogue(code: str) -> dict[str, str]:
    path = files("badgeport.verifier.web").joinpath("locale", code, "LC_MESSAGES", "badgeport.po")
    return {str(entry.id): str(entry.string) for entry in read_po(io.BytesIO(path.read_bytes())) if entry.id}


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


# -- catalogues -----------------------------------------------------------------------------------------------------


def test_every_check_and_outcome_has_words() -> None:
    assert set(CHECKS) == CHECK_IDS
    for said in CHECKS.values():
        assert {outcome.value for outcome in Outcome} <= set(said._fields)
        assert all(said), said.title
        assert len({said.passed, said.failed, said.unknown, said.skipped}) == 4


def test_every_problem_type_has_a_meaning_and_a_next_step() -> None:
    assert set(PROBLEMS) == {kind.uri for kind in kinds()}
    assert all(meaning and step for meaning, step in PROBLEMS.values())


NEUTRAL = {"STATUS_RETRIEVAL_ERROR", "STATUS_LIST_LENGTH_ERROR", "UNKNOWN_OPTION_PROVIDED", "PROOF_GENERATION_ERROR"}
OF_THE_LIST = {STATUS_RANGE_ERROR.uri, STATUS_MALFORMED_VALUE_ERROR.uri}


def test_every_type_of_a_standard_has_words_for_a_doubt_unless_it_accuses_nobody() -> None:
    standard = {kind for kind in kinds() if not kind.uri.startswith(OWN) and kind.uri not in OF_THE_LIST}
    assert {kind.code for kind in standard if kind.uri not in DOUBTS} == NEUTRAL
    accusing = re.compile(r"altered|does not hold|cannot be used|is broken|[Ss]omebody else|Do not rely|does not allow")
    assert [text for said in DOUBTS.values() for text in said if accusing.search(text)] == []
    assert all(all(said) for said in DOUBTS.values())


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_in_every_language(code: str) -> None:
    held = catalogue(code)
    wanted = texts()
    assert len(wanted) > 500
    assert {text: place for text, place in wanted.items() if not held.get(text)} == {}
    assert sorted(set(held) - set(wanted)) == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_names_in_a_text(code: str) -> None:
    assert [text for text, said in catalogue(code).items() if names_in(text) != names_in(said)] == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_are_not_the_english_text(code: str) -> None:
    same = {text for text, said in catalogue(code).items() if text == said}
    assert same <= {"No", "{day}, {time} UTC"}


def test_the_groups_hold_every_check_once() -> None:
    held = [check for _, _, _, ids in GROUPS for check in ids]
    assert sorted(held) == sorted(CHECK_IDS)


def test_plain_words_are_plain() -> None:
    jargon = re.compile(r"\b(JSON-LD|RDF|canonical|cryptosuite|JWT|JWS|DID|Multikey|assertionMethod|proofValue)\b")
    assert [text for said in CHECKS.values() for text in said if jargon.search(text)] == []
    assert [text for said in PROBLEMS.values() for text in said if jargon.search(text)] == []


# -- languages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "accepted", "spoken"),
    [
        (None, "", "en"),
        (None, "es-MX,es;q=0.9,en;q=0.8", "es"),
        (None, "en-US,en;q=0.9,es;q=0.8", "en"),
        (None, "fr,es;q=0.5,en;q=0.4", "es"),
        (None, "fr, de", "en"),
        (None, "es;q=0, en;q=0.1", "en"),
        (None, "es;q=high, en", "en"),
        (None, "EN", "en"),
        (None, ",;q=,=;" * 500, "en"),
        ("es", "en", "es"),
        ("fr", "es", "es"),
        ("../es", "en", "en"),
    ],
)
def test_the_language_a_reader_asks_for_is_spoken(wanted: str | None, accepted: str, spoken: str) -> None:
    assert language_for(wanted, accepted) == spoken


def test_dates_follow_the_language() -> None:
    instant = datetime(2026, 3, 2, 17, 5, tzinfo=UTC)
    assert words("en").day(instant) == "March 2, 2026"
    assert words("es").day(instant) == "2 de marzo de 2026"
    assert words("es").moment(instant) == "2 de marzo de 2026, 17:05 UTC"
    assert words("es").size(16 * 1024 * 1024) == "16 MB"
    assert words("xx").language == "en"


# -- reports --------------------------------------------------------------------------------------------------------

ANSWERS = {
    "valid": ("valid", "Genuine and in force"),
    "unrecognised": ("unrecognised", "Unchanged and in force. Issuer not known here"),
    "anonymous": ("unrecognised", "Unchanged and in force. Issuer not known here"),
    "tampered": ("invalid", "Altered, or not genuine"),
    "forged": ("invalid", "Not signed by the issuer it names"),
    "unsigned": ("invalid", "Not signed: anyone could have written it"),
    "expired": ("invalid", "Expired on April 20, 2026"),
    "revoked": ("invalid", "Revoked by its issuer"),
    "suspended": ("invalid", "Suspended by its issuer"),
    "status-unknown": ("undetermined", "Genuine, but perhaps withdrawn"),
    "key-unknown": ("undetermined", "The issuer's key could not be reached"),
    "link": ("undetermined", "The link could not be opened"),
    "nothing": ("nothing", "No credential found"),
    "legacy": ("undetermined", "Older badge that could not be confirmed"),
}


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    return make_verifier(tmp_path_factory)


def make_verifier(tmp_path_factory: pytest.TempPathFactory, policy: Policy = BUILT_IN["default"]) -> Verifier:
    trust = trust_from_files([served.registry(tmp_path_factory.mktemp("trust"))])
    return Verifier(policy=policy, fetcher=ReplayResolver(served.documents()), trust=trust)


def report_on(verifier: Verifier, data: bytes, **question: Any) -> dict[str, Any]:
    return verifier.inspect(data, now=v.NOW, **question).to_json()


def test_every_sample_has_its_answer(verifier: Verifier) -> None:
    found = {}
    for name, data in served.credentials().items():
        view = report_view(report_on(verifier, data), "en", now=v.NOW)
        found[name] = (view.tone, view.headline)
    assert found == ANSWERS


@pytest.mark.parametrize("code", OTHERS)
def test_no_sample_shows_a_text_without_translation(
    verifier: Verifier, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing: list[str] = []
    say = Words.say

    def listening(self: Words, text: str, **values: object) -> str:
        if text not in self.texts:
            missing.append(text)
        return say(self, text, **values)

    monkeypatch.setattr(Words, "say", listening)
    for data in served.credentials().values():
        report_view(report_on(verifier, data), code, now=v.NOW + timedelta(days=3))
    assert missing == []


def test_what_is_not_proved_is_said_to_be_so(verifier: Verifier) -> None:
    for name, data in served.credentials().items():
        view = report_view(report_on(verifier, data), "en", now=v.NOW)
        proved = name in {"valid", "unrecognised", "anonymous", "expired", "revoked", "suspended", "status-unknown"}
        assert view.proved is proved, name
        if not proved:
            assert view.status == ()
            assert "ISSUER_NOT_RECOGNIZED" not in [notice.code for notice in view.notices]


def test_the_registry_names_the_issuer(verifier: Verifier) -> None:
    view = report_view(report_on(verifier, served.credentials()["valid"]), "en", now=v.NOW)
    issuer = next(fact for fact in view.facts if fact.label == "Issued by")
    assert issuer.value == "Lakeside Unified School District"
    assert issuer.note == "Listed in State Register of Educator Programs."
    assert [answer.outcome for answer in view.answers] == ["passed", "passed", "passed"]
    assert "The issuer's list at lakeside.example was fetched on May 1, 2026, 9:00\u00a0AM UTC." in [
        line.text for line in view.status
    ]


def test_an_issuer_nobody_lists_is_shown_by_its_own_name_which_is_said(verifier: Verifier) -> None:
    view = report_view(report_on(verifier, served.credentials()["unrecognised"]), "en", now=v.NOW)
    issuer = next(fact for fact in view.facts if fact.label == "Issued by")
    assert (issuer.value, issuer.note) == ("Lakeside District", "This is the name it gives itself.")
    assert view.answers[2].outcome == "warning"
    assert any("Make sure who the issuer is" in step for step in view.next_steps)


def test_the_person_asked_about_is_answered(verifier: Verifier) -> None:
    sample = served.credentials()["anonymous"]
    hers = report_view(report_on(verifier, sample, recipient="ines@example.org"), "en", now=v.NOW)
    assert [(each.id, each.outcome) for each in hers.answers][-1] == ("recipient", "passed")
    assert next(fact.value for fact in hers.facts if fact.label == "Awarded to") == "The person you named"
    other = report_view(report_on(verifier, sample, recipient="somebody@example.org"), "en", now=v.NOW)
    assert other.headline == "Awarded to somebody else"
    assert other.answers[-1].word == "No"


def test_of_what_is_not_known_nobody_is_told_to_turn_it_down(verifier: Verifier) -> None:
    for name in ("key-unknown", "status-unknown", "link", "legacy"):
        view = report_view(report_on(verifier, served.credentials()[name]), "en", now=v.NOW)
        assert view.next_steps, name
        assert not any("Do not rely" in step for step in view.next_steps), name


def test_another_instant_and_an_old_report_are_said(verifier: Verifier) -> None:
    data = served.credentials()["expired"]
    report = report_on(verifier, data, as_of=v.NOW - timedelta(days=20))
    view = report_view(report, "en", now=v.NOW + timedelta(days=9))
    assert "The answer is for April 11, 2026" in view.sentence
    assert "The check was made 9 days ago. Things may have changed since." in view.sentence
    fresh = report_view(report_on(verifier, data), "en", now=v.NOW)
    assert "days ago" not in fresh.sentence
    assert "The answer is for" not in fresh.sentence


def test_a_policy_that_does_not_ask_about_withdrawal_is_not_called_in_force(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lenient = make_verifier(tmp_path_factory, BUILT_IN["vcalm"])
    report = report_on(lenient, served.credentials()["suspended"])
    assert report["verdict"] == "valid"
    view = report_view(report, "en", now=v.NOW)
    assert (view.tone, view.headline) == ("tolerated", "Genuine, but not in force")
    assert SUSPENDED.code in [notice.code for notice in view.notices]
    unknown = report_view(report_on(lenient, served.credentials()["status-unknown"]), "en", now=v.NOW)
    assert unknown.headline == "Genuine, but perhaps no longer in force"


def test_presentations_show_their_holder_and_their_credentials(verifier: Verifier) -> None:
    holder = v.signer("holder")
    inner = v.badge(served.DISTRICT.controller)
    inner["credentialSubject"]["id"] = holder.controller
    shown = jsontext.parse_object(v.sign(inner, served.DISTRICT))
    presentation = {
        "@context": [v.CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "holder": holder.controller,
        "verifiableCredential": [shown],
    }
    data = v.sign(presentation, holder, purpose="authentication")
    view = report_view(report_on(verifier, data), "es", now=v.NOW)
    assert view.kind == "Presentación de una credencial"
    assert view.headline == "Auténtica y en vigor"
    assert "Presentada por" in [fact.label for fact in view.facts]
    assert [member.heading for member in view.members] == ["Credencial 1 de 1"]
    empty = {name: value for name, value in presentation.items() if name != "verifiableCredential"}
    nothing = report_view(report_on(verifier, v.sign(empty, holder, purpose="authentication")), "en", now=v.NOW)
    assert nothing.headline == "A presentation without credentials"


def test_hostile_names_are_cut_and_shown_plainly(verifier: Verifier) -> None:
    nasty = "\u202egnikool\x00\n" + "A" * 5000
    data = v.sign(v.badge(name=nasty, issuer={"id": v.signer().controller, "type": ["Profile"], "name": nasty}))
    view = report_view(report_on(verifier, data), "en", now=v.NOW)
    for fact in view.facts:
        for text in (fact.value, fact.note, fact.identifier):
            assert len(text) <= 400
            assert text.isprintable()


def test_the_view_survives_reports_of_checks_and_problems_it_does_not_know(verifier: Verifier) -> None:
    report = report_on(verifier, served.credentials()["valid"])
    odd = {"type": "https://elsewhere.example/problems#ODD", "title": "Odd", "detail": "odd indeed", "pointer": "/x"}
    report["checks"].append(
        {"id": "later", "outcome": "passed", "title": "Later", "message": "m", "problems": [odd], "evidence": {}}
    )
    report["warnings"].append(odd)
    report["asOf"] = "not a date"
    view = report_view(report, "es", now=v.NOW)
    assert "Later" in [check.title for check in view.checks]
    assert [notice.title for notice in view.notices] == ["Odd"]


def test_every_label_is_there() -> None:
    view = report_view(Verifier().inspect(b"{}", now=v.NOW).to_json(), "es", now=v.NOW)
    assert {view.label(key) for key in LABELS}
    assert all(view.label(key) != text for key, text in LABELS.items())


def test_every_check_of_the_report_is_in_the_view(verifier: Verifier) -> None:
    view = report_view(report_on(verifier, served.credentials()["revoked"]), "en", now=v.NOW)
    assert sorted(check.id for check in view.checks) == sorted(ROWS.values())
    assert sum(view.counts.values()) == len(ROWS)
    for group in view.groups:
        assert sorted(group.asked + group.skipped, key=id) == sorted(group.checks, key=id)


# -- what is kept ---------------------------------------------------------------------------------------------------


def test_what_is_kept_comes_back() -> None:
    items = (
        Item("a.json", report=b'{"verdict":"valid"}', package=b"PK-1"),
        Item(None, problem={"type": "t", "title": "x", "detail": "y"}),
        Item("ü.zip", report=b"{}", earlier={"state": "same"}),
    )
    kept = Kept(pack(items))
    assert len(kept) == 3
    assert kept.item(1, package=True) == items[0]
    first = kept.item(1)
    assert first is not None
    assert first.package is None
    assert first.parsed() == {"verdict": "valid"}
    assert kept.item(2) == items[1]
    assert kept.item(3) == items[2]
    assert [kept.packed(number) for number in (1, 2, 3)] == [True, False, False]
    assert kept.item(0) is None
    assert kept.item(4) is None
    with pytest.raises(KeyError):
        items[1].parsed()
    with pytest.raises(zipfile.BadZipFile):
        Kept(b"not a zip")


# -- renewed and older badges ---------------------------------------------------------------------------------------


def test_a_renewed_credential_shows_the_dates_it_was_judged_by() -> None:
    service = {"id": "https://lakeside.example/renew", "type": "1EdTechCredentialRefresh"}
    badge = v.badge(**{"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS], "refreshService": service})
    received = v.sign(v.changed(badge, validUntil="2026-04-20T00:00:00Z"))
    newer = v.sign(v.changed(badge, validFrom="2026-04-21T09:00:00Z"))
    renewed = Verifier(fetcher=ReplayResolver({service["id"]: newer}))
    view = report_view(report_on(renewed, received), "en", now=v.NOW)
    assert view.headline == "Unchanged and in force. Issuer not known here"
    until = next(fact for fact in view.facts if fact.label == "In force until")
    assert (until.value, until.note) == ("April 1, 2031", "So says the newer copy that its issuer holds.")
    assert [(member.heading, member.headline) for member in view.members] == [
        ("Copy that its issuer offers", "Genuine copy")
    ]
    same = report_view(report_on(Verifier(fetcher=ReplayResolver({service["id"]: newer})), newer), "en", now=v.NOW)
    assert all(not fact.note for fact in same.facts if fact.label == "In force until")


def test_an_older_badge_is_called_one_whatever_comes_of_it() -> None:
    def view_of(*found: Any, **options: Any) -> Any:
        return report_view(legacy.inspect(*found, **options).to_json(), "en", now=v.NOW)

    good = view_of(legacy.assertion())
    assert (good.tone, good.headline) == ("legacy", "Confirmed, as a badge of the older kind")
    assert good.verdict_word == "Valid, older kind of badge"
    assert good.answers[0].word == "Yes, by the older rules"
    assert any("Make sure who the issuer is" in step for step in good.next_steps)
    lost = view_of(legacy.assertion(), {})
    assert (lost.tone, lost.headline) == ("undetermined", "Older badge that could not be confirmed")
    assert not lost.proved
    altered = legacy.assertion()
    altered["badge"] = f"{legacy.HOST}/badges/another"
    assert view_of(altered).tone == "invalid"
    gone = view_of(legacy.assertion(), gone=(legacy.ASSERTION,))
    assert gone.headline == "Revoked by its issuer"
