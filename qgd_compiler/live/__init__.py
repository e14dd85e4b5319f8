"""The formulas of a plan as JavaScript: the same lowering, run on symbols."""
