"""How fast Badgeport is beside its peers and beside what cryptography alone costs: ``python -m bench``."""
