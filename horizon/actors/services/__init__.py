"""All the writes of the actors, by subject; each is atomic and journalled."""
