"""Checks that look things up, over real connections: what is asked for, what is not, and what comes of it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from badgeport.schemas import jsontext
from badgeport.schemas.bitstring import Bitstring
from badgeport.schemas.encoding import multibase_encode
from badgeport.schemas.problems import DOCUMENT_OUTDATED, ISSUER_PAGE_UNAVAILABLE, REFRESH_AVAILABLE, ProblemError
from badgeport.verifier.policy import DEFAULT, MAY_BE_FETCHED, Policy, schema
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.network import USUAL_PURPOSES, GuardedFetcher
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support import verifying as v
from support.web import Answer, Seen, Web

SERVICE = "https://lakeside.example/refresh/1"
PAGE = "https://lakeside.example/"
STATUS_LIST_2021 = "https://w3id.org/vc/status-list/2021/v1"
EXTENDED = [v.CREDENTIALS_V2, v.OB_3_0_3, v.OB_EXTENSIONS]


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as serving:
        yield serving


def clock() -> Any:
    return v.NOW


def online(fetcher: GuardedFetcher, data: bytes, policy: Policy = DEFAULT, **question: Any) -> VerificationReport:
    """The report made with this fetcher, which its recording must give again."""
    recording = Verifier(policy=policy, fetcher=fetcher, software="badgeport test").record(data, now=v.NOW, **question)
    kept = ReplayResolver(recording.documents, recording.failures)
    again = Verifier(policy=policy, fetcher=kept, software="badgeport test").inspect(data, now=v.NOW, **question)
    assert again.to_json() == recording.report.to_json()
    return recording.report


def renewable(**changes: Any) -> dict[str, Any]:
    service = {"id": SERVICE, "type": "1EdTechCredentialRefresh"}
    return v.badge(**{"@context": EXTENDED, "refreshService": service, "validUntil": "2026-04-20T09:00:00Z", **changes})


# -- row 32 ---------------------------------------------------------------------------------------------------------


def test_a_newer_copy_is_fetched_with_its_status_list(web: Web) -> None:
    newer = renewable(validFrom="2026-04-21T09:00:00Z", validUntil=None, credentialStatus=v.status_entry())
    web.put(SERVICE, v.sign(newer, None, "vc-jwt"), media_type="application/vc+jwt")
    web.put(v.LIST, v.status_list())
    report = online(web.fetcher(clock=clock), v.sign(renewable()))
    assert report.verdict is Verdict.VALID, report.to_text()
    assert [seen.url for seen in web.log] == [SERVICE, v.LIST]


@pytest.mark.parametrize("how", ["close", "reset", "truncate", "huge-announced", "gzip", "garbage"])
def test_a_refresh_service_that_misbehaves_changes_nothing(web: Web, how: Any) -> None:
    web.behave(SERVICE, how)
    report = online(web.fetcher(clock=clock), v.sign(renewable(validUntil=None)))
    assert report.verdict is Verdict.VALID
    assert report.check("refresh").evidence["answer"] == "unavailable"
    assert REFRESH_AVAILABLE in {each.type for each in report.warnings}


def test_a_refresh_service_may_not_lead_inside(web: Web) -> None:
    web.put("https://inside.example/", v.sign(renewable(validFrom="2026-04-21T09:00:00Z", validUntil=None)))
    web.host("inside.example", addresses=("10.1.2.3",))
    service = {"id": "https://inside.example/", "type": "1EdTechCredentialRefresh"}
    for url in ("https://inside.example/", "https://127.0.0.1/", "https://[::1]/", "file:///etc/passwd"):
        report = online(web.fetcher(clock=clock), v.sign(renewable(refreshService={**service, "id": url})))
        assert report.verdict is Verdict.INVALID
        assert report.check("refresh").evidence["answer"] == "unavailable"
    assert web.log == []
    assert web.dialled == []


# -- status ---------------------------------------------------------------------------------------------------------


def list_2021(*set_bits: int) -> bytes:
    bits = Bitstring.zeros()
    for index in set_bits:
        bits.set(index, 1)
    body = {
        "@context": ["https://www.w3.org/2018/credentials/v1", STATUS_LIST_2021],
        "id": v.LIST,
        "type": ["VerifiableCredential", "StatusList2021Credential"],
        "issuer": v.signer().controller,
        "issuanceDate": "2026-04-30T00:00:00Z",
        "credentialSubject": {
            "id": f"{v.LIST}#list",
            "type": "StatusList2021",
            "statusPurpose": "revocation",
            "encodedList": bits.encode().removeprefix("u"),
        },
    }
    return v.sign(body)


def test_a_status_list_2021_is_fetched_and_read(web: Web) -> None:
    entry = v.status_entry(7, type="StatusList2021Entry", id=f"{v.LIST}#7")
    data = v.sign(v.badge(**{"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, STATUS_LIST_2021]}, credentialStatus=entry))
    for bits, verdict in (((), Verdict.VALID), ((7,), Verdict.INVALID)):
        web.put(v.LIST, list_2021(*bits), media_type="application/vc+ld+json")
        report = online(web.fetcher(clock=clock), data)
        assert report.verdict is verdict, report.to_text()
        assert report.check("status").evidence["entries"][0]["fetchedAt"] is not None
    web.log.clear()
    then = online(web.fetcher(clock=clock), data, as_of=v.NOW - timedelta(days=20))
    assert then.verdict is Verdict.UNDETERMINED
    assert [seen.query for seen in web.log] == [""]


def test_the_copy_of_an_instant_in_the_past_is_fetched(web: Web) -> None:
    def serve(seen: Seen) -> Answer | None:
        if seen.query == "timestamp=2026-04-11T09:00:00Z":
            kept = v.status_list(validFrom="2026-04-10T00:00:00Z", validUntil="2026-04-17T00:00:00Z")
            return Answer(kept)
        return Answer(v.status_list(7)) if not seen.query else None

    web.answer(v.LIST, serve)
    data = v.sign(v.badge(credentialStatus=v.status_entry()))
    assert online(web.fetcher(clock=clock), data, as_of=v.NOW - timedelta(days=20)).verdict is Verdict.VALID
    assert online(web.fetcher(clock=clock), data, as_of=v.NOW - timedelta(days=21)).verdict is Verdict.UNDETERMINED
    assert online(web.fetcher(clock=clock), data).verdict is Verdict.INVALID


def test_a_status_list_whose_server_is_down_is_taken_from_before_and_told(web: Web) -> None:
    now = [v.NOW - timedelta(hours=5)]
    fetcher = web.fetcher(clock=lambda: now[0])
    web.put(v.LIST, v.status_list(), headers={"Cache-Control": "max-age=60"})
    fetcher.fetch(v.LIST, "status-list")
    now[0] = v.NOW
    web.host("lakeside.example", down="refused")
    report = online(fetcher, v.sign(v.badge(credentialStatus=v.status_entry())))
    assert report.verdict is Verdict.VALID, report.to_text()
    (told,) = [each.detail for each in report.warnings if each.type is DOCUMENT_OUTDATED]
    assert told.endswith("the copy of 2026-05-01T04:00:00Z was used, which is 5 hours old")
    assert report.documents[0].stale


@pytest.mark.parametrize("allowed", [True, False])
def test_an_unsigned_revocation_list_of_this_machine_counts_where_that_is_allowed(allowed: bool) -> None:
    with Web(tls=False) as own:
        url = own.url("/revoked")
        status = {"id": url, "type": "1EdTechRevocationList"}
        data = v.sign(v.badge(**{"@context": EXTENDED}, credentialStatus=status))
        own.put(url, {"id": url, "issuer": v.signer().controller, "revokedCredential": [{"id": v.badge()["id"]}]})
        report = online(own.fetcher(clock=clock, allow_loopback_http=allowed), data)
        assert report.check("revocation-list").outcome is (Outcome.FAILED if allowed else Outcome.UNKNOWN)
        assert own.asked(url) == int(allowed)


# -- what only a policy lets be fetched -----------------------------------------------------------------------------


def fetching(*purposes: Any) -> Policy:
    return replace(DEFAULT, name="fetching", fetch=frozenset(purposes))


def set_up(web: Web, policy: Policy) -> GuardedFetcher:
    return web.fetcher(clock=clock, purposes=USUAL_PURPOSES | policy.fetch)


def with_page(url: Any = PAGE, **options: Any) -> bytes:
    issuer = {**v.badge()["issuer"], "url": url}
    return v.sign(v.badge(issuer=issuer, **options))


def test_the_issuers_page_is_visited_only_where_the_policy_says_so(web: Web) -> None:
    web.put(PAGE, b"<html>Lakeside</html>", media_type="text/html")
    plain = online(set_up(web, DEFAULT), with_page())
    assert (plain.verdict, web.log) == (Verdict.VALID, [])
    assert "not visited" in plain.check("issuer-profile").message
    visiting = fetching("issuer-page")
    report = online(set_up(web, visiting), with_page(), visiting)
    assert report.check("issuer-profile").evidence == {"url": PAGE}
    assert (report.verdict, [seen.url for seen in web.log]) == (Verdict.VALID, [PAGE])
    # A fetcher that was not set up to match has the last word.
    guarded = online(set_up(web, DEFAULT), with_page(), visiting)
    assert ISSUER_PAGE_UNAVAILABLE in {each.type for each in guarded.warnings}
    assert len(web.log) == 1


def test_a_page_that_does_not_answer_is_a_warning(web: Web) -> None:
    visiting = fetching("issuer-page")
    report = online(set_up(web, visiting), with_page(), visiting)
    assert report.verdict is Verdict.VALID
    result = report.check("issuer-profile")
    assert (result.outcome, [each.type for each in result.warnings]) == (Outcome.PASSED, [ISSUER_PAGE_UNAVAILABLE])
    assert result.warnings[0] in report.warnings
    assert result.warnings[0].pointer == "/issuer/url"


def test_no_page_is_visited_in_the_name_of_someone_who_did_not_sign(web: Web) -> None:
    web.put(PAGE, b"ok")
    visiting = fetching("issuer-page")
    spoiled = v.spoiled(with_page(), lambda each: each.update(name="Forged"))
    unsigned = jsontext.dump(v.badge(issuer={**v.badge()["issuer"], "url": PAGE}))
    foreign = v.sign(v.badge(issuer={**v.badge()["issuer"], "url": PAGE}), v.signer("b"))
    for data in (spoiled, unsigned, foreign, with_page(""), v.sign(v.badge())):
        online(set_up(web, visiting), data, visiting)
    assert web.log == []


def test_schemas_and_resources_are_fetched_only_where_the_policy_says_so(web: Web) -> None:
    url, rubric = "https://lakeside.example/schema.json", "https://lakeside.example/rubric.txt"
    web.put(url, {"$schema": "https://json-schema.org/draft/2020-12/schema", "required": ["evidence"]})
    web.put(rubric, b"another rubric", media_type="text/plain")
    digest = multibase_encode(b"\x12\x20" + hashlib.sha256(b"rubric").digest(), "u")
    data = v.sign(
        v.badge(
            credentialSchema=[{"id": url, "type": "JsonSchema"}],
            relatedResource=[{"id": rubric, "digestMultibase": digest}],
        )
    )
    usual = online(set_up(web, DEFAULT), data)
    assert (usual.verdict, web.log) == (Verdict.VALID, [])
    for purpose, check in (("schema", "credential-schema"), ("resource", "resource-integrity")):
        asking = fetching(purpose)
        web.log.clear()
        report = online(set_up(web, asking), data, asking)
        assert report.check(check).outcome is Outcome.FAILED, report.to_text()
        assert len(web.log) == 1


def test_a_policy_file_says_what_may_be_fetched() -> None:
    text = {**DEFAULT.to_json(), "fetch": ["schema", "issuer-page"]}
    policy = Policy.from_json(text)
    assert policy.fetch == {"schema", "issuer-page"}
    assert Policy.from_json(policy.to_json()) == policy
    assert policy.sha256 != DEFAULT.sha256
    assert DEFAULT.fetch == frozenset()
    for wrong in ("schema", [1], ["registry"], ["controller"], [""]):
        with pytest.raises(ProblemError) as caught:
            Policy.from_json({**text, "fetch": wrong})
        assert caught.value.problem.pointer == "/fetch"
        jsonschema = pytest.importorskip("jsonschema")
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**copy.deepcopy(text), "fetch": wrong}, schema())
    assert MAY_BE_FETCHED.isdisjoint(USUAL_PURPOSES)
