"""What signed documents make of an approval: whose word counts, which document counts, and what only leaves it open."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.verifier.recognition.approval.approvals import Presented, authority_of
from badgeport.verifier.recognition.approval.authority import Answer, Approval, Authority, Standing
from badgeport.verifier.recognition.approval.documents import approval_document
from badgeport.verifier.recognition.model import Period
from badgeport.verifier.report import Verdict
from badgeport.verifier.verifier import VerifiedCredential
from support import approving as a
from support import trusting as t
from support import verifying as v

APPROVED, NOT_APPROVED, EXPIRED, CANNOT_TELL = Standing


def asked(
    *credentials: VerifiedCredential, presented: Iterable[Presented] = (), on: date = a.AWARDED, **question: Any
) -> Answer:
    """What the state says of the usual issuer and achievement."""
    return answered(authority_of(credentials, presented=presented), on=on, **question)


def answered(authority: Authority, *, on: date = a.AWARDED, **question: Any) -> Answer:
    asked_for = {"issuer": a.ISSUER, "achievement": a.ACHIEVEMENT, "area": None, **question}
    return authority.authorized(on=on, **{"by": frozenset({a.state().controller}), **asked_for})


# -- an approval ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc+jwt", "vc-jwt", "vc+sd-jwt"])
def test_an_approval_that_the_authority_signed_counts(format: str) -> None:
    credential = a.verified(a.signed(a.approval(), format=format))
    answer = asked(credential)
    assert answer.standing is APPROVED
    assert answer.source == credential.sha256
    assert answer.reason == f"The approval by {a.state().controller} approves it from 2026-01-10."


def test_an_approval_is_an_endorsement_to_every_verifier() -> None:
    report = v.inspect(a.signed(a.approval()))
    assert report.verdict is Verdict.VALID
    assert [warning.type.code for warning in report.warnings] == ["ISSUER_NOT_RECOGNIZED"]
    assert report.credential is not None
    assert "EndorsementCredential" in report.credential.types


def test_who_is_not_asked_does_not_approve() -> None:
    """An approval that the issuer, or anybody else, signed for itself is nobody's word."""
    own = a.verified(a.signed(a.approval(by=v.signer()), v.signer()))
    answer = asked(own)
    assert answer.standing is CANNOT_TELL
    assert "No document of" in answer.reason
    assert asked(own, by=frozenset({v.signer().controller})).standing is APPROVED


def test_an_endorsement_without_an_approval_is_none() -> None:
    praise = a.verified(v.sign(v.endorsement(a.ACHIEVEMENT, a.state()), a.state()))
    assert asked(praise).standing is CANNOT_TELL


def test_an_approval_of_something_else_is_none_of_this() -> None:
    for other in (Approval(a.ISSUER, a.OTHER_ACHIEVEMENT), Approval("did:web:other.example", a.ACHIEVEMENT)):
        assert asked(a.verified(a.signed(a.approval(other)))).standing is CANNOT_TELL
    for wide in (Approval(a.ISSUER), Approval(None, a.ACHIEVEMENT)):
        assert asked(a.verified(a.signed(a.approval(wide)))).standing is APPROVED


def test_the_days_of_an_approval_are_its_own_and_end_with_its_credential() -> None:
    ending = datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)
    said = Approval(a.ISSUER, a.ACHIEVEMENT, period=Period(date(2025, 9, 1), date(2030, 1, 1)))
    credential = a.verified(a.signed(a.approval(said, until=ending)))
    at_the_end = a.verified(a.signed(a.approval(said, until=ending)), now=ending)
    assert asked(credential, on=date(2025, 9, 1)).standing is APPROVED
    assert asked(credential, on=date(2025, 8, 31)).standing is NOT_APPROVED
    assert asked(at_the_end, on=date(2027, 6, 30)).standing is APPROVED
    late = asked(at_the_end, on=date(2027, 7, 1))
    assert late.standing is EXPIRED
    assert "until 2027-06-30" in late.reason


