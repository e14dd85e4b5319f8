"""Documents as web pages: one file each, without any access to a network."""
