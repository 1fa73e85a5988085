"""Data Integrity cryptosuites, one module a family; ``registry.suite(name)`` finds one by name."""