def test_an_end_at_midnight_leaves_nothing_of_the_day() -> None:
    ending = datetime(2026, 7, 1, tzinfo=UTC)
    credential = a.verified(a.signed(a.approval(until=ending)), now=ending)
    assert asked(credential, on=date(2026, 6, 30)).standing is APPROVED
    assert asked(credential, on=date(2026, 7, 1)).standing is EXPIRED


def test_the_day_is_the_one_that_the_authority_wrote() -> None:
    body = a.approval() | {"validUntil": "2026-06-30T23:59:59-06:00"}
    credential = a.verified(a.signed(body), now=datetime(2026, 6, 30, tzinfo=UTC))
    assert asked(credential, on=date(2026, 6, 30)).standing is APPROVED
    assert asked(credential, on=date(2026, 7, 1)).standing is EXPIRED


def test_of_days_after_the_verification_nothing_is_known() -> None:
    """The approval may have been revoked between the verification and the award."""
    answer = asked(a.verified(a.signed(a.approval())), on=(v.NOW + timedelta(days=2)).date())
    assert answer.standing is CANNOT_TELL
    assert "verified as of 2026-05-01" in answer.reason


def test_the_area_must_be_covered() -> None:
    credential = a.verified(a.signed(a.approval(Approval(a.ISSUER, a.ACHIEVEMENT, areas=("US-AR",)))))
    assert asked(credential, area="US-AR").standing is APPROVED
    assert asked(credential, area=None).standing is APPROVED
    answer = asked(credential, area="US-SC")
    assert answer.standing is NOT_APPROVED
    assert "US-AR only, not US-SC" in answer.reason


# -- taken back, ended, in doubt ------------------------------------------------------------------------------------


def revocable() -> bytes:
    return a.signed(a.approval(status=(a.status_entry(),)))


def test_a_revoked_approval_does_not_count() -> None:
    held = a.statuses(7)
    assert asked(a.verified(revocable(), a.statuses())).standing is APPROVED
    revoked = a.presented(revocable(), held)
    assert revoked.report.verdict is Verdict.INVALID
    today = asked(presented=[revoked], on=v.NOW.date() + timedelta(days=1))
    assert today.standing is NOT_APPROVED
    assert "does not count any more" in today.reason
    before = asked(presented=[revoked])
    assert before.standing is CANNOT_TELL
    assert "whether it still counted on 2026-04-01 is not said" in before.reason


def test_a_laxer_policy_of_the_reader_brings_no_revoked_approval_back() -> None:
    waived = a.verified(revocable(), a.statuses(7), policy=a.WAIVING)
    assert waived.report.valid
    assert asked(waived).standing is CANNOT_TELL
    assert asked(waived, on=v.NOW.date() + timedelta(days=1)).standing is NOT_APPROVED


def test_another_approval_stands_and_the_revoked_one_is_told() -> None:
    again = a.verified(a.signed(a.approval(Approval(a.ISSUER))))
    answer = asked(again, presented=[a.presented(revocable(), a.statuses(7))])
    assert answer.standing is APPROVED
    assert answer.source == again.sha256
    assert "does not count any more" in answer.reason


def test_an_approval_whose_status_cannot_be_had_leaves_it_open() -> None:
    answer = asked(presented=[a.presented(revocable())])
    assert answer.standing is CANNOT_TELL
    assert "could not be relied on" in answer.reason


def test_an_approval_that_ended_counts_for_the_days_before_and_says_so() -> None:
    data = a.signed(a.approval(until=datetime(2026, 4, 10, 23, 59, 59, tzinfo=UTC)))
    ended = a.presented(data)
    assert ended.report.verdict is Verdict.INVALID
    within = asked(presented=[ended])
    assert within.standing is APPROVED
    assert "until 2026-04-10" in within.reason
    assert asked(presented=[ended], on=date(2026, 4, 11)).standing is EXPIRED


