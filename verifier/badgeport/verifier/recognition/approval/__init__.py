"""Who may issue what, by whose word: approvals, approved lists, agreements; and the signed documents that say so."""
