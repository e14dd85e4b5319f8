"""The encodings that there are for a matrix, and how they are made to a precision."""
