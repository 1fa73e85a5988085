"""Every page of staff credit."""

from __future__ import annotations

from badgeport.issuer.web.routes import Routes
from badgeport.receiver.hr import change_pages, ledger_pages, settings_pages

routes = Routes("staff credit")
for _part in (ledger_pages, change_pages, settings_pages):
    routes.router.include_router(_part.routes.router)
