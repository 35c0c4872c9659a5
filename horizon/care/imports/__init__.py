"""Imports: a table that somebody has becomes structures and corrections, line by line, and can be taken back whole."""
