"""Badgeport itself: the public functions with every check on, and the seam of the proofs room below them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from badgeport.issuer.mint import mint
from badgeport.issuer.release import disclosable_by_default, mandatory_by_default
from badgeport.proofs.secured import open_secured, secure, verify_secured
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Fetcher
from badgeport.verifier.verifier import Verifier
from bench.credentials import NOW, Sample
from bench.limits import Operation

# The badges have no status, so that nobody has to look one up. Of one shown in part that alone would be undetermined.
_POLICY = replace(DEFAULT, name="bench", allow_unknown=DEFAULT.allow_unknown | {"selective-disclosure"})
_VERIFIER = Verifier(policy=_POLICY, software="badgeport bench")


def accepts(data: bytes, fetcher: Fetcher | None = None) -> bool:
    """Whether our verifier finds it valid: this judges what every contender issues. ``fetcher`` has its documents."""
    verifier = _VERIFIER if fetcher is None else _VERIFIER.reading_from(fetcher)
    return verifier.inspect(data, now=NOW).verdict is Verdict.VALID


def verify(_: Sample, data: bytes) -> Operation:
    """Every check, with the key found from the credential."""
    return lambda: accepts(data)


def verify_proof(sample: Sample, data: bytes) -> Operation:
    """Reading and the proof alone, with the key at hand."""
    key, store = sample.issuer.public, contexts.store()

    def run() -> bool:
        opened = open_secured(data)
        verify_secured(opened, opened.proofs[0], key, contexts=store)
        return True

    return run


def issue(sample: Sample) -> Operation:
    """From an award: build, validate, secure, read back and verify."""
    return lambda: mint(sample.award, sample.issuer.signer, sample.format, now=NOW).bytes


def issue_proof(sample: Sample) -> Operation:
    """Securing a finished credential alone."""
    signer, store = sample.issuer.signer, contexts.store()
    options: dict[str, Any] = {}
    if sample.format == "ecdsa-sd-2023":
        options["mandatory_pointers"] = mandatory_by_default(sample.unsigned)
    elif sample.format == "vc+sd-jwt":
        options["disclosable"] = disclosable_by_default(sample.unsigned)
    return lambda: secure(sample.unsigned, signer, sample.format, created=NOW, contexts=store, **options)


def derive(sample: Sample) -> Operation:
    """A presentation of a badge with a base proof, from bytes to bytes."""
    store = contexts.store()
    return lambda: jsontext.dump(ecdsa_sd.derive(jsontext.parse_object(sample.issued), sample.selected, contexts=store))
