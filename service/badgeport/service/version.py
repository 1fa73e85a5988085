"""The version, at hand without the machinery that reads it from installed metadata, which takes a while to load."""

VERSION = "0.1.0"
"""As in pyproject.toml, which is what packages are named by; a test holds the two together."""
