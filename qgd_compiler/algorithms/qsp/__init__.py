"""Circuits that apply polynomials of block-encoded matrices, and the angles that they need."""
