"""Credit of an organization's employees: imports, ledger, re-checks, exports."""
