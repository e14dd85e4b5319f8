"""Reading the answer out: how many runs each output takes, and the circuits around a run where they change."""
