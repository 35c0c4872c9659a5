"""Pages of the actors, by subject."""
