"""The database over the years: its migrations, its backup and how it comes back (ADR 0017)."""
