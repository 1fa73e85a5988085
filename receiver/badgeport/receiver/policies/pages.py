"""All pages of policies."""

from __future__ import annotations

from badgeport.receiver.policies import author_pages, trial_pages

routes = author_pages.routes
"""Every page is declared with these; the modules that declare them are imported here."""

__all__ = ["author_pages", "routes", "trial_pages"]
