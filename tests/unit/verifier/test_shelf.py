"""The shelf of policies: what a folder may hold, how a policy is found, and that nothing is passed over in silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from badgeport.schemas import jsontext
from badgeport.verifier import shelf as shelves
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.approval.documents import Issue, agreement_document, exact, policy_document
from badgeport.verifier.recognition.authoring.authoring import read_policy
from badgeport.verifier.shelf import Shelf, ShelfError, read_shelf
from support import verifying as v
from support.example_badge import AWARDED

STATE = v.signer("state")
"""Signs for the jurisdiction of the policies here."""


def written(**changes: object) -> dict[str, object]:
    """A policy of the state; ``changes`` replace members."""
    state = {"id": STATE.controller, "name": "State", "area": "US-IL", "kind": "state-agency"}
    return {**exact(examples.policy("utah").body), "id": "https://state.example/p", "jurisdiction": state, **changes}


def signed(body: Mapping[str, object], format: str = "eddsa-rdfc-2022") -> bytes:
    return v.sign(policy_document(read_policy(jsontext.dump(body)), Issue(AWARDED)), STATE, format)


def shelf(folder: Path, files: Mapping[str, bytes | str | Mapping[str, object]], **options: bool) -> Shelf:
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data if isinstance(data, bytes) else jsontext.dump(data))
    return read_shelf(folder, **options)


def test_examples_are_on_every_shelf_unless_told_otherwise(tmp_path: Path) -> None:
    assert Shelf().names == examples.names()
    assert all(each.shipped and each.is_example for each in Shelf().policies)
    assert list(Shelf().agreements) == [examples.agreement().id]
    empty = read_shelf(tmp_path, with_examples=False)
    assert (empty.names, empty.policies, dict(empty.agreements)) == ((), (), {})


def test_ones_own_come_first_and_take_the_place_of_examples(tmp_path: Path) -> None:
    held = shelf(tmp_path, {"zebra.json": written(), "utah.yaml": examples.text("utah")})
    assert held.names[:2] == ("utah", "zebra")
    assert held.names.count("utah") == 1
    assert [each.shipped for each in held.policies[:3]] == [False, False, True]
    zebra = held.get("zebra")
    assert zebra is not None
    assert not zebra.yaml().startswith("{")
    assert read_policy(zebra.yaml()).sha256 == read_policy(zebra.json_bytes()).sha256 == zebra.policy.sha256


@pytest.mark.parametrize(
    ("name", "format", "kind"),
    [
        ("p.json", "eddsa-rdfc-2022", "application/vc"),
        ("p.jwt", "vc+jwt", "application/vc+jwt"),
        ("p.jwt", "vc-jwt", "application/vc+jwt"),
        ("p.sd-jwt", "vc+sd-jwt", "application/vc+sd-jwt"),
    ],
)
def test_signed_policies_are_kept_as_they_are(tmp_path: Path, name: str, format: str, kind: str) -> None:
    data = signed(written(), format)
    found = shelf(tmp_path, {name: data, "p.yaml": jsontext.dump(written())}).get("p")
    assert found is not None
    assert found.signed is not None
    assert (found.signed.data, found.signed.media_type) == (data, kind)
    assert found.policy.id == "https://state.example/p"


def test_versions_are_told_apart_by_the_day(tmp_path: Path) -> None:
    held = shelf(
        tmp_path,
        {
            "a.json": written(version="1", effective={"from": "2025-01-01", "until": "2025-12-31"}),
            "b.json": written(version="2", effective={"from": "2026-01-01", "until": "2026-12-31"}),
            "c.json": written(version="3", effective={"from": "2028-01-01"}),
        },
    )
    for day, version in (
        (date(2025, 6, 1), "1"),
        (date(2026, 6, 1), "2"),
        (date(2028, 6, 1), "3"),
        (date(2027, 6, 1), "3"),
        (None, "3"),
    ):
        found = held.find("https://state.example/p", day)
        assert found is not None
        assert found.policy.version == version, day
    assert held.find("a").policy.version == "1"  # type: ignore[union-attr]
    assert held.find("https://state.example/other") is None
    assert held.find("nowhere") is None


def test_agreements_of_the_folder(tmp_path: Path) -> None:
    plain = examples.agreement().to_json() | {"id": "https://state.example/plain"}
    other = examples.agreement()
    document = agreement_document(other, STATE.controller, Issue(AWARDED))
    held = shelf(tmp_path, {"a.json": plain, "b.json": v.sign(document, STATE)}, with_examples=False)
    assert list(held.agreements) == ["https://state.example/plain", other.id]
    assert held.names == ()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"p.yaml": "title: nothing else\n"}, "p.yaml: line 1"),
        ({"p.json": b"\xff"}, "p.json: "),
        ({"two words.yaml": "x"}, "the name of the file"),
        ({"a.json": written(), "b.json": written()}, "a and b are both version"),
        ({"p.json": written(), "p.yaml": jsontext.dump(written())}, "another file has the name p"),
        ({"p.json": signed(written()), "p.yaml": jsontext.dump(written(version="9"))}, "do not say the same"),
        ({"p.json": signed(written()), "p.jwt": signed(written(), "vc+jwt")}, "another file has the name p"),
        ({"p.json": {"members": [], "id": "x"}}, "p.json: "),
        ({"p.yaml": b"x" * (shelves.MAXIMUM_BYTES + 1)}, "larger than"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    with pytest.raises(ShelfError, match=said):
        shelf(tmp_path, files)


def test_what_another_signed_in_the_name_of_a_jurisdiction_is_refused(tmp_path: Path) -> None:
    document = policy_document(read_policy(jsontext.dump(written())), Issue(AWARDED))
    other = v.signer("somebody")
    with pytest.raises(ShelfError, match="it speaks for"):
        shelf(tmp_path, {"p.json": v.sign({**document, "issuer": other.controller}, other)})


def test_other_files_and_hidden_ones_are_left_alone(tmp_path: Path) -> None:
    held = shelf(tmp_path, {"README.md": "About these.", ".p.yaml": "half writ", "p.json": written()})
    assert held.names[0] == "p"
    assert len(held.names) == 1 + len(examples.names())


def test_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "MAXIMUM_FILES", 1)
    with pytest.raises(ShelfError, match="more than 1"):
        shelf(tmp_path, {"a.json": written(), "b.json": written(version="2")})
