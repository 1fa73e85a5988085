"""What a credential is worth here: a receiving jurisdiction's policy, applied to verified credentials.

Pure: no network, no clock, no database. The same inputs give the same decision, and a decision names all its inputs.
"""
