"""The pages of people: signing in, one's own account, an organisation's people and settings, the installation."""

from importlib import import_module

from badgeport.issuer.people.pages.routing import routes

PAGES = ("sign_in", "account", "address", "members", "settings", "keys", "installation")
"""The modules that add to ``routes``; in `members` fixed paths come before those with a name in them."""

for _page in PAGES:
    import_module(f"{__name__}.{_page}")

__all__ = ["PAGES", "routes"]
