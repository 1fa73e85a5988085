"""Trust files and answers of registries of any content: refused in words, never an exception of another kind."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Fetched, Purpose
from badgeport.verifier.trust.registries import Trust, registry_from_json, trust_from_files
from badgeport.verifier.verifier import Verifier
from support import trusting as t
from support import verifying as v

JWKS = t.key_set(v.signer("registry"))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=8),
    st.sampled_from(["oidf", "issuers", "dcc-legacy", "recognition", "did:example:a", t.CONFIGURATION, t.ENDPOINT]),
)  # fmt: skip
NAMES = st.sampled_from(
    ["name", "type", "url", "file", "issuers", "registry", "registries", "unread", "reason", "id", "fetchEndpoint",
     "entityId", "trustAnchorEC", "jwks", "trustAnchor", "keys", "kid", "kty", "authority", "credential",
     "did:example:a"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES | st.just(JWKS), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
ENTRIES = st.fixed_dictionaries({"name": st.just("x"), "type": LEAVES}, optional=dict.fromkeys(
    ("url", "file", "issuers", "registry", "fetchEndpoint", "entityId", "trustAnchorEC", "jwks", "trustAnchor",
     "authority", "credential"), VALUES,
))  # fmt: skip


@given(VALUES | st.fixed_dictionaries({"registries": st.lists(ENTRIES | VALUES, max_size=2)}))
@settings(max_examples=300, deadline=None)
def test_a_trust_is_read_or_refused_and_what_was_read_is_written_the_same(body: Any) -> None:
    data = jsontext.dump(body)
    with contextlib.suppress(ProblemError):
        registry_from_json(data, "x")
    with contextlib.suppress(ProblemError):
        trust = Trust.from_json(data)
        written = trust.to_json()
        # What was written must be read again: a refusal here is no refusal of the input.
        assert _read_again(written) == trust


def _read_again(written: dict[str, Any]) -> Trust:
    try:
        return Trust.from_json(written)
    except ProblemError as error:
        raise AssertionError(f"{written} is refused: {error}") from error


@given(st.lists(ENTRIES | VALUES, max_size=3) | VALUES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_of_any_content_gives_a_trust(tmp_path: Path, body: Any) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(jsontext.dump(body))
    trust = trust_from_files([path])
    assert _read_again(trust.to_json()) == trust
    assert trust.registries or trust.unread
    assert all(each.reason for each in trust.unread)


class Saying:
    """A fetcher whose every document is the same."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        return Fetched(url, self.body)


BADGE = v.sign(v.badge())
TRUST = t.trust(
    {"type": "dcc-legacy", "url": "https://pilot.example/registry.json"},
    {"type": "oidf", "fetchEndpoint": t.ENDPOINT},
    {"type": "oidf", "entityId": t.REGISTRY, "trustAnchor": {"id": t.ANCHOR, "jwks": JWKS}},
    t.recognition_entry(),
)
GENUINE = [
    t.configuration(v.signer("registry"), authority_hints=[t.ANCHOR]),
    t.statement(v.signer("registry"), t.REGISTRY, v.signer().controller),
    t.signed_recognition(t.entity()),
]


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A genuine answer, cut or with some of its bytes replaced."""
    data = bytearray(draw(st.sampled_from(GENUINE)))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))])


@given(st.binary(max_size=60) | VALUES.map(jsontext.dump) | spoiled())
@settings(max_examples=150, deadline=None)
def test_whatever_a_registry_answers_the_badge_stays_what_it_is(body: bytes) -> None:
    report = Verifier(fetcher=Saying(body), trust=TRUST).inspect(BADGE, now=v.NOW)
    assert report.verdict is Verdict.VALID
    result = report.check("issuer-recognition")
    assert "INTERNAL_ERROR" not in report.codes
    assert len(result.evidence["registries"]) + len(result.evidence["uncheckedRegistries"]) == 4
