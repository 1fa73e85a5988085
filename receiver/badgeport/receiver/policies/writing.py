"""The text of a policy while it is written: what is wrong with it, and what a new one begins from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from badgeport.keys.did import comparable
from badgeport.receiver.policies.tables import Edition
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, read_policy
from badgeport.verifier.recognition.authoring.findings import Finding
from badgeport.verifier.recognition.authoring.reading import find, read_tree, with_lines
from badgeport.verifier.recognition.authoring.text import policy_text
from badgeport.verifier.recognition.model import RecognitionPolicy

MOST_BYTES = 256 * 1024
"""As much YAML as is read."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy is to be published, and by whom: its address, and the DID, name and kind of the organisation."""

    address: str
    did: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Examined:
    """A text: the policy it is, where it is one, and what is wrong with it, by line."""

    policy: RecognitionPolicy | None
    findings: tuple[Finding, ...]


def examined(text: str, place: Place) -> Examined:
    """What is wrong with a text, also that it speaks for somebody else or for another address."""
    try:
        policy = read_policy(text)
    except PolicyRefused as refused:
        return Examined(None, refused.findings)
    said = []
    if comparable(policy.jurisdiction.id) != comparable(place.did):
        said.append(
            (
                "/jurisdiction/id",
                "jurisdiction",
                f"The policy is of {policy.jurisdiction.id}; this organization signs as {place.did} alone.",
            )
        )
    if policy.id != place.address:
        said.append(("/id", "address", f"The policy is published at {place.address}; that is its 'id'."))
    if not said:
        return Examined(policy, ())
    root = read_tree(text)
    lined = root if root.line is not None else with_lines(root, text)
    return Examined(
        policy, tuple(Finding(find(lined, where).line, where, code, message) for where, code, message in said)
    )


def unready(policy: RecognitionPolicy, text: str, published: Mapping[str, Edition]) -> tuple[Finding, ...]:
    """Why a sound policy cannot be published yet. ``published`` are the versions there are, by what they are called."""
    said = []
    if policy.status == "draft":
        said.append(("/status", "status", "The policy calls itself a draft. Write 'status: in-force' to publish it."))
    if policy.version in published:
        said.append(("/version", "version", f"There is a version '{policy.version}' already. Give it another name."))
    if policy.supersedes is not None and policy.supersedes not in published:
        known = ", ".join(f"'{each}'" for each in published) or "none"
        said.append(
            (
                "/supersedes",
                "supersedes",
                f"There is no version '{policy.supersedes}' to supersede; there are: {known}.",
            )
        )
    if not said:
        return ()
    root = read_tree(text)
    lined = root if root.line is not None else with_lines(root, text)
    return tuple(Finding(find(lined, where).line, where, code, message) for where, code, message in said)


def blank(place: Place, today: str) -> str:
    """A short policy to begin from, in the name of an organisation."""
    text = files(__package__).joinpath("blank.yaml").read_text("utf-8")
    values = {"ADDRESS": place.address, "DID": place.did, "NAME": _quoted(place.name), "KIND": _KINDS[place.kind]}
    for name, value in {**values, "TODAY": today}.items():
        text = text.replace(f"<{name}>", value)
    return text


def from_example(name: str, place: Place) -> str:
    """A shipped example as it would be of an organisation. Raises KeyError where there is no such example."""
    if name not in examples.names():
        raise KeyError(name)
    return adopted(examples.policy(name).body, place)


def adopted(body: Mapping[str, Any], place: Place) -> str:
    """The text of a policy in the name of another organisation, as a draft of it."""
    made = {**body, "id": place.address, "status": "draft"}
    made["jurisdiction"] = {**body["jurisdiction"], "id": place.did, "name": place.name, "kind": _KINDS[place.kind]}
    made.pop("supersedes", None)
    return policy_text(made)


_KINDS = {
    "state": "state-agency",
    "district": "district",
    "cooperative": "cooperative",
    "school": "district",
    "other": "cooperative",
}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
