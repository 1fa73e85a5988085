"""Registries of issuers a reader has chosen to rely on."""
