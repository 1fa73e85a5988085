"""Agreements between organizations, and approvals: who may issue what."""
