"""All pages of partnerships: agreements and approvals."""

from __future__ import annotations

from badgeport.issuer.web.routes import Routes
from badgeport.receiver.partnerships import agreement_pages, approval_pages

routes = Routes("partnerships")
for part in (agreement_pages, approval_pages):
    routes.router.include_router(part.routes.router)
