"""The functions that selective disclosure is built from (VC DI ECDSA 1.0 section 3.4), one idea a module."""
