"""The kinds of registry a reader may rely on: lists at hand, lists at an address, federations, signed recognition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, cast

from badgeport.keys import did
from badgeport.keys.public import PublicKey
from badgeport.verifier.open_badges_2 import addresses

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ListedIssuer:
    """One issuer of one registry. ``name`` is the registry's name for it, which a reader should be shown.

    ``legal_name`` and ``home_page`` are what the registry says of it beside that. ``valid_from`` and ``valid_until``
    are since and until when it recognises the issuer, as written, where it says so.
    """

    id: str
    name: str | None
    registry: str
    legal_name: str | None = None
    home_page: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry at hand: its name and its issuers, by id as ids are compared.

    ``by_address`` has those that are named by a web address, in the form in which Open Badges 2.0 compares such.
    """

    name: str
    issuers: Mapping[str, ListedIssuer]
    by_address: Mapping[addresses.Address, ListedIssuer] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, name: str, entries: Iterable[ListedIssuer]) -> Registry:
        """The registry of these entries; the first of two for one issuer counts."""
        issuers: dict[str, ListedIssuer] = {}
        by_address: dict[addresses.Address, ListedIssuer] = {}
        for entry in entries:
            issuers.setdefault(did.comparable(entry.id), entry)
            address = addresses.parse(entry.id)
            if address is not None:
                by_address.setdefault(address, entry)
        return cls(name, issuers, by_address)

    def entry(self, issuer: str) -> ListedIssuer | None:
        """What the registry says of this issuer; None where it does not list it."""
        return self.issuers.get(did.comparable(issuer))

    def entry_at(self, issuer: str) -> ListedIssuer | None:
        """The same for an issuer of Open Badges 2.0, to which ``http`` and ``https`` are one."""
        address = addresses.parse(issuer)
        return self.entry(issuer) or (None if address is None else self.by_address.get(address))


@dataclass(frozen=True, slots=True)
class RemoteRegistry:
    """A list of issuers at a web address, in either of the forms of a list at hand."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class FederationKey:
    """One signing key of a federation entity, by the name its statements call it by."""

    id: str | None
    key: PublicKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class TrustAnchor:
    """The entity at the top of a federation, and the keys its reader knows it by."""

    id: str
    keys: tuple[FederationKey, ...]


@dataclass(frozen=True, slots=True)
class Federation:
    """A registry that answers for one issuer at a time with a signed statement (OpenID Federation 1.0 §8.1).

    ``entity`` is the identifier of the registry in its federation and ``configuration`` the address of what it says of
    itself. ``fetch_endpoint`` is where it is asked; None: where its configuration says. ``keys`` are its keys as the
    reader knows them; without any, those of its configuration count, which was had from its own host. With an
    ``anchor`` a chain of statements must lead from there to the registry's keys.
    """

    name: str
    entity: str
    configuration: str
    fetch_endpoint: str | None = None
    keys: tuple[FederationKey, ...] = ()
    anchor: TrustAnchor | None = None


@dataclass(frozen=True, slots=True)
class RecognitionRegistry:
    """A credential in which ``authority`` says which issuers it recognises: at a web address, or at hand."""

    name: str
    authority: str
    url: str | None = None
    credential: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UnreadRegistry:
    """A registry that was named but could not be read, and why."""

    name: str
    reason: str


class RegistryError(Exception):
    """A registry could not say whether it lists an issuer. ``reason`` is a plain phrase for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """What one registry says of an issuer: its entry, or None where it does not list it.

    ``note`` is what a reader should know beside that: when the issuer was listed, or for what.
    """

    entry: ListedIssuer | None = None
    note: str | None = None


Source: TypeAlias = Registry | RemoteRegistry | Federation | RecognitionRegistry


def settled_once(known: dict[Source, object], source: Source, settle: Callable[[], _T]) -> _T:
    """What ``settle`` found out about a source, found out once and then ``known``.

    Raises the RegistryError that it raised, each time again.
    """
    held = known.get(source)
    if held is None:
        try:
            held = settle()
        except RegistryError as error:
            held = error
        known[source] = held
    if isinstance(held, RegistryError):
        raise RegistryError(held.reason)
    return cast("_T", held)
