"""From the tree to a policy: every member of every object, in the form it has to have. `authoring` asks for sense."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast, get_args

import rfc8785

from badgeport.verifier.recognition.authoring import layout
from badgeport.verifier.recognition.authoring.expressions import json_value
from badgeport.verifier.recognition.authoring.form import (
    AREA,
    LANGUAGE,
    MAXIMUM_URL,
    WEB,
    Form,
    Members,
    plain_number,
)
from badgeport.verifier.recognition.authoring.layout import MEMBERS
from badgeport.verifier.recognition.authoring.reading import Node, quoted
from badgeport.verifier.recognition.authoring.rules import caps, counting, rules
from badgeport.verifier.recognition.model import (
    PURPOSES,
    ApprovedList,
    Jurisdiction,
    JurisdictionKind,
    ListAddress,
    ListEntry,
    Period,
    PolicyStatus,
    PurposeTerms,
    RecognitionPolicy,
)

_VERSION = 64


def build(root: Node, form: Form) -> RecognitionPolicy:
    """The policy of a tree. Where ``form`` has findings afterwards, it has gaps and must not be used."""
    policy = form.members(root, "a policy", MEMBERS["policy"])
    if not isinstance(root.value, dict):
        return _nothing()
    made = RecognitionPolicy(
        id=policy.needed("id", lambda node, what: form.text(node, what, WEB, "it is a web address", MAXIMUM_URL)) or "",
        version=policy.text("version", most=_VERSION),
        title=policy.text("title"),
        jurisdiction=_jurisdiction(policy, form),
        effective=_effective(policy, form),
        status=cast(PolicyStatus, _choice(policy, form, "status", get_args(PolicyStatus))),
        note=policy.note("note"),
        language=_language(policy, form),
        supersedes=policy.note("supersedes", most=_VERSION),
        purposes=_purposes(policy, form),
        lists=_lists(policy, form),
        issuer_classes=_classes(policy, form),
        agreements=_several(policy, form, "agreements", form.uri),
        authorities=_several(policy, form, "authorities", form.did),
        approval_lists=_approval_lists(policy, form),
        rules=rules(policy, form),
        caps=caps(policy, form),
        counting=counting(policy, form),
        sha256="",
        body={},
    )
    return made if form.findings else _sealed(made, body_of(root, form.amounts))


def body_of(root: Node, amounts: set[str]) -> Any:
    """The JSON of a tree: as it is written, amounts (at these pointers) as decimal text without zeros at the end."""
    value = root.value
    if isinstance(value, dict):
        return {name: body_of(member, amounts) for name, member in value.items()}
    if isinstance(value, tuple):
        return [body_of(item, amounts) for item in value]
    if root.pointer in amounts and isinstance(value, Decimal | str):
        return plain_number(Decimal(value))
    return json_value(root)


def digest(body: Any) -> str:
    """SHA-256 (hexadecimal) of the JCS form (RFC 8785) of a policy's JSON."""
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def _sealed(policy: RecognitionPolicy, body: Any) -> RecognitionPolicy:
    return replace(policy, body=body, sha256=digest(body))


def _nothing() -> RecognitionPolicy:
    nobody = Jurisdiction("", "", "", "district")
    return RecognitionPolicy("", "", "", nobody, Period(), "draft", {}, (), "", {})


def _choice(members: Members, form: Form, name: str, among: tuple[str, ...]) -> str:
    found = members.needed(name, lambda node, what: form.choice(node, what, among))
    return among[0] if found is None else found


def _jurisdiction(policy: Members, form: Form) -> Jurisdiction:
    node = policy.need("jurisdiction")
    if node is None:
        return Jurisdiction("", "", "", "district")
    members = form.members(node, "a jurisdiction", MEMBERS["jurisdiction"])
    hint = "it is an ISO 3166 code, such as US-IL"
    return Jurisdiction(
        id=members.needed("id", form.did) or "",
        name=members.text("name"),
        area=members.needed("area", lambda node, what: form.text(node, what, AREA, hint)) or "",
        kind=cast(JurisdictionKind, _choice(members, form, "kind", get_args(JurisdictionKind))),
    )


