"""Status lists: random places, what is set, and every signed copy that was ever published."""