def test_an_approval_that_ended_with_an_unknown_status_approves_nothing() -> None:
    ending = datetime(2026, 4, 10, 23, 59, 59, tzinfo=UTC)
    data = a.signed(a.approval(until=ending, status=(a.status_entry(),)))
    assert asked(presented=[a.presented(data)]).standing is CANNOT_TELL
    assert asked(presented=[a.presented(data, a.statuses())]).standing is APPROVED


def test_a_changed_approval_is_nobodys() -> None:
    def spoil(document: dict[str, Any]) -> None:
        document["credentialSubject"]["approval"]["issuer"] = "did:web:mallory.example"

    spoiled = v.spoiled(a.signed(a.approval()), spoil)
    answer = asked(presented=[a.presented(spoiled)], issuer="did:web:mallory.example")
    assert answer.standing is CANNOT_TELL
    assert "No document of" in answer.reason


def test_a_stranger_cannot_sign_in_the_name_of_the_authority() -> None:
    forged = a.signed(a.approval(), v.signer("mallory"))
    answer = asked(presented=[a.presented(forged)])
    assert answer.standing is CANNOT_TELL
    assert "No document of" in answer.reason


def derived(key: Signer) -> tuple[bytes, dict[str, Any]]:
    """An approval of which its holder shows a part, or all; and the status list it needs."""
    body = a.approval(by=key, status=(a.status_entry(),), until=datetime(2028, 1, 1, tzinfo=UTC))
    always = ["/issuer", "/validFrom", "/validUntil", "/credentialStatus"]
    base = v.sign(body, key, "ecdsa-sd-2023", created=a.ISSUED, mandatory_pointers=always)
    shown = ecdsa_sd.derive(jsontext.parse_object(base), ["/credentialSubject", "/name"], contexts=contexts.store())
    status = v.sign(v.unsigned_status_list(by=key, url=a.STATUS), key, "ecdsa-rdfc-2019")
    return jsontext.dump(shown), {a.STATUS: status}


def test_an_approval_that_may_be_a_part_leaves_it_open() -> None:
    """Who derives a proof may have left out for which areas, or until when."""
    key = v.signer("state-p256", KeyType.P256)
    shown, held = derived(key)
    for data in (shown, badge_with(v.parsed(shown))):
        answer = asked(a.verified(data, held), by=frozenset({key.controller}))
        assert answer.standing is CANNOT_TELL
        assert "part of it was held back, or may have been" in answer.reason


def test_the_order_of_the_documents_makes_no_other_record() -> None:
    several = [a.verified(a.signed(each)) for each in (a.approval(), a.listing(a.BOTH), a.approval(Approval(a.ISSUER)))]
    assert authority_of(several) == authority_of(reversed(several))


def test_what_an_authority_wrote_wrongly_leaves_it_open_and_is_told() -> None:
    body = copy.deepcopy(a.approval())
    body["credentialSubject"]["approval"]["untill"] = "2026-01-01"
    answer = asked(a.verified(a.signed(body)))
    assert answer.standing is CANNOT_TELL
    assert "untill is not a member of the approval; did you mean until?" in answer.reason
    elsewhere = copy.deepcopy(a.approval())
    elsewhere["credentialSubject"]["id"] = a.OTHER_ACHIEVEMENT
    assert "its approval is of something else" in asked(a.verified(a.signed(elsewhere))).reason


def test_an_approval_of_nothing_is_not_built() -> None:
    with pytest.raises(ValueError, match="an achievement, an issuer, or both"):
        approval_document(Approval(), a.state().controller, a.issue(), title="Approved")


# -- embedded in a badge --------------------------------------------------------------------------------------------


def badge_with(*endorsements: Any, jwt: bool = False) -> bytes:
    body = v.badge()
    achievement = body["credentialSubject"]["achievement"]
    achievement["id"] = a.ACHIEVEMENT
    achievement["endorsementJwt" if jwt else "endorsement"] = list(endorsements)
    return v.sign(body)


