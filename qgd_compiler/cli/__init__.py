"""The command `qgd`: one file per verb, no mathematics, nothing heavy imported before a verb runs."""
