"""The verifier on the web: its API, its page, and what they keep. Knows FastAPI; nothing in the core knows this."""
