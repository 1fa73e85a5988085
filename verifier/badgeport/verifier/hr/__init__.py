"""A district's record of credit: verified badges, matched to employees, decided under its policy, kept in a ledger."""
