"""Every change of the tables, in order. A version that was released is never edited."""
