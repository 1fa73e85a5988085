"""From a web address that a person handed in to the credential there. What a credential says is never followed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from badgeport.schemas import carrier
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import PARSING_ERROR
from badgeport.verifier.intake.allowance import Allowance
from badgeport.verifier.intake.forms import MEDIA_TYPES, AddressUnavailableError, Intake, NoCredentialError
from badgeport.verifier.intake.pages import Page, read_page
from badgeport.verifier.intake.reading import may_be_credential, take_in

if TYPE_CHECKING:
    from badgeport.verifier.resolution.fetching import Fetched, Fetcher


def follow(
    lead: Intake, documents: Fetcher, limits: Limits = DEFAULT_LIMITS, allowance: Allowance | None = None
) -> tuple[Intake, bytes]:
    """The credential at ``lead.address`` and its file, byte for byte, fetched through ``documents``.

    The address may lead to the credential in any form, or to a web page that shows it or links to its file on the same
    host; one such step is taken, no more. The result keeps ``address``, and the ``standard`` of the image that carried
    it. ``allowance`` is as in `take_in`. Raises AddressUnavailableError where nothing could be had, NoCredentialError
    where what is there is no credential, another ProblemError where it is a damaged one.
    """
    address = lead.address or ""
    fetched = _fetched(urldefrag(address).url, documents, lead)
    if carrier.detect(fetched.body) == "html":
        taken, fetched = _from_page(read_page(fetched.body, limits), fetched, lead, documents, limits)
    else:
        taken = _obtained(fetched.body, limits, allowance)
    return replace(taken, address=address, standard=taken.standard or lead.standard), fetched.body


def _fetched(url: str, documents: Fetcher, lead: Intake) -> Fetched:
    from badgeport.verifier.resolution.fetching import FetchError

    try:
        return documents.fetch(url, "credential")
    except FetchError as error:
        what = "the web address of an Open Badges 2.0 badge" if lead.standard == "ob2" else "the web address"
        raise AddressUnavailableError(
            f"{what} {error.url} could not be opened: {error.reason}", lead.standard
        ) from None


def _obtained(body: bytes, limits: Limits, allowance: Allowance | None = None) -> Intake:
    try:
        taken = take_in(body, limits=limits, allowance=allowance)
    except NoCredentialError as error:
        detail = f"what the web address leads to holds no credential: {error.problem.detail}"
        raise NoCredentialError(error.problem.type, detail) from None
    if taken.address is not None:
        raise NoCredentialError(PARSING_ERROR, "the web address leads only to another web address; hand in that one")
    return taken


def _from_page(
    page: Page, fetched: Fetched, lead: Intake, documents: Fetcher, limits: Limits
) -> tuple[Intake, Fetched]:
    """The credential of a page: one that it shows with its proof, else one it links to, else one without a proof."""
    shown = page.credential(unproved=False)
    if shown is not None:
        return _shown(shown, fetched), fetched
    unavailable: AddressUnavailableError | None = None
    for address in page.leads(fetched.location or fetched.url):
        try:
            linked = _fetched(urldefrag(address).url, documents, lead)
        except AddressUnavailableError as error:
            unavailable = unavailable or error
            continue
        if carrier.detect(linked.body) not in ("json", "jws", "sd-jwt"):
            continue
        taken = _obtained(linked.body, limits)
        if may_be_credential(taken.payload, limits):
            return taken, linked
    if unavailable is not None:
        raise unavailable
    shown = page.credential()
    if shown is None:
        detail = "the web address leads to a web page that neither shows a credential nor links to one on its host"
        raise NoCredentialError(PARSING_ERROR, f"{detail}; ask for the badge's file")
    return _shown(shown, fetched), fetched


def _shown(credential: bytes, page: Fetched) -> Intake:
    return Intake("html", MEDIA_TYPES["html"], page.sha256, credential)
