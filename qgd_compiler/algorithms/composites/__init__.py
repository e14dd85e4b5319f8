"""Encodings of composed matrices from the encodings of their parts, one composition per file."""
