"""The pages about values, by subject."""
