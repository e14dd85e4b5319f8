"""Polynomials of the direct solvers: degrees, errors, coefficients. Mathematics only, no programs or circuits."""
