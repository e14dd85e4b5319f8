"""Lowering: block-encodings, the history system, solvers, and the choice among them, as programs."""
