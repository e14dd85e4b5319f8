"""The lift of a polynomial recursion to the powers of its state, as a circuit."""
