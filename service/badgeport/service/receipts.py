"""Signing receipts of verifications with the organisation's key: the one thing a verifying service signs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from badgeport.issuer.release import release
from badgeport.keys.custody import open_signer
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.package import manifest_of
from badgeport.verifier.receipt import build_receipt
from badgeport.verifier.recording import Recording

_EMBEDDED = {
    KeyType.ED25519: "eddsa-rdfc-2022",
    KeyType.P256: "ecdsa-rdfc-2019",
    KeyType.P384: "ecdsa-rdfc-2019",
}
"""The embedded proof that keys of a type make; others sign the JWT alone."""

_LOG = logging.getLogger(__name__)


class ReceiptSigner:
    """Signs a receipt of every recording it is given, in each form its key can sign.

    ``name`` is what the organisation calls itself in its receipts. It may be shared between threads if its signer may.
    """

    def __init__(self, signer: Signer, *, name: str | None = None, contexts: ContextStore | None = None) -> None:
        self._signer = signer
        self._name = name
        self._contexts = contexts

    @property
    def issuer(self) -> str:
        """The identifier in whose name receipts are signed."""
        return self._signer.controller

    @property
    def forms(self) -> Mapping[str, str]:
        """The format of each receipt by its name in a package."""
        embedded = _EMBEDDED.get(self._signer.public_key.key_type)
        return {"receipt.jwt": "vc+jwt"} if embedded is None else {"receipt.json": embedded, "receipt.jwt": "vc+jwt"}

    def sign(self, recording: Recording) -> dict[str, bytes]:
        """The signed receipts by name, each verified before it is handed out.

        Raises ProblemError where the key cannot be used (KEY_CUSTODY_ERROR) or what was asked cannot be written.
        """
        body = build_receipt(recording, manifest_of(recording), self.issuer, self._name)
        return {
            name: release(body, self._signer, form, now=recording.question.now, contexts=self._contexts).bytes
            for name, form in self.forms.items()
        }

    def __call__(self, recording: Recording) -> Mapping[str, bytes]:
        """As `sign`, for a service that answers also while its key is out of reach: then there is no receipt.

        The package says by itself that it holds none. The reason goes to the log; it holds no secret.
        """
        try:
            return self.sign(recording)
        except ProblemError as error:
            _LOG.error("no receipt could be signed: %s", error)
            return {}


def open_receipts(
    uri: str,
    *,
    passphrase: Callable[[], str] | None = None,
    name: str | None = None,
    contexts: ContextStore | None = None,
) -> ReceiptSigner:
    """The receipt signer of the private key at ``uri`` (see `keys.custody.open_signer`).

    ``passphrase`` is asked where the key is encrypted. Raises ProblemError(KEY_CUSTODY_ERROR) where the key cannot be
    had.
    """
    return ReceiptSigner(open_signer(uri, passphrase=passphrase), name=name, contexts=contexts)
