"""What can be said about a run before any circuit: spectrum, growth, regime, inverse norm, trajectory."""
