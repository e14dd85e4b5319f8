"""The report as data, and how it is shown: JSON, a table for the terminal, Markdown."""
