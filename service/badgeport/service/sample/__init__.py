"""Three programs of invented organisations and people, for a newcomer to look around in and for trying things out."""
