"""Registries in an OpenID Federation: whose statement counts, for whom, when, and the way to a trust anchor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.fetching import Failure, Fetched, Purpose
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.federation import MAXIMUM_CHAIN_FETCHES, question
from badgeport.verifier.verifier import Verifier
from support import trusting as t
from support import verifying as v

DEMANDING = replace(DEFAULT, recognized_issuers_only=True)
LISTED = ("passed", ["List A"], [])
BY_ENDPOINT: dict[str, Any] = {"type": "oidf", "fetchEndpoint": t.ENDPOINT}
KEYS_OF_ISSUER = {"https://lakeside.example/.well-known/did.json": v.key_document(v.web_signer())}


def registry() -> Signer:
    return v.signer("registry", KeyType.P256)


def pinned() -> dict[str, Any]:
    return {**BY_ENDPOINT, "jwks": t.key_set(registry())}


def about(**changes: Any) -> bytes:
    """The registry's statement about the issuer."""
    changes.setdefault("metadata", t.METADATA)
    return t.statement(changes.pop("by", registry()), changes.pop("issuer", t.REGISTRY), t.ISSUER, **changes)


def inspect(
    entry: Mapping[str, Any], documents: Mapping[str, bytes], failures: Mapping[str, str] | None = None, **options: Any
) -> VerificationReport:
    """The report on a badge of did:web:lakeside.example where these documents are at hand and these failed."""
    policy = options.pop("policy", DEMANDING)
    held = {url: body if isinstance(body, bytes) else t.dumped(body) for url, body in KEYS_OF_ISSUER.items()}
    fetcher = ReplayResolver(
        {**held, **documents}, [Failure(url, "registry", reason) for url, reason in (failures or {}).items()]
    )
    verifier = Verifier(policy=policy, fetcher=fetcher, trust=t.trust(entry))
    by = v.web_signer()
    return verifier.inspect(v.sign(v.badge(by.controller), by), now=options.pop("now", v.NOW), **options)


def check(*arguments: Any, **options: Any) -> tuple[str, list[str], list[str]]:
    return t.recognition_check(inspect(*arguments, **options))


def assert_open(reason: str, *arguments: Any, **options: Any) -> None:
    """That the registry leaves open whether the issuer is recognised: neither recognised nor refused."""
    report = inspect(*arguments, **options)
    outcome, matching, reasons = t.recognition_check(report)
    assert (outcome, matching) == ("unknown", [])
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert report.verdict is Verdict.UNDETERMINED


def test_who_the_registry_states_is_recognised_by_the_name_it_gives() -> None:
    report = inspect(pinned(), {t.asked(): about()})
    assert t.recognition_check(report) == LISTED
    assert report.verdict is Verdict.VALID
    assert report.warnings == ()
    assert report.check("issuer-recognition").evidence["matchingIssuers"] == [
        {
            "id": t.ISSUER,
            "name": "Lakeside District",
            "registry": "List A",
            "legalName": "Lakeside School District No. 12",
            "url": "https://lakeside.example/",
        }
    ]
    assert t.asked() in {document.url for document in report.documents}


def test_a_name_is_not_needed_and_a_legal_name_will_do() -> None:
    for metadata, name in (
        (None, None),
        ({"federation_entity": 7}, None),
        ({"institution_additional_information": {"legal_name": "No. 12"}}, "No. 12"),
    ):
        report = inspect(pinned(), {t.asked(): about(metadata=metadata)})
        assert report.check("issuer-recognition").evidence["matchingIssuers"][0]["name"] == name


@pytest.mark.parametrize("endpoint", [t.ENDPOINT, f"{t.ENDPOINT}?sub=", f"{t.ENDPOINT}?"])
def test_the_endpoint_may_be_written_with_its_question(endpoint: str) -> None:
    assert check({**pinned(), "fetchEndpoint": endpoint}, {t.asked(): about()}) == LISTED


def test_a_question_is_escaped() -> None:
    assert question("https://r.example/f?v=1", "did:web:a%3A1&sub=b#c") == (
        "https://r.example/f?v=1&sub=did%3Aweb%3Aa%253A1%26sub%3Db%23c"
    )
    assert question("https://r.example/f?v=1&sub=", "x") == "https://r.example/f?v=1&sub=x"


