"""Runs of which only bounds are declared, as arrays: what is known of them, and which plan serves each."""
