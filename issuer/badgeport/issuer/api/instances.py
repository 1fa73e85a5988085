"""Issuers that programs ask over VCALM: each organisation, and one instance per suite and key type for test suites.

The conformance instances are there where the operator set ``VC_API_INSTANCES=demo``. Each has a did:key of its own,
which no registry lists, and answers on this machine alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from badgeport.issuer.api.tables import ConformanceKey
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.people import keys
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.release import DEFAULT_FORMATS
from badgeport.issuer.storage.columns import new_id
from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.types import KeyType

DEMO = "demo"
"""The value of the setting with which conformance instances are served."""

STATUS_INSTANCE = "bitstring-status"
"""The one that adds status entries by itself."""


@dataclass(frozen=True, slots=True)
class Suite:
    """What a conformance instance signs with."""

    key_type: KeyType
    format: str
    keeps_status: bool = False


CONFORMANCE = {
    "eddsa-rdfc-2022": Suite(KeyType.ED25519, "eddsa-rdfc-2022"),
    "eddsa-jcs-2022": Suite(KeyType.ED25519, "eddsa-jcs-2022"),
    "ecdsa-rdfc-2019-p256": Suite(KeyType.P256, "ecdsa-rdfc-2019"),
    "ecdsa-rdfc-2019-p384": Suite(KeyType.P384, "ecdsa-rdfc-2019"),
    "ecdsa-jcs-2019-p256": Suite(KeyType.P256, "ecdsa-jcs-2019"),
    "ecdsa-jcs-2019-p384": Suite(KeyType.P384, "ecdsa-jcs-2019"),
    "ecdsa-sd-2023": Suite(KeyType.P256, "ecdsa-sd-2023"),
    "ed25519signature2020": Suite(KeyType.ED25519, "Ed25519Signature2020"),
    "vc-jwt": Suite(KeyType.P256, "vc-jwt"),
    STATUS_INSTANCE: Suite(KeyType.ED25519, "eddsa-rdfc-2022", keeps_status=True),
}
"""The conformance instances by name."""

DEFAULT = "eddsa-rdfc-2022"
"""Who issues at ``/credentials/issue`` for programs without a token."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An issuer: its name in addresses, its key, and the form in which it signs.

    ``keeps_status`` says that it adds places in its status lists to what it issues. ``organization`` is None for a
    conformance instance.
    """

    name: str
    key: IssuerKey
    format: str
    keeps_status: bool
    organization: Organization | None = None

    @property
    def did(self) -> str:
        """Its issuer id: nothing is signed in another's name."""
        return self.key.controller


def instance(desk: IssuerDesk, name: str) -> Instance | None:
    """The issuer of a name; None where there is none. Raises Conflict for an organisation that has no key."""
    found = conformance(desk, name)
    if found is not None:
        return found
    with desk.database.reading() as session:
        row = session.exec(select(Organization).where(Organization.slug == name)).first()
        return None if row is None or row.closed is not None else of_organization(session, desk, row)


def of_organization(session: Session, desk: IssuerDesk, organization: Organization) -> Instance:
    """An organisation as an issuer of what its programs ask for. Raises Conflict where it has no key to sign with."""
    key = keys.signing_key(session, organization.did, keys.EMBEDDED, desk.clock())
    if key is None:
        raise Conflict("This organization has no key to sign with. Make one on its keys page.")
    format = DEFAULT_FORMATS[public_from_multikey(key.public).key_type]
    return Instance(organization.slug, key, format, keeps_status=True, organization=organization)


def is_conformance(desk: IssuerDesk, name: str) -> bool:
    """Whether a name is that of a conformance instance that is served."""
    return desk.instances == DEMO and name in CONFORMANCE


def conformance(desk: IssuerDesk, name: str) -> Instance | None:
    """A conformance instance, its key made when it is first asked for; None where it is not served."""
    if not is_conformance(desk, name):
        return None
    suite = CONFORMANCE[name]
    return Instance(name, _as_key(_key_of(desk, name)), suite.format, suite.keeps_status)


def published(desk: IssuerDesk, name: str) -> dict[str, Any] | None:
    """What ``GET /issuers/{name}`` answers for a conformance instance; None for any other name."""
    found = conformance(desk, name)
    if found is None:
        return None
    return {
        "id": found.did,
        "type": ["Profile"],
        "name": f"Conformance instance {name}",
        "format": found.format,
        "verificationMethod": found.key.verification_method,
    }


def key_on_record(session: Session, name: str | None) -> IssuerKey | None:
    """The key of a conformance instance that has issued, also where it is served no more."""
    row = session.get(ConformanceKey, name)
    return None if row is None else _as_key(row)


def _key_of(desk: IssuerDesk, name: str) -> ConformanceKey:
    with desk.database.reading() as session:
        row = session.get(ConformanceKey, name)
    if row is not None:
        return row
    # A key file takes its time, so it is made before the transaction; where two ask at once, one is left unused.
    uri, public = desk.custody.create(
        f"conformance-{name}-{new_id()[:10]}",
        CONFORMANCE[name].key_type,
        verification_method="did:key:{key}#{key}",
        controller="did:key:{key}",
    )
    multikey = public.to_multikey()
    did = f"did:key:{multikey}"
    made = ConformanceKey(
        instance=name,
        uri=uri,
        public=multikey,
        verification_method=f"{did}#{multikey}",
        controller=did,
        created=desk.clock(),
    )
    with desk.database.writing() as session:
        row = session.get(ConformanceKey, name)
        if row is None:
            session.add(made)
            row = made
    return row


def _as_key(row: ConformanceKey) -> IssuerKey:
    """The row as custody wants it; it is never saved among the issuers' keys."""
    return IssuerKey(
        id=f"conformance-{row.instance}",
        uri=row.uri,
        public=row.public,
        verification_method=row.verification_method,
        controller=row.controller,
        created=row.created,
    )
