"""The decision on a portfolio: what may count, the best choice, what hangs on what is not known, and why."""
