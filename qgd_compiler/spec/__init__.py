"""The spec: what a user says about a model, its dynamics and what is wanted, and how that is read and written."""
