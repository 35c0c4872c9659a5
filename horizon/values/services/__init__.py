"""The writes about values, by subject."""