def _effective(policy: Members, form: Form) -> Period:
    node = policy.need("effective", "undated", "write from which day it holds, as 'effective: {from: 2026-07-01}'")
    if node is None:
        return Period()
    members = form.members(node, "'effective'", MEMBERS["period"])
    members.need("from", "undated", "write from which day the policy holds")
    return members.period()


def _language(policy: Members, form: Form) -> str:
    hint = "it is a language tag, such as en or es-US"
    return policy.read("language", lambda node, what: form.text(node, what, LANGUAGE, hint)) or "en"


def _purposes(policy: Members, form: Form) -> dict[str, PurposeTerms]:
    node = policy.need("purposes", why="write for what credentials are recognized, and in which unit")
    found = {}
    if node is not None and node.value == {}:
        form.say(node, "count", "The policy has no purpose.")
        return {}
    if node is not None and not isinstance(node.value, dict):
        form.say(node, "malformed", "'purposes' is written with one member for each purpose.")
        return {}
    for name, each in node.value.items() if node is not None and isinstance(node.value, dict) else ():
        if name not in PURPOSES:
            message = f"There is no purpose {quoted(name)}; there are {', '.join(PURPOSES)}."
            form.say(each, "unknown-purpose", message)
        members = form.members(each, "a purpose", MEMBERS["purpose"])
        found[name] = PurposeTerms(name, members.text("title"), members.text("unit", most=64))
    return found


def _lists(policy: Members, form: Form) -> dict[str, ApprovedList]:
    found = {}
    for name, node in form.named(policy.get("lists"), "lists"):
        members = form.members(node, "a list", MEMBERS["list"])
        nodes = form.items(members.need("entries"), "entries", least=1, most=layout.MAXIMUM_ENTRIES)
        found[name] = ApprovedList(name, members.text("title"), tuple(_entry(each, form) for each in nodes))
    return found


def _entry(node: Node, form: Form) -> ListEntry:
    members = form.members(node, "an entry", MEMBERS["entry"])
    return ListEntry(
        achievement=members.needed("achievement", form.uri) or "",
        issuer=members.read("issuer", form.uri),
        version=members.note("version", most=_VERSION),
        period=members.period(),
        name=members.note("name", most=300),
    )


def _approval_lists(policy: Members, form: Form) -> tuple[ListAddress, ...]:
    nodes = form.items(policy.get("approvalLists"), "approvalLists", least=1, most=layout.MAXIMUM_LIST_ADDRESSES)
    found = []
    for node in nodes:
        members = form.members(node, "an address of an approval list", MEMBERS["approvalList"])
        authority = members.needed("authority", form.did) or ""
        url = members.needed("url", lambda each, what: form.text(each, what, WEB, "it is a web address", MAXIMUM_URL))
        found.append(ListAddress(authority, url or ""))
    return tuple(found)


def _classes(policy: Members, form: Form) -> dict[str, frozenset[str]]:
    found = {}
    for name, node in form.named(policy.get("issuerClasses"), "classes of issuers"):
        found[name] = frozenset(_identifiers(node, form, f"issuers of {quoted(name)}", form.uri))
    return found


def _several(policy: Members, form: Form, name: str, reader: Callable[[Node, str], str | None]) -> tuple[str, ...]:
    return _identifiers(policy.get(name), form, name, reader)


def _identifiers(
    node: Node | None, form: Form, what: str, reader: Callable[[Node, str], str | None]
) -> tuple[str, ...]:
    nodes = form.items(node, what, least=1, most=layout.MAXIMUM_NAMED)
    read = [(found, each) for each in nodes if (found := reader(each, f"an entry of {what}")) is not None]
    form.unique(read, "the entry")
    return tuple(found for found, _ in read)
