"""Decisions of an organization: filed, signed as receipts, appealed, overridden."""
