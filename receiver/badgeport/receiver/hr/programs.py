"""Staff credit for programs: everything that the pages do, but for what a person has to do."""

from __future__ import annotations

from badgeport.issuer.web.routes import Routes
from badgeport.receiver.hr import import_programs, ledger_programs, settings_programs

routes = Routes("staff credit")
for _part in (settings_programs, import_programs, ledger_programs):
    routes.router.include_router(_part.routes.router)
