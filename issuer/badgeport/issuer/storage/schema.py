"""All tables, in one place: importing this module fills ``SQLModel.metadata``."""

from sqlmodel import SQLModel

from badgeport.issuer.api import tables as api
from badgeport.issuer.audit import tables as audit
from badgeport.issuer.awards import tables as awards
from badgeport.issuer.catalog import tables as catalog
from badgeport.issuer.home import tables as home
from badgeport.issuer.hosting import tables as hosting
from badgeport.issuer.jobs import tables as jobs
from badgeport.issuer.people import tables as people
from badgeport.issuer.status import tables as status
from badgeport.issuer.storage import tables as storage
from badgeport.issuer.submissions import tables as submissions

metadata = SQLModel.metadata
TABLES = (storage, audit, jobs, people, catalog, submissions, awards, status, hosting, home, api)
"""The modules that define them."""