def test_keys_that_are_not_pinned_are_those_at_the_registrys_own_host() -> None:
    documents = {t.asked(): about(), t.CONFIGURATION: t.configuration(registry())}
    assert check(BY_ENDPOINT, documents) == LISTED
    assert check({"type": "oidf", "trustAnchorEC": t.CONFIGURATION}, documents) == LISTED
    assert check({"type": "oidf", "entityId": t.REGISTRY}, documents) == LISTED
    elsewhere = {
        t.asked(endpoint="https://elsewhere.example/ask"): about(),
        t.CONFIGURATION: t.configuration(registry(), endpoint="https://elsewhere.example/ask"),
    }
    assert check({"type": "oidf", "entityId": t.REGISTRY}, elsewhere) == LISTED


@pytest.mark.parametrize(
    ("configuration", "reason"),
    [
        (t.configuration(v.signer("thief"), jwks=t.key_set(registry())), "names no key"),
        (t.configuration(registry(), iss="https://other.example"), "was not made by"),
        (t.configuration(registry(), sub="https://other.example"), "somebody else"),
        (t.configuration(registry(), exp=t.NOW - t.DAY), "no longer valid"),
        (t.configuration(registry(), jwks=None), "names no key"),
        (b"<html>down</html>", "cannot be read"),
        (t.configuration(registry(), endpoint="http://plain.example/fetch"), "no address to ask it at"),
        (t.configuration(registry(), metadata=None), "no address to ask it at"),
    ],
)
def test_a_registry_that_does_not_stand_for_itself_is_not_heard(configuration: bytes, reason: str) -> None:
    documents = {t.CONFIGURATION: configuration, t.asked(): about()}
    assert_open(reason, {"type": "oidf", "trustAnchorEC": t.CONFIGURATION}, documents)


def tampered() -> bytes:
    head, _, signature = about().split(b".")
    return b".".join((head, t.statement(registry(), t.REGISTRY, t.ISSUER).split(b".")[1], signature))


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (tampered(), "does not match"),
        (about(by=v.signer("thief")), "names no key"),
        (about(by=v.signer("thief"), header={"kid": registry().public_key.thumbprint()}), "does not verify"),
        (about(by=v.signer("thief", KeyType.P256), header={"kid": registry().public_key.thumbprint()}), "match"),
        (about(header={"typ": "JWT"}), "not an entity statement"),
        (about(header={"typ": None}), "not an entity statement"),
        (about(header={"crit": ["exp"]}), "does not verify"),
        (about(crit=["x"], x=1), "demands extensions"),
        (about(metadata_policy_crit=["remove"]), "demands extensions"),
        (about(issuer="https://other.example"), "was not made by"),
        (about(sub="did:web:other.example"), "somebody else"),
        (about(sub="did:web:lakeside.example:schools"), "somebody else"),
        (about(sub=None), "somebody else"),
        (about(exp=t.NOW - 400), "no longer valid"),
        (about(iat=t.NOW + 400), "in the future"),
        (about(exp=None), "no date in exp"),
        (about(iat=None), "no date in iat"),
        (about(exp=True), "no date in exp"),
        (about(exp="2030"), "no date in exp"),
        (about(exp=10**15), "no date in exp"),
        (b"", "does not verify"),
        (b'{"sub":"did:web:lakeside.example"}', "does not verify"),
        (b"\xff\xfe.a.b", "does not verify"),
    ],
)
def test_a_statement_that_does_not_stand_says_nothing(statement: bytes, reason: str) -> None:
    assert_open(reason, pinned(), {t.asked(): statement})


def test_clocks_may_differ_a_little_and_the_day_of_the_check_counts() -> None:
    assert check(pinned(), {t.asked(): about(exp=t.NOW - 200)}) == LISTED
    assert check(pinned(), {t.asked(): about(iat=t.NOW + 200)}) == LISTED
    assert check(pinned(), {t.asked(): about()}, as_of=v.NOW - timedelta(days=20)) == LISTED
    assert_open("no longer valid", pinned(), {t.asked(): about()}, now=v.NOW + timedelta(days=3))


def test_the_host_of_a_did_web_has_no_case() -> None:
    assert check(pinned(), {t.asked(): about(sub="did:web:Lakeside.Example")}) == LISTED


