"""The recognition policies at hand: the shipped examples, and those in a folder of the operator's.

A policy is found by its short name (the name of its file), or by its own address. What lies in the folder is the
operator's word: a signature in it is served as it is, for whoever fetches the policy to check. What organisations
publish at this service is joined to them by `LiveShelf`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from badgeport.proofs.secured import open_secured
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.approval.documents import AGREEMENT, POLICY, exact
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.approval.received import DocumentError, policy_said, said_in
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, read_policy
from badgeport.verifier.recognition.authoring.text import policy_text
from badgeport.verifier.recognition.model import RecognitionPolicy

SUFFIXES = (".yaml", ".yml", ".json", ".jwt", ".sd-jwt")
"""Endings of the files that are read in a folder; files with others are left alone."""

MAXIMUM_FILES = 500
MAXIMUM_BYTES = DEFAULT_LIMITS.document_bytes

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MEDIA_TYPES = {
    "data-integrity": "application/vc",
    "vc-jwt": "application/vc+jwt",
    "vc+jwt": "application/vc+jwt",
    "vc+sd-jwt": "application/vc+sd-jwt",
}


class ShelfError(ValueError):
    """A file of the folder cannot be used; the text names it and says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signed:
    """A policy as its jurisdiction signed it: the bytes as they are, and their media type."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Shelved:
    """A policy on the shelf: its short name, what it says, its text (YAML or JSON), its signed form if there is one.

    ``shipped``: it came with this program, as an example. ``withdrawn``: the day on which its jurisdiction took it
    back; it can still be read, and nothing is decided by it any more.
    """

    name: str
    policy: RecognitionPolicy
    text: str = field(repr=False)
    signed: Signed | None = None
    shipped: bool = False
    withdrawn: date | None = None

    @property
    def is_example(self) -> bool:
        """Whether it calls itself an example: it is not law, wherever it lies."""
        return self.policy.status == "example"

    def to_json(self) -> dict[str, object]:
        """What a list says of it."""
        policy = self.policy
        period = policy.effective
        return {
            "name": self.name,
            "id": policy.id,
            "version": policy.version,
            "sha256": policy.sha256,
            "title": policy.title,
            "status": policy.status,
            "jurisdiction": {
                "id": policy.jurisdiction.id,
                "name": policy.jurisdiction.name,
                "area": policy.jurisdiction.area,
                "kind": policy.jurisdiction.kind,
            },
            "effective": {
                "from": None if period.start is None else period.start.isoformat(),
                "until": None if period.end is None else period.end.isoformat(),
            },
            "purposes": {name: {"title": terms.title, "unit": terms.unit} for name, terms in policy.purposes.items()},
            "signed": self.signed is not None,
            **({} if self.withdrawn is None else {"withdrawn": self.withdrawn.isoformat()}),
        }

    def yaml(self) -> str:
        """The policy in YAML: as its author wrote it, or, of one that is there as JSON alone, written anew."""
        return self.text if not self.text.lstrip().startswith("{") else policy_text(self.policy.body)

    def json_bytes(self) -> bytes:
        """The policy as JSON, unsigned."""
        return jsontext.dump_pretty(exact(self.policy.body))


class Shelf:
    """Policies by their short names: the operator's own first, then the examples whose names those do not take.

    ``readable`` are further names under which a policy can be read that are in no list: earlier ones that were
    withdrawn, and second names. ``signed_agreements`` are the signed bytes of agreements by their id,
    ``approval_lists`` those of the approval lists kept here by their address.
    """

    def __init__(
        self,
        own: Iterable[Shelved] = (),
        agreements: Mapping[str, Agreement] | None = None,
        *,
        with_examples: bool = True,
        readable: Mapping[str, Shelved] | None = None,
        signed_agreements: Mapping[str, Signed] | None = None,
        approval_lists: Mapping[str, bytes] | None = None,
    ) -> None:
        self._own = {each.name: each for each in own}
        self._agreements = dict(agreements or {})
        self._with_examples = with_examples
        self._readable = dict(readable or {})
        self._signed_agreements = dict(signed_agreements or {})
        self._approval_lists = dict(approval_lists or {})

    @property
    def names(self) -> tuple[str, ...]:
        """The short names of all policies, in the order they are shown in."""
        shipped = examples.names() if self._with_examples else ()
        return (*sorted(self._own), *(name for name in shipped if name not in self._own))

    @property
    def policies(self) -> tuple[Shelved, ...]:
        """All policies by which something can be decided, in the order of `names`."""
        return tuple(self._taken(name) for name in self.names)

    @property
    def agreements(self) -> Mapping[str, Agreement]:
        """The agreements at hand by their id: those of the folder, and the example where examples are shown."""
        shipped = {examples.agreement().id: examples.agreement()} if self._with_examples else {}
        return shipped | self._agreements

    def get(self, name: str) -> Shelved | None:
        """The policy with this short name, also a withdrawn one; None where there is none."""
        return self._taken(name) if name in self.names else self._readable.get(name)

    def find(self, reference: str, on: date | None = None) -> Shelved | None:
        """The policy that a short name or an address means, among those that are not withdrawn.

        Of several versions under one address: the one in effect on the day ``on``, else the one that began last.
        """
        named = self.get(reference)
        if named is not None:
            return named if named.withdrawn is None else None
        if ":" not in reference:
            return None
        return in_effect((each for each in self.policies if each.policy.id == reference), on)

    def deciding(self, on: date) -> tuple[Shelved, ...]:
        """Of each policy the version that decides on a day, in the order of `policies`."""
        versions: dict[str, list[Shelved]] = {}
        for each in self.policies:
            versions.setdefault(each.policy.id, []).append(each)
        return tuple(found for each in versions.values() if (found := in_effect(each, on)) is not None)

    def signed_agreement(self, identifier: str) -> Signed | None:
        """The signed form of an agreement, where it is kept here."""
        return self._signed_agreements.get(identifier)

    def approval_list(self, address: str) -> bytes | None:
        """The signed approval list at an address, where it is kept here."""
        return self._approval_lists.get(address)

    def look_again(self) -> None:
        """What is published may have changed. What lies in a folder does not."""

    def _taken(self, name: str) -> Shelved:
        own = self._own.get(name)
        return own or Shelved(name, examples.policy(name), examples.text(name), shipped=True)


class LiveShelf(Shelf):
    """A shelf that does not change together with one that does: what ``published`` answers just now.

    ``forget`` tells whoever answers that there is news. A name that both have is that of the former.
    """

    def __init__(self, fixed: Shelf, published: Callable[[], Shelf], forget: Callable[[], None]) -> None:
        super().__init__(with_examples=False)
        self._fixed = fixed
        self._published = published
        self._forget = forget

    @property
    def names(self) -> tuple[str, ...]:
        """As `Shelf.names`."""
        fixed = self._fixed.names
        return (*(name for name in self._published().names if name not in fixed), *fixed)

    @property
    def policies(self) -> tuple[Shelved, ...]:
        """As `Shelf.policies`."""
        fixed = self._fixed.names
        return (*(each for each in self._published().policies if each.name not in fixed), *self._fixed.policies)

    @property
    def agreements(self) -> Mapping[str, Agreement]:
        """As `Shelf.agreements`."""
        return {**self._published().agreements, **self._fixed.agreements}

    def get(self, name: str) -> Shelved | None:
        """As `Shelf.get`."""
        return self._fixed.get(name) or self._published().get(name)

    def signed_agreement(self, identifier: str) -> Signed | None:
        """As `Shelf.signed_agreement`."""
        return self._fixed.signed_agreement(identifier) or self._published().signed_agreement(identifier)

    def approval_list(self, address: str) -> bytes | None:
        """As `Shelf.approval_list`."""
        return self._published().approval_list(address)

    def look_again(self) -> None:
        """As `Shelf.look_again`."""
        self._forget()


def in_effect(versions: Iterable[Shelved], on: date | None) -> Shelved | None:
    """Of several versions the one in effect on the day ``on``, else the one that began last; None of none."""
    found = list(versions)
    if not found:
        return None
    current = [each for each in found if on is not None and each.policy.effective.contains(on)]
    return max(current or found, key=lambda each: (each.policy.effective.start or date.min, each.policy.version))


def read_shelf(folder: Path, *, with_examples: bool = True) -> Shelf:
    """The shelf of a folder: policies in YAML or JSON, signed policies, and agreements (JSON, or signed).

    A signed policy may lie beside its text: ``salary.yaml`` and ``salary.json`` are one. Raises ShelfError naming the
    first file that cannot be used: nothing in the folder is passed over in silence.
    """
    own: dict[str, Shelved] = {}
    agreements: dict[str, Agreement] = {}
    for path in _files(folder):
        try:
            found = read_shelved(path)
        except (PolicyRefused, DocumentError, MemberError, ProblemError) as error:
            raise ShelfError(path, _reason(error)) from None
        if isinstance(found, Agreement):
            if found.id in agreements:
                raise ShelfError(path, f"another file holds the agreement {found.id}")
            agreements[found.id] = found
            continue
        beside = own.get(found.name)
        own[found.name] = found if beside is None else _together(path, beside, found)
    _refuse_doubles(folder, own)
    return Shelf(own.values(), agreements, with_examples=with_examples)


def read_shelved(path: Path) -> Shelved | Agreement:
    """The policy or the agreement of one file.

    Raises ShelfError for a file that cannot be read, PolicyRefused, DocumentError, MemberError and ProblemError for
    what is in it.
    """
    name = path.name.removesuffix(next((each for each in SUFFIXES if path.name.endswith(each)), ""))
    if not _NAME.fullmatch(name):
        raise ShelfError(path, "the name of the file may have letters, digits, '-', '_' and '.' only")
    return shelved_from(name, _read(path))


def shelved_from(name: str, data: bytes) -> Shelved | Agreement:
    """A policy or an agreement under a short name, from bytes. Raises as `read_shelved`, but no ShelfError."""
    try:
        opened = open_secured(data)
    except ProblemError:
        # Not signed: a policy as its author wrote it, of which every line can be told that is not right.
        return _written(name, data)
    document = opened.document
    types = document.get("type")
    types = types if isinstance(types, list) else [types]
    if POLICY.credential in types:
        issuer = document.get("issuer")
        signer = issuer.get("id") if isinstance(issuer, dict) else issuer
        policy = policy_said(document, signer)
        signed = signed_form(data) if opened.proofs else None
        return Shelved(name, policy, policy_text(policy.body), signed)
    if AGREEMENT.credential in types:
        return agreement_of(said_in(document, AGREEMENT))
    if "members" in document and "rules" not in document:
        return agreement_of(document)
    return _written(name, data)


def signed_form(data: bytes) -> Signed:
    """Signed bytes with their media type. Raises ProblemError for what is not signed."""
    return Signed(data, _MEDIA_TYPES[open_secured(data).form])


def _written(name: str, data: bytes) -> Shelved:
    policy = read_policy(data)
    return Shelved(name, policy, data.decode("utf-8-sig"))


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(each for each in folder.iterdir() if each.name.endswith(SUFFIXES) and each.is_file())
    except OSError as error:
        raise ShelfError(folder, (error.strerror or "it cannot be read").lower()) from None
    files = [each for each in found if not each.name.startswith(".")]
    if len(files) > MAXIMUM_FILES:
        raise ShelfError(folder, f"it holds more than {MAXIMUM_FILES} policies")
    return files


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise ShelfError(path, (error.strerror or "it cannot be read").lower()) from None
    if len(data) > MAXIMUM_BYTES:
        raise ShelfError(path, f"it is larger than {MAXIMUM_BYTES // 1024} KiB")
    return data


def _together(path: Path, one: Shelved, other: Shelved) -> Shelved:
    """A policy of which the text and the signed form lie side by side."""
    written, signed = (one, other) if other.signed is not None else (other, one)
    if signed.signed is None or written.signed is not None:
        raise ShelfError(path, f"another file has the name {one.name}")
    if written.policy.sha256 != signed.policy.sha256:
        raise ShelfError(path, f"the signed policy and the text under the name {one.name} do not say the same")
    return replace(written, signed=signed.signed)


def _refuse_doubles(folder: Path, own: Mapping[str, Shelved]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for each in own.values():
        key = (each.policy.id, each.policy.version)
        if key in seen:
            raise ShelfError(
                folder, f"{seen[key]} and {each.name} are both version {each.policy.version} of {each.policy.id}"
            )
        seen[key] = each.name


def _reason(error: PolicyRefused | DocumentError | MemberError | ProblemError) -> str:
    if isinstance(error, PolicyRefused):
        more = len(error.findings) - 1
        return f"{error.findings[0]}" + (f" ({more} more; see badgeport policy check)" if more else "")
    if isinstance(error, ProblemError):
        return error.problem.detail
    return str(error)
