"""The linear systems that have the answer of a run in them."""
