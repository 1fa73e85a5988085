"""What the pages of the receiver share: templates and texts."""
