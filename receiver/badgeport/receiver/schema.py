"""All tables of an installation: importing this module fills ``metadata`` with the issuer's and the receiver's."""

from badgeport.issuer.storage import schema as issuing
from badgeport.receiver.decisions import tables as decisions
from badgeport.receiver.hr import tables as hr
from badgeport.receiver.partnerships import tables as partnerships
from badgeport.receiver.policies import tables as policies

metadata = issuing.metadata
GUARDS = issuing.GUARDS
TABLES = (*issuing.TABLES, policies, partnerships, decisions, hr)
"""The modules that define them."""
