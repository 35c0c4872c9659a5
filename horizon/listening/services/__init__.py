"""Writes of listening: what is said, what is read before it is public, what is answered, and the upkeep."""
