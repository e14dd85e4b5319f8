"""What the same run costs on a classical machine, and where the two would meet."""
