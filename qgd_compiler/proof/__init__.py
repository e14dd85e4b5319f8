"""Circuits that run: small instances built by the builders that were counted, simulated, and compared with plain descent."""
