"""All tables of an installation: importing this module fills ``metadata`` with the issuer's and the receiver's."""

from badgeport.issuer.storage import schema as issuing

metadata = issuing.metadata
GUARDS = issuing.GUARDS
TABLES = issuing.TABLES
"""The modules that define them."""
