"""The educator's own rooms: what they earned and are working on, what they share, their data."""
