"""Documents out of the recognition package, through real signing and the real verifier, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.keys.signer import Signer
from badgeport.proofs import sd_jwt
from badgeport.schemas import jsontext
from badgeport.verifier.policy import DEFAULT, VCALM
from badgeport.verifier.recognition.approval import documents, received
from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.approval.approvals import authority_of, policy_statements
from badgeport.verifier.recognition.approval.authority import Approval, Authority, Standing
from badgeport.verifier.recognition.approval.contests import Appeal, Override
from badgeport.verifier.recognition.approval.documents import Issue, digest_of, exact
from badgeport.verifier.recognition.approval.received import DocumentError
from badgeport.verifier.recognition.authoring.authoring import policy_of
from badgeport.verifier.recognition.decision import Decision, Kind, PolicyReference
from badgeport.verifier.recognition.model import RecognitionPolicy
from badgeport.verifier.report import Verdict
from support import approving as a
from support import verifying as v

FORMATS = ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt", "vc+sd-jwt"]
KEEPER = "did:web:partnership.example"


def keeper() -> Signer:
    return v.web_signer(KEEPER)


KEEPER_DOCUMENT = "https://partnership.example/.well-known/did.json"


def held() -> dict[str, Any]:
    return {KEEPER_DOCUMENT: v.key_document(keeper())}


def body_of_policy(**changes: Any) -> dict[str, Any]:
    """A policy of the state as its author writes it, in JSON."""
    body = {
        "id": "https://policies.state.example/renewal",
        "version": "2026-1",
        "title": "Renewal by micro-credentials",
        "jurisdiction": {"id": a.state().controller, "name": "State", "area": "US-AR", "kind": "state-agency"},
        "effective": {"from": "2026-01-01", "until": "2027-12-31"},
        "status": "example",
        "purposes": {"licence-renewal": {"title": "Renewal", "unit": "hours"}},
        "lists": {
            "approved": {
                "title": "Approved micro-credentials",
                "entries": [{"achievement": a.ACHIEVEMENT, "issuer": a.ISSUER, "from": "2025-01-01"}],
            }
        },
        "rules": [
            {
                "id": "each",
                "title": "Each micro-credential",
                "purpose": "licence-renewal",
                "citation": {"text": "Rule 1.1"},
                "credential": [{"list": "approved"}],
                "worth": {"fixed": "7.50"},
                "decides": "automatic",
            }
        ],
    }
    return v.changed(body, **changes)


def policy(**changes: Any) -> RecognitionPolicy:
    return policy_of(body_of_policy(**changes))


def agreement() -> Agreement:
    return agreement_of(
        {
            "id": "https://partnership.example/agreements/quality",
            "title": "Partnership of states",
            "from": "2025-07-01",
            "members": [{"id": "did:web:arkansas.example", "name": "Arkansas", "area": "US-AR", "issuers": []}],
        }
    )


def decision(**changes: Any) -> Decision:
    made = Decision(
        kind=Kind.ACCEPT,
        amount=Decimal("7.50"),
        at_most=Decimal("7.50"),
        unit="hours",
        purpose="licence-renewal",
        policy=PolicyReference("https://p.example/1", "1", "0" * 64, "Renewal", "example", a.state().controller),
        as_of=v.NOW,
        items=(),
        caps=(),
        trace=(),
        missing=(),
        conditions=(),
        exact=True,
        bound=Decimal("7.50"),
        inputs={"facts": {"role": "teacher"}},
        software="badgeport test",
    )
    return replace(made, **changes)


def appeal() -> Appeal:
    return Appeal("ab" * 32, "Ines Marchetti", "Two badges were left out.", v.NOW)


def override() -> Override:
    return Override("ab" * 32, "R. Ames", "Both count.", v.NOW, Kind.ACCEPT, Decimal("0.10"), "hours", "Payroll")


BUILT: dict[str, Callable[[Issue], dict[str, Any]]] = {
    "policy": lambda issue: documents.policy_document(policy(), issue),
    "agreement": lambda issue: documents.agreement_document(agreement(), a.state().controller, issue),
    "approval list": lambda issue: a.listing(a.BOTH, status=issue.status, until=issue.until),
    "decision": lambda issue: documents.decision_document(decision(), issue, educator=v.RECIPIENT),
    "appeal": lambda issue: documents.appeal_document(appeal(), a.state().controller, issue),
    "override": lambda issue: documents.override_document(override(), a.state().controller, issue),
}


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.parametrize("format", FORMATS)
def test_every_document_verifies_with_nothing_fetched(name: str, format: str) -> None:
    issue = a.issue(until=datetime(2028, 1, 1, tzinfo=UTC), issuer_name="State Department")
    body = BUILT[name](issue)
    for reader in (DEFAULT, VCALM):
        report = v.inspect(a.signed(body, format=format), policy=reader)
        assert report.verdict is Verdict.VALID, [problem.detail for problem in report.problems()]
        assert report.documents == ()
    assert v.inspect(a.signed(body, format=format), now=datetime(2028, 1, 2, tzinfo=UTC)).codes == ("EXPIRED",)


def test_a_document_can_be_revoked() -> None:
    data = a.signed(documents.policy_document(policy(), a.issue(status=(a.status_entry(),))))
    assert v.inspect(data, a.statuses()).valid
    assert v.inspect(data, a.statuses(7)).codes == ("REVOKED",)


def test_the_same_document_has_the_same_id_and_another_has_another() -> None:
    ids = {
        BUILT["policy"](a.issue())["id"],
        BUILT["policy"](a.issue())["id"],
        documents.policy_document(policy(version="2026-2"), a.issue())["id"],
        BUILT["policy"](a.issue(issued=a.ISSUED + timedelta(days=1)))["id"],
    }
    assert len(ids) == 3


def test_a_document_that_ends_before_it_begins_is_not_built() -> None:
    with pytest.raises(ValueError, match="until after it becomes valid"):
        BUILT["appeal"](a.issue(until=a.ISSUED))


# -- policies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_a_policy_comes_back_as_it_was(format: str) -> None:
    original = policy()
    again = received.policy_from(a.verified(a.signed(documents.policy_document(original, a.issue()), format=format)))
    assert again == original
    assert again.sha256 == original.sha256


def test_a_policy_is_its_jurisdictions_only() -> None:
    body = documents.policy_document(policy(), a.issue())
    stolen = a.verified(a.signed(body | {"issuer": v.signer().controller}, v.signer()))
    with pytest.raises(DocumentError, match=r"it speaks for did:key:.*, and is signed by did:key:"):
        received.policy_from(stolen)


def test_a_policy_under_another_id_is_refused() -> None:
    body = documents.policy_document(policy(), a.issue())
    body["credentialSubject"]["id"] = "https://policies.state.example/other"
    with pytest.raises(DocumentError, match=r"its subject is https://policies\.state\.example/other"):
        received.policy_from(a.verified(a.signed(body)))


def test_a_policy_that_cannot_be_decided_is_refused_with_its_place() -> None:
    body = documents.policy_document(policy(), a.issue())
    del body["credentialSubject"]["recognitionPolicy"]["rules"][0]["citation"]
    with pytest.raises(DocumentError, match="citation") as caught:
        received.policy_from(a.verified(a.signed(body)))
    assert caught.value.pointer is not None
    assert caught.value.pointer.startswith("/rules/0")


def test_a_revoked_policy_is_none_whatever_the_reader_waives() -> None:
    data = a.signed(documents.policy_document(policy(), a.issue(status=(a.status_entry(),))))
    waived = a.verified(data, a.statuses(7), policy=a.WAIVING)
    with pytest.raises(DocumentError, match="it does not stand"):
        received.policy_from(waived)
    assert received.policy_from(a.verified(data, a.statuses())) == policy()


def test_a_document_of_another_kind_is_refused() -> None:
    credential = a.verified(a.signed(BUILT["appeal"](a.issue())))
    with pytest.raises(DocumentError, match="it is no RecognitionPolicyCredential"):
        received.policy_from(credential)
    empty = BUILT["appeal"](a.issue())
    del empty["credentialSubject"]["recognitionAppeal"]
    with pytest.raises(DocumentError, match="has no recognitionAppeal"):
        received.appeal_from(a.verified(a.signed(empty)), a.state().controller)


@pytest.mark.parametrize("disclosed", [[], ["/credentialSubject/recognitionPolicy/lists"]])
def test_a_part_of_a_policy_is_refused(disclosed: list[str]) -> None:
    """Whoever holds an SD-JWT must not choose which lists a policy has."""
    issue = a.issue(until=datetime(2028, 1, 1, tzinfo=UTC), status=(a.status_entry(),))
    options = {"disclosable": ["/credentialSubject/recognitionPolicy/lists"]}
    body = documents.policy_document(policy(), issue)
    token = v.sign(body, a.state(), "vc+sd-jwt", created=a.ISSUED, **options)
    credential = a.verified(sd_jwt.present(token.decode(), disclosed).encode(), a.statuses())
    if disclosed:
        assert received.policy_from(credential) == policy()
    else:
        with pytest.raises(DocumentError, match="part of it was held back"):
            received.policy_from(credential)


# -- approved lists of a policy -------------------------------------------------------------------------------------


def asked(authority: Authority, achievement: str = a.ACHIEVEMENT, on: date = a.AWARDED) -> Standing:
    by = frozenset({a.state().controller})
    return authority.authorized(a.ISSUER, achievement, None, on, by).standing


def test_the_lists_of_a_signed_policy_are_approvals_by_its_jurisdiction() -> None:
    credential = a.verified(a.signed(documents.policy_document(policy(), a.issue())))
    authority = authority_of([credential])
    assert asked(authority) is Standing.APPROVED
    assert asked(authority, on=date(2025, 1, 1)) is Standing.APPROVED
    assert asked(authority, on=date(2024, 12, 31)) is Standing.NOT_APPROVED
    assert asked(authority, a.OTHER_ACHIEVEMENT) is Standing.NOT_APPROVED
    assert asked(authority, a.OTHER_ACHIEVEMENT, date(2025, 6, 1)) is Standing.CANNOT_TELL
    assert asked(authority, on=v.NOW.date() + timedelta(days=2)) is Standing.CANNOT_TELL
    assert authority.statements[0].source == credential.sha256


def test_the_lists_of_a_policy_that_somebody_else_signed_approve_nothing() -> None:
    body = documents.policy_document(policy(), a.issue())
    stolen = a.verified(a.signed(body | {"issuer": v.signer().controller}, v.signer()))
    assert asked(authority_of([stolen])) is Standing.CANNOT_TELL
    by = frozenset({v.signer().controller})
    answer = authority_of([stolen]).authorized(a.ISSUER, a.ACHIEVEMENT, None, a.AWARDED, by)
    assert answer.standing is Standing.CANNOT_TELL
    assert "it speaks for" in answer.reason


def test_the_lists_of_a_draft_approve_nothing() -> None:
    credential = a.verified(a.signed(documents.policy_document(policy(status="draft"), a.issue())))
    assert authority_of([credential]).statements == ()


def test_the_list_of_a_later_version_of_the_policy_replaces_the_earlier_one() -> None:
    new = policy(
        version="2026-2",
        effective={"from": "2026-03-01"},
        lists={"approved": {"title": "T", "entries": [{"achievement": a.OTHER_ACHIEVEMENT}]}},
    )
    both = Authority((*policy_statements(policy()), *policy_statements(new)))
    assert asked(both) is Standing.NOT_APPROVED
    assert asked(both, on=date(2026, 2, 1)) is Standing.APPROVED


# -- agreements -----------------------------------------------------------------------------------------------------


def test_an_agreement_comes_back_as_it_was_from_its_keeper() -> None:
    body = documents.agreement_document(agreement(), KEEPER, a.issue(issuer_name="The partnership"))
    credential = a.verified(a.signed(body, keeper()), held())
    again = received.agreement_from(credential)
    assert again == replace(agreement(), source=credential.sha256, known_until=date(2026, 5, 1))
    assert again.covers("did:web:arkansas.example", date(2026, 4, 1)) is True


def test_nobody_else_can_write_down_an_agreement_under_its_id() -> None:
    body = documents.agreement_document(agreement(), a.state().controller, a.issue())
    credential = a.verified(a.signed(body))
    with pytest.raises(DocumentError, match="does not keep the agreement"):
        received.agreement_from(credential)
    known = received.agreement_from(credential, keepers=[a.state().controller])
    assert known.members == agreement().members


def test_an_agreement_under_another_id_is_refused() -> None:
    body = documents.agreement_document(agreement(), KEEPER, a.issue())
    body["credentialSubject"]["id"] = "https://partnership.example/agreements/other"
    with pytest.raises(DocumentError, match="its subject is"):
        received.agreement_from(a.verified(a.signed(body, keeper()), held()))


def test_an_agreement_that_is_written_wrongly_is_refused_with_its_place() -> None:
    body = documents.agreement_document(agreement(), KEEPER, a.issue())
    body["credentialSubject"]["recognitionAgreement"]["members"][0]["form"] = "2026-01-01"
    with pytest.raises(DocumentError, match="did you mean from") as caught:
        received.agreement_from(a.verified(a.signed(body, keeper()), held()))
    assert caught.value.pointer == "/members/0/form"


@pytest.mark.parametrize(
    ("issuer", "url", "kept"),
    [
        (KEEPER, "https://partnership.example/agreements/quality", True),
        (KEEPER, "https://PARTNERSHIP.example/agreements/quality", True),
        (KEEPER, "http://partnership.example/agreements/quality", False),
        (KEEPER, "https://partnership.example.evil.example/agreements", False),
        (KEEPER, "https://partnership.example@evil.example/agreements", False),
        (KEEPER, "https://evil.example/https://partnership.example/", False),
        ("did:web:host.example:users:mallory", "https://host.example/agreements/quality", False),
        ("did:web:host.example:users:mallory", "https://host.example/users/mallory/a", True),
        ("did:web:host.example:users:mallory", "https://host.example/users/mallory-2/a", False),
        ("did:web:host.example:users:mallory", "https://host.example/users/mallory/../other/a", False),
        ("did:web:host.example:users:mallory", "https://host.example/users/mallory/%2e%2e/other/a", False),
        ("did:web:host.example%3A8443", "https://host.example:8443/a", True),
        ("did:web:host.example%3A8443", "https://host.example/a", False),
        ("did:example:partnership", "https://partnership.example/agreements/quality", False),
        (KEEPER, "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001", False),
        (KEEPER, "https://[", False),
    ],
)
def test_an_address_is_kept_by_the_did_web_above_it(issuer: str, url: str, kept: bool) -> None:
    assert received.keeps(issuer, url) is kept


# -- decisions, appeals, overrides ----------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_a_decision_comes_back_as_it_was(format: str) -> None:
    body = documents.decision_document(decision(), a.issue(), educator=v.RECIPIENT)
    assert body["credentialSubject"]["id"] == v.RECIPIENT
    again = received.decision_from(a.verified(a.signed(body, format=format)))
    assert again.to_json() == decision().to_json()
    assert again.amount == Decimal("7.50")


def test_a_trial_is_neither_signed_nor_read() -> None:
    with pytest.raises(ValueError, match="a trial of a policy is never signed"):
        documents.decision_document(decision(trial=True), a.issue())
    body = documents.decision_document(decision(), a.issue())
    body["credentialSubject"]["recognitionDecision"] = exact(decision(trial=True).to_json())
    with pytest.raises(DocumentError, match="trial"):
        received.decision_from(a.verified(a.signed(body)))


def test_a_decision_is_its_jurisdictions_only() -> None:
    body = documents.decision_document(decision(), a.issue()) | {"issuer": v.signer().controller}
    with pytest.raises(DocumentError, match="it speaks for"):
        received.decision_from(a.verified(a.signed(body, v.signer())))


def test_what_is_no_decision_is_refused() -> None:
    body = documents.decision_document(decision(), a.issue())
    body["credentialSubject"]["recognitionDecision"] = {"decision": "accept"}
    with pytest.raises(DocumentError, match="cannot be read"):
        received.decision_from(a.verified(a.signed(body)))


def test_an_appeal_and_an_override_come_back_as_they_were() -> None:
    state = a.state().controller
    appealed = a.verified(a.signed(documents.appeal_document(appeal(), state, a.issue())))
    overridden = a.verified(a.signed(documents.override_document(override(), state, a.issue())))
    assert received.appeal_from(appealed, state) == appeal()
    assert received.override_from(overridden, state) == override()
    for read in (
        lambda: received.appeal_from(appealed, v.signer().controller),
        lambda: received.override_from(overridden, v.signer().controller),
    ):
        with pytest.raises(DocumentError, match="and is signed by"):
            read()


WRONG = [
    ({"amount": "-1"}, "/amount", "from 0 up"),
    ({"amount": "NaN"}, "/amount", "from 0 up"),
    ({"amount": "one"}, "/amount", "not a number"),
    ({"amount": 1}, "/amount", "not a text"),
    ({"kind": "maybe"}, "/kind", "none of"),
    ({"reason": " "}, "/reason", "is empty"),
    ({"by": None}, "/by", "has no member by"),
    ({"decision": "AB" * 32}, "/decision", "SHA-256"),
    ({"on": "2026-05-01"}, "/on", "date and time"),
    ({"extra": "x"}, "/extra", "not a member"),
]


@pytest.mark.parametrize(("change", "pointer", "reason"), WRONG)
def test_an_override_that_is_not_whole_is_refused(change: dict[str, Any], pointer: str, reason: str) -> None:
    body = documents.override_document(override(), a.state().controller, a.issue())
    said = body["credentialSubject"]["recognitionOverride"]
    body["credentialSubject"]["recognitionOverride"] = v.changed(said, **change)
    with pytest.raises(DocumentError, match=reason) as caught:
        received.override_from(a.verified(a.signed(body)), a.state().controller)
    assert caught.value.pointer == pointer


# -- exactness ------------------------------------------------------------------------------------------------------


def test_a_float_is_never_signed() -> None:
    with pytest.raises(ValueError, match="write an amount as a text"):
        exact({"amount": [0.1]})
    assert exact({"a": Decimal("1E+2"), "b": date(2026, 1, 2), "c": (1, True, None)}) == {
        "a": "100",
        "b": "2026-01-02",
        "c": [1, True, None],
    }


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=25, deadline=None)
@given(facts=st.dictionaries(_TEXTS, _VALUES, max_size=4), format=st.sampled_from(FORMATS))
def test_a_signature_keeps_every_value_as_it_is(facts: dict[str, Any], format: str) -> None:
    state = a.state().controller
    body = documents.appeal_document(appeal(), state, a.issue())
    said = {**body["credentialSubject"]["recognitionAppeal"], "facts": facts}
    body["credentialSubject"]["recognitionAppeal"] = said
    credential = a.verified(a.signed(body, format=format))
    assert credential.document["credentialSubject"]["recognitionAppeal"] == said
    assert digest_of(credential.document["credentialSubject"]["recognitionAppeal"]) == digest_of(said)
    assert jsontext.dump(said)


def test_an_approval_list_comes_back_as_it_was() -> None:
    said = (a.BOTH, Approval(None, a.OTHER_ACHIEVEMENT, "2", ("US-AR",), name="Other"))
    (statement,) = authority_of([a.verified(a.signed(a.listing(*said)))]).statements
    assert statement.approvals == said
    assert statement.complete
    assert statement.series == a.LIST_ID
