"""Keeping pages fresh: a yearly letter, calls to make, closures and sites told to who holds the page before anything changes."""
