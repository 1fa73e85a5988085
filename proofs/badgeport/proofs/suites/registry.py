"""The cryptosuites by name, and the one a proof says it was made with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, cast

from badgeport.proofs.suites.base import DATA_INTEGRITY_PROOF, Cryptosuite
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, ProblemError, ProblemType

# Name to module and object; a suite's module is loaded when the suite is first asked for.
_SUITES = {
    "eddsa-rdfc-2022": ("eddsa", "EDDSA_RDFC_2022"),
    "eddsa-jcs-2022": ("eddsa", "EDDSA_JCS_2022"),
    "eddsa-2022": ("eddsa", "EDDSA_2022"),
    "ecdsa-rdfc-2019": ("ecdsa", "ECDSA_RDFC_2019"),
    "ecdsa-jcs-2019": ("ecdsa", "ECDSA_JCS_2019"),
    "ecdsa-sd-2023": ("ecdsa_sd", "SUITE"),
    "Ed25519Signature2020": ("ed25519_2020", "ED25519_SIGNATURE_2020"),
}
_LEGACY_TYPES = ("Ed25519Signature2020",)

NAMES = tuple(_SUITES)
"""Every suite that can be verified."""


def suite(name: str, problem: ProblemType = PROOF_VERIFICATION_ERROR) -> Cryptosuite:
    """The suite of a cryptosuite identifier, or of a legacy proof type. Raises ``ProblemError`` (``problem``)."""
    if not isinstance(name, str) or name not in _SUITES:
        raise ProblemError(problem, f"{str(name)[:80]!r} is not a supported cryptosuite")
    return _loaded(name)


@cache
def _loaded(name: str) -> Cryptosuite:
    module, attribute = _SUITES[name]
    return cast(Cryptosuite, getattr(import_module(f"badgeport.proofs.suites.{module}"), attribute))


def suite_of(proof: Mapping[str, Any]) -> Cryptosuite:
    """The suite a proof names. Raises ``ProblemError`` (PROOF_VERIFICATION_ERROR) for one that is not supported."""
    proof_type, cryptosuite = proof.get("type"), proof.get("cryptosuite")
    if proof_type == DATA_INTEGRITY_PROOF:
        if not isinstance(cryptosuite, str):
            raise ProblemError(PROOF_VERIFICATION_ERROR, "the proof names no cryptosuite", "/proof/cryptosuite")
        if cryptosuite in _SUITES and cryptosuite not in _LEGACY_TYPES:
            return suite(cryptosuite)
        raise ProblemError(
            PROOF_VERIFICATION_ERROR, f"{cryptosuite[:80]!r} is not a supported cryptosuite", "/proof/cryptosuite"
        )
    if isinstance(proof_type, str) and proof_type in _LEGACY_TYPES:
        return suite(proof_type)
    raise ProblemError(
        PROOF_VERIFICATION_ERROR, f"{str(proof_type)[:80]!r} is not a supported type of proof", "/proof/type"
    )
