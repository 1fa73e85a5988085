"""All tables, in one place: importing this module fills ``SQLModel.metadata``, with what guards the audit log."""

from sqlmodel import SQLModel

from badgeport.issuer.api import tables as api
from badgeport.issuer.audit import ddl as audit_guard
from badgeport.issuer.audit import tables as audit
from badgeport.issuer.awards import tables as awards
from badgeport.issuer.catalog import tables as catalog
from badgeport.issuer.home import tables as home
from badgeport.issuer.hosting import tables as hosting
from badgeport.issuer.jobs import tables as jobs
from badgeport.issuer.people import tables as people
from badgeport.issuer.reports import tables as reports
from badgeport.issuer.status import tables as status
from badgeport.issuer.storage import tables as storage
from badgeport.issuer.submissions import tables as submissions

metadata = SQLModel.metadata
GUARDS = (audit_guard,)
"""Modules that add to tables, when they are made, what columns cannot say."""
TABLES = (storage, audit, jobs, people, catalog, submissions, awards, status, hosting, home, reports, api)
"""The modules that define them."""
