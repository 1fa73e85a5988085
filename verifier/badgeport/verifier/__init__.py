"""From bytes to a report: reads, verifies and judges credentials. Cannot sign.

The names below are loaded when they are first used, so that importing the package stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from badgeport.verifier.policy import Policy as Policy
    from badgeport.verifier.report import Outcome as Outcome
    from badgeport.verifier.report import Verdict as Verdict
    from badgeport.verifier.report import VerificationReport as VerificationReport
    from badgeport.verifier.resolution.directory import DocumentDirectory as DocumentDirectory
    from badgeport.verifier.resolution.fetching import NoNetwork as NoNetwork
    from badgeport.verifier.resolution.replay import ReplayResolver as ReplayResolver
    from badgeport.verifier.trust.registries import Trust as Trust
    from badgeport.verifier.verifier import VerificationError as VerificationError
    from badgeport.verifier.verifier import VerifiedCredential as VerifiedCredential
    from badgeport.verifier.verifier import Verifier as Verifier

_HOMES = {
    "DocumentDirectory": "resolution.directory",
    "NoNetwork": "resolution.fetching",
    "Outcome": "report",
    "Policy": "policy",
    "ReplayResolver": "resolution.replay",
    "Trust": "trust.registries",
    "VerificationError": "verifier",
    "VerificationReport": "report",
    "VerifiedCredential": "verifier",
    "Verdict": "report",
    "Verifier": "verifier",
}

__all__ = sorted(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
