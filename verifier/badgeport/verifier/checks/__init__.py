"""The checks of a verification, one file for each row of the list of checks (docs/checks.md).

A check reads the facts of an examination and says what it found; none of them decides a verdict.
"""
