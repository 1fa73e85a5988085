"""Where the issuer keeps things: the database with its one way to write, and blobs by digest."""
