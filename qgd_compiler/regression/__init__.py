"""Locked estimates: what was promised, what it is now, and what moved it."""
