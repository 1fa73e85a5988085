"""Every page of portfolios, coaching and review."""

from __future__ import annotations

from badgeport.issuer.submissions import coaching_pages, portfolio_pages, review_pages
from badgeport.issuer.web.routes import Routes

routes = Routes("submissions")
for _part in (portfolio_pages, coaching_pages, review_pages):
    routes.router.include_router(_part.routes.router)
