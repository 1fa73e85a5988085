"""What the world sees: badges under one address in every form, key documents, profiles, status lists, achievements."""
