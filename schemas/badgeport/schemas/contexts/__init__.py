"""The JSON-LD contexts that ship with the library, pinned by SHA-256, and those an operator adds.

A context decides what a signature covers, so none is ever fetched while something is verified (ARCHITECTURE; Data
Integrity 1.0 section 4.3, context validation). Where each file comes from is stated in ``data/manifest.json``.
"""

from badgeport.schemas.contexts import urls
from badgeport.schemas.contexts.additions import add_to_directory
from badgeport.schemas.contexts.collection import ContextEntry, ContextStore, store

__all__ = ["ContextEntry", "ContextStore", "add_to_directory", "store", "urls"]
