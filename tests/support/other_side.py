"""The whole other side, invented: issuers of several states with their key documents, status lists and registries.

Everything a verifier may ask of them is in `OtherSide.documents`, by URL. `OtherSide.serve` puts it on a real server,
`OtherSide.memory` hands it out without one.

| state | issuer | secured as | status |
|---|---|---|---|
| South Carolina | a did:web | eddsa-rdfc-2022 | bitstring lists for revocation and suspension |
| Arkansas | a did:web with a path | ecdsa-rdfc-2019, data model 1.1 | StatusList2021 |
| North Carolina | a web address, keys in the host's key set | VC-JWT | 1EdTech revocation list |
| Minnesota | an Open Badges 2.0 issuer | hosted | revoked at its address |
| Wyoming | a web address whose profile lists its keys | eddsa-jcs-2022 | one list for both purposes |
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs import jws
from badgeport.schemas import jsontext
from badgeport.schemas.bitstring import Bitstring
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.resolution.fetching import Fetched, Fetcher
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust
from badgeport.verifier.verifier import Verifier
from support import verifying as v
from support.web import Web

NOW = v.NOW
TEACHER = "did:example:ines-marchetti"
REGISTRY = "https://registry.partnership.example/issuers.json"
OLD_CONTEXTS = (
    "https://www.w3.org/2018/credentials/v1",
    v.OB_3_0_3,
    "https://w3id.org/security/data-integrity/v2",
    "https://w3id.org/vc/status-list/2021/v1",
)
"""What a badge on data model 1.1 with an older kind of status list names."""
STATES = ("south-carolina", "arkansas", "north-carolina", "wyoming")


@dataclass(frozen=True)
class State:
    """One issuer: its identifier, its key, and where its documents stand."""

    name: str
    title: str
    issuer: str
    key_document: str
    signer: Signer
    format: str
    revocation: str
    suspension: str | None = None
    key_set: str | None = None


@cache
def states() -> dict[str, State]:
    """Every state, with its key, made once a process."""

    def signer(controller: str, key_type: KeyType, method: str | None = None) -> Signer:
        method = method or f"{controller}#key-1"
        return local_signer(generate(key_type), verification_method=method, controller=controller)

    sc, ar = "did:web:ed.sc.example", "did:web:dese.ar.example:programs:micro-credentials"
    nc, wy = "https://dpi.nc.example/issuers/pilot", "https://ptsb.wy.example/issuer"
    made = (
        State(
            "south-carolina",
            "South Carolina Department of Education",
            sc,
            "https://ed.sc.example/.well-known/did.json",
            signer(sc, KeyType.ED25519),
            "eddsa-rdfc-2022",
            "https://ed.sc.example/status/revocation",
            "https://ed.sc.example/status/suspension",
        ),
        State(
            "arkansas",
            "Arkansas Division of Elementary and Secondary Education",
            ar,
            "https://dese.ar.example/programs/micro-credentials/did.json",
            signer(ar, KeyType.P256),
            "ecdsa-rdfc-2019",
            "https://dese.ar.example/status/2021",
        ),
        State(
            "north-carolina",
            "North Carolina Department of Public Instruction",
            nc,
            nc,
            signer(nc, KeyType.P256, f"{nc}#2026"),
            "vc-jwt",
            "https://dpi.nc.example/revoked",
            key_set="https://dpi.nc.example/.well-known/jwks.json",
        ),
        State(
            "wyoming",
            "Wyoming Professional Teaching Standards Board",
            wy,
            wy,
            signer(wy, KeyType.ED25519),
            "eddsa-jcs-2022",
            "https://ptsb.wy.example/status/all",
        ),
    )
    return {state.name: state for state in made}


@dataclass
class OtherSide:
    """What all hosts serve, by URL. Change it before it is served, or spoil it on the server."""

    documents: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def put(self, url: str, body: Mapping[str, Any] | bytes, media_type: str = "application/json") -> str:
        """Serve this at a URL."""
        self.documents[url] = (body if isinstance(body, bytes) else jsontext.dump(dict(body)), media_type)
        return url

    def serve(self, web: Web) -> Web:
        """Put everything on a server."""
        for url, (body, media_type) in self.documents.items():
            web.put(url, body, media_type=media_type)
        return web

    def memory(self) -> ReplayResolver:
        """Everything, without a server."""
        return ReplayResolver(
            {url: Fetched(url, body, media_type, NOW) for url, (body, media_type) in self.documents.items()}
        )

    # -- what stands at the issuers ------------------------------------------------------------------------------

    def key_document(self, state: State, **dates: Any) -> dict[str, Any]:
        """What a state serves as its key document: a DID document, or its profile with its keys in it."""
        if state.issuer.startswith("did:"):
            return v.key_document(state.signer, **dates)
        profile = {"id": state.issuer, "type": ["Profile"], "name": state.title}
        if state.key_set is not None:
            return profile
        return {**v.key_document(state.signer, **dates), **profile}

    def status_list(self, state: State, purpose: Any, *set_bits: int, **changes: Any) -> bytes:
        """A signed list of a state, for one purpose or several."""
        url = state.suspension if purpose == "suspension" and state.suspension else state.revocation
        body = v.unsigned_status_list(*set_bits, purpose=purpose, by=state.signer, url=url)
        if state.name == "arkansas":
            bits = Bitstring.zeros()
            for index in set_bits:
                bits.set(index, 1)
            body["@context"] = [OLD_CONTEXTS[0], *OLD_CONTEXTS[2:]]
            body["type"] = ["VerifiableCredential", "StatusList2021Credential"]
            _age(body)
            body["credentialSubject"] |= {"type": "StatusList2021", "encodedList": bits.encode().removeprefix("u")}
        return v.sign(v.changed(body, **changes), state.signer, _list_format(state))

    def entries(self, state: State, index: int = 4711) -> list[dict[str, Any]]:
        """The status entries of a badge of a state."""
        if state.name == "north-carolina":
            return [{"id": state.revocation, "type": "1EdTechRevocationList"}]
        if state.name == "arkansas":
            entry = v.status_entry(index, type="StatusList2021Entry", statusListCredential=state.revocation)
            return [{"id": f"{state.revocation}#{index}", **entry}]
        return [
            v.status_entry(index, purpose, statusListCredential=url)
            for purpose, url in (("revocation", state.revocation), ("suspension", state.suspension or state.revocation))
        ]

    # -- what they issue ------------------------------------------------------------------------------------------

    def unsigned(self, name: str = "south-carolina", /, *, index: int = 4711, **changes: Any) -> dict[str, Any]:
        """A badge of a state, not signed yet."""
        state = states()[name]
        entries = self.entries(state, index)
        extra: list[str] = []
        if name == "north-carolina":
            extra = [v.OB_EXTENSIONS]
        body = v.badge(
            state.issuer,
            **{"@context": [v.CREDENTIALS_V2, v.OB_3_0_3, *extra]},
            issuer={"id": state.issuer, "type": ["Profile"], "name": state.title},
            credentialStatus=entries[0] if len(entries) == 1 else entries,
        )
        if name == "arkansas":
            body["@context"] = list(OLD_CONTEXTS)
            _age(body)
        return v.changed(body, **changes)

    def badge(self, name: str = "south-carolina", /, *, index: int = 4711, **changes: Any) -> bytes:
        """A signed badge of a state."""
        return self.sign(self.unsigned(name, index=index, **changes), name)

    def sign(self, body: Mapping[str, Any], name: str = "south-carolina", **options: Any) -> bytes:
        """Sign as a state does."""
        state = states()[name]
        if state.key_set is None:
            return v.sign(body, state.signer, options.pop("format", state.format), **options)
        stated = {"iss": state.issuer, "jti": body["id"], "sub": body["credentialSubject"]["id"]}
        instants = {"nbf": _seconds(body["validFrom"])} | (
            {"exp": _seconds(body["validUntil"])} if "validUntil" in body else {}
        )
        header = {"typ": "JWT", "kid": "2026"}
        return jws.sign(header, {**body, **stated, **instants}, state.signer).encode()


def other_side() -> OtherSide:
    """Every state in good order: nothing revoked, every list of today, all of them in the partnership's registry."""
    side = OtherSide()
    for state in states().values():
        side.put(state.key_document, side.key_document(state))
        if state.name == "north-carolina":
            jwk = {**state.signer.public_key.to_jwk(), "kid": "2026", "iss": state.issuer}
            side.put(str(state.key_set), {"keys": [jwk]}, "application/jwk-set+json")
            side.put(state.revocation, revocation_list(state))
        elif state.suspension is not None:
            side.put(state.revocation, side.status_list(state, "revocation"), "application/vc")
            side.put(state.suspension, side.status_list(state, "suspension"), "application/vc")
        else:
            purposes = "revocation" if state.name == "arkansas" else ["revocation", "suspension"]
            side.put(state.revocation, side.status_list(state, purposes), "application/vc")
    listed = {state.issuer: {"name": state.title, "location": state.name} for state in states().values()}
    side.put(REGISTRY, {"registry": listed})
    return side


