"""Backups: all that a server keeps, in one file that can be checked, and back into a data folder."""
