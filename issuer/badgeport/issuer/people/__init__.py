"""Organisations and the people in them: roles, keys, ways to sign in, certifications of assessors, API tokens."""
