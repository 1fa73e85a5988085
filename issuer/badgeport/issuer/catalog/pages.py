"""The pages of the catalogue: for authors, for educators who propose, for everyone."""

from __future__ import annotations

from badgeport.issuer.catalog import author_pages, proposal_pages, public_pages, quality_pages, standards_pages
from badgeport.issuer.web.routes import Routes

routes = Routes("catalog")
for part in (public_pages, proposal_pages, quality_pages, standards_pages, author_pages):
    # Named addresses before those with an id in the same place.
    routes.router.include_router(part.routes.router)
