"""The gate-level circuits of the primitives, over single Cliffords, temporary ANDs, rotations and measurements."""
