"""Who changed what, when and why: a log that only grows, each entry bound to the one before by its hash."""