def test_a_key_is_chosen_by_its_name() -> None:
    other = v.signer("other-of-registry", KeyType.P256)
    both = {**BY_ENDPOINT, "jwks": t.key_set(other, registry())}
    assert check(both, {t.asked(): about()}) == LISTED
    assert_open("names no key", both, {t.asked(): about(header={"kid": None})})
    assert check(pinned(), {t.asked(): about(header={"kid": None})}) == LISTED
    named = {**BY_ENDPOINT, "jwks": {"keys": [{**registry().public_key.to_jwk(), "kid": "key1"}]}}
    assert check(named, {t.asked(): about(header={"kid": "key1"})}) == LISTED
    same = {"keys": [{**each.public_key.to_jwk(), "kid": "key1"} for each in (other, registry())]}
    assert_open("names no key", {**BY_ENDPOINT, "jwks": same}, {t.asked(): about(header={"kid": "key1"})})


# -- not found, and not to be had -----------------------------------------------------------------------------------

NOT_FOUND = {t.asked(): "the server answered 404 Not Found"}


def test_not_found_at_the_registrys_own_address_means_not_listed() -> None:
    for entry in (pinned(), BY_ENDPOINT):
        report = inspect(entry, {t.CONFIGURATION: t.configuration(registry())}, NOT_FOUND)
        assert t.recognition_check(report) == ("failed", [], [])
        assert report.verdict is Verdict.INVALID
        assert report.check("issuer-recognition").evidence["registries"] == ["List A"]


def test_not_found_at_an_address_that_nobody_calls_the_registrys_means_nothing() -> None:
    moved = t.configuration(registry(), endpoint=f"{t.REGISTRY}/v2/fetch")
    assert_open("does not call its own", pinned(), {t.CONFIGURATION: moved}, NOT_FOUND)
    assert_open("could not be had", pinned(), {}, NOT_FOUND)
    thief = t.configuration(v.signer("thief"))
    assert_open("names no key", pinned(), {t.CONFIGURATION: thief}, NOT_FOUND)


@pytest.mark.parametrize(
    "reason",
    ["the server answered 500 Internal Server Error", "the server did not answer in time", "answered 4040"],
)
def test_a_registry_that_does_not_answer_is_named(reason: str) -> None:
    documents = {t.CONFIGURATION: t.configuration(registry())}
    assert_open(reason, pinned(), documents, {t.asked(): reason})
    report = inspect(pinned(), documents, {t.asked(): reason}, policy=DEFAULT)
    assert report.verdict is Verdict.VALID
    assert [warning.type.code for warning in report.warnings] == ["ISSUER_NOT_RECOGNIZED", "REGISTRY_UNREADABLE"]


# -- chains to a trust anchor ---------------------------------------------------------------------------------------


def anchor() -> Signer:
    return v.signer("anchor")


def anchored() -> dict[str, Any]:
    return {**BY_ENDPOINT, "trustAnchor": {"id": t.ANCHOR, "jwks": t.key_set(anchor())}}


def well_known(entity: str) -> str:
    return f"{entity}/.well-known/openid-federation"


def chain(**changes: Any) -> dict[str, bytes]:
    """The registry, below its anchor. ``changes`` replace claims of the anchor's statement about it."""
    changes.setdefault("jwks", t.key_set(registry()))
    by = changes.pop("by", anchor())
    return {
        t.asked(): about(),
        t.CONFIGURATION: t.configuration(registry(), authority_hints=[t.ANCHOR]),
        well_known(t.ANCHOR): t.configuration(anchor(), t.ANCHOR),
        t.asked(t.REGISTRY, f"{t.ANCHOR}/fetch"): t.statement(by, t.ANCHOR, t.REGISTRY, **changes),
    }


def test_a_registry_that_its_anchor_vouches_for_is_heard() -> None:
    report = inspect(anchored(), chain())
    assert t.recognition_check(report) == LISTED
    assert {well_known(t.ANCHOR), t.CONFIGURATION} <= {document.url for document in report.documents}


def test_the_anchor_may_be_the_registry() -> None:
    entry = {**BY_ENDPOINT, "trustAnchor": {"id": t.REGISTRY, "jwks": t.key_set(registry())}}
    assert check(entry, {t.asked(): about(), t.CONFIGURATION: t.configuration(registry())}) == LISTED
    thief = {**BY_ENDPOINT, "trustAnchor": {"id": t.REGISTRY, "jwks": t.key_set(v.signer("thief"))}}
    assert_open("names no key", thief, {t.asked(): about(), t.CONFIGURATION: t.configuration(registry())})