@pytest.mark.parametrize("jwt", [False, True])
def test_an_approval_inside_the_badge_counts(jwt: bool) -> None:
    data = a.signed(a.approval(), format="vc-jwt" if jwt else "eddsa-rdfc-2022")
    credential = a.verified(badge_with(data.decode() if jwt else v.parsed(data), jwt=jwt))
    answer = asked(credential)
    assert answer.standing is APPROVED
    place = "endorsementJwt" if jwt else "endorsement"
    assert answer.source == f"{credential.sha256}#/credentialSubject/achievement/{place}/0"


def test_an_approval_inside_the_badge_in_a_record_counts() -> None:
    badge = v.parsed(badge_with(v.parsed(a.signed(a.approval()))))
    assert asked(a.verified(v.sign(v.clr(badge)))).standing is APPROVED
    assert asked(a.verified(v.sign(v.clr(badge), format="vc-jwt"))).standing is APPROVED


def test_what_the_badges_issuer_wrote_down_in_the_authoritys_name_is_not_its_word() -> None:
    """An endorsement without a proof of its own is covered by the badge's: its issuer wrote it."""
    data = badge_with(a.approval())
    assert authority_of([], presented=[a.presented(data)]).statements == ()
    assert authority_of([a.verified(data, policy=a.WAIVING)]).statements == ()


def test_an_approval_in_a_record_that_the_authority_signed_needs_no_second_proof() -> None:
    said = a.approval(issuer_name="Lakeside District")
    record = v.clr(said, issuer=a.state().controller)
    assert asked(a.verified(a.signed(record, format="vc-jwt"))).standing is APPROVED
    other = a.presented(v.sign(v.clr(said), format="vc-jwt"))
    assert authority_of([], presented=[other]).statements == ()


def test_a_revoked_approval_inside_the_badge_does_not_count() -> None:
    data = badge_with(v.parsed(revocable()))
    waived = a.verified(data, a.statuses(7), policy=a.WAIVING)
    assert asked(waived).standing is CANNOT_TELL
    assert asked(waived, on=v.NOW.date() + timedelta(days=1)).standing is NOT_APPROVED
    assert asked(a.verified(data, a.statuses())).standing is APPROVED
    open_status = a.verified(data)
    assert open_status.report.valid
    assert asked(open_status).standing is CANNOT_TELL


# -- lists ----------------------------------------------------------------------------------------------------------


def test_who_is_on_the_list_is_approved_and_who_is_not_is_not() -> None:
    credential = a.verified(a.signed(a.listing(a.BOTH)))
    assert asked(credential).standing is APPROVED
    for achievement in (a.ACHIEVEMENT, a.OTHER_ACHIEVEMENT):
        late = asked(credential, on=v.NOW.date() + timedelta(days=2), achievement=achievement)
        assert late.standing is CANNOT_TELL
        assert "was verified as of 2026-05-01" in late.reason
    answer = asked(credential, achievement=a.OTHER_ACHIEVEMENT)
    assert answer.standing is NOT_APPROVED
    assert answer.source == credential.sha256
    assert "does not name this issuer for this achievement" in answer.reason


def test_a_list_says_nothing_of_days_that_it_is_not_for() -> None:
    year = Period(date(2026, 3, 1), date(2026, 4, 15))
    credential = a.verified(a.signed(a.listing(a.BOTH, period=year)))
    for day in (date(2026, 2, 28), date(2026, 4, 16)):
        assert asked(credential, on=day).standing is CANNOT_TELL
        assert asked(credential, on=day, achievement=a.OTHER_ACHIEVEMENT).standing is CANNOT_TELL
    own = Approval(a.ISSUER, a.ACHIEVEMENT, period=Period(date(2024, 1, 1), date(2026, 3, 31)))
    dated = a.verified(a.signed(a.listing(own, period=year)))
    assert asked(dated, on=date(2024, 1, 1)).standing is APPROVED
    assert asked(dated, on=date(2023, 12, 31)).standing is NOT_APPROVED
    assert asked(dated, on=date(2026, 4, 1)).standing is EXPIRED


