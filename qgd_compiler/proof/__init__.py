"""Circuits that run: small instances by the builders that were counted, simulated, and compared with plain descent."""
