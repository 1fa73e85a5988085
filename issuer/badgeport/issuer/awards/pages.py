"""Every page of awards."""

from __future__ import annotations

from badgeport.issuer.awards import award_pages, batch_pages, stack_pages
from badgeport.issuer.web.routes import Routes

routes = Routes("awards")
# Those with a name of their own come before those with an award's id in the same place.
for _part in (batch_pages, stack_pages, award_pages):
    routes.router.include_router(_part.routes.router)
