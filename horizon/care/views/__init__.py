"""Pages of care, by subject."""
