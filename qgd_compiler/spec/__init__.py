"""The spec: what a user says about a model and what is wanted of it; how that is read, checked and written."""
