"""Row 39 over real registries: order, which could be read, what is asked for and when, and the same answer later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from badgeport.schemas import jsontext
from badgeport.schemas.limits import Limits
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Recorder
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.lookup import MAXIMUM_ISSUER
from badgeport.verifier.trust.registries import Trust
from badgeport.verifier.verifier import Verifier
from support import trusting as t
from support import verifying as v
from support.web import Answer, Seen, Web

DEMANDING = replace(DEFAULT, recognized_issuers_only=True)
PILOT = "https://pilot.example/registry.json"
COMMUNITY = "https://community.example/registry.json"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as served:
        yield served


def listing(name: str, *ids: str) -> dict[str, Any]:
    return {"meta": {"created": "2020"}, "registry": {each: {"name": name, "location": "Here"} for each in ids}}


def remote(url: str, **changes: Any) -> dict[str, Any]:
    return {"type": "dcc-legacy", "url": url, **changes}


def own() -> str:
    return v.signer().controller


def test_the_registry_of_most_authority_names_the_issuer(web: Web) -> None:
    web.put(PILOT, listing("Lakeside Pilot", own()))
    web.put(COMMUNITY, listing("Lakeside Community", own()))
    trust = t.trust(
        remote(COMMUNITY, name="Community"),
        {"type": "issuers", "name": "State", "issuers": [{"id": own(), "name": "Lakeside by the State"}]},
        remote(PILOT, name="Pilot"),
        {"type": "issuers", "name": "Others", "issuers": [{"id": "did:example:other"}]},
    )
    report = Verifier(fetcher=web.fetcher(), trust=trust, policy=DEMANDING).inspect(v.sign(v.badge()), now=v.NOW)
    assert t.recognition_check(report) == ("passed", ["Community", "State", "Pilot"], [])
    check = report.check("issuer-recognition")
    assert check.message == "The issuer is listed in Community, State, Pilot."
    assert check.evidence["registries"] == ["Community", "State", "Pilot", "Others"]
    assert report.verdict is Verdict.VALID
    assert report.warnings == ()
    assert "Lakeside Community (" in report.to_text()
    assert "listed in Community" in report.to_text()
    assert [document.url for document in report.documents] == [COMMUNITY, PILOT]


BROKEN: list[tuple[str, Mapping[str, Any] | bytes | None, dict[str, Any], str]] = [
    ("gone", None, {}, "404"),
    ("down", b"", {"status": 503}, "503"),
    ("page", b"<html>", {"media_type": "text/html"}, "JSON"),
    ("form", {"issuers": 1}, {}, "array 'issuers'"),
    ("entry", {"registry": {"did:example:a": 1}}, {}, "/registry/did:example:a"),
    ("endless", b"[" * 10_000, {}, ""),
]


@pytest.mark.parametrize(("case", "body", "options", "reason"), BROKEN, ids=[each[0] for each in BROKEN])
def test_a_registry_that_could_not_be_read_is_named_and_never_taken_for_not_listed(
    web: Web, case: str, body: Any, options: dict[str, Any], reason: str
) -> None:
    web.put(COMMUNITY, listing("Other", "did:example:other"))
    if body is not None:
        web.put(PILOT, body, **options)
    else:
        web.host("pilot.example")
    trust = t.trust(remote(PILOT, name="Pilot"), remote(COMMUNITY))
    fetcher = web.fetcher()
    report = Verifier(fetcher=fetcher, trust=trust, policy=DEMANDING).inspect(v.sign(v.badge()), now=v.NOW)
    outcome, matching, reasons = t.recognition_check(report)
    assert (outcome, matching) == ("unknown", [])
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert report.verdict is Verdict.UNDETERMINED
    lenient = Verifier(fetcher=fetcher, trust=trust).inspect(v.sign(v.badge()), now=v.NOW)
    assert lenient.verdict is Verdict.VALID
    assert [warning.type.code for warning in lenient.warnings] == ["ISSUER_NOT_RECOGNIZED", "REGISTRY_UNREADABLE"]
    assert "Pilot" in lenient.warnings[1].detail
    web.put(COMMUNITY, listing("Lakeside", own()))
    known = Verifier(fetcher=web.fetcher(), trust=trust, policy=DEMANDING).inspect(v.sign(v.badge()), now=v.NOW)
    assert known.verdict is Verdict.VALID, case
    assert [warning.type.code for warning in known.warnings] == ["REGISTRY_UNREADABLE"]


def test_a_host_that_is_down_or_cannot_be_trusted_says_nothing(web: Web) -> None:
    web.put(PILOT, listing("Lakeside", own()))
    for trouble in ({"down": "refused"}, {"down": "no such name"}, {"certificate": "wrong-name"}):
        web.host("pilot.example", **trouble)  # type: ignore[arg-type]
        verifier = Verifier(fetcher=web.fetcher(), trust=t.trust(remote(PILOT)), policy=DEMANDING)
        outcome, matching, reasons = t.recognition_check(verifier.inspect(v.sign(v.badge()), now=v.NOW))
        assert (outcome, matching, len(reasons)) == ("unknown", [], 1), trouble
    web.host("pilot.example", addresses=("10.0.0.7",))
    verifier = Verifier(fetcher=web.fetcher(), trust=t.trust(remote(PILOT)), policy=DEMANDING)
    assert t.recognition_check(verifier.inspect(v.sign(v.badge()), now=v.NOW))[0] == "unknown"


def test_a_registry_does_not_send_its_readers_to_another_host(web: Web) -> None:
    web.put(COMMUNITY, listing("Lakeside", own()))
    web.behave(PILOT, "redirect", to=COMMUNITY)
    verifier = Verifier(fetcher=web.fetcher(), trust=t.trust(remote(PILOT)), policy=DEMANDING)
    outcome, matching, _ = t.recognition_check(verifier.inspect(v.sign(v.badge()), now=v.NOW))
    assert (outcome, matching) == ("unknown", [])
    assert web.asked(COMMUNITY) == 0


def test_a_federation_and_an_authority_over_the_network_and_the_same_report_offline(web: Web) -> None:
    registry = v.signer("registry")

    def fetch(seen: Seen) -> Answer | None:
        if seen.query != f"sub={own().replace(':', '%3A')}":
            return None
        return Answer(t.statement(registry, t.REGISTRY, own(), metadata=t.METADATA), "application/entity-statement+jwt")

    web.answer(t.ENDPOINT, fetch)
    web.put(t.CONFIGURATION, t.configuration(registry), media_type="application/entity-statement+jwt")
    web.put(t.STATE_LIST, t.signed_recognition(t.entity()), media_type="application/vc")
    web.put(PILOT, b"", status=500)
    trust = t.trust({"type": "oidf", "fetchEndpoint": t.ENDPOINT}, t.recognition_entry(), remote(PILOT, name="Pilot"))
    trust = Trust.from_json(trust.to_json())
    recorder = Recorder(web.fetcher())
    for badge, expected in (
        (v.sign(v.badge()), ("passed", ["List A", "List B"])),
        (v.sign(v.badge(v.signer("stranger").controller), v.signer("stranger")), ("unknown", [])),
    ):
        report = Verifier(fetcher=recorder, trust=trust, policy=DEMANDING).inspect(badge, now=v.NOW)
        outcome, matching, reasons = t.recognition_check(report)
        assert (outcome, matching) == expected
        assert len(reasons) == 1
        assert "500" in reasons[0]
        assert report.check("issuer-recognition").evidence["registries"] == ["List A", "List B"]
        replayed = Verifier(
            fetcher=ReplayResolver(recorder.bodies(), recorder.failures()),
            trust=Trust.from_json(jsontext.dump(trust.to_json())),
            policy=DEMANDING,
        ).inspect(badge, now=v.NOW)
        assert replayed.to_bytes() == report.to_bytes()


# -- what is asked for, and when ------------------------------------------------------------------------------------


def test_nothing_is_asked_before_the_proof_stands(web: Web) -> None:
    web.put(PILOT, listing("Lakeside", own()))
    forged = v.spoiled(v.sign(v.badge()), lambda document: document.update(name="Other"))
    for data in (forged, b"{}", b"no credential", v.sign(v.presentation("did:example:holder"))):
        verifier = Verifier(fetcher=web.fetcher(), trust=t.trust(remote(PILOT)))
        assert verifier.inspect(data, now=v.NOW).check("issuer-recognition").outcome.value == "skipped"
    assert web.log == []


def test_a_registry_is_asked_once_for_everything_an_input_contains(web: Web) -> None:
    web.put(PILOT, listing("Lakeside", own()))
    verifier = Verifier(fetcher=web.fetcher(), trust=t.trust(remote(PILOT)), policy=DEMANDING)
    members = [
        v.parsed(v.sign(v.badge(id=f"urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a00{index}"))) for index in range(3)
    ]
    assert verifier.inspect(v.sign(v.clr(*members)), now=v.NOW).verdict is Verdict.VALID
    assert web.asked(PILOT) == 1


@pytest.mark.parametrize(
    "issuer", ["lakeside", "mailto:x@lakeside.example", "did:x:" + "a" * MAXIMUM_ISSUER, "did:a b"]
)
def test_what_is_no_identifier_is_asked_of_no_registry(web: Web, issuer: str) -> None:
    from badgeport.verifier.examination import Examination, Question, Settings, Shared
    from badgeport.verifier.trust.lookup import recognize

    web.host("registry.example")
    settings = Settings(DEFAULT, t.trust({"type": "oidf", "fetchEndpoint": t.ENDPOINT}), None, Limits(), "x")  # type: ignore[arg-type]
    shared = Shared(Recorder(web.fetcher()), 1, 1, 1)
    found = recognize(Examination(settings, Question(v.NOW, v.NOW), shared, b"{}"), issuer)
    assert (found.matching, found.unread) == ((), ())
    assert web.log == []


def test_the_documents_of_registries_count_towards_the_limits_of_the_input(web: Web) -> None:
    trust = t.trust(*(remote(f"https://r{index}.example/") for index in range(4)))
    for index in range(4):
        web.put(f"https://r{index}.example/", listing("Lakeside", own()))
    report = Verifier(fetcher=web.fetcher(), trust=trust, limits=Limits(fetches=3)).inspect(
        v.sign(v.badge()), now=v.NOW
    )
    outcome, matching, reasons = t.recognition_check(report)
    assert (outcome, matching, reasons) == (
        "passed",
        ["List A", "List B", "List C"],
        ["too many documents were asked for"],
    )


def test_what_is_said_where_there_is_nothing_to_ask() -> None:
    for trust, detail in (
        (Trust(), "no trust registry was given"),
        (t.trust(remote(PILOT)), "none of the registries could be read"),
    ):
        warnings = v.inspect(v.sign(v.badge()), trust=trust).warnings
        assert warnings[0].type.code == "ISSUER_NOT_RECOGNIZED"
        assert detail in warnings[0].detail


def test_an_endorser_need_not_be_known() -> None:
    endorser = v.signer("endorser")
    endorsement = v.parsed(v.sign(v.endorsement(own(), endorser), endorser))
    listed = t.trust({"type": "issuers", "issuers": [{"id": own()}]})
    report = v.inspect(v.sign(v.badge(endorsement=[endorsement])), trust=listed, policy=DEMANDING)
    assert report.verdict is Verdict.VALID
    assert [warning.type.code for warning in report.members[0].warnings] == ["ISSUER_NOT_RECOGNIZED"]
