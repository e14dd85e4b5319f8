"""Many points of one spec: grids, evaluators, engines, the store, and what is asked of it afterwards."""