@pytest.mark.parametrize(
    ("documents", "reason"),
    [
        (chain(jwks=t.key_set(v.signer("thief"))), "names no key"),
        (chain(by=v.signer("thief")), "names no key"),
        (chain(exp=t.NOW - t.DAY), "no longer valid"),
        (chain(sub="https://other.example"), "somebody else"),
        (chain(constraints={"max_path_length": 0}), "no chain of this length"),
        (chain(constraints={"max_path_length": True}), "no chain of this length"),
        (chain(constraints={"naming_constraints": {"permitted": [".example"]}}), "cannot be checked"),
        (chain(constraints=[]), "cannot be checked"),
        ({**chain(), t.CONFIGURATION: t.configuration(registry())}, "names nobody above it"),
        ({**chain(), t.CONFIGURATION: t.configuration(registry(), authority_hints="x")}, "names nobody above it"),
        (
            {**chain(), t.CONFIGURATION: t.configuration(registry(), authority_hints=["http://anchor.example"])},
            "names nobody above it",
        ),
        ({**chain(), well_known(t.ANCHOR): t.configuration(v.signer("thief"), t.ANCHOR)}, "names no key"),
        ({url: body for url, body in chain().items() if url != well_known(t.ANCHOR)}, "could not be had"),
    ],
)
def test_a_chain_that_does_not_hold_leaves_it_open(documents: dict[str, bytes], reason: str) -> None:
    assert_open(reason, anchored(), documents)


def test_a_chain_within_the_length_its_anchor_allows() -> None:
    assert check(anchored(), chain(constraints={"max_path_length": 1})) == LISTED


def tower(height: int) -> dict[str, bytes]:
    """The registry below so many entities, the last of which is the anchor."""
    entities = [t.REGISTRY, *(f"https://level{index}.example" for index in range(1, height)), t.ANCHOR]
    signers = [registry(), *(v.signer(f"level{index}") for index in range(1, height)), anchor()]
    documents = {t.asked(): about()}
    for index, entity in enumerate(entities):
        hints = {"authority_hints": [entities[index + 1]]} if index < height else {}
        documents[well_known(entity)] = t.configuration(signers[index], entity, **hints)
        if index < height:
            above = entities[index + 1]
            documents[t.asked(entity, f"{above}/fetch")] = t.statement(
                signers[index + 1], above, entity, jwks=t.key_set(signers[index])
            )
    return documents


def test_the_length_of_a_chain_is_bounded() -> None:
    assert check(anchored(), tower(2)) == LISTED
    assert check(anchored(), tower(4)) == LISTED
    assert_open("no chain of at most 4 steps", anchored(), tower(5))


def test_entities_that_name_each_other_lead_nowhere() -> None:
    other = "https://other.example"
    documents = {
        t.asked(): about(),
        t.CONFIGURATION: t.configuration(registry(), authority_hints=[other, t.REGISTRY]),
        well_known(other): t.configuration(v.signer("other"), other, authority_hints=[t.REGISTRY]),
    }
    assert_open("was not reached", anchored(), documents)


class Endless:
    """A federation in which everybody names four others above, each of whom nobody has met yet."""

    def __init__(self) -> None:
        self.asked = 0

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        if purpose != "registry":
            return Fetched(url, t.dumped(KEYS_OF_ISSUER[url]))
        self.asked += 1
        entity = url.removesuffix("/.well-known/openid-federation")
        above = [f"{entity.removesuffix('.example')}-{index}.example" for index in range(4)]
        return Fetched(url, t.configuration(registry(), entity, authority_hints=above))


def test_the_work_on_a_chain_is_bounded() -> None:
    fetcher, by = Endless(), v.web_signer()
    verifier = Verifier(policy=DEMANDING, fetcher=fetcher, trust=t.trust(anchored()))
    report = verifier.inspect(v.sign(v.badge(by.controller), by), now=v.NOW)
    outcome, _, (reason,) = t.recognition_check(report)
    assert outcome == "unknown"
    assert "was not reached" in reason
    assert fetcher.asked == MAXIMUM_CHAIN_FETCHES + 1
