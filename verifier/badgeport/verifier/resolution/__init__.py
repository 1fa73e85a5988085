"""Where documents a credential points at come from: one interface, no network in this room's other parts."""
