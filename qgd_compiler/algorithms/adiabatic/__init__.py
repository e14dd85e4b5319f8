"""Adiabatic linear-system solvers: a walk along a path of systems, then a filter; discrete and randomised."""