def revocation_list(state: State, *revoked: Any, **changes: Any) -> dict[str, Any]:
    """An unsigned 1EdTech revocation list."""
    return v.changed(
        {"id": state.revocation, "issuer": state.issuer, "revokedCredential": list(revoked)},
        **changes,
    )


def old_badge(web: Web, hosted_at: str = "https://badges.mn.example/assertions/1") -> bytes:
    """An Open Badges 2.0 badge of a Minnesota cooperative, hosted with its class and issuer on a server."""
    host = "https://badges.mn.example"
    about = {"@context": "https://w3id.org/openbadges/v2"}
    issuer = {"type": "Issuer", "id": f"{host}/issuer", "name": "Lakes Service Cooperative", "url": f"{host}/"}
    badge_class = {
        "type": "BadgeClass",
        "id": f"{host}/classes/1",
        "name": "Reading Together",
        "description": "Leads shared reading.",
        "image": f"{host}/classes/1.png",
        "criteria": {"narrative": "Three recorded sessions and a reflection."},
        "issuer": issuer["id"],
    }
    assertion = {
        "type": "Assertion",
        "id": hosted_at,
        "recipient": {"type": "email", "hashed": False, "identity": "ines@example.org"},
        "badge": badge_class["id"],
        "verification": {"type": "HostedBadge"},
        "issuedOn": "2026-04-01T09:00:00Z",
    }
    for document in (issuer, badge_class, assertion):
        web.put(str(document["id"]), {**about, **document}, media_type="application/ld+json")
    return jsontext.dump({**about, **assertion})


def inspect(
    fetcher: Fetcher,
    data: bytes,
    *,
    policy: Policy = DEFAULT,
    trust: Trust | None = None,
    **question: Any,
) -> VerificationReport:
    """The report of a verifier that asks this fetcher."""
    question.setdefault("now", NOW)
    return Verifier(policy=policy, fetcher=fetcher, trust=trust, software="badgeport test").inspect(data, **question)


def registry_list(*entries: Mapping[str, Any]) -> bytes:
    """A list of registries, as a reader keeps it."""
    return json.dumps({"registries": list(entries)}).encode()


def _age(body: dict[str, Any]) -> None:
    """Turn a credential into one on data model 1.1."""
    body["issuanceDate"] = body.pop("validFrom")
    body["expirationDate"] = body.pop("validUntil")


def _list_format(state: State) -> str:
    return state.format if state.key_set is None else "vc+jwt"


def _seconds(instant: str) -> int:
    from badgeport.schemas.datetimes import parse_datetime

    return int(parse_datetime(instant).timestamp())


YESTERDAY = NOW - timedelta(days=1)
