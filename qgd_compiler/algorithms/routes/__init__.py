"""The families of solvers: which lines each puts on the menu, and how one becomes a plan."""
