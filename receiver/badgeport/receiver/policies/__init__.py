"""Recognition policies of an organization: drafts, tries, versions that are signed and served."""
