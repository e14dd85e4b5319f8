"""What primitives cost, and how the costs of a program add up."""
