"""Awards: from a decision or a row of a file to a signed, hosted badge, and what becomes of it."""