def test_a_later_edition_of_a_list_replaces_the_earlier_one() -> None:
    first = a.verified(a.signed(a.listing(a.BOTH)))
    second = a.verified(a.signed(a.listing(Approval(None, a.OTHER_ACHIEVEMENT), period=Period(date(2026, 3, 1)))))
    assert asked(first, second).standing is NOT_APPROVED
    assert asked(first, second, on=date(2026, 2, 1)).standing is APPROVED
    assert asked(second, first).standing is NOT_APPROVED


def test_a_list_that_could_not_be_verified_leaves_everything_open() -> None:
    data = a.signed(a.listing(a.BOTH, status=(a.status_entry(),)))
    for achievement in (a.ACHIEVEMENT, a.OTHER_ACHIEVEMENT):
        assert asked(presented=[a.presented(data)], achievement=achievement).standing is CANNOT_TELL
    assert asked(presented=[a.presented(data, a.statuses(7))], achievement=a.OTHER_ACHIEVEMENT).standing is CANNOT_TELL


def test_an_approval_beside_a_list_that_does_not_have_it_stands_and_the_conflict_is_told() -> None:
    single = a.verified(a.signed(a.approval()))
    omitting = a.verified(a.signed(a.listing(Approval(None, a.OTHER_ACHIEVEMENT))))
    answer = asked(single, omitting)
    assert answer.standing is APPROVED
    assert answer.source == single.sha256
    assert "does not name this issuer for this achievement" in answer.reason


# -- recognition credentials ----------------------------------------------------------------------------------------


def recognised(*entities: dict[str, Any], **changes: Any) -> VerifiedCredential:
    return a.verified(t.signed_recognition(*entities, **changes))


def told(credential: VerifiedCredential, issuer: str | None = None, on: date = a.AWARDED) -> Answer:
    wanted = issuer or v.signer().controller
    return asked(credential, issuer=wanted, by=frozenset({t.authority().controller}), on=on)


def test_a_recognised_issuer_is_approved_for_all_it_awards() -> None:
    credential = recognised(t.entity())
    assert told(credential).standing is APPROVED
    assert told(credential, "did:example:other").standing is NOT_APPROVED
    assert told(credential, on=date(2026, 3, 31)).standing is CANNOT_TELL
    since = recognised(t.entity(recognizedTo=t.action(recognizedFrom="2020-01-01T00:00:00Z")))
    assert told(since, on=date(2020, 1, 1)).standing is APPROVED
    assert told(since, on=date(2019, 12, 31)).standing is NOT_APPROVED


@pytest.mark.parametrize(
    ("entity", "standing"),
    [
        (t.entity(recognizedTo=None), APPROVED),
        (t.entity(recognizedTo=t.action(credentialType="OpenBadgeCredential")), APPROVED),
        (t.entity(recognizedTo=t.action(credentialType="AchievementCredential")), APPROVED),
        (t.entity(recognizedTo=t.action(credentialType="ClrCredential")), NOT_APPROVED),
        (t.entity(recognizedTo=t.action(action="verify")), NOT_APPROVED),
        (t.entity(recognizedTo=t.action(recognizedBy="did:example:somebody")), CANNOT_TELL),
        (t.entity(recognizedTo="https://state.example/actions/1"), CANNOT_TELL),
        (t.entity(recognizedTo=None, recognizedIn={"id": "https://other.example/list"}), CANNOT_TELL),
        (
            t.entity(recognizedTo=t.action(outputValidation={"id": "https://s.example/s", "type": "JsonSchema"})),
            CANNOT_TELL,
        ),
        (t.entity(recognizedTo=t.action(recognizedUntil="2026-03-31T23:59:59Z")), EXPIRED),
    ],
)
def test_what_a_recognition_hangs_on_counts(entity: dict[str, Any], standing: Standing) -> None:
    assert told(recognised(entity)).standing is standing
